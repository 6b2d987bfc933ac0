import assert from "node:assert/strict";
import { test } from "node:test";

import { DiagonalReads, SkewedMaps, WAYS } from "../../pages/diagonal_bilstm/diagonal_reads.js";
import {
  PrimerReads,
  arrowsInto,
  primerGraph,
  primerSteps,
} from "../../pages/diagonal_bilstm/diagonal_primer.js";
import { cellAt, skewParts, skewTitle } from "../../pages/diagonal_bilstm/diagonal_draw.js";
import { BuildReads } from "../../pages/diagonal_bilstm/diagonal_build_reads.js";
import { buildPixelWords, buildWords } from "../../pages/diagonal_bilstm/diagonal_build_words.js";
import { primerWords, sweepWords } from "../../pages/diagonal_bilstm/diagonal_words.js";

const N = -1;
// Images of 2 x 3.
const maps = new SkewedMaps(
  { rows: 2, columns: 3 },
  {
    "skewed direct": Int32Array.from([0, 1, 2, N, N, 3, 4, 5]),
    "skewed mirrored": Int32Array.from([2, 1, 0, N, N, 5, 4, 3]),
  },
);
/** @param {number} index */
const name = (index) => `row ${Math.floor(index / 3)}, column ${index % 3}`;

test("a state reads the pixel beside it and the one above it", () => {
  assert.deepEqual(maps.before("direct", 4), [3, 1]);
  assert.deepEqual(maps.before("mirrored", 4), [5, 1]);
  assert.deepEqual(maps.before("direct", 0), []);
});

test("both stand on the diagonal before, in either direction", () => {
  for (const way of WAYS)
    for (let index = 0; index < 6; index++)
      for (const read of maps.before(way, index))
        assert.equal(maps.diagonalOf(way, read), maps.diagonalOf(way, index) - 1);
});

test("the diagonals hold every pixel once", () => {
  assert.equal(maps.diagonals, 4);
  for (const way of WAYS)
    assert.deepEqual([...maps.onDiagonal[way].flat()].sort(), [0, 1, 2, 3, 4, 5]);
});

test("for the second direction the image first turns over, then its rows move", () => {
  assert.deepEqual(skewParts("direct", 0.5), { turned: 1, moved: 0.5 });
  assert.deepEqual(skewParts("mirrored", 0.25), { turned: 0.5, moved: 0 });
  assert.deepEqual(skewParts("mirrored", 1), { turned: 1, moved: 1 });
  assert.equal(skewTitle("mirrored", 0.5), "the mirrored image");
  assert.equal(skewTitle("direct", 1), "the image, skewed");
});

test("a point finds its cell, and none between", () => {
  const cells = [
    { index: 4, x: 0, y: 0, size: 10 },
    { index: 5, x: 20, y: 0, size: 10 },
  ];
  assert.equal(cellAt(cells, 25, 9), 5);
  assert.equal(cellAt(cells, 15, 5), -1);
});

test("the sweep's words count what the maps hold", () => {
  const said = sweepWords(maps, "direct", 2, -1, { pixels: 6, name });
  assert.match(said, /step 2 of 4: 2 pixels at once.*So far 3 pixels in 2 steps/);
  assert.match(sweepWords(maps, "direct", 4, -1, { pixels: 6, name }), /All 6 pixels in 4 steps/);
  assert.match(
    sweepWords(maps, "direct", 0, 0, { pixels: 6, name }),
    /, alone\. It reads no state/,
  );
});

// --- what is read: one target, pixel 1 of 1 x 3; the second direction brings pixel 2 ----------------

const tables = {
  output: Uint8Array.from([255, 255, 255, 1, 255, 1, 1, 255, 255]),
  direct: Uint8Array.from([255, 255, 255, 1, 255, 255, 1, 255, 255]),
  mirrored: Uint8Array.from([255, 255, 255, 255, 255, 1, 255, 255, 255]),
};
const reads = new DiagonalReads(3, tables);

test("what is read of the target's own row, or after it, leaks", () => {
  const place = { target: 1, depth: 1 };
  assert.deepEqual(
    [0, 1, 2].map((pixel) => reads.markOf("output", pixel, place)),
    ["direct", null, "leak"],
  );
  assert.deepEqual(reads.count("output", place), { read: 1, leaks: 1, blind: 0 });
  assert.equal(reads.markOf("mirrored", 0, place), null);
  assert.equal(reads.markOf("output", 0, { ...place, depth: 0 }), "depth-limited");
});

