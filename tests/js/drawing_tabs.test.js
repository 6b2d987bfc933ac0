import assert from "node:assert/strict";
import { test } from "node:test";

import { underBrush } from "../../pages/ui/browser/completion_pad.js";
import { natsInWords, pixelSurprisal, tableLine } from "../../pages/ui/browser/completion_words.js";
import { lossInWords } from "../../pages/pixelcnn/leak.js";
import { Paint, compareSoftmax } from "../../pages/pixelcnn/pixel_softmax_paint.js";
import { classInWords, verdictInWords } from "../../pages/pixelcnn/pixel_softmax_words.js";

const NUMBERS = [0, -0, 1e-300, 3e-8, 0.0004, 0.5, 1, 25.3, 87.5, 1e7, Infinity, NaN];
const WRONG = /NaN|undefined|Infinity|e[+-]\d|\[object/;

test("every sentence with a number is in words for any number", () => {
  for (const value of NUMBERS) {
    const sentences = [
      natsInWords(value),
      tableLine("given rows", value, 392),
      tableLine("given rows", value, 0),
      pixelSurprisal("Row 1, column 2", { given: true, value: 1, nats: value }),
      lossInWords(value, 64),
      ...[value, -value].map((by) =>
        verdictInWords({ stroke: true, classes: ["seen"], moved: true, by }, "PixelCNN"),
      ),
      verdictInWords({ stroke: true, classes: ["blind"], moved: true, by: value }, "PixelCNN"),
      classInWords("seen", "PixelCNN", { layer: 3, gradient: value }),
    ];
    for (const sentence of sentences) assert.doesNotMatch(sentence, WRONG, `${value}: ${sentence}`);
  }
});

test("a surprisal next to 0 is no 0, and its probability no 1", () => {
  const said = pixelSurprisal("Row 0, column 0", { given: false, value: 0, nats: 2e-6 });
  assert.match(said, /−log p = 2\.0·10⁻⁶ nats \(p > 0\.999\)/);
});

test("a bit is worth log 2 nats", () => {
  assert.match(tableLine("", 10 * Math.LN2, 10), /<td>6\.9<\/td><td>10<\/td><td>1\.000<\/td>/);
});

test("a thick brush covers its neighbours inside the image alone", () => {
  const shape = { rows: 3, columns: 4 };
  assert.deepEqual(underBrush(5, "thin", shape), [5]);
  assert.deepEqual(new Set(underBrush(5, "thick", shape)), new Set([5, 1, 9, 4, 6]));
  assert.deepEqual(new Set(underBrush(3, "thick", shape)), new Set([3, 7, 2]));
  assert.deepEqual(new Set(underBrush(8, "thick", shape)), new Set([8, 4, 9]));
});

/** @param {number} levels @param {number} most */
const paper = (levels, most) => new Paint(new Uint8Array(6), new Uint8Array(6), { levels, most });

test("a stroke paints each pixel once, to one level, and a second one takes it off again", () => {
  const paint = paper(2, 6);
  paint.begin(1);
  paint.along([1]);
  paint.along([1, 2, 1]);
  assert.deepEqual([...paint.x], [0, 1, 1, 0, 0, 0]);
  assert.deepEqual(paint.end()?.cells, [1, 2]);
  assert.deepEqual(paint.painted(), [1, 2]);
  paint.begin(2);
  paint.along([2]);
  paint.end();
  assert.deepEqual(paint.painted(), [1]);
});

test("levels come one after the other, and the first after the last", () => {
  const paint = paper(3, 6);
  const seen = [1, 2, 3].map(() => {
    paint.begin(0);
    paint.along([0]);
    paint.end();
    return paint.x[0];
  });
  assert.deepEqual(seen, [1, 2, 0]);
});

test("no more than so many pixels are painted; those that are can still be changed", () => {
  const paint = paper(2, 2);
  paint.begin(0);
  paint.along([0, 1, 2, 3]);
  assert.equal(paint.full, true);
  assert.deepEqual(paint.painted(), [0, 1]);
  paint.end();
  paint.begin(1);
  paint.along([1]);
  assert.deepEqual(paint.painted(), [0]);
});

test("a stroke that is cancelled leaves the levels as they were, one of nothing is none", () => {
  const paint = paper(2, 6);
  paint.begin(3);
  paint.along([3, 4]);
  paint.cancel();
  assert.deepEqual(paint.painted(), []);
  assert.equal(paint.end(), null);
});

test("the softmax of a pixel is compared by its own logits", () => {
  const was = { logits: new Float32Array([0, 1, 2, 3]), log_p: new Float32Array([0, -1, -2, -3]) };
  const now = {
    x: new Uint8Array([0, 1]),
    logits: new Float32Array([0, 1, 2, 4]),
    log_p: new Float32Array([0, -1, -2, -1.5]),
  };
  assert.deepEqual(compareSoftmax(1, 2, was, now), { moved: true, by: 1.5 });
  assert.deepEqual(compareSoftmax(0, 2, was, now), { moved: false, by: 0 });
});

test("a verdict says what is read, and why the rest is not", () => {
  const still = { stroke: true, moved: false, by: 0 };
  const say = (/** @type {any[]} */ classes, more = {}) =>
    verdictInWords({ ...still, classes, ...more }, "PixelCNN");
  assert.match(say(["blind"]), /<b>0<\/b>: this pixel is out of reach for PixelCNN, however deep/);
  assert.match(say(["blind", "future"]), /these pixels are .*; or in the future/);
  assert.match(
    say(["seen", "blind"], { moved: true, by: -0.25 }),
    /−0\.250<\/b> nats: 1 of 2 pixels is read/,
  );
  assert.match(say(["blind"], { moved: true, by: 3e-8 }), /No path leads .*·10⁻⁸/);
  assert.match(say(["seen"], { stroke: false, moved: true, by: 1 }), /The paint, 1 pixel,/);
});
