"""A world small enough to know everything about it: D <= 8 binary variables, all 2^D states.

A distribution is a table of 2^D probabilities; state s has the bits of s, x_1 first. Training uses
the whole table at every step, so that nothing is left to chance but the first weights.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from arviz_models.base import AutoregressiveModel
from arviz_models.data import load_dataset
from arviz_models.made import MADE

MOST_VARIABLES = 8
TABLE_STEPS = 500


def states(variables: int) -> Tensor:
    """All states: long (2^D, D), state s in row s, its most significant bit first."""
    s = torch.arange(2**variables)
    return (s.unsqueeze(1) >> torch.arange(variables - 1, -1, -1)) & 1


def distribution(name: str, variables: int) -> np.ndarray:
    """A table of probabilities, float64 (2^D,), by name.

    "parity": all states with an even number of ones, equally; no pair of variables tells anything.
    "two modes": mostly all 0 or all 1. "chain": each variable copies the one before, 8 times in 10.
    "uniform": nothing to learn.

    Raises:
        ValueError: unknown name, or D out of 1..8.
    """
    if name not in DISTRIBUTIONS or not 1 <= variables <= MOST_VARIABLES:
        raise ValueError(
            f"a distribution is one of {', '.join(DISTRIBUTIONS)} over 1 to {MOST_VARIABLES} "
            f"variables; given {name!r} over {variables}"
        )
    x = states(variables).numpy()
    if name == "parity":
        weight = (x.sum(1) % 2 == 0).astype(float)
    elif name == "two modes":
        nearest = np.minimum(x.sum(1), variables - x.sum(1))
        weight = 0.1**nearest
    elif name == "chain":
        copies = (x[:, 1:] == x[:, :-1]).sum(1)
        weight = 0.8**copies * 0.2 ** (variables - 1 - copies)
    else:
        weight = np.ones(len(x))
    return weight / weight.sum()


DISTRIBUTIONS = ("chain", "two modes", "parity", "uniform")


def normalised(weights: Sequence[float] | np.ndarray) -> np.ndarray:
    """A table that a student edited, as probabilities.

    Raises:
        ValueError: a negative weight, one that is no number, or nothing but zeros.
    """
    table = np.asarray(weights, dtype=float)
    if not np.isfinite(table).all() or (table < 0).any() or table.sum() <= 0:
        raise ValueError("each weight is a number of at least 0, and one of them is above 0")
    return table / table.sum()


def entropy(probabilities: np.ndarray) -> float:
    """-sum p log p, in nats: the NLL that no model can go below."""
    p = probabilities[probabilities > 0]
    return float(-(p * np.log(p)).sum())


@torch.no_grad()
def learned(model: AutoregressiveModel) -> np.ndarray:
    """The model's probability of every state, (2^D,); they sum to 1 if it is autoregressive."""
    x = states(model.dimensions).view(-1, *model.event_shape).to(model.device)
    return model.log_prob(x).double().exp().cpu().numpy()


@torch.no_grad()
def factors(model: AutoregressiveModel) -> np.ndarray:
    """The conditionals that a model multiplies, float64 (2^D, D): row s, column i holds its
    probability of the value that x_i has in state s, given what it reads.

    The product of a row is the row's entry of `learned`.
    """
    x = states(model.dimensions).view(-1, *model.event_shape).to(model.device)
    log_p = model.logits(x).double().log_softmax(-1).flatten(1, -2)  # (2^D, D, 2)
    chosen = log_p.gather(-1, x.flatten(1).unsqueeze(-1))
    return chosen.squeeze(-1).exp().cpu().numpy()


def fit_table(
    model: AutoregressiveModel,
    probabilities: np.ndarray,
    steps: int = TABLE_STEPS,
    learning_rate: float = 0.015,
    every: int = 20,
) -> Iterator[tuple[int, float]]:
    """Train on the whole table; yields (step, NLL in nats) every so often, and at the end."""
    x = states(model.dimensions).view(-1, *model.event_shape).to(model.device)
    weight = torch.as_tensor(probabilities, dtype=model.dtype, device=model.device)
    yield from _descend(
        model, lambda: -(weight * model.log_prob(x)).sum(), steps, learning_rate, every
    )


def strips(variables: int) -> Tensor:
    """D of the 16 pixels of small digits, in raster order: long (256, D), for D <= 16.

    The 8x8 digits at 4x4, a pixel being 1 where at least half of its 2x2 block is; of these the
    D pixels that vary most.
    """
    digits = load_dataset("digits").batch("train", slice(256))[:, 0]  # (256, 8, 8)
    blocks = digits.view(-1, 4, 2, 4, 2).sum((2, 4)) >= 2
    pixels = blocks.flatten(1).long()
    most = pixels.double().var(0).argsort(descending=True, stable=True)[:variables]
    return pixels[:, most.sort().values]


def strips_entropy(variables: int) -> float:
    """Entropy of `strips` in nats: the NLL on them that no distribution can go below."""
    _, counts = strips(variables).unique(dim=0, return_counts=True)
    return entropy((counts / counts.sum()).double().numpy())


def fit_strips(model: AutoregressiveModel, steps: int = 100, learning_rate: float = 0.1) -> float:
    """Train on `strips`, whole, and return the last NLL in nats."""
    x = strips(model.dimensions).view(-1, *model.event_shape).to(model.device)
    loss_of = lambda: -model.log_prob(x).mean()  # noqa: E731
    *_, (_, nll) = _descend(model, loss_of, steps, learning_rate, steps)
    return nll


def _descend(
    model: AutoregressiveModel,
    loss_of: Callable[[], Tensor],
    steps: int,
    learning_rate: float,
    every: int,
) -> Iterator[tuple[int, float]]:
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    for step in range(1, steps + 1):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate * (1 + math.cos(math.pi * step / steps)) / 2
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of()
        loss.backward()
        optimizer.step()
        if step % every == 0 or step == steps:
            yield step, float(loss.detach())


def small_made(order: Sequence[int], hidden: int, seed: int) -> MADE:
    """An untrained MADE of two hidden layers for a table over as many variables as are ordered."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return MADE((len(order),), 2, (hidden, hidden), tuple(order), "even")


@lru_cache(maxsize=64)
def learned_factors(
    probabilities: tuple[float, ...], order: tuple[int, ...], hidden: int, seed: int
) -> tuple[np.ndarray, float]:
    """A MADE trained on a whole table: its `factors` of every state, and its NLL in nats."""
    model = small_made(order, hidden, seed)
    *_, (_, nll) = fit_table(model, np.array(probabilities))
    return factors(model), nll
