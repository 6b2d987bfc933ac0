// PixelCNN learns: forward and backward over some images at once, each masked convolution as a sum of
// matrix products, one for each weight of the kernel that is not masked ("tap").
//
//     h <- h + W_3 ReLU(W_2 * ReLU(W_1 ReLU(h)))
//
// A layer's maps lie pixel by pixel, and rows of pixels have a margin of zeros on the left and at the
// top. So what a tap reads lies at the same distance from every pixel, and one product does all pixels.
// What stands in the margin is computed too, and read by nobody: it is set to 0 before a convolution,
// and its gradient is 0.

import { padded } from "../kernel.js";
import { pixelCNNSettings } from "../pixelcnn.js";
import { Trained } from "./trained.js";

/** @typedef {import("../safetensors.js").Tensors} Tensors */

const PIXELS = 1000; // at once, about: their maps then stay in the cache

/**
 * A convolution of all maps with all maps, or the first one, whose taps are its inputs.
 *
 * @typedef {object} Conv
 * @property {string} name of the parameters in Python.
 * @property {number} at Where its weights begin, from the first parameter: for each tap, one row of
 *   `width` numbers for each map below.
 * @property {number} bias
 * @property {number[]} shifts Where each tap reads, in pixels from the pixel itself.
 * @property {number} below Maps below.
 * @property {number} maps Maps above; `width` is that up to a multiple of 4.
 * @property {number} width
 * @property {number[]} sources Of each row, the place among the weights of one map above in Python.
 * @property {number} numbers Weights of one map above in Python, masked ones too.
 * @property {number} turned The weights again, from map above to map below: for the way back.
 */

/**
 * The taps of a square kernel that are not masked, as [y, x] from the upper left corner.
 *
 * @param {number} side
 * @param {"A" | "B"} mask
 */
export function taps(side, mask) {
  const half = side >> 1;
  /** @type {[number, number][]} */
  const found = [];
  for (let y = 0; y <= half; y++) {
    const end = y < half ? side : half + (mask === "B" ? 1 : 0);
    for (let x = 0; x < end; x++) found.push([y, x]);
  }
  return found;
}

export class TrainedPixelCNN extends Trained {
  /**
   * @param {import("../card.js").Config} config
   * @param {{ simd?: boolean }} [options]
   */
  constructor(config, options) {
    const {
      features: F,
      layers,
      kernel: side,
      firstKernel,
      height,
      width,
      levels,
    } = pixelCNNSettings(config);
    const margin = side >> 1;
    const stride = width + margin;
    let size = 0;
    /** @type {(name: string, below: number, maps: number, kernel: number) => Conv} */
    const conv = (name, below, maps, kernel) => {
      const found = taps(kernel, "B");
      const rows = found.flatMap(([y, x]) =>
        Array.from({ length: below }, (_, i) => (i * kernel + y) * kernel + x),
      );
      const shifts = found.map(([y, x]) => (y - (kernel >> 1)) * stride + x - (kernel >> 1));
      return layer(name, { below, maps, shifts, sources: rows, numbers: below * kernel * kernel });
    };
    /** @type {(name: string, found: Pick<Conv, "below" | "maps" | "shifts" | "sources" | "numbers">) => Conv} */
    const layer = (name, found) => {
      const wide = padded(found.maps);
      const at = size;
      const bias = at + found.sources.length * wide;
      size = bias + wide;
      return { name, at, bias, width: wide, turned: 0, ...found };
    };
    const read1 = taps(firstKernel, "A");
    const first = layer("first", {
      below: read1.length,
      maps: 2 * F,
      shifts: [0],
      sources: read1.map(([y, x]) => y * firstKernel + x),
      numbers: firstKernel * firstKernel,
    });
    const blocks = Array.from({ length: layers }, (_, b) => ({
      narrow: conv(`blocks.${b}.narrow`, 2 * F, F, 1),
      conv: conv(`blocks.${b}.conv`, F, F, side),
      widen: conv(`blocks.${b}.widen`, F, 2 * F, 1),
    }));
    const hidden = conv("head.hidden", 2 * F, 2 * F, 1);
    const logits = conv("head.logits", 2 * F, levels === 2 ? 1 : levels, 1);
    super(config, size, options);
    this.dimensions = height * width;
    this.shape = { height, width, margin, stride };
    this.firstTaps = read1;
    this.first = first;
    this.blocks = blocks;
    this.hidden = hidden;
    this.logits = logits;
    /** In the order of Python. */
    this.all = [
      first,
      ...blocks.flatMap((block) => [block.narrow, block.conv, block.widen]),
      hidden,
      logits,
    ];
    /** @type {Tensors} */
    this.given = {};
    this.pixels = stride * (height + margin); // of an image, with its margins
    this.together = Math.max(1, Math.floor(PIXELS / this.pixels));
    this.lead = margin * stride + margin; // pixels that lie before the first one
    this.reads = this.windows(firstKernel);
    for (const each of this.all) {
      each.turned = this.kernel.alloc(each.shifts.length * each.maps * padded(each.below));
    }
    const count = this.together * this.pixels;
    const [wide, narrow, columns] = [2 * F, F, read1.length].map(padded);
    const array = (/** @type {number} */ wideness) =>
      this.kernel.alloc(padded(this.lead + count) * wideness) + this.lead * wideness;
    this.columns = array(columns); // what the first layer reads of each pixel
    this.h = array(wide);
    this.kept = blocks.map(() => ({ wide: array(wide), in: array(narrow), out: array(narrow) }));
    this.headIn = array(wide);
    this.headOut = array(wide);
    this.z = array(logits.width);
    this.dz = array(logits.width);
    this.dh = array(wide);
    this.dWide = array(wide);
    this.dNarrow = [array(narrow), array(narrow)];
    this.across = this.kernel.alloc(padded(this.lead + count) * Math.max(wide, columns)); // map by map
    this.units = this.kernel.alloc(padded(count));
    this.kernel.f.fill(1, this.units, this.units + count);
  }

