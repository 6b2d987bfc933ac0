// The line that says who computed what is shown, and the engine that it asks.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { mock, test } from "node:test";
import { fileURLToPath } from "node:url";

import { computedWords, inBrowser } from "../../pages/ui/browser/computed_words.js";
import { Newest, PageEngine } from "../../pages/ui/browser/engine.js";

const COST = "Computed on the server (cpu), 463 ms for 784 steps.";
const OFFER = { name: "one", client: "client.js", worker: "worker.js", card: "one.json" };
const ready = { cost: COST, ready: true, failed: false };

test("what the server computed is the server's, also once this browser could compute", () => {
  const shown = /** @type {const} */ ({ by: "server", milliseconds: 0 });
  const next = "What you change is computed in this browser.";
  assert.equal(computedWords({ ...ready, shown }), `${COST} ${next}`);
  assert.equal(computedWords({ ...ready, shown, ready: false }), COST);
  assert.equal(computedWords({ ...ready, shown, cost: "" }), `Computed on the server. ${next}`);
});

test("what this browser computed has its time, whoever is to compute next", () => {
  const shown = /** @type {const} */ ({ by: "browser", milliseconds: 4.6 });
  for (const is of [true, false])
    assert.equal(computedWords({ ...ready, shown, ready: is }), "Computed in this browser, 5 ms.");
  assert.equal(inBrowser(0.2), "Computed in this browser, less than 1 ms.");
});

test("where nothing is computed yet, nothing is said to be", () => {
  assert.equal(computedWords({ ...ready, shown: null }), "Ready in this browser.");
  assert.equal(computedWords({ ...ready, shown: null, ready: false, cost: "" }), "");
});

test("a failure is told, and the server's time", () => {
  const failed = { ...ready, ready: false, failed: true };
  const why = "The model does not run in this browser, so the server computes.";
  assert.equal(computedWords({ ...failed, shown: null }), `${why} ${COST}`);
  const shown = /** @type {const} */ ({ by: "browser", milliseconds: 5 });
  assert.equal(computedWords({ ...failed, shown }).trim(), why);
});

/** A picture on a page. @param {boolean} [isConnected] */
const picture = (isConnected = true) => /** @type {any} */ ({ dataset: {}, isConnected });

test("the engine knows what is shown by the picture that spoke last and is on the page", () => {
  const engine = new PageEngine();
  const shown = () => engine.shown;
  const [first, second] = [picture(), picture()];
  let told = 0;
  engine.addEventListener("shown", () => told++);
  assert.equal(shown(), null);
  engine.shows(first, "server");
  assert.deepEqual(shown(), { by: "server", milliseconds: 0 });
  engine.shows(second, "browser", 7);
  assert.deepEqual(shown(), { by: "browser", milliseconds: 7 });
  assert.equal(second.dataset.by, "browser");
  second.isConnected = false;
  assert.deepEqual(shown(), { by: "server", milliseconds: 0 });
  engine.shows(first, null);
  assert.equal(shown(), null);
  assert.equal("by" in first.dataset, false);
  assert.equal(told, 3);
});

test("what a picture had already keeps the time that it took, and no other picture's", () => {
  const engine = new PageEngine();
  const [first, second] = [picture(), picture()];
  engine.shows(first, "browser", 7);
  engine.shows(first, "browser", 0);
  assert.equal(engine.shown?.milliseconds, 7);
  engine.shows(second, "browser", 0);
  assert.equal(engine.shown?.milliseconds, 0);
  engine.shows(first, "server");
  engine.shows(first, "browser");
  assert.equal(engine.shown?.milliseconds, 0);
});

test("a wish is told with all that the engine took for it", async () => {
  const engine = new PageEngine();
  Object.assign(globalThis, { window: { arvizEngine: engine } });
  engine.spent = 100; // before
  /** @type {number[]} */
  const times = [];
  const newest = new Newest(
    async (/** @type {number[]} */ each) => each.forEach((time) => (engine.spent += time)),
    (_result, _wish, milliseconds) => times.push(milliseconds),
  );
  newest.want([3, 4]);
  await new Promise(setImmediate);
  newest.want([5]);
  await new Promise(setImmediate);
  assert.deepEqual(times, [7, 5]);
});

