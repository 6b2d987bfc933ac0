// Files of weights, made for the tests.

/**
 * @typedef {object} Entry
 * @property {number[]} shape
 * @property {string} [dtype] float32 otherwise.
 * @property {ArrayBuffer} [bytes] Counted on from tensor to tensor otherwise.
 * @property {number[]} [place] data_offsets; where the bytes lie otherwise.
 */

/**
 * A safetensors file.
 *
 * @param {Record<string, Entry>} tensors
 * @returns {ArrayBuffer}
 */
export function fileOf(tensors) {
  /** @type {Uint8Array[]} */
  const parts = [];
  /** @type {Record<string, unknown>} */
  const header = { __metadata__: { format: "pt" } };
  let [end, count] = [0, 0];
  for (const [name, { shape, dtype = "F32", bytes, place }] of Object.entries(tensors)) {
    const size = place
      ? Math.max(0, Math.min(64, place[1] - place[0])) / 4
      : shape.reduce((a, b) => a * b, 1);
    const counted = Float32Array.from({ length: size }, () => count++);
    const part = new Uint8Array(bytes ?? counted.buffer);
    header[name] = { dtype, shape, data_offsets: place ?? [end, end + part.length] };
    parts.push(part);
    end += part.length;
  }
  return joined(header, parts);
}

/**
 * A file with one tensor of float16.
 *
 * @param {string} name
 * @param {number[]} halves Their bits.
 */
export const halfFile = (name, halves) =>
  fileOf({
    [name]: { shape: [halves.length], dtype: "F16", bytes: Uint16Array.from(halves).buffer },
  });

/**
 * @param {object} header
 * @param {Uint8Array[]} parts
 */
function joined(header, parts) {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const length = parts.reduce((total, part) => total + part.length, 8 + text.length);
  const file = new Uint8Array(length);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  let at = 8 + text.length;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file.buffer;
}
