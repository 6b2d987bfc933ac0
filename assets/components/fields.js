// What a conditional can read, layer by layer: a grid for each network, one target for all of them.
//
// Python sends a table for each network, once for each configuration (weights.js keeps them): for
// every target and every pixel the first layer after which the output can read that pixel.

import { sharpContext } from "./theme.js";
import { PixelGrid } from "./grid.js";
import { drawMark, drawNew, drawTarget } from "./marks.js";
import { FieldView, NEVER, fromAddress, percent } from "./field_view.js";
import { unpack } from "./wire.js";

const LEAST_RANGE = 15; // layers that the player offers, where there is less to see
const SPEEDS = { layer: [[0.5, 1, 2, 4, 8], 2], pixel: [[2, 4, 8, 16, 32], 8] }; // steps a second
const NARROW = 640;
const LEAST_SIDE = 150;
const BESIDE = 122; // what a kernel and its name take beside a grid
const STREAM_MARKS = [null, "horizontal", "vertical", "crossed"]; // by the bits of a kernel's cell

class FieldsView extends FieldView {
  constructor(parent) {
    super(parent.querySelector(".fields"));
    this.view = "field";
    for (const button of this.root.querySelectorAll("[data-view]")) {
      button.onclick = () => this.show(button.dataset.view);
    }
  }

  receive(before) {
    this.root.dataset.rows = this.meta.rows;
    this.say("modes").firstElementChild.hidden = !this.meta.panels.some((panel) => panel.kernels.length);
    this.build(before);
  }

  get usual() {
    const { target, depth } = this.meta;
    return { target, depth, view: "field" };
  }

  /** As the address says, else where the configuration before stood. */
  arrive(before) {
    const query = new URLSearchParams(location.search);
    const views = [...this.root.querySelectorAll("[data-view]")].map((button) => button.dataset.view);
    const kept = before && { target: this.scaled(before), depth: this.depth, view: this.view };
    const said = fromAddress({ target: this.pixels - 1, depth: this.meta.most });
    if (views.includes(query.get("view"))) said.view = query.get("view");
    return { ...this.usual, ...kept, ...said };
  }

  go({ target, depth, view, play = false }) {
    this.target = target;
    this.depth = depth;
    this.range = Math.max(LEAST_RANGE, this.meta.last, depth);
    this.show(view);
    if (play) this.playAll();
  }

  /** The field, or a kernel: "field", "first", "later". The player then plays layers or pixels. */
  show(view) {
    this.view = view;
    for (const button of this.root.querySelectorAll("[data-view]")) {
      button.setAttribute("aria-pressed", button.dataset.view === view);
    }
    const unit = view === "field" ? "layer" : "pixel";
    const [speeds, speed] = SPEEDS[unit];
    this.player.load(unit === "layer" ? this.range : this.pixels - 1, { speeds, speed, unit });
    this.drawLegend();
    this.player.seek(unit === "layer" ? this.depth : this.target);
  }

  /** The player's step: a layer of the field, or where the kernel stands. */
  step(step) {
    if (this.view === "field") this.depth = step;
    else this.target = step;
    this.draw();
  }

  move(target) {
    if (this.view === "field") super.move(target);
    else this.player.seek(target);
  }

  kept() {
    const { target, depth } = this.meta;
    return { target: [this.target, target], depth: [this.depth, depth], view: [this.view, "field"] };
  }

  commit() {
    if (!this.dragging) super.commit(); // a drag is kept when it ends
  }

  /** The kernel that the view shows, where the panel has kernels. */
  kernelOf(panel) {
    return panel.kernels[this.view === "first" ? 0 : 1];
  }

  // --- what the tables say -------------------------------------------------------------------

  /** The mark of a pixel at this target and depth: a name of marks.js, or null for the target. */
  markOf(panel, pixel) {
    const first = this.first(panel.table, pixel);
    if (first <= this.depth) {
      if (pixel >= this.target) return "leak";
      const way = panel.ways.find(({ tables }) => tables.every((table) => this.first(table, pixel) <= this.depth));
      return way?.mark ?? "seen";
    }
    if (pixel === this.target) return null;
    if (pixel > this.target) return "future";
    return first === NEVER ? "blind" : "depth-limited";
  }

