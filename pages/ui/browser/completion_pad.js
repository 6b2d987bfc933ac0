// The pad of a drawing: what a brush covers, and the line that says how many rows are given.

import { cssLength } from "./screen.js";

/** @type {Record<string, [number, number][]>} rows down and columns right of the cell under the brush */
const BRUSHES = {
  thin: [[0, 0]],
  thick: [
    [0, 0],
    [-1, 0],
    [1, 0],
    [0, -1],
    [0, 1],
  ],
};

/**
 * Flat indices of the pixels under a brush, those inside the image.
 *
 * @param {number} index where it stands
 * @param {string} width "thick" or "thin"
 * @param {{ rows: number, columns: number }} shape
 */
export function underBrush(index, width, { rows, columns }) {
  return BRUSHES[width].flatMap(([down, right]) => {
    const row = Math.floor(index / columns) + down;
    const column = (index % columns) + right;
    const inside = row >= 0 && row < rows && column >= 0 && column < columns;
    return inside ? [row * columns + column] : [];
  });
}

/**
 * Flat indices of the pixels in a box.
 *
 * @param {number} from one corner
 * @param {number} to the opposite one
 * @param {number} columns of the grid
 */
export function inBox(from, to, columns) {
  /** @param {(index: number) => number} along */
  const ends = (along) => [along(from), along(to)].toSorted((a, b) => a - b);
  const [top, bottom] = ends((index) => Math.floor(index / columns));
  const [left, right] = ends((index) => index % columns);
  const found = [];
  for (let row = top; row <= bottom; row++)
    for (let column = left; column <= right; column++) found.push(row * columns + column);
  return found;
}

/**
 * A line across the pad, dragged by pointer or moved by keys.
 *
 * @param {HTMLElement} edge
 * @param {object} options
 * @param {() => number} options.rows of the image
 * @param {() => number} options.given rows above the line
 * @param {(event: PointerEvent) => number} options.rowAt the row whose upper edge is nearest to a pointer
 * @param {(rows: number) => void} options.move
 * @param {() => void} options.done called when the line rests at another row
 */
export function followEdge(edge, { rows, given, rowAt, move, done }) {
  /** @type {number | null} rows given before the drag */
  let from = null;
  edge.addEventListener("pointerdown", (event) => {
    edge.setPointerCapture(event.pointerId);
    from = given();
    event.preventDefault();
    edge.focus();
  });
  edge.addEventListener("pointermove", (event) => {
    if (from !== null) move(rowAt(event));
  });
  /** @param {PointerEvent} event */
  const finish = (event) => {
    if (from === null) return;
    if (event.type === "pointercancel") move(from);
    else if (from !== given()) done();
    from = null;
  };
  edge.addEventListener("pointerup", finish);
  edge.addEventListener("pointercancel", finish);
  edge.addEventListener("keydown", (event) => {
    /** @type {Record<string, number>} */
    const steps = {
      ArrowUp: -1,
      ArrowDown: 1,
      PageUp: -5,
      PageDown: 5,
      Home: -rows(),
      End: rows(),
    };
    const by = steps[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const before = given();
    move(before + by);
    if (before !== given()) done();
  });
}

/**
 * Where the line lies.
 *
 * @param {HTMLElement} edge
 * @param {number} top in CSS pixels
 * @param {number} given rows above it
 * @param {number} rows of the image
 */
export function showEdge(edge, top, given, rows) {
  edge.style.top = cssLength(top);
  edge.setAttribute("aria-valuemax", String(rows - 1));
  edge.setAttribute("aria-valuenow", String(given));
  edge.setAttribute("aria-valuetext", `${given} of ${rows} rows`);
}
