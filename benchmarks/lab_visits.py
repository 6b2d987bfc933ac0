"""A visitor of the lab who trains: what a browser would show of it, from all runs of its page.

While a run trains, parts of its page are drawn again and again: a visitor listens to what comes,
rather than wait for one run of the page to end.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pyarrow  # type: ignore[import-untyped]
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from arviz_models.jobs import device_of
from benchmarks.visitors import Run, Visitor

QUIET = 4.0  # seconds without a word from a page at rest: more than its longest slice


@dataclass
class Training:
    """What one visitor has seen of the lab.

    Attributes:
        steps: that the progress has told, one after the other.
        told: all that stood at the progress bar.
        table: of the runs, by column.
        page: buttons and errors of all runs of the page.
        ended: runs of the page that have come to their end, or gave way to another.
        whole, parts: runs of the whole page that have begun, and runs of parts of it.
    """

    visitor: Visitor
    steps: list[int] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    table: dict[str, list[Any]] = field(default_factory=dict)
    page: Run = field(default_factory=Run)
    ended: int = 0
    whole: int = 0
    parts: int = 0

    @property
    def state(self) -> str:
        """Of the last run, as its table has it; "" before there is any."""
        states = self.table.get("state", [])
        return str(states[-1]) if states else ""

    async def open(self, **query: str) -> None:
        """Come to the lab by a link, and choose that the server trains: there is no browser."""
        await self.visitor.open("lab", **query)
        server = {"data": [f"On the server ({device_of('model', {'model': 'NADE'})})"]}
        self.page = await self.visitor.change("training.where.0", string_array_value=server)

    async def click(self, label: str) -> None:
        """Press a button, and do not wait."""
        await self.visitor.request(self.page.buttons[label], trigger_value=True)

    async def until(self, so: Callable[[], bool], patience: float) -> None:
        """Listen until that is so.

        Raises:
            TimeoutError: it is not within so many seconds.
        """
        async with asyncio.timeout(patience):
            while not so():
                self.note(await self.visitor.message())

    async def rest(self, patience: float) -> None:
        """Listen until nothing has come for a while: the page does not start itself any more.

        Raises:
            TimeoutError: it still does after so many seconds.
        """
        begun = time.monotonic()
        while time.monotonic() - begun < patience:
            try:
                async with asyncio.timeout(QUIET):
                    message = await self.visitor.message()
            except TimeoutError:
                return
            self.note(message)
        raise TimeoutError("the page is not at rest")

    def note(self, message: ForwardMsg) -> None:
        """Take in one message."""
        self.page.note(message)
        self.ended += message.WhichOneof("type") == "script_finished"
        if message.WhichOneof("type") == "new_session":
            some = bool(message.metadata.run.fragment_ids)
            self.parts += some
            self.whole += not some
        if message.WhichOneof("type") != "delta":
            return
        element = message.delta.new_element
        if element.WhichOneof("type") == "progress":
            self.told.append(element.progress.text)
            step = re.match(r"Step ([\d,]+), ", element.progress.text)
            self.steps += [int(step[1].replace(",", ""))] if step else []
        elif element.WhichOneof("type") == "dataframe":
            with pyarrow.ipc.open_stream(element.dataframe.arrow_data.data) as stream:
                table: dict[str, list[Any]] = stream.read_all().to_pydict()
            if "state" in table:
                self.table = table
