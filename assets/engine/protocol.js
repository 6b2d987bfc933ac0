// What a Web Worker that runs the engine is asked, and what it answers.
//
// Every message has the `id` of its request. A request is answered by any number of slices, then by
// one message with `done` or with `error`.

import { EngineError, shown } from "./errors.js";
import { load } from "./index.js";

/** @import { AutoregressiveModel } from "./base.js" */
/** @import { SampleOptions, Trace } from "./drawing.js" */

/**
 * @typedef {object} Load Fetch a model, unless it is there. Answered by `Loaded`.
 * @property {number} id
 * @property {"load"} do
 * @property {string} card Absolute address of the card; it names the model from then on.
 * @property {string} [weights] Address of the weights, otherwise beside the card.
 * @property {boolean} [simd] false for JavaScript alone.
 */

/**
 * @typedef {object} Sample Draw samples. Answered by slices and the `Trace`.
 * @property {number} id
 * @property {"sample"} do
 * @property {string} model Address of its card.
 * @property {SampleOptions & { start?: string }} options start: "bias" or "gaussian", of a NADE.
 * @property {number} [slice] Milliseconds between two slices, half of them before the first; or 8.
 */

/**
 * @typedef {object} Logits Every conditional of x. Answered by a `Glance`, where one is wished, and
 *   `Conditionals`.
 * @property {number} id
 * @property {"logits"} do
 * @property {string} model
 * @property {number[] | Uint8Array} x (D)
 * @property {number[] | Int32Array} [order]
 * @property {string[]} [internals] Names, as of `sample`.
 * @property {number} [first] Flat index of the dimension whose conditional is told once it is known.
 */

/** @typedef {{ logits: Float32Array, internals: Record<string, Float32Array> }} Conditionals (D K), (D size). */

/** @typedef {Conditionals & { index: number }} Glance The conditional of one dimension, (K) and (size). */

/** @typedef {{ id: number, do: "unload", model: string }} Unload Forget a model, to free its memory. */
/** @typedef {{ id: number, do: "cancel" }} Cancel Stop the request of this id: it ends with an error. */
/** @typedef {Load | Sample | Logits | Unload | Cancel} Request */

/**
 * @typedef {object} Loaded
 * @property {string} class
 * @property {number[]} eventShape
 * @property {number} levels
 * @property {Int32Array} order
 * @property {string} kernel "WebAssembly SIMD" or "JavaScript".
 */

/**
 * @typedef {object} Slice Steps from..to of all sequences, see `Trace`.
 * @property {number} from
 * @property {number} to
 * @property {Uint8Array} values
 * @property {Float32Array} probs
 */

/**
 * @typedef {object} Answer
 * @property {number} id
 * @property {boolean} [alive] the worker is there, and still at it
 * @property {Slice | Glance} [slice]
 * @property {any} [done]
 * @property {number} [took] milliseconds
 * @property {{ message: string, reason: "cancelled" | "refused" | "failed" }} [error] "refused": the
 *   message is meant for the reader.
 */

/** @typedef {{ postMessage(message: Answer, moved?: ArrayBuffer[]): void, onmessage: ((event: any) => void) | null }} Port */

const SLICE = 8; // milliseconds
const ALIVE = 1000; // milliseconds between two signs of life while a model is fetched

/**
 * Answers the requests that come through a port.
 *
 * @param {Port} port
 */
export function serve(port) {
  const server = new Server(port);
  port.onmessage = (event) => server.receive(event.data);
}

class Server {
  /** @param {Port} port */
  constructor(port) {
    this.port = port;
    /** @type {Map<string, Promise<AutoregressiveModel>>} */
    this.models = new Map();
    /** @type {Map<number, AbortController>} Requests that are being answered. */
    this.running = new Map();
  }

  /** @param {Request} request */
  async receive(request) {
    const { id } = request;
    if (request.do === "cancel") {
      this.running.get(id)?.abort();
      return;
    }
    const control = new AbortController();
    this.running.set(id, control);
    try {
      const began = performance.now();
      const done = await this.answer(request, control.signal);
      const moved = buffersOf(done);
      this.port.postMessage({ id, done, took: performance.now() - began }, moved);
    } catch (error) {
      const { message } = /** @type {Error} */ (error);
      const reason = error instanceof EngineError ? "refused" : "failed";
      this.port.postMessage({
        id,
        error: { message, reason: control.signal.aborted ? "cancelled" : reason },
      });
    } finally {
      this.running.delete(id);
    }
  }

