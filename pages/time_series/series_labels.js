// Where the numbers of arrows stand: on the ground of the picture, off every curve. No DOM.

/** @typedef {[number, number]} Point */

/**
 * @typedef {object} Label
 * @property {Point[]} curve points of the arrow that it names
 * @property {number} wide pixels
 * @property {number} high pixels
 */

const NEAR = 4; // pixels between the points of a curve
const ROUND = 12; // directions that are tried around a point
const TOUCH = 100; // for each point of a curve under a label; more than any distance on screen
const COVERS = 1e5; // for a label on a label
const TAKEN_FOR = 60; // where another arrow is nearer than its own

/** A line of points with no gap between them. @param {Point[]} points */
export function dense(points) {
  /** @type {Point[]} */
  const found = points.slice(0, 1);
  for (let k = 1; k < points.length; k++) {
    const [[a, b], [c, d]] = [points[k - 1], points[k]];
    const parts = Math.max(1, Math.ceil(Math.hypot(c - a, d - b) / NEAR));
    for (let n = 1; n <= parts; n++)
      found.push([a + ((c - a) * n) / parts, b + ((d - b) * n) / parts]);
  }
  return found;
}

/** A cubic Bézier curve as points. @param {Point} a @param {Point} b @param {Point} c @param {Point} d */
export function bezier(a, b, c, d) {
  const at = (/** @type {number} */ t, /** @type {number} */ n) =>
    (1 - t) ** 3 * a[n] + 3 * (1 - t) ** 2 * t * b[n] + 3 * (1 - t) * t * t * c[n] + t ** 3 * d[n];
  return dense(
    Array.from({ length: 33 }, (_, k) => /** @type {Point} */ ([at(k / 32, 0), at(k / 32, 1)])),
  );
}

/** @param {Point[]} curve @param {Point} from */
const distance = (curve, [x, y]) => Math.min(...curve.map(([a, b]) => Math.hypot(a - x, b - y)));

/**
 * The middle of each label, near its arrow.
 *
 * @param {Label[]} labels
 * @param {Point[]} others points of all other curves
 * @param {{ left: number, right: number, top: number, bottom: number }} room
 * @returns {Point[]}
 */
export function placeLabels(labels, others, room) {
  const obstacles = [...labels.flatMap(({ curve }) => curve), ...others];
  /** @type {{ at: Point, wide: number, high: number }[]} */
  const placed = [];
  for (const label of labels) {
    const { curve, wide, high } = label;
    let [least, best] = [Infinity, curve[0]];
    for (const at of candidates(label, room)) {
      const far = distance(curve, at);
      let cost = far;
      for (const each of placed)
        if (
          Math.abs(each.at[0] - at[0]) < (each.wide + wide) / 2 + 3 &&
          Math.abs(each.at[1] - at[1]) < (each.high + high) / 2
        )
          cost += COVERS;
      for (const [x, y] of obstacles) {
        if (cost >= least) break;
        if (Math.abs(x - at[0]) < wide / 2 + 2 && Math.abs(y - at[1]) < high / 2 + 1) cost += TOUCH;
      }
      if (cost >= least) continue;
      if (labels.some((other) => other !== label && distance(other.curve, at) < far))
        cost += TAKEN_FOR;
      if (cost < least) [least, best] = [cost, at];
    }
    placed.push({ at: best, wide, high });
  }
  return placed.map(({ at }) => at);
}

/** @param {Label} label @param {{ left: number, right: number, top: number, bottom: number }} room */
function* candidates({ curve, wide, high }, room) {
  const every = Math.max(1, Math.floor(curve.length / 14));
  for (let k = 0; k < curve.length; k += every)
    for (const away of [0.3, 1, 2, 3])
      for (let n = 0; n < ROUND; n++) {
        const angle = (2 * Math.PI * n) / ROUND;
        const [x, y] = curve[k];
        /** @type {Point} */
        const at = [
          Math.min(room.right - wide / 2, x + Math.cos(angle) * (wide / 2 + away * high)),
          y + Math.sin(angle) * (0.5 + away) * high,
        ];
        if (at[0] - wide / 2 < room.left) continue;
        if (at[1] - high / 2 < room.top || at[1] + high / 2 > room.bottom) continue;
        yield at;
      }
}
