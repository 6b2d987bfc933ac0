// Who computed a picture, and in what time, as the line below it says. No DOM.

/** @param {number} taken milliseconds */
export function milliseconds(taken) {
  return taken < 1 ? "less than 1 ms" : `${Math.round(taken)} ms`;
}

/** @param {number} taken milliseconds */
export const inBrowser = (taken) => `Computed in this browser, ${milliseconds(taken)}.`;

const NEXT = "What you change is computed in this browser.";

/**
 * The line: of what is shown now, not of what would be computed next.
 *
 * @param {object} told
 * @param {import("./engine.js").Shown | null} told.shown as the picture has said it
 * @param {string} told.cost the server's sentence on what it computed last for this picture, or ""
 * @param {boolean} told.ready whether this browser is to compute, and has the weights
 * @param {boolean} told.failed whether it cannot
 */
export function computedWords({ shown, cost, ready, failed }) {
  const here = shown?.by === "browser" ? inBrowser(shown.milliseconds) : "";
  if (failed)
    return `The model does not run in this browser, so the server computes. ${here ? "" : cost}`;
  if (here) return here;
  if (shown) return `${cost || "Computed on the server."}${ready ? ` ${NEXT}` : ""}`;
  return ready ? "Ready in this browser." : cost;
}
