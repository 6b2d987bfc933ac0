import assert from "node:assert/strict";
import { test } from "node:test";

import {
  changedBy,
  countRead,
  edgesOf,
  firstDifference,
  partsOfBar,
  runningLogP,
} from "../../pages/ui/browser/draw_values.js";
import {
  Inner,
  flatUnit,
  innerLayout,
  unitAmong,
  unitAt,
  unitByKey,
  unitOf,
} from "../../pages/ui/browser/draw_inner.js";
import { addressOf } from "../../pages/ui/browser/draw_address.js";
import { flipNote, levelWord, totalOf, verdictOf } from "../../pages/ui/browser/draw_words.js";

const TRACE = {
  probs: Float32Array.of(0.75, 0.25, 0.5, 0.5, 0.125, 0.875),
  u: Float32Array.of(0.9, 0.2, 0.6),
  values: Uint8Array.of(1, 0, 1),
  base: Uint8Array.of(0, 0, 0),
};
const ROWS = [
  { symbol: "i", words: "input gate", units: 2, low: 0, high: 1 },
  { symbol: "c", words: "cell", units: 3, low: null, high: null },
];
const INNER = new Inner(ROWS, {
  row0: Float32Array.of(0.5, 1, 0, 0.25),
  row1: Float32Array.of(-4, 1, 2, 0, 0, 3),
});

test("the ends of a row of bars are written for a reader", () => {
  assert.equal(INNER.range(0, null), "0 to 1");
  assert.equal(INNER.range(0, { row: 0, unit: 1 }), "0 to 1");
  assert.equal(INNER.range(1, null), "each to its own largest");
  assert.equal(INNER.range(1, { row: 0, unit: 0 }), "each to its own largest");
  assert.equal(INNER.range(1, { row: 1, unit: 0 }), "unit 0: ±4");
  const open = [{ symbol: "h", words: "features", units: 1, low: 0, high: null }];
  const range = (/** @type {number} */ largest) =>
    new Inner(open, { row0: Float32Array.of(0, largest) })
      .range(0, { row: 0, unit: 0 })
      .replace("unit 0: ", "");
  assert.equal(range(21.276342), "0 to 21");
  assert.equal(range(2.345), "0 to 2.3");
});

test("the random number falls on the part of the level that was drawn", () => {
  for (const pixel of [0, 1, 2]) {
    const parts = partsOfBar(TRACE.probs, 2, pixel);
    const at = parts.findIndex(({ from, size }) => TRACE.u[pixel] < from + size);
    assert.equal(at, TRACE.values[pixel]);
  }
});

test("log p of the first pixels is the sum of their log probabilities", () => {
  const sums = runningLogP(TRACE, 2);
  assert.equal(sums[0], 0);
  assert.ok(Math.abs(sums[3] - Math.log(0.25 * 0.5 * 0.875)) < 1e-12);
});

test("that all costs nothing at temperature 0 is explained", () => {
  assert.match(
    totalOf(0, 784, 0),
    /<b>0.00<\/b> nats: at temperature 0 each value drawn has probability 1$/,
  );
  assert.match(totalOf(-Infinity, 784, 0), /nats$/); // a flip
  assert.match(totalOf(-120, 784, 1), /nats$/);
});

test("of the pixels after the first flip, those that differ are counted, flips aside", () => {
  assert.deepEqual(changedBy(TRACE, new Set([0]), 3), { later: 2, changed: 1 });
  assert.deepEqual(changedBy(TRACE, new Set([0, 2]), 3), { later: 1, changed: 0 });
  assert.match(flipNote(TRACE, new Set([0]), 3), /<b>1<\/b> of 2 later pixels/);
  assert.match(flipNote(TRACE, new Set([0]), 1), /Nothing is drawn after it yet/);
});

test("two samples differ first where a value or a flip differs", () => {
  const other = { values: Uint8Array.of(1, 0, 0) };
  assert.equal(firstDifference(other, TRACE, new Set(), new Set()), 2);
  assert.equal(firstDifference(TRACE, TRACE, new Set(), new Set([1])), 1);
  assert.equal(firstDifference(TRACE, TRACE, new Set(), new Set()), -1);
});

