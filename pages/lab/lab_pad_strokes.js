// The strokes of a drawing, and the drawings that Python has not heard of yet. No DOM.

import { base64 } from "../ui/browser/base64.js";

/** @typedef {[number, number]} Point share of the pad's width and height, 0..1 */
/** @typedef {[number, string]} Drawing number and base64 of its bytes */

const PEN = 0.085; // width of a stroke, share of the pad: two pixels of 28

/**
 * Draw strokes with round ends.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Point[][]} strokes
 * @param {number} side of the canvas
 * @param {string} colour
 */
export function drawStrokes(context, strokes, side, colour) {
  context.strokeStyle = colour;
  context.lineWidth = PEN * side;
  context.lineCap = context.lineJoin = "round";
  for (const stroke of strokes) {
    context.beginPath();
    context.moveTo(stroke[0][0] * side, stroke[0][1] * side);
    for (const [x, y] of stroke) context.lineTo(x * side, y * side); // a dot: a line of no length
    context.stroke();
  }
}

/**
 * One byte a pixel, from red, green, blue and alpha, as base64.
 *
 * @param {Uint8ClampedArray} pixels
 */
export function greyText(pixels) {
  return base64(pixels.filter((_, at) => at % 4 === 0));
}

/** Drawings go to Python again with each new one until it says that they have come: none is lost. */
export class Unheard {
  /** @type {Drawing[]} */
  drawings = [];
  last = 0;

  /** A new drawing; what is to be sent. @param {string} text */
  add(text) {
    this.last += 1;
    this.drawings = [...this.drawings, [this.last, text]];
    return this.drawings;
  }

  /** Python knows all up to this number. @param {number} heard */
  heard(heard) {
    this.last = Math.max(this.last, heard);
    this.drawings = this.drawings.filter(([number]) => number > heard);
  }
}
