// The products that make up a logit, and the probability that it gives. No DOM.

import { logSumExp } from "../ui/browser/logits.js";
import { decimals, probability } from "../ui/browser/numbers.js";

const WRITTEN = 5; // products that have a line of their own

/** @typedef {import("../ui/browser/wire.js").Numbers} Numbers */

/**
 * @typedef {object} LastLayer What arviz_models/analysis/last_layer.py finds; F features.
 * @property {Numbers} h (F)
 * @property {Numbers} W (K', F): K' = 1 with two levels and else K
 * @property {Numbers} b (K')
 */

/** @typedef {import("./pixel_softmax_told.js").ToldSoftmax} ToldSoftmax */

/**
 * @typedef {object} SentLayer What logit.py sends.
 * @property {string} model
 * @property {number} target flat index of the pixel that h is of
 * @property {Numbers} W
 * @property {Numbers} b
 * @property {Uint8Array} [x] (D), the image that h is of
 * @property {Numbers} [h] (F), where the server computes
 */

/**
 * The last layer at the pixel and image that the bars show; null where h is not here yet.
 *
 * @param {ToldSoftmax} told
 * @param {SentLayer} sent
 * @returns {LastLayer | null}
 */
export function layerOf(told, { target, W, b, x, h: sent }) {
  const fits = target === told.target && x?.every((level, index) => level === told.x[index]);
  const h = told.h ?? (fits ? sent : undefined);
  return h ? { h, W, b } : null;
}

/** @typedef {{ feature: number, h: number, weight: number, product: number }} Product */

/**
 * The sum of a level's logit: its largest products, the others together, and the bias.
 *
 * @param {LastLayer} layer
 * @param {number} row of W
 */
export function logitSum({ h, W, b }, row) {
  const products = Array.from(h, (value, feature) => {
    const weight = W[row * h.length + feature];
    return { feature, h: value, weight, product: value * weight };
  }).sort((one, other) => Math.abs(other.product) - Math.abs(one.product));
  const rest = products.slice(WRITTEN);
  return {
    products: products.slice(0, WRITTEN),
    rest: { count: rest.length, sum: rest.reduce((sum, { product }) => sum + product, 0) },
    bias: b[row],
    total: products.reduce((sum, { product }) => sum + product, b[row]),
  };
}

/** p of every level. @param {number[]} logits */
export function softmaxOf(logits) {
  const all = logSumExp(logits);
  return logits.map((logit) => Math.exp(logit - all));
}

/**
 * How a level's probability follows from the logits, as HTML.
 *
 * @param {number[]} logits
 * @param {number} level
 */
export function softmaxWords(logits, level) {
  const p = probability(softmaxOf(logits)[level]);
  if (logits.length === 2) {
    const z = decimals(logits[1], 2);
    const one = `σ(${z}) = 1 / (1 + e<sup>${decimals(-logits[1], 2)}</sup>)`;
    const ink = probability(softmaxOf(logits)[1]);
    return level === 1
      ? `p(1) = ${one} = <b>${p}</b>`
      : `p(1) = ${one} = ${ink}, and p(0) = 1 − p(1) = <b>${p}</b>`;
  }
  const powers = logits.map((logit) => `e<sup>${decimals(logit, 2)}</sup>`);
  return `p(${level}) = ${powers[level]} / (${powers.join(" + ")}) = <b>${p}</b>`;
}

/**
 * One product of the sum, in a sentence.
 *
 * @param {Product} product
 */
export function productWords({ feature, h, weight, product }) {
  return `One multiplication: ${decimals(h, 3)} (feature ${feature} at this pixel) × ${decimals(weight, 3)} (its weight, the same at every pixel) = <b>${decimals(product, 3)}</b>.`;
}
