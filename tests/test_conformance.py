"""Every property of the contract, for every model: see `conformance/`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from arviz_models import MODELS
from tests.conformance import cases, properties, tools
from tests.conformance.cases import CASES, Case
from tests.conformance.properties import PROPERTIES

ENUMERABLE = [case for case in CASES if cases.is_enumerable(case)]
# A quarter of the time of all of them.
THOROUGH = (properties.check_sample_is_what_the_steps_draw,)
LEARNING = [case for case in CASES if case.learns]


def of(cases: list[Case]) -> pytest.MarkDecorator:
    parameters = [
        pytest.param(case, id=case.name, marks=[pytest.mark.slow] if case.slow else [])
        for case in cases
    ]
    return pytest.mark.parametrize("case", parameters)


@pytest.mark.parametrize(
    "holds",
    [
        pytest.param(
            holds,
            id=holds.__name__.removeprefix("check_"),
            marks=[pytest.mark.slow] if holds in THOROUGH else [],
        )
        for holds in PROPERTIES
    ],
)
@of(CASES)
def test_every_model_holds(case: Case, holds: Callable[[Case], None]) -> None:
    holds(case)


@of(ENUMERABLE)
def test_probabilities_of_all_states_sum_to_one(case: Case) -> None:
    properties.check_probabilities_of_all_states_sum_to_one(case)


@pytest.mark.slow
@of(ENUMERABLE)
def test_samples_follow_the_density(case: Case) -> None:
    properties.check_samples_follow_the_density(case)


@pytest.mark.slow
@of(CASES)
def test_checkpoint_keeps_log_prob(case: Case, tmp_path: Path) -> None:
    properties.check_checkpoint_keeps_log_prob(case, tmp_path)


@pytest.mark.slow
@of(LEARNING)
def test_training_reaches_the_entropy(case: Case) -> None:
    properties.check_training_reaches_the_entropy(case)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device: CPU against GPU")
@of(CASES)
def test_cpu_and_gpu_agree(case: Case) -> None:
    properties.check_cpu_and_gpu_agree(case)


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_every_registered_model_is_among_the_cases(model: type) -> None:
    def built(cases: list[Case]) -> set[type]:
        return {type(case.build()) for case in cases}

    assert model in built(CASES)
    assert model in built(ENUMERABLE), "none small enough to enumerate"
    assert model in built(LEARNING), "none that learns the toy distribution"


@of(LEARNING)
def test_the_toy_distribution_is_no_product_of_independent_dimensions(case: Case) -> None:
    """Else a model that reads nothing would come within 2 % of its entropy."""
    data, entropy = tools.toy_distribution(case.build())
    frequencies = torch.nn.functional.one_hot(data.flatten(1)).double().mean(0)  # (D, K)
    independent = -float(torch.special.xlogy(frequencies, frequencies).sum())
    assert independent > 1.1 * entropy
