"""The flow that a session shows: shipped, kept by the server, or trained on the page."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from arviz_models import drawn_points
from pages.flows import shelf
from pages.flows.state import Bend
from pages.ui.training_run import TrainingRun, put_last

DEVICE = "cpu"  # networks this small learn faster there than on a GPU
REMEMBERED = 1  # flows that a session keeps: the one it shows
RUNS, TRAIN_NOW = "flows.runs", "flows.train_now"  # in the session
UNIT = (
    "The data are standardised before training: each variable has mean 0 and standard deviation 1. "
    "The loss is the mean of −log p(x) over points, in nats a point of these standardised data."
)


@dataclass(kw_only=True)
class Run(TrainingRun):
    """The flow that a session shows, as far as it has learned; it stops where the link says.

    Attributes:
        chosen: what the controls describe.
        shipped: whether it came trained with the app.
    """

    chosen: Bend
    model: Any
    data: np.ndarray
    shipped: bool = False

    @property
    def loss(self) -> float:
        """Mean of the last 20 losses, nats."""
        return float(np.mean(self.losses[-20:]))

    def asked(self) -> tuple[str, dict[str, Any]]:
        chosen = self.chosen
        return "flow", {
            "kind": chosen.kind,
            "layers": chosen.layers,
            "order": chosen.order,
            "seed": chosen.seed,
            "data": self.data if chosen.data == "drawn" else chosen.data,
            "steps": self.total,
            "goal": self.goal,
        }

    def settle(self, weights: list[np.ndarray]) -> None:
        from arviz_models.descent import set_weights

        set_weights(self.model, weights[0])

    def numbers(self, told: dict[str, Any]) -> dict[str, Any]:
        return {"loss": self.loss}

    def begin(self) -> None:
        """Train, after a picture of the beginning."""
        from arviz_models.analysis.flow_planes import frame_arrays
        from arviz_models.flows import loss_on

        self.frames.append(frame_arrays(self.model, self.data))
        self.kept.append({"step": 0, "loss": loss_on(self.model, self.data)})
        super().begin()


def key_of(state: Bend) -> Hashable:
    """What decides the flow, but for how far it has learned."""
    found = asdict(state) | {"points": state.points if state.data == "drawn" else ""}
    del found["trained"]
    return tuple(found.values())


def is_missing(state: Bend) -> bool:
    """Whether the data are still to be drawn."""
    return state.data == "drawn" and not state.points


def _runs() -> OrderedDict[Hashable, Run]:
    found: OrderedDict[Hashable, Run] = st.session_state.setdefault(RUNS, OrderedDict())
    return found


def known(state: Bend) -> Run | None:
    """The session's run of that flow, however far it is."""
    return _runs().get(key_of(state))


@st.cache_resource(show_spinner=False, max_entries=4)
def dataset(name: str) -> np.ndarray:
    """A data set, one for all sessions."""
    from arviz_models import flows

    return flows.dataset(name)


def _untrained(state: Bend) -> Run:
    from arviz_models import flows

    if state.data == "drawn":
        data = flows.drawn(drawn_points.from_text(state.points))
    else:
        data = dataset(state.data)
    model = flows.flow(state.kind, 2, state.layers, state.order, seed=state.seed)
    return Run(chosen=state, model=model, data=data, total=int(state.steps), seed=state.seed)


def _hold(state: Bend, run: Run) -> Run:
    """Make it the flow that the session shows; those before it go to the shelf."""
    for key, earlier in put_last(_runs(), key_of(state), run, REMEMBERED):
        _shelve(key, earlier)
    return run


def _shelve(key: Hashable, run: Run) -> None:
    """Keep what it has learned on the server."""
    run.stop()
    if not run.losses or run.shipped:
        return
    from arviz_models.descent import weights_of

    weights = weights_of(run.model)
    losses = np.array(run.losses, np.float32)
    entry = shelf.Learned(weights, losses, run.seconds, tuple(run.kept), tuple(run.frames))
    shelf.learned().put((key, run.done), entry, entry.size)


def _from_shelf(state: Bend) -> Run | None:
    """The flow after that many steps, where the server still has it."""
    found = shelf.learned().get((key_of(state), state.trained))
    if found is None:
        return None
    run = _untrained(state)
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
    run = _untrained(state)
    run.goal = goal
    run.begin()
    return _hold(state, run)


def train_now() -> None:
    """Callback: the next run begins the training."""
    st.session_state[TRAIN_NOW] = True


def stop(state: Bend) -> int:
    """Keep what was learned so far; says after how many steps."""
    run = known(state)
    assert run is not None
    _shelve(key_of(state), run)
    return max(1, run.done)


def words(run: Run) -> str:
    """How far the training is; the only place that tells it."""
    loss = f": {run.loss:.2f} nats" if run.losses else ""
    return f"Step {run.done:,} of {run.goal:,}{loss}"


def learn(run: Run, place: Any) -> bool:
    """A part of a second of it; says whether it still trains."""
    return run.slice(place, partial(words, run))
