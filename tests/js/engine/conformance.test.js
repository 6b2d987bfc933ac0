import assert from "node:assert/strict";
import { test } from "node:test";

import { EngineError } from "../../../assets/engine/errors.js";
import { CARDS, randomModel } from "./models.js";

/** @typedef {import("../../../assets/engine/base.js").AutoregressiveModel} AutoregressiveModel */

/**
 * @param {string} property
 * @param {(model: AutoregressiveModel) => void} body
 */
function eachModel(property, body) {
  for (const card of CARDS) {
    const { event_shape: shape, ...others } = card.config;
    test(`${card.class} (${shape.join(", ")}) ${JSON.stringify(others)} ${property}`, () =>
      body(randomModel(card)));
  }
}

/**
 * All K^D arrays of levels.
 *
 * @param {AutoregressiveModel} model
 */
function* states({ dimensions, levels }) {
  for (let number = 0; number < levels ** dimensions; number++) {
    yield Array.from({ length: dimensions }, (_, i) => Math.floor(number / levels ** i) % levels);
  }
}

/**
 * p(x), from the logits of every conditional.
 *
 * @param {AutoregressiveModel} model
 * @param {ArrayLike<number>} x
 */
function probability(model, x) {
  const logits = model.logits(x);
  let product = 1;
  for (let i = 0; i < model.dimensions; i++) {
    const terms = [...logits.subarray(i * model.levels, (i + 1) * model.levels)].map(Math.exp);
    product *= terms[x[i]] / terms.reduce((a, b) => a + b);
  }
  return product;
}

/** Whether a model draws in any order. @param {AutoregressiveModel} model */
const isFree = (model) => ["NADE", "MADE"].includes(model.card?.class ?? "");

/** A few arrays of levels. @param {AutoregressiveModel} model @param {number} count */
function someX(model, count) {
  return Array.from({ length: count }, (_, seed) => {
    const { uniforms } = model.randomNumbers(seed, 1);
    return uniforms.map((u) => Math.floor(u * model.levels));
  });
}

eachModel("reads no pixel that is drawn later, and its own neither", (model) => {
  for (const x of someX(model, 4)) {
    const before = model.logits(x);
    for (let s = 0; s < model.dimensions; s++) {
      const changed = x.slice();
      changed[model.order[s]] = (changed[model.order[s]] + 1) % model.levels;
      const after = model.logits(changed);
      for (let t = 0; t <= s; t++) {
        const at = model.order[t] * model.levels;
        for (let k = 0; k < model.levels; k++) assert.equal(after[at + k], before[at + k]);
      }
    }
  }
});

eachModel("is normalised: the probabilities of all images add up to 1", (model) => {
  let total = 0;
  for (const x of states(model)) total += probability(model, x);
  assert.ok(Math.abs(total - 1) < 1e-5, `${total}`);
});

eachModel("draws samples as often as their probability says (chi-square)", (model) => {
  const size = model.levels ** model.dimensions;
  const counts = new Float64Array(size);
  const rounds = 12;
  for (let seed = 0; seed < rounds; seed++) {
    const { values, order, n } = model.sample({ seed: 1000 + seed, n: 256 });
    for (let j = 0; j < n; j++) {
      let number = 0;
      order.forEach((index, t) => (number += values[t * n + j] * model.levels ** index));
      counts[number]++;
    }
  }
  assert.ok(deviation(model, counts, rounds * 256) < 4.5);
});

/**
 * How far the counts are from those expected, in standard deviations of the chi-square distribution.
 *
 * @param {AutoregressiveModel} model
 * @param {Float64Array} counts By number of the state.
 * @param {number} drawn
 */
function deviation(model, counts, drawn) {
  let [statistic, cells, expectedRest, countRest, number] = [0, 0, 0, 0, 0];
  const add = (/** @type {number} */ expected, /** @type {number} */ count) => {
    statistic += (count - expected) ** 2 / expected;
    cells++;
  };
  for (const x of states(model)) {
    const expected = drawn * probability(model, x);
    const count = counts[number++];
    if (expected >= 5) add(expected, count);
    else [expectedRest, countRest] = [expectedRest + expected, countRest + count];
  }
  if (expectedRest >= 5) add(expectedRest, countRest);
  assert.ok(cells >= 5, "too few cells to compare");
  const freedom = cells - 1; // the cube root is nearly normal (Wilson and Hilferty)
  const mean = 1 - 2 / (9 * freedom);
  return (Math.cbrt(statistic / freedom) - mean) / Math.sqrt(2 / (9 * freedom));
}

