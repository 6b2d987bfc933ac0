// Draws what changes often once in a frame. A canvas that is drawn again before the browser has shown
// it makes the browser wait, up to a whole frame.

export class OnceAFrame {
  frame = 0; // in which it was drawn, until that is shown
  late = false; // whether more came in that frame

  /** @param {() => void} draw */
  constructor(draw) {
    this.draw = draw;
  }

  /** Draw, whatever was drawn in this frame. */
  now() {
    this.late = false;
    this.frame ||= requestAnimationFrame(() => this.shown());
    this.draw();
  }

  /** Draw at once where nothing was drawn in this frame; in the next one otherwise. */
  soon() {
    if (this.frame) this.late = true;
    else this.now();
  }

  shown() {
    this.frame = 0;
    if (this.late) this.now();
  }

  stop() {
    cancelAnimationFrame(this.frame);
  }
}
