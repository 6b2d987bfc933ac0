"""What each step of the NADE lesson says is true of the picture that it sets."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from arviz_models.pretrained import load_pretrained
from pages.nade import learn
from pages.nade.claims import at_an_edge
from pages.nade.lesson import LESSON
from pages.ui.claims import load
from pages.ui.outline import Activity
from pages.ui.parts import Parts
from tests.pages import visiting
from tests.pages.visiting import link, open_reading, packed, press, whole

visit = partial(visiting.visit, "nade")
CLAIMS: dict[str, Any] = load(learn.__file__)


def step(
    activity: str, number: int, name: str = "nade"
) -> tuple[AppTest, dict[str, Any], dict[str, Any]]:
    """A step opened by its link: the page, and meta and arrays of the picture."""
    app = visit(activity=activity, tour=str(number))
    whole(app)
    assert len(app.warning) == len(app.error) == 0
    return app, *packed(app, name)


def answer(app: AppTest, activity: Activity, number: int) -> None:
    """Give the right answer to a step's question."""
    question = activity.steps[number - 1].question
    assert question is not None
    place = list(question.answers).index(question.right)
    app.button(key=f"stage_answer_{place}").click().run()
    whole(app)


def test_the_first_p_follows_from_weights_alone() -> None:
    _, meta, arrays = step("draw", 1)
    assert meta["goto"]["step"] == 0
    assert meta["hidden"] == ["p"]
    nade: Any = load_pretrained("nade-digits", "cpu")
    with torch.no_grad():
        z = nade.V[0, 0] @ torch.sigmoid(nade.c) + nade.b.flatten()[0]
    assert arrays["p"][0] == pytest.approx(float(torch.sigmoid(z)), abs=1e-6)
    assert arrays["p"][0] == pytest.approx(CLAIMS["p of pixel 0"], rel=0.01)


def test_u_decides_each_pixel_and_nothing_else_does() -> None:
    _, meta, arrays = step("draw", 2)
    np.testing.assert_array_equal(arrays["values"], arrays["u"] >= 1 - arrays["p"])
    assert arrays["first_h"].size == 0
    assert meta["goto"]["step"] == 2
    assert arrays["p"][2] == pytest.approx(CLAIMS["p of pixel 2"], rel=0.01)


def test_the_step_of_the_column_shows_a_pixel_that_is_1() -> None:
    _, meta, arrays = step("draw", 3)
    assert arrays["values"][meta["goto"]["step"] - 1] == 1
    nade: Any = load_pretrained("nade-digits", "cpu")
    assert nade.U is None  # a 0 adds nothing
    assert float(nade.W[2].abs().max()) > 0.5


@pytest.mark.parametrize(("number", "words"), [(2, "digits"), (3, "mnist")])
def test_a_flip_changes_as_many_later_pixels_as_said_and_no_earlier(
    number: int, words: str
) -> None:
    _, meta, arrays = step("flip", number)
    [flipped] = meta["flips"]
    changed = np.flatnonzero(arrays["values"] != arrays["base"])
    assert (changed < flipped).sum() == 0
    assert (changed > flipped).sum() == CLAIMS[f"{words}: later pixels that change"]
    assert meta["goto"]["step"] == len(arrays["order"])


def test_the_flip_is_not_shown_before_the_question_is_answered() -> None:
    app, meta, _ = step("flip", 1)
    assert meta["flips"] == []
    answer(app, LESSON.activity("flip"), 1)
    meta, _ = packed(app, "nade")
    assert meta["flips"] == [10]


@pytest.mark.slow
def test_a_scored_digit_costs_what_the_model_says() -> None:
    app, meta, arrays = step("score", 1, "nade_score")
    assert meta["view"] == "p"
    nade = load_pretrained("nade-mnist", "cpu")
    x = torch.from_numpy(arrays["x"].astype(np.int64)).reshape(1, 1, 28, 28)
    with torch.no_grad():
        assert arrays["cost"].sum() == pytest.approx(-float(nade.log_prob(x)), rel=1e-4)
    of_value = np.where(arrays["x"] == 1, arrays["p"], 1 - arrays["p"])
    np.testing.assert_allclose(np.exp(-arrays["cost"]), of_value, atol=1e-5)
    answer(app, LESSON.activity("score"), 1)
    meta, arrays = packed(app, "nade_score")
    assert meta["view"] == "cost"
    assert meta["goto"]["pixel"] == int(arrays["cost"].argmax())


def test_the_marks_of_the_loss_stand_in_the_order_that_is_told() -> None:
    _, meta, _ = step("score", 3, "nade_score")
    nats = {mark["name"]: mark["nats"] for mark in meta["marks"]}
    assert nats["coin tosses"] == pytest.approx(784 * math.log(2))
    assert nats["this model, mean"] < nats["independent pixels"] < nats["coin tosses"]


def test_files_of_a_score_do_not_answer_its_question() -> None:
    app = visit(activity="score")
    open_reading(app, "Take away")
    assert len(app.get("download_button")) == 0
    assert any("Answer the question" in said.value for said in app.caption)


def test_counts_are_covered_until_the_question_about_them_is_answered() -> None:
    app, meta, _ = step("score", 4, "nade_score")
    assert meta["hidden"] == ["counts"]
    answer(app, LESSON.activity("score"), 4)
    meta, arrays = packed(app, "nade_score")
    assert meta["hidden"] == []
    assert sorted(arrays["order"]) == list(range(784))


