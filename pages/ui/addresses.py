"""Old addresses of lessons: links that were given away lead to the lesson, state and all.

A lesson was once called by the name of its file, /row_lstm; now it is called by its slug.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from streamlit import config

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


def lesson_folders() -> list[str]:
    """Names of the folders that hold a lesson: its slug, with underscores for hyphens."""
    here = Path(__file__).resolve().parent
    files = here.parent.glob("*/lesson.py")
    return sorted(file.parent.name for file in files if file.parent != here)


class OldAddresses:
    """ASGI middleware: asked for /row_lstm?k=5, it sends the browser to /row-lstm?k=5 for good.

    Args:
        app: what answers at every other address.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        base = config.get_option("server.baseUrlPath").strip("/")
        start = f"/{base}/" if base else "/"
        self._new = {
            start + name: start + name.replace("_", "-") for name in lesson_folders() if "_" in name
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
        new = self._new.get(scope["path"].rstrip("/")) if asked else None
        if new is None:
            await self._app(scope, receive, send)
            return
        from starlette.responses import RedirectResponse

        query = scope["query_string"].decode("latin-1")
        await RedirectResponse(f"{new}?{query}" if query else new, 308)(scope, receive, send)
