"""The tiny exact world: tables over all states, and models that learn them."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch

from arviz_models import MADE, NADE
from arviz_models.analysis.tiny import (
    DISTRIBUTIONS,
    MOST_VARIABLES,
    distribution,
    entropy,
    fit_strips,
    fit_table,
    learned,
    normalised,
    states,
    strips,
    strips_entropy,
)
from arviz_models.data import load_dataset

EVERY_D = range(1, MOST_VARIABLES + 1)


def made(order: tuple[int, ...], seed: int = 0) -> MADE:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return MADE((len(order),), 2, (16, 16), order, "even")


def marginal(table: np.ndarray, *variables: int) -> np.ndarray:
    """The table of some variables alone, one axis for each, in their order."""
    D = int(math.log2(len(table)))
    axes = tuple(axis for axis in range(D) if axis not in variables)
    return table.reshape((2,) * D).sum(axis=axes)


# --- tables --------------------------------------------------------------------------------------


@pytest.mark.parametrize("D", EVERY_D)
def test_states_count_up_in_binary_with_x1_first(D: int) -> None:
    x = states(D)
    assert x.dtype == torch.long
    assert x.tolist() == [list(bits) for bits in itertools.product((0, 1), repeat=D)]


@pytest.mark.parametrize("D", EVERY_D)
@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_a_named_distribution_is_one(name: str, D: int) -> None:
    table = distribution(name, D)
    assert table.shape == (2**D,)
    assert (table >= 0).all()
    assert table.sum() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("D", range(3, MOST_VARIABLES + 1))
def test_parity_shows_in_all_variables_together_and_in_no_fewer(D: int) -> None:
    table = distribution("parity", D)
    for size in (1, 2, D - 1):
        for variables in itertools.combinations(range(D), size):
            np.testing.assert_allclose(marginal(table, *variables), 0.5**size)
    ones = states(D).sum(1).numpy()
    assert (table[ones % 2 == 1] == 0).all()
    assert entropy(table) == pytest.approx((D - 1) * math.log(2))


@pytest.mark.parametrize("D", range(2, MOST_VARIABLES + 1))
def test_two_modes_are_all_0_and_all_1_and_rarer_with_every_step_away(D: int) -> None:
    table = distribution("two modes", D)
    ones = states(D).sum(1).numpy()
    away = np.minimum(ones, D - ones)
    assert table[0] == table[-1] == table.max()
    np.testing.assert_allclose(table / table[0], 0.1**away)
    np.testing.assert_allclose(table, table[::-1])  # with 0 and 1 exchanged it is the same


@pytest.mark.parametrize("D", range(2, MOST_VARIABLES + 1))
def test_in_a_chain_each_variable_copies_the_one_before_8_times_in_10(D: int) -> None:
    table = distribution("chain", D)
    np.testing.assert_allclose(marginal(table, 0), 0.5)
    for j in range(D - 1):
        np.testing.assert_allclose(marginal(table, j, j + 1), [[0.4, 0.1], [0.1, 0.4]])
    if D > 2:  # given x_2, neither x_1 nor x_3 says anything about the other
        three = marginal(table, 0, 1, 2)
        np.testing.assert_allclose(
            three[:, 0] / three[:, 0].sum(), np.outer([0.8, 0.2], [0.8, 0.2])
        )
    per_step = -0.8 * math.log(0.8) - 0.2 * math.log(0.2)
    assert entropy(table) == pytest.approx(math.log(2) + (D - 1) * per_step)


@pytest.mark.parametrize("D", EVERY_D)
def test_uniform_has_the_most_entropy_there_is(D: int) -> None:
    table = distribution("uniform", D)
    np.testing.assert_allclose(table, 0.5**D)
    assert entropy(table) == pytest.approx(D * math.log(2))
    assert all(entropy(distribution(name, D)) <= entropy(table) + 1e-12 for name in DISTRIBUTIONS)


@pytest.mark.parametrize(
    ("name", "variables"), [("gaussian", 3), ("", 3), ("chain", 0), ("chain", 9), ("parity", -1)]
)
def test_a_distribution_that_there_is_not_is_refused(name: str, variables: int) -> None:
    with pytest.raises(ValueError, match=r"one of chain, two modes, parity, uniform over 1 to 8"):
        distribution(name, variables)


def test_an_edited_table_is_normalised() -> None:
    np.testing.assert_allclose(normalised([1, 0, 2.5, 0.5]), [0.25, 0, 0.625, 0.125])
    table = distribution("chain", 3)
    np.testing.assert_allclose(normalised(table * 100), table)


@pytest.mark.parametrize(
    "weights",
    [[0, 0, 0, 0], [1, -1, 1, 1], [1, math.nan, 1, 1], [1, math.inf, 0, 0], [1, -1e-9], []],
)
def test_what_cannot_be_normalised_is_refused(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="at least 0, and one of them is above 0"):
        normalised(weights)


def test_entropy_is_in_nats_and_impossible_states_add_nothing() -> None:
    assert entropy(np.array([1.0, 0, 0, 0])) == 0
    assert entropy(np.array([0.5, 0, 0.5, 0])) == pytest.approx(math.log(2))
    expected = -(0.25 * math.log(0.25) + 0.75 * math.log(0.75))
    assert entropy(np.array([0.25, 0.75])) == pytest.approx(expected)


# --- learning them -------------------------------------------------------------------------------


def test_learned_is_the_models_probability_of_each_state_in_turn() -> None:
    model = made((2, 0, 1))
    table = learned(model)
    assert table.shape == (8,)
    for s, x in enumerate(states(3)):
        assert table[s] == pytest.approx(math.exp(model.log_prob(x[None]).item()), rel=1e-5)
    assert table.sum() == pytest.approx(1, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)])
@pytest.mark.parametrize("name", ["chain", "two modes"])
def test_made_learns_a_table_in_any_order(name: str, order: tuple[int, ...]) -> None:
    table = distribution(name, 4)
    model = made(order)
    nll = [value for _, value in fit_table(model, table)][-1]
    assert nll == pytest.approx(entropy(table), rel=0.02)
    assert nll >= entropy(table) - 1e-5
    found = learned(model)
    assert found.sum() == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(found, table, atol=0.03)
    # What it says of its NLL is what its table says.
    assert -(table * np.log(found)).sum() == pytest.approx(nll, abs=2e-3)


def test_any_model_with_any_shape_of_event_can_learn() -> None:
    table = distribution("two modes", 4)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = NADE((1, 2, 2), hidden=8)
    (_, first), *_, (_, last) = fit_table(model, table, steps=100)
    assert entropy(table) - 1e-5 <= last < first
    assert learned(model).sum() == pytest.approx(1, abs=1e-5)


def test_progress_is_told_every_so_often_and_at_the_end() -> None:
    told = list(fit_table(made((0, 1, 2)), distribution("chain", 3), steps=25, every=10))
    assert [step for step, _ in told] == [10, 20, 25]
    assert all(math.isfinite(nll) for _, nll in told)


# --- strips of digits ----------------------------------------------------------------------------


@pytest.mark.parametrize("D", [1, 3, 5, 16])
def test_strips_are_the_pixels_of_digits_at_half_the_size_that_vary_most(D: int) -> None:
    x = strips(D)
    assert x.shape == (256, D)
    assert x.dtype == torch.long
    digits = load_dataset("digits").batch("train", slice(256))[:, 0]
    pixels = []
    for pixel in range(16):
        row, column = divmod(pixel, 4)
        block = digits[:, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
        pixels.append((block.float().mean((1, 2)) >= 0.5).long())
    variances = sorted((float(pixel.double().var()) for pixel in pixels), reverse=True)
    kept = [float(variance) for variance in x.double().var(0)]
    assert sorted(kept, reverse=True) == pytest.approx(variances[:D])
    places = [
        next(place for place, pixel in enumerate(pixels) if torch.equal(pixel, column))
        for column in x.T
    ]
    assert places == sorted(places)


@pytest.mark.parametrize("D", [1, 5, 16])
def test_entropy_of_strips_is_that_of_their_shares(D: int) -> None:
    _, counts = np.unique(strips(D).numpy(), axis=0, return_counts=True)
    assert strips_entropy(D) == pytest.approx(entropy(counts / counts.sum()))


def test_training_on_strips_lowers_the_loss_to_what_it_returns() -> None:
    model = made((0, 1, 2, 3, 4))
    x = strips(5)
    before = -float(model.log_prob(x).mean().detach())
    returned = fit_strips(model)
    after = -float(model.log_prob(x).mean().detach())
    _, counts = np.unique(x.numpy(), axis=0, return_counts=True)
    assert entropy(counts / counts.sum()) < after < 0.75 * before
    assert returned == pytest.approx(after, abs=0.01)
