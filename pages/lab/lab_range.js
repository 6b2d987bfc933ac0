// Where one picture's NLL lies among those of test images: a strip with their quartiles. The layout
// and the words need no DOM.

import { decimals, percent, whole } from "../ui/browser/numbers.js";
import { sharpContext } from "../ui/browser/theme.js";

/**
 * @typedef {object} Range Of NLLs, in nats.
 * @property {number[]} marks smallest, quartiles, largest
 * @property {number} mean
 * @property {number} count of the images
 * @property {boolean} whole they are all test images
 * @property {number} below part of them with a smaller NLL than the picture, 0..1
 */

/**
 * The ends of an axis on which all of these stand.
 *
 * @param {(Range | null | undefined)[]} ranges
 * @param {number[]} nats of pictures
 * @returns {[number, number]}
 */
export function spanOf(ranges, nats) {
  const all = [...nats.filter(Number.isFinite), ...ranges.flatMap((range) => range?.marks ?? [])];
  if (!all.length) return [0, 1];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  return high > low ? [low, high] : [low - 0.5, high + 0.5];
}

/** Where a picture lies among the test images. @param {Range} range */
export function rangeInWords({ below, count, whole: all }) {
  const of = `${all ? "the" : "some"} ${whole(count)} test images`;
  if (below <= 0) return `less than all of ${of}`;
  if (below >= 1) return `more than all of ${of}`;
  return `more than ${percent(below, 1)} of ${of}`;
}

/** Least, middle and most of the test images. @param {Range} range */
export function marksInWords({ marks, mean, count, whole: all }) {
  const [low, first, median, third, high] = marks.map((nats) => decimals(nats, 1));
  return (
    `${all ? "All" : "A random"} ${whole(count)} test images: ${low} to ${high} nats, half of them ` +
    `between ${first} and ${third}, median ${median}, mean ${decimals(mean, 1)}.`
  );
}

/**
 * Draws the strip: a line from the smallest to the largest, a box between the quartiles, a bar at the
 * median, a dot at the mean, a wedge at the picture.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {{ width: number, height: number }} size CSS pixels
 * @param {{ range: Range | null | undefined, nats: number, span: [number, number] }} shown
 * @param {import("../ui/browser/theme.js").Theme} theme
 */
export function drawRange(canvas, { width, height }, { range, nats, span }, theme) {
  const context = sharpContext(canvas, width, height);
  const [low, high] = span;
  const edge = 5;
  /** @param {number} value */
  const at = (value) => edge + ((value - low) / (high - low)) * (width - 2 * edge);
  const middle = height - 7;
  const { colours } = theme;
  if (range) {
    const [least, first, median, third, most] = range.marks.map(at);
    context.fillStyle = colours.quiet;
    context.fillRect(least, middle - 0.5, most - least, 1);
    for (const end of [least, most]) context.fillRect(end - 0.5, middle - 3, 1, 6);
    context.fillStyle = context.strokeStyle = colours.seen;
    context.globalAlpha = 0.25;
    context.fillRect(first, middle - 5, third - first, 10);
    context.globalAlpha = 1;
    context.strokeRect(first, middle - 5, third - first, 10);
    context.fillRect(median - 1, middle - 5, 2, 10);
    context.beginPath();
    context.arc(at(range.mean), middle, 2.5, 0, 2 * Math.PI);
    context.fill();
  }
  const x = at(nats);
  context.fillStyle = colours.target;
  context.fillRect(x - 1, middle - 6, 2, 12);
  context.beginPath();
  context.moveTo(x, middle - 6);
  context.lineTo(x - 5, middle - 14);
  context.lineTo(x + 5, middle - 14);
  context.fill();
}
