// What all the networks read for one target, side by side; or what trained ones take from a digit.
//
// Target, layers, the networks shown and the one that the others are set against belong to the browser,
// which keeps them in the address. Of trained networks Python sends the gradients of the target that has
// come to rest; until they are there the grids show what can be read.

import { onRamp, sharpContext, stillness } from "./theme.js";
import { PixelGrid } from "./grid.js";
import { drawInk, drawMark, drawNew, drawTarget } from "./marks.js";
import { DigitStrip } from "./digit_strip.js";
import { FieldView, NEVER, fromAddress, percent, plural } from "./field_view.js";
import { unpack } from "./wire.js";

const LEAST_RANGE = 15; // layers that the player offers, where there is less to see
const SPEEDS = { speeds: [0.5, 1, 2, 4, 8], speed: 2, unit: "layer" };
const LEAST_SIDE = 126;
const EDGE = 3; // room for the outline of a target at the border
const NONE = "none";

const nats = (value) => (value > 0 && value < 0.0005 ? value.toExponential(1) : value.toFixed(3));

class ContextsView extends FieldView {
  constructor(parent) {
    const root = parent.querySelector(".contexts");
    super(root);
    this.shown = [];
    this.against = NONE;
    this.select = root.querySelector("select");
    this.select.onchange = () => this.compare(this.select.value);
    this.strip = new DigitStrip(this.say("strip"), (digit) => this.send("digit", { digit, nonce: Date.now() }));
    for (const name of ["pointerdown", "pointerup", "keydown"]) {
      this.say("panels").addEventListener(name, (event) => this.asking && this.answer(event), { capture: true });
    }
  }

  get trained() {
    return this.meta.mode === "trained";
  }

  // --- what Python sent ----------------------------------------------------------------------

  receive() {
    const { panels } = this.meta;
    this.panels = new Map(panels.map((panel) => [panel.table, panel]));
    this.root.dataset.mode = this.meta.mode;
    this.say("layers").hidden = this.trained;
    this.say("strip").hidden = !this.trained;
    this.say("against").hidden = this.trained;
    if (this.trained) {
      const { arrays, digit, columns } = this.meta;
      this.greys = [this.theme.colours.paper, this.theme.colours.ink];
      this.root.style.setProperty("--ramp", `linear-gradient(to right, ${this.meta.ramp.join(",")})`);
      this.strip.update(arrays.strip, arrays.strip_indices, digit, columns, this.greys);
    }
    this.buildChoices();
  }

  get usual() {
    const { target, depth, start } = this.meta;
    return { target, depth, shown: start, against: NONE };
  }

  arrive(before) {
    const query = new URLSearchParams(location.search);
    const words = query.get("nets")?.split(".").filter((word) => this.panels.has(word));
    const kept = before && { depth: this.depth, shown: this.shown, against: this.against };
    if (before?.mode === this.meta.mode) kept.target = this.scaled(before);
    const said = fromAddress({ target: this.pixels - 1, depth: this.meta.most });
    if (words?.length) said.shown = words;
    if (this.panels.has(query.get("against"))) said.against = query.get("against");
    return { ...this.usual, ...kept, ...said };
  }

  go({ target, depth, shown, against, play = false, ask = null }) {
    this.target = target;
    this.depth = depth;
    this.shown = [...this.panels.keys()].filter((word) => shown.includes(word));
    if (!this.shown.length) this.shown = [...this.panels.keys()];
    this.against = this.shown.includes(against) ? against : NONE;
    this.asking = ask;
    this.marked = null;
    this.cursor = null;
    this.player.load(Math.max(LEAST_RANGE, this.meta.last, depth), SPEEDS);
    this.build();
    this.player.seek(depth);
    if (ask) this.say("asking").scrollIntoView({ block: "start", behavior: stillness() ? "auto" : "smooth" });
    if (play) this.playAll();
    this.commit();
  }

  step(step) {
    this.depth = step;
    this.draw();
  }

