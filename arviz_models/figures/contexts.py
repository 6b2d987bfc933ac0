"""All networks side by side: what each reads of one image, what sets them apart, what they heed.

For the browser there are tables that hold every target and depth at once, see `figures.fields`; the
same is drawn here for paper. "Layers" counts those after the first convolution, the same number
for every network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from arviz_models.base import AutoregressiveModel
from arviz_models.diagonal_bilstm import DiagonalBiLSTM
from arviz_models.figures.fields import Fields, Panel, patch_style
from arviz_models.figures.networks import NETWORKS
from arviz_models.figures.palette import MEANINGS, PROBABILITY
from arviz_models.figures.pixelcnn_drawing import gradient, surprise
from arviz_models.image_model import ImageModel
from arviz_models.made import MADE
from arviz_models.nade import NADE
from arviz_models.pixelcnn import GatedPixelCNN, PixelCNN
from arviz_models.receptive_field import NAMES, NEVER, first_seen
from arviz_models.row_lstm import RowLSTM

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KERNEL = 3  # of later convolutions and of the Row LSTM's states, as in the papers


def every_layer(model: AutoregressiveModel) -> np.ndarray:
    """What `first_seen` says, for models without layers that reach further too.

    Returns:
        uint8 (H*W, H*W), [target, pixel]: 0 where such a model reads the pixel, else NEVER.
    """
    if isinstance(model, ImageModel):
        return first_seen(model)
    return np.where(model.dependencies().cpu().numpy(), 0, NEVER).astype(np.uint8)


@lru_cache(maxsize=8)
def contexts(size: int, first_kernel: int) -> Fields:
    """What every network reads on a size x size image with one channel, at every depth.

    Args:
        size: side of the image.
        first_kernel: side of the first convolution, odd, at least 3; NADE and MADE have none.

    Raises:
        ValueError: as the networks.
    """
    shape, D = (1, size, size), size * size
    # Structure does not depend on features; one layer shows what all later ones are.
    small: dict[str, Any] = {"features": 1, "layers": 1, "first_kernel": first_kernel}
    with torch.random.fork_rng(devices=[]):
        models: dict[str, AutoregressiveModel] = {
            "pixelcnn": PixelCNN(shape, kernel=KERNEL, **small),
            "gated": GatedPixelCNN(shape, kernel=KERNEL, **small),
            "row": RowLSTM(shape, kernel=KERNEL, **small),
            "diagonal": DiagonalBiLSTM(shape, **small),
            "full": DiagonalBiLSTM(shape, full_context=True, **small),
            "nade": NADE(shape, hidden=1),
            "made": MADE(shape, hidden=(D,), degrees="even"),  # units of every degree
        }
    return _fields(models)


def trained(models: Mapping[str, AutoregressiveModel]) -> Fields:
    """What trained networks read, each with the kernels that it has.

    Args:
        models: by their words in NETWORKS; of one image size with one channel, in raster order.
    """
    return _fields(models)


def _fields(models: Mapping[str, AutoregressiveModel]) -> Fields:
    shape: tuple[int, int] = next(iter(models.values())).event_shape[1:]  # type: ignore[assignment]
    panels = tuple(
        Panel(NETWORKS[word].title, subtitle(model), word, (word,))
        for word, model in models.items()
    )
    return Fields(shape, panels, {word: every_layer(model) for word, model in models.items()})


def subtitle(model: AutoregressiveModel) -> str:
    """The layers of a network in a few words; {layers} stands for those after the first."""
    if not isinstance(model, ImageModel):
        return "a running sum" if isinstance(model, NADE) else "masks on a dense layer"
    first = f"{model.first_kernel}×{model.first_kernel} + {{layers}}"
    if isinstance(model, PixelCNN):
        return f"{first} of {model.kernel}×{model.kernel}"
    if isinstance(model, GatedPixelCNN):
        return f"{first}, two stacks"
    return f"{first}, k = {model.kernel}" if isinstance(model, RowLSTM) else first


# --- what sets two networks apart -----------------------------------------------------------------


def reads(fields: Fields, target: int, depths: Mapping[str, int]) -> dict[str, np.ndarray]:
    """bool (H*W,) for each network: which earlier pixels it reads.

    Args:
        target: flat index.
        depths: layers after the first that each has, by its word.
    """
    earlier = np.arange(fields.shape[0] * fields.shape[1]) < target
    return {
        word: (table[target] <= depths[word]) & earlier for word, table in fields.arrays.items()
    }


def differences(fields: Fields, target: int, depths: Mapping[str, int]) -> np.ndarray:
    """int (networks, networks): how many pixels the network of the row reads and that of the
    column does not. Arguments as for `reads`."""
    rows = np.stack(list(reads(fields, target, depths).values()))
    found: np.ndarray = (rows[:, None] & ~rows[None]).sum(-1)
    return found


def missed_by_one(
    fields: Fields, words: Sequence[str], target: int, depths: Mapping[str, int]
) -> dict[int, str]:
    """The earlier pixels that exactly one of some networks does not read: pixel -> its word."""
    rows = reads(fields, target, depths)
    missing = np.stack([~rows[word][:target] for word in words])
    return {
        int(pixel): words[int(missing[:, pixel].argmax())]
        for pixel in np.flatnonzero(missing.sum(0) == 1)
    }


# --- what trained networks heed -------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Heed:
    """How one trained network predicts one pixel of one image, and what from.

    Attributes:
        gradient: float32 (H, W), `receptive_field.gradient_map`, nats.
        probability: that it gave the value which the pixel has, 0..1.
        nats: -log p of the whole image.
        near: the least n with at least half of all gradient within n rows and columns of the
            target; 0 where there is no gradient.
    """

    gradient: np.ndarray
    probability: float
    nats: float
    near: int


def heed(model: AutoregressiveModel, x: np.ndarray, target: int) -> Heed:
    """What a network makes of a pixel.

    Args:
        model: of images with one channel, in raster order.
        x: (H, W) integers 0..K-1.
        target: flat index.
    """
    row, column = divmod(target, x.shape[1])
    found = gradient(model, x, (row, column))
    nats = surprise(model, x[None])[0]
    return Heed(found, float(np.exp(-nats[row, column])), float(nats.sum()), near(found, target))


def near(gradient: np.ndarray, target: int) -> int:
    """`Heed.near` of a gradient (H, W)."""
    down, across = np.indices(gradient.shape)
    row, column = divmod(target, gradient.shape[1])
    distance = np.maximum(abs(down - row), abs(across - column))
    within = np.cumsum(np.bincount(distance.ravel(), gradient.ravel()))
    return int(np.argmax(within >= within[-1] / 2))


# --- to take away ---------------------------------------------------------------------------------


def chosen(fields: Fields, words: Sequence[str]) -> Fields:
    """Some of the networks alone, in their own order."""
    panels = tuple(panel for panel in fields.panels if panel.table in words)
    return replace(fields, panels=panels, arrays={p.table: fields.arrays[p.table] for p in panels})


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
    fields: Fields, depths: Mapping[str, int], x: np.ndarray, target: int, found: Mapping[str, Heed]
) -> Figure:
    """A grid for each network: the gradient where it reads, over the image, as Matplotlib draws it.

    Args:
        fields: the networks shown.
        depths: layers after the first that each has, by its word.
        x: (H, W) the image.
        target: flat index.
        found: what `heed` gave, by word.
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


def gradients_table(x: np.ndarray, target: int, found: Mapping[str, Heed]) -> str:
    """CSV, a line for each pixel before the target: its value, and its gradient in each network."""
    lines = [",".join(["row", "column", "value", *(f"{word}_nats" for word in found)])]
    for pixel in range(target):
        row, column = divmod(pixel, x.shape[1])
        numbers = [f"{each.gradient[row, column]:.6g}" for each in found.values()]
        lines.append(",".join([str(row), str(column), str(x[row, column]), *numbers]))
    return "\n".join(lines) + "\n"
