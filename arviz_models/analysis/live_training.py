"""A model as it learns small digits: the loss of every batch, and moments to look at.

The loss is the mean of -log p(x), the sum of D cross-entropies. All D conditionals of a digit come
from one pass of the network; a sample takes D steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from arviz_models.base import AutoregressiveModel
from arviz_models.data import Dataset
from arviz_models.descent import Descent, likelihood_descent
from arviz_models.made import MADE

BATCH = 64
LEARNING_RATE = 1e-2
SAMPLES = 10
MOMENTS = 14


def train(model: AutoregressiveModel, dataset: Dataset, steps: int, seed: int = 0) -> Descent:
    """Train on random batches; stop at any step by asking for no more.

    Args:
        model: changed in place; of the dataset's event shape and levels.
        dataset: whose training images it learns.
        steps: batches to take.
        seed: of the batches.
    """
    return likelihood_descent([model], dataset, BATCH, steps, LEARNING_RATE, seed)


@dataclass(frozen=True)
class Moment:
    """A binary model as it is at one step.

    Attributes:
        step: batches taken so far.
        test_nll: on the test digits, nats an image.
        p: (D,) float32, p(x_i = 1 | ...) of one digit, all from one pass.
        samples: (n, D) uint8, with the same random numbers at every moment.
    """

    step: int
    test_nll: float
    p: np.ndarray
    samples: np.ndarray


@torch.no_grad()
def moment(
    model: AutoregressiveModel, dataset: Dataset, step: int, digit: torch.Tensor, seed: int = 0
) -> Moment:
    """A binary model as it is now.

    Args:
        digit: long (1, *event_shape), whose conditionals are kept.
        seed: of the samples' random numbers.
    """
    test = dataset.batch("test", slice(None), model.device)
    drawn = model.sample(SAMPLES, generator=torch.Generator().manual_seed(seed))
    return Moment(
        step,
        float(-model.log_prob(test).mean()),
        model.logits(digit).softmax(-1)[..., 1].flatten().float().cpu().numpy(),
        drawn.flatten(1).cpu().numpy().astype(np.uint8),
    )


def moment_steps(steps: int) -> list[int]:
    """The steps at which a moment is kept: most of them early, where most is learned."""
    found = {round(steps * (number / (MOMENTS - 1)) ** 3) for number in range(1, MOMENTS)}
    return sorted(found - {0})


def small_made(shape: tuple[int, ...], hidden: int, seed: int) -> MADE:
    """An untrained MADE of one hidden layer with direct connections, the same for equal seeds.

    Args:
        shape: of an image, (C, H, W).
        hidden: its units.
        seed: of its weights; torch's own random numbers stay as they are.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return MADE(shape, 2, (hidden,), None, "even", direct=True)
