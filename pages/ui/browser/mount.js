// How a view comes onto the page: one for each place, kept while its data change.
//
// A view that fails must not take the page with it. The student then reads one sentence in its place,
// every other widget works on, and the next data are drawn by a new view.
//
// A view may wait a moment before it tells what a hand has changed. What is pressed elsewhere may leave
// the step, or ask for something of this one: so the view tells first.

import { unpack } from "./wire.js";

/** @typedef {HTMLElement | ShadowRoot} Host */

/**
 * @typedef {object} Place What Streamlit calls a component with.
 * @property {Host} parentElement
 * @property {Uint8Array} data what `pack` in pages/ui/components.py made
 * @property {(name: string, value: unknown) => void} setTriggerValue calls Python
 */

/**
 * @typedef {Pick<Place, "setTriggerValue"> & { fail: (error: unknown) => void }} Python What a view is
 *   given beside its data. `fail` is for what goes wrong after `update` has returned.
 */

/**
 * @typedef {object} View
 * @property {(data: { meta: any, arrays: Record<string, any> }, python: Python) => void} update
 * @property {() => void} destroy
 * @property {any} [hand] where it is that of hand.js, `rest` tells what it has changed
 * @property {import("./edits.js").Edits} [edits]
 * @property {() => void} [flush] keeps now what the view would keep in a moment
 */

const SHORTCUTS = new Set(["PageUp", "PageDown", "Escape"]); // of pages/ui/stage.py
const PRESSES = ["pointerdown", "keydown"];
const FAILED = "This picture could not be drawn. Change a setting or press Reset to draw it again.";

/** The component's own elements, without the style sheets beside them. @param {Host} host */
const ownElements = (host) =>
  [...host.children].filter((element) => !["STYLE", "LINK", "SCRIPT"].includes(element.tagName));

/** Put fresh copies of what the component began with in place of what is there. @param {Host} host @param {Element[]} fresh */
function replaceElements(host, fresh) {
  for (const element of ownElements(host)) element.remove();
  host.append(...fresh);
}

/**
 * Whether an event may press something that is not the component's own: a key of a button elsewhere
 * does so wherever the focus is.
 *
 * @param {Event} event
 * @param {Host} host
 */
const isElsewhere = (event, host) =>
  !event.composedPath().includes(host) ||
  (event instanceof KeyboardEvent && SHORTCUTS.has(event.key));

/** Tell and keep what waits. @param {View | null | undefined} view */
function tellNow(view) {
  view?.hand?.rest?.();
  view?.edits?.flush();
  view?.flush?.();
}

/** One sentence in place of a picture that failed. */
function apology() {
  const words = document.createElement("p");
  words.className = "failed";
  words.setAttribute("role", "alert");
  words.textContent = FAILED;
  return words;
}

/**
 * The default export of a component.
 *
 * @param {new (parentElement: Host) => View} ViewClass
 * @returns {(place: Place) => () => void}
 */
export function mount(ViewClass) {
  /** @type {WeakMap<Host, { view: View | null, markup: Element[], press: (event: Event) => void }>} */
  const shown = new WeakMap();

  /** @param {Host} host */
  const remove = (host) => {
    const entry = shown.get(host);
    if (!entry?.view) return;
    try {
      entry.view.edits?.forget(entry.view.edits.nonce);
      entry.view.destroy();
    } catch (error) {
      console.error(error);
    }
    entry.view = null;
  };

  return ({ parentElement: host, data, setTriggerValue }) => {
    let entry = shown.get(host);
    if (!entry) {
      const markup = ownElements(host).map(
        (element) => /** @type {Element} */ (element.cloneNode(true)),
      );
      /** @param {Event} event */
      const press = (event) => {
        if (isElsewhere(event, host)) tellNow(shown.get(host)?.view);
      };
      for (const kind of PRESSES) window.addEventListener(kind, press, true);
      shown.set(host, (entry = { view: null, markup, press }));
    } else if (!entry.view) {
      replaceElements(
        host,
        entry.markup.map((element) => /** @type {Element} */ (element.cloneNode(true))),
      ); // what failed is gone
    }
    /** @param {unknown} error */
    const fail = (error) => {
      console.error(error);
      remove(host);
      replaceElements(host, [apology()]);
    };
    try {
      entry.view ??= new ViewClass(host);
      entry.view.update(unpack(data), { setTriggerValue, fail });
    } catch (error) {
      fail(error);
    }
    const { press } = entry;
    return () => {
      remove(host);
      for (const kind of PRESSES) window.removeEventListener(kind, press, true);
      shown.delete(host);
    };
  };
}
