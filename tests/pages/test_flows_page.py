"""The page on flows: its link, its training, its tabs, the data that a student draws."""

from __future__ import annotations

import math
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.test_lesson_pages import link, visit, whole


def press(app: AppTest, label: str, number: int = 0) -> AppTest:
    return [button for button in app.button if button.label == label][number].click().run()


def runs(app: AppTest) -> list[Any]:
    return list(app.session_state["flows.runs"].values())


def test_it_opens_untrained_and_the_button_trains() -> None:
    app = visit("flows", steps="200", layers="2")
    whole(app)
    assert [run.losses for run in runs(app)] == [[]]
    press(app, "Train")
    whole(app)
    [run] = runs(app)
    assert len(run.losses) == 200
    assert run.loss < run.losses[0]
    assert run.kept[0]["step"] == 0
    assert run.kept[-1]["step"] == 200
    assert "Train again" in [button.label for button in app.button]
    assert any("200 steps" in caption.value for caption in app.caption)


def test_a_stopped_training_keeps_what_it_learned() -> None:
    from arviz_models.flows import train

    app = visit("flows", layers="1")
    [run] = runs(app)
    steps = train(run.model, run.data, 500)
    run.losses = [next(steps).loss for _ in range(30)]
    run.note_frame()
    run.steps = None
    app.run()
    whole(app)
    assert any("stopped after 30 steps" in caption.value for caption in app.caption)


@pytest.mark.slow
def test_every_tab_opens() -> None:
    app = visit("flows", steps="200", layers="1")
    press(app, "Train")
    for label in [tab.label for tab in app.tabs]:
        app.session_state["flows.tabs"] = label
        app.run()
        whole(app)
        [tab] = [tab for tab in app.tabs if tab.label == label]
        assert len(tab.children) > 0, label


def test_passes_are_counted_on_a_click() -> None:
    app = visit("flows")
    app.session_state["flows.tabs"] = "Passes and times"
    app.run()
    press(app, "Count and time, D = 2 to 64")
    whole(app)
    [table] = app.dataframe
    assert table.value["density, passes"].tolist()[:6] == [1] * 6
    assert table.value["sample, passes"].tolist() == [2, 4, 8, 16, 32, 64] + [1] * 6


@pytest.mark.parametrize(
    "query",
    [
        {"kind": "nice"},
        {"data": "swiss"},
        {"layers": "0"},
        {"layers": "9"},
        {"order": "spiral"},
        {"steps": "100000"},
        {"seed": "-1"},
        {"pin": "device"},
    ],
    ids=lambda query: "&".join(query),
)
def test_a_bad_link_falls_back_with_a_notice(query: dict[str, str]) -> None:
    app = visit("flows", **query)
    whole(app)
    [notice] = app.warning
    assert all(f"`{name}`" in notice.value for name in query)
    assert link(app) == {}


def test_a_link_brings_the_state_back() -> None:
    wanted = {"kind": "iaf", "data": "rings", "layers": "2", "order": "natural", "seed": "7"}
    app = visit("flows", **wanted)
    whole(app)
    assert link(app) == wanted
    assert app.session_state["flows.data"] == "rings"


def test_too_few_drawn_points_are_said_in_words_and_enough_are_taken() -> None:
    app = visit("flows", data="drawn")
    whole(app)
    assert "Train" not in [button.label for button in app.button]
    from pages.ui import flows_lesson

    assert flows_lesson.FEWEST_POINTS == 50
    spiral = [[0.1 * k * math.cos(k), 0.1 * k * math.sin(k)] for k in range(60)]
    from arviz_models.flows import drawn

    app.session_state["flows.problem"] = "Not yet: a flow learns from 50 points; given 12."
    app.run()
    assert "given 12" in app.error[0].value
    del app.session_state["flows.problem"]
    app.session_state["flows.points"] = drawn(spiral)
    app.run()
    whole(app)
    assert {"Train", "Draw again"} <= {button.label for button in app.button}


def test_presenting_shows_what_was_pinned_alone() -> None:
    app = visit("flows", present="1", pin="kind.train")
    whole(app)
    assert len(app.tabs) == len(app.slider) == len(app.selectbox) == 0
    assert "Train" in [button.label for button in app.button]


def test_an_answer_shows_the_reason_and_the_iaf() -> None:
    app = visit("flows")
    app.session_state["flows.question"] = "MAF"
    app.run()
    whole(app)
    assert any("Not quite." in said.value for said in app.markdown)
