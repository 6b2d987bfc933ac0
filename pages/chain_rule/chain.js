// The chain rule over three binary variables: nodes in the order of drawing, a table under each,
// the joint below, and ancestral samples falling into it.
//
// Joint, factors, samples and distances come from Python. While a probability is dragged the same
// sums are done here (chain_tables.js); the change then goes to Python. The largest difference
// between the factors found here and Python's is kept (data-check).

import { buildNodes, buildStates, buildTables, buildTerms } from "./chain_build.js";
import {
  Counts,
  NO_TRACE,
  addressWith,
  lastDraw,
  placeIn,
  statesEntered,
  topOf,
} from "./chain_data.js";
import { draggableBar, draggableNode, moved, stepAt } from "./chain_hands.js";
import { centreOf, drawScene } from "./chain_scene.js";
import {
  factorsOf,
  influenceOf,
  largestDifference,
  marginalsOf,
  withConditional,
  withState,
} from "./chain_tables.js";
import { readingWords } from "./chain_words.js";
import { findElement } from "../ui/browser/dom.js";
import { Edits } from "../ui/browser/edits.js";
import { mount } from "../ui/browser/mount.js";
import { Player } from "../ui/browser/player.js";
import { paletteToCss, themeOf } from "../ui/browser/theme.js";
import { clientWidthOf } from "../ui/browser/screen.js";

/** @typedef {import("./chain_tables.js").Place} Place */
/** @typedef {import("./chain_words.js").Drawn} Drawn */

/** @typedef {import("./chain_data.js").ChainMeta} ChainMeta */
/** @typedef {import("./chain_data.js").ChainArrays} ChainArrays */
/** @typedef {import("./chain_data.js").Pointed} Pointed */
/** @typedef {ReturnType<typeof draggableBar>} Bar */

const SPEEDS = [1, 2, 4, 8, 32, 128, 512, 1024];
const MOVING = 1600; // milliseconds that a change of order is shown

