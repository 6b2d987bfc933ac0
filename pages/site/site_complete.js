// A drawing that this browser completes, several times: the continuations follow the brush.

import { findElement, pointOn } from "../ui/browser/dom.js";
import { PixelGrid } from "../ui/browser/grid.js";
import { followBrush, greys } from "../ui/browser/brush.js";
import { followEdge, showEdge, underBrush } from "../ui/browser/completion_pad.js";
import { drawPad, drawSmallContinuation } from "../ui/browser/completion_draw.js";
import { Part } from "../ui/browser/completion_part.js";
import { drawSmall } from "../ui/browser/digit_strip.js";
import { paletteToCss, sharpContext, themeOf } from "../ui/browser/theme.js";
import { Newest } from "../ui/browser/engine.js";
import { levelsOf } from "./site_values.js";

/** @typedef {import("./site_values.js").SiteModel} SiteModel */
/** @typedef {{ x: Uint8Array, given: number, seed: number, temperature: number }} Drawing */

const COUNT = 6; // continuations
const ROWS = 12; // given at first
const FIRST = 5; // the test digit that is there at first
const MOST_UNDONE = 50;
const LEAST = 200;
const MOST = 380;

export class SiteCompletion {
  seed = 0;
  temperature = 1;
  given = ROWS;
  tool = "brush";
  width = "thick";
  hovered = -1;
  /** @type {Uint8Array[]} */
  past = [];
  /** @type {Uint8Array | null} before the stroke that is under way */
  stroke = null;
  /** @type {Uint8Array[]} continuations, by pixel */
  drawn = [];
  standing = 0; // pixels of them that are there

