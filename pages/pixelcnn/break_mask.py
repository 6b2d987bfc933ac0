"""Activity: one bit of the first mask is wrong, and what that does to training and to samples."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from pages.ui import curves, lesson, work
from pages.ui.claims import load
from pages.ui.components import look, mount, pack
from pages.ui.live import on_server
from pages.ui.outline import Activity, Question, Step
from pages.ui.query import Choice, Field, Integer
from pages.ui.stage import Stage
from pages.ui.training_run import TrainingRun, kept_run

C = load(__file__)
STEPS_OF_TRAINING = ("400", "200", "800")
DEVICE = "cpu"  # networks this small learn faster there than on a GPU
RUNS = "pixelcnn.leak.runs"  # in the session
REMEMBERED = 4  # trainings a session keeps
SMOOTHED = 20  # losses whose mean is told


@dataclass(frozen=True)
class Leak:
    """What decides the training.

    Attributes:
        training: how many steps, a word of `STEPS_OF_TRAINING`.
        seed: of both models' first weights, of the batches and of the samples.
    """

    training: str
    seed: int


def fields() -> Mapping[str, Field]:
    """How the address holds a `Leak`."""
    return {
        "training": Choice(STEPS_OF_TRAINING),
        "seed": Integer(0, lesson.MOST_SEED, 1),
    }


@dataclass(kw_only=True)
class Run(TrainingRun):
    """Two models of this session, as far as they have learned; a pair of losses for each step.

    Attributes:
        models: the sound and the leaking one.
        image: what they are asked about.
    """

    models: Any
    image: Any

    @property
    def recent(self) -> tuple[float, float]:
        """Means of the last losses, nats an image."""
        last = self.losses[-SMOOTHED:]
        return sum(a for a, _ in last) / len(last), sum(b for _, b in last) / len(last)

    def asked(self) -> tuple[str, dict[str, Any]]:
        return "pair", {"steps": self.total, "seed": self.seed}

    def loss_of(self, losses: tuple[float, ...]) -> tuple[float, float]:
        return losses[0], losses[1]

    def numbers(self, told: dict[str, Any]) -> dict[str, Any]:
        return told | {"losses": list(self.recent)}

    def note(self) -> None:
        """Keep the moment before the first step."""
        from arviz_models.analysis.break_the_mask import moment

        totals, arrays = moment(self.models, self.image, self.seed)
        self.kept.append({"step": 0, "losses": None, "totals": totals})
        self.frames.append(arrays)


@st.cache_data(show_spinner="Reading the digits")
def _yardsticks() -> dict[str, float]:
    """What the losses are measured by, nats an image: its name, and how high it is."""
    from arviz_models.analysis.break_the_mask import DATA, independent_pixels, training_entropy
    from arviz_models.data import load_dataset

    dataset = load_dataset(DATA)
    return {
        "each pixel by itself": independent_pixels(dataset),
        "no distribution gets below": training_entropy(dataset),
    }


def _new(state: Leak) -> Run:
    from arviz_models.analysis.break_the_mask import DATA, pair, real_digit
    from arviz_models.data import load_dataset

    dataset, seed, total = load_dataset(DATA), state.seed, int(state.training)
    models, image = pair(dataset.event_shape, seed), real_digit(dataset, seed)
    run = Run(total=total, seed=seed, models=models, image=image)
    run.note()
    return run


def _run_of(state: Leak) -> Run:
    """The training that the controls describe."""
    return kept_run(RUNS, (state.training, state.seed), partial(_new, state), REMEMBERED)


def _train(state: Leak) -> None:
    """Callback: train both, from the beginning."""
    if _run_of(state).losses:
        st.session_state[RUNS].pop((state.training, state.seed))
    _run_of(state).begin()


def _first_time(stage: Stage) -> bool:
    """Whether a step has not started this training by itself yet."""
    key = (stage.state, stage.link.resets)
    before = st.session_state.get("pixelcnn.leak.begun")
    st.session_state["pixelcnn.leak.begun"] = key
    return bool(before != key)


def picture(stage: Stage[Leak]) -> None:
    """A sound model and one that leaks, side by side: losses, what they say, what they draw."""
    work.warm()
    run = _run_of(stage.state)
    run.take()
    speaks = not stage.asks and stage.number >= TRAINED  # the step speaks of trained models
    if speaks and not (run.done or run.live) and _first_time(stage):
        run.begin()
    live = run.live
    if stage.present:
        run.tell(stage.parts, partial(_progress, run))
    stage.made["run"] = run
    if "losses" not in stage.hidden and (run.losses or live):
        yardsticks = _yardsticks()
        stage.parts.add(lambda: _losses(stage, run, yardsticks), lambda: run.done)
    run.say()
    stage.parts.add(lambda: _moments(stage, run, run.live), lambda: run.done)
    if not stage.present:
        run.tell(stage.parts, partial(_progress, run))
    if live and "losses" not in stage.hidden:
        stage.last = partial(stage.parts.follow, run)


def controls(stage: Stage[Leak]) -> None:
    """Length of the training."""
    st.segmented_control(
        "Training steps",
        sorted(STEPS_OF_TRAINING, key=int),
        key=stage.key("training"),
        required=True,
        wrap=True,
        disabled=stage.made["run"].live or "losses" in stage.hidden,
    )


def take_away(stage: Stage) -> None:
    """The losses of this training."""
    run: Run | None = stage.made.get("run")
    hidden = bool(stage.hidden)
    stage.parts.add(
        lambda: _files(None if hidden else run), lambda: run is not None and bool(run.losses)
    )


def _files(run: Run | None) -> None:
    if run is None or not run.losses:
        st.caption("There is nothing to save before both are trained.")
        return
    from pages.pixelcnn.live_figures import losses_table

    st.download_button(
        "Losses, CSV",
        partial(losses_table, run.losses, run.models.sound.dimensions),
        "break-the-mask.csv",
        on_click="ignore",
    )


def in_words(stage: Stage[Leak]) -> str:
    """What is trained here, in words."""
    from arviz_models.analysis.break_the_mask import BATCH, DATA
    from arviz_models.data import load_dataset

    sound = _run_of(stage.state).models.sound
    _, rows, columns = sound.event_shape
    return (
        "Two PixelCNNs with the same weights. In the first mask one bit differs: type A has a 0 at "
        f"the centre, type B a 1. Both learn {load_dataset(DATA).size('train'):,} digits of "
        f"{rows}×{columns} pixels, in the same batches of {BATCH}."
    )


def actions(stage: Stage[Leak]) -> None:
    """Train or Stop, and how far the training is."""
    run: Run = stage.made["run"]
    live = run.live
    covered = "losses" in stage.hidden
    with st.container(horizontal=True):
        done = len(run.losses)
        # Buttons that come and go would stay beside each other until the last slice is done.
        st.button(
            "Train both again" if done else "Train both",
            key="pixelcnn.leak.train",
            type="primary",
            disabled=live or covered,
            on_click=partial(_train, stage.state),
        )
        stopped = not live and 0 < done < run.total
        st.button(
            "Go on" if stopped else "Stop",
            key="pixelcnn.leak.stop",
            disabled=not (live or stopped),
            on_click=run.begin if stopped else run.stop,
        )
    if live and not covered:
        return  # the picture tells how far it is
    if covered:
        waits = "the answer to the question" if stage.asks else "the next step"
        st.caption(f"Training waits for {waits}.")
    elif done:
        when = "stopped after" if stopped else "after"
        where = on_server(DEVICE)
        st.caption(f"{_nats(run)}, {when} {done:,} steps and {run.seconds:.1f} s {where}.")
    else:
        st.caption("Nothing learned yet. The dotted lines are what to measure a loss by.")


def _nats(run: Run) -> str:
    """The losses in words; how far below a ten-thousandth one is says nothing more."""
    sound, leaking = (
        f"{nats:.2f}" if nats >= 0.1 else f"{nats:.4f}" if nats >= 1e-4 else "under 0.0001"
        for nats in run.recent
    )
    return f"Loss of the last batches: mask A {sound} nats, mask B {leaking} nats an image"


def _progress(run: Run) -> str:
    done = f"step {len(run.losses):,} of {run.total:,} {on_server(DEVICE)}"
    return f"{done}. {_nats(run)}" if run.losses else done


def _losses(stage: Stage, run: Run, yardsticks: dict[str, float]) -> None:
    from pages.pixelcnn.live_figures import loss_curves

    D = run.models.sound.dimensions
    curves.show(
        "pixelcnn_leak_losses",
        "Loss of both models at each step of their training",
        loss_curves(run.losses, D),
        [curves.Level(word, nats) for word, nats in yardsticks.items()],
        curves.Axes(
            "",
            "loss of each step, nats an image",
            across=(0, run.total),
            up=(0, 1.05 * D * math.log(2)),
        ),
        curves.Units("nats", "bits/dim", 3, 3),
        # Losses and samples are seen together, on a phone too; a larger window is the chart's.
        120 if stage.present else 102,
        stage.present,
        room=(582 if run.live else 536) if stage.present else 670,
        shows=repr((run.total, run.seed)),
    )


def _moments(stage: Stage, run: Run, live: bool) -> None:
    from arviz_models.analysis.break_the_mask import SAMPLES, TINY, film, first_masks

    _, rows, columns = run.models.sound.event_shape
    masks = first_masks()
    first, last = len(run.kept) - 1 if live else 0, len(run.kept)
    if covered := "samples" in stage.hidden:  # what was trained before would tell the answer
        first, last, live = 0, 1, False
    meta = {
        "rows": rows,
        "columns": columns,
        "count": SAMPLES,
        "kernel": masks.shape[-1],
        "tiny": f"{TINY[0]}×{TINY[1]} pixels",
        "states": 2 ** (TINY[0] * TINY[1]),
        "frames": run.kept[first:last],
        "live": live,
        "picture_id": repr((run.total, run.seed, len(run.losses), live, covered, id(run))),
    }
    arrays = film(run.frames[first:last])
    arrays |= {"masks": masks, "image": run.image.numpy().astype(np.uint8)}
    mount("leak", key="pixelcnn_leak", data=pack(stage.meta() | meta | look(), arrays))


LOWER = Question(
    text="Both are trained now for 400 steps. Which has the lower loss, and which draws digits?",
    answers={
        "A has both": "B is told each answer, so its loss goes to 0.",
        "B has both": "When B draws, there is nothing to copy.",
        "B has the loss, A draws the digits": "B copies what it is told. When it draws, the pixel "
        "is not there yet, its place holds a 0, and a 0 is copied.",
    },
    right="B has the loss, A draws the digits",
    hide=("losses", "samples"),
)
TRAINED = 2  # the step from which on both are trained

STEPS = (
    Step("One bit differs", in_words, hide=("losses", "samples")),
    Step(
        "Train",
        "Both start alike: "
        f"{C['leak: first losses'][0]:.1f} and {C['leak: first losses'][1]:.1f} nats an image.",
        question=LOWER,
        after="Training runs on this server, for about ten seconds. With seed 1 it ends at "
        f"{C['leak: last losses'][0]:.1f} nats for A and less than 0.0001 for B.",
    ),
    Step(
        "Draw from both",
        "Both draw with the same random numbers. Wait until they are trained: then the images of "
        "B are empty, and over all images of 2×3 pixels its probabilities add up to far more than "
        "1. A loss below the entropy of the training images should always alarm you: no "
        "distribution gets there.",
    ),
)

BREAK = Activity(
    slug="break",
    title="Break the mask",
    state=Leak,
    fields=fields,
    picture=picture,
    actions=actions,
    controls=controls,
    steps=STEPS,
    take_away=take_away,
)
