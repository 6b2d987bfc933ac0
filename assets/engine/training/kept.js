// Trainings that a browser keeps over a reload of the page.
//
// A note says what each is, and its state lies beside it, so that a list reads no weights. Whoever goes on
// with a training owns it from then on: another tab that still has it can write nothing over it. All are
// gone an hour after they were last saved, when anything here is next asked for.

import { EngineError } from "../errors.js";

/**
 * @typedef {object} Note
 * @property {string} token Name of the training.
 * @property {string} owner Who may save it.
 * @property {number} saved Milliseconds since 1970.
 * @property {boolean} paused Whether it was paused then.
 * @property {unknown} about Plain data, of whoever asked for the training.
 */

/** @typedef {{ put?: Note, state?: object, remove?: string[] }} Change `put` without `state`: the state stays. */

/**
 * @typedef {object} Store
 * @property {(decide: (notes: Note[]) => Change) => Promise<void>} change Reads all notes and changes them,
 *   while nobody else can.
 * @property {(token: string) => Promise<any>} state
 */

export const KEPT_FOR = 3_600_000; // milliseconds
const MOST = 4; // trainings of a browser

/**
 * Notes of trainings that are too old, or too many. One from the future is too: the clock was set back.
 *
 * @param {Note[]} notes @param {number} now
 */
function outdated(notes, now) {
  const fresh = (/** @type {Note} */ { saved }) => Math.abs(now - saved) < KEPT_FOR;
  const late = notes.filter(fresh).sort((a, b) => b.saved - a.saved);
  return [...notes.filter((note) => !fresh(note)), ...late.slice(MOST)].map(({ token }) => token);
}

/** What is kept, the latest last; what is outdated is removed. @param {Store} store */
export async function listKept(store, now = Date.now()) {
  /** @type {Note[]} */
  let found = [];
  await store.change((notes) => {
    const remove = outdated(notes, now);
    found = notes.filter(({ token }) => !remove.includes(token));
    return { remove };
  });
  return found.sort((a, b) => a.saved - b.saved);
}

/** Keeps one training. */
export class Keeper {
  /** @param {Store} store @param {string} token @param {unknown} about @param {string} owner */
  constructor(store, token, about, owner) {
    this.store = store;
    this.token = token;
    this.about = about;
    this.owner = owner;
  }

  /**
   * Goes on with what is kept; null where there is nothing.
   *
   * @returns {Promise<{ state: any } | null>} a state of null: it was noted before it had one
   */
  async take(now = Date.now()) {
    let there = false;
    await this.store.change((notes) => {
      const remove = outdated(notes, now);
      const note = notes.find(({ token }) => token === this.token && !remove.includes(token));
      there = Boolean(note);
      return note ? { put: { ...note, owner: this.owner }, remove } : { remove };
    });
    return there ? { state: (await this.store.state(this.token)) ?? null } : null;
  }

  /** @param {object | null} state null: it has none yet @param {boolean} paused @throws {EngineError} another tab goes on with it. */
  async save(state, paused, now = Date.now()) {
    const { token, owner, about } = this;
    let mine = true;
    await this.store.change((notes) => {
      mine = notes.every((note) => note.token !== token || note.owner === owner);
      if (!mine) return {};
      const put = { token, owner, about, paused, saved: now };
      const others = notes.filter((note) => note.token !== token);
      return { put, state: state ?? undefined, remove: outdated([put, ...others], now) };
    });
    if (!mine) throw new EngineError("It goes on in another tab of this browser.");
  }

  /** It has ended. */
  async forget() {
    const mine = (/** @type {Note} */ note) =>
      note.token === this.token && note.owner === this.owner;
    await this.store.change((notes) => ({ remove: notes.some(mine) ? [this.token] : [] }));
  }
}

/** A request of IndexedDB as a promise. @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const answered = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** The store of this browser. @implements {Store} */
export class Database {
  /** @param {string} name */
  constructor(name = "arviz-trainings") {
    this.name = name;
    /** @type {Promise<IDBDatabase> | null} */
    this.opened = null;
  }

  /** @param {IDBTransactionMode} mode */
  async begin(mode) {
    if (this.opened === null) {
      const request = indexedDB.open(this.name, 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore("notes", { keyPath: "token" });
        request.result.createObjectStore("states");
      };
      this.opened = answered(request);
    }
    const transaction = (await this.opened).transaction(["notes", "states"], mode);
    const [notes, states] = ["notes", "states"].map((name) => transaction.objectStore(name));
    return { transaction, notes, states };
  }

  /** @param {(notes: Note[]) => Change} decide */
  async change(decide) {
    const { transaction, notes, states } = await this.begin("readwrite");
    const over = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    const { put, state, remove = [] } = decide(await answered(notes.getAll()));
    for (const token of remove) {
      notes.delete(token);
      states.delete(token);
    }
    if (put && !remove.includes(put.token)) {
      notes.put(put);
      if (state) states.put(state, put.token);
    }
    await over;
  }

  /** @param {string} token */
  async state(token) {
    const { states } = await this.begin("readonly");
    return answered(states.get(token));
  }
}
