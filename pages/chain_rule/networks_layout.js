// Where the parts of n small networks stand, and where they go when the networks become one.
// Nothing here needs a page.

import { plural, superscript } from "../ui/browser/numbers.js";

const FEW = 6; // conditionals that are all drawn; of more, some are left out
const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";

/** A number as an index: ₇₈₄. @param {number} number */
export const subscript = (number) => [...String(number)].map((d) => SUBSCRIPTS[Number(d)]).join("");

/**
 * The conditionals that are drawn, 1 to D; null for those left out.
 *
 * @param {number} D
 * @param {number} [most]
 * @returns {(number | null)[]}
 */
export function drawnOf(D, most = FEW) {
  if (D <= most) return Array.from({ length: D }, (_, at) => at + 1);
  return [...Array.from({ length: most - 2 }, (_, at) => at + 1), null, D];
}

/** Between two numbers. @param {number} a @param {number} b @param {number} m from 0 to 1 */
const between = (a, b, m) => a + (b - a) * m;

/**
 * @typedef {object} Small one network, or its part of the shared one
 * @property {number} t which conditional
 * @property {number} x of its output
 * @property {{ x: number, width: number }} box its hidden units
 * @property {{ index: number | null, x: number }[]} inputs index: of the variable; null for those
 *   left out
 */

/**
 * @typedef {object} Layout
 * @property {Small[]} networks
 * @property {number | null} gap x of the conditionals left out
 * @property {{ inputs: number, top: number, bottom: number, outputs: number, losses: number, sum: number }} y
 * @property {number} radius of inputs and outputs
 */

/**
 * Where an input stands in the shared row: under the output of its variable. Where some are left out,
 * the last input stands at their place, since the last output reads it.
 *
 * @param {number | null} index
 * @param {(number | null)[]} shown
 * @param {number[]} centres
 */
function sharedPlace(index, shown, centres) {
  const dots = shown.indexOf(null);
  if (index === null) return dots > 0 ? (centres[dots - 1] + centres[dots]) / 2 : undefined;
  const at = shown.indexOf(index);
  return centres[at < 0 ? dots : at];
}

/**
 * @param {number} D
 * @param {number} m 0 where each conditional has its own network, 1 where they share one
 * @param {{ width: number, height: number }} size
 * @param {boolean} [losses] whether losses stand under the outputs
 * @returns {Layout}
 */
export function layoutOf(D, m, { width, height }, losses = false) {
  const shown = drawnOf(D, width < 480 ? 4 : FEW);
  const pitch = width / shown.length;
  const centres = shown.map((_, at) => (at + 0.5) * pitch);
  const centreOf = new Map(shown.map((t, at) => [t, centres[at]]));
  const radius = Math.min(13, pitch / 12 + 3, height / 22);
  const margin = 0.12 * pitch;
  const networks = shown.flatMap((t, at) => {
    if (t === null) return [];
    const before = drawnOf(t - 1, 4);
    const room = 0.8 * pitch;
    const inputs = before.map((index, place) => {
      const own = centres[at] - room / 2 + ((place + 0.5) * room) / before.length;
      const there = sharedPlace(index, shown, centres) ?? own;
      return { index, x: between(own, there, m) };
    });
    const own = { x: centres[at] - 0.32 * pitch, width: 0.64 * pitch };
    const box = {
      x: between(own.x, margin, m),
      width: between(own.width, width - 2 * margin, m),
    };
    return [{ t, x: centres[at], box, inputs }];
  });
  const y = {
    inputs: 0.12 * height,
    top: 0.3 * height,
    bottom: (losses ? 0.46 : 0.58) * height,
    outputs: (losses ? 0.62 : 0.82) * height,
    losses: 0.8 * height,
    sum: 0.94 * height,
  };
  return { networks, gap: shown.includes(null) ? (centreOf.get(null) ?? null) : null, y, radius };
}

const MOST_ROWS = 8; // of a table, all drawn

/**
 * The tables that are drawn: how many rows each has, in words and as cells.
 *
 * @param {number} D
 * @param {number} [most]
 * @returns {({ t: number, rows: number, said: string } | null)[]} rows: cells to draw
 */
export function tablesOf(D, most = FEW) {
  return drawnOf(D, most).map((t) => {
    if (t === null) return null;
    const rows = t <= 20 ? 2 ** (t - 1) : Infinity;
    const said = t <= 20 ? plural(rows, "row") : `2${superscript(t - 1)} rows`;
    return { t, rows: Math.min(rows, MOST_ROWS), said };
  });
}
