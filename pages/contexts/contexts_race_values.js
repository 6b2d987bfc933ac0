// The arithmetic and the words of a race between networks that draw. No DOM.

import { decimals, whole } from "../ui/browser/numbers.js";

/**
 * @typedef {object} Lane One network that draws in one way; pages/contexts/race.py sends it.
 * @property {string} id
 * @property {string} title
 * @property {"decoder" | "naive"} way
 * @property {number} parameters
 * @property {number} nats test NLL
 * @property {import("../ui/browser/engine.js").Offer | null} offer null: this browser does not compute
 * @property {Spread | null} server what was measured there
 * @property {string} device that of the server
 */

/**
 * @typedef {object} Spread Milliseconds of a digit: the median, and how far they are apart.
 * @property {number} median
 * @property {number} low
 * @property {number} high
 * @property {number} runs digits that were drawn, or passes
 * @property {boolean} [estimated] whether only passes were timed: all take as long as the median one
 */

export const LEVELS = 2; // of a pixel

/** @typedef {"browser" | "server"} Place where a lane is drawn */

/** @typedef {{ id: string, lane: Lane, by: Place }} Entrant one lane as it is drawn in one place */

/** @typedef {"browser" | "server" | "both"} Where whose times are replayed: `WHERE` of pages/contexts/race.py */

/**
 * Who is in the race: every lane here, on the server, or first here and then there.
 *
 * @param {Lane[]} lanes
 * @param {Where} where
 * @returns {Entrant[]}
 */
export function entrantsOf(lanes, where) {
  /** @type {Place[]} */
  const places = where === "both" ? ["browser", "server"] : [where];
  return places.flatMap((by) => lanes.map((lane) => ({ id: `${lane.id} ${by}`, lane, by })));
}

/** @typedef {{ values: Uint8Array, spread: Spread }} Run the digit that was drawn, and how long one takes */

/** @param {number[]} sorted */
const middle = (sorted) => {
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};

/**
 * Median and range of whole digits.
 *
 * @param {number[]} times milliseconds of each
 * @returns {Spread}
 */
export function ofDigits(times) {
  const sorted = times.toSorted((a, b) => a - b);
  return { median: middle(sorted), low: sorted[0], high: sorted.at(-1) ?? 0, runs: sorted.length };
}

/**
 * Pixels drawn after so many milliseconds.
 *
 * @param {number} elapsed
 * @param {Spread} spread of the digit
 * @param {number} pixels D
 */
export const drawnAfter = (elapsed, { median }, pixels) =>
  Math.max(0, Math.min(pixels, Math.floor((pixels * elapsed) / median)));

/** The level at one step, of a random number: the first whose cumulated probability is above it. @param {ArrayLike<number>} logits @param {number} u */
export function levelOf(logits, u) {
  const numbers = Array.from(logits);
  const top = Math.max(...numbers);
  const weights = numbers.map((z) => Math.exp(z - top));
  const total = weights.reduce((a, b) => a + b);
  let sum = 0;
  const found = weights.findIndex((weight) => (sum += weight / total) > u);
  return found < 0 ? weights.length - 1 : found;
}

/** @param {number} ms */
const digits = (ms) => (ms < 10 ? 1 : 0);

/** A median with its range, as a cell has it. @param {Spread | null | undefined} spread */
export function spreadInWords(spread) {
  if (!spread) return "–";
  const { median, low, high } = spread;
  return `${roughly(spread)}${inWords(median)} (${inWords(low)}–${inWords(high)})`;
}

/** @param {number} ms */
const inWords = (ms) => (ms < 1000 ? decimals(ms, digits(ms)) : whole(ms));

/** @param {Spread} spread */
const roughly = ({ estimated }) => (estimated ? "≈ " : "");

/** What stands below a lane that is done. @param {Spread} spread */
export const doneInWords = (spread) => `done after ${roughly(spread)}${inWords(spread.median)} ms`;

/** @param {Lane} lane @param {boolean} ways whether the lanes differ in this */
export const nameOf = ({ title, way }, ways) =>
  ways ? `${title}, ${way === "naive" ? "naive" : "by the decoder"}` : title;

