"""Naive sampling and what is measured of it: the same draws, passes that are really counted."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
import torch

from arviz_models import MADE, NADE, AutoregressiveModel, GatedPixelCNN, PixelCNN
from arviz_models.analysis import timing
from arviz_models.analysis.timing import (
    WAYS,
    Comparison,
    Cost,
    NaiveSampling,
    compare,
    naive_sample,
)
from arviz_models.base import NOT_DRAWN
from arviz_models.ordering import random_order
from arviz_models.sampler import Cancelled

SHAPE = (1, 4, 5)
D = 20


def randomised(model: AutoregressiveModel) -> AutoregressiveModel:
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(0.5 * torch.randn(parameter.shape, generator=generator))
    return model.eval().requires_grad_(False)


MODELS = {
    "nade": lambda: NADE(SHAPE, hidden=8, order=random_order(SHAPE, 1)),
    "nade of 3 levels": lambda: NADE(SHAPE, levels=3, hidden=8),
    "made": lambda: MADE(SHAPE, hidden=(30,), order=random_order(SHAPE, 2)),
    "pixelcnn": lambda: PixelCNN(SHAPE, features=6, layers=2),
    "gated pixelcnn": lambda: GatedPixelCNN((3, 2, 3), levels=4, features=6, layers=1),
}


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> AutoregressiveModel:
    return randomised(MODELS[request.param]())


def numbers(model: AutoregressiveModel, n: int) -> torch.Tensor:
    return model.random_numbers(n, torch.Generator().manual_seed(5))


# The naive sampler --------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 3])
def test_a_naive_sample_is_the_decoders(model: AutoregressiveModel, n: int) -> None:
    random_numbers = numbers(model, n)
    assert torch.equal(naive_sample(model, random_numbers), model.draw(random_numbers))


def test_the_first_steps_are_those_of_the_order_and_nothing_else_is_drawn(
    model: AutoregressiveModel,
) -> None:
    random_numbers = numbers(model, 2)
    part, whole = naive_sample(model, random_numbers, 4).flatten(1), model.draw(random_numbers)
    first = model.order[:4]
    assert torch.equal(part[:, first], whole.flatten(1)[:, first])
    assert int((part == NOT_DRAWN).sum()) == 2 * (model.dimensions - 4)


def test_each_naive_step_is_one_full_pass_and_a_decoders_none(model: AutoregressiveModel) -> None:
    passes = 0

    def count(*_: Any) -> None:
        nonlocal passes
        passes += 1

    model.register_forward_hook(count)
    naive_sample(model, numbers(model, 1), 7)
    assert passes == 7
    model.draw(numbers(model, 1))
    assert passes == 7


@pytest.mark.parametrize("steps", [-1, D + 1])
def test_steps_beyond_the_dimensions_are_refused(steps: int) -> None:
    model = randomised(MODELS["made"]())
    with pytest.raises(ValueError, match=f"from 0 to {D}; given {steps}"):
        naive_sample(model, numbers(model, 1), steps)


def test_naive_sampling_is_the_model_in_all_but_its_decoder(model: AutoregressiveModel) -> None:
    x = model.draw(numbers(model, 3))
    assert torch.equal(NaiveSampling(model).log_prob(x), model.log_prob(x))


def test_each_step_is_told_with_its_seconds() -> None:
    model = randomised(MODELS["pixelcnn"]())
    told: list[float] = []
    sampling = NaiveSampling(model, told.append)
    sampling.draw(numbers(model, 2))
    assert len(told) == D
    assert min(told) > 0


# What is measured ---------------------------------------------------------------------------------


def test_everything_is_measured_and_passes_are_counted(model: AutoregressiveModel) -> None:
    *_, found = compare(model, 3, seed=5, naive_seconds=None)
    D = model.dimensions
    assert {way: (cost.passes, cost.done, cost.steps) for way, cost in found.costs.items()} == {
        "decoder": (0, D, D),
        "forward": (1, 1, 1),
        "training": (1, 1, 1),
        "naive": (D, D, D),
    }
    assert set(found.costs) == set(WAYS)
    assert all(cost.seconds > 0 for cost in found.costs.values())
    assert (found.n, found.device, found.doing) == (3, "cpu", None)


def test_both_draws_are_the_models_own_of_that_seed(model: AutoregressiveModel) -> None:
    *_, found = compare(model, 3, seed=5, naive_seconds=None)
    expected = model.sample(3, generator=torch.Generator().manual_seed(5)).numpy()
    assert np.array_equal(found.drawn, expected)
    assert np.array_equal(found.naive, expected)
    assert (found.compared, found.different) == (expected.size, 0)


def test_a_short_naive_draw_is_estimated_from_the_passes_made() -> None:
    model = randomised(MODELS["pixelcnn"]())
    comparisons = compare(model, 1, naive_seconds=0.0)
    *_, found = comparisons
    naive = found.costs["naive"]
    assert 1 <= naive.done == naive.passes <= naive.steps == D
    assert naive.whole == pytest.approx(naive.seconds * D / naive.done)
    assert naive.whole_passes == D
    assert found.compared <= naive.done
    assert found.doing is None


def test_costs_are_multiplied_up_from_the_steps_done() -> None:
    cost = Cost(passes=3, done=3, steps=12, seconds=1.5)
    assert (cost.whole, cost.whole_passes, cost.estimated) == (6.0, 12, True)
    whole = Cost(passes=0, done=12, steps=12, seconds=1.5)
    assert (whole.whole, whole.whole_passes, whole.estimated) == (1.5, 0, False)


def test_a_step_that_was_held_up_does_not_swing_a_naive_draw() -> None:
    quiet = Cost.of_steps(3, [0.1, 0.1, 0.1], 12)
    held_up = Cost.of_steps(3, [0.1, 5.0, 0.1], 12)
    assert quiet.whole == held_up.whole == pytest.approx(1.2)
    assert held_up.range == pytest.approx((1.2, 60.0))


def test_repeats_give_the_median_and_their_range() -> None:
    cost = Cost.of_repeats(0, [0.5, 0.4, 0.9, 0.45, 0.6], 12)
    assert cost.whole == 0.5
    assert cost.range == pytest.approx((0.4, 0.9))
    many = Cost.of_steps(20, [float(time) for time in range(1, 21)], 20)
    assert many.range == pytest.approx((60.0, 360.0))  # 3 and 18 seconds a step
    assert Cost(0, 12, 12, 0.5).range is None


def test_every_way_is_measured_at_least_five_times() -> None:
    *_, found = compare(randomised(MODELS["pixelcnn"]()), 1, naive_seconds=None)
    assert all(len(cost.repeats) >= 5 for cost in found.costs.values())
    assert all(cost.range is not None for cost in found.costs.values())


def test_speedup_is_naive_over_decoder_once_both_are_there() -> None:
    decoder, naive = Cost(0, 12, 12, 0.5), Cost(3, 3, 12, 1.0)
    assert Comparison(1, "cpu", "naive", {"decoder": decoder}).speedup is None
    assert Comparison(1, "cpu", None, {"decoder": decoder, "naive": naive}).speedup == 8.0


def test_a_differing_pixel_is_counted() -> None:
    drawn = np.array([[[[0, 1, 1]]]], np.uint8)
    naive = np.array([[[[0, 0, NOT_DRAWN]]]])
    found = Comparison(1, "cpu", None, {}, drawn, naive)
    assert (found.compared, found.different) == (2, 1)


def test_the_model_and_its_gradients_are_left_alone() -> None:
    model = randomised(MODELS["gated pixelcnn"]())
    before = {name: value.clone() for name, value in model.state_dict().items()}
    for _ in compare(model, 2):
        pass
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]), name
    assert all(not p.requires_grad and p.grad is None for p in model.parameters())
    assert not model._forward_hooks


def test_closing_ends_the_draw_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker stands in its first naive step while the comparison is closed."""
    reached, opened = threading.Event(), threading.Event()
    steps = 0
    logits = timing.NaiveDecoder.logits

    def held(self: timing.NaiveDecoder) -> torch.Tensor:
        nonlocal steps
        steps += 1
        reached.set()
        assert opened.wait(30)
        return logits(self)

    jobs = []
    submit = timing.own_sampler("cpu").submit

    def noted(request: Any) -> Any:
        jobs.append(submit(request))
        return jobs[-1]

    monkeypatch.setattr(timing.NaiveDecoder, "logits", held)
    monkeypatch.setattr(timing.own_sampler("cpu"), "submit", noted)
    comparisons = compare(randomised(MODELS["pixelcnn"]()), 1, naive_seconds=None)
    for found in comparisons:
        if found.doing == "naive" and reached.is_set():
            break
    comparisons.close()
    with pytest.raises(Cancelled):
        jobs[-1].result(30)
    opened.set()
    timing.own_sampler("cpu").submit(jobs[0].request).result(30)  # the worker is free again
    assert steps == 1


def test_a_measurement_shares_its_batch_with_no_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two at once, of one model: the sampler would join requests for the same parameters."""
    from arviz_models.sampler import job

    model = randomised(MODELS["pixelcnn"]())
    kinds: list[Any] = []
    kind = job.kind_of

    def noted(each: AutoregressiveModel) -> Any:
        kinds.append(kind(each))
        return kinds[-1]

    monkeypatch.setattr(job, "kind_of", noted)
    running = [compare(model, 1, naive_seconds=None) for _ in range(2)]
    while running:
        running = [each for each in running if next(each, None) is not None]
    shared = kind(model)
    assert shared not in kinds
    draws = {kind for kind in kinds if kind[0] is PixelCNN}
    naive = {kind for kind in kinds if kind[0] is NaiveSampling}
    assert len(draws) == len(naive) == 2
