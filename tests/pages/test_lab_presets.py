"""The lab's presets of digits show digits within their 20 seconds.

Time is counted in steps, so that a busy machine gives the same result. On one core of the machine
where this was written, which other work kept busy, a step took 7 ms of processor (NADE), 12 ms
(PixelCNN) and 7 ms (MADE, 14×14). Half of 20 s is left for the looks and for a slower core: 10 s
are 1,400, 800 and 1,400 steps. The first two presets have 750 steps in all, and of the third 1,000
are taken.

What is a digit is measured by the shipped models of the same images: each gives its NLL of images
that the preset's model draws, of test digits, and of images of independent pixels. Each model finds
its own kind's samples the likeliest, so the mean of all is taken.
A model that draws the same few likely images is not found by that: the validation NLL finds it.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor

from arviz_models.analysis import lab
from arviz_models.analysis.lab_settings import Settings
from arviz_models.analysis.lab_training import ModelTraining
from arviz_models.base import AutoregressiveModel
from arviz_models.data import load_dataset
from arviz_models.evaluation import means_so_far
from arviz_models.pretrained import load_pretrained
from pages.lab.presets import PRESETS

NADE, PIXELCNN, MADE = "NADE, small digits", "A small PixelCNN", "MADE, 14×14"
STEPS = {NADE: 750, PIXELCNN: 750, MADE: 1000}
# Of the way of the validation NLL from independent pixels to the shipped model, at least: between
# what the preset reaches (1.06, 0.82, 1.04), and what it does with an eighth of its units or
# features (0.79, 0.41, 0.84).
WON = {NADE: 0.95, PIXELCNN: 0.7, MADE: 0.95}
JUDGES = {
    "digits": ("nade-digits", "made-digits", "pixel-snail-digits"),
    "mnist14": ("nade-mnist14", "pixelcnn-mnist14", "diagonal-bilstm-mnist14"),
}
IMAGES = 200  # of each kind
LIKE = 0.5  # of the way from test digits to independent pixels, at most

pytestmark = pytest.mark.slow


def preset(title: str) -> Settings:
    [step] = [each for each in PRESETS if each.title == title]
    return Settings(**step.state)


@cache
def judges(data: str) -> tuple[AutoregressiveModel, ...]:
    return tuple(load_pretrained(name) for name in JUDGES[data])


def judged(data: str, images: Tensor) -> float:
    """Mean NLL of images by the shipped models, in nats."""
    with torch.no_grad():
        return sum(float(-model.log_prob(images).mean()) for model in judges(data)) / len(
            judges(data)
        )


@cache
def ends(data: str) -> tuple[float, float]:
    """The NLL of test digits, and of images of independent pixels."""
    dataset, chance = load_dataset(data, 2), torch.Generator().manual_seed(0)
    some = torch.randperm(dataset.size("test"), generator=chance)[:IMAGES]
    digits = dataset.batch("test", some)
    counts = dataset.level_counts("train").double()
    ink = (counts[..., 1] / counts.sum(-1)).expand(digits.shape)
    return judged(data, digits), judged(data, torch.bernoulli(ink, generator=chance).long())


def trained(settings: Settings, steps: int) -> tuple[float, float]:
    """Validation NLL won, and how far its samples are from test digits: see `WON` and `LIKE`.

    A loss that is no number any more has won nothing.
    """
    options: dict[str, Any] = lab.options_of(settings)
    task = ModelTraining(**options)
    try:
        for _ in range(steps):
            task.run.take_step()
    except FloatingPointError:
        return -math.inf, math.inf
    [*_, valid] = means_so_far(task.model, task.dataset, "valid", lab.VALIDATED)
    _, alone, shipped, _ = lab.yardsticks(settings.data, 2, options["model"])
    numbers = task.model.random_numbers(IMAGES, torch.Generator().manual_seed(0))
    digits, independent = ends(settings.data)
    nll = judged(settings.data, task.model.draw(numbers).long())
    won = (alone.nats - valid) / (alone.nats - shipped.nats)
    like = (nll - digits) / (independent - digits)
    print(f"{settings.said()}, {steps} steps: valid {valid:.2f}, won {won:.2f}, like {like:.2f}")
    return won, like


@pytest.mark.parametrize("title", STEPS)
def test_a_preset_of_digits_draws_digits_within_its_time(title: str) -> None:
    settings = preset(title)
    if settings.budget == "epochs":  # all of it, so that its learning rate has fallen to 0
        batches = -(-load_dataset(settings.data, 2).size("train") // settings.batch)
        assert STEPS[title] == settings.epochs * batches
    else:
        assert settings.seconds == 20
    won, like = trained(settings, STEPS[title])
    assert won > WON[title]
    assert like < LIKE


@pytest.mark.parametrize(
    ("title", "spoiled"),
    [
        (NADE, {"width": 8}),
        (NADE, {"rate": 0.001}),
        (NADE, {"rate": 0.3}),
        (PIXELCNN, {"width": 2}),
        (PIXELCNN, {"rate": 0.0005}),
        (PIXELCNN, {"rate": 0.3}),
        (MADE, {"width": 8}),
        (MADE, {"rate": 0.0001}),
        (MADE, {"rate": 0.3}),
    ],
)
def test_the_measure_finds_a_preset_that_is_spoiled(title: str, spoiled: dict[str, Any]) -> None:
    won, like = trained(replace(preset(title), **spoiled), STEPS[title])
    assert not (won > WON[title] and like < LIKE)
