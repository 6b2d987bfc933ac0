// State of one Diagonal BiLSTM: the current row from the left, and the row above it from the right.
// See `DiagonalBiLSTMState` in arviz_models/diagonal_bilstm.py.

import { applyToRow } from "./image_decoder.js";
import { AS_IS } from "./kernel.js";
import { cell } from "./lstm.js";

/** @import { DiagonalBiLSTMLayer } from "./diagonal_bilstm.js" */

export class DiagonalBiLSTMState {
  /**
   * @param {DiagonalBiLSTMLayer} layer
   * @param {number} width W, pixels in a row.
   */
  constructor(layer, width) {
    const { kernel, inputs: size, outputs } = layer.out;
    this.kernel = kernel;
    this.layer = layer;
    this.width = width;
    this.size = size; // F, padded
    this.outputs = outputs; // 2F, padded
    this.row = kernel.alloc(width * outputs); // (W, 2F) what the layer reads in the current row
    this.z = kernel.alloc(4 * size); // gates of the direct direction
    // One column more, before the first: no pixel is there, and its state stays 0.
    this.c = kernel.alloc((width + 1) * size);
    this.h = kernel.alloc((width + 1) * size);
    this.zMirrored = kernel.alloc(width * 4 * size); // gates of the row above, from the right
    this.cMirrored = kernel.alloc(width * size);
    this.hMirrored = kernel.alloc(width * size);
    this.nothing = kernel.alloc(size);
    this.fromAbove = kernel.alloc(width * 4 * size); // from the states above, with the bias
    this.fromMirrored = kernel.alloc(width * outputs); // its output from the right, with the bias
  }

  reset() {
    const { f } = this.kernel;
    const { width, size } = this;
    for (const state of [this.c, this.h]) f.fill(0, state, state + (width + 1) * size);
    for (const state of [this.cMirrored, this.hMirrored]) f.fill(0, state, state + width * size);
    f.fill(0, this.zMirrored, this.zMirrored + width * 4 * size);
    this.readAbove();
    this.readMirrored();
  }

  /** Where gates, cell and hidden state at a pixel lie. @param {number} column */
  places(column) {
    const next = (column + 1) * this.size;
    return { z: this.z, c: this.c + next, h: this.h + next };
  }

  /** The same of the mirrored direction, at the pixel above. @param {number} column */
  mirroredPlaces(column) {
    const at = column * this.size;
    return { z: this.zMirrored + 4 * at, c: this.cMirrored + at, h: this.hMirrored + at };
  }

  /**
   * Replaces what the mirrored direction reads in the current row.
   *
   * @param {number} row (W, 2F)
   */
  setRow(row) {
    this.kernel.f.copyWithin(this.row, row, row + this.width * this.outputs);
  }

  /**
   * Adds the layer's output to the features (2F) that it reads at a pixel of the current row.
   *
   * @param {number} column
   * @param {number} features
   */
  apply(column, features) {
    const { kernel, layer, size, outputs } = this;
    const { z, c, h } = this.places(column);
    kernel.f.copyWithin(this.row + column * outputs, features, features + outputs);
    layer.direct.input.apply(z, this.fromAbove + column * 4 * size, features, AS_IS);
    layer.direct.beside.apply(z, z, h - size, AS_IS); // the state of the pixel on the left
    cell(kernel, z, c - size, c, h, size);
    kernel.add(features, this.fromMirrored + column * outputs, outputs);
    layer.out.apply(features, features, h, AS_IS);
  }

  /** The current row is finished: runs through it from the right, for the row below. */
  nextRow() {
    const { kernel, size } = this;
    const { input, above, beside } = this.layer.mirrored;
    this.readAbove();
    // First all but what it takes from the right.
    applyToRow(input, this.zMirrored, input.bias, this.row, this.width);
    applyToRow(above, this.zMirrored, this.zMirrored, this.hMirrored, this.width);
    let before = { c: this.nothing, h: this.nothing };
    for (let column = this.width - 1; column >= 0; column--) {
      const { z, c, h } = this.mirroredPlaces(column);
      beside.apply(z, z, before.h, AS_IS);
      cell(kernel, z, before.c, c, h, size);
      before = { c, h };
    }
    this.readMirrored();
  }

  /** What the direct direction takes from the states of the row above. */
  readAbove() {
    const { input, above } = this.layer.direct;
    for (let column = 0; column < this.width; column++) {
      const to = this.fromAbove + column * input.outputs;
      this.kernel.f.copyWithin(to, input.bias, input.bias + input.outputs);
    }
    applyToRow(above, this.fromAbove, this.fromAbove, this.h + this.size, this.width);
  }

  /** The output of the mirrored direction, with the bias. */
  readMirrored() {
    const { out } = this.layer;
    applyToRow(out, this.fromMirrored, out.bias, this.hMirrored, this.width);
  }
}
