// Two ways from random numbers to an image: a linear decoder of z, and NADE's pixels in turn. No DOM.

import { plural } from "../ui/browser/numbers.js";
import { sigmoid } from "./nade_values.js";

/**
 * mu + W z: every pixel depends on every number of z.
 *
 * @param {Float32Array} mean (D,)
 * @param {Float32Array} weights (D, L)
 * @param {ArrayLike<number>} z (L,)
 */
export function decode(mean, weights, z) {
  return mean.map((value, pixel) => {
    for (let k = 0; k < z.length; k++) value += weights[pixel * z.length + k] * z[k];
    return value;
  });
}

/**
 * What NADE draws from the random numbers u, in raster order.
 *
 * @param {import("./nade_values.js").NadeWeights} weights of a model in raster order
 * @param {ArrayLike<number>} u (D,)
 * @returns {Uint8Array} (D,)
 */
export function drawWith({ W, V, b, c }, u) {
  const H = c.length;
  const sum = Float64Array.from(c);
  return Uint8Array.from(u, (number, index) => {
    let z = b[index];
    for (let k = 0; k < H; k++) z += V[index * H + k] * sigmoid(sum[k]);
    const value = Number(number >= 1 - sigmoid(z));
    if (value) for (let k = 0; k < H; k++) sum[k] += W[index * H + k];
    return value;
  });
}

/**
 * How many values differ before and after an index.
 *
 * @param {Uint8Array} one
 * @param {Uint8Array} other
 * @param {number} index
 */
export function differAround(one, other, index) {
  let [before, after] = [0, 0];
  for (let at = 0; at < one.length; at++)
    if (one[at] !== other[at]) {
      if (at < index) before++;
      else if (at > index) after++;
    }
  return { before, after };
}

/** @param {number} moved number of z, from 0 @param {number} pixels */
export const latentSentence = (moved, pixels) =>
  `z<sub>${moved + 1}</sub> moved: all ${pixels} pixels changed, in one step of the decoder.`;

/**
 * @param {string} name of the pixel whose u was changed
 * @param {{ before: number, after: number }} changed
 * @param {number} earlier how many pixels are drawn before it
 */
export const visibleSentence = (name, { before, after }, earlier) =>
  `u of pixel ${name} is new. Of the ${earlier} pixels before it <b>${before}</b> changed; after it, <b>${plural(after, "pixel")}</b> changed.`;
