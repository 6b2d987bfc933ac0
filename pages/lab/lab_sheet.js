// The sheet of own images: each as a model sees it, while a hand moves the threshold.

import { mount } from "../ui/browser/mount.js";
import { themeOf, sharpContext } from "../ui/browser/theme.js";
import { contextOf, findElement } from "../ui/browser/dom.js";
import { greys } from "../ui/browser/brush.js";
import { gridPointer } from "../ui/browser/grid.js";
import { decimals } from "../ui/browser/numbers.js";
import { GAP, LARGEST, layout, reduced, sheetWords, standingOf } from "./lab_sheet_values.js";
import { cssLength, clientWidthOf, windowHeight } from "../ui/browser/screen.js";

/**
 * @typedef {object} SheetMeta
 * @property {number} side pixels of a side
 * @property {number} levels K
 * @property {number} threshold
 * @property {number} count of all images, also those that are not shown
 * @property {string[]} names
 * @property {number[]} out left out by hand
 * @property {boolean} present
 * @property {{ light: import("../ui/browser/theme.js").Colours, dark: import("../ui/browser/theme.js").Colours }} palette
 */

const BELOW = { plain: 330, phone: 520 }; // of the window, kept for all but the images
const LEAST = 150;

/** Red, green and blue of "rgb(1 2 3)". @param {string} colour */
const channelsOf = (colour) => (colour.match(/\d+/g) ?? []).map(Number);

class SheetView {
  /** @param {HTMLElement | ShadowRoot} host */
  constructor(host) {
    this.root = findElement(host, ".lab-sheet", HTMLElement);
    this.frame = findElement(this.root, ".frame", HTMLElement);
    this.canvas = findElement(this.root, "canvas", HTMLCanvasElement);
    this.row = findElement(this.root, ".threshold", HTMLElement);
    this.range = findElement(this.row, "input", HTMLInputElement);
    this.value = findElement(this.root, "[data-say=threshold]", HTMLElement);
    this.pointed = findElement(this.root, "[data-say=pointed]", HTMLElement);
    /** @type {SheetMeta | null} */
    this.meta = null;
    /** @type {Uint8Array} */
    this.ink = new Uint8Array(0);
    /** @type {Uint8Array} */
    this.images = new Uint8Array(0);
    /** @type {import("./lab_sheet_values.js").Standing[]} */
    this.standing = [];
    /** @type {Set<number>} */
    this.out = new Set();
    this.threshold = 0.5;
    this.hovered = -1;
    this.place = layout(1, 1, 1);
    /** @type {(name: string, value: unknown) => void} */
    this.send = () => {};
    this.range.addEventListener("input", () => this.move(Number(this.range.value)));
    this.range.addEventListener("change", () => this.send("threshold", this.threshold));
    gridPointer(this.canvas, {
      cellAt: (x, y) => this.cellAt(x, y),
      hover: (index) => this.point(index),
      stroke: (cells) => this.turn(cells[cells.length - 1]),
      during: () => {},
      columns: () => this.place.columns,
      count: () => this.standing.length,
    });
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
  }

  /** @param {{ meta: SheetMeta, arrays: Record<string, any> }} data @param {{ setTriggerValue: (name: string, value: unknown) => void }} python */
  update({ meta, arrays }, { setTriggerValue }) {
    const changed = meta.threshold !== this.meta?.threshold; // else a hand may be moving it
    this.meta = meta;
    this.send = setTriggerValue;
    this.ink = arrays.inks;
    this.out = new Set(meta.out);
    this.theme = themeOf(this.root, meta.palette);
    this.row.hidden = meta.levels !== 2;
    if (changed) this.range.value = String((this.threshold = meta.threshold));
    this.convert();
  }

  /** @param {number} threshold */
  move(threshold) {
    this.threshold = threshold;
    this.convert();
  }

  convert() {
    if (!this.meta) return;
    const { side, levels } = this.meta;
    this.images = reduced(this.ink, levels, this.threshold);
    this.standing = standingOf(this.images, side * side, this.out);
    this.value.textContent = decimals(this.threshold, 2);
    this.draw();
  }

  /** @param {number} x @param {number} y */
  cellAt(x, y) {
    const step = this.place.side + GAP;
    const [column, row] = [Math.floor(x / step), Math.floor(y / step)];
    const index = row * this.place.columns + column;
    return column >= 0 && column < this.place.columns && index < this.standing.length ? index : -1;
  }

  /** @param {number} index */
  point(index) {
    if (index === this.hovered) return;
    this.hovered = index;
    this.draw();
  }

  /** Leave an image out, or take it back. @param {number} index */
  turn(index) {
    if (this.out.has(index)) this.out.delete(index);
    else this.out.add(index);
    this.convert();
    this.send("out", [...this.out]);
  }

  draw() {
    const { meta, theme, root, standing } = this;
    const width = clientWidthOf(root);
    if (!meta || !theme || !root.isConnected || width < 60) return;
    const phone = window.innerWidth < 640;
    const below = phone ? BELOW.phone : BELOW.plain;
    const most = Math.max(LEAST, windowHeight() - below);
    this.place = layout(standing.length, width - 16, most, LARGEST); // 16: room for a scroll bar
    const { side, columns, rows } = this.place;
    this.frame.style.maxHeight = cssLength(most);
    const [across, down] = [columns * (side + GAP), rows * (side + GAP)];
    const context = sharpContext(this.canvas, across, down);
    context.imageSmoothingEnabled = false;
    const picture = document.createElement("canvas");
    picture.width = picture.height = meta.side;
    const colours = greys(meta.levels, theme.colours).map(channelsOf);
    standing.forEach((stands, number) => {
      const x = (number % columns) * (side + GAP) + GAP / 2;
      const y = Math.floor(number / columns) * (side + GAP) + GAP / 2;
      this.paint(contextOf(picture), number, colours);
      context.globalAlpha = stands === "kept" ? 1 : 0.35;
      context.drawImage(picture, x, y, side, side);
      context.globalAlpha = 1;
      const pointed = number === this.hovered;
      context.strokeStyle = pointed ? theme.colours.target : theme.colours.line;
      context.lineWidth = pointed ? 2 : 1;
      context.strokeRect(x - 0.5, y - 0.5, side + 1, side + 1);
      if (stands === "kept") return;
      context.strokeStyle = theme.text;
      context.lineWidth = 1.5;
      context.beginPath();
      context.moveTo(x, y + side);
      context.lineTo(x + side, y);
      context.stroke();
    });
    this.pointed.textContent = sheetWords(this.hovered, standing, meta);
    root.dataset.kept = String(standing.filter((each) => each === "kept").length);
  }

  /** @param {CanvasRenderingContext2D} context @param {number} number @param {number[][]} colours */
  paint(context, number, colours) {
    const side = this.meta?.side ?? 1;
    const picture = context.createImageData(side, side);
    for (let pixel = 0; pixel < side * side; pixel++) {
      const colour = colours[this.images[number * side * side + pixel]];
      picture.data.set([...colour, 255], 4 * pixel);
    }
    context.putImageData(picture, 0, 0);
  }

  destroy() {
    this.resize.disconnect();
  }
}

export default mount(SheetView);
