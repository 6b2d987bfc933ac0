// What several networks draw with the same random numbers. No DOM.

import { plural, probability } from "../ui/browser/numbers.js";

/**
 * @typedef {object} SameSeed Arrays of pages/contexts/seeds.py `arrays_of`, flat.
 * @property {Uint8Array} values (networks, D)
 * @property {Float32Array} p (networks, D) of ink
 * @property {Float32Array} u (D) random numbers
 */

/** The value that a network draws at a pixel. @param {SameSeed} drawn @param {number} network @param {number} pixel */
export const valueOf = ({ values, u }, network, pixel) => values[network * u.length + pixel];

/** Its p of ink there. @param {SameSeed} drawn @param {number} network @param {number} pixel */
export const inkOf = ({ p, u }, network, pixel) => p[network * u.length + pixel];

/** The first pixel that not all networks draw alike; D where there is none. @param {SameSeed} drawn */
export function splitOf(drawn) {
  const D = drawn.u.length;
  const networks = drawn.values.length / D;
  for (let pixel = 0; pixel < D; pixel++)
    for (let other = 1; other < networks; other++)
      if (valueOf(drawn, other, pixel) !== valueOf(drawn, 0, pixel)) return pixel;
  return D;
}

/**
 * How many of the first t pixels two networks draw differently.
 *
 * @param {SameSeed} drawn
 * @param {number} one
 * @param {number} other
 * @param {number} t
 */
export function differing(drawn, one, other, t) {
  let count = 0;
  for (let pixel = 0; pixel < t; pixel++)
    count += Number(valueOf(drawn, one, pixel) !== valueOf(drawn, other, pixel));
  return count;
}

/**
 * What is said of a pixel, as HTML.
 *
 * @param {SameSeed} drawn
 * @param {{ pixel: number, t: number, columns: number, titles: string[] }} at
 */
export function pixelInWords(drawn, { pixel, t, columns, titles }) {
  const place = `Row ${Math.floor(pixel / columns)}, column ${pixel % columns}`;
  const by = [0, 1].map((value) =>
    titles.filter((_, network) => valueOf(drawn, network, pixel) === value),
  );
  const start = `<b>${place}</b>${pixel === t ? " is next" : ""}. The random number is <b>${probability(drawn.u[pixel])}</b>`;
  const tense = pixel < t ? "drew" : "will draw";
  if (!by[0].length || !by[1].length)
    return `${start}: all ${tense} ${by[1].length ? "ink" : "paper"}.`;
  return `${start}: ${by[1].join(", ")} ${tense} ink, ${by[0].join(", ")} paper.`;
}

/**
 * What stands under one network's image, as HTML.
 *
 * @param {SameSeed} drawn
 * @param {{ network: number, beside: number, pixel: number, t: number }} at
 */
export function networkInWords(drawn, { network, beside, pixel, t }) {
  const p = `<span>p(ink) ${probability(inkOf(drawn, network, pixel))}</span>`;
  if (network === beside) return p;
  const count = differing(drawn, network, beside, t);
  return `${p} <span>${count ? `${plural(count, "pixel")} differ` : "no difference"}</span>`;
}
