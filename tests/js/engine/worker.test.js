import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { EngineClient } from "../../../assets/engine/client.js";
import { EngineError } from "../../../assets/engine/errors.js";
import { load } from "../../../assets/engine/index.js";
import { serve } from "../../../assets/engine/protocol.js";
import { randomModel, randomWeights, serveFiles } from "./models.js";

const CARD = { class: "PixelCNN", config: { event_shape: [1, 9, 8], features: 4, layers: 1 } };
const NADE = { class: "NADE", config: { event_shape: [6], hidden: 4 } };

/** @type {Awaited<ReturnType<typeof serveFiles>>} */
let files;
before(async () => {
  files = await serveFiles({
    "/cnn.json": JSON.stringify(CARD),
    "/cnn.safetensors": randomWeights(CARD),
    "/nade.json": JSON.stringify(NADE),
    "/nade.safetensors": randomWeights(NADE),
    "/other.json": JSON.stringify(CARD),
    "/other.safetensors": randomWeights(NADE),
    "/half.json": JSON.stringify(CARD),
    "/half.safetensors": randomWeights(CARD).slice(0, 3000),
    "/text.json": "no card",
    "/new.json": JSON.stringify({ class: "SomethingNew", config: {} }),
  });
});
after(() => files.close());

/** A client and a server, joined as a page and its worker are. */
function connected() {
  const { port1, port2 } = new MessageChannel();
  serve(/** @type {any} */ (port2));
  const client = new EngineClient(/** @type {any} */ (port1));
  return { client, end: () => (port1.close(), port2.close()) };
}

/**
 * @param {string} name
 * @param {(client: EngineClient, address: string) => Promise<void>} body
 */
const workerTest = (name, body) =>
  test(name, async () => {
    const { client, end } = connected();
    try {
      await body(client, `${files.origin}/cnn.json`);
    } finally {
      end();
    }
  });

/** @param {RegExp} message */
const refusal = (message) => (/** @type {Error} */ error) => {
  assert.ok(error instanceof EngineError, String(error));
  assert.match(error.message, message);
  return true;
};

test("load fetches the card and the weights beside it, with the same query", async () => {
  files.asked.length = 0;
  const model = await load(`${files.origin}/cnn.json?v=1`);
  assert.deepEqual(files.asked, ["/cnn.json?v=1", "/cnn.safetensors?v=1"]);
  const expected = randomModel(CARD).sample({ seed: 4 });
  assert.deepEqual(model.sample({ seed: 4 }).values, expected.values);
});

test("load takes the weights from another address, which may hold their hash", async () => {
  files.asked.length = 0;
  await load(`${files.origin}/other.json`, { weights: `${files.origin}/cnn.safetensors?h=1` });
  assert.deepEqual(files.asked, ["/other.json", "/cnn.safetensors?h=1"]);
});

test("what cannot be loaded is refused in a plain sentence", async () => {
  const refused = (/** @type {string} */ name, /** @type {RegExp} */ message) =>
    assert.rejects(load(`${files.origin}/${name}.json`), refusal(message));
  await refused("other", /not the weights that the card tells of: missing blocks\.0/);
  await refused("half", /declares \d+ bytes/);
  await refused("text", /holds no JSON/);
  await refused("absent", /the server answers 404/);
  await refused("new", /knows no model "SomethingNew"/);
  await assert.rejects(load("http://127.0.0.1:1/x.json"), refusal(/cannot be reached/));
});

workerTest("a worker draws what the engine draws", async (client, address) => {
  const loaded = await client.load(address);
  assert.equal(loaded.class, "PixelCNN");
  assert.deepEqual(loaded.eventShape, [1, 9, 8]);
  const options = { seed: 3, n: 2, temperature: 0.8 };
  const trace = await client.sample(address, options);
  const expected = randomModel(CARD).sample(options);
  assert.deepEqual(trace.values, expected.values);
  assert.deepEqual(trace.probs, expected.probs);
  const x = new Uint8Array(72);
  assert.deepEqual(await client.logits(address, x), randomModel(CARD).logits(x));
  const found = await client.conditionals(address, x, { internals: ["head", "features"] });
  assert.deepEqual(found, randomModel(CARD).conditionals(x, ["head", "features"]));
});

workerTest("one conditional is told before all of them are known", async (client, address) => {
  await client.load(address);
  const x = Uint8Array.from({ length: 72 }, (_, index) => index % 2);
  /** @type {import("../../../assets/engine/protocol.js").Glance[]} */
  const seen = [];
  const how = { internals: ["head"], first: 30 };
  const onGlance = (/** @type {any} */ glance) => seen.push(glance);
  const found = await client.conditionals(address, x, { ...how, onGlance });
  assert.deepEqual(found, randomModel(CARD).conditionals(x, ["head"]));
  assert.equal(seen.length, 1);
  const [{ index, logits, internals }] = seen;
  const size = found.internals.head.length / 72;
  assert.equal(index, 30);
  assert.deepEqual(logits, found.logits.slice(60, 62));
  assert.deepEqual(internals.head, found.internals.head.slice(30 * size, 31 * size));
  const control = new AbortController();
  const stopped = client.conditionals(address, x, {
    ...how,
    signal: control.signal,
    onGlance: () => control.abort(),
  });
  await assert.rejects(stopped, { name: "AbortError" });
  await assert.rejects(client.conditionals(address, x, { first: 72 }), refusal(/first is a flat/));
  assert.deepEqual(await client.logits(address, x), found.logits); // the worker works on
});

