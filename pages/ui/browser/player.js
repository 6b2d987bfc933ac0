// The trace player: plays, pauses, steps and scrubs a sequence that is already in the browser.
// Space plays and pauses, the arrows step, Home and End jump, whatever but a slider was clicked before
// (keys.js).

import { findElement } from "./dom.js";
import { needsKey, reach } from "./keys.js";
import { stillness } from "./theme.js";

/** @type {Record<string, string>} */
const ICONS = {
  first: "M3 3h2v10H3zM13 3v10L6 8z",
  back: "M11 3v10L4 8z",
  play: "M4 2.5v11L13.5 8z",
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
  forward: "M5 3l7 5-7 5z",
  last: "M11 3h2v10h-2zM3 3l7 5-7 5z",
};
/** @param {string} name */
const icon = (name) =>
  `<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="${ICONS[name]}"/></svg>`;

const PLAYER_HTML = `
  <div class="player" role="group" aria-label="Player: space plays, arrow keys step">
    <button type="button" data-do="first" title="First step (Home)" aria-label="First step">${icon("first")}</button>
    <button type="button" data-do="back" title="One step back (left arrow)" aria-label="One step back">${icon("back")}</button>
    <button type="button" data-do="play" title="Play or pause (Space)" aria-label="Play">${icon("play")}</button>
    <button type="button" data-do="forward" title="One step on (right arrow)" aria-label="One step on">${icon("forward")}</button>
    <button type="button" data-do="last" title="Last step (End)" aria-label="Last step">${icon("last")}</button>
    <input type="range" min="0" value="0" step="1" aria-label="Step">
    <output></output>
    <select aria-label="Speed" title="Steps a second"></select>
  </div>`;

/** @type {Record<string, string>} */
const KEYS = { " ": "play", ArrowLeft: "back", ArrowRight: "forward", Home: "first", End: "last" };

/** Firefox presses a button that has the focus when Space is let go. */
function dropRelease() {
  /** @param {KeyboardEvent} event */
  const drop = (event) => event.key === " " && event.preventDefault();
  document.addEventListener("keyup", drop, { capture: true, once: true });
}

export class Player {
  /**
   * @param {HTMLElement} host an empty element, to become the player
   * @param {object} options
   * @param {(step: number) => void} options.onStep called with the step, 0..steps, when it changes
   * @param {(step: number) => void} options.onRest called when playing or scrubbing has ended
   */
  constructor(host, { onStep, onRest }) {
    host.innerHTML = PLAYER_HTML;
    this.root = findElement(host, ".player", HTMLElement);
    this.onStep = onStep;
    this.onRest = onRest;
    this.step = 0;
    this.steps = 0;
    this.playing = false;
    this.unit = "step";
    this.frame = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.resting = undefined;
    this.range = findElement(this.root, "input", HTMLInputElement);
    this.output = findElement(this.root, "output", HTMLOutputElement);
    this.speed = findElement(this.root, "select", HTMLSelectElement);
    /** @type {Record<string, () => void>} */
    const actions = {
      first: () => this.seek(0),
      back: () => this.seek(this.step - 1),
      play: () => this.toggle(),
      forward: () => this.seek(this.step + 1),
      last: () => this.seek(this.steps),
    };
    for (const button of this.root.querySelectorAll("button"))
      button.onclick = actions[button.dataset.do ?? ""];
    this.range.oninput = () => this.seek(Number(this.range.value));
    /** @param {KeyboardEvent} event */
    this.onKey = (event) => this.key(event, actions);
    document.addEventListener("keydown", this.onKey, true);
    document.addEventListener("keydown", this.onKey);
    // Of several players on a page one answers the keys: the first, or the one touched last.
    if (!window.arvizPlayer?.isConnected) window.arvizPlayer = this.root;
    host.getRootNode().addEventListener("pointerdown", () => (window.arvizPlayer = this.root));
  }

