// What the pictures of a target on a pixel grid share. Python sends tables for each configuration
// (weights.js keeps them), so that every target and depth is looked up here, without the server. Where
// the picture stands goes into the address when it has come to rest; Python is told only if it asks to
// be (meta.report).

import { themeOf, paletteToCss, sharpContext } from "./theme.js";
import { Player } from "./player.js";
import { PaneFit } from "./pane.js";
import { findElement } from "./dom.js";
import { dragTarget } from "./drag_target.js";
import { weightShelf } from "./weights.js";
import { clientWidthOf } from "./screen.js";

const LEAST_WIDTH = 50; // what is narrower has not been laid out yet

/**
 * The whole numbers that the address holds; what is out of range is left out.
 *
 * @param {Record<string, number>} limits highest value by name
 */
export function fromAddress(limits) {
  const query = new URLSearchParams(location.search);
  /** @type {Record<string, number>} */
  const found = {};
  for (const [name, high] of Object.entries(limits)) {
    const value = Number(query.get(name) ?? NaN);
    if (Number.isInteger(value) && value >= 0 && value <= high) found[name] = value;
  }
  return found;
}

/**
 * What Python sends to every picture of a target.
 *
 * @typedef {object} FieldMeta
 * @property {number} rows
 * @property {number} columns
 * @property {string} tables name of the tables on the shelf of weights.js
 * @property {{ light: import("./theme.js").Colours, dark: import("./theme.js").Colours }} palette
 * @property {boolean} [present] on a projector
 * @property {(Record<string, any> & { nonce: number }) | null} [goto] a place to go to, once
 * @property {number} resets how often Reset was pressed
 * @property {number} arrivals how often someone came by a link or went back in history
 * @property {boolean} [report] Python wants to know where the picture stands
 */

/** @typedef {Record<string, any>} Stand where a picture stands: target, step and what else it keeps */

/**
 * A picture of a target. It is drawn by a subclass, which gives what throws here.
 *
 * @template {FieldMeta} M
 */
