// The marks of the visual language on one square cell, for grids and legends alike: what a colour
// says, a pattern says again.

/** @typedef {[number, number, number, number]} Segment x and y of both ends */
/** @typedef {Pick<import("./theme.js").Theme, "colours">} Coloured */
/** @typedef {Pick<import("./theme.js").Theme, "colours" | "ground">} Grounded */

/**
 * @param {CanvasRenderingContext2D} context
 * @param {string} colour
 * @param {number} width
 * @param {Segment[]} segments
 */
function lines(context, colour, width, segments) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.beginPath();
  for (const [x0, y0, x1, y1] of segments) {
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
  }
  context.stroke();
}

/**
 * Diagonals of a square from its lower left to its upper right, `pitch` apart along a side.
 *
 * @param {number} x
 * @param {number} y
 * @param {number} size
 * @param {number} pitch
 */
function diagonals(x, y, size, pitch) {
  /** @type {Segment[]} */
  const segments = [];
  for (let at = pitch / 2; at < 2 * size; at += pitch) {
    const low = Math.min(at, size);
    const over = at - low;
    segments.push([x + over, y + low, x + low, y + over]);
  }
  return segments;
}

/**
 * @param {number} x
 * @param {number} y
 * @param {number} size
 * @param {boolean} upright
 * @returns {Segment[]}
 */
function stripes(x, y, size, upright) {
  const count = size < 16 ? 2 : 3;
  return Array.from({ length: count }, (_, number) => {
    const at = ((number + 0.5) * size) / count;
    return upright ? [x + at, y, x + at, y + size] : [x, y + at, x + size, y + at];
  });
}

/**
 * Draws a mark on the square whose upper left corner is (x, y).
 *
 * "seen", "future", "blank": plain. "vertical", "horizontal", "crossed": seen, by one stream of a
 * network or both. "depth-limited": dotted. "blind": hatched. "leak": read though it must not be.
 * "gained", "lost": read here and not by what is compared, a plus, or the other way round, a minus.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {string} mark
 * @param {number} x
 * @param {number} y
 * @param {number} size
 * @param {Grounded} theme
 */
export function drawMark(context, mark, x, y, size, { colours, ground }) {
  /** @param {string} colour */
  const tile = (colour) => {
    context.fillStyle = colour;
    if (size > 12) {
      context.beginPath();
      context.roundRect(x, y, size, size, 2);
      context.fill();
    } else {
      context.fillRect(x, y, size, size);
    }
  };
  const thin = Math.max(0.75, size / 16);
  if (mark === "future") {
    tile(colours.future);
  } else if (mark === "blank") {
    tile(colours.paper);
    context.strokeStyle = colours.line;
    context.lineWidth = 1;
    context.strokeRect(x + 0.5, y + 0.5, size - 1, size - 1);
  } else if (mark === "leak") {
    tile(colours.target);
  } else if (mark === "gained" || mark === "lost") {
    tile(colours[mark]);
    const [near, middle, far] = [0.25, 0.5, 0.75].map((part) => part * size);
    /** @type {Segment} */
    const level = [x + near, y + middle, x + far, y + middle];
    /** @type {Segment} */
    const upright = [x + middle, y + near, x + middle, y + far];
    lines(context, ground, Math.max(1, size / 8), mark === "gained" ? [level, upright] : [level]);
  } else if (mark === "blind") {
    context.globalAlpha = 0.16;
    tile(colours.blind);
    context.globalAlpha = 1;
    lines(
      context,
      colours.blind,
      Math.max(1, size / 14),
      diagonals(x, y, size, Math.max(3.5, size / 3.2)),
    );
  } else if (mark === "depth-limited") {
    tile(colours["depth-limited"]);
    context.fillStyle = colours.seen;
    const dot = Math.max(1, size / 12);
    for (const [across, down] of size < 9
      ? [[0.5, 0.5]]
      : [
          [0.28, 0.28],
          [0.72, 0.28],
          [0.28, 0.72],
          [0.72, 0.72],
        ]) {
      context.fillRect(x + across * size - dot / 2, y + down * size - dot / 2, dot, dot);
    }
  } else {
    tile(colours.seen);
    context.globalAlpha = 0.45;
    if (mark === "vertical" || mark === "crossed")
      lines(context, ground, thin, stripes(x, y, size, true));
    if (mark === "horizontal" || mark === "crossed")
      lines(context, ground, thin, stripes(x, y, size, false));
    context.globalAlpha = 1;
  }
}

/**
 * A square within the cell: reached by this layer and by none before.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} size
 * @param {Grounded} theme
 */
export function drawNew(context, x, y, size, { colours, ground }) {
  const inset = size * 0.27;
  /** @type {Segment} */
  const square = [x + inset, y + inset, size - 2 * inset, size - 2 * inset];
  context.fillStyle = colours.seen;
  context.fillRect(...square);
  context.strokeStyle = ground;
  context.lineWidth = Math.max(1.2, size / 14);
  context.strokeRect(...square);
}

/**
 * Solid outline: the target.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} size
 * @param {Coloured} theme
 */
export function drawTarget(context, x, y, size, { colours }) {
  context.strokeStyle = colours.target;
  context.lineWidth = Math.max(2, Math.min(3, size / 8));
  context.strokeRect(x, y, size, size);
}

/**
 * The value of a pixel over what it is to the target: a small tile in its grey, set off by paper.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {string} grey
 * @param {number} x
 * @param {number} y
 * @param {number} size
 * @param {Coloured} theme
 */
export function drawInk(context, grey, x, y, size, { colours }) {
  const inset = size * (size < 10 ? 0.34 : 0.17); // on small cells what lies under it shows round it
  context.fillStyle = colours.paper;
  context.fillRect(x + inset - 1, y + inset - 1, size - 2 * inset + 2, size - 2 * inset + 2);
  context.fillStyle = grey;
  context.fillRect(x + inset, y + inset, size - 2 * inset, size - 2 * inset);
}
