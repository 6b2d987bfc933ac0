"""A message of the browser that comes while a click is heard: the click is done, all of it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.testing.v1 import AppTest

from arviz_models import flows
from arviz_models.descent import weights_of
from pages.flows import learning, shelf
from pages.flows.learning import RUNS
from pages.flows.runs import BrowserRun
from pages.ui import training_here
from pages.ui.state import Link
from pages.ui.uncut import callbacks_uncut, uncut
from tests.pages.visiting import link, press, visit, whole


def a_message_comes() -> None:
    """As the thread that hears the browser says it to the run that is under way."""
    context = get_script_run_ctx()
    assert context is not None
    assert context.script_requests is not None
    page, address = context.page_script_hash, context.query_string
    context.script_requests.request_rerun(RerunData(address, page_script_hash=page))


def at_first(act: Callable[..., Any]) -> Callable[..., Any]:
    """`act`, with a message that comes right after its first call."""
    calls: list[None] = []

    def call(*args: Any, **options: Any) -> Any:
        found = act(*args, **options)
        calls.append(None)
        if len(calls) == 1:
            a_message_comes()
        return found

    return call


def page() -> None:
    """A button that sets two things, while a message comes."""
    import streamlit as st

    from tests.pages.test_uncut import a_message_comes

    def both() -> None:
        st.session_state["first"] = True
        a_message_comes()
        st.session_state["second"] = True

    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    st.button("Go", on_click=both)


def test_a_callback_is_done_to_its_end_and_the_message_is_heard_then() -> None:
    callbacks_uncut()
    callbacks_uncut()  # once is enough
    app = AppTest.from_function(page).run()
    press(app, "Go")
    assert app.session_state["first"]
    assert app.session_state["second"]
    assert app.session_state["runs"] == 2  # that of the message replaces that of the click


def test_a_click_is_heard_although_a_message_comes_right_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    callbacks_uncut()
    app = AppTest.from_function(page).run()
    # The last that Streamlit does before the callbacks.
    monkeypatch.setattr(ScriptCache, "get_bytecode", at_first(ScriptCache.get_bytecode))
    press(app, "Go")
    assert "second" in app.session_state


def script() -> None:
    import streamlit as st

    from pages.ui.uncut import uncut
    from tests.pages.test_uncut import a_message_comes

    seen = st.session_state.setdefault("seen", [])
    if not seen:
        with uncut(), uncut():
            a_message_comes()
            st.session_state["first"] = True
            st.query_params["first"] = "1"  # this is told to the browser
            seen.append("inside")
        assert st.session_state["first"]  # here the run ends
        seen.append("after")
    seen.append("again")


def test_what_belongs_together_is_done_before_the_run_ends() -> None:
    app = AppTest.from_function(script).run()
    whole(app)
    assert app.session_state["seen"] == ["inside", "again"]


def test_without_a_run_nothing_can_cut() -> None:
    with uncut():
        pass


@pytest.mark.parametrize("stem", ["made", "pixelcnn"])
def test_a_step_is_opened_whole_and_offers_no_way_back_to_what_nobody_has_changed(
    stem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = visit(stem)
    activity = app.session_state[f"{stem}.activity"]
    for _ in range(2):
        monkeypatch.setattr(Link, "_put", at_first(Link._put))
        app.button(key="stage_next").click().run()
        whole(app)
        monkeypatch.undo()
        assert "stage_mine" not in [each.key for each in app.button]
        assert not any("You have changed" in each.value for each in app.caption)
    assert app.session_state[f"{stem}.tour"] == 3
    assert app.session_state[f"{stem}.activity"] == activity


def test_a_flow_that_this_browser_has_trained_is_shown_and_not_that_of_the_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The server has the flow of as many steps as were asked for; the browser stopped before."""
    query = {"activity": "bend", "layers": "1", "order": "natural", "steps": "200", "seed": "5"}
    app = visit("flows", **query, trained="2")  # nobody has learned it yet: the server does
    app.session_state[training_here.ABLE] = {"kind": training_here.SIMD}
    app.session_state[training_here.KEPT] = training_here.BROWSER
    app.run()
    [served] = app.session_state[RUNS].values()
    entry = shelf.Learned(weights_of(served.model), np.ones(200, np.float32), 1.0, (), ())
    key = learning.key_of(served.chosen)
    shelf.learned().put((key, 200, ""), entry, entry.size)
    press(app, "Train again")
    [run] = app.session_state[RUNS].values()
    assert isinstance(run, BrowserRun)
    press(app, "Stop")
    size = weights_of(flows.flow("maf", 2, 1)).size
    text = base64.b64encode(np.full(size, 0.5, np.float32).tobytes()).decode()
    run.hear(
        {"from": 0, "losses": [2.9, 2.8], "looks": [], "seconds": 1.5}
        | {"end": {"how": "stopped", "step": 2, "weights": text, "problem": ""}}
    )
    monkeypatch.setattr(learning, "_shelve", at_first(learning._shelve))
    app.run()
    whole(app)
    assert link(app)["trained"] == "2"
    assert app.session_state[RUNS][key] is run
    assert any("in this browser" in each.value for each in app.caption)
