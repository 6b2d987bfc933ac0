// What each network reads for a target, looked up in its table; and how grids are laid out. No DOM.

export const NEVER_READ = 255; // in a table of first layers: no depth reads this pixel

/** @typedef {{ seen: number, limited: number, blind: number, fresh: number, gained: number, lost: number }} Counts */

/**
 * @typedef {object} Standing Where the picture stands.
 * @property {number} target flat index
 * @property {(word: string) => number} depthOf layers after the first of a network
 * @property {string | null} against the network that the others are compared with
 */

export class ContextReads {
  /**
   * @param {Record<string, ArrayLike<number>>} tables of each network (D, D) first layers, [target, pixel]
   * @param {number} pixels D
   */
  constructor(tables, pixels) {
    this.tables = tables;
    this.pixels = pixels;
  }

  /** The first layer that reads a pixel. @param {string} word @param {number} pixel @param {number} target */
  first(word, pixel, target) {
    return this.tables[word][target * this.pixels + pixel];
  }

  /** @param {string} word @param {number} pixel @param {Standing} stand */
  reads(word, pixel, { target, depthOf }) {
    return pixel < target && this.first(word, pixel, target) <= depthOf(word);
  }

  /**
   * The mark of a pixel: a name of marks.js, or null for the target.
   *
   * @param {string} word
   * @param {number} pixel
   * @param {Standing} stand
   */
  markOf(word, pixel, stand) {
    const { target, against } = stand;
    if (pixel === target) return null;
    if (pixel > target) return "future";
    const read = this.reads(word, pixel, stand);
    if (against !== null && word !== against) {
      const there = this.reads(against, pixel, stand);
      return read ? (there ? "seen" : "gained") : there ? "lost" : "blank";
    }
    if (read) return "seen";
    return this.first(word, pixel, target) === NEVER_READ ? "blind" : "depth-limited";
  }

  /** How many earlier pixels there are of each kind. @param {string} word @param {Standing} stand @returns {Counts} */
  count(word, stand) {
    const counts = { seen: 0, limited: 0, blind: 0, fresh: 0, gained: 0, lost: 0 };
    for (let pixel = 0; pixel < stand.target; pixel++) {
      const first = this.first(word, pixel, stand.target);
      const read = this.reads(word, pixel, stand);
      if (read) counts.seen++;
      else if (first === NEVER_READ) counts.blind++;
      else counts.limited++;
      counts.fresh += Number(first === stand.depthOf(word));
      if (stand.against === null) continue;
      const there = this.reads(stand.against, pixel, stand);
      counts.gained += Number(read && !there);
      counts.lost += Number(there && !read);
    }
    return counts;
  }
}

const ALONE = 0.7; // what a grid is worth where one stands alone in the last row

/**
 * One large grid and the others in a line below it: for a phone.
 *
 * @param {number} count of grids, more than one
 * @param {number} width CSS pixels
 * @param {number} gap
 */
export function oneLarge(count, width, gap) {
  const across = count - 1;
  return { across, side: Math.floor((width - gap * (across - 1)) / across) };
}

/**
 * Grids as large as the room allows: how many stand side by side, and their side. The rows are filled
 * evenly, and one grid alone in the last row is a last resort. Where the last row has a place free, what
 * is said below the grids may stand there, and the grids have its height too.
 *
 * @param {number} count how many grids
 * @param {{ width: number, height: number, gap: number, words: number, least: number,
 *   said?: { height: number, width: number, tall: number } }} room in CSS pixels; `words` is what the
 *   lines over and under each grid take, `said` what is said below all of them takes there, and what it
 *   takes at least beside the last one
 * @returns {{ across: number, side: number, beside: number }} `beside` is the width of the free place
 *   for what is said, 0 where that stands below
 */
export function arrange(count, { width, height, gap, words, least, said }) {
  let best = { across: 1, side: 0, beside: 0, worth: 0 };
  for (let across = 1; across <= count; across++) {
    const rows = Math.ceil(count / across);
    if (Math.ceil(count / rows) < across) continue; // as many rows, and the last one would be shorter
    const wide = (width - gap * (across - 1)) / across;
    const alone = rows > 1 && count % across === 1;
    /** @param {number} all height of all rows */
    const sideIn = (all) =>
      Math.floor(Math.min(wide, Math.max(least, (all - gap * (rows - 1)) / rows - words)));
    const options = [{ side: sideIn(height), beside: 0 }];
    if (said && rows > 1 && count % across) {
      const side = sideIn(height + said.height);
      const beside = Math.floor(width - (count % across) * (side + gap));
      if (beside >= said.width && side + words >= said.tall) options.push({ side, beside });
    }
    for (const { side, beside } of options) {
      const worth = alone ? ALONE * side : side;
      if (worth >= best.worth) best = { across, side, beside, worth };
    }
  }
  return { across: best.across, side: best.side, beside: best.beside };
}
