import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import {
  Continuations,
  inTurn,
  surprisalOf,
  wishKey,
} from "../../pages/ui/browser/completion_live.js";
import { inBox } from "../../pages/ui/browser/completion_pad.js";
import { Part } from "../../pages/ui/browser/completion_part.js";

/** @typedef {import("../../pages/ui/browser/completion_live.js").Wish} Wish */

const LEVELS = 2;
const COUNT = 4;
const DRAWING = Uint8Array.from([1, 0, 0, 0, 1, 1]); // three rows of two pixels

/**
 * The engine of the page: it draws ink where nothing is given, says p = 0.5 of everything, and answers
 * when it is told to.
 */
class SlowEngine {
  /** @type {{ options: any, answer: () => void, fail: () => void }[]} */
  asked = [];
  spent = 0; // milliseconds

  /** @param {any} _offer @param {any} options @returns {Promise<any>} */
  sample(_offer, options) {
    const { given } = options;
    const order = [...(options.order ?? given.keys())];
    const values = Uint8Array.from(order, (index) => (given[index] < 0 ? 1 : given[index]));
    const probs = new Float32Array(order.length * LEVELS).fill(0.5);
    return new Promise((resolve, reject) => {
      const answer = () => ((this.spent += 2), resolve({ values, probs }));
      this.asked.push({ options, answer, fail: () => reject(new Error("stopped")) });
    });
  }

  /** @param {any} _offer @param {any} x @param {any} options @returns {Promise<any>} */
  logits(_offer, x, options) {
    return new Promise((resolve, reject) => {
      const answer = () => resolve(new Float32Array(x.length * LEVELS));
      this.asked.push({ options, answer, fail: () => reject(new Error("stopped")) });
    });
  }

  /** Answer the oldest question, and let the promises run. */
  async answer() {
    this.asked.shift()?.answer();
    await new Promise((resolve) => setTimeout(resolve));
  }

  /** Answer whatever is asked. */
  async answerAll() {
    while (this.asked.length) await this.answer();
  }
}

let engine = new SlowEngine();

beforeEach(() => {
  engine = new SlowEngine();
  Object.assign(globalThis, { window: { arvizEngine: engine } });
});

/** Continuations, and what they have called. @param {number} [chosen] */
function continuations(chosen = 0) {
  const told = { painted: /** @type {number[]} */ ([]), done: 0 };
  const live = new Continuations({
    chosen: () => chosen,
    painted: (number) => told.painted.push(number),
    known: () => {},
    done: () => told.done++,
  });
  return { live, told };
}

/** @param {Partial<Wish>} [changes] @returns {Wish} */
function wishOf(changes = {}) {
  const wish = {
    offer: { name: "model", client: "", worker: "", card: "card" },
    x: DRAWING,
    part: new Part(6, 2),
    free: false,
    levels: LEVELS,
    temperature: 1,
    seed: 3,
    count: COUNT,
    ...changes,
  };
  return { ...wish, key: wishKey({ ...wish, model: "model" }, wish.x, wish.part) };
}

test("the pixels above the line are given, or those below it", () => {
  const [above, below] = [new Part(6, 2), new Part(6, 2, true)];
  assert.deepEqual([...above.levels(DRAWING)], [1, 0, -1, -1, -1, -1]);
  assert.deepEqual([...below.levels(DRAWING)], [-1, -1, 0, 0, 1, 1]);
  assert.deepEqual([...above.drawn], [2, 3, 4, 5]);
  assert.deepEqual([...below.drawn], [0, 1]);
  assert.deepEqual([...above.givenFirst()], [0, 1, 2, 3, 4, 5]);
  assert.deepEqual([...below.givenFirst()], [2, 3, 4, 5, 0, 1]);
  const pixels = [0, 1, 2, 3, 4, 5];
  assert.deepEqual(
    pixels.filter((index) => below.there(index, 1)),
    [0, 2, 3, 4, 5],
  );
  assert.equal(below.sumGiven(pixels, 0), 14);
  assert.equal(above.sumDrawn(pixels, 0, 2), 5);
});

test("any pixels can be given, and those after the first drawn one come too late", () => {
  const pixels = [0, 1, 2, 3, 4, 5];
  const part = new Part(6, 2, false, [1, 0, 0, 1, 1, 0]);
  assert.deepEqual([...part.levels(DRAWING)], [1, -1, -1, 0, 1, -1]);
  assert.deepEqual([...part.drawn], [1, 2, 5]);
  assert.deepEqual([...part.givenFirst()], [0, 3, 4, 1, 2, 5]);
  assert.deepEqual([...part.late], [3, 4]);
  assert.deepEqual(
    pixels.filter((index) => part.there(index, 1)),
    [0, 1, 3, 4],
  );
  assert.deepEqual([part.sumGiven(pixels, 0), part.sumDrawn(pixels, 0, 2)], [7, 3]);
  assert.equal(part.sumLate(pixels, 0), 7);
  const backward = new Part(6, 2, false, part.mask, [5, 4, 3, 2, 1, 0]);
  assert.deepEqual([...backward.drawn], [5, 2, 1]);
  assert.deepEqual([...backward.late], [4, 3, 0]);
  assert.deepEqual([...new Part(6, 6).late], []);
});

