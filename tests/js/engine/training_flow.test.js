import assert from "node:assert/strict";
import { test } from "node:test";

import { EngineError } from "../../../assets/engine/errors.js";
import { createKernel } from "../../../assets/engine/kernel.js";
import { MersenneTwister } from "../../../assets/engine/random.js";
import { TrainedFlow } from "../../../assets/engine/training/flow.js";
import { initialFlow } from "../../../assets/engine/training/initial_flow.js";
import { loopsOver } from "../../../assets/engine/training/loops.js";
import { serve } from "../../../assets/engine/training/protocol.js";
import { WatchedFlow } from "../../../assets/engine/training/watched_flow.js";

/** @typedef {import("../../../assets/engine/training/watched_flow.js").FlowSettings} FlowSettings */
/** @typedef {import("../../../assets/engine/training/protocol.js").Told} Told */

const COUNT = 301; // more than go through at once, and no number that the loops like
const points = new MersenneTwister(7).normals(2 * COUNT).map((x, at) => (at % 2 ? x * x - 1 : x));
const planes = { window: 3, cells: 8, lines: 3, along: 4, shown: 10 };

/** @param {Partial<FlowSettings>} [changes] @returns {FlowSettings} */
const settings = (changes) => ({
  model: "flow",
  config: { kind: "maf", layers: 2, order: "reversed", hidden: [6, 9] },
  seed: 1,
  learningRate: 0.02,
  batchSize: 64,
  steps: 60,
  goal: 60,
  moments: [0, 1, 2, 20, 60],
  planes,
  ...changes,
});

for (const simd of [true, false]) {
  for (const [kind, order] of /** @type {const} */ ([
    ["maf", "reversed"],
    ["iaf", "natural"],
    ["iaf", "random"],
  ])) {
    const config = { kind, layers: 3, order, hidden: [7, 5] };

    test(`${kind}, ${order}, SIMD ${simd}: each gradient is the slope of the loss`, () => {
      const flow = new TrainedFlow(config, 3, { simd });
      const { tensors } = initialFlow(config, 3);
      flow.pass(points, COUNT, true);
      const gradients = flow.tensors(flow.g);
      let compared = 0;
      for (const [key, values] of Object.entries(tensors)) {
        for (let k = 0; k < values.length; k++) {
          if (gradients[key][k] === 0 && k % 5) continue; // most of these are masked
          const [before, step] = [values[k], 0.004];
          const losses = [step, -step].map((by) => {
            values[k] = before + by;
            flow.load(tensors);
            return flow.pass(points, COUNT, false);
          });
          values[k] = before;
          const slope = (losses[0] - losses[1]) / (2 * step);
          const off = Math.abs(slope - gradients[key][k]);
          assert.ok(off < 0.05 + 0.01 * Math.abs(slope), `${key} ${k}`);
          compared++;
        }
      }
      assert.ok(compared > 100);
    });

    test(`${kind}, ${order}, SIMD ${simd}: from x to z and back is where it began`, () => {
      const flow = new TrainedFlow(config, 3, { simd });
      for (let i = 0; i < 30; i++) flow.learn(points.subarray(0, 128), 64, 0.02);
      const { z, losses } = flow.toZ(points);
      flow.toX(z).forEach((x, at) => assert.ok(Math.abs(x - points[at]) < 1e-4, `${at}`));
      const sum = losses.reduce((a, b) => a + b);
      assert.ok(Math.abs(sum - flow.pass(points, COUNT, false)) < 1e-6 * Math.abs(sum));
    });
  }

  test(`SIMD ${simd}: ELU and its gradient, near 0 and far from it`, () => {
    const kernel = createKernel({ simd });
    const loops = loopsOver(kernel);
    const given = [0, -0, 1e-6, -1e-6, -1e-3, 0.5, -0.5, -1, 3, -3, -87, -200];
    const [x, d] = [kernel.alloc(12), kernel.alloc(12)];
    kernel.f.set(given, x);
    kernel.f.fill(2, d, d + 12);
    loops.elu(x, 12);
    loops.through_elu(d, x, 12);
    given.forEach((value, k) => {
      const expected = value > 0 ? value : Math.expm1(value);
      assert.ok(Math.abs(kernel.f[x + k] - expected) <= 2e-7 * Math.abs(expected), `${value}`);
      const slope = value > 0 ? 1 : Math.exp(value);
      assert.ok(Math.abs(kernel.f[d + k] - 2 * slope) < 3e-7, `slope at ${value}`);
    });
  });
}

