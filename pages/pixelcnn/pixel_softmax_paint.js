// Pixels of a digit, painted stroke by stroke, and what that did to a softmax.

import { beyondRounding } from "../ui/browser/measured.js";

/**
 * @typedef {object} SoftmaxMeta What pages/pixelcnn/softmax.py sends.
 * @property {string} model
 * @property {string} title of the model
 * @property {import("../ui/browser/engine.js").Offer | null} engine where this browser computes
 * @property {string} table name of its table on the shelf of weights.js
 * @property {number} layers after the first
 * @property {number} levels K
 * @property {number} rows
 * @property {number} columns
 * @property {number} target flat index
 * @property {number} digit its place in the test split
 * @property {number} most pixels that can be painted
 * @property {number} nonce of the last edit that Python has seen
 * @property {number} resets how often Reset was pressed
 * @property {number} arrivals how often somebody came by a link
 * @property {[string, number]} step activity and step of the lesson
 * @property {boolean} [present] on a projector
 * @property {string[]} hidden what a question covers: "field", "bars"
 * @property {({ layer?: string, mode?: string, nonce: number }) | null} goto
 * @property {{ light: import("../ui/browser/theme.js").Colours, dark: import("../ui/browser/theme.js").Colours }} palette
 * @property {string[]} ramp
 */

/** @typedef {import("../ui/browser/wire.js").Numbers} Numbers */

/**
 * @typedef {object} SoftmaxArrays D pixels, K levels.
 * @property {Uint8Array} x (D) as painted; where this browser computes, what the conditionals are of
 * @property {Uint8Array} base (D) before
 * @property {Numbers} logits (D, K), as the network gives them; of Python's only where the server computes
 * @property {Numbers} log_p (D, K), nats
 * @property {Numbers} base_logits of `base`, as is base_log_p
 * @property {Numbers} base_log_p
 * @property {Float32Array} [head] (D, F), what the last layer reads, where this browser has computed it
 * @property {number | null} [only] the one pixel whose conditional is known so far, where not all are
 * @property {Numbers} gradient (D), of the target's conditional, nats; empty where Python was not asked for it
 * @property {Uint8Array} strip (10, D)
 * @property {Int32Array} strip_indices (10)
 */

/** @typedef {Pick<SoftmaxArrays, "x" | "logits" | "log_p">} Answer */
/** @typedef {{ target: number, strokes: number[][], was: Pick<Answer, "logits" | "log_p"> }} Strokes */

/** Flat indices where two images differ. @param {Uint8Array} x @param {Uint8Array} other */
export const differing = (x, other) => [...x.keys()].filter((index) => x[index] !== other[index]);

/** The levels of a digit as they are painted here, of K levels and with at most `most` painted pixels. */
export class Paint {
  full = false; // whether the stroke met the most that can be painted
  /** @type {{ level: number, cells: Set<number>, before: Uint8Array } | null} */
  stroke = null;

  /**
   * @param {Uint8Array} levels as painted so far
   * @param {Uint8Array} base the same, unpainted
   * @param {{ levels: number, most: number }} limits
   */
  constructor(levels, base, limits) {
    /** @type {Uint8Array} */
    this.x = Uint8Array.from(levels);
    this.base = base;
    this.limits = limits;
  }

  /** A stroke takes its first pixel one level on, and every other one to that level. @param {number} index */
  begin(index) {
    const level = (this.x[index] + 1) % this.limits.levels;
    this.stroke = { level, cells: new Set(), before: Uint8Array.from(this.x) };
  }

  /** @param {number[]} cells */
  along(cells) {
    if (!this.stroke) return;
    for (const index of cells) {
      const free = this.x[index] !== this.base[index] || this.painted().length < this.limits.most;
      if (!free) this.full = true;
      if (!free || this.stroke.cells.has(index)) continue;
      this.stroke.cells.add(index);
      this.x[index] = this.stroke.level;
    }
  }

  /** The stroke that has ended: its pixels and the levels before it; null where it painted nothing. */
  end() {
    const done = this.stroke;
    this.stroke = null;
    return done?.cells.size ? { cells: [...done.cells], before: done.before } : null;
  }

  cancel() {
    if (this.stroke) this.x = this.stroke.before;
    this.stroke = null;
  }

  /** Flat indices of the pixels that differ from the digit. */
  painted() {
    return differing(this.x, this.base);
  }
}

/**
 * What happened to the softmax of a pixel between two answers: whether a logit is another number, and
 * how far log p of the value there moved.
 *
 * @param {number} target
 * @param {number} levels K
 * @param {Pick<Answer, "logits" | "log_p">} was
 * @param {Answer} now
 */
export function compareSoftmax(target, levels, was, now) {
  const first = target * levels;
  const value = first + now.x[target];
  return {
    moved: Array.from({ length: levels }, (_, level) => first + level).some((at) =>
      beyondRounding(now.logits[at] - was.logits[at]),
    ),
    by: now.log_p[value] - was.log_p[value],
  };
}

/**
 * What strokes did to the softmax of their target.
 *
 * @param {Strokes} strokes
 * @param {Answer} now
 * @param {number} levels K
 * @param {(index: number) => import("./pixel_softmax_words.js").PixelClass | null} classOf what a
 *   pixel is to the target
 * @returns {{ verdict: import("./pixel_softmax_words.js").Verdict, unread: number, moved: number }}
 *   unread: strokes on pixels that are not read; moved: how many of these moved it
 */
export function judgeStrokes({ target, strokes, was }, now, levels, classOf) {
  const classes = strokes.flat().map(classOf);
  const verdict = { stroke: true, classes, ...compareSoftmax(target, levels, was, now) };
  const unread = strokes.filter((cells) =>
    cells.every((index) => classOf(index) !== "seen"),
  ).length;
  return { verdict, unread, moved: verdict.moved && !classes.includes("seen") ? unread : 0 };
}
