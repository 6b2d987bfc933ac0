// The picture of a digit that is drawn: where it stands, how it plays, and what is seen of it.

import { findElement } from "./dom.js";
import { PaneFit } from "./pane.js";
import { sharpContext } from "./theme.js";
import { OnceAFrame } from "./once_a_frame.js";
import { Player } from "./player.js";
import { PixelGrid } from "./grid.js";
import { weightShelf } from "./weights.js";
import { DrawAside } from "./draw_aside.js";
import { drawDigit } from "./draw_picture.js";
import { firstDifference } from "./draw_values.js";
import { Readout } from "./draw_readout.js";
import { addressOf, keepInAddress } from "./draw_address.js";
import { clientWidthOf, windowHeight } from "./screen.js";

const NARROW = 560;
const EDGE = 3; // room for the outline of a pixel at the border
const BELOW = { normal: 312, narrow: 500 }; // of the window, kept for all but the digit

/** @typedef {import("./draw_values.js").DrawArrays} DrawArrays */
/** @typedef {import("./draw_readout.js").DrawMeta} DrawMeta */
/** @typedef {import("./draw_readout.js").DrawPlace} DrawPlace */
/** @type {Map<string, import("./draw_address.js").DrawStand>} where a sample stood when its picture went */
const lastStands = new Map();

const START = /** @type {DrawPlace} */ ({ step: 0, play: true, nonce: 0 });

export class DigitView {
  /** @type {DrawMeta | undefined} of what is shown */
  meta = undefined;
  shown = { id: "", base: "" }; // of the sample on screen
  owed = false; // the address has not been told where the picture stands
  partly = 0; // how many of its pixels are there, while the engine draws the others
  /** @type {import("./theme.js").Theme | undefined} */
  theme = undefined;
  /** @type {DrawArrays | undefined} */
  trace = undefined;
  temperature = 1; // at which it was drawn
  /** @type {Float64Array} */
  sums = new Float64Array(1);
  /** @type {ReadonlySet<number>} */
  flips = new Set();
  grid = new PixelGrid(1, 1);
  /** @type {string[]} */
  greys = [];
  fit = new PaneFit();
  hovered = -1; // pixel
  reads = false;
  /** @type {number | number[]} */
  mark = -1;
  /** @type {number[]} */
  stroke = []; // pixels under the brush, where the server draws
  width = 0; // of the picture, CSS pixels; asking the element for it lays the page out
  frames = new OnceAFrame(() => this.redraw());
  /** @type {number | undefined} */
  nonce = undefined;

  /** @param {import("./mount.js").Host} parent */
  constructor(parent) {
    this.root = findElement(parent, ".draw", HTMLElement);
    this.canvas = findElement(this.root, ".digit", HTMLCanvasElement);
    this.toggle = findElement(this.root, "[data-do=reads]", HTMLButtonElement);
    this.readout = new Readout(this.root);
    this.aside = new DrawAside(this.root, {
      point: () => this.draw(),
      choose: () => {
        this.draw();
        this.commit();
      },
    });
    this.toggle.onclick = () => {
      this.reads = !this.reads;
      this.draw();
      this.commit();
    };
    this.player = new Player(findElement(this.root, "[data-player]", HTMLElement), {
      onStep: () => this.draw(),
      onRest: () => this.commit(),
    });
    this.resize = new ResizeObserver(() => {
      this.width = clientWidthOf(this.root);
      this.draw();
    });
    this.resize.observe(this.root);
  }

  /** D. */
  get pixels() {
    return this.trace?.values.length ?? 0;
  }

  /** Whether the sample on screen is one that the address does not hold yet. */
  get ahead() {
    return false;
  }

  /** Where the address has the picture, else where the step has it; playing where neither says. */
  arrive() {
    const { meta } = this;
    if (!meta) return;
    const last = lastStands.get(this.shown.id);
    if (last && last.nonce === this.nonce) return this.stand(last);
    const query = new URLSearchParams(location.search);
    const linked = Number(query.get("step") ?? NaN);
    const place = meta.goto ?? START;
    const unit = query.has("unit") ? Number(query.get("unit")) : place.unit;
    this.reads = query.has("reads") ? query.get("reads") === "1" : Boolean(place.reads);
    this.aside.take(meta, unit);
    this.mark = place.mark ?? -1;
    if (Number.isInteger(linked) && linked >= 0 && linked <= this.pixels) this.player.seek(linked);
    else this.playFrom(place);
  }

  /** The same picture, mounted anew: to present it, say. @param {import("./draw_address.js").DrawStand} last */
  stand({ step, reads, unit, mark }) {
    Object.assign(this, { reads, mark });
    this.aside.unit = unit;
    this.player.seek(step);
  }

  /** To where a step of the lesson has the picture. @param {Omit<DrawPlace, "nonce">} place */
  go(place) {
    this.reads = Boolean(place.reads);
    if (this.meta) this.aside.take(this.meta, place.unit);
    this.mark = place.mark ?? -1;
    this.playFrom(place);
  }

  /** @param {Omit<DrawPlace, "nonce">} place */
  playFrom({ step = this.pixels, play = false }) {
    this.player.seek(Math.min(step, this.pixels));
    if (play) this.player.playByItself();
  }

