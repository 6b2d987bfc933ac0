// Draws a series and what a model says of its future, as SVG text.

import { dateTicks, linear, numberTicks, range } from "./series_scale.js";

const HALF = 0.6745; // 50 % and 95 % of a Gaussian lie within so many standard deviations
const MOST = 1.96;
const LETTER = 0.56; // width of a letter, of its size
const STRIP = 0.9; // half the width of the strip that hides a forecast, of the letters' size
const FEW_ARROWS = 4; // of more, the labels stand at their beginnings

/** @typedef {import("./series.js").SeriesMeta} SeriesMeta */
/** @typedef {import("./series.js").SeriesArrays} SeriesArrays */
/** @typedef {import("./series_scale.js").Scale} Scale */

/**
 * @typedef {object} Frame
 * @property {Scale} x
 * @property {Scale} y
 * @property {number} left
 * @property {number} right
 * @property {number} top
 * @property {number} bottom
 * @property {number} font
 * @property {Record<string, string>} colours
 */

/**
 * @typedef {object} Scene
 * @property {SeriesMeta} meta
 * @property {SeriesArrays} arrays
 * @property {number} step ahead that is shown
 * @property {Set<string>} hidden
 */

/** @param {ArrayLike<number>} all @param {number} from @param {number} to */
const part = (all, from, to) =>
  Array.from({ length: Math.max(0, to - from) }, (_, k) => all[from + k]);

/**
 * Where everything stands, in pixels.
 *
 * @param {Scene} scene
 * @param {{ width: number, height: number, font: number, colours: Record<string, string> }} size
 * @returns {Frame}
 */
export function frameOf({ meta, arrays }, { width, height, font, colours }) {
  const { known, start, horizon, view } = meta;
  const [left, right, top, bottom] = [4.2 * font, width - font, font, height - 3.4 * font];
  const { times, values, one, one_error, mean, error, paths } = arrays;
  const many = view === "many steps";
  const last = many ? known + horizon - 1 : known;
  const first = Math.max(0, start - meta.one_start);
  const spread = many
    ? []
    : part(one, first, one.length).flatMap((m, k) => {
        const away = MOST * one_error[first + k];
        return [m - away, m + away];
      });
  const shown = [
    ...part(values, start, Math.min(values.length, last + 1)),
    ...spread,
    ...(many
      ? part(mean, 0, horizon).flatMap((m, k) => [m - MOST * error[k], m + MOST * error[k]])
      : []),
    ...(many ? Array.from(paths) : [mean[0] - 3 * error[0], mean[0] + 3 * error[0]]),
  ];
  const [low, high] = range(shown);
  const step = times[known] - times[known - 1] || 1;
  // Beside the next value there is room for its Gaussian.
  const room = many ? 0 : 0.16 * (times[known] - times[start]) + step;
  return {
    x: linear(times[start], times[last] + room, left, right),
    y: linear(low, high, bottom, top),
    ...{ left, right, top, bottom, font, colours },
  };
}

/**
 * @param {string} text
 * @param {number} x
 * @param {number} y
 * @param {number} size
 * @param {string} [anchor]
 * @param {string} [more]
 */
export const words = (text, x, y, size, anchor = "middle", more = "") =>
  `<text class="halo" x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" dominant-baseline="central" font-size="${size}" ${more}>${text}</text>`;

/** @param {[number, number][]} points */
const pathOf = (points) =>
  points.map(([a, b], k) => `${k ? "L" : "M"}${a.toFixed(1)} ${b.toFixed(1)}`).join("");

