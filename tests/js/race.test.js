import assert from "node:assert/strict";
import { test } from "node:test";

import {
  doneInWords,
  drawnAfter,
  entrantName,
  entrantsOf,
  factorInWords,
  levelOf,
  noteInWords,
  ofDigits,
  spreadInWords,
} from "../../pages/contexts/contexts_race_values.js";
import { timeDecoder, timeNaive } from "../../pages/contexts/contexts_race_timing.js";

/** @param {import("../../pages/contexts/contexts_race_values.js").Lineup} lineup */
const race = (lineup) => ({ lineup, runs: 7, naive_runs: 3 });

/** @param {string} title @param {"decoder" | "naive"} way @param {number} ms @returns {import("../../pages/contexts/contexts_race_values.js").Lane} */
const lane = (title, way, ms) => ({
  ...{ id: `${title} ${way}`, title, way, parameters: 1, nats: 1, offer: null, device: "" },
  server: { median: ms, low: ms, high: ms, runs: 5 },
});

test("of some digits the median and the ends are told, in any order", () => {
  assert.deepEqual(ofDigits([9, 1, 4, 2, 3]), { median: 3, low: 1, high: 9, runs: 5 });
  assert.deepEqual(ofDigits([4, 2]), { median: 3, low: 2, high: 4, runs: 2 });
});

const PIXELS = 3;
const OFFER = /** @type {import("../../pages/ui/browser/engine.js").Offer} */ ({ card: "a" });

/**
 * An engine whose digits take known times: a clock that only it moves.
 *
 * @param {(calls: { samples: number, passes: number }) => number} takes milliseconds of the last call
 */
function slowEngine(takes) {
  let ms = 0;
  const calls = { samples: 0, passes: 0, seeds: /** @type {number[]} */ ([]) };
  const engine = {
    sample: async (
      /** @type {unknown} */ _,
      /** @type {{ seed?: number | bigint }} */ { seed },
    ) => {
      calls.samples++;
      calls.seeds.push(Number(seed));
      ms += takes(calls);
      return { values: Uint8Array.of(1, 0, 1), uniforms: Float32Array.of(0.9, 0.1, 0.9) };
    },
    logits: async (
      /** @type {unknown} */ _,
      /** @type {Uint8Array} */ x,
      /** @type {{ signal: AbortSignal }} */ { signal },
    ) => {
      signal.throwIfAborted();
      calls.passes++;
      ms += takes(calls);
      return new Float32Array(2 * x.length); // both levels have probability a half
    },
  };
  return { engine: /** @type {any} */ (engine), calls, now: () => ms };
}

test("a naive digit is timed as the sum of its passes, several digits over", async () => {
  // After 12 passes to warm up: 3 passes of 1, 10 and 100 ms, and then of 2, 20 and 200.
  const { engine, calls, now } = slowEngine(({ passes }) =>
    passes <= 12 ? 1000 : (passes > 15 ? 2 : 1) * 10 ** ((passes - 13) % 3),
  );
  const { signal } = new AbortController();
  /** @type {number[][]} */
  const news = [];
  const { values, spread } = await timeNaive(engine, OFFER, {
    ...{ seed: 4, runs: 2, pixels: PIXELS, signal, now },
    onNews: ({ run, t }) => news.push([run, t]),
  });
  assert.deepEqual(spread, { median: 166.5, low: 111, high: 222, runs: 2 });
  assert.deepEqual([...values], [1, 0, 1]);
  assert.deepEqual(calls.seeds, [4, 5]);
  assert.deepEqual(news.at(-1), [1, 3]);
});

