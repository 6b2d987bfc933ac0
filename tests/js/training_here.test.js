import assert from "node:assert/strict";
import { test } from "node:test";

import { standing } from "../../pages/ui/browser/training_here.js";
import {
  BrowserTrainings,
  abilities,
  elsewhere,
  trainingsOf,
} from "../../pages/ui/browser/trainings.js";
import { base64 } from "../../pages/ui/browser/base64.js";

/** Stands in for a Web Worker: notes what it is asked. */
class FakeWorker {
  /** @type {any[]} */
  asked = [];
  closed = false;
  /** @type {any} */
  onmessage = null;
  /** @type {any} */
  onerror = null;

  /** @param {any} message */
  postMessage(message) {
    this.asked.push(message);
  }

  /** @param {object} data */
  says(data) {
    this.onmessage({ data });
  }

  terminate() {
    this.closed = true;
  }
}

/** Stands in for a BroadcastChannel: what one of them posts, all others hear. */
class FakeChannel extends EventTarget {
  /** @param {FakeChannel[]} all */
  constructor(all) {
    super();
    this.all = all;
    all.push(this);
  }

  /** @param {object} data */
  postMessage(data) {
    for (const each of this.all) {
      if (each !== this) each.dispatchEvent(new MessageEvent("message", { data }));
    }
  }
}

const absolute = (/** @type {string} */ address) => `https://here/${address}`;

/** @param {number} step */
const look = (step) => ({
  step,
  epoch: 0,
  valid: 20,
  seconds: 1,
  pace: 5,
  samples: Uint8Array.of(0, 1, step),
});

function opened(/** @type {FakeChannel[]} */ tabs = []) {
  /** @type {FakeWorker[]} */
  const workers = [];
  const trainings = new BrowserTrainings(() => {
    workers.push(new FakeWorker());
    return workers[workers.length - 1];
  }, new FakeChannel(tabs));
  /** @type {import("../../pages/ui/browser/trainings.js").WantedRun} */
  const run = {
    token: "a",
    wanted: "train",
    begun: false,
    heard: { losses: 0, step: -1 },
    settings: {},
    silence: 10,
    images: { address: "images/digits.bin", dimensions: 3, levels: 2, train: 2 },
    words: { title: "NADE", budget: "30 epochs" },
    keep: { token: "a", about: {} },
  };
  /** @param {Partial<typeof run> | null} [changes] @param {string[]} [paused] @param {string[]} [ended] */
  const obey = (changes = {}, paused = [], ended = []) => {
    const runs = changes === null ? [] : [Object.assign(run, changes)];
    trainings.obey({ worker: "worker.js", runs, paused, ended }, absolute);
    return trainings.all.get("a");
  };
  return { trainings, workers, run, obey };
}

test("a run is started once, paused, and goes on in the same worker", () => {
  const { workers, obey } = opened();
  obey();
  obey();
  obey({ wanted: "pause" });
  obey();
  workers[0].says({ end: { how: "paused", step: 3, weights: new Float32Array(2), problem: "" } });
  obey(null, ["a"]);
  obey({ wanted: "train", begun: true });
  assert.equal(workers.length, 1);
  assert.deepEqual(
    workers[0].asked.map((message) => message.do),
    ["start", "pause", "go"],
  );
  assert.equal(workers[0].asked[0].images.address, "https://here/images/digits.bin");
});

test("Python is told all that it has not heard, once, and again where it does not answer", () => {
  const { workers, run, obey } = opened();
  const training = obey();
  workers[0].says({ news: { losses: [4, 3], look: look(2), part: 0.1, seconds: 1 } });
  const first = training?.news(run, 10_000);
  assert.deepEqual([first?.from, first?.losses, first?.looks?.length], [0, [4, 3], 1]);
  assert.equal(first?.looks?.[0].samples, base64(Uint8Array.of(0, 1, 2)));
  workers[0].says({ news: { losses: [2], look: look(3), part: 0.2, seconds: 2 } });
  assert.equal(training?.news(run, 12_000), null); // it waits for the answer
  const again = training?.news(run, 20_000);
  assert.deepEqual(again?.losses, [4, 3, 2]);
  obey({ heard: { losses: 3, step: 3 } });
  assert.equal(training?.news(run, 21_500), null); // nothing is new
  workers[0].says({ news: { losses: [1], look: look(4), part: 0.3, seconds: 3 } });
  assert.deepEqual(training?.news(run, 21_600)?.losses, [1]);
});

