// How one probability of a pixel is computed: the logit as a sum of products of the last layer, then the
// softmax. A click on a probability shows its numbers, a click on a line one multiplication.

import { mount } from "../ui/browser/mount.js";
import { findElement } from "../ui/browser/dom.js";
import { decimals, plural, probability } from "../ui/browser/numbers.js";
import { layerOf, logitSum, productWords, softmaxWords } from "./pixel_logit_values.js";
import { toldSoftmax } from "./pixel_softmax_told.js";

/** @typedef {import("./pixel_logit_values.js").LastLayer} LastLayer */
/** @typedef {import("./pixel_logit_values.js").Product} Product */

/** @typedef {{ model: string, levels: number, columns: number, target: number, present: boolean }} LogitMeta */

const WAITING = "The numbers of this pixel are being computed.";

class LogitView {
  /** @type {{ meta: LogitMeta, sent: import("./pixel_logit_values.js").SentLayer } | null} */
  given = null;
  level = -1; // whose numbers are shown; -1: none
  term = 0; // the product that is told
  drawn = ""; // what is drawn, to draw only what is new

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    this.root = findElement(parent, ".pixel-logit", HTMLElement);
    /** @param {string} name */
    this.say = (name) => findElement(this.root, `.${name}`, HTMLElement);
    this.lines = findElement(this.root, "tbody", HTMLElement);
    this.onTold = () => this.draw();
    toldSoftmax().changed.addEventListener("change", this.onTold);
  }

  /** @param {{ meta: LogitMeta, arrays: Record<string, any> }} data */
  update({ meta, arrays }) {
    const sent = { model: meta.model, target: meta.target, .../** @type {any} */ (arrays) };
    this.given = { meta, sent };
    this.drawn = ""; // the weights may be others
    if (this.level >= meta.levels) this.level = -1;
    this.draw();
  }

  /** Show the numbers of a level; once more, and they go. @param {number} level */
  choose(level) {
    this.level = this.level === level ? -1 : level;
    this.term = 0;
    this.draw();
    if (this.level >= 0) this.say("numbers").scrollIntoView({ block: "nearest" });
  }

  /** All of it is of what the bars show now; where they show nothing, neither does it. */
  draw() {
    if (!this.given) return;
    const { meta, sent } = this.given;
    const { now } = toldSoftmax();
    const told = now?.model === meta.model && now.p.length === meta.levels ? now : null;
    const layer = told && layerOf(told, sent);
    const drawn = told ? [told.target, this.level, layer?.h.join(), ...told.logits].join() : "…";
    if (drawn === this.drawn) return; // what is under the hand stays
    this.drawn = drawn;
    const { columns } = meta;
    const where = told ? `(${Math.floor(told.target / columns)}, ${told.target % columns})` : "";
    this.say("title").textContent = told
      ? `How is it computed? Click a probability of pixel ${where}.`
      : WAITING;
    this.buttons(told?.p ?? []);
    this.say("numbers").hidden = !told || !layer || this.level < 0;
    this.say("waiting").hidden = !told || layer !== null || this.level < 0;
    this.say("waiting").textContent = WAITING;
    Object.assign(this.root.dataset, { target: told?.target ?? "", p: told?.p.join(" ") ?? "" });
    if (told && layer && this.level >= 0) this.drawSum(meta, layer, told.logits);
  }

  /** A button for each level; those that are there stay, so that a press on one is not lost. @param {number[]} p */
  buttons(p) {
    const host = this.say("levels");
    while (host.children.length > p.length) host.lastElementChild?.remove();
    while (host.children.length < p.length) {
      const level = host.children.length;
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.level = String(level);
      button.onclick = () => this.choose(level);
      host.append(button);
    }
    for (const [level, button] of [...host.children].entries()) {
      button.textContent = `p(${level}) = ${probability(p[level])}`;
      button.setAttribute("aria-pressed", String(level === this.level));
    }
  }

  /** @param {LogitMeta} meta @param {LastLayer} layer @param {number[]} logits */
  drawSum({ levels }, layer, logits) {
    const binary = levels === 2;
    const { products, rest, bias, total } = logitSum(layer, binary ? 0 : this.level);
    const name = binary ? "z" : `z<sub>${this.level}</sub>`;
    this.say("sum").innerHTML =
      `The last layer adds ${plural(layer.h.length, "product")} and a bias: this is the logit ${name}${binary ? " of level 1. That of level 0 is 0." : "."}`;
    this.lines.innerHTML =
      products.map((product, at) => this.line(product, at)).join("") +
      `<tr><td colspan="5">the rest, ${plural(rest.count, "product")}</td><td>${decimals(rest.sum, 3)}</td></tr>` +
      `<tr><td colspan="5">bias</td><td>${decimals(bias, 3)}</td></tr>` +
      `<tr class="total"><td colspan="5">logit ${name}</td><td>${decimals(total, 3)}</td></tr>`;
    for (const line of /** @type {NodeListOf<HTMLElement>} */ (
      this.lines.querySelectorAll("[data-term]")
    )) {
      const tell = () => this.tell(products, Number(line.dataset.term));
      line.onclick = line.onfocus = tell;
    }
    this.tell(products, this.term);
    this.say("normalised").innerHTML = softmaxWords(logits, this.level);
    Object.assign(this.root.dataset, { total, level: this.level });
  }

  /** @param {Product} product @param {number} at */
  line({ feature, h, weight, product }, at) {
    return `<tr data-term="${at}" tabindex="0"><td>${feature}</td><td>${decimals(h, 3)}</td><td>×</td><td>${decimals(weight, 3)}</td><td>=</td><td>${decimals(product, 3)}</td></tr>`;
  }

  /** One multiplication. @param {Product[]} products @param {number} at */
  tell(products, at) {
    this.term = Math.min(at, products.length - 1);
    this.say("one").innerHTML = productWords(products[this.term]);
    for (const line of /** @type {NodeListOf<HTMLElement>} */ (
      this.lines.querySelectorAll("[data-term]")
    ))
      line.setAttribute("aria-selected", String(Number(line.dataset.term) === this.term));
  }

  destroy() {
    toldSoftmax().changed.removeEventListener("change", this.onTold);
  }
}

export default mount(LogitView);
