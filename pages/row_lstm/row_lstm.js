// The triangle of states of a Row LSTM, as it grows row by row, and the pixels that these states read.
//
// Python sends tables for each configuration (weights.js keeps them): which states reach a target, how
// many rows up, and for each number of layers how many rows up the lowest state is that reads a pixel.
// The rows of the place are those that are followed up from the target; meta.rows are the image's.

import { sharpContext, stillness } from "../ui/browser/theme.js";
import { findElement } from "../ui/browser/dom.js";
import { PixelGrid } from "../ui/browser/grid.js";
import { drawMark, drawTarget } from "../ui/browser/marks.js";
import { FieldView, fromAddress } from "../ui/browser/field_view.js";
import { plural } from "../ui/browser/numbers.js";
import { mount } from "../ui/browser/mount.js";
import { RowReads } from "./row_lstm_reads.js";
import {
  formWords,
  handedWords,
  kernelWords,
  readWords,
  rowPixelWords,
  rowWords,
} from "./row_lstm_words.js";
import { drawRecurrence, drawState, drawWay, kernelCells } from "./row_lstm_draw.js";
import { drawHandedDown, fallAt, handedDown, nearestState } from "./row_lstm_fall.js";
import { windowHeight } from "../ui/browser/screen.js";

/** @typedef {import("./row_lstm_reads.js").RowMeta} RowMeta */
/** @typedef {import("./row_lstm_reads.js").RowTables} RowTables */

const SPEEDS = { speeds: [0.5, 1, 2, 4], speed: 1, unit: "rows up" };
const EDGE = 3; // room for the outline of a target at the border
const LEAST_SIDE_TEXT = 230;
const AROUND = 262; // CSS pixels above and below the grid

