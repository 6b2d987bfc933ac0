// The card of a checkpoint: which model its weights belong to. Read as untrusted, like the weights.

import { EngineError, shown } from "./errors.js";

const MAX_DIMENSIONS = 1_000_000;
const MAX_LEVELS = 256; // a value is one byte

/**
 * The constructor's arguments of the Python class, under the same names.
 *
 * @typedef {Record<string, any>} Config
 */

/**
 * @typedef {object} Card
 * @property {string} class
 * @property {Config} config
 */

/**
 * Checks the form of a card, not yet what its config says.
 *
 * @param {unknown} card
 * @returns {Card}
 */
export function checkCard(card) {
  const given = /** @type {any} */ (card);
  const isObject = (/** @type {unknown} */ value) =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject(given) || typeof given.class !== "string" || !isObject(given.config)) {
    throw new EngineError(
      `This is no card of a model: it needs "class", a name, and "config", an object; given ${shown(card)}.`,
    );
  }
  return given;
}

/** Reads the entries of a config one by one; `finish` refuses those that nobody asked for. */
export class ConfigReader {
  /** @param {Config} config */
  constructor(config) {
    this.config = config;
    this.left = new Set(Object.keys(config));
  }

  /**
   * An entry as it is, or `otherwise` where the card has none.
   *
   * @param {string} name
   * @param {any} [otherwise]
   */
  any(name, otherwise) {
    this.left.delete(name);
    return Object.hasOwn(this.config, name) ? this.config[name] : otherwise;
  }

  /**
   * @param {string} name
   * @param {any} value
   * @param {string} expected
   * @returns {never}
   */
  refuse(name, value, expected) {
    throw new EngineError(`The card says ${name} = ${shown(value)}; expected ${expected}.`);
  }

  /**
   * A whole number.
   *
   * @param {string} name
   * @param {number} otherwise
   * @param {number} least
   * @param {number} [most]
   * @returns {number}
   */
  integer(name, otherwise, least, most = 1e6) {
    const value = this.any(name, otherwise);
    if (!Number.isSafeInteger(value) || value < least || value > most) {
      this.refuse(name, value, `a whole number from ${least} to ${most}`);
    }
    return value;
  }

  /**
   * The side of a convolution.
   *
   * @param {string} name @param {number} otherwise @param {number} least
   */
  odd(name, otherwise, least) {
    const value = this.integer(name, otherwise, least, 999);
    if (value % 2 === 0) this.refuse(name, value, "an odd number");
    return value;
  }

  /**
   * @param {string} name
   * @param {boolean} otherwise
   * @returns {boolean}
   */
  flag(name, otherwise) {
    const value = this.any(name, otherwise);
    if (typeof value !== "boolean") this.refuse(name, value, "true or false");
    return value;
  }

  /** event_shape and levels, and D. */
  event() {
    const shape = this.any("event_shape");
    const isShape =
      Array.isArray(shape) &&
      (shape.length === 1 || shape.length === 3) &&
      shape.every((size) => Number.isSafeInteger(size) && size >= 1);
    const dimensions = isShape ? shape.reduce((total, size) => total * size, 1) : 0;
    if (dimensions < 1 || dimensions > MAX_DIMENSIONS) {
      this.refuse("event_shape", shape, "[D] or [C, H, W], each at least 1");
    }
    /** @type {number[]} */
    const eventShape = shape;
    return { eventShape, dimensions, levels: this.integer("levels", 2, 2, MAX_LEVELS) };
  }

  /** The event of an image of one channel, its height and width too. */
  image() {
    const event = this.event();
    if (event.eventShape.length !== 3 || event.eventShape[0] !== 1) {
      throw new EngineError(
        `This engine draws images of one channel; this model draws (${event.eventShape.join(", ")}). ` +
          "The server draws it.",
      );
    }
    return { ...event, height: event.eventShape[1], width: event.eventShape[2] };
  }

  /** Refuses entries that were not read: a model that has them may compute something else. */
  finish() {
    if (this.left.size) {
      throw new EngineError(
        `The card has entries that this engine does not know: ${[...this.left].sort().join(", ")}. ` +
          "The server draws this model.",
      );
    }
  }
}

/**
 * Row by row from the top left; within a pixel R, then G, then B.
 *
 * @param {number[]} eventShape (D) or (C, H, W).
 */
function raster(eventShape) {
  const dimensions = eventShape.reduce((total, size) => total * size, 1);
  const channels = eventShape.length === 3 ? eventShape[0] : 1;
  const pixels = dimensions / channels;
  return Int32Array.from(
    { length: dimensions },
    (_, t) => (t % channels) * pixels + Math.floor(t / channels),
  );
}

/**
 * An order as an array, after checking that it is a permutation.
 *
 * @param {ArrayLike<number> | null | undefined} order order[t] = flat index drawn at step t; null for
 *   raster order.
 * @param {number[]} eventShape
 * @returns {Int32Array}
 */
export function checkOrder(order, eventShape) {
  const natural = raster(eventShape);
  if (order === null || order === undefined) return natural;
  const seen = new Uint8Array(natural.length);
  for (let t = 0; t < (order.length ?? 0); t++) {
    if (Number.isInteger(order[t]) && order[t] >= 0 && order[t] < seen.length) seen[order[t]] = 1;
  }
  const missing = seen.indexOf(0);
  if (order.length !== seen.length || missing >= 0) {
    throw new EngineError(
      `An order lists each of 0 to ${seen.length - 1} exactly once; given ${order.length} entries` +
        (missing >= 0 ? `, and ${missing} is missing.` : "."),
    );
  }
  return Int32Array.from(order);
}
