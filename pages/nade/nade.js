// NADE at work: the image filling up, the hidden units, the conditionals, and the running sum between them.
// The trace (values, probabilities, random numbers) is what the model computed. The running sum is
// done again here from the model's own weights, one column a step, which is all that NADE does; the
// largest difference between the probabilities that follow and the model's is kept on the element
// (data-check), so that a test can ask whether picture and model agree.
import { findElement } from "../ui/browser/dom.js";
import { mount } from "../ui/browser/mount.js";
import { themeOf, paletteToCss, sharpContext } from "../ui/browser/theme.js";
import { Player } from "../ui/browser/player.js";
import { PaneFit } from "../ui/browser/pane.js";
import { PixelGrid, gridPointer } from "../ui/browser/grid.js";
import { weightShelf } from "../ui/browser/weights.js";
import { Newest, pageEngine } from "../ui/browser/engine.js";
import { Hand, baseId, sampleId } from "../ui/browser/hand.js";
import { Brush, endStroke, withFlips } from "../ui/browser/hand_brush.js";
import { SampleAsker } from "../ui/browser/hand_engine.js";
import { HandControls } from "../ui/browser/hand_controls.js";
import {
  RunningSum,
  columnsOf,
  conditionals,
  firstDifference,
  largestDifference,
  largestSize,
} from "./nade_values.js";
import { ranksOf } from "../ui/browser/trace_values.js";
import { NadePointer } from "./nade_pointer.js";
import { Flight } from "./nade_flight.js";
import { nadeLayout } from "./nade_layout.js";
import { drawNade, drawStrips } from "./nade_draw.js";
import { sayNade } from "./nade_readout.js";
import { clientWidthOf, windowHeight } from "../ui/browser/screen.js";

const SPEEDS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

/** @typedef {import("./nade_values.js").NadeTrace} NadeTrace */
/** @typedef {import("./nade_words.js").NadeMeta} NadeMeta */

/** @typedef {import("../ui/browser/hand.js").Sample} Sampled */

/** @type {Map<string, number>} where a sample stood when its picture went */
const lastSteps = new Map();

/** What draws, beside what a hand changes. @param {NadeMeta} meta */
const drawerOf = ({ model, order, start, resets }) => [model, order, start, resets].join();

