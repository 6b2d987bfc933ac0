// What the address keeps of where a drawn digit stands.

import { flatUnit, unitOf } from "./draw_inner.js";

/** @typedef {{ step: number, reads: boolean, unit: import("./draw_inner.js").Unit | null, mark: number | number[], nonce: number | undefined }} DrawStand */

/**
 * By name, what the address holds and what it need not say: [value, usual values].
 *
 * @param {{ step: number, reads: boolean, unit: import("./draw_inner.js").Unit | null }} stand
 * @param {Pick<import("./draw_readout.js").DrawMeta, "goto" | "inner">} meta
 * @param {number} pixels D
 * @returns {Record<string, [string, string[]]>}
 */
export function addressOf({ step, reads, unit }, { goto: place, inner }, pixels) {
  /** @param {import("./draw_inner.js").Unit | null} one */
  const flat = (one) => (one ? String(flatUnit(inner, one)) : "");
  const begins = place?.step ?? (place ? pixels : 0);
  const plays = place?.play || !place;
  return {
    step: [String(step), plays ? [String(pixels), String(begins)] : [String(begins)]],
    reads: [reads ? "1" : "0", [place?.reads ? "1" : "0"]],
    unit: [flat(unit), ["", flat(unitOf(inner, place?.unit))]],
  };
}

/**
 * Writes it, and leaves it on the element for tests.
 *
 * @param {HTMLElement} root
 * @param {Record<string, [string, string[]]>} kept
 */
export function keepInAddress(root, kept) {
  const url = new URL(location.href);
  for (const [name, [value, usual]] of Object.entries(kept)) {
    if (usual.includes(value)) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
    root.dataset[name] = value;
  }
  if (url.href !== location.href) history.replaceState(history.state, "", url);
}
