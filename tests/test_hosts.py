"""Which hosts the server answers to, asked of a real one: HTTP and WebSocket."""

from __future__ import annotations

import asyncio
import http.client
import socket
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import InvalidStatus

from benchmarks.visitors import Server, Visitor, serving

ADDED = "arviz.example.org"
# An address of this machine that is in no list: only the connection tells that it is one.
OWN = "127.0.0.2"
ANSWERED = ("localhost", "LocalHost", "127.0.0.1", "[::1]", OWN, socket.gethostname(), ADDED)
FORGED = ("evil.example", "localhost.evil.example", "192.0.2.77", "127.0.0.3", "x@127.0.0.1", "")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux listens on 127.0.0.2")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving("--server.allowedHosts", ADDED, address=OWN) as running:
        yield running


def get(server: Server, host: str, path: str = "/_stcore/health") -> tuple[int, str]:
    """Status and body of a page asked for under that Host."""
    where = urlsplit(server.url)
    connection = http.client.HTTPConnection(str(where.hostname), where.port, timeout=20)
    connection.putrequest("GET", path, skip_host=True)
    connection.putheader("Host", host)
    connection.endheaders()
    response = connection.getresponse()
    found = response.status, response.read().decode()
    connection.close()
    return found


def opened(server: Server, host: str, origin: str | None = None) -> bool:
    """Whether a WebSocket under that Host shows a page."""

    async def visit() -> bool:
        try:
            async with Visitor(server.url, host=host, origin=origin) as visitor:
                return (await visitor.open("reading")).errors == []
        except InvalidStatus as refused:
            assert refused.response.status_code == 403
            return False

    return asyncio.run(visit())


@pytest.mark.parametrize("host", ANSWERED)
@pytest.mark.parametrize("port", ["", ":8501"])
def test_names_and_addresses_of_this_machine_and_added_names_are_answered(
    server: Server, host: str, port: str
) -> None:
    assert get(server, host + port)[0] == 200


@pytest.mark.parametrize("host", FORGED)
def test_a_forged_host_is_refused(server: Server, host: str) -> None:
    assert get(server, host)[0] == 421


def test_the_refusal_says_what_was_given_and_what_to_do(server: Server) -> None:
    status, words = get(server, "evil.example:8501", "/nade")
    assert status == 421
    assert "'evil.example:8501'" in words and "--server.allowedHosts" in words


@pytest.mark.parametrize("host", [OWN, "localhost:8501", ADDED])
def test_a_websocket_opens_under_a_name_of_this_machine(server: Server, host: str) -> None:
    assert opened(server, host)
    assert opened(server, host, origin=f"http://{host}")


@pytest.mark.parametrize("host", ["evil.example", "192.0.2.77"])
def test_a_websocket_under_a_forged_host_is_refused(server: Server, host: str) -> None:
    assert not opened(server, host)
    assert not opened(server, host, origin=f"http://{host}")  # DNS rebinding: both agree


def test_a_websocket_of_another_site_is_refused(server: Server) -> None:
    assert not opened(server, "localhost", origin="http://evil.example")


def test_the_shipped_configuration_refuses_a_forged_host() -> None:
    with serving(address="::1") as shipped:
        assert get(shipped, "[::1]")[0] == 200
        assert get(shipped, ADDED)[0] == 421
        assert opened(shipped, "localhost")
        assert not opened(shipped, ADDED)


def test_the_addresses_of_a_proxy_replace_nothing_that_the_owner_allows() -> None:
    with serving(ARVIZ_HOSTS="192.0.2.7 192.0.2.8", STREAMLIT_SERVER_ALLOWED_HOSTS=ADDED) as behind:
        for host in ("192.0.2.7", "192.0.2.8", ADDED, "localhost"):
            assert get(behind, host)[0] == 200, host
        assert get(behind, "192.0.2.9")[0] == 421
