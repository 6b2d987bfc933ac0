// What the decoders of the image models share, as in arviz_models/image_decoder.py: pixels one by one,
// finished rows read once.
//
// A feature of a finished row never changes again, so what a convolution reads of the rows above is
// computed once a row, and a pixel costs no more than the taps on its left and its own.
//
// Features lie with the maps of a pixel side by side, each set of maps followed by zeros up to a
// multiple of 4. Images have one channel.

import { Decoder } from "./base.js";
import { AS_IS, RELU, padded, placed } from "./kernel.js";

/** @import { ImageModel } from "./image_model.js" */
/** @import { Kernel } from "./kernel.js" */
/** @import { Tensors } from "./safetensors.js" */

/**
 * How a convolution lies in memory.
 *
 * @typedef {object} Layout
 * @property {number} [stacked] The outputs are this many sets of maps: 2 of a gated unit, 4 of an LSTM.
 * @property {boolean} [image] It reads the image: one number a pixel.
 * @property {[number, number]} [rows] Rows of the kernel that are read, all otherwise.
 * @property {[number, number]} [columns] Columns that are read.
 * @property {(row: number, column: number) => boolean} [reads] Which taps are read; the others are 0.
 */

/** The taps of a convolution, [row][column][in][out], and its bias. */
export class Taps {
  /**
   * @param {Kernel} kernel
   * @param {Float32Array} weight
   * @param {Float32Array | undefined} bias
   * @param {number[]} shape (out, in, k_h, k_w) of the weight.
   * @param {Layout} [layout]
   */
  constructor(kernel, weight, bias, shape, layout = {}) {
    const [outputs, inputs, height, width] = shape;
    const { stacked = 1, image = false, rows = [0, height], columns = [0, width] } = layout;
    const { reads = () => true } = layout;
    const set = outputs / stacked;
    this.kernel = kernel;
    /** Numbers of a pixel that is read, and of one that is made. */
    this.inputs = image ? 1 : padded(inputs);
    this.outputs = stacked * padded(set);
    this.rows = rows[1] - rows[0];
    this.columns = columns[1] - columns[0];
    const place = (/** @type {number} */ o) => Math.floor(o / set) * padded(set) + (o % set);
    const taps = new Float32Array(this.rows * this.columns * this.inputs * this.outputs);
    for (let y = 0; y < this.rows; y++) {
      for (let x = 0; x < this.columns; x++) {
        if (!reads(rows[0] + y, columns[0] + x)) continue;
        const from = (rows[0] + y) * width + columns[0] + x;
        const to = (y * this.columns + x) * this.inputs;
        for (let o = 0; o < outputs; o++) {
          for (let i = 0; i < inputs; i++) {
            taps[(to + i) * this.outputs + place(o)] =
              weight[(o * inputs + i) * height * width + from];
          }
        }
      }
    }
    this.taps = placed(kernel, taps);
    const biases = new Float32Array(this.outputs);
    bias?.forEach((value, o) => (biases[place(o)] = value));
    this.bias = placed(kernel, biases);
  }

  /**
   * y = b + one row of taps times the pixels that begin at x.
   *
   * @param {number} y @param {number} b @param {number} x
   * @param {number} floor RELU or AS_IS.
   * @param {number} [row] Of the kernel.
   */
  apply(y, b, x, floor, row = 0) {
    const length = this.columns * this.inputs;
    const taps = this.taps + row * length * this.outputs;
    this.kernel.matvec(y, b, x, taps, length, this.outputs, floor);
  }
}

/**
 * Applies 1x1 taps to n pixels, one after the other: y = b + taps times x.
 *
 * @param {Taps} taps
 * @param {number} y (n, out)
 * @param {number} b (n, out), or one bias (out) for all.
 * @param {number} x (n, in)
 * @param {number} n
 */
export function applyToRow(taps, y, b, x, n) {
  const { kernel, inputs, outputs } = taps;
  const stride = b === taps.bias ? 0 : outputs;
  kernel.matmul(y, b, x, taps.taps, inputs, outputs, n, inputs, outputs, stride);
}

