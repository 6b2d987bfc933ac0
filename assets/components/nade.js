// NADE at work: the image filling up, the hidden units, the conditionals, and the running sum between them.
//
// The trace (values, probabilities, random numbers) is what the model computed. The running sum is
// done again here from the model's own weights, one column a step, which is all that NADE does; the
// largest difference between the probabilities that follow and the model's is kept on the element
// (data-check), so that a test can ask whether picture and model agree.

import { unpack } from "./wire.js";
import { themeOf, paletteToCss, onRamp, sharpContext } from "./theme.js";
import { Player } from "./player.js";
import { PixelGrid, gridPointer } from "./grid.js";
import { weightShelf } from "./weights.js";

const SPEEDS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
const MOST_EDGES = 48; // more lines than this between two places are a blur

const sigmoid = (z) => 1 / (1 + Math.exp(-z));
const minus = (text) => text.replace("-", "−");
const signed = (value, digits) => (Number.isFinite(value) ? minus(value.toFixed(digits)) : "−∞");
const probability = (p) => {
  if (p > 0.0005) return p > 0.9995 ? "> 0.999" : p.toFixed(3);
  const [digits, power] = p.toExponential(0).split("e-");
  return `${digits}·10⁻${[...power].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]).join("")}`;
};

/** What each value of each pixel adds to the sum, (D, 2, H): a 0 adds nothing unless the order is free. */
function columnsOf({ W, U, c }) {
  const H = c.length;
  const columns = new Float32Array(2 * W.length);
  for (let at = 0; at < W.length; at++) {
    const place = 2 * H * Math.floor(at / H) + (at % H);
    const seen = U.length ? U[at] : 0;
    columns[place] = seen;
    columns[place + H] = seen + W[at];
  }
  return columns;
}

class NadeView {
  constructor(parent) {
    this.root = parent.querySelector(".nade");
    this.canvas = this.root.querySelector(".picture");
    this.strips = this.root.querySelector(".strips");
    this.say = (name) => this.root.querySelector(`[data-say=${name}]`);
    this.hover = { place: null, index: -1 };
    this.lit = null;
    this.stroke = [];
    this.player = new Player(this.root.querySelector("[data-player]"), { onStep: () => this.draw(), onRest: (step) => this.rest(step) });
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
    this.onWeights = () => this.sums();
    weightShelf().changed.addEventListener("change", this.onWeights);
    gridPointer(this.canvas, {
      cellAt: (x, y) => this.gridX?.at(x, y) ?? -1,
      hover: (index, x, y) => this.point(index, x, y),
      during: (cells) => {
        this.stroke = cells.filter((index) => this.drawn(index));
        this.draw();
      },
      stroke: (cells) => this.paint(cells),
      columns: () => this.columns,
      count: () => this.rows * this.columns,
    });
    this.strips.addEventListener("pointermove", (event) => {
      const box = this.strips.getBoundingClientRect();
      const unit = Math.floor(((event.clientX - box.left - this.stripLeft) / this.stripWidth) * this.hidden);
      this.pointAt(unit >= 0 && unit < this.hidden ? "h" : null, unit);
    });
    this.strips.addEventListener("pointerleave", () => this.pointAt(null, -1));
    for (const term of this.root.querySelectorAll("[data-term]")) {
      term.onpointerenter = term.onfocus = () => this.light(term.dataset.term);
      term.onpointerleave = term.onblur = () => this.light(null);
    }
  }

  update({ meta, arrays }, { setTriggerValue }) {
    this.send = (cells) => setTriggerValue("flip", cells);
    const before = this.meta;
    const old = this.trace;
    this.meta = meta;
    this.trace = arrays;
    this.steps = arrays.order.length;
    this.rows = meta.rows;
    this.columns = meta.columns;
    this.rank = new Int32Array(this.steps);
    arrays.order.forEach((index, t) => (this.rank[index] = t));
    this.flips = new Set(meta.flips);
    this.theme = themeOf(this.root, meta.palette);
    paletteToCss(this.root, this.theme.colours);
    this.root.style.setProperty("--ramp", `linear-gradient(to right, ${meta.ramp.join(",")})`);
    this.root.classList.toggle("presenting", meta.present);
    if (before?.trace_id !== meta.trace_id) {
      const speed = this.steps > 100 ? 128 : 8;
      if (before?.model !== meta.model) this.player.speed.dataset.choices = "";
      this.player.load(this.steps, { speeds: SPEEDS, speed, unit: "step" });
      this.sums();
      this.start(before, old);
    } else {
      this.draw();
    }
    if (meta.goto && meta.goto.nonce !== this.nonce) {
      this.nonce = meta.goto.nonce;
      if (before) this.player.seek(meta.goto.step);
    }
  }

