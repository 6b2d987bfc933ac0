"""The lab in a browser: start, pause, resume, stop; the table; nothing cut off on a phone."""

from __future__ import annotations

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
    from playwright.sync_api import Page

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