  kept() {
    const { start } = this.meta;
    const depth = this.trained ? {} : { depth: [this.depth, this.meta.depth], against: [this.against, NONE] };
    return { target: [this.target, this.meta.target], ...depth, nets: [this.shown.join("."), this.all(start).join(".")] };
  }

  /** Of some words those that there are, in the order of the panels. */
  all(words) {
    return [...this.panels.keys()].filter((word) => words.includes(word));
  }

  commit() {
    super.commit();
    // A picture of trained networks wants the gradients of another target.
    if (this.meta && this.trained && this.meta.at !== this.target && this.waiting !== this.target) {
      this.waiting = this.target;
      this.tell();
    }
  }

  // --- which networks ------------------------------------------------------------------------

  buildChoices() {
    const host = this.say("choice");
    const words = [...this.panels.keys()];
    if (this.choices?.join() === words.join()) return;
    this.choices = words;
    host.replaceChildren(
      ...words.map((word) => {
        const button = document.createElement("button");
        button.type = "button";
        button.dataset.word = word;
        button.textContent = this.panels.get(word).title;
        button.onclick = () => this.toggle(word);
        return button;
      }),
    );
  }

  toggle(word) {
    const shown = this.shown.includes(word) ? this.shown.filter((each) => each !== word) : this.all([...this.shown, word]);
    if (!shown.length) return; // one stays
    this.shown = shown;
    if (!shown.includes(this.against)) this.against = NONE;
    this.asking = null;
    this.build();
    this.commit();
  }

  compare(word) {
    this.against = word;
    this.draw();
    this.commit();
  }

  /** A figure for each network shown. */
  build() {
    for (const button of this.say("choice").children) button.setAttribute("aria-pressed", this.shown.includes(button.dataset.word));
    const option = (word, name) => Object.assign(document.createElement("option"), { value: word, textContent: name });
    this.select.replaceChildren(option(NONE, "nothing"), ...this.shown.map((word) => option(word, this.panels.get(word).title)));
    const host = this.say("panels");
    const focused = this.figures?.findIndex(({ canvas }) => canvas.matches(":focus")) ?? -1;
    host.innerHTML = "";
    this.figures = this.shown.map((word, number) => {
      const figure = document.createElement("figure");
      figure.className = "panel";
      figure.dataset.word = word;
      figure.innerHTML = `
        <figcaption><b></b><span></span></figcaption>
        <canvas class="grid" role="application" tabindex="${number ? -1 : 0}"></canvas>
        <p class="counts"></p>`;
      figure.querySelector("b").textContent = this.panels.get(word).title;
      const canvas = figure.querySelector("canvas");
      const grid = new PixelGrid(this.meta.rows, this.meta.columns);
      this.listen(canvas, () => grid);
      host.append(figure);
      return { word, figure, canvas, grid };
    });
    this.figures[Math.min(focused, this.figures.length - 1)]?.canvas.focus();
    this.draw();
  }

  hint() {
    super.hint();
    if (this.asking) this.say("keys").textContent = "Click a cell; or focus a grid, choose by the arrow keys, and press Enter.";
  }

  // --- a pixel to be marked ------------------------------------------------------------------

  /** The student says: this pixel, in this network. The truth shows at once; Python says why. */
  mark(word, pixel) {
    if (pixel === null || pixel < 0 || pixel >= this.target) return;
    this.marked = { word, pixel };
    this.asking = null;
    this.cursor = null;
    this.draw();
    this.send("marked", { word, pixel, target: this.target, nonce: Date.now() });
  }

