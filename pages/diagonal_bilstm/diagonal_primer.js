// A bidirectional RNN as a drawing: inputs, states of both directions, outputs, and what each reads.

import { findElement } from "../ui/browser/dom.js";
import { WAYS } from "./diagonal_reads.js";
import { cssLength } from "../ui/browser/screen.js";

/** @typedef {import("./diagonal_reads.js").Way} Way */
/** @typedef {"x" | "f" | "b" | "y"} NodeKind input, forward state, backward state, output */
/** @typedef {{ kind: NodeKind, i: number, time: number, x: number, y: number }} PrimerNode */
/** @typedef {{ from: string, to: string, way: Way }} PrimerEdge */

const OUTPUTS_AT_ONCE = 1; // steps that the outputs take, after all states
const PRIMER = { width: 490, height: 290, left: 150, apart: 140, radius: 21 };
/** @type {Record<NodeKind, number>} heights */
const PRIMER_HEIGHTS = { y: 30, b: 110, f: 185, x: 258 };
/** @type {Record<NodeKind, string>} */
const PRIMER_ROWS = { y: "outputs", b: "backward", f: "forward", x: "inputs" };
const KINDS = /** @type {NodeKind[]} */ (Object.keys(PRIMER_HEIGHTS));

/** A number as a subscript. @param {number | string} number */
export const subscript = (number) =>
  [...String(number)].map((digit) => "₀₁₂₃₄₅₆₇₈₉"[Number(digit)]).join("");

/** @param {number} inputs */
export const primerSteps = (inputs) => inputs + OUTPUTS_AT_ONCE;

/**
 * Nodes and arrows: x -> f, b -> y, along f and against b.
 *
 * @param {number} n inputs
 */
export function primerGraph(n) {
  /** @type {Map<string, PrimerNode>} */
  const nodes = new Map();
  /** @type {PrimerEdge[]} */
  const edges = [];
  /** @param {string} from @param {string} to @param {Way} way */
  const edge = (from, to, way) => edges.push({ from, to, way });
  for (let i = 0; i < n; i++) {
    const at = { x: 0, f: i + 1, b: n - i, y: primerSteps(n) };
    for (const kind of KINDS) {
      const [x, y] = [PRIMER.left + i * PRIMER.apart, PRIMER_HEIGHTS[kind]];
      nodes.set(`${kind}${i}`, { kind, i, time: at[kind], x, y });
    }
    edge(`x${i}`, `f${i}`, "direct");
    edge(`x${i}`, `b${i}`, "mirrored");
    edge(`f${i}`, `y${i}`, "direct");
    edge(`b${i}`, `y${i}`, "mirrored");
    if (i) {
      edge(`f${i - 1}`, `f${i}`, "direct");
      edge(`b${i}`, `b${i - 1}`, "mirrored");
    }
  }
  return { nodes, edges };
}

/** What a bidirectional RNN's states and outputs read. */
export class PrimerReads {
  /** @param {Pick<import("./diagonal_reads.js").DiagonalTables, "primer direct" | "primer mirrored">} tables */
  constructor(tables) {
    this.tables = { direct: tables["primer direct"], mirrored: tables["primer mirrored"] };
    this.inputs = Math.sqrt(this.tables.direct.length);
  }

  /**
   * Which inputs a node reads, in either direction.
   *
   * @param {PrimerNode} node
   * @returns {Record<Way, number[]>}
   */
  of({ kind, i }) {
    /** @param {Way} way @param {boolean} has */
    const row = (way, has) =>
      Array.from({ length: has ? this.inputs : 0 }, (_, j) => j).filter(
        (j) => this.tables[way][i * this.inputs + j],
      );
    return {
      direct: row("direct", kind === "f" || kind === "y"),
      mirrored: row("mirrored", kind === "b" || kind === "y"),
    };
  }
}

/**
 * The arrows over which a node gets what it reads.
 *
 * @param {PrimerEdge[]} edges
 * @param {string} node
 */
export function arrowsInto(edges, node) {
  /** @type {Set<PrimerEdge>} */
  const found = new Set();
  /** @param {string} name */
  const follow = (name) => {
    for (const edge of edges) {
      if (edge.to !== name || found.has(edge)) continue;
      found.add(edge);
      follow(edge.from);
    }
  };
  follow(node);
  return found;
}

/** @param {PrimerNode} a @param {PrimerNode} b @param {string} to */
function edgePath(a, b, to) {
  const { radius } = PRIMER;
  // What passes by a state's row goes around it: x to b on the right of f, f to y on the left of b.
  const bend = a.x === b.x && Math.abs(a.y - b.y) > 80 ? (to[0] === "b" ? 42 : -42) : 0;
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  const [dx, dy] = [b.x - a.x, b.y - a.y].map((part) => (part / length) * (radius + 3));
  const side = bend ? Math.sign(bend) * radius * 0.7 : 0;
  const [x0, y0, x1, y1] = bend
    ? [a.x + side, a.y - radius * 0.75, b.x + side, b.y + radius * 0.8]
    : [a.x + dx, a.y + dy, b.x - dx, b.y - dy];
  return `M${x0} ${y0}Q${(x0 + x1) / 2 + bend} ${(y0 + y1) / 2} ${x1} ${y1}`;
}

