"""The training of the lab: any model, watched as it learns. See `arviz_models.jobs`."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch

from arviz_models.analysis import lab
from arviz_models.base import AutoregressiveModel
from arviz_models.descent import set_weights, weights_of
from arviz_models.device import describe
from arviz_models.evaluation import means_so_far
from arviz_models.jobs.worker import Step, Task
from arviz_models.training import Run, TrainingSettings

SOONEST, RAREST = 0.05, 0.7  # seconds of training between two looks: sooner at its begin
LOOK_SHARE = 6  # and at least so many times what a look takes
EXPLODED = 10.0  # times the loss of guessing
IN_A_ROW = 3  # such losses: a single one may pass

Moment = tuple[dict[str, Any], dict[str, np.ndarray]]


class ModelTraining(Task):
    """A model that learns by `arviz_models.training.Run`, and looks at it on the way.

    News of a step: "step", "losses" (of the batch), "seconds". News of a look: "step", "seconds",
    "moment": ({"step", "epoch", "valid", "seconds", "pace"}, {"samples"}), where valid is the mean
    NLL of the first `lab.VALIDATED` validation images in nats, pace the images a second of training
    alone, and samples uint8 (8, D), drawn with seeds 0..7. A look changes nothing of the training.

    The result: "weights" with the "step" they are from and its "moment"; "part" of the budget that
    was used; "device"; and "problem", why it ended before its time. A loss that explodes, or is no
    number any more, ends it with the weights of the best look.

    Args:
        model, config: name of the class, and the arguments of its constructor.
        data, levels: of the images.
        seed: of weights and batches.
        learning_rate, batch_size: of the training.
        epochs: how long it trains; its learning rate falls along them. None where `seconds` say.
        seconds: of work, looks included; the learning rate then stays as it is.
        weights: to begin with, in place of random ones. With 0 epochs they are only looked at.
        images: uint8 (n, H, W), where the data are own ones.
        device: where it computes.
    """

    def __init__(
        self,
        model: str,
        config: Mapping[str, Any],
        data: str,
        levels: int,
        seed: int = 0,
        learning_rate: float = 1e-3,
        batch_size: int = 50,
        epochs: int | None = None,
        seconds: float | None = None,
        weights: np.ndarray | None = None,
        images: np.ndarray | None = None,
        device: str = "cpu",
    ) -> None:
        self.dataset = lab.dataset_of(data, levels, images)
        self.model = lab.built(model, config, seed, weights).to(device)
        settings = TrainingSettings(
            epochs=epochs or 1, batch_size=batch_size, learning_rate=learning_rate, seed=seed
        )
        self.run = Run(self.model, self.dataset, settings, falls=epochs is not None)
        if weights is None:
            self.run.start()
        self.goal = None if epochs is None else epochs * self.run.epoch_steps
        self.budget = seconds
        self.looking = 0.0  # seconds of all looks
        self.due = 0.0  # seconds of training after which it looks again
        self.moment: Moment | None = None  # the last one
        self.best: tuple[Moment, np.ndarray] | None = None
        self.problem = ""
        self.high = 0  # exploded losses in a row

    @property
    def part(self) -> float:
        """How much of the budget is used, 0..1."""
        parts = [0.0]
        if self.goal is not None:
            parts.append(self.run.step / self.goal if self.goal else 1.0)
        if self.budget is not None:
            parts.append((self.run.seconds + self.looking) / self.budget)
        return min(1.0, max(parts))

    def steps(self) -> Iterator[Step]:
        if self.moment is None:
            yield from self._look()
        while self.part < 1 and not self.problem:
            found = self._learn()
            if found is not None:
                yield Step(self.part, found, epoch=self.run.taken == 0)
                if self.run.seconds >= self.due:
                    yield from self._look()
        if not self.problem and not self._looked:
            yield from self._look()

    @property
    def _looked(self) -> bool:
        return self.moment is not None and self.moment[0]["step"] == self.run.step

    def _learn(self) -> dict[str, Any] | None:
        """News of the next step; None where it was the last, since the loss has exploded."""
        try:
            progress = self.run.take_step()
        except FloatingPointError:
            self._go_back(f"the loss of step {self.run.step + 1:,} is no number any more")
            return None
        limit = EXPLODED * self.model.dimensions * math.log(self.model.levels)
        news = {
            "step": progress.step,
            "losses": (progress.batch_loss,),
            "seconds": progress.seconds,
        }
        self.high = self.high + 1 if progress.batch_loss > limit else 0
        if self.high == IN_A_ROW:
            self._go_back(
                f"the loss of step {progress.step:,} is {progress.batch_loss:,.0f} nats, and in "
                f"{IN_A_ROW} steps in a row it was more than {EXPLODED:.0f} times that of guessing"
            )
        return news

    def _go_back(self, why: str) -> None:
        """To the best look: what came after it is lost."""
        if self.best is None:
            raise FloatingPointError("the NLL of these weights is no number")
        self.moment, weights = self.best
        set_weights(self.model, weights)
        rate = self.run.settings.learning_rate
        self.problem = (
            f"The training has exploded: {why}. The weights of step {self.moment[0]['step']:,} are "
            f"kept, the best so far. Lower the learning rate, which is {rate:g}."
        )

    def _look(self) -> Iterator[Step]:
        """Validation NLL and samples as they are now; a step after each part of it."""
        if self.problem:
            return
        begun, nll, spent = time.perf_counter(), math.nan, 0.0
        for mean in means_so_far(self.model, self.dataset, "valid", lab.VALIDATED):
            nll = mean
            spent += time.perf_counter() - begun
            yield Step(self.part)
            begun = time.perf_counter()
        if not math.isfinite(nll):
            self._go_back(f"the validation NLL after step {self.run.step:,} is no number")
            return
        arrays = {"samples": samples(self.model)}
        spent += time.perf_counter() - begun
        self.looking += spent
        pause = min(RAREST, max(SOONEST, self.run.seconds / 4))
        self.due = self.run.seconds + max(pause, LOOK_SHARE * spent)
        seen = self.run.step * self.run.settings.batch_size
        told = {
            "step": self.run.step,
            "epoch": self.run.position,
            "valid": nll,
            "seconds": self.run.seconds,
            "pace": seen / self.run.seconds if self.run.seconds else 0.0,
        }
        self.moment = told, arrays
        if self.best is None or nll < self.best[0][0]["valid"]:
            self.best = self.moment, weights_of(self.model)
        yield Step(
            self.part,
            {"step": self.run.step, "seconds": self.run.seconds, "moment": self.moment},
        )

    def result(self) -> dict[str, Any]:
        if not self.problem and not self._looked:
            for _ in self._look():
                pass
        assert self.moment is not None
        return {
            "step": self.moment[0]["step"],
            "weights": [weights_of(self.model)],
            "moment": self.moment,
            "part": self.part,
            "device": describe(self.model.device),
            "problem": self.problem,
        }

    def state(self) -> dict[str, Any]:
        return {
            **self.run.state(),
            "looking": self.looking,
            "due": self.due,
            "moment": self.moment,
            "best": self.best,
            "problem": self.problem,
            "high": self.high,
        }

    def resume(self, state: dict[str, Any]) -> None:
        self.run.take_up(state)
        self.looking, self.due = state["looking"], state["due"]
        self.moment, self.best, self.problem = state["moment"], state["best"], state["problem"]
        self.high = state["high"]


class ModelSamples(Task):
    """A model from a file whose images are not here: it is drawn from, and has no NLL.

    News: one "moment" as of `ModelTraining`, where valid is None. The result is alike, too.

    Args:
        model, config, weights: as of `ModelTraining`; other options of it are not used.
        device: where it computes.
    """

    def __init__(
        self,
        model: str,
        config: Mapping[str, Any],
        weights: np.ndarray,
        device: str = "cpu",
        **_: Any,
    ) -> None:
        self.model = lab.built(model, config, 0, weights).to(device)
        self.moment: Moment | None = None

    def steps(self) -> Iterator[Step]:
        told = {"step": 0, "epoch": 0.0, "valid": None, "seconds": 0.0, "pace": 0.0}
        self.moment = told, {"samples": samples(self.model)}
        yield Step(1.0, {"step": 0, "seconds": 0.0, "moment": self.moment})

    def result(self) -> dict[str, Any]:
        if self.moment is None:
            for _ in self.steps():
                pass
        return {
            "step": 0,
            "weights": [weights_of(self.model)],
            "moment": self.moment,
            "part": 1.0,
            "device": describe(self.model.device),
            "problem": "",
        }


def samples(model: AutoregressiveModel) -> np.ndarray:
    """Images of a model, drawn with the seeds 0..7: uint8 (8, D)."""
    numbers = [
        model.random_numbers(1, torch.Generator().manual_seed(seed)) for seed in range(lab.SAMPLES)
    ]
    drawn = model.draw(torch.cat(numbers, dim=1))
    return drawn.flatten(1).cpu().numpy().astype(np.uint8)