  count(panel) {
    const counts = { seen: 0, limited: 0, blind: 0, fresh: 0, leaks: 0, last: 0 };
    for (let pixel = 0; pixel < this.pixels; pixel++) {
      const first = this.first(panel.table, pixel);
      if (first !== NEVER) counts.last = Math.max(counts.last, first);
      if (pixel >= this.target) counts.leaks += first <= this.depth;
      else if (first <= this.depth) counts.seen++;
      else if (first === NEVER) counts.blind++;
      else counts.limited++;
      counts.fresh += pixel < this.target && first === this.depth;
    }
    return counts;
  }

  /**
   * A shortest way from the target back to a pixel that it reads, as the places whose features
   * are read one after the other; null where the panel has no kernels to follow.
   *
   * A feature of layer n reads what lies under its kernel in layer n - 1. In a network of two
   * streams the first also reads the second one at its own place and layer.
   */
  path(panel, pixel) {
    if (panel.kernels.length < 2 || pixel >= this.target) return null;
    const [start, later] = panel.kernels;
    const places = [this.target];
    let at = this.target;
    let stream = 0;
    let layer = this.first(panel.table, pixel);
    for (;;) {
      if (stream === 0 && panel.streams.length > 1 && this.first(panel.streams[1], pixel, at) <= layer) stream = 1;
      const under = this.under(layer === 0 ? start : later, at).filter(({ bits }) => bits & (1 << stream));
      if (layer === 0) return under.some(({ place }) => place === pixel) ? [...places, pixel] : null;
      layer--;
      const next = under
        .filter(({ place }) => this.first(panel.streams[stream], pixel, place) <= layer)
        .sort((a, b) => this.distance(a.place, pixel) - this.distance(b.place, pixel))[0];
      if (!next) return null;
      at = next.place;
      places.push(at);
    }
  }

  /** The cells of a kernel that stands at a place: { place, bits }, and outside the image place -1. */
  under(kernel, at) {
    const { rows, columns } = this.meta;
    const [row, column] = [Math.floor(at / columns), at % columns];
    return Array.from(this.tables[kernel.cells], (bits, cell) => {
      const y = row + Math.floor(cell / kernel.columns) - (kernel.rows - 1) / 2;
      const x = column + (cell % kernel.columns) - (kernel.columns - 1) / 2;
      const inside = y >= 0 && y < rows && x >= 0 && x < columns;
      return { bits, place: inside ? y * columns + x : -1 };
    });
  }

  // --- drawing -------------------------------------------------------------------------------

  /** A figure for each panel; made anew only where other panels come. */
  build(before) {
    const names = JSON.stringify(this.meta.panels);
    if (before && names === this.panelNames) return;
    this.panelNames = names;
    const host = this.say("panels");
    const focused = this.panels?.findIndex(({ canvas }) => canvas.matches(":focus")) ?? -1;
    host.innerHTML = "";
    this.panels = this.meta.panels.map((panel, number) => {
      const figure = document.createElement("figure");
      figure.className = "panel";
      figure.innerHTML = `
        <figcaption><b></b><span></span></figcaption>
        <canvas class="grid" role="application" tabindex="${number ? -1 : 0}"></canvas>
        <p class="counts"></p>
        <div class="tiles"></div>`;
      figure.querySelector("b").textContent = panel.title;
      const canvas = figure.querySelector("canvas");
      const grid = new PixelGrid(this.meta.rows, this.meta.columns);
      this.listen(canvas, () => grid);
      const tiles = panel.kernels.map((kernel, at) => {
        const button = document.createElement("button");
        button.type = "button";
        button.dataset.view = ["first", "later"][at];
        button.append(document.createElement("canvas"), kernel.title);
        button.onclick = () => this.show(this.view === button.dataset.view ? "field" : button.dataset.view);
        figure.querySelector(".tiles").append(button);
        return button.querySelector("canvas");
      });
      host.append(figure);
      return { ...panel, figure, canvas, grid, tiles };
    });
    this.panels[focused]?.canvas.focus();
  }

