// The softmax of one pixel, and what it reads, over a digit that can be painted.
//
// One pass gives every conditional of an image, so all of them are here: another pixel is looked up
// without the server. Painted pixels show at once; the server answers each stroke with the
// conditionals of the painted image. Whether a stroke moved them is told by the network's own
// logits, bit for bit.

import { unpack } from "./wire.js";
import { themeOf, onRamp, paletteToCss, sharpContext } from "./theme.js";
import { PixelGrid } from "./grid.js";
import { drawInk, drawMark, drawTarget } from "./marks.js";
import { weightShelf } from "./weights.js";
import { greys, followBrush } from "./brush.js";
import { Edits } from "./edits.js";
import { DigitStrip } from "./digit_strip.js";

const NEVER = 255;
const LARGEST_SIDE = 448;
const MOST_UNDONE = 50;
const CLASSES = {
  seen: "seen",
  "depth-limited": "only with more depth",
  blind: "never, at any depth",
  future: "future",
};
// Why a stroke on such pixels leaves the softmax as it is.
const REASONS = {
  "depth-limited": (model) => `too far for the layers of this ${model}; a deeper one would read it`,
  blind: (model) => `blind for ${model}, however deep`,
  future: () => "in the future: the masks hide it",
  target: () => "the very pixel that is predicted: no conditional reads its own",
};

const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;
const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
const share = (p) => {
  if (p >= 0.0005 && p <= 0.9995) return p.toFixed(3);
  if (p > 0.5) return "> 0.999";
  const [digits, power] = p.toExponential(0).split("e-");
  return `${digits}·10⁻${[...(power ?? "0")].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]).join("")}`;
};

/** What stays when the picture goes and comes back: tries of each model, and strokes to undo. */
const kept = { tries: new Map(), past: new Map(), mode: "choose", layer: "field" };

class SoftmaxView {
  constructor(parent) {
    this.root = parent.querySelector(".softmax");
    this.canvas = this.root.querySelector(".picture");
    this.say = (name) => this.root.querySelector(`.${name}`);
    this.hovered = -1;
    this.edits = new Edits();
    this.stroke = null;
    this.waiting = null; // strokes that the server has not answered
    this.verdict = null;
    this.strip = new DigitStrip(this.say("strip"), (digit) => this.commit({ digit }));
    for (const button of this.root.querySelectorAll("[data-mode]")) {
      button.onclick = () => this.set("mode", button.dataset.mode);
    }
    for (const button of this.root.querySelectorAll("[data-layer]")) {
      button.onclick = () => this.set("layer", button.dataset.layer);
    }
    this.root.querySelector("[data-do=undo]").onclick = () => this.undo();
    this.root.querySelector("[data-do=reset]").onclick = () => this.restore(this.data.base);
    followBrush(this.canvas, {
      cellAt: (x, y) => this.grid?.at(x, y) ?? -1,
      columns: () => this.meta.columns,
      count: () => this.pixels,
      hover: (index) => this.point(index),
      begin: (index) => this.begin(index),
      along: (cells) => this.along(cells),
      end: () => this.end(),
      cancel: () => this.cancel(),
    });
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
    this.onTable = () => this.draw();
    weightShelf().changed.addEventListener("change", this.onTable);
  }

  update({ meta, arrays }, { setTriggerValue }) {
    this.edits.trigger = setTriggerValue;
    const before = this.meta;
    if (!before && meta.layer) kept.layer = meta.layer;
    const same = before && before.model === meta.model && before.digit === meta.digit;
    if (before && before.resets !== meta.resets) kept.tries.clear();
    if (!this.edits.answered(meta.nonce) && same) return;
    if (same && this.waiting) this.judge(arrays);
    else if (!same) this.verdict = this.waiting = null;
    this.meta = meta;
    this.data = arrays;
    this.pixels = meta.rows * meta.columns;
    this.x = Uint8Array.from(arrays.x);
    this.target = meta.target;
    this.theme = themeOf(this.root, meta.palette);
    this.greys = greys(meta.levels, this.theme.colours);
    paletteToCss(this.root, this.theme.colours);
    this.root.style.setProperty("--ramp", `linear-gradient(to right, ${meta.ramp.join(",")})`);
    this.strip.update(arrays.strip, arrays.strip_indices, meta.digit, meta.columns, this.greys);
    this.buildBars();
    this.draw();
  }

  set(name, value) {
    kept[name] = value;
    this.draw();
  }

  /** What pixel `index` is to the target: a name of the visual language, or null before the table. */
  classOf(index, target = this.target) {
    const table = weightShelf().byName.get(this.meta.table);
    if (index === target) return "target";
    if (index > target) return "future";
    if (!table) return null;
    const layer = table.first_seen[target * this.pixels + index];
    return layer <= this.meta.layers ? "seen" : layer === NEVER ? "blind" : "depth-limited";
  }

