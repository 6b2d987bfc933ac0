// The conditionals of a digit while it is painted, by the engine of this browser: one pass each.

import { Newest, pageEngine } from "../ui/browser/engine.js";
import { logSoftmax } from "../ui/browser/logits.js";

/**
 * @typedef {object} LiveWish
 * @property {import("../ui/browser/engine.js").Offer} offer
 * @property {number} levels K
 * @property {Uint8Array} x (D) as painted
 * @property {Uint8Array} base (D) the digit alone
 */

/**
 * @typedef {object} SoftmaxConditionals
 * @property {Float32Array} logits (D, K), as is log_p
 * @property {Float32Array} log_p
 * @property {Float32Array} head (D, F), what the last layer reads
 */

/**
 * @typedef {object} LiveAnswer
 * @property {Uint8Array} of the digit alone, as it was asked
 * @property {Uint8Array} x
 * @property {Float32Array} logits (D, K), as is log_p
 * @property {Float32Array} log_p
 * @property {Float32Array} head (D, F), what the last layer reads
 * @property {Float32Array} base_logits of the digit alone, as is base_log_p
 * @property {Float32Array} base_log_p
 */

const NONE = new Float32Array(0);

/** While nothing has been computed. */
export const NO_CONDITIONALS = {
  x: new Uint8Array(0),
  logits: NONE,
  log_p: NONE,
  head: NONE,
  base_logits: NONE,
  base_log_p: NONE,
};

export class SoftmaxLive {
  /** @type {{ id: string, found: SoftmaxConditionals } | null} of the digit alone, asked for once */
  kept = null;

  /**
   * @param {(answer: LiveAnswer, milliseconds: number) => void} arrived called with the newest answer
   * @param {() => Pick<import("../ui/browser/engine.js").PageEngine, "conditionals">} engine
   */
  constructor(arrived, engine = pageEngine) {
    this.engine = engine;
    this.newest = new Newest(
      (/** @type {LiveWish} */ wish) => this.answer(wish),
      (found, _, milliseconds) => arrived(found, milliseconds),
    );
  }

  /** @param {LiveWish} wish */
  want(wish) {
    this.newest.want({ ...wish, x: Uint8Array.from(wish.x) });
  }

  /** @param {LiveWish} wish @returns {Promise<LiveAnswer>} */
  async answer(wish) {
    const { offer, x, base } = wish;
    const id = `${offer.card} ${base.join("")}`;
    if (this.kept?.id !== id) this.kept = { id, found: await this.pass(wish, base) };
    const alone = this.kept.found;
    const painted = x.some((level, index) => level !== base[index]);
    const now = painted ? await this.pass(wish, x) : alone;
    return { of: base, x, ...now, base_logits: alone.logits, base_log_p: alone.log_p };
  }

  /** @param {LiveWish} wish @param {Uint8Array} x @returns {Promise<SoftmaxConditionals>} */
  async pass({ offer, levels }, x) {
    const found = await this.engine().conditionals(offer, x, { internals: ["head"] });
    const { logits, internals } = found;
    return { logits, log_p: logSoftmax(logits, levels), head: internals.head };
  }
}
