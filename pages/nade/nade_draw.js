// Draws NADE's picture: the image so far, the hidden units, the conditionals, and the bars of the sum.

import { onRamp, sharpContext } from "../ui/browser/theme.js";
import { strongest, unitCentre } from "./nade_layout.js";
import { hiddenUnit, largestSize, onCurve, sigmoid } from "./nade_values.js";

const MOST_EDGES = 48; // more lines than this between two places are a blur
const BAR_END = 4; // a bar of the sum ends here, with a tip if it is longer
const STRIP = 13; // height of one row of bars

/** @typedef {"x" | "h" | "p" | null} Place what the pointer is on */

/**
 * @typedef {object} Sums What the picture computes from the model's weights.
 * @property {import("./nade_values.js").NadeWeights} weights
 * @property {Float32Array} columns (D, 2, H)
 * @property {import("./nade_values.js").RunningSum} running gone to the step that is shown
 * @property {number} H
 * @property {number} largestW for the width of lines
 * @property {number} largestV
 */

/**
 * @typedef {object} NadeScene All that the picture shows at one moment.
 * @property {import("../ui/browser/theme.js").Theme} theme
 * @property {string[]} ramp
 * @property {import("./nade_values.js").NadeTrace} trace
 * @property {Int32Array} rank step at which each pixel is drawn
 * @property {number} t steps drawn
 * @property {ReadonlySet<number>} flips pixels
 * @property {(index: number) => number} valueAt value of a drawn pixel, as it stands under the brush
 * @property {import("../ui/browser/grid.js").PixelGrid} gridX
 * @property {import("../ui/browser/grid.js").PixelGrid} gridP
 * @property {import("./nade_layout.js").Units} units
 * @property {{ place: Place, index: number }} hover
 * @property {string | null} lit symbol of the formula
 * @property {number} width
 * @property {number} flight how far the newest column is on its way into the sum, 0..1
 * @property {boolean} covered p of the pixel that is asked now is not shown yet
 * @property {Sums | null} sums until the weights are there
 */

/** @param {CanvasRenderingContext2D} context @param {NadeScene} scene */
export function drawNade(context, scene) {
  drawTitles(context, scene);
  if (scene.sums) drawEdges(context, scene, scene.sums);
  drawImage(context, scene);
  drawConditionals(context, scene);
  if (scene.sums) drawHidden(context, scene, scene.sums);
}

/** @param {CanvasRenderingContext2D} context @param {NadeScene} scene */
function drawTitles(context, { theme, lit, width, gridX, gridP, sums }) {
  const narrow = width < 560;
  /** @type {[string, string, number][]} */
  const titles = [
    ["x", narrow ? "x" : "x: the image so far", gridX.x + gridX.width / 2],
    ["h", narrow ? "h" : `h: ${sums?.H ?? ""} hidden units`, width / 2],
    [
      "p",
      narrow ? "p(x = 1 | earlier)" : "p(x = 1 | earlier), asked in turn",
      gridP.x + gridP.width / 2,
    ],
  ];
  context.textAlign = "center";
  for (const [term, words, x] of titles) {
    context.fillStyle = lit === term ? theme.text : theme.colours.quiet;
    context.font = `${lit === term ? 600 : 400} 13px ${theme.font}`;
    context.fillText(words, x, 13);
  }
}

/** The strongest of the lines between one cell and the hidden units, by the size of their weight.
 *
 * @param {CanvasRenderingContext2D} context @param {NadeScene} scene @param {Sums} sums
 */
