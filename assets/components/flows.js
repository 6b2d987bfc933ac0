// A flow under the hand: the plane of x beside the plane of z, with the grid, the density and the
// data carried from one to the other. Python sends where the model puts every point at every
// stage; here nothing is computed but straight lines from one stage to the next.

import { unpack } from "./wire.js";
import { themeOf, paletteToCss, sharpContext, stillness } from "./theme.js";
import { Player } from "./player.js";

const NEAR = 0.35; // how far from the pointer data points light up, in units of the plane
const GLIDE_MS = 450; // from one stage to the next
const signed = (value, digits = 2) => (Math.abs(value) >= 1000 ? value.toExponential(0) : value.toFixed(digits)).replace("-", "−");
const pair = ([a, b]) => `(${signed(a)}, ${signed(b)})`;

class FlowsView {
  constructor(parent) {
    this.root = parent.querySelector(".flows");
    this.canvas = this.root.querySelector(".planes");
    this.reading = this.root.querySelector(".reading");
    this.says = this.root.querySelector(".says");
    this.matrices = this.root.querySelector(".jacobian");
    this.modes = [...this.root.querySelectorAll("[data-mode]")];
    this.mode = "layers";
    this.hovered = null; // { plane: "x" | "z", at: [first, second] }
    this.pinned = null;
    this.stage = 0; // between two stages while it glides
    this.player = new Player(this.root.querySelector("[data-player]"), {
      onStep: (step) => this.go(step),
      onRest: (step) => (this.root.dataset.step = step),
    });
    for (const button of this.modes) button.onclick = () => this.setMode(button.dataset.mode);
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
    this.listen();
  }

  listen() {
    const at = (event) => {
      const box = this.canvas.getBoundingClientRect();
      return this.placeAt(event.clientX - box.left, event.clientY - box.top);
    };
    this.canvas.addEventListener("pointermove", (event) => {
      const place = at(event);
      if (event.buttons && place) this.pinned = place;
      this.point(place);
    });
    this.canvas.addEventListener("pointerdown", (event) => {
      this.pressed = { was: this.pinned, x: event.clientX, y: event.clientY };
      this.pinned = at(event);
      this.point(this.pinned);
    });
    this.canvas.addEventListener("pointerup", (event) => {
      // A click beside the old pin moves it; a click on it takes it away.
      const { was, x, y } = this.pressed ?? {};
      this.pressed = null;
      const now = at(event);
      if (!was || !now || was.plane !== now.plane || Math.hypot(event.clientX - x, event.clientY - y) > 4) return;
      if (Math.hypot(was.at[0] - now.at[0], was.at[1] - now.at[1]) < 0.12) this.pinned = null;
      this.draw();
    });
    this.canvas.addEventListener("pointerleave", () => this.point(null));
    this.canvas.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (event.key === "Escape") this.pinned = null;
    else if (event.key === "x" || event.key === "z") this.pinned = { plane: event.key, at: [0, 0] };
    else if (by) {
      const { plane, at } = this.pinned ?? { plane: "x", at: [0, 0] };
      const { window } = this.meta;
      this.pinned = { plane, at: at.map((value, k) => Math.max(-window, Math.min(window, value + 0.125 * by[k]))) };
    } else return;
    event.preventDefault();
    event.stopPropagation();
    this.draw();
  }

  update({ meta, arrays }) {
    const before = this.meta;
    this.meta = meta;
    this.arrays = arrays;
    this.theme = themeOf(this.root, meta.palette);
    paletteToCss(this.root, this.theme.colours);
    this.root.classList.toggle("presenting", meta.present);
    this.heats = new Map();
    this.ramp ??= smooth(meta.ramp);
    this.root.querySelector(".ramp").style.background = `linear-gradient(to right, ${meta.ramp.join(",")})`;
    const learning = this.modes.find((button) => button.dataset.mode === "learning");
    learning.hidden = meta.frames.length < 2;
    this.modes[0].hidden = learning.hidden;
    if (before?.picture_id !== meta.picture_id) {
      // What a card asks for waits until its training is over.
      const asked = !meta.live && meta.goto && meta.goto.nonce !== this.nonce ? meta.goto : null;
      this.nonce = asked?.nonce ?? this.nonce;
      this.setMode(asked?.mode === "learning" && !learning.hidden ? "learning" : "layers", false);
      this.arrive(asked, !before || before.K !== meta.K || before.live);
    } else if (!meta.live && meta.goto && meta.goto.nonce !== this.nonce) {
      this.nonce = meta.goto.nonce;
      this.setMode(meta.goto.mode === "learning" && !learning.hidden ? "learning" : "layers", false);
      this.arrive(meta.goto, true);
    }
    this.draw();
  }

