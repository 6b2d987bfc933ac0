"""A browser before two processes of the app: files go both ways, and a process may die."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.driving import open_reading, settle
from tests.several import Running, needs_haproxy, several

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Response

expect: Any = pytest.importorskip("playwright.sync_api").expect

LONG = 120_000  # milliseconds

pytestmark = needs_haproxy


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with several() as found:
        yield found


def test_files_go_both_ways_and_the_page_comes_back_when_its_process_is_killed(
    browser: Browser, running: Running
) -> None:
    with browser.new_context(viewport={"width": 1280, "height": 720}) as context:
        page = context.new_page()
        failed: list[str] = []

        def note(answer: Response) -> None:
            if answer.status >= 500:
                failed.append(answer.url)

        page.on("response", note)
        page.goto(f"{running.url}/time-series?activity=own", timeout=LONG)
        settle(page, timeout_ms=LONG)
        rows = "\n".join(f"{(7 * day) % 11}.5" for day in range(60)).encode()
        page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(
            {"name": "mine.csv", "mimeType": "text/csv", "buffer": rows}
        )
        expect(page.get_by_text("mine.csv").first).to_be_visible(timeout=LONG)
        settle(page, timeout_ms=LONG)
        open_reading(page, "Take away")
        with page.expect_download(timeout=LONG) as download:
            page.get_by_test_id("stDownloadButton").get_by_role("button").first.click()
        assert os.path.getsize(download.value.path()) > 0

        page.goto(f"{running.url}/made?seed=3", timeout=LONG)
        settle(page, timeout_ms=LONG)
        title = page.get_by_role("heading", level=1).inner_text()
        [cookie] = [each for each in context.cookies() if each.get("name") == "ARVIZ"]
        killed = running.children()[int(cookie.get("value", "")[-1]) - 1]
        with page.expect_websocket(timeout=LONG):  # the page looks for the server again
            os.kill(killed, signal.SIGKILL)
        page.wait_for_selector('[data-test-connection-state="CONNECTED"]', timeout=LONG)
        settle(page, timeout_ms=LONG)
        assert "seed=3" in page.url
        page.get_by_role("button", name="Next").click(timeout=LONG)
        expect(page).to_have_url(re.compile("tour=2"), timeout=LONG)
        settle(page, timeout_ms=LONG)
        assert page.get_by_role("heading", level=1).inner_text() == title
        assert page.get_by_test_id("stException").count() == 0
        assert failed == []
