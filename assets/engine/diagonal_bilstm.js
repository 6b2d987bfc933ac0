// Diagonal BiLSTM, as in arviz_models/diagonal_bilstm.py: two LSTMs that cross an image along its
// diagonals, from both upper corners. A state reads that of the pixel beside it and of the one above.
//
// The direct direction, from the left, is computed at the new pixel alone; the mirrored one once a
// row, when the row is full, and used one row further down.

import { ConfigReader } from "./card.js";
import { DiagonalBiLSTMState } from "./diagonal_bilstm_state.js";
import { EngineError } from "./errors.js";
import {
  ImageDecoder,
  MaskedConv2d,
  PixelwiseConv,
  RowConv,
  Taps,
  Weights,
} from "./image_decoder.js";
import { ImageModel, layerShapes, outputShapes } from "./image_model.js";
import { namedInternals } from "./lstm.js";

/** @import { Config } from "./card.js" */
/** @import { Kernel } from "./kernel.js" */
/** @import { Tensors } from "./safetensors.js" */

/** @param {Config} config */
function diagonalSettings(config) {
  const reader = new ConfigReader(config);
  const settings = {
    ...reader.image(),
    features: reader.integer("features", 16, 1),
    layers: reader.integer("layers", 1, 1, 1000),
    firstKernel: reader.odd("first_kernel", 7, 3),
    fullContext: reader.flag("full_context", false),
  };
  if (!reader.flag("shift", true)) {
    throw new EngineError(
      "A Diagonal BiLSTM without the shift cannot be sampled: it reads pixels that are not drawn yet.",
    );
  }
  reader.finish();
  return settings;
}

/** Diagonal BiLSTM of F maps, with and without full context. */
export class DiagonalBiLSTM extends ImageModel {
  /**
   * Shape of each parameter.
   *
   * @param {Config} config
   * @returns {Record<string, number[]>}
   */
  static parameters(config) {
    const { features: F, layers, firstKernel, fullContext, levels } = diagonalSettings(config);
    const shapes = outputShapes(2 * F, 2 * F, levels);
    for (const first of fullContext ? ["first", "first_mirrored"] : ["first"]) {
      Object.assign(shapes, layerShapes(first, 2 * F, 1, firstKernel, firstKernel));
    }
    for (let l = 0; l < layers; l++) {
      Object.assign(shapes, {
        ...layerShapes(`lstms.${l}.input_to_state.0`, 4 * F, 2 * F, 1, 1),
        ...layerShapes(`lstms.${l}.input_to_state.1`, 4 * F, 2 * F, 1, 1),
        [`lstms.${l}.state_to_state`]: [2, 2, F, 4 * F],
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
    const settings = diagonalSettings(config);
    const weights = new Weights(kernel, tensors, DiagonalBiLSTM.parameters(config));
    super(weights, settings);
    this.features = settings.features;
    const centre = settings.firstKernel >> 1;
    this.first = new MaskedConv2d(weights, "first", "A", { image: true });
    /** With full context: what the mirrored direction of the first layer reads, of mask B. */
    this.firstMirrored = settings.fullContext
      ? weights.taps("first_mirrored", {
          image: true,
          rows: [0, centre + 1],
          reads: (row, column) => row < centre || column <= centre,
        })
      : null;
    this.lstms = Array.from(
      { length: settings.layers },
      (_, l) => new DiagonalBiLSTMLayer(weights, `lstms.${l}`, settings.features),
    );
  }

  /** @override */
  newDecoder() {
    return new DiagonalBiLSTMDecoder(this);
  }
}

/** The weights of one direction. @typedef {{ input: Taps, above: Taps, beside: Taps }} Direction */

/** Both directions, a 1x1 convolution from their sum to 2F maps, and a residual connection. */
export class DiagonalBiLSTMLayer {
  /**
   * @param {Weights} weights
   * @param {string} name
   * @param {number} F
   */
  constructor(weights, name, F) {
    const { kernel, tensors } = weights;
    const direction = (/** @type {0 | 1} */ d) => {
      const size = 4 * F * F;
      const state = (/** @type {0 | 1} */ pixel) =>
        stateTaps(kernel, tensors[`${name}.state_to_state`].subarray((2 * d + pixel) * size), F);
      return {
        input: weights.taps(`${name}.input_to_state.${d}`, { stacked: 4 }),
        above: state(0),
        beside: state(1),
      };
    };
    this.direct = direction(0);
    this.mirrored = direction(1);
    this.out = weights.taps(`${name}.out`);
  }
}

/**
 * What the gates take from the state of another pixel.
 *
 * @param {Kernel} kernel
 * @param {Float32Array} weight [feature read][feature of a gate], F x 4F.
 * @param {number} F
 */
function stateTaps(kernel, weight, F) {
  const turned = new Float32Array(4 * F * F);
  for (let i = 0; i < F; i++) {
    for (let o = 0; o < 4 * F; o++) turned[o * F + i] = weight[i * 4 * F + o];
  }
  return new Taps(kernel, turned, undefined, [4 * F, F, 1, 1], { stacked: 4 });
}

/** The direct direction at the new pixel alone; the mirrored one once a row, when it is full. */
class DiagonalBiLSTMDecoder extends ImageDecoder {
  /** @param {DiagonalBiLSTM} model */
  constructor(model) {
    super(model);
    const { kernel, width } = this;
    this.model = model;
    this.first = new PixelwiseConv(model.first, width);
    this.firstMirrored =
      model.firstMirrored === null ? null : new RowConv(model.firstMirrored, width);
    this.lstms = model.lstms.map((layer) => new DiagonalBiLSTMState(layer, width));
    this.h = kernel.alloc(model.first.here.outputs); // (2F)
    this.image = kernel.alloc(width); // the current row
  }

  /** @override */
  reset() {
    super.reset();
    this.first.reset();
    this.firstMirrored?.reset();
    for (const lstm of this.lstms) lstm.reset();
  }

  /**
   * Gates, cell and hidden state of each layer and direction, each (F).
   *
   * `layer1.direct.o` and so on: o, f, i, g, c and h at the pixel. `layer1.mirrored.o`: what reaches it
   * from the other direction, found at the pixel above; 0 in the first row.
   *
   * @override
   */
  internals() {
    this.logits(); // they may not be computed yet
    const column = this.index % this.width;
    const { features: F } = this.model;
    return Object.fromEntries(
      this.lstms.flatMap((lstm, l) => [
        ...namedInternals(this.kernel, `layer${l + 1}.direct.`, lstm.places(column), F),
        ...namedInternals(this.kernel, `layer${l + 1}.mirrored.`, lstm.mirroredPlaces(column), F),
      ]),
    );
  }

  /** @override @param {number} column */
  features(column) {
    this.first.read(column, this.h);
    for (const lstm of this.lstms) lstm.apply(column, this.h);
    return this.h;
  }

  /** @override @param {number} column @param {number} intensity */
  set(column, intensity) {
    const { f } = this.kernel;
    f[this.first.place(column)] = f[this.image + column] = intensity;
  }

  /** @override */
  nextRow() {
    this.first.nextRow();
    if (this.firstMirrored !== null) this.lstms[0].setRow(this.firstMirrored.next(this.image));
    for (const lstm of this.lstms) lstm.nextRow();
  }
}
