// Ten test digits side by side, one of each kind, to pick one from.

import { contextOf, findElement } from "./dom.js";

/**
 * Draws an image on a canvas, one device pixel a pixel; CSS enlarges it.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Uint8Array | number[]} levels row by row
 * @param {number} columns
 * @param {string[]} colours of the levels
 */
export function drawSmall(canvas, levels, columns, colours) {
  const rows = levels.length / columns;
  if (canvas.width !== columns) canvas.width = columns;
  if (canvas.height !== rows) canvas.height = rows;
  const context = contextOf(canvas);
  levels.forEach((level, index) => {
    context.fillStyle = colours[level];
    context.fillRect(index % columns, Math.floor(index / columns), 1, 1);
  });
}

export class DigitStrip {
  /**
   * @param {HTMLElement} host an empty element
   * @param {(index: number | null) => void} onPick called with the place of a digit in the test
   *   split, or null for ten others
   */
  constructor(host, onPick) {
    this.host = host;
    this.onPick = onPick;
    /** @type {{ button: HTMLButtonElement, canvas: HTMLCanvasElement }[]} */
    this.entries = [];
    host.classList.add("digit-strip");
    host.innerHTML = `<span>Test digits</span><div role="group" aria-label="Test digits"></div><button type="button" class="plain">Ten others</button>`;
    findElement(host, ".plain", HTMLElement).onclick = () => this.onPick(null);
  }

  /**
   * @param {Uint8Array} images (10, H W), of the digits 0 to 9
   * @param {Int32Array | number[]} indices their places in the test split
   * @param {number} chosen one of those, or -1
   * @param {number} columns
   * @param {string[]} colours of the levels
   */
  update(images, indices, chosen, columns, colours) {
    const group = findElement(this.host, "[role=group]", HTMLElement);
    const size = images.length / indices.length;
    while (this.entries.length < indices.length) {
      const button = document.createElement("button");
      button.type = "button";
      const canvas = document.createElement("canvas");
      button.append(canvas);
      group.append(button);
      this.entries.push({ button, canvas });
    }
    this.entries.forEach(({ button, canvas }, digit) => {
      drawSmall(canvas, images.subarray(digit * size, (digit + 1) * size), columns, colours);
      button.setAttribute("aria-pressed", String(indices[digit] === chosen));
      button.setAttribute("aria-label", `A ${digit}, test digit ${indices[digit]}`);
      button.title = `A ${digit}, test digit ${indices[digit]}`;
      button.onclick = () => this.onPick(indices[digit]);
    });
  }
}
