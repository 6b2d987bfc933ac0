// Draws the maps of a Diagonal BiLSTM: the image on its way to the skewed map, and the sweep.

import { sharpContext } from "../ui/browser/theme.js";
import { coordinate } from "../ui/browser/numbers.js";
import { drawMark, drawTarget } from "../ui/browser/marks.js";

/** @typedef {import("./diagonal_reads.js").Way} Way */
/** @typedef {import("./diagonal_reads.js").SkewedMaps} SkewedMaps */
/** @typedef {import("../ui/browser/theme.js").Theme} Theme */
/** @typedef {{ index: number, x: number, y: number, size: number }} MapCell a cell that was drawn */

/**
 * What a map is drawn of.
 *
 * @typedef {object} MapOf
 * @property {number} rows of the image
 * @property {number} columns
 * @property {SkewedMaps} maps
 * @property {Way} way
 * @property {number} at the pixel that is pointed at
 * @property {Theme} theme
 */

/** Most CSS pixels there are. @typedef {{ wide: number, high: number, less: number }} Room */

const MARGIN = 3; // room for an outline at the border of a canvas
const HEAD = 20; // the line of words over a map
const LARGEST_CELL = 44;
const NARROW_MAP = 640;
const LEAST_CELL = 8;
export const SKEWED = 100; // steps from the image to the skewed map

/**
 * A mark of marks.js, or of what the two directions read: "direct", "mirrored", "both", "now".
 *
 * @param {CanvasRenderingContext2D} context
 * @param {string} mark
 * @param {number} x
 * @param {number} y
 * @param {number} size
 * @param {Theme} theme
 */
export function drawDirection(context, mark, x, y, size, theme) {
  const { colours, ground } = theme;
  const second = { ...theme, colours: { ...colours, seen: colours["seen-second"] } };
  if (mark === "now") {
    context.fillStyle = colours["drawn-now"];
    context.fillRect(x, y, size, size);
    context.strokeStyle = theme.dark ? ground : theme.text;
    context.lineWidth = 1;
    context.strokeRect(x + 0.5, y + 0.5, size - 1, size - 1);
  } else if (mark === "direct" || mark === "both") {
    drawMark(context, "seen", x, y, size, theme);
    if (mark === "both") drawHalf(context, x, y, size, colours["seen-second"], ground);
  } else if (mark === "mirrored") {
    drawMark(context, "seen", x, y, size, second);
    context.globalAlpha = 0.6;
    const stripes = [0.3, 0.7].map((at) => [at, 0, at, 1]);
    drawStrokes(context, stripes, x, y, size, ground, Math.max(0.75, size / 16));
    context.globalAlpha = 1;
  } else {
    drawMark(context, mark, x, y, size, theme);
    if (mark !== "leak") return;
    drawCross(context, 0.3, x, y, size, ground, Math.max(1.5, size / 9));
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number[][]} strokes x0, y0, x1, y1 in parts of a square's side
 * @param {number} x
 * @param {number} y
 * @param {number} size
 * @param {string} colour
 * @param {number} width
 */
function drawStrokes(context, strokes, x, y, size, colour, width) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.beginPath();
  for (const [x0, y0, x1, y1] of strokes) {
    context.moveTo(x + x0 * size, y + y0 * size);
    context.lineTo(x + x1 * size, y + y1 * size);
  }
  context.stroke();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} inset where it begins, in parts of a square's side
 * @param {number} x
 * @param {number} y
 * @param {number} size
 * @param {string} colour
 * @param {number} width
 */
export function drawCross(context, inset, x, y, size, colour, width) {
  const far = 1 - inset;
  const strokes = [
    [inset, inset, far, far],
    [far, inset, inset, far],
  ];
  drawStrokes(context, strokes, x, y, size, colour, width);
}

/**
 * The upper right half of a square.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} size
 * @param {string} colour
 * @param {string} ground
 */
function drawHalf(context, x, y, size, colour, ground) {
  context.fillStyle = colour;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x + size, y);
  context.lineTo(x + size, y + size);
  context.fill();
  drawStrokes(context, [[0, 0, 1, 1]], x, y, size, ground, 1);
}

/**
 * A cell of a map, with a number in it where there is room.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {string} mark
 * @param {MapCell} cell
 * @param {number | null} number
 * @param {Theme} theme
 */
