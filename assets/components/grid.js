// The pixel grid: draws an image as cells, with marks laid over it, and tells which cell is pointed at.
// Pick (click), paint (drag) and move (arrow keys) are one gesture handler, `gridPointer`.

export class PixelGrid {
  constructor(rows, columns) {
    this.rows = rows;
    this.columns = columns;
    this.place(0, 0, 1);
  }

  /** Put the top left corner at (x, y); the longer side takes `side` CSS pixels. */
  place(x, y, side) {
    this.cell = side / Math.max(this.rows, this.columns);
    this.gap = this.cell > 7 ? Math.min(2, this.cell * 0.09) : this.cell > 4 ? 0.5 : 0;
    this.x = x;
    this.y = y;
    this.width = this.cell * this.columns;
    this.height = this.cell * this.rows;
  }

  /** Index of the cell at a point, or -1. */
  at(x, y) {
    const column = Math.floor((x - this.x) / this.cell);
    const row = Math.floor((y - this.y) / this.cell);
    const inside = row >= 0 && row < this.rows && column >= 0 && column < this.columns;
    return inside ? row * this.columns + column : -1;
  }

  centre(index) {
    return [
      this.x + ((index % this.columns) + 0.5) * this.cell,
      this.y + (Math.floor(index / this.columns) + 0.5) * this.cell,
    ];
  }

  corner(index) {
    return [this.x + (index % this.columns) * this.cell, this.y + Math.floor(index / this.columns) * this.cell];
  }

  /** Fill every cell with the colour that `fillOf(index)` returns; nothing where it returns null. */
  fill(context, fillOf) {
    const size = this.cell - this.gap;
    const radius = this.cell > 14 ? 2 : 0;
    for (let index = 0; index < this.rows * this.columns; index++) {
      const colour = fillOf(index);
      if (!colour) continue;
      context.fillStyle = colour;
      const [x, y] = this.corner(index);
      if (radius) {
        context.beginPath();
        context.roundRect(x + this.gap / 2, y + this.gap / 2, size, size, radius);
        context.fill();
      } else {
        context.fillRect(x + this.gap / 2, y + this.gap / 2, size, size);
      }
    }
  }

  /** A thin frame around the whole. */
  frame(context, colour) {
    context.strokeStyle = colour;
    context.lineWidth = 1;
    context.strokeRect(this.x - 1.5, this.y - 1.5, this.width + 3, this.height + 3);
  }

  /** Solid outline: the target. */
  outline(context, index, colour, width = 2) {
    const [x, y] = this.corner(index);
    const out = Math.max(1, width / 2);
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.strokeRect(x - out + 1, y - out + 1, this.cell + 2 * out - 2, this.cell + 2 * out - 2);
  }

  /** Ring with a dark rim, seen on any ground: the value drawn now. */
  ring(context, index, colour, rim) {
    this.outline(context, index, rim, 5);
    this.outline(context, index, colour, 3);
  }

  /** Small triangle in the upper right corner: changed. */
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

  /** Cross through the cell: flipped by hand. */
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
 */
export function gridPointer(canvas, { cellAt, hover, stroke, during, columns, count }) {
  let cells = null;
  let cursor = 0;
  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  canvas.addEventListener("pointermove", (event) => {
    const [x, y] = point(event);
    const index = cellAt(x, y);
    hover(index, x, y);
    if (cells && index >= 0 && !cells.includes(index)) {
      cells.push(index);
      during(cells);
    }
  });
  canvas.addEventListener("pointerleave", () => hover(-1, -1, -1));
  canvas.addEventListener("pointerdown", (event) => {
    const index = cellAt(...point(event));
    if (index < 0 || event.button > 0) return;
    canvas.setPointerCapture(event.pointerId);
    cells = [index];
    cursor = index;
    during(cells);
  });
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
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns(), ArrowDown: columns() }[event.key];
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
