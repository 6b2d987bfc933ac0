// The Jacobian of one MAF step of several variables: its diagonal is all that its determinant needs.

import { findElement } from "../ui/browser/dom.js";
import { mount } from "../ui/browser/mount.js";
import { paletteToCss, themeOf } from "../ui/browser/theme.js";
import { cellWords, determinantWords, triangleCells } from "./flows_triangle_words.js";
import { cssLength, windowHeight } from "../ui/browser/screen.js";

/**
 * @typedef {object} TriangleMeta What stretch.py `_triangle` sends.
 * @property {number} D
 * @property {number} log_det by the general way, nats
 * @property {boolean} present
 * @property {{ light: import("../ui/browser/theme.js").Colours, dark: import("../ui/browser/theme.js").Colours }} palette
 */

class TriangleView {
  /** @type {TriangleMeta | undefined} */
  meta = undefined;
  /** @type {Float32Array} */
  jacobian = new Float32Array(0);

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    this.root = findElement(parent, ".triangle", HTMLElement);
    this.matrix = findElement(this.root, ".matrix", HTMLElement);
    this.reading = findElement(this.root, ".reading", HTMLElement);
    this.sum = findElement(this.root, ".sum", HTMLElement);
    this.resize = new ResizeObserver(() => this.size());
    this.resize.observe(this.root);
  }

  /** @param {{ meta: TriangleMeta, arrays: any }} data */
  update({ meta, arrays }) {
    this.meta = meta;
    this.jacobian = arrays.jacobian;
    paletteToCss(this.root, themeOf(this.root, meta.palette).colours);
    this.matrix.style.setProperty("--variables", String(meta.D));
    this.matrix.replaceChildren(...this.rows());
    this.say(-1);
    this.sum.textContent = determinantWords(this.jacobian, meta.D, meta.log_det);
    this.size();
  }

  rows() {
    const D = this.meta?.D ?? 0;
    const cells = triangleCells(this.jacobian, D);
    /** @param {string} role @param {string} text @param {string} [kind] */
    const cell = (role, text, kind = "") => {
      const element = document.createElement("span");
      element.setAttribute("role", role);
      element.className = kind;
      element.textContent = text;
      return element;
    };
    /** @param {HTMLElement[]} inside @param {string} kind */
    const row = (inside, kind) => {
      const element = document.createElement("div");
      element.setAttribute("role", "row");
      element.className = kind;
      element.append(...inside);
      return element;
    };
    const names = Array.from({ length: D }, (_, k) => String.fromCharCode(0x2081 + k));
    const head = [
      cell("columnheader", ""),
      ...names.map((name) => cell("columnheader", `∂x${name}`)),
    ];
    const body = names.map((name, i) =>
      row(
        [
          cell("rowheader", `∂z${name}`),
          ...cells.slice(i * D, (i + 1) * D).map(({ text, kind }, j) => {
            const element = cell("cell", text, kind);
            element.onpointerenter = () => this.say(i * D + j);
            element.onpointerleave = () => this.say(-1);
            return element;
          }),
        ],
        "",
      ),
    );
    return [row(head, "head"), ...body];
  }

  /** @param {number} cell */
  say(cell) {
    if (this.meta) this.reading.textContent = cellWords(this.jacobian, this.meta.D, cell);
  }

  size() {
    if (!this.meta) return;
    const room = windowHeight() - 310;
    const share = window.innerWidth < 640 ? 0.26 * windowHeight() : room;
    const cell = Math.max(30, Math.min(110, share / (this.meta.D + 0.6)));
    this.root.style.setProperty("--cell", cssLength(Math.floor(cell)));
    this.root.style.setProperty("--wide", cssLength(Math.floor(this.meta.D * cell * 1.5 + 60)));
    this.root.style.setProperty("--type", cssLength(Math.max(14, Math.min(24, 0.28 * cell))));
  }

  destroy() {
    this.resize.disconnect();
  }
}

export default mount(TriangleView);
