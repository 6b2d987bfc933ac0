// Where inputs and outputs stand, by name or by rank, and how they slide from one to the other. No DOM.

const SLIDING = 500; // ms

export class MadeSlots {
  /** @type {number[]} */
  from = [];
  /** @type {number[]} */
  to = [];
  begun = -Infinity;

  /**
   * Go to other places.
   *
   * @param {number[]} ranks of the variables, counted from 1
   * @param {boolean} sorted by rank, else by name
   * @param {number} now ms; -Infinity to be there at once
   */
  go(ranks, sorted, now) {
    const names = ranks.map((_, unit) => unit);
    const before = this.to.length === ranks.length ? this.at(now) : names;
    this.to = sorted ? ranks.map((rank) => rank - 1) : names;
    this.from = Number.isFinite(now) ? before : this.to;
    this.begun = now;
  }

  /** The places at a time in ms. @param {number} now @returns {number[]} */
  at(now) {
    const part = this.moving(now) ? Math.max(0, (now - this.begun) / SLIDING) : 1;
    const eased = part * part * (3 - 2 * part);
    return this.to.map((end, unit) => this.from[unit] + eased * (end - this.from[unit]));
  }

  /** @param {number} now ms */
  moving(now) {
    return now - this.begun < SLIDING;
  }
}
