// What Python sends of a flow, and where it lies: stages, pairs of points, the two planes. No DOM.

/** @typedef {[number, number]} Pair first and second coordinate */
/** @typedef {"x" | "z"} Plane */
/** @typedef {{ plane: Plane, at: Pair }} Place a point of a plane */
/** @typedef {{ step?: number, play?: boolean, mode?: string, pin?: Place, nonce: number }} FlowsGoto */
/** @typedef {{ step: number, loss: number }} Moment of a training: steps learned, nats a point */

/**
 * @typedef {object} FlowsMeta
 * @property {"maf" | "iaf"} kind
 * @property {boolean} present
 * @property {FlowsGoto | null} goto what a step of the lesson asks for
 * @property {string[]} hidden "jacobian": the matrices under the planes
 * @property {number} steps learned so far
 * @property {boolean} live whether it learns now
 * @property {string | null} token of its training, where it learns in this browser
 * @property {number} shown data points drawn
 * @property {string} picture_id
 * @property {number} K transforms
 * @property {number} window both planes show [-window, window]^2
 * @property {number} cells of a density, on each side
 * @property {number} lines of the grid; the first half has z_1 constant
 * @property {number} along points on each line
 * @property {number[][]} orders for each transform, the one next to z first, its variables in order
 * @property {number} [loss] nats a point of the data; not while it learns
 * @property {Moment[]} frames the pictures kept of the training
 * @property {{ light: import("../ui/browser/theme.js").Colours, dark: import("../ui/browser/theme.js").Colours }} palette
 * @property {string[]} ramp
 */

/**
 * @typedef {object} FlowsArrays Stage 0 is z, stage K is x; those of a frame as one moment has them.
 * @property {Uint8Array} density (stages, cells^2), 255 * sqrt(density / most)
 * @property {Float32Array} most (stages), the highest density
 * @property {Float32Array} lines (stages, lines, along, 2)
 * @property {Float32Array} points (stages, shown, 2)
 * @property {Float32Array} [pairs] (stages, N, 2), as the four below not while it learns
 * @property {Float32Array} [jacobian] (K, N, 2, 2), the transform next to x first
 * @property {Float32Array} [total] (N, 2, 2)
 * @property {Float32Array} [log_p] (2, N), of z and of x
 * @property {Uint8Array} [frame_density] (frames, cells^2)
 * @property {Float32Array} [frame_most] (frames)
 * @property {Float32Array} [frame_lines] (frames, lines, along, 2), in x
 * @property {Float32Array} [frame_points] (frames, shown, 2), in z
 */

/**
 * What the picture shows now: a stage of the flow, between two while it glides, or a moment.
 *
 * @typedef {object} FlowsShown
 * @property {FlowsMeta} meta
 * @property {FlowsArrays} arrays
 * @property {number} stage 0..K
 * @property {number} frame of the training, or -1
 */

/** @typedef {{ width: number, height: number, side: number, x: Pair, z: Pair }} FlowsLayout */

/** @typedef {import("../../assets/engine/training/watched_flow.js").FlowLook} FlowLook */

const LEAST_SIDE = 108; // CSS pixels
const REACH = 0.6; // how far the nearest pair may be, in units of the plane

/**
 * Where the planes stand: side by side.
 *
 * @param {number} width of the place, CSS pixels
 * @param {number} tall of the window
 * @param {boolean} [matrices] whether room is left for the matrices below
 * @param {number} [less] height that a phone's pane does not have, CSS pixels
 * @returns {FlowsLayout}
 */
export function flowsLayout(width, tall, matrices = false, less = 0) {
  const gutter = width < 520 ? 22 : 30; // left of a plane, for its axis
  const gap = gutter + 10;
  const below = 370 + (matrices ? 90 : 0); // readout, player, legend, Train
  const tallest = Math.max(140, tall - below);
  const side = Math.floor(
    Math.max(LEAST_SIDE, Math.min((width - gutter - gap - 4) / 2, tallest) - less),
  );
  const [top, bottom] = [24, 22];
  return {
    width: Math.min(width, gutter + 2 * side + gap + 4),
    height: top + side + bottom,
    side,
    x: [gutter, top],
    z: [gutter + side + gap, top],
  };
}

