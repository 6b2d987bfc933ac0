// A training, one batch at a time: the same batches, learning rates and first weights as those of `Run`
// in arviz_models/training.py, so that it is the same training but for rounding.

import { EngineError } from "../errors.js";
import { MersenneTwister } from "../random.js";
import { initial, permutation, startAtMarginals } from "./initial.js";
import { TrainedMADE } from "./made.js";
import { TrainedNADE } from "./nade.js";
import { TrainedPixelCNN } from "./pixelcnn.js";

/** @typedef {import("./images.js").Images} Images */

/**
 * @typedef {object} Settings
 * @property {string} model Name of the class, one of `TRAINED`.
 * @property {import("../card.js").Config} config Arguments of the Python class.
 * @property {number} seed Of weights and batches.
 * @property {number} learningRate Of Adam, at first.
 * @property {number} batchSize Images a step.
 * @property {number | null} epochs How long it trains; the learning rate then falls to 0 along them.
 * @property {number | null} seconds How long it trains, where `epochs` is null.
 */

/** Models that can be trained here, by the name of their Python class. */
export const TRAINED = { NADE: TrainedNADE, MADE: TrainedMADE, PixelCNN: TrainedPixelCNN };

export class Run {
  /**
   * @param {Settings} settings
   * @param {Images} images
   * @param {{ simd?: boolean }} [options] simd: false for the loops in JavaScript.
   */
  constructor(settings, images, options) {
    const { config, seed } = settings;
    const model = /** @type {keyof typeof TRAINED} */ (settings.model);
    if (!Object.hasOwn(TRAINED, model)) {
      throw new EngineError(`${model} is not trained in a browser.`);
    }
    this.settings = settings;
    this.images = images;
    this.trained = new TRAINED[model](config, options);
    if (this.trained.dimensions !== images.dimensions) {
      throw new EngineError(
        `The images have ${images.dimensions} pixels, the model ${this.trained.dimensions}.`,
      );
    }
    const { levels } = this.trained;
    if (levels !== images.levels) {
      throw new EngineError(`The images have ${images.levels} levels, the model ${levels}.`);
    }
    const tensors = initial(model, config, seed);
    startAtMarginals(model, config, tensors, images.counts(), levels);
    this.trained.load(tensors);
    this.step = 0;
    this.seconds = 0; // of all steps
    this.epoch = -1; // of `shuffled`
    this.shuffled = new Int32Array(0);
  }

  /** What a training of the same settings goes on from, the same to the last bit. */
  state() {
    const { step, seconds, trained } = this;
    return { step, seconds, trained: trained.state() };
  }

  /** @param {ReturnType<Run["state"]>} state */
  resume({ step, seconds, trained }) {
    this.trained.resume(trained);
    this.step = step;
    this.seconds = seconds;
  }

  /** Batches of an epoch. */
  get epochSteps() {
    return Math.ceil(this.images.train / this.settings.batchSize);
  }

  /** Epochs so far. */
  get position() {
    return this.step / this.epochSteps;
  }

  /** The learning rate of the next step. */
  get learningRate() {
    const { epochs, learningRate } = this.settings;
    if (epochs === null) return learningRate;
    return (learningRate * (1 + Math.cos((Math.PI * this.position) / epochs))) / 2;
  }

  /** The next batch, and the learning rate of its step. */
  batch() {
    const { seed, batchSize } = this.settings;
    const taken = this.step % this.epochSteps;
    const epoch = Math.floor(this.step / this.epochSteps);
    if (this.epoch !== epoch) {
      this.shuffled = permutation(this.images.train, new MersenneTwister(seed * 1_000_003 + epoch));
      this.epoch = epoch;
    }
    const index = this.shuffled.subarray(taken * batchSize, (taken + 1) * batchSize);
    const { images, learningRate } = this;
    return { images: images.batch(index), count: index.length, learningRate };
  }

  /** Learns from the next batch. @returns {number} its mean loss before the step, nats an image. */
  takeStep() {
    const began = performance.now();
    const { images, count, learningRate } = this.batch();
    const loss = this.trained.learn(images, count, learningRate);
    this.step++;
    this.seconds += (performance.now() - began) / 1000;
    return loss;
  }

  /** The images of validation. */
  validation() {
    const { images } = this;
    const index = Int32Array.from({ length: images.valid }, (_, n) => images.train + n);
    return { images: images.batch(index), count: images.valid };
  }

  /** Mean of -log p(x) over the images of validation, nats an image. */
  validate() {
    const { images, count } = this.validation();
    return this.trained.pass(images, count, false) / count;
  }
}
