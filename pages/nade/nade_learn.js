// A NADE that learns: its loss, and what it draws at each moment with the same random numbers.

import { findElement } from "../ui/browser/dom.js";
import { PixelGrid } from "../ui/browser/grid.js";
import { mount } from "../ui/browser/mount.js";
import { decimals } from "../ui/browser/numbers.js";
import { Player } from "../ui/browser/player.js";
import { paletteToCss, sharpContext, themeOf } from "../ui/browser/theme.js";
import { chartScale, learnLayout, learnSentence } from "./nade_learn_values.js";
import { clientWidthOf, windowHeight } from "../ui/browser/screen.js";

const SPEEDS = { speeds: [1, 2, 4, 8], speed: 4, unit: "moment" };
const PER_ROW = 4; // samples

/**
 * @typedef {object} LearnMeta What learn.py `_show` sends.
 * @property {number} rows
 * @property {number} columns
 * @property {number} total batches of the whole training
 * @property {import("./nade_learn_values.js").Moment[]} moments
 * @property {{ name: string, nats: number }[]} levels to compare a loss with
 * @property {boolean} live
 * @property {number} seconds
 * @property {string} run_id
 * @property {boolean} present
 * @property {string[]} hidden "loss"
 * @property {{ light: import("../ui/browser/theme.js").Colours, dark: import("../ui/browser/theme.js").Colours }} palette
 */

/** @typedef {{ losses: Float32Array, samples: Uint8Array }} Training nats of each batch; (moments, n, D) */

class LearnView {
  /** @type {LearnMeta | undefined} */
  meta = undefined;
  /** @type {Training | undefined} */
  training = undefined;

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    this.root = findElement(parent, ".nade-learn", HTMLElement);
    this.canvas = findElement(this.root, "canvas", HTMLCanvasElement);
    this.readout = findElement(this.root, "[data-say=readout]", HTMLElement);
    this.host = findElement(this.root, "[data-player]", HTMLElement);
    this.player = new Player(this.host, { onStep: () => this.draw(), onRest: () => {} });
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
  }

  get last() {
    return (this.meta?.moments.length ?? 1) - 1;
  }

  /** @param {{ meta: LearnMeta, arrays: any }} data */
  update({ meta, arrays }) {
    const before = this.meta;
    this.meta = meta;
    this.training = arrays;
    this.root.dataset.live = String(meta.live);
    this.root.dataset.batches = String(arrays.losses.length);
    if (before?.run_id !== meta.run_id || before?.moments.length !== meta.moments.length) {
      this.player.load(this.last, SPEEDS);
      this.player.step = this.last;
    }
    this.host.hidden = meta.live || this.last === 0;
    this.player.show(Math.min(this.player.step, this.last));
  }

  draw() {
    const { meta, training } = this;
    const width = clientWidthOf(this.root);
    if (!meta || !training || !width) return;
    const theme = themeOf(this.root, meta.palette);
    paletteToCss(this.root, theme.colours);
    const size = width < 560 ? 11 : 13;
    const tall = width < 560 ? windowHeight() * 0.4 : windowHeight() - 230;
    const layout = learnLayout(width, tall, size);
    const context = sharpContext(this.canvas, width, layout.height);
    const moment = meta.moments[this.player.step];
    drawSamples(context, { theme, size, meta, training }, layout.sheet, this.player.step);
    if (!meta.hidden.includes("loss"))
      drawLoss(context, { theme, size, meta, training }, layout.chart, moment);
    this.readout.innerHTML = learnSentence(moment, {
      total: meta.total,
      live: meta.live,
      seconds: meta.seconds,
      done: training.losses.length,
      hidden: meta.hidden.includes("loss"),
    });
    this.canvas.setAttribute("aria-label", `A NADE that learns. ${this.readout.textContent}`);
    this.root.dataset.moment = String(moment.step);
  }

  destroy() {
    this.player.destroy();
    this.resize.disconnect();
  }
}

/**
 * @typedef {object} LearnScene
 * @property {import("../ui/browser/theme.js").Theme} theme
 * @property {number} size of words
 * @property {LearnMeta} meta
 * @property {Training} training
 */

/**
 * @param {CanvasRenderingContext2D} context
 * @param {LearnScene} scene
 * @param {import("./nade_learn_values.js").Box} box
 * @param {number} moment
 */
function drawSamples(context, { theme, size, meta, training }, box, moment) {
  const pixels = meta.rows * meta.columns;
  const count = training.samples.length / meta.moments.length / pixels;
  const pitch = box.width / PER_ROW;
  context.fillStyle = theme.colours.quiet;
  context.font = `${size}px ${theme.font}`;
  context.textAlign = "center";
  context.fillText(`${count} digits it draws now`, box.left + box.width / 2, size);
  const grid = new PixelGrid(meta.rows, meta.columns);
  for (let number = 0; number < count; number++) {
    const at = (moment * count + number) * pixels;
    grid.place(
      box.left + (number % PER_ROW) * pitch + 3,
      box.top + Math.floor(number / PER_ROW) * pitch + 3,
      pitch - 8,
    );
    grid.fill(context, (index) =>
      training.samples[at + index] ? theme.colours.ink : theme.colours.paper,
    );
    grid.frame(context, theme.colours.line);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {LearnScene} scene
 * @param {import("./nade_learn_values.js").Box} box
 * @param {import("./nade_learn_values.js").Moment} moment that is shown
 */
function drawLoss(context, { theme, size, meta, training }, box, moment) {
  const most = Math.max(...meta.levels.map(({ nats }) => nats)) * 1.06;
  const { x, y } = chartScale(box, meta.total, most);
  context.font = `${size}px ${theme.font}`;
  context.fillStyle = theme.colours.quiet;
  context.textAlign = "left";
  context.fillText("cost of a digit, nats", 2, size, box.width);
  context.textAlign = "right";
  for (let nats = 0; nats <= most; nats += 10)
    context.fillText(String(nats), box.left - 6, y(nats) + size / 3);
  context.fillText(`step ${meta.total}`, box.left + box.width, box.top + box.height + size * 1.4);
  context.strokeStyle = theme.colours.quiet;
  context.lineWidth = 1;
  context.strokeRect(box.left, box.top, box.width, box.height);
  context.setLineDash([2, 4]);
  for (const { name, nats } of meta.levels) {
    context.beginPath();
    context.moveTo(box.left, y(nats));
    context.lineTo(box.left + box.width, y(nats));
    context.stroke();
    const below = name !== meta.levels[1].name; // of two lines that are near each other
    context.fillText(
      `${name} ${decimals(nats, 1)}`,
      box.left + box.width - 5,
      y(nats) + (below ? size + 6 : -5),
      box.width - 8,
    );
  }
  context.setLineDash([]);
  context.strokeStyle = theme.colours.seen;
  context.lineWidth = 1.5;
  context.beginPath();
  training.losses.forEach((loss, step) => context.lineTo(x(step + 1), y(loss)));
  context.stroke();
  for (const each of meta.moments) {
    const now = each === moment;
    context.fillStyle = now ? theme.colours["drawn-now"] : theme.colours.target;
    context.strokeStyle = now ? theme.text : theme.ground;
    context.lineWidth = now ? 2 : 1;
    context.beginPath();
    context.arc(x(each.step), y(each.test), now ? 6 : 3.5, 0, 7);
    context.fill();
    context.stroke();
  }
}

export default mount(LearnView);
