// NADE, as in arviz_models/nade.py: one hidden layer, shared by all conditionals.
//
//     a_0 = c,   h_t = sigmoid(a_t),   p(x_i | before) = softmax(V_i h_t + b_i),
//     a_{t+1} = a_t + W_i[x_i]
//
// A value of 0 adds nothing where there are two levels, and then h is not computed again.

import { AutoregressiveModel, Decoder } from "./base.js";
import { ConfigReader, checkOrder } from "./card.js";
import { EngineError, shown } from "./errors.js";
import { padded, placed, sigmoid } from "./kernel.js";
import { randomNumbers } from "./random.js";

/** @import { Config } from "./card.js" */
/** @import { Kernel } from "./kernel.js" */
/** @import { RandomNumbers } from "./random.js" */
/** @import { Tensors } from "./safetensors.js" */

const STARTS = ["bias", "gaussian"];

/** @param {Config} config */
function nadeSettings(config) {
  const reader = new ConfigReader(config);
  const event = reader.event();
  const settings = {
    ...event,
    columns: event.levels === 2 ? 1 : event.levels, // K'
    hidden: reader.integer("hidden", 500, 1),
    order: checkOrder(reader.any("order", null), event.eventShape),
    start: checkStart(reader.any("start", "bias")),
    orderAgnostic: reader.flag("order_agnostic", false),
  };
  reader.finish();
  return settings;
}

/** @param {any} start */
function checkStart(start) {
  if (!STARTS.includes(start)) {
    throw new EngineError(`start is one of ${STARTS.join(", ")}; given ${shown(start)}.`);
  }
  return start;
}

/** Neural autoregressive distribution estimator with one hidden layer of H units. */
export class NADE extends AutoregressiveModel {
  /**
   * Shape of each parameter.
   *
   * @param {Config} config
   * @returns {Record<string, number[]>}
   */
  static parameters(config) {
    const { dimensions: D, columns, hidden, orderAgnostic } = nadeSettings(config);
    const shapes = {
      W: [D, columns, hidden],
      V: [D, columns, hidden],
      b: [D, columns],
      c: [hidden],
    };
    return orderAgnostic ? { ...shapes, U: [D, hidden] } : shapes;
  }

  /**
   * @param {Kernel} kernel
   * @param {Config} config
   * @param {Tensors} tensors
   */
  constructor(kernel, config, tensors) {
    const settings = nadeSettings(config);
    super(kernel, settings, settings.order);
    this.hidden = settings.hidden;
    this.startRule = settings.start;
    this.columns = settings.columns;
    this.W = this.rows(tensors.W);
    this.V = this.rows(tensors.V);
    this.U = tensors.U ? this.rows(tensors.U) : null;
    this.b = tensors.b;
    this.c = this.rows(tensors.c);
  }

  /**
   * Rows of H numbers, each followed by zeros up to a multiple of 4.
   *
   * @param {Float32Array} values
   */
  rows(values) {
    const width = padded(this.hidden);
    const rows = new Float32Array((values.length / this.hidden) * width);
    for (let row = 0; row * this.hidden < values.length; row++) {
      rows.set(values.subarray(row * this.hidden, (row + 1) * this.hidden), row * width);
    }
    return placed(this.kernel, rows);
  }

  /**
   * This model with another start, with the same weights. "bias": h of the first dimension is
   * sigmoid(c). "gaussian": it is drawn from N(0, 1), as the lecture tells it.
   *
   * @param {string} start
   */
  withStart(start) {
    return this.view({ startRule: checkStart(start) });
  }

  /**
   * The run of a sequence is D uniforms, then H normal numbers, also where the start needs none.
   *
   * @override
   * @param {number | bigint} seed @param {number} n @param {number} [first]
   */
  randomNumbers(seed, n, first = 0) {
    return randomNumbers(seed, this.dimensions, n, first, this.hidden);
  }

  /** @override */
  newDecoder() {
    return new NADEDecoder(this);
  }

  /** @override @param {RandomNumbers} numbers @param {number} j */
  startDecoder(numbers, j) {
    const decoder = /** @type {NADEDecoder} */ (this.decoder());
    if (this.startRule === "gaussian") decoder.setFirst(numbers.normals[j]);
    return decoder;
  }
}

/** Holds the running sum a (H); each observation adds one column of W. */
class NADEDecoder extends Decoder {
  /** @param {NADE} model */
  constructor(model) {
    super(model);
    this.model = model;
    this.width = padded(model.hidden);
    this.a = model.kernel.alloc(this.width);
    this.h = model.kernel.alloc(this.width);
    this.changed = true; // whether h is still that of an earlier a
  }

  /** @override */
  reset() {
    super.reset();
    this.kernel.f.copyWithin(this.a, this.model.c, this.model.c + this.width);
    this.changed = true;
  }

  /**
   * Takes h of the first dimension from a Gaussian.
   *
   * @param {Float32Array} h (H)
   */
  setFirst(h) {
    this.kernel.f.set(h, this.h);
    this.changed = false;
  }

  /** @override */
  logits() {
    const { model, kernel, width, z } = this;
    this.hiddenUnits();
    const row = this.index * model.columns;
    for (let k = 0; k < model.columns; k++) {
      const product = kernel.dot(model.V + (row + k) * width, this.h, width);
      z[z.length - model.columns + k] = product + model.b[row + k];
    }
    return z;
  }

  /** h of the current a. */
  hiddenUnits() {
    if (this.changed) sigmoid(this.kernel, this.h, this.a, this.width);
    this.changed = false;
  }

  /** `a` the running sum and `h` the hidden units, each (H). @override */
  internals() {
    this.hiddenUnits();
    const { f } = this.kernel;
    const { hidden } = this.model;
    return { a: f.subarray(this.a, this.a + hidden), h: f.subarray(this.h, this.h + hidden) };
  }

  /** @override @param {number} index @param {number} value */
  update(index, value) {
    const { model, kernel, width } = this;
    const column = model.columns === 1 ? value - 1 : value; // with two levels, 0 has none
    if (column >= 0) {
      kernel.add(this.a, model.W + (index * model.columns + column) * width, width);
    }
    if (model.U !== null) kernel.add(this.a, model.U + index * width, width);
    // The Gaussian h is for the first dimension alone.
    this.changed ||= column >= 0 || model.U !== null || this.step === 0;
  }
}
