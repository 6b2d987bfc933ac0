// Several digits drawn at once, pixel by pixel: each a sample that the model has just made.

import { unpack } from "./wire.js";
import { themeOf, onRamp, paletteToCss, sharpContext } from "./theme.js";
import { Player } from "./player.js";
import { PixelGrid } from "./grid.js";

class DigitsView {
  constructor(parent) {
    this.root = parent.querySelector(".digits");
    this.canvas = this.root.querySelector("canvas");
    this.now = this.root.querySelector("[data-say=now]");
    this.player = new Player(this.root.querySelector("[data-player]"), {
      onStep: () => this.draw(),
      onRest: (step) => (this.root.dataset.step = step),
    });
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
  }

  update({ meta, arrays }) {
    const before = this.meta;
    this.meta = meta;
    this.trace = arrays;
    this.steps = arrays.order.length;
    this.grids = Array.from({ length: meta.count }, () => new PixelGrid(meta.rows, meta.columns));
    this.theme = themeOf(this.root, meta.palette);
    paletteToCss(this.root, this.theme.colours);
    if (before?.trace_id === meta.trace_id) return this.draw();
    this.player.load(this.steps, { speeds: [8, 32, 64, 128, 256, 512], speed: 128, unit: "step" });
    this.player.show(0);
    this.player.playByItself();
  }

  draw() {
    if (!this.meta || !this.root.isConnected) return;
    const width = this.root.clientWidth;
    if (width < 50) return;
    const { count, rows, columns } = this.meta;
    const { order, values, p } = this.trace;
    const { colours } = this.theme;
    const t = this.player.step;
    const perRow = width < 560 ? Math.ceil(count / 2) : count;
    const gap = width < 560 ? 10 : 18;
    const side = Math.min(220, (width - 4 - gap * (perRow - 1)) / perRow);
    const context = sharpContext(this.canvas, width, Math.ceil(count / perRow) * (side + gap));
    this.grids.forEach((grid, number) => {
      grid.place(2 + (number % perRow) * (side + gap), 2 + Math.floor(number / perRow) * (side + gap), side - 4);
      for (let s = 0; s < this.steps; s++) {
        const [x, y] = grid.corner(order[s]);
        const one = values[s * count + number];
        context.fillStyle = s >= t ? colours.future : one ? colours.ink : colours.paper;
        context.fillRect(x, y, grid.cell + 0.3, grid.cell + 0.3);
      }
      grid.frame(context, colours.line);
      if (t < this.steps) {
        const [x, y] = grid.centre(order[t]);
        context.fillStyle = onRamp(this.meta.ramp, p[t * count + number]);
        context.fillRect(x - grid.cell / 2, y - grid.cell / 2, grid.cell, grid.cell);
        grid.outline(context, order[t], colours.target, 2);
      }
    });
    this.say(t, rows, columns);
  }

  say(t, rows, columns) {
    const { count } = this.meta;
    const all = Array.from({ length: count }, (_, k) => this.trace.p[t * count + k]);
    this.now.innerHTML =
      t < this.steps
        ? `Pixel ${t + 1} of ${this.steps}: p(x<sub>${t + 1}</sub> = 1 | the ${t} before it) is ` +
          all.map((p) => `<b>${p < 0.005 ? "0.00" : p.toFixed(2)}</b>`).join(" · ")
        : `All ${this.steps} pixels are drawn: each took its own probability, and its own random number.`;
    this.canvas.setAttribute("aria-label", `${count} digits of ${rows} by ${columns} pixels being drawn: ${t} of ${this.steps} pixels each.`);
  }

  destroy() {
    this.player.destroy();
    this.resize.disconnect();
  }
}

const digitViews = new WeakMap();

export default function digits({ parentElement, data }) {
  let view = digitViews.get(parentElement);
  if (!view) {
    view = new DigitsView(parentElement);
    digitViews.set(parentElement, view);
  }
  view.update(unpack(data));
  return () => {
    view.destroy();
    digitViews.delete(parentElement);
  };
}
