// Scales and ticks of the axes of a chart. Nothing here needs a page.

import { scaled } from "./numbers.js";

/**
 * @typedef {object} Scale
 * @property {(value: number) => number} at in pixels
 * @property {number} low
 * @property {number} high
 */

/**
 * @param {number} low
 * @param {number} high
 * @param {number} from pixel of `low`
 * @param {number} to pixel of `high`
 * @returns {Scale}
 */
export function linear(low, high, from, to) {
  const span = high - low || 1;
  return { at: (value) => from + ((value - low) / span) * (to - from), low, high };
}

/**
 * The step of ticks, 1, 2 or 5 times a power of ten, of which so many reach over the span.
 *
 * @param {number} span
 * @param {number} most
 */
export function niceStep(span, most) {
  const rough = span / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough || 1));
  const factor = [1, 2, 5, 10].find((each) => each * power >= rough) ?? 10;
  return factor * power;
}

/**
 * @typedef {{ value: number, text: string }} Tick
 */

/**
 * Ticks at even numbers.
 *
 * @param {number} low
 * @param {number} high
 * @param {number} most
 * @param {number} [power] of ten that the axis names beside its unit
 * @returns {Tick[]}
 */
export function numberTicks(low, high, most, power = 0) {
  const step = niceStep(high - low, most);
  const digits = Math.min(30, Math.max(0, power - Math.floor(Math.log10(step) + 1e-9)));
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, at) => {
    const value = (first + at) * step;
    return { value, text: scaled(value, { power, digits }) };
  });
}
