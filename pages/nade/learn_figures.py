"""A training of NADE to take away."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from arviz_models.figures.palette import MEANINGS
from arviz_models.figures.sheets import sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Moments = Sequence[Mapping[str, Any]]  # "step" and "test" of each


def loss_figure(
    losses: Sequence[float], moments: Moments, samples: np.ndarray, shape: tuple[int, int, int]
) -> Figure:
    """The loss of every batch, the cost of the test digits, and the last samples."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    curve, drawn = figure.subplots(1, 2, width_ratios=(1.7, 1))
    steps = range(1, len(losses) + 1)
    curve.plot(steps, losses, color=MEANINGS["seen"].light, linewidth=0.8, label="each batch")
    curve.plot(
        [each["step"] for each in moments],
        [each["test"] for each in moments],
        "o-",
        color=MEANINGS["target"].light,
        markersize=4,
        label="test digits",
    )
    curve.set_xlabel("step")
    curve.set_ylabel("cost of one digit, nats")
    curve.legend(frameon=False)
    drawn.imshow(sheet(samples.reshape(-1, *shape), 2, 4, scale=6))
    drawn.set_title(f"drawn after step {moments[-1]['step']}", fontsize=9)
    drawn.set_axis_off()
    return figure


def losses_table(losses: Sequence[float], moments: Moments) -> str:
    """A line for each step, as CSV; the cost of the test digits where it was computed."""
    test = {each["step"]: f"{each['test']:.6g}" for each in moments}
    lines = ["step,loss_nats,test_nats", f"0,,{test[0]}"]
    lines += [f"{t},{loss:.6g},{test.get(t, '')}" for t, loss in enumerate(losses, start=1)]
    return "\n".join(lines) + "\n"


def samples_archive(moments: Moments, frames: Sequence[Mapping[str, np.ndarray]]) -> bytes:
    """The steps and the samples of all moments, as NPZ."""
    file = io.BytesIO()
    np.savez_compressed(
        file,
        step=np.array([each["step"] for each in moments]),
        samples=np.stack([each["samples"] for each in frames]),
    )
    return file.getvalue()
