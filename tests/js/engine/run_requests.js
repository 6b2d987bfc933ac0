// Answers the requests that tests/engine_cases.py wrote into a folder:
//
//     node tests/js/engine/run_requests.js FOLDER

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { argv } from "node:process";

import { build } from "../../../assets/engine/index.js";
import { answersOf } from "./answers.js";

/** @param {string} path */
function contents(path) {
  const bytes = readFileSync(path);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
}

/** @param {any} asked */
async function answer({ card, simd, ...asked }) {
  const weights = contents(card.replace(/\.json$/, ".safetensors"));
  const model = build(JSON.parse(readFileSync(card, "utf8")), weights, { simd });
  return answersOf(
    {
      kernel: model.kernel.kind,
      sample: ({ start, ...options }) =>
        (start ? /** @type {any} */ (model).withStart(start) : model).sample(options),
      logits: (x) => model.logits(x),
    },
    asked,
  );
}

const [folder] = argv.slice(2);
const found = [];
for (const asked of JSON.parse(readFileSync(join(folder, "requests.json"), "utf8"))) {
  found.push(await answer(asked));
}
writeFileSync(join(folder, "answers.json"), JSON.stringify(found));
