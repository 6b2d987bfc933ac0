// The engine: trained models that run in the reader's browser, without DOM. See docs/ENGINE.md.
//
//     import { load } from ".../engine/index.js";
//     const model = await load("https://.../nade-mnist.json");
//     const trace = model.sample({ seed: 0 });

import { checkCard } from "./card.js";
import { DiagonalBiLSTM } from "./diagonal_bilstm.js";
import { EngineError, shown } from "./errors.js";
import { createKernel } from "./kernel.js";
import { GatedPixelCNN } from "./gated_pixelcnn.js";
import { MADE } from "./made.js";
import { NADE } from "./nade.js";
import { PixelSNAIL } from "./pixel_snail.js";
import { PixelCNN } from "./pixelcnn.js";
import { RowLSTM } from "./row_lstm.js";
import { MAX_PARAMETERS, readTensors } from "./safetensors.js";

export { EngineError };

/** @import { AutoregressiveModel } from "./base.js" */
/** @import { Card } from "./card.js" */

/**
 * The models that the engine draws, by the name of their Python class.
 *
 * @type {Record<string, {
 *   new (kernel: import("./kernel.js").Kernel, config: import("./card.js").Config, tensors: import("./safetensors.js").Tensors): AutoregressiveModel,
 *   parameters(config: import("./card.js").Config): Record<string, number[]>,
 * }>}
 */
export const CLASSES = {
  NADE,
  MADE,
  PixelCNN,
  GatedPixelCNN,
  PixelSNAIL,
  RowLSTM,
  DiagonalBiLSTM,
};

/**
 * Shape of each parameter that a card describes.
 *
 * @param {Card} card
 * @throws {EngineError} A card of no model of the engine, or of an absurd one.
 */
function expectedShapes({ class: name, config }) {
  if (!Object.hasOwn(CLASSES, name)) {
    throw new EngineError(
      `The engine knows no model ${shown(name)}; it knows ${Object.keys(CLASSES).join(", ")}. ` +
        "The server draws it.",
    );
  }
  const shapes = CLASSES[name].parameters(config);
  const count = Object.values(shapes)
    .map((shape) => shape.reduce((total, size) => total * size, 1))
    .reduce((total, size) => total + size, 0);
  if (!(count <= MAX_PARAMETERS)) {
    throw new EngineError(
      `The card describes ${count} parameters; at most ${MAX_PARAMETERS} are read.`,
    );
  }
  return shapes;
}

/**
 * A model from its card and the bytes of its weights.
 *
 * @param {unknown} card As parsed from its JSON file.
 * @param {ArrayBuffer} weights The safetensors file.
 * @param {{ simd?: boolean }} [options] simd: false for the loops in JavaScript.
 * @returns {AutoregressiveModel}
 * @throws {EngineError} A card or weights that do not describe a model of the engine.
 */
export function build(card, weights, options) {
  const checked = checkCard(card);
  const tensors = readTensors(weights, expectedShapes(checked));
  const model = new CLASSES[checked.class](createKernel(options), checked.config, tensors);
  model.card = checked;
  return model;
}

/**
 * Fetches a file.
 *
 * @param {string | URL} address
 * @param {AbortSignal} [signal]
 * @returns {Promise<Response>}
 */
async function fetched(address, signal) {
  let response;
  try {
    response = await fetch(address, { signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new EngineError(
      `${address} cannot be reached (${/** @type {Error} */ (error).message}).`,
    );
  }
  if (!response.ok)
    throw new EngineError(`${address} cannot be read: the server answers ${response.status}.`);
  return response;
}

/**
 * Fetches a model: the card, then the weights, once; the browser keeps both.
 *
 * @param {string | URL} cardAddress Absolute address of the card, NAME.json.
 * @param {object} [options]
 * @param {string | URL} [options.weights] Address of the weights; NAME.safetensors beside the card
 *   otherwise, with the same query. An address that holds the content's hash may be cached for ever.
 * @param {AbortSignal} [options.signal] Stops the download.
 * @param {boolean} [options.simd] false for the loops in JavaScript.
 * @returns {Promise<AutoregressiveModel>}
 * @throws {EngineError} No answer, or files that do not describe a model of the engine.
 */
export async function load(cardAddress, { weights, signal, simd } = {}) {
  const address = new URL(cardAddress);
  const response = await fetched(address, signal);
  /** @type {unknown} */
  let card;
  try {
    card = await response.json();
  } catch {
    throw new EngineError(`${address} is no card of a model: it holds no JSON.`);
  }
  expectedShapes(checkCard(card)); // before the weights are fetched
  const beside = new URL(address);
  beside.pathname = beside.pathname.replace(/\.json$/, ".safetensors");
  const file = await fetched(weights ?? beside, signal);
  return build(card, await file.arrayBuffer(), { simd });
}
