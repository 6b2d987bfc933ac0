import assert from "node:assert/strict";
import { test } from "node:test";

import { findAdapter, isFalse, nameOf } from "../../../assets/engine/training/adapter.js";
import { GPUEnds } from "../../../assets/engine/training/gpu.js";
import { TrainedOnGPU } from "../../../assets/engine/training/gpu_trained.js";
import { RunOnGPU, twoDigits } from "../../../assets/engine/training/gpu_run.js";
import { Images } from "../../../assets/engine/training/images.js";
import { WatchedRun } from "../../../assets/engine/training/watched.js";

const D = 9;
const bits = Uint8Array.from({ length: 2 * 40 }, (_, at) => (at % 2 ? 0 : (at * 37) & 255));

/** @param {object} [changes] of the settings */
function watched(changes) {
  const config = { event_shape: [1, 3, 3], levels: 2, hidden: [5], degrees: "random" };
  const settings = { model: "MADE", config, seed: 1, learningRate: 0.01, batchSize: 8 };
  const all = { ...settings, epochs: 5, seconds: null, ...changes };
  return new WatchedRun(all, new Images(bits, D, 32));
}

/** Stands in for a GPU: another home of the same weights, on the processor. */
class FakeTrained {
  fetched = 0;
  closed = false;
  device = { close: () => (this.closed = true) };

  /** @param {WatchedRun} run @param {object} [changes] @param {number} [takes] milliseconds of a step */
  constructor({ run }, changes, takes = 0) {
    this.host = run.trained;
    this.there = watched(changes).run.trained;
    this.takes = takes;
  }

  get step() {
    return this.there.step;
  }

  /** @param {{ images: Uint8Array, count: number, learningRate: number }[]} batches */
  async learn(batches) {
    await new Promise((resolve) => setTimeout(resolve, this.takes * batches.length));
    return batches.map((each) => this.there.learn(each.images, each.count, each.learningRate));
  }

  /** @param {Uint8Array} images @param {number} count */
  async validate(images, count) {
    return this.there.pass(images, count, false) / count;
  }

  async fetch() {
    this.fetched++;
    this.host.resume(this.there.state());
  }
}

/** @param {object} [changes] @param {number} [takes] @param {number} [hostTakes] */
function onFake(changes, takes, hostTakes = Infinity) {
  const seen = watched(changes);
  const trained = new FakeTrained(seen, changes, takes);
  const gpu = new RunOnGPU(
    seen,
    /** @type {TrainedOnGPU} */ (/** @type {unknown} */ (trained)),
    hostTakes,
  );
  return { seen, trained, gpu };
}

const info = (/** @type {object} */ changes) => ({
  vendor: "",
  architecture: "",
  device: "",
  description: "",
  ...changes,
});

test("a GPU has the name that the browser gives it", () => {
  assert.equal(nameOf(info({ vendor: "nvidia", architecture: "ampere" })), "nvidia ampere");
  assert.equal(nameOf(info({ vendor: "apple", description: "Apple M2" })), "Apple M2");
  assert.equal(nameOf(info({ vendor: "intel", architecture: "intel" })), "intel");
  assert.equal(nameOf(info({})), "unnamed");
});

test("a program on the processor is a false GPU, a GPU is none", () => {
  const falses = [
    { info: info({ vendor: "google", architecture: "swiftshader" }) },
    { info: info({ description: "llvmpipe (LLVM 17.0, 256 bits)" }) },
    { info: info({ description: "Microsoft Basic Render Driver" }) },
    { info: info({ vendor: "someone", isFallbackAdapter: true }) },
    { info: info({ vendor: "someone" }), isFallbackAdapter: true },
  ];
  for (const each of falses) assert.ok(isFalse(each), JSON.stringify(each));
  const real = [
    { vendor: "nvidia", architecture: "ampere", isFallbackAdapter: false },
    { vendor: "apple", architecture: "metal-3" },
    { vendor: "intel", architecture: "gen-12lp" },
    { vendor: "qualcomm", architecture: "adreno-7xx" },
    { vendor: "amd", description: "AMD Radeon(TM) Graphics" },
  ];
  for (const each of real) assert.ok(!isFalse({ info: info(each) }), JSON.stringify(each));
});

