// A model that learns on the GPU.
//
// It is a second home of a `Trained`, whose weights, gradients and moments lie there as they lie here.
// So `fetch` copies them back as they are, and where the GPU ends, the `Trained` goes on from there.
// A step is one list of commands: the images go to the GPU; all else stays there, and the losses of many
// steps come back together.

import { GPUEnds, USE } from "./gpu.js";
import { FLAGS, SIDE } from "./gpu_shaders.js";

/** @typedef {import("./gpu.js").Device} Device */
/** @typedef {import("./trained.js").Trained} Trained */

/**
 * A layer: a product of matrices. See gpu_shaders.js, and `Layer` of made.js and `Conv` of pixelcnn.js.
 *
 * @typedef {object} Product
 * @property {number} at
 * @property {number} bias Right behind the weights; -1 for none.
 * @property {number} below
 * @property {number} from
 * @property {number} width
 * @property {ArrayLike<number>} shifts none above 0
 * @property {ArrayLike<number> | null} begins null where no weight that lies here is masked
 */

/** @typedef {{ relu?: boolean, other?: string, margins?: boolean, reluBelow?: boolean }} Feeding other: what is added */
/** @typedef {{ pipeline: GPUComputePipeline, group: GPUBindGroup, groups: (count: number) => [number, number?, number?] }} Command */

const MOST = 64 * 2 ** 20; // bytes of all arrays that grow with the images
const TOGETHER = 256; // images at once, at most
const SLOTS = 64; // steps whose losses wait on the GPU
const GROUPS = 256; // that weigh should have at least, about, so that a GPU is busy
const LEAST_ROWS = 128; // of a part of weigh
const NEAR = 2e-3; // how far the GPU may be from the processor, of the largest number

const ceil = (/** @type {number} */ n, /** @type {number} */ by) => Math.ceil(n / by);

export class TrainedOnGPU {
  /**
   * @param {Device} device
   * @param {Trained} host
   * @param {Record<string, number>} sizes Arrays, by name: numbers for each image.
   * @param {{ block: number, rows: number, margin?: number, stride?: number }} shape block: logits of an
   *   image; rows: of an image; with the margins of rows of pixels
   * @param {{ batch: number, valid: number }} most images of a step, and of a validation
   */
  constructor(device, host, sizes, shape, { batch, valid }) {
    this.device = device;
    this.host = host;
    this.shape = shape;
    this.dimensions = /** @type {number} */ (/** @type {any} */ (host).dimensions);
    this.step = host.step;
    this.batch = batch;
    const numbers = Object.values(sizes).reduce((sum, size) => sum + size, 0);
    this.together = Math.max(1, Math.min(TOGETHER, Math.floor(MOST / 4 / numbers)));
    /** @type {Record<string, GPUBuffer>} */
    this.arrays = {};
    for (const [name, size] of Object.entries(sizes)) {
      this.arrays[name] = device.memory(this.together * size);
    }
    this.nothing = device.memory(4);
    this.p = device.memory(host.size);
    this.g = device.memory(host.size);
    this.m = device.memory(host.size);
    this.v = device.memory(host.size);
    this.images = device.memory(ceil(this.together * this.dimensions, 4));
    this.losses = device.memory(Math.max(SLOTS * batch, valid));
    this.told = device.memory(8, USE.uniform); // `Step`
    /** @type {Command[]} */
    this.forward = [];
    /** @type {Command[]} */
    this.backward = [];
    this.adam = [
      this.command("adam", [this.told, this.p, this.g, this.m, this.v], () => [
        Math.min(ceil(host.size, 64), 65535),
      ]),
    ];
  }

  // --- the commands of a pass, in their order -------------------------------------------------

  /** @param {import("./gpu.js").Program} name @param {GPUBuffer[]} memories @param {Command["groups"]} groups @returns {Command} */
  command(name, memories, groups) {
    return { ...this.device.bound(name, memories), groups };
  }

  /** @param {number[]} values */
  uniform(values) {
    return this.device.placed(Uint32Array.from(values), USE.uniform);
  }

  /**
   * Images, to what the first layer reads.
   *
   * @param {string} x @param {Int32Array} table see UNFOLD @param {number} columns @param {number} unit
   */
  unfold(x, table, columns, unit) {
    const inputs = new Uint32Array([table.length, this.dimensions, columns, 0]);
    new Float32Array(inputs.buffer)[3] = unit;
    const memories = [
      this.device.placed(inputs, USE.uniform),
      this.told,
      this.device.placed(table),
      this.images,
      this.arrays[x],
    ];
    this.forward.push(this.command("unfold", memories, (n) => [ceil(table.length, 64), n]));
  }

