// What is pointed at, clicked and dragged in MADE's graph: by pointer, finger and keyboard.

import { findElement, pointOn } from "../ui/browser/dom.js";
import { lastLayer, moved, neighbour } from "./made_net.js";
import { nearestInput, nodeAt, nodePlace } from "./made_graph.js";
import { cssLength } from "../ui/browser/screen.js";

/** @typedef {import("./made_net.js").MadeNet} MadeNet */
/** @typedef {import("./made_net.js").MadeNode} MadeNode */

export class MadeHand {
  /** @type {MadeNode | null} */
  hovered = null;
  /** @type {MadeNode | null} */
  pinned = null;
  /** @type {{ index: number, from: number, y: number, moved: boolean } | null} */
  drag = null;

  /**
   * @param {HTMLElement} root
   * @param {object} view
   * @param {() => MadeNet | undefined} view.net
   * @param {() => import("./made_graph.js").MadeFrame} view.frame where the graph stands
   * @param {() => void} view.draw
   * @param {(name: string, value: unknown) => void} view.send a change of degree or order, to Python
   * @param {(node: MadeNode | null) => void} view.keep the pinned node, in the address
   */
  constructor(root, view) {
    this.view = view;
    this.canvas = findElement(root, ".graph", HTMLCanvasElement);
    this.stepper = findElement(root, ".stepper", HTMLElement);
    const { canvas } = this;
    canvas.addEventListener("pointermove", (event) => this.move(...pointOn(canvas, event)));
    canvas.addEventListener("pointerleave", () => !this.drag && this.point(null));
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointerup", (event) => this.release(...pointOn(canvas, event)));
    canvas.addEventListener("pointercancel", () => {
      this.drag = null;
      view.draw();
    });
    // A finger on an input drags it; anywhere else it scrolls the page.
    const hold = (/** @type {TouchEvent} */ event) => {
      const node = this.nodeUnder(...pointOn(canvas, event.touches[0]));
      if (event.touches.length === 1 && node?.[0] === 0) event.preventDefault();
    };
    canvas.addEventListener("touchstart", hold, { passive: false });
    canvas.addEventListener("keydown", (event) => this.key(event));
    for (const button of this.stepper.querySelectorAll("button"))
      button.onclick = () => this.changeDegree(Number(button.dataset.by));
  }

  /** @param {MadeNode} node */
  exists([layer, unit]) {
    return unit < (this.view.net()?.sizes[layer] ?? 0);
  }

  /** Nothing is pointed at in another network. */
  letGo() {
    this.pinned = this.hovered = null;
  }

  /** @param {number} x @param {number} y */
  nodeUnder(x, y) {
    const net = this.view.net();
    return net ? nodeAt(this.view.frame(), net.sizes, x, y) : null;
  }

  /** @param {number} x @param {number} y */
  move(x, y) {
    if (!this.drag) return this.point(this.nodeUnder(x, y));
    this.drag.y = y;
    this.drag.moved ||= Math.abs(y - this.drag.from) > 6;
    this.view.draw();
  }

  /** @param {PointerEvent} event */
  press(event) {
    const [x, y] = pointOn(this.canvas, event);
    const node = this.nodeUnder(x, y);
    if (node?.[0] !== 0) return;
    this.drag = { index: node[1], from: y, y, moved: false };
    this.canvas.setPointerCapture(event.pointerId);
  }

  /** @param {number} x @param {number} y */
  release(x, y) {
    const { drag, view } = this;
    const net = view.net();
    this.drag = null;
    if (drag?.moved && net) this.drop(drag.index, nearestInput(view.frame(), net.sizes, y));
    else this.pin(this.nodeUnder(x, y));
  }

  /** @param {MadeNode | null} node */
  point(node) {
    if (String(node) === String(this.hovered)) return;
    this.hovered = node;
    this.canvas.style.cursor = node ? (node[0] === 0 ? "grab" : "pointer") : "default";
    this.view.draw();
  }

  /** Pins a node, or lets it go where it was pinned already. @param {MadeNode | null} node */
  pin(node) {
    this.hold(node && String(node) !== String(this.pinned) ? node : null);
    this.view.draw();
  }

  /** @param {MadeNode | null} node */
  hold(node) {
    this.pinned = node;
    this.view.keep(node);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const net = this.view.net();
    if (!net) return;
    const node = this.pinned ?? [lastLayer(net), 0];
    const to = neighbour(net.sizes, node, event.key);
    if (to) this.hold(this.pinned ? to : node);
    else if (event.key === "Escape" && this.pinned) this.hold(null);
    else if (["+", "=", "-"].includes(event.key) && this.pinned)
      this.changeDegree(event.key === "-" ? -1 : 1);
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.view.draw();
  }

  /** @param {number} by */
  changeDegree(by) {
    const net = this.view.net();
    if (!this.pinned || !net) return;
    const { labels, order, sizes } = net;
    const [layer, unit] = this.pinned;
    // An input has a rank: one step earlier or later in the order.
    if (layer === 0 || layer === lastLayer(net))
      return this.drop(unit, order[order.indexOf(unit) + by]);
    const degree = labels[layer][unit] + by;
    if (degree < 0 || degree > sizes[0]) return;
    this.view.send("degree", { layer: layer - 1, unit, degree });
  }

  /** Input `index` takes the place of input `other` in the order. @param {number} index @param {number | undefined} other */
  drop(index, other) {
    const net = this.view.net();
    if (!net || other === undefined || other === index) return this.view.draw();
    this.view.send("order", moved(net.order, index, other));
  }

  /** The buttons that change a degree, beside the hidden unit that is pinned. */
  placeStepper() {
    const { pinned: node, stepper, view } = this;
    const net = view.net();
    const shown = net && node && node[0] > 0 && node[0] < lastLayer(net);
    stepper.hidden = !shown;
    if (!shown) return;
    const frame = view.frame();
    const { x, y, radius } = nodePlace(frame, net.sizes, node);
    const degree = String(net.labels[node[0]][node[1]]);
    findElement(stepper, "output", HTMLOutputElement).textContent = degree;
    stepper.style.left = cssLength(Math.min(frame.width - 84, Math.max(0, x - 41)));
    stepper.style.top = cssLength(
      y + radius + 8 > frame.height - 30 ? y - radius - 38 : y + radius + 8,
    );
  }
}
