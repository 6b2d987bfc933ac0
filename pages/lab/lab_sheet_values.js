// Own images from their ink, as arviz_models/analysis/own_images.py makes them, and how they stand on
// the sheet. No DOM.

/** @typedef {"kept" | "repeat" | "empty" | "out"} Standing */

export const LARGEST = 96; // pixels of a side of an image on the sheet
const SMALLEST = 34;
export const GAP = 4;

/**
 * Ink in levels: `reduced` in own_images.py.
 *
 * @param {Uint8Array} ink 0..255
 * @param {number} levels K
 * @param {number} threshold share of full ink from which a pixel is 1, where K is 2
 */
export function reduced(ink, levels, threshold) {
  const cut = threshold * 255;
  if (levels === 2) return ink.map((value) => Number(value >= cut && value > 0));
  return ink.map((value) => Math.floor((value * levels) / 256));
}

/**
 * What becomes of each image: `standing` in own_images.py.
 *
 * @param {Uint8Array} images (n, size)
 * @param {number} size pixels of an image
 * @param {ReadonlySet<number>} out those left out by hand
 * @returns {Standing[]}
 */
export function standingOf(images, size, out) {
  /** @type {Set<string>} */
  const seen = new Set();
  return Array.from({ length: images.length / size }, (_, number) => {
    if (out.has(number)) return "out";
    const image = images.subarray(number * size, (number + 1) * size);
    const content = image.join();
    if (seen.has(content)) return "repeat";
    if (!image.some(Boolean)) return "empty";
    seen.add(content);
    return "kept";
  });
}

/**
 * How many columns of images there are and how large each is, so that all are seen where they fit.
 *
 * @param {number} count
 * @param {number} width
 * @param {number} height
 * @param {number} [largest] pixels of a side
 */
export function layout(count, width, height, largest = LARGEST) {
  for (let side = largest; ; side -= 2) {
    const columns = Math.max(1, Math.floor((width + GAP) / (side + GAP)));
    const rows = Math.ceil(count / columns);
    if (side <= SMALLEST || rows * (side + GAP) <= height) return { side, columns, rows };
  }
}

const WORDS = {
  kept: "taken. Click to leave it out.",
  repeat: "left out: it is equal to an image before it.",
  empty: "left out: there is no ink on it. Lower the threshold, or take a larger size.",
  out: "left out by your hand. Click to take it back.",
};

/**
 * What is said of the image that is pointed at, or of all.
 *
 * @param {number} pointed number, or -1
 * @param {Standing[]} standing
 * @param {{ names: string[], count: number }} meta
 */
export function sheetWords(pointed, standing, { names, count }) {
  if (pointed >= 0) return `${pointed + 1}, ${names[pointed]}: ${WORDS[standing[pointed]]}`;
  const shown =
    standing.length < count ? `The first ${standing.length} of ${count} are shown. ` : "";
  const gone = standing.some((each) => each !== "kept");
  return `${shown}${gone ? "A line through an image: it is left out. " : ""}Point at an image, or click it.`;
}