test("a browser says why it has no GPU", async () => {
  const offers = (/** @type {any} */ adapter) => ({ requestAdapter: async () => adapter });
  const swift = { info: info({ vendor: "google", architecture: "swiftshader" }) };
  const apple = { info: info({ vendor: "apple", architecture: "metal-3" }) };
  const fails = { requestAdapter: () => Promise.reject(new Error("it is busy")) };
  const hangs = { requestAdapter: () => new Promise(() => {}) };
  const why = async (/** @type {any} */ options) => (await findAdapter(options)).why;
  assert.match(await why({ gpu: undefined }), /no WebGPU/);
  assert.match(await why({ gpu: offers(null) }), /finds no GPU/);
  assert.match(await why({ gpu: offers(swift) }), /google swiftshader\) is a program/);
  assert.match(await why({ gpu: fails }), /it is busy/);
  assert.match(await why({ gpu: hangs, patience: 1 }), /does not answer/);
  const forced = await findAdapter({ gpu: offers(swift), falseToo: true });
  assert.deepEqual([forced.name, forced.why], ["google swiftshader", ""]);
  assert.equal((await findAdapter({ gpu: offers(apple) })).name, "apple metal-3");
  assert.equal((await findAdapter({ gpu: offers({}) })).name, "unnamed"); // an older browser
  assert.match(
    await why({ gpu: offers({ isFallbackAdapter: true }) }),
    /a program on the processor/,
  );
});

test("steps that are taken some at a time are the same, and end with the budget", async () => {
  const straight = watched();
  const { seen, gpu } = onFake();
  /** @type {(number | null)[]} */
  const losses = [];
  /** @type {number[]} */
  const found = [];
  while (!straight.done) losses.push(straight.learn());
  while (!seen.done) found.push(...(await gpu.learn()));
  assert.ok(gpu.many > 1);
  assert.deepEqual(found, losses);
  const look = await gpu.look();
  assert.deepEqual({ ...look, seconds: 0, pace: 0 }, { ...straight.look(), seconds: 0, pace: 0 });
  assert.deepEqual(seen.weights(), straight.weights());
  assert.equal(await gpu.look(), null); // nothing is new
});

test("a loss that explodes on the GPU ends the training with the best weights", async () => {
  const { seen, trained, gpu } = onFake({ learningRate: 1e9, epochs: 100 });
  await gpu.look();
  const kept = seen.weights();
  const found = [];
  while (!seen.done) found.push(...(await gpu.learn()));
  assert.match(seen.problem, /has exploded: the loss of step \d+ .*step 0 are kept/);
  assert.ok(found.every(Number.isFinite));
  const { fetched } = trained;
  await gpu.fetch(); // those of the GPU are worth nothing
  assert.equal(trained.fetched, fetched);
  assert.deepEqual(seen.weights(), kept);
});

test("a GPU that is slower than the processor leaves the training to it, with all steps", async () => {
  const { seen, gpu } = onFake({ epochs: 500 }, 60, 3);
  /** @type {number[]} */
  const found = [];
  const all = async () => {
    while (!seen.done) found.push(...(await gpu.learn()));
  };
  await assert.rejects(all, (error) => {
    assert.ok(error instanceof GPUEnds);
    assert.match(error.message, /a step takes the GPU \d+ ms, and the processor 3 ms/);
    return true;
  });
  assert.equal(seen.run.trained.step, found.length);
  assert.equal(seen.run.step, found.length);
});

test("a time is told with two digits, and never as a power of ten", () => {
  assert.deepEqual([0.0432, 4.32, 43.2, 432.1].map(twoDigits).map(String), [
    "0.043",
    "4.3",
    "43",
    "430",
  ]);
});

test("a GPU that computes other numbers than the processor is not trusted", async () => {
  const { run } = watched();
  const { images, count } = run.batch();
  const host = run.trained;
  /** @param {number} error of one number, as a part of the largest */
  const check = (error) => {
    const gradient = async () => {
      const there = watched().run.trained;
      const loss = there.pass(images, count, true) / count;
      const found = there.kernel.f.slice(there.g, there.g + there.size);
      const largest = found.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      found[3] += error * largest;
      return { loss, gradient: found };
    };
    return TrainedOnGPU.prototype.check.call(
      /** @type {any} */ ({ host, gradient }),
      images,
      count,
    );
  };
  assert.ok((await check(1e-4)) >= 0);
  await assert.rejects(check(0.01), /computes other numbers/);
  await assert.rejects(check(NaN), /computes other numbers/);
  assert.ok(host.kernel.f.subarray(host.g, host.g + host.size).every((value) => value === 0));
});

test("NADE stays with the processor, in words", async () => {
  const config = { event_shape: [1, 3, 3], levels: 2, hidden: 3 };
  const adapter = /** @type {GPUAdapter} */ ({});
  await assert.rejects(
    RunOnGPU.open(watched({ model: "NADE", config }), adapter),
    /NADE goes from pixel to pixel/,
  );
});
