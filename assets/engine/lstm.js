// What the two LSTM models share: the cell.

import { padded, sigmoid, tanh } from "./kernel.js";

/** @import { Kernel } from "./kernel.js" */

export const INTERNALS = ["o", "f", "i", "g", "c", "h"]; // the gates, the cell, the hidden state

/**
 * The cell of an LSTM, with F maps in each gate and state:
 *
 *     [o, f, i, g] = [sigmoid, sigmoid, sigmoid, tanh](z),   c = f o before + i o g,   h = o o tanh(c)
 *
 * @param {Kernel} kernel
 * @param {number} z The sums of the gates, (4F): written over by the gates.
 * @param {number} before The cell before, (F).
 * @param {number} c Where to write the cell, (F).
 * @param {number} h Where to write the hidden state, (F).
 * @param {number} width F, a multiple of 4.
 */
export function cell(kernel, z, before, c, h, width) {
  const [forget, input, g] = [z + width, z + 2 * width, z + 3 * width];
  sigmoid(kernel, z, z, 3 * width);
  tanh(kernel, g, g, width);
  const { f } = kernel;
  for (let k = 0; k < width; k++) {
    f[c + k] = f[forget + k] * f[before + k] + f[input + k] * f[g + k];
  }
  tanh(kernel, h, c, width);
  kernel.mul(h, z, width);
}

/**
 * Gates, cell and hidden state by name, each (F).
 *
 * @param {Kernel} kernel
 * @param {string} prefix Of the names: "layer1."
 * @param {{ z: number, c: number, h: number }} places
 * @param {number} F
 * @returns {[string, Float32Array][]}
 */
export function namedInternals(kernel, prefix, { z, c, h }, F) {
  const places = [0, 1, 2, 3].map((gate) => z + gate * padded(F)).concat(c, h);
  return places.map((place, i) => [prefix + INTERNALS[i], kernel.f.subarray(place, place + F)]);
}