workerTest("slices follow each other and hold what the trace holds", async (client, address) => {
  await client.load(address);
  /** @type {import("../../../assets/engine/protocol.js").Slice[]} */
  const slices = [];
  const how = { slice: 0, onSlice: (/** @type {any} */ slice) => slices.push(slice) };
  const { values, probs } = await client.sample(address, { seed: 1, n: 3 }, how);
  assert.ok(slices.length > 10);
  let next = 0;
  for (const { from, to, ...drawn } of slices) {
    assert.equal(from, next);
    assert.deepEqual(drawn.values, values.slice(3 * from, 3 * to));
    assert.deepEqual(drawn.probs, probs.slice(6 * from, 6 * to));
    next = to;
  }
});

workerTest(
  "a sample that is cancelled stops, and the next one is drawn",
  async (client, address) => {
    await client.load(address);
    const control = new AbortController();
    let count = 0;
    const drawing = client.sample(
      address,
      { seed: 1 },
      { slice: 0, signal: control.signal, onSlice: () => ++count === 3 && control.abort() },
    );
    await assert.rejects(drawing, { name: "AbortError" });
    const seen = count;
    const { values } = await client.sample(address, { seed: 2 });
    assert.equal(count, seen);
    assert.deepEqual(values, randomModel(CARD).sample({ seed: 2 }).values);
  },
);

workerTest("requests are answered while a sample is being drawn", async (client, address) => {
  await client.load(address);
  await client.load(`${files.origin}/nade.json`);
  /** @type {string[]} */
  const order = [];
  const long = client
    .sample(address, { seed: 1, n: 4 }, { slice: 0 })
    .then(() => order.push("long"));
  const short = client
    .sample(`${files.origin}/nade.json`, { seed: 1 })
    .then(() => order.push("short"));
  await Promise.all([long, short]);
  assert.deepEqual(order, ["short", "long"]);
});

workerTest("a model is fetched once, and again after it was forgotten", async (client, address) => {
  files.asked.length = 0;
  await Promise.all([client.load(address), client.load(address)]);
  assert.equal(files.asked.length, 2);
  assert.equal(await client.unload(address), true);
  await assert.rejects(client.sample(address, { seed: 0 }), refusal(/is not loaded/));
  await client.load(address);
  assert.equal(files.asked.length, 4);
});

workerTest("errors come as sentences, and the worker lives on", async (client, address) => {
  await assert.rejects(client.load(`${files.origin}/half.json`), refusal(/damaged/));
  await client.load(address);
  await assert.rejects(client.sample(address, { seed: -1 }), refusal(/seed is a whole number/));
  await assert.rejects(client.sample(address, { seed: 1, n: 0 }), refusal(/n is a whole number/));
  await assert.rejects(client.logits(address, [0, 1]), refusal(/x holds 72 levels; given 2/));
  assert.equal((await client.sample(address, { seed: 1 })).values.length, 72);
});

workerTest("a worker that fails or is closed rejects what was asked", async (client, address) => {
  await client.load(address);
  const drawing = client.sample(address, { seed: 1 });
  client.worker.onerror?.({ message: "out of memory" });
  await assert.rejects(drawing, refusal(/engine failed \(out of memory\)/));
  await assert.rejects(client.sample(address, { seed: 1 }), refusal(/engine failed/));
});

workerTest("a cancelled download can be tried again", async (client, address) => {
  const control = new AbortController();
  const loading = client.load(address, { signal: control.signal });
  control.abort();
  await assert.rejects(loading, { name: "AbortError" });
  assert.equal((await client.load(address)).class, "PixelCNN");
});

workerTest("a worker that loads says at once that it is at it", async (client, address) => {
  let alive = 0;
  await client.load(address, { onAlive: () => alive++ });
  assert.ok(alive > 0);
});

test("a worker that waits for weights says so every second", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  /** @type {any[]} */
  const said = [];
  const port = /** @type {any} */ ({ postMessage: (/** @type {any} */ each) => said.push(each) });
  /** @type {(value: Response) => void} */
  let answer = () => {};
  t.mock.method(globalThis, "fetch", () => new Promise((resolve) => (answer = resolve)));
  serve(port);
  const loading = port.onmessage({ data: { id: 7, do: "load", card: "http://localhost/a.json" } });
  t.mock.timers.tick(3000);
  assert.deepEqual(said, Array(4).fill({ id: 7, alive: true }));
  answer(new Response("", { status: 404 }));
  await loading;
  t.mock.timers.tick(3000);
  const last = said.at(-1);
  assert.equal(said.length, 5);
  assert.match(last.error?.message ?? "", /404/);
});

test("the arrays of a trace are moved to the page, not copied", async () => {
  /** @type {any} */
  const port = {};
  /** @param {object} request */
  const ask = (request) =>
    new Promise((resolve) => {
      port.postMessage = (/** @type {any} */ { done }, /** @type {ArrayBuffer[]} */ moved) =>
        done && resolve({ done, moved });
      port.onmessage({ data: request });
    });
  serve(port);
  const card = `${files.origin}/nade.json`;
  await ask({ id: 1, do: "load", card });
  const sample = { id: 2, do: "sample", model: card, options: { seed: 0, internals: ["h"] } };
  const { done, moved } = await ask(sample);
  const { values, probs, uniforms, internals } = done;
  const arrays = [values, probs, uniforms, internals.h];
  assert.deepEqual(
    moved,
    arrays.map(({ buffer }) => buffer),
  );
  const x = { id: 3, do: "logits", model: card, x: new Uint8Array(6), internals: ["h"] };
  const answer = await ask(x);
  assert.deepEqual(answer.moved, [answer.done.logits.buffer, answer.done.internals.h.buffer]);
});
