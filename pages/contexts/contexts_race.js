// A race: each lane is a network that draws a digit in this browser. Each is timed alone, since two at
// once would slow each other; then all are shown side by side, in the time that they took.

import { mount } from "../ui/browser/mount.js";
import { findElement } from "../ui/browser/dom.js";
import { greys } from "../ui/browser/brush.js";
import { PaneFit } from "../ui/browser/pane.js";
import { Player } from "../ui/browser/player.js";
import { drawSmall } from "../ui/browser/digit_strip.js";
import { pageEngine } from "../ui/browser/engine.js";
import { decimals, whole } from "../ui/browser/numbers.js";
import { paletteToCss, stillness, themeOf } from "../ui/browser/theme.js";
import {
  drawnAfter,
  factorInWords,
  levelOf,
  nameOf,
  noteInWords,
  ofDigits,
  ofPasses,
  spreadInWords,
} from "./contexts_race_values.js";

/** @typedef {import("./contexts_race_values.js").Lane} Lane */
/** @typedef {import("./contexts_race_values.js").Run} Run */

/**
 * @typedef {object} RaceMeta
 * @property {number} rows
 * @property {number} columns
 * @property {number} seed
 * @property {number} runs digits that are timed
 * @property {import("./contexts_race_values.js").Lineup} lineup
 * @property {Lane[]} lanes
 * @property {boolean} present
 * @property {string[]} hidden "times"
 * @property {{ speed?: number, nonce: number } | null} goto
 * @property {{ light: import("../ui/browser/theme.js").Colours, dark: import("../ui/browser/theme.js").Colours }} palette
 */

const SPEEDS = [1, 10, 100, 1000]; // milliseconds a second: 1000 is true speed
const WARM_UP = 12; // digits after which the browser has compiled what it runs often
const LEVELS = 2;
const NARROW = 560; // CSS pixels
const LEAST_LANE = 76;
const LANE_GAP = 10; // between lanes of a narrow picture, as in contexts_race.css

/** @type {Map<string, Run>} by lane and seed: what was measured in this visit */
const measuredHere = new Map();

