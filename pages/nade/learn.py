"""Activity: a small NADE learns 8×8 digits, live; its loss falls and its samples get better."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from pages.nade.score import independent_pixels
from pages.ui import lesson, work
from pages.ui.claims import load
from pages.ui.components import look, mount, pack
from pages.ui.live import on_server
from pages.ui.models import cards
from pages.ui.outline import Activity, Question, Step
from pages.ui.query import Choice, Field, Integer
from pages.ui.stage import Stage
from pages.ui.training_run import TrainingRun, kept_run

C = load(__file__)
LENGTHS = ("400", "200", "800")
REMEMBERED = 4  # trainings a session keeps
RUNS = "nade.learn.runs"  # in the session


@dataclass(frozen=True)
class Learning:
    """Which training is shown.

    Attributes:
        batches: how many it takes.
        seed: of the weights, the batches and the samples.
    """

    batches: str
    seed: int


def fields() -> Mapping[str, Field]:
    """How the address holds a `Learning`, and the moment that is shown."""
    return {
        "batches": Choice(LENGTHS),
        "seed": Integer(0, lesson.MOST_SEED),
        "step": Integer(0, 24, browser_owned=True),
    }


@dataclass
class Run(TrainingRun):
    """One training of this session, as far as it has come.

    Attributes:
        model: that learns.
        dataset: that it learns from.
    """

    model: Any = None
    dataset: Any = None

    def asked(self) -> tuple[str, dict[str, Any]]:
        return "nade", {"steps": self.total, "seed": self.seed}

    def note(self) -> None:
        """Keep what a test digit costs before the first step, and what the model draws."""
        from arviz_models.analysis.nade_training import moment

        now = moment(self.model, self.dataset, self.done, self.seed)
        self.kept.append({"step": now.step, "test": now.test})
        self.frames.append({"samples": now.samples.numpy()})


def untrained(total: int, seed: int) -> Run:
    """A training that has not taken a step."""
    from arviz_models.analysis.nade_training import DATA, untrained
    from arviz_models.data import load_dataset

    dataset = load_dataset(DATA)
    run = Run(total, seed, model=untrained(dataset, seed), dataset=dataset)
    run.note()
    return run


def run_of(state: Learning) -> Run:
    """The session's training of that state; an untrained one where there is none."""
    make = partial(untrained, int(state.batches), state.seed)
    return kept_run(RUNS, (state.batches, state.seed), make, REMEMBERED)


def _start(state: Learning) -> None:
    """Callback: train, from the beginning where it has come to its end."""
    if run_of(state).ended:
        st.session_state[RUNS].pop((state.batches, state.seed))
    run_of(state).begin()


def _stop(state: Learning) -> None:
    """Callback: keep what was learned."""
    run_of(state).stop()


def picture(stage: Stage[Learning]) -> None:
    """Loss and samples. While it trains, this part of the page alone is drawn again."""
    work.warm()
    run = run_of(stage.state)
    run.take()
    stage.parts.add(partial(_learn, stage, run), lambda: (run.done, _standing(run)))
    run.say()
    stage.made["run"] = run
    if run.live:
        stage.last = partial(stage.parts.follow, run)


def _standing(run: Run) -> str:
    return "" if run.job is None else work.standing("", run.job).strip(" ()")


def _learn(stage: Stage, run: Run) -> None:
    _show(stage, run, run.live)
    said = _standing(run)
    if said:
        st.caption(said)
    else:
        st.empty()  # in the place of what was said


def _show(stage: Stage, run: Run, live: bool) -> None:
    shipped = cards("NADE").get("nade-digits")
    pixels = run.model.dimensions
    covered = "loss" in stage.hidden  # the question is about the moment before the first step
    seen = 1 if covered else len(run.kept)
    levels = [
        {"name": "coin tosses", "nats": pixels * math.log(2)},
        {"name": "independent pixels", "nats": independent_pixels(run.dataset.name)},
    ]
    if shipped is not None:
        levels.append({"name": "the trained model", "nats": shipped["test_nll"]})
    meta = {
        "rows": run.dataset.event_shape[1],
        "columns": run.dataset.event_shape[2],
        "total": run.total,
        "moments": run.kept[:seen],
        "levels": levels,
        "live": live and not covered,
        "seconds": run.seconds,
        "run_id": repr((run.total, run.seed, covered, id(run))),
    }
    arrays = {
        "losses": np.array([] if covered else run.losses, np.float32),
        "samples": np.stack([each["samples"] for each in run.frames[:seen]]),
    }
    mount("nade_learn", key="nade_learn", data=pack(stage.meta() | meta | look(), arrays))


