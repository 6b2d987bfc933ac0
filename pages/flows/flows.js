// A flow under the hand: the plane of x beside the plane of z, with the grid, the density and the
// data carried from one to the other. Python sends where the model puts every point at every
// stage; here nothing is computed but straight lines from one stage to the next.

import { PaneFit } from "../ui/browser/pane.js";
import { mount } from "../ui/browser/mount.js";
import { themeOf, paletteToCss, sharpContext, stillness, smoothRamp } from "../ui/browser/theme.js";
import { Player } from "../ui/browser/player.js";
import { findElement, pointOn } from "../ui/browser/dom.js";
import { attribute, decimals } from "../ui/browser/numbers.js";
import { flowsLayout, nearestPair, pairAt, placeUnder, withLook } from "./flows_data.js";
import {
  jacobianMatrices,
  lossWords,
  matricesThatFit,
  pairReading,
  stageWords,
} from "./flows_words.js";
import { drawPlanes, FlowsHeats } from "./flows_draw.js";
import { clientWidthOf, windowHeight } from "../ui/browser/screen.js";

/** @typedef {import("./flows_data.js").FlowsMeta} FlowsMeta */
/** @typedef {import("./flows_data.js").FlowsArrays} FlowsArrays */
/** @typedef {import("./flows_data.js").FlowsGoto} FlowsGoto */
/** @typedef {import("./flows_data.js").Place} FlowsPlace */

const GLIDE_MS = 450; // from one stage to the next
const LOOK_MS = 100; // between two looks for what a training in this browser has shown
const NUDGE = 0.125; // of an arrow key, in units of the plane
/** @type {Record<string, [number, number]>} */
const NUDGES = {
  ArrowLeft: [-NUDGE, 0],
  ArrowRight: [NUDGE, 0],
  ArrowUp: [0, NUDGE],
  ArrowDown: [0, -NUDGE],
};

class FlowsView {
  fit = new PaneFit();

  /** @param {HTMLElement | ShadowRoot} host */
  constructor(host) {
    this.root = findElement(host, ".flows", HTMLElement);
    this.canvas = findElement(this.root, ".planes", HTMLCanvasElement);
    this.reading = findElement(this.root, ".reading", HTMLElement);
    this.says = findElement(this.root, ".says", HTMLElement);
    this.most = findElement(this.root, ".most", HTMLElement);
    this.matrices = findElement(this.root, ".jacobian", HTMLElement);
    this.layersButton = findElement(this.root, "[data-mode=layers]", HTMLButtonElement);
    this.learningButton = findElement(this.root, "[data-mode=learning]", HTMLButtonElement);
    this.mode = "layers";
    /** @type {FlowsMeta | null} */
    this.meta = null;
    /** @type {FlowsArrays | null} */
    this.arrays = null;
    /** @type {FlowsPlace | null} */
    this.hovered = null;
    /** @type {FlowsPlace | null} */
    this.pinned = null;
    /** @type {{ was: FlowsPlace | null, x: number, y: number } | null} */
    this.pressed = null;
    this.stage = 0; // between two stages while it glides
    this.gliding = 0;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.following = undefined;
    /** @type {number | undefined} */
    this.nonce = undefined;
    /** @type {number[][] | undefined} */
    this.ramp = undefined;
    this.shownMatrices = "";
    this.playerHost = findElement(this.root, "[data-player]", HTMLElement);
    this.player = new Player(this.playerHost, {
      onStep: (step) => this.go(step),
      onRest: (step) => (this.root.dataset.step = String(step)),
    });
    this.layersButton.onclick = () => this.setMode("layers");
    this.learningButton.onclick = () => this.setMode("learning");
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
    this.listen();
  }

  listen() {
    /** @param {PointerEvent} event */
    const at = (event) =>
      this.places && this.meta
        ? placeUnder(this.places, this.meta.window, pointOn(this.canvas, event))
        : null;
    this.canvas.addEventListener("pointermove", (event) => {
      const place = at(event);
      if (event.buttons && place) this.pinned = place;
      this.point(place);
    });
    this.canvas.addEventListener("pointerdown", (event) => {
      this.pressed = { was: this.pinned, x: event.clientX, y: event.clientY };
      this.pinned = at(event);
      this.point(this.pinned);
    });
    this.canvas.addEventListener("pointerup", (event) => this.release(event, at(event)));
    this.canvas.addEventListener("pointerleave", () => this.point(null));
    this.canvas.addEventListener("keydown", (event) => this.key(event));
  }

