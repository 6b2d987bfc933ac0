import assert from "node:assert/strict";
import { test } from "node:test";

import {
  decode,
  differAround,
  drawWith,
  visibleSentence,
} from "../../pages/nade/nade_chance_values.js";
import { chartScale, learnLayout, learnSentence } from "../../pages/nade/nade_learn_values.js";
import { askScore, scoreWish } from "../../pages/nade/nade_score_engine.js";
import {
  holdHalf,
  mapsLayout,
  markLines,
  passesSentence,
  scoreSentence,
  totalCost,
} from "../../pages/nade/nade_score_values.js";
import { sigmoid } from "../../pages/nade/nade_values.js";
import { randomModel } from "./engine/models.js";

const SCORE = {
  x: Uint8Array.of(1, 0, 1, 0),
  p: Float32Array.of(0.5, 0.25, 0.125, 0),
  cost: Float32Array.of(0.5, 0.25, 2, 0),
};
const plain = (/** @type {string} */ words) => words.replaceAll(/<[^>]*>/g, "");

test("the fewest pixels that hold half of the cost are counted", () => {
  assert.equal(totalCost(SCORE.cost), 2.75);
  assert.equal(holdHalf(SCORE.cost), 1);
  assert.equal(holdHalf(Float32Array.of(1, 1, 1, 1)), 2);
  assert.equal(holdHalf(new Float32Array(3)), 0);
});

test("a pixel is told with its value, its p and its cost", () => {
  assert.equal(
    plain(scoreSentence(SCORE, "cost", 2, 2)),
    "Pixel (1, 0) is 1: p(1 | earlier) = 0.125, cost −log p(1 | earlier) = 2.00 nats",
  );
  assert.match(plain(scoreSentence(SCORE, "cost", -1, 2)), /4 pixels: 2.75 nats.*in 1 pixel\.$/);
  assert.doesNotMatch(plain(scoreSentence(SCORE, "p", -1, 2)), /nats/);
});

test("nothing is counted while the question about it is asked", () => {
  assert.doesNotMatch(passesSentence(3, 784, true), /\d/);
  assert.match(plain(passesSentence(3, 784, false)), /1 evaluation.*3 of 784 evaluations/);
});

test("words of near marks stand on lines of their own, all within the bar", () => {
  const marks = [87.3, 87.6, 205.8, 543.4].map((nats, at) => ({ name: `mark ${at}`, nats }));
  for (const span of [300, 688]) {
    const lines = markLines(marks, span, (words) => 7 * words.length);
    for (const [at, one] of lines.entries()) {
      assert.ok(one.left >= 0 && one.left + 7 * one.words.length <= span + 1e-9);
      for (const other of lines.slice(at + 1))
        assert.ok(one.line !== other.line || one.left + 7 * one.words.length < other.left);
    }
    assert.equal(lines[3].x, span);
  }
});

test("two maps stand beside each other within the width", () => {
  for (const width of [320, 559, 560, 700, 1400]) {
    const { side, left, right } = mapsLayout(width, 340);
    assert.ok(left >= 3 && left + side < right && right + side <= width, String(width));
  }
});

test("chart and samples do not overlap and stay in the picture", () => {
  for (const width of [340, 559, 560, 700, 1400]) {
    const { chart, sheet, height } = learnLayout(width, 400, 13);
    assert.ok(chart.left + chart.width < sheet.left && sheet.left + sheet.width <= width);
    assert.ok(sheet.top + sheet.height <= height && chart.top + chart.height <= height);
    assert.ok(chart.width > 80 && chart.height > 60, `${width}: ${chart.width}×${chart.height}`);
  }
});

test("a chart begins at its left edge with cost 0 at its bottom", () => {
  const { x, y } = chartScale({ left: 10, top: 20, width: 100, height: 50 }, 400, 40);
  assert.deepEqual([x(0), x(400), y(0), y(40)], [10, 110, 70, 20]);
});

test("the loss is not told while the question about it is asked", () => {
  const run = { total: 400, live: false, seconds: 0, done: 0, hidden: true };
  assert.doesNotMatch(learnSentence({ step: 0, test: 44.5 }, run), /\d/);
  assert.match(plain(learnSentence({ step: 0, test: 44.5 }, { ...run, hidden: false })), /44\.5/);
});

test("every pixel of a decoded image depends on every number of z", () => {
  const mean = Float32Array.of(0.5, 0.25);
  const weights = Float32Array.of(1, 2, 3, 4); // (2, 2)
  assert.deepEqual([...decode(mean, weights, [0, 0])], [0.5, 0.25]);
  assert.deepEqual([...decode(mean, weights, [1, 0])], [1.5, 3.25]);
  assert.deepEqual([...decode(mean, weights, [0, 1])], [2.5, 4.25]);
});

test("NADE draws 1 where u is at least 1 − p, and a 1 alone adds its column", () => {
  const weights = {
    W: Float32Array.of(3, -5),
    V: Float32Array.of(1, 2),
    U: new Float32Array(0),
    b: Float32Array.of(0.5, -1),
    c: Float32Array.of(0.25),
  };
  const first = sigmoid(0.5 + sigmoid(0.25));
  const after = (/** @type {number} */ value) => sigmoid(-1 + 2 * sigmoid(0.25 + 3 * value));
  for (const [u, value] of [
    [1 - first + 1e-6, 1],
    [1 - first - 1e-6, 0],
  ]) {
    const p = after(value);
    assert.deepEqual([...drawWith(weights, [u, 1 - p + 1e-6])], [value, 1]);
    assert.deepEqual([...drawWith(weights, [u, 1 - p - 1e-6])], [value, 0]);
  }
});

test("what changed is counted before and after the pixel, without it", () => {
  const one = Uint8Array.of(0, 1, 1, 0);
  const other = Uint8Array.of(1, 1, 0, 1);
  assert.deepEqual(differAround(one, other, 2), { before: 1, after: 1 });
  assert.match(plain(visibleSentence("(1, 0)", { before: 0, after: 1 }, 2)), /after it, 1 pixel/);
});

test("the engine's score is that of the chain rule, and its drawing that of the seed", async () => {
  const model = randomModel({
    class: "NADE",
    config: { event_shape: [1, 2, 2], levels: 2, hidden: 3, order: [2, 0, 3, 1] },
  });
  const engine = /** @type {any} */ ({
    logits: async (/** @type {any} */ _, /** @type {any} */ x) => model.logits(x),
    sample: async (/** @type {any} */ _, /** @type {any} */ options) => model.sample(options),
  });
  const offer = { name: "nade", client: "", worker: "", card: "nade.json" };
  let total = 0; // of p(x) over all images
  for (let state = 0; state < 16; state++) {
    const x = Uint8Array.from({ length: 4 }, (_, pixel) => (state >> pixel) & 1);
    const score = await askScore(engine, scoreWish({ engine: offer, view: "cost", seed: 3 }, x));
    score.cost.forEach((nats, pixel) => {
      const p = x[pixel] ? score.p[pixel] : 1 - score.p[pixel];
      assert.ok(Math.abs(nats + Math.log(p)) < 1e-5);
    });
    total += Math.exp(-totalCost(score.cost));
    assert.equal(score.drawn, undefined);
  }
  assert.ok(Math.abs(total - 1) < 1e-5);
  const passes = scoreWish({ engine: offer, view: "passes", seed: 3 }, Uint8Array.of(0, 1, 1, 0));
  const { order, drawn } = await askScore(engine, passes);
  assert.deepEqual([...(order ?? [])], [2, 0, 3, 1]);
  assert.deepEqual(drawn, model.sample({ seed: 3 }).values);
});
