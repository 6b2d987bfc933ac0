// What a trained Row LSTM holds at one pixel of a real digit: gates, cell and hidden state of every
// feature, tied to the equations, and one of them over the whole image.
//
// The values of all pixels are here, so another pixel, feature or symbol is looked up without the
// server. Only another digit is asked for.

import { unpack } from "./wire.js";
import { themeOf, onRamp, paletteToCss, sharpContext } from "./theme.js";
import { PixelGrid } from "./grid.js";
import { dragTarget } from "./drag_target.js";
import { DigitStrip } from "./digit_strip.js";

const LARGEST_SIDE = 300;
const ROW = 36; // height of a row of bars; the names beside it have the same
// `from`: which of the model's six it is; c_above is c of the row above.
const SYMBOLS = {
  o: { from: 0, html: "o", word: "output gate", signed: false },
  f: { from: 1, html: "f", word: "forget gate", signed: false },
  i: { from: 2, html: "i", word: "input gate", signed: false },
  g: { from: 3, html: "g", word: "content", signed: true },
  c_above: { from: 4, html: "c<sub>above</sub>", word: "cell above", signed: true },
  c: { from: 4, html: "c", word: "cell", signed: true },
  h: { from: 5, html: "h", word: "hidden state", signed: true },
};
const NAMES = Object.keys(SYMBOLS);

const number = (value) => value.toFixed(3).replace("-", "−");
const factor = (value) => (value < 0 ? `(${number(value)})` : number(value));
const mix = (from, to, share) => {
  const channels = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  const [a, b] = [channels(from), channels(to)];
  return `rgb(${a.map((channel, k) => Math.round(channel + share * (b[k] - channel))).join(" ")})`;
};

class GatesView {
  constructor(parent) {
    this.root = parent.querySelector(".gates");
    this.say = (name) => this.root.querySelector(`.${name}`);
    this.hovered = -1;
    this.lit = null; // symbol under the pointer
    this.pointed = -1; // feature under the pointer
    this.strip = new DigitStrip(this.say("strip"), (digit) => this.send("digit", { digit, nonce: ++this.asked }));
    this.asked = Date.now();
    this.buildEquations();
    dragTarget(this.say("digit"), {
      grid: () => this.grid,
      target: () => this.pixel,
      move: (pixel) => this.set({ pixel }),
      hover: (index) => {
        if (index === this.hovered) return;
        this.hovered = index;
        this.draw();
      },
      rest: () => this.commit(),
      focus: () => {},
    });
    this.listenToBars(this.say("bars"));
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
  }

  update({ meta, arrays }, { setTriggerValue }) {
    this.send = setTriggerValue;
    const before = this.meta;
    this.meta = meta;
    this.data = arrays;
    this.pixels = meta.rows * meta.columns;
    this.grid ??= new PixelGrid(meta.rows, meta.columns);
    Object.assign(this.grid, { rows: meta.rows, columns: meta.columns });
    this.theme = themeOf(this.root, meta.palette);
    paletteToCss(this.root, this.theme.colours);
    const { paper, ink } = this.theme.colours;
    this.strip.update(arrays.strip, arrays.strip_indices, meta.digit, meta.columns, [paper, ink]);
    if (!before) this.set({ ...this.start, ...this.fromAddress() });
    else if (before.resets !== meta.resets) this.set(this.start);
    else this.draw();
  }

  get start() {
    return { pixel: this.meta.pixel, feature: this.meta.feature, gate: this.meta.gate };
  }

  fromAddress() {
    const query = new URLSearchParams(location.search);
    const found = {};
    for (const [name, count] of [["pixel", this.pixels], ["feature", this.meta.features]]) {
      const value = Number(query.get(name) ?? NaN);
      if (Number.isInteger(value) && value >= 0 && value < count) found[name] = value;
    }
    if (NAMES.includes(query.get("gate"))) found.gate = query.get("gate");
    return found;
  }