  /** A click beside the old pin moves it; a click on it takes it away. @param {PointerEvent} event @param {FlowsPlace | null} now */
  release(event, now) {
    const pressed = this.pressed;
    this.pressed = null;
    const was = pressed?.was;
    if (!pressed || !was || was.plane !== now?.plane) return;
    if (Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > 4) return;
    if (Math.hypot(was.at[0] - now.at[0], was.at[1] - now.at[1]) < 0.12) this.pinned = null;
    this.draw();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const by = NUDGES[event.key];
    if (!this.meta) return;
    if (event.key === "Escape") this.pinned = null;
    else if (event.key === "x" || event.key === "z") this.pinned = { plane: event.key, at: [0, 0] };
    else if (by) {
      const half = this.meta.window;
      const { plane, at } = this.pinned ?? { plane: /** @type {const} */ ("x"), at: [0, 0] };
      /** @param {number} value */
      const inside = (value) => Math.max(-half, Math.min(half, value));
      this.pinned = { plane, at: [inside(at[0] + by[0]), inside(at[1] + by[1])] };
    } else return;
    event.preventDefault();
    event.stopPropagation();
    this.draw();
  }

  /** @param {{ meta: FlowsMeta, arrays: Record<string, any> }} data */
  update({ meta, arrays }) {
    const before = this.meta;
    this.meta = meta;
    this.arrays = /** @type {FlowsArrays} */ (/** @type {unknown} */ (arrays));
    this.theme = themeOf(this.root, meta.palette);
    paletteToCss(this.root, this.theme.colours);
    this.ramp ??= smoothRamp(meta.ramp);
    this.heat();
    this.root.style.setProperty("--ramp-low", meta.ramp[0]);
    findElement(this.root, ".ramp", HTMLElement).style.background =
      `linear-gradient(to right, ${meta.ramp.join(",")})`;
    const learned = !meta.live && meta.frames.length > 1;
    this.learningButton.hidden = this.layersButton.hidden = !learned;
    const another = before?.picture_id !== meta.picture_id;
    // What a step of the lesson asks for waits until its training is over.
    const asked = !meta.live && meta.goto && meta.goto.nonce !== this.nonce ? meta.goto : null;
    if (asked) this.nonce = asked.nonce;
    if (another || asked) {
      this.setMode(asked?.mode === "learning" && learned ? "learning" : "layers", false);
      this.arrive(asked, !another || !before || before.K !== meta.K || before.live);
    }
    this.draw();
    this.follow();
    clearInterval(this.following);
    if (meta.live && meta.token) this.following = setInterval(() => this.follow(), LOOK_MS);
  }

  heat() {
    if (!this.meta || !this.arrays || !this.ramp) return;
    const shown = { meta: this.meta, arrays: this.arrays, stage: this.stage, frame: -1 };
    this.heats = new FlowsHeats(shown, this.ramp);
  }

  /** Shows what a training in this browser has looked at last: Python hears of it later. */
  follow() {
    if (!this.meta?.token || !this.arrays) return;
    const training = window.arvizTrainings?.get("flows")?.all.get(this.meta.token);
    const found = withLook(this.meta, this.arrays, training?.looks.at(-1));
    if (!found) return;
    Object.assign(this, found);
    this.heat();
    this.root.dataset.learned = String(found.meta.frames[0].step);
    this.draw();
  }

  /** Stand where a step of the lesson asks, or else at the end. @param {FlowsGoto | null} asked @param {boolean} atEnd */
  arrive(asked, atEnd) {
    if (!this.meta) return;
    if (asked) this.pinned = asked.pin ?? null;
    if (asked?.step !== undefined) {
      const step = Math.min(asked.step, this.player.steps);
      this.stage = this.mode === "layers" ? step : this.meta.K;
      this.player.seek(step);
    } else if (asked?.play && !this.meta.live) {
      this.player.show(0);
      this.stage = 0;
      this.player.playByItself();
    } else {
      const step = atEnd ? this.player.steps : Math.min(this.player.step, this.player.steps);
      this.stage = this.mode === "layers" ? step : this.meta.K;
      this.player.seek(step);
    }
  }

  /** @param {string} mode "layers" or "learning" @param {boolean} [seek] whether to begin it */
  setMode(mode, seek = true) {
    if (!this.meta) return;
    this.mode = mode;
    this.root.dataset.mode = mode;
    for (const button of [this.layersButton, this.learningButton])
      button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
    const { K, frames, live } = this.meta;
    this.playerHost.style.visibility = live ? "hidden" : ""; // the page below stays put
    if (mode === "layers")
      this.player.load(K, { speeds: [0.5, 1, 2], speed: 1, unit: "transform" });
    else this.player.load(frames.length - 1, { speeds: [4, 8, 16], speed: 8, unit: "picture" });
    // The speeds of the two are others: the one chosen before may be gone.
    if (!this.player.speed.value) this.player.speed.value = mode === "layers" ? "1" : "8";
    if (!seek) return;
    this.stage = K;
    if (mode === "learning") {
      this.player.show(0);
      this.player.playByItself();
    } else {
      this.player.seek(K);
    }
  }

