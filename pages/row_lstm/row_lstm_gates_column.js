// One unit of a Row LSTM down a column of the image: o, f, i, g and c of each row, beside the picture,
// so that a row of the curves stands on the same height as the row of the picture.

import { sharpContext } from "../ui/browser/theme.js";
import { decimals, signed } from "../ui/browser/numbers.js";
import { GATE_SYMBOLS } from "./row_lstm_gates_values.js";

/** @typedef {import("./row_lstm_gates_values.js").GateName} GateName */
/** @typedef {import("./row_lstm_gates_values.js").GateValues} GateValues */
/** @typedef {import("../ui/browser/theme.js").Theme} Theme */
/** @typedef {import("../ui/browser/grid.js").PixelGrid} PixelGrid */

/** @type {GateName[]} */
export const CURVES = ["o", "f", "i", "g", "c"];
export const HEAD = 40; // CSS pixels over the curves: a name and the value at the chosen row
// CSS pixels of a panel: below, heads of two readings are short; on a phone, all of them are.
const NARROW_SPAN = 62;
const PHONE_SPAN = 40;
const PHONE = 260; // width of all curves, CSS pixels
const DOT_ROOM = 5; // on the left and the right, for half of a dot
const CELL_SHARE = 1.7; // of the width: the cell has the widest range

/** Between two panels. @param {number} width of all, CSS pixels */
const gapOf = (width) => (width < PHONE ? 8 : 14);

/**
 * Where the curves stand across a width.
 *
 * @param {number} width
 * @returns {{ name: GateName, left: number, span: number }[]}
 */
export function curveLayout(width) {
  const gap = gapOf(width);
  const room = width - 2 * DOT_ROOM - gap * (CURVES.length - 1);
  const share = room / (CURVES.length - 1 + CELL_SHARE);
  let left = DOT_ROOM;
  return CURVES.map((name) => {
    const span = name === "c" ? share * CELL_SHARE : share;
    const place = { name, left, span };
    left += span + gap;
    return place;
  });
}

/**
 * A unit's values down a column, from the first row to the last.
 *
 * @param {GateValues} values
 * @param {GateName} name
 * @param {number} feature
 * @param {number} column
 */
export function downColumn(values, name, feature, column) {
  const { rows, columns } = values.meta;
  return Array.from({ length: rows }, (_, row) => values.at(name, feature, row * columns + column));
}

/**
 * The ends of a curve's scale.
 *
 * @param {GateName} name
 * @param {number[][]} lines
 * @returns {[number, number]}
 */
export function curveRange(name, lines) {
  if (name !== "c") return GATE_SYMBOLS[name].signed ? [-1, 1] : [0, 1];
  const most = Math.ceil(Math.max(1, ...lines.flat().map(Math.abs))); // as it is written below
  return [-most, most];
}

/**
 * @typedef {object} Column
 * @property {GateValues} values
 * @property {GateValues | null} erased of the image without its first rows
 * @property {number} feature
 * @property {number} pixel
 * @property {string[]} hidden curves that are covered
 * @property {boolean} ranges show the range of σ and of tanh at g
 * @property {Uint8Array} x
 */

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {PixelGrid} grid whose rows the curves stand beside
 * @param {Column} of
 * @param {Theme} theme
 */
export function drawColumn(canvas, width, grid, of, theme) {
  const context = sharpContext(canvas, width, HEAD + grid.height + 2 * grid.y);
  const { columns } = of.values.meta;
  const [column, row] = [of.pixel % columns, Math.floor(of.pixel / columns)];
  const top = HEAD + grid.y;
  const places = curveLayout(width);
  for (const { name, left, span } of places) {
    const covered = of.hidden.includes(name);
    const lines = [of.values, ...(of.erased ? [of.erased] : [])].map((values) =>
      downColumn(values, name, of.feature, column),
    );
    const [low, high] = curveRange(name, lines);
    /** @param {number} value */
    const across = (value) => left + ((value - low) / (high - low)) * span;
    drawGround(context, { left, span, top, row, column }, grid, of.x, theme);
    const inWords = name === "c" || name === "g" ? signed : decimals;
    const shown = name === "c" ? lines : lines.slice(0, 1); // of both readings, where there are two
    const digits = placesOf(lines.length, shown.length, places[0].span);
    const there = shown.map((line) => nearZero(line[row], digits) ?? inWords(line[row], digits));
    const said = covered ? "?" : there.join(digits < 2 ? "→" : " → ");
    const room = name === "c" ? span + 4 : span + gapOf(width) - 4;
    const sizes = width < PHONE ? [11] : [14, 12];
    drawHead(context, left, { name, said, low, high, span, room, sizes }, theme);
    if (of.ranges && name === "g")
      drawRange(context, across(0), across(1), top, grid.height, theme);
    if (covered) continue;
    if (low < 0) drawUpright(context, across(0), top, grid.height, theme.colours.quiet);
    lines.forEach((line, number) =>
      drawLine(context, line, { across, top, cell: grid.cell }, number === 1, theme),
    );
    for (const line of lines)
      drawDot(context, across(line[row]), top + (row + 0.5) * grid.cell, theme);
  }
  return top;
}