  paint(width) {
    const narrow = width < NARROW;
    const gap = narrow ? 12 : 28;
    const across = Math.max(1, Math.min(this.panels.length, Math.floor((width + gap) / (LEAST_SIDE + gap))));
    const per = (width - gap * (across - 1)) / across;
    const high = window.innerHeight - (this.meta.present ? 412 : 426);
    const below = Math.min(per, Math.max(250, Math.min(440, high)));
    // With width to spare the kernels stand beside their grid, which then takes their height too.
    const beside = Math.min(per - BESIDE, high + 76);
    const aside = beside > below && this.panels.some((panel) => panel.kernels.length);
    const side = Math.floor(aside ? beside : below);
    this.root.classList.toggle("aside", aside);
    this.say("panels").style.columnGap = `${gap}px`;
    this.say("panels").style.gridTemplateColumns = `repeat(${across}, ${aside ? side + BESIDE : side}px)`;
    for (const panel of this.panels) this.drawPanel(panel, side);
    this.read();
    this.hint();
  }

  drawPanel(panel, side) {
    const { canvas, grid } = panel;
    const { rows, columns } = this.meta;
    if (grid.rows !== rows || grid.columns !== columns) Object.assign(grid, { rows, columns });
    const edge = 3; // room for the outline of a target at the border
    grid.place(edge, edge, side - 2 * edge);
    const context = sharpContext(canvas, grid.width + 2 * edge, grid.height + 2 * edge);
    if (this.view === "field") this.drawField(context, panel);
    else this.drawKernel(context, panel);
    if (this.hovered >= 0 && this.hovered !== this.target) {
      const [x, y, size] = this.square(grid, this.hovered);
      context.strokeStyle = this.theme.text;
      context.lineWidth = 1.5;
      context.strokeRect(x, y, size, size);
    }
    this.drawTiles(panel);
    this.drawCounts(panel);
  }

  drawField(context, panel) {
    const { grid } = panel;
    for (let pixel = 0; pixel < this.pixels; pixel++) {
      const square = this.square(grid, pixel);
      const mark = this.markOf(panel, pixel);
      drawMark(context, mark ?? "blank", ...square, this.theme);
      if (pixel < this.target && this.first(panel.table, pixel) === this.depth) drawNew(context, ...square, this.theme);
    }
    drawTarget(context, ...this.square(grid, this.target), this.theme);
    const read = this.hovered >= 0 && this.first(panel.table, this.hovered) <= this.depth;
    const path = (read && this.path(panel, this.hovered)) || [];
    panel.figure.dataset.path = path.join(" ");
    if (path.length) this.drawPath(context, path.map((place) => grid.centre(place)));
  }

  drawPath(context, places) {
    for (const [colour, width] of [[this.theme.ground, 5], [this.theme.colours.target, 2.5]]) {
      context.strokeStyle = context.fillStyle = colour;
      context.lineWidth = width;
      context.lineJoin = "round";
      context.beginPath();
      places.forEach(([x, y]) => context.lineTo(x, y));
      context.stroke();
      for (const [x, y] of places) {
        context.beginPath();
        context.arc(x, y, width === 5 ? 4.5 : 3, 0, 7);
        context.fill();
      }
    }
  }

  /** The image as far as it is drawn, and over it the kernel: its ones and its zeros. */
  drawKernel(context, panel) {
    const { grid } = panel;
    const at = this.pointed;
    for (let pixel = 0; pixel < this.pixels; pixel++) {
      drawMark(context, pixel < at ? "blank" : "future", ...this.square(grid, pixel), this.theme);
    }
    const kernel = this.kernelOf(panel);
    if (!kernel) return;
    for (const { bits, place } of this.under(kernel, at)) {
      if (place >= 0) this.drawWeight(context, panel, bits, ...this.square(grid, place));
    }
    const [x, y] = grid.centre(at);
    context.strokeStyle = this.theme.text;
    context.lineWidth = 1.5;
    const [wide, high] = [kernel.columns * grid.cell, kernel.rows * grid.cell];
    context.strokeRect(x - wide / 2, y - high / 2, wide, high);
    drawTarget(context, ...this.square(grid, at), this.theme);
  }

