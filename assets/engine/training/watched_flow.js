// A flow that trains, one batch at a time, and is looked at on the way: the same batches, learning rates
// and first weights as those of `train` in arviz_models/flows.py, and the same pictures as
// `frame_arrays` in arviz_models/analysis/flow_planes.py, but for rounding.

import { EngineError } from "../errors.js";
import { MersenneTwister } from "../random.js";
import { TrainedFlow } from "./flow.js";

/**
 * @typedef {object} FlowSettings
 * @property {"flow"} model
 * @property {import("./initial_flow.js").FlowConfig} config
 * @property {number} seed Of weights and batches.
 * @property {number} learningRate Of Adam, at first; it falls to 0 along a cosine.
 * @property {number} batchSize Points a step.
 * @property {number} steps Of the whole training.
 * @property {number} goal The step after which it ends.
 * @property {number[]} moments Steps after which it looks; 0 is one of them.
 * @property {{ window: number, cells: number, lines: number, along: number, shown: number }} planes
 *   What a look holds: of the planes [-window, window]^2 cells^2 cells, 2 lines lines of `along` points; of the
 *   data the first `shown` points.
 */

/**
 * @typedef {object} FlowLook
 * @property {number} step
 * @property {number} most The highest density of x.
 * @property {Uint8Array} density (cells^2) of x, 255 sqrt(density / most), from the top row.
 * @property {Float32Array} lines (2 lines, along, 2) of z, in x.
 * @property {Float32Array} points (shown, 2) of the data, in z.
 * @property {Float32Array} weights all, one after the other; they stay in the browser.
 */

/** @param {number} from @param {number} to @param {number} count */
const evenly = (from, to, count) =>
  Array.from({ length: count }, (_, k) => from + ((to - from) * k) / (count - 1));

/** The centres of the cells of a plane, from the top row. @param {FlowSettings["planes"]} planes */
function gridOf({ window, cells }) {
  const found = new Float32Array(2 * cells * cells);
  for (let at = 0; at < cells * cells; at++) {
    const [row, column] = [Math.floor(at / cells), at % cells];
    found[2 * at] = ((column + 0.5) / cells) * 2 * window - window;
    found[2 * at + 1] = window - ((row + 0.5) / cells) * 2 * window;
  }
  return found;
}

/** Straight lines over z, first those of constant z_1. @param {FlowSettings["planes"]} planes */
function linesOf({ window, lines, along }) {
  const [constant, runs] = [evenly(-window, window, lines), evenly(-window, window, along)];
  const upright = constant.flatMap((c) => runs.map((r) => [c, r]));
  const level = constant.flatMap((c) => runs.map((r) => [r, c]));
  return Float32Array.from([...upright, ...level].flat());
}

/** A density as a picture colours it, from -log p. @param {Float64Array} losses */
function shaded(losses) {
  const density = losses.map((loss) => Math.min(1e30, Math.exp(-loss) || 0));
  const most = density.reduce((a, b) => Math.max(a, b), 1e-9);
  return { most, density: Uint8Array.from(density, (p) => Math.round(255 * Math.sqrt(p / most))) };
}

export class WatchedFlow {
  /**
   * @param {FlowSettings} settings
   * @param {Float32Array} points (N 2)
   * @param {{ simd?: boolean }} [options]
   */
  constructor(settings, points, options) {
    const { config, seed, planes, moments } = settings;
    if (points.length < 4 || points.length % 2 || !points.every(Number.isFinite)) {
      throw new EngineError(`The points are damaged: ${points.length} numbers came.`);
    }
    this.settings = settings;
    this.points = points;
    this.trained = new TrainedFlow(config, seed, options);
    this.stream = new MersenneTwister(seed); // of the batches
    this.batch = new Float32Array(2 * Math.min(settings.batchSize, points.length / 2));
    this.grid = gridOf(planes);
    this.lines = linesOf(planes);
    this.moments = new Set(moments);
    this.step = 0;
    this.seconds = 0; // of all steps
    this.problem = "";
    /** @type {FlowLook | null} The last one. */
    this.last = null;
  }

  /** How much of the way to its goal is done, 0 to 1. */
  get part() {
    return Math.min(1, this.step / this.settings.goal);
  }

  get done() {
    return this.part >= 1 || this.problem !== "";
  }

  /** Whether it is time for a look. */
  get looks() {
    return !this.problem && this.moments.has(this.step) && this.last?.step !== this.step;
  }

  /** The learning rate of the next step. */
  get learningRate() {
    const { learningRate, steps } = this.settings;
    return (learningRate * (1 + Math.cos((Math.PI * this.step) / steps))) / 2;
  }

  /** Learns from the next batch. @returns {number | null} its mean loss before the step; null where it is no number. */
  learn() {
    const began = performance.now();
    const { batch, points, stream } = this;
    for (let n = 0; n < batch.length / 2; n++) {
      const index = stream.output() % (points.length / 2);
      batch[2 * n] = points[2 * index];
      batch[2 * n + 1] = points[2 * index + 1];
    }
    const loss = this.trained.learn(batch, batch.length / 2, this.learningRate);
    this.step++;
    this.seconds += (performance.now() - began) / 1000;
    if (Number.isFinite(loss)) return loss;
    this.goBack();
    return null;
  }

  /** The planes as they are now. @returns {FlowLook | null} null where it is the last one. */
  look() {
    const { trained, step, points, settings } = this;
    if (this.problem || this.last?.step === step) return null;
    const weights = trained.flat();
    if (!weights.every(Number.isFinite)) {
      this.goBack();
      return null;
    }
    this.last = {
      step,
      ...shaded(trained.toZ(this.grid).losses),
      lines: trained.toX(this.lines),
      points: trained.toZ(points.subarray(0, 2 * settings.planes.shown)).z,
      weights,
    };
    return this.last;
  }

  /** To the last look: what came after it is lost. */
  goBack() {
    const { step } = this;
    const kept = /** @type {FlowLook} */ (this.last); // there is one of the beginning
    this.problem =
      `The training has exploded: the loss of step ${step.toLocaleString("en")} is no number any more. ` +
      `The weights of step ${kept.step.toLocaleString("en")} are kept.`;
  }

  /** All weights one after the other, as `weights_of` in arviz_models/descent.py. */
  weights() {
    return this.problem ? /** @type {FlowLook} */ (this.last).weights : this.trained.flat();
  }
}
