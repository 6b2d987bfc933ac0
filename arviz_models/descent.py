"""Steps down a loss, which can be put down and taken up: what the pages train with.

Adam, its learning rate falling to 0 along half a cosine. Each step takes a random batch; several
models can learn side by side from the same ones.

Source: Kingma & Ba, Adam (ICLR 2015); Loshchilov & Hutter, SGDR (ICLR 2017), eq. 5, without
restarts.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from arviz_models.base import AutoregressiveModel
from arviz_models.data import Dataset
from arviz_models.optimizers import MuonAndAdam


@dataclass(frozen=True)
class Progress:
    """One step.

    Attributes:
        step: batches taken so far.
        losses: of each model on this batch before the step, nats.
        seconds: spent so far.
    """

    step: int
    losses: tuple[float, ...]
    seconds: float

    @property
    def loss(self) -> float:
        """Of the first model, or the only one."""
        return self.losses[0]


class Descent(Iterator[Progress]):
    """A training, step by step; stop at any step by asking for no more.

    Args:
        models: changed in place.
        batch: gets the generator of the random numbers, and returns a batch.
        loss: of a model on a batch.
        steps: batches to take.
        learning_rate: of Adam, at first.
        seed: of the batches.
        clip: the longest gradient, longer ones are shortened to it; None for no limit.
    """

    def __init__(
        self,
        models: Sequence[nn.Module],
        batch: Callable[[torch.Generator], Tensor],
        loss: Callable[[Any, Tensor], Tensor],
        steps: int,
        learning_rate: float,
        seed: int = 0,
        clip: float | None = None,
    ) -> None:
        self.models, self.batch, self.loss = models, batch, loss
        self.steps, self.learning_rate, self.clip = steps, learning_rate, clip
        self.step, self.seconds = 0, 0.0
        self._generator = torch.Generator().manual_seed(seed)
        self._optimizers = [
            torch.optim.Adam(model.parameters(), lr=learning_rate) for model in models
        ]

    def __next__(self) -> Progress:
        if self.step >= self.steps:
            raise StopIteration
        begun = time.perf_counter()
        x = self.batch(self._generator)
        losses = []
        for model, optimizer in zip(self.models, self._optimizers, strict=True):
            for group in optimizer.param_groups:
                turn = math.pi * self.step / self.steps
                group["lr"] = self.learning_rate * (1 + math.cos(turn)) / 2
            optimizer.zero_grad(set_to_none=True)
            loss = self.loss(model, x)
            loss.backward()
            if self.clip is not None:
                nn.utils.clip_grad_norm_(model.parameters(), self.clip)
            optimizer.step()
            losses.append(loss.item())
        self.step += 1
        self.seconds += time.perf_counter() - begun
        return Progress(self.step, tuple(losses), self.seconds)

    def state(self) -> dict[str, Any]:
        """Plain data from which `resume` goes on, the same to the last bit."""
        return {
            "step": self.step,
            "seconds": self.seconds,
            "random": self._generator.get_state().numpy(),
            "weights": [weights_of(model) for model in self.models],
            "adam": [adam_of(optimizer) for optimizer in self._optimizers],
        }

    def resume(self, state: dict[str, Any]) -> None:
        """Go on from what `state` said of a descent of the same settings."""
        self.step, self.seconds = state["step"], state["seconds"]
        self._generator.set_state(torch.from_numpy(state["random"].copy()))
        kept = zip(self.models, self._optimizers, state["weights"], state["adam"], strict=True)
        for model, optimizer, weights, adam in kept:
            set_weights(model, weights)
            set_adam(optimizer, adam)


def likelihood_descent(
    models: Sequence[AutoregressiveModel],
    dataset: Dataset,
    size: int,
    steps: int,
    learning_rate: float,
    seed: int,
) -> Descent:
    """Down the mean of -log p(x) over random batches of training images.

    Args:
        models: changed in place; of the event shape and the levels of `dataset`, on one device.
        dataset: whose training images they learn.
        size: images of a batch.
        steps, learning_rate, seed: see `Descent`.
    """

    def batch(generator: torch.Generator) -> Tensor:
        index = torch.randint(dataset.size("train"), (size,), generator=generator)
        return dataset.batch("train", index, models[0].device)

    def loss(model: AutoregressiveModel, x: Tensor) -> Tensor:
        return -model.log_prob(x).mean()

    return Descent(models, batch, loss, steps, learning_rate, seed)


def weights_of(model: nn.Module) -> np.ndarray:
    """All parameters one after the other, as one vector: what `set_weights` takes."""
    return parameters_to_vector(model.parameters()).detach().cpu().numpy().copy()


def set_weights(model: nn.Module, weights: np.ndarray) -> None:
    """Give a model the weights of another one that was built alike."""
    vector = torch.from_numpy(weights.copy()).to(next(model.parameters()).device)
    vector_to_parameters(vector, model.parameters())


Moments = dict[int, dict[str, np.ndarray]]
"""What Adam keeps of each parameter, by its number and by name."""


def adam_of(optimizer: torch.optim.Optimizer | MuonAndAdam) -> Moments:
    """Adam's moments, copied: what `set_adam` takes."""
    return {
        number: {name: value.cpu().numpy().copy() for name, value in moments.items()}
        for number, moments in optimizer.state_dict()["state"].items()
    }


def set_adam(optimizer: torch.optim.Optimizer | MuonAndAdam, moments: Moments) -> None:
    """Give Adam the moments of another one, of a model that was built alike."""
    state = {
        number: {name: torch.from_numpy(np.array(value)) for name, value in each.items()}
        for number, each in moments.items()
    }
    optimizer.load_state_dict(optimizer.state_dict() | {"state": state})
