// NADE's arithmetic as its picture needs it: the running sum, and what follows from it. No DOM.

/**
 * @typedef {object} NadeWeights What arviz_models/analysis/weights.py `weight_arrays` sends, flat.
 * @property {Float32Array} W (D, H)
 * @property {Float32Array} V (D, H)
 * @property {Float32Array} U (D, H), or empty unless the order is free
 * @property {Float32Array} b (D,)
 * @property {Float32Array} c (H,)
 */

/**
 * @typedef {object} NadeTrace What arviz_models/figures/traces.py `trace_arrays` sends.
 * @property {Int32Array} order (D,) pixel drawn at each step
 * @property {Float32Array} p (D,) probability of a 1 at each step
 * @property {Float32Array} u (D,) random number of each step
 * @property {Uint8Array} values (D,) value drawn at each step
 * @property {Uint8Array} base (D,) the same without flips
 * @property {Float32Array} first_h (H,) hidden units of the first step, or empty where they are σ(c)
 */

/** @param {number} z */
export const sigmoid = (z) => 1 / (1 + Math.exp(-z));

/**
 * What each value of each pixel adds to the sum: a 0 adds nothing unless the order is free.
 *
 * @param {NadeWeights} weights
 * @returns {Float32Array} (D, 2, H)
 */
export function columnsOf({ W, U, c }) {
  const H = c.length;
  const columns = new Float32Array(2 * W.length);
  for (let at = 0; at < W.length; at++) {
    const place = 2 * H * Math.floor(at / H) + (at % H);
    const seen = U.length ? U[at] : 0;
    columns[place] = seen;
    columns[place + H] = seen + W[at];
  }
  return columns;
}

/**
 * Hidden unit k at step t.
 *
 * @param {ArrayLike<number>} a (H) the running sum of that step
 * @param {NadeTrace} trace
 * @param {number} t
 * @param {number} k
 */
export function hiddenUnit(a, { first_h }, t, k) {
  return t === 0 && first_h.length ? first_h[k] : sigmoid(a[k]);
}

/** The running sum of one step after another: a picture shows one of them, and that of the step before. */
export class RunningSum {
  /**
   * @param {NadeWeights} weights
   * @param {Float32Array} columns see `columnsOf`
   * @param {NadeTrace} trace
   */
  constructor({ c, U }, columns, trace) {
    this.columns = columns;
    this.trace = trace;
    this.bias = c;
    this.zerosAdd = U.length > 0;
    this.sum = Float64Array.from(c);
    this.t = 0; // steps that are in the sum
    this.at = -1; // step of `before` and `now`
    this.before = Float32Array.from(c); // (H) of the step before
    this.now = Float32Array.from(c); // (H)
  }

  /** Have `now` be that of step t, and `before` that of the step before it. @param {number} t */
  go(t) {
    if (t === this.at) return this;
    this.at = t;
    this.add(Math.max(0, t - 1));
    this.before.set(this.sum);
    this.add(t);
    this.now.set(this.sum);
    return this;
  }

  /** Add what is missing until step t, from the bias on where too much is in it. @param {number} t */
  add(t) {
    if (t < this.t) {
      this.sum.set(this.bias);
      this.t = 0;
    }
    for (; this.t < t; this.t++) this.addColumn();
  }

  addColumn() {
    const { sum, columns, trace, t } = this;
    if (!this.adds(t)) return;
    const column = (2 * trace.order[t] + trace.values[t]) * sum.length;
    for (let k = 0; k < sum.length; k++) sum[k] += columns[column + k];
  }

  /** Whether the value of step t adds anything: a 0 does only where the order is free. @param {number} t */
  adds(t) {
    return this.zerosAdd || this.trace.values[t] !== 0;
  }
}

/**
 * The conditionals that follow from the running sums, at temperature 1.
 *
 * @param {NadeWeights} weights
 * @param {Float32Array} columns see `columnsOf`
 * @param {NadeTrace} trace
 * @returns {Float64Array} (D)
 */
export function conditionals(weights, columns, trace) {
  const running = new RunningSum(weights, columns, trace);
  const h = new Float64Array(weights.c.length);
  let changed = true; // whether h is still that of an earlier sum
  return Float64Array.from(trace.order, (index, t) => {
    const { now } = running.go(t);
    if (changed) for (let k = 0; k < h.length; k++) h[k] = hiddenUnit(now, trace, t, k);
    changed = running.adds(t) || (t === 0 && trace.first_h.length > 0);
    let z = weights.b[index];
    for (let k = 0; k < h.length; k++) z += weights.V[index * h.length + k] * h[k];
    return sigmoid(z);
  });
}

/** The largest difference between two lists. @param {ArrayLike<number>} one @param {ArrayLike<number>} other */
export function largestDifference(one, other) {
  let largest = 0;
  for (let at = 0; at < one.length; at++)
    largest = Math.max(largest, Math.abs(one[at] - other[at]));
  return largest;
}

/** @param {ArrayLike<number>} numbers */
export function largestSize(numbers) {
  let largest = 1e-9;
  for (let at = 0; at < numbers.length; at++) largest = Math.max(largest, Math.abs(numbers[at]));
  return largest;
}

/**
 * A point of the curve from (x0, y0) to (x1, y1) that leaves and arrives level.
 *
 * @param {[number, number]} from
 * @param {[number, number]} to
 * @param {number} share of the way, 0..1
 * @returns {[number, number]}
 */
export function onCurve([x0, y0], [x1, y1], share) {
  const rest = 1 - share;
  const bend = (x1 - x0) * 0.45;
  const [a, b, c, d] = [rest ** 3, 3 * rest ** 2 * share, 3 * rest * share ** 2, share ** 3];
  return [a * x0 + b * (x0 + bend) + c * (x1 - bend) + d * x1, (a + b) * y0 + (c + d) * y1];
}

/**
 * What hidden unit k has added up after t steps: its bias, and what each pixel has added.
 *
 * @param {NadeWeights} weights
 * @param {Float32Array} columns see `columnsOf`
 * @param {NadeTrace} trace
 * @param {number} t
 * @param {number} k
 * @returns {{ bias: number, terms: { pixel: number, added: number }[] }} the largest terms first
 */
export function sumOfUnit({ c }, columns, { order, values }, t, k) {
  const terms = [];
  for (let s = 0; s < t; s++) {
    const added = columns[(2 * order[s] + values[s]) * c.length + k];
    if (added !== 0) terms.push({ pixel: order[s], added });
  }
  terms.sort((one, other) => Math.abs(other.added) - Math.abs(one.added));
  return { bias: c[k], terms };
}

/**
 * The first step at which two traces of the same random numbers differ; -1 where none does.
 *
 * @param {NadeTrace} before
 * @param {NadeTrace} now
 * @param {ReadonlySet<number>} flippedBefore
 * @param {ReadonlySet<number>} flippedNow
 */
export function firstDifference(before, now, flippedBefore, flippedNow) {
  return now.order.findIndex(
    (index, t) =>
      before.values[t] !== now.values[t] || flippedBefore.has(index) !== flippedNow.has(index),
  );
}
