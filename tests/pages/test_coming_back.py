"""A lesson that is left and opened again is as it was left, also what is open below the stage."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pages import LESSONS
from tests.pages.visiting import (
    being_read,
    by_hand,
    go_to,
    link,
    open_reading,
    packed,
    press,
    visit,
    whole,
)

STEMS = [lesson.slug.replace("-", "_") for lesson in LESSONS]


def go(app: AppTest, stem: str) -> AppTest:
    """Another page by the navigation, whose links have no query."""
    app.query_params = {}
    go_to(app, stem)
    app.run()
    whole(app)
    return app


def put_back(app: AppTest) -> dict[str, str]:
    """The address that the browser is told to put back, with the number of the visit."""
    meta, _ = packed(app, "copy_link")
    return dict(meta["restored"]["query"])


WRONG = "What people get wrong"


@pytest.mark.slow
@pytest.mark.parametrize("stem", STEMS)
def test_what_is_open_below_the_stage_is_in_the_link_and_comes_back_by_it(stem: str) -> None:
    app = visit(stem)
    assert link(app, reading=True) == {}
    open_reading(app, WRONG)
    assert link(app, reading=True) == {"reading": "what-people-get-wrong"}
    again = visit(stem, **link(app, reading=True))
    whole(again)
    assert len(being_read(again)) > 0
    assert link(again, reading=True) == {"reading": "what-people-get-wrong"}


def test_a_part_that_is_not_there_is_told_and_the_first_is_open() -> None:
    app = visit("nade", reading="no-such-part")
    [notice] = app.warning
    assert "`reading`" in notice.value
    assert link(app, reading=True) == {}


def test_a_step_and_reset_leave_open_what_is_open_below() -> None:
    app = visit("nade")
    open_reading(app, WRONG)
    app.button(key="stage_next").click().run()
    press(app, "Reset")
    assert link(app, reading=True) == {"tour": "2", "reading": "what-people-get-wrong"}


@pytest.mark.slow
@pytest.mark.parametrize("stem", STEMS)
def test_a_lesson_left_for_another_page_comes_back_as_it_was(stem: str) -> None:
    app = visit(stem)
    open_reading(app, WRONG)
    app.button(key="stage_next").click().run()
    if "Reseed" in [button.label for button in app.button]:
        press(app, "Reseed")
    left = link(app, reading=True)
    assert left["reading"] == "what-people-get-wrong"
    assert left["tour"] == "2"
    go(app, "reading")
    assert link(app, reading=True) == {}
    go(app, stem)
    assert put_back(app) == left


def test_what_was_set_comes_back_and_reset_goes_to_the_defaults() -> None:
    app = visit("nade")
    by_hand(app, seed=7)
    by_hand(app, temperature=0.5)
    go(app, "made")
    go(app, "nade")
    assert put_back(app) == {"seed": "7", "temperature": "0.5"}
    assert app.session_state["nade.seed"] == 7
    assert app.session_state["nade.temperature"] == 0.5
    press(app, "Reset")
    assert link(app) == {}
    go(app, "made")
    go(app, "nade")
    assert put_back(app) == {}


def test_runs_before_the_browser_has_put_the_address_back_change_nothing() -> None:
    app = visit("nade")
    by_hand(app, seed=7)
    go(app, "made")
    go(app, "nade")
    app.run()  # the address is still without a query
    assert app.session_state["nade.seed"] == 7
    app.query_params = {"seed": "7"}  # now the browser has put it back
    app.run()
    assert app.session_state["nade.seed"] == 7
    app.query_params = {}  # and this is a step back
    app.run()
    assert app.session_state["nade.seed"] == 8


@pytest.mark.parametrize(
    ("stem", "name", "value", "owned"),
    [("nade", "seed", 7, {"step": "3"}), ("lab", "width", 7, {"run": "a" * 12})],
)
def test_what_a_page_adds_to_an_address_without_its_settings_is_no_link(
    stem: str, name: str, value: int, owned: dict[str, str]
) -> None:
    app = visit(stem, **{name: str(value)})
    go(app, "glossary")
    go(app, stem)
    app.query_params = dict(owned)  # as the lab notes its run, before the browser has put it back
    app.run()
    assert app.session_state[f"{stem}.{name}"] == value
    app.query_params = {name: str(value), **owned}
    app.run()
    assert app.session_state[f"{stem}.{name}"] == value
    app.query_params = {}  # a step back is one again
    app.run()
    assert app.session_state[f"{stem}.{name}"] != value


def test_a_link_with_a_query_goes_before_what_was_left() -> None:
    app = visit("nade")
    by_hand(app, seed=7)
    go(app, "made")
    go_to(app, "nade")
    app.query_params = {"temperature": "2"}
    app.run()
    assert link(app) == {"temperature": "2"}


def test_back_on_the_same_page_still_goes_to_the_defaults() -> None:
    app = visit("nade")
    go(app, "made")
    go(app, "nade")
    by_hand(app, seed=7)
    app.query_params = {}
    app.run()
    assert app.session_state["nade.seed"] == 8
    assert link(app) == {}


def test_an_edit_right_after_coming_back_loses_nothing() -> None:
    app = visit("nade")
    by_hand(app, seed=7)
    go(app, "made")
    go(app, "nade")
    app.query_params = {}  # the browser has not heard of the address yet
    by_hand(app, temperature=2.0)
    assert link(app) == {"seed": "7", "temperature": "2"}


def test_an_answer_is_there_when_one_comes_back_or_leaves_the_presentation() -> None:
    app = visit("nade")
    app.button(key="stage_answer_0").click().run()
    go(app, "made")
    go(app, "nade")
    assert any("The answer is" in said.value for said in app.markdown)
    press(app, "Present")
    press(app, "Leave")
    assert any("The answer is" in said.value for said in app.markdown)
