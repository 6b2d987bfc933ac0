// Small models with random weights, and a server of files, for the tests.

import { createServer } from "node:http";

import { CLASSES, build } from "../../../assets/engine/index.js";
import { MersenneTwister } from "../../../assets/engine/random.js";
import { fileOf } from "./files.js";

/**
 * A file of random weights for a card.
 *
 * @param {{ class: string, config: any }} card
 * @param {number} [scale] Standard deviation.
 */
export function randomWeights(card, scale = 0.6) {
  const stream = new MersenneTwister(7);
  /** @type {Record<string, import("./files.js").Entry>} */
  const tensors = {};
  for (const [name, shape] of Object.entries(CLASSES[card.class].parameters(card.config))) {
    const values = stream.normals(
      Math.max(
        16,
        shape.reduce((a, b) => a * b, 1),
      ),
    );
    const size = shape.reduce((a, b) => a * b, 1);
    const bytes = values.map((value) => scale * value).buffer.slice(0, 4 * size);
    tensors[name] = { shape, bytes: /** @type {ArrayBuffer} */ (bytes) };
  }
  return fileOf(tensors);
}

/**
 * @param {{ class: string, config: any }} card
 * @param {{ simd?: boolean, scale?: number }} [options]
 */
export const randomModel = (card, { simd, scale } = {}) =>
  build(card, randomWeights(card, scale), { simd });

/** One small card of every kind of decoder. */
export const CARDS = [
  { class: "NADE", config: { event_shape: [1, 2, 4], levels: 2, hidden: 5 } },
  { class: "NADE", config: { event_shape: [5], levels: 3, hidden: 6, order_agnostic: true } },
  { class: "NADE", config: { event_shape: [4], levels: 2, hidden: 3, order: [2, 0, 3, 1] } },
  {
    class: "MADE",
    config: { event_shape: [7], hidden: [30], direct: true, order: [3, 6, 0, 2, 1, 5, 4] },
  },
  { class: "MADE", config: { event_shape: [4], levels: 3, hidden: [40, 30], degrees: "even" } },
  {
    class: "MADE",
    config: { event_shape: [1, 2, 3], hidden: [25, 20], masks: 4, direct: true, seed: 1 },
  },
  {
    class: "PixelCNN",
    config: { event_shape: [1, 3, 3], features: 6, layers: 2, first_kernel: 5 },
  },
  {
    class: "PixelCNN",
    config: { event_shape: [1, 2, 3], levels: 3, features: 5, layers: 1, first_kernel: 5 },
  },
  {
    class: "GatedPixelCNN",
    config: { event_shape: [1, 3, 3], features: 6, layers: 2, first_kernel: 5 },
  },
  {
    class: "PixelSNAIL",
    config: {
      event_shape: [1, 3, 3],
      features: 5,
      layers: 1,
      trunk: 1,
      heads: 2,
      head_features: 3,
    },
  },
  {
    class: "PixelSNAIL",
    config: { event_shape: [1, 2, 2], levels: 3, features: 4, layers: 1, own_pixel: false },
  },
  { class: "RowLSTM", config: { event_shape: [1, 3, 3], features: 5, layers: 2, first_kernel: 5 } },
  { class: "RowLSTM", config: { event_shape: [1, 3, 3], features: 4, first_kernel: null } },
  {
    class: "DiagonalBiLSTM",
    config: { event_shape: [1, 3, 3], features: 5, layers: 2, first_kernel: 5 },
  },
  { class: "DiagonalBiLSTM", config: { event_shape: [1, 3, 3], features: 4, full_context: true } },
];

/**
 * Serves files from memory.
 *
 * @param {Record<string, string | ArrayBuffer>} files By path.
 * @returns {Promise<{ origin: string, asked: string[], close: () => void }>}
 */
export function serveFiles(files) {
  /** @type {string[]} */
  const asked = [];
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "", "http://x").pathname;
    asked.push(request.url ?? "");
    const file = files[path];
    if (file === undefined) response.writeHead(404).end();
    else response.end(typeof file === "string" ? file : new Uint8Array(file));
  });
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => {
      const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
      const close = () => {
        server.close();
        server.closeAllConnections();
      };
      resolve({ origin: `http://127.0.0.1:${port}`, asked, close });
    }),
  );
}
