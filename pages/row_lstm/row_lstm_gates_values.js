// What a layer of a trained Row LSTM computed at every pixel of a digit, and the words for it.

import { decimals, probability } from "../ui/browser/numbers.js";

/**
 * What Python sends (pages/row_lstm/gates.py).
 *
 * @typedef {object} GatesMeta
 * @property {number} digit place of the digit in the test split
 * @property {import("../ui/browser/engine.js").Offer | null} engine where this browser computes
 * @property {number} nonce of the last edit that Python has seen
 * @property {number} rows
 * @property {number} columns
 * @property {number} features F
 * @property {number} kernel k
 * @property {number | null} first_kernel side of the first convolution; null in the bare form
 * @property {number} layer the one that is shown, from 1 on
 * @property {number} layers how many there are
 * @property {number} pixel where a link that says nothing begins, as do `feature` and `gate`
 * @property {number} feature
 * @property {GateName} gate
 * @property {GateView} view
 * @property {number} erase how many of the first rows are erased in the comparison; 0: there is none
 * @property {boolean} present
 * @property {string[]} hidden "erased": what the comparison gives; "g": that symbol
 * @property {[string, number]} step of the lesson: activity, number
 * @property {{ nonce: number } | null} goto
 * @property {number} resets how often Reset was pressed
 * @property {number} arrivals how often someone came by a link or went back in history
 * @property {string[]} ramp colours of 0 to 1
 * @property {{ light: import("../ui/browser/theme.js").Colours, dark: import("../ui/browser/theme.js").Colours }} palette
 */

/**
 * @typedef {object} GatesArrays
 * @property {Uint8Array} x (H W), the digit
 * @property {Float32Array} p (H W), p(x = 1 | before); as all below it not there where this browser computes
 * @property {Float32Array} internals (6, F, H W), o, f, i, g, c and h of the layer
 * @property {Float32Array} [erased] the same of the digit without its first rows
 * @property {Float32Array} [p_erased] p of the digit without its first rows
 * @property {Uint8Array} strip (10, H W), digits to choose from
 * @property {Int32Array} strip_indices their places in the test split
 */

/** @typedef {"o" | "f" | "i" | "g" | "c_above" | "c" | "h"} GateName */
/** @typedef {"column" | "units"} GateView one unit down a column, or all units at a pixel */
/** @typedef {{ pixel: number, feature: number, gate: GateName, view: GateView }} GatePlace what is chosen */

/**
 * `from`: which of the model's six it is; c_above is c of the row above. `signed`: also below 0.
 *
 * @type {Record<GateName, { from: number, html: string, word: string, signed: boolean }>}
 */
export const GATE_SYMBOLS = {
  o: { from: 0, html: "o", word: "output gate", signed: false },
  f: { from: 1, html: "f", word: "forget gate", signed: false },
  i: { from: 2, html: "i", word: "input gate", signed: false },
  g: { from: 3, html: "g", word: "content", signed: true },
  c_above: { from: 4, html: "c<sub>above</sub>", word: "cell above", signed: true },
  c: { from: 4, html: "c", word: "cell", signed: true },
  h: { from: 5, html: "h", word: "hidden state", signed: true },
};
/** In the order of their bars. */
export const GATE_NAMES = /** @type {GateName[]} */ (Object.keys(GATE_SYMBOLS));
export const BAR_ROW = 36; // height of a row of bars in CSS pixels; the names beside it have the same

/** Whether a word is the name of a symbol. @param {unknown} word @returns {word is GateName} */
export const isGate = (word) => GATE_NAMES.some((name) => name === word);

/** @param {unknown} word @returns {word is GateView} */
export const isView = (word) => word === "column" || word === "units";

/** @param {number} value @param {number} most */
const between = (value, most) => Math.max(0, Math.min(most, value));

export class GateValues {
  /**
   * @param {GatesMeta} meta
   * @param {Float32Array} internals (6, F, H W)
   */
  constructor(meta, internals) {
    this.meta = meta;
    this.internals = internals;
    this.pixels = meta.rows * meta.columns;
  }

  /**
   * Value of a symbol at a pixel; above the first row cells are 0.
   *
   * @param {GateName} name
   * @param {number} feature
   * @param {number} pixel
   */
  at(name, feature, pixel) {
    const place = name === "c_above" ? pixel - this.meta.columns : pixel;
    const { from } = GATE_SYMBOLS[name];
    return place < 0
      ? 0
      : this.internals[(from * this.meta.features + feature) * this.pixels + place];
  }

