"""The flow that a session shows: shipped, kept by the server, or trained on the page."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import asdict

import numpy as np
import streamlit as st

from arviz_models import drawn_points
from pages.flows import shelf
from pages.flows.runs import BrowserRun, Run
from pages.flows.state import Bend
from pages.ui import training_here, work
from pages.ui.training_run import put_last

REMEMBERED = 1  # flows that a session keeps: the one it shows
RUNS, TRAIN_NOW, MINE = "flows.runs", "flows.train_now", "flows.mine"  # in the session
LEAST_PACED = 50  # steps: the first ones take longer
PACES = "flows.paces"  # seconds a step, by transforms and whether in the browser
UNIT = (
    "The data are standardised before training: each variable has mean 0 and standard deviation 1. "
    "The loss is the mean of −log p(x) over points, in nats a point of these standardised data."
)


def key_of(state: Bend) -> Hashable:
    """What decides the flow, but for how far it has learned."""
    found = asdict(state) | {"points": state.points if state.data == "drawn" else ""}
    del found["trained"]
    return tuple(found.values())


def is_missing(state: Bend) -> bool:
    """Whether the data are still to be drawn."""
    return state.data == "drawn" and not state.points


def runs() -> OrderedDict[Hashable, Run]:
    """The trainings of the session, by what decides them."""
    found: OrderedDict[Hashable, Run] = st.session_state.setdefault(RUNS, OrderedDict())
    return found


def known(state: Bend) -> Run | None:
    """The session's run of that flow, however far it is."""
    return runs().get(key_of(state))


@st.cache_resource(show_spinner=False, max_entries=4)
def dataset(name: str) -> np.ndarray:
    """A data set, one for all sessions."""
    from arviz_models import flows

    return flows.dataset(name)


def refusal() -> str:
    """Why a flow is not trained in the reader's browser, in words; "" where it is."""
    if why := training_here.inability():
        return why
    able = training_here.able()
    if able and able["kind"] != training_here.SIMD:
        return "This browser has no WebAssembly SIMD: a flow would learn several times slower."
    return ""


def kind_of_run() -> type[Run]:
    """What the next training is: of the browser where that is chosen and can be."""
    here = training_here.chosen() != training_here.SERVER and not refusal()
    return BrowserRun if here else Run


def _untrained(state: Bend, kind: type[Run] = Run) -> Run:
    from arviz_models import flows

    if state.data == "drawn":
        data = flows.drawn(drawn_points.from_text(state.points))
    else:
        data = dataset(state.data)
    model = flows.flow(state.kind, 2, state.layers, state.order, seed=state.seed)
    return kind(chosen=state, model=model, data=data, total=int(state.steps), seed=state.seed)


def _hold(state: Bend, run: Run) -> Run:
    """Make it the flow that the session shows; those before it go to the shelf."""
    for key, earlier in put_last(runs(), key_of(state), run, REMEMBERED):
        _shelve(key, earlier)
    return run


def _mine() -> set[Hashable]:
    """Keys of what this session's browser has trained last."""
    found: set[Hashable] = st.session_state.setdefault(MINE, set())
    return found


def _shelve(key: Hashable, run: Run) -> None:
    """Keep what it has learned on the server."""
    run.stop()
    if run.live or not run.losses or run.shipped:
        return
    from arviz_models.descent import weights_of

    weights = weights_of(run.model)
    losses = np.array(run.losses, np.float32)
    entry = shelf.Learned(weights, losses, run.seconds, tuple(run.kept), tuple(run.frames))
    shelf.learned().put((key, run.done, run.owner), entry, entry.size)
    if run.owner:  # for this session alone: nobody else knows what its browser computes
        _mine().add((key, run.done))
    else:
        _mine().discard((key, run.done))


def _from_shelf(state: Bend) -> Run | None:
    """The flow after that many steps, where the server still has it."""
    key = (key_of(state), state.trained)
    mine = shelf.learned().get((*key, work.session())) if key in _mine() else None
    found = mine or shelf.learned().get((*key, ""))
    if found is None:
        return None
    run = _untrained(state, BrowserRun if mine else Run)
    if isinstance(run, BrowserRun):
        run.noticed = True  # its end is no news: the address may tell of another moment by now
    run.settle([found.weights])
    run.losses, run.seconds = found.losses.tolist(), found.seconds
    run.kept, run.frames = list(found.kept), list(found.frames)
    return run


