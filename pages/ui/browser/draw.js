// A digit that a network draws, pixel by pixel and row by row: played from one sample, which the server
// drew or this browser draws itself (draw_engine.js). Then it changes under the hand. Beside it the
// inner state of the network, where it has one that can be shown.

import { mount } from "./mount.js";
import { findElement } from "./dom.js";
import { themeOf, paletteToCss } from "./theme.js";
import { PixelGrid, gridPointer } from "./grid.js";
import { greys } from "./brush.js";
import { weightShelf } from "./weights.js";
import { Newest, pageEngine } from "./engine.js";
import { Hand, baseId, sampleId } from "./hand.js";
import { Brush, withFlips } from "./hand_brush.js";
import { HandControls } from "./hand_controls.js";
import { DigitAsker, withSlice } from "./draw_engine.js";
import { Inner, unitAmong } from "./draw_inner.js";
import { runningLogP } from "./draw_values.js";
import { DigitView } from "./draw_view.js";

/** @typedef {import("./draw_values.js").DrawArrays} DrawArrays */
/** @typedef {import("./draw_engine.js").DigitWish} DigitWish */
/** @typedef {import("./draw_readout.js").DrawMeta} DrawMeta */

/** What draws, beside what a hand changes. @param {DrawMeta} meta */
const drawerOf = ({ model, resets }) => JSON.stringify([model, resets]);

class DrawView extends DigitView {
  /** @type {DrawMeta | undefined} of what is wanted */
  wanted = undefined;
  asked = ""; // what the engine was asked for last
  /** @type {number | undefined} seed of the sample on screen */
  seed = undefined;
  here = false; // whether this browser drew what is shown
  took = 0; // milliseconds of the engine for what it drew last
  brushed = 0; // level of the first pixel under the brush, before
  /** @type {(said: object) => void} */
  send = () => {};
  /** @type {(error: unknown) => void} */
  fail = console.error;

  /** @param {import("./mount.js").Host} parent */
  constructor(parent) {
    super(parent);
    this.hand = new Hand((said) => this.send(said));
    this.controls = new HandControls(
      findElement(this.root, "[data-hand]", HTMLElement),
      (change, atRest) => this.change(change, atRest && !this.engine ? 0 : undefined),
    );
    this.brush = this.newBrush();
    const asker = new DigitAsker(pageEngine(), (slice, wish) => this.part(slice, wish));
    this.newest = new Newest(
      (/** @type {DigitWish} */ wish) => this.asking(asker, wish),
      (drawn, wish, milliseconds) => this.take(drawn, wish, milliseconds),
      (error) => this.fail(error),
    );
    this.onShelf = () => this.takeInner();
    weightShelf().changed.addEventListener("change", this.onShelf);
    this.listen();
  }

  newBrush() {
    // A level of 1 is the one after the first pixel's own, 0 its own.
    return new Brush({
      flips: () => this.hand.now.flips,
      levelAt: (pixel) => {
        this.brushed = this.trace?.values[pixel] ?? 0;
        return 0;
      },
      set: (cells, level, before) => {
        const { levels = 2, most_flips: most = 0 } = this.wanted ?? {};
        const to = (this.brushed + level) % levels;
        this.change({ flips: withFlips(before, cells, to, most) });
      },
      take: (flips) => this.change({ flips }),
    });
  }

  listen() {
    /** @param {number[]} cells */
    const drawn = (cells) => cells.filter((pixel) => pixel < this.player.step);
    gridPointer(this.canvas, {
      cellAt: (x, y) => this.grid.at(x, y),
      hover: (pixel) => this.point(pixel),
      during: (cells) => this.follow(drawn(cells)),
      stroke: (cells) => this.paint(cells, drawn(cells)),
      columns: () => this.grid.columns,
      count: () => this.pixels,
    });
  }

  /** @override */
  get ahead() {
    return this.hand.ahead;
  }

