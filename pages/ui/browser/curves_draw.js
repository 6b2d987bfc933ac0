// Draws curves with the lines that give them a meaning. Where all stands: curves_layout.js.

import { heightTicks, nextTo, placeWords } from "./curves_layout.js";
import { decimals } from "./numbers.js";
import { numberTicks } from "./scale.js";

/** @typedef {import("./curves_layout.js").Box} Box */
/** @typedef {import("./theme.js").Theme} Theme */

/**
 * @typedef {object} CurveStyle How a curve is drawn, and what it is called.
 * @property {string} name
 * @property {{ light: string, dark: string }} tone
 * @property {boolean} dashed
 * @property {boolean} faint
 * @property {string} mark of its points: one of `MARKS`; "" for none
 * @property {number} factor from its unit to the other one; 0 where there is no other
 */

/** @typedef {import("./curves_layout.js").CurveSeries & CurveStyle} Curve */

/**
 * @typedef {object} CurvesScene
 * @property {Theme} theme
 * @property {number} size of words
 * @property {Curve[]} series
 * @property {{ word: string, height: number }[]} levels
 * @property {boolean} log
 * @property {string} xTitle
 * @property {string} yTitle
 * @property {import("./curves_layout.js").View} view
 * @property {import("./curves_layout.js").Plot} plot
 * @property {import("./curves_layout.js").CurveScales} scales
 * @property {import("./curves_layout.js").Pointed | null} pointed
 * @property {Box | null} dragged the part that is being marked
 */

/** Corners of each mark about (0, 0), within a circle of radius 1. @type {Record<string, [number, number][]>} */
const CORNERS = {
  square: [
    [-0.8, -0.8],
    [0.8, -0.8],
    [0.8, 0.8],
    [-0.8, 0.8],
  ],
  diamond: [
    [0, -1.1],
    [1.1, 0],
    [0, 1.1],
    [-1.1, 0],
  ],
  "triangle-up": [
    [0, -1.1],
    [1, 0.8],
    [-1, 0.8],
  ],
  "triangle-down": [
    [0, 1.1],
    [1, -0.8],
    [-1, -0.8],
  ],
  hexagon: Array.from({ length: 6 }, (_, at) => [
    Math.cos((at * Math.PI) / 3),
    Math.sin((at * Math.PI) / 3),
  ]),
  star: Array.from({ length: 10 }, (_, at) => {
    const far = at % 2 ? 0.5 : 1.25;
    const turn = (at * Math.PI) / 5 - Math.PI / 2;
    return [far * Math.cos(turn), far * Math.sin(turn)];
  }),
};

/**
 * @param {CanvasRenderingContext2D} context with the colour of the mark
 * @param {string} mark
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 */
export function drawPoint(context, mark, x, y, radius) {
  context.beginPath();
  const corners = CORNERS[mark];
  if (corners)
    for (const [across, down] of corners) context.lineTo(x + across * radius, y + down * radius);
  else context.arc(x, y, radius, 0, 7);
  context.closePath();
  context.fill();
}

/** The colours and the line of a curve. @param {CanvasRenderingContext2D} context @param {CurveStyle} style @param {Theme} theme @param {number} size */
function takeStyle(context, { tone, dashed, faint, mark }, theme, size) {
  context.strokeStyle = context.fillStyle = tone[theme.dark ? "dark" : "light"];
  context.globalAlpha = faint ? 0.6 : 1;
  context.lineWidth = (mark || !faint ? 2 : 1.5) * (size / 12);
  context.lineJoin = "round";
  context.setLineDash(dashed ? [size * 0.5, size * 0.35] : []);
}

/** An entry of the legend. @param {CanvasRenderingContext2D} context @param {CurveStyle} style @param {Theme} theme @param {{ width: number, height: number, size: number }} box */
export function drawSwatch(context, style, theme, { width, height, size }) {
  takeStyle(context, style, theme, size);
  context.beginPath();
  context.moveTo(1, height / 2);
  context.lineTo(width - 1, height / 2);
  context.stroke();
  if (style.mark) drawPoint(context, style.mark, width / 2, height / 2, size * 0.28);
}

/** How wide the words at the ticks of y are. @param {CanvasRenderingContext2D} context @param {Pick<CurvesScene, "view" | "log" | "size" | "theme">} scene @param {number} height */
export function widthOfTicks(context, { view, log, size, theme }, height) {
  context.font = `${size}px ${theme.font}`;
  const ticks = heightTicks(view.y, log, height / (2.2 * size));
  return Math.max(...ticks.map(({ text }) => context.measureText(text).width), size);
}

/** @param {CanvasRenderingContext2D} context @param {CurvesScene} scene */
export function drawCurves(context, scene) {
  const { plot, theme } = scene;
  drawAxes(context, scene);
  context.save();
  context.beginPath();
  const edge = scene.size * 0.35; // a mark on the edge is whole
  context.rect(plot.left - edge, plot.top, plot.width + 2 * edge, plot.height);
  context.clip();
  drawLevels(context, scene);
  for (const curve of scene.series) drawCurve(context, curve, scene);
  drawLevelWords(context, scene);
  if (scene.dragged) {
    const { left, right, top, bottom } = scene.dragged;
    context.fillStyle = context.strokeStyle = theme.text;
    context.globalAlpha = 0.12;
    context.fillRect(left, top, right - left, bottom - top);
    context.globalAlpha = 0.7;
    context.strokeRect(left, top, right - left, bottom - top);
    context.globalAlpha = 1;
  }
  context.restore();
  drawPointed(context, scene);
}

