// The curves of a training: they grow with every news, and keep what is pointed at and enlarged.
//
// A pointer reads the nearest point; a drag of the mouse enlarges a part. A finger that moves to the side
// reads, and scrolls the page where it moves up or down.

import { drawCurves, drawSwatch, widthOfTicks } from "./curves_draw.js";
import {
  heightsWithin,
  nearestPoint,
  pointAfter,
  scalesOf,
  turned,
  wholeView,
} from "./curves_layout.js";
import { curvesInWords, hintInWords, pointInWords } from "./curves_words.js";
import { findElement, pointOn, putText } from "./dom.js";
import { mount } from "./mount.js";
import { OnceAFrame } from "./once_a_frame.js";
import { clientWidthOf, windowHeight } from "./screen.js";
import { sharpContext, themeOf } from "./theme.js";

const MOVED = 6; // pixels from which on a press is a drag
const MOST = 360; // pixels: so high a chart grows with its window
const LOW = 200; // pixels, below which the legend gives its place to what is read
const SWATCH = { width: 30, height: 12, size: 12 };

/**
 * @typedef {object} CurvesMeta What pages/ui/curves.py sends.
 * @property {string} title
 * @property {string} shows what the axes are of: another one is seen from its whole
 * @property {(import("./curves_draw.js").CurveStyle & { id: string, ends: boolean })[]} series
 * @property {{ word: string, height: number }[]} levels
 * @property {import("./curves_layout.js").CurveAxes} axes
 * @property {string} xTitle
 * @property {string} yTitle
 * @property {import("./curves_words.js").CurveUnits} units
 * @property {number} height CSS pixels
 * @property {number | null} room CSS pixels of the window that are not the chart's, which has the rest of a
 *   high one; null where it is as high as `height`
 * @property {boolean} present
 * @property {{ light: import("./theme.js").Colours, dark: import("./theme.js").Colours }} palette
 */

class CurvesView {
  /** @type {CurvesMeta | undefined} */
  meta = undefined;
  /** @type {import("./curves_draw.js").Curve[]} */
  series = [];
  /** @type {import("./curves_layout.js").View | null} the part that was chosen */
  part = null;
  /** @type {import("./curves_layout.js").Pointed | null} */
  pointed = null;
  /** @type {[number, number] | null} where a drag began */
  begun = null;
  /** @type {import("./curves_layout.js").Box | null} */
  dragged = null;
  /** @type {import("./curves_layout.js").Plot} */
  plot = { left: 0, top: 0, width: 1, height: 1 };
  legend = "";

  /** @param {import("./mount.js").Host} parent */
  constructor(parent) {
    this.root = findElement(parent, ".curves", HTMLElement);
    this.canvas = findElement(this.root, "canvas", HTMLCanvasElement);
    this.reading = findElement(this.root, "[data-say=reading]", HTMLElement);
    this.list = findElement(this.root, ".legend", HTMLElement);
    this.drawing = new OnceAFrame(() => this.draw());
    this.resize = new ResizeObserver(() => this.drawing.soon());
    this.resize.observe(this.root);
    this.listen();
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointerup", (event) => this.up(event));
    canvas.addEventListener("pointercancel", () => this.drop());
    canvas.addEventListener("pointerleave", ({ pointerType }) => {
      if (pointerType === "mouse" && !this.begun) this.point(null);
    });
    canvas.addEventListener("dblclick", () => this.show(null));
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("blur", ({ relatedTarget }) => {
      const stays = relatedTarget instanceof Node && this.root.contains(relatedTarget);
      if (!stays) this.point(null); // + and − are about what is read
    });
    for (const button of this.root.querySelectorAll("[data-zoom]"))
      button.addEventListener("click", () =>
        this.zoom(String(/** @type {HTMLElement} */ (button).dataset.zoom)),
      );
  }

  /** @param {{ meta: CurvesMeta, arrays: Record<string, any> }} sent */
  update({ meta, arrays }) {
    if (this.meta?.shows !== meta.shows) this.part = this.pointed = null;
    this.meta = meta;
    this.series = meta.series.map((each, number) => ({
      ...each,
      x: arrays[`x${number}`],
      y: arrays[`y${number}`],
    }));
    this.root.classList.toggle("low", meta.height < LOW);
    this.drawing.now();
  }

