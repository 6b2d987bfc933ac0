import assert from "node:assert/strict";
import { test } from "node:test";

import { OnceAFrame } from "../../pages/ui/browser/once_a_frame.js";

/** A picture that counts how often it is drawn, and frames that come when they are told to. */
function setUp() {
  /** @type {Map<number, () => void>} */
  const asked = new Map();
  let last = 0;
  Object.assign(globalThis, {
    requestAnimationFrame: (/** @type {() => void} */ done) => (asked.set(++last, done), last),
    cancelAnimationFrame: (/** @type {number} */ number) => asked.delete(number),
  });
  const found = { drawn: 0, asked };
  const frames = new OnceAFrame(() => found.drawn++);
  const frame = () => {
    const now = [...asked.values()];
    asked.clear();
    for (const each of now) each();
  };
  return { found, frames, frame };
}

test("what comes soon is drawn at once, and once more in the next frame", () => {
  const { found, frames, frame } = setUp();
  frames.soon();
  assert.equal(found.drawn, 1);
  for (let more = 0; more < 5; more++) frames.soon();
  assert.equal(found.drawn, 1);
  frame();
  assert.equal(found.drawn, 2);
  frame();
  assert.equal(found.drawn, 2);
});

test("what can wait is drawn in the next frame, once", () => {
  const { found, frames, frame } = setUp();
  frames.later();
  frames.later();
  assert.equal(found.drawn, 0);
  frame();
  assert.equal(found.drawn, 1);
  frame();
  assert.equal(found.drawn, 1);
});

test("what comes soon brings along what was waiting", () => {
  const { found, frames, frame } = setUp();
  frames.later();
  frames.soon();
  assert.equal(found.drawn, 1);
  frame();
  assert.equal(found.drawn, 1);
  frames.soon();
  assert.equal(found.drawn, 2, "the frame that was asked for is over");
});

test("nothing is drawn after it was stopped", () => {
  const { found, frames, frame } = setUp();
  frames.later();
  frames.stop();
  frame();
  assert.equal(found.drawn, 0);
});
