// A digit that this browser draws, pixel by pixel: a player, temperature and seed, and pixels that are
// flipped by hand. Without any server.

import { findElement } from "../ui/browser/dom.js";
import { Player } from "../ui/browser/player.js";
import { PixelGrid, gridPointer } from "../ui/browser/grid.js";
import { greys } from "../ui/browser/brush.js";
import { paletteToCss, sharpContext, themeOf } from "../ui/browser/theme.js";
import { decimals } from "../ui/browser/numbers.js";
import { drawDigit } from "../ui/browser/draw_picture.js";
import { runningLogP } from "../ui/browser/draw_values.js";
import { flipNote, totalOf } from "../ui/browser/draw_words.js";
import { Readout } from "../ui/browser/draw_readout.js";
import { Newest } from "../ui/browser/engine.js";
import { givenLevels } from "../ui/browser/hand.js";
import { byPixel } from "./site_values.js";

/** @typedef {import("./site_values.js").SiteModel} SiteModel */
/** @typedef {import("./site_values.js").Wish} Wish */
/** @typedef {import("../ui/browser/draw_values.js").DrawArrays} DrawArrays */

const SPEEDS = [8, 32, 64, 128, 256, 512];
const EDGE = 3; // room for the outline of a pixel at the border
const ABOVE_AND_BELOW = 280; // of the window's height, kept for what stands around the digit
const BESIDE = 280; // of the width, kept for what stands on its right
const NARROW = 640; // there it stands below
const LEAST = 240;
const MOST = 620;

export class SiteDraw {
  /** @type {Wish} */
  wish;
  /** @type {DrawArrays | undefined} */
  trace = undefined;
  /** @type {{ key: string, values: Uint8Array } | undefined} the sample without flips */
  base = undefined;
  /** @type {Float64Array} */
  sums = new Float64Array(1);
  /** @type {ReadonlySet<number>} */
  flips = new Set();
  hovered = -1;
  /** @type {{ before: Map<number, number>, level: number } | null} the stroke under way */
  stroke = null;
  /** whether the next sample is played from its first pixel */
  fresh = true;

  /**
   * @param {ParentNode} parent
   * @param {SiteModel} model
   * @param {import("../ui/browser/engine.js").PageEngine} engine
   * @param {{ wish: Wish, changed: (wish: Wish) => void }} address where a change is kept
   */
  constructor(parent, model, engine, { wish, changed }) {
    this.model = model;
    this.engine = engine;
    this.wish = wish;
    this.changed = changed;
    this.root = findElement(parent, ".draw", HTMLElement);
    this.canvas = findElement(this.root, ".digit", HTMLCanvasElement);
    this.grid = new PixelGrid(model.rows, model.columns);
    this.readout = new Readout(this.root);
    this.temperature = findElement(this.root, "[name=temperature]", HTMLInputElement);
    this.seed = findElement(this.root, "[name=seed]", HTMLInputElement);
    this.back = findElement(this.root, "[data-do=back-flips]", HTMLButtonElement);
    this.player = new Player(findElement(this.root, "[data-player]", HTMLElement), {
      onStep: () => this.draw(),
      onRest: (step) => (this.root.dataset.step = String(step)),
    });
    this.player.load(this.pixels, { speeds: SPEEDS, speed: 128, unit: "pixel" });
    this.newest = new Newest(
      (/** @type {Wish} */ each) => this.sample(each),
      (trace, each) => {
        this.show(trace, each);
        this.engine.shows(this.root, "browser", this.took);
      },
    );
    this.listen();
    new ResizeObserver(() => this.draw()).observe(this.root);
    this.restyle();
    this.ask();
  }

  /** D. */
  get pixels() {
    return this.model.rows * this.model.columns;
  }

  listen() {
    findElement(this.root, "[data-do=new]", HTMLButtonElement).onclick = () => {
      this.fresh = true;
      this.change({ seed: this.wish.seed + 1, flips: new Map() });
    };
    this.back.onclick = () => this.change({ flips: new Map() });
    this.temperature.oninput = () => this.change({ temperature: Number(this.temperature.value) });
    this.seed.onchange = () => {
      const seed = Number(this.seed.value);
      const whole = this.seed.value !== "" && Number.isSafeInteger(seed) && seed >= 0;
      this.fresh = whole && seed !== this.wish.seed;
      this.change(whole ? { seed } : {}); // what is no seed is put back
    };
    gridPointer(this.canvas, {
      cellAt: (x, y) => this.grid.at(x, y),
      hover: (pixel) => {
        if (pixel === this.hovered) return;
        this.hovered = pixel;
        this.draw();
      },
      during: (cells) => this.flip(cells, false),
      stroke: (cells) => this.flip(cells, true),
      columns: () => this.model.columns,
      count: () => this.pixels,
    });
  }

