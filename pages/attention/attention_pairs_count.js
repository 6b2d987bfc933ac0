// How many pairs of a pixel and an earlier one an image has. No DOM.

/** Pairs among the first n pixels. @param {number} n */
export const pairsOf = (n) => (n * (n - 1)) / 2;

/** Diagonals of an image, which a Diagonal BiLSTM steps through. @param {number} side */
export const diagonalsOf = (side) => 2 * side - 1;

/**
 * What the table says of an image of each side.
 *
 * @param {number[]} sides
 * @param {number} shown the side whose pairs may be told even while the others are covered
 * @param {boolean} covered
 * @returns {{ side: number, pixels: number, pairs: number | null, diagonals: number }[]}
 */
export function costRows(sides, shown, covered) {
  return sides.map((side) => ({
    side,
    pixels: side ** 2,
    pairs: covered && side !== shown ? null : pairsOf(side ** 2),
    diagonals: diagonalsOf(side),
  }));
}

/**
 * The sentence under the picture after some queries.
 *
 * @param {number} done queries, in raster order
 * @param {number} side
 * @param {(value: number) => string} whole how a number is written
 */
export function pairsSentence(done, side, whole) {
  const all = side ** 2;
  const sum = `${whole(pairsOf(done))} of ${whole(pairsOf(all))} pairs`;
  if (done === 0) return `No query yet: ${sum}.`;
  const [row, column] = [Math.floor((done - 1) / side), (done - 1) % side];
  const keys = done === 2 ? "1 earlier key" : `${whole(done - 1)} earlier keys`;
  return `The query of (${row}, ${column}) meets ${keys}: ${sum} so far.`;
}
