// States that are handed down a row: those that the kernel Kˢˢ covers go into it, and the new state of the
// row below comes out of it.

import { drawState } from "./row_lstm_draw.js";

/** @typedef {import("./row_lstm_reads.js").RowReads} RowReads */
/** @typedef {import("../ui/browser/theme.js").Theme} Theme */
/** @typedef {import("../ui/browser/grid.js").PixelGrid} PixelGrid */

const LEVEL_MS = 900; // to be handed down a row: below the second that a row takes at the usual speed
const INTO = 0.5; // part of that time in which the states of the row above go into the kernel
const MIXED = 0.65; // and until which it works; then the new state comes out

/**
 * States on their way down: from the row `top` above the target to the row `end` above it.
 *
 * @typedef {{ top: number, end: number, begin: number }} Fall
 */

/** @typedef {{ row: number, done: number }} Level the row above the target that is left, 0..1 of the way */

/**
 * Which row above the target the states come from now, and how far they are; null once they are there.
 *
 * @param {Fall} fall
 * @param {number} now milliseconds
 * @returns {Level | null}
 */
export function fallAt({ top, end, begin }, now) {
  const gone = Math.max(0, now - begin) / LEVEL_MS;
  const row = top - Math.floor(gone);
  return row > end ? { row, done: gone - Math.floor(gone) } : null;
}

/**
 * What happens to a state that is handed down: `into` the kernel, 0..1, then `out` of it, 0..1.
 *
 * @param {number} done 0..1 of the way
 */
export function phaseOf(done) {
  return {
    into: Math.min(1, done / INTO),
    out: Math.max(0, (done - MIXED) / (1 - MIXED)),
  };
}

/**
 * The states that one state of the next row is made from.
 *
 * @param {RowReads} reads
 * @param {number} target
 * @param {number} row that is left, counted up from the target
 * @returns {{ place: number, sources: number[] }[]} of each new state, in reading order
 */
export function handedDown(reads, target, row) {
  const places = Array.from({ length: target + 1 }, (_, place) => place);
  const above = places.filter((place) => reads.state(place, target) === row);
  return places
    .filter((place) => reads.state(place, target) === row - 1)
    .map((place) => ({
      place,
      sources: above.filter((source) => reads.state(source, place) === 1),
    }));
}

/**
 * The new state whose kernel is drawn in full: the one nearest to the target's column.
 *
 * @param {{ place: number, sources: number[] }[]} states
 * @param {number} target
 * @param {number} columns
 */
export function nearestState(states, target, columns) {
  /** @param {number} place */
  const apart = (place) => Math.abs((place % columns) - (target % columns));
  return [...states].sort((one, other) => apart(one.place) - apart(other.place))[0] ?? null;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {[number, number]} centre
 * @param {number} radius
 * @param {Theme} theme
 */
function drawMoving(context, [x, y], radius, { colours, ground }) {
  context.beginPath();
  context.arc(x, y, radius, 0, 7);
  context.fillStyle = colours["drawn-now"];
  context.fill();
  context.lineWidth = 1.5;
  context.strokeStyle = ground;
  context.stroke();
}

/**
 * The kernel over the states that it takes, and its name where they meet.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {PixelGrid} grid
 * @param {number[]} sources
 * @param {[number, number]} meeting
 * @param {Theme} theme
 */
function drawKernel(context, grid, sources, [x, y], { colours, ground, text, font }) {
  const centres = sources.map((source) => grid.centre(source));
  const half = grid.cell * 0.36;
  const left = Math.min(...centres.map(([at]) => at)) - half;
  const right = Math.max(...centres.map(([at]) => at)) + half;
  context.beginPath();
  context.roundRect(left, centres[0][1] - half, right - left, 2 * half, half);
  for (const [colour, wide] of /** @type {[string, number][]} */ ([
    [text, 5],
    [colours["drawn-now"], 2.5],
  ])) {
    context.strokeStyle = colour;
    context.lineWidth = wide;
    context.stroke();
  }
  const size = Math.max(10, grid.cell * 0.3);
  context.font = `600 ${size}px ${font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const wide = context.measureText("Kˢˢ").width + size;
  context.fillStyle = ground;
  context.beginPath();
  context.roundRect(x - wide / 2, y - 0.75 * size, wide, 1.5 * size, 4);
  context.fill();
  context.stroke();
  context.fillStyle = text;
  context.fillText("Kˢˢ", x, y);
}

/**
 * The states of a row on their way into the kernel, and those of the next row as they come out.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {PixelGrid} grid
 * @param {RowReads} reads
 * @param {number} target
 * @param {Level} level
 * @param {Theme} theme
 */
export function drawHandedDown(context, grid, reads, target, { row, done }, theme) {
  const { into, out } = phaseOf(done);
  const states = handedDown(reads, target, row);
  /** @param {number} from @param {number} to @param {number} part */
  const between = (from, to, part) => from + part * (to - from);
  /** @param {number} place @returns {[number, number]} */
  const meetingOf = (place) => {
    const [x, y] = grid.centre(place);
    return [x, y - grid.cell / 2];
  };
  for (const { place, sources } of states) {
    const [x, y] = meetingOf(place);
    if (out > 0) {
      const [x1, y1] = grid.centre(place);
      if (out > 0.8) drawState(context, [x1, y1], grid.cell, true, theme);
      drawMoving(context, [between(x, x1, out), between(y, y1, out)], grid.cell * 0.2, theme);
      continue;
    }
    for (const source of sources) {
      const [x0, y0] = grid.centre(source);
      drawMoving(context, [between(x0, x, into), between(y0, y, into)], grid.cell * 0.12, theme);
    }
  }
  const nearest = nearestState(states, target, grid.columns);
  if (nearest?.sources.length)
    drawKernel(context, grid, nearest.sources, meetingOf(nearest.place), theme);
}
