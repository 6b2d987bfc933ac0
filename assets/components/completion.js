// A drawing that the model completes: a pad, a line that says how many rows are given, and the
// continuations, played pixel by pixel, with the surprise of each pixel.
//
// Strokes show at once and are sent when they end, so that the link holds them; continuations come
// when they are asked for.

import { unpack } from "./wire.js";
import { themeOf, onRamp, paletteToCss, sharpContext } from "./theme.js";
import { Player } from "./player.js";
import { PixelGrid } from "./grid.js";
import { greys, followBrush } from "./brush.js";
import { Edits } from "./edits.js";
import { DigitStrip, drawSmall } from "./digit_strip.js";

const LARGEST_SIDE = 306;
const TOP = 5; // nats: the upper end of the ramp, p = 0.7 %
const MOST_UNDONE = 50;
const SPEEDS = [8, 32, 64, 128, 256, 512];

class CompletionView {
  constructor(parent) {
    this.root = parent.querySelector(".completion");
    this.pad = this.root.querySelector(".picture");
    this.big = this.root.querySelector(".chosen");
    this.edge = this.root.querySelector(".edge");
    this.say = (name) => this.root.querySelector(`[data-say=${name}]`);
    this.others = this.root.querySelector(".others");
    this.edits = new Edits();
    this.hovered = { place: null, index: -1 };
    this.stroke = null;
    this.player = new Player(this.root.querySelector("[data-player]"), {
      onStep: () => this.draw(),
      onRest: (step) => (this.root.dataset.step = step),
    });
    this.strip = new DigitStrip(this.root.querySelector(".strip"), (digit) => this.pick(digit));
    for (const name of ["tool", "width", "view"]) {
      for (const button of this.root.querySelectorAll(`[data-${name}]`)) {
        button.onclick = () => this.set(name, button.dataset[name]);
      }
    }
    const actions = {
      undo: () => this.undo(),
      clear: () => this.replace(new Uint8Array(this.pixels)),
      digit: () => this.replace(this.data.base),
      complete: () => (this.stale ? this.commit(true) : this.again()),
    };
    for (const button of this.root.querySelectorAll("[data-do]")) {
      if (actions[button.dataset.do] && !button.closest(".player")) button.onclick = actions[button.dataset.do];
    }
    followBrush(this.pad, {
      cellAt: (x, y) => this.grid?.at(x, y) ?? -1,
      columns: () => this.meta.columns,
      count: () => this.pixels,
      hover: (index) => this.point("pad", index),
      begin: () => (this.stroke = Uint8Array.from(this.x)),
      along: (cells) => this.paint(cells),
      end: () => this.end(),
      cancel: () => this.cancel(),
    });
    this.big.addEventListener("pointermove", (event) => {
      const box = this.big.getBoundingClientRect();
      this.point("chosen", this.grid?.at(event.clientX - box.left, event.clientY - box.top) ?? -1);
    });
    this.big.addEventListener("pointerleave", () => this.point("chosen", -1));
    this.followEdge();
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
  }

  update({ meta, arrays }, { setTriggerValue }) {
    this.edits.trigger = setTriggerValue;
    const before = this.meta;
    if (!this.edits.answered(meta.nonce) && before) return;
    this.meta = meta;
    this.data = arrays;
    this.pixels = meta.rows * meta.columns;
    this.x = Uint8Array.from(arrays.x);
    this.given = meta.given;
    this.theme = themeOf(this.root, meta.palette);
    this.greys = greys(meta.levels, this.theme.colours);
    paletteToCss(this.root, this.theme.colours);
    this.root.style.setProperty("--ramp", `linear-gradient(to right, ${meta.ramp.join(",")})`);
    this.root.style.setProperty("--on-primary", this.theme.dark ? "#101216" : "#ffffff");
    this.say("top").textContent = `${TOP} nats or more`;
    this.strip.update(arrays.strip, arrays.strip_indices, meta.painted ? -1 : meta.digit, meta.columns, this.greys);
    this.buildLevels(before);
    this.buildOthers();
    if (meta.trace_id !== before?.trace_id || this.stale) this.start();
    this.stale = meta.trace_id === null;
    this.draw();
  }

  /** Play the continuations that have come; those seen before are shown whole. */
  start() {
    const { trace_id, rows, columns, given } = this.meta;
    this.stale = trace_id === null;
    this.player.load((rows - given) * columns, { speeds: SPEEDS, speed: 128, unit: "pixel" });
    this.player.show(0);
    if (this.stale) return;
    if (played.has(trace_id)) this.player.seek(this.player.steps);
    else this.again();
    played.add(trace_id);
  }

