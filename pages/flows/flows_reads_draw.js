// Draws MAF beside IAF: the variables, what is there, and what the network reads.

import { KINDS, foundAfter, passesOf, readBy, startOf, variableAt } from "./flows_reads_values.js";

/**
 * @typedef {object} ReadsScene
 * @property {import("./flows_reads_values.js").ReadsLayout} layout
 * @property {number} D
 * @property {import("./flows_reads_values.js").Task} task
 * @property {number} pass
 * @property {boolean} covered whether passes are hidden
 * @property {{ panel: number, i: number } | null} pointed
 * @property {import("../ui/browser/theme.js").Theme} theme
 * @property {number} type size of the type, CSS pixels
 */

/** @param {CanvasRenderingContext2D} context @param {ReadsScene} scene */
export function drawReads(context, scene) {
  for (const panel of [0, 1]) {
    drawHead(context, scene, panel);
    for (let i = 0; i < scene.D; i++) drawColumn(context, scene, panel, i);
    for (let i = 0; i < scene.D; i++) drawArrows(context, scene, panel, i);
    for (let i = 0; i < scene.D; i++)
      for (const row of rows) drawVariable(context, scene, panel, row, i);
  }
}

/** @type {("z" | "x")[]} */
const rows = ["z", "x"];

/** @param {CanvasRenderingContext2D} context @param {ReadsScene} scene @param {number} panel */
function drawHead(context, { layout, D, task, pass, covered, theme, type }, panel) {
  const kind = KINDS[panel];
  const { left, width } = layout.panels[panel];
  const took = passesOf(kind, task, D);
  context.textAlign = "left";
  context.fillStyle = theme.text;
  context.font = `600 ${type + 2}px ${theme.font}`;
  context.fillText(kind.toUpperCase(), left + 4, type + 4);
  const after = context.measureText(kind.toUpperCase()).width;
  context.font = `${type}px ${theme.font}`;
  context.fillStyle = theme.colours.quiet;
  context.fillText(`reads ${readBy(kind)}`, left + after + 14, type + 4);
  if (covered) return;
  context.textAlign = "right";
  context.fillStyle = theme.text;
  const done = Math.min(pass, took);
  const few = width < 220;
  context.fillText(
    few ? `${done} / ${took}` : `passes: ${done} of ${took}`,
    left + width - 4,
    type + 4,
  );
}

/** Which variables of the task's unknown row this pass computes. @param {ReadsScene} scene @param {number} panel @param {number} i */
function isNow({ D, task, pass, covered }, panel, i) {
  if (covered || pass === 0) return false;
  const kind = KINDS[panel];
  return foundAfter(kind, task, D, pass) > i && foundAfter(kind, task, D, pass - 1) <= i;
}

/** The line from z to x, or back. @param {CanvasRenderingContext2D} context @param {ReadsScene} scene @param {number} panel @param {number} i */
function drawColumn(context, { layout, D, theme }, panel, i) {
  context.strokeStyle = theme.colours.quiet;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(...variableAt(layout, D, panel, "z", i));
  context.lineTo(...variableAt(layout, D, panel, "x", i));
  context.stroke();
}

/** What the network reads for variable i, drawn to the middle of its column. @param {CanvasRenderingContext2D} context @param {ReadsScene} scene @param {number} panel @param {number} i */
function drawArrows(context, scene, panel, i) {
  const { layout, D, pointed, theme, covered, pass } = scene;
  const row = readBy(KINDS[panel]);
  const top = variableAt(layout, D, panel, "z", i);
  const bottom = variableAt(layout, D, panel, "x", i);
  const middle = [top[0], (top[1] + bottom[1]) / 2];
  const now = isNow(scene, panel, i);
  const lit = pointed ? pointed.panel === panel && pointed.i === i : now;
  const quiet = pointed || (!covered && pass > 0) ? 0.16 : 0.55;
  context.strokeStyle = context.fillStyle = theme.colours.target;
  context.lineWidth = lit ? 2.5 : 1.2;
  for (let j = 0; j < i; j++) {
    const from = variableAt(layout, D, panel, row, j);
    context.globalAlpha = lit ? 1 : quiet;
    context.beginPath();
    context.moveTo(...from);
    context.quadraticCurveTo(
      (from[0] + middle[0]) / 2,
      from[1] + (row === "x" ? -1 : 1) * 0.1 * layout.rise,
      middle[0] - 5,
      middle[1] + (row === "x" ? 4 : -4),
    );
    context.stroke();
  }
  context.globalAlpha = lit || i === 0 ? 1 : Math.max(quiet, 0.5);
  context.fillStyle = i === 0 ? theme.colours.quiet : theme.colours.target;
  context.beginPath();
  context.arc(middle[0], middle[1], lit ? 6 : 4.5, 0, 7);
  context.fill();
  context.globalAlpha = 1;
}

/** @param {CanvasRenderingContext2D} context @param {ReadsScene} scene @param {number} panel @param {"z" | "x"} row @param {number} i */
function drawVariable(context, scene, panel, row, i) {
  const { layout, D, task, pass, covered, theme } = scene;
  const [x, y] = variableAt(layout, D, panel, row, i);
  const start = row === startOf(task);
  const found = covered ? 0 : foundAfter(KINDS[panel], task, D, pass);
  const there = start || i < found;
  const now = !start && isNow(scene, panel, i);
  context.beginPath();
  context.arc(x, y, layout.radius, 0, 7);
  context.fillStyle = theme.ground;
  context.fill();
  context.fillStyle = theme.colours.seen;
  if (there) context.fill();
  context.setLineDash(there ? [] : [4, 4]);
  context.strokeStyle = there ? theme.colours.seen : theme.colours.quiet;
  context.lineWidth = 1.5;
  context.stroke();
  context.setLineDash([]);
  if (now) {
    context.strokeStyle = theme.text;
    context.lineWidth = 6;
    context.stroke();
    context.strokeStyle = theme.colours["drawn-now"];
    context.lineWidth = 4;
    context.stroke();
  }
  context.fillStyle = there ? (theme.dark ? "#0b0e13" : "#ffffff") : theme.text;
  context.font = `600 ${Math.max(12, Math.min(22, 0.85 * layout.radius))}px ${theme.font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(`${row}${String.fromCharCode(0x2081 + i)}`, x, y + 1);
  context.textBaseline = "alphabetic";
}
