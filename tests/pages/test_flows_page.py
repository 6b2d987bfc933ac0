"""The lesson on flows: its link, its training, its files, what its steps claim."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from arviz_models import drawn_points, flows, trained_flows
from arviz_models.analysis.flow_planes import triangle
from pages.flows import shelf as flows_shelf
from pages.flows.bend import STEPS_TOLD
from pages.flows.learning import RUNS
from pages.ui import work
from pages.ui.parts import Parts
from tests.pages.visiting import go_to, link, open_reading, packed, press, readings, visit, whole

SPIRAL = [[0.04 * k * np.cos(k / 9), 0.04 * k * np.sin(k / 9)] for k in range(70)]
BEND = {"activity": "bend"}
SMALL = {**BEND, "layers": "1", "order": "natural", "steps": "200"}


def opened(**query: str) -> AppTest:
    app = visit("flows", **query)
    whole(app)
    return app


def run_of(app: AppTest) -> Any:
    [run] = app.session_state[RUNS].values()
    return run


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def said(app: AppTest) -> str:
    return "\n".join(each.value for each in (*app.markdown, *app.caption))


def weights(model: Any) -> list[float]:
    return [float(value) for each in model.parameters() for value in each.detach().flatten()]


@pytest.fixture
def no_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever trains fails."""

    def no_more(*_: Any, **__: Any) -> Any:
        raise AssertionError("it is trained")

    monkeypatch.setattr(work, "submit", no_more)


# --- trained flows are there at once --------------------------------------------------------------


@pytest.mark.usefixtures("no_training")
@pytest.mark.parametrize("number", range(1, len(STEPS_TOLD)))  # the last one has a pad
def test_every_step_shows_a_trained_flow_at_once(number: int) -> None:
    app = opened(**BEND, tour=str(number))
    run = run_of(app)
    assert (run.done, run.shipped, run.live) == (trained_flows.STEPS, True, False)
    meta, arrays = packed(app, "flows", "flows_picture")
    assert meta["K"] == len(run.model.transform.transforms)
    assert meta["loss"] < 1 + np.log(2 * np.pi)  # a plain Gaussian's
    assert arrays["pairs"].size > 0
    assert "shipped" in said(app)


@pytest.mark.usefixtures("no_training")
def test_an_answer_shows_the_eight_transforms_that_learn_no_ring() -> None:
    app = opened(**BEND, tour="3")
    assert packed(app, "flows", "flows_picture")[0]["K"] == 1
    app.button(key="stage_answer_0").click().run()
    whole(app)
    assert packed(app, "flows", "flows_picture")[0]["K"] == 8
    assert link(app) == {**BEND, "tour": "3", "layers": "8"}


@pytest.mark.slow
def test_a_flow_that_does_not_ship_learns_at_once() -> None:
    app = opened(**SMALL)
    run = run_of(app)
    assert run.done == 200
    assert run.loss < run.losses[0]
    assert (run.kept[0]["step"], run.kept[-1]["step"]) == (0, 200)
    assert link(app) == SMALL  # all of its training is what an address means
    app.selectbox(key="flows.data").set_value("rings").run()
    whole(app)
    assert run_of(app).done == 200
    assert link(app) == {**SMALL, "data": "rings"}


@pytest.mark.slow
def test_train_again_trains_what_shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Parts, "follow", lambda *_: None)
    app = opened(**BEND, layers="1", order="natural")
    press(app, "Train again")
    run = run_of(app)
    assert run.live
    assert not run.shipped
    app.run()
    assert [label for label in labels(app) if label in ("Train again", "Stop")] == ["Stop"]
    meta, _ = packed(app, "flows", "flows_picture")
    assert meta["live"]
    assert len([bar for bar in app.get("progress") if "tep" in bar.proto.text]) == 1
    while not run.done:  # its worker process may still begin
        assert run.job is not None
        run.job.wait(60)
        run.take()
    press(app, "Stop")
    done = run.done
    assert link(app)["trained"] == str(done)
    assert f"stopped after {done:,} steps" in said(app)


@pytest.mark.slow
@pytest.mark.parametrize("steps", ["200", "60"])
def test_a_link_brings_the_trained_flow_back(steps: str) -> None:
    """It learns again, so many steps, and is the same to the last bit."""
    wanted = {**SMALL, "kind": "iaf", "seed": "3"} | ({"trained": steps} if steps != "200" else {})
    app = opened(**wanted)
    run = run_of(app)
    assert run.done == int(steps)
    assert link(app) == wanted
    assert len(app.warning) == 0
    model = flows.flow("iaf", 2, 1, "natural", seed=3)
    training = flows.train(model, flows.dataset("moons"), 200, seed=3)
    losses = [next(training).loss for _ in range(int(steps))]
    assert run.losses == losses
    assert weights(run.model) == weights(model)


