import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { EngineError } from "../../../assets/engine/errors.js";
import { AS_IS, RELU, createKernel, placed, sigmoid, tanh } from "../../../assets/engine/kernel.js";
import { MersenneTwister } from "../../../assets/engine/random.js";
import { MODULES, assembled } from "./assemble_kernel.js";

/** Both kernels: each test runs on either. */
const KERNELS = [true, false].map((simd) => ({
  make: () => createKernel({ simd }),
  kind: simd ? "WebAssembly SIMD" : "JavaScript",
}));

const stream = new MersenneTwister(1);

/**
 * @param {number} length
 * @param {number} [scale]
 */
const numbers = (length, scale = 2) =>
  Float32Array.from({ length }, () => scale * (stream.uniform() - 0.5));

/**
 * @param {ArrayLike<number>} found
 * @param {ArrayLike<number>} expected
 * @param {number} tolerance
 */
function assertClose(found, expected, tolerance) {
  assert.equal(found.length, expected.length);
  for (let i = 0; i < found.length; i++) {
    assert.ok(
      Math.abs(found[i] - expected[i]) <= tolerance,
      `${found[i]}, not ${expected[i]}, at ${i}`,
    );
  }
}

/** Whether the development tools are installed: `make test` runs without them, `make lint` with. */
const hasWabt = await import("wabt").then(
  () => true,
  () => false,
);

for (const module of MODULES) {
  test(
    `${module.text} makes the committed bytes`,
    { skip: hasWabt ? false : "wabt is not installed" },
    async () => {
      assert.equal(readFileSync(module.file, "utf8"), await assembled(module));
    },
  );
}

