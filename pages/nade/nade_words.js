// NADE's sentences: what its picture says of a step, of a flip, of a hidden unit. No DOM.

import { decimals, plural, probability, signed } from "../ui/browser/numbers.js";
import { whyNothing } from "../ui/browser/certain.js";
import { changedBy, natsOf } from "../ui/browser/trace_values.js";

/** @typedef {import("./nade_values.js").NadeTrace} NadeTrace */

/**
 * @typedef {object} NadeMeta What pages/nade/drawing.py `picture` sends.
 * @property {string} model name of the weights on the shelf
 * @property {number} rows
 * @property {number} columns
 * @property {number} seed
 * @property {number} temperature
 * @property {[number, number][]} given pixels set by hand, as flat index and level
 * @property {number} most_flips how many they can be
 * @property {number} hand number of the hand's last change that Python knows
 * @property {string} order its name
 * @property {string} start where the first h comes from: "bias" or "gaussian"
 * @property {import("../ui/browser/engine.js").Offer | null} engine of this browser, where it is to draw
 * @property {number} resets
 * @property {number} arrivals
 * @property {[string, number]} step of the lesson: activity and number
 * @property {boolean} present
 * @property {{ step: number, play?: boolean, nonce: number } | null} goto where the player is sent
 * @property {string[]} hidden parts that would answer the question that is asked: "p"
 * @property {{ light: import("../ui/browser/theme.js").Colours, dark: import("../ui/browser/theme.js").Colours }} palette
 * @property {string[]} ramp
 */

/**
 * What stands before and after V · h + b in the formula of a conditional.
 *
 * @param {number} temperature
 * @returns {{ before: string, after: string }}
 */
export function chanceFormula(temperature) {
  if (temperature === 0) return { before: "(1 if ", after: " > 0, else 0)" };
  if (temperature === 1) return { before: "σ(", after: ")" };
  return { before: "σ((", after: `) / ${temperature})` };
}

/**
 * @param {NadeTrace} trace
 * @param {number} t how many steps are drawn
 * @param {number} step the one that is spoken of
 * @param {ReadonlySet<number>} flips pixels
 */
export function verdictOf({ order, values }, t, step, flips) {
  if (step > t) return `drawn at step ${step + 1}, not yet asked`;
  if (flips.has(order[step])) return `flipped by hand to ${values[step]}`;
  if (step === t) return `so ${values[step]} is drawn next`;
  return `so ${values[step]} was drawn${t === order.length && step === t - 1 ? ", the last" : ""}`;
}

/**
 * What the values drawn so far are worth, as HTML.
 *
 * @param {NadeTrace} trace
 * @param {number} t
 * @param {number} temperature
 */
export function totalOf(trace, t, temperature) {
  const nats = natsOf(trace, t);
  const bits = -nats / Math.LN2 / t;
  return (
    `log p of the ${plural(t, "pixel")} drawn so far: <b>${decimals(nats, 2)}</b> nats` +
    (Number.isFinite(bits) ? ` · ${decimals(bits, 3)} bits/dim` : "") +
    whyNothing(temperature, nats)
  );
}

/**
 * What the flips have changed, or how to flip, as HTML.
 *
 * @param {NadeTrace} trace
 * @param {ReadonlySet<number>} flips pixels
 * @param {number} t
 * @param {string} [start] where the first h comes from
 * @param {boolean} [held] whether a pixel that is held goes back and forth
 */
export function flipNote(trace, flips, t, start = "bias", held = false) {
  if (flips.size === 0 && start === "gaussian") {
    const { later, changed } = changedBy(trace, flips, t);
    return `Of ${plural(later, "pixel")} drawn, <b>${changed}</b> differ <i class="mark ear"></i> from the sample with h₁ = σ(c) and the same random numbers.`;
  }
  if (flips.size === 0)
    return t > 0
      ? `Click a drawn pixel to flip it,${held ? " hold it to see both digits," : ""} or paint over several: NADE draws again with the same random numbers.`
      : "The first conditional has read nothing yet: press play.";
  const { later, changed } = changedBy(trace, flips, t);
  const said = `${flips.size} flipped by hand <i class="mark flip"></i>`;
  if (later === 0) return `${said}; nothing is drawn after that yet: press play.`;
  return `${said}; of ${plural(later, "pixel")} drawn after, <b>${changed}</b> changed <i class="mark ear"></i>. The random numbers are the same: only the flip makes the difference.`;
}

const MOST_TERMS = 4; // of a sum that are written out

/**
 * A hidden unit at a step, with its numbers, as HTML.
 *
 * @param {number} k
 * @param {number} sum
 * @param {number} h
 * @param {ReturnType<typeof import("./nade_values.js").sumOfUnit>} parts
 * @param {number} columns of the image
 */
export function unitNote(k, sum, h, { bias, terms }, columns) {
  const shown = terms.slice(0, MOST_TERMS);
  const others = terms.slice(MOST_TERMS);
  const rest = others.reduce((total, { added }) => total + added, 0);
  const written = shown.map(
    ({ pixel, added }) =>
      ` ${spaced(added)} <small>(${Math.floor(pixel / columns)}, ${pixel % columns})</small>`,
  );
  if (others.length) written.push(` ${spaced(rest)} <small>(${others.length} more)</small>`);
  return (
    `Hidden unit ${k + 1}: a = ${decimals(bias, 2)} <small>(c)</small>${written.join("")} = <b>${decimals(sum, 2)}</b>, ` +
    `h = σ(a) = <b>${probability(h)}</b>. Left: its row of W. Right: its weights V.`
  );
}

/** With its sign as an operation. @param {number} value */
function spaced(value) {
  const text = signed(value, 2);
  return text.startsWith("+") || text.startsWith("−") ? `${text[0]} ${text.slice(1)}` : `+ ${text}`;
}
