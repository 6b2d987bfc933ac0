// Where the parts of NADE's picture stand. No DOM.

/**
 * @typedef {object} Units The block of hidden units.
 * @property {number} count
 * @property {number} columns
 * @property {number} pitch from one unit to the next, CSS pixels
 * @property {number} left
 * @property {number} top
 * @property {boolean} round few enough to be drawn as circles
 */

const ROUND_UP_TO = 40; // units that are drawn as circles
const TITLES = 24; // height of the line of titles
const EDGE = 3;

/**
 * @param {number} width of the picture, CSS pixels
 * @param {number} tall most that an image may take
 * @param {number} H number of hidden units
 * @returns {{ side: number, top: number, left: number, right: number, height: number, units: Units }}
 *   left and right: where x and p begin
 */
export function nadeLayout(width, tall, H, less = 0) {
  const narrow = width < 560;
  const middle = narrow ? 0.16 : H > ROUND_UP_TO ? 0.19 : 0.15; // of the width, for the hidden units
  const usual = Math.min((width * (1 - middle)) / 2 - 6, Math.max(160, tall));
  const side = less ? Math.max(110, usual - less) : usual;
  const gap = width - 2 * side - 6;
  const square = Math.max(1, Math.round(Math.sqrt((H * Math.min(gap * 0.34, 110)) / side)));
  const columns = H > ROUND_UP_TO ? square : narrow ? 1 : 2;
  const rows = Math.ceil(H / columns);
  const pitch = Math.min(side / rows, 16);
  return {
    side,
    top: TITLES,
    left: EDGE,
    right: width - side - EDGE,
    height: TITLES + side + 6,
    units: {
      count: H,
      columns,
      pitch,
      left: (width - columns * pitch) / 2,
      top: TITLES + (side - rows * pitch) / 2,
      round: H <= ROUND_UP_TO,
    },
  };
}

/** Middle of hidden unit k. @param {Units} units @param {number} k @returns {[number, number]} */
export function unitCentre({ left, top, columns, pitch }, k) {
  return [left + ((k % columns) + 0.5) * pitch, top + (Math.floor(k / columns) + 0.5) * pitch];
}

/** The hidden unit at a point, or -1. @param {Units} units @param {number} x @param {number} y */
export function unitAt({ count, left, top, columns, pitch }, x, y) {
  const column = Math.floor((x - left) / pitch);
  const row = Math.floor((y - top) / pitch);
  const unit = row * columns + column;
  return column >= 0 && column < columns && row >= 0 && unit < count ? unit : -1;
}

/**
 * The hidden units whose lines are drawn, the weakest first.
 *
 * @param {number} count
 * @param {(k: number) => number} weightOf
 * @param {number} most
 */
export function strongest(count, weightOf, most) {
  return Array.from({ length: count }, (_, k) => k)
    .filter((k) => weightOf(k) !== 0)
    .sort((i, j) => Math.abs(weightOf(j)) - Math.abs(weightOf(i)))
    .slice(0, most)
    .reverse();
}
