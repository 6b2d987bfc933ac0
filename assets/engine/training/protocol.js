// What a Web Worker that trains is asked, and what it tells.
//
// It first says that it is there, and by which loops it computes. It trains one model, from `start` on;
// `pause` and `stop` end the training with a look and the weights, after a pause `go` goes on. What it has
// learned is kept every few seconds (kept.js), so that another worker can go on after a reload of the page;
// `forget` ends that and closes the worker. `list` asks what is kept, and what GPU there is.

import { EngineError } from "../errors.js";
import { createKernel } from "../kernel.js";
import { otherMessages } from "../protocol.js";
import { findAdapter } from "./adapter.js";
import { Images } from "./images.js";
import { Database, Keeper, listKept } from "./kept.js";
import { WatchedRun } from "./watched.js";
import { WatchedFlow } from "./watched_flow.js";

/** @typedef {import("./watched.js").Look} ImageLook */
/** @typedef {import("./watched_flow.js").FlowLook} FlowLook */
/** @typedef {ImageLook | FlowLook} Look */
/** @typedef {WatchedRun | WatchedFlow} Watched */

/**
 * @typedef {object} Start
 * @property {"start"} do
 * @property {import("./run.js").Settings | import("./watched_flow.js").FlowSettings} settings of a model of
 *   images, or of a flow, whose `model` is "flow"
 * @property {Float32Array} [points] (N 2) that a flow learns from
 * @property {{ address?: string, bytes?: Uint8Array, dimensions: number, train: number, levels?: number }} [images]
 *   See Images; the bytes, or their absolute address. Not of a flow.
 * @property {{ token: string, about: unknown } | null} [keep] How it is kept; see `Note`. A flow is not.
 * @property {boolean} [begun] Whether it goes on with what is kept.
 * @property {boolean} [paused] Whether it pauses at once.
 * @property {boolean} [gpu] Whether the GPU takes the steps, where it can. Not of a flow.
 * @property {boolean} [falseGPU] For tests: a GPU that is false is taken, too.
 * @property {boolean} [simd] false for JavaScript alone.
 */

/** @typedef {Start | { do: "list", falseGPU?: boolean } | { do: "go" | "pause" | "stop" | "forget" }} Asked */

/**
 * @typedef {object} News What has happened since the last news.
 * @property {number[]} losses of each step, nats an image or a point.
 * @property {Look | null} look the last one.
 * @property {number} part of the budget that is used, 0 to 1.
 * @property {number} seconds of training.
 */

/**
 * @typedef {object} End
 * @property {"paused" | "stopped" | "done"} how
 * @property {number} step that the weights are from.
 * @property {Float32Array} weights all, one after the other.
 * @property {string} problem why it ended before its time; "" where it did not.
 */

/**
 * @typedef {object} Told
 * @property {string} [ready] the kind of the loops: "WebAssembly SIMD" or "JavaScript".
 * @property {News} [news]
 * @property {End} [end] after the last news
 * @property {string} [failed] why it trains no more, for the reader.
 * @property {string} [unkept] why a reload of the page loses it, for the reader.
 * @property {{ gpu: string, step: number, why: string }} [device] What takes the steps from `step` on: the
 *   name of the GPU, "" for the processor; and why it is not the GPU, for the reader.
 * @property {import("./kept.js").Note[]} [kept] the answer to `list`, with
 * @property {string} [gpu] the name of the GPU, "" for none,
 * @property {string} [noGPU] and why there is none, for the reader.
 */

/** @typedef {{ postMessage(message: Told): void, onmessage: ((event: any) => void) | null, close?(): void }} Port */

const SLICE = 12; // milliseconds between two looks for what is asked
const PACE = 100; // milliseconds between two news
const SAVED_EVERY = 2000; // milliseconds between two states that are kept
const SAVE_SHARE = 50; // and at least so many times what it takes to hand one over,
const SAVED_AFTER = 10_000; // but no more than this: the worker may have had to wait for the processor
const LOST = "This browser no longer has it: the page was loaded again.";

/** @param {Port} port @param {import("./kept.js").Store} [store] where trainings are kept */
export function serve(port, store = new Database()) {
  const trainer = new Trainer(port, store);
  port.onmessage = (event) => trainer.receive(event.data);
  port.postMessage({ ready: createKernel().kind });
}

/** How long the next state is not kept, milliseconds. @param {number} spent handing one over */
export const untilSaved = (spent) =>
  Math.min(SAVED_AFTER, Math.max(SAVED_EVERY, SAVE_SHARE * spent));

/** @param {string} address */
async function fetched(address) {
  const answer = await fetch(address).catch(() => null);
  if (!answer?.ok) throw new EngineError("The images do not come from the server.");
  return new Uint8Array(await answer.arrayBuffer());
}

