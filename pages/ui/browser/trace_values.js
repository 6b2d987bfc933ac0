// The arithmetic of a binary image that is drawn pixel by pixel, in any order. No DOM.

/**
 * @typedef {object} BinaryTrace One sample, in step order.
 * @property {ArrayLike<number>} order (D) pixel drawn at each step
 * @property {ArrayLike<number>} p (D) probability of a 1 at each step
 * @property {ArrayLike<number>} values (D) value drawn at each step
 * @property {ArrayLike<number>} base (D) the same without flips
 */

/**
 * The step at which each pixel is drawn: the inverse of the order.
 *
 * @param {ArrayLike<number>} order
 */
export function ranksOf(order) {
  const rank = new Int32Array(order.length);
  for (let t = 0; t < order.length; t++) rank[order[t]] = t;
  return rank;
}

/**
 * Nats of the first t values.
 *
 * @param {Pick<BinaryTrace, "values" | "p">} trace
 * @param {number} t
 */
export function natsOf({ values, p }, t) {
  let total = 0;
  for (let s = 0; s < t; s++) total += Math.log(values[s] ? p[s] : 1 - p[s]);
  return total;
}

/**
 * How many of the values drawn after the first flip, up to step t, differ from those without flips;
 * without flips, how many of all differ from those they are compared with.
 *
 * @param {Pick<BinaryTrace, "order" | "values" | "base">} trace
 * @param {ReadonlySet<number>} flips pixels
 * @param {number} t
 * @returns {{ later: number, changed: number }}
 */
export function changedBy({ order, values, base }, flips, t) {
  let later = 0;
  let changed = 0;
  let begun = flips.size === 0;
  for (let s = 0; s < t; s++) {
    if (flips.has(order[s])) begun = true;
    else if (begun) {
      later++;
      changed += Number(values[s] !== base[s]);
    }
  }
  return { later, changed };
}
