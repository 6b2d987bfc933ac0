// Every conditional of an image that is there: pixel by pixel, as far as it is asked for.

import { emptyInternals, keepInternals } from "./drawing.js";

/** @import { AutoregressiveModel, Decoder } from "./base.js" */
/** @import { Conditionals } from "./protocol.js" */

export class Reading {
  /**
   * @param {AutoregressiveModel} model
   * @param {ArrayLike<number>} x (D) levels by flat index.
   * @param {string[]} names Of internals, as of `sample`.
   */
  constructor(model, x, names) {
    const { dimensions, levels } = model;
    this.model = model;
    this.x = x;
    /** @type {Decoder | null} null once all is read, or after `stop`. */
    this.decoder = model.decoder();
    /** @type {Conditionals} By flat index; 0 where it is not read yet. */
    this.found = { logits: new Float32Array(dimensions * levels), internals: {} };
    try {
      this.found.internals = emptyInternals(this.decoder, names, dimensions);
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  /**
   * Reads the conditionals before a step of the order.
   *
   * @param {number} end
   * @param {number} [until] Stop at this time (`performance.now()`), after one step at least.
   */
  read(end, until = Infinity) {
    const { decoder, found, x } = this;
    while (decoder && decoder.step < end) {
      const { index } = decoder;
      found.logits.set(decoder.logits(), index * decoder.levels);
      keepInternals(decoder, found.internals, index);
      decoder.observe(x[index]);
      if (decoder.done) this.stop();
      if (until !== Infinity && performance.now() >= until) break;
    }
  }

  /**
   * What is known of one dimension, once it is read.
   *
   * @param {number} index Flat.
   * @returns {Conditionals} (K) and (size) each.
   */
  at(index) {
    /** @param {Float32Array} all */
    const of = (all) => {
      const size = all.length / this.model.dimensions;
      return all.slice(index * size, (index + 1) * size);
    };
    const { logits, internals } = this.found;
    const own = Object.entries(internals).map(([name, all]) => [name, of(all)]);
    return { logits: of(logits), internals: Object.fromEntries(own) };
  }

  /** Hands the decoder back; what was read stays. */
  stop() {
    if (this.decoder) this.model.release(this.decoder);
    this.decoder = null;
  }
}
