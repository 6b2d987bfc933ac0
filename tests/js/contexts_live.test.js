import assert from "node:assert/strict";
import { test } from "node:test";

import { InkLive, inkOfLogits } from "../../pages/contexts/contexts_live.js";

const BASE = Uint8Array.from([1, 0, 0]);
const WORDS = ["one", "two", "three"];
const OFFERS = Object.fromEntries(
  WORDS.map((word) => [word, { name: word, client: "", worker: "", card: word }]),
);

/** An engine that answers when it is told to: the log odds of ink are 1 where the image has ink. */
function slowEngine() {
  /** @type {{ card: string, x: number[], answer: () => void, fail: () => void }[]} */
  const asked = [];
  const engine = {
    spent: 0,
    /** @param {any} offer @param {any} x @returns {Promise<Float32Array>} */
    logits: (offer, x) =>
      new Promise((resolve, reject) => {
        const logits = Float32Array.from({ length: 6 }, (_, at) => x[at >> 1] * (at % 2));
        const fail = () => reject(new Error("stopped"));
        const answer = () => {
          engine.spent += 2;
          resolve(logits);
        };
        asked.push({ card: offer.card, x: [...x], answer, fail });
      }),
  };
  return { engine, asked };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

/** Answer the oldest question; what it was. @param {ReturnType<typeof slowEngine>["asked"]} asked */
async function answer(asked) {
  const next = asked.shift();
  next?.answer();
  await settled();
  return `${next?.card} ${next?.x.join("")}`;
}

/** @param {number[]} x */
const wish = (x) => ({ offers: OFFERS, x: Uint8Array.from(x), base: BASE });

/** A picture that has the probabilities of the digit alone. */
async function begun() {
  const { engine, asked } = slowEngine();
  /** @type {(number | null)[]} */
  const told = [];
  const live = new InkLive(
    (milliseconds) => told.push(milliseconds),
    () => engine,
  );
  live.want(wish([1, 0, 0]));
  const first = [await answer(asked), await answer(asked), await answer(asked)];
  return { told, asked, live, first };
}

const INK = 1 / (1 + Math.exp(-1));

test("p(ink) is the softmax of two logits", () => {
  const found = inkOfLogits(Float32Array.from([0, 0, 1, 3, 0, 500]));
  assert.equal(found[0], 0.5);
  assert.ok(Math.abs(found[1] - 1 / (1 + Math.exp(-2))) < 1e-6);
  assert.equal(found[2], 1);
});

test("every network passes over a digit without paint once", async () => {
  const { told, asked, live, first } = await begun();
  assert.deepEqual(first, ["one 100", "two 100", "three 100"]);
  assert.equal(asked.length, 0);
  assert.ok(Math.abs((live.at("two", 0)?.ink ?? 0) - INK) < 1e-6);
  assert.deepEqual(live.at("two", 1), { ink: 0.5, before: 0.5 });
  assert.deepEqual(told, [null, null, 6]); // what all of them took, once all are there
  live.want(wish([1, 0, 0]));
  assert.equal(asked.length, 0);
});

test("while the hand paints, each network takes the digit as it is when its turn comes", async () => {
  const { asked, live, told } = await begun();
  live.want(wish([1, 1, 0]));
  live.want(wish([1, 1, 1]));
  assert.equal(await answer(asked), "one 110");
  assert.ok(Math.abs((live.at("one", 1)?.ink ?? 0) - INK) < 1e-6);
  assert.equal(live.at("one", 1)?.before, 0.5);
  assert.equal(await answer(asked), "two 111");
  live.want(wish([0, 1, 1]));
  assert.equal(await answer(asked), "three 111");
  assert.deepEqual(
    [await answer(asked), await answer(asked), await answer(asked)],
    ["one 011", "two 011", "three 011"],
  );
  assert.equal(asked.length, 0);
  assert.deepEqual(told.slice(3), [null, null, null, null, null, 6]);
});

test("of another digit nothing is told before a network has answered for it", async () => {
  const { asked, live } = await begun();
  live.want({ offers: OFFERS, x: Uint8Array.from([0, 1, 1]), base: Uint8Array.from([0, 0, 1]) });
  assert.equal(live.at("one", 1), null);
  assert.equal(await answer(asked), "one 001"); // the digit alone
  assert.equal(live.at("one", 1), null);
  assert.equal(await answer(asked), "one 011");
  assert.equal(live.at("one", 1)?.before, 0.5);
  assert.equal(live.at("two", 1), null);
});

test("after an engine that fails, the next one is asked", async () => {
  const { asked, live } = await begun();
  live.want(wish([1, 1, 0]));
  asked.shift()?.fail();
  await settled();
  assert.equal(asked.length, 0);
  live.want(wish([1, 1, 0]));
  assert.equal(await answer(asked), "two 110");
});