function drawEdges(context, scene, { weights, columns, H, largestW, largestV }) {
  const { trace, t } = scene;
  if (t > 0) {
    const column = (2 * trace.order[t - 1] + trace.values[t - 1]) * H;
    const from = scene.gridX.centre(trace.order[t - 1]);
    drawBundle(context, scene, from, (k) => columns[column + k] / largestW, true);
  }
  if (t < trace.order.length) {
    const index = trace.order[t];
    const to = scene.gridP.centre(index);
    drawBundle(context, scene, to, (k) => weights.V[index * H + k] / largestV, false);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {NadeScene} scene
 * @param {[number, number]} cell where the lines meet
 * @param {(k: number) => number} strengthOf weight of hidden unit k, from -1 to 1
 * @param {boolean} into the hidden units, or out of them
 */
function drawBundle(context, scene, cell, strengthOf, into) {
  const { theme, lit, hover, units } = scene;
  const onUnit = hover.place === "h";
  const shown = !lit || [into ? "W" : "V", "a"].includes(lit) || (lit === "h" && onUnit);
  for (const k of strongest(units.count, strengthOf, MOST_EDGES)) {
    const weight = strengthOf(k);
    const unit = unitCentre(units, k);
    const [[x0, y0], [x1, y1]] = into ? [cell, unit] : [unit, cell];
    const bend = (x1 - x0) * 0.45;
    context.strokeStyle = weight > 0 ? theme.colours.positive : theme.colours.negative;
    context.setLineDash(weight > 0 ? [] : [4, 3]);
    context.globalAlpha =
      (shown ? 1 : 0.12) * (onUnit && hover.index !== k ? 0.15 : 0.25 + 0.6 * Math.abs(weight));
    context.lineWidth = 0.4 + 2.6 * Math.abs(weight);
    context.beginPath();
    context.moveTo(x0, y0);
    context.bezierCurveTo(x0 + bend, y0, x1 - bend, y1, x1, y1);
    context.stroke();
    if (into && scene.flight < 1) {
      const [x, y] = onCurve(cell, unit, scene.flight);
      context.globalAlpha = 1;
      context.fillStyle = context.strokeStyle;
      context.beginPath();
      context.arc(x, y, 2 + 4 * Math.abs(weight), 0, 7);
      context.fill();
    }
  }
  context.globalAlpha = 1;
  context.setLineDash([]);
}

/** @param {CanvasRenderingContext2D} context @param {NadeScene} scene */
function drawImage(context, scene) {
  const { theme, trace, t, flips, gridX, sums } = scene;
  const { colours } = theme;
  clear(context, scene, gridX);
  gridX.fill(context, (index) => {
    if (scene.rank[index] >= t) return colours.future;
    return scene.valueAt(index) ? colours.ink : colours.paper;
  });
  drawGhost(context, scene);
  if (sums)
    drawWeightsOfUnit(
      context,
      scene,
      gridX,
      (pixel, k) => sums.columns[(2 * pixel + 1) * sums.H + k],
    );
  gridX.frame(context, colours.line);
  for (let s = 0; s < t; s++) {
    const index = trace.order[s];
    if (flips.has(index)) gridX.cross(context, index, colours.flipped);
    else if (trace.values[s] !== trace.base[s]) gridX.dogEar(context, index, colours.changed);
  }
  if (t > 0) {
    const rim = theme.dark ? "#000" : "#1F2430";
    gridX.ring(context, trace.order[t - 1], colours["drawn-now"], rim);
  }
  if (t < trace.order.length) gridX.outline(context, trace.order[t], colours.target, 2.5);
  if (scene.hover.place === "x" || scene.hover.place === "p")
    gridX.outline(context, scene.hover.index, theme.text, 1.5);
}

/** What stood there before the flip, pale, until it is drawn again.
 *
 * @param {CanvasRenderingContext2D} context @param {NadeScene} scene
 */
function drawGhost(context, { theme, trace, rank, t, flips, gridX }) {
  if (!flips.size) return;
  context.globalAlpha = 0.3;
  gridX.fill(context, (index) =>
    rank[index] >= t && trace.base[rank[index]] ? theme.colours.ink : null,
  );
  context.globalAlpha = 1;
}

/** @param {CanvasRenderingContext2D} context @param {NadeScene} scene */
function drawConditionals(context, scene) {
  const { theme, ramp, trace, rank, t, gridP, sums } = scene;
  clear(context, scene, gridP);
  gridP.fill(context, (index) =>
    rank[index] < t || (rank[index] === t && !scene.covered)
      ? onRamp(ramp, trace.p[rank[index]])
      : theme.colours.future,
  );
  if (sums)
    drawWeightsOfUnit(context, scene, gridP, (pixel, k) => sums.weights.V[pixel * sums.H + k]);
  gridP.frame(context, theme.colours.line);
  if (t < trace.order.length) gridP.outline(context, trace.order[t], theme.colours.target, 2.5);
  if (scene.hover.place === "x" || scene.hover.place === "p")
    gridP.outline(context, scene.hover.index, theme.text, 1.5);
}

/** An empty ground for a grid, over the ends of the lines.
 *
 * @param {CanvasRenderingContext2D} context @param {NadeScene} scene @param {import("../ui/browser/grid.js").PixelGrid} grid
 */
function clear(context, { theme }, grid) {
  context.fillStyle = theme.ground;
  context.fillRect(grid.x - 1, grid.y - 1, grid.width + 2, grid.height + 2);
}

/**
 * With the pointer on a hidden unit: its weight at every cell, over the image.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {NadeScene} scene
 * @param {import("../ui/browser/grid.js").PixelGrid} grid
 * @param {(pixel: number, k: number) => number} weightOf
 */
function drawWeightsOfUnit(context, scene, grid, weightOf) {
  if (scene.hover.place !== "h") return;
  const { positive, negative } = scene.theme.colours;
  const weights = Float32Array.from(scene.trace.order, (_, pixel) =>
    weightOf(pixel, scene.hover.index),
  );
  const largest = largestSize(weights);
  clear(context, scene, grid);
  grid.fill(context, (index) => {
    context.globalAlpha = Math.abs(weights[index]) / largest;
    return weights[index] > 0 ? positive : negative;
  });
  context.globalAlpha = 1;
}

/** @param {CanvasRenderingContext2D} context @param {NadeScene} scene @param {Sums} sums */
function drawHidden(context, { theme, ramp, trace, t, units, hover, flight }, { running, H }) {
  const { pitch, round } = units;
  for (let k = 0; k < H; k++) {
    const [x, y] = unitCentre(units, k);
    const now =
      flight < 1 ? sigmoid(mixed(running, k, flight)) : hiddenUnit(running.now, trace, t, k);
    context.fillStyle = onRamp(ramp, now);
    if (!round) {
      context.fillRect(x - pitch * 0.46, y - pitch * 0.46, pitch * 0.92, pitch * 0.92);
      continue;
    }
    context.beginPath();
    context.arc(x, y, pitch * 0.42, 0, 7);
    context.fill();
    context.strokeStyle = theme.colours.line;
    context.lineWidth = 1;
    context.stroke();
  }
  if (hover.place !== "h") return;
  const [x, y] = unitCentre(units, hover.index);
  context.strokeStyle = theme.text;
  context.lineWidth = 2;
  context.beginPath();
  context.arc(x, y, Math.max(5, pitch * 0.6), 0, 7);
  context.stroke();
}

/**
 * The sum of unit k while the newest column flies into it.
 *
 * @param {import("./nade_values.js").RunningSum} running
 * @param {number} k
 * @param {number} flight
 */
function mixed({ before, now }, k, flight) {
  return before[k] + flight * (now[k] - before[k]);
}

/** Where the bars of the hidden units begin, and how much they take. @param {number} width */
export function stripSpan(width) {
  const left = width < 560 ? 46 : 96;
  return { left, span: width - left - 2 };
}

/**
 * The sum before, the column that the last value added, and the sum now, a bar for each hidden unit.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {NadeScene} scene
 * @param {Sums} sums
 */
export function drawStrips(canvas, scene, { running, H }) {
  const { theme, width, lit, flight } = scene;
  const { before, now } = running;
  const context = sharpContext(canvas, width, 3 * STRIP + 8);
  const narrow = width < 560;
  /** @type {[string, string, (k: number) => number][]} */
  const rows = [
    ["a", narrow ? "before" : "sum before", (k) => before[k]],
    ["W", narrow ? "+ W" : "+ column of W", (k) => now[k] - before[k]],
    ["a", narrow ? "= sum" : "= running sum", (k) => mixed(running, k, flight)],
  ];
  for (const [number, [term, words, of]] of rows.entries()) {
    const y = number * (STRIP + 3);
    context.fillStyle = lit === term ? theme.text : theme.colours.quiet;
    context.font = `12px ${theme.font}`;
    context.textAlign = "left";
    context.fillText(words, 0, y + STRIP - 3);
    drawStrip(context, scene, y, H, of);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {NadeScene} scene
 * @param {number} y
 * @param {number} H
 * @param {(k: number) => number} of length of each bar
 */
function drawStrip(context, { theme, width, hover }, y, H, of) {
  const { left, span } = stripSpan(width);
  const each = span / H;
  const thick = Math.max(0.6, each - (each > 4 ? 1 : 0));
  context.fillStyle = theme.colours.future;
  context.fillRect(left, y, span, STRIP);
  for (let k = 0; k < H; k++) {
    const value = of(k);
    const tall = Math.min(1, Math.abs(value) / BAR_END) * (STRIP / 2);
    const [x, top] = [left + k * each, value > 0 ? y + STRIP / 2 - tall : y + STRIP / 2];
    context.fillStyle = value > 0 ? theme.colours.positive : theme.colours.negative;
    context.fillRect(x, top, thick, tall);
    if (Math.abs(value) <= BAR_END) continue;
    context.fillStyle = theme.text;
    context.fillRect(x, value > 0 ? y : y + STRIP - 1.5, thick, 1.5);
  }
  if (hover.place !== "h") return;
  context.strokeStyle = theme.text;
  context.lineWidth = 1;
  context.strokeRect(left + hover.index * each - 1, y - 1, each + 2, STRIP + 2);
}
