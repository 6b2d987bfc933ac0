import assert from "node:assert/strict";
import { test } from "node:test";

import {
  GATE_NAMES,
  GateValues,
  barAt,
  barByKey,
  featureWords,
  gatesInAddress,
  heightWords,
  layerWords,
  placeWithin,
  statesAbove,
} from "../../pages/row_lstm/row_lstm_gates_values.js";
import {
  curveLayout,
  curveRange,
  downColumn,
  nearZero,
  placesOf,
} from "../../pages/row_lstm/row_lstm_gates_column.js";
import { askGates, gatesWish } from "../../pages/row_lstm/row_lstm_gates_engine.js";
import { fallAt, handedDown, nearestState, phaseOf } from "../../pages/row_lstm/row_lstm_fall.js";
import { pixelsDone, pixelsOfStep, raceWords } from "../../pages/row_lstm/row_race_draw.js";
import { RowReads } from "../../pages/row_lstm/row_lstm_reads.js";
import { formWords, handedWords, readWords } from "../../pages/row_lstm/row_lstm_words.js";
import { randomModel } from "./engine/models.js";

/** @param {Partial<import("../../pages/row_lstm/row_lstm_gates_values.js").GatesMeta>} [changed] */
const metaOf = (changed) =>
  /** @type {import("../../pages/row_lstm/row_lstm_gates_values.js").GatesMeta} */ ({
    digit: 0,
    engine: null,
    nonce: 0,
    rows: 3,
    columns: 2,
    features: 2,
    kernel: 3,
    first_kernel: 7,
    layer: 1,
    layers: 1,
    pixel: 4,
    feature: 0,
    gate: "c",
    view: "column",
    erase: 0,
    present: false,
    hidden: [],
    step: ["gates", 1],
    goto: null,
    resets: 0,
    arrivals: 1,
    ramp: [],
    palette: { light: {}, dark: {} },
    ...changed,
  });

// Symbol s, feature k, pixel p has the value 100 s + 10 k + p.
const internals = Float32Array.from({ length: 6 * 2 * 6 }, (_, at) => {
  const [symbol, feature, pixel] = [Math.floor(at / 12), Math.floor(at / 6) % 2, at % 6];
  return 100 * symbol + 10 * feature + pixel;
});

test("a value is looked up by symbol, feature and pixel; above the first row cells are 0", () => {
  const values = new GateValues(metaOf(), internals);
  assert.equal(values.at("f", 1, 3), 113);
  assert.equal(values.at("c_above", 1, 5), values.at("c", 1, 3));
  assert.equal(values.at("c_above", 1, 1), 0);
});

test("cells share one height at a pixel; all other bars are full at 1", () => {
  const values = new GateValues(metaOf(), internals);
  assert.equal(values.fullBar("c", 4), 414);
  assert.equal(values.fullBar("h", 4), 1);
  assert.equal(values.fullTone("c_above", 0), 405);
  const nothing = new GateValues(metaOf(), new Float32Array(72));
  assert.equal(nothing.fullBar("c", 4), 1);
  assert.equal(heightWords(nothing.largestCell(4)), "full bar: 1");
});

test("the states above are those within the kernel and the image", () => {
  assert.deepEqual(statesAbove({ columns: 4, kernel: 3 }, 6), [1, 2, 3]);
  assert.deepEqual(statesAbove({ columns: 4, kernel: 5 }, 4), [0, 1, 2]);
  assert.deepEqual(statesAbove({ columns: 4, kernel: 3 }, 2), []);
});

test("a point of the bars is a feature and a symbol, also at and beyond the border", () => {
  assert.deepEqual(barAt(0, 0, 320, 32), { feature: 0, gate: "o" });
  assert.deepEqual(barAt(319, 7 * 36 - 1, 320, 32), { feature: 31, gate: "h" });
  assert.deepEqual(barAt(400, -5, 320, 32), { feature: 31, gate: "o" });
  assert.deepEqual(barAt(1, 40, 3, 500), { feature: 166, gate: "f" });
});

