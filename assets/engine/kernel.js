// Where a model keeps its numbers, and the loops that run over them.
//
// All arrays of a model lie in one memory of float32 numbers; an array is named by the index of its
// first number. So WebAssembly and JavaScript see the same arrays and nothing is copied between them.

import { EngineError } from "./errors.js";
import { KERNEL_BYTES } from "./kernel_bytes.js";
import { JavaScriptKernel } from "./kernel_javascript.js";

/**
 * A memory with the loops over it. Lengths of vectors that are written (M, n) are multiples of 4, see
 * `padded`.
 *
 * @typedef {object} Kernel
 * @property {"WebAssembly SIMD" | "JavaScript"} kind
 * @property {Float32Array} f The whole memory. `alloc` may replace it: read it anew after that.
 * @property {number} used Numbers taken; those given back are 0 again.
 * @property {(length: number) => number} alloc Takes `length` numbers, all 0: the index of the first.
 * @property {(y: number, b: number, x: number, w: number, K: number, M: number, floor: number) => void} matvec
 *   y[0..M) = b[0..M) + sum over k < K of max(x[k], floor) * w[k * M ... k * M + M).
 * @property {(y: number, b: number, x: number, w: number, K: number, M: number, floor: number, stride: number) => void} strided
 *   The same of rows that begin `stride` numbers apart: w[k * stride ... k * stride + M).
 * @property {(y: number, b: number, x: number, w: number, K: number, M: number, n: number, xs: number, ys: number, bs: number) => void} matmul
 *   n of them: for i < n, y[i ys ...] = b[i bs ...] + sum over k < K of x[i xs + k] * w[k * M ...].
 * @property {(x: number, y: number, n: number) => number} dot The sum of x[k] * y[k] over k < n.
 * @property {(y: number, x: number, n: number) => void} add y[k] += x[k] for k < n.
 * @property {(y: number, x: number, n: number) => void} mul y[k] *= x[k] for k < n.
 * @property {(y: number, x: number, n: number, steepness: number, height: number, offset: number) => void} squash
 *   y[k] = height / (1 + exp(-steepness * x[k])) + offset for k < n.
 * @property {(x: number, n: number, steepness: number) => void} softmax
 *   x[k] = exp(steepness * x[k]) / the sum of all of them, for k < n; n > 0. Of -Infinity it is 0.
 */

/** As `floor` of `matvec`: reads max(x, 0). */
export const RELU = 0;

/** As `floor` of `matvec`: reads x as it is. */
export const AS_IS = -Infinity;

/**
 * The next multiple of 4: the kernel works on four numbers at once.
 *
 * @param {number} n
 */
export const padded = (n) => (n + 3) & ~3;

/**
 * y = sigmoid(x), n numbers.
 *
 * @param {Kernel} kernel @param {number} y @param {number} x @param {number} n
 */
export const sigmoid = (kernel, y, x, n) => kernel.squash(y, x, n, 1, 1, 0);

/**
 * y = tanh(x), n numbers.
 *
 * @param {Kernel} kernel @param {number} y @param {number} x @param {number} n
 */
export const tanh = (kernel, y, x, n) => kernel.squash(y, x, n, 2, 2, -1);

/**
 * Copies numbers into the memory.
 *
 * @param {Kernel} kernel
 * @param {ArrayLike<number>} values
 * @returns {number} The index of the first.
 */
export function placed(kernel, values) {
  const at = kernel.alloc(padded(values.length));
  kernel.f.set(values, at);
  return at;
}

/**
 * The bytes that a text says in hexadecimal.
 *
 * @param {string} text
 * @returns {Uint8Array<ArrayBuffer>}
 */
export const bytesOf = (text) =>
  Uint8Array.from(text.match(/\w\w/g) ?? [], (byte) => parseInt(byte, 16));

/** Whether this browser runs the kernel: WebAssembly with its SIMD instructions. */
export function hasSimd() {
  return typeof WebAssembly === "object" && WebAssembly.validate(bytesOf(KERNEL_BYTES));
}

const PAGE = 16384; // floats in a page of WebAssembly memory, 64 KiB
const LIST = 2048; // floats at the beginning that matvec of kernel.wat uses for itself

/** The kernel of kernel.wat. @implements {Kernel} */
class SimdKernel {
  kind = /** @type {const} */ ("WebAssembly SIMD");

  constructor() {
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytesOf(KERNEL_BYTES)));
    const loops = /** @type {any} */ (instance.exports);
    /** @type {WebAssembly.Memory} */
    this.memory = loops.memory;
    this.f = new Float32Array(this.memory.buffer);
    this.used = LIST;
    /** @type {Kernel["matvec"]} */
    this.matvec = loops.matvec;
    /** @type {Kernel["strided"]} */
    this.strided = loops.strided;
    /** @type {Kernel["matmul"]} For an even n, of which it takes the half. */
    this.matmulOfPairs = loops.matmul;
    /** @type {Kernel["dot"]} */
    this.dot = loops.dot;
    /** @type {Kernel["add"]} */
    this.add = loops.add;
    /** @type {Kernel["mul"]} */
    this.mul = loops.mul;
    /** @type {Kernel["squash"]} */
    this.squash = loops.squash;
    /** @type {Kernel["softmax"]} */
    this.softmax = loops.softmax;
  }

  /**
   * @param {number} y @param {number} b @param {number} x @param {number} w
   * @param {number} K @param {number} M @param {number} n
   * @param {number} xs @param {number} ys @param {number} bs
   */
  matmul(y, b, x, w, K, M, n, xs, ys, bs) {
    if (n > 1) this.matmulOfPairs(y, b, x, w, K, M, n >> 1, xs, ys, bs);
    const last = n - 1;
    if (n & 1) this.matvec(y + last * ys, b + last * bs, x + last * xs, w, K, M, AS_IS);
  }

  /** @param {number} length */
  alloc(length) {
    const at = this.used;
    this.used += padded(length);
    if (this.used > this.f.length) this.grow();
    return at;
  }

  /** Makes the memory as large as is used. @throws {EngineError} The device has no more. */
  grow() {
    try {
      this.memory.grow(Math.ceil((this.used - this.f.length) / PAGE));
    } catch {
      throw new EngineError(
        `This device has too little memory: ${Math.ceil(this.used / 2 ** 18)} MB are needed.`,
      );
    }
    this.f = new Float32Array(this.memory.buffer);
  }
}

/**
 * A new kernel with an empty memory.
 *
 * @param {{ simd?: boolean }} [options] simd: false for the JavaScript loops, also where WebAssembly
 *   would run.
 * @returns {Kernel}
 */
export function createKernel({ simd = true } = {}) {
  try {
    if (simd && hasSimd()) return new SimdKernel();
  } catch {
    // The page's Content-Security-Policy forbids WebAssembly: JavaScript does the same.
  }
  return new JavaScriptKernel();
}