test("the line around one cell has four edges, around two neighbours six", () => {
  assert.equal(edgesOf((pixel) => pixel === 3, 2, 3).length, 4);
  assert.equal(edgesOf((pixel) => pixel === 3 || pixel === 4, 2, 3).length, 6);
});

test("a pixel counts as read where its first layer is there", () => {
  const table = Uint8Array.of(255, 255, 255, 1, 255, 255, 0, 2, 255);
  assert.deepEqual(countRead(table, 3, 2, 1), { read: 1, earlier: 2 });
});

test("a bar of the inner state is found by number, by symbol, by point and by key", () => {
  assert.deepEqual(unitOf(ROWS, 3), { row: 1, unit: 1 });
  assert.deepEqual(unitOf(ROWS, ["c", 1]), { row: 1, unit: 1 });
  assert.equal(unitOf(ROWS, 9), null);
  assert.equal(unitOf(ROWS, ["x", 0]), null);
  assert.equal(flatUnit(ROWS, { row: 1, unit: 1 }), 3);
  const layout = innerLayout(2, 90, 100, 1);
  assert.deepEqual(unitAt(layout, ROWS, 89, 99), { row: 1, unit: 2 });
  assert.equal(unitAt(layout, ROWS, 90, 10), null);
  assert.deepEqual(unitByKey(ROWS, { row: 1, unit: 2 }, "ArrowUp"), { row: 0, unit: 1 });
  assert.deepEqual(unitByKey(ROWS, null, "ArrowRight"), { row: 0, unit: 0 });
  assert.equal(unitByKey(ROWS, null, "a"), undefined);
});

test("a bar stays where it is among the rows of the other direction, and is none among others", () => {
  const other = ROWS.map((row) => ({ ...row, symbol: `${row.symbol}′` }));
  const unit = { row: 1, unit: 2 };
  assert.deepEqual(unitAmong(unit, ROWS, other), unit);
  assert.deepEqual(unitAmong(unit, other, ROWS), unit);
  assert.equal(unitAmong(null, ROWS, other), null);
  assert.equal(unitAmong(unit, ROWS, [...ROWS].reverse()), null);
  assert.equal(unitAmong(unit, ROWS, [ROWS[0]]), null);
  assert.equal(unitAmong(unit, ROWS, [ROWS[0], { ...ROWS[1], units: 4 }]), null);
});

test("bars without given ends reach to the largest value of their own unit", () => {
  assert.equal(INNER.strength({ row: 1, unit: 0 }, 0), -1);
  assert.equal(INNER.strength({ row: 1, unit: 1 }, 0), 1);
  assert.equal(INNER.strength({ row: 1, unit: 2 }, 0), 2 / 3);
  assert.equal(INNER.strength({ row: 1, unit: 2 }, 1), 1);
  assert.equal(INNER.strength({ row: 0, unit: 1 }, 0), 1);
  assert.equal(INNER.words({ row: 1, unit: 0 }, 0), "c, unit 0: −4.00");
});

test("the address keeps what differs from the step's own place", () => {
  /** @type {[string, number]} */
  const unit = ["c", 1];
  const meta = { goto: { step: 2, reads: true, unit, nonce: 1 }, inner: ROWS };
  const stand = { step: 2, reads: true, unit: { row: 1, unit: 1 } };
  for (const [value, usual] of Object.values(addressOf(stand, meta, 3)))
    assert.ok(usual.includes(value));
  const moved = addressOf({ step: 1, reads: false, unit: { row: 0, unit: 0 } }, meta, 3);
  for (const [value, usual] of Object.values(moved)) assert.ok(!usual.includes(value));
});

test("a verdict says what stands there and why", () => {
  const at = { pixel: 0, t: 1, levels: 2, flips: new Set() };
  assert.equal(verdictOf(TRACE, at), "ink was drawn");
  assert.equal(verdictOf(TRACE, { ...at, t: 0 }), "ink is drawn next");
  assert.equal(verdictOf(TRACE, { ...at, flips: new Set([0]) }), "set by hand to ink");
  assert.equal(levelWord(3, 4), "level 3");
});
