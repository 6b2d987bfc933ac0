"""Beneath the contexts side by side: what each network costs, measured on this device."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.ui.contexts_models import DATA, shipped
from pages.ui.models import model

if TYPE_CHECKING:
    from arviz_models.figures.contexts_costs import Measured, Row

NAIVE_SECONDS = 1.0  # of naive passes, before the rest is reckoned
POLL = 0.06  # seconds between two looks for a click while another session measures
KEY = "contexts.costs"


@dataclass
class Device:
    """What was measured on the device that serves all sessions: by checkpoint.

    `turn`: held by the session that measures, since two at once would slow each other.
    """

    measured: dict[str, Measured] = field(default_factory=dict)
    turn: threading.Lock = field(default_factory=threading.Lock)


@dataclass
class Round:
    """What a click on Measure asked for, as far as this session has come.

    Attributes:
        left: words of the networks still to be measured.
        count: how many there were.
        begun: seconds since 1970; what another session measured after that need not be again.
        problems: of networks that could not be measured, by word.
    """

    left: list[str] = field(default_factory=list)
    count: int = 0
    begun: float = 0.0
    problems: dict[str, str] = field(default_factory=dict)


@st.cache_resource(show_spinner=False)
def _device() -> Device:
    return Device()


def _begin(words: list[str]) -> None:
    st.session_state[f"{KEY}.round"] = Round(list(words), len(words), time.time())


def _stop() -> None:
    st.session_state[f"{KEY}.round"].left.clear()


def section() -> Callable[[], None]:
    """The table and the chart, and the buttons that measure.

    Returns:
        what measures the next network, if one is asked for, and then starts the run anew: to be
        called when all else of the page is there.
    """
    from arviz_models.figures import contexts_costs as figures
    from arviz_models.figures.networks import NETWORKS

    cards, device = shipped(), _device()
    asked: Round = st.session_state.setdefault(f"{KEY}.round", Round())
    asked.left[:] = [word for word in asked.left if word in cards]  # a folder can change meanwhile
    st.subheader("What it costs", anchor=False)
    st.markdown(
        "To train, one pass gives every conditional at once. To sample, each pixel waits for the "
        "one before it, and the naive way computes everything again at every step. Mind the nats, "
        "too: to read more is not yet to be better."
    )
    missing = figures.untrained([word for word in NETWORKS if word not in cards], DATA)
    if not cards:
        st.error(missing)
        return lambda: None
    every, place = _buttons(list(cards), asked, bool(device.measured))
    for word, problem in asked.problems.items():
        st.error(f"{NETWORKS[word].title} could not be measured: {problem}")
    _show(
        [figures.Row(word, card, device.measured.get(card["name"])) for word, card in cards.items()]
    )
    if missing:
        st.caption(missing)
    return partial(_measure, cards, asked, device, every, place) if asked.left else lambda: None


def _buttons(words: list[str], asked: Round, again: bool) -> tuple[bool, Any]:
    """Whether naive draws go to their end, and the place that tells how far measuring is."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Measure again" if again else "Measure here",
            key=f"{KEY}.start",
            type="primary",
            disabled=bool(asked.left),
            on_click=_begin,
            args=(words,),
        )
        st.button("Stop", key=f"{KEY}.stop", disabled=not asked.left, on_click=_stop)
        every = st.toggle(
            "Every naive pass",
            key=f"{KEY}.every",
            disabled=bool(asked.left),
            help=f"Otherwise {NAIVE_SECONDS:g} s of passes are timed for each network and the rest "
            "is reckoned from them.",
        )
    return every, st.empty()


def _show(rows: list[Row]) -> None:
    from arviz_models.figures import contexts_costs as figures

    st.dataframe(
        figures.frame(rows),
        hide_index=True,
        height="content",
        placeholder="",
        column_config={
            name: st.column_config.NumberColumn(
                column.label, help=column.explained, format=column.format
            )
            if column.format
            else st.column_config.TextColumn(
                column.label, help=column.explained, pinned=name == "network"
            )
            for name, column in figures.COLUMNS.items()
        },
        key=f"{KEY}.table",
        alt="Test NLL, parameters, passes and times of each network",
    )
    st.caption(figures.measured_here(rows, time.time()))
    if any(row.measured for row in rows):
        st.plotly_chart(
            figures.costs_chart(rows, st.context.theme.type or "light"),
            key=f"{KEY}.chart",
            config={"displayModeBar": False},
            alt="Test NLL against the time of one sample. " + figures.chart_in_words(rows),
        )
    if words := figures.not_equally_good(rows):
        st.markdown(words)
    st.caption(figures.sources(rows))
    st.download_button(
        "Costs, CSV", partial(figures.costs_csv, rows), "what-it-costs.csv", on_click="ignore"
    )


@contextmanager
def _turn(device: Device, place: Any, part: float) -> Iterator[None]:
    """Alone on the device; a click ends the waiting."""
    while not device.turn.acquire(timeout=POLL):
        place.progress(part, "Another visitor is measuring: what they find appears here too")
    try:
        yield
    finally:
        device.turn.release()


def _known(name: str, asked: Round, device: Device, every: bool) -> bool:
    """Whether another session has measured, since the click, what this one was to measure."""
    found = device.measured.get(name)
    if found is None or found.when < asked.begun or found.comparison.doing is not None:
        return False
    return not (every and found.comparison.costs["naive"].reckoned)


def _measure(
    cards: dict[str, dict[str, Any]], asked: Round, device: Device, every: bool, place: Any
) -> None:
    """One network, then the page again with what came of it."""
    from arviz_models.cards import CheckpointError
    from arviz_models.device import DeviceError
    from arviz_models.sampler import SamplerError

    word = asked.left[0]
    try:
        with _turn(device, place, 1 - len(asked.left) / asked.count):
            if not _known(cards[word]["name"], asked, device, every):
                _compare(word, cards[word]["name"], asked, device, every, place)
    except (CheckpointError, DeviceError, SamplerError) as error:
        asked.problems[word] = str(error)  # the others still can be
    except Exception:
        asked.left.clear()  # or every later run would fail again
        raise
    asked.left.pop(0)
    st.rerun()


def _compare(word: str, name: str, asked: Round, device: Device, every: bool, place: Any) -> None:
    from arviz_models.figures.contexts_costs import Measured
    from arviz_models.figures.networks import NETWORKS
    from arviz_models.figures.pixelcnn_live import doing
    from arviz_models.timing import compare

    before = device.measured.get(name)
    fill = before is None or before.comparison.doing is not None
    done = asked.count - len(asked.left)
    seconds = None if every else NAIVE_SECONDS
    with closing(compare(model(name), 1, naive_seconds=seconds)) as comparisons:
        for found in comparisons:
            # What was measured before stays until there is the same again, whole.
            if found.doing is None or (fill and "naive" in found.costs):
                device.measured[name] = Measured(found, time.time())
            # A click on Stop, or anywhere else, ends the script here, and with it the draw.
            place.progress(
                (done + found.part) / asked.count, f"{NETWORKS[word].title}: {doing(found)}"
            )
