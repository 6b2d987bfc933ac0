"""On a phone what a step speaks of is seen at once: the picture's own pane need not be scrolled.

For every step that is held by `test_every_step.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.driving import PICTURE, cut_by_its_pane, settle, sideways_overflow

if TYPE_CHECKING:
    from playwright.sync_api import Page

    OpenPage = Callable[..., Page]

expect: Any = pytest.importorskip("playwright.sync_api").expect

LONG = 200_000  # milliseconds: two networks are trained


def on_a_phone(open_page: OpenPage, path: str, **options: Any) -> Page:
    return open_page(path, width=390, height=844, reduced_motion="reduce", **options)


def faults(page: Page) -> list[str]:
    """What is not seen at once."""
    hidden: int = page.locator(PICTURE).evaluate("pane => pane.scrollHeight - pane.clientHeight")
    below = [f"{hidden} px are below the edge of the pane"] if hidden > 0 else []
    return [*below, *cut_by_its_pane(page), *sideways_overflow(page)]


# Whether the picture stands over the title of the step.
COVERED = """pane => {
  const title = document.querySelector('.st-key-stage_panel h3');
  return title.getBoundingClientRect().top < pane.getBoundingClientRect().bottom - 1;
}"""


def test_what_goes_away_long_after_next_does_not_pull_the_title_under_the_picture(
    open_page: OpenPage,
) -> None:
    page = on_a_phone(open_page, "nade?activity=flip")
    page.get_by_test_id("stMainBlockContainer").evaluate(
        """page => {
          const notice = document.createElement('div');
          notice.className = 'passing-notice';
          notice.style.height = '150px';
          page.prepend(notice);
          const main = document.querySelector('[data-testid=stMain]');
          main.style.overflowAnchor = 'none'; // as in Safari
        }"""
    )
    way_on = page.locator(".st-key-stage_next button")
    way_on.evaluate("button => button.scrollIntoView({ block: 'start' })")
    way_on.click()
    settle(page, quiet_ms=2500)
    page.evaluate("document.querySelector('.passing-notice').remove()")
    page.wait_for_timeout(300)
    assert not page.locator(PICTURE).evaluate(COVERED)


@pytest.mark.parametrize(
    "path",
    [
        "nade",
        "pixelcnn?activity=softmax",
        "row-lstm",
        "time-series",
        "flows?activity=bend&tour=2",
        "made",
    ],
)
def test_every_entry_of_a_legend_is_seen(open_page: OpenPage, path: str) -> None:
    page = on_a_phone(open_page, path)
    for folded in page.locator("details:has(.legend):not([open]) summary").all():
        folded.click()
    settle(page)
    legend = page.locator(".legend").filter(visible=True).first
    window = page.evaluate("window.innerWidth")
    entries = legend.locator("li").filter(visible=True)
    rights = entries.evaluate_all("all => all.map(li => li.getBoundingClientRect().right)")
    assert len(rights) >= 2
    assert max(rights) <= window
    assert sideways_overflow(page) == []
    if path != "made":  # its legend is folded away at first, and opened it needs room
        assert faults(page) == []


def test_two_models_with_their_losses_and_samples_are_seen(open_page: OpenPage) -> None:
    page = on_a_phone(open_page, "pixelcnn?activity=break")
    assert faults(page) == []
    kernel = page.locator(".leak canvas.kernel").first.bounding_box()
    assert kernel is not None and kernel["width"] >= 120  # its numbers can be read
    page.locator(".st-key-stage_next button").click()
    settle(page)
    assert faults(page) == []
    page = on_a_phone(open_page, "pixelcnn?activity=break&tour=3&training=200", settled=False)
    expect(page.get_by_role("button", name="Train both again")).to_be_enabled(timeout=LONG)
    settle(page)
    assert faults(page) == []
    expect(page.locator(".leak .drawn canvas").last).to_be_visible()
    expect(page.locator(".leak dd").last).to_contain_text(".")


def test_five_drawings_of_one_seed_are_large_enough_to_be_read(open_page: OpenPage) -> None:
    page = on_a_phone(open_page, "contexts?activity=seeds&tour=4")
    drawings = page.locator(".same-seed canvas")
    expect(drawings).to_have_count(5)
    sides = drawings.evaluate_all("all => all.map(each => each.getBoundingClientRect().width)")
    assert min(sides) >= 90
    assert faults(page) == []


def test_how_the_race_is_timed_is_told_whole(open_page: OpenPage) -> None:
    page = on_a_phone(open_page, "contexts?activity=race&tour=5")
    page.get_by_role("button", name="Race", exact=True).click()
    race = page.locator(".contexts-race")
    expect(race).to_have_attribute("data-measured", "true", timeout=LONG)
    note = race.locator("[data-say=note]")
    found = race.locator("[data-say=found]")
    expect(note).not_to_be_visible()
    expect(found).to_be_visible()
    page.get_by_text("How it is timed").click()
    expect(note).to_be_visible()
    expect(found).not_to_be_visible()  # there is no room for both
    for _ in range(30):  # the lanes give it room
        if not faults(page):
            break
        page.wait_for_timeout(100)
    assert faults(page) == []
    page.get_by_text("How it is timed").click()
    expect(found).to_be_visible()
