// Two models side by side, one with a sound first mask and one that leaks: what each says of the
// pixels of a real digit, and what each draws, at every moment that was kept of their training.

import { mount } from "../ui/browser/mount.js";
import { findElement } from "../ui/browser/dom.js";
import { decimals, plural, probability } from "../ui/browser/numbers.js";
import { themeOf, onRamp, paletteToCss, sharpContext } from "../ui/browser/theme.js";
import { PaneFit } from "../ui/browser/pane.js";
import { Player } from "../ui/browser/player.js";
import { PixelGrid, gridPointer } from "../ui/browser/grid.js";
import { clientWidthOf } from "../ui/browser/screen.js";

const [SIDE, PRESENTED] = [92, 112]; // CSS pixels of the small grids
const SMALLEST = 0.0001; // of the losses that are written out
const GAP = 14; // between them
const NARROW = 560; // CSS pixels: the models stand side by side, their views are small
const NARROW_GAP = 6; // as in leak.css
const LEAST = 40;
const MASKS = ["A", "B"];
const BITS = [
  "0 at its centre: a pixel is told those before it.",
  "1 at its centre: a pixel is told itself too.",
];

/**
 * @typedef {object} Moment Numbers of both models at a moment that was kept.
 * @property {number} step
 * @property {[number, number] | null} losses nats an image; null before the first step
 * @property {[number, number]} totals what p adds up to over all tiny images
 */

/**
 * @typedef {object} LeakMeta What pages/pixelcnn/break_mask.py sends.
 * @property {number} rows
 * @property {number} columns
 * @property {number} count samples of each model
 * @property {number} kernel side of the first kernel
 * @property {string} tiny what the tiny images are called
 * @property {number} states how many of them there are
 * @property {Moment[]} frames
 * @property {boolean} live both are learning
 * @property {boolean} present on a projector
 * @property {string[]} hidden what a question covers: "losses", "samples"
 * @property {string} picture_id of what the frames show
 * @property {{ light: import("../ui/browser/theme.js").Colours, dark: import("../ui/browser/theme.js").Colours }} palette
 * @property {string[]} ramp
 */

/**
 * @typedef {object} LeakArrays F frames, n samples, D pixels.
 * @property {import("../ui/browser/wire.js").Numbers} told (F, 2, D) p of a 1, of each pixel of the real digit
 * @property {Uint8Array} samples (F, 2, n, D)
 * @property {Uint8Array} masks (2, k, k)
 * @property {Uint8Array} image (D) the real digit
 */

/**
 * @typedef {object} Model What shows one of the two models.
 * @property {Record<"kernel" | "real" | "told" | "samples", HTMLCanvasElement>} canvas
 * @property {HTMLElement} caption
 * @property {HTMLElement} numbers
 */

/** @param {string} mask @param {string} bit */
const modelHtml = (mask, bit) => `
  <section aria-label="Model with a first mask of type ${mask}">
    <p class="name">First mask ${mask}</p>
    <p class="bit">${bit}</p>
    <div class="views">
      <figure><canvas class="kernel" role="img"></canvas><figcaption>first mask</figcaption></figure>
      <figure><canvas class="real" role="img" tabindex="0"></canvas><figcaption>a real digit</figcaption></figure>
      <figure><canvas class="told" role="img" tabindex="0"></canvas>
        <figcaption>p(x<sub>i</sub> = 1)<span class="more"> of its pixels<br>0<span class="ramp"></span>1</span></figcaption></figure>
    </div>
    <figure class="drawn"><canvas class="samples" role="img"></canvas><figcaption></figcaption></figure>
    <dl></dl>
  </section>`;