  /** Where a new trace begins: at the link's step, after the flip, or at the beginning, playing. */
  start(before, old) {
    const linked = Number(new URLSearchParams(location.search).get("step") ?? NaN);
    if (!before && lastSteps.has(this.meta.trace_id)) {
      // The same picture, mounted anew: to present it, or on the way back to the page.
      return this.player.seek(lastSteps.get(this.meta.trace_id));
    }
    if (before?.base_id !== this.meta.base_id) {
      // By a link, or by the browser's way back; on other changes Python has taken the step away.
      if (Number.isInteger(linked) && linked >= 0 && linked <= this.steps) return this.player.seek(linked);
      this.player.show(0);
      this.player.playByItself();
    } else {
      // The same random numbers: play on from the first value that differs.
      const differs = old.values.findIndex((value, t) => value !== this.trace.values[t] || this.flipStep(t, before));
      this.player.show(differs < 0 ? this.player.step : differs + 1);
      if (differs >= 0) this.player.playByItself();
    }
  }

  flipStep(t, before) {
    const index = this.trace.order[t];
    return this.flips.has(index) !== new Set(before.flips).has(index);
  }

  /** The running sum a of every step, and the conditionals that follow from it. */
  sums() {
    const weights = this.meta && weightShelf().byName.get(this.meta.model);
    this.weights = weights ?? null;
    if (!weights) return this.draw();
    const H = (this.hidden = weights.c.length);
    weights.columns ??= columnsOf(weights);
    const sum = Float64Array.from(weights.c);
    this.a = new Float32Array((this.steps + 1) * H);
    let check = 0;
    for (let t = 0; t <= this.steps; t++) {
      this.a.set(sum, t * H);
      if (t === this.steps) break;
      const index = this.trace.order[t];
      let z = weights.b[index];
      for (let k = 0; k < H; k++) z += weights.V[index * H + k] * this.hiddenAt(t, k);
      if (this.meta.temperature === 1) check = Math.max(check, Math.abs(sigmoid(z) - this.trace.p[t]));
      const column = (2 * index + this.trace.values[t]) * H;
      for (let k = 0; k < H; k++) sum[k] += weights.columns[column + k];
    }
    this.root.dataset.check = check;
    this.largest = [weights.columns, weights.V].map((all) => all.reduce((most, w) => Math.max(most, Math.abs(w)), 1e-9));
    this.draw();
  }

  hiddenAt(t, k) {
    return t === 0 && this.trace.first_h?.length ? this.trace.first_h[k] : sigmoid(this.a[t * this.hidden + k]);
  }

  /** The value of a drawn dimension, as it stands under the student's brush. */
  valueAt(index) {
    const value = this.trace.values[this.rank[index]];
    return this.stroke.includes(index) ? this.trace.values[this.rank[this.stroke[0]]] ^ 1 : value;
  }

  drawn(index) {
    return this.rank[index] < this.player.step;
  }

  paint(cells) {
    const drawn = cells.filter((index) => this.drawn(index));
    this.stroke = [];
    if (drawn.length === 0) {
      if (cells.length === 1) this.player.seek(this.rank[cells[0]]);
      return;
    }
    const value = this.trace.values[this.rank[drawn[0]]] ^ 1;
    this.player.pause();
    this.stroke = drawn; // stays on screen until the new trace arrives
    this.draw();
    this.stroke = [];
    this.send(drawn.map((index) => [index, value]));
  }