  arrive(asked, atEnd) {
    if (asked?.pin) this.pinned = asked.pin;
    if (asked?.play && !this.meta.live) {
      this.player.show(0);
      this.stage = 0;
      this.player.playByItself();
    } else {
      const step = atEnd ? this.player.steps : Math.min(this.player.step, this.player.steps);
      this.stage = this.mode === "layers" ? step : this.meta.K;
      this.player.seek(step);
    }
  }

  setMode(mode, seek = true) {
    this.mode = mode;
    this.root.dataset.mode = mode;
    for (const button of this.modes) button.setAttribute("aria-pressed", button.dataset.mode === mode);
    const { K, frames, live } = this.meta;
    this.player.root.parentElement.style.visibility = live ? "hidden" : ""; // the page below stays put
    if (mode === "layers") this.player.load(K, { speeds: [0.5, 1, 2], speed: 1, unit: "transform" });
    else this.player.load(frames.length - 1, { speeds: [4, 8, 16], speed: 8, unit: "picture" });
    // The speeds of the two are others: the one chosen before may be gone.
    if (!this.player.speed.value) this.player.speed.value = mode === "layers" ? 1 : 8;
    if (!seek) return;
    this.stage = K;
    if (mode === "learning") {
      this.player.show(0);
      this.player.playByItself();
    } else {
      this.player.seek(K);
    }
  }

  /** The player is at a step: glide there. */
  go(step) {
    if (!this.meta) return;
    const to = this.mode === "layers" ? step : this.meta.K;
    cancelAnimationFrame(this.gliding);
    const from = this.stage;
    if (stillness() || this.meta.live || Math.abs(to - from) !== 1 || this.mode !== "layers") {
      this.stage = to;
      return this.draw();
    }
    const begun = performance.now();
    const glide = (now) => {
      const part = Math.min(1, Math.max(0, (now - begun) / GLIDE_MS));
      this.stage = from + (to - from) * (part * part * (3 - 2 * part));
      this.draw();
      if (part < 1) this.gliding = requestAnimationFrame(glide);
    };
    this.gliding = requestAnimationFrame(glide);
  }

  // --- where things are ------------------------------------------------------------------------

  get frame() {
    if (this.meta.live) return this.meta.frames.length - 1;
    return this.mode === "learning" ? this.player.step : -1;
  }

  /** Value of an array of (stages, size) at a stage, or between two. */
  between(array, size, index, stage) {
    const low = Math.min(Math.floor(stage), this.meta.K);
    const part = stage - low;
    const value = array[low * size + index];
    return part > 0 ? value + part * (array[(low + 1) * size + index] - value) : value;
  }

  layout() {
    const width = this.root.clientWidth;
    const stacked = width < 520;
    const left = 22;
    const gap = 34;
    const tallest = Math.max(240, window.innerHeight - (this.meta.present ? 300 : 356));
    const side = Math.floor(stacked ? width - left - 4 : Math.min((width - left - gap - 4) / 2, tallest));
    const top = 24;
    const step = stacked ? [0, side + 56] : [side + gap, 0];
    const corner = (k) => [left + k * step[0], top + k * step[1]];
    return { width: stacked ? width : Math.min(width, left + 2 * side + gap + 4), height: top + side + 20 + step[1], side, x: corner(0), z: corner(1) };
  }

  toScreen(plane, [first, second]) {
    const { side } = this.places;
    const [x, y] = this.places[plane];
    const scale = side / (2 * this.meta.window);
    return [x + (first + this.meta.window) * scale, y + (this.meta.window - second) * scale];
  }

  placeAt(px, py) {
    if (!this.places) return null;
    const { side } = this.places;
    for (const plane of ["x", "z"]) {
      const [x, y] = this.places[plane];
      if (px < x || py < y || px > x + side || py > y + side) continue;
      const scale = (2 * this.meta.window) / side;
      return { plane, at: [(px - x) * scale - this.meta.window, this.meta.window - (py - y) * scale] };
    }
    return null;
  }

  point(place) {
    if (!place && !this.hovered) return;
    this.hovered = place;
    this.draw();
  }

  get place() {
    return this.hovered ?? this.pinned;
  }