  /** Losses, and the gradients of the logits. @param {string} z @param {string} dz @param {Int32Array} table see OUTPUTS */
  outputs(z, dz, table) {
    const { told, images, arrays, losses, device } = this;
    const of = this.uniform([this.shape.block, this.dimensions, this.host.perPixel]);
    const memories = [of, told, device.placed(table), images, arrays[z], arrays[dz], losses];
    this.forward.push(this.command("outputs", memories, (n) => [n]));
  }

  /** The layer, as programs read it. @param {Product} layer @param {number} flags @param {number} [to] @param {number} [parts] */
  described(layer, flags, to = 0, parts = 1) {
    const { at, bias, below, from, width, shifts } = layer;
    const { rows, margin = 0, stride = 1 } = this.shape;
    const all = flags | (bias < 0 ? 0 : FLAGS.biased);
    const values = [at, bias, below, from, width, shifts.length, rows, all, to, parts];
    const table = this.device.placed(tableOf(layer));
    return [this.uniform([...values, margin, stride]), this.told, table];
  }

  /** y = x W + b. @param {Product} layer @param {string} x @param {string} y @param {Feeding} [how] */
  feed(layer, x, y, { relu, other, margins, reluBelow } = {}) {
    const { arrays, nothing, p, shape } = this;
    const flags =
      (reluBelow ? FLAGS.reluBelow : 0) |
      (relu ? FLAGS.reluAbove : 0) |
      (other ? FLAGS.other : 0) |
      (margins ? FLAGS.margins : 0);
    const added = other ? arrays[other] : nothing;
    const memories = [...this.described(layer, flags), arrays[x], p, added, arrays[y]];
    this.forward.push(
      this.command("feed", memories, (n) => [ceil(layer.width, SIDE), ceil(n * shape.rows, SIDE)]),
    );
  }

  /** dx = dy W^T, where x is above 0. @param {Product} layer @param {string} dy @param {string} x @param {string} dx @param {boolean} [more] whether it is added to dx */
  carry(layer, dy, x, dx, more = false) {
    const { arrays, p, shape } = this;
    const described = this.described(layer, more ? FLAGS.more : 0);
    const memories = [...described, arrays[dy], p, arrays[x], arrays[dx]];
    this.backward.push(
      this.command("carry", memories, (n) => [ceil(layer.from, SIDE), ceil(n * shape.rows, SIDE)]),
    );
  }

  /** Gradients of weights and biases, added to `g`. @param {Product} layer @param {string} x @param {string} dy @param {boolean} [reluBelow] */
  weigh(layer, x, dy, reluBelow = false) {
    const { arrays, g, shape, device } = this;
    const rows = layer.shifts.length * layer.below + (layer.bias < 0 ? 0 : 1);
    const tiles = [ceil(layer.width, SIDE), ceil(rows, SIDE)];
    const most = ceil(Math.min(this.batch, this.together) * shape.rows, LEAST_ROWS);
    const parts = Math.max(1, Math.min(ceil(GROUPS, tiles[0] * tiles[1]), most));
    const flags = reluBelow ? FLAGS.reluBelow : 0;
    const size = rows * layer.width;
    const memories = parts > 1 ? null : [...this.described(layer, flags | FLAGS.more, layer.at)];
    if (memories) {
      memories.push(arrays[x], arrays[dy], g);
      this.backward.push(this.command("weigh", memories, () => [tiles[0], tiles[1]]));
      return;
    }
    const apart = device.memory(parts * size);
    const first = [...this.described(layer, flags, 0, parts), arrays[x], arrays[dy], apart];
    this.backward.push(this.command("weigh", first, () => [tiles[0], tiles[1], parts]));
    const then = [this.uniform([layer.at, size, parts]), apart, g];
    this.backward.push(this.command("gather", then, () => [ceil(size, 64)]));
  }

  // --- what it does -----------------------------------------------------------------------------

  /** The weights, moments and step of the host, to the GPU. */
  load() {
    const { device, host } = this;
    const { weights, first, second, step } = host.state();
    device.write(this.p, weights);
    device.write(this.m, first);
    device.write(this.v, second);
    this.step = step;
  }

  /** And back. */
  async fetch() {
    const { device, host, p, m, v, step } = this;
    if (host.step === step) return;
    const size = host.size;
    const [weights, first, second] = await device.read([
      [p, size],
      [m, size],
      [v, size],
    ]);
    host.resume({ step, weights, first, second });
  }

