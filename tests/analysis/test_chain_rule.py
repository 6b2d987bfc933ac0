"""The chain rule's numbers: products, edits, samples, and how many numbers there are."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from arviz_models.analysis.chain_rule import (
    JOINTS,
    ancestral_samples,
    chain_parameters,
    conditionals,
    full_table_parameters,
    influence,
    joint_from,
    joint_of,
    marginals,
    path,
    running_counts,
    running_distance,
    separate_networks_parameters,
    shared_network_parameters,
    total_variation,
    with_conditional,
    with_state,
)

ORDERS = st.sampled_from(list(permutations(range(3))))
PROBABILITIES = st.floats(0, 1)


@st.composite
def joints(draw: st.DrawFn, smallest: int = 0) -> np.ndarray:
    weights = draw(st.lists(st.integers(smallest, 1000), min_size=8, max_size=8))
    assume(any(weights))
    return joint_from(weights)


def same_where_defined(one: np.ndarray, other: np.ndarray) -> None:
    both = ~np.isnan(one) & ~np.isnan(other)
    np.testing.assert_allclose(one[both], other[both], atol=1e-9)


@given(joints(), ORDERS)
def test_factors_in_every_order_multiply_back_to_the_joint(
    joint: np.ndarray, order: tuple[int, ...]
) -> None:
    np.testing.assert_allclose(joint_of(conditionals(joint, order), order), joint, atol=1e-12)


@given(joints(), ORDERS)
def test_each_factor_is_the_ratio_of_two_sums_over_states(
    joint: np.ndarray, order: tuple[int, ...]
) -> None:
    factors = conditionals(joint, order)
    assert [factor.size for factor in factors] == [1, 2, 4]
    for step, factor in enumerate(factors):
        for row, p in enumerate(factor):
            in_row = [s for s in range(8) if path(s, order)[step][0] == row]
            ones = [s for s in in_row if path(s, order)[step][1] == 1]
            if joint[in_row].sum() == 0:
                assert np.isnan(p)
            else:
                assert p == pytest.approx(joint[ones].sum() / joint[in_row].sum())


@given(joints(smallest=1), ORDERS, st.integers(0, 6), PROBABILITIES)
def test_an_edited_conditional_leaves_all_others_of_its_order(
    joint: np.ndarray, order: tuple[int, ...], which: int, p: float
) -> None:
    step, row = [(0, 0), (1, 0), (1, 1), (2, 0), (2, 1), (2, 2), (2, 3)][which]
    p = round(p, 3)
    changed = with_conditional(joint, order, step, row, p)
    assert changed.sum() == pytest.approx(1)
    before, after = conditionals(joint, order), conditionals(changed, order)
    assert after[step][row] == pytest.approx(p)
    for k in range(3):
        kept = np.ones(2**k, bool)
        if k == step:
            kept[row] = False
        same_where_defined(before[k][kept], after[k][kept])


@given(joints(), st.integers(0, 7), PROBABILITIES)
def test_an_edited_state_leaves_the_proportions_of_the_others(
    joint: np.ndarray, state: int, p: float
) -> None:
    p = round(p, 3)
    changed = with_state(joint, state, p)
    assert changed.sum() == pytest.approx(1)
    assert changed[state] == p
    others = np.arange(8) != state
    rest = joint[others]
    share = rest / rest.sum() if rest.sum() > 0 else np.full(7, 1 / 7)
    np.testing.assert_allclose(changed[others], share * (1 - p), atol=1e-12)


def test_an_undefined_conditional_cannot_be_edited() -> None:
    joint = joint_from([1, 0, 0, 1, 0, 0, 0, 0])  # x1 is never 1
    assert np.isnan(conditionals(joint, (0, 1, 2))[1][1])
    with pytest.raises(ValueError, match="undefined"):
        with_conditional(joint, (0, 1, 2), 1, 1, 0.5)


@pytest.mark.parametrize("weights", [[0] * 8, [1, -1], [1, 2, 3], [np.nan, 1]])
def test_what_is_no_joint_is_said(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="weight"):
        joint_from(weights)


@pytest.mark.parametrize("p", [-0.1, 1.1])
def test_what_is_no_probability_is_said(p: float) -> None:
    joint = joint_from(JOINTS["chain"])
    with pytest.raises(ValueError, match="from 0 to 1"):
        with_state(joint, 0, p)
    with pytest.raises(ValueError, match="from 0 to 1"):
        with_conditional(joint, (0, 1, 2), 0, 0, p)


def test_what_is_no_order_is_said() -> None:
    with pytest.raises(ValueError, match="order"):
        conditionals(joint_from(JOINTS["chain"]), (0, 0, 2))


@pytest.mark.parametrize("name", JOINTS)
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_ancestral_samples_come_as_often_as_the_joint_says(
    name: str, order: tuple[int, ...]
) -> None:
    joint = joint_from(JOINTS[name])
    n = 20_000
    uniforms = np.random.default_rng(7).random((n, 3))
    states = ancestral_samples(conditionals(joint, order), order, uniforms).states
    seen = running_counts(states, 8)[-1]
    possible = joint > 0
    assert seen[~possible].sum() == 0
    chi_square = (((seen - n * joint) ** 2)[possible] / (n * joint[possible])).sum()
    assert chi_square < 29.9  # 7 degrees of freedom: once in 10,000 even with nothing wrong


def test_a_sample_follows_its_random_numbers() -> None:
    order = (2, 0, 1)
    factors = conditionals(joint_from(JOINTS["explaining away"]), order)
    draws = ancestral_samples(factors, order, np.random.default_rng(0).random((50, 3)))
    for values, p, u, state in zip(
        draws.values, draws.probabilities, draws.uniforms, draws.states, strict=True
    ):
        assert [value for _, value in path(int(state), order)] == values.tolist()
        assert values.tolist() == (u >= 1 - p).tolist()
        rows = [row for row, _ in path(int(state), order)]
        assert p.tolist() == [factors[k][row] for k, row in enumerate(rows)]


def test_running_distance_is_that_of_the_first_samples() -> None:
    joint = joint_from(JOINTS["two modes"])
    states = np.array([0, 7, 7, 3])
    found = running_distance(joint, states)
    assert found[0] == 1
    for n in range(1, 5):
        share = np.bincount(states[:n], minlength=8) / n
        assert found[n] == pytest.approx(0.5 * np.abs(share - joint).sum())
    assert total_variation(joint, joint) == 0


def test_influence_is_zero_where_a_variable_is_ignored() -> None:
    joint = joint_from(JOINTS["explaining away"])
    causes_first = influence(conditionals(joint, (0, 1, 2)))
    assert causes_first[1, 0] == pytest.approx(0, abs=1e-12)
    assert causes_first[2, 0] == pytest.approx(0.85)
    assert influence(conditionals(joint, (2, 0, 1)))[2, 1] > 0.3
    assert np.allclose(influence(conditionals(joint_from(JOINTS["independent"]), (1, 2, 0))), 0)


def test_joints_are_what_their_names_say() -> None:
    for name in ("chain", "two modes", "xor", "independent", "explaining away"):
        assert len(JOINTS[name]) == 8
    _, second, third = conditionals(joint_from(JOINTS["chain"]), (0, 1, 2))
    np.testing.assert_allclose(second, [0.2, 0.8])
    np.testing.assert_allclose(third, [0.2, 0.8, 0.2, 0.8])
    np.testing.assert_allclose(
        conditionals(joint_from(JOINTS["xor"]), (0, 1, 2))[2], [0, 1, 1, 0]
    )  # fmt: skip
    np.testing.assert_allclose(
        conditionals(joint_from(JOINTS["explaining away"]), (0, 1, 2))[2], [0.05, 0.9, 0.9, 0.95]
    )


@pytest.mark.parametrize("D", [1, 2, 3, 10, 784])
def test_tables_of_all_factors_have_as_many_numbers_as_the_joint(D: int) -> None:
    assert chain_parameters(D) == full_table_parameters(D) == 2**D - 1


def test_parameters_of_the_shared_network_are_those_of_nade() -> None:
    torch = pytest.importorskip("torch")
    from arviz_models.nade import NADE

    model = NADE((1, 4, 5), 2, 7)
    assert sum(p.numel() for p in model.parameters()) == shared_network_parameters(20, 7)
    assert shared_network_parameters(784, 500) == 785_284
    del torch


@given(joints(), ORDERS)
def test_marginals_are_sums_over_states_and_the_same_in_every_row(
    joint: np.ndarray, order: tuple[int, ...]
) -> None:
    for index, factor in zip(order, marginals(joint, order), strict=True):
        one = sum(p for state, p in enumerate(joint) if state >> (2 - index) & 1)
        np.testing.assert_allclose(factor, one, atol=1e-12)


def test_separate_networks_have_the_sum_of_their_parameters() -> None:
    assert separate_networks_parameters(3, 5) == sum(5 * (t - 1) + 5 + 5 + 1 for t in (1, 2, 3))
    assert separate_networks_parameters(784, 500) == 154_252_784