  /** The pair of the lattice whose end in that plane is the nearest, or -1. */
  nearest({ plane, at }) {
    const { pairs } = this.arrays;
    if (!pairs || this.frame >= 0) return -1;
    const count = pairs.length / 2 / (this.meta.K + 1);
    const stage = plane === "z" ? 0 : Math.round(this.stage);
    const from = stage * count * 2;
    let best = -1;
    let least = 0.6 ** 2;
    for (let k = 0; k < count; k++) {
      const distance = (pairs[from + 2 * k] - at[0]) ** 2 + (pairs[from + 2 * k + 1] - at[1]) ** 2;
      if (distance < least) [least, best] = [distance, k];
    }
    return best;
  }

  pairAt(node, stage) {
    const { pairs } = this.arrays;
    const size = pairs.length / (this.meta.K + 1);
    return [0, 1].map((axis) => this.between(pairs, size, 2 * node + axis, stage));
  }

  /** Position of a data point in a plane, as shown now. */
  dataAt(plane, k) {
    const { points, frame_points } = this.arrays;
    const { K } = this.meta;
    const frame = this.frame;
    if (frame >= 0) {
      const size = frame_points.length / this.meta.frames.length;
      if (plane === "z") return [frame_points[frame * size + 2 * k], frame_points[frame * size + 2 * k + 1]];
      const last = this.meta.live ? 0 : K;
      return [points[last * size + 2 * k], points[last * size + 2 * k + 1]];
    }
    const size = points.length / (K + 1);
    const stage = plane === "z" ? 0 : this.stage;
    return [this.between(points, size, 2 * k, stage), this.between(points, size, 2 * k + 1, stage)];
  }

  // --- drawing ---------------------------------------------------------------------------------

  draw() {
    if (!this.meta || !this.root.isConnected || this.root.clientWidth < 80) return;
    this.places = this.layout();
    const context = sharpContext(this.canvas, this.places.width, this.places.height);
    const node = this.place ? this.nearest(this.place) : -1;
    for (const plane of ["x", "z"]) this.drawPlane(context, plane, node);
    this.say(node);
    this.drawMatrices(node);
    this.root.dataset.stage = this.stage.toFixed(2);
    this.root.dataset.pair = node < 0 ? "" : [...this.pairAt(node, this.meta.K), ...this.pairAt(node, 0)].map((value) => value.toFixed(3)).join(" ");
  }

  drawPlane(context, plane, node) {
    const { side } = this.places;
    const [x, y] = this.places[plane];
    const { colours } = this.theme;
    const dark = this.meta.palette.dark; // on the dark end of the ramp whatever the page's ground
    context.save();
    context.beginPath();
    context.roundRect(x, y, side, side, 3);
    context.clip();
    this.drawHeat(context, plane, x, y, side);
    this.drawLines(context, plane);
    const lit = this.drawData(context, plane, dark);
    if (node >= 0) this.drawPair(context, plane, node, dark);
    if (this.place && node < 0) this.drawBrush(context, plane, dark);
    context.restore();
    context.strokeStyle = colours.line;
    context.strokeRect(x - 0.5, y - 0.5, side + 1, side + 1);
    this.drawAxes(context, plane, x, y, side);
    return lit;
  }

  drawAxes(context, plane, x, y, side) {
    const { colours, font, text } = this.theme;
    const scale = side / (2 * this.meta.window);
    context.fillStyle = colours.quiet;
    context.font = `11px ${font}`;
    for (const tick of [-2, 0, 2]) {
      const label = String(tick).replace("-", "−");
      context.textAlign = "center";
      context.fillText(label, x + (tick + this.meta.window) * scale, y + side + 14);
      context.textAlign = "right";
      context.fillText(label, x - 6, y + (this.meta.window - tick) * scale + 4);
    }
    context.fillStyle = text;
    context.textAlign = "left";
    context.font = `600 13px ${font}`;
    const whole = this.frame >= 0 || this.stage >= this.meta.K - 0.001;
    const name = plane === "z" ? "z" : whole ? "x" : this.stage < 0.001 ? "z" : `after ${Math.round(this.stage)} of ${this.meta.K}`;
    context.fillText(name, x, y - 8);
    const after = context.measureText(name).width;
    context.font = `13px ${font}`;
    context.fillStyle = colours.quiet;
    const what = plane === "z" ? "the Gaussian" : whole ? "the data" : this.stage < 0.001 ? "before any transform" : "transforms";
    context.fillText(what, x + after + 7, y - 8);
  }

  drawHeat(context, plane, x, y, side) {
    const paint = (key, alpha) => {
      context.globalAlpha = alpha;
      context.imageSmoothingQuality = "high";
      context.drawImage(this.heat(key), x, y, side, side);
      context.globalAlpha = 1;
    };
    if (plane === "z") return paint("stage 0", 1);
    if (this.frame >= 0) return paint(`frame ${this.frame}`, 1);
    const low = Math.floor(this.stage);
    paint(`stage ${low}`, 1);
    if (this.stage > low) paint(`stage ${low + 1}`, this.stage - low);
  }