@pytest.mark.slow
def test_a_flow_that_the_server_still_has_is_not_trained_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = opened(**SMALL)
    run = run_of(app)
    app.selectbox(key="flows.data").set_value("rings").run()  # the one before goes to the shelf

    def no_more(*_: Any, **__: Any) -> Any:
        raise AssertionError("it is trained again")

    monkeypatch.setattr(work, "submit", no_more)
    same = run_of(opened(**SMALL))  # another session
    assert weights(same.model) == weights(run.model)
    assert same.losses == run.losses
    assert same.kept == run.kept


@pytest.mark.slow
def test_leaving_and_coming_back_keeps_settings_and_training() -> None:
    app = opened(**SMALL, trained="60")
    run = run_of(app)
    app.query_params = {}
    go_to(app, "reading")
    app.run()
    go_to(app, "flows")
    app.run()
    whole(app)
    assert run_of(app) is run
    meta, _ = packed(app, "copy_link")
    assert meta["restored"]["query"] == {**SMALL, "trained": "60"}
    press(app, "Reset")
    assert link(app) == BEND
    assert run_of(app).shipped


@pytest.mark.slow
def test_what_the_server_keeps_is_bounded_and_what_was_put_away_is_learned_again() -> None:
    app = opened(**SMALL)
    losses = run_of(app).losses
    app.selectbox(key="flows.data").set_value("rings").run()
    [size, *_] = [entry[1] for entry in flows_shelf.learned()._entries.values()]
    assert size < 600_000  # bytes
    flows_shelf.learned().put("all there is", None, flows_shelf.MOST_LEARNED + 1)
    app.selectbox(key="flows.data").set_value("moons").run()
    assert run_of(app).losses == losses


# --- links ----------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("activity", "query"),
    [
        ("bend", {"kind": "nice"}),
        ("bend", {"data": "swiss"}),
        ("bend", {"layers": "0"}),
        ("bend", {"layers": "9"}),
        ("bend", {"order": "spiral"}),
        ("bend", {"steps": "100000"}),
        ("bend", {"trained": "2001"}),
        ("bend", {"trained": "0"}),
        ("bend", {"trained": "-1"}),
        ("bend", {"points": "abc"}),
        ("bend", {"points": "<b>"}),
        ("bend", {"seed": "-1"}),
        ("stretch", {"alpha": "7"}),
        ("stretch", {"alpha": "--1"}),
        ("stretch", {"mu": "<b>"}),
        ("stretch", {"view": "cake"}),
        ("stretch", {"layers": "2"}),  # of another activity
        ("maf-or-iaf", {"made_d": "7"}),
        ("maf-or-iaf", {"variables": "9"}),
        ("maf-or-iaf", {"task": "guess"}),
    ],
    ids=lambda given: given if isinstance(given, str) else "&".join(map("=".join, given.items())),
)
def test_a_bad_link_falls_back_with_a_notice(activity: str, query: dict[str, str]) -> None:
    app = opened(activity=activity, **query)
    [notice] = app.warning
    assert all(f"`{name}`" in notice.value for name in query)
    assert link(app) == ({} if activity == "stretch" else {"activity": activity})


def test_a_link_with_sliders_to_the_left_of_0_is_kept() -> None:
    wanted = {"alpha": "-0.5", "mu": "-1.25", "x": "-3"}
    assert link(opened(**wanted)) == wanted


# --- points of one's own --------------------------------------------------------------------------


def test_the_limits_of_the_pad_are_those_of_the_data() -> None:
    app = opened(**BEND, tour="5")
    assert not {"Train again", "Stop"} & set(labels(app))
    meta, _ = packed(app, "flows_pad")
    assert (meta["fewest"], meta["most"]) == (50, drawn_points.MOST_POINTS)


def test_too_few_drawn_points_are_said_in_words() -> None:
    app = opened(**BEND, tour="5")
    app.session_state["flows.problem"] = "Not yet: a flow learns from 50 points; given 12."
    app.run()
    assert "given 12" in app.error[0].value


@pytest.mark.slow
def test_own_points_travel_in_the_link_with_what_was_learned_from_them() -> None:
    text = drawn_points.to_text(SPIRAL)
    wanted = {**SMALL, "data": "drawn", "points": text, "trained": "50"}
    app = opened(**wanted)
    assert link(app) == wanted
    run = run_of(app)
    assert run.done == 50
    assert len(run.data) == len(SPIRAL)
    assert "Draw again" in labels(app)
    app.selectbox(key="flows.data").set_value("moons").run()
    assert link(app) == SMALL  # other data have no use for the points
    app.selectbox(key="flows.data").set_value("drawn").run()
    whole(app)
    assert link(app) == {**SMALL, "data": "drawn", "points": text}  # and they are not lost
    press(app, "Draw again")
    assert link(app) == {**SMALL, "data": "drawn"}
    packed(app, "flows_pad")


# --- the other activities -------------------------------------------------------------------------


