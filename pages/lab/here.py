"""Trainings of the lab in the reader's own browser: which ones can, and what they tell.

How a browser trains: pages/ui/training_here.py. A run of this kind is a `LabRun` like any other,
without a job on the server.

The browser keeps a training for an hour (kept.js). A page that was loaded again is a new session:
it hears what is kept, and each becomes a run again. One that trained a moment ago trains on.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Hashable
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from arviz_models import jobs
from arviz_models.analysis.lab_settings import OWN, Settings, settings_from
from pages.lab import own
from pages.lab.runs import SHOWN, LabRun, begin, new, runs, shelve
from pages.lab.state import Token
from pages.ui import training_here
from pages.ui.training_here import GPU, SERVER, able, chosen, device, number

if TYPE_CHECKING:
    from pages.ui.parts import Parts
    from pages.ui.stage import Stage

LISTED = "lab.listed"  # in the session: the browser has said what it keeps
MOST_STEPS = 2_000_000  # whose losses are kept
SILENCE = 120  # seconds without a word after which a worker counts as dead: a step may be long
GOES_ON = 120.0  # seconds after it was kept in which a training goes on by itself
KEEPS = (
    "This browser keeps what is learned, so that a reload of the page loses a few seconds at most. "
    "It deletes that when the run ends; otherwise at your first visit after an hour."
)
NOT_KEPT = "A reload of the page loses the run, as it loses your images."


@dataclass
class BrowserRun(LabRun):
    """A training of the lab in the reader's browser.

    Attributes:
        trains: whether it trains now.
        wanted: what the browser is to do: "train", "pause", "stop".
        part_told: of the budget, as the browser says.
        back: whether the browser has kept it while the page was loaded again.
        gpu: whether the GPU was asked for.
        no_gpu: why the processor took over, and when.
        begun: when it was started last, on the monotonic clock.
        heard: whether the browser has heard of it.
    """

    trains: bool = False
    wanted: str = "train"
    part_told: float = 0.0
    back: bool = False
    gpu: bool = False
    no_gpu: str = ""
    begun: float = 0.0
    heard: bool = False

    @property
    def awaits(self) -> bool:
        """Whether it waits for the browser to say what it can."""
        return self.trains and not able()

    @property
    def live(self) -> bool:
        return self.trains

    @property
    def part(self) -> float:
        return self.part_told

    def begin(self) -> None:
        self.problem = ""
        self.trains, self.wanted, self.asked_to = True, "train", ""
        self.begun = time.monotonic()

    def take(self) -> bool:
        return False  # the component tells

    def _ask(self, how: str) -> None:
        if self.awaits:
            self.trains = False  # the browser knows nothing of it
        elif self.trains:
            self.asked_to = self.wanted = how

    def tell(self, parts: Parts, words: Callable[[], str]) -> None:
        def draw() -> None:
            if self.awaits:
                st.progress(0.0, training_here.WAITS)

        parts.add(draw, lambda: None)  # how far it is, its component tells

    def hear(self, told: dict[str, Any]) -> None:
        """What the browser tells: see `ToPython` in trainings.js.

        Raises:
            ValueError: that cannot be.
        """
        losses = [number(each) for each in told["losses"]]
        known = len(self.losses) - int(told["from"])
        if not 0 <= known <= len(self.losses) or len(self.losses) + len(losses) > MOST_STEPS:
            raise ValueError("losses are missing")
        looks = [(_look(each), self._samples(each["samples"])) for each in told["looks"]]
        end, trains_on = told.get("end"), told.get("device")
        weights = None if end is None else self._weights(end["weights"])
        self.losses.extend(losses[known:])
        self.seconds, self.part_told = number(told["seconds"]), number(told["part"])
        if trains_on is not None:
            self._trains_on(str(trains_on["gpu"]), int(trains_on["step"]), str(trains_on["why"]))
        for moment, samples in looks:
            self._keep((moment, {"samples": samples}))
        if end is not None and weights is not None:
            self._heard_end(end, weights)

    def _trains_on(self, gpu: str, step: int, why: str) -> None:
        self.device = device(gpu[:80])
        since = f"From step {step:,} on the" if step else "The"
        kind = able().get("kind", "WebAssembly")
        reason = why[:300].rstrip(".")
        words = f"{since} processor ({kind}) has trained it, not the GPU: {reason}."
        self.no_gpu = "" if gpu else words

    def _heard_end(self, end: dict[str, Any], weights: np.ndarray) -> None:
        self.trains, self.asked_to = False, ""
        self.held, self.problem = int(end["step"]), str(end["problem"])[:500]
        self.settle([weights])
        if end["how"] in ("done", "stopped"):
            self._close()
        else:  # only the window that has it can go on with it: its link shows it as stopped
            kept = self.copy()
            kept.closed = True
            shelve(kept)

    def say(self) -> None:
        super().say()
        if self.back and not self.closed:
            st.caption("This browser has kept the run while the page was loaded again.")
        if self.no_gpu:
            st.caption(self.no_gpu)

    def fail(self, why: str) -> None:
        """The browser trains no more: what it has shown is kept, but no weights."""
        self.problem = f"The training in this browser has failed: {why} What it has told is kept."
        self.trains, self.asked_to = False, ""
        self._close()

    def _samples(self, text: str) -> np.ndarray:
        found = np.frombuffer(base64.b64decode(text, validate=True), np.uint8)
        if found.size % self.dimensions or not 0 < found.size <= 64 * self.dimensions:
            raise ValueError("the samples have another size")
        if found.max() >= self.levels:
            raise ValueError("the samples have other levels")
        return found.reshape(-1, self.dimensions)

    def _weights(self, text: str) -> np.ndarray:
        found = np.frombuffer(base64.b64decode(text, validate=True), np.float32)
        if found.size != self.parameters or not np.isfinite(found).all():
            raise ValueError("the weights are not those of this model")
        return found


def _look(given: dict[str, Any]) -> dict[str, Any]:
    names = ("epoch", "valid", "seconds", "pace")
    return {"step": int(given["step"])} | {name: number(given[name]) for name in names}


# --- the choice -----------------------------------------------------------------------------------


@st.cache_data(show_spinner=False, max_entries=200)
def _refusal(settings: Settings, _images: np.ndarray | None, count: int) -> str:
    """How many own images there are is all that counts of them."""
    from arviz_models.analysis.browser_training import refusal

    return refusal(settings, _images)


def refusal(settings: Settings) -> str:
    """Why these settings are not trained in the browser; "" where they can be."""
    if why := training_here.inability():
        return why
    images = own.images_of(settings)
    return _refusal(settings, images, 0 if images is None else len(images))


def choice(settings: Settings) -> str:
    """The switch; returns where a run of these settings trains, in words, to stand below it.

    Args:
        settings: that can be trained.
    """
    keeps = NOT_KEPT if settings.data == OWN else KEEPS
    server = jobs.device_of("model", {"model": settings.kind.name})
    return training_here.choice(lambda: refusal(settings), keeps, _no_gpu(settings), server)


def _no_gpu(settings: Settings) -> str:
    """Why a GPU does not train these settings; "" where it does."""
    from arviz_models.analysis.browser_training import GPU_CLASSES

    kind = settings.kind
    if kind.name in GPU_CLASSES:
        return ""
    return f"{kind.title} computes one pixel after the other, which a GPU does not make faster"


def _to_gpu(run: BrowserRun, asked: bool) -> None:
    """Let the GPU train it, if that is asked for and can be."""
    assert run.settings is not None
    run.gpu = asked and bool(able().get("gpu")) and not _no_gpu(run.settings)
    run.device = device(able()["gpu"] if run.gpu else "")


def made(settings: Settings) -> LabRun:
    """An untrained run, of the browser where that is chosen and can be."""
    if chosen() != SERVER and not refusal(settings):
        run = new(settings, BrowserRun)
        assert isinstance(run, BrowserRun)
        if able():  # else once it has said what it can
            _to_gpu(run, chosen() == GPU)
        return run
    return new(settings)


# --- the component --------------------------------------------------------------------------------


def place(stage: Stage) -> None:
    """The component that trains: on the page always, so that it can answer."""
    arrays: dict[str, np.ndarray] = {}
    training_here.place(
        stage,
        "lab",
        _wanted(arrays),
        arrays,
        hear=_hear,
        answered=_listed,
        asks=LISTED not in st.session_state,
        paused=[token for token, run in runs().items() if run.paused],
        ended=[token for token, run in runs().items() if run.closed],
    )


def _listed(kept: Any) -> None:
    if not able().get("failed"):  # else it is asked again at the next visit of the lab
        st.session_state[LISTED] = True
    waited = _awaiting()
    _take_up(kept)
    for run in waited:
        for other in list(runs().values()):
            if other is not run:
                other.pause()
        st.session_state[SHOWN] = run.token
        if why := training_here.inability():
            instead(run, f"{why} So the server trains.")
        else:
            _to_gpu(run, chosen() == GPU)


def _awaiting() -> list[BrowserRun]:
    """Runs of which the browser has not heard, as it had not said what it can when they began."""
    found = [run for run in runs().values() if isinstance(run, BrowserRun)]
    return [run for run in found if run.trains and not (run.heard or run.back)]


def instead(run: BrowserRun, why: str) -> None:
    """Let the server train what this browser cannot.

    Args:
        run: that waits for the browser.
        why: in words.
    """
    assert run.settings is not None
    training_here.to_server()
    runs().pop(run.token)
    other = new(run.settings)
    begin(other)
    if other.live:
        other.notices.append(why)


def await_answer(stage: Stage) -> None:
    """Where a run waits for this browser, it does so for a while only. To be called last."""
    for run in runs().values():
        if isinstance(run, BrowserRun) and run.awaits:
            training_here.await_answer(stage, run.begun, partial(instead, run))


def _hear(news: dict[str, Any]) -> None:
    run = runs().get(news.get("token"))
    if not isinstance(run, BrowserRun) or not run.trains:
        return
    if news.get("failed"):
        run.fail(str(news["failed"])[:300])
        return
    try:
        run.hear(news)
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        run.fail(f"what it told cannot be ({error}).")


def _take_up(kept: Any) -> None:
    """Make runs again of what the browser has kept: `Kept` in trainings.js, the latest last."""
    before = st.session_state.get(SHOWN)
    found = [run for each in kept or () if (run := _kept_run(each)) is not None]
    for run in found:
        runs()[run.token] = run
    # One trains at a time. Another may have been saved later: a run is saved when it pauses.
    training = [run for run in found if run.wanted == "train"]
    for run in training[:-1]:
        run.pause()
    tokens: list[Hashable] = [
        st.query_params.get("run"),
        before,
        *(run.token for run in training[-1:] or found[-1:]),
    ]
    there = [token for token in tokens if token in runs()]
    if found and there:
        st.session_state[SHOWN] = there[0]


def _kept_run(note: Any) -> BrowserRun | None:
    """The run of a note; None where it cannot be, or this session has it."""
    from arviz_models.analysis.lab import NotPossible

    try:
        token = Token().parse(note["token"], {})
        about = dict(note["about"])
        gpu = about.pop("gpu", True) is True
        settings = settings_from(about)
        if settings.data == OWN or refusal(settings):
            return None
        run = new(settings, BrowserRun)
        recent = not note["paused"] and number(note["age"]) < GOES_ON
    except (NotPossible, ValueError, KeyError, TypeError):
        return None
    known = runs().get(token)
    if known is not None and not (isinstance(known, BrowserRun) and known.closed):
        return None  # the copy that the server has of a pause is closed
    assert isinstance(run, BrowserRun)
    run.token, run.back = token, True
    _to_gpu(run, gpu)
    run.begin()
    if not recent:
        run.pause()
    return run


def _wanted(arrays: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    """What the browser is to do for each run that trains there.

    Args:
        arrays: of the component; own images are added, until their training has begun.
    """
    from arviz_models.analysis import browser_training

    found = []
    for token, run in runs().items():
        if not isinstance(run, BrowserRun) or not run.trains or run.settings is None:
            continue
        if run.awaits:
            continue
        run.heard = True
        begun = run.back or run.done > 0 or bool(run.kept)
        mine = run.settings.data == OWN
        found.append(
            {
                "token": token,
                "wanted": run.wanted,
                "begun": begun,
                "gpu": run.gpu,
                "keep": None if mine else {"token": token, "about": _about(run)},
                "heard": {"losses": run.done, "step": run.kept[-1]["step"] if run.kept else -1},
                "settings": browser_training.options_of(run.settings),
                "images": _own_images(run, arrays, begun) if mine else _images(run.settings),
                "silence": SILENCE,
                "words": {"title": run.title, "budget": _budget(run.settings)},
            }
        )
    return found


def _about(run: BrowserRun) -> dict[str, Any]:
    assert run.settings is not None
    return asdict(run.settings) | {"gpu": run.gpu}


def _images(settings: Settings) -> dict[str, Any]:
    """Where the browser finds the images."""
    from arviz_models.analysis import browser_training

    data, levels = settings.data, settings.levels
    found = browser_training.images(data, levels)
    return {
        "address": f"images/{data}.bin?levels={levels}&v={found.hash}",
        "dimensions": settings.dimensions,
        "levels": levels,
        "train": found.train,
    }


def _own_images(run: BrowserRun, arrays: dict[str, np.ndarray], begun: bool) -> dict[str, Any]:
    """The same for own images: they go to this browser alone, with the page."""
    from arviz_models.analysis import browser_training, lab

    found = {"array": run.token, "dimensions": run.dimensions, "levels": run.levels, "train": 0}
    if not begun:
        images = browser_training.packed(lab.dataset_of(OWN, run.levels, run.images))
        arrays[run.token] = np.frombuffer(images.bytes, np.uint8)
        found["train"] = images.train
    return found


def _budget(settings: Settings) -> str:
    return f"{getattr(settings, settings.budget):,} {settings.budget}"
