// A drawing that the model completes: a pad, a line that says how many rows are given, and the
// continuations, played pixel by pixel, with the surprisal of each pixel.
//
// Strokes show at once and are sent when they end, so that the link holds them; temperature and seed,
// when the hand rests. Where this browser draws, the continuations follow the hand (completion_live.js).
// Where the server draws, they come when they are asked for, or once the hand has let go of the
// temperature.

import { mount } from "./mount.js";
import { findElement, pointOn } from "./dom.js";
import { themeOf, paletteToCss } from "./theme.js";
import { greys, followBrush } from "./brush.js";
import { Edits } from "./edits.js";
import { RESTS } from "./rests.js";
import { pageEngine } from "./engine.js";
import { DigitStrip } from "./digit_strip.js";
import { TOP } from "./completion_draw.js";
import { followEdge, inBox, underBrush } from "./completion_pad.js";
import { kept } from "./completion_tools.js";
import { HandControls } from "./hand_controls.js";
import { CompletionPicture } from "./completion_picture.js";

const MOST_UNDONE = 50;
const PLAYING = { speeds: [8, 32, 64, 128, 256, 512], speed: 128, unit: "pixel" };

/**
 * @typedef {object} Change What came with the newest answer of Python.
 * @property {import("./completion_tools.js").CompletionMeta | undefined} before what was shown
 * @property {{ step?: number, play?: boolean, chosen?: number } | null} goto where a step has the picture
 * @property {boolean | undefined} shown a question covered the continuations until now
 */

/** @type {Set<string>} */
const played = new Set(); // traces that were played once

class CompletionView extends CompletionPicture {
  edits = new Edits();
  /** @type {{ x: Uint8Array, mask: Uint8Array | null } | null} before the stroke that is under way */
  stroke = null;
  corner = 0; // where that began
  dragging = false; // the line
  /** @type {(() => void) | null} what shows continuations that nobody has seen, once they are there */
  arrive = null;
  came = false; // a part of a continuation, that is not painted yet
  untold = false; // Python does not know temperature and seed
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  resting = undefined;
  place = ""; // what a hand has changed in one is not of another

  /** @param {import("./mount.js").Host} parent */
  constructor(parent) {
    super(parent);
    this.strip = new DigitStrip(findElement(this.root, ".strip", HTMLElement), (digit) =>
      this.pick(digit),
    );
    this.controls = new HandControls(
      findElement(this.root, "[data-hand]", HTMLElement),
      (change, atRest) => this.resample(change, atRest),
    );
    /** @type {Record<string, () => void>} */
    const actions = {
      undo: () => this.undo(),
      clear: () => this.replace(new Uint8Array(this.pixels)),
      digit: () => this.replace(this.data.base),
      rows: () => this.giveRows(),
      complete: () => (this.stale ? this.commit(true) : this.again()),
    };
    for (const [name, action] of Object.entries(actions)) this.tools.doing(name).onclick = action;
    followBrush(this.pad, {
      cellAt: (x, y) => this.grid.at(x, y),
      columns: () => this.meta.columns,
      count: () => this.pixels,
      hover: (index) => this.point("pad", index),
      begin: (index) => this.begin(index),
      along: (cells) => this.paint(cells),
      end: () => this.end(),
      cancel: () => this.cancel(),
    });
    followEdge(this.edge, {
      rows: () => this.meta.rows,
      given: () => this.given,
      rowAt: (event) => Math.round((pointOn(this.pad, event)[1] - this.grid.y) / this.grid.cell),
      move: (rows) => {
        const least = this.meta.below ? 1 : 0; // something is left to draw
        this.given = Math.max(least, Math.min(this.meta.rows - 1, rows));
        this.dragging = this.given !== this.meta.given;
        this.follow();
        this.draw();
      },
      done: () => {
        this.dragging = false;
        this.commit(false);
      },
    });
  }

  /**
   * @param {{ meta: import("./completion_tools.js").CompletionMeta, arrays: Record<string, any> }} sent
   * @param {Pick<import("./mount.js").Place, "setTriggerValue">} python
   */
  update({ meta, arrays }, { setTriggerValue }) {
    this.edits.trigger = setTriggerValue;
    /** @type {import("./completion_tools.js").CompletionMeta | undefined} */
    const before = this.meta;
    if (!this.edits.answered(meta.nonce) && before) return;
    this.take(meta, /** @type {typeof this.data} */ (arrays));
    this.takeSample(meta);
    if (!this.stroke) {
      this.x = Uint8Array.from(arrays.x);
      this.mask = arrays.given ? Uint8Array.from(arrays.given) : null;
    }
    this.tools.offer(Boolean(meta.any));
    if (!this.dragging) this.given = meta.given;
    this.theme = themeOf(this.root, meta.palette);
    this.greys = greys(meta.levels, this.theme.colours);
    paletteToCss(this.root, this.theme.colours);
    this.root.style.setProperty("--ramp", `linear-gradient(to right, ${meta.ramp.join(",")})`);
    this.root.style.setProperty("--on-primary", this.theme.dark ? "#101216" : "#ffffff");
    this.say("top").textContent = `${TOP} nats or more`;
    const { strip, strip_indices: places } = this.data;
    this.strip.update(strip, places, meta.painted ? -1 : meta.digit, meta.columns, this.greys);
    this.tools.build(this.greys, before?.levels);
    this.buildOthers();
    this.root.classList.toggle("presenting", Boolean(meta.present));
    const shown = before?.hidden?.includes("completions") && !this.covered;
    const goto = meta.goto && meta.goto.nonce !== this.nonce ? meta.goto : null;
    this.nonce = meta.goto?.nonce;
    if (meta.engine) this.wish({ before, goto, shown });
    else this.show({ before, goto, shown });
    this.draw();
  }

