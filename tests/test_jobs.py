"""The queue of jobs: fair, bounded, and nothing is lost with a worker that dies."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from arviz_models.jobs import Job, JobCancelled, JobError, Jobs, QueueFull, Request
from arviz_models.jobs.link import NICENESS, Link, WorkerProcess
from arviz_models.jobs.worker import Step, Worker, in_steps
from tests.job_tasks import TABLE, Clocked
from tests.ray_here import BACKENDS

PATIENCE = 60.0  # seconds
LONG: dict[str, Any] = {"steps": 100_000, "seconds": 0.005}  # minutes of work


@pytest.fixture(scope="module", params=BACKENDS)
def begin(request: pytest.FixtureRequest) -> Callable[..., Link]:
    """What starts a worker on each backend."""
    if request.param == "local":
        # The tests of order and turns are beside other tests, which take whole cores.
        return partial(WorkerProcess, niceness=0)
    request.getfixturevalue("cluster")
    from arviz_models.on_ray.working import RayWorker

    return partial(RayWorker, options={"num_cpus": 0.25})


@pytest.fixture(scope="module")
def one(begin: Callable[..., Link]) -> Iterator[Jobs]:
    """One worker for several tests, as it takes a moment to start."""
    jobs = Jobs(["cpu"], TABLE, begin=begin)
    yield jobs
    jobs.close()


@pytest.fixture
def pool(begin: Callable[..., Link]) -> Iterator[Callable[..., Jobs]]:
    made: list[Jobs] = []

    def make(workers: int = 1, **more: Any) -> Jobs:
        made.append(Jobs(["cpu"] * workers, TABLE, begin=begin, **more))
        return made[-1]

    yield make
    for jobs in made:
        jobs.close()


def count(session: str = "", **options: Any) -> Request:
    return Request("count", options, session)


def at_work(job: Job) -> None:
    """Wait until a job has done something."""
    assert job.wait(PATIENCE)
    assert not job.done.is_set()


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_job_tells_all_its_news_in_order_and_then_its_result(one: Jobs) -> None:
    job = one.submit(count(steps=50, seconds=0.002))
    assert job.result(PATIENCE)["number"] == 50
    assert job.take() == list(range(1, 51))
    assert job.take() == []
    assert job.part == 1
    assert job.seconds >= 0.1
    assert one.open_jobs == ()


def test_jobs_that_come_together_are_served_alike(one: Jobs) -> None:
    """When the first of five equal jobs ends, no other has more than a turn or two to go."""
    blocker = one.submit(count("a", **LONG))
    at_work(blocker)
    jobs = [one.submit(count(f"visitor {k}", steps=120, seconds=0.005)) for k in range(5)]
    blocker.cancel()
    until(lambda: any(job.done.is_set() for job in jobs))
    assert min(job.part for job in jobs) > 0.3
    for job in jobs:
        job.result(PATIENCE)


def test_where_room_comes_another_worker_begins() -> None:
    """A process of the app may start before the machines of its cluster do."""
    room = ["cpu"]
    jobs = Jobs(lambda: room, TABLE)
    try:
        first = jobs.submit(count("a", **LONG))
        jobs.submit(count("b", **LONG))
        at_work(first)
        assert len(jobs.processes) == 1
        room.append("cpu")
        third = jobs.submit(count("c", **LONG))
        at_work(third)
        assert len(jobs.processes) == 2
    finally:
        jobs.close()


def test_a_worker_stands_back_behind_the_pages() -> None:
    jobs = Jobs(["cpu"], TABLE)
    try:
        jobs.submit(count(steps=1)).result(PATIENCE)
        [worker] = jobs.processes
        pages = os.getpriority(os.PRIO_PROCESS, 0)
        assert os.getpriority(os.PRIO_PROCESS, worker) == min(19, pages + NICENESS)
    finally:
        jobs.close()


def test_a_crash_in_a_job_is_a_message_and_its_worker_goes_on(one: Jobs) -> None:
    good = one.submit(count("good", steps=20, seconds=0.01))
    with pytest.raises(JobError, match="no step 3: take fewer") as failed:
        one.submit(count("bad", fails_at=3)).result(PATIENCE)
    assert failed.value.kind == "ValueError"
    before = one.processes
    with pytest.raises(JobError, match="not enough memory"):
        one.submit(Request("hungry")).result(PATIENCE)
    assert good.result(PATIENCE)["number"] == 20
    assert one.processes == before


def test_cancel_frees_the_worker_at_once(one: Jobs) -> None:
    long = one.submit(count(**LONG))
    at_work(long)
    long.cancel()
    with pytest.raises(JobCancelled):
        long.result(0)
    one.submit(count(steps=1)).result(PATIENCE)
    assert one.open_jobs == ()


def test_a_stopped_job_has_the_result_of_the_moment_and_another_goes_on_from_it(one: Jobs) -> None:
    job = one.submit(count(**LONG))
    at_work(job)
    job.stop()
    done = job.result(PATIENCE)["number"]
    assert job.take() == list(range(1, done + 1))
    more = one.submit(Request("count", {"steps": done + 3}, state=job.state))
    assert more.result(PATIENCE)["number"] == done + 3
    assert more.take() == [done + 1, done + 2, done + 3]


def test_the_second_job_of_a_session_takes_the_place_of_the_first(one: Jobs) -> None:
    first, other = one.submit(count("me", **LONG)), one.submit(count("you", **LONG))
    at_work(first)
    second = one.submit(count("me", **LONG))
    assert first.result(PATIENCE)["number"] > 0  # stopped with what it has
    at_work(second)
    assert not other.done.is_set()
    second.cancel()
    other.cancel()


def test_an_unknown_task_is_refused(one: Jobs) -> None:
    with pytest.raises(ValueError, match="one of count, hungry; given 'fly'"):
        one.submit(Request("fly"))


def test_the_queue_is_bounded_and_tells_where_one_stands(pool: Callable[..., Jobs]) -> None:
    jobs = pool(turns=1, waiting=2)
    first = jobs.submit(count("a", steps=400, seconds=0.005))
    at_work(first)
    until(lambda: first.part > 0.1)
    second, third = (jobs.submit(count(name, steps=1)) for name in "bc")
    assert [job.standing().waits for job in (first, second, third)] == [False, True, True]
    assert [job.standing().ahead for job in (first, second, third)] == [0, 0, 1]
    left = first.standing().seconds
    assert left is not None
    assert 0.5 < left < 30  # of 2 where nothing else keeps the processor
    with pytest.raises(QueueFull, match=r"3 trainings .* Try again"):
        jobs.submit(count("d"))
    again = jobs.submit(count("c", steps=1))  # its own place in the queue is free for it
    for job in (first, second, again):
        job.result(PATIENCE)
    unknown = jobs.submit(count("a", **LONG))
    assert unknown.standing().seconds is None
    like = jobs.submit(count("b", steps=1)).standing()
    assert like.waits
    assert like.seconds is not None  # of itself
    assert like.least  # as long as nothing is known of the one before it


def test_who_has_agreed_on_seconds_is_told_how_long_it_takes_from_the_beginning(
    pool: Callable[..., Jobs],
) -> None:
    """Three that share a worker, and one that waits: none of them has done anything yet."""
    jobs = pool(turns=3)
    asked = [Request("count", LONG, name, seconds=10.0) for name in "abcd"]
    work = [jobs.submit(each) for each in asked]
    told = [job.standing() for job in work]
    assert [each.waits for each in told] == [False, False, False, True]
    assert [each.begins for each in told] == [True, True, True, False]
    assert [each.seconds for each in told] == [30.0, 30.0, 30.0, 40.0]
    assert not any(each.least for each in told)
    at_work(work[0])
    assert not work[0].standing().begins
    for job in work:
        job.cancel()


def test_jobs_beyond_the_memory_of_the_machine_wait(pool: Callable[..., Jobs]) -> None:
    jobs = pool(2, memory=100)
    large = [Request("count", LONG, name, bytes=60) for name in "ab"]
    first, second = (jobs.submit(each) for each in large)
    assert [job.standing().waits for job in (first, second)] == [False, True]
    first.cancel()
    at_work(second)
    second.cancel()
    alone = jobs.submit(Request("count", {"steps": 1}, "c", bytes=1000))
    assert alone.result(PATIENCE)["number"] == 1


def saved(cost: float, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """What a worker has saved of a `Clocked` job, and told of its ended epochs.

    Args:
        cost: seconds that it takes to save a state.
    """
    told: list[tuple[str, Any]] = []
    monkeypatch.setattr(Clocked, "now", 0.0)
    clock = SimpleNamespace(perf_counter=lambda: Clocked.now)
    monkeypatch.setattr("arviz_models.jobs.worker.time", clock)

    def tell(message: dict[str, Any]) -> None:
        if message["what"] == "saved":
            told.append(("saved", message["state"]))
            Clocked.now += cost
        elif message["what"] == "news":
            told.append(("epochs", message["epochs"]))

    worker = Worker({"clocked": "tests.job_tasks:Clocked"}, "cpu", tell)
    order = {"do": "begin", "job": 1, "task": "clocked", "options": {}, "state": None}
    worker.orders.put(order | {"count": 0, "seconds": 0.0, "newcomer": True})
    worker._obey()
    while worker.turns:
        worker._take_turn(worker.turns[0])
    return told


def test_a_training_is_saved_at_the_end_of_each_short_epoch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = saved(0.0, monkeypatch)
    assert [state for what, state in told if what == "saved"] == [15, 30, 45, 60]
    assert max(number for what, number in told if what == "epochs") <= 1


def test_where_saving_is_slow_it_is_not_done_each_epoch_and_the_epochs_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = saved(0.05, monkeypatch)  # every epoch would be one part in 4 of the work, not in 50
    assert [state for what, state in told if what == "saved"] == [15]
    assert told[-1] == ("epochs", 3)


class Still(Link):
    """A worker that is told what to do, and does nothing."""

    pid = None

    def kill(self) -> None:
        """There is nothing to end."""

    def wait(self, seconds: float) -> bool:
        return True


@pytest.mark.parametrize(
    ("epochs", "words"), [(0, "done again."), (1, "1 epoch that had ended"), (7, "7 epochs that")]
)
def test_a_worker_that_dies_says_which_epochs_are_lost(epochs: int, words: str) -> None:
    jobs = Jobs(["cpu"], TABLE, begin=Still)
    job = jobs.submit(count("a", **LONG))
    worker = jobs._worker_of(job)
    assert worker is not None
    with jobs._lock:
        job.record.epochs = epochs
        jobs._lose(worker, "by signal 9")
    assert words in job.notices[-1]
    again = jobs._worker_of(job)
    assert again is not None and again is not worker
    jobs.close()


@pytest.mark.slow
@pytest.mark.parametrize("dies", ["by itself", "with another"])
def test_after_a_worker_dies_its_jobs_go_on_from_their_last_state_and_say_so(
    pool: Callable[..., Jobs], tmp_path: Path, dies: str
) -> None:
    jobs = pool()
    mark = str(tmp_path / "died")
    job = jobs.submit(count("a", steps=520, seconds=0.005, kills_at=500, mark=mark))
    if dies == "with another":
        until(lambda: job.record.state is not None)
        os.kill(jobs.processes[0], signal.SIGKILL)
        open(mark, "w").close()
    assert job.result(PATIENCE)["number"] == 520
    assert job.take() == list(range(1, 521))  # each once
    [said] = [notice for notice in job.notices if "ended" in notice]
    assert "for lack of memory" in said
    lost = float(said.split("state: ")[1].split(" s")[0])
    assert lost < 2.3  # of 2.5 and more


def test_a_job_that_kills_each_worker_fails_and_takes_no_other_with_it(
    pool: Callable[..., Jobs],
) -> None:
    jobs = pool()
    other = jobs.submit(count("good", steps=100, seconds=0.005))
    with pytest.raises(JobError, match=r"ended its worker process 2 times .*memory"):
        jobs.submit(count("bad", kills_at=5)).result(PATIENCE)
    assert other.result(PATIENCE)["number"] == 100


def test_idle_workers_end(pool: Callable[..., Jobs]) -> None:
    jobs = pool(idle_seconds=0.2)
    process = jobs.submit(count()).result(PATIENCE)["process"]
    assert jobs.processes == (process,)
    until(lambda: jobs.processes == ())
    until(lambda: not Path(f"/proc/{process}").exists())
    assert jobs.submit(count()).result(PATIENCE)["process"] != process


@pytest.mark.slow
def test_a_worker_without_work_takes_over_from_one_that_has_more(pool: Callable[..., Jobs]) -> None:
    jobs = pool(2)
    first, second = (jobs.submit(count(name, **LONG)) for name in "ab")
    for job in (first, second):
        at_work(job)
    third = jobs.submit(count("c", steps=450, seconds=0.005))  # beside one of the two
    until(lambda: third.record.state is not None)
    second.cancel()
    first.cancel()
    assert third.result(PATIENCE)["number"] == 450
    assert third.take() == list(range(1, 451))
    assert third.notices == []


def test_the_job_of_a_session_that_is_gone_waits_for_it(
    one: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = one.submit(count("gone", **LONG))
    at_work(job)
    one.attend(lambda session: False)
    until(lambda: not any(job.number in worker.jobs for worker in one._workers))
    job.take()
    assert not job.wait(0.3)  # it does nothing
    one.attend(lambda session: True)
    at_work(job)
    assert job.take()[0] == job.record.count + 1  # from where it was
    monkeypatch.setattr("arviz_models.jobs.pool.AWAY_SECONDS", 0.0)
    one.attend(lambda session: False)
    one.attend(lambda session: False)
    with pytest.raises(JobCancelled):
        job.result(PATIENCE)


def test_a_function_that_calls_back_can_be_asked_for_its_steps() -> None:
    reached: list[int] = []

    def work(pause: Callable[[Step], None]) -> None:
        for number in range(5):
            reached.append(number)
            pause(Step(number / 5, number))

    assert [step.news for step in in_steps(work)] == [0, 1, 2, 3, 4]
    reached.clear()
    steps = in_steps(work)
    next(steps)
    steps.close()  # type: ignore[attr-defined]  # they are a generator
    assert reached == [0]

    def fails(pause: Callable[[Step], None]) -> None:
        raise ValueError("as it is")

    with pytest.raises(ValueError, match="as it is"):
        list(in_steps(fails))
