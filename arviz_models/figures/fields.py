"""What several networks read of one image, drawn for paper: pictures, animation, tables."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from arviz_models.analysis.receptive_fields import NAMES, NEVER
from arviz_models.analysis.side_by_side import Fields, Way
from arviz_models.figures.frames import explained
from arviz_models.figures.palette import MEANINGS

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL import Image

# Marks of pixels that are seen, drawn by pages/ui/browser/marks.js and by Matplotlib.
HATCHES = {"vertical": "||", "horizontal": "--", "crossed": "++"}
GRID = 264  # screen pixels: about the side of a grid in an animation
TITLE = 15  # screen pixels: the height of the letters over it


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
    side = 3.2  # inches
    height = side * rows / columns + 1.2  # three lines over the grids, two rows of the legend below
    figure = Figure(figsize=(side * len(fields.panels), height), layout="constrained")
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
            handles=handles,
            loc="outside lower center",
            ncols=4,
            fontsize=8,
            frameon=False,
            handleheight=1.5,  # so that level stripes show too
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


def growth(fields: Fields, target: int) -> bytes:
    """The fields of a target growing layer by layer, as GIF of two layers a second.

    Over the grids stands how many pixels each network reads, under them what the colours mean.

    Args:
        target: flat index.
    """
    last = fields.deepest(target)
    layers = range(last + 1)
    pages = explained(
        [growth_picture(fields, target, depth) for depth in layers],
        [_of_layer(fields, target, depth) for depth in layers],
        [(MEANINGS[name].light, MEANINGS[name].word) for name in ("target", *NAMES[2:], "future")],
    )
    frames = [page.quantize(64) for page in pages]
    file = io.BytesIO()
    durations = [500] * last + [2000]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=durations, loop=0)
    return file.getvalue()


def cell_of(shape: tuple[int, int]) -> int:
    """Screen pixels that an animation gives a pixel of images (H, W)."""
    return max(8, round(GRID / max(shape)))


def growth_picture(fields: Fields, target: int, depth: int) -> Image.Image:
    """A picture of `growth`: under the name of each network its grid, with a gap of one pixel."""
    from PIL import Image, ImageDraw, ImageFont

    rows, columns = fields.shape
    cell = cell_of(fields.shape)
    tones = np.array(
        [_rgb(MEANINGS[name].light) for name in ("paper", "future", "target", *NAMES[2:])],
        np.uint8,
    )
    tiles = _tiles(cell)
    width = columns * cell
    font = ImageFont.load_default(TITLE)
    size = ((width + cell) * len(fields.panels) - cell, rows * cell + 2 * TITLE)
    picture = Image.new("RGB", size, MEANINGS["paper"].light)
    draw = ImageDraw.Draw(picture)
    for number, panel in enumerate(fields.panels):
        left = number * (width + cell)
        classes = fields.classes(panel, target, depth)
        grid = tiles[classes].transpose(0, 2, 1, 3).reshape(rows * cell, width)
        picture.paste(Image.fromarray(tones[grid]), (left, 2 * TITLE))
        draw.text((left, TITLE // 3), panel.title, MEANINGS["ink"].light, font=font)
    return picture


def _of_layer(fields: Fields, target: int, depth: int) -> str:
    """What a picture of `growth` shows."""
    said = []
    for panel in fields.panels:
        seen = int((fields.classes(panel, target, depth) == NAMES.index("seen")).sum())
        leaks = fields.arrays[panel.table][target, target] <= depth
        said.append(f"{panel.title} {seen}{' and itself, a leak' if leaks else ''}")
    return f"Layer {depth}. Read of the {target} pixels before the target: {', '.join(said)}"


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