  /** Where the engine finds the model, if this browser is to draw. */
  get engine() {
    return this.wanted?.engine ?? null;
  }

  /**
   * @param {{ meta: DrawMeta, arrays: Record<string, any> }} data
   * @param {import("./mount.js").Python} python
   */
  update({ meta, arrays }, { setTriggerValue, fail }) {
    this.fail = fail;
    this.send = (said) => setTriggerValue("hand", said);
    const before = this.wanted;
    this.wanted = meta;
    this.hand.receive(meta, JSON.stringify([meta.step, drawerOf(meta), meta.arrivals]));
    const { now } = this.hand;
    this.controls.show(now, meta.present);
    if (!meta.engine) {
      this.asked = "";
      // While the hand is ahead, this is an answer to an earlier change; one to the last will come.
      if (this.hand.ahead && this.trace) this.draw();
      else this.show(meta, now, /** @type {DrawArrays} */ (arrays), "server");
    } else if (this.ask() || !this.trace || !this.meta) {
      if (before && this.meta && this.trace) this.cover(meta);
    } else {
      this.show(meta, now, this.trace, "browser");
    }
  }

  /** What the step covers is covered at once, also while the engine draws. @param {DrawMeta} meta */
  cover({ hidden, present }) {
    if (!this.meta) return;
    this.meta = { ...this.meta, hidden: [...new Set([...hidden, ...this.meta.hidden])], present };
    this.draw();
  }

  /**
   * Have the engine draw what is wanted now. Whether there is anything to draw.
   *
   * @param {boolean} [byHand]
   */
  ask(byHand = false) {
    const { wanted } = this;
    if (!wanted?.engine) return false;
    const { engine: model, beside_engine: beside, internals, rows, columns } = wanted;
    const sample = this.hand.now;
    const asked = JSON.stringify([model.card, beside?.card, internals, sampleId("", sample)]);
    if (asked === this.asked) return this.newest.busy;
    this.asked = asked;
    this.newest.want({ model, beside, internals, dimensions: rows * columns, sample, byHand });
    return true;
  }

  /** @param {DigitAsker} asker @param {DigitWish} wish */
  async asking(asker, wish) {
    try {
      return await asker.ask(wish);
    } catch (error) {
      this.asked = ""; // to be asked for again, if the engine is to be tried again
      throw error;
    }
  }

  /** Some pixels of a digit that is still drawn. @param {import("./draw_engine.js").DigitSlice} slice @param {DigitWish} wish */
  part(slice, { byHand }) {
    if (!byHand || !this.trace || this.player.playing) return;
    this.trace = { ...this.trace, values: withSlice(this.trace.values, slice) };
    this.partly = slice.to;
    this.frames.soon();
  }

  /**
   * What the engine drew.
   *
   * @param {import("./draw_engine.js").DrawnDigit} drawn
   * @param {DigitWish} wish
   * @param {number} milliseconds that it took
   */
  take({ arrays, inner }, { sample, model, byHand, internals }, milliseconds) {
    const { wanted } = this;
    // It may come after a step back to the server, or for a model that is no longer shown.
    if (wanted?.engine?.card !== model.card || String(wanted.internals) !== String(internals))
      return;
    this.took = milliseconds;
    this.aside.inner = wanted.inner.length ? new Inner(wanted.inner, inner) : null;
    this.show(wanted, sample, arrays, "browser", byHand);
  }

  /**
   * The hand changes the sample: it is drawn at once where this browser draws.
   *
   * @param {Partial<import("./hand.js").Sample>} change
   * @param {number} [patience] see `Hand.change`
   */
  change(change, patience) {
    this.owed = true;
    this.hand.change(change, patience);
    this.controls.show(this.hand.now, this.wanted?.present ?? false);
    this.ask(true);
  }

