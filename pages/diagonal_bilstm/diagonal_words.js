// What the picture of a Diagonal BiLSTM says, and what its legends call each mark.

import { plural } from "../ui/browser/numbers.js";
import { subscript } from "./diagonal_primer.js";
import { WAY_NAMES } from "./diagonal_reads.js";

/** @typedef {import("./diagonal_reads.js").Way} Way */
/** @typedef {import("./diagonal_reads.js").ViewName} ViewName */
/** @typedef {import("./diagonal_reads.js").SkewedMaps} SkewedMaps */
/** @typedef {import("./diagonal_primer.js").PrimerNode} PrimerNode */
/** @typedef {(index: number) => string} Named what a pixel is called in a sentence */

/** @param {string[]} names */
export const listedWords = (names) =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.slice(-1)[0]}`;

/** At the beginning of a sentence. @param {string} name */
export const begun = (name) => `<b>${name.replace("row", "Row")}</b>`;

/**
 * What a node of the bidirectional RNN reads, or what is computed now.
 *
 * @param {PrimerNode} node that is pointed at
 * @param {number} step
 * @param {import("./diagonal_primer.js").PrimerReads} reads
 * @param {Iterable<PrimerNode>} nodes all of them
 */
export function primerWords(node, step, reads, nodes) {
  if (node.time > step) {
    const now = [...nodes].filter(({ time, kind }) => time === step && kind !== "x");
    const names = listedWords(now.map(({ kind, i }) => `${kind}${subscript(i)}`));
    return names
      ? `<b>Step ${step}.</b> ${names} ${now.length > 1 ? "are" : "is"} computed. The two directions do not read each other, so they run at the same time.`
      : "<b>Before the first step.</b> Nothing is computed yet. Each step computes one state in each direction.";
  }
  const { kind, i } = node;
  const called = `<b>${kind}${subscript(i)}</b>`;
  if (kind === "x")
    return `${called} is an input. Point at a state or an output to see what it reads.`;
  const { direct, mirrored } = reads.of(node);
  /** @param {number[]} found */
  const inputs = (found) => listedWords(found.map((j) => `x${subscript(j)}`));
  if (kind === "f") return `${called}, a forward state, reads ${inputs(direct)}.`;
  if (kind === "b") return `${called}, a backward state, reads ${inputs(mirrored)}.`;
  const all = new Set([...direct, ...mirrored]).size;
  const count = all === reads.inputs ? `all ${all} inputs` : plural(all, "input");
  return `${called} reads ${inputs(direct)} forward and ${inputs(mirrored)} backward: ${count}.`;
}

/**
 * Where the skew puts a pixel, and whose states it reads.
 *
 * @param {SkewedMaps} maps
 * @param {Way} way
 * @param {number} at
 * @param {{ columns: number, name: Named }} said
 */
export function skewWords(maps, way, at, { columns, name }) {
  const diagonal = maps.diagonalOf(way, at);
  const side = way === "direct" ? "on its left" : "on its right";
  const row = Math.floor(at / columns);
  const named = maps
    .before(way, at)
    .map((index) => (Math.floor(index / columns) === row ? side : "above"));
  const states = named.length > 1 ? "states" : "state";
  const what = named.length
    ? `reads the ${states} ${listedWords(named)}, in column ${diagonal} of the map`
    : "reads no state: the direction begins here";
  const move = way === "mirrored" ? "The image is mirrored first. Then row r moves" : "Row r moves";
  return `${begun(name(at))} stands on diagonal ${diagonal + 1} and ${what}. ${move} right by r columns, and each diagonal becomes a column: one 2×1 kernel on the column before computes all its pixels at once.`;
}

/**
 * How far the sweep is, or when a pixel is computed.
 *
 * @param {SkewedMaps} maps
 * @param {Way} way
 * @param {number} time how many diagonals are computed
 * @param {number} hovered the pixel under the pointer, or -1
 * @param {{ pixels: number, name: Named }} said
 */
export function sweepWords(maps, way, time, hovered, { pixels, name }) {
  const { diagonals } = maps;
  if (hovered >= 0) {
    const diagonal = maps.diagonalOf(way, hovered);
    const count = maps.before(way, hovered).length;
    const others = maps.onDiagonal[way][diagonal].length - 1;
    const reads = count
      ? `It reads ${plural(count, "state")} of step ${diagonal}.`
      : "It reads no state.";
    const alone = others ? `together with ${plural(others, "other pixel")}` : "alone";
    return `${begun(name(hovered))}: computed in step ${diagonal + 1} of the ${WAY_NAMES[way]}, ${alone}. ${reads}`;
  }
  if (!time)
    return `<b>Before the first step.</b> Press play: ${pixels} pixels, ${diagonals} diagonals, one step for each diagonal.`;
  const now = maps.onDiagonal[way][time - 1].length;
  const done = maps.onDiagonal[way].slice(0, time).flat().length;
  const title = way === "direct" ? "First direction" : "Second direction, mirrored";
  const end =
    time === diagonals
      ? ` All ${pixels} pixels in ${diagonals} steps.`
      : ` So far ${plural(done, "pixel")} in ${plural(time, "step")}. One by one the whole image takes ${pixels} steps instead of ${diagonals}.`;
  return `<b>${title}, step ${time} of ${diagonals}: ${plural(now, "pixel")} at once.</b>${end} The two directions are independent.`;
}

/**
 * The marks of a view's legend, and what they mean.
 *
 * @param {ViewName} view
 * @returns {[string, string][]}
 */
export function legendOf(view) {
  if (view === "primer")
    return [
      ["target", "pointed at"],
      ["direct", "read forward"],
      ["mirrored", "read backward"],
      ["both", "read both ways"],
      ["now", "computed in this step"],
    ];
  if (view === "sweep")
    return [
      ["target", "target, and the states it reads"],
      ["now", "computed in this step, at once"],
      ["direct", "first direction, done"],
      ["mirrored", "second direction, done"],
      ["future", "not yet"],
    ];
  return [
    ["target", "target"],
    [view === "mirror" ? "mirrored" : "direct", "whose states it reads"],
    ["now", "its diagonal: computed at once"],
    ["blank", "other pixels"],
  ];
}
