import assert from "node:assert/strict";
import { test } from "node:test";

import { Keeper } from "../../../assets/engine/training/kept.js";
import { serve, untilSaved } from "../../../assets/engine/training/protocol.js";
import { Memory } from "./memory.js";

/** @typedef {import("../../../assets/engine/training/protocol.js").Told} Told */

const D = 9;
const bits = Uint8Array.from({ length: 2 * 40 }, (_, at) => (at % 2 ? 0 : (at * 37) & 255));

/** A worker in this process, whose images lie in a data URL. */
class Trainer {
  /** @type {Told[]} */
  told = [];
  /** @type {((event: any) => void) | null} */
  onmessage = null;
  heard = () => {};

  /** @param {any} [store] where it keeps the training */
  constructor(store) {
    serve(this, store);
  }

  /** @param {Told} message */
  postMessage(message) {
    this.told.push(message);
    this.heard();
  }

  /** @param {any} data */
  ask(data) {
    this.onmessage?.({ data });
  }

  close() {}

  /** @param {object} [changes] @param {object} [more] of the message */
  start(changes, more) {
    const address = `data:application/octet-stream;base64,${Buffer.from(bits).toString("base64")}`;
    const config = { event_shape: [1, 3, 3], levels: 2, hidden: 3 };
    const settings = { model: "NADE", config, seed: 1, learningRate: 0.01, batchSize: 8 };
    const images = { address, dimensions: D, train: 32 };
    this.ask({
      do: "start",
      settings: { ...settings, epochs: 5, seconds: null, ...changes },
      images,
      ...more,
    });
  }

  /** The message that ends a training, once there are so many. @param {number} [count] */
  async ends(count = 1) {
    const found = () => this.told.filter(({ end, failed }) => end || failed);
    while (found().length < count)
      await new Promise((resolve) => (this.heard = () => resolve(null)));
    return found()[count - 1];
  }

  get losses() {
    return this.told.flatMap(({ news }) => news?.losses ?? []);
  }
}

test("a training tells every loss, and ends with a look and the weights", async () => {
  const trainer = new Trainer();
  assert.ok(trainer.told[0].ready);
  trainer.start();
  const { end } = await trainer.ends();
  assert.equal(end?.how, "done");
  assert.equal(end?.step, 20);
  assert.equal(trainer.losses.length, 20);
  assert.equal(end?.weights.length, 2 * 3 * D + D + 3);
  const looks = trainer.told.flatMap(({ news }) => news?.look ?? []);
  assert.equal(looks.at(-1)?.step, 20);
  assert.equal(trainer.told.at(-1)?.news?.part ?? trainer.told.at(-2)?.news?.part, 1);
});

test("a pause and a go change nothing of a training", async () => {
  const [whole, paused] = [new Trainer(), new Trainer()];
  whole.start({ epochs: 4000 });
  const straight = await whole.ends();
  paused.start({ epochs: 4000 });
  await new Promise((resolve) => (paused.heard = () => resolve(null))); // it has begun
  paused.ask({ do: "pause" });
  assert.equal((await paused.ends()).end?.how, "paused");
  paused.ask({ do: "go" });
  const { end } = await paused.ends(2);
  assert.equal(end?.how, "done");
  assert.deepEqual(paused.losses, whole.losses);
  assert.deepEqual(end?.weights, straight.end?.weights);
});

test("stop ends a training for good, also a paused one", async () => {
  const trainer = new Trainer();
  trainer.start({ epochs: null, seconds: 600 });
  trainer.ask({ do: "pause" });
  await trainer.ends();
  trainer.ask({ do: "stop" });
  assert.equal((await trainer.ends(2)).end?.how, "stopped");
});

test("where there is no GPU the processor trains, and says why", async () => {
  const [plain, asked] = [new Trainer(), new Trainer(new Memory())];
  plain.start();
  asked.start({}, { gpu: true });
  await plain.ends();
  assert.equal((await asked.ends()).end?.how, "done");
  const { device } = asked.told.find((each) => each.device) ?? {};
  assert.deepEqual(device, { gpu: "", step: 0, why: "this browser has no WebGPU." });
  assert.deepEqual(asked.losses, plain.losses);
  asked.ask({ do: "list" });
  await new Promise((resolve) => setTimeout(resolve, 5));
  const { gpu, noGPU } = asked.told.at(-1) ?? {};
  assert.deepEqual({ gpu, noGPU }, { gpu: "", noGPU: "this browser has no WebGPU." });
});

