// Draws MADE's graph: inputs, hidden units and outputs with their numbers, and the weights between them.

import { isCut, isNumbered, maskSizes, weightState } from "./made_build.js";
import { eachKept, isWrongWeight, lastLayer, mustNotRead } from "./made_net.js";
import { conditional, variable } from "./made_words.js";

/** @typedef {import("./made_net.js").MadeNode} MadeNode */
/** @typedef {import("../ui/browser/kept_layer.js").KeptLayer} KeptLayer */

const BUSY = 900; // weights, above which lines are thin and pale
const LABEL = { page: 13, narrow: 11 }; // CSS pixels: not smaller, unless labels would overlap

/**
 * @typedef {object} MadeFrame Where the graph stands, CSS pixels.
 * @property {number} width
 * @property {number} height
 * @property {number} left room for the names of the inputs
 * @property {number} right
 * @property {number} top
 * @property {boolean} narrow
 * @property {{ index: number, y: number } | null} dragged an input under the pointer
 * @property {number[]} slots place of each variable among inputs and outputs, from the top; between two
 *   while they move
 */

/**
 * @typedef {object} MadeScene All that the picture shows at one moment.
 * @property {import("./made_net.js").MadeNet} net
 * @property {MadeFrame} frame
 * @property {import("../ui/browser/theme.js").Theme} theme
 * @property {import("./made_build.js").BuildStep} step of the building
 * @property {import("./made_net.js").Reach | null} reach of the node pointed at
 * @property {Uint8Array[]} illegal weights of illegal paths through that node
 * @property {ReadonlySet<string>} hidden parts that would answer a question: "reach", "illegal"
 * @property {MadeNode | null} pinned
 * @property {MadeLayers} layers what need not be drawn again while only `reach` changes
 */

/**
 * @typedef {object} MadeLayers
 * @property {[KeptLayer, KeptLayer]} weights without and with a node pointed at
 * @property {KeptLayer} cells of the matrices
 */

/**
 * @param {number} width
 * @param {number} height
 * @param {{ index: number, y: number } | null} dragged
 * @param {number[]} [slots]
 * @param {boolean} [direct] whether there are direct connections, which need room over the first units
 * @returns {MadeFrame}
 */
export function madeFrame(width, height, dragged, slots = [], direct = false) {
  const narrow = width < 560;
  const [left, right] = narrow ? [42, 64] : [104, 104];
  return { width, height, left, right, top: direct ? 48 : 22, narrow, dragged, slots };
}

/**
 * Middle and radius of a node.
 *
 * @param {MadeFrame} frame
 * @param {number[]} sizes
 * @param {MadeNode} node
 * @returns {{ x: number, y: number, radius: number, pitch: number }} pitch: from one to the next
 */
export function nodePlace(frame, sizes, [layer, unit]) {
  const { width, height, left, right, top, dragged, slots } = frame;
  const pitch = Math.min(66, (height - top - 8) / sizes[layer]);
  const held = layer === 0 && dragged?.index === unit;
  const slot = layer === 0 || layer === sizes.length - 1 ? (slots[unit] ?? unit) : unit;
  return {
    x: left + (layer * (width - left - right)) / (sizes.length - 1),
    y: held ? dragged.y : top + (height - top - 8) / 2 + (slot - (sizes[layer] - 1) / 2) * pitch,
    radius: Math.min(19, pitch * 0.42),
    pitch,
  };
}

/**
 * The node at a point, or null.
 *
 * @param {MadeFrame} frame
 * @param {number[]} sizes
 * @param {number} x
 * @param {number} y
 * @returns {MadeNode | null}
 */
export function nodeAt(frame, sizes, x, y) {
  /** @type {MadeNode | null} */
  let nearest = null;
  let best = 20;
  for (const [layer, size] of sizes.entries()) {
    for (let unit = 0; unit < size; unit++) {
      const place = nodePlace(frame, sizes, [layer, unit]);
      const distance = Math.hypot(place.x - x, place.y - y);
      if (distance >= Math.min(best, Math.max(place.radius + 4, 9))) continue;
      best = distance;
      nearest = [layer, unit];
    }
  }
  return nearest;
}

