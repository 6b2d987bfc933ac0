import assert from "node:assert/strict";
import { test } from "node:test";

import { conditionalName, networksSvg, tablesSvg } from "../../pages/chain_rule/networks_draw.js";
import { drawnOf, layoutOf, subscript, tablesOf } from "../../pages/chain_rule/networks_layout.js";

const SIZE = { width: 800, height: 300 };
const LOOK = {
  ...SIZE,
  font: 14,
  colours: { seen: "blue", target: "red", quiet: "grey", ink: "black", paper: "white" },
};

/** @param {string} svg @param {string} mark */
const count = (svg, mark) => svg.split(mark).length - 1;

test("few conditionals are all drawn; of many, the first and the last", () => {
  assert.deepEqual(drawnOf(3), [1, 2, 3]);
  assert.deepEqual(drawnOf(784), [1, 2, 3, 4, null, 784]);
  assert.deepEqual(drawnOf(0), []);
});

test("network t reads the t − 1 variables before it", () => {
  for (const { t, inputs } of layoutOf(6, 0, SIZE).networks)
    assert.deepEqual(
      inputs.map(({ index }) => index),
      drawnOf(t - 1, 4),
    );
});

test("at the end of the merge all networks have the same hidden units and the same inputs", () => {
  for (const D of [1, 3, 784]) {
    const { networks } = layoutOf(D, 1, SIZE);
    assert.equal(
      new Set(networks.map(({ box }) => `${box.x.toFixed(6)} ${box.width.toFixed(6)}`)).size,
      1,
    );
    const places = new Map();
    for (const { index, x } of networks.flatMap(({ inputs }) => inputs)) {
      if (index !== null) assert.ok(Math.abs((places.get(index) ?? x) - x) < 1e-6);
      places.set(index, Number(x.toFixed(6)));
    }
    assert.equal(new Set(places.values()).size, places.size, "no two inputs on one place");
  }
});

test("before it, no two networks share a place, and outputs never move", () => {
  const [apart, one] = [0, 1].map((m) => layoutOf(784, m, SIZE).networks);
  apart
    .slice(1)
    .forEach(({ box }, at) => assert.ok(box.x >= apart[at].box.x + apart[at].box.width));
  assert.deepEqual(
    apart.map(({ x }) => x),
    one.map(({ x }) => x),
  );
});

test("a table has twice as many rows as the one before it", () => {
  assert.deepEqual(
    tablesOf(3).map((table) => table?.rows),
    [1, 2, 4],
  );
  assert.equal(tablesOf(784).at(-1)?.said, "2⁷⁸³ rows");
  assert.equal(count(tablesSvg(3, LOOK), "data-cell"), 7);
});

test("each output has its loss where losses are drawn, and none elsewhere", () => {
  const svg = networksSvg(4, 500, 1, true, LOOK);
  assert.equal(count(svg, "data-output"), 4);
  assert.equal(count(svg, "data-loss"), 4);
  assert.equal(count(networksSvg(4, 500, 1, false, LOOK), "data-loss"), 0);
});

test("a conditional's name is short where its condition is long", () => {
  assert.equal(conditionalName(1), "p(x₁)");
  assert.equal(conditionalName(3), "p(x₃ | x₁, x₂)");
  assert.equal(conditionalName(784), `p(x${subscript(784)} | x₁ … x₇₈₃)`);
});
