"""Pictures of what a pixel's conditional reads: tables for the browser, files to take away.

A table of first layers (`receptive_field.first_seen`) answers for every target and every depth at
once, so the browser gets the tables and looks up the rest. Here the same is drawn for paper.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from arviz_models.figures.palette import MEANINGS
from arviz_models.receptive_field import NAMES, NEVER

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Marks of pixels that are seen, drawn by assets/components/marks.js and by Matplotlib.
HATCHES = {"vertical": "||", "horizontal": "--", "crossed": "++"}


@dataclass(frozen=True)
class Way:
    """How a pixel is read, in a network of several streams.

    Attributes:
        word: what the legend calls such a pixel.
        stream: what a sentence calls the stream: "vertical stack".
        mark: one of `HATCHES`.
        tables: names of the tables of first layers that all have to hold the pixel.
    """

    word: str
    stream: str
    mark: str
    tables: tuple[str, ...]


@dataclass(frozen=True)
class Kernel:
    """The taps of a layer, as one mask.

    Attributes:
        title: which layers have it, and of what type.
        note: what to see in it, a sentence.
        cells: name of its array: uint8 (rows, columns), centred on the pixel; 0 where a weight is
            masked, else the sum of 1 for a weight on the first stream and 2 on the second.
        rows, columns: its size, odd.
    """

    title: str
    note: str
    cells: str
    rows: int
    columns: int


@dataclass(frozen=True)
class Panel:
    """One network of the picture.

    Attributes:
        title: its name.
        subtitle: its layers; "{depth}" stands for how many follow the first, "{layers}" for the
            same with its noun.
        table: name of its table of first layers, that of the output.
        streams: names of the tables of the streams, the one that the output reads first; a
            feature of that one also reads the second at its own place.
        ways: how its pixels are read, the first that fits; none for one way alone.
        kernels: of the first layer and of those that follow; none where they are no convolutions.
    """

    title: str
    subtitle: str
    table: str
    streams: tuple[str, ...]
    ways: tuple[Way, ...] = ()
    kernels: tuple[Kernel, ...] = ()


@dataclass(frozen=True, eq=False)
class Fields:
    """What several networks read, side by side, on one image size.

    Attributes:
        shape: H, W.
        panels: the networks.
        arrays: by name. Tables of first layers, uint8 (H*W, H*W) [target, pixel]; masks of
            kernels.
    """

    shape: tuple[int, int]
    panels: tuple[Panel, ...]
    arrays: Mapping[str, np.ndarray]

    @property
    def last(self) -> int:
        """The last layer that adds a pixel, for any target and network."""
        tables = [self.arrays[panel.table] for panel in self.panels]
        return max(int(table[table != NEVER].max(initial=0)) for table in tables)

    def meta(self) -> dict[str, Any]:
        """All but the arrays, as JSON holds it."""
        rows, columns = self.shape
        panels = [asdict(panel) for panel in self.panels]
        words = {name: MEANINGS[name].word for name in ("target", "seen", *NAMES[3:], "future")}
        return {
            "rows": rows,
            "columns": columns,
            "last": self.last,
            "panels": panels,
            "words": words,
        }

    def classes(self, panel: Panel, target: int, depth: int) -> np.ndarray:
        """uint8 (H, W), indices into `receptive_field.NAMES`, at `depth` layers after the first."""
        first = self.arrays[panel.table][target]
        pixel = np.arange(first.size)
        found = [pixel > target, pixel == target, first <= depth, first != NEVER]
        return np.select(found, range(4), 4).astype(np.uint8).reshape(self.shape)

    def way(self, panel: Panel, target: int, pixel: int, depth: int) -> Way | None:
        """How a pixel is read that is read; None where the network has one way alone."""
        return next(
            (
                way
                for way in panel.ways
                if all(self.arrays[name][target, pixel] <= depth for name in way.tables)
            ),
            None,
        )

    def deepest(self, target: int) -> int:
        """The last layer that adds a pixel for this target, in any network."""
        rows = [self.arrays[panel.table][target] for panel in self.panels]
        return max(int(row[row != NEVER].max(initial=0)) for row in rows)


def fields_figure(fields: Fields, target: int, depth: int) -> Figure:
    """A grid for each network with the legend under them, as a Matplotlib figure.

    Args:
        target: flat index.
        depth: layers after the first.
    """
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    rows, columns = fields.shape
    layers = "1 layer" if depth == 1 else f"{depth} layers"
    figure = Figure(figsize=(3.2 * len(fields.panels), 4), layout="constrained")
    axes = figure.subplots(1, len(fields.panels), squeeze=False)[0]
    with matplotlib.rc_context({"hatch.linewidth": 0.8}):
        for axis, panel in zip(axes, fields.panels, strict=True):
            classes = fields.classes(panel, target, depth)
            leaks = fields.arrays[panel.table][target, target] <= depth
            for pixel, number in enumerate(classes.ravel()):
                name = NAMES[number]
                way = fields.way(panel, target, pixel, depth) if name == "seen" else None
                style = patch_style("leak" if leaks and name == "target" else name, way)
                row, column = divmod(pixel, columns)
                axis.add_patch(Rectangle((column + 0.05, row + 0.05), 0.9, 0.9, **style))
            axis.set(xlim=(-0.1, columns + 0.1), ylim=(rows + 0.1, -0.1), aspect="equal")
            axis.set_axis_off()
            count = dict(zip(NAMES, np.bincount(classes.ravel(), minlength=5), strict=True))
            axis.set_title(
                f"{panel.title}\n{panel.subtitle.format(depth=depth, layers=layers)}\n"
                f"reads {count['seen']} of {target}{' and itself' if leaks else ''}, "
                f"{count['depth-limited']} with more depth, {count['blind']} never",
                fontsize=8,
            )
        legend: list[tuple[str, Way | None, str]] = [
            *((name, None, MEANINGS[name].word) for name in ("target", "seen")),
            *(("seen", way, way.word) for panel in fields.panels for way in panel.ways),
            *((name, None, MEANINGS[name].word) for name in ("depth-limited", "blind", "future")),
        ]
        handles = [
            Rectangle((0, 0), 1, 1, label=word, **patch_style(name, way))
            for name, way, word in legend
        ]
        figure.legend(
            handles=handles, loc="outside lower center", ncols=4, fontsize=8, frameon=False
        )
    return figure


def patch_style(name: str, way: Way | None = None) -> dict[str, Any]:
    """How a Matplotlib patch shows a pixel of one of NAMES, or "leak"; of a `way`, where given."""
    colour = {meaning: MEANINGS[meaning].light for meaning in MEANINGS}
    if name in ("target", "leak"):
        face = "white" if name == "target" else colour["target"]
        return {"facecolor": face, "edgecolor": colour["target"], "linewidth": 2, "zorder": 3}
    if name == "blind":
        look = {"facecolor": "white", "hatch": "////", "edgecolor": colour["blind"]}
    elif name == "depth-limited":
        look = {"facecolor": colour[name], "hatch": "..", "edgecolor": colour["seen"]}
    else:
        look = {"facecolor": colour[name]}
        if way is not None:
            look |= {"hatch": HATCHES[way.mark], "edgecolor": colour["depth-limited"]}
    return look | {"linewidth": 0, "zorder": 2}


def growth(fields: Fields, target: int, cell: int = 14) -> bytes:
    """The fields of a target growing layer by layer, as GIF of two layers a second.

    Args:
        target: flat index.
        cell: screen pixels a pixel.
    """
    from PIL import Image

    rows, columns = fields.shape
    names = ("future", "target", "seen", "depth-limited", "blind")
    colours = [(255, 255, 255), *(_rgb(MEANINGS[name].light) for name in names)]
    tiles = _tiles(cell)
    pictures = []
    last = fields.deepest(target)
    for depth in range(last + 1):
        parts = []
        for panel in fields.panels:
            classes = fields.classes(panel, target, depth)
            grid = tiles[classes].transpose(0, 2, 1, 3).reshape(rows * cell, columns * cell)
            parts += [grid, np.zeros((rows * cell, cell), np.uint8)]
        image = Image.fromarray(np.concatenate(parts[:-1], axis=1))
        image.putpalette([channel for colour in colours for channel in colour])
        pictures.append(image)
    file = io.BytesIO()
    durations = [500] * last + [2000]
    pictures[0].save(
        file, "GIF", save_all=True, append_images=pictures[1:], duration=durations, loop=0
    )
    return file.getvalue()


def _tiles(cell: int) -> np.ndarray:
    """uint8 (5, cell, cell), a cell of each of NAMES as `growth` paints it; 0 is paper."""
    inner = np.zeros((cell, cell), bool)
    inner[1:-1, 1:-1] = True
    down, across = np.indices((cell, cell))
    tiles = np.stack([np.where(inner, number, 0) for number in range(1, len(NAMES) + 1)])
    tiles[1, 3:-3, 3:-3] = 0  # the target: an outline
    tiles[3][inner & (down % 4 == 2) & (across % 4 == 2)] = 3  # dotted
    tiles[4][(down + across) % 5 > 1] = 0  # hatched
    return tiles.astype(np.uint8)


def first_layers(fields: Fields, target: int) -> str:
    """For one target, the first layer after which each earlier pixel is read, as CSV.

    An empty field: no depth reads it.
    """
    _, columns = fields.shape
    tables = {panel.table: fields.arrays[panel.table][target] for panel in fields.panels}
    lines = [",".join(["row", "column", *tables])]
    for pixel in range(target):
        row, column = divmod(pixel, columns)
        layers = ["" if table[pixel] == NEVER else str(table[pixel]) for table in tables.values()]
        lines.append(",".join([str(row), str(column), *layers]))
    return "\n".join(lines) + "\n"


def archive(fields: Fields) -> bytes:
    """Every table and mask as NPZ; 255 in a table: no depth reads that pixel."""
    file = io.BytesIO()
    everything: dict[str, Any] = {"shape": np.array(fields.shape), **fields.arrays}
    np.savez_compressed(file, **everything)
    return file.getvalue()


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
