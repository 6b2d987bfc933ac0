import assert from "node:assert/strict";
import { test } from "node:test";
import {
  betweenStages,
  dataAt,
  flowsLayout,
  nearestPair,
  onScreen,
  pairAt,
  placeUnder,
  withLook,
} from "../../pages/flows/flows_data.js";
import {
  jacobianMatrices,
  lossWords,
  matricesThatFit,
  pairReading,
  planeNames,
  stageWords,
} from "../../pages/flows/flows_words.js";
import { smoothRamp } from "../../pages/ui/browser/theme.js";
import { padWords, scattered, spiral } from "../../pages/flows/flows_pad_points.js";

/** Two transforms, one data point, two pairs; the first transform's order is 1, 0. */
function shownAt(stage = 2, frame = -1, live = false) {
  /** @type {import("../../pages/flows/flows_data.js").FlowsShown} */
  const shown = {
    meta: {
      kind: "maf",
      present: false,
      goto: null,
      hidden: [],
      steps: 10,
      live,
      token: null,
      shown: 1,
      picture_id: "",
      K: 2,
      window: 3,
      cells: 1,
      lines: 2,
      along: 1,
      orders: [
        [1, 0],
        [0, 1],
      ],
      loss: 1.234,
      frames: [
        { step: 0, loss: 2.9 },
        { step: 10, loss: 1.25 },
      ],
      palette: { light: {}, dark: {} },
      ramp: ["#000000", "#ffffff"],
    },
    arrays: {
      density: new Uint8Array(3),
      most: new Float32Array(3),
      lines: new Float32Array(12),
      points: Float32Array.from([0, 0, 1, 1, 2, 2]),
      pairs: Float32Array.from([0, 0, -1, -1, 1, 0, -1, 1, 2, 0, -1, 2]),
      jacobian: Float32Array.from([1, 0, 3, 4, 1, 0, 0.5, 0.25, 5, 6, 0, 8, 5, 6, 0, 8]),
      total: Float32Array.from([1, 2, 3, 4, 5, 6, 7, 8]),
      log_p: Float32Array.from([-2, -3, -1.5, -4]),
      frame_points: Float32Array.from([9, 9, 8, 8]),
    },
    stage,
    frame,
  };
  return shown;
}

test("the planes stand side by side, on a phone too, and leave room for what is below them", () => {
  for (const [width, tall, matrices] of /** @type {[number, number, boolean][]} */ ([
    [660, 720, false],
    [350, 844, false],
    [880, 720, true],
  ])) {
    const places = flowsLayout(width, tall, matrices);
    assert.equal(places.x[1], places.z[1]);
    assert.ok(places.z[0] + places.side <= places.width && places.width <= width);
    assert.ok(places.x[0] + places.side < places.z[0]);
    assert.ok(places.height < 0.7 * tall, String(places.height));
  }
  assert.ok(flowsLayout(350, 844).height < 0.3 * 844);
});

test("of many matrices that of the stage and the whole are shown", () => {
  const matrices = Array.from({ length: 9 }, (_, k) => ({
    cells: [],
    caption: String(k + 1),
    now: false,
  }));
  const captions = (/** @type {number} */ stage) =>
    matricesThatFit(matrices, stage).map(({ caption }) => caption);
  assert.deepEqual(captions(0), ["1", "9"]);
  assert.deepEqual(captions(3), ["3", "9"]);
  assert.deepEqual(captions(8), ["8", "9"]);
  assert.equal(matricesThatFit(matrices.slice(0, 3), 1).length, 3);
});

test("a place on the screen is the place that was drawn there, and beside the planes is none", () => {
  const places = flowsLayout(760, 720);
  for (const plane of /** @type {const} */ (["x", "z"])) {
    const found = placeUnder(places, 3, onScreen(places, 3, { plane, at: [1.5, -2] }));
    assert.equal(found?.plane, plane);
    assert.ok(Math.hypot((found?.at[0] ?? 9) - 1.5, (found?.at[1] ?? 9) + 2) < 1e-9);
  }
  assert.equal(placeUnder(places, 3, [1, 1]), null);
});

test("between two stages lie straight lines", () => {
  assert.equal(betweenStages([0, 10, 30], 1, 0, 1), 10);
  assert.equal(betweenStages([0, 10, 30], 1, 0, 1.5), 20);
  assert.equal(betweenStages([0, 10, 30], 1, 0, 2), 30);
  assert.deepEqual(pairAt(shownAt(), 0, 0.5), [0.5, 0]);
});

test("the nearest pair is that of the plane and the stage shown; far away there is none", () => {
  assert.equal(nearestPair(shownAt(2), { plane: "x", at: [1.9, 0] }), 0);
  assert.equal(nearestPair(shownAt(2), { plane: "z", at: [-0.9, -1] }), 1);
  assert.equal(nearestPair(shownAt(1), { plane: "x", at: [1, 0.1] }), 0);
  assert.equal(nearestPair(shownAt(2), { plane: "x", at: [-3, -3] }), -1);
  assert.equal(nearestPair(shownAt(2, 1), { plane: "x", at: [2, 0] }), -1);
  assert.equal(nearestPair(shownAt(2), null), -1);
});

