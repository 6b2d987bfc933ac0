// The picture of a completed drawing: the pad, the continuation that is chosen, the small ones, and
// what is said of them. What the hand does to them: completion.js.

import { findElement, pointOn } from "./dom.js";
import { sharpContext } from "./theme.js";
import { PaneFit } from "./pane.js";
import { Player } from "./player.js";
import { PixelGrid } from "./grid.js";
import {
  drawContinuation,
  drawPad,
  drawSmallContinuation,
  outlineGiven,
  surprisalColour,
} from "./completion_draw.js";
import { showEdge } from "./completion_pad.js";
import { Tools, kept } from "./completion_tools.js";
import { completionLayout } from "./completion_layout.js";
import { natsInWords } from "./completion_words.js";
import { OnceAFrame } from "./once_a_frame.js";
import { Part } from "./completion_part.js";
import { readCompletion } from "./completion_readout.js";
import { Continuations, wishKey } from "./completion_live.js";
import { cssLength, clientWidthOf, windowHeight } from "./screen.js";

export class CompletionPicture {
  /** @type {import("./completion_tools.js").CompletionMeta} */
  // @ts-expect-error: nothing is drawn before Python has sent it (`ready`)
  meta = undefined;
  /** @type {import("./completion_tools.js").CompletionArrays} */
  // @ts-expect-error: as `meta`
  data = undefined;
  /** @type {import("./theme.js").Theme} */
  // @ts-expect-error: as `meta`
  theme = undefined;
  grid = new PixelGrid(0, 0);
  fit = new PaneFit();
  pixels = 0;
  /** @type {Uint8Array} levels as they are painted here */
  x = new Uint8Array(0);
  given = 0; // rows above the line
  /** @type {Uint8Array | null} 1 where a pixel is given, where that is not all by the line */
  mask = null;
  stale = true; // the continuations are not those of this drawing
  /** @type {{ seed: number, temperature: number }} by which they are drawn */
  sample = { seed: 0, temperature: 1 };
  /** @type {number | undefined} */
  nonce = undefined;
  /** @type {string[]} */
  greys = [];
  /** @type {{ place: "pad" | "chosen" | null, index: number }} */
  hovered = { place: null, index: -1 };
  /** The part that was asked for last: it takes longer to make than to draw. */
  made = { wanted: "", order: /** @type {Int32Array | null} */ (null), part: new Part(0, 0) };
  frames = new OnceAFrame(() => this.redraw());
  /** @type {WeakMap<Element, string>} what each of the small continuations shows */
  small = new WeakMap();

  /** @param {import("./mount.js").Host} parent */
  constructor(parent) {
    this.root = findElement(parent, ".completion", HTMLElement);
    this.pad = findElement(this.root, ".picture", HTMLCanvasElement);
    this.big = findElement(this.root, ".chosen", HTMLCanvasElement);
    this.edge = findElement(this.root, ".edge", HTMLElement);
    /** @param {string} name */
    this.say = (name) => findElement(this.root, `[data-say=${name}]`, HTMLElement);
    this.others = findElement(this.root, ".others", HTMLElement);
    this.more = findElement(this.root, ".more", HTMLDetailsElement);
    this.player = new Player(findElement(this.root, "[data-player]", HTMLElement), {
      onStep: () => this.draw(),
      onRest: (step) => (this.root.dataset.step = String(step)),
    });
    this.tools = new Tools(this.root, () => this.draw());
    this.live = new Continuations({
      chosen: () => kept.chosen,
      painted: () => this.paintSoon(),
      known: (x, nats) => Object.assign(this.data, { x, surprisal: nats }),
      done: () => this.arrived(),
    });
    this.big.onpointermove = (event) =>
      this.point("chosen", this.grid.at(...pointOn(this.big, event)));
    this.big.onpointerleave = () => this.point("chosen", -1);
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
  }

  /**
   * What Python has sent. Where this browser draws, that is no continuation and no surprisal: those
   * that are here stay.
   *
   * @param {import("./completion_tools.js").CompletionMeta} meta
   * @param {import("./completion_tools.js").CompletionArrays} sent
   */
  take(meta, sent) {
    const own = this.data ?? { x: new Uint8Array(0), surprisal: [] };
    this.meta = meta;
    this.pixels = meta.rows * meta.columns;
    this.data = meta.engine ? { ...sent, x: own.x, surprisal: own.surprisal } : sent;
    if (meta.engine) return;
    const part = this.partOf(meta.given, sent.given ?? null);
    const key = wishKey(meta, sent.x, part);
    this.live.take(key, sent.drawn, Float32Array.from(sent.drawn_surprisal), meta.count);
  }