test("the end is told at once, with the weights", () => {
  const { workers, run, obey } = opened();
  const training = obey();
  workers[0].says({ news: { losses: [4], look: look(1), part: 1, seconds: 1 } });
  workers[0].says({ end: { how: "done", step: 1, weights: Float32Array.of(1, 2), problem: "" } });
  const told = training?.news(run, 0);
  assert.equal(told?.end?.weights, Buffer.from(Float32Array.of(1, 2).buffer).toString("base64"));
  obey({ heard: { losses: 1, step: 1 } }); // an answer to something else
  assert.equal(training?.news(run, 100), null);
});

test("a run says whether the GPU is to train, and Python hears what does", () => {
  const { workers, run, obey } = opened();
  const training = obey({ gpu: true });
  assert.equal(workers[0].asked[0].gpu, true);
  workers[0].says({ device: { gpu: "apple metal-3", step: 0, why: "" } });
  workers[0].says({ news: { losses: [4], look: look(1), part: 0.1, seconds: 1 } });
  assert.match(standing(run, training), /NADE, on the GPU: step 1/);
  const lost = { gpu: "", step: 1, why: "the GPU is lost: it was removed" };
  workers[0].says({ device: lost });
  assert.match(standing(run, training), /NADE, on the processor: step 1/);
  assert.deepEqual(training?.news(run, 0)?.device, lost);
});

test("a worker that fails is told in words", () => {
  const { workers, run, obey } = opened();
  const training = obey();
  workers[0].onerror({ message: "out of memory" });
  assert.equal(training?.news(run, 0)?.failed, "out of memory");
});

test("after a reload a new worker goes on with what is kept, or pauses at once", () => {
  const { workers, obey } = opened();
  obey({ begun: true, wanted: "pause" });
  obey();
  assert.equal(workers[0].asked.length, 1);
  const { begun, paused, keep } = workers[0].asked[0];
  assert.deepEqual(
    { begun, paused, keep },
    { begun: true, paused: true, keep: { token: "a", about: {} } },
  );
});

test("own images come with the page, and go to the worker", () => {
  const { trainings, workers, run } = opened();
  const bytes = Uint8Array.of(1, 2, 3);
  const images = { array: "a", dimensions: 3, levels: 4, train: 1 };
  const runs = [{ ...run, keep: null, images }];
  trainings.obey({ worker: "w", runs, paused: [], ended: [] }, absolute, { a: bytes });
  const { images: given, keep } = workers[0].asked[0];
  assert.deepEqual(
    { given, keep },
    { given: { dimensions: 3, levels: 4, train: 1, bytes }, keep: null },
  );
});

test("what has ended is forgotten by the browser, and nothing else", () => {
  const [ended, left] = [opened(), opened()];
  for (const { obey } of [ended, left]) obey();
  ended.obey(null, [], ["a"]);
  left.obey(null);
  assert.equal(ended.workers[0].asked.at(-1).do, "forget");
  assert.equal(left.workers[0].asked.at(-1).do, "start");
});

test("another tab says which trainings it has", async () => {
  /** @type {FakeChannel[]} */
  const tabs = [];
  opened(tabs).obey();
  opened(tabs);
  assert.deepEqual(await elsewhere(new FakeChannel(tabs), 1), new Set(["a"]));
});

test("what nobody can go on with is ended", () => {
  const { trainings, workers, obey } = opened();
  obey();
  obey(null, ["a"]);
  assert.equal(workers[0].closed, false);
  obey(null);
  assert.equal(workers[0].closed, true);
  assert.equal(trainings.all.size, 0);
});

test("a browser says what it can, or why it cannot", async () => {
  const worker = new FakeWorker();
  const asked = abilities(() => worker);
  worker.says({ ready: "WebAssembly SIMD" });
  assert.deepEqual(worker.asked, [{ do: "list" }]);
  const gpu = { gpu: "apple metal-3", noGPU: "" };
  worker.says({ kept: [], ...gpu });
  assert.deepEqual(await asked, { kind: "WebAssembly SIMD", kept: [], ...gpu });
  assert.ok(worker.closed);
  const failing = abilities(() => {
    throw new Error("no workers here");
  });
  assert.deepEqual(await failing, { failed: "no workers here" });
  assert.match((await abilities(() => new FakeWorker(), 1)).failed ?? "", /does not answer/);
});

test("the line says the step, the part and the loss", () => {
  const { workers, run, obey } = opened();
  const training = obey();
  assert.equal(standing(run, training), "NADE: it begins");
  workers[0].says({ news: { losses: [4, 3], look: look(2), part: 0.25, seconds: 1 } });
  assert.equal(
    standing(run, training),
    "NADE: step 2, 25\u00a0% of 30 epochs, training loss 3.50 nats",
  );
});