  rest(step) {
    const url = new URL(location.href);
    if (step === 0 || step === this.steps) url.searchParams.delete("step");
    else url.searchParams.set("step", step);
    if (url.href !== location.href) history.replaceState(history.state, "", url);
    this.root.dataset.step = step;
  }

  point(index, x, y) {
    if (index >= 0) return this.pointAt("x", index);
    const output = this.gridP?.at(x, y) ?? -1;
    if (output >= 0) return this.pointAt("p", output);
    this.pointAt(...(this.unitAt(x, y) >= 0 ? ["h", this.unitAt(x, y)] : [null, -1]));
  }

  pointAt(place, index) {
    if (this.hover.place === place && this.hover.index === index) return;
    this.hover = { place, index };
    this.canvas.style.cursor = place === "x" ? (this.drawn(index) ? "cell" : "pointer") : "default";
    this.light(place);
  }

  light(term) {
    this.lit = term;
    for (const element of this.root.querySelectorAll("[data-term]")) {
      element.classList.toggle("lit", element.dataset.term === term);
    }
    this.draw();
  }

  unitAt(x, y) {
    if (!this.units) return -1;
    const { left, top, columns, pitch } = this.units;
    const column = Math.floor((x - left) / pitch);
    const row = Math.floor((y - top) / pitch);
    const unit = row * columns + column;
    return column >= 0 && column < columns && row >= 0 && unit < this.hidden ? unit : -1;
  }

  // --- drawing ------------------------------------------------------------------------------

  draw() {
    if (!this.meta || !this.root.isConnected) return;
    const width = this.root.clientWidth;
    if (width < 50) return;
    const t = this.player.step;
    this.layout(width);
    const context = sharpContext(this.canvas, width, this.height);
    this.titles(context);
    if (this.weights) this.edges(context, t);
    this.drawX(context, t);
    this.drawP(context, t);
    if (this.weights) this.drawHidden(context, t);
    if (this.weights) this.drawStrips(width, t);
    this.read(t);
  }

  layout(width) {
    const tall = this.meta.present ? Math.min(560, window.innerHeight - 330) : 292;
    const narrow = width < 560;
    const H = this.hidden ?? 1;
    const middle = narrow ? 0.16 : 0.24;
    const side = Math.min((width * (1 - middle)) / 2 - 6, Math.max(160, tall));
    const top = 24;
    this.gridX ??= new PixelGrid(this.rows, this.columns);
    this.gridP ??= new PixelGrid(this.rows, this.columns);
    if (this.gridX.rows !== this.rows) {
      this.gridX = new PixelGrid(this.rows, this.columns);
      this.gridP = new PixelGrid(this.rows, this.columns);
    }
    this.gridX.place(3, top, side);
    this.gridP.place(width - side - 3, top, side);
    const gap = width - 2 * side - 6;
    const columns = H <= 40 ? (narrow ? 1 : 2) : Math.max(1, Math.round(Math.sqrt((H * Math.min(gap * 0.34, 110)) / side)));
    const pitch = Math.min(side / Math.ceil(H / columns), 16);
    const tallness = pitch * Math.ceil(H / columns);
    this.units = { columns, pitch, left: (width - columns * pitch) / 2, top: top + (side - tallness) / 2, round: H <= 40 };
    this.height = top + side + 6;
  }

  unitCentre(k) {
    const { left, top, columns, pitch } = this.units;
    return [left + ((k % columns) + 0.5) * pitch, top + (Math.floor(k / columns) + 0.5) * pitch];
  }

  titles(context) {
    const { colours, font, text } = this.theme;
    const title = (term, words, x) => {
      context.fillStyle = this.lit === term ? text : colours.quiet;
      context.font = `${this.lit === term ? 600 : 400} 13px ${font}`;
      context.textAlign = "center";
      context.fillText(words, x, 13);
    };
    const narrow = this.root.clientWidth < 560;
    title("x", narrow ? "x" : "x: the image so far", this.gridX.x + this.gridX.width / 2);
    title("h", narrow ? "h" : `h: ${this.hidden ?? ""} hidden units`, this.root.clientWidth / 2);
    title("p", narrow ? "p(x = 1 | earlier)" : "p(x = 1 | earlier), asked in turn", this.gridP.x + this.gridP.width / 2);
  }

