// How numbers are written on screen. Every function takes any number, also 0, a tiny or a huge one,
// an infinite one and NaN, and gives words that are true of it: what is not 0 never reads as 0, and
// what is not 1 never reads as 1.

const NO_NUMBER = "–"; // where there is no number
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** With the typographic minus sign. @param {string} text */
const withMinus = (text) => text.replaceAll("-", "−");

/** Not a number or infinite: its words; null for every finite one. @param {number} value */
function special(value) {
  if (Number.isNaN(value)) return NO_NUMBER;
  return Number.isFinite(value) ? null : value > 0 ? "∞" : "−∞";
}

/** A whole number as an exponent. @param {number} power */
export function superscript(power) {
  const raised = [...String(Math.abs(power))].map((digit) => SUPERSCRIPTS[Number(digit)]).join("");
  return `${power < 0 ? "⁻" : ""}${raised}`;
}

/**
 * A power of ten: 4.2·10⁻⁷.
 *
 * @param {number} value
 * @param {number} [digits] after the point
 */
export function scientific(value, digits = 0) {
  const words = special(value);
  if (words) return words;
  const [mantissa, power] = value.toExponential(digits).split("e");
  return `${withMinus(mantissa)}·10${superscript(Number(power))}`;
}

/**
 * With so many digits after the point; as a power of ten where that would read 0 or be too long.
 *
 * @param {number} value
 * @param {number} digits
 */
export function decimals(value, digits) {
  const words = special(value);
  if (words) return words;
  const size = Math.abs(value);
  if ((size > 0 && size < 0.5 * 10 ** -digits) || size >= 1e6) return scientific(value, 1);
  const text = value.toFixed(digits);
  return withMinus(Number(text) === 0 ? text.replace("-", "") : text);
}

/**
 * The same, with a plus sign where it is above 0.
 *
 * @param {number} value
 * @param {number} digits
 */
export function signed(value, digits) {
  return value > 0 ? `+${decimals(value, digits)}` : decimals(value, digits);
}

/**
 * A probability; never 0 or 1 unless it is.
 *
 * @param {number} p
 * @param {number} [digits] after the point
 */
export function probability(p, digits = 3) {
  const half = 0.5 * 10 ** -digits;
  if (p > 1 - half && p < 1) return `> ${(1 - 2 * half).toFixed(digits)}`;
  return p > 0 && p < half ? scientific(p) : decimals(p, digits);
}

/**
 * A sum of probabilities: with as many digits, up to five, as tell it from 1. What is nearer to 1 is
 * the rounding of float32.
 *
 * @param {number} value
 */
export function sumOfChances(value) {
  let digits = 2;
  while (digits < 5 && Number(value.toFixed(digits)) === 1 && Math.abs(value - 1) > 5e-6) digits++;
  return decimals(value, digits);
}

/**
 * So many digits after the point as show the first ones of `step`.
 *
 * @param {number} step a difference that matters: a standard error, a range
 * @param {number} shown significant digits of it
 */
function digitsFor(step, shown) {
  if (!(step > 0) || !Number.isFinite(step)) return 2;
  return Math.min(12, Math.max(0, shown - 1 - Math.floor(Math.log10(step) + 1e-9)));
}

/**
 * A value with the first two digits of `step`.
 *
 * @param {number} value
 * @param {number} step a difference that matters: a standard error, a range
 */
export const resolved = (value, step) => decimals(value, digitsFor(step, 2));

/**
 * How the values of one quantity are written, all alike.
 *
 * @typedef {object} Measure
 * @property {number} power of ten that is written apart; 0 for none
 * @property {number} digits after the point, of the rest
 */

/**
 * The measure of values as large as `size` in which a difference of `step` shows three digits. Far
 * from 1 there is a power of ten, a multiple of three, but where it would leave a long row of digits.
 *
 * @param {number} size the largest, without its sign
 * @param {number} step a difference that matters: a standard error, a range
 * @returns {Measure}
 */
