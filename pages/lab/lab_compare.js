// One picture through all models: a pad, and a panel for each model. The student presses the models in
// the order of their guess; the figures come from Python once they are revealed, and not before.

import { followBrush, greys } from "../ui/browser/brush.js";
import { underBrush } from "../ui/browser/completion_pad.js";
import { Tools, kept } from "../ui/browser/completion_tools.js";
import { DigitStrip } from "../ui/browser/digit_strip.js";
import { findElement } from "../ui/browser/dom.js";
import { Edits } from "../ui/browser/edits.js";
import { PixelGrid } from "../ui/browser/grid.js";
import { mount } from "../ui/browser/mount.js";
import { paletteToCss, sharpContext, themeOf } from "../ui/browser/theme.js";
import { weightShelf } from "../ui/browser/weights.js";
import { Panel, drawKeys } from "./lab_compare_panel.js";
import {
  askInWords,
  keyInWords,
  readFor,
  panelsLayout,
  presentedLayout,
  pixelInWords,
  pressed,
  topInWords,
  topOf,
} from "./lab_compare_values.js";
import { spanOf } from "./lab_range.js";
import { cssLength, clientWidthOf, windowHeight } from "../ui/browser/screen.js";

/**
 * @typedef {object} CompareMeta What compare.py `picture` sends.
 * @property {number} rows
 * @property {number} columns
 * @property {number} levels K
 * @property {number} digit
 * @property {boolean} painted
 * @property {string} picture equal for equal pictures alone
 * @property {import("./lab_compare_values.js").Model[]} models sorted by their NLL once it is shown
 * @property {boolean} shown
 * @property {string[]} guess
 * @property {string} verdict
 * @property {boolean} covered by a question
 * @property {boolean} waits the figures are being computed
 * @property {string} tables name of the contexts on the shelf
 * @property {number} nonce
 * @property {boolean} present
 * @property {{ pixel?: number, nonce: number } | null} goto
 * @property {{ light: import("../ui/browser/theme.js").Colours, dark: import("../ui/browser/theme.js").Colours }} palette
 * @property {string[]} ramp
 */

const NARROW = 560;
const GAP = 16; // between the picture and the maps, CSS pixels
// Of the window, kept for all but the maps; and what stands around a map.
const ABOVE = { page: 330, presented: 206 };
const WORDS = { page: { covered: 76, shown: 128 }, presented: { covered: 100, shown: 128 } };

