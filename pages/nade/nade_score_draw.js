// Draws a scored digit: two maps, and the bar of losses.

import { decimals } from "../ui/browser/numbers.js";
import { onRamp } from "../ui/browser/theme.js";
import { markLines } from "./nade_score_values.js";

const BAR = 16; // height of the bar
const LINE = 20; // height of a line of words

/**
 * @typedef {object} ScoreScene All that the picture shows at one moment.
 * @property {import("../ui/browser/theme.js").Theme} theme
 * @property {string[]} ramp
 * @property {import("./nade_score_values.js").Score} score
 * @property {string} view
 * @property {number} t pixels drawn, with view "passes"
 * @property {boolean} covered what is counted is not shown yet
 * @property {number} index the pixel pointed at, or -1
 * @property {number} size of the titles, CSS pixels
 * @property {import("../ui/browser/grid.js").PixelGrid} left
 * @property {import("../ui/browser/grid.js").PixelGrid} right
 */

/** @param {CanvasRenderingContext2D} context @param {ScoreScene} scene */
export function drawMaps(context, scene) {
  const { left, right, view, score } = scene;
  const ink = (/** @type {number} */ value) =>
    value ? scene.theme.colours.ink : scene.theme.colours.paper;
  const most = Math.max(...score.cost, 1e-9);
  /** @param {number} index */
  const probabilityOf = (index) => onRamp(scene.ramp, score.p[index]);
  if (view === "passes") {
    drawPasses(context, scene, ink, probabilityOf);
  } else {
    drawTitle(context, scene, left, "x: the digit");
    left.fill(context, (index) => ink(score.x[index]));
    const title =
      view === "p" ? "p(x = 1 | earlier)" : `−log p of its value, 0 to ${decimals(most, 1)} nats`;
    drawTitle(context, scene, right, title);
    right.fill(context, (index) =>
      view === "p" ? probabilityOf(index) : onRamp(scene.ramp, score.cost[index] / most),
    );
  }
  for (const grid of [left, right]) {
    grid.frame(context, scene.theme.colours.line);
    if (scene.index >= 0) grid.outline(context, scene.index, scene.theme.colours.target, 2.5);
  }
}

/**
 * Left a digit that is scored, right one that is drawn.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {ScoreScene} scene
 * @param {(value: number) => string} ink
 * @param {(index: number) => string} probabilityOf
 */
function drawPasses(context, scene, ink, probabilityOf) {
  const { left, right, score, t, covered, theme } = scene;
  const { order = new Int32Array(0), drawn = new Uint8Array(0) } = score;
  drawTitle(
    context,
    scene,
    left,
    covered ? "a digit to score" : "scored: p of every pixel at once",
  );
  left.fill(context, (index) => (covered ? ink(score.x[index]) : probabilityOf(index)));
  drawTitle(context, scene, right, covered ? "a digit to draw" : "drawn: one pixel after another");
  const level = new Map();
  if (!covered) for (let s = 0; s < t; s++) level.set(order[s], drawn[s]);
  right.fill(context, (index) => {
    const value = level.get(index);
    return value === undefined ? theme.colours.future : ink(value);
  });
  if (!covered && t > 0 && t < order.length)
    right.ring(context, order[t - 1], theme.colours["drawn-now"], theme.dark ? "#000" : "#1F2430");
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {ScoreScene} scene
 * @param {import("../ui/browser/grid.js").PixelGrid} grid
 * @param {string} words
 */
function drawTitle(context, { theme, size }, grid, words) {
  context.fillStyle = theme.colours.quiet;
  context.font = `${size}px ${theme.font}`;
  context.textAlign = "center";
  context.fillText(words, grid.x + grid.width / 2, grid.y - 8, grid.width);
}

/**
 * How tall the bar and the words of its marks are.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {import("./nade_score_values.js").Mark[]} marks
 * @param {number} width
 * @param {string} font
 * @param {number} size
 */
export function barLayout(context, marks, width, font, size) {
  context.font = `${size}px ${font}`;
  const lines = markLines(marks, width - 4, (words) => context.measureText(words).width);
  const rows = Math.max(...lines.map(({ line }) => line)) + 1;
  return { lines, height: LINE + BAR + 8 + rows * LINE * (size / 13) };
}

/**
 * The bar from 0 to coin tosses: the digit's own cost filled, the others as marks.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {import("../ui/browser/theme.js").Theme} theme
 * @param {ReturnType<typeof barLayout>["lines"]} lines
 * @param {number} width
 * @param {number} size of the words
 */
export function drawBar(context, theme, lines, width, size) {
  const span = width - 4;
  const own = lines.find(({ mark }) => mark.name === "this digit");
  context.font = `${size}px ${theme.font}`;
  context.textAlign = "left";
  context.fillStyle = theme.colours.quiet;
  context.fillText("cost of one digit, nats: less is better", 2, 14);
  context.fillStyle = theme.colours.future;
  context.fillRect(2, LINE, span, BAR);
  context.fillStyle = theme.colours.seen;
  context.fillRect(2, LINE, own?.x ?? 0, BAR);
  for (const { mark, x, line } of lines) {
    context.fillStyle = mark === own?.mark ? theme.colours.seen : theme.text;
    const down = line * LINE * (size / 13);
    context.fillRect(2 + Math.min(x, span - 2) - 1, LINE - 3, 2, BAR + 6 + down);
  }
  for (const { mark, words, left, line } of lines) {
    const y = LINE + BAR + (line + 1) * LINE * (size / 13);
    context.font = `${mark === own?.mark ? 600 : 400} ${size}px ${theme.font}`;
    context.fillStyle = theme.ground; // a line to a mark below stands behind the words
    context.fillRect(left, y - size, context.measureText(words).width + 4, size + 4);
    context.fillStyle = theme.text;
    context.fillText(words, 2 + left, y);
  }
}
