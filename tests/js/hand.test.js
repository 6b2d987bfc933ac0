import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Newest } from "../../pages/ui/browser/engine.js";
import { Hand, baseId, givenLevels, sampleId } from "../../pages/ui/browser/hand.js";
import { Brush, withFlips } from "../../pages/ui/browser/hand_brush.js";
import { otherSeed, seedOf } from "../../pages/ui/browser/hand_controls.js";
import { SampleAsker } from "../../pages/ui/browser/hand_engine.js";
import { readFileSync } from "node:fs";

/** @param {object} [changes] */
const metaOf = (changes = {}) => ({
  seed: 8,
  temperature: 1,
  given: /** @type {[number, number][]} */ ([]),
  most_flips: 100,
  hand: 0,
  ...changes,
});

/** A hand, and what it has told. */
function handWithEar() {
  /** @type {any[]} */
  const told = [];
  const hand = new Hand((said) => told.push(said));
  hand.receive(metaOf(), "here");
  return { hand, told };
}

beforeEach(() => mock.timers.reset());

test("many changes in a row are told once, when the hand rests", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { hand, told } = handWithEar();
  for (const temperature of [0.9, 0.8, 0.7]) {
    hand.change({ temperature });
    mock.timers.tick(100);
    assert.equal(hand.now.temperature, temperature);
  }
  assert.deepEqual(told, []);
  mock.timers.tick(1000);
  assert.deepEqual(told, [{ number: 1, temperature: 0.7 }]);
});

test("an answer to a change before the last does not undo the last", () => {
  const { hand } = handWithEar();
  hand.change({ temperature: 0.5 }, 0);
  hand.change({ temperature: 2 }, 0);
  hand.receive(metaOf({ temperature: 0.5, hand: 1 }), "here");
  assert.equal(hand.now.temperature, 2);
  assert.ok(hand.ahead);
  hand.receive(metaOf({ temperature: 2, hand: 2 }), "here");
  assert.ok(!hand.ahead);
});

test("what Python does not know yet is told again with the next change", () => {
  const { hand, told } = handWithEar();
  hand.change({ temperature: 0.5 }, 0);
  hand.change({ flips: [[3, 1]] }, 0);
  assert.deepEqual(told.at(-1), { number: 2, temperature: 0.5, flips: [[3, 1]] });
});

test("another step of the lesson takes back what was not told", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { hand, told } = handWithEar();
  hand.change({ seed: 99 });
  hand.receive(metaOf({ seed: 20 }), "there");
  mock.timers.tick(1000);
  assert.deepEqual(told, []);
  assert.equal(hand.now.seed, 20);
});

test("a new session, which knows of no change, is believed", () => {
  const { hand } = handWithEar();
  hand.change({ seed: 99 }, 0);
  hand.receive(metaOf({ seed: 99, hand: 1 }), "here");
  hand.receive(metaOf({ seed: 8, hand: 0 }), "here");
  assert.equal(hand.now.seed, 8);
  assert.ok(!hand.ahead);
});

test("samples are the same in whatever order their pixels were flipped", () => {
  /** @param {[number, number][]} flips */
  const id = (flips) => sampleId("nade", { seed: 1, temperature: 1, flips });
  assert.equal(
    id([
      [10, 1],
      [9, 0],
    ]),
    id([
      [9, 0],
      [10, 1],
    ]),
  );
  assert.notEqual(id([[10, 1]]), id([[10, 0]]));
  const sample = { seed: 1, temperature: 1, flips: [] };
  assert.notEqual(baseId("nade", sample), baseId("nade", { ...sample, temperature: 2 }));
});

test("pixels that are not set by hand are left to the model", () => {
  assert.deepEqual(
    [
      ...givenLevels(
        [
          [2, 1],
          [0, 0],
        ],
        4,
      ),
    ],
    [0, -1, 1, -1],
  );
});

test("no more pixels are flipped than a link can hold", () => {
  assert.deepEqual(withFlips([[5, 0]], [5, 6, 7], 1, 2), [
    [5, 1],
    [6, 1],
  ]);
});

/** Time goes by; timers that are set meanwhile run in their turn. @param {number} milliseconds */
function pass(milliseconds) {
  for (let gone = 0; gone < milliseconds; gone += 50) mock.timers.tick(50);
}

/** A brush over pixels that are all 0, and what it set. */
function brushWithEye() {
  globalThis.window = /** @type {any} */ ({ matchMedia: () => ({ matches: false }) });
  /** @type {[number[], number][]} */
  const set = [];
  const flips = /** @type {[number, number][]} */ ([[1, 1]]);
  const taken = mock.fn();
  const brush = new Brush({
    flips: () => flips,
    levelAt: () => 0,
    set: (cells, level) => set.push([cells, level]),
    take: taken,
  });
  return { brush, set, taken, flips };
}

test("a pixel that is held goes back and forth until it is let go", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { brush, set } = brushWithEye();
  brush.move([4]);
  pass(1300);
  assert.deepEqual(
    set.map(([, level]) => level),
    [1, 0, 1, 0],
  );
  brush.end([4]);
  pass(2000);
  assert.equal(set.length, 4);
});

test("a slow click is one flip", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { brush, set } = brushWithEye();
  brush.move([4]);
  pass(500);
  brush.end([4]);
  assert.equal(set.length, 1);
});

