// The elements of the chain rule's picture, made once.

import { ALL_STATES, bitsOf } from "./chain_tables.js";

/**
 * @param {string} tag
 * @param {string} name
 * @param {Element} host
 * @param {string} [html]
 */
function element(tag, name, host, html = "") {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.innerHTML = html;
  host.append(made);
  return made;
}

/** A round button for each variable. @param {Element} host */
export const buildNodes = (host) =>
  [0, 1, 2].map((index) => {
    const html = `x<sub>${index + 1}</sub><span class="value"></span>`;
    const node = element("button", "node", host, html);
    node.setAttribute("type", "button");
    return node;
  });

/** A term of the product for each step. @param {Element} host */
export const buildTerms = (host) =>
  [0, 1, 2].map((step) => {
    if (step) element("span", "sign", host, '<span>·</span><span class="num">×</span>');
    return element("span", "term", host, '<span></span><span class="num"></span>');
  });

/** A table for each step: its head, and a row for each setting of the earlier variables. @param {Element} host */
export function buildTables(host) {
  const html =
    '<span class="given"></span><span class="bar"><i></i><em></em><s class="random-number" hidden></s></span><span class="p"></span>';
  const tables = [0, 1, 2].map((step) => {
    const factor = element("div", "factor", host);
    const head = element("h4", "", factor);
    const rows = Array.from({ length: 2 ** step }, (_, row) => {
      const line = element("div", "row", factor, html);
      line.dataset.step = String(step);
      line.dataset.row = String(row);
      return line;
    });
    return { head, rows };
  });
  return { heads: tables.map(({ head }) => head), rows: tables.map(({ rows }) => rows) };
}

/** A column for each state, and one that says which digit is which variable. @param {Element} host */
export function buildStates(host) {
  const axis =
    '<div class="bars"></div><div class="bits">x₁x₂x₃</div><div class="number">p(x)</div>';
  element("div", "axis", host, axis).setAttribute("aria-hidden", "true");
  return ALL_STATES.map((state) => {
    const bits = bitsOf(state).map((value) => `<span>${value}</span>`);
    const html = `<div class="bars"><i></i><b></b><u hidden></u><span class="grip"></span></div><div class="bits">${bits.join("")}</div><div class="number"></div>`;
    const column = element("div", "state", host, html);
    column.dataset.state = String(state);
    return column;
  });
}
