// The attention weights of every pixel of two images, by the engine of this browser: one sample each,
// all of whose pixels are given.

import { Newest, pageEngine } from "../ui/browser/engine.js";

/** @typedef {import("../../assets/engine/drawing.js").Trace} WeightsTrace */
/** @typedef {{ offer: import("../ui/browser/engine.js").Offer, blocks: number, left: Uint8Array, right: Uint8Array }} WeightsWish */
/** @typedef {{ weights: Float32Array, p: number }} AtTarget weights (blocks heads, 1 + D) and p(ink) */

/**
 * What a trace says of one target.
 *
 * @param {Pick<WeightsTrace, "internals" | "probs">} trace of one binary image in raster order
 * @param {number} blocks
 * @param {number} target
 * @returns {AtTarget}
 */
export function weightsAt({ internals, probs }, blocks, target) {
  const pixels = probs.length / 2;
  const parts = layerNames(blocks).map((name) => {
    const size = internals[name].length / pixels;
    return internals[name].subarray(target * size, (target + 1) * size);
  });
  const weights = new Float32Array(parts.reduce((all, { length }) => all + length, 0));
  parts.forEach((part, block) => weights.set(part, block * part.length));
  return { weights, p: probs[2 * target + 1] };
}

/** @param {number} blocks */
const layerNames = (blocks) => Array.from({ length: blocks }, (_, l) => `layer${l + 1}.weights`);

/** Asks for the weights of two images; an image that was asked for before is not computed again. */
export class WeightsLive {
  /** @type {Map<string, WeightsTrace>} the images of the last answer */
  kept = new Map();

  /**
   * @param {(left: WeightsTrace, right: WeightsTrace, milliseconds: number) => void} arrived
   * @param {() => Pick<import("../ui/browser/engine.js").PageEngine, "sample">} engine
   */
  constructor(arrived, engine = pageEngine) {
    this.engine = engine;
    this.newest = new Newest(
      (/** @type {WeightsWish} */ wish) => this.answer(wish),
      ([left, right], _, milliseconds) => arrived(left, right, milliseconds),
    );
  }

  /** @param {WeightsWish} wish */
  want(wish) {
    this.newest.want(wish);
  }

  /** @param {WeightsWish} wish */
  async answer(wish) {
    const { kept } = this;
    /** @type {Map<string, WeightsTrace>} */
    const now = new Map();
    for (const x of [wish.left, wish.right]) {
      const id = x.join("");
      if (!now.has(id)) now.set(id, kept.get(id) ?? (await this.read(wish, x)));
    }
    this.kept = now;
    return [wish.left, wish.right].map((x) => /** @type {WeightsTrace} */ (now.get(x.join(""))));
  }

  /** @param {WeightsWish} wish @param {Uint8Array} x */
  read({ offer, blocks }, x) {
    const internals = layerNames(blocks);
    return this.engine().sample(offer, { seed: 0, given: Int16Array.from(x), internals });
  }
}
