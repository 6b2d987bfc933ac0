// What is measured on a network carries its rounding, which depends on the device and on how a library
// computes a product: where nothing is read, a gradient or a change may be 1e-9 instead of 0. So the
// structure says what a network can read, and no words depend on whether a measured number is 0.

import { decimals } from "./numbers.js";

const ROUNDING = 1e-4; // logits or nats; less is not seen in any picture either

/** Whether a measured number is more than rounding can make. @param {number} value */
export const beyondRounding = (value) => Math.abs(value) > ROUNDING;

/** A gradient in words, nats; where rounding alone could make it, no digits. @param {number} value */
export const gradientText = (value) =>
  beyondRounding(value) ? `${decimals(value, 3)} nats` : `below ${ROUNDING} nats`;
