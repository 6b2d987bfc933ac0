// Attention weights of one pixel's query, in every block and head: what a map shows, and words. No DOM.

import { decimals, probability } from "../ui/browser/numbers.js";

/**
 * Weights of one head: [0] of the empty key, [1 + j] of pixel j.
 *
 * @param {Float32Array} weights (blocks heads, 1 + D)
 * @param {number} head
 * @param {number} pixels D
 */
export const ofHead = (weights, head, pixels) =>
  weights.subarray(head * (1 + pixels), (head + 1) * (1 + pixels));

/** What a head is called. @param {number} head @param {number} heads of a block */
export const headName = (head, heads) =>
  `block ${Math.floor(head / heads) + 1}, head ${(head % heads) + 1}`;

/**
 * The pixel with the largest weight, and that weight; -1 where no pixel has any.
 *
 * @param {Float32Array} own weights of one head
 * @returns {{ pixel: number, weight: number }}
 */
export function largestKey(own) {
  let [pixel, weight] = [-1, 0];
  for (let key = 1; key < own.length; key++)
    if (own[key] > weight) [pixel, weight] = [key - 1, own[key]];
  return { pixel, weight };
}

/**
 * The weight at which a map is darkest: the largest that the maps show.
 *
 * @param {Float32Array[]} maps weights of heads
 */
export const darkest = (maps) => Math.max(0.02, ...maps.map((own) => largestKey(own).weight));

/** @param {number} pixel @param {number} columns */
export const placeWords = (pixel, columns) =>
  `(${Math.floor(pixel / columns)}, ${pixel % columns})`;

/**
 * What stands under a map.
 *
 * @param {Float32Array} own weights of one head
 * @param {number} columns
 */
export function mapSentence(own, columns) {
  const { pixel, weight } = largestKey(own);
  const sum = own.reduce((all, each) => all + each, 0);
  const most =
    pixel < 0 ? "no earlier pixel" : `most: ${placeWords(pixel, columns)} ${decimals(weight, 2)}`;
  return `${most} · empty key ${decimals(own[0], 2)} · sum ${decimals(sum, 2)}`;
}

/**
 * The line with the probabilities.
 *
 * @param {string} view
 * @param {number[]} p of the left image and the right one
 * @param {string} place of the target
 * @param {boolean} covered whether the right one is hidden
 */
export function inkSentence(view, [left, right], place, covered) {
  const begin = `p(ink) at ${place}: `;
  if (view === "heads") return `${begin}${probability(left)}`;
  const [one, other] = view === "paint" ? ["before", "painted"] : ["left", "right"];
  return `${begin}${one} ${probability(left)}, ${other} ${covered ? "…" : probability(right)}`;
}

/**
 * The image after a stroke: paper becomes ink where the stroke began on paper, else ink becomes paper.
 *
 * @param {Uint8Array} x
 * @param {number[]} cells of the stroke, the first one where it began
 */
export function painted(x, cells) {
  const after = x.slice();
  for (const cell of cells) after[cell] = 1 - x[cells[0]];
  return after;
}

/** Pixels that differ, with their level. @param {Uint8Array} x @param {Uint8Array} base */
export function paintOf(x, base) {
  return Array.from(x, (level, index) => [index, level]).filter(
    ([index, level]) => level !== base[index],
  );
}
