// The page's side of a Web Worker that runs the engine: promises, not messages.

import { EngineError } from "./errors.js";

/** @import { SampleOptions, Trace } from "./drawing.js" */
/** @import { Answer, Conditionals, Glance, Loaded, Slice } from "./protocol.js" */

/**
 * @typedef {object} Connection What is needed of a Worker.
 * @property {(message: any) => void} postMessage
 * @property {((event: any) => void) | null} onmessage
 * @property {((event: any) => void) | null} [onerror]
 * @property {() => void} [terminate]
 */

/**
 * @typedef {object} Waiting
 * @property {(value: any) => void} resolve
 * @property {(error: Error) => void} reject
 * @property {(slice: any) => void} [onSlice]
 * @property {() => void} [onAlive]
 */

export class EngineClient {
  /** @param {Connection} worker */
  constructor(worker) {
    this.worker = worker;
    this.lastId = 0;
    /** @type {Map<number, Waiting>} */
    this.waiting = new Map();
    /** @type {string | null} Why it answers no more. */
    this.stopped = null;
    this.took = 0; // milliseconds, the last answer
    worker.onmessage = (event) => this.receive(event.data);
    worker.onerror = (event) =>
      this.stop(`The engine failed (${event?.message ?? "no reason given"}).`);
  }

  /**
   * Fetches a model into the worker; one that is there is not fetched again.
   *
   * @param {string} card Absolute address of its card.
   * @param {{ weights?: string, simd?: boolean, signal?: AbortSignal, onAlive?: () => void }} [options]
   *   onAlive: called at once and then every second, as long as the worker is at it.
   * @returns {Promise<Loaded>}
   */
  load(card, { weights, simd, signal, onAlive } = {}) {
    return this.ask({ do: "load", card, weights, simd }, { signal, onAlive });
  }

  /**
   * Draws samples.
   *
   * @param {string} model Address of its card.
   * @param {SampleOptions & { start?: string }} options
   * @param {object} [how]
   * @param {(slice: Slice) => void} [how.onSlice] Called with what is drawn so far.
   * @param {AbortSignal} [how.signal] Stops it: the promise is rejected with an AbortError.
   * @param {number} [how.slice] Milliseconds between two slices.
   * @returns {Promise<Trace>}
   */
  sample(model, options, { onSlice, signal, slice } = {}) {
    return this.ask({ do: "sample", model, options, slice }, { onSlice, signal });
  }

  /**
   * Every conditional of x at once.
   *
   * @param {string} model Address of its card.
   * @param {ArrayLike<number>} x (D) levels by flat index.
   * @param {{ order?: ArrayLike<number>, signal?: AbortSignal }} [options]
   * @returns {Promise<Float32Array>} (D K) by flat index.
   */
  async logits(model, x, options) {
    return (await this.conditionals(model, x, options)).logits;
  }

  /**
   * Every conditional of x at once, and the state that made each.
   *
   * @param {string} model Address of its card.
   * @param {ArrayLike<number>} x (D) levels by flat index.
   * @param {object} [options]
   * @param {string[]} [options.internals]
   * @param {ArrayLike<number>} [options.order]
   * @param {AbortSignal} [options.signal] Stops it: the promise is rejected with an AbortError.
   * @param {number} [options.first] Flat index of the dimension that `onGlance` tells of.
   * @param {(glance: Glance) => void} [options.onGlance] Called once its conditional is known, long
   *   before all are.
   * @returns {Promise<Conditionals>} by flat index
   */
  conditionals(model, x, { internals, order, signal, first, onGlance } = {}) {
    const request = { do: "logits", model, x, order, internals, first };
    return this.ask(request, { signal, onSlice: onGlance });
  }

  /**
   * Lets the worker forget a model, to free its memory.
   *
   * @param {string} model Address of its card.
   * @returns {Promise<boolean>} Whether it was there.
   */
  unload(model) {
    return this.ask({ do: "unload", model });
  }

  /** Ends the worker; what was asked is rejected. */
  close() {
    this.worker.terminate?.();
    this.stop("The engine was closed.");
  }

  /**
   * @param {object} request
   * @param {{ onSlice?: (slice: any) => void, onAlive?: () => void, signal?: AbortSignal }} [how]
   * @returns {Promise<any>}
   */
  ask(request, { onSlice, onAlive, signal } = {}) {
    if (this.stopped !== null) return Promise.reject(new EngineError(this.stopped));
    if (signal?.aborted) return Promise.reject(signal.reason);
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      const cancel = () => {
        this.worker.postMessage({ id, do: "cancel" });
        this.waiting.delete(id);
        reject(/** @type {AbortSignal} */ (signal).reason);
      };
      signal?.addEventListener("abort", cancel, { once: true });
      const forget = () => signal?.removeEventListener("abort", cancel);
      this.waiting.set(id, {
        resolve: (value) => (forget(), resolve(value)),
        reject: (error) => (forget(), reject(error)),
        onSlice,
        onAlive,
      });
      this.worker.postMessage({ id, ...request });
    });
  }

  /** @param {Answer} answer */
  receive({ id, alive, slice, done, took = 0, error }) {
    const waiting = this.waiting.get(id);
    if (!waiting) return; // it was cancelled
    if (alive) {
      waiting.onAlive?.();
      return;
    }
    if (slice) {
      waiting.onSlice?.(slice);
      return;
    }
    this.waiting.delete(id);
    this.took = took;
    if (error) waiting.reject(new EngineError(error.message));
    else waiting.resolve(done);
  }

  /** @param {string} why */
  stop(why) {
    this.stopped ??= why;
    for (const { reject } of this.waiting.values()) reject(new EngineError(why));
    this.waiting.clear();
  }
}
