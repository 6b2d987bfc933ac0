// The loops of loops.wat for browsers without WebAssembly SIMD.

/**
 * The same loops, several times slower. See `Loops` in loops.js for what each does.
 *
 * @param {import("../kernel.js").Kernel} kernel
 * @returns {import("./loops.js").Loops}
 */
export function javaScriptLoops(kernel) {
  return {
    axpy(y, x, a, n) {
      const { f } = kernel;
      for (let k = 0; k < n; k++) f[y + k] += a * f[x + k];
    },
    backward(g, w, d, a, n) {
      const { f } = kernel;
      let sum = 0;
      for (let k = 0; k < n; k++) {
        f[g + k] += a * f[d + k];
        sum += f[w + k] * f[d + k];
      }
      return sum;
    },
    output(g, h, s, v, a, n) {
      const { f } = kernel;
      for (let k = 0; k < n; k++) {
        f[g + k] += a * f[h + k];
        f[s + k] += a * f[v + k];
      }
    },
    through_sigmoid(g, s, h, n) {
      const { f } = kernel;
      for (let k = 0; k < n; k++) f[g + k] += f[s + k] * f[h + k] * (1 - f[h + k]);
    },
    relu(y, x, n) {
      const { f } = kernel;
      for (let k = 0; k < n; k++) f[y + k] = f[x + k] > 0 ? f[x + k] : 0;
    },
    through_relu(d, x, n) {
      const { f } = kernel;
      for (let k = 0; k < n; k++) if (!(f[x + k] > 0)) f[d + k] = 0;
    },
    elu(x, n) {
      const { f } = kernel;
      for (let k = 0; k < n; k++) if (!(f[x + k] > 0)) f[x + k] = Math.expm1(f[x + k]);
    },
    through_elu(d, x, n) {
      const { f } = kernel;
      for (let k = 0; k < n; k++) f[d + k] *= 1 + Math.min(f[x + k], 0);
    },
    transpose(y, x, n, K) {
      const { f } = kernel;
      for (let i = 0; i < n; i++) {
        for (let k = 0; k < K; k++) f[y + k * n + i] = f[x + i * K + k];
      }
    },
    adam(p, g, m, v, rate, root, scale, n) {
      const { f } = kernel;
      for (let k = 0; k < n; k++) {
        const x = scale * f[g + k];
        f[m + k] += 0.1 * (x - f[m + k]);
        f[v + k] = 0.999 * f[v + k] + 0.001 * x * x;
        f[p + k] -= (rate * f[m + k]) / (Math.sqrt(f[v + k]) * root + 1e-8);
        f[g + k] = 0;
      }
    },
  };
}
