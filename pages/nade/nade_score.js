// A digit that NADE scores: all conditionals by one pass, what each pixel costs, and how often the
// network is evaluated to score a digit and to draw one.

import { findElement } from "../ui/browser/dom.js";
import { PixelGrid, gridPointer } from "../ui/browser/grid.js";
import { Newest, pageEngine } from "../ui/browser/engine.js";
import { mount } from "../ui/browser/mount.js";
import { attribute, decimals } from "../ui/browser/numbers.js";
import { Player } from "../ui/browser/player.js";
import { paletteToCss, sharpContext, themeOf } from "../ui/browser/theme.js";
import { barLayout, drawBar, drawMaps } from "./nade_score_draw.js";
import { askScore, scoreWish } from "./nade_score_engine.js";
import { mapsLayout, passesSentence, scoreSentence, totalCost } from "./nade_score_values.js";
import { clientWidthOf, windowHeight } from "../ui/browser/screen.js";

const SPEEDS = { speeds: [8, 32, 128, 256], speed: 128, unit: "evaluation" };

/**
 * @typedef {object} ScoreMeta What score.py `picture` sends.
 * @property {number} rows
 * @property {number} columns
 * @property {string} view "p", "cost" or "passes"
 * @property {import("./nade_score_values.js").Mark[]} marks but for that of the digit
 * @property {import("../ui/browser/engine.js").Offer | null} engine where this browser scores
 * @property {number} seed of the digit that is drawn
 * @property {string} picture_id
 * @property {boolean} present
 * @property {string[]} hidden "counts"
 * @property {{ pixel?: number, step?: number, play?: boolean, nonce: number } | null} goto
 * @property {{ light: import("../ui/browser/theme.js").Colours, dark: import("../ui/browser/theme.js").Colours }} palette
 * @property {string[]} ramp
 */