  /**
   * The losses of some images, written from place `loss` on, and the gradient of their sum, added to `g`.
   *
   * @param {Uint8Array} images (B D) @param {number} count B @param {number} loss
   * @param {boolean} learn
   * @param {number} [learningRate] of a step of Adam down the mean; none where it is not given
   */
  pass(images, count, loss, learn, learningRate) {
    const { dimensions: D, together } = this;
    const told = new Uint32Array(8);
    const rates = new Float32Array(told.buffer);
    if (learningRate !== undefined) {
      this.step++;
      rates[2] = learningRate / (1 - 0.9 ** this.step);
      rates[3] = 1 / Math.sqrt(1 - 0.999 ** this.step);
      rates[4] = 1 / count;
    }
    for (let begin = 0; begin < count; begin += together) {
      const part = Math.min(together, count - begin);
      const bytes = new Uint8Array(4 * ceil(part * D, 4));
      bytes.set(images.subarray(begin * D, (begin + part) * D));
      told[0] = part;
      told[1] = loss + begin;
      this.device.write(this.images, bytes);
      this.device.write(this.told, told);
      const ends = learningRate !== undefined && begin + part === count;
      const commands = [this.forward, learn ? this.backward : [], ends ? this.adam : []];
      this.submit(commands.flat(), part);
    }
  }

  /** @param {Command[]} commands @param {number} count images */
  submit(commands, count) {
    const { device } = this.device;
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const { pipeline, group, groups } of commands) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(...groups(count));
    }
    pass.end();
    device.queue.submit([encoder.finish()]);
  }

  /**
   * Steps of Adam, one for each batch.
   *
   * @param {{ images: Uint8Array, count: number, learningRate: number }[]} batches at most `SLOTS`
   * @returns {Promise<number[]>} the mean loss before each, nats an image
   */
  async learn(batches) {
    batches.forEach(({ images, count, learningRate }, slot) => {
      this.pass(images, count, slot * this.batch, true, learningRate);
    });
    const [losses] = await this.device.read([[this.losses, batches.length * this.batch]]);
    return batches.map(({ count }, slot) => mean(losses, slot * this.batch, count));
  }

  /** The mean of -log p(x), nats an image. @param {Uint8Array} images @param {number} count */
  async validate(images, count) {
    this.pass(images, count, 0, false);
    const [losses] = await this.device.read([[this.losses, count]]);
    return mean(losses, 0, count);
  }

  /**
   * The loss of a batch, and the gradient of the sum of its losses as it lies in `g`.
   *
   * @param {Uint8Array} images @param {number} count
   */
  async gradient(images, count) {
    this.pass(images, count, 0, true);
    const asked = /** @type {[GPUBuffer, number][]} */ ([
      [this.losses, count],
      [this.g, this.host.size],
    ]);
    const [losses, gradient] = await this.device.read(asked);
    this.device.write(this.g, new Float32Array(this.host.size));
    return { loss: mean(losses, 0, count), gradient };
  }

  /**
   * Compares it with the host: a GPU, its driver and its compiler are not to be trusted blindly.
   *
   * @param {Uint8Array} images @param {number} count
   * @returns {Promise<number>} milliseconds that the host takes for a step
   * @throws {GPUEnds} It computes something else.
   */
  async check(images, count) {
    const { host } = this;
    const { f } = host.kernel;
    const gradients = () => f.subarray(host.g, host.g + host.size);
    const found = await this.gradient(images, count);
    const loss = host.pass(images, count, true) / count;
    let [largest, apart] = [0, 0];
    gradients().forEach((value, k) => {
      largest = Math.max(largest, Math.abs(value));
      apart = Math.max(apart, Math.abs(value - found.gradient[k]));
    });
    gradients().fill(0);
    const began = performance.now();
    host.pass(images, count, true); // now that it is compiled
    const took = performance.now() - began;
    gradients().fill(0);
    const same = Math.abs(loss - found.loss) <= NEAR * Math.abs(loss) && apart <= NEAR * largest;
    if (!same) throw new GPUEnds("the GPU computes other numbers than the processor.");
    return took;
  }
}

/**
 * Where the programs find the terms of a layer's sums. For each row of weights, which is a tap and a unit
 * below: the first unit above that it feeds, and where that unit lies, from the row of the sum on. For each
 * tap and unit above: where the unit above lies, and the weight of the first unit below.
 *
 * @param {Product} layer
 */
export function tableOf({ below, from, width, shifts, begins }) {
  const taps = Array.from(shifts);
  const each = (
    /** @type {number} */ count,
    /** @type {(tap: number, k: number) => number} */ value,
  ) => taps.flatMap((_, tap) => Array.from({ length: count }, (__, k) => value(tap, k)));
  return Int32Array.from([
    ...each(below, (tap, k) => begins?.[tap * below + k] ?? 0),
    ...each(below, (tap, k) => taps[tap] * from + k),
    ...each(width, (tap, m) => m - taps[tap] * width),
    ...each(width, (tap, m) => tap * below * width + m),
  ]);
}

/** @param {Float32Array} values @param {number} from @param {number} count */
function mean(values, from, count) {
  let sum = 0;
  for (let k = 0; k < count; k++) sum += values[from + k];
  return sum / count;
}

export { SLOTS };
