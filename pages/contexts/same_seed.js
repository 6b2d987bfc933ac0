// Several networks that draw with the same random numbers, side by side, with one player.

import { arrowMove, findElement, pointOn } from "../ui/browser/dom.js";
import { PixelGrid } from "../ui/browser/grid.js";
import { mount } from "../ui/browser/mount.js";
import { PaneFit } from "../ui/browser/pane.js";
import { Player } from "../ui/browser/player.js";
import { Newest, pageEngine } from "../ui/browser/engine.js";
import { Hand, sampleId } from "../ui/browser/hand.js";
import { HandControls } from "../ui/browser/hand_controls.js";
import { paletteToCss, sharpContext, themeOf } from "../ui/browser/theme.js";
import { arrange } from "./contexts_reads.js";
import { askEvery } from "./same_seed_engine.js";
import { inkOf, networkInWords, pixelInWords, splitOf, valueOf } from "./same_seed_values.js";
import { cssLength, clientWidthOf, windowHeight } from "../ui/browser/screen.js";

const NARROW = 560;
const EDGE = 3; // room for the outline of a pixel at the border
const SPEED = 128;

/** @typedef {import("./same_seed_values.js").SameSeed} SameSeed */
/** @typedef {{ step?: number, play?: boolean, to?: number, beside?: string, nonce: number }} SeedPlace */

/**
 * @typedef {object} SeedMeta What pages/contexts/seeds.py sends.
 * @property {string[]} names of the checkpoints
 * @property {string[]} titles
 * @property {number} rows
 * @property {number} columns
 * @property {import("../ui/browser/engine.js").Offer[] | null} engine where this browser finds the networks, if it draws
 * @property {number} seed
 * @property {number} temperature
 * @property {[number, number][]} given
 * @property {number} most_flips
 * @property {number} hand number of the last change by hand that Python knows
 * @property {number} resets
 * @property {[string, number]} step activity and number of the step
 * @property {number[]} speeds
 * @property {boolean} present
 * @property {string[]} hidden
 * @property {SeedPlace | null} goto
 * @property {number} arrivals
 * @property {{ light: import("../ui/browser/theme.js").Colours, dark: import("../ui/browser/theme.js").Colours }} palette
 */

/** @typedef {{ figure: HTMLElement, name: HTMLButtonElement, canvas: HTMLCanvasElement, grid: PixelGrid }} Shown */

const BEGIN = /** @type {SeedPlace} */ ({ step: 0, play: true, nonce: 0 });

/** @type {Map<string, { step: number, beside: number, nonce: number | undefined }>} where a picture stood when it went */
const lastSeeds = new Map();

/** What draws, beside what a hand changes. @param {SeedMeta} meta */
const networksOf = ({ names, resets }) => JSON.stringify([names, resets]);

