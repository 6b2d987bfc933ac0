// What the pointer is on in NADE's picture: a pixel, a probability, a hidden unit, a symbol.

import { arrowMove, pointOn } from "../ui/browser/dom.js";
import { unitAt } from "./nade_layout.js";
import { stripSpan } from "./nade_draw.js";
import { clientWidthOf } from "../ui/browser/screen.js";

/**
 * @typedef {object} PointedAt What is needed of the picture.
 * @property {HTMLElement} root
 * @property {HTMLCanvasElement} canvas
 * @property {HTMLCanvasElement} strips
 * @property {{ x: import("../ui/browser/grid.js").PixelGrid, p: import("../ui/browser/grid.js").PixelGrid }} grids
 * @property {import("./nade_layout.js").Units} units
 * @property {number} H 0 until the weights are there
 * @property {(index: number) => boolean} isDrawn
 * @property {() => void} draw
 */

export class NadePointer {
  /** @type {{ place: import("./nade_draw.js").Place, index: number }} */
  hover = { place: null, index: -1 };
  pinned = -1; // hidden unit whose numbers stay
  /** @type {string | null} */
  lit = null;

  /** @param {PointedAt} picture */
  constructor(picture) {
    this.picture = picture;
    const { canvas, strips } = picture;
    canvas.addEventListener("click", (event) => this.pin(this.unitAt(...pointOn(canvas, event))));
    strips.addEventListener("pointermove", (event) => {
      const unit = this.stripAt(event);
      this.pointAt(unit < 0 ? null : "h", unit);
    });
    strips.addEventListener("click", (event) => this.pin(this.stripAt(event)));
    strips.addEventListener("pointerleave", () => this.pointAt(null, -1));
    strips.addEventListener("keydown", (event) => {
      const by = arrowMove(event.key, 1);
      if (by === undefined && event.key !== "Escape") return;
      const unit = Math.max(0, Math.min(picture.H - 1, this.pinned + (by ?? 0)));
      this.pin(event.key === "Escape" ? this.pinned : unit, event.key !== "Escape");
      event.preventDefault();
      event.stopPropagation();
    });
    for (const term of this.terms) {
      term.onpointerenter = () => this.light(term.dataset.term ?? null);
      term.onpointerleave = () => this.light(null);
    }
  }

  get terms() {
    return /** @type {NodeListOf<HTMLElement>} */ (
      this.picture.root.querySelectorAll("[data-term]")
    );
  }

  /** @param {number} x @param {number} y */
  unitAt(x, y) {
    return this.picture.H ? unitAt(this.picture.units, x, y) : -1;
  }

  /** The hidden unit whose bars the pointer is on, or -1. @param {PointerEvent | MouseEvent} event */
  stripAt(event) {
    const { root, strips, H } = this.picture;
    const { left, span } = stripSpan(clientWidthOf(root));
    const unit = Math.floor(((pointOn(strips, event)[0] - left) / span) * H);
    return unit < H ? Math.max(-1, unit) : -1;
  }

  /** Keep the numbers of a hidden unit; once more, and they go. @param {number} unit @param {boolean} [keep] */
  pin(unit, keep = false) {
    if (unit < 0 || this.picture.H === 0) return;
    this.pinned = this.pinned === unit && !keep ? -1 : unit;
    this.picture.root.dataset.unit = String(this.pinned);
    this.pointAt(this.pinned < 0 ? null : "h", this.pinned);
  }

  /** @param {number} index of the pixel, or -1 @param {number} x @param {number} y */
  point(index, x, y) {
    if (index >= 0) return this.pointAt("x", index);
    const output = this.picture.grids.p.at(x, y);
    if (output >= 0) return this.pointAt("p", output);
    const unit = this.unitAt(x, y);
    this.pointAt(unit >= 0 ? "h" : null, unit);
  }

  /** @param {import("./nade_draw.js").Place} place @param {number} index */
  pointAt(place, index) {
    if (place === null && this.pinned >= 0) [place, index] = ["h", this.pinned];
    if (this.hover.place === place && this.hover.index === index) return;
    this.hover = { place, index };
    const cursor = this.picture.isDrawn(index) ? "cell" : "pointer";
    this.picture.canvas.style.cursor = place === "x" ? cursor : "default";
    this.light(place);
  }

  /** @param {string | null} term */
  light(term) {
    this.lit = term;
    for (const element of this.terms)
      element.classList.toggle("lit", element.dataset.term === term);
    this.picture.draw();
  }
}
