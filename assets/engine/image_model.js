// What the image models share, as in arviz_models/image_model.py: raster order, and a head of 1x1
// layers.

import { AutoregressiveModel } from "./base.js";
import { EngineError } from "./errors.js";

/**
 * Shapes of a layer that has a bias.
 *
 * @param {string} name
 * @param {...number} shape Of its weight: out, in, k_h, k_w.
 * @returns {Record<string, number[]>}
 */
export const layerShapes = (name, ...shape) => ({
  [`${name}.weight`]: shape,
  [`${name}.bias`]: [shape[0]],
});

/**
 * Shapes of the output layers.
 *
 * @param {number} inputs @param {number} hidden @param {number} levels
 * @returns {Record<string, number[]>}
 */
export function outputShapes(inputs, hidden, levels) {
  const width = levels === 2 ? 1 : levels; // K'
  return {
    ...layerShapes("head.hidden", hidden, inputs, 1, 1),
    ...layerShapes("head.logits", width, hidden, 1, 1),
  };
}

/** Base of the models over images of one channel: rows from the top, pixels from the left. */
export class ImageModel extends AutoregressiveModel {
  /**
   * @param {import("./image_decoder.js").Weights} weights Of layers of `outputShapes` too.
   * @param {{ eventShape: number[], levels: number, dimensions: number, width: number }} event
   */
  constructor(weights, event) {
    super(weights.kernel, event);
    this.width = event.width;
    /** ReLU, 1x1, ReLU, 1x1, from features to the logits' parameters. */
    this.head = {
      inputs: weights.shapes["head.hidden.weight"][1],
      units: weights.shapes["head.hidden.weight"][0],
      hidden: weights.taps("head.hidden"),
      logits: weights.taps("head.logits"),
    };
  }

  /**
   * @override
   * @param {ArrayLike<number>} order
   * @returns {this}
   */
  withOrder(order) {
    if (Array.from(order).every((index, t) => index === t)) return super.withOrder(order);
    throw new EngineError(
      `A ${this.card?.class ?? "model of images"} draws in raster order alone: its masks are made ` +
        "for it. For a free order take an order-agnostic NADE or MADE.",
    );
  }
}
