// How a drawing and its continuations are drawn: the pad, the continuation chosen, the small ones.

import { onRamp } from "./theme.js";
import { drawSmall } from "./digit_strip.js";

export const TOP = 5; // nats: the upper end of the ramp, p = 0.7 %

/** @typedef {import("./theme.js").Theme} Theme */
/** @typedef {import("./grid.js").PixelGrid} PixelGrid */

/** A surprisal as a place on the ramp, 0..1. @param {number} nats @param {number} [top] of the ramp */
const onScale = (nats, top = TOP) => Math.min(1, nats / top);

/**
 * The drawing: what is given as it is, the rest faint.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {PixelGrid} grid
 * @param {{ x: Uint8Array, part: import("./completion_part.js").Part, greys: string[], faint: boolean }} drawing
 *   faint: whether what is not given is shown
 * @param {Theme} theme
 */
export function drawPad(context, grid, { x, part, greys, faint }, { colours }) {
  context.globalAlpha = 1;
  grid.fill(context, (index) => (part.given(index) ? greys[x[index]] : colours.future));
  context.globalAlpha = 0.22; // drawn, but not given
  grid.fill(context, (index) => (faint && !part.given(index) && x[index] ? greys[x[index]] : null));
  context.globalAlpha = 1;
  grid.frame(context, colours.line);
}

/**
 * One continuation, as an image or as the surprisal of its pixels, with the line over it.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {PixelGrid} grid
 * @param {object} shown
 * @param {(index: number) => boolean} shown.there whether a pixel is there
 * @param {number | null} shown.line rows above it; null for no line
 * @param {(index: number) => string} shown.colourOf of a pixel that is there
 * @param {Theme} theme
 */
export function drawContinuation(context, grid, { there, line, colourOf }, theme) {
  const { colours, ground, text } = theme;
  grid.fill(context, (index) => (there(index) ? null : colours.future));
  for (let index = 0; index < grid.rows * grid.columns; index++) {
    if (!there(index)) continue;
    const [x, y] = grid.corner(index);
    context.fillStyle = colourOf(index);
    context.fillRect(x, y, grid.cell + 0.3, grid.cell + 0.3);
  }
  grid.frame(context, colours.line);
  if (line === null) return;
  const y = grid.y + line * grid.cell;
  /** @type {[string, number][]} */
  const strokes = [
    [ground, 4],
    [text, 2],
  ];
  for (const [colour, width] of strokes) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(grid.x, y);
    context.lineTo(grid.x + grid.width, y);
    context.stroke();
  }
}

/**
 * The edge between what is given and what is drawn.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {PixelGrid} grid
 * @param {import("./completion_part.js").Part} part
 * @param {Theme} theme
 */
export function outlineGiven(context, grid, part, { ground, text }) {
  const path = new Path2D();
  for (let index = 0; index < part.pixels; index++) {
    const [x, y] = grid.corner(index);
    const given = part.given(index);
    const right = (index + 1) % grid.columns > 0 && part.given(index + 1) !== given;
    const below = index + grid.columns < part.pixels && part.given(index + grid.columns) !== given;
    if (right) {
      path.moveTo(x + grid.cell, y);
      path.lineTo(x + grid.cell, y + grid.cell);
    }
    if (below) {
      path.moveTo(x, y + grid.cell);
      path.lineTo(x + grid.cell, y + grid.cell);
    }
  }
  /** @type {[string, number][]} */
  const strokes = [
    [ground, 3.5],
    [text, 1.5],
  ];
  for (const [colour, width] of strokes) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke(path);
  }
}

/** The colour of a surprisal. @param {string[]} ramp @param {number} nats @param {number} [top] */
export const surprisalColour = (ramp, nats, top) => onRamp(ramp, onScale(nats, top));

/**
 * A continuation on a small canvas, one device pixel a pixel.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {object} shown
 * @param {(index: number) => boolean} shown.there whether a pixel is there
 * @param {number} shown.pixels
 * @param {number} shown.columns
 * @param {(index: number) => string} shown.colourOf of a pixel that is there
 * @param {Theme} theme
 */
export function drawSmallContinuation(canvas, { there, pixels, columns, colourOf }, theme) {
  const tones = [theme.colours.future];
  /** @type {Map<string, number>} */
  const places = new Map();
  const levels = Array.from({ length: pixels }, (_, index) => {
    if (!there(index)) return 0;
    const colour = colourOf(index);
    const place = places.get(colour) ?? tones.push(colour) - 1;
    places.set(colour, place);
    return place;
  });
  drawSmall(canvas, levels, columns, tones);
}