/** The input nearest to a height. @param {MadeFrame} frame @param {number[]} sizes @param {number} y */
export function nearestInput(frame, sizes, y) {
  const still = { ...frame, dragged: null };
  /** @param {number} unit */
  const distance = (unit) => Math.abs(nodePlace(still, sizes, [0, unit]).y - y);
  return Array.from({ length: sizes[0] }, (_, unit) => unit).reduce((a, b) =>
    distance(b) < distance(a) ? b : a,
  );
}

/** @param {CanvasRenderingContext2D} context @param {MadeScene} scene */
export function drawGraph(context, scene) {
  const { net, step, reach, hidden } = scene;
  const whole = isCut(net, step);
  const { frame, theme, layers } = scene;
  const from = [net, step, theme, JSON.stringify(frame)];
  layers.weights[reach ? 1 : 0].put(context, from, (layer) => drawWeights(layer, scene));
  if (whole && reach) drawReach(context, scene, reach);
  if (whole && !reach && !hidden.has("illegal")) drawWrong(context, scene);
  drawDirect(context, scene);
  for (const tested of step.now) drawTested(context, scene, tested);
  context.setLineDash([]);
  context.globalAlpha = 1;
  for (const layer of net.sizes.keys()) drawLayer(context, scene, layer);
  drawTest(context, scene);
  context.textBaseline = "alphabetic";
}

/** @param {import("./made_net.js").MadeNet} net */
const isBusy = (net) => maskSizes(net).reduce((sum, size) => sum + size, 0) > BUSY;

/**
 * A weight into a layer.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {MadeScene} scene
 * @param {number} layer
 * @param {number} up
 * @param {number} low
 */
function drawWeight(context, scene, layer, up, low) {
  context.beginPath();
  traceWeight(context, scene, layer, up, low);
  context.stroke();
}

/** Its curve, added to the path. @type {typeof drawWeight} */
function traceWeight(context, { frame, net }, layer, up, low) {
  const from = nodePlace(frame, net.sizes, [layer - 1, low]);
  const to = nodePlace(frame, net.sizes, [layer, up]);
  const bend = (to.x - from.x) * 0.4;
  context.moveTo(from.x, from.y);
  context.bezierCurveTo(from.x + bend, from.y, to.x - bend, to.y, to.x, to.y);
}

/** A line of an illegal path. @param {CanvasRenderingContext2D} context @param {import("../ui/browser/theme.js").Theme} theme */
function illegalLine(context, theme) {
  context.strokeStyle = theme.colours.illegal;
  context.setLineDash([3, 2]);
  context.lineWidth = 2.4;
  context.globalAlpha = 0.95;
}

/** All weights, faintly; those cut in the layer under test as dots. @param {CanvasRenderingContext2D} context @param {MadeScene} scene */
function drawWeights(context, scene) {
  const { net, step, reach, theme } = scene;
  const busy = isBusy(net) ? 0.45 : 1;
  const current = step.now[0]?.layer;
  context.strokeStyle = theme.colours.quiet;
  for (const [number, mask] of net.masks.entries()) {
    const layer = number + 1;
    const low = net.sizes[number];
    for (let at = 0; at < mask.length; at++) {
      const state = weightState(net, step, layer, at);
      if (state === "cut" && current !== layer) continue;
      const alpha = { cut: 0.35, kept: reach ? 0.13 : 1, open: reach ? 0.13 : 0.75 }[state];
      context.setLineDash(state === "cut" ? [1, 4] : []);
      context.lineWidth = { cut: 0.7, kept: reach ? 1.1 : 1.9, open: reach ? 0.7 : 1.4 }[state];
      context.globalAlpha = alpha * busy;
      drawWeight(context, scene, layer, Math.floor(at / low), at % low);
    }
  }
}

/**
 * A weight that is tested now: solid where it is kept, dashed where it is cut.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {MadeScene} scene
 * @param {import("./made_build.js").Tested} tested
 */