  /** While a pixel is asked for, a click marks it; arrow keys move a cursor, and Enter marks there. */
  answer(event) {
    const figure = this.figures.find(({ canvas }) => canvas === event.target);
    if (!figure || event.button > 0) return;
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.meta.columns, ArrowDown: this.meta.columns }[event.key];
    if (event.type === "keydown" && step === undefined && event.key !== "Enter") return;
    event.stopPropagation();
    if (event.type === "keydown") event.preventDefault();
    if (event.type === "pointerup") {
      const box = figure.canvas.getBoundingClientRect();
      this.mark(figure.word, figure.grid.at(event.clientX - box.left, event.clientY - box.top));
    } else if (event.key === "Enter") {
      this.mark(figure.word, this.cursor);
    } else if (step !== undefined) {
      const next = (this.cursor ?? this.target) + step;
      if (next >= 0 && next < this.target) this.hover((this.cursor = next));
    }
  }

  // --- what the tables say -------------------------------------------------------------------

  /** Layers after the first: those of the player, of a trained network its own. */
  depthOf(word) {
    return this.trained ? this.panels.get(word).depth : this.depth;
  }

  reads(word, pixel) {
    return pixel < this.target && this.first(word, pixel) <= this.depthOf(word);
  }

  /** The mark of a pixel: a name of marks.js, or null for the target. */
  markOf(word, pixel) {
    if (pixel === this.target) return null;
    if (pixel > this.target) return "future";
    if (this.asking) return "blank";
    const read = this.reads(word, pixel);
    if (this.against !== NONE && word !== this.against && !this.trained) {
      const there = this.reads(this.against, pixel);
      return read ? (there ? "seen" : "gained") : there ? "lost" : "blank";
    }
    if (read) return "seen";
    return this.first(word, pixel) === NEVER ? "blind" : "depth-limited";
  }

  count(word) {
    const counts = { seen: 0, limited: 0, blind: 0, fresh: 0, gained: 0, lost: 0 };
    for (let pixel = 0; pixel < this.target; pixel++) {
      const first = this.first(word, pixel);
      const read = this.reads(word, pixel);
      if (read) counts.seen++;
      else if (first === NEVER) counts.blind++;
      else counts.limited++;
      counts.fresh += first === this.depth;
      if (this.against === NONE || this.trained) continue;
      const there = this.reads(this.against, pixel);
      counts.gained += read && !there;
      counts.lost += there && !read;
    }
    return counts;
  }

  /** Whether the gradients that are here are those of the target. */
  get fresh() {
    return this.trained && this.meta.at === this.target;
  }

  gradient(word, pixel) {
    return this.meta.arrays[`gradient ${word}`][pixel];
  }

  get largest() {
    return Math.max(...this.shown.map((word) => this.meta.arrays[`gradient ${word}`].reduce((most, each) => Math.max(most, each), 0)), 1e-30);
  }

  // --- drawing -------------------------------------------------------------------------------

  paint(width) {
    const count = this.figures.length;
    const gap = width < 640 ? 12 : 18;
    const most = Math.max(1, Math.floor((width + gap) / (LEAST_SIDE + gap)));
    const across = Math.ceil(count / Math.ceil(count / most)); // rows of one length, or nearly so
    const room = window.innerHeight - (this.meta.present ? 330 : 470);
    const side = Math.floor(Math.min((width - gap * (across - 1)) / across, Math.max(220, room)));
    this.say("panels").style.columnGap = `${gap}px`;
    this.say("panels").style.gridTemplateColumns = `repeat(${across}, minmax(${side}px, ${count < across ? side : 1.25 * side}px))`;
    const largest = this.fresh ? this.largest : 0;
    for (const each of this.figures) this.drawFigure(each, side, largest);
    this.ask();
    this.read();
    this.drawLegend();
    this.hint();
    this.select.value = this.against;
  }

  drawFigure({ word, figure, canvas, grid }, side, largest) {
    const { rows, columns } = this.meta;
    Object.assign(grid, { rows, columns });
    grid.place(EDGE, EDGE, side - 2 * EDGE);
    const context = sharpContext(canvas, grid.width + 2 * EDGE, grid.height + 2 * EDGE);
    for (let pixel = 0; pixel < this.pixels; pixel++) {
      const square = this.square(grid, pixel);
      const mark = this.markOf(word, pixel);
      if (this.fresh && mark === "seen") {
        context.fillStyle = onRamp(this.meta.ramp, Math.sqrt(this.gradient(word, pixel) / largest));
        context.fillRect(...square, square[2]);
      } else {
        drawMark(context, mark ?? "blank", ...square, this.theme);
      }
      if (!this.trained && mark === "seen" && this.first(word, pixel) === this.depth) drawNew(context, ...square, this.theme);
      if (this.trained && this.meta.arrays.x[pixel]) drawInk(context, this.theme.colours.ink, ...square, this.theme);
    }
    drawTarget(context, ...this.square(grid, this.target), this.theme);
    const { marked } = this;
    if (marked?.word === word) grid.ring(context, marked.pixel, this.theme.colours["drawn-now"], this.theme.text);
    if (this.hovered >= 0 && this.hovered !== this.target) {
      context.strokeStyle = this.theme.text;
      context.lineWidth = 1.5;
      context.strokeRect(...this.square(grid, this.hovered), this.square(grid, this.hovered)[2]);
    }
    this.describe(word, figure, canvas);
  }

  describe(word, figure, canvas) {
    const panel = this.panels.get(word);
    const depth = this.depthOf(word);
    figure.querySelector("figcaption span").textContent = panel.subtitle.replaceAll("{layers}", plural(depth, "layer"));
    const counts = this.count(word);
    Object.assign(figure.dataset, counts);
    const said = figure.querySelector(".counts");
    said.innerHTML = this.asking ? "" : this.inWords(word, counts);
    canvas.setAttribute("aria-label", `${panel.title}, target ${this.name(this.target)}: ${said.innerText.trim()}. Arrow keys ${this.asking ? "choose a pixel, Enter marks it" : "move the target"}.`);
  }

  inWords(word, { seen, limited, blind, gained, lost }) {
    const total = this.target;
    if (!total) return "nothing comes before the first pixel";
    const reads = `reads <b>${seen}</b> of ${total} (${percent(seen, total)})`;
    if (this.trained) {
      const { probability, near, nats: whole } = this.panels.get(word).heed;
      const now = this.fresh
        ? `<span>p of its value ${probability.toFixed(3)}</span><span>half the gradient within ${near} px</span>`
        : "<span>…</span><span>&nbsp;</span>";
      return `${reads}${now}<span>this digit: ${whole.toFixed(1)} nats</span>`;
    }
    if (this.against !== NONE) {
      if (word === this.against) return `${reads}<span>the others are set against it</span>`;
      const other = this.panels.get(this.against).title;
      return `${reads}<span><b class="gained">${gained ? `+${gained}` : 0}</b> not by ${other}</span><span><b class="lost">${lost ? `−${lost}` : 0}</b> by ${other} alone</span>`;
    }
    const more = limited ? `${limited} with more depth (${percent(limited, total)})` : "0 with more depth";
    return `${reads}<span>${more}</span><span>${blind ? `${blind} never (${percent(blind, total)})` : "0 never"}</span>`;
  }

  drawLegend() {
    const { words } = this.meta;
    const other = this.panels.get(this.against)?.title;
    const apart = other && !this.trained;
    const entries = this.asking
      ? [["target", words.target], ["blank", "drawn before it"]]
      : [
          ["target", words.target],
          ...(this.fresh ? [] : [["seen", apart ? "read by both" : words.seen]]),
          ...(apart ? [["gained", `not by ${other}`], ["lost", `by ${other} alone`], ["blank", "by neither"]] : []),
          ...(this.trained ? [] : [["new", "new with this layer"]]),
          ...(this.trained || !apart || this.shown.includes(this.against) ? [["depth-limited", words["depth-limited"]], ["blind", words.blind]] : []),
          ...(this.trained ? [["ink", "1, ink"]] : []),
          ...(this.marked ? [["marked", "marked by you"]] : []),
        ];
    entries.push(["future", words.future]);
    const key = JSON.stringify([entries, this.theme.dark, this.fresh && this.largest]);
    if (key === this.legendKey) return;
    this.legendKey = key;
    const items = this.legendItems(entries);
    if (this.fresh) {
      const item = document.createElement("li");
      item.innerHTML = `<i class="ramp"></i>|∂ log p / ∂x|, 0 to ${this.largest.toFixed(2)} nats, by its square root`;
      items.splice(1, 0, item);
    }
    this.say("legend").replaceChildren(...items);
  }

  drawKey(context, mark, ...square) {
    const ground = { target: "blank", new: "seen", marked: "seen", ink: "blank" }[mark] ?? mark;
    drawMark(context, ground, ...square, this.theme);
    if (mark === "target") drawTarget(context, ...square, this.theme);
    if (mark === "new") drawNew(context, ...square, this.theme);
    if (mark === "ink") drawInk(context, this.theme.colours.ink, ...square, this.theme);
    if (mark === "marked") {
      const grid = new PixelGrid(1, 1);
      grid.place(2.5, 2.5, 10);
      grid.ring(context, 0, this.theme.colours["drawn-now"], this.theme.text);
    }
  }

  // --- words ---------------------------------------------------------------------------------

  ask() {
    const asking = this.say("asking");
    // To be marked, every grid can be reached by Tab; to move the target, one will do.
    for (const [number, { canvas }] of this.figures.entries()) canvas.tabIndex = number && !this.asking ? -1 : 0;
    asking.hidden = !this.asking;
    this.root.dataset.asking = Boolean(this.asking);
    asking.textContent = this.asking ?? "";
  }

  read() {
    const pointed = this.hovered >= 0 && this.hovered !== this.target;
    const place = pointed ? this.name(this.hovered).replace("row", "Row") : "";
    this.say("reading").innerHTML = this.asking ? place : pointed ? this.ofPixel(this.hovered) : this.ofTarget();
  }

  ofPixel(pixel) {
    const name = `<b>${this.name(pixel).replace("row", "Row")}</b>`;
    if (pixel > this.target) return `${name} is in the future: it is drawn after the target, and no network may read it.`;
    const said = new Map();
    for (const word of this.shown) {
      const first = this.first(word, pixel);
      const words =
        first === NEVER
          ? "never read, at any depth"
          : this.fresh && first <= this.depthOf(word)
            ? `${nats(this.gradient(word, pixel))} nats`
            : first > this.depthOf(word)
              ? `read from layer ${first} on`
              : first === 0
                ? "read by the first layer"
                : `read since layer ${first}`;
      said.set(words, [...(said.get(words) ?? []), this.panels.get(word).title]);
    }
    const parts = [...said].map(([words, titles]) => `${titles.join(", ")}: ${words}`);
    return `${name}${this.fresh ? ", gradient" : ""}. ${parts.join(" · ")}.`;
  }

  ofTarget() {
    if (this.target === 0) return "<b>The first pixel</b> has none before it: its distribution is made of biases alone.";
    const before = `<b>Target ${this.name(this.target)}</b>: ${plural(this.target, "pixel")} before it.`;
    if (this.trained) {
      const value = this.meta.arrays.x[this.target] ? "ink" : "paper";
      return `${before} It is ${value} in this digit. The brighter a pixel, the more the prediction would change with it. Point at one to compare.`;
    }
    if (this.against !== NONE) return `${before} Each grid against ${this.panels.get(this.against).title}: what both read, and what only one of them does.`;
    const fresh = this.shown.map((word) => [this.panels.get(word).title, this.count(word).fresh]).filter(([, count]) => count);
    const added = fresh.map(([title, count]) => `${count} to ${title}`).join(", ");
    const layer = this.depth ? `Layer ${this.depth}` : "The first layer, layer 0,";
    return `${before} ${layer} adds ${added || "nothing to any of these"}. Point at a pixel to see when each network reads it.`;
  }
}

const contextsViews = new WeakMap();

export default function contexts({ parentElement, data, setTriggerValue }) {
  let view = contextsViews.get(parentElement);
  if (!view) {
    view = new ContextsView(parentElement);
    contextsViews.set(parentElement, view);
  }
  const { meta, arrays } = unpack(data);
  view.update({ ...meta, arrays }, setTriggerValue);
  return () => {
    view.destroy();
    contextsViews.delete(parentElement);
  };
}
