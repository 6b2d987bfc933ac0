// Which variables are there after how many passes of the network, for MAF and IAF. No DOM.

/** @typedef {"maf" | "iaf"} Kind */
/** @typedef {"sample" | "density"} Task */

/** @type {Kind[]} */
export const KINDS = ["maf", "iaf"];

/** What a kind reads. @param {Kind} kind */
export const readBy = (kind) => (kind === "maf" ? "x" : "z");

/** What a task starts from. @param {Task} task */
export const startOf = (task) => (task === "sample" ? "z" : "x");

/** Whether all that the network reads is there from the start. @param {Kind} kind @param {Task} task */
export const isFast = (kind, task) => readBy(kind) === startOf(task);

/**
 * Passes of the network that a task takes. Where z is found one by one, the determinant at the point
 * that was found takes one more.
 *
 * @param {Kind} kind
 * @param {Task} task
 * @param {number} D
 */
export function passesOf(kind, task, D) {
  if (isFast(kind, task)) return 1;
  return task === "density" ? D + 1 : D;
}

/** Variables found after so many passes. @param {Kind} kind @param {Task} task @param {number} D @param {number} passes */
export const foundAfter = (kind, task, D, passes) =>
  isFast(kind, task) ? (passes > 0 ? D : 0) : Math.min(D, passes);

/** The most passes that either kind takes: the steps of the player. @param {Task} task @param {number} D */
export const mostPasses = (task, D) => Math.max(...KINDS.map((kind) => passesOf(kind, task, D)));

/** @param {number} k counted from 0 */
const below = (k) => String.fromCharCode(0x2081 + k);

/**
 * What is said of a variable that is pointed at.
 *
 * @param {Kind} kind
 * @param {number} i
 */
export function readsWords(kind, i) {
  const name = kind.toUpperCase();
  if (i === 0) return `${name}: α₁ and μ₁ are constants: x₁ = exp(α₁) · z₁ + μ₁.`;
  const from = readBy(kind);
  const list = Array.from({ length: i }, (_, k) => `${from}${below(k)}`).join(", ");
  const v = below(i);
  return `${name}: the network reads ${list} and gives α${v} and μ${v}: x${v} = exp(α${v}) · z${v} + μ${v}.`;
}

/**
 * What is said of a pass.
 *
 * @param {Task} task
 * @param {number} D
 * @param {number} pass
 */
export function passWords(task, D, pass) {
  const [from, to] = task === "sample" ? ["z", "x"] : ["x", "z"];
  if (pass === 0)
    return `All of ${from} is there, and ${to} is missing. Press play: one step is one pass.`;
  const each = KINDS.map((kind) => {
    const took = passesOf(kind, task, D);
    const found = foundAfter(kind, task, D, pass);
    const name = kind.toUpperCase();
    if (pass >= took) return `${name}: done after ${took} ${took === 1 ? "pass" : "passes"}.`;
    return `${name}: ${found} of ${D} after ${pass} ${pass === 1 ? "pass" : "passes"}.`;
  });
  return each.join(" ");
}

/** @typedef {{ width: number, height: number, panels: { left: number, width: number, top: number }[], radius: number, rise: number }} ReadsLayout */

/**
 * Two panels, side by side; z above, x below.
 *
 * @param {number} width CSS pixels
 * @param {number} tall of the window
 * @param {number} D
 * @returns {ReadsLayout}
 */
export function readsLayout(width, tall, D) {
  const narrow = width < 520;
  const gap = narrow ? 14 : 40;
  const panel = (width - gap) / 2;
  const height = narrow ? 0.27 * tall : Math.max(220, Math.min(tall - 330, 0.62 * width));
  const top = 36;
  const radius = Math.max(8, Math.min(narrow ? 15 : 30, (0.34 * panel) / D));
  return {
    width,
    height,
    panels: [0, panel + gap].map((left) => ({ left, width: panel, top })),
    radius,
    rise: height - top - 2 * radius - 12,
  };
}

/** Where a variable stands. @param {ReadsLayout} layout @param {number} D @param {number} panel @param {"z" | "x"} row @param {number} i @returns {[number, number]} */
export function variableAt(layout, D, panel, row, i) {
  const { left, width, top } = layout.panels[panel];
  return [
    left + ((i + 0.5) / D) * width,
    top + layout.radius + 4 + (row === "z" ? 0 : layout.rise),
  ];
}

/** The column under a place, or null. @param {ReadsLayout} layout @param {number} D @param {[number, number]} at @returns {{ panel: number, i: number } | null} */
export function columnUnder(layout, D, [px]) {
  for (const [panel, { left, width }] of layout.panels.entries())
    if (px >= left && px < left + width)
      return { panel, i: Math.min(D - 1, Math.floor(((px - left) / width) * D)) };
  return null;
}
