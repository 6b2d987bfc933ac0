"""Two tabs of the PixelCNN lesson that run live: a broken mask, and passes against steps."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from pages.ui.components import look, mount, pack
from pages.ui.models import cards as model_cards
from pages.ui.models import model, problem
from pages.ui.predict import Question, ask
from pages.ui.source import show_source
from pages.ui.state import Choice, Field, Link, Values

STEPS = ("400", "200", "800")
FIELDS: dict[str, Field] = {
    "leak_steps": Choice(STEPS),
    "leak_mask": Choice(("A", "B")),
}
DEVICE = "cpu"  # networks this small learn faster there than on a GPU
REMEMBERED = 4  # trainings a session keeps
SLICE = 0.5  # seconds of training between two pictures
DRAW_WIDTH = 120  # pixels of an image drawn
POLL = 0.06  # seconds between two looks for a click
SMOOTHED = 20  # losses whose mean is told

CLASSES = {"PixelCNN": "PixelCNN", "GatedPixelCNN": "Gated PixelCNN"}
BATCHES = {1: 10.0, 16: 3.0}  # images at once: seconds of naive passes before the rest is reckoned

QUESTION = Question(
    text="Two models begin with the same weights and see the same batches. One bit of the first "
    "mask differs: in B the centre is a 1. Which reaches the lower loss?",
    answers={
        "Mask A": "It has to estimate each pixel from those before it, and some of them cannot be "
        "known. That costs nats, to the end.",
        "Mask B": "By far: its loss falls to nothing within seconds.",
        "Neither": "One bit is enough: it is the bit that tells each pixel its own value.",
    },
    right="Mask B",
    why="And it is the worse model. It copies what it is told, so the loss says nothing of what it "
    "knows; look at what the two draw.",
)


# --- break the mask ------------------------------------------------------------------------------


@dataclass
class Run:
    """Two models of this session, as far as they have learned."""

    models: Any
    image: Any
    total: int
    seed: int
    losses: list[tuple[float, float]] = field(default_factory=list)
    seconds: float = 0.0
    steps: Iterator[Any] | None = None  # while they learn
    kept: list[dict[str, Any]] = field(default_factory=list)  # numbers of each moment
    moments: list[dict[str, np.ndarray]] = field(default_factory=list)

    @property
    def recent(self) -> tuple[float, float]:
        """Means of the last losses, nats an image."""
        last = self.losses[-SMOOTHED:]
        return sum(a for a, _ in last) / len(last), sum(b for _, b in last) / len(last)

    def note(self) -> None:
        """Keep this moment, unless it is kept already."""
        from arviz_models.figures.pixelcnn_live import moment

        if self.kept and self.kept[-1]["step"] == len(self.losses):
            return
        totals, arrays = moment(self.models, self.image, self.seed)
        losses = list(self.recent) if self.losses else None
        self.kept.append({"step": len(self.losses), "losses": losses, "totals": totals})
        self.moments.append(arrays)


@st.cache_data(show_spinner="Reading the digits")
def _yardsticks() -> dict[str, float]:
    """What the losses are measured by, nats an image: its name, and how high it is."""
    from arviz_models.break_the_mask import DATA, independent_pixels, training_entropy
    from arviz_models.data import load_dataset

    dataset = load_dataset(DATA)
    return {
        "each pixel by itself": independent_pixels(dataset),
        "no distribution gets below": training_entropy(dataset),
    }


def _new(state: Values) -> Run:
    from arviz_models.break_the_mask import DATA, pair, train
    from arviz_models.data import load_dataset
    from arviz_models.figures.pixelcnn_live import real_digit

    dataset, seed, total = load_dataset(DATA), state["seed"], int(state["leak_steps"])
    run = Run(pair(dataset.event_shape, seed), real_digit(dataset, seed), total, seed)
    run.note()
    run.steps = train(run.models, dataset, total, seed)
    return run


def _run_of(state: Values) -> tuple[Run, bool]:
    """The training that the controls describe, and whether it is under way."""
    session = st.session_state
    runs: OrderedDict[Any, Run] = session.setdefault("pixelcnn.leak.runs", OrderedDict())
    key = (state["leak_steps"], state["seed"])
    asked = session.pop("pixelcnn.leak.asked", None)
    if key not in runs or (asked == "train again" and runs[key].losses):
        runs[key] = _new(state)
    run = runs[key]
    runs.move_to_end(key)
    while len(runs) > REMEMBERED:
        runs.popitem(last=False)
    if asked:
        _go_on(run)
    live = session.get("pixelcnn.leak.live") is run and len(run.losses) < run.total
    return run, live


def _train(how: str) -> None:
    st.session_state["pixelcnn.leak.asked"] = how


def _go_on(run: Run) -> None:
    st.session_state["pixelcnn.leak.live"] = run


def _stop() -> None:
    st.session_state["pixelcnn.leak.live"] = None


def _reveal(link: Link) -> None:
    link.set(leak_mask="B")
    _train("if it is not trained yet")


def break_the_mask(link: Link, state: Values) -> None:
    """A sound model and one that leaks, trained side by side, and why the lower loss is worthless.

    `state` holds `FIELDS` and a seed.
    """
    ask(QUESTION, "pixelcnn.leak.question", partial(_reveal, link))
    yardsticks = _yardsticks()
    run, live = _run_of(state)
    place = _training_controls(link, run, live)
    _losses(run, yardsticks)
    _moments(run, live)
    _in_words(link, state, run, yardsticks)
    if live:
        _learn(run, place)


def _training_controls(link: Link, run: Run, live: bool) -> Any:
    """Length, Train or Stop; returns the place where training tells how far it is."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            "Training steps",
            sorted(STEPS, key=int),
            key=link.key("leak_steps"),
            required=True,
            disabled=live,
        )
        done = len(run.losses)
        # Buttons that come and go would stay beside each other until the last slice is done.
        st.button(
            "Train both again" if done else "Train both",
            key="pixelcnn.leak.train",
            type="primary",
            disabled=live,
            on_click=partial(_train, "train again"),
        )
        stopped = not live and 0 < done < run.total
        st.button(
            "Go on" if stopped else "Stop",
            key="pixelcnn.leak.stop",
            disabled=not (live or stopped),
            on_click=partial(_go_on, run) if stopped else _stop,
        )
    place = st.empty()
    if live:
        place.progress(done / run.total, _progress(run))
    elif done:
        when = "stopped after" if stopped else "after"
        place.caption(f"{_nats(run)}, {when} {done:,} steps and {run.seconds:.1f} s on {DEVICE}.")
    else:
        place.caption("Nothing learned yet. The dotted lines are what to measure a loss by.")
    return place


