// The Diagonal BiLSTM: a bidirectional RNN, the skew, the sweep of the diagonals, and what is read.
//
// Python sends, once for each configuration (weights.js keeps them), where the skew puts each pixel
// and, for every target and pixel, the first layer after which it is read: by the output and by
// either direction. All else is looked up here.

import { sharpContext } from "./theme.js";
import { PixelGrid } from "./grid.js";
import { drawMark, drawTarget } from "./marks.js";
import { FieldView, NEVER, fromAddress, percent, plural } from "./field_view.js";
import { unpack } from "./wire.js";

const NARROW = 640;
const EDGE = 3; // room for an outline at the border of a canvas
const HEAD = 20; // the line of numbers over a map
const SKEWED = 100; // steps from the image to the skewed map
const WAYS = ["direct", "mirrored"];
const WAY_NAMES = { direct: "first direction", mirrored: "second direction" };
// Steps a second, and what a step is called.
const PLAYS = {
  primer: { unit: "step", speeds: [0.5, 1, 2, 4], speed: 1 },
  skew: { unit: "skew", speeds: [10, 25, 50, 100], speed: 50 },
  mirror: { unit: "skew", speeds: [10, 25, 50, 100], speed: 50 },
  sweep: { unit: "diagonal", speeds: [1, 2, 4, 8, 16], speed: 4 },
  contexts: { unit: "layer", speeds: [0.5, 1, 2, 4], speed: 1 },
};
const OUTPUTS_AT_ONCE = 1; // steps that the primer's outputs take, after all states
const PRIMER = { width: 560, height: 290, left: 150, apart: 140, radius: 21, rows: { y: 30, b: 110, f: 185, x: 258 } };
const PRIMER_ROWS = { y: "outputs", b: "backward", f: "forward", x: "inputs" };

const sub = (number) => [...String(number)].map((digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]).join("");
const listed = (names) => (names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);

/** A mark of marks.js, or of what the two directions read: "direct", "mirrored", "both", "now". */
function drawDirection(context, mark, x, y, size, theme) {
  const { colours, ground } = theme;
  if (mark === "now") {
    context.fillStyle = colours["drawn-now"];
    context.fillRect(x, y, size, size);
    context.strokeStyle = theme.dark ? ground : theme.text;
    context.lineWidth = 1;
    context.strokeRect(x + 0.5, y + 0.5, size - 1, size - 1);
  } else if (mark === "direct" || mark === "both") {
    drawMark(context, "seen", x, y, size, theme);
    if (mark === "direct") return;
    context.fillStyle = colours["seen-second"];
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(x + size, y);
    context.lineTo(x + size, y + size);
    context.fill();
    context.strokeStyle = ground;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(x + size, y + size);
    context.stroke();
  } else if (mark === "mirrored") {
    drawMark(context, "seen", x, y, size, { ...theme, colours: { ...colours, seen: colours["seen-second"] } });
    context.strokeStyle = ground;
    context.globalAlpha = 0.6;
    context.lineWidth = Math.max(0.75, size / 16);
    context.beginPath();
    for (const at of [0.3, 0.7]) {
      context.moveTo(x + at * size, y);
      context.lineTo(x + at * size, y + size);
    }
    context.stroke();
    context.globalAlpha = 1;
  } else {
    drawMark(context, mark, x, y, size, theme);
    if (mark !== "leak") return;
    context.strokeStyle = ground;
    context.lineWidth = Math.max(1.5, size / 9);
    context.beginPath();
    context.moveTo(x + 0.3 * size, y + 0.3 * size);
    context.lineTo(x + 0.7 * size, y + 0.7 * size);
    context.moveTo(x + 0.7 * size, y + 0.3 * size);
    context.lineTo(x + 0.3 * size, y + 0.7 * size);
    context.stroke();
  }
}

class DiagonalView extends FieldView {
  constructor(parent) {
    super(parent.querySelector(".diagonal"));
    this.map = this.say("map");
    for (const button of this.root.querySelectorAll("[data-view]")) {
      button.onclick = () => this.show(button.dataset.view);
    }
    this.buildPrimer();
    this.buildPanels();
    this.listen(this.map, (x, y) => this.cells.find((cell) => x >= cell.x && x < cell.x + cell.size && y >= cell.y && y < cell.y + cell.size)?.index ?? -1);
  }

  receive(before) {
    if (before?.tables !== this.meta.tables) this.readSkew();
  }

