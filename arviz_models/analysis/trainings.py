"""What the workers do for the pages: trainings that are watched, and fits. See `arviz_models.jobs`.

Each task is made from plain options, and its news and results are plain data: numbers, and arrays
by name. A worker imports this module before its first job, and all that the tasks need with it: no
job waits for that, and none that is stopped meanwhile keeps its worker.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from arviz_models import flows
from arviz_models.analysis import (
    break_the_mask,
    flow_planes,
    live_training,
    nade_training,
    series,
    time_series,
    tiny,
)
from arviz_models.data import load_dataset
from arviz_models.descent import Descent, weights_of
from arviz_models.jobs.worker import Step, Task, in_steps

Moment = tuple[dict[str, Any], dict[str, np.ndarray]]
"""Numbers and arrays that say what a model is like at one step."""


class Training(Task):
    """Steps of a descent; moments are kept on the way.

    News of a step: "step", "losses", "seconds", and "moment" where one is kept. The result:
    "weights" of each model, and "moment", as they are now.

    Args:
        descent: what is trained.
        goal: the step after which it ends.
        wanted: steps after which a moment is kept.
    """

    def __init__(self, descent: Descent, goal: int, wanted: Collection[int]) -> None:
        self.descent, self.goal, self.wanted = descent, goal, frozenset(wanted)

    @abstractmethod
    def moment(self) -> Moment:
        """What the models are like now."""

    def steps(self) -> Iterator[Step]:
        while self.descent.step < self.goal:
            progress = next(self.descent)
            news: dict[str, Any] = {
                "step": progress.step,
                "losses": progress.losses,
                "seconds": progress.seconds,
            }
            if progress.step in self.wanted:
                news["moment"] = self.moment()
            yield Step(progress.step / self.goal, news)

    def result(self) -> dict[str, Any]:
        weights = [weights_of(model) for model in self.descent.models]
        return {"step": self.descent.step, "weights": weights, "moment": self.moment()}

    def state(self) -> dict[str, Any]:
        return self.descent.state()

    def resume(self, state: dict[str, Any]) -> None:
        self.descent.resume(state)


class FlowTraining(Training):
    """A flow in the plane; see `arviz_models.flows`.

    Args:
        kind, layers, order, seed: of the flow.
        data: name of its data, or the points themselves, float32 (N, 2).
        steps: of the whole training, along which the learning rate falls.
        goal: the step after which it ends.
    """

    def __init__(
        self,
        kind: str,
        layers: int,
        order: str,
        seed: int,
        data: str | np.ndarray,
        steps: int,
        goal: int,
    ) -> None:
        self.data = flows.dataset(data) if isinstance(data, str) else data
        self.model = flows.flow(kind, 2, layers, order, seed=seed)
        descent = flows.train(self.model, self.data, steps, seed=seed)
        super().__init__(descent, goal, flow_planes.frame_steps(steps))

    def moment(self) -> Moment:
        return {}, flow_planes.frame_arrays(self.model, self.data)


class MadeTraining(Training):
    """A small MADE; see `arviz_models.analysis.live_training`.

    Args:
        data: name of its data.
        hidden: its units.
        steps: of the training.
        digit: of the test images: the one whose conditionals are kept.
        seed: of weights, batches and samples.
    """

    def __init__(self, data: str, hidden: int, steps: int, digit: int, seed: int) -> None:
        self.dataset, self.seed = load_dataset(data), seed
        self.digit = self.dataset.batch("test", slice(digit, digit + 1))
        self.model = live_training.small_made(self.dataset.event_shape, hidden, seed)
        descent = live_training.train(self.model, self.dataset, steps, seed)
        super().__init__(descent, steps, live_training.moment_steps(steps))

    def moment(self) -> Moment:
        step = self.descent.step
        now = live_training.moment(self.model, self.dataset, step, self.digit, self.seed)
        return {"test": now.test_nll}, {"p": now.p, "samples": now.samples}


class NadeTraining(Training):
    """A small NADE; see `arviz_models.analysis.nade_training`.

    Args:
        steps: of the training.
        seed: of weights, batches and samples.
    """

    def __init__(self, steps: int, seed: int) -> None:
        self.dataset, self.seed = load_dataset(nade_training.DATA), seed
        self.model = nade_training.untrained(self.dataset, seed)
        descent = nade_training.train(self.model, self.dataset, steps, seed)
        super().__init__(descent, steps, nade_training.moment_steps(steps))

    def moment(self) -> Moment:
        now = nade_training.moment(self.model, self.dataset, self.descent.step, self.seed)
        return {"test": now.test}, {"samples": now.samples.numpy()}


class PairTraining(Training):
    """Two PixelCNNs, one of which leaks; see `arviz_models.analysis.break_the_mask`.

    Args:
        steps: of the training.
        seed: of weights, batches, samples and the image that both are asked about.
    """

    def __init__(self, steps: int, seed: int) -> None:
        dataset, self.seed = load_dataset(break_the_mask.DATA), seed
        self.image = break_the_mask.real_digit(dataset, seed)
        self.pair = break_the_mask.pair(dataset.event_shape, seed)
        descent = break_the_mask.train(self.pair, dataset, steps, seed)
        super().__init__(descent, steps, break_the_mask.moment_steps(steps))

    def moment(self) -> Moment:
        totals, arrays = break_the_mask.moment(self.pair, self.image, self.seed)
        return {"totals": totals}, arrays


class TinyWorld(Task):
    """MADEs that learn the same table, one for each order; see `arviz_models.analysis.tiny`.

    The result: of each, its factors of every state and its NLL in nats.

    Args:
        probabilities: the table.
        orders: of the variables.
        hidden: units of each hidden layer.
        seed: of the weights.
    """

    def __init__(
        self,
        probabilities: Sequence[float],
        orders: Sequence[Sequence[int]],
        hidden: int,
        seed: int,
    ) -> None:
        self.probabilities, self.orders = np.array(probabilities), orders
        self.hidden, self.seed = hidden, seed
        self.found: list[tuple[np.ndarray, float]] = []

    def steps(self) -> Iterator[Step]:
        for number, order in enumerate(self.orders):
            model, nll = tiny.small_made(order, self.hidden, self.seed), 0.0
            for step, loss in tiny.fit_table(model, self.probabilities, every=10):
                nll = loss
                yield Step((number + step / tiny.TABLE_STEPS) / len(self.orders))
            self.found.append((tiny.factors(model), nll))

    def result(self) -> list[tuple[np.ndarray, float]]:
        return self.found


class ArimaFit(Task):
    """An ARIMA fitted to a series; see `arviz_models.analysis.time_series`.

    News is the number of each iteration. The result: the fields of `Fit`, but for the series.

    Args:
        values: float (n,), of the series.
        p, d, q: of the model.
    """

    def __init__(self, values: np.ndarray, p: int, d: int, q: int) -> None:
        self.values, self.order = values, (p, d, q)
        self.found: dict[str, Any] | None = None

    def steps(self) -> Iterator[Step]:
        return in_steps(self._fit)

    def _fit(self, pause: Callable[[Step], None]) -> None:
        def told(iteration: int) -> None:
            pause(Step(min(1.0, iteration / time_series.MOST_ITERATIONS), iteration))

        found = time_series.fit(series.unnamed(self.values), *self.order, on_iteration=told)
        self.found = {
            each.name: getattr(found, each.name) for each in fields(found) if each.name != "series"
        }

    def result(self) -> dict[str, Any] | None:
        return self.found
