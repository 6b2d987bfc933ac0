// What is drawn over the grids of the picture of what networks read: a path, and the cells of a mask.

import { sharpContext } from "../ui/browser/theme.js";
import { drawMark } from "../ui/browser/marks.js";

const STREAM_MARKS = ["blank", "horizontal", "vertical", "crossed"]; // by the bits of a kernel's cell
const TILE = 66; // CSS pixels: the longer side of a small kernel, at most

/** @typedef {import("../ui/browser/theme.js").Theme} Theme */
/** @typedef {[number, number, number]} Square x, y and side */

/**
 * A line through places, each with a dot.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {[number, number][]} places
 * @param {Theme} theme
 */
export function drawPath(context, places, { colours, ground }) {
  /** @type {[string, number, number][]} colour, width of the line, radius of the dots */
  const strokes = [
    [ground, 5, 4.5],
    [colours.target, 2.5, 3],
  ];
  for (const [colour, width, radius] of strokes) {
    context.strokeStyle = context.fillStyle = colour;
    context.lineWidth = width;
    context.lineJoin = "round";
    context.beginPath();
    places.forEach(([x, y]) => context.lineTo(x, y));
    context.stroke();
    for (const [x, y] of places) {
      context.beginPath();
      context.arc(x, y, radius, 0, 7);
      context.fill();
    }
  }
}

/**
 * One cell of a mask: a 1 in the colour of what is read, a 0 on plain ground.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {string[]} streams of the network
 * @param {number} bits
 * @param {Square} square
 * @param {Theme} theme
 */
export function drawWeight(context, streams, bits, [x, y, size], theme) {
  const mark = !bits ? null : streams.length > 1 ? STREAM_MARKS[bits] : "seen";
  if (mark) drawMark(context, mark, x, y, size, theme);
  if (size < 11) return; // no room for a digit that can be read
  const { colours, ground, font } = theme;
  context.font = `600 ${size < 21 ? 12 : 13}px ${font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  if (mark && mark !== "seen") {
    context.fillStyle = colours.seen;
    context.fillRect(x + size * 0.25, y + size * 0.2, size * 0.5, size * 0.6);
  }
  context.fillStyle = bits ? ground : colours.quiet;
  context.fillText(bits ? "1" : "0", x + size / 2, y + size / 2 + 0.5);
}

/**
 * A whole mask, small.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {import("./fields_reads.js").Kernel} kernel
 * @param {ArrayLike<number>} cells of the kernel
 * @param {string[]} streams of the network
 * @param {Theme} theme
 */
export function drawTile(canvas, { rows, columns }, cells, streams, theme) {
  const cell = Math.min(14, Math.floor(TILE / Math.max(rows, columns)));
  const context = sharpContext(canvas, cell * columns + 2, cell * rows + 2);
  /** @param {number} row @param {number} column @returns {Square} */
  const square = (row, column) => [1 + column * cell, 1 + row * cell, cell - 1];
  Array.from(cells, (bits, at) => {
    const where = square(Math.floor(at / columns), at % columns);
    if (!bits) drawMark(context, "blank", ...where, theme);
    drawWeight(context, streams, bits, where, theme);
  });
  context.strokeStyle = theme.colours.target;
  context.lineWidth = 1.5;
  context.strokeRect(...square((rows - 1) / 2, (columns - 1) / 2), cell - 1);
}
