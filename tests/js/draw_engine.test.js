// What a picture asks the page's engine for: a digit, the same without flips, another network's.

import assert from "node:assert/strict";
import test from "node:test";

import { DigitAsker, withSlice } from "../../pages/ui/browser/draw_engine.js";
import { Newest, heard } from "../../pages/ui/browser/engine.js";
import { askEvery, withNetwork } from "../../pages/contexts/same_seed_engine.js";

const D = 4;
const offer = (/** @type {string} */ name) => ({
  ...{ name, client: "client.js", worker: "worker.js", card: `${name}.json` },
});
const seven = { seed: 7, temperature: 1, flips: /** @type {[number, number][]} */ ([]) };
const wish = { internals: ["h"], dimensions: D, beside: null, byHand: false, model: offer("one") };

/** An engine that draws pixel + seed, and 99 where a value was given; it notes what it was asked. */
function fakeEngine() {
  /** @type {[string, any][]} */
  const asked = [];
  return {
    asked,
    /** @param {{ name: string }} of @param {any} options @param {any} [how] */
    async sample({ name }, options, how) {
      asked.push([name, options]);
      const values = Uint8Array.from({ length: D }, (_, at) =>
        options.given?.[at] >= 0 ? 99 : at + options.seed,
      );
      how?.onSlice?.({ from: 0, to: 2, values: values.slice(0, 2), probs: new Float32Array(4) });
      return {
        ...{ n: 1, order: new Int32Array(D), values, milliseconds: 1 },
        ...{
          probs: Float32Array.from({ length: 2 * D }, (_, at) => at),
          uniforms: new Float32Array(D),
        },
        internals: Object.fromEntries(
          (options.internals ?? []).map((/** @type {string} */ each) => [
            each,
            new Float32Array(D),
          ]),
        ),
      };
    },
  };
}

test("a digit without flips is its own base, and is drawn once", async () => {
  const engine = fakeEngine();
  const asker = new DigitAsker(engine, () => {});
  const { arrays, inner } = await asker.ask({ ...wish, sample: seven });
  assert.deepEqual(arrays.base, arrays.values);
  assert.equal(engine.asked.length, 1);
  assert.deepEqual(Object.keys(inner), ["row0"]);
  assert.equal("given" in engine.asked[0][1], false);
});

test("flips are given to the engine, and what they are compared with is drawn once a seed", async () => {
  const engine = fakeEngine();
  const asker = new DigitAsker(engine, () => {});
  for (const level of [0, 1, 0]) {
    const sample = { ...seven, flips: /** @type {[number, number][]} */ ([[2, level]]) };
    const { arrays } = await asker.ask({ ...wish, sample });
    assert.deepEqual([...arrays.values], [7, 8, 99, 10]);
    assert.deepEqual([...arrays.base], [7, 8, 9, 10]);
  }
  assert.equal(engine.asked.length, 4);
  assert.deepEqual([...engine.asked[0][1].given], [-1, -1, 0, -1]);
});

test("another temperature is another base", async () => {
  const engine = fakeEngine();
  const asker = new DigitAsker(engine, () => {});
  const flips = /** @type {[number, number][]} */ ([[2, 1]]);
  await asker.ask({ ...wish, sample: { ...seven, flips } });
  await asker.ask({ ...wish, sample: { ...seven, temperature: 0.5, flips } });
  assert.deepEqual(
    engine.asked.map(([, { temperature }]) => temperature),
    [1, 1, 0.5, 0.5],
  );
});

test("the network beside draws with the same random numbers, without flips", async () => {
  const engine = fakeEngine();
  const asker = new DigitAsker(engine, () => {});
  const flips = /** @type {[number, number][]} */ ([[0, 1]]);
  const asked = { ...wish, beside: offer("two"), sample: { ...seven, flips } };
  const { arrays } = await asker.ask(asked);
  assert.deepEqual([...(arrays.beside ?? [])], [7, 8, 9, 10]);
  await asker.ask({ ...asked, sample: { ...seven, flips: [] } });
  assert.equal(engine.asked.filter(([name]) => name === "two").length, 1);
});

test("a slice replaces its own pixels alone, in a copy", () => {
  const values = Uint8Array.from([1, 1, 1, 1]);
  const slice = { from: 1, to: 3, values: Uint8Array.from([5, 6]), probs: new Float32Array(0) };
  assert.deepEqual([...withSlice(values, slice)], [1, 5, 6, 1]);
  assert.deepEqual([...values], [1, 1, 1, 1]);
});

test("each network is drawn once, and put among the others as it comes", async () => {
  const engine = fakeEngine();
  /** @type {number[][]} */
  const seen = [];
  const every = { models: ["one", "two"].map(offer), sample: seven, byHand: true };
  const all = await askEvery(engine, every, (put) => seen.push([...put(undefined).values]));
  assert.deepEqual(
    engine.asked.map(([name]) => name),
    ["one", "two"],
  );
  assert.deepEqual(seen, [
    [7, 8, 9, 10, 0, 0, 0, 0],
    [0, 0, 0, 0, 7, 8, 9, 10],
  ]);
  assert.deepEqual([...all.values], [7, 8, 9, 10, 7, 8, 9, 10]);
  assert.deepEqual([...all.p.slice(0, D)], [1, 3, 5, 7]);
});

test("a network drawn anew leaves the others as they are", () => {
  const trace = {
    ...{ values: Uint8Array.from([1, 0]), uniforms: Float32Array.from([0.1, 0.9]) },
    probs: Float32Array.from([0.25, 0.75, 0.5, 0.5]),
  };
  const before = withNetwork(undefined, 2, 0, trace);
  const after = withNetwork(before, 2, 1, { ...trace, values: Uint8Array.from([1, 1]) });
  assert.deepEqual([...after.values], [1, 0, 1, 1]);
  assert.deepEqual([...before.values], [1, 0, 0, 0]);
});

test("of many wishes the first and the last are asked for", async () => {
  /** @type {((value: number) => void)[]} */
  const open = [];
  /** @type {number[]} */
  const done = [];
  const newest = new Newest(
    () => new Promise((resolve) => open.push(resolve)),
    (_, wanted) => done.push(wanted),
  );
  for (const wanted of [1, 2, 3]) newest.want(wanted);
  open[0](0);
  await new Promise(setImmediate);
  open[1](0);
  await new Promise(setImmediate);
  assert.deepEqual(done, [1, 3]);
  assert.equal(open.length, 2);
});

/** A client whose worker was stopped: what is asked waits until the client is stopped, too. */
function stoppedClient() {
  /** @type {((error: Error) => void)[]} */
  const waiting = [];
  return {
    ask: () => new Promise((_, reject) => waiting.push(reject)),
    /** @param {string} why */
    stop: (why) => waiting.splice(0).forEach((reject) => reject(new Error(why))),
    close: () => {},
  };
}

test("a worker that says nothing for long counts as stopped", async () => {
  const client = stoppedClient();
  await assert.rejects(
    heard(client, () => client.ask(), 20),
    /does not answer/,
  );
});

test("a worker that goes on saying something is waited for", async () => {
  const client = stoppedClient();
  const answer = await heard(
    client,
    async (hear) => {
      for (let times = 0; times < 6; times++) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        hear();
      }
      return "drawn";
    },
    60,
  );
  assert.equal(answer, "drawn");
});
