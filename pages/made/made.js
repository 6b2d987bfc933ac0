// MADE's masks: the graph that is touched, its building weight by weight, the numbers of a unit, and
// the matrices that say the same.
//
// Python sends ranks, degrees, masks, weights, path counts and the gradient of the real network. What
// is pointed at is followed through the masks here, and a unit's numbers are computed here; the
// largest difference to the network's own logits is kept on the element (data-check). A change of
// degree or order goes back to Python.

import { PaneFit } from "../ui/browser/pane.js";
import { findElement, pointOn } from "../ui/browser/dom.js";
import { mount } from "../ui/browser/mount.js";
import { themeOf, paletteToCss, sharpContext, stillness } from "../ui/browser/theme.js";
import { KeptLayer } from "../ui/browser/kept_layer.js";
import { Player } from "../ui/browser/player.js";
import { drawBits, drawChips } from "./made_chips.js";
import { MadeHand } from "./made_hand.js";
import { MadeSlots } from "./made_slots.js";
import { disagreements, illegalWeights, lastLayer, reachOf } from "./made_net.js";
import { buildStory, isCut, remaining } from "./made_build.js";
import { unitNumbers, unitValues } from "./made_unit.js";
import { gradientWords, nodeWords, pathWords, weightWords } from "./made_words.js";
import { drawGraph, madeFrame } from "./made_graph.js";
import { cellAt, drawMatrices, matrixLayout } from "./made_matrices.js";
import { clientWidthOf, windowHeight } from "../ui/browser/screen.js";

const SPEEDS = { speeds: [0.5, 1, 2, 4, 8, 16, 32], speed: 4, unit: "build step" };
const COVERED = "What the outputs read is covered until you have answered.";
const HINT = "Click a unit to see its numbers, h = ReLU(…) or p = σ(…); click a bit to change x.";
const OTHERS = 292; // CSS pixels of the page beside graph and matrices
const FEW_UNITS = 12; // of a layer: of more, which are small, the height is worth more
const LEAST_HEIGHT = 104;
const LINE = 22; // of a legend that tells of direct connections or of leaks too

/** @typedef {import("./made_net.js").MadeNet} MadeNet */
/** @typedef {import("./made_net.js").MadeNode} MadeNode */
/** @typedef {import("./made_build.js").Mark} Mark */

/**
 * @typedef {object} MadePlace Where a step of the lesson has the picture.
 * @property {Mark} [from] where the building plays from; without it nothing plays
 * @property {Mark} [to] where it stops
 * @property {number} [speed] build steps a second
 * @property {MadeNode} [pin]
 * @property {boolean} [sort] inputs and outputs by rank
 * @property {number} nonce
 */

/**
 * @typedef {object} MadeMeta What pages/made/network.py `picture` sends.
 * @property {number[]} sizes
 * @property {number[][]} labels
 * @property {number[]} order
 * @property {number[]} x input whose numbers are shown at first
 * @property {string} graph_id
 * @property {boolean} relaxed
 * @property {number} below CSS pixels that stand below the picture
 * @property {boolean} present
 * @property {string[]} hidden parts that would answer the question: "reach", "illegal", "order"
 * @property {MadePlace | null} goto
 * @property {{ light: import("../ui/browser/theme.js").Colours, dark: import("../ui/browser/theme.js").Colours }} palette
 */

/** @type {number | undefined} the last place that was played to: a picture mounted anew does not play again */
let lastPlayed = undefined;

