"""Drawings that a model completed, to take away."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from arviz_models.figures.frames import explained
from arviz_models.figures.palette import MEANINGS, PROBABILITY
from arviz_models.figures.sheets import GAP, sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def completion_figure(
    x: np.ndarray, nats: np.ndarray, rows: int, levels: int, *, below: bool = False
) -> Figure:
    """Continuations above, the surprisal of their pixels below, as a Matplotlib figure.

    Args:
        x: (n, H, W) images.
        nats: (n, H, W) what `surprisal` gave of them.
        rows: above the line.
        levels: K.
        below: whether the rows below the line were given, in place of those above it.
    """
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure

    ink = LinearSegmentedColormap.from_list("ink", [MEANINGS["paper"].light, MEANINGS["ink"].light])
    ramp = LinearSegmentedColormap.from_list("surprisal", PROBABILITY)
    figure = Figure(figsize=(1.35 * len(x), 3.2), layout="constrained")
    axes = figure.subplots(2, len(x), squeeze=False)
    for column, (image, heat) in enumerate(zip(x, nats, strict=True)):
        axes[0, column].imshow(image, cmap=ink, vmin=0, vmax=levels - 1)
        shown = axes[1, column].imshow(heat, cmap=ramp, vmin=0, vmax=float(nats.max()))
        axes[0, column].set_title(
            f"{(heat[:rows] if below else heat[rows:]).sum():.1f} nats", fontsize=8
        )
        for axis in axes[:, column]:
            axis.axhline(rows - 0.5, color=MEANINGS["target"].light, lw=1)
            axis.set(xticks=[], yticks=[])
    axes[0, 0].set_ylabel(f"given {'below' if below else 'above'} the line", fontsize=8)
    axes[1, 0].set_ylabel("−log p", fontsize=8)
    figure.colorbar(shown, ax=axes[1, :], shrink=0.8, label="nats a pixel")
    return figure


def completion_table(x: np.ndarray, nats: np.ndarray, rows: int, below: bool = False) -> str:
    """CSV, a line for each pixel of each continuation; arguments as `completion_figure`."""
    lines = ["continuation,row,column,given,value,surprisal_nats"]
    for (number, row, column), value in np.ndenumerate(x):
        given = int((row >= rows) == below)
        surprisal = nats[number, row, column]
        lines.append(f"{number + 1},{row},{column},{given},{value},{surprisal:.6g}")
    return "\n".join(lines) + "\n"


def completion_archive(x: np.ndarray, nats: np.ndarray, rows: int, below: bool = False) -> bytes:
    """NPZ of x, surprisal_nats, rows and below; arguments as `completion_figure`."""
    file = io.BytesIO()
    np.savez_compressed(file, x=x, surprisal_nats=nats, rows=np.array(rows), below=np.array(below))
    return file.getvalue()


def completion_animation(
    x: np.ndarray,
    rows: int,
    levels: int,
    frames: int = 60,
    scale: int = 4,
    *,
    below: bool = False,
) -> bytes:
    """The continuations filling up side by side, as GIF of about four seconds.

    A line parts the given rows from the others; words over the pictures say how far they are drawn.

    Args:
        x: (n, H, W) images.
        rows: above the line.
        levels: K.
        frames: pictures.
        scale: screen pixels a pixel.
        below: whether the rows below the line were given, in place of those above it.
    """
    n, height, width = x.shape
    tone = {name: tuple(bytes.fromhex(meaning.light[1:])) for name, meaning in MEANINGS.items()}
    whole = sheet(x[:, np.newaxis], levels, columns=n, scale=scale)
    begin, end = (0, rows * width) if below else (rows * width, height * width)
    given_rows = height - rows if below else rows
    pictures, words = [], []
    for drawn in np.linspace(begin, end, frames).round().astype(int):
        frame = whole.copy()
        for number in range(n):
            left = (GAP + number * (width + GAP)) * scale
            for row, column in (divmod(index, width) for index in range(drawn, end)):
                top, start = (GAP + row) * scale, left + column * scale
                frame[top : top + scale, start : start + scale] = tone["future"]
            edge = (GAP + rows) * scale
            frame[edge - 1 : edge + 1, left : left + width * scale] = tone["target"]
        pictures.append(Image.fromarray(frame))
        words.append(
            f"{given_rows} of {height} rows are given; drawn so far: {drawn - begin:,} of "
            f"{end - begin:,} pixels of each continuation"
        )
    legend = [
        (MEANINGS["target"].light, "end of the given rows"),
        (MEANINGS["future"].light, "not drawn yet"),
    ]
    pages = [page.quantize(32) for page in explained(pictures, words, legend)]
    file = io.BytesIO()
    durations = [60] * (frames - 1) + [1500]
    pages[0].save(file, "GIF", save_all=True, append_images=pages[1:], duration=durations, loop=0)
    return file.getvalue()
