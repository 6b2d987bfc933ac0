// A training as its picture needs it: where chart and samples stand, and what is said. No DOM.

import { decimals, whole } from "../ui/browser/numbers.js";

/** @typedef {{ step: number, test: number }} Moment */

/**
 * @typedef {object} Box
 * @property {number} left
 * @property {number} top
 * @property {number} width
 * @property {number} height
 */

/**
 * Chart and samples side by side, or above each other on a phone.
 *
 * @param {number} width CSS pixels
 * @param {number} tall room for both
 * @param {number} size of words
 * @returns {{ chart: Box, sheet: Box, height: number }}
 */
export function learnLayout(width, tall, size) {
  const [axis, title] = [size * 2.6, size + 12];
  if (width < 560) {
    const side = Math.min(width * 0.46, tall * 0.55);
    const height = title + side + 2 * size;
    const chart = { left: axis, top: title, width: width - side - axis - 14, height: side - 8 };
    return {
      chart,
      sheet: { left: width - side - 2, top: title, width: side, height: side },
      height,
    };
  }
  const side = Math.max(160, Math.min(width * 0.44, tall - title - 8));
  const height = title + side + 8;
  return {
    chart: {
      left: axis,
      top: title,
      width: width - side - axis - 36,
      height: side - size * 2,
    },
    sheet: { left: width - side - 2, top: title, width: side, height: side },
    height,
  };
}

/**
 * Where a step and a cost stand in the chart.
 *
 * @param {Box} chart
 * @param {number} steps at the right edge
 * @param {number} nats at the top
 */
export function chartScale(chart, steps, nats) {
  return {
    x: (/** @type {number} */ step) => chart.left + (step / steps) * chart.width,
    y: (/** @type {number} */ cost) => chart.top + (1 - cost / nats) * chart.height,
  };
}

/**
 * The sentence under the picture, as HTML.
 *
 * @param {Moment} moment
 * @param {object} run
 * @param {number} run.total
 * @param {boolean} run.live
 * @param {number} run.seconds
 * @param {number} run.done batches taken
 * @param {boolean} run.hidden
 */
export function learnSentence(moment, { total, live, seconds, done, hidden }) {
  if (hidden) return "No batch is taken yet.";
  const cost = `a test digit costs <b>${decimals(moment.test, 1)}</b> nats`;
  if (live)
    return `Step <b>${whole(done)}</b> of ${whole(total)}, ${decimals(seconds, 1)} s: ${cost}.`;
  if (done === 0) return `No batch is taken yet: ${cost}. Press Train.`;
  return `After <b>${whole(moment.step)}</b> of ${whole(total)} steps ${cost}.`;
}
