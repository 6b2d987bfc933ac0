// What a model says of a whole picture: the surprisal of each pixel, their sum, and where that lies
// among test images.

import { surprisalColour } from "../ui/browser/completion_draw.js";
import { findElement } from "../ui/browser/dom.js";
import { PixelGrid } from "../ui/browser/grid.js";
import { mount } from "../ui/browser/mount.js";
import { decimals } from "../ui/browser/numbers.js";
import { sharpContext, themeOf } from "../ui/browser/theme.js";
import { drawRange, marksInWords, rangeInWords, spanOf } from "./lab_range.js";
import { clientWidthOf } from "../ui/browser/screen.js";

const SIDE = 100; // of the map, CSS pixels

/**
 * @typedef {object} ScoreMeta What complete.py `_score` sends.
 * @property {number} rows
 * @property {number} columns
 * @property {number} nats
 * @property {number} bits
 * @property {string} title of the model
 * @property {string} note what has to be known of its NLL
 * @property {number | null} digit its place in the test split; null where it is drawn by hand
 * @property {boolean} covered by a question
 * @property {import("./lab_range.js").Range | null} range
 * @property {boolean} present
 * @property {{ light: import("../ui/browser/theme.js").Colours, dark: import("../ui/browser/theme.js").Colours }} palette
 * @property {string[]} ramp
 */

class ScoreView {
  /** @type {ScoreMeta} */
  // @ts-expect-error: nothing is drawn before Python has sent it
  meta = undefined;
  /** @type {ArrayLike<number>} */
  surprisal = [];

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    this.root = findElement(parent, ".lab-score", HTMLElement);
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
  }

  /** @param {{ meta: ScoreMeta, arrays: Record<string, any> }} sent */
  update({ meta, arrays }) {
    this.meta = meta;
    this.surprisal = arrays.surprisal;
    this.draw();
  }

  draw() {
    const { meta, root, surprisal } = this;
    if (!meta || !root.isConnected || clientWidthOf(root) < 50) return;
    const theme = themeOf(root, meta.palette);
    const grid = new PixelGrid(meta.rows, meta.columns);
    grid.place(2, 2, SIDE - 4);
    const map = findElement(root, ".map", HTMLCanvasElement);
    const context = sharpContext(map, SIDE, SIDE);
    for (let index = 0; index < surprisal.length; index++) {
      context.fillStyle = surprisalColour(meta.ramp, surprisal[index]);
      context.fillRect(...grid.corner(index), grid.cell + 0.3, grid.cell + 0.3);
    }
    grid.frame(context, theme.colours.line);
    map.setAttribute("aria-label", `The surprisal of each pixel for ${meta.title}`);
    this.say(theme);
  }

  /** @param {import("../ui/browser/theme.js").Theme} theme */
  say(theme) {
    const { meta, root } = this;
    /** @param {string} name @param {string} words */
    const put = (name, words) =>
      (findElement(root, `[data-say=${name}]`, HTMLElement).textContent = words);
    const what = meta.digit === null ? "This drawing" : `Test image ${meta.digit}`;
    put(
      "nll",
      `${what}, whole: −log p = ${decimals(meta.nats, 1)} nats, ${decimals(meta.bits, 3)} bits/dim`,
    );
    put("note", meta.note ? `(${meta.note})` : "");
    const strip = findElement(root, ".range", HTMLCanvasElement);
    strip.hidden = meta.covered || !meta.range;
    if (meta.covered || !meta.range) {
      put("where", meta.covered ? "Where it lies stands here after the answer." : "");
      put("marks", meta.covered ? "" : "The test images are scored …");
      return;
    }
    const size = { width: Math.min(560, clientWidthOf(root) - SIDE - 16), height: 24 };
    const shown = { range: meta.range, nats: meta.nats, span: spanOf([meta.range], [meta.nats]) };
    drawRange(strip, size, shown, theme);
    put("where", `▾ It has ${rangeInWords(meta.range)}.`);
    put("marks", marksInWords(meta.range));
    strip.setAttribute("aria-label", marksInWords(meta.range));
  }

  destroy() {
    this.resize.disconnect();
  }
}

export default mount(ScoreView);
