// How the lecture builds MADE, step by step: number the units, then test one weight after another
// ("1 ≤ 3: keep", "3 > 2: cut"), then follow what is left back from each output. No DOM.

import { lastLayer, mustNotRead } from "./made_net.js";
import { conditional, listed, variable } from "./made_words.js";

/** @typedef {import("./made_net.js").MadeNet} MadeNet */
/** @typedef {import("./made_net.js").MadeNode} MadeNode */

/**
 * @typedef {object} Tested One weight under test.
 * @property {number} layer of the unit that it leads to; one more than the last for a direct one
 * @property {number} up
 * @property {number} low
 * @property {boolean} kept
 * @property {string} words "1 ≤ 3: keep"
 */

/**
 * @typedef {object} BuildStep
 * @property {number[]} numbered by layer: how many units show their number, by rank in the first and
 *   the last layer, from the top in others
 * @property {number[]} tested by mask, the direct one last: how many of its weights are tested
 * @property {Tested[]} now the weights tested in this step
 * @property {MadeNode} [follow] the node that it speaks of
 * @property {string} text
 */

/** @typedef {"start" | "ranks" | "degrees" | "hidden" | "cut" | "end"} Mark */
/** @typedef {{ steps: BuildStep[], marks: Record<Mark, number> }} Story */

const FINE = 130; // up to so many weights are tested one by one, in larger networks unit by unit

/** Weights of every mask, the direct one last. @param {MadeNet} net */
export const maskSizes = ({ masks, direct }) => [...masks, direct].map((mask) => mask.length);

/**
 * What the test of a weight says.
 *
 * @param {MadeNet} net
 * @param {number} layer
 * @param {number} up
 * @param {number} low
 * @returns {Tested}
 */
export function testOf(net, layer, up, low) {
  const last = lastLayer(net);
  const across = layer > last;
  const from = across ? 0 : layer - 1;
  const mask = across ? net.direct : net.masks[layer - 1];
  const kept = Boolean(mask[up * net.sizes[from] + low]);
  const [i, j] = [net.labels[from][low], net.labels[Math.min(layer, last)][up]];
  const [holds, fails] = layer < last || net.relaxed ? ["≤", ">"] : ["<", "≥"];
  return {
    layer,
    up,
    low,
    kept,
    words: `${i} ${kept ? holds : fails} ${j}: ${kept ? "keep" : "cut"}`,
  };
}

/** A layer in words. @param {MadeNet} net @param {number} layer */
function layerName(net, layer) {
  if (layer === 0) return "the inputs";
  return layer === lastLayer(net) ? "the outputs" : `hidden layer ${layer}`;
}

/** The rule for the weights into a layer. @param {MadeNet} net @param {number} layer */
export function ruleOf(net, layer) {
  const last = lastLayer(net);
  const from = layer > last ? "the inputs, directly," : layerName(net, layer - 1);
  const to = layerName(net, Math.min(layer, last));
  if (layer < last) return `From ${from} to ${to}: keep i → j where i ≤ j.`;
  if (net.relaxed) return `From ${from} to ${to}: keep i → j where i ≤ j. The right rule is i < j.`;
  return `From ${from} to ${to}: keep i → j where i < j, strictly.`;
}

/** What an output reads, found by following its weights back. @param {MadeNet} net @param {number} index */
function followed(net, index) {
  const { order, counts, sizes } = net;
  const reads = order.filter((j) => counts[index * sizes[0] + j] > 0);
  if (!reads.length) return `No path leads back from ${conditional(index)}: its logit is a bias.`;
  const wrong = reads.filter((j) => mustNotRead(net, index, j)).length
    ? " It reads what it must not."
    : "";
  return `Follow the kept weights back from ${conditional(index)}: they lead to ${listed(reads.map(variable))}.${wrong}`;
}

/**
 * The story of a network.
 *
 * @param {MadeNet} net
 * @returns {Story}
 */