/**
 * How many decimals a head has.
 *
 * @param {number} readings of the image
 * @param {number} shown of them in this head
 * @param {number} span of the panels but the cell's, CSS pixels
 */
export function placesOf(readings, shown, span) {
  if (span < PHONE_SPAN) return shown > 1 ? 0 : 1;
  return readings > 1 && span < NARROW_SPAN ? 1 : 2;
}

/**
 * A value that its decimals would show as 0: there is no room for a power of ten. Null for every other.
 *
 * @param {number} value
 * @param {number} digits after the point
 */
export function nearZero(value, digits) {
  const least = 10 ** -digits;
  if (value === 0 || Math.abs(value) >= least / 2) return null;
  return value > 0 ? `<${decimals(least, digits)}` : `>${decimals(-least, digits)}`;
}

/**
 * The panel of a curve: grey where the column has ink, a line at the chosen row.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {{ left: number, span: number, top: number, row: number, column: number }} at
 * @param {PixelGrid} grid
 * @param {Uint8Array} x
 * @param {Theme} theme
 */
function drawGround(context, { left, span, top, row, column }, grid, x, { colours }) {
  context.fillStyle = colours.future;
  context.fillRect(left, top, span, grid.height);
  context.fillStyle = colours.line;
  for (let each = 0; each < grid.rows; each++)
    if (x[each * grid.columns + column])
      context.fillRect(left, top + each * grid.cell, span, grid.cell);
  context.strokeStyle = colours.target;
  context.lineWidth = 1.5;
  context.strokeRect(left, top + row * grid.cell, span, grid.cell);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} left
 * @param {{ name: GateName, said: string, low: number, high: number, span: number, room: number, sizes: number[] }} of
 *   sizes: of the type, the first that fits the room or else the last
 * @param {Theme} theme
 */
function drawHead(
  context,
  left,
  { name, said, low, high, span, room, sizes },
  { colours, text, font },
) {
  context.textBaseline = "alphabetic";
  context.textAlign = "left";
  context.fillStyle = text;
  const words = `${name} ${said}`;
  for (const size of sizes) {
    context.font = `600 ${size}px ${font}`;
    if (context.measureText(words).width <= room) break;
  }
  // The last one may begin before its panel, but nothing stands to the right of it.
  const begin = left + span - context.measureText(words).width;
  context.fillText(words, name === "c" ? Math.min(left, begin) : left, 15);
  context.fillStyle = colours.quiet;
  context.font = `12px ${font}`;
  context.fillText(decimals(low, 0), left, 35);
  context.textAlign = "right";
  context.fillText(decimals(high, 0), left + span, 35);
  context.textAlign = "left";
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} top
 * @param {number} height
 * @param {string} colour
 */
function drawUpright(context, x, top, height, colour) {
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x, top);
  context.lineTo(x, top + height);
  context.stroke();
}

/**
 * What σ could give, at g.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {number} from
 * @param {number} to
 * @param {number} top
 * @param {number} height
 * @param {Theme} theme
 */
function drawRange(context, from, to, top, height, { colours, font, text }) {
  context.globalAlpha = 0.35;
  context.fillStyle = colours["drawn-now"];
  context.fillRect(from, top, to - from, height);
  context.globalAlpha = 1;
  context.font = `12px ${font}`;
  context.fillStyle = text;
  context.textAlign = "center";
  const whole = "σ: 0–1";
  const words = context.measureText(whole).width < to - from ? whole : "σ";
  context.fillText(words, (from + to) / 2, top + height - 6);
  context.textAlign = "left";
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number[]} line
 * @param {{ across: (value: number) => number, top: number, cell: number }} at
 * @param {boolean} second of the image without its first rows: dashed
 * @param {Theme} theme
 */
function drawLine(context, line, { across, top, cell }, second, { colours, text }) {
  context.strokeStyle = second ? text : colours.positive;
  context.lineWidth = 2;
  context.setLineDash(second ? [5, 4] : []);
  context.beginPath();
  line.forEach((value, row) => context.lineTo(across(value), top + (row + 0.5) * cell));
  context.stroke();
  context.setLineDash([]);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {Theme} theme
 */
function drawDot(context, x, y, { colours, ground }) {
  context.beginPath();
  context.arc(x, y, 4.5, 0, 7);
  context.fillStyle = colours.target;
  context.fill();
  context.lineWidth = 1.5;
  context.strokeStyle = ground;
  context.stroke();
}
