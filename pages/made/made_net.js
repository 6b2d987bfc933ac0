// What leads where in a masked network, and what of it must not be there. No DOM.

import { beyondRounding } from "../ui/browser/measured.js";

/** @typedef {[number, number]} MadeNode layer and unit; layer 0 holds the inputs, the last the outputs */

/**
 * @typedef {object} MadeNet
 * @property {number[]} sizes D, H_1, ..., H_L, D
 * @property {number[][]} labels by layer: rank of inputs and outputs, degree of hidden units
 * @property {number[]} order variables, first to last
 * @property {Uint8Array[]} masks M^1 (H_1, D) to the output mask (D, H_L)
 * @property {Uint8Array} direct (D, D), output by input, or empty
 * @property {Int32Array} counts (D, D) paths from an input to an output
 * @property {Uint8Array} illegal (D, D) where a path leads from an input that is not drawn before
 * @property {Float32Array} gradient (D, D)
 * @property {boolean} relaxed the output mask has ≥ in place of >
 */

/**
 * @typedef {object} Reach What a node reads and feeds, 0 or 1 by layer and unit.
 * @property {number} at its layer
 * @property {number} unit
 * @property {Uint8Array[]} reads
 * @property {Uint8Array[]} feeds
 */

/**
 * Every kept weight into a layer.
 *
 * @param {MadeNet} net
 * @param {number} layer 1 or more
 * @param {(up: number, low: number, at: number) => void} visit unit of the layer, of the one before,
 *   place in the mask
 */
export function eachKept({ masks, sizes }, layer, visit) {
  const mask = masks[layer - 1];
  const low = sizes[layer - 1];
  for (let at = 0; at < mask.length; at++) if (mask[at]) visit(Math.floor(at / low), at % low, at);
}

/** @param {MadeNet} net */
export const lastLayer = (net) => net.sizes.length - 1;

/**
 * @param {MadeNet} net
 * @param {MadeNode} node
 * @returns {Reach}
 */
export function reachOf(net, [at, unit]) {
  const { sizes, direct } = net;
  const D = sizes[0];
  const last = lastLayer(net);
  const reads = sizes.map((size) => new Uint8Array(size));
  const feeds = sizes.map((size) => new Uint8Array(size));
  reads[at][unit] = feeds[at][unit] = 1;
  for (let layer = at; layer > 0; layer--)
    eachKept(net, layer, (up, low) => (reads[layer - 1][low] |= reads[layer][up]));
  for (let layer = at + 1; layer <= last; layer++)
    eachKept(net, layer, (up, low) => (feeds[layer][up] |= feeds[layer - 1][low]));
  for (let other = 0; direct.length && other < D; other++) {
    if (at === last) reads[0][other] |= direct[unit * D + other];
    if (at === 0) feeds[last][other] |= direct[other * D + unit];
  }
  return { reads, feeds, at, unit };
}

/** Whether an output may not read an input: it is drawn with it or before it.
 *
 * @param {MadeNet} net
 * @param {number} output
 * @param {number} input
 */
export function mustNotRead({ labels }, output, input) {
  return labels[0][input] >= labels[0][output];
}

/**
 * Whether a weight is kept that the right mask cuts: into an output whose rank is not above the degree.
 *
 * @param {MadeNet} net
 * @param {number} layer
 * @param {number} up
 * @param {number} low
 */
export function isWrongWeight(net, layer, up, low) {
  const last = lastLayer(net);
  const kept = net.masks[layer - 1][up * net.sizes[layer - 1] + low];
  return layer === last && Boolean(kept) && net.labels[last][up] <= net.labels[last - 1][low];
}

/**
 * The weights of all illegal paths through a node, 0 or 1 by layer and place in the mask.
 *
 * @param {MadeNet} net
 * @param {Reach} reach
 * @returns {Uint8Array[]} one for each mask
 */
export function illegalWeights(net, { at, reads, feeds }) {
  const last = lastLayer(net);
  const inputs = net.order.filter((input) => reads[0][input]);
  const outputs = net.order.filter((output) => feeds[last][output]);
  const from = net.sizes.map((size) => new Uint8Array(size));
  const to = net.sizes.map((size) => new Uint8Array(size));
  for (const input of inputs)
    from[0][input] = Number(outputs.some((output) => mustNotRead(net, output, input)));
  for (const output of outputs)
    to[last][output] = Number(inputs.some((input) => mustNotRead(net, output, input)));
  const found = net.masks.map((mask) => new Uint8Array(mask.length));
  for (let layer = 1; layer <= at; layer++)
    eachKept(net, layer, (up, low, place) => {
      if (!from[layer - 1][low] || !reads[layer][up]) return;
      from[layer][up] = found[layer - 1][place] = 1;
    });
  for (let layer = last; layer > at; layer--)
    eachKept(net, layer, (up, low, place) => {
      if (!to[layer][up] || !feeds[layer - 1][low]) return;
      to[layer - 1][low] = found[layer - 1][place] = 1;
    });
  return found;
}

/** Gradients where no path leads: there must be none. @param {MadeNet} net */
export function disagreements({ counts, gradient }) {
  return counts.reduce(
    (sum, count, at) => sum + Number(count === 0 && beyondRounding(gradient[at])),
    0,
  );
}

/**
 * The order once a variable has taken the place of another; those between move up.
 *
 * @param {number[]} order
 * @param {number} index
 * @param {number} other
 */
export function moved(order, index, other) {
  const rest = order.filter((each) => each !== index);
  rest.splice(order.indexOf(other), 0, index);
  return rest;
}

/**
 * Where an arrow key takes a node; null for every other key.
 *
 * @param {number[]} sizes
 * @param {MadeNode} node
 * @param {string} key
 * @returns {MadeNode | null} the node itself at the border
 */
export function neighbour(sizes, [layer, unit], key) {
  const turn = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[key];
  if (!turn) return null;
  const to = layer + turn[0];
  if (to < 0 || to >= sizes.length) return [layer, unit];
  const at = turn[0] ? Math.min(unit, sizes[to] - 1) : unit + turn[1];
  return at < 0 || at >= sizes[to] ? [layer, unit] : [to, at];
}
