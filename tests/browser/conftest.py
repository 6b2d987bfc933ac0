"""One server and one Chromium for all browser tests; a fresh context for each page opened."""

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
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

ROOT = Path(__file__).resolve().parents[2]
SERVER_STARTS_WITHIN_S = 60.0
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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


def _no_browser(reason: str) -> NoReturn:
    """Skip, or fail where ARVIZ_REQUIRE_BROWSER=1 says that a browser has to be there."""
    if os.environ.get("ARVIZ_REQUIRE_BROWSER") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _no_browser("browser tests need playwright: pip install -r tests/requirements.txt")
    executable = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if executable is None:
        _no_browser(f"browser tests need one of {', '.join(CHROMIUM_NAMES)} on PATH")
    with sync_playwright() as playwright:
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


@pytest.fixture
def open_page(
    browser: Browser, server: Server, browser_problems: list[str]
) -> Iterator[Callable[..., Page]]:
    """open_page(path="", width=1280, ...): a settled page of the app, in a context of its own."""
    contexts: list[BrowserContext] = []

    def note_console(message: ConsoleMessage) -> None:
        address = message.location.get("url", "")
        if message.type == "error" and not address.endswith(EXPECTED_404S):
            browser_problems.append(f"console: {message.text} ({address})")

    def open_page(
        path: str = "",
        *,
        width: int = 1280,
        height: int = 720,
        color_scheme: Literal["light", "dark"] = "light",
        reduced_motion: Literal["no-preference", "reduce"] = "no-preference",
        settled: bool = True,
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=color_scheme,
            reduced_motion=reduced_motion,
            accept_downloads=True,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", note_console)
        page.on("pageerror", lambda error: browser_problems.append(f"exception: {error}"))
        page.goto(f"{server.url}/{path.lstrip('/')}")
        if settled:
            settle(page)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(autouse=True)
def no_browser_problems(browser_problems: list[str]) -> Iterator[None]:
    """No page says an error in its console, in any test."""
    yield
    assert browser_problems == []
