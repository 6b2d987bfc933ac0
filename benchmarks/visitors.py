"""Visitors without a browser: a real server, and sessions on its WebSocket that open pages.

A browser for each of 200 visitors does not fit on one machine. What the server sees of a browser is
one WebSocket, on which protocol buffers say "run the script" and "this widget has that value". A
`Visitor` sends the same ones, and looks at what comes back: how long a run took, what was on the
page, and whether anything failed.

    with serving() as server:
        async with Visitor(server.url) as visitor:
            run = await visitor.open("nade", model="nade-mnist", seed="3")
            run = await visitor.press("Reseed")

The time limit of every wait is `PATIENCE`, so that a hung server ends a benchmark.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 120.0  # seconds
STARTS_WITHIN = 60.0  # seconds


# --- the server ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Server:
    """A running app.

    Attributes:
        url: ``http://127.0.0.1:PORT``.
        pid: of its one process.
        log: the file with what it printed.
    """

    url: str
    pid: int
    log: Path

    def memory(self) -> float:
        """MB of RAM that the process holds now (resident set; Linux only)."""
        return self._status("VmRSS") / 1024

    def peak(self) -> float:
        """MB of RAM that it has held at most."""
        return self._status("VmHWM") / 1024

    def threads(self) -> int:
        """How many threads it has now."""
        return self._status("Threads")

    def cpu(self) -> float:
        """Seconds of processor time that it has used, by all threads together."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _status(self, name: str) -> int:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        [number] = [line.split()[1] for line in lines if line.startswith(f"{name}:")]
        return int(number)


