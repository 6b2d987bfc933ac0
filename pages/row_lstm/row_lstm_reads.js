// What Row LSTMs read, looked up in the tables of arviz_models/analysis/row_reads.py.

/**
 * What Python sends (pages/row_lstm/reads.py), besides what every picture of a target is told.
 *
 * @typedef {object} RowMetaParts
 * @property {number | null} first_kernel side of the first convolution; null in the bare form
 * @property {number} kernel k
 * @property {number} most_layers of the slider
 * @property {Record<string, number[][]>} masks rows of each kernel: 1 used, 0 masked
 * @property {Record<string, string>} words what the legend calls a mark
 * @property {RowPlace} start where a link that says nothing begins
 * @property {string[]} hidden "above": what the states above the target read
 */

/** @typedef {import("../ui/browser/field_view.js").FieldMeta & RowMetaParts} RowMeta */

/**
 * For each target and pixel, flat; 255: none at all.
 *
 * @typedef {object} RowTables
 * @property {Uint8Array} states (D, D), rows from the target up to the state at a place that reaches it
 * @property {Uint8Array} rows (layers, D, D), rows up to the lowest state that reads a pixel
 * @property {Uint8Array} layers (D, D), the fewest layers that read a pixel
 */

/** @typedef {{ target: number, layers: number, rows: number }} RowPlace `rows`: followed upwards */
/** @typedef {{ seen: number, limited: number, blind: number, states: number, unread: number }} RowCounts */

const NO_STATE = 255;

export class RowReads {
  /**
   * @param {{ rows: number, columns: number }} shape of the image
   * @param {RowTables} tables
   */
  constructor({ rows, columns }, tables) {
    this.columns = columns;
    this.pixels = rows * columns;
    this.tables = tables;
  }

  /** How many rows there are above a pixel. @param {number} pixel */
  above(pixel) {
    return Math.floor(pixel / this.columns);
  }

  /** Rows from a target up to the state at a place, if it reaches it. @param {number} place @param {number} target */
  state(place, target) {
    return this.tables.states[target * this.pixels + place];
  }

  /**
   * Rows from a target up to the lowest state that reads a pixel and reaches the target.
   *
   * @param {number} pixel
   * @param {number} target
   * @param {number} layers
   */
  readAt(pixel, target, layers) {
    return this.tables.rows[((layers - 1) * this.pixels + target) * this.pixels + pixel];
  }

  /** The fewest layers that read a pixel; null where none do. @param {number} pixel @param {number} target */
  fewest(pixel, target) {
    const layers = this.tables.layers[target * this.pixels + pixel];
    return layers === NO_STATE ? null : layers;
  }

  /**
   * A name of marks.js; "blank" where it depends on rows that are not followed yet.
   *
   * @param {number} pixel
   * @param {RowPlace} place
   */
  markOf(pixel, { target, layers, rows }) {
    if (pixel >= target) return pixel === target ? "blank" : "future";
    if (this.readAt(pixel, target, layers) <= rows) return "seen";
    if (this.above(pixel) < this.above(target) - rows) return "blank";
    return this.fewest(pixel, target) === null ? "blind" : "depth-limited";
  }

  /**
   * How many pixels have each mark, and on how many of them a state stands.
   *
   * @param {RowPlace} place
   * @returns {RowCounts}
   */
  count(place) {
    const counts = { seen: 0, limited: 0, blind: 0, states: 0, unread: 0 };
    for (let pixel = 0; pixel < place.target; pixel++) {
      const mark = this.markOf(pixel, place);
      if (mark === "seen") counts.seen++;
      if (mark === "depth-limited") counts.limited++;
      if (mark === "blind") counts.blind++;
      if (this.state(pixel, place.target) > place.rows) continue;
      counts.states++;
      if (mark !== "seen") counts.unread++;
    }
    return counts;
  }

  /** How many states of the highest row that is followed reach the target. @param {RowPlace} place */
  newest({ target, rows }) {
    let found = 0;
    for (let pixel = 0; pixel < target; pixel++) if (this.state(pixel, target) === rows) found++;
    return found;
  }

  /** @param {number} one @param {number} other */
  distance(one, other) {
    return Math.hypot(
      this.above(one) - this.above(other),
      (one % this.columns) - (other % this.columns),
    );
  }

  /**
   * From a target over the states of the recurrence to the one that reads a pixel.
   *
   * @param {number} pixel one that is read
   * @param {number} target
   * @param {number} layers
   */
  chain(pixel, target, layers) {
    const up = this.readAt(pixel, target, layers);
    const all = Array.from({ length: target + 1 }, (_, place) => place);
    /** @param {number[]} places @param {number} to */
    const nearest = (places, to) =>
      places.sort((a, b) => this.distance(a, to) - this.distance(b, to))[0];
    const reader = nearest(
      all.filter(
        (place) => this.state(place, target) === up && this.readAt(pixel, place, layers) === 0,
      ),
      pixel,
    );
    const places = [target];
    for (let left = up - 1; left >= 0; left--) {
      const last = places[places.length - 1];
      const next = all.filter(
        (place) => this.state(place, last) === 1 && this.state(reader, place) === left,
      );
      places.push(nearest(next, reader));
    }
    return places;
  }
}
