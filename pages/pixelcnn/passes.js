// One pass gives all conditionals of an image that is there; an image that is drawn takes one step for
// each pixel: a whole pass each, or with a decoder only what the new pixel needs.

import { mount } from "../ui/browser/mount.js";
import { findElement } from "../ui/browser/dom.js";
import { pageEngine } from "../ui/browser/engine.js";
import { onRamp, paletteToCss, sharpContext, themeOf } from "../ui/browser/theme.js";
import { Player } from "../ui/browser/player.js";
import { PixelGrid } from "../ui/browser/grid.js";
import { whole } from "../ui/browser/numbers.js";
import { OneSample } from "../ui/browser/one_sample.js";
import { countPasses, outputOf, stepsOf } from "./passes_count.js";
import { clientWidthOf, windowHeight } from "../ui/browser/screen.js";

const SPEEDS = [1, 4, 16, 64, 128, 256];
const EDGE = 2;
const RIGHT = {
  training: "all conditionals, from one pass",
  naive: "this pass",
  decoder: "this step",
};
const NOTES = {
  training: "Every conditional reads the pixels before it, and they are all there: one pass.",
  naive: "A whole pass for one pixel. The other outputs of this pass are not used.",
  decoder: "Only the new pixel is computed; what the layers said of earlier ones is kept.",
};

/**
 * @typedef {object} PassesMeta What pages/pixelcnn/train.py sends.
 * @property {import("./passes_count.js").Way} way
 * @property {string} title of the model
 * @property {number} rows
 * @property {number} columns
 * @property {number} seed of the image
 * @property {import("../ui/browser/engine.js").Offer | null} engine where this browser draws it
 * @property {string} trace_id
 * @property {boolean} present
 * @property {string[]} hidden what a question covers: "passes"
 * @property {{ step?: number, play?: boolean, nonce: number } | null} goto
 * @property {{ light: import("../ui/browser/theme.js").Colours, dark: import("../ui/browser/theme.js").Colours }} palette
 * @property {string[]} ramp
 */

