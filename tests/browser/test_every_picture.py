"""Every picture pressed, dragged and touched; every control at both its ends, hidden and back.

For the lessons whose other tests do not do so by themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from pages.lab.page import LAB
from pages.lessons import LESSONS
from pages.ui.outline import Activity, Lesson
from tests.browser.driving import (
    ends_of_every_control,
    press_everywhere,
    settle,
    touch_everywhere,
)

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    OpenPage = Callable[..., Page]

expect: Any = pytest.importorskip("playwright.sync_api").expect

LONG = 150_000  # ms: of a model that is trained or timed while its picture comes
MOST = 3  # pictures of an activity, in the order of the page: the others are as these
SLUGS = ("time-series", "contexts", "attention", "lab")


def activities() -> list[Any]:
    return [
        pytest.param(lesson, activity, id=f"{lesson.slug}-{activity.slug}")
        for lesson in (*LESSONS, LAB)
        if lesson.slug in SLUGS
        for activity in lesson.activities
    ]


def opened(open_page: OpenPage, lesson: Lesson, activity: Activity) -> Page:
    """At its first step without a question: while one is asked, some controls wait."""
    free = [number for number, step in enumerate(activity.steps, 1) if step.question is None]
    address = f"{lesson.slug}?activity={activity.slug}&tour={free[0]}"
    page = open_page(address, reduced_motion="reduce")
    settle(page, timeout_ms=LONG)
    return page


def whole(page: Page) -> None:
    """The page is at rest, and nothing on it has failed."""
    settle(page, timeout_ms=LONG)
    assert page.locator(".failed").count() == 0
    assert page.get_by_test_id("stException").count() == 0


def pictures(page: Page) -> list[Locator]:
    found = page.locator(
        ".st-key-stage_picture :is(canvas, svg[role=img], svg[aria-label], .js-plotly-plot)"
    ).filter(visible=True)
    if not found.count():  # a table alone, which has nothing to press
        expect(page.locator(".st-key-stage_picture table").first).to_be_visible(timeout=LONG)
    return [found.nth(k) for k in range(min(MOST, found.count()))]


@pytest.mark.parametrize(("lesson", "activity"), activities())
def test_every_picture_can_be_pressed_dragged_and_touched(
    open_page: OpenPage, lesson: Lesson, activity: Activity
) -> None:
    page = opened(open_page, lesson, activity)
    for picture in pictures(page):
        if not picture.is_visible():
            continue  # a press before has put another one in its place
        press_everywhere(page, picture)
        whole(page)
        touch_everywhere(page, picture)
        whole(page)
    pictures(page)  # or a table are still there


@pytest.mark.parametrize(("lesson", "activity"), activities())
def test_both_ends_of_every_control_draw_a_picture(
    open_page: OpenPage, lesson: Lesson, activity: Activity
) -> None:
    page = opened(open_page, lesson, activity)
    ends_of_every_control(page, page.locator(".st-key-stage_controls"))
    whole(page)


def test_controls_that_were_hidden_show_what_they_showed(open_page: OpenPage) -> None:
    """A slider that is new in the browser begins at its lowest value, unless it is told another."""
    page = open_page("time-series?activity=many-steps&horizon=12", reduced_motion="reduce")
    settle(page, timeout_ms=LONG)
    controls = page.locator(".st-key-stage_controls")
    sliders = controls.get_by_test_id("stSlider").locator("input[type=range]")
    before = [each.input_value() for each in sliders.all()]
    assert before[0] == "12" and len(before) >= 2

    def show(view: str) -> None:
        controls.get_by_role("radio", name=view, exact=True).click()
        settle(page)

    def order(p: int) -> None:
        field = controls.get_by_test_id("stNumberInput").locator("input").first
        field.fill(str(p))
        field.press("Enter")
        page.wait_for_url(f"**p={p}*")
        settle(page)

    show("one step")
    assert sliders.count() < len(before)
    order(3)
    order(4)
    show("many steps")
    assert [each.input_value() for each in sliders.all()] == before
    order(5)  # the browser sends what the controls hold
    assert "horizon=12" in page.url and "futures" not in page.url
    assert [each.input_value() for each in sliders.all()] == before