/** @param {Scene} scene @param {Frame} frame */
export function axesSvg({ meta }, { x, y, left, right, top, bottom, font, colours }) {
  const most = Math.max(2, Math.floor((right - left) / (7 * font)));
  const across = meta.time_unit === "date" ? dateTicks : numberTicks;
  const rows = numberTicks(
    y.low,
    y.high,
    Math.max(2, Math.floor((bottom - top) / (3.2 * font))),
  ).map(
    ({ value, text }) =>
      `<line x1="${left}" x2="${right}" y1="${y.at(value)}" y2="${y.at(value)}" stroke="${colours.line}"/>` +
      words(text, left - 6, y.at(value), 0.86 * font, "end"),
  );
  const columns = across(x.low, x.high, most).map(
    ({ value, text }) =>
      `<line x1="${x.at(value)}" x2="${x.at(value)}" y1="${bottom}" y2="${bottom + 5}" stroke="${colours.quiet}"/>` +
      words(text, x.at(value), bottom + 1.1 * font, 0.86 * font, "middle", "data-tick"),
  );
  const named =
    words(
      meta.time_unit,
      (left + right) / 2,
      bottom + 2.5 * font,
      0.86 * font,
      "middle",
      "data-axis",
    ) + words(meta.unit, left, top - 0.3 * font, 0.86 * font, "start");
  const foot = `<line x1="${left}" x2="${right}" y1="${bottom}" y2="${bottom}" stroke="${colours.quiet}"/>`;
  return rows.join("") + foot + columns.join("") + named;
}

/** The values that the model is given, and those it is not. @param {Scene} scene @param {Frame} frame */
export function historySvg({ meta, arrays }, { x, y, colours }) {
  const { known, start, horizon, view } = meta;
  const { times, values } = arrays;
  /** @param {number} k @returns {[number, number]} */
  const point = (k) => [x.at(times[k]), y.at(values[k])];
  const given = Array.from({ length: known - start }, (_, k) => point(start + k));
  const line = `<path d="${pathOf(given)}" fill="none" stroke="${colours.seen}" stroke-width="1.8"/>`;
  const dots =
    given.length > 200
      ? ""
      : given
          .map(
            ([a, b]) =>
              `<circle cx="${a.toFixed(1)}" cy="${b.toFixed(1)}" r="2.4" fill="${colours.seen}"/>`,
          )
          .join("");
  const until = view === "many steps" ? known + horizon : known + 1;
  const came = part(values, known, Math.min(values.length, until)).map((_, k) => point(known + k));
  const hidden = came.map(
    ([a, b]) =>
      `<circle data-came cx="${a.toFixed(1)}" cy="${b.toFixed(1)}" r="4" fill="none" stroke="${colours.seen}" stroke-width="2"/>`,
  );
  return line + dots + hidden.join("");
}

/** Each value predicted from the true ones before it. @param {Scene} scene @param {Frame} frame */
export function oneStepSvg({ meta, arrays }, { x, y, colours }) {
  const from = Math.max(meta.start, meta.one_start);
  const { times, one, one_error } = arrays;
  const places = Array.from({ length: Math.max(0, meta.known - from) }, (_, k) => from + k);
  /** @param {number} side @returns {[number, number][]} */
  const edge = (side) =>
    places.map((k) => {
      const at = k - meta.one_start;
      return [x.at(times[k]), y.at(one[at] + side * MOST * one_error[at])];
    });
  const band = pathOf([...edge(1), ...edge(-1).reverse()]);
  return (
    `<path d="${band}Z" fill="${colours.target}" opacity="0.12"/>` +
    `<path d="${pathOf(edge(0))}" fill="none" stroke="${colours.target}" stroke-width="1.6" stroke-dasharray="2 4"/>`
  );
}