/** @extends {FieldView<RowMeta>} */
class RowLSTMView extends FieldView {
  layers = 1;
  rows = 0; // how many rows above the target are followed
  toTheTop = false;
  /** @type {import("./row_lstm_fall.js").Fall | null} states on their way down the rows */
  fall = null;
  frame = 0;
  reads = new RowReads(
    { rows: 0, columns: 1 },
    { states: new Uint8Array(), rows: new Uint8Array(), layers: new Uint8Array() },
  );
  grid = new PixelGrid(1, 1);

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    super(findElement(parent, ".row-lstm", HTMLElement));
    this.canvas = findElement(this.root, "canvas.grid", HTMLCanvasElement);
    this.slider = findElement(this.root, ".layers input", HTMLInputElement);
    this.slider.oninput = () => {
      this.layers = Number(this.slider.value);
      this.draw();
      this.rest();
    };
    this.listen(this.canvas, { grid: () => this.grid });
  }

  receive() {
    const { rows, columns, most_layers: most } = this.meta;
    Object.assign(this.grid, { rows, columns });
    this.reads = new RowReads(this.meta, /** @type {RowTables} */ (this.tables));
    this.slider.max = String(most);
  }

  get usual() {
    return this.meta.start;
  }

  /** @param {RowMeta | undefined} before */
  arrive(before) {
    if (before) return { ...this.place };
    const said = fromAddress({
      target: this.pixels - 1,
      layers: this.meta.most_layers,
      up: this.meta.rows - 1,
    });
    const { up, ...others } = said;
    if (!others.layers) delete others.layers; // there is no network without a layer
    const play = Boolean(this.meta.goto?.play) && Object.keys(said).length === 0;
    const rows = up ?? this.usual.rows;
    return { ...this.usual, ...others, rows, play };
  }

  /** Where the picture stands. @returns {import("./row_lstm_reads.js").RowPlace} */
  get place() {
    return { target: this.target, layers: this.layers, rows: this.rows };
  }

  /** How many rows there are above the target: the player's steps. */
  get above() {
    return this.reads.above(this.target);
  }

  /** @param {import("../ui/browser/field_view.js").Stand} place */
  go({ target, layers, rows, play = false }) {
    this.target = target;
    this.layers = layers;
    this.slider.value = String(layers);
    this.load(Math.min(rows, this.above));
    this.drawLegend();
    if (play) this.playAll();
  }

  /** @param {number} step */
  step(step) {
    const before = this.rows;
    this.rows = step;
    this.handDown(before);
    this.draw();
  }

  /** Which row is handed down now, and how far it is; null where none is. */
  get level() {
    return this.fall && fallAt(this.fall, performance.now());
  }

  /** With a new row its states go down: to the next row, at the end through all of them. @param {number} before */
  handDown(before) {
    this.fall = null;
    if (this.rows !== before + 1 || stillness()) return;
    const whole = this.rows === this.above && this.player.playing;
    this.fall = { top: this.rows, end: whole ? 0 : this.rows - 1, begin: performance.now() };
    this.animate();
  }

  animate() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => {
      if (!this.fall) return;
      if (!fallAt(this.fall, performance.now())) this.fall = null;
      this.draw();
      if (this.fall) this.animate();
    });
  }

  /** @param {number} rows */
  load(rows) {
    this.player.load(this.above, SPEEDS);
    this.player.seek(rows);
  }

  /** Another target; a triangle that was followed to the top stays so. @param {number} target */
  move(target) {
    if (this.above > 0) this.toTheTop = this.rows === this.above; // in the first row there is nothing to follow
    this.target = target;
    this.load(this.toTheTop ? this.above : Math.min(this.rows, this.above));
    this.rest();
  }

  kept() {
    const { start, goto } = this.meta;
    const [usual, played] = [
      Math.min(start.rows, this.above),
      goto?.play && this.rows === this.above,
    ];
    return /** @type {Record<string, [number, number]>} */ ({
      target: [this.target, start.target],
      layers: [this.layers, start.layers],
      up: [this.rows, played ? this.rows : usual],
    });
  }

  commit() {
    if (!this.player.playing) super.commit(); // while it plays it has not come to rest
  }

  /** Whether what the states above read is covered: a question asks for it, or a later step tells it. */
  get covered() {
    return this.meta.hidden.includes("above");
  }

  /** A name of marks.js. @param {number} pixel */
  markOf(pixel) {
    if (!this.covered || pixel >= this.target) return this.reads.markOf(pixel, this.place);
    return this.reads.readAt(pixel, this.target, this.layers) === 0 ? "seen" : "blank";
  }

  hint() {
    super.hint("Drag the target, or click the grid and use the arrow keys.");
  }

  // --- drawing -------------------------------------------------------------------------------

  /** @param {number} width */
  paint(width) {
    const { grid, reads, theme, place } = this;
    const high = windowHeight() - AROUND;
    const beside = Math.min(high, width - LEAST_SIDE_TEXT - 26);
    const below = Math.max(150, Math.min(width - 124, 0.33 * windowHeight())); // a phone's picture
    const side = Math.floor(beside >= 260 ? Math.min(beside, 900) : below);
    grid.place(EDGE, EDGE, side - 2 * EDGE);
    const context = sharpContext(this.canvas, side, side);
    for (let pixel = 0; pixel < this.pixels; pixel++) {
      drawMark(context, this.markOf(pixel), ...this.square(grid, pixel), theme);
    }
    drawRecurrence(context, grid, reads, place, theme);
    drawTarget(context, ...this.square(grid, this.target), theme);
    for (let at = 0; at <= this.target; at++) {
      const up = reads.state(at, this.target);
      if (up > this.rows) continue;
      const newest = up === this.rows && this.rows > 0;
      drawState(context, grid.centre(at), grid.cell, newest, theme);
    }
    const { level } = this;
    if (level) drawHandedDown(context, grid, reads, this.target, level, theme);
    delete this.root.dataset.path;
    if (this.hovered >= 0) this.drawPointed(context);
    this.drawWords();
  }

  /** The pixel under the pointer, and the way from the target to it. @param {CanvasRenderingContext2D} context */
  drawPointed(context) {
    const { hovered, target, layers } = this;
    context.strokeStyle = this.theme.text;
    context.lineWidth = 2;
    context.strokeRect(...this.squareOf(hovered));
    if (this.covered || hovered >= target || this.reads.readAt(hovered, target, layers) > this.rows)
      return;
    const places = this.reads.chain(hovered, target, layers);
    this.root.dataset.path = places.join(" ");
    drawWay(context, this.grid, places, hovered, this.theme);
  }

  /** @param {number} index @returns {[number, number, number, number]} */
  squareOf(index) {
    const [x, y, size] = this.square(this.grid, index);
    return [x, y, size, size];
  }

  drawMasks() {
    this.say("masks").replaceChildren(
      ...Object.entries(this.meta.masks).flatMap(([name, rows]) => {
        if (name === "input to state, later layers" && this.layers === 1) return [];
        const word = document.createElement("span");
        word.textContent = kernelWords(name, this.meta.first_kernel);
        return [kernelCells(rows, name !== "state to state"), word];
      }),
    );
  }

  drawLegend() {
    const { words } = this.meta;
    /** @type {[string, string][]} */
    const pixels = [
      ["depth-limited", words["depth-limited"]],
      ["blind", words.blind],
      ["blank", "not followed yet"],
    ];
    this.say("legend").replaceChildren(
      ...this.legendItems([
        ["target", words.target],
        ["state", "state that reaches it"],
        ["newest", "new with this row"],
        ["seen", "pixel seen"],
        ...(this.covered ? [] : pixels),
        ["future", words.future],
      ]),
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
    if (mark === "target") drawTarget(context, x, y, size, this.theme);
    else if (mark === "state" || mark === "newest")
      drawState(context, [x + size / 2, y + size / 2], 2 * size, mark === "newest", this.theme);
    else drawMark(context, mark, x, y, size, this.theme);
  }

  drawWords() {
    const { reads, place } = this;
    const { first_kernel: first } = this.meta;
    const counts = reads.count(place);
    const { covered } = this;
    this.root.dataset.rows = String(this.rows);
    for (const [name, count] of Object.entries(counts)) {
      if (covered && name !== "states") delete this.root.dataset[name];
      else this.root.dataset[name] = String(count);
    }
    findElement(this.root, ".layers output", HTMLElement).textContent = String(this.layers);
    this.slider.setAttribute("aria-valuetext", plural(this.layers, "layer"));
    this.say("counts").innerHTML = covered
      ? `<b>${plural(counts.states, "state")}</b> above the target`
      : readWords(reads, place, counts);
    this.drawMasks();
    this.say("reason").hidden = covered;
    this.say("reason").innerHTML = covered ? "" : formWords(first, place, counts);
    const called = { name: this.name.bind(this), first };
    const { level } = this;
    if (level) this.root.dataset.leaves = String(level.row);
    else delete this.root.dataset.leaves;
    if (this.hovered >= 0 && !covered)
      this.write(rowPixelWords(reads, place, this.hovered, called));
    else this.write(level ? this.handed(level.row) : rowWords(reads, place));
    this.hint();
    this.canvas.setAttribute(
      "aria-label",
      `Target ${this.name(this.target)}: ${this.say("counts").innerText.trim()}. Arrow keys move the target.`,
    );
  }

  /** What is said of the picture: a screen reader hears it anew only where it changes. @param {string} html */
  write(html) {
    const said = this.say("reading");
    if (said.dataset.html === html) return;
    said.dataset.html = html;
    said.innerHTML = html;
  }

  /** Which states are handed down from a row, in words. @param {number} row counted up from the target */
  handed(row) {
    const { columns } = this.reads;
    const states = handedDown(this.reads, this.target, row);
    return handedWords(nearestState(states, this.target, columns), columns);
  }

  destroy() {
    cancelAnimationFrame(this.frame);
    super.destroy();
  }
}

export default mount(RowLSTMView);
