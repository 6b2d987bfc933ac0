// The trace player: plays, pauses, steps and scrubs a sequence that is already in the browser.
// Space plays and pauses, the arrows step, Home and End jump, wherever on the page the focus is.

import { stillness } from "./theme.js";

const ICONS = {
  first: "M3 3h2v10H3zM13 3v10L6 8z",
  back: "M11 3v10L4 8z",
  play: "M4 2.5v11L13.5 8z",
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
  forward: "M5 3l7 5-7 5z",
  last: "M11 3h2v10h-2zM3 3l7 5-7 5z",
};
const icon = (name) => `<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="${ICONS[name]}"/></svg>`;

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

const TEXT_FIELDS = new Set(["INPUT", "TEXTAREA", "SELECT"]);

export class Player {
  /**
   * @param host   an empty element, to become the player
   * @param onStep called with the step, 0..steps, whenever it changes
   * @param onRest called with the step when playing or scrubbing has come to rest
   */
  constructor(host, { onStep, onRest }) {
    host.innerHTML = PLAYER_HTML;
    this.root = host.firstElementChild;
    this.onStep = onStep;
    this.onRest = onRest;
    this.step = 0;
    this.steps = 0;
    this.playing = false;
    this.range = this.root.querySelector("input");
    this.output = this.root.querySelector("output");
    this.speed = this.root.querySelector("select");
    const actions = {
      first: () => this.seek(0),
      back: () => this.seek(this.step - 1),
      play: () => this.toggle(),
      forward: () => this.seek(this.step + 1),
      last: () => this.seek(this.steps),
    };
    for (const button of this.root.querySelectorAll("button")) button.onclick = actions[button.dataset.do];
    this.range.oninput = () => this.seek(Number(this.range.value));
    this.onKey = (event) => this.key(event, actions);
    document.addEventListener("keydown", this.onKey);
    // Of several players on a page one answers the keys: the first, or the one touched last.
    if (!window.arvizPlayer?.isConnected) window.arvizPlayer = this.root;
    host.getRootNode().addEventListener("pointerdown", () => (window.arvizPlayer = this.root));
  }

  /** A new sequence of so many steps; speeds in steps a second. */
  load(steps, { speeds, speed, unit }) {
    this.pause();
    this.steps = steps;
    this.unit = unit;
    this.range.max = steps;
    if (this.speed.dataset.choices !== String(speeds)) {
      this.speed.dataset.choices = String(speeds);
      this.speed.innerHTML = speeds.map((value) => `<option value="${value}">${value} / s</option>`).join("");
      this.speed.value = speed;
    }
  }

  key(event, actions) {
    const target = event.composedPath()[0];
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (!this.root.isConnected || this.root.offsetParent === null) return; // gone, or not shown
    if (!window.arvizPlayer?.isConnected) window.arvizPlayer = this.root;
    if (window.arvizPlayer !== this.root) return;
    const own = target === this.range;
    if (!own && target instanceof Element) {
      if (TEXT_FIELDS.has(target.tagName) || target.isContentEditable) return;
      if (target.closest("[role=slider], [role=tablist], [role=listbox], [role=radiogroup], [role=combobox]")) return;
      if (event.key === " " && target.closest("button, a, summary")) return;
    }
    const name = { " ": "play", ArrowLeft: "back", ArrowRight: "forward", Home: "first", End: "last" }[event.key];
    if (!name) return;
    event.preventDefault();
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
    this.marks();
    let before = performance.now();
    let due = 0;
    const frame = (now) => {
      if (!this.playing) return;
      due += ((now - before) / 1000) * Number(this.speed.value);
      before = now;
      const whole = Math.floor(due);
      due -= whole;
      if (whole > 0) this.show(Math.min(this.steps, this.step + whole));
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

  /** Go to a step and stay there. */
  seek(step) {
    this.playing = false;
    cancelAnimationFrame(this.frame);
    this.show(Math.max(0, Math.min(this.steps, step)));
    this.marks();
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.onRest(this.step), 250);
  }

  show(step) {
    this.step = step;
    this.range.value = step;
    this.range.setAttribute("aria-valuetext", `${this.unit} ${step} of ${this.steps}`);
    this.output.textContent = `${this.unit} ${step} / ${this.steps}`;
    this.range.style.setProperty("--done", `${(100 * step) / Math.max(1, this.steps)}%`);
    this.onStep(step);
  }

  marks() {
    const button = this.root.querySelector("[data-do=play]");
    button.innerHTML = icon(this.playing ? "pause" : "play");
    button.setAttribute("aria-label", this.playing ? "Pause" : "Play");
    this.root.dataset.playing = this.playing;
  }

  destroy() {
    this.playing = false;
    cancelAnimationFrame(this.frame);
    clearTimeout(this.resting);
    document.removeEventListener("keydown", this.onKey);
  }
}