test("a box holds all pixels between its corners, whichever is first", () => {
  assert.deepEqual(inBox(7, 2, 3), [1, 2, 4, 5, 7, 8]);
  assert.deepEqual(inBox(2, 7, 3), inBox(7, 2, 3));
});

test("the continuations are others once the given pixels are, not once the rest is", () => {
  const [faint, given] = [Uint8Array.from(DRAWING), Uint8Array.from(DRAWING)];
  [faint[5], given[0]] = [0, 0];
  assert.equal(wishOf({ x: faint }).key, wishOf().key);
  assert.notEqual(wishOf({ x: given }).key, wishOf().key);
  const below = new Part(6, 2, true);
  assert.notEqual(wishOf({ part: below }).key, wishOf().key);
  assert.equal(wishOf({ part: below, x: given }).key, wishOf({ part: below }).key);
  const any = new Part(6, 2, false, [0, 0, 0, 0, 0, 1]);
  assert.notEqual(wishOf({ part: any, x: faint }).key, wishOf({ part: any }).key);
  assert.equal(wishOf({ part: any, x: given }).key, wishOf({ part: any }).key);
});

test("the surprisal is that of the value which is there", () => {
  const logits = Float32Array.from([0, Math.log(3), 900, 0]);
  const found = surprisalOf(logits, Uint8Array.from([1, 1]), LEVELS);
  assert.ok(Math.abs(found[0] + Math.log(0.75)) < 1e-6);
  assert.equal(found[1], 900);
});

test("one stroke draws all continuations, the large one first, as many samples of one seed", async () => {
  const { live, told } = continuations(2);
  live.want(wishOf());
  await engine.answer();
  assert.deepEqual(told.painted, [2]);
  await engine.answerAll();
  assert.deepEqual(told.painted, inTurn(COUNT, 2, 0));
  assert.equal(told.done, 1);
  assert.deepEqual([...live.drawn.subarray(0, 6)], [1, 0, 1, 1, 1, 1]);
  assert.equal(live.milliseconds, 2 * COUNT);
  assert.ok(live.nats.every((nats) => Math.abs(nats - Math.LN2) < 1e-6));
});

test("what the server drew is the server's until the engine draws other continuations", async () => {
  const { live, told } = continuations();
  const drawing = wishOf();
  live.take(drawing.key, new Uint8Array(6 * COUNT), new Float32Array(6 * COUNT), COUNT);
  live.want(drawing);
  await engine.answerAll(); // the surprisal of the drawing itself
  assert.deepEqual([told.done, live.here], [1, false]);
  live.want(wishOf({ x: Uint8Array.from([0, 0, 0, 0, 0, 0]) }));
  await engine.answer();
  assert.equal(live.here, true);
});

test("a stroke that comes meanwhile takes the place of what is not drawn yet", async () => {
  const { live, told } = continuations(0);
  live.want(wishOf());
  await engine.answer(); // the large one
  live.want(wishOf({ x: Uint8Array.from([0, 0, 0, 0, 0, 0]) }));
  await engine.answer(); // the small one that was under way: the others are left
  assert.deepEqual([...engine.asked[0].options.given.slice(0, 2)], [0, 0]);
  assert.equal(engine.asked[0].options.first, 0);
  await engine.answerAll();
  assert.equal(told.done, 1);
  assert.deepEqual([...live.drawn.subarray(0, 2)], [0, 0]);
});

test("small ones that were left come first at the next stroke", async () => {
  const { live, told } = continuations(0);
  live.want(wishOf());
  await engine.answer();
  live.want(wishOf({ seed: 4 }));
  await engine.answer(); // number 1 of the stroke before
  told.painted.length = 0;
  await engine.answerAll();
  assert.deepEqual(told.painted, [0, 2, 3, 1]);
});

test("what is drawn lands at its pixel, also where the given rows come first in the order", async () => {
  const { live } = continuations();
  live.want(wishOf({ part: new Part(6, 2, true), free: true }));
  assert.deepEqual([...engine.asked[0].options.order], [2, 3, 4, 5, 0, 1]);
  await engine.answerAll();
  assert.deepEqual([...live.drawn.subarray(0, 6)], [1, 1, 0, 0, 1, 1]);
});

test("a model of one order keeps it, wherever the given rows are", async () => {
  const { live } = continuations();
  live.want(wishOf({ part: new Part(6, 2, true) }));
  assert.equal(engine.asked[0].options.order, undefined);
  await engine.answerAll();
  assert.deepEqual([...live.drawn.subarray(0, 6)], [1, 1, 0, 0, 1, 1]);
});

test("after an engine that fails nothing is waited for, and the next wish is asked again", async () => {
  const { live, told } = continuations();
  live.want(wishOf());
  engine.asked.shift()?.fail();
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(live.busy, false);
  assert.equal(told.done, 0);
  live.want(wishOf());
  await engine.answerAll();
  assert.equal(told.done, 1);
});
