import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Edits, openEdits } from "../../pages/ui/browser/edits.js";

const BEGIN = "http://host/lesson?tour=2&paint=1-1";
const [PAUSES, RESTS] = [50, 700];
const place = { href: BEGIN }; // the browser's location

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  Object.assign(place, { href: BEGIN });
  const location = place;
  const history = {
    state: null,
    /** @param {unknown} _state @param {string} _title @param {URL} url */
    replaceState: (_state, _title, url) => (place.href = url.href),
  };
  Object.assign(globalThis, { window: {}, location, history });
});

/** Edits, and what they have sent. */
function edits() {
  const made = new Edits();
  /** @type {any[]} */
  const sent = [];
  made.trigger = (_, value) => sent.push(value);
  return { made, sent };
}

test("strokes that follow each other are one edit, once the hand has rested", () => {
  const { made, sent } = edits();
  made.later({ paint: 1 }, { paint: "1" });
  mock.timers.tick(RESTS - 1);
  made.hold(); // the next stroke, which takes long
  mock.timers.tick(10 * RESTS);
  assert.deepEqual(sent, []);
  made.later({ paint: 2 }, { paint: "2" });
  mock.timers.tick(RESTS - 1);
  assert.deepEqual(sent, []);
  mock.timers.tick(1);
  assert.deepEqual(sent, [{ paint: 2, nonce: 2 }]);
});

test("a stroke that came to nothing does not keep the one before from being sent", () => {
  const { made, sent } = edits();
  made.later({ paint: 1 }, { paint: "1" });
  made.hold();
  made.release();
  mock.timers.tick(RESTS);
  assert.equal(sent.length, 1);
});

test("the address holds a stroke until Python is told, who then makes a step of it", () => {
  const { made } = edits();
  made.later({ paint: 1 }, { paint: "7-1", pixel: "3" });
  mock.timers.tick(PAUSES);
  assert.equal(place.href, "http://host/lesson?tour=2&paint=7-1&pixel=3");
  made.later({ paint: 2 }, { paint: "8-1", pixel: "3" });
  mock.timers.tick(PAUSES);
  assert.equal(new URL(place.href).searchParams.get("paint"), "8-1");
  const url = new URL(place.href);
  url.searchParams.set("step", "4"); // another picture keeps something meanwhile
  place.href = url.href;
  mock.timers.tick(RESTS);
  assert.equal(place.href, `${BEGIN}&step=4`);
});

test("the address is written when the hand pauses, not between two strokes", () => {
  const { made } = edits();
  for (const paint of ["7-1", "8-1", "9-1"]) {
    made.hold();
    made.later({ paint }, { paint });
    mock.timers.tick(PAUSES - 1);
    assert.equal(place.href, BEGIN);
  }
  mock.timers.tick(1);
  assert.equal(new URL(place.href).searchParams.get("paint"), "9-1");
  made.later({ paint: 1 }, { paint: "1-2" });
  made.flush(); // at once: Python writes it
  mock.timers.tick(RESTS);
  assert.equal(place.href, BEGIN);
});

test("what is pressed elsewhere sends it at once, and it is open until Python answers", () => {
  const { made, sent } = edits();
  made.later({ paint: 1 }, { paint: "7-1" });
  assert.equal(openEdits().size, 1);
  made.flush();
  assert.equal(sent.length, 1);
  assert.equal(openEdits().size, 1);
  mock.timers.tick(RESTS);
  assert.equal(sent.length, 1); // not once more
  assert.equal(made.answered(1), true);
  assert.equal(openEdits().size, 0);
});

test("an answer to an earlier edit does not send what a hand is still at", () => {
  const { made, sent } = edits();
  made.send({ paint: 1 });
  made.hold();
  made.later({ paint: 2 }, {});
  assert.equal(made.answered(1), false);
  mock.timers.tick(RESTS - 1);
  assert.equal(sent.length, 1);
  mock.timers.tick(1);
  assert.equal(sent.length, 2);
});

test("an edit that comes while one is under way waits for its answer, and is the last one", () => {
  const { made, sent } = edits();
  made.send({ paint: 1 });
  made.send({ paint: 2 });
  made.send({ paint: 3 });
  assert.equal(sent.length, 1);
  made.answered(1);
  mock.timers.tick(0);
  assert.deepEqual(sent.at(-1), { paint: 3, nonce: 3 });
  assert.equal(sent.length, 2);
});

test("what waits for a place that is left is not told, and the address stays as it is", () => {
  const { made, sent } = edits();
  made.later({ paint: 1 }, { paint: "7-1" });
  place.href = "http://host/lesson?tour=1"; // back in history, before the address held it
  made.forget(0);
  mock.timers.tick(RESTS);
  assert.deepEqual(sent, []);
  assert.equal(openEdits().size, 0);
  assert.equal(place.href, "http://host/lesson?tour=1");
  assert.equal(made.answered(0), true);
});
