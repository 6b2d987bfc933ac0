// MADE's sentences: what is said of what is pointed at. No DOM.

import { beyondRounding } from "../ui/browser/measured.js";
import { decimals, plural, whole } from "../ui/browser/numbers.js";
import { eachKept, isWrongWeight, lastLayer, mustNotRead } from "./made_net.js";

/** @typedef {import("./made_net.js").MadeNet} MadeNet */
/** @typedef {import("./made_net.js").Reach} Reach */

const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";

/** x₁ for index 0. @param {number} index */
export function variable(index) {
  return `x${[...String(index + 1)].map((digit) => SUBSCRIPTS[Number(digit)]).join("")}`;
}

/** p(x₁ | ·). @param {number} index */
export const conditional = (index) => `p(${variable(index)} | ·)`;

/** a, b and c. @param {string[]} words */
export function listed(words) {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

const AT_REST =
  "The number in an input or output is its rank, in a hidden unit its degree. Point at a unit to see what it reads and feeds; click it to see its numbers, and to change its degree. Drag an input onto another to take its place in the order.";

/** What a node reads and feeds, as HTML. @param {MadeNet} net @param {Reach | null} reach */
export function nodeWords(net, reach) {
  if (!reach) return AT_REST;
  if (reach.at === lastLayer(net)) return outputWords(net, reach);
  const outputs = net.order.filter((index) => reach.feeds[lastLayer(net)][index]);
  const label = net.labels[reach.at][reach.unit];
  const fed = listed(outputs.map(conditional));
  if (reach.at === 0) {
    const itself = outputs.includes(reach.unit)
      ? ` <b>It feeds ${conditional(reach.unit)}, its own output, which is wrong.</b>`
      : "";
    return `<b>${variable(reach.unit)}</b>, rank ${label}: ${fed ? `feeds ${fed}.` : "feeds no output: it is drawn last, or no path leaves it."}${itself}`;
  }
  const inputs = net.order.filter((index) => reach.reads[0][index]).map(variable);
  const lost = fed ? "" : " It feeds no output: whatever it computes is lost.";
  const constant = inputs.length ? "" : " It reads no input: it is a constant.";
  return `<b>Hidden unit ${reach.unit + 1} of layer ${reach.at}</b>, degree ${label}: ${inputs.length ? `reads ${listed(inputs)}` : "reads nothing"}${fed ? `, feeds ${fed}.` : "."}${constant}${lost}`;
}

/** What an output reads, as HTML. @param {MadeNet} net @param {Reach} reach */
function outputWords(net, { reads, at, unit }) {
  const label = net.labels[at][unit];
  const inputs = net.order.filter((index) => reads[0][index]);
  const names = inputs.map(variable);
  const hidden = reads
    .slice(1, -1)
    .reduce((sum, layer) => sum + layer.reduce((a, b) => a + b, 0), 0);
  let weights = 0;
  for (let layer = 1; layer <= at; layer++)
    eachKept(net, layer, (up) => (weights += reads[layer][up]));
  const across = net.direct.length && inputs.length ? " and direct connections" : "";
  const illegal = inputs.filter((input) => mustNotRead(net, unit, input)).map(variable);
  const missing = net.order
    .slice(0, label - 1)
    .map(variable)
    .filter((name) => !names.includes(name));
  return `<b>p(${variable(unit)} | ${names.join(", ") || "nothing"})</b>, rank ${label}: ${
    inputs.length
      ? `reads ${listed(names)} and nothing else, through ${plural(hidden, "hidden unit")} and ${plural(weights, "weight")}${across}.`
      : "reads no input. Its logit is a bias."
  }${illegal.length ? ` <b>It must not read ${listed(illegal)}: this is no distribution.</b>` : ""}${missing.length ? ` It might read ${listed(missing)} as well, but no path leads there.` : ""}`;
}

/**
 * One weight of a mask.
 *
 * @param {MadeNet} net
 * @param {number} layer
 * @param {number} up
 * @param {number} low
 */
export function weightWords(net, layer, up, low) {
  const kept = net.masks[layer - 1][up * net.sizes[layer - 1] + low];
  const [i, j] = [net.labels[layer - 1][low], net.labels[layer][up]];
  const wrong = isWrongWeight(net, layer, up, low)
    ? " The right mask cuts it: i < j must hold."
    : "";
  return `This weight leads from number ${i} to number ${j}: it is ${kept ? "kept" : "masked"}.${wrong}`;
}

/** The paths from an input to an output. @param {MadeNet} net @param {number} output @param {number} input */
export function pathWords(net, output, input) {
  const count = net.counts[output * net.sizes[0] + input];
  const wrong =
    count && mustNotRead(net, output, input)
      ? ` There must be none: ${output === input ? "it is the output's own input" : "that input is drawn later"}.`
      : "";
  return `${whole(count)} ${count === 1 ? "path leads" : "paths lead"} from ${variable(input)} to ${conditional(output)}.${wrong}`;
}

/** The gradient of an output by an input. @param {MadeNet} net @param {number} output @param {number} input */
export function gradientWords(net, output, input) {
  const at = output * net.sizes[0] + input;
  const value = net.gradient[at];
  const [from, to] = [variable(input), conditional(output)];
  if (beyondRounding(value)) {
    const wrong = mustNotRead(net, output, input) ? " It must not." : "";
    return `${to} reacts to ${from}: the gradient of its logit is up to ${decimals(value, 2)}.${wrong}`;
  }
  return net.counts[at]
    ? `Paths lead from ${from} to ${to}, but at the inputs tried no reaction was measured.`
    : `${to} cannot react to ${from}: no path leads there.`;
}
