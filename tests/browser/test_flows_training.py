"""A flow that learns in the student's own browser: every way to begin, end, leave and come back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.driving import (
    accessibility_violations,
    can_train,
    open_reading,
    query,
    settle,
    sideways_overflow,
)

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Route

    OpenPage = Callable[..., Page]

expect: Any = pytest.importorskip("playwright.sync_api").expect

LONG = 120_000  # milliseconds: on a busy machine training takes many times as long
BEND = "flows?activity=bend"
SMALL = f"{BEND}&layers=1&order=natural&steps=200"
LARGE = f"{BEND}&layers=8"  # ships: it is there at once, and learns for seconds
TRAINED = "() => [...(window.arvizTrainings?.get('flows')?.all.keys() ?? [])]"  # tokens
KILL = """() => {
  for (const each of window.arvizTrainings.get("flows").all.values()) each.worker.terminate();
}"""
NO_SIMD = "export function hasSimd() {\n  return false;"


def main(page: Page, name: str) -> Locator:
    """The button of that name on the page; Streamlit has a Stop of its own beside it."""
    return page.get_by_test_id("stMain").get_by_role("button", name=name, exact=True)


def told(page: Page) -> Locator:
    """The line of the training in this browser."""
    return page.locator(".training .told")


def begin(page: Page) -> None:
    """Train again, until the picture has shown something of it."""
    main(page, "Train again").click()
    expect(main(page, "Stop")).to_be_enabled(timeout=LONG)
    expect(told(page)).to_contain_text("step ", timeout=LONG)
    assert main(page, "Train again").count() == 0
    assert len(page.evaluate(TRAINED)) == 1


def has_stopped(page: Page) -> int:
    """Waits for the end that Stop brings; the step."""
    expect(main(page, "Train again")).to_be_enabled(timeout=LONG)
    here = page.get_by_text(re.compile(r"stopped after [\d,]+ steps .*in this browser"))
    expect(here).to_be_visible(timeout=LONG)  # the browser has told it
    settle(page)
    steps = int(query(page)["trained"])
    expect(page.get_by_text(f"stopped after {steps:,} steps")).to_contain_text("in this browser")
    assert main(page, "Stop").count() == 0
    expect(page.locator(".training")).to_be_hidden()
    expect(page.locator(".flows .says")).to_contain_text("nats")
    assert page.evaluate(TRAINED) == []
    return steps


def has_ended(page: Page, steps: int) -> None:
    """Waits until all steps are taken."""
    expect(main(page, "Train again")).to_be_enabled(timeout=LONG)
    settle(page)
    said = page.get_by_text(f", after {steps:,} steps")
    expect(said).to_contain_text("in this browser")
    assert "trained" not in query(page)
    assert main(page, "Stop").count() == 0
    assert page.evaluate(TRAINED) == []


def test_it_is_started_and_stopped_again_and_again(open_page: OpenPage) -> None:
    page = open_page(LARGE)
    can_train(page)
    seen = set()
    for number in range(6):
        begin(page)
        page.wait_for_timeout(300 * (number % 3))
        main(page, "Stop").click()
        seen.add(has_stopped(page))
    assert max(seen) > 1
    assert accessibility_violations(page) == []


def test_a_stop_before_it_has_begun_and_quick_clicks_leave_the_page_whole(
    open_page: OpenPage,
) -> None:
    # Of which the server has no run of another test, and needs none of 2,000 steps.
    page = open_page(f"{LARGE}&seed=77&trained=50")
    can_train(page)
    for _ in range(5):
        main(page, "Train again").click()
        main(page, "Stop").click(timeout=LONG)
        has_stopped(page)
    begin(page)


def test_it_runs_to_its_end_and_is_a_flow_like_any_other(open_page: OpenPage) -> None:
    page = open_page(SMALL)
    can_train(page)
    for _ in range(2):
        main(page, "Train again").click()
        expect(main(page, "Stop")).to_be_visible(timeout=LONG)
        has_ended(page, 200)
    page.get_by_role("button", name="While it learned").click()
    expect(page.locator(".flows")).to_have_attribute("data-mode", "learning")
    page.keyboard.press("Home")
    expect(page.locator(".flows .says")).to_contain_text("step 0:")
    page.keyboard.press("End")
    expect(page.locator(".flows .says")).to_contain_text("step 200:")
    open_reading(page, "Take away")
    settle(page)
    with page.expect_download(timeout=LONG) as download:
        page.get_by_role("button", name="Losses, CSV").click()
    assert len(download.value.path().read_text().splitlines()) == 201


def test_who_leaves_the_page_finds_the_training_again(open_page: OpenPage) -> None:
    page = open_page(LARGE)
    can_train(page)
    nav = page.get_by_test_id("stSidebarNav")
    for lesson in ("Further reading", "NADE", "Lab"):
        begin(page)
        nav.get_by_role("link", name=lesson, exact=True).click()
        page.wait_for_url(lambda url: "flows" not in url)
        settle(page)
        page.wait_for_timeout(500)
        assert len(page.evaluate(TRAINED)) == 1  # it goes on
        nav.get_by_role("link", name="Flows", exact=True).click()
        page.wait_for_url("**/flows*")
        expect(main(page, "Stop").or_(main(page, "Train again"))).to_be_enabled(timeout=LONG)
        has_ended(page, 2000)
    begin(page)
    page.get_by_role("radio", name="Two directions").click()
    expect(page.locator(".reads")).to_be_visible()
    page.get_by_role("radio", name="Bend the plane").click()
    has_ended(page, 2000)


def test_what_is_chosen_while_it_trains_is_trained_instead(open_page: OpenPage) -> None:
    page = open_page(f"{LARGE}&seed=4&trained=1")
    can_train(page)
    begin(page)
    [first] = page.evaluate(TRAINED)
    page.get_by_role("radio", name="IAF").click()
    expect(told(page)).to_contain_text("IAF", timeout=LONG)
    expect(main(page, "Stop")).to_be_enabled(timeout=LONG)
    [second] = page.evaluate(TRAINED)
    assert first != second
    main(page, "Stop").click()
    has_stopped(page)
    page.get_by_role("button", name="Reset", exact=True).click()
    settle(page)
    expect(page.get_by_text("(shipped)")).to_have_count(0)  # seed 4 stays, and does not ship
    assert len(page.evaluate(TRAINED)) <= 1


def test_a_killed_worker_is_told_and_the_next_training_works(open_page: OpenPage) -> None:
    page = open_page(LARGE)
    can_train(page)
    for _ in range(2):
        begin(page)
        page.wait_for_timeout(1500)
        page.evaluate(KILL)
        expect(page.get_by_role("alert")).to_contain_text(
            "The training in this browser has failed: its worker says nothing any more. What it "
            "had learned after step",
            timeout=LONG,
        )
        has_stopped(page)
    begin(page)
    main(page, "Stop").click()
    has_stopped(page)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_the_switch_sends_it_to_the_server_and_back(open_page: OpenPage) -> None:
    page = open_page(SMALL, width=390, height=844)
    can_train(page)
    assert sideways_overflow(page) == []
    page.get_by_role("radio", name="On the server").click()
    expect(page.get_by_text("It trains on this server.")).to_be_visible()
    settle(page)
    main(page, "Train again").click()
    expect(page.get_by_text(re.compile(r"on the server \(cpu\)"))).to_be_visible(timeout=LONG)
    settle(page)
    page.get_by_role("radio", name="In this browser").click()
    settle(page)
    main(page, "Train again").click()
    has_ended(page, 200)
    page.get_by_test_id("stSidebarCollapseButton").or_(page.locator("body")).first.press("Escape")
    assert sideways_overflow(page) == []


@pytest.mark.parametrize("lacks", ["workers", "SIMD"])
def test_a_browser_that_cannot_says_why_and_the_server_trains(
    open_page: OpenPage, lacks: str
) -> None:
    page = open_page("reading", own=True)
    if lacks == "workers":
        page.add_init_script("delete window.Worker")
        why = "This browser cannot train: it has no Web Workers."
    else:
        page.route("**/engine/*/kernel.js", without_simd)
        why = "This browser has no WebAssembly SIMD"
    page.goto(page.url.replace("/reading", f"/{SMALL}"))
    expect(page.get_by_text(f"It trains on this server. {why}")).to_be_visible(timeout=LONG)
    settle(page)
    main(page, "Train again").click()
    expect(main(page, "Stop")).to_be_visible(timeout=LONG)
    expect(page.get_by_text(re.compile(r"on the server \(cpu\)"))).to_be_visible(timeout=LONG)
    assert page.evaluate(TRAINED) == []


def without_simd(route: Route) -> None:
    """The kernel as a browser has it that knows no such instructions."""
    answer = route.fetch()
    text = answer.text()
    assert "export function hasSimd() {" in text
    route.fulfill(response=answer, body=text.replace("export function hasSimd() {", NO_SIMD, 1))