function drawTested(context, scene, { layer, up, low, kept }) {
  context.strokeStyle = scene.theme.colours.target;
  context.lineWidth = kept ? 2.6 : 1.8;
  context.setLineDash(kept ? [] : [4, 4]);
  context.globalAlpha = 1;
  if (layer <= lastLayer(scene.net)) drawWeight(context, scene, layer, up, low);
  else directLine(context, scene, up, low);
}

/** What the test says, in the middle of the weight or beside the unit. @param {CanvasRenderingContext2D} context @param {MadeScene} scene */
function drawTest(context, { net, frame, theme, step }) {
  if (!step.now.length) return;
  const [{ layer, up, low, words }] = step.now;
  const last = lastLayer(net);
  const kept = step.now.filter((each) => each.kept).length;
  const said = step.now.length > 1 ? `${kept} of ${step.now.length} kept` : words;
  const to = nodePlace(frame, net.sizes, [Math.min(layer, last), up]);
  const from = nodePlace(frame, net.sizes, [layer > last ? 0 : layer - 1, low]);
  let [x, y] = [(from.x + to.x) / 2, (from.y + to.y) / 2];
  if (layer > last) y = Math.max(14, (from.y + 3 * OVER + 3 * OVER + to.y) / 8);
  if (step.now.length > 1) [x, y] = [to.x, Math.max(14, to.y - to.radius - 14)];
  context.font = `600 ${frame.narrow ? 12 : 14}px ${theme.font}`;
  const width = context.measureText(said).width + 16;
  const high = frame.narrow ? 22 : 26;
  x = Math.min(frame.width - width / 2 - 1, Math.max(width / 2 + 1, x));
  context.fillStyle = theme.ground;
  context.strokeStyle = theme.colours.target;
  context.lineWidth = 1.5;
  context.beginPath();
  context.roundRect(x - width / 2, y - high / 2, width, high, high / 2);
  context.fill();
  context.stroke();
  context.fillStyle = theme.text;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(said, x, y + 1);
}

/**
 * The paths through the node pointed at; those that must not be there in the warning colour, on top.
 *
 * Where there are many, the lines are 1 px wide, without dashes, and drawn together: 1,500 curves take
 * a browser without a GPU 7 ms so, and 110 ms one by one and wider.
 * @param {CanvasRenderingContext2D} context
 * @param {MadeScene} scene
 * @param {import("./made_net.js").Reach} reach
 */
function drawReach(context, scene, reach) {
  const { net, theme, illegal } = scene;
  const busy = isBusy(net);
  for (const wrong of [0, 1]) {
    for (let layer = 1; layer < net.sizes.length; layer++) {
      const reads = layer <= reach.at;
      context.strokeStyle = reads ? theme.colours.seen : theme.colours.feeds;
      context.setLineDash(reads || busy ? [] : [5, 3]);
      context.lineWidth = busy ? 1 : 1.6;
      context.globalAlpha = 0.85;
      if (wrong) illegalLine(context, theme);
      const together = busy && !wrong;
      const draw = together ? traceWeight : drawWeight;
      context.beginPath();
      eachKept(net, layer, (up, low, at) => {
        const on = reads ? reach.reads[layer][up] : reach.feeds[layer - 1][low];
        if (on && illegal[layer - 1][at] === wrong) draw(context, scene, layer, up, low);
      });
      if (together) context.stroke();
    }
  }
}

/** The weights that the right mask cuts. @param {CanvasRenderingContext2D} context @param {MadeScene} scene */
function drawWrong(context, scene) {
  const last = lastLayer(scene.net);
  eachKept(scene.net, last, (up, low) => {
    if (!isWrongWeight(scene.net, last, up, low)) return;
    illegalLine(context, scene.theme);
    drawWeight(context, scene, last, up, low);
  });
}

const OVER = 4; // height to which the direct connections are drawn, over the hidden layers
const BEND = 60; // how far beside its ends a direct connection bends
const CLEAR = 4; // between it and a hidden unit, CSS pixels
const HIGHEST = 18; // below the names of the layers

