// How large the drawing and its completion are. No DOM.

const NARROW = 560;
const LEAST = 132;
const LEAST_NARROW = 92;
const ENOUGH = { page: 260, presented: 190 }; // so large the pad is, whatever else is to be seen
const EDGE = 26; // beside the pad, for the handle of the line
const GAP = 16;
const OTHERS = 132; // the small completions, in two columns

/**
 * @param {number} width of all, CSS pixels
 * @param {number} tall of the window, CSS pixels
 * @param {number} [reserve] height that is wanted for more, CSS pixels
 * @param {number} [less] height that a phone's pane does not have, CSS pixels
 * @param {boolean} [present] on a screen that does not scroll
 * @returns {{ side: number, narrow: boolean }} side of the pad and of the completion, and whether the
 *   small completions stand below them
 */
export function completionLayout(width, tall, reserve = 0, less = 0, present = false) {
  const narrow = width < NARROW;
  const across = (width - EDGE - (narrow ? GAP : 2 * GAP + OTHERS)) / 2;
  const all = tall - (narrow ? 478 : 430);
  const high = Math.max(all - reserve, Math.min(all, present ? ENOUGH.presented : ENOUGH.page));
  const least = narrow ? LEAST_NARROW : LEAST;
  return { side: Math.floor(Math.max(least, Math.min(across, high) - less)), narrow };
}