class PassesView {
  /** @type {PassesMeta | undefined} */
  meta = undefined;
  /** @type {import("../ui/browser/theme.js").Theme | undefined} */
  theme = undefined;
  /** @type {{ values: Uint8Array, p: Float32Array }} */
  arrays = { values: new Uint8Array(0), p: new Float32Array(0) };
  /** @type {number | undefined} */
  nonce = undefined;
  /** @type {(error: unknown) => void} */
  fail = console.error;

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    this.root = findElement(parent, ".passes", HTMLElement);
    this.sample = new OneSample(
      ({ values, probs }, milliseconds) => {
        const p = probs.filter((_, at) => at % 2 === 1);
        this.take({ values, p }, "browser", milliseconds);
      },
      (error) => this.fail(error),
    );
    /** @param {string} name */
    this.say = (name) => findElement(this.root, `[data-say=${name}]`, HTMLElement);
    this.player = new Player(findElement(this.root, "[data-player]", HTMLElement), {
      onStep: () => this.draw(),
      onRest: (step) => this.rest(step),
    });
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
  }

  /**
   * The image: what was there before stays until then.
   *
   * @param {{ values: Uint8Array, p: Float32Array }} arrays
   * @param {"browser" | "server"} by
   * @param {number} [milliseconds] that this browser took
   */
  take(arrays, by, milliseconds) {
    this.arrays = arrays;
    pageEngine().shows(this.root, by, milliseconds);
    this.draw();
  }

  /**
   * @param {{ meta: PassesMeta, arrays: Record<string, any> }} sent
   * @param {Pick<import("../ui/browser/mount.js").Python, "fail">} python
   */
  update({ meta, arrays }, { fail }) {
    this.fail = fail;
    const before = this.meta;
    this.meta = meta;
    this.sample.want(meta.engine, meta.seed);
    this.theme = themeOf(this.root, meta.palette);
    paletteToCss(this.root, this.theme.colours);
    this.root.style.setProperty("--ramp", `linear-gradient(to right, ${meta.ramp.join(",")})`);
    if (!meta.engine) this.take(/** @type {typeof this.arrays} */ (arrays), "server");
    const steps = stepsOf(meta.way, meta.rows * meta.columns);
    const fresh = before?.trace_id !== meta.trace_id;
    if (fresh) this.player.load(steps, { speeds: SPEEDS, speed: 64, unit: "step" });
    const goto = meta.goto && meta.goto.nonce !== this.nonce ? meta.goto : null;
    this.nonce = meta.goto?.nonce;
    const linked = before ? NaN : Number(new URLSearchParams(location.search).get("step") ?? NaN);
    if (Number.isInteger(linked) && linked >= 0 && linked <= steps) this.player.seek(linked);
    else if (goto || fresh) this.go(goto ?? { step: 0, play: true });
    else this.draw();
  }

  /** @param {{ step?: number, play?: boolean }} place */
  go({ step = 0, play = false }) {
    this.player.seek(step);
    if (play) this.player.playByItself();
  }

  /** @param {number} step */
  rest(step) {
    const url = new URL(location.href);
    const place = this.meta?.goto;
    const usual = [place?.step ?? 0, ...(place?.play || !place ? [this.player.steps] : [])];
    if (usual.includes(step)) url.searchParams.delete("step");
    else url.searchParams.set("step", String(step));
    this.root.dataset.step = String(step);
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  }

  draw() {
    const { meta, theme, root } = this;
    if (!meta || !theme || !root.isConnected || clientWidthOf(root) < 50) return;
    const width = clientWidthOf(root);
    const high = windowHeight() - (width < 560 ? 600 : 300);
    const side = Math.floor(Math.max(120, Math.min((width - 20) / 2, high)));
    const grid = new PixelGrid(meta.rows, meta.columns);
    grid.place(EDGE, EDGE, side - 2 * EDGE);
    this.drawImage(grid, side, meta, theme);
    this.drawOutputs(grid, side, meta, theme);
    this.read(meta);
  }

  /** @param {PixelGrid} grid @param {number} side @param {PassesMeta} meta @param {import("../ui/browser/theme.js").Theme} theme */
  drawImage(grid, side, meta, { colours }) {
    const t = this.player.step;
    const canvas = findElement(this.root, ".image", HTMLCanvasElement);
    const context = sharpContext(canvas, side, side);
    const there = meta.way === "training" ? this.arrays.values.length : t;
    grid.fill(context, (pixel) => {
      if (pixel >= there) return colours.future;
      return this.arrays.values[pixel] ? colours.ink : colours.paper;
    });
    grid.frame(context, colours.line);
    if (meta.way !== "training" && t < meta.rows * meta.columns)
      grid.outline(context, t, colours.target, 2.5);
    canvas.setAttribute("aria-label", `The image: ${there} pixels are there`);
  }

  /** @param {PixelGrid} grid @param {number} side @param {PassesMeta} meta @param {import("../ui/browser/theme.js").Theme} theme */
  drawOutputs(grid, side, meta, { colours }) {
    const t = this.player.step;
    const canvas = findElement(this.root, ".outputs", HTMLCanvasElement);
    const context = sharpContext(canvas, side, side);
    grid.fill(context, (pixel) => {
      const kind = outputOf(meta.way, pixel, t);
      if (kind === "used") return onRamp(meta.ramp, this.arrays.p[pixel]);
      return kind === "earlier" ? colours["depth-limited"] : colours.future;
    });
    context.strokeStyle = colours.quiet;
    context.lineWidth = 1;
    context.beginPath();
    for (let pixel = 0; pixel < this.arrays.p.length; pixel++) {
      if (outputOf(meta.way, pixel, t) !== "thrown") continue;
      const [x, y] = grid.corner(pixel);
      context.moveTo(x + 0.25 * grid.cell, y + 0.75 * grid.cell);
      context.lineTo(x + 0.75 * grid.cell, y + 0.25 * grid.cell);
    }
    context.stroke();
    grid.frame(context, colours.line);
    if (meta.way !== "training" && t > 0) grid.outline(context, t - 1, colours.target, 2.5);
    canvas.setAttribute("aria-label", `The outputs of the network: ${RIGHT[meta.way]}`);
  }

  /** @param {PassesMeta} meta */
  read(meta) {
    const counts = countPasses(meta.way, this.player.step, meta.rows * meta.columns);
    const covered = meta.hidden.includes("passes");
    this.say("right").textContent = RIGHT[meta.way];
    for (const name of /** @type {const} */ (["passes", "computed", "used"])) {
      const none = name === "passes" && meta.way === "decoder";
      this.say(name).textContent = covered ? "…" : none ? "0 whole ones" : whole(counts[name]);
    }
    this.say("note").textContent = NOTES[meta.way];
    this.root.dataset.passes = covered ? "" : String(counts.passes);
    this.root.dataset.way = meta.way;
    findElement(this.root, "[data-player]", HTMLElement).hidden = covered;
  }

  destroy() {
    pageEngine().shows(this.root, null);
    this.player.destroy();
    this.resize.disconnect();
  }
}

export default mount(PassesView);
