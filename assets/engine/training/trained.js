// What a model that learns has beside its weights: gradients, Adam's moments, and the way from a batch
// of images to a smaller loss. The formulas are those of arviz_models/nade.py and made.py, the loss is
// the mean of -log p(x) in nats, and Adam is torch's (Kingma & Ba, ICLR 2015).

import { EngineError } from "../errors.js";
import { createKernel, padded } from "../kernel.js";
import { loopsOver } from "./loops.js";

/** @typedef {import("../safetensors.js").Tensors} Tensors */
/** @typedef {import("../card.js").Config} Config */

/**
 * Parameters lie one after the other from `p` on, in an order that suits the model, each row filled with
 * zeros up to a multiple of 4. Gradients and Adam's two moments lie likewise from `g`, `m` and `v` on.
 */
export class Trained {
  /**
   * @param {Config} config of the Python class.
   * @param {number} size Numbers of all parameters as they lie here.
   * @param {{ simd?: boolean }} [options]
   */
  constructor(config, size, options) {
    this.config = config;
    /** @type {number} K */
    this.levels = config.levels ?? 2;
    this.perPixel = this.levels === 2 ? 1 : this.levels; // K', logits of a pixel
    this.kernel = createKernel(options);
    this.loops = loopsOver(this.kernel);
    this.size = padded(size);
    this.p = this.kernel.alloc(this.size);
    this.g = this.kernel.alloc(this.size);
    this.m = this.kernel.alloc(this.size);
    this.v = this.kernel.alloc(this.size);
    this.step = 0; // that Adam has taken
  }

  /** Takes these weights, by the names and in the shapes of Python. @param {Tensors} _tensors */
  load(_tensors) {
    throw new Error("a subclass takes the weights");
  }

  /**
   * Its weights as they are now, or another array that lies as they do, by the names of Python.
   *
   * @param {number} [_from] `p` for the weights, `g` for the gradients.
   * @returns {Tensors}
   */
  tensors(_from) {
    throw new Error("a subclass gives the weights");
  }

  /** All weights one after the other, as `weights_of` in arviz_models/descent.py. */
  flat() {
    const arrays = Object.values(this.tensors());
    const found = new Float32Array(arrays.reduce((total, { length }) => total + length, 0));
    let at = 0;
    for (const array of arrays) {
      found.set(array, at);
      at += array.length;
    }
    return found;
  }

  /** Weights and Adam's moments, as they lie here: what `resume` takes. */
  state() {
    const { kernel, size, step, p, m, v } = this;
    const [weights, first, second] = [p, m, v].map((at) => kernel.f.slice(at, at + size));
    return { step, weights, first, second };
  }

  /** @param {ReturnType<Trained["state"]>} state of a model of the same config */
  resume({ step, weights, first, second }) {
    if (weights.length !== this.size) throw new EngineError("What was kept is of another model.");
    const { f } = this.kernel;
    f.set(weights, this.p);
    f.set(first, this.m);
    f.set(second, this.v);
    this.step = step;
  }

  /**
   * The sum of -log p(x) over some images, in nats.
   *
   * @param {Uint8Array | Float32Array} _images (B D) levels, by flat index; of a flow its points.
   * @param {number} _count B.
   * @param {boolean} _learn whether the gradient of the sum is added to `g`.
   * @returns {number}
   */
  pass(_images, _count, _learn) {
    throw new Error("a subclass computes the loss");
  }

  /**
   * One step of Adam down the mean loss of a batch.
   *
   * @param {Uint8Array | Float32Array} images (B D)
   * @param {number} count B.
   * @param {number} learningRate
   * @returns {number} the mean loss before the step, nats an image.
   */
  learn(images, count, learningRate) {
    const loss = this.pass(images, count, true) / count;
    this.step++;
    const rate = learningRate / (1 - 0.9 ** this.step);
    const root = 1 / Math.sqrt(1 - 0.999 ** this.step);
    this.loops.adam(this.p, this.g, this.m, this.v, rate, root, this.scale(count), this.size);
    return loss;
  }

  /** What the gradient of a sum over so many is multiplied with before a step. @param {number} count */
  scale(count) {
    return 1 / count;
  }

  /** Of the losses of `pass`, so far. */
  total = 0;

  /**
   * The loss -log p(x) of one pixel, which `total` counts, and its gradient by the K' logits: p - x. With
   * two levels log(1 + e^z) - x z.
   *
   * @param {Float32Array | Float64Array} z its logits lie from `from` on.
   * @param {number} from
   * @param {Float32Array | Float64Array} d where the gradients are written, from `to` on; may be z.
   * @param {number} to
   * @param {number} x the level.
   */
  pixel(z, from, d, to, x) {
    const K = this.perPixel;
    if (K === 1) {
      const logit = z[from];
      const small = Math.exp(-Math.abs(logit));
      this.total += Math.max(logit, 0) + Math.log1p(small) - x * logit;
      d[to] = (logit > 0 ? 1 : small) / (1 + small) - x;
      return;
    }
    let most = -Infinity;
    for (let k = 0; k < K; k++) most = Math.max(most, z[from + k]);
    let sum = 0;
    const own = z[from + x];
    for (let k = 0; k < K; k++) sum += d[to + k] = Math.exp(z[from + k] - most);
    this.total += Math.log(sum) + most - own;
    for (let k = 0; k < K; k++) d[to + k] /= sum;
    d[to + x] -= 1;
  }
}
