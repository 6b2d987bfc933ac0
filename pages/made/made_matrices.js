// Draws MADE's matrices: the masks, the path counts and the gradient, and finds a cell under the pointer.

import { isCut, weightState } from "./made_build.js";
import { isWrongWeight, lastLayer } from "./made_net.js";
import { beyondRounding } from "../ui/browser/measured.js";

const GAP = 26; // between two matrices
const TITLE = 20; // height of a title
const TYPE = { page: 13, narrow: 12 }; // size of a title, CSS pixels
const LETTER = 0.55; // its width, of its size
const NARROW = 560;
const POWERS = "¹²³⁴";

/** @typedef {import("./made_net.js").MadeNet} MadeNet */
/** @typedef {import("./made_graph.js").MadeScene} MadeScene */

/**
 * @typedef {object} MadeMatrix One matrix, and where it stands.
 * @property {"mask" | "paths" | "gradient"} kind
 * @property {number} layer of a mask; else 0
 * @property {string} title
 * @property {number} rows
 * @property {number} columns
 * @property {number} cell side of a cell, CSS pixels
 * @property {number} x
 * @property {number} y
 */

/** @param {MadeNet} net @param {boolean} narrow @returns {Pick<MadeMatrix, "kind" | "layer" | "title" | "rows" | "columns">[]} */
function matricesOf({ sizes, masks, direct }, narrow) {
  const D = sizes[0];
  const product = masks.map((_, at) => `M${POWERS[at]}`).reverse();
  return [
    ...masks.map((_, at) => ({
      kind: /** @type {"mask"} */ ("mask"),
      layer: at + 1,
      title: narrow ? `M${POWERS[at]}` : `M${POWERS[at]}  ${sizes[at + 1]}×${sizes[at]}`,
      rows: sizes[at + 1],
      columns: sizes[at],
    })),
    {
      kind: "paths",
      layer: 0,
      title: narrow ? "paths" : `paths = ${product.join("")}${direct.length ? " + direct" : ""}`,
      rows: D,
      columns: D,
    },
    {
      kind: "gradient",
      layer: 0,
      title: narrow ? "|gradient|" : "|∂ logit / ∂ x|",
      rows: D,
      columns: D,
    },
  ];
}

/**
 * The matrices in lines as wide as the page.
 *
 * @param {MadeNet} net
 * @param {number} width CSS pixels
 * @returns {{ matrices: MadeMatrix[], height: number }}
 */
export function matrixLayout(net, width) {
  const narrow = width < NARROW;
  const type = narrow ? TYPE.narrow : TYPE.page;
  /** @type {MadeMatrix[]} */
  const matrices = [];
  let [x, top, tallest] = [2, 0, 0];
  for (const each of matricesOf(net, narrow)) {
    const square = each.kind !== "mask";
    const side = narrow ? (square ? 78 : 40) : square ? 104 : 92;
    const wish = Math.max(
      square ? 9 : 2,
      Math.min(22, side / Math.max(each.rows, each.columns, 4)),
    );
    const cell = Math.min(wish, (width - 8) / each.columns);
    const taken = Math.max(each.columns * cell, each.title.length * LETTER * type);
    if (x > 2 && x + taken > width) {
      top += tallest + TITLE + 8;
      [x, tallest] = [2, 0];
    }
    matrices.push({ ...each, cell, x, y: top + TITLE });
    x += taken + (narrow ? 10 : GAP);
    tallest = Math.max(tallest, each.rows * cell);
  }
  return { matrices, height: top + tallest + TITLE + 4 };
}

/**
 * The cell at a point, or null.
 *
 * @param {MadeMatrix[]} matrices
 * @param {number} x
 * @param {number} y
 * @returns {{ matrix: MadeMatrix, row: number, column: number } | null}
 */
export function cellAt(matrices, x, y) {
  for (const matrix of matrices) {
    const column = Math.floor((x - matrix.x) / matrix.cell);
    const row = Math.floor((y - matrix.y) / matrix.cell);
    if (row >= 0 && column >= 0 && row < matrix.rows && column < matrix.columns)
      return { matrix, row, column };
  }
  return null;
}

/**
 * How strongly a cell is filled, 0 to 1, and whether it must not be.
 *
 * @param {Pick<MadeScene, "net" | "step" | "hidden">} scene
 * @param {MadeMatrix} matrix
 * @param {number} row
 * @param {number} column
 * @returns {{ strength: number, illegal: boolean }}
 */
export function cellOf({ net, step, hidden }, { kind, layer, columns }, row, column) {
  const at = row * columns + column;
  const marked = !hidden.has("illegal");
  if (kind === "mask") {
    const state = weightState(net, step, layer, at);
    const illegal = marked && state === "kept" && isWrongWeight(net, layer, row, column);
    return { strength: { open: 0.2, kept: 0.6, cut: 0 }[state], illegal };
  }
  if (!counted({ net, step, hidden })) return { strength: 0, illegal: false };
  const values = kind === "paths" ? net.counts : net.gradient;
  const largest = largestOf(values);
  const some = kind === "paths" ? values[at] > 0 : beyondRounding(values[at]);
  const strength = some ? 0.15 + 0.85 * (values[at] / largest) : 0;
  return { strength, illegal: marked && Boolean(net.illegal[at]) && strength > 0 };
}

