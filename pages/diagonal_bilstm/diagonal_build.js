// The context of one target, built up in one picture: states are circles, pixels are colours.
//
// Python sends, once for each configuration (weights.js keeps them), after how many diagonals each
// state and each pixel arrives at each target; all else is looked up here.

import { sharpContext, stillness } from "../ui/browser/theme.js";
import { findElement } from "../ui/browser/dom.js";
import { PixelGrid } from "../ui/browser/grid.js";
import { drawTarget } from "../ui/browser/marks.js";
import { FieldView, fromAddress } from "../ui/browser/field_view.js";
import { mount } from "../ui/browser/mount.js";
import { drawDirection } from "./diagonal_draw.js";
import { BuildReads, PARTS } from "./diagonal_build_reads.js";
import { buildPixelWords, buildWords } from "./diagonal_build_words.js";
import {
  drawAsked,
  drawCrossedOut,
  drawInnerFrame,
  drawLeakCross,
  drawShiftDown,
  drawStateCircle,
  drawTakes,
} from "./diagonal_build_draw.js";
import { windowHeight } from "../ui/browser/screen.js";

/** @typedef {import("./diagonal_build_reads.js").Part} Part */
/** @typedef {import("./diagonal_build_reads.js").BuildPlace} BuildPlace */

/**
 * What Python sends besides what every picture of a target is told.
 *
 * @typedef {object} BuildMetaParts
 * @property {boolean} shift whether the second direction is moved down by a row
 * @property {boolean} full whether it starts from features of mask B
 * @property {BuildPlace} start where a link that says nothing begins
 * @property {string[]} hidden what is covered: "numbers" of pixels, "leak", "blind"
 * @property {Record<string, string>} words what the legend calls a mark
 */

/** @typedef {import("../ui/browser/field_view.js").FieldMeta & BuildMetaParts} BuildMeta */

const PLAY = { speeds: [0.5, 1, 2, 4, 8], speed: 2, unit: "diagonal" };
const EDGE = 3; // room for an outline at the border
// CSS pixels above and below the grid; presented, its words stand beside it and take so much width.
const AROUND = { page: 268, presented: 142 };
const BESIDE = 232;
const SHIFT_MS = 600;

