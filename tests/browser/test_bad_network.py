"""A page whose connection was lost comes back by itself, and goes on with what it was doing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.browser.bad_network import BadNetwork
from tests.browser.conftest import Server
from tests.browser.driving import settle

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CUT = 5_000  # milliseconds
PATIENCE = 120_000  # milliseconds; a browser asks for its server again at growing intervals

# Pages that start themselves anew between two pieces of work: address, and the button that begins.
WORKING = {
    "flows": ("flows?activity=bend&steps=1000&trained=1", "Train again"),
    "break the mask": ("pixelcnn?activity=break&tour=3&training=800", ""),
    "costs": ("contexts?activity=costs&tour=2", "Measure on the server"),
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
    address, begin = WORKING[work]
    page.goto(f"{network.url}/{address}")
    heading = page.get_by_role("heading", level=1)
    title = heading.inner_text(timeout=PATIENCE)
    if begin:  # otherwise the page begins by itself
        settle(page, timeout_ms=PATIENCE)
        page.get_by_role("button", name=begin, exact=True).click()
    wait_until_it_tells(page)
    network.cut_after(says_not_running)
    assert network.is_cut.wait(60)
    page.wait_for_timeout(CUT)
    network.mend()
    page.wait_for_selector('[data-test-connection-state="CONNECTED"]', timeout=PATIENCE)
    page.wait_for_timeout(500)  # what the ended run had left is shown by then
    wait_until_it_tells(page, other_than=wait_until_it_tells(page))
    assert heading.inner_text() == title
