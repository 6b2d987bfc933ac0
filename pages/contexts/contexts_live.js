// p(ink) of every pixel of a digit under each trained network, by the engine of this browser while the
// digit is painted. The networks take turns, each at the digit as it is by then: so one of them follows
// the hand at every moment, and all are there when it rests. No DOM.

import { pageEngine } from "../ui/browser/engine.js";

/**
 * @typedef {object} InkWish
 * @property {Record<string, import("../ui/browser/engine.js").Offer>} offers by the network's word
 * @property {Uint8Array} x (D) the digit as it is painted
 * @property {Uint8Array} base (D) without paint
 */

/** @typedef {{ of: string, p: Float32Array }} InkOf (D) p(ink) of an image, and which image that is */

/** Which network's, and which image it is. @param {import("../ui/browser/engine.js").Offer} offer @param {Uint8Array} x */
const imageId = ({ card }, x) => `${card} ${x.join("")}`;

/**
 * p(ink) of every pixel.
 *
 * @param {Float32Array} logits (D 2)
 */
export function inkOfLogits(logits) {
  return Float32Array.from(
    { length: logits.length / 2 },
    (_, pixel) => 1 / (1 + Math.exp(logits[2 * pixel] - logits[2 * pixel + 1])),
  );
}

export class InkLive {
  /** @type {InkWish | null} */
  wish = null;
  busy = false;
  turn = 0; // of the network that comes next
  /** @type {Map<string, number>} milliseconds that the engine took for each, the last time */
  took = new Map();
  /** @type {Map<string, InkOf>} of the digit as it is painted, by word */
  now = new Map();
  /** @type {Map<string, InkOf>} of the digit alone, by word */
  before = new Map();

  /**
   * @param {(milliseconds: number | null) => void} arrived called whenever a network has answered: what
   *   all took, once the last of them has; null before
   * @param {() => Pick<import("../ui/browser/engine.js").PageEngine, "logits" | "spent">} engine
   */
  constructor(arrived, engine = pageEngine) {
    this.arrived = arrived;
    this.engine = engine;
  }

  /** @param {InkWish} wish */
  want({ offers, x, base }) {
    this.wish = { offers, x: Uint8Array.from(x), base: Uint8Array.from(base) };
    if (!this.busy) this.work();
  }

  /**
   * p(ink) of a pixel as it is painted, and before; null while a network has not answered for this digit.
   *
   * @param {string} word
   * @param {number} pixel
   */
  at(word, pixel) {
    const offer = this.wish?.offers[word];
    const [now, before] = [this.now.get(word), this.before.get(word)];
    if (!this.wish || !offer || !now || before?.of !== imageId(offer, this.wish.base)) return null;
    return { ink: now.p[pixel], before: before.p[pixel] };
  }

  async work() {
    this.busy = true;
    try {
      for (let word = this.next(); word !== undefined; word = this.next()) {
        await this.answer(word);
        this.arrived(this.total);
      }
    } catch {
      this.wish = null; // The engine has said so itself: the server computes from now on.
    }
    this.busy = false;
  }

  /** The network whose turn it is among those that have not answered for the digit as it is now. */
  next() {
    const { wish } = this;
    if (!wish) return undefined;
    const words = Object.keys(wish.offers);
    const inTurn = words.map((_, number) => (this.turn + number) % words.length);
    const found = inTurn.find((number) => !this.knows(words[number], wish));
    if (found === undefined) return undefined;
    this.turn = (found + 1) % words.length;
    return words[found];
  }

  /** Whether a network has answered for a digit. @param {string} word @param {InkWish} wish */
  knows(word, { offers, x, base }) {
    const offer = offers[word];
    return (
      this.now.get(word)?.of === imageId(offer, x) &&
      this.before.get(word)?.of === imageId(offer, base)
    );
  }

  /** @param {string} word */
  async answer(word) {
    const { wish } = this;
    if (!wish) return;
    const { base, x } = wish;
    const begun = this.engine().spent;
    const offer = wish.offers[word];
    const known = this.before.get(word);
    const alone = known?.of === imageId(offer, base) ? known : await this.pass(offer, base);
    const painted = x.some((level, pixel) => level !== base[pixel]);
    this.now.set(word, painted ? await this.pass(offer, x) : alone);
    this.before.set(word, alone);
    this.took.set(word, this.engine().spent - begun);
  }

  /** Milliseconds for all networks, once all have answered; null before. */
  get total() {
    const { wish } = this;
    const words = Object.keys(wish?.offers ?? {});
    if (!wish || !words.every((word) => this.knows(word, wish))) return null;
    return words.reduce((sum, word) => sum + (this.took.get(word) ?? 0), 0);
  }

  /** @param {import("../ui/browser/engine.js").Offer} offer @param {Uint8Array} x @returns {Promise<InkOf>} */
  async pass(offer, x) {
    const logits = await this.engine().logits(offer, x);
    return { of: imageId(offer, x), p: inkOfLogits(logits) };
  }
}
