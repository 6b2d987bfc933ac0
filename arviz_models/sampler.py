"""One worker thread a device draws the samples of all sessions.

Fifty visitors who each run a sampling loop of their own fight for the interpreter and for the
cores. Here a session submits a `Request` and gets a `Job`; one worker computes all jobs, and is

- batched: requests for the same model that arrive together are the columns of one batch;
- fair: batches under way take turns of `SLICE_SECONDS`, so a long one does not block a short one;
- cancellable: what nobody wants any more stops before its next step.

Every request has its own random numbers, from its own seed, so that its sample does not depend on
who shares its batch. (Up to rounding: the product of 8 rows may differ from that of one row in the
last bits of a probability, and a value changes only if its uniform falls into exactly those bits.)

    with get_sampler(model.device).submit(Request(model, seed=0)) as job:
        for step in job:      # as they are drawn; leave the loop out to wait for the whole
            ...
        trace = job.result()
"""

from __future__ import annotations

import atexit
import threading
import time
from collections import deque
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from arviz_models.base import NOT_DRAWN, AutoregressiveModel, Step
from arviz_models.device import choose_device, describe

SLICE_SECONDS = 0.05  # enough for a 28x28 sample of NADE; with less, 50 sessions wait longer
SHARED_BATCH = {"cpu": 8}  # sequences; larger ones are no faster a sample on a CPU
SHARED_BATCH_ELSEWHERE = 256
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
        done: an event, set once there is a trace or an error, or the job was cancelled.
    """

    def __init__(self, request: Request) -> None:
        model, n = request.model, request.n
        for name, number, most in (("n", n, LARGEST_REQUEST), ("seed", request.seed, 2**63 - 1)):
            least = int(name == "n")
            if type(number) is not int or not least <= number <= most:
                raise ValueError(f"{name} is an integer from {least} to {most}; given {number!r}")
        self.request = request
        self.step, self.steps = 0, model.dimensions
        self.done = threading.Event()
        self._changed = threading.Condition()
        self._outcome: Trace | Exception | None = None

        device = model.device
        self._kind = _kind(model)
        generator = torch.Generator(device).manual_seed(request.seed)
        self._random_numbers = model.random_numbers(n, generator)
        self._temperature = torch.full((n,), request.temperature, dtype=model.dtype, device=device)
        # Draws nothing before its first next(), but checks given and temperature here and now.
        model.draw_steps(self._random_numbers, given=request.given, temperature=request.temperature)
        nothing = torch.full((n, *model.event_shape), NOT_DRAWN, device=device)
        self._given = nothing if request.given is None else nothing.copy_(request.given)

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
        self._finish(Cancelled("the job was cancelled"))

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

    def _record(self, values: NDArray[Any], recorded: dict[str, NDArray[Any]]) -> None:
        """The worker delivers the next s steps, each array (s, n, ...)."""
        now = slice(self.step, self.step + len(values))
        self._values[now] = values
        for name, rows in self._recorded.items():
            rows[now] = recorded[name]
        with self._changed:
            self.step = now.stop
            self._changed.notify_all()

    def _complete(self, seconds: float) -> None:
        """All steps are recorded: make the trace."""
        model, internals = self.request.model, dict(self._recorded)
        probs = internals.pop("probs", np.empty((*self._values.shape, 0), np.float32))
        uniforms = self._random_numbers[: self.steps].float().cpu().numpy()
        name, shape = describe(model.device), model.event_shape
        self._finish(
            Trace(self._order, self._values, probs, uniforms, internals, seconds, name, shape)
        )

    def _finish(self, outcome: Trace | Exception) -> None:
        """The first outcome stands: what was cancelled stays so."""
        with self._changed:
            if self._outcome is None:
                self._outcome = outcome
                self.done.set()
                self._changed.notify_all()


_Turn = tuple[list[Job], Iterator[None]]  # a batch, and the rest of its computation


class Sampler:
    """The jobs of one device, and the worker thread that computes them, started when needed.

    Args:
        device: where the models of all requests are.
        slice_seconds: how long a batch computes before the next one takes its turn.
    """

    def __init__(self, device: torch.device, slice_seconds: float = SLICE_SECONDS) -> None:
        self.device = device
        self._slice_seconds = slice_seconds
        self._largest = SHARED_BATCH.get(device.type, SHARED_BATCH_ELSEWHERE)
        self._changed = threading.Condition()  # guards the three below
        self._arrived: list[Job] = []
        self._worker: threading.Thread | None = None
        self._closed = False

    def submit(self, request: Request) -> Job:
        """Check a request and queue it; returns at once.

        Raises:
            ValueError: a field is out of its range, or the trace would be too large.
            SamplerError: there is no memory for it.
        """
        if _place(request.model.device) != _place(self.device):
            raise ValueError(f"model is on {request.model.device}; this sampler is {self.device}'s")
        try:
            job = Job(request)
        except (RuntimeError, MemoryError) as error:
            raise _explained(error, request) from None
        with self._changed:
            if self._closed:
                raise RuntimeError("the sampler is closed")
            self._arrived.append(job)
            self._changed.notify_all()
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, daemon=True)
                self._worker.start()
                # A thread inside PyTorch while the interpreter goes away would end in an abort.
                atexit.register(self.close)
        return job

    def close(self) -> None:
        """End the worker; what is not done is cancelled."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._worker is not None:
            self._worker.join(timeout=5)
        atexit.unregister(self.close)

    def _work(self) -> None:
        """What the worker does: one turn after another, new batches in between."""
        turns: deque[_Turn] = deque()
        while not self._closed:
            with self._changed:
                self._changed.wait_for(lambda: self._arrived or turns or self._closed)
                batches = self._join([job for job in self._arrived if not job.done.is_set()])
                self._arrived = []
            turns.extend((jobs, _compute(jobs, self._slice_seconds)) for jobs in batches)
            del batches  # or the last trace would stay in memory while the worker sleeps
            if turns and not self._closed:
                self._take_turn(turns)
        for jobs in [self._arrived, *(jobs for jobs, _ in turns)]:
            for job in jobs:
                job.cancel()

    def _take_turn(self, turns: deque[_Turn]) -> None:
        """The batch in front computes for a slice and goes to the back, unless it is over."""
        jobs, computation = turns.popleft()
        try:
            next(computation)
            turns.append((jobs, computation))
        except StopIteration:
            pass
        except Exception as error:
            if len(jobs) == 1:
                jobs[0]._finish(_explained(error, jobs[0].request))
            else:  # once more, one by one: only the one to blame fails
                again = [[job] for job in jobs if not job.done.is_set()]
                turns.extend((job, _compute(job, self._slice_seconds)) for job in again)

    def _join(self, jobs: Sequence[Job]) -> list[list[Job]]:
        """Batches in the order of arrival, each of one kind and of at most `_largest` sequences."""
        batches: list[list[Job]] = []
        filling: dict[Hashable, list[Job]] = {}
        for job in jobs:
            batch = filling.get(job._kind, [])
            if batch and sum(mate.request.n for mate in [*batch, job]) <= self._largest:
                batch.append(job)
            else:
                filling[job._kind] = [job]
                batches.append(filling[job._kind])
        return batches


