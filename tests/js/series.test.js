import assert from "node:assert/strict";
import { test } from "node:test";

import {
  arrowsSvg,
  axesSvg,
  fanSvg,
  frameOf,
  historySvg,
  nextSvg,
} from "../../pages/time_series/series_draw.js";
import { bezier, dense } from "../../pages/time_series/series_labels.js";
import { residualsSvg } from "../../pages/time_series/series_residuals.js";
import { dateTicks, range } from "../../pages/time_series/series_scale.js";
import { legendHtml, readingWords } from "../../pages/time_series/series_words.js";
import { linear, numberTicks } from "../../pages/ui/browser/scale.js";

const COLOURS = Object.fromEntries(
  "seen target quiet line ink paper positive negative illegal sampled-future"
    .split(" ")
    .map((name) => [name, name]),
);
const SIZE = { width: 800, height: 300, font: 14, colours: COLOURS };

/** @param {object} [changed] @param {string[]} [hidden] @param {number} [step] @returns {any} */
function scene(changed = {}, hidden = [], step = 3) {
  const meta = {
    ...{ title: "t", unit: "u", time_unit: "year", view: "many steps", known: 5, start: 0 },
    labels: ["2000", "2001", "2002", "2003", "2004", "2005", "2006", "2007"],
    ...{ horizon: 3, futures: 2, one_start: 0, model: "AR(2)", d: 0, q: 0, constant: 1 },
    ...{ phi: [1.5, -0.5], below: false, bound: 0.2, ljung_box_p: 0.5, lags_tested: 4 },
    ...changed,
  };
  const arrays = {
    times: new Float32Array([2000, 2001, 2002, 2003, 2004, 2005, 2006, 2007]),
    values: new Float32Array([1, 4, 9, 4, 2]),
    one: new Float32Array([3, 3, 3, 3, 3]),
    one_error: new Float32Array(5).fill(1),
    mean: new Float32Array([2, 3, 4]),
    error: new Float32Array([1, 1.5, 1.75]),
    paths: new Float32Array([1, -2, 3, 5, 6, -1]),
    acf: new Float32Array([0.1, -0.3, 0.05, 0]),
  };
  return { meta, arrays, step, hidden: new Set(hidden) };
}

/**
 * A visitor's own series: all values times `times`, plus `plus`.
 *
 * @param {number} times
 * @param {number} plus
 * @param {object} [changed]
 */
function ownScene(times, plus, changed = {}) {
  const given = scene({ unit: "value", constant: 1 * times, ...changed });
  for (const name of ["values", "one", "mean", "paths"])
    given.arrays[name] = Float64Array.from(given.arrays[name], (value) => plus + times * value);
  for (const name of ["error", "one_error"])
    given.arrays[name] = Float64Array.from(given.arrays[name], (value) => times * value);
  return given;
}

/** Own series: an exchange rate, shares, a budget, a population with a small change, negative ones. */
const OWN = /** @type {const} */ ([
  [0.004, 1.1],
  [0.0004, 0.03],
  [9e8, 3e10],
  [1, 1e9],
  [-2e-9, 0],
  [-4e11, 0],
  [1e-200, 0],
]);

/** @param {string} svg @param {string} mark */
const count = (svg, mark) => svg.split(mark).length - 1;

test("ticks are even, within the range, and no two read alike", () => {
  for (const [low, high] of [
    [0, 1],
    [-3.2, 190],
    [1990.2, 1991.1],
    [1e6, 1.1e6],
  ]) {
    const ticks = numberTicks(low, high, 6);
    assert.ok(ticks.length >= 2 && ticks.length <= 8);
    assert.equal(new Set(ticks.map(({ text }) => text)).size, ticks.length);
    assert.ok(ticks.every(({ value }) => value >= low - 1e-6 && value <= high + 1e-6));
  }
});

