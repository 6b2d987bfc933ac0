// The images of a data set: one bit for each pixel where they have two levels, one byte where they have more.

import { EngineError } from "../errors.js";

/** Those of training, then those that are validated on. */
export class Images {
  /**
   * @param {Uint8Array} bytes With two levels as NumPy's `packbits` writes each image: the first pixel is
   *   the highest bit, and each image begins with a byte of its own. With more, one level a byte.
   * @param {number} dimensions D.
   * @param {number} train Images of training.
   * @param {number} [levels] K.
   */
  constructor(bytes, dimensions, train, levels = 2) {
    this.bytes = bytes;
    this.dimensions = dimensions;
    this.levels = levels;
    this.row = levels === 2 ? Math.ceil(dimensions / 8) : dimensions; // bytes of an image
    this.train = train;
    this.valid = bytes.length / this.row - train;
    const known = levels === 2 || bytes.every((level) => level < levels);
    if (!known || !Number.isInteger(this.valid) || train < 1 || this.valid < 1) {
      throw new EngineError(`The images are damaged: ${bytes.length} bytes came.`);
    }
  }

  /**
   * Some images.
   *
   * @param {ArrayLike<number>} index Their numbers; those of validation come after those of training.
   * @returns {Uint8Array} (n D) levels.
   */
  batch(index) {
    const { bytes, dimensions: D, row, levels } = this;
    const found = new Uint8Array(index.length * D);
    for (let n = 0; n < index.length; n++) {
      const at = index[n] * row;
      if (levels > 2) {
        found.set(bytes.subarray(at, at + D), n * D);
        continue;
      }
      for (let i = 0; i < D; i++) found[n * D + i] = (bytes[at + (i >> 3)] >> (7 - (i & 7))) & 1;
    }
    return found;
  }

  /** How many images of training have each level at each pixel: (D K). */
  counts() {
    const { dimensions: D, levels: K, train } = this;
    const found = new Int32Array(D * K);
    for (let n = 0; n < train; n++) {
      const image = this.batch([n]);
      for (let i = 0; i < D; i++) found[i * K + image[i]]++;
    }
    return found;
  }
}
