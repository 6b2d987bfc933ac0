// Makes the bytes of the engine's WebAssembly from its text:
//
//     npm run kernel

import { readFileSync, writeFileSync } from "node:fs";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";

const FOLDER = new URL("../../../assets/engine/", import.meta.url);
const LINE = 64; // bytes on a line

/** Each text, the file of its bytes, and their name. */
export const MODULES = [
  { text: "kernel.wat", file: "kernel_bytes.js", name: "KERNEL_BYTES" },
  { text: "training/loops.wat", file: "training/loops_bytes.js", name: "LOOPS_BYTES" },
].map(({ file, ...others }) => ({ ...others, file: new URL(file, FOLDER) }));

/**
 * The text of a file of bytes, as its .wat makes it.
 *
 * @param {{ text: string, name: string }} module
 * @returns {Promise<string>}
 */
export async function assembled({ text: path, name }) {
  const { default: start } = await import("wabt");
  const wabt = await start();
  const source = readFileSync(new URL(path, FOLDER), "utf8");
  const module = wabt.parseWat(path, source, { simd: true });
  module.validate();
  const { buffer } = module.toBinary({});
  module.destroy();
  // Not in base64: gzip finds what comes again in it at one place of three only.
  const text = Buffer.from(buffer).toString("hex");
  const lines = text.match(new RegExp(`.{1,${2 * LINE}}`, "g")) ?? [];
  return [
    `// Made from ${path.split("/").at(-1)} by \`npm run kernel\`, never by hand: a test compares.`,
    "",
    `/** The module's ${buffer.length} bytes, in hexadecimal. */`,
    `export const ${name} = \`\n${lines.join("\n")}\n\`;`,
    "",
  ].join("\n");
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  for (const module of MODULES) writeFileSync(module.file, await assembled(module));
}
