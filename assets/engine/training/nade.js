// NADE learns: forward and backward over one image after the other.
//
//     a_0 = c,  h_t = sigmoid(a_t),  z_i = V_i h_t + b_i,  a_{t+1} = a_t + W_i[x_i],  i = order[t]
//
// With two levels a pixel of 0 adds nothing, so h is the same from one pixel of 1 to the next: a run. With
// more, each pixel begins a run. h, and the sum of
// the gradients of h, are kept once for each run, and sigmoid is taken once for each. The gradient of a_t
// is the sum of those of all later runs, since each later a holds a_t: the way back goes from the last
// run to the first.

import { checkOrder } from "../card.js";
import { EngineError } from "../errors.js";
import { padded, sigmoid } from "../kernel.js";
import { NADE } from "../nade.js";
import { Trained } from "./trained.js";

const NEVER = -1e4; // a of the numbers that fill a row up: their h is 0

export class TrainedNADE extends Trained {
  /**
   * @param {import("../card.js").Config} config
   * @param {{ simd?: boolean }} [options]
   */
  constructor(config, options) {
    const shapes = NADE.parameters(config);
    if (shapes.U) throw new EngineError("A NADE of any order is not learned here.");
    const [D, columns, H] = shapes.W;
    const width = padded(H);
    super(config, (2 * width + 1) * D * columns + width, options);
    this.dimensions = D;
    this.rows = D * columns; // of W and V
    this.hidden = H;
    this.width = width;
    this.order = checkOrder(config.order ?? null, config.event_shape);
    // Where each parameter begins, from the first of `p` or `g`.
    this.W = 0;
    this.V = this.rows * width;
    this.c = 2 * this.rows * width;
    this.b = this.c + width;
    this.a = this.kernel.alloc(width);
    this.da = this.kernel.alloc(width);
    this.h = this.kernel.alloc((D + 1) * width); // of each run
    this.dh = this.kernel.alloc((D + 1) * width);
    this.added = new Int32Array(D); // rows of W, one for each run after the first
    this.z = new Float64Array(columns);
  }

  /** @override @param {import("../safetensors.js").Tensors} tensors */
  load({ W, V, b, c }) {
    const { p, hidden: H, width, rows } = this;
    const { f } = this.kernel;
    for (let i = 0; i < rows; i++) {
      f.set(W.subarray(i * H, (i + 1) * H), p + this.W + i * width);
      f.set(V.subarray(i * H, (i + 1) * H), p + this.V + i * width);
    }
    f.set(b, p + this.b);
    f.fill(NEVER, p + this.c, p + this.c + width).set(c, p + this.c);
  }

  /** @override @returns {import("../safetensors.js").Tensors} */
  tensors(from = this.p) {
    const { hidden: H, width, rows } = this;
    const { f } = this.kernel;
    const [W, V] = [new Float32Array(rows * H), new Float32Array(rows * H)];
    for (let i = 0; i < rows; i++) {
      const row = from + i * width;
      W.set(f.subarray(row + this.W, row + this.W + H), i * H);
      V.set(f.subarray(row + this.V, row + this.V + H), i * H);
    }
    const b = f.slice(from + this.b, from + this.b + rows);
    return { W, V, b, c: f.slice(from + this.c, from + this.c + H) };
  }

  /** @override @param {Uint8Array} images @param {number} count @param {boolean} learn */
  pass(images, count, learn) {
    const { kernel, dimensions: D, width, p, c, a } = this;
    this.total = 0;
    for (let n = 0; n < count; n++) {
      kernel.f.copyWithin(a, p + c, p + c + width);
      const runs = this.forward(images.subarray(n * D, (n + 1) * D), learn);
      if (learn) this.backward(runs);
    }
    return this.total;
  }

  /**
   * All conditionals of one image; the gradients of V, b and of h.
   *
   * @param {Uint8Array} x (D)
   * @param {boolean} learn
   * @returns {number} runs after the first
   */
  forward(x, learn) {
    const { kernel, width, p, a, order, added, perPixel: columns } = this;
    const { f } = kernel;
    let [runs, h, dh] = [0, this.h, this.dh];
    sigmoid(kernel, h, a, width);
    if (learn) f.fill(0, dh, dh + width);
    for (const i of order) {
      this.output(i, x[i], h, dh, learn);
      const row = i * columns + (columns === 1 ? x[i] - 1 : x[i]); // with two levels, 0 has none
      if (columns === 1 && !x[i]) continue;
      kernel.add(a, p + this.W + row * width, width);
      added[runs++] = row;
      if (learn) {
        [h, dh] = [h + width, dh + width];
        f.fill(0, dh, dh + width);
      }
      sigmoid(kernel, h, a, width);
    }
    return runs;
  }

  /**
   * One conditional.
   *
   * @param {number} i @param {number} x its level @param {number} h @param {number} dh
   * @param {boolean} learn
   */
  output(i, x, h, dh, learn) {
    const { kernel, loops, width, p, g, z, perPixel: columns } = this;
    const { f } = kernel;
    const first = i * columns;
    for (let k = 0; k < columns; k++) {
      const row = p + this.V + (first + k) * width;
      z[k] = f[p + this.b + first + k] + kernel.dot(row, h, width);
    }
    this.pixel(z, 0, z, 0, x);
    if (!learn) return;
    for (let k = 0; k < columns; k++) {
      const row = this.V + (first + k) * width;
      f[g + this.b + first + k] += z[k];
      loops.output(g + row, h, dh, p + row, z[k], width);
    }
  }

  /** The gradients of W and c. @param {number} runs */
  backward(runs) {
    const { kernel, loops, width, g, da, added } = this;
    kernel.f.fill(0, da, da + width);
    for (let run = runs; run >= 0; run--) {
      loops.through_sigmoid(da, this.dh + run * width, this.h + run * width, width);
      if (run) kernel.add(g + this.W + added[run - 1] * width, da, width);
    }
    kernel.add(g + this.c, da, width);
  }
}