  /** Where the skew puts each pixel: [row, column] of either map, and the diagonals' pixels. */
  readSkew() {
    const { rows, columns } = this.meta;
    this.diagonals = columns + rows - 1;
    this.places = {};
    this.onDiagonal = {};
    for (const way of WAYS) {
      this.places[way] = Array(this.pixels);
      this.onDiagonal[way] = Array.from({ length: this.diagonals }, () => []);
      this.tables[`skewed ${way}`].forEach((index, cell) => {
        if (index < 0) return;
        const [row, column] = [Math.floor(cell / this.diagonals), cell % this.diagonals];
        this.places[way][index] = [row, column];
        this.onDiagonal[way][column].push(index);
      });
    }
  }

  /** How many steps the player has in a view. */
  stepsOf(view) {
    return { primer: this.inputs + OUTPUTS_AT_ONCE, skew: SKEWED, mirror: SKEWED, sweep: 2 * this.diagonals, contexts: this.meta.layers }[view];
  }

  /** The step at which a view opens. */
  startOf(view) {
    return { primer: this.stepsOf("primer"), skew: 0, mirror: 0, sweep: this.meta.rows, contexts: this.meta.depth }[view];
  }

  /** Inputs of the bidirectional RNN. */
  get inputs() {
    return Math.sqrt(this.tables["primer direct"].length);
  }

  get usual() {
    return { target: this.meta.target, depth: this.meta.depth, view: "primer", step: null };
  }

  arrive(before) {
    const { rows, columns, layers } = this.meta;
    const query = new URLSearchParams(location.search);
    // Another kernel or shift changes what is read: that is then what there is to see.
    const changed = before && before.rows === rows && before.columns === columns;
    const view = changed ? "contexts" : Object.keys(PLAYS).find((each) => each === query.get("view")) ?? (before ? this.view : "primer");
    const kept = before && { target: this.scaled(before), depth: this.depth };
    const limits = { target: this.pixels - 1, depth: layers, ...(before ? {} : { step: this.stepsOf(view) }) };
    return { ...this.usual, ...kept, ...fromAddress(limits), view };
  }

  go({ target, depth, view, step = null, play = false }) {
    this.target = target;
    this.at = Object.fromEntries(Object.keys(PLAYS).map((each) => [each, this.startOf(each)]));
    this.at.contexts = depth;
    if (step !== null && view !== "contexts") this.at[view] = step;
    this.chosen = null;
    this.show(view);
    if (play) this.playAll();
  }

  show(view) {
    this.view = view;
    this.hovered = -1;
    for (const button of this.root.querySelectorAll("[data-view]")) {
      button.setAttribute("aria-pressed", button.dataset.view === view);
    }
    this.say("primer").toggleAttribute("hidden", view !== "primer");
    this.map.hidden = view === "primer" || view === "contexts";
    this.say("panels").hidden = view !== "contexts";
    this.player.load(this.stepsOf(view), PLAYS[view]);
    this.player.seek(this.at[view]);
    this.drawLegend();
  }

  step(step) {
    this.at[this.view] = step;
    this.draw();
  }

  get depth() {
    return this.at.contexts;
  }

  kept() {
    const { target, depth } = this.meta;
    const step = this.at[this.view];
    return {
      target: [this.target, target],
      depth: [this.depth, depth],
      view: [this.view, "primer"],
      step: [step, this.view === "contexts" ? step : this.startOf(this.view)], // there the depth says it
    };
  }

  commit() {
    if (!this.dragging) super.commit(); // a drag is kept when it ends
  }

  // --- the pointer and the keys --------------------------------------------------------------

  /** A finger has to meet the target's own cell: a map of small cells may show it twice. */
  listen(canvas, at) {
    const grid = () => ({ rows: this.meta.rows, columns: this.meta.columns, at });
    super.listen(canvas, grid, (x, y) => at(x, y) === this.target);
  }

  hint() {
    if (this.view === "primer") this.say("keys").textContent = "Point at a circle, or reach it with Tab.";
    else super.hint("Click or drag a pixel.");
  }

  // --- the skew, from the tables -------------------------------------------------------------

  /** The pixels whose states the one at `index` reads: the cells at (r, t - 1) and (r - 1, t - 1). */
  before(way, index) {
    const [row, column] = this.places[way][index];
    const at = (r, t) => (r < 0 || t < 0 ? -1 : this.tables[`skewed ${way}`][r * this.diagonals + t]);
    return [at(row, column - 1), at(row - 1, column - 1)].filter((found) => found >= 0);
  }

  diagonalOf(way, index) {
    return this.places[way][index][1];
  }

  /** The direction that the view shows now. */
  get way() {
    if (this.view === "sweep") return this.at.sweep > this.diagonals ? "mirrored" : "direct";
    return this.view === "mirror" ? "mirrored" : "direct";
  }

  // --- what the tables say -------------------------------------------------------------------

