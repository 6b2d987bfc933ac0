// What a conditional can read, layer by layer: a grid for each network, one target for all of them.
//
// Python sends a table for each network, once for each configuration (weights.js keeps them): for
// every target and every pixel the first layer after which the output can read that pixel.

import { findElement } from "../ui/browser/dom.js";
import { sharpContext } from "../ui/browser/theme.js";
import { PixelGrid } from "../ui/browser/grid.js";
import { drawMark, drawNew, drawTarget } from "../ui/browser/marks.js";
import { FieldView, fromAddress } from "../ui/browser/field_view.js";
import { drawPath, drawTile, drawWeight } from "./fields_draw.js";
import { FieldReads } from "./fields_reads.js";
import {
  countsInWords,
  kernelInWords,
  layerInWords,
  legendOf,
  maskInWords,
  pixelInWords,
} from "./fields_words.js";
import { mount } from "../ui/browser/mount.js";
import { cssLength, windowHeight } from "../ui/browser/screen.js";

const LEAST_RANGE = 15; // layers that the player offers, where there is less to see
/** @type {Record<string, { speeds: number[], speed: number }>} in steps a second */
const SPEEDS = {
  layer: { speeds: [0.5, 1, 2, 4, 8], speed: 2 },
  pixel: { speeds: [2, 4, 8, 16, 32], speed: 8 },
};
const NARROW = 640;
const LEAST_SIDE = 150;
const LEAST_SIDE_NARROW = 120; // where a pane of a phone has no more
const BESIDE = 122; // what a kernel and its name take beside a grid
/** @type {Record<string, string>} the mark that lies under a key of the legend */
const KEY_GROUNDS = { target: "blank", new: "seen", one: "seen", zero: "blank" };

/** @typedef {import("./fields_reads.js").Panel} Panel */

/**
 * @typedef {object} FieldsPlace Where a step of the lesson has the picture, besides target and depth.
 * @property {boolean} [play]
 * @property {number} [to] the layer that it plays to
 * @property {number} [point] a pixel whose path is shown
 */

/**
 * @typedef {import("../ui/browser/field_view.js").FieldMeta & {
 *   panels: Panel[], words: Record<string, string>, target: number, depth: number, view: string,
 *   end: { target: number, depth: number, view: string }, last: number, most: number, hidden: string[],
 *   goto: (FieldsPlace & { nonce: number }) | null }} FieldsMeta
 */

/**
 * @typedef {Panel & { figure: HTMLElement, canvas: HTMLCanvasElement, grid: PixelGrid,
 *   tiles: HTMLCanvasElement[] }} Shown a network on the page
 */

