// A flow on two variables learns: forward and backward of the flows of arviz_models/flows.py over many
// points at once. A step takes x to z, one variable after the other; its first variable is x_1 or x_2:
//
//     z_1 = (x_1 - mu_1) exp(-alpha_1),   z_2 = (x_2 - mu_2) exp(-alpha_2)
//
// mu_1 and alpha_1 are two numbers. mu_2 and alpha_2 come from a network with ELUs that reads one number:
// x_1 in a MAF, z_1 in an IAF. So both kinds go both ways in one pass, where zuko takes D. Of the masked
// weights nothing is computed: with two variables a unit either reads that one number, or nothing.
//
// Each alpha is bounded softly, alpha = s / (1 + |s| / BOUND). The loss of a point is -log p(x), in nats:
// the sum over both variables of z^2 / 2 + log(2 pi) / 2, and of all alphas.

import { EngineError } from "../errors.js";
import { AS_IS, padded } from "../kernel.js";
import { initialFlow, OUTPUTS, shapesOf } from "./initial_flow.js";
import { Trained } from "./trained.js";

/** @typedef {import("../safetensors.js").Tensors} Tensors */
/** @typedef {import("./initial_flow.js").FlowConfig} FlowConfig */

/**
 * Where the numbers of a layer lie, from the first parameter on: a row of `width` for each unit below, and
 * the biases.
 *
 * @typedef {{ at: number, bias: number, below: number, width: number, units: number }} FlowLayer
 */

/**
 * @typedef {object} FlowStep
 * @property {number} first Which variable it takes first, 0 or 1.
 * @property {FlowLayer[]} layers The last has four outputs: mu_2, s_2, mu_1, s_1; the last two of them are
 *   their biases alone.
 * @property {number[]} values What each layer gives: arrays of the kernel, (TOGETHER width).
 * @property {number} read The number that the network reads of each point.
 * @property {Float64Array} z (TOGETHER 2) what the step gives, its first variable first.
 */

const TOGETHER = 256; // points at once: a batch
const BOUND = -Math.log(1e-3); // of |alpha|: zuko's
const LONGEST = 5; // gradient; longer ones are shortened to it
const LOG_2_PI = Math.log(2 * Math.PI);

/** @param {number} s */
const bounded = (s) => s / (1 + Math.abs(s / BOUND));

export class TrainedFlow extends Trained {
  /**
   * @param {FlowConfig} config
   * @param {number} seed of its first weights.
   * @param {{ simd?: boolean }} [options]
   * @throws {EngineError} a kind, an order or sizes that no flow has.
   */
  constructor(config, seed, options) {
    const { kind, order, hidden, layers: count } = config;
    const sizes = [count, ...hidden];
    const known =
      ["maf", "iaf"].includes(kind) && ["natural", "reversed", "random"].includes(order);
    if (!known || !hidden.length || !sizes.every((each) => Number.isInteger(each) && each > 0)) {
      throw new EngineError(`No flow is ${kind}, ${order}, of ${sizes.join(", ")}.`);
    }
    let size = 0;
    const layersOfStep = () =>
      [...hidden, OUTPUTS].map((units, l) => {
        const below = l ? hidden[l - 1] : 1;
        const width = padded(units);
        const at = size;
        size += (l ? padded(below) : 1) * width;
        const bias = size;
        size += width;
        return { at, bias, below, width, units };
      });
    const steps = Array.from({ length: count }, layersOfStep);
    super(config, size, options);
    const { tensors, firsts } = initialFlow(config, seed);
    const { kernel } = this;
    this.iaf = kind === "iaf";
    /** @type {FlowStep[]} the one next to x first */
    this.steps = steps.map((layers, step) => ({
      first: firsts[step],
      layers,
      values: layers.map(({ width }) => kernel.alloc(TOGETHER * width)),
      read: kernel.alloc(TOGETHER),
      z: new Float64Array(2 * TOGETHER),
    }));
    const most = Math.max(...steps[0].map(({ width }) => width));
    this.ones = kernel.alloc(TOGETHER);
    this.zeros = kernel.alloc(most);
    this.dread = kernel.alloc(TOGETHER); // of what a network reads
    this.turned = kernel.alloc(TOGETHER * most); // values of a layer, a row for each unit
    this.turnedWeights = kernel.alloc(most * most);
    /** Gradients of two layers, by turns: a layer that is carried on fills the other. */
    this.gradients = [kernel.alloc(TOGETHER * most), kernel.alloc(TOGETHER * most)];
    kernel.f.fill(1, this.ones, this.ones + TOGETHER);
    /** @type {Tensors} */
    this.given = {};
    this.load(tensors);
  }