  /** The mark of a pixel in a panel, or null: earlier, and not read by this direction. */
  markOf(panel, pixel) {
    const read = (table) => this.first(table, pixel) <= this.depth;
    if (read(panel) && pixel >= this.target) return "leak";
    if (panel !== "output") return read(panel) ? panel : pixel > this.target ? "future" : null;
    if (pixel === this.target) return null;
    if (pixel > this.target) return "future";
    if (WAYS.every(read)) return "both";
    if (read("mirrored")) return "mirrored";
    if (read("output")) return "direct";
    return this.first("output", pixel) === NEVER ? "blind" : "depth-limited";
  }

  count(panel) {
    const counts = { read: 0, leaks: 0, blind: 0 };
    for (let pixel = 0; pixel < this.pixels; pixel++) {
      const read = this.first(panel, pixel) <= this.depth;
      if (pixel >= this.target) counts.leaks += read;
      else counts.read += read;
      counts.blind += pixel < this.target && this.first("output", pixel) === NEVER;
    }
    return counts;
  }

  // --- drawing -------------------------------------------------------------------------------

  paint(width) {
    this.wide = width;
    this.high = Math.max(230, Math.min(this.meta.present ? 700 : 520, window.innerHeight - (this.meta.present ? 250 : 300)));
    if (this.view === "primer") this.drawPrimer();
    else if (this.view === "contexts") this.drawContexts();
    else if (this.view === "sweep") this.drawSweep();
    else this.drawSkew();
    this.read();
    this.hint();
  }

  /** A cell of a map, remembered for the pointer. */
  cell(context, index, mark, x, y, size, number) {
    const gap = size > 10 ? 2 : 1;
    this.cells.push({ index, x, y, size });
    const square = [x + gap / 2, y + gap / 2, size - gap];
    drawDirection(context, mark, ...square, this.theme);
    if (size >= 15 && number !== undefined) {
      const { colours, text, ground, font, dark } = this.theme;
      context.fillStyle = mark === "now" ? colours[dark ? "paper" : "ink"] : mark === "blank" ? colours.quiet : mark === "future" ? text : ground;
      context.font = `${Math.min(13, size * 0.48)}px ${font}`;
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.fillText(number, x + size / 2, y + size / 2 + 0.5);
    }
    return square;
  }

  /** Arrows from the states that are read to the one that reads them, clear of the numbers. */
  arrows(context, way, index, centre) {
    const to = centre(index);
    for (const from of this.before(way, index).map(centre)) {
      const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
      const along = (share) => [from[0] + share * dx, from[1] + share * dy];
      const head = Math.min(6, 0.22 * Math.hypot(dx, dy));
      const turn = Math.atan2(dy, dx);
      const [tip, end] = [along(0.74), along(0.3)];
      const wings = [2.6, -2.6].map((by) => [tip[0] + head * Math.cos(turn + by), tip[1] + head * Math.sin(turn + by)]);
      for (const [colour, width] of [[this.theme.ground, 5], [this.theme.colours.target, 2]]) {
        context.strokeStyle = context.fillStyle = colour;
        context.lineWidth = width;
        context.lineJoin = "round";
        context.beginPath();
        context.moveTo(...end);
        context.lineTo(...tip);
        context.moveTo(...wings[0]);
        context.lineTo(...tip);
        context.lineTo(...wings[1]);
        context.stroke();
      }
    }
  }

  title(context, words, x, y) {
    context.fillStyle = this.theme.colours.quiet;
    context.font = `12px ${this.theme.font}`;
    context.textAlign = "left";
    context.textBaseline = "alphabetic";
    context.fillText(words, x, y);
  }

