// The attention weights of one pixel's query, over an image: of all heads, of two digits, or before and
// after paint. Where this browser computes, all pixels of an image are read at once, so the weights
// follow target and brush; else the server computes them anew for each choice.

import { DigitStrip } from "../ui/browser/digit_strip.js";
import { arrowMove, findElement, pointOn } from "../ui/browser/dom.js";
import { followBrush } from "../ui/browser/brush.js";
import { Edits } from "../ui/browser/edits.js";
import { pageEngine } from "../ui/browser/engine.js";
import { PixelGrid } from "../ui/browser/grid.js";
import { mount } from "../ui/browser/mount.js";
import { decimals, plural } from "../ui/browser/numbers.js";
import { paletteToCss, sharpContext, themeOf } from "../ui/browser/theme.js";
import { drawHeads, drawWeightMap, headAt, headGrids } from "./attention_weights_draw.js";
import { WeightsLive, weightsAt } from "./attention_weights_live.js";
import {
  darkest,
  headName,
  inkSentence,
  mapSentence,
  ofHead,
  paintOf,
  painted,
  placeWords,
} from "./attention_weights_values.js";
import { cssLength, clientWidthOf, windowHeight } from "../ui/browser/screen.js";

const NARROW = 560;
const BELOW = { normal: 375, narrow: 600, presented: 290 };
const CAPTIONS = {
  heads: ["the digit", "block·head, each by its own scale"],
  digits: ["one digit", "another digit"],
  paint: ["before", "painted: paint here"],
};

/**
 * @typedef {object} WeightsMeta What content.py `picture` sends.
 * @property {number} rows
 * @property {number} columns
 * @property {number} heads of a block
 * @property {number} blocks
 * @property {import("../ui/browser/engine.js").Offer | null} engine where this browser computes
 * @property {"heads" | "digits" | "paint"} view
 * @property {number} digit
 * @property {number} target
 * @property {number} head
 * @property {number[]} p of the left image and the right one; empty where this browser computes
 * @property {number} most pixels that may be painted
 * @property {number} nonce of the last edit that Python knows
 * @property {boolean} present
 * @property {string[]} hidden "after": weights and p of the painted digit
 * @property {{ light: import("../ui/browser/theme.js").Colours, dark: import("../ui/browser/theme.js").Colours }} palette
 */

/** @typedef {{ base: Uint8Array, left: Uint8Array, right: Uint8Array, w_left: Float32Array, w_right: Float32Array, strip: Uint8Array, strip_indices: Int32Array }} WeightsArrays */