  again() {
    this.player.show(0);
    this.player.playByItself();
  }

  set(name, value) {
    kept[name] = value;
    this.draw();
  }

  buildLevels(before) {
    const host = this.root.querySelector(".levels");
    const { levels } = this.meta;
    if (before?.levels !== levels) kept.level = levels - 1;
    host.hidden = levels === 2;
    host.replaceChildren();
    if (levels === 2) return;
    this.greys.forEach((grey, level) => {
      if (level === 0) return; // that is the eraser's
      const button = document.createElement("button");
      button.type = "button";
      button.className = "level";
      button.style.setProperty("--level", grey);
      button.dataset.level = level;
      button.setAttribute("aria-label", `Level ${level}`);
      button.onclick = () => {
        kept.level = level;
        this.set("tool", "brush");
      };
      host.append(button);
    });
  }

  buildOthers() {
    const { count } = this.meta;
    if (kept.chosen >= count) kept.chosen = 0;
    while (this.others.children.length < count) {
      const button = document.createElement("button");
      const number = this.others.children.length;
      button.type = "button";
      button.append(document.createElement("canvas"), document.createElement("span"));
      button.onclick = () => this.set("chosen", number);
      this.others.append(button);
    }
  }

  // --- strokes and the line -----------------------------------------------------------------------

  paint(cells) {
    const { rows, columns } = this.meta;
    const level = kept.tool === "eraser" ? 0 : kept.level;
    const around = kept.width === "thin" ? [[0, 0]] : [[0, 0], [-1, 0], [1, 0], [0, -1], [0, 1]];
    for (const index of cells) {
      for (const [down, right] of around) {
        const row = Math.floor(index / columns) + down;
        const column = (index % columns) + right;
        if (row >= 0 && row < rows && column >= 0 && column < columns) this.x[row * columns + column] = level;
      }
    }
    this.draw();
  }

  end() {
    const before = this.stroke;
    this.stroke = null;
    if (before.some((level, index) => level !== this.x[index])) this.changed(before);
  }

  cancel() {
    this.x = this.stroke;
    this.stroke = null;
    this.draw();
  }

  /** The drawing is another one: remember the one before, and tell Python. */
  changed(before) {
    kept.past.push(before);
    if (kept.past.length > MOST_UNDONE) kept.past.shift();
    this.commit(false);
  }

  replace(levels) {
    const before = this.x;
    this.x = Uint8Array.from(levels);
    this.changed(before);
  }

  undo() {
    const before = kept.past.pop();
    if (!before || before.length !== this.pixels) return;
    this.x = before.map((level) => Math.min(level, this.meta.levels - 1));
    this.commit(false);
  }

  pick(digit) {
    kept.past.push(this.x);
    this.edits.send({ digit });
  }

  commit(complete) {
    const own = this.x.some((level, index) => level !== this.data.base[index]);
    if (!complete) this.away();
    this.edits.send({ rows: this.given, painted: own ? [...this.x] : null, complete });
  }

  /** What was drawn belongs to another drawing now. */
  away() {
    this.stale = true;
    this.player.pause();
    this.draw();
  }

