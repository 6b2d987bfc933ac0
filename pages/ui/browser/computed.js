// Says who computed the picture, this browser or the server, and in what time; a press changes it. It
// loads the weights into the engine, and tells Python once they are there, or when the engine fails.

import { mount } from "./mount.js";
import { findElement } from "./dom.js";
import { pageEngine } from "./engine.js";
import { computedWords } from "./computed_words.js";
import { store, stored } from "./storage.js";

/** @typedef {import("./engine.js").Offer} Offer */

/**
 * @typedef {object} ComputedMeta
 * @property {"browser" | "server"} where chosen
 * @property {string} failed why the browser computes no more
 * @property {Offer[]} models that the picture shows
 * @property {string[]} ready their names, as Python knows
 * @property {string} cost what the server took, in words
 * @property {boolean} asks a question stands there that is not answered yet
 */

const KEPT = "arviz.where"; // what the reader chose in an earlier visit

class ComputedView {
  /** @type {ComputedMeta | undefined} */
  meta = undefined;
  cost = ""; // of what the server has computed last, also after this browser has taken over
  /** @type {(name: string, value: unknown) => void} */
  tell = () => {};
  /** @type {Set<string>} names of the models that are loaded, or will be */
  asked = new Set();
  /** @type {Set<string>} names of those that are there */
  there = new Set();

  /** @param {import("./mount.js").Host} parent */
  constructor(parent) {
    this.words = findElement(parent, ".told", HTMLElement);
    this.button = findElement(parent, "button", HTMLButtonElement);
    this.engine = pageEngine();
    this.onShown = () => this.show();
    this.onFailed = () => this.fail();
    this.engine.addEventListener("shown", this.onShown);
    this.engine.addEventListener("failed", this.onFailed);
    this.button.onclick = () => this.choose(this.here ? "server" : "browser");
  }

  /**
   * @param {{ meta: ComputedMeta }} data
   * @param {Pick<import("./mount.js").Place, "setTriggerValue">} python
   */
  update({ meta }, { setTriggerValue }) {
    const first = !this.meta;
    this.meta = meta;
    this.cost = meta.asks ? "" : meta.cost || this.cost; // passes and steps may be the answer
    this.tell = setTriggerValue;
    this.show();
    if (first && stored(KEPT) === "server" && meta.where === "browser")
      return this.choose("server");
    if (this.here) this.load();
  }

  /** Whether this browser computes, or will as soon as the weights are there. */
  get here() {
    return this.meta?.where === "browser" && !this.meta.failed;
  }

  /** Loads what is missing, and tells Python of all that is there: of two tellings it may hear the last. */
  async load() {
    const missing = (this.meta?.models ?? []).filter(
      ({ name }) => !this.meta?.ready.includes(name) && !this.asked.has(name),
    );
    if (!missing.length) return;
    for (const { name } of missing) this.asked.add(name);
    try {
      for (const offer of missing) {
        await this.engine.load(offer);
        this.there.add(offer.name);
      }
      this.tell("ready", [...this.there]);
    } catch {
      // `fail` has told it
    }
  }

  fail() {
    console.warn(`The engine answers no more: ${this.engine.why}`);
    this.tell("failed", this.engine.why);
  }

  /** @param {"browser" | "server"} where */
  choose(where) {
    store(KEPT, where); // without storage the choice holds for this visit
    if (where === "browser") {
      this.engine.again();
      this.asked.clear();
      this.there.clear();
    }
    this.tell("where", where);
  }

  show() {
    const { meta, words, button } = this;
    if (!meta) return;
    const loaded = meta.models.every(({ name }) => meta.ready.includes(name));
    words.textContent = computedWords({
      shown: this.engine.shown,
      cost: this.here && loaded ? this.cost : meta.cost,
      ready: this.here && loaded,
      failed: Boolean(meta.failed),
    });
    words.title = meta.failed;
    button.textContent = this.here ? "Compute on the server" : "Compute in this browser";
  }

  destroy() {
    this.engine.removeEventListener("shown", this.onShown);
    this.engine.removeEventListener("failed", this.onFailed);
  }
}

export default mount(ComputedView);
