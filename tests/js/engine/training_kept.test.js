import assert from "node:assert/strict";
import { test } from "node:test";

import { KEPT_FOR, Keeper, listKept } from "../../../assets/engine/training/kept.js";
import { Memory } from "./memory.js";

const NOW = 1e12;

test("whoever goes on with a training owns it: the tab before it writes nothing over it", async () => {
  const store = new Memory();
  const [first, second] = ["1", "2"].map((owner) => new Keeper(store, "a", {}, owner));
  await first.save({ step: 1 }, false, NOW);
  assert.deepEqual(await second.take(NOW), { state: { step: 1 } });
  await second.save({ step: 2 }, false, NOW);
  await assert.rejects(() => first.save({ step: 3 }, false, NOW), /another tab/);
  await first.forget();
  assert.deepEqual(await store.state("a"), { step: 2 });
  await second.forget();
  assert.equal(await second.take(NOW), null);
});

test("a training is noted before it has a state, and keeps the one that it has", async () => {
  const store = new Memory();
  const first = new Keeper(store, "a", {}, "1");
  await first.save(null, false, NOW);
  assert.deepEqual(await new Keeper(store, "a", {}, "2").take(NOW), { state: null });
  assert.equal(await new Keeper(store, "b", {}, "2").take(NOW), null);
});

test("two trainings lie side by side", async () => {
  const store = new Memory();
  await new Keeper(store, "a", 1, "1").save({}, false, NOW);
  await new Keeper(store, "b", 2, "2").save({}, true, NOW + 1);
  const found = await listKept(store, NOW + 2);
  assert.deepEqual(
    found.map(({ token, about, paused }) => [token, about, paused]),
    [
      ["a", 1, false],
      ["b", 2, true],
    ],
  );
});

for (const [words, later] of /** @type {const} */ ([
  ["an hour later", KEPT_FOR],
  ["when the clock was set back by more than an hour", -KEPT_FOR],
])) {
  test(`nothing is left ${words}`, async () => {
    const store = new Memory();
    await new Keeper(store, "a", {}, "1").save({}, false, NOW);
    assert.deepEqual(await listKept(store, NOW + later), []);
    assert.deepEqual([store.notes.size, store.states.size], [0, 0]);
  });
}

test("of many trainings the latest four are kept", async () => {
  const store = new Memory();
  for (let n = 0; n < 6; n++) await new Keeper(store, `${n}`, {}, "1").save({}, false, NOW + n);
  assert.deepEqual([...store.states.keys()], ["2", "3", "4", "5"]);
});
