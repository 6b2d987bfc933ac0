// Draws the autocorrelation of the residuals, as SVG text.

import { leftOf, words } from "./series_draw.js";
import { coordinate } from "../ui/browser/numbers.js";
import { linear, numberTicks } from "../ui/browser/scale.js";

/**
 * @param {{ acf: ArrayLike<number>, bound: number }} checks
 * @param {{ width: number, height: number, font: number, colours: Record<string, string> }} size
 */
export function residualsSvg({ acf, bound }, { width, height, font, colours }) {
  const [right, top, bottom] = [width - font, font, height - 3.4 * font];
  const all = Array.from(acf);
  const most = 1.15 * Math.max(bound, ...all.map(Math.abs));
  const ticks = numberTicks(-most, most, 6);
  const left = leftOf(ticks, font);
  const y = linear(-most, most, bottom, top);
  const x = linear(0.5, all.length + 0.5, left, right);
  const wide = 0.5 * (x.at(2) - x.at(1));
  const rows = ticks.map(
    ({ value, text }) =>
      `<line x1="${left}" x2="${right}" y1="${y.at(value)}" y2="${y.at(value)}" stroke="${colours.line}"/>` +
      words(text, left - 6, y.at(value), 0.86 * font, "end"),
  );
  const bars = all.map((value, k) => {
    const outside = Math.abs(value) > bound;
    const tone = outside ? colours.target : colours.quiet;
    const mark = outside ? `stroke="${colours.ink}" stroke-width="2"` : "";
    return (
      `<rect data-bar="${outside ? "outside" : "within"}" x="${coordinate(x.at(k + 1) - wide / 2)}" y="${coordinate(Math.min(y.at(0), y.at(value)))}" width="${coordinate(wide)}" height="${coordinate(Math.abs(y.at(value) - y.at(0)))}" fill="${tone}" ${mark}/>` +
      words(String(k + 1), x.at(k + 1), bottom + font, 0.86 * font)
    );
  });
  const bounds = [-bound, bound].map(
    (value) =>
      `<line x1="${left}" x2="${right}" y1="${y.at(value)}" y2="${y.at(value)}" stroke="${colours.seen}" stroke-width="1.5" stroke-dasharray="6 4"/>`,
  );
  const zero = `<line x1="${left}" x2="${right}" y1="${y.at(0)}" y2="${y.at(0)}" stroke="${colours.quiet}"/>`;
  const named =
    words("lag in steps", (left + right) / 2, bottom + 2.5 * font, 0.86 * font) +
    words("autocorrelation of the residuals", left, top - 0.3 * font, 0.86 * font, "start");
  return rows.join("") + zero + bars.join("") + bounds.join("") + named;
}
