// MADE, as in arviz_models/made.py: an autoencoder that is autoregressive because weights are masked.
//
//     h_l = ReLU((W_l o M_l) h_{l-1} + b_l),   logits = (V o M_V) h_L + (A o M_A) x + c
//
// The decoder needs no mask: what is not drawn or not computed yet is 0. A hidden unit of degree m
// reads the inputs of rank 1 to m, so it is computed after step m, once. The masks of an ensemble
// are in made_ensemble.js.

import { AutoregressiveModel, Decoder } from "./base.js";
import { ConfigReader, checkOrder } from "./card.js";
import { byDegree, drawDegrees } from "./degrees.js";
import { padded, placed } from "./kernel.js";
import { EnsembleDecoder } from "./made_ensemble.js";

/** @import { Config } from "./card.js" */
/** @import { Kernel } from "./kernel.js" */
/** @import { Tensors } from "./safetensors.js" */

const MAX_LAYERS = 3;
const MAX_MASKS = 1000;

/** @param {Config} config */
function madeSettings(config) {
  const reader = new ConfigReader(config);
  const { dimensions, ...event } = reader.event();
  const hidden = checkHidden(reader);
  const masks = reader.integer("masks", 1, 1, MAX_MASKS);
  const orderAgnostic = reader.flag("order_agnostic", false);
  const outputWidth = event.levels === 2 ? 1 : event.levels; // K'
  const settings = {
    ...event,
    dimensions,
    hidden,
    masks,
    outputWidth,
    inputWidth: outputWidth + (masks > 1 || orderAgnostic ? 1 : 0), // one more says "seen"
    order: checkOrder(reader.any("order", null), event.eventShape),
    rule: checkRule(reader, hidden, dimensions, masks),
    direct: reader.flag("direct", false),
    seed: reader.integer("seed", 0, 0, Number.MAX_SAFE_INTEGER),
  };
  reader.finish();
  return settings;
}

/**
 * @param {ConfigReader} reader
 * @returns {number[]}
 */
function checkHidden(reader) {
  const hidden = reader.any("hidden", [500]);
  const isCount = (/** @type {unknown} */ width) =>
    Number.isInteger(width) && /** @type {number} */ (width) >= 1;
  if (
    !Array.isArray(hidden) ||
    !hidden.length ||
    hidden.length > MAX_LAYERS ||
    !hidden.every(isCount)
  ) {
    reader.refuse("hidden", hidden, `one to ${MAX_LAYERS} numbers of units`);
  }
  return hidden;
}

/**
 * The rule by which degrees are drawn, or the degrees themselves.
 *
 * @param {ConfigReader} reader
 * @param {number[]} hidden @param {number} dimensions @param {number} masks
 * @returns {string | number[][]}
 */
function checkRule(reader, hidden, dimensions, masks) {
  const rule = reader.any("degrees", "random");
  if (rule === "random" || rule === "even") return rule;
  const high = Math.max(1, dimensions - 1);
  const isLayer = (/** @type {unknown} */ layer, /** @type {number} */ l) =>
    Array.isArray(layer) &&
    layer.length === hidden[l] &&
    layer.every((degree) => Number.isInteger(degree) && degree >= 1 && degree <= high);
  if (masks > 1 || !Array.isArray(rule) || rule.length !== hidden.length || !rule.every(isLayer)) {
    reader.refuse("degrees", rule, `"random", "even", or for one mask the degrees, 1 to ${high}`);
  }
  return rule;
}

/** Masked autoencoder for distribution estimation: one mask, or an ensemble of M. */
export class MADE extends AutoregressiveModel {
  /**
   * Shape of each parameter.
   *
   * @param {Config} config
   * @returns {Record<string, number[]>}
   */
  static parameters(config) {
    const { dimensions: D, hidden, inputWidth, outputWidth, direct } = madeSettings(config);
    const widths = [D * inputWidth, ...hidden, D * outputWidth];
    /** @type {Record<string, number[]>} */
    const shapes = {};
    for (let l = 0; l + 1 < widths.length; l++) {
      shapes[`layers.${l}.weight`] = [widths[l + 1], widths[l]];
      shapes[`layers.${l}.bias`] = [widths[l + 1]];
    }
    if (direct) shapes["direct.weight"] = [D * outputWidth, D * inputWidth];
    return shapes;
  }