test("a data point stands where the stage, or the moment of the training, has it", () => {
  assert.deepEqual(dataAt(shownAt(2), "x", 0), [2, 2]);
  assert.deepEqual(dataAt(shownAt(0.5), "x", 0), [0.5, 0.5]);
  assert.deepEqual(dataAt(shownAt(2), "z", 0), [0, 0]);
  assert.deepEqual(dataAt(shownAt(2, 1), "z", 0), [8, 8]);
  assert.deepEqual(dataAt(shownAt(0, 1), "x", 0), [2, 2]);
});

test("the axes are named by the variables that they show", () => {
  assert.deepEqual(planeNames(shownAt(2), "x").axes, ["x₁", "x₂"]);
  assert.deepEqual(planeNames(shownAt(0), "x").axes, ["z₁", "z₂"]);
  assert.deepEqual(planeNames(shownAt(1), "x").axes, ["x₁", "x₂"]);
  assert.deepEqual(planeNames(shownAt(0, 1), "x").axes, ["x₁", "x₂"]);
  assert.deepEqual(planeNames(shownAt(1), "z").axes, ["z₁", "z₂"]);
});

test("a loss has its unit, and while it learns the page counts alone", () => {
  assert.match(lossWords(shownAt()), /^1\.23 nats a point of the standardised data$/);
  assert.equal(lossWords(shownAt(2, 1)), "step 10: 1.25 nats a point");
  assert.equal(lossWords(shownAt(2, 1, true)), "");
});

test("the reading adds up: log N(z) and the log determinant are log p(x)", () => {
  const { sum, total } = pairReading(shownAt(), 0);
  assert.match(sum, /= −2\.00 \+ 0\.50 =$/);
  assert.equal(total, "−1.50 nats");
  assert.match(pairReading(shownAt(), 1).sum, /= −3\.00 − 1\.00 =$/);
});

test("a transform is told by its own order, and by what its kind reads", () => {
  assert.match(stageWords(shownAt(1)), /x₂ is scaled .* x₁ .* x₂ has just/);
  const iaf = shownAt(1);
  iaf.meta.kind = "iaf";
  assert.match(stageWords(iaf), /x₂ was before/);
});

test("the cell that is 0 by structure follows the order; the product of both orders has none", () => {
  const zeros = (/** @type {number} */ node) =>
    jacobianMatrices(shownAt(), node).map(({ cells }) =>
      cells.flatMap(({ zero }, k) => (zero ? [k] : [])),
    );
  assert.deepEqual(zeros(-1), [[2], [1], []]);
  const [first, second, whole] = jacobianMatrices(shownAt(), 0);
  assert.deepEqual(
    first.cells.map(({ text }) => text),
    ["5.00", "6.00", "0", "8.00"],
  );
  assert.equal(second.cells[1].text, "0");
  assert.equal(whole.cells[3].text, "4.00");
});

test("the ramp has 256 colours from the first stop to the last", () => {
  const ramp = smoothRamp(["#000000", "#102030", "#ffffff"]);
  assert.equal(ramp.length, 256);
  assert.deepEqual(
    [ramp[0], ramp[255]],
    [
      [0, 0, 0],
      [255, 255, 255],
    ],
  );
});

test("the pad takes points of the pad alone, and tells the limits", () => {
  for (let k = 0; k < 50; k++)
    for (const [x, y] of scattered([2.95, -2.95], 3)) {
      assert.ok(Math.abs(x) < 3 && Math.abs(y) < 3);
    }
  assert.equal(spiral().length, 600);
  const limits = { fewest: 50, most: 2000 };
  assert.equal(padWords(1, limits), "1 point, at least 50 are needed");
  assert.equal(padWords(600, limits), "600 points");
  assert.equal(padWords(2000, limits), "2,000 points, the most");
});

test("while it learns in this browser its last look is shown, and never an older one", () => {
  const { meta, arrays } = shownAt(2, 0, true);
  const look = {
    step: 11,
    most: 0.75,
    density: Uint8Array.of(9),
    lines: Float32Array.of(1, 2),
    points: Float32Array.of(3, 4),
  };
  const found = withLook(meta, arrays, look);
  assert.equal(found?.meta.frames.length, 1);
  assert.equal(found?.meta.frames[0].step, 11);
  assert.deepEqual(found?.arrays.frame_most, Float32Array.of(0.75));
  assert.deepEqual(found?.arrays.frame_points, look.points);
  assert.equal(found?.arrays.pairs, arrays.pairs);
  assert.equal(withLook(meta, arrays, { ...look, step: 10 }), null); // Python has that one
  assert.equal(withLook(meta, arrays, undefined), null);
  assert.equal(withLook({ ...meta, live: false }, arrays, look), null);
});
