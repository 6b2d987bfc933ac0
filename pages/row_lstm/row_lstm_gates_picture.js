// The picture of a Row LSTM's gates: the digit under the map of a symbol, the curves or the bars beside
// it, and what is said of them. What the hand does to them: row_lstm_gates.js.

import { findElement } from "../ui/browser/dom.js";
import { PixelGrid } from "../ui/browser/grid.js";
import { attribute, decimals } from "../ui/browser/numbers.js";
import {
  GATE_SYMBOLS,
  featureWords,
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
import { CURVES, drawColumn } from "./row_lstm_gates_column.js";
import { cssLength, clientWidthOf, windowHeight } from "../ui/browser/screen.js";

/** @typedef {import("./row_lstm_gates_values.js").GatesMeta} GatesMeta */
/** @typedef {import("./row_lstm_gates_values.js").GateValues} GateValues */
/** @typedef {import("./row_lstm_gates_values.js").GatePlace} GatePlace */

/**
 * What is shown.
 *
 * @typedef {object} Given
 * @property {GatesMeta} meta
 * @property {Uint8Array} x (H W), the digit
 * @property {ArrayLike<number>} p (H W), p(x = 1 | before)
 * @property {ArrayLike<number> | null} p_erased p of the digit without its first rows
 * @property {GateValues} values
 * @property {GateValues | null} erased of the digit without its first rows
 * @property {import("../ui/browser/theme.js").Theme} theme
 */

const LARGEST_SIDE = 720;
const LEAST_SIDE = 130;
const SIDE_AT_LEAST = 330; // CSS pixels for the curves or the bars, beside the picture
const NARROW = 600;
const AROUND_PRESENTED = 300; // nothing below it is read
const AROUND = 420; // CSS pixels above and below the picture

export class GatesPicture {
  /** @type {Given | null} */
  given = null;
  /** @type {GatePlace} */
  place = { pixel: 0, feature: 0, gate: "c", view: "column" };
  hovered = -1; // pixel under the pointer
  pointed = -1; // feature under the pointer
  /** @type {string | null} */
  lit = null; // symbol under the pointer
  grid = new PixelGrid(1, 1);

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    this.root = findElement(parent, ".gates", HTMLElement);
    this.digit = findElement(this.root, "canvas.digit", HTMLCanvasElement);
    this.column = findElement(this.root, "canvas.column", HTMLCanvasElement);
    this.bars = findElement(this.root, "canvas.bars", HTMLCanvasElement);
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
  }

  /** What is shown, and where the address or the step has it. @param {Given} given */
  take(given) {
    const { meta } = given;
    const before = this.given?.meta;
    this.given = given;
    Object.assign(this.grid, { rows: meta.rows, columns: meta.columns });
    const sent = before && before.goto?.nonce !== meta.goto?.nonce;
    if (before && (sent || before.resets !== meta.resets)) this.place = gatesInAddress("", meta);
    else if (before?.arrivals !== meta.arrivals) this.place = gatesInAddress(location.search, meta);
    else this.place = placeWithin(this.place, meta);
    this.hovered = this.pointed = -1;
  }

  /** @param {string} name */
  say(name) {
    return findElement(this.root, `.${name}`, HTMLElement);
  }

  /** @returns {NodeListOf<HTMLButtonElement>} */
  viewButtons() {
    return this.root.querySelectorAll("button[data-view]");
  }

  /** @returns {NodeListOf<HTMLButtonElement>} */
  symbolButtons() {
    return this.root.querySelectorAll("button[data-symbol]");
  }

  /** What is covered: "erased", or a symbol. @param {string} name */
  covered(name) {
    return Boolean(this.given?.meta.hidden.includes(name));
  }

  /** @param {number} pixel under the pointer, or -1 */
  hover(pixel) {
    if (pixel === this.hovered) return;
    this.hovered = pixel;
    this.draw();
  }

  /** A feature and a symbol under the pointer, or none. @param {number} feature @param {string | null} name */
  point(feature, name) {
    if (feature === this.pointed && name === this.lit) return;
    this.pointed = feature;
    this.light(name);
  }

  /** @param {string | null} name */
  light(name) {
    this.lit = name;
    this.draw();
  }

  /** The feature under the pointer, else the chosen one. */
  get feature() {
    return this.pointed >= 0 ? this.pointed : this.place.feature;
  }

  /** What was read without the first rows of the digit, where that is shown: the map and the bars are of it. */
  get second() {
    return this.covered("erased") ? null : (this.given?.erased ?? null);
  }

  draw() {
    const width = clientWidthOf(this.root);
    if (!this.given || !this.root.isConnected || width < 50) return;
    const beside = width < NARROW ? 0.42 * width : width - 24 - SIDE_AT_LEAST;
    const high = windowHeight() - (this.given.meta.present ? AROUND_PRESENTED : AROUND);
    const side = Math.max(LEAST_SIDE, Math.floor(Math.min(LARGEST_SIDE, beside, high)));
    placeGrid(this.grid, side);
    const narrow = width < NARROW;
    this.root.classList.toggle("narrow", narrow);
    findElement(this.root, "figure", HTMLElement).style.width = narrow ? cssLength(side) : "";
    const rest = width - side - (narrow ? 10 : 24);
    this.say("side").style.width = cssLength(rest);
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
  drawImage({ meta, x, values: first, theme }) {
    const { feature, second } = this;
    const values = second ?? first;
    const name = isGate(this.lit) ? this.lit : this.place.gate;
    const places = {
      pixel: this.place.pixel,
      hovered: this.hovered,
      above: this.placesAbove(meta),
    };
    const blank = this.covered(name);
    const shown = { name, feature, x, erase: meta.erase, blank };
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
      `Test image ${meta.digit} under the ${word} of unit ${feature}, ${low} to ${high}. Pixel ${pixelName(this.place.pixel, meta.columns)} chosen; arrow keys move it.`,
    );
  }

  /** @param {Given} given @param {number} width */
  drawColumn({ meta, x, values, theme }, width) {
    const { feature, second: compared } = this;
    const { pixel } = this.place;
    const hidden = CURVES.filter((name) => this.covered(name));
    const ranges = meta.step[0] === "gates" && meta.step[1] === 5; // where the words compare them
    const of = {
      values,
      erased: compared,
      feature,
      pixel,
      hidden,
      ranges,
      x,
    };
    drawColumn(this.column, width, this.grid, of, theme);
    const column = pixel % meta.columns;
    this.column.setAttribute(
      "aria-label",
      `o, f, i, g and c of unit ${feature} down column ${column}${compared ? ", with and without the erased ink" : ""}. A click chooses a row.`,
    );
    const c = values.at("c", feature, pixel);
    Object.assign(this.root.dataset, { c: attribute(c, 3) });
    if (compared) this.root.dataset.erased = attribute(compared.at("c", feature, pixel), 3);
    else delete this.root.dataset.erased;
  }

  /** @param {Given} given */
  drawBars({ meta, values, theme }) {
    const width = clientWidthOf(this.say("strips")) - this.say("names").offsetWidth - 8;
    if (width < 40) return;
    const shown = { ...this.place, feature: this.feature, lit: this.lit };
    drawGateBars(this.bars, width, this.second ?? values, shown, theme);
    this.bars.setAttribute(
      "aria-label",
      `Bars of ${meta.features} units${this.second ? " without the erased ink" : ""}, unit ${this.place.feature} chosen. Left and right choose a unit, up and down a symbol.`,
    );
  }

  /** @param {Given} given */
  drawWords({ meta, x, p: every, p_erased: without, values }) {
    const { pixel, view } = this.place;
    const p = every[pixel];
    const compared = this.covered("erased") ? null : (without?.[pixel] ?? null);
    const prediction = predictionWords(pixel, meta.columns, p, x[pixel], compared);
    this.say("at").innerHTML = prediction;
    this.say("layer").innerHTML = layerWords(meta);
    this.say("numbers").innerHTML = this.covered("g")
      ? ""
      : featureWords(values, this.second, this.feature, pixel);
    this.say("height").textContent =
      view === "units"
        ? heightWords((this.second ?? values).largestCell(pixel))
        : "outlined: the chosen row";
    this.say("bands").hidden = view === "units";
    this.say("second").hidden = compared === null;
    Object.assign(this.root.dataset, { shown: this.feature, p });
  }

  destroy() {
    this.resize.disconnect();
  }
}
