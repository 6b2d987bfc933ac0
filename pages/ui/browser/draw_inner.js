// The inner state of a network at one pixel: rows of bars, a bar for each unit.

import { largestOfEach } from "./draw_values.js";
import { arrowMove } from "./dom.js";
import { decimals, signed } from "./numbers.js";

/**
 * @typedef {object} InnerRow What pages/ui/drawing_activity.py `Row` says of a row of bars.
 * @property {string} symbol
 * @property {string} words
 * @property {number} units how many bars
 * @property {number | null} low end of the bars; null where each has the largest size of its unit
 * @property {number | null} high
 */

/** @typedef {{ row: number, unit: number }} Unit one bar */

/**
 * @typedef {object} InnerLayout
 * @property {number} label height of a line of words
 * @property {number} bars height of a row of bars
 * @property {number} pitch from one row to the next
 * @property {number} width
 */

const MOST_BARS = 88; // CSS pixels, high
const LEAST_BARS = 12;
const MOST_UNITS = 1000; // of a row

/**
 * Where the rows stand.
 *
 * @param {number} rows
 * @param {number} width of all, CSS pixels
 * @param {number} height of all, CSS pixels
 * @param {number} scale of the words
 * @returns {InnerLayout}
 */
export function innerLayout(rows, width, height, scale) {
  const label = Math.round(17 * scale);
  const pitch = Math.min(height / Math.max(1, rows), label + MOST_BARS * scale);
  return { label, bars: Math.max(LEAST_BARS, pitch - label - 5), pitch, width };
}

/**
 * The bar at a point; null where there is none.
 *
 * @param {InnerLayout} layout
 * @param {InnerRow[]} rows
 * @param {number} x
 * @param {number} y
 * @returns {Unit | null}
 */
export function unitAt({ pitch, width }, rows, x, y) {
  const row = Math.floor(y / pitch);
  if (row < 0 || row >= rows.length || x < 0 || x >= width) return null;
  return { row, unit: Math.floor((x / width) * rows[row].units) };
}

/** A bar as one number, as the address has it: all bars of the first row, then the next. @param {InnerRow[]} rows @param {Unit} unit */
export function flatUnit(rows, { row, unit }) {
  return rows.slice(0, row).reduce((sum, { units }) => sum + units, unit);
}

/**
 * The bar of a number, or of a symbol and its number; null where there is none.
 *
 * @param {InnerRow[]} rows
 * @param {number | [string, number] | null | undefined} said
 * @returns {Unit | null}
 */
export function unitOf(rows, said) {
  if (said === null || said === undefined) return null;
  if (Array.isArray(said)) {
    const row = rows.findIndex(({ symbol }) => symbol === said[0]);
    return row >= 0 && said[1] < rows[row].units ? { row, unit: said[1] } : null;
  }
  let left = said;
  for (const [row, { units }] of rows.entries()) {
    if (left < units) return { row, unit: left };
    left -= units;
  }
  return null;
}

/**
 * The same bar among the rows of another direction or layer; null where there is none.
 *
 * @param {Unit | null} unit
 * @param {InnerRow[]} before
 * @param {InnerRow[]} now
 * @returns {Unit | null}
 */
export function unitAmong(unit, before, now) {
  const [was, is] = unit ? [before[unit.row], now[unit.row]] : [];
  /** @param {InnerRow} row */
  const letter = ({ symbol }) => symbol.replace("′", "");
  return was && is && letter(was) === letter(is) && was.units === is.units ? unit : null;
}

/**
 * The bar that an arrow key goes to; undefined for every other key.
 *
 * @param {InnerRow[]} rows
 * @param {Unit | null} from
 * @param {string} key
 * @returns {Unit | undefined}
 */
export function unitByKey(rows, from, key) {
  const by = arrowMove(key, MOST_UNITS);
  if (by === undefined) return undefined;
  const now = from ?? { row: 0, unit: -1 };
  /** @param {number} at @param {number} count */
  const within = (at, count) => Math.max(0, Math.min(count - 1, at));
  const row = within(now.row + Math.trunc(by / MOST_UNITS), rows.length);
  return { row, unit: within(now.unit + (by % MOST_UNITS), rows[row].units) };
}

/** Inner states of every pixel of a trace, and how long their bars are. */
export class Inner {
  /**
   * @param {InnerRow[]} rows
   * @param {Record<string, Float32Array>} arrays row0, row1, ...: each (D, units)
   */
  constructor(rows, arrays) {
    this.rows = rows;
    this.values = rows.map((_, number) => arrays[`row${number}`]);
    this.largest = rows.map(({ low, high, units }, number) =>
      low === null || high === null ? largestOfEach(this.values[number], units) : null,
    );
  }

  /**
   * Which values a bar may have. A unit whose row has no given end has a scale of its own: beside a
   * cell that goes to 21, one that goes to 2 would be a flat line.
   *
   * @param {Unit} unit
   */
  ends({ row, unit }) {
    const { low, high } = this.rows[row];
    const largest = this.largest[row]?.[unit] ?? 0;
    return { low: low ?? -largest, high: high ?? largest };
  }

