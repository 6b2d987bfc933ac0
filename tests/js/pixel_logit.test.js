import assert from "node:assert/strict";
import { test } from "node:test";

import {
  layerOf,
  logitSum,
  productWords,
  softmaxOf,
  softmaxWords,
} from "../../pages/pixelcnn/pixel_logit_values.js";

const layer = {
  h: Float32Array.of(1, 0, 2, 0.5, 4, 3, 1),
  W: Float32Array.of(0.5, 9, -1, 2, 0.25, -0.5, 0.125),
  b: Float32Array.of(-0.25),
};
const Z = -1.125;

test("the written products, the rest and the bias add up to the logit", () => {
  const { products, rest, bias, total } = logitSum(layer, 0);
  assert.equal(total, Z);
  assert.equal(
    products.reduce((sum, { product }) => sum + product, rest.sum + bias),
    total,
  );
  assert.equal(products[0].feature, 2);
  assert.equal(products.length + rest.count, 7);
  assert.match(productWords(products[0]), /2\.000 \(feature 2 .* × −1\.000 .* <b>−2\.000<\/b>/);
});

test("the words give σ of the logit of two levels, and the softmax of more", () => {
  const logits = [0, Z];
  assert.ok(Math.abs(softmaxOf(logits)[1] - 1 / (1 + Math.exp(1.125))) < 1e-12);
  assert.match(
    softmaxWords(logits, 1),
    /σ\(−1\.13\) = 1 \/ \(1 \+ e<sup>1\.13<\/sup>\) = <b>0\.245/,
  );
  assert.match(softmaxWords([0, 1, 2, 3], 2), /e<sup>2\.00<\/sup> \/ \(.*\) = <b>0\.237/);
});

const X = Uint8Array.of(1, 0, 1, 1);
const told = { model: "one", target: 2, x: X, logits: [0, Z], p: [0.75, 0.25], h: null };
const sent = { model: "one", target: 2, x: X, ...layer };

test("the server's features are shown for the image and the pixel that they are of alone", () => {
  assert.deepEqual(layerOf(told, sent), layer);
  assert.equal(layerOf({ ...told, target: 1 }, sent), null);
  assert.equal(layerOf({ ...told, x: Uint8Array.of(1, 0, 0, 1) }, sent), null);
  assert.equal(layerOf(told, { ...sent, x: undefined, h: undefined }), null);
});

test("the features that this browser has computed are those of the bars", () => {
  const h = Float32Array.of(3, 0, 0, 0, 0, 0, 0);
  assert.deepEqual(layerOf({ ...told, target: 1, h }, sent), { ...layer, h });
});
