// Draws what changes often once in a frame. A canvas that is drawn again before the browser has shown
// it makes the browser wait, up to a whole frame.

export class OnceAFrame {
  frame = 0; // the next one, once it was asked for
  drawn = false; // whether it was drawn since the last one was shown
  late = false; // whether it is to be drawn in the next one

  /** @param {() => void} draw */
  constructor(draw) {
    this.draw = draw;
  }

  /** Draw, whatever was drawn in this frame. */
  now() {
    this.late = false;
    this.drawn = true;
    this.frame ||= requestAnimationFrame(() => this.shown());
    this.draw();
  }

  /** Draw at once where nothing was drawn in this frame; in the next one otherwise. */
  soon() {
    if (this.drawn) this.late = true;
    else this.now();
  }

  /** Draw in the next frame, unless that happens before: more is expected within this one. */
  later() {
    this.late = true;
    this.frame ||= requestAnimationFrame(() => this.shown());
  }

  shown() {
    this.frame = 0;
    this.drawn = false;
    if (this.late) this.now();
  }

  stop() {
    cancelAnimationFrame(this.frame);
  }
}