  /** @param {Unit} unit @param {number} pixel */
  value({ row, unit }, pixel) {
    return this.values[row][pixel * this.rows[row].units + unit];
  }

  /** How strong a value is, from -1 to 1. @param {Unit} unit @param {number} pixel */
  strength(unit, pixel) {
    const { low, high } = this.ends(unit);
    return this.value(unit, pixel) / Math.max(Math.abs(low), Math.abs(high));
  }

  /**
   * Which values the bars of a row may have, in words.
   *
   * @param {number} row
   * @param {Unit | null} chosen
   */
  range(row, chosen) {
    const own = this.largest[row];
    if (own && chosen?.row !== row) return "each to its own largest";
    const { low, high } = this.ends({ row, unit: own && chosen ? chosen.unit : 0 });
    const largest = Number.isInteger(high) ? `${high}` : decimals(high, high < 10 ? 1 : 0);
    const ends = low === -high ? `±${largest}` : `${low} to ${largest}`;
    return own && chosen ? `unit ${chosen.unit}: ${ends}` : ends;
  }

  /** What a bar says. @param {Unit} unit @param {number} pixel */
  words(unit, pixel) {
    const { symbol } = this.rows[unit.row];
    const value = this.value(unit, pixel);
    const number = this.rows[unit.row].low !== 0 ? signed(value, 2) : decimals(value, 3);
    return `${symbol}, unit ${unit.unit}: ${number}`;
  }
}

/**
 * All rows at one pixel.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {object} scene
 * @param {Inner} scene.inner
 * @param {InnerLayout} scene.layout
 * @param {number} scene.pixel
 * @param {Unit | null} scene.chosen
 * @param {number} scene.scale of the words
 * @param {import("./theme.js").Theme} theme
 */
export function drawInner(context, { inner, layout, pixel, chosen, scale }, theme) {
  inner.rows.forEach((row, number) => {
    const y = number * layout.pitch;
    context.textAlign = "left";
    context.font = `600 ${13 * scale}px ${theme.font}`;
    context.fillStyle = theme.text;
    context.fillText(row.symbol, 0, y + layout.label - 5);
    const indent = context.measureText(`${row.symbol} `).width;
    const scene = { inner, layout, pixel, chosen, scale };
    const room = layout.width - (chosen ? drawNumber(context, scene, number, theme) : 0);
    context.font = `${13 * scale}px ${theme.font}`;
    context.fillStyle = theme.colours.quiet;
    const range = inner.range(number, chosen);
    const words = [`${row.words}, ${range}`, range, row.words].find(
      (each) => indent + context.measureText(each).width <= room,
    );
    if (words) context.fillText(words, indent, y + layout.label - 5);
    drawBars(context, { inner, layout, pixel }, number, theme);
  });
  if (!chosen) return;
  const each = layout.width / inner.rows[chosen.row].units;
  context.strokeStyle = theme.text;
  context.lineWidth = 1.5;
  const y = chosen.row * layout.pitch + layout.label - 2;
  const x = Math.max(1, chosen.unit * each - 1);
  context.strokeRect(x, y, Math.min(each + 2, layout.width - x - 1), layout.bars + 4);
}

/**
 * The number of the chosen unit, at the end of each line; how wide it is, with a gap before it.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {{ inner: Inner, layout: InnerLayout, pixel: number, chosen: Unit | null, scale: number }} scene
 * @param {number} row
 * @param {import("./theme.js").Theme} theme
 */
function drawNumber(context, { inner, layout, pixel, chosen, scale }, row, theme) {
  if (!chosen || chosen.unit >= inner.rows[row].units) return 0;
  const value = inner.value({ row, unit: chosen.unit }, pixel);
  const text = inner.rows[row].low !== 0 ? signed(value, 2) : decimals(value, 3);
  context.textAlign = "right";
  context.font = `${row === chosen.row ? 600 : 400} ${13 * scale}px ${theme.font}`;
  context.fillStyle = theme.text;
  context.fillText(text, layout.width, row * layout.pitch + layout.label - 5);
  context.textAlign = "left";
  return context.measureText(text).width + 4;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {{ inner: Inner, layout: InnerLayout, pixel: number }} scene
 * @param {number} row
 * @param {import("./theme.js").Theme} theme
 */
function drawBars(context, { inner, layout, pixel }, row, { colours }) {
  const { units } = inner.rows[row];
  const top = row * layout.pitch + layout.label;
  const each = layout.width / units;
  const thick = Math.max(0.6, each - (each > 3 ? 1 : 0));
  context.fillStyle = colours.future;
  context.fillRect(0, top, layout.width, layout.bars);
  for (let unit = 0; unit < units; unit++) {
    const value = inner.value({ row, unit }, pixel);
    const { low, high } = inner.ends({ row, unit });
    const zero = top + layout.bars * (high / (high - low)); // where a bar of 0 would stand
    const tall = Math.min(layout.bars, (Math.abs(value) / (high - low)) * layout.bars);
    context.fillStyle = value >= 0 ? colours.positive : colours.negative;
    context.fillRect(unit * each, value >= 0 ? zero - tall : zero, thick, tall);
  }
}
