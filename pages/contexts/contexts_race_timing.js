// How a race is timed in this browser: whole digits, one after the other. No DOM.

import { LEVELS, levelOf, ofDigits } from "./contexts_race_values.js";

/** @typedef {import("./contexts_race_values.js").Run} Run */
/** @typedef {import("../ui/browser/engine.js").Offer} Offer */
/** @typedef {Pick<import("../ui/browser/engine.js").PageEngine, "sample" | "logits">} Timed */

/**
 * @typedef {object} Timing How some digits are timed.
 * @property {number} seed of the first; the others have those that follow
 * @property {number} runs digits
 * @property {AbortSignal} signal
 * @property {(news: { run: number, values: Uint8Array, t: number }) => void} onNews after each digit, or pass
 * @property {() => number} [now] milliseconds
 */

const WARM_UP = 12; // digits, or passes, after which the browser has compiled what it runs often

/**
 * Digits by the decoder.
 *
 * @param {Timed} engine
 * @param {Offer} offer
 * @param {Timing} timing
 * @returns {Promise<Run>}
 */
export async function timeDecoder(engine, offer, { seed, runs, signal, onNews, now = raceClock }) {
  const times = [];
  let first = new Uint8Array(0);
  for (let run = -WARM_UP; run < runs; run++) {
    const begun = now();
    const trace = await engine.sample(offer, { seed: seed + Math.max(0, run) }, { signal });
    const values = Uint8Array.from(trace.values);
    if (run >= 0) times.push(now() - begun);
    if (run === 0) first = values;
    onNews({ run: Math.max(0, run), values, t: values.length });
  }
  return { values: first, spread: ofDigits(times) };
}

/**
 * Digits by a full pass for each pixel. The time of a digit is the sum of all its passes. Once it is
 * stopped, the digits that are whole count.
 *
 * @param {Timed} engine
 * @param {Offer} offer
 * @param {Timing & { pixels: number }} timing
 * @returns {Promise<Run>}
 */
export async function timeNaive(
  engine,
  offer,
  { pixels, seed, runs, signal, onNews, now = raceClock },
) {
  /** @type {number[]} */
  const times = [];
  let first = new Uint8Array(0);
  try {
    for (let pass = 0; pass < WARM_UP; pass++)
      await engine.logits(offer, new Uint8Array(pixels), { signal });
    for (let run = 0; run < runs; run++) {
      const { uniforms } = await engine.sample(offer, { seed: seed + run }, { signal });
      const values = new Uint8Array(pixels);
      let taken = 0;
      for (let t = 0; t < pixels; t++) {
        const begun = now();
        const logits = await engine.logits(offer, values, { signal });
        values[t] = levelOf(logits.subarray(t * LEVELS, (t + 1) * LEVELS), uniforms[t]);
        taken += now() - begun;
        onNews({ run, values, t: t + 1 });
      }
      if (run === 0) first = values;
      times.push(taken);
    }
  } catch (error) {
    if (!signal.aborted || !times.length) throw error;
  }
  return { values: first, spread: ofDigits(times) };
}

const raceClock = () => performance.now();
