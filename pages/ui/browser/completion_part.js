// Which pixels of a drawing are given, and which the network draws. No DOM.

/** The pixels on one side of a line between two rows, or any others. */
export class Part {
  /**
   * @param {number} pixels D
   * @param {number} edge pixels above the line
   * @param {boolean} [below] the pixels below the line are given, in place of those above
   * @param {ArrayLike<number> | null} [mask] (D) 1 where a pixel is given, in place of all by the line
   * @param {ArrayLike<number> | null} [order] (D) of the network, where it is not that of the raster
   */
  constructor(pixels, edge, below = false, mask = null, order = null) {
    this.pixels = pixels;
    this.edge = edge;
    this.below = below;
    this.mask = mask;
    const all = order
      ? Int32Array.from(order)
      : Int32Array.from({ length: pixels }, (_, index) => index);
    /** The network's own order. */
    this.order = all;
    /** The pixels that are drawn, the first one first. */
    this.drawn = all.filter((index) => !this.given(index));
    /** Pixels that are drawn. */
    this.count = this.drawn.length;
    this.place = new Int32Array(pixels).fill(-1); // among those that are drawn
    this.drawn.forEach((index, place) => (this.place[index] = place));
    const first = all.findIndex((index) => !this.given(index));
    /** Given pixels that come after the first drawn one in that order. */
    this.late = first < 0 ? all.slice(0, 0) : all.slice(first).filter((index) => this.given(index));
  }

  /** @param {number} index */
  given(index) {
    return this.mask ? this.mask[index] > 0 : index >= this.edge === this.below;
  }

  /** Whether a pixel is there, once so many are drawn. @param {number} index @param {number} drawn */
  there(index, drawn) {
    return this.place[index] < drawn;
  }

  /** What is given, in a few signs: equal for equal parts alone. */
  get key() {
    return this.mask ? Array.from(this.mask).join("") : `${this.edge} ${this.below}`;
  }

  /**
   * The levels as the engine takes them: -1 where it is to draw.
   *
   * @param {Uint8Array} x (D)
   */
  levels(x) {
    return Int16Array.from(x, (level, index) => (this.given(index) ? level : -1));
  }

  /** The order in which what is given comes first, then the rest, each part in the network's order. */
  givenFirst() {
    const given = this.order.filter((index) => this.given(index));
    return Int32Array.from([...given, ...this.drawn]);
  }

  /** The sum of an array (D) from `first` on, over the pixels that are given. @param {ArrayLike<number>} values @param {number} first */
  sumGiven(values, first) {
    let total = 0;
    for (let index = 0; index < this.pixels; index++)
      if (this.place[index] < 0) total += values[first + index];
    return total;
  }

  /** The same over the first so many pixels that are drawn. @param {ArrayLike<number>} values @param {number} first @param {number} drawn */
  sumDrawn(values, first, drawn) {
    let total = 0;
    for (let step = 0; step < drawn; step++) total += values[first + this.drawn[step]];
    return total;
  }

  /** The same over the given pixels that come too late to be read. @param {ArrayLike<number>} values @param {number} first */
  sumLate(values, first) {
    return this.late.reduce((total, index) => total + values[first + index], 0);
  }
}
