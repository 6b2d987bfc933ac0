// One image twice, in the same steps: read in training, a row a step, and drawn, a pixel a step.

import { findElement } from "../ui/browser/dom.js";
import { pageEngine } from "../ui/browser/engine.js";
import { PixelGrid } from "../ui/browser/grid.js";
import { mount } from "../ui/browser/mount.js";
import { OneSample } from "../ui/browser/one_sample.js";
import { PaneFit } from "../ui/browser/pane.js";
import { Player } from "../ui/browser/player.js";
import { paletteToCss, stillness, themeOf } from "../ui/browser/theme.js";
import { drawRaceSide, pixelsDone, raceWords } from "./row_race_draw.js";
import { cssLength, clientWidthOf, windowHeight } from "../ui/browser/screen.js";

/** @typedef {import("./row_race_draw.js").Side} Side */

/**
 * What pages/row_lstm/race.py sends.
 *
 * @typedef {object} RaceMeta
 * @property {number} rows
 * @property {number} columns
 * @property {number} kernel k
 * @property {number} seed of the image
 * @property {import("../ui/browser/engine.js").Offer | null} engine where this browser draws it
 * @property {string} trace_id
 * @property {boolean} present
 * @property {string[]} hidden "drawing": the right side
 * @property {{ step: number, play?: boolean, nonce: number } | null} goto
 * @property {number} resets
 * @property {number} arrivals
 * @property {{ light: import("../ui/browser/theme.js").Colours, dark: import("../ui/browser/theme.js").Colours }} palette
 */

const SIDES = /** @type {Side[]} */ (["pass", "drawing"]);
const BY_ROW = { speeds: [1, 2, 4, 8], speed: 4, unit: "step" };
const BY_PIXEL = { speeds: [8, 16, 32, 64, 128, 256], speed: 32, unit: "step" };
const HANDED_DOWN_MS = 220;
const NARROW = 460;

