// What the picture of the chain rule says in words.

import { decimals, plural, probability } from "../ui/browser/numbers.js";
import { STATES, bit, bitsOf, bitsOfRow, factorTaken, rowOf, variable } from "./chain_tables.js";

/** @typedef {import("./chain_tables.js").Factors} Factors */

/**
 * @typedef {object} Tables what is drawn at the moment
 * @property {number[]} order
 * @property {number[]} joint
 * @property {Factors} factors
 * @property {number[][]} influence
 * @property {boolean} [alone] whether each variable is drawn from its marginal
 * @property {boolean} [covered] whether what an arrow changes is not to be told
 */

/**
 * @typedef {object} Drawn the draw that was made last
 * @property {number} sample counted from 0
 * @property {number} step
 * @property {number} row of the table
 * @property {number} p
 * @property {number} u
 * @property {number} value
 */

/**
 * @typedef {object} Count the samples that are complete
 * @property {number} done
 * @property {number} distance
 * @property {number | null} share of the state that is spoken of
 */

const PLACES = ["first", "second", "third"];
export const NO_FACTOR = "none";

/** A probability to be added or multiplied: never 0 or 1 unless it is. @param {number} p */
export function exactly(p) {
  if (p <= 0.9995 || p >= 1) return probability(p);
  return p < 0.9999995 ? decimals(p, 6) : "> 0.999999";
}

/** @param {number | null} p */
export const entry = (p) => (p === null ? NO_FACTOR : exactly(p));

/** Where a variable stands. @param {number} step */
export const placeName = (step) => PLACES[step];

/**
 * The settings of the earlier variables: x₁ = 1, x₂ = 0.
 *
 * @param {number[]} order
 * @param {number} step
 * @param {number} row
 */
export const condition = (order, step, row) =>
  bitsOfRow(step, row)
    .map((value, at) => `${variable(order[at])} = ${value}`)
    .join(", ");

/**
 * A table's name: p(x₂ = 1 | x₁); of a marginal, p(x₂ = 1).
 *
 * @param {number[]} order
 * @param {number} step
 * @param {boolean} [alone]
 */
export const tableName = (order, step, alone = false) =>
  `p(${variable(order[step])} = 1${step && !alone ? ` | ${order.slice(0, step).map(variable).join(", ")}` : ""})`;

/**
 * @param {number[]} order
 * @param {number} step
 * @param {number} row
 * @param {boolean} [alone]
 */
const entryName = (order, step, row, alone = false) =>
  `p(${variable(order[step])} = 1${step && !alone ? ` | ${condition(order, step, row)}` : ""})`;

/**
 * What a state takes from a table, with the sum that leads to it: 1 − 0.300 = 0.700.
 *
 * @param {Tables} tables
 * @param {number} state
 * @param {number} step
 */
export function takenWords({ factors, order }, state, step) {
  const p = factors[step][rowOf(state, order, step)];
  if (p === null) return NO_FACTOR;
  return bit(state, order[step]) ? exactly(p) : `1 − ${exactly(p)} = ${exactly(1 - p)}`;
}

/**
 * The product along a state's path.
 *
 * @param {Tables} tables
 * @param {number} state
 */
function productWords({ factors, joint, order, alone }, state) {
  if (order.some((_, step) => factorTaken(factors, order, state, step) === null))
    return "a condition on the way has probability 0";
  const terms = order.map((index, step) => {
    const p = factors[step][rowOf(state, order, step)] ?? 0;
    return bit(state, index) ? exactly(p) : `(1 − ${exactly(p)})`;
  });
  if (!alone) return `${terms.join(" × ")} = ${exactly(joint[state])}`;
  const product = order.reduce(
    (so, _, step) => so * (factorTaken(factors, order, state, step) ?? 0),
    1,
  );
  return `${terms.join(" × ")} = ${exactly(product)} of the samples, but p(x) = ${exactly(joint[state])}`;
}

/** @param {Count} count */
const countWords = ({ done, distance }) =>
  done
    ? ` <b>${plural(done, "sample")}</b>; total variation distance to the joint <b>${exactly(distance)}</b>.`
    : "";

/**
 * A node that is pointed at.
 *
 * @param {Tables} tables
 * @param {number} index
 */
