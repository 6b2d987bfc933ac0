// The sums of the chain rule over three binary variables, as arviz_models/analysis/chain_rule.py does them.
// While a probability is dragged they are done here, so that everything follows the hand.

/** @typedef {(number | null)[][]} Factors p(x = 1 | earlier) by step and row; null where undefined */

/** @typedef {{ state: number }} StateOf one of the eight states */
/** @typedef {{ step: number, row: number }} RowPlace one row of one table */
/** @typedef {StateOf | RowPlace} Place what a probability belongs to */

export const STATES = 8;
export const ALL_STATES = Array.from({ length: STATES }, (_, state) => state);

/** @param {number} index */
export const variable = (index) => `x${"₁₂₃"[index]}`;

/** Value of a variable in a state. @param {number} state @param {number} index */
export const bit = (state, index) => (state >> (2 - index)) & 1;

/** Values of x₁, x₂, x₃ in a state. @param {number} state */
export const bitsOf = (state) => [0, 1, 2].map((index) => bit(state, index));

/** @param {number} p */
export const clampProbability = (p) => Math.max(0, Math.min(1, p));

/**
 * Setting of the first `step` variables of an order in a state: a row of that factor's table.
 *
 * @param {number} state
 * @param {number[]} order
 * @param {number} step
 */
export const rowOf = (state, order, step) =>
  order.slice(0, step).reduce((row, index) => 2 * row + bit(state, index), 0);

/** Values of the first `step` variables in a row. @param {number} step @param {number} row */
export const bitsOfRow = (step, row) =>
  Array.from({ length: step }, (_, at) => (row >> (step - 1 - at)) & 1);

/**
 * The joint as conditionals in an order.
 *
 * @param {number[]} joint
 * @param {number[]} order
 * @returns {Factors}
 */
export function factorsOf(joint, order) {
  return order.map((index, step) => {
    const sums = Array.from({ length: 2 ** step }, () => [0, 0]);
    joint.forEach((p, state) => (sums[rowOf(state, order, step)][bit(state, index)] += p));
    return sums.map(([zero, one]) => (zero + one > 0 ? one / (zero + one) : null));
  });
}

/**
 * Factors that ignore every condition: each row holds the variable's marginal.
 *
 * @param {number[]} joint
 * @param {number[]} order
 * @returns {Factors}
 */
export function marginalsOf(joint, order) {
  return order.map((index, step) => {
    const one = joint.reduce((sum, p, state) => sum + bit(state, index) * p, 0);
    return Array.from({ length: 2 ** step }, () => one);
  });
}

/**
 * The product of all factors; an undefined one counts as 1/2, and meets a 0.
 *
 * @param {Factors} factors
 * @param {number[]} order
 */
export function jointOf(factors, order) {
  return ALL_STATES.map((state) =>
    order.reduce((product, index, step) => {
      const p = factors[step][rowOf(state, order, step)] ?? 0.5;
      return product * (bit(state, index) ? p : 1 - p);
    }, 1),
  );
}

/**
 * The joint and factors after one conditional is changed and all others are kept.
 *
 * @param {Factors} factors
 * @param {number[]} order
 * @param {RowPlace} place
 * @param {number} p
 */
export function withConditional(factors, order, { step, row }, p) {
  const kept = factors.map((factor) => [...factor]);
  kept[step][row] = p;
  const joint = jointOf(kept, order);
  const found = factorsOf(joint, order);
  found[step][row] ??= p;
  return { joint, factors: found };
}

/**
 * The joint after one state has another probability; the others keep their proportions.
 *
 * @param {number[]} joint
 * @param {number} state
 * @param {number} p
 */
export function withState(joint, state, p) {
  const rest = joint.reduce((sum, q, other) => (other === state ? sum : sum + q), 0);
  return joint.map((q, other) =>
    other === state ? p : ((1 - p) * (rest > 0 ? q : 1)) / (rest > 0 ? rest : STATES - 1),
  );
}

/**
 * How much each earlier variable can move each conditional: [step][earlier step], 0 where nothing.
 *
 * @param {Factors} factors
 * @returns {number[][]}
 */
export function influenceOf(factors) {
  return factors.map((factor, step) =>
    factors.map((_, from) => {
      if (from >= step) return 0;
      const other = 1 << (step - 1 - from);
      return factor.reduce((/** @type {number} */ largest, p, row) => {
        const q = factor[row ^ other];
        return p === null || q === null ? largest : Math.max(largest, Math.abs(p - q));
      }, 0);
    }),
  );
}

/**
 * The factor that a state takes from a table: p for a 1, 1 − p for a 0; null where undefined.
 *
 * @param {Factors} factors
 * @param {number[]} order
 * @param {number} state
 * @param {number} step
 */
export function factorTaken(factors, order, state, step) {
  const p = factors[step][rowOf(state, order, step)];
  if (p === null) return null;
  return bit(state, order[step]) ? p : 1 - p;
}

/**
 * The largest difference between two lists of factors; where one is undefined it counts as 0.
 *
 * @param {Factors} some
 * @param {Factors} others
 */
export function largestDifference(some, others) {
  const flat = others.flat();
  return Math.max(...some.flat().map((p, at) => Math.abs((p ?? 0) - (flat[at] ?? 0))));
}

/**
 * The height of a bar as a share of the picture's, and whether it reaches beyond it.
 *
 * @param {number} p
 * @param {number} top the probability at the picture's upper edge
 */
export const barHeight = (p, top) => ({ share: Math.min(1, p / top), over: p > top });
