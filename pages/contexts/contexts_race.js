// A race: each lane is a network that draws a digit, in this browser or on the server. Each is timed
// alone, since two at once would slow each other; then all are shown side by side, in the time that
// they took.

import { mount } from "../ui/browser/mount.js";
import { findElement } from "../ui/browser/dom.js";
import { greys } from "../ui/browser/brush.js";
import { PaneFit } from "../ui/browser/pane.js";
import { Player } from "../ui/browser/player.js";
import { drawSmall } from "../ui/browser/digit_strip.js";
import { pageEngine } from "../ui/browser/engine.js";
import { decimals, whole } from "../ui/browser/numbers.js";
import { paletteToCss, stillness, themeOf } from "../ui/browser/theme.js";
import { timeDecoder, timeNaive } from "./contexts_race_timing.js";
import {
  LEVELS,
  doneInWords,
  drawnAfter,
  entrantName,
  entrantsOf,
  factorInWords,
  nameOf,
  noteInWords,
  spreadInWords,
} from "./contexts_race_values.js";
import { cssLength, clientWidthOf } from "../ui/browser/screen.js";

/** @typedef {import("./contexts_race_values.js").Lane} Lane */
/** @typedef {import("./contexts_race_values.js").Entrant} Entrant */
/** @typedef {import("./contexts_race_values.js").Run} Run */

/**
 * @typedef {object} RaceMeta
 * @property {number} rows
 * @property {number} columns
 * @property {number} seed
 * @property {number} runs digits that are timed by the decoder
 * @property {number} naive_runs digits that are timed naively
 * @property {import("./contexts_race_values.js").Where} where whose times are replayed
 * @property {import("./contexts_race_values.js").Lineup} lineup
 * @property {Lane[]} lanes
 * @property {boolean} present
 * @property {string[]} hidden "times"
 * @property {{ speed?: number, nonce: number } | null} goto
 * @property {{ light: import("../ui/browser/theme.js").Colours, dark: import("../ui/browser/theme.js").Colours }} palette
 */

const SPEEDS = [1, 10, 100, 1000]; // milliseconds a second: 1000 is true speed
const NARROW = 560; // CSS pixels
const LEAST_LANE = [76, 48]; // in one row, in two
const MOST_IN_A_ROW = 4; // lanes, on a narrow screen
const LANE_GAP = 10; // between lanes of a narrow picture, as in contexts_race.css

/** @type {Map<string, Run>} by lane and seed: what was measured in this visit */
const measuredHere = new Map();

/** A lane that has not drawn anything. @param {Entrant} entrant */
function newFigure({ id, by }) {
  const figure = document.createElement("figure");
  Object.assign(figure.dataset, { lane: id, by });
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  const said = document.createElement("p");
  said.className = "said";
  figure.append(document.createElement("figcaption"), canvas, said);
  return figure;
}

