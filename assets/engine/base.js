// The contract that every model keeps, as in arviz_models/base.py.
//
// Symbols: n sequences, D dimensions, K levels, order[t] = flat index drawn at step t.

import { checkOrder } from "./card.js";
import { Drawing } from "./drawing.js";
import { EngineError } from "./errors.js";
import { randomNumbers } from "./random.js";
import { Reading } from "./reading.js";

/** @import { Config } from "./card.js" */
/** @import { SampleOptions } from "./drawing.js" */
/** @import { Kernel } from "./kernel.js" */
/** @import { RandomNumbers } from "./random.js" */
/** @import { Tensors } from "./safetensors.js" */

export const NOT_DRAWN = -1; // what `given` holds where the model is to draw

/**
 * State of the incremental sampler for one sequence: what is known after `step` observations.
 *
 * Use: `while (!decoder.done) decoder.observe(choose(decoder.logits()))`.
 */
export class Decoder {
  /** @param {AutoregressiveModel} model */
  constructor(model) {
    this.kernel = model.kernel;
    this.levels = model.levels;
    this.order = model.order;
    this.step = 0;
    /** What `logits` returns. */
    this.z = new Float32Array(model.levels);
  }

  /** Back to the first step. */
  reset() {
    this.step = 0;
  }

  /** True once every dimension was observed. */
  get done() {
    return this.step === this.order.length;
  }

  /** Flat index of the dimension at the current step. */
  get index() {
    return this.order[this.step];
  }

  /**
   * The K logits of the dimension at the current step; changes nothing. The array is written anew at
   * the next step.
   *
   * @returns {Float32Array}
   */
  logits() {
    throw new Error("a subclass computes the logits");
  }

  /**
   * Takes in that dimension `index` has the given level.
   *
   * @param {number} index
   * @param {number} value
   */
  update(index, value) {
    throw new Error(`a subclass takes in ${value} at ${index}`);
  }

  /**
   * What a page may draw of the state at the current step, by name. The arrays may be written anew
   * at the next step.
   *
   * @returns {Record<string, Float32Array>}
   */
  internals() {
    return {};
  }

  /**
   * Fixes the dimension at the current step to a level, and moves on.
   *
   * @param {number} value
   */
  observe(value) {
    this.update(this.index, value);
    this.step++;
  }
}

/** Base of all models: a distribution over whole numbers 0..K-1 in an array of shape `eventShape`. */
export class AutoregressiveModel {
  /**
   * @param {Kernel} kernel Holds the weights.
   * @param {{ eventShape: number[], levels: number, dimensions: number }} event
   * @param {ArrayLike<number> | null} [order]
   */
  constructor(kernel, event, order = null) {
    this.kernel = kernel;
    this.eventShape = event.eventShape;
    this.levels = event.levels;
    this.dimensions = event.dimensions;
    this.order = checkOrder(order, this.eventShape);
    /** @type {import("./card.js").Card | null} The card it was loaded by. */
    this.card = null;
    /** @type {Decoder[]} Decoders that are not in use; their memory is taken once. */
    this.idle = [];
  }

  /**
   * @returns {Decoder} One more decoder, of which nothing was observed.
   */
  newDecoder() {
    throw new Error("a subclass makes its decoder");
  }

  /** The incremental sampler's state for one sequence of which nothing is drawn yet. */
  decoder() {
    const decoder = this.idle.pop() ?? this.newDecoder();
    decoder.order = this.order; // it may come from a view with another order
    decoder.reset();
    return decoder;
  }

  /**
   * A decoder that starts as the random numbers of sequence `j` say.
   *
   * @param {RandomNumbers} _numbers
   * @param {number} _j
   */
  startDecoder(_numbers, _j) {
    return this.decoder();
  }

  /**
   * Hands a decoder back, so that the next sample need not make another.
   *
   * @param {Decoder} decoder
   */
  release(decoder) {
    this.idle.push(decoder);
  }

