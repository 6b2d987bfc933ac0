import assert from "node:assert/strict";
import { test } from "node:test";

import { PCG64, byDegree, drawDegrees } from "../../../assets/engine/degrees.js";

/** NumPy: np.random.PCG64(np.random.SeedSequence(entropy)).random_raw(4) >> 32. */
const OF_NUMPY = /** @type {[number[], number[]][]} */ ([
  [
    [0, 1],
    [3821399010, 2392889704, 3439874040, 4108195564],
  ],
  [
    [3, 0],
    [367860371, 1017093381, 3441447623, 2500366905],
  ],
  [
    [2 ** 40 + 7, 2],
    [1957584809, 925511971, 49833234, 353372733],
  ],
]);

test("PCG64 gives the numbers of NumPy", () => {
  for (const [entropy, expected] of OF_NUMPY) {
    const stream = new PCG64(entropy);
    assert.deepEqual(
      [...Array(4)].map(() => stream.upperWord()),
      expected,
    );
  }
});

test("degrees of a layer are no lower than the lowest of the layer below", () => {
  const settings = { rule: "random", hidden: [3, 200], dimensions: 50, seed: 4 };
  for (let k = 0; k < 20; k++) {
    const [below, above] = drawDegrees(settings, k);
    assert.ok(Math.min(...above) >= Math.min(...below));
    assert.ok(Math.max(...above) <= 49);
  }
});

test("units are listed once each, by rising degree", () => {
  const { units, ends } = byDegree(Int32Array.of(3, 1, 2, 1, 3), 4);
  assert.deepEqual([...units], [1, 3, 2, 0, 4]);
  assert.deepEqual([...ends], [0, 0, 2, 3, 5, 5]);
});
