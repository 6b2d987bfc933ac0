import assert from "node:assert/strict";
import { test } from "node:test";

import {
  Counts,
  addressWith,
  lastDraw,
  placeIn,
  statesEntered,
  termIsLit,
  topOf,
} from "../../pages/chain_rule/chain_data.js";
import { arrowsSvg } from "../../pages/chain_rule/chain_draw.js";
import { moved, stepAt } from "../../pages/chain_rule/chain_hands.js";
import {
  ALL_STATES,
  barHeight,
  factorTaken,
  factorsOf,
  influenceOf,
  jointOf,
  largestDifference,
  marginalsOf,
  withConditional,
  withState,
} from "../../pages/chain_rule/chain_tables.js";
import {
  drawWords,
  nodeWords,
  readingWords,
  rowWords,
  stateWords,
  tableName,
  takenWords,
} from "../../pages/chain_rule/chain_words.js";

const CAUSES = [931, 49, 42, 378, 42, 378, 9, 171].map((weight) => weight / 2000);
const XOR = [1, 0, 0, 1, 0, 1, 1, 0].map((weight) => weight / 4);
const ORDERS = [
  [0, 1, 2],
  [2, 0, 1],
  [2, 1, 0],
  [1, 0, 2],
];

/** @param {number[]} some @param {number[]} others */
const near = (some, others) =>
  some.forEach((p, at) => assert.ok(Math.abs(p - others[at]) < 1e-12, `${some} is not ${others}`));

/** @param {number[]} joint @param {number[]} order */
function tablesOf(joint, order = [0, 1, 2]) {
  const factors = factorsOf(joint, order);
  return { order, joint, factors, influence: influenceOf(factors) };
}

const NO_COUNT = { done: 0, distance: 1, share: null };

test("the factors multiply to the joint, in every order", () => {
  for (const joint of [CAUSES, XOR])
    for (const order of ORDERS) near(jointOf(factorsOf(joint, order), order), joint);
});

test("an edited conditional keeps all the others of its order", () => {
  const order = [2, 0, 1];
  const before = factorsOf(CAUSES, order);
  const { joint, factors } = withConditional(before, order, { step: 1, row: 0 }, 0.9);
  near([joint.reduce((sum, p) => sum + p, 0)], [1]);
  const expected = before.map((factor) => [...factor]);
  expected[1][0] = 0.9;
  assert.ok(largestDifference(factors, expected) < 1e-12);
});

test("an edited state keeps the proportions of the others", () => {
  const changed = withState(CAUSES, 5, 0.5);
  near([changed[5], changed[0] / changed[3]], [0.5, CAUSES[0] / CAUSES[3]]);
  near(
    withState([0, 0, 0, 0, 0, 1, 0, 0], 5, 0.3),
    ALL_STATES.map((s) => (s === 5 ? 0.3 : 0.1)),
  );
});

test("an arrow's influence is the largest change that its variable makes", () => {
  const { influence } = tablesOf(CAUSES);
  near(influence[1], [0, 0, 0]); // independent causes
  near([influence[2][0], influence[2][1]], [0.85, 0.85]);
  const xor = tablesOf(XOR).influence;
  near([xor[1][0], xor[2][0], xor[2][1]], [0, 1, 1]);
  assert.deepEqual(influenceOf([[0], [0.5, null], [0, 1, null, null]])[1], [0, 0, 0]);
});

test("a table shows p, and the product 1 − p where the state has a 0", () => {
  const tables = tablesOf(CAUSES);
  assert.equal(factorTaken(tables.factors, tables.order, 0b101, 1), 1 - 0.3);
  assert.equal(takenWords(tables, 0b101, 1), "1 − 0.300 = 0.700");
  assert.equal(takenWords(tables, 0b101, 2), "0.900");
  const words = stateWords(tables, 0b101, NO_COUNT, false);
  assert.match(words, /0\.300 × \(1 − 0\.300\) × 0\.900 = 0\.189/);
  assert.match(words, /x₁ = 1, x₂ = 0, x₃ = 1/);
});

test("what is undefined is said to be so, and no number is made up", () => {
  const tables = tablesOf([0.5, 0, 0, 0.5, 0, 0, 0, 0]);
  assert.equal(takenWords(tables, 0b101, 1), "none");
  assert.match(stateWords(tables, 0b101, NO_COUNT, true), /condition on the way has probability 0/);
  assert.match(rowWords(tables, 1, 1), /undefined: x₁ = 1 has probability 0/);
});

test("what is not 0 or 1 never reads as 0 or 1", () => {
  const tables = tablesOf(withState(CAUSES, 5, 0.999998));
  const words = stateWords(tables, 5, NO_COUNT, false);
  assert.match(words, /= 0\.999998/);
  assert.doesNotMatch(words, /[^\d]1\.000|0\.000[^\d]/);
});

test("every sentence speaks of what it is given", () => {
  const tables = tablesOf(CAUSES, [2, 0, 1]);
  assert.match(
    nodeWords(tables, 0),
    /x₁<\/b> is drawn second.*moved by x₃.*x₂ can read it.*2 numbers/,
  );
  assert.match(nodeWords(tables, 2), /first, from a number that depends on nothing.*1 number\./);
  assert.match(rowWords(tables, 1, 1), /The 4 states with x₃ = 1 use it/);
  const drawn = { sample: 0, step: 1, row: 1, p: 0.5625, u: 0.9, value: 1 };
  const count = { done: 1, distance: 0.8, share: null };
  assert.match(drawWords(tables, drawn, count), /p\(x₁ = 1 \| x₃ = 1\).*<b>1 sample<\/b>/);
  assert.equal(tableName([2, 0, 1], 2), "p(x₂ = 1 | x₃, x₁)");
  const now = { hover: { step: 0, row: 0 }, drawn, state: null };
  assert.match(readingWords(tables, now, count), /All eight states use it/);
});

