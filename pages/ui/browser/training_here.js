// Trains in this browser: starts the Web Workers of the runs that Python wants, shows how far they are,
// and tells Python what they have told.

import { findElement } from "./dom.js";
import { mount } from "./mount.js";
import { decimals, percent, whole } from "./numbers.js";
import { trainingsOf } from "./trainings.js";

/** @typedef {import("./trainings.js").WantedRun} WantedRun */
/** @typedef {import("./trainings.js").BrowserTrainings} BrowserTrainings */

/**
 * @typedef {object} TrainingMeta
 * @property {string} kind of the page, see `trainingsOf`
 * @property {string} worker its address, relative to the page
 * @property {boolean} able whether Python knows what this browser can
 * @property {WantedRun[]} runs
 * @property {string[]} paused tokens
 * @property {string[]} ended tokens
 */

const SMOOTHED_OVER = 20; // steps that the loss is a mean of
const LOOKS = 250; // milliseconds between two looks for what there is to tell
const PATIENCE = 6000; // milliseconds that a page may take to show what came last

/** @param {string} address relative to the page */
const onPage = (address) => new URL(address, document.baseURI).href;

/** @param {string} address */
function openWorker(address) {
  if (typeof Worker === "undefined") throw new Error("it has no Web Workers.");
  return new Worker(onPage(address), { type: "module" });
}

/** Whether the page shows what came last: another run would take away images on their way to it. */
function isSettled() {
  const app = document.querySelector("[data-test-script-state]");
  const runs = app instanceof HTMLElement && app.dataset.testScriptState !== "notRunning";
  return !runs && [...document.images].every((image) => image.complete);
}

/** How far a training is, in words. @param {WantedRun} run @param {import("./trainings.js").BrowserTraining | undefined} training */
export function standing(run, training) {
  const { title, budget } = run.words;
  if (!training?.asked || (!training.looks.length && !training.losses.length)) {
    return `${title}: it begins`;
  }
  if (run.wanted !== "train") return `${title}: it looks at what it has, and then stops`;
  const last = training.losses.slice(-SMOOTHED_OVER);
  const mean = last.reduce((sum, loss) => sum + loss, 0) / last.length;
  const loss = last.length ? `, training loss ${decimals(mean, 2)} nats` : "";
  const step = whole(training.losses.length);
  const { device } = training;
  const where = device ? (device.gpu ? ", on the GPU" : ", on the processor") : "";
  const part = `${percent(training.part, 1)} of ${budget}`;
  const told = `${title}${where}: step ${step}, ${part}${loss}`;
  if (!training.unkept) return told;
  return `${told}. A reload of the page would lose it: this browser cannot keep it, ${training.unkept}`;
}

class TrainingHereView {
  /** @type {TrainingMeta | undefined} */
  meta = undefined;
  /** @type {(name: string, value: unknown) => void} */
  tell = () => {};
  settledAt = performance.now();
  asks = false; // whether it has asked what this browser can do

  /** @param {import("./mount.js").Host} parent */
  constructor(parent) {
    this.box = findElement(parent, ".training", HTMLElement);
    this.words = findElement(parent, ".told", HTMLElement);
    this.bar = findElement(parent, "progress", HTMLProgressElement);
    /** @type {BrowserTrainings | undefined} */
    this.trainings = undefined;
    this.onChanged = () => this.show();
    this.timer = setInterval(() => this.look(), LOOKS);
  }

  /**
   * @param {{ meta: TrainingMeta, arrays: Record<string, any> }} data
   * @param {Pick<import("./mount.js").Place, "setTriggerValue">} python
   */
  update({ meta, arrays }, { setTriggerValue }) {
    this.meta = meta;
    this.tell = setTriggerValue;
    const trainings = this.trainingsOf(meta.kind);
    if (!meta.able && !this.asks) this.ask(trainings, meta.worker);
    trainings.obey(meta, onPage, arrays);
    this.show();
  }

  /** @param {string} kind @returns {BrowserTrainings} */
  trainingsOf(kind) {
    if (this.trainings) return this.trainings;
    const found = trainingsOf(kind, openWorker);
    found.addEventListener("changed", this.onChanged);
    return (this.trainings = found);
  }

  /** @param {BrowserTrainings} trainings @param {string} worker */
  async ask(trainings, worker) {
    this.asks = true;
    this.tell("able", await trainings.abilities(worker));
  }

  look() {
    this.trainings?.watch(this.meta?.runs ?? [], LOOKS);
    this.show();
  }

  /** Shows the run that trains, and tells Python what is due. */
  show() {
    const runs = this.meta?.runs ?? [];
    const run = runs.at(-1);
    this.box.hidden = !run;
    if (run) {
      const training = this.trainings?.all.get(run.token);
      this.words.textContent = standing(run, training);
      this.bar.value = training?.part ?? 0;
    }
    const now = performance.now();
    if (isSettled()) this.settledAt = now;
    else if (now < this.settledAt + PATIENCE) return;
    for (const each of runs) {
      const news = this.trainings?.all.get(each.token)?.news(each, now);
      if (news) {
        this.tell("news", news);
        return; // of two tellings Python may hear the last
      }
    }
  }

  destroy() {
    clearInterval(this.timer);
    this.trainings?.removeEventListener("changed", this.onChanged);
  }
}

export default mount(TrainingHereView);