class ContextsRaceView {
  /** @type {RaceMeta | undefined} */
  meta = undefined;
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
    this.button.onclick = () => (this.under ? this.under.abort() : this.measure());
  }

  /** @param {{ meta: RaceMeta }} data */
  update({ meta }) {
    const before = this.meta;
    this.meta = meta;
    if (before && this.raceOf(before) !== this.raceOf(meta)) this.under?.abort();
    this.theme = themeOf(this.root, meta.palette);
    this.greys = greys(LEVELS, this.theme.colours);
    paletteToCss(this.root, this.theme.colours);
    this.root.classList.toggle("presenting", meta.present);
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

  /** Whether all lanes are measured. */
  get whole() {
    return !this.covered && Boolean(this.meta?.lanes.every((lane) => this.runOf(lane)));
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
    const race = this.whole ? this.raceOf(meta) : "";
    if (race && (race !== this.loaded || told)) {
      const longest = Math.max(...meta.lanes.map((lane) => this.runOf(lane)?.spread.median ?? 0));
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
    const ways = meta.lineup === "ways";
    const figures = meta.lanes.map((lane) => {
      const old = this.lanes.querySelector(`[data-lane="${lane.id}"]`);
      if (old) return old;
      const figure = document.createElement("figure");
      figure.dataset.lane = lane.id;
      const words = document.createElement("figcaption");
      words.textContent = nameOf(lane, ways);
      const canvas = document.createElement("canvas");
      canvas.setAttribute("role", "img");
      const said = document.createElement("p");
      said.className = "said";
      figure.append(words, canvas, said);
      return figure;
    });
    this.lanes.replaceChildren(...figures);
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
      for (const lane of meta.lanes) {
        const found =
          lane.way === "naive"
            ? await this.naive(lane, under.signal)
            : await this.decoder(lane, under.signal);
        measuredHere.set(`${lane.id} ${meta.seed}`, found);
      }
    } catch (error) {
      // Stopped, or the engine has failed: then it says so itself (computed.js).
      if (!under.signal.aborted) console.error(error);
    }
    if (this.under === under) this.under = null;
    this.timed = null;
    this.ready(true);
    if (this.whole) this.player.playByItself();
  }

  /** Some digits by the decoder. @param {Lane} lane @param {AbortSignal} signal @returns {Promise<Run>} */
  async decoder({ id, offer }, signal) {
    const { seed, runs } = /** @type {RaceMeta} */ (this.meta);
    if (!offer) throw new Error("this browser does not compute");
    const times = [];
    let first = new Uint8Array(0);
    for (let run = -WARM_UP; run < runs; run++) {
      const begun = performance.now();
      const trace = await pageEngine().sample(offer, { seed: seed + Math.max(0, run) }, { signal });
      if (run >= 0) times.push(performance.now() - begun);
      if (run === 0) first = Uint8Array.from(trace.values);
      this.timed = { id, values: Uint8Array.from(trace.values), t: trace.values.length };
      this.tell(`digit ${Math.max(0, run) + 1} of ${runs}`);
    }
    return { values: first, spread: ofDigits(times) };
  }

  /** One digit, a full pass for each pixel. @param {Lane} lane @param {AbortSignal} signal @returns {Promise<Run>} */
  async naive({ id, offer }, signal) {
    const { seed, rows, columns } = /** @type {RaceMeta} */ (this.meta);
    if (!offer) throw new Error("this browser does not compute");
    const engine = pageEngine();
    const { uniforms } = await engine.sample(offer, { seed }, { signal });
    const values = new Uint8Array(rows * columns);
    const times = [];
    for (let t = 0; t < values.length; t++) {
      const begun = performance.now();
      const logits = await engine.logits(offer, values, { signal });
      values[t] = levelOf(logits.subarray(t * LEVELS, (t + 1) * LEVELS), uniforms[t]);
      times.push(performance.now() - begun);
      this.timed = { id, values, t: t + 1 };
      this.tell(`pass ${whole(t + 1)} of ${whole(values.length)}`);
    }
    return { values, spread: ofPasses(times) };
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
    if (!meta || !root.isConnected || root.clientWidth < 50) return;
    const parts = [meta.lanes.length, meta.hidden, this.whole];
    this.fit.draw(root, parts, (less) => this.drawWithin(less));
  }

  /** @param {number} less height that a phone's pane does not have, CSS pixels */
  drawWithin(less) {
    const { meta, theme, player } = this;
    if (!meta || !theme) return;
    this.layOut(meta.lanes.length, less);
    const here = meta.lanes.every(({ offer }) => offer);
    this.button.disabled = this.covered || !here;
    this.button.textContent = this.under ? "Stop" : this.whole ? "Race again" : "Race";
    if (!this.under) this.say("doing").textContent = here ? "" : this.awayInWords();
    this.host.style.visibility = this.whole ? "visible" : "hidden";
    for (const lane of meta.lanes) this.drawLane(lane, player.step, theme);
    this.root.dataset.measured = String(this.whole);
    this.table();
  }

  /** On a narrow screen the lanes share its width, and how it is timed is told on demand. @param {number} lanes @param {number} less */
  layOut(lanes, less) {
    const width = this.root.clientWidth;
    const narrow = width < NARROW;
    if (narrow !== this.root.classList.contains("narrow")) this.how.open = !narrow;
    this.root.classList.toggle("narrow", narrow);
    const side = Math.floor((width - LANE_GAP * (lanes - 1)) / lanes) - less;
    if (narrow) this.root.style.setProperty("--lane", `${Math.max(LEAST_LANE, side)}px`);
    else this.root.style.removeProperty("--lane");
  }

  awayInWords() {
    return "This browser does not compute now: the weights are loading, or the server was chosen below the picture.";
  }

  /** @param {Lane} lane @param {number} elapsed milliseconds @param {import("../ui/browser/theme.js").Theme} theme */
  drawLane(lane, elapsed, theme) {
    const { meta, greys: tones, timed } = this;
    if (!meta) return;
    const pixels = meta.rows * meta.columns;
    const figure = findElement(this.lanes, `[data-lane="${lane.id}"]`, HTMLElement);
    const run = this.covered ? undefined : this.runOf(lane);
    const mine = timed?.id === lane.id && this.under ? timed : null;
    const values = mine?.values ?? run?.values ?? new Uint8Array(pixels);
    const raced = this.whole && run ? drawnAfter(elapsed, run.spread, pixels) : 0;
    const t = mine ? mine.t : this.under ? 0 : raced;
    const levels = Array.from(values, (level, pixel) => (pixel < t ? level : LEVELS));
    const canvas = findElement(figure, "canvas", HTMLCanvasElement);
    drawSmall(canvas, levels, meta.columns, [...tones, theme.colours.future]);
    const ms = run?.spread.median ?? 0;
    const done = this.whole && t === pixels;
    const words = done
      ? `done after ${decimals(ms, ms < 10 ? 1 : 0)} ms`
      : `${whole(t)} of ${pixels} pixels`;
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
    this.say("note").textContent = noteInWords(meta.lineup, meta.runs, meta.rows * meta.columns);
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
