// A target on a pixel grid: dragged by pointer or finger, moved by the arrow keys while the canvas
// has the focus.

import { arrowMove, pointOn } from "./dom.js";

/**
 * @typedef {object} Cells A grid on a canvas.
 * @property {number} rows
 * @property {number} columns
 * @property {(x: number, y: number) => number} at flat index of the cell at a point, or -1
 */

/**
 * @typedef {Cells & { cell: number, centre: (index: number) => [number, number] }} CellsWithCentres
 */

/** @typedef {(x: number, y: number) => boolean} Near */

/**
 * Either the grid has centres, or `near` says where the target is taken hold of.
 *
 * @typedef {{ grid: () => CellsWithCentres, near?: undefined } | { grid: () => Cells, near: Near }} Ground
 */

/**
 * @typedef {object} Handlers
 * @property {() => number} target flat index of the target
 * @property {(index: number) => void} move called with the index that the target goes to
 * @property {(index: number) => void} hover called with the index under the pointer, or -1
 * @property {(dragging: boolean) => void} drag called when the pointer goes down, and when it is up
 * @property {() => void} focus called when the focus comes or goes
 */

/**
 * @param {HTMLCanvasElement} canvas with tabindex 0
 * @param {Ground & Handlers} options
 */
export function dragTarget(canvas, options) {
  const { grid, target, move, hover, drag, focus } = options;
  let dragging = false;
  /** @type {Near} A finger there takes hold of the target. */
  const near = (px, py) => {
    if (options.near) return options.near(px, py);
    const cells = options.grid();
    const [x, y] = cells.centre(target());
    return Math.hypot(px - x, py - y) < Math.max(22, 1.2 * cells.cell);
  };
  /** @param {number} index */
  const go = (index) => index >= 0 && index !== target() && move(index);
  canvas.addEventListener("pointermove", (event) => {
    const index = grid().at(...pointOn(canvas, event));
    hover(index);
    if (dragging) go(index);
  });
  canvas.addEventListener("pointerleave", () => hover(-1));
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button > 0) return;
    // A finger drags the target itself; elsewhere it scrolls the page, and a tap picks a pixel.
    if (event.pointerType === "touch" && !near(...pointOn(canvas, event))) return;
    canvas.setPointerCapture(event.pointerId);
    dragging = true;
    drag(true);
    go(grid().at(...pointOn(canvas, event)));
  });
  canvas.addEventListener("pointerup", (event) => {
    dragging = false;
    go(grid().at(...pointOn(canvas, event)));
    drag(false);
    if (event.pointerType === "touch") hover(-1);
  });
  canvas.addEventListener("pointercancel", () => {
    dragging = false;
    drag(false);
  });
  /** @param {TouchEvent} event */
  const hold = (event) =>
    event.touches.length === 1 &&
    near(...pointOn(canvas, event.touches[0])) &&
    event.preventDefault();
  canvas.addEventListener("touchstart", hold, { passive: false });
  canvas.addEventListener("keydown", (event) => {
    const { rows, columns } = grid();
    const by = arrowMove(event.key, columns);
    const to = target() + (by ?? 0);
    const sideways = Math.abs(by ?? 0) === 1;
    const sameRow = Math.floor(to / columns) === Math.floor(target() / columns);
    const inside = to >= 0 && to < rows * columns && (sameRow || !sideways);
    if (event.key === "Escape") canvas.blur();
    else if (by === undefined) return;
    else if (inside) move(to);
    event.preventDefault();
    event.stopPropagation();
  });
  canvas.addEventListener("focus", focus);
  canvas.addEventListener("blur", focus);
}
