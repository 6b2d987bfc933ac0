"""The degrees of MADE's hidden units: by a rule, by hand, or by what the data leave open.

`assets/engine/degrees.js` draws the same ones from the seed of a card.

Source: Germain et al., MADE (ICML 2015), section 3 and equations 12-13.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

DEGREES = ("random", "even")


def checked_degrees(
    degrees: str | Sequence[Sequence[int]], hidden: tuple[int, ...], low: int, high: int
) -> str | list[list[int]]:
    """The rule, or the degrees by hand as JSON holds them.

    Args:
        degrees: see `MADE`.
        hidden: units of each hidden layer.
        low, high: the lowest and the highest degree allowed.

    Raises:
        ValueError: another rule, not one degree for each unit, or a degree out of range.
    """
    if isinstance(degrees, str) and degrees in DEGREES:
        return degrees
    by_hand: list[list[Any]] = [list(m) if isinstance(m, Sequence) else [m] for m in degrees]
    if isinstance(degrees, str) or [len(m) for m in by_hand] != list(hidden):
        raise ValueError(
            f"degrees is {' or '.join(map(repr, DEGREES))}, or lists one integer for each unit of "
            f"the layers of {list(hidden)}; given {degrees!r}"
        )
    for layer, m in enumerate(by_hand, start=1):
        for k, degree in enumerate(m):
            if type(degree) is not int or not low <= degree <= high:
                raise ValueError(
                    f"the degree of a hidden unit is {low}..{high} (degree 0 would read no input, "
                    f"degree D feed no output); given {degree!r} for unit {k} of layer {layer}"
                )
    return by_hand


def drawn_degrees(
    rule: str | list[list[int]], hidden: Sequence[int], dimensions: int, seed: int, k: int
) -> list[Tensor]:
    """Degrees of one set, long (H_l,) for each hidden layer, on the CPU.

    Args:
        rule: from `checked_degrees`.
        hidden: units of each hidden layer.
        dimensions: D.
        seed: of the degrees; they are the same on every machine.
        k: which set, from 0 on.
    """
    if not isinstance(rule, str):
        return [torch.tensor(layer, device="cpu") for layer in rule]
    # The raw stream of PCG64 never changes (NEP 19); that of `Generator.integers` may.
    stream = np.random.PCG64(np.random.SeedSequence([seed, k]))
    low, high, degrees = 1, max(1, dimensions - 1), []
    for width in hidden:
        chance = stream.random_raw(width) >> np.uint64(32)  # 0..2^32-1
        if rule == "random":
            degree = low + (chance * np.uint64(high - low + 1) >> np.uint64(32)).astype(int)
        else:
            degree = 1 + np.arange(width) % high
            if k > 0:  # other masks hand out the same degrees to other units
                degree = degree[np.argsort(chance, kind="stable")]
        low = int(degree.min())
        degrees.append(torch.from_numpy(degree))
    return degrees


def degrees_by_entropy(counts: Tensor, order: Tensor, width: int) -> list[int]:
    """Degrees of a hidden layer, the more of each the less the data tell of the pixel beforehand.

    Degree d, of the units that read up to the pixel of rank d, is given out in proportion to the
    entropy of that pixel: few units end in a corner that is always paper.

    Args:
        counts: how often each level stands at each pixel, (*event_shape, K).
        order: (D,), see `MADE`.
        width: units of the layer.

    Returns:
        width degrees from 1 to D-1, rising.
    """
    levels = counts.shape[-1]
    p = (counts.double() + 1 / levels).view(-1, levels)[order.cpu()][:-1]
    p = p / p.sum(1, keepdim=True)
    share = -(p * p.log()).sum(1).cumsum(0)
    places = (torch.arange(width) + 0.5) / width * share[-1]
    return (torch.searchsorted(share, places) + 1).tolist()