class SameSeedView {
  /** @type {SeedMeta | undefined} of what is shown */
  meta = undefined;
  /** @type {SeedMeta | undefined} of what is wanted */
  wanted = undefined;
  id = ""; // of the sample on screen
  asked = ""; // what the engine was asked for last
  seed = -1; // of the sample on screen
  owed = false; // the address has not been told where the picture stands
  took = 0; // milliseconds of the engine for all that it drew last
  /** @type {import("../ui/browser/theme.js").Theme | undefined} */
  theme = undefined;
  /** @type {SameSeed | undefined} */
  drawn = undefined;
  /** @type {Shown[]} */
  shown = [];
  fit = new PaneFit();
  split = 0;
  beside = 0; // the network that the others are compared with
  hovered = -1;
  /** @type {number | undefined} */
  nonce = undefined;
  /** @type {(said: object) => void} */
  send = () => {};
  /** @type {(error: unknown) => void} */
  fail = console.error;

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    this.root = findElement(parent, ".same-seed", HTMLElement);
    this.panels = findElement(this.root, ".panels", HTMLElement);
    this.player = new Player(findElement(this.root, "[data-player]", HTMLElement), {
      onStep: () => this.draw(),
      onRest: () => this.commit(),
    });
    this.hand = new Hand((said) => this.send(said));
    this.controlled = findElement(this.root, "[data-hand]", HTMLElement);
    this.controls = new HandControls(this.controlled, (change, atRest) =>
      this.change(change, atRest && !this.wanted?.engine ? 0 : undefined),
    );
    this.newest = new Newest(
      (/** @type {import("./same_seed_engine.js").SeedWish} */ wish) => this.asking(wish),
      (drawn, { sample, byHand }, milliseconds) => {
        this.took = milliseconds;
        if (this.wanted?.engine) this.show(this.wanted, sample, drawn, "browser", byHand);
      },
      (error) => this.fail(error),
    );
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
  }

  get pixels() {
    return this.drawn?.u.length ?? 0;
  }

  /** Whether the rest of the images is covered. */
  get covered() {
    return Boolean(this.meta?.hidden.includes("later"));
  }

  /**
   * @param {{ meta: SeedMeta, arrays: Record<string, any> }} data
   * @param {import("../ui/browser/mount.js").Python} python
   */
  update({ meta, arrays }, { setTriggerValue, fail }) {
    this.send = (said) => setTriggerValue("hand", said);
    this.fail = fail;
    this.wanted = meta;
    this.hand.receive(meta, JSON.stringify([meta.step, networksOf(meta), meta.arrivals]));
    const { now } = this.hand;
    this.controls.show(now, meta.present);
    this.controlled.hidden = meta.hidden.includes("later");
    if (!meta.engine) {
      this.asked = "";
      // While the hand is ahead, this is an answer to an earlier change.
      if (this.hand.ahead && this.drawn) this.draw();
      else this.show(meta, now, /** @type {any} */ (arrays), "server");
    } else if (!this.ask() && this.drawn) {
      this.show(meta, now, this.drawn, "browser");
    }
  }

  /**
   * Have the engine draw what is wanted now. Whether there is anything to draw.
   *
   * @param {boolean} [byHand]
   */
  ask(byHand = false) {
    const { wanted, newest } = this;
    if (!wanted?.engine) return false;
    const sample = this.hand.now;
    const asked = JSON.stringify([wanted.engine.map(({ card }) => card), sampleId("", sample)]);
    if (asked === this.asked) return newest.busy;
    this.asked = asked;
    newest.want({ models: wanted.engine, sample, byHand });
    return true;
  }

  /** @param {import("./same_seed_engine.js").SeedWish} wish */
  async asking(wish) {
    try {
      return await askEvery(pageEngine(), wish, (put) => {
        // The images change one by one under the hand; those of another seed come together.
        if (!wish.byHand || wish.sample.seed !== this.seed || this.player.playing) return;
        this.drawn = put(this.drawn);
        this.draw();
      });
    } catch (error) {
      this.asked = ""; // to be asked for again, if the engine is to be tried again
      throw error;
    }
  }

  /** @param {Partial<import("../ui/browser/hand.js").Sample>} change @param {number} [patience] see `Hand.change` */
  change(change, patience) {
    this.owed = true;
    this.hand.change(change, patience);
    this.controls.show(this.hand.now, this.wanted?.present ?? false);
    this.ask(true);
  }

  /**
   * Show the images of a sample: from where it begins, or in place of those that the hand has changed.
   *
   * @param {SeedMeta} meta
   * @param {import("../ui/browser/hand.js").Sample} sample
   * @param {SameSeed} drawn
   * @param {"browser" | "server"} by who drew it
   * @param {boolean} [byHand]
   */
  show(meta, sample, drawn, by, byHand = false) {
    const { meta: before, id, seed } = this;
    this.meta = meta;
    this.drawn = drawn;
    this.id = sampleId(networksOf(meta), sample);
    this.seed = sample.seed;
    this.root.dataset.sample = this.id;
    pageEngine().shows(this.root, by, this.took);
    this.split = splitOf(drawn);
    this.theme = themeOf(this.root, meta.palette);
    paletteToCss(this.root, this.theme.colours);
    if (before?.names.join() !== meta.names.join()) this.build(meta);
    this.reach();
    const goto = meta.goto && meta.goto.nonce !== this.nonce ? meta.goto : null;
    this.nonce = meta.goto?.nonce;
    if (!before || (!goto && before.arrivals !== meta.arrivals)) this.arrive();
    else if (goto) this.go(goto);
    else if (id === this.id) this.draw();
    else if (!byHand || seed !== sample.seed) this.go({ step: 0, play: true, beside: this.named });
    else if (!this.player.playing && this.player.step < this.player.steps)
      this.player.seek(this.player.steps);
    else this.draw();
    if (this.owed && !this.player.playing) this.commit();
  }

  /** How far the player goes: not beyond what may be seen. */
  reach() {
    const steps = this.covered ? Math.min(this.split, this.pixels) : this.pixels;
    if (this.player.steps === steps || !this.meta) return;
    const { step } = this.player;
    this.player.load(steps, { speeds: this.meta.speeds, speed: SPEED, unit: "pixel" });
    if (step > steps) this.player.seek(steps);
  }

  /** Name of the network compared with. */
  get named() {
    return this.meta?.names[this.beside];
  }

  arrive() {
    const { meta } = this;
    if (!meta) return;
    const last = lastSeeds.get(this.id);
    if (last && last.nonce === this.nonce) {
      this.beside = last.beside;
      return this.player.seek(last.step);
    }
    const query = new URLSearchParams(location.search);
    const step = Number(query.get("step") ?? NaN);
    const place = meta.goto ?? BEGIN;
    const beside = query.get("beside") ?? place.beside;
    if (Number.isInteger(step) && step >= 0 && step <= this.pixels) this.go({ step, beside });
    else this.go({ ...place, beside });
  }

  /** To where a step of the lesson has the picture. @param {Omit<SeedPlace, "nonce">} place */
  go({ step = this.pixels, play = false, beside }) {
    const found = this.meta?.names.indexOf(beside ?? "") ?? -1;
    this.beside = Math.max(0, found);
    this.player.seek(Math.min(step, this.player.steps));
    if (play) this.player.playByItself();
  }

  /** @param {SeedMeta} meta */
  build({ names, titles, rows, columns }) {
    this.shown = names.map((_, number) => {
      const figure = document.createElement("figure");
      figure.innerHTML = `<button type="button" class="name"></button>
        <canvas role="application" tabindex="0"></canvas>
        <span class="chance"><s class="random-number"></s></span><p class="said"></p>`;
      const name = findElement(figure, ".name", HTMLButtonElement);
      const canvas = findElement(figure, "canvas", HTMLCanvasElement);
      name.textContent = titles[number];
      name.title = `Compare the others with ${titles[number]}`;
      name.onclick = () => this.compare(number);
      const shown = { figure, name, canvas, grid: new PixelGrid(rows, columns) };
      this.listen(shown);
      return shown;
    });
    this.panels.replaceChildren(...this.shown.map(({ figure }) => figure));
  }

  /** Pointing at a pixel tells of it, a click goes there; so do arrow keys and Enter. @param {Shown} shown */
  listen({ canvas, grid }) {
    canvas.onpointermove = (event) => this.point(grid.at(...pointOn(canvas, event)));
    canvas.onpointerleave = () => this.point(-1);
    canvas.onclick = (event) => {
      const pixel = grid.at(...pointOn(canvas, event));
      if (pixel >= 0) this.player.seek(pixel);
    };
    canvas.onkeydown = (event) => {
      const by = arrowMove(event.key, grid.columns);
      if (by === undefined && event.key !== "Enter") return;
      event.preventDefault();
      event.stopPropagation();
      if (by === undefined) return this.player.seek(this.at);
      this.point(Math.max(0, Math.min(this.at + by, this.player.steps - 1)));
    };
  }

  /** @param {number} pixel */
  point(pixel) {
    const to = pixel > this.player.step ? -1 : pixel;
    if (to === this.hovered) return;
    this.hovered = to;
    this.draw();
  }

  /** @param {number} number */
  compare(number) {
    this.beside = number;
    this.draw();
    this.commit();
  }

  /** The pixel that is spoken of: pointed at, else the next one. */
  get at() {
    return this.hovered >= 0 ? this.hovered : Math.min(this.player.step, this.pixels - 1);
  }

  commit() {
    const { meta, player } = this;
    this.owed = this.hand.ahead; // the address is still that of the sample before
    if (!meta || this.owed) return;
    const place = meta.goto ?? BEGIN;
    const begins = place.step ?? this.pixels;
    const usual = place.play ? [begins, place.to ?? begins, player.steps] : [begins];
    const url = new URL(location.href);
    const kept = /** @type {[string, string, boolean][]} */ ([
      ["step", String(player.step), usual.includes(player.step)],
      ["beside", String(this.named), (place.beside ?? meta.names[0]) === this.named],
    ]);
    for (const [name, value, same] of kept) {
      if (same) url.searchParams.delete(name);
      else url.searchParams.set(name, value);
      this.root.dataset[name] = value;
    }
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  }

  draw() {
    const { meta, drawn, theme, root } = this;
    if (!meta || !drawn || !theme || !root.isConnected || clientWidthOf(root) < 50) return;
    this.fit.draw(root, [meta.hidden, this.shown.length], (less) => this.drawWithin(less));
  }

  /** @param {number} less height that a phone's pane does not have, CSS pixels */
  drawWithin(less) {
    const { meta, drawn, theme, root } = this;
    if (!meta || !drawn || !theme) return;
    const width = clientWidthOf(root);
    const narrow = width < NARROW;
    const gap = narrow ? 8 : 16;
    const { across, side: most } = arrange(this.shown.length, {
      ...{ width, gap, least: narrow ? 80 : 110, words: narrow ? 56 : 80 },
      height: windowHeight() - (narrow ? 440 : 292),
    });
    const rows = Math.ceil(this.shown.length / across);
    const side = Math.max(60, most - Math.ceil(less / rows));
    this.panels.style.columnGap = cssLength(gap);
    // The words keep their width where a picture is smaller: else they would need more lines.
    this.panels.style.gridTemplateColumns = `repeat(${across}, ${cssLength(most)})`;
    this.shown.forEach((each, network) => this.drawOne(each, network, side, theme, drawn));
    this.read(meta, drawn);
  }

  /** @param {Shown} shown @param {number} network @param {number} side @param {import("../ui/browser/theme.js").Theme} theme @param {SameSeed} drawn */
  drawOne({ figure, name, canvas, grid }, network, side, theme, drawn) {
    const { colours } = theme;
    const t = this.player.step;
    grid.place(EDGE, EDGE, side - 2 * EDGE);
    const context = sharpContext(canvas, side, side);
    grid.fill(context, (pixel) => {
      if (pixel >= t) return colours.future;
      return valueOf(drawn, network, pixel) ? colours.ink : colours.paper;
    });
    for (let pixel = 0; pixel < t; pixel++)
      if (valueOf(drawn, network, pixel) !== valueOf(drawn, this.beside, pixel))
        grid.dogEar(context, pixel, colours.changed);
    if (t < this.pixels) grid.outline(context, t, colours.target, 2.5);
    if (this.hovered >= 0) grid.outline(context, this.hovered, theme.text, 1.5);
    name.setAttribute("aria-pressed", String(network === this.beside));
    this.tell(figure, canvas, network, drawn);
  }

  /** @param {HTMLElement} figure @param {HTMLCanvasElement} canvas @param {number} network @param {SameSeed} drawn */
  tell(figure, canvas, network, drawn) {
    const known = this.known;
    const pixel = this.at;
    const bar = findElement(figure, ".chance", HTMLElement);
    bar.style.setProperty("--p", String(known ? inkOf(drawn, network, pixel) : 0));
    bar.style.setProperty("--u", String(known ? drawn.u[pixel] : 0));
    findElement(bar, ".random-number", HTMLElement).hidden = !known; // else it would stand at 0
    const said = findElement(figure, ".said", HTMLElement);
    const at = { network, beside: this.beside, pixel, t: this.player.step };
    said.innerHTML = known ? networkInWords(drawn, at) : "";
    figure.dataset.p = known ? String(inkOf(drawn, network, pixel)) : "";
    canvas.setAttribute(
      "aria-label",
      `${this.meta?.titles[network]}: ${this.player.step} of ${this.pixels} pixels are drawn. ${said.innerText}`,
    );
  }

  /** Whether the pixel that is spoken of may be told. */
  get known() {
    return !this.covered || this.at < this.split;
  }

  /** @param {SeedMeta} meta @param {SameSeed} drawn */
  read({ columns, titles, names }, drawn) {
    const t = this.player.step;
    const words = this.known ? pixelInWords(drawn, { pixel: this.at, t, columns, titles }) : "";
    findElement(this.root, ".reading", HTMLElement).innerHTML = words;
    findElement(this.root, "[data-say=differs]", HTMLElement).textContent =
      `differs from ${titles[names.indexOf(this.named ?? "")]}`;
  }

  destroy() {
    if (this.meta) {
      const { beside, nonce } = this;
      lastSeeds.set(this.id, { step: this.player.step, beside, nonce });
    }
    pageEngine().shows(this.root, null);
    this.hand.destroy();
    this.player.destroy();
    this.resize.disconnect();
  }
}

export default mount(SameSeedView);
