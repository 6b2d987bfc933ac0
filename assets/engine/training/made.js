// MADE learns: forward and backward over many images at once.
//
//     h_l = ReLU((W_l o M_l) h_{l-1} + b_l),   z = (V o M_V) h_L + (A o M_A) x + c
//
// Inputs and outputs lie in the order of drawing, and hidden units by rising degree. So every mask is a
// staircase: a unit feeds those from some place on, and no others. With K > 2 levels each pixel has K
// inputs, of which one is 1, and K outputs. Only those weights are computed with,
// half of all. Weights are kept as one row for each unit, with what it feeds; what is masked is 0 there.

import { checkOrder } from "../card.js";
import { byDegree, drawDegrees } from "../degrees.js";
import { EngineError } from "../errors.js";
import { padded } from "../kernel.js";
import { MADE } from "../made.js";
import { Trained } from "./trained.js";

const TOGETHER = 100; // images at once: more take memory and no less time

/**
 * Weights between two layers.
 *
 * @typedef {object} Layer
 * @property {string} name of the parameter in Python.
 * @property {number} at Where its weights begin, from the first parameter: one row of `width` for each
 *   of `from`.
 * @property {number} bias Where its biases begin; -1 where it has none.
 * @property {number} width Units above, up to a multiple of 4.
 * @property {ArrayLike<number>} from Units below, by Python's number, in the order in which they lie.
 * @property {ArrayLike<number>} to Units above.
 * @property {Int32Array} begins The place of the first unit above that each unit below feeds.
 */

/** @param {number} length @param {(k: number) => number} value */
const counted = (length, value) => Int32Array.from({ length }, (_, k) => value(k));

/** Each pixel of an order K' times: its inputs or outputs by Python's number. @param {ArrayLike<number>} order @param {number} columns K' */
const spread = (order, columns) =>
  counted(order.length * columns, (j) => order[Math.floor(j / columns)] * columns + (j % columns));

/**
 * The layers of a MADE, and how many numbers their parameters take.
 *
 * @param {import("../card.js").Config} config
 */
function layersOf(config) {
  const { hidden = [500], degrees: rule = "random", seed = 0, event_shape: shape } = config;
  /** @type {number} */
  const D = shape.reduce((/** @type {number} */ a, /** @type {number} */ b) => a * b, 1);
  const order = checkOrder(config.order ?? null, shape);
  const { levels = 2 } = config;
  const columns = levels === 2 ? 1 : levels;
  const ends = spread(order, columns); // inputs and outputs
  const rank = (/** @type {number} */ j) => Math.floor(j / columns) + 1;
  const degrees = drawDegrees({ rule, hidden, dimensions: D, seed }, 0);
  const sorted = degrees.map((layer) => byDegree(layer, D));
  let size = 0;
  /** @type {(name: string, from: ArrayLike<number>, to: ArrayLike<number>, begins: Int32Array, biased?: boolean) => Layer} */
  const layer = (name, from, to, begins, biased = true) => {
    const width = padded(to.length);
    const at = size;
    size += from.length * width;
    const bias = biased ? size : -1;
    size += biased ? width : 0;
    return { name, at, bias, width, from, to, begins };
  };
  let below = /** @type {ArrayLike<number>} */ (ends);
  let degree = counted(ends.length, rank); // of the units below
  const layers = sorted.map(({ units, ends: places }, l) => {
    const made = layer(
      `layers.${l}`,
      below,
      units,
      degree.map((m) => places[m]),
    );
    below = units;
    degree = counted(units.length, (k) => degrees[l][units[k]]);
    return made;
  });
  const above = degree.map((m) => m * columns); // ranks above m: from t = m on
  layers.push(layer(`layers.${sorted.length}`, below, ends, above));
  const direct = config.direct
    ? layer(
        "direct",
        ends,
        ends,
        counted(ends.length, (j) => rank(j) * columns),
        false,
      )
    : null;
  return { dimensions: D, order, layers, direct, size };
}

export class TrainedMADE extends Trained {
  /**
   * @param {import("../card.js").Config} config
   * @param {{ simd?: boolean }} [options]
   */
  constructor(config, options) {
    MADE.parameters(config); // checks it
    if ((config.masks ?? 1) > 1 || config.order_agnostic) {
      throw new EngineError("A MADE of several masks or orders is not learned here.");
    }
    const { dimensions, order, layers, direct, size } = layersOf(config);
    super(config, size, options);
    this.dimensions = dimensions;
    this.order = order;
    this.layers = layers;
    this.direct = direct;
    /** What each layer gives, for TOGETHER images, and its gradient. */
    this.values = layers.map(({ width }) => this.kernel.alloc(TOGETHER * width));
    this.gradients = layers.map(({ width }) => this.kernel.alloc(TOGETHER * width));
    this.wide = padded(dimensions * this.perPixel); // of inputs, and of outputs
    this.x = this.kernel.alloc(TOGETHER * this.wide); // in the order of drawing
    /** @type {import("../safetensors.js").Tensors} */
    this.given = {};
  }

  /** Those of Trained, and the direct connections. */
  get all() {
    return this.direct ? [...this.layers, this.direct] : this.layers;
  }

  /** @override @param {import("../safetensors.js").Tensors} tensors */
  load(tensors) {
    this.given = tensors; // masked weights never change
    const { f } = this.kernel;
    for (const { name, at, bias, width, from, to, begins } of this.all) {
      const weights = tensors[`${name}.weight`];
      for (let k = 0; k < from.length; k++) {
        const row = this.p + at + k * width;
        for (let j = begins[k]; j < to.length; j++)
          f[row + j] = weights[to[j] * from.length + from[k]];
      }
      if (bias < 0) continue;
      for (let j = 0; j < to.length; j++) f[this.p + bias + j] = tensors[`${name}.bias`][to[j]];
    }
  }

