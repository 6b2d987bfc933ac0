// The trainings of a page that run in this browser, each in a Web Worker of its own. No DOM.
//
// They belong to the page's window, not to the view that shows them: they go on while other pages of the
// app are looked at. What they are: assets/engine/training. What Python is told: pages/lab/here.py,
// pages/flows/here.py.
//
// Who decides: the session in Python alone. It says of each training, by its token, what it is to do
// ("train", "pause", "stop"), and takes from the list what nobody needs. A training here does that, and tells
// what has become of it until Python has answered. Train again is another training, with another token. So
// nothing that comes late, twice or not at all can bring the two apart.
//
// The browser keeps those of the lab, so that they go on when the page was loaded again. A tab asks the
// others, by a BroadcastChannel, which of them they have.

import { base64 } from "./base64.js";

/** @typedef {import("../../../assets/engine/training/protocol.js").Told} FromWorker */
/** @typedef {import("../../../assets/engine/training/protocol.js").End} TrainingEnd */
/** @typedef {import("../../../assets/engine/training/protocol.js").Look} Look */

/**
 * @typedef {object} WantedRun What Python wants of a run.
 * @property {string} token
 * @property {"train" | "pause" | "stop"} wanted
 * @property {boolean} begun whether Python has heard of it before
 * @property {{ losses: number, step: number }} heard how many losses, and the step of the last look
 * @property {object} settings
 * @property {boolean} [gpu] whether the GPU is to train, where it can
 * @property {{ address?: string, array?: string, dimensions: number, levels: number, train: number }} [images]
 *   address: relative to the page; array: name of their bytes, which came with the page
 * @property {string} [points] name of the points of a flow, which came with the page
 * @property {number} silence seconds without a word after which its worker counts as dead
 * @property {{ title: string, budget: string }} words
 * @property {{ token: string, about: unknown } | null} keep see `Start` in protocol.js
 */

/**
 * @typedef {object} ToPython
 * @property {string} token
 * @property {number} [from] number of the first of `losses`
 * @property {number[]} [losses]
 * @property {Record<string, unknown>[]} [looks] as in protocol.js, arrays in base64; weights are left out
 * @property {number} [seconds]
 * @property {number} [part]
 * @property {FromWorker["device"]} [device]
 * @property {(Omit<TrainingEnd, "weights"> & { weights: string }) | null} [end]
 * @property {string} [failed]
 * @property {{ step: number, weights: string } | null} [kept] with `failed`: the last weights that came
 */

/**
 * @typedef {object} Kept A training that this browser has kept.
 * @property {string} token
 * @property {unknown} about
 * @property {boolean} paused
 * @property {number} age seconds since then: the clock of the server may be another
 */

/** @typedef {Pick<Worker, "postMessage" | "terminate"> & { onmessage: any, onerror: any }} WorkerLike */

/** @typedef {Pick<BroadcastChannel, "postMessage" | "addEventListener" | "removeEventListener">} Channel */

const TOLD_EVERY = 1000; // milliseconds, at least, between two tellings
const ANSWER = 8000; // milliseconds after which it tells again what was not heard
const SOON = 2000; // the same, where there is an end to tell
const CHANNEL = "arviz-trainings";
const ANSWERS = 60_000; // milliseconds that a worker may take to start, on a busy machine
const OTHERS = 300; // milliseconds in which other tabs say what they have

/** A look as it travels: every array in base64. @param {Look} look */
const coded = (look) =>
  Object.fromEntries(
    Object.entries(look).map(([name, value]) => [
      name,
      ArrayBuffer.isView(value) ? base64(value) : value,
    ]),
  );

/** One training. */
export class BrowserTraining {
  /** @type {number[]} of every step */
  losses = [];
  /** @type {Look[]} */
  looks = [];
  /** @type {{ step: number, weights: Float32Array } | null} those of the last look that has some */
  weights = null;
  silent = 0; // milliseconds since the last word of the worker
  part = 0;
  seconds = 0;
  /** @type {TrainingEnd | null} while it does not train */
  end = null;
  failed = "";
  /** @type {FromWorker["device"]} what trains, where the GPU was asked for */
  device = undefined;
  unkept = ""; // why a reload of the page loses it
  /** @type {string} what the worker was asked for last */
  asked = "";
  /** @type {{ losses: number, over: boolean, at: number } | null} what Python has not answered yet */
  waiting = null;
  toldAt = -Infinity;

  /**
   * @param {string} token
   * @param {() => WorkerLike} open a new worker
   * @param {() => void} changed called with all that the worker says
   */
  constructor(token, open, changed) {
    this.token = token;
    this.changed = changed;
    /** @type {WorkerLike | null} */
    this.worker = null;
    try {
      this.worker = open();
      this.worker.onmessage = (/** @type {MessageEvent<FromWorker>} */ { data }) => this.hear(data);
      this.worker.onerror = (/** @type {ErrorEvent} */ event) =>
        this.fail(event?.message || "the worker has stopped.");
    } catch (error) {
      this.failed = String(/** @type {Error} */ (error).message);
    }
  }

