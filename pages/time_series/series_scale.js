// Dates and the range of a chart of a series. Nothing here needs a page.

/** @typedef {import("../ui/browser/scale.js").Tick} Tick */

const DAY = 86_400_000; // milliseconds

const MONTHS = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200];

/**
 * Ticks at dates: days, the first of months, or years.
 *
 * @param {number} low days since 1970 began
 * @param {number} high
 * @param {number} most
 * @returns {Tick[]}
 */
export function dateTicks(low, high, most) {
  const rough = (high - low) / Math.max(1, most);
  if (rough <= 14) {
    const step = Math.max(1, Math.ceil(rough));
    const first = Math.ceil(low / step) * step;
    const count = Math.floor((high - first) / step) + 1;
    return Array.from({ length: Math.max(0, count) }, (_, at) => {
      const value = first + at * step;
      return { value, text: new Date(value * DAY).toISOString().slice(0, 10) };
    });
  }
  const months = MONTHS.find((each) => each * 30.4 >= rough) ?? 2400;
  const begin = new Date(low * DAY);
  const from = Math.ceil((begin.getUTCFullYear() * 12 + begin.getUTCMonth()) / months) * months;
  /** @type {Tick[]} */
  const found = [];
  for (let month = from; found.length <= most + 2; month += months) {
    const value = Date.UTC(Math.floor(month / 12), month % 12) / DAY;
    if (value > high) break;
    const text = new Date(value * DAY).toISOString().slice(0, months % 12 ? 7 : 4);
    if (value >= low) found.push({ value, text });
  }
  return found;
}

/**
 * The lowest and the highest of some numbers, with a little room.
 *
 * @param {number[]} values
 * @returns {[number, number]}
 */
export function range(values) {
  const known = values.filter(Number.isFinite);
  const low = known.reduce((a, b) => Math.min(a, b), Infinity);
  const high = known.reduce((a, b) => Math.max(a, b), -Infinity);
  const room = 0.05 * (high - low) || 1;
  return [low - room, high + room];
}
