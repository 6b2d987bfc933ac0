// The conditionals of a digit while it is painted, by the engine of this browser: one pass each.
//
// That of the target comes first, as soon as the pass has reached it: so the bars follow the brush. The
// rest of the pass is left where the hand has gone on meanwhile.

import { Newest, pageEngine } from "../ui/browser/engine.js";
import { logSoftmax } from "../ui/browser/logits.js";

/**
 * @typedef {object} LiveWish
 * @property {import("../ui/browser/engine.js").Offer} offer
 * @property {number} levels K
 * @property {Uint8Array} x (D) as painted
 * @property {Uint8Array} base (D) the digit alone
 * @property {number} target flat index of the pixel that is shown
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
 * @property {number | null} only the one pixel that is known so far, where not all are: of the others
 *   the conditionals are those of before
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
  only: null,
};

/**
 * An array (D, size) with that of one pixel in its place.
 *
 * @param {Float32Array} all
 * @param {number} pixel
 * @param {Float32Array} own (size)
 */
function replaced(all, pixel, own) {
  const copy = all.slice();
  copy.set(own, pixel * own.length);
  return copy;
}

export class SoftmaxLive {
  /** @type {{ id: string, found: SoftmaxConditionals } | null} of the digit alone, asked for once */
  kept = null;
  /** @type {SoftmaxConditionals | null} what was found last, in part or whole, on that digit */
  last = null;
  /** @type {AbortController | null} stops a pass that has told of its target */
  rest = null;

  /**
   * @param {(answer: LiveAnswer, milliseconds: number) => void} arrived called with the newest answer,
   *   first where the target is known, then with all
   * @param {() => Pick<import("../ui/browser/engine.js").PageEngine, "conditionals">} engine
   */
  constructor(arrived, engine = pageEngine) {
    this.engine = engine;
    this.arrived = arrived;
    this.newest = new Newest(
      (/** @type {LiveWish} */ wish) => this.answer(wish),
      (found, _, milliseconds) => arrived(found, milliseconds),
    );
  }

  /** @param {LiveWish} wish */
  want(wish) {
    this.newest.want({ ...wish, x: Uint8Array.from(wish.x) });
    this.rest?.abort();
  }

  /** @param {LiveWish} wish @returns {Promise<LiveAnswer>} */
  async answer(wish) {
    const { offer, x, base } = wish;
    const id = `${offer.card} ${base.join("")}`;
    if (this.kept?.id !== id) {
      this.kept = { id, found: await this.pass(wish, base) };
      this.last = null;
    }
    const alone = this.kept.found;
    const painted = x.some((level, index) => level !== base[index]);
    this.last = painted ? await this.painted(wish, alone) : alone;
    return this.answerOf(wish, alone, this.last, null);
  }

  /**
   * @param {LiveWish} wish
   * @param {SoftmaxConditionals} alone
   * @param {SoftmaxConditionals} found
   * @param {number | null} only
   * @returns {LiveAnswer}
   */
  answerOf({ x, base }, alone, found, only) {
    return { of: base, x, ...found, base_logits: alone.logits, base_log_p: alone.log_p, only };
  }

  /**
   * The pass of a painted digit, which tells of the target on its way.
   *
   * @param {LiveWish} wish
   * @param {SoftmaxConditionals} alone of the digit
   */
  async painted(wish, alone) {
    const { levels, target } = wish;
    const rest = new AbortController();
    /** @param {import("../../assets/engine/protocol.js").Glance} glance */
    const onGlance = ({ logits, internals }) => {
      const before = this.last ?? alone;
      const now = {
        logits: replaced(before.logits, target, logits),
        log_p: replaced(before.log_p, target, logSoftmax(logits, levels)),
        head: replaced(before.head, target, internals.head),
      };
      this.last = now;
      this.arrived(this.answerOf(wish, alone, now, target), 0);
      if (this.newest.next) rest.abort();
      else this.rest = rest;
    };
    try {
      return await this.pass(wish, wish.x, { first: target, onGlance, signal: rest.signal });
    } finally {
      this.rest = null;
    }
  }

  /**
   * @param {LiveWish} wish
   * @param {Uint8Array} x
   * @param {Parameters<import("../ui/browser/engine.js").PageEngine["conditionals"]>[2]} [how]
   * @returns {Promise<SoftmaxConditionals>}
   */
  async pass({ offer, levels }, x, how) {
    const found = await this.engine().conditionals(offer, x, { internals: ["head"], ...how });
    const { logits, internals } = found;
    return { logits, log_p: logSoftmax(logits, levels), head: internals.head };
  }
}
