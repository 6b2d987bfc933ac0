"""Flows in the reader's own browser: the choice, and what the browser tells of a training.

How a browser trains: pages/ui/training_here.py. What it has trained is shown to this session alone:
for any other one, a link means what this server computes.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from pages.flows import learning
from pages.flows.runs import DEVICE, BrowserRun
from pages.ui import training_here

if TYPE_CHECKING:
    from pages.ui.stage import Stage

NO_GPU = "there is no program for flows on a GPU"
RELOAD = "A reload of the page begins it again."


def choice() -> str:
    """The switch; returns where a flow trains, in words, to stand below it."""
    return training_here.choice(learning.refusal, RELOAD, NO_GPU, DEVICE)


def place(stage: Stage) -> None:
    """The component that trains: on the page always, so that it can answer."""
    arrays: dict[str, np.ndarray] = {}
    able = training_here.able()
    runs = [run.asked_of_browser(arrays) for run in _live()] if able else []
    training_here.place(stage, "flows", runs, arrays, hear=_hear, answered=_answered)


def _answered(_: Any) -> None:
    """The browser has said what it can: what waits for it and cannot be, the server trains."""
    if not (why := learning.refusal()):
        return
    for run in _live():
        if not run.handed:
            learning.instead(run, f"{why} So the server trains.")


def await_answer(stage: Stage) -> None:
    """Where a run waits for this browser, it does so for a while only. To be called last."""
    for run in _live():
        if not training_here.able():
            training_here.await_answer(stage, run.begun, partial(learning.instead, run))


def _live() -> list[BrowserRun]:
    """What the browser is to train; one that the session shows no more is not among them."""
    runs = learning.runs().values()
    return [run for run in runs if isinstance(run, BrowserRun) and run.live]


def _hear(news: dict[str, Any]) -> None:
    for run in _live():
        if run.token != news.get("token"):
            continue
        try:
            run.hear(news)
        except (ValueError, KeyError, TypeError, OverflowError) as error:
            run.fail(f"what it told cannot be ({error}).")