test("a held pixel flashes less than three times a second", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { brush, set } = brushWithEye();
  brush.move([4]);
  pass(10_000);
  brush.end([4]);
  assert.ok(set.length / 2 < 30, `${set.length} flips in ten seconds`);
});

test("who asked for less motion gets one flip", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { brush, set } = brushWithEye();
  globalThis.window = /** @type {any} */ ({ matchMedia: () => ({ matches: true }) });
  brush.move([4]);
  pass(5000);
  assert.equal(set.length, 1);
});

test("all pixels of a stroke get the level of the first, as it grows", () => {
  const { brush, set } = brushWithEye();
  brush.move([4]);
  brush.move([4, 5]);
  brush.end([4, 5]);
  assert.deepEqual(set, [
    [[4], 1],
    [[4, 5], 1],
  ]);
});

test("a stroke that turns out to scroll the page is taken back", () => {
  const { brush, taken, flips } = brushWithEye();
  brush.move([4]);
  brush.move([]);
  assert.deepEqual(taken.mock.calls[0].arguments, [flips]);
});

test("a key flips a pixel without a stroke", () => {
  const { brush, set } = brushWithEye();
  brush.end([4]);
  assert.deepEqual(set, [[[4], 1]]);
});

test("a seed is a whole number that the address can hold", () => {
  assert.equal(seedOf("0"), 0);
  assert.equal(seedOf("999999"), 999999);
  for (const text of ["", "-1", "1.5", "1000000", "1e3", "x"]) assert.equal(seedOf(text), null);
});

test("a new sample never has the seed before", () => {
  for (let at = 0; at < 200; at++) assert.notEqual(otherSeed(at % 2), at % 2);
});

test("while a wish is granted the ones that come wait, and the last alone is granted", async () => {
  /** @type {((value: number) => void)[]} */
  const grant = [];
  /** @type {number[]} */
  const done = [];
  const newest = new Newest(
    (/** @type {number} */ wish) => new Promise((resolve) => grant.push(() => resolve(wish))),
    (/** @type {number} */ result) => done.push(result),
  );
  for (const wish of [1, 2, 3]) newest.want(wish);
  grant[0](0);
  await new Promise(setImmediate);
  grant[1](0);
  await new Promise(setImmediate);
  assert.deepEqual(done, [1, 3]);
});

test("a picture that throws is told, and the next wish is granted", async () => {
  const told = mock.fn();
  let shown = 0;
  const newest = new Newest(
    async (/** @type {number} */ wish) => wish,
    (/** @type {number} */ wish) => {
      if (wish === 1) throw new Error("on purpose");
      shown = wish;
    },
    told,
  );
  newest.want(1);
  await new Promise(setImmediate);
  newest.want(2);
  await new Promise(setImmediate);
  assert.equal(told.mock.callCount(), 1);
  assert.equal(shown, 2);
});

// --- what is asked of the engine -------------------------------------------------------------------

/** A page's engine that draws from the shipped model on the spot, and counts. */
async function pageEngineOf() {
  const { build } = await import("../../assets/engine/index.js");
  const folder = new URL("../../assets/checkpoints/", import.meta.url);
  const card = JSON.parse(readFileSync(new URL("nade-digits.json", folder), "utf8"));
  const bytes = readFileSync(new URL("nade-digits.safetensors", folder));
  const model = /** @type {any} */ (build(card, new Uint8Array(bytes).buffer));
  const sample = mock.fn(async (_, { start, ...options }) =>
    (start ? model.withStart(start) : model).sample(options),
  );
  return { engine: /** @type {any} */ ({ sample }), asked: sample.mock };
}

const OFFER = { name: "nade-digits", client: "", worker: "", card: "nade-digits.json" };
/** @param {object} [sample] @param {string} [start] */
const wish = (sample = {}, start = "bias") => ({
  engine: OFFER,
  order: null,
  start,
  dimensions: 64,
  sample: { seed: 38, temperature: 1, flips: [], ...sample },
});

test("a sample without flips is drawn once and compared with itself", async () => {
  const { engine, asked } = await pageEngineOf();
  const trace = await new SampleAsker(engine).ask(wish());
  assert.equal(asked.callCount(), 1);
  assert.deepEqual(trace.base, trace.values);
  assert.equal(trace.p.length, 64);
  assert.equal(trace.first_h.length, 0);
  trace.values.forEach((value, t) => assert.equal(value, Number(trace.u[t] >= 1 - trace.p[t])));
});

test("a held pixel asks for what it is compared with once", async () => {
  const { engine, asked } = await pageEngineOf();
  const asker = new SampleAsker(engine);
  const plain = await asker.ask(wish());
  for (const level of [1, 0, 1]) {
    const trace = await asker.ask(wish({ flips: [[10, level]] }));
    assert.deepEqual(trace.base, plain.values);
    assert.equal(trace.values[10], level);
  }
  assert.equal(asked.callCount(), 1 + 3);
});

test("a Gaussian start is compared with the constant, and brings its first h", async () => {
  const { engine } = await pageEngineOf();
  const asker = new SampleAsker(engine);
  const plain = await asker.ask(wish());
  const trace = await asker.ask(wish({}, "gaussian"));
  assert.deepEqual(trace.base, plain.values);
  assert.equal(trace.first_h.length, 32);
  assert.notEqual(trace.p[0], plain.p[0]);
  const flipped = await asker.ask(wish({ flips: [[10, 1]] }, "gaussian"));
  assert.deepEqual(flipped.base, trace.values); // with flips: the same without them
});
