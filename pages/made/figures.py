"""What MADE's activities give to take away: graph, matrices, tables."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from arviz_models.analysis.made_graph import graph_arrays
from arviz_models.figures.palette import MEANINGS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from arviz_models.made import MADE

INK, QUIET, ILLEGAL = (MEANINGS[name].light for name in ("ink", "quiet", "illegal"))
MANY_WEIGHTS = 300  # into one layer: from here on they are drawn fainter


def network_figure(model: MADE) -> Figure:
    """The graph as a Matplotlib figure: units with their numbers, and the weights kept.

    Inputs and outputs show their rank, hidden units their degree. What a right MADE has not, a path
    from an input that is not drawn before the output, is in the warning colour.
    """
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    meta, arrays = graph_arrays(model)
    sizes, labels = meta["sizes"], meta["labels"]
    tallest, last = max(sizes), len(sizes) - 1
    figure = Figure(figsize=(1.6 + 2.2 * last, 1.2 + 0.42 * tallest), layout="constrained")
    axis = figure.subplots()
    for layer, mask in enumerate((arrays[f"mask{at}"] for at in range(1, last + 1)), start=1):
        _draw_weights(axis, mask.reshape(-1, sizes[layer - 1]), labels, layer - 1, layer)
    _draw_weights(axis, arrays["direct"].reshape(-1, sizes[0]), labels, 0, last)
    for layer, size in enumerate(sizes):
        places = [_place(sizes, layer, unit) for unit in range(size)]
        x, y = np.array(places).T
        axis.scatter(x, y, s=190, facecolor="white", edgecolor=INK, zorder=3)
        for unit, (left, height) in enumerate(places):
            number = str(labels[layer][unit])
            axis.text(left, height, number, ha="center", va="center", fontsize=8, zorder=4)
            if layer == 0:
                axis.text(left - 0.12, height, f"$x_{{{unit + 1}}}$", ha="right", va="center")
            elif layer == last:
                name = rf"$p(x_{{{unit + 1}}} \mid \cdot)$"
                axis.text(left + 0.12, height, name, ha="left", va="center")
        head = {0: "inputs\nrank", last: "outputs\nrank"}.get(layer, f"hidden {layer}\ndegree")
        axis.text(layer, tallest + 0.1, head, ha="center", va="bottom")
    keys = [Line2D([], [], color=QUIET, linewidth=0.6, label="weight kept")]
    if arrays["direct"].size:
        keys.append(Line2D([], [], color=QUIET, linestyle="-.", label="direct connection"))
    if arrays["illegal"].any():
        label = "must not be there"
        keys.append(Line2D([], [], color=ILLEGAL, linestyle=":", linewidth=1.6, label=label))
    figure.legend(handles=keys, loc="outside lower center", ncols=len(keys), frameon=False)
    axis.set_xlim(-0.5, last + 0.6)
    axis.set_ylim(-0.7, tallest + 0.1)
    axis.set_axis_off()
    return figure


def _place(sizes: Sequence[int], layer: int, unit: int) -> tuple[float, float]:
    """Where a unit stands in the figure of the network."""
    return float(layer), (max(sizes) - 1) / 2 + (sizes[layer] - 1) / 2 - unit


def _draw_weights(
    axis: Axes, kept: np.ndarray, labels: Sequence[Sequence[int]], below: int, above: int
) -> None:
    """Lines from layer `below` to layer `above`, over the hidden layers where it is not the next.

    Args:
        kept: (units above, units below), 1 where a weight is kept.
        labels: rank or degree of every unit, by layer.
    """
    from matplotlib.collections import PathCollection
    from matplotlib.path import Path

    sizes = [len(layer) for layer in labels]
    last, direct = len(sizes) - 1, above - below > 1
    over = [(below + 0.3, max(sizes) + 0.2), (above - 0.3, max(sizes) + 0.2)]
    paths: dict[bool, list[Path]] = {False: [], True: []}
    for up, low in np.argwhere(kept).tolist():
        ends = [_place(sizes, below, low), _place(sizes, above, up)]
        path = Path([ends[0], *over, ends[1]], [1, 4, 4, 4]) if direct else Path(ends)
        paths[above == last and labels[above][up] <= labels[below][low]].append(path)
    for wrong, lines in paths.items():
        axis.add_collection(
            PathCollection(
                lines,
                facecolor="none",
                edgecolor=ILLEGAL if wrong else QUIET,
                linewidth=1.6 if wrong else 0.6,
                alpha=1.0 if wrong or len(lines) < MANY_WEIGHTS else 0.4,
                linestyle=":" if wrong else "-." if direct else "-",
                zorder=2 if wrong else 1,
            )
        )


def matrices_figure(model: MADE, seed: int = 0) -> Figure:
    """Masks, path counts and gradient side by side, as a Matplotlib figure."""
    from matplotlib.figure import Figure

    _, arrays = graph_arrays(model, seed)
    D = model.dimensions
    masks = [(name, array.reshape(-1)) for name, array in arrays.items() if name.startswith("mask")]
    widths = [D, *model.hidden]
    figure = Figure(figsize=(2.4 * (len(masks) + 2), 2.8), layout="constrained")
    axes = figure.subplots(1, len(masks) + 2)
    for axis, (name, mask), width in zip(axes, masks, widths, strict=False):
        axis.imshow(mask.reshape(-1, width), cmap="Greys", vmin=0, vmax=1.6)
        axis.set_title(f"mask {name.removeprefix('mask')}", fontsize=9)
        axis.set_xlabel("unit of the layer before", fontsize=8)
        axis.set_ylabel("unit", fontsize=8)
    for axis, name, title in zip(
        axes[-2:], ("counts", "gradient"), ("paths", "|∂ logit / ∂ x|"), strict=True
    ):
        axis.imshow(arrays[name].reshape(D, D), cmap="cividis")
        axis.set_title(title, fontsize=9)
        axis.set_xlabel("input")
        axis.set_ylabel("output")
        rows, columns = np.nonzero(arrays["illegal"].reshape(D, D))
        for tone, thick in (("white", 5.0), (ILLEGAL, 2.5)):  # on dark cells and on light ones
            axis.scatter(columns, rows, s=60, color=tone, marker="x", linewidth=thick)
    for axis in axes:
        axis.set_xticks([])
        axis.set_yticks([])
    return figure


def archive(model: MADE, seed: int = 0) -> bytes:
    """Masks, path counts, gradient, ranks and degrees as NPZ."""
    meta, arrays = graph_arrays(model, seed)
    file = io.BytesIO()
    labels = {f"degree{number}": np.array(each) for number, each in enumerate(meta["labels"])}
    everything: dict[str, Any] = {"order": np.array(meta["order"])} | arrays | labels
    np.savez_compressed(file, **everything)
    return file.getvalue()


def world_table(true: np.ndarray, natural: np.ndarray, backward: np.ndarray) -> str:
    """All 2^D probabilities as CSV: the true ones, and those learned under two orders."""
    bits = int(np.log2(len(true)))
    lines = ["state,true,natural_order,reversed_order"]
    for state, each in enumerate(zip(true, natural, backward, strict=True)):
        lines.append(",".join([format(state, f"0{bits}b"), *(f"{p:.8g}" for p in each)]))
    return "\n".join(lines) + "\n"


def trace_archive(arrays: dict[str, np.ndarray]) -> bytes:
    """Order, values and probabilities of a sample as NPZ."""
    file = io.BytesIO()
    everything: dict[str, Any] = dict(arrays)
    np.savez_compressed(file, **everything)
    return file.getvalue()
