// The arithmetic of a digit that is drawn pixel by pixel, in raster order. No DOM.

/**
 * @typedef {object} DrawArrays What pages/ui/drawing_activity.py `trace_arrays` sends, flat.
 * @property {Float32Array} probs (D, K) the probabilities that each pixel was drawn from
 * @property {Float32Array} u (D) random number of each pixel
 * @property {Uint8Array} values (D)
 * @property {Uint8Array} base (D) the same without flips
 * @property {Uint8Array} [beside] (D) what another network draws with the same random numbers
 */

/**
 * Where the parts of the bar of 0 to 1 begin and end, one for each level.
 *
 * @param {ArrayLike<number>} probs (D, K)
 * @param {number} levels K
 * @param {number} pixel
 * @returns {{ from: number, size: number }[]}
 */
export function partsOfBar(probs, levels, pixel) {
  let from = 0;
  return Array.from({ length: levels }, (_, level) => {
    const size = probs[pixel * levels + level];
    const part = { from, size };
    from += size;
    return part;
  });
}

/**
 * log p of the first t pixels together, for every t.
 *
 * @param {Pick<DrawArrays, "probs" | "values">} trace
 * @param {number} levels K
 * @returns {Float64Array} (D + 1), nats
 */
export function runningLogP({ probs, values }, levels) {
  const sums = new Float64Array(values.length + 1);
  for (let t = 0; t < values.length; t++)
    sums[t + 1] = sums[t] + Math.log(probs[t * levels + values[t]]);
  return sums;
}

/**
 * How many of the pixels drawn after the first flip differ from those without flips.
 *
 * @param {Pick<DrawArrays, "values" | "base">} trace
 * @param {ReadonlySet<number>} flips
 * @param {number} t pixels drawn
 * @returns {{ later: number, changed: number }}
 */
export function changedBy({ values, base }, flips, t) {
  const first = Math.min(...flips);
  let later = 0;
  let changed = 0;
  for (let pixel = first + 1; pixel < t; pixel++) {
    if (flips.has(pixel)) continue;
    later++;
    changed += Number(values[pixel] !== base[pixel]);
  }
  return { later, changed };
}

/**
 * The first pixel at which two samples of the same random numbers differ; -1 where none does.
 *
 * @param {Pick<DrawArrays, "values">} before
 * @param {Pick<DrawArrays, "values">} now
 * @param {ReadonlySet<number>} flippedBefore
 * @param {ReadonlySet<number>} flippedNow
 */
export function firstDifference(before, now, flippedBefore, flippedNow) {
  return now.values.findIndex(
    (value, pixel) =>
      before.values[pixel] !== value || flippedBefore.has(pixel) !== flippedNow.has(pixel),
  );
}

/**
 * The lines between cells inside a set and cells outside it, in cells from the upper left corner.
 *
 * @param {(pixel: number) => boolean} inside
 * @param {number} rows
 * @param {number} columns
 * @returns {[number, number, number, number][]} x0, y0, x1, y1
 */
export function edgesOf(inside, rows, columns) {
  /** @param {number} row @param {number} column */
  const has = (row, column) =>
    row >= 0 && row < rows && column >= 0 && column < columns && inside(row * columns + column);
  /** @type {[number, number, number, number][]} */
  const edges = [];
  for (let row = 0; row <= rows; row++) {
    for (let column = 0; column <= columns; column++) {
      const here = has(row, column);
      if (here !== has(row - 1, column)) edges.push([column, row, column + 1, row]);
      if (here !== has(row, column - 1)) edges.push([column, row, column, row + 1]);
    }
  }
  return edges;
}

/**
 * How many earlier pixels there are, and how many of them a network of that depth reads.
 *
 * @param {ArrayLike<number>} table (D, D) first layers, [target, pixel]
 * @param {number} pixels D
 * @param {number} target
 * @param {number} depth layers after the first
 */
export function countRead(table, pixels, target, depth) {
  let read = 0;
  for (let pixel = 0; pixel < target; pixel++)
    read += Number(table[target * pixels + pixel] <= depth);
  return { read, earlier: target };
}

/**
 * The largest size of each unit over all pixels.
 *
 * @param {ArrayLike<number>} values (pixels, units)
 * @param {number} units
 */
export function largestOfEach(values, units) {
  const largest = new Float32Array(units).fill(1e-9); // a unit that is always 0 has a scale too
  for (let at = 0; at < values.length; at++) {
    const unit = at % units;
    largest[unit] = Math.max(largest[unit], Math.abs(values[at]));
  }
  return largest;
}