  /** The image on its way to the skewed map: for the second direction it first turns over. */
  drawSkew() {
    const { rows, columns } = this.meta;
    const { way, theme } = this;
    const done = this.at[this.view] / SKEWED;
    const size = Math.floor(Math.min((this.wide - 2 * EDGE) / this.diagonals, (this.high - HEAD) / rows, 44));
    const context = sharpContext(this.map, size * this.diagonals + 2 * EDGE, size * rows + HEAD + 2 * EDGE);
    this.cells = [];
    const turned = way === "mirrored" ? Math.min(1, 2 * done) : 1;
    const moved = way === "mirrored" ? Math.max(0, 2 * done - 1) : done;
    const corner = (index) => {
      const [row, column] = this.places[way][index];
      const across = index % columns + (column - row - (index % columns)) * turned;
      return [EDGE + (across + row * moved) * size, EDGE + HEAD + row * size];
    };
    const narrowed = way === "mirrored" ? Math.abs(1 - 2 * turned) : 1; // of a cell that turns over
    const centre = (index) => corner(index).map((at) => at + size / 2);
    context.strokeStyle = theme.colours.line;
    context.lineWidth = 1;
    context.setLineDash([2, 3]);
    for (let at = 0; at < rows * this.diagonals; at++) {
      const [x, y] = [(at % this.diagonals) * size + EDGE, Math.floor(at / this.diagonals) * size + EDGE + HEAD];
      context.strokeRect(x + 1.5, y + 1.5, size - 3, size - 3);
    }
    context.setLineDash([]);
    const map = way === "mirrored" ? "the mirrored image" : "the image";
    const words = done === 0 ? "the image" : narrowed < 1 ? "turning over" : moved === 0 ? map : moved < 1 ? `${map}, moving` : `${map}, skewed`;
    this.title(context, `${words}; the numbers count the diagonals`, EDGE, EDGE + HEAD - 7);
    const at = this.pointed;
    const reads = this.before(way, at);
    for (let index = 0; index < this.pixels; index++) {
      const diagonal = this.diagonalOf(way, index);
      const mark = reads.includes(index) ? way : diagonal === this.diagonalOf(way, at) ? "now" : "blank";
      const [x, y] = corner(index);
      const middle = x + size / 2;
      context.save();
      context.translate(middle, 0);
      context.scale(Math.max(0.05, narrowed), 1);
      context.translate(-middle, 0);
      this.cell(context, index, mark, x, y, size, narrowed > 0.7 ? diagonal + 1 : undefined);
      context.restore();
    }
    if (narrowed === 1) this.arrows(context, way, at, centre);
    const [x, y] = corner(at);
    drawTarget(context, x + 1, y + 1, size - 2, theme);
    Object.assign(this.map.dataset, { cell: size, reads: reads.join(" "), x: x.toFixed(1), y: y.toFixed(1) });
    this.map.setAttribute("aria-label", `The ${WAY_NAMES[way]}'s map, ${this.at[this.view]} percent skewed. Arrow keys move the target.`);
  }

  /** The image and its skewed map, with the diagonal that is computed now. */
  drawSweep() {
    const { rows, columns } = this.meta;
    const { way, theme } = this;
    const time = this.time;
    const stacked = this.wide < NARROW;
    const across = stacked ? this.diagonals : columns + this.diagonals + 1;
    const down = stacked ? 2 * rows : rows;
    const heads = stacked ? 2 * HEAD : HEAD;
    const size = Math.floor(Math.min((this.wide - 2 * EDGE) / across, stacked ? 44 : (this.high - heads) / down, 44));
    const context = sharpContext(this.map, size * across + 2 * EDGE, size * down + heads + 2 * EDGE);
    this.cells = [];
    const top = EDGE + HEAD;
    const [mapX, mapY] = stacked ? [EDGE, top + rows * size + HEAD] : [EDGE + (columns + 1) * size, top];
    const inImage = (index) => [EDGE + (index % columns) * size, top + Math.floor(index / columns) * size];
    const inMap = (index) => {
      const [row, column] = this.places[way][index];
      return [mapX + column * size, mapY + row * size];
    };
    this.title(context, "image", EDGE, top - 7);
    this.title(context, way === "mirrored" ? "mirrored and skewed" : "skewed", mapX, mapY - 7);
    for (let index = 0; index < this.pixels; index++) {
      const diagonal = this.diagonalOf(way, index);
      const mark = diagonal === time - 1 ? "now" : diagonal < time - 1 ? way : "future";
      for (const corner of [inImage, inMap]) this.cell(context, index, mark, ...corner(index), size);
    }
    for (const corner of [inImage, inMap]) {
      this.arrows(context, way, this.pointed, (index) => corner(index).map((at) => at + size / 2));
      const [x, y] = corner(this.pointed);
      drawTarget(context, x + 1, y + 1, size - 2, theme);
    }
    Object.assign(this.map.dataset, { cell: size, now: time ? this.onDiagonal[way][time - 1].length : 0, way });
    this.map.setAttribute("aria-label", `The ${WAY_NAMES[way]} after ${time} of ${this.diagonals} diagonals.`);
  }

  /** How many diagonals the direction that is shown has computed. */
  get time() {
    return this.at.sweep > this.diagonals ? this.at.sweep - this.diagonals : this.at.sweep;
  }

  buildPanels() {
    const titles = { direct: "First direction", mirrored: "Second direction", output: "Both together" };
    this.panels = Object.entries(titles).map(([name, title], number) => {
      const figure = document.createElement("figure");
      figure.className = "panel";
      figure.dataset.of = name;
      figure.innerHTML = `
        <figcaption><b>${title}</b><span></span></figcaption>
        <canvas class="grid" role="application" tabindex="${number === 2 ? 0 : -1}"></canvas>
        <p class="counts"></p>`;
      this.say("panels").append(figure);
      const canvas = figure.querySelector("canvas");
      const grid = new PixelGrid(1, 1);
      this.listen(canvas, (x, y) => grid.at(x, y));
      return { name, title, figure, canvas, grid };
    });
  }

