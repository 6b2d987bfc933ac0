// MADE as it learns: one digit and its D conditionals from one pass, the loss, and samples that take D
// passes each, at every moment that was kept.

import { findElement } from "../ui/browser/dom.js";
import { PixelGrid } from "../ui/browser/grid.js";
import { mount } from "../ui/browser/mount.js";
import { decimals, plural } from "../ui/browser/numbers.js";
import { Player } from "../ui/browser/player.js";
import { onRamp, paletteToCss, sharpContext, themeOf } from "../ui/browser/theme.js";
import { drawCurve } from "./made_curve.js";
import { clientWidthOf, windowHeight } from "../ui/browser/screen.js";

const SPEEDS = { speeds: [1, 2, 4, 8], speed: 2, unit: "moment" };

/**
 * @typedef {object} TrainingMeta What pages/made/training.py sends.
 * @property {number} rows
 * @property {number} columns
 * @property {number} total steps of the training
 * @property {Record<string, number>} yardsticks nats
 * @property {{ step: number, test: number }[]} moments
 * @property {boolean} live
 * @property {string} run_id
 * @property {boolean} present
 * @property {string[]} hidden "counts": how many passes
 * @property {{ light: import("../ui/browser/theme.js").Colours, dark: import("../ui/browser/theme.js").Colours }} palette
 * @property {string[]} ramp
 */

/**
 * @typedef {object} TrainingArrays M moments, n samples, D pixels.
 * @property {Uint8Array} digit (D,)
 * @property {Float32Array} losses
 * @property {Float32Array} p (M, D)
 * @property {Uint8Array} samples (M, n, D)
 */

/** How many passes it takes, or what stands there while that is asked. @param {boolean} covered @param {number} D */
export function passWords(covered, D) {
  return covered
    ? { train: "network", draw: "drawn by the network" }
    : { train: "1 pass", draw: `drawn by the network, ${D} passes each` };
}

