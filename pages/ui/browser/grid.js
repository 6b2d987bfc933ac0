// The pixel grid: draws an image as cells, with marks laid over it, and tells which cell is pointed at.
// Pick (click), paint (drag) and move (arrow keys) are one gesture handler, `gridPointer`.

import { arrowMove, pointOn } from "./dom.js";

export class PixelGrid {
  cell = 1; // side of a cell with its gap
  gap = 0;
  x = 0; // upper left corner
  y = 0;
  width = 0;
  height = 0;

  /**
   * @param {number} rows
   * @param {number} columns
   */
  constructor(rows, columns) {
    this.rows = rows;
    this.columns = columns;
    this.place(0, 0, 1);
  }

  /**
   * Put the top left corner at (x, y); the longer side takes `side` CSS pixels.
   *
   * @param {number} x
   * @param {number} y
   * @param {number} side
   */
  place(x, y, side) {
    this.cell = side / Math.max(this.rows, this.columns);
    this.gap = this.cell > 7 ? Math.min(2, this.cell * 0.09) : this.cell > 4 ? 0.5 : 0;
    this.x = x;
    this.y = y;
    this.width = this.cell * this.columns;
    this.height = this.cell * this.rows;
  }

  /**
   * Index of the cell at a point, or -1.
   *
   * @param {number} x
   * @param {number} y
   */
  at(x, y) {
    const column = Math.floor((x - this.x) / this.cell);
    const row = Math.floor((y - this.y) / this.cell);
    const inside = row >= 0 && row < this.rows && column >= 0 && column < this.columns;
    return inside ? row * this.columns + column : -1;
  }

  /** @param {number} index @returns {[number, number]} */
  centre(index) {
    return [
      this.x + ((index % this.columns) + 0.5) * this.cell,
      this.y + (Math.floor(index / this.columns) + 0.5) * this.cell,
    ];
  }

  /** @param {number} index @returns {[number, number]} */
  corner(index) {
    return [
      this.x + (index % this.columns) * this.cell,
      this.y + Math.floor(index / this.columns) * this.cell,
    ];
  }

  /**
   * Fill every cell with the colour that `fillOf(index)` returns; nothing where it returns none. The
   * cells have square corners: 784 round ones take a browser without a GPU 4 ms, in place of 1.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {(index: number) => string | null | undefined} fillOf
   */
  fill(context, fillOf) {
    const size = this.cell - this.gap;
    for (let index = 0; index < this.rows * this.columns; index++) {
      const colour = fillOf(index);
      if (!colour) continue;
      context.fillStyle = colour;
      const [x, y] = this.corner(index);
      context.fillRect(x + this.gap / 2, y + this.gap / 2, size, size);
    }
  }

  /**
   * A thin frame around the whole.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {string} colour
   */
  frame(context, colour) {
    context.strokeStyle = colour;
    context.lineWidth = 1;
    context.strokeRect(this.x - 1.5, this.y - 1.5, this.width + 3, this.height + 3);
  }

  /**
   * Solid outline: the target.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {number} index
   * @param {string} colour
   */
  outline(context, index, colour, width = 2) {
    const [x, y] = this.corner(index);
    const out = Math.max(1, width / 2);
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.strokeRect(x - out + 1, y - out + 1, this.cell + 2 * out - 2, this.cell + 2 * out - 2);
  }

  /**
   * Ring with a dark rim, seen on any ground: the value drawn now.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {number} index
   * @param {string} colour
   * @param {string} rim
   */
  ring(context, index, colour, rim) {
    this.outline(context, index, rim, 5);
    this.outline(context, index, colour, 3);
  }

  /**
   * Small triangle in the upper right corner: changed.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {number} index
   * @param {string} colour
   */
  dogEar(context, index, colour) {
    const [x, y] = this.corner(index);
    const size = Math.max(3, this.cell * 0.45);
    context.fillStyle = colour;
    context.beginPath();
    context.moveTo(x + this.cell - size, y);
    context.lineTo(x + this.cell, y);
    context.lineTo(x + this.cell, y + size);
    context.fill();
  }

  /**
   * Cross through the cell: flipped by hand.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {number} index
   * @param {string} colour
   */
  cross(context, index, colour) {
    const [x, y] = this.corner(index);
    const inset = this.cell * 0.22;
    context.strokeStyle = colour;
    context.lineWidth = Math.max(1.5, this.cell * 0.12);
    context.beginPath();
    context.moveTo(x + inset, y + inset);
    context.lineTo(x + this.cell - inset, y + this.cell - inset);
    context.moveTo(x + this.cell - inset, y + inset);
    context.lineTo(x + inset, y + this.cell - inset);
    context.stroke();
    this.outline(context, index, colour, 2);
  }
}

/**
 * Pointer and keyboard on a grid that is drawn on a canvas.
 *
 * `cellAt(x, y)` gives the index under a point of the canvas or -1; `hover(index, x, y)` follows the
 * pointer; `stroke(indices)` gets the cells of a click or a drag, in order, each once, when it ends;
 * `during(indices)` as the drag grows. Arrow keys move a cursor while the canvas has the focus, Enter
 * picks; `columns` and `count` say how it moves.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {object} options
 * @param {(x: number, y: number) => number} options.cellAt
 * @param {(index: number, x: number, y: number) => void} options.hover
 * @param {(indices: number[]) => void} options.stroke
 * @param {(indices: number[]) => void} options.during
 * @param {() => number} options.columns
 * @param {() => number} options.count
 */
export function gridPointer(canvas, { cellAt, hover, stroke, during, columns, count }) {
  /** @type {number[] | null} */
  let cells = null;
  let cursor = 0;
  canvas.addEventListener("pointermove", (event) => {
    const [x, y] = pointOn(canvas, event);
    const index = cellAt(x, y);
    hover(index, x, y);
    if (cells && index >= 0 && !cells.includes(index)) {
      cells.push(index);
      during(cells);
    }
  });
  canvas.addEventListener("pointerleave", () => hover(-1, -1, -1));
  canvas.addEventListener("pointerdown", (event) => {
    const index = cellAt(...pointOn(canvas, event));
    if (index < 0 || event.button > 0) return;
    canvas.setPointerCapture(event.pointerId);
    cells = [index];
    cursor = index;
    during(cells);
  });
  /** @param {PointerEvent} event */
  const finish = (event) => {
    if (!cells) return;
    const done = cells;
    cells = null;
    if (event.type === "pointercancel") during([]);
    else stroke(done);
  };
  canvas.addEventListener("pointerup", finish);
  canvas.addEventListener("pointercancel", finish);
  canvas.addEventListener("keydown", (event) => {
    const by = arrowMove(event.key, columns());
    if (by !== undefined && cursor + by >= 0 && cursor + by < count()) {
      cursor += by;
      hover(cursor, -1, -1);
    } else if (event.key === "Enter") {
      stroke([cursor]);
    } else if (by === undefined) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  });
  canvas.addEventListener("focus", () => canvas.matches(":focus-visible") && hover(cursor, -1, -1));
  canvas.addEventListener("blur", () => hover(-1, -1, -1));
}
