"""While a model learns, the parts of a page that show it are drawn, and not the whole page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData, ScriptRequests
from streamlit.testing.v1 import AppTest

from pages.ui import parts, stage_page, work
from tests.pages.visiting import press, visit, whole

MOST = 3  # whole runs from Start to the end: of the click, of the end, and one to spare


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the whole page was run since, and parts of it."""
    found: Counter[str] = Counter()

    def counted(what: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            found[what] += 1
            return function(*args, **options)

        return call

    monkeypatch.setattr(stage_page, "_perform", counted("whole", stage_page._perform))
    monkeypatch.setattr(parts._Part, "run", counted("parts", parts._Part.run))
    monkeypatch.setattr(work, "OFTEN", 0.05)  # many pictures of a short training
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "query", "start"),
    [
        ("lab", {"width": "16", "budget": "seconds", "seconds": "4"}, "Start"),
        ("nade", {"activity": "learn"}, "Train"),
        ("made", {"activity": "learn", "tour": "3", "show": "training"}, "Train"),
        ("pixelcnn", {"activity": "break", "tour": "3", "training": "200"}, "Train both again"),
        ("flows", {"activity": "bend", "layers": "1", "steps": "500"}, "Train again"),
    ],
)
def test_a_training_draws_parts_of_its_page_and_seldom_all_of_it(
    runs: Counter[str], page: str, query: dict[str, str], start: str
) -> None:
    app = visit(page, **query)
    whole(app)
    runs.clear()
    press(app, start)
    assert runs["whole"] <= MOST
    assert runs["parts"] > runs["whole"]
    assert [each.label for each in app.button if each.label == "Stop" and not each.disabled] == []


# --- what a page with parts does -----------------------------------------------------------------


def page() -> None:
    """A page that follows something until it has gone three steps."""
    from types import SimpleNamespace

    import streamlit as st

    from pages.ui.parts import Parts

    state = st.session_state
    state.setdefault("log", []).append("page")
    parts = Parts()

    class Run:
        said = ()

        @property
        def job(self):  # type: ignore[no-untyped-def]
            done = SimpleNamespace(
                wait=lambda timeout: None, is_set=lambda: state.get("step", 0) >= 3
            )
            return SimpleNamespace(done=done) if state.get("step", 0) < 3 else None

        def take(self) -> bool:
            state["step"] = state.get("step", 0) + 1
            return True

    def draw() -> None:
        state.log.append("part")
        st.text(f"step {state.get('step', 0)}")

    parts.add(draw, lambda: state.get("step", 0))
    parts.add(lambda: state.log.append("still"), lambda: None)
    st.text("below")
    if state.get("step", 0) < 3:
        parts.follow(Run(), lambda: state.log.append("over"))


def test_a_part_is_drawn_again_in_its_place_until_the_end_and_then_the_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(work, "OFTEN", 0.0)
    app = AppTest.from_function(page).run()
    assert [each.value for each in app.text] == ["step 3", "below"]
    expected = ["page", "part", "still", "part", "part", "over", "page", "part", "still"]
    assert app.session_state["log"] == expected


def test_what_waits_is_run_once_the_browser_has_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    timers: list[float | None] = []
    monkeypatch.setattr(parts, "_timer", lambda fragment, seconds: timers.append(seconds))
    app = AppTest.from_function(page).run()
    assert app.session_state["log"] == ["page", "part", "still"]
    assert timers == [parts.SOON]

    def timer(fragment: str, seconds: float | None) -> None:
        timers.append(seconds)
        if seconds is not None:
            parts._ask([fragment])

    monkeypatch.setattr(parts, "_timer", timer)
    monkeypatch.setattr(work, "OFTEN", 0.0)
    timers.clear()
    app.run()
    assert timers == [parts.SOON, None]  # it asks no more
    assert app.session_state["log"][-3:] == ["page", "part", "still"]


def run_under_way(monkeypatch: pytest.MonkeyPatch) -> ScriptRequests:
    """A run of a page; what is asked of its session is returned."""
    requests = ScriptRequests()
    context = SimpleNamespace(
        script_requests=requests,
        query_string="",
        page_script_hash="here",
        cached_message_hashes=frozenset({"a picture"}),
        context_info=None,
    )
    monkeypatch.setattr(parts, "get_script_run_ctx", lambda: context)
    return requests


def test_no_message_that_the_browser_may_have_dropped_is_referred_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    requests = run_under_way(monkeypatch)
    parts._ask([])
    assert requests.on_scriptrunner_ready().rerun_data.cached_message_hashes == frozenset()


@pytest.mark.parametrize("waits", [True, False])
def test_a_click_on_another_page_that_waits_is_not_taken_back(
    monkeypatch: pytest.MonkeyPatch, waits: bool
) -> None:
    requests = run_under_way(monkeypatch)
    if waits:
        requests.request_rerun(RerunData(page_script_hash="elsewhere"))
    parts._ask(["a part"])
    found = requests.on_scriptrunner_ready().rerun_data
    expected = ("elsewhere", []) if waits else ("here", ["a part"])
    assert (found.page_script_hash, found.fragment_id_queue) == expected
