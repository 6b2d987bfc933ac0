"""What a conditional reads, as the gradient of the real network tells it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from arviz_models.base import AutoregressiveModel


def input_gradients(model: AutoregressiveModel, x: Tensor) -> Tensor:
    r"""How strongly each conditional reacts to each input, at the given x.

    .. math:: G_{ij} = \max_{n, k, l} \left|
        \frac{\partial\, (z_{nik} - z_{ni0})}{\partial\, e_{njl}} \right|

    with z the logits and e the one-hot input. These are measured: what a conditional can read is
    what ``model.dependencies()`` says. Where no path leads from x_j to p(x_i | ...), every product
    on the way has a masked factor, so that an entry is 0 or what the device makes of such a sum.
    Elsewhere it can be 0 at one x (a ReLU that is off), so give several.

    Args:
        model: D conditionals.
        x: long (N, *event_shape).

    Returns:
        (D, D), row i for the conditional of i, on the CPU.
    """
    D, K = model.dimensions, model.levels
    one_hot = F.one_hot(x, K).to(model.dtype).requires_grad_()
    with torch.enable_grad():
        z = model(one_hot).view(len(x), D, K)
        odds = (z[..., 1:] - z[..., :1]).sum(0)  # (D, K-1); no x reads another one of the batch
        rows = [
            torch.autograd.grad(value, one_hot, retain_graph=True)[0].view(len(x), D, K)
            for value in odds.flatten()
        ]
    strength = torch.stack(rows).abs().amax((1, 3))  # (D (K-1), D)
    return strength.view(D, K - 1, D).amax(1).cpu()
