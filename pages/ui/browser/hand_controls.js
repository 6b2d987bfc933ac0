// New sample, temperature and seed beside a picture: they change it while they are moved.

import { findElement } from "./dom.js";
import { decimals, whole } from "./numbers.js";

/** @typedef {import("./hand.js").Sample} HandSample */

const MOST_SEED = 999_999;
const TEMPERATURE_HELP =
  "Divides the logits. 1 is the model as trained; 0 always takes the likelier value, which is no sampling at all.";
const SEED_HELP = `A seed is a whole number from 0 to ${whole(MOST_SEED)}.`;
const CONTROLS_HTML = `
  <div class="hand-controls" role="group" aria-label="The sample">
    <button type="button" title="Other random numbers, all else the same">New sample</button>
    <label class="temperature" title="${TEMPERATURE_HELP}"><span>Temperature</span>
      <input type="range" min="0" max="3" step="0.05" aria-label="Temperature"><output></output></label>
    <label class="seed"><span>Seed</span>
      <input type="number" min="0" max="${MOST_SEED}" step="1" inputmode="numeric" aria-label="Seed"></label>
  </div>`;

/** The seed that was typed, or null where it is none. @param {string} text */
export function seedOf(text) {
  const seed = Number(text);
  return /^\d+$/.test(text.trim()) && seed <= MOST_SEED ? seed : null;
}

/** Another seed than the present one. @param {number} present */
export function otherSeed(present) {
  const seed = Math.floor(Math.random() * MOST_SEED);
  return seed < present ? seed : seed + 1;
}

export class HandControls {
  seed = 0;

  /**
   * @param {HTMLElement} host an empty element
   * @param {(change: Partial<HandSample>, atRest: boolean) => void} onChange called while one is
   *   moved, and with `atRest` once it is let go
   */
  constructor(host, onChange) {
    host.innerHTML = CONTROLS_HTML;
    this.root = findElement(host, ".hand-controls", HTMLElement);
    this.range = findElement(this.root, "[type=range]", HTMLInputElement);
    this.output = findElement(this.root, "output", HTMLOutputElement);
    this.field = findElement(this.root, "[type=number]", HTMLInputElement);
    findElement(this.root, "button", HTMLButtonElement).onclick = () =>
      onChange({ seed: otherSeed(this.seed) }, true);
    this.range.oninput = () => onChange({ temperature: Number(this.range.value) }, false);
    this.range.onchange = () => onChange({ temperature: Number(this.range.value) }, true);
    this.field.oninput = () => this.typed(onChange, false);
    this.field.onchange = () => this.typed(onChange, true);
  }

  /** @param {(change: Partial<HandSample>, atRest: boolean) => void} onChange @param {boolean} atRest */
  typed(onChange, atRest) {
    const seed = seedOf(this.field.value);
    this.field.setCustomValidity(seed === null ? SEED_HELP : "");
    if (seed !== null) onChange({ seed }, atRest);
    else if (atRest) this.field.reportValidity();
  }

  /** @param {HandSample} sample @param {boolean} presenting */
  show({ seed, temperature }, presenting) {
    this.seed = seed;
    this.root.classList.toggle("presenting", presenting);
    if (Number(this.range.value) !== temperature) this.range.value = String(temperature);
    this.output.textContent = decimals(temperature, 2);
    const typing = /** @type {Document | ShadowRoot} */ (this.root.getRootNode()).activeElement;
    if (typing === this.field && seedOf(this.field.value) !== seed && !this.field.validity.valid)
      return;
    if (this.field.value !== String(seed)) this.field.value = String(seed);
    this.field.setCustomValidity("");
  }
}
