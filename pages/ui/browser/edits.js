// Edits of a picture on their way to Python, one at a time.
//
// A request brings along the address that the browser had when it was sent. If an edit left before
// the answer to the one before had put that into the address, Python would take the old address for
// a link that was opened, and forget the edit. So an edit waits for that answer; of those that wait,
// the last one holds all.
//
// The answer is a run of the page, which the browser then draws anew: that would be in the way of a
// hand that goes on. So a picture that follows the hand by itself sends its edits once the hand rests.

import { PAUSES, RESTS } from "./rests.js";

const PATIENCE = 8000; // milliseconds; then the answer is taken for lost

/** @typedef {Record<string, string>} AddressFields fields of a link, by name */

/** Who has edits that Python has not answered yet, of all pictures of the page. @returns {Set<Edits>} */
export function openEdits() {
  window.arvizEdits ??= new Set();
  return window.arvizEdits;
}

/**
 * Write fields into the address: no step in the history.
 *
 * @param {Record<string, string | null>} fields null where it is to say nothing of one
 * @returns {Record<string, string | null>} what it said of them before
 */
function writeAddress(fields) {
  const url = new URL(location.href);
  /** @type {Record<string, string | null>} */
  const before = {};
  for (const [name, text] of Object.entries(fields)) {
    before[name] = url.searchParams.get(name);
    if (text === null) url.searchParams.delete(name);
    else url.searchParams.set(name, text);
  }
  if (url.href !== location.href) history.replaceState(history.state, "", url);
  return before;
}

export class Edits {
  constructor() {
    this.nonce = 0;
    /** @type {{ nonce: number, since: number } | null} */
    this.underway = null;
    /** @type {(Record<string, unknown> & { nonce: number }) | null} */
    this.waiting = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.rests = true; // whether what waits may be sent: the hand rests
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.writing = undefined;
    /** @type {AddressFields | null} what is not in the address yet */
    this.fields = null;
    /** @type {Record<string, string | null> | null} what the address says where Python writes it */
    this.address = null;
    /** @type {(name: string, value: unknown) => void} set by the view that owns this */
    this.trigger = () => {};
  }

  /**
   * A whole state to be sent; `trigger` calls Python with it, as soon as that has answered.
   *
   * @param {Record<string, unknown>} edit
   */
  send(edit) {
    openEdits().add(this);
    this.nonce += 1;
    this.waiting = { ...edit, nonce: this.nonce };
    this.stop();
    this.rests = true;
    this.sendWaiting();
  }

  /**
   * The same, to be sent once the hand has rested for a while. Before that the address holds it, as soon
   * as the hand has let go for a moment: a page that is loaded again, or left, comes back with it. Not at
   * once, as a browser that notes an address draws the next frames late. The step in the history is Python's.
   *
   * @param {Record<string, unknown>} edit
   * @param {AddressFields} fields
   */
  later(edit, fields) {
    openEdits().add(this);
    this.nonce += 1;
    this.waiting = { ...edit, nonce: this.nonce };
    this.fields = fields;
    this.release();
  }

  /** A hand is at it again: what waits goes on waiting. */
  hold() {
    this.stop();
    this.rests = false;
  }

  /** The hand has let go: what waits is sent once it has rested for a while. */
  release() {
    this.hold();
    this.writing = setTimeout(() => {
      if (!this.fields) return;
      const before = writeAddress(this.fields);
      this.address ??= before;
      this.fields = null;
    }, PAUSES);
    this.timer = setTimeout(() => {
      this.rests = true;
      this.sendWaiting();
    }, RESTS);
  }

  stop() {
    clearTimeout(this.writing);
    clearTimeout(this.timer);
  }

  sendWaiting() {
    if (!this.underway || performance.now() - this.underway.since > PATIENCE) this.flush();
  }

  /** What waits belongs to a place that is left. @param {number} nonce the last one that Python knows */
  forget(nonce) {
    this.stop();
    openEdits().delete(this);
    this.waiting = this.underway = this.address = this.fields = null;
    this.rests = true;
    this.nonce = nonce;
  }

  /** Send what waits, now. */
  flush() {
    this.stop();
    this.rests = true;
    this.fields = null;
    const edit = this.waiting;
    if (!edit) return;
    this.waiting = null;
    if (this.address) writeAddress(this.address);
    this.address = null;
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
      if (!this.waiting) openEdits().delete(this);
      if (this.waiting && this.rests) setTimeout(() => this.sendWaiting());
    }
    return nonce >= this.nonce;
  }
}
