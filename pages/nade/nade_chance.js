// Where the chance enters: z, drawn once for all pixels, or one random number for each pixel.

import { PaneFit } from "../ui/browser/pane.js";
import { findElement } from "../ui/browser/dom.js";
import { Newest, pageEngine } from "../ui/browser/engine.js";
import { PixelGrid, gridPointer } from "../ui/browser/grid.js";
import { mount } from "../ui/browser/mount.js";
import { attribute, decimals } from "../ui/browser/numbers.js";
import { onRamp, paletteToCss, sharpContext, stillness, themeOf } from "../ui/browser/theme.js";
import { weightShelf } from "../ui/browser/weights.js";
import {
  decode,
  differAround,
  drawWith,
  latentSentence,
  visibleSentence,
} from "./nade_chance_values.js";
import { cssLength, clientWidthOf, windowHeight } from "../ui/browser/screen.js";

const REDRAWN_IN = 900; // milliseconds
const MOST_Z = 3;
const EDGE = 3;

/**
 * @typedef {object} ChanceMeta What chance.py `_diagram` sends.
 * @property {string} model on the shelf of weights
 * @property {number} rows
 * @property {number} columns
 * @property {boolean} present
 * @property {string[]} hidden "visible"
 * @property {string} picture_id
 * @property {number} seed
 * @property {import("../ui/browser/engine.js").Offer | null} engine of this browser, where it draws u and x
 * @property {{ light: import("../ui/browser/theme.js").Colours, dark: import("../ui/browser/theme.js").Colours }} palette
 * @property {string[]} ramp
 */

/** @typedef {{ u: Float32Array, values: Uint8Array, z: Float32Array, mean: Float32Array, decoder: Float32Array }} Numbers */

