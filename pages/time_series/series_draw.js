// Draws a series and what a model says of its future, as SVG text.

import { escapeText } from "../ui/browser/dom.js";
import {
  attribute,
  coordinate,
  decimals,
  unitWithPower,
  withError,
} from "../ui/browser/numbers.js";
import { linear, numberTicks } from "../ui/browser/scale.js";
import { bezier, dense, placeLabels } from "./series_labels.js";
import { dateTicks, range } from "./series_scale.js";
import { seriesMeasure } from "./series_words.js";

const HALF = 0.6745; // 50 % and 95 % of a Gaussian lie within so many standard deviations
const MOST = 1.96;
const LETTER = 0.56; // width of a letter, of its size
const STRIP = 0.9; // half the width of the strip that hides a forecast, of the letters' size
const FEW_ARROWS = 4; // of more, the labels are numbers alone

/** @typedef {import("./series_labels.js").Point} Point */
/** @typedef {import("./series.js").SeriesMeta} SeriesMeta */
/** @typedef {import("./series.js").SeriesArrays} SeriesArrays */
/** @typedef {import("../ui/browser/scale.js").Scale} Scale */

/**
 * @typedef {object} Frame
 * @property {Scale} x
 * @property {Scale} y
 * @property {import("../ui/browser/scale.js").Tick[]} rows ticks of y
 * @property {import("../ui/browser/numbers.js").Measure} measure of the values
 * @property {number} width
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
  const [right, top, bottom] = [width - font, font, height - 3.4 * font];
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
  const measure = seriesMeasure(arrays);
  const count = Math.max(2, Math.floor((bottom - top) / (3.2 * font)));
  const rows = numberTicks(low, high, count, measure.power);
  const left = leftOf(rows, font);
  const step = times[known] - times[known - 1] || 1;
  // Beside the next value there is room for its Gaussian.
  const room = many ? 0 : 0.16 * (times[known] - times[start]) + step;
  return {
    x: linear(times[start], times[last] + room, left, right),
    y: linear(low, high, bottom, top),
    ...{ rows, measure, width, left, right, top, bottom, font, colours },
  };
}

/** How wide a text is, in pixels. @param {string} text @param {number} size of its letters */
const widthOf = (text, size) => LETTER * size * text.length;

/** Where a picture begins that has these ticks on its left. @param {{ text: string }[]} rows @param {number} font */
export const leftOf = (rows, font) =>
  Math.max(3 * font, 12 + Math.max(0, ...rows.map(({ text }) => widthOf(text, 0.86 * font))));

/**
 * @param {string} text
 * @param {number} x
 * @param {number} y
 * @param {number} size
 * @param {string} [anchor]
 * @param {string} [more]
 */
export const words = (text, x, y, size, anchor = "middle", more = "") =>
  `<text class="halo" x="${coordinate(x)}" y="${coordinate(y)}" text-anchor="${anchor}" dominant-baseline="central" font-size="${size}" ${more}>${escapeText(text)}</text>`;

/** @param {[number, number][]} points */
const pathOf = (points) =>
  points.map(([a, b], k) => `${k ? "L" : "M"}${coordinate(a)} ${coordinate(b)}`).join("");

/** @param {Scene} scene @param {Frame} frame */
export function axesSvg({ meta }, frame) {
  const { x, y, left, right, top, bottom, font, colours } = frame;
  const rows = frame.rows.map(
    ({ value, text }) =>
      `<line x1="${left}" x2="${right}" y1="${y.at(value)}" y2="${y.at(value)}" stroke="${colours.line}"/>` +
      words(text, left - 6, y.at(value), 0.86 * font, "end"),
  );
  const columns = timeTicks(meta, frame).map(({ value, text }) => {
    const half = widthOf(text, 0.86 * font) / 2;
    const middle = Math.max(half, Math.min(frame.width - half, x.at(value)));
    return (
      `<line x1="${x.at(value)}" x2="${x.at(value)}" y1="${bottom}" y2="${bottom + 5}" stroke="${colours.quiet}"/>` +
      words(text, middle, bottom + 1.1 * font, 0.86 * font, "middle", "data-tick")
    );
  });
  const named =
    words(
      meta.time_unit,
      (left + right) / 2,
      bottom + 2.5 * font,
      0.86 * font,
      "middle",
      "data-axis",
    ) +
    words(unitWithPower(meta.unit, frame.measure), left, top - 0.3 * font, 0.86 * font, "start");
  const foot = `<line x1="${left}" x2="${right}" y1="${bottom}" y2="${bottom}" stroke="${colours.quiet}"/>`;
  return rows.join("") + foot + columns.join("") + named;
}