  // --- strokes --------------------------------------------------------------------------------

  begin(index) {
    if (kept.mode === "choose") return;
    this.stroke = { level: (this.x[index] + 1) % this.meta.levels, cells: new Set(), before: Uint8Array.from(this.x) };
  }

  along(cells) {
    if (kept.mode === "choose") {
      this.target = cells.at(-1);
      this.verdict = null;
    } else {
      for (const index of cells) {
        const free = this.x[index] !== this.data.base[index] || this.painted().length < this.meta.most;
        if (!free) this.full = true;
        if (!free || this.stroke.cells.has(index)) continue;
        this.stroke.cells.add(index);
        this.x[index] = this.stroke.level;
      }
    }
    this.draw();
  }

  end() {
    if (kept.mode === "choose") return this.commit();
    const { cells, before } = this.stroke;
    this.stroke = null;
    if (!cells.size) return;
    this.past().push(before);
    if (this.past().length > MOST_UNDONE) this.past().shift();
    this.waiting ??= { target: this.target, strokes: [], was: this.data };
    this.waiting.strokes.push([...cells]);
    this.commit();
  }

  cancel() {
    if (this.stroke) this.x = this.stroke.before;
    else this.target = this.meta.target;
    this.stroke = null;
    this.draw();
  }

  past() {
    const name = `${this.meta.digit} ${this.meta.levels}`;
    if (!kept.past.has(name)) kept.past.set(name, []);
    return kept.past.get(name);
  }

  undo() {
    if (this.past().length) this.restore(this.past().pop());
  }

  restore(levels) {
    this.x = Uint8Array.from(levels);
    this.verdict = this.waiting = null;
    if (levels === this.data.base) this.past().length = 0;
    this.commit();
    this.draw();
  }

  painted() {
    return [...this.x.keys()].filter((index) => this.x[index] !== this.data.base[index]);
  }

  /** Tell Python: the pixel and all that is painted, or another digit. */
  commit(other) {
    const paint = this.painted().map((index) => [index, this.x[index]]);
    this.edits.send(other ?? { target: this.target, paint });
  }

  /** What painting `cells` did to the softmax of a pixel, from the arrays before and after. */
  compare(target, cells, was, now) {
    const levels = [...Array(this.meta.levels).keys()].map((level) => target * this.meta.levels + level);
    const value = levels[now.x[target]];
    return {
      classes: cells.map((index) => this.classOf(index, target)),
      moved: levels.some((at) => was.logits[at] !== now.logits[at]),
      by: now.log_p[value] - was.log_p[value],
    };
  }

  /** The server's answer to the strokes: did they move the softmax of the pixel they were made for? */
  judge(now) {
    const { target, strokes, was } = this.waiting;
    this.waiting = null;
    this.verdict = { stroke: true, ...this.compare(target, strokes.flat(), was, now) };
    const tries = kept.tries.get(this.meta.model) ?? { strokes: 0, moved: 0 };
    const unread = strokes.filter((stroke) => stroke.every((index) => this.classOf(index, target) !== "seen"));
    tries.strokes += unread.length;
    if (this.verdict.moved && !this.verdict.classes.includes("seen")) tries.moved += unread.length;
    kept.tries.set(this.meta.model, tries);
  }

  // --- drawing ----------------------------------------------------------------------------------

  point(index) {
    if (index === this.hovered) return;
    this.hovered = index;
    this.draw();
  }

  draw() {
    if (!this.meta || !this.root.isConnected || this.root.clientWidth < 50) return;
    this.buttons();
    const { rows, columns } = this.meta;
    const side = Math.min(LARGEST_SIDE, this.root.clientWidth - 4, window.innerHeight - 220);
    if (!this.grid || this.grid.rows !== rows || this.grid.columns !== columns) this.grid = new PixelGrid(rows, columns);
    this.grid.place(2, 2, side - 4);
    const context = sharpContext(this.canvas, this.grid.width + 4, this.grid.height + 4);
    const size = this.grid.cell - this.grid.gap;
    const fresh = this.target === this.meta.target && !this.stroke && !this.waiting;
    const largest = this.data.gradient.reduce((most, each) => Math.max(most, each), 0);
    this.largest = largest;
    for (let index = 0; index < this.pixels; index++) {
      const [x, y] = this.grid.corner(index).map((at) => at + this.grid.gap / 2);
      this.ground(context, index, x, y, size, fresh, largest);
      this.ink(context, index, x, y, size);
    }
    for (const index of this.painted()) this.grid.dogEar(context, index, this.theme.colours.flipped);
    const [x, y] = this.grid.corner(this.target);
    drawTarget(context, x, y, this.grid.cell, this.theme);
    if (this.hovered >= 0) this.grid.outline(context, this.hovered, this.theme.text, 1.5);
    this.canvas.style.touchAction = kept.mode === "paint" ? "none" : "pan-y";
    this.read();
  }

