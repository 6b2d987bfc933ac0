// The trainings of the lab that run in this browser, each in a Web Worker of its own. No DOM.
//
// They belong to the page's window, not to the view that shows them: they go on while other pages of the
// app are looked at. What they are: assets/engine/training. What Python is told: pages/lab/here.py.
// The browser keeps them, so that they go on when the page was loaded again. A tab asks the others, by a
// BroadcastChannel, which of them they have.

import { base64 } from "../ui/browser/base64.js";

/** @typedef {import("../../assets/engine/training/protocol.js").Told} FromWorker */
/** @typedef {import("../../assets/engine/training/protocol.js").End} TrainingEnd */
/** @typedef {import("../../assets/engine/training/watched.js").Look} Look */

/**
 * @typedef {object} WantedRun What Python wants of a run.
 * @property {string} token
 * @property {"train" | "pause" | "stop"} wanted
 * @property {boolean} begun whether Python has heard of it before
 * @property {{ losses: number, step: number }} heard how many losses, and the step of the last look
 * @property {object} settings
 * @property {{ address?: string, array?: string, dimensions: number, levels: number, train: number }} images
 *   address: relative to the page; array: name of their bytes, which came with the page
 * @property {{ title: string, budget: string }} words
 * @property {{ token: string, about: unknown } | null} keep see `Start` in protocol.js
 */

/**
 * @typedef {object} ToPython
 * @property {string} token
 * @property {number} [from] number of the first of `losses`
 * @property {number[]} [losses]
 * @property {(Omit<Look, "samples"> & { samples: string })[]} [looks]
 * @property {number} [seconds]
 * @property {number} [part]
 * @property {(Omit<TrainingEnd, "weights"> & { weights: string }) | null} [end]
 * @property {string} [failed]
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
const CHANNEL = "arviz-trainings";
const OTHERS = 300; // milliseconds in which other tabs say what they have

/** One training. */
export class BrowserTraining {
  /** @type {number[]} of every step */
  losses = [];
  /** @type {Look[]} */
  looks = [];
  part = 0;
  seconds = 0;
  /** @type {TrainingEnd | null} while it does not train */
  end = null;
  failed = "";
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
  hear({ news, end, failed, unkept }) {
    if (news) {
      for (const loss of news.losses) this.losses.push(loss);
      if (news.look) this.looks.push(news.look);
      this.part = news.part;
      this.seconds = news.seconds;
    }
    if (end) this.end = end;
    if (failed) this.failed = failed;
    if (unkept) this.unkept = unkept;
    this.changed();
  }

  /** @param {string} why */
  fail(why) {
    this.failed = why;
    this.changed();
  }

  /**
   * Does what Python wants.
   *
   * @param {WantedRun} run
   * @param {(address: string) => string} absolute
   * @param {Record<string, Uint8Array>} arrays
   */
  obey({ wanted, heard, settings, images, begun, keep }, absolute, arrays) {
    const { waiting } = this;
    if (waiting && !waiting.over && heard.losses >= waiting.losses) this.waiting = null;
    if (!this.asked) {
      const { address, array, ...shape } = images;
      const place = address ? { address: absolute(address) } : { bytes: arrays[array ?? ""] };
      const paused = wanted !== "train";
      this.ask(wanted, {
        do: "start",
        settings,
        images: { ...shape, ...place },
        keep,
        begun,
        paused,
      });
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
    if (this.waiting && now < this.waiting.at + ANSWER) return null;
    if (!over && (!fresh.length || now < this.toldAt + TOLD_EVERY)) return null;
    this.toldAt = now;
    this.waiting = { losses: this.losses.length, over, at: now };
    if (this.failed) return { token, failed: this.failed };
    return {
      token,
      from: heard.losses,
      losses: this.losses.slice(heard.losses),
      looks: fresh.map((each) => ({ ...each, samples: base64(each.samples) })),
      seconds: this.seconds,
      part: this.part,
      end: this.end && { ...this.end, weights: base64(this.end.weights) },
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
   * @returns {Promise<{ kind?: string, failed?: string, kept: Kept[] }>}
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

  /**
   * Does what Python wants of all runs; what nobody can go on with is ended.
   *
   * @param {{ worker: string, runs: WantedRun[], paused: string[], ended: string[] }} meta ended: tokens of
   *   those that nobody needs to keep
   * @param {(address: string) => string} absolute
   * @param {Record<string, Uint8Array>} [arrays] bytes of images, by name
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
 * What a worker says of this browser: the kind of its loops and what it keeps, or why it cannot train.
 *
 * @param {() => WorkerLike} open
 * @param {number} [patience] milliseconds
 * @returns {Promise<{ kind?: string, kept?: import("../../assets/engine/training/kept.js").Note[], failed?: string }>}
 */
export async function abilities(open, patience = 20_000) {
  /** @type {WorkerLike | null} */
  let worker = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  try {
    const found = (worker = open());
    /** @type {string | undefined} */
    let kind;
    const kept = await new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(new Error("its worker does not answer.")), patience);
      found.onmessage = (/** @type {MessageEvent<FromWorker>} */ { data }) => {
        if (data.kept) resolve(data.kept);
        if (!data.ready) return;
        kind = data.ready;
        found.postMessage({ do: "list" });
      };
      found.onerror = (/** @type {ErrorEvent} */ event) =>
        reject(new Error(event?.message || "its worker does not start."));
    });
    return { kind, kept };
  } catch (error) {
    return { failed: /** @type {Error} */ (error).message };
  } finally {
    clearTimeout(timer);
    worker?.terminate();
  }
}
