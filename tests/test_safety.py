"""What every answer of the server carries, and what no visitor is told."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pages.ui.safety import Safety, frame_ancestors

METRICS = "/_stcore/metrics"


def asked(path: str, client: str = "127.0.0.1", **headers: str) -> tuple[int, dict[str, str]]:
    """Status and headers of the answer."""
    sent: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Any) -> None:
        sent.append(message)

    given = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
    scope = {"type": "http", "path": path, "headers": given, "client": (client, 1), "method": "GET"}
    asyncio.run(Safety(app)(scope, None, send))  # type: ignore[arg-type]
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], found


def test_no_other_site_may_show_the_app_in_a_frame_unless_it_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    policy = asked("/nade")[1]["content-security-policy"]
    assert policy == "frame-ancestors 'self'"
    monkeypatch.setenv("ARVIZ_FRAMES", "https://moodle.example.org https://*.example.edu:8443")
    policy = asked("/nade")[1]["content-security-policy"]
    assert policy == "frame-ancestors 'self' https://moodle.example.org https://*.example.edu:8443"


@pytest.mark.parametrize(
    "given", ["moodle.example.org", "https://a.b; script-src *", "javascript:1", "https://a.b/c"]
)
def test_what_is_no_origin_is_refused_in_words(given: str) -> None:
    with pytest.raises(ValueError, match="ARVIZ_FRAMES names the sites"):
        frame_ancestors(given)


def test_the_metrics_are_for_this_machine_alone() -> None:
    assert asked(METRICS)[0] == 200
    assert asked(METRICS, client="192.0.2.7")[0] == 404
    assert asked(METRICS, x_forwarded_for="192.0.2.7")[0] == 404
    assert asked("/arviz" + METRICS + "/", client="192.0.2.7")[0] == 404
    assert asked("/_stcore/health", client="192.0.2.7")[0] == 200


def test_no_answer_is_guessed_to_be_of_another_type() -> None:
    assert asked("/nade")[1]["x-content-type-options"] == "nosniff"
    assert asked(METRICS, client="192.0.2.7")[1]["x-content-type-options"] == "nosniff"
