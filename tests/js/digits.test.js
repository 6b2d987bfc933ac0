import assert from "node:assert/strict";
import { test } from "node:test";

import { digitsLayout, digitsSentence } from "../../pages/ui/browser/digits.js";

test("all digits stand inside the picture, and none on another", () => {
  for (const width of [300, 390, 560, 900, 1500])
    for (const count of [1, 5, 6]) {
      const { side, height, corners } = digitsLayout(width, count);
      assert.equal(corners.length, count);
      for (const [number, [x, y]] of corners.entries()) {
        assert.ok(x >= 0 && x + side <= width && y + side + 16 <= height, `${width}, ${count}`);
        for (const [left, top] of corners.slice(0, number))
          assert.ok(Math.abs(x - left) >= side || Math.abs(y - top) >= side + 16);
      }
    }
});

test("the sentence counts steps from 1 and ends with the last", () => {
  assert.match(digitsSentence(0, 64), /^Step 1 of 64.*nothing is drawn before it/);
  assert.match(digitsSentence(63, 64), /^Step 64 of 64.*given the 63 drawn before it/);
  assert.match(digitsSentence(64, 64), /^All 64 pixels are drawn/);
});
