// Row LSTM, as in arviz_models/row_lstm.py: an LSTM that runs down the image, all pixels of a row at
// once.
//
//     [o, f, i, g] = [sigmoid, sigmoid, sigmoid, tanh](K_ss * h_{i-1} + K_is * x_i)
//     c_i = f o c_{i-1} + i o g,   h_i = o o tanh(c_i)

import { ConfigReader } from "./card.js";
import { ImageDecoder, MaskedConv2d, PixelwiseConv, RowConv, Weights } from "./image_decoder.js";
import { ImageModel, layerShapes, outputShapes } from "./image_model.js";
import { AS_IS } from "./kernel.js";
import { cell, namedInternals } from "./lstm.js";

/** @import { Config } from "./card.js" */
/** @import { Kernel } from "./kernel.js" */
/** @import { Tensors } from "./safetensors.js" */

/** @param {Config} config */
function rowLSTMSettings(config) {
  const reader = new ConfigReader(config);
  const isBare = reader.any("first_kernel", 7) === null;
  const settings = {
    ...reader.image(),
    features: reader.integer("features", 16, 1),
    layers: reader.integer("layers", 1, 1, 1000),
    kernel: reader.odd("kernel", 3, 3),
    firstKernel: isBare ? null : reader.odd("first_kernel", 7, 1),
  };
  reader.finish();
  return settings;
}

/** Row LSTM of F maps. In the bare form, without a first convolution, it reads the image itself. */
export class RowLSTM extends ImageModel {
  /**
   * Shape of each parameter.
   *
   * @param {Config} config
   * @returns {Record<string, number[]>}
   */
  static parameters(config) {
    const { features: F, layers, kernel, firstKernel, levels } = rowLSTMSettings(config);
    const shapes = outputShapes(2 * F, 2 * F, levels);
    if (firstKernel !== null) {
      Object.assign(shapes, layerShapes("first", 2 * F, 1, firstKernel, firstKernel));
    }
    for (let l = 0; l < layers; l++) {
      const inputs = l === 0 && firstKernel === null ? 1 : 2 * F;
      Object.assign(shapes, {
        ...layerShapes(`lstms.${l}.input_to_state`, 4 * F, inputs, 1, kernel),
        [`lstms.${l}.state_to_state.weight`]: [4 * F, F, 1, kernel],
        ...layerShapes(`lstms.${l}.out`, 2 * F, F, 1, 1),
      });
    }
    return shapes;
  }

  /**
   * @param {Kernel} kernel
   * @param {Config} config
   * @param {Tensors} tensors
   */
  constructor(kernel, config, tensors) {
    const settings = rowLSTMSettings(config);
    const weights = new Weights(kernel, tensors, RowLSTM.parameters(config));
    super(weights, settings);
    this.features = settings.features;
    this.first =
      settings.firstKernel === null
        ? null
        : new MaskedConv2d(weights, "first", "A", { image: true });
    this.lstms = Array.from(
      { length: settings.layers },
      (_, l) => new RowLSTMLayer(weights, `lstms.${l}`, l === 0 && this.first === null),
    );
  }

  /** @override */
  newDecoder() {
    return new RowLSTMDecoder(this);
  }
}

/** The LSTM, a 1x1 convolution to 2F maps and, but for mask A, a residual connection. */
class RowLSTMLayer {
  /**
   * @param {Weights} weights
   * @param {string} name
   * @param {boolean} image Whether it reads the image.
   */
  constructor(weights, name, image) {
    const [input, stacked] = [`${name}.input_to_state`, 4];
    this.residual = !image;
    this.inputToState = new MaskedConv2d(weights, input, image ? "A" : "B", { stacked, image });
    this.stateToState = weights.taps(`${name}.state_to_state`, { stacked }, input);
    this.out = weights.taps(`${name}.out`);
  }
}

/** Each layer at the new pixel alone; what it takes from the row above, once a row. */
class RowLSTMDecoder extends ImageDecoder {
  /** @param {RowLSTM} model */
  constructor(model) {
    super(model);
    this.model = model;
    this.first = model.first === null ? null : new PixelwiseConv(model.first, model.width);
    this.lstms = model.lstms.map((layer) => new RowLSTMState(layer, model.width));
    this.h = this.kernel.alloc(model.lstms[0].out.outputs); // (2F)
  }

  /** @override */
  reset() {
    super.reset();
    this.first?.reset();
    for (const lstm of this.lstms) lstm.reset();
  }

  /** `layer1.o` and so on: o, f, i, g, c and h of each layer, each (F). @override */
  internals() {
    this.logits(); // they may not be computed yet
    const column = this.index % this.width;
    return Object.fromEntries(
      this.lstms.flatMap((lstm, l) =>
        namedInternals(this.kernel, `layer${l + 1}.`, lstm.places(column), this.model.features),
      ),
    );
  }

  /** @override @param {number} column */
  features(column) {
    this.first?.read(column, this.h);
    for (const lstm of this.lstms) lstm.apply(column, this.h);
    return this.h;
  }

  /** @override @param {number} column @param {number} intensity */
  set(column, intensity) {
    const reader = this.first ?? this.lstms[0].inputToState;
    this.kernel.f[reader.place(column)] = intensity;
  }

  /** @override */
  nextRow() {
    this.first?.nextRow();
    for (const lstm of this.lstms) lstm.nextRow();
  }
}

/** State of one layer: the cells of the row above, cells and hidden states of the current row. */
class RowLSTMState {
  /**
   * @param {RowLSTMLayer} layer
   * @param {number} width W, pixels in a row.
   */
  constructor(layer, width) {
    const { kernel } = layer.out;
    this.kernel = kernel;
    this.residual = layer.residual;
    this.out = layer.out;
    this.size = layer.out.inputs; // F, padded
    this.length = width * this.size;
    this.inputToState = new PixelwiseConv(layer.inputToState, width);
    this.stateToState = new RowConv(layer.stateToState, width);
    this.inputToState.fromAbove = this.stateToState.out; // with the bias
    this.z = kernel.alloc(layer.stateToState.outputs); // (4F): the gates
    this.cAbove = kernel.alloc(this.length); // cells of the row above, (W, F)
    this.c = kernel.alloc(this.length);
    this.h = kernel.alloc(this.length);
  }

  reset() {
    this.inputToState.reset();
    this.stateToState.reset();
    this.kernel.f.fill(0, this.cAbove, this.cAbove + this.length);
  }

  /**
   * Where gates, cell and hidden state of a pixel of the current row lie.
   *
   * @param {number} column
   */
  places(column) {
    return { z: this.z, c: this.c + column * this.size, h: this.h + column * this.size };
  }

  /**
   * Replaces the features (2F) at a pixel, which the layer reads, by those that it makes of them. In
   * the bare form the first layer reads the image in their place.
   *
   * @param {number} column
   * @param {number} features
   */
  apply(column, features) {
    const { kernel, inputToState, out, residual } = this;
    const { z, c, h } = this.places(column);
    if (residual) {
      kernel.f.copyWithin(inputToState.place(column), features, features + out.outputs);
    }
    inputToState.read(column, z);
    cell(kernel, z, this.cAbove + column * this.size, c, h, this.size);
    if (residual) kernel.add(features, out.bias, out.outputs);
    out.apply(features, residual ? features : out.bias, h, AS_IS);
  }

  /** The current row is finished: its state is that of the row above, and is read. */
  nextRow() {
    [this.cAbove, this.c] = [this.c, this.cAbove]; // every column is written anew
    this.stateToState.next(this.h);
  }
}
