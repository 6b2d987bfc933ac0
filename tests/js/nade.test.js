import assert from "node:assert/strict";
import { test } from "node:test";

import {
  RunningSum,
  columnsOf,
  conditionals,
  firstDifference,
  hiddenUnit,
  largestDifference,
  onCurve,
  sigmoid,
  sumOfUnit,
} from "../../pages/nade/nade_values.js";
import { changedBy, natsOf, ranksOf } from "../../pages/ui/browser/trace_values.js";
import { nadeLayout, strongest, unitAt, unitCentre } from "../../pages/nade/nade_layout.js";
import {
  chanceFormula,
  flipNote,
  totalOf,
  unitNote,
  verdictOf,
} from "../../pages/nade/nade_words.js";

/** Three pixels in the order 2, 0, 1 and two hidden units; every number its own. */
const WEIGHTS = {
  W: Float32Array.of(0.5, -1, 2, 0.25, -0.75, 1.5),
  V: Float32Array.of(1, 2, -1, 0.5, 0.125, -2),
  U: new Float32Array(0),
  b: Float32Array.of(0.1, -0.2, 0.3),
  c: Float32Array.of(-0.5, 0.75),
};

/** @param {Partial<import("../../pages/nade/nade_values.js").NadeTrace>} [changes] */
const traceOf = (changes = {}) => ({
  order: Int32Array.of(2, 0, 1),
  p: Float32Array.of(0.25, 0.5, 0.75),
  u: Float32Array.of(0.9, 0.2, 0.6),
  values: Uint8Array.of(1, 0, 1),
  base: Uint8Array.of(1, 0, 1),
  first_h: new Float32Array(0),
  ...changes,
});

test("a 0 adds no column, a 1 adds that of W", () => {
  const columns = columnsOf(WEIGHTS);
  assert.deepEqual([...columns.slice(0, 4)], [0, 0, 0.5, -1]);
  assert.deepEqual([...columns.slice(8)], [0, 0, -0.75, 1.5]);
});

test("where the order is free, a 0 adds the column of U", () => {
  const columns = columnsOf({ ...WEIGHTS, U: Float32Array.of(1, 1, 1, 1, 1, 1) });
  assert.deepEqual([...columns.slice(0, 4)], [1, 1, 1.5, 0]);
});

test("the running sum begins at the bias and adds one column a step", () => {
  const running = new RunningSum(WEIGHTS, columnsOf(WEIGHTS), traceOf());
  const sums = [0, 1, 2, 3].map((t) => [...running.go(t).now]);
  assert.deepEqual(sums[0], [-0.5, 0.75]);
  assert.deepEqual(sums[1], [-1.25, 2.25]); // pixel 2 is 1
  assert.deepEqual(sums[2], [-1.25, 2.25]); // pixel 0 is 0
  assert.deepEqual(sums[3], [0.75, 2.5]); // pixel 1 is 1
  assert.deepEqual([...running.before], sums[2]);
});

test("the running sum of a step is the same from wherever it is reached", () => {
  const weights = { ...WEIGHTS, U: Float32Array.of(1, 2, 3, 4, 5, 6) };
  const columns = columnsOf(weights);
  const running = new RunningSum(weights, columns, traceOf());
  for (const t of [3, 1, 2, 0, 3, 3]) {
    const fresh = new RunningSum(weights, columns, traceOf()).go(t);
    running.go(t);
    assert.deepEqual([running.before, running.now], [fresh.before, fresh.now], `step ${t}`);
  }
});

test("a conditional follows from the sum of what was drawn before", () => {
  const p = conditionals(WEIGHTS, columnsOf(WEIGHTS), traceOf());
  const z = 0.125 * sigmoid(-0.5) - 2 * sigmoid(0.75) + WEIGHTS.b[2];
  assert.ok(Math.abs(p[0] - sigmoid(z)) < 1e-12);
});

