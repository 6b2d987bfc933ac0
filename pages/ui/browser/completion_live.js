// The continuations of a drawing, drawn by the engine in this browser while the hand moves.
//
// Each continuation is a sample of its own: number k of the seed, as on the server. The one shown
// large comes first, then the others in turn. Where the drawing has changed meanwhile, the rest is
// left: so the large one follows the brush, and the others come as fast as they can.

import { pageEngine } from "./engine.js";
import { logSumExp } from "./logits.js";

/** @typedef {import("./completion_part.js").Part} Part */

/** @typedef {import("./engine.js").Offer} Offer */

/**
 * @typedef {object} Wish Continuations of a drawing.
 * @property {Offer} offer
 * @property {Uint8Array} x (D) levels
 * @property {Part} part which pixels are given, and which are drawn
 * @property {boolean} free what is given comes first in the order; else the order is the model's own
 * @property {number} levels K
 * @property {number} temperature
 * @property {number} seed
 * @property {number} count of continuations
 * @property {string} key equal for equal continuations alone
 */

/** @typedef {{ from: number, to: number, values: ArrayLike<number>, probs: ArrayLike<number> }} Steps */

/**
 * What decides continuations, in one string.
 *
 * @param {{ model: string, temperature: number, seed: number }} meta
 * @param {Uint8Array} x
 * @param {Part} part
 */
export function wishKey({ model, temperature, seed }, x, part) {
  const given = x.filter((_, index) => part.given(index));
  return [model, temperature, seed, part.key, given.join("")].join(" ");
}

/** The order in which the engine is to draw, where it is not the model's own. @param {Pick<Wish, "part" | "free">} wish */
const orderOf = ({ part, free }) => (free && part.late.length ? { order: part.givenFirst() } : {});

/**
 * The numbers of the continuations in the order they are drawn: the chosen one, then the others from
 * `next` on.
 *
 * @param {number} count
 * @param {number} chosen
 * @param {number} next
 */
export function inTurn(count, chosen, next) {
  const turn = Array.from({ length: count }, (_, k) => (next + k) % count);
  return [chosen, ...turn.filter((number) => number !== chosen)];
}

/**
 * The surprisal of every value, from the logits of every conditional.
 *
 * @param {Float32Array} logits (D K)
 * @param {Uint8Array} x (D)
 * @param {number} levels K
 * @returns {Float32Array} (D) nats
 */
export function surprisalOf(logits, x, levels) {
  return Float32Array.from(x, (value, index) => {
    const own = logits.subarray(index * levels, (index + 1) * levels);
    return logSumExp(own) - own[value];
  });
}

/** Continuations as far as they are known. */
export class Continuations {
  pixels = 0;
  count = 0;
  /** What was drawn last, or is being drawn. */
  key = "";
  /** What `drawn` and `nats` are, once they are complete. */
  drawnKey = "";
  /** All that was wished is there. */
  whole = false;
  drawn = new Uint8Array(0); // (n, D)
  nats = new Float32Array(0); // (n, D); NaN where it is not known yet
  /** @type {number[]} (n) another number whenever a continuation has changed */
  versions = [];
  changes = 0;
  /** @type {Wish | null} */
  wanted = null;
  busy = false;
  next = 0; // whose turn it is
  here = false; // whether the engine has drawn them, or some of them, and not the server
  milliseconds = 0; // that the engine has taken for those of the newest wish

  /**
   * @param {object} options
   * @param {() => number} options.chosen the continuation that is shown large
   * @param {(number: number) => void} options.painted called when a part of one has come
   * @param {(x: Uint8Array, nats: Float32Array) => void} options.known called with the drawing's own surprisal
   * @param {() => void} options.done called when all of the newest wish is there
   */
  constructor({ chosen, painted, known, done }) {
    this.chosen = chosen;
    this.painted = painted;
    this.known = known;
    this.done = done;
  }

  /** Continuations that the server has drawn. @param {string} key @param {Uint8Array} drawn @param {Float32Array} nats @param {number} count */
  take(key, drawn, nats, count) {
    this.wanted = null;
    this.here = false;
    this.whole = drawn.length > 0;
    this.key = this.drawnKey = this.whole ? key : "";
    this.count = count;
    this.pixels = drawn.length / count;
    this.drawn = Uint8Array.from(drawn);
    this.nats = Float32Array.from(nats);
    this.versions = Array.from({ length: count }, () => ++this.changes);
  }