test("dates are days, first days of months, or years", () => {
  const day = Date.UTC(2024, 0, 25) / 86_400_000;
  for (const [span, pattern] of /** @type {[number, RegExp][]} */ ([
    [60, /^2024-0\d-\d\d$/],
    [400, /^20\d\d-\d\d$/],
    [9000, /^20\d\d$/],
  ])) {
    const ticks = dateTicks(day, day + span, 6);
    assert.ok(ticks.length >= 2 && ticks.length <= 8, String(ticks.length));
    assert.equal(new Set(ticks.map(({ text }) => text)).size, ticks.length);
    for (const { text } of ticks) assert.match(text, pattern);
  }
});

test("a scale takes its ends to the ends, and a range leaves room", () => {
  const scale = linear(0, 10, 100, 0);
  assert.deepEqual([scale.at(0), scale.at(10), scale.at(5)], [100, 0, 50]);
  const [low, high] = range([1, 2, NaN]);
  assert.ok(low < 1 && high > 2);
});

test("all that is drawn lies in the frame", () => {
  for (const view of ["one step", "many steps"]) {
    const given = scene({ view });
    const { x, y, left, right, top, bottom } = frameOf(given, SIZE);
    const { times, values, paths } = given.arrays;
    for (const time of times.slice(0, view === "one step" ? 6 : 8))
      assert.ok(x.at(time) >= left - 1e-6 && x.at(time) <= right + 1e-6);
    for (const value of [...values, ...(view === "many steps" ? paths : [])])
      assert.ok(y.at(value) >= top - 1e-6 && y.at(value) <= bottom + 1e-6);
  }
});

test("each weight is an arrow, dashed below 0; where values are differenced there is none", () => {
  const given = scene({ view: "one step" });
  const svg = arrowsSvg(given, frameOf(given, SIZE));
  assert.equal(count(svg, "data-weight"), 2);
  assert.match(svg, /data-weight="-0\.5000"[^>]*stroke-dasharray/);
  assert.doesNotMatch(svg, /data-weight="1\.5000"[^>]*stroke-dasharray/);
  const changes = scene({ view: "one step", d: 1 });
  assert.equal(arrowsSvg(changes, frameOf(changes, SIZE)), "");
});

test("the names of the arrows end before the forecast, on a phone too", () => {
  for (const hidden of [[], ["prediction"]])
    for (const width of [200, 390, 800]) {
      const given = scene({ view: "one step" }, hidden);
      const frame = frameOf(given, { ...SIZE, width, font: 12 });
      const labels = [
        ...arrowsSvg(given, frame).matchAll(
          /<text[^>]* x="([\d.]+)"[^>]*font-size="([\d.]+)"[^>]*>([^<]*)</g,
        ),
      ];
      assert.equal(labels.length, 2);
      for (const [, x, size, said] of labels) {
        const end = Number(x) + 0.28 * said.length * Number(size);
        assert.ok(end < frame.x.at(given.arrays.times[5]) - (hidden.length ? 0.9 * 12 : 0));
      }
      assert.match(labels[1][3], /^φ₂ = −0.500$/);
      assert.equal(labels[0][3], "φ₁ = 1.500");
    }
});

