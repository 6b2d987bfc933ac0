// Samples being drawn: one step of all sequences at a time, and everything that is known of them.

import { EngineError, shown } from "./errors.js";

/** @import { AutoregressiveModel, Decoder } from "./base.js" */

export const MAX_SEQUENCES = 256; // more at once are the server's work

/**
 * @typedef {object} SampleOptions
 * @property {number | bigint} seed
 * @property {number} [n] Sequences, 1 to 256.
 * @property {number} [first] Number of the first sequence: 7 draws the eighth sample of the seed.
 * @property {ArrayLike<number>} [given] (D) or (n D) levels by flat index; -1 where the model is to draw.
 * @property {number | ArrayLike<number>} [temperature] Divides the logits; 0 takes the most probable
 *   level. One number, or one for each sequence.
 * @property {ArrayLike<number> | null} [order] order[t] = flat index drawn at step t, in place of the
 *   model's own.
 * @property {string[]} [internals] Names of what a page draws of the model's state, see `Trace`.
 */

/**
 * Everything about the samples, in step order: of step t and sequence j, the value is values[t n + j],
 * its uniform number uniforms[t n + j], and the probabilities begin at probs[(t n + j) K].
 *
 * @typedef {object} Trace
 * @property {number} n
 * @property {Int32Array} order order[t] = flat index drawn at step t.
 * @property {Uint8Array} values (D n) the level drawn, or the one that was given.
 * @property {Float32Array} probs (D n K) the conditional each was drawn from.
 * @property {Float32Array} uniforms (D n) the number that decided, also where the value was given.
 * @property {Record<string, Float32Array>} internals (D n size) the state that made the conditional.
 * @property {number} milliseconds Time spent computing.
 */

/**
 * One dimension of n sequences, just drawn.
 *
 * @typedef {object} Step
 * @property {number} t
 * @property {number} index Flat index of the dimension, order[t].
 * @property {Float32Array} probs (n K)
 * @property {Uint8Array} value (n)
 * @property {Record<string, Float32Array>} internals (n size)
 */

/**
 * softmax(logits / temperature); all on the most probable level where it is 0.
 *
 * @param {Float32Array} probs Where to write, (K).
 * @param {Float32Array} logits (K)
 * @param {number} temperature
 */
export function temperedProbs(probs, logits, temperature) {
  let best = 0;
  for (let k = 1; k < logits.length; k++) if (logits[k] > logits[best]) best = k;
  if (temperature === 0) {
    probs.fill(0);
    probs[best] = 1;
    return;
  }
  const highest = logits[best];
  let total = 0;
  for (let k = 0; k < logits.length; k++) total += Math.exp((logits[k] - highest) / temperature);
  for (let k = 0; k < logits.length; k++) {
    probs[k] = Math.exp((logits[k] - highest) / temperature) / total;
  }
}

/**
 * The level drawn from probs (K) by a uniform number: the first whose cumulated sum exceeds it.
 *
 * @param {Float32Array} probs
 * @param {number} uniform
 */
export function inverseCdf(probs, uniform) {
  let [level, sum] = [0, probs[0]];
  while (level < probs.length - 1 && uniform >= sum) sum += probs[++level];
  return level;
}

/**
 * Empty arrays for the internals that were asked for.
 *
 * @param {Decoder} decoder
 * @param {string[]} names
 * @param {number} places How often each is kept.
 * @returns {Record<string, Float32Array>}
 */
export function emptyInternals(decoder, names, places) {
  if (!names.length) return {};
  const there = decoder.internals();
  const unknown = names.filter((name) => !Object.hasOwn(there, name));
  if (unknown.length) {
    throw new EngineError(
      `This model has no internals called ${unknown.join(", ")}; ` +
        `it has ${Object.keys(there).join(", ") || "none"}.`,
    );
  }
  return Object.fromEntries(
    names.map((name) => [name, new Float32Array(places * there[name].length)]),
  );
}

/**
 * Keeps what a decoder holds at its current step.
 *
 * @param {Decoder} decoder
 * @param {Record<string, Float32Array>} internals From `emptyInternals`.
 * @param {number} at Of the places.
 */
export function keepInternals(decoder, internals, at) {
  let now = null;
  for (const name in internals) {
    now ??= decoder.internals();
    internals[name].set(now[name], at * now[name].length);
  }
}

