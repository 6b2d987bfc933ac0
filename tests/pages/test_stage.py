"""The stage: every step of every activity opens, asks before it answers, and is in the link."""

from __future__ import annotations

import re
from dataclasses import fields
from functools import partial
from types import FunctionType
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages import LESSONS
from pages.ui.outline import Activity, Lesson
from pages.ui.query import read_query
from pages.ui.stage import ANSWER_FIRST, SKIPPED, link_of
from pages.ui.stage_page import AFTER_THE_ANSWER, reply_to
from tests.pages.visiting import (
    ROOT,
    being_read,
    browser_bytes,
    link,
    open_reading,
    packed,
    press,
    readings,
    visit,
    whole,
)
from tests.short import SHORT

STAGED = [lesson for lesson in LESSONS if lesson.activities]
MOST_BYTES = 120_000  # JavaScript and CSS of a page, before compression
FIRST = {f"{lesson.slug}-{lesson.activities[0].slug}" for lesson in STAGED}
ACTIVITIES = [
    pytest.param(lesson, activity, id=f"{lesson.slug}-{activity.slug}")
    for lesson in STAGED
    for activity in lesson.activities
]
OPENED = [  # the first of each lesson in `make test`
    pytest.param(*each.values, id=each.id, marks=() if each.id in FIRST else pytest.mark.slow)
    for each in ACTIVITIES
]


def opened(lesson: Lesson, activity: Activity, number: int = 1) -> AppTest:
    given = SHORT.get((lesson.slug, activity.slug), {})
    return visit(lesson.slug, activity=activity.slug, tour=str(number), **given)


def button(app: AppTest, key: str) -> Any:
    [found] = [each for each in app.button if each.key == key]
    return found


@pytest.mark.parametrize(("lesson", "activity"), OPENED)
def test_every_step_opens_by_its_link_and_says_its_title(
    lesson: Lesson, activity: Activity
) -> None:
    for number, step in enumerate(activity.steps, start=1):
        app = opened(lesson, activity, number)
        whole(app)
        assert len(app.warning) == 0, [warning.value for warning in app.warning]
        assert step.title in [heading.value for heading in app.subheader]
        assert browser_bytes(app) <= MOST_BYTES


@pytest.mark.parametrize(
    ("slug", "activity", "number"), [("nade", "flip", 1), ("chain-rule", "reorder", 1)]
)
def test_an_answer_is_no_change_of_the_step_and_a_change_after_it_is_one(
    slug: str, activity: str, number: int
) -> None:
    def told(app: AppTest) -> bool:
        return any("may no longer fit" in caption.value for caption in app.caption)

    app = visit(slug, activity=activity, tour=str(number))
    [lesson] = [each for each in LESSONS if each.slug == slug]
    question = lesson.activity(activity).steps[number - 1].question
    assert question is not None and question.state
    press(app, question.right)
    whole(app)
    assert not told(app)
    name, other = ("seed", "39") if slug == "nade" else ("joint", "xor")
    app = visit(slug, activity=activity, tour=str(number), **{name: other})
    whole(app)
    assert told(app)


@pytest.mark.slow
@pytest.mark.parametrize(("lesson", "activity"), OPENED)
def test_next_and_back_go_through_all_steps(lesson: Lesson, activity: Activity) -> None:
    app = opened(lesson, activity)
    known = {"activity", "tour", *SHORT.get((lesson.slug, activity.slug), {})}
    for number in range(2, len(activity.steps) + 1):
        button(app, "stage_next").click().run()
        whole(app)
        assert link(app)["tour"] == str(number)
        assert set(link(app)) <= known  # what a step shows is not a change of it
    for number in range(len(activity.steps) - 1, 0, -1):
        button(app, "stage_back").click().run()
        assert link(app).get("tour", "1") == str(number)


