// A training that is looked at on the way, as `ModelTraining` in arviz_models/analysis/lab_training.py:
// validation NLL and samples; one that explodes goes back to the best look.

import { CLASSES } from "../index.js";
import { createKernel } from "../kernel.js";
import { Run } from "./run.js";

/** @typedef {import("../safetensors.js").Tensors} Tensors */

/**
 * @typedef {object} Look
 * @property {number} step
 * @property {number} epoch
 * @property {number} valid Mean NLL of the images of validation, nats.
 * @property {number} seconds Of training, without the looks.
 * @property {number} pace Images a second, 0 before the first step.
 * @property {Uint8Array} samples (8 D), of the seeds 0 to 7.
 */

export const SAMPLES = 8;
const [SOONEST, RAREST] = [0.05, 0.7]; // seconds of training between two looks: sooner at its begin
const SHARE = 6; // and at least so many times what a look takes
const EXPLODED = 10; // times the loss of guessing
const IN_A_ROW = 3; // such losses: a single one may pass

export class WatchedRun {
  /**
   * @param {import("./run.js").Settings} settings
   * @param {import("./images.js").Images} images
   * @param {{ simd?: boolean }} [options]
   */
  constructor(settings, images, options) {
    this.run = new Run(settings, images, options);
    this.drawing = createKernel(options); // of the samples
    this.empty = this.drawing.used;
    this.looking = 0; // seconds of all looks
    this.due = 0; // seconds of training after which it looks again
    this.high = 0; // exploded losses in a row
    this.problem = "";
    /** @type {Look | null} The last one. */
    this.last = null;
    /** @type {{ look: Look, tensors: Tensors } | null} */
    this.best = null;
  }

  /** What a training of the same settings goes on from, as if it had never stopped. */
  state() {
    const { looking, due, high, problem, last, best } = this;
    return { run: this.run.state(), looking, due, high, problem, last, best };
  }

  /** @param {ReturnType<WatchedRun["state"]>} state */
  resume({ run, ...others }) {
    this.run.resume(run);
    Object.assign(this, others);
  }

  /** How much of the budget is used, 0 to 1. */
  get part() {
    const { settings, step, seconds, epochSteps } = this.run;
    const used =
      settings.epochs === null
        ? (seconds + this.looking) / /** @type {number} */ (settings.seconds)
        : step / (settings.epochs * epochSteps);
    return Math.min(1, used);
  }

  /** Of all steps, without the looks. */
  get seconds() {
    return this.run.seconds;
  }

  get done() {
    return this.part >= 1 || this.problem !== "";
  }

  /** Whether it is time for a look. */
  get looks() {
    return this.problem === "" && (this.last === null || this.run.seconds >= this.due);
  }

  /** @returns {number | null} the loss of a step; null where it is no number. */
  learn() {
    const loss = this.run.takeStep();
    return this.judge(loss, this.run.step) ? loss : null;
  }

  /** Whether the loss of a step is a number; where it has exploded, goes back. @param {number} loss @param {number} step */
  judge(loss, step) {
    const { run } = this;
    if (!Number.isFinite(loss)) {
      this.goBack(`the loss of step ${step.toLocaleString("en")} is no number any more`);
      return false;
    }
    const limit = EXPLODED * run.trained.dimensions * Math.log(run.trained.levels);
    this.high = loss > limit ? this.high + 1 : 0;
    if (this.high === IN_A_ROW) {
      const nats = Math.round(loss).toLocaleString("en");
      this.goBack(
        `the loss of step ${step.toLocaleString("en")} is ${nats} nats, and in ${IN_A_ROW} steps in ` +
          `a row it was more than ${EXPLODED} times that of guessing`,
      );
    }
    return true;
  }

  /** Whether there is nothing new to look at. */
  get seen() {
    return this.problem !== "" || this.last?.step === this.run.step;
  }

  /**
   * Validation NLL and samples as they are now.
   *
   * @param {number} [given] the validation NLL, where it is known
   * @param {number} [began] performance.now()
   * @returns {Look | null} null where it is the last one.
   */
  look(given, began = performance.now()) {
    const { run } = this;
    if (this.seen) return null;
    const valid = given ?? run.validate();
    if (!Number.isFinite(valid)) {
      this.goBack(`the validation NLL after step ${run.step.toLocaleString("en")} is no number`);
      return null;
    }
    const tensors = run.trained.tensors();
    const samples = this.samples(tensors);
    const spent = (performance.now() - began) / 1000;
    this.looking += spent;
    const pause = Math.min(RAREST, Math.max(SOONEST, run.seconds / 4));
    this.due = run.seconds + Math.max(pause, SHARE * spent);
    const pace = run.seconds ? (run.step * run.settings.batchSize) / run.seconds : 0;
    const { step, seconds, position: epoch } = run;
    this.last = { step, epoch, valid, seconds, pace, samples };
    if (!this.best || valid < this.best.look.valid) this.best = { look: this.last, tensors };
    return this.last;
  }

  /** Images of the seeds 0 to 7, as the engine draws them. @param {Tensors} tensors */
  samples(tensors) {
    const { drawing, empty, run } = this;
    drawing.f.fill(0, empty, drawing.used);
    drawing.used = empty; // the model of the look before is gone
    const model = new CLASSES[run.settings.model](drawing, run.settings.config, tensors);
    const D = model.dimensions;
    const found = new Uint8Array(SAMPLES * D);
    for (let seed = 0; seed < SAMPLES; seed++) {
      const { values, order } = model.sample({ seed });
      values.forEach((value, t) => (found[seed * D + order[t]] = value));
    }
    return found;
  }

  /** To the best look: what came after it is lost. @param {string} why */
  goBack(why) {
    if (!this.best) throw new Error("the NLL of the first weights is no number");
    const { look, tensors } = this.best;
    this.last = look;
    this.run.trained.load(tensors);
    this.problem =
      `The training has exploded: ${why}. The weights of step ${look.step.toLocaleString("en")} are kept, ` +
      `the best so far. Lower the learning rate, which is ${this.run.settings.learningRate}.`;
  }

  /** All weights one after the other, as `weights_of` in arviz_models/descent.py. */
  weights() {
    return this.run.trained.flat();
  }
}
