// A part of a picture that is drawn once, and copied while nothing that it depends on changes.

import { contextOf } from "./dom.js";

export class KeptLayer {
  canvas = document.createElement("canvas");
  /** @type {unknown[]} what the layer was drawn from */
  drawnFrom = [];

  /**
   * Put the layer onto a picture.
   *
   * @param {CanvasRenderingContext2D} context of the picture, as `sharpContext` gives it
   * @param {unknown[]} from all that the drawing depends on, compared by identity
   * @param {(context: CanvasRenderingContext2D) => void} draw
   */
  put(context, from, draw) {
    const { width, height } = context.canvas;
    const now = [...from, width, height];
    if (
      now.length !== this.drawnFrom.length ||
      now.some((each, at) => each !== this.drawnFrom[at])
    ) {
      this.drawnFrom = now;
      Object.assign(this.canvas, { width, height });
      const own = contextOf(this.canvas);
      own.setTransform(context.getTransform());
      draw(own);
    }
    context.save();
    context.resetTransform();
    context.drawImage(this.canvas, 0, 0);
    context.restore();
  }
}
