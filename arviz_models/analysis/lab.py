"""What the lab trains: settings checked, models built, and what their losses are measured by.

Symbols: D dimensions of an image, K levels.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch

from arviz_models.analysis.lab_settings import (
    DATA,
    LEAST_RATE,
    MOST_BATCH,
    MOST_EPOCHS,
    MOST_RATE,
    MOST_SECONDS,
    MOST_SEED,
    ORDERS,
    OWN,
    SIDES,
    Kind,
    Settings,
)
from arviz_models.analysis.own_images import OwnImagesError, data_set
from arviz_models.base import AutoregressiveModel
from arviz_models.cards import CheckpointError, list_pretrained, read_card
from arviz_models.catalogue import CLASSES
from arviz_models.data import Dataset, load_dataset
from arviz_models.descent import set_weights
from arviz_models.image_model import ImageModel
from arviz_models.jobs import memory_for_jobs
from arviz_models.ordering import named_order
from arviz_models.pixel_snail import PixelSNAIL
from arviz_models.pixelcnn import LeakyPixelCNN
from arviz_models.pretrained import without_numbers

VALIDATED = 300  # images of the validation split, its first: enough to compare by, and quick
SAMPLES = 8
MOST_BYTES = 2**30  # of one training, where the machine has enough
MOST_STEP_SECONDS = 2.0
MULTIPLICATIONS = 1e10  # a second, of one core of this decade
NOT_HERE = (
    "There are no own images here. They stay in the session in which they were uploaded or drawn: "
    "no link holds them. Add yours, or choose other images."
)
TRAINABLE: dict[str, type[AutoregressiveModel]] = {**CLASSES, LeakyPixelCNN.__name__: LeakyPixelCNN}


class NotPossible(ValueError):  # noqa: N818 - it is no fault
    """Settings that cannot be trained; the message says why, and what to do."""


@dataclass(frozen=True)
class Size:
    """What a training takes.

    Attributes:
        parameters: of the model.
        bytes: of memory, about: weights, gradients, Adam's moments, hidden units of a batch.
        step_seconds: one step, about, on one core.
    """

    parameters: int
    bytes: int
    step_seconds: float

    def __str__(self) -> str:
        return f"{self.parameters:,} parameters, about {in_bytes(self.bytes)} of memory"


def in_bytes(count: float) -> str:
    """So many bytes, in words."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:,.1f} GB"


def config_of(settings: Settings) -> dict[str, Any]:
    """The arguments of the model's constructor."""
    kind = settings.kind
    config: dict[str, Any] = {
        "event_shape": list(settings.shape),
        "levels": settings.levels,
        **kind.fixed,
    }
    if kind.name == "MADE":
        config |= {"hidden": [settings.width] * settings.depth, "seed": settings.seed}
    else:
        config[kind.width.name] = settings.width
        if kind.depth is not None:
            config[kind.depth.name] = settings.depth
    if kind.orders and settings.order != "raster":
        config["order"] = named_order(settings.order, settings.shape, settings.seed).tolist()
    return config


def options_of(settings: Settings, images: np.ndarray | None = None) -> dict[str, Any]:
    """The options of the task "model" (`arviz_models.analysis.lab_training`).

    Args:
        images: uint8 (n, H, W), where the data are own ones.
    """
    own = {} if images is None else {"images": images}
    return own | {
        "model": settings.kind.name,
        "config": config_of(settings),
        "data": settings.data,
        "levels": settings.levels,
        "seed": settings.seed,
        "learning_rate": settings.rate,
        "batch_size": settings.batch,
        "epochs": settings.epochs if settings.budget == "epochs" else None,
        "seconds": settings.seconds if settings.budget == "seconds" else None,
    }


def dataset_of(data: str, levels: int, images: np.ndarray | None = None) -> Dataset:
    """One of the lab's data sets.

    Args:
        data: a key of `DATA`.
        levels: K.
        images: uint8 (n, H, W) with these levels, where the data are own ones.

    Raises:
        NotPossible: own images that are not given, or too few.
    """
    if data != OWN:
        return load_dataset(data, levels)
    if images is None:
        raise NotPossible(NOT_HERE)
    try:
        return data_set(images, levels)
    except OwnImagesError as refused:
        raise NotPossible(str(refused)) from None


