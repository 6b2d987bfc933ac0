"""What one table of first layers saves: a target moved over a 28x28 image, 15 layers deep.

The receptive field of one more target, looked up in the table that is kept, against computing what
the model reads again; and that table, which holds every depth, against one depth alone. All are
timed in the same run, by turns, on one thread: the ratios hold on a busy machine where the times do
not.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import numpy as np
import pytest

from arviz_models import GatedPixelCNN, PixelCNN, receptive_field
from arviz_models.analysis.receptive_fields import ReceptiveField, _first_seen, first_seen
from arviz_models.image_model import ImageModel

ROUNDS = 5
SHAPE, LAYERS = (1, 28, 28), 15
TARGETS = [(5 * k % 28, 11 * k % 28) for k in range(20)]

pytestmark = pytest.mark.benchmark


def seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


@pytest.mark.parametrize("kind", [PixelCNN, GatedPixelCNN], ids=lambda kind: kind.__name__)
def test_a_look_into_the_table_is_many_times_faster_than_computing_again(
    kind: type[PixelCNN] | type[GatedPixelCNN],
) -> None:
    model: ImageModel = kind(SHAPE, layers=LAYERS)

    def table() -> None:
        _first_seen.cache_clear()
        first_seen(model)

    def look_up() -> list[ReceptiveField]:
        return [receptive_field(model, target) for target in TARGETS]

    reads = model.dependencies().numpy()
    for found in look_up():
        row, column = found.target
        seen = found.classes.ravel() == ReceptiveField.NAMES.index("seen")
        np.testing.assert_array_equal(seen, reads[28 * row + column])

    whole, again, lookup = [], [], []
    for _ in range(ROUNDS):
        whole.append(seconds(table))
        again.append(seconds(model.dependencies))
        lookup.append(seconds(look_up) / len(TARGETS))
    every_depth, one_depth, one_target = (1000 * median(times) for times in (whole, again, lookup))
    print(
        f"\n{kind.__name__}: table of every depth {every_depth:.0f} ms, that of {LAYERS} layers "
        f"{one_depth:.0f} ms, ratio {every_depth / one_depth:.1f}; a target looked up "
        f"{one_target:.2f} ms, ratio {one_depth / one_target:.0f}"
    )
    assert one_depth / one_target >= 20
    assert every_depth / one_depth <= 4