class ScoreView {
  /** @type {ScoreMeta | undefined} of what is shown */
  meta = undefined;
  /** @type {{ meta: ScoreMeta, x: Uint8Array } | null} what Python wants to be seen */
  wanted = null;
  /** @type {{ id: string, score: import("./nade_score_values.js").Score, milliseconds: number } | null} of the engine */
  computed = null;
  /** @type {(error: unknown) => void} */
  fail = console.error;
  /** @type {import("./nade_score_values.js").Score | undefined} */
  score = undefined;
  left = new PixelGrid(1, 1);
  right = new PixelGrid(1, 1);
  pinned = -1;
  hovered = -1;
  /** @type {number | undefined} */
  nonce = undefined;

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    this.root = findElement(parent, ".nade-score", HTMLElement);
    this.canvas = findElement(this.root, ".maps", HTMLCanvasElement);
    this.bar = findElement(this.root, ".bar", HTMLCanvasElement);
    this.readout = findElement(this.root, "[data-say=readout]", HTMLElement);
    this.host = findElement(this.root, "[data-player]", HTMLElement);
    this.player = new Player(this.host, {
      onStep: () => this.draw(),
      onRest: (step) => this.tell("step", step, [0, this.steps]),
    });
    this.newest = new Newest(
      (/** @type {import("./nade_score_engine.js").ScoreWish} */ wish) =>
        askScore(pageEngine(), wish),
      (score, { id }, milliseconds) => {
        this.computed = { id, score, milliseconds };
        this.arrived();
      },
      (error) => this.fail(error),
    );
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
    gridPointer(this.canvas, {
      cellAt: (x, y) => this.cellAt(x, y),
      hover: (index) => {
        this.hovered = index;
        this.draw();
      },
      during: () => {},
      stroke: (cells) => this.pin(cells[cells.length - 1]),
      columns: () => this.left.columns,
      count: () => this.steps,
    });
  }

  /** D. */
  get steps() {
    return this.score?.x.length ?? 0;
  }

  /** What the loss is measured by, and the loss of this digit. */
  get marks() {
    const nats = totalCost(this.score?.cost ?? new Float32Array(0));
    return [...(this.meta?.marks ?? []), { name: "this digit", nats }];
  }

  get covered() {
    return this.meta?.hidden.includes("counts") ?? false;
  }

  /** @param {number} x @param {number} y */
  cellAt(x, y) {
    return Math.max(this.left.at(x, y), this.right.at(x, y));
  }

  /**
   * @param {{ meta: ScoreMeta, arrays: any }} data
   * @param {Pick<import("../ui/browser/mount.js").Python, "fail">} python
   */
  update({ meta, arrays }, { fail }) {
    this.fail = fail;
    this.wanted = { meta, x: arrays.x };
    if (!meta.engine) return this.show(meta, arrays, "server");
    const wish = scoreWish(meta, arrays.x);
    if (wish.id === this.computed?.id) this.arrived();
    else this.newest.want(wish);
  }

  /** The engine has scored a digit: it is shown, if it is still wanted. */
  arrived() {
    const { wanted, computed } = this;
    if (!computed || !wanted?.meta.engine) return;
    if (scoreWish(wanted.meta, wanted.x).id === computed.id)
      this.show(wanted.meta, computed.score, "browser");
  }

  /**
   * @param {ScoreMeta} meta
   * @param {import("./nade_score_values.js").Score} score
   * @param {"browser" | "server"} by who computed it
   */
  show(meta, score, by) {
    const before = this.meta;
    this.meta = meta;
    this.score = score;
    this.left = new PixelGrid(meta.rows, meta.columns);
    this.right = new PixelGrid(meta.rows, meta.columns);
    const nats = attribute(totalCost(score.cost), 3);
    Object.assign(this.root.dataset, { view: meta.view, nats });
    pageEngine().shows(this.root, by, this.computed?.milliseconds);
    if (before?.picture_id !== meta.picture_id || before?.view !== meta.view) {
      this.player.load(this.steps, SPEEDS);
      this.player.step = 0;
      this.pinned = -1;
      if (!before) this.arrive();
    }
    this.host.hidden = meta.view !== "passes" || this.covered;
    if (meta.goto && meta.goto.nonce !== this.nonce) {
      this.nonce = meta.goto.nonce;
      if (before || !this.linked) this.go(meta.goto);
    }
    this.player.show(this.player.step);
  }

  /** What the address has of this picture. */
  get linked() {
    const query = new URLSearchParams(location.search);
    return query.has("pixel") || query.has("step");
  }

  arrive() {
    const query = new URLSearchParams(location.search);
    const [pixel, step] = ["pixel", "step"].map((name) => Number(query.get(name) ?? NaN));
    if (pixel >= 0 && pixel < this.steps) this.pinned = pixel;
    if (step >= 0 && step <= this.steps) this.player.step = step;
  }

  /** @param {NonNullable<ScoreMeta["goto"]>} place */
  go({ pixel, step, play }) {
    this.pinned = pixel !== undefined && pixel < this.steps ? pixel : -1;
    if (step !== undefined && this.meta?.view === "passes") {
      this.player.seek(step);
      if (play) this.player.playByItself();
    }
  }

  /** Keep a pixel, or let go of it. @param {number} index */
  pin(index) {
    if (this.meta?.view === "passes") return;
    this.pinned = this.pinned === index ? -1 : index;
    this.tell("pixel", this.pinned, [-1, this.meta?.goto?.pixel ?? -1]);
    this.draw();
  }

  /** Say it in the address. @param {string} name @param {number} value @param {number[]} usual */
  tell(name, value, usual) {
    const url = new URL(location.href);
    if (usual.includes(value)) url.searchParams.delete(name);
    else url.searchParams.set(name, String(value));
    if (url.href !== location.href) history.replaceState(history.state, "", url);
    this.root.dataset[name] = String(value);
  }

  draw() {
    const { meta, score } = this;
    const width = clientWidthOf(this.root);
    if (!meta || !score || !width) return;
    const theme = themeOf(this.root, meta.palette);
    paletteToCss(this.root, theme.colours);
    const size = width < 560 ? 12 : 13;
    const passes = meta.view === "passes";
    const tall = width < 560 ? windowHeight() * 0.3 : windowHeight() - (passes ? 250 : 300);
    const { side, title, left, right, height } = mapsLayout(width, tall);
    const top = Math.max(title, size + 12);
    this.left.place(left, top, side);
    this.right.place(right, top, side);
    const index = passes ? -1 : this.hovered >= 0 ? this.hovered : this.pinned;
    const t = this.player.step;
    const scene = { theme, ramp: meta.ramp, score, view: meta.view, t, covered: this.covered };
    drawMaps(sharpContext(this.canvas, width, height - title + top), {
      ...scene,
      index,
      size,
      left: this.left,
      right: this.right,
    });
    this.bar.hidden = passes;
    if (!passes) {
      const { lines, height: tallBar } = barLayout(
        sharpContext(this.bar, width, 1),
        this.marks,
        width,
        theme.font,
        size,
      );
      drawBar(sharpContext(this.bar, width, tallBar), theme, lines, width, size);
    }
    this.say(
      passes
        ? passesSentence(t, this.steps, this.covered)
        : scoreSentence(score, meta.view, index, meta.columns),
    );
    this.root.dataset.pixel = String(this.pinned);
  }

  /** @param {string} words HTML */
  say(words) {
    this.readout.innerHTML = words;
    const marks = this.marks.map(({ name, nats }) => `${name} ${decimals(nats, 1)} nats`);
    const bar = this.bar.hidden ? "" : ` Losses: ${marks.join(", ")}.`;
    this.canvas.setAttribute(
      "aria-label",
      `A digit and what NADE says of it. ${this.readout.textContent}${bar}`,
    );
  }

  destroy() {
    pageEngine().shows(this.root, null);
    this.player.destroy();
    this.resize.disconnect();
  }
}

export default mount(ScoreView);
