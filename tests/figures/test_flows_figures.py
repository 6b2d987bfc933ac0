"""The flow's pictures hold the model's own numbers."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import torch

from arviz_models import flows
from arviz_models.figures import flows as figures
from arviz_models.figures.nade import figure_bytes
from pages.ui import flows_lesson

DATA = flows.dataset("moons")


@pytest.fixture(params=flows.KINDS)
def model(request: pytest.FixtureRequest) -> Any:
    found = flows.flow(request.param, transforms=3, order="natural")
    for _ in flows.train(found, DATA, 15):
        pass
    return found


def test_every_pair_is_the_models_own(model: Any) -> None:
    meta, arrays = figures.still_arrays(model, DATA)
    pairs = torch.as_tensor(arrays["pairs"])
    assert pairs.shape == (4, 2 * figures.LATTICE**2, 2)
    inside = pairs.abs().amax((0, 2)) < 6
    there = flows.path(model, pairs[-1])
    assert float((there - pairs)[:, inside].abs().max()) < 1e-3
    assert meta["K"] == 3
    assert meta["loss"] == pytest.approx(
        -float(flows.log_density(model, torch.as_tensor(DATA)).mean())
    )


def test_the_numbers_at_a_point_belong_together(model: Any) -> None:
    _, arrays = figures.still_arrays(model, DATA)
    determinant = np.log(np.abs(np.linalg.det(arrays["total"].astype(float))))
    base, whole = arrays["log_p"]
    assert np.allclose((whole - base)[:500], determinant[:500], atol=1e-3)
    assert (arrays["jacobian"][:, :, 0, 1] == 0).all()  # in the natural order


def test_grid_points_and_density_are_the_flows(model: Any) -> None:
    _, arrays = figures.still_arrays(model, DATA)
    assert np.array_equal(arrays["points"][-1], DATA[: figures.SHOWN])
    lines = arrays["lines"].reshape(4, 2 * figures.LINES, figures.ALONG, 2)
    assert np.ptp(lines[0, : figures.LINES, :, 0], axis=1).max() == 0  # z1 constant
    assert np.ptp(lines[0, figures.LINES :, :, 1], axis=1).max() == 0  # z2 constant
    # x1 of a line of constant z1 does not move either: x1 reads nothing.
    assert np.ptp(lines[-1, : figures.LINES, :, 0], axis=1).max() < 1e-5
    cell = (2 * figures.WINDOW / figures.CELLS) ** 2
    assert arrays["density"][0].astype(float).sum() * cell == pytest.approx(1, abs=0.01)


def test_frames_are_of_one_size_and_the_last_is_the_end(model: Any) -> None:
    frames = [figures.frame_arrays(model, DATA) for _ in range(2)]
    film = figures.film(frames)
    assert film["frame_points"].shape == (2, figures.SHOWN, 2)
    assert {array.dtype.name for array in film.values()} == {"float16"}
    _, still = figures.still_arrays(model, DATA)
    assert np.allclose(film["frame_density"][1], still["density"][-1], atol=1e-2)


@pytest.mark.parametrize("steps", [1, 50, 200, 2000])
def test_frames_are_kept_to_the_last_step(steps: int) -> None:
    kept = figures.frame_steps(steps)
    assert kept[-1] == steps
    assert len(kept) < figures.FRAMES
    assert min(kept) >= 1


def test_a_made_and_a_maf_step_match() -> None:
    for order in flows.ORDERS:
        cells, difference = figures.made_match(5, order)
        assert cells == 0
        assert difference < 1e-5
    assert figure_bytes(figures.made_figure(3, "natural"), "png").startswith(b"\x89PNG")


def test_what_is_taken_away_is_whole(model: Any) -> None:
    picture = figures.planes_figure(model, DATA, "MAF on moons")
    assert b"<svg" in figure_bytes(picture, "svg")
    saved = np.load(io.BytesIO(figures.archive(model, DATA, [2.0, 1.5])))
    assert np.array_equal(saved["data"], DATA)
    assert saved["losses"].tolist() == [2.0, 1.5]


@pytest.mark.parametrize("ground", ["light", "dark"])
def test_curves_show_what_was_measured(ground: str) -> None:
    curve = figures.loss_figure([3.0, 2.0, 1.0], 10, ground)
    assert list(curve.data[0].y) == [3.0, 2.0, 1.0]
    assert list(curve.data[1].y) == [3.0, 2.5, 2.0]
    measured = [flows.count_passes(kind, 2, repeats=1) for kind in flows.KINDS]
    chart = figures.passes_figure(measured, ground)
    assert [trace.customdata[0] for trace in chart.data] == [1, 2, 3, 1]


def test_the_lessons_limits_are_the_models() -> None:
    assert (flows.FEWEST_POINTS, flows.MOST_POINTS) == (
        flows_lesson.FEWEST_POINTS,
        flows_lesson.MOST_POINTS,
    )
    assert set(flows_lesson.ORDERS) == set(flows.ORDERS)
    assert set(flows_lesson.DATA) == {*flows.DATASETS, "drawn"}
