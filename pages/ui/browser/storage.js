// Text that this browser keeps from one visit to the next. It may allow no storage: then nothing is kept.

/**
 * What is kept by that name; null where there is nothing, or no storage.
 *
 * @param {string} name
 */
export function stored(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/**
 * Keeps a text.
 *
 * @param {string} name
 * @param {string} text
 * @returns {boolean} whether it is kept
 */
export function store(name, text) {
  try {
    localStorage.setItem(name, text);
    return true;
  } catch {
    return false;
  }
}
