"""One Ray for all tests of a session, on 127.0.0.1, small, and ended with it.

For tests that are marked `ray`, which `make slow-ray` runs.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from typing import Any

import pytest

INSTALLED = importlib.util.find_spec("ray") is not None
# On loopback. Not 127.0.0.1, in whose place Ray takes the outer address of the machine.
ADDRESS = "127.0.0.2"
CPUS = 2
STORE = 200_000_000  # bytes
# A machine that is gone is noticed within 3 to 9 seconds, as by the head in deploy/.
NOTICE = {"health_check_period_ms": 1000, "health_check_timeout_ms": 2000}
NOTICE |= {"health_check_failure_threshold": 3, "health_check_initial_delay_ms": 1000}

on_ray = pytest.param("ray", marks=[pytest.mark.slow, pytest.mark.ray])
BACKENDS = ["local", on_ray]
"""For `parametrize`: the same test on both."""


@pytest.fixture(scope="session")
def cluster() -> Iterator[Any]:
    """A `ray.cluster_utils.Cluster` of one node, which this process has joined."""
    if not INSTALLED and not os.environ.get("ARVIZ_REQUIRE_RAY"):
        pytest.skip("Ray is not installed: `make slow-ray` installs it beside the rest")
    import arviz_models.on_ray.cluster  # noqa: F401  # switches its statistics off, before it starts

    import ray  # isort: skip
    from ray.cluster_utils import Cluster

    node = {
        "num_cpus": CPUS,
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
        yield made
    finally:
        from ray import serve

        serve.shutdown()
        ray.shutdown()
        made.shutdown()
