// What a trained Row LSTM holds at one pixel of a real digit: gates, cell and hidden state of every
// feature, tied to the equations, and one of them over the whole image.
//
// The values of all pixels are here, so another pixel, feature or symbol is looked up without the
// server. Only another digit or another layer is asked for.

import { mount } from "../ui/browser/mount.js";
import { themeOf, paletteToCss } from "../ui/browser/theme.js";
import { decimals } from "../ui/browser/numbers.js";
import { findElement, pointOn } from "../ui/browser/dom.js";
import { PixelGrid } from "../ui/browser/grid.js";
import { dragTarget } from "../ui/browser/drag_target.js";
import { DigitStrip } from "../ui/browser/digit_strip.js";
import {
  GATE_SYMBOLS,
  GateValues,
  barAt,
  barByKey,
  equationsHtml,
  featureWords,
  gateNamesHtml,
  gatesInAddress,
  heightWords,
  isGate,
  layerWords,
  pixelName,
  placeWithin,
  predictionWords,
  statesAbove,
} from "./row_lstm_gates_values.js";
import { drawGateBars, drawGateMap, placeGrid, scaleStops } from "./row_lstm_gates_draw.js";
import { CURVES, HEAD, drawColumn } from "./row_lstm_gates_column.js";

/** @typedef {import("./row_lstm_gates_values.js").GatesMeta} GatesMeta */
/** @typedef {import("./row_lstm_gates_values.js").GatesArrays} GatesArrays */
/** @typedef {import("./row_lstm_gates_values.js").GatePlace} GatePlace */

/**
 * What Python sent last, and what follows from it.
 *
 * @typedef {object} Given
 * @property {GatesMeta} meta
 * @property {GatesArrays} arrays
 * @property {GateValues} values
 * @property {GateValues | null} erased of the digit without its first rows
 * @property {import("../ui/browser/theme.js").Theme} theme
 */

const LARGEST_SIDE = 720;
const LEAST_SIDE = 130;
const SIDE_AT_LEAST = 330; // CSS pixels for the curves or the bars, beside the picture
const NARROW = 600;
const AROUND = 420; // CSS pixels above and below the picture
const AROUND_PRESENTED = 330;

