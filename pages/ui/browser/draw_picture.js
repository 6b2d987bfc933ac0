// Draws the digit as far as it is drawn, and what is laid over it.

import { findElement } from "./dom.js";
import { PixelGrid } from "./grid.js";
import { drawInk } from "./marks.js";
import { sharpContext } from "./theme.js";
import { edgesOf } from "./draw_values.js";

/**
 * @typedef {object} DrawScene All that the picture shows at one moment.
 * @property {import("./theme.js").Theme} theme
 * @property {import("./grid.js").PixelGrid} grid
 * @property {string[]} greys colours of the levels
 * @property {(pixel: number) => number} valueAt level, as it stands under the student's brush
 * @property {Uint8Array} base levels without flips
 * @property {ReadonlySet<number>} flips
 * @property {boolean} changes whether what the flips changed is marked
 * @property {number} t pixels drawn
 * @property {number} at the pixel that is spoken of
 * @property {((pixel: number) => boolean) | null} reads whether its probability reads a pixel
 * @property {((pixel: number) => number) | null} map a unit of the inner state, from -1 to 1
 * @property {number | number[]} mark pixels that the words speak of, or -1
 * @property {boolean} pointed whether the pointer is on `at`
 */

/** @param {CanvasRenderingContext2D} context @param {DrawScene} scene */
export function drawDigit(context, scene) {
  const { theme, grid, t } = scene;
  const { colours } = theme;
  grid.fill(context, (pixel) => {
    if (pixel >= t) return colours.future;
    return scene.map ? colours.paper : scene.greys[scene.valueAt(pixel)];
  });
  if (scene.map) drawMap(context, scene, scene.map);
  else if (scene.reads) drawReads(context, scene, scene.reads);
  if (scene.changes) drawChanges(context, scene);
  if (scene.reads) drawEdge(context, scene, scene.reads);
  const last = grid.rows * grid.columns;
  for (const pixel of [scene.mark].flat())
    if (pixel >= 0) grid.outline(context, pixel, colours["drawn-now"], 4);
  if (t < last && scene.map) grid.outline(context, t, theme.ground, 5); // over any colour
  if (t < last) grid.outline(context, t, colours.target, 2.5);
  if (scene.pointed) grid.outline(context, scene.at, theme.text, 1.5);
}

/**
 * What the probability reads in blue; drawn pixels that it does not read fade.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {DrawScene} scene
 * @param {(pixel: number) => boolean} reads
 */
function drawReads(context, { grid, theme, t, at, valueAt }, reads) {
  const { colours } = theme;
  context.globalAlpha = 0.55;
  grid.fill(context, (pixel) => (pixel < t && !reads(pixel) ? colours.future : null));
  context.globalAlpha = 0.26;
  grid.fill(context, (pixel) =>
    pixel < Math.min(t, at) && reads(pixel) && !valueAt(pixel) ? colours.seen : null,
  );
  context.globalAlpha = 0.4;
  grid.fill(context, (pixel) =>
    pixel < Math.min(t, at) && reads(pixel) && valueAt(pixel) ? colours.seen : null,
  );
  context.globalAlpha = 1;
}

/**
 * A line around all that the probability reads.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {DrawScene} scene
 * @param {(pixel: number) => boolean} reads
 */
function drawEdge(context, { grid, theme }, reads) {
  context.strokeStyle = theme.colours.seen;
  context.lineWidth = 2;
  context.beginPath();
  for (const [x0, y0, x1, y1] of edgesOf(reads, grid.rows, grid.columns)) {
    context.moveTo(grid.x + x0 * grid.cell, grid.y + y0 * grid.cell);
    context.lineTo(grid.x + x1 * grid.cell, grid.y + y1 * grid.cell);
  }
  context.stroke();
}

/**
 * One unit of the inner state at every pixel; ink as small tiles over it.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {DrawScene} scene
 * @param {(pixel: number) => number} map
 */
function drawMap(context, { grid, theme, t, valueAt, greys }, map) {
  const { positive, negative } = theme.colours;
  grid.fill(context, (pixel) => {
    if (pixel > t) return null;
    const strength = map(pixel);
    context.globalAlpha = Math.min(1, Math.abs(strength));
    return strength > 0 ? positive : negative;
  });
  context.globalAlpha = 1;
  for (let pixel = 0; pixel < t; pixel++) {
    if (!valueAt(pixel)) continue;
    const [x, y] = grid.corner(pixel);
    drawInk(context, greys[valueAt(pixel)], x, y, grid.cell, theme);
  }
}

/**
 * What the flips changed: a corner, and what was there before as a ghost.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {DrawScene} scene
 */
function drawChanges(context, { grid, theme, t, flips, base, valueAt, greys }) {
  const { colours } = theme;
  if (!flips.size) return;
  const first = Math.min(...flips);
  for (let pixel = first; pixel < base.length; pixel++) {
    const drawn = pixel < t;
    const same = drawn && valueAt(pixel) === base[pixel];
    if (same) continue;
    if (base[pixel]) {
      const [x, y] = grid.corner(pixel);
      const inset = grid.cell * 0.3;
      context.globalAlpha = drawn ? 0.5 : 0.22;
      context.fillStyle = greys[base[pixel]];
      context.fillRect(x + inset, y + inset, grid.cell - 2 * inset, grid.cell - 2 * inset);
      context.globalAlpha = 1;
    }
    if (drawn && !flips.has(pixel)) grid.dogEar(context, pixel, colours.changed);
  }
  for (const pixel of flips) if (pixel < t) grid.cross(context, pixel, colours.flipped);
}

/**
 * What another network draws with the same random numbers, as far as this one is.
 *
 * @param {HTMLElement} figure
 * @param {{ title: string, side: number, columns: number, values: Uint8Array | undefined, t: number, greys: string[] }} other
 * @param {import("./theme.js").Theme} theme
 */
export function drawOther(figure, { title, side, columns, values, t, greys }, theme) {
  if (!values) return;
  findElement(figure, "figcaption", HTMLElement).textContent = title;
  const canvas = findElement(figure, "canvas", HTMLCanvasElement);
  const grid = new PixelGrid(values.length / columns, columns);
  grid.place(1, 1, side - 2);
  grid.fill(sharpContext(canvas, side, side), (pixel) =>
    pixel < t ? greys[values[pixel]] : theme.colours.future,
  );
}
