// Draws all of the chain rule's picture from what there is at the moment.

import { termIsLit } from "./chain_data.js";
import { arrowsSvg, coverRow, drawNode, drawRow, drawState } from "./chain_draw.js";
import { bit, factorTaken, rowOf } from "./chain_tables.js";
import { entry, exactly, tableName, termNumber } from "./chain_words.js";
import { findElement } from "../ui/browser/dom.js";
import { enlarged, clientWidthOf } from "../ui/browser/screen.js";

/**
 * @typedef {object} Scene
 * @property {import("./chain_words.js").Tables} tables
 * @property {import("./chain_data.js").Pointed | null} hover
 * @property {import("./chain_words.js").Drawn | null} drawn the draw made last
 * @property {number | null} state whose path is shown
 * @property {number[]} entering states that what is pointed at, drawn or kept takes part in
 * @property {number | null} pinned
 * @property {{ node: number, by: number } | null} held
 * @property {Uint8Array} values of the samples
 * @property {Record<string, string>} colours
 * @property {number} top the probability at the upper edge of the joint's picture
 * @property {{ done: number, counts: ArrayLike<number> }} count
 */

/**
 * @typedef {object} Parts the elements that are drawn into
 * @property {HTMLElement} root
 * @property {HTMLElement} dag
 * @property {SVGSVGElement} svg
 * @property {HTMLElement[]} nodes
 * @property {HTMLElement[]} terms
 * @property {HTMLElement[]} heads
 * @property {HTMLElement[][]} rows
 * @property {HTMLElement[]} states
 */

/** @param {Parts} parts @param {Scene} scene */
export function drawScene(parts, scene) {
  drawDag(parts, scene);
  drawFormula(parts, scene);
  drawTables(parts, scene);
  drawJoint(parts, scene);
}

/** Where the node of a step stands. @param {HTMLElement} dag @param {number} step */
export const centreOf = (dag, step) => ((step + 0.5) * clientWidthOf(dag)) / 3;

/** @param {Parts} parts @param {Scene} scene */
function drawDag({ dag, svg, nodes }, { tables, hover, drawn, state, held, values, colours }) {
  const { order, influence, alone, covered } = tables;
  const at = hover && "node" in hover ? order.indexOf(hover.node) : -1;
  const arrows = alone ? "" : arrowsSvg(influence, clientWidthOf(dag), at, colours, covered);
  svg.innerHTML = `<g transform="scale(${enlarged()})">${arrows}</g>`;
  nodes.forEach((node, index) => {
    const step = order.indexOf(index);
    const by = held?.node === index ? held.by : 0;
    let value = state === null ? "" : String(bit(state, index));
    if (drawn) value = step <= drawn.step ? String(values[3 * drawn.sample + step]) : "";
    const x = centreOf(dag, step) + by;
    drawNode(node, index, { x, step, at, value, now: drawn?.step === step });
  });
}

/** @param {Parts} parts @param {Scene} scene */
function drawFormula({ root, terms }, { tables, hover, drawn, state }) {
  const { order, factors, joint, alone, covered } = tables;
  const shown = covered ? null : state;
  terms.forEach((term, step) => {
    const [name, number] = term.children;
    const bare = root.classList.contains("bare");
    name.textContent = bare ? "" : tableName(order, step, alone).replace(" = 1", "");
    term.classList.toggle("lit", termIsLit(order, step, { hover, drawn, state }));
    number.textContent = termNumber(tables, shown, step);
  });
  findElement(root, "[data-num=joint]", HTMLElement).textContent =
    shown === null ? "\u00a0" : entry(joint[shown]);
  const differs =
    alone &&
    (shown === null ||
      Math.abs(
        order.reduce((all, _, step) => all * (factorTaken(factors, order, shown, step) ?? 0), 1) -
          joint[shown],
      ) > 1e-9);
  for (const sign of findElement(root, "[data-equal]", HTMLElement).children)
    sign.textContent = differs ? "≠" : "=";
  root.classList.toggle("numberless", shown === null);
}

/** @param {Parts} parts @param {Scene} scene */
function drawTables({ heads, rows }, { tables, hover, drawn, state, entering }) {
  const { order, alone, covered } = tables;
  const pointed = hover !== null && entering.length > 0;
  rows.forEach((lines, step) => {
    heads[step].textContent = covered ? "" : tableName(order, step, alone);
    const named = hover !== null && "node" in hover && hover.node === order[step];
    heads[step].classList.toggle("lit", named);
    lines.forEach((line, row) => {
      if (covered) return coverRow(line);
      const own = hover !== null && "row" in hover && hover.step === step && hover.row === row;
      const faint = pointed && !entering.some((one) => rowOf(one, order, step) === row);
      drawRow(line, tables, { step, row }, { state, drawn, own, faint });
    });
  });
}

/** @param {Parts} parts @param {Scene} scene */
function drawJoint({ root, states }, { tables, hover, drawn, pinned, entering, top, count }) {
  const pointed = hover !== null && entering.length > 0;
  states.forEach((column, state) => {
    const lit = entering.includes(state);
    const look = {
      lit,
      now: drawn !== null && lit,
      pinned: pinned === state,
      faint: pointed && !lit,
    };
    const { done, counts } = count;
    drawState(column, state, { p: tables.joint[state], top, done, count: counts[state] }, look);
  });
  root.dataset.n = String(count.done);
  root.dataset.joint = tables.joint.map(exactly).join(" ");
}
