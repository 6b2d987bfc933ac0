"""The runs of a session: trainings under way, finished ones, and those from a file."""

from __future__ import annotations

import math
import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from arviz_models.analysis.lab_settings import OWN, Conversion, Settings
from pages.lab import own
from pages.ui.shelf import Shelf
from pages.ui.training_run import TrainingRun, put_last

if TYPE_CHECKING:
    from arviz_models.analysis.lab_files import Loaded
    from arviz_models.analysis.lab_history import History
    from arviz_models.jobs import Job

MOST_RUNS = 12  # of a session
MOST_SHELVED = 64_000_000  # bytes, of all sessions together
SMOOTHED = 20  # steps that the last loss is a mean of
RUNS, SHOWN, REFUSED = "lab.runs", "lab.shown", "lab.refused"


@dataclass
class LabRun(TrainingRun):
    """A training of the lab.

    Attributes:
        token: its name in a link.
        settings: that describe it; None of a run from a file.
        options: of the task "model".
        title: a few words.
        parameters: of the model.
        asked_to: "pause" or "stop" while it is on the way there.
        closed: whether it has ended for good.
        weights: of each parameter; None before there are any.
        held: the step that they are from.
        device: that computed.
        conversion, pictures: of own images: how they were converted, and what they were before.
    """

    token: str = field(default_factory=lambda: secrets.token_hex(6))
    settings: Settings | None = None
    options: dict[str, Any] = field(default_factory=dict)
    title: str = ""
    parameters: int = 0
    asked_to: str = ""
    closed: bool = False
    weights: np.ndarray | None = None
    held: int = 0
    device: str = "cpu"
    conversion: Conversion | None = None
    pictures: list[np.ndarray] = field(default_factory=list, repr=False)
    _part: float = 0.0

    @property
    def part(self) -> float:
        if self.job is not None:
            self._part = self.job.part
        return self._part

    @property
    def ended(self) -> bool:
        return self.closed

    @property
    def paused(self) -> bool:
        """Whether it can go on."""
        return not (self.live or self.closed)

    @property
    def dimensions(self) -> int:
        """D."""
        return math.prod(self.options["config"]["event_shape"])

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of an image."""
        _, rows, columns = self.options["config"]["event_shape"]
        return rows, columns

    @property
    def levels(self) -> int:
        """K."""
        return int(self.options["levels"])

    @property
    def now(self) -> dict[str, Any] | None:
        """The look that belongs to the weights that are kept, or the last one; None before any."""
        there = [each for each in self.kept if each["step"] == self.held] if self.closed else []
        return there[-1] if there else self.kept[-1] if self.kept else None

    @property
    def samples(self) -> np.ndarray | None:
        """The images of `now`, uint8 (8, D)."""
        now = self.now
        return None if now is None else self.frames[self.kept.index(now)]["samples"]

    @property
    def recent(self) -> float:
        """Mean of the last losses, nats an image."""
        last = self.losses[-SMOOTHED:]
        return sum(last) / len(last) if last else math.nan

    @property
    def images(self) -> np.ndarray | None:
        """The own images that it learns from, or is measured by; None where there are none."""
        found: np.ndarray | None = self.options.get("images")
        return found

    @property
    def measured(self) -> bool:
        """Whether the images are here by which its NLL is measured."""
        return self.options["data"] != OWN or self.images is not None

    @property
    def agreed(self) -> float | None:
        seconds: float | None = self.options.get("seconds")
        return seconds

    @property
    def bytes(self) -> int:
        from arviz_models.analysis.lab import size_of

        options = self.options
        return size_of(options["model"], options["config"], options.get("batch_size", 100)).bytes

    def asked(self) -> tuple[str, dict[str, Any]]:
        return ("model" if self.measured else "samples"), self.options

    def settle(self, weights: list[np.ndarray]) -> None:
        [self.weights] = weights

    def pause(self) -> None:
        """Stop, to go on later. The worker first looks at what it has: that may take a moment."""
        self._ask("pause")

    def finish(self) -> None:
        """Stop for good."""
        self._ask("stop")
        if not self.live:
            self._close()

    def _ask(self, how: str) -> None:
        job = self.job
        if job is not None:
            self.asked_to = how
            job.stop()

    def _close(self) -> None:
        self.closed, self.state = True, None
        shelve(self)

    def copy(self) -> LabRun:
        """One of its own: what becomes of it changes nothing here."""
        return replace(
            self,
            losses=list(self.losses),
            kept=list(self.kept),
            frames=list(self.frames),
            notices=list(self.notices),
            job=None,
            _lock=threading.RLock(),
        )

    def _keep(self, moment: tuple[dict[str, Any], dict[str, np.ndarray]]) -> None:
        told, arrays = moment
        if all(each["step"] != told["step"] for each in self.kept):
            self.kept.append(told)
            self.frames.append(arrays)

    def _go_back(self, state: Any) -> None:
        super()._go_back(state)
        self.held = state["step"] if state else 0

    def _end(self, job: Job) -> None:
        from arviz_models.jobs import JobCancelled, JobError

        super()._end(job)
        asked, self.asked_to = self.asked_to, ""
        try:
            found = job.result(0)
        except (JobCancelled, JobError):  # the base has said so, and gone back
            return
        self.held, self.problem = found["step"], found["problem"]
        self.device, self._part = found["device"], found["part"]
        if self.problem or self._part >= 1 or asked == "stop":
            self._close()
        else:
            shelve(self)


def runs() -> OrderedDict[Hashable, LabRun]:
    """Those of this session by their token, the latest last."""
    found: OrderedDict[Hashable, LabRun] = st.session_state.setdefault(RUNS, OrderedDict())
    return found


def shown() -> LabRun | None:
    """The run that the picture shows."""
    return runs().get(st.session_state.get(SHOWN))


def take_all() -> None:
    """What all runs have told since: one that another page's training has stopped, too."""
    for run in list(runs().values()):
        run.take()