// --- a worker that dies while it loads -----------------------------------------------------------

/** A page's engine whose worker answers what the test says; it counts what is told. */
function pageWithWorker() {
  Object.assign(globalThis, { document: { baseURI: "http://localhost/" } });
  const engine = new PageEngine();
  /** @type {{ resolve: (value: any) => void, reject: (error: Error) => void, alive: () => void }[]} */
  const asked = [];
  const client = {
    load: (/** @type {string} */ _card, /** @type {any} */ { onAlive }) =>
      new Promise((resolve, reject) => asked.push({ resolve, reject, alive: onAlive })),
    stop: (/** @type {string} */ why) =>
      asked.splice(0).forEach(({ reject }) => reject(new Error(why))),
    close: () => client.stop("The engine was closed."),
  };
  engine.client = Promise.resolve(/** @type {any} */ (client));
  const told = { failed: 0 };
  engine.addEventListener("failed", () => told.failed++);
  return { engine, asked, told };
}

/** Let promises run; intervals are the test's. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("a worker that dies while weights load is told in words, within 8 s of its last word", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const { engine, asked, told } = pageWithWorker();
  const loading = engine.load(OFFER);
  loading.catch(() => {});
  await settled();
  asked[0].alive();
  t.mock.timers.tick(7000);
  await settled();
  assert.equal(told.failed, 0);
  t.mock.timers.tick(1001);
  await assert.rejects(loading, /does not answer/);
  assert.equal(told.failed, 1);
  assert.match(engine.why, /does not answer/);
  assert.equal(engine.pending, 0);
});

test("weights that come slowly are waited for, as long as the worker says that it is at it", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const { engine, asked, told } = pageWithWorker();
  const loading = engine.load(OFFER);
  await settled();
  t.mock.timers.tick(50_000); // the worker's own files are on their way
  for (let second = 0; second < 300; second++) {
    asked[0].alive();
    t.mock.timers.tick(1000);
  }
  asked[0].resolve({ class: "NADE" });
  assert.equal((await loading)?.class, "NADE");
  assert.equal(told.failed, 0);
});

test("a worker that never begins is told, too", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const { engine, told } = pageWithWorker();
  const loading = engine.load(OFFER);
  loading.catch(() => {});
  await settled();
  t.mock.timers.tick(60_001);
  await assert.rejects(loading, /does not answer/);
  assert.equal(told.failed, 1);
});

test("what the old worker is refused, when another is wanted, is no failure of the new one", async () => {
  mock.timers.reset();
  const { engine, told } = pageWithWorker();
  const loading = engine.load(OFFER);
  await settled();
  engine.again();
  await assert.rejects(loading, /was closed/);
  assert.equal(told.failed, 0);
  assert.equal(engine.why, "");
});

// --- every picture -------------------------------------------------------------------------------

const PAGES = fileURLToPath(new URL("../../pages", import.meta.url));

/** The modules of `pages` that a module imports, itself included. @param {string} file @param {Set<string>} [found] */
function modulesOf(file, found = new Set()) {
  if (found.has(file)) return found;
  found.add(file);
  for (const [, to] of readFileSync(file, "utf8").matchAll(/from "(\.[^"]+\.js)"/g)) {
    const next = path.resolve(path.dirname(file), to);
    if (next.startsWith(PAGES)) modulesOf(next, found);
  }
  return found;
}

test("every picture that asks the engine says who computed what it shows, and when it goes", () => {
  const components = readdirSync(PAGES, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".js") && !name.endsWith("computed.js"))
    .map((name) => path.join(PAGES, name))
    .filter((file) => readFileSync(file, "utf8").includes("export default mount("));
  const asking = components.filter((file) =>
    [...modulesOf(file)].some((name) => name.endsWith(path.join("browser", "engine.js"))),
  );
  assert.ok(asking.length >= 9, String(asking));
  for (const file of asking) {
    const source = [...modulesOf(file)].map((name) => readFileSync(name, "utf8")).join();
    assert.match(source, /pageEngine\(\)\.shows\(this\.root,[^)]*(by\b|"browser")/, file);
    assert.match(source, /pageEngine\(\)\.shows\(this\.root, null\)/, file);
  }
});
