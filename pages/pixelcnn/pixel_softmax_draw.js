// How the pixels of the digit are drawn under a softmax, and the legend of their marks.

import { onRamp, sharpContext } from "../ui/browser/theme.js";
import { findElement } from "../ui/browser/dom.js";
import { plural, probability } from "../ui/browser/numbers.js";
import { verdictInWords } from "./pixel_softmax_words.js";
import { drawInk, drawMark, drawTarget } from "../ui/browser/marks.js";
import { CLASSES } from "./pixel_softmax_words.js";

/** @typedef {import("../ui/browser/theme.js").Theme} Theme */
/** @typedef {import("./pixel_softmax_words.js").PixelClass} PixelClass */
/** @typedef {[number, number, number]} Square x, y and side */

/**
 * What lies under the value of a pixel: its class, its gradient, or paper.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Square} square
 * @param {{ layer: string, name: PixelClass | null, strength: number | null, ramp: string[] }} pixel
 *   strength: its gradient as a part of the largest; null while it is not known
 * @param {Theme} theme
 */
export function drawGround(context, [x, y, size], { layer, name, strength, ramp }, theme) {
  const { colours } = theme;
  if (layer === "gradient" && name === "seen") {
    context.fillStyle = strength === null ? colours.future : onRamp(ramp, Math.sqrt(strength));
    context.fillRect(x, y, size, size);
  } else if (layer !== "plain" && name && name !== "target") {
    drawMark(context, name, x, y, size, theme);
  } else {
    context.fillStyle = colours.paper;
    context.fillRect(x, y, size, size);
  }
}

/**
 * The value of a pixel: over the whole of it, or as a tile over what lies under it.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Square} square
 * @param {{ grey: string, level: number, whole: boolean }} pixel
 * @param {Theme} theme
 */
export function drawValue(context, [x, y, size], { grey, level, whole }, theme) {
  if (whole) {
    context.fillStyle = grey;
    context.fillRect(x, y, size, size);
  } else if (level > 0) {
    drawInk(context, grey, x, y, size, theme);
  }
}

/**
 * The marks that are on the picture now.
 *
 * @param {string} layer
 * @param {Theme} theme
 * @param {number} levels K
 * @returns {HTMLLIElement[]}
 */
export function softmaxLegend(layer, theme, levels) {
  const { colours } = theme;
  /** @param {string} words @param {(context: CanvasRenderingContext2D) => void} paint */
  const entry = (words, paint) => {
    const item = document.createElement("li");
    const canvas = document.createElement("canvas");
    paint(sharpContext(canvas, 18, 18));
    item.append(canvas, words);
    return item;
  };
  /** @param {string} html */
  const plain = (html) => {
    const item = document.createElement("li");
    item.innerHTML = html;
    return item;
  };
  const items = [entry("target", (context) => drawTarget(context, 3, 3, 12, theme))];
  if (layer === "gradient")
    items.push(
      plain(
        `<i class="ramp"></i>|∂ log p / ∂x|, from 0 to the largest here, by its square root; the server computes it once you let go`,
      ),
    );
  for (const [name, words] of Object.entries(layer === "plain" ? {} : CLASSES)) {
    if (layer === "gradient" && name === "seen") continue;
    items.push(entry(words, (context) => drawMark(context, name, 1, 1, 16, theme)));
  }
  items.push(
    entry(`${levels - 1}, ink`, (context) => {
      context.fillStyle = colours.ink;
      context.fillRect(3, 3, 12, 12);
    }),
    entry("painted by you", (context) => {
      context.fillStyle = colours.flipped;
      context.beginPath();
      context.moveTo(5, 3);
      context.lineTo(15, 3);
      context.lineTo(15, 13);
      context.fill();
    }),
    plain(`<s class="dashed"></s>before you painted`),
  );
  return items;
}

/**
 * A bar for each level, in place of those that were there.
 *
 * @param {HTMLElement} host
 * @param {string[]} colours of the levels
 */
export function buildBars(host, colours) {
  if (host.dataset.colours === String(colours)) return;
  host.dataset.colours = String(colours);
  host.innerHTML = colours
    .map(
      (colour, level) =>
        `<div class="row"><span class="key"><i style="--level:${colour}"></i>${level}</span><span class="track"><i></i><s></s></span><output></output></div>`,
    )
    .join("");
  host.classList.toggle("many", host.childElementCount > 8);
}

/**
 * How long the bars are now and were before the digit was painted, and which one is that of the value.
 *
 * @param {HTMLElement} host
 * @param {{ p: number, before: number, there: boolean }[]} bars
 */
export function drawBars(host, bars) {
  bars.forEach(({ p, before, there }, level) => {
    const row = host.children[level];
    findElement(row, ".track i", HTMLElement).style.setProperty("--p", String(p));
    findElement(row, ".track s", HTMLElement).style.setProperty("--p", String(before));
    findElement(row, "output", HTMLElement).textContent = probability(p);
    row.classList.toggle("there", there);
  });
}

/**
 * What paint did to the softmax, or what to try.
 *
 * @param {HTMLElement} box
 * @param {object} state
 * @param {import("./pixel_softmax_words.js").Verdict | null} state.verdict null where nothing is painted
 * @param {boolean} state.covered by a question
 * @param {boolean} state.full no more can be painted
 * @param {boolean} state.paints a click paints
 * @param {string} state.title of the model
 * @param {number} state.most pixels that can be painted
 */
export function showVerdict(box, { verdict, covered, full, paints, title, most }) {
  const shown = covered ? null : verdict;
  box.classList.toggle("held", shown !== null && !shown.moved);
  box.classList.toggle("moved", Boolean(shown?.moved));
  box.dataset.moved = shown ? String(shown.moved) : "";
  if (covered) box.textContent = "These are the bars without the stroke.";
  else if (full)
    box.textContent = `At most ${plural(most, "pixel")} can be painted. Undo, or take the paint off.`;
  else if (verdict) box.innerHTML = verdictInWords(verdict, title);
  else if (paints)
    box.textContent =
      "Paint a pixel: a click flips it, a drag paints several. Can you move the bars from a pixel that is not blue?";
  else
    box.textContent =
      "Drag over the digit: each pixel has a softmax of its own, all from the same pass.";
}