def _shipped(state: Bend) -> Run | None:
    """The flow as it came with the app, where it did."""
    from arviz_models import trained_flows

    if (state.trained, state.seed) != (trained_flows.STEPS, trained_flows.SEED):
        return None
    # One transform knows no other order than the natural one.
    order = "natural" if state.layers == 1 and state.order == "reversed" else state.order
    found = trained_flows.load(trained_flows.name_of(state.kind, state.data, state.layers, order))
    if found is None:
        return None
    run = _untrained(state)
    run.settle([found.weights])
    run.losses, run.seconds, run.shipped = found.losses.tolist(), found.seconds, True
    return run


def run_of(state: Bend) -> Run | None:
    """The flow that the controls describe, None where its data are still to be drawn.

    It is never shown untrained: one that nobody has yet learns at once.
    """
    asked = st.session_state.pop(TRAIN_NOW, False)
    if is_missing(state):
        return None
    run = known(state)
    if asked:
        return start(state, int(state.steps))
    if run is not None and (run.live or run.problem or run.done == state.trained):
        return run
    if run is not None:  # the address tells another moment of it than the session has
        _shelve(key_of(state), run)
    found = _from_shelf(state) or _shipped(state)
    return _hold(state, found) if found is not None else start(state, state.trained)


def start(state: Bend, goal: int) -> Run:
    """Train the flow that the controls describe, from the beginning, for `goal` steps."""
    run = _untrained(state, kind_of_run())
    run.goal = goal
    run.begin()
    return _hold(state, run)


def instead(run: BrowserRun, why: str) -> None:
    """Let the server train what this browser cannot.

    Args:
        run: that waits for the browser.
        why: in words.
    """
    training_here.to_server()
    run.wanted = ""
    other = start(run.chosen, run.goal)
    if other.live:
        other.notices.append(why)


def ended_here(state: Bend) -> int | None:
    """The steps of a training that the browser has ended since the last look; None otherwise."""
    run = known(state)
    if not isinstance(run, BrowserRun) or run.live or run.noticed:
        return None
    run.noticed = True
    _shelve(key_of(state), run)
    return max(1, run.done) if run.done or not run.problem else None


def train_now() -> None:
    """Callback: the next run begins the training."""
    st.session_state[TRAIN_NOW] = True


def stop(state: Bend) -> int | None:
    """Keep what was learned so far; says after how many steps, None where the browser will."""
    run = known(state)
    assert run is not None
    _shelve(key_of(state), run)
    return None if run.live else max(1, run.done)


def words(run: Run) -> str:
    """How far the training is; the only place that tells it."""
    loss = f": {run.loss:.2f} nats" if run.losses else ""
    return f"Step {run.done:,} of {run.goal:,}{loss}"


def note_pace(run: Run) -> None:
    """Remember how long a step of a training that has ended took, and where."""
    if run.done >= LEAST_PACED and not run.shipped:
        paces = st.session_state.setdefault(PACES, {})
        paces[run.chosen.layers, isinstance(run, BrowserRun)] = run.seconds / run.done


def pace_in_words(layers: int) -> str:
    """How long a step takes in this browser and on this server, as far as this session knows.

    Args:
        layers: transforms of the flow.
    """
    paces = st.session_state.get(PACES, {})
    found = [
        f"{1000 * pace:.{0 if pace >= 0.01 else 1}f} ms {place}"
        for browser, place in ((True, "in this browser"), (False, "on this server"))
        if (pace := paces.get((layers, browser))) is not None
    ]
    if found:
        count = "1 transform" if layers == 1 else f"{layers} transforms"
        return f"Measured last, with {count}: a training step took {', '.join(found)}."
    if refusal():
        return ""
    return (
        "Which of the two is faster depends on your device and on how many train on the server "
        "now: after a training you read here how long a step took."
    )