def _nats(run: Run) -> str:
    """The losses in words; how far below a ten-thousandth one is says nothing more."""
    sound, leaking = (
        f"{nats:.2f}" if nats >= 0.1 else f"{nats:.4f}" if nats >= 1e-4 else "under 0.0001"
        for nats in run.recent
    )
    return f"Loss of the last batches: mask A {sound} nats, mask B {leaking} nats an image"


def _progress(run: Run) -> str:
    done = f"step {len(run.losses):,} of {run.total:,} on {DEVICE}"
    return f"{done}. {_nats(run)}" if run.losses else done


def _losses(run: Run, yardsticks: dict[str, float]) -> None:
    from arviz_models.figures.pixelcnn_live import loss_figure

    D = run.models.sound.dimensions
    ground = st.context.theme.type or "light"
    st.plotly_chart(
        loss_figure(run.losses, run.total, yardsticks, D, ground),
        key="pixelcnn.leak.losses",
        config={"displayModeBar": False},
        alt="Loss of both models at each step of their training, in nats an image",
    )


def _moments(run: Run, live: bool) -> None:
    from arviz_models.break_the_mask import TINY
    from arviz_models.figures import pixelcnn_live as figures

    if not live:
        run.note()
    _, rows, columns = run.models.sound.event_shape
    masks = figures.first_masks()
    first = len(run.kept) - 1 if live else 0
    meta = {
        "rows": rows,
        "columns": columns,
        "count": figures.SAMPLES,
        "kernel": masks.shape[-1],
        "tiny": f"{TINY[0]}×{TINY[1]} pixels",
        "states": 2 ** (TINY[0] * TINY[1]),
        "frames": run.kept[first:],
        "live": live,
        "picture_id": repr((run.total, run.seed, len(run.losses), live, id(run))),
    }
    arrays = figures.film(run.moments[first:])
    arrays |= {"masks": masks, "image": run.image.numpy().astype(np.uint8)}
    mount("leak", key="pixelcnn_leak", data=pack(meta | look(), arrays))


