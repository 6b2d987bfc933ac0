// Two models side by side, one with a sound first mask and one that leaks: what each says of the
// pixels of a real digit, and what each draws, at every moment that was kept of their training.

import { unpack } from "./wire.js";
import { themeOf, onRamp, paletteToCss, sharpContext } from "./theme.js";
import { Player } from "./player.js";
import { PixelGrid, gridPointer } from "./grid.js";

const SIDE = 104; // CSS pixels of the small grids
const SMALLEST = 0.0001; // of the losses that are written out
const MASKS = ["A", "B"];
const BITS = [
  "0 at its centre: a pixel is told those before it.",
  "1 at its centre: a pixel is told itself too.",
];

const modelHtml = (mask, bit) => `
  <section aria-label="Model with a first mask of type ${mask}">
    <p class="name">First mask ${mask}</p>
    <p class="bit">${bit}</p>
    <div class="views">
      <figure><canvas class="kernel" role="img"></canvas><figcaption>first mask</figcaption></figure>
      <figure><canvas class="real" role="img" tabindex="0"></canvas><figcaption>a real digit</figcaption></figure>
      <figure><canvas class="told" role="img" tabindex="0"></canvas>
        <figcaption>p(x<sub>i</sub> = 1) of its pixels<br>0<span class="ramp"></span>1</figcaption></figure>
    </div>
    <figure class="drawn"><canvas class="samples" role="img"></canvas><figcaption></figcaption></figure>
    <dl></dl>
  </section>`;

class LeakView {
  constructor(parent) {
    this.root = parent.querySelector(".leak");
    this.reading = this.root.querySelector(".reading");
    this.root.querySelector(".pair").innerHTML = MASKS.map((mask, number) => modelHtml(mask, BITS[number])).join("");
    this.models = [...this.root.querySelectorAll("section")].map((section) => ({
      canvas: Object.fromEntries(["kernel", "real", "told", "samples"].map((name) => [name, section.querySelector(`.${name}`)])),
      caption: section.querySelector(".drawn figcaption"),
      numbers: section.querySelector("dl"),
    }));
    this.hovered = -1;
    this.player = new Player(this.root.querySelector("[data-player]"), {
      onStep: () => this.draw(),
      onRest: (step) => (this.root.dataset.step = step),
    });
    for (const { canvas } of this.models) {
      for (const touched of [canvas.real, canvas.told]) {
        gridPointer(touched, {
          cellAt: (x, y) => this.grid?.at(x, y) ?? -1,
          hover: (index) => this.point(index),
          stroke: () => {},
          during: () => {},
          columns: () => this.meta.columns,
          count: () => this.meta.rows * this.meta.columns,
        });
      }
    }
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
  }

  update({ meta, arrays }) {
    const before = this.meta;
    this.meta = meta;
    this.arrays = arrays;
    this.theme = themeOf(this.root, meta.palette);
    paletteToCss(this.root, this.theme.colours);
    for (const ramp of this.root.querySelectorAll(".ramp")) ramp.style.background = `linear-gradient(to right, ${meta.ramp.join(",")})`;
    this.grid = new PixelGrid(meta.rows, meta.columns);
    this.grid.place(2, 2, SIDE - 4);
    this.root.dataset.live = meta.live;
    this.player.root.parentElement.style.visibility = meta.frames.length < 2 || meta.live ? "hidden" : ""; // its place stays
    const news = before?.picture_id !== meta.picture_id;
    if (news) this.player.load(meta.frames.length - 1, { speeds: [2, 4, 8, 16], speed: 4, unit: "moment" });
    if (news) this.player.seek(meta.frames.length - 1);
    else this.draw();
  }

  point(index) {
    if (index === this.hovered) return;
    this.hovered = index;
    this.draw();
  }

  draw() {
    if (!this.meta || !this.root.isConnected || this.root.clientWidth < 50) return;
    const frame = Math.min(this.player.step, this.meta.frames.length - 1);
    this.models.forEach((model, number) => {
      this.drawKernel(model.canvas.kernel, number);
      this.drawDigit(model.canvas.real);
      this.drawTold(model.canvas.told, number, frame);
      this.drawSamples(model, number, frame);
      this.write(model.numbers, number, frame);
    });
    this.read(frame);
  }

