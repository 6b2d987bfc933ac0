/** @typedef {import("../../../assets/engine/training/kept.js").Note} Note */

/** Stands in for IndexedDB. */
export class Memory {
  /** @type {Map<string, Note>} */
  notes = new Map();
  /** @type {Map<string, any>} */
  states = new Map();

  /** @param {(notes: Note[]) => import("../../../assets/engine/training/kept.js").Change} decide */
  async change(decide) {
    const { put, state, remove = [] } = decide([...this.notes.values()]);
    for (const token of remove) this.states.delete(token) && this.notes.delete(token);
    if (!put || remove.includes(put.token)) return;
    this.notes.set(put.token, put);
    if (state) this.states.set(put.token, state);
  }

  /** @param {string} token */
  async state(token) {
    return this.states.get(token);
  }
}