class RaceView {
  /** @type {RaceMeta | undefined} */
  meta = undefined;
  /** @type {import("../ui/browser/theme.js").Theme | undefined} */
  theme = undefined;
  /** @type {Uint8Array} */
  x = new Uint8Array(0);
  grid = new PixelGrid(1, 1);
  begun = 0; // when the row of this step began to be computed
  frame = 0;
  fit = new PaneFit();
  /** @type {(error: unknown) => void} */
  fail = console.error;

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    this.root = findElement(parent, ".race", HTMLElement);
    this.sample = new OneSample(
      ({ values }, milliseconds) => this.take(values, "browser", milliseconds), // in raster order
      (error) => this.fail(error),
    );
    this.player = new Player(findElement(this.root, "[data-player]", HTMLElement), {
      onStep: () => this.move(),
      onRest: (step) => this.rest(step),
    });
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
  }

  /** How many steps the player has: the drawing's, unless that is covered. */
  get steps() {
    if (!this.meta) return 0;
    const { rows, columns } = this.meta;
    return this.covered ? rows : rows * columns;
  }

  get covered() {
    return Boolean(this.meta?.hidden.includes("drawing"));
  }

  /**
   * The image: what was there before stays until then.
   *
   * @param {Uint8Array} x
   * @param {"browser" | "server"} by
   * @param {number} [milliseconds] that this browser took
   */
  take(x, by, milliseconds) {
    this.x = x;
    pageEngine().shows(this.root, by, milliseconds);
    this.draw();
  }

  /**
   * @param {{ meta: RaceMeta, arrays: any }} data
   * @param {Pick<import("../ui/browser/mount.js").Python, "fail">} python
   */
  update({ meta, arrays }, { fail }) {
    this.fail = fail;
    const before = this.meta;
    this.meta = meta;
    this.sample.want(meta.engine, meta.seed);
    Object.assign(this.grid, { rows: meta.rows, columns: meta.columns });
    this.theme = themeOf(this.root, meta.palette);
    paletteToCss(this.root, this.theme.colours);
    if (!meta.engine) this.take(arrays.x, "server");
    const changed = before?.trace_id !== meta.trace_id || before?.goto?.nonce !== meta.goto?.nonce;
    const uncovered = before?.hidden.join() !== meta.hidden.join();
    if (!before || changed || uncovered || before.arrivals !== meta.arrivals) this.start(before);
    else this.draw();
  }

  /** @param {RaceMeta | undefined} before */
  start(before) {
    const { goto } = /** @type {RaceMeta} */ (this.meta);
    const at = this.player.step;
    this.player.load(this.steps, this.covered ? BY_ROW : BY_PIXEL);
    const linked = Number(new URLSearchParams(location.search).get("step") ?? NaN);
    const arrived = before?.arrivals !== this.meta?.arrivals;
    if (arrived && Number.isInteger(linked) && linked >= 0 && linked <= this.steps)
      return this.player.seek(linked);
    if (before && before.goto?.nonce === goto?.nonce && before.trace_id === this.meta?.trace_id)
      return this.player.seek(Math.min(at, this.steps));
    this.player.seek(Math.min(goto?.step ?? 0, this.steps));
    if (goto?.play ?? true) this.player.playByItself();
  }

  /** A step: the states of the row above begin to come down. */
  move() {
    this.begun = performance.now();
    this.draw();
  }

  /** @param {number} step */
  rest(step) {
    if (!this.meta) return;
    const { goto } = this.meta;
    const usual = goto && !goto.play ? [goto.step] : [0, this.steps];
    const url = new URL(location.href);
    if (usual.includes(step)) url.searchParams.delete("step");
    else url.searchParams.set("step", String(step));
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  }

  draw() {
    const { meta, theme, root } = this;
    if (!meta || !theme || !root.isConnected || clientWidthOf(root) < 50) return;
    this.fit.draw(root, [meta.hidden], (less) => this.drawWithin(less));
  }

  /** @param {number} less height that a phone's pane does not have, CSS pixels */
  drawWithin(less) {
    const { meta, theme, root } = this;
    if (!meta || !theme) return;
    const width = clientWidthOf(root);
    const { step } = this.player;
    const most = windowHeight() - (meta.present ? 260 : 330);
    const gap = width < NARROW ? 12 : 28;
    const side = Math.max(
      120,
      Math.floor(Math.min(this.covered ? width : width / 2 - gap / 2, most, 620) - less),
    );
    findElement(root, ".sides", HTMLElement).style.columnGap = cssLength(gap);
    const still = stillness() || (this.player.playing && Number(this.player.speed.value) > 8);
    const moving = still ? 1 : Math.min(1, (performance.now() - this.begun) / HANDED_DOWN_MS);
    for (const of of SIDES) {
      const figure = findElement(root, `[data-side=${of}]`, HTMLElement);
      figure.style.width = cssLength(side);
      const hidden = of === "drawing" && this.covered;
      figure.hidden = hidden;
      const canvas = findElement(figure, "canvas", HTMLCanvasElement);
      const words = hidden ? "" : raceWords(of, step, meta);
      drawRaceSide(
        canvas,
        this.grid,
        side,
        { of, step, x: this.x, moving, kernel: meta.kernel },
        theme,
      );
      findElement(figure, ".said", HTMLElement).textContent = words;
      canvas.setAttribute("aria-label", words);
      if (hidden) delete figure.dataset.done;
      else figure.dataset.done = String(pixelsDone(of, step, meta));
    }
    root.dataset.step = String(step);
    cancelAnimationFrame(this.frame);
    if (moving < 1) this.frame = requestAnimationFrame(() => this.draw());
  }

  destroy() {
    cancelAnimationFrame(this.frame);
    pageEngine().shows(this.root, null);
    this.player.destroy();
    this.resize.disconnect();
  }
}

export default mount(RaceView);