  /** A part of a continuation has come. */
  paintSoon() {}

  /** All continuations of this drawing are here. */
  arrived() {}

  /** Whether a question covers the continuations. */
  get covered() {
    return Boolean(this.meta?.hidden?.includes("completions"));
  }

  /** What is given of this drawing, and what is drawn. */
  get part() {
    return this.partOf(this.given, this.mask);
  }

  /** @param {number} given rows above the line @param {Uint8Array | null} mask */
  partOf(given, mask) {
    const { columns, below } = this.meta;
    const order = this.data.order ?? null;
    const wanted = [this.pixels, given, columns, below, mask?.join("")].join(" ");
    if (this.made.wanted !== wanted || this.made.order !== order)
      this.made = {
        wanted,
        order,
        part: new Part(this.pixels, given * columns, below, mask, order),
      };
    return this.made.part;
  }

  /** Of the continuations that belong to this drawing. */
  get key() {
    return wishKey({ model: this.meta.model, ...this.sample }, this.x, this.part);
  }

  buildOthers() {
    const { count } = this.meta;
    if (kept.chosen >= count) kept.chosen = 0;
    while (this.others.children.length < count) {
      const button = document.createElement("button");
      const number = this.others.children.length;
      button.type = "button";
      button.append(document.createElement("canvas"), document.createElement("span"));
      button.onclick = () => {
        kept.chosen = number;
        this.draw();
      };
      this.others.append(button);
    }
  }

  /** @param {"pad" | "chosen"} place @param {number} index */
  point(place, index) {
    if (this.hovered.place === place && this.hovered.index === index) return;
    this.hovered = { place: index < 0 ? null : place, index };
    this.frames.later();
  }

  /** Pixels of the continuations that the player has drawn. */
  get steps() {
    return this.stale || this.covered ? 0 : this.player.step;
  }

  /** @param {number} number of the continuation @param {number} index @param {Part} part that of now */
  valueAt(number, index, part) {
    return part.given(index) ? this.x[index] : this.live.drawn[number * this.pixels + index];
  }

  /** In nats; NaN where it is not known yet. @param {number} number of the continuation @param {number} index */
  surprisalAt(number, index) {
    return this.stale ? this.data.surprisal[index] : this.live.nats[number * this.pixels + index];
  }

  /** In the view that is chosen. @param {number} number of the continuation @param {number} index @param {Part} part that of now */
  colourAt(number, index, part) {
    if (kept.view === "image") return this.greys[this.valueAt(number, index, part)];
    const nats = this.surprisalAt(number, index);
    return nats >= 0 ? surprisalColour(this.meta.ramp, nats) : this.theme.ground;
  }

  /** Draw what has changed within a frame. */
  redraw() {
    this.draw();
  }

  draw() {
    if (!this.meta || !this.root.isConnected || clientWidthOf(this.root) < 50) return;
    const { levels, any } = this.meta;
    this.root.classList.toggle("covered", this.covered);
    const parts = [this.covered, levels, any];
    this.fit.draw(this.root, parts, (less) => this.drawWithin(less));
  }

  /** @param {number} less height that a phone's pane does not have, CSS pixels */
  drawWithin(less) {
    const { rows, columns, reserve, present } = this.meta;
    const { side, narrow } = completionLayout(
      clientWidthOf(this.root),
      windowHeight(),
      reserve,
      less,
      present,
    );
    if (narrow !== this.root.classList.contains("narrow")) this.more.open = !narrow;
    this.root.classList.toggle("narrow", narrow);
    this.root.classList.toggle("wide", Boolean(present && reserve));
    this.root.style.setProperty("--side", cssLength(side));
    if (this.grid.rows !== rows || this.grid.columns !== columns)
      this.grid = new PixelGrid(rows, columns);
    this.grid.place(2, 2, side - 4);
    this.drawDrawing();
    this.drawChosen();
    this.drawOthers();
    this.tools.show(this.x, this.data.base, this.stale);
    const none = this.stale || this.covered;
    for (const part of [findElement(this.root, "[data-player]", HTMLElement), this.others])
      part.classList.toggle("stale", none);
    this.root.dataset.stale = String(this.stale);
    this.root.dataset.given = String(this.given);
    this.read();
  }

