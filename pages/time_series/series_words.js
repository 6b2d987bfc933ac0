// What the picture of a series says in words, and its legend.

import {
  decimals,
  inMeasure,
  measured,
  measureOf,
  percent,
  plural,
  probability,
  scaled,
} from "../ui/browser/numbers.js";
import { escapeText } from "../ui/browser/dom.js";

/** @typedef {import("./series.js").SeriesMeta} SeriesMeta */
/** @typedef {import("./series.js").SeriesArrays} SeriesArrays */
/** @typedef {import("./series_draw.js").Scene} Scene */

/** @typedef {import("../ui/browser/numbers.js").Measure} Measure */

/**
 * How the values of a series are written: three digits of the standard error one step ahead show.
 *
 * @param {Pick<SeriesArrays, "values" | "mean" | "error">} arrays
 * @returns {Measure}
 */
export function seriesMeasure({ values, mean, error }) {
  const size = [...values, mean[0]].reduce((most, each) => Math.max(most, Math.abs(each)), 0);
  return measureOf(size, error[0]);
}

/** The values of a scene in words. @param {Scene} scene @returns {(value: number) => string} */
function writer({ arrays }) {
  const measure = seriesMeasure(arrays);
  return (value) => measured(value, measure);
}

/** The mean of the next value as a sum; empty where the model is more than that. @param {Scene} scene */
export function sumWords({ meta, arrays }) {
  const { phi, known, d, q, constant } = meta;
  if (d > 0 || q > 0 || phi.length === 0 || phi.length > 3) return "";
  const measure = seriesMeasure(arrays);
  const terms = phi.map((weight, k) => {
    const value = scaled(arrays.values[known - 1 - k], measure);
    return `${weight < 0 ? "−" : "+"} ${decimals(Math.abs(weight), 3)} · ${value}`;
  });
  return `${inMeasure(`${scaled(constant, measure)} ${terms.join(" ")}`, measure)} = `;
}

/** @param {Scene} scene */
function nextWords(scene) {
  const { meta, arrays, hidden } = scene;
  const short = writer(scene);
  const when = escapeText(meta.labels[meta.known]);
  if (hidden.has("prediction"))
    return `${meta.model}. Each arrow is a weight φ: solid raises, dashed lowers. What is the mean for ${when}?`;
  return `${meta.model} for ${when}: ${sumWords(scene)}<b data-next>${short(arrays.mean[0])}</b> ${meta.unit}, with standard deviation <b>${short(arrays.error[0])}</b>.${rmseWords(scene)}`;
}

/** @param {Scene} scene */
function rmseWords(scene) {
  const { rmse, horizon } = scene.meta;
  if (!rmse) return "";
  const [one, many] = rmse.map(writer(scene));
  const at = horizon === 1 ? "1 step" : `${horizon} steps at once`;
  return ` RMSE over what came: <b data-rmse-one>${one}</b> one step ahead, <b data-rmse-many>${many}</b> over ${at}.`;
}

/** @param {Scene} scene */
function fanWords(scene) {
  const { meta, arrays, step, hidden } = scene;
  const short = writer(scene);
  if (hidden.has("labels")) return `A and B go on for ${plural(step, "step")}.`;
  if (step === 0)
    return `${meta.model}: nothing is drawn yet beyond ${escapeText(meta.labels[meta.known - 1])}.`;
  const ahead = `${plural(step, "step")} ahead, ${escapeText(meta.labels[meta.known + step - 1])}`;
  if (hidden.has("fan")) return `${meta.model}, ${ahead}: mean ${short(arrays.mean[step - 1])}.`;
  const negative = meta.below ? ` ${belowWords(arrays)}` : "";
  return `${meta.model}, ${ahead}: mean <b data-mean>${short(arrays.mean[step - 1])}</b>, standard error <b data-error>${short(arrays.error[step - 1])}</b>.${rmseWords(scene)}${negative}`;
}

/** @param {SeriesArrays} arrays */
function belowWords({ paths }) {
  if (!paths.length) return "";
  const below = Array.from(paths).filter((value) => value < 0).length;
  return `<b data-share>${percent(below, paths.length)}</b> of the sampled values are below 0.`;
}

const SMALLEST_P = "10⁻³⁰⁰"; // float64 has no number much below

