// One variable stretched: x = exp(alpha) z + mu, its density, and where all of it lies. No DOM.

import { decimals } from "../ui/browser/numbers.js";

/** @typedef {{ alpha: number, mu: number }} Stretch log of the stretch, and shift */

/** The axes of z and x show [-REACH, REACH]. */
export const REACH = 6;
/** Half the width of the strip, in z. */
export const STRIP = 0.3;
const LOG_ROOT = 0.5 * Math.log(2 * Math.PI);

/** log N(z; 0, 1), nats. @param {number} z */
export const logNormal = (z) => -0.5 * z * z - LOG_ROOT;

/** Where z goes. @param {number} z @param {Stretch} by */
export const stretched = (z, { alpha, mu }) => Math.exp(alpha) * z + mu;

/** Where x comes from. @param {number} x @param {Stretch} by */
export const unstretched = (x, { alpha, mu }) => (x - mu) * Math.exp(-alpha);

/** log p(x) = log N(z) − α, nats. @param {number} x @param {Stretch} by */
export const logDensity = (x, by) => logNormal(unstretched(x, by)) - by.alpha;

/** The probability of the strip around z: an integral in steps, of either curve. @param {(at: number) => number} density @param {number} from @param {number} to */
export function areaUnder(density, from, to) {
  const steps = 200;
  const width = (to - from) / steps;
  let sum = 0;
  for (let k = 0; k < steps; k++) sum += density(from + (k + 0.5) * width);
  return sum * width;
}

/**
 * A point on the way from one stretch to another.
 *
 * @param {Stretch} from
 * @param {Stretch} to
 * @param {number} part 0..1
 * @returns {Stretch}
 */
export const between = (from, to, part) => ({
  alpha: from.alpha + part * (to.alpha - from.alpha),
  mu: from.mu + part * (to.mu - from.mu),
});

/**
 * What is read at x. Where the curve of x is covered, nothing that tells its height.
 *
 * @param {number} x
 * @param {Stretch} by
 * @param {boolean} covered
 * @returns {string[]} one or two lines
 */
export function stretchWords(x, by, covered) {
  const z = unstretched(x, by);
  const factor = decimals(Math.exp(by.alpha), 2);
  const map = `x = exp(α) · z + μ = ${factor} · ${bracketed(z)} ${withSign(by.mu, 2)} = ${decimals(x, 2)}`;
  if (covered) return [map];
  const sum = `${decimals(logNormal(z), 3)} ${withSign(-by.alpha, 3)}`;
  return [
    map,
    `log p(x) = log N(z) − α = ${sum} = ${decimals(logDensity(x, by), 3)} nats, ` +
      `p(x) = ${decimals(Math.exp(logDensity(x, by)), 3)}`,
  ];
}

/** A number as a term of a sum: + 1.00, − 0.69. @param {number} value @param {number} digits */
const withSign = (value, digits) => `${value < 0 ? "−" : "+"} ${decimals(Math.abs(value), digits)}`;

/** A number as a factor: in brackets where it is negative. @param {number} value */
const bracketed = (value) => (value < 0 ? `(${decimals(value, 2)})` : decimals(value, 2));

/** @typedef {{ width: number, height: number, left: number, scale: number, zBase: number, xBase: number, tall: number }} StretchLayout */

/**
 * Where both axes stand: z above, its curve upwards; x below, its curve downwards.
 *
 * @param {number} width of the place, CSS pixels
 * @param {number} tall of the window
 * @param {boolean} [covered] whether the lower curve is not shown: the upper one takes its room
 * @returns {StretchLayout}
 */
export function stretchLayout(width, tall, covered = false) {
  const narrow = width < 520;
  const height = Math.max(220, Math.min(narrow ? 0.36 * tall : tall - 310, 0.72 * width, 900));
  const left = 8;
  const top = 22;
  const gap = (covered ? 0.34 : 0.26) * height;
  const curve = covered ? 0.94 * (height - 2 * top - gap) : (height - 2 * top - gap) / 2;
  return {
    width,
    height,
    left,
    scale: (width - 2 * left) / (2 * REACH),
    zBase: top + curve,
    xBase: top + curve + gap,
    tall: curve,
  };
}

/** Pixels for a density of 1: the higher of the two peaks fits. @param {StretchLayout} layout @param {Stretch} by */
export const heightScale = (layout, by) =>
  layout.tall / (1.12 * Math.max(0.45, Math.exp(-by.alpha) / Math.sqrt(2 * Math.PI)));

/** @param {StretchLayout} layout @param {number} value */
export const acrossTo = ({ left, scale }, value) => left + (value + REACH) * scale;

/** The value of x under a place: of z above the middle, carried to x. @param {StretchLayout} layout @param {Stretch} by @param {[number, number]} at */
export function xUnder(layout, by, [px, py]) {
  const value = (px - layout.left) / layout.scale - REACH;
  const x = py < (layout.zBase + layout.xBase) / 2 ? stretched(value, by) : value;
  return Math.max(-REACH, Math.min(REACH, x));
}
