// The degrees of MADE's hidden units: those that Python draws for the seed of a card, see
// `drawn_degrees` in arviz_models/degrees.py. No file holds them; NumPy's PCG64 gives them again.

const WORD = 0xffffffff;
const LARGE_WORD = (1n << 128n) - 1n;
const MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;

/**
 * The 32-bit words of a whole number, the lowest first.
 *
 * @param {number} value
 */
function words(value) {
  const found = [value >>> 0];
  for (let rest = Math.floor(value / 2 ** 32); rest > 0; rest = Math.floor(rest / 2 ** 32)) {
    found.push(rest >>> 0);
  }
  return found;
}

/** NumPy's SeedSequence: turns a few numbers into as many well-mixed words as are asked for. */
class SeedSequence {
  /** @param {number[]} entropy Whole numbers of at least 0. */
  constructor(entropy) {
    const given = entropy.flatMap(words);
    let constant = 0x43b0d7e5;
    const hashed = (/** @type {number} */ value) => {
      value ^= constant;
      constant = Math.imul(constant, 0x931e8875);
      value = Math.imul(value, constant);
      return value ^ (value >>> 16);
    };
    const mixed = (/** @type {number} */ x, /** @type {number} */ y) => {
      const value = Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y);
      return value ^ (value >>> 16);
    };
    this.pool = [0, 1, 2, 3].map((i) => hashed(given[i] ?? 0));
    const { pool } = this;
    for (let source = 0; source < 4; source++) {
      for (let target = 0; target < 4; target++) {
        if (source !== target) pool[target] = mixed(pool[target], hashed(pool[source]));
      }
    }
    for (const value of given.slice(4)) {
      for (let target = 0; target < 4; target++) pool[target] = mixed(pool[target], hashed(value));
    }
  }

  /** The 256 bits that start PCG64: two numbers of 128 bits. */
  state() {
    let constant = 0x8b51f9dd;
    const found = Array.from({ length: 8 }, (_, i) => {
      let value = this.pool[i % 4] ^ constant;
      constant = Math.imul(constant, 0x58f38ded);
      value = Math.imul(value, constant);
      return BigInt((value ^ (value >>> 16)) >>> 0);
    });
    const large = (/** @type {number} */ i) =>
      (((((found[i + 1] << 32n) | found[i]) << 32n) | found[i + 3]) << 32n) | found[i + 2];
    return [large(0), large(4)];
  }
}

/** NumPy's PCG64 (XSL-RR), started by numbers. */
export class PCG64 {
  /** @param {number[]} entropy */
  constructor(entropy) {
    const [state, stream] = new SeedSequence(entropy).state();
    this.increment = ((stream << 1n) | 1n) & LARGE_WORD;
    this.state = (this.increment + state) & LARGE_WORD;
    this.step();
  }

  step() {
    this.state = (this.state * MULTIPLIER + this.increment) & LARGE_WORD;
  }

  /** The upper 32 of the next 64 bits. */
  upperWord() {
    this.step();
    const mixed = ((this.state >> 64n) ^ this.state) & 0xffffffffffffffffn;
    const turn = this.state >> 122n;
    const turned = (mixed >> turn) | (mixed << (64n - turn));
    return Number((turned >> 32n) & BigInt(WORD));
  }
}

/**
 * Degrees of one mask.
 *
 * @param {object} settings
 * @param {string | number[][]} settings.rule "random", "even", or the degrees themselves.
 * @param {number[]} settings.hidden Units of each hidden layer.
 * @param {number} settings.dimensions D.
 * @param {number} settings.seed
 * @param {number} k Number of the mask.
 * @returns {Int32Array[]} For each hidden layer.
 */
export function drawDegrees({ rule, hidden, dimensions, seed }, k) {
  if (typeof rule !== "string") return rule.map((layer) => Int32Array.from(layer));
  const stream = new PCG64([seed, k]);
  const high = Math.max(1, dimensions - 1);
  let low = 1;
  return hidden.map((width) => {
    const chance = Array.from({ length: width }, () => stream.upperWord());
    const degrees = rule === "random" ? spread(chance, low, high) : even(chance, high, k > 0);
    low = degrees.reduce((least, degree) => Math.min(least, degree));
    return degrees;
  });
}

/**
 * Degrees from low to high, each as probable as the others.
 *
 * @param {number[]} chance Whole numbers below 2^32.
 * @param {number} low
 * @param {number} high
 */
const spread = (chance, low, high) =>
  Int32Array.from(chance, (value) => low + Math.floor((value * (high - low + 1)) / 2 ** 32));

/**
 * Degrees 1, 2, ... high in turn, handed out in another order by every mask but the first.
 *
 * @param {number[]} chance
 * @param {number} high
 * @param {boolean} shuffled
 */
function even(chance, high, shuffled) {
  const units = Int32Array.from(chance, (_, unit) => unit);
  if (shuffled) units.sort((a, b) => chance[a] - chance[b] || a - b);
  return units.map((unit) => 1 + (unit % high));
}

/**
 * Units in the order in which they are complete: sorted by degree, and by number among equals.
 *
 * @param {Int32Array} degrees
 * @param {number} dimensions D.
 * @returns {{ units: Int32Array, ends: Int32Array }} units of degree t: units[ends[t] .. ends[t + 1]),
 *   t = 0..D.
 */
export function byDegree(degrees, dimensions) {
  const ends = new Int32Array(dimensions + 2);
  for (const degree of degrees) ends[degree + 1]++;
  for (let t = 0; t <= dimensions; t++) ends[t + 1] += ends[t];
  const next = ends.slice();
  const units = new Int32Array(degrees.length);
  degrees.forEach((degree, unit) => (units[next[degree]++] = unit));
  return { units, ends };
}
