"""A small NADE that learns to draw 8x8 digits in seconds, watched while it learns.

Each step takes a batch of training images. All pixels of an image are known, so one pass gives all
its D conditionals; the loss is the sum of their D cross-entropies, which is -log p(x), and its mean
over the batch goes down the gradient.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from arviz_models.data import Dataset
from arviz_models.descent import Descent, likelihood_descent
from arviz_models.nade import NADE

DATA = "digits"
HIDDEN = 32
BATCH = 100
LEARNING_RATE = 0.03
SAMPLES = 16  # drawn at each moment, always with the same random numbers


def untrained(dataset: Dataset, seed: int) -> NADE:
    """A NADE with random weights for the images of `dataset`."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return NADE(dataset.event_shape, dataset.levels, HIDDEN)


def train(model: NADE, dataset: Dataset, steps: int, seed: int) -> Descent:
    """Train with Adam, its learning rate falling to 0 along half a cosine.

    Args:
        model: changed in place.
        dataset: of the model's event shape and levels.
        steps: batches to take.
        seed: of the batches.
    """
    return likelihood_descent([model], dataset, BATCH, steps, LEARNING_RATE, seed)


@dataclass(frozen=True)
class Moment:
    """The model at one step of its training.

    Attributes:
        step: batches taken so far.
        test: mean cost of a test image, nats.
        samples: uint8 (n, D).
    """

    step: int
    test: float
    samples: torch.Tensor


@torch.no_grad()
def moment(model: NADE, dataset: Dataset, step: int, seed: int) -> Moment:
    """What the model has learned so far, and what it draws from the random numbers of `seed`."""
    test = dataset.batch("test", slice(None), model.device)
    drawn = model.sample(SAMPLES, generator=torch.Generator().manual_seed(seed))
    return Moment(step, float(-model.log_prob(test).mean()), drawn.flatten(1).to(torch.uint8))


def moment_steps(steps: int) -> tuple[int, ...]:
    """The steps at which a moment is kept: most of them early, where most changes."""
    return tuple(sorted({round(steps * (number / 24) ** 2) for number in range(25)}))