  /** @override @param {Tensors} tensors */
  load(tensors) {
    this.given = tensors; // masked weights never change
    const { f } = this.kernel;
    for (const { name, at, bias, width, maps, sources, numbers } of this.all) {
      const weights = tensors[`${name}.weight`];
      sources.forEach((source, row) => {
        const to = this.p + at + row * width;
        for (let m = 0; m < maps; m++) f[to + m] = weights[m * numbers + source];
      });
      f.set(tensors[`${name}.bias`], this.p + bias);
    }
  }

  /** @override @returns {Tensors} */
  tensors(origin = this.p) {
    const { f } = this.kernel;
    /** @type {Tensors} */
    const found = {};
    for (const { name, at, bias, width, maps, sources, numbers } of this.all) {
      const key = `${name}.weight`;
      const weights =
        origin === this.p ? this.given[key].slice() : new Float32Array(maps * numbers);
      sources.forEach((source, row) => {
        const from = origin + at + row * width;
        for (let m = 0; m < maps; m++) weights[m * numbers + source] = f[from + m];
      });
      found[key] = weights;
      found[`${name}.bias`] = f.slice(origin + bias, origin + bias + maps);
    }
    return found;
  }

  /** @override @param {Uint8Array} images @param {number} count @param {boolean} learn */
  pass(images, count, learn) {
    const { dimensions: D, together } = this;
    this.total = 0;
    if (learn) for (const conv of this.all) this.turn(conv);
    for (let begin = 0; begin < count; begin += together) {
      const part = Math.min(together, count - begin);
      const x = images.subarray(begin * D, (begin + part) * D);
      this.forward(x, part);
      this.outputs(x, part);
      if (learn) this.backward(part * this.pixels);
    }
    return this.total;
  }

  /** @param {Uint8Array} x @param {number} count images */
  forward(x, count) {
    const { kernel, loops, h, kept, headIn, headOut } = this;
    const n = count * this.pixels;
    const wide = this.first.width;
    this.unfold(x, count);
    this.apply(this.first, this.columns, h, n);
    this.blocks.forEach((block, b) => {
      const own = kept[b];
      loops.relu(own.wide, h, n * wide);
      this.apply(block.narrow, own.wide, own.in, n);
      loops.relu(own.in, own.in, n * block.narrow.width);
      this.emptyMargins(own.in, block.narrow.width, count);
      this.apply(block.conv, own.in, own.out, n);
      loops.relu(own.out, own.out, n * block.conv.width);
      this.apply(block.widen, own.out, headIn, n);
      kernel.add(h, headIn, n * wide);
    });
    loops.relu(headIn, h, n * wide);
    this.apply(this.hidden, headIn, headOut, n);
    loops.relu(headOut, headOut, n * wide);
    this.apply(this.logits, headOut, this.z, n);
  }

  /** Losses, and gradients of the logits: 0 in the margins. @param {Uint8Array} x @param {number} count */
  outputs(x, count) {
    const { f } = this.kernel;
    const { z, dz, dimensions: D } = this;
    const wide = this.logits.width;
    f.fill(0, dz, dz + wide * count * this.pixels);
    this.eachPixel(count, (place, image, y, column) => {
      const value = x[image * D + y * this.shape.width + column];
      this.pixel(f, z + wide * place, f, dz + wide * place, value);
    });
  }

  /** @param {number} n pixels, with the margins */
  backward(n) {
    const { kernel, loops, kept, dh, dWide, headIn, headOut } = this;
    const [dOut, dIn] = this.dNarrow;
    const wide = this.first.width;
    this.carry(this.logits, headOut, this.dz, dWide, n);
    loops.through_relu(dWide, headOut, n * wide);
    this.carry(this.hidden, headIn, dWide, dh, n);
    loops.through_relu(dh, headIn, n * wide);
    for (let b = this.blocks.length - 1; b >= 0; b--) {
      const [block, own] = [this.blocks[b], kept[b]];
      this.carry(block.widen, own.out, dh, dOut, n);
      loops.through_relu(dOut, own.out, n * block.conv.width);
      this.carry(block.conv, own.in, dOut, dIn, n);
      loops.through_relu(dIn, own.in, n * block.narrow.width);
      this.carry(block.narrow, own.wide, dIn, dWide, n);
      loops.through_relu(dWide, own.wide, n * wide);
      kernel.add(dh, dWide, n * wide);
    }
    this.carry(this.first, this.columns, dh, null, n);
  }

