// What a Diagonal BiLSTM reads, and where its skew puts each pixel, looked up in the tables of
// arviz_models/analysis/diagonals.py.

/** @typedef {"direct" | "mirrored"} Way a direction: from the upper left, or from the upper right */
/** @typedef {Way | "output"} PanelName */
/** @typedef {"primer" | "skew" | "mirror" | "sweep"} ViewName */
/** @typedef {{ target: number, view: ViewName, step: number | null, node: string }} DiagonalStart */

/**
 * What Python sends (pages/diagonal_bilstm/network.py), besides what every picture of a target is
 * told.
 *
 * @typedef {object} DiagonalMetaParts
 * @property {boolean} shift whether the second direction is moved down by a row
 * @property {boolean} full whether it starts from features of mask B
 * @property {ViewName[]} views that there are
 * @property {DiagonalStart} start where a link that says nothing begins
 * @property {string[]} hidden what is covered: "arrows" of the bidirectional RNN
 * @property {Record<string, string>} words what the legend calls a mark
 */

/** @typedef {import("../ui/browser/field_view.js").FieldMeta & DiagonalMetaParts} DiagonalMeta */

/**
 * For D pixels, [target, pixel], flat: the first layer that reads a pixel; 255: none. The skewed maps
 * are (rows, columns + rows - 1), the pixel that stands there or -1. The primer's are (inputs,
 * inputs), whether a state reads an input.
 *
 * @typedef {{ output: Uint8Array, direct: Uint8Array, mirrored: Uint8Array,
 *   "followed direct": Uint8Array, "followed mirrored": Uint8Array,
 *   "states direct": Uint8Array, "states mirrored": Uint8Array,
 *   "skewed direct": Int32Array, "skewed mirrored": Int32Array,
 *   "primer direct": Uint8Array, "primer mirrored": Uint8Array }} DiagonalTables
 */

/** @type {Way[]} */
export const WAYS = ["direct", "mirrored"];
/** @type {Record<Way, string>} */
export const WAY_NAMES = { direct: "first direction", mirrored: "second direction" };
const UNREAD = 255;

/** Where the skew puts each pixel, and which pixels are computed at once. */
export class SkewedMaps {
  /**
   * @param {{ rows: number, columns: number }} shape of the image
   * @param {Pick<DiagonalTables, "skewed direct" | "skewed mirrored">} tables
   */
  constructor({ rows, columns }, tables) {
    this.diagonals = columns + rows - 1;
    this.maps = { direct: tables["skewed direct"], mirrored: tables["skewed mirrored"] };
    /** @type {Record<Way, [number, number][]>} row and column of each pixel in a map */
    this.places = { direct: [], mirrored: [] };
    /** @type {Record<Way, number[][]>} the pixels on each diagonal */
    this.onDiagonal = { direct: [], mirrored: [] };
    for (const way of WAYS) {
      this.onDiagonal[way] = Array.from({ length: this.diagonals }, () => []);
      Array.from(this.maps[way]).forEach((index, cell) => {
        if (index < 0) return;
        const [row, column] = [Math.floor(cell / this.diagonals), cell % this.diagonals];
        this.places[way][index] = [row, column];
        this.onDiagonal[way][column].push(index);
      });
    }
  }

  /**
   * The pixels whose states the one at `index` reads: the cells at (r, t - 1) and (r - 1, t - 1).
   *
   * @param {Way} way
   * @param {number} index
   */
  before(way, index) {
    const [row, column] = this.places[way][index];
    /** @param {number} r @param {number} t */
    const at = (r, t) => (r < 0 || t < 0 ? -1 : this.maps[way][r * this.diagonals + t]);
    return [at(row, column - 1), at(row - 1, column - 1)].filter((found) => found >= 0);
  }

  /** @param {Way} way @param {number} index */
  diagonalOf(way, index) {
    return this.places[way][index][1];
  }
}

/** Which pixels a direction or the output reads, at a target and a number of layers. */
export class DiagonalReads {
  /**
   * @param {number} pixels
   * @param {Pick<DiagonalTables, PanelName>} tables
   */
  constructor(pixels, tables) {
    this.pixels = pixels;
    this.tables = tables;
  }

  /**
   * The first layer that reads a pixel, 0 for the first convolution; null where none does.
   *
   * @param {PanelName} panel
   * @param {number} pixel
   * @param {number} target
   */
  first(panel, pixel, target) {
    const layer = this.tables[panel][target * this.pixels + pixel];
    return layer === UNREAD ? null : layer;
  }

  /**
   * @param {PanelName} panel
   * @param {number} pixel
   * @param {{ target: number, depth: number }} place
   */
  isRead(panel, pixel, { target, depth }) {
    return (this.first(panel, pixel, target) ?? UNREAD) <= depth;
  }

  /**
   * The mark of a pixel in a panel, or null: earlier, and not read by this direction; or the target.
   *
   * @param {PanelName} panel
   * @param {number} pixel
   * @param {{ target: number, depth: number }} place
   */
  markOf(panel, pixel, place) {
    const { target } = place;
    const read = this.isRead(panel, pixel, place);
    if (read && pixel >= target) return "leak";
    if (panel !== "output") return read ? panel : pixel > target ? "future" : null;
    if (pixel === target) return null;
    if (pixel > target) return "future";
    const [direct, mirrored] = WAYS.map((way) => this.isRead(way, pixel, place));
    if (direct && mirrored) return "both";
    if (mirrored) return "mirrored";
    if (read) return "direct";
    return this.first("output", pixel, target) === null ? "blind" : "depth-limited";
  }

  /**
   * How many earlier pixels are read, how many others leak, how many are never read.
   *
   * @param {PanelName} panel
   * @param {{ target: number, depth: number }} place
   */
  count(panel, place) {
    const counts = { read: 0, leaks: 0, blind: 0 };
    for (let pixel = 0; pixel < this.pixels; pixel++) {
      const read = this.isRead(panel, pixel, place) ? 1 : 0;
      if (pixel >= place.target) counts.leaks += read;
      else {
        counts.read += read;
        if (this.first("output", pixel, place.target) === null) counts.blind++;
      }
    }
    return counts;
  }
}
