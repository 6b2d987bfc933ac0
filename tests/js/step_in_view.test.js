// How far the page moves so that the title of a new step is seen.

import assert from "node:assert/strict";
import { test } from "node:test";

import { stepOf } from "../../pages/ui/browser/progress.js";
import { covered } from "../../pages/ui/browser/step_in_view.js";

/** @param {number} top @param {number} bottom @param {number} left @param {number} right */
const box = (top, bottom, left = 15, right = 375) => ({ top, bottom, left, right });

test("a title below the picture stays where it is", () => {
  assert.equal(covered(box(600, 630), box(60, 570)), 0);
});

test("a title under the picture comes out below it", () => {
  assert.equal(covered(box(76, 106), box(60, 570)), 502);
});

test("beside the picture only the top of the page covers a title", () => {
  const picture = box(60, 700, 240, 760);
  assert.equal(covered(box(120, 150, 790, 990), picture), 0);
  assert.equal(covered(box(-300, -270, 790, 990), picture), 368);
});

test("without a picture the same holds", () => {
  assert.equal(covered(box(20, 50), undefined), 48);
});

test("every page with steps has one open, the home page with its empty name too", () => {
  const step = { activity: "first-minute", step: 4 };
  assert.notEqual(stepOf({ lesson: "", ...step }), "");
  assert.notEqual(stepOf({ lesson: "", ...step }), stepOf({ lesson: "nade", ...step }));
  assert.equal(stepOf({}), "");
});
