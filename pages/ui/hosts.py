"""Which names the server answers to: those of this machine, and those that its owner adds.

A page on the Web can make a browser believe that its own name is the address of this machine, and
then read what the server says (DNS rebinding). The browser still sends the name as Host, so a
server that answers to its own names alone is safe. Streamlit checks the Host of its WebSocket
against a fixed list. `HostCheck` looks at every request, and adds the address at which it came in:
a laptop has another one in each network. A process behind a proxy listens on loopback and sees none
of them: `ARVIZ_HOSTS` names them, with a space between (deploy/several.py sets it). They come to
what the owner allows and replace nothing.
"""

from __future__ import annotations

import os
import socket
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

from streamlit import config
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

OPTION = "server.allowedHosts"
ADDED = "ARVIZ_HOSTS"
LOOPBACK = ("localhost", "*.localhost", "127.0.0.1", "::1")


def own_names() -> tuple[str, ...]:
    """Names by which this machine is reached: loopback, and its host name."""
    name = socket.gethostname().lower()
    return (*LOOPBACK, *((name, f"{name}.local") if name else ()))


def allow(*names: str) -> None:
    """Let the server answer to these names too."""
    known: list[str] = config.get_option(OPTION)
    if new := [name for name in names if name not in known]:
        config.set_option(OPTION, [*known, *new], "pages/ui/hosts.py")


def local_address(scope: Scope) -> str | None:
    """This machine's address at which a request came in; None where it is no IP address."""
    try:
        address = ip_address((scope.get("server") or ("",))[0].partition("%")[0])
    except ValueError:  # a Unix socket
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


class HostCheck:
    """ASGI middleware that refuses requests to a host that this machine does not have.

    Args:
        app: what answers the others.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        allow(*own_names(), *os.environ.get(ADDED, "").split())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        if address := local_address(scope):
            allow(address)
        given = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if len(given) == 1 and is_host_allowed(given[0]):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # policy violation
        else:
            from starlette.responses import PlainTextResponse

            host = given[0][:80] if given else "none"
            words = (
                f"This server does not answer to the host {host!r}. If the name is right, add it: "
                "make run STREAMLIT_FLAGS=\"--server.allowedHosts NAME\". See 'For a class' in "
                "README.md.\n"
            )
            await PlainTextResponse(words, 421)(scope, receive, send)
