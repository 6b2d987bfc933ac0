"""What one flipped value changes in the values drawn after it, with the same random numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from arviz_models.base import NOT_DRAWN, AutoregressiveModel, given_values
from arviz_models.sampler import Request, Trace, get_sampler


def drawn(
    model: AutoregressiveModel, seed: int, flip: tuple[int, int] | None = None, **options: Any
) -> Trace:
    """The sample of a seed as the pages draw it, with one value set by hand.

    Args:
        flip: flat index of the value, and the level that it is set to.
        options: others of a `Request`.
    """
    if flip is not None:
        options["given"] = given_values(model.event_shape, dict([flip]))
    with get_sampler(model.device).submit(Request(model, seed, **options)) as job:
        return job.result()


@dataclass(frozen=True)
class Flip:
    """One value of a binary sample set to the other one.

    Attributes:
        index: flat index of the dimension.
        level: what it is set to.
        changed: how many of the values drawn after it differ then.
    """

    index: int
    level: int
    changed: int


def single_flips(model: AutoregressiveModel, trace: Trace) -> list[Flip]:
    """Every value of a sample flipped, each for itself: D samples, drawn as one batch.

    Args:
        model: binary; the one that drew the trace, in the same order.
        trace: of n = 1 sample at temperature 1 with nothing given.

    Returns:
        D flips, in the order of drawing.
    """
    D = model.dimensions
    order = torch.from_numpy(trace.order)
    values = torch.from_numpy(trace.values[:, 0].astype("int64"))
    given = torch.full((D, D), NOT_DRAWN)
    steps = torch.arange(D)
    given[steps, order] = 1 - values
    uniforms = torch.from_numpy(trace.uniforms).to(model.device, model.dtype).expand(D, D)
    drawn = model.draw(uniforms, given=given.view(D, *model.event_shape).to(model.device))
    differs = drawn.flatten(1).cpu()[:, order] != values  # row: the step flipped; column: a step
    changed = (differs.sum(1) - 1).tolist()  # not counting the flip itself
    return [Flip(int(order[t]), int(1 - values[t]), int(changed[t])) for t in range(D)]


def most_felt(model: AutoregressiveModel, trace: Trace) -> Flip:
    """The single flip after which most values differ; arguments as for `single_flips`."""
    return max(single_flips(model, trace), key=lambda flip: flip.changed)
