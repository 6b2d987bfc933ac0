"""Trainings in the reader's browser, as the page hears of them."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from arviz_models.analysis.lab_settings import OWN, Settings
from pages.lab import here, own
from pages.lab.here import BrowserRun
from pages.lab.runs import _shelf, begin, new, rows, runs, shown
from pages.ui import training_here
from tests.pages.visiting import visit_here, whole

SETTINGS = Settings(width=2)
PARAMETERS = 2 * 64 * 2 + 64 + 2


def coded(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode()


def begun() -> BrowserRun:
    run = new(SETTINGS, BrowserRun)
    assert isinstance(run, BrowserRun)
    run.begin()
    return run


def told(first: int = 0, losses: Sequence[float] = (40.0, 30.0), **others: Any) -> dict[str, Any]:
    """What the component tells."""
    return {
        "from": first,
        "losses": list(losses),
        "looks": [],
        "seconds": 1.5,
        "part": 0.5,
    } | others


def look(step: int) -> dict[str, Any]:
    samples = coded(np.ones((8, 64), np.uint8))
    figures = {"epoch": step / 25, "valid": 25.5, "seconds": 1.0, "pace": 90.0}
    return {"step": step, "samples": samples} | figures


def end(how: str, problem: str = "") -> dict[str, Any]:
    weights = np.arange(PARAMETERS, dtype=np.float32)
    return {"how": how, "step": 2, "weights": coded(weights), "problem": problem}


def test_what_is_told_twice_is_heard_once() -> None:
    run = begun()
    run.hear(told(looks=[look(0), look(2)]))
    run.hear(told(losses=(40.0, 30.0, 20.0), looks=[look(2)]))
    assert run.losses == [40.0, 30.0, 20.0]
    assert [each["step"] for each in run.kept] == [0, 2]
    assert run.samples is not None
    assert run.samples.shape == (8, 64)
    assert (run.live, run.part) == (True, 0.5)


@pytest.mark.parametrize(
    ("how", "problem", "closed", "standing"),
    [
        ("done", "", True, "done"),
        ("stopped", "", True, "stopped"),
        ("paused", "", False, "paused"),
        ("done", "The training has exploded", True, "exploded"),
    ],
)
def test_the_end_brings_the_weights_and_what_has_become_of_the_run(
    how: str, problem: str, closed: bool, standing: str
) -> None:
    run = begun()
    run.hear(told(looks=[look(2)], end=end(how, problem), part=1.0 if how == "done" else 0.5))
    assert not run.live
    assert run.closed is closed
    assert run.weights is not None
    assert run.weights.size == PARAMETERS
    [row] = rows([run])
    assert (row["state"], row["valid_nats"], row["steps"]) == (standing, 25.5, 2)
    by_link = _shelf().get(run.token)
    assert by_link.closed  # no other window can go on with it
    assert np.array_equal(by_link.weights, run.weights)


@pytest.mark.parametrize(
    "wrong",
    [
        told(first=1),
        told(losses=(float("nan"),)),
        told(looks=[look(1) | {"valid": float("inf")}]),
        told(looks=[look(1) | {"samples": coded(np.ones(63, np.uint8))}]),
        told(looks=[look(1) | {"samples": coded(np.full(512, 2, np.uint8))}]),
        told(looks=[look(1) | {"samples": "no base64"}]),
        told(end=end("done") | {"weights": coded(np.zeros(3, np.float32))}),
        told(end=end("done") | {"weights": coded(np.full(PARAMETERS, np.nan, np.float32))}),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_of_it_is_kept(wrong: dict[str, Any]) -> None:
    run = begun()
    with pytest.raises(ValueError, match=r"."):
        run.hear(wrong)
    assert (run.losses, run.kept, run.weights, run.closed) == ([], [], None, False)


def test_own_images_go_to_the_browser_that_trains_and_nowhere_else(
    session: dict[str, Any],
) -> None:
    random = np.random.default_rng(0)
    own.mine().greys = list(random.integers(0, 255, (20, 8, 8), np.uint8))
    run = here.made(replace(SETTINGS, data=OWN, side=8, levels=3, batch=5))
    assert isinstance(run, BrowserRun)
    run.begin()
    runs()[run.token] = run
    arrays: dict[str, np.ndarray] = {}
    [asked] = here._wanted(arrays)
    assert asked["keep"] is None  # not even in the browser's storage
    assert arrays[run.token].size == (14 + 3) * 64
    assert asked["images"]["train"] == 14
    run.hear(told())
    arrays.clear()
    here._wanted(arrays)
    assert arrays == {}  # they are sent once


def kept_note(**changes: Any) -> dict[str, Any]:
    """What the browser says of a training that it has kept."""
    return {"token": "0123456789ab", "about": asdict(SETTINGS), "paused": False, "age": 3} | changes


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """The state of a session whose browser can train."""
    state: dict[str, Any] = {training_here.ABLE: {"kind": "JavaScript"}}
    monkeypatch.setattr(st, "session_state", state)
    yield state


@pytest.mark.parametrize(
    ("note", "wanted"),
    [
        (kept_note(), "train"),
        (kept_note(paused=True), "pause"),
        (kept_note(age=here.GOES_ON + 1), "pause"),
    ],
)
def test_what_a_browser_has_kept_is_a_run_again(
    session: dict[str, Any], note: dict[str, Any], wanted: str
) -> None:
    here._take_up([kept_note(token="f" * 12), note])
    first, run = runs().values()
    assert isinstance(first, BrowserRun)
    assert isinstance(run, BrowserRun)
    trains = run if wanted == "train" else first  # one of them
    others = {"train": "pause", "pause": "train"}
    assert (first.wanted, run.wanted, shown()) == (others[wanted], wanted, trains)
    assert (run.settings, run.token) == (SETTINGS, note["token"])
    [_, asked] = here._wanted({})
    assert asked["begun"]
    run.hear(told(looks=[look(0), look(2)], end=end("paused")))
    assert run.paused
    here._take_up([note])  # the page has asked once more
    assert runs()[run.token] is run


def test_the_run_that_trained_goes_on_although_another_was_saved_later_at_its_pause(
    session: dict[str, Any],
) -> None:
    trained, paused = kept_note(), kept_note(token="f" * 12, paused=True, age=1)
    here._take_up([trained, paused])  # the one that was saved last is the last
    assert [run.wanted for run in runs().values() if isinstance(run, BrowserRun)] == [
        "train",
        "pause",
    ]
    assert shown() is runs()[trained["token"]]


def test_a_browser_that_did_not_answer_is_asked_again(session: dict[str, Any]) -> None:
    training_here.heard_able({"failed": "its worker does not answer."})
    here._listed(None)
    assert here.LISTED not in session
    training_here.heard_able({"kind": "JavaScript"})
    here._listed([])
    assert session[here.LISTED]


@pytest.mark.parametrize(
    "wrong",
    [
        kept_note(token="<script>"),
        kept_note(about=None),
        kept_note(about={"model": "nade"}),
        kept_note(about=asdict(SETTINGS) | {"width": "2"}),
        kept_note(about=asdict(SETTINGS) | {"width": 10**9}),
        kept_note(about=asdict(SETTINGS) | {"model": "row-lstm"}),
        kept_note(about=asdict(SETTINGS) | {"data": "own"}),
        kept_note(age="long"),
    ],
)
def test_a_note_that_cannot_be_is_left_alone(
    session: dict[str, Any], wrong: dict[str, Any]
) -> None:
    here._take_up([wrong])
    assert len(runs()) == 0


def test_the_browser_trains_where_it_can_and_is_chosen() -> None:
    app = visit_here("lab", width="2")
    whole(app)
    assert any("loads what trains in it" in said.value for said in app.caption)
    app.session_state[training_here.ABLE] = {"kind": "WebAssembly SIMD"}
    app.run()
    assert any("trains in this browser" in said.value for said in app.caption)
    app.button(key="lab.start").click().run()
    whole(app)
    [run] = app.session_state["lab.runs"].values()
    assert isinstance(run, BrowserRun)
    assert run.wanted == "train"
    app.button(key="lab.pause").click().run()
    assert (run.wanted, run.live) == ("pause", True)
    run.hear(told(looks=[look(0), look(2)], end=end("paused")))
    app.run()
    whole(app)
    assert app.button(key="lab.pause").label == "Resume"
    app.button(key="lab.stop").click().run()
    assert run.closed
    app.session_state[training_here.KEPT] = "server"
    app.run()
    assert any("trains on this server" in said.value for said in app.caption)
    app.session_state[training_here.KEPT] = "browser"
    app.session_state["lab.model"] = "row-lstm"
    app.run()
    assert any("Row LSTM is trained on the server" in said.value for said in app.caption)


def switch(app: AppTest) -> Any:
    """The switch that says where a run trains."""
    found: list[Any] = list(app.get("button_group"))
    [it] = [each for each in found if each.label == "Train"]
    return it


def only_run(app: AppTest) -> Any:
    [found] = app.session_state["lab.runs"].values()
    return found


def test_where_the_browser_says_nothing_the_server_trains_and_the_switch_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(training_here, "ANSWERS", 0.5)
    app = visit_here("lab", width="2", budget="epochs", epochs="1", batch="400")
    assert switch(app).value == "browser"
    before = app._tree.get_widget_states()
    app.button(key="lab.start").click().run()  # it waits, and then trains to the end
    whole(app)
    run = only_run(app)
    assert not isinstance(run, BrowserRun)
    assert (run.closed, run.done) == (True, 4)
    assert switch(app).value == "server"
    assert any("has not said within" in said.value for said in app.warning)
    app._run(before)  # a message that the browser sent before it saw the switch turn
    assert switch(app).value == "server"
    app.run()
    assert switch(app).value == "server"
    switch(app).set_value("browser").run()
    assert switch(app).value == "browser"
    assert any("This browser loads what trains in it" in said.value for said in app.caption)


def test_a_run_waits_for_the_browser_and_is_handed_over_once_that_has_answered(
    session: dict[str, Any],
) -> None:
    session.clear()
    run = here.made(replace(SETTINGS, model="made"))
    assert isinstance(run, BrowserRun)
    begin(run)
    assert here._wanted({}) == []
    assert rows([run])[0]["state"] == "trains"
    training_here.heard_able(dict(GPU))
    here._listed([kept_note()])  # what it has kept waits, as it does at any Start
    [kept, handed] = sorted(here._wanted({}), key=lambda each: str(each["token"] == run.token))
    assert (handed["token"], handed["wanted"], handed["gpu"]) == (run.token, "train", True)
    assert kept["wanted"] == "pause"
    assert shown() is run


@pytest.mark.parametrize("how", ["pause", "finish"])
def test_what_waits_for_the_browser_can_be_paused_and_stopped(
    session: dict[str, Any], how: str
) -> None:
    session.clear()
    run = here.made(SETTINGS)
    begin(run)
    getattr(run, how)()
    assert (run.live, run.closed) == (False, how == "finish")
    training_here.heard_able({"kind": "JavaScript"})
    here._listed([])
    assert here._wanted({}) == []


def test_where_the_browser_cannot_train_the_server_does_and_the_switch_says_so() -> None:
    app = visit_here("lab", width="2")
    app.session_state[training_here.ABLE] = {"failed": "it has no Web Workers."}
    app.run()
    whole(app)
    assert (switch(app).value, switch(app).disabled) == ("server", True)
    assert any("it has no Web Workers." in said.value for said in app.caption)
    app.session_state[training_here.ABLE] = {"kind": "WebAssembly SIMD"}
    app.run()
    assert (switch(app).value, switch(app).disabled) == ("browser", False)
    app.session_state["lab.model"] = "row-lstm"
    app.run()
    assert (switch(app).value, switch(app).disabled) == ("server", True)
    app.session_state["lab.model"] = "nade"
    app.run()
    assert (switch(app).value, switch(app).disabled) == ("browser", False)


GPU = {"kind": "WebAssembly SIMD", "gpu": "nvidia ampere"}


def test_a_browser_that_has_a_gpu_trains_on_it_unless_something_else_is_chosen(
    session: dict[str, Any],
) -> None:
    made = replace(SETTINGS, model="made")
    training_here.heard_able(dict(GPU))
    run = here.made(made)
    assert isinstance(run, BrowserRun)
    assert (run.gpu, run.device) == (True, "a browser (GPU: nvidia ampere)")
    nade = here.made(SETTINGS)
    assert isinstance(nade, BrowserRun)
    assert (nade.gpu, nade.device) == (False, "a browser (WebAssembly SIMD)")
    session[training_here.KEPT] = "browser"
    training_here.heard_able(dict(GPU))  # the browser has said it once more
    plain = here.made(made)
    assert isinstance(plain, BrowserRun)
    assert plain.gpu is False
    session[training_here.KEPT] = "server"
    assert not isinstance(here.made(made), BrowserRun)


def test_a_choice_that_is_no_more_falls_back_to_the_processor(session: dict[str, Any]) -> None:
    session[training_here.KEPT] = "gpu"  # an adapter that is gone
    run = here.made(replace(SETTINGS, model="made"))
    assert isinstance(run, BrowserRun)
    assert run.gpu is False


def test_a_run_says_why_its_gpu_has_left_it(session: dict[str, Any]) -> None:
    session[training_here.ABLE] = GPU
    run = begun()
    run.hear(told(device={"gpu": "nvidia ampere", "step": 0, "why": ""}))
    assert (run.device, run.no_gpu) == ("a browser (GPU: nvidia ampere)", "")
    run.hear(told(first=2, device={"gpu": "", "step": 1200, "why": "the GPU is lost: destroyed."}))
    assert run.device == "a browser (WebAssembly SIMD)"
    assert run.no_gpu == (
        "From step 1,200 on the processor (WebAssembly SIMD) has trained it, not the GPU: "
        "the GPU is lost: destroyed."
    )


@pytest.mark.parametrize(("asked", "found"), [(True, True), (False, False)])
def test_a_kept_run_goes_on_where_it_was_asked_to(
    session: dict[str, Any], asked: bool, found: bool
) -> None:
    session[training_here.ABLE] = GPU
    about = asdict(replace(SETTINGS, model="made")) | {"gpu": asked}
    here._take_up([kept_note(about=about)])
    [run] = runs().values()
    assert isinstance(run, BrowserRun)
    assert run.gpu is found
    [wanted] = here._wanted({})
    assert (wanted["gpu"], wanted["keep"]["about"]) == (found, about)


def test_the_switch_names_the_device_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit_here("lab", width="2", model="made")
    whole(app)

    def told() -> Any:
        app.run()
        found: list[Any] = list(app.get("button_group"))
        [switch] = [each for each in found if each.label == "Train"]
        return switch.options

    assert "On the server (cpu)" in told()
    monkeypatch.setattr("arviz_models.jobs.gpus", lambda: ("cuda:0",))
    monkeypatch.setattr("arviz_models.device.describe", lambda device: f"{device.type}: NVIDIA H1")
    assert "On the server (cuda: NVIDIA H1)" in told()
    app.session_state["lab.model"] = "nade"
    assert "On the server (cpu)" in told()


def test_the_switch_names_what_trains_and_says_what_a_gpu_does_not() -> None:
    app = visit_here("lab", width="2", model="made")
    app.session_state[training_here.ABLE] = GPU
    app.run()
    app.session_state[training_here.KEPT] = "gpu"
    app.run()
    whole(app)
    said = [each.value for each in app.caption]
    assert any("trains in this browser, on its GPU (nvidia ampere)" in each for each in said)
    app.session_state["lab.model"] = "nade"
    app.run()
    whole(app)
    said = [each.value for each in app.caption]
    assert any("NADE computes one pixel after the other" in each for each in said)
    app.session_state[training_here.ABLE] = {
        "kind": "JavaScript",
        "noGPU": "this browser has no WebGPU.",
    }
    app.session_state["lab.model"] = "made"
    app.run()
    whole(app)
    said = [each.value for each in app.caption]
    assert any("No GPU trains here: this browser has no WebGPU." in each for each in said)