class ChanceView {
  /** @type {ChanceMeta | undefined} */
  meta = undefined;
  fit = new PaneFit();
  /** @type {Numbers | undefined} */
  numbers = undefined;
  z = new Float32Array(0);
  u = new Float32Array(0);
  /** @type {Uint8Array} */
  values = new Uint8Array(0);
  /** @type {Uint8Array} */
  before = new Uint8Array(0); // the change before
  shown = 0; // pixels of `values` that are drawn already; those after are still as before
  changed = -1; // pixel whose u was changed last
  hovered = -1;
  /** @type {(error: unknown) => void} */
  fail = () => {};
  frame = 0;

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    this.root = findElement(parent, ".nade-chance", HTMLElement);
    this.sliders = findElement(this.root, ".z", HTMLElement);
    this.decoded = findElement(this.root, ".decoded", HTMLCanvasElement);
    this.chances = findElement(this.root, ".u", HTMLCanvasElement);
    this.drawn = findElement(this.root, ".drawn", HTMLCanvasElement);
    this.readout = findElement(this.root, "[data-say=readout]", HTMLElement);
    this.grid = new PixelGrid(1, 1);
    this.newest = new Newest(
      (
        /** @type {{ meta: ChanceMeta, arrays: any, engine: import("../ui/browser/engine.js").Offer }} */ wish,
      ) => pageEngine().sample(wish.engine, { seed: wish.meta.seed }),
      ({ uniforms, values }, { meta, arrays }, milliseconds) => {
        this.show(meta, { ...arrays, u: uniforms, values });
        pageEngine().shows(this.root, "browser", milliseconds);
      },
      (error) => this.fail(error),
    );
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
    gridPointer(this.chances, {
      cellAt: (x, y) => this.grid.at(x, y),
      hover: (index) => {
        this.hovered = index;
        this.draw();
      },
      during: () => {},
      stroke: (cells) => this.change(cells[0]),
      columns: () => this.grid.columns,
      count: () => this.u.length,
    });
  }

  /**
   * @param {{ meta: ChanceMeta, arrays: any }} data
   * @param {import("../ui/browser/mount.js").Python} python
   */
  update({ meta, arrays }, { fail }) {
    this.fail = fail;
    if (meta.engine && meta.picture_id !== this.meta?.picture_id)
      this.newest.want({ meta, arrays, engine: meta.engine });
    else {
      const news = meta.picture_id !== this.meta?.picture_id;
      this.show(meta, arrays);
      if (news) pageEngine().shows(this.root, "server");
    }
  }

  /** @param {ChanceMeta} meta @param {any} arrays `Numbers`; not read where the picture is the same */
  show(meta, arrays) {
    const before = this.meta;
    this.meta = meta;
    findElement(this.root, "[data-part=visible]", HTMLElement).classList.toggle(
      "covered",
      meta.hidden.includes("visible"),
    );
    if (!before || before.picture_id !== meta.picture_id) {
      this.numbers = /** @type {Numbers} */ (arrays);
      this.z = Float32Array.from(arrays.z);
      this.u = Float32Array.from(arrays.u);
      this.values = this.before = Uint8Array.from(arrays.values);
      this.shown = this.values.length;
      this.changed = -1;
      this.grid = new PixelGrid(meta.rows, meta.columns);
      this.makeSliders();
      this.say("Move a number of z. Click one of the 64 random numbers u.");
      if (meta.hidden.includes("visible")) this.say("Move a number of z.");
    }
    this.draw();
  }

  makeSliders() {
    this.sliders.replaceChildren(
      ...Array.from(this.z, (value, k) => {
        const label = document.createElement("label");
        label.innerHTML =
          `<span>z<sub>${k + 1}</sub></span>` +
          `<input type="range" min="${-MOST_Z}" max="${MOST_Z}" step="0.1" value="${value}"><output></output>`;
        findElement(label, "input", HTMLInputElement).oninput = (event) =>
          this.move(k, Number(/** @type {HTMLInputElement} */ (event.target).value));
        return label;
      }),
    );
  }

  /** @param {number} k @param {number} value */
  move(k, value) {
    this.z[k] = value;
    this.say(latentSentence(k, this.grid.rows * this.grid.columns));
    this.draw();
  }

  /** Another u for one pixel, and all that follows drawn again. @param {number} index */
  change(index) {
    const weights = this.meta && weightShelf().byName.get(this.meta.model);
    if (!weights || index < 0) return;
    this.u[index] = 1 - this.u[index];
    this.before = this.values;
    const begun = performance.now();
    this.values = drawWith(weights, this.u);
    pageEngine().shows(this.root, "browser", performance.now() - begun);
    this.changed = index;
    this.say(
      visibleSentence(
        `(${Math.floor(index / this.grid.columns)}, ${index % this.grid.columns})`,
        differAround(this.values, this.before, index),
        index,
      ),
    );
    this.redraw(index);
  }

  /** Pixel after pixel, from an index on. @param {number} index */
  redraw(index) {
    cancelAnimationFrame(this.frame);
    const begun = performance.now();
    const left = this.values.length - index;
    const step = () => {
      const share = stillness() ? 1 : (performance.now() - begun) / REDRAWN_IN;
      this.shown = Math.min(this.values.length, index + Math.ceil(share * left));
      this.draw();
      if (this.shown < this.values.length) this.frame = requestAnimationFrame(step);
    };
    step();
  }

  draw() {
    if (!this.meta || !this.numbers || !clientWidthOf(this.root)) return;
    this.fit.draw(this.root, [this.meta.hidden], (less) => this.drawWithin(less));
  }

  /** @param {number} less height that a phone's pane does not have, CSS pixels */
  drawWithin(less) {
    const { meta, numbers } = this;
    if (!meta || !numbers) return;
    const width = clientWidthOf(this.root);
    const theme = themeOf(this.root, meta.palette);
    paletteToCss(this.root, theme.colours);
    const narrow = width < 560;
    const tall = (windowHeight() - 230) / 2;
    const side = Math.round(
      narrow ? Math.min(width * 0.34, windowHeight() * 0.19 - less) : Math.min(width * 0.36, tall),
    );
    this.root.style.setProperty("--side", cssLength(side));
    this.grid.place(EDGE, EDGE, side - 2 * EDGE);
    for (const [k, output] of [...this.sliders.querySelectorAll("output")].entries())
      output.textContent = decimals(this.z[k], 1);
    this.drawDecoded(theme, meta, numbers, side);
    this.drawChances(theme, meta, side);
    this.drawDrawn(theme, side);
  }

  /** @param {import("../ui/browser/theme.js").Theme} theme @param {ChanceMeta} meta @param {Numbers} numbers @param {number} side */
  drawDecoded(theme, meta, { mean, decoder }, side) {
    const context = sharpContext(this.decoded, side, side);
    const image = decode(mean, decoder, this.z);
    const { ink, paper, line } = theme.colours;
    this.grid.fill(context, () => paper);
    this.grid.fill(context, (index) => {
      context.globalAlpha = Math.max(0, Math.min(1, image[index]));
      return ink;
    });
    context.globalAlpha = 1;
    this.grid.frame(context, line);
    this.decoded.setAttribute("aria-label", "What the decoder makes of z");
    this.root.dataset.decoded = Array.from(image, (value) => attribute(value, 2)).join(" ");
  }

  /** @param {import("../ui/browser/theme.js").Theme} theme @param {ChanceMeta} meta @param {number} side */
  drawChances(theme, meta, side) {
    const context = sharpContext(this.chances, side, side);
    this.grid.fill(context, (index) => onRamp(meta.ramp, this.u[index]));
    this.grid.frame(context, theme.colours.line);
    if (this.changed >= 0) this.grid.cross(context, this.changed, theme.colours.flipped);
    if (this.hovered >= 0) this.grid.outline(context, this.hovered, theme.colours.target, 2.5);
    this.chances.setAttribute(
      "aria-label",
      `Random numbers u of ${this.u.length} pixels: arrow keys move, Enter takes another. ${this.readout.textContent}`,
    );
  }

  /** @param {import("../ui/browser/theme.js").Theme} theme @param {number} side */
  drawDrawn(theme, side) {
    const { ink, paper, line, changed, target } = theme.colours;
    const context = sharpContext(this.drawn, side, side);
    const now = (/** @type {number} */ index) =>
      index < this.shown ? this.values[index] : this.before[index];
    this.grid.fill(context, (index) => (now(index) ? ink : paper));
    this.grid.frame(context, line);
    for (let index = 0; index < this.shown; index++)
      if (this.values[index] !== this.before[index]) this.grid.dogEar(context, index, changed);
    if (this.shown < this.values.length)
      this.grid.ring(
        context,
        this.shown,
        theme.colours["drawn-now"],
        theme.dark ? "#000" : "#1F2430",
      );
    if (this.hovered >= 0) this.grid.outline(context, this.hovered, target, 2.5);
    this.drawn.setAttribute("aria-label", "What NADE draws from the numbers u");
    this.root.dataset.drawn = this.values.join("");
  }

  /** @param {string} words HTML */
  say(words) {
    this.readout.innerHTML = words;
  }

  destroy() {
    cancelAnimationFrame(this.frame);
    pageEngine().shows(this.root, null);
    this.resize.disconnect();
  }
}

export default mount(ChanceView);
