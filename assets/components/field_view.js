// What the pictures of a target on a pixel grid share. Python sends tables for each configuration
// (weights.js keeps them), so that every target and depth is looked up here, without the server. Where
// the picture stands goes into the address when it has come to rest; Python is told only if it asks to
// be (meta.report).

import { themeOf, paletteToCss, sharpContext } from "./theme.js";
import { Player } from "./player.js";
import { dragTarget } from "./drag_target.js";
import { weightShelf } from "./weights.js";

export const NEVER = 255; // in a table of first layers: no depth reads this pixel
const LEAST_WIDTH = 50; // what is narrower has not been laid out yet

export const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

/** A share as a percentage, on one line; what is not all or nothing is never rounded to that. */
export function percent(part, whole) {
  const share = (100 * part) / whole;
  return share > 0 && share < 0.5 ? "<\u00a01\u00a0%" : share > 99.5 && share < 100 ? ">\u00a099\u00a0%" : `${Math.round(share)}\u00a0%`;
}

/** The whole numbers that the address holds, of `limits` { name: highest }; what is out of range is left out. */
export function fromAddress(limits) {
  const query = new URLSearchParams(location.search);
  const found = {};
  for (const [name, high] of Object.entries(limits)) {
    const value = Number(query.get(name) ?? NaN);
    if (Number.isInteger(value) && value >= 0 && value <= high) found[name] = value;
  }
  return found;
}

/**
 * A picture has:
 *
 * `receive(before)`  takes in this.meta and this.tables, new; `before` is the meta before, or undefined.
 * `usual`            the place where a link that says nothing begins.
 * `arrive(before)`   the place where a new configuration begins.
 * `go(place)`        goes there.
 * `step(step)`       goes to a step of the player.
 * `kept()`           what of the place the address keeps: { name: [value, usual value] }.
 * `paint(width)`     draws all of it, so many CSS pixels wide.
 * `drawLegend()`     draws the legend, of `legendItems`.
 * `drawKey(context, mark, x, y, size)`  draws a mark of the legend on a square.
 */
export class FieldView {
  constructor(root) {
    this.root = root;
    this.say = (name) => root.querySelector(`.${name}`);
    this.hovered = -1;
    this.player = new Player(root.querySelector("[data-player]"), {
      onStep: (step) => this.step(step),
      onRest: () => this.commit(),
    });
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(root);
    this.onTables = () => this.take();
    weightShelf().changed.addEventListener("change", this.onTables);
  }

  update(meta, send) {
    this.send = send;
    this.coming = meta;
    this.take();
  }

  /** Show what Python sent last, as soon as its tables are there. */
  take() {
    const meta = this.coming;
    const tables = meta && weightShelf().byName.get(meta.tables);
    if (!tables) return;
    this.coming = null;
    const before = this.meta;
    this.meta = meta;
    this.tables = tables;
    this.pixels = meta.rows * meta.columns;
    this.theme = themeOf(this.root, meta.palette);
    paletteToCss(this.root, this.theme.colours);
    this.root.classList.toggle("presenting", meta.present);
    this.receive(before);
    const goto = meta.goto && meta.goto.nonce !== this.nonce ? meta.goto : null;
    this.nonce = meta.goto?.nonce;
    if (goto && before) this.go({ ...this.usual, ...goto });
    else if (before && before.resets !== meta.resets) this.go(this.usual);
    else if (before?.tables !== meta.tables) this.go(this.arrive(before));
    else {
      this.drawLegend(); // the page may have turned dark
      this.draw();
      this.commit(); // Python may have rewritten the address, from what it knew of it
    }
    if (before && meta.report && !before.report) this.tell();
  }

  /** Say where the picture stands. */
  tell() {
    this.send("moved", Object.fromEntries(Object.entries(this.kept()).map(([name, [value]]) => [name, value])));
  }

  /** The target at the same place of a grid of another size. */
  scaled({ rows, columns }) {
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

  commit() {
    if (!this.meta) return;
    const url = new URL(location.href);
    for (const [name, [value, usual]] of Object.entries(this.kept())) {
      if (value === usual) url.searchParams.delete(name);
      else url.searchParams.set(name, value);
      this.root.dataset[name] = value;
    }
    const changed = url.href !== location.href;
    if (changed) history.replaceState(history.state, "", url);
    if (changed && this.meta.report) this.tell();
  }

  // --- the pointer and the keys --------------------------------------------------------------

  /** Lets the target be moved on a canvas; `grid` and `near` as in drag_target.js. */
  listen(canvas, grid, near) {
    dragTarget(canvas, {
      grid,
      near,
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

  /** Of a table the number for a pixel, seen from a target. */
  first(table, pixel, target = this.target) {
    return this.tables[table][target * this.pixels + pixel];
  }

  distance(one, other) {
    const { columns } = this.meta;
    return Math.hypot(Math.floor(one / columns) - Math.floor(other / columns), (one % columns) - (other % columns));
  }

  // --- drawing and words ---------------------------------------------------------------------

  draw() {
    if (!this.meta || !this.root.isConnected || this.target === undefined) return;
    const width = this.root.clientWidth;
    if (width >= LEAST_WIDTH) this.paint(width);
  }

  /** x, y and side of a cell without its gap. */
  square(grid, index) {
    const [x, y] = grid.corner(index);
    return [x + grid.gap / 2, y + grid.gap / 2, grid.cell - grid.gap];
  }

  /** List items for `entries` [mark, what it means]. */
  legendItems(entries) {
    return entries.map(([mark, word]) => {
      const item = document.createElement("li");
      const canvas = document.createElement("canvas");
      this.drawKey(sharpContext(canvas, 15, 15), mark, 1.5, 1.5, 12);
      item.append(canvas, word);
      return item;
    });
  }

  /** What a pixel is called in a sentence. */
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