/** @param {CanvasRenderingContext2D} context @param {CurvesScene} scene */
function drawAxes(context, { theme, size, view, plot, scales, log, series, xTitle, yTitle }) {
  const { colours, font } = theme;
  const [right, bottom] = [plot.left + plot.width, plot.top + plot.height];
  context.font = `${size}px ${font}`;
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  context.fillStyle = colours.quiet;
  context.textBaseline = "alphabetic";
  context.textAlign = "right";
  for (const { value, text } of heightTicks(view.y, log, plot.height / (2.2 * size))) {
    const y = Math.round(scales.y(value)) + 0.5;
    context.beginPath();
    context.moveTo(plot.left, y);
    context.lineTo(right, y);
    context.stroke();
    context.fillText(text, plot.left - 6, y + size * 0.35);
  }
  context.textAlign = "left";
  context.fillText(yTitle, 0, size);
  context.textAlign = "right";
  context.fillText(xTitle, right, bottom + size * 2.5);
  context.textAlign = "center";
  const wide = size * 5;
  const ticks = series.some(({ x }) => x.length)
    ? numberTicks(view.x[0], view.x[1], plot.width / wide)
    : [];
  for (const { value, text } of ticks) {
    const x = scales.x(value);
    const half = context.measureText(text).width / 2;
    context.fillText(text, Math.min(x, right - half), bottom + size * 1.35);
  }
  context.strokeStyle = colours.quiet;
  context.strokeRect(plot.left + 0.5, plot.top + 0.5, plot.width - 1, plot.height - 1);
}

/** @param {CanvasRenderingContext2D} context @param {CurvesScene} scene */
function drawLevels(context, { levels, theme, plot, scales }) {
  context.strokeStyle = theme.colours.quiet;
  context.lineWidth = 1;
  context.setLineDash([2, 4]);
  for (const { height } of levels) {
    context.beginPath();
    context.moveTo(plot.left, scales.y(height));
    context.lineTo(plot.left + plot.width, scales.y(height));
    context.stroke();
  }
  context.setLineDash([]);
}

/** Over the curves, on a ground of their own. @param {CanvasRenderingContext2D} context @param {CurvesScene} scene */
function drawLevelWords(context, { levels, theme, size, view, plot, scales, series }) {
  context.font = `${size}px ${theme.font}`;
  context.textAlign = "left";
  context.textBaseline = "middle";
  const seen = levels.filter(({ height }) => height >= view.y[0] && height <= view.y[1]);
  const said = seen.map(({ word, height }) => `${word}: ${levelNumber(height)}`);
  const lines = seen.map(({ height }, at) => ({
    y: scales.y(height),
    wide: context.measureText(said[at]).width + 6,
  }));
  const curves = series.map(({ x, y }) =>
    Array.from(x, (_, at) => /** @type {[number, number]} */ ([scales.x(x[at]), scales.y(y[at])])),
  );
  placeWords(lines, size, plot, curves).forEach(({ left, right, top, bottom, crossed }, at) => {
    context.globalAlpha = 0.8;
    context.fillStyle = theme.ground;
    if (!crossed) context.fillRect(left, top, right - left, bottom - top); // it would cover a curve
    context.globalAlpha = 1;
    context.fillStyle = theme.colours.quiet;
    context.fillText(said[at], left + 3, (top + bottom) / 2 + 0.5);
  });
  context.textBaseline = "alphabetic";
}

/** The height of a line: three digits that count. @param {number} height */
const levelNumber = (height) =>
  decimals(height, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(height) || 1))));

/** @param {CanvasRenderingContext2D} context @param {Curve} curve @param {CurvesScene} scene */
function drawCurve(context, curve, { theme, size, scales, plot }) {
  const { x, y, mark } = curve;
  takeStyle(context, curve, theme, size);
  context.beginPath();
  let pen = false; // down, on a point that can be shown
  for (let at = 0; at < x.length; at++) {
    const height = scales.y(y[at]);
    if (Number.isFinite(height)) {
      // Far outside of the plot a line is as steep as one that goes on for ever.
      const near = Math.min(Math.max(height, plot.top - 1e5), plot.top + 1e5);
      if (pen) context.lineTo(scales.x(x[at]), near);
      else context.moveTo(scales.x(x[at]), near);
    }
    pen = Number.isFinite(height);
  }
  context.stroke();
  context.setLineDash([]);
  if (mark)
    for (let at = 0; at < x.length; at++)
      if (Number.isFinite(scales.y(y[at])))
        drawPoint(context, mark, scales.x(x[at]), scales.y(y[at]), size * 0.28);
  context.globalAlpha = 1;
}

/** The point that is read: a line through it, and a ring. @param {CanvasRenderingContext2D} context @param {CurvesScene} scene */
function drawPointed(context, { pointed, series, scales, plot, theme, size }) {
  const curve = series.find(({ id }) => id === pointed?.id);
  if (!pointed || !curve) return;
  const at = nextTo(curve.x, pointed.x);
  const [x, y] = [scales.x(curve.x[at]), scales.y(curve.y[at])];
  if (x < plot.left - 1 || x > plot.left + plot.width + 1) return;
  context.strokeStyle = theme.text;
  context.lineWidth = 1;
  context.globalAlpha = 0.5;
  context.beginPath();
  context.moveTo(x, plot.top);
  context.lineTo(x, plot.top + plot.height);
  context.stroke();
  context.globalAlpha = 1;
  if (!(y >= plot.top - 1 && y <= plot.top + plot.height + 1)) return;
  context.fillStyle = curve.tone[theme.dark ? "dark" : "light"];
  context.lineWidth = 2;
  context.beginPath();
  context.arc(x, y, size * 0.42, 0, 7);
  context.fill();
  context.stroke();
}
