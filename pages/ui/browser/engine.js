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

/**
 * @typedef {object} Shown Who computed what a picture shows.
 * @property {"browser" | "server"} by
 * @property {number} milliseconds that this browser took
 */

const SILENCE = 8000; // milliseconds without a word of the worker, after which it has stopped
const UNBEGUN = 60_000; // the same before its first word: its own files may come slowly
const TICKS = 8; // looks at the clock within that time
const SILENT = "The engine does not answer any more.";

/** @param {string} address relative to the page */
const absolute = (address) => new URL(address, document.baseURI).href;

/**
 * Events: "shown" when a picture says who computed what it shows (`shown`), "failed" once the engine
 * answers no more (`why` says why, in words for the reader).
 */
export class PageEngine extends EventTarget {
  pending = 0; // what it was asked and has not answered yet
  /** @type {Promise<EngineClient> | null} */
  client = null;
  spent = 0; // milliseconds that the worker has computed so far
  why = "";
  turn = 0; // how often a new worker was wanted
  /** @type {Map<HTMLElement, Shown>} what each picture has said */
  pictures = new Map();
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
      const client = await this.open(offer);
      const found = await loading(client, absolute(offer.card));
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
      this.spent += trace.milliseconds;
      return trace;
    });
  }

  /**
   * A picture says who computed what it shows from now on, also on its element; null when it goes.
   * Whoever speaks of it (computed.js) is told.
   *
   * @param {HTMLElement} picture
   * @param {"browser" | "server" | null} by
   * @param {number} [milliseconds] that this browser took for all of it; 0 where it had it already
   */
  shows(picture, by, milliseconds = 0) {
    const before = this.pictures.get(picture);
    this.pictures.delete(picture);
    const taken = milliseconds || (before?.by === by && before?.milliseconds) || 0;
    if (by) this.pictures.set(picture, { by, milliseconds: taken });
    if (by) picture.dataset.by = by;
    else delete picture.dataset.by;
    this.dispatchEvent(new Event("shown"));
  }

  /** What is shown now, as the picture that spoke last has said it; null while none has. */
  get shown() {
    const said = [...this.pictures].filter(([picture]) => picture.isConnected);
    return said.at(-1)?.[1] ?? null;
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
    return (await this.conditionals(offer, x, options)).logits;
  }

  /**
   * Every conditional of x at once, and the state that made each.
   *
   * @param {Offer} offer
   * @param {ArrayLike<number>} x (D)
   * @param {Parameters<EngineClient["conditionals"]>[2]} [options]
   * @returns {Promise<import("../../../assets/engine/protocol.js").Conditionals>} by flat index
   */
  async conditionals(offer, x, options) {
    await this.load(offer);
    return this.guarded(async () => {
      const client = await this.open(offer);
      const card = absolute(offer.card);
      const found = await heard(client, (hear) =>
        client.conditionals(card, x, {
          ...options,
          onGlance: (glance) => (hear(), options?.onGlance?.(glance)),
        }),
      );
      this.spent += client.took;
      return found;
    });
  }

  /** A new worker in place of the one that failed. */
  again() {
    this.turn++; // what was asked of the old one fails, and that is no failure of the new one
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
    const { turn } = this;
    this.pending++;
    try {
      return await ask();
    } catch (error) {
      const aborted = /** @type {Error} */ (error)?.name === "AbortError";
      if (!aborted && turn === this.turn && !this.why) {
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
 * silence it counts as stopped, and all that was asked of it is refused. The silence is counted in
 * ticks, of which a computer that sleeps misses all: it has not waited while it slept.
 *
 * @template T
 * @param {Pick<EngineClient, "stop" | "close">} client
 * @param {(hear: () => void) => Promise<T>} ask calls `hear` whenever the worker says something
 * @param {number} [patience] milliseconds
 * @param {number} [start] the same before its first word
 * @returns {Promise<T>}
 */
export async function heard(client, ask, patience = SILENCE, start = patience) {
  let left = (TICKS * start) / patience;
  const timer = setInterval(() => {
    if (--left > 0) return;
    clearInterval(timer);
    client.stop(SILENT);
    client.close();
  }, patience / TICKS);
  try {
    return await ask(() => (left = TICKS));
  } finally {
    clearInterval(timer);
  }
}

/**
 * Has the worker load a model. That may take long: it says every second that it is at it.
 *
 * @param {EngineClient} client
 * @param {string} card absolute address
 */
const loading = (client, card) =>
  heard(client, (hear) => client.load(card, { onAlive: hear }), SILENCE, UNBEGUN);

/** Milliseconds that the page's engine has computed. */
const spentSoFar = () => globalThis.window?.arvizEngine?.spent ?? 0;

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
   * @param {(result: R, wish: W, milliseconds: number) => void} done called with what the engine
   *   took for it, too
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
      const before = spentSoFar();
      let result;
      try {
        result = await this.ask(wish);
      } catch {
        continue; // the engine has said so itself: the server draws from now on
      }
      try {
        this.done(result, wish, spentSoFar() - before);
      } catch (error) {
        this.fail(error);
      }
    }
    this.busy = false;
  }
}