  /**
   * What a full bar stands for: 1, but cells have no bound and share the largest at that pixel.
   *
   * @param {GateName} name
   * @param {number} pixel
   */
  fullBar(name, pixel) {
    return isCell(name) ? this.largestCell(pixel) || 1 : 1;
  }

  /** The largest cell at a pixel, of its own row and of the one above. @param {number} pixel */
  largestCell(pixel) {
    let most = 0;
    for (let feature = 0; feature < this.meta.features; feature++) {
      const [c, above] = [this.at("c", feature, pixel), this.at("c_above", feature, pixel)];
      most = Math.max(most, Math.abs(c), Math.abs(above));
    }
    return most;
  }

  /**
   * What the end of a map's scale stands for: as `fullBar`, but for one feature over the image.
   *
   * @param {GateName} name
   * @param {number} feature
   */
  fullTone(name, feature) {
    if (!isCell(name)) return 1;
    const begin = (GATE_SYMBOLS.c.from * this.meta.features + feature) * this.pixels;
    const cells = this.internals.subarray(begin, begin + this.pixels);
    return cells.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  }
}

/** @param {GateName} name */
const isCell = (name) => GATE_SYMBOLS[name].from === GATE_SYMBOLS.c.from;

/**
 * The states of the row above that a pixel's own is computed from.
 *
 * @param {Pick<GatesMeta, "columns" | "kernel">} meta
 * @param {number} pixel
 */
export function statesAbove({ columns, kernel }, pixel) {
  const above = pixel - columns;
  if (above < 0) return [];
  const column = pixel % columns;
  const reach = (kernel - 1) / 2;
  return Array.from({ length: kernel }, (_, tap) => tap - reach)
    .filter((by) => column + by >= 0 && column + by < columns)
    .map((by) => above + by);
}

/**
 * The bar at a point of the canvas; outside of it, the nearest.
 *
 * @param {number} x
 * @param {number} y
 * @param {number} width of the canvas
 * @param {number} features
 * @returns {{ feature: number, gate: GateName }}
 */
export function barAt(x, y, width, features) {
  return {
    feature: between(Math.floor((x * features) / width), features - 1),
    gate: GATE_NAMES[between(Math.floor(y / BAR_ROW), GATE_NAMES.length - 1)],
  };
}

/**
 * The bar that an arrow key goes to; null for every other key.
 *
 * @param {string} key
 * @param {GatePlace} place
 * @param {number} features
 */
export function barByKey(key, { feature, gate }, features) {
  /** @type {Record<string, [number, number]>} */
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  if (!(key in steps)) return null;
  const [across, down] = steps[key];
  return {
    feature: between(feature + across, features - 1),
    gate: GATE_NAMES[between(GATE_NAMES.indexOf(gate) + down, GATE_NAMES.length - 1)],
  };
}

/**
 * The place that an address holds; what it does not hold, or what does not fit, is as at first.
 *
 * @param {string} search the address's query
 * @param {GatesMeta} meta
 * @returns {GatePlace}
 */
export function gatesInAddress(search, meta) {
  const query = new URLSearchParams(search);
  /** @param {string} name @param {number} count @param {number} usual */
  const whole = (name, count, usual) => {
    const value = Number(query.get(name) ?? NaN);
    return Number.isInteger(value) && value >= 0 && value < count ? value : usual;
  };
  const [gate, view] = [query.get("gate"), query.get("view")];
  return {
    pixel: whole("pixel", meta.rows * meta.columns, meta.pixel),
    feature: whole("feature", meta.features, meta.feature),
    gate: isGate(gate) ? gate : meta.gate,
    view: isView(view) ? view : meta.view,
  };
}

/**
 * The same place in a model that may have fewer pixels or features.
 *
 * @param {GatePlace} place
 * @param {GatesMeta} meta
 * @returns {GatePlace}
 */
export function placeWithin(place, meta) {
  const { rows, columns, features } = meta;
  return {
    ...place,
    pixel: place.pixel < rows * columns ? place.pixel : meta.pixel,
    feature: place.feature < features ? place.feature : meta.feature,
  };
}

// --- words -----------------------------------------------------------------------------------------

/** A number as a factor: in brackets where it could be misread. @param {number} value */
function factor(value) {
  const text = decimals(value, 3);
  return /^−|·/.test(text) ? `(${text})` : text;
}

/** @param {GateName | "h_above"} name */
const symbolButton = (name) =>
  `<button type="button" data-symbol="${name}">${name === "h_above" ? "h<sub>above</sub>" : GATE_SYMBOLS[name].html}</button>`;

