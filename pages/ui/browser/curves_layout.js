// The curves of a training: what part of the plane is shown, where ticks and labels stand, which point
// is read. No DOM. A view is a rectangle of the data; a plot is where it stands, in CSS pixels.

import { numberTicks } from "./scale.js";

const LAST = 10; // points of a curve that counts with its end alone
const LEAST_SHARE = 1e-6; // of the whole, which an enlarged view has at least
const TURNS = 1.6; // times that a step of + or − changes the width

/**
 * @typedef {object} CurveSeries One curve, its points from left to right.
 * @property {string} id
 * @property {ArrayLike<number>} x
 * @property {ArrayLike<number>} y
 * @property {boolean} ends whether the range of the axis follows its last points alone
 */

/** @typedef {[number, number]} Span */
/** @typedef {{ x: Span, y: Span }} View */
/** @typedef {{ left: number, top: number, width: number, height: number }} Plot */
/** @typedef {{ id: string, x: number }} Pointed a point that is read: its curve, and where along it */

/**
 * @typedef {object} CurveAxes
 * @property {Span | null} across fixed ends of the x axis; null where they follow the points
 * @property {Span | null} up those of the y axis
 * @property {boolean} log whether y is logarithmic
 */

/** Whether a number can be shown on the axis. @param {number} value @param {boolean} log */
const shown = (value, log) => Number.isFinite(value) && (!log || value > 0);

/** The ends of some numbers. @param {Iterable<number>} values @returns {Span} infinite for none */
function endsOf(values) {
  /** @type {Span} */
  const ends = [Infinity, -Infinity];
  for (const value of values) {
    if (value < ends[0]) ends[0] = value;
    if (value > ends[1]) ends[1] = value;
  }
  return ends;
}

/** Room below and above. @param {Span} span @param {boolean} log @returns {Span} */
function roomy([low, high], log) {
  if (!(low <= high)) return log ? [0.1, 1] : [0, 1];
  if (log) return [low / 1.15, high * 1.25];
  const room = 0.06 * (high - low) || Math.abs(high) / 10 || 1;
  return [low - room, high + room];
}

/**
 * All of it: every curve from its beginning. What explodes would press all others flat, so a logarithmic
 * axis ends at three times the highest line, and goes down by a thousand at most.
 *
 * @param {CurveSeries[]} series
 * @param {number[]} levels heights of the lines
 * @param {CurveAxes} axes
 * @returns {View}
 */
export function wholeView(series, levels, { across, up, log }) {
  const ends = endsOf(series.flatMap(({ x }) => (x.length ? [x[0], x[x.length - 1]] : [])));
  const x = across ?? (ends[1] > Math.min(0, ends[0]) ? [Math.min(0, ends[0]), ends[1]] : [0, 1]);
  if (up) return { x, y: up };
  const lines = endsOf(levels.filter((level) => shown(level, log)));
  const points = series.map(({ y, ends: last }) =>
    endsOf([...Array.from(y).slice(last ? -LAST : 0)].filter((value) => shown(value, log))),
  );
  const low = Math.min(lines[0], ...points.map(([least]) => least));
  const whole = points.filter((_, number) => !series[number].ends || !lines[1]);
  let high = Math.max(lines[1], ...whole.map(([, most]) => most));
  if (high === -Infinity) high = Math.max(...points.map(([, most]) => most));
  if (!log) return { x, y: roomy([low, high], false) };
  if (lines[1] > 0) high = Math.min(high, 3 * lines[1]);
  return { x, y: roomy([Math.max(low, high / 1000), high], true) };
}

/**
 * The heights of what stands between two places; null where nothing does.
 *
 * @param {CurveSeries[]} series
 * @param {Span} across
 * @param {boolean} log
 * @returns {Span | null}
 */
export function heightsWithin(series, [from, to], log) {
  const found = endsOf(
    series.flatMap(({ x, y }) =>
      Array.from(y).filter((value, at) => x[at] >= from && x[at] <= to && shown(value, log)),
    ),
  );
  return found[0] <= found[1] ? roomy(found, log) : null;
}

/** Where a view stands in a plot. @param {View} view @param {Plot} plot @param {boolean} log */
export function scalesOf(view, plot, log) {
  const by = log ? Math.log : (/** @type {number} */ value) => value;
  const back = log ? Math.exp : (/** @type {number} */ value) => value;
  const [low, high] = view.y.map(by);
  const wide = view.x[1] - view.x[0] || 1;
  return {
    /** @param {number} value */
    x: (value) => plot.left + ((value - view.x[0]) / wide) * plot.width,
    /** @param {number} value */
    y: (value) => plot.top + (1 - (by(value) - low) / (high - low || 1)) * plot.height,
    /** @param {number} px */
    atX: (px) => view.x[0] + ((px - plot.left) / plot.width) * wide,
    /** @param {number} py */
    atY: (py) => back(low + (1 - (py - plot.top) / plot.height) * (high - low)),
  };
}

/** @typedef {ReturnType<typeof scalesOf>} CurveScales */

/**
 * A part of a view, as wide as `times` of it, about a place; null where that is all there is.
 *
 * @param {Span} now
 * @param {Span} whole
 * @param {number} centre
 * @param {boolean} closer
 * @returns {Span | null}
 */
export function turned(now, whole, centre, closer) {
  const most = whole[1] - whole[0];
  const wide = Math.max((now[1] - now[0]) * (closer ? 1 / TURNS : TURNS), most * LEAST_SHARE);
  if (wide >= most) return null;
  const share = (centre - now[0]) / (now[1] - now[0] || 1);
  const from = Math.min(Math.max(whole[0], centre - share * wide), whole[1] - wide);
  return [from, from + wide];
}

