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
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch

from arviz_models.data import Dataset
from arviz_models.pixelcnn import LeakyPixelCNN, PixelCNN
from arviz_models.tiny import entropy, learned

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


@dataclass(frozen=True)
class Progress:
    """One step of both trainings.

    Attributes:
        step: batches taken so far.
        losses: of the sound and of the leaking model on this batch, nats an image.
        seconds: spent on both so far.
    """

    step: int
    losses: tuple[float, float]
    seconds: float


def train(models: Pair, dataset: Dataset, steps: int = 400, seed: int = 0) -> Iterator[Progress]:
    """Train both on the same batches; stop at any step by asking for no more.

    Adam, its learning rate falling to 0 along half a cosine.

    Args:
        models: changed in place.
        dataset: of the models' event shape, with two levels.
        steps: batches to take.
        seed: of the batches.

    Yields:
        `Progress`, after each step.
    """
    generator = torch.Generator(device="cpu").manual_seed(seed)
    optimizers = [torch.optim.Adam(model.parameters(), lr=LEARNING_RATE) for model in models]
    seconds = 0.0
    for step in range(1, steps + 1):
        begun = time.perf_counter()
        index = torch.randint(dataset.size("train"), (BATCH,), generator=generator)
        x = dataset.batch("train", index, models.sound.device)
        losses = []
        for model, optimizer in zip(models, optimizers, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = LEARNING_RATE * (1 + math.cos(math.pi * (step - 1) / steps)) / 2
            optimizer.zero_grad(set_to_none=True)
            loss = -model.log_prob(x).mean()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        seconds += time.perf_counter() - begun
        yield Progress(step, (losses[0], losses[1]), seconds)


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
