// A pad to draw images on, one after the other. Python gets each as bytes.

import { mount } from "../ui/browser/mount.js";
import { themeOf, sharpContext } from "../ui/browser/theme.js";
import { contextOf, findElement, pointOn } from "../ui/browser/dom.js";
import { Unheard, drawStrokes, greyText } from "./lab_pad_strokes.js";
import { clientWidthOf } from "../ui/browser/screen.js";

/**
 * @typedef {object} LabPadMeta
 * @property {number} side pixels of a side of what Python gets
 * @property {number} heard number of the last drawing that has come
 * @property {boolean} present
 * @property {{ light: import("../ui/browser/theme.js").Colours, dark: import("../ui/browser/theme.js").Colours }} palette
 */

const WIDEST = { plain: 280, phone: 190 };

class LabPadView {
  /** @param {HTMLElement | ShadowRoot} host */
  constructor(host) {
    this.root = findElement(host, ".lab-pad", HTMLElement);
    this.canvas = findElement(this.root, "canvas", HTMLCanvasElement);
    this.output = findElement(this.root, "output", HTMLOutputElement);
    this.unheard = new Unheard();
    /** @type {LabPadMeta | null} */
    this.meta = null;
    /** @type {import("./lab_pad_strokes.js").Point[][]} */
    this.strokes = [];
    /** @type {number | null} pointer that draws */
    this.pointer = null;
    this.side = 1;
    this.added = 0;
    /** @type {(name: string, value: unknown) => void} */
    this.send = () => {};
    /** @type {Record<string, () => void>} */
    const actions = {
      add: () => this.add(),
      undo: () => this.put(this.strokes.slice(0, -1)),
      wipe: () => this.put([]),
    };
    for (const button of this.root.querySelectorAll("button"))
      button.onclick = actions[button.dataset.do ?? ""];
    this.follow();
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
  }

  follow() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button > 0 || this.pointer !== null) return;
      canvas.setPointerCapture(event.pointerId);
      this.pointer = event.pointerId;
      this.put([...this.strokes, [this.pointOf(event)]]);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (event.pointerId !== this.pointer) return;
      const events = event.getCoalescedEvents?.() ?? [];
      const points = (events.length ? events : [event]).map((each) => this.pointOf(each));
      this.strokes[this.strokes.length - 1].push(...points);
      this.draw();
    });
    const end = (/** @type {PointerEvent} */ event) => {
      if (event.pointerId === this.pointer) this.pointer = null;
    };
    canvas.addEventListener("pointerup", end);
    canvas.addEventListener("pointercancel", end);
  }

  /** @param {PointerEvent} event @returns {import("./lab_pad_strokes.js").Point} */
  pointOf(event) {
    const [x, y] = pointOn(this.canvas, event);
    return [x / this.side, y / this.side];
  }

  /** @param {{ meta: LabPadMeta }} data @param {{ setTriggerValue: (name: string, value: unknown) => void }} python */
  update({ meta }, { setTriggerValue }) {
    this.meta = meta;
    this.send = setTriggerValue;
    this.unheard.heard(meta.heard);
    this.theme = themeOf(this.root, meta.palette);
    this.draw();
  }

  add() {
    if (!this.meta || !this.strokes.length) return;
    const { side } = this.meta;
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = side;
    const context = contextOf(canvas);
    context.fillStyle = "#ffffff";
    context.fillRect(0, 0, side, side);
    drawStrokes(context, this.strokes, side, "#000000");
    this.send("drawings", this.unheard.add(greyText(context.getImageData(0, 0, side, side).data)));
    this.added += 1;
    this.put([]);
  }

  /** @param {import("./lab_pad_strokes.js").Point[][]} strokes */
  put(strokes) {
    this.strokes = strokes;
    this.draw();
  }

  draw() {
    const { meta, theme, root, strokes } = this;
    if (!meta || !theme || !root.isConnected || clientWidthOf(root) < 80) return;
    const phone = window.innerWidth < 640;
    const widest = phone ? WIDEST.phone : WIDEST.plain;
    this.side = Math.floor(Math.min(clientWidthOf(root) - 2, widest));
    const context = sharpContext(this.canvas, this.side, this.side);
    if (!strokes.length) {
      context.fillStyle = theme.text;
      context.font = `${Math.max(15, this.side / 15)}px ${theme.font}`;
      context.textAlign = "center";
      context.fillText("Draw here", this.side / 2, this.side / 2);
    }
    drawStrokes(context, strokes, this.side, theme.colours.ink);
    for (const button of this.root.querySelectorAll("button")) button.disabled = !strokes.length;
    this.output.textContent = this.added && !strokes.length ? `Added: ${this.added}. Draw on.` : "";
    root.dataset.strokes = String(strokes.length);
  }

  destroy() {
    this.resize.disconnect();
  }
}

export default mount(LabPadView);