  /** One cell of a mask: a 1 in the colour of what is read, a 0 on plain ground. */
  drawWeight(context, panel, bits, x, y, size) {
    const mark = !bits ? null : panel.streams.length > 1 ? STREAM_MARKS[bits] : "seen";
    if (mark) drawMark(context, mark, x, y, size, this.theme);
    if (size < 8) return;
    const { colours, ground, font } = this.theme;
    context.font = `600 ${Math.min(13, size * 0.62)}px ${font}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    if (mark && mark !== "seen") {
      context.fillStyle = colours.seen;
      context.fillRect(x + size * 0.25, y + size * 0.2, size * 0.5, size * 0.6);
    }
    context.fillStyle = bits ? ground : colours.quiet;
    context.fillText(bits ? "1" : "0", x + size / 2, y + size / 2 + 0.5);
  }

  drawTiles(panel) {
    panel.tiles.forEach((canvas, number) => {
      const kernel = panel.kernels[number];
      const cell = Math.min(14, Math.floor(66 / Math.max(kernel.rows, kernel.columns)));
      const context = sharpContext(canvas, cell * kernel.columns + 2, cell * kernel.rows + 2);
      this.tables[kernel.cells].forEach((bits, at) => {
        const [x, y] = [1 + (at % kernel.columns) * cell, 1 + Math.floor(at / kernel.columns) * cell];
        if (!bits) drawMark(context, "blank", x, y, cell - 1, this.theme);
        this.drawWeight(context, panel, bits, x, y, cell - 1);
      });
      const middle = [1 + ((kernel.columns - 1) / 2) * cell, 1 + ((kernel.rows - 1) / 2) * cell];
      context.strokeStyle = this.theme.colours.target;
      context.lineWidth = 1.5;
      context.strokeRect(...middle, cell - 1, cell - 1);
    });
  }

  drawLegend() {
    const words = this.meta.words;
    const ways = this.panels.flatMap((panel) => panel.ways);
    const plain = this.panels.some((panel) => panel.ways.length === 0);
    const leaks = this.panels.some((panel) => this.first(panel.table, this.target) !== NEVER);
    const both = this.view !== "field" && this.panels.some((panel) => this.tables[this.kernelOf(panel)?.cells]?.includes(3));
    const shown =
      this.view === "field"
        ? [
            ["target", words.target],
            ...(plain ? [["seen", words.seen]] : []),
            ...ways.map(({ mark, word }) => [mark, word]),
            ["new", "new with this layer"],
            ["depth-limited", words["depth-limited"]],
            ["blind", words.blind],
            ["future", words.future],
            ...(leaks ? [["leak", "leak: reads itself"]] : []),
          ]
        : [
            ["target", "where the kernel stands"],
            ["one", "under a 1: read"],
            ["zero", "under a 0: not read"],
            ...ways.map(({ mark, stream }) => [mark, `by the ${stream}`]),
            ...(both ? [["crossed", "by both"]] : []),
            ["blank", "drawn before"],
            ["future", words.future],
          ];
    this.say("legend").replaceChildren(...this.legendItems(shown));
  }

  drawKey(context, mark, ...square) {
    if (mark === "one" || mark === "zero") {
      drawMark(context, mark === "one" ? "seen" : "blank", ...square, this.theme);
      this.drawWeight(context, { streams: [] }, Number(mark === "one"), ...square);
    } else {
      const ground = { target: "blank", new: "seen" }[mark] ?? mark;
      drawMark(context, ground, ...square, this.theme);
      if (mark === "target") drawTarget(context, ...square, this.theme);
      if (mark === "new") drawNew(context, ...square, this.theme);
    }
  }

  // --- words ---------------------------------------------------------------------------------

  drawCounts(panel) {
    const { figure, canvas, title } = panel;
    const { seen, limited, blind, fresh, leaks } = this.count(panel);
    Object.assign(figure.dataset, { seen, limited, blind, fresh, leaks });
    figure.querySelector("figcaption span").textContent = panel.subtitle.replaceAll("{depth}", this.depth);
    const counts = figure.querySelector(".counts");
    counts.innerHTML = this.view === "field" ? this.ofField({ seen, limited, blind, leaks }) : this.ofMask(panel);
    canvas.setAttribute("aria-label", `${title}, target ${this.name(this.target)}: ${counts.innerText.trim()}. Arrow keys move the target.`);
  }

  ofField({ seen, limited, blind, leaks }) {
    const total = this.target;
    const leak = leaks ? ' <b class="leak">and itself: a leak</b>' : "";
    if (!total) return `nothing comes before the first pixel<span>${leak.replace("and", "it reads") || "&nbsp;"}</span>`;
    const more = limited ? `${limited} with more depth (${percent(limited, total)})` : "0 with more depth";
    const never = blind ? `blind spot ${blind} (${percent(blind, total)})` : "no blind spot";
    return `reads <b>${seen}</b> of ${total} (${percent(seen, total)})${leak}<span>${more} · ${never}</span>`;
  }

  ofMask(panel) {
    const kernel = this.kernelOf(panel);
    if (!kernel) return "no kernel<span>&nbsp;</span>";
    const cells = this.under(kernel, this.pointed);
    const ones = cells.filter(({ bits }) => bits);
    const outside = ones.filter(({ place }) => place < 0).length;
    const border = outside ? `, ${outside} ones over the border, on zeros` : "";
    return `<b>${ones.length}</b> ones, ${cells.length - ones.length} zeros${border}<span>${kernel.note}</span>`;
  }

  read() {
    this.say("reading").innerHTML = this.view === "field" ? (this.hovered >= 0 ? this.ofPixel(this.hovered) : this.ofLayer()) : this.ofKernel();
  }

  ofPixel(pixel) {
    const name = this.name(pixel).replace("row", "Row");
    const leaking = this.panels.filter((panel) => this.first(panel.table, pixel) !== NEVER).map(({ title }) => title);
    if (pixel === this.target) {
      const itself = leaking.length ? `${leaking.join(" and ")} ${leaking.length > 1 ? "read" : "reads"} it: the answer is given away.` : "No network reads the pixel that it predicts.";
      return `<b>${name}</b>, the target. ${itself}`;
    }
    if (pixel > this.target && !leaking.length) return `<b>${name}</b> is in the future: it is drawn after the target, and no network may read it.`;
    const said = this.panels.map((panel) => {
      const first = this.first(panel.table, pixel);
      const way = panel.ways.find(({ mark }) => mark === this.markOf(panel, pixel));
      const by = first <= this.depth && way ? `, by the ${way.stream}` : "";
      const when =
        first === NEVER
          ? "never, at any depth"
          : first > this.depth
            ? `not yet; from layer ${first} on`
            : first === 0
              ? `read by the first layer${by}`
              : `read since layer ${first}${by}`;
      return `${panel.title}: ${when}.`;
    });
    return `<b>${name}</b>. ${said.join(" ")}`;
  }

  ofLayer() {
    if (this.target === 0) return "<b>The first pixel</b> has none before it: its distribution should be made of biases alone.";
    const counts = this.panels.map((panel) => ({ title: panel.title, ...this.count(panel) }));
    const before = `<b>Target ${this.name(this.target)}</b>: ${this.target} ${this.target > 1 ? "pixels come" : "pixel comes"} before it. `;
    if (counts.every(({ last }) => last < this.depth)) {
      const blind = counts.filter((each) => each.blind);
      const left = blind.map((each) => `${each.title} stays blind to ${each.blind}`).join(", ");
      return `${before}Layer ${this.depth} adds nothing, and no deeper stack will${left ? `: ${left}` : ""}.`;
    }
    const layer = this.depth ? `Layer ${this.depth} adds` : "The first layer, layer 0, reads";
    const added = counts.map(({ title, fresh }) => `${fresh} ${this.depth ? "to" : "in"} ${title}`).join(", ");
    return `${before}${layer} ${added}. Point at a pixel to see when it is read, and by which way.`;
  }

  ofKernel() {
    const of = this.view === "first" ? "The first kernel reads pixels" : "A later kernel reads features of the layer before";
    return `<b>The kernel at ${this.name(this.pointed)}.</b> ${of}. It is the same at every place: play to see it walk in raster order, or drag it.`;
  }
}

const fieldViews = new WeakMap();

export default function fields({ parentElement, data, setTriggerValue }) {
  let view = fieldViews.get(parentElement);
  if (!view) {
    view = new FieldsView(parentElement);
    fieldViews.set(parentElement, view);
  }
  view.update(unpack(data).meta, setTriggerValue);
  return () => {
    view.destroy();
    fieldViews.delete(parentElement);
  };
}
