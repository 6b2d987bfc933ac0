// What the pictures draw, put and keep while a hand moves: no more than has changed.

import assert from "node:assert/strict";
import { test } from "node:test";

import { putHtml, putText } from "../../pages/ui/browser/dom.js";
import { KeptLayer } from "../../pages/ui/browser/kept_layer.js";
import { OnceAFrame } from "../../pages/ui/browser/once_a_frame.js";

/** Frames that end when the test says so. */
function frames() {
  /** @type {(() => void)[]} */
  let waiting = [];
  Object.assign(globalThis, {
    requestAnimationFrame: (/** @type {() => void} */ call) => waiting.push(call),
    cancelAnimationFrame: () => (waiting = []),
  });
  return { end: () => waiting.splice(0).forEach((call) => call()) };
}

test("what comes often is drawn at once, and then once a frame", () => {
  const { end } = frames();
  let drawn = 0;
  const picture = new OnceAFrame(() => drawn++);
  picture.soon();
  assert.equal(drawn, 1);
  for (let part = 0; part < 5; part++) picture.soon();
  assert.equal(drawn, 1);
  end();
  assert.equal(drawn, 2);
  end();
  assert.equal(drawn, 2);
  picture.soon();
  assert.equal(drawn, 3);
});

test("a picture that is drawn in a frame takes what waits for the next with it", () => {
  const { end } = frames();
  let drawn = 0;
  const picture = new OnceAFrame(() => drawn++);
  picture.soon();
  picture.soon();
  picture.now();
  assert.equal(drawn, 2);
  end();
  assert.equal(drawn, 2);
});

test("a picture that is gone draws no more", () => {
  const { end } = frames();
  let drawn = 0;
  const picture = new OnceAFrame(() => drawn++);
  picture.soon();
  picture.soon();
  picture.stop();
  end();
  assert.equal(drawn, 1);
});

/** An element that counts what is put into it. */
function countingElement() {
  const put = { text: "", html: "", times: 0 };
  const element = {
    get textContent() {
      return put.text;
    },
    set textContent(text) {
      put.text = text;
      put.times++;
    },
    /** @param {string} html */
    set innerHTML(html) {
      put.html = html;
      put.times++;
    },
  };
  return { put, element: /** @type {any} */ (element) };
}

for (const [name, say] of Object.entries({ putText, putHtml }))
  test(`${name} leaves alone what is said already`, () => {
    const { put, element } = countingElement();
    for (const words of ["a", "a", "<b>b</b>", "<b>b</b>", "a"]) say(element, words);
    assert.equal(put.times, 3);
  });

test("a kept layer is drawn again only when what it depends on has changed", () => {
  const own = { setTransform() {} };
  const canvas = { getContext: () => own };
  Object.assign(globalThis, { document: { createElement: () => canvas } });
  let copied = 0;
  const picture = /** @type {any} */ ({
    canvas: { width: 10, height: 20 },
    getTransform: () => null,
    save() {},
    restore() {},
    resetTransform() {},
    drawImage: () => copied++,
  });
  const layer = new KeptLayer();
  const [net, other] = [{}, {}];
  /** @type {unknown[]} */
  const drawn = [];
  for (const from of [net, net, other, other]) layer.put(picture, [from], () => drawn.push(from));
  picture.canvas.width = 30;
  layer.put(picture, [other], () => drawn.push("wider"));
  assert.deepEqual(drawn, [net, other, "wider"]);
  assert.equal(copied, 5);
});
