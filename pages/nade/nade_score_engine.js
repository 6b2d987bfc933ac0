// A digit that NADE scores, by the engine of this browser, in the arrays that Python would send. No DOM.

import { logSoftmax } from "../ui/browser/logits.js";

/** @typedef {Pick<import("../ui/browser/engine.js").PageEngine, "logits" | "sample">} ScoreEngine */

/**
 * @typedef {object} ScoreWish
 * @property {string} id equal for equal scores alone
 * @property {import("../ui/browser/engine.js").Offer} offer
 * @property {Uint8Array} x (D)
 * @property {number | null} seed of the digit that is drawn beside it; null: none is
 */

/**
 * What the engine is asked for.
 *
 * @param {{ engine: import("../ui/browser/engine.js").Offer | null, view: string, seed: number }} meta
 * @param {Uint8Array} x
 * @returns {ScoreWish}
 */
export function scoreWish({ engine, view, seed }, x) {
  if (!engine) throw new Error("the server scores");
  const draws = view === "passes" ? seed : null;
  return { id: JSON.stringify([engine.card, draws]) + x.join(""), offer: engine, x, seed: draws };
}

/**
 * What each pixel of a binary image costs.
 *
 * @param {Uint8Array} x (D)
 * @param {Float32Array} logits (D, 2)
 * @returns {import("./nade_score_values.js").Score}
 */
export function scoreOf(x, logits) {
  const log_p = logSoftmax(logits, 2);
  const p = Float32Array.from(x, (_, pixel) => Math.exp(log_p[2 * pixel + 1]));
  const cost = Float32Array.from(x, (value, pixel) => -log_p[2 * pixel + value]);
  return { x, p, cost };
}

/**
 * @param {ScoreEngine} engine
 * @param {ScoreWish} wish
 * @returns {Promise<import("./nade_score_values.js").Score>}
 */
export async function askScore(engine, { offer, x, seed }) {
  const score = scoreOf(x, await engine.logits(offer, x));
  if (seed === null) return score;
  const { order, values } = await engine.sample(offer, { seed });
  return { ...score, order, drawn: values };
}
