"""What a message of the browser does not cut in two.

Streamlit ends a run for a newer message wherever the script touches the session or the page: also
within a callback, of which the rest is then never done. A step that is half opened would count as
changed by the reader's hand, and a training that has ended as one that the page knows of. So what
belongs together is done in `uncut`, and the message is heard right after it.

It ends a run even before the callbacks: a click was then lost, where a picture told something in
the same moment. `callbacks_uncut` keeps the clicks, and their callbacks whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state.safe_session_state import SafeSessionState

_YIELD = "on_scriptrunner_yield"  # by which a run asks whether something newer has come


@contextmanager
def uncut() -> Iterator[None]:
    """Whatever the browser sends meanwhile ends the run only afterwards. Keep it short."""
    context = get_script_run_ctx(suppress_warning=True)
    requests = None if context is None else context.script_requests
    if requests is None or _YIELD in vars(requests):  # no run; or within another one
        yield
        return
    setattr(requests, _YIELD, lambda: None)
    try:
        yield
    finally:
        delattr(requests, _YIELD)


def callbacks_uncut() -> None:
    """From now on, in this process, a message is heard after the callbacks of the one before."""
    hear = SafeSessionState.on_script_will_rerun
    if hasattr(hear, "__wrapped__"):
        return

    @wraps(hear)
    def whole(self: SafeSessionState, *args: Any, **options: Any) -> None:
        with uncut():
            hear(self, *args, **options)

    SafeSessionState.on_script_will_rerun = whole  # type: ignore[method-assign]