  /** One density as a picture of as many pixels as it has cells. */
  heat(key) {
    if (this.heats.has(key)) return this.heats.get(key);
    const [kind, number] = key.split(" ");
    const { cells } = this.meta;
    const size = cells * cells;
    const all = kind === "stage" ? this.arrays.density : this.arrays.frame_density;
    const density = all.subarray(number * size, (Number(number) + 1) * size);
    const most = density.reduce((a, b) => Math.max(a, b), 1e-9);
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = cells;
    const context = canvas.getContext("2d");
    const image = context.createImageData(cells, cells);
    for (let k = 0; k < size; k++) {
      const colour = this.ramp[Math.round(255 * Math.sqrt(density[k] / most))];
      image.data.set(colour, 4 * k);
    }
    context.putImageData(image, 0, 0);
    canvas.most = most;
    this.heats.set(key, canvas);
    return canvas;
  }

  drawLines(context, plane) {
    const { lines: count, along, K } = this.meta;
    const { lines, frame_lines } = this.arrays;
    const frame = this.frame;
    const size = count * along * 2;
    const [ox, oy] = this.toScreen(plane, [0, 0]);
    const scale = this.places.side / (2 * this.meta.window);
    const value = (index) => {
      if (plane === "z") return lines[index];
      if (frame >= 0) return frame_lines[frame * size + index];
      return this.between(lines, size, index, Math.min(this.stage, K));
    };
    context.lineWidth = 1;
    context.strokeStyle = "rgb(255 255 255 / 0.42)";
    for (let line = 0; line < count; line++) {
      context.setLineDash(line < count / 2 ? [] : [4, 3]);
      context.beginPath();
      for (let k = 0; k < along; k++) {
        const index = (line * along + k) * 2;
        context.lineTo(ox + value(index) * scale, oy - value(index + 1) * scale);
      }
      context.stroke();
    }
    context.setLineDash([]);
  }

  /** Data points that lie near what is pointed at, in the plane it is pointed at in. */
  near(k) {
    const place = this.place;
    if (!place) return false;
    const [first, second] = this.dataAt(place.plane, k);
    return (first - place.at[0]) ** 2 + (second - place.at[1]) ** 2 < NEAR ** 2;
  }

  drawData(context, plane, dark) {
    const count = this.meta.shown;
    const radius = this.places.side < 300 ? 1.7 : 2.1;
    context.lineWidth = 0.8;
    context.strokeStyle = "rgb(0 20 50 / 0.9)";
    for (const lit of [false, true]) {
      context.fillStyle = lit ? dark.target : "#ffffff";
      for (let k = 0; k < count; k++) {
        if (this.near(k) !== lit) continue;
        context.beginPath();
        context.arc(...this.toScreen(plane, this.dataAt(plane, k)), lit ? radius + 1.2 : radius, 0, 7);
        context.fill();
        context.stroke();
      }
    }
  }

  drawBrush(context, plane, dark) {
    if (this.place.plane !== plane) return;
    const scale = this.places.side / (2 * this.meta.window);
    context.strokeStyle = dark.target;
    context.lineWidth = 1.5;
    context.beginPath();
    context.arc(...this.toScreen(plane, this.place.at), NEAR * scale, 0, 7);
    context.stroke();
  }

  drawPair(context, plane, node, dark) {
    this.drawBrush(context, plane, dark);
    context.strokeStyle = dark.target;
    context.lineWidth = 1.5;
    if (plane === "x") {
      // The way there, stage by stage.
      context.setLineDash([2, 3]);
      context.beginPath();
      for (let stage = 0; stage <= this.meta.K; stage++) context.lineTo(...this.toScreen("x", this.pairAt(node, stage)));
      context.stroke();
      context.setLineDash([]);
    }
    const centre = this.toScreen(plane, this.pairAt(node, plane === "z" ? 0 : this.stage));
    context.beginPath();
    context.arc(...centre, 6, 0, 7);
    context.lineWidth = 5;
    context.strokeStyle = "rgb(0 20 50 / 0.9)";
    context.stroke();
    context.lineWidth = 2.5;
    context.strokeStyle = context.fillStyle = dark.target;
    context.stroke();
    if (this.place.plane === plane) context.fill();
  }

  // --- words -----------------------------------------------------------------------------------