  /** The strongest of the lines between one cell and the hidden units, by the size of their weight. */
  edges(context, t) {
    const H = this.hidden;
    const bundle = (weightOf, largest, from, into, term) => {
      const units = Array.from({ length: H }, (_, k) => k)
        .filter((k) => weightOf(k) !== 0)
        .sort((i, j) => Math.abs(weightOf(j)) - Math.abs(weightOf(i)))
        .slice(0, MOST_EDGES);
      const dim = this.lit && ![term, "a"].includes(this.lit) && !(this.lit === "h" && this.hover.place === "h") ? 0.12 : 1;
      for (const k of units.reverse()) {
        const weight = weightOf(k);
        const strength = Math.abs(weight) / largest;
        const [hx, hy] = this.unitCentre(k);
        const [x0, y0, x1, y1] = into ? [...from, hx, hy] : [hx, hy, ...from];
        const bend = (x1 - x0) * 0.45;
        context.strokeStyle = weight > 0 ? this.theme.colours.positive : this.theme.colours.negative;
        context.setLineDash(weight > 0 ? [] : [4, 3]);
        context.globalAlpha = dim * (this.hover.place === "h" && this.hover.index !== k ? 0.15 : 0.25 + 0.6 * strength);
        context.lineWidth = 0.4 + 2.6 * strength;
        context.beginPath();
        context.moveTo(x0, y0);
        context.bezierCurveTo(x0 + bend, y0, x1 - bend, y1, x1, y1);
        context.stroke();
      }
      context.globalAlpha = 1;
      context.setLineDash([]);
    };
    if (t > 0) {
      const index = this.trace.order[t - 1];
      const column = (2 * index + this.trace.values[t - 1]) * H;
      bundle((k) => this.weights.columns[column + k], this.largest[0], this.gridX.centre(index), true, "W");
    }
    if (t < this.steps) {
      const index = this.trace.order[t];
      bundle((k) => this.weights.V[index * H + k], this.largest[1], this.gridP.centre(index), false, "V");
    }
  }

  drawX(context, t) {
    const { colours } = this.theme;
    const grid = this.gridX;
    this.clear(context, grid);
    grid.fill(context, (index) => {
      if (!this.drawn(index)) return colours.future;
      return this.valueAt(index) ? colours.ink : colours.paper;
    });
    this.receptive(context, grid, this.weights && ((index) => this.weights.columns[(2 * index + 1) * this.hidden + this.hover.index]), 0);
    grid.frame(context, colours.line);
    for (let s = 0; s < t; s++) {
      const index = this.trace.order[s];
      if (this.flips.has(index)) grid.cross(context, index, colours.flipped);
      else if (this.flips.size && this.trace.values[s] !== this.trace.base[s]) grid.dogEar(context, index, colours.changed);
    }
    if (t > 0) grid.ring(context, this.trace.order[t - 1], colours["drawn-now"], this.theme.dark ? "#000" : "#1F2430");
    if (t < this.steps) grid.outline(context, this.trace.order[t], colours.target, 2.5);
    if (this.hover.place === "x" || this.hover.place === "p") {
      for (const each of [this.gridX, this.gridP]) each.outline(context, this.hover.index, this.theme.text, 1.5);
    }
  }

  drawP(context, t) {
    const { colours } = this.theme;
    const asked = Math.min(t + 1, this.steps);
    this.clear(context, this.gridP);
    this.gridP.fill(context, (index) =>
      this.rank[index] < asked ? onRamp(this.meta.ramp, this.trace.p[this.rank[index]]) : colours.future,
    );
    this.receptive(context, this.gridP, this.weights && ((index) => this.weights.V[index * this.hidden + this.hover.index]), 1);
    this.gridP.frame(context, colours.line);
    if (t < this.steps) this.gridP.outline(context, this.trace.order[t], colours.target, 2.5);
    if (this.hover.place === "x" || this.hover.place === "p") this.gridP.outline(context, this.hover.index, this.theme.text, 1.5);
  }

