import assert from "node:assert/strict";
import { test } from "node:test";

import {
  decimals,
  measured,
  measureOf,
  percent,
  plural,
  probability,
  resolved,
  scaled,
  scientific,
  signed,
  sumOfChances,
  unitWithPower,
  whole,
  withError,
} from "../../pages/ui/browser/numbers.js";

const ALL = [0, -0, 1, -1, 0.5, 1e-300, -1e-300, 5e-324, 1e-7, 0.00049, 0.9995, 1 - 1e-16];
const EXTREME = [1e300, -1e300, 123456789.5, Infinity, -Infinity, NaN];

test("every formatter gives words for every number", () => {
  for (const value of [...ALL, ...EXTREME]) {
    const words = [
      probability(value),
      scientific(value),
      scientific(value, 2),
      decimals(value, 0),
      decimals(value, 3),
      signed(value, 2),
      whole(value),
      percent(value, 1),
      percent(value, 0),
      plural(value, "step"),
      probability(value, 2),
      sumOfChances(value),
      resolved(value, 0.03),
      resolved(0.1, value),
      ...[measureOf(1, 0.1), measureOf(value, 0.1), measureOf(2e10, 3e8)].flatMap((measure) => [
        scaled(value, measure),
        measured(value, measure),
      ]),
    ];
    for (const text of words) {
      assert.match(text, /\S/);
      assert.doesNotMatch(text, /NaN|undefined|Infinity|e[+-]|-/, `${value} reads ${text}`);
      assert.ok(text.length < 30, `${value} reads ${text}`);
    }
  }
});

test("a probability reads 0 or 1 only where it is", () => {
  assert.equal(probability(0), "0.000");
  assert.equal(probability(1), "1.000");
  assert.equal(probability(0.3), "0.300");
  assert.equal(probability(1e-7), "1·10⁻⁷");
  assert.equal(probability(4.2e-12), "4·10⁻¹²");
  assert.equal(probability(0.99999), "> 0.999");
  assert.equal(probability(NaN), "–");
});

test("what is not 0 is not written as 0, and 0 has no sign", () => {
  assert.equal(decimals(-0, 2), "0.00");
  assert.equal(decimals(-0.001, 2), "−1.0·10⁻³");
  assert.equal(decimals(-1.75, 1), "−1.8");
  assert.equal(signed(2, 1), "+2.0");
  assert.equal(signed(-Infinity, 1), "−∞");
  assert.equal(decimals(2.5e7, 2), "2.5·10⁷");
});

test("a share is 0 % or 100 % only where it is", () => {
  assert.equal(percent(0, 82), "0\u00a0%");
  assert.equal(percent(82, 82), "100\u00a0%");
  assert.equal(percent(1, 784), "<\u00a01\u00a0%");
  assert.equal(percent(783, 784), ">\u00a099\u00a0%");
  assert.equal(percent(0, 0), "–");
});

test("counts have separators and a plural", () => {
  assert.equal(plural(1, "pixel"), "1 pixel");
  assert.equal(plural(154252784, "weight"), "154,252,784 weights");
});

test("a probability with two digits keeps away from 0 and 1", () => {
  assert.equal(probability(0.999, 2), "> 0.99");
  assert.equal(probability(0.004, 2), "4·10⁻³");
  assert.equal(probability(0.25, 2), "0.25");
});

test("a sum of probabilities reads 1 only where it is, but for the rounding of float32", () => {
  assert.equal(sumOfChances(0.9999999), "1.00");
  assert.equal(sumOfChances(0.42), "0.42");
  assert.equal(sumOfChances(0.999), "0.999");
  assert.equal(sumOfChances(0.99998), "0.99998");
  assert.equal(sumOfChances(1.0004), "1.0004");
});

test("the ticks of small probabilities differ", () => {
  assert.deepEqual(
    [0, 0.5, 1].map((part) => resolved(0.03 * part, 0.03)),
    ["0.000", "0.015", "0.030"],
  );
});

test("a value has the digits of its standard error, and a power of ten far from 1", () => {
  const rate = measureOf(1.1, 0.0123);
  assert.equal(withError(1.1034, 0.0123, rate), "1.1034 ± 0.0123");
  const budget = measureOf(3.1e10, 8.65e8);
  assert.equal(withError(30713718784, 864954880, budget), "(30.714 ± 0.865)·10⁹");
  assert.equal(measured(-30713718784, budget), "−30.714·10⁹");
  assert.equal(unitWithPower("value", budget), "value, in 10⁹");
  const near = measureOf(1e9, 1);
  assert.equal(withError(1e9 + 2.5, 1, near), "1,000,000,002.50 ± 1.00");
  assert.equal(unitWithPower("value", near), "value");
  const tiny = measureOf(4e-7, 1e-8);
  assert.equal(withError(4.1e-7, 1e-8, tiny), "(410.0 ± 10.0)·10⁻⁹");
  assert.equal(measured(0, tiny), "0.0");
});
