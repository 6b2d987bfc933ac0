"""A bad network: a TCP proxy before a server, which cuts all connections and takes no new ones."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Self

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

CHUNK = 65536  # bytes
BINARY = 0x82  # first byte of an unbroken WebSocket frame of bytes
ON_ITS_WAY = 0.1  # seconds that the last message before a cut gets to arrive

Wanted = Callable[[ForwardMsg], bool]


class BadNetwork:
    """A proxy on 127.0.0.1, in a thread of its own; enter it to start, leave it to end.

    `set_offline` of Playwright leaves an open WebSocket as it is. This does not.

    Args:
        port: of the server behind it, on 127.0.0.1.

    Attributes:
        is_cut: an event, set while no connection passes.
    """

    def __init__(self, port: int) -> None:
        self._behind = port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._last: Wanted | None = None
        self.is_cut = threading.Event()
        self.port = 0

    @property
    def url(self) -> str:
        """Where a browser finds the server behind the proxy."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        self.mend()
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._loop.close()

    def cut(self) -> None:
        """End every connection at once, and refuse new ones."""
        self._do(self._cut())

    def cut_after(self, last: Wanted) -> None:
        """Cut when the server sends a message for which `last` is true: the last that arrives."""
        self._last = last

    def mend(self) -> None:
        """Take connections again."""
        self._do(self._mend())

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)

    async def _cut(self) -> None:
        self._last = None
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._open):
            writer.transport.abort()
        self.is_cut.set()

    async def _mend(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        self.is_cut.clear()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            from_server, to_server = await asyncio.open_connection("127.0.0.1", self._behind)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, to_server}
        try:
            await asyncio.gather(
                self._pipe(reader, to_server), self._pipe(from_server, writer, watched=True)
            )
        finally:
            for each in (writer, to_server):
                each.transport.abort()
            self._open -= {writer, to_server}

    async def _pipe(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, watched: bool = False
    ) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            writer.write(head)
            if watched and head.startswith(b"HTTP/1.1 101"):
                await self._pass_frames(reader, writer)
                return
            while data := await reader.read(CHUNK):
                writer.write(data)
                await writer.drain()
            writer.close()
        except (OSError, asyncio.IncompleteReadError):
            writer.transport.abort()

    async def _pass_frames(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """The WebSocket frames of the server, one by one."""
        while True:
            head = await reader.readexactly(2)
            size = head[1]
            if size >= 126:  # the length is in the 2 or 8 bytes that follow
                longer = await reader.readexactly(2 if size == 126 else 8)
                head, size = head + longer, int.from_bytes(longer, "big")
            payload = await reader.readexactly(size)
            writer.write(head + payload)
            await writer.drain()
            last = self._last
            if last and head[0] == BINARY and last(ForwardMsg.FromString(payload)):
                await asyncio.sleep(ON_ITS_WAY)
                await self._cut()
