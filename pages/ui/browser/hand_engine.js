// A binary sample as the engine of this browser draws it, in the arrays that Python would send.

import { givenLevels } from "./hand.js";

/** @typedef {import("../../../assets/engine/drawing.js").Trace} EngineTrace */

/**
 * @typedef {object} Wish A sample that is wanted of the engine.
 * @property {import("./engine.js").Offer} engine
 * @property {Int32Array | null} order null for the model's own
 * @property {string} [start] of a NADE: "bias" or "gaussian"
 * @property {number} dimensions
 * @property {import("./hand.js").Sample} sample
 */

/**
 * @typedef {object} PlayedTrace What arviz_models/figures/traces.py `trace_arrays` sends.
 * @property {Int32Array} order (D,) pixel drawn at each step
 * @property {Float32Array} p (D,) probability of a 1 at each step
 * @property {Float32Array} u (D,) random number of each step
 * @property {Uint8Array} values (D,) value drawn at each step
 * @property {Uint8Array} base (D,) the same without flips
 * @property {Float32Array} first_h (H,) hidden units of NADE's Gaussian start, or empty
 */

/**
 * What the picture plays, from what the engine drew.
 *
 * @param {EngineTrace} trace of one sample of a binary model
 * @param {EngineTrace} base what it is compared with
 * @returns {PlayedTrace}
 */
export function playedTrace(trace, base) {
  const { h } = trace.internals;
  const D = trace.order.length;
  return {
    order: trace.order,
    p: trace.probs.filter((_, at) => at % 2 === 1),
    u: trace.uniforms,
    values: trace.values,
    base: base.values,
    first_h: h ? h.slice(0, h.length / D) : new Float32Array(0),
  };
}

/** Asks the engine for samples of one model, and for what they are compared with. */
export class SampleAsker {
  /** @type {{ id: string, trace: EngineTrace } | null} the last one without flips */
  kept = null;

  /** @param {import("./engine.js").PageEngine} engine */
  constructor(engine) {
    this.engine = engine;
  }

  /** @param {Wish} wish @returns {Promise<PlayedTrace>} */
  async ask(wish) {
    const { sample, start } = wish;
    if (!sample.flips.length && start !== "gaussian") {
      const trace = await this.base(wish, start);
      return playedTrace(trace, trace);
    }
    // With flips: the same without them. With a Gaussian start alone: the start of the paper.
    const [trace, compared] = await Promise.all([
      this.draw(wish, start, sample.flips),
      this.base(wish, sample.flips.length ? start : "bias"),
    ]);
    return playedTrace(trace, compared);
  }

  /** @param {Wish} wish @param {string | undefined} start @param {[number, number][]} flips */
  draw({ engine, order, dimensions, sample: { seed, temperature } }, start, flips) {
    return this.engine.sample(engine, {
      seed,
      temperature,
      ...(start ? { start } : {}),
      ...(order ? { order } : {}),
      ...(flips.length ? { given: givenLevels(flips, dimensions) } : {}),
      ...(start === "gaussian" ? { internals: ["h"] } : {}),
    });
  }

  /** The sample without flips, drawn once. @param {Wish} wish @param {string | undefined} start */
  async base(wish, start) {
    const { engine, order, sample } = wish;
    const id =
      JSON.stringify([engine.card, start, sample.seed, sample.temperature]) + order?.join();
    if (this.kept?.id !== id) this.kept = { id, trace: await this.draw(wish, start, []) };
    return this.kept.trace;
  }
}
