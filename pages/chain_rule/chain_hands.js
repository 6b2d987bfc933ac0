// The hands on the chain rule's picture: bars that are dragged or moved by keys, nodes that change
// places. What a drag means is decided by the view.

import { enlarged } from "../ui/browser/screen.js";
import { clampProbability } from "./chain_tables.js";

const CLICK = 3; // pixels that a press may wander and be a click still
const BURST = 350; // milliseconds; keys come in bursts: one run of the page for all of them

/** @type {Record<string, number>} Page Up and Page Down turn the steps of the lesson */
const BY = {
  ArrowUp: 0.01,
  ArrowRight: 0.01,
  ArrowDown: -0.01,
  ArrowLeft: -0.01,
};
/** @type {Record<string, number>} */
const ENDS = { Home: 0, End: 1 };

/**
 * @typedef {object} BarOptions
 * @property {"x" | "y"} axis along which it is dragged
 * @property {() => number | null} value null where it cannot be dragged
 * @property {() => number} span the probability that the whole length of the bar stands for
 * @property {() => void} begin before the first change of a drag or of a burst of keys
 * @property {(p: number) => void} attempt another probability, not yet decided
 * @property {() => void} commit the last one attempted is meant
 * @property {() => void} cancel nothing of it is meant
 * @property {() => void} click pressed without a drag, or Enter
 */

/** @param {number} p @param {number} steps of the scale from 0 to 1 */
const onScale = (p, steps) => Math.round(steps * clampProbability(p)) / steps;

/**
 * A probability that is dragged along an axis, or moved by the arrow keys.
 *
 * @param {HTMLElement} target
 * @param {BarOptions} options
 * @returns {{ flush: () => void, stop: () => void }} flush: decide now on what keys have changed;
 *   stop: forget it
 */
export function draggableBar(target, { axis, value, span, begin, attempt, commit, cancel, click }) {
  /** @type {{ at: number, from: number, dragged: boolean, may: boolean } | null} */
  let drag = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let committing;
  target.setAttribute("role", "slider");
  target.tabIndex = 0;
  target.setAttribute("aria-valuemin", "0");
  target.setAttribute("aria-valuemax", "1");
  if (axis === "y") target.setAttribute("aria-orientation", "vertical");

  /** @param {PointerEvent} event */
  const place = (event) => (axis === "x" ? -event.clientX : -event.clientY);
  const length = () => {
    const box = target.querySelector(axis === "x" ? ".bar" : ".bars")?.getBoundingClientRect();
    return (axis === "x" ? box?.width : box?.height) || 1;
  };
  const flush = () => {
    if (committing === undefined) return;
    clearTimeout(committing);
    committing = undefined;
    commit();
  };

  target.addEventListener("pointerdown", (event) => {
    const from = value();
    if (event.button !== 0 || from === null) return;
    flush();
    // A finger on a column scrolls the page, but on the end of its bar it drags.
    const grip = event.target instanceof Element && event.target.classList.contains("grip");
    const may = event.pointerType !== "touch" || axis === "x" || grip;
    drag = { at: place(event), from, dragged: false, may };
    target.setPointerCapture(event.pointerId);
  });
  target.addEventListener("pointermove", (event) => {
    if (!drag?.may) return;
    const gone = place(event) - drag.at;
    if (!drag.dragged && Math.abs(gone) <= CLICK) return;
    if (!drag.dragged) begin();
    drag.dragged = true;
    attempt(onScale(drag.from + (gone / length()) * span(), 1000));
  });
  target.addEventListener("pointerup", () => {
    const ended = drag;
    drag = null;
    if (ended?.dragged) commit();
    else if (ended) click();
  });
  target.addEventListener("pointercancel", () => {
    const dragged = drag?.dragged;
    drag = null;
    if (dragged) cancel();
  });
  target.addEventListener("keydown", (event) => {
    if (event.key === "Enter") click();
    const before = value();
    const wanted = ENDS[event.key] ?? (before ?? NaN) + BY[event.key];
    if (Number.isNaN(wanted) || before === null) return;
    event.preventDefault();
    if (committing === undefined) begin();
    attempt(onScale(wanted, 100));
    clearTimeout(committing);
    committing = setTimeout(flush, BURST);
  });
  target.addEventListener("blur", flush);
  return { flush, stop: () => clearTimeout(committing) };
}

/**
 * The step on whose third of the picture a node was dropped.
 *
 * @param {number} x in pixels
 * @param {number} width of the picture
 */
export const stepAt = (x, width) => Math.max(0, Math.min(2, Math.floor((3 * x) / width)));

/**
 * An order with one variable moved to another step.
 *
 * @param {number[]} order
 * @param {number} index
 * @param {number} step
 */
export function moved(order, index, step) {
  const others = order.filter((other) => other !== index);
  others.splice(Math.max(0, Math.min(2, step)), 0, index);
  return others;
}

/**
 * @typedef {object} NodeOptions
 * @property {(by: number) => void} held while it is dragged, so many pixels to the right
 * @property {(by: number) => void} dropped
 * @property {() => void} cancel
 * @property {(by: -1 | 1) => void} stepped by an arrow key
 */

/**
 * A node that is dragged sideways, or moved by the arrow keys.
 *
 * @param {HTMLElement} node
 * @param {NodeOptions} options
 */
export function draggableNode(node, { held, dropped, cancel, stepped }) {
  /** @type {number | null} */
  let from = null;
  node.addEventListener("pointerdown", (event) => {
    from = event.clientX;
    node.setPointerCapture(event.pointerId);
    node.classList.add("held");
  });
  node.addEventListener("pointermove", (event) => {
    if (from !== null) held((event.clientX - from) / enlarged());
  });
  /** @param {PointerEvent} event */
  const end = (event) => {
    const begun = from;
    from = null;
    node.classList.remove("held");
    if (begun !== null && event.type === "pointerup") dropped((event.clientX - begun) / enlarged());
    else cancel();
  };
  node.addEventListener("pointerup", end);
  node.addEventListener("pointercancel", end);
  node.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    event.preventDefault();
    stepped(event.key === "ArrowLeft" ? -1 : 1);
  });
}