  /**
   * A new sequence.
   *
   * @param {number} steps how many it has
   * @param {object} options
   * @param {number[]} options.speeds to choose from, in steps a second
   * @param {number} options.speed the one to begin with
   * @param {string} options.unit what one step is called
   */
  load(steps, { speeds, speed, unit }) {
    this.pause();
    this.steps = steps;
    this.unit = unit;
    this.range.max = String(steps);
    if (this.speed.dataset.choices !== String(speeds)) {
      this.speed.dataset.choices = String(speeds);
      this.speed.innerHTML = speeds
        .map((value) => `<option value="${value}">${value} / s</option>`)
        .join("");
      this.speed.value = String(speed);
    }
  }

  /**
   * @param {KeyboardEvent} event
   * @param {Record<string, () => void>} actions
   */
  key(event, actions) {
    const target = event.composedPath()[0];
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (!this.root.isConnected || this.root.offsetParent === null) return; // gone, or not shown
    if (!window.arvizPlayer?.isConnected) window.arvizPlayer = this.root;
    if (window.arvizPlayer !== this.root) return;
    const element = target instanceof Element ? target : document.body;
    // A picture's own handler answers before the player, Streamlit's widgets after it.
    const inPicture = element.getRootNode() instanceof ShadowRoot;
    if (inPicture === (event.eventPhase === Event.CAPTURING_PHASE)) return;
    if (element !== this.range && needsKey(event.key, element, reach(document))) return;
    const name = KEYS[event.key];
    if (!name) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === " ") dropRelease();
    actions[name]();
  }

  toggle() {
    if (this.playing) {
      this.pause();
    } else {
      if (this.step >= this.steps) this.show(0);
      this.play();
    }
  }

  play() {
    if (this.playing) return;
    this.playing = true;
    clearTimeout(this.resting); // it does not rest where it was sent
    this.marks();
    let before = performance.now();
    let due = 0;
    /** @param {number} now */
    const frame = (now) => {
      if (!this.playing) return;
      due += ((now - before) / 1000) * Number(this.speed.value);
      before = now;
      const whole = Math.floor(due);
      due -= whole;
      try {
        if (whole > 0) this.show(Math.min(this.steps, this.step + whole));
      } catch (error) {
        this.pause(); // or it would say that it plays, and stand still
        throw error;
      }
      if (this.step >= this.steps) this.pause();
      else this.frame = requestAnimationFrame(frame);
    };
    this.frame = requestAnimationFrame(frame);
  }

  /** Plays by itself, unless the student asked for stillness: then it shows the end. */
  playByItself() {
    if (stillness()) this.seek(this.steps);
    else this.play();
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    cancelAnimationFrame(this.frame);
    this.marks();
    this.onRest(this.step);
  }

  /** Go to a step and stay there. @param {number} step */
  seek(step) {
    this.playing = false;
    cancelAnimationFrame(this.frame);
    this.show(Math.max(0, Math.min(this.steps, step)));
    this.marks();
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.onRest(this.step), 250);
  }

  /** @param {number} step */
  show(step) {
    this.step = step;
    this.range.value = String(step);
    this.range.setAttribute("aria-valuetext", `${this.unit} ${step} of ${this.steps}`);
    this.output.textContent = `${this.unit} ${step} / ${this.steps}`;
    this.range.style.setProperty("--done", `${(100 * step) / Math.max(1, this.steps)}%`);
    this.onStep(step);
  }

  marks() {
    const button = findElement(this.root, "[data-do=play]", HTMLElement);
    button.innerHTML = icon(this.playing ? "pause" : "play");
    button.setAttribute("aria-label", this.playing ? "Pause" : "Play");
    this.root.dataset.playing = String(this.playing);
  }

  destroy() {
    this.playing = false;
    cancelAnimationFrame(this.frame);
    clearTimeout(this.resting);
    document.removeEventListener("keydown", this.onKey, true);
    document.removeEventListener("keydown", this.onKey);
  }
}