  /** What is shown, whole. @param {CurvesMeta} meta */
  whole(meta) {
    return wholeView(
      this.series,
      meta.levels.map(({ height }) => height),
      meta.axes,
    );
  }

  draw() {
    const { meta, root, canvas } = this;
    const width = clientWidthOf(root);
    if (!meta || !root.isConnected || width < 50) return;
    const theme = themeOf(root, meta.palette);
    const size = width < 480 && !meta.present ? 11 : 12;
    const room = meta.room === null ? 0 : Math.min(windowHeight() - meta.room, MOST);
    const height = width < 480 ? Math.min(meta.height, 250) : Math.max(meta.height, room);
    const view = this.part ?? this.whole(meta);
    const { log } = meta.axes;
    const context = sharpContext(canvas, width, height);
    const left = widthOfTicks(context, { view, log, size, theme }, height) + 8;
    const top = 1.6 * size;
    const below = meta.xTitle ? 2.9 : 1.7;
    this.plot = { left, top, width: width - left - 5, height: height - top - below * size };
    drawCurves(context, {
      ...{ theme, size, view, plot: this.plot, log, dragged: this.dragged },
      ...{ series: this.series, levels: meta.levels, pointed: this.pointed },
      ...{ xTitle: meta.xTitle, yTitle: meta.yTitle },
      scales: scalesOf(view, this.plot, log),
    });
    this.drawLegend(theme);
    this.say(meta);
    root.dataset.points = String(this.series.reduce((sum, { x }) => sum + x.length, 0));
    root.dataset.across = view.x.join(" ");
  }

  /** @param {import("./theme.js").Theme} theme */
  drawLegend(theme) {
    const legend = JSON.stringify([theme.dark, this.meta?.series]);
    if (this.legend === legend) return; // new elements would have the page laid out anew
    this.legend = legend;
    this.list.hidden = !this.series.length;
    this.list.replaceChildren(
      ...this.series.map((style) => {
        const entry = document.createElement("li");
        const swatch = document.createElement("canvas");
        swatch.setAttribute("aria-hidden", "true");
        drawSwatch(sharpContext(swatch, SWATCH.width, SWATCH.height), style, theme, SWATCH);
        entry.append(swatch, style.name);
        return entry;
      }),
    );
  }

  /** @param {CurvesMeta} meta */
  say(meta) {
    const { pointed, reading, root } = this;
    const curve = pointed && this.series.find(({ id }) => id === pointed.id);
    const words = curve ? pointInWords(curve, pointed.x, meta.units) : "";
    const any = this.series.some(({ x }) => x.length);
    reading.classList.toggle("hint", !words);
    putText(
      reading,
      words ||
        (meta.present ? "" : hintInWords(any, window.matchMedia("(pointer: coarse)").matches)),
    );
    root.dataset.pointed = pointed ? `${pointed.id} ${pointed.x}` : "";
    const said = curvesInWords(meta.title, this.series, meta.levels, meta.units);
    this.canvas.setAttribute("aria-label", said);
    for (const name of ["in", "out", "all"]) {
      const button = findElement(root, `[data-zoom=${name}]`, HTMLButtonElement);
      button.disabled = name === "in" ? !any : !this.part;
    }
  }

  /** Read a point, or none. @param {import("./curves_layout.js").Pointed | null} pointed */
  point(pointed) {
    if (this.pointed?.id === pointed?.id && this.pointed?.x === pointed?.x) return;
    this.pointed = pointed;
    this.drawing.soon();
  }

  /** Show a part, or all of it. @param {import("./curves_layout.js").View | null} part */
  show(part) {
    this.part = part;
    this.drawing.soon();
  }

  scales() {
    const { meta } = this;
    if (!meta) return null;
    return scalesOf(this.part ?? this.whole(meta), this.plot, meta.axes.log);
  }