def begin(run: LabRun) -> None:
    """Add a run, show it, and let it train; the one under way stops, and can go on later."""
    for other in list(runs().values()):
        other.pause()
    run.begin()
    if not run.live:  # the queue is full
        st.session_state[REFUSED] = run.problem
        return
    st.session_state.pop(REFUSED, None)
    add(run)


def add(run: LabRun) -> None:
    """Keep a run and show it; of too many the one of longest ago goes."""
    if run.token not in runs():
        for _, earlier in put_last(runs(), run.token, run, MOST_RUNS):
            earlier.finish()
    st.session_state[SHOWN] = run.token


def new(settings: Settings, kind: type[LabRun] = LabRun) -> LabRun:
    """An untrained run.

    Args:
        settings: that describe it.
        kind: of run.

    Raises:
        NotPossible: see `arviz_models.analysis.lab.check`.
    """
    from arviz_models.analysis import lab

    used = settings.used
    images = own.images_of(used)
    mine = images is not None
    return kind(
        total=0,
        seed=used.seed,
        settings=used,
        options=lab.options_of(used, images),
        title=used.said(),
        parameters=lab.check(used, images).parameters,
        conversion=own.conversion_of(used) if mine else None,
        pictures=own.mine().kept if mine else [],
    )


def from_file(loaded: Loaded, name: str) -> LabRun:
    """A run from a file: as it was, or weights that are only looked at if the file says no more."""
    if loaded.history is not None:
        return _as_it_was(loaded, loaded.history)
    options = {
        "model": loaded.model,
        "config": loaded.config,
        "data": loaded.data,
        "levels": loaded.levels,
        "epochs": 0,
        "weights": loaded.weights,
    }
    data = loaded.data
    if data == OWN:
        side = loaded.config["event_shape"][1]
        data = f"{OWN} {side}×{side}"
        images = own.like(loaded.config)
        options |= {} if images is None else {"images": images}
    return LabRun(
        total=0,
        seed=0,
        options=options,
        title=f"{name}: {loaded.model}, {data}",
        parameters=len(loaded.weights),
    )


def _as_it_was(loaded: Loaded, history: History) -> LabRun:
    from arviz_models.analysis import lab

    settings = history.settings
    problem = (
        f"This training has exploded. The weights of step {history.held:,} were kept, the best so "
        "far."
    )
    return LabRun(
        total=0,
        seed=settings.seed,
        losses=list(history.losses),
        seconds=history.seconds,
        state=history.state,
        problem=problem if history.exploded else "",
        kept=list(history.kept),
        frames=list(history.frames),
        settings=settings,
        options=lab.options_of(settings, own.images_of(settings)),
        title=settings.said(),
        parameters=len(loaded.weights),
        closed=history.state is None,
        weights=loaded.weights if history.state is None else history.state["weights"][0],
        held=history.held,
        device=device_said(loaded.card.get("device")),
        _part=history.part,
    )