export function nodeWords({ order, influence, alone, covered }, index) {
  const step = order.indexOf(index);
  const effects = order
    .slice(0, step)
    .map((earlier, at) => `${variable(earlier)} by up to <b>${exactly(influence[step][at])}</b>`);
  const later = order
    .slice(step + 1)
    .map(variable)
    .join(" and ");
  if (alone)
    return `<b>${variable(index)}</b> is drawn ${placeName(step)}, by its own probability. It reads nothing.`;
  const told = effects.length > 0 && !covered;
  const drawn = step ? placeName(step) : "first, from a number that depends on nothing";
  return [
    `<b>${variable(index)}</b> is drawn ${drawn}.`,
    told ? `Its probability is moved by ${effects.join(", and by ")}.` : "",
    later ? `${later} can read it.` : "",
    `Its table has ${plural(2 ** step, "number")}.`,
  ]
    .filter(Boolean)
    .join(" ");
}

/**
 * A row of a table that is pointed at.
 *
 * @param {Tables} tables
 * @param {number} step
 * @param {number} row
 */
export function rowWords({ order, factors, joint, alone }, step, row) {
  const p = factors[step][row];
  if (alone)
    return `<b>${entryName(order, step, row, true)} = ${exactly(p ?? 0)}</b>, whatever was drawn before: its marginal.`;
  const given = condition(order, step, row);
  const name = entryName(order, step, row);
  if (p === null)
    return `<b>${name}</b> is undefined: ${given} has probability 0, so the sampler never asks for it. In the product it counts as ½ and meets a 0.`;
  const sum = joint.reduce(
    (all, q, state) => (rowOf(state, order, step) === row ? all + q : all),
    0,
  );
  const users = given
    ? `The ${STATES >> step} states with ${given} use it. Together they have probability ${exactly(sum)}.`
    : "All eight states use it.";
  return `<b>${name} = ${exactly(p)}</b>. ${users} Drag the edge of its bar: all other conditionals stay.`;
}

/**
 * One draw.
 *
 * @param {Tables} tables
 * @param {Drawn} drawn
 * @param {Count} count
 */
export function drawWords({ order, alone }, drawn, count) {
  const name = entryName(order, drawn.step, drawn.row, alone);
  return `Sample ${drawn.sample + 1}: ${name} = ${exactly(drawn.p)}. The random number u = ${probability(drawn.u)} falls on the part of ${drawn.value}: <b>${variable(order[drawn.step])} = ${drawn.value}</b>.${countWords(count)}`;
}

/**
 * A state, pointed at or kept.
 *
 * @param {Tables} tables
 * @param {number} state
 * @param {Count} count
 * @param {boolean} pointed
 */
export function stateWords(tables, state, count, pointed) {
  const bits = bitsOf(state);
  const setting = bits.map((value, index) => `${variable(index)} = ${value}`).join(", ");
  if (tables.covered)
    return `State <b>${bits.join("")}</b> (${setting}): p(x) = ${exactly(tables.joint[state])}.`;
  const end = count.done
    ? ` Its share of ${plural(count.done, "sample")}: ${exactly(count.share ?? 0)}.`
    : pointed
      ? " Drag its bar: the others share the rest in proportion."
      : " Drag a node, or the edge of a bar.";
  return `State <b>${bits.join("")}</b> (${setting}): ${productWords(tables, state)}. It takes one row of each table, the underlined part: p for a 1, 1 − p for a 0.${end}`;
}

/** Nothing is pointed at, kept or drawn. @param {Count} count @param {boolean} [covered] */
export const restWords = (count, covered = false) =>
  countWords(count) ||
  (covered && "Point at a bar; drag its upper end to change its probability.") ||
  "Drag a node to change the order, or the edge of a bar to change a probability. Point at anything to see what belongs to it; click a state to keep it.";

/**
 * The number under a term of the formula, or a space that keeps its place.
 *
 * @param {Tables} tables
 * @param {number | null} state
 * @param {number} step
 */
export const termNumber = (tables, state, step) =>
  state === null ? "\u00a0" : takenWords(tables, state, step);

/**
 * What stands below the picture.
 *
 * @param {Tables} tables
 * @param {{ hover: import("./chain_data.js").Pointed | null, drawn: Drawn | null, state: number | null }} now
 * @param {Count} count
 */
export function readingWords(tables, { hover, drawn, state }, count) {
  if (hover && "node" in hover) return nodeWords(tables, hover.node);
  if (hover && "row" in hover) return rowWords(tables, hover.step, hover.row);
  if (drawn) return drawWords(tables, drawn, count);
  if (state !== null) return stateWords(tables, state, count, hover !== null);
  return restWords(count, tables.covered);
}
