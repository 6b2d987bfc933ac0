"""Adam, and Muon for the matrices of a network with Adam for all else.

Muon turns the mean gradient of a matrix into the nearest matrix whose singular values are all
near 1: a step is then as long in the directions that the gradient hardly shows as in those that it
shows most. The weights of a convolution are one matrix: a row for each map that it makes.

Source: Kingma & Ba, Adam (ICLR 2015); Loshchilov & Hutter, Decoupled weight decay regularization
(ICLR 2019); Jordan et al., Muon: An optimizer for hidden layers in neural networks (2024); the
length of a step is that of Liu et al., Muon is Scalable for LLM Training (2025): it fits Adam's
learning rates. `torch.optim` computes them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

LEAST = 8  # maps read and made, below which a matrix is left to Adam: first and last layer, biases


def adam(
    parameters: Iterable[nn.Parameter],
    learning_rate: float,
    weight_decay: float = 0.0,
    recorded: bool = False,
) -> torch.optim.Adam:
    """Adam, or AdamW where weights decay: all but biases are made smaller by each step.

    Args:
        parameters: of the model.
        learning_rate: at first.
        weight_decay: what a step takes of a weight is this times the learning rate.
        recorded: for steps recorded on a CUDA device: see `CapturedSteps`.
    """
    given = list(parameters)
    rate = torch.tensor(learning_rate, device=given[0].device) if recorded else learning_rate
    fused = True if recorded else None
    if not weight_decay:
        return torch.optim.Adam(given, rate, capturable=recorded, fused=fused)
    groups = [
        {"params": [each for each in given if each.ndim >= 2], "weight_decay": weight_decay},
        {"params": [each for each in given if each.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, rate, capturable=recorded, fused=fused)


class MuonAndAdam:
    """One optimizer to a training loop: see the module.

    Args:
        parameters: of the model.
        learning_rate: of both.
        weight_decay: of both, see `adam`. Without it the matrices grow as long as Muon moves them.
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        learning_rate: float,
        weight_decay: float = 0.0,
    ) -> None:
        all_of_them = list(parameters)
        self._weights = [each for each in all_of_them if _is_matrix(each)]
        rest = [each for each in all_of_them if not _is_matrix(each)]
        if not self._weights or not rest:
            raise ValueError(
                "Muon is for networks with layers that read and make at least "
                f"{LEAST} maps or units; train this one with Adam"
            )
        self._matrices = [nn.Parameter(each.detach().flatten(1)) for each in self._weights]
        self._muon = torch.optim.Muon(
            self._matrices, learning_rate, weight_decay, adjust_lr_fn="match_rms_adamw"
        )
        self._adam = adam(rest, learning_rate, weight_decay)

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        return [*self._muon.param_groups, *self._adam.param_groups]

    @property
    def state(self) -> dict[Tensor, dict[str, Tensor]]:
        """What is kept of each parameter: Muon's mean gradient, Adam's moments."""
        return {**self._muon.state, **self._adam.state}

    def zero_grad(self, set_to_none: bool = True) -> None:
        self._adam.zero_grad(set_to_none)
        for weight in self._weights:  # of which the matrices take theirs in each step
            weight.grad = None

    def step(self) -> None:
        for matrix, weight in zip(self._matrices, self._weights, strict=True):
            matrix.data = weight.data.flatten(1)  # the same memory, wherever that is by now
            matrix.grad = None if weight.grad is None else weight.grad.flatten(1)
        self._muon.step()
        self._adam.step()

    def state_dict(self) -> dict[str, Any]:
        """As of one optimizer: Muon's matrices are numbered first."""
        muon, adam = self._muon.state_dict(), self._adam.state_dict()
        after = {len(self._matrices) + number: kept for number, kept in adam["state"].items()}
        return {"state": muon["state"] | after}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        first, state = len(self._matrices), state_dict["state"]
        muon = {number: kept for number, kept in state.items() if number < first}
        adam = {number - first: kept for number, kept in state.items() if number >= first}
        self._muon.load_state_dict(self._muon.state_dict() | {"state": muon})
        self._adam.load_state_dict(self._adam.state_dict() | {"state": adam})


def _is_matrix(weight: Tensor) -> bool:
    return weight.ndim >= 2 and min(weight.shape[:2]) >= LEAST