test("what a mask hides never changes", () => {
  const flow = new TrainedFlow(settings().config, 1);
  const before = flow.tensors();
  for (let i = 0; i < 5; i++) flow.learn(points, 64, 0.02);
  const after = flow.tensors();
  const first = "transform.transforms.1.hyper.0.weight"; // its step takes x_2 first: it reads that
  after[first].forEach((value, at) =>
    assert.equal(value !== before[first][at], at % 2 === 1, `${at}`),
  );
  const last = "transform.transforms.1.hyper.4.weight"; // and gives mu and alpha of x_1
  after[last].forEach((value, at) => assert.equal(value !== before[last][at], at < 18, `${at}`));
});

test("a flow learns, looks where it is to, and falls to a rate of 0", () => {
  const watched = new WatchedFlow(settings(), points);
  const [losses, steps] = [/** @type {number[]} */ ([]), /** @type {number[]} */ ([])];
  while (!watched.done) {
    if (watched.looks) steps.push(watched.look()?.step ?? -1);
    losses.push(watched.learn() ?? NaN);
  }
  const look = watched.look();
  assert.deepEqual([...steps, look?.step], [0, 1, 2, 20, 60]);
  assert.equal(watched.look(), null); // nothing is new
  assert.ok(watched.learningRate < 1e-9);
  assert.ok(losses[59] < losses[0] - 0.3);
  assert.deepEqual(
    [look?.density.length, look?.lines.length, look?.points.length],
    [64, 2 * 3 * 4 * 2, 20],
  );
  assert.equal(Math.max(...(look?.density ?? [])), 255);
  assert.deepEqual(look?.weights, watched.weights());
});

test("a part of a training is its beginning", () => {
  const [whole, part] = [{}, { goal: 20 }].map((more) => new WatchedFlow(settings(more), points));
  for (let i = 0; i < 20; i++) assert.equal(whole.learn(), part.learn());
  assert.equal(part.done, true);
  assert.deepEqual(whole.weights(), part.weights());
});

test("a loss that is no number ends the training with the last weights that were looked at", () => {
  const watched = new WatchedFlow(settings({ learningRate: 1e30 }), points);
  watched.look();
  const kept = watched.weights();
  for (let i = 0; i < 20 && !watched.done; i++) watched.learn();
  assert.match(watched.problem, /The training has exploded: .* The weights of step 0 are kept/);
  assert.deepEqual(watched.weights(), kept);
  assert.equal(watched.last?.step, 0);
});

test("what is no flow, or no data of one, is refused in a sentence", () => {
  const { config } = settings();
  const wrong = [
    { kind: "nice" },
    { order: "spiral" },
    { layers: 0 },
    { hidden: [] },
    { hidden: [2.5] },
  ];
  for (const each of wrong) {
    const changed = /** @type {any} */ ({ ...config, ...each });
    assert.throws(() => new TrainedFlow(changed, 0), EngineError);
  }
  for (const each of [[], [1, 2], [1, 2, 3], [1, 2, 3, NaN]]) {
    const given = Float32Array.from(each);
    assert.throws(() => new WatchedFlow(settings(), given), /The points are damaged/);
  }
});

/** A worker in this process. */
function worker() {
  /** @type {Told[]} */
  const told = [];
  /** @type {import("../../../assets/engine/training/protocol.js").Port} */
  const port = { postMessage: (message) => told.push(message), onmessage: null };
  serve(port, /** @type {any} */ (null));
  const ask = (/** @type {object} */ data) => port.onmessage?.({ data });
  const over = async () => {
    while (!told.some(({ end, failed }) => end || failed)) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return told.find(({ end, failed }) => end || failed);
  };
  return { told, ask, over };
}

test("a worker tells every loss and every look of a flow, each after the losses before it", async () => {
  const { told, ask, over } = worker();
  ask({ do: "start", settings: settings(), points });
  const last = await over();
  assert.equal(last?.end?.how, "done");
  assert.equal(last?.end?.step, 60);
  let count = 0;
  const looks = [];
  for (const { news } of told) {
    count += news?.losses.length ?? 0;
    if (news?.look) looks.push([news.look.step, count]);
  }
  assert.equal(count, 60);
  assert.deepEqual(
    looks,
    [0, 1, 2, 20, 60].map((step) => [step, step]),
  );
});

test("a flow that is stopped ends with a look and the weights of that step", async () => {
  const { told, ask, over } = worker();
  ask({ do: "start", settings: settings({ steps: 100_000, goal: 100_000 }), points });
  while (told.flatMap(({ news }) => news?.losses ?? []).length < 5) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  ask({ do: "stop" });
  const last = await over();
  const steps = told.flatMap(({ news }) => news?.losses ?? []).length;
  assert.equal(last?.end?.how, "stopped");
  assert.equal(last?.end?.step, steps);
  assert.equal(told.findLast(({ news }) => news?.look)?.news?.look?.step, steps);
});

test("a flow without points fails in a sentence", async () => {
  const { ask, over } = worker();
  ask({ do: "start", settings: settings() });
  assert.match((await over())?.failed ?? "", /The points are damaged: 0 numbers came/);
});