/** As many ticks of the times as have room beside each other. @param {SeriesMeta} meta @param {Frame} frame */
function timeTicks({ time_unit }, { x, left, right, font }) {
  const ticks = time_unit === "date" ? dateTicks : numberTicks;
  const fit = Math.floor((right - left) / (7 * font));
  const found = ticks(x.low, x.high, Math.max(2, fit));
  const widest = Math.max(...found.map(({ text }) => widthOf(text, 0.86 * font) + font));
  const fewer = Math.floor((right - left) / widest);
  return fewer < found.length ? ticks(x.low, x.high, Math.max(1, fewer - 1)) : found;
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
              `<circle cx="${coordinate(a)}" cy="${coordinate(b)}" r="2.4" fill="${colours.seen}"/>`,
          )
          .join("");
  const until = view === "many steps" ? known + horizon : known + 1;
  const came = part(values, known, Math.min(values.length, until)).map((_, k) => point(known + k));
  const hidden = came.map(
    ([a, b]) =>
      `<circle data-came cx="${coordinate(a)}" cy="${coordinate(b)}" r="4" fill="none" stroke="${colours.seen}" stroke-width="2"/>`,
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
export function arrowsSvg(scene, frame) {
  const { meta, arrays, hidden } = scene;
  const { x, y, left, top, bottom, font, colours } = frame;
  const { phi, known, d } = meta;
  if (d > 0 || phi.length === 0) return "";
  const { times, values, mean } = arrays;
  const covered = hidden.has("prediction");
  const [tx, ty] = [x.at(times[known]), covered ? (top + bottom) / 2 : y.at(mean[0])];
  const many = phi.length > FEW_ARROWS;
  const size = (many ? 0.86 : 0.95) * font;
  const edge = tx - (covered ? STRIP * font : 0) - 6; // the forecast begins there
  const arrows = phi.map((weight, k) => {
    const at = known - 1 - k;
    const [fx, fy] = [x.at(times[at]), y.at(values[at])];
    const lift = Math.max(top + font, Math.min(fy, ty) - (3 + 5 * k) * font);
    const number = decimals(weight, many ? 2 : 3);
    const said = many ? number : `φ${"₁₂₃₄₅₆₇₈₉"[k] ?? k + 1} = ${number}`;
    const curve = bezier([fx, fy], [fx, lift], [tx - 8, lift], [tx - 4, ty - 7]);
    const ring = Array.from({ length: 9 }, (_, n) => {
      const angle = (2 * Math.PI * n) / 8;
      return /** @type {Point} */ ([fx + 6 * Math.cos(angle), fy + 6 * Math.sin(angle)]);
    });
    return { weight, fx, fy, lift, said, curve, ring };
  });
  const places = placeLabels(
    arrows.map(({ said, curve }) => ({
      curve,
      wide: said.length * LETTER * size,
      high: 1.15 * size,
    })),
    [...arrows.flatMap(({ ring }) => ring), ...curvesBelow(scene, frame)],
    { left, right: edge, top, bottom },
  );
  return arrows
    .map(({ weight, fx, fy, lift, said }, k) => {
      const tone = weight < 0 ? colours.negative : colours.positive;
      const dash = weight < 0 ? 'stroke-dasharray="6 4"' : "";
      return (
        `<path data-weight="${attribute(weight, 4)}" d="M${fx} ${fy}C${fx} ${lift} ${tx - 8} ${lift} ${tx - 4} ${ty - 7}" fill="none" stroke="${tone}" stroke-width="${attribute(1 + 2.2 * Math.min(1.5, Math.abs(weight)), 2)}" opacity="0.85" ${dash}/>` +
        `<circle cx="${fx}" cy="${fy}" r="5" fill="none" stroke="${tone}" stroke-width="2"/>` +
        words(said, ...places[k], size)
      );
    })
    .join("");
}

/** Points of the curves that the arrows lie over: the values, the one-step means, the edges of their band. @param {Scene} scene @param {Frame} frame */
function curvesBelow({ meta, arrays }, { x, y }) {
  const { times, values, one, one_error } = arrays;
  const begin = Math.max(meta.start, meta.known - meta.phi.length - 3); // arrows are to the right of it
  const places = Array.from({ length: Math.max(0, meta.known - begin) }, (_, k) => begin + k);
  const told = places.filter((k) => k >= meta.one_start);
  /** @param {number} side */
  const edge = (side) =>
    dense(
      told.map((k) => {
        const at = k - meta.one_start;
        return [x.at(times[k]), y.at(one[at] + side * MOST * one_error[at])];
      }),
    );
  const line = dense(places.map((k) => [x.at(times[k]), y.at(values[k])]));
  return [...line, ...edge(0), ...edge(1), ...edge(-1)];
}

/** The next value: a Gaussian on its side, or a strip as high as the axis that tells no value. @param {Scene} scene @param {Frame} frame */
export function nextSvg({ meta, arrays, hidden }, frame) {
  const { x, y, right, top, bottom, font, colours } = frame;
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
    words(withError(mean, error, frame.measure), right, y.at(mean + 2.4 * error), font, "end")
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
