// MADE draws a digit: at each step one pass of the network, of which one conditional is used; and the
// digit that NADE draws with the same random numbers.

import { natsOf, changedBy, ranksOf } from "../ui/browser/trace_values.js";
import { findElement } from "../ui/browser/dom.js";
import { Newest, pageEngine } from "../ui/browser/engine.js";
import { PixelGrid, gridPointer } from "../ui/browser/grid.js";
import { Hand, baseId, sampleId } from "../ui/browser/hand.js";
import { Brush, endStroke, withFlips } from "../ui/browser/hand_brush.js";
import { HandControls } from "../ui/browser/hand_controls.js";
import { SampleAsker } from "../ui/browser/hand_engine.js";
import { mount } from "../ui/browser/mount.js";
import { decimals, plural, probability } from "../ui/browser/numbers.js";
import { Player } from "../ui/browser/player.js";
import { onRamp, paletteToCss, sharpContext, themeOf } from "../ui/browser/theme.js";
import { clientWidthOf, windowHeight } from "../ui/browser/screen.js";

/**
 * @typedef {object} DrawingMeta What pages/made/learn.py `_drawing` sends.
 * @property {string} model
 * @property {string} order its name
 * @property {number} rows
 * @property {number} columns
 * @property {import("../ui/browser/engine.js").Offer[]} engines of this browser, of MADE and of NADE;
 *   none where the server draws
 * @property {boolean} present
 * @property {{ step?: number, play?: boolean, nonce: number } | null} goto
 * @property {number} resets
 * @property {number} arrivals
 * @property {[string, number]} step of the lesson: activity and number
 * @property {{ light: import("../ui/browser/theme.js").Colours, dark: import("../ui/browser/theme.js").Colours }} palette
 * @property {string[]} ramp
 */

/** @typedef {DrawingMeta & import("../ui/browser/hand.js").HandMeta} DrawingWithHand */
/** @typedef {import("../ui/browser/hand_engine.js").PlayedTrace & { nade: Uint8Array }} Drawn */
/** @typedef {import("../ui/browser/hand.js").Sample} DrawnSample */

/**
 * The sentence under the digits.
 *
 * @param {Pick<Drawn, "order" | "values" | "p" | "u"> & { base?: Uint8Array }} drawn
 * @param {number} t steps drawn
 * @param {number} columns
 * @param {number} logP nats
 * @param {ReadonlySet<number>} [flips] pixels set by hand
 * @param {number} [temperature] that the conditionals were drawn at
 */
export function drawnWords(drawn, t, columns, logP, flips = new Set(), temperature = 1) {
  const { order, values, p, u } = drawn;
  const D = order.length;
  if (t === 0)
    return `Nothing is drawn. The first pass gives p = ${probability(p[0])} for the outlined pixel: a bias alone.`;
  const at = order[t - 1];
  const where = `(${Math.floor(at / columns)}, ${at % columns})`;
  const rule = values[t - 1] ? "u ≥ 1 − p" : "u < 1 − p";
  const said = `Pass ${t}: pixel ${where} has p = ${probability(p[t - 1])}.`;
  const one = flips.has(at)
    ? `${said} It is set by hand to ${values[t - 1]}.`
    : `${said} u = ${probability(u[t - 1])}, ${rule}, so it becomes ${values[t - 1]}.`;
  const tempered = temperature === 1 ? "" : ` at temperature ${temperature}`;
  const whole =
    t === D ? ` ${D} passes for one digit; log p(x)${tempered} = ${decimals(logP, 2)} nats.` : "";
  return one + whole + flippedWords(drawn, t, flips);
}

/** @param {Pick<Drawn, "order" | "values"> & { base?: Uint8Array }} drawn @param {number} t @param {ReadonlySet<number>} flips */
function flippedWords({ order, values, base }, t, flips) {
  if (!base || !flips.size) return t === order.length ? " Click a pixel to flip it." : "";
  const { later, changed } = changedBy({ order, values, base }, flips, t);
  return ` ${flips.size} flipped by hand: of ${plural(later, "pixel")} drawn after, ${changed} changed.`;
}

