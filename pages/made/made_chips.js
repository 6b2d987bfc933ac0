// The order of the variables as chips that are dragged, and the input bits as buttons.

import { variable } from "./made_words.js";

/**
 * The order, first to last. A chip that is dragged onto another, or moved by an arrow key, takes its
 * place.
 *
 * @param {HTMLElement} host
 * @param {number[]} order
 * @param {object} options
 * @param {(index: number, other: number) => void} options.onMove
 * @param {(index: number | null) => void} options.onPoint
 * @param {number | null} options.focused index of the chip that a key has moved
 */
export function drawChips(host, order, { onMove, onPoint, focused }) {
  host.innerHTML = "";
  for (const [t, index] of order.entries()) {
    const chip = document.createElement("button");
    chip.type = "button";
    chip.draggable = true;
    chip.dataset.index = String(index);
    chip.innerHTML = `x<sub>${index + 1}</sub>`;
    chip.setAttribute("aria-label", `x ${index + 1}, rank ${t + 1}: left and right arrows move it`);
    chip.ondragstart = (event) => event.dataTransfer?.setData("text/plain", String(index));
    chip.ondragover = (event) => event.preventDefault();
    chip.ondrop = (event) => {
      event.preventDefault();
      const dropped = Number(event.dataTransfer?.getData("text/plain") || NaN);
      if (order.includes(dropped)) onMove(dropped, index);
    };
    chip.onkeydown = (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      event.preventDefault();
      event.stopPropagation();
      const other = order[t + (event.key === "ArrowLeft" ? -1 : 1)];
      if (other === undefined) return;
      host.dataset.moved = String(index);
      onMove(index, other);
    };
    chip.onpointerenter = chip.onfocus = () => onPoint(index);
    chip.onpointerleave = chip.onblur = () => onPoint(null);
    host.append(chip);
    if (focused === index) chip.focus();
  }
}

/**
 * The values of the inputs.
 *
 * @param {HTMLElement} host
 * @param {number[]} x
 * @param {(index: number) => void} onFlip
 */
export function drawBits(host, x, onFlip) {
  if (host.children.length !== x.length) {
    host.innerHTML = "";
    x.forEach((_, index) => {
      const bit = document.createElement("button");
      bit.type = "button";
      bit.onclick = () => onFlip(index);
      host.append(bit);
    });
  }
  x.forEach((value, index) => {
    const bit = host.children[index];
    bit.textContent = String(value);
    bit.setAttribute("aria-label", `${variable(index)} is ${value}: change it`);
    bit.setAttribute("title", variable(index));
  });
}
