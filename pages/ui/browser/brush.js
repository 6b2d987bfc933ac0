// A brush on a grid: pointer and keys, and the greys that it paints with.

import { arrowMove, pointOn } from "./dom.js";

/**
 * Colours of the levels 0..K-1, from paper to ink.
 *
 * @param {number} levels K
 * @param {import("./theme.js").Colours} colours
 */
export function greys(levels, { paper, ink }) {
  /** @param {string} colour */
  const channels = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  const [from, to] = [channels(paper), channels(ink)];
  return Array.from({ length: levels }, (_, level) => {
    const mixed = from.map((channel, k) =>
      Math.round(channel + ((to[k] - channel) * level) / (levels - 1)),
    );
    return `rgb(${mixed.join(" ")})`;
  });
}

/**
 * Cells of a straight line between two, without the first, so that a fast drag leaves no gaps.
 *
 * @param {number} from
 * @param {number} to
 * @param {number} columns
 */
export function cellsBetween(from, to, columns) {
  const [row, column] = [Math.floor(from / columns), from % columns];
  const [down, right] = [Math.floor(to / columns) - row, (to % columns) - column];
  const steps = Math.max(Math.abs(down), Math.abs(right));
  return Array.from({ length: steps }, (_, k) => {
    const part = (k + 1) / steps;
    return (row + Math.round(part * down)) * columns + column + Math.round(part * right);
  });
}

/**
 * Follows pointer and keys on a canvas with a grid of `columns()` columns and `count()` cells.
 *
 * `cellAt(x, y)` gives the cell under a point of the canvas or -1; `hover(index)` follows it. A stroke
 * calls `begin(index)` once, `along(indices)` for each piece of it, and `end()`; or `cancel()`. Arrow
 * keys move a cursor while the canvas has the focus, Enter makes a stroke of one cell.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {object} options
 * @param {(x: number, y: number) => number} options.cellAt
 * @param {() => number} options.columns
 * @param {() => number} options.count
 * @param {(index: number) => void} options.hover
 * @param {(index: number) => void} options.begin
 * @param {(indices: number[]) => void} options.along
 * @param {() => void} options.end
 * @param {() => void} options.cancel
 */
export function followBrush(canvas, { cellAt, columns, count, hover, begin, along, end, cancel }) {
  let painting = false;
  let last = -1;
  let cursor = -1;
  /** @param {PointerEvent} event */
  const cellOf = (event) => cellAt(...pointOn(canvas, event));
  canvas.addEventListener("pointerdown", (event) => {
    const index = cellOf(event);
    if (index < 0 || event.button > 0) return;
    canvas.setPointerCapture(event.pointerId);
    painting = true;
    last = cursor = index;
    begin(index);
    along([index]);
  });
  canvas.addEventListener("pointermove", (event) => {
    hover(cellOf(event));
    if (!painting) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) {
      const index = cellOf(each);
      if (index >= 0 && index !== last)
        along(last < 0 ? [index] : cellsBetween(last, index, columns()));
      last = index;
    }
  });
  canvas.addEventListener("pointerleave", () => hover(-1));
  /** @param {() => void} then */
  const finish = (then) => () => {
    if (!painting) return;
    painting = false;
    then();
  };
  canvas.addEventListener("pointerup", finish(end));
  canvas.addEventListener("pointercancel", finish(cancel));
  canvas.addEventListener("keydown", (event) => {
    const by = arrowMove(event.key, columns());
    if (by === undefined && event.key !== "Enter") return;
    if (cursor < 0) cursor = Math.floor(count() / 2);
    if (by !== undefined) {
      if (cursor + by >= 0 && cursor + by < count()) cursor += by;
    } else {
      begin(cursor);
      along([cursor]);
      end();
    }
    hover(cursor);
    event.preventDefault();
    event.stopPropagation();
  });
  canvas.addEventListener(
    "focus",
    () => cursor >= 0 && canvas.matches(":focus-visible") && hover(cursor),
  );
  canvas.addEventListener("blur", () => hover(-1));
}
