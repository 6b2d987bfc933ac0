// What the comparison says and orders. No DOM.

import { TOP } from "../ui/browser/completion_draw.js";
import { decimals, probability, whole } from "../ui/browser/numbers.js";
import { niceStep } from "../ui/browser/scale.js";

/**
 * @typedef {object} Model What compare.py `_model` tells of one.
 * @property {string} id
 * @property {string} title
 * @property {string} note what has to be known of its NLL
 * @property {number} parameters
 * @property {number} [nats] of the picture, once it is shown
 * @property {number} [bits] the same in bits/dim
 * @property {import("./lab_range.js").Range | null} [range] of the test images
 * @property {number} [ms] that one sample takes
 * @property {number} [samples] that were timed
 */

const LEAST = 76; // CSS pixels of a map, below which the panels scroll
const LEAST_OF_A_PHONE = 92;

/** Marks of a pixel, to the target: drawn after it, itself, read, drawn before it and not read. */
export const CLASSES = ["future", "blank", "seen", "blank"];
/** @type {Record<string, string>} */
export const CLASS_WORDS = {
  seen: "read for it",
  blank: "drawn before it, not read",
  future: "drawn after it",
};

/**
 * What a model reads for a target: an index into CLASSES for each pixel.
 *
 * @param {ArrayLike<number>} bits (D, ceil(D / 8)): a row for each target, the first bit the highest
 * @param {ArrayLike<number>} order (D) the pixel drawn at each step
 * @param {number} target
 */
export function readFor(bits, order, target) {
  const pixels = order.length;
  const stride = Math.ceil(pixels / 8);
  const found = new Uint8Array(pixels);
  let before = true;
  for (let step = 0; step < pixels; step++) {
    const pixel = order[step];
    if (pixel === target) before = false;
    const bit = (bits[target * stride + (pixel >> 3)] >> (7 - (pixel & 7))) & 1;
    found[pixel] = pixel === target ? 1 : bit ? 2 : before ? 3 : 0;
  }
  return found;
}

/**
 * A ranking after a model was pressed: it takes the next place, or gives its place up.
 *
 * @param {string[]} ranking
 * @param {string} id
 */
export const pressed = (ranking, id) =>
  ranking.includes(id) ? ranking.filter((each) => each !== id) : [...ranking, id];

/**
 * Columns of the panels and the side of their maps, so that all are seen.
 *
 * @param {number} count of models
 * @param {number} width CSS pixels that all may take
 * @param {number} height
 * @param {number} words height of what stands around a map
 * @param {boolean} [phone] whose names stand beside their places
 */
export function panelsLayout(count, width, height, words, phone = false) {
  const gap = 10;
  const least = phone ? LEAST_OF_A_PHONE : LEAST;
  let best = { columns: 1, side: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const across = (width - (columns - 1) * gap) / columns;
    const rows = Math.ceil(count / columns);
    const down = (height - (rows - 1) * gap) / rows - words;
    const side = Math.floor(Math.min(across, down, 260));
    if (side > best.side) best = { columns, side };
  }
  if (best.side >= least) return best;
  const columns = Math.max(1, Math.floor((width + gap) / (least + gap)));
  return { columns, side: Math.floor((width - (columns - 1) * gap) / columns) };
}

/**
 * The same where it is presented: the picture may stand among the maps, and is as large as they are, so
 * that these have the whole width.
 *
 * @param {number} count of models
 * @param {number} width CSS pixels of all
 * @param {number} height
 * @param {number} words height of what stands around a map
 * @param {number} own width of the picture where it stands beside the maps, with the gap
 */
export function presentedLayout(count, width, height, words, own) {
  const beside = panelsLayout(count, width - own, height, words);
  const among = panelsLayout(count + 1, width, height, words);
  return among.side > beside.side ? { ...among, among: true } : { ...beside, among: false };
}

/** The NLL of the picture, as a panel has it. @param {Model} model */
export const nllInWords = ({ nats = NaN }) => `${decimals(nats, 1)} nats`;

/** The same for a dimension, and the time of a sample. @param {Model} model */
export const moreInWords = ({ bits = NaN, ms }) =>
  `${decimals(bits, 3)} bits/dim, ${ms === undefined ? "… ms" : `${decimals(ms, ms < 10 ? 1 : 0)} ms`}`;

/**
 * The upper end of the ramp of all maps: that of the completions, or less where no pixel comes near
 * it, as on an empty page.
 *
 * @param {ArrayLike<number> | undefined} surprisal of all pixels of all models, once they are shown
 */
export function topOf(surprisal = []) {
  let most = 0;
  for (let at = 0; at < surprisal.length; at++) most = Math.max(most, surprisal[at]);
  return most > 0 ? Math.min(TOP, niceStep(most, 1)) : TOP;
}

/** @param {number} top see `topOf` */
export const topInWords = (top) =>
  `${decimals(top, top < 1 ? 2 : 0)} ${top === 1 ? "nat" : "nats"}${top < TOP ? "" : " or more"}`;

/** What stands under each map. @param {Model[]} models */
export function keyInWords(models) {
  const range = models.find((model) => model.range)?.range;
  const strip = range
    ? ` Its strip: from the smallest to the largest NLL of ${whole(range.count)} test images, a box ` +
      "between the quartiles, a bar at the median, a dot at the mean. The wedge is this picture, above " +
      "so many percent of them."
    : "";
  return `Under each map: the NLL of the picture; a smaller one is better.${strip} The milliseconds are those of one sample, on this server.`;
}

/** @param {Model} model */
export const sizeInWords = ({ parameters }) => `${whole(parameters)} parameters`;

/**
 * The pixel that is pointed at, as the foot and each panel have it.
 *
 * @param {number} index -1 for none
 * @param {number} columns
 * @param {number} value
 */
export const pixelInWords = (index, columns, value) =>
  index < 0 ? "" : `Row ${Math.floor(index / columns)}, column ${index % columns}: value ${value}.`;

/** @param {number} nats */
export const surprisalInWords = (nats) =>
  `here ${decimals(nats, 2)}, p ${probability(Math.exp(-nats)).replace(/^(?=[^<>])/, "= ")}`;

/**
 * What is to be done for a ranking.
 *
 * @param {number} ranked
 * @param {number} count
 */
export const askInWords = (ranked, count) =>
  ranked === count
    ? "Your ranking is complete: press Reveal."
    : `Press the most probable first, then the next: ${ranked} of ${count} are ranked.`;
