// MADE's masks: the graph that is touched, and the matrices that say the same.
//
// Python sends ranks, degrees, masks, path counts and the gradient of the real network; what is
// pointed at is followed through the masks here. A change of degree or order goes back to Python.

import { unpack } from "./wire.js";
import { themeOf, paletteToCss, sharpContext } from "./theme.js";
import { Player } from "./player.js";

const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";
const sub = (number) => [...String(number)].map((digit) => SUBSCRIPTS[digit]).join("");
const variable = (index) => `x${sub(index + 1)}`;
const listed = (words) => (words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`);

class MadeView {
  constructor(parent) {
    this.root = parent.querySelector(".made");
    this.canvas = this.root.querySelector(".graph");
    this.matrices = this.root.querySelector(".matrices");
    this.chips = this.root.querySelector(".chips");
    this.stepper = this.root.querySelector(".stepper");
    this.reading = this.root.querySelector(".reading");
    this.hovered = null; // [layer, unit]; layer 0 holds the inputs, the last one the outputs
    this.pinned = null;
    this.player = new Player(this.root.querySelector("[data-player]"), {
      onStep: () => this.draw(),
      onRest: (step) => {
        this.root.dataset.step = step;
        this.keepInAddress("step", step === this.player.steps ? null : step);
      },
    });
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
    this.listen();
  }

  listen() {
    const at = (event) => {
      const box = this.canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    this.canvas.addEventListener("pointermove", (event) => {
      const [x, y] = at(event);
      if (this.drag) {
        this.drag.y = y;
        this.drag.moved ||= Math.abs(y - this.drag.from) > 6;
        return this.draw();
      }
      this.point(this.nodeAt(x, y));
    });
    // A finger on an input drags it; anywhere else it scrolls the page.
    const hold = (event) => {
      const touch = event.touches[0];
      if (event.touches.length === 1 && this.nodeAt(...at(touch))?.[0] === 0) event.preventDefault();
    };
    this.canvas.addEventListener("touchstart", hold, { passive: false });
    this.canvas.addEventListener("pointerleave", () => !this.drag && this.point(null));
    this.canvas.addEventListener("pointerdown", (event) => {
      const [x, y] = at(event);
      const node = this.nodeAt(x, y);
      if (node?.[0] === 0) {
        this.drag = { index: node[1], from: y, y, moved: false };
        this.canvas.setPointerCapture(event.pointerId);
      }
    });
    this.canvas.addEventListener("pointerup", (event) => {
      const [x, y] = at(event);
      const drag = this.drag;
      this.drag = null;
      if (drag?.moved) return this.drop(drag.index, this.nearestInput(y));
      this.pin(this.nodeAt(x, y));
    });
    this.canvas.addEventListener("pointercancel", () => {
      this.drag = null;
      this.draw();
    });
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    for (const button of this.stepper.querySelectorAll("button")) {
      button.onclick = () => this.changeDegree(Number(button.dataset.by));
    }
    this.matrices.addEventListener("pointermove", (event) => {
      const box = this.matrices.getBoundingClientRect();
      this.pointCell(event.clientX - box.left, event.clientY - box.top);
    });
    this.matrices.addEventListener("pointerleave", () => this.pointCell(-1, -1));
  }

  update({ meta, arrays }, { setTriggerValue }) {
    this.send = setTriggerValue;
    const before = this.meta;
    this.meta = meta;
    this.sizes = meta.sizes; // D, H_1, ..., H_L, D
    this.labels = meta.labels; // rank or degree of every node, by layer
    this.masks = meta.sizes.slice(1).map((_, layer) => arrays[`mask${layer + 1}`]);
    this.direct = arrays.direct;
    this.counts = arrays.counts;
    this.gradient = arrays.gradient;
    this.theme = themeOf(this.root, meta.palette);
    paletteToCss(this.root, this.theme.colours);
    this.root.classList.toggle("presenting", meta.present);
    if (String(before?.sizes) !== String(meta.sizes)) this.pinned = this.hovered = null;
    this.story = this.tell();
    this.drawChips();
    if (before?.graph_id !== meta.graph_id) {
      const atEnd = !before || this.player.step >= this.player.steps;
      this.player.load(this.story.length - 1, { speeds: [0.5, 1, 2, 4], speed: 1, unit: "build step" });
      const from = before ? null : this.fromAddress();
      this.player.seek(from ?? (atEnd ? this.story.length - 1 : Math.min(this.player.step, this.story.length - 1)));
    }
    if (meta.goto && meta.goto.nonce !== this.nonce) {
      this.nonce = meta.goto.nonce;
      const [layer, unit] = meta.goto.pin ?? [];
      if (before && unit < (this.sizes[layer] ?? 0)) this.pinned = meta.goto.pin;
      if (!before) {
        // Said to a picture that is gone: presenting, or leaving the page, made a new one.
      } else if (meta.goto.play) {
        this.player.show(0);
        this.player.playByItself();
      } else {
        this.player.seek(meta.goto.step < 0 ? this.story.length - 1 : meta.goto.step);
      }
    }
    this.draw();
  }

  /** The steps in which the lecture builds the picture: what is shown, and a sentence. */
  tell() {
    const layers = this.sizes.length;
    const steps = [{ numbered: 0, masked: 0, text: "An autoencoder: every unit reads every unit of the layer before. Nothing stops an output from seeing its own input." }];
    const names = (layer) => (layer === 0 ? "inputs" : layer === layers - 1 ? "outputs" : `hidden layer ${layer}`);
    const order = this.meta.order.map(variable).join(", ");
    steps.push({ numbered: 1, masked: 0, text: `Number the inputs: each gets its rank in the order ${order}. Rank 1 is drawn first.` });
    for (let layer = 1; layer < layers - 1; layer++) {
      steps.push({ numbered: layer + 1, masked: 0, text: `Number hidden layer ${layer}: each unit gets a degree, which should be from 1 to D − 1 = ${this.sizes[0] - 1}. It will see inputs up to that rank.` });
    }
    steps.push({ numbered: layers, masked: 0, text: "Number the outputs as the inputs: output and input of a variable have the same rank." });
    for (let layer = 1; layer < layers; layer++) {
      const last = layer === layers - 1;
      const sign = last ? (this.meta.relaxed ? "i ≤ j, which is wrong here: it should be i < j" : "i < j, strictly") : "i ≤ j";
      steps.push({ numbered: layers, masked: layer, text: `Keep the weights from ${names(layer - 1)} to ${names(layer)} where a number i meets a number j with ${sign}. All others are multiplied by 0.` });
    }
    this.meta.order.forEach((index, t) => {
      const reads = this.meta.order.filter((j) => this.counts[index * this.sizes[0] + j] > 0);
      const seen = reads.length ? `Follow the kept weights back from p(${variable(index)} | ·): they lead to ${listed(reads.map(variable))} alone.` : `p(${variable(index)} | ·) has no way back to any input: its value is a bias.`;
      steps.push({ numbered: layers, masked: layers, follow: [layers - 1, index], text: seen });
    });
    steps.push({ numbered: layers, masked: layers, text: "" });
    return steps;
  }

  // --- what is pointed at ----------------------------------------------------------------------

  get node() {
    const told = this.story[this.player.step]?.follow;
    return this.hovered ?? this.pinned ?? told ?? null;
  }

  point(node) {
    if (String(node) === String(this.hovered)) return;
    this.hovered = node;
    this.canvas.style.cursor = node ? (node[0] === 0 ? "grab" : "pointer") : "default";
    this.draw();
  }

  pin(node) {
    this.pinned = node && String(node) !== String(this.pinned) ? node : null;
    this.keepInAddress("node", this.pinned ? this.pinned[0] * 100 + this.pinned[1] : null);
    this.draw();
  }

  /** Build step and pinned node belong to the browser: they go into the address without a run. */
  keepInAddress(name, value) {
    const url = new URL(location.href);
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  }

  /** Pins the node of the address, and gives its build step; null where there is none that fits. */
  fromAddress() {
    const [step, node] = ["step", "node"].map((name) => Number(new URLSearchParams(location.search).get(name) ?? NaN));
    const [layer, unit] = [Math.floor(node / 100), node % 100];
    if (Number.isInteger(node) && unit < (this.sizes[layer] ?? 0)) this.pinned = [layer, unit];
    return Number.isInteger(step) && step >= 0 && step < this.story.length ? step : null;
  }

  key(event) {
    const [layer, unit] = this.pinned ?? [this.sizes.length - 1, 0];
    const to = {
      ArrowUp: [layer, unit - 1],
      ArrowDown: [layer, unit + 1],
      ArrowLeft: [layer - 1, Math.min(unit, (this.sizes[layer - 1] ?? 1) - 1)],
      ArrowRight: [layer + 1, Math.min(unit, (this.sizes[layer + 1] ?? 1) - 1)],
    }[event.key];
    if (to) {
      if (!this.pinned) this.pinned = [layer, unit];
      else if (to[0] >= 0 && to[0] < this.sizes.length && to[1] >= 0 && to[1] < this.sizes[to[0]]) this.pinned = to;
    } else if (event.key === "Escape") {
      this.pinned = null;
    } else if (["+", "=", "-"].includes(event.key) && this.pinned) {
      this.changeDegree(event.key === "-" ? -1 : 1);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    this.keepInAddress("node", this.pinned ? this.pinned[0] * 100 + this.pinned[1] : null);
    this.draw();
  }

  changeDegree(by) {
    if (!this.pinned) return;
    const [layer, unit] = this.pinned;
    if (layer === 0 || layer === this.sizes.length - 1) {
      // An input has a rank: one step earlier or later in the order.
      return this.drop(unit, this.meta.order[this.meta.order.indexOf(unit) + by]);
    }
    const degree = this.labels[layer][unit] + by;
    if (degree < 0 || degree > this.sizes[0]) return;
    this.send("degree", { layer: layer - 1, unit, degree });
  }

  /** Input `index` takes the place of input `other` in the order; those between move up. */
  drop(index, other) {
    if (other === undefined || other === index) return this.draw();
    const order = this.meta.order.filter((each) => each !== index);
    order.splice(this.meta.order.indexOf(other), 0, index);
    this.send("order", order);
  }

  nearestInput(y) {
    const distance = (unit) => Math.abs(this.place(0, unit)[1] - y);
    return Array.from({ length: this.sizes[0] }, (_, unit) => unit).reduce((a, b) => (distance(b) < distance(a) ? b : a));
  }

  drawChips() {
    this.chips.innerHTML = "";
    this.meta.order.forEach((index, t) => {
      const chip = document.createElement("button");
      chip.type = "button";
      chip.draggable = true;
      chip.dataset.index = index;
      chip.innerHTML = `x<sub>${index + 1}</sub>`;
      chip.setAttribute("aria-label", `x ${index + 1}, rank ${t + 1}: left and right arrows move it`);
      chip.ondragstart = (event) => event.dataTransfer.setData("text/plain", index);
      chip.ondragover = (event) => event.preventDefault();
      chip.ondrop = (event) => {
        event.preventDefault();
        this.drop(Number(event.dataTransfer.getData("text/plain")), index);
      };
      chip.onkeydown = (event) => {
        const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (!by) return;
        event.preventDefault();
        event.stopPropagation();
        const other = this.meta.order[t + by];
        if (other === undefined) return;
        this.focusChip = index;
        this.drop(index, other);
      };
      chip.onpointerenter = chip.onfocus = () => this.point([0, index]);
      chip.onpointerleave = chip.onblur = () => this.point(null);
      this.chips.append(chip);
      if (this.focusChip === index) chip.focus();
    });
    this.focusChip = null;
  }

  /** For the node pointed at: the nodes it reads and feeds by layer, and the weights on the way. */
  reach() {
    const node = this.node;
    if (!node) return null;
    const [at, unit] = node;
    const reads = this.sizes.map((size) => new Uint8Array(size));
    const feeds = this.sizes.map((size) => new Uint8Array(size));
    reads[at][unit] = feeds[at][unit] = 1;
    for (let layer = at; layer > 0; layer--) {
      this.eachWeight(layer, (up, low) => (reads[layer - 1][low] |= reads[layer][up]));
    }
    for (let layer = at + 1; layer < this.sizes.length; layer++) {
      this.eachWeight(layer, (up, low) => (feeds[layer][up] |= feeds[layer - 1][low]));
    }
    const last = this.sizes.length - 1;
    if (this.direct.length) {
      for (let other = 0; other < this.sizes[0]; other++) {
        if (at === last && this.direct[unit * this.sizes[0] + other]) reads[0][other] = 1;
        if (at === 0 && this.direct[other * this.sizes[0] + unit]) feeds[last][other] = 1;
      }
    }
    return { reads, feeds, at, unit };
  }

  /** Every kept weight from layer - 1 to layer. */
  eachWeight(layer, visit) {
    const mask = this.masks[layer - 1];
    const low = this.sizes[layer - 1];
    for (let at = 0; at < mask.length; at++) if (mask[at]) visit(Math.floor(at / low), at % low);
  }

  // --- the graph ---------------------------------------------------------------------------------

  place(layer, unit) {
    const { width, height, left, right, top } = this.frame;
    const x = left + (layer * (width - left - right)) / (this.sizes.length - 1);
    const pitch = Math.min(46, (height - top - 8) / this.sizes[layer]);
    const y = top + (height - top - 8) / 2 + (unit - (this.sizes[layer] - 1) / 2) * pitch;
    return [x, this.drag?.moved && layer === 0 && unit === this.drag.index ? this.drag.y : y, Math.min(16, pitch * 0.44)];
  }

  nodeAt(x, y) {
    if (!this.frame) return null;
    let nearest = null;
    let best = 20;
    this.sizes.forEach((size, layer) => {
      for (let unit = 0; unit < size; unit++) {
        const [nx, ny, radius] = this.place(layer, unit);
        const distance = Math.hypot(nx - x, ny - y);
        if (distance < Math.min(best, Math.max(radius + 4, 9))) {
          best = distance;
          nearest = [layer, unit];
        }
      }
    });
    return nearest;
  }

  draw() {
    if (!this.meta || !this.root.isConnected || !this.story) return;
    const width = this.root.clientWidth;
    if (width < 50) return;
    const narrow = width < 560;
    const height = this.meta.present ? Math.min(560, window.innerHeight - 330) : narrow ? 300 : 330;
    this.frame = { width, height, left: narrow ? 42 : 104, right: narrow ? 64 : 104, top: 22 };
    const context = sharpContext(this.canvas, width, height);
    const reach = this.reach();
    const story = this.story[this.player.step];
    this.drawEdges(context, reach, story);
    this.drawNodes(context, reach, story, narrow);
    this.drawMatrices(width, reach, story);
    this.read(reach, story);
    this.placeStepper();
    for (const chip of this.chips.children) {
      const index = Number(chip.dataset.index);
      chip.classList.toggle("lit", Boolean(reach && ((reach.at === 0 && reach.unit === index) || (reach.at > 0 && reach.reads[0][index]))));
    }
  }

  drawEdges(context, reach, story) {
    const { colours } = this.theme;
    const line = (from, to) => {
      const [x0, y0] = from;
      const [x1, y1] = to;
      const bend = (x1 - x0) * 0.4;
      context.beginPath();
      context.moveTo(x0, y0);
      context.bezierCurveTo(x0 + bend, y0, x1 - bend, y1, x1, y1);
      context.stroke();
    };
    const total = this.masks.reduce((sum, mask) => sum + mask.length, 0);
    const busy = total > 900 ? 0.45 : 1;
    for (let layer = 1; layer < this.sizes.length; layer++) {
      const mask = this.masks[layer - 1];
      const low = this.sizes[layer - 1];
      const masked = story.masked >= layer;
      for (let at = 0; at < mask.length; at++) {
        if (masked && !mask[at]) continue;
        context.setLineDash([]);
        context.strokeStyle = colours.quiet;
        context.lineWidth = masked ? 0.9 : 0.6;
        context.globalAlpha = (reach ? 0.13 : masked ? 0.5 : 0.25) * busy;
        line(this.place(layer - 1, at % low), this.place(layer, Math.floor(at / low)));
      }
      if (masked && story.masked === layer && layer < this.sizes.length) {
        context.setLineDash([1, 4]);
        context.strokeStyle = colours.quiet;
        context.globalAlpha = 0.35 * busy;
        for (let at = 0; at < mask.length; at++) {
          if (!mask[at]) line(this.place(layer - 1, at % low), this.place(layer, Math.floor(at / low)));
        }
      }
    }
    context.setLineDash([]);
    context.globalAlpha = 1;
    if (reach && story.masked >= this.sizes.length - 1) {
      for (let layer = 1; layer < this.sizes.length; layer++) {
        this.eachWeight(layer, (up, low) => {
          const read = layer <= reach.at && reach.reads[layer][up];
          const fed = layer > reach.at && reach.feeds[layer - 1][low];
          if (!read && !fed) return;
          context.strokeStyle = read ? colours.seen : colours.feeds;
          context.setLineDash(read ? [] : [5, 3]);
          context.lineWidth = 1.6;
          context.globalAlpha = 0.85;
          line(this.place(layer - 1, low), this.place(layer, up));
        });
      }
    }
    if (story.masked >= this.sizes.length - 1) this.drawDirect(context, reach);
    context.setLineDash([]);
    context.globalAlpha = 1;
  }

  drawDirect(context, reach) {
    const last = this.sizes.length - 1;
    const D = this.sizes[0];
    for (let at = 0; at < this.direct.length; at++) {
      if (!this.direct[at]) continue;
      const [output, input] = [Math.floor(at / D), at % D];
      const read = reach?.at === last && reach.unit === output;
      const fed = reach?.at === 0 && reach.unit === input;
      const lit = read || fed;
      const [x0, y0] = this.place(0, input);
      const [x1, y1] = this.place(last, output);
      const { seen, feeds, quiet } = this.theme.colours;
      context.strokeStyle = read ? seen : fed ? feeds : quiet;
      context.lineWidth = lit ? 1.6 : 0.9;
      context.globalAlpha = lit ? 0.85 : reach ? 0.1 : 0.4;
      context.setLineDash(read ? [] : fed ? [5, 3] : [2, 3]);
      context.beginPath();
      context.moveTo(x0, y0);
      context.bezierCurveTo(x0 + 60, 4, x1 - 60, 4, x1, y1);
      context.stroke();
    }
  }

  drawNodes(context, reach, story, narrow) {
    const { colours, text, ground, font } = this.theme;
    const last = this.sizes.length - 1;
    const heading = (layer) => (layer === 0 ? "inputs · rank" : layer === last ? "outputs · rank" : `hidden ${layer} · degree`);
    this.sizes.forEach((size, layer) => {
      const [x] = this.place(layer, 0);
      context.textAlign = "center";
      context.textBaseline = "alphabetic";
      context.font = `12.5px ${font}`;
      context.fillStyle = colours.quiet;
      context.fillText(narrow ? heading(layer).split(" · ")[0] : heading(layer), x, 12);
      for (let unit = 0; unit < size; unit++) {
        const [nx, ny, radius] = this.place(layer, unit);
        const own = reach && reach.at === layer && reach.unit === unit;
        const read = reach && layer < reach.at && reach.reads[layer][unit];
        const fed = reach && layer > reach.at && reach.feeds[layer][unit];
        const pinned = this.pinned && this.pinned[0] === layer && this.pinned[1] === unit;
        context.beginPath();
        context.arc(nx, ny, radius, 0, 7);
        context.fillStyle = ground;
        context.fill();
        context.globalAlpha = own || read || fed ? 0.16 : 0;
        context.fillStyle = own ? colours.target : read ? colours.seen : colours.feeds;
        context.fill();
        context.globalAlpha = reach && !own && !read && !fed ? 0.45 : 1;
        context.strokeStyle = own ? colours.target : read ? colours.seen : fed ? colours.feeds : colours.quiet;
        context.lineWidth = own ? 2.5 : read || fed ? 2 : 1.2;
        context.setLineDash(fed && !own ? [4, 2] : []);
        context.stroke();
        context.setLineDash([]);
        if (pinned) {
          context.beginPath();
          context.arc(nx, ny, radius + 4, 0, 7);
          context.lineWidth = 1;
          context.stroke();
        }
        if (story.numbered > layer && radius > 4.6) {
          context.fillStyle = text;
          context.font = `${own ? 700 : 500} ${Math.max(7.5, Math.min(13, radius * 1.05))}px ${font}`;
          context.textBaseline = "middle";
          context.fillText(this.labels[layer][unit], nx, ny + 0.5);
        }
        context.textBaseline = "middle";
        context.font = `${own ? 600 : 400} ${Math.min(15, Math.max(9, radius * 1.1))}px ${font}`;
        context.fillStyle = own ? (this.theme.dark ? colours.target : "#B04B00") : text;
        if (layer === 0) {
          context.textAlign = "right";
          context.fillText(variable(unit), nx - radius - 8, ny);
        } else if (layer === last) {
          context.textAlign = "left";
          context.fillText(narrow ? `p(${variable(unit)})` : `p(${variable(unit)} | ·)`, nx + radius + 7, ny);
        }
        context.textAlign = "center";
        context.globalAlpha = 1;
      }
    });
    context.textBaseline = "alphabetic";
  }

  placeStepper() {
    const node = this.pinned;
    const steps = node && node[0] > 0 && node[0] < this.sizes.length - 1;
    this.stepper.hidden = !steps;
    if (!steps) return;
    const [x, y, radius] = this.place(...node);
    this.stepper.querySelector("output").textContent = this.labels[node[0]][node[1]];
    this.stepper.style.left = `${Math.min(this.frame.width - 84, Math.max(0, x - 41))}px`;
    this.stepper.style.top = `${y + radius + 8 > this.frame.height - 30 ? y - radius - 38 : y + radius + 8}px`;
  }

  // --- the matrices --------------------------------------------------------------------------

  drawMatrices(width, reach, story) {
    const { colours, text, font, ground } = this.theme;
    const D = this.sizes[0];
    const shown = this.masks.map((mask, at) => ({ title: `M${"¹²³⁴"[at]}`, rows: this.sizes[at + 1], columns: this.sizes[at], mask, layer: at + 1 }));
    shown.push({ title: `paths = ${this.masks.map((_, at) => `M${"¹²³⁴"[at]}`).reverse().join("")}${this.direct.length ? " + direct" : ""}`, rows: D, columns: D, counts: true });
    shown.push({ title: "|∂ logit / ∂ x|", rows: D, columns: D, gradient: true });
    const gap = 26;
    const limit = 150;
    const lines = [[]];
    let used = 0;
    for (const matrix of shown) {
      const wish = matrix.counts || matrix.gradient ? Math.max(9, Math.min(22, 150 / D)) : Math.min(15, limit / Math.max(matrix.rows, matrix.columns, 8));
      matrix.cell = Math.min(wish, (width - 8) / matrix.columns);
      matrix.width = Math.max(matrix.columns * matrix.cell, matrix.title.length * 6.6);
      if (used + matrix.width > width && lines.at(-1).length) {
        lines.push([]);
        used = 0;
      }
      lines.at(-1).push(matrix);
      used += matrix.width + gap;
    }
    let top = 0;
    for (const line of lines) {
      let left = 2;
      for (const matrix of line) {
        matrix.x = left;
        matrix.y = top + 20;
        left += matrix.width + gap;
      }
      top += 30 + Math.max(...line.map((matrix) => matrix.rows * matrix.cell));
    }
    this.laid = shown;
    const context = sharpContext(this.matrices, width, top);
    const largestCount = Math.max(1, ...this.counts);
    const largestGradient = Math.max(1e-12, ...this.gradient);
    for (const matrix of shown) {
      const { x, y, rows, columns, cell } = matrix;
      context.font = `12px ${font}`;
      context.textAlign = "left";
      context.fillStyle = colours.quiet;
      context.fillText(`${matrix.title}${matrix.mask ? `  ${rows}×${columns}` : ""}`, x, y - 7);
      const gutter = cell > 6 ? 1.5 : 0.5;
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          const at = row * columns + column;
          const [cx, cy] = [x + column * cell, y + row * cell];
          let strength = 0;
          if (matrix.mask) strength = story.masked >= matrix.layer ? matrix.mask[at] * 0.55 : 0.55;
          else if (story.masked < this.masks.length) strength = 0; // not yet built
          else if (matrix.counts) strength = this.counts[at] ? 0.15 + 0.85 * (this.counts[at] / largestCount) : 0;
          else strength = this.gradient[at] ? 0.12 + 0.88 * (this.gradient[at] / largestGradient) : 0;
          context.globalAlpha = 1;
          context.fillStyle = colours.future;
          context.fillRect(cx, cy, cell - gutter, cell - gutter);
          if (strength) {
            context.globalAlpha = strength;
            context.fillStyle = this.onPath(matrix, row, column, reach) ? colours.seen : matrix.mask ? colours.quiet : matrix.counts ? colours.seen : text;
            context.fillRect(cx, cy, cell - gutter, cell - gutter);
          }
          context.globalAlpha = 1;
          if (matrix.counts && cell >= 15 && this.counts[at] < 1000 && story.masked >= this.masks.length) {
            context.font = `${Math.min(11, cell * 0.55)}px ${font}`;
            context.textAlign = "center";
            context.fillStyle = strength > 0.55 ? ground : strength ? text : colours.quiet;
            context.fillText(this.counts[at], cx + (cell - gutter) / 2, cy + cell * 0.68);
          }
        }
      }
      this.outlineLine(context, matrix, reach);
    }
    this.root.dataset.disagreements = this.counts.reduce((sum, count, at) => sum + (count === 0 && this.gradient[at] !== 0), 0);
  }

  onPath(matrix, row, column, reach) {
    if (!reach || !matrix.mask) return false;
    const { layer } = matrix;
    return layer <= reach.at ? Boolean(reach.reads[layer][row]) : Boolean(reach.feeds[layer - 1][column]);
  }

  /** The pointed node as the row or column it is. */
  outlineLine(context, matrix, reach) {
    if (!reach) return;
    const last = this.sizes.length - 1;
    const { x, y, rows, columns, cell } = matrix;
    const square = matrix.counts || matrix.gradient;
    const row = square ? reach.at === last : matrix.layer === reach.at;
    const column = square ? reach.at === 0 : matrix.layer === reach.at + 1;
    context.strokeStyle = this.theme.colours.target;
    context.lineWidth = 1.5;
    if (row) context.strokeRect(x - 1.5, y + reach.unit * cell - 1.5, columns * cell + 1.5, cell + 1.5);
    if (column) context.strokeRect(x + reach.unit * cell - 1.5, y - 1.5, cell + 1.5, rows * cell + 1.5);
  }

  pointCell(px, py) {
    const last = this.sizes.length - 1;
    let node = null;
    let words = "";
    for (const matrix of this.laid ?? []) {
      const column = Math.floor((px - matrix.x) / matrix.cell);
      const row = Math.floor((py - matrix.y) / matrix.cell);
      if (row < 0 || column < 0 || row >= matrix.rows || column >= matrix.columns) continue;
      node = [matrix.mask ? matrix.layer : last, row];
      const at = row * matrix.columns + column;
      if (matrix.mask) {
        const [low, up] = [this.labels[matrix.layer - 1][column], this.labels[matrix.layer][row]];
        words = `This weight leads from number ${low} to number ${up}: it is ${matrix.mask[at] ? "kept" : "masked"}.`;
      } else if (matrix.counts) {
        words = `${this.counts[at]} ${this.counts[at] === 1 ? "path leads" : "paths lead"} from ${variable(column)} to p(${variable(row)} | ·).`;
      } else {
        const value = this.gradient[at];
        words = value ? `p(${variable(row)} | ·) reacts to ${variable(column)}: ${value.toPrecision(2)} logits for a flip at the steepest.` : `p(${variable(row)} | ·) does not react to ${variable(column)}: the gradient is exactly 0.`;
      }
    }
    this.cellWords = words;
    if (String(node) !== String(this.hovered)) this.point(node);
    else this.draw();
  }

  // --- words -----------------------------------------------------------------------------------

  read(reach, story) {
    if (this.cellWords) return void (this.reading.textContent = this.cellWords);
    if (!this.hovered && !this.pinned && story.text) return void (this.reading.textContent = story.text);
    if (!reach) {
      this.reading.textContent = "The number in an input is its rank in the order, in a hidden unit its degree: the last rank it may read. Point at a unit to see what it reads and feeds; click to keep it, on a hidden unit to change its degree. Drag an input to where another stands, and it takes that one's place in the order.";
      return;
    }
    const { at, unit, reads, feeds } = reach;
    const last = this.sizes.length - 1;
    const label = this.labels[at][unit];
    const inputs = this.meta.order.filter((index) => reads[0][index]).map(variable);
    const outputs = this.meta.order.filter((index) => feeds[last][index]).map((index) => `p(${variable(index)} | ·)`);
    if (at === last) {
      const hidden = reads.slice(1, -1).reduce((sum, layer) => sum + layer.reduce((a, b) => a + b, 0), 0);
      let weights = 0;
      for (let layer = 1; layer <= last; layer++) this.eachWeight(layer, (up) => (weights += reads[layer][up]));
      const itself = inputs.includes(variable(unit));
      const mayRead = this.meta.order.slice(0, label - 1).map(variable);
      const missing = mayRead.filter((name) => !inputs.includes(name));
      this.reading.innerHTML = `<b>p(${variable(unit)} | ${inputs.join(", ") || "nothing"})</b>, rank ${label}: ${
        inputs.length ? `reads ${listed(inputs)} and nothing else, through ${hidden} hidden units and ${weights} weights.` : "reads no input. Its logit is a bias."
      }${itself ? " <b>It reads itself: this is no distribution.</b>" : ""}${missing.length ? ` It might read ${listed(missing)} as well, but no path leads there.` : ""}`;
    } else if (at === 0) {
      this.reading.innerHTML = `<b>${variable(unit)}</b>, rank ${label}: ${outputs.length ? `feeds ${listed(outputs)}.` : "feeds no output: it is drawn last, or no path leaves it."}`;
    } else {
      const useless = outputs.length === 0 ? " It feeds no output: whatever it computes is lost." : "";
      const blind = inputs.length === 0 ? " It sees no input: it is a constant." : "";
      this.reading.innerHTML = `<b>Hidden unit ${unit + 1} of layer ${at}</b>, degree ${label}: ${inputs.length ? `reads ${listed(inputs)}` : "reads nothing"}${outputs.length ? `, feeds ${listed(outputs)}.` : "."}${blind}${useless}`;
    }
  }

  destroy() {
    this.player.destroy();
    this.resize.disconnect();
  }
}

const madeViews = new WeakMap();

export default function made({ parentElement, data, setTriggerValue }) {
  let view = madeViews.get(parentElement);
  if (!view) {
    view = new MadeView(parentElement);
    madeViews.set(parentElement, view);
  }
  view.update(unpack(data), { setTriggerValue });
  return () => {
    view.destroy();
    madeViews.delete(parentElement);
  };
}
