// The cells of a triangular Jacobian, and what is said of them. No DOM.

import { decimals } from "../ui/browser/numbers.js";

/** @param {number} k counted from 0 */
const below = (k) => String.fromCharCode(0x2081 + k);

/**
 * Each cell, row by row: on the diagonal, below it, or 0 by structure above it.
 *
 * @param {ArrayLike<number>} jacobian (D, D)
 * @param {number} D
 */
export function triangleCells(jacobian, D) {
  return Array.from({ length: D * D }, (_, cell) => {
    const [i, j] = [Math.floor(cell / D), cell % D];
    if (j > i) return { text: "0", kind: "zero" };
    return { text: decimals(jacobian[cell], 2), kind: i === j ? "diagonal" : "reads" };
  });
}

/**
 * @param {ArrayLike<number>} jacobian
 * @param {number} D
 * @param {number} cell pointed at, or -1
 */
export function cellWords(jacobian, D, cell) {
  if (cell < 0) return "Point at a cell. One step of a MAF with random weights, at a random x.";
  const [i, j] = [Math.floor(cell / D), cell % D];
  const name = `∂z${below(i)}/∂x${below(j)}`;
  if (j > i) return `${name} = 0: z${below(i)} does not read x${below(j)}. The masks hold it.`;
  const value = decimals(jacobian[cell], 2);
  if (i === j) {
    const alpha = -Math.log(jacobian[cell]);
    return `${name} = exp(−α${below(i)}) = ${value}, so α${below(i)} = ${decimals(alpha, 2)}.`;
  }
  return `${name} = ${value}: α${below(i)} and μ${below(i)} read x${below(j)}. The determinant does not need it.`;
}

/**
 * The determinant as the product of the diagonal, and that the general way finds the same.
 *
 * @param {ArrayLike<number>} jacobian
 * @param {number} D
 * @param {number} general log |det|, nats
 */
export function determinantWords(jacobian, D, general) {
  const diagonal = Array.from({ length: D }, (_, k) => jacobian[k * D + k]);
  const product = diagonal.reduce((total, each) => total * each, 1);
  return (
    `det = ${diagonal.map((each) => decimals(each, 2)).join(" · ")} = ${decimals(product, 2)}: ` +
    `log det = −Σα = ${decimals(Math.log(product), 3)} nats. ` +
    `By elimination over all ${D * D} numbers: ${decimals(general, 3)}.`
  );
}
