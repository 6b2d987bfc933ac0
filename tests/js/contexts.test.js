import assert from "node:assert/strict";
import { test } from "node:test";

import { legendOf } from "../../pages/contexts/contexts_legend.js";
import { ContextReads, NEVER_READ, arrange } from "../../pages/contexts/contexts_reads.js";
import {
  inkInWords,
  readInWords,
  together,
  whenRead,
} from "../../pages/contexts/contexts_words.js";
import {
  differing,
  networkInWords,
  pixelInWords,
  splitOf,
} from "../../pages/contexts/same_seed_values.js";

// Four pixels; for the last of them one network reads 0 never, 1 from layer 2 on, 2 by the first layer.
const tables = {
  one: [...Array(12).fill(NEVER_READ), NEVER_READ, 2, 0, NEVER_READ],
  other: [...Array(12).fill(NEVER_READ), 0, 0, NEVER_READ, NEVER_READ],
};
const found = new ContextReads(tables, 4);
/** @param {number} depth @param {string | null} [against] */
const at = (depth, against = null) => ({ target: 3, depthOf: () => depth, against });

test("a pixel is read, waits for more layers, or is never read", () => {
  assert.deepEqual(
    [0, 1, 2, 3].map((pixel) => found.markOf("one", pixel, at(1))),
    ["blind", "depth-limited", "seen", null],
  );
  assert.equal(found.markOf("one", 1, at(2)), "seen");
});

test("what only one of two networks reads is gained or lost", () => {
  const marks = [0, 1, 2].map((pixel) => found.markOf("one", pixel, at(2, "other")));
  assert.deepEqual(marks, ["lost", "seen", "gained"]);
  const { seen, gained, lost } = found.count("one", at(2, "other"));
  assert.deepEqual([seen, gained, lost], [2, 1, 1]);
});

test("counts are of the pixels before the target", () => {
  assert.deepEqual(found.count("one", at(0)), {
    ...{ seen: 1, limited: 1, blind: 1, fresh: 1, gained: 0, lost: 0 },
  });
});

test("grids are as large as width and height allow", () => {
  const room = { width: 700, height: 450, gap: 16, words: 60, least: 100 };
  const { across, side } = arrange(5, room);
  const rows = Math.ceil(5 / across);
  assert.ok(across * side + (across - 1) * 16 <= 700);
  assert.ok(rows * (side + 60) + (rows - 1) * 16 <= 450);
  assert.ok(arrange(1, room).side > side);
  for (const width of [360, 500, 690, 900, 1300])
    assert.notEqual(5 % arrange(5, { ...room, width, least: 80 }).across, 1, `${width} wide`);
  assert.ok(arrange(5, { ...room, height: 0 }).side >= 100);
});

test("what is said takes the free place of the last row, where grids are larger then", () => {
  const room = { width: 855, height: 444, gap: 16, words: 66, least: 110 };
  const said = { height: 106, width: 220, tall: 200 };
  const below = arrange(5, room);
  const beside = arrange(5, { ...room, said });
  assert.equal(below.beside, 0);
  assert.ok(beside.side > 1.2 * below.side);
  assert.equal(beside.across, 3);
  assert.ok(2 * (beside.side + 16) + beside.beside <= 855);
  assert.ok(2 * (beside.side + 66) + 16 <= 444 + 106);
  assert.equal(arrange(4, { ...room, width: 600, said }).beside, 0); // two by two: no place is free
  assert.equal(arrange(5, { ...room, said: { ...said, tall: 400 } }).beside, 0);
});

test("while it is asked what is never read, neither counts nor legend tell it", () => {
  const counts = { seen: 1, limited: 1, blind: 1, fresh: 0, gained: 0, lost: 0 };
  assert.ok(!readInWords(counts, 3, false).includes("never"));
  assert.ok(readInWords(counts, 3, true).includes("never 1"));
  const words = { target: "target", seen: "seen", blind: "never", future: "future" };
  const shown = { words, other: null, trained: false, gradients: false, marked: false };
  const marks = (/** @type {boolean} */ field, /** @type {boolean} */ unread) =>
    legendOf({ ...shown, painted: false, field, unread }).map(([mark]) => mark);
  assert.ok(marks(true, true).includes("blind"));
  assert.ok(!marks(true, false).includes("blind"));
  assert.ok(!marks(false, true).includes("seen"));
});

test("a pixel says when it is read, and networks that say the same stand together", () => {
  assert.equal(whenRead(NEVER_READ, 9, 0.5), "never read, at any depth");
  assert.equal(whenRead(4, 3, null), "read from layer 4 on");
  assert.equal(whenRead(2, 3, null), "read since layer 2");
  assert.equal(
    together([
      ["A", "x"],
      ["B", "y"],
      ["C", "x"],
    ]),
    "A, C: x · B: y",
  );
});

test("an exact zero is called unchanged", () => {
  assert.ok(inkInWords({ before: 0.25, ink: 0.25 }, true).includes("unchanged"));
  assert.ok(inkInWords({ before: 0.25, ink: 0.5 }, true).includes("0.500"));
});

test("networks with the same random numbers part at their first difference", () => {
  const drawn = {
    values: Uint8Array.from([0, 1, 1, 0, 1, 0]),
    p: Float32Array.from([0.1, 0.9, 0.6, 0.1, 0.9, 0.4]),
    u: Float32Array.from([0.5, 0.5, 0.5]),
  };
  assert.equal(splitOf(drawn), 2);
  assert.equal(splitOf({ ...drawn, values: Uint8Array.from([0, 1, 1, 0, 1, 1]) }), 3);
  assert.deepEqual([differing(drawn, 0, 1, 2), differing(drawn, 0, 1, 3)], [0, 1]);
  const words = pixelInWords(drawn, { pixel: 2, t: 2, columns: 3, titles: ["A", "B"] });
  assert.ok(words.includes("A will draw ink, B paper"));
  assert.ok(networkInWords(drawn, { network: 1, beside: 0, pixel: 2, t: 3 }).includes("1 pixel"));
});