@contextmanager
def serving(*options: str, address: str = "127.0.0.1", **environment: str) -> Iterator[Server]:
    """The app of this repository in a process of its own, healthy on entry and ended on exit.

    Args:
        options: more of ``streamlit run``, such as ``--server.maxUploadSize=1``.
        address: where it listens.
        environment: more variables for it.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((address, 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "server.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "streamlit", "run", "app.py"),
                    *("--server.headless=true", f"--server.address={address}"),
                    *(f"--server.port={port}", *options),
                ],
                cwd=ROOT,
                env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        host = f"[{address}]" if ":" in address else address
        try:
            server = Server(f"http://{host}:{port}", process.pid, log)
            _wait_until_healthy(server, process)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_healthy(server: Server, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the server did not start:\n{server.log.read_text()[-2000:]}")


# --- a visitor -----------------------------------------------------------------------------------


@dataclass
class Run:
    """One run of the script, with those that it started itself (`st.rerun`), as a visitor sees it.

    Attributes:
        seconds: from the request to the end of the last run.
        messages: how many came.
        size: bytes of all of them.
        errors: exceptions and red boxes on the page, as text.
        widgets: id of each widget and component on the page.
        buttons: label of each button -> its id.
        components: name of each component that was drawn.
    """

    seconds: float = 0.0
    messages: int = 0
    size: int = 0
    errors: list[str] = field(default_factory=list)
    widgets: list[str] = field(default_factory=list)
    buttons: dict[str, str] = field(default_factory=dict)
    components: list[str] = field(default_factory=list)

    def widget(self, key: str) -> str:
        """Id of the widget with that `key=`.

        Raises:
            KeyError: there is none.
        """
        for found in self.widgets:
            if found.endswith(f"-{key}"):
                return found
        raise KeyError(f"no widget {key!r} on the page; there are {self.widgets}")

    def note(self, message: ForwardMsg) -> None:
        """Take in one message."""
        kind = message.WhichOneof("type")
        if kind == "session_event":
            self.errors.append(str(message.session_event)[:500])
        if kind != "delta" or message.delta.WhichOneof("type") != "new_element":
            return
        element = message.delta.new_element
        what = str(element.WhichOneof("type"))
        content = getattr(element, what)
        if what == "exception":
            self.errors.append(content.message)
        elif what == "alert" and content.format == content.ERROR:
            self.errors.append(content.body)
        elif what == "button":
            self.buttons[content.label] = content.id
        elif what == "bidi_component":
            self.components.append(content.component_name)
        if getattr(content, "id", ""):
            self.widgets.append(content.id)


class Visitor:
    """One session. Enter it to connect; leave it to close the tab.

    Args:
        url: of the server, with its base path if it has one.
        host: what the handshake has as Host, where it is not that of `url`.
        origin: what it has as Origin; a browser sends that of the page.
        session: id of an earlier session to come back to.
        cookie: what an earlier visit was given, see `cookie`.
        trust: for https://, the certificates that are believed.

    Attributes:
        cookie: what a proxy has given it to be known by, "name=value"; "" for none.
    """

    def __init__(
        self,
        url: str,
        *,
        host: str = "",
        origin: str | None = None,
        session: str = "",
        cookie: str = "",
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._where = urlsplit(url)
        base = self._where.path.rstrip("/")
        kind = "wss" if self._where.scheme == "https" else "ws"
        self._address = f"{kind}://{host or self._where.netloc}{base}/_stcore/stream"
        self.cookie = cookie
        self._trust = trust
        self._origin = origin
        self.session = session
        self._socket: ClientConnection
        self._page = self._query = self._hash = ""
        self.last = Run()
        self._timers: dict[str, asyncio.Task[None]] = {}  # that a page has set, by their fragment

    async def __aenter__(self) -> Self:
        # Second and third are where the browser sends its XSRF token and its last session.
        spoken = ["streamlit", "x", self.session] if self.session else ["streamlit"]
        self._socket = await connect(
            self._address,
            host=self._where.hostname,
            port=self._where.port,
            subprotocols=[Subprotocol(word) for word in spoken],
            origin=None if self._origin is None else Origin(self._origin),
            additional_headers={"Cookie": self.cookie} if self.cookie else None,
            ssl=self._trust,
            compression=None,
            max_size=None,
            open_timeout=PATIENCE,
            ping_interval=None,
        )
        answer = self._socket.response
        if answer is not None and "Set-Cookie" in answer.headers:
            self.cookie = answer.headers["Set-Cookie"].partition(";")[0]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop_timers(list(self._timers))
        await self._socket.close()

    async def open(self, page: str = "", **query: str) -> Run:
        """Come by a link, and wait until the page is there."""
        self._page, self._query, self._hash = page, urlencode(query), ""
        return await self._run()

    async def press(self, label: str) -> Run:
        """Click the button of that name.

        Raises:
            KeyError: there is none.
        """
        return await self._run(self.last.buttons[label], trigger_value=True)

    async def change(self, key: str, **value: Any) -> Run:
        """Give the widget with that `key=` another value.

        Args:
            key: of the widget.
            value: one field of `WidgetState`, as that kind of widget has it: string_value="random",
                double_value=3, bool_value=True.
        """
        return await self._run(self.last.widget(key), **value)

    async def request(self, widget: str = "", *, fragment: str = "", **value: Any) -> None:
        """Ask for a run, of a fragment where one is named, and do not wait for it."""
        message = BackMsg()
        asked = message.rerun_script
        asked.fragment_id = fragment
        asked.query_string, asked.page_script_hash = self._query, self._hash
        asked.page_name = "" if self._hash else self._page
        if widget:
            asked.widget_states.widgets.add(id=widget, **value)
        await self._socket.send(message.SerializeToString())

    async def _run(self, widget: str = "", **value: Any) -> Run:
        began = time.perf_counter()
        await self.request(widget, **value)
        run = await self.wait()
        run.seconds = time.perf_counter() - began
        return run

    async def message(self) -> ForwardMsg:
        """The next message of the server, for who listens to more than one run.

        Raises:
            websockets.exceptions.ConnectionClosed: the server ended the connection.
        """
        return self._heard(await self._socket.recv(decode=False))

    def _heard(self, data: bytes) -> ForwardMsg:
        """One message; where the visitor is, is noted."""
        message = ForwardMsg.FromString(data)
        kind = message.WhichOneof("type")
        if kind == "new_session":
            if not message.metadata.run.fragment_ids:
                self._stop_timers(list(self._timers))
            self._hash = message.new_session.page_script_hash
            self.session = message.new_session.initialize.session_id
        elif kind == "navigation":  # the page of a link has a hash of its own
            self._hash = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self._query = message.page_info_changed.query_string
        elif kind == "auto_rerun":
            timer = message.auto_rerun
            self._stop_timers([timer.fragment_id])
            task = asyncio.create_task(self._every(timer.interval, timer.fragment_id))
            self._timers[timer.fragment_id] = task
        elif kind == "stop_auto_rerun":
            self._stop_timers(message.stop_auto_rerun.fragment_ids)
        return message

    async def _every(self, seconds: float, fragment: str) -> None:
        """Ask for a fragment again and again, as the page's timer does."""
        with suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(seconds)
                await self.request(fragment=fragment)

    def _stop_timers(self, fragments: Iterable[str]) -> None:
        for fragment in fragments:
            if timer := self._timers.pop(fragment, None):
                timer.cancel()

    async def wait(self) -> Run:
        """Everything until a run has come to its end.

        Raises:
            TimeoutError: none did within `PATIENCE`.
            websockets.exceptions.ConnectionClosed: the server ended the connection.
        """
        run = Run()
        async with asyncio.timeout(PATIENCE):
            while True:
                data = await self._socket.recv(decode=False)
                message = self._heard(data)
                run.messages += 1
                run.size += len(data)
                if message.metadata.run.fragment_ids:
                    continue  # a part of the page before, which follows a training
                if message.WhichOneof("type") == "script_finished":
                    if message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                        break
                    run = Run(messages=run.messages, size=run.size, errors=run.errors)
                else:
                    run.note(message)
        self.last = run
        return run


def shown(seconds: Iterable[float]) -> str:
    """Median, 95 in 100, and the longest."""
    found = sorted(seconds)
    p50, p95 = (found[min(len(found) - 1, int(part * len(found)))] for part in (0.5, 0.95))
    return f"p50 {p50:6.2f} s, p95 {p95:6.2f} s, max {found[-1]:6.2f} s"
