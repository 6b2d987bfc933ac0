// What the picture of a completed drawing says of its nats.

import { decimals, probability, whole } from "./numbers.js";

/** Nats with their unit; "" where they are not known yet. @param {number} nats */
export const natsInWords = (nats) => (Number.isNaN(nats) ? "" : `${decimals(nats, 1)} nats`);

/**
 * The table in one line, where it is folded.
 *
 * @param {{ given: number, drawn: number } | null} nats NaN where one is not told; null: none is known yet
 */
export function sumsInWords(nats) {
  if (!nats) return "Surprisal";
  const { given, drawn } = nats;
  /** @type {[string, number][]} */
  const parts = [
    ["given", given],
    ["drawn", drawn],
    ["together", given + drawn],
  ];
  const told = parts.flatMap(([word, sum]) =>
    Number.isNaN(sum) ? [] : `${word} ${decimals(sum, 1)}`,
  );
  return told.length ? `Surprisal, nats: ${told.join(", ")}` : "Surprisal";
}

/**
 * A line of the table, as markup.
 *
 * @param {string} words
 * @param {number} nats
 * @param {number} pixels that they are the surprisal of
 */
export function tableLine(words, nats, pixels) {
  const bits = pixels ? decimals(nats / Math.LN2 / pixels, 3) : "–";
  const cells = [decimals(nats, 1), whole(pixels), bits];
  return `<tr><td>${words}</td>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
}

/**
 * The surprisal of one pixel.
 *
 * @param {string} where
 * @param {{ given: boolean, value: number, nats: number }} pixel
 */
export function pixelSurprisal(where, { given, value, nats }) {
  const there = `${where}, ${given ? "given" : "drawn"}: value ${value}`;
  if (!(nats >= 0)) return `${there}.`; // its surprisal is still being computed
  const p = probability(Math.exp(-nats));
  const chance = p.startsWith(">") ? `p ${p}` : `p = ${p}`;
  return `${there}, −log p = ${decimals(nats, 3)} nats (${chance}).`;
}
