// The softmax of one pixel, and what it reads, over a digit that can be painted.
//
// One pass gives every conditional of an image, so all of them are here: another pixel is looked up
// without the server. Where this browser computes, each piece of a stroke has a pass of its own, and
// the bars move under the brush, and Python is told once the hand rests; where the server does, it
// answers each stroke. The gradient always comes from the server, after each stroke. Whether a stroke
// moved the softmax is told by the network's own logits.

import { mount } from "../ui/browser/mount.js";
import { themeOf, paletteToCss } from "../ui/browser/theme.js";
import { greys, followBrush } from "../ui/browser/brush.js";
import { Edits } from "../ui/browser/edits.js";
import { DigitStrip } from "../ui/browser/digit_strip.js";
import { buildBars } from "./pixel_softmax_draw.js";
import { Paint, differing } from "./pixel_softmax_paint.js";
import { SoftmaxLive } from "./pixel_softmax_live.js";
import { SoftmaxPicture, softmaxKept } from "./pixel_softmax_picture.js";

const MOST_UNDONE = 50;
const NO_PAINT = "none"; // as PaintField of softmax.py has it

/** @typedef {import("./pixel_softmax_paint.js").SoftmaxMeta} SoftmaxMeta */
/** @typedef {import("./pixel_softmax_paint.js").SoftmaxArrays} SoftmaxArrays */

