// MADE on the GPU: see made.js, whose parameters lie the same way.

import { padded } from "../kernel.js";
import { TrainedOnGPU } from "./gpu_trained.js";

/** @param {import("./made.js").Layer} layer @returns {import("./gpu_trained.js").Product} */
const product = ({ at, bias, width, from, begins }) => ({
  at,
  bias,
  width,
  begins,
  below: from.length,
  from: padded(from.length),
  shifts: [0],
});

export class MADEOnGPU extends TrainedOnGPU {
  /**
   * @param {import("./gpu.js").Device} device
   * @param {import("./made.js").TrainedMADE} host
   * @param {{ batch: number, valid: number }} most
   */
  constructor(device, host, most) {
    const { layers, direct, order, perPixel: columns, wide, dimensions: D } = host;
    const last = layers.length - 1;
    /** @type {Record<string, number>} */
    const sizes = { x: wide };
    layers.forEach(({ width }, l) => {
      sizes[`h${l}`] = width; // the last are logits
      sizes[`d${l}`] = width;
    });
    if (direct) sizes.direct = wide;
    super(device, host, sizes, { block: wide, rows: 1 }, most);

    const reads = Int32Array.from({ length: wide }, (_, j) => order[Math.floor(j / columns)] ?? -1);
    this.unfold("x", reads, columns, 1);
    if (direct) this.feed(product(direct), "x", "direct");
    const below = (/** @type {number} */ l) => (l ? `h${l - 1}` : "x");
    layers.forEach((layer, l) => {
      const how = l < last ? { relu: true } : direct ? { other: "direct" } : {};
      this.feed(product(layer), below(l), `h${l}`, how);
    });
    const places = Int32Array.from({ length: D }, (_, t) => t * columns);
    this.outputs(`h${last}`, `d${last}`, Int32Array.from([...places, ...Array.from(order)]));
    if (direct) this.weigh(product(direct), "x", `d${last}`);
    for (let l = last; l >= 0; l--) {
      if (l) this.carry(product(layers[l]), `d${l}`, below(l), `d${l - 1}`);
      this.weigh(product(layers[l]), below(l), `d${l}`);
    }
  }
}
