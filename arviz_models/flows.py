r"""Autoregressive flows, MAF and IAF: a Gaussian bent step by step, each step autoregressive.

One step computes one variable after the other, in an order:

.. math::
    x_i = z_i \exp(\alpha_i) + \mu_i, \qquad
    \log p(x) = \log \mathcal N(z; 0, I) - \sum_i \alpha_i

with :math:`\mu, \alpha` from a masked network (a MADE). What that network reads makes the kind:

- MAF reads :math:`x` before i: all of z follows from x in one pass, x from z in D.
- IAF reads :math:`z` before i: all of x follows from z in one pass, z from x in D.

K steps are stacked. With "reversed", every second one takes the variables from the last to the
first; with "natural" none does, and the first variable then stays a Gaussian for ever.

The flows are zuko's: ``MaskedAutoregressiveTransform`` in a ``Flow``. zuko's own `MAF` applies
exp and shift on the way from x to z, which is the same family with other numbers; here they stand
on the way from z to x, as in the papers. zuko bounds :math:`\alpha` softly to ±6.9.

Source: Papamakarios, Pavlakou & Murray, Masked Autoregressive Flow for Density Estimation (NeurIPS
2017), equations 3-5; Kingma et al., Improving Variational Inference with Inverse Autoregressive
Flow (NeurIPS 2016).
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributions import Transform
from zuko.distributions import DiagNormal
from zuko.flows import MaskedAutoregressiveTransform
from zuko.lazy import Flow, UnconditionalDistribution
from zuko.transforms import MonotonicAffineTransform

from arviz_models.descent import Descent
from arviz_models.drawn_points import checked
from arviz_models.made import MADE

KINDS = ("maf", "iaf")
ORDERS = ("reversed", "natural", "random")
DATASETS = ("moons", "rings", "pinwheel")
HIDDEN = (48, 48)  # units of each step's network
LEARNING_RATE, BATCH = 5e-3, 256  # of a training
BOUND = -math.log(1e-3)  # of |alpha|: zuko's default slope


# --- the flows -----------------------------------------------------------------------------------


def flow(
    kind: str,
    variables: int = 2,
    transforms: int = 4,
    order: str = "reversed",
    hidden: Sequence[int] = HIDDEN,
    seed: int = 0,
) -> Flow:
    """A MAF or an IAF, untrained.

    Args:
        kind: "maf" or "iaf".
        variables: D, at least 2.
        transforms: K, how many steps are stacked, at least 1.
        order: of the variables from step to step, one of `ORDERS`.
        hidden: units of each hidden layer of every step's network.
        seed: of the weights, and of the random orders. They depend on nothing else: not on what
            other threads draw meanwhile.

    Returns:
        a zuko ``Flow``; ``flow().log_prob(x)``, ``flow().sample((n,))``.

    Raises:
        ValueError: a kind or an order that is none, or sizes out of range.

    Example:
        >>> [mask.shape for mask in masks(flow("maf", 3, 1, hidden=(4,)))[0]]
        [torch.Size([4, 3]), torch.Size([6, 4])]
        >>> adjacency(flow("maf", 3, 1, hidden=(4,)))[0].int()
        tensor([[0, 0, 0],
                [1, 0, 0],
                [1, 1, 0]], dtype=torch.int32)
    """
    if kind not in KINDS or order not in ORDERS:
        raise ValueError(
            f"a flow is one of {', '.join(KINDS)} with an order of {', '.join(ORDERS)}; given "
            f"{kind!r}, {order!r}"
        )
    if variables < 2 or transforms < 1 or not hidden or min(hidden) < 1:
        raise ValueError(
            "a flow has at least 2 variables, 1 transform and 1 unit in each hidden layer; given "
            f"{variables}, {transforms}, {tuple(hidden)}"
        )
    generator = torch.Generator().manual_seed(seed)
    steps = []
    for number in range(transforms):
        ranks = torch.arange(variables)
        if order == "random":
            ranks = torch.randperm(variables, generator=generator)
        elif order == "reversed" and number % 2:
            ranks = ranks.flip(0)
        step = _step(kind, ranks, hidden)
        _draw_weights(step, generator)
        steps.append(step)
    base = UnconditionalDistribution(
        DiagNormal, torch.zeros(variables), torch.ones(variables), buffer=True
    )
    return Flow(steps, base)


def _step(kind: str, ranks: Tensor, hidden: Sequence[int]) -> Any:
    """One step, as the map from x to z that a zuko ``Flow`` is made of."""

    def affine(mu: Tensor, alpha: Tensor) -> Transform:  # z -> x
        return MonotonicAffineTransform(mu, alpha)

    step = MaskedAutoregressiveTransform(
        len(ranks),
        order=ranks,  # zuko calls them an order; they are ranks
        univariate=affine if kind == "iaf" else lambda mu, alpha: affine(mu, alpha).inv,
        hidden_features=tuple(hidden),
        activation=nn.ELU,
    )
    return step.inv if kind == "iaf" else step


@torch.no_grad()
def _draw_weights(step: nn.Module, generator: torch.Generator) -> None:
    """Draw the weights that ``nn.Linear`` begins with, from this generator.

    The generator that torch would use is one for all threads.
    """
    for layer in step.modules():
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_uniform_(layer.weight, a=math.sqrt(5), generator=generator)
            bound = 1 / math.sqrt(layer.in_features)
            nn.init.uniform_(layer.bias, -bound, bound, generator=generator)


def steps_of(model: Flow) -> list[MaskedAutoregressiveTransform]:
    """The masked transforms, the one next to x first; those of an IAF without their inversion."""
    lazy = model.transform.transforms
    return [step if hasattr(step, "hyper") else step.transform for step in lazy]


def masks(model: Flow) -> list[list[Tensor]]:
    """For each step the masks of its network: bool (H_1, D), ..., (2D, H_L).

    Rows 2i and 2i + 1 of the last one are mu_i and alpha_i.
    """
    return [
        [layer.mask.bool() for layer in step.hyper if hasattr(layer, "mask")]
        for step in steps_of(model)
    ]


def adjacency(model: Flow) -> list[Tensor]:
    """For each step bool (D, D): does mu_i or alpha_i read variable j? The product of its masks."""
    found = []
    for first, *others in masks(model):
        paths = first.double()
        for mask in others:
            paths = mask.double() @ paths
        found.append(paths.view(-1, 2, paths.shape[1]).sum(1) > 0)
    return found


# --- points, there and back ----------------------------------------------------------------------


@torch.no_grad()
def path(model: Flow, points: Tensor, start: str = "x") -> Tensor:
    """Where points are after each step: (K + 1, N, D), first z, last x.

    Args:
        points: (N, D), in x or in z.
        start: "x" to go from the data to the Gaussian, "z" for the other way.
    """
    steps = [step(None) for step in model.transform.transforms]  # x -> z
    if start == "x":
        places = [points]
        for step in steps:
            places.insert(0, step(places[0]))
    else:
        places = [points]
        for step in reversed(steps):
            places.append(step.inv(places[-1]))
    return torch.stack(places)


@torch.no_grad()
def log_density(model: Flow, points: Tensor, stage: int | None = None) -> Tensor:
    """log p in nats, (N,), of points that `stage` steps have made from z; None for all K, of x."""
    steps = [step(None) for step in model.transform.transforms]
    total = points.new_zeros(len(points))
    for step in steps[len(steps) - (len(steps) if stage is None else stage) :]:
        points, ladj = step.call_and_ladj(points)
        total = total + ladj
    return model.base(None).log_prob(points) + total


def grid(window: float, side: int) -> Tensor:
    """The centres of side x side cells of [-window, window]^2: (side^2, 2), from the top row.

    The first coordinate runs fastest; the second falls, as on a screen.
    """
    edge = (torch.arange(side) + 0.5) / side * 2 * window - window
    second, first = torch.meshgrid(edge.flip(0), edge, indexing="ij")
    return torch.stack([first.flatten(), second.flatten()], dim=1)


def jacobians(model: Flow, points: Tensor) -> Tensor:
    """Of each step on the way from x to z: (K, N, D, D), [.., i, j] = d out_i / d in_j.

    Each is triangular in the order of its step. Their product, the last step leftmost, is that of
    the whole flow: triangular only where all orders are the same.
    """
    found = []
    for lazy in model.transform.transforms:
        with torch.enable_grad():
            points = points.detach().requires_grad_()
            moved = lazy(None)(points)
            rows = [
                torch.autograd.grad(moved[:, i].sum(), points, retain_graph=True)[0]
                for i in range(points.shape[1])
            ]
        found.append(torch.stack(rows, dim=1).detach())
        points = moved
    return torch.stack(found)


# --- one step of a MAF is a MADE -----------------------------------------------------------------


def made_of(step: MaskedAutoregressiveTransform) -> MADE:
    """A MADE of the same order and degrees: its masks are the step's.

    A hidden unit's degree is how many variables it reads; zuko hands them out in turn, as "even".
    """
    reads = None
    degrees = []
    for mask in [layer.mask.double() for layer in step.hyper if hasattr(layer, "mask")][:-1]:
        reads = mask if reads is None else mask @ reads
        degrees.append((reads > 0).sum(1).tolist())
    with torch.random.fork_rng(devices=[]):
        return MADE(
            (len(step.order),),
            hidden=[len(layer) for layer in degrees],
            order=torch.argsort(step.order),  # zuko's are ranks
            degrees=degrees,
        )


@torch.no_grad()
def made_step(step: MaskedAutoregressiveTransform, z: Tensor) -> Tensor:
    r"""x from z by one step of a MAF, with a MADE's masks and the step's weights.

    .. math:: x_i = z_i \exp(\alpha_i(x_{before})) + \mu_i(x_{before})

    Returns:
        x (N, D), what zuko's own step gives.
    """
    made = made_of(step)
    *hidden, last = made.masks()
    all_masks = [*hidden, last.repeat_interleave(2, dim=0)]  # mu_i and alpha_i see the same
    layers = [layer for layer in step.hyper if hasattr(layer, "mask")]
    x = torch.zeros_like(z)
    for i in made.order.tolist():
        h = x
        for number, (layer, mask) in enumerate(zip(layers, all_masks, strict=True), start=1):
            h = F.linear(h, layer.weight * mask, layer.bias)
            h = F.elu(h) if number < len(layers) else h
        mu, alpha = h.view(len(x), -1, 2).unbind(2)  # each (N, D)
        alpha = alpha / (1 + alpha.abs() / BOUND)
        x[:, i] = z[:, i] * alpha[:, i].exp() + mu[:, i]
    return x


# --- learning ------------------------------------------------------------------------------------


def train(
    model: Flow,
    data: np.ndarray | Tensor,
    steps: int = 500,
    learning_rate: float = LEARNING_RATE,
    seed: int = 0,
    batch: int = BATCH,
) -> Descent:
    """Learn from data by maximum likelihood; stop at any step by asking for no more.

    Args:
        model: changed in place.
        data: (N, D).
        steps: batches to take.
        learning_rate: of Adam, at first; it falls to 0 along a cosine.
        seed: of the batches.
        batch: points in each.
    """
    points = torch.as_tensor(data, dtype=torch.float32)

    def some(generator: torch.Generator) -> Tensor:
        return points[torch.randint(len(points), (min(batch, len(points)),), generator=generator)]

    def loss(model: Flow, x: Tensor) -> Tensor:
        return -model().log_prob(x).mean()

    return Descent([model], some, loss, steps, learning_rate, seed, clip=5.0)


# --- data ----------------------------------------------------------------------------------------


def dataset(name: str, points: int = 2000, seed: int = 0) -> np.ndarray:
    """float32 (points, 2), each column of mean 0 and standard deviation 1.

    Args:
        name: "moons", two half circles; "rings", two circles, one in the other; "pinwheel", five
            arms that turn as they go out.

    Raises:
        ValueError: another name.
    """
    return _standardised(raw_points(name, points, seed))


def raw_points(name: str, points: int = 2000, seed: int = 0) -> np.ndarray:
    """The points of `dataset` as they are drawn, float64 (points, 2)."""
    random = np.random.default_rng(seed)
    if name == "moons":
        angle = random.uniform(0, np.pi, points)
        upper = random.integers(0, 2, points) == 1
        x = np.where(upper, np.cos(angle), 1 - np.cos(angle))
        y = np.where(upper, np.sin(angle), 0.5 - np.sin(angle))
        found = np.stack([x, y], 1) + random.normal(0, 0.08, (points, 2))
    elif name == "rings":
        angle = random.uniform(0, 2 * np.pi, points)
        radius = np.where(random.integers(0, 3, points) > 0, 2.0, 0.8)
        radius += random.normal(0, 0.09, points)
        found = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)
    elif name == "pinwheel":
        radius = 1 + random.normal(0, 0.3, points)
        across = random.normal(0, 0.08, points)
        turn = 2 * np.pi * random.integers(0, 5, points) / 5 + 0.25 * np.exp(radius)
        found = np.stack(
            [
                radius * np.cos(turn) - across * np.sin(turn),
                radius * np.sin(turn) + across * np.cos(turn),
            ],
            axis=1,
        )
    else:
        raise ValueError(f"data is one of {', '.join(DATASETS)}; given {name!r}")
    return np.asarray(found)


def loss_on(flow: Any, points: np.ndarray) -> float:
    """Mean of -log p over float32 points (N, 2), in nats."""
    return -float(log_density(flow, torch.as_tensor(points)).mean())


def drawn(points: Any) -> np.ndarray:
    """Points that a student drew, checked and standardised: float32 (N, 2).

    Raises:
        ValueError: not pairs of finite numbers, too few or too many, or all in one line or spot.
    """
    return _standardised(checked(points))


def _standardised(points: np.ndarray) -> np.ndarray:
    return ((points - points.mean(0)) / points.std(0)).astype(np.float32)


# --- what costs how many passes ------------------------------------------------------------------


@dataclass(frozen=True)
class Passes:
    """Evaluations of the masked network, and seconds, for one density and for one sample."""

    kind: str
    variables: int
    density: int
    sample: int
    density_seconds: float
    sample_seconds: float


def count_passes(kind: str, variables: int, transforms: int = 1, repeats: int = 3) -> Passes:
    """Count by a hook on the networks what one density and one sample take, and time them.

    The least of `repeats` times is told. zuko inverts a step in D passes; for the density it takes
    one more, for the determinant at the point that it has found.
    """
    model = flow(kind, variables, transforms, hidden=(64, 64))
    called = 0

    def note(*_: Any) -> None:
        nonlocal called
        called += 1

    hooks = [step.hyper.register_forward_hook(note) for step in steps_of(model)]
    point = torch.zeros(1, variables)
    counts, times = [], []
    try:
        with torch.no_grad():
            for task in (lambda: model().log_prob(point), lambda: model().sample((1,))):
                seconds = []
                for _ in range(repeats):
                    called, begun = 0, time.perf_counter()
                    task()
                    seconds.append(time.perf_counter() - begun)
                counts.append(called)
                times.append(min(seconds))
    finally:
        for hook in hooks:
            hook.remove()
    return Passes(kind, variables, *counts, *times)


def orders(model: Flow) -> list[list[int]]:
    """For each step, the next to x first, its variables in the order they are computed in."""
    return [torch.argsort(step.order).tolist() for step in steps_of(model)]


def total_jacobian(each: Tensor) -> Tensor:
    """The product of `jacobians`, (N, D, D): of the whole way from x to z."""
    total = each[0]
    for _, after in pairwise(each):
        total = after @ total
    return total