def actions(stage: Stage[Learning]) -> None:
    """Train or stop."""
    state = stage.state
    run = run_of(state)
    live = run.live
    label = "Train again" if run.ended else "Go on" if run.losses else "Train"
    with st.container(horizontal=True):
        st.button(
            label,
            key="nade.learn.train",
            type="primary",
            disabled=live,
            on_click=_start,
            args=(state,),
        )
        st.button("Stop", key="nade.learn.stop", disabled=not live, on_click=_stop, args=(state,))


def controls(stage: Stage[Learning]) -> None:
    """How long; from which seed."""
    run = run_of(stage.state)
    live = run.live
    st.segmented_control(
        "Batches of 100 digits",
        sorted(LENGTHS, key=int),
        key=stage.key("batches"),
        required=True,
        disabled=live,
        wrap=True,
    )
    st.number_input("Seed", 0, lesson.MOST_SEED, key=stage.key("seed"), disabled=live)
    if run.ended:
        from arviz_models.device import describe

        where = on_server(describe(run.model.device))
        stage.cost = f"Trained {where}, {run.seconds:.1f} s for {run.total:,} batches."


def take_away(stage: Stage) -> None:
    """The losses as table and figure, the samples as arrays."""
    run: Run | None = stage.made.get("run")
    stage.parts.add(lambda: _files(run), lambda: run is not None and bool(run.losses))


def _files(run: Run | None) -> None:
    from pages.nade import learn_figures as figures

    if run is None or not run.losses:
        st.caption("Train first: then there is a curve to save.")
        return
    files: lesson.Files = {
        "Losses, CSV": (lambda: figures.losses_table(run.losses, run.kept), "csv"),
        "Samples, NPZ": (lambda: figures.samples_archive(run.kept, run.frames), "npz"),
    }
    lesson.downloads(
        f"nade-learns-{run.seed}",
        lambda: figures.loss_figure(
            run.losses, run.kept, run.frames[-1]["samples"], run.dataset.event_shape
        ),
        files,
    )


START = Question(
    text="The weights are random and small, so every p is close to 0.5. What does a digit of 64 "
    "pixels cost?",
    answers={
        "About 0 nats: nothing is learned yet": "A model that knows nothing pays the most: 0 nats "
        "would mean that it was certain of every pixel, and right.",
        f"About {C['cost before training']:.1f} nats": "Each pixel costs −log 0.5 = 0.693 nats, "
        "and 64 × 0.693 = 44.4. The random weights add a little.",
        "It has no value before training": "Every set of weights gives each digit a probability.",
    },
    right=f"About {C['cost before training']:.1f} nats",
    hide=("loss",),
)

STEPS = (
    Step(
        "Before training",
        "A new NADE with 32 hidden units, and 16 digits that it draws. Its weights are random.",
        question=START,
        after="The samples are noise. The dotted lines show what to compare a loss with.",
    ),
    Step(
        "Train",
        "Press **Train**. Each step takes 100 digits. One pass gives all 64 conditionals of each, "
        "since every pixel is known, and the loss is the sum of 64 cross-entropies. Then the "
        "weights move a little down the gradient.",
    ),
    Step(
        "Samples get better",
        "Train first, then drag the player. Every moment draws with the same random numbers; "
        "only the weights differ. After 400 steps a test digit costs about "
        f"{C['cost after training']} nats. To draw the 16 samples still takes 64 steps.",
    ),
)

LEARN = Activity(
    slug="learn",
    title="Train",
    state=Learning,
    fields=fields,
    picture=picture,
    actions=actions,
    controls=controls,
    steps=STEPS,
    take_away=take_away,
)