test("a Gaussian start replaces the hidden units of the first step alone", () => {
  const trace = traceOf({ first_h: Float32Array.of(-1, 2) });
  const running = new RunningSum(WEIGHTS, columnsOf(WEIGHTS), trace);
  assert.equal(hiddenUnit(running.go(0).now, trace, 0, 1), 2);
  assert.equal(hiddenUnit(running.go(1).now, trace, 1, 1), sigmoid(2.25));
});

test("the largest difference of two lists", () => {
  assert.equal(largestDifference([1, 2, 3], [1, 0.5, 3]), 1.5);
});

test("ranks are the inverse of the order", () => {
  assert.deepEqual([...ranksOf([2, 0, 1])], [1, 2, 0]);
});

test("nats sum what was drawn, and are −∞ for what could not be", () => {
  assert.ok(Math.abs(natsOf(traceOf(), 3) - Math.log(0.25 * 0.5 * 0.75)) < 1e-6);
  assert.equal(natsOf(traceOf({ p: Float32Array.of(0, 0, 1) }), 3), -Infinity);
});

test("what changed is counted after the first flip, without the flips themselves", () => {
  const trace = traceOf({ base: Uint8Array.of(1, 1, 0) });
  assert.deepEqual(changedBy(trace, new Set([0]), 3), { later: 1, changed: 1 });
  assert.deepEqual(changedBy(trace, new Set([0]), 2), { later: 0, changed: 0 });
  assert.deepEqual(changedBy(trace, new Set([1]), 3), { later: 0, changed: 0 });
});

test("a replay begins at the first value or flip that differs", () => {
  const before = traceOf();
  const now = traceOf({ values: Uint8Array.of(1, 0, 0) });
  assert.equal(firstDifference(before, now, new Set(), new Set()), 2);
  assert.equal(firstDifference(before, before, new Set(), new Set([0])), 1);
  assert.equal(firstDifference(before, before, new Set([0]), new Set([0])), -1);
});

test("the parts of the picture do not overlap and stay inside it", () => {
  for (const width of [320, 559, 560, 800, 1400])
    for (const H of [1, 8, 32, 40, 41, 500]) {
      const { side, left, right, height, top, units } = nadeLayout(width, 292, H);
      const unitsRight = units.left + units.columns * units.pitch;
      assert.ok(left + side <= units.left && unitsRight <= right, `${width}, ${H}`);
      assert.ok(right + side <= width && top + side <= height, `${width}, ${H}`);
      const [x, y] = unitCentre(units, H - 1);
      assert.ok(y + units.pitch / 2 <= top + side + 1e-9);
      assert.equal(unitAt(units, x, y), H - 1);
    }
});

test("the strongest lines are drawn, the strongest last, and none of weight 0", () => {
  const weights = [0.1, -3, 0, 2, -0.5];
  assert.deepEqual(
    strongest(5, (k) => weights[k], 3),
    [4, 3, 1],
  );
  assert.deepEqual(
    strongest(5, (k) => weights[k], 9),
    [0, 4, 3, 1],
  );
});

test("the formula of every temperature is true and never divides by 0", () => {
  const written = (/** @type {number} */ heat) => {
    const { before, after } = chanceFormula(heat);
    return `${before}V·h + b${after}`;
  };
  assert.equal(written(1), "σ(V·h + b)");
  assert.equal(written(0.05), "σ((V·h + b) / 0.05)");
  assert.equal(written(0), "(1 if V·h + b > 0, else 0)");
});

test("at temperature 0 every sentence still reads well", () => {
  const certain = traceOf({ p: Float32Array.of(1, 0, 1) });
  assert.equal(
    totalOf(certain, 3, 0),
    "log p of the 3 pixels drawn so far: <b>0.00</b> nats · 0.000 bits/dim: at temperature 0 each value drawn has probability 1",
  );
  const flipped = traceOf({ p: Float32Array.of(0, 0, 1) });
  assert.equal(totalOf(flipped, 3, 0), "log p of the 3 pixels drawn so far: <b>−∞</b> nats");
  assert.match(totalOf(certain, 0, 1), /of the 0 pixels drawn so far: <b>0.00<\/b> nats$/);
});

