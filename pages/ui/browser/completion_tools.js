// The tools of the pad, and what stays of them when the picture goes and comes back.

import { findElement } from "./dom.js";

/**
 * @typedef {object} CompletionMeta What pages/ui/completion_activity.py sends.
 * @property {string} model
 * @property {number} levels K
 * @property {number} rows
 * @property {number} columns
 * @property {number} given rows above the line; given, or else drawn
 * @property {boolean} below the rows below the line are given, in place of those above
 * @property {boolean} free the model draws in any order: what is given comes first
 * @property {boolean} [any] any pixels can be given, not rows alone
 * @property {number} [reserve] height that is wanted below, CSS pixels
 * @property {number} count of continuations
 * @property {number} digit its place in the test split
 * @property {boolean} painted by hand: it is not that digit
 * @property {number} nonce of the last edit that Python has seen
 * @property {string | null} trace_id of the continuations; null where there are none
 * @property {import("./engine.js").Offer | null} engine where this browser draws the continuations
 * @property {number} temperature
 * @property {number} seed
 * @property {number} resets how often Reset was pressed
 * @property {number} arrivals how often an address was opened
 * @property {[string, number]} step activity and number of the step
 * @property {boolean} [present] on a projector
 * @property {string[]} [hidden] what a question covers: "completions"
 * @property {({ step?: number, play?: boolean, chosen?: number, nonce: number }) | null} [goto]
 * @property {{ light: import("./theme.js").Colours, dark: import("./theme.js").Colours }} palette
 * @property {string[]} ramp
 */

/** @typedef {import("./wire.js").Numbers} Numbers */

/**
 * @typedef {object} CompletionArrays D pixels, n continuations.
 * @property {Uint8Array} x (D) the drawing
 * @property {Numbers} surprisal (D), nats
 * @property {Uint8Array} [given] (D) 1 where a pixel is given, where that is not all by the line
 * @property {Int32Array} [order] (D) of the network, where it is not that of the raster
 * @property {Uint8Array} drawn (n, D) by the server; empty where this browser draws
 * @property {Numbers} drawn_surprisal (n, D), nats
 * @property {Uint8Array} base (D) the digit without strokes
 * @property {Uint8Array} strip (10, D)
 * @property {Int32Array} strip_indices (10)
 */

/** What stays when the picture goes and comes back. */
export const kept = {
  tool: "brush",
  width: "thick",
  view: "image",
  level: 1,
  chosen: 0,
  /** @type {{ x: Uint8Array, mask: Uint8Array | null }[]} */
  past: [],
};
/** What only pictures have in which any pixels can be given: in place of it another one takes this. */
const ELSEWHERE = { give: "brush", hide: "brush", box: "thick" };
/** @typedef {"tool" | "width" | "view"} Choice */
/** @type {Choice[]} */
const CHOICES = ["tool", "width", "view"];

export class Tools {
  /**
   * @param {HTMLElement} root
   * @param {() => void} changed called when another tool is taken
   */
  constructor(root, changed) {
    this.root = root;
    this.changed = changed;
    for (const name of CHOICES) {
      for (const button of this.buttonsOf(name))
        button.onclick = () => this.take(name, button.dataset[name] ?? "");
    }
  }

  /** @param {string} name @returns {NodeListOf<HTMLElement>} */
  buttonsOf(name) {
    return this.root.querySelectorAll(`[data-${name}]`);
  }

  /** The button that does something to the drawing. @param {string} name */
  doing(name) {
    return findElement(this.root, `[data-do=${name}]`, HTMLButtonElement);
  }

  /** @param {Choice} name @param {string} value */
  take(name, value) {
    kept[name] = value;
    this.changed();
  }

  /**
   * A button for each level that a brush paints; with two there is nothing to choose.
   *
   * @param {string[]} greys of the levels, the first one the eraser's
   * @param {number | undefined} before how many levels there were
   */
  build(greys, before) {
    const host = findElement(this.root, ".levels", HTMLElement);
    if (before !== greys.length) kept.level = greys.length - 1;
    host.hidden = greys.length === 2;
    const buttons = host.hidden ? [] : greys.slice(1).map((grey, at) => this.level(at + 1, grey));
    host.replaceChildren(...buttons);
  }

  /** @param {number} level @param {string} grey */
  level(level, grey) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "level";
    button.style.setProperty("--level", grey);
    button.dataset.level = String(level);
    button.setAttribute("aria-label", `Level ${level}`);
    button.onclick = () => {
      kept.level = level;
      this.take("tool", "brush");
    };
    return button;
  }

  /** Show the tools that set what is given, or not. @param {boolean} any */
  offer(any) {
    for (const part of this.root.querySelectorAll("[data-any]"))
      if (part instanceof HTMLElement) part.hidden = !any;
    if (any) return;
    kept.tool = ELSEWHERE[/** @type {keyof typeof ELSEWHERE} */ (kept.tool)] ?? kept.tool;
    kept.width = ELSEWHERE[/** @type {keyof typeof ELSEWHERE} */ (kept.width)] ?? kept.width;
  }

  /**
   * What is chosen, and what can be done.
   *
   * @param {Uint8Array} x levels as painted
   * @param {Uint8Array} base the digit without strokes
   * @param {boolean} stale whether the continuations are of another drawing
   */
  show(x, base, stale) {
    for (const name of CHOICES) {
      for (const button of this.buttonsOf(name))
        button.setAttribute("aria-pressed", String(button.dataset[name] === kept[name]));
    }
    for (const button of this.buttonsOf("level")) {
      const chosen = kept.tool === "brush" && Number(button.dataset.level) === kept.level;
      button.setAttribute("aria-pressed", String(chosen));
    }
    this.doing("undo").disabled = !kept.past.length;
    this.doing("clear").disabled = !x.some(Boolean);
    this.doing("digit").disabled = !x.some((level, index) => level !== base[index]);
    this.doing("complete").classList.toggle("asked", stale);
  }
}