  /** An empty ground for a grid, over the ends of the lines. */
  clear(context, grid) {
    context.fillStyle = this.theme.ground;
    context.fillRect(grid.x - 1, grid.y - 1, grid.width + 2, grid.height + 2);
  }

  /** With the pointer on a hidden unit: its weight at every cell, over the image. */
  receptive(context, grid, weightOf, which) {
    if (this.hover.place !== "h" || !weightOf) return;
    const { colours } = this.theme;
    this.clear(context, grid);
    let largest = 1e-9;
    for (let index = 0; index < this.steps; index++) largest = Math.max(largest, Math.abs(weightOf(index)));
    grid.fill(context, (index) => {
      const weight = weightOf(index) / largest;
      context.globalAlpha = Math.abs(weight);
      return weight > 0 ? colours.positive : colours.negative;
    });
    context.globalAlpha = 1;
  }

  drawHidden(context, t) {
    const { pitch, round } = this.units;
    const { colours, text } = this.theme;
    for (let k = 0; k < this.hidden; k++) {
      const [x, y] = this.unitCentre(k);
      context.fillStyle = onRamp(this.meta.ramp, this.hiddenAt(t, k));
      context.beginPath();
      if (round) context.arc(x, y, pitch * 0.42, 0, 7);
      else context.rect(x - pitch * 0.46, y - pitch * 0.46, pitch * 0.92, pitch * 0.92);
      context.fill();
      if (round) {
        context.strokeStyle = colours.line;
        context.lineWidth = 1;
        context.stroke();
      }
    }
    if (this.hover.place === "h") {
      const [x, y] = this.unitCentre(this.hover.index);
      context.strokeStyle = text;
      context.lineWidth = 2;
      context.beginPath();
      context.arc(x, y, Math.max(5, pitch * 0.6), 0, 7);
      context.stroke();
    }
  }

  /** a_t, the column that the last value added, and the hidden units as one bar of cells each. */
  drawStrips(width, t) {
    const H = this.hidden;
    const row = 13;
    const label = width < 560 ? 46 : 96;
    this.stripLeft = label;
    this.stripWidth = width - label - 2;
    const context = sharpContext(this.strips, width, 3 * row + 8);
    const before = Math.max(0, t - 1);
    const rows = [
      ["a", width < 560 ? "before" : "sum before", (k) => this.a[before * H + k]],
      ["W", width < 560 ? "+ W" : "+ column of W", (k) => this.a[t * H + k] - this.a[before * H + k]],
      ["a", width < 560 ? "= sum" : "= running sum", (k) => this.a[t * H + k]],
    ];
    const scale = 4;
    rows.forEach(([term, words, of], number) => {
      const y = number * (row + 3);
      context.fillStyle = this.lit === term ? this.theme.text : this.theme.colours.quiet;
      context.font = `12px ${this.theme.font}`;
      context.textAlign = "left";
      context.fillText(words, 0, y + row - 3);
      context.fillStyle = this.theme.colours.future;
      context.fillRect(label, y, this.stripWidth, row);
      const each = this.stripWidth / H;
      for (let k = 0; k < H; k++) {
        const value = of(k);
        context.fillStyle = value > 0 ? this.theme.colours.positive : this.theme.colours.negative;
        const tall = Math.min(1, Math.abs(value) / scale) * (row / 2);
        context.fillRect(label + k * each, value > 0 ? y + row / 2 - tall : y + row / 2, Math.max(0.6, each - (each > 4 ? 1 : 0)), tall);
      }
      if (this.hover.place === "h") {
        context.strokeStyle = this.theme.text;
        context.lineWidth = 1;
        context.strokeRect(label + this.hover.index * each - 1, y - 1, each + 2, row + 2);
      }
    });
  }

  // --- words --------------------------------------------------------------------------------

