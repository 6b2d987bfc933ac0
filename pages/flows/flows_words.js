// What the picture of a flow says: names of axes, readings, the matrices under it. No DOM.

import { beyondRounding } from "../ui/browser/measured.js";
import { decimals } from "../ui/browser/numbers.js";
import { pairAt, pairCount } from "./flows_data.js";

/** @typedef {import("./flows_data.js").FlowsShown} FlowsShown */

/** @param {import("./flows_data.js").Pair} point */
const pairWords = ([a, b]) => `(${decimals(a, 2)}, ${decimals(b, 2)})`;

/**
 * What a plane is called, and its two axes.
 *
 * @param {FlowsShown} shown
 * @param {import("./flows_data.js").Plane} plane
 * @returns {{ name: string, what: string, axes: [string, string] }}
 */
export function planeNames({ meta, stage, frame }, plane) {
  const z = { name: "z", what: "the Gaussian" };
  /** @type {[string, string]} */
  const ofZ = ["z₁", "z₂"];
  if (plane === "z") return { ...z, axes: ofZ };
  if (frame >= 0 || stage >= meta.K - 0.001)
    return { name: "x", what: "the data", axes: ["x₁", "x₂"] };
  if (stage < 0.001) return { name: "z", what: "before any transform", axes: ofZ };
  const name = `after ${Math.round(stage)} of ${meta.K}`;
  return { name, what: "transforms", axes: ["x₁", "x₂"] };
}

/** The loss above the picture; the step only where the page does not count it. @param {FlowsShown} shown */
export function lossWords({ meta, frame }) {
  if (meta.live) return "";
  if (frame >= 0) {
    const { step, loss } = meta.frames[frame];
    return `step ${step}: ${decimals(loss, 2)} nats a point`;
  }
  if (!meta.steps || meta.loss === undefined) return "";
  return `${decimals(meta.loss, 2)} nats a point of the standardised data`;
}

/**
 * What is read of the pair that is pointed at.
 *
 * @param {FlowsShown} shown
 * @param {number} node
 * @returns {{ places: string, sum: string, total: string }} the places of x and z; log p(x) as a sum
 */
export function pairReading(shown, node) {
  const log_p = shown.arrays.log_p ?? new Float32Array(0);
  const base = log_p[node];
  const all = log_p[log_p.length / 2 + node];
  const x = pairWords(pairAt(shown, node, shown.meta.K));
  return {
    places: `x = ${x} ⇄ z = ${pairWords(pairAt(shown, node, 0))}`,
    sum:
      `log p(x) = log N(z) + log |det ∂z/∂x| = ${decimals(base, 2)} ` +
      `${all < base ? "−" : "+"} ${decimals(Math.abs(all - base), 2)} =`,
    total: `${decimals(all, 2)} nats`,
  };
}

/** What the picture shows where nothing is pointed at. @param {FlowsShown} shown */
export function stageWords({ meta, stage, frame }) {
  const { K, kind, live, orders } = meta;
  if (frame >= 0)
    return live
      ? "It is learning: the grid bends so that the Gaussian’s mass comes to lie where the data are."
      : "In z the data come nearer to a Gaussian; a shape that is still seen there is not learned yet. Point at data on one side to find them on the other.";
  const number = Math.round(stage);
  if (number === 0)
    return "Here every point starts: z, from the Gaussian. Play to send it through the transforms.";
  if (number === K) return `Point at x or at z: each point has one partner.`;
  const [first, second] = orders[number - 1].map((variable) => ["x₁", "x₂"][variable]);
  const source = kind === "maf" ? `what ${first} has just become` : `what ${first} was before`;
  return `Transform ${number} of ${K}: ${first} is scaled and shifted by two constants, then ${second} by two numbers that the network reads from ${source}.`;
}

/**
 * A 2 x 2 matrix under the picture.
 *
 * @typedef {object} FlowsMatrix
 * @property {{ text: string, zero: boolean }[]} cells row by row; `zero`: 0 by structure
 * @property {string} caption
 * @property {boolean} now whether the picture stands after this transform
 */

/**
 * The Jacobian of every transform, as one multiplies: the one next to z on the left; last the whole.
 *
 * @param {FlowsShown} shown
 * @param {number} node the pair pointed at, or -1
 * @returns {FlowsMatrix[]}
 */
export function jacobianMatrices(shown, node) {
  const { K, orders } = shown.meta;
  const { jacobian, total } = shown.arrays;
  /**
   * @param {Float32Array | null} values
   * @param {number[] | null} order of the variables, or null where no cell is 0 by structure
   */
  const cells = (values, order) =>
    [0, 1, 2, 3].map((cell) => {
      // The first variable of the order does not read the second.
      const zero = order !== null && order[0] === cell >> 1 && order[1] === (cell & 1);
      const text = values ? decimals(values[cell], 2) : zero ? "0" : "·";
      return { text: zero && values && !beyondRounding(values[cell]) ? "0" : text, zero };
    });
  const stage = Math.round(shown.stage);
  const each = orders.map((order, k) => {
    const at = ((K - 1 - k) * pairCount(shown) + node) * 4;
    return {
      cells: cells(node >= 0 && jacobian ? jacobian.subarray(at, at + 4) : null, order),
      caption: `transform ${k + 1}`,
      now: k + 1 === stage && shown.stage < K && shown.frame < 0,
    };
  });
  const same = new Set(orders.map(String)).size === 1;
  const values = node >= 0 && total ? total.subarray(4 * node, 4 * node + 4) : null;
  return [
    ...each,
    { cells: cells(values, same ? orders[0] : null), caption: "∂z / ∂x, all", now: false },
  ];
}

const MOST_MATRICES = 4; // side by side under the planes

/**
 * All matrices where there is room; else that of the stage shown, and the whole.
 *
 * @param {FlowsMatrix[]} matrices
 * @param {number} stage
 */
export function matricesThatFit(matrices, stage) {
  if (matrices.length <= MOST_MATRICES) return matrices;
  return [matrices[Math.max(1, Math.round(stage)) - 1], matrices[matrices.length - 1]];
}