/** The arrows of the weights, to the next value. @param {Scene} scene @param {Frame} frame */
export function arrowsSvg({ meta, arrays, hidden }, { x, y, top, bottom, font, colours }) {
  const { phi, known, d } = meta;
  if (d > 0 || phi.length === 0) return "";
  const { times, values, mean } = arrays;
  const covered = hidden.has("prediction");
  const [tx, ty] = [x.at(times[known]), covered ? (top + bottom) / 2 : y.at(mean[0])];
  const many = phi.length > FEW_ARROWS;
  const size = (many ? 0.78 : 0.95) * font;
  const edge = tx - (covered ? STRIP * font : 0) - 6; // the forecast begins there
  return phi
    .map((weight, k) => {
      const at = known - 1 - k;
      const [fx, fy] = [x.at(times[at]), y.at(values[at])];
      const lift = Math.max(top + font, Math.min(fy, ty) - (3 + 5 * k) * font);
      const tone = weight < 0 ? colours.negative : colours.positive;
      const dash = weight < 0 ? 'stroke-dasharray="6 4"' : "";
      const number = weight.toFixed(many ? 2 : 3).replace("-", "−");
      const named = `φ${"₁₂₃₄₅₆₇₈₉"[k] ?? k + 1} = ${number}`;
      // Short of the forecast; without its name where it would stand over the next arrow.
      const next = k + 1 < phi.length ? x.at(times[at - 1]) + 4 : -Infinity;
      const said = many || edge - named.length * LETTER * size < next ? number : named;
      const [lx, ly] = many
        ? [fx, fy + (k % 2 ? 1.1 : -1.1) * font]
        : [
            Math.min((fx + tx) / 2, edge - (said.length * LETTER * size) / 2),
            (fy + ty) / 8 + 0.75 * lift - 0.9 * font, // above its arrow
          ];
      return (
        `<path data-weight="${weight.toFixed(4)}" d="M${fx} ${fy}C${fx} ${lift} ${tx - 8} ${lift} ${tx - 4} ${ty - 7}" fill="none" stroke="${tone}" stroke-width="${(1 + 2.2 * Math.min(1.5, Math.abs(weight))).toFixed(2)}" opacity="0.85" ${dash}/>` +
        `<circle cx="${fx}" cy="${fy}" r="5" fill="none" stroke="${tone}" stroke-width="2"/>` +
        words(said, lx, ly, size)
      );
    })
    .join("");
}

/** The next value: a Gaussian on its side, or a strip as high as the axis that tells no value. @param {Scene} scene @param {Frame} frame */
export function nextSvg({ meta, arrays, hidden }, { x, y, right, top, bottom, font, colours }) {
  const at = x.at(arrays.times[meta.known]);
  if (hidden.has("prediction"))
    return (
      `<rect x="${at - STRIP * font}" y="${top}" width="${2 * STRIP * font}" height="${bottom - top}" rx="4" fill="${colours.paper}" stroke="${colours.target}" stroke-width="1.5" stroke-dasharray="4 3"/>` +
      words("?", at, (top + bottom) / 2, 1.2 * font)
    );
  const [mean, error] = [arrays.mean[0], arrays.error[0]];
  const wide = 0.85 * (right - at);
  const curve = Array.from({ length: 61 }, (_, k) => {
    const z = -3 + k / 10;
    return /** @type {[number, number]} */ ([
      at + wide * Math.exp(-0.5 * z * z),
      y.at(mean + z * error),
    ]);
  });
  return (
    `<path data-gaussian d="M${at} ${y.at(mean - 3 * error)}${pathOf(curve).replace("M", "L")}L${at} ${y.at(mean + 3 * error)}Z" fill="${colours.target}" fill-opacity="0.22" stroke="${colours.target}" stroke-width="1.5"/>` +
    `<circle cx="${at}" cy="${y.at(mean)}" r="5" fill="${colours.target}" stroke="${colours.paper}" stroke-width="1.5"/>` +
    words(
      `${mean.toFixed(1).replace("-", "−")} ± ${error.toFixed(1)}`,
      right,
      y.at(mean + 2.4 * error),
      font,
      "end",
    )
  );
}

