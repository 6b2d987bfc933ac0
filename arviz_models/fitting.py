"""A training that is validated after each epoch, of which the best weights are kept.

`fit` yields its progress, so that a command line draws a bar, and stops between two batches by
dropping the iterator. Its state lies in a file, from which it goes on after an interruption.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from arviz_models.base import AutoregressiveModel
from arviz_models.data import Dataset
from arviz_models.evaluation import validation_loss
from arviz_models.training import Progress, Run, TrainingSettings

STATE_FILE = "state.safetensors"


class ResumeError(RuntimeError):
    """A folder holds the state of another run, or one that cannot be read."""


@dataclass(frozen=True)
class Finished:
    """A training that has ended, from which another of more cycles goes on.

    Attributes:
        weights: the best, by the names of the model's state.
        cycles: whole ones that it took.
        best_nll, best_epoch, seconds: see `Progress`.
    """

    weights: dict[str, Tensor]
    cycles: int
    best_nll: float
    best_epoch: int
    seconds: float


def fit(
    model: AutoregressiveModel,
    dataset: Dataset,
    settings: TrainingSettings,
    folder: Path | None = None,
    finished: Finished | None = None,
) -> Iterator[Progress]:
    """Train `model` in place, yielding after every batch and every epoch.

    It starts at the marginals of the training data: see `start_at_marginals`.

    When the iterator ends, or is dropped, the model holds the best weights by validation (those of
    the moment, before the first validation).

    Args:
        folder: where the state is kept after each epoch. A run that was interrupted and is started
            again with the same arguments goes on from there and loses one epoch at most.
        finished: cycles that have been trained before, unless `folder` holds a state.

    Raises:
        ResumeError: `folder` holds another run's state; `finished` does not fit the model.
        OSError: `folder` cannot be written.
    """
    run = _Fit(model, dataset, settings)
    if finished is not None:
        run.go_on(finished)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        run.resume(folder / STATE_FILE)
    try:
        if run.finished:  # resumed after its last epoch: where it stands, so that it can be saved
            yield run.progress(float(run.epoch), None)
        while not run.finished:
            whole = run.epoch + 1
            while run.epoch < whole:
                yield run.take_step()
            run.validate()
            if folder is not None:
                run.save(folder / STATE_FILE)
            yield run.progress(float(run.epoch), run.valid_nll)
    finally:
        run.keep_best()


class _Fit(Run):
    """A run that is validated after each epoch, and kept in a file: the best weights are kept."""

    def __init__(
        self, model: AutoregressiveModel, dataset: Dataset, settings: TrainingSettings
    ) -> None:
        super().__init__(model, dataset, settings, capture=True)
        self.valid_nll, self.best_nll, self.best_epoch = math.inf, math.inf, 0
        self.best: dict[str, Tensor] = {}

    @property
    def identity(self) -> dict[str, Any]:
        """What two runs must share for one to go on where the other stopped."""
        return {
            "class": type(self.model).__name__,
            "config": self.model.config,
            "data": self.dataset.name,
            "levels": self.dataset.levels,
            "settings": asdict(self.settings),
        }

    @property
    def finished(self) -> bool:
        patience = self.settings.patience
        stalled = patience is not None and self.epoch - self.best_epoch >= patience
        return self.epoch >= self.settings.epochs * self.settings.cycles or stalled

    def go_on(self, finished: Finished) -> None:
        """Begin after the cycles that were trained before."""
        standing = {
            "epoch": finished.cycles * self.settings.epochs,
            "loss": math.nan,
            "best_nll": finished.best_nll,
            "best_epoch": finished.best_epoch,
            "seconds": finished.seconds,
        }
        parts = ("model", "best")
        weights = {f"{part}.{name}": w for part in parts for name, w in finished.weights.items()}
        try:
            self._take_up(standing, weights)
        except RuntimeError as error:
            what = " ".join(str(error).split())
            raise ResumeError(f"what was trained before is another model ({what})") from None

    def progress(self, epoch: float, valid_nll: float | None) -> Progress:
        found = super().progress(epoch, valid_nll)
        return replace(found, best_nll=self.best_nll, best_epoch=self.best_epoch)

    def validate(self) -> None:
        begun = time.monotonic()
        self.valid_nll = validation_loss(self.model, self.dataset)
        self.seconds += time.monotonic() - begun
        if self.valid_nll < self.best_nll:
            self.best_nll, self.best_epoch = self.valid_nll, self.epoch
            self.best = {name: value.clone() for name, value in self.model.state_dict().items()}

    def keep_best(self) -> None:
        if self.best:
            self.model.load_state_dict(self.best)
        self.model.eval()

    def save(self, path: Path) -> None:
        """Write all of it beside `path`, then put it in place in one step: never half a file."""
        tensors = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        tensors |= {f"best.{name}": value for name, value in self.best.items()}
        for number, moments in self.optimizer.state_dict()["state"].items():
            tensors |= {f"adam.{number}.{name}": value for name, value in moments.items()}
        tensors = {name: value.contiguous().cpu() for name, value in tensors.items()}
        standing = {
            "epoch": self.epoch,
            "loss": self.loss,
            "best_nll": self.best_nll,
            "best_epoch": self.best_epoch,
            "seconds": self.seconds,
        }
        metadata = {"identity": json.dumps(self.identity), "standing": json.dumps(standing)}
        partial = path.with_suffix(".partial")
        save_file(tensors, partial, metadata)
        os.replace(partial, path)

    def resume(self, path: Path) -> None:
        """Take up the state at `path` if there is one."""
        if not path.exists():
            return
        try:
            with safe_open(path, "pt") as file:
                metadata = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            identity, standing = (json.loads(metadata[key]) for key in ("identity", "standing"))
            # What was not yet a setting when the run began was as it is now by default.
            identity["settings"] = asdict(TrainingSettings()) | identity["settings"]
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            raise ResumeError(f"{path} cannot be read ({error}); delete it to start anew") from None
        if identity != self.identity:
            differs = sorted(
                key for key in self.identity if identity.get(key) != self.identity[key]
            )
            raise ResumeError(
                f"{path} is the state of another run (different {', '.join(differs)}); "
                "choose another folder, or delete it to start anew"
            )
        try:
            self._take_up(standing, tensors)
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            what = " ".join(str(error).split())  # torch lists missing tensors over several lines
            raise ResumeError(f"{path} is damaged ({what}); delete it to start anew") from None

    def _take_up(self, standing: dict[str, Any], tensors: dict[str, Tensor]) -> None:
        self.epoch, self.loss = standing["epoch"], standing["loss"]
        self.best_nll, self.best_epoch = standing["best_nll"], standing["best_epoch"]
        self.seconds, self.step = standing["seconds"], self.epoch * self.epoch_steps
        state: dict[int, dict[str, Tensor]] = {}
        weights: dict[str, Tensor] = {}
        for name, value in tensors.items():
            part, rest = name.split(".", 1)
            if part == "model":
                weights[rest] = value
            elif part == "best":
                self.best[rest] = value.to(self.model.device)
            else:
                number, moment = rest.split(".")
                state.setdefault(int(number), {})[moment] = value
        self.model.load_state_dict(weights)
        self.optimizer.load_state_dict(self.optimizer.state_dict() | {"state": state})