/** A point of a Bézier curve. @param {number} t @param {number} a @param {number} b @param {number} c @param {number} d */
const onBezier = (t, a, b, c, d) =>
  (1 - t) ** 3 * a + 3 * t * (1 - t) ** 2 * b + 3 * t ** 2 * (1 - t) * c + t ** 3 * d;

/**
 * Where all direct connections pass the hidden layers: how far along the curve, and above which height.
 *
 * @param {MadeFrame} frame
 * @param {number[]} sizes
 */
export function waysOver(frame, sizes) {
  const last = sizes.length - 1;
  const [from, to] = [0, last].map((layer) => nodePlace(frame, sizes, [layer, 0]).x);
  return sizes.slice(1, last).map((_, at) => {
    const { x, y, radius } = nodePlace(frame, sizes, [at + 1, 0]);
    let [low, high] = [0, 1];
    while (high - low > 0.001) {
      const middle = (low + high) / 2;
      if (onBezier(middle, from, from + BEND, to - BEND, to) < x) low = middle;
      else high = middle;
    }
    return { t: low, above: y - radius - CLEAR };
  });
}

/**
 * To which height a direct connection must be drawn to pass above the first unit of each hidden layer:
 * behind a unit it would look like a connection to it. Never so high that it would cross their names.
 *
 * @param {number} from height of the input
 * @param {number} to height of the output
 * @param {ReturnType<typeof waysOver>} ways
 */
export function heightOver(from, to, ways) {
  const heights = ways.map(
    ({ t, above }) => (above - onBezier(t, from, 0, 0, to)) / (3 * t * (1 - t)),
  );
  const highest = (8 * HIGHEST - from - to) / 6; // the middle of the curve is there then
  return Math.max(highest, Math.min(OVER, ...heights));
}

/** A direct connection, over the top. @param {CanvasRenderingContext2D} context @param {MadeScene} scene @param {number} output @param {number} input @param {ReturnType<typeof waysOver>} [ways] */
function directLine(context, { net, frame }, output, input, ways = waysOver(frame, net.sizes)) {
  const from = nodePlace(frame, net.sizes, [0, input]);
  const to = nodePlace(frame, net.sizes, [lastLayer(net), output]);
  const over = heightOver(from.y, to.y, ways);
  context.beginPath();
  context.moveTo(from.x, from.y);
  context.bezierCurveTo(from.x + BEND, over, to.x - BEND, over, to.x, to.y);
  context.stroke();
}

/** The direct connections. @param {CanvasRenderingContext2D} context @param {MadeScene} scene */
function drawDirect(context, scene) {
  const { net, theme, reach, step, hidden } = scene;
  const last = lastLayer(net);
  const D = net.sizes[0];
  const whole = isCut(net, step);
  const { seen, feeds, quiet } = theme.colours;
  const ways = waysOver(scene.frame, net.sizes);
  for (let at = 0; at < net.direct.length; at++) {
    const state = weightState(net, step, last + 1, at);
    if (state === "cut") continue;
    const [output, input] = [Math.floor(at / D), at % D];
    const read = whole && reach?.at === last && reach.unit === output;
    const fed = whole && reach?.at === 0 && reach.unit === input;
    context.strokeStyle = read ? seen : fed ? feeds : quiet;
    context.lineWidth = read || fed ? 1.6 : 0.9;
    context.globalAlpha = read || fed ? 0.85 : reach ? 0.1 : state === "open" ? 0.25 : 0.45;
    context.setLineDash([9, 3, 2, 3]);
    const wrong = whole && !hidden.has("illegal") && mustNotRead(net, output, input);
    if (wrong && (read || fed || !reach)) illegalLine(context, theme);
    directLine(context, scene, output, input, ways);
  }
}

