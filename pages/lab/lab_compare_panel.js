// One model of the comparison: its place, its map, its figures.

import { surprisalColour } from "../ui/browser/completion_draw.js";
import { gridPointer } from "../ui/browser/grid.js";
import { drawInk, drawMark } from "../ui/browser/marks.js";
import { percent } from "../ui/browser/numbers.js";
import { sharpContext } from "../ui/browser/theme.js";
import { drawRange, rangeInWords } from "./lab_range.js";
import {
  CLASSES,
  CLASS_WORDS,
  moreInWords,
  nllInWords,
  sizeInWords,
  surprisalInWords,
} from "./lab_compare_values.js";

/**
 * @typedef {object} PanelScene What all panels show now.
 * @property {import("../ui/browser/theme.js").Theme} theme
 * @property {string[]} ramp
 * @property {number} top of the ramp, nats
 * @property {string[]} greys
 * @property {import("../ui/browser/grid.js").PixelGrid} grid as large as a map
 * @property {Uint8Array} x (D) the picture
 * @property {boolean} shown the figures are revealed, and the picture is theirs
 * @property {boolean} brief the figures stand without a note, which was there before them
 * @property {boolean} maps the surprisal is shown, else the context
 * @property {number} target whose context is shown
 * @property {number} hovered pixel, or -1
 * @property {[number, number]} span of the strips, nats
 */

/**
 * @typedef {object} PanelModel One model now.
 * @property {import("./lab_compare_values.js").Model} model
 * @property {string} place in the ranking, or by the NLL; "" for none
 * @property {string} guessed what the student has said of its place; "" for nothing
 * @property {ArrayLike<number> | null} surprisal (D), once it is shown
 * @property {Uint8Array | null} context (D) of CLASSES; null where it is not known yet
 */

export class Panel {
  /**
   * @param {object} options
   * @param {() => void} options.press
   * @param {(x: number, y: number) => number} options.cellAt
   * @param {(index: number) => void} options.hover
   * @param {(index: number) => void} options.pin
   * @param {() => number} options.columns
   * @param {() => number} options.count
   */
  constructor({ press, cellAt, hover, pin, columns, count }) {
    this.root = document.createElement("div");
    this.root.className = "model";
    this.root.innerHTML =
      `<button type="button"><span class="place"></span><span class="title"></span></button>` +
      `<canvas class="map" role="img" tabindex="0"></canvas><p class="nll"></p>` +
      `<canvas class="range" role="img"></canvas><p class="more quiet"></p>`;
    /** @param {string} selector */
    const part = (selector) => /** @type {HTMLElement} */ (this.root.querySelector(selector));
    this.button = /** @type {HTMLButtonElement} */ (part("button"));
    this.place = part(".place");
    this.title = part(".title");
    this.map = /** @type {HTMLCanvasElement} */ (part(".map"));
    this.nll = part(".nll");
    this.range = /** @type {HTMLCanvasElement} */ (part(".range"));
    this.more = part(".more");
    this.button.onclick = press;
    gridPointer(this.map, {
      ...{ cellAt, hover, columns, count },
      stroke: (cells) => pin(cells[cells.length - 1]),
      during: () => {},
    });
  }

  /** @param {PanelModel} now @param {PanelScene} scene */
  draw(now, scene) {
    const { model, place, guessed, surprisal } = now;
    const { shown, theme, grid, span, hovered } = scene;
    this.root.dataset.model = model.id;
    this.place.textContent = place;
    this.title.textContent = model.title;
    this.button.disabled = shown;
    this.button.setAttribute("aria-pressed", String(!shown && place !== ""));
    this.button.setAttribute(
      "aria-label",
      place ? `${model.title}, place ${place}` : `${model.title}, not ranked`,
    );
    this.drawMap(now, scene);
    const pointed = shown && surprisal && hovered >= 0;
    const above = model.range ? `, above ${percent(model.range.below, 1)}` : "";
    this.nll.textContent = pointed
      ? surprisalInWords(surprisal[hovered])
      : shown
        ? nllInWords(model) + above
        : "";
    this.range.hidden = !shown;
    if (shown && model.nats !== undefined) {
      const size = { width: grid.width + 4, height: 24 };
      drawRange(this.range, size, { range: model.range, nats: model.nats, span }, theme);
      const words = model.range ? rangeInWords(model.range) : "test images are scored …";
      this.range.title = this.nll.title = words;
      this.range.setAttribute("aria-label", `${nllInWords(model)}: ${words}`);
    }
    const lines = shown ? [moreInWords(model), guessed] : [sizeInWords(model)];
    const note = shown && scene.brief ? "" : model.note;
    this.more.textContent = [...lines, note].filter(Boolean).join(" · ");
  }

  /** @param {PanelModel} now @param {PanelScene} scene */
  drawMap({ model, surprisal, context: classes }, scene) {
    const { theme, ramp, top: most, greys, grid, x, maps, target, hovered } = scene;
    const context = sharpContext(this.map, grid.width + 4, grid.height + 4);
    const side = grid.cell - grid.gap;
    if (maps && surprisal) {
      for (let index = 0; index < x.length; index++) {
        const [left, top] = grid.corner(index);
        context.fillStyle = surprisalColour(ramp, surprisal[index], most);
        context.fillRect(left, top, grid.cell + 0.3, grid.cell + 0.3);
      }
    } else if (classes) {
      for (let index = 0; index < x.length; index++) {
        const [left, top] = grid.corner(index);
        drawMark(context, CLASSES[classes[index]], left, top, side, theme);
        if (x[index]) drawInk(context, greys[x[index]], left, top, side, theme);
      }
    } else {
      grid.fill(context, (index) => greys[x[index]]);
    }
    grid.frame(context, theme.colours.line);
    if (classes || (maps && surprisal)) grid.outline(context, target, theme.colours.target, 2);
    if (hovered >= 0 && hovered !== target) {
      grid.outline(context, hovered, theme.ground, 4);
      grid.outline(context, hovered, theme.text, 1.5);
    }
    const what = maps && surprisal ? "surprisal of each pixel" : "what it reads";
    this.map.setAttribute("aria-label", `${model.title}: ${what}`);
  }
}

/**
 * The legend of the contexts.
 *
 * @param {HTMLElement} host
 * @param {import("../ui/browser/theme.js").Theme} theme
 */
export function drawKeys(host, theme) {
  const names = Object.keys(CLASS_WORDS);
  if (!host.children.length) {
    for (const name of names) {
      const words = document.createElement("span");
      words.textContent = CLASS_WORDS[name];
      const key = document.createElement("canvas");
      key.className = "key";
      const pair = document.createElement("span");
      pair.className = "pair"; // a mark and its words stay on one line
      pair.append(key, words);
      host.append(pair);
    }
  }
  host
    .querySelectorAll("canvas")
    .forEach((key, number) => drawMark(sharpContext(key, 16, 16), names[number], 1, 1, 14, theme));
}