  /**
   * All that chance decides about n samples, as Python draws it.
   *
   * @param {number | bigint} seed
   * @param {number} n
   * @param {number} [first] Number of the first sequence.
   * @returns {RandomNumbers}
   */
  randomNumbers(seed, n, first = 0) {
    return randomNumbers(seed, this.dimensions, n, first);
  }

  /**
   * This model drawing its dimensions in another order, with the same weights.
   *
   * Only a model trained over many orders is any good at an order it was not trained with.
   *
   * @param {ArrayLike<number>} order
   * @returns {this}
   */
  withOrder(order) {
    return this.view({ order: checkOrder(order, this.eventShape) });
  }

  /**
   * This model with other settings and the same weights.
   *
   * @param {object} changes
   * @returns {this}
   */
  view(changes) {
    return Object.assign(Object.create(Object.getPrototypeOf(this)), this, changes);
  }

  /**
   * Logits of every conditional: each pixel given those of x that are drawn before it.
   *
   * Every feature is computed once, as in a full pass of Python's `logits`, and costs the same.
   *
   * @param {ArrayLike<number>} x (D) levels by flat index.
   * @returns {Float32Array} (D K) by flat index.
   */
  logits(x) {
    return this.conditionals(x).logits;
  }

  /**
   * The logits of every conditional, and the state that made them.
   *
   * @param {ArrayLike<number>} x (D) levels by flat index.
   * @param {string[]} [names] Of internals, as of `sample`.
   * @returns {{ logits: Float32Array, internals: Record<string, Float32Array> }} (D K) and (D size)
   *   each, by flat index.
   */
  conditionals(x, names = []) {
    const pass = this.read(x, names);
    pass.read(this.dimensions);
    return pass.found;
  }

  /**
   * The same, as far as it is asked to.
   *
   * @param {ArrayLike<number>} x (D) levels by flat index.
   * @param {string[]} [names] Of internals, as of `sample`.
   * @returns {Reading}
   */
  read(x, names = []) {
    this.check("x", x, 0, 1);
    return new Reading(this, x, names);
  }

  /**
   * Draws samples, step by step: what is drawn so far can be read at any time.
   *
   * @param {SampleOptions} options
   * @returns {Drawing}
   */
  start(options) {
    const { order, ...others } = options;
    return new Drawing(order ? this.withOrder(order) : this, others);
  }

  /**
   * Draws samples.
   *
   * @param {SampleOptions} options
   * @returns {import("./drawing.js").Trace}
   */
  sample(options) {
    const drawing = this.start(options);
    drawing.draw(Infinity);
    return drawing.trace;
  }

  /**
   * Draws samples lazily, one dimension of all n sequences at a time.
   *
   * @param {SampleOptions} options
   * @returns {Generator<import("./drawing.js").Step, void, void>}
   */
  *sampleSteps(options) {
    const drawing = this.start(options);
    try {
      while (!drawing.done) {
        drawing.draw(1);
        yield drawing.stepAt(drawing.t - 1);
      }
    } finally {
      drawing.stop();
    }
  }

  /**
   * Checks an array of levels.
   *
   * @param {string} name
   * @param {ArrayLike<number>} x
   * @param {number} lowest
   * @param {number} n D numbers are expected, or n D.
   */
  check(name, x, lowest, n) {
    const size = this.dimensions;
    if (x?.length !== size && x?.length !== size * n) {
      const or = n > 1 ? ` or ${size * n}` : "";
      throw new EngineError(`${name} holds ${size}${or} levels; given ${x?.length ?? typeof x}.`);
    }
    for (let i = 0; i < x.length; i++) {
      if (!Number.isInteger(x[i]) || x[i] < lowest || x[i] >= this.levels) {
        throw new EngineError(
          `${name} holds whole numbers from ${lowest} to ${this.levels - 1}; given ${x[i]} at ${i}.`,
        );
      }
    }
  }
}
