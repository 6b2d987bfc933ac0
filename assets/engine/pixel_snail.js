// PixelSNAIL, as in arviz_models/pixel_snail.py: a PixelCNN, then attention to every earlier pixel.
//
//     w_ij = softmax_j(q_i . k_j / sqrt(d)),  j the empty key or an earlier pixel
//     h_i <- h_i + W sum_j w_ij v_j

import { ConfigReader } from "./card.js";
import { Weights } from "./image_decoder.js";
import { AS_IS, RELU, padded, placed } from "./kernel.js";
import { layerShapes } from "./image_model.js";
import { PixelCNN, PixelCNNDecoder, blockShapes, trunkShapes } from "./pixelcnn.js";

/** @import { Config } from "./card.js" */
/** @import { Kernel } from "./kernel.js" */
/** @import { Tensors } from "./safetensors.js" */

/** @param {Config} config */
function pixelSNAILSettings(config) {
  const reader = new ConfigReader(config);
  const settings = {
    ...reader.image(),
    features: reader.integer("features", 32, 1),
    attention: reader.integer("layers", 2, 0, 1000),
    layers: reader.integer("trunk", 3, 0, 1000), // residual blocks
    kernel: reader.odd("kernel", 3, 1),
    firstKernel: reader.odd("first_kernel", 7, 1),
    heads: reader.integer("heads", 4, 1),
    headFeatures: reader.integer("head_features", 16, 1),
    ownPixel: reader.flag("own_pixel", true),
  };
  reader.finish();
  return settings;
}