  drawContexts() {
    const { rows, columns } = this.meta;
    const narrow = this.wide < NARROW;
    const gap = narrow ? 12 : 24;
    const per = Math.floor((this.wide - gap * (narrow ? 1 : 2)) / (narrow ? 2 : 3));
    const side = Math.min(per, this.high - 60);
    this.say("panels").style.gridTemplateColumns = `repeat(${narrow ? 2 : 3}, ${narrow ? per : Math.max(side, Math.min(per, 190))}px)`;
    for (const panel of this.panels) {
      const { name, figure, canvas, grid } = panel;
      Object.assign(grid, { rows, columns });
      grid.place(EDGE, EDGE, (narrow && name === "output" ? Math.min(this.wide, 270) : side) - 2 * EDGE);
      const context = sharpContext(canvas, grid.width + 2 * EDGE, grid.height + 2 * EDGE);
      const square = (index) => this.square(grid, index);
      for (let pixel = 0; pixel < this.pixels; pixel++) {
        drawDirection(context, this.markOf(name, pixel) ?? "blank", ...square(pixel), this.theme);
      }
      if (name === "mirrored") this.drawShift(context, square);
      drawTarget(context, ...square(this.target), this.theme);
      if (this.hovered >= 0) grid.outline(context, this.hovered, this.theme.text, 1.5);
      const counts = this.count(name);
      Object.assign(figure.dataset, counts);
      figure.querySelector("span").textContent = this.source(name);
      figure.querySelector(".counts").innerHTML = this.ofCounts(name, counts);
      canvas.setAttribute("aria-label", `${panel.title}, target ${this.name(this.target)}: ${figure.querySelector(".counts").innerText}. Arrow keys move the target.`);
    }
  }

  /** Where the second direction's state stands before it is moved down to the target. */
  drawShift(context, square) {
    const from = this.target - this.meta.columns;
    if (!this.meta.shift || !this.depth || from < 0) return;
    const [x, y, size] = square(from);
    const end = square(this.target)[1];
    context.strokeStyle = context.fillStyle = this.theme.colours.target;
    context.lineWidth = 2;
    context.setLineDash([3, 2]);
    context.strokeRect(x, y, size, size);
    context.setLineDash([]);
    context.beginPath();
    context.moveTo(x + size / 2, y + size / 2);
    context.lineTo(x + size / 2, end + size * 0.3);
    context.stroke();
    context.beginPath();
    context.moveTo(x + size / 2, end + size * 0.6);
    context.lineTo(x + size * 0.25, end + size * 0.2);
    context.lineTo(x + size * 0.75, end + size * 0.2);
    context.fill();
  }

  // --- the bidirectional RNN -----------------------------------------------------------------

  buildPrimer() {
    this.say("primer").setAttribute("viewBox", `0 0 ${PRIMER.width} ${PRIMER.height}`);
    this.say("primer").addEventListener("pointerleave", () => this.point(null));
  }