  /**
   * @param {ParentNode} parent
   * @param {SiteModel} model
   * @param {import("../ui/browser/engine.js").PageEngine} engine
   */
  constructor(parent, model, engine) {
    this.model = model;
    this.engine = engine;
    this.root = findElement(parent, ".completion", HTMLElement);
    this.pad = findElement(this.root, ".picture", HTMLCanvasElement);
    this.edge = findElement(this.root, ".edge", HTMLElement);
    this.grid = new PixelGrid(model.rows, model.columns);
    /** @type {Uint8Array} the drawing */
    this.x = levelsOf(model.digits[FIRST]);
    this.others = Array.from({ length: COUNT }, (_, number) => this.canvasOf(number));
    findElement(this.root, ".others", HTMLElement).append(...this.others);
    this.strip();
    this.newest = new Newest(
      (/** @type {Drawing} */ drawing) => this.sample(drawing),
      (trace) => {
        this.take(trace.values, 0, this.pixels);
        this.engine.shows(this.root, "browser", trace.milliseconds);
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

  /** @param {number} number */
  canvasOf(number) {
    const canvas = document.createElement("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Continuation ${number + 1} of ${COUNT}`);
    return canvas;
  }

  /** Test digits to begin with. */
  strip() {
    const host = findElement(this.root, ".strip [role=group]", HTMLElement);
    this.digits = this.model.digits.map((digit, number) => {
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-label", `Begin with a ${number}`);
      const canvas = document.createElement("canvas");
      button.append(canvas);
      button.onclick = () => this.replace(levelsOf(digit));
      host.append(button);
      return canvas;
    });
  }

  listen() {
    for (const name of /** @type {const} */ (["tool", "width"])) {
      for (const button of this.choices(name)) {
        button.onclick = () => {
          this[name] = button.dataset[name] ?? "";
          this.draw();
        };
      }
    }
    /** @param {string} name */
    const button = (name) => findElement(this.root, `[data-do=${name}]`, HTMLButtonElement);
    button("clear").onclick = () => this.replace(new Uint8Array(this.pixels));
    button("others").onclick = () => {
      this.seed += 1;
      this.ask();
    };
    this.undo = button("undo");
    this.undo.onclick = () => {
      this.x = this.past.pop() ?? this.x;
      this.ask();
    };
    followBrush(this.pad, {
      cellAt: (x, y) => this.grid.at(x, y),
      columns: () => this.model.columns,
      count: () => this.pixels,
      hover: (index) => {
        this.hovered = index;
        this.draw();
      },
      begin: () => (this.stroke = Uint8Array.from(this.x)),
      along: (cells) => this.paint(cells),
      end: () => this.keep(this.stroke),
      cancel: () => {
        this.x = this.stroke ?? this.x;
        this.ask();
      },
    });
    followEdge(this.edge, {
      rows: () => this.model.rows,
      given: () => this.given,
      rowAt: (event) => Math.round((pointOn(this.pad, event)[1] - this.grid.y) / this.grid.cell),
      move: (rows) => {
        this.given = Math.max(0, Math.min(this.model.rows - 1, rows));
        this.ask();
      },
      done: () => {},
    });
  }

  /** @param {"tool" | "width"} name @returns {NodeListOf<HTMLButtonElement>} */
  choices(name) {
    return this.root.querySelectorAll(`button[data-${name}]`);
  }

  /** @param {number[]} cells */
  paint(cells) {
    const level = this.tool === "eraser" ? 0 : this.model.levels - 1;
    for (const index of cells) {
      for (const under of underBrush(index, this.width, this.model)) this.x[under] = level;
    }
    this.ask();
  }

  /** Undo comes back to this drawing. @param {Uint8Array | null} before */
  keep(before) {
    if (before?.some((level, index) => level !== this.x[index])) this.past.push(before);
    if (this.past.length > MOST_UNDONE) this.past.shift();
    this.draw();
  }

  /** @param {Uint8Array} levels */
  replace(levels) {
    const before = this.x;
    this.x = levels;
    this.keep(before);
    this.ask();
  }

  /** The temperature of the page. @param {number} temperature */
  heat(temperature) {
    if (temperature === this.temperature) return;
    this.temperature = temperature;
    this.ask();
  }

  ask() {
    this.draw();
    const { given, seed, temperature } = this;
    this.newest.want({ x: Uint8Array.from(this.x), given, seed, temperature });
  }

  /** @param {Drawing} drawing */
  sample({ x, given, seed, temperature }) {
    const part = new Part(this.pixels, given * this.model.columns);
    return this.engine.sample(
      this.model.offer,
      { seed, n: COUNT, temperature, given: part.levels(x) },
      { onSlice: ({ from, to, values }) => this.take(values, from, to) },
    );
  }

  /**
   * Pixels that the engine has drawn, from one of them to another.
   *
   * @param {Uint8Array} values step by step, of all continuations
   * @param {number} from @param {number} to
   */
  take(values, from, to) {
    while (this.drawn.length < COUNT) this.drawn.push(new Uint8Array(this.pixels));
    for (let t = from; t < to; t++) {
      for (let j = 0; j < COUNT; j++) this.drawn[j][t] = values[(t - from) * COUNT + j];
    }
    this.standing = Math.max(this.standing, to); // a continuation is painted over the one before
    if (to === this.pixels) this.root.dataset.ready = "true";
    this.draw();
  }

  /** The colours of the ground, light or dark. */
  restyle() {
    this.theme = themeOf(this.root, this.model.palette);
    this.greys = greys(this.model.levels, this.theme.colours);
    paletteToCss(this.root, this.theme.colours);
    const { greys: colours } = this;
    this.digits?.forEach((canvas, number) =>
      drawSmall(canvas, levelsOf(this.model.digits[number]), this.model.columns, colours),
    );
    this.draw();
  }

  draw() {
    const { root, theme, grid, model, given, x, greys: colours = [] } = this;
    const width = root.clientWidth;
    if (!theme || width < 50) return;
    const wide = width >= 700;
    const most = wide ? width * 0.45 : width - 30;
    const side = Math.floor(Math.max(LEAST, Math.min(MOST, most)));
    grid.place(2, 2, side - 4);
    const context = sharpContext(this.pad, side, side);
    const part = new Part(this.pixels, given * model.columns);
    drawPad(context, grid, { x, part, greys: colours, faint: true }, theme);
    if (this.hovered >= 0) grid.outline(context, this.hovered, theme.text, 1.5);
    showEdge(this.edge, grid.y + given * grid.cell, given, model.rows);
    this.drawn.forEach((values, number) => {
      /** @param {number} index */
      const colourOf = (index) => colours[part.given(index) ? x[index] : values[index]];
      /** @param {number} index */
      const there = (index) => index < this.standing;
      const shown = { there, pixels: this.pixels, columns: model.columns, colourOf };
      drawSmallContinuation(this.others[number], shown, theme);
    });
    for (const name of /** @type {const} */ (["tool", "width"])) {
      for (const button of this.choices(name))
        button.setAttribute("aria-pressed", String(button.dataset[name] === this[name]));
    }
    if (this.undo) this.undo.disabled = !this.past.length;
    findElement(root, "[data-say=given]", HTMLElement).textContent =
      `Given: ${given} of ${model.rows} rows`;
  }
}