  /** @param {Wish} wish */
  want(wish) {
    const { wanted } = this;
    if (wanted?.key === wish.key && wish.x.every((level, index) => level === wanted.x[index]))
      return;
    this.wanted = wish;
    this.key = wish.key;
    this.whole = false;
    if (this.pixels !== wish.x.length || this.count !== wish.count) {
      [this.pixels, this.count] = [wish.x.length, wish.count];
      this.drawn = new Uint8Array(this.pixels * this.count);
      this.nats = new Float32Array(this.pixels * this.count).fill(NaN);
      this.versions = Array.from({ length: this.count }, () => ++this.changes);
    }
    if (!this.busy) this.work();
  }

  async work() {
    this.busy = true;
    try {
      while (this.wanted && !this.whole) await this.follow(this.wanted);
    } catch {
      this.wanted = null;
      this.key = ""; // The engine has said so itself: the server draws from now on.
    }
    this.busy = false;
  }

  /** Draw what is wished, as long as it is wished. @param {Wish} wish */
  async follow(wish) {
    if (this.drawnKey !== wish.key && !(await this.all(wish))) return;
    const nats = await this.surprisal(wish, wish.x);
    if (this.wanted !== wish) return;
    this.known(wish.x, nats);
    this.whole = true;
    this.done();
  }

  /** All continuations; whether they are still wished then. @param {Wish} wish */
  async all(wish) {
    const begun = pageEngine().spent;
    this.milliseconds = 0;
    this.drawnKey = "";
    for (const number of inTurn(wish.count, this.chosen(), this.next)) {
      await this.one(wish, number);
      this.here = true;
      this.milliseconds = pageEngine().spent - begun;
      if (number !== this.chosen()) this.next = (number + 1) % wish.count;
      if (this.wanted !== wish) return false;
    }
    // The surprisal is that of the model as trained, so a temperature needs a pass of its own.
    for (let number = 0; wish.temperature !== 1 && number < wish.count; number++) {
      const own = this.drawn.slice(number * this.pixels, (number + 1) * this.pixels);
      const nats = await this.surprisal(wish, own);
      if (this.wanted !== wish) return false;
      this.nats.set(nats, number * this.pixels);
      this.versions[number] = ++this.changes;
    }
    this.drawnKey = wish.key;
    return true;
  }

  /**
   * One continuation.
   *
   * @param {Wish} wish
   * @param {number} number
   */
  async one(wish, number) {
    const { seed, temperature, x, part } = wish;
    const given = part.levels(x);
    const options = { seed, temperature, first: number, given, ...orderOf(wish) };
    let to = 0;
    /** @param {Steps} slice */
    const onSlice = (slice) => {
      to = slice.to;
      if (this.put(wish, number, slice)) this.painted(number);
    };
    const trace = await pageEngine().sample(wish.offer, options, { onSlice });
    const levels = wish.levels;
    const rest = { values: trace.values.subarray(to), probs: trace.probs.subarray(to * levels) };
    if (this.put(wish, number, { from: to, to: x.length, ...rest })) this.painted(number);
  }

  /**
   * Steps of a continuation as the engine sends them; says whether they are of images of the size that
   * is shown.
   *
   * @param {Wish} wish
   * @param {number} number
   * @param {Steps} steps
   */
  put({ levels, temperature, x, part, free }, number, { from, to, values, probs }) {
    if (x.length !== this.pixels) return false;
    this.versions[number] = ++this.changes;
    const first = number * this.pixels;
    const order = free ? part.givenFirst() : part.order;
    for (let step = from; step < to; step++) {
      const value = values[step - from];
      const p = probs[(step - from) * levels + value];
      const at = first + order[step];
      this.drawn[at] = value;
      this.nats[at] = temperature === 1 ? -Math.log(p) : NaN;
    }
    return true;
  }

  /** @param {Wish} wish @param {Uint8Array} x */
  async surprisal(wish, x) {
    const { offer, levels } = wish;
    return surprisalOf(await pageEngine().logits(offer, x, orderOf(wish)), x, levels);
  }
}
