"""The gradient of the real network is 0 exactly where no path leads, and right where one does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from arviz_models import MADE, NADE, AutoregressiveModel
from arviz_models.analysis.gradients import input_gradients
from arviz_models.teaching_made import TeachingMADE
from tests.conformance.tools import random_x

ORDER = [2, 0, 4, 1, 3]  # is not its own inverse
ALL_EQUAL = [[3] * 12]
DRAWS = 4


def randomised(build: Callable[[], AutoregressiveModel], seed: int = 0) -> AutoregressiveModel:
    """Every parameter from N(0, 1), in float64."""
    model = build().double().eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
    return model


MADES: dict[str, Callable[[], MADE]] = {
    "one layer": lambda: MADE((5,), 2, (12,), ORDER),
    "narrow": lambda: MADE((6,), 2, (3, 3), degrees="random", seed=1),
    "three layers, direct": lambda: MADE((5,), 2, (9, 8, 9), ORDER, "even", direct=True),
    "three levels": lambda: MADE((1, 2, 3), 3, (14,), [5, 0, 3, 1, 4, 2], "even"),
    "all equal": lambda: MADE((5,), 2, (12,), ORDER, ALL_EQUAL),
    "relaxed": lambda: TeachingMADE((5,), 2, (12,), ORDER, "even", relaxed=True),
    "degrees 0 and D": lambda: TeachingMADE((5,), 2, (6,), ORDER, [[0, 5, 1, 2, 3, 4]]),
}


@pytest.mark.parametrize("name", MADES)
def test_made_is_zero_exactly_where_the_path_count_is(name: str) -> None:
    found = []
    for seed in range(DRAWS):
        model = randomised(MADES[name], seed)
        gradient = input_gradients(model, random_x(model, 32, seed))
        D = model.dimensions
        assert gradient.shape == (D, D)
        assert bool((gradient[MADES[name]().path_counts() == 0] == 0).all())
        found.append(gradient)
    # A ReLU may be off for some weights, at every x tried: of several draws, one shows the path.
    assert torch.equal(torch.stack(found).amax(0) > 0, MADES[name]().path_counts() > 0)


@pytest.mark.parametrize(
    "build",
    [
        lambda: NADE((5,), hidden=4, order=ORDER),
        lambda: NADE((2, 2, 2), 3, hidden=4),
        lambda: NADE((5,), hidden=4, order=ORDER, order_agnostic=True),
    ],
)
def test_nade_reads_all_that_is_drawn_before_and_nothing_else(
    build: Callable[[], NADE],
) -> None:
    model = randomised(build)
    gradient = input_gradients(model, random_x(model, 8))
    assert torch.equal(gradient > 0, model.dependencies())
    assert bool((gradient[~model.dependencies()] == 0).all())


def finite_differences(model: AutoregressiveModel, x: Tensor, step: float = 1e-5) -> Tensor:
    """(D, D) by the definition: every input of every x moved up and down, one at a time."""
    D, K = model.dimensions, model.levels
    one_hot = F.one_hot(x, K).to(model.dtype).view(len(x), D, K)

    def odds(moved: Tensor) -> Tensor:
        z = model(moved.view(len(x), *model.event_shape, K)).view(len(x), D, K)
        return z[..., 1:] - z[..., :1]  # (N, D, K-1)

    result = torch.zeros(D, D)
    with torch.no_grad():
        for j in range(D):
            for level in range(K):
                nudge = torch.zeros_like(one_hot)
                nudge[:, j, level] = step
                slope = (odds(one_hot + nudge) - odds(one_hot - nudge)) / (2 * step)
                result[:, j] = torch.maximum(result[:, j], slope.abs().amax((0, 2)).float())
    return result


@pytest.mark.parametrize("levels", [2, 3])
def test_on_a_smooth_model_it_equals_finite_differences(levels: int) -> None:
    model = randomised(lambda: NADE((5,), levels, hidden=4, order=ORDER))
    x = random_x(model, 6)
    torch.testing.assert_close(
        input_gradients(model, x).float(), finite_differences(model, x), rtol=1e-5, atol=1e-7
    )


def test_it_is_the_largest_of_all_x_given() -> None:
    model = randomised(MADES["one layer"])
    x = random_x(model, 10)
    alone = torch.stack([input_gradients(model, each) for each in x.split(1)])
    torch.testing.assert_close(input_gradients(model, x), alone.amax(0))
    assert not torch.allclose(alone[0], alone.amax(0))


def test_it_can_be_asked_of_a_frozen_model_while_gradients_are_off() -> None:
    model = randomised(MADES["one layer"])
    x = random_x(model, 4)
    expected = input_gradients(model, x)
    with torch.no_grad():
        found = input_gradients(model.requires_grad_(False), x)
    torch.testing.assert_close(found, expected)
    assert not found.requires_grad
    assert all(parameter.grad is None for parameter in model.parameters())