  /**
   * @param {Kernel} kernel
   * @param {Config} config
   * @param {Tensors} tensors
   */
  constructor(kernel, config, tensors) {
    const settings = madeSettings(config);
    super(kernel, settings, settings.order);
    const { hidden, masks, inputWidth, outputWidth } = settings;
    this.hidden = hidden;
    this.inputWidth = inputWidth;
    this.outputWidth = outputWidth;
    /** Degrees of each mask, for each hidden layer. */
    this.degrees = Array.from({ length: masks }, (_, k) => drawDegrees(settings, k));
    // With one mask, the units lie in memory as they are computed: by rising degree.
    this.sorted = this.degrees[0].map((layer) => byDegree(layer, this.dimensions));
    const units = hidden.map((width, l) =>
      masks === 1 ? this.sorted[l].units : Int32Array.from({ length: width }, (_, unit) => unit),
    );
    const all = (/** @type {number} */ length) => Int32Array.from({ length }, (_, i) => i);
    const inputs = all(this.dimensions * inputWidth);
    const outputs = all(this.dimensions * outputWidth);
    const last = hidden.length;
    const weight = (/** @type {number} */ l) => tensors[`layers.${l}.weight`];
    const bias = (/** @type {number} */ l) => tensors[`layers.${l}.bias`];
    const above = units.slice(1);
    /** [input][unit of layer 1]: what an input adds to their sums. */
    this.W_1 = placed(kernel, transposed(weight(0), units[0], inputs));
    this.b_1 = placed(
      kernel,
      Float32Array.from(units[0], (unit) => bias(0)[unit]),
    );
    /** [unit][unit below] of the hidden layers after the first, and their biases. */
    this.weights = above.map((rows, l) => placed(kernel, selected(weight(l + 1), rows, units[l])));
    this.biases = above.map((rows, l) => Float32Array.from(rows, (unit) => bias(l + 1)[unit]));
    /** [output][unit of the last layer] */
    this.V = placed(kernel, selected(weight(last), outputs, units[last - 1]));
    this.c = bias(last);
    const direct = tensors["direct.weight"];
    /** [input][output]: what an input adds to the outputs directly. */
    this.A = direct ? placed(kernel, transposed(direct, outputs, inputs)) : null;
  }

  /** @override */
  newDecoder() {
    return this.degrees.length === 1 ? new MADEDecoder(this) : new EnsembleDecoder(this);
  }

  /**
   * Adds what input `index` holds, once it is drawn, to sums that lie at `sums`: some rows of `weights`.
   *
   * @param {number} sums @param {number} weights @param {number} width Numbers in a row.
   * @param {number} index @param {number} value
   * @param {number} [begin] From this place of a row on, a multiple of 4.
   */
  addInput(sums, weights, width, index, value, begin = 0) {
    const row = weights + index * this.inputWidth * width + begin;
    const entry = this.outputWidth === 1 ? value - 1 : value; // with two levels, 0 adds nothing
    if (entry >= 0) this.kernel.add(sums + begin, row + entry * width, width - begin);
    if (this.inputWidth > this.outputWidth) {
      this.kernel.add(sums + begin, row + this.outputWidth * width, width - begin);
    }
  }
}

/**
 * Some rows and columns of a matrix, each row followed by zeros up to a multiple of 4.
 *
 * @param {Float32Array} matrix @param {Int32Array} rows @param {Int32Array} columns All columns, permuted.
 */
function selected(matrix, rows, columns) {
  const width = padded(columns.length);
  const found = new Float32Array(rows.length * width);
  rows.forEach((from, row) => {
    const begin = from * columns.length;
    for (let k = 0; k < columns.length; k++) found[row * width + k] = matrix[begin + columns[k]];
  });
  return found;
}

