// The weights that a training begins with: those that torch draws for the seed, see the models and
// `MaskedConv2d` in arviz_models, and `start_at_marginals` in arviz_models/base.py.

import { MADE } from "../made.js";
import { NADE } from "../nade.js";
import { PixelCNN } from "../pixelcnn.js";
import { MersenneTwister } from "../random.js";
import { taps } from "./pixelcnn.js";

/** @typedef {import("../safetensors.js").Tensors} Tensors */
/** @typedef {import("../card.js").Config} Config */

/** @param {number[]} shape */
const product = (shape) => shape.reduce((a, b) => a * b, 1);

/** As `nn.init.normal_`. @param {MersenneTwister} stream @param {number[]} shape @param {number} deviation */
const normal = (stream, shape, deviation) =>
  stream.normals(product(shape)).map((value) => value * deviation);

/**
 * As `torch.randperm` of a generator.
 *
 * @param {number} n
 * @param {MersenneTwister} stream
 */
export function permutation(n, stream) {
  const found = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = 0; i < n - 1; i++) {
    const other = i + (stream.output() % (n - i));
    [found[i], found[other]] = [found[other], found[i]];
  }
  return found;
}

/** As `nn.init.uniform_` from -bound to bound. @param {MersenneTwister} stream @param {number[]} shape @param {number} bound */
export const uniform = (stream, shape, bound) =>
  Float32Array.from({ length: product(shape) }, () => (2 * stream.uniform() - 1) * bound);

/** @param {Config} config @param {number} seed @returns {Tensors} */
function initialNADE(config, seed) {
  const { W, V, b, c } = NADE.parameters(config);
  const stream = new MersenneTwister(seed);
  const outputs = normal(stream, V, 0.25 / Math.sqrt(V[2]));
  const inputs = normal(stream, W, 1 / Math.sqrt(W[0]));
  return {
    W: inputs,
    V: outputs,
    b: new Float32Array(product(b)),
    c: new Float32Array(product(c)),
  };
}

/** Each layer first gets what `nn.Linear` gives it. @param {Config} config @param {number} seed */
function initialMADE(config, seed) {
  const stream = new MersenneTwister(seed);
  /** @type {Tensors} */
  const tensors = {};
  const shapes = MADE.parameters(config);
  let bound = 0;
  for (const [name, shape] of Object.entries(shapes)) {
    if (name.endsWith("weight")) bound = 1 / Math.sqrt(shape[1]);
    tensors[name] = uniform(stream, shape, bound);
  }
  const last = `layers.${config.hidden.length}`;
  const [outputs, width] = shapes[`${last}.weight`];
  tensors[`${last}.weight`] = normal(stream, [outputs, width], 0.25 / Math.sqrt(width));
  tensors[`${last}.bias`].fill(0);
  const direct = shapes["direct.weight"];
  if (direct) tensors["direct.weight"] = normal(stream, direct, 0.25 / Math.sqrt(direct[1]));
  return tensors;
}

/** @param {Config} config @param {number} seed */
function initialPixelCNN(config, seed) {
  const stream = new MersenneTwister(seed);
  const shapes = PixelCNN.parameters(config);
  const names = Object.keys(shapes);
  const blocks = names.filter((name) => name.startsWith("blocks"));
  const head = names.filter((name) => name.startsWith("head"));
  /** @type {Tensors} */
  const tensors = {};
  for (const name of ["first.weight", "first.bias", ...blocks, ...head]) {
    const [, below, side] = shapes[name];
    tensors[name] = name.endsWith("bias")
      ? new Float32Array(product(shapes[name]))
      : uniform(
          stream,
          shapes[name],
          1 /
            Math.sqrt(Math.max(1, below * taps(side, name === "first.weight" ? "A" : "B").length)),
        );
  }
  const logits = shapes["head.logits.weight"];
  tensors["head.logits.weight"] = normal(stream, logits, 0.25 / Math.sqrt(logits[1]));
  return tensors;
}

/** By the name of the class: its first weights, and the name of its output biases. */
const MODELS = {
  NADE: { weights: initialNADE, bias: () => "b" },
  MADE: {
    weights: initialMADE,
    bias: (/** @type {Config} */ config) => `layers.${config.hidden.length}.bias`,
  },
  PixelCNN: { weights: initialPixelCNN, bias: () => "head.logits.bias" },
};

/** @typedef {keyof typeof MODELS} Name */

/**
 * @param {Name} name of the class.
 * @param {Config} config
 * @param {number} seed
 * @returns {Tensors} by the names of Python, in its order.
 */
export const initial = (name, config, seed) => MODELS[name].weights(config, seed);

/**
 * Sets the output biases to the marginals of the training images; those of one pixel alone stand for all.
 *
 * @param {Name} name
 * @param {Config} config
 * @param {Tensors} tensors changed.
 * @param {ArrayLike<number>} counts (D K) how many images have each level at each pixel.
 * @param {number} levels K.
 */
export function startAtMarginals(name, config, tensors, counts, levels) {
  const bias = tensors[MODELS[name].bias(config)];
  const columns = levels === 2 ? 1 : levels;
  const sums = new Float64Array((bias.length / columns) * levels);
  for (let at = 0; at < counts.length; at++) sums[at % sums.length] += counts[at];
  for (let i = 0; i * columns < bias.length; i++) {
    const logs = sums
      .subarray(i * levels, (i + 1) * levels)
      .map((sum) => Math.log(sum + 1 / levels));
    const middle = columns === 1 ? logs[0] : logs.reduce((a, b) => a + b) / levels;
    for (let k = 0; k < columns; k++) {
      bias[i * columns + k] = logs[levels - columns + k] - middle;
    }
  }
}
