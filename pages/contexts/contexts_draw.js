// Draws one grid of the networks side by side, and the marks of its legend.

import { PixelGrid } from "../ui/browser/grid.js";
import { drawInk, drawMark, drawNew, drawTarget } from "../ui/browser/marks.js";
import { onRamp, sharpContext } from "../ui/browser/theme.js";

/** @type {Record<string, string>} the mark that lies under a key of the legend */
const KEY_GROUNDS = {
  target: "blank",
  new: "seen",
  marked: "blank",
  ink: "blank",
  painted: "blank",
};

/**
 * @typedef {object} GridScene What one grid shows.
 * @property {import("../ui/browser/theme.js").Theme} theme
 * @property {number} target
 * @property {(pixel: number) => string | null} markOf name of a mark; null for the target
 * @property {((pixel: number) => number) | null} strength of the gradient, 0..1; null where it is not shown
 * @property {string[]} ramp
 * @property {(pixel: number) => boolean} fresh whether the last layer was the first to read it
 * @property {(pixel: number) => boolean} ink
 * @property {ReadonlySet<number>} painted
 * @property {number} marked pixel, or -1
 * @property {number} hovered pixel, or -1
 */

/** Side and corner of a cell without its gap. @param {PixelGrid} grid @param {number} index @returns {[number, number, number]} */
function squareOf(grid, index) {
  const [x, y] = grid.corner(index);
  return [x + grid.gap / 2, y + grid.gap / 2, grid.cell - grid.gap];
}

/** @param {HTMLCanvasElement} canvas @param {PixelGrid} grid @param {number} edge @param {GridScene} scene */
export function drawGrid(canvas, grid, edge, scene) {
  const { theme, target, strength, painted, marked, hovered } = scene;
  const context = sharpContext(canvas, grid.width + 2 * edge, grid.height + 2 * edge);
  for (let pixel = 0; pixel < grid.rows * grid.columns; pixel++) {
    const square = squareOf(grid, pixel);
    const mark = scene.markOf(pixel);
    if (strength && mark === "seen") {
      context.fillStyle = onRamp(scene.ramp, strength(pixel));
      context.fillRect(...square, square[2]);
    } else {
      drawMark(context, mark ?? "blank", ...square, theme);
    }
    if (mark === "seen" && scene.fresh(pixel)) drawNew(context, ...square, theme);
    if (scene.ink(pixel)) drawInk(context, theme.colours.ink, ...square, theme);
    if (painted.has(pixel)) drawPainted(context, square, theme);
  }
  drawTarget(context, ...squareOf(grid, target), theme);
  if (marked >= 0) grid.ring(context, marked, theme.colours["drawn-now"], theme.text);
  if (hovered < 0 || hovered === target) return;
  const [x, y, size] = squareOf(grid, hovered);
  context.strokeStyle = theme.text;
  context.lineWidth = 1.5;
  context.strokeRect(x, y, size, size);
}

/** @param {CanvasRenderingContext2D} context @param {[number, number, number]} square @param {import("../ui/browser/theme.js").Theme} theme */
function drawPainted(context, [x, y, size], { colours }) {
  context.strokeStyle = colours.flipped;
  context.lineWidth = Math.max(1.5, size / 8);
  context.strokeRect(x, y, size, size);
}

/**
 * A mark of the legend.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {string} mark
 * @param {[number, number, number]} square
 * @param {import("../ui/browser/theme.js").Theme} theme
 */
export function drawKeyMark(context, mark, square, theme) {
  drawMark(context, KEY_GROUNDS[mark] ?? mark, ...square, theme);
  if (mark === "target") drawTarget(context, ...square, theme);
  if (mark === "new") drawNew(context, ...square, theme);
  if (mark === "ink") drawInk(context, theme.colours.ink, ...square, theme);
  if (mark === "painted") drawPainted(context, square, theme);
  if (mark !== "marked") return;
  const grid = new PixelGrid(1, 1);
  grid.place(2.5, 2.5, 10);
  grid.ring(context, 0, theme.colours["drawn-now"], theme.text);
}
