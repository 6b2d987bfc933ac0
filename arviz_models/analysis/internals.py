"""What a decoder keeps for itself, by name."""

from __future__ import annotations

import torch

from arviz_models.base import AutoregressiveModel


@torch.no_grad()
def internal_sizes(model: AutoregressiveModel) -> dict[str, int]:
    """How many units each of a decoder's internals has for one sequence, by its name."""
    internals = model.decoder(1).internals()
    return {name: int(values.shape[-1]) for name, values in internals.items()}
