"""A flow that learns in the reader's browser, as the page hears of it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from arviz_models import flows
from arviz_models.analysis.flow_planes import frame_arrays
from arviz_models.descent import weights_of
from pages.flows import here, learning
from pages.flows.learning import RUNS
from pages.flows.runs import BrowserRun, Run
from pages.flows.state import Bend
from pages.ui import training_here
from pages.ui.parts import Parts
from tests.pages.visiting import go_to, link, packed, press, visit, visit_here, whole

CHOSEN = Bend("maf", "moons", "", 1, "natural", "200", 5, 200)
SMALL = {"activity": "bend", "layers": "1", "order": "natural", "steps": "200", "seed": "5"}
SHIPPED = {"activity": "bend", "layers": "1", "order": "natural"}


def coded(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode()


def begun() -> BrowserRun:
    run = learning._untrained(CHOSEN, BrowserRun)
    assert isinstance(run, BrowserRun)
    run.begin()
    return run


def told(first: int = 0, losses: Sequence[float] = (2.9, 2.8), **others: Any) -> dict[str, Any]:
    """What the component tells."""
    return {"from": first, "losses": list(losses), "looks": [], "seconds": 1.5} | others


def look(step: int) -> dict[str, Any]:
    frame = frame_arrays(flows.flow("maf", 2, 1), flows.dataset("moons"))
    return {
        "step": step,
        "most": 0.25,
        "density": coded(frame["frame_density"]),
        "lines": coded(frame["frame_lines"].astype(np.float32)),
        "points": coded(frame["frame_points"].astype(np.float32)),
    }


def weights(value: float = 0.5) -> np.ndarray:
    count = weights_of(flows.flow("maf", 2, 1)).size
    return np.full(count, value, np.float32)


def end(how: str = "stopped", step: int = 2, problem: str = "") -> dict[str, Any]:
    return {"how": how, "step": step, "weights": coded(weights()), "problem": problem}


# --- what a run hears -----------------------------------------------------------------------------


def test_what_is_told_twice_is_heard_once() -> None:
    run = begun()
    run.hear(told(looks=[look(0), look(2)]))
    run.hear(told(losses=(2.9, 2.8, 2.7), looks=[look(2)]))
    assert run.losses == [2.9, 2.8, 2.7]
    assert [each["step"] for each in run.kept] == [0, 2]
    assert run.kept[1]["loss"] == pytest.approx(2.85)  # the losses before that look
    assert run.frames[1].keys() == run.frames[0].keys()
    for name, array in run.frames[0].items():
        assert (run.frames[1][name].dtype, run.frames[1][name].shape) == (array.dtype, array.shape)
    assert (run.live, run.wanted) == (True, "train")


def test_the_data_go_to_the_browser_until_it_has_told_something() -> None:
    run = begun()
    arrays: dict[str, np.ndarray] = {}
    asked = run.asked_of_browser(arrays)
    assert not asked["begun"]
    assert np.array_equal(arrays[asked["points"]], run.data)
    run.hear(told())
    arrays.clear()
    asked = run.asked_of_browser(arrays)
    assert asked["begun"]
    assert arrays == {}
    assert asked["heard"] == {"losses": 2, "step": 0}


@pytest.mark.parametrize("how", ["done", "stopped"])
def test_the_end_brings_the_weights(how: str) -> None:
    run = begun()
    run.asked_of_browser({})
    run.stop()
    assert (run.live, run.wanted) == (True, "stop")
    run.hear(told(looks=[look(2)], end=end(how)))
    assert not run.live
    assert (run.done, run.problem) == (2, "")
    assert np.array_equal(weights_of(run.model), weights())


def test_what_has_exploded_goes_back_to_the_weights_that_came() -> None:
    run = begun()
    given = told(losses=(2.9, 2.8, 2.7), looks=[look(1), look(3)], end=end("done", 1, "exploded"))
    run.hear(given)
    assert (run.losses, run.problem) == ([2.9], "exploded")
    assert [each["step"] for each in run.kept] == [0, 1]


def test_a_worker_that_failed_leaves_its_last_weights() -> None:
    run = begun()
    kept = {"step": 1, "weights": coded(weights())}
    run.hear(told(looks=[look(1)], failed="it is gone.", kept=kept))
    assert not run.live
    assert run.done == 1
    assert "failed: it is gone. What it had learned after step 1 is kept." in run.problem
    assert np.array_equal(weights_of(run.model), weights())
    early = begun()
    early.hear(told(losses=(), failed="it is gone.", kept=None))
    assert not early.live
    assert (early.done, early.problem[-11:]) == (0, "it is gone.")


@pytest.mark.parametrize(
    "wrong",
    [
        told(first=1),
        told(losses=(float("nan"),)),
        told(losses=(2.0,) * 201),
        told(looks=[look(1) | {"most": float("inf")}]),
        told(looks=[look(1) | {"density": coded(np.zeros(7, np.uint8))}]),
        told(looks=[look(1) | {"lines": "no base64"}]),
        told(looks=[look(1) | {"points": coded(np.full(800, np.nan, np.float32))}]),
        told(end=end(step=3)),
        told(end=end(step=-1)),
        told(end=end() | {"weights": coded(np.zeros(3, np.float32))}),
        told(end=end() | {"weights": coded(weights(np.inf))}),
        told(seconds=float("nan")),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_of_it_is_kept(wrong: dict[str, Any]) -> None:
    run = begun()
    with pytest.raises(ValueError, match=r"."):
        run.hear(wrong)
    assert (run.losses, len(run.kept), run.live, run.heard) == ([], 1, True, False)


# --- the page -------------------------------------------------------------------------------------


def opened(query: dict[str, str], kind: str = training_here.SIMD) -> AppTest:
    """The page in a browser that can train."""
    app = visit_here("flows", {training_here.ABLE: {"kind": kind}}, **query)
    whole(app)
    return app


def run_of(app: AppTest) -> Run:
    [run] = app.session_state[RUNS].values()
    assert isinstance(run, Run)
    return run


def asked(app: AppTest) -> list[Any]:
    found: list[Any] = packed(app, "training_here")[0]["runs"]
    return found


def captions(app: AppTest) -> str:
    return "\n".join(each.value for each in app.caption)


def test_start_stop_and_again_are_what_the_browser_is_asked_for() -> None:
    app = opened(SHIPPED)
    assert "It trains in this browser, on its processor (WebAssembly SIMD)." in captions(app)
    assert asked(app) == []
    tokens = []
    for _ in range(3):
        press(app, "Train again")
        run = run_of(app)
        assert isinstance(run, BrowserRun)
        [wanted] = asked(app)
        assert (wanted["wanted"], wanted["begun"], wanted["settings"]["goal"]) == (
            "train",
            False,
            2000,
        )
        tokens.append(wanted["token"])
        run.hear(told(looks=[look(2)]))
        app.run()
        assert packed(app, "flows", "flows_picture")[0]["frames"][0]["step"] == 2
        press(app, "Stop")
        [wanted] = asked(app)
        assert wanted["wanted"] == "stop"
        assert app.button(key="flows_train").disabled
        run.hear(told(2, losses=(2.7,), looks=[look(3)], end=end(step=3)))
        app.run()
        assert link(app) == {**SHIPPED, "trained": "3"}
        assert "stopped after 3 steps (1.5 s in this browser)" in captions(app)
        assert asked(app) == []
        assert run_of(app) is run
    assert len(set(tokens)) == 3


def test_what_is_said_of_the_pace_of_both_places_was_measured() -> None:
    app = opened(SHIPPED)
    assert "after a training you read here how long a step took" in captions(app)
    assert " ms " not in captions(app)
    losses = [2.5] * 200
    press(app, "Train again")
    run = run_of(app)
    assert isinstance(run, BrowserRun)
    run.hear(told(losses=losses, looks=[look(200)], end=end(step=200)))  # in 1.5 s
    app.run()
    pace = "Measured last, with 1 transform: a training step took 7.5 ms in this browser"
    assert f"{pace}." in captions(app)
    app.session_state[learning.PACES] |= {(1, False): 0.0234}
    app.run()
    assert f"{pace}, 23 ms on this server." in captions(app)
    app.slider(key="flows.layers").set_value(2).run()  # it does not ship: it learns at once
    assert " ms " not in captions(app)  # of two transforms nothing is known
    run = run_of(app)
    assert isinstance(run, BrowserRun)
    size = weights_of(run.model).size
    few = end(step=2) | {"weights": coded(np.zeros(size, np.float32))}
    run.hear(told(end=few))  # too few steps to say
    app.run()
    assert " ms " not in captions(app)


def test_a_number_of_the_shipped_flow_is_said_to_be_its_own_while_another_one_learns() -> None:
    app = opened({"activity": "bend"})
    press(app, "Train again")
    said = " ".join(each.value for each in app.markdown)
    assert "the shipped flow 1.64" in said
    assert "this flow" not in said


def test_an_end_that_comes_while_another_page_is_shown_is_found_on_return() -> None:
    app = opened(SHIPPED)
    press(app, "Train again")
    run = run_of(app)
    assert isinstance(run, BrowserRun)
    app.query_params = {}
    go_to(app, "reading")
    app.run()
    go_to(app, "flows")
    app.run()
    [wanted] = asked(app)
    assert (wanted["token"], wanted["wanted"]) == (run.token, "train")
    run.hear(told(end=end("stopped")))
    app.run()
    assert link(app)["trained"] == "2"
    assert run_of(app) is run


def test_another_flow_ends_the_training_of_the_one_before() -> None:
    app = opened(SHIPPED)
    press(app, "Train again")
    run = run_of(app)
    assert isinstance(run, BrowserRun)
    app.selectbox(key="flows.data").set_value("rings").run()  # it ships, too
    assert asked(app) == []
    here._hear({"token": run.token} | told(end=end()))  # it comes late, and is of no use
    app.run()
    assert link(app) == {**SHIPPED, "data": "rings"}
    assert run_of(app).shipped


def test_a_failure_is_told_once_and_the_next_training_begins_anew() -> None:
    app = opened(SHIPPED)
    press(app, "Train again")
    first = run_of(app)
    assert isinstance(first, BrowserRun)
    first.fail("it is gone.")
    app.run()
    whole(app)
    assert "it is gone" in app.error[0].value
    assert link(app) == SHIPPED  # nothing was learned that an address could mean
    assert asked(app) == []
    press(app, "Train again")
    assert run_of(app) is not first
    assert len(app.error) == 0


def test_what_one_browser_has_learned_is_shown_to_its_session_alone() -> None:
    app = opened(SHIPPED)
    press(app, "Train again")
    run = run_of(app)
    assert isinstance(run, BrowserRun)
    run.hear(told(end=end()))
    app.run()
    app.selectbox(key="flows.data").set_value("rings").run()
    app.selectbox(key="flows.data").set_value("moons").run()
    app.session_state["flows.trained"] = 2
    app.run()
    assert np.array_equal(weights_of(run_of(app).model), weights())  # from the shelf
    assert "in this browser" in captions(app)
    other = visit("flows", **SHIPPED, trained="2")
    whole(other)
    found = run_of(other)
    assert not isinstance(found, BrowserRun)
    model = flows.flow("maf", 2, 1, "natural", seed=0)
    training = flows.train(model, flows.dataset("moons"), 2000, seed=0)
    assert found.losses == [next(training).loss for _ in range(2)]
    assert np.array_equal(weights_of(found.model), weights_of(model))


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"failed": "it has no Web Workers."}, "cannot train: it has no Web Workers."),
        ({"kind": "JavaScript"}, "This browser has no WebAssembly SIMD"),
    ],
)
def test_a_browser_that_cannot_says_why_and_the_server_trains(
    answer: dict[str, str], why: str
) -> None:
    app = visit_here("flows", {training_here.ABLE: answer}, **SHIPPED)
    assert "It trains on this server." in captions(app)
    assert why in captions(app)
    found: list[Any] = list(app.get("button_group"))
    [switch] = [each for each in found if each.label == "Train"]
    assert (switch.value, switch.disabled) == ("server", True)


def test_where_the_browser_says_nothing_the_server_trains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_here, "ANSWERS", 0.5)
    app = visit_here("flows", **SMALL)
    whole(app)
    run = run_of(app)
    assert (isinstance(run, BrowserRun), run.done) == (False, 200)
    assert app.session_state[training_here.KEPT] == "server"
    assert any("has not said within" in each.value for each in app.warning)


def test_a_flow_waits_for_the_browser_and_goes_to_the_server_where_that_cannot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Parts, "at", lambda *_: None)
    monkeypatch.setattr(Parts, "follow", lambda *_: None)
    app = visit_here("flows", **SMALL)
    whole(app)
    assert isinstance(run_of(app), BrowserRun)
    assert asked(app) == []
    assert len([bar for bar in app.get("progress") if bar.proto.text == training_here.WAITS]) == 1
    app.session_state[training_here.ABLE] = {"kind": training_here.SIMD}
    app.run()
    assert [each["wanted"] for each in asked(app)] == ["train"]


@pytest.mark.slow
def test_where_the_browser_cannot_the_server_trains() -> None:
    app = opened(SMALL, kind="JavaScript")
    whole(app)
    assert run_of(app).done == 200
    assert "s on the server (cpu)" in captions(app)
