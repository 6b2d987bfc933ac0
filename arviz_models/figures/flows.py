"""Pictures of a flow: arrays for the browser, and what a student takes away."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from arviz_models.figures.palette import MEANINGS, PROBABILITY
from arviz_models.flows import (
    flow,
    grid,
    jacobians,
    log_density,
    made_of,
    made_step,
    masks,
    orders,
    path,
    steps_of,
    total_jacobian,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from zuko.lazy import Flow

    from arviz_models.flows import Passes

WINDOW = 3.0  # both planes show [-WINDOW, WINDOW]^2
CELLS = 64  # of a density, on each side
LINES, ALONG = 13, 49  # lines of the grid in each direction, and points on each of them
LATTICE = 49  # points on each side of the lattice whose partners are known
SHOWN = 400  # points of the data that are drawn
FRAMES = 36  # pictures kept of one training

Arrays = dict[str, np.ndarray]


def grid_lines() -> torch.Tensor:
    """Straight lines over z: (2 LINES, ALONG, 2), first those of constant z_1, then of z_2."""
    places = torch.linspace(-WINDOW, WINDOW, LINES)
    along = torch.linspace(-WINDOW, WINDOW, ALONG)
    constant, runs = torch.meshgrid(places, along, indexing="ij")
    return torch.cat([torch.stack([constant, runs], 2), torch.stack([runs, constant], 2)])


def still_arrays(model: Flow, data: np.ndarray) -> tuple[dict[str, Any], Arrays]:
    """The flow as it is now, at every stage: 0 is z, K is x.

    Returns:
        meta: K, the orders of the steps as z passes them, sizes, the window, the loss on the data.
        arrays: density (K+1, CELLS^2) float16; lines (K+1, 2 LINES, ALONG, 2), points (K+1, M, 2)
            and pairs (K+1, N, 2) float32: a lattice over z and one over x with all partners;
            jacobian (K, N, 2, 2) and total (N, 2, 2) float32, of the way from x to z, the step
            next to x first; log_p (2, N) float32, of z and of x.
    """
    K = len(model.transform.transforms)
    cells = grid(WINDOW, CELLS)
    density = [log_density(model, cells, stage).exp() for stage in range(K + 1)]
    lines = grid_lines()
    lattice = grid(WINDOW, LATTICE)
    pairs = torch.cat([path(model, lattice, "z"), path(model, lattice, "x")], dim=1)
    each = jacobians(model, pairs[-1])
    shown = torch.as_tensor(data[:SHOWN])
    arrays = {
        "density": np.minimum(torch.stack(density).numpy(), 6e4).astype(np.float16),
        "lines": path(model, lines.reshape(-1, 2), "z").numpy(),
        "points": path(model, shown).numpy(),
        "pairs": pairs.numpy(),
        "jacobian": each.numpy(),
        "total": total_jacobian(each).numpy(),
        "log_p": torch.stack(
            [model.base(None).log_prob(pairs[0]).detach(), log_density(model, pairs[-1])]
        ).numpy(),
    }
    loss = -log_density(model, torch.as_tensor(data)).mean()
    return _sizes(K) | {"orders": orders(model)[::-1], "loss": float(loss)}, _finite(arrays)


def frame_arrays(model: Flow, data: np.ndarray) -> Arrays:
    """One moment of a training: density of x, lines in x, data points in z, all float16."""
    shown = torch.as_tensor(data[:SHOWN])
    lines = path(model, grid_lines().reshape(-1, 2), "z")[-1]
    density = log_density(model, grid(WINDOW, CELLS)).exp()
    return _finite(
        {
            "frame_density": density.numpy(),
            "frame_lines": lines.numpy(),
            "frame_points": path(model, shown)[0].numpy(),
        },
        np.float16,
    )


def live_arrays(model: Flow, data: np.ndarray, frame: Arrays) -> tuple[dict[str, Any], Arrays]:
    """What the picture needs while a flow learns: `frame`, the latest moment, and z."""
    density = log_density(model, grid(WINDOW, CELLS), 0).exp().detach()
    arrays = {name: array[None] for name, array in frame.items()} | {
        "density": density.numpy().astype(np.float16),
        "lines": grid_lines().numpy(),
        "points": data[:SHOWN],
    }
    return _sizes(len(model.transform.transforms)) | {"orders": orders(model)[::-1]}, arrays


def film(frames: Sequence[Arrays]) -> Arrays:
    """All moments as one set of arrays, the moment first."""
    return {name: np.stack([frame[name] for frame in frames]) for name in frames[0]}


def frame_steps(steps: int) -> list[int]:
    """The steps of a training at which a picture is kept: denser at first, where most happens."""
    found = {round(steps * (number / (FRAMES - 1)) ** 1.5) for number in range(1, FRAMES)}
    return sorted(found - {0})


def _sizes(K: int) -> dict[str, Any]:
    return {
        "K": K,
        "window": WINDOW,
        "cells": CELLS,
        "lines": 2 * LINES,
        "along": ALONG,
    }


def _finite(arrays: Arrays, kind: type = np.float32) -> Arrays:
    """Far-off values drawn back to what the type holds; float16 stays."""
    return {
        name: array
        if array.dtype == np.float16
        else np.clip(np.nan_to_num(array, nan=0.0), -6e4, 6e4).astype(kind)
        for name, array in arrays.items()
    }


def loss_figure(losses: Sequence[float], total: int, ground: str) -> Any:
    """The loss of every step so far, and its mean over the last 20, as a Plotly curve."""
    import plotly.graph_objects as go

    colour = {name: getattr(meaning, ground) for name, meaning in MEANINGS.items()}
    steps = list(range(1, len(losses) + 1))
    width = 20
    sums = np.concatenate([[0.0], np.cumsum(losses)])
    ends = np.arange(1, len(losses) + 1)
    starts = np.maximum(ends - width, 0)
    smooth = (sums[ends] - sums[starts]) / (ends - starts)
    figure = go.Figure(
        go.Scatter(x=steps, y=list(losses), name="one batch", line={"color": colour["line"]})
    )
    figure.add_scatter(
        x=steps, y=smooth, name="mean of 20", line={"color": colour["seen"], "width": 2.5}
    )
    gaussian = 1 + math.log(2 * math.pi)  # entropy of the standard normal in two dimensions
    figure.add_hline(
        y=gaussian,
        line={"color": colour["quiet"], "dash": "dot", "width": 1},
        annotation={"text": "a plain Gaussian", "font": {"color": colour["quiet"]}},
    )
    figure.update_layout(
        height=280,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        xaxis={"title": "step", "range": [0, total]},
        yaxis={"title": "loss, nats a point"},
        legend={"orientation": "h", "y": 1.14},
    )
    return figure


def passes_figure(measured: Sequence[Passes], ground: str) -> Any:
    """Time of one density and of one sample against D, both kinds, as Plotly lines."""
    import plotly.graph_objects as go

    colour = {name: getattr(meaning, ground) for name, meaning in MEANINGS.items()}
    figure = go.Figure()
    for kind, symbol in (("maf", "circle"), ("iaf", "square")):
        rows = [row for row in measured if row.kind == kind]
        for task, tone in (("density", "seen"), ("sample", "target")):
            fast = (kind == "maf") == (task == "density")
            figure.add_scatter(
                x=[row.variables for row in rows],
                y=[1000 * getattr(row, f"{task}_seconds") for row in rows],
                customdata=[getattr(row, task) for row in rows],
                hovertemplate="D = %{x}: %{y:.2f} ms, %{customdata} passes",
                name=f"{kind.upper()}, {task}",
                mode="lines+markers",
                line={"color": colour[tone], "dash": "solid" if fast else "dash"},
                marker={"symbol": symbol, "size": 8},
            )
    figure.update_layout(
        height=320,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        xaxis={"title": "variables D", "type": "log", "tickvals": [2, 4, 8, 16, 32, 64]},
        yaxis={"title": "ms, one point, one transform", "type": "log"},
        legend={"orientation": "h", "y": 1.14},
    )
    return figure


def planes_figure(model: Flow, data: np.ndarray, name: str) -> Figure:
    """Density, data and grid in x beside the data in z, as a Matplotlib figure."""
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure

    ramp = LinearSegmentedColormap.from_list("probability", PROBABILITY)
    meta, arrays = still_arrays(model, data)
    figure = Figure(figsize=(8.4, 4.3), layout="constrained")
    window = (-WINDOW, WINDOW)
    for axis, stage, letter in zip(figure.subplots(1, 2), (-1, 0), "xz", strict=True):
        density = arrays["density"][stage].astype(float).reshape(CELLS, CELLS)
        axis.imshow(np.sqrt(density), extent=(*window, *window), cmap=ramp)
        for number, line in enumerate(arrays["lines"].reshape(-1, 2 * LINES, ALONG, 2)[stage]):
            style = "-" if number < LINES else "--"
            axis.plot(*line.T, style, color="white", linewidth=0.5, alpha=0.6)
        axis.scatter(*arrays["points"][stage].T, s=5, color="white", edgecolor="black", lw=0.4)
        axis.set(xlim=window, ylim=window, aspect="equal")
        axis.set_xlabel(f"${letter}_1$")
        axis.set_ylabel(f"${letter}_2$")
    figure.suptitle(f"{name}, {meta['K']} transforms: {meta['loss']:.3f} nats", fontsize=10)
    return figure


def made_match(variables: int, order: str, seed: int = 0) -> tuple[int, float]:
    """One step of a MAF against a MADE: mask cells that differ, largest difference of x."""
    step, ours, theirs = _masks_of_both(variables, order, seed)
    z = torch.randn(64, variables, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        difference = (made_step(step, z) - step(None).inv(z)).abs().max()
    cells = sum(int((a != b).sum()) for a, b in zip(ours, theirs, strict=True))
    return cells, float(difference)


def made_figure(variables: int, order: str, seed: int = 0) -> Figure:
    """The masks of one MAF step, zuko's above and MADE's below, as a Matplotlib figure."""
    from matplotlib.figure import Figure

    _, ours, theirs = _masks_of_both(variables, order, seed)
    figure = Figure(figsize=(8.4, 4.2), layout="constrained")
    axes = figure.subplots(2, len(ours))
    titles = [f"hidden {number}" for number in range(1, len(ours))] + ["μ and α"]
    for row, (name, found) in zip(axes, (("zuko", theirs), ("MADE", ours)), strict=True):
        for axis, mask, title in zip(row, found, titles, strict=True):
            axis.imshow(mask.numpy(), cmap="Greys", vmin=0, vmax=1.6, aspect="auto")
            axis.set(title=f"{title}, {name}", xticks=[], yticks=[])
            axis.title.set_fontsize(9)
    return figure


def _masks_of_both(
    variables: int, order: str, seed: int
) -> tuple[Any, list[torch.Tensor], list[torch.Tensor]]:
    """The last of two MAF steps, so that "reversed" is; MADE's masks; zuko's."""
    model = flow("maf", variables, 2, order, hidden=(12, 12), seed=seed)
    step = steps_of(model)[1]
    *hidden, last = made_of(step).masks()
    return step, [*hidden, last.repeat_interleave(2, dim=0)], masks(model)[1]


def archive(model: Flow, data: np.ndarray, losses: Sequence[float]) -> bytes:
    """The arrays of the picture, the losses and the data as NPZ."""
    meta, arrays = still_arrays(model, data)
    everything: dict[str, Any] = arrays | {
        "data": data,
        "losses": np.array(losses),
        "orders": np.array(meta["orders"]),
    }
    file = io.BytesIO()
    np.savez_compressed(file, **everything)
    return file.getvalue()