  drawKernel(canvas, number) {
    const { kernel } = this.meta;
    const { colours, text, ground, font } = this.theme;
    const grid = new PixelGrid(kernel, kernel);
    grid.place(2, 2, SIDE - 4);
    const context = sharpContext(canvas, SIDE, SIDE);
    const size = kernel * kernel;
    const mask = this.arrays.masks.subarray(number * size, (number + 1) * size);
    grid.fill(context, (index) => (mask[index] ? colours.seen : colours.future));
    context.font = `${0.55 * grid.cell}px ${font}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    mask.forEach((one, index) => {
      context.fillStyle = one ? ground : text;
      context.fillText(one, ...grid.centre(index));
    });
    grid.outline(context, (size - 1) / 2, colours.target, 2.5);
    canvas.setAttribute("aria-label", `${kernel} by ${kernel} kernel, 1 on the pixels before its centre, ${mask[(size - 1) / 2]} at its centre`);
  }

  drawDigit(canvas) {
    const { colours } = this.theme;
    const context = sharpContext(canvas, SIDE, SIDE);
    this.grid.fill(context, (index) => (this.arrays.image[index] ? colours.ink : colours.paper));
    this.finish(context);
    canvas.setAttribute("aria-label", "A real digit that neither model has learned from");
  }

  drawTold(canvas, number, frame) {
    const context = sharpContext(canvas, SIDE, SIDE);
    this.grid.fill(context, (index) => onRamp(this.meta.ramp, this.told(number, frame, index)));
    this.finish(context);
    canvas.setAttribute("aria-label", `The probability of a 1 that model ${MASKS[number]} gives each pixel of the real digit`);
  }

  told(number, frame, index) {
    const pixels = this.meta.rows * this.meta.columns;
    return this.arrays.told[(2 * frame + number) * pixels + index];
  }

  finish(context) {
    this.grid.frame(context, this.theme.colours.line);
    if (this.hovered >= 0) this.grid.outline(context, this.hovered, this.theme.colours.target, 2.5);
  }

  drawSamples({ canvas: { samples: canvas }, caption }, number, frame) {
    const { count, rows, columns } = this.meta;
    const { colours } = this.theme;
    const width = canvas.closest("section").clientWidth;
    const perRow = width < 440 ? Math.ceil(count / 2) : count;
    const gap = 8;
    // Whole screen pixels a cell: with parts of one, the ground shines through between them.
    const cell = Math.floor((Math.min(72, (width - gap * (perRow - 1)) / perRow) - 4) / columns);
    const side = cell * columns + 4;
    const context = sharpContext(canvas, width, Math.ceil(count / perRow) * (side + gap) - gap);
    const pixels = rows * columns;
    const first = (2 * frame + number) * count * pixels;
    for (let k = 0; k < count; k++) {
      const grid = new PixelGrid(rows, columns);
      grid.place((k % perRow) * (side + gap) + 2, Math.floor(k / perRow) * (side + gap) + 2, side - 4);
      const values = this.arrays.samples.subarray(first + k * pixels, first + (k + 1) * pixels);
      grid.gap = 0;
      grid.fill(context, (index) => (values[index] ? colours.ink : colours.paper));
      grid.frame(context, colours.line);
    }
    const ones = this.arrays.samples.subarray(first, first + count * pixels).reduce((sum, one) => sum + one, 0);
    caption.textContent = `drawn on its own, pixel by pixel${ones ? "" : ": all blank"}`;
    canvas.setAttribute("aria-label", `${count} samples of model ${MASKS[number]}, ${ones} of their ${count * pixels} pixels are 1`);
  }

  write(list, number, frame) {
    const { frames, states, tiny, rows, columns } = this.meta;
    const { losses, totals } = frames[frame];
    const nats = losses?.[number];
    const bits = nats >= SMALLEST ? `, ${fixed(nats / (rows * columns * Math.LN2))} bits/dim` : "";
    const loss = losses ? `${fixed(nats)} nats <span>an image${bits}</span>` : "<span>nothing learned yet</span>";
    list.innerHTML =
      `<dt>Loss</dt><dd>${loss}</dd>` +
      `<dt>p added up over all ${states} images of ${tiny}</dt><dd>${totals[number].toFixed(3)}</dd>`;
  }

  read(frame) {
    const { frames, columns, live } = this.meta;
    if (this.hovered >= 0) {
      const at = `row ${Math.floor(this.hovered / columns)}, column ${this.hovered % columns}`;
      const said = MASKS.map((mask, number) => `${mask} says <b>${this.told(number, frame, this.hovered).toFixed(2)}</b>`);
      this.reading.innerHTML = `Pixel at ${at} is a <b>${this.arrays.image[this.hovered]}</b>. Probability of a 1: ${said.join(", ")}.`;
      return;
    }
    const when = frames[frame].step ? `After ${frames[frame].step.toLocaleString("en")} steps. ` : "Before the first step. ";
    this.reading.textContent = when + (live ? "Both are learning." : "Point at a pixel of the digit: what does each model say of it?");
  }

  destroy() {
    this.player.destroy();
    this.resize.disconnect();
  }
}

/** A loss: two decimals, more where it is small; how far below the smallest one is says nothing more. */
function fixed(value) {
  return value >= 0.1 ? value.toFixed(2) : value >= SMALLEST ? value.toFixed(4) : `under ${SMALLEST}`;
}

const leakViews = new WeakMap();

export default function leak({ parentElement, data }) {
  let view = leakViews.get(parentElement);
  if (!view) {
    view = new LeakView(parentElement);
    leakViews.set(parentElement, view);
  }
  view.update(unpack(data));
  return () => {
    view.destroy();
    leakViews.delete(parentElement);
  };
}