test("no name or number of an arrow stands on a curve, on a phone too", () => {
  const longer = {
    ...{ view: "one step", known: 8, phi: [1.16, -0.4, -0.17, 0.15, -0.09, 0.01, 0.05] },
    labels: Array.from({ length: 11 }, (_, k) => String(2000 + k)),
  };
  for (const [changed, values] of [
    [{ view: "one step" }, [1, 4, 9, 4, 2]],
    [longer, [64, 93, 119, 111, 104, 63, 40, 29]],
  ])
    for (const [width, height] of [
      [360, 230],
      [760, 560],
    ]) {
      const given = scene(changed);
      given.arrays.values = Float32Array.from(/** @type {number[]} */ (values));
      given.arrays.times = Float32Array.from({ length: 11 }, (_, k) => 2000 + k);
      given.arrays.one = new Float32Array(8).fill(Math.max(.../** @type {number[]} */ (values)));
      given.arrays.one_error = new Float32Array(8).fill(1);
      const frame = frameOf(given, { ...SIZE, width, height, font: 12 });
      const svg = arrowsSvg(given, frame);
      const curves = [...svg.matchAll(/ d="M(\S+) (\S+)C(\S+) (\S+) (\S+) (\S+) (\S+) (\S+)"/g)];
      assert.equal(curves.length, given.meta.phi.length);
      const points = curves.flatMap(([, ...all]) => {
        const [a, b, c, d, e, f, g, h] = all.map(Number);
        return bezier([a, b], [c, d], [e, f], [g, h]);
      });
      const series = Array.from(given.arrays.values, (value, k) => [
        frame.x.at(2000 + k),
        frame.y.at(value),
      ]);
      points.push(...dense(/** @type {[number, number][]} */ (series)));
      const labels = [
        ...svg.matchAll(
          /<text[^>]* x="([\d.]+)" y="([\d.]+)"[^>]*font-size="([\d.]+)"[^>]*>([^<]*)</g,
        ),
      ];
      assert.equal(labels.length, curves.length);
      for (const [, x, y, size, said] of labels) {
        const wide = 0.28 * said.length * Number(size);
        const under = points.filter(
          ([a, b]) =>
            Math.abs(a - Number(x)) < wide && Math.abs(b - Number(y)) < 0.4 * Number(size),
        );
        assert.equal(under.length, 0, `${said} at ${width} px`);
      }
    }
});

test("what a question covers is in no mark, no words and no legend", () => {
  const asked = scene({ view: "one step" }, ["prediction"]);
  assert.doesNotMatch(nextSvg(asked, frameOf(asked, SIZE)), /data-gaussian|±/);
  assert.doesNotMatch(readingWords(asked, -1), /2\.0|deviation/);
  const wide = scene({}, ["fan", "paths"]);
  const svg = fanSvg(wide, frameOf(wide, SIZE));
  assert.equal(count(svg, "data-band") + count(svg, "data-path"), 0);
  assert.doesNotMatch(readingWords(wide, -1), /error/);
  assert.doesNotMatch(legendHtml(wide, COLOURS), /futures/);
  const unnamed = scene({}, ["labels", "fan"]);
  assert.doesNotMatch(legendHtml(unnamed, COLOURS) + readingWords(unnamed, -1), /mean|sampled/);
  assert.doesNotMatch(fanSvg(unnamed, frameOf(unnamed, SIZE)), /stroke="(target|sampled-future)"/);
});

test("paths grow with the step, and what is below 0 is marked where it is asked for", () => {
  for (const step of [0, 1, 3]) {
    const given = scene({ below: true }, [], step);
    const svg = fanSvg(given, frameOf(given, SIZE));
    assert.equal(count(svg, "data-path"), 2);
    assert.equal(count(svg, "data-negative"), [0, 0, 0, 2][step]);
  }
  const plain = scene();
  assert.equal(count(fanSvg(plain, frameOf(plain, SIZE)), "data-negative"), 0);
  assert.match(readingWords(scene({ below: true }), -1), /33\u00a0%/);
});

test("the words tell the sum of the next value, the error of a step, and a value pointed at", () => {
  const one = scene({ view: "one step" });
  assert.match(
    readingWords(one, -1),
    /1\.00 \+ 1\.500 · 2\.00 − 0\.500 · 4\.00 = <b data-next>2\.00/,
  );
  assert.match(readingWords(one, 2), /2002: <b>9\.00<\/b> u\. One step before, the mean was 3\.00/);
  assert.match(readingWords(scene(), -1), /3 steps ahead, 2007: mean <b data-mean>4\.00/);
  assert.match(readingWords(scene({}, [], 0), -1), /nothing is drawn yet/);
});

test("bars outside the lines are told from those within", () => {
  const given = scene({ view: "residuals" });
  const svg = residualsSvg({ acf: given.arrays.acf, bound: 0.2 }, SIZE);
  assert.equal(count(svg, 'data-bar="outside"'), 1);
  assert.equal(count(svg, 'data-bar="within"'), 3);
  assert.match(readingWords(given, -1), /<b data-outside>1<\/b> of 4 bars/);
  assert.match(readingWords(given, -1), /p = <b data-p>0\.500<\/b>/);
  const never = scene({ view: "residuals", ljung_box_p: 0 });
  assert.match(readingWords(never, -1), /p < <b data-p>10⁻³⁰⁰<\/b>/);
});