class AttentionWeightsView {
  /** @type {WeightsMeta | undefined} */
  meta = undefined;
  /** @type {WeightsArrays | undefined} */
  data = undefined;
  /** @type {import("../ui/browser/theme.js").Theme | undefined} */
  theme = undefined;
  grid = new PixelGrid(1, 1);
  /** @type {PixelGrid[]} */
  small = [];
  /** @type {number[]} pixels under the brush */
  stroke = [];
  painting = false; // what the stroke does: else it chooses the target
  /** @type {WeightsMeta | undefined} what Python has sent, with the target that was chosen since */
  sent = undefined;
  /** @type {import("./attention_weights_live.js").WeightsTrace[]} of the left image and the right one */
  traces = [];
  live = new WeightsLive((left, right, milliseconds) => {
    this.traces = [left, right];
    this.look();
    if (this.meta?.engine) pageEngine().shows(this.root, "browser", milliseconds);
  });
  hovered = -1;
  edits = new Edits();

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    this.root = findElement(parent, ".attention-weights", HTMLElement);
    /** @param {string} name */
    this.say = (name) => findElement(this.root, `[data-say=${name}]`, HTMLElement);
    this.left = findElement(this.root, "canvas.left", HTMLCanvasElement);
    this.right = findElement(this.root, "canvas.right", HTMLCanvasElement);
    this.clear = findElement(this.root, "[data-do=clear]", HTMLButtonElement);
    this.clear.onclick = () => this.commit({ paint: [] });
    this.strip = new DigitStrip(this.say("strip"), (digit) => this.edits.send({ digit }));
    this.follow(this.left, () => false);
    this.follow(this.right, () => this.meta?.view === "paint");
    this.right.addEventListener("click", (event) => {
      if (this.meta?.view !== "heads") return;
      const head = headAt(this.small, ...pointOn(this.right, event));
      if (head >= 0) this.commit({ head });
    });
    this.right.addEventListener("keydown", (event) => this.key(event), true);
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
  }

  /** Strokes on a canvas: they paint, or choose the target. @param {HTMLCanvasElement} canvas @param {() => boolean} paints */
  follow(canvas, paints) {
    const off = () => canvas === this.right && this.meta?.view === "heads";
    followBrush(canvas, {
      cellAt: (x, y) => (off() ? -1 : this.grid.at(x, y)),
      columns: () => this.grid.columns,
      count: () => this.grid.rows * this.grid.columns,
      hover: (index) => this.point(index),
      begin: () => {
        this.stroke = [];
        this.painting = paints();
      },
      along: (cells) => {
        this.stroke.push(...cells);
        if (this.painting) this.ask();
        else this.look();
        this.draw();
      },
      end: () => this.end(),
      cancel: () => {
        this.stroke = [];
        this.ask();
        this.look();
      },
    });
  }

  /** Arrow keys choose a head while all are shown. @param {KeyboardEvent} event */
  key(event) {
    const { meta } = this;
    const by = arrowMove(event.key, meta?.heads ?? 1);
    if (meta?.view !== "heads" || by === undefined) return;
    const head = meta.head + by;
    if (head >= 0 && head < this.small.length) this.commit({ head });
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  /**
   * @param {{ meta: WeightsMeta, arrays: any }} sent
   * @param {Pick<import("../ui/browser/mount.js").Place, "setTriggerValue">} python
   */
  update({ meta, arrays }, { setTriggerValue }) {
    this.edits.trigger = setTriggerValue;
    const latest = this.edits.answered(meta.nonce);
    if (!latest && this.meta) return; // a later edit is on its way
    this.sent = meta;
    this.meta = meta;
    this.data = arrays;
    this.stroke = [];
    this.theme = themeOf(this.root, meta.palette);
    paletteToCss(this.root, this.theme.colours);
    this.root.dataset.view = meta.view;
    if (this.grid.rows !== meta.rows) this.grid = new PixelGrid(meta.rows, meta.columns);
    const { paper, ink } = this.theme.colours;
    const { strip, strip_indices: indices } = /** @type {WeightsArrays} */ (arrays);
    this.strip.update(strip, indices, meta.digit, meta.columns, [paper, ink]);
    if (meta.engine) return this.ask(); // and draw what it answers
    pageEngine().shows(this.root, "server");
    this.draw();
  }

  /** The image on the right, with the stroke that is under way. */
  get rightNow() {
    const { data, stroke, painting } = this;
    const right = data?.right ?? new Uint8Array(0);
    return painting && stroke.length ? painted(right, stroke) : right;
  }

  /** Ask the engine for the weights of both images, where this browser computes. */
  ask() {
    const { meta, data } = this;
    if (!meta?.engine || !data) return;
    const { engine: offer, blocks } = meta;
    this.live.want({ offer, blocks, left: data.left, right: this.rightNow });
  }

  /** Look the weights of the target up, or those of the pixel under the hand that chooses one. */
  look() {
    const { meta, data, sent, stroke, painting } = this;
    if (!meta?.engine || !data || !sent || !this.traces.length) return;
    const target = painting || !stroke.length ? sent.target : stroke[stroke.length - 1];
    const [left, right] = this.traces.map((trace) => weightsAt(trace, meta.blocks, target));
    this.meta = { ...meta, target, p: [left.p, right.p] };
    this.data = { ...data, w_left: left.weights, w_right: right.weights };
    this.draw();
  }

  end() {
    const { stroke, data, sent } = this;
    if (!data || !sent || !stroke.length) return;
    if (!this.painting) {
      const target = stroke[stroke.length - 1];
      this.stroke = [];
      this.sent = { ...sent, target };
      return this.commit({ target });
    }
    data.right = painted(data.right, stroke);
    this.stroke = [];
    this.ask();
    this.draw();
    this.commit({ paint: paintOf(data.right, data.base).slice(0, this.meta?.most) });
  }

  /** Tell Python. @param {{ target?: number, head?: number, paint?: number[][] }} changed */
  commit(changed) {
    const { meta, data } = this;
    if (!meta || !data) return;
    const { target, head } = meta;
    const image = meta.view === "heads" ? data.left : data.right;
    const paint = meta.view === "digits" ? [] : paintOf(image, data.base);
    this.edits.send({ target, head, paint, ...changed });
    if (!meta.engine || changed.head === undefined) return;
    this.meta = { ...meta, head: changed.head }; // the weights of all heads are here
    this.draw();
  }

  /** @param {number} index */
  point(index) {
    if (index === this.hovered) return;
    this.hovered = index;
    this.draw();
  }

  get covered() {
    return this.meta?.hidden.includes("after") ?? false;
  }

  draw() {
    const { meta, data, theme, root } = this;
    const width = clientWidthOf(root);
    if (!meta || !data || !theme || !root.isConnected || width < 50) return;
    const narrow = width < NARROW;
    const below = narrow ? BELOW.narrow : meta.present ? BELOW.presented : BELOW.normal;
    const gap = narrow ? 10 : 28;
    const side = Math.floor(Math.max(140, Math.min((width - gap) / 2, windowHeight() - below)));
    findElement(root, ".pair", HTMLElement).style.columnGap = cssLength(gap);
    findElement(root, "figure", HTMLElement).style.width = cssLength(side);
    this.grid.place(3, 3, side - 6);
    const pixels = meta.rows * meta.columns;
    const [left, right] = [data.w_left, data.w_right].map((all) => ofHead(all, meta.head, pixels));
    const heads = data.w_left.length / (1 + pixels);
    const strongest = darkest(this.covered ? [left] : [left, right]);
    const common = { target: meta.target, darkest: strongest };
    const base = meta.view === "heads" ? data.base : null;
    this.drawLarge(this.left, side, { ...common, x: data.left, base, own: left }, theme);
    if (meta.view === "heads")
      this.drawSmall(heads, theme, narrow ? side : width - side - gap, side);
    else this.drawRight(side, { ...common, own: this.covered ? null : right }, theme);
    this.read([left, right], strongest);
  }

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {number} side
   * @param {import("./attention_weights_draw.js").WeightMap} map
   * @param {import("../ui/browser/theme.js").Theme} theme
   */
  drawLarge(canvas, side, map, theme) {
    const context = sharpContext(canvas, side, side);
    drawWeightMap(context, this.grid, map, theme);
    if (this.hovered >= 0) this.grid.outline(context, this.hovered, theme.text, 1.5);
  }

  /**
   * @param {number} side
   * @param {Omit<import("./attention_weights_draw.js").WeightMap, "x" | "base">} map
   * @param {import("../ui/browser/theme.js").Theme} theme
   */
  drawRight(side, map, theme) {
    const { meta, data, stroke } = this;
    if (!meta || !data) return;
    const paints = meta.view === "paint";
    const x = paints && stroke.length ? painted(data.right, stroke) : data.right;
    this.drawLarge(this.right, side, { ...map, x, base: paints ? data.base : null }, theme);
  }

  /**
   * @param {number} count
   * @param {import("../ui/browser/theme.js").Theme} theme
   * @param {number} room
   * @param {number} side of the large map
   */
  drawSmall(count, theme, room, side) {
    const { meta, data } = this;
    if (!meta || !data) return;
    const { rows, columns, heads } = meta;
    const wide = Math.min(room, 2 * side - 60);
    this.small = headGrids(wide, { count, heads, rows, columns });
    const maps = this.small.map((_, head) => {
      const own = ofHead(data.w_left, head, rows * columns);
      return { x: data.left, base: null, own, target: meta.target, darkest: darkest([own]) };
    });
    const last = this.small[count - 1];
    const context = sharpContext(this.right, wide, last.y + last.height + 4);
    drawHeads(context, this.small, { maps, chosen: meta.head, heads }, theme);
  }

  /** @param {Float32Array[]} own weights of the chosen head, left and right @param {number} strongest */
  read([left, right], strongest) {
    const { meta, data, root } = this;
    if (!meta || !data) return;
    const { columns, head, heads, view, target } = meta;
    const name = headName(head, heads);
    this.say("left").textContent = `${CAPTIONS[view][0]}, ${name}`;
    this.say("right").textContent = CAPTIONS[view][1];
    this.say("of-left").textContent = mapSentence(left, columns);
    const covered = this.covered && view === "paint";
    this.say("of-right").textContent =
      view === "heads" ? "" : covered ? "weights …" : mapSentence(right, columns);
    this.say("ink").textContent = inkSentence(view, meta.p, placeWords(target, columns), covered);
    this.say("pointed").textContent = this.pointed(left, covered ? null : right);
    this.say("darkest").textContent = decimals(strongest, 2);
    this.clear.hidden = view === "digits" || paintOf(data.right, data.base).length === 0;
    this.left.setAttribute("aria-label", `A digit. ${name}: ${this.say("of-left").textContent}`);
    const label = view === "heads" ? `${plural(this.small.length, "head")}, ${name} is chosen` : "";
    this.right.setAttribute(
      "aria-label",
      label || `Beside it: ${this.say("of-right").textContent}`,
    );
    root.dataset.p = String(meta.p[0]);
    if (covered) delete root.dataset.after;
    else root.dataset.after = String(meta.p[1]);
  }

  /** Weights of the pixel that is pointed at. @param {Float32Array} left @param {Float32Array | null} right */
  pointed(left, right) {
    const { hovered, meta } = this;
    if (hovered < 0 || !meta) return "";
    const place = placeWords(hovered, meta.columns);
    if (hovered >= meta.target) return `${place}: not earlier than the target, no key`;
    const [one, other] = [left, right].map((own) => (own ? decimals(own[1 + hovered], 3) : "…"));
    return meta.view === "heads"
      ? `${place}: weight ${one}`
      : `${place}: weights ${one} and ${other}`;
  }

  destroy() {
    pageEngine().shows(this.root, null);
    this.resize.disconnect();
  }
}

export default mount(AttentionWeightsView);
