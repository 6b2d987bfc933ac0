// Reads what pages/ui/components.py `pack` wrote: 4 bytes header length, a JSON header, then arrays.

const TYPES = { u1: Uint8Array, i4: Int32Array, f4: Float32Array };

// IEEE half precision, every finite value: a look-up is faster than arithmetic and works in every browser.
let halves = null;
function halfTable() {
  if (halves) return halves;
  halves = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    const size = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
    halves[bits] = (bits & 32768 ? -1 : 1) * size;
  }
  return halves;
}

/** bytes (Uint8Array) -> { meta, arrays: { name: typed array } } */
export function unpack(bytes) {
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const arrays = {};
  let offset = 4 + length;
  for (const { name, type, size } of header.arrays) {
    const width = { u1: 1, f2: 2, i4: 4, f4: 4 }[type];
    const part = bytes.slice(offset, offset + size * width).buffer; // a copy is aligned
    arrays[name] =
      type === "f2" ? Float32Array.from(new Uint16Array(part), (bits) => halfTable()[bits]) : new TYPES[type](part);
    offset += size * width;
  }
  return { meta: header.meta, arrays };
}