  /** What lies under the value of a pixel: its class, its gradient, or paper. */
  ground(context, index, x, y, size, fresh, largest) {
    const { colours } = this.theme;
    const name = kept.layer === "plain" ? null : this.classOf(index);
    if (kept.layer === "gradient" && name === "seen") {
      const strength = this.data.gradient[index] / Math.max(largest, 1e-30);
      context.fillStyle = fresh ? onRamp(this.meta.ramp, Math.sqrt(strength)) : colours.future;
      context.fillRect(x, y, size, size);
    } else if (name && name !== "target") {
      drawMark(context, name, x, y, size, this.theme);
    } else {
      context.fillStyle = colours.paper;
      context.fillRect(x, y, size, size);
    }
  }

  ink(context, index, x, y, size) {
    const level = this.x[index];
    if (kept.layer === "plain" || index === this.target) {
      context.fillStyle = this.greys[level];
      context.fillRect(x, y, size, size);
    } else if (level > 0) {
      drawInk(context, this.greys[level], x, y, size, this.theme);
    }
  }

  buttons() {
    for (const button of this.root.querySelectorAll("[data-mode]")) button.setAttribute("aria-pressed", button.dataset.mode === kept.mode);
    for (const button of this.root.querySelectorAll("[data-layer]")) button.setAttribute("aria-pressed", button.dataset.layer === kept.layer);
    this.root.querySelector("[data-do=undo]").disabled = !this.past().length;
    this.root.querySelector("[data-do=reset]").disabled = !this.painted().length;
    this.legend();
  }

  /** The marks that are on the picture now. */
  legend() {
    const wanted = `${kept.layer} ${this.theme.dark}`;
    const list = this.say("legend");
    if (list.dataset.wanted === wanted) return;
    list.dataset.wanted = wanted;
    list.replaceChildren();
    const entry = (words, paint) => {
      const item = document.createElement("li");
      const canvas = document.createElement("canvas");
      paint(sharpContext(canvas, 18, 18));
      item.append(canvas, words);
      list.append(item);
    };
    entry("target", (context) => drawTarget(context, 3, 3, 12, this.theme));
    if (kept.layer === "gradient") {
      const item = document.createElement("li");
      item.innerHTML = `<i class="ramp"></i>|∂ log p / ∂x|, from 0 to the largest here, by its square root`;
      list.append(item);
    }
    for (const [name, words] of Object.entries(kept.layer === "plain" ? {} : CLASSES)) {
      if (kept.layer === "gradient" && name === "seen") continue;
      entry(words, (context) => drawMark(context, name, 1, 1, 16, this.theme));
    }
    entry("1, ink", (context) => {
      context.fillStyle = this.theme.colours.ink;
      context.fillRect(3, 3, 12, 12);
    });
    entry("painted by you", (context) => {
      context.fillStyle = this.theme.colours.flipped;
      context.beginPath();
      context.moveTo(5, 3);
      context.lineTo(15, 3);
      context.lineTo(15, 13);
      context.fill();
    });
    const dashed = document.createElement("li");
    dashed.innerHTML = `<s class="dashed"></s>before you painted`;
    list.append(dashed);
  }

  // --- words ------------------------------------------------------------------------------------

  buildBars() {
    const bars = this.say("bars");
    if (bars.dataset.levels === String(this.meta.levels) && bars.dataset.dark === String(this.theme.dark)) return;
    bars.dataset.levels = this.meta.levels;
    bars.dataset.dark = this.theme.dark;
    bars.innerHTML = this.greys
      .map((grey, level) => `<div class="row"><span class="key"><i style="--level:${grey}"></i>${level}</span><span class="track"><i></i><s></s></span><output></output></div>`)
      .join("");
  }

