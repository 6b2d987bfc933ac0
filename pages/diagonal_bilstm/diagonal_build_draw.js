// Draws the states of both directions over the pixels, and the way of the second one down a row.

import { drawCross } from "./diagonal_draw.js";

/** @typedef {import("../ui/browser/theme.js").Theme} Theme */
/** @typedef {import("../ui/browser/grid.js").PixelGrid} PixelGrid */

/**
 * A state: a circle; filled where it came with the last step.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {[number, number]} centre
 * @param {number} cell side of a pixel
 * @param {boolean} newest
 * @param {Theme} theme
 */
export function drawStateCircle(context, [x, y], cell, newest, { text, ground }) {
  context.beginPath();
  context.arc(x, y, cell * 0.2, 0, 7);
  context.lineWidth = 4;
  context.strokeStyle = ground;
  context.stroke();
  context.fillStyle = newest ? text : ground;
  context.fill();
  context.lineWidth = Math.max(1.5, cell / 18);
  context.strokeStyle = text;
  context.stroke();
}

/**
 * Lines from each state to those that it is computed from.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {PixelGrid} grid
 * @param {{ at: number, back: number }[]} states
 * @param {1 | -1} side where the neighbour in the row is: -1 on the left, 1 on the right
 * @param {Theme} theme
 */
export function drawTakes(context, grid, states, side, theme) {
  const there = new Map(states.map(({ at, back }) => [at, back]));
  for (const [colour, width] of /** @type {[string, number][]} */ ([
    [theme.ground, 3.5],
    [theme.text, 1.25],
  ])) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    for (const { at, back } of states) {
      const column = at % grid.columns;
      const beside = column + side < 0 || column + side >= grid.columns ? -1 : at + side;
      for (const source of [beside, at - grid.columns]) {
        if (there.get(source) !== back + 1) continue;
        context.beginPath();
        context.moveTo(...grid.centre(source));
        context.lineTo(...grid.centre(at));
        context.stroke();
      }
    }
  }
}

/**
 * A mark of words over a cell.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {PixelGrid} grid
 * @param {number} index
 * @param {string} words
 * @param {Theme} theme
 */
export function drawAsked(context, grid, index, words, { colours, text, ground, font }) {
  const [x, y] = grid.centre(index);
  context.strokeStyle = colours.target;
  context.lineWidth = 2;
  context.setLineDash([4, 3]);
  const [left, top] = grid.corner(index);
  context.strokeRect(left + 2, top + 2, grid.cell - 4, grid.cell - 4);
  context.setLineDash([]);
  context.font = `600 ${Math.max(12, Math.min(18, grid.cell * 0.45))}px ${font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineWidth = 4;
  context.strokeStyle = ground;
  context.strokeText(words, x, y);
  context.fillStyle = text;
  context.fillText(words, x, y);
}

/**
 * A cross through a cell: its state cannot be used.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {PixelGrid} grid
 * @param {number} index
 * @param {Theme} theme
 */
export function drawCrossedOut(context, grid, index, { colours }) {
  const [x, y] = grid.corner(index);
  drawCross(context, 0.25, x, y, grid.cell, colours.target, Math.max(2, grid.cell / 12));
}

/**
 * A cross over the state of a pixel that leaks: its value is not drawn yet.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {PixelGrid} grid
 * @param {number} index
 * @param {Theme} theme
 */
export function drawLeakCross(context, grid, index, { text, ground }) {
  const [x, y] = grid.corner(index);
  drawCross(context, 0.14, x, y, grid.cell, ground, Math.max(4, grid.cell / 8));
  drawCross(context, 0.14, x, y, grid.cell, text, Math.max(1.5, grid.cell / 18));
}

/**
 * A light frame within a leaking target: its outline has the colour of a leak.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {PixelGrid} grid
 * @param {number} index
 * @param {Theme} theme
 */
export function drawInnerFrame(context, grid, index, { ground }) {
  const [x, y] = grid.corner(index);
  context.strokeStyle = ground;
  context.lineWidth = 2;
  context.strokeRect(x + 4, y + 4, grid.cell - 8, grid.cell - 8);
}

/**
 * The finished state above the target, handed down by a row.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {PixelGrid} grid
 * @param {number} target
 * @param {number} done 0..1, how far it has come
 * @param {Theme} theme
 */
export function drawShiftDown(context, grid, target, done, { colours, text }) {
  const [[x, from], [, to]] = [grid.centre(target - grid.columns), grid.centre(target)];
  const end = to - grid.cell * 0.12;
  context.strokeStyle = context.fillStyle = colours.target;
  context.lineWidth = Math.max(2, grid.cell / 14);
  context.beginPath();
  context.moveTo(x, from + grid.cell * 0.24);
  context.lineTo(x, end - grid.cell * 0.2);
  context.stroke();
  context.beginPath();
  context.moveTo(x, end);
  context.lineTo(x - grid.cell * 0.16, end - grid.cell * 0.26);
  context.lineTo(x + grid.cell * 0.16, end - grid.cell * 0.26);
  context.fill();
  if (done >= 1) return;
  context.beginPath();
  context.arc(x, from + done * (to - from), grid.cell * 0.2, 0, 7);
  context.fillStyle = colours["drawn-now"];
  context.fill();
  context.lineWidth = 2;
  context.strokeStyle = text;
  context.stroke();
}
