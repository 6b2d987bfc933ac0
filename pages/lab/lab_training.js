// Trains in this browser: starts the Web Workers of the runs that Python wants, shows how far they are,
// and tells Python what they have told.

import { findElement } from "../ui/browser/dom.js";
import { mount } from "../ui/browser/mount.js";
import { decimals, percent, whole } from "../ui/browser/numbers.js";
import { BrowserTrainings } from "./trainings.js";

/** @typedef {import("./trainings.js").WantedRun} WantedRun */
/** @typedef {{ worker: string, able: boolean, runs: WantedRun[], paused: string[], ended: string[] }} LabTrainingMeta */

const SMOOTHED_OVER = 20; // steps that the loss is a mean of
const LOOKS = 250; // milliseconds between two looks for what there is to tell
const PATIENCE = 6000; // milliseconds that a page may take to show what came last

/** @param {string} address relative to the page */
const onPage = (address) => new URL(address, document.baseURI).href;

/** @param {string} address */
const openWorker = (address) => new Worker(onPage(address), { type: "module" });

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
  const told = `${title}: step ${step}, ${percent(training.part, 1)} of ${budget}${loss}`;
  if (!training.unkept) return told;
  return `${told}. A reload of the page would lose it: this browser cannot keep it, ${training.unkept}`;
}

class LabTrainingView {
  /** @type {LabTrainingMeta | undefined} */
  meta = undefined;
  /** @type {(name: string, value: unknown) => void} */
  tell = () => {};
  settledAt = performance.now();
  asks = false; // whether it has asked what this browser can do

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    this.box = findElement(parent, ".training", HTMLElement);
    this.words = findElement(parent, ".told", HTMLElement);
    this.bar = findElement(parent, "progress", HTMLProgressElement);
    this.trainings = window.arvizTrainings ??= new BrowserTrainings(openWorker);
    this.onChanged = () => this.show();
    this.trainings.addEventListener("changed", this.onChanged);
    this.timer = setInterval(this.onChanged, LOOKS);
  }

  /**
   * @param {{ meta: LabTrainingMeta, arrays: Record<string, any> }} data
   * @param {Pick<import("../ui/browser/mount.js").Place, "setTriggerValue">} python
   */
  update({ meta, arrays }, { setTriggerValue }) {
    this.meta = meta;
    this.tell = setTriggerValue;
    if (!meta.able && !this.asks) this.ask();
    this.trainings.obey(meta, onPage, arrays);
    this.show();
  }

  async ask() {
    this.asks = true;
    const { worker } = /** @type {LabTrainingMeta} */ (this.meta);
    this.tell("able", await this.trainings.abilities(worker));
  }

  /** Shows the run that trains, and tells Python what is due. */
  show() {
    const runs = this.meta?.runs ?? [];
    const run = runs.at(-1);
    this.box.hidden = !run;
    if (run) {
      const training = this.trainings.all.get(run.token);
      this.words.textContent = standing(run, training);
      this.bar.value = training?.part ?? 0;
    }
    const now = performance.now();
    if (isSettled()) this.settledAt = now;
    else if (now < this.settledAt + PATIENCE) return;
    for (const each of runs) {
      const news = this.trainings.all.get(each.token)?.news(each, now);
      if (news) {
        this.tell("news", news);
        return; // of two tellings Python may hear the last
      }
    }
  }

  destroy() {
    clearInterval(this.timer);
    this.trainings.removeEventListener("changed", this.onChanged);
  }
}

export default mount(LabTrainingView);
