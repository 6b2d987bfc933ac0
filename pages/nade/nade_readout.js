// What NADE's picture says in words, put into its markup.

import { findElement, putHtml, putText } from "../ui/browser/dom.js";
import { probability } from "../ui/browser/numbers.js";
import { hiddenUnit, sumOfUnit } from "./nade_values.js";
import { chanceFormula, flipNote, totalOf, unitNote, verdictOf } from "./nade_words.js";

/**
 * @typedef {object} NadeMoment What is spoken of.
 * @property {import("./nade_words.js").NadeMeta} meta
 * @property {import("./nade_values.js").NadeTrace} trace
 * @property {number} t steps drawn
 * @property {Int32Array} rank
 * @property {ReadonlySet<number>} flips
 * @property {{ place: import("./nade_draw.js").Place, index: number }} hover
 * @property {import("./nade_draw.js").Sums | null} sums
 */

/** @param {HTMLElement} root @param {NadeMoment} moment */
export function sayNade(root, moment) {
  const { meta, trace, t, rank, flips, hover } = moment;
  /** @param {string} name */
  const say = (name) => findElement(root, `[data-say=${name}]`, HTMLElement);
  const steps = trace.order.length;
  const pointed = hover.place === "x" || hover.place === "p" ? rank[hover.index] : t;
  const step = Math.min(pointed, steps - 1);
  const index = trace.order[step];
  const covered = meta.hidden.includes("p");
  const known = step <= t && !covered;
  const [p, u] = [trace.p[step], trace.u[step]];
  const { before, after } = chanceFormula(meta.temperature);
  putText(say("before"), before);
  putText(say("after"), after);
  const name = `x<sub>${Math.floor(index / meta.columns)},${index % meta.columns}</sub>`;
  for (const element of root.querySelectorAll("[data-name]")) putHtml(element, name);
  putText(say("earlier"), covered ? "…" : step === 0 ? "nothing" : `${step} earlier`);
  putText(say("p"), known ? probability(p) : "…");
  putText(say("u"), known ? probability(u) : "…");
  putText(say("part"), !known ? "…" : u >= 1 - p ? "1" : "0");
  const bar = findElement(root, ".chance", HTMLElement);
  bar.style.setProperty("--p", String(known ? p : 0));
  bar.style.setProperty("--u", String(known ? u : 0));
  bar.classList.toggle("unknown", !known);
  putText(say("verdict"), covered ? "…" : verdictOf(trace, t, step, flips));
  putHtml(say("total"), totalOf(trace, t, meta.temperature));
  putHtml(say("note"), noteOf(moment));
  findElement(root, ".picture", HTMLCanvasElement).setAttribute(
    "aria-label",
    `NADE drawing a digit: ${t} of ${steps} pixels are drawn. ${say("total").textContent}. ${say("note").textContent}`,
  );
}

/** @param {NadeMoment} moment */
function noteOf({ meta, trace, t, flips, hover, sums }) {
  const k = hover.index;
  if (hover.place === "h" && sums)
    return unitNote(
      k,
      sums.running.now[k],
      hiddenUnit(sums.running.now, trace, t, k),
      sumOfUnit(sums.weights, sums.columns, trace, t, k),
      meta.columns,
    );
  if (meta.hidden.includes("p")) return ""; // it would say what p has read
  return flipNote(trace, flips, t, meta.start, Boolean(meta.engine));
}
