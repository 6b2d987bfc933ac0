// Draws the two sides of the race: an image read row by row, and one drawn pixel by pixel.

import { sharpContext } from "../ui/browser/theme.js";
import { plural } from "../ui/browser/numbers.js";

/** @typedef {import("../ui/browser/theme.js").Theme} Theme */
/** @typedef {import("../ui/browser/grid.js").PixelGrid} PixelGrid */
/** @typedef {"pass" | "drawing"} Side */

const EDGE = 3; // room for the frame

/**
 * How many pixels a side has done after some steps: a row a step, or a pixel a step.
 *
 * @param {Side} side
 * @param {number} step
 * @param {{ rows: number, columns: number }} shape
 */
export function pixelsDone(side, step, { rows, columns }) {
  return side === "pass" ? Math.min(step, rows) * columns : Math.min(step, rows * columns);
}

/**
 * The pixels that are computed in a step; none once all is done.
 *
 * @param {Side} side
 * @param {number} step
 * @param {{ rows: number, columns: number }} shape
 * @returns {number[]}
 */
export function pixelsOfStep(side, step, shape) {
  const [from, to] = [step - 1, step].map((at) => pixelsDone(side, Math.max(0, at), shape));
  return Array.from({ length: to - from }, (_, k) => from + k);
}

/**
 * What stands under a side.
 *
 * @param {Side} side
 * @param {number} step
 * @param {{ rows: number, columns: number }} shape
 */
export function raceWords(side, step, shape) {
  const all = side === "pass" ? shape.rows : shape.rows * shape.columns;
  const unit = side === "pass" ? "row" : "pixel";
  if (step >= all) return `ready after ${plural(all, "step")}`;
  return `${plural(step, "step")}: ${step} of ${plural(all, unit)}`;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {PixelGrid} grid
 * @param {number} side CSS pixels
 * @param {{ of: Side, step: number, x: Uint8Array, moving: number, kernel: number }} shown
 *   `moving`: 0..1, how far the states of the row above have come down
 * @param {Theme} theme
 */
export function drawRaceSide(canvas, grid, side, { of, step, x, moving, kernel }, theme) {
  const { colours } = theme;
  const high = (side * grid.rows) / Math.max(grid.rows, grid.columns);
  const context = sharpContext(canvas, side, high);
  grid.place(EDGE, EDGE, side - 2 * EDGE);
  const done = pixelsDone(of, step, grid);
  context.globalAlpha = 1;
  grid.fill(context, (index) => {
    if (index < done) return x[index] ? colours.ink : colours.paper;
    return of === "pass" && x[index] ? null : colours.future;
  });
  context.globalAlpha = 0.4;
  grid.fill(context, (index) =>
    index >= done && of === "pass" && x[index] ? colours.quiet : null,
  );
  context.globalAlpha = 1;
  grid.frame(context, colours.line);
  const now = pixelsOfStep(of, step, grid);
  if (now.length === 0) return;
  const [left, top] = grid.corner(now[0]);
  const width = now.length * grid.cell;
  for (const [colour, wide] of /** @type {[string, number][]} */ ([
    [theme.text, 4],
    [colours["drawn-now"], 2],
  ])) {
    context.strokeStyle = colour;
    context.lineWidth = wide;
    context.strokeRect(left, top, width, grid.cell);
  }
  if (of === "pass" && now[0] >= grid.columns)
    drawHandedDown(context, grid, now, { moving, kernel }, theme);
}

/**
 * The states of the row above on their way down: each goes to those that read it.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {PixelGrid} grid
 * @param {number[]} row the pixels that are computed
 * @param {{ moving: number, kernel: number }} way
 * @param {Theme} theme
 */
function drawHandedDown(context, grid, row, { moving, kernel }, { colours, ground }) {
  if (moving >= 1) return;
  const reach = (kernel - 1) / 2;
  for (const pixel of row) {
    for (let by = -reach; by <= reach; by++) {
      const column = (pixel % grid.columns) + by;
      if (column < 0 || column >= grid.columns) continue;
      const [from, to] = [grid.centre(pixel + by - grid.columns), grid.centre(pixel)];
      context.beginPath();
      context.arc(
        from[0] + moving * (to[0] - from[0]),
        from[1] + moving * (to[1] - from[1]),
        Math.max(1.2, grid.cell * 0.16),
        0,
        7,
      );
      context.fillStyle = colours.seen;
      context.fill();
      context.lineWidth = 0.5;
      context.strokeStyle = ground;
      context.stroke();
    }
  }
}
