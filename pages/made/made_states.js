// The probabilities of all states of a few bits, by several networks, added up one after the other; a
// click on a state shows the conditionals that are multiplied.

import { findElement, pointOn } from "../ui/browser/dom.js";
import { mount } from "../ui/browser/mount.js";
import { attribute, resolved, sumOfChances } from "../ui/browser/numbers.js";
import { Player } from "../ui/browser/player.js";
import { niceStep } from "../ui/browser/scale.js";
import { paletteToCss, sharpContext, themeOf } from "../ui/browser/theme.js";
import { bitsOf, productWords, products, sumOfFirst, sumWords } from "./made_product.js";
import { clientWidthOf, windowHeight } from "../ui/browser/screen.js";

const SPEEDS = { speeds: [1, 2, 4, 8, 16, 64], speed: 4, unit: "state" };
const BAR = 20; // height of a bar of sums
const COVERED = "The states are covered until you have answered.";

/** @typedef {import("./made_product.js").Series} Series */

/**
 * @typedef {object} StatesMeta What pages/made/leak.py `show_states` sends.
 * @property {Series[]} series
 * @property {number} bits
 * @property {string} states_id
 * @property {boolean} present
 * @property {string[]} hidden "states"
 * @property {{ play?: boolean, nonce: number } | null} goto
 * @property {{ light: import("../ui/browser/theme.js").Colours, dark: import("../ui/browser/theme.js").Colours }} palette
 */

class StatesView {
  /** @type {StatesMeta | undefined} */
  meta = undefined;
  /** @type {import("../ui/browser/theme.js").Theme | undefined} */
  theme = undefined;
  /** @type {Float32Array[]} */
  factors = [];
  /** @type {number[][]} */
  values = [];
  hovered = -1;
  pinned = -1;
  /** @type {number | undefined} */
  nonce = undefined;
  area = { left: 44, top: 0, width: 1, height: 1 };

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    this.root = findElement(parent, ".made-states", HTMLElement);
    this.canvas = findElement(this.root, "canvas", HTMLCanvasElement);
    this.sums = findElement(this.root, ".sums", HTMLElement);
    this.told = findElement(this.root, ".factors", HTMLElement);
    this.legend = findElement(this.root, ".legend", HTMLElement);
    this.player = new Player(findElement(this.root, "[data-player]", HTMLElement), {
      onStep: () => this.draw(),
      onRest: (step) => (this.root.dataset.step = String(step)),
    });
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
    const { canvas } = this;
    canvas.addEventListener("pointermove", (event) =>
      this.point(this.stateAt(pointOn(canvas, event)[0])),
    );
    canvas.addEventListener("pointerleave", () => this.point(-1));
    canvas.addEventListener("click", (event) => this.pin(this.stateAt(pointOn(canvas, event)[0])));
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  /** @param {{ meta: StatesMeta, arrays: any }} data */
  update({ meta, arrays }) {
    const before = this.meta;
    this.meta = meta;
    this.theme = themeOf(this.root, meta.palette);
    paletteToCss(this.root, this.theme.colours);
    this.factors = meta.series.map((_, at) => arrays[`factors${at}`]);
    this.values = this.factors.map((each) => products(each, meta.bits));
    const count = 2 ** meta.bits;
    if (before?.bits !== meta.bits) {
      this.player.load(count, SPEEDS);
      this.player.seek(count);
      this.pinned = this.hovered = -1;
    }
    if (meta.goto && meta.goto.nonce !== this.nonce) {
      this.nonce = meta.goto.nonce;
      if (meta.goto.play) {
        this.player.seek(0);
        this.player.playByItself();
      }
    }
    this.draw();
  }

  get covered() {
    return Boolean(this.meta?.hidden.includes("states"));
  }

  /** @param {number} x */
  stateAt(x) {
    const { left, width } = this.area;
    const count = 2 ** (this.meta?.bits ?? 0);
    const at = Math.floor(((x - left) / width) * count);
    return at >= 0 && at < count ? at : -1;
  }

  /** @param {number} state */
  point(state) {
    if (state === this.hovered) return;
    this.hovered = state;
    this.draw();
  }

