// Draws the gates of a Row LSTM: the digit, one symbol over the image, and the bars of all features.

import { onRamp, sharpContext } from "../ui/browser/theme.js";
import { BAR_ROW, GATE_NAMES, GATE_SYMBOLS } from "./row_lstm_gates_values.js";

/** @typedef {import("./row_lstm_gates_values.js").GateName} GateName */
/** @typedef {import("./row_lstm_gates_values.js").GateValues} GateValues */
/** @typedef {import("../ui/browser/theme.js").Theme} Theme */
/** @typedef {import("../ui/browser/grid.js").PixelGrid} PixelGrid */

const EDGE = 3; // room for the outline of a pixel at the border

/**
 * A colour between two.
 *
 * @param {string} from hexadecimal
 * @param {string} to hexadecimal
 * @param {number} share 0..1, of `to`
 */
export function mixedColour(from, to, share) {
  /** @param {string} colour */
  const parts = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  const [a, b] = [parts(from), parts(to)];
  return `rgb(${a.map((part, k) => Math.round(part + share * (b[k] - part))).join(" ")})`;
}

/**
 * Colour of a value of a symbol.
 *
 * @param {GateName} name
 * @param {number} value
 * @param {number} full the value of the full colour
 * @param {Theme} theme
 * @param {string[]} ramp
 */
function toneOf(name, value, full, { colours }, ramp) {
  if (!GATE_SYMBOLS[name].signed) return onRamp(ramp, value);
  const share = Math.min(1, Math.abs(value) / full);
  return mixedColour(colours.paper, value < 0 ? colours.negative : colours.positive, share);
}

/**
 * The colours of a map's scale, from its low end to its high end.
 *
 * @param {GateName} name
 * @param {Theme} theme
 * @param {string[]} ramp
 */
export function scaleStops(name, theme, ramp) {
  const { signed } = GATE_SYMBOLS[name];
  return Array.from({ length: 9 }, (_, k) =>
    toneOf(name, signed ? k / 4 - 1 : k / 8, 1, theme, ramp),
  );
}

/**
 * The chosen pixel, the one under the pointer, and states of the row above.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {PixelGrid} grid
 * @param {{ pixel: number, hovered: number, above: number[] }} places
 * @param {Theme} theme
 */
function drawPlaces(context, grid, { pixel, hovered, above }, { colours, text, ground }) {
  for (const place of above) {
    const [x, y] = grid.centre(place);
    context.beginPath();
    context.arc(x, y, grid.cell * 0.36, 0, 7);
    context.lineWidth = 4;
    context.strokeStyle = ground;
    context.stroke();
    context.lineWidth = 2;
    context.strokeStyle = text;
    context.stroke();
  }
  if (hovered >= 0) grid.outline(context, hovered, colours.quiet, 1.5);
  grid.ring(context, pixel, colours.target, ground);
}

/**
 * Place a grid on its canvas, of `side` CSS pixels.
 *
 * @param {PixelGrid} grid
 * @param {number} side
 */
export function placeGrid(grid, side) {
  grid.place(EDGE, EDGE, side - 2 * EDGE);
}

/** @param {HTMLCanvasElement} canvas @param {PixelGrid} grid */
const contextFor = (canvas, grid) =>
  sharpContext(canvas, grid.width + 2 * EDGE, grid.height + 2 * EDGE);

/**
 * A symbol of one feature over the image, under the digit's ink.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {PixelGrid} grid
 * @param {GateValues} values
 * @param {{ name: GateName, feature: number, x: Uint8Array, erase: number, blank: boolean }} shown
 *   `erase`: how many of the first rows are erased in the comparison; `blank`: the symbol is covered
 * @param {{ pixel: number, hovered: number, above: number[] }} places
 * @param {Theme} theme
 * @param {string[]} ramp
 */
export function drawGateMap(canvas, grid, values, shown, places, theme, ramp) {
  const { name, feature, x, erase, blank } = shown;
  const context = contextFor(canvas, grid);
  const full = values.fullTone(name, feature);
  grid.fill(context, (index) =>
    blank ? theme.colours.future : toneOf(name, values.at(name, feature, index), full, theme, ramp),
  );
  for (let index = 0; index < x.length; index++)
    if (x[index]) drawInkDot(context, grid, index, Math.floor(index / grid.columns) < erase, theme);
  grid.frame(context, theme.colours.line);
  drawPlaces(context, grid, places, theme);
}

/**
 * A pixel of ink over a map; open where it is erased.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {PixelGrid} grid
 * @param {number} index
 * @param {boolean} erased
 * @param {Theme} theme
 */
function drawInkDot(context, grid, index, erased, { colours }) {
  const [x, y] = grid.corner(index);
  const inset = grid.cell * 0.24;
  const side = grid.cell - 2 * inset;
  context.fillStyle = erased ? colours.paper : colours.ink;
  context.fillRect(x + inset, y + inset, side, side);
  context.lineWidth = 1;
  context.strokeStyle = erased ? colours.ink : colours.paper;
  context.strokeRect(x + inset - 0.5, y + inset - 0.5, side + 1, side + 1);
}

/**
 * A row of bars for each symbol, a bar for each feature.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {number} width in CSS pixels
 * @param {GateValues} values
 * @param {{ pixel: number, feature: number, gate: GateName, lit: string | null }} shown `lit`: the
 *   symbol under the pointer
 * @param {Theme} theme
 */
export function drawGateBars(canvas, width, values, { pixel, feature, gate, lit }, theme) {
  const context = sharpContext(canvas, width, BAR_ROW * GATE_NAMES.length);
  const { colours } = theme;
  const step = width / values.meta.features;
  GATE_NAMES.forEach((name, row) => {
    const top = row * BAR_ROW + 3;
    drawBarRow(context, name, top, step, values, pixel, colours);
    if (name !== lit && name !== gate) return;
    context.strokeStyle = name === lit ? colours.target : colours.quiet;
    context.lineWidth = 1.5;
    context.strokeRect(1, top - 2, width - 2, BAR_ROW - 2);
  });
  context.strokeStyle = theme.text;
  context.lineWidth = 1.5;
  context.strokeRect(feature * step, 1, step, BAR_ROW * GATE_NAMES.length - 2);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {GateName} name
 * @param {number} top
 * @param {number} step width of a bar with its gap
 * @param {GateValues} values
 * @param {number} pixel
 * @param {import("../ui/browser/theme.js").Colours} colours
 */
function drawBarRow(context, name, top, step, values, pixel, colours) {
  const { signed } = GATE_SYMBOLS[name];
  const { features } = values.meta;
  const high = BAR_ROW - 6;
  const zero = signed ? top + high / 2 : top + high;
  const gap = step > 6 ? 1.5 : Math.min(0.5, step / 4);
  const full = values.fullBar(name, pixel);
  context.fillStyle = colours.future;
  context.fillRect(0, top, step * features, high);
  for (let feature = 0; feature < features; feature++) {
    const value = values.at(name, feature, pixel);
    const length = (value / full) * (signed ? high / 2 : high);
    context.fillStyle = value < 0 ? colours.negative : colours.positive;
    context.fillRect(
      feature * step + gap / 2,
      Math.min(zero, zero - length),
      step - gap,
      Math.max(0.75, Math.abs(length)),
    );
  }
  context.fillStyle = colours.quiet;
  context.fillRect(0, zero - 0.5, step * features, 1);
}