/** @extends {FieldView<BuildMeta>} */
class BuildView extends FieldView {
  /** @type {Part} */
  part = "target";
  at = 0; // diagonals that are followed
  grid = new PixelGrid(1, 1);
  shifted = -SHIFT_MS; // when the second direction began to move down
  frame = 0;
  /** @type {BuildReads | null} */
  found = null;

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    super(findElement(parent, ".build", HTMLElement));
    this.canvas = findElement(this.root, "canvas.grid", HTMLCanvasElement);
    for (const button of this.partButtons())
      button.onclick = () => this.show(/** @type {Part} */ (button.dataset.part), null);
    this.listen(this.canvas, { grid: () => this.grid });
  }

  /** @returns {NodeListOf<HTMLButtonElement>} */
  partButtons() {
    return this.root.querySelectorAll("button[data-part]");
  }

  receive() {
    const { rows, columns } = this.meta;
    Object.assign(this.grid, { rows, columns });
    this.found = new BuildReads(this.meta, /** @type {any} */ (this.tables));
  }

  /** What follows from the tables; there once Python has sent them. */
  get reads() {
    if (!this.found) throw new Error("the tables are not there yet");
    return this.found;
  }

  get usual() {
    return { ...this.meta.start };
  }

  /** @param {BuildMeta | undefined} before */
  arrive(before) {
    if (before) return { target: this.scaled(before), part: this.part, step: this.at };
    const { start, goto } = this.meta;
    const query = new URLSearchParams(location.search).get("part");
    const part = PARTS.find((each) => each === query) ?? start.part;
    const said = fromAddress({ target: this.pixels - 1, step: 100 });
    const play = Boolean(goto?.play) && part === start.part && said.step === undefined;
    return { ...this.usual, ...said, part, play };
  }

  /** @returns {BuildPlace} */
  get place() {
    return { target: this.target, part: this.part, step: this.at };
  }

  /** @param {import("../ui/browser/field_view.js").Stand} place */
  go({ target, part, step, play = false }) {
    this.target = target;
    this.show(part, step);
    if (play) this.player.playByItself();
  }

  /** @param {Part} part @param {number | null} step null: all of it */
  show(part, step) {
    const moves = part === "right" && this.part !== "right" && this.meta.shift;
    this.part = part;
    if (moves && !stillness()) this.shifted = performance.now();
    for (const button of this.partButtons())
      button.setAttribute("aria-pressed", String(button.dataset.part === part));
    const steps = this.reads.steps(part, this.target);
    this.player.load(steps, PLAY);
    this.player.root.hidden = steps === 0;
    this.player.seek(Math.min(step ?? steps, steps));
    this.drawLegend();
  }

  /** @param {number} step */
  step(step) {
    this.at = step;
    this.draw();
  }

  /** Another target; what was followed to the end stays so. @param {number} target */
  move(target) {
    const whole = this.at === this.reads.steps(this.part, this.target);
    this.target = target;
    this.show(this.part, whole ? null : this.at);
    this.rest();
  }

  /** @returns {Record<string, [any, any]>} */
  kept() {
    const { start, goto } = this.meta;
    const steps = this.reads.steps(this.part, this.target);
    const played = goto?.play && this.at === steps;
    const usual = this.part === start.part ? Math.min(start.step, steps) : steps;
    return {
      target: [this.target, start.target],
      part: [this.part, start.part],
      step: [this.at, played ? this.at : usual],
    };
  }

  commit() {
    if (!this.player.playing) super.commit(); // while it plays it has not come to rest
  }

  /** @param {string} name */
  covered(name) {
    return this.meta.hidden.includes(name);
  }

  /** Whether it is asked which pixel is not read. */
  get colourless() {
    return this.covered("blind") && (this.part === "right" || this.part === "both");
  }

  /** A mark, or "blank" where it is covered. @param {number} pixel */
  markOf(pixel) {
    const mark = this.reads.markOf(pixel, this.place);
    if (mark === "leak" && this.covered("leak")) return pixel > this.target ? "future" : "blank";
    // Earlier pixels have no colour while one of them is asked for: no gap gives it away.
    return this.colourless && pixel < this.target ? "blank" : mark;
  }

  // --- drawing -------------------------------------------------------------------------------

  get fitParts() {
    return [this.part];
  }

  /** Of the grid. @param {number} width @param {number} less */
  side(width, less) {
    const narrow = width < 480;
    const beside = Boolean(this.meta.present) && !narrow;
    this.root.classList.toggle("beside", beside);
    const high = windowHeight() - (beside ? AROUND.presented : AROUND.page);
    const across = beside ? width - BESIDE : width;
    const most = narrow ? 0.4 * windowHeight() : high;
    return Math.floor(Math.max(160, Math.min(across, most, 900) - less));
  }

  /** @param {number} width @param {number} less */
  paint(width, less) {
    const { grid, reads, theme, place, target } = this;
    const side = this.side(width, less);
    grid.place(EDGE, EDGE, side - 2 * EDGE);
    const context = sharpContext(this.canvas, side, side);
    for (let pixel = 0; pixel < this.pixels; pixel++)
      drawDirection(context, this.markOf(pixel), ...this.square(grid, pixel), theme);
    const states = reads.states(place);
    drawTakes(context, grid, states, this.part === "left" ? -1 : 1, theme);
    for (const { at, back } of states)
      drawStateCircle(context, grid.centre(at), grid.cell, back === this.at && back > 0, theme);
    for (const { at } of states)
      if (this.markOf(at) === "leak") drawLeakCross(context, grid, at, theme);
    drawTarget(context, ...this.square(grid, target), theme);
    if (this.markOf(target) === "leak") drawInnerFrame(context, grid, target, theme);
    this.drawSecond(context);
    if (this.hovered >= 0) grid.outline(context, this.hovered, theme.text, 1.5);
    this.drawWords();
  }

  /** What only the second direction has: its questions, and its way down. @param {CanvasRenderingContext2D} context */
  drawSecond(context) {
    const { grid, theme, target, meta } = this;
    const { right, above } = this.reads.asked(target);
    if (this.part === "ask") {
      const numbered = !this.covered("numbers");
      if (numbered && right !== null) drawCrossedOut(context, grid, right, theme); // under its number
      for (const index of [right, above])
        if (index !== null) drawAsked(context, grid, index, numbered ? `${index}?` : "?", theme);
    }
    if (this.part !== "right" || !meta.shift) return;
    if (right !== null) drawCrossedOut(context, grid, right, theme);
    if (above === null) return;
    const done = Math.min(1, (performance.now() - this.shifted) / SHIFT_MS);
    drawShiftDown(context, grid, target, done, theme);
    cancelAnimationFrame(this.frame);
    if (done < 1) this.frame = requestAnimationFrame(() => this.draw());
  }

  drawWords() {
    const { reads, place, meta } = this;
    const counts = reads.count(place);
    const told = buildWords(place, counts, {
      hidden: meta.hidden,
      shift: meta.shift,
      full: meta.full,
      row: Math.floor(this.target / meta.columns),
    });
    const secret = this.covered("blind") || this.covered("numbers") || this.covered("leak");
    const name = this.name.bind(this);
    this.say("reading").innerHTML =
      this.hovered >= 0 && !secret ? buildPixelWords(reads, place, this.hovered, name) : told;
    for (const [key, count] of Object.entries(counts)) {
      if (secret) delete this.root.dataset[key];
      else this.root.dataset[key] = String(count);
    }
    this.hint();
    this.canvas.setAttribute(
      "aria-label",
      `Target ${this.name(this.target)}: ${this.say("reading").innerText.trim()} Arrow keys move the target.`,
    );
  }

  hint() {
    super.hint("Drag the target, or click the grid and use the arrow keys.");
  }

  drawLegend() {
    const { words, shift } = this.meta;
    /** @type {Record<Part, string[]>} */
    const marks = {
      target: [],
      left: ["state", "direct"],
      ask: [],
      right: [
        "state",
        ...(this.colourless ? [] : ["mirrored"]),
        ...(shift || this.covered("leak") ? [] : ["leak"]),
      ],
      both: [
        ...(this.colourless ? [] : ["direct", "mirrored", "both", "blind"]),
        ...(shift ? [] : ["leak"]),
      ],
    };
    const shown = ["target", ...marks[this.part], "future"];
    this.say("legend").replaceChildren(
      ...this.legendItems(
        shown.map((mark) => [mark, mark === "state" ? "state that arrives" : words[mark]]),
      ),
    );
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {string} mark
   * @param {number} x
   * @param {number} y
   * @param {number} size
   */
  drawKey(context, mark, x, y, size) {
    if (mark === "state")
      return drawStateCircle(context, [x + size / 2, y + size / 2], 2 * size, false, this.theme);
    drawDirection(context, mark === "target" ? "blank" : mark, x, y, size, this.theme);
    if (mark === "target") drawTarget(context, x, y, size, this.theme);
  }

  destroy() {
    cancelAnimationFrame(this.frame);
    super.destroy();
  }
}

export default mount(BuildView);
