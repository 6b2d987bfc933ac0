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

/** A probability with three digits; never 0 or 1 unless it is. @param {number} p */
export function probability(p) {
  if (p > 0.9995 && p < 1) return "> 0.999";
  return p > 0 && p < 0.0005 ? scientific(p) : decimals(p, 3);
}

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
