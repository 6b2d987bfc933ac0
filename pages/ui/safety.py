"""What every answer of the server carries, and what no visitor is told.

A page that shows the app in a frame could lay its own buttons over it. So only pages of the same
server may; `ARVIZ_FRAMES` names others, such as that of a course. Streamlit's own figures about the
server, /_stcore/metrics, are for this machine alone.
"""

from __future__ import annotations

import os
import re
from ipaddress import ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

FRAMES = "ARVIZ_FRAMES"
METRICS = "/_stcore/metrics"
ORIGIN = re.compile(r"https?://(\*\.)?[a-z0-9.-]+(:(\d+|\*))?|\[[0-9a-f:]+\]", re.IGNORECASE)


def frame_ancestors(given: str) -> str:
    """The header's value for what `ARVIZ_FRAMES` says.

    Args:
        given: origins with a space between them, "https://moodle.example.org"; "" for none.

    Raises:
        ValueError: one of them is no origin.
    """
    origins = given.split()
    for origin in origins:
        if not ORIGIN.fullmatch(origin):
            raise ValueError(
                f"{FRAMES} names the sites that may show the app in a frame, with a space between "
                f"them: https://moodle.example.org. {origin!r} is none."
            )
    return " ".join(["frame-ancestors 'self'", *origins])


def of_this_machine(scope: Scope) -> bool:
    """Whether a program of this machine asks, and not a proxy for somebody else."""
    names = {name for name, _ in scope["headers"]}
    if b"x-forwarded-for" in names or b"forwarded" in names:
        return False
    try:
        return ip_address((scope.get("client") or ("",))[0]).is_loopback
    except ValueError:
        return False


class Safety:
    """ASGI middleware: headers for every answer, and no metrics for visitors.

    Args:
        app: what answers.

    Raises:
        ValueError: see `frame_ancestors`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._headers = (
            (b"content-security-policy", frame_ancestors(os.environ.get(FRAMES, "")).encode()),
            (b"x-content-type-options", b"nosniff"),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                there = [(name.lower(), value) for name, value in message["headers"]]
                new = [header for header in self._headers if header not in there]
                message = {**message, "headers": [*message["headers"], *new]}
            await send(message)

        if scope["path"].rstrip("/").endswith(METRICS) and not of_this_machine(scope):
            from starlette.responses import PlainTextResponse

            await PlainTextResponse("Not found\n", 404)(scope, receive, answer)
        else:
            await self._app(scope, receive, answer)
