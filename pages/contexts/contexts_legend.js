// Which marks the legend of the grids explains. No DOM.

/**
 * @typedef {object} Explained What is on the grids.
 * @property {Record<string, string>} words of the marks
 * @property {string | null} other title of the network compared with
 * @property {boolean} trained
 * @property {boolean} gradients whether colours are gradients
 * @property {boolean} field whether it is shown what is read
 * @property {boolean} unread whether it is shown why a pixel is not read
 * @property {boolean} marked
 * @property {boolean} painted
 */

/** @param {Explained} shown @returns {[string, string][]} mark, what it means */
export function legendOf({ words, other, trained, gradients, field, unread, marked, painted }) {
  /** @type {[string, string][]} */
  const entries = [["target", words.target]];
  if (!field) {
    entries.push(["blank", "drawn before it"]);
  } else {
    if (!gradients) entries.push(["seen", other ? "read by both" : words.seen]);
    if (other)
      entries.push(
        ["gained", `not by ${other}`],
        ["lost", `by ${other} alone`],
        ["blank", "by neither"],
      );
    if (!trained) entries.push(["new", "new with this layer"]);
    if (unread && !other)
      entries.push(["depth-limited", words["depth-limited"]], ["blind", words.blind]);
    if (!unread) entries.push(["blank", "not read"]);
  }
  if (trained) entries.push(["ink", "ink"]);
  if (painted) entries.push(["painted", "painted"]);
  if (marked) entries.push(["marked", "marked by you"]);
  entries.push(["future", words.future]);
  return entries;
}
