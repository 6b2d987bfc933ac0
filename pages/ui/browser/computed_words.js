// Times, as the line below a picture says them. No DOM.

/** @param {number} taken milliseconds */
export function milliseconds(taken) {
  return taken < 1 ? "less than 1 ms" : `${Math.round(taken)} ms`;
}