test("arrow keys move over the bars and stop at the border", () => {
  const place = /** @type {const} */ ({ pixel: 0, feature: 0, gate: "h", view: "units" });
  assert.deepEqual(barByKey("ArrowRight", place, 2), { feature: 1, gate: "h" });
  assert.deepEqual(barByKey("ArrowLeft", place, 2), { feature: 0, gate: "h" });
  assert.deepEqual(barByKey("ArrowDown", place, 2), { feature: 0, gate: "h" });
  assert.equal(barByKey("Enter", place, 2), null);
});

test("an address gives the place; what does not fit is as at first", () => {
  assert.deepEqual(gatesInAddress("?pixel=5&feature=1&gate=f&view=units", metaOf()), {
    pixel: 5,
    feature: 1,
    gate: "f",
    view: "units",
  });
  for (const bad of [
    "",
    "?pixel=6&feature=2&gate=x",
    "?pixel=-1&feature=0.5&gate=toString&view=x",
  ]) {
    const usual = { pixel: 4, feature: 0, gate: "c", view: "column" };
    assert.deepEqual(gatesInAddress(bad, metaOf()), usual);
  }
});

test("a model with fewer features or pixels keeps what fits", () => {
  const place = /** @type {const} */ ({ pixel: 5, feature: 31, gate: "o", view: "units" });
  assert.deepEqual(placeWithin(place, metaOf()), {
    pixel: 5,
    feature: 0,
    gate: "o",
    view: "units",
  });
  const small = metaOf({ rows: 1, pixel: 1 });
  assert.deepEqual(placeWithin(place, small), { pixel: 1, feature: 0, gate: "o", view: "units" });
});