export class FieldView {
  /** @type {number} */
  target = -1;
  hovered = -1; // the pixel under the pointer, or -1
  dragging = false;
  pixels = 0;
  fit = new PaneFit();
  /** @type {M} */
  // @ts-expect-error: nothing is drawn before Python has sent it (`ready`)
  meta = undefined;
  /** @type {Record<string, any>} */
  arrays = {};
  /** @type {Record<string, any>} */
  tables = {};
  /** @type {import("./theme.js").Theme} */
  // @ts-expect-error: as `meta`
  theme = undefined;
  /** @type {{ meta: M, arrays: Record<string, any> } | null} */
  coming = null;
  /** @type {number | undefined} */
  nonce = undefined;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  resting = undefined;
  /** @type {(name: string, value: unknown) => void} */
  send = () => {};

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    /** A part of the markup, by its class; some are drawings. @param {string} name */
    this.say = (name) => /** @type {HTMLElement} */ (findElement(root, `.${name}`, Element));
    this.player = new Player(findElement(root, "[data-player]", HTMLElement), {
      onStep: (step) => this.step(step),
      onRest: () => this.commit(),
    });
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(root);
    this.onTables = () => this.take();
    weightShelf().changed.addEventListener("change", this.onTables);
  }

  // --- what a subclass gives ---------------------------------------------------------------------

  /** The place where a link that says nothing begins. @returns {Stand} */
  get usual() {
    throw new Error("a picture has a usual place");
  }

  /** Takes in this.meta and this.tables, new. @param {M | undefined} _before the meta before */
  receive(_before) {}

  /** The place where a new configuration begins. @param {M | undefined} _before @returns {Stand} */
  arrive(_before) {
    throw new Error("a picture says where it begins");
  }

  /** Goes to a place. @param {Stand} _place */
  go(_place) {
    throw new Error("a picture can go to a place");
  }

  /** Goes to a step of the player. @param {number} _step */
  step(_step) {}

  /** What of the place the address keeps: [value, usual value]. @returns {Record<string, [any, any]>} */
  kept() {
    return {};
  }

  /**
   * Draws all of it.
   *
   * @param {number} _width in CSS pixels
   * @param {number} _less height that a phone's pane does not have
   */
  paint(_width, _less) {}

  /** What the height of the picture depends on, beside the window. @returns {unknown[]} */
  get fitParts() {
    return [];
  }

  /** Draws the legend, of `legendItems`. */
  drawLegend() {}

  /**
   * Draws a mark of the legend on a square.
   *
   * @param {CanvasRenderingContext2D} _context
   * @param {string} _mark
   * @param {number} _x
   * @param {number} _y
   * @param {number} _size
   */
  drawKey(_context, _mark, _x, _y, _size) {}

  // --- what Python sends -------------------------------------------------------------------------

  /**
   * @param {{ meta: M, arrays: Record<string, any> }} data
   * @param {{ setTriggerValue: (name: string, value: unknown) => void }} python
   */
  update({ meta, arrays }, { setTriggerValue }) {
    this.send = setTriggerValue;
    this.coming = { meta, arrays };
    this.take();
  }

  /** Show what Python sent last, as soon as its tables are there. */
  take() {
    if (!this.coming) return;
    const { meta, arrays } = this.coming;
    const tables = weightShelf().byName.get(meta.tables);
    if (!tables) return;
    this.coming = null;
    /** @type {M | undefined} */
    const before = this.meta;
    this.meta = meta;
    this.arrays = arrays;
    this.tables = tables;
    this.pixels = meta.rows * meta.columns;
    this.theme = themeOf(this.root, meta.palette);
    paletteToCss(this.root, this.theme.colours);
    this.root.classList.toggle("presenting", Boolean(meta.present));
    this.receive(before);
    const goto = meta.goto && meta.goto.nonce !== this.nonce ? meta.goto : null;
    this.nonce = meta.goto?.nonce;
    if (before?.arrivals !== meta.arrivals) this.go(this.arrive(undefined));
    else if (goto) this.go({ ...this.usual, ...goto });
    else if (before.resets !== meta.resets) this.go(this.usual);
    else if (before.tables !== meta.tables) this.go(this.arrive(before));
    else {
      this.drawLegend(); // the page may have turned dark
      this.draw();
      this.commit(); // Python may have rewritten the address, from what it knew of it
    }
    if (before && meta.report && !before.report) this.tell();
  }

  /** Say where the picture stands. */
  tell() {
    this.send(
      "moved",
      Object.fromEntries(Object.entries(this.kept()).map(([name, [value]]) => [name, value])),
    );
  }

  /** The target at the same place of a grid of another size. @param {FieldMeta} before */
  scaled({ rows, columns }) {
    /** @param {number} at @param {number} from @param {number} into */
    const to = (at, from, into) => Math.round((at * (into - 1)) / Math.max(1, from - 1));
    const row = to(Math.floor(this.target / columns), rows, this.meta.rows);
    return row * this.meta.columns + to(this.target % columns, columns, this.meta.columns);
  }

  /** Play all steps, from the first. */
  playAll() {
    this.player.show(0);
    this.player.playByItself();
  }

  // --- where the picture stands --------------------------------------------------------------

  /** @param {number} target */
  move(target) {
    this.target = target;
    this.draw();
    this.rest();
  }

  /** The place has changed: keep it once it rests. */
  rest() {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.commit(), 250);
  }

  /** Keep the place now, if it waits to rest. */
  flush() {
    if (this.resting === undefined) return;
    clearTimeout(this.resting);
    this.commit();
  }

  commit() {
    this.resting = undefined;
    if (!this.meta) return;
    const url = new URL(location.href);
    for (const [name, [value, usual]] of Object.entries(this.kept())) {
      if (value === usual) url.searchParams.delete(name);
      else url.searchParams.set(name, value);
      this.root.dataset[name] = String(value);
    }
    const changed = url.href !== location.href;
    if (changed) history.replaceState(history.state, "", url);
    if (changed && this.meta.report) this.tell();
  }

  // --- the pointer and the keys --------------------------------------------------------------

  /**
   * Lets the target be moved on a canvas.
   *
   * @param {HTMLCanvasElement} canvas
   * @param {import("./drag_target.js").Ground} ground
   */
  listen(canvas, ground) {
    dragTarget(canvas, {
      ...ground,
      target: () => this.target,
      move: (index) => this.move(index),
      hover: (index) => this.hover(index),
      drag: (dragging) => {
        this.dragging = dragging;
        if (!dragging) this.commit();
      },
      focus: () => this.hint(),
    });
  }

  /** @param {number} index */
  hover(index) {
    if (index === this.hovered) return;
    this.hovered = index;
    this.draw();
  }

  /** The pixel under the pointer, else the target. */
  get pointed() {
    return this.hovered >= 0 ? this.hovered : this.target;
  }

  /** How the target is moved: by pointer or, while a canvas has the focus, by the keys. */
  hint(pointer = "Drag the target, or click a grid and use the arrow keys.") {
    this.say("keys").innerHTML = this.root.querySelector("canvas:focus")
      ? "<b>Arrow keys move the target</b>; Esc gives them back to the player."
      : pointer;
  }

  // --- what the tables say -------------------------------------------------------------------

  /**
   * Of a table the number for a pixel, seen from a target.
   *
   * @param {string} table
   * @param {number} pixel
   * @param {number} [target]
   * @returns {number}
   */
  first(table, pixel, target = this.target) {
    return this.tables[table][target * this.pixels + pixel];
  }

  /** In pixels. @param {number} one @param {number} other */
  distance(one, other) {
    const { columns } = this.meta;
    return Math.hypot(
      Math.floor(one / columns) - Math.floor(other / columns),
      (one % columns) - (other % columns),
    );
  }

  // --- drawing and words ---------------------------------------------------------------------

  draw() {
    if (!this.meta || !this.root.isConnected || this.target < 0) return;
    const width = clientWidthOf(this.root);
    if (width < LEAST_WIDTH) return;
    this.fit.draw(this.root, this.fitParts, (less) => this.paint(width, less));
  }

  /**
   * x, y and side of a cell without its gap.
   *
   * @param {import("./grid.js").PixelGrid} grid
   * @param {number} index
   * @returns {[number, number, number]}
   */
  square(grid, index) {
    const [x, y] = grid.corner(index);
    return [x + grid.gap / 2, y + grid.gap / 2, grid.cell - grid.gap];
  }

  /** List items for a legend. @param {[string, string][]} entries mark, what it means */
  legendItems(entries) {
    return entries.map(([mark, word]) => {
      const item = document.createElement("li");
      const canvas = document.createElement("canvas");
      this.drawKey(sharpContext(canvas, 15, 15), mark, 1.5, 1.5, 12);
      item.append(canvas, word);
      return item;
    });
  }

  /** What a pixel is called in a sentence. @param {number} index */
  name(index) {
    return `row ${Math.floor(index / this.meta.columns)}, column ${index % this.meta.columns}`;
  }

  destroy() {
    clearTimeout(this.resting);
    this.player.destroy();
    this.resize.disconnect();
    weightShelf().changed.removeEventListener("change", this.onTables);
  }
}