class ContextsRaceView {
  /** @type {RaceMeta | undefined} */
  meta = undefined;
  /** @type {Record<string, Uint8Array>} by lane: the digit that the server has timed */
  drawn = {};
  /** @type {import("../ui/browser/theme.js").Theme | undefined} */
  theme = undefined;
  /** @type {string[]} */
  greys = [];
  /** @type {AbortController | null} */
  under = null; // the measuring under way
  /** @type {{ id: string, values: Uint8Array, t: number } | null} the digit of the lane that is timed */
  timed = null;
  /** @type {number | undefined} */
  nonce = undefined;
  loaded = ""; // the race that the player has
  fit = new PaneFit();

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    this.root = findElement(parent, ".contexts-race", HTMLElement);
    this.lanes = findElement(this.root, ".lanes", HTMLElement);
    this.button = findElement(this.root, "[data-do=race]", HTMLButtonElement);
    /** @param {string} name */
    this.say = (name) => findElement(this.root, `[data-say=${name}]`, HTMLElement);
    this.host = findElement(this.root, "[data-player]", HTMLElement);
    this.player = new Player(this.host, { onStep: () => this.draw(), onRest: () => {} });
    this.how = findElement(this.root, ".how", HTMLDetailsElement);
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
    this.button.onclick = () => this.press();
  }

  /** Stop, or measure here; what the server has measured is there to be replayed. */
  press() {
    if (this.under) return this.under.abort();
    if (this.meta?.where !== "server") return void this.measure();
    this.player.show(0);
    this.player.playByItself();
  }

  /** @param {{ meta: RaceMeta, arrays: Record<string, Uint8Array> }} data */
  update({ meta, arrays }) {
    const before = this.meta;
    this.meta = meta;
    this.drawn = Object.fromEntries(
      meta.lanes.flatMap(({ id }, lane) => (arrays[lane] ? [[id, arrays[lane]]] : [])),
    );
    if (before && this.raceOf(before) !== this.raceOf(meta)) this.under?.abort();
    this.theme = themeOf(this.root, meta.palette);
    this.greys = greys(LEVELS, this.theme.colours);
    paletteToCss(this.root, this.theme.colours);
    this.build();
    const told = meta.goto?.nonce !== this.nonce;
    this.nonce = meta.goto?.nonce;
    this.ready(told || !before);
  }

  /** What tells one race from another. @param {RaceMeta} meta */
  raceOf({ lanes, seed }) {
    return JSON.stringify([seed, lanes.map(({ id }) => id)]);
  }

  /** @param {Lane} lane */
  runOf({ id }) {
    return measuredHere.get(`${id} ${this.meta?.seed}`);
  }

  get covered() {
    return Boolean(this.meta?.hidden.includes("times"));
  }

  /** Lanes side by side on a narrow screen. */
  get inARow() {
    const all = this.entrants.length;
    return all > MOST_IN_A_ROW ? all / 2 : all;
  }

  get entrants() {
    return this.meta ? entrantsOf(this.meta.lanes, this.meta.where) : [];
  }

  /** The digit and the time of one; undefined before it is measured. @param {Entrant} entrant @returns {Run | undefined} */
  known({ lane, by }) {
    if (this.covered) return undefined;
    if (by === "browser") return this.runOf(lane);
    const values = this.drawn[lane.id];
    return lane.server && values ? { values, spread: lane.server } : undefined;
  }

  /** Whether there is a race to replay: all lanes here are measured, or all on the server if those alone are shown. */
  get whole() {
    const { entrants, meta } = this;
    const here = entrants.filter(({ by }) => by === "browser");
    const needed = meta?.where === "server" ? entrants : here;
    return needed.length > 0 && needed.every((entrant) => this.known(entrant));
  }

  /** Milliseconds for a digit of each lane. */
  get milliseconds() {
    const times = this.meta?.lanes.map((lane) => this.runOf(lane)?.spread.median ?? 0) ?? [];
    return times.reduce((sum, time) => sum + time, 0);
  }

  /** Give the player the race, once it is measured. @param {boolean} told a step says how fast */
  ready(told) {
    const { meta, player } = this;
    if (!meta) return;
    const times = this.entrants.map((entrant) => this.known(entrant)?.spread.median ?? 0);
    const race = this.whole ? JSON.stringify([this.raceOf(meta), meta.where, times]) : "";
    if (race && (race !== this.loaded || told)) {
      const longest = Math.max(...times);
      player.load(Math.ceil(longest), { speeds: SPEEDS, speed: 1000, unit: "ms" });
      player.speed.value = String(meta.goto?.speed ?? 1000);
      player.show(stillness() ? player.steps : 0);
    }
    this.loaded = race;
    pageEngine().shows(this.root, race ? "browser" : null, this.milliseconds);
    this.draw();
  }

  build() {
    const { meta } = this;
    if (!meta) return;
    const figures = this.entrants.map((entrant) => {
      const old = this.lanes.querySelector(`[data-lane="${entrant.id}"]`);
      const figure = old instanceof HTMLElement ? old : newFigure(entrant);
      const words = findElement(figure, "figcaption", HTMLElement);
      words.textContent = entrantName(entrant, meta.lineup === "ways", meta.where);
      return figure;
    });
    this.lanes.replaceChildren(...figures);
    this.lanes.style.setProperty("--lanes", String(this.inARow));
  }

  // --- measuring -----------------------------------------------------------------------------

  async measure() {
    const { meta } = this;
    if (!meta || this.covered) return;
    const under = new AbortController();
    this.under = under;
    for (const lane of meta.lanes) measuredHere.delete(`${lane.id} ${meta.seed}`);
    this.ready(false);
    try {
      for (const lane of meta.lanes)
        measuredHere.set(`${lane.id} ${meta.seed}`, await this.time(lane, meta, under.signal));
    } catch (error) {
      // Stopped, or the engine has failed: then it says so itself (computed.js).
      if (!under.signal.aborted) console.error(error);
    }
    if (this.under === under) this.under = null;
    this.timed = null;
    this.ready(true);
    if (this.whole) this.player.playByItself();
  }

  /** The digits of one lane. @param {Lane} lane @param {RaceMeta} meta @param {AbortSignal} signal */
  time({ id, way, offer }, meta, signal) {
    if (!offer) throw new Error("this browser does not compute");
    const pixels = meta.rows * meta.columns;
    const naive = way === "naive";
    const runs = naive ? meta.naive_runs : meta.runs;
    /** @type {import("./contexts_race_timing.js").Timing["onNews"]} */
    const onNews = ({ run, values, t }) => {
      this.timed = { id, values, t };
      const pass = naive ? `, pass ${whole(t)} of ${whole(pixels)}` : "";
      this.tell(`digit ${run + 1} of ${runs}${pass}`);
    };
    const timing = { seed: meta.seed, runs, signal, onNews };
    return naive
      ? timeNaive(pageEngine(), offer, { ...timing, pixels })
      : timeDecoder(pageEngine(), offer, timing);
  }

  /** How far the measuring is, painted once a frame. @param {string} words */
  tell(words) {
    this.say("doing").textContent = `Timing ${this.timedName()}: ${words}`;
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.draw();
    });
  }

  /** @type {number | undefined} */
  frame = undefined;

  timedName() {
    const { meta } = this;
    const lane = meta?.lanes.find(({ id }) => id === this.timed?.id);
    return meta && lane ? nameOf(lane, meta.lineup === "ways") : "";
  }

  // --- drawing -------------------------------------------------------------------------------

  draw() {
    const { meta, root } = this;
    if (!meta || !root.isConnected || clientWidthOf(root) < 50) return;
    const parts = [meta.lanes.length, meta.where, meta.hidden, this.whole];
    this.fit.draw(root, parts, (less) => this.drawWithin(less));
  }

  /** @param {number} less height that a phone's pane does not have, CSS pixels */
  drawWithin(less) {
    const { meta, theme, player } = this;
    if (!meta || !theme) return;
    this.layOut(less);
    const ready = meta.where === "server" ? this.whole : meta.lanes.every(({ offer }) => offer);
    this.button.disabled = this.covered || !ready;
    this.button.textContent = this.under ? "Stop" : this.whole ? "Race again" : "Race";
    if (!this.under) this.say("doing").textContent = this.missing(ready);
    this.host.style.visibility = this.whole ? "visible" : "hidden";
    for (const entrant of this.entrants) this.drawLane(entrant, player.step, theme);
    this.root.dataset.measured = String(this.whole);
    this.table();
  }

  /** On a narrow screen the lanes share its width, and how it is timed is told on demand. @param {number} less */
  layOut(less) {
    const width = clientWidthOf(this.root);
    const narrow = width < NARROW;
    if (narrow !== this.root.classList.contains("narrow")) this.how.open = !narrow;
    this.root.classList.toggle("narrow", narrow);
    const lanes = this.inARow;
    const rows = this.entrants.length / lanes;
    const side = Math.floor((width - LANE_GAP * (lanes - 1)) / lanes - less / rows);
    const least = LEAST_LANE[rows - 1];
    if (narrow) this.root.style.setProperty("--lane", cssLength(Math.max(least, side)));
    else this.root.style.removeProperty("--lane");
  }

  /** What is not there yet, and how it comes. @param {boolean} ready whether the button can be pressed */
  missing(ready) {
    const { meta, entrants } = this;
    const away = entrants.some((entrant) => entrant.by === "server" && !this.known(entrant));
    if (away && !this.covered) return "The server has no times yet: press Measure on the server.";
    if (ready || meta?.where === "server") return "";
    return "This browser does not compute now: the weights are loading, or the server was chosen below the picture.";
  }

  /** @param {Entrant} entrant @param {number} elapsed milliseconds @param {import("../ui/browser/theme.js").Theme} theme */
  drawLane(entrant, elapsed, theme) {
    const { meta, greys: tones, timed } = this;
    if (!meta) return;
    const pixels = meta.rows * meta.columns;
    const figure = findElement(this.lanes, `[data-lane="${entrant.id}"]`, HTMLElement);
    const run = this.known(entrant);
    const mine =
      this.under && entrant.by === "browser" && timed?.id === entrant.lane.id ? timed : null;
    const values = mine?.values ?? run?.values ?? new Uint8Array(pixels);
    const raced = this.whole && run ? drawnAfter(elapsed, run.spread, pixels) : 0;
    const t = mine ? mine.t : this.under ? 0 : raced;
    const levels = Array.from(values, (level, pixel) => (pixel < t ? level : LEVELS));
    const canvas = findElement(figure, "canvas", HTMLCanvasElement);
    drawSmall(canvas, levels, meta.columns, [...tones, theme.colours.future]);
    const done = this.whole && run && t === pixels && !this.under;
    const words = done ? doneInWords(run.spread) : `${whole(t)} of ${pixels} pixels`;
    findElement(figure, ".said", HTMLElement).textContent = words;
    figure.dataset.drawn = String(t);
    canvas.setAttribute(
      "aria-label",
      `${figure.querySelector("figcaption")?.textContent}: ${words}`,
    );
  }

  table() {
    const { meta, covered } = this;
    if (!meta) return;
    const ways = meta.lineup === "ways";
    const lines = meta.lanes.map((lane) => {
      const cells = [
        whole(lane.parameters),
        decimals(lane.nats, 2),
        covered ? "…" : spreadInWords(this.runOf(lane)?.spread),
        covered ? "…" : spreadInWords(lane.server),
      ];
      return `<tr><th scope="row">${nameOf(lane, ways)}</th>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
    });
    findElement(this.root, "tbody", HTMLElement).innerHTML = lines.join("");
    const device = meta.lanes.find((lane) => lane.device)?.device;
    const said = [
      factorInWords(meta.lanes, (lane) => this.runOf(lane)?.spread, "In this browser"),
      factorInWords(meta.lanes, (lane) => lane.server, `On the server (${device})`),
    ];
    this.say("found").textContent = covered ? "" : said.filter(Boolean).join(" ");
    this.say("note").textContent = covered
      ? "How it is timed is told after the question." // the passes are counted there
      : noteInWords(meta, meta.rows * meta.columns, meta.lanes);
  }

  destroy() {
    this.under?.abort();
    pageEngine().shows(this.root, null);
    if (this.frame !== undefined) cancelAnimationFrame(this.frame);
    this.resize.disconnect();
    this.player.destroy();
  }
}

export default mount(ContextsRaceView);
