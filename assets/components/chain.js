// The chain rule over three binary variables: nodes in the order of drawing, a table under each,
// the joint below, and ancestral samples falling into it.
//
// Joint, factors, samples and distances come from Python. While a probability is dragged the same
// sums are done here, so that everything follows the hand; the change then goes back to Python.
// The largest difference between the factors found here and Python's is kept (data-check).

import { unpack } from "./wire.js";
import { themeOf, paletteToCss } from "./theme.js";
import { Player } from "./player.js";

const SPEEDS = [1, 2, 4, 8, 32, 128, 512, 1024];
const STATES = 8;
const variable = (index) => `x${"₁₂₃"[index]}`;
const bit = (state, index) => (state >> (2 - index)) & 1;
const bitsOf = (state) => [0, 1, 2].map((index) => bit(state, index));
const shown = (p) => (p === null ? "–" : p.toFixed(3));
const clamp = (p) => Math.max(0, Math.min(1, p));

/** Setting of the first `step` variables of an order in a state: a row of that factor's table. */
const rowOf = (state, order, step) => order.slice(0, step).reduce((row, index) => 2 * row + bit(state, index), 0);

/** p(x = 1 | earlier) for every step and row; null where the condition never happens. */
function factorsOf(joint, order) {
  return order.map((index, step) => {
    const sums = Array.from({ length: 2 ** step }, () => [0, 0]);
    joint.forEach((p, state) => (sums[rowOf(state, order, step)][bit(state, index)] += p));
    return sums.map(([zero, one]) => (zero + one > 0 ? one / (zero + one) : null));
  });
}

function jointOf(factors, order) {
  return Array.from({ length: STATES }, (_, state) =>
    order.reduce((product, index, step) => {
      const p = factors[step][rowOf(state, order, step)] ?? 0.5;
      return product * (bit(state, index) ? p : 1 - p);
    }, 1),
  );
}

function withState(joint, state, p) {
  const rest = joint.reduce((sum, q, other) => (other === state ? sum : sum + q), 0);
  return joint.map((q, other) => (other === state ? p : ((1 - p) * (rest > 0 ? q : 1)) / (rest > 0 ? rest : STATES - 1)));
}

function element(tag, name, host, html = "") {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.innerHTML = html;
  host.append(made);
  return made;
}