/** @extends {FieldView<FieldsMeta>} */
class FieldsView extends FieldView {
  view = "field"; // or a kernel: "first", "later"
  depth = 0; // layers after the first
  range = LEAST_RANGE;
  pinned = -1; // a pixel that a step of the lesson points at
  panelNames = "";
  /** @type {Shown[]} */
  panels = [];
  reads = new FieldReads({}, { rows: 0, columns: 0 });

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    super(findElement(parent, ".fields", HTMLElement));
    for (const button of this.viewButtons) button.onclick = () => this.show(button.dataset.view);
  }

  /** @returns {NodeListOf<HTMLElement>} */
  get viewButtons() {
    return this.root.querySelectorAll("[data-view]");
  }

  receive() {
    this.root.dataset.rows = String(this.meta.rows);
    this.reads = new FieldReads(this.tables, this.meta);
    findElement(this.root, ".modes .choice", HTMLElement).hidden = !this.meta.panels.some(
      (panel) => panel.kernels.length,
    );
    this.build();
    if (this.target >= 0) this.drawLegend(); // a question may have been answered
  }

  /** Whether a question covers what is never read. */
  get asked() {
    return this.meta.hidden.includes("blind");
  }

  get usual() {
    const { target, depth, view } = this.meta;
    return { target, depth, view };
  }

  /**
   * As the address says, else where the configuration before stood.
   *
   * @param {FieldsMeta | undefined} before
   * @returns {import("../ui/browser/field_view.js").Stand}
   */
  arrive(before) {
    const view = new URLSearchParams(location.search).get("view");
    const views = [...this.viewButtons].map((button) => button.dataset.view);
    const kept = before && { target: this.scaled(before), depth: this.depth, view: this.view };
    /** @type {import("../ui/browser/field_view.js").Stand} */
    const said = fromAddress({ target: this.pixels - 1, depth: this.meta.most });
    if (view !== null && views.includes(view)) said.view = view;
    const place = before ? null : this.meta.goto;
    const { to, point } = place ?? {};
    const play = place?.play && Object.keys(said).length === 0;
    return { ...(play ? this.usual : this.meta.end), ...kept, play, to, point, ...said };
  }

  /** @param {import("../ui/browser/field_view.js").Stand} place */
  go({ target, depth, view, play = false, to, point = -1 }) {
    this.target = target;
    this.depth = depth;
    this.pinned = point;
    const most = this.asked ? depth : Math.max(LEAST_RANGE, this.meta.last, depth);
    this.range = this.asked ? (to ?? most) : Math.max(to ?? most, depth);
    this.show(view);
    if (!play) return;
    if (view !== "field") return this.playAll();
    if (this.range - depth > LEAST_RANGE) this.player.speed.value = "8";
    this.player.show(depth);
    this.player.playByItself();
  }

  /**
   * The field, or a kernel: "field", "first", "later". The player then plays layers or pixels.
   *
   * @param {string} [view]
   */
  show(view = "field") {
    this.view = view;
    for (const button of this.viewButtons)
      button.setAttribute("aria-pressed", String(button.dataset.view === view));
    const unit = view === "field" ? "layer" : "pixel";
    this.player.load(unit === "layer" ? this.range : this.pixels - 1, { ...SPEEDS[unit], unit });
    this.drawLegend();
    this.player.seek(unit === "layer" ? this.depth : this.target);
  }

  /** The player's step: a layer of the field, or where the kernel stands. @param {number} step */
  step(step) {
    if (this.view === "field") this.depth = step;
    else this.target = step;
    this.draw();
  }

  /** @param {number} target */
  move(target) {
    if (this.view === "field") super.move(target);
    else this.player.seek(target);
  }

  /** @returns {Record<string, [any, any]>} */
  kept() {
    const { target, depth, view } = this.meta.end;
    return { target: [this.target, target], depth: [this.depth, depth], view: [this.view, view] };
  }

  commit() {
    if (!this.dragging && !this.player.playing) super.commit(); // what moves is kept when it ends
  }

  /**
   * The kernel that the view shows, where the panel has kernels.
   *
   * @param {Panel} panel
   * @returns {import("./fields_reads.js").Kernel | undefined}
   */
  kernelOf(panel) {
    return panel.kernels[this.view === "first" ? 0 : 1];
  }

  // --- drawing -------------------------------------------------------------------------------

  /** A figure for each panel; made anew only where other panels come. */
  build() {
    const alone = this.meta.hidden.includes("gated");
    const there = alone ? this.meta.panels.slice(0, 1) : this.meta.panels;
    const names = JSON.stringify(there);
    if (names === this.panelNames) return;
    this.panelNames = names;
    const focused = this.panels.findIndex(({ canvas }) => canvas.matches(":focus"));
    this.panels = there.map((panel, number) => this.panelOf(panel, number));
    this.say("panels").replaceChildren(...this.panels.map(({ figure }) => figure));
    this.panels[focused]?.canvas.focus();
  }

  /** @param {Panel} panel @param {number} number @returns {Shown} */
  panelOf(panel, number) {
    const figure = document.createElement("figure");
    figure.className = "panel";
    figure.innerHTML = `
      <figcaption><b></b><span></span></figcaption>
      <canvas class="grid" role="application" tabindex="${number ? -1 : 0}"></canvas>
      <p class="counts"></p>
      <div class="tiles"></div>`;
    findElement(figure, "b", HTMLElement).textContent = panel.title;
    const canvas = findElement(figure, "canvas", HTMLCanvasElement);
    const grid = new PixelGrid(this.meta.rows, this.meta.columns);
    this.listen(canvas, { grid: () => grid });
    const tiles = panel.kernels.map(({ title }, at) => {
      const button = document.createElement("button");
      const tile = document.createElement("canvas");
      button.type = "button";
      button.dataset.view = ["first", "later"][at];
      button.append(tile, title);
      button.onclick = () =>
        this.show(this.view === button.dataset.view ? "field" : button.dataset.view);
      findElement(figure, ".tiles", HTMLElement).append(button);
      return tile;
    });
    return { ...panel, figure, canvas, grid, tiles };
  }

  get fitParts() {
    return [this.meta.hidden, this.view, this.panels.length];
  }

  /** @param {number} width in CSS pixels @param {number} less */
  paint(width, less) {
    const narrow = width < NARROW;
    const gap = narrow ? 12 : 28;
    const across = Math.max(
      1,
      Math.min(this.panels.length, Math.floor((width + gap) / (LEAST_SIDE + gap))),
    );
    const per = (width - gap * (across - 1)) / across;
    const high = windowHeight() - (narrow ? 590 : 440);
    const below = Math.min(per, Math.max(narrow ? 200 : 250, high));
    // With width to spare the kernels stand beside their grid, which then takes their height too.
    const beside = Math.min(per - BESIDE, high + 76);
    const roomy = narrow ? across === 1 : beside > below;
    const aside = roomy && this.panels.some((panel) => panel.kernels.length);
    const side = Math.floor(Math.max(LEAST_SIDE_NARROW, (aside ? beside : below) - less));
    this.root.classList.toggle("aside", aside);
    // On a phone the kernels of two networks have their own views.
    this.root.classList.toggle("bare", narrow && across > 1 && this.view === "field");
    this.say("panels").style.columnGap = cssLength(gap);
    this.say("panels").style.gridTemplateColumns =
      `repeat(${across}, ${cssLength(aside ? beside + BESIDE : below)})`;
    for (const panel of this.panels) this.drawPanel(panel, side);
    this.read();
    this.hint();
  }

  /** @param {Shown} panel @param {number} side in CSS pixels */
  drawPanel(panel, side) {
    const { canvas, grid } = panel;
    const { rows, columns } = this.meta;
    if (grid.rows !== rows || grid.columns !== columns) Object.assign(grid, { rows, columns });
    const edge = 3; // room for the outline of a target at the border
    grid.place(edge, edge, side - 2 * edge);
    const context = sharpContext(canvas, grid.width + 2 * edge, grid.height + 2 * edge);
    if (this.view === "field") this.drawField(context, panel);
    else this.drawKernel(context, panel);
    const pointed = this.hovered >= 0 ? this.hovered : this.pinned;
    if (pointed >= 0 && pointed !== this.target) {
      const [x, y, size] = this.square(grid, pointed);
      context.strokeStyle = this.theme.text;
      context.lineWidth = 1.5;
      context.strokeRect(x, y, size, size);
    }
    panel.tiles.forEach((tile, at) => {
      const kernel = panel.kernels[at];
      drawTile(tile, kernel, this.tables[kernel.cells], panel.streams, this.theme);
    });
    this.drawCounts(panel);
  }

  /** @param {CanvasRenderingContext2D} context @param {Shown} panel */
  drawField(context, panel) {
    const { grid } = panel;
    const { target, depth, reads } = this;
    for (let pixel = 0; pixel < this.pixels; pixel++) {
      const square = this.square(grid, pixel);
      const mark = reads.markOf(panel, pixel, target, depth) ?? "blank";
      const unread = mark === "blind" || mark === "depth-limited";
      drawMark(context, this.asked && unread ? "blank" : mark, ...square, this.theme);
      if (pixel < target && reads.first(panel.table, pixel, target) === depth)
        drawNew(context, ...square, this.theme);
    }
    drawTarget(context, ...this.square(grid, target), this.theme);
    const hovered = this.hovered >= 0 ? this.hovered : this.pinned;
    const read = hovered >= 0 && reads.first(panel.table, hovered, target) <= depth;
    const path = read ? reads.path(panel, hovered, target) : [];
    panel.figure.dataset.path = path.join(" ");
    if (path.length)
      drawPath(
        context,
        path.map((place) => grid.centre(place)),
        this.theme,
      );
  }

  /**
   * The image as far as it is drawn, and over it the kernel: its ones and its zeros.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {Shown} panel
   */
  drawKernel(context, panel) {
    const { grid } = panel;
    const at = this.pointed;
    for (let pixel = 0; pixel < this.pixels; pixel++) {
      drawMark(context, pixel < at ? "blank" : "future", ...this.square(grid, pixel), this.theme);
    }
    const kernel = this.kernelOf(panel);
    if (!kernel) return;
    for (const { bits, place } of this.reads.under(kernel, at)) {
      if (place >= 0)
        drawWeight(context, panel.streams, bits, this.square(grid, place), this.theme);
    }
    const [x, y] = grid.centre(at);
    context.strokeStyle = this.theme.text;
    context.lineWidth = 1.5;
    const [wide, high] = [kernel.columns * grid.cell, kernel.rows * grid.cell];
    context.strokeRect(x - wide / 2, y - high / 2, wide, high);
    drawTarget(context, ...this.square(grid, at), this.theme);
  }

  drawLegend() {
    const both = this.panels.some((panel) => {
      const kernel = this.kernelOf(panel);
      return kernel && Array.from(this.tables[kernel.cells]).includes(3);
    });
    const entries = legendOf(this.panels, {
      ...{ words: this.meta.words, view: this.view, asked: this.asked, both },
      leaks: this.panels.some((panel) => this.reads.leaks(panel, this.target)),
    });
    this.say("legend").replaceChildren(...this.legendItems(entries));
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {string} mark
   * @param {number} x
   * @param {number} y
   * @param {number} size
   */
  drawKey(context, mark, x, y, size) {
    drawMark(context, KEY_GROUNDS[mark] ?? mark, x, y, size, this.theme);
    if (mark === "one" || mark === "zero")
      drawWeight(context, [], Number(mark === "one"), [x, y, size], this.theme);
    if (mark === "target") drawTarget(context, x, y, size, this.theme);
    if (mark === "new") drawNew(context, x, y, size, this.theme);
  }

  // --- words ---------------------------------------------------------------------------------

  /** @param {Shown} panel */
  drawCounts(panel) {
    const { figure, canvas, title } = panel;
    const found = this.reads.count(panel, this.target, this.depth);
    for (const name of /** @type {const} */ (["seen", "limited", "blind", "fresh", "leaks"])) {
      const covered = this.asked && (name === "limited" || name === "blind");
      figure.dataset[name] = covered ? "" : String(found[name]);
    }
    findElement(figure, "figcaption span", HTMLElement).textContent = panel.subtitle.replaceAll(
      "{depth}",
      String(this.depth),
    );
    const counts = findElement(figure, ".counts", HTMLElement);
    counts.innerHTML =
      this.view === "field" ? countsInWords(this.target, found, this.asked) : this.ofMask(panel);
    canvas.setAttribute(
      "aria-label",
      `${title}, target ${this.name(this.target)}: ${counts.innerText.trim()}. Arrow keys move the target.`,
    );
  }

  /** @param {Panel} panel */
  ofMask(panel) {
    const kernel = this.kernelOf(panel);
    if (!kernel) return "no kernel<span>&nbsp;</span>";
    return maskInWords(kernel, this.reads.under(kernel, this.pointed));
  }

  read() {
    const { reads, panels, target, depth, asked } = this;
    const hovered = this.hovered >= 0 ? this.hovered : this.pinned;
    const words =
      this.view !== "field"
        ? kernelInWords(this.view, this.name(this.pointed))
        : hovered >= 0
          ? pixelInWords(reads, panels, { pixel: hovered, target, depth, asked })
          : layerInWords(reads, panels, { target, depth });
    this.say("reading").innerHTML = words;
  }
}

export default mount(FieldsView);