  read(t) {
    const pointed = this.hover.place === "x" || this.hover.place === "p" ? this.rank[this.hover.index] : t;
    const step = Math.min(pointed, this.steps - 1);
    const index = this.trace.order[step];
    const { p, u, values } = this.trace;
    const known = step <= t;
    const plain = this.meta.temperature === 1;
    this.say("open").textContent = plain ? "" : "(";
    this.say("close").textContent = plain ? "" : `) / ${this.meta.temperature}`;
    const name = `x<sub>${Math.floor(index / this.columns)},${index % this.columns}</sub>`;
    const fixed = this.flips.has(index);
    for (const element of this.root.querySelectorAll("[data-name]")) element.innerHTML = name;
    this.say("earlier").textContent = step === 0 ? "nothing" : `${step} earlier`;
    this.say("p").textContent = known ? probability(p[step]) : "…";
    this.say("u").textContent = known ? u[step].toFixed(3) : "…";
    this.say("part").textContent = !known ? "…" : u[step] >= 1 - p[step] ? "1" : "0";
    const bar = this.root.querySelector(".chance");
    bar.style.setProperty("--p", known ? p[step] : 0);
    bar.style.setProperty("--u", known ? u[step] : 0);
    bar.classList.toggle("unknown", !known);
    let verdict = "";
    if (!known) verdict = `drawn at step ${step + 1}, not yet asked`;
    else if (fixed) verdict = `flipped by hand to ${values[step]}`;
    else if (step === t) verdict = `so ${values[step]} is drawn next`;
    else verdict = `so ${values[step]} was drawn` + (pointed === this.steps ? ", the last" : "");
    this.say("verdict").textContent = verdict;
    let total = 0;
    for (let s = 0; s < t; s++) total += Math.log(values[s] ? p[s] : 1 - p[s]);
    const bits = t ? -total / Math.LN2 / t : 0;
    this.say("total").innerHTML =
      `log p of the ${t} drawn so far: <b>${signed(total, 2)}</b> nats` + (t && Number.isFinite(bits) ? ` · ${bits.toFixed(3)} bits/dim` : "");
    this.changes(t);
    this.pointed();
    this.canvas.setAttribute("aria-label", `NADE drawing a digit: ${t} of ${this.steps} pixels are drawn. ${this.say("total").textContent}. ${this.say("note").textContent}`);
  }

  changes(t) {
    const note = this.say("note");
    if (this.hover.place === "h") return;
    if (this.flips.size === 0) {
      note.innerHTML = t > 0 ? "Click a drawn pixel to flip it, or paint over several: what follows is drawn again with the same random numbers." : "The first conditional has read nothing yet: press play.";
      return;
    }
    const first = Math.min(...[...this.flips].map((index) => this.rank[index]));
    let later = 0;
    let changed = 0;
    for (let s = first + 1; s < t; s++) {
      if (this.flips.has(this.trace.order[s])) continue;
      later++;
      changed += this.trace.values[s] !== this.trace.base[s];
    }
    note.innerHTML = `${this.flips.size} flipped by hand <i class="mark flip"></i>; of ${later} drawn after, <b>${changed}</b> came out otherwise <i class="mark ear"></i>. Same random numbers: this is the flip's influence alone.`;
  }

  /** With the pointer on a hidden unit, what that unit is. */
  pointed() {
    if (this.hover.place !== "h" || !this.weights) return;
    const k = this.hover.index;
    const t = this.player.step;
    this.say("note").innerHTML =
      `Hidden unit ${k + 1}: sum a = ${signed(this.a[t * this.hidden + k], 2)}, h = ${signed(this.hiddenAt(t, k), 3)}. ` +
      "Left, what each pixel adds to it when it is 1 (W); right, what it adds to each pixel's logit (V).";
  }

  destroy() {
    if (this.meta) lastSteps.set(this.meta.trace_id, this.player.step);
    this.player.destroy();
    this.resize.disconnect();
    weightShelf().changed.removeEventListener("change", this.onWeights);
  }
}

const views = new WeakMap();
const lastSteps = new Map(); // where a trace stood when its picture went

export default function nade({ parentElement, data, setTriggerValue }) {
  let view = views.get(parentElement);
  if (!view) {
    view = new NadeView(parentElement);
    views.set(parentElement, view);
  }
  view.update(unpack(data), { setTriggerValue });
  return () => {
    view.destroy();
    views.delete(parentElement);
  };
}
