// Ten test digits side by side, one of each kind, to pick one from.

/** Draws an image (levels, row by row) on a canvas, one device pixel a pixel; CSS enlarges it. */
export function drawSmall(canvas, levels, columns, colours) {
  const rows = levels.length / columns;
  if (canvas.width !== columns) canvas.width = columns;
  if (canvas.height !== rows) canvas.height = rows;
  const context = canvas.getContext("2d");
  levels.forEach((level, index) => {
    context.fillStyle = colours[level];
    context.fillRect(index % columns, Math.floor(index / columns), 1, 1);
  });
}

export class DigitStrip {
  /**
   * @param host   an empty element
   * @param onPick called with the place of a digit in the test split, or null for ten others
   */
  constructor(host, onPick) {
    this.host = host;
    this.onPick = onPick;
    this.buttons = [];
    host.classList.add("digit-strip");
    host.innerHTML = `<span>Test digits</span><div role="group" aria-label="Test digits"></div><button type="button" class="plain">Ten others</button>`;
    host.querySelector(".plain").onclick = () => this.onPick(null);
  }

  /** `images` (10, H W) of the digits 0 to 9, `indices` their places, `chosen` one of those or -1. */
  update(images, indices, chosen, columns, colours) {
    const group = this.host.querySelector("[role=group]");
    const size = images.length / indices.length;
    while (this.buttons.length < indices.length) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(document.createElement("canvas"));
      group.append(button);
      this.buttons.push(button);
    }
    this.buttons.forEach((button, digit) => {
      drawSmall(button.firstElementChild, images.subarray(digit * size, (digit + 1) * size), columns, colours);
      button.setAttribute("aria-pressed", indices[digit] === chosen);
      button.setAttribute("aria-label", `A ${digit}, test digit ${indices[digit]}`);
      button.title = `A ${digit}, test digit ${indices[digit]}`;
      button.onclick = () => this.onPick(indices[digit]);
    });
  }
}