  read() {
    const { levels, columns, title } = this.meta;
    const { log_p, base_log_p, logits, base_logits } = this.data;
    const place = (index) => `row ${Math.floor(index / columns)}, column ${index % columns}`;
    const at = (array, level) => array[this.target * levels + level];
    const name = `x<sub>${Math.floor(this.target / columns)},${this.target % columns}</sub>`;
    this.say("formula").innerHTML =
      `p(${name} = k | ${this.target ? `the ${this.target} before it` : "nothing"}) of ${title}<br>` +
      `<span class="quiet">${place(this.target)}: pixel ${this.target + 1} of ${this.pixels} in raster order</span>`;
    const value = this.x[this.target];
    let differs = false;
    [...this.say("bars").children].forEach((row, level) => {
      const [, track, output] = row.children;
      const p = Math.exp(at(log_p, level));
      track.children[0].style.setProperty("--p", p);
      track.children[1].style.setProperty("--p", Math.exp(at(base_log_p, level)));
      output.textContent = share(p);
      row.classList.toggle("there", level === value);
      differs ||= at(logits, level) !== at(base_logits, level);
    });
    this.say("bars").classList.toggle("still", !differs);
    const nats = -at(log_p, value);
    const unpainted = -at(base_log_p, value);
    this.say("value").innerHTML =
      `The value there is <b>${value}</b>: −log p = <b>${nats.toFixed(3)}</b> nats` +
      (differs ? `, ${unpainted.toFixed(3)} before you painted (${signed(nats - unpainted)})` : "");
    this.root.dataset.nats = nats;
    this.root.dataset.target = this.target;
    this.judgement();
    this.tried();
    this.say("pointed").textContent = this.hovered < 0 ? "" : this.about(this.hovered, place(this.hovered));
    this.canvas.setAttribute(
      "aria-label",
      `Test digit ${this.meta.digit}, the field of the pixel in ${place(this.target)}. Arrow keys move, Enter ` +
        `${kept.mode === "paint" ? "paints" : "chooses"}.`,
    );
  }

  /** What the last stroke did; else what all the paint does; else what to try. */
  judgement() {
    const { title, most } = this.meta;
    if (this.waiting) return;
    const box = this.say("verdict");
    const painted = this.painted();
    const base = { logits: this.data.base_logits, log_p: this.data.base_log_p };
    const verdict = this.verdict ?? (painted.length ? this.compare(this.target, painted, base, this.data) : null);
    box.classList.toggle("held", Boolean(verdict) && !verdict.moved);
    box.classList.toggle("moved", Boolean(verdict?.moved));
    box.dataset.moved = verdict?.moved ?? "";
    if (this.full) {
      box.textContent = `At most ${most} pixels can be painted. Undo, or take the paint off.`;
      this.full = false;
      return;
    }
    if (!verdict) {
      box.textContent =
        kept.mode === "paint"
          ? "Paint a pixel: a click flips it, a drag paints several. Can you move the bars from a pixel that is not blue?"
          : "Drag over the digit: each pixel has a softmax of its own, all from the same pass.";
      return;
    }
    const { classes, moved, by } = verdict;
    const subject = verdict.stroke ? "The stroke" : `The paint, ${plural(classes.length, "pixel")},`;
    const read = classes.filter((name) => name === "seen").length;
    if (!read && moved) {
      box.innerHTML = `${subject} moved log p by ${by.toExponential(1)} nats, and it must not have: you broke it.`;
    } else if (!read) {
      const why = [...new Set(classes)].map((name) => REASONS[name]?.(title)).join("; or ");
      box.innerHTML = `${subject} moved log p by <b>0 exactly</b>: ${classes.length === 1 ? "this pixel is" : "these pixels are"} ${why}.`;
    } else {
      const size = classes.length === 1 ? "the pixel is" : `${read} of ${plural(classes.length, "pixel")} ${read === 1 ? "is" : "are"}`;
      box.innerHTML = `${subject} moved log p of the value there by <b>${signed(by)}</b> nats: ${size} read by ${title}.`;
    }
  }

  tried() {
    const tries = kept.tries.get(this.meta.model);
    this.say("tries").innerHTML = tries?.strokes
      ? `Tries on pixels that ${this.meta.title} does not read: <b>${tries.strokes}</b>; that moved the bars: <b>${tries.moved}</b>.`
      : "";
    this.root.dataset.tries = tries?.strokes ?? 0;
  }

  /** A pixel that is pointed at, in words. */
  about(index, place) {
    const name = this.classOf(index);
    const table = weightShelf().byName.get(this.meta.table);
    let words = REASONS[name]?.(this.meta.title) ?? "";
    if (name === "target") words = "the target";
    if (name === "seen") {
      const layer = table.first_seen[this.target * this.pixels + index];
      words = layer === 0 ? "read by the first layer" : `read after ${plural(layer, "more layer")}`;
      const moves = this.data.gradient[index];
      if (this.target === this.meta.target) words += `; gradient ${moves < 0.0005 ? moves.toExponential(1) : moves.toFixed(3)} nats`;
    }
    return `Pointed at ${place}, value ${this.x[index]}: ${words}.`;
  }

  destroy() {
    this.resize.disconnect();
    weightShelf().changed.removeEventListener("change", this.onTable);
  }
}

const softmaxViews = new WeakMap();

export default function pixel_softmax({ parentElement, data, setTriggerValue }) {
  let view = softmaxViews.get(parentElement);
  if (!view) {
    view = new SoftmaxView(parentElement);
    softmaxViews.set(parentElement, view);
  }
  view.update(unpack(data), { setTriggerValue });
  return () => {
    view.destroy();
    softmaxViews.delete(parentElement);
  };
}
