import assert from "node:assert/strict";
import { test } from "node:test";

import { niceStep } from "../../pages/ui/browser/scale.js";
import {
  heightTicks,
  heightsWithin,
  nearestPoint,
  nextTo,
  passes,
  placeWords,
  pointAfter,
  scalesOf,
  turned,
  wholeView,
} from "../../pages/ui/browser/curves_layout.js";
import { curvesInWords, hintInWords, pointInWords } from "../../pages/ui/browser/curves_words.js";

const FREE = { across: null, up: null, log: true };
const PLOT = { left: 40, top: 20, width: 500, height: 300 };
const UNITS = { unit: "nats", other: "bits/dim", digits: 3, otherDigits: 4, place: "at step {}" };

/** @param {string} id @param {number[]} x @param {number[]} y @param {boolean} [ends] */
const curve = (id, x, y, ends = false) => ({
  ...{ id, x, y, ends, name: id, tone: { light: "", dark: "" } },
  ...{ dashed: false, faint: false, mark: "", factor: 0.1 },
});
const LOSS = curve("loss", [1, 2, 3, 4], [900, 40, 30, 20], true);
const VALID = curve("valid", [0, 4], [44, 22]);

test("all lines and looks are in the whole view, and the begin of a loss is not", () => {
  const losses = [900, 800, ...Array(10).fill(21)];
  const loss = curve(
    "loss",
    losses.map((_, at) => at + 1),
    losses,
    true,
  );
  const { x, y } = wholeView([loss, VALID], [44, 7], FREE);
  assert.deepEqual(x, [0, 12]);
  assert.ok(y[0] < 7 && y[1] > 44 && y[1] < 100, `${y}`);
});

test("a curve that explodes presses no other one flat", () => {
  const [low, high] = wholeView([curve("valid", [0, 1], [44, 1e9])], [44, 7], FREE).y;
  assert.ok(high < 4 * 44 && low > 5);
  assert.ok(wholeView([curve("valid", [0, 1], [44, 1e-9])], [44], FREE).y[0] > 0.03);
});

test("a view has ends that are numbers, whatever the points are", () => {
  for (const log of [true, false])
    for (const points of [[], [NaN], [Infinity, 3], [0, -1], [5, 5]])
      for (const levels of [[], [25], [0]]) {
        const all = [
          curve(
            "a",
            points.map((_, at) => at),
            points,
          ),
        ];
        const { x, y } = wholeView(all, levels, { across: null, up: null, log });
        for (const [low, high] of [x, y]) assert.ok(low < high && low > -Infinity && high < 1e9);
        assert.ok(!log || y[0] > 0);
      }
  const fixed = { across: [0, 400], up: [0, 47], log: false };
  // @ts-expect-error: number[] for a pair
  assert.deepEqual(wholeView([LOSS], [25], fixed), { x: [0, 400], y: [0, 47] });
});

test("a place in the plot is that of its values, there and back", () => {
  for (const log of [true, false]) {
    const scales = scalesOf({ x: [10, 30], y: [5, 80] }, PLOT, log);
    assert.deepEqual([scales.x(10), scales.x(30), scales.y(80)], [40, 540, 20]);
    assert.ok(Math.abs(scales.y(5) - 320) < 1e-9);
    assert.ok(Math.abs(scales.atX(scales.x(17)) - 17) < 1e-9);
    assert.ok(Math.abs(scales.atY(scales.y(17)) - 17) < 1e-9);
  }
});

test("a part is enlarged about its place, stays within the whole, and ends as the whole", () => {
  const part = turned([0, 100], [0, 100], 90, true);
  assert.ok(part && part[0] > 30 && part[1] <= 100 && part[0] < 90 && part[1] > 90);
  assert.equal(turned(part, [0, 100], 90, false), null);
  /** @type {[number, number]} */
  let span = [0, 100];
  for (let press = 0; press < 200; press++) span = turned(span, [0, 100], 50, true) ?? span;
  assert.ok(span[1] - span[0] > 0 && span[0] <= 50 && span[1] >= 50);
});

test("the heights of a part are those of its points alone", () => {
  const found = heightsWithin([LOSS, VALID], [2.5, 4], true);
  assert.ok(found && found[0] < 20 && found[0] > 15 && found[1] > 30 && found[1] < 40);
  assert.equal(heightsWithin([LOSS], [5, 9], true), null);
});

test("the ticks of a logarithmic axis are 1, 2 and 5, and even where it shows little", () => {
  const texts = (/** @type {[number, number]} */ span, most = 12) =>
    heightTicks(span, true, most).map(({ text }) => text);
  assert.deepEqual(texts([4, 120]), ["5", "10", "20", "50", "100"]);
  assert.deepEqual(texts([0.02, 0.3]), ["0.02", "0.05", "0.1", "0.2"]);
  assert.deepEqual(texts([0.01, 1000], 6), ["0.01", "0.1", "1", "10", "100", "1000"]);
  assert.deepEqual(texts([16.2, 17.9], 4), ["16.5", "17.0", "17.5"]);
});

