"""Every step of every activity in a browser, on a laptop, a tablet and a phone.

After the click on Next or Back, what the step speaks of is on screen: nobody has to scroll for it.
On a phone the whole picture is seen above the words. What the words of a step claim is held by
`tests/pages/test_claims.py` and by the tests of each lesson.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from pages.first_minute.activity import FIRST_MINUTE
from pages.home import HOME
from pages.lab.page import LAB
from pages.lessons import LESSONS
from pages.ui.outline import Activity, Lesson
from tests.browser.driving import PICTURE, cut_by_its_pane, settle, sideways_overflow
from tests.short import short

if TYPE_CHECKING:
    from playwright.sync_api import Page

    OpenPage = Callable[..., Page]

playwright: Any = pytest.importorskip("playwright.sync_api")
expect, TimeoutError = playwright.expect, playwright.TimeoutError

LONG = 150_000  # ms: of a model that is trained or timed while its picture comes
LEAST = 12  # pixels: smaller ones are icons
SIZES = {"phone": (390, 844), "tablet": (1024, 768), "laptop": (1280, 720)}
NEXT = ".st-key-stage_next button"
BACK = ".st-key-stage_back button"
SKIP = ".st-key-stage_skip button"
TITLE = ".st-key-stage_panel h3"

# What a step changes, where it is not the first canvas, drawing or chart of its picture.
CHANGED: dict[tuple[str, str], dict[int, str]] = {
    ("flows", "stretch"): {4: ".matrix", 5: ".both"},
    ("flows", "bend"): dict.fromkeys(range(1, 5), ".planes") | {5: ".pad canvas"},
    ("flows", "maf-or-iaf"): {4: ".js-plotly-plot", 5: "img"},
    # On a phone the images come before the curves.
    ("lab", "train"): dict.fromkeys(range(1, 8), "img") | {8: "[data-testid=stAlert]"},
}
# Whose picture on a phone scrolls by itself, with a shade at the edge where it goes on.
SCROLLS = {
    ("contexts", "costs"),  # tables, and what they say
    ("made", "break"),  # two rows of bars below the network
    ("lab", "train"),  # curves, samples, notes
    ("lab", "images"),
    ("lab", "complete"),
    ("lab", "compare"),
}
ANY = "canvas, svg[role], svg[viewBox], img, table, .js-plotly-plot, .joint, .made-bars"

# The share of the first such part that is seen: not scrolled away, not cut by a pane around it, not
# below the window. Components have shadow roots, which querySelector does not enter.
SEEN = """
([selector, least]) => {
  const roots = [document.querySelector('.st-key-stage_picture')];
  const found = [];
  for (const root of roots) {
    for (const each of root?.querySelectorAll('*') ?? []) {
      if (each.shadowRoot) roots.push(each.shadowRoot);
      if (each.matches(selector)) found.push(each);
    }
  }
  const part = found.find(each => {
    const box = each.getBoundingClientRect();
    return box.width >= least && box.height >= least && each.checkVisibility();
  });
  if (!part) return -1;
  const box = part.getBoundingClientRect();
  let top = Math.max(box.top, 0), bottom = Math.min(box.bottom, innerHeight);
  let left = Math.max(box.left, 0), right = Math.min(box.right, innerWidth);
  const up = each => each.assignedSlot ?? each.parentElement ?? each.getRootNode().host;
  for (let around = up(part); around; around = up(around)) {
    if (getComputedStyle(around).overflow === 'visible') continue;
    const frame = around.getBoundingClientRect();
    top = Math.max(top, frame.top);
    bottom = Math.min(bottom, frame.bottom);
    left = Math.max(left, frame.left);
    right = Math.min(right, frame.right);
  }
  const seen = Math.max(0, bottom - top) * Math.max(0, right - left);
  return seen / (box.width * box.height);
}
"""

# What covers the title of the step: the picture above it on a phone, or the window's edge.
COVERED = """
title => {
  const box = title.getBoundingClientRect();
  const column = document.querySelector('[data-testid=stColumn]:has(.st-key-stage_picture)');
  const picture = column.getBoundingClientRect();
  const above = picture.left < box.right && box.left < picture.right && picture.top < box.bottom;
  return box.top < (above ? picture.bottom - 1 : 0) || box.bottom > innerHeight;
}
"""
# Players whose buttons are below the window.
BELOW = """
() => {
  const roots = [document.querySelector('.st-key-stage_picture')];
  let below = 0;
  for (const root of roots) {
    for (const each of root?.querySelectorAll('*') ?? []) {
      if (each.shadowRoot) roots.push(each.shadowRoot);
      below += each.matches('.player') && each.checkVisibility()
        && each.getBoundingClientRect().bottom > innerHeight + 1;
    }
  }
  return below;
}
"""


def all_activities() -> list[Any]:
    lessons = (HOME, *LESSONS, LAB)
    return [
        pytest.param(lesson, activity, id=f"{lesson.slug or 'home'}-{activity.slug}")
        for lesson in lessons
        for activity in (lesson.activities if lesson is not HOME else (FIRST_MINUTE,))
    ]


def changed(lesson: Lesson, activity: Activity, number: int) -> str:
    return CHANGED.get((lesson.slug, activity.slug), {}).get(number, ANY)


@pytest.mark.parametrize(("lesson", "activity"), all_activities())
def test_after_a_click_what_the_step_changes_is_in_view(
    open_page: OpenPage, lesson: Lesson, activity: Activity
) -> None:
    """Forth on a phone, where questions are answered too, back on a tablet, forth on a laptop."""
    page = open_page(
        f"{lesson.slug}?activity={activity.slug}&tour=1{short(lesson.slug, activity.slug)}",
        width=SIZES["phone"][0],
        height=SIZES["phone"][1],
        reduced_motion="reduce",
    )
    steps = list(enumerate(activity.steps, start=1))
    wrong = []
    for name, way_on, on_the_way in (
        ("phone", NEXT, steps),
        ("tablet", BACK, steps[::-1]),
        ("laptop", NEXT, steps),
    ):
        resize(page, name)
        for number, step in on_the_way:
            if (number, step) != on_the_way[0]:
                page.locator(way_on).click()
                settle(page, timeout_ms=LONG)
            expect(page.locator(TITLE)).to_have_text(step.title)
            found = ["its title is covered"] if page.locator(TITLE).evaluate(COVERED) else []
            selector = changed(lesson, activity, number)
            found += faults(page, selector)
            if name == "laptop" and page.evaluate(BELOW):
                found.append("the player is below the window")
            if name == "phone":
                cut = [] if (lesson.slug, activity.slug) in SCROLLS else not_whole(page)
                skip = page.locator(SKIP)
                if skip.count():
                    skip.click()
                    settle(page, timeout_ms=LONG)
                    found += [f"answered: {each}" for each in faults(page, selector)]
                    if (lesson.slug, activity.slug) not in SCROLLS:
                        cut += [f"answered: {each}" for each in not_whole(page)]
                found += cut
            wrong += [f"step {number}, {step.title}, {name}: {fault}" for fault in found]
    assert not wrong, "\n" + "\n".join(wrong)


def resize(page: Page, name: str) -> None:
    width, height = SIZES[name]
    if page.viewport_size == {"width": width, "height": height}:
        return
    page.set_viewport_size({"width": width, "height": height})
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")
    settle(page, timeout_ms=LONG)


def not_whole(page: Page) -> list[str]:
    """What of the picture a phone's pane does not show at once."""
    hidden = page.locator(PICTURE).evaluate("pane => pane.scrollHeight - pane.clientHeight")
    below = [f"{hidden} px of the picture are below the edge of its pane"] if hidden > 0 else []
    return below + cut_by_its_pane(page)


def faults(page: Page, selector: str) -> list[str]:
    """What is wrong with the picture on screen."""
    found = []
    try:
        page.wait_for_function(f"all => ({SEEN})(all) >= 0", arg=[selector, LEAST])
    except TimeoutError:
        return ["there is no picture"]
    seen = page.evaluate(SEEN, [selector, LEAST])
    if seen < 0.95:
        found.append(f"{seen:.0%} of the picture is on screen")
    found += [f"wider than the window: {each}" for each in sideways_overflow(page)]
    if page.locator(".failed").count() or page.get_by_test_id("stException").count():
        found.append("an error is shown")
    return found
