// A few numbers as bars, in groups with a scale of their own.

import { mount } from "../ui/browser/mount.js";
import { findElement } from "../ui/browser/dom.js";
import { themeOf } from "../ui/browser/theme.js";

const LONGEST = 60; // per cent of the width

/**
 * @typedef {object} Bar
 * @property {string} name
 * @property {number} value
 * @property {string} colour of the palette
 * @property {string} words that stand beside it
 */

/**
 * @typedef {object} BarsMeta
 * @property {{ title: string, bars: Bar[] }[]} groups
 * @property {boolean} present
 * @property {boolean} [tall] nothing else is in the picture
 * @property {{ light: import("../ui/browser/theme.js").Colours, dark: import("../ui/browser/theme.js").Colours }} palette
 */

/** Length of a bar in per cent. @param {number} value @param {Bar[]} bars */
export const barLength = (value, bars) =>
  (LONGEST * Math.max(0, value)) / Math.max(1e-12, ...bars.map((bar) => bar.value));

class BarsView {
  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    this.root = findElement(parent, ".made-bars", HTMLElement);
  }

  /** @param {{ meta: BarsMeta }} data */
  update({ meta }) {
    const { colours } = themeOf(this.root, meta.palette);
    this.root.classList.toggle("tall", Boolean(meta.tall));
    this.root.replaceChildren(
      ...meta.groups.flatMap(({ title, bars }) => {
        const head = document.createElement("h4");
        head.textContent = title;
        const list = document.createElement("dl");
        for (const bar of bars) {
          const name = document.createElement("dt");
          name.textContent = bar.name;
          const value = document.createElement("dd");
          const mark = document.createElement("i");
          mark.style.width = `${barLength(bar.value, bars)}%`;
          mark.style.background = colours[bar.colour];
          const words = document.createElement("span");
          words.textContent = bar.words;
          value.append(mark, words);
          list.append(name, value);
        }
        return [head, list];
      }),
    );
  }

  destroy() {}
}

export default mount(BarsView);
