// What the networks read, as it is drawn and said: a grid for each, and the words around them.
//
// What is shown, and what a hand changes of it: contexts.js.

import { findElement } from "../ui/browser/dom.js";
import { pageEngine } from "../ui/browser/engine.js";
import { FieldView } from "../ui/browser/field_view.js";
import { decimals, plural } from "../ui/browser/numbers.js";
import { ContextReads, arrange, oneLarge } from "./contexts_reads.js";
import { drawGrid, drawKeyMark } from "./contexts_draw.js";
import { legendOf } from "./contexts_legend.js";
import { GridHand } from "./contexts_hand.js";
import { InkLive } from "./contexts_live.js";
import {
  apartInWords,
  inkInWords,
  layerAdds,
  layersInWords,
  readInWords,
  together,
  whenRead,
} from "./contexts_words.js";
import { cssLength, windowHeight } from "../ui/browser/screen.js";

export const NONE = "none"; // no network that the others are set against
const NARROW = 560;
const EDGE = 3; // room for the outline of a target at the border
const LARGE = 260; // CSS pixels: the one large grid of a phone, where there is room
const [SMALLEST_LARGE, SMALLEST] = [120, 84];
// What is said under the grids: its height there, and what it needs in a free place beside the last grid.
const SAID = { structure: { height: 106 }, trained: { height: 104 } };
const SAID_BESIDE = { width: 220, tall: 200 };

/**
 * @typedef {object} Panel One network.
 * @property {string} table its word, and the name of its table
 * @property {string} title
 * @property {string} subtitle with {layers} where their number stands
 * @property {number} depth layers after the first, of a trained network
 * @property {{ near: number, ink: number, before: number } | null} sensitivity what a trained one makes
 *   of the target: how near half of the gradient is in pixels, p of ink, and that without paint; null
 *   where Python was not asked
 * @property {import("../ui/browser/engine.js").Offer | null} engine where this browser finds a trained one
 */

/**
 * @typedef {import("../ui/browser/field_view.js").FieldMeta & {
 *   mode: "structure" | "trained", panels: Panel[], last: number, most: number, target: number,
 *   depth: number, nets: string[], against: string, view: string, words: Record<string, string>,
 *   ramp: string[], at: number, digit: number, paint: number[], strokes: number, hidden: string[],
 *   step: [string, number] }} ContextsMeta
 */

/** @typedef {{ word: string, figure: HTMLElement, canvas: HTMLCanvasElement, grid: import("../ui/browser/grid.js").PixelGrid }} Figure */

