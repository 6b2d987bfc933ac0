"""The lab in a browser: start, pause, resume, stop; the table; nothing cut off on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.driving import (
    accessibility_violations,
    can_train,
    settle,
    sideways_overflow,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

    OpenPage = Callable[..., Page]

expect: Any = pytest.importorskip("playwright.sync_api").expect

KEPT = """() => new Promise((resolve, reject) => {
  const opened = indexedDB.open("arviz-trainings");
  opened.onerror = reject;
  opened.onsuccess = () => {
    const [notes, states] = ["notes", "states"].map((name) =>
      opened.result.transaction(name).objectStore(name).getAll());
    states.onsuccess = () => resolve(notes.result.map(({ paused }, n) =>
      ({ paused, steps: states.result[n]?.losses.length ?? 0 })));
  };
})"""  # the trainings that the browser keeps
NOTED = f"""async () => {{
  const there = await indexedDB.databases();  // to open one that is not there would make it
  return there.length > 0 && (await ({KEPT})()).length > 0;
}}"""
HAS = """() => [...window.arvizTrainings?.get("lab")?.all.values() ?? []]
  .map((training) => training.losses.length)"""  # steps of those that this window has

MOVES = """() => {
  window.tops = [];
  const look = () => {
    const top = document.querySelector(".st-key-lab_picture")?.getBoundingClientRect().top;
    if (window.tops.at(-1) !== top) window.tops.push(top);
    requestAnimationFrame(look);
  };
  look();
}"""  # notes where the picture stands, whenever that changes

LONG = 200_000  # milliseconds: on a busy machine training takes many times as long


@pytest.mark.parametrize("where", ["In this browser", "On the server"])
def test_a_run_is_started_paused_resumed_kept_over_a_reload_and_stopped(
    open_page: OpenPage, where: str
) -> None:
    page = open_page("lab?width=8&budget=seconds&seconds=600", width=390, height=844)
    assert sideways_overflow(page) == []
    assert accessibility_violations(page) == []

    def press(name: str) -> None:
        page.get_by_test_id("stMain").get_by_role("button", name=name, exact=True).click()

    here = where == "In this browser"
    page.get_by_role("radio", name=where).click()
    expect(page.get_by_text("It trains in this browser" if here else "server.")).to_be_visible()
    press("Start")
    expect(page.get_by_role("img", name="Eight samples of the model")).to_be_visible(timeout=LONG)
    press("Pause")
    expect(page.get_by_role("button", name="Resume", exact=True)).to_be_enabled(timeout=LONG)
    settle(page)
    press("Resume")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_enabled(timeout=LONG)
    if here:
        [before] = page.evaluate(KEPT)
        assert before["steps"] > 0
        assert not before["paused"]
        page.reload()
        expect(page.get_by_text("This browser has kept the run")).to_be_visible(timeout=LONG)
        expect(page.get_by_role("button", name="Pause", exact=True)).to_be_enabled(timeout=LONG)
        page.wait_for_function(f"steps => ({HAS})()[0] > steps", arg=before["steps"], timeout=LONG)
    press("Stop")
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_disabled(timeout=LONG)
    settle(page)
    assert "run=" in page.url
    if here:
        assert page.evaluate(KEPT) == []  # what has ended is forgotten
    computed = "parameters in a browser" if here else "parameters on the server (cpu)"
    expect(page.get_by_text(computed)).to_be_visible()
    page.reload()
    settle(page)
    expect(page.get_by_role("img", name="Eight samples of the model")).to_be_visible(timeout=LONG)
    assert sideways_overflow(page) == []


@pytest.mark.parametrize("images_there", [True, False])
def test_a_run_that_has_just_begun_is_kept_over_a_reload(
    open_page: OpenPage, images_there: bool
) -> None:
    page = open_page("lab?width=8&budget=seconds&seconds=600", own=True)
    can_train(page)
    address = "**/images/digits.bin*"
    if not images_there:
        page.route(address, lambda route: None)  # they are on their way for ever
    page.get_by_test_id("stMain").get_by_role("button", name="Start", exact=True).click()
    for _ in range(LONG // 100):
        if page.evaluate(NOTED):
            break
        page.wait_for_timeout(100)
    assert (page.evaluate(HAS) == [0]) or images_there
    page.unroute_all(behavior="ignoreErrors")
    page.reload()
    expect(page.get_by_text("This browser has kept the run")).to_be_visible(timeout=LONG)
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_enabled(timeout=LONG)
    page.wait_for_function(f"() => ({HAS})()[0] > 0", timeout=LONG)
    expect(page.get_by_role("img", name="Eight samples of the model")).to_be_visible(timeout=LONG)


@pytest.mark.parametrize("where", ["In this browser", "On the server"])
def test_the_curves_grow_in_place_and_keep_what_is_read_and_enlarged(
    open_page: OpenPage, where: str
) -> None:
    page = open_page("lab?width=8&budget=seconds&seconds=600", own=True)
    page.get_by_role("radio", name=where).click()
    here = where == "In this browser"
    expect(page.get_by_text("It trains in this browser" if here else "server.")).to_be_visible()
    settle(page)
    chart = page.locator(".curves")
    chart.evaluate("element => { window.first = element; }")
    page.get_by_test_id("stMain").get_by_role("button", name="Start", exact=True).click()

    def grown(points: int) -> None:
        expected = "n => Number(window.first.dataset.points) > n && window.first.isConnected"
        page.wait_for_function(expected, arg=points, timeout=LONG)

    grown(20)
    chart.locator("> canvas").focus()
    for key in ("ArrowLeft", "ArrowLeft", "+", "+"):
        page.keyboard.press(key)
    expect(chart.locator("[data-say=reading]")).to_contain_text("bits/dim at step")
    kept = [chart.get_attribute(name) for name in ("data-pointed", "data-across")]
    page.evaluate(MOVES)
    for _ in range(3):
        grown(int(chart.get_attribute("data-points") or 0))
    assert len(page.evaluate("window.tops")) == 1  # nothing above it came and went
    assert [chart.get_attribute(name) for name in ("data-pointed", "data-across")] == kept
    chart.get_by_role("button", name="All", exact=True).click()
    expect(chart).not_to_have_attribute("data-across", kept[1] or "")
    box = chart.locator("> canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 0.5 * box["height"], steps=4)
    page.mouse.up()
    expect(chart.get_by_role("button", name="All", exact=True)).to_be_enabled()
    low, high = map(float, (chart.get_attribute("data-across") or "").split())
    assert 0 < low < high
    page.get_by_test_id("stMain").get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_disabled(timeout=LONG)
    settle(page)
    assert chart.evaluate("element => element === window.first")


def where_it_trains(page: Page) -> Any:
    """The choice of the switch that is made."""
    return page.get_by_role("radiogroup", name="Train").get_by_role("radio", checked=True)


@pytest.mark.parametrize("answers", [True, False])
def test_a_run_that_is_started_before_the_browser_has_answered_trains_where_the_switch_says(
    open_page: OpenPage, answers: bool
) -> None:
    held: list[Route] = []
    page = open_page("lab", own=True)  # a page of its own, whose worker is held up from now on
    worker = "**/engine/*/training/worker.js"
    page.route(worker, lambda route: held.append(route))
    page.goto(page.url.split("?")[0] + "?width=8&budget=seconds&seconds=600")
    settle(page)
    expect(where_it_trains(page)).to_have_accessible_name("In this browser")
    page.get_by_test_id("stMain").get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_text("This browser loads what trains in it: the")).to_be_visible()
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_enabled(timeout=LONG)
    if answers:
        for route in held:
            route.continue_()
        page.unroute(worker)
        computed, switch = "parameters in a browser", "In this browser (WebAssembly"
    else:
        expect(page.get_by_text("has not said within 10 s")).to_be_visible(timeout=LONG)
        computed, switch = "parameters on the server (cpu)", "On the server (cpu)"
    expect(page.get_by_role("img", name="Eight samples of the model")).to_be_visible(timeout=LONG)
    expect(page.get_by_text(computed)).to_be_visible(timeout=LONG)
    expect(where_it_trains(page)).to_have_accessible_name(re.compile("^" + re.escape(switch)))
    page.get_by_test_id("stMain").get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_disabled(timeout=LONG)
    page.unroute_all(behavior="ignoreErrors")