def _in_words(link: Link, state: Values, run: Run, yardsticks: dict[str, float]) -> None:
    """What the one or the other mask means, with the numbers of this training."""
    from arviz_models.break_the_mask import BATCH, DATA, TINY, LeakyPixelCNN
    from arviz_models.data import load_dataset

    mask = st.segmented_control(
        "First mask, in words",
        ["A", "B"],
        key=link.key("leak_mask"),
        required=True,
    )
    floor = yardsticks["no distribution gets below"]
    totals = run.kept[-1]["totals"]
    size, states = f"{TINY[0]}×{TINY[1]}", 2 ** (TINY[0] * TINY[1])
    if mask == "A":
        st.markdown(
            "**With a 0 at the centre** a pixel is estimated from those before it, in training as "
            "in sampling. What cannot be known from them is what the loss counts, and −loss is the "
            f"logarithm of a probability: over all images of {size} pixels the same convolutions' "
            f"probabilities add up to **{totals[0]:.3f}**, trained or not."
        )
    else:
        st.markdown(
            "**With a 1 at the centre** a pixel is told its own value, the very answer, and to "
            "copy it is all there is to learn. When an image is drawn that answer is not there: "
            "its place still holds a 0, so a 0 is what gets copied. Nor is exp(−loss) a "
            f"probability. Over all images of {size} pixels it adds up to **{totals[1]:.3f}**, "
            "where a distribution has 1 to give; a perfect copier is certain of each of the "
            f"{states}. A loss below the entropy of the training images, {floor:.2f} nats, should "
            "always alarm you: no distribution gets there."
        )
    dataset = load_dataset(DATA)
    sound = run.models.sound
    _, rows, columns = sound.event_shape
    st.caption(
        f"Two PixelCNNs of {sound.features} features and {sound.layers} residual blocks, first "
        f"kernel {sound.first_kernel}×{sound.first_kernel}, on {dataset.size('train'):,} digits of "
        f"{rows}×{columns} pixels in batches of {BATCH}. Both draw with the same random numbers. "
        "The broken one lives on this page alone: no checkpoint can hold it."
    )
    if run.losses:
        from arviz_models.figures.pixelcnn_live import losses_table

        st.download_button(
            "Losses, CSV",
            partial(losses_table, run.losses, sound.dimensions),
            "break-the-mask.csv",
            on_click="ignore",
        )
    with st.expander("The whole difference, in code"):
        show_source(LeakyPixelCNN)


def _learn(run: Run, place: Any) -> None:
    """A slice of training, then the page again with what came of it. Call last."""
    from arviz_models.figures.pixelcnn_live import moment_steps

    assert run.steps is not None  # it ends with the last step, and then nothing is live
    wanted = set(moment_steps(run.total))
    end = time.monotonic() + SLICE
    while len(run.losses) < run.total and time.monotonic() < end:
        look_again = time.monotonic() + POLL
        while len(run.losses) < run.total and time.monotonic() < look_again:
            progress = next(run.steps)
            run.losses.append(progress.losses)
            run.seconds = progress.seconds
            if progress.step in wanted:
                run.note()
        # A click on Stop, or anywhere else, ends the script here.
        place.progress(len(run.losses) / run.total, _progress(run))
    st.rerun()


# --- in parallel or in sequence ------------------------------------------------------------------


def _binary_models() -> dict[str, str]:
    """The first shipped model of two levels of each class: name -> what it is called."""
    found = {}
    for name, called in CLASSES.items():
        binary = [each for each, card in model_cards(name).items() if card["levels"] == 2]
        if not binary:
            st.error(problem(name))
        else:
            found[binary[0]] = called
    return found


def _begin_timing(names: list[str]) -> None:
    st.session_state["pixelcnn.timing.left"] = [(name, n) for name in names for n in BATCHES]


