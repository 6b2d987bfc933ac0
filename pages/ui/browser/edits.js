// Edits of a picture on their way to Python, one at a time.
//
// A request brings along the address that the browser had when it was sent. If an edit left before
// the answer to the one before had put that into the address, Python would take the old address for
// a link that was opened, and forget the edit. So an edit waits for that answer; of those that wait,
// the last one holds all.

const PATIENCE = 8000; // milliseconds; then the answer is taken for lost

export class Edits {
  constructor() {
    this.nonce = 0;
    /** @type {{ nonce: number, since: number } | null} */
    this.underway = null;
    /** @type {(Record<string, unknown> & { nonce: number }) | null} */
    this.waiting = null;
    /** @type {(name: string, value: unknown) => void} set by the view that owns this */
    this.trigger = () => {};
  }

  /**
   * A whole state to be sent; `trigger` calls Python with it, as soon as that has answered.
   *
   * @param {Record<string, unknown>} edit
   */
  send(edit) {
    this.nonce += 1;
    this.waiting = { ...edit, nonce: this.nonce };
    if (!this.underway || performance.now() - this.underway.since > PATIENCE) this.flush();
  }

  flush() {
    const edit = this.waiting;
    if (!edit) return;
    this.waiting = null;
    this.underway = { nonce: edit.nonce, since: performance.now() };
    this.trigger("edit", edit);
  }

  /**
   * Python has answered the edit of that number; whether it knows the last one.
   *
   * @param {number} nonce
   */
  answered(nonce) {
    this.nonce = Math.max(this.nonce, nonce);
    if (this.underway && nonce >= this.underway.nonce) {
      this.underway = null;
      if (this.waiting) setTimeout(() => this.flush());
    }
    return nonce >= this.nonce;
  }
}
