// The picture of a pixel's softmax: the digit over what the pixel reads, the bars, and what is said of
// them. What the hand does to them: pixel_softmax.js.

import { findElement } from "../ui/browser/dom.js";
import { sharpContext } from "../ui/browser/theme.js";
import { PixelGrid } from "../ui/browser/grid.js";
import { KeptLayer } from "../ui/browser/kept_layer.js";
import { PaneFit } from "../ui/browser/pane.js";
import { OnceAFrame } from "../ui/browser/once_a_frame.js";
import { drawTarget } from "../ui/browser/marks.js";
import { weightShelf } from "../ui/browser/weights.js";
import { NEVER } from "./first_layers.js";
import { pageEngine } from "../ui/browser/engine.js";
import {
  drawBars,
  drawGround,
  drawValue,
  showVerdict,
  softmaxLegend,
} from "./pixel_softmax_draw.js";
import { Paint, compareSoftmax, differing, judgeStrokes } from "./pixel_softmax_paint.js";
import { NO_CONDITIONALS } from "./pixel_softmax_live.js";
import { tellSoftmax } from "./pixel_softmax_told.js";
import { classInWords, formulaInWords, valueInWords } from "./pixel_softmax_words.js";
import { clientWidthOf, windowHeight } from "../ui/browser/screen.js";

const LARGEST_SIDE = 448;
const NARROW = 560;
// Kept for all but the digit, CSS pixels: of the window's height, and of the width for the bars.
const AROUND = { page: 272, narrow: 440, large: 172 };
const BARS = { page: { least: 224, share: 0.32 }, large: { least: 270, share: 0.34 } };

/** @typedef {import("./pixel_softmax_words.js").PixelClass} PixelClass */
/** @typedef {import("./pixel_softmax_paint.js").SoftmaxMeta} SoftmaxMeta */
/** @typedef {import("./pixel_softmax_paint.js").SoftmaxArrays} SoftmaxArrays */
/** @typedef {import("./pixel_softmax_paint.js").Answer} Answer */

/** What stays when the picture goes and comes back: tries of each model, and strokes to undo. */
export const softmaxKept = {
  /** @type {Map<string, { strokes: number, moved: number }>} */
  tries: new Map(),
  /** @type {Map<string, Uint8Array[]>} */
  past: new Map(),
  mode: "choose",
  layer: "field",
};