class GatesView {
  /** @type {Given | null} */
  given = null;
  /** @type {GatePlace} */
  place = { pixel: 0, feature: 0, gate: "c", view: "column" };
  hovered = -1; // pixel under the pointer
  pointed = -1; // feature under the pointer
  /** @type {string | null} */
  lit = null; // symbol under the pointer
  asked = Date.now();
  grid = new PixelGrid(1, 1);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  resting = undefined;
  /** @type {(name: string, value: unknown) => void} */
  send = () => {};

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    this.root = findElement(parent, ".gates", HTMLElement);
    this.digit = findElement(this.root, "canvas.digit", HTMLCanvasElement);
    this.column = findElement(this.root, "canvas.column", HTMLCanvasElement);
    for (const button of this.viewButtons())
      button.onclick = () => this.set({ view: /** @type {any} */ (button.dataset.view) });
    this.bars = findElement(this.root, "canvas.bars", HTMLCanvasElement);
    this.strip = new DigitStrip(this.say("strip"), (digit) =>
      this.send("digit", { digit, nonce: ++this.asked }),
    );
    this.buildEquations();
    dragTarget(this.digit, {
      grid: () => this.grid,
      target: () => this.place.pixel,
      move: (pixel) => this.set({ pixel }),
      hover: (index) => {
        if (index === this.hovered) return;
        this.hovered = index;
        this.draw();
      },
      drag: (dragging) => {
        if (!dragging) this.commit();
      },
      focus: () => {},
    });
    this.listenToBars();
    this.listenToColumn();
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
  }

  /** @param {string} name */
  say(name) {
    return findElement(this.root, `.${name}`, HTMLElement);
  }

  /**
   * @param {{ meta: GatesMeta, arrays: any }} data
   * @param {Pick<import("../ui/browser/mount.js").Place, "setTriggerValue">} python
   */
  update({ meta, arrays }, { setTriggerValue }) {
    this.send = setTriggerValue;
    const before = this.given?.meta;
    const theme = themeOf(this.root, meta.palette);
    const erased = arrays.erased ? new GateValues(meta, arrays.erased) : null;
    this.given = { meta, arrays, theme, values: new GateValues(meta, arrays.internals), erased };
    this.root.classList.toggle("presenting", meta.present);
    Object.assign(this.grid, { rows: meta.rows, columns: meta.columns });
    paletteToCss(this.root, theme.colours);
    const { paper, ink } = theme.colours;
    this.strip.update(arrays.strip, arrays.strip_indices, meta.digit, meta.columns, [paper, ink]);
    const sent = before && before.goto?.nonce !== meta.goto?.nonce;
    if (before && (sent || before.resets !== meta.resets)) this.place = gatesInAddress("", meta);
    else if (before?.arrivals !== meta.arrivals) this.place = gatesInAddress(location.search, meta);
    else this.place = placeWithin(this.place, meta);
    this.hovered = this.pointed = -1;
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

  /** @returns {NodeListOf<HTMLButtonElement>} */
  viewButtons() {
    return this.root.querySelectorAll("button[data-view]");
  }

  /** What is covered: "erased", or a symbol. @param {string} name */
  covered(name) {
    return Boolean(this.given?.meta.hidden.includes(name));
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

  /** @returns {NodeListOf<HTMLButtonElement>} */
  symbolButtons() {
    return this.root.querySelectorAll("button[data-symbol]");
  }

  /** @param {string | null} name */
  light(name) {
    this.lit = name;
    this.draw();
  }

  listenToBars() {
    /** @param {MouseEvent} event */
    const at = (event) =>
      barAt(
        ...pointOn(this.bars, event),
        this.bars.getBoundingClientRect().width,
        this.given?.meta.features ?? 1,
      );
    this.bars.addEventListener("pointermove", (event) => {
      const { feature, gate } = at(event);
      if (feature === this.pointed && gate === this.lit) return;
      this.pointed = feature;
      this.light(gate);
    });
    this.bars.addEventListener("pointerleave", () => {
      this.pointed = -1;
      this.light(null);
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

  /** The feature under the pointer, else the chosen one. */
  get feature() {
    return this.pointed >= 0 ? this.pointed : this.place.feature;
  }

  // --- drawing -------------------------------------------------------------------------------

  draw() {
    const width = this.root.clientWidth;
    if (!this.given || !this.root.isConnected || width < 50) return;
    const { present } = this.given.meta;
    const beside = width < NARROW ? 0.42 * width : width - 24 - SIDE_AT_LEAST;
    const high = window.innerHeight - (present ? AROUND_PRESENTED : AROUND);
    const side = Math.max(LEAST_SIDE, Math.floor(Math.min(LARGEST_SIDE, beside, high)));
    placeGrid(this.grid, side);
    const rest = width - side - (width < NARROW ? 10 : 24);
    this.say("side").style.width = `${rest}px`;
    this.drawImage(this.given);
    const { view } = this.place;
    for (const button of this.viewButtons())
      button.setAttribute("aria-pressed", String(button.dataset.view === view));
    this.column.hidden = view !== "column";
    this.say("units").hidden = view !== "units";
    if (view === "column") this.drawColumn(this.given, rest);
    else this.drawBars(this.given);
    this.drawWords(this.given);
    for (const button of this.symbolButtons()) {
      const name = button.dataset.symbol;
      button.classList.toggle("lit", name === this.lit);
      if (isGate(name)) button.setAttribute("aria-pressed", String(name === this.place.gate));
    }
  }

  /** Places of the row above that the symbol under the pointer speaks of. @param {GatesMeta} meta */
  placesAbove(meta) {
    if (this.lit === "h_above") return statesAbove(meta, this.place.pixel);
    const above = this.place.pixel - meta.columns;
    return this.lit === "c_above" && above >= 0 ? [above] : [];
  }

  /** @param {Given} given */
  drawImage({ meta, arrays, values: first, erased, theme }) {
    const { feature } = this;
    const second = this.covered("erased") ? null : erased; // what was read the second time
    const values = second ?? first;
    const name = isGate(this.lit) ? this.lit : this.place.gate;
    const places = {
      pixel: this.place.pixel,
      hovered: this.hovered,
      above: this.placesAbove(meta),
    };
    const blank = this.covered(name);
    const shown = { name, feature, x: arrays.x, erase: meta.erase, blank };
    drawGateMap(this.digit, this.grid, values, shown, places, theme, meta.ramp);
    const { html, word, signed } = GATE_SYMBOLS[name];
    this.say("map-name").innerHTML =
      `<b>${html}</b> (${word}) of unit ${feature}${second ? ", without the erased ink" : ""}`;
    const full = values.fullTone(name, feature);
    const [low, high] = signed ? [decimals(-full, 1), decimals(full, 1)] : ["0", "1"];
    this.say("low").textContent = low;
    this.say("high").textContent = high;
    const stops = scaleStops(name, theme, meta.ramp).join(",");
    this.say("scale").style.setProperty("--scale", `linear-gradient(to right, ${stops})`);
    this.digit.setAttribute(
      "aria-label",
      `Test digit ${meta.digit} under the ${word} of unit ${feature}, ${low} to ${high}. Pixel ${pixelName(this.place.pixel, meta.columns)} chosen; arrow keys move it.`,
    );
  }

  /** @param {Given} given @param {number} width */
  drawColumn({ meta, arrays, values, erased, theme }, width) {
    const { feature } = this;
    const { pixel } = this.place;
    const compared = this.covered("erased") ? null : erased;
    const hidden = CURVES.filter((name) => this.covered(name));
    const ranges = meta.step[0] === "gates" && meta.step[1] === 5; // where the words compare them
    const of = {
      values,
      erased: compared,
      feature,
      pixel,
      hidden,
      ranges,
      x: arrays.x,
      large: meta.present,
    };
    drawColumn(this.column, width, this.grid, of, theme);
    const column = pixel % meta.columns;
    this.column.setAttribute(
      "aria-label",
      `f, i, g and c of unit ${feature} down column ${column}${compared ? ", with and without the erased ink" : ""}. A click chooses a row.`,
    );
    const c = values.at("c", feature, pixel);
    Object.assign(this.root.dataset, { c: c.toFixed(3) });
    if (compared) this.root.dataset.erased = compared.at("c", feature, pixel).toFixed(3);
    else delete this.root.dataset.erased;
  }

  /** @param {Given} given */
  drawBars({ meta, values, theme }) {
    const width = this.say("strips").clientWidth - this.say("names").offsetWidth - 8;
    if (width < 40) return;
    const shown = { ...this.place, feature: this.feature, lit: this.lit };
    drawGateBars(this.bars, width, values, shown, theme);
    this.bars.setAttribute(
      "aria-label",
      `Bars of ${meta.features} features, feature ${this.place.feature} chosen. Left and right choose a feature, up and down a symbol.`,
    );
  }

  /** @param {Given} given */
  drawWords({ meta, arrays, values }) {
    const { pixel, view } = this.place;
    const p = arrays.p[pixel];
    const compared = this.covered("erased") ? null : (arrays.p_erased?.[pixel] ?? null);
    const prediction = predictionWords(pixel, meta.columns, p, arrays.x[pixel], compared);
    this.say("at").innerHTML = prediction;
    this.say("layer").innerHTML = layerWords(meta);
    this.say("numbers").innerHTML = this.covered("g")
      ? ""
      : featureWords(values, this.feature, pixel);
    this.say("height").textContent =
      view === "units" ? heightWords(values.largestCell(pixel)) : "outlined: the chosen row";
    this.say("second").hidden = compared === null;
    Object.assign(this.root.dataset, { shown: this.feature, p });
  }

  destroy() {
    clearTimeout(this.resting);
    this.resize.disconnect();
  }
}

export default mount(GatesView);