def _compute(jobs: Sequence[Job], slice_seconds: float) -> Iterator[None]:
    """Compute jobs of one kind as one batch; yields where another batch may take its turn."""
    model = jobs[0].request.model
    names = {name for job in jobs for name in job._recorded}
    given = torch.cat([job._given for job in jobs])  # (N, *event_shape)
    drawing = model.draw_steps(
        torch.cat([job._random_numbers for job in jobs], dim=1),
        given=given if bool((given != NOT_DRAWN).any()) else None,
        temperature=torch.cat([job._temperature for job in jobs]),
    )
    for job in jobs:
        job.step = 0  # again from the start, where an attempt as part of a batch failed
    drawn, seconds = 0, 0.0
    while drawn < model.dimensions:
        began = time.perf_counter()
        turn_ends = began + slice_seconds
        rows: list[dict[str, Tensor]] = []  # one a step, each entry (N, ...)
        while not rows or (drawn < model.dimensions and time.perf_counter() < turn_ends):
            if all(job.done.is_set() for job in jobs):
                return
            step = next(drawing)
            # A copy, as a decoder may go on to overwrite its state.
            internals = {name: step.internals[name].clone() for name in names - {"probs"}}
            rows.append({"values": step.value, "probs": step.probs} | internals)
            drawn += 1
        wanted = {"values"} | names
        arrays = {name: torch.stack([row[name] for row in rows]).cpu().numpy() for name in wanted}
        first = 0
        for job in jobs:
            columns = slice(first, first := first + job.request.n)
            part = {name: array[:, columns] for name, array in arrays.items()}
            job._record(part.pop("values"), part)
        seconds += time.perf_counter() - began
        if drawn < model.dimensions:
            yield
    for job in jobs:
        job._complete(seconds)


def _kind(model: AutoregressiveModel) -> Hashable:
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


def _explained(error: Exception, request: Request) -> Exception:
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


def _place(device: torch.device) -> tuple[str, int]:
    """Kind and number; "mps" and "mps:0" are the same place."""
    return device.type, device.index or 0


_samplers: dict[tuple[str, int], Sampler] = {}
_samplers_lock = threading.Lock()


def get_sampler(device: str | torch.device | None = None) -> Sampler:
    """The sampler that all of this process shares on a device; None for the default device.

    Raises:
        DeviceError: the device is not present.
    """
    chosen = choose_device(device)
    with _samplers_lock:
        if _place(chosen) not in _samplers:
            _samplers[_place(chosen)] = Sampler(chosen)
        return _samplers[_place(chosen)]