  /** Temperature and seed; while a hand is on them, they are the hand's. @param {import("./completion_tools.js").CompletionMeta} meta */
  takeSample({ seed, temperature, step, arrivals, resets, present }) {
    const place = JSON.stringify([step, arrivals, resets]);
    if (place !== this.place) this.told();
    this.place = place;
    if (!this.untold) Object.assign(this.sample, { seed, temperature });
    this.controls.show({ ...this.sample, flips: [] }, Boolean(present));
  }

  /** Python knows temperature and seed, or what a hand made of them belongs to a place that is left. */
  told() {
    clearTimeout(this.resting);
    this.untold = false;
  }

  /**
   * The hand moves temperature or seed: the continuations follow where this browser draws them.
   *
   * @param {{ seed?: number, temperature?: number }} change
   * @param {boolean} atRest whether it was let go
   */
  resample(change, atRest) {
    Object.assign(this.sample, change);
    this.controls.show({ ...this.sample, flips: [] }, Boolean(this.meta.present));
    this.untold = true;
    clearTimeout(this.resting);
    if (this.meta.engine) {
      this.follow();
      this.frames.later();
      this.resting = setTimeout(() => this.flush(), RESTS);
    } else if (atRest) {
      this.commit(true);
    }
  }

  /** Tell Python of temperature and seed now. */
  flush() {
    if (!this.untold) return;
    this.commit(true);
    this.edits.flush();
  }

  /** Show what the server has drawn. @param {Change} change */
  show({ before, goto, shown }) {
    const { trace_id } = this.meta;
    this.arrive = null;
    pageEngine().shows(this.root, trace_id === null ? null : "server");
    if (trace_id !== before?.trace_id || this.stale || shown) this.start();
    if (goto) this.go(goto);
  }

  /**
   * Ask the engine for what Python has described, unless it is here. What the hand made is shown whole;
   * what a step or another digit brought is played once it is there.
   *
   * @param {Change} change
   */
  wish({ before, goto, shown }) {
    const { meta, live } = this;
    const plays =
      Boolean(goto) || before?.digit !== meta.digit || before.resets !== meta.resets || shown;
    if (live.key === this.key && (live.whole || !plays)) {
      if (!live.whole) return;
      this.stale = false;
      if (shown || before?.resets !== meta.resets || this.arrive) this.start();
      this.arrive = null;
      if (goto) this.go(goto);
      return this.ask(); // of what lies below the line
    }
    if (!plays) return this.follow();
    this.stale = true;
    this.player.pause();
    this.arrive = () => {
      this.start();
      if (goto) this.go(goto);
    };
    this.ask();
  }

  /** The drawing has changed under the hand: the continuations follow, where this browser draws them. */
  follow() {
    if (!this.meta.engine) return;
    this.arrive = null;
    const steps = this.part.count;
    if (this.player.steps !== steps || this.player.step < steps) {
      this.player.load(steps, PLAYING);
      this.player.seek(steps);
    }
    this.ask();
  }

  ask() {
    const { engine: offer, levels, count, free } = this.meta;
    if (!offer) return;
    const { part, key, sample } = this;
    const x = Uint8Array.from(this.x);
    this.live.want({ offer, x, part, free, levels, count, ...sample, key });
  }

  /** Paint a part of a continuation, unless it is to be played. */
  paintSoon() {
    if (this.arrive) return;
    this.stale = false;
    this.came = true;
    this.frames.soon();
  }

  redraw() {
    this.draw();
    if (!this.came) return;
    this.came = false;
    if (this.root.dataset.by !== "browser") this.tellHere();
    this.root.dataset.painted = String(Number(this.root.dataset.painted ?? 0) + 1);
    if (this.live.whole && this.live.key === this.key) this.root.dataset.key = this.live.key;
  }

  /** The continuations are of this browser, where it has drawn any: those of the server stay if it could. */
  tellHere() {
    const { here, milliseconds } = this.live;
    if (this.meta.engine && here) pageEngine().shows(this.root, "browser", milliseconds);
  }

