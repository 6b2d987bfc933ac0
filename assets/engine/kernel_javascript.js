// The loops of kernel.wat for browsers without WebAssembly SIMD.

/** @import { Kernel } from "./kernel.js" */

/**
 * The same loops, three to five times slower. See `Kernel` in kernel.js for what each does.
 *
 * @implements {Kernel}
 */
export class JavaScriptKernel {
  kind = /** @type {const} */ ("JavaScript");

  constructor() {
    this.f = new Float32Array(16384);
    this.used = 0;
    this.factors = new Float32Array(64); // of `strided`: those that are not 0
    this.rows = new Int32Array(64); // where their rows begin
  }

  /** @param {number} length */
  alloc(length) {
    const at = this.used;
    this.used += (length + 3) & ~3;
    if (this.used > this.f.length) {
      const grown = new Float32Array(Math.max(this.used, 2 * this.f.length));
      grown.set(this.f);
      this.f = grown;
    }
    return at;
  }

  /**
   * @param {number} y @param {number} b @param {number} x @param {number} w
   * @param {number} K @param {number} M @param {number} floor
   */
  matvec(y, b, x, w, K, M, floor) {
    this.strided(y, b, x, w, K, M, floor, M);
  }

  /**
   * Four rows at a time, so that y is read and written a quarter as often.
   *
   * @param {number} y @param {number} b @param {number} x @param {number} w
   * @param {number} K @param {number} M @param {number} floor @param {number} stride
   */
  strided(y, b, x, w, K, M, floor, stride) {
    const { f } = this;
    const count = this.collect(x, w, K, stride, floor);
    const { factors, rows } = this;
    if (y !== b) f.copyWithin(y, b, b + M);
    let j = 0;
    for (; j + 3 < count; j += 4) {
      const a0 = factors[j];
      const a1 = factors[j + 1];
      const a2 = factors[j + 2];
      const a3 = factors[j + 3];
      const [r0, r1, r2, r3] = [rows[j], rows[j + 1], rows[j + 2], rows[j + 3]];
      for (let m = 0; m < M; m++) {
        f[y + m] += a0 * f[r0 + m] + a1 * f[r1 + m] + a2 * f[r2 + m] + a3 * f[r3 + m];
      }
    }
    for (; j < count; j++) {
      const a = factors[j];
      const row = rows[j];
      for (let m = 0; m < M; m++) f[y + m] += a * f[row + m];
    }
  }

  /**
   * @param {number} y @param {number} b @param {number} x @param {number} w
   * @param {number} K @param {number} M @param {number} n
   * @param {number} xs @param {number} ys @param {number} bs
   */
  matmul(y, b, x, w, K, M, n, xs, ys, bs) {
    for (let i = 0; i < n; i++) {
      this.matvec(y + i * ys, b + i * bs, x + i * xs, w, K, M, -Infinity);
    }
  }

  /**
   * Lists the factors of `strided` that are not 0: how many there are.
   *
   * @param {number} x @param {number} w @param {number} K @param {number} stride @param {number} floor
   */
  collect(x, w, K, stride, floor) {
    if (this.factors.length < K) {
      this.factors = new Float32Array(2 * K);
      this.rows = new Int32Array(2 * K);
    }
    const { f, factors, rows } = this;
    let count = 0;
    for (let k = 0; k < K; k++) {
      const a = f[x + k];
      if (a === 0 || a <= floor) continue;
      factors[count] = a;
      rows[count++] = w + k * stride;
    }
    return count;
  }

  /** @param {number} x @param {number} y @param {number} n */
  dot(x, y, n) {
    const { f } = this;
    let [s0, s1, s2, s3] = [0, 0, 0, 0];
    for (let k = 0; k < n; k += 4) {
      s0 += f[x + k] * f[y + k];
      s1 += f[x + k + 1] * f[y + k + 1];
      s2 += f[x + k + 2] * f[y + k + 2];
      s3 += f[x + k + 3] * f[y + k + 3];
    }
    return s0 + s1 + s2 + s3;
  }

  /** @param {number} y @param {number} x @param {number} n */
  add(y, x, n) {
    const { f } = this;
    for (let k = 0; k < n; k++) f[y + k] += f[x + k];
  }

  /** @param {number} y @param {number} x @param {number} n */
  mul(y, x, n) {
    const { f } = this;
    for (let k = 0; k < n; k++) f[y + k] *= f[x + k];
  }

  /**
   * @param {number} y @param {number} x @param {number} n
   * @param {number} steepness @param {number} height @param {number} offset
   */
  squash(y, x, n, steepness, height, offset) {
    const { f } = this;
    for (let k = 0; k < n; k++) {
      f[y + k] = height / (1 + Math.exp(-steepness * f[x + k])) + offset;
    }
  }

  /** @param {number} x @param {number} n @param {number} steepness */
  softmax(x, n, steepness) {
    const { f } = this;
    let [largest, sum] = [f[x], 0];
    for (let k = 1; k < n; k++) if (f[x + k] > largest) largest = f[x + k];
    for (let k = 0; k < n; k++) sum += f[x + k] = Math.exp(steepness * (f[x + k] - largest));
    for (let k = 0; k < n; k++) f[x + k] /= sum;
  }
}