class ChainView {
  constructor(parent) {
    this.root = parent.querySelector(".chain");
    this.dag = this.root.querySelector(".dag");
    this.svg = this.dag.querySelector("svg");
    this.reading = this.root.querySelector(".reading");
    this.hover = null; // { state } or { step, row } or { node }
    this.pinned = null;
    this.build();
    this.player = new Player(this.root.querySelector("[data-player]"), { onStep: () => this.draw(), onRest: () => this.rest() });
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.root);
  }

  // --- the elements, made once -------------------------------------------------------------------

  build() {
    this.nodes = [0, 1, 2].map((index) => {
      const node = element("button", "node", this.dag, `x<sub>${index + 1}</sub><span class="value"></span>`);
      node.type = "button";
      node.dataset.index = index;
      this.pointable(node, () => ({ node: index }));
      this.dragNode(node, index);
      return node;
    });
    const product = this.root.querySelector(".product");
    this.terms = [0, 1, 2].map((step) => {
      if (step) element("span", "sign", product, '<span>·</span><span class="num">×</span>');
      const term = element("span", "term", product, '<span></span><span class="num"></span>');
      this.pointable(term, () => ({ node: this.meta.order[step] }));
      return term;
    });
    const host = this.root.querySelector(".factors");
    this.heads = [];
    this.rows = [0, 1, 2].map((step) => {
      const factor = element("div", "factor", host);
      this.heads.push(element("h4", "", factor));
      return Array.from({ length: 2 ** step }, (_, row) => {
        const line = element("div", "row", factor, '<span class="given"></span><span class="bar"><i></i><em></em><s hidden></s></span><span class="p"></span>');
        line.dataset.step = step;
        line.dataset.row = row;
        this.pointable(line, () => ({ step, row }));
        this.slider(line, "x", () => this.factors[step][row], (p) => this.tryConditional(step, row, p), { step, row });
        return line;
      });
    });
    const joint = this.root.querySelector(".joint");
    this.states = Array.from({ length: STATES }, (_, state) => {
      const bits = bitsOf(state).map((value) => `<span>${value}</span>`).join("");
      const column = element("div", "state", joint, `<div class="bars"><i></i><b></b><span class="grip"></span></div><div class="bits">${bits}</div><div class="number"></div>`);
      column.dataset.state = state;
      this.pointable(column, () => ({ state }));
      this.slider(column, "y", () => this.joint[state], (p) => (this.joint = withState(this.meta.joint, state, p)), { state });
      return column;
    });
  }

  pointable(target, what) {
    target.addEventListener("pointerenter", () => !this.drag && this.point(what()));
    target.addEventListener("pointerleave", () => !this.drag && this.point(null));
    target.addEventListener("focus", () => !this.drag && this.point(what()));
    target.addEventListener("blur", () => !this.drag && this.point(null));
  }

  /** A probability that is dragged along an axis, or moved by the arrow keys; a click pins. */
  slider(target, axis, value, attempt, what) {
    target.setAttribute("role", "slider");
    target.tabIndex = 0;
    target.setAttribute("aria-valuemin", 0);
    target.setAttribute("aria-valuemax", 1);
    if (axis === "y") target.setAttribute("aria-orientation", "vertical");
    const apply = (p) => {
      attempt(clamp(p));
      this.factors = what.state === undefined ? this.factors : factorsOf(this.joint, this.meta.order);
      this.draw();
    };
    target.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || value() === null) return;
      const touch = event.pointerType === "touch";
      const may = !touch || axis === "x" || event.target.classList.contains("grip");
      this.drag = { at: axis === "x" ? event.clientX : event.clientY, from: value(), moved: false, may };
      target.setPointerCapture(event.pointerId);
    });
    target.addEventListener("pointermove", (event) => {
      if (!this.drag?.may) return;
      const gone = (axis === "x" ? event.clientX : event.clientY) - this.drag.at;
      this.drag.moved ||= Math.abs(gone) > 3;
      if (!this.drag.moved) return;
      this.player.pause();
      const box = target.querySelector(axis === "x" ? ".bar" : ".bars").getBoundingClientRect();
      apply(Math.round(1000 * clamp(this.drag.from - (axis === "x" ? gone / box.width : (gone / box.height) * this.top))) / 1000);
    });
    target.addEventListener("pointerup", () => {
      const drag = this.drag;
      this.drag = null;
      if (drag?.moved) this.commit(what, value());
      else if (drag && what.state !== undefined) this.pin(what.state);
    });
    target.addEventListener("pointercancel", () => {
      this.drag = null;
      this.restore();
    });
    target.addEventListener("keydown", (event) => {
      const by = { ArrowUp: 0.01, ArrowRight: 0.01, ArrowDown: -0.01, ArrowLeft: -0.01, PageUp: 0.1, PageDown: -0.1 }[event.key];
      const ends = { Home: 0, End: 1 }[event.key];
      if (event.key === "Enter" && what.state !== undefined) this.pin(what.state);
      if ((by === undefined && ends === undefined) || value() === null) return;
      event.preventDefault();
      this.player.pause();
      apply(ends ?? Math.round(100 * (value() + by)) / 100);
      clearTimeout(this.committing); // keys come in bursts: one run of the page for all of them
      this.committing = setTimeout(() => this.commit(what, value()), 350);
    });
  }

  tryConditional(step, row, p) {
    const kept = this.meta.factors.map((factor) => [...factor]);
    kept[step][row] = p;
    this.joint = jointOf(kept, this.meta.order);
    this.factors = factorsOf(this.joint, this.meta.order);
    this.factors[step][row] ??= p;
  }

  commit(what, p) {
    this.send("edit", { ...what, p });
  }

  restore() {
    this.joint = this.meta.joint;
    this.factors = this.meta.factors;
    this.draw();
  }

  dragNode(node, index) {
    const moveTo = (step) => {
      const order = this.meta.order.filter((other) => other !== index);
      order.splice(step, 0, index);
      if (String(order) !== String(this.meta.order)) this.send("order", order);
    };
    node.addEventListener("pointerdown", (event) => {
      this.drag = { node: index, at: event.clientX, by: 0 };
      node.setPointerCapture(event.pointerId);
      node.classList.add("held");
    });
    node.addEventListener("pointermove", (event) => {
      if (this.drag?.node !== index) return;
      this.drag.by = event.clientX - this.drag.at;
      this.draw();
    });
    const end = (event) => {
      const drag = this.drag;
      this.drag = null;
      node.classList.remove("held");
      if (drag && event.type === "pointerup") {
        const width = this.dag.clientWidth;
        const x = this.centre(this.meta.order.indexOf(index)) + drag.by;
        moveTo(Math.max(0, Math.min(2, Math.floor((3 * x) / width))));
      }
      this.draw();
    };
    node.addEventListener("pointerup", end);
    node.addEventListener("pointercancel", end);
    node.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!by) return;
      event.preventDefault();
      moveTo(Math.max(0, Math.min(2, this.meta.order.indexOf(index) + by)));
    });
  }

  // --- what comes from Python --------------------------------------------------------------------

  update({ meta, arrays }, { setTriggerValue }) {
    this.send = setTriggerValue;
    const before = this.meta;
    this.meta = meta;
    this.trace = arrays;
    this.n = arrays.states.length;
    this.joint = meta.joint;
    this.factors = meta.factors;
    this.counted = { done: 0, counts: new Int32Array(STATES) };
    this.theme = themeOf(this.root, meta.palette);
    paletteToCss(this.root, this.theme.colours);
    this.root.classList.toggle("presenting", meta.present);
    const largest = Math.max(...meta.joint);
    this.top = largest > 0.8 ? 1.05 : Math.max(0.4, largest * 1.25);
    const found = factorsOf(meta.joint, meta.order).flat();
    this.root.dataset.check = Math.max(...meta.factors.flat().map((p, at) => Math.abs((p ?? 0) - (found[at] ?? 0))));
    if (before?.trace_id !== meta.trace_id) {
      this.player.load(3 * this.n, { speeds: SPEEDS, speed: 2, unit: "draw" });
      const query = new URLSearchParams(location.search);
      const linked = Number(query.get("step") ?? 0);
      if (!before) this.pinned = /^[01]{3}$/.test(query.get("state") ?? "") ? parseInt(query.get("state"), 2) : 5;
      const step = before ? this.player.step : Number.isInteger(linked) ? linked : 0;
      this.player.show(Math.max(0, Math.min(3 * this.n, step)));
    }
    if (meta.goto && meta.goto.nonce !== this.nonce) {
      this.nonce = meta.goto.nonce;
      if (before) {
        this.pinned = meta.goto.state ?? this.pinned;
        this.player.seek(0);
        if (meta.goto.play) {
          this.player.speed.value = meta.goto.play;
          this.player.playByItself();
        }
      }
    }
    this.draw();
  }

  rest() {
    const url = new URL(location.href);
    const { step } = this.player;
    const keep = (name, value) => (value === null ? url.searchParams.delete(name) : url.searchParams.set(name, value));
    keep("step", step === 0 ? null : step);
    keep("state", this.pinned === 5 || this.pinned === null ? null : bitsOf(this.pinned).join(""));
    if (url.href !== location.href) history.replaceState(history.state, "", url);
    this.root.dataset.step = step;
  }

  point(what) {
    this.hover = what;
    this.draw();
  }

  pin(state) {
    this.pinned = this.pinned === state ? null : state;
    this.rest();
    this.draw();
  }

  // --- drawing -----------------------------------------------------------------------------------

  centre(step) {
    return ((step + 0.5) * this.dag.clientWidth) / 3;
  }

  /** The counts of the samples that are complete; goes on from the last where it can. */
  counts(done) {
    const { counted, trace } = this;
    if (done < counted.done) {
      counted.done = 0;
      counted.counts.fill(0);
    }
    for (; counted.done < done; counted.done++) counted.counts[trace.states[counted.done]]++;
    return counted.counts;
  }

  draw() {
    if (!this.meta || !this.root.isConnected || !this.dag.clientWidth) return;
    const { order } = this.meta;
    const t = this.player.step;
    const drawing = t > 0 && !this.hover && !this.drag ? { sample: Math.floor((t - 1) / 3), step: (t - 1) % 3 } : null;
    const entering = this.entering(drawing);
    const state = entering.length === 1 && !drawing ? entering[0] : null;
    this.drawDag(drawing, state);
    this.drawFormula(drawing, state);
    order.forEach((index, step) => {
      this.heads[step].textContent = `p(${variable(index)}${step ? " = 1 | " : " = 1"}${order.slice(0, step).map(variable).join(", ")})`;
      this.heads[step].classList.toggle("lit", this.hover?.node === index);
      this.rows[step].forEach((line, row) => this.drawRow(line, step, row, drawing, state, entering));
    });
    this.drawJoint(t, drawing, entering);
    this.read(drawing, state);
  }

  /** The states that what is pointed at takes part in. */
  entering(drawing) {
    const { hover } = this;
    if (hover?.state !== undefined) return [hover.state];
    const all = Array.from({ length: STATES }, (_, state) => state);
    if (hover?.row !== undefined) return all.filter((state) => rowOf(state, this.meta.order, hover.step) === hover.row);
    if (hover) return [];
    if (drawing) return drawing.step === 2 ? [this.trace.states[drawing.sample]] : [];
    return this.pinned === null ? [] : [this.pinned];
  }

  drawDag(drawing, state) {
    const { order, influence } = this.meta;
    const { colours } = this.theme;
    const middle = 58;
    const at = this.hover?.node === undefined ? -1 : order.indexOf(this.hover.node);
    const lines = [];
    for (let to = 1; to < 3; to++) {
      for (let from = 0; from < to; from++) {
        const effect = influence[to][from];
        const read = at === to;
        const fed = at === from;
        const tone = read ? colours.seen : fed ? colours.feeds : colours.quiet;
        const [x0, x1] = [this.centre(from), this.centre(to)];
        const idle = effect < 0.0005;
        const width = idle ? 1.5 : 1.2 + 3.3 * effect;
        const far = to - from > 1;
        const tip = far ? [x1 - 17, middle - 20] : [x1 - 26, middle];
        const body = far
          ? `M${x0 + 15} ${middle - 18}C${x0 + (x1 - x0) * 0.22} ${middle - 66} ${x1 - (x1 - x0) * 0.22} ${middle - 66} ${tip[0] - 5} ${tip[1] - 5}`
          : `M${x0 + 24} ${middle}H${tip[0] - 6}`;
        const turn = far ? (x1 - x0 < 400 ? 38 : 22) : 0;
        const dash = idle ? 'stroke-dasharray="1 5" stroke-linecap="round"' : fed ? 'stroke-dasharray="6 3"' : "";
        lines.push(
          `<path d="${body}" fill="none" stroke="${tone}" stroke-width="${width}" ${dash}/>` +
            `<path d="M0 0L-12 -6.5V6.5Z" transform="translate(${tip[0]} ${tip[1]}) rotate(${turn})" fill="${idle ? "none" : tone}" stroke="${tone}" stroke-width="${idle ? 1 : 0}"/>`,
        );
      }
    }
    this.svg.innerHTML = lines.join("");
    this.nodes.forEach((node, index) => {
      const step = order.indexOf(index);
      const held = this.drag?.node === index ? this.drag.by : 0;
      node.style.left = `${this.centre(step) + held}px`;
      node.setAttribute("aria-label", `${variable(index)}, drawn ${["first", "second", "third"][step]}`);
      node.classList.toggle("lit", at === step);
      node.classList.toggle("reads", at > step);
      node.classList.toggle("feeds", at >= 0 && at < step);
      const value = node.querySelector(".value");
      let text = state === null ? "" : String(bit(state, index));
      if (drawing) text = step <= drawing.step ? String(this.trace.values[3 * drawing.sample + step]) : "";
      value.textContent = text;
      value.classList.toggle("one", text === "1");
      value.classList.toggle("now", Boolean(drawing && drawing.step === step));
    });
  }

  drawFormula(drawing, state) {
    const { order } = this.meta;
    this.terms.forEach((term, step) => {
      const [name, number] = term.children;
      const given = order.slice(0, step).map(variable).join(", ");
      name.textContent = `p(${variable(order[step])}${given ? ` | ${given}` : ""})`;
      const hover = this.hover;
      const lit = hover ? hover.node === order[step] || hover.step === step || hover.state !== undefined : drawing ? drawing.step === step : state !== null;
      term.classList.toggle("lit", lit);
      number.textContent = state === null ? "\u00a0" : shown(this.passed(state, step));
    });
    this.root.querySelector("[data-num=joint]").textContent = state === null ? "\u00a0" : shown(this.joint[state]);
    for (const sign of this.root.querySelectorAll(".sign .num")) sign.style.visibility = state === null ? "hidden" : "";
  }

  /** The factor that a state takes from a table: p for a 1, 1 − p for a 0; null where undefined. */
  passed(state, step) {
    const p = this.factors[step][rowOf(state, this.meta.order, step)];
    if (p === null) return null;
    return bit(state, this.meta.order[step]) ? p : 1 - p;
  }

  drawRow(line, step, row, drawing, state, entering) {
    const { order } = this.meta;
    const p = this.factors[step][row];
    const bits = Array.from({ length: step }, (_, j) => (row >> (step - 1 - j)) & 1);
    const setting = bits.map((value, j) => `${variable(order[j])} = ${value}`);
    const given = bits.map((value, j) => `x<sub>${order[j] + 1}</sub>=${value}`).join(" ");
    line.firstElementChild.innerHTML = `<span class="full">${given}</span><span class="short">${bits.join("")}</span>`;
    line.classList.toggle("undefined", p === null);
    const bar = line.querySelector(".bar");
    bar.style.setProperty("--p", p ?? 0.5);
    const onPath = state !== null && rowOf(state, order, step) === row;
    const taken = onPath ? bit(state, order[step]) : -1;
    bar.dataset.taken = taken;
    line.lastElementChild.textContent = p === null ? "none" : shown(taken === 0 ? 1 - p : p);
    const now = Boolean(drawing && drawing.step === step && this.rowDrawn(drawing) === row);
    const own = this.hover?.step === step && this.hover.row === row;
    line.classList.toggle("now", now);
    line.classList.toggle("lit", onPath || own);
    line.classList.toggle("faint", Boolean(this.hover) && entering.length > 0 && !entering.some((one) => rowOf(one, order, step) === row));
    const tick = line.querySelector("s");
    tick.hidden = !now;
    if (now) bar.style.setProperty("--u", this.trace.u[3 * drawing.sample + step]);
    line.setAttribute("aria-label", `p(${variable(order[step])} = 1${setting.length ? ` given ${setting.join(", ")}` : ""})`);
    line.setAttribute("aria-valuenow", (p ?? 0.5).toFixed(3));
    line.setAttribute("aria-valuetext", p === null ? "undefined, the condition has probability 0" : p.toFixed(3));
    line.setAttribute("aria-disabled", p === null);
  }

  rowDrawn({ sample, step }) {
    let row = 0;
    for (let k = 0; k < step; k++) row = 2 * row + this.trace.values[3 * sample + k];
    return row;
  }

  drawJoint(t, drawing, entering) {
    const done = Math.floor(t / 3);
    const counts = this.counts(done);
    this.states.forEach((column, state) => {
      const p = this.joint[state];
      const lit = entering.includes(state);
      column.lastElementChild.textContent = shown(p);
      const bars = column.querySelector(".bars");
      bars.style.setProperty("--h", Math.min(1, p / this.top));
      bars.style.setProperty("--share", done ? Math.min(1, counts[state] / done / this.top) : 0);
      bars.querySelector("b").classList.toggle("none", done === 0 || counts[state] === 0);
      const now = Boolean(drawing && lit);
      column.classList.toggle("now", now);
      column.classList.toggle("lit", lit && !now);
      column.classList.toggle("pinned", this.pinned === state);
      column.classList.toggle("faint", Boolean(this.hover) && entering.length > 0 && !lit);
      column.setAttribute("aria-label", `p(${bitsOf(state).map((value, index) => `${variable(index)} = ${value}`).join(", ")})`);
      column.setAttribute("aria-valuenow", p.toFixed(3));
      column.setAttribute("aria-valuetext", `${p.toFixed(3)}${done ? `, ${(counts[state] / done).toFixed(3)} of ${done} samples` : ""}`);
    });
    this.root.dataset.n = done;
    this.root.dataset.distance = this.trace.distance[done];
  }

  read(drawing, state) {
    const { order } = this.meta;
    const done = Math.floor(this.player.step / 3);
    const total = done ? ` <b>${done}</b> sample${done > 1 ? "s" : ""}; total variation distance to the joint <b>${this.trace.distance[done].toFixed(3)}</b>.` : "";
    const { hover } = this;
    let text = "Drag a node to reorder, the edge of a bar to change a probability. Point at anything to see what belongs to it; click a state to keep it.";
    if (hover?.node !== undefined) {
      const step = order.indexOf(hover.node);
      const effects = order.slice(0, step).map((index, j) => `${variable(index)} by up to <b>${this.meta.influence[step][j].toFixed(3)}</b>`);
      const later = order.slice(step + 1).map(variable).join(" and ");
      text = `<b>${variable(hover.node)}</b> is drawn ${["first, from a number that depends on nothing", "second", "third"][step]}.${effects.length ? ` Its probability is moved by ${effects.join(", and by ")}.` : ""}${later ? ` It feeds ${later}.` : ""} ${2 ** step} number${step ? "s" : ""}.`;
    } else if (hover?.row !== undefined) {
      const p = this.factors[hover.step][hover.row];
      const sum = this.entering(null).reduce((all, one) => all + this.joint[one], 0);
      const condition = this.condition(hover.step, hover.row);
      const name = `p(${variable(order[hover.step])} = 1${condition ? ` | ${condition}` : ""})`;
      text =
        p === null
          ? `<b>${name}</b> is undefined: ${condition} has probability 0, so it is never asked. In the product it counts as ½ and meets a 0.`
          : `<b>${name} = ${p.toFixed(3)}</b>. ${condition ? `Used by the ${STATES >> hover.step} states with ${condition}, which have ${sum.toFixed(3)} of the probability.` : "Used by all eight states."} Drag its edge: all other conditionals stay.`;
    } else if (drawing) {
      const { sample, step } = drawing;
      const at = 3 * sample + step;
      const condition = this.condition(step, this.rowDrawn(drawing));
      const name = `p(${variable(order[step])} = 1${condition ? ` | ${condition}` : ""})`;
      const value = this.trace.values[at];
      text = `Sample ${sample + 1}: ${name} = ${this.trace.p[at].toFixed(3)}; u = ${this.trace.u[at].toFixed(3)} falls on the part of ${value}: <b>${variable(order[step])} = ${value}</b>.${total}`;
    } else if (state !== null) {
      const own = this.hover ? " Drag its bar: the others share the rest in proportion." : "";
      const factors = order.map((_, step) => this.passed(state, step));
      const product = factors.includes(null) ? "a condition on the way has probability 0" : `${factors.map(shown).join(" × ")} = ${shown(this.joint[state])}`;
      const share = done ? ` Its share of ${done} samples: ${(this.counts(done)[state] / done).toFixed(3)}.` : own;
      text = `State <b>${bitsOf(state).join("")}</b>: ${product}. One row of each table, the underlined part: p for a 1, 1 − p for a 0.${share}${this.hover || done ? "" : " Drag a node, or the edge of a bar."}`;
    } else if (done) text = total;
    if (this.reading.innerHTML !== text) this.reading.innerHTML = text;
  }

  condition(step, row) {
    const { order } = this.meta;
    return order.slice(0, step).map((index, j) => `${variable(index)} = ${(row >> (step - 1 - j)) & 1}`).join(", ");
  }

  destroy() {
    clearTimeout(this.committing);
    this.player.destroy();
    this.resize.disconnect();
  }
}

const chainViews = new WeakMap();

export default function chain({ parentElement, data, setTriggerValue }) {
  let view = chainViews.get(parentElement);
  if (!view) {
    view = new ChainView(parentElement);
    chainViews.set(parentElement, view);
  }
  view.update(unpack(data), { setTriggerValue });
  return () => {
    view.destroy();
    chainViews.delete(parentElement);
  };
}
