"""What the lesson's steps claim of the shipped flows and of their data, computed from these."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from arviz_models import flows, trained_flows
from arviz_models.descent import set_weights

ANGLES = 2000  # of the integral over a half circle
RADII = 4000


def trained(kind: str, data: str, layers: int, order: str) -> Any:
    """A shipped flow."""
    found = trained_flows.load(trained_flows.name_of(kind, data, layers, order))
    assert found is not None
    model = flows.flow(kind, 2, layers, order, seed=trained_flows.SEED)
    set_weights(model, found.weights)
    return model


def entropy_of_rings(points: np.ndarray) -> float:
    """Mean of −log p over raw points: radius 2 or 0.8 with noise of 0.09, any angle."""
    radius = np.hypot(*points.T)
    shares = [(2 / 3, 2.0), (1 / 3, 0.8)]
    density = sum(share * _normal(radius - at, 0.09) for share, at in shares)
    return float(-np.log(density / (2 * np.pi * radius)).mean())


def entropy_of_moons(points: np.ndarray) -> float:
    """Mean of −log p over raw points: two half circles with noise of 0.08 around them."""
    angle = (np.arange(ANGLES) + 0.5) / ANGLES * np.pi
    arcs = [
        np.stack([np.cos(angle), np.sin(angle)], 1),
        np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], 1),
    ]
    density = np.zeros(len(points))
    for arc in arcs:
        across = points[:, None] - arc[None]
        density += 0.5 * _normal(across, 0.08).prod(2).mean(1)
    return float(-np.log(density).mean())


def _normal(values: np.ndarray, spread: float) -> np.ndarray:
    return np.asarray(np.exp(-0.5 * (values / spread) ** 2) / (spread * np.sqrt(2 * np.pi)))


def compute() -> dict[str, Any]:
    """All claims, by name."""
    found: dict[str, Any] = {}
    entropies = {"moons": entropy_of_moons, "rings": entropy_of_rings}
    for name, entropy in entropies.items():
        points = flows.raw_points(name)
        # Standardised, a point is divided by the spread of each variable.
        found[f"{name}: entropy"] = entropy(points) - float(np.log(points.std(0)).sum())
    first = flows.dataset("rings")[:, 0]
    found["rings: kurtosis of x1"] = float((first**4).mean())
    for settings in trained_flows.SHIPPED:
        data = flows.dataset(settings[1])
        found[trained_flows.name_of(*settings)] = flows.loss_on(trained(*settings), data)
    found |= one_transform()
    for kind in flows.KINDS:
        passes = flows.count_passes(kind, 64, repeats=1)
        found[f"{kind}: passes for a density, D = 64"] = passes.density
        found[f"{kind}: passes for a sample, D = 64"] = passes.sample
    return found


def one_transform() -> dict[str, Any]:
    """The pair of partners nearest to x = (0.5, 0.5), as the picture has it."""
    from arviz_models.analysis.flow_planes import LATTICE, WINDOW

    model = trained("maf", "moons", 1, "natural")
    lattice = flows.grid(WINDOW, LATTICE)
    x = lattice[(lattice - 0.5).square().sum(1).argmin()][None]
    z = flows.path(model, x)[0]
    base = float(model.base(None).log_prob(z))
    total = float(flows.log_density(model, x))
    slopes = torch.diagonal(flows.jacobians(model, x)[0, 0])
    return {
        "one transform: x": [round(value, 6) for value in x[0].tolist()],
        "one transform: log N": base,
        "one transform: log det": total - base,
        "one transform: log p": total,
        "one transform: slope of 1": float(slopes[0]),
        "one transform: slope of 2": float(slopes[1]),
    }