class LeakView {
  /** @type {LeakMeta} */
  // @ts-expect-error: nothing is drawn before Python has sent it
  meta = undefined;
  /** @type {LeakArrays} */
  // @ts-expect-error: as `meta`
  arrays = undefined;
  /** @type {import("../ui/browser/theme.js").Theme} */
  // @ts-expect-error: as `meta`
  theme = undefined;
  grid = new PixelGrid(0, 0);
  hovered = -1;
  side = SIDE;
  fit = new PaneFit();

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    this.root = findElement(parent, ".leak", HTMLElement);
    this.reading = findElement(this.root, ".reading", HTMLElement);
    findElement(this.root, ".pair", HTMLElement).innerHTML = MASKS.map((mask, number) =>
      modelHtml(mask, BITS[number]),
    ).join("");
    /** @type {Model[]} */
    this.models = [...this.root.querySelectorAll("section")].map((section) => {
      /** @param {string} name */
      const canvas = (name) => findElement(section, `.${name}`, HTMLCanvasElement);
      return {
        canvas: {
          kernel: canvas("kernel"),
          real: canvas("real"),
          told: canvas("told"),
          samples: canvas("samples"),
        },
        caption: findElement(section, ".drawn figcaption", HTMLElement),
        numbers: findElement(section, "dl", HTMLElement),
      };
    });
    this.playing = findElement(this.root, "[data-player]", HTMLElement);
    this.player = new Player(this.playing, {
      onStep: () => this.draw(),
      onRest: (step) => (this.root.dataset.step = String(step)),
    });
    for (const { canvas } of this.models) {
      for (const touched of [canvas.real, canvas.told]) {
        gridPointer(touched, {
          cellAt: (x, y) => this.grid.at(x, y),
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

  /** @param {{ meta: LeakMeta, arrays: Record<string, any> }} sent */
  update({ meta, arrays }) {
    /** @type {LeakMeta | undefined} */
    const before = this.meta;
    this.meta = meta;
    this.arrays = /** @type {LeakArrays} */ (arrays);
    this.theme = themeOf(this.root, meta.palette);
    paletteToCss(this.root, this.theme.colours);
    this.root.style.setProperty("--ramp", `linear-gradient(to right, ${meta.ramp.join(",")})`);
    this.grid = new PixelGrid(meta.rows, meta.columns);
    this.root.classList.toggle("presenting", meta.present);
    this.root.dataset.live = String(meta.live);
    const still = meta.frames.length < 2 || meta.live;
    this.playing.style.visibility = still ? "hidden" : ""; // its place stays, but on a phone
    this.root.classList.toggle("still", still);
    this.root.classList.toggle("trained", !meta.hidden.includes("samples"));
    const news = before?.picture_id !== meta.picture_id;
    if (news)
      this.player.load(meta.frames.length - 1, { speeds: [2, 4, 8, 16], speed: 4, unit: "moment" });
    if (news) this.player.seek(meta.frames.length - 1);
    else this.draw();
  }

  /** @param {number} index */
  point(index) {
    if (index === this.hovered) return;
    this.hovered = index;
    this.draw();
  }

  draw() {
    if (!this.meta || !this.root.isConnected || clientWidthOf(this.root) < 50) return;
    const { hidden, live, frames } = this.meta;
    this.fit.draw(this.root, [hidden, live, frames.length > 1], (less) => this.drawWithin(less));
  }

  /** @param {number} less height that a phone's pane does not have, CSS pixels */
  drawWithin(less) {
    const frame = Math.min(this.player.step, this.meta.frames.length - 1);
    const narrow = clientWidthOf(this.root) < NARROW;
    this.root.classList.toggle("narrow", narrow);
    const width = clientWidthOf(findElement(this.root, "section", HTMLElement));
    const most = this.meta.present ? PRESENTED : SIDE; // the rest of the window is the chart's
    // Before the networks have learned anything, the masks are what is spoken of.
    const masks = narrow && !this.root.classList.contains("trained");
    const gap = narrow ? NARROW_GAP : GAP;
    const wide = masks ? (width - gap) / 2 : (width - 2 * gap) / 3;
    const least = narrow ? LEAST : 64;
    this.side = Math.floor(Math.max(least, Math.min(wide, most) - less / 2));
    const kernel = masks ? Math.floor(Math.max(64, Math.min(width, 132) - less / 2)) : this.side;
    this.grid.place(2, 2, this.side - 4);
    this.models.forEach((model, number) => {
      this.drawKernel(model.canvas.kernel, number, kernel);
      this.drawDigit(model.canvas.real);
      this.drawTold(model.canvas.told, number, frame);
      this.drawSamples(model, number, frame);
      this.write(model.numbers, number, frame);
    });
    this.read(frame);
  }

  /** @param {HTMLCanvasElement} canvas @param {number} number of the model @param {number} side CSS pixels */
  drawKernel(canvas, number, side) {
    const { kernel } = this.meta;
    const { colours, text, ground, font } = this.theme;
    const grid = new PixelGrid(kernel, kernel);
    grid.place(2, 2, side - 4);
    const context = sharpContext(canvas, side, side);
    const size = kernel * kernel;
    const mask = this.arrays.masks.subarray(number * size, (number + 1) * size);
    grid.fill(context, (index) => (mask[index] ? colours.seen : colours.future));
    context.font = `${0.62 * grid.cell}px ${font}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    mask.forEach((one, index) => {
      context.fillStyle = one ? ground : text;
      context.fillText(String(one), ...grid.centre(index));
    });
    grid.outline(context, (size - 1) / 2, colours.target, 2.5);
    canvas.setAttribute(
      "aria-label",
      `${kernel} by ${kernel} kernel, 1 on the pixels before its centre, ${mask[(size - 1) / 2]} at its centre`,
    );
  }

  /** @param {HTMLCanvasElement} canvas */
  drawDigit(canvas) {
    const { colours } = this.theme;
    const context = sharpContext(canvas, this.side, this.side);
    this.grid.fill(context, (index) => (this.arrays.image[index] ? colours.ink : colours.paper));
    this.finish(context);
    canvas.setAttribute("aria-label", "A real digit that neither model has learned from");
  }

  /** @param {HTMLCanvasElement} canvas @param {number} number of the model @param {number} frame */
  drawTold(canvas, number, frame) {
    const context = sharpContext(canvas, this.side, this.side);
    this.grid.fill(context, (index) => onRamp(this.meta.ramp, this.told(number, frame, index)));
    this.finish(context);
    canvas.setAttribute(
      "aria-label",
      `The probability of a 1 that model ${MASKS[number]} gives each pixel of the real digit`,
    );
  }

  /** @param {number} number of the model @param {number} frame @param {number} index */
  told(number, frame, index) {
    const pixels = this.meta.rows * this.meta.columns;
    return this.arrays.told[(2 * frame + number) * pixels + index];
  }

  /** @param {CanvasRenderingContext2D} context */
  finish(context) {
    this.grid.frame(context, this.theme.colours.line);
    if (this.hovered >= 0) this.grid.outline(context, this.hovered, this.theme.colours.target, 2.5);
  }

  /** @param {Model} model @param {number} number @param {number} frame */
  drawSamples({ canvas: { samples: canvas }, caption }, number, frame) {
    const { count, rows, columns, hidden } = this.meta;
    const { colours } = this.theme;
    const covered = hidden.includes("samples");
    const width = clientWidthOf(/** @type {Element} */ (canvas.closest("section")));
    const perRow = width < 260 ? Math.ceil(count / 2) : count;
    const gap = 8;
    // Whole screen pixels a cell: with parts of one, the ground shines through between them.
    const cell = Math.floor((Math.min(72, (width - gap * (perRow - 1)) / perRow) - 4) / columns);
    const side = cell * columns + 4;
    const context = sharpContext(canvas, width, Math.ceil(count / perRow) * (side + gap) - gap);
    const pixels = rows * columns;
    const first = (2 * frame + number) * count * pixels;
    for (let k = 0; k < count; k++) {
      const grid = new PixelGrid(rows, columns);
      grid.place(
        (k % perRow) * (side + gap) + 2,
        Math.floor(k / perRow) * (side + gap) + 2,
        side - 4,
      );
      const values = this.arrays.samples.subarray(first + k * pixels, first + (k + 1) * pixels);
      grid.gap = 0;
      grid.fill(context, (index) => {
        if (covered) return colours.future;
        return values[index] ? colours.ink : colours.paper;
      });
      grid.frame(context, colours.line);
    }
    if (covered) {
      caption.textContent = "what it draws on its own: after the question";
      return canvas.setAttribute("aria-label", "covered until the question is answered");
    }
    let ones = 0;
    for (let at = first; at < first + count * pixels; at++) ones += this.arrays.samples[at];
    caption.textContent = `drawn on its own, pixel by pixel${ones ? "" : ": all blank"}`;
    canvas.setAttribute(
      "aria-label",
      `${count} samples of model ${MASKS[number]}, ${ones} of their ${count * pixels} pixels are 1`,
    );
  }

  /** @param {HTMLElement} list @param {number} number of the model @param {number} frame */
  write(list, number, frame) {
    const { frames, states, tiny, rows, columns } = this.meta;
    const { losses, totals } = frames[frame];
    if (this.meta.hidden.includes("losses")) {
      list.innerHTML = "<dt>Loss</dt><dd>…</dd>";
      return;
    }
    const loss = losses
      ? lossInWords(losses[number], rows * columns)
      : "<span>nothing learned yet</span>";
    list.innerHTML =
      `<dt>Loss</dt><dd>${loss}</dd>` +
      `<dt>p added up over all ${states} images of ${tiny}</dt><dd>${decimals(totals[number], 3)}</dd>`;
  }

  /** @param {number} frame */
  read(frame) {
    const { frames, columns, live } = this.meta;
    if (this.hovered >= 0) {
      const at = `row ${Math.floor(this.hovered / columns)}, column ${this.hovered % columns}`;
      const said = MASKS.map(
        (mask, number) =>
          `${mask} says <b>${probability(this.told(number, frame, this.hovered))}</b>`,
      );
      this.reading.innerHTML = `Pixel at ${at} is a <b>${this.arrays.image[this.hovered]}</b>. Probability of a 1: ${said.join(", ")}.`;
      return;
    }
    const when = frames[frame].step
      ? `After ${plural(frames[frame].step, "step")}. `
      : "Before the first step. ";
    this.reading.textContent =
      when +
      (live
        ? "Both are learning."
        : "Point at a pixel of the digit: what does each model say of it?");
  }

  destroy() {
    this.player.destroy();
    this.resize.disconnect();
  }
}

/**
 * A loss, as markup: two decimals, more where it is small; how far below the smallest one is says
 * nothing more.
 *
 * @param {number} nats an image
 * @param {number} pixels of the image
 */
export function lossInWords(nats, pixels) {
  /** @param {number} value */
  const fixed = (value) => decimals(value, value >= 0.1 ? 2 : 4);
  if (nats < SMALLEST) return `under ${SMALLEST} nats <span>an image</span>`;
  const bits = fixed(nats / (pixels * Math.LN2));
  return `${fixed(nats)} nats <span>an image, ${bits} bits/dim</span>`;
}

export default mount(LeakView);
