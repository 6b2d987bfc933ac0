"""How many times faster a decoder draws 28x28 samples than full forward passes do.

Both are timed in the same run, by turns, on one thread: the ratio holds on a busy machine where the
times do not. A naive sample is 784 full passes with the choice of a level after each; every pass
does the same work, so the time of `PASSES` of them is multiplied up.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import pytest
import torch

from arviz_models import MADE, NADE, AutoregressiveModel, load_pretrained
from arviz_models.analysis.timing import naive_sample

PASSES = 50
ROUNDS = 15
SHAPE = (1, 28, 28)

pytestmark = pytest.mark.benchmark


def seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def shipped(name: str) -> Callable[[], AutoregressiveModel]:
    return lambda: load_pretrained(name, "cpu")


@pytest.mark.parametrize(
    ("build", "batch", "passes", "least"),
    [
        pytest.param(lambda: NADE(SHAPE, hidden=500), 1, 1, 100, id="nade-500"),
        pytest.param(lambda: MADE(SHAPE, hidden=(500,)), 1, PASSES, 25, id="made-500"),
        pytest.param(shipped("pixelcnn-mnist"), 1, PASSES, 15, id="pixelcnn"),
        pytest.param(shipped("pixelcnn-mnist"), 16, 5, 100, id="pixelcnn-batch-16"),
        pytest.param(shipped("gated-pixelcnn-mnist"), 1, PASSES, 15, id="gated"),
        pytest.param(shipped("gated-pixelcnn-mnist"), 16, 5, 100, id="gated-batch-16"),
        pytest.param(shipped("row-lstm-mnist"), 1, PASSES, 30, id="row-lstm"),
        pytest.param(shipped("row-lstm-mnist"), 16, 5, 100, id="row-lstm-batch-16"),
        pytest.param(shipped("diagonal-bilstm-mnist"), 1, PASSES, 60, id="diagonal"),
        pytest.param(shipped("diagonal-bilstm-mnist"), 16, 5, 100, id="diagonal-batch-16"),
        pytest.param(shipped("diagonal-bilstm-mnist-full"), 1, PASSES, 60, id="full-context"),
    ],
)
def test_a_decoder_is_many_times_faster_than_full_passes(
    build: Callable[[], AutoregressiveModel], batch: int, passes: int, least: float
) -> None:
    torch.manual_seed(0)
    model = build().eval()
    uniforms = model.random_numbers(batch, torch.Generator().manual_seed(0))
    first = naive_sample(model, uniforms, 3).flatten(1)[:, :3]
    assert torch.equal(first, model.draw(uniforms).flatten(1)[:, :3])
    naive, decoder = [], []
    for _ in range(ROUNDS if passes == PASSES else 5):
        naive.append(seconds(lambda: naive_sample(model, uniforms, passes)) / passes)
        decoder.append(seconds(lambda: model.draw(uniforms)))
    whole, drawn = model.dimensions * median(naive), median(decoder)
    print(
        f"\n{type(model).__name__}, batch {batch}: naive {1000 * whole:.0f} ms "
        f"({model.dimensions} passes, from {passes}), decoder {1000 * drawn:.1f} ms, "
        f"ratio {whole / drawn:.0f}"
    )
    assert whole / drawn >= least


@pytest.mark.parametrize("batch", [1, 8])
@pytest.mark.parametrize("way", ["draw", "draw_steps"])
def test_an_ensemble_of_32_masks_takes_at_most_four_times_as_long_as_one_mask(
    batch: int, way: str
) -> None:
    ensemble = load_pretrained("made-mnist-any-order", "cpu")
    assert isinstance(ensemble, MADE)
    assert ensemble.mask_count == 32
    models = (ensemble.with_mask(0), ensemble)
    uniforms = ensemble.random_numbers(batch, torch.Generator().manual_seed(0))
    taken: list[list[float]] = [[], []]
    for _ in range(ROUNDS):
        for model, its in zip(models, taken, strict=True):
            its.append(seconds(lambda model=model: list(getattr(model, way)(uniforms))))  # type: ignore[misc]
    one, all_masks = (1000 * median(its) for its in taken)
    print(f"\n{way}, batch {batch}: one mask {one:.1f} ms, 32 masks {all_masks:.1f} ms, ", end="")
    print(f"ratio {all_masks / one:.1f}")
    assert all_masks / one <= 4
