"""One server and one Chromium for all browser tests; one page that tests share."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn

import pytest

from tests.browser.driving import settle

if TYPE_CHECKING:
    from playwright.sync_api import (
        Browser,
        BrowserContext,
        ConsoleMessage,
        Error,
        Page,
        Playwright,
        ViewportSize,
    )

ROOT = Path(__file__).resolve().parents[2]
SERVER_STARTS_WITHIN_S = 60.0
PATIENCE_MS = 90_000  # of a page on a busy machine; no test measures time
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
# Chromium is to talk to our server and to nothing else; containers lack a GPU and the sandbox.
CHROMIUM_ARGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# On a deep link (/nade) Streamlit's client first looks for its server under that path.
EXPECTED_404S = ("/_stcore/health", "/_stcore/host-config")


@dataclass(frozen=True)
class Server:
    """The app under test. `log` holds what it printed so far."""

    url: str
    log: Path
    pid: int


def pytest_itemcollected(item: pytest.Item) -> None:
    """A browser test takes seconds to open its page: `make test` runs those marked quick alone."""
    item.add_marker(pytest.mark.browser)
    if item.get_closest_marker("quick") is None:
        item.add_marker(pytest.mark.slow)


def _no_browser(reason: str) -> NoReturn:
    """Skip, or fail where ARVIZ_REQUIRE_BROWSER=1 says that a browser has to be there."""
    if os.environ.get("ARVIZ_REQUIRE_BROWSER") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def playwright_and_chromium() -> Iterator[tuple[Playwright, str]]:
    """Playwright, which one process can start only once, and the path of Chromium."""
    try:
        from playwright.sync_api import expect, sync_playwright
    except ImportError:
        _no_browser("browser tests need playwright: pip install -r tests/requirements.txt")
    executable = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if executable is None:
        _no_browser(f"browser tests need one of {', '.join(CHROMIUM_NAMES)} on PATH")
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        yield playwright, executable


@pytest.fixture(scope="session")
def browser(playwright_and_chromium: tuple[Playwright, str]) -> Iterator[Browser]:
    playwright, executable = playwright_and_chromium
    chromium = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGS)
    yield chromium
    chromium.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    log = tmp_path_factory.mktemp("server") / "streamlit.log"
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    command += ["--server.address=127.0.0.1", f"--server.port={port}", "--server.headless=true"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_healthy(url, process, log)
        yield Server(url, log, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + SERVER_STARTS_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    pytest.fail(f"the server did not start:\n{log.read_text()[-2000:]}", pytrace=False)


@pytest.fixture
def browser_problems() -> list[str]:
    """Console errors and uncaught exceptions of every page that `open_page` opened in this test."""
    return []


def _note_problems(page: Page, problems: list[str]) -> Callable[[], None]:
    """Note console errors and exceptions of the page; the function returned ends that."""

    def console(message: ConsoleMessage) -> None:
        address = message.location.get("url", "")
        if message.type == "error" and not address.endswith(EXPECTED_404S):
            problems.append(f"console: {message.text} ({address})")

    def exception(error: Error) -> None:
        problems.append(f"exception: {error}")

    page.on("console", console)
    page.on("pageerror", exception)

    def end() -> None:
        page.remove_listener("console", console)
        page.remove_listener("pageerror", exception)

    return end


@pytest.fixture(scope="session")
def kept_page(browser: Browser) -> Iterator[Page]:
    """A page that the tests use one after another: what it has cached opens the app 2 s sooner."""
    context = browser.new_context(accept_downloads=True)
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


@pytest.fixture
def open_page(
    browser: Browser, server: Server, kept_page: Page, browser_problems: list[str]
) -> Iterator[Callable[..., Page]]:
    """open_page(path="", width=1280, ..., own=False): a settled page of the app.

    The first of a test is the page that all tests share, loaded anew, in a session of its own on
    the server, with an empty storage. Every other, and with `own` the first as well, stands in a
    new context: for a test that listens to a page or steps back in its history, changes its
    context, or needs a browser that has not been here before.
    """
    contexts: list[BrowserContext] = []
    endings: list[Callable[[], None]] = []

    def open_page(
        path: str = "",
        *,
        width: int = 1280,
        height: int = 720,
        color_scheme: Literal["light", "dark"] = "light",
        reduced_motion: Literal["no-preference", "reduce"] = "no-preference",
        settled: bool = True,
        own: bool = False,
    ) -> Page:
        size: ViewportSize = {"width": width, "height": height}
        if own or endings:
            context = browser.new_context(viewport=size, accept_downloads=True)
            context.set_default_timeout(PATIENCE_MS)
            contexts.append(context)
            page = context.new_page()
        else:
            page = kept_page
            page.set_viewport_size(size)
        endings.append(_note_problems(page, browser_problems))
        page.emulate_media(color_scheme=color_scheme, reduced_motion=reduced_motion)
        name, mark, query = path.lstrip("/").partition("?")
        page.goto(f"{server.url}/{name.replace('_', '-')}{mark}{query}")
        if settled:
            settle(page)
        return page

    yield open_page
    for end in endings:
        end()
    if kept_page.url.startswith(server.url):
        kept_page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
        kept_page.goto("about:blank")  # its session ends here, not while the next test runs
    for context in contexts:
        context.close()


@pytest.fixture(autouse=True)
def no_browser_problems(browser_problems: list[str]) -> Iterator[None]:
    """No page says an error in its console, in any test."""
    yield
    assert browser_problems == []