  /** All continuations of this drawing are here. */
  arrived() {
    if (this.live.key !== this.key) return;
    this.tellHere();
    this.stale = false;
    if (this.meta.trace_id && !this.arrive) played.add(this.meta.trace_id);
    this.arrive?.();
    this.arrive = null;
    this.came = true;
    this.frames.soon();
  }

  /** To where a step of the lesson has the picture. @param {{ step?: number, play?: boolean, chosen?: number }} place */
  go({ step, play, chosen }) {
    if (chosen !== undefined) kept.chosen = Math.min(chosen, this.meta.count - 1);
    if (this.stale || this.covered || (step === undefined && !play)) return;
    this.player.seek(step ?? 0);
    if (play) this.player.playByItself();
  }

  /** Play the continuations that have come; those seen before are shown whole. */
  start() {
    const { trace_id } = this.meta;
    this.stale = trace_id === null;
    this.player.load(this.part.count, PLAYING);
    this.player.show(0);
    if (trace_id === null || this.covered) return;
    if (played.has(trace_id)) this.player.seek(this.player.steps);
    else this.player.playByItself();
    played.add(trace_id);
  }

  again() {
    this.player.show(0);
    this.player.playByItself();
  }

  // --- strokes and the line -----------------------------------------------------------------------

  /** What is drawn and given now, to come back to. */
  now() {
    return { x: Uint8Array.from(this.x), mask: this.mask && Uint8Array.from(this.mask) };
  }

  /** @param {number} index */
  begin(index) {
    this.stroke = this.now();
    this.corner = index;
  }

  /** @param {number[]} cells */
  paint(cells) {
    const gives = kept.tool === "give" || kept.tool === "hide";
    if (kept.width === "box" && this.stroke) {
      this.x = Uint8Array.from(this.stroke.x);
      this.mask = this.stroke.mask;
    }
    const { part } = this;
    if (gives)
      this.mask = Uint8Array.from({ length: this.pixels }, (_, k) => Number(part.given(k)));
    const [into, level] = gives
      ? [this.mask ?? this.x, Number(kept.tool === "give")]
      : [this.x, kept.tool === "eraser" ? 0 : kept.level];
    const under =
      kept.width === "box"
        ? inBox(this.corner, cells[cells.length - 1], this.meta.columns)
        : cells.flatMap((index) => underBrush(index, kept.width, this.meta));
    for (const index of under) into[index] = level;
    this.follow();
    this.frames.later(); // with the first rows of the continuation, where they come before
  }

  end() {
    const before = this.stroke;
    this.stroke = null;
    const other = before?.x.some((level, index) => level !== this.x[index]);
    if (before && (other || String(before.mask) !== String(this.mask))) this.changed(before);
  }

  cancel() {
    if (this.stroke) [this.x, this.mask] = [this.stroke.x, this.stroke.mask];
    this.stroke = null;
    this.follow();
    this.draw();
  }

  /** The rows above the line are given again, and no other pixel. */
  giveRows() {
    const before = this.now();
    this.mask = null;
    this.changed(before);
  }

  /** The drawing is another one: remember the one before, and tell Python. @param {{ x: Uint8Array, mask: Uint8Array | null }} before */
  changed(before) {
    kept.past.push(before);
    if (kept.past.length > MOST_UNDONE) kept.past.shift();
    this.commit(false);
  }

  /** @param {Uint8Array} levels */
  replace(levels) {
    const before = this.now();
    this.x = Uint8Array.from(levels);
    this.changed(before);
  }

  undo() {
    const before = kept.past.pop();
    if (!before || before.x.length !== this.pixels) return;
    this.x = before.x.map((level) => Math.min(level, this.meta.levels - 1));
    if (this.meta.any) this.mask = before.mask;
    this.commit(false);
  }

  /** @param {number | null} digit */
  pick(digit) {
    kept.past.push(this.now());
    this.edits.send({ digit, ...this.sample });
    this.told();
  }

  /** Tell Python. @param {boolean} complete whether the server is to draw the continuations */
  commit(complete) {
    const own = this.x.some((level, index) => level !== this.data.base[index]);
    const here = Boolean(this.meta.engine);
    if (here) this.follow();
    else if (!complete) this.away();
    this.draw();
    const painted = own ? [...this.x] : null;
    const mask = this.mask && [...this.mask];
    const given = this.meta.any ? { mask } : {};
    const drawing = { rows: this.given, painted, ...given, ...this.sample };
    this.edits.send({ ...drawing, complete: complete || here });
    this.told();
  }

  /** What was drawn belongs to another drawing now. */
  away() {
    this.stale = true;
    this.player.pause();
    this.draw();
  }

  destroy() {
    super.destroy();
    pageEngine().shows(this.root, null);
    clearTimeout(this.resting);
    this.live.wanted = null;
  }
}

export default mount(CompletionView);
