// The random numbers of a seed: those that Python draws, see `random_numbers` in
// arviz_models/base.py and nade.py.

import { EngineError } from "./errors.js";

const STATE = 624; // 32-bit words
const TWIST = 0x9908b0df;

/** MT19937 of Matsumoto and Nishimura, started by their `init_genrand`, as torch's CPU generator. */
export class MersenneTwister {
  /**
   * @param {number | bigint} seed A whole number of at least 0; its low 32 bits count.
   * @throws {EngineError} Anything else.
   */
  constructor(seed) {
    if (!(typeof seed === "bigint" ? seed >= 0n : Number.isSafeInteger(seed) && seed >= 0)) {
      throw new EngineError(`A seed is a whole number of at least 0; given ${String(seed)}.`);
    }
    this.state = new Uint32Array(STATE);
    this.state[0] = Number(BigInt.asUintN(32, BigInt(seed)));
    for (let i = 1; i < STATE; i++) {
      const last = this.state[i - 1];
      this.state[i] = Math.imul(1812433253, last ^ (last >>> 30)) + i;
    }
    this.next = STATE;
    /** @type {number | null} The second of a pair of normal numbers, kept for the next call. */
    this.keptNormal = null;
  }

  /** The next 32 bits. */
  output() {
    if (this.next === STATE) this.refill();
    let y = this.state[this.next++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /** Makes 624 words more. */
  refill() {
    const { state } = this;
    for (let i = 0; i < STATE; i++) {
      const y = (state[i] & 0x80000000) | (state[(i + 1) % STATE] & 0x7fffffff);
      state[i] = state[(i + 397) % STATE] ^ (y >>> 1) ^ (y & 1 ? TWIST : 0);
    }
    this.next = 0;
  }

  /** One uniform number in [0, 1), exact in float32: the low 24 bits of an output. */
  uniform() {
    return (this.output() & 0xffffff) / 2 ** 24;
  }

  /** One uniform number in [0, 1) of 53 bits, from two outputs. */
  uniform53() {
    const high = this.output() & 0x1fffff;
    return (high * 2 ** 32 + this.output()) / 2 ** 53;
  }

  /**
   * Normal numbers, those of `torch.randn(count)`.
   *
   * @param {number} count
   * @returns {Float32Array}
   */
  normals(count) {
    return count < 16 ? this.fewNormals(count) : this.manyNormals(count);
  }

  /** @param {number} count At least 16: each 16 uniforms make 16 normal numbers. */
  manyNormals(count) {
    const found = Float32Array.from({ length: count }, () => this.uniform());
    for (let at = 0; at + 16 <= count; at += 16) boxMuller(found.subarray(at, at + 16));
    if (count % 16) {
      const last = found.subarray(count - 16);
      for (let j = 0; j < 16; j++) last[j] = this.uniform();
      boxMuller(last);
    }
    return found;
  }

  /** @param {number} count Below 16: torch then makes them in pairs, of 53 bits. */
  fewNormals(count) {
    return Float32Array.from({ length: count }, () => {
      if (this.keptNormal !== null) {
        const kept = this.keptNormal;
        this.keptNormal = null;
        return kept;
      }
      const angle = 2 * Math.PI * this.uniform53();
      const radius = Math.sqrt(-2 * Math.log1p(-this.uniform53()));
      this.keptNormal = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    });
  }
}

/**
 * Turns 16 uniform numbers into 16 normal ones, in place, by the method of Box and Muller.
 *
 * @param {Float32Array} u
 */
function boxMuller(u) {
  for (let j = 0; j < 8; j++) {
    const radius = Math.sqrt(-2 * Math.log(1 - u[j]));
    const angle = 2 * Math.PI * u[j + 8];
    u[j] = radius * Math.cos(angle);
    u[j + 8] = radius * Math.sin(angle);
  }
}

/**
 * All that chance decides about n samples. Sequence number k takes the k-th run of numbers of the
 * seed, so it is the same however many are drawn beside it.
 *
 * @typedef {object} RandomNumbers
 * @property {Float32Array} uniforms (D n) step by step: that of step t and sequence j is [t n + j].
 * @property {Float32Array[]} normals What follows in the run of each sequence; empty for most models.
 */

/**
 * @param {number | bigint} seed
 * @param {number} dimensions D.
 * @param {number} n Sequences.
 * @param {number} [first] Number of the first sequence.
 * @param {number} [normals] How many normal numbers follow the D uniforms of a sequence.
 * @returns {RandomNumbers}
 */
export function randomNumbers(seed, dimensions, n, first = 0, normals = 0) {
  const stream = new MersenneTwister(seed);
  /** @type {RandomNumbers} */
  const found = { uniforms: new Float32Array(dimensions * n), normals: [] };
  for (let sequence = -first; sequence < n; sequence++) {
    for (let t = 0; t < dimensions; t++) {
      const u = stream.uniform();
      if (sequence >= 0) found.uniforms[t * n + sequence] = u;
    }
    const drawn = stream.normals(normals);
    if (sequence >= 0) found.normals.push(drawn);
  }
  return found;
}