  /** @param {PointerEvent} event */
  move(event) {
    const [x, y] = pointOn(this.canvas, event);
    const scales = this.scales();
    if (!scales) return;
    if (this.begun) this.mark(x, y);
    if (!this.dragged) this.point(nearestPoint(this.seen(), scales, x, y));
  }

  /** The curves with what is in view. */
  seen() {
    const { meta, part } = this;
    if (!meta || !part) return this.series;
    const [from, to] = part.x;
    return this.series.map((each) => {
      const all = Array.from(each.x, (_, at) => at);
      const inside = all.filter((at) => each.x[at] >= from && each.x[at] <= to);
      return { ...each, x: inside.map((at) => each.x[at]), y: inside.map((at) => each.y[at]) };
    });
  }

  /** The part that a drag has marked so far. @param {number} x @param {number} y */
  mark(x, y) {
    const { begun, plot } = this;
    if (!begun) return;
    const inside = [Math.min(Math.max(x, plot.left), plot.left + plot.width)];
    inside.push(Math.min(Math.max(y, plot.top), plot.top + plot.height));
    if (!this.dragged && Math.abs(x - begun[0]) < MOVED) return;
    const flat = Math.abs(y - begun[1]) < 3 * MOVED; // a drag to the side: all heights
    this.dragged = {
      left: Math.min(begun[0], inside[0]),
      right: Math.max(begun[0], inside[0]),
      top: flat ? plot.top : Math.min(begun[1], inside[1]),
      bottom: flat ? plot.top + plot.height : Math.max(begun[1], inside[1]),
    };
    this.drawing.soon();
  }

  /** @param {PointerEvent} event */
  down(event) {
    if (event.button > 0) return;
    if (event.pointerType !== "mouse") return this.move(event);
    this.canvas.setPointerCapture(event.pointerId);
    this.begun = pointOn(this.canvas, event);
  }

  /** @param {PointerEvent} event */
  up(event) {
    const { dragged, meta } = this;
    const scales = this.scales();
    this.drop();
    if (!dragged || !scales || !meta) return event.pointerType === "mouse" && this.move(event);
    const { left, right, top, bottom } = dragged;
    if (right - left < MOVED) return undefined;
    /** @type {import("./curves_layout.js").Span} */
    const x = [scales.atX(left), scales.atX(right)];
    const flat = bottom - top >= this.plot.height - 1;
    const fitted = flat ? heightsWithin(this.series, x, meta.axes.log) : null;
    return this.show({ x, y: fitted ?? [scales.atY(bottom), scales.atY(top)] });
  }

  drop() {
    this.begun = this.dragged = null;
    this.drawing.soon();
  }

  /** @param {string} how "in", "out" or "all" */
  zoom(how) {
    const { meta, pointed } = this;
    if (!meta) return;
    const whole = this.whole(meta);
    const now = this.part ?? whole;
    const centre = pointed?.x ?? (now.x[0] + now.x[1]) / 2;
    const x = how === "all" ? null : turned(now.x, whole.x, centre, how === "in");
    this.show(x && { x, y: heightsWithin(this.series, x, meta.axes.log) ?? now.y });
  }

  /** Read a point that may lie outside of the part that is shown. @param {import("./curves_layout.js").Pointed | null} pointed */
  follow(pointed) {
    const { meta, part } = this;
    if (meta && part && pointed && (pointed.x < part.x[0] || pointed.x > part.x[1])) {
      const by = pointed.x - (pointed.x < part.x[0] ? part.x[0] : part.x[1]);
      /** @type {import("./curves_layout.js").Span} */
      const x = [part.x[0] + by, part.x[1] + by];
      this.part = { x, y: heightsWithin(this.series, x, meta.axes.log) ?? part.y };
    }
    this.point(pointed);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const { key } = event;
    const how = { "+": "in", "=": "in", "-": "out", 0: "all" }[key];
    const pointed = pointAfter(this.series, this.pointed, key);
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (how) this.zoom(how);
    else if (pointed !== undefined) this.follow(pointed);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  destroy() {
    this.drawing.stop();
    this.resize.disconnect();
  }
}

export default mount(CurvesView);
