// The student's hand on the grids: a pixel that is marked as an answer, and paint over the digit.

import { cellsBetween } from "../ui/browser/brush.js";
import { arrowMove, findElement, pointOn } from "../ui/browser/dom.js";

/** @typedef {{ word: string, canvas: HTMLCanvasElement, grid: import("../ui/browser/grid.js").PixelGrid }} Held */

/**
 * @typedef {object} Grids What the hand lies on: the picture of contexts_picture.js.
 * @property {HTMLElement} root
 * @property {Held[]} figures
 * @property {boolean} asking whether a pixel is to be marked
 * @property {boolean} trained whether there is a digit to paint on
 * @property {number} target
 * @property {number} pixels
 * @property {{ columns: number, paint: number[], strokes: number, arrivals: number, resets: number, step: [string, number], digit: number }} meta
 * @property {Record<string, any>} arrays
 * @property {(name: string) => HTMLElement} say
 * @property {(name: string, value: unknown) => void} send
 * @property {() => void} draw
 * @property {() => void} wish has p(ink) computed for the digit as it is painted now
 * @property {(pixel: number) => void} hover
 */

export class GridHand {
  /** @type {{ word: string, pixel: number } | null} */
  marked = null;
  /** @type {number | null} */
  cursor = null;
  brush = false; // paints instead of moving the target
  /** @type {Map<number, number>} pixels that are painted here, and their levels, which Python does not know yet */
  fresh = new Map();
  told = 0; // when Python was told of paint, ms since 1970
  known = 0; // the last telling that Python knows
  place = ""; // paint that was not told there belongs to no other one
  /** @type {{ before: Map<number, number>, last: number, level: number } | null} the one that is under way */
  stroke = null;

  /** @param {Grids} view */
  constructor(view) {
    this.view = view;
    this.button = findElement(view.root, "[data-do=paint]", HTMLButtonElement);
    this.button.onclick = () => {
      this.brush = !this.brush;
      view.draw();
    };
    for (const name of ["pointerdown", "pointermove", "pointerup", "pointercancel", "keydown"])
      view.say("panels").addEventListener(name, (event) => this.take(event), { capture: true });
  }

  receive() {
    const { trained, meta } = this.view;
    if (!trained) this.brush = false;
    const place = JSON.stringify([meta.step, meta.digit, meta.arrivals, meta.resets]);
    // Python knows less than before where the connection was lost: another session.
    const left = place !== this.place || meta.strokes < this.known;
    this.place = place;
    this.known = meta.strokes;
    if (left) this.stroke = null;
    if (left || (!this.stroke && meta.strokes >= this.told)) this.fresh = new Map();
  }

  /** The pixels that are painted. */
  get paint() {
    return [...this.view.meta.paint, ...this.fresh.keys()];
  }

  /** Whether there is paint on the digit. */
  get painted() {
    return this.paint.length > 0;
  }

  /** How the grids are used now; undefined where as usual. */
  get words() {
    if (this.view.asking)
      return "Click a cell; or focus a grid, choose by the arrow keys, and press Enter.";
    return this.brush ? "Drag over a grid: its pixels change between ink and paper." : undefined;
  }

  /** The value of a pixel of the digit, as it stands under the brush. @param {number} pixel @returns {number} */
  valueAt(pixel) {
    return this.fresh.get(pixel) ?? this.view.arrays.x[pixel];
  }

  /** What the page shows of the hand. */
  ask() {
    const { asking, figures, root } = this.view;
    // To be marked, every grid can be reached by Tab; to move the target, one will do.
    for (const [number, { canvas }] of figures.entries())
      canvas.tabIndex = number && !asking ? -1 : 0;
    root.classList.toggle("brush", this.brush || asking);
    this.button.setAttribute("aria-pressed", String(this.brush));
  }

  /** @param {Event} event */
  take(event) {
    const figure = this.view.figures.find(({ canvas }) => canvas === event.target);
    if (!figure) return;
    if (this.view.asking) this.answer(event, figure);
    else if (this.brush && event instanceof PointerEvent) this.brushOn(event, figure);
  }

  // --- a pixel to be marked ------------------------------------------------------------------

  /** @param {Event} event @param {Held} figure */
  answer(event, figure) {
    if (event instanceof KeyboardEvent) return this.answerKey(event, figure);
    if (!(event instanceof PointerEvent) || event.type === "pointermove" || event.button > 0)
      return;
    event.stopPropagation();
    if (event.type === "pointerup")
      this.mark(figure.word, figure.grid.at(...pointOn(figure.canvas, event)));
  }

  /** Arrow keys move a cursor, Enter marks there. @param {KeyboardEvent} event @param {Held} figure */
  answerKey(event, figure) {
    const step = arrowMove(event.key, this.view.meta.columns);
    if (step === undefined && event.key !== "Enter") return;
    event.stopPropagation();
    event.preventDefault();
    if (event.key === "Enter") return this.mark(figure.word, this.cursor);
    const next = (this.cursor ?? this.view.target) + (step ?? 0);
    if (next >= 0 && next < this.view.target) this.view.hover((this.cursor = next));
  }

  /**
   * The student says: this pixel, in this network. Python says whether it is so.
   *
   * @param {string} word
   * @param {number | null} pixel
   */
  mark(word, pixel) {
    if (pixel === null || pixel < 0 || pixel >= this.view.target) return;
    this.marked = { word, pixel };
    this.cursor = null;
    this.view.draw();
    this.view.send("marked", { word, pixel, nonce: Date.now() });
  }

  // --- paint ---------------------------------------------------------------------------------

  /** @param {PointerEvent} event @param {Held} figure */
  brushOn(event, { canvas, grid }) {
    if (event.button > 0) return;
    const pixel = grid.at(...pointOn(canvas, event));
    const down = event.type === "pointerdown";
    if (!down && !this.stroke) return; // only points
    event.stopPropagation();
    event.preventDefault();
    if (down && pixel >= 0) {
      canvas.setPointerCapture(event.pointerId);
      this.stroke = { before: new Map(this.fresh), last: pixel, level: 1 - this.valueAt(pixel) };
      this.fresh.set(pixel, this.stroke.level);
    }
    if (event.type === "pointermove") this.goOn(pixel);
    if (event.type === "pointercancel" && this.stroke) this.fresh = this.stroke.before;
    if (event.type === "pointerup" || event.type === "pointercancel") this.stroke = null;
    this.view.wish();
    this.view.draw();
    if (event.type === "pointerup") this.tell();
  }

  /** The stroke goes to a pixel, without gaps. @param {number} pixel */
  goOn(pixel) {
    const { stroke, view } = this;
    if (!stroke || pixel < 0 || pixel === stroke.last) return;
    for (const cell of cellsBetween(stroke.last, pixel, view.meta.columns))
      this.fresh.set(cell, stroke.level);
    stroke.last = pixel;
  }

  /** Tell Python of all paint that it may not know: of two messages it may hear the last alone. */
  tell() {
    this.told = Math.max(Date.now(), this.told + 1);
    this.view.send("paint", { cells: [...this.fresh], nonce: this.told });
  }
}