/** The same of an entrant, with its place; short where many stand side by side. @param {Entrant} entrant @param {boolean} ways @param {Where} where */
export function entrantName({ lane, by }, ways, where) {
  const short = lane.way === "naive" ? "Naive" : "Decoder";
  if (where === "both")
    return `${ways ? short : lane.title}: ${by === "server" ? "server" : "here"}`;
  return where === "server" ? `${nameOf(lane, ways)}: server` : nameOf(lane, ways);
}

/** Medians that differ by less than this factor are called the same. */
const ALIKE = 1.15;

/**
 * What the times say: by what factor the slowest lane is slower, or nothing yet.
 *
 * @param {Lane[]} lanes
 * @param {(lane: Lane) => Spread | null | undefined} timeOf
 * @param {string} where
 */
export function factorInWords(lanes, timeOf, where) {
  const known = lanes.flatMap((lane) => {
    const spread = timeOf(lane);
    return spread ? [{ lane, ms: spread.median }] : [];
  });
  if (known.length < 2 || known.length < lanes.length) return "";
  const [first, ...others] = known.toSorted((a, b) => a.ms - b.ms);
  /** @param {number} ms */
  const factor = (ms) => `${decimals(ms / first.ms, ms < 10 * first.ms ? 1 : 0)} times as long`;
  if (lanes.some(({ way }) => way === "naive")) {
    const [{ lane, ms }] = others;
    return `${where}, one digit takes ${factor(ms)} ${lane.way === "naive" ? "naively" : "by the decoder"}.`;
  }
  const last = others[others.length - 1];
  if (last.ms < ALIKE * first.ms) {
    return `${where}, one digit takes about the same time with ${others.length > 1 ? "all" : "both"}.`;
  }
  const said = others.map(({ lane, ms }) => `${factor(ms)} with ${lane.title}`);
  const best = others.length > 1 ? "the fastest" : "the faster one";
  return `${where}, ${first.lane.title} is ${best}; one digit takes ${said.join(", and ")}.`;
}

/** @typedef {"ways" | "kinds" | "size" | "good"} Lineup who races: `LINEUPS` of pages/contexts/race.py */

/**
 * How the times were found.
 *
 * @param {object} race
 * @param {Lineup} race.lineup
 * @param {number} race.runs digits by the decoder
 * @param {number} race.naive_runs digits naively
 * @param {number} pixels D
 * @param {Lane[]} lanes
 */
export function noteInWords({ lineup, runs, naive_runs: naive }, pixels, lanes) {
  const more = {
    ways: `Naive: ${naive} digits of ${pixels} passes each; Stop keeps those that are whole.`,
    kinds: "The networks are not matched: they differ in parameters and in test NLL.",
    size: "The networks have about as many parameters. They differ in test NLL.",
    good: "The networks have about the same test NLL. They differ in parameters.",
  }[lineup];
  return [
    "Each lane is timed alone, with the messages to the worker and back: the median of " +
      `${runs} digits by the decoder; in brackets the fastest and the slowest. ${more}`,
    serverNote(lanes, pixels),
    "The race replays the medians; 1000 / s is true speed.",
  ]
    .filter(Boolean)
    .join(" ");
}

/** How the server's times were found; nothing before it has measured. @param {Lane[]} lanes @param {number} pixels */
function serverNote(lanes, pixels) {
  const known = lanes.flatMap(({ way, server }) => (server ? [{ way, server }] : []));
  const [decoder] = known.filter(({ way }) => way === "decoder");
  const [naive] = known.filter(({ way }) => way === "naive");
  const said = [];
  if (decoder) said.push(`On the server: the median of ${decoder.server.runs} digits.`);
  if (naive) {
    const { runs } = naive.server;
    const ends = runs < MANY ? "of the fastest and the slowest" : "without the outer tenths";
    said.push(
      `Naive on the server is an estimate (≈): ${pixels} times the median of ${runs} passes; in ` +
        `brackets the same ${ends}.`,
    );
  }
  return said.join(" ");
}

/** So many passes that the outer tenths are left out, as in arviz_models/analysis/timing.py. */
const MANY = 10;
