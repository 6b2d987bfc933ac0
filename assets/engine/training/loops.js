// The loops of a training step, over the memory of a kernel.

import { bytesOf } from "../kernel.js";
import { LOOPS_BYTES } from "./loops_bytes.js";
import { javaScriptLoops } from "./loops_javascript.js";

/** @typedef {import("../kernel.js").Kernel} Kernel */

/**
 * Arrays are named by the index of their first number in the kernel's memory; n is a multiple of 4.
 *
 * @typedef {object} Loops
 * @property {(y: number, x: number, a: number, n: number) => void} axpy y[k] += a x[k].
 * @property {(g: number, w: number, d: number, a: number, n: number) => number} backward
 *   g[k] += a d[k]; returns the sum of w[k] d[k].
 * @property {(g: number, h: number, s: number, v: number, a: number, n: number) => void} output
 *   g[k] += a h[k] and s[k] += a v[k].
 * @property {(g: number, s: number, h: number, n: number) => void} through_sigmoid
 *   g[k] += s[k] h[k] (1 - h[k]).
 * @property {(y: number, x: number, n: number) => void} relu y[k] = max(x[k], 0).
 * @property {(d: number, x: number, n: number) => void} through_relu d[k] = 0 where x[k] is not above 0.
 * @property {(x: number, n: number) => void} elu x[k] = exp(x[k]) - 1 where it is not above 0.
 * @property {(d: number, x: number, n: number) => void} through_elu d[k] *= 1 + min(x[k], 0).
 * @property {(y: number, x: number, n: number, K: number) => void} transpose
 *   y[k n + i] = x[i K + k] for i < n and k < K, both multiples of 4.
 * @property {(p: number, g: number, m: number, v: number, rate: number, root: number, scale: number, n: number) => void} adam
 *   One step of Adam down the gradient scale * g, which is 0 afterwards. See loops.wat.
 */

/**
 * @param {Kernel} kernel of createKernel
 * @returns {Loops}
 */
export function loopsOver(kernel) {
  if (kernel.kind === "JavaScript") return javaScriptLoops(kernel);
  const { memory } = /** @type {any} */ (kernel);
  const module = new WebAssembly.Module(bytesOf(LOOPS_BYTES));
  const instance = new WebAssembly.Instance(module, { engine: { memory } });
  return /** @type {any} */ (instance.exports);
}
