import assert from "node:assert/strict";
import { test } from "node:test";

import { OneSample } from "../../pages/ui/browser/one_sample.js";

const OFFER = { name: "model", client: "", worker: "", card: "card" };

/** A picture of one sample, and an engine that answers when it is told to. */
function picture() {
  /** @type {{ seed: any, answer: () => void }[]} */
  const asked = [];
  /** @type {number[]} */
  const seen = [];
  const engine = {
    /** @param {any} _offer @param {any} options @returns {Promise<any>} */
    sample: (_offer, { seed }) =>
      new Promise((resolve) => asked.push({ seed, answer: () => resolve({ seed }) })),
  };
  const sample = new OneSample(
    (/** @type {any} */ trace) => seen.push(trace.seed),
    (error) => assert.fail(String(error)),
    () => engine,
  );
  const answer = async () => {
    asked.shift()?.answer();
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { sample, asked, seen, answer };
}

test("a sample is drawn once, however often the picture is told of it", async () => {
  const { sample, asked, seen, answer } = picture();
  sample.want(OFFER, 3);
  sample.want(OFFER, 3);
  await answer();
  sample.want(OFFER, 3);
  assert.deepEqual([asked.length, seen], [0, [3]]);
});

test("of two seeds only the newer one is shown", async () => {
  const { sample, seen, answer } = picture();
  sample.want(OFFER, 3);
  sample.want(OFFER, 4);
  await answer();
  await answer();
  assert.deepEqual(seen, [4]);
});

test("what comes after the server has taken over is not shown, and is drawn again later", async () => {
  const { sample, seen, answer } = picture();
  sample.want(OFFER, 3);
  sample.want(null, 3);
  await answer();
  assert.deepEqual(seen, []);
  sample.want(OFFER, 3);
  await answer();
  assert.deepEqual(seen, [3]);
});