  /**
   * Every number of a layer that is learned, and its place in Python's tensor.
   *
   * @param {FlowStep} step
   * @param {number} l number of the layer
   * @param {(place: number, index: number, isBias: boolean) => void} visit
   */
  visit({ first, layers }, l, visit) {
    const { at, bias, below, width, units } = layers[l];
    const last = l === layers.length - 1;
    const wide = l ? below : 2; // of Python's row
    const second = 2 * (1 - first); // Python's row of mu_2
    const rows = last ? [second, second + 1, 2 * first, 2 * first + 1] : null;
    for (let j = 0; j < units; j++) {
      const row = rows ? rows[j] : j;
      visit(bias + j, row, true);
      if (last && j > 1) continue; // masked
      for (let k = 0; k < below; k++) {
        visit(at + k * width + j, row * wide + (l ? k : first), false);
      }
    }
  }

  /** The tensors of each layer. */
  *named() {
    const config = /** @type {FlowConfig} */ (/** @type {unknown} */ (this.config));
    for (let k = 0; k < this.steps.length; k++) {
      const shapes = shapesOf(config, k);
      for (let l = 0; l < this.steps[k].layers.length; l++) {
        const [weight, bias] = shapes.slice(2 * l, 2 * l + 2);
        yield { step: this.steps[k], l, weight, bias };
      }
    }
  }

  /** @override @param {Tensors} tensors */
  load(tensors) {
    this.given = tensors; // masked weights never change
    const { kernel, p } = this;
    for (const { step, l, weight, bias } of this.named()) {
      this.visit(step, l, (place, index, isBias) => {
        kernel.f[p + place] = tensors[isBias ? bias.name : weight.name][index];
      });
    }
  }

  /** @override @returns {Tensors} */
  tensors(from = this.p) {
    const { f } = this.kernel;
    /** @type {Tensors} */
    const found = {};
    for (const { step, l, weight, bias } of this.named()) {
      const [weights, biases] = [weight, bias].map(({ name, shape }) => {
        if (from === this.p) return (found[name] = this.given[name].slice());
        return (found[name] = new Float32Array(shape.reduce((a, b) => a * b)));
      });
      this.visit(step, l, (place, index, isBias) => {
        (isBias ? biases : weights)[index] = f[from + place];
      });
    }
    return found;
  }

  /**
   * What the gradient of a sum is multiplied with: it becomes that of the mean, of at most LONGEST.
   *
   * @override @param {number} count
   */
  scale(count) {
    const { kernel, g, size } = this;
    let sum = 0;
    for (let at = 0; at < size; at += 512) {
      sum += kernel.dot(g + at, g + at, Math.min(512, size - at));
    }
    return Math.min(1, LONGEST / (Math.sqrt(sum) / count + 1e-6)) / count;
  }

  /**
   * The sum of -log p(x) over some points, in nats.
   *
   * @override
   * @param {Float32Array} points (B 2)
   * @param {number} count B.
   * @param {boolean} learn whether the gradient of the sum is added to `g`.
   */
  pass(points, count, learn) {
    let total = 0;
    for (let begin = 0; begin < count; begin += TOGETHER) {
      const part = Math.min(TOGETHER, count - begin);
      const some = points.subarray(2 * begin, 2 * (begin + part));
      for (const loss of this.forward(some, part)) total += loss;
      if (learn) this.backward(part);
    }
    return total;
  }