/** @extends {FieldView<ContextsMeta>} */
export class ContextsPicture extends FieldView {
  depth = 0;
  view = "use";
  chosen = ""; // word of the network whose grid is large on a phone
  /** @type {string[]} */
  shown = []; // words of the networks on screen
  against = NONE;
  /** @type {Map<string, Panel>} */
  panels = new Map();
  /** @type {Figure[]} */
  figures = [];
  beside = document.createElement("div"); // what is said, in the free place of the last row
  found = new ContextReads({}, 0);
  legendKey = "";

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    super(findElement(parent, ".contexts", HTMLElement));
    this.beside.className = "beside";
    this.select = findElement(this.root, ".against select", HTMLSelectElement);
    this.hand = new GridHand(this);
    this.live = new InkLive((milliseconds) => this.arrived(milliseconds));
  }

  /** @returns {NodeListOf<HTMLElement>} */
  get viewButtons() {
    return this.root.querySelectorAll("[data-view]");
  }

  get trained() {
    return this.meta.mode === "trained";
  }

  /** Whether a part of the picture may be shown. @param {string} part */
  may(part) {
    return !this.meta.hidden.includes(part);
  }

  /** Whether a pixel is asked for, to be marked on a grid. */
  get asking() {
    return !this.trained && !this.may("field");
  }

  /** Whether Python has sent what it makes of the target. */
  get asked() {
    const known = [...this.panels.values()].every(({ sensitivity }) => sensitivity);
    return known && this.meta.at === this.target;
  }

  /** @param {string} word @returns {Panel} */
  panel(word) {
    const found = this.panels.get(word);
    if (!found) throw new Error(`no network is called ${word}`);
    return found;
  }

  /** @param {string} word */
  title(word) {
    return this.panel(word).title;
  }

  /** The network whose grid is large on a phone. */
  get large() {
    return this.shown.includes(this.chosen) ? this.chosen : this.shown[0];
  }

  /** Where the picture stands, for `ContextReads`. @returns {import("./contexts_reads.js").Standing} */
  get standing() {
    return {
      target: this.target,
      depthOf: (word) => (this.trained ? this.panel(word).depth : this.depth),
      against: this.trained || this.against === NONE ? null : this.against,
    };
  }

  /** Whether colours are gradients: those of the target are here, and they are wanted. */
  get gradients() {
    return this.trained && this.asked && this.view === "use" && this.may("field");
  }

  get largest() {
    return Math.max(
      ...this.shown.map((word) =>
        /** @type {Float32Array} */ (this.arrays[`gradient ${word}`]).reduce(
          (most, each) => Math.max(most, each),
          0,
        ),
      ),
      1e-30,
    );
  }

  // --- p(ink), by the engine of this browser -----------------------------------------------------

  /** Whether p(ink) is told, by this browser. */
  get here() {
    const { trained, panels } = this;
    return trained && this.may("bars") && [...panels.values()].every(({ engine }) => engine);
  }

  /** A network has told p(ink); with `milliseconds`, all have. @param {number | null} milliseconds */
  arrived(milliseconds) {
    if (milliseconds !== null && this.here) pageEngine().shows(this.root, "browser", milliseconds);
    this.draw();
  }

  /** Have p(ink) of the networks shown computed for the digit as it is painted, where it is told. */
  wish() {
    if (!this.here) return;
    const { x, base } = this.arrays;
    /** @type {Record<string, import("../ui/browser/engine.js").Offer>} */
    const offers = {};
    for (const word of this.shown) {
      const engine = this.panels.get(word)?.engine;
      if (engine) offers[word] = engine;
    }
    if (!Object.keys(offers).length) return;
    const painted = Uint8Array.from(x, (_, pixel) => this.hand.valueAt(pixel));
    this.live.want({ offers, x: painted, base });
    const { total } = this.live; // where it is known from before
    if (total !== null) pageEngine().shows(this.root, "browser", total);
  }

  // --- drawing -----------------------------------------------------------------------------------

  /** Show these in place of those before; the focus stays in its place. @param {Figure[]} figures */
  put(figures) {
    const focused = this.figures.findIndex(({ canvas }) => canvas.matches(":focus"));
    this.figures = figures;
    this.sayBeside(0, 1); // until `paint` knows the room
    this.say("panels").replaceChildren(...figures.map(({ figure }) => figure));
    figures[Math.min(focused, figures.length - 1)]?.canvas.focus();
  }

  get fitParts() {
    return [this.meta.hidden, this.shown, this.view, this.large];
  }

  /** @param {number} width @param {number} less */
  paint(width, less) {
    const narrow = width < NARROW;
    const gap = narrow ? 8 : 16;
    const usual = this.trained ? 318 : this.meta.present ? 268 : 276;
    const taken = narrow ? 560 : usual;
    const bars = this.trained && this.may("bars") ? 26 : 0;
    const titled = this.meta.present ? 84 : 68; // of trained networks: with a line below the name
    const lines = (this.trained ? titled : narrow ? 54 : this.may("blind") ? 84 : 66) + bars;
    const room = { width, gap, height: windowHeight() - taken, words: lines };
    const one = narrow && this.figures.length > 2;
    const said = { ...SAID[this.meta.mode], ...SAID_BESIDE };
    const { across, side, beside } = one
      ? { ...oneLarge(this.figures.length, width, gap), beside: 0 }
      : arrange(this.figures.length, {
          ...room,
          least: narrow ? 80 : 110,
          said: narrow ? undefined : said,
        });
    this.sayBeside(beside, across);
    this.say("panels").style.columnGap = cssLength(gap);
    this.say("panels").style.gridTemplateColumns = `repeat(${across}, ${cssLength(side)})`;
    this.root.classList.toggle("narrow", narrow);
    const largest = this.gradients ? this.largest : 0;
    const large = one ? this.large : null;
    const wide = Math.max(SMALLEST_LARGE, LARGE - less);
    // What the large one cannot give, the small ones do.
    const small = one ? Math.max(SMALLEST, side - Math.max(0, less - (LARGE - wide))) : side;
    for (const each of this.figures) {
      const is = each.word === large;
      each.figure.classList.toggle("large", is);
      each.figure.classList.toggle("small", one && !is);
      this.drawFigure(each, is ? wide : small, largest);
    }
    this.hand.ask();
    this.read();
    this.drawLegend();
    this.hint();
    this.select.value = this.against;
    for (const button of this.viewButtons)
      button.setAttribute("aria-pressed", String(button.dataset.view === this.view));
  }

  /**
   * What is said goes into the free place of the last row, or stands below the grids.
   *
   * @param {number} width of that place, CSS pixels of a laptop's page; 0 where there is none
   * @param {number} across grids side by side
   */
  sayBeside(width, across) {
    const { beside: said } = this;
    const parts = ["reading", "legend", "foot"].map((name) => this.say(name));
    if (width && !said.isConnected) {
      said.replaceChildren(...parts);
      this.say("panels").append(said);
    } else if (!width && said.isConnected) {
      ["panels", "layers", "strip"].forEach((name, at) => this.say(name).after(parts[at]));
      said.remove();
    }
    said.style.width = width ? cssLength(width) : "";
    said.style.gridColumn = width ? `${(this.figures.length % across) + 1} / -1` : "";
  }

  /** @param {Figure} each @param {number} side @param {number} largest of the gradients */
  drawFigure({ word, figure, canvas, grid }, side, largest) {
    const { rows, columns, ramp } = this.meta;
    Object.assign(grid, { rows, columns });
    grid.place(EDGE, EDGE, side - 2 * EDGE);
    const stand = this.standing;
    drawGrid(canvas, grid, EDGE, {
      theme: this.theme,
      target: this.target,
      markOf: (pixel) => this.cover(this.found.markOf(word, pixel, stand)),
      strength: this.gradients
        ? (pixel) => Math.sqrt(this.arrays[`gradient ${word}`][pixel] / largest)
        : null,
      ramp,
      fresh: (pixel) =>
        !this.trained &&
        this.may("field") &&
        this.found.first(word, pixel, this.target) === this.depth,
      ink: (pixel) => this.trained && this.hand.valueAt(pixel) > 0,
      painted: new Set(this.trained ? this.hand.paint : []),
      marked: this.hand.marked?.word === word ? this.hand.marked.pixel : -1,
      hovered: this.hovered,
    });
    this.describe(word, figure, canvas);
  }

  /** A mark as it may be shown now. @param {string | null} mark */
  cover(mark) {
    if (mark === null || mark === "future") return mark;
    if (!this.may("field")) return "blank";
    return !this.may("blind") && (mark === "blind" || mark === "depth-limited") ? "blank" : mark;
  }

  drawLegend() {
    const { gradients, trained } = this;
    const entries = legendOf({
      words: this.meta.words,
      other: this.standing.against ? this.title(this.against) : null,
      ...{ trained, gradients, field: this.may("field"), unread: this.may("blind") },
      marked: this.hand.marked !== null,
      painted: trained && this.hand.painted,
    });
    const key = JSON.stringify([entries, this.theme.dark, gradients && this.largest]);
    if (key === this.legendKey) return;
    this.legendKey = key;
    const items = this.legendItems(entries);
    if (gradients) {
      const item = document.createElement("li");
      item.innerHTML = `<i class="ramp"></i>|∂ log p / ∂x|, 0 to ${decimals(this.largest, 2)} nats, by its square root`;
      items.splice(1, 0, item);
    }
    this.say("legend").replaceChildren(...items);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {string} mark
   * @param {[number, number, number]} square
   */
  drawKey(context, mark, ...square) {
    drawKeyMark(context, mark, square, this.theme);
  }

  // --- words -------------------------------------------------------------------------------------

  hint() {
    super.hint(this.hand.words);
  }

  /** @param {string} word @param {HTMLElement} figure @param {HTMLCanvasElement} canvas */
  describe(word, figure, canvas) {
    const panel = this.panel(word);
    const depth = this.standing.depthOf(word);
    findElement(figure, "figcaption span", HTMLElement).textContent = panel.subtitle.replaceAll(
      "{layers}",
      layersInWords(depth),
    );
    const counts = this.found.count(word, this.standing);
    const told = this.may("counts") && this.may("field");
    for (const [name, count] of Object.entries(counts)) {
      const covered = !told || (!this.may("blind") && (name === "blind" || name === "limited"));
      figure.dataset[name] = covered ? "" : String(count);
    }
    const said = findElement(figure, ".counts", HTMLElement);
    said.innerHTML = this.inWords(word, told ? counts : null);
    const does = this.asking ? "choose a pixel, Enter marks it" : "move the target";
    canvas.setAttribute(
      "aria-label",
      `${panel.title}, target ${this.name(this.target)}: ${said.innerText.trim()}. Arrow keys ${does}.`,
    );
  }

  /** @param {string} word @param {import("./contexts_reads.js").Counts | null} counts null: covered */
  inWords(word, counts) {
    const total = this.target;
    if (this.trained) {
      const { sensitivity } = this.panel(word);
      const ink = this.inkOf(word);
      const read = counts ? readInWords(counts, total, false) : "";
      const half = this.gradients ? `<span>half within ${sensitivity?.near} px</span>` : "";
      const p = this.may("bars") && ink ? inkInWords(ink, this.hand.painted) : "";
      return `${read}${half}${p}`;
    }
    if (!counts) return "";
    if (this.against === NONE) return readInWords(counts, total, this.may("blind"));
    return apartInWords(counts, total, this.title(this.against), word === this.against);
  }

  /** p(ink) of the target, with the paint and before it; null while it is not known. @param {string} word */
  inkOf(word) {
    const { engine, sensitivity } = this.panel(word);
    if (engine) return this.live.at(word, this.target);
    return this.asked ? sensitivity : null;
  }

  read() {
    const pointed = this.hovered >= 0 && this.hovered !== this.target;
    const place = pointed ? this.name(this.hovered).replace("row", "Row") : "";
    const covered = !this.may("field") || !this.may("counts");
    this.say("reading").innerHTML = covered
      ? place
      : pointed
        ? this.ofPixel(this.hovered, place)
        : this.ofTarget();
  }

  /** @param {number} pixel @param {string} place */
  ofPixel(pixel, place) {
    const name = `<b>${place}</b>`;
    if (pixel > this.target) return `${name} comes after the target: no network may read it.`;
    const { depthOf } = this.standing;
    const said = this.shown.map((word) => {
      const first = this.found.first(word, pixel, this.target);
      const gradient = this.gradients ? this.arrays[`gradient ${word}`][pixel] : null;
      const covered = !this.may("blind") && first > depthOf(word);
      const words = covered ? "not read" : whenRead(first, depthOf(word), gradient);
      return /** @type {[string, string]} */ ([this.title(word), words]);
    });
    return `${name}${this.gradients ? ", gradient" : ""}. ${together(said)}.`;
  }

  ofTarget() {
    if (this.target === 0)
      return "<b>The first pixel</b> has none before it: its distribution is made of biases alone.";
    const target = `<b>Target ${this.name(this.target)}</b>`;
    const before = `${target}: ${plural(this.target, "pixel")} before it.`;
    // A phone has room for one line; how many pixels are before it stands beside each grid.
    if (this.root.classList.contains("narrow"))
      return this.figures.length > 2 ? `${target}. Tap a name to enlarge its grid.` : before;
    if (this.trained) {
      const half = this.gradients ? " “Half within”: how near half of the gradient is." : "";
      const value = this.hand.valueAt(this.target) ? "ink" : "paper";
      return `${before} It is ${value} in this digit. Point at a pixel to compare the networks.${half}`;
    }
    if (this.against !== NONE)
      return `${before} Each grid against ${this.title(this.against)}: what both read, and what only one of them does.`;
    /** @type {[string, number][]} */
    const fresh = this.shown.map((word) => [
      this.title(word),
      this.found.count(word, this.standing).fresh,
    ]);
    return `${before} ${layerAdds(this.depth, fresh)} Point at a pixel to see when it is read.`;
  }

  destroy() {
    super.destroy();
    pageEngine().shows(this.root, null);
  }
}
