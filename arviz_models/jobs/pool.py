"""The jobs of all sessions on one kind of device: their queue, and the worker processes."""

from __future__ import annotations

import atexit
import itertools
import statistics
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from arviz_models.jobs.job import Job, JobCancelled, JobError, QueueFull, Request, Standing
from arviz_models.jobs.link import Link, WorkerProcess

MOST_TURNS = 32  # jobs that share one worker
MOST_WAITING = 64  # jobs beyond those
IDLE_SECONDS = 120.0  # a worker without work is kept for so long: to start one takes seconds
AWAY_SECONDS = 120.0  # as long as Streamlit keeps a session whose connection is lost
STUBBORN_SECONDS = 20.0  # a worker that does not obey within these is ended
LIVES = 2  # workers that may die in the turns of one job
BEGUN = 0.01  # part of a job from which its pace tells how long it takes
FULL_SECONDS = 30.0  # until the next try to start a worker for which there was no room
NO_ROOM = "The cluster has not started it yet, perhaps for lack of room. It begins once it can."
MOST_KINDS = 500  # of jobs, whose times are remembered


def _kind(request: Request) -> Hashable:
    """Equal for jobs that take as long: the same task and plain options, but for the seed."""
    plain = (int, float, str)
    options = [(name, each) for name, each in request.options.items() if isinstance(each, plain)]
    return request.task, tuple(each for each in options if each[0] != "seed")


def _and_epochs(count: int) -> str:
    """What else is lost, where more than the epoch under way is."""
    if not count:
        return ""
    ended = "1 epoch that had ended" if count == 1 else f"{count:,} epochs that had ended"
    return f", {ended} among them, as it is not saved more often where that would slow it down"