class SoftmaxView extends SoftmaxPicture {
  edits = new Edits();
  live = new SoftmaxLive((answer, milliseconds) => this.arrived(answer, milliseconds));
  /** @type {number | undefined} */
  nonce = undefined;
  place = ""; // what a hand has changed in one is not of another
  shown = ""; // what Python has sent last, but for its number

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    super(parent);
    this.strip = new DigitStrip(this.say("strip"), (digit) => this.commit({ digit }));
    for (const name of /** @type {const} */ (["mode", "layer"])) {
      for (const button of this.buttonsOf(name))
        button.onclick = () => this.set(name, button.dataset[name] ?? "");
    }
    this.undoing.onclick = () => this.undo();
    this.resetting.onclick = () => this.restore(this.data.base);
    followBrush(this.canvas, {
      cellAt: (x, y) => this.grid.at(x, y),
      columns: () => this.meta.columns,
      count: () => this.pixels,
      hover: (index) => this.point(index),
      begin: (index) => this.begin(index),
      along: (cells) => this.along(cells),
      end: () => this.end(),
      cancel: () => this.cancel(),
    });
  }

  /**
   * @param {{ meta: SoftmaxMeta, arrays: Record<string, any> }} data
   * @param {Pick<import("../ui/browser/mount.js").Place, "setTriggerValue">} python
   */
  update({ meta, arrays }, { setTriggerValue }) {
    this.edits.trigger = setTriggerValue;
    /** @type {SoftmaxMeta | undefined} */
    const before = this.meta;
    if (meta.goto && meta.goto.nonce !== this.nonce) {
      softmaxKept.layer = meta.goto.layer ?? softmaxKept.layer;
      softmaxKept.mode = meta.goto.mode ?? softmaxKept.mode;
    }
    this.nonce = meta.goto?.nonce;
    const same = before && before.model === meta.model && before.digit === meta.digit;
    const place = JSON.stringify([meta.step, meta.arrivals, meta.resets]);
    if (before && place !== this.place) this.edits.forget(meta.nonce);
    this.place = place;
    if (before && before.resets !== meta.resets) softmaxKept.tries.clear();
    this.root.classList.toggle("presenting", Boolean(meta.present));
    if (!this.edits.answered(meta.nonce) && same) return;
    const theme = themeOf(this.root, meta.palette);
    const shown = JSON.stringify([{ ...meta, nonce: 0 }, theme]);
    const unchanged = same && meta.engine && shown === this.shown && !arrays.gradient.length;
    this.shown = shown;
    if (unchanged && meta.target === this.target && !differing(arrays.x, this.paint.x).length)
      return; // Python has heard what the picture shows
    this.take(meta, /** @type {SoftmaxArrays} */ (arrays), Boolean(same));
    this.theme = theme;
    this.greys = greys(meta.levels, this.theme.colours);
    paletteToCss(this.root, this.theme.colours);
    this.root.style.setProperty("--ramp", `linear-gradient(to right, ${meta.ramp.join(",")})`);
    this.strip.update(
      this.data.strip,
      this.data.strip_indices,
      meta.digit,
      meta.columns,
      this.greys,
    );
    buildBars(this.say("bars"), this.greys);
    const known = this.data.logits.length && !differing(this.data.x, this.paint.x).length;
    if (!known || !before?.engine) this.ask();
    if (meta.engine && this.layer === "gradient" && !this.gradientFits) this.commit();
    this.draw();
  }

  /** Ask the engine for the conditionals of what is painted, where this browser computes. */
  ask() {
    const { engine: offer, levels } = this.meta;
    const { target, paint } = this;
    if (offer) this.live.want({ offer, levels, target, x: paint.x, base: this.data.base });
  }

  /** @param {"mode" | "layer"} name @param {string} value */
  set(name, value) {
    softmaxKept[name] = value;
    if (this.meta.engine && this.layer === "gradient" && !this.gradientFits) this.commit();
    this.frames.soon();
  }

  /** @param {number} index */
  begin(index) {
    this.held = this.data;
    this.edits.hold();
    if (softmaxKept.mode !== "paint") return;
    this.paint.begin(index);
    if (this.meta.engine) this.verdict = null; // that of the stroke before
  }

  /** @param {number[]} cells */
  along(cells) {
    if (softmaxKept.mode === "choose") {
      this.target = cells[cells.length - 1];
      this.verdict = null;
    }
    this.paint.along(cells);
    if (this.paint.stroke) this.ask();
    if (this.paint.stroke && this.meta.engine)
      this.frames.later(); // with the bars, where they come before
    else this.frames.now();
  }

  end() {
    const was = this.held ?? this.data;
    this.held = null;
    if (softmaxKept.mode === "choose") return this.commit();
    const done = this.paint.end();
    if (!done) return this.edits.release();
    this.past().push(done.before);
    if (this.past().length > MOST_UNDONE) this.past().shift();
    this.waiting ??= { target: this.target, strokes: [], was };
    this.waiting.strokes.push(done.cells);
    const here = !differing(this.data.x, this.paint.x).length && this.knows(this.waiting.target);
    if (this.meta.engine && here) this.judge(this.data);
    this.commit();
    this.frames.later(); // with what the next stroke brings, where that comes before
  }

  cancel() {
    this.held = null;
    this.edits.release();
    if (this.paint.stroke) this.paint.cancel();
    else this.target = this.meta.target;
    this.ask();
    this.frames.soon();
  }

  undo() {
    const before = this.past().pop();
    if (before) this.restore(before);
  }

  /** @param {Uint8Array} levels */
  restore(levels) {
    this.paint = new Paint(levels, this.data.base, this.meta);
    this.verdict = this.waiting = null;
    if (levels === this.data.base) this.past().length = 0;
    this.ask();
    this.commit();
    this.frames.soon();
  }

  /** Tell Python: the pixel and all that is painted, or another digit. @param {{ digit: number | null }} [other] */
  commit(other) {
    const paint = this.paint.painted().map((index) => [index, this.paint.x[index]]);
    const gradient = softmaxKept.layer === "gradient";
    if (other || gradient || !this.meta.engine)
      return this.edits.send({ ...(other ?? { target: this.target, paint }), gradient });
    const address = {
      pixel: String(this.target),
      paint: paint.map((pixel) => pixel.join("-")).join(".") || NO_PAINT,
    };
    this.edits.later({ target: this.target, paint, gradient }, address);
  }
}

export default mount(SoftmaxView);