export class SoftmaxPicture {
  /** @type {SoftmaxMeta} */
  // @ts-expect-error: nothing is drawn before Python has sent it (`ready`)
  meta = undefined;
  /** @type {SoftmaxArrays} */
  // @ts-expect-error: as `meta`
  data = undefined;
  /** @type {import("../ui/browser/theme.js").Theme} */
  // @ts-expect-error: as `meta`
  theme = undefined;
  grid = new PixelGrid(0, 0);
  fit = new PaneFit();
  frames = new OnceAFrame(() => this.draw());
  ground = new KeptLayer(); // what lies under the digit
  pixels = 0;
  width = 0; // that it was drawn for
  paint = new Paint(new Uint8Array(0), new Uint8Array(0), { levels: 2, most: 0 });
  target = 0;
  hovered = -1;
  /** @type {string[]} */
  greys = [];
  /** @type {{ target: number, x: Uint8Array, values: Float32Array | number[] }} the last one that has come */
  gradient = { target: -1, x: new Uint8Array(0), values: [] };
  /** @type {SoftmaxArrays | null} what was here before the stroke or drag that is under way */
  held = null;
  /** @type {import("./pixel_softmax_paint.js").Strokes | null} */
  waiting = null; // strokes whose conditionals are not here yet
  /** @type {import("./pixel_softmax_words.js").Verdict | null} */
  verdict = null;
  /** @type {import("./pixel_softmax_live.js").LiveAnswer | null} what has arrived last */
  newestAnswer = null;

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    this.root = findElement(parent, ".softmax", HTMLElement);
    this.canvas = findElement(this.root, ".picture", HTMLCanvasElement);
    /** @param {string} name */
    this.say = (name) => findElement(this.root, `.${name}`, HTMLElement);
    this.undoing = findElement(this.root, "[data-do=undo]", HTMLButtonElement);
    this.resetting = findElement(this.root, "[data-do=reset]", HTMLButtonElement);
    this.resize = new ResizeObserver(() => {
      if (clientWidthOf(this.root) !== this.width) this.frames.soon(); // not for a longer sentence
    });
    this.resize.observe(this.root);
    this.onTable = () => this.draw();
    weightShelf().changed.addEventListener("change", this.onTable);
  }

  /** @param {string} name @returns {NodeListOf<HTMLElement>} */
  buttonsOf(name) {
    return this.root.querySelectorAll(`[data-${name}]`);
  }

  /**
   * What Python has sent. Where this browser computes, that is no conditional: those that are here stay
   * until it has others.
   *
   * @param {SoftmaxMeta} meta
   * @param {SoftmaxArrays} sent
   * @param {boolean} same model and digit as before
   */
  take(meta, sent, same) {
    const own = same ? this.data : NO_CONDITIONALS;
    const { x, logits, log_p, base_logits, base_log_p, head, only } = own;
    // The same array for the same digit: an answer that is under way is then still of it.
    const base = same ? this.data.base : sent.base;
    this.meta = meta;
    this.pixels = meta.rows * meta.columns;
    if (!same) this.held = this.verdict = this.waiting = null;
    if (!this.held) {
      this.paint = new Paint(sent.x, base, meta);
      this.target = meta.target;
    }
    const { target } = meta;
    if (sent.gradient.length)
      this.gradient = { target, x: sent.x, values: Float32Array.from(sent.gradient) };
    else if (!same) this.gradient = { target: -1, x: sent.x, values: [] };
    const here = { ...sent, base, x, logits, log_p, base_logits, base_log_p, head, only };
    this.data = meta.engine ? here : sent;
    if (meta.engine) return;
    pageEngine().shows(this.root, "server");
    if (this.waiting) this.judge(sent);
  }

  /**
   * The engine has answered.
   *
   * @param {import("./pixel_softmax_live.js").LiveAnswer} answer
   * @param {number} milliseconds that it took
   */
  arrived(answer, milliseconds) {
    if (!this.meta.engine || answer.of !== this.data.base) return;
    this.data = { ...this.data, ...answer };
    pageEngine().shows(this.root, "browser", milliseconds);
    const newest = !differing(answer.x, this.paint.x).length;
    const judges = this.waiting && newest && !this.paint.stroke && this.knows(this.waiting.target);
    if (judges) this.judge(answer);
    const shown =
      this.newestAnswer?.x === answer.x && this.newestAnswer.only === this.target && !judges;
    this.newestAnswer = answer;
    if (!shown) this.frames.soon(); // else the rest of the pass has come
  }

  /** Whether the conditional of a pixel is that of the image which is here. @param {number} index */
  knows(index) {
    const { only = null } = this.data;
    return only === null || only === index;
  }

  /** The conditionals after the strokes are here: did they move the softmax of their pixel? @param {Answer} now */
  judge(now) {
    if (!this.waiting) return;
    const { target } = this.waiting;
    const found = judgeStrokes(this.waiting, now, this.meta.levels, (index) =>
      this.classOf(index, target),
    );
    this.waiting = null;
    this.verdict = found.verdict;
    const tries = softmaxKept.tries.get(this.meta.model) ?? { strokes: 0, moved: 0 };
    tries.strokes += found.unread;
    tries.moved += found.moved;
    softmaxKept.tries.set(this.meta.model, tries);
  }

  /** Whether the gradient is that of this pixel over this image. */
  get gradientFits() {
    const { target, x } = this.gradient;
    return target === this.target && !differing(x, this.paint.x).length;
  }

  /** Whether a question covers a part: "field" or "bars". @param {string} part */
  covers(part) {
    return this.meta.hidden.includes(part);
  }

  /** What lies under the digit. */
  get layer() {
    return this.covers("field") ? "plain" : softmaxKept.layer;
  }

  /**
   * What a pixel is to a target; null before the table has come.
   *
   * @param {number} index
   * @param {number} [target]
   * @returns {PixelClass | null}
   */
  classOf(index, target = this.target) {
    const table = weightShelf().byName.get(this.meta.table);
    if (index === target) return "target";
    if (index > target) return "future";
    if (!table) return null;
    const layer = table.first_seen[target * this.pixels + index];
    return layer <= this.meta.layers ? "seen" : layer === NEVER ? "blind" : "depth-limited";
  }

  /** Images before the strokes on this digit. */
  past() {
    const name = `${this.meta.digit} ${this.meta.levels}`;
    const past = softmaxKept.past.get(name) ?? [];
    softmaxKept.past.set(name, past);
    return past;
  }

  draw() {
    if (!this.meta || !this.root.isConnected || clientWidthOf(this.root) < 50) return;
    this.buttons();
    const { hidden, levels } = this.meta;
    this.fit.draw(this.root, [hidden, levels], (less) => this.picture(less));
  }

  /** @param {number} less height that a phone's pane does not have, CSS pixels */
  picture(less) {
    const { rows, columns } = this.meta;
    const width = (this.width = clientWidthOf(this.root));
    const narrow = width < NARROW;
    this.root.classList.toggle("narrow", narrow);
    const large = Boolean(this.meta.present) && !narrow;
    this.root.classList.toggle("large", large);
    const { least, share } = BARS[large ? "large" : "page"];
    const across = narrow ? 0.56 * width : width - 4 - Math.max(least, share * width);
    const high = windowHeight() - AROUND[narrow ? "narrow" : large ? "large" : "page"];
    const side = Math.max(130, Math.min(large ? high : LARGEST_SIDE, across, high) - less);
    if (this.grid.rows !== rows || this.grid.columns !== columns)
      this.grid = new PixelGrid(rows, columns);
    this.grid.place(2, 2, side - 4);
    const context = sharpContext(this.canvas, this.grid.width + 4, this.grid.height + 4);
    const size = this.grid.cell - this.grid.gap;
    const { grid, layer, target, theme } = this;
    /** @param {number} index @returns {[number, number, number]} */
    const square = (index) => {
      const [x, y] = grid.corner(index).map((at) => at + grid.gap / 2);
      return [x, y, size];
    };
    const table = weightShelf().byName.get(this.meta.table);
    const values = this.gradientFits ? this.gradient.values : null;
    const from = [grid, side, layer, target, theme, table, values, this.meta.ramp];
    this.ground.put(context, from, (own) => {
      const largest = values ? Math.max(...values, 1e-30) : 1;
      for (let index = 0; index < this.pixels; index++) {
        const strength = values ? values[index] / largest : null;
        const pixel = { layer, name: this.classOf(index), ramp: this.meta.ramp, strength };
        drawGround(own, square(index), pixel, theme);
      }
    });
    for (let index = 0; index < this.pixels; index++) {
      const level = this.paint.x[index];
      const whole = layer === "plain" || index === target;
      drawValue(context, square(index), { grey: this.greys[level], level, whole }, theme);
    }
    for (const index of this.paint.painted())
      this.grid.dogEar(context, index, this.theme.colours.flipped);
    const [x, y] = this.grid.corner(this.target);
    drawTarget(context, x, y, this.grid.cell, this.theme);
    if (this.hovered >= 0) this.grid.outline(context, this.hovered, this.theme.text, 1.5);
    this.canvas.style.touchAction = softmaxKept.mode === "paint" ? "none" : "pan-y";
    this.read();
  }

  buttons() {
    for (const name of /** @type {const} */ (["mode", "layer"])) {
      for (const button of this.buttonsOf(name))
        button.setAttribute("aria-pressed", String(button.dataset[name] === softmaxKept[name]));
    }
    this.say("layers").hidden = this.covers("field");
    this.undoing.disabled = !this.past().length;
    this.resetting.disabled = !this.paint.painted().length;
    const { levels } = this.meta;
    const wanted = `${this.layer} ${this.theme.dark} ${levels}`;
    const legend = this.say("legend");
    if (legend.dataset.wanted !== wanted)
      legend.replaceChildren(...softmaxLegend(this.layer, this.theme, levels));
    legend.dataset.wanted = wanted;
  }

  /** @param {number} index */
  name(index) {
    const { columns } = this.meta;
    return `row ${Math.floor(index / columns)}, column ${index % columns}`;
  }

  /** Of (D, K) the entry of the target. @param {SoftmaxArrays["log_p"]} array @param {number} level */
  at(array, level) {
    return array[this.target * this.meta.levels + level];
  }

  read() {
    const { columns, title } = this.meta;
    const { base_log_p, base_logits } = this.data;
    const covered = this.covers("bars"); // then the bars are those of the digit alone
    const [log_p, logits] = covered
      ? [base_log_p, base_logits]
      : [this.data.log_p, this.data.logits];
    this.say("formula").innerHTML = formulaInWords(this.target, columns, this.pixels, title);
    const here = log_p.length && (covered || this.knows(this.target));
    if (!here) return tellSoftmax(null); // the engine is at it
    const value = this.paint.x[this.target];
    const bars = this.greys.map((_, level) => ({
      p: Math.exp(this.at(log_p, level)),
      before: Math.exp(this.at(base_log_p, level)),
      there: level === value,
    }));
    drawBars(this.say("bars"), bars);
    tellSoftmax(covered ? null : this.told(bars.map(({ p }) => p)));
    const differs = bars.some((_, level) => this.at(logits, level) !== this.at(base_logits, level));
    this.say("bars").classList.toggle("still", !differs);
    const nats = -this.at(log_p, value);
    const before = differs ? -this.at(base_log_p, value) : null;
    this.say("value").innerHTML = valueInWords(value, nats, before);
    this.root.dataset.nats = String(nats);
    this.root.dataset.target = String(this.target);
    this.judgement();
    this.tried();
    const silent = this.hovered < 0 || this.covers("field");
    this.say("pointed").textContent = silent ? "" : this.about(this.hovered);
    this.canvas.setAttribute(
      "aria-label",
      `Test digit ${this.meta.digit}, the field of the pixel in ${this.name(this.target)}. Arrow keys move, Enter ` +
        `${softmaxKept.mode === "paint" ? "paints" : "chooses"}.`,
    );
  }

  /** What the bars show. @param {number[]} p (K) @returns {import("./pixel_softmax_told.js").ToldSoftmax} */
  told(p) {
    const { target, pixels } = this;
    const { logits, head, x } = this.data;
    const size = (head?.length ?? 0) / pixels;
    return {
      model: this.meta.model,
      ...{ target, x, p },
      logits: p.map((_, level) => this.at(logits, level)),
      h: head && size ? head.subarray(target * size, (target + 1) * size) : null,
    };
  }

  /** What the last stroke did; else what all the paint does; else what to try. */
  judgement() {
    if (this.waiting) return;
    const { title, most, levels } = this.meta;
    const painted = differing(this.data.x, this.data.base);
    const base = { logits: this.data.base_logits, log_p: this.data.base_log_p };
    const all = () => ({
      stroke: false,
      classes: painted.map((index) => this.classOf(index)),
      ...compareSoftmax(this.target, levels, base, this.data),
    });
    const verdict = this.verdict ?? (painted.length ? all() : null);
    const covered = this.covers("bars");
    const state = { verdict, covered, full: this.paint.full, paints: softmaxKept.mode === "paint" };
    showVerdict(this.say("verdict"), { ...state, title, most });
    this.paint.full = false;
  }

  tried() {
    const tries = softmaxKept.tries.get(this.meta.model);
    this.say("tries").innerHTML =
      tries?.strokes && !this.covers("bars")
        ? `Tries on pixels that ${this.meta.title} does not read: <b>${tries.strokes}</b>; that moved the bars: <b>${tries.moved}</b>.`
        : "";
    this.root.dataset.tries = String(tries?.strokes ?? 0);
  }

  /** A pixel that is pointed at, in words. @param {number} index */
  about(index) {
    const table = weightShelf().byName.get(this.meta.table);
    const words = classInWords(this.classOf(index), this.meta.title, {
      layer: table ? table.first_seen[this.target * this.pixels + index] : 0,
      gradient: this.gradientFits ? this.gradient.values[index] : null,
    });
    return `Pointed at ${this.name(index)}, value ${this.paint.x[index]}: ${words}.`;
  }

  /** @param {number} index */
  point(index) {
    if (index === this.hovered) return;
    this.hovered = index;
    this.frames.later();
  }

  destroy() {
    this.frames.stop();
    pageEngine().shows(this.root, null);
    tellSoftmax(null);
    this.resize.disconnect();
    weightShelf().changed.removeEventListener("change", this.onTable);
  }
}
