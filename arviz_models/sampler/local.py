"""The sampler of this process: one worker thread a device, batches, turns."""

from __future__ import annotations

import atexit
import threading
import time
from collections import deque
from collections.abc import Hashable, Iterator, Sequence

import torch
from torch import Tensor

from arviz_models.base import NOT_DRAWN
from arviz_models.device import describe
from arviz_models.sampler.job import Job, Request, explained

SLICE_SECONDS = 0.05  # enough for a 28x28 sample of NADE; with less, 50 sessions wait longer
# Sequences that are computed together. On a CPU a sample in a batch of 64 takes 2.4 (the gated
# PixelCNN) to 4.7 times less (Row LSTM) than in one of 8, and in one of 128 at most 1.9 times less
# than in one of 64; but all wait until the batch is done: benchmarks/test_sampler_batches.py.
SHARED_BATCH = {"cpu": 64}
SHARED_BATCH_ELSEWHERE = 256
FEW = 8  # sequences; requests for more never share a batch with those for so few

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
        self._open: dict[Job, None] = {}  # submitted and not done, in the order of arrival
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
        if place(request.model.device) != place(self.device):
            raise ValueError(f"model is on {request.model.device}; this sampler is {self.device}'s")
        try:
            job = Job(request)
        except (RuntimeError, MemoryError) as error:
            raise explained(error, request) from None
        with self._changed:
            if self._closed:
                raise RuntimeError("the sampler is closed")
            self._open[job] = None
            job.queued.set()
            job.when_done = self._open.pop
            self._arrived.append(job)
            self._changed.notify_all()
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, daemon=True)
                self._worker.start()
                # A thread inside PyTorch while the interpreter goes away would end in an abort.
                atexit.register(self.close)
        return job

    @property
    def open_jobs(self) -> tuple[Job, ...]:
        """Jobs of all sessions that are not done yet, in the order in which they came."""
        return tuple(self._open)

    def warm(self) -> None:
        """Its thread starts at once: there is nothing to do."""

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
                jobs[0].finish(explained(error, jobs[0].request))
            else:  # once more, one by one: only the one to blame fails
                again = [[job] for job in jobs if not job.done.is_set()]
                turns.extend((job, _compute(job, self._slice_seconds)) for job in again)

    def _join(self, jobs: Sequence[Job]) -> list[list[Job]]:
        """Batches in the order of arrival, each of one kind and of at most `_largest` sequences."""
        batches: list[list[Job]] = []
        filling: dict[Hashable, list[Job]] = {}
        for job in jobs:
            kind = (job.kind, job.request.n <= FEW)
            batch = filling.get(kind, [])
            if batch and sum(mate.request.n for mate in [*batch, job]) <= self._largest:
                batch.append(job)
            else:
                filling[kind] = [job]
                batches.append(filling[kind])
        return batches


def _compute(jobs: Sequence[Job], slice_seconds: float) -> Iterator[None]:
    """Compute jobs of one kind as one batch; yields where another batch may take its turn."""
    model = jobs[0].request.model
    names = {name for job in jobs for name in job.names}
    given = torch.cat([job.given for job in jobs])  # (N, *event_shape)
    drawing = model.draw_steps(
        torch.cat([job.random_numbers for job in jobs], dim=1),
        given=given if bool((given != NOT_DRAWN).any()) else None,
        temperature=torch.cat([job.temperature for job in jobs]),
    )
    for job in jobs:
        job.begin()
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
            job.record(part.pop("values"), part)
        seconds += time.perf_counter() - began
        if drawn < model.dimensions:
            yield
    for job in jobs:
        job.complete(seconds, describe(model.device))


def place(device: torch.device) -> tuple[str, int]:
    """Kind and number; "mps" and "mps:0" are the same place."""
    return device.type, device.index or 0
