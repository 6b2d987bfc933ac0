"""Where models draw and learn: what ARVIZ_BACKEND says. What runs on Ray: test_on_ray.py."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from arviz_models.backend import Backend, BackendError, backend, made_by
from docs.architecture import import_graph

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", Backend("local")),
        ("local", Backend("local")),
        ("ray", Backend("ray")),
        ("ray://head:6379", Backend("ray", "head:6379")),
        ("ray://[::1]:6379", Backend("ray", "[::1]:6379")),
    ],
)
def test_the_variable_names_a_backend(
    monkeypatch: pytest.MonkeyPatch, given: str, expected: Backend
) -> None:
    monkeypatch.setenv("ARVIZ_BACKEND", given)
    assert backend() == expected


@pytest.mark.parametrize(
    "given", ["Ray", "ray://", "ray://head", "http://head:6379", "ray://a b:1"]
)
def test_another_one_is_refused_with_what_was_given(
    monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv("ARVIZ_BACKEND", given)
    with pytest.raises(BackendError, match=r"ray://HOST:PORT .* given '" + given):
        backend()


def test_a_missing_ray_is_said_with_the_way_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    for name in [name for name in sys.modules if name.startswith("arviz_models.on_ray.")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(BackendError, match=r"pip install -r requirements-ray\.txt"):
        made_by("arviz_models.on_ray.sampling:RaySampler")


def test_the_backend_on_ray_is_imported_by_name_alone() -> None:
    graph = import_graph()
    inside = {name for name in graph if name.startswith("arviz_models.on_ray")}
    assert [name for name in graph.keys() - inside if graph[name] & inside] == []


def test_this_process_draws_and_trains_without_ray() -> None:
    script = (
        "import sys\n"
        "sys.modules['ray'] = None\n"
        "from arviz_models import NADE, jobs\n"
        "from arviz_models.sampler import Request, get_sampler\n"
        "get_sampler('cpu').submit(Request(NADE((4,), hidden=2).eval(), 0)).result(30)\n"
        "jobs.get_jobs().close()\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, timeout=120)
