// What the static pages compute of a sample, and the address that keeps it. No DOM.

/**
 * @typedef {object} SiteModel What pages/export_site.py writes into a page.
 * @property {string} name of the checkpoint
 * @property {string} title
 * @property {number} rows
 * @property {number} columns
 * @property {number} levels K
 * @property {import("../ui/browser/engine.js").Offer} offer
 * @property {string[]} digits test digits, one 0 or 1 for each pixel
 * @property {{ light: import("../ui/browser/theme.js").Colours, dark: import("../ui/browser/theme.js").Colours }} palette
 */

/**
 * @typedef {object} Wish All that decides a sample.
 * @property {number} seed
 * @property {number} temperature
 * @property {Map<number, number>} flips level of each pixel that was set by hand
 */

const HOTTEST = 3;

/**
 * A trace of the engine, by pixel. The models of images draw in raster order, NADE in any.
 *
 * @param {Pick<import("../../assets/engine/drawing.js").Trace, "order" | "values" | "probs" | "uniforms">} trace
 *   of one sample
 * @param {number} levels K
 */
export function byPixel({ order, values, probs, uniforms }, levels) {
  const found = {
    values: new Uint8Array(values.length),
    probs: new Float32Array(probs.length),
    u: new Float32Array(uniforms.length),
  };
  order.forEach((pixel, t) => {
    found.values[pixel] = values[t];
    found.u[pixel] = uniforms[t];
    found.probs.set(probs.subarray(t * levels, (t + 1) * levels), pixel * levels);
  });
  return found;
}

/** The part of an address after #. @param {Wish} wish */
export function addressOfWish({ seed, temperature, flips }) {
  const fields = new URLSearchParams({ seed: String(seed), temperature: String(temperature) });
  if (flips.size) fields.set("flip", [...flips].map((cell) => cell.join("-")).join("."));
  return `#${fields}`;
}

/**
 * What an address says; where it says nothing, or nonsense, the first sample as trained.
 *
 * @param {string} hash
 * @param {{ pixels: number, levels: number }} model
 * @returns {Wish}
 */
export function wishOf(hash, { pixels, levels }) {
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  const seed = Number(fields.get("seed") ?? 0);
  const temperature = Number(fields.get("temperature") ?? 1);
  const cells = (fields.get("flip") ?? "").split(".").map((cell) => cell.split("-").map(Number));
  const good = cells.filter(
    ([pixel, level]) =>
      Number.isInteger(pixel) &&
      pixel >= 0 &&
      pixel < pixels &&
      Number.isInteger(level) &&
      level >= 0 &&
      level < levels,
  );
  return {
    seed: Number.isSafeInteger(seed) && seed >= 0 ? seed : 0,
    temperature: temperature >= 0 && temperature <= HOTTEST ? temperature : 1,
    flips: new Map(/** @type {[number, number][]} */ (good)),
  };
}

/** The levels of a test digit as it is written into a page. @param {string} digit */
export const levelsOf = (digit) => Uint8Array.from(digit, Number);