  /** @param {FromWorker} told */
  hear({ news, end, failed, unkept, device }) {
    this.silent = 0;
    if (news) {
      for (const loss of news.losses) this.losses.push(loss);
      if (news.look) this.see(news.look);
      this.part = news.part;
      this.seconds = news.seconds;
    }
    if (end) this.end = end;
    if (failed) this.failed = failed;
    if (unkept) this.unkept = unkept;
    if (device) this.device = device;
    this.changed();
  }

  /** @param {Look} look */
  see(look) {
    if ("weights" in look) {
      const { weights, ...shown } = look;
      this.weights = { step: look.step, weights };
      this.looks.push(/** @type {Look} */ (shown));
    } else this.looks.push(look);
  }

  /** @param {string} why */
  fail(why) {
    if (this.failed || this.end) return;
    this.failed = why;
    this.changed();
  }

  /**
   * To be called now and then: a worker that was killed says nothing, and no event tells of it. Time in which
   * nobody calls does not count: the window may have slept.
   *
   * @param {number} milliseconds since the last call, or less
   * @param {number} most milliseconds without a word
   */
  watch(milliseconds, most) {
    if (!this.asked || this.end || this.failed) return;
    this.silent += milliseconds;
    if (this.silent < most) return;
    this.worker?.terminate();
    this.fail("its worker says nothing any more.");
  }

  /**
   * Does what Python wants.
   *
   * @param {WantedRun} run
   * @param {(address: string) => string} absolute
   * @param {Record<string, any>} arrays
   */
  obey({ wanted, heard, settings, images, points, begun, keep, gpu }, absolute, arrays) {
    const { waiting } = this;
    if (waiting && !waiting.over && heard.losses >= waiting.losses) this.waiting = null;
    if (!this.asked) {
      const data = points
        ? { points: arrays[points] }
        : { images: imagesAt(images, absolute, arrays) };
      const paused = wanted !== "train";
      this.ask(wanted, { do: "start", settings, ...data, keep, begun, paused, gpu });
    } else if (wanted === "train") {
      if (this.asked !== "train" && this.end?.how === "paused") {
        this.end = this.waiting = null;
        this.ask("train", { do: "go" });
      }
    } else if (this.asked !== wanted) {
      this.ask(wanted, { do: wanted });
    }
  }

  /** @param {string} what @param {object} message */
  ask(what, message) {
    this.asked = what;
    this.silent = 0;
    if (!this.failed) this.worker?.postMessage(message);
  }

  /**
   * What Python is to be told now; null where that has time.
   *
   * @param {WantedRun} run
   * @param {number} now milliseconds
   * @returns {ToPython | null}
   */
  news({ token, heard }, now) {
    const over = Boolean(this.failed || this.end);
    const fresh = this.looks.filter(({ step }) => step > heard.step);
    const patience = over && !this.waiting?.over ? SOON : ANSWER; // somebody waits for the end
    if (this.waiting && now < this.waiting.at + patience) return null;
    if (!over && (!fresh.length || now < this.toldAt + TOLD_EVERY)) return null;
    this.toldAt = now;
    this.waiting = { losses: this.losses.length, over, at: now };
    if (this.failed) {
      const { weights } = this;
      const kept = weights && { step: weights.step, weights: base64(weights.weights) };
      return this.told(heard, fresh, { token, failed: this.failed, kept });
    }
    const end = this.end && { ...this.end, weights: base64(this.end.weights) };
    return this.told(heard, fresh, { token, end });
  }

  /** @param {WantedRun["heard"]} heard @param {Look[]} fresh @param {ToPython} more @returns {ToPython} */
  told(heard, fresh, more) {
    const { losses, seconds, part, device } = this;
    const from = heard.losses;
    return {
      ...more,
      from,
      losses: losses.slice(from),
      looks: fresh.map(coded),
      seconds,
      part,
      device,
    };
  }

  /** @param {boolean} forgotten whether the browser keeps it no more, either */
  close(forgotten) {
    if (forgotten)
      this.worker?.postMessage({ do: "forget" }); // it then closes itself
    else this.worker?.terminate();
    this.worker = null;
  }
}

/**
 * Where a worker finds its images.
 *
 * @param {WantedRun["images"]} images
 * @param {(address: string) => string} absolute
 * @param {Record<string, any>} arrays
 */
function imagesAt(images, absolute, arrays) {
  const { address, array, ...shape } = /** @type {NonNullable<WantedRun["images"]>} */ (images);
  const place = address ? { address: absolute(address) } : { bytes: arrays[array ?? ""] };
  return { ...shape, ...place };
}

/**
 * Of the tokens that other tabs of this browser train, in a moment.
 *
 * @param {Channel} channel
 * @param {number} [patience] milliseconds
 * @returns {Promise<Set<string>>}
 */
