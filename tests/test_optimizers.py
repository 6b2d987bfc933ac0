"""Adam and Muon: which weights each of them moves, and what decays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from arviz_models import NADE, RowLSTM, load_dataset
from arviz_models.fitting import fit
from arviz_models.optimizers import MuonAndAdam, adam
from arviz_models.training import Run, TrainingSettings

RATE = 0.01


class Layers(nn.Module):
    """A first convolution of one map, one of 8 maps, and 4 maps out: the middle is a matrix."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.middle = nn.Conv2d(1, 8, 3), nn.Conv2d(8, 12, 3)
        self.last = nn.Conv2d(12, 4, 1)


def give_gradients(model: nn.Module) -> None:
    generator = torch.Generator().manual_seed(1)
    for weight in model.parameters():
        weight.grad = torch.randn(weight.shape, generator=generator)


def test_the_matrices_move_as_muon_moves_them_and_the_rest_as_adam_does() -> None:
    together, apart = Layers(), Layers()
    both = MuonAndAdam(together.parameters(), RATE)
    matrix = nn.Parameter(apart.middle.weight.detach().flatten(1).clone())
    rest = [weight for weight in apart.parameters() if weight is not apart.middle.weight]
    muon = torch.optim.Muon([matrix], RATE, weight_decay=0.0, adjust_lr_fn="match_rms_adamw")
    alone = torch.optim.Adam(rest, RATE)
    for _ in range(3):
        give_gradients(together)
        give_gradients(apart)
        assert apart.middle.weight.grad is not None
        matrix.grad = apart.middle.weight.grad.flatten(1)
        for optimizer in (both, muon, alone):
            optimizer.step()
    assert torch.equal(together.middle.weight.flatten(1), matrix)
    for ours, theirs in zip(together.parameters(), apart.parameters(), strict=True):
        assert theirs is apart.middle.weight or torch.equal(ours, theirs)
    assert not torch.equal(together.middle.weight, Layers().middle.weight)


@pytest.mark.parametrize("build", [adam, MuonAndAdam])
def test_what_decays_are_weights_and_no_biases(build: Callable[..., Any]) -> None:
    model, before = Layers(), Layers()
    optimizer = build(model.parameters(), RATE, 0.5)
    for weight in model.parameters():
        weight.grad = torch.zeros_like(weight)
    optimizer.step()
    for after, was in zip(model.parameters(), before.parameters(), strict=True):
        kept = 1 - 0.5 * RATE if was.ndim > 1 else 1
        torch.testing.assert_close(after, was * kept)


def test_weights_that_are_put_elsewhere_are_still_those_that_move() -> None:
    """`descent.set_weights` gives a parameter other memory."""
    model = Layers()
    both = MuonAndAdam(model.parameters(), RATE)
    model.middle.weight.data = torch.zeros_like(model.middle.weight)
    give_gradients(model)
    both.step()
    assert model.middle.weight.abs().sum() > 0


def test_no_gradient_is_left_when_it_is_asked_to_forget_them() -> None:
    model = Layers()
    both = MuonAndAdam(model.parameters(), RATE)
    give_gradients(model)
    both.zero_grad()
    assert all(weight.grad is None for weight in model.parameters())


def test_a_network_without_such_layers_is_sent_to_adam() -> None:
    with pytest.raises(ValueError, match="train this one with Adam"):
        MuonAndAdam(NADE((1, 2, 3), hidden=4).parameters(), RATE)


def test_a_cycle_begins_with_a_mean_gradient_of_nothing() -> None:
    """Of which the first gradient of the cycle then makes a twentieth."""
    torch.manual_seed(0)
    settings = TrainingSettings(1, 400, RATE, cycles=2, optimizer="muon")
    run = Run(RowLSTM((1, 8, 8), features=8), load_dataset("digits"), settings)
    for _ in range(run.epoch_steps + 1):
        run.take_step()
    assert isinstance(run.optimizer, MuonAndAdam)
    kept = {matrix: each.get("momentum_buffer") for matrix, each in run.optimizer.state.items()}
    found = {matrix: mean for matrix, mean in kept.items() if mean is not None}
    assert len(found) >= 4
    for matrix, mean in found.items():
        assert matrix.grad is not None
        torch.testing.assert_close(mean, matrix.grad * 0.05)


@pytest.mark.slow
def test_it_learns_more_than_adam_in_as_many_epochs() -> None:
    """Row LSTM on digits, each at a good rate: what `docs/TRAINING.md` measures on 28x28 images."""
    digits, found = load_dataset("digits"), {}
    for optimizer, rate in (("adam", 0.01), ("muon", 0.02)):
        torch.manual_seed(0)
        model = RowLSTM((1, 8, 8), features=16, layers=2)
        settings = TrainingSettings(8, 32, rate, optimizer=optimizer)
        *_, found[optimizer] = fit(model, digits, settings)
    assert found["muon"].best_nll < found["adam"].best_nll - 0.7