/** A look of a flow. @param {number} step */
const flowLook = (step) => ({
  step,
  most: 0.5,
  density: Uint8Array.of(1, 2),
  lines: Float32Array.of(1),
  points: Float32Array.of(2),
  weights: Float32Array.of(step, 7),
});

test("the points of a flow come with the page, and go to the worker", () => {
  const { trainings, workers, run } = opened();
  const points = Float32Array.of(1, 2, 3, 4);
  const flow = { ...run, images: undefined, points: "a", keep: null };
  trainings.obey({ worker: "w", runs: [flow], paused: [], ended: [] }, absolute, { a: points });
  const [{ images, points: given }] = workers[0].asked;
  assert.deepEqual({ images, given }, { images: undefined, given: points });
});

test("a worker that says nothing any more has failed, and its last weights are told", () => {
  const { workers, run, obey, trainings } = opened();
  const training = obey();
  workers[0].says({ news: { losses: [4, 3], look: flowLook(2), part: 0.1, seconds: 1 } });
  const first = training?.news(run, 1000);
  assert.deepEqual(first?.looks?.[0].weights, undefined); // they stay here
  assert.equal(first?.looks?.[0].points, base64(Float32Array.of(2)));
  obey({ heard: { losses: 2, step: 2 } });
  for (let second = 0; second < 9; second++) trainings.watch([run], 1000);
  workers[0].says({ news: { losses: [2], look: null, part: 0.2, seconds: 2 } }); // it lives
  for (let second = 0; second < 9; second++) trainings.watch([run], 1000);
  assert.equal(training?.news(run, 5000), null);
  trainings.watch([run], 1000);
  assert.ok(workers[0].closed);
  const told = training?.news(run, 6000);
  assert.match(told?.failed ?? "", /says nothing/);
  assert.deepEqual(told?.kept, { step: 2, weights: base64(Float32Array.of(2, 7)) });
  assert.deepEqual([told?.from, told?.losses], [2, [2]]);
});

test("a training that has ended, or that nobody has asked for yet, may say nothing", () => {
  const { workers, run, obey, trainings } = opened();
  trainings.watch([run], 1e9);
  const training = obey();
  workers[0].says({ end: { how: "done", step: 1, weights: Float32Array.of(1), problem: "" } });
  trainings.watch([run], 1e9);
  workers[0].onerror({ message: "too late" });
  assert.equal(training?.failed, "");
  assert.ok(training?.news(run, 0)?.end);
});

test("an end is told soon although nobody has answered what was told before it", () => {
  const { workers, run, obey } = opened();
  const training = obey();
  workers[0].says({ news: { losses: [4], look: look(1), part: 0.5, seconds: 1 } });
  assert.ok(training?.news(run, 1000));
  workers[0].says({ end: { how: "stopped", step: 1, weights: Float32Array.of(1), problem: "" } });
  assert.equal(training?.news(run, 2000), null);
  assert.equal(training?.news(run, 3500)?.end?.how, "stopped");
  assert.equal(training?.news(run, 5600), null); // now it waits for the answer
  assert.ok(training?.news(run, 12_000)?.end);
});

test("train again is another training, and the one before is ended", () => {
  const { trainings, workers, run } = opened();
  const obey = (/** @type {string} */ token) =>
    trainings.obey({ worker: "w", runs: [{ ...run, token }], paused: [], ended: [] }, absolute);
  obey("a");
  workers[0].says({ end: { how: "done", step: 1, weights: Float32Array.of(1), problem: "" } });
  obey("b");
  workers[0].says({ news: { losses: [4], look: null, part: 1, seconds: 1 } }); // it comes late
  assert.deepEqual([...trainings.all.keys()], ["b"]);
  assert.deepEqual(trainings.all.get("b")?.losses, []);
  assert.ok(workers[0].closed && !workers[1].closed);
});

test("a page of another kind ends nothing", () => {
  const shared = /** @type {any} */ (globalThis);
  shared.window = {};
  try {
    const open = () => new FakeWorker();
    const [lab, flows] = ["lab", "flows"].map((kind) => trainingsOf(kind, open));
    const { run } = opened();
    lab.obey({ worker: "w", runs: [run], paused: [], ended: [] }, absolute);
    flows.obey({ worker: "w", runs: [], paused: [], ended: [] }, absolute);
    assert.deepEqual([lab.all.size, flows.all.size], [1, 0]);
    assert.equal(trainingsOf("lab", open), lab);
    for (const each of [lab, flows]) /** @type {any} */ (each.channel).close();
  } finally {
    delete shared.window;
  }
});
