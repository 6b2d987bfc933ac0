"""Two processes of the app behind HAProxy, as `make run WORKERS=2` starts them, at a base path."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import signal
import time
from collections.abc import Iterator

import pytest

from benchmarks.visitors import Visitor
from tests.several import (
    BASE,
    PATIENCE,
    Running,
    needs_haproxy,
    needs_openssl,
    new_certificate,
    several,
    starter,
)

NAME = "arviz.example.org"  # of a server that has one

TOKEN = secrets.token_hex(32)

pytestmark = [pytest.mark.slow, needs_haproxy]


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with several(
        "--server.maxUploadSize=5",
        ARVIZ_FRAMES="https://moodle.example.org",
        STREAMLIT_SERVER_ALLOWED_HOSTS=f"{NAME} other.example.org",
    ) as found:
        yield found
    assert found.children() == []


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Over TLS, and in no frame: as its owner has it who says nothing of frames."""
    certificate = new_certificate(tmp_path_factory.mktemp("tls"))
    with several(
        ARVIZ_CERTIFICATE=str(certificate), ARVIZ_FRAMES="", ARVIZ_LOG="json", RAY_AUTH_TOKEN=TOKEN
    ) as found:
        yield found


def test_pages_fonts_and_engine_are_there_under_the_base_path(running: Running) -> None:
    for path in ("/", "/nade", "/app/static/fonts/ibm-plex-sans-latin.woff2", "/_stcore/health"):
        assert running.get(path).status == 200, path

    async def visit() -> list[str]:
        async with Visitor(running.url) as visitor:
            return (await visitor.open("nade", model="nade-digits")).errors

    assert asyncio.run(visit()) == []


def test_visitors_are_shared_among_the_processes_and_each_stays_with_its_own(
    running: Running,
) -> None:
    async def visit() -> tuple[set[str], str, str]:
        visitors = [Visitor(running.url) for _ in range(4)]
        for visitor in visitors:
            await visitor.__aenter__()
        try:
            given = {visitor.cookie for visitor in visitors}
            async with Visitor(running.url, cookie=visitors[0].cookie) as again:
                return given, visitors[0].cookie, again.cookie
        finally:
            for visitor in visitors:
                await visitor.__aexit__()

    given, first, again = asyncio.run(visit())
    assert given == {"ARVIZ=app1", "ARVIZ=app2"}
    assert again == first


def test_the_metrics_are_closed_and_the_frame_is_open_for_the_course_page_alone(
    running: Running,
) -> None:
    assert running.get("/_stcore/metrics").status == 404
    policy = running.get("/nade").headers["Content-Security-Policy"]
    assert policy == "frame-ancestors 'self' https://moodle.example.org"
    cookie = running.get("/").headers["Set-Cookie"]
    assert "SameSite=None" in cookie and "Secure" in cookie and "HttpOnly" in cookie


@pytest.mark.parametrize("host", ["evil.example", "192.0.2.77"])
def test_a_forged_host_is_refused_behind_the_proxy_too(running: Running, host: str) -> None:
    assert running.get("/_stcore/health", Host=host).status == 421


def test_the_names_that_its_owner_allows_come_to_those_of_this_machine(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = [f"[{each}]" if ":" in each else each for each in starter(monkeypatch).own_addresses()]
    for host in (NAME, "other.example.org", "localhost", *own):
        assert running.get("/_stcore/health", Host=host).status == 200, host


def test_an_upload_that_is_too_large_is_refused_before_it_is_sent(running: Running) -> None:
    request = f"PUT {BASE}/_stcore/upload_file/a/b HTTP/1.1\r\nHost: localhost\r\n"
    answer = running.said_to(f"{request}Content-Length: 999999999\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(
    "lines",
    [
        "X-A: 1\r\nContent-Length: 5\r\nContent-Length: 9\r\n",  # two requests in one
        "X A: 1\r\n",
        "X-A: a\x00b\r\n",
    ],
)
def test_a_request_that_two_servers_could_read_differently_is_refused(
    running: Running, lines: str
) -> None:
    request = f"GET {BASE}/_stcore/health HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n"
    assert running.said_to(request.encode("latin-1")).startswith(b"HTTP/1.1 400")


def test_a_client_that_never_ends_its_request_is_let_go(running: Running) -> None:
    begun = f"GET {BASE}/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: ".encode()
    assert running.said_to(begun, seconds=60).startswith(b"HTTP/1.1 408")


def test_a_session_comes_back_on_another_process_when_its_own_is_killed(running: Running) -> None:
    """And the killed one is started again."""
    before = running.children()
    assert len(before) == 2

    async def visit() -> None:
        async with Visitor(running.url) as first:
            assert (await first.open("reading")).errors == []
            os.kill(before[int(first.cookie[-1]) - 1], signal.SIGKILL)
            began = time.monotonic()
            while True:
                try:
                    async with Visitor(running.url, cookie=first.cookie) as again:
                        assert (await again.open("reading")).errors == []
                        return
                except Exception:
                    if time.monotonic() - began > PATIENCE:
                        raise
                    await asyncio.sleep(0.2)

    asyncio.run(visit())
    deadline = time.monotonic() + PATIENCE
    while len(running.children()) < 2 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert len(running.children()) == 2
    assert running.children() != before


# Over TLS -----------------------------------------------------------------------------------------


@needs_openssl
def test_over_tls_pages_open_and_the_cookie_stays_on_it(secure: Running) -> None:
    async def visit() -> tuple[list[str], str]:
        origin = secure.url.removesuffix(BASE)
        async with Visitor(secure.url, trust=secure.trust, origin=origin) as visitor:
            return (await visitor.open("reading")).errors, visitor.cookie

    errors, given = asyncio.run(visit())
    assert errors == []
    assert given in ("ARVIZ=app1", "ARVIZ=app2")
    cookie = str(secure.get("/").headers["Set-Cookie"]).split("; ")
    assert {"Secure", "HttpOnly", "SameSite=Lax"} <= set(cookie)


@needs_openssl
def test_http_leads_to_the_same_page_over_tls(secure: Running) -> None:
    request = f"GET {BASE}/nade?seed=3 HTTP/1.1\r\nHost: localhost:{secure.port}\r\n\r\n"
    answer = secure.said_to(request.encode()).decode().lower()
    assert answer.startswith("http/1.1 308")
    assert f"location: {secure.url}/nade?seed=3\r\n" in answer


def test_without_haproxy_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    several = starter(monkeypatch)
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(SystemExit, match="apt-get install haproxy"):
        several.main(["--workers", "2"])
    with pytest.raises(SystemExit):  # and how many there can be
        several.main(["--workers", "0"])