class Trainer {
  /** @param {Port} port @param {import("./kept.js").Store} store */
  constructor(port, store) {
    this.port = port;
    this.store = store;
    /** @type {Keeper | null} */
    this.keeper = null;
    this.saving = false;
    this.saves = 0; // performance.now() of the next time
    /** @type {number[]} of every step */
    this.allLosses = [];
    /** @type {Look[]} */
    this.allLooks = [];
    /** @type {Watched | null} */
    this.watched = null;
    /** @type {import("./gpu_run.js").RunOnGPU | null} while the GPU takes the steps */
    this.gpu = null;
    /** @type {"" | "pause" | "stop"} what it was asked for while it trains */
    this.wish = "";
    this.trains = false;
    /** @type {number[]} that were not told yet */
    this.losses = [];
    /** @type {Look | null} that was not told yet */
    this.look = null;
  }

  /** @param {Asked} asked */
  async receive(asked) {
    try {
      if (asked.do === "start") await this.start(asked);
      else if (asked.do === "go") await this.train();
      else if (asked.do === "list") await this.list(asked.falseGPU);
      else if (asked.do === "forget") await this.forget();
      else if (this.trains) this.wish = asked.do;
      else if (this.watched && asked.do === "stop") await this.end("stopped");
    } catch (error) {
      this.trains = false;
      const { message } = /** @type {Error} */ (error);
      if (!(error instanceof EngineError)) console.error(error);
      this.port.postMessage({ failed: message });
    }
  }

  /** @param {Start} asked */
  async start({ settings, points, images, simd, keep, begun, paused, gpu, falseGPU }) {
    this.trains = true; // what is asked meanwhile waits
    if (begun && !keep) throw new EngineError(LOST);
    if (settings.model === "flow") {
      const flow = /** @type {import("./watched_flow.js").FlowSettings} */ (settings);
      this.watched = new WatchedFlow(flow, points ?? new Float32Array(), { simd });
    } else {
      const run = /** @type {import("./run.js").Settings} */ (settings);
      const watched = await this.startOnImages(run, images, { simd, keep, begun, paused });
      if (gpu) await this.openGPU(watched, falseGPU);
    }
    if (paused) this.wish = "pause";
    await this.train();
  }

  /**
   * @param {import("./run.js").Settings} settings
   * @param {Start["images"]} given
   * @param {Pick<Start, "simd" | "keep" | "begun" | "paused">} more
   * @returns {Promise<WatchedRun>}
   */
  async startOnImages(settings, given, { simd, keep, begun, paused }) {
    if (!given) throw new EngineError("The images do not come with the training.");
    if (keep) {
      this.keeper = new Keeper(this.store, keep.token, keep.about, String(Math.random()));
      // The page may be loaded again before the images are there.
      if (!begun) this.keeper.save(null, Boolean(paused)).catch(() => {}); // told when it has a state
    }
    const bytes = given.bytes ?? (await fetched(given.address ?? ""));
    const images = new Images(bytes, given.dimensions, given.train, given.levels);
    const watched = new WatchedRun(settings, images, { simd });
    this.watched = watched;
    if (begun) await this.goOn(watched);
    return watched;
  }

  /** With what is kept, all of which it tells again. @param {WatchedRun} watched */
  async goOn(watched) {
    const kept = await this.keeper?.take().catch(() => null);
    if (!kept) throw new EngineError(LOST);
    const { state } = kept;
    if (!state) return; // it had not begun
    watched.resume(state.watched);
    this.losses = [...state.losses];
    for (const look of state.looks) {
      this.look = look;
      this.tell(watched);
    }
  }

  /** @param {WatchedRun} watched @param {boolean} [falseToo] */
  async openGPU(watched, falseToo) {
    const { adapter, name, why } = await findAdapter({ falseToo });
    if (!adapter) return this.leaveGPU(watched, why);
    try {
      const { RunOnGPU } = await import("./gpu_run.js");
      this.gpu = await RunOnGPU.open(watched, adapter, falseToo);
      this.port.postMessage({ device: { gpu: name, step: watched.run.step, why: "" } });
    } catch (error) {
      this.leaveGPU(watched, /** @type {Error} */ (error).message);
    }
  }

  /**
   * The processor takes the steps, from the last weights that are here on. Steps since then are taken again.
   *
   * @param {WatchedRun} watched @param {string} why
   */
  leaveGPU({ run }, why) {
    this.closeGPU();
    run.step = run.trained.step;
    this.port.postMessage({ device: { gpu: "", step: run.step, why } });
  }

  closeGPU() {
    this.gpu?.close();
    this.gpu = null;
  }

  /**
   * What the GPU is asked; null where there is none, or none any more.
   *
   * @template T
   * @param {(gpu: import("./gpu_run.js").RunOnGPU) => Promise<T>} act
   * @returns {Promise<T | null>}
   */
  async onGPU(act) {
    const { gpu } = this;
    if (!gpu) return null;
    try {
      return await act(gpu);
    } catch (error) {
      this.leaveGPU(gpu.watched, /** @type {Error} */ (error).message);
      return null;
    }
  }

