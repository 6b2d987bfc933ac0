// What a trained Row LSTM holds at one pixel of a real digit: gates, cell and hidden state of every
// feature, tied to the equations, and one of them over the whole image.
//
// The values of all pixels are here, so another pixel, feature or symbol is looked up. Where this
// browser computes, another digit or layer is one pass of the engine; else the server is asked for it.

import { mount } from "../ui/browser/mount.js";
import { themeOf, paletteToCss } from "../ui/browser/theme.js";
import { pointOn } from "../ui/browser/dom.js";
import { dragTarget } from "../ui/browser/drag_target.js";
import { clientWidthOf } from "../ui/browser/screen.js";
import { DigitStrip } from "../ui/browser/digit_strip.js";
import { Edits } from "../ui/browser/edits.js";
import { Newest, pageEngine } from "../ui/browser/engine.js";
import {
  GateValues,
  barAt,
  barByKey,
  equationsHtml,
  gateNamesHtml,
  isGate,
} from "./row_lstm_gates_values.js";
import { HEAD } from "./row_lstm_gates_column.js";
import { GatesPicture } from "./row_lstm_gates_picture.js";
import { askGates, gatesWish } from "./row_lstm_gates_engine.js";

/** @typedef {import("./row_lstm_gates_values.js").GatesMeta} GatesMeta */
/** @typedef {import("./row_lstm_gates_values.js").GatesArrays} GatesArrays */
/** @typedef {import("./row_lstm_gates_values.js").GatePlace} GatePlace */
/** @typedef {import("./row_lstm_gates_engine.js").GateNumbers} GateNumbers */

