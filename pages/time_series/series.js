// A series and what a model says of its future: arrows and a Gaussian for the next value, or paths
// that grow step by step, each drawn value fed back. All numbers come from Python.

import {
  arrowsSvg,
  axesSvg,
  fanSvg,
  frameOf,
  historySvg,
  nextSvg,
  oneStepSvg,
} from "./series_draw.js";
import { residualsSvg } from "./series_residuals.js";
import { legendHtml, readingWords } from "./series_words.js";
import { findElement, pointOn } from "../ui/browser/dom.js";
import { mount } from "../ui/browser/mount.js";
import { Player } from "../ui/browser/player.js";
import { paletteToCss, themeOf } from "../ui/browser/theme.js";
import { cssLength, clientWidthOf, windowHeight } from "../ui/browser/screen.js";

/**
 * @typedef {object} SeriesMeta What pages/time_series/forecast.py sends.
 * @property {string} title
 * @property {string} unit
 * @property {string} time_unit
 * @property {string[]} labels of all times, also beyond the end
 * @property {"one step" | "many steps" | "residuals"} view
 * @property {number} known values that the model is given
 * @property {number} start index of the first value drawn
 * @property {number} horizon
 * @property {number} futures
 * @property {number} one_start index of the first one-step mean
 * @property {string} model
 * @property {number} d
 * @property {number} q
 * @property {number} constant
 * @property {number[]} phi
 * @property {boolean} below whether values below 0 are marked
 * @property {number} bound
 * @property {number} ljung_box_p
 * @property {number} lags_tested
 * @property {[number, number]} [rmse] one step ahead, and all at once
 * @property {string} trace_id
 * @property {boolean} present
 * @property {string[]} hidden "prediction", "fan", "paths", "labels"
 * @property {{ step?: number, play?: number, nonce: number } | null} goto
 * @property {{ light: Record<string, string>, dark: Record<string, string> }} palette
 */

/**
 * @typedef {object} SeriesArrays
 * @property {Float64Array} times
 * @property {Float64Array} values
 * @property {Float64Array} one means one step ahead
 * @property {Float64Array} one_error
 * @property {Float64Array} mean many steps ahead
 * @property {Float64Array} error
 * @property {Float64Array} paths (futures, horizon)
 * @property {Float64Array} acf of the residuals, from lag 1 on
 */

const SPEEDS = [1, 3, 6, 12, 30];

