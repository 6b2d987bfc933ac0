// What all the networks read for one target, side by side; or what trained ones take from a digit.
//
// Target, layers, the networks shown and the one that the others are set against belong to the browser,
// which keeps them in the address. Of trained networks Python sends the gradients of the target that has
// come to rest; until they are there the grids show what can be read. p(ink) comes from the engine of this
// browser (contexts_live.js), or with the gradients. How all that is drawn: contexts_picture.js.

import { findElement } from "../ui/browser/dom.js";
import { PixelGrid } from "../ui/browser/grid.js";
import { DigitStrip } from "../ui/browser/digit_strip.js";
import { pageEngine } from "../ui/browser/engine.js";
import { fromAddress } from "../ui/browser/field_view.js";
import { mount } from "../ui/browser/mount.js";
import { ContextReads } from "./contexts_reads.js";
import { ContextsPicture, NONE } from "./contexts_picture.js";

/** @typedef {import("./contexts_picture.js").ContextsMeta} ContextsMeta */
/** @typedef {import("./contexts_picture.js").Figure} Figure */

const LEAST_RANGE = 15; // layers that the player offers, where there is less to see
const COVERED_RANGE = 3; // and while it is covered what is never read
const SPEEDS = { speeds: [0.5, 1, 2, 4, 8], speed: 2, unit: "layer" };

