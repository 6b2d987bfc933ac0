// What a chart of curves says of itself and of the point that is read. No DOM.

import { nextTo } from "./curves_layout.js";
import { decimals, plural } from "./numbers.js";

/** @typedef {import("./curves_draw.js").Curve} Curve */

/**
 * @typedef {object} CurveUnits
 * @property {string} unit of y
 * @property {string} other unit that a value is told in too; "" for none
 * @property {number} digits of y after the point
 * @property {number} otherDigits
 * @property {string} place words about a place along x, with "{}" for the number: "at step {}"
 */

/** A place: a step, or 93.5 for the mean of two; 3.25 epochs. @param {number} value */
const short = (value) => decimals(value, Number.isInteger(value) ? 0 : value < 10 ? 2 : 1);

/**
 * The value of a curve at a place, in both units.
 *
 * @param {Curve} curve
 * @param {number} x
 * @param {CurveUnits} units
 */
export function pointInWords({ name, x: all, y, factor }, x, units) {
  const at = nextTo(all, x);
  if (at < 0) return "";
  const second =
    units.other && factor ? ` = ${decimals(y[at] * factor, units.otherDigits)} ${units.other}` : "";
  const place = units.place.replace("{}", short(all[at]));
  return `${name}: ${decimals(y[at], units.digits)} ${units.unit}${second} ${place}`;
}

/**
 * What can be done, while no point is read.
 *
 * @param {boolean} any whether there are points
 * @param {boolean} touch whether a finger does it
 */
export function hintInWords(any, touch) {
  if (!any) return "The curves begin with the training.";
  if (touch) return "Touch a curve to read its values.";
  return "Point at a curve, or press the arrow keys, to read it. Drag to enlarge a part.";
}

/**
 * The picture for who does not see it.
 *
 * @param {string} title
 * @param {Curve[]} series
 * @param {{ word: string, height: number }[]} levels
 * @param {CurveUnits} units
 */
export function curvesInWords(title, series, levels, units) {
  const curves = series
    .filter(({ y }) => y.length)
    .map(
      ({ name, y }) =>
        `${name}, ${plural(y.length, "point")}, from ${decimals(y[0], units.digits)} to ` +
        `${decimals(y[y.length - 1], units.digits)} ${units.unit}`,
    );
  const lines = levels.map(
    ({ word, height }) => `${word} ${decimals(height, units.digits)} ${units.unit}`,
  );
  const said = [title, ...curves];
  if (lines.length) said.push(`lines: ${lines.join(", ")}`);
  return `${said.join("; ")}. Arrow keys read the points, plus and minus change the part shown.`;
}
