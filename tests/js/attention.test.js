import assert from "node:assert/strict";
import { test } from "node:test";

import {
  costRows,
  diagonalsOf,
  pairsOf,
  pairsSentence,
} from "../../pages/attention/attention_pairs_count.js";
import {
  lineAt,
  pixelSentence,
  readCount,
  readMark,
  readSentence,
} from "../../pages/attention/attention_reads_values.js";
import { WeightsLive, weightsAt } from "../../pages/attention/attention_weights_live.js";
import {
  darkest,
  inkSentence,
  largestKey,
  mapSentence,
  ofHead,
  paintOf,
  painted,
} from "../../pages/attention/attention_weights_values.js";
import { headAt, headGrids } from "../../pages/attention/attention_weights_draw.js";
import { whole } from "../../pages/ui/browser/numbers.js";

// Four pixels; the target is 3: the trunk reads 2, attention without its pixel 1 as well, with it all.
const reads = new Uint8Array(16);
reads.set([4, 6, 7, 0], 12);
/** @param {Partial<import("../../pages/attention/attention_reads_values.js").ReadScene>} [changed] */
const scene = (changed) => ({
  ...{ reads, target: 3, part: /** @type {const} */ ("pixel"), covered: false },
  ...changed,
});

test("each part of the network reads what its bit says", () => {
  assert.deepEqual(
    [0, 1, 2, 3].map((pixel) => readMark(scene(), pixel)),
    ["gained", "gained", "seen", "target"],
  );
  assert.equal(readMark(scene({ part: "features" }), 0), "blind");
  assert.equal(readMark(scene({ part: "trunk" }), 0), "blank");
  assert.deepEqual(
    [1, 2, 3],
    [
      readCount(scene({ part: "trunk" })),
      readCount(scene({ part: "features" })),
      readCount(scene()),
    ],
  );
});

test("a covered map tells no pixel and no count", () => {
  const covered = scene({ part: "features", covered: true });
  assert.deepEqual(
    [0, 1, 2].map((pixel) => readMark(covered, pixel)),
    ["blank", "blank", "blank"],
  );
  assert.doesNotMatch(readSentence(covered, 2), / of 3/);
  assert.equal(pixelSentence(covered, 0, 2), "(0, 0): earlier than the target");
});

test("what is read is said with its numbers", () => {
  assert.equal(
    readSentence(scene(), 2),
    "Target (1, 1): trunk and attention read 3 of 3 earlier pixels.",
  );
});

test("a line grows to the target, then fades and is gone", () => {
  assert.deepEqual(lineAt(0), { grown: 0, strength: 1 });
  assert.equal(lineAt(1100)?.grown, 1);
  assert.ok((lineAt(1600)?.strength ?? 1) < 0.5);
  assert.equal(lineAt(2000), null);
  assert.equal(lineAt(Infinity), null);
});

test("every pixel is paired with all earlier ones", () => {
  let counted = 0;
  for (let query = 0; query < 784; query++) counted += query;
  assert.equal(pairsOf(784), counted);
  assert.equal(counted, 306936);
  assert.equal(diagonalsOf(28), 55);
  assert.match(pairsSentence(784, 28, whole), /783 earlier keys: 306,936 of 306,936 pairs/);
  assert.match(pairsSentence(2, 28, whole), /\(0, 1\) meets 1 earlier key: 1 of/);
});

test("a covered table tells the pairs of the shown image alone", () => {
  const told = costRows([7, 28, 56], 28, true).map(({ pairs }) => pairs);
  assert.deepEqual(told, [null, 306936, null]);
  assert.deepEqual(costRows([7], 28, false)[0].pairs, 1176);
});

const weights = new Float32Array([0.25, 0.5, 0.25, 0, 0, /**/ 1, 0, 0, 0, 0]);

test("a map says its largest key, the empty key and the sum", () => {
  const [first, second] = [0, 1].map((head) => ofHead(weights, head, 4));
  assert.deepEqual(largestKey(first), { pixel: 0, weight: 0.5 });
  assert.equal(mapSentence(first, 2), "most: (0, 0) 0.50 · empty key 0.25 · sum 1.00");
  assert.equal(mapSentence(second, 2), "no earlier pixel · empty key 1.00 · sum 1.00");
  assert.equal(darkest([first, second]), 0.5);
});

test("a covered probability is not told", () => {
  assert.equal(
    inkSentence("paint", [0.678, 0.016], "(6, 6)", true),
    "p(ink) at (6, 6): before 0.678, painted …",
  );
  assert.match(inkSentence("paint", [0.678, 0.016], "(6, 6)", false), /painted 0\.016/);
});

test("a stroke paints with the level that its first pixel had not", () => {
  const x = new Uint8Array([0, 1, 0, 1]);
  assert.deepEqual([...painted(x, [0, 1])], [1, 1, 0, 1]);
  assert.deepEqual([...painted(x, [1, 2])], [0, 0, 0, 1]);
  assert.deepEqual(paintOf(painted(x, [0]), x), [[0, 1]]);
});

test("the small maps of the heads lie apart, a row for each block", () => {
  const grids = headGrids(400, { count: 8, heads: 4, rows: 8, columns: 8 });
  assert.equal(grids.length, 8);
  grids.forEach((grid, head) => assert.equal(headAt(grids, ...grid.centre(9)), head));
  assert.equal(grids[4].x, grids[0].x);
  assert.ok(grids[4].y > grids[0].y + grids[0].height);
});

/** A trace of two blocks over four pixels: block l says l, then the target. */
function weightsTrace() {
  const names = ["layer1.weights", "layer2.weights"];
  const internals = Object.fromEntries(
    names.map((name, l) => [name, Float32Array.from([0, 1, 2, 3].flatMap((t) => [l, t]))]),
  );
  return { internals, probs: Float32Array.from([0, 1, 2, 3].flatMap((t) => [1 - t / 4, t / 4])) };
}

test("the weights of a target are those of its step, block after block", () => {
  const { weights, p } = weightsAt(weightsTrace(), 2, 3);
  assert.deepEqual([...weights], [0, 3, 1, 3]);
  assert.equal(p, 0.75);
});

test("an image that stays is read once, however often the other one is painted", async () => {
  /** @type {number[][]} */
  const asked = [];
  const engine = {
    /** @param {any} _offer @param {any} options @returns {Promise<any>} */
    sample: async (_offer, { given, internals }) => {
      asked.push([...given]);
      assert.deepEqual(internals, ["layer1.weights", "layer2.weights"]);
      return weightsTrace();
    },
  };
  let answers = 0;
  const live = new WeightsLive(
    () => answers++,
    () => engine,
  );
  const offer = { name: "model", client: "", worker: "", card: "card" };
  const left = Uint8Array.of(1, 0, 0, 0);
  for (const right of [left, Uint8Array.of(1, 1, 0, 0), Uint8Array.of(1, 1, 1, 0)]) {
    live.want({ offer, blocks: 2, left, right });
    await new Promise((resolve) => setTimeout(resolve));
  }
  assert.equal(answers, 3);
  assert.deepEqual(asked, [
    [1, 0, 0, 0],
    [1, 1, 0, 0],
    [1, 1, 1, 0],
  ]);
});