  /** Nodes and arrows, once the number of inputs is known: x -> f, b -> y, along f and against b. */
  layPrimer() {
    if (this.nodes) return;
    const n = this.inputs;
    const { left, apart, radius, rows } = PRIMER;
    this.nodes = new Map();
    this.edges = [];
    const drawing = ["plain", ...WAYS].map(
      (way) => `<marker id="diagonal-${way}" class="${way}" viewBox="0 0 10 10" refX="8" refY="5" markerUnits="userSpaceOnUse" markerWidth="12" markerHeight="12" orient="auto"><path d="M0 0L10 5L0 10z"/></marker>`,
    );
    for (const [kind, y] of Object.entries(rows)) {
      drawing.push(`<text class="row" x="0" y="${y + 5}">${PRIMER_ROWS[kind]}</text>`);
    }
    for (let i = 0; i < n; i++) {
      const at = { x: 0, f: i + 1, b: n - i, y: n + OUTPUTS_AT_ONCE };
      for (const kind of Object.keys(rows)) this.nodes.set(`${kind}${i}`, { kind, i, time: at[kind], x: left + i * apart, y: rows[kind] });
      this.edges.push([`x${i}`, `f${i}`, "direct"], [`x${i}`, `b${i}`, "mirrored"], [`f${i}`, `y${i}`, "direct"], [`b${i}`, `y${i}`, "mirrored"]);
      if (i) this.edges.push([`f${i - 1}`, `f${i}`, "direct"], [`b${i}`, `b${i - 1}`, "mirrored"]);
    }
    for (const [from, to] of this.edges) {
      const [a, b] = [this.nodes.get(from), this.nodes.get(to)];
      // What passes by a state's row goes around it: x to b on the right of f, f to y on the left of b.
      const bend = a.x === b.x && Math.abs(a.y - b.y) > 80 ? (to[0] === "b" ? 42 : -42) : 0;
      const length = Math.hypot(b.x - a.x, b.y - a.y);
      const [dx, dy] = [((b.x - a.x) / length) * (radius + 3), ((b.y - a.y) / length) * (radius + 3)];
      const side = bend ? Math.sign(bend) * radius * 0.7 : 0;
      const [x0, y0, x1, y1] = bend
        ? [a.x + side, a.y - radius * 0.75, b.x + side, b.y + radius * 0.8]
        : [a.x + dx, a.y + dy, b.x - dx, b.y - dy];
      drawing.push(`<path class="edge" data-edge="${from} ${to}" d="M${x0} ${y0}Q${(x0 + x1) / 2 + bend} ${(y0 + y1) / 2} ${x1} ${y1}"/>`);
    }
    for (const [name, { kind, i, x, y }] of this.nodes) {
      const paths =
        kind === "x"
          ? `<rect class="body" x="${x - radius}" y="${y - radius}" width="${2 * radius}" height="${2 * radius}" rx="4"/><path class="half" d="M${x - radius + 2} ${y - radius + 2}h${2 * radius - 4}v${2 * radius - 4}z"/>`
          : `<circle class="body" cx="${x}" cy="${y}" r="${radius}"/>`;
      drawing.push(`<g class="node" data-node="${name}" tabindex="0" role="button" aria-label="${kind}${i}">${paths}<text x="${x}" y="${y + 6}">${kind}${sub(i)}</text></g>`);
    }
    const svg = this.say("primer");
    svg.innerHTML = drawing.join("");
    for (const node of svg.querySelectorAll(".node")) {
      const name = node.dataset.node;
      node.addEventListener("pointerenter", () => this.point(name));
      node.addEventListener("focus", () => this.choose(name));
      node.addEventListener("click", () => this.choose(name));
    }
  }

  point(name) {
    this.over = name;
    if (this.meta) this.draw();
  }

  choose(name) {
    this.chosen = name;
    this.draw();
  }

  /** The node that is pointed at, else the one chosen, else the output in the middle. */
  get node() {
    return this.over ?? this.chosen ?? `y${Math.floor(this.inputs / 2)}`;
  }

  /** Which inputs a node reads, on either way: from the recurrence that Python computed. */
  inputsOf(name) {
    const { kind, i } = this.nodes.get(name);
    const row = (way) => [...this.tables[`primer ${way}`].slice(i * this.inputs, (i + 1) * this.inputs).keys()].filter((j) => this.tables[`primer ${way}`][i * this.inputs + j]);
    return { direct: kind === "f" || kind === "y" ? row("direct") : [], mirrored: kind === "b" || kind === "y" ? row("mirrored") : [] };
  }

  drawPrimer() {
    this.layPrimer();
    const svg = this.say("primer");
    const width = Math.min(this.wide, (this.high * PRIMER.width) / PRIMER.height);
    svg.style.width = `${width}px`;
    svg.style.height = `${(width * PRIMER.height) / PRIMER.width}px`;
    const time = this.at.primer;
    const chosen = this.node;
    const computed = this.nodes.get(chosen).time <= time;
    const reads = computed ? this.inputsOf(chosen) : { direct: [], mirrored: [] };
    const lit = new Set();
    const follow = (name) => {
      for (const [from, to] of this.edges) {
        if (to !== name || lit.has(`${from} ${to}`)) continue;
        lit.add(`${from} ${to}`);
        follow(from);
      }
    };
    if (computed) follow(chosen);
    for (const [from, to, way] of this.edges) {
      const edge = svg.querySelector(`[data-edge="${from} ${to}"]`);
      edge.classList.toggle(way, lit.has(`${from} ${to}`));
      edge.classList.toggle("waiting", this.nodes.get(to).time > time);
      edge.setAttribute("marker-end", `url(#diagonal-${lit.has(`${from} ${to}`) ? way : "plain"})`);
    }
    const { colours } = this.theme;
    for (const node of svg.querySelectorAll(".node")) {
      const { kind, i, time: at } = this.nodes.get(node.dataset.node);
      node.classList.toggle("chosen", node.dataset.node === chosen);
      node.classList.toggle("waiting", at > time);
      node.classList.toggle("now", at === time && kind !== "x");
      if (kind !== "x") continue;
      const [direct, mirrored] = WAYS.map((way) => reads[way].includes(i));
      node.classList.toggle("read", direct || mirrored);
      node.dataset.read = [direct && "direct", mirrored && "mirrored"].filter(Boolean).join(" ");
      node.querySelector(".body").style.fill = direct ? colours.seen : mirrored ? colours["seen-second"] : "";
      node.querySelector(".half").style.fill = direct && mirrored ? colours["seen-second"] : "none";
    }
  }

