// The gates of a trained Row LSTM at a digit, by the engine of this browser: it draws the digit with every
// pixel given, and keeps what it holds at each. No DOM.

/** @typedef {Pick<import("../ui/browser/engine.js").PageEngine, "sample">} GatesDrawer */
/** @typedef {import("../../assets/engine/drawing.js").Trace} GatesTrace */

/**
 * @typedef {object} GatesWish
 * @property {string} id equal for equal numbers alone
 * @property {import("../ui/browser/engine.js").Offer} offer
 * @property {number} layer from 1 on
 * @property {Uint8Array} x (H W), the digit
 * @property {Uint8Array | null} without the same without its first rows; null: nothing is compared
 */

/**
 * @typedef {object} GateNumbers As Python sends them; see `GatesArrays`.
 * @property {Float32Array} internals (6, F, H W)
 * @property {Float32Array} p (H W)
 * @property {Float32Array} [erased]
 * @property {Float32Array} [p_erased]
 */

const KEPT_STATES = ["o", "f", "i", "g", "c", "h"];

/**
 * What the engine is asked for.
 *
 * @param {Pick<import("./row_lstm_gates_values.js").GatesMeta, "engine" | "layer" | "erase" | "columns">} meta
 * @param {Uint8Array} x
 * @returns {GatesWish}
 */
export function gatesWish({ engine, layer, erase, columns }, x) {
  if (!engine) throw new Error("the server computes");
  const without = erase ? Uint8Array.from(x).fill(0, 0, erase * columns) : null;
  return {
    id: JSON.stringify([engine.card, layer, erase]) + x.join(""),
    offer: engine,
    layer,
    x,
    without,
  };
}

/**
 * Gates and states of one layer at every pixel, and p(x = 1 | before), each by its pixel.
 *
 * @param {Pick<GatesTrace, "order" | "probs" | "internals">} trace of one binary image
 * @param {number} layer
 * @returns {{ internals: Float32Array, p: Float32Array }}
 */
export function gatesOfTrace({ order, probs, internals }, layer) {
  const pixels = order.length;
  const kept = KEPT_STATES.map((name) => internals[`layer${layer}.${name}`]);
  const features = kept[0].length / pixels;
  const found = { internals: new Float32Array(6 * features * pixels), p: new Float32Array(pixels) };
  order.forEach((pixel, t) => {
    found.p[pixel] = probs[2 * t + 1];
    kept.forEach((values, symbol) => {
      for (let unit = 0; unit < features; unit++)
        found.internals[(symbol * features + unit) * pixels + pixel] = values[t * features + unit];
    });
  });
  return found;
}

/**
 * @param {GatesDrawer} engine
 * @param {GatesWish} wish
 * @returns {Promise<GateNumbers>}
 */
export async function askGates(engine, { offer, layer, x, without }) {
  const internals = KEPT_STATES.map((name) => `layer${layer}.${name}`);
  /** @param {Uint8Array} given */
  const read = async (given) => {
    const trace = await engine.sample(offer, { seed: 0, given, internals });
    return gatesOfTrace(trace, layer);
  };
  const found = await read(x);
  if (!without) return found;
  const second = await read(without);
  return { ...found, erased: second.internals, p_erased: second.p };
}
