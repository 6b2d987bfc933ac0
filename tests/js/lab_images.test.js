import assert from "node:assert/strict";
import { test } from "node:test";

import { Unheard, greyText } from "../../pages/lab/lab_pad_strokes.js";
import { GAP, layout, reduced, sheetWords, standingOf } from "../../pages/lab/lab_sheet_values.js";

const INK = Uint8Array.from([0, 1, 127, 128, 255]);

test("ink has the levels that Python gives it", () => {
  // tests/analysis/test_own_images.py has the same numbers
  assert.deepEqual([...reduced(INK, 2, 0.5)], [0, 0, 0, 1, 1]);
  assert.deepEqual([...reduced(INK, 2, 0)], [0, 1, 1, 1, 1]);
  assert.deepEqual([...reduced(INK, 2, 1)], [0, 0, 0, 0, 1]);
  assert.deepEqual([...reduced(INK, 4, 0.9)], [0, 0, 1, 2, 3]);
});

test("an image that is empty, was there before, or is taken out is told apart", () => {
  const images = Uint8Array.from([1, 0, 0, 0, 1, 0, 0, 1, 0, 1]);
  const none = /** @type {Set<number>} */ (new Set());
  assert.deepEqual(standingOf(images, 2, none), ["kept", "empty", "repeat", "kept", "repeat"]);
  assert.deepEqual(standingOf(images, 2, new Set([0])), ["out", "empty", "kept", "kept", "repeat"]);
});

test("all images are in sight where they fit, and none is too small to be seen", () => {
  for (const [count, width, height] of [
    [1, 300, 200],
    [24, 500, 300],
    [400, 700, 500],
  ]) {
    const { side, columns, rows } = layout(count, width, height);
    assert.ok(columns * rows >= count && side >= 34);
    assert.ok(columns * (side + GAP) - GAP <= width);
    if (side > 34) assert.ok(rows * (side + GAP) <= height);
  }
});

test("the words say how many are shown and why one is left out", () => {
  const meta = { names: ["a.png", "b.png"], count: 5 };
  assert.match(sheetWords(-1, ["kept", "repeat"], meta), /The first 2 of 5/);
  assert.match(sheetWords(1, ["kept", "repeat"], meta), /2, b\.png: .*equal to an image before/);
});

test("a drawing is sent again until Python has heard of it", () => {
  const unheard = new Unheard();
  unheard.heard(3); // of an earlier view of the pad
  assert.deepEqual(unheard.add("x"), [[4, "x"]]);
  assert.deepEqual(unheard.add("y"), [
    [4, "x"],
    [5, "y"],
  ]);
  unheard.heard(4);
  assert.deepEqual(unheard.drawings, [[5, "y"]]);
});

test("a drawing is one byte a pixel", () => {
  assert.equal(
    atob(greyText(Uint8ClampedArray.from([9, 9, 9, 255, 200, 200, 200, 255]))),
    "\t\xc8",
  );
});