  /**
   * @param {Exclude<Request, Cancel>} request
   * @param {AbortSignal} signal
   * @returns {Promise<unknown>}
   */
  async answer(request, signal) {
    switch (request.do) {
      case "load":
        return this.load(request);
      case "sample":
        return this.sample(request, signal);
      case "logits":
        return this.logits(request, signal);
      case "unload":
        return this.models.delete(request.model);
      default:
        throw new EngineError(`The engine was asked for ${JSON.stringify(request)}.`);
    }
  }

  /** @param {string} address */
  model(address) {
    const model = this.models.get(address);
    if (!model) throw new EngineError(`${address} is not loaded.`);
    return model;
  }

  /**
   * A download goes on when its request is cancelled: another may wait for it. However long it takes,
   * the page hears that the worker is at it.
   *
   * @param {Load} request
   * @returns {Promise<Loaded>}
   */
  async load({ id, card, weights, simd }) {
    const sign = () => this.port.postMessage({ id, alive: true });
    sign();
    const signs = setInterval(sign, ALIVE);
    try {
      return await this.fetched({ card, weights, simd });
    } finally {
      clearInterval(signs);
    }
  }

  /** @param {Pick<Load, "card" | "weights" | "simd">} request @returns {Promise<Loaded>} */
  async fetched({ card, weights, simd }) {
    let loading = this.models.get(card);
    if (!loading) {
      loading = load(card, { weights, simd });
      this.models.set(card, loading);
      loading.catch(() => this.models.delete(card)); // so that it can be tried again
    }
    const model = await loading;
    return {
      class: model.card?.class ?? "",
      eventShape: model.eventShape,
      levels: model.levels,
      order: model.order,
      kernel: model.kernel.kind,
    };
  }

  /**
   * @param {Logits} request
   * @param {AbortSignal} signal
   * @returns {Promise<Conditionals>}
   */
  async logits({ id, model: address, x, order, internals, first }, signal) {
    const loaded = await this.model(address);
    const model = order ? loaded.withOrder(order) : loaded;
    const reading = model.read(x, internals);
    try {
      if (first !== undefined) {
        const step = model.order.indexOf(first);
        if (step < 0) throw new EngineError(`first is a flat index; given ${shown(first)}.`);
        reading.read(step + 1);
        const slice = { index: first, ...reading.at(first) };
        this.port.postMessage({ id, slice });
        await otherMessages();
        signal.throwIfAborted();
      }
      while (reading.decoder) {
        reading.read(model.dimensions, performance.now() + SLICE);
        if (!reading.decoder) break;
        await otherMessages();
        signal.throwIfAborted();
      }
      return reading.found;
    } finally {
      reading.stop();
    }
  }

  /**
   * @param {Sample} request
   * @param {AbortSignal} signal
   * @returns {Promise<Trace>}
   */
  async sample({ id, model: address, options, slice = SLICE }, signal) {
    const { start, ...others } = options;
    let model = await this.model(address);
    if (start) model = /** @type {import("./nade.js").NADE} */ (model).withStart(start);
    const drawing = model.start(others);
    const { trace } = drawing;
    const { n } = trace;
    try {
      for (;;) {
        const from = drawing.t;
        const wait = from === 0 ? slice / 2 : slice; // the first is on screen one frame after the event
        drawing.draw(Infinity, performance.now() + wait);
        if (drawing.done) return trace;
        const [begin, end] = [from * n, drawing.t * n];
        const values = trace.values.slice(begin, end);
        const probs = trace.probs.slice(begin * model.levels, end * model.levels);
        this.port.postMessage({ id, slice: { from, to: drawing.t, values, probs } });
        await otherMessages();
        signal.throwIfAborted();
      }
    } finally {
      drawing.stop();
    }
  }
}

/**
 * What is moved to the page with an answer, not copied: the states of an LSTM at all pixels take 600 kB.
 *
 * @param {any} done `Trace`, `Conditionals`, or what holds no array that could be moved
 * @returns {ArrayBuffer[]}
 */
function buffersOf({ values, probs, uniforms, logits, internals = {} }) {
  const arrays = [values, probs, uniforms, logits, ...Object.values(internals)].filter(Boolean);
  return arrays.map(({ buffer }) => buffer);
}

/** Lets other messages come; a timer would wait 4 ms. */
export function otherMessages() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve(undefined);
    };
    port2.postMessage(null);
  });
}
