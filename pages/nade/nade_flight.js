// The moment at which a drawn pixel's column of W flies into the running sum.

import { stillness } from "../ui/browser/theme.js";

const LONGEST = 700; // milliseconds of one flight
const FASTEST = 16; // steps a second; faster ones are not seen

export class Flight {
  share = 1; // how far the column is: 0 at the pixel, 1 in the sum
  step = -1; // that the flight belongs to
  frame = 0;

  /** @param {() => void} draw */
  constructor(draw) {
    this.draw = draw;
  }

  /**
   * A step of the player: after the one before, its column flies.
   *
   * @param {number} step
   * @param {number} speed steps a second, where it plays; 1 where the student steps
   */
  to(step, speed) {
    const next = step === this.step + 1 && this.step >= 0;
    this.step = step;
    cancelAnimationFrame(this.frame);
    this.share = 1;
    if (!next || speed > FASTEST || stillness()) return;
    const begun = performance.now();
    const lasts = Math.min(LONGEST, 850 / speed);
    const move = () => {
      this.share = Math.min(1, (performance.now() - begun) / lasts);
      this.draw();
      if (this.share < 1) this.frame = requestAnimationFrame(move);
    };
    this.share = 0;
    this.frame = requestAnimationFrame(move);
  }

  stop() {
    cancelAnimationFrame(this.frame);
    this.share = 1;
  }
}
