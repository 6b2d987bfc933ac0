"""A scored digit to take away."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from arviz_models.figures.palette import MEANINGS, PROBABILITY

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Arrays = dict[str, np.ndarray]


def score_figure(arrays: Arrays, shape: tuple[int, int]) -> Figure:
    """The digit, p of a 1 and the cost of each pixel, side by side, as a Matplotlib figure.

    Args:
        arrays: x, p and cost, each (D,).
        shape: (H, W).
    """
    from matplotlib.colors import LinearSegmentedColormap, ListedColormap
    from matplotlib.figure import Figure

    ink = ListedColormap([MEANINGS["paper"].light, MEANINGS["ink"].light])
    ramp = LinearSegmentedColormap.from_list("probability", PROBABILITY)
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    total = float(arrays["cost"].sum())
    for axis, (name, title, colours, most) in zip(
        figure.subplots(1, 3),
        (
            ("x", "x: the digit", ink, 1.0),
            ("p", "p(x = 1 | earlier)", ramp, 1.0),
            ("cost", f"−log p: {total:.2f} nats", ramp, float(arrays["cost"].max())),
        ),
        strict=True,
    ):
        image = axis.imshow(arrays[name].reshape(shape), cmap=colours, vmin=0, vmax=most)
        axis.set_title(title, fontsize=9)
        axis.set_xticks([])
        axis.set_yticks([])
        if name != "x":
            figure.colorbar(image, ax=axis, shrink=0.8, label="nats" if name == "cost" else None)
    return figure


def score_table(arrays: Arrays, shape: tuple[int, int]) -> str:
    """A line for each pixel, as CSV."""
    lines = ["index,row,column,value,p_one,cost_nats"]
    for index, (x, p, cost) in enumerate(
        zip(arrays["x"], arrays["p"], arrays["cost"], strict=True)
    ):
        row, column = divmod(index, shape[1])
        lines.append(f"{index},{row},{column},{x},{p:.6g},{cost:.6g}")
    return "\n".join(lines) + "\n"


def packed_arrays(arrays: Arrays) -> bytes:
    """The arrays as NPZ."""
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type] # its other argument is a flag
    return file.getvalue()
