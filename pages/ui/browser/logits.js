// What follows from the logits of one conditional. No DOM.

/**
 * log Σ exp of logits, safe where they are large.
 *
 * @param {Float32Array | number[]} logits (K)
 */
export function logSumExp(logits) {
  const most = Math.max(...logits);
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - most);
  return most + Math.log(sum);
}

/**
 * log softmax of every conditional.
 *
 * @param {Float32Array} logits (D, K)
 * @param {number} levels K
 */
export function logSoftmax(logits, levels) {
  const found = new Float32Array(logits.length);
  for (let first = 0; first < logits.length; first += levels) {
    const all = logSumExp(logits.subarray(first, first + levels));
    for (let at = first; at < first + levels; at++) found[at] = logits[at] - all;
  }
  return found;
}
