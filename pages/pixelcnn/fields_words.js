// The sentences under the picture of what networks read.

import { NEVER } from "./first_layers.js";
import { percent, plural } from "../ui/browser/numbers.js";

/** @typedef {import("./fields_reads.js").FieldReads} FieldReads */
/** @typedef {import("./fields_reads.js").Panel} Panel */

/** @param {number} count @param {string} noun */
const come = (count, noun) => `${plural(count, noun)} ${count === 1 ? "comes" : "come"}`;

/** What a pixel is called in a sentence. @param {number} index @param {number} columns */
export const pixelName = (index, columns) =>
  `row ${Math.floor(index / columns)}, column ${index % columns}`;

/**
 * How much a network reads: two lines of markup.
 *
 * @param {number} target so many pixels come before it
 * @param {Pick<import("./fields_reads.js").Counts, "seen" | "limited" | "blind" | "leaks">} counts
 * @param {boolean} [asked] a question covers what is not read
 */
export function countsInWords(target, { seen, limited, blind, leaks }, asked = false) {
  const leak = leaks ? ' <b class="leak">and itself: a leak</b>' : "";
  if (!target)
    return `nothing comes before the first pixel<span>${leak.replace("and", "it reads") || "&nbsp;"}</span>`;
  if (asked) return `reads <b>${seen}</b> of ${target}${leak}<span>&nbsp;</span>`;
  const more = limited
    ? `${limited} with more depth (${percent(limited, target)})`
    : "0 with more depth";
  const never = blind ? `blind spot ${blind} (${percent(blind, target)})` : "no blind spot";
  return `reads <b>${seen}</b> of ${target} (${percent(seen, target)})${leak}<span>${more} · ${never}</span>`;
}

/**
 * What lies under a kernel: two lines of markup.
 *
 * @param {import("./fields_reads.js").Kernel} kernel
 * @param {import("./fields_reads.js").Tap[]} taps
 */
export function maskInWords(kernel, taps) {
  const ones = taps.filter(({ bits }) => bits);
  const outside = ones.filter(({ place }) => place < 0).length;
  const border = outside ? `, ${plural(outside, "one")} over the border, on zeros` : "";
  return `<b>${ones.length}</b> ones, ${taps.length - ones.length} zeros${border}<span>${kernel.note}</span>`;
}

/**
 * When each network reads a pixel.
 *
 * @param {FieldReads} reads
 * @param {Panel[]} panels
 * @param {{ pixel: number, target: number, depth: number, asked?: boolean }} place asked: a question
 *   covers what is not read
 */
export function pixelInWords(reads, panels, { pixel, target, depth, asked = false }) {
  const name = pixelName(pixel, reads.columns).replace("row", "Row");
  const leaking = panels
    .filter((panel) => reads.first(panel.table, pixel, target) !== NEVER)
    .map(({ title }) => title);
  if (pixel === target) {
    const itself = leaking.length
      ? `${leaking.join(" and ")} ${leaking.length > 1 ? "read" : "reads"} it: the answer is given away.`
      : "No network reads the pixel that it predicts.";
    return `<b>${name}</b>, the target. ${itself}`;
  }
  if (pixel > target && !leaking.length)
    return `<b>${name}</b> is in the future: it is drawn after the target, and no network may read it.`;
  const said = panels.map((panel) => {
    const first = reads.first(panel.table, pixel, target);
    if (asked && first > depth) return `${panel.title}: not read.`;
    if (first === NEVER) return `${panel.title}: never, at any depth.`;
    if (first > depth) return `${panel.title}: not yet; from layer ${first} on.`;
    const way = reads.wayOf(panel, pixel, target, depth);
    const by = way ? `, by the ${way.stream}` : "";
    const when = first === 0 ? "read by the first layer" : `read since layer ${first}`;
    return `${panel.title}: ${when}${by}.`;
  });
  return `<b>${name}</b>. ${said.join(" ")}`;
}

/**
 * What the last layer adds.
 *
 * @param {FieldReads} reads
 * @param {Panel[]} panels
 * @param {{ target: number, depth: number }} place
 */
export function layerInWords(reads, panels, { target, depth }) {
  if (target === 0)
    return "<b>The first pixel</b> has none before it: its distribution should be made of biases alone.";
  const counts = panels.map((panel) => ({
    title: panel.title,
    ...reads.count(panel, target, depth),
  }));
  const before = `<b>Target ${pixelName(target, reads.columns)}</b>: ${come(target, "pixel")} before it. `;
  if (counts.every(({ last }) => last < depth)) {
    const left = counts
      .filter(({ blind }) => blind)
      .map(({ title, blind }) => `${title} never reads ${plural(blind, "pixel")}`)
      .join(", ");
    return `${before}Layer ${depth} adds nothing, and no deeper stack will${left ? `: ${left}` : ""}.`;
  }
  const layer = depth ? `Layer ${depth} adds` : "The first layer, layer 0, reads";
  const added = counts
    .map(({ title, fresh }) => `${fresh} ${depth ? "to" : "in"} ${title}`)
    .join(", ");
  return `${before}${layer} ${added}. Point at a pixel to see when it is read, and how.`;
}

/**
 * Where a kernel stands, and what it reads.
 *
 * @param {string} view "first" or "later"
 * @param {string} place
 */
export function kernelInWords(view, place) {
  const of =
    view === "first"
      ? "The first kernel reads pixels"
      : "A later kernel reads features of the layer before";
  return `<b>The kernel at ${place}.</b> ${of}. It is the same at every place: play to see it walk in raster order, or drag it.`;
}

/**
 * What the legend explains: a mark, and what it means.
 *
 * @param {Panel[]} panels
 * @param {{ words: Record<string, string>, view: string, asked: boolean, both: boolean, leaks: boolean }} shown
 *   both: whether a kernel has weights of both streams
 * @returns {[string, string][]}
 */
export function legendOf(panels, { words, view, asked, both, leaks }) {
  const ways = panels.flatMap((panel) => panel.ways);
  /** @type {[string, string][]} */
  const found = [];
  if (view === "field") {
    found.push(["target", words.target]);
    if (panels.some((panel) => panel.ways.length === 0)) found.push(["seen", words.seen]);
    for (const { mark, word } of ways) found.push([mark, word]);
    found.push(["new", "new with this layer"]);
    if (asked) found.push(["blank", "not read"]);
    else found.push(["depth-limited", words["depth-limited"]], ["blind", words.blind]);
    found.push(["future", words.future]);
    if (leaks) found.push(["leak", "leak: reads itself"]);
    return found;
  }
  found.push(["target", "where the kernel stands"]);
  found.push(["one", "under a 1: read"], ["zero", "under a 0: not read"]);
  for (const { mark, stream } of ways) found.push([mark, `by the ${stream}`]);
  if (both) found.push(["crossed", "by both"]);
  found.push(["blank", "drawn before"], ["future", words.future]);
  return found;
}