  /**
   * Where points of x are in z, and their -log p.
   *
   * @param {Float32Array} points (B 2)
   * @returns {{ z: Float32Array, losses: Float64Array }} (B 2), by variable; (B)
   */
  toZ(points) {
    const count = points.length / 2;
    const [z, losses] = [new Float32Array(2 * count), new Float64Array(count)];
    const { first, z: last } = this.steps[this.steps.length - 1];
    for (let begin = 0; begin < count; begin += TOGETHER) {
      const part = Math.min(TOGETHER, count - begin);
      losses.set(this.forward(points.subarray(2 * begin, 2 * (begin + part)), part), begin);
      for (let n = 0; n < part; n++) {
        z[2 * (begin + n) + first] = last[2 * n];
        z[2 * (begin + n) + 1 - first] = last[2 * n + 1];
      }
    }
    return { z, losses };
  }

  /**
   * Where points of z are in x.
   *
   * @param {Float32Array} points (B 2)
   * @returns {Float32Array} (B 2)
   */
  toX(points) {
    const found = Float32Array.from(points);
    for (let begin = 0; begin < found.length / 2; begin += TOGETHER) {
      const some = found.subarray(2 * begin, 2 * (begin + TOGETHER));
      for (const step of [...this.steps].reverse()) this.backToX(step, some);
    }
    return found;
  }

  /** One step from z to x, in place. @param {FlowStep} step @param {Float32Array} points */
  backToX(step, points) {
    const { f } = this.kernel;
    const { first, read } = step;
    const count = points.length / 2;
    const { bias } = step.layers[step.layers.length - 1];
    const [mu, s] = [f[this.p + bias + 2], f[this.p + bias + 3]];
    for (let n = 0; n < count; n++) {
      const x = points[2 * n + first] * Math.exp(bounded(s)) + mu;
      f[read + n] = this.iaf ? points[2 * n + first] : x;
      points[2 * n + first] = x;
    }
    const out = this.network(step, count);
    for (let n = 0; n < count; n++) {
      const at = out + OUTPUTS * n;
      const place = 2 * n + 1 - first;
      points[place] = points[place] * Math.exp(bounded(f[at + 1])) + f[at];
    }
  }

  /**
   * All steps from x to z.
   *
   * @param {Float32Array} points (B 2), at most TOGETHER
   * @param {number} count B.
   * @returns {Float64Array} (B) -log p of each
   */
  forward(points, count) {
    const { f } = this.kernel;
    const losses = new Float64Array(count).fill(LOG_2_PI);
    let [from, before] = [/** @type {ArrayLike<number>} */ (points), 0]; // in the order of which step
    for (const step of this.steps) {
      const { first, read, z } = step;
      const { bias } = step.layers[step.layers.length - 1];
      const [mu, alpha] = [f[this.p + bias + 2], bounded(f[this.p + bias + 3])];
      const at = first ^ before; // of its first variable in `from`
      for (let n = 0; n < count; n++) {
        const x = from[2 * n + at];
        const second = from[2 * n + 1 - at];
        z[2 * n] = (x - mu) * Math.exp(-alpha);
        z[2 * n + 1] = second; // until the network is done
        f[read + n] = this.iaf ? z[2 * n] : x;
      }
      const out = this.network(step, count);
      for (let n = 0; n < count; n++) {
        const second = bounded(f[out + OUTPUTS * n + 1]);
        z[2 * n + 1] = (z[2 * n + 1] - f[out + OUTPUTS * n]) * Math.exp(-second);
        losses[n] += alpha + second;
      }
      [from, before] = [z, first];
    }
    for (let n = 0; n < count; n++) losses[n] += (from[2 * n] ** 2 + from[2 * n + 1] ** 2) / 2;
    return losses;
  }