  /** @param {number} state */
  pin(state) {
    this.pinned = state === this.pinned ? -1 : state;
    this.draw();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by === undefined || !this.meta) return;
    const count = 2 ** this.meta.bits;
    this.pinned = Math.max(0, Math.min(count - 1, this.pinned + by));
    event.preventDefault();
    event.stopPropagation();
    this.draw();
  }

  draw() {
    const { meta, theme, root } = this;
    const width = clientWidthOf(root);
    if (!meta || !theme || !root.isConnected || width < 50) return;
    const narrow = width < 560;
    const room = windowHeight() - 275;
    const height = narrow ? 210 : Math.max(230, Math.min(560, room));
    const context = sharpContext(this.canvas, width, height);
    const top = 12 + meta.series.length * (BAR + 8) + 20;
    this.area = { left: 44, top, width: width - 54, height: height - top - 30 };
    this.legend.innerHTML = meta.series
      .map(
        ({ name, colour, striped }) =>
          `<li><i style="background:${fillCss(theme.colours[colour], striped)}"></i>${name}</li>`,
      )
      .join("");
    root.dataset.sums = this.covered
      ? ""
      : this.values.map((each) => attribute(sumOfFirst(each, this.player.step), 4)).join(" ");
    this.drawBars(context, theme, meta);
    if (this.covered) this.sums.textContent = COVERED;
    else {
      this.drawSums(context, theme, meta, width);
      this.sums.textContent = sumWords(meta.series, this.values, this.player.step);
    }
    this.read(meta);
  }

  /** @param {CanvasRenderingContext2D} context @param {import("../ui/browser/theme.js").Theme} theme @param {StatesMeta} meta */
  drawBars(context, theme, meta) {
    const { series, bits } = meta;
    const { left, top, width, height } = this.area;
    const count = 2 ** bits;
    const most = niceStep(Math.max(1e-9, ...this.values.flat()), 1);
    const pitch = width / count;
    const each = (pitch * 0.84) / series.length;
    context.strokeStyle = theme.colours.quiet;
    context.fillStyle = theme.colours.quiet;
    context.font = `12px ${theme.font}`;
    context.textAlign = "right";
    for (const part of [0, 0.5, 1]) {
      const y = top + height * (1 - part);
      context.globalAlpha = 0.4;
      context.beginPath();
      context.moveTo(left, y);
      context.lineTo(left + width, y);
      context.stroke();
      context.globalAlpha = 1;
      if (!this.covered) context.fillText(resolved(most * part, most), left - 5, y + 4);
    }
    for (let state = 0; state < count; state++) {
      if (!this.covered) {
        const faint = state >= this.player.step;
        series.forEach(({ colour, striped }, at) => {
          const tall = (this.values[at][state] / most) * height;
          context.globalAlpha = faint ? 0.25 : 1;
          context.fillStyle = striped
            ? stripes(context, theme.colours[colour])
            : theme.colours[colour];
          context.fillRect(
            left + state * pitch + pitch * 0.08 + at * each,
            top + height - tall,
            Math.max(0.5, each - 1),
            tall,
          );
        });
        context.globalAlpha = 1;
      }
      if (state === this.pinned || state === this.hovered) {
        context.strokeStyle = theme.colours.target;
        context.lineWidth = 2;
        context.strokeRect(left + state * pitch + 1, top - 4, pitch - 2, height + 26);
      }
      if (pitch > bits * 6.5) {
        context.fillStyle = theme.text;
        context.textAlign = "center";
        context.fillText(bitsOf(state, bits), left + (state + 0.5) * pitch, top + height + 16);
      }
    }
  }

  /** The sums so far, against 1. @param {CanvasRenderingContext2D} context @param {import("../ui/browser/theme.js").Theme} theme @param {StatesMeta} meta @param {number} width */
  drawSums(context, theme, { series }, width) {
    const sums = this.values.map((each) => sumOfFirst(each, this.player.step));
    const whole = this.values.map((each) => sumOfFirst(each, each.length));
    const [left, wide] = [44, width - 110];
    const scale = wide / Math.max(1.1, ...whole);
    context.font = `13px ${theme.font}`;
    sums.forEach((sum, at) => {
      const y = 18 + at * (BAR + 8);
      const { colour, striped } = series[at];
      context.fillStyle = striped ? stripes(context, theme.colours[colour]) : theme.colours[colour];
      context.fillRect(left, y, Math.max(1, sum * scale), BAR);
      context.fillStyle = theme.text;
      context.textAlign = "left";
      context.fillText(sumOfChances(sum), left + Math.max(sum, 1) * scale + 6, y + 15);
    });
    context.strokeStyle = theme.text;
    context.lineWidth = 2;
    context.beginPath();
    context.moveTo(left + scale, 12);
    context.lineTo(left + scale, 20 + series.length * (BAR + 8) - 6);
    context.stroke();
    context.textAlign = "right";
    context.fillStyle = theme.text;
    context.fillText("sum", left - 5, 33);
    context.textAlign = "center";
    context.fillText("1", left + scale, 10);
  }

  /** @param {StatesMeta} meta */
  read({ series, bits }) {
    const state = this.hovered >= 0 ? this.hovered : this.pinned;
    if (this.covered || state < 0) {
      this.told.textContent = this.covered
        ? ""
        : "Click a state: which conditionals are multiplied for it?";
      return;
    }
    this.told.innerHTML = series
      .map(
        (each, at) =>
          `<p>${bitsOf(state, bits)}, ${productWords(each, this.factors[at], state, bits)}</p>`,
      )
      .join("");
  }

  destroy() {
    this.player.destroy();
    this.resize.disconnect();
  }
}

/** A fill for the legend. @param {string} colour @param {boolean} striped */
function fillCss(colour, striped) {
  return striped
    ? `repeating-linear-gradient(45deg, ${colour} 0 3px, transparent 3px 5px)`
    : colour;
}

/** A striped fill for the canvas: not by colour alone. @param {CanvasRenderingContext2D} context @param {string} colour */
function stripes(context, colour) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 6;
  const brush = tile.getContext("2d");
  const pattern = brush && context.createPattern(tile, "repeat");
  if (!brush || !pattern) return colour;
  brush.strokeStyle = colour;
  brush.lineWidth = 3;
  for (const shift of [-6, 0, 6]) {
    brush.beginPath();
    brush.moveTo(shift - 1, 7);
    brush.lineTo(shift + 7, -1);
    brush.stroke();
  }
  return context.createPattern(tile, "repeat") ?? colour;
}

export default mount(StatesView);