  set(values) {
    Object.assign(this, values);
    this.draw();
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.commit(), 250);
  }

  commit() {
    const url = new URL(location.href);
    for (const name of ["pixel", "feature", "gate"]) {
      if (this[name] === this.meta[name]) url.searchParams.delete(name);
      else url.searchParams.set(name, this[name]);
      this.root.dataset[name] = this[name];
    }
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  }

  // --- values --------------------------------------------------------------------------------

  all(from) {
    const size = this.meta.features * this.pixels;
    return this.data.internals.subarray(from * size, (from + 1) * size);
  }

  /** Value of a symbol at a pixel; above the first row cells are 0. */
  value(name, feature, pixel = this.pixel) {
    const at = name === "c_above" ? pixel - this.meta.columns : pixel;
    return at < 0 ? 0 : this.all(SYMBOLS[name].from)[feature * this.pixels + at];
  }

  /** What a full bar stands for: 1, but cells have no bound and share that of this pixel. */
  fullBar(name) {
    if (SYMBOLS[name].from !== SYMBOLS.c.from) return 1;
    let most = 0;
    for (let feature = 0; feature < this.meta.features; feature++) {
      most = Math.max(most, Math.abs(this.value("c", feature)), Math.abs(this.value("c_above", feature)));
    }
    return most || 1;
  }

  /** What the end of the map's scale stands for: as `fullBar`, but for a feature over the image. */
  fullTone(name, feature) {
    if (SYMBOLS[name].from !== SYMBOLS.c.from) return 1;
    const cells = this.all(SYMBOLS.c.from).subarray(feature * this.pixels, (feature + 1) * this.pixels);
    return cells.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  }

  get shownFeature() {
    return this.pointed >= 0 ? this.pointed : this.feature;
  }

  // --- equations and bars --------------------------------------------------------------------

  buildEquations() {
    const symbol = (name) => `<button type="button" data-symbol="${name}">${SYMBOLS[name].html}</button>`;
    this.say("equations").innerHTML =
      `[${["o", "f", "i", "g"].map(symbol).join(", ")}] = [σ, σ, σ, tanh](K<sup>ss</sup> * ` +
      `<button type="button" data-symbol="h_above">h<sub>above</sub></button> + K<sup>is</sup> * x)<br>` +
      `${symbol("c")} = ${symbol("f")} ⊙ ${symbol("c_above")} + ${symbol("i")} ⊙ ${symbol("g")}<br>` +
      `${symbol("h")} = ${symbol("o")} ⊙ tanh(${symbol("c")})`;
    this.say("names").innerHTML = NAMES.map(
      (name) => `<button type="button" data-symbol="${name}"><b>${SYMBOLS[name].html}</b> <i>${SYMBOLS[name].word}</i></button>`,
    ).join("");
    for (const button of this.root.querySelectorAll("[data-symbol]")) {
      const name = button.dataset.symbol;
      button.onpointerenter = button.onfocus = () => this.light(name);
      button.onpointerleave = button.onblur = () => this.light(null);
      button.onclick = () => name in SYMBOLS && this.set({ gate: name });
    }
  }

  light(name) {
    this.lit = name;
    this.draw();
  }

  listenToBars(canvas) {
    const at = (event) => {
      const box = canvas.getBoundingClientRect();
      const feature = Math.floor(((event.clientX - box.left) * this.meta.features) / box.width);
      const row = Math.floor((event.clientY - box.top) / ROW);
      return { feature: Math.max(0, Math.min(this.meta.features - 1, feature)), gate: NAMES[Math.max(0, Math.min(NAMES.length - 1, row))] };
    };
    canvas.addEventListener("pointermove", (event) => {
      const { feature, gate } = at(event);
      if (feature === this.pointed && gate === this.lit) return;
      this.pointed = feature;
      this.light(gate);
    });
    canvas.addEventListener("pointerleave", () => {
      this.pointed = -1;
      this.light(null);
    });
    canvas.addEventListener("click", (event) => this.set(at(event)));
    canvas.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (event.key === "Escape") canvas.blur();
      if (!step) return;
      const clamp = (value, most) => Math.max(0, Math.min(most, value));
      this.set({
        feature: clamp(this.feature + step[0], this.meta.features - 1),
        gate: NAMES[clamp(NAMES.indexOf(this.gate) + step[1], NAMES.length - 1)],
      });
      event.preventDefault();
      event.stopPropagation();
    });
  }

  drawBars() {
    const canvas = this.say("bars");
    const { colours, text } = this.theme;
    const width = this.say("strips").clientWidth - this.say("names").offsetWidth - 8;
    if (width < 40) return;
    const context = sharpContext(canvas, width, ROW * NAMES.length);
    const step = width / this.meta.features;
    const gap = step > 6 ? 1.5 : 0.5;
    NAMES.forEach((name, row) => {
      const { signed } = SYMBOLS[name];
      const top = row * ROW + 3;
      const high = ROW - 6;
      const zero = signed ? top + high / 2 : top + high;
      const full = this.fullBar(name);
      context.fillStyle = colours.future;
      context.fillRect(0, top, width, high);
      for (let feature = 0; feature < this.meta.features; feature++) {
        const value = this.value(name, feature);
        const length = (value / full) * (signed ? high / 2 : high);
        context.fillStyle = value < 0 ? colours.negative : colours.positive;
        context.fillRect(feature * step + gap / 2, Math.min(zero, zero - length), step - gap, Math.max(0.75, Math.abs(length)));
      }
      context.fillStyle = colours.quiet;
      context.fillRect(0, zero - 0.5, width, 1);
      if (name === this.lit || name === this.gate) {
        context.strokeStyle = name === this.lit ? colours.target : colours.quiet;
        context.lineWidth = 1.5;
        context.strokeRect(1, top - 2, width - 2, high + 4);
      }
    });
    context.strokeStyle = text;
    context.lineWidth = 1.5;
    context.strokeRect(this.shownFeature * step, 1, step, ROW * NAMES.length - 2);
    canvas.setAttribute(
      "aria-label",
      `Bars of ${this.meta.features} features, feature ${this.feature} chosen. Left and right choose a feature, up and down a symbol.`,
    );
  }

  // --- the two images ------------------------------------------------------------------------

  draw() {
    if (!this.meta || this.pixel === undefined || !this.root.isConnected) return;
    const width = this.root.clientWidth;
    if (width < 50) return;
    const side = Math.floor(Math.min(LARGEST_SIDE, width < 640 ? width : (width - 64 - 330) / 2));
    this.grid.place(3, 3, Math.max(side, 150) - 6);
    this.drawDigit();
    this.drawMap();
    this.drawBars();
    this.drawWords();
    for (const button of this.root.querySelectorAll("[data-symbol]")) {
      button.classList.toggle("lit", button.dataset.symbol === this.lit);
      if (button.dataset.symbol in SYMBOLS) button.setAttribute("aria-pressed", button.dataset.symbol === this.gate);
    }
  }

  begin(name) {
    return sharpContext(this.say(name), this.grid.width + 6, this.grid.height + 6);
  }

  /** The states of the row above that the pixel's own is computed from. */
  statesAbove() {
    const { columns, kernel } = this.meta;
    const column = this.pixel % columns;
    const reach = (kernel - 1) / 2;
    const above = this.pixel - columns;
    if (above < 0) return [];
    return Array.from({ length: kernel }, (_, tap) => tap - reach)
      .filter((by) => column + by >= 0 && column + by < columns)
      .map((by) => above + by);
  }

  /** The chosen pixel, and the states that the symbol under the pointer speaks of. */
  drawPlaces(context) {
    const { colours, text, ground } = this.theme;
    const places = this.lit === "h_above" ? this.statesAbove() : this.lit === "c_above" ? [this.pixel - this.meta.columns] : [];
    for (const place of places.filter((each) => each >= 0)) {
      const [x, y] = this.grid.centre(place);
      context.beginPath();
      context.arc(x, y, this.grid.cell * 0.36, 0, 7);
      context.lineWidth = 4;
      context.strokeStyle = ground;
      context.stroke();
      context.lineWidth = 2;
      context.strokeStyle = text;
      context.stroke();
    }
    if (this.hovered >= 0) this.grid.outline(context, this.hovered, colours.quiet, 1.5);
    this.grid.ring(context, this.pixel, colours.target, ground);
  }

  drawDigit() {
    const context = this.begin("digit");
    const { colours } = this.theme;
    this.grid.fill(context, (index) => (index > this.pixel ? mix(colours.future, colours.ink, this.data.x[index] ? 0.35 : 0) : this.data.x[index] ? colours.ink : colours.paper));
    this.grid.frame(context, colours.line);
    this.drawPlaces(context);
    this.say("digit").setAttribute("aria-label", `Test digit ${this.meta.digit}, pixel ${this.name(this.pixel)} chosen. Arrow keys move it.`);
  }

  colourOf(name, value, full) {
    const { colours } = this.theme;
    if (!SYMBOLS[name].signed) return onRamp(this.meta.ramp, value);
    const share = Math.min(1, Math.abs(value) / full);
    return mix(colours.paper, value < 0 ? colours.negative : colours.positive, share);
  }

  drawMap() {
    const context = this.begin("map");
    const feature = this.shownFeature;
    const name = this.lit in SYMBOLS ? this.lit : this.gate;
    const full = this.fullTone(name, feature);
    this.grid.fill(context, (index) => this.colourOf(name, this.value(name, feature, index), full));
    this.grid.frame(context, this.theme.colours.line);
    this.drawPlaces(context);
    const { html, word, signed } = SYMBOLS[name];
    this.say("map-name").innerHTML = `<b>${html}</b> (${word}) of feature ${feature}, over the image`;
    const stops = Array.from({ length: 9 }, (_, k) => this.colourOf(name, signed ? full * (k / 4 - 1) : k / 8, full));
    const [low, ramp, high] = this.say("scale").children;
    low.textContent = signed ? number(-full) : "0";
    high.textContent = signed ? number(full) : "1";
    ramp.style.setProperty("--scale", `linear-gradient(to right, ${stops.join(",")})`);
    this.say("map").setAttribute("aria-label", `${word} of feature ${feature} over the image, from ${low.textContent} to ${high.textContent}`);
  }

  // --- words ---------------------------------------------------------------------------------

  name(index) {
    return `row ${Math.floor(index / this.meta.columns)}, column ${index % this.meta.columns}`;
  }

  drawWords() {
    const feature = this.shownFeature;
    const p = this.data.p[this.pixel];
    this.say("at").innerHTML =
      `<b>${this.name(this.pixel).replace("row", "Row")}</b>: p(x = 1 | before) = <b>${p < 0.001 ? "< 0.001" : p > 0.999 ? "> 0.999" : p.toFixed(3)}</b>, ` +
      `and the pixel is a ${this.data.x[this.pixel]}. Nothing shown depends on it, or on the pale pixels after it.`;
    const [o, f, i, g, above, c, h] = NAMES.map((name) => this.value(name, feature));
    this.say("numbers").innerHTML =
      `<b>Feature ${feature}</b> at this pixel:<br>` +
      `<code>c = f · c<sub>above</sub> + i · g<br>&nbsp; = ${factor(f)} · ${factor(above)} + ${factor(i)} · ${factor(g)} = <b>${number(c)}</b></code><br>` +
      `<code>h = o · tanh(c) = ${factor(o)} · ${factor(Math.tanh(c))} = <b>${number(h)}</b></code>`;
    Object.assign(this.root.dataset, { shown: feature, p });
    const legend = [
      ["var(--positive)", "above 0: bar up"],
      ["var(--negative)", "below 0: bar down"],
    ];
    this.say("legend").innerHTML =
      legend.map(([colour, word]) => `<li><i style="width:12px;height:12px;background:${colour}"></i>${word}</li>`).join("") +
      `<li>full height: 1, for cells ${number(this.fullBar("c"))}, the largest at this pixel</li>`;
  }

  destroy() {
    clearTimeout(this.resting);
    this.resize.disconnect();
  }
}

const gatesViews = new WeakMap();

export default function row_lstm_gates({ parentElement, data, setTriggerValue }) {
  let view = gatesViews.get(parentElement);
  if (!view) {
    view = new GatesView(parentElement);
    gatesViews.set(parentElement, view);
  }
  view.update(unpack(data), { setTriggerValue });
  return () => {
    view.destroy();
    gatesViews.delete(parentElement);
  };
}
