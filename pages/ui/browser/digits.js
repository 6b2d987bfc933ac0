// Several digits drawn at once, pixel by pixel: each a sample that the model has just made.

import { findElement } from "./dom.js";
import { mount } from "./mount.js";
import { themeOf, onRamp, paletteToCss, sharpContext } from "./theme.js";
import { probability } from "./numbers.js";
import { Player } from "./player.js";
import { PixelGrid } from "./grid.js";
import { clientWidthOf } from "./screen.js";

const SPEEDS = { speeds: [8, 32, 64, 128, 256, 512], speed: 128, unit: "step" };
const EDGE = 2; // room for the frame
const WORDS = 20; // height of the line under a digit

/**
 * @typedef {object} DigitsMeta
 * @property {number} count of digits
 * @property {number} rows
 * @property {number} columns
 * @property {string | number} trace_id
 * @property {{ light: import("./theme.js").Colours, dark: import("./theme.js").Colours }} palette
 * @property {string[]} ramp
 */

/**
 * @typedef {object} DigitsTrace What arviz_models/figures/traces.py `batch_arrays` sends.
 * @property {Int32Array} order (D,) pixel drawn at each step
 * @property {Uint8Array} values (D, count)
 * @property {Float32Array} p (D, count) probability of a 1 at each step
 */

/**
 * Where the digits stand: each a square with a line of words under it.
 *
 * @param {number} width CSS pixels
 * @param {number} count
 * @returns {{ side: number, height: number, corners: [number, number][] }}
 */
export function digitsLayout(width, count) {
  const narrow = width < 560;
  const perRow = narrow ? Math.ceil(count / 2) : count;
  const gap = narrow ? 10 : 18;
  const side = Math.min(220, (width - 2 * EDGE - gap * (perRow - 1)) / perRow);
  const pitch = side + WORDS + gap / 2;
  return {
    side: side - 2 * EDGE,
    height: Math.ceil(count / perRow) * pitch,
    corners: Array.from({ length: count }, (_, number) => [
      EDGE + (number % perRow) * (side + gap),
      EDGE + Math.floor(number / perRow) * pitch,
    ]),
  };
}

/**
 * The sentence under the digits.
 *
 * @param {number} t steps drawn
 * @param {number} steps of all
 */
export function digitsSentence(t, steps) {
  if (t === steps)
    return `All ${steps} pixels are drawn: each took its own probability, and its own random number.`;
  const read = t === 0 ? "nothing is drawn before it" : `given the ${t} drawn before it`;
  return `Step ${t + 1} of ${steps}. Under each digit: the probability that its next pixel, outlined, is 1, ${read}.`;
}

class DigitsView {
  /** @type {DigitsMeta | undefined} */
  meta = undefined;
  /** @type {DigitsTrace | undefined} */
  trace = undefined;
  /** @type {import("./theme.js").Theme | undefined} */
  theme = undefined;
  grid = new PixelGrid(1, 1);

  /** @param {import("./mount.js").Host} parent */
  constructor(parent) {
    this.root = findElement(parent, ".digits", HTMLElement);
    this.canvas = findElement(this.root, "canvas", HTMLCanvasElement);
    this.now = findElement(this.root, "[data-say=now]", HTMLElement);
    this.player = new Player(findElement(this.root, "[data-player]", HTMLElement), {
      onStep: () => this.draw(),
      onRest: (step) => (this.root.dataset.step = String(step)),
    });
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
  }

  /** @param {{ meta: DigitsMeta, arrays: any }} data */
  update({ meta, arrays }) {
    const before = this.meta;
    this.meta = meta;
    this.trace = /** @type {DigitsTrace} */ (arrays);
    this.grid = new PixelGrid(meta.rows, meta.columns);
    this.theme = themeOf(this.root, meta.palette);
    paletteToCss(this.root, this.theme.colours);
    if (before?.trace_id === meta.trace_id) return this.draw();
    this.player.load(this.trace.order.length, SPEEDS);
    this.player.show(0);
    this.player.playByItself();
  }

  draw() {
    const { meta, trace, theme, root } = this;
    const width = clientWidthOf(root);
    if (!meta || !trace || !theme || !root.isConnected || width < 50) return;
    const t = this.player.step;
    const { side, height, corners } = digitsLayout(width, meta.count);
    const context = sharpContext(this.canvas, width, height);
    for (const [number, [x, y]] of corners.entries()) {
      this.grid.place(x, y, side);
      this.drawDigit(context, meta, trace, theme, number, t);
    }
    const steps = trace.order.length;
    this.now.textContent = digitsSentence(t, steps);
    this.canvas.setAttribute(
      "aria-label",
      `${meta.count} digits of ${meta.rows} by ${meta.columns} pixels being drawn: ${t} of ${steps} pixels each.`,
    );
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {DigitsMeta} meta
   * @param {DigitsTrace} trace
   * @param {import("./theme.js").Theme} theme
   * @param {number} number
   * @param {number} t
   */
  drawDigit(context, { count, ramp }, { order, values, p }, theme, number, t) {
    const { grid } = this;
    const { colours } = theme;
    for (let s = 0; s < order.length; s++) {
      const [x, y] = grid.corner(order[s]);
      const one = values[s * count + number];
      context.fillStyle = s >= t ? colours.future : one ? colours.ink : colours.paper;
      context.fillRect(x, y, grid.cell + 0.3, grid.cell + 0.3);
    }
    grid.frame(context, colours.line);
    if (t === order.length) return;
    const chance = p[t * count + number];
    const [x, y] = grid.corner(order[t]);
    context.fillStyle = onRamp(ramp, chance);
    context.fillRect(x, y, grid.cell, grid.cell);
    grid.outline(context, order[t], colours.target, 2);
    context.fillStyle = theme.text;
    context.font = `13px ${theme.font}`;
    context.textAlign = "center";
    context.fillText(probability(chance), grid.x + grid.width / 2, grid.y + grid.height + 16);
  }

  destroy() {
    this.player.destroy();
    this.resize.disconnect();
  }
}

export default mount(DigitsView);