@pytest.mark.parametrize(("lesson", "activity"), ACTIVITIES)
def test_state_has_the_fields_of_the_address(lesson: Lesson, activity: Activity) -> None:
    own = activity.fields()
    names = {each.name for each in fields(activity.state)}
    assert names <= own.keys()
    for step in activity.steps:
        asked = step.question.state if step.question and step.question.state else {}
        assert {*step.state, *asked} <= {name for name in own if not own[name].browser_owned}


@pytest.mark.parametrize(("lesson", "activity"), ACTIVITIES)
def test_what_draws_an_activity_reads_the_state_of_that_activity(
    lesson: Lesson, activity: Activity
) -> None:
    """What reads `Stage[Drawing]` is held to its fields by mypy, and to being given one here."""
    for draw in (activity.picture, activity.controls, activity.take_away):
        function = draw.func if isinstance(draw, partial) else draw
        if not isinstance(function, FunctionType):
            continue
        annotation = function.__annotations__.get("stage", "Stage")
        if found := re.fullmatch(r"Stage\[([\w.]+)\]", annotation):
            wanted = eval(found[1], function.__globals__)
            assert issubclass(activity.state, wanted), f"{function.__qualname__}: {annotation}"


@pytest.mark.parametrize(("lesson", "activity"), ACTIVITIES)
def test_what_a_step_shows_is_valid(lesson: Lesson, activity: Activity) -> None:
    """A step whose state does not fit would silently show the default."""
    link_fields = link_of(lesson).fields
    own = activity.fields()
    for number, step in enumerate(activity.steps, start=1):
        query = {"activity": activity.slug, "tour": str(number)}
        values, notices = read_query(link_fields, query)
        assert notices == []
        for name, wanted in step.state.items():
            assert values[name] == own[name].parse(own[name].text(wanted), values), name


@pytest.mark.parametrize("lesson", STAGED, ids=lambda lesson: lesson.slug)
def test_a_lesson_asks_at_least_three_questions(lesson: Lesson) -> None:
    steps = [step for activity in lesson.activities for step in activity.steps]
    questions = [step.question for step in steps if step.question is not None]
    assert len(questions) >= 3
    for question in questions:
        assert question.right in question.answers
        assert len(question.answers) >= 2
        assert all(reason.strip() for reason in question.answers.values())


def test_every_reply_to_a_wrong_answer_names_the_right_one() -> None:
    for lesson in STAGED:
        for activity in lesson.activities:
            for step in activity.steps:
                if step.question is None:
                    continue
                for answer in (*step.question.answers, SKIPPED):
                    assert step.question.right in reply_to(step.question, answer)


def test_a_question_is_asked_once_and_its_answer_stays() -> None:
    app = visit("nade")
    answers = [each for each in app.button if (each.key or "").startswith("stage_answer_")]
    assert len(answers) == 4
    answers[1].click().run()
    whole(app)
    assert not [each for each in app.button if (each.key or "").startswith("stage_answer_")]
    assert any("The answer is" in text.value for text in app.markdown)
    button(app, "stage_next").click().run()
    button(app, "stage_back").click().run()
    assert any("The answer is" in text.value for text in app.markdown)


def test_the_state_of_ones_own_hand_comes_back() -> None:
    app = visit("nade", tour="2", temperature="0.5", seed="77")
    button(app, "stage_next").click().run()
    assert link(app) == {"tour": "3"}
    button(app, "stage_mine").click().run()
    assert link(app) == {"tour": "2", "temperature": "0.5", "seed": "77"}
    assert not [each for each in app.button if each.key == "stage_mine"]


def test_what_a_control_of_another_activity_held_is_not_ones_own() -> None:
    app = visit("nade", activity="score", tour="3")
    app.session_state["nade.order"] = "raster"  # of "Draw a digit", which the browser has left
    button(app, "stage_next").click().run()
    assert link(app) == {"activity": "score", "tour": "4"}
    assert not [each for each in app.button if each.key == "stage_mine"]