/** The fan, the paths and the mean, up to the step. @param {Scene} scene @param {Frame} frame */
export function fanSvg(scene, frame) {
  const { meta, arrays, step, hidden } = scene;
  const { x, y, font, colours } = frame;
  const { known, horizon } = meta;
  const { times, values, mean, error, paths } = arrays;
  const count = Math.min(step, horizon);
  const last = values[known - 1];
  const across = part(times, known - 1, known + count).map(x.at);
  /** @param {(k: number) => number} value of the step k @returns {[number, number][]} */
  const curve = (value) => across.map((a, k) => [a, y.at(k ? value(k - 1) : last)]);
  const parts = [];
  if (!hidden.has("fan"))
    for (const [width, opacity] of [
      [MOST, 0.16],
      [HALF, 0.22],
    ]) {
      const [high, low] = [1, -1].map((side) => curve((k) => mean[k] + side * width * error[k]));
      parts.push(
        `<path data-band d="${pathOf([...high, ...low.reverse()])}Z" fill="${colours.quiet}" opacity="${opacity}"/>`,
      );
    }
  if (meta.below) parts.push(belowSvg(frame));
  const unnamed = hidden.has("labels");
  if (!hidden.has("paths"))
    for (let n = 0; n < meta.futures; n++) {
      const points = curve((k) => paths[n * horizon + k]);
      const few = meta.futures < 4;
      const tone = unnamed ? colours.ink : colours["sampled-future"];
      parts.push(
        `<path data-path d="${pathOf(points)}" fill="none" stroke="${tone}" stroke-width="${few ? 1.8 : 1}" opacity="${few ? 0.95 : 0.5}"/>`,
      );
      if (meta.below) parts.push(negativesSvg(points, y, colours));
    }
  if (!hidden.has("mean"))
    parts.push(
      `<path data-mean d="${pathOf(curve((k) => mean[k]))}" fill="none" stroke="${unnamed ? colours.ink : colours.target}" stroke-width="${unnamed ? 1.8 : 2.5}" ${unnamed ? 'stroke-dasharray="7 4"' : ""}/>`,
    );
  if (unnamed && count > 0) parts.push(lettersSvg(scene, frame, across, font));
  return parts.join("");
}

/** The region below 0. @param {Frame} frame */
function belowSvg({ y, left, right, bottom, colours }) {
  const zero = Math.min(bottom, y.at(0));
  return `<rect x="${left}" y="${zero}" width="${right - left}" height="${bottom - zero}" fill="${colours.illegal}" opacity="0.08"/><line x1="${left}" x2="${right}" y1="${zero}" y2="${zero}" stroke="${colours.illegal}" stroke-width="1.2" stroke-dasharray="5 3"/>`;
}

/** Sampled values below 0. @param {[number, number][]} points @param {Scale} y @param {Record<string, string>} colours */
const negativesSvg = (points, y, colours) =>
  points
    .slice(1)
    .filter(([, b]) => b > y.at(0) + 1e-6)
    .map(
      ([a, b]) =>
        `<path data-negative d="M${a - 3} ${b - 3}l6 6m0 -6l-6 6" stroke="${colours.illegal}" stroke-width="1.6"/>`,
    )
    .join("");

/**
 * Names that tell nothing: A the mean, B the first path, where the two are farthest apart.
 *
 * @param {Scene} scene @param {Frame} frame @param {number[]} across @param {number} size
 */
function lettersSvg({ arrays, meta }, { y }, across, size) {
  /** @param {number} k @returns {[number, number]} */
  const both = (k) => [y.at(arrays.mean[k]), y.at(meta.futures ? arrays.paths[k] : arrays.mean[k])];
  let far = 0;
  for (let k = 1; k < across.length - 1; k++) {
    const [[a, b], [c, d]] = [both(k), both(far)];
    if (Math.abs(a - b) > Math.abs(c - d)) far = k;
  }
  const [a, b] = both(far);
  const away = 0.9 * size * Math.sign(b - a || 1);
  const bold = 'font-weight="700"';
  return (
    words("A", across[far + 1], a - away, 1.2 * size, "middle", bold) +
    words("B", across[far + 1], b + away, 1.2 * size, "middle", bold)
  );
}
