// What a flow on two variables begins with: as `flow` of arviz_models/flows.py draws it from its seed.

import { MersenneTwister } from "../random.js";
import { permutation, uniform } from "./initial.js";

/** @typedef {import("../safetensors.js").Tensors} Tensors */

/**
 * @typedef {object} FlowConfig What decides a flow, but for its seed.
 * @property {"maf" | "iaf"} kind
 * @property {number} layers K, steps that are stacked.
 * @property {"natural" | "reversed" | "random"} order of the variables from step to step.
 * @property {number[]} hidden Units of each hidden layer of every step's network.
 */

export const OUTPUTS = 4; // of a network: mu and s of both variables

/** Names and shapes of the tensors of a step, in Python's order. @param {FlowConfig} config @param {number} step */
export function shapesOf({ kind, hidden }, step) {
  const prefix = `transform.transforms.${step}.${kind === "iaf" ? "transform." : ""}hyper`;
  const widths = [2, ...hidden, OUTPUTS];
  return widths.slice(1).flatMap((units, l) => [
    { name: `${prefix}.${2 * l}.weight`, shape: [units, widths[l]] },
    { name: `${prefix}.${2 * l}.bias`, shape: [units] },
  ]);
}

/**
 * What a flow begins with: as `flow` of arviz_models/flows.py draws it.
 *
 * @param {FlowConfig} config
 * @param {number} seed
 * @returns {{ tensors: Tensors, firsts: number[] }} by the names of Python, in its order; which variable
 *   each step takes first.
 */
export function initialFlow(config, seed) {
  const stream = new MersenneTwister(seed);
  /** @type {Tensors} */
  const tensors = {};
  const firsts = [];
  for (let step = 0; step < config.layers; step++) {
    let first = config.order === "reversed" ? step % 2 : 0;
    if (config.order === "random") first = permutation(2, stream)[0]; // its ranks
    firsts.push(first);
    let bound = 0;
    for (const { name, shape } of shapesOf(config, step)) {
      if (shape.length > 1) bound = 1 / Math.sqrt(shape[1]);
      tensors[name] = uniform(stream, shape, bound);
    }
  }
  return { tensors, firsts };
}