/** @param {SeriesMeta} meta @param {ArrayLike<number>} acf */
function residualWords({ model, bound, ljung_box_p, lags_tested }, acf) {
  const outside = Array.from(acf).filter((value) => Math.abs(value) > bound).length;
  const lags = lags_tested === 1 ? "lag 1" : `lags 1 to ${lags_tested}`;
  return `${model}: <b data-outside>${outside}</b> of ${plural(acf.length, "bar")} are outside ±${decimals(bound, 3)}; of independent residuals about 1 in 20 is. Ljung–Box over ${lags}: p ${ljung_box_p ? "=" : "<"} <b data-p>${ljung_box_p ? probability(ljung_box_p) : SMALLEST_P}</b>.`;
}

/**
 * What stands below the picture.
 *
 * @param {Scene} scene
 * @param {number} pointed index of a time, or -1
 */
export function readingWords(scene, pointed) {
  const { meta, arrays, hidden } = scene;
  if (meta.view === "residuals") return residualWords(meta, arrays.acf);
  if (pointed >= 0 && pointed < Math.min(arrays.values.length, arrays.times.length)) {
    const short = writer(scene);
    const at = pointed - meta.one_start;
    const came = pointed >= meta.known ? ", hidden from the model" : "";
    const told = meta.view === "one step" && at >= 0 && pointed < meta.known;
    const before = told ? ` One step before, the mean was ${short(arrays.one[at])}.` : "";
    return `${escapeText(meta.labels[pointed])}: <b>${short(arrays.values[pointed])}</b> ${meta.unit}${came}.${before}`;
  }
  const ahead = pointed - meta.known + 1;
  if (meta.view === "one step") return nextWords(scene);
  return fanWords(
    ahead > 0 && ahead <= scene.step && !hidden.size ? { ...scene, step: ahead } : scene,
  );
}

/** @param {string} marks @param {string} said */
const item = (marks, said) =>
  `<li><svg viewBox="0 0 24 12" aria-hidden="true">${marks}</svg>${said}</li>`;

/** @param {string} colour @param {string} [more] */
const stroke = (colour, more = "") =>
  `<path d="M1 6H23" fill="none" stroke="${colour}" stroke-width="2.5" ${more}/>`;

/** @param {string} colour @param {number} opacity */
const fill = (colour, opacity) =>
  `<rect width="24" height="12" fill="${colour}" opacity="${opacity}"/>`;

/**
 * The marks that are drawn now, and what they mean.
 *
 * @param {Scene} scene
 * @param {Record<string, string>} colours
 */
export function legendHtml({ meta, hidden }, colours) {
  const { view, phi, d, futures, rmse, below } = meta;
  if (view === "residuals")
    return (
      item(fill(colours.quiet, 1), "within the lines") +
      item(fill(colours.target, 1), "outside") +
      item(
        stroke(colours.seen, 'stroke-dasharray="6 4"'),
        "95 % of independent residuals are within",
      )
    );
  const found = [item(stroke(colours.seen), "seen")];
  if (rmse)
    found.push(
      item(
        `<circle cx="12" cy="6" r="4" fill="none" stroke="${colours.seen}" stroke-width="2"/>`,
        "what came",
      ),
    );
  if (view === "one step") {
    found.push(item(stroke(colours.target, 'stroke-dasharray="2 4"'), "one-step means, with 95 %"));
    if (!hidden.has("prediction"))
      found.push(item(fill(colours.target, 0.3), "next value, a Gaussian"));
    if (d === 0 && phi.length)
      found.push(
        item(stroke(colours.positive), "weight above 0"),
        item(stroke(colours.negative, 'stroke-dasharray="6 4"'), "below 0"),
      );
    return found.join("");
  }
  if (hidden.has("labels")) return found.join("");
  found.push(item(stroke(colours.target), "mean"));
  if (futures && !hidden.has("paths"))
    found.push(item(stroke(colours["sampled-future"]), "sampled futures"));
  if (!hidden.has("fan"))
    found.push(item(fill(colours.quiet, 0.4), "50 % and 95 % of all futures"));
  if (below)
    found.push(
      item(
        `<path d="M8 2l8 8m0 -8l-8 8" stroke="${colours.illegal}" stroke-width="1.6"/>`,
        "below 0",
      ),
    );
  return found.join("");
}
