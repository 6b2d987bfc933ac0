// The context of one target, part by part: which states and pixels have arrived.

import { DiagonalReads, WAYS } from "./diagonal_reads.js";

/** @typedef {import("./diagonal_reads.js").Way} Way */
/** @typedef {import("./diagonal_reads.js").DiagonalTables} DiagonalTables */
/** @typedef {"target" | "left" | "ask" | "right" | "both"} Part */
/** @typedef {{ target: number, part: Part, step: number }} BuildPlace */

export const PARTS = /** @type {Part[]} */ (["target", "left", "ask", "right", "both"]);
const NONE = 255;

export class BuildReads {
  /**
   * @param {{ rows: number, columns: number }} shape of the image
   * @param {Pick<DiagonalTables, "output" | "direct" | "mirrored" | "followed direct" | "followed mirrored" | "states direct" | "states mirrored">} tables
   */
  constructor({ rows, columns }, tables) {
    this.columns = columns;
    this.pixels = rows * columns;
    this.tables = tables;
    this.reads = new DiagonalReads(this.pixels, tables);
  }

  /** The direction of a part; null where it shows none by itself. @param {Part} part @returns {Way | null} */
  wayOf(part) {
    return part === "left" ? "direct" : part === "right" ? "mirrored" : null;
  }

  /** Diagonals from the target's state back to the state at a place; 255: it does not arrive. @param {Way} way @param {number} place @param {number} target */
  state(way, place, target) {
    return this.tables[`states ${way}`][target * this.pixels + place];
  }

  /** Diagonals until a state reads a pixel; 255: none does. @param {Way} way @param {number} pixel @param {number} target */
  pixel(way, pixel, target) {
    return this.tables[`followed ${way}`][target * this.pixels + pixel];
  }

  /** How many diagonals there are to follow. @param {Part} part @param {number} target */
  steps(part, target) {
    const way = this.wayOf(part);
    if (!way) return 0;
    let most = 0;
    for (let place = 0; place < this.pixels; place++) {
      const back = this.state(way, place, target);
      if (back !== NONE) most = Math.max(most, back);
    }
    return most;
  }

  /** The states that have arrived, with the diagonals they are back. @param {BuildPlace} place @returns {{ at: number, back: number }[]} */
  states({ target, part, step }) {
    const way = this.wayOf(part);
    if (!way) return [];
    const found = [];
    for (let at = 0; at < this.pixels; at++) {
      const back = this.state(way, at, target);
      if (back <= step) found.push({ at, back });
    }
    return found;
  }

  /** The two states that the second direction asks for. @param {number} target @returns {{ right: number | null, above: number | null }} */
  asked(target) {
    const last = target % this.columns === this.columns - 1;
    return {
      right: last ? null : target + 1,
      above: target < this.columns ? null : target - this.columns,
    };
  }

  /**
   * The mark of a pixel (diagonal_draw.js), or "blank".
   *
   * @param {number} pixel
   * @param {BuildPlace} place
   */
  markOf(pixel, { target, part, step }) {
    if (part === "both") return this.reads.markOf("output", pixel, { target, depth: 1 }) ?? "blank";
    const way = this.wayOf(part);
    if (way && this.pixel(way, pixel, target) <= step) return pixel >= target ? "leak" : way;
    return pixel > target ? "future" : "blank";
  }

  /**
   * How many earlier pixels and which others are read.
   *
   * @param {BuildPlace} place
   */
  count(place) {
    const counts = { pixels: 0, leaks: 0, blind: 0, states: this.states(place).length };
    for (let pixel = 0; pixel < this.pixels; pixel++) {
      const mark = this.markOf(pixel, place);
      if (mark === "leak") counts.leaks++;
      else if (mark === "blind") counts.blind++;
      else if (mark === "both" || WAYS.some((way) => way === mark)) counts.pixels++;
    }
    return counts;
  }
}