def test_an_edge_is_a_neighbour_of_another_value() -> None:
    image = np.zeros((4, 4), int)
    image[1:, 1:] = 1
    assert at_an_edge(image, np.array([0])) == 0
    assert at_an_edge(image, np.array([1, 5])) == 2
    assert at_an_edge(image, np.array([10])) == 0


def train(run: learn.Run, steps: int) -> None:
    """Wait until so many steps are taken; where these are all, until it has ended."""
    while run.live and (run.done < steps or steps == run.total):
        assert run.job is not None
        assert run.job.wait(visiting.PATIENCE)
        run.take()


@pytest.fixture
def page_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page does not wait for the end of its training: the test looks when it likes."""
    monkeypatch.setattr(Parts, "follow", lambda *_: None)


@pytest.mark.usefixtures("page_goes_on")
def test_training_lowers_the_loss_and_keeps_moments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learn, "LENGTHS", ("20",))
    app, meta, arrays = step("learn", 2, "nade_learn")
    assert arrays["losses"].size == 0
    assert meta["moments"][0]["test"] == pytest.approx(64 * math.log(2), rel=0.02)
    app.button(key="nade.learn.train").click().run()
    whole(app)
    assert app.button(key="nade.learn.train").disabled
    run = next(iter(app.session_state[learn.RUNS].values()))
    train(run, 20)
    app.run()
    whole(app)
    meta, arrays = packed(app, "nade_learn")
    assert not meta["live"]
    assert arrays["losses"].size == 20
    assert meta["moments"][-1]["step"] == 20
    assert meta["moments"][-1]["test"] < meta["moments"][0]["test"] - 10
    assert app.button(key="nade.learn.train").label == "Train again"


@pytest.mark.usefixtures("page_goes_on")
def test_stop_stops_and_training_goes_on_from_there() -> None:
    app, _, _ = step("learn", 2, "nade_learn")
    app.button(key="nade.learn.train").click().run()
    run = next(iter(app.session_state[learn.RUNS].values()))
    train(run, 3)
    app.button(key="nade.learn.stop").click().run()
    whole(app)
    done = len(run.losses)
    app.run()
    assert len(run.losses) == done > 0
    assert app.button(key="nade.learn.train").label == "Go on"
    app.button(key="nade.learn.train").click().run()
    assert next(iter(app.session_state[learn.RUNS].values())) is run


@pytest.mark.usefixtures("page_goes_on")
def test_one_who_goes_back_to_the_question_sees_the_moment_before_the_training() -> None:
    app, _, before = step("learn", 2, "nade_learn")
    app.button(key="nade.learn.train").click().run()
    train(next(iter(app.session_state[learn.RUNS].values())), 30)
    app.button(key="nade.learn.stop").click().run()
    press(app, "Back")
    meta, arrays = packed(app, "nade_learn")
    assert [moment["step"] for moment in meta["moments"]] == [0]
    assert not meta["live"]
    assert arrays["losses"].size == 0
    assert np.array_equal(arrays["samples"], before["samples"])
    answer(app, LESSON.activity("learn"), 1)
    meta, arrays = packed(app, "nade_learn")
    assert len(meta["moments"]) > 1
    assert arrays["losses"].size >= 30


def test_the_loss_is_covered_until_its_question_is_answered() -> None:
    app, meta, _ = step("learn", 1, "nade_learn")
    assert meta["hidden"] == ["loss"]
    answer(app, LESSON.activity("learn"), 1)
    meta, _ = packed(app, "nade_learn")
    assert meta["hidden"] == []


def test_the_diagram_covers_nade_in_its_first_step_alone() -> None:
    _, meta, arrays = step("chance", 1, "nade_chance")
    assert meta["hidden"] == ["visible"]
    assert arrays["decoder"].size == 64 * arrays["z"].size
    _, meta, arrays = step("chance", 2, "nade_chance")
    assert meta["hidden"] == []
    nade = load_pretrained("nade-digits", "cpu")
    drawn = nade.sample(1, generator=torch.Generator().manual_seed(8)).flatten().numpy()
    np.testing.assert_array_equal(arrays["values"], drawn)


def test_a_gaussian_start_is_compared_with_the_constant() -> None:
    _, meta, arrays = step("chance", 4)
    assert meta["start"] == "gaussian"
    changed = np.flatnonzero(arrays["values"] != arrays["base"])
    assert changed[0] == 0  # the corner
    assert arrays["values"][0] == 1
    assert len(changed) == CLAIMS["changed by the dot, seed 18"]


def test_always_the_likelier_value_gives_an_empty_image_after_the_question() -> None:
    app, meta, arrays = step("chance", 5)
    assert meta["temperature"] == 1
    assert arrays["values"].sum() > 30
    answer(app, LESSON.activity("chance"), 5)
    meta, arrays = packed(app, "nade")
    assert meta["temperature"] == 0
    assert arrays["values"].sum() == 0


@pytest.mark.slow
def test_many_samples_are_drawn_when_asked_for() -> None:
    app = visit(tour="2")  # the first step asks about what is drawn
    open_reading(app, "Take away")
    before = len(app.get("download_button"))
    assert before > 0
    press(app, "Draw them")
    assert len(app.get("download_button")) == before + 1
    assert any("of 64 samples" in said.value for said in app.caption)
    assert link(app) == {"tour": "2"}
