// Answers the requests that tests/test_browser_training.py wrote into a folder:
//
//     node tests/js/engine/train_requests.js FOLDER

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { argv } from "node:process";

import { Images } from "../../../assets/engine/training/images.js";
import { WatchedRun } from "../../../assets/engine/training/watched.js";
import { WatchedFlow } from "../../../assets/engine/training/watched_flow.js";

const BATCH = 256; // points whose gradients are compared

/** @param {ArrayBufferView} array */
const base64 = ({ buffer, byteOffset, byteLength }) =>
  Buffer.from(/** @type {ArrayBuffer} */ (buffer), byteOffset, byteLength).toString("base64");

/** @param {Record<string, Float32Array>} tensors */
const coded = (tensors) =>
  Object.fromEntries(Object.entries(tensors).map(([name, array]) => [name, base64(array)]));

/** @param {any} asked */
function answer({ settings, images, train, dimensions, levels, steps, simd }) {
  const bits = new Uint8Array(readFileSync(images));
  const watched = new WatchedRun(settings, new Images(bits, dimensions, train, levels), { simd });
  const { run } = watched;
  const { trained } = run;
  const first = coded(trained.tensors());
  const batch = run.images.batch(Int32Array.from({ length: 130 }, (_, n) => n));
  trained.pass(batch, 130, true);
  const gradients = coded(trained.tensors(trained.g));
  trained.kernel.f.fill(0, trained.g, trained.g + trained.size);
  const losses = Array.from({ length: steps }, () => watched.learn());
  const look = watched.look();
  return {
    first,
    gradients,
    losses,
    look: look && { ...look, samples: base64(look.samples) },
    weights: base64(watched.weights()),
  };
}

/** @param {any} asked */
function answerFlow({ settings, points: path, steps, simd }) {
  const bytes = new Uint8Array(readFileSync(path));
  const points = new Float32Array(bytes.buffer);
  const watched = new WatchedFlow(settings, points, { simd });
  const { trained } = watched;
  const first = coded(trained.tensors());
  const some = points.subarray(0, 2 * BATCH);
  trained.pass(some, some.length / 2, true);
  const gradients = coded(trained.tensors(trained.g));
  trained.kernel.f.fill(0, trained.g, trained.g + trained.size);
  const losses = Array.from({ length: steps }, () => watched.learn());
  const look = watched.look();
  return {
    first,
    gradients,
    losses,
    look: look && {
      step: look.step,
      most: look.most,
      density: base64(look.density),
      lines: base64(look.lines),
      points: base64(look.points),
    },
    weights: base64(watched.weights()),
  };
}

const [folder] = argv.slice(2);
const asked = JSON.parse(readFileSync(join(folder, "requests.json"), "utf8"));
writeFileSync(
  join(folder, "answers.json"),
  JSON.stringify(asked.map((/** @type {any} */ each) => (each.points ? answerFlow : answer)(each))),
);
