"""A MADE that learns 8x8 digits while the student watches."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from pages.made.state import Learning
from pages.ui import work
from pages.ui.components import look, mount, pack
from pages.ui.live import on_server
from pages.ui.models import cards
from pages.ui.stage import Stage
from pages.ui.training_run import TrainingRun, kept_run

DATA = "digits"
HIDDEN = 128  # units; the shipped model has twice as many
STEPS = 600
DIGIT = 3  # of the test digits: the one whose conditionals are shown
REMEMBERED = 3  # trainings a session keeps
RUNS = "made.runs"  # in the session
SMOOTHED = 20  # losses whose mean is told
DEVICE = "cpu"  # a network this small learns faster there than on a GPU


@dataclass(kw_only=True)
class Run(TrainingRun):
    """One training of this session, as far as it has come.

    Attributes:
        model: before its first step.
        dataset: that it learns from.
    """

    model: Any
    dataset: Any

    @property
    def digit(self) -> Any:
        return self.dataset.batch("test", slice(DIGIT, DIGIT + 1))

    def asked(self) -> tuple[str, dict[str, Any]]:
        return "made", {
            "data": DATA,
            "hidden": HIDDEN,
            "steps": self.total,
            "digit": DIGIT,
            "seed": self.seed,
        }

    def note(self) -> None:
        """Keep the moment before the first step."""
        from arviz_models.analysis.live_training import moment

        now = moment(self.model, self.dataset, self.done, self.digit, self.seed)
        self.kept.append({"step": now.step, "test": now.test_nll})
        self.frames.append({"p": now.p, "samples": now.samples})

    @property
    def words(self) -> str:
        """How far it is."""
        if not self.losses:
            return f"step 0 of {self.total:,}"
        recent = self.losses[-SMOOTHED:]
        nats = sum(recent) / len(recent)
        return (
            f"step {self.done:,} of {self.total:,}, {self.seconds:.1f} s {on_server(DEVICE)}, "
            f"loss {nats:.1f}"
        )


@st.cache_data(show_spinner="Reading the digits")
def yardsticks() -> dict[str, float]:
    """What a loss is measured by, nats an image: its name, and how high it is."""
    from arviz_models.analysis.break_the_mask import independent_pixels
    from arviz_models.data import load_dataset

    dataset = load_dataset(DATA)
    found = {
        "coin tosses": float(np.prod(dataset.event_shape) * np.log(2)),
        "independent pixels": independent_pixels(dataset),
    }
    card = cards("MADE").get("made-digits")
    return found | ({"trained for longer": float(card["test_nll"])} if card else {})


def new_run(seed: int) -> Run:
    """An untrained network."""
    from arviz_models.analysis.live_training import small_made
    from arviz_models.data import load_dataset

    dataset = load_dataset(DATA)
    model = small_made(dataset.event_shape, HIDDEN, seed)
    run = Run(total=STEPS, seed=seed, model=model, dataset=dataset)
    run.note()
    return run


def picture(stage: Stage[Learning]) -> None:
    """One digit and its conditionals, the loss, and samples of every moment."""
    work.warm()
    state = stage.state
    run = kept_run(RUNS, state.seed, partial(new_run, state.seed), REMEMBERED)
    run.take()
    _buttons(stage, run)
    run.say()
    stage.parts.add(partial(_mount, stage, run), lambda: run.done)
    if run.live:
        stage.last = partial(stage.parts.follow, run)


def _buttons(stage: Stage, run: Run) -> None:
    """Train or Stop, and how far it is."""
    label = "Stop" if run.live else "Train again" if run.ended else "Train"
    if not run.live and 0 < run.done < run.total:
        label = "Go on"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            label,
            key="made_train",
            type="secondary" if run.live else "primary",
            on_click=run.stop if run.live else partial(_train, run),
        )
        if run.live:
            run.tell(stage.parts, lambda: run.words)
        else:
            stage.parts.add(lambda: _said(run), lambda: None)


def _said(run: Run) -> None:
    st.caption(run.words)


def _train(run: Run) -> None:
    """Callback: train, from the beginning where it has come to its end."""
    if run.ended:
        run = st.session_state[RUNS][run.seed] = new_run(run.seed)
    run.begin()


def _mount(stage: Stage, run: Run) -> None:
    _, rows, columns = run.dataset.event_shape
    meta = stage.meta() | look()
    meta |= {
        "rows": rows,
        "columns": columns,
        "total": run.total,
        "yardsticks": yardsticks(),
        "moments": run.kept,
        "live": run.live,
        "run_id": repr((run.seed, id(run))),
    }
    arrays = {
        "digit": run.digit.numpy().astype(np.uint8),
        "losses": np.array(run.losses, np.float32),
        "p": np.stack([each["p"] for each in run.frames]).astype(np.float32),
        "samples": np.stack([each["samples"] for each in run.frames]),
    }
    mount("made_training", key="made_training", data=pack(meta, arrays))


def table(run: Run) -> str:
    """The losses as CSV: a line for each step."""
    lines = [f"{step},{loss:.6g}" for step, loss in enumerate(run.losses, start=1)]
    return "step,loss_nats\n" + "\n".join(lines) + "\n"


def present_run(seed: int) -> Run | None:
    """The training of a seed, where there is one that has learned something."""
    run: Run | None = st.session_state.get("made.runs", {}).get(seed)
    return run if run is not None and run.losses else None
