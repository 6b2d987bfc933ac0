// What stands around a drawing and its completion: how many rows are given, and the nats.

import { findElement } from "./dom.js";
import { kept } from "./completion_tools.js";
import { plural } from "./numbers.js";
import { natsInWords, pixelSurprisal, sumsInWords, tableLine } from "./completion_words.js";

/**
 * @typedef {object} CompletionState
 * @property {import("./completion_tools.js").CompletionMeta} meta
 * @property {number} given rows above the line
 * @property {import("./completion_part.js").Part} part
 * @property {boolean} here this browser draws
 * @property {number} temperature of what is drawn
 * @property {boolean} none no completion is shown
 * @property {boolean} covered by a question
 * @property {number} steps pixels that are drawn
 * @property {boolean} known whether the surprisal of the drawing is there
 * @property {boolean} faint whether something is on the pad that is not given
 * @property {number} hidden surprisal of what is drawn there, nats
 * @property {{ index: number, there: boolean, given: boolean, value: number, nats: number } | null} pointed
 * @property {{ given: number, drawn: number, late: number }} nats of the completion, as far as it is drawn
 */

/** @param {HTMLElement} root @param {CompletionState} state */
export function readCompletion(root, state) {
  const { meta, given, part, none, covered, steps, known, nats } = state;
  /** @param {string} name */
  const say = (name) => findElement(root, `[data-say=${name}]`, HTMLElement);
  const rows = meta.below ? meta.rows - given : given;
  say("given").textContent = part.mask
    ? `Given: ${part.pixels - part.count} of ${part.pixels} pixels`
    : `Given: ${rows} of ${meta.rows} rows`;
  say("which").textContent = none
    ? "Not drawn yet"
    : `Completion ${kept.chosen + 1} of ${meta.count}`;
  const sizes = { given: part.pixels - part.count, drawn: steps };
  // In its own order the network comes to the rows below the line last.
  const late = comesLate(state);
  const reached = !late || (!none && steps === part.count);
  const lines = [
    reached ? tableLine(part.mask ? "given" : "given rows", nats.given, sizes.given) : "",
    reached && late && part.mask
      ? tableLine("– of these, too late", nats.late, part.late.length)
      : "",
    none ? "" : tableLine("drawn so far", nats.drawn, sizes.drawn),
    none || !reached
      ? ""
      : tableLine("together", nats.given + nats.drawn, sizes.given + sizes.drawn),
  ];
  const sums = { given: reached ? nats.given : NaN, drawn: none ? NaN : nats.drawn };
  say("sums").textContent = sumsInWords(known ? sums : null);
  findElement(root, "tbody", HTMLElement).innerHTML = known ? lines.join("") : "";
  findElement(root, "table", HTMLElement).hidden = known && !lines.join("");
  const where = part.mask ? "" : meta.below ? "above the line " : "below the line ";
  say("hidden").textContent =
    known && state.faint && !covered
      ? `What you see faintly ${where}was not given. For the model it has a surprisal of ${natsInWords(state.hidden)}.`
      : "";
  say("pointed").textContent = pointedInWords(state);
  say("scale").hidden = kept.view === "image";
  say("count").textContent = countInWords(state);
  findElement(root, ".chosen", HTMLElement).setAttribute(
    "aria-label",
    `${say("which").textContent}, ${kept.view}. ${say("pointed").textContent}`,
  );
}

/** Whether given pixels come later in the order than a drawn one. @param {CompletionState} state */
const comesLate = ({ meta, part }) => !meta.free && part.late.length > 0;

/** What such pixels cannot do. @param {CompletionState} state */
function lateInWords(state) {
  const { part } = state;
  if (!comesLate(state)) return "";
  if (!part.mask)
    return " The given rows come last in the order: no pixel above the line reads them.";
  return (
    ` ${plural(part.late.length, "given pixel")} come after the first one that is drawn. They keep their ` +
    "value, but no pixel that is drawn before them reads them."
  );
}

/** @param {CompletionState} state */
function countInWords(state) {
  const { meta, given, part, here, temperature, none, covered } = state;
  if (covered || (none && here)) return "";
  const follow = here ? " They change with your drawing." : "";
  const late = lateInWords(state);
  const rows = meta.below ? `${given} rows above` : `${meta.rows - given} rows below`;
  const rest = part.mask ? "the rest" : `the ${rows} the line`;
  const always = temperature === 1 ? "" : ", at temperature 1";
  return none
    ? `Press Complete: the network draws ${rest}, ${meta.count} times.${late}`
    : `${meta.count} completions of the same ${part.mask ? "pixels" : "rows"}; under each, the surprisal of what it drew${always}.${late}${follow}`;
}

/** @param {CompletionState} state */
function pointedInWords({ meta, none, pointed }) {
  if (!pointed) return "Point at a pixel for its surprisal.";
  const { index, there, given, value, nats } = pointed;
  const where = `Row ${Math.floor(index / meta.columns)}, column ${index % meta.columns}`;
  if (!there) return `${where}: ${none ? "left to the network" : "not drawn yet"}.`;
  return pixelSurprisal(where, { given, value, nats });
}
