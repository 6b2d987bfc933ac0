// A pad to draw data on: dragging scatters points under the pointer. Python gets them when asked.

import { mount } from "../ui/browser/mount.js";
import { themeOf, sharpContext } from "../ui/browser/theme.js";
import { findElement, pointOn } from "../ui/browser/dom.js";
import { rounded } from "../ui/browser/numbers.js";
import { padWords, spiral, scattered } from "./flows_pad_points.js";
import { clientWidthOf, windowHeight } from "../ui/browser/screen.js";

/**
 * @typedef {object} PadMeta
 * @property {number} fewest points that a flow learns from
 * @property {number} most
 * @property {number} window the pad shows [-window, window]^2
 * @property {{ light: import("../ui/browser/theme.js").Colours, dark: import("../ui/browser/theme.js").Colours }} palette
 */

class PadView {
  /** @param {HTMLElement | ShadowRoot} host */
  constructor(host) {
    this.root = findElement(host, ".pad", HTMLElement);
    this.canvas = findElement(this.root, "canvas", HTMLCanvasElement);
    this.output = findElement(this.root, "output", HTMLOutputElement);
    /** @type {PadMeta | null} */
    this.meta = null;
    /** @type {import("./flows_data.js").Pair[]} */
    this.points = [];
    this.side = 1;
    /** @type {(name: string, value: unknown) => void} */
    this.send = () => {};
    /** @type {Record<string, () => void>} */
    const actions = {
      use: () =>
        this.send(
          "points",
          this.points.map((point) => point.map((value) => rounded(value, 4))),
        ),
      example: () => this.put(spiral()),
      clear: () => this.put([]),
    };
    for (const button of this.root.querySelectorAll("button"))
      button.onclick = actions[button.dataset.do ?? ""];
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      this.scatter(event);
    });
    this.canvas.addEventListener("pointermove", (event) => event.buttons && this.scatter(event));
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
  }

  /** @param {{ meta: PadMeta }} data @param {{ setTriggerValue: (name: string, value: unknown) => void }} python */
  update({ meta }, { setTriggerValue }) {
    this.meta = meta;
    this.send = setTriggerValue;
    this.theme = themeOf(this.root, meta.palette);
    this.draw();
  }

  /** @param {PointerEvent} event */
  scatter(event) {
    if (!this.meta) return;
    const half = this.meta.window;
    const [px, py] = pointOn(this.canvas, event);
    const scale = (2 * half) / this.side;
    const fresh = scattered([px * scale - half, half - py * scale], half);
    this.put([...this.points, ...fresh].slice(0, this.meta.most));
  }

  /** @param {import("./flows_data.js").Pair[]} points */
  put(points) {
    this.points = points;
    this.draw();
  }

  draw() {
    if (!this.meta || !this.theme || !this.root.isConnected || clientWidthOf(this.root) < 80)
      return;
    const { window: half } = this.meta;
    const { colours, font, text } = this.theme;
    this.side = Math.floor(
      Math.min(clientWidthOf(this.root) - 2, Math.max(260, windowHeight() - 330)),
    );
    const context = sharpContext(this.canvas, this.side, this.side);
    const scale = this.side / (2 * half);
    context.strokeStyle = colours.line;
    context.beginPath();
    context.moveTo(this.side / 2, 0);
    context.lineTo(this.side / 2, this.side);
    context.moveTo(0, this.side / 2);
    context.lineTo(this.side, this.side / 2);
    context.stroke();
    context.fillStyle = text;
    context.font = `12px ${font}`;
    context.textAlign = "right";
    context.fillText("x₁", this.side - 6, this.side / 2 - 6);
    context.textAlign = "left";
    context.fillText("x₂", this.side / 2 + 6, 14);
    context.fillStyle = colours.seen;
    for (const [x, y] of this.points) {
      context.beginPath();
      context.arc((x + half) * scale, (half - y) * scale, 2.2, 0, 7);
      context.fill();
    }
    if (!this.points.length) {
      context.fillStyle = text;
      context.font = `15px ${font}`;
      context.textAlign = "center";
      context.fillText("Drag here to scatter points", this.side / 2, this.side / 2 - 14);
    }
    this.output.textContent = padWords(this.points.length, this.meta);
    this.root.dataset.points = String(this.points.length);
  }

  destroy() {
    this.resize.disconnect();
  }
}

export default mount(PadView);
