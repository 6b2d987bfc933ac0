// Samples from a MADE of many masks, all of them at once, as in arviz_models/made_ensemble.py.
//
// The masks share the weights and the inputs; all that a mask decides is at which step a hidden unit
// is complete. So the sums of the first layer run on once for all masks, and a unit of degree t takes
// what its sum is after step t.

import { Decoder } from "./base.js";
import { byDegree } from "./degrees.js";
import { AS_IS, padded } from "./kernel.js";

/** @import { MADE } from "./made.js" */

/** Computes each hidden unit once for each mask, when the last input that it may read is drawn. */
export class EnsembleDecoder extends Decoder {
  /** @param {MADE} model */
  constructor(model) {
    super(model);
    const { kernel, hidden, dimensions, outputWidth } = model;
    this.model = model;
    this.masks = model.degrees.length;
    this.columns = padded(this.masks);
    this.widths = hidden.map(padded);
    this.sums = kernel.alloc(this.widths[0]); // W_1 x + b_1 of the inputs drawn so far
    // Layers that another hidden layer reads lie [mask][unit]; the last one [unit][mask], so that
    // an output is computed for all masks by one product.
    const last = hidden.length - 1;
    this.h = hidden.map((width, layer) =>
      kernel.alloc(layer === last ? width * this.columns : this.masks * padded(width)),
    );
    this.outputs = padded(dimensions * outputWidth);
    this.direct = model.A === null ? null : kernel.alloc(this.outputs); // A x
    this.products = kernel.alloc(outputWidth * this.columns); // V h, [k][mask]
    this.zeros = kernel.alloc(this.columns);
    // The units of all masks together, [mask][unit], in the order in which they are complete.
    this.complete = hidden.map((width, layer) => {
      const degrees = new Int32Array(this.masks * width);
      model.degrees.forEach((mask, m) => degrees.set(mask[layer], m * width));
      return byDegree(degrees, dimensions);
    });
  }

  /** @override */
  reset() {
    super.reset();
    const { f } = this.kernel;
    f.copyWithin(this.sums, this.model.b_1, this.model.b_1 + this.widths[0]);
    if (this.direct !== null) f.fill(0, this.direct, this.direct + this.outputs);
    const last = this.h.length - 1;
    this.h.forEach((h, layer) => {
      const size =
        layer === last ? this.model.hidden[last] * this.columns : this.masks * this.widths[layer];
      f.fill(0, h, h + size);
    });
    this.computeUnits(0);
  }

  /** log of the mean probability of every level, which are logits too. @override */
  logits() {
    const { model, kernel, z, columns } = this;
    const { outputWidth } = model;
    const last = this.h.length - 1;
    const output = this.index * outputWidth;
    for (let k = 0; k < outputWidth; k++) {
      const row = model.V + (output + k) * this.widths[last];
      const y = this.products + k * columns;
      kernel.matvec(y, this.zeros, row, this.h[last], model.hidden[last], columns, AS_IS);
    }
    const { f } = kernel;
    const total = new Float64Array(this.levels);
    const one = new Float64Array(this.levels);
    for (let m = 0; m < this.masks; m++) {
      one[0] = 0; // the logit of level 0, where there are two
      for (let k = 0; k < outputWidth; k++) {
        const direct = this.direct === null ? 0 : f[this.direct + output + k];
        one[this.levels - outputWidth + k] =
          f[this.products + k * columns + m] + direct + model.c[output + k];
      }
      addSoftmax(total, one);
    }
    for (let k = 0; k < z.length; k++)
      z[k] = Math.log(Math.max(total[k] / this.masks, Number.MIN_VALUE));
    return z;
  }

  /** @override @param {number} index @param {number} value */
  update(index, value) {
    const { model } = this;
    model.addInput(this.sums, model.W_1, this.widths[0], index, value);
    if (this.direct !== null && model.A !== null) {
      model.addInput(this.direct, model.A, this.outputs, index, value);
    }
    this.computeUnits(this.step + 1);
  }

  /**
   * All units of degree t under every mask, lowest layer first: ReLU(W h + b).
   *
   * @param {number} t
   */
  computeUnits(t) {
    const { kernel, model, h } = this;
    const last = h.length - 1;
    for (let layer = 0; layer <= last; layer++) {
      const { units, ends } = this.complete[layer];
      const width = model.hidden[layer];
      for (let i = ends[t]; i < ends[t + 1]; i++) {
        const unit = units[i] % width;
        const mask = (units[i] - unit) / width;
        const a = layer === 0 ? kernel.f[this.sums + unit] : this.sum(layer, mask, unit);
        const place =
          layer === last ? unit * this.columns + mask : mask * this.widths[layer] + unit;
        kernel.f[h[layer] + place] = Math.max(0, a);
      }
    }
  }

  /**
   * W h + b of a unit above the first layer, under one mask.
   *
   * @param {number} layer @param {number} mask @param {number} unit
   */
  sum(layer, mask, unit) {
    const { model, kernel } = this;
    const below = this.widths[layer - 1];
    const row = model.weights[layer - 1] + unit * below;
    return kernel.dot(row, this.h[layer - 1] + mask * below, below) + model.biases[layer - 1][unit];
  }
}

/**
 * Adds softmax(logits) to total.
 *
 * @param {Float64Array} total
 * @param {Float64Array} logits Written over.
 */
function addSoftmax(total, logits) {
  let highest = logits[0];
  for (let k = 1; k < logits.length; k++) highest = Math.max(highest, logits[k]);
  let sum = 0;
  for (let k = 0; k < logits.length; k++) sum += logits[k] = Math.exp(logits[k] - highest);
  for (let k = 0; k < logits.length; k++) total[k] += logits[k] / sum;
}
