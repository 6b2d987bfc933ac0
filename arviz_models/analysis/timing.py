"""Training in parallel against sampling in sequence: full passes counted, seconds measured.

When the images are there, one pass gives all D conditionals. Drawing takes D steps, each of which
waits for the one before. The naive sampler makes a full pass at every step and keeps one of its D
conditionals; a decoder computes only what the new dimension needs.

Draws are timed in the sampler's worker, in turns with the samples of other sessions, and on a copy
of the model, so that no other request joins the batch that is timed.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from statistics import median
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from arviz_models.base import NOT_DRAWN, AutoregressiveModel, Decoder
from arviz_models.device import describe
from arviz_models.sampler import Job, Request, own_sampler

NAIVE_SECONDS = 3.0
REPEATS = {"decoder": 5, "forward": 5, "training": 5}  # the median is told, and the range
MANY = 10  # repeats: the range of so many leaves out the outer tenths
POLL = 0.05  # seconds between two looks at a draw under way


class NaiveDecoder(Decoder):
    """The naive sampler's state: what is drawn, and nothing computed from it.

    Args:
        model: any.
        n: sequences.
        after_step: called with the seconds that each step took, the device having finished it.
    """

    def __init__(
        self, model: AutoregressiveModel, n: int, after_step: Callable[[float], None] | None = None
    ) -> None:
        super().__init__(model, n)
        self._model, self._after_step = model, after_step
        self._x = torch.zeros((n, *model.event_shape), dtype=torch.long, device=model.device)

    def logits(self) -> Tensor:
        every = self._model.logits(self._x)  # (n, *event_shape, K)
        return every.flatten(1, -2)[:, self.index]

    def _update(self, index: int, value: Tensor) -> None:
        self._x.flatten(1)[:, index] = value

    def advance(
        self, uniforms: Tensor, given: Tensor | None = None, temperature: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        begun = time.perf_counter()
        drawn = super().advance(uniforms, given, temperature)
        if self._after_step is not None:
            _synchronize(self._x.device)
            self._after_step(time.perf_counter() - begun)
        return drawn


class NaiveSampling(AutoregressiveModel):
    """A model that is the one given in everything but its decoder, which is the naive one.

    Args:
        model: any; of models with a choice about their start, the one that `logits` makes.
        after_step: as for `NaiveDecoder`.
    """

    def __init__(
        self, model: AutoregressiveModel, after_step: Callable[[float], None] | None = None
    ) -> None:
        super().__init__(model.event_shape, model.levels, model.order)
        self.model, self.after_step = model, after_step
        self.to(model.device)

    def forward(self, one_hot: Tensor) -> Tensor:
        logits: Tensor = self.model(one_hot)
        return logits

    def random_numbers(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        return self.model.random_numbers(n, generator)

    def decoder(self, n: int) -> Decoder:
        return NaiveDecoder(self.model, n, self.after_step)


def naive_sample(
    model: AutoregressiveModel, random_numbers: Tensor, steps: int | None = None
) -> Tensor:
    """The first `steps` dimensions of a sample, each by a full pass.

    Args:
        model: any, see `NaiveSampling`.
        random_numbers: (D, n), as from ``model.random_numbers``.
        steps: how many to draw; None for all.

    Returns:
        long (n, *event_shape), -1 where nothing is drawn; else what ``model.draw`` gives.

    Raises:
        ValueError: steps out of 0..D.
    """
    steps = model.dimensions if steps is None else steps
    if not 0 <= steps <= model.dimensions:
        raise ValueError(f"steps is an integer from 0 to {model.dimensions}; given {steps}")
    n = random_numbers.shape[1]
    x = torch.full((n, *model.event_shape), NOT_DRAWN, device=model.device)
    for step in islice(NaiveSampling(model).draw_steps(random_numbers), steps):
        x.flatten(1)[:, step.index] = step.value
    return x


@dataclass(frozen=True)
class Cost:
    """What one way to the conditionals of n images takes.

    Attributes:
        passes: full forward passes, counted by a hook.
        done: steps taken, each of which waited for the one before.
        steps: how many there are in all: D for a draw, 1 for a pass.
        seconds: for the steps done, by the median of `repeats`.
        repeats: seconds of each repeat: of the whole, or of one step of a draw that is timed
            step by step.
    """

    passes: int
    done: int
    steps: int
    seconds: float
    repeats: tuple[float, ...] = ()

    @classmethod
    def of_steps(cls, passes: int, times: Sequence[float], steps: int) -> Cost:
        """One draw timed step by step: a step that was held up by something else counts as one."""
        return cls(passes, len(times), steps, median(times) * len(times), tuple(times))

    @classmethod
    def of_repeats(cls, passes: int, times: Sequence[float], steps: int) -> Cost:
        """All steps, several times over."""
        return cls(passes, steps, steps, median(times), tuple(times))

    @property
    def range(self) -> tuple[float, float] | None:
        """Seconds for all steps, from the fastest repeat to the slowest; None for a single one.

        Of many repeats the fastest and the slowest tenth are left out.
        """
        if len(self.repeats) < 2:
            return None
        times = sorted(self.repeats)
        out = len(times) // 10 if len(times) >= MANY else 0
        scale = self.whole / median(times)
        return scale * times[out], scale * times[-1 - out]

    @property
    def estimated(self) -> bool:
        """Whether `whole` goes beyond what was measured."""
        return self.done < self.steps

    @property
    def whole(self) -> float:
        """Seconds for all steps, supposing that the rest take as long as those done."""
        return self.seconds * self.steps / self.done

    @property
    def whole_passes(self) -> int:
        """Full forward passes for all steps, on the same supposition."""
        return self.passes * self.steps // self.done


WAYS = ("forward", "training", "decoder", "naive")


@dataclass(frozen=True)
class Comparison:
    """Costs of one model at one batch size, as far as they are measured.

    Attributes:
        n: images at once.
        device: its name, as a page shows it.
        doing: the way being measured now, one of `WAYS`; None once all are.
        costs: by way. "forward": one pass, all conditionals of n images. "training": the same
            with the way back for the gradients. "decoder", "naive": drawing n images.
        drawn: uint8 (n, *event_shape), the decoder's draw; empty before it is there.
        naive: int64 (n, *event_shape), the naive draw from the same random numbers; -1 where
            nothing is drawn.
    """

    n: int
    device: str
    doing: str | None
    costs: dict[str, Cost] = field(default_factory=dict)
    drawn: NDArray[Any] = field(default_factory=lambda: np.empty(0, np.uint8))
    naive: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    @property
    def part(self) -> float:
        """How much of the way being measured is done, 0..1."""
        cost = self.costs.get(self.doing or "")
        return cost.done / cost.steps if cost else 0.0

    @property
    def compared(self) -> int:
        """Values that both draws have reached."""
        return int((self.naive != NOT_DRAWN).sum())

    @property
    def different(self) -> int:
        """Those of them that differ: 0, but for a uniform in the last bits of a probability."""
        both = self.naive != NOT_DRAWN
        return int((self.naive[both] != self.drawn[both]).sum()) if both.any() else 0

    @property
    def speedup(self) -> float | None:
        """How many times as long the naive draw takes; None before both are measured."""
        if not {"decoder", "naive"} <= self.costs.keys():
            return None
        return self.costs["naive"].whole / self.costs["decoder"].whole


def compare(
    model: AutoregressiveModel, n: int, seed: int = 0, naive_seconds: float | None = NAIVE_SECONDS
) -> Generator[Comparison, None, None]:
    """Measure what n images take in training and in sampling, on the model's device.

    Closing the generator ends the draw under way before its next step.

    Args:
        model: any; it is not changed.
        n: images at once.
        seed: of the random numbers, the same for both draws.
        naive_seconds: after how many seconds of passes the naive draw ends and the rest is
            estimated; None to draw it whole, however long it takes.

    Yields:
        `Comparison`, several times a second, with ever more in it; the last is the whole.

    Raises:
        SamplerError: there is no memory for it. ValueError: n or seed, as `Request` says.
    """
    own = copy.deepcopy(model).eval()
    D, sampler = own.dimensions, own_sampler(own.device)
    found = Comparison(n, describe(model.device), "decoder")
    passes = 0

    def count(*_: Any) -> None:
        nonlocal passes
        passes += 1

    own.register_forward_hook(count)
    yield found
    seconds = []
    for _ in range(REPEATS["decoder"]):
        passes = 0
        with sampler.submit(Request(own, seed, n, record=False)) as job:
            while not job.done.wait(POLL):
                yield found
            trace = job.result()
        seconds.append(trace.seconds)
    costs = {"decoder": Cost.of_repeats(passes, seconds, D)}
    found = replace(found, costs=costs, drawn=trace.x)

    x = torch.from_numpy(trace.x.astype(np.int64)).to(own.device)
    for way, once in (("forward", _forward), ("training", _training)):
        yield (found := replace(found, doing=way))
        once(own, x)  # the first takes longer
        seconds = []
        for _ in range(REPEATS[way]):
            passes = 0
            seconds.append(_seconds(partial(once, own, x), own.device))
            yield found
        costs = costs | {way: Cost.of_repeats(passes, seconds, 1)}
        found = replace(found, costs=costs)

    own.requires_grad_(False)
    passes = 0
    steps: list[tuple[float, int]] = []  # seconds, and passes counted by the end of the step
    naive = NaiveSampling(own, lambda seconds: steps.append((seconds, passes)))
    with sampler.submit(Request(naive, seed, n, record=False)) as job:
        over = False
        while not over:
            over = job.done.wait(POLL)
            taken = list(steps)
            spent = sum(seconds for seconds, _ in taken)
            over |= bool(taken) and naive_seconds is not None and spent >= naive_seconds
            if job.done.is_set():
                job.result()  # or the error that ended it
            if taken:
                times = [seconds for seconds, _ in taken]
                costs = costs | {"naive": Cost.of_steps(taken[-1][1], times, D)}
                x_naive = _values(job, trace.order)
                found = replace(found, costs=costs, naive=x_naive)
            yield (found := replace(found, doing=None if over else "naive"))


def _forward(model: AutoregressiveModel, x: Tensor) -> None:
    with torch.no_grad():
        model.log_prob(x)


def _training(model: AutoregressiveModel, x: Tensor) -> None:
    with torch.enable_grad():
        model.requires_grad_().zero_grad()
        (-model.log_prob(x).mean()).backward()


def _values(job: Job, order: NDArray[np.int64]) -> NDArray[np.int64]:
    """What a draw under way has recorded so far: (n, *event_shape), -1 elsewhere."""
    x = np.full((job.request.n, len(order)), NOT_DRAWN)
    for step in islice(job, job.step):
        x[:, step.index] = step.value
    return x.reshape(-1, *job.request.model.event_shape)


def _seconds(call: Callable[[], object], device: torch.device) -> float:
    _synchronize(device)
    begun = time.perf_counter()
    call()
    _synchronize(device)
    return time.perf_counter() - begun


def _synchronize(device: torch.device) -> None:
    """Wait for what a device still computes; a CPU has nothing outstanding."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def pass_seconds(model: AutoregressiveModel, x: np.ndarray, repeats: int = 5) -> float:
    """Seconds of one pass over finished images: the median of a few.

    Args:
        x: (N, *event_shape) integers.
    """
    images = torch.from_numpy(x.astype(np.int64)).to(model.device)

    def seconds() -> float:
        begin = time.perf_counter()
        with torch.no_grad():
            model.logits(images).cpu()
        return time.perf_counter() - begin

    return median(seconds() for _ in range(repeats))
