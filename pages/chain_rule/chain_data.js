// What Python sends to the chain rule's picture, and what follows from it without a page.

import { ALL_STATES, STATES, bitsOf, rowOf } from "./chain_tables.js";

/** @typedef {import("./chain_words.js").Drawn} Drawn */

/**
 * @typedef {object} ChainMeta
 * @property {number[]} order index of each variable, first drawn first
 * @property {number[]} joint of the eight states
 * @property {import("./chain_tables.js").Factors} factors
 * @property {number[][]} influence [step][earlier step]
 * @property {string} trace_id equal for equal samples
 * @property {number} edit number of the last edit that Python knows
 * @property {boolean} present
 * @property {boolean} samples whether the activity draws any
 * @property {boolean} alone whether each variable is drawn from its marginal
 * @property {string[]} hidden what is covered: "nodes", "factors", "arrows"
 * @property {(ChainPlace & { nonce: number }) | null} goto
 * @property {{ light: Record<string, string>, dark: Record<string, string> }} palette
 */

/**
 * @typedef {object} ChainPlace where a step of the lesson has the picture
 * @property {number | null} [state] that is kept
 * @property {number} [step] of the player
 * @property {number} [play] draws a second
 */

/**
 * @typedef {object} ChainArrays three numbers a sample, in the order of drawing
 * @property {Uint8Array} values
 * @property {Uint8Array} states one a sample
 * @property {Float32Array} u
 * @property {Float32Array} p
 * @property {Float32Array} distance one more than samples
 */

/** @typedef {{ state: number } | { step: number, row: number } | { node: number }} Pointed */

/** @type {ChainArrays} */
export const NO_TRACE = {
  values: new Uint8Array(),
  states: new Uint8Array(),
  u: new Float32Array(),
  p: new Float32Array(),
  distance: new Float32Array(1),
};

/**
 * The draw made last, after so many; null before the first.
 *
 * @param {ChainArrays} trace
 * @param {number} draws
 * @returns {Drawn | null}
 */
export function lastDraw({ values, u, p }, draws) {
  const at = draws - 1;
  if (at < 0) return null;
  const [sample, step] = [Math.floor(at / 3), at % 3];
  let row = 0;
  for (let k = 0; k < step; k++) row = 2 * row + values[3 * sample + k];
  return { sample, step, row, p: p[at], u: u[at], value: values[at] };
}

/**
 * The states that what is pointed at, drawn or kept takes part in.
 *
 * @param {{ hover: Pointed | null, drawn: Drawn | null, pinned: number | null }} now
 * @param {number[]} order
 * @param {Uint8Array} states of the samples
 */
export function statesEntered({ hover, drawn, pinned }, order, states) {
  if (hover && "state" in hover) return [hover.state];
  if (hover && "row" in hover)
    return ALL_STATES.filter((state) => rowOf(state, order, hover.step) === hover.row);
  if (hover) return [];
  if (drawn) return drawn.step === 2 ? [states[drawn.sample]] : [];
  return pinned === null ? [] : [pinned];
}

/**
 * Whether a term of the formula belongs to what is pointed at, drawn or kept.
 *
 * @param {number[]} order
 * @param {number} step
 * @param {{ hover: Pointed | null, drawn: Drawn | null, state: number | null }} now
 */
export function termIsLit(order, step, { hover, drawn, state }) {
  if (!hover) return drawn ? drawn.step === step : state !== null;
  if ("node" in hover) return hover.node === order[step];
  return "state" in hover || hover.step === step;
}

/** How often each state has come; goes on from the last count where it can. */
export class Counts {
  /** @param {Uint8Array} states of the samples */
  constructor(states) {
    this.states = states;
    this.done = 0;
    this.counts = new Int32Array(STATES);
  }

  /** Among the first so many samples. @param {number} done */
  of(done) {
    if (done < this.done) {
      this.done = 0;
      this.counts.fill(0);
    }
    for (; this.done < done; this.done++) this.counts[this.states[this.done]]++;
    return this.counts;
  }
}

/**
 * The probability at the upper edge of the joint's picture.
 *
 * @param {number[]} joint
 */
export function topOf(joint) {
  const largest = Math.max(...joint);
  return largest > 0.8 ? 1.05 : Math.max(0.4, largest * 1.25);
}

const NO_STATE = "none"; // as an address says it

/**
 * Where an address lets the picture begin; undefined where it does not say.
 *
 * @param {string} query
 * @returns {{ step: number | undefined, state: number | null | undefined }}
 */
export function placeIn(query) {
  const fields = new URLSearchParams(query);
  const step = Number(fields.get("step") ?? NaN);
  const text = fields.get("state") ?? "";
  const state = /^[01]{3}$/.test(text) ? parseInt(text, 2) : undefined;
  return {
    step: Number.isInteger(step) ? step : undefined,
    state: text === NO_STATE ? null : state,
  };
}

/**
 * The address with the place of the picture in it; what is the lesson's own stays out.
 *
 * @param {string} address
 * @param {{ step: number, state: number | null }} place
 * @param {ChainPlace | null} home where the step of the lesson has the picture
 * @param {number} steps of the player
 */
export function addressWith(address, { step, state }, home, steps) {
  const url = new URL(address);
  const usual = home?.play ? steps : (home?.step ?? 0);
  const kept = state === null ? NO_STATE : bitsOf(state).join("");
  /** @type {[string, string | null][]} */
  const fields = [
    ["step", step === usual || step === 0 ? null : String(step)],
    ["state", state === (home?.state ?? null) ? null : kept],
  ];
  for (const [name, value] of fields)
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  return url.href;
}