test("pixels that no depth reads are counted", () => {
  assert.deepEqual(reads.count("output", { target: 2, depth: 7 }), { read: 1, leaks: 0, blind: 1 });
});

// --- the context built up: the same image, its states and pixels by diagonals ------------------------

/** @param {number[]} of target 1 */
const rowOfOne = (of) => Uint8Array.from([255, 255, 255, ...of, 255, 255, 255]);
const built = new BuildReads(
  { rows: 1, columns: 3 },
  {
    ...tables,
    "followed direct": rowOfOne([1, 255, 255]),
    "followed mirrored": rowOfOne([255, 255, 1]),
    "states direct": rowOfOne([1, 0, 255]),
    "states mirrored": rowOfOne([255, 0, 1]),
  },
);
const told = { hidden: /** @type {string[]} */ ([]), shift: false, full: false, row: 0 };

test("states and pixels arrive diagonal by diagonal", () => {
  /** @type {import("../../pages/diagonal_bilstm/diagonal_build_reads.js").BuildPlace} */
  const place = { target: 1, part: "left", step: 0 };
  assert.equal(built.steps("left", 1), 1);
  assert.equal(built.steps("ask", 1), 0);
  assert.deepEqual(built.states(place), [{ at: 1, back: 0 }]);
  assert.equal(built.markOf(0, place), "blank");
  assert.equal(built.markOf(0, { ...place, step: 1 }), "direct");
  assert.equal(built.markOf(2, { ...place, step: 1 }), "future");
  assert.deepEqual(built.count({ ...place, step: 1 }), {
    pixels: 1,
    leaks: 0,
    blind: 0,
    states: 2,
  });
  assert.deepEqual(built.asked(1), { right: 2, above: null });
  assert.deepEqual(built.asked(2), { right: null, above: null });
});

test("what is covered is not in the words", () => {
  const place = /** @type {const} */ ({ target: 1, part: "right", step: 1 });
  const counts = built.count(place);
  assert.equal(counts.leaks, 1);
  assert.match(buildWords(place, counts, told), /1 pixel leaks/);
  assert.doesNotMatch(buildWords(place, counts, { ...told, hidden: ["leak"] }), /leak/);
  const both = /** @type {const} */ ({ target: 2, part: "both", step: 0 });
  assert.match(buildWords(both, built.count(both), told), /1 pixel never read/);
  const covered = buildWords(both, built.count(both), { ...told, hidden: ["blind"] });
  assert.doesNotMatch(covered, /\d/);
  assert.match(buildPixelWords(built, both, 1, name), /never read/);
});

// --- the bidirectional RNN -------------------------------------------------------------------------

const primer = new PrimerReads({
  "primer direct": Uint8Array.from([1, 0, 1, 1]),
  "primer mirrored": Uint8Array.from([1, 1, 0, 1]),
});

test("outputs join what both directions read, states read their own", () => {
  const { nodes } = primerGraph(2);
  const of = (/** @type {string} */ at) =>
    primer.of(
      /** @type {import("../../pages/diagonal_bilstm/diagonal_primer.js").PrimerNode} */ (
        nodes.get(at)
      ),
    );
  assert.deepEqual(of("f0"), { direct: [0], mirrored: [] });
  assert.deepEqual(of("b0"), { direct: [], mirrored: [0, 1] });
  assert.deepEqual(of("y1"), { direct: [0, 1], mirrored: [1] });
  assert.deepEqual(of("x1"), { direct: [], mirrored: [] });
});

test("the arrows into a node come from all that it reads", () => {
  const { edges } = primerGraph(3);
  const from = new Set([...arrowsInto(edges, "y0")].map((edge) => edge.from));
  assert.deepEqual([...from].filter((node) => node[0] === "x").sort(), ["x0", "x1", "x2"]);
  assert.equal(arrowsInto(edges, "x0").size, 0);
});

test("outputs are computed after all states", () => {
  const { nodes } = primerGraph(3);
  const times = [...nodes.values()].filter(({ kind }) => kind !== "y").map(({ time }) => time);
  assert.ok(Math.max(...times) < primerSteps(3));
  const y = /** @type {any} */ (nodes.get("y1"));
  assert.match(primerWords(y, 0, primer, nodes.values()), /Before the first step/);
  assert.match(primerWords(y, 1, primer, nodes.values()), /f₀ and b₂ are computed/);
});
