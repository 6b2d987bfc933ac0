"""What the Diagonal BiLSTM's two directions read, to take away."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from arviz_models.analysis.diagonals import MARKS, NOWHERE, Diagonals
from arviz_models.analysis.receptive_fields import NEVER
from arviz_models.diagonal_bilstm import DIRECTIONS
from arviz_models.figures.frames import explained
from arviz_models.figures.palette import MEANINGS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WORDS = {
    "target": MEANINGS["target"].word,
    "direct": "read by the first direction",
    "mirrored": "read by the second direction",
    "both": "read by both",
    "depth-limited": MEANINGS["depth-limited"].word,
    "blind": MEANINGS["blind"].word,
    "future": MEANINGS["future"].word,
    "leak": "leak",
}
_STYLES: dict[str, dict[str, Any]] = {
    "future": {"facecolor": MEANINGS["future"].light},
    "target": {"facecolor": "white", "edgecolor": MEANINGS["target"].light, "linewidth": 2},
    "direct": {"facecolor": MEANINGS["seen"].light},
    "mirrored": {"facecolor": MEANINGS["seen-second"].light, "hatch": "||", "edgecolor": "white"},
    "both": {
        "facecolor": MEANINGS["seen"].light,
        "hatch": "//",
        "edgecolor": MEANINGS["seen-second"].light,
    },
    "depth-limited": {
        "facecolor": MEANINGS["depth-limited"].light,
        "hatch": "..",
        "edgecolor": MEANINGS["seen"].light,
    },
    "blind": {"facecolor": "white", "hatch": "////", "edgecolor": MEANINGS["blind"].light},
    "leak": {"facecolor": MEANINGS["target"].light, "hatch": "xx", "edgecolor": "white"},
}


def contexts_figure(found: Diagonals, target: int, depth: int) -> Figure:
    """What the output reads at a target, by direction, as a Matplotlib figure.

    Args:
        target: flat index.
        depth: layers after the first convolution.
    """
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    rows, columns = found.shape
    counts = found.counts(target, depth)
    figure = Figure(figsize=(5.8, 6.2), layout="constrained")
    axis = figure.subplots()
    with matplotlib.rc_context({"hatch.linewidth": 0.8}):
        for pixel, kind in enumerate(found.marks(target, depth).ravel()):
            row, column = divmod(pixel, columns)
            style = {"linewidth": 0} | _STYLES[MARKS[kind]]
            axis.add_patch(Rectangle((column + 0.05, row + 0.05), 0.9, 0.9, **style))
        row, column = divmod(target, columns)
        outline: dict[str, Any] = _STYLES["target"] | {"fill": False, "zorder": 3}
        axis.add_patch(Rectangle((column + 0.05, row + 0.05), 0.9, 0.9, **outline))
        handles = [
            Rectangle((0, 0), 1, 1, label=word, **({"linewidth": 0} | _STYLES[name]))
            for name, word in WORDS.items()
            if counts[name]
        ]
        figure.legend(
            handles=handles, loc="outside lower center", ncols=3, fontsize=8, frameon=False
        )
    axis.set(xlim=(-0.1, columns + 0.1), ylim=(rows + 0.1, -0.1), aspect="equal")
    axis.set_axis_off()
    read = sum(counts[name] for name in DIRECTIONS) + counts["both"]
    leaks = f", and {counts['leak']} that it must not read" if counts["leak"] else ""
    axis.set_title(
        f"Diagonal BiLSTM, {depth} {'layer' if depth == 1 else 'layers'}"
        f"{'' if found.shift else ', without the shift'}\nreads {read} of {target}{leaks}",
        fontsize=9,
    )
    return figure


def sweep_animation(found: Diagonals, cell: int = 24) -> bytes:
    """Both directions sweeping the image, a diagonal a picture, as GIF; then it starts again.

    Args:
        cell: screen pixels a pixel.
    """
    from PIL import Image

    rows, columns = found.shape
    colours = ("paper", "future", "seen", "seen-second", "drawn-now")
    image = np.full(rows * columns, colours.index("future"), np.uint8)
    inside = np.pad(np.ones((cell - 1, cell - 1), np.uint8), ((0, 1), (0, 1)))
    pictures, words = [], []
    steps = len(found.wavefronts)
    titles = ("First direction", "Second direction")
    for name, done, title in zip(DIRECTIONS, ("seen", "seen-second"), titles, strict=True):
        for step, column in enumerate(found.arrays[f"skewed {name}"].T, start=1):
            now = column[column != NOWHERE]
            image[now] = colours.index("drawn-now")
            picture = Image.fromarray(np.kron(image.reshape(rows, columns), inside))
            picture.putpalette([part for each in colours for part in _rgb(MEANINGS[each].light)])
            pictures.append(picture)
            pixels = f"{len(now)} pixel{'s' * (len(now) > 1)} at once"
            words.append(f"{title}, step {step} of {steps}: {pixels}")
            image[now] = colours.index(done)
    legend = (
        ("drawn-now", "computed in this step"),
        ("seen", "first direction, done"),
        ("seen-second", "second direction, done"),
        ("future", "not yet"),
    )
    pages = explained(pictures, words, [(MEANINGS[name].light, word) for name, word in legend])
    file = io.BytesIO()
    frames = [page.quantize(64) for page in pages]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=250, loop=0)
    return file.getvalue()


def contexts_table(found: Diagonals, target: int) -> str:
    """For one target, the first layer that reads each pixel, as CSV; empty: none ever does."""
    _, columns = found.shape
    tables = {name: found.arrays[name][target] for name in ("output", *DIRECTIONS)}
    lines = [",".join(["row", "column", *tables])]
    for pixel in range(found.arrays["output"].shape[1]):
        layers = ["" if table[pixel] == NEVER else str(table[pixel]) for table in tables.values()]
        lines.append(",".join([*map(str, divmod(pixel, columns)), *layers]))
    return "\n".join(lines) + "\n"


def archive(found: Diagonals) -> bytes:
    """Every table and both skewed maps as NPZ; 255 in a table: no depth reads that pixel."""
    file = io.BytesIO()
    np.savez_compressed(file, **found.arrays)  # type: ignore[arg-type]
    return file.getvalue()


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
