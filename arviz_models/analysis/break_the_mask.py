r"""What a first mask of type B does: two PixelCNNs, the same but for one bit of their first mask.

Both begin with the same weights and learn from the same batches. The sound one estimates each
pixel from those before it. The leaking one is told each pixel by the mask and learns to copy it:
its loss falls to 0, and it can draw nothing, since where a pixel is still to be drawn there is
nothing to copy. What it multiplies up are no conditionals of one distribution either:

.. math:: \sum_x \prod_i q(x_i \mid x_1, \dots, x_{i-1}, x_i) > 1

Symbols: N images, D pixels.

Source: van den Oord, Kalchbrenner & Kavukcuoglu, Pixel Recurrent Neural Networks (ICML 2016),
section 3.4.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from arviz_models.analysis.tiny import entropy, learned
from arviz_models.data import Dataset
from arviz_models.descent import Descent, likelihood_descent
from arviz_models.layers import MASK_TYPES, kernel_mask
from arviz_models.pixelcnn import LeakyPixelCNN, PixelCNN

DATA = "digits"  # 8x8: seconds on a CPU are enough for plausible samples
FEATURES, LAYERS, KERNEL, FIRST_KERNEL = 16, 3, 3, 5
BATCH = 64
LEARNING_RATE = 1e-2
TINY = (2, 3)  # rows and columns of the image whose states are all added up
MOST_PIXELS = 12


class Pair(NamedTuple):
    """The two models, to be trained side by side."""

    sound: PixelCNN
    leaking: LeakyPixelCNN


def pair(event_shape: Sequence[int], seed: int = 0) -> Pair:
    """Two untrained models of K = 2 levels with the same weights; only the first mask differs.

    Args:
        event_shape: (1, H, W).
        seed: of the weights.
    """
    settings = (event_shape, 2, FEATURES, LAYERS, KERNEL, FIRST_KERNEL)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        models = Pair(PixelCNN(*settings), LeakyPixelCNN(*settings))
    models.leaking.load_state_dict(models.sound.state_dict())
    return models


def train(models: Pair, dataset: Dataset, steps: int = 400, seed: int = 0) -> Descent:
    """Train both on the same batches; stop at any step by asking for no more.

    Args:
        models: changed in place; the losses of a step are in their order.
        dataset: of the models' event shape, with two levels.
        steps: batches to take.
        seed: of the batches.
    """
    return likelihood_descent(models, dataset, BATCH, steps, LEARNING_RATE, seed)


def total_probability(model: PixelCNN, height: int = TINY[0], width: int = TINY[1]) -> float:
    """What the model's "probabilities" of all binary images of height x width pixels add up to.

    The convolutions are those of `model`, laid over a smaller image. For any autoregressive model
    the sum is 1; one that copies every pixel gives each of the 2^(height width) images nearly 1.

    Raises:
        ValueError: more than 12 pixels, or a model of colours or of more than two levels.
    """
    if height * width > MOST_PIXELS or model.levels != 2 or model.channels != 1:
        raise ValueError(
            f"all states of up to {MOST_PIXELS} binary pixels can be added up; given "
            f"{height}x{width} pixels, {model.channels} channels and {model.levels} levels"
        )
    small = type(model)(**(model.config | {"event_shape": (1, height, width)}))
    small.load_state_dict(model.state_dict() | {"order": small.order})
    return float(learned(small.double()).sum())


def training_entropy(dataset: Dataset) -> float:
    """Entropy of the training images in nats: no distribution has a lower mean NLL on them."""
    x = dataset.batch("train", slice(None)).flatten(1)
    _, counts = x.unique(dim=0, return_counts=True)
    return entropy((counts.double() / len(x)).numpy())


def independent_pixels(dataset: Dataset) -> float:
    """Mean NLL of the training images, nats, if each pixel had its own probability and read none.

    That is the sum of the D pixels' entropies; binary images.
    """
    ones = dataset.batch("train", slice(None)).double().mean(0).flatten().tolist()
    return sum(-p * math.log(p) for each in ones for p in (each, 1 - each) if p > 0)


Arrays = dict[str, np.ndarray]

SAMPLES = 8  # of each model, at each moment
MOMENTS = 40  # kept of one training, at most


def first_masks() -> np.ndarray:
    """uint8 (2, k, k): the first kernel's mask of type A and of type B."""
    size = (FIRST_KERNEL, FIRST_KERNEL)
    return np.stack([kernel_mask(kind, size)[0, 0].numpy() for kind in MASK_TYPES]).astype(np.uint8)


def real_digit(dataset: Dataset, seed: int) -> torch.Tensor:
    """One image that no model has learned from: long (1, C, H, W) of the test split.

    A test image that stands in the training split as well is left out: at so few pixels and levels
    two people can write the same digit.
    """
    learned = {image.numpy().tobytes() for image in dataset.batch("train", slice(None))}
    test = dataset.batch("test", slice(None))
    unknown = [index for index, image in enumerate(test) if image.numpy().tobytes() not in learned]
    index = unknown[seed % len(unknown)]
    return test[index : index + 1]


@torch.no_grad()
def moment(models: Pair, image: torch.Tensor, seed: int) -> tuple[list[float], Arrays]:
    """Both models as they are now.

    Args:
        image: long (1, C, H, W), what they are asked about.
        seed: of the random numbers of the samples, the same for both models.

    Returns:
        what the "probabilities" of all tiny images add up to, for each model;
        told: (2, D) float16, p(x_i = 1 | ...) of each pixel of `image`; samples: (2, n, D) uint8.
    """
    told, samples = [], []
    for model in models:
        told.append(model.logits(image).softmax(-1)[..., 1].flatten())
        drawn = model.sample(SAMPLES, generator=torch.Generator().manual_seed(seed))
        samples.append(drawn.flatten(1))
    arrays: Arrays = {
        "told": torch.stack(told).numpy().astype(np.float16),
        "samples": torch.stack(samples).numpy().astype(np.uint8),
    }
    return [total_probability(model) for model in models], arrays


def moment_steps(steps: int) -> list[int]:
    """The steps of a training at which a moment is kept: most of them early, where a leak shows."""
    found = {round(steps * (number / (MOMENTS - 1)) ** 2.5) for number in range(1, MOMENTS)}
    return sorted(found - {0})


def film(moments: Sequence[Arrays]) -> Arrays:
    """All moments as one set of arrays, the moment first."""
    return {name: np.stack([each[name] for each in moments]) for name in moments[0]}