/** The weights of a model, by the names of its layers. */
export class Weights {
  /**
   * @param {Kernel} kernel
   * @param {Tensors} tensors
   * @param {Record<string, number[]>} shapes
   */
  constructor(kernel, tensors, shapes) {
    this.kernel = kernel;
    this.tensors = tensors;
    this.shapes = shapes;
  }

  /**
   * The taps of a layer.
   *
   * @param {string} name
   * @param {Layout} [layout]
   * @param {string} [other] The layer whose bias it has, in place of its own.
   */
  taps(name, layout, other = name) {
    const [weight, bias] = [`${name}.weight`, `${other}.bias`];
    const { kernel, tensors, shapes } = this;
    return new Taps(kernel, tensors[weight], tensors[bias], shapes[weight], layout);
  }
}

/** A convolution that reads no later pixel: the taps above its row, and those of its row. */
export class MaskedConv2d {
  /**
   * @param {Weights} weights
   * @param {string} name Of the layer.
   * @param {"A" | "B"} maskType "A": not the pixel itself.
   * @param {Omit<Layout, "rows" | "columns" | "reads">} [layout]
   */
  constructor(weights, name, maskType, layout) {
    const [, , height, width] = weights.shapes[`${name}.weight`];
    const centre = height >> 1;
    /** Columns of its own row on the left, and the pixel itself. */
    this.left = width >> 1;
    this.here = weights.taps(name, {
      ...layout,
      rows: [centre, centre + 1],
      columns: [0, this.left + (maskType === "B" ? 1 : 0)],
    });
    this.above = centre > 0 ? weights.taps(name, { ...layout, rows: [0, centre] }) : null;
  }
}

/** A convolution of one row of outputs at a time, from the last rows of its input. */
export class RowConv {
  /**
   * @param {Taps} taps Over the last rows.
   * @param {number} width W, pixels in a row.
   * @param {number} [floor] RELU to read max(input, 0).
   */
  constructor(taps, width, floor = AS_IS) {
    this.taps = taps;
    this.width = width;
    this.floor = floor;
    this.side = taps.columns >> 1;
    this.size = (width + 2 * this.side) * taps.inputs;
    this.rows = Array.from({ length: taps.rows }, () => taps.kernel.alloc(this.size));
    /** The row of outputs, (W, out). */
    this.out = taps.kernel.alloc(width * taps.outputs);
  }

  /** Nothing was taken in: all rows are 0. */
  reset() {
    for (const row of this.rows) this.taps.kernel.f.fill(0, row, row + this.size);
  }

  /**
   * Takes in the next row (W, in); the row of outputs that ends with it, at `out`.
   *
   * @param {number} row
   */
  next(row) {
    const { taps, width } = this;
    const oldest = /** @type {number} */ (this.rows.shift());
    const begin = oldest + this.side * taps.inputs;
    taps.kernel.f.copyWithin(begin, row, row + width * taps.inputs);
    this.rows.push(oldest);
    this.rows.forEach((source, r) => this.addRow(source, r));
    return this.out;
  }

  /**
   * Adds what one row of the kernel reads; the first begins with the bias.
   *
   * @param {number} source Where that row of the input begins.
   * @param {number} r Row of the kernel.
   */
  addRow(source, r) {
    const { kernel, taps, bias, inputs, outputs, columns } = this.taps;
    const { out, width, floor } = this;
    if (floor === AS_IS) {
      const [b, stride] = r === 0 ? [bias, 0] : [out, outputs];
      const length = columns * inputs;
      const begin = taps + r * length * outputs;
      kernel.matmul(out, b, source, begin, length, outputs, width, inputs, outputs, stride);
      return;
    }
    for (let column = 0; column < width; column++) {
      const y = out + column * outputs;
      this.taps.apply(y, r === 0 ? bias : y, source + column * inputs, floor, r);
    }
  }
}

/** A masked convolution one pixel at a time; the rows above are read once a row. */
export class PixelwiseConv {
  /**
   * @param {MaskedConv2d} conv
   * @param {number} width W, pixels in a row.
   * @param {number} [floor] RELU to read max(input, 0).
   */
  constructor(conv, width, floor = AS_IS) {
    this.here = conv.here;
    this.kernel = conv.here.kernel;
    this.floor = floor;
    this.width = width;
    const { inputs, outputs } = conv.here;
    this.size = (conv.left + width) * inputs;
    this.row = this.kernel.alloc(this.size);
    this.first = this.row + conv.left * inputs; // of the row's first pixel
    this.above = conv.above === null ? null : new RowConv(conv.above, width, floor);
    /** What is read of the rows above, with the bias: (W, out). */
    this.fromAbove = this.above?.out ?? this.kernel.alloc(width * outputs);
  }

