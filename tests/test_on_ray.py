"""What only Ray adds: replicas and machines that go away, and what travels to them."""

from __future__ import annotations

import copy
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from arviz_models import NADE
from arviz_models.cards import list_pretrained
from arviz_models.jobs import Jobs
from arviz_models.jobs import Request as Asked
from arviz_models.ordering import reversed_raster
from arviz_models.pretrained import load_pretrained
from arviz_models.sampler import Cancelled, Request, SamplerError
from pages.ui import work
from tests.job_tasks import TABLE
from tests.ray_here import STARTS, add_node, until_drawn
from tests.watched import SHAPE, WAIT, D, Gate, Slow, WatchedNADE, randomise

pytestmark = [pytest.mark.slow, pytest.mark.ray, pytest.mark.usefixtures("cluster")]

TOLD_WITHIN = 10.0  # seconds
NAME = "turns of 0.0 s"  # of the application that has the replica of test_sampler.py
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def patient(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may take longer to start a node and a replica than a visitor would wait."""
    from arviz_models.on_ray import sampling

    monkeypatch.setattr(sampling, "GIVE_UP", STARTS)


@pytest.fixture
def sampler() -> Iterator[Any]:
    """Its replica draws step by step, and is that of test_sampler.py."""
    with drawing(NAME) as made:
        until_drawn(made)
        yield made


@contextmanager
def drawing(name: str, **more: Any) -> Iterator[Any]:
    """A sampler whose replicas draw step by step; `more` are fields of `Settings`."""
    from arviz_models.on_ray.sampling import RaySampler
    from arviz_models.on_ray.serving import Settings

    made = RaySampler(Settings(name, 0.0, **{"cpus": 0.25} | more))
    yield made
    made.close()


@contextmanager
def extra(cluster: Any, *cpus: int) -> Iterator[list[Any]]:
    """More nodes, which are removed afterwards."""
    nodes = [add_node(cluster, each) for each in cpus]
    yield nodes
    for node in nodes:
        if node in cluster.list_all_nodes():
            cluster.remove_node(node, allow_graceful=False)


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    closed = Gate(tmp_path / "gate", at=10)
    yield closed
    closed.opened.set()


def made_nade(seed: int = 0) -> NADE:
    model = NADE(SHAPE, hidden=8)
    randomise(model, seed)
    return model


def until(true: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def assert_drawn_again(job: Any, model: NADE, seed: int, since: float, within: float) -> None:
    """The same sample by another replica; until then its session is told within 10 seconds."""
    until(lambda: bool(job.waiting) or job.done.is_set(), TOLD_WITHIN - (time.monotonic() - since))
    told = time.monotonic() - since
    drawn = job.result(within).x
    print(f"told or done after {told:.1f} s, done after {time.monotonic() - since:.1f} s")
    expected = model.sample(1, generator=torch.Generator().manual_seed(seed))
    assert np.array_equal(drawn, expected.numpy())
    assert job.waiting == ""


def test_after_its_replica_is_killed_a_sample_is_drawn_by_another_and_its_session_is_told(
    sampler: Any, gate: Gate
) -> None:
    model = WatchedNADE(gate)
    job = sampler.submit(Request(model, seed=3))
    assert gate.reached.wait(WAIT)
    os.kill(gate.process, signal.SIGKILL)
    died = time.monotonic()
    gate.opened.set()
    assert_drawn_again(job, model, 3, died, STARTS)


def test_where_one_of_two_replicas_stops_without_a_word_the_other_draws_within_ten_seconds(
    gate: Gate,
) -> None:
    with drawing("two", replicas=2) as sampler:
        until_drawn(sampler)
        until(lambda: running("two") == 2, STARTS)
        model = WatchedNADE(gate)
        job = sampler.submit(Request(model, seed=4))
        assert gate.reached.wait(WAIT)
        stopped = gate.process
        os.kill(stopped, signal.SIGSTOP)
        try:
            since = time.monotonic()
            gate.opened.set()
            assert_drawn_again(job, model, 4, since, TOLD_WITHIN)
            assert gate.process != stopped
            # Serve finds out by itself, and puts another one in its place.
            until(lambda: not alive(stopped), STARTS)
        finally:
            with suppress(ProcessLookupError):
                os.kill(stopped, signal.SIGKILL)
    delete("two")


def test_without_a_free_core_a_sample_waits_in_words_until_a_node_comes_and_outlives_its_removal(
    cluster: Any, gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    model = WatchedNADE(gate)
    with drawing("wide", cpus=3) as sampler:
        job = sampler.submit(Request(model, seed=5))
        until(lambda: bool(job.waiting), TOLD_WITHIN)
        assert job.waiting == "waiting for the cluster: no machine has taken this yet"
        assert job.waiting in caplog.text
        begun = time.monotonic()
        second = sampler.submit(Request(made_nade(), seed=6))
        assert time.monotonic() - begun < 2
        with extra(cluster, 3) as [node]:
            assert gate.reached.wait(STARTS)
            until(lambda: second.queued.is_set(), WAIT)
            with extra(cluster, 3):
                cluster.remove_node(node, allow_graceful=False)
                since = time.monotonic()
                until(lambda: not alive(gate.process), TOLD_WITHIN)
                gate.opened.set()
                assert_drawn_again(job, model, 5, since, STARTS)
                second.result(WAIT)
            delete("wide")


def test_a_sample_that_no_machine_takes_has_failed_after_a_bounded_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from arviz_models.on_ray import sampling

    monkeypatch.setattr(sampling, "GIVE_UP", 6.0)
    with drawing("too large", cpus=99) as sampler:
        begun = time.monotonic()
        job = sampler.submit(Request(made_nade(), seed=0))
        with pytest.raises(SamplerError, match=r"No machine .* for 6 s .*Try again in a minute"):
            job.result(WAIT)
        assert time.monotonic() - begun < TOLD_WITHIN
        assert sampler.open_jobs == ()


def running(name: str) -> int:
    """Replicas of an application that run."""
    from ray import serve

    [deployment] = serve.status().applications[name].deployments.values()
    return deployment.replica_states.get("RUNNING", 0)


def delete(name: str) -> None:
    from ray import serve

    serve.delete(name)


def alive(process: int) -> bool:
    """Whether it is there, and no zombie."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_an_unknown_process_of_the_app_is_gone_only_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A new registry knows nobody, and may be asked before anyone could tell it."""
    from arviz_models.on_ray import serving

    now = 1000.0
    monkeypatch.setattr(serving.time, "monotonic", lambda: now)
    registry = serving.Registry()
    assert not registry.gone("someone")
    now += serving.GONE - 1
    assert not registry.gone("someone")
    registry.here("someone")
    now += serving.GONE - 1
    assert not registry.gone("someone")
    now += 2
    assert registry.gone("someone")


def test_the_registry_lives_on_the_head_and_is_started_again_where_it_ends(cluster: Any) -> None:
    import ray

    from arviz_models.on_ray.serving import registry

    there = registry(make=True)
    assert not ray.get(there.gone.remote("x"), timeout=STARTS)
    found = ray._private.state.actors(there._actor_id.hex())
    assert found["Address"]["NodeID"] == cluster.head_node.node_id
    ray.kill(there, no_restart=False)

    def answers() -> bool:
        try:
            return not ray.get(registry().gone.remote("x"), timeout=STARTS)
        except ray.exceptions.RayError:
            return False

    until(answers, STARTS)


def test_a_sample_is_drawn_once_also_after_the_registry_was_lost_and_another_process_made_one(
    cluster: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import ray

    from arviz_models.on_ray.serving import GONE, PRESENCE, registry

    monkeypatch.setenv("ARVIZ_BACKEND", f"ray://{cluster.address}")
    with drawing(NAME) as sampler:
        until_drawn(sampler)
        ray.kill(registry(make=True))
        time.sleep(3 * PRESENCE)  # signs of life find no registry
        registry(make=True)
        watch = Slow(tmp_path / "steps", (GONE + 3 * PRESENCE) / D)
        sampler.submit(Request(WatchedNADE(watch), seed=0)).result(4 * WAIT)
    assert [t for t, _ in watch.steps] == list(range(D))


class Ending:
    """In the place of Serve's handle: each replica begins to draw, and then ends the job."""

    def __init__(self) -> None:
        self.asked = 0
        self.draw = self

    def options(self, **_: Any) -> Ending:
        return self

    def remote(self, wanted: Any) -> Any:
        from arviz_models.on_ray.serving import Told

        self.asked += 1

        class Stream:
            def __init__(self) -> None:
                self.left = [Told(), Told(error=Cancelled("taken for gone"))]

            async def __anext__(self) -> Told:
                return self.left.pop(0)

            def cancel(self) -> None:
                """It is over."""

        return Stream()


def test_a_sample_that_is_lost_again_and_again_has_failed_after_a_bounded_number_of_times() -> None:
    from arviz_models.on_ray.sampling import MOST_LOST

    with drawing("nowhere") as sampler:
        sampler._handle = Ending()
        job = sampler.submit(Request(made_nade(), 0))
        with pytest.raises(SamplerError, match=f"lost {MOST_LOST} times .*Try again in a minute"):
            job.result(WAIT)
        assert sampler._handle.asked == MOST_LOST
        assert sampler.open_jobs == ()


@pytest.mark.parametrize("listens", [False, True], ids=["nothing listens", "it does not answer"])
def test_without_a_cluster_whoever_draws_or_trains_is_told_soon(listens: bool) -> None:
    script = (
        "import sys, time\n"
        "from arviz_models import NADE, jobs\n"
        "from arviz_models.backend import BackendError\n"
        "from arviz_models.on_ray import cluster\n"
        "from arviz_models.sampler import Request, SamplerError, get_sampler\n"
        "cluster.JOIN = 3.0\n"
        "for ask in (\n"
        "    lambda: get_sampler().submit(Request(NADE((4,), hidden=2).eval(), 0)).result(60),\n"
        "    get_sampler().warm,\n"
        "    jobs.get_jobs,\n"
        "):\n"
        "    begun = time.monotonic()\n"
        "    try:\n"
        "        ask()\n"
        "    except (SamplerError, BackendError) as error:\n"
        "        print(f'{time.monotonic() - begun:.1f}', error)\n"
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        if not listens:
            server.close()
        found = subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env={**os.environ, "ARVIZ_BACKEND": f"ray://{address}"},
            stdout=subprocess.PIPE,
            text=True,
            timeout=2 * STARTS,
            check=True,
        )
    told = found.stdout.splitlines()
    assert len(told) == 3
    words = "does not answer within" if listens else "no head of a Ray cluster listens there"
    for line in told:
        assert float(line.split()[0]) < TOLD_WITHIN
        assert f"ARVIZ_BACKEND=ray://{address}" in line
        assert words in line


def test_what_another_process_of_the_app_has_asked_for_ends_with_it(
    sampler: Any,
    gate: Gate,
    cluster: Any,
) -> None:
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from arviz_models.on_ray.sampling import RaySampler\n"
        "from arviz_models.on_ray.serving import Settings\n"
        "from arviz_models.sampler import Request\n"
        "from tests.ray_here import until_drawn\n"
        "from tests.watched import Gate, WatchedNADE\n"
        "sampler = RaySampler(Settings('turns of 0.0 s', 0.0, cpus=0.25))\n"
        "until_drawn(sampler)\n"
        "sampler.submit(Request(WatchedNADE(Gate(Path(sys.argv[1]), at=10)), 0)).result()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(gate.file.parent)],
        cwd=ROOT,
        env={**os.environ, "ARVIZ_BACKEND": f"ray://{cluster.address}"},
    )
    try:
        assert gate.reached.wait(STARTS)
    finally:
        process.kill()
        process.wait()
    until(lambda: sampler.at_work() == 0, TOLD_WITHIN)
    gate.opened.set()
    sampler.submit(Request(made_nade(), 0)).result(WAIT)  # the worker is past it
    assert len(gate.steps) <= 11


def test_own_weights_travel_once_and_shipped_ones_never(sampler: Any) -> None:
    from arviz_models.on_ray.models import Luggage

    luggage, own = Luggage(), made_nade()
    named = luggage.named(own)
    view = luggage.named(own.with_order(reversed_raster(SHAPE)))
    assert view.key == named.key
    assert view.weights == named.weights
    assert not np.array_equal(view.order, named.order)
    next(own.parameters()).add_(1.0)
    assert luggage.named(own).key != named.key

    shipped = load_pretrained("nade-digits", "cpu")
    named = luggage.named(shipped)
    assert (named.checkpoint, named.weights) == ("nade-digits", [])
    drawn = sampler.submit(Request(shipped, seed=1)).result(WAIT).x
    expected = shipped.sample(1, generator=torch.Generator().manual_seed(1))
    assert np.array_equal(drawn, expected.numpy())


@pytest.mark.parametrize("name", list_pretrained())
def test_every_shipped_model_is_found_by_its_name_in_its_order_and_with_its_options(
    name: str,
) -> None:
    from arviz_models.on_ray.models import Luggage, Models

    luggage, models = Luggage(), Models(torch.device("cpu"))
    model = load_pretrained(name, "cpu")
    other = copy.copy(model)
    other.mark = 1  # type: ignore[assignment]
    for asked in (model, other, model):
        found = models.get(luggage.named(asked))
        assert type(found) is type(model)
        assert torch.equal(found.order, model.order)
        assert getattr(found, "mark", 0) == getattr(asked, "mark", 0)
        numbers = asked.random_numbers(1, torch.Generator().manual_seed(0))
        first, expected = (next(each.draw_steps(numbers)).probs for each in (found, asked))
        assert torch.equal(first, expected)


def test_large_arrays_of_a_task_travel_once_and_arrive_as_ones_own() -> None:
    from arviz_models.on_ray.parcels import Sender, unpack

    sender, weights = Sender(), np.arange(100_000.0).reshape(100, 1000)
    asked = {"models": [{"weights": {"w": weights}, "name": "mine"}], "few": np.arange(3)}
    (first, there), (_, again) = sender.pack(asked), sender.pack({"w": weights.copy()})
    assert len(first) < 1000
    assert there == again
    found = unpack(first, there)
    assert np.array_equal(found["models"][0]["weights"]["w"], weights)
    found["models"][0]["weights"]["w"][0] = 0  # not the one in the store
    assert np.array_equal(unpack(first, there)["models"][0]["weights"]["w"], weights)


def test_a_training_whose_machine_is_removed_goes_on_elsewhere(cluster: Any) -> None:
    from arviz_models.on_ray.working import RayWorker

    second = add_node(cluster, 3)
    begun: list[Any] = []

    def begin(*arguments: Any) -> RayWorker:
        """The first worker on the second machine, the next ones where there is room."""
        begun.append(RayWorker(*arguments, options={"num_cpus": 0.25 if begun else 3}))
        return begun[-1]

    jobs = Jobs(["cpu"], TABLE, begin=begin)
    try:
        job = jobs.submit(Asked("count", {"steps": 100_000, "seconds": 0.005}, "a"))
        until(lambda: job.record.state is not None, 2 * WAIT)
        before = job.count
        cluster.remove_node(second, allow_graceful=False)
        gone = time.monotonic()
        until(lambda: bool(job.notices), TOLD_WITHIN)
        until(lambda: job.count > before + 50 and len(begun) == 2 and begun[1].ready, WAIT)
        print(f"noticed and at work again after {time.monotonic() - gone:.1f} s")
        assert "goes on from its last saved state" in job.notices[0]
        news = job.take()
        assert news == list(range(1, len(news) + 1))
        job.cancel()
    finally:
        jobs.close()


def test_a_job_for_which_there_is_no_room_says_so_and_can_be_cancelled() -> None:
    from arviz_models.on_ray.working import RayWorker

    def begin(*arguments: Any) -> RayWorker:
        return RayWorker(*arguments, options={"num_cpus": 99})

    jobs = Jobs(["cpu"], TABLE, begin=begin)
    try:
        job = jobs.submit(Asked("count", {"steps": 1}))
        until(lambda: bool(job.notices), TOLD_WITHIN)
        assert "lack of room" in job.notices[0]
        assert work.standing("step 0 of 1", job) == "step 0 of 1 (waiting for the cluster)"
        job.cancel()
        assert jobs.open_jobs == ()
    finally:
        jobs.close()