  followEdge() {
    const go = (rows) => {
      this.given = Math.max(0, Math.min(this.meta.rows - 1, rows));
      this.draw();
    };
    let from = null;
    this.edge.addEventListener("pointerdown", (event) => {
      this.edge.setPointerCapture(event.pointerId);
      from = this.given;
      event.preventDefault();
      this.edge.focus();
    });
    this.edge.addEventListener("pointermove", (event) => {
      if (from === null) return;
      const box = this.pad.getBoundingClientRect();
      go(Math.round((event.clientY - box.top - this.grid.y) / this.grid.cell));
    });
    const finish = (event) => {
      if (from === null) return;
      const moved = from !== this.given;
      if (event.type === "pointercancel") go(from);
      else if (moved) this.commit(false);
      from = null;
    };
    this.edge.addEventListener("pointerup", finish);
    this.edge.addEventListener("pointercancel", finish);
    this.edge.addEventListener("keydown", (event) => {
      const by = { ArrowUp: -1, ArrowDown: 1, PageUp: -5, PageDown: 5, Home: -this.meta.rows, End: this.meta.rows }[event.key];
      if (by === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      const before = this.given;
      go(this.given + by);
      if (before !== this.given) this.commit(false);
    });
  }

  // --- drawing ------------------------------------------------------------------------------------

  point(place, index) {
    if (this.hovered.place === place && this.hovered.index === index) return;
    this.hovered = { place: index < 0 ? null : place, index };
    this.draw();
  }

  /** Pixels that stand, of the continuations: those given, and as many as the player has drawn. */
  get standing() {
    return this.given * this.meta.columns + (this.stale ? 0 : this.player.step);
  }

  valueAt(number, index) {
    return index < this.given * this.meta.columns ? this.x[index] : this.data.drawn[number * this.pixels + index];
  }

  surpriseAt(number, index) {
    return this.stale ? this.data.surprise[index] : this.data.drawn_surprise[number * this.pixels + index];
  }

  draw() {
    if (!this.meta || !this.root.isConnected || this.root.clientWidth < 50) return;
    const { rows, columns } = this.meta;
    const room = this.root.clientWidth;
    const side = Math.min(LARGEST_SIDE, room - 30);
    if (!this.grid || this.grid.rows !== rows || this.grid.columns !== columns) this.grid = new PixelGrid(rows, columns);
    this.grid.place(2, 2, side - 4);
    this.drawPad();
    this.drawChosen();
    this.drawOthers();
    this.pressed();
    this.read();
  }

  drawPad() {
    const context = sharpContext(this.pad, this.grid.width + 4, this.grid.height + 4);
    const { colours } = this.theme;
    const below = (index) => index >= this.given * this.meta.columns;
    this.grid.fill(context, (index) => {
      context.globalAlpha = 1;
      return below(index) ? colours.future : this.greys[this.x[index]];
    });
    this.grid.fill(context, (index) => {
      context.globalAlpha = 0.22; // drawn, but not given
      return below(index) && this.x[index] ? this.greys[this.x[index]] : null;
    });
    context.globalAlpha = 1;
    this.grid.frame(context, colours.line);
    if (this.hovered.index >= 0) this.grid.outline(context, this.hovered.index, this.theme.text, 1.5);
    this.edge.style.top = `${this.grid.y + this.given * this.grid.cell}px`;
    this.edge.setAttribute("aria-valuemin", 0);
    this.edge.setAttribute("aria-valuemax", this.meta.rows - 1);
    this.edge.setAttribute("aria-valuenow", this.given);
    this.edge.setAttribute("aria-valuetext", `${this.given} of ${this.meta.rows} rows`);
    this.pad.setAttribute("aria-label", "Drawing pad. Arrow keys move, Enter paints with the chosen tool.");
  }

  drawChosen() {
    const context = sharpContext(this.big, this.grid.width + 4, this.grid.height + 4);
    const { colours } = this.theme;
    const { standing } = this;
    const image = kept.view === "image";
    this.grid.fill(context, (index) => {
      if (index >= standing) return colours.future;
      return image ? this.greys[this.valueAt(kept.chosen, index)] : null;
    });
    for (let index = 0; index < standing && !image; index++) {
      context.fillStyle = onRamp(this.meta.ramp, Math.min(1, this.surpriseAt(kept.chosen, index) / TOP));
      context.fillRect(...this.grid.corner(index), this.grid.cell + 0.3, this.grid.cell + 0.3);
    }
    this.grid.frame(context, colours.line);
    const y = this.grid.y + this.given * this.grid.cell;
    for (const [colour, width] of [[this.theme.ground, 4], [this.theme.text, 2]]) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.beginPath();
      context.moveTo(this.grid.x, y);
      context.lineTo(this.grid.x + this.grid.width, y);
      context.stroke();
    }
    if (!this.stale && standing > this.given * this.meta.columns && standing < this.pixels) {
      this.grid.ring(context, standing - 1, colours["drawn-now"], this.theme.dark ? "#000" : "#1F2430");
    }
    if (this.hovered.index < 0) return;
    this.grid.outline(context, this.hovered.index, this.theme.ground, 4);
    this.grid.outline(context, this.hovered.index, this.theme.text, 1.5);
  }

  drawOthers() {
    const { columns } = this.meta;
    const { standing } = this;
    const { future } = this.theme.colours;
    [...this.others.children].forEach((button, number) => {
      const shades = kept.view === "image" ? [...this.greys, future] : [...this.meta.ramp, future];
      const small = Uint8Array.from({ length: this.pixels }, (_, index) => {
        if (index >= standing) return shades.length - 1;
        if (kept.view === "image") return this.valueAt(number, index);
        return Math.round(Math.min(1, this.surpriseAt(number, index) / TOP) * (this.meta.ramp.length - 1));
      });
      drawSmall(button.firstElementChild, small, columns, shades);
      const nats = this.sum(number, this.given * columns, standing);
      button.lastElementChild.textContent = this.stale ? " " : `${nats.toFixed(1)} nats`;
      button.setAttribute("aria-pressed", number === kept.chosen);
      button.setAttribute("aria-label", `Continuation ${number + 1}${this.stale ? "" : `, ${nats.toFixed(1)} nats`}`);
    });
  }

