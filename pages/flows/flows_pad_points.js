// The points of the drawing pad, and what is said of them. No DOM.

import { plural, whole } from "../ui/browser/numbers.js";

/** @typedef {import("./flows_data.js").Pair} Pair */

const SPREAD = 0.11; // of the points around the pointer, in units of the plane
const EACH = 3; // points for each movement
const SPIRAL_POINTS = 600;

/** A standard normal number. */
const normal = () =>
  Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());

/**
 * Points around a place, those on the pad alone.
 *
 * @param {Pair} at
 * @param {number} half the pad is [-half, half]^2
 * @returns {Pair[]}
 */
export function scattered([x, y], half) {
  return Array.from({ length: EACH }, () => {
    /** @type {Pair} */
    const point = [x + SPREAD * normal(), y + SPREAD * normal()];
    return point;
  }).filter(([a, b]) => Math.abs(a) < half && Math.abs(b) < half);
}

/** An example: a spiral of two turns. @returns {Pair[]} */
export function spiral() {
  return Array.from({ length: SPIRAL_POINTS }, (_, k) => {
    const turn = 1.5 + 8 * Math.sqrt(k / SPIRAL_POINTS);
    return [
      0.27 * turn * Math.cos(turn) + 0.07 * normal(),
      0.27 * turn * Math.sin(turn) + 0.07 * normal(),
    ];
  });
}

/**
 * How many points there are, and whether that will do.
 *
 * @param {number} count
 * @param {{ fewest: number, most: number }} limits
 */
export function padWords(count, { fewest, most }) {
  if (count < fewest) return `${plural(count, "point")}, at least ${fewest} are needed`;
  return count >= most ? `${whole(count)} points, the most` : plural(count, "point");
}
