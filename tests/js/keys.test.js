import assert from "node:assert/strict";
import { test } from "node:test";

import { needsKey, reach, watchReach } from "../../pages/ui/browser/keys.js";

/**
 * An element, as far as keys.js asks it: a tag, its attributes, and what it lies in.
 *
 * @param {string} tag
 * @param {Record<string, string>} [attributes]
 * @param {Element} [parent]
 * @returns {Element}
 */
function element(tag, attributes = {}, parent = undefined) {
  /** @param {string} simple a tag, or attributes in brackets */
  const fits = (simple) => {
    const pairs = [...simple.matchAll(/\[([\w-]+)=(\w+)\]/g)];
    if (!pairs.length) return simple === tag;
    return pairs.every(([, name, value]) => attributes[name] === value);
  };
  /** @param {string} selector */
  const matches = (selector) => selector.split(", ").some(fits);
  const made = {
    tagName: tag.toUpperCase(),
    isContentEditable: attributes.contenteditable === "true",
    matches,
    /** @param {string} name */
    getAttribute: (name) => attributes[name] ?? null,
    /** @param {string} selector @returns {unknown} */
    closest: (selector) => (matches(selector) ? made : (parent?.closest(selector) ?? null)),
  };
  return /** @type {any} */ (made);
}

const SPACE = " ";
const MOVES = ["ArrowLeft", "ArrowRight", "Home", "End"];
const ALL = [SPACE, ...MOVES];

const group = element("div", { role: "radiogroup" });
/** @type {Record<string, Element>} */
const CLICKED = {
  button: element("button"),
  link: element("a"),
  summary: element("summary"),
  choice: element("button", { role: "radio" }, group),
  tab: element("div", { role: "tab" }, element("div", { role: "tablist" })),
  checkbox: element("input", { type: "checkbox" }),
  slider: element("input", { type: "range" }),
  speed: element("select"),
  closedList: element("input", { type: "text", role: "combobox", "aria-expanded": "false" }),
};

for (const [name, clicked] of Object.entries(CLICKED)) {
  test(`${name}: a click leaves ${name === "slider" ? "Space" : "every key"} to the player`, () => {
    for (const key of name === "slider" ? [SPACE] : ALL)
      assert.equal(needsKey(key, clicked, "pointer"), false, key);
  });

  test(`${name}: Space belongs to it once Tab has reached it`, () => {
    assert.equal(needsKey(SPACE, clicked, "keyboard"), true);
  });
}

test("arrows belong to what Tab has reached where they move something, else to the player", () => {
  for (const key of MOVES) {
    for (const name of ["choice", "tab", "slider", "speed", "closedList"])
      assert.equal(needsKey(key, CLICKED[name], "keyboard"), true, name);
    for (const name of ["button", "link", "summary"])
      assert.equal(needsKey(key, CLICKED[name], "keyboard"), false, name);
  }
});

test("a slider that was set with the mouse goes on with its arrows", () => {
  for (const slider of [CLICKED.slider, element("div", { role: "slider" })])
    for (const key of MOVES) assert.equal(needsKey(key, slider, "pointer"), true, key);
});

test("what text is typed into keeps its keys, however it was reached", () => {
  const fields = [
    element("input"),
    element("input", { type: "text" }),
    element("input", { type: "search" }),
    element("textarea"),
    element("div", { contenteditable: "true" }),
  ];
  for (const field of fields)
    for (const key of ALL) {
      assert.equal(needsKey(key, field, "pointer"), true);
      assert.equal(needsKey(key, field, "keyboard"), true);
    }
});

test("a number has no spaces: after a click on its field Space plays, and the arrows stay", () => {
  const field = element("input", { type: "number" });
  assert.equal(needsKey(SPACE, field, "pointer"), false);
  for (const key of MOVES) assert.equal(needsKey(key, field, "pointer"), true);
});

test("a list or menu that is open keeps its keys", () => {
  const opened = [
    element("input", { type: "text", role: "combobox", "aria-expanded": "true" }),
    element("li", { role: "option" }, element("ul", { role: "listbox" })),
    element("li", { role: "menuitem" }, element("ul", { role: "menu" })),
    element("button", {}, element("section", { role: "dialog" })),
    element("button", { "aria-haspopup": "dialog", "aria-expanded": "true" }),
  ];
  for (const each of opened)
    for (const key of ALL) assert.equal(needsKey(key, each, "pointer"), true);
});

test("the page itself needs no key", () => {
  for (const key of ALL) {
    assert.equal(needsKey(key, element("main"), "pointer"), false);
    assert.equal(needsKey(key, element("body"), "keyboard"), false);
  }
});

test("the pointer and Tab alone change how the focus is taken to be reached", () => {
  /** @type {Record<string, ((event: object) => void)[]>} */
  const listeners = {};
  const page = /** @type {any} */ ({
    documentElement: { dataset: {} },
    addEventListener: (/** @type {string} */ name, /** @type {() => void} */ listener) =>
      (listeners[name] ??= []).push(listener),
  });
  const happens = (/** @type {string} */ name, event = {}) =>
    listeners[name].forEach((listener) => listener(event));
  watchReach(page);
  watchReach(page);
  assert.equal(listeners.pointerdown.length, 1);
  assert.equal(reach(page), "keyboard");
  happens("pointerdown");
  for (const key of ALL) happens("keydown", { key });
  assert.equal(reach(page), "pointer");
  happens("keydown", { key: "Tab" });
  assert.equal(reach(page), "keyboard");
});
