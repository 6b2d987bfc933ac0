// A Gaussian under the hand: two sliders stretch and shift it, and the strip keeps its area.

import { findElement, pointOn } from "../ui/browser/dom.js";
import { mount } from "../ui/browser/mount.js";
import { attribute, decimals, rounded } from "../ui/browser/numbers.js";
import { paletteToCss, sharpContext, stillness, themeOf } from "../ui/browser/theme.js";
import { drawStretch } from "./flows_stretch_draw.js";
import {
  between,
  logDensity,
  logNormal,
  stretchLayout,
  stretchWords,
  stretched,
  unstretched,
  xUnder,
} from "./flows_stretch_values.js";
import { clientWidthOf, windowHeight } from "../ui/browser/screen.js";

const GLIDE_MS = 900; // from one stretch to the next
const NUDGE = 0.1; // of an arrow key, in units of x

/** @typedef {{ alpha: number, mu: number, x: number }} StretchPlace */

/**
 * @typedef {object} StretchMeta What stretch.py `_curves` sends.
 * @property {boolean} present
 * @property {string[]} hidden "curve": of x, with all that tells its height
 * @property {(Partial<StretchPlace> & { play?: boolean, nonce: number }) | null} goto
 * @property {StretchPlace} start where an address without a place begins
 * @property {{ alpha: number, mu: number, x: number }} most of the sliders and of x
 * @property {number} arrivals
 * @property {{ light: import("../ui/browser/theme.js").Colours, dark: import("../ui/browser/theme.js").Colours }} palette
 */

