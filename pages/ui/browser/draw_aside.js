// What stands beside a digit that is drawn: the inner state of the network, or what another one draws.

import { findElement, pointOn } from "./dom.js";
import { sharpContext } from "./theme.js";
import { drawOther } from "./draw_picture.js";
import { drawInner, innerLayout, unitAt, unitByKey, unitOf } from "./draw_inner.js";
import { placeOf } from "./draw_words.js";

const NARROW_WORDS = 0.85; // scale of the words on a phone

/** @typedef {import("./draw_inner.js").Inner} Inner */
/** @typedef {import("./draw_inner.js").Unit} Unit */

/**
 * @typedef {object} AsideScene
 * @property {import("./draw_readout.js").DrawMeta} meta
 * @property {import("./theme.js").Theme} theme
 * @property {number} width of all, CSS pixels
 * @property {number} side of the digit
 * @property {boolean} narrow
 * @property {boolean} inner whether bars may be shown
 * @property {boolean} other whether the other digit may be shown
 * @property {Uint8Array | undefined} values of the other digit
 * @property {number} t pixels drawn
 * @property {number} at the pixel that is spoken of
 * @property {string[]} greys
 */

export class DrawAside {
  /** @type {Inner | null} */
  inner = null;
  /** @type {Unit | null} whose map lies over the picture */
  unit = null;
  /** @type {Unit | null} the bar under the pointer */
  pointed = null;
  layout = innerLayout(1, 1, 1, 1);

  /**
   * @param {HTMLElement} root of the picture
   * @param {object} on
   * @param {() => void} on.point called when another bar is pointed at
   * @param {() => void} on.choose called when a bar is chosen, or none
   */
  constructor(root, { point, choose }) {
    this.bars = findElement(root, ".inner", HTMLCanvasElement);
    this.other = findElement(root, ".beside", HTMLElement);
    this.onPoint = point;
    this.onChoose = choose;
    const { bars } = this;
    /** @param {PointerEvent | MouseEvent} event */
    const at = (event) => unitAt(this.layout, this.rows, ...pointOn(bars, event));
    bars.onpointermove = (event) => this.point(at(event));
    bars.onpointerleave = () => this.point(null);
    bars.onclick = (event) => this.choose(at(event));
    bars.onkeydown = (event) => this.key(event);
  }

  get rows() {
    return this.inner?.rows ?? [];
  }

  /** A unit as the address or a step names it. @param {import("./draw_readout.js").DrawMeta} meta @param {Parameters<typeof unitOf>[1]} said */
  take(meta, said) {
    this.unit = unitOf(meta.inner, said);
  }

  /** @param {Unit | null} unit */
  point(unit) {
    const before = this.pointed;
    this.pointed = unit;
    if (before?.row !== unit?.row || before?.unit !== unit?.unit) this.onPoint();
  }

  /** Show a unit over the picture; once more takes it away. @param {Unit | null} unit */
  choose(unit) {
    const same = unit && unit.row === this.unit?.row && unit.unit === this.unit?.unit;
    this.unit = same ? null : unit;
    this.pointed = null;
    this.onChoose();
  }

  /** Arrow keys go from bar to bar, Escape takes the map away. @param {KeyboardEvent} event */
  key(event) {
    const to = event.key === "Escape" ? null : unitByKey(this.rows, this.unit, event.key);
    if (to === undefined || !this.rows.length) return;
    event.preventDefault();
    event.stopPropagation();
    this.unit = null;
    this.choose(to);
  }

  /** @param {AsideScene} scene */
  draw(scene) {
    const { meta, theme, width, side, narrow, other } = scene;
    const room = width - side - (narrow ? 10 : 20);
    this.other.hidden = !other;
    this.bars.hidden = other || !scene.inner;
    if (other) {
      const { values, t, greys } = scene;
      const words = { title: meta.beside ?? "", side: Math.min(side, room) };
      return drawOther(this.other, { ...words, columns: meta.columns, values, t, greys }, theme);
    }
    if (this.bars.hidden) return;
    const scale = narrow ? NARROW_WORDS : 1;
    this.layout = innerLayout(meta.inner.length, Math.min(room, 520), side, scale);
    this.drawBars(scene, scale);
  }

  /** @param {AsideScene} scene @param {number} scale of the words */
  drawBars({ meta, theme, at }, scale) {
    const { bars, layout, inner } = this;
    const context = sharpContext(bars, layout.width, layout.pitch * meta.inner.length);
    if (!inner) return;
    const chosen = this.pointed ?? this.unit;
    drawInner(context, { inner, layout, pixel: at, chosen, scale }, theme);
    const said = chosen ? inner.words(chosen, at) : "Arrow keys choose a unit.";
    bars.setAttribute("aria-label", `Inner state at ${placeOf(at, meta.columns)}. ${said}`);
  }
}