def built(
    model: str, config: Mapping[str, Any], seed: int, weights: np.ndarray | None = None
) -> AutoregressiveModel:
    """A model; torch's own random numbers stay as they are.

    Args:
        model: name of its class.
        config: arguments of its constructor.
        seed: of its weights, unless `weights` are given (`arviz_models.descent.weights_of`).
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        found = TRAINABLE[model](**config)
    if weights is not None:
        set_weights(found, weights)
    return found.eval()


# --- what is refused ------------------------------------------------------------------------------


def most_bytes() -> int:
    """Memory that one training may take: at most half of what this machine has for all of them."""
    room = memory_for_jobs()
    return MOST_BYTES if room is None else min(MOST_BYTES, room // 2)


def check(settings: Settings, images: np.ndarray | None = None) -> Size:
    """What a training of these settings takes; no model is allocated.

    Args:
        images: uint8 (n, H, W), where the data are own ones.

    Raises:
        NotPossible: one of them is out of range or does not go with the others, or it is too much.
    """
    kind = DATA[settings.data]
    if not 2 <= settings.levels <= kind.most_levels:
        has = "2 levels" if kind.most_levels == 2 else f"2 to {kind.most_levels} levels"
        raise NotPossible(
            f"{kind.title} can have {has}; {settings.levels} were asked for. {kind.more}"
        )
    if kind.side is None and settings.side not in SIDES:
        sides = ", ".join(map(str, SIDES))
        raise NotPossible(
            f"{kind.title} have one of {sides} pixels a side; {settings.side} were asked for."
        )
    _check_numbers(settings)
    dataset = dataset_of(settings.data, settings.levels, images)
    if settings.batch > dataset.size("train"):
        raise NotPossible(
            f"A batch of {settings.batch:,} images is more than the {dataset.size('train'):,} that "
            f"there are to learn from. Take a smaller batch."
        )
    config = config_of(settings)
    least = weights_between(config)
    size = Size(least, 32 * least, 0.0)  # known without building what its masks need
    most = most_bytes()
    if size.bytes <= most:
        size = size_of(settings.kind.name, config, settings.batch)
    if size.bytes > most:
        raise NotPossible(
            f"This model is too large to be trained here: {size}; the most is "
            f"{in_bytes(most)}. Take a smaller width, depth or batch."
        )
    if size.step_seconds > MOST_STEP_SECONDS:
        raise NotPossible(
            f"This model is too slow to be watched: {size}, and one step of {settings.batch:,} "
            f"images takes about {size.step_seconds:,.0f} s on one core; the most is "
            f"{MOST_STEP_SECONDS:.0f} s. Take a smaller batch, width or depth."
        )
    return size


def _check_numbers(settings: Settings) -> None:
    kind: Kind = settings.kind
    if settings.order not in ORDERS:
        raise NotPossible(f"The order is one of {', '.join(ORDERS)}.")
    dials = [(kind.width, settings.width)]
    dials += [(kind.depth, settings.depth)] if kind.depth is not None else []
    bounds = [(f"{kind.title}: {dial.word}", each, dial.low, dial.high) for dial, each in dials]
    bounds += [
        ("Seed", settings.seed, 0, MOST_SEED),
        ("Batch size", settings.batch, 1, MOST_BATCH),
    ]
    if settings.budget == "epochs":
        bounds.append(("Epochs", settings.epochs, 1, MOST_EPOCHS))
    else:
        bounds.append(("Seconds", settings.seconds, 1, MOST_SECONDS))
    for name, given, low, high in bounds:
        if not low <= given <= high:
            raise NotPossible(f"{name}: from {low:,} to {high:,}; {given:,} was asked for.")
    if not LEAST_RATE <= settings.rate <= MOST_RATE:  # also where it is no number
        raise NotPossible(
            f"Learning rate: from {LEAST_RATE:f} to {MOST_RATE:g}; {settings.rate:g} was asked for."
        )


def weights_between(config: Mapping[str, Any]) -> int:
    """Weights of a MADE of these arguments, but for direct connections; of another model 0.

    A MADE's masks are numbers also where its weights are not, so that it is not built to be counted
    before this is known to be little.
    """
    hidden = config.get("hidden")
    if not isinstance(hidden, (list, tuple)):
        return 0
    ends = math.prod(config["event_shape"]) * (1 if config["levels"] == 2 else config["levels"])
    widths = [ends, *hidden, ends]
    return sum(before * after for before, after in pairwise(widths))


def size_of(model: str, config: Mapping[str, Any], batch: int) -> Size:
    """What a training takes: counted on a model without numbers, so that none is allocated."""
    described = without_numbers(TRAINABLE[model], config)
    parameters = sum(each.numel() for each in described.parameters())
    D, K = described.dimensions, described.levels
    hidden = 8 * D * K  # numbers kept of an image for the way back
    products = parameters
    if isinstance(described, ImageModel):
        hidden += D * 2 * described.features * (10 * described.following_layers + 8)
        products = parameters * D
        if isinstance(described, PixelSNAIL):
            hidden += 4 * described.layers * described.heads * D * D
    else:
        hidden += 4 * parameters // D
    held = 4 * (8 * parameters + batch * hidden)
    return Size(parameters, held, 3 * batch * products / MULTIPLICATIONS)


# --- what a loss is measured by -------------------------------------------------------------------


@dataclass(frozen=True)
class Yardstick:
    """A line to measure a loss by.

    Attributes:
        word: what it is.
        nats: its height, nats an image.
        why: what it says of a loss.
    """

    word: str
    nats: float
    why: str


def guessing(dimensions: int, levels: int) -> Yardstick:
    """The line of chance."""
    return Yardstick(
        "guessing",
        dimensions * math.log(levels),
        "D log K: every level is as probable as any other",
    )


def yardsticks(
    data: str, levels: int, model: str, images: np.ndarray | None = None
) -> list[Yardstick]:
    """The lines of a data set: chance, independent pixels, the shipped weights, entropy.

    Args:
        model: class of the model that is trained.
        images: uint8 (n, H, W), where the data are own ones; they have no shipped weights.
    """
    dataset = dataset_of(data, levels, images)
    found = [
        guessing(math.prod(dataset.event_shape), levels),
        Yardstick(
            "independent pixels",
            independent_pixels(dataset),
            "each pixel has its own probabilities and reads no other: what a model has to beat",
        ),
    ]
    shipped = None if data == OWN else shipped_figure(data, levels, model)
    if shipped is not None:
        found.append(shipped)
    found.append(
        Yardstick(
            "training set by heart",
            entropy_of_images(dataset),
            "the entropy of the training images: no distribution has a lower training loss",
        )
    )
    return found


def independent_pixels(dataset: Dataset) -> float:
    """NLL of the first validation images in nats, by the marginals of the training data.

    One image more is counted, spread evenly over the levels, so that no log is infinite.
    """
    counts = dataset.level_counts("train").double() + 1 / dataset.levels
    log_p = (counts / counts.sum(-1, keepdim=True)).log()
    x = dataset.batch("valid", slice(0, VALIDATED))
    picked = log_p.expand(len(x), *log_p.shape).gather(-1, x.unsqueeze(-1))
    return float(-picked.sum() / len(x))


def entropy_of_images(dataset: Dataset) -> float:
    """Entropy of the training images in nats: log of their number where each is there once."""
    count = dataset.size("train")
    times: Counter[bytes] = Counter()
    for begin in range(0, count, 1000):
        part = dataset.batch("train", slice(begin, begin + 1000)).to(torch.uint8).numpy()
        times.update(image.tobytes() for image in part)
    return math.log(count) - sum(each * math.log(each) for each in times.values()) / count


def shipped_figure(data: str, levels: int, model: str) -> Yardstick | None:
    """The shipped weights on this data, of this class if there are some; from their card.

    The best by validation is taken. Weights that were trained over many orders are left out, since
    their card's figure is a mean over orders.
    """
    cards = []
    for name in list_pretrained():
        try:
            card = read_card(name)
        except CheckpointError:
            continue
        fits = (card.get("data"), card.get("levels")) == (data, levels)
        if fits and "valid_nll" in card and not card["config"].get("order_agnostic"):
            cards.append((card["class"] != model, float(card["valid_nll"]), name))
    if not cards:
        return None
    _, nll, name = min(cards)
    return Yardstick(name, nll, f"the weights of {name}, on the whole validation set")


def training_images(data: str, levels: int, images: np.ndarray | None = None) -> np.ndarray:
    """The first training images: uint8 (8, D), or fewer of own ones."""
    found = dataset_of(data, levels, images).batch("train", slice(0, SAMPLES))
    return found.flatten(1).numpy().astype(np.uint8)
