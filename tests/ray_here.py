"""One Ray for all tests of a session, on loopback, small, and ended with it.

It has two nodes, as in deploy/: a head that computes nothing, where this process is, and a node
with the cores. So all that is drawn and learned goes from one node to the other.

For tests that are marked `ray`, which `make slow-ray` runs.
"""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Iterator
from typing import Any

import pytest

INSTALLED = importlib.util.find_spec("ray") is not None
# On loopback. Not 127.0.0.1, in whose place Ray takes the outer address of the machine.
ADDRESS = "127.0.0.2"
CPUS = 2
STORE = 100_000_000  # bytes
STARTS = 120.0  # seconds that a node or a replica may take on a busy machine
# A machine that is gone is noticed within 3 to 9 seconds, as by the head in deploy/.
NOTICE = {"health_check_period_ms": 1000, "health_check_timeout_ms": 2000}
NOTICE |= {"health_check_failure_threshold": 3, "health_check_initial_delay_ms": 1000}

on_ray = pytest.param("ray", marks=[pytest.mark.slow, pytest.mark.ray])
BACKENDS = ["local", on_ray]
"""For `parametrize`: the same test on both."""


@pytest.fixture(scope="session")
def cluster() -> Iterator[Any]:
    """A `ray.cluster_utils.Cluster` of two nodes; this process has joined the head."""
    if not INSTALLED and not os.environ.get("ARVIZ_REQUIRE_RAY"):
        pytest.skip("Ray is not installed: `make slow-ray` installs it beside the rest")
    import arviz_models.on_ray.cluster  # noqa: F401  # switches its statistics off, before it starts

    import ray  # isort: skip
    from ray.cluster_utils import Cluster

    node = {
        "num_cpus": 0,
        "object_store_memory": STORE,
        "include_dashboard": False,
        "node_ip_address": ADDRESS,
        "_system_config": NOTICE,
    }
    try:
        made = Cluster(initialize_head=True, head_node_args=node)
    except Exception:  # it gives up after 30 s, which a busy machine may need
        made = Cluster(initialize_head=True, head_node_args=node)
    try:
        ray.init(
            made.address,
            namespace="arviz",
            logging_level="ERROR",
            log_to_driver=False,
            _node_ip_address=ADDRESS,
        )
        add_node(made, CPUS)
        yield made
    finally:
        from ray import serve

        serve.shutdown()
        ray.shutdown()
        made.shutdown()


def add_node(cluster: Any, cpus: int) -> Any:
    """One more node of the cluster, once it is there."""
    import ray

    before = {node["NodeID"] for node in ray.nodes()}
    # Ray's own wait gives up after 30 s.
    made = cluster.add_node(
        wait=False, num_cpus=cpus, object_store_memory=STORE, node_ip_address=ADDRESS
    )
    end = time.monotonic() + STARTS
    while not {node["NodeID"] for node in ray.nodes() if node["Alive"]} - before:
        assert time.monotonic() < end
        time.sleep(0.1)
    return made


def until_drawn(sampler: Any) -> None:
    """Wait until a replica of a `RaySampler` answers; the test before may have ended it."""
    from ray.exceptions import RayError
    from ray.serve.exceptions import RayServeException

    end = time.monotonic() + STARTS
    while True:
        try:
            sampler.at_work()
        except (TimeoutError, RayError, RayServeException):
            assert time.monotonic() < end
            time.sleep(0.1)
        else:
            return