def device_said(told: Any) -> str:
    """The device that a card names; text of a stranger's is not shown unless it is a plain name."""
    plain = isinstance(told, str) and re.fullmatch(r"[\w .,:()/-]{1,80}", told)
    return told if plain else "another computer"


# --- kept for links, on this server ---------------------------------------------------------------


@st.cache_resource(show_spinner=False)
def _shelf() -> Shelf:
    return Shelf(MOST_SHELVED)


def shelve(run: LabRun) -> None:
    """Keep a run that has ended, or is paused, for its link, in this session or another one.

    Not one on own images: what it has learned from stays in its session.
    """
    if run.options["data"] == OWN:
        return
    size = 8 * len(run.losses) + sum(each["samples"].nbytes for each in run.frames)
    weights = 0 if run.weights is None else run.weights.nbytes
    with_moments = 4 * weights if run.state else weights  # Adam's, and the best weights so far
    _shelf().put(run.token, run.copy(), size + with_moments + 1000)


def restore(token: str) -> bool:
    """Show the run of a link; says whether this server still has it."""
    run: LabRun | None = runs().get(token)
    if run is None:
        kept: LabRun | None = _shelf().get(token)
        if kept is None:
            return False
        run = kept.copy()
    add(run)
    return True


# --- as a table -----------------------------------------------------------------------------------


def rows(found: list[LabRun]) -> list[dict[str, Any]]:
    """What the table says of each run. One that trains has its figures once it has ended."""
    return [_row(number, run) for number, run in enumerate(found, start=1)]


def _row(number: int, run: LabRun) -> dict[str, Any]:
    settings, now = run.settings, None if run.live else run.now
    kind = settings.kind if settings is not None else None
    nats = None if now is None else now["valid"]
    return {
        "run": number,
        "title": run.title,
        "state": _standing(run),
        "valid_nats": nats,
        "valid_bits_per_dim": None if nats is None else nats / math.log(2) / run.dimensions,
        "loss_nats": None if run.live or not run.losses else run.recent,
        "steps": None if run.live else run.done,
        "epochs": None if now is None else now["epoch"],
        "seconds": None if run.live else run.seconds,
        "images_per_second": None if now is None else now["pace"] or None,
        "parameters": run.parameters,
        "model": kind.title if kind is not None else run.options["model"],
        "data": run.options["data"],
        "levels": run.levels,
        "order": settings.order if settings is not None else None,
        "width": settings.width if settings is not None else None,
        "depth": settings.depth if kind is not None and settings and kind.depth else None,
        "learning_rate": settings.rate if settings is not None else None,
        "batch": settings.batch if settings is not None else None,
        "seed": settings.seed if settings is not None else None,
        "device": run.device,
    }


def _standing(run: LabRun) -> str:
    if run.live:
        return "trains"
    if run.settings is None:
        return "from a file"
    if run.problem:
        return "exploded" if run.closed else "failed"
    return "done" if run.closed and run.part >= 1 else "stopped" if run.closed else "paused"


def table_csv(found: list[LabRun]) -> str:
    """The table as CSV."""
    import csv
    import io

    target = io.StringIO()
    listed = rows(found)
    writer = csv.DictWriter(target, list(listed[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(listed)
    return target.getvalue()


def curves_csv(found: list[LabRun]) -> str:
    """Losses of every step and the validation NLL of every look of these runs, as CSV."""
    lines = ["run,step,loss_nats,valid_nats,loss_bits_per_dim,valid_bits_per_dim,seconds"]
    for number, run in enumerate(found, start=1):
        bits = 1 / math.log(2) / run.dimensions
        looks = {each["step"]: each for each in run.kept}
        for step in range(run.done + 1):
            loss = run.losses[step - 1] if step else None
            look = looks.get(step)
            if loss is None and look is None:
                continue
            valid = look["valid"] if look else None
            numbers = [loss, valid, *(x and x * bits for x in (loss, valid))]
            numbers.append(look["seconds"] if look else None)
            said = ",".join("" if each is None else f"{each:.6g}" for each in numbers)
            lines.append(f"{number},{step},{said}")
    return "\n".join(lines) + "\n"
