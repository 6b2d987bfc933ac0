// Draws the two planes of a flow on a canvas: density, grid, data, and the pair that is pointed at.

import { contextOf } from "../ui/browser/dom.js";
import { betweenStages, dataAt, onScreen, pairAt } from "./flows_data.js";
import { planeNames } from "./flows_words.js";

/** @typedef {import("./flows_data.js").FlowsShown} FlowsShown */
/** @typedef {import("./flows_data.js").Plane} Plane */

/**
 * @typedef {object} FlowsScene
 * @property {FlowsShown} shown
 * @property {import("./flows_data.js").FlowsLayout} places
 * @property {import("../ui/browser/theme.js").Theme} theme
 * @property {import("./flows_data.js").Place | null} place what is pointed at
 * @property {number} node the pair nearest to it, or -1
 * @property {FlowsHeats} heats
 * @property {number} type size of the type, CSS pixels
 */

const NEAR = 0.35; // how far from the pointer data points light up, in units of the plane
const DARK_RIM = "rgb(0 20 50 / 0.9)";

/** The densities as pictures, each of as many pixels as it has cells, made when first drawn. */
export class FlowsHeats {
  /** @param {FlowsShown} shown @param {number[][]} ramp 256 colours */
  constructor({ meta, arrays }, ramp) {
    this.cells = meta.cells;
    this.arrays = arrays;
    this.ramp = ramp;
    /** @type {Map<string, HTMLCanvasElement>} */
    this.made = new Map();
  }

  /** @param {"stage" | "frame"} kind @param {number} number */
  get(kind, number) {
    const key = `${kind} ${number}`;
    const known = this.made.get(key);
    if (known) return known;
    const size = this.cells ** 2;
    const all = kind === "stage" ? this.arrays.density : this.arrays.frame_density;
    const shades = (all ?? new Uint8Array(0)).subarray(number * size, (number + 1) * size);
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = this.cells;
    const context = contextOf(canvas);
    const image = context.createImageData(this.cells, this.cells);
    shades.forEach((shade, k) => image.data.set([...this.ramp[shade], 255], 4 * k));
    context.putImageData(image, 0, 0);
    this.made.set(key, canvas);
    return canvas;
  }
}

/** @param {CanvasRenderingContext2D} context @param {FlowsScene} scene */
export function drawPlanes(context, scene) {
  for (const plane of /** @type {Plane[]} */ (["x", "z"])) {
    const { side } = scene.places;
    const [x, y] = scene.places[plane];
    context.save();
    context.beginPath();
    context.roundRect(x, y, side, side, 3);
    context.clip();
    drawDensity(context, plane, scene);
    drawGridLines(context, plane, scene);
    drawPoints(context, plane, scene);
    if (scene.place) drawBrushRing(context, plane, scene);
    if (scene.node >= 0) drawPartners(context, plane, scene);
    context.restore();
    context.strokeStyle = scene.theme.colours.line;
    context.lineWidth = 1;
    context.strokeRect(x - 0.5, y - 0.5, side + 1, side + 1);
    drawPlaneAxes(context, plane, scene);
  }
}

/** @param {CanvasRenderingContext2D} context @param {Plane} plane @param {FlowsScene} scene */
function drawDensity(context, plane, { shown, places, heats }) {
  const [x, y] = places[plane];
  /** @param {HTMLCanvasElement} heat @param {number} alpha */
  const paint = (heat, alpha) => {
    context.globalAlpha = alpha;
    context.imageSmoothingQuality = "high";
    context.drawImage(heat, x, y, places.side, places.side);
    context.globalAlpha = 1;
  };
  if (plane === "z") return paint(heats.get("stage", 0), 1);
  if (shown.frame >= 0) return paint(heats.get("frame", shown.frame), 1);
  const low = Math.floor(shown.stage);
  paint(heats.get("stage", low), 1);
  if (shown.stage > low) paint(heats.get("stage", low + 1), shown.stage - low);
}

/** @param {CanvasRenderingContext2D} context @param {Plane} plane @param {FlowsScene} scene */
function drawGridLines(context, plane, { shown, places }) {
  const { lines: count, along, window: half } = shown.meta;
  const { lines, frame_lines } = shown.arrays;
  const size = count * along * 2;
  const [ox, oy] = onScreen(places, half, { plane, at: [0, 0] });
  const scale = places.side / (2 * half);
  /** @param {number} index */
  const value = (index) => {
    if (plane === "z") return lines[index];
    if (shown.frame >= 0 && frame_lines) return frame_lines[shown.frame * size + index];
    return betweenStages(lines, size, index, shown.stage);
  };
  context.lineWidth = 1;
  context.strokeStyle = "rgb(255 255 255 / 0.42)";
  for (let line = 0; line < count; line++) {
    context.setLineDash(line < count / 2 ? [] : [4, 3]);
    context.beginPath();
    for (let k = 0; k < along; k++) {
      const index = (line * along + k) * 2;
      context.lineTo(ox + value(index) * scale, oy - value(index + 1) * scale);
    }
    context.stroke();
  }
  context.setLineDash([]);
}

