"""Old links to lessons still lead there, asked of a real server and of the middleware alone."""

from __future__ import annotations

import asyncio
import http.client
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from streamlit import config

from benchmarks.visitors import Server, serving
from pages import LESSONS
from pages.ui.addresses import OldAddresses, lesson_folders

HYPHENED = [lesson.slug for lesson in LESSONS if "-" in lesson.slug]
QUERY = "k=5&tabs=What%20it%20reads&points=1.5%2C2&k=7"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


def asked(server: Server, path: str, method: str = "GET") -> tuple[int, str | None]:
    """Status, and where the browser is sent."""
    where = urlsplit(server.url)
    connection = http.client.HTTPConnection(str(where.hostname), where.port, timeout=20)
    connection.request(method, path)
    response = connection.getresponse()
    found = response.status, response.getheader("Location")
    connection.close()
    return found


def answer(path: str, query: str = "", method: str = "GET", kind: str = "http") -> Any:
    """What the middleware sends; None where it hands the request on."""
    sent: list[Any] = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        sent.append(None)

    async def send(message: Any) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": kind,
        "path": path,
        "query_string": query.encode(),
        "headers": [],
    }
    scope |= {"method": method} if kind == "http" else {}
    if kind == "lifespan":
        scope = {"type": kind}
    asyncio.run(OldAddresses(inner)(scope, None, send))  # type: ignore[arg-type]
    return sent[0] and dict(sent[0]["headers"])[b"location"].decode()


def test_the_folder_of_every_lesson_is_its_slug() -> None:
    assert lesson_folders() == sorted(lesson.slug.replace("-", "_") for lesson in LESSONS)


@pytest.mark.slow
@pytest.mark.parametrize("slug", HYPHENED)
def test_an_old_address_moves_for_good_with_its_query(server: Server, slug: str) -> None:
    old = slug.replace("-", "_")
    assert asked(server, f"/{old}?{QUERY}") == (308, f"/{slug}?{QUERY}")
    assert asked(server, f"/{old}", "HEAD") == (308, f"/{slug}")


def test_the_new_address_and_all_others_are_answered_as_they_were(server: Server) -> None:
    for path in ("/row-lstm?k=5", "/nade", "/", "/_stcore/health"):
        assert asked(server, path) == (200, None)


def test_a_slash_at_the_end_is_no_other_address() -> None:
    assert answer("/row_lstm/", "k=5") == "/row-lstm?k=5"


@pytest.mark.parametrize(
    ("path", "method", "kind"),
    [
        ("/row_lstm", "POST", "http"),
        ("/row_lstm", "", "websocket"),
        ("", "", "lifespan"),
        ("/row_lstm/more", "GET", "http"),
        ("//evil.example/row_lstm", "GET", "http"),
        ("/no_lesson", "GET", "http"),
    ],
)
def test_nothing_else_is_moved(path: str, method: str, kind: str) -> None:
    assert answer(path, "", method, kind) is None


def test_below_a_base_path_the_address_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    option = config.get_option
    base = {"server.baseUrlPath": "/class/"}
    monkeypatch.setattr(config, "get_option", lambda name: base.get(name) or option(name))
    assert answer("/class/row_lstm", "k=5") == "/class/row-lstm?k=5"
    assert answer("/row_lstm") is None