test("the verdict says what chance, or the hand, has done", () => {
  const trace = traceOf();
  const none = new Set();
  assert.equal(verdictOf(trace, 1, 1, none), "so 0 is drawn next");
  assert.equal(verdictOf(trace, 2, 1, none), "so 0 was drawn");
  assert.equal(verdictOf(trace, 3, 2, none), "so 1 was drawn, the last");
  assert.equal(verdictOf(trace, 0, 2, none), "drawn at step 3, not yet asked");
  assert.equal(verdictOf(trace, 2, 1, new Set([0])), "flipped by hand to 0");
});

test("the note of a flip counts what changed", () => {
  const trace = traceOf({ base: Uint8Array.of(1, 1, 0) });
  assert.match(
    flipNote(trace, new Set([0]), 3),
    /1 flipped.*of 1 pixel drawn after, <b>1<\/b> changed/,
  );
  assert.match(flipNote(trace, new Set([1]), 3), /nothing is drawn after that yet/);
  assert.match(flipNote(trace, new Set(), 0), /read nothing/);
});

test("a hidden unit is written for every number that it can have", () => {
  const parts = { bias: -0.5, terms: [{ pixel: 9, added: 1.25 }] };
  for (const [sum, h] of [
    [0, 0.5],
    [-60.97, 3e-27],
    [40, 1 - 1e-16],
    [-Infinity, 0],
  ])
    assert.doesNotMatch(unitNote(0, sum, h, parts, 8), /undefined|NaN|e[-+]\d/);
  const said = unitNote(4, 0.75, 0.679, parts, 8).replaceAll(/<[^>]*>/g, "");
  assert.match(said, /unit 5: a = −0.50 \(c\) \+ 1.25 \(1, 1\) = 0.75, h = σ\(a\) = 0.679/);
});

test("the terms of a long sum are the largest, and the rest is one number", () => {
  const terms = [4, -3, 2, -1, 0.5, 0.25].map((added, pixel) => ({ pixel, added }));
  const said = unitNote(0, 2.75, 0.9, { bias: 0, terms }, 8).replaceAll(/<[^>]*>/g, "");
  assert.match(said, /− 1.00 \(0, 3\) \+ 0.75 \(2 more\) = 2.75/);
});

test("the parts of a hidden unit's sum add up to it at every step", () => {
  const columns = columnsOf(WEIGHTS);
  const trace = traceOf();
  const running = new RunningSum(WEIGHTS, columns, trace);
  for (let t = 0; t <= 3; t++)
    for (const k of [0, 1]) {
      const { bias, terms } = sumOfUnit(WEIGHTS, columns, trace, t, k);
      const sum = terms.reduce((total, { added }) => total + added, bias);
      assert.ok(Math.abs(sum - running.go(t).now[k]) < 1e-6);
    }
});

test("a column flies from its pixel to the hidden unit", () => {
  assert.deepEqual(onCurve([10, 20], [110, 220], 0), [10, 20]);
  assert.deepEqual(onCurve([10, 20], [110, 220], 1), [110, 220]);
  const [x, y] = onCurve([10, 20], [110, 220], 0.5);
  assert.ok(Math.abs(x - 60) < 1e-9 && Math.abs(y - 120) < 1e-9);
});

test("without flips, all that differs from the compared sample is counted", () => {
  const trace = traceOf({ base: Uint8Array.of(0, 0, 0) });
  assert.deepEqual(changedBy(trace, new Set(), 3), { later: 3, changed: 2 });
  assert.match(flipNote(trace, new Set(), 3, "gaussian"), /Of 3 pixels drawn, <b>2<\/b> differ/);
});
