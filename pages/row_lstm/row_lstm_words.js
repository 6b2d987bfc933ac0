// What the picture of a Row LSTM says beside the grid.

import { percent, plural } from "../ui/browser/numbers.js";

/** @typedef {import("./row_lstm_reads.js").RowReads} RowReads */
/** @typedef {import("./row_lstm_reads.js").RowPlace} RowPlace */
/** @typedef {import("./row_lstm_reads.js").RowCounts} RowCounts */

/**
 * What a kernel is called.
 *
 * @param {string} name of `meta.masks`
 * @param {number | null} firstKernel
 */
export function kernelWords(name, firstKernel) {
  if (name === "first") return "first convolution, mask A";
  if (name === "input to state") return `${name}, mask ${firstKernel === null ? "A" : "B"}`;
  if (name === "state to state") return `${name}, on the row above`;
  return `${name}, mask B`;
}

/**
 * How many pixels are read.
 *
 * @param {RowReads} reads
 * @param {RowPlace} place
 * @param {RowCounts} counts
 */
export function readWords(reads, { target, rows }, { seen, limited, blind }) {
  if (!target) return "nothing comes before the first pixel<span>&nbsp;</span>";
  const left = reads.above(target) - rows;
  if (left)
    return `reads <b>${seen}</b> of ${target} so far<span>${plural(left, "row")} not followed yet</span>`;
  return `reads <b>${seen}</b> of ${target} (${percent(seen, target)})<span>${limited} more with more layers · ${blind || "none"} never</span>`;
}

/**
 * Why the pixels stand where they do, for the form that is shown.
 *
 * @param {number | null} first side of the first convolution
 * @param {RowPlace} place
 * @param {RowCounts} counts
 */
export function formWords(first, { layers, rows }, { seen, states, unread }) {
  const under = states
    ? `${unread} of the ${plural(states, "state")} above the target ${unread === 1 ? "stands on a pixel" : "stand on pixels"} that the target does not read.`
    : "";
  if (first === null && !rows) {
    const which = layers === 1 ? "The layer" : "The first layer";
    return `<b>The bare form.</b> ${which} reads the image itself, with mask A: a state does not read the pixel at its own place.`;
  }
  if (first === null) {
    const why =
      layers === 1
        ? "The layer reads the image with mask A. So a state does not hold the pixel at its own place, only pixels on its left."
        : "Further layers read the features at their own place, but the features come from mask A and end one column to the left. More layers read more on the left only.";
    return `<b>Pixels are not states.</b> ${why} The pixels end one column before the states. ${under}`;
  }
  const reach = (first - 1) / 2;
  const why = `The ${first}×${first} convolution reads ${plural(reach, "row")} up and ${plural(reach, "column")} to the right before the first state is computed.`;
  if (unread) return `<b>The first convolution makes up for a part of it.</b> ${why} ${under}`;
  const beside = seen > states ? ", and others beside them" : "";
  const all = states
    ? `The target reads the pixels at ${states === 1 ? "the only state" : `all ${states} states`} above it${beside}.`
    : "";
  return `<b>The first convolution makes up for it.</b> ${why} ${all}`;
}

/**
 * What the rows that are followed bring.
 *
 * @param {RowReads} reads
 * @param {RowPlace} place
 */
export function rowWords(reads, place) {
  const { target, layers, rows } = place;
  const above = reads.above(target);
  if (!target)
    return "<b>The first pixel.</b> No pixel comes before it: its distribution is the same for every image.";
  if (!above)
    return "<b>The first row.</b> No state is above it: the target reads what the kernels reach on its left.";
  const inLayer = layers > 1 ? ` of layer ${layers}` : "";
  const below =
    layers > 1
      ? ` Each state also reads features of layer ${layers - 1}, which has triangles of its own.`
      : "";
  if (!rows)
    return `<b>The target's state</b>${inLayer} reads what its own kernel reaches. Press play: it also reads states of the row above, and through them the rows further up.${below}`;
  const fresh = reads.newest(place);
  const top = rows === above ? " That is all: above the first row the state is 0." : "";
  return `<b>${plural(rows, "row")} up</b>: ${plural(fresh, "state")}${inLayer} ${fresh === 1 ? "reaches" : "reach"} the target from there.${top}${below}`;
}

/**
 * How one state is made from those of the row above, while they are handed down.
 *
 * @param {{ place: number, sources: number[] } | null} state
 * @param {number} columns
 */
export function handedWords(state, columns) {
  if (!state) return "";
  /** @param {number} place */
  const rowOf = (place) => Math.floor(place / columns);
  const taken = state.sources.map((source) => source % columns);
  const [first, last] = [taken[0], taken[taken.length - 1]];
  const which = taken.length > 1 ? `columns ${first} to ${last}` : `column ${first}`;
  return `<b>Row ${rowOf(state.place) - 1} hands down its states.</b> Kˢˢ takes ${plural(taken.length, "state")} of it (${which}) and gives the new state in row ${rowOf(state.place)}, column ${state.place % columns}. So does each other place of this row, with the same kernel.`;
}

/**
 * What a pixel is to the target.
 *
 * @param {RowReads} reads
 * @param {RowPlace} place
 * @param {number} pixel
 * @param {{ name: (index: number) => string, first: number | null }} said `name`: what a pixel is
 *   called in a sentence; `first`: side of the first convolution
 */
export function rowPixelWords(reads, place, pixel, { name, first }) {
  const { target, layers, rows } = place;
  const called = `<b>${name(pixel).replace("row", "Row")}</b>`;
  if (pixel === target)
    return `${called}, the target: what is predicted. Its state is used, its value is not read.`;
  if (pixel > target) return `${called} is in the future: it is drawn after the target.`;
  const up = reads.readAt(pixel, target, layers);
  const stands = reads.state(pixel, target) <= rows;
  if (up <= rows) {
    const reader = name(reads.chain(pixel, target, layers).slice(-1)[0]);
    const by = up ? `the state at ${reader}, ${plural(up, "row")} up` : "the target's own state";
    const below = first === null ? "" : ", through the first convolution";
    const through = layers > 1 ? ", through the layers below" : below;
    return `${called} is read by ${by}${through}.${stands ? " The state at this place reaches the target too." : ""}`;
  }
  if (reads.markOf(pixel, place) === "blank") return `${called}: not known yet. Follow more rows.`;
  const fewest = reads.fewest(pixel, target);
  const when =
    fewest === null
      ? "is never read, at any depth"
      : `is read with ${fewest} layers or more; the picture shows ${layers}`;
  const state = stands
    ? " The <b>state</b> at this place reaches the target, its <b>pixel</b> does not."
    : "";
  return `${called} ${when}.${state}`;
}