  say(node) {
    const { K, frames, kind, live } = this.meta;
    const frame = this.frame;
    const heat = this.heats.get(frame >= 0 ? `frame ${frame}` : `stage ${Math.round(this.stage)}`);
    this.root.querySelector(".most").textContent = heat ? heat.most.toFixed(2) : "";
    this.says.textContent = frame >= 0 ? `step ${frames[frame].step}: ${signed(frames[frame].loss)} nats` : live || !this.meta.steps ? "" : `${signed(this.meta.loss)} nats on the data`;
    if (node >= 0) {
      const x = this.pairAt(node, K);
      const z = this.pairAt(node, 0);
      const { log_p } = this.arrays;
      const base = log_p[node];
      const all = log_p[log_p.length / 2 + node];
      this.reading.innerHTML = `<b>x = ${pair(x)}</b> ⇄ <b>z = ${pair(z)}</b><br>log p(x) = log N(z) + log |det ∂z/∂x| = ${signed(base)} ${all < base ? "−" : "+"} ${Math.abs(all - base).toFixed(2)} = <b>${signed(all)} nats</b>`;
      return;
    }
    if (frame >= 0) {
      this.reading.textContent = live ? "It is learning: the grid bends so that the Gaussian’s mass comes to lie where the data are." : "The grid bends, and in z the data spread into a Gaussian. Point at data on one side to find them on the other.";
      return;
    }
    const stage = Math.round(this.stage);
    if (stage === K || stage === 0) {
      const bent = this.meta.steps ? "" : " It has learned nothing yet: press Train.";
      this.reading.textContent = stage ? `Point at x or at z: each point has one partner.${bent}` : "Here every point starts: z, from the Gaussian. Play to send it through the transforms.";
      return;
    }
    const [first, second] = this.meta.orders[stage - 1].map((variable) => variable + 1);
    const source = kind === "maf" ? `what variable ${first} has just become` : `what variable ${first} was before`;
    this.reading.textContent = `Transform ${stage} of ${K}: variable ${first} is scaled and shifted by two constants, then variable ${second} by two numbers that the network reads from ${source}.`;
  }

  drawMatrices(node) {
    const { K, orders } = this.meta;
    const { jacobian, total, pairs } = this.arrays;
    const count = pairs ? pairs.length / 2 / (K + 1) : 0; // none while it learns
    const matrix = (values, order, caption, now) => {
      const zero = order && [order[0], order[1]]; // the first in the order does not read the second
      const cells = [0, 1, 2, 3].map((cell) => {
        const structural = zero && zero[0] === cell >> 1 && zero[1] === (cell & 1);
        if (structural) return `<span class="zero">${values ? (values[cell] === 0 ? "0" : signed(values[cell])) : "0"}</span>`;
        return `<span>${values ? signed(values[cell]) : "·"}</span>`;
      });
      return `<figure class="${now ? "now" : ""}"><div>${cells.join("")}</div><figcaption>${caption}</figcaption></figure>`;
    };
    const parts = [];
    // As one multiplies: the step next to z stands on the left.
    const stage = Math.round(this.stage);
    for (let number = 1; number <= K; number++) {
      const at = ((K - number) * count + node) * 4;
      parts.push(matrix(node >= 0 ? jacobian.subarray(at, at + 4) : null, orders[number - 1], `transform ${number}`, number === stage && this.stage < K && this.frame < 0));
    }
    const same = new Set(orders.map(String)).size === 1;
    const whole = matrix(node >= 0 ? total.subarray(4 * node, 4 * node + 4) : null, same ? orders[0] : null, "∂z / ∂x, all");
    const html = `${parts.join("")}<span aria-hidden="true">=</span>${whole}`;
    if (this.shownMatrices !== html) this.matrices.innerHTML = this.shownMatrices = html;
  }

  destroy() {
    cancelAnimationFrame(this.gliding);
    this.player.destroy();
    this.resize.disconnect();
  }
}

/** The ramp at 256 even stops, as [red, green, blue, 255]. */
function smooth(ramp) {
  const stops = ramp.map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  return Array.from({ length: 256 }, (_, k) => {
    const place = (k / 255) * (stops.length - 1);
    const low = Math.min(Math.floor(place), stops.length - 2);
    return [...stops[low].map((value, channel) => Math.round(value + (place - low) * (stops[low + 1][channel] - value))), 255];
  });
}

const flowViews = new WeakMap();

export default function flows({ parentElement, data }) {
  let view = flowViews.get(parentElement);
  if (!view) {
    view = new FlowsView(parentElement);
    flowViews.set(parentElement, view);
  }
  view.update(unpack(data));
  return () => {
    view.destroy();
    flowViews.delete(parentElement);
  };
}
