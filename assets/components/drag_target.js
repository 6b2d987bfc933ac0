// A target on a pixel grid: dragged by pointer or finger, moved by the arrow keys while the canvas
// has the focus.

/**
 * @param canvas a canvas with tabindex 0
 * @param grid   () => the PixelGrid drawn on it; with `near` any { rows, columns, at(x, y) }
 * @param near   (x, y) => whether a finger there takes hold of the target; without it, one near its centre
 * @param target () => flat index of the target
 * @param move   called with the index that the target goes to
 * @param hover  called with the index under the pointer, or -1
 * @param drag   called with true when the pointer goes down, with false when it is up again
 * @param focus  called when the focus comes or goes
 */
export function dragTarget(canvas, { grid, near, target, move, hover, drag, focus }) {
  let dragging = false;
  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  near ??= (px, py) => {
    const [x, y] = grid().centre(target());
    return Math.hypot(px - x, py - y) < Math.max(22, 1.2 * grid().cell);
  };
  const go = (index) => index >= 0 && index !== target() && move(index);
  canvas.addEventListener("pointermove", (event) => {
    const index = grid().at(...point(event));
    hover(index);
    if (dragging) go(index);
  });
  canvas.addEventListener("pointerleave", () => hover(-1));
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button > 0) return;
    // A finger drags the target itself; elsewhere it scrolls the page, and a tap picks a pixel.
    if (event.pointerType === "touch" && !near(...point(event))) return;
    canvas.setPointerCapture(event.pointerId);
    dragging = true;
    drag(true);
    go(grid().at(...point(event)));
  });
  canvas.addEventListener("pointerup", (event) => {
    dragging = false;
    go(grid().at(...point(event)));
    drag(false);
    if (event.pointerType === "touch") hover(-1);
  });
  canvas.addEventListener("pointercancel", () => {
    dragging = false;
    drag(false);
  });
  const hold = (event) => event.touches.length === 1 && near(...point(event.touches[0])) && event.preventDefault();
  canvas.addEventListener("touchstart", hold, { passive: false });
  canvas.addEventListener("keydown", (event) => {
    const { rows, columns } = grid();
    const [row, column] = [Math.floor(target() / columns), target() % columns];
    const [by, inside] =
      {
        ArrowLeft: [-1, column > 0],
        ArrowRight: [1, column < columns - 1],
        ArrowUp: [-columns, row > 0],
        ArrowDown: [columns, row < rows - 1],
      }[event.key] ?? [];
    if (event.key === "Escape") canvas.blur();
    else if (by === undefined) return;
    else if (inside) move(target() + by);
    event.preventDefault();
    event.stopPropagation();
  });
  canvas.addEventListener("focus", focus);
  canvas.addEventListener("blur", focus);
}