  // --- words ---------------------------------------------------------------------------------

  read() {
    const words = { primer: () => this.ofPrimer(), skew: () => this.ofSkew(), mirror: () => this.ofSkew(), sweep: () => this.ofSweep(), contexts: () => this.ofContexts() };
    const said = words[this.view]();
    if (said !== this.said) this.say("reading").innerHTML = this.said = said;
  }

  ofPrimer() {
    const name = this.node;
    const { kind, i, time } = this.nodes.get(name);
    const n = this.inputs;
    if (time > this.at.primer) {
      const now = [...this.nodes].filter(([, node]) => node.time === this.at.primer && node.kind !== "x").map(([of]) => `${of[0]}${sub(of.slice(1))}`);
      return now.length ? `<b>Step ${this.at.primer}.</b> ${listed(now)} are computed. The two directions do not read each other, so they run at the same time.` : "<b>Before the first step.</b> Nothing is computed yet. One state in each direction follows.";
    }
    const called = `<b>${kind}${sub(i)}</b>`;
    if (kind === "x") return `${called} is an input. Point at a state or an output to see what it reads.`;
    const { direct, mirrored } = this.inputsOf(name);
    const inputs = (found) => listed(found.map((j) => `x${sub(j)}`));
    if (kind !== "y") return `${called}, a ${kind === "f" ? "forward" : "backward"} state, reads ${inputs(kind === "f" ? direct : mirrored)}.`;
    const all = new Set([...direct, ...mirrored]).size;
    return `${called} reads ${inputs(direct)} forward and ${inputs(mirrored)} backward: ${all === n ? `all ${n} inputs` : plural(all, "input")}. So it knows x${sub(i)} itself, and ${i < n - 1 ? "those after it" : "all before it"}: it may label them, but not predict them. In an image there is a way out.`;
  }

  ofSkew() {
    const { way } = this;
    const at = this.pointed;
    const diagonal = this.diagonalOf(way, at);
    const reads = this.before(way, at);
    const sides = { direct: ["on its left", "above"], mirrored: ["on its right", "above"] }[way];
    const row = Math.floor(at / this.meta.columns);
    const named = reads.map((index) => (Math.floor(index / this.meta.columns) === row ? sides[0] : sides[1]));
    const what = reads.length ? `reads the ${reads.length > 1 ? "states" : "state"} ${listed(named)}, in column ${diagonal} of the map` : "reads no state: the direction begins here";
    const move = way === "mirrored" ? "The image is mirrored first. Then row r moves" : "Row r moves";
    return `<b>${this.name(at).replace("row", "Row")}</b> stands on diagonal ${diagonal + 1} and ${what}. ${move} right by r, and each diagonal becomes a column: one 2×1 kernel on the column before serves all its pixels at once.`;
  }

  ofSweep() {
    const { way, time, diagonals } = this;
    if (this.hovered >= 0) {
      const diagonal = this.diagonalOf(way, this.hovered);
      const [count, others] = [this.before(way, this.hovered).length, this.onDiagonal[way][diagonal].length - 1];
      const reads = count ? `It reads ${plural(count, "state")} of step ${diagonal}.` : "It reads no state.";
      return `<b>${this.name(this.hovered).replace("row", "Row")}</b>: computed in step ${diagonal + 1} of the ${WAY_NAMES[way]}, with ${plural(others, "other pixel")}. ${reads}`;
    }
    if (!time) return `<b>Before the first step.</b> Press play: ${this.pixels} pixels, ${diagonals} diagonals, one step each.`;
    const [now, done] = [this.onDiagonal[way][time - 1].length, this.onDiagonal[way].slice(0, time).flat().length];
    const title = way === "direct" ? "First direction" : "Second direction, mirrored";
    const end = time === diagonals ? ` All ${this.pixels} pixels in ${diagonals} steps.` : ` So far ${plural(done, "pixel")} in ${plural(time, "step")}; one by one that takes ${done}, and the whole image ${this.pixels} instead of ${diagonals}.`;
    return `<b>${title}, step ${time} of ${diagonals}: ${plural(now, "pixel")} at once.</b>${end} Neither direction waits for the other.`;
  }

  source(name) {
    if (!this.depth) return name === "output" ? "the first kernel alone" : "no LSTM yet";
    if (name === "output") return `the output after ${plural(this.depth, "layer")}`;
    if (name === "direct") return "from the upper left";
    return `from the upper right, ${this.meta.shift ? "moved down a row" : "not moved"}`;
  }