test("images that do not come are told in a sentence", async () => {
  const trainer = new Trainer();
  trainer.ask({
    do: "start",
    settings: {},
    images: { address: "data:nothing,", dimensions: 9, train: 1 },
  });
  assert.match((await trainer.ends()).failed ?? "", /The images/);
});

const KEEP = { keep: { token: "a", about: {} } };

test("another worker goes on with what is kept, to the same losses and weights", async () => {
  const store = new Memory();
  const [whole, left, back] = [new Trainer(), new Trainer(store), new Trainer(store)];
  whole.start({ epochs: 8000 });
  const straight = await whole.ends();
  left.start({ epochs: 8000 }, KEEP);
  while (!left.losses.length) await new Promise((resolve) => (left.heard = () => resolve(null)));
  left.ask({ do: "pause" });
  await left.ends(); // the page is loaded again
  back.start({ epochs: 8000 }, { ...KEEP, begun: true });
  const { end } = await back.ends();
  assert.ok(left.losses.length > 0 && left.losses.length < whole.losses.length);
  assert.deepEqual(back.losses, whole.losses);
  assert.deepEqual(end?.weights, straight.end?.weights);
  back.ask({ do: "forget" });
  back.ask({ do: "list" });
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(back.told.at(-1)?.kept, []);
});

test("a page that is loaded again before the images are there loses nothing", async () => {
  const store = new Memory();
  const [whole, left, back] = [new Trainer(), new Trainer(store), new Trainer(store)];
  whole.start();
  await whole.ends();
  left.start({}, KEEP); // its images are on their way when the page goes
  await new Promise((resolve) => queueMicrotask(() => resolve(null)));
  assert.deepEqual([left.losses.length, store.states.size], [0, 0]);
  back.start({}, { ...KEEP, begun: true });
  assert.equal((await back.ends()).end?.how, "done");
  assert.deepEqual(back.losses, whole.losses);
});

test("who goes on after a pause is kept as one that trains, at once", async () => {
  const store = new Memory();
  const trainer = new Trainer(store);
  trainer.start({ epochs: null, seconds: 600 }, KEEP);
  trainer.ask({ do: "pause" });
  await trainer.ends();
  assert.equal(store.notes.get("a")?.paused, true);
  const told = trainer.losses.length;
  trainer.ask({ do: "go" });
  while (trainer.losses.length === told)
    await new Promise((resolve) => (trainer.heard = () => resolve(null)));
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(store.notes.get("a")?.paused, false);
  trainer.ask({ do: "stop" });
  await trainer.ends(2);
});

test("a state is kept every few seconds, also where the worker had to wait", () => {
  assert.deepEqual([0, 100, 60_000].map(untilSaved), [2000, 5000, 10_000]);
});

test("what is not kept any more is told in a sentence", async () => {
  const trainer = new Trainer(new Memory());
  trainer.start({}, { ...KEEP, begun: true });
  assert.match((await trainer.ends()).failed ?? "", /no longer has it/);
});

test("a training that goes on in another tab ends here", async () => {
  const store = new Memory();
  const trainer = new Trainer(store);
  trainer.start({ epochs: null, seconds: 600 }, KEEP);
  await new Promise((resolve) => (trainer.heard = () => resolve(null)));
  await new Keeper(store, "a", {}, "another").take();
  trainer.ask({ do: "pause" }); // which keeps it
  await trainer.ends(2);
  assert.match(trainer.told.find(({ failed }) => failed)?.failed ?? "", /another tab/);
});

test("a training goes on where the browser has no place to keep it, and says so", async () => {
  const full = new DOMException("full", "QuotaExceededError");
  const trainer = new Trainer({ change: () => Promise.reject(full) });
  trainer.start({ epochs: 5 }, KEEP);
  assert.equal((await trainer.ends()).end?.how, "done");
  assert.match(trainer.told.find(({ unkept }) => unkept)?.unkept ?? "", /storage is full/);
});