  /** Nothing is set: the first row. */
  reset() {
    this.kernel.f.fill(0, this.row, this.row + this.size);
    this.above?.reset();
    for (let column = 0; column < this.width; column++) this.setFromAbove(column, this.here.bias);
  }

  /**
   * @param {number} column
   * @param {number} values Replaces what is read of the rows above at this pixel.
   */
  setFromAbove(column, values) {
    const { outputs } = this.here;
    this.kernel.f.copyWithin(this.fromAbove + column * outputs, values, values + outputs);
  }

  /**
   * Where the input features of a pixel of the current row lie, to be set before they are read.
   *
   * @param {number} column
   */
  place(column) {
    return this.first + column * this.here.inputs;
  }

  /**
   * Writes the output (out) at a pixel of the current row to y, from what was set so far.
   *
   * @param {number} column
   * @param {number} y
   */
  read(column, y) {
    const { inputs, outputs } = this.here;
    this.here.apply(y, this.fromAbove + column * outputs, this.row + column * inputs, this.floor);
  }

  /** The current row is finished; reads the rows above the next one. */
  nextRow() {
    this.above?.next(this.first);
  }
}

/** Base of the image models' decoders: a subclass computes the features of one pixel. */
export class ImageDecoder extends Decoder {
  /** @param {ImageModel} model */
  constructor(model) {
    super(model);
    this.width = model.width;
    this.head = model.head;
    this.headHidden = this.kernel.alloc(model.head.hidden.outputs);
    this.headLogits = this.kernel.alloc(model.head.logits.outputs);
    /** What `internals` returns. */
    this.kept = {
      features: new Float32Array(model.head.inputs),
      head: new Float32Array(model.head.units),
    };
    this.known = false; // whether the current pixel's features are computed
    this.read = 0; // where the head read last
  }

  /** @override */
  reset() {
    super.reset();
    this.known = false;
  }

  /**
   * Where the features lie that the head reads at this pixel of the current row, once they are computed.
   *
   * @param {number} column
   * @returns {number}
   */
  features(column) {
    throw new Error(`a subclass computes the features of ${column}`);
  }

  /**
   * Takes in the intensity of the pixel in this column.
   *
   * @param {number} column
   * @param {number} intensity
   */
  set(column, intensity) {
    throw new Error(`a subclass takes in ${intensity} at ${column}`);
  }

  /** All pixels of the current row are drawn. */
  nextRow() {}

  /**
   * features: max(h, 0), which the head reads. head: what its last layer reads.
   *
   * @override
   * @returns {Record<string, Float32Array>}
   */
  internals() {
    this.logits(); // they may not be computed yet
    const { f } = this.kernel;
    const { features, head } = this.kept;
    for (let i = 0; i < features.length; i++) features[i] = Math.max(0, f[this.read + i]);
    for (let i = 0; i < head.length; i++) head[i] = Math.max(0, f[this.headHidden + i]);
    return this.kept;
  }

  /** @override */
  logits() {
    if (!this.known) {
      const h = this.features(this.index % this.width);
      this.read = h;
      const { hidden, logits } = this.head;
      hidden.apply(this.headHidden, hidden.bias, h, RELU);
      logits.apply(this.headLogits, logits.bias, this.headHidden, RELU);
      const width = this.levels === 2 ? 1 : this.levels; // with two levels, the logit of 0 is 0
      for (let k = 0; k < width; k++) {
        this.z[this.levels - width + k] = this.kernel.f[this.headLogits + k];
      }
      this.known = true;
    }
    return this.z;
  }

  /** @override @param {number} index @param {number} value */
  update(index, value) {
    const column = index % this.width;
    if (!this.known) this.features(column); // nobody asked for the logits; later pixels read these
    this.set(column, value / (this.levels - 1));
    this.known = false;
    if (column === this.width - 1) this.nextRow();
  }
}
