import assert from "node:assert/strict";
import { test } from "node:test";

import { EngineError } from "../../../assets/engine/errors.js";
import { MersenneTwister, randomNumbers } from "../../../assets/engine/random.js";

test("the twister gives the published outputs of MT19937 for its standard seed", () => {
  const stream = new MersenneTwister(5489);
  assert.equal(stream.output(), 3499211612);
  for (let i = 1; i < 9999; i++) stream.output();
  assert.equal(stream.output(), 4123659995); // the 10,000th, as the C++ standard says
});

test("the low 32 bits of a seed count, of numbers and of bigints", () => {
  const first = (/** @type {number | bigint} */ seed) => new MersenneTwister(seed).output();
  assert.equal(first(2 ** 32 + 5), first(5));
  assert.equal(first(2n ** 63n - 1n), first(2 ** 32 - 1));
});

test("a seed that is no whole number of at least 0 is refused", () => {
  for (const seed of [-1, 0.5, NaN, 2 ** 60, "3", null, undefined, -1n]) {
    assert.throws(() => new MersenneTwister(/** @type {any} */ (seed)), EngineError);
  }
});

test("sequence k of a seed is the same however many are drawn, and wherever one begins", () => {
  for (const normals of [0, 5, 20]) {
    const all = randomNumbers(3, 12, 6, 0, normals);
    const some = randomNumbers(3, 12, 2, 4, normals);
    for (let t = 0; t < 12; t++) {
      for (const j of [0, 1]) assert.equal(some.uniforms[t * 2 + j], all.uniforms[t * 6 + 4 + j]);
    }
    assert.deepEqual(some.normals, all.normals.slice(4));
  }
});

test("uniforms are below 1 and exact in float32", () => {
  const stream = new MersenneTwister(0);
  for (let i = 0; i < 5000; i++) {
    const u = stream.uniform();
    assert.ok(u >= 0 && u < 1 && Math.fround(u) === u);
  }
});
