// How many numbers the conditionals need: as tables, as D small networks, as one network.
// The small networks glide together into one where a step goes from the first to the second.

import { networksSvg, tablesSvg } from "./networks_draw.js";
import { findElement } from "../ui/browser/dom.js";
import { mount } from "../ui/browser/mount.js";
import { attribute } from "../ui/browser/numbers.js";
import { paletteToCss, stillness, themeOf } from "../ui/browser/theme.js";
import { cssLength, clientWidthOf, windowHeight } from "../ui/browser/screen.js";

/**
 * @typedef {object} NetworksMeta
 * @property {"tables" | "D networks" | "one network" | "losses"} shown
 * @property {number} D variables
 * @property {number} H hidden units of each network
 * @property {{ name: string, formula: string, said: string, share: number, beyond: boolean }[]} counts
 *   share: of the longest bar; beyond: it is longer than that
 * @property {string} scale in words
 * @property {boolean} present
 * @property {string[]} hidden "counts"
 * @property {{ light: Record<string, string>, dark: Record<string, string> }} palette
 */

const MERGE = 1100; // milliseconds that the networks take to become one

const ABOUT = {
  tables: "One table for each variable. Each cell is one number, the probability of a 1.",
  "D networks":
    "Network t reads the t − 1 earlier variables and gives one conditional. No weight is shared between networks.",
  "one network":
    "One network gives all conditionals. NADE lets output t read only earlier inputs by its running sum, MADE by masks.",
  losses:
    "Under each output is its loss, −log of the probability of the true value. Training lowers their sum.",
};

class NetworksView {
  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    this.root = findElement(parent, ".networks", HTMLElement);
    this.svg = findElement(this.root, "svg", SVGSVGElement);
    /** @type {NetworksMeta | null} */
    this.meta = null;
    this.merged = 0; // 0: D networks, 1: one
    this.frame = 0;
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
  }

  /** @param {{ meta: NetworksMeta }} data */
  update({ meta }) {
    const first = this.meta === null;
    const tables = this.meta?.shown === "tables" || meta.shown === "tables";
    this.meta = meta;
    this.colours = themeOf(this.root, meta.palette).colours;
    paletteToCss(this.root, this.colours);
    const wanted = meta.shown === "one network" || meta.shown === "losses" ? 1 : 0;
    cancelAnimationFrame(this.frame);
    if (first || tables || stillness()) this.merged = wanted;
    else if (this.merged !== wanted) this.glide(wanted);
    this.count();
    this.draw();
  }

  /** @param {number} to */
  glide(to) {
    const from = this.merged;
    const begun = performance.now();
    /** @param {number} now */
    const frame = (now) => {
      const t = Math.min(1, Math.max(0, (now - begun) / MERGE));
      this.merged = from + (to - from) * (t * t * (3 - 2 * t));
      this.draw();
      if (t < 1) this.frame = requestAnimationFrame(frame);
    };
    this.frame = requestAnimationFrame(frame);
  }

  draw() {
    const { meta, root, svg, colours } = this;
    const width = clientWidthOf(root);
    if (!meta || !colours || width < 50) return;
    const phone = window.innerWidth <= 640;
    const height = phone
      ? 200
      : Math.max(190, Math.min(760, windowHeight() - (meta.present ? 270 : 330)));
    const font = phone ? 11 : 14;
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.style.height = cssLength(height);
    const look = { colours, width, height, font };
    const { shown, D, H } = meta;
    svg.innerHTML =
      shown === "tables"
        ? tablesSvg(D, look)
        : networksSvg(D, H, this.merged, shown === "losses", look);
    svg.setAttribute("aria-label", `${shown}, D = ${D}: ${ABOUT[shown]}`);
    findElement(root, ".reading", HTMLElement).textContent = ABOUT[shown];
    root.dataset.shown = shown;
    root.dataset.merged = String(this.merged);
  }

  /** A bar for each way to hold the conditionals. */
  count() {
    const { meta, root } = this;
    if (!meta) return;
    const covered = meta.hidden.includes("counts");
    const rows = meta.counts.map(
      ({ name, formula, said, share, beyond }) =>
        `<div role="row"><span role="cell">${name}</span><span role="cell" class="formula">${formula}</span><span class="bar${beyond ? " beyond" : ""}" role="presentation"><i style="width:${attribute(100 * share, 2)}%"></i></span><b role="cell">${said}</b></div>`,
    );
    findElement(root, ".counts", HTMLElement).innerHTML = covered
      ? `<div role="row"><span role="cell">How many numbers? Answer first.</span></div>`
      : rows.join("");
    findElement(root, ".scale", HTMLElement).textContent = covered ? "" : meta.scale;
  }

  destroy() {
    cancelAnimationFrame(this.frame);
    this.resize.disconnect();
  }
}

export default mount(NetworksView);