def test_a_control_that_is_gone_and_holds_nothing_is_not_ones_own() -> None:
    app = visit("nade", activity="complete", tour="3")
    app.session_state["nade.digit"] = None  # of "Score a digit"; here a picture chooses it
    button(app, "stage_next").click().run()
    assert link(app) == {"activity": "complete", "tour": "4"}
    assert not [each for each in app.button if each.key == "stage_mine"]


def test_back_in_history_sends_the_picture_to_where_that_step_has_it() -> None:
    app = visit("nade", tour="2")
    button(app, "stage_next").click().run()
    app.query_params = {"tour": "2"}  # the browser has gone back
    app.run()
    meta, _ = packed(app, "nade")
    assert meta["goto"]["step"] == 2
    app.query_params = {"tour": "3", "step": "7"}  # and forward, to where the player stood
    app.run()
    meta, _ = packed(app, "nade")
    assert meta["goto"]["step"] == 7


@pytest.mark.slow
def test_what_is_taken_away_waits_for_the_question_about_it_wherever_that_stands() -> None:
    def told() -> str:
        assert not app.exception
        found = [each.value for each in app.caption if "asks about" in each.value]
        assert bool(found) != bool(app.get("download_button"))  # the words, or the files
        return found[0] if found else ""

    app = visit("row_lstm", activity="reads")
    open_reading(app, "Take away")
    assert "Step 3 asks" in told()
    press(app, "Next")
    press(app, "Next")
    assert "Answer the question first" in told()
    app.button(key="stage_skip").click().run()
    assert told() == ""
    press(app, "Back")
    assert told() == ""


@pytest.mark.parametrize(
    ("slug", "query", "withheld"),
    [  # of the first one the question hides a part of the picture, of the second one nothing
        ("nade", {}, {"Formula", "Code", "What people get wrong", "Take away", "Papers"}),
        ("nade", {"activity": "flip"}, {"Formula", "Code", "What people get wrong", "Papers"}),
    ],
)
def test_what_stands_below_the_stage_comes_after_the_answer(
    slug: str, query: dict[str, str], withheld: set[str]
) -> None:
    def waits(label: str) -> bool:
        shown = being_read(open_reading(app, label))
        assert len(shown) > 0
        return len(shown) == 1 and shown[0].value in (AFTER_THE_ANSWER, ANSWER_FIRST)

    app = visit(slug, **query)
    labels = readings(app)
    assert {label for label in labels if waits(label)} == withheld
    app.button(key="stage_skip").click().run()
    assert [label for label in labels if waits(label)] == []


def test_what_it_took_is_not_told_while_a_question_is_asked() -> None:
    """How many passes and steps it took is the answer to some of them."""
    app = visit("nade", activity="score", tour="4")
    meta, _ = packed(app, "computed")
    assert meta["cost"] == ""
    app.button(key="stage_skip").click().run()
    meta, _ = packed(app, "computed")
    assert "one pass" in meta["cost"]


def test_reset_shows_what_the_step_shows() -> None:
    app = visit("nade", tour="2", temperature="0.5", seed="77")
    [reset] = [each for each in app.button if each.label == "Reset"]
    reset.click().run()
    whole(app)
    assert link(app) == {"tour": "2"}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"activity": "nonsense"}, "activity"),
        ({"tour": "99"}, "tour"),
        ({"tour": "0"}, "tour"),
        ({"seed": "-1"}, "seed"),
    ],
)
def test_a_link_that_does_not_fit_shows_the_default_and_says_so(
    query: dict[str, str], said: str
) -> None:
    app = visit("nade", **query)
    whole(app)
    [notice] = app.warning
    assert f"`{said}`" in notice.value
    assert link(app) == {}


def test_no_page_draws_streamlits_tabs() -> None:
    """The browser needs 20 ms for them in each run of a page: a fifth of what a step may take."""
    for path in (ROOT / "pages").rglob("*.py"):
        assert ".tabs(" not in path.read_text("utf-8"), path
