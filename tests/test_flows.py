"""The flows are densities, invertible, triangular, and cost the passes that the lesson says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import zuko

from arviz_models import flows
from arviz_models.flows import DATASETS, KINDS, ORDERS

BOX, SIDE = 7.0, 160  # of the grid on which a density is added up


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def learned(kind: str, steps: int = 60, **options: Any) -> Any:
    """A flow that is no longer what it was at first."""
    model = flows.flow(kind, **options)
    for _ in flows.train(model, flows.dataset("moons"), steps):
        pass
    return model


def points(variables: int = 2, count: int = 64) -> torch.Tensor:
    return torch.randn(count, variables, generator=torch.Generator().manual_seed(1))


# --- it is a density -----------------------------------------------------------------------------


@pytest.mark.slow
def test_the_density_integrates_to_one(kind: str) -> None:
    model = learned(kind)
    cell = (2 * BOX / SIDE) ** 2
    for stage in (0, 2, 4):
        total = flows.log_density(model, flows.grid(BOX, SIDE), stage).exp().sum() * cell
        assert float(total) == pytest.approx(1, abs=0.01)


@pytest.mark.slow
def test_the_density_is_zukos(kind: str) -> None:
    model = learned(kind)
    x = points()
    with torch.no_grad():
        assert torch.allclose(flows.log_density(model, x), model().log_prob(x), atol=1e-5)


@pytest.mark.parametrize("order", ORDERS)
def test_the_log_determinant_is_that_of_the_autograd_jacobian(kind: str, order: str) -> None:
    model = flows.flow(kind, 4, 3, order, hidden=(9, 9))
    x = points(4)
    z = flows.path(model, x)[0]
    for row in range(5):
        whole = torch.autograd.functional.jacobian(
            lambda point: model().transform(point), x[row], vectorize=False
        )
        expected = model.base(None).log_prob(z[row]) + torch.linalg.slogdet(whole)[1]
        assert float(flows.log_density(model, x[row : row + 1])) == pytest.approx(
            float(expected), abs=1e-4
        )
        each = flows.jacobians(model, x[row : row + 1])
        assert torch.allclose(flows.total_jacobian(each)[0], whole, atol=1e-5)


@pytest.mark.slow
def test_there_and_back_is_where_it_began(kind: str) -> None:
    model = learned(kind)
    x = torch.as_tensor(flows.dataset("moons")[:300])
    there = flows.path(model, x)
    back = flows.path(model, there[0], "z")
    assert there.shape == (5, 300, 2)
    assert float((back[-1] - x).abs().max()) < 1e-5
    assert float((back - there).abs().max()) < 1e-5


def test_the_signs_are_those_of_the_papers(kind: str) -> None:
    """x = z exp(alpha) + mu, with mu and alpha from x before (MAF) or z before (IAF)."""
    model = flows.flow(kind, 3, 1)
    [step] = flows.steps_of(model)
    z = points(3)
    x = flows.path(model, z, "z")[-1]
    with torch.no_grad():
        mu, alpha = step.hyper(x if kind == "maf" else z).view(-1, 3, 2).unbind(2)
    alpha = alpha / (1 + alpha.abs() / flows.BOUND)
    assert torch.allclose(x, z * alpha.exp() + mu, atol=1e-5)


# --- each step is autoregressive -----------------------------------------------------------------


@pytest.mark.parametrize("order", ORDERS)
def test_each_step_is_triangular_in_its_order(kind: str, order: str) -> None:
    model = flows.flow(kind, 5, 4, order, hidden=(16, 16), seed=3)
    each = flows.jacobians(model, points(5))
    for jacobian, variables in zip(each, flows.orders(model), strict=True):
        ordered = jacobian[:, variables][:, :, variables]
        assert bool((ordered.triu(1) == 0).all())
        assert bool((ordered.diagonal(dim1=1, dim2=2) > 0).all())
        assert bool((ordered.tril(-1) != 0).any(0).tril(-1).sum() == 10)


@pytest.mark.parametrize("order", ORDERS)
def test_the_adjacency_is_what_comes_before(kind: str, order: str) -> None:
    model = flows.flow(kind, 6, 3, order, hidden=(20,))
    for reads, variables in zip(flows.adjacency(model), flows.orders(model), strict=True):
        for t, variable in enumerate(variables):
            assert reads[variable].nonzero().flatten().tolist() == sorted(variables[:t])


def test_reversed_alternates_and_natural_does_not() -> None:
    assert flows.orders(flows.flow("maf", 3, 3)) == [[0, 1, 2], [2, 1, 0], [0, 1, 2]]
    assert flows.orders(flows.flow("iaf", 3, 2, "natural")) == [[0, 1, 2], [0, 1, 2]]


def test_a_maf_is_built_as_zukos_own() -> None:
    ours = flows.flow("maf", 5, 3, hidden=(8, 8))
    theirs = zuko.flows.MAF(5, transforms=3, hidden_features=(8, 8))
    for own, other in zip(ours.transform.transforms, theirs.transform.transforms, strict=True):
        assert torch.equal(own.order, other.order)
        for mine, its in zip(own.hyper, other.hyper, strict=True):
            if hasattr(mine, "mask"):
                assert torch.equal(mine.mask, its.mask)


def test_in_the_natural_order_the_first_variable_stays_gaussian() -> None:
    model = learned("maf", order="natural")
    x = flows.path(model, points(count=500), "z")[-1]
    z = points(count=500)
    slope = (x[1:, 0] - x[:-1, 0]) / (z[1:, 0] - z[:-1, 0])
    assert torch.allclose(slope, slope[0].expand_as(slope), rtol=1e-2)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("variables", [2, 5])
def test_one_maf_step_is_a_made(order: str, variables: int) -> None:
    model = flows.flow("maf", variables, 3, order, hidden=(7, 9), seed=5)
    for step, masks in zip(flows.steps_of(model), flows.masks(model), strict=True):
        *hidden, last = flows.made_of(step).masks()
        for ours, zukos in zip([*hidden, last.repeat_interleave(2, 0)], masks, strict=True):
            assert torch.equal(ours, zukos)
        z = points(variables)
        with torch.no_grad():
            assert torch.allclose(flows.made_step(step, z), step(None).inv(z), atol=1e-5)


# --- passes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("D", [2, 8, 64])
def test_maf_has_a_density_in_one_pass_and_a_sample_in_as_many_as_variables(D: int) -> None:
    counted = flows.count_passes("maf", D)
    assert (counted.density, counted.sample) == (1, D)


@pytest.mark.parametrize("D", [2, 8, 64])
def test_iaf_has_a_sample_in_one_pass_and_a_density_in_one_for_each_variable(D: int) -> None:
    counted = flows.count_passes("iaf", D)
    assert (counted.density, counted.sample) == (D + 1, 1)  # one more for the determinant
    assert counted.density_seconds > 0 < counted.sample_seconds


def test_every_transform_takes_its_passes() -> None:
    counted = flows.count_passes("maf", 4, transforms=3, repeats=1)
    assert (counted.density, counted.sample) == (3, 12)


# --- training ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_training_lowers_the_loss(kind: str) -> None:
    model = flows.flow(kind)
    data = torch.as_tensor(flows.dataset("moons"))
    before = -flows.log_density(model, data).mean()
    seen = list(flows.train(model, data, 80))
    assert [progress.step for progress in seen] == list(range(1, 81))
    assert seen[-1].seconds > seen[0].seconds > 0
    assert -flows.log_density(model, data).mean() < before - 0.3


def test_training_is_the_same_with_the_same_seed_and_can_be_dropped() -> None:
    data = flows.dataset("rings")
    losses = []
    for _ in range(2):
        run = flows.train(flows.flow("maf"), data, 500, seed=4)
        losses.append([next(run).loss for _ in range(5)])
        del run
    assert losses[0] == losses[1]


# --- data and errors -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", DATASETS)
def test_data_are_standardised_and_repeat_with_their_seed(name: str) -> None:
    found = flows.dataset(name, 500, seed=3)
    assert found.shape == (500, 2)
    assert found.dtype == np.float32
    assert np.allclose(found.mean(0), 0, atol=1e-5)
    assert np.allclose(found.std(0), 1, atol=1e-4)
    assert np.array_equal(found, flows.dataset(name, 500, seed=3))
    assert not np.array_equal(found, flows.dataset(name, 500, seed=4))


def test_drawn_points_are_standardised() -> None:
    found = flows.drawn([[0.1 * k, (k % 7) + 5.0] for k in range(60)])
    assert np.allclose(found.mean(0), 0, atol=1e-5)
    assert np.allclose(found.std(0), 1, atol=1e-4)


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ([[0.0, 1.0]] * 12, "given 12"),
        ([], "given 0"),
        ([[0.0, float("nan")]] * 60, "finite"),
        ([[0.0, 1.0, 2.0]] * 60, "pair"),
        ([["a", "b"]] * 60, "pair"),
        ([[1.0, 2.0]] * 60, "line or spot"),
        ([[0.1 * k, 2.0] for k in range(60)], "line or spot"),
        ([[0.1, 0.2]] * 2001, "given 2,001"),
    ],
)
def test_drawn_points_that_will_not_do_are_refused_in_words(points: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        flows.drawn(points)


@pytest.mark.parametrize(
    "options",
    [
        {"kind": "nice"},
        {"kind": "maf", "order": "spiral"},
        {"kind": "maf", "variables": 1},
        {"kind": "maf", "transforms": 0},
        {"kind": "iaf", "hidden": ()},
    ],
)
def test_a_flow_that_cannot_be_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="given"):
        flows.flow(**options)


def test_the_first_weights_depend_on_the_seed_alone() -> None:
    torch.manual_seed(1)
    one = flows.flow("maf", 3, 2, "random", seed=5)
    torch.manual_seed(2)
    two = flows.flow("maf", 3, 2, "random", seed=5)
    other = flows.flow("maf", 3, 2, "random", seed=6)
    for a, b, c in zip(one.parameters(), two.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b)
        assert not torch.equal(a, c)
    assert flows.orders(one) == flows.orders(two)


def test_an_unknown_data_set_is_refused() -> None:
    with pytest.raises(ValueError, match="'swiss'"):
        flows.dataset("swiss")