test("stopped, the naive digits that are whole count; without one there is nothing", async () => {
  for (const [run, whole] of [
    [1, 1],
    [0, 0],
  ]) {
    const { engine, now } = slowEngine(() => 1);
    const under = new AbortController();
    const found = timeNaive(engine, OFFER, {
      ...{ seed: 4, runs: 3, pixels: PIXELS, signal: under.signal, now },
      onNews: (news) => news.run === run && news.t === 2 && under.abort(),
    });
    if (whole) assert.equal((await found).spread.runs, whole);
    else await assert.rejects(found, { name: "AbortError" });
  }
});

test("digits by the decoder are timed after some to warm up, each with its own seed", async () => {
  const { engine, calls, now } = slowEngine(({ samples }) => (samples <= 12 ? 1000 : samples - 12));
  const { signal } = new AbortController();
  const { spread } = await timeDecoder(engine, OFFER, {
    ...{ seed: 4, runs: 3, signal, now },
    onNews: () => {},
  });
  assert.deepEqual(spread, { median: 2, low: 1, high: 3, runs: 3 });
  assert.deepEqual(calls.seeds.slice(-3), [4, 5, 6]);
});

test("the lanes are those of this browser, of the server, or both, and say which they are", () => {
  const lanes = [lane("A", "decoder", 1), lane("B", "decoder", 2)];
  /** @param {import("../../pages/contexts/contexts_race_values.js").Where} where */
  const names = (where) =>
    entrantsOf(lanes, where).map((entrant) => entrantName(entrant, false, where));
  assert.deepEqual(names("browser"), ["A", "B"]);
  assert.deepEqual(names("server"), ["A: server", "B: server"]);
  assert.deepEqual(names("both"), ["A: here", "B: here", "A: server", "B: server"]);
  assert.deepEqual(
    entrantsOf([lane("A", "decoder", 1), lane("A", "naive", 2)], "both").map((entrant) =>
      entrantName(entrant, true, "both"),
    ),
    ["Decoder: here", "Naive: here", "Decoder: server", "Naive: server"],
  );
  const ids = entrantsOf(lanes, "both").map(({ id }) => id);
  assert.equal(new Set(ids).size, 4);
});

test("what is estimated is told as such, with how it was found", () => {
  const spread = { median: 3920, low: 3900, high: 4000, runs: 100, estimated: true };
  assert.equal(spreadInWords(spread), "≈ 3,920 (3,900–4,000)");
  assert.equal(doneInWords(spread), "done after ≈ 3,920 ms");
  assert.equal(doneInWords({ ...spread, estimated: false }), "done after 3,920 ms");
  const naive = { ...lane("A", "naive", 1), server: spread };
  const lanes = [lane("A", "decoder", 1), naive];
  assert.match(
    noteInWords(race("ways"), 784, lanes),
    /server: the median of 5 digits. Naive on the server is an estimate \(≈\): 784 times the median of 100 passes; in brackets the same without the outer tenths/,
  );
  const few = { ...naive, server: { ...spread, runs: 9 } };
  assert.match(noteInWords(race("ways"), 784, [few]), /9 passes; .* of the fastest and the slow/);
  const unmeasured = lanes.map((each) => ({ ...each, server: null }));
  assert.doesNotMatch(noteInWords(race("ways"), 784, unmeasured), /server/);
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
    noteInWords(race("kinds"), 784, []),
    /not matched: they differ in parameters and in test NLL/,
  );
  assert.match(noteInWords(race("size"), 196, []), /as many parameters. They differ in test NLL/);
  assert.match(noteInWords(race("good"), 196, []), /same test NLL. They differ in parameters/);
  assert.match(noteInWords(race("ways"), 784, []), /Naive: 3 digits of 784 passes each/);
});

test("a spread reads as a median with its range; nothing measured is a dash", () => {
  assert.equal(spreadInWords({ median: 8.61, low: 8, high: 21.4, runs: 7 }), "8.6 (8.0–21)");
  assert.equal(
    spreadInWords({ median: 7012, low: 6500, high: 9000, runs: 7 }),
    "7,012 (6,500–9,000)",
  );
  assert.equal(spreadInWords(null), "–");
});
