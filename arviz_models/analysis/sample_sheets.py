"""What stands on the sheet of a shipped checkpoint: a sample of each of the seeds 0 to 63.

`python -m arviz_models samples` writes the sheets. Each says of itself which weights drew it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from arviz_models.analysis.scores import weights_hash
from arviz_models.base import AutoregressiveModel

SEEDS = range(64)


def drawn(model: AutoregressiveModel, seeds: Sequence[int] = SEEDS) -> np.ndarray:
    """One sample for each seed, as `sample(1)` draws it: uint8 (n, *event_shape)."""
    generators = (torch.Generator().manual_seed(seed) for seed in seeds)
    numbers = torch.cat([model.random_numbers(1, each) for each in generators], dim=1)
    return model.draw(numbers).cpu().numpy().astype(np.uint8)


def text_of(name: str) -> dict[str, str]:
    """What the sheet of a checkpoint has to say of itself."""
    return {"weights": weights_hash(name), "seeds": f"{SEEDS[0]} to {SEEDS[-1]}"}