class NadeView {
  /** @type {NadeMeta | undefined} of what is shown */
  meta = undefined;
  /** @type {NadeMeta | undefined} of what is wanted */
  wanted = undefined;
  /** @type {Int32Array | null} in which the engine draws; null for the model's own */
  order = null;
  shown = { id: "", base: "" }; // of the sample on screen
  owed = false; // the address has not been told where the player rests
  took = 0; // milliseconds of the engine for what it drew last
  /** @type {import("../ui/browser/theme.js").Theme | undefined} */
  theme = undefined;
  /** @type {NadeTrace | undefined} */
  trace = undefined;
  rank = new Int32Array(0);
  /** @type {ReadonlySet<number>} */
  flips = new Set();
  grids = { x: new PixelGrid(1, 1), p: new PixelGrid(1, 1) };
  units = nadeLayout(600, 300, 1).units;
  /** @type {import("./nade_draw.js").Sums | null} */
  sums = null;
  fit = new PaneFit();
  /** @type {number[]} */
  stroke = []; // pixels under the brush
  width = 0; // of the picture, CSS pixels; asking the element for it lays the page out
  /** @type {number | undefined} */
  nonce = undefined;
  /** @type {(said: object) => void} */
  send = () => {};
  /** @type {(error: unknown) => void} */
  fail = () => {};

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    this.root = findElement(parent, ".nade", HTMLElement);
    this.hand = new Hand((said) => this.send(said));
    this.controls = new HandControls(
      findElement(parent, "[data-hand]", HTMLElement),
      (change, atRest) => this.change(change, this.here ? undefined : atRest ? 0 : undefined),
    );
    this.brush = new Brush({
      flips: () => this.hand.now.flips,
      levelAt: (index) => this.trace?.values[this.rank[index]] ?? 0,
      set: (cells, level, before) =>
        this.change({ flips: withFlips(before, cells, level, this.wanted?.most_flips ?? 0) }),
      take: (flips) => this.change({ flips }),
    });
    const asker = new SampleAsker(pageEngine());
    this.newest = new Newest(
      (/** @type {import("../ui/browser/hand_engine.js").Wish} */ wish) => asker.ask(wish),
      (trace, { sample }, milliseconds) => {
        this.took = milliseconds;
        if (this.wanted) this.show(this.wanted, sample, trace, "browser");
      },
      (error) => this.fail(error),
    );
    this.canvas = findElement(this.root, ".picture", HTMLCanvasElement);
    this.strips = findElement(this.root, ".strips", HTMLCanvasElement);
    this.flight = new Flight(() => this.draw());
    this.player = new Player(findElement(this.root, "[data-player]", HTMLElement), {
      onStep: (step) => {
        this.flight.to(step, this.player?.playing ? Number(this.player.speed.value) : 1);
        this.draw();
      },
      onRest: (step) => this.rest(step),
    });
    this.resize = new ResizeObserver(() => {
      this.width = clientWidthOf(this.root);
      this.draw();
    });
    this.resize.observe(this.root);
    this.onWeights = () => this.addUp();
    weightShelf().changed.addEventListener("change", this.onWeights);
    this.pointer = new NadePointer(this);
    this.listen();
  }

  listen() {
    gridPointer(this.canvas, {
      cellAt: (x, y) => this.grids.x.at(x, y),
      hover: (index, x, y) => this.pointer.point(index, x, y),
      during: (cells) => this.follow(cells.filter((index) => this.isDrawn(index))),
      stroke: (cells) => this.paint(cells),
      columns: () => this.grids.x.columns,
      count: () => this.steps,
    });
  }

  // H, once the weights are there.
  get H() {
    return this.sums?.H ?? 0;
  }

  /** D. */
  get steps() {
    return this.trace?.order.length ?? 0;
  }

  /** Whether this browser draws. */
  get here() {
    return Boolean(this.wanted?.engine);
  }

  /**
   * @param {{ meta: NadeMeta, arrays: any }} data
   * @param {import("../ui/browser/mount.js").Python} python
   */
  update({ meta, arrays }, { setTriggerValue, fail }) {
    this.fail = fail;
    this.send = (said) => setTriggerValue("hand", said);
    this.wanted = meta;
    this.hand.receive(meta, JSON.stringify([meta.step, drawerOf(meta), meta.arrivals]));
    this.controls.show(this.hand.now, meta.present);
    if (meta.engine) {
      this.order = arrays.order ?? null;
      this.ask();
    } else if (this.hand.ahead && this.trace) {
      this.draw(); // an answer to an earlier change; the one to the last will come
    } else {
      this.show(meta, this.hand.now, /** @type {NadeTrace} */ (arrays), "server");
    }
  }

  /** Have the engine draw what is wanted now. */
  ask() {
    const { wanted, order } = this;
    if (!wanted?.engine) return;
    const { engine, start, rows, columns } = wanted;
    const sample = this.hand.now;
    this.newest.want({ engine, order, start, dimensions: rows * columns, sample });
  }

  /**
   * The hand changes the sample: it is drawn at once where this browser draws.
   *
   * @param {Partial<Sampled>} change
   * @param {number} [patience] see `Hand.change`
   */
  change(change, patience) {
    // A random order is made from the seed, in Python.
    const elsewhere = !this.here || ("seed" in change && this.wanted?.order === "random");
    this.hand.change(change, patience);
    this.controls.show(this.hand.now, this.wanted?.present ?? false);
    if (!elsewhere) this.ask();
  }

  /**
   * Show a sample: from where it begins, or in place of the one that the hand has changed.
   *
   * @param {NadeMeta} meta
   * @param {Sampled} sample
   * @param {NadeTrace} trace
   * @param {"browser" | "server"} by who drew it
   */
  show(meta, sample, trace, by) {
    const drawer = drawerOf(meta);
    this.theme = themeOf(this.root, meta.palette);
    const now = { id: sampleId(drawer, sample), base: baseId(drawer, sample) };
    const [before, shown, old, flipped] = [this.meta, this.shown, this.trace, this.flips];
    this.meta = { ...meta, temperature: sample.temperature };
    this.shown = now;
    this.trace = trace;
    this.rank = ranksOf(trace.order);
    this.flips = new Set(sample.flips.map(([index]) => index));
    this.grids = {
      x: new PixelGrid(meta.rows, meta.columns),
      p: new PixelGrid(meta.rows, meta.columns),
    };
    paletteToCss(this.root, this.theme.colours);
    if (before?.ramp !== meta.ramp)
      this.root.style.setProperty("--ramp", `linear-gradient(to right, ${meta.ramp.join(",")})`);
    this.root.dataset.sample = now.id;
    pageEngine().shows(this.root, by, this.took);
    if (shown.id === now.id) {
      this.addUp(); // the same, drawn by the browser after the server
    } else if (this.hand.ahead && before && shown.id) {
      this.addUp();
      this.touched(now.base !== shown.base);
    } else {
      const speed = this.steps > 100 ? 128 : 8;
      if (before?.model !== meta.model) this.player.speed.dataset.choices = "";
      this.player.load(this.steps, { speeds: SPEEDS, speed, unit: "step" });
      this.addUp();
      this.start(before, old, flipped, shown.base === now.base);
    }
    if (meta.goto && meta.goto.nonce !== this.nonce) {
      this.nonce = meta.goto.nonce;
      if (before) this.go(meta.goto);
    }
    if (this.owed && !this.player.playing) this.rest(this.player.step);
  }

  /** The hand has changed the digit: all of it is seen, unless it is playing. @param {boolean} whole */
  touched(whole) {
    if (this.player.playing) {
      if (!whole) this.player.pause();
    } else if (whole && this.player.step < this.steps) {
      this.player.seek(this.steps);
    }
  }

  /**
   * Where a new trace begins: at the link's step, after the flip, or at the beginning, playing.
   *
   * @param {NadeMeta | undefined} before
   * @param {NadeTrace | undefined} old
   * @param {ReadonlySet<number>} flipped
   * @param {boolean} same random numbers as before
   */
  start(before, old, flipped, same) {
    const { meta, trace, player } = this;
    if (!meta || !trace) return;
    const linked = Number(new URLSearchParams(location.search).get("step") ?? NaN);
    const last = before ? undefined : lastSteps.get(this.shown.id);
    // The same picture, mounted anew: to present it, or on the way back to the page.
    if (last !== undefined) return player.seek(last);
    if (!old || !same) {
      // By a link, or by the browser's way back; on other changes Python has taken the step away.
      if (Number.isInteger(linked) && linked >= 0 && linked <= this.steps)
        return player.seek(linked);
      if (meta.goto) return this.go(meta.goto);
      player.show(0);
      player.playByItself();
      return;
    }
    // The same random numbers: play on from the first value that differs.
    const differs = firstDifference(old, trace, flipped, this.flips);
    player.show(differs < 0 ? player.step : differs + 1);
    if (differs >= 0) player.playByItself();
  }

  /** To where a step of the lesson has the player. @param {NonNullable<NadeMeta["goto"]>} place */
  go({ step, play }) {
    this.player.seek(Math.min(step, this.steps));
    if (play) this.player.playByItself();
  }

  /** The running sum, once the weights are there. */
  addUp() {
    this.sums = null;
    const { meta, trace } = this;
    const weights = meta && weightShelf().byName.get(meta.model);
    if (!weights || !trace || !meta) return this.draw();
    weights.columns ??= columnsOf(weights);
    weights.largest ??= { W: largestSize(weights.columns), V: largestSize(weights.V) };
    this.sums = {
      weights,
      columns: weights.columns,
      running: new RunningSum(weights, weights.columns, trace),
      H: weights.c.length,
      largestW: weights.largest.W,
      largestV: weights.largest.V,
    };
    this.check(weights, trace);
    this.draw();
  }

  /**
   * Keep by how much the picture's own conditionals differ from the model's: all D steps are computed
   * for it, so not while a hand changes them.
   *
   * @param {import("./nade_values.js").NadeWeights & { columns: Float32Array }} weights
   * @param {NadeTrace} trace
   */
  check(weights, trace) {
    const { dataset } = this.root;
    if (this.hand.ahead) {
      delete dataset.check;
      return;
    }
    const compared = this.meta?.temperature === 1;
    const own = compared ? conditionals(weights, weights.columns, trace) : trace.p;
    dataset.check = String(largestDifference(own, trace.p));
  }

  /** @param {number} index */
  isDrawn(index) {
    return this.rank[index] < this.player.step;
  }

  /** The value of a drawn pixel, as it stands under the student's brush. @param {number} index */
  valueAt(index) {
    const values = this.trace?.values ?? [];
    return this.stroke.includes(index)
      ? values[this.rank[this.stroke[0]]] ^ 1
      : values[this.rank[index]];
  }

  /** A stroke as it grows: drawn at once, or shown until it ends. @param {number[]} cells */
  follow(cells) {
    if (this.here) return this.brush.move(cells);
    this.stroke = cells;
    this.draw();
  }

  /** @param {number[]} cells of a stroke that has ended */
  paint(cells) {
    const drawn = endStroke(this, cells);
    if (!drawn) return;
    const level = this.valueAt(drawn[0]) ^ 1;
    this.stroke = drawn; // stays on screen until the new trace arrives
    this.draw();
    this.stroke = [];
    const flips = withFlips(this.hand.now.flips, drawn, level, Infinity);
    this.change({ flips }, 0);
  }

  /** @param {number} step */
  rest(step) {
    this.root.dataset.step = String(step);
    this.owed = this.hand.ahead; // the address is still that of the sample before
    if (this.owed) return;
    const url = new URL(location.href);
    const usual = this.meta?.goto && !this.meta.goto.play ? [this.meta.goto.step] : [0, this.steps];
    if (usual.includes(step)) url.searchParams.delete("step");
    else url.searchParams.set("step", String(step));
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  }

  draw() {
    const { meta, root } = this;
    const width = this.width || clientWidthOf(root);
    const ready = meta && this.trace && this.theme && root.isConnected;
    if (!ready || width < 50) return;
    const parts = [meta.hidden, meta.columns, this.sums !== null];
    this.fit.draw(root, parts, (less) => this.drawWithin(less));
  }

  /** @param {number} less height that a phone's pane does not have, CSS pixels */
  drawWithin(less) {
    const { meta, trace, theme, grids, root } = this;
    if (!meta || !trace || !theme) return;
    const width = this.width || clientWidthOf(root);
    const narrow = width < 560;
    root.classList.toggle("narrow", narrow);
    const tall = windowHeight() * (narrow ? 0.24 : 1) - (narrow ? 0 : 403);
    const { side, top, left, right, height, units } = nadeLayout(
      ...[width, tall, this.sums?.H ?? 1, less],
    );
    this.units = units;
    grids.x.place(left, top, side);
    grids.p.place(right, top, side);
    this.sums?.running.go(this.player.step);
    const scene = {
      theme,
      ramp: meta.ramp,
      trace,
      rank: this.rank,
      t: this.player.step,
      flips: this.flips,
      valueAt: (/** @type {number} */ index) => this.valueAt(index),
      gridX: grids.x,
      gridP: grids.p,
      units,
      hover: this.pointer.hover,
      lit: this.pointer.lit,
      width,
      flight: this.flight.share,
      covered: meta.hidden.includes("p"),
      sums: this.sums,
    };
    drawNade(sharpContext(this.canvas, width, height), scene);
    if (this.sums) drawStrips(this.strips, scene, this.sums);
    const { rank, flips, sums, player, pointer } = this;
    sayNade(root, { meta, trace, t: player.step, rank, flips, hover: pointer.hover, sums });
  }

  destroy() {
    if (this.meta) lastSteps.set(this.shown.id, this.player.step);
    pageEngine().shows(this.root, null);
    this.brush.lift();
    this.hand.destroy();
    this.flight.stop();
    this.player.destroy();
    this.resize.disconnect();
    weightShelf().changed.removeEventListener("change", this.onWeights);
  }
}

export default mount(NadeView);
