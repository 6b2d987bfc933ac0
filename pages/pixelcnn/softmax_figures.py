"""A pixel's softmax, to take away."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from arviz_models.analysis.conditionals import conditionals, gradient
from arviz_models.analysis.receptive_fields import (
    NAMES,
    receptive_field,
)
from arviz_models.base import AutoregressiveModel
from arviz_models.figures.palette import MEANINGS

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def conditional_table(model: AutoregressiveModel, x: np.ndarray, target: tuple[int, int]) -> str:
    """CSV, a line for each pixel: its value and conditional, and what it is to the target."""
    width = x.shape[1]
    classes = receptive_field(model, target).classes.ravel()
    log_p = conditionals(model, x)["log_p"]
    moves = gradient(model, x, target).ravel()
    probabilities = ",".join(f"p_{level}" for level in range(model.levels))
    lines = [f"index,row,column,value,to_target,gradient_nats,surprisal_nats,{probabilities}"]
    for index, value in enumerate(x.ravel().tolist()):
        row, column = divmod(index, width)
        p = ",".join(f"{math.exp(each):.6g}" for each in log_p[index].tolist())
        lines.append(
            f"{index},{row},{column},{value},{NAMES[classes[index]]},{moves[index]:.6g},"
            f"{-log_p[index, value]:.6g},{p}"
        )
    return "\n".join(lines) + "\n"


def softmax_figure(
    model: AutoregressiveModel, x: np.ndarray, digit: np.ndarray, target: tuple[int, int]
) -> Figure:
    """What the target's conditional reads, over the image, and its softmax, in Matplotlib.

    Args:
        x: (H, W) the image as painted.
        digit: (H, W) the same before it was painted.
        target: row and column.
    """
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    height, width = x.shape
    row, column = target
    field = receptive_field(model, target)
    p, unpainted = (
        np.exp(conditionals(model, each)["log_p"][row * width + column]) for each in (x, digit)
    )
    colour = {name: meaning.light for name, meaning in MEANINGS.items()}
    looks: dict[str, dict[str, Any]] = {
        "future": {"facecolor": colour["future"]},
        "target": {"facecolor": colour["paper"], "edgecolor": colour["target"], "lw": 2},
        "seen": {"facecolor": colour["seen"]},
        "depth-limited": {"facecolor": colour["depth-limited"], "hatch": "..."},
        "blind": {"facecolor": "white", "edgecolor": colour["blind"], "hatch": "////"},
        "ink": {"facecolor": colour["ink"]},
    }
    plain: dict[str, Any] = {"lw": 0, "edgecolor": colour["seen"]}
    figure = Figure(figsize=(9, 5.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    for (y, x_), kind in np.ndenumerate(field.classes):
        look = plain | looks[NAMES[kind]]
        left.add_patch(Rectangle((x_, y), 1, 1, zorder=3 if (y, x_) == target else 2, **look))
        if x[y, x_]:
            strength = x[y, x_] / (model.levels - 1)
            left.add_patch(
                Rectangle(
                    (x_ + 0.18, y + 0.18), 0.64, 0.64, fc=colour["ink"], alpha=strength, zorder=4
                )
            )
    left.set(xlim=(-0.1, width + 0.1), ylim=(height + 0.1, -0.1), aspect="equal")
    left.set_axis_off()
    marks = {name: MEANINGS[name].word for name in (*NAMES[1:], "future")}
    marks["ink"] = f"{model.levels - 1}, ink"
    handles = [
        Rectangle((0, 0), 1, 1, label=word, **(plain | looks[name])) for name, word in marks.items()
    ]
    figure.legend(
        handles=handles,
        loc="outside lower left",
        ncols=6,
        fontsize=8,
        frameon=False,
        handleheight=1.5,
    )
    figure.suptitle(
        f"{type(model).__name__}, pixel in row {row}, column {column}: "
        + ", ".join(f"{field.counts[name]} {MEANINGS[name].word}" for name in NAMES[2:]),
        fontsize=10,
    )
    levels = np.arange(model.levels)
    right.barh(levels, p, 0.6, color=colour["quiet"], label="as painted")
    right.barh(levels, unpainted, 0.72, fill=False, ls="--", label="before it was painted")
    for level, each, other in zip(levels, p, unpainted, strict=True):
        right.text(max(each, other) + 0.02, level, f"{each:.3f}", va="center", fontsize=9)
    right.set(xlim=(0, 1.2), yticks=levels, xlabel="p(x = k | before)", ylabel="k")
    right.set_xticks(np.linspace(0, 1, 6))  # what lies beyond 1 is room for the numbers
    right.set_ylim(max(4, model.levels) - 0.5, -0.5)
    right.legend(fontsize=8, loc="lower right")
    right.spines[["top", "right"]].set_visible(False)
    return figure
