// Draws a map of attention weights over an image, and the small maps of all heads.

import { PixelGrid } from "../ui/browser/grid.js";
import { drawInk, drawTarget } from "../ui/browser/marks.js";
import { headName } from "./attention_weights_values.js";

const LABEL = 18; // CSS pixels over a small map

/** @typedef {import("../ui/browser/theme.js").Theme} Theme */

/**
 * @typedef {object} WeightMap
 * @property {Uint8Array} x the image
 * @property {Uint8Array | null} base the image before it was painted
 * @property {Float32Array | null} own weights of one head; null while they are covered
 * @property {number} target
 * @property {number} darkest the weight of the strongest colour
 */

/**
 * @param {CanvasRenderingContext2D} context
 * @param {PixelGrid} grid
 * @param {WeightMap} map
 * @param {Theme} theme
 */
export function drawWeightMap(context, grid, { x, base, own, target, darkest }, theme) {
  const { colours } = theme;
  grid.fill(context, (pixel) =>
    pixel < target || pixel === target ? colours.paper : colours.future,
  );
  if (own) {
    grid.fill(context, (pixel) => {
      context.globalAlpha = pixel < target ? Math.min(1, own[1 + pixel] / darkest) : 0;
      return colours.seen;
    });
    context.globalAlpha = 1;
  }
  for (let pixel = 0; pixel < x.length; pixel++) {
    const [left, top] = grid.corner(pixel);
    if (x[pixel]) {
      context.globalAlpha = pixel < target ? 1 : 0.35;
      drawInk(
        context,
        colours.ink,
        left + grid.cell / 5,
        top + grid.cell / 5,
        grid.cell * 0.6,
        theme,
      );
      context.globalAlpha = 1;
    }
    if (base && base[pixel] !== x[pixel]) grid.dogEar(context, pixel, colours.flipped);
  }
  grid.frame(context, colours.line);
  const [left, top] = grid.corner(target);
  drawTarget(context, left, top, grid.cell, theme);
}

/**
 * Where the small maps of all heads stand: a row for each block.
 *
 * @param {number} side of the square that they fill, CSS pixels
 * @param {{ count: number, heads: number, rows: number, columns: number }} shape
 * @returns {PixelGrid[]}
 */
export function headGrids(side, { count, heads, rows, columns }) {
  const gap = 10;
  const each = (side - (heads - 1) * gap) / heads;
  return Array.from({ length: count }, (_, head) => {
    const grid = new PixelGrid(rows, columns);
    const down = each + LABEL + gap;
    grid.place(
      2 + (head % heads) * (each + gap),
      2 + LABEL + Math.floor(head / heads) * down,
      each - 4,
    );
    return grid;
  });
}

/** Which head is at a point, or -1. @param {PixelGrid[]} grids @param {number} x @param {number} y */
export const headAt = (grids, x, y) => grids.findIndex((grid) => grid.at(x, y) >= 0);

/**
 * @param {CanvasRenderingContext2D} context
 * @param {PixelGrid[]} grids
 * @param {{ maps: WeightMap[], chosen: number, heads: number }} scene
 * @param {Theme} theme
 */
export function drawHeads(context, grids, { maps, chosen, heads }, theme) {
  grids.forEach((grid, head) => {
    drawWeightMap(context, grid, maps[head], theme);
    context.font = `${head === chosen ? 600 : 400} 12px ${theme.font}`;
    context.fillStyle = theme.text;
    context.textAlign = "left";
    context.textBaseline = "alphabetic";
    const name =
      grid.width > 110
        ? headName(head, heads)
        : `${Math.floor(head / heads) + 1}·${(head % heads) + 1}`;
    context.fillText(name, grid.x, grid.y - 6);
    if (head !== chosen) return;
    context.strokeStyle = theme.text;
    context.lineWidth = 2;
    context.strokeRect(grid.x - 1, grid.y - 1, grid.width + 2, grid.height + 2);
  });
}
