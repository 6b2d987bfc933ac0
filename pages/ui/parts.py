"""Parts of a page that change while a model learns: they alone are drawn again, not the whole page.

    stage.parts.add(curves, lambda: run.done)       # drawn here and now, and whenever this changes
    stage.last = partial(stage.parts.follow, run)   # once all else is on the page

Each part is a fragment of Streamlit's. When all is on the page, its run ends. A timer of the
browser then asks for a fragment that waits: it looks for a click a few times a second, and now and
then for what has changed. The fragments of that are drawn, and it waits again. The whole page runs
once more at the end, and where the run says something else.

The browser has to ask first. Streamlit's client, told of a new run while it has not yet drawn the
first one of a page, empties the page: a fragment would then find no place, and the page stay blank.

How often it looks depends on how many learn on this server (`work.pace`): to draw is what costs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import streamlit as st
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData, ScriptRequestType
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState

from pages.ui import work

if TYPE_CHECKING:
    from arviz_models.jobs import Job

POLL = 0.2  # seconds between two looks for a click
SOON = 0.1  # seconds after which a browser that shows the page asks for what waits


class Followed(Protocol):
    """What goes on, as `Parts.follow` needs it."""

    @property
    def job(self) -> Job | None:
        """That does it; None once it has ended."""

    @property
    def said(self) -> Hashable:
        """What the page says of it outside its parts."""

    def take(self) -> bool:
        """Take in what has happened since."""


@dataclass
class _Part:
    """A fragment.

    Attributes:
        draw: puts it on the page.
        shows: equal while the picture is the same.
        id: of the fragment.
        shown: what `shows` said when it was drawn last.
    """

    draw: Callable[[], None]
    shows: Callable[[], Hashable]
    id: str = ""
    shown: Hashable = None

    def run(self) -> None:
        self.id = ThreadState.get().fragment_id or ""
        self.shown = self.shows()  # before it is drawn: what changes meanwhile is drawn next time
        self.draw()

    @property
    def due(self) -> bool:
        return self.shows() != self.shown


class Parts:
    """Those of one run of the page."""

    def __init__(self) -> None:
        self._parts: list[_Part] = []
        self._shown = False  # whether a browser has asked, and so shows the page
        self._left = time.monotonic()  # when the page was last complete

    def add(self, draw: Callable[[], None], shows: Callable[[], Hashable]) -> None:
        """Draw a part where the page is now, and draw it again there while `follow` waits.

        Args:
            draw: puts it on the page. No more elements may be there before than after: what a part
                has once shown, it shows until the whole page runs.
            shows: what it shows now, in brief; it is drawn again when that is another value.
        """
        part = _Part(draw, shows)
        self._parts.append(part)
        st.fragment(part.run)()

    def follow(
        self,
        run: Followed,
        over: Callable[[], None] = lambda: None,
    ) -> None:
        """Draw what changes until the job of a run has ended; then run the whole page again.

        Call last. A click ends it within 0.2 s.

        Args:
            run: a `TrainingRun`. The page runs again, too, when it says something else.
            over: called at the end, before the page runs again.
        """
        before = run.said

        def wait() -> None:
            mine = ThreadState.get().fragment_id or ""
            if not self._reached(mine):
                return
            due = self._changed(run, before)
            if due:
                _ask([*due, mine])
                return
            if run.job is None:
                over()
            _ask([])

        st.fragment(wait)()

    def at(self, moment: float, do: Callable[[], None]) -> None:
        """Do something at a moment and run the page again, unless it has run before that.

        Call last.

        Args:
            moment: on the monotonic clock.
            do: what is done.
        """

        def wait() -> None:
            if not self._reached(ThreadState.get().fragment_id or ""):
                return
            while (left := moment - time.monotonic()) > 0:
                time.sleep(min(POLL, left))
                work.look()
            do()
            _ask([])

        st.fragment(wait)()

    def _reached(self, fragment: str) -> bool:
        """Whether a browser shows the page: then this fragment, which waits, is run by itself."""
        context = get_script_run_ctx()
        assert context is not None
        if not context.fragment_ids_this_run:  # the page is on its way
            _timer(fragment, SOON)
            return False
        if not self._shown:
            self._shown = True
            _timer(fragment, None)
        return True

    def _changed(self, run: Followed, said: Hashable) -> list[str]:
        """Wait until parts are due; none are where it has ended, or the whole page is due."""
        begun = time.monotonic()
        # Where to draw takes long, the pause does too.
        pause = min(work.RARELY, max(work.pace(), begun - self._left))
        while (job := run.job) is not None:
            job.done.wait(min(POLL, max(0.0, begun + pause - time.monotonic())))
            work.look()
            ended = job.done.is_set()
            if not ended and time.monotonic() < begun + pause:
                continue
            run.take()
            if run.job is None or run.said != said:
                return []
            due = [part.id for part in self._parts if part.due]
            self._left = time.monotonic()
            if due:
                return due
            begun, pause = self._left, work.pace()
        return []


def _timer(fragment: str, seconds: float | None) -> None:
    """Let the browser ask for a fragment every so many seconds, or no more."""
    context = get_script_run_ctx()
    assert context is not None
    message = ForwardMsg()
    if seconds is None:
        message.stop_auto_rerun.fragment_ids.append(fragment)
    else:
        message.auto_rerun.fragment_id = fragment
        message.auto_rerun.interval = seconds
    context.enqueue(message)


def _ask(fragments: Iterable[str]) -> None:
    """After this run come these fragments; or the whole page where there are none.

    A click that waits to be heard comes first, and runs the whole page anyway. It may have led to
    another page, which a request after it would take back.

    All is sent whole. What the browser keeps of the messages before is known from its last click
    only, and it drops what a few runs have not used: many runs of fragments may lie between.
    """
    context: Any = get_script_run_ctx()
    data = RerunData(
        query_string=context.query_string,
        page_script_hash=context.page_script_hash,
        fragment_id_queue=list(fragments),
        cached_message_hashes=frozenset(),
        context_info=context.context_info,
    )
    requests = context.script_requests
    with requests._lock:
        waits = requests._state is ScriptRequestType.RERUN
        if not (waits and not requests._rerun_data.fragment_id_queue):
            requests._request_rerun_locked(data)
