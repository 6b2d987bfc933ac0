// Draws the chain rule's arrows, tables and bars into elements that exist already.

import { condition, entry, exactly, placeName, tableName } from "./chain_words.js";
import { barHeight, bit, bitsOf, bitsOfRow, rowOf, variable } from "./chain_tables.js";
import { attribute, probability } from "../ui/browser/numbers.js";
import { cssLength } from "../ui/browser/screen.js";

/** @typedef {import("./chain_words.js").Tables} Tables */
/** @typedef {import("./chain_words.js").Drawn} Drawn */

const MIDDLE = 58; // of the nodes, in pixels from the top
const IDLE = 0.0005; // an arrow that changes less changes nothing

/**
 * The arrows between nodes as SVG.
 *
 * @param {number[][]} influence [to][from]
 * @param {number} width of the picture
 * @param {number} pointed the step whose node is pointed at, or -1
 * @param {Record<string, string>} colours
 * @param {boolean} [covered] all arrows alike: what they change is not told
 */
export function arrowsSvg(influence, width, pointed, colours, covered = false) {
  /** @param {number} step */
  const centre = (step) => ((step + 0.5) * width) / 3;
  const lines = [];
  for (let to = 1; to < 3; to++) {
    for (let from = 0; from < to; from++) {
      const effect = covered ? null : influence[to][from];
      const idle = effect !== null && effect < IDLE;
      const fed = pointed === from;
      const tone = pointed === to ? colours.seen : fed ? colours.feeds : colours.quiet;
      lines.push(arrowSvg(centre(from), centre(to), to - from > 1, { effect, idle, fed, tone }));
    }
  }
  return lines.join("");
}

/**
 * @param {number} x0
 * @param {number} x1
 * @param {boolean} far whether it passes over a node
 * @param {{ effect: number | null, idle: boolean, fed: boolean, tone: string }} look effect: null
 *   where it is covered
 */
function arrowSvg(x0, x1, far, { effect, idle, fed, tone }) {
  const width = idle ? 1.5 : 1.2 + 3.3 * (effect ?? 0.25);
  const tip = far ? [x1 - 17, MIDDLE - 20] : [x1 - 26, MIDDLE];
  const bend = (x1 - x0) * 0.22;
  const body = far
    ? `M${x0 + 15} ${MIDDLE - 18}C${x0 + bend} ${MIDDLE - 66} ${x1 - bend} ${MIDDLE - 66} ${tip[0] - 5} ${tip[1] - 5}`
    : `M${x0 + 24} ${MIDDLE}H${tip[0] - 6}`;
  const turn = far ? (x1 - x0 < 400 ? 38 : 22) : 0;
  const dash = idle
    ? 'stroke-dasharray="1 5" stroke-linecap="round"'
    : fed
      ? 'stroke-dasharray="6 3"'
      : "";
  return (
    `<path class="body" data-effect="${effect === null ? "" : attribute(effect, 3)}" d="${body}" fill="none" stroke="${tone}" stroke-width="${width}" ${dash}/>` +
    `<path d="M0 0L-12 -6.5V6.5Z" transform="translate(${tip[0]} ${tip[1]}) rotate(${turn})" fill="${idle ? "none" : tone}" stroke="${tone}" stroke-width="${idle ? 1 : 0}"/>`
  );
}

/**
 * One variable.
 *
 * @param {HTMLElement} node
 * @param {number} index
 * @param {{ x: number, step: number, at: number, value: string, now: boolean }} look at: the step
 *   that is pointed at, or -1
 */
export function drawNode(node, index, { x, step, at, value, now }) {
  node.style.left = cssLength(x);
  node.setAttribute("aria-label", `${variable(index)}, drawn ${placeName(step)}`);
  node.classList.toggle("lit", at === step);
  node.classList.toggle("reads", at > step);
  node.classList.toggle("feeds", at >= 0 && at < step);
  const badge = /** @type {HTMLElement} */ (node.lastElementChild);
  badge.textContent = value;
  badge.classList.toggle("one", value === "1");
  badge.classList.toggle("now", now);
}