  /**
   * Show a sample: from where it begins, or in place of the one that the hand has changed.
   *
   * @param {DrawMeta} meta
   * @param {import("./hand.js").Sample} sample
   * @param {DrawArrays} trace
   * @param {"browser" | "server"} by who drew it
   * @param {boolean} [byHand]
   */
  show(meta, sample, trace, by, byHand = false) {
    const { meta: before, trace: old, flips: flipped, shown, seed } = this;
    const drawer = drawerOf(meta);
    this.theme = themeOf(this.root, meta.palette);
    this.shown = { id: sampleId(drawer, sample), base: baseId(drawer, sample) };
    Object.assign(this, { meta, trace, here: by === "browser", partly: 0 });
    this.seed = sample.seed;
    this.temperature = sample.temperature;
    this.flips = new Set(sample.flips.map(([pixel]) => pixel));
    this.root.dataset.sample = this.shown.id;
    pageEngine().shows(this.root, by, this.took);
    this.sums = runningLogP(trace, meta.levels);
    this.grid = new PixelGrid(meta.rows, meta.columns);
    this.greys = greys(meta.levels, this.theme.colours);
    paletteToCss(this.root, this.theme.colours);
    const fresh = shown.id !== this.shown.id;
    const loads = !before || (fresh && !byHand);
    if (loads) this.player.load(this.pixels, { speeds: meta.speeds, speed: 128, unit: "pixel" });
    this.aside.unit = unitAmong(this.aside.unit, before?.inner ?? [], meta.inner);
    if (by === "server") this.takeInner();
    const goto = meta.goto && meta.goto.nonce !== this.nonce ? meta.goto : null;
    this.nonce = meta.goto?.nonce;
    if (!before || (!goto && before.arrivals !== meta.arrivals)) this.arrive();
    else if (goto) this.go(goto);
    else if (fresh && byHand) this.touched(seed !== sample.seed, shown.base);
    else if (fresh && old) this.playOn(shown.base, old, flipped);
    else this.draw();
    if (this.owed && !this.player.playing) this.commit();
  }

  /**
   * The hand has changed the digit. Another seed plays from the start; otherwise all of it is seen.
   *
   * @param {boolean} reseeded
   * @param {string} base of the sample before
   */
  touched(reseeded, base) {
    const { player } = this;
    this.mark = -1;
    if (reseeded) {
      player.show(0);
      player.playByItself();
    } else if (base !== this.shown.base && !player.playing && player.step < this.pixels) {
      player.seek(this.pixels);
    } else {
      this.draw();
    }
  }

  /** The inner state that the server has sent, once it is on the shelf. */
  takeInner() {
    const { meta } = this;
    if (this.here) return;
    const found = meta?.inner.length ? weightShelf().byName.get(meta.shelf) : undefined;
    this.aside.inner =
      meta && found?.trace_id === meta.trace_id ? new Inner(meta.inner, found) : null;
    this.draw();
  }

  /** A stroke as it grows: drawn at once, or shown until it ends. @param {number[]} cells */
  follow(cells) {
    if (this.engine) {
      if (cells.length) this.player.pause();
      return this.brush.move(cells);
    }
    this.stroke = cells;
    this.draw();
  }

  /** @param {number[]} cells of a stroke that has ended @param {number[]} drawn those drawn */
  paint(cells, drawn) {
    this.stroke = [];
    if (!drawn.length) {
      this.brush.lift();
      if (cells.length === 1) this.player.seek(cells[0]);
      return;
    }
    this.player.pause();
    if (this.engine) return this.brush.end(drawn); // it is told once the hand rests
    const level = this.nextLevel(drawn[0]);
    this.stroke = drawn; // stays on screen until the new sample arrives
    this.draw();
    this.stroke = [];
    this.change({ flips: withFlips(this.hand.now.flips, drawn, level, Infinity) }, 0);
  }

  /** @override */
  destroy() {
    super.destroy();
    pageEngine().shows(this.root, null);
    this.brush.lift();
    this.hand.destroy();
    weightShelf().changed.removeEventListener("change", this.onShelf);
  }
}

export default mount(DrawView);
