"""How good a model is: the negative log-likelihood of a split, in nats an image."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from arviz_models.base import AutoregressiveModel
from arviz_models.data import Dataset, Split
from arviz_models.image_model import ImageModel
from arviz_models.ordering import ORDERS, random_order


def _evaluation_batch(model: AutoregressiveModel) -> int:
    """Images at once. Feature maps of more than 100 outgrow a CPU's caches; 500 take twice as long.

    A GPU needs more to do at once.
    """
    if not isinstance(model, ImageModel):
        return 500
    return 100 if model.device.type == "cpu" else 1000


def negative_log_likelihood(
    model: AutoregressiveModel, dataset: Dataset, split: Split = "test", limit: int | None = None
) -> float:
    """Mean of -log p(x) over a split, in nats an image; over its first `limit` images if given."""
    *_, mean = means_so_far(model, dataset, split, limit)
    return mean


def means_so_far(
    model: AutoregressiveModel, dataset: Dataset, split: Split, limit: int | None = None
) -> Iterator[float]:
    """`negative_log_likelihood` as it comes: after each part, the mean of the images so far."""
    count = dataset.size(split) if limit is None else min(limit, dataset.size(split))
    total, size = 0.0, _evaluation_batch(model)
    for begin in range(0, count, size):
        index = torch.arange(begin, min(begin + size, count))
        with torch.no_grad():
            found = model.log_prob(dataset.batch(split, index, model.device))
        total -= found.double().sum().item()
        yield total / (begin + len(index))


def nll_by_order(
    model: AutoregressiveModel, dataset: Dataset, split: Split = "test", seeds: int = 4
) -> dict[str, float]:
    """NLL in nats an image under every named order, and its mean over random ones."""
    shape = model.event_shape
    figures = {
        name: negative_log_likelihood(model.with_order(order(shape)), dataset, split)
        for name, order in ORDERS.items()
    }
    draws = [
        negative_log_likelihood(model.with_order(random_order(shape, seed)), dataset, split)
        for seed in range(seeds)
    ]
    return figures | {"random": sum(draws) / seeds}


@torch.no_grad()
def validation_loss(model: AutoregressiveModel, dataset: Dataset) -> float:
    """The training loss on the validation split, in nats an image.

    Random orders or masks are the same every time, so that epochs can be compared.
    """
    generator = torch.Generator(device="cpu").manual_seed(0)
    total, count, size = 0.0, dataset.size("valid"), _evaluation_batch(model)
    for begin in range(0, count, size):
        index = torch.arange(begin, min(begin + size, count))
        x = dataset.batch("valid", index, model.device)
        total += model.training_loss(x, generator).item() * len(index)
    return total / count
