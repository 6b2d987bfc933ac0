// What the bars of a softmax show, told to the panel below that says how it is computed: so both are of
// one image and one pixel at any moment, also while a hand moves them.

/**
 * @typedef {object} ToldSoftmax K levels, F features of the last layer.
 * @property {string} model name of the checkpoint
 * @property {number} target flat index of the pixel
 * @property {Uint8Array} x (D), the image
 * @property {number[]} logits (K)
 * @property {number[]} p (K)
 * @property {Float32Array | null} h (F), what the last layer reads; null where this browser does not compute
 */

/** What is shown, and who is told when that changes. */
export function toldSoftmax() {
  window.arvizSoftmax ??= { now: null, changed: new EventTarget() };
  return window.arvizSoftmax;
}

/** @param {ToldSoftmax | null} now null where the bars are empty, or covered */
export function tellSoftmax(now) {
  const told = toldSoftmax();
  told.now = now;
  told.changed.dispatchEvent(new Event("change"));
}
