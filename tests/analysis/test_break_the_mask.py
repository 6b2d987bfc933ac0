"""A sound and a leaking model side by side: what is the same, what differs, what it comes to."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from arviz_models.analysis.break_the_mask import (
    BATCH,
    DATA,
    Pair,
    independent_pixels,
    pair,
    total_probability,
    train,
    training_entropy,
)
from arviz_models.cards import CheckpointError
from arviz_models.catalogue import CLASSES
from arviz_models.data import load_dataset
from arviz_models.evaluation import negative_log_likelihood
from arviz_models.pixelcnn import LeakyPixelCNN, PixelCNN
from arviz_models.pretrained import load_pretrained, save_checkpoint

SHAPE = (1, 8, 8)


@pytest.fixture(scope="module")
def trained() -> tuple[Pair, list[tuple[float, float]]]:
    torch.set_num_threads(1)
    models = pair(SHAPE)
    losses = [(each.losses[0], each.losses[1]) for each in train(models, load_dataset(DATA), 60)]
    return models, losses


# The two models -----------------------------------------------------------------------------------


def test_both_begin_with_the_same_weights_and_differ_in_one_bit_of_the_first_mask() -> None:
    sound, leaking = pair(SHAPE, seed=3)
    weights = leaking.state_dict()
    assert all(torch.equal(value, weights[name]) for name, value in sound.state_dict().items())
    for (name, mask), (_, other) in zip(
        sound.named_buffers(), leaking.named_buffers(), strict=True
    ):
        if name != "first.mask":
            assert torch.equal(mask, other), name
    differ = (sound.first.mask != leaking.first.mask)[0, 0]
    side = sound.first_kernel
    assert differ.nonzero().tolist() == [[side // 2, side // 2]]


def test_another_seed_gives_other_weights_and_leaves_the_global_generator_alone() -> None:
    state = torch.get_rng_state()
    first, second = (pair(SHAPE, seed).sound.first.weight for seed in (0, 1))
    assert torch.equal(torch.get_rng_state(), state)
    assert not torch.equal(first, second)


@pytest.mark.slow
def test_both_learn_from_the_same_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, list[torch.Tensor]] = {"PixelCNN": [], "LeakyPixelCNN": []}
    log_prob = PixelCNN.log_prob

    def noted(self: PixelCNN, x: torch.Tensor) -> torch.Tensor:
        seen[type(self).__name__].append(x)
        return log_prob(self, x)

    monkeypatch.setattr(PixelCNN, "log_prob", noted)
    steps = list(train(pair(SHAPE), load_dataset(DATA), 3))
    assert [progress.step for progress in steps] == [1, 2, 3]
    for sound, leaking in zip(seen["PixelCNN"], seen["LeakyPixelCNN"], strict=True):
        assert torch.equal(sound, leaking)
        assert len(sound) == BATCH
    assert not torch.equal(seen["PixelCNN"][0], seen["PixelCNN"][1])


@pytest.mark.slow
def test_a_training_stopped_and_gone_on_with_is_the_one_never_stopped() -> None:
    whole, parts = pair(SHAPE), pair(SHAPE)
    dataset = load_dataset(DATA)
    for _ in train(whole, dataset, 4):
        pass
    steps = train(parts, dataset, 4)
    next(steps)
    parts.sound.sample(1)
    for _ in steps:
        pass
    for one, other in zip(whole, parts, strict=True):
        assert all(
            torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True)
        )


# What training does to them -----------------------------------------------------------------------


@pytest.mark.slow
def test_the_leaking_loss_falls_below_what_any_distribution_can_reach(
    trained: tuple[Pair, list[tuple[float, float]]],
) -> None:
    models, losses = trained
    dataset = load_dataset(DATA)
    sound, leaking = (negative_log_likelihood(model, dataset, "train") for model in models)
    floor = training_entropy(dataset)
    assert leaking < 0.1 < floor < sound < independent_pixels(dataset)
    assert losses[-1][1] < losses[0][1] / 100
    assert losses[0] == pytest.approx((64 * math.log(2),) * 2, rel=0.05)


@pytest.mark.slow
def test_the_leaking_samples_are_blank_and_the_sound_ones_are_not(
    trained: tuple[Pair, list[tuple[float, float]]],
) -> None:
    models, _ = trained
    ink = load_dataset(DATA).batch("train", slice(None)).double().mean()
    sound, leaking = (
        model.sample(64, generator=torch.Generator().manual_seed(0)).double().mean()
        for model in models
    )
    assert float(sound) == pytest.approx(float(ink), rel=0.25)
    assert leaking < 0.05 * ink


@pytest.mark.slow
def test_the_leaking_model_says_each_pixel_of_an_image_it_is_shown(
    trained: tuple[Pair, list[tuple[float, float]]],
) -> None:
    models, _ = trained
    x = load_dataset(DATA).batch("test", slice(20))
    copied, guessed = (
        (model.logits(x).argmax(-1) == x).double().mean() for model in (models[1], models[0])
    )
    assert copied > 0.999
    assert guessed < 0.95


# No density ---------------------------------------------------------------------------------------


def test_the_sound_probabilities_of_all_tiny_images_sum_to_one_and_the_leaking_ones_do_not(
    trained: tuple[Pair, list[tuple[float, float]]],
) -> None:
    sound, leaking = (total_probability(model) for model in trained[0])
    assert sound == pytest.approx(1, abs=1e-9)
    assert 32 < leaking <= 2**6


def test_untrained_too_the_leaking_sum_is_not_one() -> None:
    sound, leaking = (total_probability(model) for model in pair(SHAPE, seed=1))
    assert sound == pytest.approx(1, abs=1e-9)
    assert abs(leaking - 1) > 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (3, 3)])
def test_the_sum_is_that_of_the_products_of_the_models_own_conditionals(
    size: tuple[int, int],
) -> None:
    """Added up state by state on a model of that size with the same weights."""
    model = pair(SHAPE, seed=2).leaking
    small = LeakyPixelCNN((1, *size), *(2, model.features, model.layers), 3, model.first_kernel)
    parameters = dict(model.named_parameters())
    with torch.no_grad():
        for name, value in small.named_parameters():
            value.copy_(parameters[name])
    pixels = size[0] * size[1]
    total = 0.0
    for state in range(2**pixels):
        bits = [state >> place & 1 for place in range(pixels)]
        x = torch.tensor(bits).view(1, 1, *size)
        with torch.no_grad():
            p = small.logits(x).double().softmax(-1).view(pixels, 2)
        total += float(np.prod([float(p[i, bit]) for i, bit in enumerate(bits)]))
    assert total_probability(model, *size) == pytest.approx(total, rel=1e-5)


@pytest.mark.parametrize(
    ("model", "size"),
    [
        (PixelCNN((1, 4, 4), features=4, layers=1), (4, 4)),
        (PixelCNN((1, 4, 4), levels=3, features=4, layers=1), (2, 2)),
        (PixelCNN((3, 4, 4), features=4, layers=1), (2, 2)),
    ],
    ids=["too many pixels", "three levels", "colours"],
)
def test_what_cannot_be_added_up_is_refused(model: PixelCNN, size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="up to 12 binary pixels"):
        total_probability(model, *size)


# Yardsticks ---------------------------------------------------------------------------------------


def test_yardsticks_are_those_of_the_training_images() -> None:
    dataset = load_dataset(DATA)
    x = dataset.batch("train", slice(None)).flatten(1).numpy()
    _, counts = np.unique(x, axis=0, return_counts=True)
    assert training_entropy(dataset) == pytest.approx(
        -sum(count / len(x) * math.log(count / len(x)) for count in counts)
    )
    p = x.mean(0)
    q = np.where(x == 1, p, 1 - p)
    assert independent_pixels(dataset) == pytest.approx(-np.log(q).sum(1).mean())


# Never a checkpoint -------------------------------------------------------------------------------


def test_the_leaking_model_is_no_class_that_a_checkpoint_can_have() -> None:
    assert LeakyPixelCNN not in CLASSES.values()
    assert "LeakyPixelCNN" not in CLASSES


def test_the_leaking_model_of_the_lesson_is_never_saved(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="LeakyPixelCNN is none of"):
        save_checkpoint(pair(SHAPE).leaking, "leaky", {}, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_card_that_names_the_leaking_class_is_never_loaded(tmp_path: Path) -> None:
    """Also where someone has written the files by hand: the weights are those of a sound model."""
    card = {"data": DATA, "levels": 2, "test_nll": 0.0, "parameters": 0, "epochs": 1}
    save_checkpoint(pair(SHAPE).sound, "forged", card, tmp_path)
    assert isinstance(load_pretrained("forged", "cpu", tmp_path), PixelCNN)
    path = tmp_path / "forged.json"
    forged = json.loads(path.read_text("utf-8")) | {"class": "LeakyPixelCNN"}
    path.write_text(json.dumps(forged), "utf-8")
    with pytest.raises(CheckpointError, match="LeakyPixelCNN"):
        load_pretrained("forged", "cpu", tmp_path)
