"""What training a Row LSTM costs, against a plain loop over the rows with `F.conv1d`.

Both are timed in the same run, by turns, on one thread. The loop is what one writes first: it
slices its row out of the image, whose input-to-state component is computed at once in both, and
slices the gates out of that.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from arviz_models import RowLSTM
from arviz_models.row_lstm import RowLSTMLayer

SHAPE = (1, 28, 28)
BATCH = 32
ROUNDS = 15

pytestmark = pytest.mark.benchmark


def plain_forward(layer: RowLSTMLayer, x: Tensor) -> Tensor:
    """`RowLSTMLayer.forward` as a loop over the rows."""
    features, weight = layer.features, layer.state_to_state.weight[:, :, 0]
    a = layer.input_to_state(x)  # (N, 4F, H, W)
    h = c = a.new_zeros(len(a), features, a.shape[3])
    states = []
    for i in range(a.shape[2]):
        z = a[:, :, i] + F.conv1d(h, weight, padding=weight.shape[2] // 2)
        o = torch.sigmoid(z[:, :features])
        f = torch.sigmoid(z[:, features : 2 * features])
        i_gate = torch.sigmoid(z[:, 2 * features : 3 * features])
        g = torch.tanh(z[:, 3 * features :])
        c = f * c + i_gate * g
        h = o * torch.tanh(c)
        states.append(h)
    y: Tensor = layer.out(torch.stack(states, dim=2))
    return x + y if layer.residual else y


def step(
    model: RowLSTM, x: Tensor, forward: Callable[[RowLSTMLayer, Tensor], Tensor]
) -> tuple[float, float, float]:
    """Seconds of the forward and of the backward pass of one batch, and its loss."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RowLSTMLayer, "forward", forward)
        model.zero_grad()
        began = time.perf_counter()
        loss = model.training_loss(x, torch.Generator())
        between = time.perf_counter()
        loss.backward()
        return between - began, time.perf_counter() - between, loss.item()


@pytest.mark.parametrize("features", [16, 32])
def test_a_training_pass_is_no_slower_than_a_plain_loop_over_rows(features: int) -> None:
    torch.manual_seed(0)
    model = RowLSTM(SHAPE, features=features, layers=2)
    x = torch.randint(0, 2, (BATCH, *SHAPE))
    ours, plain = [], []
    for _ in range(ROUNDS):
        ours.append(step(model, x, RowLSTMLayer.forward))
        plain.append(step(model, x, plain_forward))
    assert ours[0][2] == pytest.approx(plain[0][2], rel=1e-5)
    forward, backward = (median(row[k] for row in ours) for k in range(2))
    plain_pass, plain_backward = (median(row[k] for row in plain) for k in range(2))
    print(
        f"\n{features} features: forward {1000 * forward:.0f} ms, "
        f"backward {1000 * backward:.0f} ms; "
        f"plain loop {1000 * plain_pass:.0f} and {1000 * plain_backward:.0f} ms; "
        f"ratios {forward / plain_pass:.2f} and {backward / plain_backward:.2f}"
    )
    assert forward / plain_pass <= 1.3