/** Draws n samples, as far as it is asked to. */
export class Drawing {
  /**
   * @param {AutoregressiveModel} model
   * @param {Omit<SampleOptions, "order">} options
   * @throws {EngineError} An option that is not what `SampleOptions` says.
   */
  constructor(model, options) {
    const began = performance.now();
    const settings = checked(model, options);
    const { dimensions, levels } = model;
    const { n } = settings;
    this.model = model;
    this.given = settings.given;
    this.temperatures = settings.temperatures;
    /** The next step. */
    this.t = 0;
    const numbers = model.randomNumbers(settings.seed, n, settings.first);
    this.decoders = Array.from({ length: n }, (_, j) => model.startDecoder(numbers, j));
    /** @type {Trace} */
    this.trace = {
      n,
      order: model.order.slice(),
      values: new Uint8Array(dimensions * n),
      probs: new Float32Array(dimensions * n * levels),
      uniforms: numbers.uniforms,
      internals: this.internalsFor(settings.internals),
      milliseconds: 0,
    };
    this.trace.milliseconds = performance.now() - began;
  }

  /**
   * Empty arrays for the internals that were asked for.
   *
   * @param {string[]} names
   */
  internalsFor(names) {
    try {
      const steps = this.model.dimensions * this.decoders.length;
      return emptyInternals(this.decoders[0], names, steps);
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  /** True once all steps are drawn, or after `stop`. */
  get done() {
    return this.decoders.length === 0;
  }

  /**
   * Draws some more steps.
   *
   * @param {number} steps How many; Infinity for all.
   * @param {number} [until] Stop at this time (`performance.now()`), after one step at least.
   */
  draw(steps, until = Infinity) {
    const began = performance.now();
    const end = Math.min(this.model.dimensions, this.t + steps);
    while (this.t < end && !this.done) {
      for (let j = 0; j < this.decoders.length; j++) this.advance(j);
      this.t++;
      if (until !== Infinity && performance.now() >= until) break;
    }
    this.trace.milliseconds += performance.now() - began;
    if (this.t === this.model.dimensions) this.stop();
  }

  /**
   * Draws the current step of one sequence.
   *
   * @param {number} j
   */
  advance(j) {
    const { trace } = this;
    const decoder = this.decoders[j];
    const { index } = decoder;
    const at = this.t * this.decoders.length + j;
    const probs = trace.probs.subarray(at * decoder.levels, (at + 1) * decoder.levels);
    temperedProbs(probs, decoder.logits(), this.temperatures[j]);
    keepInternals(decoder, trace.internals, at);
    const fixed =
      this.given === null
        ? -1
        : this.given[(j * this.model.dimensions + index) % this.given.length];
    const value = fixed >= 0 ? fixed : inverseCdf(probs, trace.uniforms[at]);
    trace.values[at] = value;
    decoder.observe(value);
  }

  /**
   * A step that was drawn.
   *
   * @param {number} t
   * @returns {Step}
   */
  stepAt(t) {
    const { n, order, values, probs, internals } = this.trace;
    const of = (/** @type {Float32Array} */ all) => {
      const size = all.length / order.length;
      return all.subarray(t * size, (t + 1) * size);
    };
    return {
      t,
      index: order[t],
      probs: of(probs),
      value: values.subarray(t * n, (t + 1) * n),
      internals: Object.fromEntries(
        Object.entries(internals).map(([name, all]) => [name, of(all)]),
      ),
    };
  }

  /** Hands the decoders back; what was drawn stays. */
  stop() {
    for (const decoder of this.decoders) this.model.release(decoder);
    this.decoders = [];
  }
}

const OPTIONS = ["seed", "n", "first", "given", "temperature", "order", "internals"];

/**
 * @param {AutoregressiveModel} model
 * @param {SampleOptions} options
 */
function checked(model, options) {
  const unknown = Object.keys(options).filter((name) => !OPTIONS.includes(name));
  if (unknown.length) {
    throw new EngineError(
      `sample has no option ${unknown.join(", ")}; it has ${OPTIONS.join(", ")}.`,
    );
  }
  const { seed, n = 1, first = 0, given = null, temperature = 1, internals = [] } = options;
  if (!Number.isInteger(n) || n < 1 || n > MAX_SEQUENCES) {
    throw new EngineError(`n is a whole number from 1 to ${MAX_SEQUENCES}; given ${shown(n)}.`);
  }
  if (!Number.isSafeInteger(first) || first < 0) {
    throw new EngineError(`first is a whole number of at least 0; given ${shown(first)}.`);
  }
  if (given !== null) model.check("given", given, -1, n);
  const temperatures =
    typeof temperature === "number"
      ? new Array(n).fill(temperature)
      : Array.from(temperature ?? []);
  if (temperatures.length !== n || !temperatures.every((value) => value >= 0 && value < Infinity)) {
    throw new EngineError(
      `temperature is a number of at least 0, or one for each of the ${n} sequences; ` +
        `given ${shown(temperature)}.`,
    );
  }
  return { seed, n, first, given, temperatures, internals };
}
