import assert from "node:assert/strict";
import { test } from "node:test";

import { EngineError } from "../../../assets/engine/errors.js";
import { build } from "../../../assets/engine/index.js";
import { readTensors } from "../../../assets/engine/safetensors.js";
import { fileOf, halfFile } from "./files.js";

const SHAPES = { w: [2, 3], b: [3] };

/** A file that holds w and b in float32. */
const good = () => fileOf({ w: { shape: [2, 3] }, b: { shape: [3] } });

/**
 * @param {() => unknown} call
 * @param {RegExp} message
 */
const refused = (call, message) =>
  assert.throws(call, (/** @type {Error} */ error) => {
    assert.ok(error instanceof EngineError, String(error));
    assert.match(error.message, message);
    assert.ok(error.message.endsWith(".")); // a sentence
    return true;
  });

test("tensors are read by name, whatever their order in the file", () => {
  const { w, b } = readTensors(good(), SHAPES);
  assert.deepEqual([...w], [0, 1, 2, 3, 4, 5]);
  assert.deepEqual([...b], [6, 7, 8]);
});

test("float16 is widened exactly: normal, subnormal and zero, of either sign", () => {
  const halves = [0x3c00, 0xc000, 0x3555, 0x0001, 0x83ff, 0x0400, 0x7bff, 0x8000];
  const found = readTensors(halfFile("w", halves), { w: [8] }).w;
  const expected = [1, -2, 0.333251953125, 2 ** -24, -1023 * 2 ** -24, 2 ** -14, 65504, -0];
  assert.deepEqual([...found], expected);
});

test("bfloat16 and float64 become float32", () => {
  const words = Uint16Array.of(0x3f80, 0xc040); // 1, -3
  const bf16 = fileOf({ w: { shape: [2], dtype: "BF16", bytes: words.buffer } });
  assert.deepEqual([...readTensors(bf16, { w: [2] }).w], [1, -3]);
  const doubles = Float64Array.of(0.5, -4);
  const f64 = fileOf({ w: { shape: [2], dtype: "F64", bytes: doubles.buffer } });
  assert.deepEqual([...readTensors(f64, { w: [2] }).w], [0.5, -4]);
});

test("a file cut anywhere is refused in a plain sentence", () => {
  const whole = good();
  for (let length = 0; length < whole.byteLength; length++) {
    refused(() => readTensors(whole.slice(0, length), SHAPES), /damaged|not the weights/);
  }
});

test("a file with more bytes than it declares is refused", () => {
  const longer = new Uint8Array(good().byteLength + 4);
  longer.set(new Uint8Array(good()));
  refused(
    () => readTensors(longer.buffer, SHAPES),
    /declares 36 bytes of numbers, the file has 40/,
  );
});

test("a declared tensor of 10^6 x 10^6 takes no memory: its shape is not the expected one", () => {
  const huge = fileOf({ w: { shape: [1e6, 1e6], place: [0, 4e12] }, b: { shape: [3] } });
  refused(
    () => readTensors(huge, SHAPES),
    /w has the shape \(1000000, 1000000\), expected \(2, 3\)/,
  );
});

test("a card that describes 10^6 x 10^6 weights is refused before its weights are read", () => {
  const config = { event_shape: [1_000_000], hidden: 1_000_000 };
  refused(() => build({ class: "NADE", config }, good()), /describes \d+ parameters; at most/);
});

test("weights of another model are refused: missing, unknown, of another shape or dtype", () => {
  const { buffer } = new Int32Array(6);
  const other = (/** @type {any} */ tensors) => () => readTensors(fileOf(tensors), SHAPES);
  refused(other({ w: { shape: [2, 3] } }), /missing b/);
  refused(other({ w: { shape: [2, 3] }, b: { shape: [3] }, c: { shape: [1] } }), /unknown c/);
  refused(other({ w: { shape: [3, 2] }, b: { shape: [3] } }), /w has the shape \(3, 2\)/);
  refused(other({ w: { shape: [2, 3], dtype: "I32", bytes: buffer }, b: { shape: [3] } }), /"I32"/);
  refused(other({ w: { shape: [2, 3], dtype: "toString" }, b: { shape: [3] } }), /"toString"/);
});

test("tensors that overlap, leave a hole or are too short are refused", () => {
  for (const place of [
    [0, 12],
    [24, 40],
    [28, 40],
    [24, 28],
    [-4, 8],
    [24.5, 36.5],
  ]) {
    const file = fileOf({ w: { shape: [2, 3] }, b: { shape: [3], place } });
    refused(() => readTensors(file, SHAPES), /[bw] lies at|says of "b"/);
  }
});

test("numbers that are not finite are refused", () => {
  for (const half of [0x7c00, 0xfc00, 0x7e01]) {
    refused(
      () => readTensors(halfFile("w", [half]), { w: [1] }),
      /w holds numbers that are not finite/,
    );
  }
  const bytes = Float32Array.of(NaN).buffer;
  refused(() => readTensors(fileOf({ w: { shape: [1], bytes } }), { w: [1] }), /not finite/);
});

test("a header that is no header is refused", () => {
  const withHeader = (/** @type {string} */ text, length = text.length) => {
    const bytes = new Uint8Array(8 + text.length);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
    bytes.set(new TextEncoder().encode(text), 8);
    return () => readTensors(bytes.buffer, SHAPES);
  };
  refused(withHeader("no JSON"), /no JSON text/);
  refused(withHeader("[]"), /no JSON object/);
  refused(withHeader("null"), /no JSON object/);
  refused(withHeader("{}"), /missing b, w/);
  refused(withHeader('{"w": 3}'), /says of "w": 3/);
  refused(
    withHeader('{"w": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}'),
    /says of "w"/,
  );
  refused(withHeader('{"__proto__": {"dtype": "F32"}}'), /says of "__proto__"/);
  refused(withHeader("{}", 2 ** 53), /declares \d+ bytes/);
});
