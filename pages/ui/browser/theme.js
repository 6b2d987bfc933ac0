// Colours and type of the page a component stands in, light or dark.

import { contextOf } from "./dom.js";
import { enlarged } from "./screen.js";

/** @typedef {Record<string, string>} Colours colour of each meaning, hexadecimal (palette.py) */

/**
 * @typedef {object} Theme
 * @property {boolean} dark
 * @property {Colours} colours
 * @property {string} text colour of text
 * @property {string} ground colour of the page
 * @property {string} font
 * @property {string} mono
 */

/** @type {Map<string, number[]>} what `channels` has found */
const knownChannels = new Map();

/** Red, green and blue, 0..255. @param {string} colour */
function channels(colour) {
  const known = knownChannels.get(colour);
  if (known) return known;
  const probe = contextOf(document.createElement("canvas"));
  probe.fillStyle = colour;
  const hex = String(probe.fillStyle);
  const found = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  knownChannels.set(colour, found);
  return found;
}

/** Whether the page's ground is dark. @param {Element} host */
export function isDark(host) {
  const ground =
    getComputedStyle(host).getPropertyValue("--st-background-color").trim() || "#ffffff";
  const [red, green, blue] = channels(ground);
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
}

/**
 * What a canvas needs of the page.
 *
 * @param {Element} host
 * @param {{ light: Colours, dark: Colours }} palette
 * @returns {Theme}
 */
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

/** @type {WeakMap<HTMLElement, Colours>} the palette that an element has */
const palettesOn = new WeakMap();

/**
 * Puts the palette on an element as CSS variables: --target, --seen, ... One that is there already is
 * not put there again: the browser would find the style of all that is inside anew.
 *
 * @param {HTMLElement} host
 * @param {Colours} colours
 */
export function paletteToCss(host, colours) {
  if (palettesOn.get(host) === colours) return;
  palettesOn.set(host, colours);
  for (const [name, colour] of Object.entries(colours)) host.style.setProperty(`--${name}`, colour);
}

/** The ramp at 256 even stops, as [red, green, blue]. @param {string[]} ramp hexadecimal colours */
export function smoothRamp(ramp) {
  const stops = ramp.map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  return Array.from({ length: 256 }, (_, k) => {
    const place = (k / 255) * (stops.length - 1);
    const low = Math.min(Math.floor(place), stops.length - 2);
    return stops[low].map(
      (value, channel) => value + (place - low) * (stops[low + 1][channel] - value),
    );
  });
}

/** @type {WeakMap<string[], string[]>} the smooth ramp of each ramp, as colours */
const smoothed = new WeakMap();

/**
 * Colour of a value in 0..1 on a ramp, between two of its stops in proportion: as the scale of a legend
 * shows it.
 *
 * @param {string[]} ramp hexadecimal colours, at even steps
 * @param {number} value
 */
export function onRamp(ramp, value) {
  const colours =
    smoothed.get(ramp) ??
    smoothRamp(ramp).map((parts) => `rgb(${parts.map(Math.round).join(" ")})`);
  smoothed.set(ramp, colours);
  return colours[Math.max(0, Math.min(255, Math.round(255 * value)))];
}

/** The student asked the system for less motion. */
export function stillness() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/**
 * A canvas as sharp as the screen.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {number} width in pixels of a laptop's page (screen.js), as is `height`
 * @param {number} height
 * @returns {CanvasRenderingContext2D} cleared, and scaled to these pixels
 */
export function sharpContext(canvas, width, height) {
  const scale = enlarged();
  const ratio = scale * (window.devicePixelRatio || 1);
  canvas.style.width = `${width * scale}px`;
  canvas.style.height = `${height * scale}px`;
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  const context = contextOf(canvas);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}
