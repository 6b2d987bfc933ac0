// A pad to draw data on: dragging scatters points under the pointer. Python gets them when asked.

import { unpack } from "./wire.js";
import { themeOf, sharpContext } from "./theme.js";

const SPREAD = 0.11; // of the points around the pointer, in units of the plane
const EACH = 3; // points for each movement

class PadView {
  constructor(parent) {
    this.root = parent.querySelector(".pad");
    this.canvas = this.root.querySelector("canvas");
    this.output = this.root.querySelector("output");
    this.points = [];
    const actions = {
      use: () => this.send("points", this.points.map((point) => point.map((value) => Number(value.toFixed(4))))),
      example: () => this.example(),
      clear: () => this.clear(),
    };
    for (const button of this.root.querySelectorAll("button")) button.onclick = actions[button.dataset.do];
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      this.scatter(event);
    });
    this.canvas.addEventListener("pointermove", (event) => event.buttons && this.scatter(event));
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
  }

  update({ meta }, { setTriggerValue }) {
    this.meta = meta;
    this.send = setTriggerValue;
    this.theme = themeOf(this.root, meta.palette);
    this.draw();
  }

  normal() {
    return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  }

  add(x, y, spread) {
    if (this.points.length < this.meta.most) this.points.push([x + spread * this.normal(), y + spread * this.normal()]);
  }

  scatter(event) {
    const box = this.canvas.getBoundingClientRect();
    const scale = (2 * this.meta.window) / this.side;
    const x = (event.clientX - box.left) * scale - this.meta.window;
    const y = this.meta.window - (event.clientY - box.top) * scale;
    for (let k = 0; k < EACH; k++) this.add(x, y, SPREAD);
    this.draw();
  }

  example() {
    this.points = [];
    for (let k = 0; k < 600; k++) {
      const turn = 1.5 + 8 * Math.sqrt(k / 600);
      this.add(0.27 * turn * Math.cos(turn), 0.27 * turn * Math.sin(turn), 0.07);
    }
    this.draw();
  }

  clear() {
    this.points = [];
    this.draw();
  }

  draw() {
    if (!this.meta || !this.root.isConnected || this.root.clientWidth < 80) return;
    this.side = Math.floor(Math.min(this.root.clientWidth - 2, Math.max(260, window.innerHeight - 330)));
    const context = sharpContext(this.canvas, this.side, this.side);
    const { colours, font } = this.theme;
    const scale = this.side / (2 * this.meta.window);
    context.strokeStyle = colours.line;
    context.beginPath();
    context.moveTo(this.side / 2, 0);
    context.lineTo(this.side / 2, this.side);
    context.moveTo(0, this.side / 2);
    context.lineTo(this.side, this.side / 2);
    context.stroke();
    context.fillStyle = colours.seen;
    for (const [x, y] of this.points) {
      context.beginPath();
      context.arc((x + this.meta.window) * scale, (this.meta.window - y) * scale, 2.2, 0, 7);
      context.fill();
    }
    if (!this.points.length) {
      context.fillStyle = this.theme.text;
      context.font = `15px ${font}`;
      context.textAlign = "center";
      context.fillText("Drag here to scatter points", this.side / 2, this.side / 2 - 14);
    }
    const { fewest } = this.meta;
    const count = this.points.length;
    this.output.textContent = `${count} points${count < fewest ? `, at least ${fewest} are needed` : ""}`;
    this.root.dataset.points = count;
  }

  destroy() {
    this.resize.disconnect();
  }
}

const padViews = new WeakMap();

export default function flows_pad({ parentElement, data, setTriggerValue }) {
  let view = padViews.get(parentElement);
  if (!view) {
    view = new PadView(parentElement);
    padViews.set(parentElement, view);
  }
  view.update(unpack(data), { setTriggerValue });
  return () => {
    view.destroy();
    padViews.delete(parentElement);
  };
}
