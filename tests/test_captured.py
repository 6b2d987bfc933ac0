"""Training steps that are recorded as a CUDA graph learn what ordinary ones learn."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
import torch

from arviz_models import (
    AutoregressiveModel,
    DiagonalBiLSTM,
    GatedPixelCNN,
    PixelCNN,
    PixelSNAIL,
    RowLSTM,
    load_dataset,
)
from arviz_models.descent import weights_of
from arviz_models.fitting import fit
from arviz_models.training import Run, TrainingSettings

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")

SHAPE = (1, 8, 8)
BUILDS = {
    "pixelcnn": lambda: PixelCNN(SHAPE, features=8, layers=2),
    "gated": lambda: GatedPixelCNN(SHAPE, features=8, layers=2),
    "row-lstm": lambda: RowLSTM(SHAPE, features=8, layers=2),
    "diagonal": lambda: DiagonalBiLSTM(SHAPE, features=8, full_context=True),
    "attention": lambda: PixelSNAIL(SHAPE, features=8, layers=1, trunk=1, head_features=4),
}


def built(name: str) -> AutoregressiveModel:
    torch.manual_seed(0)
    return BUILDS[name]().to("cuda")


@pytest.mark.parametrize("name", BUILDS)
def test_recorded_steps_lose_as_ordinary_ones_do(name: str) -> None:
    """1,232 images in batches of 100: steps 12 and 25 take the 32 that are left over."""
    digits = load_dataset("digits")
    settings = TrainingSettings(epochs=3, learning_rate=0.003)
    recorded, ordinary = (
        Run(built(name), digits, settings, capture=capture) for capture in (True, False)
    )
    losses = [[run.take_step().batch_loss for _ in range(30)] for run in (recorded, ordinary)]
    assert recorded._captured is not None
    assert recorded._captured._graph is not None
    torch.testing.assert_close(*map(torch.tensor, losses), rtol=2e-3, atol=2e-3)
    assert losses[0][-1] < losses[0][0] - 2


def test_the_learning_rate_of_recorded_steps_falls() -> None:
    """Else a graph would go on with the rate at which it was recorded."""
    run = Run(
        built("pixelcnn"),
        load_dataset("digits"),
        TrainingSettings(epochs=1, batch_size=20, learning_rate=0.003),
        capture=True,
    )
    kept = [weights_of(run.model)]
    while run.epoch < 1:
        run.take_step()
        kept.append(weights_of(run.model))
    moved = [float(abs(after - before).mean()) for before, after in pairwise(kept)]
    assert moved[-2] < moved[len(moved) // 2] / 10


def test_a_run_on_cuda_goes_on_where_it_stopped(tmp_path: Path) -> None:
    digits, settings = load_dataset("digits"), TrainingSettings(epochs=3, learning_rate=0.003)
    whole = built("pixelcnn")
    *_, there = fit(whole, digits, settings)
    for progress in fit(built("pixelcnn"), digits, settings, tmp_path):
        if progress.epoch > 1.5:
            break
    again = built("pixelcnn")
    *_, last = fit(again, digits, settings, tmp_path)
    assert last.step == there.step
    assert last.best_nll == pytest.approx(there.best_nll, abs=0.05)
