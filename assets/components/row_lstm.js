// The triangle of states of a Row LSTM, as it grows row by row, and the pixels that these states read.
//
// Python sends tables for each configuration (weights.js keeps them): which states reach a target, how
// many rows up, and for each number of layers how many rows up the lowest state is that reads a pixel.
// The rows of the place are those that are followed up from the target; meta.rows are the image's.

import { sharpContext } from "./theme.js";
import { PixelGrid } from "./grid.js";
import { drawMark, drawTarget } from "./marks.js";
import { FieldView, NEVER, fromAddress, percent, plural } from "./field_view.js";
import { unpack } from "./wire.js";

const SPEEDS = { speeds: [0.5, 1, 2, 4], speed: 1, unit: "rows up" };
const EDGE = 3; // room for the outline of a target at the border
const LEAST_SIDE_TEXT = 240;
const MASK_NAMES = {
  "first": "first layer, mask A",
  "input to state": "input to state",
  "input to state, later layers": "input to state, later layers",
  "state to state": "state to state, on the row above",
};

class RowLSTMView extends FieldView {
  constructor(parent) {
    super(parent.querySelector(".row-lstm"));
    this.canvas = this.say("grid");
    this.slider = this.root.querySelector(".layers input");
    this.slider.oninput = () => {
      this.layers = Number(this.slider.value);
      this.draw();
      this.rest();
    };
    this.listen(this.canvas, () => this.grid);
  }

  receive() {
    const { rows, columns, most_layers: most } = this.meta;
    this.grid ??= new PixelGrid(rows, columns);
    this.slider.max = most;
  }

  get usual() {
    return this.meta.start;
  }

  arrive(before) {
    if (before) return { target: this.target, layers: this.layers, rows: this.rows };
    const said = fromAddress({ target: this.pixels - 1, layers: this.meta.most_layers, rows: this.meta.rows - 1 });
    if (!said.layers) delete said.layers; // there is no network without a layer
    return { ...this.usual, ...said };
  }

  /** How many rows there are above the target: the player's steps. */
  get above() {
    return Math.floor(this.target / this.meta.columns);
  }

  get whole() {
    return this.rows === this.above;
  }

  go({ target, layers, rows, play = false }) {
    this.target = target;
    this.layers = layers;
    this.slider.value = layers;
    this.load(Math.min(rows, this.above));
    this.drawLegend();
    if (play) this.playAll();
  }

  step(step) {
    this.rows = step;
    this.draw();
  }

  load(rows) {
    this.player.load(this.above, SPEEDS);
    this.player.seek(rows);
  }

  /** Another target; a triangle that was followed to the top stays so. */
  move(target) {
    if (this.above > 0) this.toTheTop = this.whole; // in the first row there is nothing to follow
    this.target = target;
    this.load(this.toTheTop ? this.above : Math.min(this.rows, this.above));
    this.rest();
  }

  kept() {
    return Object.fromEntries(["target", "layers", "rows"].map((name) => [name, [this[name], this.meta.start[name]]]));
  }

  hint() {
    super.hint("Drag the target, or click the grid and use the arrow keys.");
  }

  // --- what the tables say -------------------------------------------------------------------

  /** Rows from the target up to the state at a place, if it reaches the target. */
  state(place, target = this.target) {
    return this.first("states", place, target);
  }

  /** Rows from the target up to the lowest state that reads a pixel and reaches the target. */
  readAt(pixel, target = this.target) {
    return this.tables.rows[((this.layers - 1) * this.pixels + target) * this.pixels + pixel];
  }

  fewest(pixel) {
    return this.first("layers", pixel);
  }

  /** A name of marks.js; "blank" where it hangs on rows that are not followed yet. */
  markOf(pixel) {
    if (pixel >= this.target) return pixel === this.target ? "blank" : "future";
    if (this.readAt(pixel) <= this.rows) return "seen";
    if (Math.floor(pixel / this.meta.columns) < this.above - this.rows) return "blank";
    return this.fewest(pixel) === NEVER ? "blind" : "depth-limited";
  }

