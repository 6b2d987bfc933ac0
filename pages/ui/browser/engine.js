// The engine, as the components of one page share it: one Web Worker, which holds the models that were
// asked for. What it is: docs/ENGINE.md. Who asks for what: pages/ui/engine.py.

/** @typedef {import("../../../assets/engine/client.js").EngineClient} EngineClient */
/** @typedef {import("../../../assets/engine/drawing.js").SampleOptions} SampleOptions */
/** @typedef {import("../../../assets/engine/drawing.js").Trace} Trace */
/** @typedef {import("../../../assets/engine/protocol.js").Slice} Slice */

/**
 * @typedef {object} Offer Where the engine and a checkpoint lie, relative to the page.
 * @property {string} name of the checkpoint
 * @property {string} client
 * @property {string} worker
 * @property {string} card
 */

/** @typedef {{ name: string, milliseconds: number }} Computed what the engine computed last */

const SILENCE = 8000; // milliseconds without a word of the worker, after which it has stopped
const SILENT = "The engine does not answer any more.";

/** @param {string} address relative to the page */
const absolute = (address) => new URL(address, document.baseURI).href;

/**
 * Events: "computed" after each sample (`last` says what), "failed" once it answers no more (`why`
 * says why, in words for the reader).
 */
export class PageEngine extends EventTarget {
  pending = 0; // what it was asked and has not answered yet
  /** @type {Promise<EngineClient> | null} */
  client = null;
  /** @type {Computed | null} */
  last = null;
  took = 0; // milliseconds of the worker for the logits that came last
  why = "";
  /** @type {Set<string>} cards of the models that are there */
  loaded = new Set();

  /** @param {Offer} offer */
  async open({ client, worker }) {
    this.client ??= import(absolute(client)).then(
      ({ EngineClient }) => new EngineClient(new Worker(absolute(worker), { type: "module" })),
    );
    return this.client;
  }

  /**
   * Load a checkpoint; one that is there already is not loaded again.
   *
   * @param {Offer} offer
   */
  async load(offer) {
    if (this.loaded.has(offer.card)) return undefined;
    return this.guarded(async () => {
      const found = await (await this.open(offer)).load(absolute(offer.card));
      this.loaded.add(offer.card);
      return found;
    });
  }

  /**
   * Draw samples. See `sample` in docs/ENGINE.md.
   *
   * @param {Offer} offer
   * @param {SampleOptions & { start?: string }} options
   * @param {{ onSlice?: (slice: Slice) => void, signal?: AbortSignal }} [how]
   * @returns {Promise<Trace>}
   */
  async sample(offer, options, how) {
    await this.load(offer);
    return this.guarded(async () => {
      const client = await this.open(offer);
      const trace = await heard(client, (hear) =>
        client.sample(absolute(offer.card), options, {
          ...how,
          onSlice: (slice) => (hear(), how?.onSlice?.(slice)),
        }),
      );
      this.report(offer.name, trace.milliseconds);
      return trace;
    });
  }

  /** What was computed last: also the sum of several samples. @param {string} name @param {number} milliseconds */
  report(name, milliseconds) {
    this.last = { name, milliseconds };
    this.dispatchEvent(new Event("computed"));
  }

  /**
   * Every conditional of x at once.
   *
   * @param {Offer} offer
   * @param {ArrayLike<number>} x (D)
   * @param {{ order?: ArrayLike<number>, signal?: AbortSignal }} [options]
   * @returns {Promise<Float32Array>} (D K)
   */
  async logits(offer, x, options) {
    await this.load(offer);
    return this.guarded(async () => {
      const client = await this.open(offer);
      const logits = await heard(client, () => client.logits(absolute(offer.card), x, options));
      this.took = client.took;
      return logits;
    });
  }

  /** A new worker in place of the one that failed. */
  again() {
    this.client?.then((client) => client.close()).catch(() => {});
    this.client = null;
    this.loaded.clear();
    this.why = "";
  }

  /**
   * @template T
   * @param {() => Promise<T>} ask
   * @returns {Promise<T>}
   */
  async guarded(ask) {
    this.pending++;
    try {
      return await ask();
    } catch (error) {
      if (/** @type {Error} */ (error)?.name !== "AbortError" && !this.why) {
        this.why = /** @type {Error} */ (error)?.message || "no reason given";
        this.dispatchEvent(new Event("failed"));
      }
      throw error;
    } finally {
      this.pending--;
    }
  }
}

/**
 * What the worker answers. One that the browser has stopped says nothing, not even that: after some
 * silence it counts as stopped, and all that was asked of it is refused.
 *
 * @template T
 * @param {Pick<EngineClient, "stop" | "close">} client
 * @param {(hear: () => void) => Promise<T>} ask calls `hear` whenever the worker says something
 * @param {number} [patience] milliseconds
 * @returns {Promise<T>}
 */
export async function heard(client, ask, patience = SILENCE) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const hear = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      client.stop(SILENT);
      client.close();
    }, patience);
  };
  hear();
  try {
    return await ask(hear);
  } finally {
    clearTimeout(timer);
  }
}

/** The page's engine. */
export function pageEngine() {
  window.arvizEngine ??= new PageEngine();
  return window.arvizEngine;
}

/**
 * Asks for the newest of many wishes: while one is computed, only the last that came since is kept. So
 * a picture follows the hand and never lags behind it.
 *
 * @template W, R
 */
export class Newest {
  /** @type {{ wish: W } | null} */
  next = null;
  busy = false;

  /**
   * @param {(wish: W) => Promise<R>} ask
   * @param {(result: R, wish: W) => void} done
   * @param {(error: unknown) => void} [fail] called with what `done` throws
   */
  constructor(ask, done, fail = console.error) {
    this.ask = ask;
    this.done = done;
    this.fail = fail;
  }

  /** @param {W} wish */
  want(wish) {
    this.next = { wish };
    if (!this.busy) this.work();
  }

  async work() {
    this.busy = true;
    while (this.next) {
      const { wish } = this.next;
      this.next = null;
      let result;
      try {
        result = await this.ask(wish);
      } catch {
        continue; // the engine has said so itself: the server draws from now on
      }
      try {
        this.done(result, wish);
      } catch (error) {
        this.fail(error);
      }
    }
    this.busy = false;
  }
}