class StretchView {
  /** @type {StretchMeta | undefined} */
  meta = undefined;
  /** @type {import("../ui/browser/theme.js").Theme | undefined} */
  theme = undefined;
  by = { alpha: 0, mu: 0 };
  x = 0;
  frame = 0;
  /** @type {number | undefined} */
  nonce = undefined;
  layout = stretchLayout(600, 700, false);
  /** @type {(name: string, value: unknown) => void} */
  send = () => {};

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    this.root = findElement(parent, ".stretch", HTMLElement);
    this.canvas = findElement(this.root, "canvas", HTMLCanvasElement);
    this.reading = findElement(this.root, ".reading", HTMLElement);
    this.legend = findElement(this.root, ".legend li:last-child", HTMLElement);
    this.sliders = {
      alpha: findElement(this.root, "[data-slider=alpha]", HTMLInputElement),
      mu: findElement(this.root, "[data-slider=mu]", HTMLInputElement),
    };
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
    for (const name of /** @type {("alpha" | "mu")[]} */ (["alpha", "mu"])) {
      const slider = this.sliders[name];
      slider.oninput = () => {
        cancelAnimationFrame(this.frame);
        const z = unstretched(this.x, this.by);
        this.by[name] = Number(slider.value);
        this.x = this.inside(stretched(z, this.by)); // the point keeps its z
        this.draw();
      };
      slider.onchange = () => this.rest();
    }
    /** @param {PointerEvent} event */
    const point = (event) => {
      this.x = xUnder(this.layout, this.by, pointOn(this.canvas, event));
      this.draw();
    };
    this.canvas.addEventListener("pointermove", point);
    this.canvas.addEventListener("pointerdown", point);
    this.canvas.addEventListener("pointerup", () => this.rest());
    this.canvas.addEventListener("pointerleave", () => this.rest());
    this.canvas.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -NUDGE, ArrowRight: NUDGE }[event.key];
      if (!by) return;
      this.x = this.inside(this.x + by);
      event.preventDefault();
      event.stopPropagation();
      this.draw();
      this.rest();
    });
  }

  /** @param {number} x */
  inside(x) {
    const most = this.meta?.most.x ?? 6;
    return Math.max(-most, Math.min(most, x));
  }

  /** @param {{ meta: StretchMeta }} data @param {Pick<import("../ui/browser/mount.js").Place, "setTriggerValue">} python */
  update({ meta }, { setTriggerValue }) {
    const before = this.meta;
    this.meta = meta;
    this.send = setTriggerValue;
    this.theme = themeOf(this.root, meta.palette);
    paletteToCss(this.root, this.theme.colours);
    for (const name of /** @type {("alpha" | "mu")[]} */ (["alpha", "mu"]))
      Object.assign(this.sliders[name], {
        min: String(-meta.most[name]),
        max: String(meta.most[name]),
        step: "any",
      });
    const asked = meta.goto && meta.goto.nonce !== this.nonce ? meta.goto : null;
    if (asked) this.nonce = asked.nonce;
    if (!before || before.arrivals !== meta.arrivals) this.arrive(asked);
    else if (asked) this.go({ ...meta.start, ...asked }, asked.play ?? false);
    this.draw();
  }

  /** Where the address says, else where the step says. @param {StretchMeta["goto"]} asked */
  arrive(asked) {
    if (!this.meta) return;
    const query = new URLSearchParams(location.search);
    const wanted = { ...this.meta.start, ...asked };
    let mine = false;
    for (const name of /** @type {(keyof StretchPlace)[]} */ (["alpha", "mu", "x"])) {
      const text = query.get(name);
      const value = Number(text ?? NaN);
      if (text === null || !(Math.abs(value) <= this.meta.most[name])) continue;
      wanted[name] = value;
      mine = true;
    }
    this.go(wanted, !mine && (asked?.play ?? false));
  }

  /** Glide to a place; `play`: from the Gaussian, not stretched. @param {StretchPlace} to @param {boolean} play */
  go(to, play) {
    cancelAnimationFrame(this.frame);
    const from = play ? { alpha: 0, mu: 0 } : { ...this.by };
    const z = unstretched(to.x, to);
    const begun = performance.now();
    const still = stillness() || (!play && this.root.dataset.alpha === undefined);
    const glide = () => {
      const part = still ? 1 : Math.min(1, (performance.now() - begun) / GLIDE_MS);
      this.by = part < 1 ? between(from, to, part * part * (3 - 2 * part)) : { ...to };
      this.x = part < 1 ? this.inside(stretched(z, this.by)) : to.x;
      this.draw();
      if (part < 1) this.frame = requestAnimationFrame(glide);
    };
    glide();
  }

  /** Into the address, and to Python: where the hand has left it. */
  rest() {
    if (!this.meta) return;
    const url = new URL(location.href);
    const usual = { ...this.meta.start, ...this.meta.goto };
    const now = { ...this.by, x: this.x };
    /** @type {Record<string, string>} */
    const told = {};
    for (const name of /** @type {(keyof StretchPlace)[]} */ (["alpha", "mu", "x"])) {
      told[name] = String(rounded(now[name], 4));
      if (Math.abs(now[name] - usual[name]) < 1e-4) url.searchParams.delete(name);
      else url.searchParams.set(name, told[name]);
    }
    if (url.href === location.href) return;
    history.replaceState(history.state, "", url);
    this.send("moved", told);
  }

  draw() {
    const { meta, theme, by, x } = this;
    if (!meta || !theme || !this.root.isConnected || clientWidthOf(this.root) < 80) return;
    const covered = meta.hidden.includes("curve");
    this.layout = stretchLayout(clientWidthOf(this.root), windowHeight(), covered);
    const context = sharpContext(this.canvas, this.layout.width, this.layout.height);
    const type = 13;
    drawStretch(context, { layout: this.layout, by, x, covered, theme, type });
    this.reading.replaceChildren(
      ...stretchWords(x, by, covered).flatMap((line) => [line, document.createElement("br")]),
    );
    this.legend.hidden = covered;
    for (const name of /** @type {("alpha" | "mu")[]} */ (["alpha", "mu"])) {
      const slider = this.sliders[name];
      slider.value = String(by[name]);
      const output = findElement(slider.parentElement ?? this.root, "output", HTMLOutputElement);
      output.textContent = decimals(by[name], 2);
      this.root.dataset[name] = attribute(by[name], 4);
    }
    const z = unstretched(x, by);
    this.root.dataset.pair = `${attribute(z, 3)} ${attribute(x, 3)}`;
    if (covered) delete this.root.dataset.terms;
    else
      this.root.dataset.terms = [logNormal(z), by.alpha, logDensity(x, by)]
        .map((value) => attribute(value, 4))
        .join(" ");
  }

  destroy() {
    cancelAnimationFrame(this.frame);
    this.resize.disconnect();
  }
}

export default mount(StretchView);
