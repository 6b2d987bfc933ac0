// How many passes it takes to train on an image, or to draw it; and how much of them is used. No DOM.

/** @typedef {"training" | "naive" | "decoder"} Way */

/**
 * @param {Way} way
 * @param {number} t steps done
 * @param {number} pixels D
 * @returns {{ passes: number, computed: number, used: number }}
 */
export function countPasses(way, t, pixels) {
  if (way === "training") return { passes: t, computed: t * pixels, used: t * pixels };
  if (way === "naive") return { passes: t, computed: t * pixels, used: t };
  return { passes: 0, computed: t, used: t };
}

/** How many steps there are. @param {Way} way @param {number} pixels D */
export const stepsOf = (way, pixels) => (way === "training" ? 1 : pixels);

/**
 * What the output at a pixel is after t steps: "used" (the one that a pixel was drawn from now, or all
 * in training), "earlier" (used before), "thrown" (computed now, not used), "none".
 *
 * @param {Way} way
 * @param {number} pixel
 * @param {number} t
 * @returns {"used" | "earlier" | "thrown" | "none"}
 */
export function outputOf(way, pixel, t) {
  if (t === 0) return "none";
  if (way === "training" || pixel === t - 1) return "used";
  if (way === "naive") return "thrown";
  return pixel < t ? "earlier" : "none";
}