/**
 * One row of a table. Its number is always the entry of the table: p(x = 1 | earlier).
 *
 * @param {HTMLElement} line
 * @param {Tables} tables
 * @param {{ step: number, row: number }} place
 * @param {{ state: number | null, drawn: Drawn | null, own: boolean, faint: boolean }} look
 */
export function drawRow(line, { order, factors }, { step, row }, { state, drawn, own, faint }) {
  const p = factors[step][row];
  const bits = bitsOfRow(step, row);
  const [given, bar, number] = /** @type {HTMLElement[]} */ ([...line.children]);
  const setting = bits.map((value, at) => `x<sub>${order[at] + 1}</sub>=${value}`).join(" ");
  const html = `<span class="full">${setting}</span><span class="short">${bits.join("")}</span>`;
  if (given.innerHTML !== html) given.innerHTML = html;
  const onPath = state !== null && rowOf(state, order, step) === row;
  bar.dataset.taken = String(onPath ? bit(state, order[step]) : -1);
  bar.style.setProperty("--p", String(p ?? 0.5));
  number.textContent = entry(p);
  const now = drawn !== null && drawn.step === step && drawn.row === row;
  line.classList.toggle("undefined", p === null);
  line.classList.toggle("now", now);
  line.classList.toggle("lit", onPath || own);
  line.classList.toggle("faint", faint);
  const tick = /** @type {HTMLElement} */ (bar.lastElementChild);
  tick.hidden = !now;
  if (now) bar.style.setProperty("--u", String(drawn.u));
  const words = condition(order, step, row);
  line.setAttribute("aria-label", `${tableName(order, step)}${words ? ` given ${words}` : ""}`);
  line.setAttribute("aria-valuenow", attribute(p ?? 0.5, 3));
  line.setAttribute(
    "aria-valuetext",
    p === null ? "undefined, the condition has probability 0" : exactly(p),
  );
  line.setAttribute("aria-disabled", String(p === null));
}

/** Nothing of a row is told. @param {HTMLElement} line */
export function coverRow(line) {
  const [given, bar, number] = /** @type {HTMLElement[]} */ ([...line.children]);
  given.textContent = number.textContent = "";
  bar.style.setProperty("--p", "0");
  for (const name of ["aria-label", "aria-valuetext", "aria-valuenow"]) line.removeAttribute(name);
}

/**
 * One state of the joint: its bar, the share of the samples, and what reaches beyond the picture.
 *
 * @param {HTMLElement} column
 * @param {number} state
 * @param {{ p: number, top: number, done: number, count: number }} height
 * @param {{ lit: boolean, now: boolean, pinned: boolean, faint: boolean }} look
 */
export function drawState(column, state, { p, top, done, count }, look) {
  const share = done ? count / done : 0;
  const bars = /** @type {HTMLElement} */ (column.firstElementChild);
  const [, sampled, over] = /** @type {HTMLElement[]} */ ([...bars.children]);
  const joint = barHeight(p, top);
  const drawn = barHeight(share, top);
  bars.style.setProperty("--h", String(joint.share));
  bars.style.setProperty("--share", String(drawn.share));
  sampled.classList.toggle("none", share === 0);
  over.hidden = !joint.over && !drawn.over;
  over.textContent = `▲ ${probability(Math.max(p, share), 2)}`;
  /** @type {HTMLElement} */ (column.lastElementChild).textContent = exactly(p);
  column.classList.toggle("now", look.now);
  column.classList.toggle("lit", look.lit && !look.now);
  column.classList.toggle("pinned", look.pinned);
  column.classList.toggle("faint", look.faint);
  const setting = bitsOf(state).map((value, index) => `${variable(index)} = ${value}`);
  column.setAttribute("aria-label", `p(${setting.join(", ")})`);
  column.setAttribute("aria-valuenow", attribute(p, 3));
  column.setAttribute(
    "aria-valuetext",
    `${exactly(p)}${done ? `, ${exactly(share)} of ${done} samples` : ""}`,
  );
}