class CompareView {
  /** @type {CompareMeta} */
  // @ts-expect-error: nothing is drawn before Python has sent it
  meta = undefined;
  /** @type {Record<string, any>} */
  data = {};
  /** @type {import("../ui/browser/theme.js").Theme} */
  // @ts-expect-error: as `meta`
  theme = undefined;
  edits = new Edits();
  grid = new PixelGrid(0, 0); // of the pad
  small = new PixelGrid(0, 0); // of a map
  /** @type {Uint8Array} levels as they are painted here */
  x = new Uint8Array(0);
  /** @type {Uint8Array | null} levels before the stroke that is under way */
  stroke = null;
  /** @type {string[]} models in the order of the guess */
  ranking = [];
  view = "surprisal";
  top = NaN; // of the ramp, nats
  target = -1;
  hovered = -1;
  /** @type {number | undefined} */
  nonce = undefined;
  /** @type {string[]} */
  greys = [];
  /** @type {Panel[]} */
  panels = [];
  reveals = 0;
  /** @type {(name: string, value: unknown) => void} */
  trigger = () => {};

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    this.root = findElement(parent, ".lab-compare", HTMLElement);
    this.pad = findElement(this.root, ".picture", HTMLCanvasElement);
    this.models = findElement(this.root, ".models", HTMLElement);
    /** @param {string} name */
    this.say = (name) => findElement(this.root, `[data-say=${name}]`, HTMLElement);
    this.tools = new Tools(this.root, () => this.draw());
    this.strip = new DigitStrip(findElement(this.root, ".strip", HTMLElement), (digit) => {
      kept.past.push({ x: this.x, mask: null });
      this.edits.send({ digit });
    });
    this.actions();
    followBrush(this.pad, {
      cellAt: (x, y) => this.grid.at(x, y),
      columns: () => this.meta.columns,
      count: () => this.x.length,
      hover: (index) => this.point(index),
      begin: () => (this.stroke = Uint8Array.from(this.x)),
      along: (cells) => this.paint(cells),
      end: () => {
        const before = this.stroke;
        this.stroke = null;
        if (before?.some((level, index) => level !== this.x[index])) this.changed(before);
      },
      cancel: () => {
        this.x = this.stroke ?? this.x;
        this.stroke = null;
        this.draw();
      },
    });
    this.come = () => this.draw();
    weightShelf().changed.addEventListener("change", this.come);
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
  }

  /** What the buttons do. */
  actions() {
    /** @type {Record<string, () => void>} */
    const actions = {
      undo: () => this.undo(),
      clear: () => this.replace(new Uint8Array(this.x.length)),
      digit: () => this.replace(this.data.base),
      complete: () => this.reveal(this.ranking),
      again: () => this.rank([]),
      skip: () => this.reveal([]),
    };
    for (const [name, action] of Object.entries(actions)) this.tools.doing(name).onclick = action;
    for (const button of this.views()) {
      button.onclick = () => {
        this.view = button.dataset.show ?? "";
        this.draw();
      };
    }
  }

  /** @returns {NodeListOf<HTMLElement>} */
  views() {
    return this.root.querySelectorAll("[data-show]");
  }

  /**
   * @param {{ meta: CompareMeta, arrays: Record<string, any> }} sent
   * @param {Pick<import("../ui/browser/mount.js").Place, "setTriggerValue">} python
   */
  update({ meta, arrays }, { setTriggerValue }) {
    this.edits.trigger = this.trigger = setTriggerValue;
    /** @type {CompareMeta | undefined} */
    const before = this.meta;
    if (!this.edits.answered(meta.nonce) && before) return;
    if (before?.picture !== meta.picture) this.ranking = [];
    if (before?.rows !== meta.rows) this.target = -1;
    const known = new Set(meta.models.map(({ id }) => id));
    this.ranking = this.ranking.filter((id) => known.has(id));
    [this.meta, this.data] = [meta, arrays];
    if (!this.stroke) this.x = Uint8Array.from(arrays.x);
    this.theme = themeOf(this.root, meta.palette);
    this.greys = greys(meta.levels, this.theme.colours);
    paletteToCss(this.root, this.theme.colours);
    this.root.style.setProperty("--ramp", `linear-gradient(to right, ${meta.ramp.join(",")})`);
    this.root.style.setProperty("--on-primary", this.theme.dark ? "#101216" : "#ffffff");
    this.root.classList.toggle("presenting", Boolean(meta.present));
    this.top = topOf(arrays.surprisal);
    this.say("top").textContent = topInWords(this.top);
    if (meta.goto && meta.goto.nonce !== this.nonce && meta.goto.pixel !== undefined)
      this.target = meta.goto.pixel;
    this.nonce = meta.goto?.nonce;
    if (this.target < 0)
      this.target = Math.floor(0.6 * meta.rows) * meta.columns + Math.floor(0.45 * meta.columns);
    this.strip.update(
      arrays.strip,
      arrays.strip_indices,
      meta.painted ? -1 : meta.digit,
      meta.columns,
      this.greys,
    );
    this.tools.build(this.greys, before?.levels);
    this.build();
    this.draw();
  }

  /** As many panels as models. */
  build() {
    const { models, columns } = this.meta;
    while (this.panels.length > models.length) this.panels.pop()?.root.remove();
    while (this.panels.length < models.length) {
      const number = this.panels.length;
      const panel = new Panel({
        press: () => this.rank(pressed(this.ranking, this.meta.models[number].id)),
        cellAt: (x, y) => this.small.at(x, y),
        hover: (index) => this.point(index),
        pin: (index) => this.pin(index),
        columns: () => this.meta?.columns ?? columns,
        count: () => this.x.length,
      });
      this.models.append(panel.root);
      this.panels.push(panel);
    }
  }

  // --- the ranking --------------------------------------------------------------------------------

  /** @param {string[]} ranking */
  rank(ranking) {
    if (this.shown) return;
    this.ranking = ranking;
    this.draw();
  }

  /** @param {string[]} guess */
  reveal(guess) {
    this.reveals += 1;
    this.trigger("reveal", { guess, number: this.reveals });
  }

  /** Whether the figures are there, and are those of this picture. */
  get shown() {
    return this.meta.shown && this.unchanged;
  }

  get unchanged() {
    return this.x.every((level, index) => level === this.data.x[index]);
  }

  // --- the hand -----------------------------------------------------------------------------------

  /** @param {number} index */
  point(index) {
    if (this.hovered === index) return;
    this.hovered = index;
    this.draw();
  }

  /** @param {number} index whose context is shown */
  pin(index) {
    this.target = index;
    this.draw();
  }

  /** @param {number[]} cells */
  paint(cells) {
    const level = kept.tool === "eraser" ? 0 : kept.level;
    for (const index of cells) {
      for (const under of underBrush(index, kept.width, this.meta)) this.x[under] = level;
    }
    this.draw();
  }

  /** @param {Uint8Array} before */
  changed(before) {
    kept.past.push({ x: before, mask: null });
    this.commit();
  }

  /** @param {Uint8Array} levels */
  replace(levels) {
    const before = this.x;
    this.x = Uint8Array.from(levels);
    this.changed(before);
  }

  undo() {
    const before = kept.past.pop();
    if (!before || before.x.length !== this.x.length) return;
    this.x = before.x.map((level) => Math.min(level, this.meta.levels - 1));
    this.commit();
  }

  commit() {
    const own = this.x.some((level, index) => level !== this.data.base[index]);
    this.draw();
    this.edits.send({ painted: own ? [...this.x] : null });
  }

  // --- drawing ------------------------------------------------------------------------------------

  draw() {
    if (!this.meta || !this.root.isConnected || clientWidthOf(this.root) < 50) return;
    const { meta } = this;
    const width = clientWidthOf(this.root);
    const narrow = width < NARROW;
    const own = narrow ? 140 : Math.round(Math.max(150, Math.min(width * 0.24, 300)));
    this.root.classList.toggle("narrow", narrow);
    this.root.style.setProperty("--own", cssLength(own));
    const across = narrow ? width : width - own - GAP;
    const count = meta.models.length;
    const words = meta.present ? WORDS.presented : WORDS.page;
    const around = this.shown ? words.shown : words.covered;
    const high = windowHeight() - (meta.present ? ABOVE.presented : ABOVE.page);
    const { columns, side, among } =
      meta.present && !narrow
        ? presentedLayout(count, width, high, around, own + GAP)
        : { ...panelsLayout(count, across, high, around, narrow), among: false };
    this.root.classList.toggle("among", among);
    this.root.style.setProperty("--columns", String(columns));
    this.root.classList.toggle("tight", side < 100 && !narrow);
    for (const grid of [this.grid, this.small])
      Object.assign(grid, { rows: meta.rows, columns: meta.columns });
    this.grid.place(2, 2, (among ? side : own) - 4);
    this.small.place(2, 2, side - 4);
    this.drawPad();
    this.drawPanels();
    this.read();
  }

  drawPad() {
    const { grid, theme, x } = this;
    const context = sharpContext(this.pad, grid.width + 4, grid.height + 4);
    grid.fill(context, (index) => this.greys[x[index]]);
    grid.frame(context, theme.colours.line);
    grid.outline(context, this.target, theme.colours.target, 2);
    if (this.hovered >= 0) grid.outline(context, this.hovered, theme.text, 1.5);
  }

  drawPanels() {
    const { meta, data, theme, shown } = this;
    const shelf = weightShelf().byName.get(meta.tables) ?? {};
    const size = meta.rows * meta.columns;
    const scene = {
      ...{ theme, shown, greys: this.greys, grid: this.small, x: this.x, ramp: meta.ramp },
      brief: meta.present,
      top: this.top,
      maps: shown && this.view === "surprisal",
      target: this.target,
      hovered: this.hovered,
      span: spanOf(
        meta.models.map(({ range }) => range),
        meta.models.map(({ nats = NaN }) => nats),
      ),
    };
    meta.models.forEach((model, number) => {
      const { [`reads ${model.id}`]: bits, [`order ${model.id}`]: order } = shelf;
      const guess = meta.guess.indexOf(model.id);
      const rank = this.ranking.indexOf(model.id);
      const place = shown ? number : rank;
      const now = {
        model,
        place: place < 0 ? "" : String(place + 1),
        guessed: shown && guess >= 0 ? `your place: ${guess + 1}` : "",
        surprisal: shown ? data.surprisal.subarray(number * size, (number + 1) * size) : null,
        context: bits && order ? readFor(bits, order, this.target) : null,
      };
      this.panels[number].draw(now, scene);
    });
  }

  read() {
    const { meta, shown, tools, ranking } = this;
    tools.show(this.x, this.data.base, !shown);
    const count = meta.models.length;
    this.say("ask").textContent = meta.covered
      ? "Answer the question first: the figures stand here then."
      : meta.waits
        ? "The models score the picture …"
        : shown
          ? meta.verdict || "The most probable first: its NLL is the smallest."
          : askInWords(ranking.length, count);
    findElement(this.root, ".ask", HTMLElement).classList.toggle("told", shown);
    for (const name of ["complete", "again", "skip"])
      tools.doing(name).hidden = shown || meta.covered || meta.waits;
    tools.doing("complete").disabled = ranking.length < count || !this.unchanged;
    tools.doing("again").disabled = !ranking.length;
    tools.doing("skip").disabled = !this.unchanged;
    this.say("views").hidden = !shown;
    this.say("key").textContent = shown ? keyInWords(meta.models) : "";
    const maps = shown && this.view === "surprisal";
    this.say("scale").hidden = !maps;
    for (const button of this.views())
      button.setAttribute("aria-pressed", String(button.dataset.show === this.view));
    this.legend(maps);
    const at = this.hovered >= 0 ? this.hovered : this.target;
    const hint = maps
      ? "Point at a pixel of any map."
      : "Press a pixel of a map: blue is what the model reads for it.";
    this.say("pointed").textContent =
      `${pixelInWords(at, meta.columns, this.x[at])} ${this.hovered < 0 ? hint : ""}`;
    this.root.dataset.shown = String(shown);
    this.root.dataset.target = String(this.target);
  }

  /** The marks of the contexts. @param {boolean} hidden */
  legend(hidden) {
    const host = this.say("marks");
    host.hidden = hidden || !weightShelf().byName.get(this.meta.tables);
    if (!host.hidden) drawKeys(host, this.theme);
  }

  destroy() {
    weightShelf().changed.removeEventListener("change", this.come);
    this.resize.disconnect();
  }
}

export default mount(CompareView);
