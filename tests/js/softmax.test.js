import assert from "node:assert/strict";
import { test } from "node:test";

import { SoftmaxLive } from "../../pages/pixelcnn/pixel_softmax_live.js";
import { logSoftmax } from "../../pages/ui/browser/logits.js";
import { differing, judgeStrokes } from "../../pages/pixelcnn/pixel_softmax_paint.js";

const LEVELS = 2;
const DIGIT = Uint8Array.from([1, 0, 0]);
const OFFER = { name: "model", client: "", worker: "", card: "card" };

/** An engine whose logits tell which image they are of; it answers when it is told to. */
function slowEngine() {
  /** @type {{ x: Uint8Array, answer: () => void, glance: () => void, signal?: AbortSignal }[]} */
  const asked = [];
  const engine = {
    spent: 0,
    /** @param {any} _offer @param {any} x @param {any} options @returns {Promise<any>} */
    conditionals: (_offer, x, options) =>
      new Promise((resolve, reject) => {
        assert.deepEqual(options.internals, ["head"]);
        const logits = Float32Array.from({ length: 3 * LEVELS }, (_, at) => x[at >> 1] * (at % 2));
        const internals = { head: Float32Array.from(x, (level) => level + 0.5) };
        const answer = () => ((engine.spent += 5), resolve({ logits, internals }));
        const glance = () => {
          const at = options.first;
          const own = logits.slice(at * LEVELS, (at + 1) * LEVELS);
          const head = internals.head.slice(at, at + 1);
          options.onGlance({ index: at, logits: own, internals: { head } });
        };
        options.signal?.addEventListener("abort", () => reject(options.signal.reason));
        asked.push({ x, answer, glance, signal: options.signal });
      }),
  };
  Object.assign(globalThis, { window: { arvizEngine: engine } });
  return { engine, asked };
}

/** Answer the oldest question, and let the promises run. @param {{ answer: () => void }[]} asked */
async function answer(asked) {
  asked.shift()?.answer();
  await new Promise((resolve) => setTimeout(resolve));
}

/** @param {number[]} x */
const wish = (x) => ({
  offer: OFFER,
  levels: LEVELS,
  target: 1,
  x: Uint8Array.from(x),
  base: DIGIT,
});

/** Let the promises run. */
const ran = () => new Promise((resolve) => setTimeout(resolve));

/** A live softmax that has answered once, with the digit alone; its answers. */
async function begun() {
  const { engine, asked } = slowEngine();
  /** @type {import("../../pages/pixelcnn/pixel_softmax_live.js").LiveAnswer[]} */
  const seen = [];
  const live = new SoftmaxLive(
    (found) => seen.push(found),
    () => engine,
  );
  live.want(wish([1, 0, 0]));
  await answer(asked);
  return { live, asked, seen };
}

/** The same, without that answer. */
async function painting() {
  const found = await begun();
  found.seen.length = 0;
  return found;
}

test("the probabilities of every conditional sum to 1, also of very large logits", () => {
  const found = logSoftmax(Float32Array.from([0, 2, -500, 500]), LEVELS);
  const sums = [0, 2].map((at) => Math.exp(found[at]) + Math.exp(found[at + 1]));
  for (const sum of sums) assert.ok(Math.abs(sum - 1) < 1e-6, String(sum));
  assert.equal(found[2], -1000);
});

test("of many strokes that come while one is computed only the newest is computed", async () => {
  const { engine, asked } = slowEngine();
  /** @type {number[][]} */
  const seen = [];
  /** @type {number[]} */
  const times = [];
  const live = new SoftmaxLive(
    ({ x, head }, milliseconds) => {
      seen.push([...x]);
      times.push(milliseconds);
      assert.deepEqual([...head], [...Array.from(x, (level) => level + 0.5)]);
    },
    () => engine,
  );
  live.want(wish([1, 1, 0]));
  live.want(wish([1, 1, 1]));
  live.want(wish([0, 1, 1]));
  await answer(asked); // the digit alone
  await answer(asked); // the first stroke
  await answer(asked); // the last one
  assert.deepEqual(seen, [
    [1, 1, 0],
    [0, 1, 1],
  ]);
  assert.equal(asked.length, 0);
  assert.deepEqual(times, [10, 5]); // two passes, then one
});

