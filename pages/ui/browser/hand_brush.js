// A brush that flips pixels while it moves over them, and back and forth while it is held still.

import { stillness } from "./theme.js";

const LONG = 600; // milliseconds after which a pixel is held: longer than a slow click
const HELD = 300; // milliseconds between two flips of a held pixel: fewer than three flashes a second

/** @typedef {[number, number][]} Flips flat index and level */

/**
 * Flips with some pixels set to a level.
 *
 * @param {Flips} flips
 * @param {number[]} cells
 * @param {number} level
 * @param {number} most how many there can be; the ones that came last are left out
 * @returns {Flips}
 */
export function withFlips(flips, cells, level, most) {
  /** @type {Map<number, number>} */
  const found = new Map(flips);
  for (const index of cells) if (found.has(index) || found.size < most) found.set(index, level);
  return [...found];
}

/**
 * @typedef {object} Brushed What is needed of a picture whose drawn pixels a stroke flips.
 * @property {Brush} brush
 * @property {import("./player.js").Player} player
 * @property {ArrayLike<number>} rank step at which each pixel is drawn
 * @property {number[]} stroke pixels under the brush, where the server draws
 * @property {boolean} here whether this browser draws
 * @property {(pixel: number) => boolean} isDrawn
 */

/**
 * A stroke has ended: on drawn pixels it ends the brush, a press on one to come goes to its step.
 *
 * @param {Brushed} picture
 * @param {number[]} cells
 * @returns {number[] | null} the drawn ones, where the server is to be told; null otherwise
 */
export function endStroke(picture, cells) {
  const drawn = cells.filter((pixel) => picture.isDrawn(pixel));
  picture.stroke = [];
  if (drawn.length === 0) {
    picture.brush.lift();
    if (cells.length === 1) picture.player.seek(picture.rank[cells[0]]);
    return null;
  }
  picture.player.pause();
  if (!picture.here) return drawn;
  picture.brush.end(drawn);
  return null;
}

export class Brush {
  /** @type {number[]} */
  cells = [];
  level = 0;
  /** @type {Flips | null} those before the stroke */
  before = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  timer = undefined;

  /**
   * @param {object} picture
   * @param {() => Flips} picture.flips those of the sample that is shown
   * @param {(index: number) => number} picture.levelAt of a drawn pixel
   * @param {(cells: number[], level: number, before: Flips) => void} picture.set
   * @param {(before: Flips) => void} picture.take back what the stroke has set
   */
  constructor({ flips, levelAt, set, take }) {
    this.flips = flips;
    this.levelAt = levelAt;
    this.set = set;
    this.take = take;
  }

  /** The cells of a stroke so far; none where it is taken back. @param {number[]} cells */
  move(cells) {
    if (cells.length === 0) {
      if (this.before) this.take(this.before);
      this.lift();
      return;
    }
    if (!this.before) {
      this.before = this.flips();
      this.level = this.levelAt(cells[0]) ^ 1;
    }
    this.cells = [...cells];
    this.apply();
    clearTimeout(this.timer);
    if (!stillness()) this.timer = setTimeout(() => this.turn(), LONG);
  }

  /** The stroke ends. @param {number[]} cells */
  end(cells) {
    if (!this.before && cells.length) this.move(cells); // by a key
    this.lift();
  }

  turn() {
    this.timer = setTimeout(() => this.turn(), HELD);
    this.level ^= 1;
    this.apply();
  }

  apply() {
    if (this.before) this.set(this.cells, this.level, this.before);
  }

  lift() {
    clearTimeout(this.timer);
    this.before = null;
    this.cells = [];
  }
}
