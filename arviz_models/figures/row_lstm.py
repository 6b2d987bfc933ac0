"""Row LSTM: the triangle of states, the pixels that these states read, and the gates of a digit.

A Row LSTM of `layers` layers reads a pixel where some state of its last layer reads it that the
recurrence carries down to the target. Which states those are follows from the taps of the
state-to-state component; what a state reads of the image, from its input-to-state component and
from the layers below. Both are pushed down the rows as boolean relations, with the model's own
kernels.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from arviz_models.figures.fields import patch_style
from arviz_models.figures.palette import MEANINGS
from arviz_models.layers import spread
from arviz_models.receptive_field import NAMES, NEVER, first_seen
from arviz_models.row_lstm import INTERNALS, RowLSTM

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_LAYERS = 12
NOT_YET = "not yet"  # read or not: that depends on rows which are not followed yet


@dataclass(frozen=True, eq=False)
class RowReads:
    """What Row LSTMs of one kind read, with 1 to 12 layers, for every target at once.

    D = H W; targets, states and pixels are flat indices in raster order. NEVER (255) in a table
    stands for none at all.

    Attributes:
        shape: H, W.
        first_kernel: side of the first convolution, None in the bare form.
        kernel: k.
        states: uint8 (D, D), [target, place]: how many rows above the target the state at that
            place is, if it is one of those that reach the target's.
        rows: uint8 (12, D, D), [layers - 1, target, pixel]: how many rows above the target the
            lowest state of the last layer is that reads the pixel and reaches the target.
        layers: uint8 (D, D), [target, pixel]: the fewest layers with which the pixel is read.
        masks: by name, the kernels' rows: 1 where a weight is used, 0 where it is masked.
    """

    shape: tuple[int, int]
    first_kernel: int | None
    kernel: int
    states: np.ndarray
    rows: np.ndarray
    layers: np.ndarray
    masks: dict[str, list[list[int]]]

    @property
    def last(self) -> int:
        """The last layer that adds a pixel, for any target."""
        return int(self.layers[self.layers != NEVER].max(initial=1))

    def meta(self) -> dict[str, Any]:
        """All but the tables, as JSON holds it."""
        return {
            "rows": self.shape[0],
            "columns": self.shape[1],
            "first_kernel": self.first_kernel,
            "kernel": self.kernel,
            "last": self.last,
            "most_layers": MOST_LAYERS,
            "masks": self.masks,
            "words": {name: MEANINGS[name].word for name in ("target", *NAMES[2:], "future")},
        }

    def tables(self) -> dict[str, np.ndarray]:
        """The tables by name."""
        return {"states": self.states, "rows": self.rows, "layers": self.layers}

    def classes(self, target: int, layers: int, rows: int) -> list[str]:
        """What each pixel is to the target once so many rows are followed: NAMES or NOT_YET.

        Of rows further up nothing is told but what is read already.

        Args:
            target: flat index.
            layers: 1..12.
            rows: how many rows above the target the recurrence is followed.
        """
        lowest = target // self.shape[1] - rows  # states above it are not followed

        def name(pixel: int) -> str:
            if pixel >= target:
                return "target" if pixel == target else "future"
            if self.rows[layers - 1, target, pixel] <= rows:
                return "seen"
            if pixel // self.shape[1] < lowest:
                return NOT_YET
            return "blind" if self.layers[target, pixel] == NEVER else "depth-limited"

        return [name(pixel) for pixel in range(self.shape[0] * self.shape[1])]


@lru_cache(maxsize=16)
def row_reads(size: int, kernel: int, first_kernel: int | None) -> RowReads:
    """What Row LSTMs read on a size x size image.

    Args:
        size: side of the image.
        kernel: k, odd, at least 3.
        first_kernel: side of the first convolution, odd; None for the bare form.

    Raises:
        ValueError: as `RowLSTM`.
    """
    # Structure does not depend on features; the second layer shows what all later ones are.
    with torch.random.fork_rng(devices=[]):
        model = RowLSTM((1, size, size), 2, 1, 2, kernel, first_kernel)
    first_lstm, later_lstm = model.lstms
    image = torch.eye(size * size, dtype=torch.bool).view(-1, 1, size, size)
    # What the input of the first, second, ... Row LSTM reads.
    below = chain([image] if model.first is None else [], model.reads_by_layer())
    rows = []
    for layer, reads in zip(range(1, MOST_LAYERS + 1), below, strict=False):
        lstm = first_lstm if layer == 1 else later_lstm
        held = lstm.input_to_state.spread(reads)
        rows.append(rows_above(held, lstm.state_to_state))

    following = first_seen(model)
    needed = following + 1 if model.first is None else np.maximum(following, 1)
    masks = {} if model.first is None else {"first": model.first.group_mask}
    masks["input to state"] = first_lstm.input_to_state.group_mask
    if model.first is None:  # with a first layer all Row LSTMs have the same mask
        masks["input to state, later layers"] = later_lstm.input_to_state.group_mask
    masks["state to state"] = state_taps(first_lstm.state_to_state)[:, :, :1]
    return RowReads(
        shape=(size, size),
        first_kernel=first_kernel,
        kernel=kernel,
        states=rows_above(image, first_lstm.state_to_state),
        rows=np.stack(rows),
        layers=np.where(following == NEVER, NEVER, needed).astype(np.uint8),
        masks={name: mask[0, 0].int().tolist() for name, mask in masks.items()},
    )


def state_taps(conv: nn.Conv2d) -> Tensor:
    """bool (1, 1, 3, k): the state-to-state component as taps of `spread`, on the row above."""
    _, width = conv.kernel_size
    taps = torch.zeros(1, 1, 3, width, dtype=torch.bool)
    taps[:, :, 0] = True
    return taps


def rows_above(held: Tensor, conv: nn.Conv2d) -> np.ndarray:
    """How far the recurrence has to be followed until a state holds something.

    Args:
        held: bool (D, 1, H, W), [j, 0, y, x]: whether the state at that place takes j in by itself,
            not from the row above.
        conv: the state-to-state component.

    Returns:
        uint8 (H W, D), [target, j]: rows between the target and the lowest state that takes j in
        and reaches the target; NEVER where there is none.
    """
    taps = state_taps(conv)
    found = torch.full(held.shape, NEVER, dtype=torch.uint8)
    for rows in range(held.shape[2]):
        found.masked_fill_(held & (found == NEVER), rows)
        held = spread(held, taps)
    table: np.ndarray = found.flatten(1).T.contiguous().numpy()
    table.setflags(write=False)
    return table


# --- to take away ---------------------------------------------------------------------------------


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
    figure = Figure(figsize=(4.6, 5.2), layout="constrained")
    axis = figure.subplots()
    with matplotlib.rc_context({"hatch.linewidth": 0.8}):
        for pixel, name in enumerate(classes):
            row, column = divmod(pixel, width)
            axis.add_patch(Rectangle((column + 0.05, row + 0.05), 0.9, 0.9, **_style(name)))
            if reads.states[target, pixel] <= rows:
                axis.plot(column + 0.5, row + 0.5, **_STATE)
        axis.set(xlim=(-0.1, width + 0.1), ylim=(height + 0.1, -0.1), aspect="equal")
        axis.set_axis_off()
        form = "bare" if reads.first_kernel is None else f"first kernel {reads.first_kernel}×"
        axis.set_title(
            f"Row LSTM, {form}, k = {reads.kernel}, {layers} layer{'s' * (layers > 1)}: "
            f"{rows} rows followed\nreads {classes.count('seen')} of {target} earlier pixels",
            fontsize=9,
        )
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
    pictures = []
    for rows in range(above + 1):
        image = Image.new("RGB", (width * cell + 1, height * cell + 1), "white")
        draw = ImageDraw.Draw(image)
        for pixel, name in enumerate(reads.classes(target, layers, rows)):
            row, column = divmod(pixel, width)
            x, y = column * cell + 1, row * cell + 1
            _draw_cell(draw, name, x, y, cell - 2)
            if reads.states[target, pixel] <= rows:
                inset = cell // 4
                circle = (x + inset, y + inset, x + cell - 2 - inset, y + cell - 2 - inset)
                draw.ellipse(circle, "white", MEANINGS["ink"].light, width=2)
        pictures.append(image.quantize(32))
    file = io.BytesIO()
    durations = [1000] * above + [2500]
    pictures[0].save(
        file, "GIF", save_all=True, append_images=pictures[1:], duration=durations, loop=0
    )
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


# --- the gates of a digit -------------------------------------------------------------------------


def gate_arrays(model: RowLSTM, x: np.ndarray) -> dict[str, np.ndarray]:
    """Gates, cell and hidden state of the last layer at every pixel of a binary image.

    Args:
        model: of two levels and one channel.
        x: (H, W) integers 0..1.

    Returns:
        internals: (6, F, H, W) float32, o, f, i, g, c, h. p: (H, W) float32, p(x = 1 | before).
    """
    image = torch.from_numpy(x.astype(np.int64))[None, None].to(model.device)
    with torch.no_grad():
        p = torch.softmax(model.logits(image), -1)[0, 0, :, :, 1]
    internals = model.internals(image)[-1]
    return {
        "internals": internals.float().cpu().numpy(),
        "p": p.float().cpu().numpy(),
    }


def gates_archive(model: RowLSTM, x: np.ndarray) -> bytes:
    """The image, p, and o, f, i, g, c, h of it, each (F, H, W), as NPZ."""
    arrays = gate_arrays(model, x)
    named: dict[str, Any] = dict(zip(INTERNALS, arrays["internals"], strict=True))
    file = io.BytesIO()
    np.savez_compressed(file, x=x, p=arrays["p"], **named)
    return file.getvalue()
