import assert from "node:assert/strict";
import { test } from "node:test";

import {
  askInWords,
  keyInWords,
  moreInWords,
  nllInWords,
  panelsLayout,
  presentedLayout,
  pixelInWords,
  pressed,
  readFor,
  sizeInWords,
  surprisalInWords,
  topInWords,
  topOf,
} from "../../pages/lab/lab_compare_values.js";
import { marksInWords, rangeInWords, spanOf } from "../../pages/lab/lab_range.js";

const NUMBERS = [0, -0, 1e-300, 3e-8, 0.0004, 0.5, 1, 25.3, 87.5, 1e7, Infinity, NaN];
const WRONG = /NaN|undefined|Infinity|e[+-]\d|\[object/;
const RANGE = { marks: [1, 2, 3, 4, 9], mean: 3.5, count: 270, whole: true, below: 0.4 };

test("every sentence of the scores is in words for any number", () => {
  const model = { id: "m", title: "M", note: "", parameters: 1234 };
  for (const value of NUMBERS) {
    const range = { ...RANGE, marks: Array(5).fill(value), mean: value };
    const sentences = [
      nllInWords({ ...model, nats: value, bits: value }),
      nllInWords(model),
      moreInWords({ ...model, bits: value, ms: value }),
      moreInWords(model),
      keyInWords([{ ...model, range }]),
      keyInWords([model]),
      sizeInWords({ ...model, parameters: value }),
      surprisalInWords(value),
      marksInWords(range),
      rangeInWords({ ...range, below: Math.min(1, Math.abs(value)) || 0 }),
      askInWords(2, 9),
      pixelInWords(5, 4, 1),
    ];
    for (const sentence of sentences) assert.doesNotMatch(sentence, WRONG, `${value}: ${sentence}`);
  }
});

test("a context is that of the bits, in the order of the model", () => {
  // 9 pixels: two bytes a row. Pixel 5 reads 0 and 4, and is drawn sixth or fourth.
  const bits = new Uint8Array(18);
  bits[10] = 0b10001000;
  const raster = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  assert.deepEqual([...readFor(bits, raster, 5)], [2, 3, 3, 3, 2, 1, 0, 0, 0]);
  assert.deepEqual([...readFor(bits, [4, 8, 0, 5, 1, 2, 3, 6, 7], 5)], [2, 0, 0, 0, 2, 1, 0, 0, 3]);
});

test("a model that is pressed takes the next place, and gives it up when pressed again", () => {
  const two = pressed(pressed([], "a"), "b");
  assert.deepEqual(two, ["a", "b"]);
  assert.deepEqual(pressed(two, "a"), ["b"]);
});

test("all panels fit where there is room, and are not too small to see where there is not", () => {
  for (const [count, width, height] of [
    [5, 800, 500],
    [9, 800, 560],
    [12, 1200, 700],
  ]) {
    const { columns, side } = panelsLayout(count, width, height, 76);
    assert.ok(columns * (side + 10) - 10 <= width);
    const rows = Math.ceil(count / columns);
    assert.ok(rows * (side + 76) + (rows - 1) * 10 <= height);
  }
  const phone = panelsLayout(9, 350, 400, 150, true);
  assert.ok(phone.side >= 92);
  assert.ok(phone.columns * (phone.side + 10) - 10 <= 350);
});

test("presented, the picture stands among the maps where they are larger then", () => {
  const many = presentedLayout(11, 855, 514, 100, 221);
  assert.ok(many.among && many.side >= 130);
  assert.equal(many.columns, 6);
  const few = presentedLayout(5, 855, 514, 100, 221);
  assert.ok(few.side >= panelsLayout(5, 855 - 221, 514, 100).side);
  assert.ok(!presentedLayout(2, 855, 514, 100, 221).among);
});

test("a strip holds the picture also where it is beyond all test images", () => {
  assert.deepEqual(spanOf([RANGE, null], [12, NaN]), [1, 12]);
  assert.deepEqual(spanOf([], []), [0, 1]);
  const [low, high] = spanOf([], [3]);
  assert.ok(low < 3 && high > 3);
});

test("where a picture lies is said with the number of images, all or some", () => {
  assert.equal(rangeInWords(RANGE), "more than 40\u00a0% of the 270 test images");
  assert.equal(rangeInWords({ ...RANGE, below: 0 }), "less than all of the 270 test images");
  assert.equal(
    rangeInWords({ ...RANGE, below: 1, whole: false, count: 500 }),
    "more than all of some 500 test images",
  );
});

test("the ramp of the maps ends where the largest surprisal lies, and at most at 5 nats", () => {
  assert.equal(topOf(undefined), 5);
  assert.equal(topOf(Float32Array.of(0.1, 0.85, 0)), 1);
  assert.equal(topOf(Float32Array.of(3, 9)), 5);
  assert.equal(topInWords(topOf(Float32Array.of(0.3))), "0.50 nats");
  assert.equal(topInWords(topOf(Float32Array.of(0.85))), "1 nat");
  assert.equal(topInWords(topOf(Float32Array.of(9))), "5 nats or more");
});