class GatesView extends GatesPicture {
  /** @type {{ meta: GatesMeta, arrays: GatesArrays } | null} what Python and the hand want to see */
  wanted = null;
  /** @type {{ id: string, numbers: GateNumbers, milliseconds: number } | null} what the engine has computed last */
  computed = null;
  edits = new Edits();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  resting = undefined;
  /** @type {(error: unknown) => void} */
  fail = console.error;

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    super(parent);
    for (const button of this.viewButtons())
      button.onclick = () => this.set({ view: /** @type {any} */ (button.dataset.view) });
    this.strip = new DigitStrip(this.say("strip"), (digit) => this.pick(digit));
    this.newest = new Newest(
      (/** @type {import("./row_lstm_gates_engine.js").GatesWish} */ wish) =>
        askGates(pageEngine(), wish),
      (numbers, { id }, milliseconds) => {
        this.computed = { id, numbers, milliseconds };
        this.arrived();
      },
      (error) => this.fail(error),
    );
    this.buildEquations();
    dragTarget(this.digit, {
      grid: () => this.grid,
      target: () => this.place.pixel,
      move: (pixel) => this.set({ pixel }),
      hover: (index) => this.hover(index),
      drag: (dragging) => {
        if (!dragging) this.commit();
      },
      focus: () => {},
    });
    this.listenToBars();
    this.listenToColumn();
  }

  /**
   * @param {{ meta: GatesMeta, arrays: any }} data
   * @param {import("../ui/browser/mount.js").Python} python
   */
  update({ meta, arrays }, { setTriggerValue, fail }) {
    this.edits.trigger = setTriggerValue;
    this.fail = fail;
    if (!this.edits.answered(meta.nonce) && this.wanted) return;
    this.wanted = { meta, arrays };
    if (meta.engine) return this.ask();
    this.computed = null;
    this.show(arrays, "server");
  }

  /** Have the engine compute what is wanted, unless it has. */
  ask() {
    if (!this.wanted) return;
    const wish = gatesWish(this.wanted.meta, this.wanted.arrays.x);
    if (wish.id === this.computed?.id) this.arrived();
    else this.newest.want(wish);
  }

  /** Numbers of the engine are here. */
  arrived() {
    const { wanted, computed } = this;
    if (!computed || !wanted?.meta.engine) return;
    if (gatesWish(wanted.meta, wanted.arrays.x).id === computed.id)
      this.show(computed.numbers, "browser");
  }

  /** Another digit: one of those that are here, or ten others. @param {number | null} digit */
  pick(digit) {
    this.edits.send({ digit });
    const { wanted } = this;
    const at = wanted ? wanted.arrays.strip_indices.indexOf(digit ?? -1) : -1;
    if (!wanted?.meta.engine || at < 0) return;
    const { meta, arrays } = wanted;
    const size = meta.rows * meta.columns;
    const x = arrays.strip.slice(at * size, (at + 1) * size);
    this.wanted = { meta: { ...meta, digit: arrays.strip_indices[at] }, arrays: { ...arrays, x } };
    this.ask();
  }

  /**
   * Show what is wanted.
   *
   * @param {GateNumbers} numbers of it
   * @param {"browser" | "server"} by who computed them
   */
  show({ internals, p, erased, p_erased }, by) {
    if (!this.wanted) return;
    const { meta, arrays } = this.wanted;
    const { x, strip, strip_indices } = arrays;
    const theme = themeOf(this.root, meta.palette);
    const values = new GateValues(meta, internals);
    const without = erased ? new GateValues(meta, erased) : null;
    this.root.classList.toggle("presenting", meta.present);
    this.root.dataset.digit = String(meta.digit);
    pageEngine().shows(this.root, by, this.computed?.milliseconds);
    paletteToCss(this.root, theme.colours);
    const { paper, ink } = theme.colours;
    this.strip.update(strip, strip_indices, meta.digit, meta.columns, [paper, ink]);
    this.take({ meta, x, p, p_erased: p_erased ?? null, theme, values, erased: without });
    this.draw();
    this.commit(); // Python may have rewritten the address, from what it knew of it
  }

  /** @param {Partial<GatePlace>} values */
  set(values) {
    Object.assign(this.place, values);
    this.draw();
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.commit(), 250);
  }

  /** Keep the place in the address. */
  commit() {
    if (!this.given) return;
    const { meta } = this.given;
    const url = new URL(location.href);
    for (const name of /** @type {const} */ (["pixel", "feature", "gate", "view"])) {
      const value = this.place[name];
      if (value === meta[name]) url.searchParams.delete(name);
      else url.searchParams.set(name, String(value));
      this.root.dataset[name] = String(value);
    }
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  }

  // --- equations and bars --------------------------------------------------------------------

  buildEquations() {
    this.say("equations").innerHTML = equationsHtml();
    this.say("names").innerHTML = gateNamesHtml();
    for (const button of this.symbolButtons()) {
      const name = button.dataset.symbol ?? "";
      button.onpointerenter = button.onfocus = () => this.light(name);
      button.onpointerleave = button.onblur = () => this.light(null);
      button.onclick = () => {
        if (isGate(name)) this.set({ gate: name });
      };
    }
  }

  listenToBars() {
    /** @param {MouseEvent} event */
    const at = (event) =>
      barAt(...pointOn(this.bars, event), clientWidthOf(this.bars), this.given?.meta.features ?? 1);
    this.bars.addEventListener("pointermove", (event) => {
      const { feature, gate } = at(event);
      this.point(feature, gate);
    });
    this.bars.addEventListener("pointerleave", () => {
      this.point(-1, null);
    });
    this.bars.addEventListener("click", (event) => this.set(at(event)));
    this.bars.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.bars.blur();
      const to = barByKey(event.key, this.place, this.given?.meta.features ?? 1);
      if (!to) return;
      this.set(to);
      event.preventDefault();
      event.stopPropagation();
    });
  }

  /** A row of the curves is a row of the picture: pressing and dragging choose it. */
  listenToColumn() {
    /** @param {PointerEvent} event */
    const choose = (event) => {
      if (!this.given) return;
      const { rows, columns } = this.given.meta;
      const down = pointOn(this.column, event)[1] - HEAD - this.grid.y;
      const row = Math.max(0, Math.min(rows - 1, Math.floor(down / this.grid.cell)));
      this.set({ pixel: row * columns + (this.place.pixel % columns) });
    };
    this.column.addEventListener("pointerdown", (event) => {
      if (event.button > 0) return;
      this.column.setPointerCapture(event.pointerId);
      choose(event);
    });
    this.column.addEventListener("pointermove", (event) => {
      if (this.column.hasPointerCapture(event.pointerId)) choose(event);
    });
  }

  destroy() {
    clearTimeout(this.resting);
    pageEngine().shows(this.root, null);
    super.destroy();
  }
}

export default mount(GatesView);
