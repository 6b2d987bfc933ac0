"""A page whose connection was lost comes back by itself, and goes on with what it was doing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.browser.bad_network import BadNetwork
from tests.browser.conftest import Server
from tests.browser.driving import can_train, query, settle, slow_trainings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CUT = 5_000  # milliseconds
PATIENCE = 120_000  # milliseconds; a browser asks for its server again at growing intervals

# Pages that start themselves anew between two pieces of work: address, and what begins it.
WORKING = {
    "flows": ("flows?activity=bend&trained=1", ("On the server (cpu)", "Train again")),
    "break the mask": ("pixelcnn?activity=break&tour=3&training=800", ()),  # it begins by itself
    "costs": ("contexts?activity=costs&tour=2", ("Measure on the server",)),
}

# What the page tells of its work.
TOLD = """
() => [...document.querySelectorAll('[data-testid=stMain] [data-testid=stProgress]')]
  .map(bar => bar.innerText).join('')
"""


@pytest.fixture
def network(server: Server) -> Iterator[BadNetwork]:
    with BadNetwork(urlsplit(server.url).port or 0) as proxy:
        yield proxy


@pytest.fixture
def page(browser: Browser, network: BadNetwork) -> Iterator[Page]:
    """A page behind the bad network; what it says in its console while cut off does not matter."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    yield context.new_page()
    context.close()


def says_not_running(message: ForwardMsg) -> bool:
    """What the browser hears between two runs."""
    kind = message.WhichOneof("type")
    return kind == "session_status_changed" and not message.session_status_changed.script_is_running


def wait_until_it_tells(page: Page, other_than: str = "") -> str:
    """What the page tells of its work, as soon as that is something else."""
    page.wait_for_function(
        f"before => ![before, ''].includes(({TOLD})())", arg=other_than, timeout=PATIENCE
    )
    return str(page.evaluate(TOLD))


@pytest.mark.parametrize("work", WORKING)
def test_a_page_at_work_goes_on_after_a_cut_between_two_of_its_runs(
    page: Page, network: BadNetwork, work: str
) -> None:
    """At that moment the browser knows of no run under way, and the server has begun another."""
    address, presses = WORKING[work]
    page.goto(f"{network.url}/{address}")
    heading = page.get_by_role("heading", level=1)
    title = heading.inner_text(timeout=PATIENCE)
    if work == "flows":
        can_train(page)
    for name in presses:
        settle(page, timeout_ms=PATIENCE)
        choice = page.get_by_role("radio", name=name, exact=True)
        page.get_by_role("button", name=name, exact=True).or_(choice).click()
    wait_until_it_tells(page)
    network.cut_after(says_not_running)
    assert network.is_cut.wait(60)
    page.wait_for_timeout(CUT)
    network.mend()
    page.wait_for_selector('[data-test-connection-state="CONNECTED"]', timeout=PATIENCE)
    page.wait_for_timeout(500)  # what the ended run had left is shown by then
    wait_until_it_tells(page, other_than=wait_until_it_tells(page))
    assert heading.inner_text() == title


def test_a_training_in_the_browser_goes_on_through_a_cut_and_is_heard_after_it(
    page: Page, network: BadNetwork
) -> None:
    slow_trainings(page)
    page.goto(f"{network.url}/flows?activity=bend")
    can_train(page)
    main = page.get_by_test_id("stMain")
    main.get_by_role("button", name="Train again", exact=True).click()
    told = "() => [...window.arvizTrainings.get('flows').all.values()][0]?.losses.length ?? 0"
    page.wait_for_function(f"() => ({told})() > 5", timeout=PATIENCE)
    network.cut()
    before = page.evaluate(told)
    page.wait_for_timeout(CUT)
    there = page.evaluate(told)
    assert there > before  # no server is needed for that
    network.mend()
    page.wait_for_selector('[data-test-connection-state="CONNECTED"]', timeout=PATIENCE)
    main.get_by_role("button", name="Stop", exact=True).click()
    main.get_by_role("button", name="Train again", exact=True).click(trial=True, timeout=PATIENCE)
    settle(page)
    assert there <= int(query(page)["trained"]) < 2000
    page.get_by_text("in this browser)").wait_for()