test("the words of lines that are near each other do not cover each other", () => {
  const lines = [200, 203, 206, 209].map((y) => ({ y, wide: 120 }));
  const boxes = placeWords(lines, 12, PLOT);
  for (const [at, a] of boxes.entries())
    for (const b of boxes.slice(at + 1))
      assert.ok(a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top);
  for (const y of [20, 21, 319, 320]) {
    const [box] = placeWords([{ y, wide: 50 }], 12, PLOT);
    assert.ok(box.top >= PLOT.top && box.bottom <= PLOT.top + PLOT.height, `${y}: ${box.top}`);
  }
});

test("words stand where no curve is, and without ground where there is no such place", () => {
  /** @type {[number, number][]} */
  const flat = [
    [40, 212],
    [540, 212],
  ];
  const [below] = placeWords([{ y: 210, wide: 120 }], 12, PLOT);
  const [above] = placeWords([{ y: 200, wide: 120 }], 12, PLOT, [flat]);
  assert.ok(!above.crossed && above.bottom < 212);
  assert.ok(!passes(flat, above));
  assert.ok(below.bottom < 210);
  // One curve is at the right end of the line: the words go to the left of it.
  /** @type {[number, number][]} */
  const end = [
    [400, 185],
    [450, 206],
    [500, 185],
    [540, 206],
  ];
  const line = [{ y: 195, wide: 120 }];
  const [left] = placeWords(line, 12, PLOT, [end]);
  assert.ok(!left.crossed && left.right < 400);
  /** @type {[number, number][]} */
  const dense = Array.from({ length: 200 }, (_, at) => [40 + 2.5 * at, at % 2 ? 25 : 315]);
  assert.ok(placeWords(line, 12, PLOT, [dense])[0].crossed);
});

test("a pointer reads the point next to it, of any curve", () => {
  const scales = scalesOf({ x: [0, 4], y: [10, 60] }, PLOT, true);
  const near = nearestPoint([LOSS, VALID], scales, scales.x(3) + 4, scales.y(30) - 5);
  assert.deepEqual(near, { id: "loss", x: 3 });
  const low = nearestPoint([LOSS, VALID], scales, scales.x(0), scales.y(44));
  assert.deepEqual(low, { id: "valid", x: 0 });
  assert.equal(nearestPoint([curve("none", [], [])], scales, 50, 50), null);
});

test("the keys reach every point, and a point that grew into a mean is still read", () => {
  const all = [LOSS, VALID, curve("none", [], [])];
  const first = pointAfter(all, null, "ArrowLeft");
  assert.deepEqual(first, { id: "loss", x: 4 });
  assert.deepEqual(pointAfter(all, { id: "loss", x: 4 }, "ArrowLeft"), { id: "loss", x: 3 });
  assert.deepEqual(pointAfter(all, { id: "loss", x: 4 }, "ArrowRight"), { id: "loss", x: 4 });
  assert.deepEqual(pointAfter(all, { id: "loss", x: 3 }, "Home"), { id: "loss", x: 1 });
  assert.deepEqual(pointAfter(all, { id: "loss", x: 4 }, "ArrowDown"), { id: "valid", x: 4 });
  assert.deepEqual(pointAfter(all, { id: "valid", x: 4 }, "ArrowDown"), { id: "loss", x: 4 });
  assert.equal(pointAfter(all, null, "Enter"), undefined);
  assert.equal(pointAfter([], null, "ArrowLeft"), null);
  assert.equal(nextTo([1.5, 3.5, 5.5], 3), 1);
});

test("a point is told in both units with its place", () => {
  assert.equal(pointInWords(LOSS, 3, UNITS), "loss: 30.000 nats = 3.0000 bits/dim at step 3");
  assert.equal(
    pointInWords({ ...LOSS, x: [2.5], factor: 0 }, 2, { ...UNITS, place: "after {} epochs" }),
    "loss: 900.000 nats after 2.50 epochs",
  );
  assert.equal(pointInWords(curve("none", [], []), 3, UNITS), "");
});

test("a chart is in words for who does not see it, for any numbers", () => {
  for (const value of [0, 1e-9, 3, 1e12, Infinity, NaN]) {
    const said = [
      curvesInWords("T", [curve("a", [value], [value])], [{ word: "l", height: value }], UNITS),
      pointInWords(curve("a", [value], [value]), value, UNITS),
    ].join(" ");
    assert.doesNotMatch(said, /NaN|undefined|Infinity|e[+-]\d/, `${value}: ${said}`);
  }
  const said = curvesInWords("T", [LOSS], [{ word: "guessing", height: 44.36 }], UNITS);
  assert.match(said, /^T; loss, 4 points, from 900\.000 to 20\.000 nats; lines: guessing 44\.360/);
  assert.notEqual(hintInWords(true, true), hintInWords(true, false));
});

test("a scale ends at a round number that is no smaller than the largest", () => {
  for (const [most, end] of [
    [0.87, 1],
    [1, 1],
    [0.3, 0.5],
    [0.02, 0.02],
    [0.0041, 0.005],
    [1.2, 2],
  ])
    assert.ok(Math.abs(niceStep(most, 1) - end) < 1e-12, `${most}`);
});
