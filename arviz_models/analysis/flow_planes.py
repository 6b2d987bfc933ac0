"""A flow on the planes of z and x: densities, lines of a grid, points, as arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

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
    from zuko.lazy import Flow

WINDOW = 3.0  # both planes show [-WINDOW, WINDOW]^2
CELLS = 64  # of a density, on each side
LINES, ALONG = 13, 49  # lines of the grid in each direction, and points on each of them
LATTICE = 49  # points on each side of the lattice whose partners are known
SHOWN = 400  # points of the data that are drawn
FRAMES = 36  # pictures kept of one training
LARGER = 2.5  # random weights of `triangle`, against those that a training begins with

Arrays = dict[str, np.ndarray]


def grid_lines() -> torch.Tensor:
    """Straight lines over z: (2 LINES, ALONG, 2), first those of constant z_1, then of z_2."""
    places = torch.linspace(-WINDOW, WINDOW, LINES)
    along = torch.linspace(-WINDOW, WINDOW, ALONG)
    constant, runs = torch.meshgrid(places, along, indexing="ij")
    return torch.cat([torch.stack([constant, runs], 2), torch.stack([runs, constant], 2)])


def densities(model: Flow) -> np.ndarray:
    """The density after each stage, 0 is z and K is x, on the planes: (K+1, CELLS^2)."""
    cells = grid(WINDOW, CELLS)
    stages = range(len(model.transform.transforms) + 1)
    return np.stack([log_density(model, cells, stage).exp().numpy() for stage in stages])


def shades(density: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A density as the picture colours it, by its square root: a byte a cell.

    Args:
        density: (..., cells).

    Returns:
        uint8 (..., cells), 255 * sqrt(density / most); float32 (...), `most`, the highest value.
    """
    finite = np.clip(np.nan_to_num(density.astype(float)), 0, 1e30)
    most = np.maximum(finite.max(-1), 1e-9)
    return np.rint(255 * np.sqrt(finite / most[..., None])).astype(np.uint8), most.astype(
        np.float32
    )


def gaussian_density() -> np.ndarray:
    """The density of z, the standard normal, on the plane: (CELLS^2,)."""
    return np.asarray(np.exp(-0.5 * (grid(WINDOW, CELLS).numpy() ** 2).sum(1)) / (2 * math.pi))


def partners(model: Flow, data: np.ndarray) -> np.ndarray:
    """Every data point x, its partner z and log p(x) in nats: (N, 5)."""
    x = torch.as_tensor(data)
    return torch.cat([x, path(model, x)[0], log_density(model, x)[:, None]], dim=1).numpy()


def still_arrays(model: Flow, data: np.ndarray) -> tuple[dict[str, Any], Arrays]:
    """The flow as it is now, at every stage: 0 is z, K is x.

    Returns:
        meta: K, the orders of the steps as z passes them, sizes, the window, the loss on the data.
        arrays: density (K+1, CELLS^2) uint8 and most (K+1) float32, as `shades`; lines
            (K+1, 2 LINES, ALONG, 2), points (K+1, M, 2) and pairs (K+1, N, 2) float32: a lattice
            over z and one over x with all partners;
            jacobian (K, N, 2, 2) and total (N, 2, 2) float32, of the way from x to z, the step
            next to x first; log_p (2, N) float32, of z and of x.
    """
    K = len(model.transform.transforms)
    density, most = shades(densities(model))
    lines = grid_lines()
    lattice = grid(WINDOW, LATTICE)
    pairs = torch.cat([path(model, lattice, "z"), path(model, lattice, "x")], dim=1)
    each = jacobians(model, pairs[-1])
    shown = torch.as_tensor(data[:SHOWN])
    arrays = {
        "density": density,
        "most": most,
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
    """One moment of a training: density of x as `shades`; lines in x, data points in z, float16."""
    shown = torch.as_tensor(data[:SHOWN])
    lines = path(model, grid_lines().reshape(-1, 2), "z")[-1]
    density, most = shades(log_density(model, grid(WINDOW, CELLS)).exp().numpy())
    return {"frame_density": density, "frame_most": most} | _finite(
        {
            "frame_lines": lines.numpy(),
            "frame_points": path(model, shown)[0].numpy(),
        },
        np.float16,
    )


def told_frame(
    density: np.ndarray, most: float, lines: np.ndarray, points: np.ndarray, like: Arrays
) -> Arrays:
    """A moment that another machine has computed, as `frame_arrays` has it.

    Args:
        density, most: as `shades`; lines, points: any shape.
        like: a moment of the same training, for the shapes.
    """
    given = {
        "frame_density": density,
        "frame_most": np.float32(most),
        "frame_lines": lines,
        "frame_points": points,
    }
    kept = _finite({name: np.asarray(each) for name, each in given.items()}, np.float16)
    kept["frame_most"] = np.asarray(most, np.float32)
    return {name: each.reshape(like[name].shape) for name, each in kept.items()}


def live_arrays(model: Flow, data: np.ndarray) -> tuple[dict[str, Any], Arrays]:
    """What the picture needs while a flow learns, beside the latest moment: z, and the data."""
    density, most = shades(log_density(model, grid(WINDOW, CELLS), 0).exp().numpy())
    arrays = {
        "density": density,
        "most": most[None],
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
    """Far-off values drawn back to what the type holds; bytes stay."""
    return {
        name: array
        if array.dtype == np.uint8
        else np.clip(np.nan_to_num(array, nan=0.0), -6e4, 6e4).astype(kind)
        for name, array in arrays.items()
    }


def made_match(variables: int, order: str, seed: int = 0) -> tuple[int, float]:
    """One step of a MAF against a MADE: mask cells that differ, largest difference of x."""
    step, ours, theirs = masks_of_both(variables, order, seed)
    z = torch.randn(64, variables, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        difference = (made_step(step, z) - step(None).inv(z)).abs().max()
    cells = sum(int((a != b).sum()) for a, b in zip(ours, theirs, strict=True))
    return cells, float(difference)


def masks_of_both(
    variables: int, order: str, seed: int
) -> tuple[Any, list[torch.Tensor], list[torch.Tensor]]:
    """The last of two MAF steps, so that "reversed" is; MADE's masks; zuko's."""
    model = flow("maf", variables, 2, order, hidden=(12, 12), seed=seed)
    step = steps_of(model)[1]
    *hidden, last = made_of(step).masks()
    return step, [*hidden, last.repeat_interleave(2, dim=0)], masks(model)[1]


def triangle(variables: int, seed: int = 0) -> tuple[np.ndarray, float]:
    """The Jacobian of one MAF step with random weights, at a random point x.

    Returns:
        float32 (D, D), d z_i / d x_j; log |det| of it, by the general way, which knows no zeros.
    """
    model = flow("maf", variables, 1, "natural", hidden=(16, 16), seed=seed)
    with torch.no_grad():
        for weights in model.parameters():
            weights *= LARGER  # those that a network begins with hardly read anything
    x = torch.randn(1, variables, generator=torch.Generator().manual_seed(seed))
    [[jacobian]] = jacobians(model, x)
    return jacobian.numpy(), float(torch.linalg.slogdet(jacobian.double())[1])