test("the digit alone is computed once, whatever is painted on it", async () => {
  const { live, asked, seen } = await begun();
  assert.equal(asked.length, 0); // nothing is painted
  live.want(wish([1, 1, 0]));
  await answer(asked);
  assert.equal(seen.length, 2);
  assert.equal(seen[1].base_logits, seen[0].logits);
  assert.deepEqual([...seen[1].logits], [0, 1, 0, 1, 0, 0]);
});

test("the target is told before the pass is done, and of the other pixels what was known", async () => {
  const { live, asked, seen } = await painting();
  live.want(wish([1, 1, 1]));
  asked[0].glance();
  const [{ only, x, logits, head }] = seen;
  assert.equal(only, 1);
  assert.deepEqual([...x], [1, 1, 1]);
  assert.deepEqual([...logits], [0, 1, 0, 1, 0, 0]); // the last pixel as before
  assert.deepEqual([...head], [1.5, 1.5, 0.5]);
  await answer(asked);
  assert.equal(seen[1].only, null);
  assert.equal(seen[1].x, x);
  assert.deepEqual([...seen[1].logits], [0, 1, 0, 1, 0, 1]);
});

test("the rest of a pass is left where the hand goes on, its target is not", async () => {
  const { live, asked, seen } = await painting();
  live.want(wish([1, 1, 0]));
  live.want(wish([1, 1, 1])); // before the target is known
  const first = asked[0];
  assert.equal(first.signal?.aborted, false);
  first.glance();
  await ran();
  assert.equal(first.signal?.aborted, true);
  assert.equal(asked.length, 2); // the next one is at work
  asked[1].glance();
  live.want(wish([0, 1, 1])); // after it
  await ran();
  assert.equal(asked[1].signal?.aborted, true);
  asked[2].glance();
  asked[2].answer();
  await ran();
  const found = seen.map(({ x, only }) => [[...x].join(""), only]);
  assert.deepEqual(found, [
    ["110", 1],
    ["111", 1],
    ["011", 1],
    ["011", null],
  ]);
});

test("a picture that was asked for is not changed by the next stroke on it", async () => {
  const { engine, asked } = slowEngine();
  const live = new SoftmaxLive(
    () => {},
    () => engine,
  );
  const x = Uint8Array.from([1, 1, 0]);
  live.want({ ...wish([]), x });
  await answer(asked);
  x[2] = 1;
  assert.deepEqual([...asked[0].x], [1, 1, 0]);
});

test("strokes are judged for the pixel they were made for, by all that they changed", () => {
  const [was, now] = [
    [0, 1, 0, 1, 0, 1],
    [0, 1, 0, 3, 0, 1],
  ].map((each) => Float32Array.from(each));
  const answerTo = { x: DIGIT, logits: now, log_p: logSoftmax(now, LEVELS) };
  const before = { logits: was, log_p: logSoftmax(was, LEVELS) };
  const strokes = { target: 1, strokes: [[0], [2, 0], [2]], was: before };
  const judged = judgeStrokes(strokes, answerTo, LEVELS, (index) => (index ? "future" : "seen"));
  assert.equal(judged.verdict.moved, true);
  assert.deepEqual(judged.verdict.classes, ["seen", "future", "seen", "future"]);
  assert.equal(judged.unread, 1); // the stroke on the future alone
  assert.equal(judged.moved, 0); // a pixel that is read moved it
  assert.deepEqual(differing(DIGIT, Uint8Array.from([1, 1, 1])), [1, 2]);
});
