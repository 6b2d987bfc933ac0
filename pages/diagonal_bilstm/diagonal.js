// The Diagonal BiLSTM: a bidirectional RNN, the skew, and the sweep of the diagonals.
//
// Python sends, once for each configuration (weights.js keeps them), where the skew puts each pixel.
// All else is looked up here.

import { findElement } from "../ui/browser/dom.js";
import { drawTarget } from "../ui/browser/marks.js";
import { FieldView, fromAddress } from "../ui/browser/field_view.js";
import { mount } from "../ui/browser/mount.js";
import { SkewedMaps, WAY_NAMES } from "./diagonal_reads.js";
import { Primer, PrimerReads, primerSteps } from "./diagonal_primer.js";
import { SKEWED, cellAt, drawDirection, drawSkew, drawSweep } from "./diagonal_draw.js";
import { legendOf, primerWords, skewWords, sweepWords } from "./diagonal_words.js";
import { windowHeight } from "../ui/browser/screen.js";

/** @typedef {import("./diagonal_reads.js").DiagonalMeta} DiagonalMeta */
/** @typedef {import("./diagonal_reads.js").DiagonalTables} DiagonalTables */
/** @typedef {import("./diagonal_reads.js").ViewName} ViewName */
/** @typedef {import("./diagonal_reads.js").Way} Way */
/** @typedef {import("../ui/browser/field_view.js").Stand} Stand */

/**
 * What follows from the tables of a configuration.
 *
 * @typedef {object} Found
 * @property {SkewedMaps} maps
 * @property {PrimerReads} primer
 */

/**
 * Steps a second, and what a step is called.
 *
 * @type {Record<ViewName, { unit: string, speeds: number[], speed: number }>}
 */
const PLAYS = {
  primer: { unit: "step", speeds: [0.5, 1, 2, 4], speed: 1 },
  skew: { unit: "skew", speeds: [10, 25, 50, 100], speed: 50 },
  mirror: { unit: "skew", speeds: [10, 25, 50, 100], speed: 50 },
  sweep: { unit: "diagonal", speeds: [1, 2, 4, 8, 16], speed: 4 },
};
const VIEWS = /** @type {ViewName[]} */ (Object.keys(PLAYS));
const LEAST_HEIGHT = 230;
const LARGEST_HEIGHT = 560;
const AROUND = { page: 290, presented: 244 }; // CSS pixels above and below the picture

