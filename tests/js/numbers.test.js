import assert from "node:assert/strict";
import { test } from "node:test";

import {
  decimals,
  percent,
  plural,
  probability,
  scientific,
  signed,
  whole,
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
