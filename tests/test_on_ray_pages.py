"""What the pages ask for, done on Ray: a task of each kind, and a page that draws there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
import streamlit as st
import torch

from arviz_models import jobs, sampler
from arviz_models.analysis import lab
from arviz_models.analysis.lab_settings import Settings
from arviz_models.analysis.lab_training import ModelTraining
from arviz_models.analysis.series import load_series
from arviz_models.analysis.time_series import Fit, fit
from arviz_models.analysis.trainings import FlowTraining
from arviz_models.jobs import TASKS, Jobs, Request
from arviz_models.jobs.worker import Task
from arviz_models.pretrained import load_pretrained
from tests.pages.visiting import packed, visit, whole
from tests.ray_here import STARTS, until_drawn

pytestmark = [pytest.mark.slow, pytest.mark.ray, pytest.mark.usefixtures("cluster")]

FLOW: dict[str, Any] = {"kind": "maf", "layers": 2, "order": "reversed", "seed": 3, "data": "moons"}
FLOW |= {"steps": 30, "goal": 30}
MODEL = lab.options_of(Settings(width=4, batch=300, epochs=1))


@pytest.fixture(scope="module")
def on_ray(cluster: Any) -> Iterator[Jobs]:
    """A worker for the tasks of the pages."""
    from arviz_models.on_ray.working import RayWorker

    def begin(*arguments: Any) -> RayWorker:
        return RayWorker(*arguments, options={"num_cpus": 0.25})

    made = Jobs(["cpu"], TASKS, begin=begin)
    yield made
    made.close()


def losses(news: list[Any]) -> list[Any]:
    return [each["losses"] for each in news if "losses" in each]


@pytest.mark.parametrize(
    ("name", "kind", "options"),
    [("flow", FlowTraining, FLOW), ("model", ModelTraining, MODEL)],
)
def test_a_training_on_ray_has_the_losses_and_the_weights_of_one_here(
    on_ray: Jobs, name: str, kind: type[Task], options: dict[str, Any]
) -> None:
    job = on_ray.submit(Request(name, options, "a visitor"))
    here: Any = kind(**options)
    told = [step.news for step in here.steps() if step.news is not None]
    found = job.result(STARTS)
    assert losses(job.take()) == losses(told)
    assert len(losses(told)) > 1
    for there, mine in zip(found["weights"], here.result()["weights"], strict=True):
        np.testing.assert_array_equal(there, mine)


def test_an_arima_on_ray_is_the_one_here(on_ray: Jobs) -> None:
    series = load_series("sunspots")
    job = on_ray.submit(Request("arima", {"values": series.values, "p": 2, "d": 0, "q": 1}))
    expected = fit(series, 2, 0, 1)
    found = Fit(series=series, **job.result(STARTS))
    assert job.take() == list(range(1, expected.iterations + 1))
    for each in fields(Fit):
        if each.name not in ("series", "seconds"):
            np.testing.assert_array_equal(getattr(found, each.name), getattr(expected, each.name))


@pytest.fixture
def backend(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process is one of an app whose models run on the cluster."""
    from arviz_models.on_ray.sampling import RaySampler

    monkeypatch.setenv("ARVIZ_BACKEND", f"ray://{cluster.address}")
    monkeypatch.setattr(sampler, "_samplers", {})
    monkeypatch.setattr(jobs, "_pools", {})
    st.cache_data.clear()
    st.cache_resource.clear()
    made = sampler.get_sampler()
    assert isinstance(made, RaySampler)
    until_drawn(made)
    yield
    made.close()
    for each in jobs.all_jobs():
        each.close()


@pytest.mark.usefixtures("backend")
def test_a_page_shows_what_the_cluster_has_drawn() -> None:
    app = visit("pixelcnn", activity="draw", seed="24")
    whole(app)
    assert len(app.error) == 0
    meta, arrays = packed(app, "draw")
    assert meta["seed"] == 24
    [drew] = sampler.all_samplers()  # none of this process was asked
    assert drew is sampler.get_sampler()
    model = load_pretrained("pixelcnn-mnist", "cpu")
    expected = model.sample(1, generator=torch.Generator().manual_seed(24))
    assert np.array_equal(arrays["values"], expected.flatten()[model.order].numpy())