  count() {
    const counts = { seen: 0, limited: 0, blind: 0, states: 0, unread: 0 };
    for (let pixel = 0; pixel < this.target; pixel++) {
      const mark = this.markOf(pixel);
      counts.seen += mark === "seen";
      counts.limited += mark === "depth-limited";
      counts.blind += mark === "blind";
      if (this.state(pixel) > this.rows) continue;
      counts.states++;
      counts.unread += mark !== "seen";
    }
    return counts;
  }

  /** From the target over the states of the recurrence to the one that reads a pixel. */
  chain(pixel) {
    const up = this.readAt(pixel);
    const all = Array.from({ length: this.target + 1 }, (_, place) => place);
    const nearest = (places, to) => places.sort((a, b) => this.distance(a, to) - this.distance(b, to))[0];
    const reader = nearest(all.filter((place) => this.state(place) === up && this.readAt(pixel, place) === 0), pixel);
    const places = [this.target];
    for (let left = up - 1; left >= 0; left--) {
      const last = places.at(-1);
      places.push(nearest(all.filter((place) => this.state(place, last) === 1 && this.state(reader, place) === left), reader));
    }
    return places;
  }

  // --- drawing -------------------------------------------------------------------------------

  paint(width) {
    const high = window.innerHeight - (this.meta.present ? 250 : 330);
    const beside = Math.min(high, width - LEAST_SIDE_TEXT - 26);
    const side = Math.floor(beside >= 260 ? Math.min(beside, 720) : Math.min(width, 420));
    this.grid.place(EDGE, EDGE, side - 2 * EDGE);
    const context = sharpContext(this.canvas, side, side);
    for (let pixel = 0; pixel < this.pixels; pixel++) {
      drawMark(context, this.markOf(pixel), ...this.square(this.grid, pixel), this.theme);
    }
    this.drawRecurrence(context);
    drawTarget(context, ...this.square(this.grid, this.target), this.theme);
    for (let place = 0; place <= this.target; place++) {
      const up = this.state(place);
      if (up <= this.rows) this.drawState(context, this.grid.centre(place), this.grid.cell, up === this.rows && this.rows > 0);
    }
    delete this.root.dataset.path;
    if (this.hovered >= 0) this.drawPointed(context);
    this.drawWords();
  }

  /** Lines from each state to those of the row above that it is computed from. */
  drawRecurrence(context) {
    const states = Array.from({ length: this.target + 1 }, (_, place) => place);
    for (const [colour, wide] of [[this.theme.ground, 3], [this.theme.text, 1]]) {
      context.strokeStyle = colour;
      for (const place of states) {
        const up = this.state(place);
        if (up >= this.rows) continue;
        const newest = up === this.rows - 1;
        context.lineWidth = wide + (newest ? 0.75 : 0);
        context.globalAlpha = newest ? 0.95 : 0.4;
        for (const source of states) {
          if (this.state(source, place) !== 1) continue;
          context.beginPath();
          context.moveTo(...this.grid.centre(source));
          context.lineTo(...this.grid.centre(place));
          context.stroke();
        }
      }
    }
    context.globalAlpha = 1;
  }

  /** A state: a circle; filled where it came with the last row. */
  drawState(context, [x, y], cell, newest) {
    context.beginPath();
    context.arc(x, y, cell * 0.2, 0, 7);
    context.fillStyle = newest ? this.theme.text : this.theme.ground;
    context.fill();
    context.lineWidth = 4;
    context.strokeStyle = this.theme.ground;
    context.stroke();
    context.lineWidth = Math.max(1.5, cell / 18);
    context.strokeStyle = this.theme.text;
    context.stroke();
  }