  /** What this browser keeps, nothing where it cannot; and its GPU. @param {boolean} [falseToo] */
  async list(falseToo) {
    const [kept, { name, why }] = await Promise.all([
      listKept(this.store).catch(() => []),
      findAdapter({ falseToo }),
    ]);
    this.port.postMessage({ kept, gpu: name, noGPU: why });
  }

  async forget() {
    this.wish = "stop";
    const { keeper } = this;
    this.keeper = null;
    await keeper?.forget().catch(() => {});
    this.port.close?.();
  }

  /** Keeps the training as it is now; it goes on meanwhile. @param {Watched} watched @param {boolean} paused */
  async save(watched, paused) {
    const { keeper } = this;
    if (!keeper || (this.saving && !paused) || watched instanceof WatchedFlow) return;
    this.saving = true;
    const began = performance.now();
    const losses = Float64Array.from(this.allLosses.slice(0, watched.run.step));
    const looks = [...this.allLooks];
    const saved = keeper.save({ watched: watched.state(), losses, looks }, paused);
    const spent = performance.now() - began;
    this.saves = performance.now() + untilSaved(spent);
    try {
      await saved;
    } catch (error) {
      if (this.keeper) this.unkept(/** @type {Error} */ (error));
    }
    this.saving = false;
  }

  /** It cannot be kept: another tab has it, which ends it here, or there is no place for it. @param {Error} error */
  unkept(error) {
    this.keeper = null;
    if (error instanceof EngineError) {
      this.wish = "stop";
      this.port.postMessage({ failed: error.message });
      return;
    }
    const full = error?.name === "QuotaExceededError";
    const why = full ? "its storage is full" : "it allows no storage";
    this.port.postMessage({ unkept: why });
  }

  /** Until it is done, or something is asked. */
  async train() {
    const watched = /** @type {Watched} */ (this.watched);
    this.trains = true;
    this.saves = 0; // at once: what is kept may say that it is paused
    let told = performance.now();
    while (!watched.done && !this.wish) {
      await this.slice(watched, performance.now() + SLICE);
      if (this.look || performance.now() >= told + PACE) {
        told = performance.now();
        this.tell(watched);
      }
      if (this.keeper && performance.now() >= this.saves) {
        if (this.gpu) await this.onGPU((gpu) => gpu.fetch());
        this.tell(watched); // so that it has all losses
        this.save(watched, false);
      }
      await otherMessages();
    }
    const how = watched.done ? "done" : this.wish === "pause" ? "paused" : "stopped";
    this.wish = "";
    await this.end(how);
    this.trains = false;
    await this.afterEnd(how === "paused");
  }

  /** What was asked for while it ended. @param {boolean} paused */
  async afterEnd(paused) {
    const { wish } = this;
    this.wish = "";
    if (wish === "stop" && paused) await this.end("stopped");
  }

  /** Some steps, and a look where it is time for one. @param {Watched} watched @param {number} until */
  async slice(watched, until) {
    while (!watched.done) {
      if (watched.looks) await this.lookAt(watched);
      else await this.learn(watched);
      if (this.look || performance.now() >= until) return;
    }
  }

  /** One step, or some of the GPU. @param {Watched} watched */
  async learn(watched) {
    const known = this.allLosses.length + this.losses.length;
    const again = watched instanceof WatchedRun ? known - watched.run.step : 0; // told already
    const found = this.gpu ? await this.onGPU((gpu) => gpu.learn()) : [watched.learn()];
    for (const loss of found?.slice(Math.max(0, again)) ?? []) {
      if (loss !== null) this.losses.push(loss);
    }
  }

  /** @param {Watched} watched */
  async lookAt(watched) {
    const look = this.gpu ? await this.onGPU((gpu) => gpu.look()) : watched.look();
    this.look = look ?? this.look;
  }

  /** @param {"paused" | "stopped" | "done"} how */
  async end(how) {
    const watched = /** @type {Watched} */ (this.watched);
    await this.lookAt(watched);
    if (how !== "paused") this.closeGPU();
    this.tell(watched);
    const step = watched.last?.step ?? 0;
    const { problem } = watched;
    if (how === "paused") this.save(watched, true);
    const weights = watched.weights();
    this.port.postMessage({ end: { how: problem ? "done" : how, step, weights, problem } });
  }

  /** @param {Watched} watched */
  tell(watched) {
    const { losses, look } = this;
    for (const loss of losses) this.allLosses.push(loss);
    if (look) this.allLooks.push(look);
    this.port.postMessage({
      news: { losses, look, part: watched.part, seconds: watched.seconds },
    });
    this.losses = [];
    this.look = null;
  }
}
