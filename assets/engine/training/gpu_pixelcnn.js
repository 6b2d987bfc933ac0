// PixelCNN on the GPU: see pixelcnn.js, whose parameters, maps and margins lie the same way.

import { padded } from "../kernel.js";
import { TrainedOnGPU } from "./gpu_trained.js";

/** @param {import("./pixelcnn.js").Conv} conv @returns {import("./gpu_trained.js").Product} */
const product = ({ at, bias, below, width, shifts }) => ({
  at,
  bias,
  below,
  width,
  shifts,
  begins: null,
  from: padded(below),
});

export class PixelCNNOnGPU extends TrainedOnGPU {
  /**
   * @param {import("./gpu.js").Device} device
   * @param {import("./pixelcnn.js").TrainedPixelCNN} host
   * @param {{ batch: number, valid: number }} most
   */
  constructor(device, host, most) {
    const { blocks, pixels, shape, dimensions: D } = host;
    const { margin, stride } = shape;
    const [first, hidden, logits] = [host.first, host.hidden, host.logits].map(product);
    const [wide, narrow] = [first.width, padded(hidden.below / 2)];
    /** @type {Record<string, number>} */
    const sizes = { x: first.from, out: wide, z: logits.width, dz: logits.width };
    blocks.forEach((_, b) => Object.assign(sizes, { [`in${b}`]: narrow, [`out${b}`]: narrow }));
    for (let b = 0; b <= blocks.length; b++) sizes[`h${b}`] = wide; // before block b
    Object.assign(sizes, { dOut: wide, dh: wide, dNarrow: narrow, dIn: narrow });
    for (const name of Object.keys(sizes)) sizes[name] *= pixels;
    super(
      device,
      host,
      sizes,
      { block: pixels * logits.width, rows: pixels, margin, stride },
      most,
    );

    const reads = host.reads.map((pixel) => (pixel < D ? pixel : -1));
    this.unfold("x", reads, 1, 1 / (host.levels - 1));
    this.feed(first, "x", "h0");
    blocks.forEach((block, b) => {
      this.feed(product(block.narrow), `h${b}`, `in${b}`, {
        reluBelow: true,
        relu: true,
        margins: true,
      });
      this.feed(product(block.conv), `in${b}`, `out${b}`, { relu: true });
      this.feed(product(block.widen), `out${b}`, `h${b + 1}`, { other: `h${b}` });
    });
    const top = `h${blocks.length}`;
    this.feed(hidden, top, "out", { reluBelow: true, relu: true });
    this.feed(logits, "out", "z");
    this.outputs("z", "dz", this.places(host, logits.width));
    this.weigh(logits, "out", "dz");
    this.carry(logits, "dz", "out", "dOut");
    this.weigh(hidden, top, "dOut", true);
    this.carry(hidden, "dOut", top, "dh");
    for (let b = blocks.length - 1; b >= 0; b--) {
      const [narrows, conv, widen] = [blocks[b].narrow, blocks[b].conv, blocks[b].widen].map(
        product,
      );
      this.weigh(widen, `out${b}`, "dh");
      this.carry(widen, "dh", `out${b}`, "dNarrow");
      this.weigh(conv, `in${b}`, "dNarrow");
      this.carry(conv, "dNarrow", `in${b}`, "dIn");
      this.weigh(narrows, `h${b}`, "dIn", true);
      this.carry(narrows, "dIn", `h${b}`, "dh", true);
    }
    this.weigh(first, "x", "dh");
  }

  /** Where the logits of each pixel lie, and the pixels. @param {import("./pixelcnn.js").TrainedPixelCNN} host @param {number} width */
  places(host, width) {
    const D = host.dimensions;
    const found = new Int32Array(2 * D);
    host.eachPixel(1, (place, _, y, x) => (found[y * host.shape.width + x] = place * width));
    for (let i = 0; i < D; i++) found[D + i] = i;
    return found;
  }
}