  /** The pixel under the pointer, and the way from the target to it. */
  drawPointed(context) {
    const [x, y, size] = this.square(this.grid, this.hovered);
    context.strokeStyle = this.theme.text;
    context.lineWidth = 2;
    context.strokeRect(x, y, size, size);
    if (this.hovered >= this.target || this.readAt(this.hovered) > this.rows) return;
    const places = this.chain(this.hovered);
    this.root.dataset.path = places.join(" ");
    for (const [colour, wide] of [[this.theme.ground, 6], [this.theme.colours.target, 3]]) {
      context.strokeStyle = context.fillStyle = colour;
      context.lineWidth = wide;
      context.lineJoin = "round";
      context.beginPath();
      for (const place of places) context.lineTo(...this.grid.centre(place));
      context.stroke();
      context.setLineDash([4, 4]);
      context.beginPath();
      context.moveTo(...this.grid.centre(places.at(-1)));
      context.lineTo(...this.grid.centre(this.hovered));
      context.stroke();
      context.setLineDash([]);
    }
    for (const place of places) this.drawState(context, this.grid.centre(place), this.grid.cell, true);
  }

  drawMasks() {
    this.say("masks").replaceChildren(
      ...Object.entries(this.meta.masks).flatMap(([name, rows]) => {
        if (name === "input to state, later layers" && this.layers === 1) return [];
        const taps = document.createElement("div");
        taps.className = "taps";
        taps.style.gridTemplateColumns = `repeat(${rows[0].length}, 15px)`;
        const middle = [(rows.length - 1) / 2, (rows[0].length - 1) / 2];
        rows.forEach((row, y) =>
          row.forEach((tap, x) => {
            const cell = document.createElement("i");
            cell.textContent = tap;
            cell.classList.toggle("one", tap === 1);
            cell.classList.toggle("here", name !== "state to state" && y === middle[0] && x === middle[1]);
            taps.append(cell);
          }),
        );
        const word = document.createElement("span");
        const mask = { "input to state": this.meta.first_kernel ? ", mask B" : ", mask A", "input to state, later layers": ", mask B" };
        word.textContent = MASK_NAMES[name] + (mask[name] ?? "");
        return [taps, word];
      }),
    );
  }

  drawLegend() {
    const words = this.meta.words;
    const shown = [
      ["target", words.target],
      ["state", "state that reaches it"],
      ["newest", "new with this row"],
      ["seen", "pixel seen"],
      ["depth-limited", words["depth-limited"]],
      ["blind", words.blind],
      ["blank", "not followed yet"],
      ["future", words.future],
    ];
    this.say("legend").replaceChildren(...this.legendItems(shown));
  }

  drawKey(context, mark, x, y, size) {
    if (mark === "target") drawTarget(context, x, y, size, this.theme);
    else if (mark === "state" || mark === "newest") this.drawState(context, [x + size / 2, y + size / 2], 2 * size, mark === "newest");
    else drawMark(context, mark, x, y, size, this.theme);
  }

  // --- words ---------------------------------------------------------------------------------

  drawWords() {
    const counts = this.count();
    Object.assign(this.root.dataset, counts);
    this.root.querySelector(".layers output").textContent = this.layers;
    this.slider.setAttribute("aria-valuetext", plural(this.layers, "layer"));
    this.say("counts").innerHTML = this.ofCounts(counts);
    this.drawMasks();
    this.say("reason").innerHTML = this.ofForm(counts);
    this.say("reading").innerHTML = this.hovered >= 0 ? this.ofPixel(this.hovered) : this.ofRow();
    this.hint();
    this.canvas.setAttribute("aria-label", `Target ${this.name(this.target)}: ${this.say("counts").innerText.trim()}. Arrow keys move the target.`);
  }

  ofCounts({ seen, limited, blind }) {
    if (!this.target) return "nothing comes before the first pixel<span>&nbsp;</span>";
    const total = this.target;
    if (!this.whole) return `reads <b>${seen}</b> of ${total} so far<span>${plural(this.above - this.rows, "row")} not followed yet</span>`;
    return `reads <b>${seen}</b> of ${total} (${percent(seen, total)})<span>${limited} with more layers · ${blind ? `${blind} never` : "none never"}</span>`;
  }