  /**
   * The same random numbers: play on from the first pixel that differs. Others: from the start.
   *
   * @param {string} base of the sample before
   * @param {DrawArrays} old
   * @param {ReadonlySet<number>} flipped
   */
  playOn(base, old, flipped) {
    const { trace, player } = this;
    if (!trace) return;
    this.mark = -1;
    if (base !== this.shown.base) {
      player.show(0);
      return player.playByItself();
    }
    const differs = firstDifference(old, trace, flipped, this.flips);
    if (differs < 0) return player.seek(player.step);
    player.show(differs + 1);
    player.playByItself();
  }

  /** The level of a drawn pixel, as it stands under the student's brush. @param {number} pixel */
  valueAt(pixel) {
    const values = this.trace?.values ?? [];
    return this.stroke.includes(pixel) ? this.nextLevel(this.stroke[0]) : values[pixel];
  }

  /** @param {number} pixel */
  nextLevel(pixel) {
    return ((this.trace?.values[pixel] ?? 0) + 1) % (this.meta?.levels ?? 2);
  }

  /** @param {number} pixel */
  point(pixel) {
    if (pixel === this.hovered) return;
    this.hovered = pixel;
    this.canvas.style.cursor = pixel >= 0 && pixel < this.player.step ? "cell" : "pointer";
    this.draw();
  }

  // --- the address ---------------------------------------------------------------------------

  /** The address is told where the picture stands, once Python has told it the sample. */
  commit() {
    const { meta, player, reads } = this;
    this.owed = this.ahead;
    if (!meta || this.owed) return;
    const stand = { step: player.step, reads, unit: this.aside.unit };
    keepInAddress(this.root, addressOf(stand, meta, this.pixels));
  }

  // --- drawing -------------------------------------------------------------------------------

  /** Whether a part of the picture may be shown. @param {string} part */
  may(part) {
    return !this.meta?.hidden.includes(part);
  }

  /** The pixel that is spoken of: pointed at, else the next one. */
  get at() {
    if (this.hovered >= 0 && this.hovered <= this.player.step) return this.hovered;
    return Math.min(this.player.step, this.pixels - 1);
  }

  draw() {
    this.frames.now();
  }

  redraw() {
    const { meta, root } = this;
    const width = this.width || clientWidthOf(root);
    const ready = meta && this.trace && this.theme && root.isConnected;
    if (!ready || width < 50) return;
    const parts = [meta.inner.length, meta.beside, meta.hidden, meta.columns];
    this.fit.draw(root, parts, (less) => this.drawWithin(less));
  }

  /** @param {number} less height that a phone's pane does not have, CSS pixels */
  drawWithin(less) {
    const { meta, trace, theme, root, grid, aside } = this;
    if (!meta || !trace || !theme) return;
    const width = this.width || clientWidthOf(root);
    const narrow = width < NARROW;
    const below = narrow ? BELOW.narrow : BELOW.normal;
    const inner = meta.inner.length > 0 && this.may("inner");
    const widest = inner || meta.beside !== null ? width * 0.66 : width;
    const side = Math.floor(Math.max(190, Math.min(widest, windowHeight() - below) - less));
    grid.place(EDGE, EDGE, side - 2 * EDGE);
    drawDigit(sharpContext(this.canvas, side, side), this.scene(theme, trace));
    if (this.partly) {
      root.dataset.part = String(this.partly);
      return; // what is read and kept of its pixels comes with the last of them
    }
    const { at, flips, reads, greys: colours } = this;
    const t = this.player.step;
    const other = meta.beside !== null && this.may("beside");
    aside.draw({
      ...{ meta, theme, width, side, narrow, inner, other, t, at, greys: colours },
      values: trace.beside,
    });
    const table = weightShelf().byName.get(meta.table)?.first_seen;
    const { unit, pointed: pointedUnit, inner: state } = aside;
    this.readout.show({
      ...{ meta, trace, t, at, nats: this.sums[t], flips, reads, table, unit, pointedUnit },
      ...{ temperature: this.temperature, inner: state, greys: colours, mark: this.mark },
    });
  }

  /** @param {import("./theme.js").Theme} theme @param {DrawArrays} trace */
  scene(theme, trace) {
    const { at, aside } = this;
    const { unit, inner } = aside;
    const map = unit && inner && this.may("inner") && !this.partly;
    return {
      theme,
      grid: this.grid,
      greys: this.greys,
      valueAt: (/** @type {number} */ pixel) => this.valueAt(pixel),
      base: trace.base,
      flips: this.flips,
      changes: this.may("changes") && !this.partly,
      t: this.player.step,
      at,
      reads: this.readsOf(at),
      map: map ? inner.strength.bind(inner, unit) : null,
      mark: this.mark,
      pointed: this.hovered >= 0,
    };
  }

  /** Whether the probability of a pixel reads another; null where that is not shown. @param {number} at */
  readsOf(at) {
    const table = this.meta && weightShelf().byName.get(this.meta.table)?.first_seen;
    if (!this.reads || !table || !this.meta || !this.may("reads")) return null;
    const { depth } = this.meta;
    const first = at * this.pixels;
    return (/** @type {number} */ pixel) => pixel < at && table[first + pixel] <= depth;
  }

  destroy() {
    if (this.meta) {
      const { reads, mark, nonce } = this;
      const { unit } = this.aside;
      lastStands.set(this.shown.id, { step: this.player.step, reads, unit, mark, nonce });
    }
    this.frames.stop();
    this.player.destroy();
    this.resize.disconnect();
  }
}
