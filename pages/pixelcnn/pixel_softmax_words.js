// What the picture of a pixel's softmax says: what paint did to it, and what a pixel is to it.

import { gradientText } from "../ui/browser/measured.js";
import { decimals, plural, signed } from "../ui/browser/numbers.js";

/** @typedef {"target" | "future" | "seen" | "depth-limited" | "blind"} PixelClass */

/**
 * @typedef {object} Verdict What paint did to the softmax of the target.
 * @property {boolean} stroke the last stroke; else all the paint there is
 * @property {(PixelClass | null)[]} classes of the painted pixels, to the target
 * @property {boolean} moved whether a logit of the target is another number now
 * @property {number} by how far log p of the value there moved, nats
 */

/** @type {Record<string, string>} words of the legend */
export const CLASSES = {
  seen: "seen",
  "depth-limited": "only with more depth",
  blind: "never, at any depth",
  future: "future",
};

/** @type {Record<string, (model: string) => string>} why paint on such a pixel leaves the softmax as it is */
const REASONS = {
  "depth-limited": (model) => `too far for the layers of this ${model}; a deeper one would read it`,
  blind: (model) => `out of reach for ${model}, however deep`,
  future: () => "in the future: the masks hide it",
  target: () => "the pixel that is predicted: no conditional reads its own",
};

/**
 * A sentence of markup.
 *
 * @param {Verdict} verdict
 * @param {string} model its title
 */
export function verdictInWords({ stroke, classes, moved, by }, model) {
  const subject = stroke ? "The stroke" : `The paint, ${plural(classes.length, "pixel")},`;
  const read = classes.filter((name) => name === "seen").length;
  if (read) {
    const size =
      classes.length === 1
        ? "the pixel is"
        : `${read} of ${plural(classes.length, "pixel")} ${read === 1 ? "is" : "are"}`;
    return `${subject} changed log p of the value there by <b>${signed(by, 3)}</b> nats: ${size} read by ${model}.`;
  }
  if (moved)
    return `No path leads from there to the target, and yet log p changed by ${signed(by, 3)} nats, as measured: the arithmetic of this machine rounds otherwise for another image.`;
  const why = [...new Set(classes)].flatMap((name) => (name ? (REASONS[name]?.(model) ?? []) : []));
  const these = classes.length === 1 ? "this pixel is" : "these pixels are";
  return `${subject} changed log p by <b>0</b>: ${these} ${why.join("; or ")}.`;
}

/**
 * What a pixel is to the target.
 *
 * @param {PixelClass | null} name
 * @param {string} model its title
 * @param {{ layer: number, gradient: number | null }} read of one that is seen: the first layer that
 *   reads it, and how strong its gradient is in nats, where that is known
 */
export function classInWords(name, model, { layer, gradient }) {
  if (name === null) return "";
  if (name === "target") return "the target";
  if (name !== "seen") return REASONS[name](model);
  const words =
    layer === 0 ? "read by the first layer" : `read after ${plural(layer, "more layer")}`;
  return gradient === null ? words : `${words}; gradient ${gradientText(gradient)}`;
}

/**
 * Which probability the bars show, as markup.
 *
 * @param {number} target
 * @param {number} columns
 * @param {number} pixels D
 * @param {string} title of the model
 */
export function formulaInWords(target, columns, pixels, title) {
  const [row, column] = [Math.floor(target / columns), target % columns];
  return (
    `p(x<sub>${row},${column}</sub> = k | ${target ? `the ${target} before it` : "nothing"}) of ${title}<br>` +
    `<span class="quiet">row ${row}, column ${column}: pixel ${target + 1} of ${pixels} in raster order</span>`
  );
}

/**
 * The value that is there and its surprisal, as markup.
 *
 * @param {number} value
 * @param {number} nats
 * @param {number | null} before the same before paint changed it; null where it did not
 */
export function valueInWords(value, nats, before) {
  const changed =
    before === null
      ? ""
      : `, ${decimals(before, 3)} before you painted (${signed(nats - before, 3)})`;
  return `The value there is <b>${value}</b>: −log p = <b>${decimals(nats, 3)}</b> nats${changed}`;
}