  // --- words --------------------------------------------------------------------------------------

  sum(number, from, to) {
    let total = 0;
    for (let index = from; index < to; index++) total += this.surpriseAt(number, index);
    return total;
  }

  pressed() {
    for (const name of ["tool", "width", "view"]) {
      for (const button of this.root.querySelectorAll(`[data-${name}]`)) button.setAttribute("aria-pressed", button.dataset[name] === kept[name]);
    }
    for (const button of this.root.querySelectorAll("[data-level]")) {
      button.setAttribute("aria-pressed", kept.tool === "brush" && Number(button.dataset.level) === kept.level);
    }
    const doing = (name) => this.root.querySelector(`.tools [data-do=${name}]`);
    doing("undo").disabled = !kept.past.length;
    doing("clear").disabled = !this.x.some(Boolean);
    doing("digit").disabled = !this.x.some((level, index) => level !== this.data.base[index]);
    doing("complete").classList.toggle("asked", this.stale);
    this.root.querySelector("[data-player]").classList.toggle("stale", this.stale);
    this.root.dataset.stale = this.stale;
    this.root.dataset.given = this.given;
  }

  read() {
    const { rows, columns, count } = this.meta;
    const edge = this.given * columns;
    this.say("given").textContent = `Given: ${this.given} of ${rows} rows`;
    this.say("which").textContent = this.stale ? "Not drawn yet" : `Continuation ${kept.chosen + 1} of ${count}`;
    const line = (words, from, to) => {
      const nats = this.sum(kept.chosen, from, to);
      const size = to - from;
      const cells = [nats.toFixed(1), size.toLocaleString("en"), size ? (nats / Math.LN2 / size).toFixed(3) : "–"];
      return `<tr><td>${words}</td>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
    };
    // Strokes that the server has not seen have no surprise yet.
    const known = this.x.every((level, index) => level === this.data.x[index]);
    this.root.querySelector("tbody").innerHTML = !known
      ? ""
      : line("given rows", 0, edge) + (this.stale ? "" : line("drawn so far", edge, this.standing) + line("together", 0, this.standing));
    const below = this.x.subarray(edge).some(Boolean);
    let hidden = 0;
    for (let index = edge; index < this.pixels; index++) hidden += this.data.surprise[index];
    this.say("hidden").textContent =
      known && below ? `What you see faintly below the line was not given. It would surprise the model by ${hidden.toFixed(1)} nats.` : "";
    this.say("pointed").textContent = this.about();
    this.say("scale").hidden = kept.view === "image";
    this.say("count").textContent = this.stale
      ? `Press Complete: the model draws the ${rows - this.given} rows below the line, ${count} times.`
      : `${count} continuations of the same rows; under each, the surprise of what it drew.`;
    this.big.setAttribute("aria-label", `${this.say("which").textContent}, ${kept.view}. ${this.say("pointed").textContent}`);
  }

  about() {
    const { place, index } = this.hovered;
    if (place === null) return "Point at a pixel for its surprise.";
    const { columns } = this.meta;
    const where = `Row ${Math.floor(index / columns)}, column ${index % columns}`;
    if (index >= this.standing) return `${where}: ${this.stale ? "left to the model" : "not drawn yet"}.`;
    const given = index < this.given * columns;
    const nats = this.surpriseAt(kept.chosen, index);
    const size = nats < 0.0005 ? "< 0.001 nats (p > 0.999)" : `= ${nats.toFixed(3)} nats (p = ${Math.exp(-nats).toPrecision(3)})`;
    return `${where}, ${given ? "given" : "drawn"}: value ${this.valueAt(kept.chosen, index)}, −log p ${size}.`;
  }

  destroy() {
    this.player.destroy();
    this.resize.disconnect();
  }
}

const kept = { tool: "brush", width: "thick", view: "image", level: 1, chosen: 0, past: [] };
const played = new Set(); // traces that were played once
const completionViews = new WeakMap();

export default function completion({ parentElement, data, setTriggerValue }) {
  let view = completionViews.get(parentElement);
  if (!view) {
    view = new CompletionView(parentElement);
    completionViews.set(parentElement, view);
  }
  view.update(unpack(data), { setTriggerValue });
  return () => {
    view.destroy();
    completionViews.delete(parentElement);
  };
}