def _stop_timing() -> None:
    st.session_state["pixelcnn.timing.left"] = []


def parallel_or_sequence(link: Link, state: Values) -> None:
    """All conditionals in one pass, or one after the other: counted and timed on this device."""
    session = st.session_state
    models = _binary_models()
    if not models:
        return
    st.markdown(
        "**To train, the image is there:** one pass gives every conditional at once, and the way "
        "back improves them all. **To sample, it is not:** each pixel waits for the one before. "
        "Drawn naively, every step is a full pass of which one conditional is kept. The decoder "
        "keeps what finished rows said and computes only what the new pixel needs."
    )
    measured: dict[tuple[str, int], Any] = session.setdefault("pixelcnn.timing", {})
    left: list[tuple[str, int]] = session.setdefault("pixelcnn.timing.left", [])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Time it again" if measured else "Time it here",
            key="pixelcnn.timing.start",
            type="primary",
            disabled=bool(left),
            on_click=_begin_timing,
            args=(list(models),),
        )
        st.button("Stop", key="pixelcnn.timing.stop", disabled=not left, on_click=_stop_timing)
        every = st.toggle(
            "Every naive pass",
            key="pixelcnn.timing.every",
            disabled=bool(left),
            help="Otherwise a few seconds of passes are timed and the rest is reckoned from them. "
            "All of them for 16 images may take minutes.",
        )
    place = st.empty()
    _show_costs(models, measured)
    if left:
        _measure(models, left, measured, state["seed"], every, place)


def _measure(
    models: dict[str, str],
    left: list[tuple[str, int]],
    measured: dict[tuple[str, int], Any],
    seed: int,
    every: bool,
    place: Any,
) -> None:
    """One model at one batch size, then the page again with what came of it. Call last."""
    from arviz_models.figures.pixelcnn_live import doing
    from arviz_models.timing import compare

    name, n = left[0]
    begun = len(models) * len(BATCHES) - len(left)
    seconds = None if every else BATCHES[n]
    try:
        with closing(compare(model(name), n, seed, seconds)) as comparisons:
            for found in comparisons:
                # What was measured before stays until there is the same again.
                if "naive" in found.costs or (name, n) not in measured:
                    measured[name, n] = found
                words = f"{models[name]}: {doing(found)}"
                # A click on Stop, or anywhere else, ends the script here, and with it the draw.
                place.progress((begun + found.part) / (begun + len(left)), words)
    except RuntimeError:
        left.clear()  # or every later run would fail again
        raise
    left.pop(0)
    st.rerun()


def _show_costs(models: dict[str, str], measured: dict[tuple[str, int], Any]) -> None:
    from arviz_models.figures import pixelcnn_live as figures

    there = {key: found for key, found in measured.items() if found.costs}
    if not there:
        return
    ground = st.context.theme.type or "light"
    span = figures.span(list(there.values()))
    for column, (name, called) in zip(st.columns(2, gap="large"), models.items(), strict=False):
        mine = [there[name, n] for n in BATCHES if (name, n) in there]
        if not mine:
            continue
        with column:
            st.markdown(f"**{called}**")
            st.plotly_chart(
                figures.costs_figure(mine, span, ground),
                key=f"pixelcnn.timing.{name}",
                config={"displayModeBar": False},
                alt=f"Times of {called}: " + "; ".join(map(figures.costs_in_words, mine)),
            )
            st.markdown(figures.verdict(mine))
            st.image(
                figures.first_draws(mine[0], ground),
                width=DRAW_WIDTH,
                caption=["by the decoder", figures.naive_caption(mine[0])],
                alt=["An image drawn by the decoder", "The same, drawn naively"],
            )
            st.caption(figures.agreement(mine))
    device = next(iter(there.values())).device
    st.caption(
        f"Measured on {device} just now. A pass is one evaluation of the whole network, counted by "
        "a hook. The scale is logarithmic: each line is ten times the one before."
    )
    st.download_button(
        "Times, CSV",
        partial(figures.costs_table, [(name, found) for (name, _), found in there.items()]),
        "parallel-or-sequence.csv",
        on_click="ignore",
    )