/** @extends {FieldView<DiagonalMeta>} */
class DiagonalView extends FieldView {
  /** @type {ViewName} */
  view = "primer";
  /** @type {Record<ViewName, number>} the player's step in each view */
  at = { primer: 0, skew: 0, mirror: 0, sweep: 0 };
  /** @type {import("./diagonal_draw.js").MapCell[]} */
  cells = [];
  /** @type {string | null} node of the bidirectional RNN under the pointer */
  over = null;
  /** @type {string | null} */
  chosen = null;
  said = "";
  /** @type {Found | null} */
  found = null;

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    super(findElement(parent, ".diagonal", HTMLElement));
    this.map = findElement(this.root, "canvas.map", HTMLCanvasElement);
    for (const button of this.viewButtons()) {
      button.onclick = () => this.show(/** @type {ViewName} */ (button.dataset.view));
    }
    this.primer = new Primer(findElement(this.root, "svg.primer", SVGSVGElement), {
      point: (name) => {
        this.over = name;
        this.draw();
      },
      choose: (name) => {
        this.chosen = name;
        this.draw();
      },
    });
    this.listenTo(this.map, (x, y) => cellAt(this.cells, x, y));
  }

  /** @returns {NodeListOf<HTMLButtonElement>} */
  viewButtons() {
    return this.root.querySelectorAll("button[data-view]");
  }

  /** @param {DiagonalMeta | undefined} before */
  receive(before) {
    const { views } = this.meta;
    this.say("choice").hidden = views.length < 2;
    for (const button of this.viewButtons())
      button.hidden = !views.includes(/** @type {ViewName} */ (button.dataset.view));
    if (before?.tables === this.meta.tables && this.found) return;
    const tables = /** @type {DiagonalTables} */ (/** @type {unknown} */ (this.tables));
    this.found = {
      maps: new SkewedMaps(this.meta, tables),
      primer: new PrimerReads(tables),
    };
    this.primer.lay(this.found.primer.inputs);
  }

  /** What follows from the tables; there once Python has sent them. @returns {Found} */
  get known() {
    if (!this.found) throw new Error("the tables are not there yet");
    return this.found;
  }

  /** How many steps the player has in a view. @param {ViewName} view */
  stepsOf(view) {
    const { maps, primer } = this.known;
    if (view === "primer") return primerSteps(primer.inputs);
    return view === "sweep" ? 2 * maps.diagonals : SKEWED;
  }

  /** The step at which a view opens. @param {ViewName} view */
  startOf(view) {
    if (view === "primer") return this.stepsOf("primer");
    return view === "sweep" ? this.meta.rows : 0;
  }

  /** @returns {Stand} */
  get usual() {
    return { ...this.meta.start };
  }

  /** @param {DiagonalMeta | undefined} before */
  arrive(before) {
    const { start, views, goto } = this.meta;
    const query = new URLSearchParams(location.search).get("view");
    const view = views.find((each) => each === query) ?? (before ? this.view : start.view);
    const kept = before && { target: this.scaled(before) };
    const limits = {
      target: this.pixels - 1,
      ...(before ? {} : { step: this.stepsOf(view) }),
    };
    const said = fromAddress(limits);
    const own = view === start.view ? {} : { step: null };
    const play = !before && Boolean(goto?.play) && said.step === undefined && view === start.view;
    return { ...this.usual, ...own, ...kept, ...said, view, play };
  }

  /** @param {Stand} place */
  go({ target, view, step = null, node = null, play = false }) {
    this.target = target;
    for (const each of VIEWS) this.at[each] = this.startOf(each);
    if (step !== null) this.at[/** @type {ViewName} */ (view)] = Math.min(step, this.stepsOf(view));
    this.chosen = node;
    this.over = null;
    this.show(view);
    if (play) this.playAll();
  }

  /** @param {ViewName} view */
  show(view) {
    this.view = view;
    this.hovered = -1;
    for (const button of this.viewButtons()) {
      button.setAttribute("aria-pressed", String(button.dataset.view === view));
    }
    this.primer.svg.toggleAttribute("hidden", view !== "primer");
    this.map.hidden = view === "primer";
    this.player.load(this.stepsOf(view), PLAYS[view]);
    this.player.seek(this.at[view]);
    this.drawLegend();
  }

  /** @param {number} step */
  step(step) {
    this.at[this.view] = step;
    this.draw();
  }

  /** @returns {Record<string, [any, any]>} */
  kept() {
    const { start, goto } = this.meta;
    const step = this.at[this.view];
    const begun = this.view === start.view ? start.step : null;
    const played = goto?.play && step === this.stepsOf(this.view);
    return {
      ...(this.view === "primer" ? {} : { target: [this.target, start.target] }),
      ...(this.meta.views.length < 2 ? {} : { view: [this.view, start.view] }),
      step: [step, played ? step : (begun ?? this.startOf(this.view))],
    };
  }

  commit() {
    // A drag, or what plays, is kept when it ends.
    if (!this.dragging && !this.player.playing) super.commit();
  }

  // --- the pointer and the keys --------------------------------------------------------------

  /**
   * Lets the target be moved on a canvas. A finger has to meet the target's own cell: a map of small
   * cells may show it twice.
   *
   * @param {HTMLCanvasElement} canvas
   * @param {(x: number, y: number) => number} at the pixel at a point, or -1
   */
  listenTo(canvas, at) {
    const grid = () => ({ rows: this.meta.rows, columns: this.meta.columns, at });
    this.listen(canvas, { grid, near: (x, y) => at(x, y) === this.target });
  }

  hint() {
    if (this.view === "primer")
      this.say("keys").textContent = "Point at a circle, or reach it with Tab.";
    else super.hint("Click or drag a pixel.");
  }

  /** The direction that the view shows now. @returns {Way} */
  get way() {
    if (this.view === "sweep")
      return this.at.sweep > this.known.maps.diagonals ? "mirrored" : "direct";
    return this.view === "mirror" ? "mirrored" : "direct";
  }

  /** How many diagonals the direction that is shown has computed. */
  get time() {
    const { diagonals } = this.known.maps;
    return this.at.sweep > diagonals ? this.at.sweep - diagonals : this.at.sweep;
  }

  /** The node that is pointed at, else the one chosen, else the output in the middle. */
  get node() {
    return this.over ?? this.chosen ?? `y${Math.floor(this.known.primer.inputs / 2)}`;
  }

  // --- drawing and words -----------------------------------------------------------------------

  get fitParts() {
    return [this.view, this.meta.hidden];
  }

  /** @param {number} wide @param {number} less */
  paint(wide, less) {
    const { present } = this.meta;
    const room = windowHeight() - (present ? AROUND.presented : AROUND.page);
    const high = Math.max(LEAST_HEIGHT, present ? room : Math.min(LARGEST_HEIGHT, room));
    const words = this.paintView({ wide, high, less });
    if (words !== this.said) this.say("reading").innerHTML = this.said = words;
    this.hint();
  }

  /**
   * Draws the view that is open.
   *
   * @param {{ wide: number, high: number, less: number }} room
   * @returns {string} what it says
   */
  paintView(room) {
    if (this.view === "primer") return this.paintPrimer(room);
    const { maps } = this.known;
    const { rows, columns } = this.meta;
    const named = { columns, pixels: this.pixels, name: this.name.bind(this) };
    const of = { rows, columns, maps, way: this.way, at: this.pointed, theme: this.theme };
    if (this.view === "sweep") {
      this.cells = drawSweep(this.map, room, this.time, of);
      this.map.setAttribute(
        "aria-label",
        `The ${WAY_NAMES[this.way]} after ${this.time} of ${maps.diagonals} diagonals.`,
      );
      return sweepWords(maps, this.way, this.time, this.hovered, named);
    }
    const step = this.at[this.view];
    this.cells = drawSkew(this.map, room, step / SKEWED, of);
    this.map.setAttribute(
      "aria-label",
      `The ${WAY_NAMES[this.way]}'s map, ${step} percent skewed. Arrow keys move the target.`,
    );
    return skewWords(maps, this.way, this.pointed, named);
  }

  /** @param {{ wide: number, high: number }} room */
  paintPrimer({ wide, high }) {
    const { primer: reads } = this.known;
    this.primer.fit(wide, high);
    const covered = this.meta.hidden.includes("arrows");
    this.primer.draw(covered ? 0 : this.at.primer, this.node, reads, this.theme.colours);
    if (covered) return "What does y₁ read? Answer first, then the arrows show it.";
    const { nodes } = this.primer.graph;
    return primerWords(this.primer.node(this.node), this.at.primer, reads, nodes.values());
  }

  drawLegend() {
    this.say("legend").replaceChildren(...this.legendItems(legendOf(this.view)));
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {string} mark
   * @param {number} x
   * @param {number} y
   * @param {number} size
   */
  drawKey(context, mark, x, y, size) {
    drawDirection(context, mark === "target" ? "blank" : mark, x, y, size, this.theme);
    if (mark === "target") drawTarget(context, x, y, size, this.theme);
  }
}

export default mount(DiagonalView);