class SeriesView {
  /** @type {SeriesMeta | null} */
  meta = null;
  /** @type {SeriesArrays | null} */
  arrays = null;
  /** @type {Record<string, string>} */
  colours = {};
  /** @type {import("./series_draw.js").Frame | null} */
  frame = null;
  pointed = -1;
  /** @type {number | undefined} */
  nonce = undefined;

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    this.root = findElement(parent, ".series", HTMLElement);
    this.svg = findElement(this.root, "svg", SVGSVGElement);
    this.controls = findElement(this.root, "[data-player]", HTMLElement);
    this.player = new Player(this.controls, {
      onStep: () => this.draw(),
      onRest: () => this.rest(),
    });
    this.svg.addEventListener("pointermove", (event) => this.point(pointOn(this.svg, event)[0]));
    this.svg.addEventListener("pointerleave", () => this.point(NaN));
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
  }

  /** @param {{ meta: SeriesMeta, arrays: any }} data */
  update({ meta, arrays }) {
    const before = this.meta;
    this.meta = meta;
    this.arrays = /** @type {SeriesArrays} */ (arrays);
    this.colours = themeOf(this.root, meta.palette).colours;
    paletteToCss(this.root, this.colours);
    this.controls.hidden = meta.view !== "many steps";
    if (before?.trace_id !== meta.trace_id) this.load(before === null);
    if (before !== null && meta.goto && meta.goto.nonce !== this.nonce) this.go(meta.goto);
    this.nonce = meta.goto?.nonce;
    this.draw();
  }

  /** Other predictions: at first where the address has them, later all of them. @param {boolean} first */
  load(first) {
    const { meta } = this;
    if (!meta) return;
    const steps = meta.view === "many steps" ? meta.horizon : 0;
    this.player.load(steps, { speeds: SPEEDS, speed: 6, unit: "step" });
    const text = new URLSearchParams(location.search).get("step");
    const linked = Number(text ?? NaN);
    if (first && text !== null && Number.isInteger(linked)) this.player.seek(linked);
    else if (first && meta.goto) this.go(meta.goto);
    else this.player.show(steps);
  }

  /** @param {{ step?: number, play?: number }} place */
  go({ step, play }) {
    this.player.seek(step ?? this.player.steps);
    if (!play || !this.player.steps) return;
    this.player.speed.value = String(play);
    this.player.playByItself();
  }

  rest() {
    const { step, steps } = this.player;
    const url = new URL(location.href);
    if (step === steps) url.searchParams.delete("step");
    else url.searchParams.set("step", String(step));
    if (url.href !== location.href) history.replaceState(history.state, "", url);
    this.root.dataset.step = String(step);
  }

  /** The time under the pointer. @param {number} x */
  point(x) {
    const { frame, meta, arrays } = this;
    let found = -1;
    if (frame && meta && arrays && x >= frame.left && x <= frame.right)
      arrays.times.forEach((time, k) => {
        const near = Math.abs(frame.x.at(time) - x);
        if (k >= meta.start && (found < 0 || near < Math.abs(frame.x.at(arrays.times[found]) - x)))
          found = k;
      });
    if (found === this.pointed) return;
    this.pointed = found;
    this.draw();
  }

  draw() {
    const { meta, arrays, root, svg, colours, player } = this;
    const width = clientWidthOf(root);
    if (!meta || !arrays || !player || width < 50) return;
    const phone = window.innerWidth <= 640;
    const rest = 240 + (meta.view === "many steps" ? 48 : 0);
    const height = phone ? 230 : Math.max(240, Math.min(900, windowHeight() - rest));
    const font = phone ? 11 : 14;
    const size = { width, height, font, colours };
    const scene = { meta, arrays, step: player.step, hidden: new Set(meta.hidden) };
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.style.height = cssLength(height);
    svg.innerHTML =
      meta.view === "residuals"
        ? residualsSvg({ acf: arrays.acf, bound: meta.bound }, size)
        : this.chart(scene, size);
    this.read(scene);
  }

  /** @param {import("./series_draw.js").Scene} scene @param {Parameters<typeof frameOf>[1]} size */
  chart(scene, size) {
    const frame = (this.frame = frameOf(scene, size));
    const next =
      scene.meta.view === "one step"
        ? oneStepSvg(scene, frame) + historySvg(scene, frame) + nextSvg(scene, frame)
        : fanSvg(scene, frame) + historySvg(scene, frame);
    const arrows = scene.meta.view === "one step" ? arrowsSvg(scene, frame) : "";
    return axesSvg(scene, frame) + next + arrows + this.cursor(scene, frame);
  }

  /** @param {import("./series_draw.js").Scene} scene @param {import("./series_draw.js").Frame} frame */
  cursor({ arrays }, { x, top, bottom, colours }) {
    if (this.pointed < 0) return "";
    const at = x.at(arrays.times[this.pointed]);
    return `<line x1="${at}" x2="${at}" y1="${top}" y2="${bottom}" stroke="${colours.quiet}" stroke-dasharray="2 3"/>`;
  }

  /** @param {import("./series_draw.js").Scene} scene */
  read(scene) {
    const words = readingWords(scene, this.pointed);
    const reading = findElement(this.root, ".reading", HTMLElement);
    if (reading.innerHTML !== words) reading.innerHTML = words;
    findElement(this.root, ".legend", HTMLElement).innerHTML = legendHtml(scene, this.colours);
    this.svg.setAttribute("aria-label", `${scene.meta.title}. ${reading.textContent}`);
    this.root.dataset.view = scene.meta.view;
    this.root.dataset.shown = String(scene.step);
  }

  destroy() {
    this.player.destroy();
    this.resize.disconnect();
  }
}

export default mount(SeriesView);
