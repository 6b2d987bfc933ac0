// What the picture of a series says in words, and its legend.

import { decimals, probability } from "../ui/browser/numbers.js";

/** @typedef {import("./series.js").SeriesMeta} SeriesMeta */
/** @typedef {import("./series.js").SeriesArrays} SeriesArrays */
/** @typedef {import("./series_draw.js").Scene} Scene */

/** Four digits of a value. @param {number} value */
export const short = (value) =>
  decimals(value, Math.abs(value) >= 1000 ? 0 : Math.abs(value) >= 1 ? 1 : 3);

/** The mean of the next value as a sum; empty where the model is more than that. @param {Scene} scene */
export function sumWords({ meta, arrays }) {
  const { phi, known, d, q, constant } = meta;
  if (d > 0 || q > 0 || phi.length === 0 || phi.length > 3) return "";
  const terms = phi.map((weight, k) => {
    const value = short(arrays.values[known - 1 - k]);
    return `${weight < 0 ? "−" : "+"} ${Math.abs(weight).toFixed(3)} · ${value}`;
  });
  return `${short(constant)} ${terms.join(" ")} = `;
}

/** @param {Scene} scene */
function nextWords(scene) {
  const { meta, arrays, hidden } = scene;
  const when = meta.labels[meta.known];
  if (hidden.has("prediction"))
    return `${meta.model}. Each arrow is a weight φ: solid raises, dashed lowers. What is the mean for ${when}?`;
  return `${meta.model} for ${when}: ${sumWords(scene)}<b data-next>${short(arrays.mean[0])}</b> ${meta.unit}, with standard deviation <b>${short(arrays.error[0])}</b>.${rmseWords(meta)}`;
}

/** @param {SeriesMeta} meta */
const rmseWords = ({ rmse, horizon }) =>
  rmse
    ? ` RMSE over what came: <b data-rmse-one>${rmse[0].toFixed(1)}</b> one step ahead, <b data-rmse-many>${rmse[1].toFixed(1)}</b> over ${horizon} steps at once.`
    : "";

/** @param {Scene} scene */
function fanWords({ meta, arrays, step, hidden }) {
  if (hidden.has("labels")) return `A and B go on for ${step} steps.`;
  if (step === 0)
    return `${meta.model}: nothing is drawn yet beyond ${meta.labels[meta.known - 1]}.`;
  const ahead = `${step} step${step === 1 ? "" : "s"} ahead, ${meta.labels[meta.known + step - 1]}`;
  if (hidden.has("fan")) return `${meta.model}, ${ahead}: mean ${short(arrays.mean[step - 1])}.`;
  const negative = meta.below ? ` ${belowWords(meta, arrays)}` : "";
  return `${meta.model}, ${ahead}: mean <b data-mean>${short(arrays.mean[step - 1])}</b>, standard error <b data-error>${short(arrays.error[step - 1])}</b>.${rmseWords(meta)}${negative}`;
}

/** @param {SeriesMeta} meta @param {SeriesArrays} arrays */
function belowWords(meta, { paths }) {
  if (!paths.length) return "";
  const share = Array.from(paths).filter((value) => value < 0).length / paths.length;
  return `<b data-share>${Math.round(100 * share)} %</b> of the sampled values are below 0.`;
}

/** @param {SeriesMeta} meta @param {ArrayLike<number>} acf */
function residualWords({ model, bound, ljung_box_p, lags_tested }, acf) {
  const outside = Array.from(acf).filter((value) => Math.abs(value) > bound).length;
  return `${model}: <b data-outside>${outside}</b> of ${acf.length} bars are outside ±${bound.toFixed(3)}; of independent residuals about 1 in 20 is. Ljung–Box over lags 1 to ${lags_tested}: p = <b data-p>${probability(ljung_box_p)}</b>.`;
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
    const at = pointed - meta.one_start;
    const came = pointed >= meta.known ? ", hidden from the model" : "";
    const told = meta.view === "one step" && at >= 0 && pointed < meta.known;
    const before = told ? ` One step before, the mean was ${short(arrays.one[at])}.` : "";
    return `${meta.labels[pointed]}: <b>${short(arrays.values[pointed])}</b> ${meta.unit}${came}.${before}`;
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
