// Reads what pages/ui/components.py `pack` wrote: 4 bytes header length, a JSON header, then arrays.

/** @typedef {Uint8Array | Int32Array | Float32Array | Float64Array} Numbers */
/** @typedef {"u1" | "f2" | "i4" | "f4" | "f8"} WireType */

const WIDTHS = { u1: 1, f2: 2, i4: 4, f4: 4, f8: 8 }; // bytes of a number

// IEEE half precision, every finite value: a look-up is faster than arithmetic and works in every browser.
/** @type {Float32Array | null} */
let halves = null;
function halfTable() {
  if (halves) return halves;
  halves = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    const size =
      exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
    halves[bits] = (bits & 32768 ? -1 : 1) * size;
  }
  return halves;
}

/**
 * @param {ArrayBuffer} part
 * @param {WireType} type
 * @returns {Numbers}
 */
function numbersOf(part, type) {
  if (type === "u1") return new Uint8Array(part);
  if (type === "i4") return new Int32Array(part);
  if (type === "f4") return new Float32Array(part);
  if (type === "f8") return new Float64Array(part);
  const table = halfTable();
  return Float32Array.from(new Uint16Array(part), (bits) => table[bits]);
}

/**
 * @param {Uint8Array} bytes
 * @returns {{ meta: any, arrays: Record<string, any> }} arrays: typed arrays by name
 */
export function unpack(bytes) {
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  /** @type {Record<string, Numbers>} */
  const arrays = {};
  let offset = 4 + length;
  for (const { name, type, size } of header.arrays) {
    const bytesOfIt = size * WIDTHS[/** @type {WireType} */ (type)];
    const part = bytes.slice(offset, offset + bytesOfIt).buffer; // a copy is aligned
    arrays[name] = numbersOf(part, type);
    offset += bytesOfIt;
  }
  return { meta: header.meta, arrays };
}