/** The equations; each symbol is a button. */
export function equationsHtml() {
  const gates = /** @type {GateName[]} */ (["o", "f", "i", "g"]);
  return (
    `[${gates.map(symbolButton).join(", ")}] = [σ, σ, σ, tanh](K<sup>ss</sup> * ${symbolButton("h_above")} + K<sup>is</sup> * x)<br>` +
    `${symbolButton("c")} = ${symbolButton("f")} ⊙ ${symbolButton("c_above")} + ${symbolButton("i")} ⊙ ${symbolButton("g")}<br>` +
    `${symbolButton("h")} = ${symbolButton("o")} ⊙ tanh(${symbolButton("c")})`
  );
}

/** The names of the rows of bars; each is a button. */
export function gateNamesHtml() {
  return GATE_NAMES.map(
    (name) =>
      `<button type="button" data-symbol="${name}"><b>${GATE_SYMBOLS[name].html}</b> <i>${GATE_SYMBOLS[name].word}</i></button>`,
  ).join("");
}

/**
 * Which layer the equations are of, what it reads, and what the slide writes otherwise.
 *
 * @param {GatesMeta} meta
 */
export function layerWords({ layer, layers, first_kernel: first }) {
  const below =
    layer > 1
      ? `the output of layer ${layer - 1}`
      : first === null
        ? "the image"
        : `the output of the first ${first}×${first} convolution`;
  const which = layers > 1 ? `Layer ${layer} of ${layers}: <b>x</b>` : "<b>x</b>";
  return (
    `${which} is a row of ${below}. The lecture's slide writes one σ for all four. As in the paper, this ` +
    "stands for tanh at <b>g</b>: the trained model computes tanh there."
  );
}

/** @param {number} pixel @param {number} columns */
export const pixelName = (pixel, columns) =>
  `row ${Math.floor(pixel / columns)}, column ${pixel % columns}`;

/**
 * What the model predicts at a pixel, and what does not depend on the rest of the digit.
 *
 * @param {number} pixel
 * @param {number} columns
 * @param {number} p
 * @param {number} x the pixel's own value
 * @param {number | null} without p of the digit without its first rows; null: not compared
 */
export function predictionWords(pixel, columns, p, x, without) {
  return (
    `<b>${pixelName(pixel, columns).replace("row", "Row")}</b>: p(x = 1 | before) = <b>${probability(p)}</b>` +
    (without === null ? "" : `, without the erased ink <b>${probability(without)}</b>`) +
    `; the pixel is a ${x}. The values here do not read it, nor any later pixel.`
  );
}

/** A line of an equation may end before an equals sign alone. @param {string[]} sides */
const formula = (sides) => `<code>${sides.map((side) => `<span>${side}</span>`).join(" ")}</code>`;

/**
 * The equations of a feature with its numbers at a pixel; where the digit was read a second time without its
 * first rows, c of both readings in place of h.
 *
 * @param {GateValues} values
 * @param {GateValues | null} erased of the second reading
 * @param {number} feature
 * @param {number} pixel
 */
export function featureWords(values, erased, feature, pixel) {
  /** @param {GateValues} of */
  const sum = (of) => {
    const [f, above, i, g] = /** @type {GateName[]} */ (["f", "c_above", "i", "g"]).map((name) =>
      factor(of.at(name, feature, pixel)),
    );
    const c = decimals(of.at("c", feature, pixel), 3);
    return [`= ${f} × ${above} + ${i} × ${g}`, `= <b>${c}</b>`];
  };
  const unit = `<b>Unit ${feature}</b> at this pixel: `;
  const first = formula(["c = f × c<sub>above</sub> + i × g", ...sum(values)]);
  if (erased) return `${unit}${first}<br>Without the erased ink: ${formula(["c", ...sum(erased)])}`;
  const [o, c, h] = /** @type {GateName[]} */ (["o", "c", "h"]).map((name) =>
    values.at(name, feature, pixel),
  );
  const state = [
    "h = o × tanh(c)",
    `= ${factor(o)} × ${factor(Math.tanh(c))}`,
    `= <b>${decimals(h, 3)}</b>`,
  ];
  return `${unit}${first} ${formula(state)}`;
}

/** What the height of a bar stands for. @param {number} largest of the cells at the pixel */
export function heightWords(largest) {
  const cells = largest ? `; for cells ${decimals(largest, 3)}, the largest at this pixel` : "";
  return `full bar: 1${cells}`;
}
