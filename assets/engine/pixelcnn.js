// PixelCNN, as in arviz_models/pixelcnn.py: a convolution of mask A, then residual blocks, each
//
//     h <- h + W_3 ReLU(W_2 *_B ReLU(W_1 ReLU(h)))

import { ConfigReader } from "./card.js";
import { ImageDecoder, MaskedConv2d, PixelwiseConv, Weights } from "./image_decoder.js";
import { ImageModel, layerShapes, outputShapes } from "./image_model.js";
import { RELU } from "./kernel.js";

/** @import { Config } from "./card.js" */
/** @import { Kernel } from "./kernel.js" */
/** @import { Tensors } from "./safetensors.js" */

/** The settings of a PixelCNN, gated or not. @param {Config} config */
export function pixelCNNSettings(config) {
  const reader = new ConfigReader(config);
  const settings = {
    ...reader.image(),
    features: reader.integer("features", 32, 1),
    layers: reader.integer("layers", 7, 0, 1000),
    kernel: reader.odd("kernel", 3, 1),
    firstKernel: reader.odd("first_kernel", 7, 1),
  };
  reader.finish();
  return settings;
}

/**
 * Shapes of a residual block.
 *
 * @param {string} name @param {number} F @param {number} kernel Side of its convolution.
 * @returns {Record<string, number[]>}
 */
export const blockShapes = (name, F, kernel) => ({
  ...layerShapes(`${name}.narrow`, F, 2 * F, 1, 1),
  ...layerShapes(`${name}.conv`, F, F, kernel, kernel),
  ...layerShapes(`${name}.widen`, 2 * F, F, 1, 1),
});

/**
 * Shapes of the convolutions and of the head.
 *
 * @param {ReturnType<typeof pixelCNNSettings>} settings
 * @returns {Record<string, number[]>}
 */
export function trunkShapes({ features: F, layers, kernel, firstKernel, levels }) {
  const shapes = {
    ...layerShapes("first", 2 * F, 1, firstKernel, firstKernel),
    ...outputShapes(2 * F, 2 * F, levels),
  };
  for (let block = 0; block < layers; block++) {
    Object.assign(shapes, blockShapes(`blocks.${block}`, F, kernel));
  }
  return shapes;
}

/** PixelCNN. F maps inside a residual block, 2F between the blocks. */
export class PixelCNN extends ImageModel {
  /**
   * Shape of each parameter.
   *
   * @param {Config} config
   * @returns {Record<string, number[]>}
   */
  static parameters(config) {
    return trunkShapes(pixelCNNSettings(config));
  }

  /**
   * @param {Kernel} kernel
   * @param {Config} config
   * @param {Tensors} tensors
   * @param {ReturnType<typeof pixelCNNSettings>} [settings] As a subclass has read them.
   */
  constructor(kernel, config, tensors, settings = pixelCNNSettings(config)) {
    const weights = new Weights(kernel, tensors, trunkShapes(settings));
    super(weights, settings);
    this.first = new MaskedConv2d(weights, "first", "A", { image: true });
    this.blocks = Array.from({ length: settings.layers }, (_, block) => ({
      narrow: weights.taps(`blocks.${block}.narrow`),
      conv: new MaskedConv2d(weights, `blocks.${block}.conv`, "B"),
      widen: weights.taps(`blocks.${block}.widen`),
    }));
  }

  /** @override */
  newDecoder() {
    return new PixelCNNDecoder(this);
  }
}

/** Each layer at the new pixel alone. */
export class PixelCNNDecoder extends ImageDecoder {
  /** @param {PixelCNN} model */
  constructor(model) {
    super(model);
    this.first = new PixelwiseConv(model.first, model.width);
    // A block's features are kept as they are; ReLU is taken of them whenever they are read.
    this.blocks = model.blocks.map(({ narrow, conv, widen }) => ({
      narrow,
      conv: new PixelwiseConv(conv, model.width, RELU),
      widen,
      z: this.kernel.alloc(conv.here.outputs),
    }));
    this.h = this.kernel.alloc(model.first.here.outputs); // (2F)
  }

  /** @override */
  reset() {
    super.reset();
    this.first.reset();
    for (const { conv } of this.blocks) conv.reset();
  }

  /** @override @param {number} column */
  features(column) {
    const { kernel, h } = this;
    this.first.read(column, h);
    for (const { narrow, conv, widen, z } of this.blocks) {
      narrow.apply(conv.place(column), narrow.bias, h, RELU);
      conv.read(column, z);
      kernel.add(h, widen.bias, widen.outputs);
      widen.apply(h, h, z, RELU);
    }
    return h;
  }

  /** @override @param {number} column @param {number} intensity */
  set(column, intensity) {
    this.kernel.f[this.first.place(column)] = intensity;
  }

  /** @override */
  nextRow() {
    this.first.nextRow();
    for (const { conv } of this.blocks) conv.nextRow();
  }
}
