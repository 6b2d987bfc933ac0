// One unit and its numbers: the network computed once more here, for the input that is chosen. No DOM.

import { decimals } from "../ui/browser/numbers.js";
import { lastLayer } from "./made_net.js";
import { variable } from "./made_words.js";

const MOST_TERMS = 5; // that are written out

/** @typedef {import("./made_net.js").MadeNet} MadeNet */
/** @typedef {import("./made_net.js").MadeNode} MadeNode */

/**
 * @typedef {object} MadeWeights
 * @property {Float32Array[]} W of every layer, (units, units before), also those that masks cut
 * @property {Float32Array[]} b
 * @property {Float32Array} A direct, (D, D), or empty
 */

/**
 * @typedef {object} Term One product of a unit's sum.
 * @property {string} name of what it reads
 * @property {number} weight
 * @property {number} value
 * @property {boolean} kept
 */

/**
 * All units, from the inputs on: ReLU in hidden layers, logits at the end.
 *
 * @param {MadeNet} net
 * @param {MadeWeights} weights
 * @param {ArrayLike<number>} x
 * @returns {number[][]} by layer
 */
export function unitValues(net, weights, x) {
  const values = [Array.from(x)];
  for (let layer = 1; layer <= lastLayer(net); layer++)
    values.push(
      Array.from({ length: net.sizes[layer] }, (_, unit) => {
        const sum = sumOf(
          weights.b[layer - 1][unit],
          unitTerms(net, weights, values, [layer, unit]),
        );
        return layer < lastLayer(net) ? Math.max(0, sum) : sum;
      }),
    );
  return values;
}

/** @param {number} bias @param {Term[]} terms */
const sumOf = (bias, terms) =>
  terms.reduce((sum, { weight, value, kept }) => sum + (kept ? weight * value : 0), bias);

/**
 * The products that a unit adds up, those that its mask cuts among them.
 *
 * @param {MadeNet} net
 * @param {MadeWeights} weights
 * @param {number[][]} values of the layers before at least
 * @param {MadeNode} node hidden or output
 * @returns {Term[]}
 */
export function unitTerms(net, { W, A }, values, [layer, unit]) {
  const below = net.sizes[layer - 1];
  const terms = values[layer - 1].map((value, low) => ({
    name: layer === 1 ? variable(low) : `unit ${low + 1}`,
    weight: W[layer - 1][unit * below + low],
    value,
    kept: Boolean(net.masks[layer - 1][unit * below + low]),
  }));
  if (layer === lastLayer(net) && net.direct.length)
    for (const [low, value] of values[0].entries()) {
      const at = unit * net.sizes[0] + low;
      terms.push({ name: variable(low), weight: A[at], value, kept: Boolean(net.direct[at]) });
    }
  return terms;
}

/** A factor, in brackets where it is negative. @param {number} value */
const factor = (value) => (value < 0 ? `(${decimals(value, 2)})` : decimals(value, 2));

/** A product that is kept, or one struck out. @param {Term} term */
const product = ({ name, weight, value, kept }) =>
  kept
    ? `<span title="weight · ${name}">${factor(weight)}·${factor(value)}</span>`
    : `<s title="weight from ${name}: cut">${factor(weight)}·${factor(value)}</s>`;

/**
 * How a unit computes its value, as HTML.
 *
 * @param {MadeNet} net
 * @param {MadeWeights} weights
 * @param {number[][]} values
 * @param {MadeNode} node
 */
export function unitNumbers(net, weights, values, [layer, unit]) {
  if (layer === 0) return `${variable(unit)} = ${values[0][unit]}.`;
  const output = layer === lastLayer(net);
  const terms = unitTerms(net, weights, values, [layer, unit]);
  const bias = weights.b[layer - 1][unit];
  const cut = terms.filter((term) => !term.kept);
  const shown = [...terms.filter((term) => term.kept), ...cut].slice(0, MOST_TERMS);
  const more = terms.length - shown.length;
  const sum = sumOf(bias, terms);
  const written = [...shown.map(product), ...(more ? [`${more} more`] : []), factor(bias)].join(
    " + ",
  );
  const name = output ? "logit" : "h";
  if (!output)
    return `<b>${name}</b> = ReLU(${written}) = ReLU(${decimals(sum, 2)}) = <b>${decimals(values[layer][unit], 2)}</b>`;
  const p = 1 / (1 + Math.exp(-sum));
  return `<b>${name}</b> = ${written} = ${decimals(sum, 2)}; <b>p</b> = σ(${decimals(sum, 2)}) = <b>${decimals(p, 3)}</b>`;
}