export function elsewhere(channel, patience = OTHERS) {
  /** @type {Set<string>} */
  const found = new Set();
  const hear = (/** @type {MessageEvent} */ { data }) =>
    data.has?.forEach((/** @type {string} */ token) => found.add(token));
  channel.addEventListener("message", hear);
  channel.postMessage({ who: true });
  return new Promise((resolve) =>
    setTimeout(() => {
      channel.removeEventListener("message", hear);
      resolve(found);
    }, patience),
  );
}

/**
 * Those of the pages of a kind, in this window; the trainings of another kind have their own list.
 *
 * @param {string} kind "lab", "flows"
 * @param {(address: string) => WorkerLike} open a new worker; the address is relative to the page
 */
export function trainingsOf(kind, open) {
  const all = (window.arvizTrainings ??= new Map());
  const found = all.get(kind) ?? new BrowserTrainings(open);
  all.set(kind, found);
  return found;
}

/** All of a page. Events: "changed" when one of them has told something. */
export class BrowserTrainings extends EventTarget {
  /** @type {Map<string, BrowserTraining>} by the token of their run */
  all = new Map();

  /**
   * @param {(address: string) => WorkerLike} open a new worker; the address is relative to the page
   * @param {Channel} [channel] to the other tabs
   */
  constructor(open, channel = new BroadcastChannel(CHANNEL)) {
    super();
    this.open = open;
    this.channel = channel;
    this.channel.addEventListener("message", (/** @type {any} */ { data }) => {
      if (data.who) this.channel.postMessage({ has: [...this.all.keys()] });
    });
  }

  /**
   * What this browser can, and what it keeps that no tab has.
   *
   * @param {string} worker its address
   * @returns {Promise<{ kind?: string, gpu?: string, noGPU?: string, failed?: string, kept: Kept[] }>}
   */
  async abilities(worker) {
    const open = () => this.open(worker);
    const [found, others] = await Promise.all([abilities(open), elsewhere(this.channel)]);
    const kept = found.kept?.filter(({ token }) => !others.has(token)) ?? [];
    return {
      ...found,
      kept: kept.map(({ token, about, paused, saved }) => {
        const age = Math.max(0, Date.now() - saved) / 1000;
        return { token, about, paused, age };
      }),
    };
  }

  /** To be called now and then. @param {WantedRun[]} runs @param {number} milliseconds since the last call, or less */
  watch(runs, milliseconds) {
    for (const { token, silence } of runs) this.all.get(token)?.watch(milliseconds, 1000 * silence);
  }

  /**
   * Does what Python wants of all runs; what nobody can go on with is ended.
   *
   * @param {{ worker: string, runs: WantedRun[], paused: string[], ended: string[] }} meta ended: tokens of
   *   those that nobody needs to keep
   * @param {(address: string) => string} absolute
   * @param {Record<string, any>} [arrays] bytes of images, or points, by name
   */
  obey({ worker, runs, paused, ended }, absolute, arrays = {}) {
    for (const run of runs) {
      let training = this.all.get(run.token);
      if (!training) {
        const changed = () => this.dispatchEvent(new Event("changed"));
        training = new BrowserTraining(run.token, () => this.open(worker), changed);
        this.all.set(run.token, training);
      }
      training.obey(run, absolute, arrays);
    }
    const kept = new Set([...paused, ...runs.map(({ token }) => token)]);
    for (const [token, training] of this.all) {
      if (kept.has(token)) continue;
      training.close(ended.includes(token));
      this.all.delete(token);
    }
  }
}

/**
 * What a worker says of this browser: the kind of its loops, its GPU and what it keeps, or why it cannot train.
 *
 * @param {() => WorkerLike} open
 * @param {number} [patience] milliseconds
 * @returns {Promise<{ kind?: string, gpu?: string, noGPU?: string, kept?: import("../../../assets/engine/training/kept.js").Note[], failed?: string }>}
 */
export async function abilities(open, patience = ANSWERS) {
  /** @type {WorkerLike | null} */
  let worker = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  try {
    const found = (worker = open());
    /** @type {string | undefined} */
    let kind;
    const said = await new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(new Error("its worker does not answer.")), patience);
      found.onmessage = (/** @type {MessageEvent<FromWorker>} */ { data }) => {
        if (data.kept) resolve({ kept: data.kept, gpu: data.gpu, noGPU: data.noGPU });
        if (!data.ready) return;
        kind = data.ready;
        found.postMessage({ do: "list" });
      };
      found.onerror = (/** @type {ErrorEvent} */ event) =>
        reject(new Error(event?.message || "its worker does not start."));
    });
    return { kind, ...said };
  } catch (error) {
    return { failed: /** @type {Error} */ (error).message };
  } finally {
    clearTimeout(timer);
    worker?.terminate();
  }
}
