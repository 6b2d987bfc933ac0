// Colours and type of the page a component stands in, light or dark.

function channels(colour) {
  const probe = document.createElement("canvas").getContext("2d");
  probe.fillStyle = colour;
  const hex = probe.fillStyle;
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

/** Whether the page's ground is dark. */
export function isDark(host) {
  const ground = getComputedStyle(host).getPropertyValue("--st-background-color").trim() || "#ffffff";
  const [red, green, blue] = channels(ground);
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
}

/** { colours, dark, font, mono, text } for canvases; `palette` is { light, dark } from palette.py. */
export function themeOf(host, palette) {
  const style = getComputedStyle(host);
  const dark = isDark(host);
  return {
    dark,
    colours: palette[dark ? "dark" : "light"],
    text: style.getPropertyValue("--st-text-color").trim() || (dark ? "#fff" : "#000"),
    ground: style.getPropertyValue("--st-background-color").trim() || (dark ? "#000" : "#fff"),
    font: style.getPropertyValue("--st-font").trim() || "sans-serif",
    mono: style.getPropertyValue("--st-code-font").trim() || "monospace",
  };
}

/** Puts the palette on an element as CSS variables: --target, --seen, ... */
export function paletteToCss(host, colours) {
  for (const [name, colour] of Object.entries(colours)) host.style.setProperty(`--${name}`, colour);
}

/** Colour of a value in 0..1 on a ramp of hexadecimal colours. */
export function onRamp(ramp, value) {
  return ramp[Math.max(0, Math.min(ramp.length - 1, Math.round(value * (ramp.length - 1))))];
}

/** The student asked the system for less motion. */
export function stillness() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** A canvas as sharp as the screen: sets its size in CSS pixels, returns a context scaled to them. */
export function sharpContext(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}
