import assert from "node:assert/strict";
import { test } from "node:test";

import { EngineError } from "../../../assets/engine/errors.js";
import { MersenneTwister } from "../../../assets/engine/random.js";
import { Images } from "../../../assets/engine/training/images.js";
import { initial } from "../../../assets/engine/training/initial.js";
import { Run, TRAINED } from "../../../assets/engine/training/run.js";
import { WatchedRun } from "../../../assets/engine/training/watched.js";

const SHAPE = [1, 3, 5]; // no number of pixels that the loops like
const D = 15;
const COUNT = 37;
const stream = new MersenneTwister(2);
const pixels = Uint8Array.from({ length: COUNT * D }, () => (stream.uniform() < 0.4 ? 1 : 0));

/** As NumPy's packbits writes them. */
function packed() {
  const bits = new Uint8Array(COUNT * 2);
  pixels.forEach((pixel, at) => {
    const i = at % D;
    bits[2 * Math.floor(at / D) + (i >> 3)] |= pixel << (7 - (i & 7));
  });
  return bits;
}

const images = () => new Images(packed(), D, 30);

/** @param {Partial<import("../../../assets/engine/training/run.js").Settings>} changes */
const settings = (changes) => ({
  model: "NADE",
  config: { event_shape: SHAPE, levels: 2, hidden: 6 },
  seed: 1,
  learningRate: 0.05,
  batchSize: 8,
  epochs: 40,
  seconds: null,
  ...changes,
});

const MADE = { event_shape: SHAPE, levels: 2, hidden: [11, 9], degrees: "random", direct: true };

test("images come out as they were packed, and their levels are counted", () => {
  const all = images();
  const index = Int32Array.from({ length: COUNT }, (_, n) => n);
  assert.deepEqual(all.batch(index), pixels);
  assert.deepEqual(all.batch([36, 2]).subarray(D), pixels.subarray(2 * D, 3 * D));
  const counts = all.counts();
  for (let i = 0; i < D; i++) {
    const expected = Array.from({ length: 30 }, (_, n) => pixels[n * D + i]);
    const ones = expected.reduce((a, b) => a + b);
    assert.deepEqual([...counts.subarray(2 * i, 2 * i + 2)], [30 - ones, ones]);
  }
});

test("images of more levels are one byte a pixel", () => {
  const grey = pixels.map((pixel, at) => (pixel ? at % 5 : 0));
  const all = new Images(grey, D, 30, 5);
  assert.deepEqual(all.batch([3]), grey.subarray(3 * D, 4 * D));
  assert.equal(all.counts().length, 5 * D);
  assert.throws(() => new Images(grey, D, 30, 4), /damaged/);
});

test("damaged images are refused in a sentence", () => {
  assert.throws(() => new Images(new Uint8Array(61), D, 30), /The images are damaged: 61 bytes/);
});

for (const [name, config] of /** @type {const} */ ([
  ["NADE", { event_shape: SHAPE, hidden: 6, order: [...Array(D).keys()].reverse() }],
  ["MADE", MADE],
  ["PixelCNN", { event_shape: SHAPE, features: 3, layers: 1, first_kernel: 5 }],
])) {
  for (const simd of [true, false]) {
    test(`${name}, SIMD ${simd}: each gradient is the slope of the loss`, () => {
      const model = new TRAINED[name](config, { simd });
      const tensors = initial(name, config, 4);
      for (const values of Object.values(tensors)) {
        if (!values.some(Boolean)) values.fill(0.1); // at 0 a ReLU has no slope
      }
      model.load(tensors);
      model.pass(pixels, COUNT, true);
      const gradients = model.tensors(model.g);
      for (const [key, values] of Object.entries(tensors)) {
        for (let k = 0; k < values.length; k += 1 + (values.length >> 3)) {
          const [kept, step] = [values[k], 0.002];
          const losses = [step, -step].map((by) => {
            values[k] = kept + by;
            model.load(tensors);
            return model.pass(pixels, COUNT, false);
          });
          values[k] = kept;
          const slope = (losses[0] - losses[1]) / (2 * step);
          const found = gradients[key][k];
          assert.ok(Math.abs(slope - found) < 0.05 + 0.01 * Math.abs(slope), `${key} ${k}`);
        }
      }
    });
  }
}

test("what a mask hides never changes, and no number beside the weights does", () => {
  const run = new Run(settings({ model: "MADE", config: MADE }), images());
  const before = initial("MADE", MADE, 1);
  for (let i = 0; i < 20; i++) run.takeStep();
  const after = run.trained.tensors();
  const direct = after["direct.weight"]; // in raster order: row i reads what comes before it
  for (let i = 0; i < D; i++) {
    for (let j = 0; j < D; j++) {
      const changed = direct[i * D + j] !== before["direct.weight"][i * D + j];
      assert.equal(changed, j < i, `output ${i}, input ${j}`);
    }
  }
});

test("a training learns, falls to a rate of 0, and ends", () => {
  const watched = new WatchedRun(settings({}), images());
  const first = /** @type {import("../../../assets/engine/training/watched.js").Look} */ (
    watched.look()
  );
  const losses = [];
  while (!watched.done) losses.push(watched.learn());
  assert.equal(losses.length, 40 * 4);
  assert.ok(watched.run.learningRate < 1e-9);
  assert.equal(watched.look()?.step, 160);
  assert.equal(watched.look(), null); // nothing is new
  assert.ok(Number(losses.at(-1)) < Number(losses[0]));
  assert.ok(first.samples.length === 8 * D && first.samples.every((value) => value <= 1));
  assert.equal(watched.weights().length, 2 * 6 * D + D + 6);
});

test("a loss that explodes ends the training with the best weights", () => {
  const watched = new WatchedRun(settings({ learningRate: 1e9 }), images());
  watched.look();
  const kept = watched.weights();
  for (let i = 0; i < 50 && !watched.done; i++) watched.learn();
  assert.match(
    watched.problem,
    /The training has exploded: the loss of step \d+ .*step 0 are kept/,
  );
  assert.deepEqual(watched.weights(), kept);
  assert.equal(watched.last?.step, 0);
});

test("a budget of seconds keeps the learning rate", () => {
  const watched = new WatchedRun(settings({ epochs: null, seconds: 60 }), images());
  for (let i = 0; i < 10; i++) watched.learn();
  assert.equal(watched.run.learningRate, 0.05);
  assert.ok(watched.part > 0 && watched.part < 1);
});

test("what is not trained here is refused in a sentence", () => {
  const refused = [
    { model: "RowLSTM", config: { event_shape: SHAPE } },
    { config: { event_shape: SHAPE, levels: 3 } }, // the images have two
    { config: { event_shape: SHAPE, order_agnostic: true } },
    { config: { event_shape: [7] } },
    { model: "MADE", config: { ...MADE, masks: 2 } },
  ];
  for (const changes of refused)
    assert.throws(() => new Run(settings(changes), images()), EngineError);
});
