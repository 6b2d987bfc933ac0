import assert from "node:assert/strict";
import { test } from "node:test";

import {
  drawnAfter,
  factorInWords,
  levelOf,
  noteInWords,
  ofDigits,
  ofPasses,
  spreadInWords,
} from "../../pages/contexts/contexts_race_values.js";

/** @param {string} title @param {"decoder" | "naive"} way @param {number} ms @returns {import("../../pages/contexts/contexts_race_values.js").Lane} */
const lane = (title, way, ms) => ({
  ...{ id: `${title} ${way}`, title, way, parameters: 1, nats: 1, offer: null, device: "" },
  server: { median: ms, low: ms, high: ms, runs: 5 },
});

test("of some digits the median and the ends are told, in any order", () => {
  assert.deepEqual(ofDigits([9, 1, 4, 2, 3]), { median: 3, low: 1, high: 9, runs: 5 });
  assert.deepEqual(ofDigits([4, 2]), { median: 3, low: 2, high: 4, runs: 2 });
});

test("a digit timed pass by pass takes as many median passes, whatever one of them waited for", () => {
  const times = Array.from({ length: 20 }, (_, i) => (i === 7 ? 1000 : 5));
  assert.deepEqual(ofPasses(times), { median: 100, low: 100, high: 100, runs: 20 });
});

test("a lane is empty at first, and whole from its median on", () => {
  const spread = { median: 40, low: 30, high: 50, runs: 7 };
  assert.deepEqual(
    [0, 10, 39.99, 40, 1e6].map((ms) => drawnAfter(ms, spread, 784)),
    [0, 196, 783, 784, 784],
  );
});

test("a level is the first whose cumulated probability is above the random number", () => {
  const logits = [Math.log(0.25), Math.log(0.5), Math.log(0.25)];
  assert.deepEqual(
    [0, 0.24, 0.26, 0.74, 0.76, 0.9999999].map((u) => levelOf(logits, u)),
    [0, 0, 1, 1, 2, 2],
  );
});

test("the factor is told once every lane is measured", () => {
  const ways = [lane("Row LSTM", "decoder", 10), lane("Row LSTM", "naive", 7000)];
  const timeOf = (
    /** @type {import("../../pages/contexts/contexts_race_values.js").Lane} */ each,
  ) => each.server;
  const some = (/** @type {import("../../pages/contexts/contexts_race_values.js").Lane} */ each) =>
    each.way === "naive" ? null : each.server;
  assert.equal(factorInWords(ways, some, "Here"), "");
  assert.equal(
    factorInWords(ways, timeOf, "Here"),
    "Here, one digit takes 700 times as long naively.",
  );
  const kinds = [lane("A", "decoder", 15), lane("B", "decoder", 10)];
  assert.equal(
    factorInWords(kinds, timeOf, "Here"),
    "Here, B is the faster one; one digit takes 1.5 times as long with A.",
  );
  const three = [...kinds, lane("C", "decoder", 40)];
  assert.equal(
    factorInWords(three, timeOf, "Here"),
    "Here, B is the fastest; one digit takes 1.5 times as long with A, and 4.0 times as long with C.",
  );
  const alike = [lane("A", "decoder", 55), lane("B", "decoder", 54)];
  assert.equal(
    factorInWords(alike, timeOf, "Here"),
    "Here, one digit takes about the same time with both.",
  );
});

test("different networks are never compared without saying in what they are matched", () => {
  assert.match(
    noteInWords("kinds", 7, 784),
    /not matched: they differ in parameters and in test NLL/,
  );
  assert.match(noteInWords("size", 7, 196), /as many parameters. They differ in test NLL/);
  assert.match(noteInWords("good", 7, 196), /same test NLL. They differ in parameters/);
  assert.match(noteInWords("ways", 7, 784), /784 times the median of its 784 passes/);
});

test("a spread reads as a median with its range; nothing measured is a dash", () => {
  assert.equal(spreadInWords({ median: 8.61, low: 8, high: 21.4, runs: 7 }), "8.6 (8.0–21)");
  assert.equal(
    spreadInWords({ median: 7012, low: 6500, high: 9000, runs: 7 }),
    "7,012 (6,500–9,000)",
  );
  assert.equal(spreadInWords(null), "–");
});