/** Data points; those near what is pointed at, in its plane, are lit. @param {CanvasRenderingContext2D} context @param {Plane} plane @param {FlowsScene} scene */
function drawPoints(context, plane, { shown, places, place }) {
  const { palette, window: half } = shown.meta;
  const radius = places.side < 300 ? 1.7 : 2.1;
  /** @param {number} k */
  const near = (k) => {
    if (!place) return false;
    const [first, second] = dataAt(shown, place.plane, k);
    return (first - place.at[0]) ** 2 + (second - place.at[1]) ** 2 < NEAR ** 2;
  };
  context.lineWidth = 0.8;
  context.strokeStyle = DARK_RIM;
  for (const lit of [false, true]) {
    // On the dark end of the ramp, whatever the page's ground.
    context.fillStyle = lit ? palette.dark.target : "#ffffff";
    for (let k = 0; k < shown.meta.shown; k++) {
      if (near(k) !== lit) continue;
      const [px, py] = onScreen(places, half, { plane, at: dataAt(shown, plane, k) });
      context.beginPath();
      context.arc(px, py, lit ? radius + 1.2 : radius, 0, 7);
      context.fill();
      context.stroke();
    }
  }
}

/** @param {CanvasRenderingContext2D} context @param {Plane} plane @param {FlowsScene} scene */
function drawBrushRing(context, plane, { shown, places, place }) {
  if (place?.plane !== plane) return;
  const { window: half, palette } = shown.meta;
  context.strokeStyle = palette.dark.target;
  context.lineWidth = 1.5;
  context.beginPath();
  context.arc(...onScreen(places, half, place), (NEAR * places.side) / (2 * half), 0, 7);
  context.stroke();
}

/** @param {CanvasRenderingContext2D} context @param {Plane} plane @param {FlowsScene} scene */
function drawPartners(context, plane, { shown, places, place, node }) {
  const { K, window: half, palette } = shown.meta;
  /** @param {number} stage */
  const at = (stage) => onScreen(places, half, { plane, at: pairAt(shown, node, stage) });
  context.strokeStyle = palette.dark.target;
  context.lineWidth = 1.5;
  if (plane === "x") {
    // The way there, stage by stage.
    context.setLineDash([2, 3]);
    context.beginPath();
    for (let stage = 0; stage <= K; stage++) context.lineTo(...at(stage));
    context.stroke();
    context.setLineDash([]);
  }
  context.beginPath();
  context.arc(...at(plane === "z" ? 0 : shown.stage), 6, 0, 7);
  context.lineWidth = 5;
  context.strokeStyle = DARK_RIM;
  context.stroke();
  context.lineWidth = 2.5;
  context.strokeStyle = context.fillStyle = palette.dark.target;
  context.stroke();
  if (place?.plane === plane) context.fill();
}

/** Ticks, the names of both axes, and of the plane. @param {CanvasRenderingContext2D} context @param {Plane} plane @param {FlowsScene} scene */
function drawPlaneAxes(context, plane, { shown, places, theme, type }) {
  const { colours, font, text } = theme;
  const { side } = places;
  const [x, y] = places[plane];
  const half = shown.meta.window;
  const scale = side / (2 * half);
  const { name, what, axes } = planeNames(shown, plane);
  context.font = `${type}px ${font}`;
  // A name stands between 0 and 2: on a phone a long one takes the place of both.
  const fits = Math.max(...axes.map((each) => context.measureText(each).width)) + type < 2 * scale;
  context.fillStyle = colours.quiet;
  context.font = `${type - 1}px ${font}`;
  for (const tick of fits ? [-2, 0, 2] : [-2]) {
    const label = String(tick).replace("-", "−");
    context.textAlign = "center";
    context.fillText(label, x + (tick + half) * scale, y + side + type + 1);
    context.textAlign = "right";
    context.fillText(label, x - 6, y + (half - tick) * scale + 4);
  }
  context.fillStyle = text;
  context.font = `${type}px ${font}`;
  context.textAlign = "center";
  context.fillText(axes[0], x + (1 + half) * scale, y + side + type + 2);
  context.save();
  context.translate(x - 0.92 * type, y + (half - 1) * scale);
  if (axes[1].length > 2) context.rotate(-Math.PI / 2);
  context.fillText(axes[1], 0, 4);
  context.restore();
  context.textAlign = "left";
  context.font = `600 ${type}px ${font}`;
  context.fillText(name, x, y - 8);
  const after = context.measureText(name).width;
  context.font = `${type}px ${font}`;
  context.fillStyle = colours.quiet;
  context.fillText(what, x + after + 7, y - 8);
}