class MadeView {
  /** @type {MadeMeta | undefined} */
  meta = undefined;
  /** @type {MadeNet | undefined} */
  net = undefined;
  /** @type {import("./made_unit.js").MadeWeights} */
  weights = { W: [], b: [], A: new Float32Array(0) };
  /** @type {number[]} */
  x = [];
  /** @type {number[][]} */
  values = [];
  /** @type {import("../ui/browser/theme.js").Theme | undefined} */
  theme = undefined;
  /** @type {import("./made_build.js").Story} */
  story = { steps: [], marks: { start: 0, ranks: 0, degrees: 0, hidden: 0, cut: 0, end: 0 } };
  /** @type {ReadonlySet<string>} */
  hidden = new Set();
  frame = madeFrame(0, 0, null);
  fit = new PaneFit();
  /** @type {import("./made_matrices.js").MadeMatrix[]} */
  laid = [];
  cellWords = "";
  /** @type {boolean | undefined} */
  narrow = undefined;
  sorted = false;
  slots = new MadeSlots();
  /** @type {import("./made_graph.js").MadeLayers} */
  layers = { weights: [new KeptLayer(), new KeptLayer()], cells: new KeptLayer() };
  /** @type {number | null} */
  until = null; // where playing stops
  home = 0; // where the step of the lesson has the player: not in the address
  /** @type {number | undefined} */
  nonce = undefined;
  /** @type {(name: string, value: unknown) => void} */
  send = () => {};

  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    this.root = findElement(parent, ".made", HTMLElement);
    this.canvas = findElement(this.root, ".graph", HTMLCanvasElement);
    this.matrices = findElement(this.root, ".matrices", HTMLCanvasElement);
    this.chips = findElement(this.root, ".chips", HTMLElement);
    this.sort = findElement(this.root, ".sort", HTMLElement);
    this.bits = findElement(this.root, ".bits", HTMLElement);
    this.numbers = findElement(this.root, ".numbers", HTMLElement);
    this.reading = findElement(this.root, ".reading", HTMLElement);
    this.player = new Player(findElement(this.root, "[data-player]", HTMLElement), {
      onStep: (step) => this.arrive(step),
      onRest: (step) => {
        if (this.player.playing) return; // an earlier rest, told late
        this.until = null;
        this.root.dataset.step = String(step);
        this.keepInAddress("step", step === this.home ? null : step);
      },
    });
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
    this.hand = new MadeHand(this.root, {
      net: () => this.net,
      frame: () => this.frame,
      draw: () => this.draw(),
      send: (name, value) => this.send(name, value),
      keep: (node) => this.keepInAddress("node", node && node[0] * 100 + node[1]),
    });
    this.sort.onclick = () => this.sortBy(!this.sorted);
    const { matrices } = this;
    matrices.addEventListener("pointermove", (event) =>
      this.pointCell(...pointOn(matrices, event)),
    );
    matrices.addEventListener("pointerleave", () => this.pointCell(-1, -1));
  }

  /**
   * @param {{ meta: MadeMeta, arrays: any }} data
   * @param {Pick<import("../ui/browser/mount.js").Place, "setTriggerValue">} python
   */
  update({ meta, arrays }, { setTriggerValue }) {
    this.send = setTriggerValue;
    const before = this.meta;
    this.meta = meta;
    this.hidden = new Set(meta.hidden);
    this.take(meta, arrays);
    this.theme = themeOf(this.root, meta.palette);
    paletteToCss(this.root, this.theme.colours);
    if (String(before?.sizes) !== String(meta.sizes)) this.hand.letGo();
    this.drawOrder(meta.order);
    if (before?.graph_id !== meta.graph_id) this.start(before, meta, arrays.logits);
    if (meta.goto && meta.goto.nonce !== this.nonce) {
      const again = !before && lastPlayed === meta.goto.nonce;
      this.nonce = lastPlayed = meta.goto.nonce;
      const linked = !before && this.fromAddress();
      if (!linked) this.goTo(again ? { ...meta.goto, from: undefined } : meta.goto);
    }
    this.draw();
  }

  /** The network and its weights, as Python sent them. @param {MadeMeta} meta @param {any} arrays */
  take(meta, arrays) {
    const { sizes, labels, order, relaxed } = meta;
    const { direct, counts, illegal, gradient } = arrays;
    /** @param {string} name */
    const each = (name) => sizes.slice(1).map((_, at) => arrays[`${name}${at + 1}`]);
    const masks = each("mask");
    this.net = { sizes, labels, order, relaxed, masks, direct, counts, illegal, gradient };
    this.weights = { W: each("weight"), b: each("bias"), A: arrays.across };
  }

  /**
   * Another network: at the same mark of its building as the one before.
   *
   * @param {MadeMeta | undefined} before
   * @param {MadeMeta} meta
   * @param {Float32Array} logits of the network at meta.x
   */
  start(before, meta, logits) {
    const net = /** @type {MadeNet} */ (this.net);
    const was = this.player.step;
    const mark = Object.entries(this.story.marks).findLast(([, step]) => step <= was)?.[0] ?? "end";
    this.story = buildStory(net);
    if (before?.sizes[0] !== meta.sizes[0]) this.x = [...meta.x];
    const own = unitValues(net, this.weights, meta.x)[lastLayer(net)];
    this.root.dataset.check = String(Math.max(...own.map((z, at) => Math.abs(z - logits[at]))));
    this.root.dataset.disagreements = String(disagreements(net));
    this.player.load(this.story.marks.end, SPEEDS);
    this.home = this.story.marks[before ? /** @type {Mark} */ (mark) : "end"];
    this.player.seek(this.home);
    if (!before) this.fromAddress();
  }

  /** Where a step of the lesson sends the picture. @param {MadePlace} place */
  goTo({ from, to, speed, pin, sort }) {
    const { marks } = this.story;
    this.hand.hold(pin && this.hand.exists(pin) ? pin : null);
    this.sortBy(Boolean(sort));
    this.home = marks[to ?? "end"];
    if (!from || stillness()) return this.player.seek(this.home);
    if (speed) this.player.speed.value = String(speed);
    this.player.pause();
    this.until = null;
    this.player.show(marks[from]);
    this.until = this.home;
    this.player.play();
  }

  /** @param {number} step */
  arrive(step) {
    if (this.until !== null && step >= this.until) {
      const end = this.until;
      this.until = null;
      this.player.seek(end);
    } else {
      this.draw();
    }
  }

  // --- what is pointed at ----------------------------------------------------------------------

  get step() {
    return this.story.steps[this.player.step];
  }

  get node() {
    if (this.hidden.has("reach")) return null;
    return this.hand.hovered ?? this.hand.pinned ?? this.step?.follow ?? null;
  }

  /** Build step and pinned node belong to the browser: they go into the address without a run. @param {string} name @param {number | null} value */
  keepInAddress(name, value) {
    const url = new URL(location.href);
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, String(value));
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  }

  /** Pins the node of the address and goes to its build step; false where there is none that fits. */
  fromAddress() {
    const query = new URLSearchParams(location.search);
    const [step, number] = ["step", "node"].map((name) => Number(query.get(name) ?? NaN));
    /** @type {MadeNode} */
    const node = [Math.floor(number / 100), number % 100];
    const pinned = Number.isInteger(number) && this.hand.exists(node);
    const there = Number.isInteger(step) && step >= 0 && step <= this.story.marks.end;
    if (pinned) this.hand.pinned = node;
    if (there) this.player.seek(step);
    return pinned || there;
  }

  /** @param {number[]} order */
  drawOrder(order) {
    const moved = this.chips.dataset.moved;
    delete this.chips.dataset.moved;
    const covered = this.hidden.has("order");
    drawChips(this.chips, covered ? [] : order, {
      onMove: (index, other) => this.hand.drop(index, other),
      onPoint: (index) => this.hand.point(index === null ? null : [0, index]),
      focused: moved === undefined ? null : Number(moved),
    });
    this.root.classList.toggle("covered", covered);
    if (this.sorted) this.sortBy(true);
  }

  /** Inputs and outputs slide to their places: from the top by rank, or by name. @param {boolean} sorted */
  sortBy(sorted) {
    if (!this.net) return;
    this.sorted = sorted;
    this.sort.setAttribute("aria-pressed", String(sorted));
    this.slots.go(this.net.labels[0], sorted, stillness() ? -Infinity : performance.now());
    this.draw();
  }

  // --- drawing ---------------------------------------------------------------------------------

  draw() {
    const { net, root } = this;
    if (!this.meta || !net || !this.theme || !this.step || !root.isConnected) return;
    if (clientWidthOf(root) < 50) return;
    this.fit.draw(root, [net.sizes, [...this.hidden]], (less) => this.drawWithin(less));
  }

  /** @param {number} less height that a phone's pane does not have, CSS pixels */
  drawWithin(less) {
    const { net, theme, step, hand } = this;
    if (!net || !theme || !step) return;
    const width = clientWidthOf(this.root);
    const { matrices, height } = matrixLayout(net, width);
    const tall = Math.max(LEAST_HEIGHT, this.graphHeight(width, height) - less);
    this.fold(width < 560);
    const now = performance.now();
    const drag = hand.drag?.moved ? hand.drag : null;
    const placed = this.slots.to.length === net.sizes[0];
    const direct = net.direct.length > 0 && Math.max(...net.sizes) <= FEW_UNITS;
    this.frame = madeFrame(width, tall, drag, placed ? this.slots.at(now) : [], direct);
    if (this.slots.moving(now)) requestAnimationFrame(() => this.draw());
    const { node, hidden, frame } = this;
    const { pinned } = hand;
    const reach = node && reachOf(net, node);
    const illegal = reach && !hidden.has("illegal") ? illegalWeights(net, reach) : [];
    const scene = { net, frame, theme, step, reach, illegal, pinned, hidden, layers: this.layers };
    drawGraph(sharpContext(this.canvas, width, tall), scene);
    this.laid = matrices;
    drawMatrices(sharpContext(this.matrices, width, height), scene, matrices);
    this.read(net, reach);
    hand.placeStepper();
    for (const chip of this.chips.children) {
      const index = Number(/** @type {HTMLElement} */ (chip).dataset.index);
      chip.classList.toggle("lit", Boolean(reach?.reads[0][index]));
    }
  }

  /** On a phone the marks are told on demand. @param {boolean} narrow */
  fold(narrow) {
    if (this.narrow === narrow) return;
    this.narrow = narrow;
    this.root.classList.toggle("narrow", narrow);
    findElement(this.root, ".marks", HTMLDetailsElement).open = !narrow;
  }

  /** What is left for the graph. @param {number} width @param {number} matrices their height */
  graphHeight(width, matrices) {
    const { below = 0 } = this.meta ?? {};
    if (width < 560) return Math.max(150, Math.min(230, 0.55 * windowHeight() - 285 - below));
    const more = this.net?.direct.length || this.net?.relaxed ? LINE : 0;
    const room = windowHeight() - OTHERS - matrices - below - more;
    return Math.max(200, Math.min(420, room));
  }

  /** @param {number} x @param {number} y */
  pointCell(x, y) {
    const { net } = this;
    if (!net) return;
    const found = cellAt(this.laid, x, y);
    /** @type {MadeNode | null} */
    let node = null;
    this.cellWords = "";
    if (found) {
      const { matrix, row, column } = found;
      node = [matrix.kind === "mask" ? matrix.layer : lastLayer(net), row];
      if (matrix.kind === "mask") this.cellWords = weightWords(net, matrix.layer, row, column);
      else if (!this.hidden.has("reach"))
        this.cellWords = (matrix.kind === "paths" ? pathWords : gradientWords)(net, row, column);
    }
    if (String(node) !== String(this.hand.hovered)) this.hand.point(node);
    else this.draw();
  }

  /** @param {MadeNet} net @param {import("./made_net.js").Reach | null} reach */
  read(net, reach) {
    const { step, root, hidden, x } = this;
    const whole = isCut(net, step);
    const covered = whole && hidden.has("reach");
    if (this.cellWords) this.reading.textContent = this.cellWords;
    else if (covered) this.reading.textContent = COVERED;
    else if (!this.hand.hovered && !this.hand.pinned && step.text)
      this.reading.textContent = step.text;
    else this.reading.innerHTML = nodeWords(net, reach);
    drawBits(this.bits, x, (index) => {
      this.x = x.map((value, at) => (at === index ? 1 - value : value));
      this.draw();
    });
    const node = this.hand.pinned ?? this.hand.hovered;
    const counted = node && whole && !covered;
    this.numbers.innerHTML = counted
      ? unitNumbers(net, this.weights, unitValues(net, this.weights, x), node)
      : HINT;
    root.dataset.kept = remaining(net, step).join(" ");
    root.dataset.reads = whole && reach ? net.order.filter((j) => reach.reads[0][j]).join(" ") : "";
    root.dataset.direct = String(net.direct.length > 0);
    root.dataset.illegal = String(!hidden.has("illegal") && net.illegal.some(Boolean));
    this.canvas.setAttribute(
      "aria-label",
      `The masked network: layers of ${net.sizes.join(", ")} units. ${covered ? COVERED : step.text}`,
    );
  }

  destroy() {
    this.player.destroy();
    this.resize.disconnect();
  }
}

export default mount(MadeView);