/**
 * The ticks of y: 1, 2 and 5 times the powers of ten on a logarithmic axis, where it has room for three
 * of them; even numbers elsewhere.
 *
 * @param {Span} span
 * @param {boolean} log
 * @param {number} most
 * @returns {import("./scale.js").Tick[]}
 */
export function heightTicks([low, high], log, most) {
  if (!log) return numberTicks(low, high, most);
  /** @type {import("./scale.js").Tick[]} */
  const found = [];
  for (let decade = Math.floor(Math.log10(low)); 10 ** decade <= high; decade++)
    for (const digit of [1, 2, 5]) {
      const value = Number(`${digit}e${decade}`); // 0.1, and not 0.1 and a little
      if (value >= low && value <= high) found.push({ value, text: String(value) });
    }
  if (found.length < 3) return numberTicks(low, high, most);
  return found.length <= most ? found : found.filter(({ text }) => !/[25]/.test(text));
}

/** @typedef {{ left: number, right: number, top: number, bottom: number }} Box */

/** Whether two boxes overlap. @param {Box} a @param {Box} b */
const overlap = (a, b) =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/** Whether a curve goes through a box. @param {[number, number][]} points of it, pixels @param {Box} box */
export function passes(points, { left, right, top, bottom }) {
  return points.some(([x, y], at) => {
    const [toX, toY] = points[at + 1] ?? [x, y];
    const [low, high] = [Math.min(x, toX), Math.max(x, toX)];
    if (high < left || low > right) return false;
    /** @param {number} on the height at a place along x, within the box */
    const height = (on) => y + ((toY - y) * (Math.min(Math.max(on, low), high) - x)) / (toX - x);
    const ends = toX === x ? [y, toY] : [height(left), height(right)];
    return Math.max(...ends) >= top && Math.min(...ends) <= bottom;
  });
}

/**
 * Where the words of each line stand, so that none covers another: above it or below it, at the right end
 * or further left, and where no curve is.
 *
 * @param {{ y: number, wide: number }[]} lines height of the line and width of its words, pixels
 * @param {number} size height of the words
 * @param {Plot} plot
 * @param {[number, number][][]} [curves] the points of each, pixels
 * @returns {(Box & { crossed: boolean })[]} `crossed` where a curve goes through all places
 */
export function placeWords(lines, size, { left, top, width, height }, curves = []) {
  /** @type {(Box & { crossed: boolean })[]} */
  const placed = [];
  const tall = size * 1.25;
  for (const { y, wide } of lines) {
    const room = width - wide;
    const places = [0, 0.25, 0.5, 0.75, 1].flatMap((share) =>
      [y - tall - 1, y + 2].map((above) => ({
        left: left + room * (1 - share),
        right: left + room * (1 - share) + wide,
        top: above,
        bottom: above + tall,
      })),
    );
    const inside = places.filter((box) => box.top >= top && box.bottom <= top + height);
    const free = inside.filter((box) => !placed.some((other) => overlap(box, other)));
    const open = free.find((box) => !curves.some((points) => passes(points, box)));
    const box = open ?? free[0] ?? inside[0] ?? places[0];
    placed.push({ ...box, crossed: !open && curves.length > 0 });
  }
  return placed;
}

/** The point of a curve next to a place along x; -1 where it has none. @param {ArrayLike<number>} all @param {number} x */
export function nextTo(all, x) {
  let found = -1;
  for (let at = 0; at < all.length; at++)
    if (found < 0 || Math.abs(all[at] - x) < Math.abs(all[found] - x)) found = at;
  return found;
}

/**
 * The point next to a place in the plot; null where no curve has any.
 *
 * @param {CurveSeries[]} series
 * @param {CurveScales} scales
 * @param {number} px
 * @param {number} py
 * @returns {Pointed | null}
 */
export function nearestPoint(series, scales, px, py) {
  /** @type {Pointed | null} */
  let found = null;
  let least = Infinity;
  for (const { id, x, y } of series)
    for (let at = 0; at < x.length; at++) {
      const far = Math.hypot(scales.x(x[at]) - px, scales.y(y[at]) - py);
      if (far < least) [least, found] = [far, { id, x: x[at] }];
    }
  return found;
}

/**
 * The point that a key goes to: along its curve, or to another curve; undefined for every other key.
 *
 * @param {CurveSeries[]} series
 * @param {Pointed | null} now
 * @param {string} key as the event names it
 * @returns {Pointed | null | undefined}
 */
export function pointAfter(series, now, key) {
  const there = series.filter(({ x }) => x.length);
  if (!/^(Arrow(Left|Right|Up|Down)|Home|End)$/.test(key)) return undefined;
  if (!there.length) return null;
  const found = there.findIndex(({ id }) => id === now?.id);
  if (!now || found < 0) return { id: there[0].id, x: there[0].x[there[0].x.length - 1] };
  const other = key === "ArrowUp" ? -1 : key === "ArrowDown" ? 1 : 0;
  const { id, x } = there[(found + other + there.length) % there.length];
  const at = nextTo(x, now.x);
  const by = key === "ArrowLeft" ? -1 : key === "ArrowRight" ? 1 : 0;
  const to = key === "Home" ? 0 : key === "End" ? x.length - 1 : at + by;
  return { id, x: x[Math.min(Math.max(0, to), x.length - 1)] };
}
