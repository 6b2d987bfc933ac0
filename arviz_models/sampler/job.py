"""A request for samples, the job that it becomes, and the trace that comes of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from arviz_models.base import NOT_DRAWN, AutoregressiveModel, Step
from arviz_models.device import describe

LARGEST_REQUEST = 1024  # sequences
LARGEST_TRACE = 2**29  # bytes


class Cancelled(Exception):  # noqa: N818 - it was asked for, so it is no error
    """The job was cancelled before it was done."""


class SamplerError(RuntimeError):
    """A request does not fit into memory; the message says what to do."""


@dataclass(frozen=True, eq=False)
class Request:
    """What a session asks for.

    Attributes:
        model: on the sampler's device; may be shared by all sessions.
        seed: of the random numbers, 0..2**63 - 1.
        n: number of sequences, at most `LARGEST_REQUEST`.
        given: long (1 or n, *event_shape), -1 where the model is to draw; None to draw all.
        temperature: divides the logits, 1 as learned; 0 takes the most probable level.
        internals: names of `Step.internals` to record.
        record: False to keep the values but no probabilities, for sheets of many samples.
    """

    model: AutoregressiveModel
    seed: int
    n: int = 1
    given: Tensor | None = None
    temperature: float = 1.0
    internals: tuple[str, ...] = ()
    record: bool = True


@dataclass(frozen=True, eq=False)
class Trace:
    """All that happened while n sequences were drawn; row t is what happened at step t.

    About D n (4 K + 5) bytes, and 4 D n for each number of an internal: a binary 28x28 sample takes
    10 kB, and 1.6 MB more with the 500 hidden units of NADE.

    Attributes:
        order: (D,) flat index drawn at each step.
        values: (D, n) uint8 (uint32 above 256 levels), the level drawn or given.
        probs: (D, n, K) float32, the conditional it was drawn from; (D, n, 0) if not recorded.
        uniforms: (D, n) float32, the random number that decided.
        internals: each (D, n, ...) float32.
        seconds: spent on computing the batch that this request was part of; waiting left out.
        device: its name, as a page shows it.
        event_shape: (D,) or (C, H, W).
    """

    order: NDArray[np.int64]
    values: NDArray[np.unsignedinteger[Any]]
    probs: NDArray[np.float32]
    uniforms: NDArray[np.float32]
    internals: dict[str, NDArray[np.float32]]
    seconds: float
    device: str
    event_shape: tuple[int, ...]

    @property
    def steps(self) -> int:
        """D."""
        return len(self.order)

    @property
    def size(self) -> int:
        """Bytes of its arrays."""
        arrays = (self.order, self.values, self.probs, self.uniforms, *self.internals.values())
        return sum(array.nbytes for array in arrays)

    @property
    def x(self) -> NDArray[np.unsignedinteger[Any]]:
        """(n, *event_shape) the samples."""
        return self.values[np.argsort(self.order)].T.reshape(-1, *self.event_shape)

    @property
    def log_prob(self) -> NDArray[np.float64]:
        """(n,) nats, under the conditionals drawn from; at temperature 1 that of the model.

        Raises:
            ValueError: they were not recorded.
        """
        if not self.probs.shape[-1]:
            raise ValueError("no probabilities were recorded: submit the request with record=True")
        level = self.values[..., np.newaxis].astype(np.intp)
        with np.errstate(divide="ignore"):  # -inf where a given level has probability 0
            log_p = np.log(np.take_along_axis(self.probs, level, axis=-1), dtype=np.float64)
        return np.asarray(log_p.sum((0, 2)))


class Job:
    """A request under way; any thread may use it. Leaving a with-block cancels what is not done.

    Attributes:
        request: what was asked for.
        step: number of steps recorded so far; it moves on once a turn.
        steps: how many there will be, D.
        queued: an event, set once the sampler that computes it has it.
        done: an event, set once there is a trace or an error, or the job was cancelled.
        waiting: why nothing is heard of it for now, in words for its session; "" where it goes on.

    What follows is for the sampler that computes it:
        kind: equal for jobs that can be computed as one batch.
        random_numbers, temperature, given: of its sequences, as `draw_steps` takes them.
        when_changed: called once steps are recorded, and at the end.
        when_done: called at the end. Neither may wait for anything.
    """

    def __init__(self, request: Request) -> None:
        model, n = request.model, request.n
        for name, number, most in (("n", n, LARGEST_REQUEST), ("seed", request.seed, 2**63 - 1)):
            least = int(name == "n")
            if type(number) is not int or not least <= number <= most:
                raise ValueError(f"{name} is an integer from {least} to {most}; given {number!r}")
        self.request = request
        self.step, self.steps = 0, model.dimensions
        self.queued, self.done = threading.Event(), threading.Event()
        self.waiting = ""
        self._changed = threading.Condition()
        self._outcome: Trace | Exception | None = None
        self.when_changed: Callable[[], object] = lambda: None
        self.when_done: Callable[[Job], object] = lambda job: None

        device = model.device
        self.kind = kind_of(model)
        generator = torch.Generator().manual_seed(request.seed)
        self.random_numbers = model.random_numbers(n, generator)
        self.temperature = torch.full((n,), request.temperature, dtype=model.dtype, device=device)
        # Draws nothing before its first next(), but checks given and temperature here and now.
        model.draw_steps(self.random_numbers, given=request.given, temperature=request.temperature)
        nothing = torch.full((n, *model.event_shape), NOT_DRAWN, device=device)
        self.given = nothing if request.given is None else nothing.copy_(request.given)

        self._order: NDArray[np.int64] = model.order.cpu().numpy()
        level = np.uint8 if model.levels <= 256 else np.uint32
        self._values: NDArray[np.unsignedinteger[Any]] = np.empty((self.steps, n), level)
        shapes = _recorded_shapes(request)
        size = 4 * self.steps * n * sum(int(np.prod(shape)) for shape in shapes.values())
        if size > LARGEST_TRACE:
            raise ValueError(
                f"the trace of {n} sequences would take {size / 2**20:.0f} MiB, the most is "
                f"{LARGEST_TRACE // 2**20}: ask for fewer, for no internals, or for record=False"
            )
        self._recorded = {
            name: np.empty((self.steps, n, *shape), np.float32) for name, shape in shapes.items()
        }

    def cancel(self) -> None:
        """Stop before the next step; `result` raises `Cancelled`. No effect on what is done."""
        self.finish(Cancelled("the job was cancelled"))

    def result(self, timeout: float | None = None) -> Trace:
        """Wait for the whole trace, `timeout` seconds at most.

        Raises:
            TimeoutError: it is not done by then; the job goes on.
            Cancelled: it was cancelled.
            SamplerError: it does not fit into memory. Other errors of the model come as they are.
        """
        if not self.done.wait(timeout):
            raise TimeoutError(f"{self.step} of {self.steps} steps are done after {timeout} s")
        if isinstance(self._outcome, Trace):
            return self._outcome
        assert self._outcome is not None  # set before `done`
        raise self._outcome

    def __iter__(self) -> Iterator[Step]:
        """The steps, on the CPU, each as soon as it is recorded; raises what `result` raises."""
        for t in range(self.steps):
            with self._changed:
                while self.step <= t and not self.done.is_set():
                    self._changed.wait()
            if isinstance(self._outcome, Exception):
                raise self._outcome
            recorded = {name: torch.from_numpy(rows[t]) for name, rows in self._recorded.items()}
            value = torch.from_numpy(self._values[t].astype(np.int64))
            probs = recorded.pop("probs", torch.empty(len(value), 0))
            yield Step(t, int(self._order[t]), probs, value, recorded)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.cancel()

    @property
    def names(self) -> set[str]:
        """What is recorded besides the values: "probs", and internals."""
        return set(self._recorded)

    def begin(self) -> None:
        """From the first step, also where some were recorded in an attempt that failed."""
        with self._changed:
            self.step = 0

    def record(self, values: NDArray[Any], recorded: Mapping[str, NDArray[Any]]) -> None:
        """The sampler delivers the next s steps, each array (s, n, ...)."""
        now = slice(self.step, self.step + len(values))
        self._values[now] = values
        for name, rows in self._recorded.items():
            rows[now] = recorded[name]
        with self._changed:
            self.step = now.stop
            self._changed.notify_all()
        self.when_changed()

    def recorded(self, first: int, end: int) -> tuple[NDArray[Any], dict[str, NDArray[Any]]]:
        """What `record` took in of these steps."""
        there = {name: rows[first:end].copy() for name, rows in self._recorded.items()}
        return self._values[first:end].copy(), there

    def complete(self, seconds: float, device: str) -> None:
        """All steps are recorded: make the trace. See there for the arguments."""
        model, internals = self.request.model, dict(self._recorded)
        probs = internals.pop("probs", np.empty((*self._values.shape, 0), np.float32))
        uniforms = self.random_numbers[: self.steps].float().cpu().numpy()
        shape = model.event_shape
        self.finish(
            Trace(self._order, self._values, probs, uniforms, internals, seconds, device, shape)
        )

    def finish(self, outcome: Trace | Exception) -> None:
        """The first outcome stands: what was cancelled stays so."""
        with self._changed:
            if self._outcome is None:
                self._outcome = outcome
                self.done.set()
                self._changed.notify_all()
                self.when_changed()
                self.when_done(self)


def kind_of(model: AutoregressiveModel) -> Hashable:
    """Equal for two models that can be computed as one batch.

    `with_order` makes a new object at each call, so objects are not compared. They must have the
    same class, order and public attributes (NADE's `start` is one), and share their parameters and
    all other buffers. To be compared only while both models are in use, as it holds ids.
    """
    public = {name: value for name, value in vars(model).items() if not name.startswith("_")}
    buffers = (buffer for name, buffer in model.named_buffers() if name != "order")
    shared = tuple(id(tensor) for tensor in (*model.parameters(), *buffers))
    return type(model), model.order.cpu().numpy().tobytes(), repr(public), shared


def _recorded_shapes(request: Request) -> dict[str, tuple[int, ...]]:
    """What is recorded of a sequence at each step besides its value: name -> shape."""
    shapes: dict[str, tuple[int, ...]] = (
        {"probs": (request.model.levels,)} if request.record else {}
    )
    if request.internals:
        with torch.no_grad():
            there = request.model.decoder(1).internals()
        if unknown := [name for name in request.internals if name not in there]:
            names = ", ".join(there) or "none"
            raise ValueError(f"internals of this model: {names}; given {', '.join(unknown)}")
        shapes |= {name: tuple(there[name].shape[1:]) for name in request.internals}
    return shapes


def explained(error: Exception, request: Request) -> Exception:
    """`SamplerError` where memory ran out, else the error itself."""
    phrases = ("out of memory", "can't allocate memory", "not enough memory")
    if not isinstance(error, (torch.OutOfMemoryError, MemoryError)) and not any(
        phrase in str(error) for phrase in phrases
    ):
        return error
    device = request.model.device
    way_out = "" if device.type == "cpu" else ", or start with ARVIZ_DEVICE=cpu"
    return SamplerError(
        f"{describe(device)} has no memory left for {request.n} sequences of "
        f"{type(request.model).__name__}: draw fewer at once, try again later{way_out}"
    )
