"""The stage in a browser: the keys lead on, what was seen is kept, what is presented is large."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import settle

OpenPage = Callable[..., Page]

PICTURE = ".st-key-stage_picture"
PANEL = ".st-key-stage_panel"

# Of the picture's box, the part that is on screen; its own height counts up to that of the screen.
IN_VIEW = """picture => {
  const box = picture.getBoundingClientRect();
  const shown = Math.min(box.bottom, innerHeight) - Math.max(box.top, 0);
  return shown / Math.min(box.height, innerHeight);
}"""


@pytest.mark.quick
def test_page_down_and_page_up_go_through_the_steps_while_presenting(open_page: OpenPage) -> None:
    page = open_page("nade?present=1", width=1920, height=1080)
    heading = page.locator(f"{PANEL} h3")
    first = heading.inner_text()
    page.keyboard.press("PageDown")
    expect(heading).not_to_have_text(first)
    page.keyboard.press("PageUp")
    expect(heading).to_have_text(first)
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("stSidebar")).to_be_visible()


def test_a_presented_step_is_large_enough_to_read(open_page: OpenPage) -> None:
    page = open_page("nade?tour=2&present=1", width=1920, height=1080)
    sizes = page.locator(f"{PANEL} p, {PANEL} h3").evaluate_all(
        "all => all.filter(e => e.offsetParent).map(e => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert sizes
    assert min(sizes) >= 18
    assert page.locator(PICTURE).evaluate(IN_VIEW) == 1


@pytest.mark.quick
def test_what_was_seen_is_kept_and_marked_in_the_sidebar(open_page: OpenPage) -> None:
    page = open_page("nade?activity=flip")
    link = page.get_by_test_id("stSidebarNavLink").filter(has_text="NADE").first
    expect(link).to_have_attribute("data-progress", "begun")
    page.locator(".st-key-stage_next button").click()
    settle(page)
    kept = json.loads(page.evaluate("localStorage.getItem('arviz.progress')"))
    assert kept["nade"]["seen"]["flip"] == [1, 2]


@pytest.mark.parametrize("blocked", ["all", "writing"])
def test_a_browser_without_storage_loses_nothing_but_its_progress_and_is_told_once(
    open_page: OpenPage, blocked: str
) -> None:
    page = open_page("nade", settled=False, own=True)
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('blocked'); } })"
        if blocked == "all"
        else "Storage.prototype.setItem = () => { throw new Error('no room'); }"
    )
    page.goto(page.url.replace("nade", "nade?tour=99"))  # whose notice stays
    notice = page.get_by_test_id("stAlert")
    expect(notice).to_contain_text("This browser stores nothing, so your progress is not kept.")
    expect(notice).to_contain_text("tour")
    settle(page)
    page.locator(".st-key-stage_next button").click()
    settle(page)
    expect(page.locator(f"{PANEL} h3")).to_have_text("A random number decides")
    expect(notice).to_have_count(0)
    page.get_by_test_id("stSidebarNavLink").filter(has_text="MADE").click()
    expect(page.get_by_role("heading", name="Number inputs and outputs")).to_be_visible()
    settle(page)
    expect(notice).to_have_count(0)


# Of the part of the bar on which the random number falls: whether it is seen below the tick.
SLIVER = """bar => {
  const tick = bar.querySelector('s').getBoundingClientRect();
  const part = [...bar.querySelectorAll('i')].at(-1).getBoundingClientRect();
  const root = bar.getRootNode();
  return part.width < 8 && tick.right > part.left && tick.left < part.right
    && root.elementFromPoint((part.left + part.right) / 2, part.bottom - 3)?.tagName === 'I';
}"""


@pytest.mark.parametrize("width", [390, 1280])
def test_a_small_chance_is_seen_beside_the_random_number_that_falls_there(
    open_page: OpenPage, width: int
) -> None:
    page = open_page("?tour=2", width=width, height=844, reduced_motion="reduce")
    bar = page.locator(".draw .chance")
    expect(page.locator("[data-say=verdict]")).to_contain_text("ink is drawn next")
    assert bar.evaluate(SLIVER)


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 720)])
def test_a_frame_holds_the_place_of_a_picture_that_is_not_there_yet(
    open_page: OpenPage, width: int, height: int
) -> None:
    page = open_page("?tour=2", width=width, height=height, reduced_motion="reduce", own=True)
    picture = page.locator(PICTURE)
    shown = "picture => [getComputedStyle(picture, '::before').content, picture.clientHeight]"
    before, tall = picture.evaluate(shown)
    assert before == "none"
    picture.evaluate("picture => picture.replaceChildren()")
    content, held = picture.evaluate(shown)
    assert content == '"Loading the picture …"'
    assert abs(held - tall) < 0.05 * height
