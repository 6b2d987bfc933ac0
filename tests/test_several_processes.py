"""Two processes of the app behind HAProxy, as `make run WORKERS=2` starts them, at a base path."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import InvalidStatus

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

IDLE = 120.0  # seconds: `timeout tunnel` of deploy/haproxy.cfg
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


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://localhost.evil.example", "null"]
)
def test_a_page_of_another_site_gets_no_session(running: Running, origin: str) -> None:
    """Nor an upload: the token that it would need cannot be read from there."""

    async def visit() -> None:
        async with Visitor(running.url, origin=origin):
            pass

    with pytest.raises(InvalidStatus) as refused:
        asyncio.run(visit())
    assert refused.value.response.status_code == 403
    answer = running.get("/_stcore/health", Origin=origin)
    assert answer.headers.get("Access-Control-Allow-Origin") not in ("*", origin)


LIMIT = 5 * 2**20  # bytes, of an upload to `running`
OVER = LIMIT + 2 * 2**20  # what a form has around a file is let pass, up to 1 MB


def upload(running: Running, size: int, chunked: bool, token: bool = True) -> int:
    """The status that a session's upload of so many bytes gets."""

    async def visit() -> int:
        async with Visitor(running.url) as visitor:
            await visitor.open("reading")
            return await asyncio.to_thread(send, visitor.session, visitor.cookie)

    def send(session: str, cookie: str) -> int:
        given = str(running.get("/_stcore/health", Cookie=cookie).headers["Set-Cookie"])
        xsrf = given.partition(";")[0]
        assert xsrf.startswith("_streamlit_xsrf=")
        head = b'--x\r\nContent-Disposition: form-data; name="f"; filename="f.csv"\r\n\r\n'
        body = head + b"0" * (size - len(head) - 9) + b"\r\n--x--\r\n"
        headers = {"Content-Type": "multipart/form-data; boundary=x", "Cookie": f"{cookie}; {xsrf}"}
        if token:
            headers["X-Xsrftoken"] = xsrf.partition("=")[2]
        pieces = (body[at : at + 2**16] for at in range(0, size, 2**16))
        connection = running.connection()
        with suppress(OSError):  # it is answered before all is sent
            connection.request(
                "PUT",
                f"{BASE}/_stcore/upload_file/{session}/1",
                pieces if chunked else body,
                headers,
                encode_chunked=chunked,
            )
        status = connection.getresponse().status
        connection.close()
        return status

    return asyncio.run(visit())


@pytest.mark.parametrize("chunked", [False, True], ids=["with its length", "in chunks"])
def test_an_upload_above_the_limit_is_refused_however_it_comes(
    running: Running, chunked: bool
) -> None:
    assert upload(running, LIMIT // 2, chunked) == 204
    assert upload(running, OVER, chunked) == 413
    assert upload(running, LIMIT // 2, chunked, token=False) == 403


def test_an_upload_that_is_too_large_for_any_page_is_refused_before_it_is_sent(
    running: Running,
) -> None:
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


def test_a_client_that_sends_its_upload_drop_by_drop_is_let_go(running: Running) -> None:
    request = f"PUT {BASE}/_stcore/upload_file/a/b HTTP/1.1\r\nHost: localhost\r\n"
    with socket.create_connection(("127.0.0.1", running.port), timeout=2) as line:
        line.sendall(f"{request}Content-Length: 1000\r\n\r\n".encode())
        deadline = time.monotonic() + 30
        answer = b""
        while not answer:
            assert time.monotonic() < deadline, "it may go on"
            line.sendall(b"x")
            with suppress(TimeoutError):
                answer = line.recv(100)
    assert answer.startswith(b"HTTP/1.1 408")


def is_held(here: int, there: int) -> bool:
    """Whether a connection between these ports of this machine is held at the first one."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        own, other, state = line.split()[1:4]
        if int(own[-4:], 16) == here and int(other[-4:], 16) == there:
            return state == "01"  # established: neither side has closed it
    return False


def test_a_visitor_who_reads_nothing_is_let_go_and_one_who_only_reads_stays(
    running: Running,
) -> None:
    """A ping goes to both each 30 s, and only one answers. Meanwhile others are served."""
    stream = (
        f"GET {BASE}/_stcore/stream HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: streamlit\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    asked = BackMsg()
    asked.rerun_script.page_name = "nade"
    message = asked.SerializeToString()
    frame = bytes([0x82, 0x80 | len(message), 0, 0, 0, 0]) + message  # masked by zeros

    async def others(cookie: str, line: socket.socket) -> list[str]:
        async with Visitor(running.url, cookie=cookie) as quiet:
            errors = (await quiet.open("reading")).errors
            deadline = time.monotonic() + IDLE + 30
            while time.monotonic() < deadline:
                if not is_held(running.port, line.getsockname()[1]):
                    break
                await asyncio.sleep(1)
            else:
                errors.append("who reads nothing is still held")
            await asyncio.sleep(max(0, deadline - 15 - time.monotonic()))
            return [*errors, *(await quiet.open("nade")).errors]

    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.settimeout(30)
        line.connect(("127.0.0.1", running.port))
        line.sendall(stream.encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head += line.recv(1)
        assert head.startswith(b"HTTP/1.1 101")
        [cookie] = re.findall(r"set-cookie: (ARVIZ=app\d)", head.decode(), re.IGNORECASE)
        # More than the buffers on the way take: with some of it left, the app's own close waits.
        for _ in range(200):
            line.sendall(frame)
            time.sleep(0.2)
        assert is_held(running.port, line.getsockname()[1])
        assert asyncio.run(others(cookie, line)) == []


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


@needs_openssl
def test_no_other_site_may_show_the_app_in_a_frame(secure: Running) -> None:
    for path in ("/", "/nade", "/_stcore/health", "/app/static/fonts/ibm-plex-sans-latin.woff2"):
        policy = secure.get(path).headers["Content-Security-Policy"]
        assert policy == "frame-ancestors 'self'", path


@needs_openssl
def test_no_secret_is_in_a_log_or_a_command_line(secure: Running) -> None:
    async def visit() -> None:
        async with Visitor(secure.url, trust=secure.trust) as visitor:
            await visitor.open("lab")
        with pytest.raises(InvalidStatus):
            async with Visitor(secure.url, trust=secure.trust, origin="https://evil.example"):
                pass

    asyncio.run(visit())
    assert secure.get("/_stcore/health", Host="evil.example").status == 421
    children = secure.children()
    hidden = {TOKEN}
    for child in children:
        variables = Path(f"/proc/{child}/environ").read_text().split("\0")
        [own] = [each for each in variables if each.startswith("STREAMLIT_SERVER_COOKIE_SECRET=")]
        hidden.add(own.partition("=")[2])
    assert len(hidden) == 2  # one secret for all processes, made as they started
    certificate = next(each for each in variables if each.startswith("ARVIZ_CERTIFICATE="))
    key = Path(certificate.partition("=")[2]).read_text("ascii").partition("PRIVATE KEY-----\n")[2]
    hidden.add(key.splitlines()[0])
    commands = [Path(f"/proc/{child}/cmdline").read_text() for child in children]
    log = secure.log.read_text("utf-8")
    assert "2 processes behind" in log and "evil.example" in log  # it is the log
    for secret in hidden:
        assert len(secret) >= 32
        assert not any(secret in each for each in [log, *commands])


def test_without_haproxy_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    several = starter(monkeypatch)
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(SystemExit, match="apt-get install haproxy"):
        several.main(["--workers", "2"])
    with pytest.raises(SystemExit):  # and how many there can be
        several.main(["--workers", "0"])
