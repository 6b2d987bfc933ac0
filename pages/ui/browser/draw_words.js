// The sentences of a digit that is drawn pixel by pixel. No DOM.

import { decimals, plural, probability } from "./numbers.js";
import { changedBy } from "./draw_values.js";
import { whyNothing } from "./certain.js";

/** @typedef {import("./draw_values.js").DrawArrays} DrawArrays */

/** What a level is called. @param {number} level @param {number} levels K */
export function levelWord(level, levels) {
  if (levels === 2) return level ? "ink" : "paper";
  return `level ${level}`;
}

/** @param {number} pixel @param {number} columns */
export const placeOf = (pixel, columns) =>
  `row ${Math.floor(pixel / columns)}, column ${pixel % columns}`;

/**
 * What the random number decides at a pixel.
 *
 * @param {Pick<DrawArrays, "values">} trace
 * @param {{ pixel: number, t: number, levels: number, flips: ReadonlySet<number> }} at
 */
export function verdictOf({ values }, { pixel, t, levels, flips }) {
  const word = levelWord(values[pixel], levels);
  if (flips.has(pixel)) return `set by hand to ${word}`;
  return pixel < t ? `${word} was drawn` : `${word} is drawn next`;
}

/**
 * What the pixels drawn so far are worth, as HTML.
 *
 * @param {number} nats
 * @param {number} t
 * @param {number} temperature
 */
export function totalOf(nats, t, temperature) {
  const total = `log p of the ${plural(t, "pixel")} drawn: <b>${decimals(nats, 2)}</b> nats`;
  return total + whyNothing(temperature, nats);
}

/** @param {{ read: number, earlier: number }} count */
export const readsInWords = ({ read, earlier }) =>
  `This probability can read <b>${read}</b> of ${plural(earlier, "earlier pixel")}.`;

/**
 * What the flips have changed, or how to flip, as HTML.
 *
 * @param {Pick<DrawArrays, "values" | "base">} trace
 * @param {ReadonlySet<number>} flips
 * @param {number} t
 */
export function flipNote(trace, flips, t) {
  if (!flips.size) return "Click a drawn pixel to flip it.";
  const said = `<i class="mark flip"></i> set by hand: ${flips.size}`;
  const { later, changed } = changedBy(trace, flips, t);
  if (!later) return `${said}. Nothing is drawn after it yet: press play.`;
  return `${said}. <i class="mark ear"></i> changed: <b>${changed}</b> of ${plural(later, "later pixel")}, same random numbers.`;
}

/** The probability that a pixel's line begins with. @param {number} p */
export const chance = (p) => {
  const words = probability(p);
  return words.startsWith(">") ? words : `= ${words}`;
};