def test_presenting_has_train_under_the_picture() -> None:
    app = opened(**BEND, present="1")
    assert labels(app).count("Train again") == 1
    assert readings(app) == []


def test_the_triangle_is_a_real_jacobian_and_its_diagonal_gives_its_determinant() -> None:
    app = opened(tour="4")
    meta, arrays = packed(app, "flows_triangle")
    jacobian = arrays["jacobian"].reshape(meta["D"], meta["D"])
    assert (np.triu(jacobian, 1) == 0).all()
    assert (np.abs(np.tril(jacobian, -1)) > 0).any()
    assert np.log(np.diag(jacobian)).sum() == pytest.approx(meta["log_det"], abs=1e-4)
    assert jacobian == pytest.approx(triangle(meta["D"], 3)[0], abs=1e-6)


def test_passes_are_counted_and_can_be_saved() -> None:
    app = opened(activity="maf-or-iaf", tour="4")
    measured = app.session_state["flows.measured"]
    assert [row.density for row in measured][:6] == [1] * 6
    assert [row.sample for row in measured] == [2, 4, 8, 16, 32, 64] + [1] * 6
    assert "| **IAF** | 65 | 1 |" in said(app)


def test_no_cell_of_the_masks_differs() -> None:
    assert "**0 of the masks' cells differ.**" in said(opened(activity="maf-or-iaf", tour="5"))


GIVES_AWAY = ("one pass", "1 pass", "D passes", "quick", "fast in", "0.199", "suits")


@pytest.mark.parametrize(
    ("activity", "tour"),
    [("stretch", "1"), ("bend", "1"), ("maf-or-iaf", "1"), ("maf-or-iaf", "2")],
)
def test_nothing_gives_an_answer_away_before_it_is_given(activity: str, tour: str) -> None:
    app = opened(activity=activity, tour=tour)
    for part in ("Formula", "What people get wrong"):
        open_reading(app, part)
        shown = [each.value for each in (*app.markdown, *app.caption)]
        shown = [text for text in shown if "Before you look" not in text]
        assert [text for text in shown if any(words in text for words in GIVES_AWAY)] == []


def test_what_people_get_wrong_about_the_directions_comes_after_the_answer() -> None:
    app = opened(activity="maf-or-iaf", tour="2")
    app.button(key="stage_answer_0").click().run()
    open_reading(app, "What people get wrong")
    assert "IAF cannot give a density." in said(app)


# --- what the steps claim of the shipped flows ----------------------------------------------------


def shown_flow(number: int, answer: bool = False) -> Any:
    app = opened(**BEND, tour=str(number))
    if answer:
        app.button(key="stage_answer_1").click().run()
    return run_of(app)


def test_one_transform_keeps_a_line_of_constant_z1_upright_and_one_cell_is_0() -> None:
    run = shown_flow(2)
    line = torch.stack([torch.full((50,), 0.7), torch.linspace(-3, 3, 50)], 1)
    z, x = flows.path(run.model, line, "z")
    assert float(x[:, 0].max() - x[:, 0].min()) < 1e-6
    assert not torch.allclose(x[:, 1], z[:, 1], atol=0.05)
    [reads] = flows.adjacency(run.model)
    assert not bool(reads[0].any())  # dz1/dx2 is 0 by structure
    assert bool(reads[1, 0])
    [jacobian] = flows.jacobians(run.model, x)
    assert bool((jacobian[:, 0, 1] == 0).all())


def slopes_of_x1(model: Any) -> torch.Tensor:
    """dx1/dz1 between random points."""
    z = torch.randn(500, 2, generator=torch.Generator().manual_seed(0))
    x = flows.path(model, z, "z")[-1]
    return (x[1:, 0] - x[:-1, 0]) / (z[1:, 0] - z[:-1, 0])


def test_in_the_natural_order_x1_stays_gaussian_and_reversed_it_does_not() -> None:
    natural, turned = shown_flow(3, answer=True), shown_flow(4)
    assert len(natural.model.transform.transforms) == 8
    slope = slopes_of_x1(natural.model)
    assert torch.allclose(slope, slope[0].expand_as(slope), rtol=2e-2)  # an affine map of z1
    slope = slopes_of_x1(turned.model)
    assert not torch.allclose(slope, slope[0].expand_as(slope), rtol=0.5)
    assert natural.loss - turned.loss > 0.3  # nats


def test_where_the_grid_is_squeezed_the_density_rises() -> None:
    run = shown_flow(1)
    x = torch.as_tensor(run.data[:500])
    places = flows.path(run.model, x)
    assert len(places) == 9  # z, and after each of eight transforms
    squeezed = torch.linalg.slogdet(flows.total_jacobian(flows.jacobians(run.model, x)))[1]
    rise = flows.log_density(run.model, x) - run.model.base(None).log_prob(places[0])
    assert torch.allclose(rise, squeezed, atol=1e-3)  # that is all the determinant says
    assert bool((squeezed > 0).any())
    assert bool((squeezed < 0).any())
