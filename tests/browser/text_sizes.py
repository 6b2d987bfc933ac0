"""The sizes of the text on screen, as it is seen: on canvases, in HTML and in SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

# Notes what is written on each canvas, in its own pixels, until the canvas is cleared. What is
# written on a canvas that is copied onto another one counts for that one.
_NOTE = """
(() => {
  const written = window.writtenOn = new WeakMap();
  const notes = canvas => written.get(canvas) ?? written.set(canvas, []).get(canvas);
  const kind = CanvasRenderingContext2D.prototype;
  for (const name of ['fillText', 'strokeText']) {
    const write = kind[name];
    kind[name] = function (text, ...at) {
      const { c, d } = this.getTransform();
      const font = Number(/([\\d.]+)px/.exec(this.font)?.[1]);
      if (String(text).trim()) notes(this.canvas).push([String(text), font * Math.hypot(c, d)]);
      return write.call(this, text, ...at);
    };
  }
  const clear = kind.clearRect;
  kind.clearRect = function (x, y, width, height) {
    const corner = new DOMPoint(x + width, y + height).matrixTransform(this.getTransform());
    if (corner.x > this.canvas.width - 2 && corner.y > this.canvas.height - 2 && x <= 0 && y <= 0) {
      written.delete(this.canvas);
    }
    return clear.call(this, x, y, width, height);
  };
  const copy = kind.drawImage;
  kind.drawImage = function (image, ...at) {
    const found = image instanceof HTMLCanvasElement ? written.get(image) ?? [] : [];
    const heights = at.length > 4 ? [at[3], at[7]] : [image.height, at[3] ?? image.height];
    const { c, d } = this.getTransform();
    const scale = (heights[1] / heights[0]) * Math.hypot(c, d);
    for (const [text, size] of found) notes(this.canvas).push([text, size * scale]);
    return copy.call(this, image, ...at);
  };
  for (const side of ['width', 'height']) {
    const own = Object.getOwnPropertyDescriptor(HTMLCanvasElement.prototype, side);
    Object.defineProperty(HTMLCanvasElement.prototype, side, {
      ...own,
      set(value) { written.delete(this); own.set.call(this, value); },
    });
  }
})();
"""

# [where, text, size] of all text that is seen and smaller than `least` pixels. A canvas has whole
# pixels, so its text may be a hundredth smaller than was meant.
_SMALL = """
([least, spared]) => {
  const found = [];
  const note = (what, text, size) => {
    const seen = Math.round(10 * size) / 10;
    if (size < least - 0.2) found.push([what, text.trim().slice(0, 40), seen]);
  };
  const classOf = element => element?.getAttribute('class') ?? '';
  const nameOf = element => [
    classOf(element.getRootNode().host?.firstElementChild),
    element.localName,
    classOf(element.closest('[class]')),
  ].join(' ').trim();
  const isSeen = element => {
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && box.right > 0 && box.left < innerWidth
      && element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  };
  // What is there for screen readers alone.
  const isClipped = element => {
    for (let each = element; each; each = each.parentElement) {
      const { clip, clipPath, overflow, position } = getComputedStyle(each);
      if (clipPath !== 'none' || (clip !== 'auto' && position === 'absolute')) return true;
      const { width, height } = each.getBoundingClientRect();
      if (overflow === 'hidden' && (width < 2 || height < 2)) return true;
    }
    return false;
  };
  const fields = 'input:is([type=text], [type=number], :not([type])), select, textarea';
  const textOf = element => element.matches(fields)
    ? element.value || element.placeholder || ''
    : [...element.childNodes].filter(each => each.nodeType === 3).map(each => each.data).join(' ');
  const scaleOf = element => {
    if (!(element instanceof SVGGraphicsElement)) return 1;
    const { c, d } = element.getScreenCTM();
    return Math.hypot(c, d);
  };
  const look = element => {
    if (element instanceof HTMLCanvasElement) {
      const scale = element.getBoundingClientRect().height / element.height;
      for (const [text, size] of isSeen(element) ? window.writtenOn.get(element) ?? [] : [])
        note(nameOf(element), text, size * scale);
      return;
    }
    const text = textOf(element);
    if (!text.trim() || element.matches('style, script, title, desc, option, noscript')) return;
    if (!isSeen(element) || isClipped(element)) return;
    const { fontSize, fontFamily } = getComputedStyle(element);
    if (/Material/.test(fontFamily)) return; // an icon
    note(nameOf(element), text, parseFloat(fontSize) * scaleOf(element));
  };
  const walk = root => {
    for (const each of root.querySelectorAll('*')) {
      if (each.shadowRoot) walk(each.shadowRoot);
      if (!each.matches(spared)) look(each);
    }
  };
  walk(document.body);
  return found;
}
"""

# An index is smaller than the letter at which it stands.
SPARED = "sub, sup, .katex .sizing *, .katex-mathml *"


def note_texts(page: Page) -> None:
    """From its next load on, the page notes what it writes on canvases."""
    page.add_init_script(_NOTE)


def small_texts(page: Page, least: float) -> list[tuple[str, str, float]]:
    """What is seen smaller than `least` CSS pixels: where, the text, its size."""
    return [tuple(each) for each in page.evaluate(_SMALL, [least, SPARED])]