  /** Why the pixels stand where they do, for the form that is shown. */
  ofForm({ states, unread }) {
    const { first_kernel: first } = this.meta;
    const under = states ? `${unread} of the ${states} states drawn above the target stand on pixels that it does not read.` : "";
    if (!first && !this.rows) {
      const reads = this.layers === 1 ? "The layer reads" : "The first layer reads";
      return `<b>The bare form.</b> ${reads} the image itself, with mask A: the pixel at which a state stands is not in it.`;
    }
    if (!first) {
      const why =
        this.layers === 1
          ? "The layer reads the image with mask A, so no state holds the pixel at which it stands, only those on its left."
          : "Layers after the first read features at their own place, but those come from mask A and end one column to the left. Depth adds on the left alone.";
      return `<b>Pixels are not states.</b> ${why} The pixels end one column before the states. ${under}`;
    }
    const reach = (first - 1) / 2;
    const why = `The ${first}×${first} convolution reaches ${plural(reach, "row")} up and ${plural(reach, "column")} to the right before any state does.`;
    return `<b>The first layer makes up for it.</b> ${why} ${unread ? under : states ? `All ${states} states drawn stand on pixels that the target reads; it reads some beside them too.` : ""}`;
  }

  ofRow() {
    if (!this.target) return "<b>The first pixel</b> has none before it: its distribution is made of biases alone.";
    if (!this.above) return "<b>The first row</b> has no state above it: the target sees what the kernels reach on its left.";
    const inLayer = this.layers > 1 ? ` of layer ${this.layers}` : "";
    const below = this.layers > 1 ? ` Each reads features of layer ${this.layers - 1}, which have triangles of their own.` : "";
    if (!this.rows) return `<b>The target's state</b>${inLayer} reads what its own kernel reaches. Play: it also takes the states of the row above, these those above them.${below}`;
    const fresh = Array.from({ length: this.target }, (_, place) => this.state(place)).filter((up) => up === this.rows).length;
    const top = this.whole ? " That is all: above the first row the state is 0." : "";
    return `<b>${plural(this.rows, "row")} up</b>: ${plural(fresh, "state")}${inLayer} there reach the target.${top}${below}`;
  }

  ofPixel(pixel) {
    const name = this.name(pixel).replace("row", "Row");
    if (pixel === this.target) return `<b>${name}</b>, the target: what is predicted. Its own value is not read, its state is used.`;
    if (pixel > this.target) return `<b>${name}</b> is in the future: it is drawn after the target.`;
    const up = this.readAt(pixel);
    const stands = this.state(pixel) <= this.rows;
    const state = stands ? (up <= this.rows ? " The state there reaches the target too." : " The <b>state</b> there reaches the target, its <b>pixel</b> does not.") : "";
    if (up <= this.rows) {
      const reader = this.chain(pixel).at(-1);
      const by = up ? `the state at ${this.name(reader)}, ${plural(up, "row")} up` : "the target's own state";
      const through = this.layers > 1 ? ", through the layers below" : this.meta.first_kernel ? ", through the first layer" : "";
      return `<b>${name}</b> is read by ${by}${through}.${state}`;
    }
    if (this.markOf(pixel) === "blank") return `<b>${name}</b>: not known yet, follow more rows.`;
    const fewest = this.fewest(pixel);
    const when = fewest === NEVER ? "is read never, at any depth" : `takes ${fewest} layers; here there ${this.layers > 1 ? "are" : "is"} ${this.layers}`;
    return `<b>${name}</b> ${when}.${state}`;
  }
}

const rowLSTMViews = new WeakMap();

export default function row_lstm({ parentElement, data, setTriggerValue }) {
  let view = rowLSTMViews.get(parentElement);
  if (!view) {
    view = new RowLSTMView(parentElement);
    rowLSTMViews.set(parentElement, view);
  }
  view.update(unpack(data).meta, setTriggerValue);
  return () => {
    view.destroy();
    rowLSTMViews.delete(parentElement);
  };
}
