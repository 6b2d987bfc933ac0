// A digit as the engine of this browser draws it, in the arrays that Python would send. No DOM.

import { givenLevels } from "./hand.js";

/** @typedef {import("./engine.js").Offer} EngineOffer */
/** @typedef {import("./hand.js").Sample} WantedSample */
/** @typedef {import("../../../assets/engine/protocol.js").Slice} DigitSlice */
/** @typedef {Pick<import("./engine.js").PageEngine, "sample">} DigitDrawer */

/**
 * @typedef {object} DigitWish A digit that is wanted of the engine.
 * @property {EngineOffer} model
 * @property {EngineOffer | null} beside draws with the same random numbers, without flips
 * @property {string[]} internals names of the rows of the inner state
 * @property {number} dimensions D
 * @property {WantedSample} sample
 * @property {boolean} byHand whether a hand has changed it
 */

/**
 * @typedef {object} DrawnDigit
 * @property {import("./draw_values.js").DrawArrays} arrays
 * @property {Record<string, Float32Array>} inner row0, row1, ...: each (D, units)
 */

/**
 * A digit with some of its pixels drawn anew, to be painted while the others come.
 *
 * @param {Uint8Array} values (D)
 * @param {DigitSlice} slice
 */
export function withSlice(values, { from, values: some }) {
  const found = values.slice();
  found.set(some, from);
  return found;
}

/** Asks the engine for digits. What stays the same from one to the next is drawn once. */
export class DigitAsker {
  /** @type {Map<string, { id: string, values: Uint8Array }>} by card: the last digit without flips */
  plain = new Map();

  /**
   * @param {DigitDrawer} engine
   * @param {(slice: DigitSlice, wish: DigitWish) => void} onSlice called with what is drawn so far
   */
  constructor(engine, onSlice) {
    this.engine = engine;
    this.onSlice = onSlice;
  }

  /** @param {DigitWish} wish @returns {Promise<DrawnDigit>} */
  async ask(wish) {
    const { model, beside, internals, dimensions, sample } = wish;
    const { flips, seed, temperature } = sample;
    const given = flips.length ? { given: givenLevels(flips, dimensions) } : {};
    const trace = await this.engine.sample(
      model,
      { seed, temperature, internals, ...given },
      { onSlice: (slice) => this.onSlice(slice, wish) },
    );
    if (!flips.length) this.keep(model, sample, trace.values);
    const arrays = {
      probs: trace.probs,
      u: trace.uniforms,
      values: trace.values,
      base: await this.withoutFlips(model, sample),
      ...(beside ? { beside: await this.withoutFlips(beside, sample) } : {}),
    };
    const inner = Object.fromEntries(
      internals.map((name, row) => [`row${row}`, trace.internals[name]]),
    );
    return { arrays, inner };
  }

  /** @param {EngineOffer} offer @param {WantedSample} sample @param {Uint8Array} values */
  keep({ card }, { seed, temperature }, values) {
    this.plain.set(card, { id: JSON.stringify([seed, temperature]), values });
  }

  /** @param {EngineOffer} offer @param {WantedSample} sample */
  async withoutFlips(offer, sample) {
    const { seed, temperature } = sample;
    const kept = this.plain.get(offer.card);
    if (kept?.id === JSON.stringify([seed, temperature])) return kept.values;
    const { values } = await this.engine.sample(offer, { seed, temperature });
    this.keep(offer, sample, values);
    return values;
  }
}