  /** @override @returns {import("../safetensors.js").Tensors} */
  tensors(origin = this.p) {
    const { f } = this.kernel;
    /** @type {import("../safetensors.js").Tensors} */
    const found = {};
    for (const { name, at, bias, width, from, to, begins } of this.all) {
      const key = `${name}.weight`;
      const weights =
        origin === this.p ? this.given[key].slice() : new Float32Array(from.length * to.length);
      for (let k = 0; k < from.length; k++) {
        const row = origin + at + k * width;
        for (let j = begins[k]; j < to.length; j++)
          weights[to[j] * from.length + from[k]] = f[row + j];
      }
      found[key] = weights;
      if (bias < 0) continue;
      const biases = (found[`${name}.bias`] = new Float32Array(to.length));
      for (let j = 0; j < to.length; j++) biases[to[j]] = f[origin + bias + j];
    }
    return found;
  }

  /** @override @param {Uint8Array} images @param {number} count @param {boolean} learn */
  pass(images, count, learn) {
    const D = this.dimensions;
    this.total = 0;
    for (let begin = 0; begin < count; begin += TOGETHER) {
      const part = Math.min(TOGETHER, count - begin);
      const some = images.subarray(begin * D, (begin + part) * D);
      this.forward(some, part);
      this.outputs(some, part);
      if (learn) this.backward(part);
    }
    return this.total;
  }

  /** @param {Uint8Array} images @param {number} count */
  forward(images, count) {
    const {
      kernel,
      layers,
      direct,
      values,
      x,
      order,
      dimensions: D,
      perPixel: columns,
      wide,
    } = this;
    const { f } = kernel;
    f.fill(0, x, x + count * wide);
    for (let n = 0; n < count; n++) {
      for (let t = 0; t < D; t++) {
        const level = images[n * D + order[t]];
        if (columns > 1) f[x + n * wide + t * columns + level] = 1;
        else f[x + n * wide + t] = level;
      }
    }
    layers.forEach((layer, l) => {
      const { width, bias } = layer;
      const y = values[l];
      for (let n = 0; n < count; n++) {
        f.copyWithin(y + n * width, this.p + bias, this.p + bias + width);
      }
      this.feed(layer, l ? values[l - 1] : x, y, count);
      if (l + 1 < layers.length) this.loops.relu(y, y, count * width);
    });
    if (direct) this.feed(direct, x, /** @type {number} */ (values.at(-1)), count);
  }

  /**
   * y += weights * x. A unit of 0 feeds nothing, and a row of weights is read once for all images.
   *
   * @param {Layer} layer @param {number} x @param {number} y @param {number} count
   */
  feed({ at, width, from, begins }, x, y, count) {
    const { kernel, loops, p } = this;
    const { f } = kernel;
    const below = padded(from.length);
    for (let k = 0; k < from.length; k++) {
      const begin = begins[k] & ~3;
      const [row, n] = [p + at + k * width + begin, width - begin];
      if (n <= 0) continue;
      for (let j = 0; j < count; j++) {
        const value = f[x + j * below + k];
        if (value !== 0) loops.axpy(y + j * width + begin, row, value, n);
      }
    }
  }

  /** Losses, and gradients of the logits. @param {Uint8Array} images @param {number} count */
  outputs(images, count) {
    const { dimensions: D, perPixel: columns, wide, order } = this;
    const { f } = this.kernel;
    const [z, dz] = [this.values, this.gradients].map((all) => /** @type {number} */ (all.at(-1)));
    for (let n = 0; n < count; n++) {
      for (let t = 0; t < D; t++) {
        const at = n * wide + t * columns;
        this.pixel(f, z + at, f, dz + at, images[n * D + order[t]]);
      }
    }
  }

  /** @param {number} count */
  backward(count) {
    const { layers, direct, values, gradients, x } = this;
    const last = layers.length - 1;
    if (direct) this.carry(direct, x, null, gradients[last], count);
    for (let l = last; l >= 0; l--) {
      const below = l ? gradients[l - 1] : null;
      this.carry(layers[l], l ? values[l - 1] : x, below, gradients[l], count);
    }
  }

  /**
   * The gradients of a layer's weights and biases, and those of the units below.
   *
   * @param {Layer} layer
   * @param {number} x the units below
   * @param {number | null} dx where their gradients are written; null for inputs
   * @param {number} dy those of the units above
   * @param {number} count
   */
  carry({ at, bias, width, from, begins }, x, dx, dy, count) {
    const { kernel, loops, p, g } = this;
    const { f } = kernel;
    const below = padded(from.length);
    for (let k = 0; k < from.length; k++) {
      const begin = begins[k] & ~3;
      const [row, n] = [at + k * width + begin, width - begin];
      for (let j = 0; j < count; j++) {
        const place = j * below + k;
        const [value, error] = [f[x + place], dy + j * width + begin];
        if (dx === null) {
          if (value !== 0) kernel.add(g + row, error, n);
        } else {
          f[dx + place] = value > 0 ? loops.backward(g + row, p + row, error, value, n) : 0;
        }
      }
      f.fill(0, g + row, g + row + Math.min(n, begins[k] - begin)); // masked
    }
    if (bias < 0) return;
    for (let j = 0; j < count; j++) kernel.add(g + bias, dy + j * width, width);
  }
}
