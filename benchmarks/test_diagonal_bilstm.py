"""What a training step of a Diagonal BiLSTM costs, against a Row LSTM of the same width and depth.

The Row LSTM takes H steps over the image, the other W + H - 1, in two directions. Both are timed in
the same run, by turns, on one thread: the ratio holds on a busy machine where the times do not.
"""

from __future__ import annotations

import time
from statistics import median

import pytest
import torch
from torch import Tensor

from arviz_models import DiagonalBiLSTM, RowLSTM

SHAPE = (1, 28, 28)
BATCH = 32
ROUNDS = 15
AT_MOST = 2.5

pytestmark = pytest.mark.benchmark


def seconds_of_step(model: RowLSTM | DiagonalBiLSTM, x: Tensor, precision: torch.dtype) -> float:
    """A forward and a backward pass."""
    model.zero_grad()
    began = time.perf_counter()
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == torch.bfloat16):
        loss = model.training_loss(x, torch.Generator())
    loss.backward()
    return time.perf_counter() - began


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize(("features", "layers"), [(16, 1), (32, 1), (16, 3)])
def test_a_training_step_costs_at_most_two_and_a_half_of_a_row_lstm(
    features: int, layers: int, precision: torch.dtype
) -> None:
    torch.manual_seed(0)
    models = [kind(SHAPE, features=features, layers=layers) for kind in (RowLSTM, DiagonalBiLSTM)]
    x = torch.randint(0, 2, (BATCH, *SHAPE))
    rounds = [[seconds_of_step(model, x, precision) for model in models] for _ in range(ROUNDS)]
    row, diagonal = (median(times) for times in zip(*rounds, strict=True))
    print(
        f"\n{features} features, {layers} layers, {precision}: Row LSTM {1000 * row:.0f} ms, "
        f"Diagonal BiLSTM {1000 * diagonal:.0f} ms, ratio {diagonal / row:.2f}"
    )
    assert diagonal / row <= AT_MOST
