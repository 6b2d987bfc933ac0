import assert from "node:assert/strict";
import { test } from "node:test";

import { addressOfWish, byPixel, wishOf } from "../../pages/site/site_values.js";
import { givenLevels } from "../../pages/ui/browser/hand.js";

const MODEL = { pixels: 9, levels: 2 };

test("an address brings back what it was made of", () => {
  for (const wish of [
    { seed: 0, temperature: 1, flips: new Map() },
    {
      seed: 41,
      temperature: 0.4,
      flips: new Map([
        [3, 1],
        [8, 0],
      ]),
    },
  ])
    assert.deepEqual(wishOf(addressOfWish(wish), MODEL), wish);
});

test("nonsense in an address gives the first sample as trained", () => {
  for (const hash of [
    "",
    "#",
    "#seed=-1&temperature=9",
    "#seed=1.5&flip=9-0.1.2-2.x-1",
    "#seed=1e99",
  ])
    assert.deepEqual(wishOf(hash, MODEL), { seed: 0, temperature: 1, flips: new Map() }, hash);
});

test("a trace in any order is laid out by pixel", () => {
  const found = byPixel(
    {
      order: Int32Array.of(2, 0, 1),
      values: Uint8Array.of(1, 0, 1),
      probs: Float32Array.of(0.25, 0.75, 0.5, 0.5, 0, 1),
      uniforms: Float32Array.of(0.5, 0.25, 0.125),
    },
    2,
  );
  assert.deepEqual([...found.values], [0, 1, 1]);
  assert.deepEqual([...found.u], [0.25, 0.125, 0.5]);
  assert.deepEqual([...found.probs], [0.5, 0.5, 0, 1, 0.25, 0.75]);
});

test("given are the flips alone", () => {
  assert.deepEqual(
    [
      ...givenLevels(
        new Map([
          [1, 0],
          [2, 1],
        ]),
        4,
      ),
    ],
    [-1, 0, 1, -1],
  );
});
