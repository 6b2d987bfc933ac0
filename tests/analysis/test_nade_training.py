"""A NADE that is watched while it learns, and what its loss is measured by."""

from __future__ import annotations

import math

import numpy as np
import torch

from arviz_models.analysis.latent import linear_decoder
from arviz_models.analysis.nade_training import (
    BATCH,
    DATA,
    moment,
    moment_steps,
    train,
    untrained,
)
from arviz_models.analysis.scales import independent_pixels
from arviz_models.data import load_dataset
from pages.nade.learn_figures import losses_table
from pages.nade.score_figures import score_table


def test_an_untrained_model_costs_as_much_as_coin_tosses_and_a_trained_one_less() -> None:
    dataset = load_dataset(DATA)
    model = untrained(dataset, 0)
    before = moment(model, dataset, 0, 0)
    assert abs(before.test - 64 * math.log(2)) < 0.5
    losses = [progress.loss for progress in train(model, dataset, 30, 0)]
    after = moment(model, dataset, 30, 0)
    assert after.test < independent_pixels(DATA)
    assert len(losses) == 30
    assert BATCH == 100  # as the words say
    assert before.samples.shape == after.samples.shape == (16, 64)


def test_the_same_seed_trains_the_same_model() -> None:
    dataset = load_dataset(DATA)
    runs = [[each.loss for each in train(untrained(dataset, 3), dataset, 5, 3)] for _ in range(2)]
    assert runs[0] == runs[1]


def test_moments_are_kept_at_the_beginning_and_at_the_end() -> None:
    for steps in (200, 400, 800):
        kept = moment_steps(steps)
        assert (kept[0], kept[-1]) == (0, steps)
        assert len(kept) <= 25  # as the field "step" of the page holds


def test_independent_pixels_cost_their_cross_entropy() -> None:
    dataset = load_dataset(DATA)
    p = (dataset.train.flatten(1).sum(0).double() + 1) / (dataset.size("train") + 2)
    x = dataset.test.flatten(1).double()
    cost = torch.nn.functional.binary_cross_entropy(p.expand_as(x), x, reduction="none").sum(1)
    assert math.isclose(independent_pixels(DATA), float(cost.mean()), rel_tol=1e-9)


def test_the_linear_decoder_has_the_variance_of_the_data_along_its_directions() -> None:
    mean, weights = linear_decoder(DATA, 8)
    x = load_dataset(DATA).train.flatten(1).double().numpy()
    np.testing.assert_allclose(mean, x.mean(0), atol=1e-6)
    covariance = np.cov(x.T, bias=True)
    values = np.linalg.eigvalsh(covariance)[::-1]
    expected = values[:8] - values[8:].mean()
    np.testing.assert_allclose((weights**2).sum(0), expected, rtol=1e-4)
    products = weights.T @ weights
    np.testing.assert_allclose(products, np.diag(np.diag(products)), atol=1e-4)


def test_tables_have_a_line_for_each_pixel_and_each_step() -> None:
    arrays: dict[str, np.ndarray] = {
        "x": np.array([0, 1, 1, 0], np.uint8),
        "p": np.array([0.25, 0.5, 0.75, 1], np.float32),
        "cost": np.array([0.5, 1, 2, 3], np.float32),
    }
    assert score_table(arrays, (2, 2)).splitlines()[3] == "2,1,0,1,0.75,2"
    moments = [{"step": 0, "test": 44.5}, {"step": 2, "test": 30.25}]
    assert losses_table([40.0, 35.5], moments).splitlines()[1:] == [
        "0,,44.5",
        "1,40,",
        "2,35.5,30.25",
    ]