test("arrows are as thick as what they change, and dotted where that is nothing", () => {
  const { influence } = tablesOf(CAUSES);
  const svg = arrowsSvg(influence, 900, -1, { quiet: "grey", seen: "blue", feeds: "green" });
  const [first] = svg.split("<path").slice(1);
  assert.match(first, /data-effect="0\.000".*stroke-dasharray="1 5"/);
  assert.match(svg, /data-effect="0\.850"/);
});

test("bars that reach beyond the picture are marked", () => {
  assert.deepEqual(barHeight(1, 0.6), { share: 1, over: true });
  assert.deepEqual(barHeight(0.3, 0.6), { share: 0.5, over: false });
  for (const joint of [CAUSES, XOR, [1, 0, 0, 0, 0, 0, 0, 0]])
    assert.ok(topOf(joint) > Math.max(...joint));
});

test("a node dropped on a third of the picture takes that place", () => {
  assert.deepEqual(
    [-5, 10, 299, 300, 899, 2000].map((x) => stepAt(x, 900)),
    [0, 0, 0, 1, 2, 2],
  );
  assert.deepEqual(moved([0, 1, 2], 2, 0), [2, 0, 1]);
  assert.deepEqual(moved([0, 1, 2], 0, 7), [1, 2, 0]);
  assert.deepEqual(moved([0, 1, 2], 0, -1), [0, 1, 2]);
});

const TRACE = {
  values: new Uint8Array([1, 0, 1, 0, 1, 1]),
  states: new Uint8Array([0b101, 0b011]),
  u: new Float32Array(6),
  p: new Float32Array(6),
  distance: new Float32Array(3),
};

test("the last draw stands in the row that the earlier ones lead to", () => {
  assert.equal(lastDraw(TRACE, 0), null);
  assert.deepEqual(
    [1, 2, 3, 6].map((draws) => lastDraw(TRACE, draws)?.row),
    [0, 1, 2, 1],
  );
  const drawn = lastDraw(TRACE, 3);
  const order = [0, 1, 2];
  assert.deepEqual(statesEntered({ hover: null, drawn, pinned: 3 }, order, TRACE.states), [0b101]);
  const hover = { step: 1, row: 1 };
  assert.deepEqual(statesEntered({ hover, drawn, pinned: 3 }, order, TRACE.states), [4, 5, 6, 7]);
  assert.ok(termIsLit(order, 1, { hover, drawn, state: null }));
  assert.ok(!termIsLit(order, 0, { hover: { node: 2 }, drawn: null, state: 3 }));
});

test("counts go on, and begin anew where the student goes back", () => {
  const counts = new Counts(TRACE.states);
  assert.equal(counts.of(2)[0b011], 1);
  assert.equal(counts.of(1)[0b011], 0);
  assert.equal(counts.of(1)[0b101], 1);
});

test("the address holds the step and the kept state, and what the lesson's own step has stays out", () => {
  const home = { state: 5, step: 0 };
  const address = addressWith("http://a/chain-rule?n=100", { step: 4, state: 3 }, home, 300);
  assert.equal(address, "http://a/chain-rule?n=100&step=4&state=011");
  assert.deepEqual(placeIn(new URL(address).search), { step: 4, state: 3 });
  assert.equal(addressWith(address, { step: 0, state: 5 }, home, 300), "http://a/chain-rule?n=100");
  const none = addressWith("http://a/", { step: 0, state: null }, home, 300);
  assert.equal(none, "http://a/?state=none");
  assert.deepEqual(placeIn(new URL(none).search), { step: undefined, state: null });
  assert.deepEqual(placeIn("?step=x&state=12"), { step: undefined, state: undefined });
  const playing = { step: 30, play: 8 };
  assert.equal(addressWith("http://a/", { step: 300, state: null }, playing, 300), "http://a/");
});

test("marginals ignore every condition, and multiply to the joint of independent variables alone", () => {
  for (const order of ORDERS) {
    assert.deepEqual(marginalsOf(XOR, order), [[0.5], [0.5, 0.5], [0.5, 0.5, 0.5, 0.5]]);
    near(jointOf(marginalsOf(XOR, order), order), Array(8).fill(1 / 8));
    const apart = jointOf([[0.7], [0.4, 0.4], [0.6, 0.6, 0.6, 0.6]], order);
    near(jointOf(marginalsOf(apart, order), order), apart);
  }
  const tables = { ...tablesOf(XOR), factors: marginalsOf(XOR, [0, 1, 2]), alone: true };
  assert.match(
    stateWords(tables, 0, NO_COUNT, true),
    /= 0\.125 of the samples, but p\(x\) = 0\.250/,
  );
  assert.match(rowWords(tables, 2, 3), /p\(x₃ = 1\) = 0\.500<\/b>, whatever was drawn before/);
  assert.equal(tableName([0, 1, 2], 2, true), "p(x₃ = 1)");
});

test("what a question covers is in no arrow and in no words", () => {
  const tables = { ...tablesOf(CAUSES), covered: true };
  const colours = { quiet: "grey", seen: "blue", feeds: "green" };
  const svg = arrowsSvg(tables.influence, 900, -1, colours, true);
  assert.doesNotMatch(svg, /0\.850|stroke-dasharray/);
  assert.equal(new Set(svg.match(/stroke-width="[\d.]+" /g)).size, 1);
  assert.doesNotMatch(nodeWords(tables, 2), /moved by/);
  assert.doesNotMatch(stateWords(tables, 5, NO_COUNT, true), /×/);
});
