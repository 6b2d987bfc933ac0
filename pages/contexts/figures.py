"""What sets the networks apart, and their gradients, to take away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from arviz_models.analysis.contexts import differences
from arviz_models.analysis.receptive_fields import NAMES
from arviz_models.analysis.sensitivity import Sensitivity
from arviz_models.analysis.side_by_side import Fields
from arviz_models.figures.fields import patch_style
from arviz_models.figures.palette import MEANINGS, PROBABILITY

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def counts_table(fields: Fields, target: int, depths: Mapping[str, int]) -> str:
    """CSV, a line for each network: how many pixels of each kind, and set differences to all.

    Arguments as for `reads`.
    """
    words = [panel.table for panel in fields.panels]
    apart = differences(fields, target, depths)
    kinds = [name.replace("-", "_") for name in NAMES[2:]]
    lines = [",".join(["network", "layers", *kinds, *(f"not_read_by_{word}" for word in words)])]
    for panel, row in zip(fields.panels, apart.tolist(), strict=True):
        depth = depths[panel.table]
        classes = fields.classes(panel, target, depth).ravel()
        counts = np.bincount(classes, minlength=len(NAMES))[2:].tolist()
        lines.append(",".join([panel.table, *map(str, [depth, *counts, *row])]))
    return "\n".join(lines) + "\n"


def gradients_figure(
    fields: Fields,
    depths: Mapping[str, int],
    x: np.ndarray,
    target: int,
    found: Mapping[str, Sensitivity],
) -> Figure:
    """A grid for each network: the gradient where it reads, over the image, as Matplotlib draws it.

    Args:
        fields: the networks shown.
        depths: layers after the first that each has, by its word.
        x: (H, W) the image.
        target: flat index.
        found: what `sensitivity` gave, by word.
    """
    from matplotlib.colors import LinearSegmentedColormap, PowerNorm
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    rows, columns = fields.shape
    colour = {name: meaning.light for name, meaning in MEANINGS.items()}
    ramp = LinearSegmentedColormap.from_list("gradient", PROBABILITY)
    largest = max(float(found[panel.table].gradient.max()) for panel in fields.panels)
    scale = PowerNorm(0.5, 0, largest or 1)
    figure = Figure(figsize=(2.6 * len(fields.panels), 3.6), layout="constrained")
    axes = figure.subplots(1, len(fields.panels), squeeze=False)[0]
    for axis, panel in zip(axes, fields.panels, strict=True):
        each = found[panel.table]
        classes = fields.classes(panel, target, depths[panel.table])
        heat = np.ma.masked_where(classes != NAMES.index("seen"), each.gradient)
        image = axis.imshow(heat, cmap=ramp, norm=scale)
        for name in ("future", "depth-limited", "blind"):
            for row, column in np.argwhere(classes == NAMES.index(name)):
                axis.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, **patch_style(name)))
        for row, column in np.argwhere(x > 0):
            strength = x[row, column] / x.max()
            edge: dict[str, Any] = {"edgecolor": "white", "linewidth": 0.4, "zorder": 4}
            axis.add_patch(
                Rectangle(
                    (column - 0.3, row - 0.3), 0.6, 0.6, fc=colour["ink"], alpha=strength, **edge
                )
            )
        row, column = divmod(target, columns)
        outline = patch_style("target") | {"fill": False}
        axis.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, **outline))
        axis.set(xlim=(-0.7, columns - 0.3), ylim=(rows - 0.3, -0.7), xticks=[], yticks=[])
        axis.set_title(
            f"{panel.title}\np of its value {each.probability:.3f}\n"
            f"half the gradient within {each.near} px",
            fontsize=7,
        )
    figure.colorbar(image, ax=list(axes), shrink=0.7, label="nats, by the square root")
    return figure


def gradients_table(x: np.ndarray, target: int, found: Mapping[str, Sensitivity]) -> str:
    """CSV, a line for each pixel before the target: its value, and its gradient in each network."""
    lines = [",".join(["row", "column", "value", *(f"{word}_nats" for word in found)])]
    for pixel in range(target):
        row, column = divmod(pixel, x.shape[1])
        numbers = [f"{each.gradient[row, column]:.6g}" for each in found.values()]
        lines.append(",".join([str(row), str(column), str(x[row, column]), *numbers]))
    return "\n".join(lines) + "\n"


def same_seed_figure(values: np.ndarray, titles: list[str], columns: int) -> Figure:
    """The images that several networks draw with the same random numbers.

    Args:
        values: (networks, D) 0 or 1.
        titles: of the networks.
        columns: of an image.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2 * len(titles), 2.3), layout="constrained")
    axes = figure.subplots(1, len(titles), squeeze=False)[0]
    for axis, image, title in zip(axes, values, titles, strict=True):
        axis.imshow(image.reshape(-1, columns), cmap="Greys", vmin=0, vmax=1)
        axis.set(xticks=[], yticks=[])
        axis.set_title(title, fontsize=9)
    return figure


def same_seed_table(arrays: Mapping[str, np.ndarray], names: list[str], columns: int) -> str:
    """CSV, a line for each pixel: its random number, and p of ink and the value in each network.

    Args:
        arrays: values and p, (networks, D); u, (D,).
        names: of the networks.
        columns: of an image.
    """
    kinds = [f"{kind} {name}" for name in names for kind in ("p", "value")]
    lines = [",".join(["row", "column", "u", *kinds])]
    for pixel, u in enumerate(arrays["u"]):
        row, column = divmod(pixel, columns)
        cells = [
            cell
            for p, value in zip(arrays["p"][:, pixel], arrays["values"][:, pixel], strict=True)
            for cell in (f"{p:.6g}", str(value))
        ]
        lines.append(",".join([str(row), str(column), f"{u:.6g}", *cells]))
    return "\n".join(lines) + "\n"