class TrainingView {
  /** @type {TrainingMeta | undefined} */
  meta = undefined;
  /** @type {TrainingArrays | undefined} */
  arrays = undefined;
  /** @type {import("../ui/browser/theme.js").Theme | undefined} */
  theme = undefined;

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    this.root = findElement(parent, ".made-training", HTMLElement);
    this.pass = findElement(this.root, ".pass", HTMLCanvasElement);
    this.samples = findElement(this.root, ".samples", HTMLCanvasElement);
    this.reading = findElement(this.root, ".reading", HTMLElement);
    this.playing = findElement(this.root, "[data-player]", HTMLElement);
    this.player = new Player(this.playing, { onStep: () => this.draw(), onRest: () => {} });
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
  }

  /** @param {{ meta: TrainingMeta, arrays: any }} data */
  update({ meta, arrays }) {
    const before = this.meta;
    const wasLast = this.player.step === this.player.steps;
    this.meta = meta;
    this.arrays = /** @type {TrainingArrays} */ (arrays);
    this.theme = themeOf(this.root, meta.palette);
    paletteToCss(this.root, this.theme.colours);
    this.root.style.setProperty("--ramp", `linear-gradient(to right, ${meta.ramp.join(",")})`);
    const last = meta.moments.length - 1;
    this.playing.style.visibility = last < 1 || meta.live ? "hidden" : ""; // its place stays
    if (before?.run_id !== meta.run_id || before.moments.length - 1 !== last) {
      const step = wasLast || meta.live || before?.run_id !== meta.run_id ? last : this.player.step;
      this.player.load(last, SPEEDS);
      this.player.seek(step);
    } else {
      this.draw();
    }
  }

  draw() {
    const { meta, arrays, theme, root } = this;
    const width = clientWidthOf(root);
    if (!meta || !arrays || !theme || !root.isConnected || width < 50) return;
    const shown = Math.min(this.player.step, meta.moments.length - 1);
    const covered = meta.hidden.includes("counts");
    this.drawPass(meta, arrays, theme, width, shown, covered);
    this.drawSamples(meta, arrays, theme, width, shown, covered);
    const { step, test } = meta.moments[shown];
    const D = meta.rows * meta.columns;
    this.reading.textContent = `${step ? `After ${plural(step, "step")}` : "Before training"}: a test digit costs ${decimals(test, 2)} nats, ${decimals(test / (D * Math.LN2), 3)} bits/dim.`;
    root.dataset.moment = String(step);
    root.dataset.test = String(test);
    root.dataset.live = String(meta.live);
  }

  /**
   * @param {TrainingMeta} meta
   * @param {TrainingArrays} arrays
   * @param {import("../ui/browser/theme.js").Theme} theme
   * @param {number} width
   * @param {number} shown
   * @param {boolean} covered
   */
  drawPass(meta, { digit, losses, p }, theme, width, shown, covered) {
    const narrow = width < 560;
    const D = meta.rows * meta.columns;
    const room = windowHeight() - 440;
    const height = narrow ? 190 : Math.max(190, Math.min(460, room));
    const side = narrow ? 78 : Math.min(150, (height - 78) / 2, width * 0.2);
    const context = sharpContext(this.pass, width, height);
    const grid = new PixelGrid(meta.rows, meta.columns);
    const { colours, font, text } = theme;
    const size = 12;
    context.font = `${size}px ${font}`;
    context.fillStyle = text;
    context.textAlign = "left";
    context.fillText(covered ? "a digit" : `a digit: all ${D} inputs`, 2, 14);
    grid.place(3, 22, side);
    grid.fill(context, (at) => (digit[at] ? colours.ink : colours.paper));
    grid.frame(context, colours.line);
    const below = 22 + side + 34;
    context.fillStyle = text;
    context.fillText(`↓ ${passWords(covered, D).train}`, 2, below - 16);
    grid.place(3, below - 6, side);
    grid.fill(context, (at) => onRamp(meta.ramp, p[shown * D + at]));
    grid.frame(context, colours.line);
    const label = covered ? "p of its pixels" : `${D} conditionals`;
    context.fillStyle = text;
    context.fillText(label, 2, below + side + 12);
    const left = side + (narrow ? 40 : 60);
    const frame = { x: left, y: 16, width: width - left - 6, height: height - 26 - size };
    const { total, yardsticks, moments } = meta;
    context.textAlign = "left";
    context.fillStyle = text;
    context.fillText("−log p(x), nats, at each step", left, 11);
    drawCurve(context, frame, { losses, total, yardsticks, moments, shown, size }, theme);
    this.pass.setAttribute(
      "aria-label",
      `A test digit, the conditionals of its pixels, and the loss of ${losses.length} steps${losses.length ? `, from ${decimals(losses[0], 1)} to ${decimals(losses[losses.length - 1], 1)} nats` : ""}.`,
    );
  }

  /**
   * @param {TrainingMeta} meta
   * @param {TrainingArrays} arrays
   * @param {import("../ui/browser/theme.js").Theme} theme
   * @param {number} width
   * @param {number} shown
   * @param {boolean} covered
   */
  drawSamples(meta, { samples }, theme, width, shown, covered) {
    const D = meta.rows * meta.columns;
    const count = samples.length / D / meta.moments.length;
    const gap = width < 560 ? 5 : 10;
    const side = Math.min(84, (width - 6 - gap * (count - 1)) / count);
    const context = sharpContext(this.samples, width, side + 28);
    context.font = `12px ${theme.font}`;
    context.fillStyle = theme.text;
    context.fillText(passWords(covered, D).draw, 2, 14);
    const grid = new PixelGrid(meta.rows, meta.columns);
    for (let k = 0; k < count; k++) {
      grid.place(3 + k * (side + gap), 22, side);
      grid.gap = 0;
      const first = (shown * count + k) * D;
      grid.fill(context, (at) => (samples[first + at] ? theme.colours.ink : theme.colours.paper));
      grid.frame(context, theme.colours.line);
    }
    this.samples.setAttribute("aria-label", `${count} samples ${passWords(covered, D).draw}`);
  }

  destroy() {
    this.player.destroy();
    this.resize.disconnect();
  }
}

export default mount(TrainingView);
