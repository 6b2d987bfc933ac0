// What a scored digit is worth, and where the parts of its picture stand. No DOM.

import { decimals, plural, probability } from "../ui/browser/numbers.js";

/**
 * @typedef {object} Score What score.py `picture` sends.
 * @property {Uint8Array} x (D,)
 * @property {Float32Array} p (D,) probability of a 1
 * @property {Float32Array} cost (D,) nats
 * @property {Int32Array} [order] (D,) with view "passes": pixel drawn at each step
 * @property {Uint8Array} [drawn] (D,) with view "passes": value drawn at each step
 */

/** @typedef {{ name: string, nats: number }} Mark */

/** Sum of the costs, nats. @param {Float32Array} cost */
export const totalCost = (cost) => cost.reduce((sum, each) => sum + each, 0);

/**
 * How many of the costliest pixels hold half of the sum.
 *
 * @param {Float32Array} cost
 */
export function holdHalf(cost) {
  const half = totalCost(cost) / 2;
  const sorted = Float32Array.from(cost).sort().reverse();
  let sum = 0;
  for (let count = 0; count < sorted.length; count++) {
    if (sum >= half) return count;
    sum += sorted[count];
  }
  return sorted.length;
}

/**
 * Two square maps side by side.
 *
 * @param {number} width CSS pixels
 * @param {number} tall most that a map may take
 */
export function mapsLayout(width, tall) {
  const gap = width < 560 ? 10 : 32;
  const title = width < 560 ? 20 : 26;
  const side = Math.floor(Math.min((width - gap - 8) / 2, Math.max(120, tall)));
  const left = Math.max(3, Math.floor((width - 2 * side - gap) / 2));
  return { side, title, left, right: left + side + gap, height: title + side + 6 };
}

/**
 * Marks of a bar from 0 to the largest, so that no two words meet: each with the line it stands on.
 *
 * @param {Mark[]} marks
 * @param {number} span CSS pixels
 * @param {(words: string) => number} widthOf
 * @returns {{ mark: Mark, words: string, x: number, left: number, line: number }[]} by their place
 */
export function markLines(marks, span, widthOf) {
  const most = Math.max(...marks.map(({ nats }) => nats));
  /** @type {number[]} */
  const ends = []; // of each line of words
  return [...marks]
    .sort((one, other) => one.nats - other.nats)
    .map((mark) => {
      const words = `${mark.name} ${decimals(mark.nats, 1)}`;
      const x = (mark.nats / most) * span;
      const left = Math.max(0, Math.min(x - widthOf(words) / 2, span - widthOf(words)));
      let line = ends.findIndex((end) => end + 8 <= left);
      if (line < 0) line = ends.length;
      ends[line] = left + widthOf(words);
      return { mark, words, x, left, line };
    });
}

/** A pixel as every sentence names it. @param {number} index @param {number} columns */
export const pixelName = (index, columns) => `(${Math.floor(index / columns)}, ${index % columns})`;

/**
 * The sentence under the maps, as HTML.
 *
 * @param {Score} score
 * @param {string} view
 * @param {number} index the pixel it speaks of, -1 for all
 * @param {number} columns
 */
export function scoreSentence({ x, p, cost }, view, index, columns) {
  if (index >= 0)
    return (
      `Pixel ${pixelName(index, columns)} is ${x[index]}: p(1 | earlier) = <b>${probability(p[index])}</b>, ` +
      `cost −log p(${x[index]} | earlier) = <b>${decimals(cost[index], 2)}</b> nats`
    );
  const total = totalCost(cost);
  if (view === "p")
    return `One pass: ${x.length} probabilities. Point at a pixel, or press the arrow keys.`;
  return (
    `All ${x.length} pixels: <b>${decimals(total, 2)}</b> nats · ${decimals(total / Math.LN2 / x.length, 3)} bits/dim. ` +
    `Half of it in ${plural(holdHalf(cost), "pixel")}.`
  );
}

/**
 * The sentence that counts evaluations, as HTML.
 *
 * @param {number} t pixels drawn
 * @param {number} steps
 * @param {boolean} hidden nothing is counted yet
 */
export function passesSentence(t, steps, hidden) {
  if (hidden) return "How often does the network have to be evaluated for each?";
  return (
    `To score: <b>1</b> evaluation for ${plural(steps, "pixel")}. ` +
    `To draw: <b>${t}</b> of ${plural(steps, "evaluation")} so far.`
  );
}