/** @type {WeakMap<Int32Array | Float32Array, number>} what `largestOf` has found */
const knownLargest = new WeakMap();

/** The largest of all, at least a little above 0; found once. @param {Int32Array | Float32Array} values */
function largestOf(values) {
  const largest = knownLargest.get(values) ?? Math.max(1e-12, ...values);
  knownLargest.set(values, largest);
  return largest;
}

/** Whether paths and gradients are there to be seen. @param {Pick<MadeScene, "net" | "step" | "hidden">} scene */
export const counted = ({ net, step, hidden }) => isCut(net, step) && !hidden.has("reach");

/**
 * @param {CanvasRenderingContext2D} context
 * @param {MadeScene} scene
 * @param {MadeMatrix[]} matrices
 */
export function drawMatrices(context, scene, matrices) {
  const { net, step, theme, hidden, layers } = scene;
  const from = [net, step, theme, [...hidden].join()];
  layers.cells.put(context, from, (layer) => {
    const still = { ...scene, reach: null };
    for (const matrix of matrices) {
      layer.font = `${scene.frame.narrow ? TYPE.narrow : TYPE.page}px ${theme.font}`;
      layer.textAlign = "left";
      layer.fillStyle = theme.colours.quiet;
      layer.fillText(matrix.title, matrix.x, matrix.y - 7);
      eachCell(matrix, (row, column) => drawCell(layer, still, matrix, row, column));
    }
  });
  for (const matrix of matrices) {
    eachCell(matrix, (row, column) => {
      if (onPath(scene, matrix, row, column)) drawCell(context, scene, matrix, row, column);
    });
    drawOutline(context, scene, matrix);
  }
}

/** @param {MadeMatrix} matrix @param {(row: number, column: number) => void} visit */
function eachCell({ rows, columns }, visit) {
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) visit(row, column);
}

/** @param {CanvasRenderingContext2D} context @param {MadeScene} scene @param {MadeMatrix} matrix @param {number} row @param {number} column */
function drawCell(context, scene, matrix, row, column) {
  const { net, theme } = scene;
  const { colours, text, ground, font } = theme;
  const { kind, cell } = matrix;
  const [x, y] = [matrix.x + column * cell, matrix.y + row * cell];
  const side = cell - (cell > 6 ? 1.5 : 0.5);
  const { strength, illegal } = cellOf(scene, matrix, row, column);
  context.fillStyle = colours.future;
  context.fillRect(x, y, side, side);
  if (strength) {
    const plain = { mask: colours.quiet, paths: colours.seen, gradient: text }[kind];
    context.globalAlpha = illegal ? Math.max(0.7, strength) : strength;
    context.fillStyle = illegal
      ? colours.illegal
      : onPath(scene, matrix, row, column)
        ? colours.seen
        : plain;
    context.fillRect(x, y, side, side);
    context.globalAlpha = 1;
  }
  const count = net.counts[row * matrix.columns + column];
  if (kind === "paths" && cell >= 15 && count < (cell < 24 ? 100 : 1000) && counted(scene)) {
    const least = cell < 17 ? 12 : 13; // two digits of it are as wide as the cell
    context.font = `${Math.max(least, Math.min(20, cell * 0.55))}px ${font}`;
    context.textAlign = "center";
    context.fillStyle = illegal || strength > 0.55 ? ground : strength ? text : colours.quiet;
    context.fillText(String(count), x + side / 2, y + cell * 0.68);
  } else if (illegal) {
    context.strokeStyle = ground; // a slash: not by colour alone
    context.lineWidth = Math.max(1, cell * 0.12);
    context.beginPath();
    context.moveTo(x + 1, y + side - 1);
    context.lineTo(x + side - 1, y + 1);
    context.stroke();
  }
}

/** Whether a weight lies on a path through the node pointed at. @param {MadeScene} scene @param {MadeMatrix} matrix @param {number} row @param {number} column */
function onPath({ reach }, { kind, layer }, row, column) {
  if (!reach || kind !== "mask") return false;
  return Boolean(layer <= reach.at ? reach.reads[layer][row] : reach.feeds[layer - 1][column]);
}

/** The node pointed at as the row or column it is, or the weights under test. @param {CanvasRenderingContext2D} context @param {MadeScene} scene @param {MadeMatrix} matrix */
function drawOutline(
  context,
  { net, reach, theme, step },
  { kind, layer, x, y, rows, columns, cell },
) {
  context.strokeStyle = theme.colours.target;
  context.lineWidth = 2;
  if (kind === "mask")
    for (const tested of step.now)
      if (tested.layer === layer)
        context.strokeRect(x + tested.low * cell - 1, y + tested.up * cell - 1, cell, cell);
  if (!reach) return;
  const square = kind !== "mask";
  context.strokeStyle = theme.colours.target;
  context.lineWidth = 1.5;
  if (square ? reach.at === lastLayer(net) : layer === reach.at)
    context.strokeRect(x - 1.5, y + reach.unit * cell - 1.5, columns * cell + 1.5, cell + 1.5);
  if (square ? reach.at === 0 : layer === reach.at + 1)
    context.strokeRect(x + reach.unit * cell - 1.5, y - 1.5, cell + 1.5, rows * cell + 1.5);
}
