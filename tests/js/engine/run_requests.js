// Answers the requests that tests/engine_cases.py wrote into a folder:
//
//     node tests/js/engine/run_requests.js FOLDER

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { argv } from "node:process";

import { build } from "../../../assets/engine/index.js";

/** @param {Uint8Array | Float32Array | Int32Array} array */
const base64 = (array) =>
  Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString("base64");

/** @param {string} path */
function contents(path) {
  const bytes = readFileSync(path);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
}

/** @param {any} asked */
function answer({ card, weights, simd, requests, x }) {
  const bytes = /** @type {ArrayBuffer} */ (contents(weights));
  const model = build(JSON.parse(readFileSync(card, "utf8")), bytes, { simd });
  const samples = requests.map((/** @type {any} */ { start, ...options }) => {
    const trace = (start ? /** @type {any} */ (model).withStart(start) : model).sample(options);
    const { values, probs, uniforms, order, internals, milliseconds } = trace;
    return {
      values: base64(values),
      probs: base64(probs),
      uniforms: base64(uniforms),
      order: base64(order),
      internals: Object.fromEntries(
        Object.entries(internals).map(([name, array]) => [
          name,
          base64(/** @type {any} */ (array)),
        ]),
      ),
      milliseconds,
    };
  });
  const logits = x.map((/** @type {number[]} */ levels) => base64(model.logits(levels)));
  return { kernel: model.kernel.kind, samples, logits };
}

const [folder] = argv.slice(2);
const asked = JSON.parse(readFileSync(join(folder, "requests.json"), "utf8"));
writeFileSync(join(folder, "answers.json"), JSON.stringify(asked.map(answer)));
