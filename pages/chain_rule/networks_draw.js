// Draws tables, D networks or one network as SVG text.

import { coordinate } from "../ui/browser/numbers.js";
import { drawnOf, layoutOf, subscript, tablesOf } from "./networks_layout.js";

/**
 * @typedef {object} Look
 * @property {Record<string, string>} colours
 * @property {number} width
 * @property {number} height
 * @property {number} font in pixels
 */

/**
 * @param {string} text
 * @param {number} x
 * @param {number} y
 * @param {number} size
 * @param {string} [more] attributes
 */
const words = (text, x, y, size, more = "") =>
  `<text x="${coordinate(x)}" y="${coordinate(y)}" text-anchor="middle" dominant-baseline="central" font-size="${size}" ${more}>${text}</text>`;

/**
 * @param {number} x0
 * @param {number} y0
 * @param {number} x1
 * @param {number} y1
 * @param {string} colour
 */
const line = (x0, y0, x1, y1, colour) =>
  `<line x1="${coordinate(x0)}" y1="${coordinate(y0)}" x2="${coordinate(x1)}" y2="${coordinate(y1)}" stroke="${colour}" stroke-width="1.4" opacity="0.7"/>`;

/** p(x₃ | x₁, x₂), the condition short where it is long. @param {number} t */
export function conditionalName(t) {
  const earlier = drawnOf(t - 1, 2).map((index) => (index === null ? "…" : `x${subscript(index)}`));
  const said = t > 3 ? `x₁ … x${subscript(t - 1)}` : earlier.join(", ");
  return `p(x${subscript(t)}${t > 1 ? ` | ${said}` : ""})`;
}

/** @param {number} D @param {Look} look */
export function tablesSvg(D, { colours, width, height, font }) {
  const tables = tablesOf(D, width < 480 ? 4 : 6);
  const pitch = width / tables.length;
  const cell = Math.min(40, (height - 4.2 * font) / 9);
  return tables
    .map((table, at) => {
      const x = (at + 0.5) * pitch;
      if (!table) return words("…", x, 0.35 * height, 2 * font);
      const wide = Math.min(0.62 * pitch, 90);
      const top = 2.2 * font;
      const cells = Array.from({ length: table.rows }, (_, row) => {
        const fade = table.rows === 8 && table.t > 4 ? 1 - row / 8 : 1;
        return `<rect data-cell x="${coordinate(x - wide / 2)}" y="${coordinate(top + row * cell)}" width="${coordinate(wide)}" height="${coordinate(cell - 3)}" rx="2" fill="${colours.seen}" opacity="${fade}"/>`;
      });
      const name = words(conditionalName(table.t), x, font, font);
      return name + cells.join("") + words(table.said, x, top + 8 * cell + font, font);
    })
    .join("");
}

/**
 * @param {number} D
 * @param {number} H
 * @param {number} m 0 where each conditional has its own network, 1 where they share one
 * @param {boolean} losses
 * @param {Look} look
 */
export function networksSvg(D, H, m, losses, look) {
  const { colours, width, height, font } = look;
  const layout = layoutOf(D, m, { width, height }, losses);
  const told = new Set(); // what lies on each other is drawn once
  const { y, radius } = layout;
  const lines = [];
  const shapes = [];
  const label = 0.86 * font;
  for (const { t, x, box, inputs } of layout.networks) {
    const middle = box.x + box.width / 2;
    for (const { x: from } of inputs) {
      const to = middle + (from - middle) * 0.5 * (1 - m) + (from - middle) * 0.92 * m;
      lines.push(line(from, y.inputs + radius, to, y.top, colours.quiet));
    }
    lines.push(line(middle + (x - middle) * m, y.bottom, x, y.outputs - radius, colours.quiet));
    shapes.push(
      `<rect data-box x="${coordinate(box.x)}" y="${y.top}" width="${coordinate(box.width)}" height="${y.bottom - y.top}" rx="6" fill="${colours.paper}" stroke="${colours.seen}" stroke-width="2"/>`,
      ...inputs.map(({ index, x: at }) =>
        told.size === told.add(`${index} ${Math.round(at)}`).size
          ? ""
          : index === null
            ? words("…", at, y.inputs, font)
            : `<circle cx="${coordinate(at)}" cy="${y.inputs}" r="${radius}" fill="${colours.paper}" stroke="${colours.quiet}" stroke-width="1.5"/>` +
              words(`x${subscript(index)}`, at, y.inputs - radius - 0.6 * label, label),
      ),
      `<circle data-output="${t}" cx="${coordinate(x)}" cy="${y.outputs}" r="${radius}" fill="${colours.target}" stroke="${colours.ink}" stroke-width="1"/>`,
      words(conditionalName(t), x, y.outputs + radius + 0.8 * font, label),
    );
    if (losses) shapes.push(lossSvg(t, x, y, label, colours));
    if (m < 0.5) shapes.push(words(`H = ${H}`, middle, (y.top + y.bottom) / 2, label));
  }
  if (m >= 0.5)
    shapes.push(
      words(`one set of weights, H = ${H} units`, width / 2, (y.top + y.bottom) / 2, font),
    );
  if (layout.gap !== null) shapes.push(words("…", layout.gap, y.outputs, 1.6 * font));
  if (losses) shapes.push(words("loss = their sum = −log p(x)", width / 2, y.sum, font));
  return lines.join("") + shapes.join("");
}

/**
 * @param {number} t
 * @param {number} x
 * @param {{ losses: number, sum: number }} y
 * @param {number} size
 * @param {Record<string, string>} colours
 */
const lossSvg = (t, x, y, size, colours) =>
  `<rect data-loss x="${coordinate(x - 3.1 * size)}" y="${coordinate(y.losses - 0.9 * size)}" width="${coordinate(6.2 * size)}" height="${coordinate(1.8 * size)}" rx="4" fill="none" stroke="${colours.target}" stroke-width="1.5"/>` +
  words(`−log p(x${subscript(t)} | …)`, x, y.losses, size);
