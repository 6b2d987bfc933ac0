// Elements of a component's own markup, found by selector.

import { enlarged } from "./screen.js";

/**
 * The first element at a selector.
 *
 * @template {Element} T
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => T} Type the class it must be of
 * @returns {T}
 * @throws {Error} there is none: markup and script do not fit together
 */
export function findElement(root, selector, Type) {
  const found = root.querySelector(selector);
  if (!(found instanceof Type)) throw new Error(`no ${Type.name} at ${selector}`);
  return found;
}

/** @type {Record<string, string>} */
const ESCAPED = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text that stands in HTML as it is, as a visitor's own words have to. @param {string} text */
export const escapeText = (text) => text.replace(/[&<>"]/g, (mark) => ESCAPED[mark]);

/** @type {WeakMap<Element, string>} what `putHtml` has put there last */
const putThere = new WeakMap();

/**
 * Put text into an element. What says it already is left alone: new text has the page laid out anew.
 *
 * @param {Element} element
 * @param {string} text
 */
export function putText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * The same with HTML.
 *
 * @param {Element} element whose content is put there by this function alone
 * @param {string} html
 */
export function putHtml(element, html) {
  if (putThere.get(element) === html) return;
  putThere.set(element, html);
  element.innerHTML = html;
}

/**
 * A drawing context of a canvas.
 *
 * @param {HTMLCanvasElement} canvas
 * @returns {CanvasRenderingContext2D}
 * @throws {Error} the browser gives none
 */
export function contextOf(canvas) {
  const context = canvas.getContext("2d");
  if (!context) throw new Error("this browser draws no canvas");
  return context;
}

/**
 * Where a pointer is, from an element's upper left corner, in the pixels that screen.js has.
 *
 * @param {Element} element
 * @param {{ clientX: number, clientY: number }} event
 * @returns {[number, number]}
 */
export function pointOn(element, event) {
  const box = element.getBoundingClientRect();
  const scale = enlarged();
  return [(event.clientX - box.left) / scale, (event.clientY - box.top) / scale];
}

/**
 * How far an arrow key moves a flat index; undefined for every other key.
 *
 * @param {string} key
 * @param {number} columns of the grid
 * @returns {number | undefined}
 */
export function arrowMove(key, columns) {
  if (key === "ArrowLeft") return -1;
  if (key === "ArrowRight") return 1;
  if (key === "ArrowUp") return -columns;
  return key === "ArrowDown" ? columns : undefined;
}
