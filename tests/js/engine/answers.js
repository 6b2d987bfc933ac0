// What a model of the engine answers to the requests of tests/engine_cases.py; in node and in a browser.

/** @import { SampleOptions, Trace } from "../../../assets/engine/drawing.js" */

/**
 * @typedef {object} Asked
 * @property {(SampleOptions & { start?: string })[]} requests
 * @property {number[][]} x levels of which the logits are wanted
 */

/**
 * @typedef {object} Model What is needed of a model, here or in a worker.
 * @property {string} kernel
 * @property {(options: SampleOptions & { start?: string }) => Trace | Promise<Trace>} sample
 * @property {(x: number[]) => Float32Array | Promise<Float32Array>} logits
 */

/** @param {Uint8Array | Float32Array | Int32Array} array */
function base64(array) {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  }
  return btoa(text);
}

/** @param {Model} model @param {Asked} asked */
export async function answersOf(model, { requests, x }) {
  const samples = [];
  for (const options of requests) {
    const { values, probs, uniforms, order, internals, milliseconds } = await model.sample(options);
    samples.push({
      values: base64(values),
      probs: base64(probs),
      uniforms: base64(uniforms),
      order: base64(order),
      internals: Object.fromEntries(
        Object.entries(internals).map(([name, array]) => [name, base64(array)]),
      ),
      milliseconds,
    });
  }
  const logits = [];
  for (const levels of x) logits.push(base64(await model.logits(levels)));
  return { kernel: model.kernel, samples, logits };
}