class ContextsView extends ContextsPicture {
  range = LEAST_RANGE;
  /** @type {string[]} */
  choices = [];
  /** @type {number | undefined} */
  waiting = undefined; // the target whose gradients are asked for

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    super(parent);
    this.select.onchange = () => this.compare(this.select.value);
    this.strip = new DigitStrip(this.say("strip"), (digit) =>
      this.send("digit", { digit, nonce: Date.now() }),
    );
    for (const button of this.viewButtons) button.onclick = () => this.show(button.dataset.view);
  }

  // --- what Python sent ----------------------------------------------------------------------

  receive() {
    const { panels } = this.meta;
    this.panels = new Map(panels.map((panel) => [panel.table, panel]));
    this.found = new ContextReads(this.tables, this.pixels);
    this.root.dataset.mode = this.meta.mode;
    this.root.dataset.asking = String(this.asking);
    for (const [part, trained] of /** @type {[string, boolean][]} */ ([
      ["layers", false],
      ["against", false],
      ["strip", true],
      ["views", true],
    ]))
      this.say(part).hidden = trained !== this.trained;
    if (this.trained) this.receiveDigit();
    this.buildChoices();
    this.hand.receive();
    if (!this.here) pageEngine().shows(this.root, this.trained && this.asked ? "server" : null);
    if (this.target < 0) return; // `go` follows
    this.wish();
    this.reach();
    this.drawLegend(); // a question may have been answered
  }

  receiveDigit() {
    const { arrays } = this;
    const { digit, columns, ramp } = this.meta;
    const { paper, ink } = this.theme.colours;
    this.root.style.setProperty("--ramp", `linear-gradient(to right, ${ramp.join(",")})`);
    this.strip.update(arrays.strip, arrays.strip_indices, digit, columns, [paper, ink]);
  }

  get usual() {
    const { target, depth, nets, against, view } = this.meta;
    return { target, depth, shown: nets, against: against ?? NONE, view: view ?? "use" };
  }

  /** @param {ContextsMeta | undefined} before @returns {import("../ui/browser/field_view.js").Stand} */
  arrive(before) {
    const query = new URLSearchParams(location.search);
    const words = query
      .get("nets")
      ?.split(".")
      .filter((word) => this.panels.has(word));
    const { depth, shown, against, view } = this;
    const kept = before && { depth, shown, against, view, target: this.scaled(before) };
    /** @type {import("../ui/browser/field_view.js").Stand} */
    const said = fromAddress({ target: this.pixels - 1, depth: this.meta.most });
    if (words?.length) said.shown = words;
    const other = query.get("against");
    if (other !== null && this.panels.has(other)) said.against = other;
    const seen = query.get("view");
    if (seen === "use" || seen === "read") said.view = seen;
    const place = before ? null : this.meta.goto;
    const moving = Object.keys(said).length ? {} : { play: place?.play, to: place?.to };
    return { ...this.usual, ...kept, ...moving, ...said };
  }

  /** @param {import("../ui/browser/field_view.js").Stand} place */
  go({ target, depth, shown, nets, against, view, play = false, to }) {
    this.target = target;
    this.depth = depth;
    this.shown = this.all(nets ?? shown);
    if (!this.shown.length) this.shown = [...this.panels.keys()];
    this.against = this.shown.includes(against) ? against : NONE;
    this.view = view;
    this.hand.marked = null;
    this.hand.cursor = null;
    this.reach(to);
    this.build();
    this.player.seek(depth);
    if (play && !this.trained) this.player.playByItself();
    this.commit();
  }

  /** How far the player goes. @param {number} [to] the layer that a step plays to */
  reach(to) {
    const usual = this.may("blind") ? Math.max(LEAST_RANGE, this.meta.last) : COVERED_RANGE;
    this.range = to ?? Math.max(usual, this.depth);
    if (this.player.steps !== this.range) this.player.load(this.range, SPEEDS);
  }

  /** @param {number} step */
  step(step) {
    this.depth = step;
    this.draw();
  }

  /** Gradients, or what can be read: "use", "read". @param {string} [view] */
  show(view = "use") {
    this.view = view;
    this.draw();
    this.commit();
  }

  /** @returns {Record<string, [any, any]>} */
  kept() {
    const { target, depth, nets, against, view, goto } = this.meta;
    const end = goto?.play && goto.to === this.depth ? this.depth : depth; // played to its end
    /** @type {Record<string, [any, any]>} */
    const own = this.trained
      ? { view: [this.view, view] }
      : { depth: [this.depth, end], against: [this.against, against] };
    return {
      target: [this.target, target],
      ...own,
      nets: [this.shown.join("."), this.all(nets).join(".")],
    };
  }

  /** Of some words those that there are, in the order of the panels. @param {string[]} words */
  all(words) {
    return [...this.panels.keys()].filter((word) => words.includes(word));
  }

  commit() {
    super.commit();
    // A picture of trained networks wants the gradients of another target.
    if (!this.meta || !this.trained) return;
    if (!this.wants) this.waiting = undefined;
    else if (this.waiting !== this.target) {
      this.waiting = this.target;
      this.tell();
    }
  }

  /** Whether something is to be shown that Python alone computes, and has not sent. */
  get wants() {
    const colours = this.view === "use" && this.may("field");
    return !this.asked && (colours || [...this.panels.values()].some(({ engine }) => !engine));
  }

  // --- which networks ------------------------------------------------------------------------

  buildChoices() {
    const host = this.say("nets");
    const words = [...this.panels.keys()];
    if (this.choices.join() === words.join()) return;
    this.choices = words;
    host.replaceChildren(
      ...words.map((word) => {
        const button = document.createElement("button");
        button.type = "button";
        button.dataset.word = word;
        button.textContent = this.title(word);
        button.onclick = () => this.toggle(word);
        return button;
      }),
    );
  }

  /** @param {string} word */
  toggle(word) {
    const shown = this.shown.includes(word)
      ? this.shown.filter((each) => each !== word)
      : this.all([...this.shown, word]);
    if (!shown.length) return; // one stays
    this.shown = shown;
    if (!shown.includes(this.against)) this.against = NONE;
    this.build();
    this.commit();
  }

  /** @param {string} word */
  compare(word) {
    this.against = word;
    this.draw();
    this.commit();
  }

  /** A figure for each network shown. */
  build() {
    for (const button of this.say("nets").children) {
      const word = button.getAttribute("data-word") ?? "";
      button.setAttribute("aria-pressed", String(this.shown.includes(word)));
    }
    /** @param {string} word @param {string} name */
    const option = (word, name) =>
      Object.assign(document.createElement("option"), { value: word, textContent: name });
    this.select.replaceChildren(
      option(NONE, "nothing"),
      ...this.shown.map((word) => option(word, this.title(word))),
    );
    this.put(this.shown.map((word, number) => this.figureOf(word, number)));
    this.wish();
    this.draw();
  }

  /** @param {string} word @param {number} number @returns {Figure} */
  figureOf(word, number) {
    const figure = document.createElement("figure");
    figure.className = "panel";
    figure.dataset.word = word;
    figure.innerHTML = `
      <figcaption><b></b><span></span></figcaption>
      <canvas class="grid" role="application" tabindex="${number ? -1 : 0}"></canvas>
      <p class="counts"></p>`;
    findElement(figure, "b", HTMLElement).textContent = this.title(word);
    findElement(figure, "figcaption", HTMLElement).onclick = () => {
      this.chosen = word;
      this.draw();
    };
    const canvas = findElement(figure, "canvas", HTMLCanvasElement);
    const grid = new PixelGrid(this.meta.rows, this.meta.columns);
    this.listen(canvas, { grid: () => grid });
    return { word, figure, canvas, grid };
  }
}

export default mount(ContextsView);
