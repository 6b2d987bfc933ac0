"""Trainings of a flow: by a worker of this server, or in the reader's own browser."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from pages.flows.state import NAMES, Bend
from pages.ui import work
from pages.ui.live import on_server
from pages.ui.training_here import array, number
from pages.ui.training_run import TrainingRun

DEVICE = "cpu"  # networks this small learn faster there than on a GPU
SILENCE = 15  # seconds without a word after which a worker counts as dead


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
    def owner(self) -> str:
        """Whose session alone may have what it has learned; "" where all may."""
        return ""

    @property
    def place(self) -> str:
        """Where it trains, in words."""
        return on_server(DEVICE)

    @cached_property
    def before(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """What the picture needs while it learns, beside the moments: the flow has no other weights
        until it ends."""
        from arviz_models.analysis.flow_planes import live_arrays

        return live_arrays(self.model, self.data)

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
        self.keep_first()
        super().begin()

    def keep_first(self) -> None:
        """A picture of the beginning."""
        from arviz_models.analysis.flow_planes import frame_arrays
        from arviz_models.flows import loss_on

        self.frames.append(frame_arrays(self.model, self.data))
        self.kept.append({"step": 0, "loss": loss_on(self.model, self.data)})


@dataclass(kw_only=True)
class BrowserRun(Run):
    """A flow that learns in the reader's browser: what it tells is as good as that browser is.

    It has no job. The browser does what is `wanted` of the run with this `token` and tells what has
    become of it; after its end nothing is heard any more.

    Attributes:
        token: names it to the browser.
        wanted: what the browser is to do, "train" or "stop"; "" once it has ended.
        heard: whether the browser has told anything.
        noticed: whether the page knows that it has ended.
        begun: when it was started, on the monotonic clock.
        handed: whether the browser has heard of it.
    """

    token: str = field(default_factory=lambda: secrets.token_hex(6))
    wanted: str = ""
    heard: bool = False
    noticed: bool = False
    begun: float = 0.0
    handed: bool = False

    @property
    def owner(self) -> str:
        return work.session()

    @property
    def place(self) -> str:
        return "in this browser"

    @property
    def live(self) -> bool:
        return self.wanted != ""

    def begin(self) -> None:
        """Ask the browser to train, after a picture of the beginning."""
        self.keep_first()
        self.wanted, self.begun = "train", time.monotonic()

    def stop(self) -> None:
        """Ask the browser to stop; it tells when it has."""
        if self.live:
            self.wanted = "stop" if self.handed else ""

    def take(self) -> bool:
        return False  # the component tells

    def asked_of_browser(self, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
        """`WantedRun` of trainings.js.

        Args:
            arrays: of the component; the data are added until the browser has told something.
        """
        from arviz_models.analysis.browser_training import flow_options

        chosen, self.handed = self.chosen, True
        if not self.heard:
            arrays[self.token] = self.data
        count = "1 transform" if chosen.layers == 1 else f"{chosen.layers} transforms"
        return {
            "token": self.token,
            "wanted": self.wanted,
            "begun": self.heard,
            "keep": None,
            "heard": {"losses": self.done, "step": self.kept[-1]["step"]},
            "settings": flow_options(
                chosen.kind, chosen.layers, chosen.order, chosen.seed, self.total, self.goal
            ),
            "points": self.token,
            "silence": SILENCE,
            "words": {
                "title": f"{NAMES[chosen.kind]}, {count}",
                "budget": f"{self.goal:,} steps",
            },
        }

    def hear(self, told: dict[str, Any]) -> None:
        """What the browser tells: see `ToPython` in trainings.js.

        Raises:
            ValueError: that cannot be.
        """
        losses = [number(each) for each in told["losses"]]
        known = self.done - int(told["from"])
        if known < 0 or int(told["from"]) + len(losses) > self.goal:
            raise ValueError("losses are missing, or too many")
        losses = losses[known:]
        last = self.done + len(losses)
        seconds = number(told["seconds"])
        looks = [(int(each["step"]), self._frame(each)) for each in told["looks"]]
        kept = told.get("end") or told.get("kept")
        weights = None if kept is None else self._weights(kept, last)
        self.heard = True
        for step, frame in looks:
            if not self.kept[-1]["step"] < step <= last:
                continue
            while self.done < step:
                self.losses.append(losses.pop(0))
            self._keep(({}, frame))
        self.losses.extend(losses)
        self.seconds = seconds
        if told.get("end"):
            self.problem = str(told["end"]["problem"])[:500]
            self._end_at(weights)
        elif told.get("failed"):
            self.fail(str(told["failed"])[:300], weights)

    def fail(self, why: str, kept: tuple[int, np.ndarray] | None = None) -> None:
        """The browser trains it no more.

        Args:
            why: in words.
            kept: the last weights that there are, after their step; None where there are none.
        """
        left = f"What it had learned after step {kept[0]:,} is kept." if kept and kept[0] else ""
        self.problem = f"The training in this browser has failed: {why} {left}".strip()
        self._end_at(kept)

    def _end_at(self, kept: tuple[int, np.ndarray] | None) -> None:
        """It has ended, at the step of these weights; what came after them is lost."""
        self.wanted = ""
        step = kept[0] if kept is not None else 0
        del self.losses[step:]
        there = sum(each["step"] <= step for each in self.kept)
        del self.kept[there:], self.frames[there:]
        if kept is not None:
            self.settle([kept[1]])

    def _weights(self, given: dict[str, Any], last: int) -> tuple[int, np.ndarray]:
        step = int(given["step"])
        if not 0 <= step <= last:
            raise ValueError("weights of a step that was not taken")
        size = sum(each.numel() for each in self.model.parameters())
        return step, array(given["weights"], np.float32, size)

    def _frame(self, given: dict[str, Any]) -> dict[str, np.ndarray]:
        from arviz_models.analysis.flow_planes import told_frame

        before = self.frames[0]
        return told_frame(
            array(given["density"], np.uint8, before["frame_density"].size),
            number(given["most"]),
            array(given["lines"], np.float32, before["frame_lines"].size),
            array(given["points"], np.float32, before["frame_points"].size),
            before,
        )
