// What attention costs: an image whose pixels each meet all earlier ones, and the triangle of pairs.

import { findElement } from "../ui/browser/dom.js";
import { PixelGrid } from "../ui/browser/grid.js";
import { mount } from "../ui/browser/mount.js";
import { whole } from "../ui/browser/numbers.js";
import { Player } from "../ui/browser/player.js";
import { paletteToCss, sharpContext, themeOf } from "../ui/browser/theme.js";
import { costRows, pairsOf, pairsSentence } from "./attention_pairs_count.js";
import { clientWidthOf, windowHeight } from "../ui/browser/screen.js";

const EDGE = 3;
const NARROW = 560;
const BELOW = { normal: 400, narrow: 560, presented: 362 }; // of the window, for all but the pictures
const SPEEDS = { speeds: [4, 16, 64, 128, 512], speed: 128, unit: "query" };

/**
 * @typedef {object} PairsMeta What costs.py `picture` sends.
 * @property {number} side
 * @property {number[]} sides of the table
 * @property {boolean} present
 * @property {string[]} hidden "pairs": those of other sides
 * @property {{ step?: number, play?: boolean, nonce: number } | null} goto
 * @property {number} arrivals
 * @property {{ light: import("../ui/browser/theme.js").Colours, dark: import("../ui/browser/theme.js").Colours }} palette
 */

class AttentionPairsView {
  /** @type {PairsMeta | undefined} */
  meta = undefined;
  /** @type {import("../ui/browser/theme.js").Theme | undefined} */
  theme = undefined;
  grid = new PixelGrid(1, 1);
  /** @type {number | undefined} */
  nonce = undefined;

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    this.root = findElement(parent, ".attention-pairs", HTMLElement);
    this.player = new Player(findElement(this.root, "[data-player]", HTMLElement), {
      onStep: () => this.draw(),
      onRest: (step) => this.rest(step),
    });
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
  }

  /** @param {{ meta: PairsMeta }} sent */
  update({ meta }) {
    const before = this.meta;
    this.meta = meta;
    this.theme = themeOf(this.root, meta.palette);
    paletteToCss(this.root, this.theme.colours);
    const steps = meta.side ** 2;
    const other = before?.side !== meta.side;
    if (other) {
      this.grid = new PixelGrid(meta.side, meta.side);
      this.player.load(steps, SPEEDS);
    }
    const goto = meta.goto && meta.goto.nonce !== this.nonce ? meta.goto : null;
    this.nonce = meta.goto?.nonce;
    const arrived = !before || before.arrivals !== meta.arrivals;
    const linked = Number(new URLSearchParams(location.search).get("step") ?? NaN);
    if (arrived && Number.isInteger(linked) && linked >= 0 && linked <= steps)
      this.player.seek(linked);
    else if (goto) this.go(goto);
    else if (other) this.player.seek(steps);
    this.draw();
  }

  /** @param {NonNullable<PairsMeta["goto"]>} place */
  go({ step = 0, play = false }) {
    this.player.seek(Math.min(step, this.player.steps));
    if (play) this.player.playByItself();
  }

  /** @param {number} step */
  rest(step) {
    const place = this.meta?.goto;
    const usual = place?.play ? [place.step ?? 0, this.player.steps] : [place?.step ?? 0];
    const url = new URL(location.href);
    if (usual.includes(step)) url.searchParams.delete("step");
    else url.searchParams.set("step", String(step));
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  }

  draw() {
    const { meta, theme, root } = this;
    const width = clientWidthOf(root);
    if (!meta || !theme || !root.isConnected || width < 50) return;
    const narrow = width < NARROW;
    root.classList.toggle("presenting", meta.present && !narrow);
    const below = narrow ? BELOW.narrow : meta.present ? BELOW.presented : BELOW.normal;
    const gap = narrow ? 10 : 24;
    const side = Math.floor(Math.max(110, Math.min((width - gap) / 2, windowHeight() - below)));
    this.drawImage(side, theme);
    this.drawTriangle(side, theme);
    this.read(meta);
  }

  /** @param {number} side @param {import("../ui/browser/theme.js").Theme} theme */
  drawImage(side, { colours }) {
    const { grid } = this;
    const now = this.player.step - 1;
    const canvas = findElement(this.root, ".image", HTMLCanvasElement);
    const context = sharpContext(canvas, side, side);
    grid.place(EDGE, EDGE, side - 2 * EDGE);
    grid.fill(context, (pixel) => (pixel < now ? colours.seen : colours.future));
    grid.frame(context, colours.line);
    if (now >= 0) grid.outline(context, now, colours.target, 2.5);
    canvas.setAttribute("aria-label", `The image: ${Math.max(0, now)} earlier pixels are met`);
  }

  /** Row i has a cell for each earlier pixel. @param {number} side @param {import("../ui/browser/theme.js").Theme} theme */
  drawTriangle(side, { colours }) {
    const canvas = findElement(this.root, ".triangle", HTMLCanvasElement);
    const context = sharpContext(canvas, side, side);
    const { step, steps } = this.player;
    const inner = side - 2 * EDGE;
    /** @param {number} to @param {string} colour */
    const triangle = (to, colour) => {
      const long = EDGE + (inner * to) / steps;
      context.fillStyle = colour;
      context.beginPath();
      context.moveTo(EDGE, EDGE);
      context.lineTo(EDGE, long);
      context.lineTo(long, long);
      context.fill();
    };
    context.strokeStyle = colours.line;
    context.strokeRect(EDGE - 0.5, EDGE - 0.5, inner + 1, inner + 1);
    triangle(steps, colours.future);
    triangle(step, colours.seen);
    if (step > 0) {
      const y = EDGE + (inner * step) / steps;
      context.fillStyle = colours.target;
      context.fillRect(EDGE, y - 1.5, (inner * step) / steps, 3);
    }
    canvas.setAttribute(
      "aria-label",
      `The triangle of pairs: ${whole(pairsOf(step))} are computed`,
    );
  }

  /** @param {PairsMeta} meta */
  read(meta) {
    const { step } = this.player;
    const covered = meta.hidden.includes("pairs");
    findElement(this.root, "[data-say=reading]", HTMLElement).textContent = pairsSentence(
      step,
      meta.side,
      whole,
    );
    this.root.dataset.pairs = String(pairsOf(step));
    const rows = costRows(meta.sides, meta.side, covered).map(({ side, ...of }) => {
      const row = document.createElement("tr");
      row.classList.toggle("shown", side === meta.side);
      const pairs = of.pairs === null ? "…" : whole(of.pairs);
      const texts = [`${side} × ${side}`, whole(of.pixels), pairs, whole(of.diagonals)];
      row.append(
        ...texts.map((text) => Object.assign(document.createElement("td"), { textContent: text })),
      );
      return row;
    });
    findElement(this.root, "tbody", HTMLElement).replaceChildren(...rows);
  }

  destroy() {
    this.player.destroy();
    this.resize.disconnect();
  }
}

export default mount(AttentionPairsView);
