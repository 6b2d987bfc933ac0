// The sentences of the grids side by side. No DOM.

import { gradientText } from "../ui/browser/measured.js";
import { percent, plural, probability } from "../ui/browser/numbers.js";
import { NEVER_READ } from "./contexts_reads.js";

/** @typedef {import("./contexts_reads.js").Counts} Counts */

/**
 * What a network of the layers' player reads, as HTML.
 *
 * @param {Counts} counts
 * @param {number} total earlier pixels
 * @param {boolean} unread whether it is told why others are not read
 */
export function readInWords({ seen, limited, blind }, total, unread) {
  if (!total) return "nothing comes before the first pixel";
  const reads = `reads <b>${seen}</b> of ${total}`;
  if (!unread) return reads;
  const more = limited ? `, ${limited} more with depth` : "";
  return `${reads} (${percent(seen, total)})<span>${blind ? `never ${blind}` : "0 never"}${more}</span>`;
}

/**
 * Set differences, as HTML.
 *
 * @param {Counts} counts
 * @param {number} total
 * @param {string} other title of the network compared with
 * @param {boolean} itself whether it is that network
 */
export function apartInWords({ seen, gained, lost }, total, other, itself) {
  const reads = `reads <b>${seen}</b> of ${total}`;
  if (itself) return `${reads}<span>the others are set against it</span>`;
  return `${reads}<span><b class="gained">${gained ? `+${gained}` : 0}</b> not by ${other}</span><span><b class="lost">${lost ? `−${lost}` : 0}</b> by ${other} alone</span>`;
}

/**
 * The probability of ink before and after the paint, as HTML with a bar for each.
 *
 * @param {{ before: number, ink: number }} of
 * @param {boolean} painted
 */
export function inkInWords({ before, ink }, painted) {
  /** @param {number} p @param {string} name */
  const bar = (p, name) => `<i class="p ${name}" style="--p: ${p}"></i>`;
  if (!painted) return `<span class="ink">p(ink) ${probability(ink)}</span>${bar(ink, "now")}`;
  const now = before === ink ? "unchanged" : `→ <b>${probability(ink)}</b>`;
  return `<span class="ink">p(ink) ${probability(before)} ${now}</span>${bar(before, "before")}${bar(ink, "now")}`;
}

/**
 * When a network reads a pixel.
 *
 * @param {number} first layer that reads it
 * @param {number} depth layers that there are
 * @param {number | null} gradient of a trained network; null where it is not shown
 */
export function whenRead(first, depth, gradient) {
  if (first === NEVER_READ) return "never read, at any depth";
  if (first > depth) return `read from layer ${first} on`;
  if (gradient !== null) return gradientText(gradient);
  return first === 0 ? "read by the first layer" : `read since layer ${first}`;
}

/**
 * What networks say of one pixel: those that say the same together.
 *
 * @param {[string, string][]} said title, words
 */
export function together(said) {
  /** @type {Map<string, string[]>} */
  const found = new Map();
  for (const [title, words] of said) found.set(words, [...(found.get(words) ?? []), title]);
  return [...found].map(([words, titles]) => `${titles.join(", ")}: ${words}`).join(" · ");
}

/**
 * What a layer adds to each network.
 *
 * @param {number} depth
 * @param {[string, number][]} fresh title, pixels
 */
export function layerAdds(depth, fresh) {
  const added = fresh
    .filter(([, count]) => count)
    .map(([title, count]) => `${count} to ${title}`)
    .join(", ");
  const layer = depth ? `Layer ${depth}` : "The first layer, layer 0,";
  return `${layer} adds ${added || "nothing to any of these"}.`;
}

/** @param {number} depth */
export const layersInWords = (depth) => plural(depth, "layer");
