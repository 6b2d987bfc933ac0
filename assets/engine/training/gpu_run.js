// A training whose steps the GPU takes.

import { MADEOnGPU } from "./gpu_made.js";
import { PixelCNNOnGPU } from "./gpu_pixelcnn.js";
import { Device, GPUEnds } from "./gpu.js";
import { SLOTS } from "./gpu_trained.js";

/** @typedef {import("./watched.js").WatchedRun} WatchedRun */

const MODELS = { MADE: MADEOnGPU, PixelCNN: PixelCNNOnGPU };
const [QUICK, SLOW] = [30, 90]; // milliseconds: more steps at once, fewer
const TRIED = 400; // milliseconds after which its speed is judged
const WORSE = 2; // times the processor's time for a step: then the processor is better

/** With two significant digits: 0.43, 4.3, 430. @param {number} time above 0 */
export function twoDigits(time) {
  const places = 1 - Math.floor(Math.log10(time));
  const unit = 10 ** Math.abs(places);
  return places > 0 ? Math.round(time * unit) / unit : Math.round(time / unit) * unit;
}

export class RunOnGPU {
  /**
   * @param {WatchedRun} watched
   * @param {import("./gpu_trained.js").TrainedOnGPU} trained
   * @param {number} hostTakes milliseconds that the processor takes for a step; Infinity: not to be compared
   */
  constructor(watched, trained, hostTakes) {
    this.watched = watched;
    this.trained = trained;
    this.hostTakes = hostTakes;
    this.many = 1; // steps at once
    this.tried = { steps: 0, milliseconds: 0 };
    this.ends = ""; // why the processor is better
  }

  /**
   * @param {WatchedRun} watched as it is now
   * @param {GPUAdapter} adapter
   * @param {boolean} [slowToo] whether it is taken also where the processor is faster: for tests
   * @returns {Promise<RunOnGPU>}
   * @throws {Error} It cannot, or is not to be trusted.
   */
  static async open(watched, adapter, slowToo = false) {
    const { run } = watched;
    const { batchSize, model } = run.settings;
    const Model = /** @type {any} */ (MODELS[/** @type {keyof typeof MODELS} */ (model)]);
    if (!Model)
      throw new GPUEnds(`${model} goes from pixel to pixel, which a GPU does not shorten.`);
    const device = await Device.open(adapter);
    try {
      const most = { batch: Math.min(batchSize, run.images.train), valid: run.images.valid };
      /** @type {import("./gpu_trained.js").TrainedOnGPU} */
      const trained = new Model(device, run.trained, most);
      trained.load();
      const { images, count } = run.batch();
      const takes = await trained.check(images, count);
      return new RunOnGPU(watched, trained, slowToo ? Infinity : takes);
    } catch (error) {
      device.close();
      throw error;
    }
  }

  /** @returns {Promise<number[]>} the losses of some steps; the last is no number where it has exploded */
  async learn() {
    if (this.ends) {
      await this.fetch();
      throw new GPUEnds(this.ends);
    }
    const { watched, trained } = this;
    const { run } = watched;
    const began = performance.now();
    const from = run.step;
    const batches = [];
    const { epochs } = run.settings;
    const left = epochs === null ? Infinity : epochs * run.epochSteps - run.step;
    while (batches.length < Math.min(this.many, left)) {
      batches.push(run.batch());
      run.step++;
    }
    const losses = await trained.learn(batches);
    const spent = performance.now() - began;
    run.seconds += spent / 1000;
    if (spent < QUICK) this.many = Math.min(SLOTS, 2 * this.many);
    if (spent > SLOW) this.many = Math.max(1, this.many >> 1);
    const told = [];
    for (const [k, loss] of losses.entries()) {
      if (!watched.judge(loss, from + k + 1)) break;
      told.push(loss);
      if (watched.problem) break;
    }
    this.compare(losses.length, spent);
    return told;
  }

  /** @param {number} steps @param {number} milliseconds */
  compare(steps, milliseconds) {
    const { tried } = this;
    if (this.hostTakes === Infinity) return;
    tried.steps += steps;
    tried.milliseconds += milliseconds;
    if (tried.milliseconds < TRIED) return;
    const [here, host] = [tried.milliseconds / tried.steps, this.hostTakes];
    this.hostTakes = Infinity; // once is enough
    if (here <= WORSE * host) return;
    const [a, b] = [here, host].map(twoDigits);
    this.ends = `a step takes the GPU ${a} ms, and the processor ${b} ms.`;
  }

  /** Brings the weights here, but where the run went back to better ones. */
  async fetch() {
    if (!this.watched.problem) await this.trained.fetch();
  }

  /** As `look` of the run. */
  async look() {
    const { watched, trained } = this;
    if (watched.seen) return null;
    const began = performance.now();
    await this.fetch();
    const { images, count } = watched.run.validation();
    return watched.look(await trained.validate(images, count), began);
  }

  close() {
    this.trained.device.close();
  }
}
