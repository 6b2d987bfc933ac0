// What a hand changes of a sample: it is drawn at once, and told to Python when the hand rests. No DOM.
// Python's side: pages/ui/hand.py.

import { RESTS } from "./rests.js";

/**
 * @typedef {object} Sample What a hand can change.
 * @property {number} seed
 * @property {number} temperature
 * @property {[number, number][]} flips pixels set by hand, as flat index and level
 */

/**
 * @typedef {object} HandMeta What pages/ui/hand.py `meta` sends.
 * @property {number} seed
 * @property {number} temperature
 * @property {[number, number][]} given
 * @property {number} most_flips
 * @property {number} hand number of the last change that Python knows
 */

/** @param {HandMeta} meta @returns {Sample} */
export const sampleIn = ({ seed, temperature, given }) => ({ seed, temperature, flips: given });

/** Equal for the same random numbers. @param {string} drawer model, order and so on @param {Sample} sample */
export const baseId = (drawer, { seed, temperature }) =>
  JSON.stringify([drawer, temperature, seed]);

/** Equal for equal samples. @param {string} drawer @param {Sample} sample */
export const sampleId = (drawer, sample) =>
  baseId(drawer, sample) +
  JSON.stringify([...sample.flips].sort((one, other) => one[0] - other[0]));

/**
 * The levels that are given, by flat index, as the engine takes them.
 *
 * @param {Iterable<[number, number]>} flips
 * @param {number} dimensions
 */
export function givenLevels(flips, dimensions) {
  const given = new Int16Array(dimensions).fill(-1);
  for (const [index, level] of flips) given[index] = level;
  return given;
}

export class Hand {
  /** @type {Sample} the sample that is wanted: Python's, with the hand's changes */
  now = { seed: 0, temperature: 1, flips: [] };
  /** @type {Partial<Sample>} what Python is not known to know */
  changed = {};
  place = "";
  number = -1; // of the last telling
  known = -1; // the last one that Python knows
  untold = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  timer = undefined;

  /** @param {(said: Partial<Sample> & { number: number }) => void} tell calls Python */
  constructor(tell) {
    this.tell = tell;
  }

  /** Whether Python does not know yet what the hand did. */
  get ahead() {
    return this.untold || this.number > this.known;
  }

  /**
   * What Python says. While the hand is ahead, its own changes stay; on another place they go.
   *
   * @param {HandMeta} meta
   * @param {string} place equal while the same picture stands there
   */
  receive(meta, place) {
    const again = meta.hand < this.known; // another session: the connection was lost
    if (place !== this.place || again) {
      clearTimeout(this.timer);
      this.place = place;
      this.number = meta.hand;
      this.untold = false;
    }
    this.known = meta.hand;
    if (!this.ahead) this.changed = {};
    this.now = { ...sampleIn(meta), ...this.changed };
  }

  /**
   * @param {Partial<Sample>} change
   * @param {number} [patience] milliseconds until it is told, if nothing else comes
   */
  change(change, patience = RESTS) {
    this.changed = { ...this.changed, ...change };
    this.now = { ...this.now, ...change };
    this.untold = true;
    clearTimeout(this.timer);
    if (patience === 0) this.rest();
    else this.timer = setTimeout(() => this.rest(), patience);
  }

  /** Tell what is not told yet. */
  rest() {
    clearTimeout(this.timer);
    if (!this.untold) return;
    this.untold = false;
    this.number++;
    this.tell({ number: this.number, ...this.changed });
  }

  /** The picture goes: what was not told belongs to a place that is left. */
  destroy() {
    clearTimeout(this.timer);
  }
}