  /** The network of a step on what it reads. @param {FlowStep} step @param {number} count @returns {number} its outputs */
  network({ layers, values, read }, count) {
    const { kernel, loops, p } = this;
    layers.forEach(({ at, bias, below, width }, l) => {
      const x = l ? values[l - 1] : read;
      const stride = l ? layers[l - 1].width : 1;
      const y = values[l];
      kernel.matmul(y, p + bias, x, p + at, below, width, count, stride, width, 0);
      if (l + 1 < layers.length) loops.elu(y, count * width);
    });
    return values[layers.length - 1];
  }

  /** The gradient of the sum of all losses of `forward`. @param {number} count */
  backward(count) {
    const { z: last, first } = this.steps[this.steps.length - 1];
    const d = last.slice(0, 2 * count); // by z, in the order of its step; of z^2 / 2 at first
    let before = first;
    for (const step of [...this.steps].reverse()) {
      if (step.first !== before) {
        for (let n = 0; n < count; n++) [d[2 * n], d[2 * n + 1]] = [d[2 * n + 1], d[2 * n]];
      }
      before = step.first;
      this.backwardStep(step, d, count);
    }
  }

  /**
   * One step of it: `d` holds the gradients by its z, and then those by its x.
   *
   * @param {FlowStep} step @param {Float64Array} d @param {number} count
   */
  backwardStep(step, d, count) {
    const { kernel, iaf } = this;
    const { f } = kernel;
    const { layers, values, z } = step;
    const out = values[layers.length - 1];
    const [dout] = this.gradients;
    const { bias } = layers[layers.length - 1];
    const own = f[this.p + bias + 3]; // s of the first variable
    const shrink = Math.exp(-bounded(own));
    const slope = (/** @type {number} */ s) => (1 + Math.abs(s / BOUND)) ** -2; // of alpha by s
    for (let n = 0; n < count; n++) {
      const [at, to] = [out + OUTPUTS * n, dout + OUTPUTS * n];
      const dx = d[2 * n + 1] * Math.exp(-bounded(f[at + 1]));
      f[to] = -dx;
      f[to + 1] = (1 - d[2 * n + 1] * z[2 * n + 1]) * slope(f[at + 1]);
      f[to + 2] = f[to + 3] = 0; // they come below
      d[2 * n + 1] = dx;
    }
    this.backwardNetwork(step, count);
    const { dread } = this;
    let [dmu, ds] = [0, 0]; // of the first variable
    for (let n = 0; n < count; n++) {
      const dz = d[2 * n] + (iaf ? f[dread + n] : 0);
      const dx = dz * shrink;
      dmu -= dx;
      ds += (1 - dz * z[2 * n]) * slope(own);
      d[2 * n] = dx + (iaf ? 0 : f[dread + n]);
    }
    f[this.g + bias + 2] += dmu;
    f[this.g + bias + 3] += ds;
  }

  /**
   * Gradients of a network's weights, and of what it reads.
   *
   * @param {FlowStep} step those of its outputs are in the first of `gradients` @param {number} count
   */
  backwardNetwork({ layers, values, read }, count) {
    const { kernel, loops, p, g, ones, zeros, turned, turnedWeights, dread } = this;
    let [dy, dx] = this.gradients;
    for (let l = layers.length - 1; l >= 0; l--) {
      const { at, bias, below, width, units } = layers[l];
      kernel.matvec(g + bias, g + bias, ones, dy, count, width, AS_IS);
      if (l === 0) {
        kernel.matvec(g + at, g + at, read, dy, count, width, AS_IS);
        for (let n = 0; n < count; n++) {
          kernel.f[dread + n] = kernel.dot(dy + n * width, p + at, width);
        }
        return;
      }
      const wide = layers[l - 1].width;
      const rows = padded(count);
      loops.transpose(turned, values[l - 1], rows, wide);
      kernel.matmul(g + at, g + at, turned, dy, count, width, below, rows, width, width);
      loops.transpose(turnedWeights, p + at, wide, width);
      kernel.matmul(dx, zeros, dy, turnedWeights, units, wide, count, width, wide, 0);
      loops.through_elu(dx, values[l - 1], count * wide);
      [dy, dx] = [dx, dy];
    }
  }
}