export function buildStory(net) {
  const last = lastLayer(net);
  const sizes = maskSizes(net);
  const fine = sizes.reduce((sum, size) => sum + size, 0) <= FINE;
  const numbered = net.sizes.map(() => 0);
  const tested = sizes.map(() => 0);
  /** @type {BuildStep[]} */
  const steps = [];
  /** @param {string} text @param {Partial<BuildStep>} [more] */
  const add = (text, more = {}) =>
    steps.push({ numbered: [...numbered], tested: [...tested], now: [], text, ...more });

  add(
    "An autoencoder: every unit reads every unit of the layer before. Each output reads its own input.",
  );
  numberAll(net, fine, numbered, add);
  const [ranks, degrees] = [fine ? net.sizes[0] : 1, steps.length - 1];
  /** @param {number} layer */
  const testLayer = (layer) => {
    const from = layer > last ? 0 : layer - 1;
    for (let up = 0; up < net.sizes[Math.min(layer, last)]; up++) {
      const row = Array.from({ length: net.sizes[from] }, (_, low) => testOf(net, layer, up, low));
      for (const now of fine ? row.map((each) => [each]) : [row]) {
        tested[layer - 1] += now.length;
        const kept = now.filter((each) => each.kept).length;
        const words = fine ? now[0].words : `${kept} of ${now.length} kept`;
        add(`${ruleOf(net, layer)} Here: ${words}.`, { now });
      }
    }
  };
  for (let layer = 1; layer < last; layer++) testLayer(layer);
  const hidden = steps.length - 1;
  testLayer(last);
  if (net.direct.length) testLayer(last + 1);
  const cut = steps.length - 1;
  for (const index of net.order) add(followed(net, index), { follow: [last, index] });
  add("");
  return { steps, marks: { start: 0, ranks, degrees, hidden, cut, end: steps.length - 1 } };
}

/**
 * The steps that number the units: inputs and outputs by rank, then the hidden layers.
 *
 * @param {MadeNet} net
 * @param {boolean} fine a step for each unit
 * @param {number[]} numbered counted up
 * @param {(text: string) => void} add
 */
function numberAll(net, fine, numbered, add) {
  const [last, D] = [lastLayer(net), net.sizes[0]];
  for (let rank = 1; rank <= D; rank++) {
    numbered[0] = numbered[last] = rank;
    const name = variable(net.order[rank - 1]);
    if (fine)
      add(
        `${name} is drawn ${rank === 1 ? "first" : `at step ${rank}`}: input and output get rank ${rank}.`,
      );
  }
  if (!fine) add("Inputs and outputs get their rank in the order. Rank 1 is drawn first.");
  for (let layer = 1; layer < last; layer++) {
    for (let unit = 0; unit < net.sizes[layer]; unit++) {
      numbered[layer] = unit + 1;
      const degree = net.labels[layer][unit];
      if (fine)
        add(
          `Unit ${unit + 1} of hidden layer ${layer} gets degree ${degree}: it may read ranks ${degree > 1 ? `1 to ${degree}` : degree === 1 ? "1 alone" : "of no input"}.`,
        );
    }
    if (!fine) add(`Each unit of hidden layer ${layer} gets a degree, from 1 to D − 1 = ${D - 1}.`);
  }
}

/**
 * Whether a weight shows: not tested yet, kept, or just cut.
 *
 * @param {MadeNet} net
 * @param {BuildStep} step
 * @param {number} layer one more than the last for a direct weight
 * @param {number} at place in its mask
 * @returns {"open" | "kept" | "cut"}
 */
export function weightState(net, { tested }, layer, at) {
  if (at >= tested[layer - 1]) return "open";
  const mask = layer > lastLayer(net) ? net.direct : net.masks[layer - 1];
  return mask[at] ? "kept" : "cut";
}

/** Whether all weights are tested. @param {MadeNet} net @param {BuildStep} step */
export function isCut(net, { tested }) {
  return maskSizes(net).every((size, at) => tested[at] === size);
}

/** Whether a unit shows its number. @param {MadeNet} net @param {BuildStep} step @param {MadeNode} node */
export function isNumbered(net, { numbered }, [layer, unit]) {
  const outer = layer === 0 || layer === lastLayer(net);
  return outer ? net.labels[layer][unit] <= numbered[layer] : unit < numbered[layer];
}

/** Weights that are left in each mask, the direct one last. @param {MadeNet} net @param {BuildStep} step */
export function remaining(net, step) {
  return maskSizes(net).map((size, number) => {
    let count = 0;
    for (let at = 0; at < size; at++)
      count += Number(weightState(net, step, number + 1, at) !== "cut");
    return count;
  });
}
