// What stands under a digit that is drawn: the probability, the random number, the sum, and a note.

import { findElement, putHtml, putText } from "./dom.js";
import { probability } from "./numbers.js";
import { countRead, partsOfBar } from "./draw_values.js";
import {
  chance,
  flipNote,
  levelWord,
  placeOf,
  readsInWords,
  totalOf,
  verdictOf,
} from "./draw_words.js";

/**
 * @typedef {object} DrawPlace Where a step has the picture.
 * @property {number} [step] pixels drawn
 * @property {boolean} [play]
 * @property {boolean} [reads]
 * @property {[string, number] | number} [unit]
 * @property {number | number[]} [mark] pixels that the words speak of
 * @property {number} nonce
 */

/**
 * @typedef {object} DrawMeta What pages/ui/drawing_activity.py sends.
 * @property {string} title of the model
 * @property {string} model name of the checkpoint
 * @property {number} rows
 * @property {number} columns
 * @property {number} levels K
 * @property {number} seed
 * @property {number} temperature
 * @property {[number, number][]} given pixels set by hand, and their levels
 * @property {number} most_flips
 * @property {number} hand number of the last change by hand that Python knows
 * @property {string} trace_id of what the server drew
 * @property {import("./engine.js").Offer | null} engine where this browser finds the model, if it draws
 * @property {import("./engine.js").Offer | null} beside_engine the same of the other network
 * @property {string[]} internals what the engine calls the rows of the inner state
 * @property {string} table name of the table of first layers on the shelf
 * @property {number} depth layers after the first
 * @property {import("./draw_inner.js").InnerRow[]} inner
 * @property {string} shelf name of the inner state on the shelf
 * @property {string | null} beside title of the other network
 * @property {number[]} speeds
 * @property {boolean} present
 * @property {string[]} hidden
 * @property {DrawPlace | null} goto
 * @property {number} arrivals
 * @property {number} resets
 * @property {[string, number]} step activity and number
 * @property {{ light: import("./theme.js").Colours, dark: import("./theme.js").Colours }} palette
 */

/**
 * @typedef {object} DrawState What the picture shows at one moment.
 * @property {DrawMeta} meta
 * @property {import("./draw_values.js").DrawArrays} trace
 * @property {number} t pixels drawn
 * @property {number} at the pixel that is spoken of
 * @property {number} nats log p of those drawn
 * @property {number} temperature at which they were drawn
 * @property {ReadonlySet<number>} flips
 * @property {number | number[]} mark pixels that the words speak of, or -1
 * @property {boolean} reads
 * @property {Uint8Array | undefined} table first layers, [target, pixel]
 * @property {import("./draw_inner.js").Unit | null} unit whose map lies over the picture
 * @property {import("./draw_inner.js").Unit | null} pointedUnit
 * @property {import("./draw_inner.js").Inner | null} inner
 * @property {string[]} greys colours of the levels
 */

/** Whether a part of the picture may be shown. @param {DrawMeta} meta @param {string} part */
export const mayShow = (meta, part) => !meta.hidden.includes(part);

export class Readout {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    /** @param {string} name */
    this.say = (name) => findElement(root, `[data-say=${name}]`, HTMLElement);
  }

  /** @param {DrawState} state */
  show(state) {
    const { meta, t, nats, temperature, reads } = state;
    this.showChance(state);
    putHtml(this.say("total"), mayShow(meta, "sum") ? totalOf(nats, t, temperature) : "");
    putHtml(this.say("note"), noteOf(state));
    const toggle = findElement(this.root, "[data-do=reads]", HTMLButtonElement);
    toggle.hidden = !mayShow(meta, "reads");
    toggle.setAttribute("aria-pressed", String(reads));
    putText(toggle, reads ? "Hide what it reads" : "Show what it reads");
    this.explain(state);
    findElement(this.root, ".digit", HTMLElement).setAttribute(
      "aria-label",
      `${meta.title} draws a digit: ${t} of ${meta.rows * meta.columns} pixels are drawn. ` +
        `${this.say("total").textContent} ${this.say("note").textContent}`,
    );
  }

  /** The probability in words, and the bar of 0 to 1 with the random number as a tick. @param {DrawState} state */
  showChance({ meta, trace, t, at, flips, greys }) {
    const { levels, columns } = meta;
    const known = mayShow(meta, "p");
    const spoken = levels === 2 ? 1 : trace.values[at];
    const where = placeOf(at, columns);
    putText(this.say("where"), where[0].toUpperCase() + where.slice(1));
    const p = trace.probs[at * levels + spoken];
    putHtml(
      this.say("p"),
      `p(${levelWord(spoken, levels)}) ${known ? `<b>${chance(p)}</b>` : "= …"}`,
    );
    const u = probability(trace.u[at]);
    putHtml(
      this.say("verdict"),
      known
        ? `random number <b>${u}</b>: ${verdictOf(trace, { pixel: at, t, levels, flips })}`
        : "",
    );
    const bar = findElement(this.root, ".chance", HTMLElement);
    bar.classList.toggle("unknown", !known);
    bar.style.setProperty("--u", String(known ? trace.u[at] : 0));
    bar.setAttribute("aria-label", known ? `Random number ${u} on a bar of 0 to 1` : "covered");
    const parts = [...bar.querySelectorAll("i")];
    for (const part of parts.splice(levels)) part.remove();
    while (parts.length < levels) {
      parts.push(document.createElement("i"));
      bar.append(parts[parts.length - 1]);
    }
    for (const [level, { from, size }] of partsOfBar(trace.probs, levels, at).entries()) {
      const part = parts[level];
      part.style.setProperty("--from", String(known ? from : 0));
      part.style.setProperty("--share", String(known ? size : 0));
      part.style.setProperty("--level", greys[level]);
    }
  }

  /** Only what is on the picture is explained under it. @param {DrawState} state */
  explain({ meta, reads, unit, inner, flips, mark }) {
    const shown = {
      mark: [mark].flat().some((pixel) => pixel >= 0),
      reads: reads && mayShow(meta, "reads"),
      map: Boolean(unit && inner && mayShow(meta, "inner")),
      ghost: flips.size > 0 && mayShow(meta, "changes"),
    };
    for (const [name, show] of Object.entries(shown)) {
      for (const item of this.root.querySelectorAll(`[data-key=${name}]`))
        /** @type {HTMLElement} */ (item).hidden = !show;
    }
  }
}

/** What is said of a unit, of a flip, or of what is read, as HTML. @param {DrawState} state */
function noteOf({ meta, trace, t, at, flips, reads, table, unit, pointedUnit, inner }) {
  const chosen = pointedUnit ?? unit;
  if (chosen && inner && mayShow(meta, "inner"))
    return `${inner.words(chosen, at)}. ${unit ? "The picture shows this unit at every pixel." : "Click it to see it at every pixel."}`;
  if (flips.size && mayShow(meta, "changes")) return flipNote(trace, flips, t);
  if (reads && mayShow(meta, "reads") && table)
    return readsInWords(countRead(table, meta.rows * meta.columns, at, meta.depth));
  return mayShow(meta, "changes") ? flipNote(trace, flips, t) : "";
}
