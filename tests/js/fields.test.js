import assert from "node:assert/strict";
import { test } from "node:test";

import { FieldReads } from "../../pages/pixelcnn/fields_reads.js";
import {
  countsInWords,
  layerInWords,
  maskInWords,
  pixelInWords,
} from "../../pages/pixelcnn/fields_words.js";

const NEVER = 255;
const SHAPE = { rows: 3, columns: 4 };
const PIXELS = SHAPE.rows * SHAPE.columns;
// A 3x3 kernel of type A, then of type B: above, on both sides, and on the left.
const OF_FIRST = [1, 1, 1, 1, 0, 0, 0, 0, 0];
const OF_LATER = [1, 1, 1, 1, 1, 0, 0, 0, 0];

/** @type {import("../../pages/pixelcnn/fields_reads.js").Panel} */
const PLAIN = {
  title: "Plain",
  subtitle: "",
  table: "plain",
  streams: ["plain"],
  ways: [],
  kernels: [
    { title: "first", note: "a note", cells: "first", rows: 3, columns: 3 },
    { title: "later", note: "", cells: "later", rows: 3, columns: 3 },
  ],
};

/** Layer by layer, which pixels a target reads: what Python's table must hold. */
function table() {
  const shell = new FieldReads({ first: OF_FIRST, later: OF_LATER }, SHAPE);
  const found = Array(PIXELS * PIXELS).fill(NEVER);
  for (let layer = 0; layer < PIXELS; layer++) {
    const before = [...found];
    for (let target = 0; target < PIXELS; target++) {
      const kernel = PLAIN.kernels[layer ? 1 : 0];
      for (const { bits, place } of shell.under(kernel, target)) {
        if (!bits || place < 0) continue;
        for (let pixel = 0; pixel < PIXELS; pixel++) {
          const read = layer ? before[place * PIXELS + pixel] < layer : pixel === place;
          const at = target * PIXELS + pixel;
          if (read) found[at] = Math.min(found[at], layer);
        }
      }
    }
  }
  return found;
}

const reads = new FieldReads({ first: OF_FIRST, later: OF_LATER, plain: table() }, SHAPE);
const TARGET = 9; // row 2, column 1

test("every pixel before the target is read, waits for depth, or is never read", () => {
  for (let target = 0; target < PIXELS; target++)
    for (let depth = 0; depth < 5; depth++) {
      const { seen, limited, blind, leaks } = reads.count(PLAIN, target, depth);
      assert.equal(seen + limited + blind, target);
      assert.equal(leaks, 0);
    }
});

test("the pixel on the right of the row above is read, one further right never is", () => {
  assert.equal(reads.markOf(PLAIN, 6, TARGET, 0), "seen"); // row 1, column 2
  assert.equal(reads.markOf(PLAIN, 7, TARGET, 9), "blind"); // row 1, column 3
  assert.equal(reads.markOf(PLAIN, 3, TARGET, 0), "depth-limited"); // row 0, column 3
  assert.equal(reads.markOf(PLAIN, TARGET, TARGET, 9), null);
  assert.equal(reads.markOf(PLAIN, 10, TARGET, 9), "future");
});

test("a path leads from the target to the pixel in a step a layer, under the kernels", () => {
  for (let pixel = 0; pixel < TARGET; pixel++) {
    const path = reads.path(PLAIN, pixel, TARGET);
    const first = reads.first("plain", pixel, TARGET);
    if (first === NEVER) {
      assert.deepEqual(path, []);
      continue;
    }
    assert.equal(path.length, first + 2);
    assert.equal(path[0], TARGET);
    assert.equal(path.at(-1), pixel);
    path.slice(1).forEach((place, step) => {
      const kernel = PLAIN.kernels[step === path.length - 2 ? 0 : 1];
      const taps = reads.under(kernel, path[step]);
      assert.ok(taps.some((tap) => tap.bits && tap.place === place));
    });
  }
});

test("a kernel at the corner has cells outside the image, and none of them wraps around", () => {
  const taps = reads.under(PLAIN.kernels[0], 0);
  assert.deepEqual(
    taps.map(({ place }) => place),
    [-1, -1, -1, -1, 0, 1, -1, 4, 5],
  );
  assert.match(maskInWords(PLAIN.kernels[0], taps), /4<\/b> ones, 5 zeros, 4 ones over the border/);
});

test("words are true of the counts", () => {
  const counts = reads.count(PLAIN, TARGET, 0);
  assert.match(countsInWords(TARGET, counts), /reads <b>4<\/b> of 9 \(44/);
  assert.match(countsInWords(0, { seen: 0, limited: 0, blind: 0, leaks: 0 }), /nothing comes/);
  assert.match(countsInWords(0, { seen: 0, limited: 0, blind: 0, leaks: 1 }), /it reads itself/);
  assert.match(layerInWords(reads, [PLAIN], { target: 1, depth: 0 }), /1 pixel comes before it/);
  assert.match(layerInWords(reads, [PLAIN], { target: TARGET, depth: 9 }), /never reads 1 pixel/);
});

test("a pixel is told by when it is read", () => {
  /** @param {number} pixel @param {number} depth */
  const say = (pixel, depth) => pixelInWords(reads, [PLAIN], { pixel, target: TARGET, depth });
  assert.match(say(8, 0), /read by the first layer/);
  assert.match(say(3, 0), /not yet; from layer 1 on/);
  assert.match(say(3, 1), /read since layer 1/);
  assert.match(say(7, 9), /never, at any depth/);
  assert.match(say(TARGET, 0), /No network reads the pixel/);
  assert.match(say(11, 0), /in the future/);
});