function drawCell(context, mark, { x, y, size }, number, theme) {
  const gap = size > 10 ? 2 : 1;
  drawDirection(context, mark, x + gap / 2, y + gap / 2, size - gap, theme);
  if (size < 15 || number === null) return;
  const { colours, text, ground, font, dark } = theme;
  /** @type {Record<string, string>} */
  const inks = { now: colours[dark ? "paper" : "ink"], blank: colours.quiet, future: text };
  context.fillStyle = inks[mark] ?? ground;
  context.font = `${Math.min(18, Math.max(11, size * 0.44))}px ${font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(String(number), x + size / 2, y + size / 2 + 0.5);
}

/**
 * Arrows from the states that are read to the one that reads them, clear of the numbers.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {[number, number][]} sources
 * @param {[number, number]} to
 * @param {Theme} theme
 */
function drawArrows(context, sources, to, theme) {
  const strokes = /** @type {[string, number][]} */ ([
    [theme.ground, 5],
    [theme.colours.target, 2],
  ]);
  for (const from of sources) {
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    /** @param {number} share @returns {[number, number]} */
    const along = (share) => [from[0] + share * dx, from[1] + share * dy];
    const head = Math.min(6, 0.22 * Math.hypot(dx, dy));
    const turn = Math.atan2(dy, dx);
    const tip = along(0.74);
    const [left, right] = [2.6, -2.6].map(
      (by) =>
        /** @type {[number, number]} */ ([
          tip[0] + head * Math.cos(turn + by),
          tip[1] + head * Math.sin(turn + by),
        ]),
    );
    for (const [colour, width] of strokes) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.lineJoin = "round";
      context.beginPath();
      context.moveTo(...along(0.3));
      context.lineTo(...tip);
      context.moveTo(...left);
      context.lineTo(...tip);
      context.lineTo(...right);
      context.stroke();
    }
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {string} words
 * @param {number} x
 * @param {number} y
 * @param {Theme} theme
 */
function drawTitle(context, words, x, y, { colours, font }) {
  context.fillStyle = colours.quiet;
  context.font = `12px ${font}`;
  context.textAlign = "left";
  context.textBaseline = "alphabetic";
  context.fillText(words, x, y);
}

/**
 * What an image on its way to the skewed map is called.
 *
 * @param {Way} way
 * @param {number} done 0..1
 */
export function skewTitle(way, done) {
  const map = way === "mirrored" ? "the mirrored image" : "the image";
  const { turned, moved } = skewParts(way, done);
  if (done === 0) return "the image";
  if (turned < 1) return "turning over";
  if (moved === 0) return map;
  return moved < 1 ? `${map}, moving` : `${map}, skewed`;
}

/**
 * How far an image has turned over and how far its rows have moved, each 0..1. For the second
 * direction it first turns over.
 *
 * @param {Way} way
 * @param {number} done 0..1
 */
export function skewParts(way, done) {
  if (way === "direct") return { turned: 1, moved: done };
  return { turned: Math.min(1, 2 * done), moved: Math.max(0, 2 * done - 1) };
}

/**
 * The image on its way to the skewed map.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Room} room
 * @param {number} done 0..1
 * @param {MapOf} of
 * @returns {MapCell[]}
 */
export function drawSkew(canvas, { wide, high }, done, { rows, columns, maps, way, at, theme }) {
  const { diagonals } = maps;
  const across = Math.min((wide - 2 * MARGIN) / diagonals, (high - HEAD) / rows, LARGEST_CELL);
  const size = Math.floor(across);
  const [width, height] = [size * diagonals + 2 * MARGIN, size * rows + HEAD + 2 * MARGIN];
  const context = sharpContext(canvas, width, height);
  const { turned, moved } = skewParts(way, done);
  const narrowed = way === "mirrored" ? Math.abs(1 - 2 * turned) : 1; // of a cell that turns over
  const cells = Array.from({ length: rows * columns }, (_, index) => {
    const [row, column] = maps.places[way][index];
    const begun = index % columns;
    const x = begun + (column - row - begun) * turned + row * moved;
    return { index, x: MARGIN + x * size, y: MARGIN + HEAD + row * size, size };
  });
  drawEmptyMap(context, rows, diagonals, size, theme);
  const words = `${skewTitle(way, done)}; the numbers count the diagonals`;
  drawTitle(context, words, MARGIN, MARGIN + HEAD - 7, theme);
  const reads = maps.before(way, at);
  for (const cell of cells) {
    const diagonal = maps.diagonalOf(way, cell.index);
    const same = diagonal === maps.diagonalOf(way, at) ? "now" : "blank";
    const middle = cell.x + size / 2;
    context.save();
    context.translate(middle, 0);
    context.scale(Math.max(0.05, narrowed), 1);
    context.translate(-middle, 0);
    const mark = reads.includes(cell.index) ? way : same;
    drawCell(context, mark, cell, narrowed > 0.7 ? diagonal + 1 : null, theme);
    context.restore();
  }
  if (narrowed === 1)
    drawArrows(
      context,
      reads.map((index) => centreOf(cells[index])),
      centreOf(cells[at]),
      theme,
    );
  drawTarget(context, cells[at].x + 1, cells[at].y + 1, size - 2, theme);
  Object.assign(canvas.dataset, {
    cell: size,
    reads: reads.join(" "),
    x: coordinate(cells[at].x),
    y: coordinate(cells[at].y),
  });
  return cells;
}

/** @param {MapCell} cell @returns {[number, number]} */
const centreOf = ({ x, y, size }) => [x + size / 2, y + size / 2];

/**
 * The cells of a skewed map, dashed.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {number} rows
 * @param {number} diagonals
 * @param {number} size
 * @param {Theme} theme
 */
function drawEmptyMap(context, rows, diagonals, size, { colours }) {
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  context.setLineDash([2, 3]);
  for (let cell = 0; cell < rows * diagonals; cell++) {
    const x = (cell % diagonals) * size + MARGIN;
    const y = Math.floor(cell / diagonals) * size + MARGIN + HEAD;
    context.strokeRect(x + 1.5, y + 1.5, size - 3, size - 3);
  }
  context.setLineDash([]);
}

/**
 * The image and its skewed map, with the diagonal that is computed now.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Room} room
 * @param {number} time how many diagonals are computed
 * @param {MapOf} of
 * @returns {MapCell[]} of both
 */
export function drawSweep(
  canvas,
  { wide, high, less = 0 },
  time,
  { rows, columns, maps, way, at, theme },
) {
  const { diagonals } = maps;
  const stacked = wide < NARROW_MAP;
  const across = stacked ? diagonals : columns + diagonals + 1;
  const most = stacked ? LARGEST_CELL : (high - HEAD) / rows;
  const usual = Math.min((wide - 2 * MARGIN) / across, most, LARGEST_CELL);
  const size = Math.floor(Math.max(LEAST_CELL, usual - (stacked ? less / (2 * rows) : 0)));
  const top = MARGIN + HEAD;
  const high2 = stacked ? 2 * (size * rows + HEAD) : size * rows + HEAD;
  const context = sharpContext(canvas, size * across + 2 * MARGIN, high2 + 2 * MARGIN);
  const [mapX, mapY] = stacked
    ? [MARGIN, top + rows * size + HEAD]
    : [MARGIN + (columns + 1) * size, top];
  drawTitle(context, "image", MARGIN, top - 7, theme);
  const skewed = way === "mirrored" ? "mirrored and skewed" : "skewed";
  drawTitle(context, skewed, mapX, mapY - 7, theme);
  const every = Array.from({ length: rows * columns }, (_, index) => index);
  const inImage = every.map((index) => {
    const [x, y] = [index % columns, Math.floor(index / columns)];
    return { index, x: MARGIN + x * size, y: top + y * size, size };
  });
  const inMap = every.map((index) => {
    const [row, column] = maps.places[way][index];
    return { index, x: mapX + column * size, y: mapY + row * size, size };
  });
  for (const cells of [inImage, inMap]) {
    for (const cell of cells) {
      const diagonal = maps.diagonalOf(way, cell.index);
      const mark = diagonal === time - 1 ? "now" : diagonal < time - 1 ? way : "future";
      drawCell(context, mark, cell, null, theme);
    }
    const sources = maps.before(way, at).map((index) => centreOf(cells[index]));
    drawArrows(context, sources, centreOf(cells[at]), theme);
    drawTarget(context, cells[at].x + 1, cells[at].y + 1, size - 2, theme);
  }
  const now = time ? maps.onDiagonal[way][time - 1].length : 0;
  Object.assign(canvas.dataset, { cell: size, now, way });
  return [...inImage, ...inMap];
}

/**
 * The pixel whose cell is at a point, or -1.
 *
 * @param {MapCell[]} cells
 * @param {number} x
 * @param {number} y
 */
export function cellAt(cells, x, y) {
  const found = cells.find(
    (cell) => x >= cell.x && x < cell.x + cell.size && y >= cell.y && y < cell.y + cell.size,
  );
  return found?.index ?? -1;
}
