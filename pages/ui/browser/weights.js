// Weights are large and stay the same while traces come and go: they are sent once and kept here, for
// every component of the page. This component shows nothing.

import { unpack } from "./wire.js";

/** The page's shelf of weights: name -> arrays. */
export function weightShelf() {
  window.arvizWeights ??= { byName: new Map(), changed: new EventTarget() };
  return window.arvizWeights;
}

/** @param {{ data: Uint8Array }} place */
export default function weights({ data }) {
  const { meta, arrays } = unpack(data);
  const shelf = weightShelf();
  shelf.byName.set(meta.name, { ...arrays, ...meta });
  shelf.changed.dispatchEvent(new Event("change"));
}