test("the words say which layer is shown and what it reads", () => {
  assert.match(layerWords(metaOf()), /^<b>x<\/b> is a row of the output of the first 7×7/);
  assert.match(layerWords(metaOf({ first_kernel: null })), /row of the image\./);
  const second = layerWords(metaOf({ layer: 2, layers: 3 }));
  assert.match(second, /^Layer 2 of 3: .* row of the output of layer 1\./);
  assert.match(second, /The lecture's slide writes one σ for all four/);
});

test("a tiny factor is written so that it cannot be read as two", () => {
  const tiny = new Float32Array(72).fill(4e-5);
  const said = featureWords(new GateValues(metaOf(), tiny), null, 0, 4);
  assert.match(said, /\(4\.0·10⁻⁵\) × \(4\.0·10⁻⁵\)/);
  assert.doesNotMatch(said, /NaN|undefined| 0\.000/);
});

test("where two readings are compared, the numbers are those of both", () => {
  const values = new GateValues(metaOf(), internals);
  const erased = new GateValues(
    metaOf(),
    internals.map((value) => -value),
  );
  const said = featureWords(values, erased, 1, 4);
  const c = values.at("c", 1, 4);
  assert.match(said, new RegExp(`<b>${c}.000</b>.*Without the erased ink.*<b>−${c}.000</b>`));
});

test("every symbol has a row of bars", () => {
  assert.deepEqual(GATE_NAMES, ["o", "f", "i", "g", "c_above", "c", "h"]);
});

test("down a column are the values of its rows, and a cell's scale holds all of them", () => {
  const values = new GateValues(metaOf(), internals);
  assert.deepEqual(downColumn(values, "c", 1, 1), [411, 413, 415]);
  assert.deepEqual(curveRange("c", [[1, -7], [3]]), [-7, 7]);
  assert.deepEqual(curveRange("c", [[1, -3.1]]), [-4, 4]); // not 3.1, written as 3
  assert.deepEqual(curveRange("f", [[0.2]]), [0, 1]);
  assert.deepEqual(curveRange("g", [[0.2]]), [-1, 1]);
});

test("the curves fill the width and do not overlap", () => {
  const places = curveLayout(400);
  assert.deepEqual(
    places.map(({ name }) => name),
    ["o", "f", "i", "g", "c"],
  );
  assert.equal(places[0].left, 5); // half of a dot
  for (const [k, { left, span }] of places.entries()) {
    const next = places[k + 1]?.left ?? 400 - 5 + 14;
    assert.ok(span > 0 && Math.abs(left + span + 14 - next) < 1e-9);
  }
});

test("over a curve a small value is told from 0 without a power of ten", () => {
  assert.deepEqual(
    [0, 0.0047, -0.0047, 0.005, 0.99].map((value) => nearZero(value, 2)),
    [null, "<0.01", ">−0.01", null, null],
  );
});

test("the less wide the curves are, the fewer decimals stand over them", () => {
  assert.deepEqual(
    [70, 50, 31].map((span) => [placesOf(1, 1, span), placesOf(2, 2, span)]),
    [
      [2, 2],
      [2, 1],
      [1, 0],
    ],
  );
});

// --- from row to row --------------------------------------------------------------------------------

test("states go down a row at a time, and then they are there", () => {
  const fall = { top: 3, end: 1, begin: 0 };
  assert.deepEqual(fallAt(fall, 0), { row: 3, done: 0 });
  assert.equal(fallAt(fall, 1000)?.row, 2);
  assert.equal(fallAt(fall, 1850), null);
});

test("a pass does a row a step, a drawing a pixel a step, and both end", () => {
  const shape = { rows: 2, columns: 3 };
  assert.deepEqual(
    [0, 1, 2, 9].map((step) => pixelsDone("pass", step, shape)),
    [0, 3, 6, 6],
  );
  assert.deepEqual(
    [0, 1, 6, 9].map((step) => pixelsDone("drawing", step, shape)),
    [0, 1, 6, 6],
  );
  assert.deepEqual(pixelsOfStep("pass", 2, shape), [3, 4, 5]);
  assert.deepEqual(pixelsOfStep("pass", 3, shape), []);
  assert.deepEqual(pixelsOfStep("drawing", 0, shape), []);
  assert.equal(raceWords("pass", 2, shape), "ready after 2 steps");
  assert.equal(raceWords("drawing", 1, shape), "1 step: 1 of 6 pixels");
});

// --- what is read, on an image of 2 x 2: the state at 3 comes from those at 0 and 1 -----------------

const NONE = 255;
const reads = new RowReads(
  { rows: 2, columns: 2 },
  {
    states: Uint8Array.from({ length: 16 }, (_, at) =>
      Math.floor(at / 4) === 3 ? [1, 1, NONE, 0][at % 4] : NONE,
    ),
    rows: Uint8Array.from({ length: 16 }, (_, at) =>
      Math.floor(at / 4) === 3 ? [1, NONE, 0, NONE][at % 4] : NONE,
    ),
    layers: Uint8Array.from({ length: 16 }, (_, at) =>
      Math.floor(at / 4) === 3 ? [1, NONE, 1, NONE][at % 4] : NONE,
    ),
  },
);

test("a pixel is told only once the rows that bring it are followed", () => {
  const marks = (/** @type {number} */ rows) =>
    [0, 1, 2, 3].map((pixel) => reads.markOf(pixel, { target: 3, layers: 1, rows }));
  assert.deepEqual(marks(0), ["blank", "blank", "seen", "blank"]);
  assert.deepEqual(marks(1), ["seen", "blind", "seen", "blank"]);
});

test("a state is handed down from exactly those that it is computed from, first into the kernel", () => {
  const states = handedDown(reads, 3, 1);
  assert.deepEqual(states, [{ place: 3, sources: [0, 1] }]);
  assert.equal(nearestState(states, 3, 2)?.place, 3);
  assert.deepEqual(phaseOf(0), { into: 0, out: 0 });
  assert.deepEqual(phaseOf(0.6), { into: 1, out: 0 });
  assert.deepEqual(phaseOf(1), { into: 1, out: 1 });
  assert.match(
    handedWords(states[0], 2),
    /Row 0 hands down.*2 states of it \(columns 0 to 1\) and gives the new state in row 1, column 1/,
  );
});

test("counts and words agree", () => {
  const place = { target: 3, layers: 1, rows: 1 };
  const counts = reads.count(place);
  assert.deepEqual(counts, { seen: 2, limited: 0, blind: 1, states: 2, unread: 1 });
  assert.match(
    readWords(reads, place, counts),
    /reads <b>2<\/b> of 3 .*0 more with more layers · 1 never/,
  );
  assert.match(
    formWords(null, place, counts),
    /1 of the 2 states above the target stands on a pixel/,
  );
});

test("the words about the first convolution do not claim more than the counts", () => {
  const place = { target: 3, layers: 1, rows: 1 };
  const counts = { seen: 9, limited: 0, blind: 0, states: 4, unread: 0 };
  assert.match(
    formWords(7, place, counts),
    /makes up for it.*all 4 states.*and others beside them/,
  );
  assert.doesNotMatch(formWords(7, place, { ...counts, seen: 4 }), /beside/);
  assert.match(formWords(3, place, { ...counts, unread: 2 }), /makes up for a part of it/);
});

const OFFER = { name: "row", client: "", worker: "", card: "row.json" };

test("the engine's gates obey the equations at every pixel, and p is that of its logits", async () => {
  const model = randomModel({
    class: "RowLSTM",
    config: { event_shape: [1, 3, 2], features: 2, layers: 2 },
  });
  const engine = /** @type {any} */ ({
    sample: async (/** @type {any} */ _, /** @type {any} */ options) => model.sample(options),
  });
  const meta = { ...metaOf({ layer: 2, erase: 1 }), engine: OFFER };
  const x = Uint8Array.of(1, 1, 0, 1, 1, 0);
  const found = await askGates(engine, gatesWish(meta, x));
  const values = new GateValues(meta, found.internals);
  for (let pixel = 0; pixel < 6; pixel++) {
    for (let unit = 0; unit < 2; unit++) {
      const [o, f, i, g, above, c, h] = GATE_NAMES.map((name) => values.at(name, unit, pixel));
      assert.ok(Math.abs(c - (f * above + i * g)) < 1e-6);
      assert.ok(Math.abs(h - o * Math.tanh(c)) < 1e-6);
    }
  }
  /** @param {Uint8Array} image */
  const ofLogits = (image) => {
    const z = model.logits(image);
    return Array.from(image, (_, pixel) => 1 / (1 + Math.exp(z[2 * pixel] - z[2 * pixel + 1])));
  };
  /** @param {ArrayLike<number> | undefined} p @param {number[]} expected */
  const same = (p, expected) =>
    expected.forEach((value, pixel) => assert.ok(Math.abs((p?.[pixel] ?? NaN) - value) < 1e-6));
  same(found.p, ofLogits(x));
  same(found.p_erased, ofLogits(Uint8Array.of(0, 0, 0, 1, 1, 0)));
});

test("numbers are asked for anew for another digit, layer or comparison, and for no other change", () => {
  const x = Uint8Array.of(1, 1, 0, 1, 1, 0);
  const meta = { ...metaOf(), engine: OFFER };
  const { id } = gatesWish(meta, x);
  const placed = { ...meta, present: true, pixel: 2 };
  assert.equal(gatesWish(placed, Uint8Array.from(x)).id, id);
  assert.notEqual(gatesWish({ ...meta, layer: 2 }, x).id, id);
  assert.notEqual(gatesWish({ ...meta, erase: 1 }, x).id, id);
  assert.notEqual(gatesWish(meta, Uint8Array.of(0, 1, 0, 1, 1, 0)).id, id);
});