/** @param {CanvasRenderingContext2D} context @param {MadeScene} scene @param {number} layer */
function drawLayer(context, scene, layer) {
  const { net, frame, theme } = scene;
  const words =
    layer === 0
      ? ["inputs", "rank"]
      : layer === lastLayer(net)
        ? ["outputs", "rank"]
        : [`hidden ${layer}`, "degree"];
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  context.font = `${frame.narrow ? 12.5 : 13.5}px ${theme.font}`;
  context.fillStyle = theme.colours.quiet;
  const { x } = nodePlace(frame, net.sizes, [layer, 0]);
  context.fillText(frame.narrow ? words[0] : words.join(" · "), x, 12);
  for (let unit = 0; unit < net.sizes[layer]; unit++) drawNode(context, scene, [layer, unit]);
}

/** @param {CanvasRenderingContext2D} context @param {MadeScene} scene @param {MadeNode} node */
function drawNode(context, scene, node) {
  const { net, frame, theme, step, reach, pinned, hidden } = scene;
  const { colours } = theme;
  const [layer, unit] = node;
  const { x, y, radius } = nodePlace(frame, net.sizes, node);
  const own = reach?.at === layer && reach.unit === unit;
  const read = reach && layer < reach.at && reach.reads[layer][unit];
  const fed = reach && layer > reach.at && reach.feeds[layer][unit];
  const colour = own ? colours.target : read ? colours.seen : fed ? colours.feeds : colours.quiet;
  context.beginPath();
  context.arc(x, y, radius, 0, 7);
  context.fillStyle = theme.ground;
  context.fill();
  context.globalAlpha = own || read || fed ? 0.16 : 0;
  context.fillStyle = colour;
  context.fill();
  context.globalAlpha = reach && !own && !read && !fed ? 0.45 : 1;
  context.strokeStyle = colour;
  context.lineWidth = own ? 2.5 : read || fed ? 2 : 1.2;
  context.setLineDash(fed && !own ? [4, 2] : []);
  context.stroke();
  context.setLineDash([]);
  if (pinned?.[0] === layer && pinned[1] === unit) drawRing(context, x, y, radius + 4, 1);
  if (
    layer === lastLayer(net) &&
    isCut(net, step) &&
    !hidden.has("illegal") &&
    net.illegal[unit * net.sizes[0] + unit]
  ) {
    context.strokeStyle = colours.illegal;
    context.setLineDash([3, 2]);
    drawRing(context, x, y, radius + 2.5, 2);
    context.setLineDash([]);
  }
  drawNumber(context, scene, node, Boolean(own));
  context.globalAlpha = 1;
}

/** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} radius @param {number} width */
function drawRing(context, x, y, radius, width) {
  context.beginPath();
  context.arc(x, y, radius, 0, 7);
  context.lineWidth = width;
  context.stroke();
}

/** The number in a node, and its name beside it. @param {CanvasRenderingContext2D} context @param {MadeScene} scene @param {MadeNode} node @param {boolean} own */
function drawNumber(context, { net, frame, theme, step }, node, own) {
  const [layer, unit] = node;
  const { x, y, radius, pitch } = nodePlace(frame, net.sizes, node);
  const least = Math.min(frame.narrow ? LABEL.narrow : LABEL.page, pitch / 0.95);
  context.textAlign = "center";
  context.textBaseline = "middle";
  if (isNumbered(net, step, node) && radius > 4.6) {
    const number = String(net.labels[layer][unit]);
    const size = Math.max(least, Math.min(16, radius * 0.95));
    context.font = `${own ? 700 : 500} ${size}px ${theme.font}`;
    [context.strokeStyle, context.lineWidth] = [theme.ground, 3];
    if (0.6 * number.length * size > 1.6 * radius) context.strokeText(number, x, y + 0.5); // over it
    context.fillStyle = theme.text;
    context.fillText(number, x, y + 0.5);
  }
  context.font = `${own ? 600 : 400} ${Math.min(17, Math.max(9, least, radius * 1.1))}px ${theme.font}`;
  context.fillStyle = own ? (theme.dark ? theme.colours.target : "#B04B00") : theme.text;
  if (layer === 0) {
    context.textAlign = "right";
    context.fillText(variable(unit), x - radius - 8, y);
  } else if (layer === lastLayer(net)) {
    context.textAlign = "left";
    context.fillText(frame.narrow ? `p(${variable(unit)})` : conditional(unit), x + radius + 7, y);
  }
}