  /**
   * Pixels under the hand: drawn ones are flipped at once; a click on another goes to it.
   *
   * @param {number[]} cells
   * @param {boolean} done whether the hand has let go
   */
  flip(cells, done) {
    const { trace, wish } = this;
    if (!trace) return;
    const drawn = cells.filter((pixel) => pixel < this.player.step);
    if (drawn.length) {
      this.player.pause();
      const { levels } = this.model;
      this.stroke ??= {
        before: wish.flips,
        level: (trace.values[drawn[0]] + 1) % levels,
      };
      const flips = new Map(this.stroke.before);
      for (const pixel of drawn) flips.set(pixel, this.stroke.level);
      this.change({ flips });
    } else if (this.stroke) {
      this.change({ flips: this.stroke.before }); // the stroke was broken off
    } else if (done && cells.length === 1) {
      this.player.seek(cells[0]);
    }
    if (done || !cells.length) this.stroke = null;
  }

  /** @param {Partial<Wish>} change */
  change(change) {
    this.wish = { ...this.wish, ...change };
    this.changed(this.wish);
    this.ask();
  }

  ask() {
    const { wish } = this;
    this.temperature.value = String(wish.temperature);
    this.seed.value = String(wish.seed);
    findElement(this.root, "[data-say=temperature]", HTMLElement).textContent = decimals(
      wish.temperature,
      1,
    );
    this.newest.want(wish);
  }

  /** @param {Wish} wish @returns {Promise<DrawArrays>} */
  async sample({ seed, temperature, flips }) {
    const { engine, model } = this;
    const key = `${seed} ${temperature}`;
    let plain;
    this.took = 0;
    if (this.base?.key !== key || !flips.size) {
      const trace = await engine.sample(model.offer, { seed, temperature });
      this.took += trace.milliseconds;
      plain = byPixel(trace, model.levels);
      this.base = { key, values: plain.values };
    }
    const base = this.base.values;
    if (plain && !flips.size) return { ...plain, base };
    const given = givenLevels(flips, this.pixels);
    const trace = await engine.sample(model.offer, { seed, temperature, given });
    this.took += trace.milliseconds;
    return { ...byPixel(trace, model.levels), base };
  }

  /** @param {DrawArrays} trace @param {Wish} wish */
  show(trace, { flips }) {
    this.trace = trace;
    this.flips = new Set(flips.keys());
    this.sums = runningLogP(trace, this.model.levels);
    this.root.dataset.ready = "true";
    this.back.disabled = !flips.size;
    if (!this.fresh) return this.draw();
    this.fresh = false;
    this.player.show(0);
    this.player.playByItself();
  }

  /** The colours of the ground, light or dark. */
  restyle() {
    this.theme = themeOf(this.root, this.model.palette);
    this.greys = greys(this.model.levels, this.theme.colours);
    paletteToCss(this.root, this.theme.colours);
    this.draw();
  }

  draw() {
    const { trace, theme, root, grid, model, flips, hovered } = this;
    const width = root.clientWidth;
    if (!trace || !theme || width < 50) return;
    const across = window.innerWidth > NARROW ? width - BESIDE : width;
    const high = window.innerHeight - ABOVE_AND_BELOW;
    const side = Math.floor(Math.min(Math.max(LEAST, Math.min(across, high)), MOST));
    grid.place(EDGE, EDGE, side - 2 * EDGE);
    const t = this.player.step;
    const at = hovered >= 0 && hovered <= t ? hovered : Math.min(t, this.pixels - 1);
    const context = sharpContext(this.canvas, side, side);
    drawDigit(context, {
      ...{ theme, grid, greys: this.greys ?? [], base: trace.base, flips, changes: true, t, at },
      ...{ reads: null, map: null, mark: -1, pointed: hovered >= 0 },
      valueAt: (pixel) => trace.values[pixel],
    });
    this.canvas.style.cursor = hovered >= 0 && hovered < t ? "cell" : "pointer";
    this.say(trace, t, at);
    root.dataset.drawn = model.name;
  }

  /** @param {DrawArrays} trace @param {number} t pixels drawn @param {number} at the pixel spoken of */
  say(trace, t, at) {
    const { readout, flips, model, sums } = this;
    const state = { meta: { ...model, hidden: [] }, trace, t, at, flips, greys: this.greys ?? [] };
    readout.showChance(/** @type {any} */ (state));
    readout.say("total").innerHTML = totalOf(sums[t], t, Number(this.temperature.value));
    readout.say("note").innerHTML = flipNote(trace, flips, t);
    this.canvas.setAttribute(
      "aria-label",
      `${model.title} draws a digit: ${t} of ${this.pixels} pixels are drawn. ` +
        `${readout.say("total").textContent} ${readout.say("note").textContent} ` +
        "Arrow keys move over the pixels, Enter flips one.",
    );
  }
}