export function measureOf(size, step) {
  const known = size > 0 && Number.isFinite(size);
  const matters = step > 0 && Number.isFinite(step) ? step : size / 100;
  const far = known && (size >= 1e6 || size < 1e-3) && size / matters < 1e6;
  const power = far ? 3 * Math.floor(Math.log10(size) / 3 + 1e-9) : 0;
  // A double holds 16 digits; thirteen are enough to read.
  const most = known ? Math.max(0, 12 - Math.floor(Math.log10(size) - power)) : 2;
  return { power, digits: Math.min(most, digitsFor(matters / 10 ** power, 3)) };
}

/**
 * Words whose numbers are `scaled`, with the power of ten of their measure behind.
 *
 * @param {string} text
 * @param {Measure} measure
 */
export const inMeasure = (text, { power }) => (power ? `(${text})·10${superscript(power)}` : text);

/**
 * A value without the power of ten of its measure, as at a tick whose axis names it.
 *
 * @param {number} value
 * @param {Measure} measure
 */
export function scaled(value, { power, digits }) {
  const words = special(value);
  if (words) return words;
  const part = value / 10 ** power;
  if (Math.abs(part) < 1e4) return decimals(part, digits);
  if (Math.abs(part) >= 1e15) return scientific(part, 2);
  const places = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return withMinus(part.toLocaleString("en", places));
}

/**
 * A value in its measure: 1.103, or 30.71·10⁹.
 *
 * @param {number} value
 * @param {Measure} measure
 */
export function measured(value, measure) {
  const { power, digits } = measure;
  const size = Math.abs(value / 10 ** power);
  if (special(value) || value === 0) return scaled(value, { power: 0, digits });
  if (power && (size < 0.5 * 10 ** -digits || size >= 1e6)) return scientific(value, 2);
  const part = scaled(value, measure);
  return power ? `${part}·10${superscript(power)}` : part;
}

/**
 * A value and its standard error: 1.103 ± 0.012, or (30.71 ± 0.86)·10⁹.
 *
 * @param {number} value
 * @param {number} error
 * @param {Measure} measure
 */
export function withError(value, error, measure) {
  const { power, digits } = measure;
  const small = Math.min(Math.abs(value) || Infinity, error) < 0.5 * 10 ** (power - digits);
  if (!power || small) return `${measured(value, measure)} ± ${measured(error, measure)}`;
  return inMeasure(`${scaled(value, measure)} ± ${scaled(error, measure)}`, measure);
}

/** What an axis says of the measure of its ticks. @param {string} unit @param {Measure} measure */
export const unitWithPower = (unit, { power }) =>
  power ? `${unit}, in 10${superscript(power)}` : unit;

/** A whole number with separators: 12,544. @param {number} value */
export function whole(value) {
  if (Math.abs(value) >= 1e15) return scientific(value, 1);
  return special(value) ?? withMinus((Math.round(value) || 0).toLocaleString("en"));
}

/**
 * A share as a percentage on one line, with no-break spaces.
 *
 * @param {number} part
 * @param {number} total
 */
export function percent(part, total) {
  const share = (100 * part) / total;
  const words = special(share);
  if (words) return words;
  if (share > 0 && share < 0.5) return "<\u00a01\u00a0%";
  if (share > 99.5 && share < 100) return ">\u00a099\u00a0%";
  return `${whole(share)}\u00a0%`;
}

/**
 * A count and its noun: 1 pixel, 2 pixels.
 *
 * @param {number} count
 * @param {string} word
 */
export function plural(count, word) {
  return `${whole(count)} ${word}${count === 1 ? "" : "s"}`;
}

// For programs, not for readers ---------------------------------------------------------------------

/** A place in a drawing, in pixels: as an attribute of SVG has it. @param {number} value */
export const coordinate = (value) => value.toFixed(1);

/**
 * A number as an attribute that a program reads.
 *
 * @param {number} value
 * @param {number} digits after the point
 */
export const attribute = (value, digits) => value.toFixed(digits);

/**
 * A number without the digits that do not matter.
 *
 * @param {number} value
 * @param {number} digits after the point
 */
export const rounded = (value, digits) => Number(value.toFixed(digits));
