// What the networks of the picture read, looked up in their tables: for every target and every pixel
// the first layer after which the output can read that pixel.

import { NEVER } from "./first_layers.js";

/**
 * @typedef {object} Way How a pixel is read, in a network of two stacks.
 * @property {string} word what the legend calls such a pixel
 * @property {string} stream what a sentence calls the stack
 * @property {string} mark of marks.js
 * @property {string[]} tables names of the tables that all have to hold the pixel
 */

/**
 * @typedef {object} Kernel The taps of a layer, centred on the pixel.
 * @property {string} title
 * @property {string} note
 * @property {string} cells name of its table: 0 where a weight is masked, else the sum of 1 for the
 *   first stream and 2 for the second
 * @property {number} rows odd, as is `columns`
 * @property {number} columns
 */

/**
 * @typedef {object} Panel One network.
 * @property {string} title
 * @property {string} subtitle with {depth} where the number of later layers stands
 * @property {string} table name of its table
 * @property {string[]} streams names of the tables of its streams
 * @property {Way[]} ways the first that fits; none for one way alone
 * @property {Kernel[]} kernels of the first layer and of the later ones; none where it has none
 */

/** @typedef {{ seen: number, limited: number, blind: number, fresh: number, leaks: number, last: number }} Counts */
/** @typedef {{ bits: number, place: number }} Tap bits of a kernel's cell; its pixel, or -1 outside */

export class FieldReads {
  /**
   * @param {Record<string, ArrayLike<number>>} tables
   * @param {{ rows: number, columns: number }} shape of the image
   */
  constructor(tables, { rows, columns }) {
    this.tables = tables;
    this.rows = rows;
    this.columns = columns;
    this.pixels = rows * columns;
  }

  /**
   * The first layer after which a table's network reads a pixel; NEVER where none does.
   *
   * @param {string} table
   * @param {number} pixel
   * @param {number} target
   */
  first(table, pixel, target) {
    return this.tables[table][target * this.pixels + pixel];
  }

  /**
   * The mark of a pixel: a name of marks.js, or null for the target.
   *
   * @param {Panel} panel
   * @param {number} pixel
   * @param {number} target
   * @param {number} depth layers after the first
   */
  markOf(panel, pixel, target, depth) {
    const first = this.first(panel.table, pixel, target);
    if (first <= depth) {
      if (pixel >= target) return "leak";
      return this.wayOf(panel, pixel, target, depth)?.mark ?? "seen";
    }
    if (pixel === target) return null;
    if (pixel > target) return "future";
    return first === NEVER ? "blind" : "depth-limited";
  }

  /**
   * How a pixel is read, in a network of several ways.
   *
   * @param {Panel} panel
   * @param {number} pixel
   * @param {number} target
   * @param {number} depth
   */
  wayOf(panel, pixel, target, depth) {
    return panel.ways.find(({ tables }) =>
      tables.every((table) => this.first(table, pixel, target) <= depth),
    );
  }

  /** Whether the output of a network reads the pixel that it predicts. @param {Panel} panel @param {number} target */
  leaks(panel, target) {
    return this.first(panel.table, target, target) !== NEVER;
  }

  /** @param {Panel} panel @param {number} target @param {number} depth @returns {Counts} */
  count(panel, target, depth) {
    const counts = { seen: 0, limited: 0, blind: 0, fresh: 0, leaks: 0, last: 0 };
    for (let pixel = 0; pixel < this.pixels; pixel++) {
      const first = this.first(panel.table, pixel, target);
      if (first !== NEVER) counts.last = Math.max(counts.last, first);
      if (pixel >= target) counts.leaks += Number(first <= depth);
      else if (first <= depth) counts.seen++;
      else if (first === NEVER) counts.blind++;
      else counts.limited++;
      counts.fresh += Number(pixel < target && first === depth);
    }
    return counts;
  }

  /** The cells of a kernel that stands at a place. @param {Kernel} kernel @param {number} at @returns {Tap[]} */
  under(kernel, at) {
    const [row, column] = [Math.floor(at / this.columns), at % this.columns];
    return Array.from(this.tables[kernel.cells], (bits, cell) => {
      const y = row + Math.floor(cell / kernel.columns) - (kernel.rows - 1) / 2;
      const x = column + (cell % kernel.columns) - (kernel.columns - 1) / 2;
      const inside = y >= 0 && y < this.rows && x >= 0 && x < this.columns;
      return { bits, place: inside ? y * this.columns + x : -1 };
    });
  }

  /** In pixels. @param {number} one @param {number} other */
  distance(one, other) {
    return Math.hypot(
      Math.floor(one / this.columns) - Math.floor(other / this.columns),
      (one % this.columns) - (other % this.columns),
    );
  }

  /**
   * A shortest way from the target back to a pixel that it reads, as the places whose features
   * are read one after the other; none where the panel has no kernels to follow.
   *
   * A feature of layer n reads what lies under its kernel in layer n - 1. In a network of two
   * streams the first also reads the second one at its own place and layer.
   *
   * @param {Panel} panel
   * @param {number} pixel
   * @param {number} target
   * @returns {number[]}
   */
  path(panel, pixel, target) {
    if (panel.kernels.length < 2 || pixel >= target) return [];
    const [start, later] = panel.kernels;
    const { streams } = panel;
    const places = [target];
    let at = target;
    let stream = 0;
    for (let layer = this.first(panel.table, pixel, target); ; layer--) {
      const crosses = stream === 0 && streams.length > 1;
      if (crosses && this.first(streams[1], pixel, at) <= layer) stream = 1;
      const under = this.under(layer === 0 ? start : later, at).filter(
        ({ bits }) => bits & (1 << stream),
      );
      if (layer === 0) return under.some(({ place }) => place === pixel) ? [...places, pixel] : [];
      const next = under
        .map(({ place }) => place)
        .filter((place) => place >= 0 && this.first(streams[stream], pixel, place) < layer)
        .sort((a, b) => this.distance(a, pixel) - this.distance(b, pixel))[0];
      if (next === undefined) return [];
      at = next;
      places.push(at);
    }
  }
}
