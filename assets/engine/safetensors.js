// A strict reader of safetensors files: nothing in the file is believed before it is checked.
//
// The file: 8 bytes, the length of the header; the header, a JSON object that says for each tensor
// its dtype, shape and place; then the numbers. See https://huggingface.co/docs/safetensors.

import { EngineError, shown } from "./errors.js";

const MAX_HEADER = 1_000_000; // bytes; the largest shipped header has 7,000
export const MAX_PARAMETERS = 50_000_000; // more than any shipped model by far

/** Bytes of one number of each dtype that is read. @type {Record<string, number>} */
const SIZES = { F16: 2, BF16: 2, F32: 4, F64: 8 };

/**
 * @typedef {object} Declared What the header says of one tensor.
 * @property {string} dtype
 * @property {number[]} shape
 * @property {[number, number]} data_offsets First byte, and the one after the last.
 */

/**
 * The parameters of a model, each as float32 numbers in C order.
 *
 * @typedef {Record<string, Float32Array>} Tensors
 */

/**
 * Reads the parameters of a model, and nothing else.
 *
 * @param {ArrayBuffer} buffer The file.
 * @param {Record<string, number[]>} expected Shape of each parameter, from the card.
 * @returns {Tensors}
 * @throws {EngineError} The file is damaged or does not hold these parameters.
 */
export function readTensors(buffer, expected) {
  const { declared, begin } = readHeader(buffer);
  const problem = mismatch(expected, declared);
  if (problem) {
    throw new EngineError(`These are not the weights that the card tells of: ${problem}.`);
  }
  const damage = misplaced(declared, buffer.byteLength - begin);
  if (damage) throw new EngineError(`The file of weights is damaged: ${damage}.`);
  /** @type {Tensors} */
  const tensors = {};
  for (const [name, { dtype, data_offsets: place }] of Object.entries(declared)) {
    const values = widened(dtype, buffer.slice(begin + place[0], begin + place[1]));
    if (!allFinite(values)) {
      throw new EngineError(
        `The file of weights is damaged: ${name} holds numbers that are not finite.`,
      );
    }
    tensors[name] = values;
  }
  return tensors;
}

/**
 * @param {ArrayBuffer} buffer
 * @returns {{ declared: Record<string, Declared>, begin: number }} begin: the first byte of the numbers.
 */
function readHeader(buffer) {
  const damaged = (/** @type {string} */ why) =>
    new EngineError(`The file of weights is damaged: ${why}.`);
  if (buffer.byteLength < 8) throw damaged(`it has ${buffer.byteLength} bytes`);
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  if (length > MAX_HEADER || length > buffer.byteLength - 8) {
    throw damaged(`its header declares ${length} bytes, the file has ${buffer.byteLength}`);
  }
  /** @type {unknown} */
  let header;
  try {
    header = JSON.parse(
      new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(buffer, 8, length)),
    );
  } catch {
    throw damaged("its header is no JSON text");
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) {
    throw damaged("its header is no JSON object");
  }
  /** @type {Record<string, Declared>} */
  const declared = Object.create(null);
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    if (!isDeclared(entry)) throw damaged(`its header says of ${shown(name)}: ${shown(entry)}`);
    declared[name] = entry;
  }
  return { declared, begin: 8 + length };
}

/**
 * @param {any} entry
 * @returns {entry is Declared}
 */
function isDeclared(entry) {
  const counts = (/** @type {unknown} */ list) =>
    Array.isArray(list) && list.every((size) => Number.isSafeInteger(size) && size >= 0);
  return (
    typeof entry === "object" &&
    entry !== null &&
    typeof entry.dtype === "string" &&
    counts(entry.shape) &&
    counts(entry.data_offsets) &&
    entry.data_offsets.length === 2
  );
}

/** @param {number[]} shape */
const product = (shape) => shape.reduce((total, size) => total * size, 1);

/**
 * What is wrong with the declared tensors, in words; empty where nothing is.
 *
 * @param {Record<string, number[]>} expected
 * @param {Record<string, Declared>} declared
 */
function mismatch(expected, declared) {
  const missing = Object.keys(expected).filter((name) => !(name in declared));
  if (missing.length) return `missing ${missing.sort().join(", ")}`;
  const unknown = Object.keys(declared).filter((name) => !Object.hasOwn(expected, name));
  if (unknown.length) return `unknown ${unknown.sort().join(", ")}`;
  for (const [name, shape] of Object.entries(expected)) {
    const given = declared[name];
    if (given.shape.join() !== shape.join()) {
      return `${name} has the shape (${given.shape.join(", ")}), expected (${shape.join(", ")})`;
    }
    if (!Object.hasOwn(SIZES, given.dtype)) {
      return `${name} is ${shown(given.dtype)}, expected floating point`;
    }
  }
  return "";
}

/**
 * What is wrong with where the tensors lie: they follow each other and fill the file exactly.
 *
 * @param {Record<string, Declared>} declared
 * @param {number} bytes Those of the file after its header.
 */
function misplaced(declared, bytes) {
  const order = Object.entries(declared).sort(
    ([, a], [, b]) =>
      a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1],
  );
  let end = 0;
  for (const [name, { dtype, shape, data_offsets: place }] of order) {
    const size = product(shape) * SIZES[dtype];
    if (place[0] !== end || place[1] - place[0] !== size) {
      return `${name} lies at ${place[0]} to ${place[1]}, expected ${end} to ${end + size}`;
    }
    end = place[1];
  }
  return end === bytes ? "" : `the header declares ${end} bytes of numbers, the file has ${bytes}`;
}

/** @param {Float32Array} values */
function allFinite(values) {
  let sum = 0; // a number times 0 is 0, or NaN where it is not finite
  for (let i = 0; i < values.length; i++) sum += values[i] * 0;
  return sum === 0;
}

/**
 * @param {string} dtype
 * @param {ArrayBuffer} bytes
 * @returns {Float32Array}
 */
function widened(dtype, bytes) {
  if (dtype === "F16") return fromHalf(new Uint16Array(bytes));
  if (dtype === "BF16") {
    return new Float32Array(Uint32Array.from(new Uint16Array(bytes), (bits) => bits << 16).buffer);
  }
  return dtype === "F64" ? new Float32Array(new Float64Array(bytes)) : new Float32Array(bytes);
}

/**
 * float16 to float32. The bits of a half, moved to where a float has its own, are the number divided
 * by 2^112: the two formats count their exponents from 15 and from 127.
 *
 * @param {Uint16Array} halves
 */
function fromHalf(halves) {
  const found = new Float32Array(halves.length);
  const bits = new Uint32Array(found.buffer);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i];
    if ((half & 0x7c00) === 0x7c00) {
      found[i] = half & 0x3ff ? NaN : Infinity; // refused, whatever its sign
    } else {
      bits[i] = ((half & 0x8000) << 16) | ((half & 0x7fff) << 13);
      found[i] *= 2 ** 112;
    }
  }
  return found;
}