/**
 * The same, with rows and columns exchanged: [column][row].
 *
 * @param {Float32Array} matrix @param {Int32Array} rows @param {Int32Array} columns All columns, permuted.
 */
function transposed(matrix, rows, columns) {
  const width = padded(rows.length);
  const found = new Float32Array(columns.length * width);
  rows.forEach((from, row) => {
    const begin = from * columns.length;
    for (let k = 0; k < columns.length; k++) found[k * width + row] = matrix[begin + columns[k]];
  });
  return found;
}

/** Computes each hidden unit once, when the last input that it may read is drawn. */
export class MADEDecoder extends Decoder {
  /** @param {MADE} model */
  constructor(model) {
    super(model);
    const { kernel, hidden, dimensions } = model;
    this.model = model;
    this.ends = model.sorted.map(({ ends }) => ends);
    this.widths = hidden.map(padded);
    this.sums = kernel.alloc(this.widths[0]); // W_1 x + b_1 of the inputs drawn so far
    this.h = this.widths.map((width) => kernel.alloc(width));
    this.outputs = padded(dimensions * model.outputWidth);
    this.direct = model.A === null ? null : kernel.alloc(this.outputs); // A x
  }

  /** @override */
  reset() {
    super.reset();
    const { f } = this.kernel;
    f.copyWithin(this.sums, this.model.b_1, this.model.b_1 + this.widths[0]);
    this.h.forEach((h, layer) => f.fill(0, h, h + this.widths[layer]));
    if (this.direct !== null) f.fill(0, this.direct, this.direct + this.outputs);
    this.computeUnits(0);
  }

  /** @override */
  logits() {
    const { model, kernel, z } = this;
    const last = this.h.length - 1;
    const computed = padded(this.ends[last][this.step + 1]);
    const output = this.index * model.outputWidth;
    for (let k = 0; k < model.outputWidth; k++) {
      const row = model.V + (output + k) * this.widths[last];
      const direct = this.direct === null ? 0 : kernel.f[this.direct + output + k];
      z[z.length - model.outputWidth + k] =
        kernel.dot(row, this.h[last], computed) + direct + model.c[output + k];
    }
    return z;
  }

  /** `h1`, `h2`, ...: the hidden layers, each (H_l); 0 where not computed yet. @override */
  internals() {
    const { f } = this.kernel;
    return Object.fromEntries(
      this.h.map((h, layer) => {
        const found = new Float32Array(this.model.hidden[layer]);
        this.model.sorted[layer].units.forEach((unit, place) => (found[unit] = f[h + place]));
        return [`h${layer + 1}`, found];
      }),
    );
  }

  /** @override @param {number} index @param {number} value */
  update(index, value) {
    const { model } = this;
    const complete = this.ends[0][this.step + 1] & ~3; // whose sums nobody reads again
    model.addInput(this.sums, model.W_1, this.widths[0], index, value, complete);
    if (this.direct !== null && model.A !== null) {
      model.addInput(this.direct, model.A, this.outputs, index, value);
    }
    this.computeUnits(this.step + 1);
  }

  /**
   * All units of degree t, lowest layer first: ReLU(W h + b).
   *
   * @param {number} t
   */
  computeUnits(t) {
    const { kernel, model, h } = this;
    for (let layer = 0; layer < h.length; layer++) {
      for (let unit = this.ends[layer][t]; unit < this.ends[layer][t + 1]; unit++) {
        let a;
        if (layer === 0) {
          a = kernel.f[this.sums + unit];
        } else {
          const below = this.widths[layer - 1];
          const computed = padded(this.ends[layer - 1][t + 1]);
          const row = model.weights[layer - 1] + unit * below;
          a = kernel.dot(row, h[layer - 1], computed) + model.biases[layer - 1][unit];
        }
        kernel.f[h[layer] + unit] = Math.max(0, a);
      }
    }
  }
}
