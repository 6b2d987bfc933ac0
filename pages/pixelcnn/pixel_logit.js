// How one probability of a pixel is computed: the logit as a sum of products of the last layer, then the
// softmax. A click on a probability shows its numbers, a click on a line one multiplication.

import { mount } from "../ui/browser/mount.js";
import { findElement } from "../ui/browser/dom.js";
import { decimals, plural, probability } from "../ui/browser/numbers.js";
import { logitSum, logitsOf, productWords, softmaxOf, softmaxWords } from "./pixel_logit_values.js";

/** @typedef {import("./pixel_logit_values.js").LastLayer} LastLayer */
/** @typedef {import("./pixel_logit_values.js").Product} Product */

/** @typedef {{ levels: number, row: number, column: number, present: boolean }} LogitMeta */

class LogitView {
  /** @type {{ meta: LogitMeta, layer: LastLayer } | null} */
  given = null;
  level = -1; // whose numbers are shown; -1: none
  term = 0; // the product that is told

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    this.root = findElement(parent, ".pixel-logit", HTMLElement);
    /** @param {string} name */
    this.say = (name) => findElement(this.root, `.${name}`, HTMLElement);
    this.lines = findElement(this.root, "tbody", HTMLElement);
  }

  /** @param {{ meta: LogitMeta, arrays: Record<string, any> }} data */
  update({ meta, arrays }) {
    this.given = { meta, layer: /** @type {LastLayer} */ (/** @type {unknown} */ (arrays)) };
    this.root.classList.toggle("presenting", meta.present);
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

  draw() {
    if (!this.given) return;
    const { meta, layer } = this.given;
    const logits = logitsOf(layer.z, meta.levels);
    this.say("title").textContent =
      `How is it computed? Click a probability of pixel (${meta.row}, ${meta.column}).`;
    this.say("levels").replaceChildren(
      ...softmaxOf(logits).map((p, level) => this.button(p, level)),
    );
    this.say("numbers").hidden = this.level < 0;
    if (this.level >= 0) this.drawSum(meta, layer, logits);
  }

  /** @param {number} p @param {number} level */
  button(p, level) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.level = String(level);
    button.textContent = `p(${level}) = ${probability(p)}`;
    button.setAttribute("aria-pressed", String(level === this.level));
    button.onclick = () => this.choose(level);
    return button;
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

  destroy() {}
}

export default mount(LogitView);
