// The loss of a training as a curve, with what it is measured by, and the moments that were kept.

import { decimals } from "../ui/browser/numbers.js";

/**
 * @typedef {object} Curve
 * @property {Float32Array} losses nats, of each step
 * @property {number} total steps of the whole training
 * @property {Record<string, number>} yardsticks nats
 * @property {{ step: number, test: number }[]} moments
 * @property {number} shown which moment
 * @property {number} size of its text, CSS pixels
 */

/**
 * @typedef {object} Frame
 * @property {number} x
 * @property {number} y
 * @property {number} width
 * @property {number} height
 */

/** Where a step is on the axis: early steps have more room. @param {number} step @param {number} total */
export const along = (step, total) => Math.sqrt(step / total);

/** The range of the axis in nats. @param {Curve} curve @returns {[number, number]} */
export function rangeOf({ yardsticks, losses }) {
  const marks = Object.values(yardsticks);
  const low = Math.min(...marks, ...losses);
  const high = Math.max(...marks, ...losses);
  return [Math.max(0, low - 2), high + 2];
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Frame} frame
 * @param {Curve} curve
 * @param {import("../ui/browser/theme.js").Theme} theme
 */
export function drawCurve(context, { x, y, width, height }, curve, theme) {
  const { losses, total, yardsticks, moments, shown, size } = curve;
  const { colours, font, text } = theme;
  const [low, high] = rangeOf(curve);
  /** @param {number} nats */
  const down = (nats) => y + height * (1 - (nats - low) / (high - low));
  /** @param {number} step */
  const right = (step) => x + width * along(step, total);
  context.font = `${size}px ${font}`;
  context.textAlign = "right";
  for (const [name, nats] of Object.entries(yardsticks)) {
    context.strokeStyle = context.fillStyle = colours.quiet;
    context.setLineDash([2, 3]);
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x, down(nats));
    context.lineTo(x + width, down(nats));
    context.stroke();
    context.setLineDash([]);
    const below = nats < low + 6;
    context.fillText(
      `${name}: ${decimals(nats, 1)} nats`,
      x + width,
      down(nats) + (below ? size + 2 : -5),
    );
  }
  context.strokeStyle = colours.seen;
  context.lineWidth = 1.5;
  context.beginPath();
  losses.forEach((loss, at) => context.lineTo(right(at + 1), down(loss)));
  context.stroke();
  for (const { step, test } of moments) {
    context.fillStyle = colours.target;
    context.beginPath();
    context.arc(right(step), down(test), 3.5, 0, 7);
    context.fill();
  }
  const at = right(moments[shown].step);
  context.strokeStyle = text;
  context.setLineDash([5, 3]);
  context.beginPath();
  context.moveTo(at, y);
  context.lineTo(at, y + height);
  context.stroke();
  context.setLineDash([]);
  context.fillStyle = colours.quiet;
  context.textAlign = "center";
  for (const step of [0, total / 100, total / 10, total / 4, total / 2, total])
    context.fillText(
      String(Math.round(step)),
      Math.min(x + width - 12, right(step)),
      y + height + size + 2,
    );
}