/** PixelSNAIL: a PixelCNN with causal attention. F maps inside a block, 2F between the blocks. */
export class PixelSNAIL extends PixelCNN {
  /**
   * Shape of each parameter.
   *
   * @override
   * @param {Config} config
   * @returns {Record<string, number[]>}
   */
  static parameters(config) {
    const settings = pixelSNAILSettings(config);
    const { attention, features: F, heads, headFeatures, ownPixel } = settings;
    const size = heads * headFeatures;
    const shapes = trunkShapes(settings);
    for (let l = 0; l < attention; l++) {
      const name = `attention.${l}`;
      Object.assign(shapes, {
        ...layerShapes(`${name}.query_hidden`, 2 * F, 2 * F, 1, 1),
        ...layerShapes(`${name}.query`, size, 2 * F, 1, 1),
        ...layerShapes(`${name}.key_value_hidden`, 2 * F, 2 * F + 2 + Number(ownPixel), 1, 1),
        ...layerShapes(`${name}.key_value`, 2 * size, 2 * F, 1, 1),
        ...layerShapes(`${name}.out`, 2 * F, size, 1, 1),
        [`${name}.query_place.weight`]: [2 * F, 2, 1, 1],
        [`${name}.empty`]: [2, 1, heads, 1, headFeatures],
        ...blockShapes(`${name}.after`, F, 1),
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
    const settings = pixelSNAILSettings(config);
    super(kernel, config, tensors, settings);
    const weights = new Weights(kernel, tensors, PixelSNAIL.parameters(config));
    this.attention = Array.from(
      { length: settings.attention },
      (_, l) => new CausalAttention(weights, `attention.${l}`, settings),
    );
  }

  /** @override */
  newDecoder() {
    return new PixelSNAILDecoder(this);
  }
}

/** From -1 to 1. @param {number} i @param {number} n */
const linspace = (i, n) => (2 * i) / Math.max(1, n - 1) - 1;

/** The weights of one attention block. */
class CausalAttention {
  /**
   * @param {Weights} weights
   * @param {string} name
   * @param {ReturnType<typeof pixelSNAILSettings>} settings
   */
  constructor(weights, name, settings) {
    const { kernel, tensors } = weights;
    const { width, height } = settings;
    const pointwise = (/** @type {string} */ part, stacked = 1) =>
      weights.taps(`${name}.${part}`, { stacked });
    this.kernel = kernel;
    this.settings = settings;
    this.queryHidden = pointwise("query_hidden");
    this.query = pointwise("query");
    this.keyValueHidden = pointwise("key_value_hidden");
    this.keyValue = pointwise("key_value", 2);
    this.out = pointwise("out");
    this.after = ["narrow", "conv", "widen"].map((part) => pointwise(`after.${part}`));
    this.empty = tensors[`${name}.empty`]; // key and value of all heads
    /** Row and column of each pixel, from -1 to 1. */
    this.places = Array.from({ length: settings.dimensions }, (_, i) => [
      linspace(Math.floor(i / width), height),
      linspace(i % width, width),
    ]);
    const from = pointwise("query_place");
    /** What the query's hidden layer reads of them, with its bias: (H W, 2F). */
    this.queryPlaces = this.places.map((place) => {
      const at = kernel.alloc(from.outputs);
      from.apply(at, this.queryHidden.bias, placed(kernel, place), AS_IS);
      return at;
    });
  }
}

/** The trunk at the new pixel alone; each attention block keeps the keys and values so far. */
class PixelSNAILDecoder extends PixelCNNDecoder {
  /** @param {PixelSNAIL} model */
  constructor(model) {
    super(model);
    this.attention = model.attention.map((each) => new AttentionState(each));
  }

  /** @override */
  reset() {
    super.reset();
    for (const state of this.attention) state.reset();
  }

  /** @override `layer1.weights` and so on, (heads, 1 + H W): of the empty key, then of each pixel. */
  internals() {
    this.logits(); // they may not be computed yet
    return Object.fromEntries(
      this.attention.map((state, l) => [`layer${l + 1}.weights`, state.weights()]),
    );
  }

  /** @override @param {number} column */
  features(column) {
    const h = super.features(column); // (2F), of the trunk
    for (const state of this.attention) state.apply(h);
    return h;
  }

  /** @override @param {number} column @param {number} intensity */
  set(column, intensity) {
    super.set(column, intensity);
    for (const state of this.attention) state.append(intensity);
  }
}

/** Keys and values of the pixels drawn so far, the empty key first. */
class AttentionState {
  /** @param {CausalAttention} attention */
  constructor(attention) {
    const { kernel, places, queryHidden, query, keyValueHidden, keyValue, out, after } = attention;
    const { heads, headFeatures: d } = attention.settings;
    this.attention = attention;
    this.kernel = kernel;
    this.length = 1 + places.length;
    this.columns = padded(this.length);
    this.size = padded(d);
    /** Keys of each head, [feature][key], and values, [key][feature]. */
    this.keys = kernel.alloc(heads * d * this.columns);
    this.values = kernel.alloc(heads * this.length * this.size);
    this.zeros = kernel.alloc(Math.max(this.columns, this.size));
    /** How much each head reads of each key so far, (heads, columns). */
    this.scores = kernel.alloc(heads * this.columns);
    this.q = kernel.alloc(query.outputs);
    this.joined = kernel.alloc(keyValueHidden.inputs);
    this.keyValue = kernel.alloc(keyValue.outputs);
    this.read = kernel.alloc(out.inputs + 4);
    this.hidden = kernel.alloc(queryHidden.outputs);
    this.steps = after.map((conv) => kernel.alloc(conv.outputs));
    this.kept = new Float32Array(heads * this.length); // what `weights` returns
    this.count = 0; // keys so far
  }

  /** The empty key and value alone. */
  reset() {
    this.kept.fill(0);
    this.count = 0;
    const { empty } = this.attention;
    this.keep(empty, 0, empty.length / 2);
  }

  /**
   * Appends a key and a value, of all heads together.
   *
   * @param {Float32Array} from @param {number} key Where it begins. @param {number} value
   */
  keep(from, key, value) {
    const { keys, values, columns, length, size, count } = this;
    const { heads, headFeatures: d } = this.attention.settings;
    const { f } = this.kernel;
    for (let head = 0; head < heads; head++) {
      const first = head * d;
      const at = values + (head * length + count) * size;
      for (let i = 0; i < d; i++) {
        f[keys + (first + i) * columns + count] = from[key + first + i];
        f[at + i] = from[value + first + i];
      }
    }
    this.count++;
  }

  /** The block's output in place of the current pixel's features h (2F). @param {number} h */
  apply(h) {
    const { kernel, attention, q, hidden, joined, steps } = this;
    const { queryHidden, query, queryPlaces, out, after, settings } = attention;
    kernel.f.copyWithin(joined, h, h + 2 * settings.features);
    queryHidden.apply(hidden, queryPlaces[this.count - 1], h, AS_IS);
    query.apply(q, query.bias, hidden, RELU);
    for (let head = 0; head < settings.heads; head++) this.attend(head);
    kernel.add(h, out.bias, out.outputs);
    out.apply(h, h, this.read, AS_IS);
    let z = h;
    for (let i = 0; i < after.length; z = steps[i++]) {
      after[i].apply(steps[i], after[i].bias, z, RELU);
    }
    kernel.add(h, z, out.outputs);
  }

  /** What one head reads: the values so far, weighted. @param {number} head */
  attend(head) {
    const { kernel, attention, zeros, q, keys, values, columns, count, length, size } = this;
    const { headFeatures: d } = attention.settings;
    const first = head * d;
    const scores = this.scores + head * columns;
    const end = padded(count); // the keys after them are not there yet
    const at = keys + first * columns;
    kernel.strided(scores, zeros, q + first, at, d, end, AS_IS, columns);
    for (let j = count; j < end; j++) kernel.f[scores + j] = -Infinity;
    kernel.softmax(scores, end, 1 / Math.sqrt(d));
    // The next head overwrites what is written beyond d numbers.
    const from = values + head * length * size;
    kernel.matvec(this.read + first, zeros, scores, from, count, size, AS_IS);
  }

  /** The weights of each head, (heads, 1 + H W): of the empty key, then of each pixel. */
  weights() {
    const { kernel, kept, scores, columns, count, length } = this;
    for (let head = 0; head < this.attention.settings.heads; head++) {
      const from = scores + head * columns;
      kept.set(kernel.f.subarray(from, from + count), head * length);
    }
    return kept;
  }

  /** The current pixel is drawn: keeps its key and value. @param {number} intensity */
  append(intensity) {
    const { kernel, attention, joined, hidden } = this;
    const { keyValueHidden, keyValue, places, settings } = attention;
    const { f } = kernel;
    const beside = joined + 2 * settings.features;
    [f[beside], f[beside + 1]] = places[this.count - 1];
    if (settings.ownPixel) f[beside + 2] = intensity;
    keyValueHidden.apply(hidden, keyValueHidden.bias, joined, AS_IS);
    keyValue.apply(this.keyValue, keyValue.bias, hidden, RELU);
    this.keep(f, this.keyValue, this.keyValue + keyValue.outputs / 2);
  }
}
