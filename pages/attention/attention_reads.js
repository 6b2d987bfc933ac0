// The pixels that the trunk reads, and those that one attention block adds: each by a line of its own.

import { findElement } from "../ui/browser/dom.js";
import { dragTarget } from "../ui/browser/drag_target.js";
import { PixelGrid } from "../ui/browser/grid.js";
import { drawMark, drawTarget } from "../ui/browser/marks.js";
import { mount } from "../ui/browser/mount.js";
import { paletteToCss, sharpContext, stillness, themeOf } from "../ui/browser/theme.js";
import { weightShelf } from "../ui/browser/weights.js";
import {
  lineAt,
  pixelSentence,
  readCount,
  readMark,
  readSentence,
} from "./attention_reads_values.js";
import { clientWidthOf, windowHeight } from "../ui/browser/screen.js";

const EDGE = 3;
const NARROW = 560;
const BELOW = { normal: 238, narrow: 430, presented: 104 }; // of the window, kept for all but the grid
const BESIDE = 200; // kept for the words beside the grid where it is presented, CSS pixels
const LEGEND = ["seen", "gained", "blind", "blank", "future"];

/**
 * @typedef {object} AttentionReadsMeta What reads.py `picture` sends.
 * @property {number} rows
 * @property {number} columns
 * @property {import("./attention_reads_values.js").Part} part
 * @property {number} start the usual target
 * @property {string} table
 * @property {boolean} present
 * @property {string[]} hidden "map": what is read; "attention" covers the controls alone
 * @property {{ target?: number, lines?: boolean, nonce: number } | null} goto
 * @property {number} arrivals
 * @property {{ light: import("../ui/browser/theme.js").Colours, dark: import("../ui/browser/theme.js").Colours }} palette
 */

