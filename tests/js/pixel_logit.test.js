import assert from "node:assert/strict";
import { test } from "node:test";

import {
  logitSum,
  logitsOf,
  productWords,
  softmaxOf,
  softmaxWords,
} from "../../pages/pixelcnn/pixel_logit_values.js";

const layer = {
  h: Float32Array.of(1, 0, 2, 0.5, 4, 3, 1),
  W: Float32Array.of(0.5, 9, -1, 2, 0.25, -0.5, 0.125),
  b: Float32Array.of(-0.25),
  z: Float32Array.of(-1.125),
};

test("the written products, the rest and the bias add up to the logit", () => {
  const { products, rest, bias, total } = logitSum(layer, 0);
  assert.equal(total, -1.125);
  assert.equal(
    products.reduce((sum, { product }) => sum + product, rest.sum + bias),
    total,
  );
  assert.equal(products[0].feature, 2);
  assert.equal(products.length + rest.count, 7);
  assert.match(productWords(products[0]), /2\.000 \(feature 2 .* × −1\.000 .* <b>−2\.000<\/b>/);
});

test("two levels have the logit 0 and z, and the words give σ of it", () => {
  const logits = logitsOf(layer.z, 2);
  assert.deepEqual(logits, [0, -1.125]);
  assert.ok(Math.abs(softmaxOf(logits)[1] - 1 / (1 + Math.exp(1.125))) < 1e-12);
  assert.match(
    softmaxWords(logits, 1),
    /σ\(−1\.13\) = 1 \/ \(1 \+ e<sup>1\.13<\/sup>\) = <b>0\.245/,
  );
  assert.match(softmaxWords([0, 1, 2, 3], 2), /e<sup>2\.00<\/sup> \/ \(.*\) = <b>0\.237/);
});
