// MAF beside IAF, on one clock: in each pass of the network both compute what they can.

import { findElement, pointOn } from "../ui/browser/dom.js";
import { mount } from "../ui/browser/mount.js";
import { Player } from "../ui/browser/player.js";
import { paletteToCss, sharpContext, themeOf } from "../ui/browser/theme.js";
import { drawReads } from "./flows_reads_draw.js";
import {
  KINDS,
  columnUnder,
  foundAfter,
  mostPasses,
  passWords,
  readsLayout,
  readsWords,
} from "./flows_reads_values.js";
import { clientWidthOf, windowHeight } from "../ui/browser/screen.js";

const POINT = "Point at a variable to see what the network reads for it.";

/**
 * @typedef {object} ReadsMeta What directions.py `_reads` sends.
 * @property {import("./flows_reads_values.js").Task} task
 * @property {number} D
 * @property {boolean} present
 * @property {string[]} hidden "counts": all that tells how many passes it takes
 * @property {{ play?: boolean, step?: number, nonce: number } | null} goto
 * @property {number} resets
 * @property {{ light: import("../ui/browser/theme.js").Colours, dark: import("../ui/browser/theme.js").Colours }} palette
 */

class ReadsView {
  /** @type {ReadsMeta | undefined} */
  meta = undefined;
  /** @type {import("../ui/browser/theme.js").Theme | undefined} */
  theme = undefined;
  layout = readsLayout(600, 700, 4);
  /** @type {{ panel: number, i: number } | null} */
  pointed = null;
  /** @type {number | undefined} */
  nonce = undefined;

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    this.root = findElement(parent, ".reads", HTMLElement);
    this.canvas = findElement(this.root, "canvas", HTMLCanvasElement);
    this.reading = findElement(this.root, ".reading", HTMLElement);
    this.passes = findElement(this.root, ".legend .passes", HTMLElement);
    this.playerHost = findElement(this.root, "[data-player]", HTMLElement);
    this.player = new Player(this.playerHost, { onStep: () => this.draw(), onRest: () => {} });
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
    /** @param {{ panel: number, i: number } | null} column */
    const point = (column) => {
      this.pointed = column;
      this.draw();
    };
    /** @param {PointerEvent} event */
    const under = (event) =>
      point(columnUnder(this.layout, this.meta?.D ?? 1, pointOn(this.canvas, event)));
    this.canvas.addEventListener("pointermove", under);
    this.canvas.addEventListener("pointerdown", under);
    this.canvas.addEventListener("pointerleave", () => point(null));
    this.canvas.addEventListener("keydown", (event) => {
      const by = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      const D = this.meta?.D;
      if (!by || !D) return;
      const now = this.pointed ? this.pointed.panel * D + this.pointed.i : -1;
      const next = (((now + by) % (2 * D)) + 2 * D) % (2 * D);
      event.preventDefault();
      event.stopPropagation();
      point({ panel: Math.floor(next / D), i: next % D });
    });
  }

  get covered() {
    return this.meta?.hidden.includes("counts") ?? true;
  }

  /** @param {{ meta: ReadsMeta }} data */
  update({ meta }) {
    const before = this.meta;
    this.meta = meta;
    this.theme = themeOf(this.root, meta.palette);
    paletteToCss(this.root, this.theme.colours);
    this.playerHost.hidden = this.passes.hidden = this.covered;
    const other = before?.task !== meta.task || before.D !== meta.D;
    const asked = meta.goto && meta.goto.nonce !== this.nonce ? meta.goto : null;
    if (asked) this.nonce = asked.nonce;
    if (other)
      this.player.load(mostPasses(meta.task, meta.D), {
        speeds: [0.5, 1, 2],
        speed: 1,
        unit: "pass",
      });
    if (this.covered) this.player.seek(0);
    else if (asked || other) {
      this.player.show(Math.min(asked?.step ?? 0, this.player.steps));
      if (asked?.play ?? other) this.player.playByItself();
    }
    this.draw();
  }

  draw() {
    const { meta, theme, covered } = this;
    if (!meta || !theme || !this.root.isConnected || clientWidthOf(this.root) < 80) return;
    const { D, task } = meta;
    const pass = covered ? 0 : this.player.step;
    this.layout = readsLayout(clientWidthOf(this.root), windowHeight(), D);
    const context = sharpContext(this.canvas, this.layout.width, this.layout.height);
    const type = 14;
    drawReads(context, {
      layout: this.layout,
      D,
      task,
      pass,
      covered,
      pointed: this.pointed,
      theme,
      type,
    });
    this.reading.textContent = this.pointed
      ? readsWords(KINDS[this.pointed.panel], this.pointed.i)
      : covered
        ? POINT
        : passWords(task, D, pass);
    this.root.dataset.pass = String(pass);
    this.root.dataset.found = covered
      ? ""
      : KINDS.map((kind) => foundAfter(kind, task, D, pass)).join(" ");
  }

  destroy() {
    this.player.destroy();
    this.resize.disconnect();
  }
}

export default mount(ReadsView);
