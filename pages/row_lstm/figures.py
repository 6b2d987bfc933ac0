"""The triangle of a Row LSTM, and the gates of a digit, to take away."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from arviz_models.analysis.gates import gates
from arviz_models.analysis.receptive_fields import NAMES, NEVER
from arviz_models.analysis.row_reads import NOT_YET, RowReads
from arviz_models.figures.fields import patch_style
from arviz_models.figures.frames import explained
from arviz_models.figures.palette import MEANINGS
from arviz_models.row_lstm import INTERNALS, RowLSTM

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def triangle_figure(reads: RowReads, target: int, layers: int, rows: int) -> Figure:
    """The pixels that are read and the states over them, as a Matplotlib figure.

    Args:
        target: flat index.
        layers: 1..12.
        rows: how many rows above the target the recurrence is followed.
    """
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Rectangle

    height, width = reads.shape
    classes = reads.classes(target, layers, rows)
    figure = Figure(figsize=(5.8, 6.4), layout="constrained")
    axis = figure.subplots()
    with matplotlib.rc_context({"hatch.linewidth": 0.8}):
        for pixel, name in enumerate(classes):
            row, column = divmod(pixel, width)
            axis.add_patch(Rectangle((column + 0.05, row + 0.05), 0.9, 0.9, **_style(name)))
            if reads.states[target, pixel] <= rows:
                axis.plot(column + 0.5, row + 0.5, **_STATE)
        axis.set(xlim=(-0.1, width + 0.1), ylim=(height + 0.1, -0.1), aspect="equal")
        axis.set_axis_off()
        axis.set_title(f"{_form(reads, layers)}\n{_followed(classes, target, rows)}", fontsize=9)
        shown = [name for name in (*NAMES[1:], NOT_YET, "future") if name in classes]
        word = {name: MEANINGS[name].word for name in NAMES} | {NOT_YET: "rows not followed yet"}
        handles: list[Any] = [
            Rectangle((0, 0), 1, 1, label=word[name], **_style(name)) for name in shown
        ]
        handles.append(Line2D([], [], linestyle="", label="state that reaches it", **_STATE))
        figure.legend(
            handles=handles, loc="outside lower center", ncols=3, fontsize=8, frameon=False
        )
    return figure


def _form(reads: RowReads, layers: int) -> str:
    """Which network it is, in words."""
    first = reads.first_kernel
    form = "bare form" if first is None else f"first kernel {first}×{first}"
    return f"Row LSTM, {form}, k = {reads.kernel}, {layers} layer{'s' * (layers > 1)}"


def _followed(classes: list[str], target: int, rows: int) -> str:
    """How far the recurrence is followed, and what it reads then, in words."""
    up = f"{rows} row{'s' * (rows != 1)} up"
    return f"{up}: reads {classes.count('seen')} of {target} earlier pixels"


_STATE: dict[str, Any] = {
    "marker": "o",
    "markersize": 6,
    "markerfacecolor": "white",
    "markeredgecolor": MEANINGS["ink"].light,
    "zorder": 4,
}


def _style(name: str) -> dict[str, Any]:
    """How a Matplotlib patch shows a pixel of one of NAMES, or one that is not known yet."""
    if name != NOT_YET:
        return patch_style(name)
    line = MEANINGS["line"].light
    return {"facecolor": "white", "edgecolor": line, "linewidth": 0.8, "zorder": 2}


def growth(reads: RowReads, target: int, layers: int, cell: int = 24) -> bytes:
    """The triangle growing row by row, as GIF of a row a second.

    Args:
        target: flat index.
        layers: 1..12.
        cell: screen pixels a pixel.
    """
    from PIL import Image, ImageDraw

    height, width = reads.shape
    above = target // width
    pictures, words = [], []
    for rows in range(above + 1):
        image = Image.new("RGB", (width * cell + 1, height * cell + 1), "white")
        draw = ImageDraw.Draw(image)
        classes = reads.classes(target, layers, rows)
        words.append(_followed(classes, target, rows))
        for pixel, name in enumerate(classes):
            row, column = divmod(pixel, width)
            x, y = column * cell + 1, row * cell + 1
            _draw_cell(draw, name, x, y, cell - 2)
            if reads.states[target, pixel] <= rows:
                inset = cell // 4
                circle = (x + inset, y + inset, x + cell - 2 - inset, y + cell - 2 - inset)
                draw.ellipse(circle, "white", MEANINGS["ink"].light, width=2)
        pictures.append(image)
    legend = [
        (MEANINGS["target"].light, MEANINGS["target"].word),
        (MEANINGS["seen"].light, f"{MEANINGS['seen'].word}; a circle: a state that reaches it"),
        (MEANINGS["depth-limited"].light, MEANINGS["depth-limited"].word),
        (MEANINGS["blind"].light, MEANINGS["blind"].word),
        (MEANINGS["future"].light, MEANINGS["future"].word),
    ]
    frames = [page.quantize(64) for page in explained(pictures, words, legend)]
    file = io.BytesIO()
    durations = [1000] * above + [2500]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=durations, loop=0)
    return file.getvalue()


def _draw_cell(draw: Any, name: str, x: int, y: int, size: int) -> None:
    square = (x, y, x + size, y + size)
    if name == "target":
        draw.rectangle(square, "white", MEANINGS["target"].light, width=3)
    elif name == NOT_YET:
        draw.rectangle(square, "white", MEANINGS["line"].light)
    elif name == "blind":
        for at in range(4, 2 * size, 6):
            low = min(at, size)
            draw.line(
                (x + at - low, y + low, x + low, y + at - low), MEANINGS["blind"].light, width=2
            )
    else:
        draw.rectangle(square, MEANINGS[name].light)
        if name == "depth-limited":
            for dx in (size // 4, size * 3 // 4):
                for dy in (size // 4, size * 3 // 4):
                    dot = (x + dx - 1, y + dy - 1, x + dx + 1, y + dy + 1)
                    draw.rectangle(dot, MEANINGS["seen"].light)


def reads_table(reads: RowReads, target: int) -> str:
    """For one target, each earlier pixel and when it is read, as CSV; an empty field: never.

    fewest_layers: with which it is read. state_rows_above: of the state at that place, if it
    reaches the target. read_from_rows_above: of the lowest state that reads it, with one layer.
    """
    _, width = reads.shape
    lines = ["row,column,fewest_layers,state_rows_above,read_from_rows_above"]
    for pixel in range(target):
        found = (
            reads.layers[target, pixel],
            reads.states[target, pixel],
            reads.rows[0, target, pixel],
        )
        fields = ["" if each == NEVER else str(each) for each in found]
        lines.append(",".join([*map(str, divmod(pixel, width)), *fields]))
    return "\n".join(lines) + "\n"


def archive(reads: RowReads) -> bytes:
    """Every table as NPZ; 255 in a table: none."""
    file = io.BytesIO()
    everything: dict[str, Any] = {"shape": np.array(reads.shape), **reads.tables()}
    np.savez_compressed(file, **everything)
    return file.getvalue()


def gates_archive(model: RowLSTM, x: np.ndarray) -> bytes:
    """The image, p, and o, f, i, g, c, h of it, each (layers, F, H, W), as NPZ."""
    internals, p = gates(model, x)
    named: dict[str, Any] = dict(zip(INTERNALS, internals.swapaxes(0, 1), strict=True))
    file = io.BytesIO()
    np.savez_compressed(file, x=x, p=p, **named)
    return file.getvalue()


COLUMN = ("o", "f", "i", "g", "c")  # what is drawn of a unit down a column


def column_figure(values: np.ndarray, x: np.ndarray, title: str) -> Figure:
    """One unit down a column of a digit, the rows from top to bottom.

    Args:
        values: (6, H), o, f, i, g, c, h.
        x: (H,) the column's pixels, 0 or 1.
        title: which unit and column it is.
    """
    from matplotlib.figure import Figure

    rows = np.arange(len(x))
    figure = Figure(figsize=(7, 4.6), layout="constrained")
    axes = figure.subplots(1, len(COLUMN), sharey=True)
    for name, axis in zip(COLUMN, axes, strict=True):
        line = values[INTERNALS.index(name)]
        axis.plot(line, rows, color=MEANINGS["seen"].light, marker="o", markersize=3)
        for row in np.flatnonzero(x):
            axis.axhspan(row - 0.5, row + 0.5, color=MEANINGS["line"].light)
        if name in "gc":
            axis.axvline(0, color=MEANINGS["quiet"].light, linewidth=0.8)
        else:
            axis.set_xlim(-0.05, 1.05)
        axis.set_title(name)
    axes[0].set(ylabel="row; grey: ink", ylim=(len(x) - 0.5, -0.5))
    figure.suptitle(title, fontsize=10)
    return figure


def column_table(values: np.ndarray, x: np.ndarray) -> str:
    """A unit's six values down a column, as CSV; arguments as `column_figure`."""
    lines = [",".join(["row", "pixel", *INTERNALS])]
    for row, pixel in enumerate(x):
        lines.append(",".join([str(row), str(pixel), *(f"{v:.6g}" for v in values[:, row])]))
    return "\n".join(lines) + "\n"
