"""Networks of different kinds with as many parameters, so that their times can be compared.

Times depend on a network's shape, not on its weights: these have random ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from arviz_models.base import AutoregressiveModel
from arviz_models.catalogue import MODELS

MOST_FEATURES = 256


def build(kind: str, config: Mapping[str, Any]) -> AutoregressiveModel:
    """A network with random weights, always the same ones.

    Args:
        kind: name of its class.
        config: its constructor's arguments, as on a checkpoint's card.
    """
    [model] = [model for model in MODELS.values() if model.__name__ == kind]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return model(**config).eval()


def parameters(model: AutoregressiveModel) -> int:
    """Numbers that training sets."""
    return sum(parameter.numel() for parameter in model.parameters())


def of_size(kind: str, config: Mapping[str, Any], wanted: int) -> dict[str, Any]:
    """`config` with the number of features that brings its parameters nearest to `wanted`.

    Args:
        kind: name of the class of an image network, whose parameters grow with its features.
        config: as for `build`.
        wanted: parameters.
    """

    def size(features: int) -> int:
        return parameters(build(kind, {**config, "features": features}))

    low, high = 1, MOST_FEATURES  # size(low) <= wanted < size(high), but at the ends
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if size(middle) <= wanted else (low, middle)
    return {**config, "features": min((low, high), key=lambda each: abs(size(each) - wanted))}
