// Draws both curves, the lines between them, and the strip of equal area.

import { decimals } from "../ui/browser/numbers.js";
import {
  REACH,
  STRIP,
  acrossTo,
  areaUnder,
  heightScale,
  logDensity,
  logNormal,
  stretched,
  unstretched,
} from "./flows_stretch_values.js";

/**
 * @typedef {object} StretchScene
 * @property {import("./flows_stretch_values.js").StretchLayout} layout
 * @property {import("./flows_stretch_values.js").Stretch} by
 * @property {number} x pointed at
 * @property {boolean} covered whether the curve of x is hidden
 * @property {import("../ui/browser/theme.js").Theme} theme
 * @property {number} type size of the type, CSS pixels
 */

/** @param {CanvasRenderingContext2D} context @param {StretchScene} scene */
export function drawStretch(context, scene) {
  drawWays(context, scene);
  drawCurve(context, scene, "z");
  if (!scene.covered) drawCurve(context, scene, "x");
  drawStretchAxis(context, scene, "z");
  drawStretchAxis(context, scene, "x");
  drawPair(context, scene);
}

/** Lines from whole and half z to x. @param {CanvasRenderingContext2D} context @param {StretchScene} scene */
function drawWays(context, { layout, by, theme }) {
  context.strokeStyle = theme.colours.quiet;
  for (let half = -6; half <= 6; half++) {
    const z = half / 2;
    context.globalAlpha = half % 2 ? 0.35 : 0.8;
    context.lineWidth = z === 0 ? 2 : 1;
    context.beginPath();
    context.moveTo(acrossTo(layout, z), layout.zBase);
    context.lineTo(acrossTo(layout, stretched(z, by)), layout.xBase);
    context.stroke();
  }
  context.globalAlpha = 1;
}

/** @param {CanvasRenderingContext2D} context @param {StretchScene} scene @param {"z" | "x"} which */
function drawCurve(context, { layout, by, x, theme, type, covered }, which) {
  const up = which === "z" ? -1 : 1;
  const base = which === "z" ? layout.zBase : layout.xBase;
  const tall = heightScale(layout, covered ? { alpha: 0, mu: 0 } : by);
  /** @param {number} at */
  const density = (at) => Math.exp(which === "z" ? logNormal(at) : logDensity(at, by));
  /** @param {number} from @param {number} to */
  const outline = (from, to) => {
    context.beginPath();
    context.moveTo(acrossTo(layout, from), base);
    for (let k = 0; k <= 200; k++) {
      const at = from + (k / 200) * (to - from);
      context.lineTo(acrossTo(layout, at), base + up * density(at) * tall);
    }
    context.lineTo(acrossTo(layout, to), base);
  };
  outline(-REACH, REACH);
  context.fillStyle = context.strokeStyle = theme.colours.seen;
  context.globalAlpha = 0.18;
  context.fill();
  context.globalAlpha = 1;
  context.lineWidth = 2;
  context.stroke();
  if (!covered) {
    const z = unstretched(x, by);
    const ends = [z - STRIP, z + STRIP].map((end) => (which === "z" ? end : stretched(end, by)));
    outline(ends[0], ends[1]);
    context.fillStyle = context.strokeStyle = theme.colours.target;
    context.globalAlpha = 0.35;
    context.fill();
    context.globalAlpha = 1;
    context.lineWidth = 1.5;
    context.stroke();
    drawWordsOfCurve(context, { layout, theme, type }, which, {
      peak: density(which === "z" ? 0 : by.mu),
      area: areaUnder(density, ends[0], ends[1]),
    });
  } else {
    drawWordsOfCurve(context, { layout, theme, type }, which, { peak: density(0) });
  }
}

/**
 * Name, peak and area of the strip, in the corner of a curve.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Pick<StretchScene, "layout" | "theme" | "type">} scene
 * @param {"z" | "x"} which
 * @param {{ peak: number, area?: number }} found
 */
function drawWordsOfCurve(context, { layout, theme, type }, which, { peak, area }) {
  const lines = [`p(${which}): peak ${decimals(peak, 3)}`];
  if (area !== undefined) lines.push(`strip: area ${decimals(area, 3)}`);
  context.fillStyle = theme.text;
  context.font = `${type}px ${theme.font}`;
  context.textAlign = "left";
  const top = which === "z" ? type + 4 : layout.height - (lines.length - 1) * (type + 5) - 22;
  lines.forEach((line, k) => context.fillText(line, layout.left, top + k * (type + 5)));
}

/** @param {CanvasRenderingContext2D} context @param {StretchScene} scene @param {"z" | "x"} which */
function drawStretchAxis(context, { layout, theme, type }, which) {
  const base = which === "z" ? layout.zBase : layout.xBase;
  context.strokeStyle = context.fillStyle = theme.text;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(layout.left, base);
  context.lineTo(layout.width - layout.left, base);
  context.stroke();
  context.font = `${type}px ${theme.font}`;
  context.textAlign = "right";
  context.fillText(which, layout.width - layout.left, which === "z" ? base - 6 : base + type + 4);
  context.font = `${type - 1}px ${theme.font}`;
  context.textAlign = "center";
  for (let tick = -4; tick <= 4; tick += 2) {
    const at = acrossTo(layout, tick);
    context.beginPath();
    context.moveTo(at, base - 3);
    context.lineTo(at, base + 3);
    context.stroke();
    context.save();
    // Numbers stand between the axes, over the lines.
    const down = which === "z" ? type + 4 : -8;
    const label = String(tick).replace("-", "−");
    context.strokeStyle = theme.ground;
    context.lineWidth = 4;
    context.strokeText(label, at, base + down);
    context.fillText(label, at, base + down);
    context.restore();
  }
}

/** The point that is followed, in z and in x. @param {CanvasRenderingContext2D} context @param {StretchScene} scene */
function drawPair(context, { layout, by, x, theme }) {
  const z = unstretched(x, by);
  context.strokeStyle = context.fillStyle = theme.colours.target;
  context.lineWidth = 3;
  context.beginPath();
  context.moveTo(acrossTo(layout, z), layout.zBase);
  context.lineTo(acrossTo(layout, x), layout.xBase);
  context.stroke();
  for (const [value, base] of [
    [z, layout.zBase],
    [x, layout.xBase],
  ]) {
    context.beginPath();
    context.arc(acrossTo(layout, value), base, 6, 0, 7);
    context.fill();
  }
}