  /** y = W * x + b at n pixels. @param {Conv} conv @param {number} x @param {number} y @param {number} n */
  apply({ at, bias, shifts, below, width }, x, y, n) {
    const { kernel, p } = this;
    const from = padded(below);
    shifts.forEach((shift, tap) => {
      const weights = p + at + tap * below * width;
      const [start, step] = tap ? [y, width] : [p + bias, 0];
      kernel.matmul(y, start, x + shift * from, weights, below, width, n, from, width, step);
    });
  }

  /**
   * The gradients of a convolution's weights and biases, and those of the maps below.
   *
   * @param {Conv} conv
   * @param {number} x the maps below
   * @param {number} dy the gradients of those above
   * @param {number | null} dx where those of the maps below are written; null where nobody reads them
   * @param {number} n pixels
   */
  carry({ at, bias, shifts, below, maps, width, turned }, x, dy, dx, n) {
    const { kernel, loops, g, lead, across, units } = this;
    const [from, long] = [padded(below), padded(lead + n)];
    kernel.matmul(g + bias, g + bias, units, dy, n, width, 1, 0, 0, 0);
    loops.transpose(across, x - lead * from, long, from); // pixel by pixel, to map by map
    if (dx !== null) kernel.f.fill(0, dx - lead * from, dx + n * from);
    shifts.forEach((shift, tap) => {
      const rows = g + at + tap * below * width;
      const start = across + lead + shift;
      kernel.matmul(rows, rows, start, dy, n, width, below, long, width, width);
      if (dx === null) return;
      const to = dx + shift * from;
      const weights = turned + tap * maps * from;
      kernel.matmul(to, to, dy, weights, maps, from, n, width, from, from);
    });
  }

  /** The weights from map above to map below. @param {Conv} conv */
  turn({ at, shifts, below, maps, width, turned }) {
    const { f } = this.kernel;
    const wide = padded(below);
    for (let tap = 0; tap < shifts.length; tap++) {
      for (let k = 0; k < below; k++) {
        const row = this.p + at + (tap * below + k) * width;
        for (let m = 0; m < maps; m++) f[turned + (tap * maps + m) * wide + k] = f[row + m];
      }
    }
  }

  /**
   * @param {number} count images
   * @param {(place: number, image: number, y: number, x: number) => void} act
   */
  eachPixel(count, act) {
    const { height, width, margin, stride } = this.shape;
    for (let image = 0; image < count; image++) {
      for (let y = 0; y < height; y++) {
        const row = image * this.pixels + (y + margin) * stride + margin;
        for (let x = 0; x < width; x++) act(row + x, image, y, x);
      }
    }
  }

  /** @param {number} x maps @param {number} wide of each pixel @param {number} count images */
  emptyMargins(x, wide, count) {
    const { f } = this.kernel;
    const { height, margin, stride } = this.shape;
    for (let image = 0; image < count; image++) {
      const first = x + image * this.pixels * wide;
      f.fill(0, first, first + margin * stride * wide);
      for (let y = 0; y < height; y++) {
        const row = first + (y + margin) * stride * wide;
        f.fill(0, row, row + margin * wide);
      }
    }
  }

  /**
   * Where the first layer reads each image, for each of its pixels with the margins: for each tap the
   * flat index, or D where that is outside.
   *
   * @param {number} side of its kernel
   */
  windows(side) {
    const { height, width } = this.shape;
    const { firstTaps, dimensions: D } = this;
    const half = side >> 1;
    const wide = padded(firstTaps.length);
    const found = new Int32Array(this.pixels * wide).fill(D);
    this.eachPixel(1, (place, _, y, x) => {
      firstTaps.forEach(([ty, tx], tap) => {
        const [row, column] = [y + ty - half, x + tx - half];
        if (row >= 0 && column >= 0 && column < width && row < height) {
          found[place * wide + tap] = row * width + column;
        }
      });
    });
    return found;
  }

  /** What the first layer reads of each pixel, tap by tap. @param {Uint8Array} images @param {number} count */
  unfold(images, count) {
    const { f } = this.kernel;
    const { columns, reads, dimensions: D } = this;
    const image = new Float32Array(D + 1); // and a 0
    for (let n = 0; n < count; n++) {
      for (let i = 0; i < D; i++) image[i] = images[n * D + i] / (this.levels - 1);
      const to = columns + n * reads.length;
      for (let k = 0; k < reads.length; k++) f[to + k] = image[reads[k]];
    }
  }
}
