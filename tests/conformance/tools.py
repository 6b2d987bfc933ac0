"""What the properties are made of: all states, changed values, gradients, a toy to learn."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from arviz_models import (
    AutoregressiveModel,
    Step,
)
from arviz_models.base import NOT_DRAWN
from tests.conformance.cases import Case, Event


def all_states(model: AutoregressiveModel) -> Tensor:
    """Every x there is: long (K^D, *event_shape)."""
    values = itertools.product(range(model.levels), repeat=model.dimensions)
    return torch.tensor(list(values)).view(-1, *model.event_shape)


def random_x(model: AutoregressiveModel, n: int, seed: int = 0) -> Tensor:
    """Uniformly random x: long (n, *event_shape)."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, model.levels, (n, *model.event_shape), generator=generator)


def change(model: AutoregressiveModel, x: Tensor, index: int, by: int = 1) -> Tensor:
    """x with dimension `index` of every row moved to another level."""
    changed = x.flatten(1).clone()
    changed[:, index] = (changed[:, index] + by) % model.levels
    return changed.view_as(x)


def jacobian(model: AutoregressiveModel, x: Tensor) -> Tensor:
    """d logits[i, k] / d one_hot[j, l] at one x (1, *event_shape): (D, K, D, K)."""
    D, K = model.dimensions, model.levels
    one_hot = F.one_hot(x, K).to(model.dtype).repeat(D * K, *[1] * x.dim()).requires_grad_()
    logits = model(one_hot).reshape(D * K, D * K)
    # Row r of the batch is asked for its r-th logit: all rows of the Jacobian in one pass.
    (gradient,) = torch.autograd.grad(
        logits.diagonal().sum(), one_hot, allow_unused=True, materialize_grads=True
    )
    return gradient.reshape(D, K, D, K)


def gradient_dependencies(model: AutoregressiveModel, x: Tensor) -> Tensor:
    """bool (D, D): [i, j] where some logit of dimension i has a gradient at the input j."""
    return (jacobian(model, x) != 0).any(3).any(1)


def changed_dependencies(model: AutoregressiveModel, x: Tensor) -> Tensor:
    """bool (D, D): [i, j] where a change of x_j changes a logit of dimension i, through `logits`.

    One forward pass for each change, always of the same shape: rows of different batches may be
    rounded differently.
    """
    D = model.dimensions
    found = torch.zeros(D, D, dtype=torch.bool)
    with torch.no_grad():
        before = model.logits(x).flatten(1, -2)  # (N, D, K)
        for j, by in itertools.product(range(D), range(1, model.levels)):
            after = model.logits(change(model, x, j, by)).flatten(1, -2)
            found[:, j] |= (after != before).any(2).any(0)
    return found


def in_order(model: AutoregressiveModel, matrix: Tensor) -> Tensor:
    """A (D, D) matrix over dimensions, its rows and columns sorted by the step of drawing."""
    return matrix[model.order][:, model.order]


def rolled_out(
    model: AutoregressiveModel, n: int, given: Tensor | None = None, seed: int = 0
) -> tuple[Tensor, list[Step]]:
    """A sample (n, *event_shape) with the steps that made it."""
    steps = list(model.sample_steps(n, given=given, generator=torch.Generator().manual_seed(seed)))
    x = torch.full((n, model.dimensions), NOT_DRAWN)
    for step in steps:
        x[:, step.index] = step.value
    return x.view(n, *model.event_shape), steps


def some_given(model: AutoregressiveModel, n: int, seed: int = 0) -> Tensor:
    """About half of the dimensions fixed, differently in every row: long (n, *event_shape)."""
    mask = torch.rand(n, *model.event_shape, generator=torch.Generator().manual_seed(seed)) < 0.5
    return torch.where(mask, random_x(model, n, seed + 1), NOT_DRAWN)


def toy_distribution(model: AutoregressiveModel, size: int = 512) -> tuple[Tensor, float]:
    """A distribution of known entropy that the model's structure can express.

    Every dimension depends on up to two neighbours among those it may read: to the left and above
    in an image (else the previous channel), i - 1 and i - 2 in a vector (else i + 1 and i + 2).
    The probabilities of all states are rounded to multiples of 1/size.

    Returns:
        long (size, *event_shape), every state as often as its probability says; and the entropy of
        exactly that, in nats.
    """
    generator = torch.Generator().manual_seed(11)
    K, D = model.levels, model.dimensions
    tables = 1.5 * torch.randn(2, K, K, generator=generator, dtype=torch.float64)
    readable = model.dependencies()
    states = all_states(model)
    flat = states.flatten(1)
    log_p = torch.zeros(len(states), dtype=torch.float64)
    for i in range(D):
        logits = torch.zeros(len(states), K, dtype=torch.float64)
        parents = [j for j in _neighbours(model.event_shape, i) if readable[i, j]][:2]
        for table, j in zip(tables, parents, strict=False):
            logits += table[flat[:, j]]
        log_p += torch.log_softmax(logits, 1).gather(1, flat[:, i : i + 1]).squeeze(1)
    exact = log_p.exp() * size
    counts = exact.floor()
    left = size - int(counts.sum())
    counts[(exact - counts).argsort(descending=True)[:left]] += 1
    p = counts / size
    entropy = -float(torch.special.xlogy(p, p).sum())
    return states.repeat_interleave(counts.long(), dim=0), entropy


def _neighbours(event_shape: Event, i: int) -> Iterator[int]:
    if len(event_shape) == 1:
        yield from (j for j in (i - 1, i - 2, i + 1, i + 2) if 0 <= j < event_shape[0])
        return
    _, height, width = event_shape
    channel, row, column = i // (height * width), i // width % height, i % width
    if column:
        yield i - 1
    if row:
        yield i - width
    if channel:
        yield i - height * width


def nll(model: AutoregressiveModel, x: Tensor) -> float:
    with torch.no_grad():
        return -float(model.log_prob(x).double().mean())


def train_toy(case: Case) -> tuple[float, float]:
    """NLL reached on the toy distribution, and its entropy, both in nats."""
    model = case.initial()
    data, entropy = toy_distribution(model)
    states, counts = torch.unique(data, dim=0, return_counts=True)
    generator = torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(model.parameters(), lr=case.learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, case.learning_rate, case.steps)
    batch = data[torch.randperm(len(data), generator=generator)]
    for _ in range(case.steps):
        optimizer.zero_grad()
        model.training_loss(batch, generator).backward()
        optimizer.step()
        schedule.step()
    model.eval()
    with torch.no_grad():
        reached = -float((model.log_prob(states).double() * counts / len(data)).sum())
    return reached, entropy
