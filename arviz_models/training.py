"""Training by maximum likelihood: one loop for all models.

`Run` takes one batch at a time, and can be put down and taken up between two of them.
`fitting.fit` validates after each epoch.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from arviz_models.base import AutoregressiveModel
from arviz_models.captured import CapturedSteps
from arviz_models.data import Dataset
from arviz_models.descent import adam_of, set_adam, set_weights, weights_of
from arviz_models.image_model import ImageModel
from arviz_models.made import MADE
from arviz_models.optimizers import MuonAndAdam, adam

PRECISIONS = ("float32", "bfloat16")
OPTIMIZERS = ("adam", "muon")


@dataclass(frozen=True)
class TrainingSettings:
    """What decides a run, besides model and data.

    Attributes:
        epochs: passes over the training data of one cycle at most.
        batch_size: images a step.
        learning_rate: of the optimizer, at its start; it falls to 0 along a half cosine over
            `epochs`.
        cycles: times that it does so. Each begins with half the rate of the one before, and with
            an optimizer that has seen nothing: warm restarts (Loshchilov and Hutter, 2017). So what
            has ended can be trained on (`Finished`).
        patience: epochs without a better validation NLL before stopping early; None for never.
        seed: of shuffling and of random orders or masks.
        precision: "float32", or "bfloat16" for the products of the forward and backward pass
            (autocast; parameters, Adam and losses stay float32): half the time for convolutions.
        optimizer: "adam", or "muon" for the matrices of the layers and Adam for the rest: see
            `MuonAndAdam`.
        weight_decay: what each step takes of the weights, as a part of the learning rate; biases
            keep theirs.
        dropout: the share of MADE's hidden units that are left out, others for each image and step.

    Raises:
        ValueError: a number out of its range.
    """

    epochs: int = 10
    batch_size: int = 100
    learning_rate: float = 1e-3
    patience: int | None = None
    seed: int = 0
    precision: str = "float32"
    cycles: int = 1
    optimizer: str = "adam"
    weight_decay: float = 0.0
    dropout: float = 0.0

    def __post_init__(self) -> None:
        patience = () if self.patience is None else ("patience",)
        for name in ("epochs", "batch_size", "cycles", *patience):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is at least 1; given {getattr(self, name)}")
        if not (0 < self.learning_rate < math.inf):
            raise ValueError(f"learning_rate is above 0; given {self.learning_rate}")
        if not (0 <= self.weight_decay < math.inf):
            raise ValueError(f"weight_decay is at least 0; given {self.weight_decay}")
        if not (0 <= self.dropout < 1):
            raise ValueError(f"dropout is at least 0 and below 1; given {self.dropout}")
        for name, known in (("precision", PRECISIONS), ("optimizer", OPTIMIZERS)):
            if getattr(self, name) not in known:
                raise ValueError(
                    f"{name} is one of {', '.join(known)}; given {getattr(self, name)!r}"
                )


@dataclass(frozen=True)
class Progress:
    """Where a run stands, after one batch or, with `valid_nll`, after one epoch.

    Attributes:
        epoch: epochs completed, counting the one under way as a fraction.
        loss: mean training loss of the epoch so far, nats an image.
        valid_nll: validation NLL, nats an image; None inside an epoch.
        best_nll: best validation NLL so far; inf before the first.
        best_epoch: the epoch that reached it.
        seconds: spent on training, also before an interruption.
        batch_loss: of the last batch, before its step, nats an image.
        step: batches taken so far.
    """

    epoch: float
    loss: float
    valid_nll: float | None
    best_nll: float
    best_epoch: int
    seconds: float
    batch_loss: float = math.nan
    step: int = 0


class Run:
    """A training of `model`, one batch at a time.

    It starts at the marginals of the training data: see `start_at_marginals`. The randomness of an
    epoch depends on the seed and its number alone.

    Args:
        model: changed in place.
        settings: their `epochs` are those along which the learning rate falls.
        falls: False keeps the learning rate as it is at its start, where nobody knows how many
            epochs there will be.
        capture: on CUDA, image models train with Adam by a recorded step (`CapturedSteps`).
            Nothing else of this process may use the device while it is recorded.

    Attributes:
        epoch: completed so far; `taken` counts the batches of the next one, `step` all.
        loss, batch_loss: mean of the epoch so far, and that of the last batch, nats an image.
        seconds: spent so far.
    """

    def __init__(
        self,
        model: AutoregressiveModel,
        dataset: Dataset,
        settings: TrainingSettings,
        falls: bool = True,
        capture: bool = False,
    ) -> None:
        self.model, self.dataset, self.settings, self.falls = model, dataset, settings, falls
        if isinstance(model, MADE):
            model.dropout = settings.dropout
        elif settings.dropout:
            raise ValueError(f"dropout is for MADE; given {settings.dropout} for another model")
        self._captured: CapturedSteps | None = None
        self.optimizer: torch.optim.Optimizer | MuonAndAdam
        plan = model.parameters(), settings.learning_rate, settings.weight_decay
        if settings.optimizer == "muon":
            self.optimizer = MuonAndAdam(*plan)
        # The others draw an order or a mask for each step, on the CPU.
        elif capture and model.device.type == "cuda" and isinstance(model, ImageModel):
            self.optimizer = recorded = adam(*plan, recorded=True)
            self._captured = CapturedSteps(self._loss_of, recorded)
        else:
            self.optimizer = adam(*plan)
        self.epoch, self.taken, self.step, self.seconds = 0, 0, 0, 0.0
        self.loss, self.batch_loss = math.nan, math.nan
        self._started, self._total, self._seen = False, 0.0, 0
        self._batches: tuple[Tensor, ...] = ()
        self._generator = torch.Generator(device="cpu")

    @property
    def epoch_steps(self) -> int:
        """Batches of an epoch."""
        return -(-self.dataset.size("train") // self.settings.batch_size)

    @property
    def position(self) -> float:
        """Epochs so far, the one under way as a fraction."""
        return self.epoch + self.taken / self.epoch_steps

    def _shuffle(self) -> None:
        """The batches of the epoch under way."""
        self._generator.manual_seed(self.settings.seed * 1_000_003 + self.epoch)
        shuffled = torch.randperm(self.dataset.size("train"), generator=self._generator)
        self._batches = shuffled.split(self.settings.batch_size)

    def start(self) -> None:
        """Put the model where training starts, unless it has begun: `take_step` does it too."""
        if self.step == 0 and not self._started:
            self.model.start_at_marginals(self.dataset.level_counts("train"))
        self._started = True

    def take_step(self) -> Progress:
        """Learn from the next batch.

        Raises:
            FloatingPointError: the loss is no number any more.
        """
        begun = time.monotonic()
        self.start()
        if self.taken == 0:
            self._shuffle()
            self._total, self._seen = 0.0, 0
        self.model.train()
        part = self.epoch + (self.taken + 1) / self.epoch_steps
        if self.falls:
            self._fall(part - 1 / self.epoch_steps)
        index = self._batches[self.taken]
        x = self.dataset.batch("train", index, self.model.device)
        if self._captured is None:
            self.optimizer.zero_grad(set_to_none=True)
            loss = self._loss_of(x)
            loss.backward()
            self.optimizer.step()
        else:
            loss = self._captured(x)
        self.model.eval()
        self.batch_loss = loss.item()
        self._total += self.batch_loss * len(index)
        self._seen += len(index)
        self.loss = self._total / self._seen
        if not math.isfinite(self.loss):
            raise FloatingPointError(
                f"the loss is {self.loss} in epoch {self.epoch + 1}: lower the learning rate "
                f"(now {self.settings.learning_rate})"
            )
        self.step += 1
        self.taken += 1
        if self.taken == self.epoch_steps:
            self.epoch, self.taken = self.epoch + 1, 0
        self.seconds += time.monotonic() - begun
        return self.progress(part, None)

    def _loss_of(self, x: Tensor) -> Tensor:
        reduced = self.settings.precision == "bfloat16"
        with torch.autocast(x.device.type, torch.bfloat16, enabled=reduced):
            return self.model.training_loss(x, self._generator)

    def _fall(self, position: float) -> None:
        """Set the learning rate of the step that begins there, and moments to 0 with each cycle.

        Args:
            position: epochs so far.
        """
        cycle = min(self.epoch // self.settings.epochs, self.settings.cycles - 1)
        if cycle and self.epoch == cycle * self.settings.epochs and self.taken == 0:
            for moments in self.optimizer.state.values():
                for moment in moments.values():
                    moment.zero_()  # in place: a recorded step reads them where they are
        turn = math.pi * (position - cycle * self.settings.epochs) / self.settings.epochs
        first = self.settings.learning_rate / 2**cycle
        self._set_learning_rate(first * (1 + math.cos(turn)) / 2)

    def _set_learning_rate(self, rate: float) -> None:
        for group in self.optimizer.param_groups:
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(rate)
            else:
                group["lr"] = rate

    def progress(self, epoch: float, valid_nll: float | None) -> Progress:
        return Progress(
            epoch, self.loss, valid_nll, math.inf, 0, self.seconds, self.batch_loss, self.step
        )

    def state(self) -> dict[str, Any]:
        """Plain data from which `take_up` goes on, the same to the last bit."""
        return {
            "epoch": self.epoch,
            "taken": self.taken,
            "step": self.step,
            "seconds": self.seconds,
            "epoch_loss": (self._total, self._seen),
            "random": self._generator.get_state().numpy(),
            "weights": [weights_of(self.model)],
            "adam": [adam_of(self.optimizer)],
        }

    def take_up(self, state: dict[str, Any]) -> None:
        """Go on from what `state` said of a run of the same settings."""
        self.epoch, self.taken, self.step = state["epoch"], state["taken"], state["step"]
        self.seconds, (self._total, self._seen) = state["seconds"], state["epoch_loss"]
        self.loss = self._total / self._seen if self._seen else math.nan
        if self.taken:
            self._shuffle()
        if "random" in state:  # else it is as the shuffle has left it
            self._generator.set_state(torch.from_numpy(state["random"].copy()))
        set_weights(self.model, state["weights"][0])
        set_adam(self.optimizer, state["adam"][0])
