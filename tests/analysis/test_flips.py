"""A flip changes what it would change if it were drawn alone, and the strongest is found."""

from __future__ import annotations

import pytest
import torch

from arviz_models import MADE, NADE
from arviz_models.analysis.flips import most_felt, single_flips
from arviz_models.base import AutoregressiveModel, given_values
from arviz_models.sampler import Request, Trace, get_sampler


def drawn(model: AutoregressiveModel, seed: int, fixed: dict[int, int] | None = None) -> Trace:
    given = given_values(model.event_shape, fixed) if fixed else None
    with get_sampler(model.device).submit(Request(model, seed, given=given)) as job:
        return job.result()


@pytest.fixture(params=["nade", "nade, spiral", "made"])
def model(request: pytest.FixtureRequest) -> AutoregressiveModel:
    torch.manual_seed(0)
    shape = (1, 3, 4)
    order = [0, 1, 2, 3, 7, 11, 10, 9, 8, 4, 5, 6] if "spiral" in request.param else None
    built = MADE(shape, hidden=(30,)) if request.param == "made" else NADE(shape, 2, 6, order)
    with torch.no_grad():
        for parameter in built.parameters():
            parameter.normal_(std=2)
    return built


def test_each_flip_changes_what_it_changes_when_it_is_drawn_alone(
    model: AutoregressiveModel,
) -> None:
    trace = drawn(model, 3)
    flips = single_flips(model, trace)
    assert [flip.index for flip in flips] == trace.order.tolist()
    changes = []
    for t, flip in enumerate(flips):
        assert flip.level == 1 - trace.values[t, 0]
        alone = drawn(model, 3, {flip.index: flip.level})
        changes.append(int((alone.values[:, 0] != trace.values[:, 0]).sum()) - 1)
        assert (alone.values[:t, 0] == trace.values[:t, 0]).all()
    assert [flip.changed for flip in flips] == changes
    assert any(changes)  # or nothing was compared
    assert changes[-1] == 0  # nothing is drawn after the last


def test_the_strongest_flip_is_found(model: AutoregressiveModel) -> None:
    trace = drawn(model, 3)
    assert most_felt(model, trace).changed == max(
        flip.changed for flip in single_flips(model, trace)
    )
