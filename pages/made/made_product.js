// The probability of a state as a product of conditionals, and sums over states. No DOM.

import { decimals, probability } from "../ui/browser/numbers.js";
import { variable } from "./made_words.js";

/**
 * @typedef {object} Series One network, or a table.
 * @property {string} name
 * @property {string} colour of the palette
 * @property {boolean} striped
 * @property {number[]} order in which its factors are written; empty for a table
 * @property {number[]} [own] variables whose output reads its own input, by a mistake
 */

/** The bits of a state, x₁ first. @param {number} state @param {number} bits */
export const bitsOf = (state, bits) => state.toString(2).padStart(bits, "0");

/**
 * The probability of every state.
 *
 * @param {Float32Array} factors (2^D, n)
 * @param {number} bits D
 * @returns {number[]}
 */
export function products(factors, bits) {
  const each = factors.length / 2 ** bits;
  return Array.from({ length: 2 ** bits }, (_, state) => {
    let product = 1;
    for (let at = 0; at < each; at++) product *= factors[state * each + at];
    return product;
  });
}

/** The sum of the first states. @param {number[]} values @param {number} count */
export const sumOfFirst = (values, count) =>
  values.slice(0, count).reduce((sum, value) => sum + value, 0);

/**
 * A state's product, written out: p(x₁) · p(x₂ | x₁) · … with its numbers.
 *
 * @param {Series} series
 * @param {Float32Array} factors
 * @param {number} state
 * @param {number} bits
 */
export function productWords({ name, order, own = [] }, factors, state, bits) {
  if (!order.length) return `${name}: ${probability(factors[state])}`;
  const numbers = order.map((index) => probability(factors[state * bits + index]));
  const names = order.map((index, t) => {
    const read = order.slice(0, own.includes(index) ? t + 1 : t).map(variable);
    return `p(${variable(index)}${read.length ? ` | ${read.join(", ")}` : ""})`;
  });
  const written = bits <= 4 ? `${names.join(" · ")} = ` : "";
  const product = order.reduce((total, index) => total * factors[state * bits + index], 1);
  return `${name}: ${written}${numbers.join(" · ")} = ${probability(product)}`;
}

/** What the sums are so far. @param {Series[]} series @param {number[][]} values @param {number} count */
export function sumWords(series, values, count) {
  const all = count === values[0].length;
  const sums = series.map(
    ({ name }, at) => `${name} ${decimals(sumOfFirst(values[at], count), 2)}`,
  );
  return `${all ? `Sum over all ${count} states` : `Sum of the first ${count} states`}: ${sums.join(", ")}.`;
}
