import assert from "node:assert/strict";
import { test } from "node:test";

import { disagreements } from "../../pages/made/made_net.js";
import { beyondRounding, gradientText } from "../../pages/ui/browser/measured.js";
import { compareSoftmax } from "../../pages/pixelcnn/pixel_softmax_paint.js";

const NOISE = 1e-9;

test("a residue of rounding is no gradient, and what a picture can show is one", () => {
  for (const value of [0, -0, NOISE, -NOISE, 1e-6]) assert.equal(beyondRounding(value), false);
  for (const value of [0.001, -0.001, 1]) assert.equal(beyondRounding(value), true);
});

test("noise where no path leads is no disagreement of a MADE", () => {
  /** @param {number} value */
  const net = (value) => /** @type {any} */ ({ counts: [0, 3], gradient: [value, 0.5] });
  assert.equal(disagreements(net(NOISE)), 0);
  assert.equal(disagreements(net(0.2)), 1);
});

test("noise in a logit does not say that paint has changed the softmax", () => {
  /** @param {number} logit */
  const answer = (logit) => /** @type {any} */ ({ x: [1], logits: [0, logit], log_p: [-1, -0.5] });
  assert.equal(compareSoftmax(0, 2, answer(1), answer(1 + NOISE)).moved, false);
  assert.equal(compareSoftmax(0, 2, answer(1), answer(1.1)).moved, true);
});

test("a gradient has digits only where rounding could not have made them", () => {
  assert.equal(gradientText(0.25), "0.250 nats");
  for (const value of [0, NOISE, 8.7e-6, 9.4e-6])
    assert.equal(gradientText(value), "below 0.0001 nats");
});
