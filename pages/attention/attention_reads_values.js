// What the trunk and an attention block read of an image, from the table of all targets. No DOM.

import { plural } from "../ui/browser/numbers.js";

/** @typedef {"trunk" | "features" | "pixel"} Part what reads: reads.py `Reads` says more */

/** @type {Record<Part, number>} bits of the table */
export const READ_BITS = { trunk: 1, features: 2, pixel: 4 };

/**
 * @typedef {object} ReadScene
 * @property {Uint8Array} reads (D, D), [target, pixel]
 * @property {number} target
 * @property {Part} part
 * @property {boolean} covered whether a question hides what is read
 */

/**
 * What a pixel is to the target: a mark of marks.js, or "target".
 *
 * @param {ReadScene} scene
 * @param {number} pixel
 * @returns {"target" | "future" | "blank" | "seen" | "gained" | "blind"}
 */
export function readMark({ reads, target, part, covered }, pixel) {
  if (pixel === target) return "target";
  if (pixel > target) return "future";
  if (covered) return "blank";
  const bits = reads[target * Math.sqrt(reads.length) + pixel];
  if (bits & READ_BITS.trunk) return "seen";
  if (part === "trunk") return "blank";
  return bits & READ_BITS[part] ? "gained" : "blind";
}

/** How many earlier pixels are read. @param {ReadScene} scene */
export function readCount(scene) {
  let count = 0;
  for (let pixel = 0; pixel < scene.target; pixel++)
    count += Number(["seen", "gained"].includes(readMark(scene, pixel)));
  return count;
}

/**
 * The sentence under the picture.
 *
 * @param {ReadScene} scene
 * @param {number} columns
 */
export function readSentence(scene, columns) {
  const { target, part } = scene;
  const place = `Target (${Math.floor(target / columns)}, ${target % columns})`;
  if (scene.covered)
    return `${place}: ${plural(target, "earlier pixel")}. What is read is covered.`;
  const who = {
    trunk: "the trunk reads",
    features: "trunk and attention, without xⱼ, read",
    pixel: "trunk and attention read",
  }[part];
  return `${place}: ${who} ${readCount(scene)} of ${plural(target, "earlier pixel")}.`;
}

/**
 * What is said of the pixel that is pointed at.
 *
 * @param {ReadScene} scene
 * @param {number} pixel
 * @param {number} columns
 */
export function pixelSentence(scene, pixel, columns) {
  const mark = readMark(scene, pixel);
  const said = {
    target: "the target",
    future: "not drawn before the target",
    blank: scene.covered ? "earlier than the target" : "earlier, but not read by the trunk",
    seen: "read by the trunk",
    gained: "read by attention, directly",
    blind: "not read, at any depth",
  }[mark];
  return `(${Math.floor(pixel / columns)}, ${pixel % columns}): ${said}`;
}

/**
 * How far a line from a pixel to the target has come: it grows, then fades.
 *
 * @param {number} elapsed milliseconds
 * @returns {{ grown: number, strength: number } | null} both 0..1; null once it is gone
 */
export function lineAt(elapsed) {
  const [growing, fading] = [1100, 900];
  if (elapsed >= growing + fading) return null;
  const grown = Math.min(1, Math.max(0, elapsed / growing));
  return { grown, strength: 1 - Math.max(0, elapsed - growing) / fading };
}