class DrawingView {
  /** @type {DrawingMeta | undefined} of what is shown */
  meta = undefined;
  /** @type {DrawingWithHand | undefined} of what is wanted */
  wanted = undefined;
  /** @type {Int32Array | null} in which the engine draws; null for the model's own */
  order = null;
  /** @type {Drawn | undefined} */
  drawn = undefined;
  rank = new Int32Array(0);
  /** @type {ReadonlySet<number>} */
  flips = new Set();
  shown = { id: "", base: "" }; // of the sample on screen
  grid = new PixelGrid(1, 1);
  temperature = 1; // of the sample on screen
  took = 0; // milliseconds of the engine for what it drew last
  hovered = -1;
  /** @type {number[]} */
  stroke = []; // pixels under the brush, where the server draws
  /** @type {import("../ui/browser/theme.js").Theme | undefined} */
  theme = undefined;
  /** @type {number | undefined} */
  nonce = undefined;
  /** @type {(said: object) => void} */
  send = () => {};
  /** @type {(error: unknown) => void} */
  fail = () => {};

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    this.root = findElement(parent, ".made-drawing", HTMLElement);
    this.canvas = findElement(this.root, "canvas", HTMLCanvasElement);
    this.reading = findElement(this.root, ".reading", HTMLElement);
    this.hand = new Hand((said) => this.send(said));
    this.controls = new HandControls(
      findElement(parent, "[data-hand]", HTMLElement),
      (change, atRest) => this.change(change, !this.here && atRest ? 0 : undefined),
    );
    this.brush = new Brush({
      flips: () => this.hand.now.flips,
      levelAt: (index) => this.drawn?.values[this.rank[index]] ?? 0,
      set: (cells, level, before) =>
        this.change({ flips: withFlips(before, cells, level, this.wanted?.most_flips ?? 0) }),
      take: (flips) => this.change({ flips }),
    });
    const askers = [new SampleAsker(pageEngine()), new SampleAsker(pageEngine())];
    this.newest = new Newest(
      (/** @type {import("../ui/browser/hand_engine.js").Wish[]} */ [made, nade]) =>
        Promise.all([askers[0].ask(made), nade && askers[1].ask(nade)]),
      ([made, nade], [{ sample }], milliseconds) => {
        this.took = milliseconds;
        const drawn = { ...made, nade: nade?.values ?? new Uint8Array(0) };
        if (this.wanted) this.show(this.wanted, sample, drawn, "browser");
      },
      (error) => this.fail(error),
    );
    this.player = new Player(findElement(this.root, "[data-player]", HTMLElement), {
      onStep: () => this.draw(),
      onRest: (step) => (this.root.dataset.step = String(step)),
    });
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
    gridPointer(this.canvas, {
      cellAt: (x, y) => this.grid.at(x, y),
      hover: (index) => this.point(index),
      during: (cells) => this.follow(cells.filter((index) => this.isDrawn(index))),
      stroke: (cells) => this.paint(cells),
      columns: () => this.grid.columns,
      count: () => this.drawn?.order.length ?? 0,
    });
  }

  /** Whether this browser draws. */
  get here() {
    return Boolean(this.wanted?.engines.length);
  }

  /** @param {DrawingMeta} meta */
  drawer({ model, order, resets }) {
    return [model, order, resets].join();
  }

  /**
   * @param {{ meta: DrawingWithHand, arrays: any }} data
   * @param {import("../ui/browser/mount.js").Python} python
   */
  update({ meta, arrays }, { setTriggerValue, fail }) {
    this.fail = fail;
    this.send = (said) => setTriggerValue("hand", said);
    this.wanted = meta;
    this.hand.receive(meta, JSON.stringify([meta.step, this.drawer(meta), meta.arrivals]));
    this.controls.show(this.hand.now, meta.present);
    if (meta.engines.length) {
      this.order = arrays.order ?? null;
      this.ask();
    } else if (this.hand.ahead && this.drawn) {
      this.draw(); // an answer to an earlier change; the one to the last will come
    } else {
      this.show(meta, this.hand.now, /** @type {Drawn} */ (arrays), "server");
    }
  }

  /** Have the engine draw what is wanted now. */
  ask() {
    const { wanted, order } = this;
    if (!wanted) return;
    const sample = this.hand.now;
    const dimensions = wanted.rows * wanted.columns;
    this.newest.want(wanted.engines.map((engine) => ({ engine, order, dimensions, sample })));
  }

  /**
   * The hand changes the sample: it is drawn at once where this browser draws.
   *
   * @param {Partial<DrawnSample>} change
   * @param {number} [patience] see `Hand.change`
   */
  change(change, patience) {
    this.hand.change(change, patience);
    this.controls.show(this.hand.now, this.wanted?.present ?? false);
    // A random order is made from the seed, in Python.
    if (this.here && !("seed" in change && this.wanted?.order === "random")) this.ask();
  }

  /**
   * Show a sample: from where it begins, or in place of the one that the hand has changed.
   *
   * @param {DrawingMeta} meta
   * @param {DrawnSample} sample
   * @param {Drawn} drawn
   * @param {"browser" | "server"} by who drew it
   */
  show(meta, sample, drawn, by) {
    const before = this.meta;
    const drawer = this.drawer(meta);
    const now = { id: sampleId(drawer, sample), base: baseId(drawer, sample) };
    const news = this.shown.id !== now.id;
    const whole = this.shown.base !== now.base; // another digit, not another flip
    [this.meta, this.drawn, this.shown] = [meta, drawn, now];
    this.rank = ranksOf(drawn.order);
    this.temperature = sample.temperature;
    this.flips = new Set(sample.flips.map(([index]) => index));
    this.theme = themeOf(this.root, meta.palette);
    paletteToCss(this.root, this.theme.colours);
    this.root.style.setProperty("--ramp", `linear-gradient(to right, ${meta.ramp.join(",")})`);
    this.root.dataset.sample = now.id;
    pageEngine().shows(this.root, by, this.took);
    const D = drawn.order.length;
    const touched = news && this.hand.ahead && before !== undefined;
    if (news && !touched) {
      this.player.load(D, {
        speeds: [2, 4, 8, 16, 64, 256],
        speed: D > 100 ? 64 : 8,
        unit: "pass",
      });
      if (D > 100 && this.player.speed.value === "8") this.player.speed.value = "64";
    }
    const sent = meta.goto && meta.goto.nonce !== this.nonce;
    if (meta.goto) this.nonce = meta.goto.nonce;
    if ((news && !touched) || sent) {
      const linked = Number(new URLSearchParams(location.search).get("step") ?? NaN);
      if (!before && Number.isInteger(linked) && linked >= 0 && linked <= D)
        this.player.seek(linked);
      else {
        this.player.show(0);
        this.player.playByItself();
      }
    } else if (touched && whole && !this.player.playing && this.player.step < D) {
      this.player.seek(D);
    } else {
      this.draw();
    }
  }

  // --- the hand -------------------------------------------------------------------------------

  /** @param {number} index */
  isDrawn(index) {
    return this.rank[index] < this.player.step;
  }

  /** @param {number} index */
  point(index) {
    this.hovered = index;
    this.canvas.style.cursor = index < 0 ? "default" : this.isDrawn(index) ? "cell" : "pointer";
    this.draw();
  }

  /** A stroke as it grows: drawn at once, or shown until it ends. @param {number[]} cells */
  follow(cells) {
    if (cells.length) this.player.pause();
    if (this.here) return this.brush.move(cells);
    this.stroke = cells;
    this.draw();
  }

  /** @param {number[]} cells of a stroke that has ended */
  paint(cells) {
    const drawn = endStroke(this, cells);
    if (!drawn) return;
    const level = (this.drawn?.values[this.rank[drawn[0]]] ?? 0) ^ 1;
    this.change({ flips: withFlips(this.hand.now.flips, drawn, level, Infinity) }, 0);
  }

  // --- the picture ----------------------------------------------------------------------------

  draw() {
    const { meta, drawn, theme, root } = this;
    const width = clientWidthOf(root);
    if (!meta || !drawn || !theme || !root.isConnected || width < 50) return;
    const t = this.player.step;
    const narrow = width < 560;
    const gap = narrow ? 16 : 36;
    const room = narrow ? 0.55 * windowHeight() - 220 : windowHeight() - 338;
    const side = Math.max(150, Math.min(room, (width - 12 - gap) / 1.5, 460));
    const small = (side - 34) / 2;
    const context = sharpContext(this.canvas, width, side + 32);
    context.font = `13px ${theme.font}`;
    /** @param {Uint8Array} values */
    const ink = (values) => (/** @type {number} */ step) => (values[step] ? "ink" : "paper");
    this.grid = this.drawGrid(context, 4, 26, side, "MADE: x", (step) => {
      const level = drawn.values[step] ^ Number(this.stroke.includes(drawn.order[step]));
      return level ? "ink" : "paper";
    });
    this.drawMarks(context, this.grid, drawn, theme);
    const right = 4 + side + gap;
    this.drawGrid(
      context,
      right,
      26,
      small,
      narrow ? "p, a pass each" : "p: one from each pass",
      (step) => onRamp(meta.ramp, drawn.p[step]),
    );
    if (drawn.nade.length)
      this.drawGrid(context, right, 60 + small, small, "NADE, same u", ink(drawn.nade));
    const nats = natsOf(drawn, t);
    this.reading.textContent = drawnWords(
      drawn,
      t,
      meta.columns,
      nats,
      this.flips,
      this.temperature,
    );
    root.dataset.ones = String(drawn.values.slice(0, t).reduce((sum, value) => sum + value, 0));
    this.canvas.setAttribute(
      "aria-label",
      `A digit of ${meta.rows} by ${meta.columns} pixels, ${t} of ${drawn.order.length} drawn.`,
    );
  }

  /**
   * One grid with its title: what is drawn so far.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {number} x
   * @param {number} y
   * @param {number} side
   * @param {string} title
   * @param {(step: number) => string} fillOf a colour, or the name of one, of what a step drew
   */
  drawGrid(context, x, y, side, title, fillOf) {
    const { meta, drawn, theme } = this;
    const grid = new PixelGrid(meta?.rows ?? 1, meta?.columns ?? 1);
    if (!meta || !drawn || !theme) return grid;
    const { colours } = theme;
    const t = this.player.step;
    context.fillStyle = theme.text;
    context.textAlign = "left";
    context.fillText(title, x, y - 9);
    grid.place(x, y, side);
    grid.fill(context, (index) => {
      const found = this.rank[index] < t ? fillOf(this.rank[index]) : "future";
      return colours[found] ?? found;
    });
    grid.frame(context, colours.line);
    if (t > 0) grid.ring(context, drawn.order[t - 1], colours["drawn-now"], theme.text);
    if (t < drawn.order.length) grid.outline(context, drawn.order[t], colours.target, 2.5);
    return grid;
  }

  /**
   * Crosses on flipped pixels, ears on those that differ from the digit without flips.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {PixelGrid} grid
   * @param {Drawn} drawn
   * @param {import("../ui/browser/theme.js").Theme} theme
   */
  drawMarks(context, grid, { order, values, base }, { colours, text }) {
    for (let step = 0; step < this.player.step; step++) {
      if (this.flips.has(order[step])) grid.cross(context, order[step], colours.flipped);
      else if (values[step] !== base[step]) grid.dogEar(context, order[step], colours.changed);
    }
    if (this.hovered >= 0) grid.outline(context, this.hovered, text, 1.5);
  }

  destroy() {
    pageEngine().shows(this.root, null);
    this.brush.lift();
    this.hand.destroy();
    this.player.destroy();
    this.resize.disconnect();
  }
}

export default mount(DrawingView);
