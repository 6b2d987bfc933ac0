"""The flow's pictures hold the model's own numbers."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np
import pytest
import torch

from arviz_models import flows
from arviz_models.analysis.flow_planes import (
    ALONG,
    CELLS,
    FRAMES,
    LATTICE,
    LINES,
    SHOWN,
    WINDOW,
    densities,
    film,
    frame_arrays,
    frame_steps,
    made_match,
    still_arrays,
)
from arviz_models.figures.export import figure_bytes
from pages.flows import figures, state

DATA = flows.dataset("moons")


@pytest.fixture(params=flows.KINDS)
def model(request: pytest.FixtureRequest) -> Any:
    found = flows.flow(request.param, transforms=3, order="natural")
    for _ in flows.train(found, DATA, 15):
        pass
    return found


def test_every_pair_is_the_models_own(model: Any) -> None:
    meta, arrays = still_arrays(model, DATA)
    pairs = torch.as_tensor(arrays["pairs"])
    assert pairs.shape == (4, 2 * LATTICE**2, 2)
    inside = pairs.abs().amax((0, 2)) < 6
    there = flows.path(model, pairs[-1])
    assert float((there - pairs)[:, inside].abs().max()) < 1e-3
    assert meta["K"] == 3
    assert meta["loss"] == pytest.approx(
        -float(flows.log_density(model, torch.as_tensor(DATA)).mean())
    )


def test_the_numbers_at_a_point_belong_together(model: Any) -> None:
    _, arrays = still_arrays(model, DATA)
    determinant = np.log(np.abs(np.linalg.det(arrays["total"].astype(float))))
    base, whole = arrays["log_p"]
    assert np.allclose((whole - base)[:500], determinant[:500], atol=1e-3)
    assert (arrays["jacobian"][:, :, 0, 1] == 0).all()  # in the natural order


def test_grid_points_and_density_are_the_flows(model: Any) -> None:
    _, arrays = still_arrays(model, DATA)
    density = densities(model)
    assert np.array_equal(arrays["points"][-1], DATA[:SHOWN])
    lines = arrays["lines"].reshape(4, 2 * LINES, ALONG, 2)
    assert np.ptp(lines[0, :LINES, :, 0], axis=1).max() == 0  # z1 constant
    assert np.ptp(lines[0, LINES:, :, 1], axis=1).max() == 0  # z2 constant
    # x1 of a line of constant z1 does not move either: x1 reads nothing.
    assert np.ptp(lines[-1, :LINES, :, 0], axis=1).max() < 1e-5
    cell = (2 * WINDOW / CELLS) ** 2
    assert density[0].sum() * cell == pytest.approx(1, abs=0.01)
    again = arrays["most"][:, None] * (arrays["density"] / 255.0) ** 2  # as the picture reads them
    assert np.abs(again - density).max() < 0.005 * density.max()


@pytest.mark.slow
def test_frames_are_of_one_size_and_the_last_is_the_end(model: Any) -> None:
    frames = [frame_arrays(model, DATA) for _ in range(2)]
    together = film(frames)
    assert together["frame_points"].shape == (2, SHOWN, 2)
    assert {array.dtype.name for array in together.values()} == {"uint8", "float16", "float32"}
    _, still = still_arrays(model, DATA)
    assert np.array_equal(together["frame_density"][1], still["density"][-1])
    assert together["frame_most"][1] == still["most"][-1]


@pytest.mark.parametrize("steps", [1, 50, 200, 2000])
def test_frames_are_kept_to_the_last_step(steps: int) -> None:
    kept = frame_steps(steps)
    assert kept[-1] == steps
    assert len(kept) < FRAMES
    assert min(kept) >= 1


def test_a_made_and_a_maf_step_match() -> None:
    for order in flows.ORDERS:
        cells, difference = made_match(5, order)
        assert cells == 0
        assert difference < 1e-5
    assert figure_bytes(figures.made_figure(3, "natural"), "png").startswith(b"\x89PNG")


@pytest.mark.slow
def test_what_is_taken_away_is_whole(model: Any) -> None:
    picture = figures.planes_figure(model, DATA, "MAF on moons")
    assert b"<svg" in figure_bytes(picture, "svg")
    saved = np.load(io.BytesIO(figures.archive(model, DATA, [2.0, 1.5])))
    assert np.array_equal(saved["data"], DATA)
    assert saved["losses"].tolist() == [2.0, 1.5]
    assert np.array_equal(saved["density"], densities(model))


def test_the_csv_files_hold_the_flows_own_numbers(model: Any) -> None:
    rows = list(csv.DictReader(io.StringIO(figures.points_csv(model, DATA))))
    assert len(rows) == len(DATA)
    table = np.array([[float(value) for value in row.values()] for row in rows])
    x = torch.as_tensor(DATA)
    assert np.allclose(table[:, :2], DATA, atol=1e-4)
    assert np.allclose(table[:, 2:4], flows.path(model, x)[0], atol=1e-3)
    assert np.allclose(table[:, 4], flows.log_density(model, x), atol=1e-3)
    losses = list(csv.DictReader(io.StringIO(figures.losses_csv([2.5, 1.25]))))
    assert losses == [{"step": "1", "loss_nats": "2.5"}, {"step": "2", "loss_nats": "1.25"}]


@pytest.mark.slow
def test_the_gif_of_the_transforms_has_every_stage(model: Any) -> None:
    from PIL import Image, ImageSequence

    film = Image.open(io.BytesIO(figures.transforms_gif(model, DATA, "MAF on moons")))
    assert len(list(ImageSequence.Iterator(film))) == 4  # z, and one for each of three transforms
    assert min(film.size) >= 400


@pytest.mark.slow
def test_the_gif_of_the_training_has_every_picture_that_was_kept() -> None:
    from PIL import Image, ImageSequence

    learning = flows.flow("maf", transforms=2)
    frames, kept = [frame_arrays(learning, DATA)], [{"step": 0, "loss": 2.9}]
    for progress in flows.train(learning, DATA, 30):
        if progress.step % 15 == 0:
            frames.append(frame_arrays(learning, DATA))
            kept.append({"step": progress.step, "loss": progress.loss})
    film = Image.open(io.BytesIO(figures.training_gif(DATA, frames, kept, "MAF on moons")))
    assert len(list(ImageSequence.Iterator(film))) == 3
    seen = []
    for number in range(3):
        film.seek(number)
        seen.append(film.convert("L").tobytes())
    assert len(set(seen)) == 3


@pytest.mark.parametrize("ground", ["light", "dark"])
def test_curves_show_what_was_measured(ground: str) -> None:
    curve = figures.loss_figure([3.0, 2.0, 1.0], 10, ground)
    assert list(curve.data[0].y) == [3.0, 2.0, 1.0]
    assert list(curve.data[1].y) == [3.0, 2.5, 2.0]
    measured = [flows.count_passes(kind, 2, repeats=1) for kind in flows.KINDS]
    chart = figures.passes_figure(measured, ground)
    assert [trace.customdata[0] for trace in chart.data] == [1, 2, 3, 1]
    assert list(chart.layout.xaxis.tickvals) == [2]
    written = [float(text) for text in chart.layout.yaxis.ticktext]  # whole numbers, no bare 2 or 5
    assert written == list(chart.layout.yaxis.tickvals) == sorted(written)
    low, high = (10**end for end in chart.layout.yaxis.range)
    assert all(low <= y <= high for trace in chart.data for y in trace.y)


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([0.3, 4.0], [0.2, 0.5, 1.0, 2.0, 5.0]),
        ([1.0, 1.0], [1.0]),
        ([9.0, 11.0], [5.0, 10.0, 20.0]),
    ],
)
def test_ticks_of_a_log_axis_enclose_the_values(values: list[float], ticks: list[float]) -> None:
    assert figures.log_ticks(values) == ticks


def test_the_lessons_limits_are_the_models() -> None:
    assert set(state.ORDERS) == set(flows.ORDERS)
    assert set(state.DATA) == {*flows.DATASETS, "drawn"}


@pytest.mark.parametrize(("alpha", "mu"), [(np.log(2), 1.0), (-1.2, -2.0), (0.0, 0.0)])
def test_the_stretched_curve_has_area_1_and_log_p_is_log_n_minus_alpha(
    alpha: float, mu: float
) -> None:
    z, p_z, x, p_x = figures.stretched_curves(alpha, mu).T
    assert np.trapezoid(p_x, x) == pytest.approx(1, abs=1e-3)
    assert np.log(p_x) == pytest.approx(np.log(p_z) - alpha)
    assert x == pytest.approx(np.exp(alpha) * z + mu)
    table = list(csv.DictReader(io.StringIO(figures.stretch_csv(alpha, mu))))
    assert float(table[120]["x"]) == pytest.approx(mu, abs=1e-5)


def test_the_csv_of_passes_holds_what_was_counted() -> None:
    [row] = csv.DictReader(io.StringIO(figures.passes_csv([flows.count_passes("iaf", 3)])))
    assert (row["kind"], row["density_passes"], row["sample_passes"]) == ("iaf", "4", "1")