/** @param {FlowsLayout} places @param {number} half the window @param {Place} place @returns {Pair} */
export function onScreen({ side, ...corners }, half, { plane, at }) {
  const [x, y] = corners[plane];
  const scale = side / (2 * half);
  return [x + (at[0] + half) * scale, y + (half - at[1]) * scale];
}

/**
 * The point of a plane that lies there, or null beside the planes.
 *
 * @param {FlowsLayout} places
 * @param {number} half the window
 * @param {Pair} at on the canvas
 * @returns {Place | null}
 */
export function placeUnder({ side, ...corners }, half, [px, py]) {
  for (const plane of /** @type {Plane[]} */ (["x", "z"])) {
    const [x, y] = corners[plane];
    if (px < x || py < y || px > x + side || py > y + side) continue;
    const scale = (2 * half) / side;
    return { plane, at: [(px - x) * scale - half, half - (py - y) * scale] };
  }
  return null;
}

/**
 * A value at a stage, or between two.
 *
 * @param {ArrayLike<number>} array (stages, size)
 * @param {number} size of a stage
 * @param {number} index in the stage
 * @param {number} stage
 */
export function betweenStages(array, size, index, stage) {
  const low = Math.floor(stage);
  const part = stage - low;
  const value = array[low * size + index];
  return part > 0 ? value + part * (array[(low + 1) * size + index] - value) : value;
}

/** Number of the pairs of partners; 0 while it learns. @param {FlowsShown} shown */
export const pairCount = ({ meta, arrays }) =>
  arrays.pairs ? arrays.pairs.length / 2 / (meta.K + 1) : 0;

/**
 * The pair whose end in that plane is the nearest, or -1.
 *
 * @param {FlowsShown} shown
 * @param {Place | null} place
 */
export function nearestPair(shown, place) {
  const { pairs } = shown.arrays;
  if (!place || !pairs || shown.frame >= 0) return -1;
  const count = pairCount(shown);
  const from = (place.plane === "z" ? 0 : Math.round(shown.stage)) * count * 2;
  let best = -1;
  let least = REACH ** 2;
  for (let k = 0; k < count; k++) {
    const across = pairs[from + 2 * k] - place.at[0];
    const up = pairs[from + 2 * k + 1] - place.at[1];
    const distance = across ** 2 + up ** 2;
    if (distance < least) [least, best] = [distance, k];
  }
  return best;
}

/** Where the pair `node` stands at a stage. @param {FlowsShown} shown @param {number} node @param {number} stage @returns {Pair} */
export function pairAt(shown, node, stage) {
  const pairs = shown.arrays.pairs ?? new Float32Array(0);
  const size = 2 * pairCount(shown);
  return [
    betweenStages(pairs, size, 2 * node, stage),
    betweenStages(pairs, size, 2 * node + 1, stage),
  ];
}

/** Where data point `k` stands in a plane. @param {FlowsShown} shown @param {Plane} plane @param {number} k @returns {Pair} */
export function dataAt({ meta, arrays, stage, frame }, plane, k) {
  const size = 2 * meta.shown;
  if (frame >= 0 && plane === "z" && arrays.frame_points) {
    const from = frame * size + 2 * k;
    return [arrays.frame_points[from], arrays.frame_points[from + 1]];
  }
  // While it learns, the points are those of the data alone.
  const last = meta.live ? 0 : meta.K;
  const at = plane === "z" ? 0 : frame >= 0 ? last : stage;
  return [
    betweenStages(arrays.points, size, 2 * k, at),
    betweenStages(arrays.points, size, 2 * k + 1, at),
  ];
}

/**
 * The latest that a training in this browser has looked at, where Python does not have it yet.
 *
 * @param {FlowsMeta} meta
 * @param {FlowsArrays} arrays
 * @param {object | undefined} given its last look
 * @returns {{ meta: FlowsMeta, arrays: FlowsArrays } | null} null where that is what is shown
 */
export function withLook(meta, arrays, given) {
  const look = /** @type {FlowLook | undefined} */ (given);
  const last = meta.frames[meta.frames.length - 1];
  if (!meta.live || !look || !last || look.step <= last.step) return null;
  return {
    meta: { ...meta, frames: [{ step: look.step, loss: NaN }] }, // its loss is not shown meanwhile
    arrays: {
      ...arrays,
      frame_density: look.density,
      frame_most: Float32Array.of(look.most),
      frame_lines: look.lines,
      frame_points: look.points,
    },
  };
}