class Jobs:
    """The jobs of one kind of device, and their workers.

    Args:
        devices: one for each worker that there may be; or a function that gives them, where their
            number changes.
        tasks: name -> "package.module:class" of a `worker.Task`.
        turns: jobs that share one worker.
        waiting: jobs beyond those.
        idle_seconds: a worker without work ends after these.
        begin: starts a worker: what `link.Link` takes.
        memory: bytes that all jobs in workers may take together; None for no limit. Those beyond it
            wait. A job that is alone is begun however large it is.
    """

    def __init__(
        self,
        devices: Sequence[str] | Callable[[], Sequence[str]],
        tasks: Mapping[str, str],
        turns: int = MOST_TURNS,
        waiting: int = MOST_WAITING,
        idle_seconds: float = IDLE_SECONDS,
        begin: Callable[..., Link] = WorkerProcess,
        memory: int | None = None,
    ) -> None:
        self._devices, self.tasks = devices, tasks
        self.turns, self.waiting, self.idle_seconds = turns, waiting, idle_seconds
        self._begin, self.memory = begin, memory
        self._lock = threading.RLock()  # guards the rest
        self._open: dict[int, Job] = {}  # not done, in the order of arrival
        self._queue: deque[Job] = deque()
        self._workers: list[Link] = []
        self._keeper: threading.Thread | None = None
        self._took: dict[Hashable, deque[float]] = {}  # kind -> seconds of its last jobs
        self._full_until = 0.0  # on the monotonic clock: there is no room for another worker
        self._closed = False
        atexit.register(self.close)

    def submit(self, request: Request) -> Job:
        """Queue a job; returns at once. The session's job before it is stopped.

        Raises:
            ValueError: no such task.
            QueueFull: too many jobs wait.
        """
        if request.task not in self.tasks:
            raise ValueError(f"a task is one of {', '.join(self.tasks)}; given {request.task!r}")
        with self._lock:
            if self._closed:
                raise RuntimeError("the queue of jobs is closed")
            before = [job for job in self._of(request.session) if not job.record.wanted]
            if len(self._queue) - sum(job in self._queue for job in before) >= self.waiting:
                raise QueueFull(
                    f"This server has {len(self._open):,} trainings and fits at work or waiting, "
                    "and takes no more for now. Try again in a minute."
                )
            job = Job(request, self)
            # In the place of its predecessor, at the end of the row: not in that of a newcomer.
            job.record.newcomer = not before
            for each in before:
                each.stop()
            self._open[job.number] = job
            self._queue.append(job)
            self._place()
        return job

    def stop_all(self, session: str) -> None:
        """Stop the jobs of a session: it has a new one elsewhere."""
        with self._lock:
            for job in self._of(session):
                if not job.record.wanted:
                    job.stop()

    @property
    def devices(self) -> Sequence[str]:
        """One for each worker that there may be at this moment."""
        return self._devices() if callable(self._devices) else self._devices

    @property
    def open_jobs(self) -> tuple[Job, ...]:
        """Jobs of all sessions that are not done, in the order in which they came."""
        with self._lock:
            return tuple(self._open.values())

    @property
    def processes(self) -> tuple[int, ...]:
        """Ids of the worker processes that have begun."""
        with self._lock:
            return tuple(worker.pid for worker in self._workers if worker.pid is not None)

    def warm(self) -> None:
        """Start a worker where there is none: work is soon to come."""
        with self._lock:
            if not self._workers and not self._closed:
                self._start()

    def attend(self, is_here: Callable[[str], bool]) -> None:
        """Put aside the jobs of sessions that are gone, and go on with those that are back.

        To be called every half second or so; where nobody calls it, no session goes away.

        Args:
            is_here: whether a session is connected.
        """
        now = time.monotonic()
        with self._lock:
            for job in [job for job in self._open.values() if job.request.session]:
                if is_here(job.request.session):
                    self._come_back(job)
                elif job.record.away is None:
                    job.record.away = now
                    self._put_aside(job)
                elif now - job.record.away > AWAY_SECONDS:
                    job.cancel()
            self._place()

    def end(self, job: Job, how: str) -> None:
        """Stop or cancel a job; see `Job.stop` and `Job.cancel`."""
        with self._lock:
            if job.number not in self._open or job.record.wanted == "cancel":
                return
            job.record.wanted = how
            worker = self._worker_of(job)
            if worker is not None:
                worker.order(how, job)
            if worker is None or worker.lacks_room:  # it waits, or is put aside
                self._finish(job, error=JobCancelled("the job was stopped while it waited"))
                self._place()

    def standing(self, job: Job) -> Standing:
        """See `Job.standing`."""
        with self._lock:
            worker, mine = self._worker_of(job), self._left(job)
            if worker is not None:
                others = [self._left(each) for each in worker.jobs.values() if each is not job]
                known = None if mine is None else mine + sum(min(mine, x or mine) for x in others)
                return Standing(False, 0, len(others), known, begins=not worker.ready)
            ahead = self._queue.index(job) if job in self._queue else len(self._queue)
            at_work = [each for each in self._open.values() if self._worker_of(each)]
            before = [*at_work, *itertools.islice(self._queue, ahead), job]
            left = [x for x in map(self._left, before) if x is not None]
            known = sum(left) / max(1, len(self._workers)) if left else None
            return Standing(True, ahead, len(at_work), known, least=len(left) < len(before))

    def close(self) -> None:
        """End all workers; what is not done is cancelled."""
        with self._lock:
            self._closed = True
            for job in list(self._open.values()):
                job.cancel()
            workers = list(self._workers)
        for worker in workers:
            worker.end()
        for worker in workers:
            if not worker.wait(2):
                worker.kill()
        atexit.unregister(self.close)

    # --- what follows is called with the lock held -----------------------------------------------

    def _of(self, session: str) -> list[Job]:
        """The session's jobs that are not done."""
        return [job for job in self._open.values() if session and job.request.session == session]

    def _worker_of(self, job: Job) -> Link | None:
        return next((worker for worker in self._workers if job.number in worker.jobs), None)

    def _left(self, job: Job) -> float | None:
        """Seconds of work that a job still takes: as agreed, or by its pace or that of its like."""
        if job.request.seconds is not None:
            return job.request.seconds * (1 - job.part)
        if job.part >= BEGUN:
            return job.seconds * (1 - job.part) / job.part
        took = self._took.get(_kind(job.request))
        return max(0.0, statistics.median(took) - job.seconds) if took else None

    def _place(self) -> None:
        """Give what waits to workers: to an idle one, a new one, or the one with the fewest."""
        while self._queue and not self._closed and self._fits(self._queue[0]):
            worker = min(self._workers, key=lambda each: len(each.jobs), default=None)
            if self._may_start(worker):
                try:
                    worker = self._start()
                except OSError as error:  # no memory, or no more processes allowed
                    if worker is None:
                        none = JobError(f"the server cannot start a worker process: {error}")
                        self._finish(self._queue[0], error=none)
                        continue
            if worker is None or len(worker.jobs) >= self.turns:
                return
            worker.begin(self._queue.popleft())

    def _fits(self, job: Job) -> bool:
        """Whether there is memory for a job beside those that workers have, all in turns."""
        held = [each.request.bytes for worker in self._workers for each in worker.jobs.values()]
        return self.memory is None or not any(held) or sum(held) + job.request.bytes <= self.memory

    def _may_start(self, idlest: Link | None) -> bool:
        """Whether a job shall have a new worker rather than the one with the fewest jobs."""
        if idlest is None:
            return True
        busy = bool(idlest.jobs) and time.monotonic() > self._full_until
        return busy and len(self._workers) < len(self.devices)

    def _start(self) -> Link:
        used, devices = [worker.device for worker in self._workers], list(self.devices)
        free = next(each for each in devices if used.count(each) < devices.count(each))
        worker = self._begin(self.tasks, free, self._hear, self._lose)
        self._workers.append(worker)
        if self._keeper is None:
            self._keeper = threading.Thread(target=self._keep, daemon=True)
            self._keeper.start()
        return worker

    def _finish(self, job: Job, result: Any = None, error: Exception | None = None) -> None:
        self._open.pop(job.number, None)
        if job in self._queue:
            self._queue.remove(job)
        if (worker := self._worker_of(job)) is not None:
            worker.let_go(job)
        if job.finish(result, error) and error is None and not job.record.wanted:
            if len(self._took) >= MOST_KINDS:
                self._took.clear()
            self._took.setdefault(_kind(job.request), deque(maxlen=20)).append(job.seconds)

    def _put_aside(self, job: Job) -> None:
        if job in self._queue:
            self._queue.remove(job)
        elif (worker := self._worker_of(job)) is not None and not job.record.wanted:
            worker.order("park", job)

    def _come_back(self, job: Job) -> None:
        if job.record.away is None:
            return
        job.record.away = None
        if self._worker_of(job) is None:
            self._queue.append(job)

    def _again(self, job: Job) -> None:
        """A worker has it no more: to the front of the queue, if it is still wanted now."""
        if job.record.wanted:
            self._finish(job, error=JobCancelled("the job was stopped"))
        elif job.record.away is None:
            self._queue.appendleft(job)

    def _hear(self, worker: Link, message: dict[str, Any]) -> None:
        """A message of a worker."""
        with self._lock:
            worker.ready = True
            job = worker.jobs.get(message.get("job", 0))
            if job is None:
                return
            what, job.seconds = message["what"], message["seconds"]
            if message.get("state") is not None:
                job.record.state, job.record.seconds = message["state"], job.seconds
                job.record.count, job.record.epochs = message["count"], 0
            if what == "turn":
                worker.turn = job.number
            elif what == "news":
                job.part, job.record.epochs = message["part"], message["epochs"]
                job.add(message["first"], message["news"])
            elif what == "parked":
                worker.let_go(job)
                self._again(job)
            elif what == "ended":
                self._finish(job, message["result"])
            elif what == "failed":
                self._finish(job, error=JobError(message["words"], message["kind"]))
            elif what == "cancelled":
                self._finish(job, error=JobCancelled("the job was cancelled"))
            if job.number not in worker.jobs:
                self._place()
                self._share(worker)

    def _share(self, idle: Link) -> None:
        """Where nothing waits, a worker without work takes over half of another one's jobs."""
        if self._queue or idle.jobs or self._closed:
            return
        busiest = max(self._workers, key=lambda each: len(each.jobs), default=idle)
        movable = [
            job
            for job in busiest.jobs.values()
            if job.record.state is not None and job.record.ordered == "begin"
        ]
        for job in movable[: len(busiest.jobs) // 2]:
            busiest.order("park", job)

    def _lose(self, worker: Link, why: str) -> None:
        """A worker has ended: its jobs go on elsewhere, from their last state."""
        with self._lock:
            if worker in self._workers:
                self._workers.remove(worker)
            for job in reversed(list(worker.jobs.values())):
                worker.let_go(job)
                job.record.deaths += worker.turn == job.number or not worker.ready
                if job.record.deaths >= LIVES:
                    words = f"The job ended its worker process {LIVES} times ({why})."
                    self._finish(job, error=JobError(words))
                    continue
                lost = job.seconds - job.record.seconds
                job.notices.append(
                    f"The worker process ended {why}. The training goes on from its last saved "
                    f"state: {lost:.1f} s of work are done again{_and_epochs(job.record.epochs)}."
                )
                self._again(job)
            self._place()

    def _do_without(self, worker: Link) -> None:
        """No machine has room for it: its jobs go to the others, or their sessions are told."""
        if any(each.ready for each in self._workers):
            self._workers.remove(worker)
            for job in reversed(list(worker.jobs.values())):
                worker.let_go(job)
                self._again(job)
            worker.kill()
            self._full_until = time.monotonic() + FULL_SECONDS
            self._place()
        for job in worker.jobs.values():
            if NO_ROOM not in job.notices:
                job.notices.append(NO_ROOM)

    def _keep(self) -> None:
        """Once a second: end workers that are idle, and those that do not obey."""
        while True:
            time.sleep(min(1.0, self.idle_seconds / 2))
            with self._lock:
                now = time.monotonic()
                for worker in list(self._workers):
                    if not worker.jobs and now - worker.idle > self.idle_seconds:
                        self._workers.remove(worker)
                        worker.end()
                    for job in worker.jobs.values():
                        late = now - job.record.when > STUBBORN_SECONDS
                        if late and job.record.ordered != "begin":
                            worker.kill()
                    if worker.lacks_room:
                        self._do_without(worker)
                    self._share(worker)
                if not self._workers:
                    self._keeper = None
                    return
