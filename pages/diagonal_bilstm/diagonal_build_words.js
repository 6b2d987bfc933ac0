// What the picture of a context says.

import { percent, plural } from "../ui/browser/numbers.js";
import { begun } from "./diagonal_words.js";

/** @typedef {import("./diagonal_build_reads.js").BuildReads} BuildReads */
/** @typedef {import("./diagonal_build_reads.js").BuildPlace} BuildPlace */

/**
 * What has arrived.
 *
 * @param {BuildPlace} place
 * @param {{ pixels: number, leaks: number, blind: number, states: number }} counts
 * @param {{ hidden: string[], shift: boolean, full: boolean, row: number }} of `row`: the target's
 */
export function buildWords({ target, part }, counts, { hidden, shift, full, row }) {
  if (part === "target")
    return target
      ? `<b>${plural(target, "pixel")}</b> ${target === 1 ? "comes" : "come"} before the target.`
      : "<b>The first pixel.</b> Nothing comes before it.";
  if (part === "ask") return "The second direction asks for the two states with a question mark.";
  if (part === "both") {
    if (hidden.includes("blind"))
      return "Both directions together: the colours come with the answer.";
    const leaks = counts.leaks ? `, and <b>${plural(counts.leaks, "leak")}</b>` : "";
    const missing = counts.blind ? ` ${plural(counts.blind, "pixel")} never read (hatched).` : "";
    const why = !counts.blind && full && row ? " Mask B holds the corner." : "";
    return target
      ? `Reads <b>${counts.pixels}</b> of ${target} (${percent(counts.pixels, target)})${leaks}.${missing}${why}`
      : "<b>The first pixel.</b> Nothing comes before it.";
  }
  if (part === "right" && shift && !row)
    return "<b>The first row.</b> No row is above it: the second direction gives 0.";
  const own = part === "left" ? counts.states - 1 : counts.states;
  const leaks =
    counts.leaks && !hidden.includes("leak")
      ? ` <b>${plural(counts.leaks, "pixel")} ${counts.leaks === 1 ? "leaks" : "leak"}</b> (crosses).`
      : "";
  return `<b>${plural(own, "state")}</b> and <b>${plural(counts.pixels, "pixel")}</b> so far.${leaks}`;
}

/**
 * What a pixel is to the target.
 *
 * @param {BuildReads} reads
 * @param {BuildPlace} place
 * @param {number} pixel
 * @param {(index: number) => string} name
 */
export function buildPixelWords(reads, place, pixel, name) {
  const called = begun(name(pixel));
  const mark = reads.markOf(pixel, place);
  if (pixel === place.target && mark !== "leak") return `${called}: the target, pixel ${pixel}.`;
  /** @type {Record<string, string>} */
  const said = {
    future: "drawn after the target.",
    blank: "not arrived.",
    direct: "read by the first direction.",
    mirrored: "read by the second direction.",
    both: "read by both directions.",
    leak: "a leak: not drawn yet, and read.",
    blind: "never read: no feature of its row holds it.",
    "depth-limited": "read with more layers.",
  };
  return `${called}, pixel ${pixel}: ${said[mark] ?? ""}`;
}
