// Copies the address, which holds the whole state of the lesson; and puts it back where the navigation
// has opened a lesson without one.

import { findElement } from "./dom.js";
import { openEdits } from "./edits.js";
import { unpack } from "./wire.js";

/** @typedef {{ query: Record<string, string>, count: number }} Restored an address to put back, and its number */

const TRIES = 40;
const PAUSE_MS = 50;
const MOST_WAIT_MS = 2000; // for an answer of Python
let lastRestored = -1; // the number of the address that was put back last

/**
 * Put an address back, in place of the one without a query: no step in the history.
 *
 * @param {string} page the last part of its path; the browser may still show the page before
 * @param {Restored} restored
 * @param {number} [tries] left
 */
function restoreAddress(page, restored, tries = TRIES) {
  if (location.pathname.split("/").pop() !== page) {
    if (tries > 0) setTimeout(() => restoreAddress(page, restored, tries - 1), PAUSE_MS);
    return;
  }
  const query = new URLSearchParams(restored.query);
  // What a picture has written there by itself meanwhile is newer.
  for (const [name, text] of new URLSearchParams(location.search)) query.set(name, text);
  if (query.size) history.replaceState(history.state, "", `${location.pathname}?${query}`);
}

/** Wait until the address holds what a hand has just changed: Python writes it with its answer. */
async function addressIsThere() {
  const began = performance.now();
  while (openEdits().size && performance.now() - began < MOST_WAIT_MS)
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}

/** @param {string} text */
function copyByHand(text) {
  // navigator.clipboard needs https or localhost; a lecture hall's server may have neither.
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  return copied;
}

/** @param {{ parentElement: HTMLElement, data: Uint8Array }} place */
export default function copyLink({ parentElement, data }) {
  /** @type {{ page: string, restored: Restored | null }} */
  const { page, restored } = unpack(data).meta;
  if (restored && restored.count !== lastRestored) {
    lastRestored = restored.count;
    restoreAddress(page, restored);
  }
  const button = findElement(parentElement, "button", HTMLButtonElement);
  const words = button.textContent;
  button.onclick = async () => {
    let copied = true;
    if (openEdits().size) await addressIsThere();
    try {
      await navigator.clipboard.writeText(location.href);
    } catch {
      copied = copyByHand(location.href);
    }
    button.textContent = copied ? "Copied" : "Copy it from the address bar";
    setTimeout(() => (button.textContent = words), 1600);
  };
}
