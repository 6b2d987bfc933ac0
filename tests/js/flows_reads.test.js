import assert from "node:assert/strict";
import { test } from "node:test";
import {
  KINDS,
  columnUnder,
  foundAfter,
  mostPasses,
  passWords,
  passesOf,
  readsLayout,
  readsWords,
  variableAt,
} from "../../pages/flows/flows_reads_values.js";

test("each kind is fast in one direction; the counts are those that the network is called", () => {
  // tests/test_flows.py counts the same by a hook on zuko's networks.
  assert.deepEqual(
    KINDS.map((kind) => [passesOf(kind, "density", 64), passesOf(kind, "sample", 64)]),
    [
      [1, 64],
      [65, 1],
    ],
  );
  assert.equal(mostPasses("sample", 4), 4);
  assert.equal(mostPasses("density", 4), 5);
});

test("a slow direction finds one variable a pass, a fast one all in the first", () => {
  const found = (/** @type {"maf" | "iaf"} */ kind, /** @type {"sample" | "density"} */ task) =>
    [0, 1, 2, 3, 4, 5].map((pass) => foundAfter(kind, task, 4, pass));
  assert.deepEqual(found("maf", "sample"), [0, 1, 2, 3, 4, 4]);
  assert.deepEqual(found("iaf", "density"), [0, 1, 2, 3, 4, 4]);
  assert.deepEqual(found("maf", "density"), [0, 4, 4, 4, 4, 4]);
  assert.deepEqual(found("iaf", "sample"), [0, 4, 4, 4, 4, 4]);
});

test("words say what is read, and how far a pass is", () => {
  assert.match(readsWords("maf", 0), /constants/);
  assert.match(readsWords("maf", 2), /reads x₁, x₂ and gives α₃ and μ₃/);
  assert.match(readsWords("iaf", 2), /reads z₁, z₂ and/);
  assert.match(passWords("sample", 4, 0), /All of z is there, and x is missing/);
  assert.equal(passWords("sample", 4, 1), "MAF: 1 of 4 after 1 pass. IAF: done after 1 pass.");
  assert.equal(passWords("density", 4, 5), "MAF: done after 1 pass. IAF: done after 5 passes.");
});

test("both panels fit, no two variables touch, and a column is found where it is drawn", () => {
  for (const [width, tall] of [
    [660, 720],
    [350, 844],
    [880, 720],
  ])
    for (const D of [2, 4, 8]) {
      const layout = readsLayout(width, tall, D);
      for (const panel of [0, 1])
        for (let i = 0; i < D; i++) {
          const [x, y] = variableAt(layout, D, panel, "x", i);
          assert.ok(x + layout.radius <= width && y + layout.radius <= layout.height);
          assert.deepEqual(columnUnder(layout, D, [x, y]), { panel, i });
        }
      const [first] = variableAt(layout, D, 0, "x", 0);
      const [second] = variableAt(layout, D, 0, "x", 1);
      assert.ok(second - first >= 2 * layout.radius);
    }
});