for (const { make, kind } of KERNELS) {
  test(`${kind}: the kernel that was asked for is made`, () => assert.equal(make().kind, kind));

  test(`${kind}: matvec adds the products to b, for every length`, () => {
    for (const M of [4, 8, 16, 20, 28, 32, 36, 48, 52, 64, 68, 128]) {
      for (const K of [0, 1, 2, 3, 4, 5, 7, 64, 200]) {
        for (const floor of [RELU, AS_IS]) {
          const kernel = make();
          const [x, w, b] = [numbers(K), numbers(K * M), numbers(M)];
          for (let k = 0; k < K; k += 3) x[k] = 0;
          const places = [b, x, w].map((values) => placed(kernel, values));
          const y = kernel.alloc(M + 4);
          kernel.matvec(y, places[0], places[1], places[2], K, M, floor);
          const expected = b.map((start, m) =>
            x.reduce((sum, value, k) => sum + Math.max(value, floor) * w[k * M + m], start),
          );
          assertClose(kernel.f.subarray(y, y + M), expected, 1e-5);
          assertClose(kernel.f.subarray(y + M, y + M + 4), [0, 0, 0, 0], 0);
        }
      }
    }
  });

  test(`${kind}: strided reads rows that begin further apart, and nothing between them`, () => {
    for (const M of [4, 16, 36]) {
      const [kernel, K, stride] = [make(), 5, M + 8];
      const [x, b] = [numbers(K), numbers(M)];
      const w = Float32Array.from({ length: K * stride }, (_, at) => (at % stride < M ? at : NaN));
      const places = [b, x, w].map((values) => placed(kernel, values));
      const y = kernel.alloc(M);
      kernel.strided(y, places[0], places[1], places[2], K, M, AS_IS, stride);
      const expected = b.map((start, m) =>
        x.reduce((sum, value, k) => sum + value * w[k * stride + m], start),
      );
      assertClose(kernel.f.subarray(y, y + M), expected, 1e-4);
    }
  });

  test(`${kind}: matvec may add to its own output, and read any place`, () => {
    const kernel = make();
    const [x, w, y] = [numbers(6), numbers(8 * 5), numbers(8)];
    const places = [x, w, y].map((values) => placed(kernel, values));
    kernel.matvec(places[2], places[2], places[0] + 1, places[1], 5, 8, AS_IS);
    const expected = y.map((start, m) =>
      x.subarray(1).reduce((sum, value, k) => sum + value * w[k * 8 + m], start),
    );
    assertClose(kernel.f.subarray(places[2], places[2] + 8), expected, 1e-6);
  });

  test(`${kind}: matmul is matvec at each of n places, for every length`, () => {
    for (const M of [4, 12, 16, 20, 64]) {
      for (const [K, n] of [
        [0, 2],
        [1, 1],
        [3, 5],
        [32, 4],
        [7, 28],
      ]) {
        for (const bs of [0, M]) {
          const kernel = make();
          const [x, w, b] = [numbers(K + 3 * n), numbers(K * M), numbers(M * n)];
          const [at, weights, bias] = [x, w, b].map((values) => placed(kernel, values));
          const [y, expected] = [kernel.alloc(n * (M + 4)), kernel.alloc(n * (M + 4))];
          kernel.matmul(y, bias, at, weights, K, M, n, 3, M + 4, bs);
          for (let i = 0; i < n; i++) {
            const to = expected + i * (M + 4);
            kernel.matvec(to, bias + i * bs, at + 3 * i, weights, K, M, AS_IS);
          }
          const { f } = kernel;
          const size = n * (M + 4);
          assertClose(f.subarray(y, y + size), f.subarray(expected, expected + size), 1e-5);
        }
      }
    }
  });

  test(`${kind}: dot, add and mul`, () => {
    for (const n of [0, 4, 12, 16, 20, 64, 500]) {
      const kernel = make();
      const [x, y] = [numbers(n), numbers(n)];
      const [at, there] = [placed(kernel, x), placed(kernel, y)];
      const expected = x.reduce((sum, value, k) => sum + value * y[k], 0);
      assert.ok(Math.abs(kernel.dot(at, there, n) - expected) < 1e-4);
      kernel.add(there, at, n);
      assertClose(
        kernel.f.subarray(there, there + n),
        y.map((value, k) => value + x[k]),
        0,
      );
      kernel.mul(at, there, n);
      assertClose(
        kernel.f.subarray(at, at + n),
        x.map((value, k) => value * Math.fround(value + y[k])),
        0,
      );
    }
  });

  test(`${kind}: sigmoid and tanh, from tiny to huge numbers`, () => {
    const kernel = make();
    const x = Float32Array.of(
      0,
      1e-6,
      -1e-3,
      ...numbers(489, 20),
      30,
      -30,
      88,
      -88,
      1e4,
      -1e4,
      3e38,
      -3e38,
    );
    const [at, y] = [placed(kernel, x), kernel.alloc(500)];
    sigmoid(kernel, y, at, 500);
    assertClose(
      kernel.f.subarray(y, y + 500),
      x.map((value) => 1 / (1 + Math.exp(-value))),
      3e-7,
    );
    tanh(kernel, y, at, 500);
    assertClose(kernel.f.subarray(y, y + 500), x.map(Math.tanh), 6e-7);
    assert.equal(kernel.f[y], 0); // padding stays 0
  });

  test(`${kind}: softmax, of one number that stands out and of many, and of none that is there`, () => {
    for (const x of [[3, -1, 0.5, 2], numbers(500, 40), [800, 0, -800, 799, 1e4, 1, 2, 3]]) {
      const kernel = make();
      const steepness = 0.25;
      const at = placed(kernel, [...x, 7]);
      kernel.softmax(at, x.length, steepness);
      const largest = Math.max(...x);
      const terms = Array.from(x, (value) => Math.exp(steepness * (value - largest)));
      const sum = terms.reduce((a, b) => a + b);
      assertClose(
        kernel.f.subarray(at, at + x.length),
        terms.map((term) => term / sum),
        3e-7,
      );
      assert.equal(kernel.f[at + x.length], 7); // what follows stays
    }
    const kernel = make();
    const at = placed(kernel, [2, 1, -Infinity, -Infinity]);
    kernel.softmax(at, 4, 1);
    const p = 1 / (1 + Math.exp(-1));
    assertClose(kernel.f.subarray(at, at + 4), [p, 1 - p, 0, 0], 3e-7);
  });

  test(`${kind}: numbers stay where they are while the memory grows`, () => {
    const kernel = make();
    const values = numbers(1000);
    const at = placed(kernel, values);
    for (let i = 0; i < 40; i++) assert.equal(kernel.alloc(30_001) % 4, 0);
    assert.deepEqual(kernel.f.slice(at, at + 1000), values);
    assert.ok(kernel.f.subarray(at + 1000).every((value) => value === 0));
  });
}

test("a page that forbids WebAssembly gets the loops in JavaScript", () => {
  const { Module } = WebAssembly;
  WebAssembly.Module = /** @type {any} */ (
    class {
      constructor() {
        throw new WebAssembly.CompileError("violates the Content-Security-Policy");
      }
    }
  );
  try {
    assert.equal(createKernel().kind, "JavaScript");
  } finally {
    WebAssembly.Module = Module;
  }
});

test("a browser without WebAssembly, or without its SIMD, gets the loops in JavaScript", () => {
  const { validate } = WebAssembly;
  WebAssembly.validate = () => false;
  try {
    assert.equal(createKernel().kind, "JavaScript");
  } finally {
    WebAssembly.validate = validate;
  }
});

test("more memory than the device has is refused in a sentence", () => {
  assert.throws(
    () => createKernel().alloc(2 ** 30), // 4 GB: more than WebAssembly can ever address
    (error) => error instanceof EngineError && /too little memory: 4097 MB/.test(error.message),
  );
});