/** @param {string} name @param {PrimerNode} node */
function nodeMarkup(name, { kind, i, x, y }) {
  const { radius } = PRIMER;
  const [left, top, side] = [x - radius, y - radius, 2 * radius];
  const body =
    kind === "x"
      ? `<rect class="body" x="${left}" y="${top}" width="${side}" height="${side}" rx="4"/><path class="half" d="M${left + 2} ${top + 2}h${side - 4}v${side - 4}z"/>`
      : `<circle class="body" cx="${x}" cy="${y}" r="${radius}"/>`;
  return `<g class="node" data-node="${name}" tabindex="0" role="button" aria-label="${kind}${i}">${body}<text x="${x}" y="${y + 6}">${kind}${subscript(i)}</text></g>`;
}

/** The drawing itself; it says which node is pointed at and which one is chosen. */
export class Primer {
  /**
   * @param {SVGSVGElement} svg
   * @param {{ point: (name: string | null) => void, choose: (name: string) => void }} handlers
   */
  constructor(svg, { point, choose }) {
    this.svg = svg;
    this.point = point;
    this.choose = choose;
    this.inputs = 0;
    this.graph = primerGraph(0);
    svg.setAttribute("viewBox", `0 0 ${PRIMER.width} ${PRIMER.height}`);
    svg.addEventListener("pointerleave", () => point(null));
  }

  /** Draw the nodes and arrows of so many inputs, if they are not there yet. @param {number} inputs */
  lay(inputs) {
    if (inputs === this.inputs) return;
    this.inputs = inputs;
    this.graph = primerGraph(inputs);
    const { nodes, edges } = this.graph;
    const markers = ["plain", ...WAYS].map(
      (way) =>
        `<marker id="diagonal-${way}" class="${way}" viewBox="0 0 10 10" refX="8" refY="5" markerUnits="userSpaceOnUse" markerWidth="12" markerHeight="12" orient="auto"><path d="M0 0L10 5L0 10z"/></marker>`,
    );
    const rows = KINDS.map(
      (kind) =>
        `<text class="row" x="0" y="${PRIMER_HEIGHTS[kind] + 5}">${PRIMER_ROWS[kind]}</text>`,
    );
    const arrows = edges.map(({ from, to }) => {
      const [a, b] = [this.node(from), this.node(to)];
      return `<path class="edge" data-edge="${from} ${to}" d="${edgePath(a, b, to)}"/>`;
    });
    const circles = [...nodes].map(([name, node]) => nodeMarkup(name, node));
    this.svg.innerHTML = [...markers, ...rows, ...arrows, ...circles].join("");
    for (const [name] of nodes) {
      const element = findElement(this.svg, `[data-node="${name}"]`, SVGGElement);
      element.addEventListener("pointerenter", () => this.point(name));
      element.addEventListener("focus", () => this.choose(name));
      element.addEventListener("click", () => this.choose(name));
    }
  }

  /** @param {string} name @returns {PrimerNode} */
  node(name) {
    const found = this.graph.nodes.get(name);
    if (!found) throw new Error(`no node ${name}`);
    return found;
  }

  /**
   * Light what a node reads, as far as it is computed.
   *
   * @param {number} time the last step that is done
   * @param {string} chosen the node
   * @param {PrimerReads} reads
   * @param {import("../ui/browser/theme.js").Colours} colours
   */
  draw(time, chosen, reads, colours) {
    const computed = this.node(chosen).time <= time;
    const read = computed ? reads.of(this.node(chosen)) : { direct: [], mirrored: [] };
    const lit = computed ? arrowsInto(this.graph.edges, chosen) : new Set();
    for (const edge of this.graph.edges) {
      const { from, to, way } = edge;
      const path = findElement(this.svg, `[data-edge="${from} ${to}"]`, SVGPathElement);
      path.classList.toggle(way, lit.has(edge));
      path.classList.toggle("waiting", this.node(to).time > time);
      path.setAttribute("marker-end", `url(#diagonal-${lit.has(edge) ? way : "plain"})`);
    }
    for (const [name, { kind, i, time: at }] of this.graph.nodes) {
      const element = findElement(this.svg, `[data-node="${name}"]`, SVGGElement);
      element.classList.toggle("chosen", name === chosen);
      element.classList.toggle("waiting", at > time);
      element.classList.toggle("now", at === time && kind !== "x");
      if (kind === "x")
        fillInput(element, read.direct.includes(i), read.mirrored.includes(i), colours);
    }
  }

  /** @param {number} width @param {number} height the most there is, in CSS pixels */
  fit(width, height) {
    const wide = Math.min(width, (height * PRIMER.width) / PRIMER.height);
    this.svg.style.width = cssLength(wide);
    this.svg.style.height = cssLength((wide * PRIMER.height) / PRIMER.width);
  }
}

/**
 * @param {SVGGElement} element of an input
 * @param {boolean} direct whether it is read forward
 * @param {boolean} mirrored whether it is read backward
 * @param {import("../ui/browser/theme.js").Colours} colours
 */
function fillInput(element, direct, mirrored, colours) {
  element.classList.toggle("read", direct || mirrored);
  element.dataset.read = [direct && "direct", mirrored && "mirrored"].filter(Boolean).join(" ");
  const second = colours["seen-second"];
  findElement(element, ".body", SVGElement).style.fill = direct
    ? colours.seen
    : mirrored
      ? second
      : "";
  findElement(element, ".half", SVGElement).style.fill = direct && mirrored ? second : "none";
}