  /** The player is at a step: glide there. @param {number} step */
  go(step) {
    if (!this.meta) return;
    const to = this.mode === "layers" ? step : this.meta.K;
    cancelAnimationFrame(this.gliding);
    const from = this.stage;
    if (stillness() || this.meta.live || Math.abs(to - from) !== 1 || this.mode !== "layers") {
      this.stage = to;
      this.draw();
      return;
    }
    const begun = performance.now();
    /** @param {number} now */
    const glide = (now) => {
      const part = Math.min(1, Math.max(0, (now - begun) / GLIDE_MS));
      this.stage = from + (to - from) * (part * part * (3 - 2 * part));
      this.draw();
      if (part < 1) this.gliding = requestAnimationFrame(glide);
    };
    this.gliding = requestAnimationFrame(glide);
  }

  /** @param {FlowsPlace | null} place */
  point(place) {
    if (!place && !this.hovered) return;
    this.hovered = place;
    this.draw();
  }

  draw() {
    if (!this.meta || !this.arrays || !this.theme || !this.heats) return;
    if (!this.root.isConnected || clientWidthOf(this.root) < 80) return;
    this.fit.draw(this.root, [this.meta.hidden, this.mode], (less) => this.drawWithin(less));
  }

  /** @param {number} less height that a phone's pane does not have, CSS pixels */
  drawWithin(less) {
    const { meta, arrays, theme, heats } = this;
    if (!meta || !arrays || !theme || !heats) return;
    const last = meta.frames.length - 1;
    const frame = meta.live ? last : this.mode === "learning" ? this.player.step : -1;
    const shown = { meta, arrays, stage: Math.min(this.stage, meta.K), frame };
    this.places = flowsLayout(
      clientWidthOf(this.root),
      windowHeight(),
      meta.present && !meta.hidden.includes("jacobian"),
      less,
    );
    const place = this.hovered ?? this.pinned;
    const node = nearestPair(shown, place);
    const context = sharpContext(this.canvas, this.places.width, this.places.height);
    const type = 13;
    drawPlanes(context, { shown, places: this.places, theme, place, node, heats, type });
    this.say(shown, node);
    this.root.dataset.stage = attribute(shown.stage, 2);
    this.root.dataset.pair =
      node < 0
        ? ""
        : [...pairAt(shown, node, meta.K), ...pairAt(shown, node, 0)]
            .map((value) => attribute(value, 3))
            .join(" ");
  }

  /** @param {import("./flows_data.js").FlowsShown} shown @param {number} node */
  say(shown, node) {
    const { arrays, frame, stage } = shown;
    const most = frame >= 0 ? arrays.frame_most?.[frame] : arrays.most[Math.round(stage)];
    this.most.textContent = decimals(most ?? NaN, 2);
    this.says.textContent = lossWords(shown);
    if (node >= 0) {
      const { places, sum, total } = pairReading(shown, node);
      this.reading.innerHTML = `<b>${places}</b><br>${sum} <b>${total}</b>`;
    } else {
      this.reading.textContent = stageWords(shown);
    }
    this.matrices.hidden = shown.meta.hidden.includes("jacobian");
    const figures = matricesThatFit(jacobianMatrices(shown, node), stage).map(
      ({ cells, caption, now }) => {
        const inside = cells.map(({ text, zero }) =>
          zero ? `<span class="zero">${text}</span>` : `<span>${text}</span>`,
        );
        return `<figure class="${now ? "now" : ""}"><div>${inside.join("")}</div><figcaption>${caption}</figcaption></figure>`;
      },
    );
    const whole = figures.pop();
    const sign = figures.length === shown.meta.K ? "=" : "…"; // of the product, or of a part of it
    const html = `${figures.join("")}<span aria-hidden="true">${sign}</span>${whole}`;
    if (this.shownMatrices !== html) this.matrices.innerHTML = this.shownMatrices = html;
  }

  destroy() {
    cancelAnimationFrame(this.gliding);
    clearInterval(this.following);
    this.player.destroy();
    this.resize.disconnect();
  }
}

export default mount(FlowsView);
