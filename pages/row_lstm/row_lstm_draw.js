// Draws the states of a Row LSTM over the pixels, and the way from a target to a pixel.

/** @typedef {import("./row_lstm_reads.js").RowReads} RowReads */
/** @typedef {import("../ui/browser/theme.js").Theme} Theme */
/** @typedef {import("../ui/browser/grid.js").PixelGrid} PixelGrid */

/**
 * A state: a circle; filled where it came with the last row.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {[number, number]} centre
 * @param {number} cell side of a pixel
 * @param {boolean} newest
 * @param {Theme} theme
 */
export function drawState(context, [x, y], cell, newest, { text, ground }) {
  context.beginPath();
  context.arc(x, y, cell * 0.2, 0, 7);
  context.fillStyle = newest ? text : ground;
  context.fill();
  context.lineWidth = 4;
  context.strokeStyle = ground;
  context.stroke();
  context.lineWidth = Math.max(1.5, cell / 18);
  context.strokeStyle = text;
  context.stroke();
}

/**
 * Lines from each state to those of the row above that it is computed from.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {PixelGrid} grid
 * @param {RowReads} reads
 * @param {{ target: number, rows: number }} place
 * @param {Theme} theme
 */
export function drawRecurrence(context, grid, reads, { target, rows }, theme) {
  const states = Array.from({ length: target + 1 }, (_, place) => place);
  const strokes = /** @type {[string, number][]} */ ([
    [theme.ground, 3],
    [theme.text, 1],
  ]);
  for (const [colour, wide] of strokes) {
    context.strokeStyle = colour;
    for (const place of states) {
      const up = reads.state(place, target);
      if (up >= rows) continue;
      const newest = up === rows - 1;
      context.lineWidth = wide + (newest ? 0.75 : 0);
      context.globalAlpha = newest ? 0.95 : 0.4;
      for (const source of states) {
        if (reads.state(source, place) !== 1) continue;
        context.beginPath();
        context.moveTo(...grid.centre(source));
        context.lineTo(...grid.centre(place));
        context.stroke();
      }
    }
  }
  context.globalAlpha = 1;
}

/**
 * The way from a target over states to a pixel that the last of them reads.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {PixelGrid} grid
 * @param {number[]} places of the states, the target's first
 * @param {number} pixel
 * @param {Theme} theme
 */
export function drawWay(context, grid, places, pixel, theme) {
  const strokes = /** @type {[string, number][]} */ ([
    [theme.ground, 6],
    [theme.colours.target, 3],
  ]);
  for (const [colour, wide] of strokes) {
    context.strokeStyle = colour;
    context.lineWidth = wide;
    context.lineJoin = "round";
    context.beginPath();
    for (const place of places) context.lineTo(...grid.centre(place));
    context.stroke();
    context.setLineDash([4, 4]);
    context.beginPath();
    context.moveTo(...grid.centre(places[places.length - 1]));
    context.lineTo(...grid.centre(pixel));
    context.stroke();
    context.setLineDash([]);
  }
  for (const place of places) drawState(context, grid.centre(place), grid.cell, true, theme);
}

/**
 * A kernel as cells of 1 and 0.
 *
 * @param {number[][]} rows
 * @param {boolean} marked whether its middle is the pixel that is computed
 */
export function kernelCells(rows, marked) {
  const taps = document.createElement("div");
  taps.className = "taps";
  taps.style.gridTemplateColumns = `repeat(${rows[0].length}, 15px)`;
  const [middle, centre] = [(rows.length - 1) / 2, (rows[0].length - 1) / 2];
  rows.forEach((row, y) =>
    row.forEach((tap, x) => {
      const cell = document.createElement("i");
      cell.textContent = String(tap);
      cell.classList.toggle("one", tap === 1);
      cell.classList.toggle("here", marked && y === middle && x === centre);
      taps.append(cell);
    }),
  );
  return taps;
}