  ofCounts(name, { read, leaks, blind }) {
    const leak = leaks ? ` <span class="leak">and <b>${plural(leaks, "leak")}</b></span>` : "";
    if (!this.depth && name !== "output") return "reads nothing";
    if (name !== "output") return `reads <b>${read}</b>${leak}`;
    if (!this.target) return `nothing comes before the first pixel${leak}`;
    return `reads <b>${read}</b> of ${this.target} (${percent(read, this.target)})${leak}${blind ? `, never ${blind}` : ""}`;
  }

  ofContexts() {
    if (this.hovered >= 0) return this.ofPixel(this.hovered);
    const { read, leaks, blind } = this.count("output");
    const row = Math.floor(this.target / this.meta.columns);
    if (!this.depth) return `<b>Before any LSTM.</b> The first kernel, with mask A, reads ${plural(read, "pixel")} around the target.`;
    if (leaks) {
      return `<b>${plural(leaks, "pixel")} of row ${row} ${leaks > 1 ? "leak" : "leaks"}.</b> The second direction comes from the right along the target's own row. Its state there knows what is still to be drawn. Move it down by a row, and all it brings is from finished rows.`;
    }
    if (!this.meta.shift) return `<b>No leak at this target.</b> In the last column nothing stands on the right, and no feature holds its own pixel (mask A). Take a target further left.`;
    if (blind) {
      return `<b>One pixel is missing: ${this.name((row - 1) * this.meta.columns + this.meta.columns - 1)}.</b> Of row ${row - 1} the second direction reads features, and with mask A none holds its own pixel; the last has no neighbour on its right to hold it. <b>Full context</b> closes the gap.`;
    }
    if (!this.target) return "<b>The first pixel.</b> Nothing comes before it: its distribution is learned without any input.";
    const gap = this.meta.full ? "The second direction starts from features of mask B, which hold their own pixel: it may, as it is moved down a row." : row ? "The first kernel reaches the corner of the row above." : "In the first row the first direction reads all there is.";
    return `<b>The whole context: ${read} of ${this.target}.</b> ${gap}${this.depth > 1 ? " More layers add no pixel, only more computation on them." : ""}`;
  }

  ofPixel(pixel) {
    const name = `<b>${this.name(pixel).replace("row", "Row")}</b>`;
    const layers = (of) => (this.first(of, pixel) === 0 ? "by the first kernel" : `in layer ${this.first(of, pixel)}`);
    const mark = this.markOf("output", pixel);
    if (mark === "leak") return `${name}${pixel === this.target ? ", the target itself" : ""}: a leak. The second direction has passed here before the pixel is drawn.`;
    if (pixel === this.target) return `${name}, the target: not read, as it is what is predicted.`;
    if (mark === "future") return `${name}: drawn after the target, and not read.`;
    if (mark === "blind") return `${name}: never read. No feature of its row holds it, as mask A leaves out the centre and nothing stands on its right.`;
    if (mark === "depth-limited") return `${name}: read ${layers("output")}.`;
    const ways = WAYS.filter((way) => this.first(way, pixel) <= this.depth).map((way) => `the ${WAY_NAMES[way]} ${layers(way)}`);
    return `${name}: read by ${ways.length ? listed(ways) : "the first kernel"}.`;
  }

  drawLegend() {
    const { words } = this.meta;
    const way = this.view === "mirror" ? "mirrored" : "direct";
    const shown = {
      primer: [["target", "pointed at"], ["direct", "read forward"], ["mirrored", "read backward"], ["both", "read both ways"], ["now", "computed in this step"]],
      skew: [["target", "target"], [way, "whose states it reads"], ["now", "its diagonal: computed at once"], ["blank", "other pixels"]],
      sweep: [["target", "target, and the states it reads"], ["now", "computed in this step, at once"], ["direct", "first direction, done"], ["mirrored", "second direction, done"], ["future", "not yet"]],
      contexts: ["target", "direct", "mirrored", "both", "blind", "future", ...(this.meta.shift ? [] : ["leak"])].map((name) => [name, words[name]]),
    };
    this.say("legend").replaceChildren(...this.legendItems(shown[this.view] ?? shown.skew));
  }

  drawKey(context, mark, ...square) {
    drawDirection(context, mark === "target" ? "blank" : mark, ...square, this.theme);
    if (mark === "target") drawTarget(context, ...square, this.theme);
  }
}

const diagonalViews = new WeakMap();

export default function diagonal({ parentElement, data, setTriggerValue }) {
  let view = diagonalViews.get(parentElement);
  if (!view) {
    view = new DiagonalView(parentElement);
    diagonalViews.set(parentElement, view);
  }
  view.update(unpack(data).meta, setTriggerValue);
  return () => {
    view.destroy();
    diagonalViews.delete(parentElement);
  };
}