  drawDrawing() {
    const { grid, given, part, greys: colours, x } = this;
    const context = sharpContext(this.pad, grid.width + 4, grid.height + 4);
    drawPad(context, grid, { x, part, greys: colours, faint: !this.covered }, this.theme);
    if (this.hovered.index >= 0) grid.outline(context, this.hovered.index, this.theme.text, 1.5);
    if (part.mask) outlineGiven(context, grid, part, this.theme);
    this.edge.hidden = Boolean(part.mask);
    showEdge(this.edge, grid.y + given * grid.cell, given, this.meta.rows);
  }

  drawChosen() {
    const { grid, steps, part, given, theme } = this;
    const context = sharpContext(this.big, grid.width + 4, grid.height + 4);
    /** @param {number} index */
    const colourOf = (index) => this.colourAt(kept.chosen, index, part);
    /** @param {number} index */
    const there = (index) => part.there(index, steps);
    const line = part.mask ? null : given;
    drawContinuation(context, grid, { there, line, colourOf }, theme);
    if (part.mask) outlineGiven(context, grid, part, theme);
    if (steps > 0 && steps < part.count) {
      const rim = theme.dark ? "#000" : "#1F2430";
      grid.ring(context, part.drawn[steps - 1], theme.colours["drawn-now"], rim);
    }
    if (this.hovered.index < 0) return;
    grid.outline(context, this.hovered.index, theme.ground, 4);
    grid.outline(context, this.hovered.index, theme.text, 1.5);
  }

  drawOthers() {
    const { columns } = this.meta;
    const { steps, part, pixels, stale, covered, theme } = this;
    const shown = [this.key, steps, stale, covered, theme.dark, kept.chosen].join(" ");
    // Of the surprisal more can change than that says.
    const told = kept.view === "image" ? shown : null;
    /** @param {number} index */
    const there = (index) => part.there(index, steps);
    [...this.others.children].forEach((button, number) => {
      const shows = told && `${told} ${this.live.versions[number]}`;
      if (shows && this.small.get(button) === shows) return;
      this.small.set(button, shows ?? "");
      /** @param {number} index */
      const colourOf = (index) => this.colourAt(number, index, part);
      const canvas = findElement(button, "canvas", HTMLCanvasElement);
      drawSmallContinuation(canvas, { there, pixels, columns, colourOf }, this.theme);
      const nats = natsInWords(part.sumDrawn(this.live.nats, number * pixels, steps));
      const none = stale || covered || !nats;
      findElement(button, "span", HTMLElement).textContent = none ? " " : nats;
      button.setAttribute("aria-pressed", String(number === kept.chosen));
      const after = none ? "" : `, ${nats}`;
      button.setAttribute("aria-label", `Continuation ${number + 1}${after}`);
    });
  }

  read() {
    const { meta, given, part, stale, covered, steps, hovered } = this;
    const own = this.data.surprisal;
    /** @type {[ArrayLike<number>, number]} */
    const shown = stale ? [own, 0] : [this.live.nats, kept.chosen * this.pixels];
    const nats = {
      given: part.sumGiven(...shown),
      drawn: part.sumDrawn(...shown, steps),
      late: part.sumLate(...shown),
    };
    const hidden = part.sumDrawn(own, 0, part.count);
    // New strokes have no surprisal yet.
    const known =
      this.x.every((level, index) => level === this.data.x[index]) &&
      !Number.isNaN(nats.given + nats.drawn);
    const faint = this.x.some((level, index) => level > 0 && !part.given(index));
    const pointed = hovered.place === null ? null : this.pointedAt(hovered.index);
    readCompletion(this.root, {
      ...{ meta, given, part, covered, steps, known, faint, hidden, pointed, nats },
      here: Boolean(meta.engine),
      temperature: this.sample.temperature,
      none: stale || covered,
    });
  }

  /** @param {number} index */
  pointedAt(index) {
    const { part } = this;
    const given = part.given(index);
    const value = this.valueAt(kept.chosen, index, part);
    const there = part.there(index, this.steps);
    return { index, there, given, value, nats: there ? this.surprisalAt(kept.chosen, index) : 0 };
  }

  destroy() {
    this.frames.stop();
    this.player.destroy();
    this.resize.disconnect();
  }
}