test("hidden values are circles, and the axis names its unit", () => {
  const given = scene({ known: 3, horizon: 2 });
  assert.equal(count(historySvg(given, frameOf(given, SIZE)), "data-came"), 2);
  assert.match(axesSvg(given, frameOf(given, SIZE)), />year</);
});

test("values of any size are told apart from each other, and no error reads 0", () => {
  for (const [times, plus] of OWN) {
    const rmse = [1.2 * Math.abs(times), 3.4 * Math.abs(times)];
    const given = ownScene(times, plus, { rmse, known: 4 });
    const said = Array.from(given.arrays.values, (_, at) => readingWords(given, at));
    const values = said.map((each) => /<b>([^<]*)<\/b>/.exec(each)?.[1] ?? "");
    assert.equal(new Set(values).size, 4, String(values)); // those of 1, 4, 9, 4, 2
    const words = readingWords(given, -1);
    for (const mark of ["data-error", "data-rmse-one", "data-rmse-many"]) {
      const found = new RegExp(`<b ${mark}>([^<]*)</b>`).exec(words)?.[1] ?? "";
      assert.match(found, /[1-9]/, `${mark}: ${words}`);
      assert.ok(found.replace(/·.*/, "").length <= 9, `${mark}: ${words}`);
    }
  }
});

test("the sum of the next value shows the digits that it is made of", () => {
  const rate = ownScene(0.004, 1.1, { view: "one step" });
  assert.match(
    readingWords(rate, -1),
    /0\.00400 \+ 1\.500 · 1\.10800 − 0\.500 · 1\.11600 = <b data-next>1\.10800<\/b>.*deviation <b>0\.00400/,
  );
  const budget = ownScene(9e8, 3e10, { view: "one step" });
  assert.match(
    readingWords(budget, -1),
    /\(0\.900 \+ 1\.500 · 31\.800 − 0\.500 · 33\.600\)·10⁹ = <b data-next>31\.800·10⁹<\/b>/,
  );
});

test("the labels of an axis have room, differ, and name their power of ten", () => {
  for (const view of ["one step", "many steps"])
    for (const width of [330, 800])
      for (const [times, plus] of OWN) {
        const given = ownScene(times, plus, { view });
        const frame = frameOf(given, { ...SIZE, width });
        const svg = axesSvg(given, frame);
        const labels = [...svg.matchAll(/<text[^>]* x="([\d.]+)"[^>]*"end"[^>]*>([^<]*)</g)];
        assert.ok(labels.length >= 2);
        assert.equal(new Set(labels.map(([, , text]) => text)).size, labels.length);
        for (const [, x, text] of labels) {
          assert.ok(Number(x) - 0.55 * 0.86 * 14 * text.length >= 0, `${text} is cut off`);
          assert.doesNotMatch(text, /·/);
        }
        assert.ok(frame.left < width / 2);
        const { power } = frame.measure;
        assert.equal(/value, in 10/.test(svg), power !== 0);
      }
});

test("a visitor's own words are text, whatever they hold", () => {
  const labels = Array.from({ length: 8 }, (_, at) => `<b>${at} & "more"`);
  for (const view of ["one step", "many steps"]) {
    const given = scene({ view, labels, time_unit: "<i>when" });
    assert.match(axesSvg(given, frameOf(given, SIZE)), />&lt;i&gt;when</);
    for (const pointed of [-1, 1]) {
      assert.match(readingWords(given, pointed), /&lt;b&gt;\d &amp; &quot;more/);
      assert.doesNotMatch(readingWords(given, pointed), /<b>\d & /);
    }
  }
});

test("one step is no steps", () => {
  const given = scene({ horizon: 1, rmse: [1, 1] }, [], 1);
  assert.doesNotMatch(readingWords(given, -1), /\b1 steps/);
  assert.doesNotMatch(readingWords(scene({}, ["labels"], 1), -1), /\b1 steps/);
});
