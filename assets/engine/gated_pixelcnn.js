// Gated PixelCNN, as in arviz_models/pixelcnn.py: a vertical stack, which reads the rows above, and a
// horizontal one, which reads its own row on the left and the vertical stack:
//
//     h' = tanh(W_f * h + V_f v) o sigmoid(W_g * h + V_g v)

import {
  ImageDecoder,
  MaskedConv2d,
  PixelwiseConv,
  RowConv,
  Taps,
  Weights,
  applyToRow,
} from "./image_decoder.js";
import { ImageModel, layerShapes, outputShapes } from "./image_model.js";
import { AS_IS, sigmoid, tanh } from "./kernel.js";
import { pixelCNNSettings } from "./pixelcnn.js";

/** @import { Config } from "./card.js" */
/** @import { Kernel } from "./kernel.js" */
/** @import { Tensors } from "./safetensors.js" */

/** Names of the gated layers, the first one first. @param {number} layers */
const layerNames = (layers) => [
  "first",
  ...Array.from({ length: layers }, (_, block) => `blocks.${block}`),
];

/** One layer of both stacks. */
class GatedLayer {
  /**
   * Shape of each parameter.
   *
   * @param {string} name @param {number} inputs @param {number} F @param {number} kernel
   * @returns {Record<string, number[]>}
   */
  static parameters(name, inputs, F, kernel) {
    return {
      ...layerShapes(`${name}.row`, 2 * F, inputs, 1, kernel),
      ...layerShapes(`${name}.rows_above`, 2 * F, inputs, (kernel >> 1) + 1, kernel),
      [`${name}.link.weight`]: [2 * F, 2 * F, 1, 1],
      ...layerShapes(`${name}.out`, F, F, 1, 1),
    };
  }

  /**
   * @param {Weights} weights
   * @param {string} name
   */
  constructor(weights, name) {
    const image = name === "first";
    const gates = { stacked: 2, image };
    this.row = new MaskedConv2d(weights, `${name}.row`, image ? "A" : "B", gates);
    this.rowsAbove = weights.taps(`${name}.rows_above`, gates);
    this.link = linkTaps(weights, name);
    this.out = weights.taps(`${name}.out`);
  }
}

/**
 * The 1x1 convolution from the vertical stack to the horizontal one. It reads two sets of F maps, each
 * padded; its bias is that of the layer's convolution along the row, to which it is added.
 *
 * @param {Weights} weights @param {string} name Of the layer.
 */
function linkTaps({ kernel, tensors, shapes }, name) {
  const [F] = shapes[`${name}.out.weight`];
  const weight = tensors[`${name}.link.weight`];
  const width = (F + 3) & ~3;
  const spread = new Float32Array(2 * F * 2 * width);
  for (let o = 0; o < 2 * F; o++) {
    for (let set = 0; set < 2; set++) {
      const from = o * 2 * F + set * F;
      spread.set(weight.subarray(from, from + F), (o * 2 + set) * width);
    }
  }
  const shape = [2 * F, 2 * width, 1, 1];
  return new Taps(kernel, spread, tensors[`${name}.row.bias`], shape, { stacked: 2 });
}

/** Gated PixelCNN: a vertical and a horizontal stack of gated convolutions of F maps. */
export class GatedPixelCNN extends ImageModel {
  /**
   * Shape of each parameter.
   *
   * @param {Config} config
   * @returns {Record<string, number[]>}
   */
  static parameters(config) {
    const { features: F, layers, kernel, firstKernel, levels } = pixelCNNSettings(config);
    return Object.assign(
      outputShapes(F, 2 * F, levels),
      ...layerNames(layers).map((name, l) =>
        GatedLayer.parameters(name, l === 0 ? 1 : F, F, l === 0 ? firstKernel : kernel),
      ),
    );
  }

  /**
   * @param {Kernel} kernel
   * @param {Config} config
   * @param {Tensors} tensors
   */
  constructor(kernel, config, tensors) {
    const settings = pixelCNNSettings(config);
    const weights = new Weights(kernel, tensors, GatedPixelCNN.parameters(config));
    super(weights, settings);
    this.layers = layerNames(settings.layers).map((name) => new GatedLayer(weights, name));
  }

  /** @override */
  newDecoder() {
    return new GatedPixelCNNDecoder(this);
  }
}

/** The vertical stack, which reads finished rows alone, row by row; the other by pixel. */
class GatedPixelCNNDecoder extends ImageDecoder {
  /** @param {GatedPixelCNN} model */
  constructor(model) {
    super(model);
    const { kernel, width } = this;
    this.layers = model.layers.map((layer) => ({
      vertical: new RowConv(layer.rowsAbove, width),
      link: layer.link,
      row: new PixelwiseConv(layer.row, width),
      out: layer.out,
    }));
    const [{ row, out }] = this.layers;
    this.a = kernel.alloc(row.here.outputs); // (2F)
    this.gated = kernel.alloc(out.inputs); // (F)
    this.h = kernel.alloc(out.outputs); // (F)
    this.v = kernel.alloc(width * out.inputs); // (W, F)
    this.image = kernel.alloc(width); // the row above, then the current row
  }

  /** @override */
  reset() {
    super.reset();
    for (const { vertical, row } of this.layers) {
      vertical.reset();
      row.reset();
    }
    this.kernel.f.fill(0, this.image, this.image + this.width);
    this.readRowsAbove();
  }

  /** The vertical stack at the next row, and what the horizontal one takes from it. */
  readRowsAbove() {
    let v = this.image;
    for (const { vertical, link, row, out } of this.layers) {
      const above = vertical.next(v); // (W, 2F)
      applyToRow(link, row.fromAbove, link.bias, above, this.width);
      for (let column = 0; column < this.width; column++) {
        const a = above + column * link.outputs;
        this.gate(this.v + column * out.inputs, a);
      }
      v = this.v;
    }
  }

  /**
   * y = tanh of the first set of maps at a, times the sigmoid of the second.
   *
   * @param {number} y
   * @param {number} a
   */
  gate(y, a) {
    const { kernel, gated } = this;
    const width = this.layers[0].out.inputs;
    tanh(kernel, y, a, width);
    sigmoid(kernel, gated, a + width, width);
    kernel.mul(y, gated, width);
  }

  /** @override @param {number} column */
  features(column) {
    const { kernel, a, h } = this;
    let isFirst = true;
    for (const { row, out } of this.layers) {
      if (!isFirst) kernel.f.copyWithin(row.place(column), h, h + out.outputs);
      row.read(column, a);
      this.gate(a, a);
      if (!isFirst) kernel.add(h, out.bias, out.outputs);
      out.apply(h, isFirst ? out.bias : h, a, AS_IS);
      isFirst = false;
    }
    return h;
  }

  /** @override @param {number} column @param {number} intensity */
  set(column, intensity) {
    const { f } = this.kernel;
    f[this.layers[0].row.place(column)] = f[this.image + column] = intensity;
  }

  /** @override */
  nextRow() {
    this.readRowsAbove();
  }
}