eachModel("gives step by step the conditionals of the finished sample", (model) => {
  for (const temperature of [1, 0.7]) {
    const { values, probs, order } = model.sample({ seed: 5, temperature });
    const x = new Uint8Array(model.dimensions);
    order.forEach((index, t) => (x[index] = values[t]));
    const logits = model.logits(x);
    order.forEach((index, t) => {
      const { levels } = model;
      const terms = [...logits.subarray(index * levels, (index + 1) * levels)];
      const powers = terms.map((logit) => Math.exp(logit / temperature));
      const total = powers.reduce((a, b) => a + b);
      powers.forEach((power, k) =>
        assert.ok(Math.abs(power / total - probs[t * levels + k]) < 1e-6),
      );
    });
  }
});

eachModel("draws sequence k of a seed alone as among others, and all ways alike", (model) => {
  const together = model.sample({ seed: 9, n: 5 });
  for (let k = 0; k < 5; k++) {
    const alone = model.sample({ seed: 9, first: k });
    for (let t = 0; t < model.dimensions; t++) {
      assert.equal(alone.values[t], together.values[t * 5 + k]);
      assert.equal(alone.uniforms[t], together.uniforms[t * 5 + k]);
    }
  }
  const steps = [...model.sampleSteps({ seed: 9, n: 5 })];
  assert.deepEqual(
    steps.flatMap(({ value }) => [...value]),
    [...together.values],
  );
  assert.deepEqual(
    steps.flatMap(({ probs }) => [...probs]),
    [...together.probs],
  );
  assert.deepEqual(
    steps.map(({ index }) => index),
    [...model.order],
  );
});

eachModel("keeps what is given, and shares the random numbers of the rest", (model) => {
  const free = model.sample({ seed: 2 });
  const given = new Int8Array(model.dimensions).fill(-1);
  for (let t = 0; t < model.dimensions; t += 2) given[model.order[t]] = free.values[t];
  const held = model.sample({ seed: 2, given });
  assert.deepEqual(held.values, free.values); // the same values, so nothing changes
  assert.deepEqual(held.uniforms, free.uniforms);
  const first = model.order[0];
  const other = (free.values[0] + 1) % model.levels;
  const changed = new Int8Array(model.dimensions).fill(-1);
  changed[first] = other;
  assert.equal(model.sample({ seed: 2, given: changed }).values[0], other);
});

eachModel("takes the most probable level at temperature 0", (model) => {
  const { values, probs } = model.sample({ seed: 3, temperature: 0 });
  for (let t = 0; t < model.dimensions; t++) assert.equal(probs[t * model.levels + values[t]], 1);
  const uniforms = [1, 2].map((seed) => [...model.sample({ seed, temperature: 0 }).values]);
  assert.deepEqual(uniforms[0], uniforms[1]);
});

eachModel("draws the same after a sample that was left half-way", (model) => {
  const expected = model.sample({ seed: 6, n: 2 });
  for (const step of model.sampleSteps({ seed: 1, n: 3 })) if (step.t === 1) break;
  assert.equal(model.idle.length, 3); // its decoders came back
  assert.deepEqual(model.sample({ seed: 6, n: 2 }).values, expected.values);
});

eachModel("takes no more memory for the tenth sample than for the second", (model) => {
  const reversed = [...model.order].reverse();
  const draw = () => model.sample({ seed: 1, n: 2, order: isFree(model) ? reversed : null });
  draw();
  const used = model.kernel.alloc(0);
  for (let i = 0; i < 9; i++) draw();
  assert.equal(model.kernel.alloc(0), used);
});

eachModel("refuses options that it does not understand", (model) => {
  const D = model.dimensions;
  const refused = (/** @type {any} */ options, /** @type {RegExp} */ message) =>
    assert.throws(
      () => model.sample({ seed: 0, ...options }),
      (error) => error instanceof EngineError && message.test(error.message),
    );
  refused({ n: 0 }, /n is a whole number from 1 to 256; given 0/);
  refused({ n: 257 }, /given 257/);
  refused({ seed: 1.5 }, /A seed is a whole number/);
  refused({ first: -1 }, /first is a whole number/);
  refused({ temperature: -1 }, /temperature is a number of at least 0/);
  refused({ temperature: NaN }, /temperature/);
  refused({ temperature: [1, 2] }, /one for each of the 1 sequences/);
  refused({ given: [0] }, /given holds \d+ levels; given 1/);
  refused({ given: new Array(D).fill(model.levels) }, /whole numbers from -1 to/);
  refused({ order: new Array(D).fill(0) }, /exactly once|raster order alone/);
  if (!isFree(model)) refused({ order: [...model.order].reverse() }, /draws in raster order alone/);
  refused({ internals: ["nothing"] }, /no internals called nothing; it has/);
  refused({ temprature: 1 }, /no option temprature; it has seed, n/);
  assert.throws(() => model.logits(new Array(D).fill(0.5)), EngineError);
  assert.throws(() => model.logits(new Array(D + 1).fill(0)), EngineError);
});
