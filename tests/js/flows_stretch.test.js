import assert from "node:assert/strict";
import { test } from "node:test";
import {
  STRIP,
  acrossTo,
  areaUnder,
  between,
  heightScale,
  logDensity,
  logNormal,
  stretchLayout,
  stretchWords,
  stretched,
  unstretched,
  xUnder,
} from "../../pages/flows/flows_stretch_values.js";
import {
  cellWords,
  determinantWords,
  triangleCells,
} from "../../pages/flows/flows_triangle_words.js";

const LECTURE = { alpha: Math.log(2), mu: 1 };
const CASES = [LECTURE, { alpha: -1.2, mu: -2 }, { alpha: 0, mu: 0 }, { alpha: 1.2, mu: 2 }];
const close = (/** @type {number} */ a, /** @type {number} */ b, within = 1e-9) =>
  assert.ok(Math.abs(a - b) <= within, `${a} is not ${b}`);

test("x = exp(α) z + μ, and back", () => {
  close(stretched(0, LECTURE), 1);
  close(stretched(1, LECTURE), 3);
  for (const by of CASES) for (const z of [-2, 0, 1.5]) close(unstretched(stretched(z, by), by), z);
});

test("log p(x) = log N(z) − α, as the lecture's numbers have it", () => {
  close(logNormal(0), -0.919, 1e-3);
  close(logDensity(1, LECTURE), -1.612, 1e-3);
});

test("the curve of x has area 1, and each strip keeps its area", () => {
  for (const by of CASES) {
    const p = (/** @type {number} */ x) => Math.exp(logDensity(x, by));
    close(areaUnder(p, stretched(-8, by), stretched(8, by)), 1, 1e-6);
    for (const z of [-1, 0, 2]) {
      const inZ = areaUnder((at) => Math.exp(logNormal(at)), z - STRIP, z + STRIP);
      close(areaUnder(p, stretched(z - STRIP, by), stretched(z + STRIP, by)), inZ, 1e-6);
    }
  }
});

test("between two stretches lie both of them", () => {
  assert.deepEqual(between({ alpha: 0, mu: 0 }, { alpha: 1, mu: 2 }, 0.5), { alpha: 0.5, mu: 1 });
});

test("while the curve of x is covered, its words tell nothing of its height", () => {
  const [map, ...more] = stretchWords(1, LECTURE, true);
  assert.equal(map, "x = exp(α) · z + μ = 2.00 · 0.00 + 1.00 = 1.00");
  assert.deepEqual(more, []);
  assert.equal(
    stretchWords(1, LECTURE, false)[1],
    "log p(x) = log N(z) − α = −0.919 − 0.693 = −1.612 nats, p(x) = 0.199",
  );
  assert.match(stretchWords(-1, LECTURE, false)[0], /= 2\.00 · \(−1\.00\) \+ 1\.00 = −1\.00$/);
  assert.match(stretchWords(0, { alpha: -0.5, mu: -1 }, false)[1], / \+ 0\.500 = /);
});

test("both curves fit, whatever the stretch, and the lines have room between them", () => {
  for (const [width, tall] of [
    [660, 720],
    [350, 844],
    [880, 720],
  ])
    for (const by of CASES) {
      const layout = stretchLayout(width, tall);
      const peak = Math.max(1, Math.exp(-by.alpha)) / Math.sqrt(2 * Math.PI);
      const tallest = peak * heightScale(layout, by);
      assert.ok(layout.zBase - tallest >= 0);
      assert.ok(layout.xBase + tallest <= layout.height);
      assert.ok(layout.xBase - layout.zBase > 40);
      assert.ok(layout.height < 0.62 * tall);
    }
});

test("a place above the middle is a z, carried to x; one below is an x", () => {
  const layout = stretchLayout(660, 720);
  close(xUnder(layout, LECTURE, [acrossTo(layout, 1), layout.zBase]), 3);
  close(xUnder(layout, LECTURE, [acrossTo(layout, 1), layout.xBase]), 1);
  close(xUnder(layout, LECTURE, [acrossTo(layout, 5.9), layout.zBase]), 6); // the edge
});

const JACOBIAN = [2, 0, 0.5, 4];

test("above the diagonal a cell is 0 by structure", () => {
  assert.deepEqual(
    triangleCells(JACOBIAN, 2).map(({ kind }) => kind),
    ["diagonal", "zero", "reads", "diagonal"],
  );
  assert.match(cellWords(JACOBIAN, 2, 1), /^∂z₁\/∂x₂ = 0: z₁ does not read x₂/);
  assert.match(cellWords(JACOBIAN, 2, 2), /^∂z₂\/∂x₁ = 0\.50: α₂ and μ₂ read x₁/);
  assert.match(cellWords(JACOBIAN, 2, 0), /= 2\.00, so α₁ = −0\.69\.$/);
});

test("the determinant is the product of the diagonal", () => {
  assert.match(
    determinantWords(JACOBIAN, 2, Math.log(8)),
    /^det = 2\.00 · 4\.00 = 8\.00: log det = −Σα = 2\.079 nats\. .*: 2\.079\.$/,
  );
});