class AttentionReadsView {
  /** @type {AttentionReadsMeta | undefined} */
  meta = undefined;
  /** @type {import("../ui/browser/theme.js").Theme | undefined} */
  theme = undefined;
  grid = new PixelGrid(1, 1);
  target = 0;
  hovered = -1;
  begun = -Infinity; // when the lines began
  frame = 0;
  /** @type {number | undefined} */
  nonce = undefined;

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    this.root = findElement(parent, ".attention-reads", HTMLElement);
    this.canvas = findElement(this.root, ".picture", HTMLCanvasElement);
    dragTarget(this.canvas, {
      grid: () => this.grid,
      target: () => this.target,
      move: (index) => this.move(index),
      hover: (index) => this.point(index),
      drag: (dragging) => !dragging && this.commit(),
      focus: () => this.draw(),
    });
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
    this.onTable = () => this.draw();
    weightShelf().changed.addEventListener("change", this.onTable);
  }

  /** @param {{ meta: AttentionReadsMeta }} sent */
  update({ meta }) {
    const before = this.meta;
    this.meta = meta;
    this.theme = themeOf(this.root, meta.palette);
    paletteToCss(this.root, this.theme.colours);
    this.root.dataset.part = meta.part;
    if (before?.rows !== meta.rows) this.grid = new PixelGrid(meta.rows, meta.columns);
    const goto = meta.goto && meta.goto.nonce !== this.nonce ? meta.goto : null;
    this.nonce = meta.goto?.nonce;
    if (!before || before.arrivals !== meta.arrivals) this.target = this.linked ?? this.usual;
    else if (before.rows !== meta.rows || goto) this.target = this.usual;
    const shown = meta.part !== "trunk" && !this.covered;
    const gained = before && (before.part === "trunk" || before.hidden.includes("map"));
    if (shown && (gained || (goto?.lines && before?.part !== meta.part))) this.send();
    else if (shown && !before && goto?.lines) this.send();
    this.draw();
  }

  get usual() {
    return this.meta?.goto?.target ?? this.meta?.start ?? 0;
  }

  get covered() {
    return this.meta?.hidden.includes("map") ?? false;
  }

  /** The target that the address holds. @returns {number | null} */
  get linked() {
    const text = new URLSearchParams(location.search).get("target");
    const found = text === null ? NaN : Number(text);
    return Number.isInteger(found) && found >= 0 && found < this.grid.rows * this.grid.columns
      ? found
      : null;
  }

  /** Let a line go from every pixel that attention adds. */
  send() {
    if (!stillness()) this.begun = performance.now();
  }

  /** @param {number} index */
  move(index) {
    this.target = index;
    this.begun = -Infinity;
    this.draw();
    if (this.canvas.matches(":focus-visible")) this.commit();
  }

  /** @param {number} index */
  point(index) {
    if (index === this.hovered) return;
    this.hovered = index;
    this.draw();
  }

  commit() {
    const url = new URL(location.href);
    if (this.target === this.usual) url.searchParams.delete("target");
    else url.searchParams.set("target", String(this.target));
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  }

  /** @returns {import("./attention_reads_values.js").ReadScene | null} */
  get scene() {
    const table = this.meta && weightShelf().byName.get(this.meta.table);
    if (!this.meta || !table) return null;
    return { reads: table.reads, target: this.target, part: this.meta.part, covered: this.covered };
  }

  draw() {
    const { meta, theme, root, grid, scene } = this;
    const width = clientWidthOf(root);
    if (!meta || !theme || !scene || !root.isConnected || width < 50) return;
    const narrow = width < NARROW;
    const beside = meta.present && !narrow;
    root.classList.toggle("beside", beside);
    const below = narrow ? BELOW.narrow : beside ? BELOW.presented : BELOW.normal;
    const across = beside ? width - BESIDE : width;
    const side = Math.floor(Math.max(180, Math.min(across, windowHeight() - below)));
    grid.place(EDGE, EDGE, side - 2 * EDGE);
    const context = sharpContext(this.canvas, side, side);
    const size = grid.cell - grid.gap;
    for (let pixel = 0; pixel < grid.rows * grid.columns; pixel++) {
      const [x, y] = grid.corner(pixel).map((at) => at + grid.gap / 2);
      const mark = readMark(scene, pixel);
      drawMark(context, mark === "target" ? "blank" : mark, x, y, size, theme);
    }
    this.drawLines(context, scene, theme);
    const [x, y] = grid.corner(this.target);
    drawTarget(context, x, y, grid.cell, theme);
    if (this.hovered >= 0) grid.outline(context, this.hovered, theme.text, 1.5);
    this.read(scene, theme);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {import("./attention_reads_values.js").ReadScene} scene
   * @param {import("../ui/browser/theme.js").Theme} theme
   */
  drawLines(context, scene, theme) {
    const line = lineAt(performance.now() - this.begun);
    cancelAnimationFrame(this.frame);
    if (!line || scene.covered || scene.part === "trunk") return;
    const [toX, toY] = this.grid.centre(scene.target);
    context.strokeStyle = theme.text;
    context.globalAlpha = 0.35 * line.strength;
    context.lineWidth = 1;
    context.beginPath();
    for (let pixel = 0; pixel < scene.target; pixel++) {
      if (readMark(scene, pixel) !== "gained") continue;
      const [x, y] = this.grid.centre(pixel);
      context.moveTo(x, y);
      context.lineTo(x + line.grown * (toX - x), y + line.grown * (toY - y));
    }
    context.stroke();
    context.globalAlpha = 1;
    this.frame = requestAnimationFrame(() => this.draw());
  }

  /**
   * @param {import("./attention_reads_values.js").ReadScene} scene
   * @param {import("../ui/browser/theme.js").Theme} theme
   */
  read(scene, theme) {
    const { columns, rows } = this.grid;
    const sentence = readSentence(scene, columns);
    const pointed = this.hovered < 0 ? "" : pixelSentence(scene, this.hovered, columns);
    findElement(this.root, "[data-say=reading]", HTMLElement).textContent = sentence;
    findElement(this.root, "[data-say=pointed]", HTMLElement).textContent = pointed;
    this.canvas.setAttribute("aria-label", `${sentence} ${pointed} Arrow keys move the target.`);
    if (scene.covered) delete this.root.dataset.read;
    else this.root.dataset.read = String(readCount(scene));
    this.root.dataset.target = String(this.target);
    const marks = Array.from({ length: rows * columns }, (_, pixel) => readMark(scene, pixel));
    for (const name of LEGEND) {
      const entry = findElement(this.root, `[data-mark=${name}]`, HTMLElement);
      entry.hidden = !marks.some((mark) => mark === name);
      const context = sharpContext(findElement(entry, "canvas", HTMLCanvasElement), 16, 16);
      drawMark(context, name, 1, 1, 14, theme);
    }
    const blank = scene.covered ? "earlier" : "earlier, not read";
    findElement(this.root, "[data-say=blank]", HTMLElement).textContent = blank;
  }

  destroy() {
    cancelAnimationFrame(this.frame);
    this.resize.disconnect();
    weightShelf().changed.removeEventListener("change", this.onTable);
  }
}

export default mount(AttentionReadsView);