class ChainView {
  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    this.root = findElement(parent, ".chain", HTMLElement);
    this.dag = findElement(this.root, ".dag", HTMLElement);
    this.svg = findElement(this.dag, "svg", SVGSVGElement);
    this.reading = findElement(this.root, ".reading", HTMLElement);
    /** @type {Pointed | null} */
    this.hover = null;
    /** @type {number | null} */
    this.pinned = null;
    /** @type {{ node: number, by: number } | null} */
    this.held = null;
    this.trying = false; // a bar is being dragged
    this.edits = new Edits();
    /** @type {(Place & { p: number })[]} changes that Python does not know yet */
    this.changes = [];
    /** @type {number | undefined} */
    this.nonce = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.moving = undefined;
    /** @type {ChainMeta | null} */
    this.given = null;
    /** @type {(name: string, value: unknown) => void} */
    this.send = () => {};
    /** @type {number[]} as drawn, an edit in hand included */
    this.joint = [];
    /** @type {import("./chain_tables.js").Factors} */
    this.factors = [];
    /** @type {number[][]} */
    this.influence = [];
    this.base = { joint: this.joint, factors: this.factors }; // before the edit in hand
    this.top = 1;
    /** @type {ChainArrays} */
    this.trace = NO_TRACE;
    this.counts = new Counts(this.trace.states);
    /** @type {Record<string, string>} */
    this.colours = {};
    /** @type {Bar[]} */
    this.bars = [];
    this.nodes = buildNodes(this.dag);
    this.terms = buildTerms(findElement(this.root, ".product", HTMLElement));
    const { heads, rows } = buildTables(findElement(this.root, ".factors", HTMLElement));
    this.heads = heads;
    this.rows = rows;
    this.states = buildStates(findElement(this.root, ".joint", HTMLElement));
    this.wire();
    this.player = new Player(findElement(this.root, "[data-player]", HTMLElement), {
      onStep: () => this.draw(),
      onRest: () => this.rest(),
    });
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
  }

  // --- hands -------------------------------------------------------------------------------------

  wire() {
    this.nodes.forEach((node, index) => {
      this.pointable(node, () => ({ node: index }));
      this.node(node, index);
    });
    this.terms.forEach((term, step) =>
      this.pointable(term, () => ({ node: this.meta.order[step] })),
    );
    this.rows.forEach((lines, step) =>
      lines.forEach((line, row) => {
        this.pointable(line, () => ({ step, row }));
        this.bar(line, "x", { step, row });
      }),
    );
    this.states.forEach((column, state) => {
      this.pointable(column, () => ({ state }));
      this.bar(column, "y", { state });
    });
  }

  /** @param {HTMLElement} node @param {number} index */
  node(node, index) {
    /** @param {{ node: number, by: number } | null} held */
    const hold = (held) => {
      this.held = held;
      this.draw();
    };
    draggableNode(node, {
      held: (by) => hold({ node: index, by }),
      dropped: (by) => {
        hold(null);
        const x = centreOf(this.dag, this.meta.order.indexOf(index)) + by;
        this.reorder(index, stepAt(x, clientWidthOf(this.dag)));
      },
      cancel: () => hold(null),
      stepped: (by) => this.reorder(index, this.meta.order.indexOf(index) + by),
    });
  }

  /** @param {HTMLElement} target @param {() => Pointed} what */
  pointable(target, what) {
    /** @param {Pointed | null} pointed */
    const point = (pointed) => {
      if (this.trying || this.held) return;
      this.hover = pointed;
      this.draw();
    };
    for (const name of ["pointerenter", "focus"])
      target.addEventListener(name, () => point(what()));
    for (const name of ["pointerleave", "blur"]) target.addEventListener(name, () => point(null));
  }

  /** @param {HTMLElement} target @param {"x" | "y"} axis @param {Place} place */
  bar(target, axis, place) {
    const value = () => {
      if ("state" in place) return this.joint[place.state];
      return this.meta.alone ? null : this.factors[place.step][place.row];
    };
    const bar = draggableBar(target, {
      axis,
      value,
      span: () => (axis === "x" ? 1 : this.top),
      begin: () => {
        this.player.pause();
        this.trying = true;
      },
      attempt: (p) => this.attempt(place, p),
      commit: () => {
        this.trying = false;
        this.commit(place, value() ?? 0.5);
      },
      cancel: () => {
        this.trying = false;
        this.show(this.base);
      },
      click: () => "state" in place && this.pin(place.state),
    });
    this.bars.push(bar);
  }

  // --- edits -------------------------------------------------------------------------------------

  /** What Python gave last. */
  get meta() {
    if (!this.given) throw new Error("nothing has come from Python yet");
    return this.given;
  }

  /** The tables of a joint, as they are drawn from. @param {number[]} joint */
  factorsOf(joint) {
    const { order, alone } = this.meta;
    return alone ? marginalsOf(joint, order) : factorsOf(joint, order);
  }

  /** @param {Place} place @param {number} p */
  attempt(place, p) {
    const { order } = this.meta;
    if ("state" in place) {
      const joint = withState(this.base.joint, place.state, p);
      this.show({ joint, factors: this.factorsOf(joint) });
    } else {
      this.show(withConditional(this.base.factors, order, place, p));
    }
  }

  /** @param {Place} place @param {number} p */
  commit(place, p) {
    this.base = { joint: this.joint, factors: this.factors };
    this.changes.push({ ...place, p });
    this.edits.send({ joint: this.meta.joint, order: this.meta.order, changes: [...this.changes] });
  }

  /** @param {{ joint: number[], factors: import("./chain_tables.js").Factors }} tables */
  show({ joint, factors }) {
    this.joint = joint;
    this.factors = factors;
    this.influence = influenceOf(factors);
    this.draw();
  }

  /** @param {number} index @param {number} step */
  reorder(index, step) {
    for (const bar of this.bars) bar.flush();
    const order = moved(this.meta.order, index, step);
    if (String(order) !== String(this.meta.order)) this.send("order", order);
    this.draw();
  }

  // --- what comes from Python --------------------------------------------------------------------

  /**
   * @param {{ meta: ChainMeta, arrays: Record<string, any> }} data arrays: `ChainArrays`
   * @param {{ setTriggerValue: (name: string, value: unknown) => void }} python
   */
  update({ meta, arrays }, { setTriggerValue }) {
    this.send = setTriggerValue;
    this.edits.trigger = setTriggerValue;
    const before = this.given;
    const known = this.edits.answered(meta.edit);
    this.given = meta;
    this.trace = /** @type {ChainArrays} */ (arrays);
    this.counts = new Counts(arrays.states);
    this.colours = themeOf(this.root, meta.palette).colours;
    paletteToCss(this.root, this.colours);
    this.arrange(meta);
    this.top = topOf(meta.joint);
    const turned = before !== null && String(before.order) !== String(meta.order);
    if (known || !before || turned || before.alone !== meta.alone) {
      this.changes = [];
      this.base = { joint: meta.joint, factors: meta.factors };
      if (turned) this.showMoving(String(before.joint) === String(meta.joint));
      if (!this.trying) this.show(this.base);
    }
    const found = this.factorsOf(meta.joint);
    this.root.dataset.check = String(largestDifference(meta.factors, found));
    if (before?.trace_id !== meta.trace_id) this.load(before === null);
    this.follow(before !== null);
    this.draw();
  }

  /** What the step covers is not on the page. @param {ChainMeta} meta */
  arrange({ samples, hidden }) {
    this.root.classList.toggle("sampling", samples);
    this.root.classList.toggle("bare", hidden.includes("nodes"));
    this.root.classList.toggle("short", hidden.includes("factors"));
    for (const [part, name] of /** @type {const} */ ([
      [".dag", "nodes"],
      [".formula", "nodes"],
      [".factors", "factors"],
    ]))
      findElement(this.root, part, HTMLElement).hidden = hidden.includes(name);
  }

  /** For a while, bars glide to where the new order has them. @param {boolean} stayed whether the joint did */
  showMoving(stayed) {
    clearTimeout(this.moving);
    this.root.classList.add("moving");
    this.root.classList.toggle("stayed", stayed);
    this.moving = setTimeout(() => this.root.classList.remove("moving", "stayed"), MOVING);
  }

  /** Other samples: at first where the address has them, later at the step there was. @param {boolean} first */
  load(first) {
    const steps = this.trace.values.length;
    this.player.load(steps, { speeds: SPEEDS, speed: 2, unit: "draw" });
    if (!first) return this.player.show(Math.min(steps, this.player.step));
    const linked = placeIn(location.search);
    const { goto } = this.meta;
    this.pinned = linked.state === undefined ? (goto?.state ?? null) : linked.state;
    this.nonce = goto?.nonce;
    if (linked.step !== undefined || !goto) this.player.show(Math.min(steps, linked.step ?? 0));
    else this.go(goto);
  }

  /** Go where a step of the lesson sends the picture. @param {boolean} begun */
  follow(begun) {
    const target = this.meta.goto;
    if (!begun || !target || target.nonce === this.nonce) return;
    this.nonce = target.nonce;
    this.pinned = target.state ?? null;
    this.go(target);
    this.rest();
  }

  /** @param {import("./chain_data.js").ChainPlace} place */
  go({ step, play }) {
    this.player.seek(step ?? 0);
    if (!play || !this.meta.samples) return;
    this.player.speed.value = String(play);
    this.player.playByItself();
  }

  rest() {
    const { step, steps } = this.player;
    const place = { step, state: this.pinned };
    const address = addressWith(location.href, place, this.meta.goto, steps);
    if (address !== location.href) history.replaceState(history.state, "", address);
    this.root.dataset.step = String(step);
  }

  /** @param {number} state */
  pin(state) {
    this.pinned = this.pinned === state ? null : state;
    this.rest();
    this.draw();
  }

  // --- drawing -----------------------------------------------------------------------------------

  draw() {
    if (!this.given || !this.player || !this.root.isConnected || !clientWidthOf(this.root)) return;
    const { hover, pinned, held, tables, colours, top } = this;
    const still = !hover && !this.trying && !held; // else what is at hand is shown
    const drawn = still ? lastDraw(this.trace, this.player.step) : null;
    const { states, values } = this.trace;
    const entering = statesEntered({ hover, drawn, pinned }, this.meta.order, states);
    const state = entering.length === 1 && !drawn ? entering[0] : null;
    const done = Math.floor(this.player.step / 3);
    const count = { done, counts: this.counts.of(done) };
    const now = { tables, hover, drawn, state, entering, pinned, held, values, colours, top };
    drawScene(this, { ...now, count });
    this.root.dataset.distance = String(this.trace.distance[done]);
    this.read(drawn, state);
  }

  /** What is drawn at the moment. */
  get tables() {
    const { joint, factors, influence } = this;
    const { order, alone, hidden } = this.meta;
    const covered = hidden.includes("factors") || hidden.includes("arrows");
    return { order, joint, factors, influence, alone, covered };
  }

  /** @param {Drawn | null} drawn @param {number | null} state */
  read(drawn, state) {
    const done = Math.floor(this.player.step / 3);
    const share = state === null || !done ? null : this.counts.of(done)[state] / done;
    const count = { done, distance: this.trace.distance[done], share };
    const words = readingWords(this.tables, { hover: this.hover, drawn, state }, count);
    if (this.reading.innerHTML !== words) this.reading.innerHTML = words;
  }

  destroy() {
    clearTimeout(this.moving);
    for (const bar of this.bars) bar.stop();
    this.player.destroy();
    this.resize.disconnect();
  }
}

export default mount(ChainView);
