"""Activity: what each network costs, measured on the server.

What `hide` can cover: "table" with all that was measured, "nll" with every number of nats.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.contexts import pairs
from pages.contexts.costs_steps import EQUAL, GOOD, GROWS, PAIR, WHICH, steps
from pages.contexts.models import DATA, of_equal_size, shipped, untrained
from pages.ui import lesson, work
from pages.ui.charts import show_chart
from pages.ui.models import model
from pages.ui.outline import Activity, Lesson
from pages.ui.query import Choice, Field
from pages.ui.stage import Stage
from pages.ui.stage_page import perform
from pages.ui.training_run import Queue

if TYPE_CHECKING:
    from arviz_models.analysis.costs import Measured, Row
    from pages.contexts.costs_figures import Column

DRAWN_SEED = 25  # of the digit that is drawn while it is timed
NAIVE_SECONDS = 1.0  # of naive passes, before the rest is estimated
KEY = "contexts.costs"
MATCHED = {PAIR: pairs.of_equal_size, GOOD: pairs.equally_good}
FIRST, AGAIN = "Measure on the server", "Measure again"  # what the button is called


@dataclass(frozen=True)
class Costs:
    """What is compared.

    Attributes:
        which: the trained networks, untrained ones of equal size, or trained ones of 14×14.
    """

    which: str


def fields() -> Mapping[str, Field]:
    """How the address holds `Costs`."""
    return {"which": Choice(tuple(WHICH))}


@dataclass
class Device:
    """What was measured on the device that serves all sessions: by checkpoint.

    `turn`: held by the session that measures, since two at once would slow each other.
    """

    measured: dict[str, Measured] = field(default_factory=dict)
    turn: threading.Lock = field(default_factory=threading.Lock)


@dataclass
class Round(Queue):
    """The words of the networks that a click on Measure asked for, as far as this session has come.

    What another session measured since the click need not be measured again. A clock can be set
    back, so what was there at the click is kept, not the time of the click.

    Attributes:
        before: what was measured at the click, by checkpoint.
        problems: of networks that could not be measured, by word.
    """

    before: dict[str, Measured] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    def begin(self, pieces: Collection[Any]) -> None:
        """Callback of Measure."""
        super().begin(pieces)
        self.before = dict(_device().measured)
        self.problems.clear()


@st.cache_resource(show_spinner=False)
def _device() -> Device:
    return Device()


def page(this: Lesson) -> None:
    """The lesson's page; what is to be measured is measured when all else is there."""
    stage = perform(this)
    work = stage.made.get("work")
    if work is not None:
        with lesson.guarded():
            work()


def picture(stage: Stage[Costs]) -> None:
    """The table and the chart."""
    if stage.step.question is GROWS and not stage.asks:
        from arviz_models.analysis.costs import Row

        _chains([Row(word, card) for word, card in shipped().items()])
    stage.made["work"] = section(stage.state.which, stage.hidden, present=stage.present)


def controls(stage: Stage) -> None:
    """Which networks are compared."""
    asked: Round = st.session_state.setdefault(f"{KEY}.round", Round())
    st.segmented_control(
        "Networks",
        list(WHICH),
        format_func=WHICH.__getitem__,
        required=True,
        wrap=True,
        key=stage.key("which"),
        disabled=bool(asked.left) or "table" in stage.hidden,
        help="The trained networks differ in size. To compare the kinds, take networks with as "
        "many parameters as the Row LSTM, or trained ones that are matched, which draw 14×14.",
    )


def section(which: str, hidden: Collection[str], *, present: bool) -> Callable[[], None]:
    """The table and the chart, and the buttons that measure.

    Args:
        which: of `WHICH`.
        hidden: what is covered, of the names above.
        present: whether it is presented.

    Returns:
        what measures the next network, if one is asked for, and then starts the run anew: to be
        called when all else of the page is there.
    """
    from arviz_models.analysis.costs import Row
    from arviz_models.analysis.networks import NETWORKS
    from pages.contexts import costs_words

    device = _device()
    cards, matched = shipped(), MATCHED[which]() if which in MATCHED else {}
    asked: Round = st.session_state.setdefault(f"{KEY}.round", Round())
    missing = costs_words.untrained([word for word in NETWORKS if word not in cards], DATA)
    if not cards:
        st.error(missing)
        return lambda: None
    if "table" in hidden:
        _sizes([Row(word, card) for word, card in cards.items()])
        return lambda: None
    equal = of_equal_size()
    if len(equal) > 1 and which == EQUAL:
        cards, missing = equal, ""
    if matched:
        cards, missing = matched, ""
    asked.left[:] = [word for word in asked.left if word in cards]  # a folder can change meanwhile
    names = {card["name"] for card in cards.values()}
    every, place = _buttons(list(cards), asked, bool(names & device.measured.keys()))
    rows = measured(cards)
    _problems(rows, asked)
    said = pairs.in_words(matched) if cards is matched else None
    _show(rows, "nll" in hidden, said, present=present)
    if missing:
        st.caption(missing)
    if not asked.left:
        return lambda: None
    return partial(asked.work, partial(_measure, cards, asked, device, every, place))


def _problems(rows: Sequence[Row], asked: Round) -> None:
    """What was wrong with the networks that could not be measured."""
    for row in rows:
        if problem := asked.problems.get(row.word):
            st.error(f"{row.title} could not be measured: {problem}")


def measured(cards: Mapping[str, dict[str, Any]]) -> list[Row]:
    """What is known of some of the networks: a row for each.

    Args:
        cards: of the networks, by their words.
    """
    from arviz_models.analysis.costs import Row

    known = _device().measured
    return [Row(word, card, known.get(card["name"])) for word, card in cards.items()]


def measuring(cards: Mapping[str, dict[str, Any]]) -> Callable[[], None]:
    """The buttons that measure some of the networks on the server.

    Args:
        cards: of the networks, by their words.

    Returns:
        what measures the next one, as of `section`.
    """
    asked: Round = st.session_state.setdefault(f"{KEY}.round", Round())
    asked.left[:] = [word for word in asked.left if word in cards]
    with st.container(horizontal=True, vertical_alignment="center"):
        asked.buttons(f"{KEY}.race", FIRST, list(cards))
    place = st.empty()
    _problems(measured(cards), asked)
    if not asked.left:
        return lambda: None
    return partial(asked.work, partial(_measure, cards, asked, _device(), False, place))


def _sizes(rows: list[Row]) -> None:
    """What is compared, without a number of steps: that would answer how many grow."""
    from pages.contexts import costs_figures as figures

    st.table(
        {
            "Network": [row.title for row in rows],
            "Parameters": [f"{row.card['parameters']:,}" for row in rows],
            "Built of": [figures.built_of(row.card["config"]) for row in rows],
        },
        hide_index=True,
    )
    st.caption("The steps in sequence of one training pass are shown once you have answered.")


def _chains(rows: list[Row]) -> None:
    """How many steps of one training pass wait for each other: known before anything is timed."""
    from pages.contexts import costs_words

    found = costs_words.chains(rows)
    st.table(
        {"Network": list(found), "One training pass, steps in sequence": list(found.values())},
        hide_index=True,
    )
    st.caption("Steps that wait for each other, whatever the device.")


def _buttons(words: list[str], asked: Round, again: bool) -> tuple[bool, Any]:
    """Whether naive draws go to their end, and the place that tells how far measuring is."""
    with st.container(horizontal=True, vertical_alignment="center"):
        asked.buttons(KEY, AGAIN if again else FIRST, words)
        every = st.toggle(
            "Every naive pass",
            key=f"{KEY}.every",
            disabled=bool(asked.left),
            help=f"Otherwise {NAIVE_SECONDS:g} s of passes are timed for each network and the rest "
            "is estimated from them.",
        )
    return every, st.empty()


def _show(rows: list[Row], covered: bool, matched: str | None, *, present: bool) -> None:
    """The table, the chart and what they say.

    Args:
        rows: of the table.
        covered: without any number of nats.
        matched: what is said of a matched pair; None for other networks.
        present: whether it is presented.
    """
    from pages.contexts import costs_figures as figures
    from pages.contexts import costs_words

    trained = all(row.trained for row in rows)
    columns = {
        name: column
        for name, column in figures.COLUMNS.items()
        if not (name == "test_nll" and (covered or not trained))
    }
    every = st.session_state.get(f"{KEY}.columns", False) and not present
    seen = [name for name in columns if every or name in figures.IN_FRONT]
    if present:
        st.table(figures.styled(rows, seen), hide_index=True)
    else:
        _dataframe(rows, columns, seen)
    st.caption(costs_words.measured_here(rows, time.time()))
    if not present:  # what is to be read, or moved to the side, would be below the screen
        st.toggle(
            "All columns",
            key=f"{KEY}.columns",
            help="Also passes, ranges, the time of an epoch, and what each network is built of. "
            "Move the table to the side to see them all.",
        )
        if matched is None:
            st.markdown(costs_words.who_waits(rows))
    if covered:
        return
    if matched is not None:
        st.markdown(matched)
    if trained and any(row.measured for row in rows):
        show_chart(
            figures.costs_chart(rows, st.context.theme.type or "light"),
            present=present,
            key=f"{KEY}.chart",
            alt="Test NLL against the time of one sample. " + figures.chart_in_words(rows),
        )
    if present:
        return
    if trained:
        if words := costs_words.not_equally_good(rows):
            st.markdown(words)
        st.caption(costs_words.sources(rows))
    st.download_button(
        "Costs, CSV", partial(figures.costs_csv, rows), "what-it-costs.csv", on_click="ignore"
    )


def _dataframe(rows: list[Row], columns: Mapping[str, Column], seen: list[str]) -> None:
    """The table on a page: its headers say what they mean, and it is moved to the side.

    Args:
        rows: of the table.
        columns: that it has.
        seen: the names of those that are shown.
    """
    from pages.contexts import costs_figures as figures

    st.dataframe(
        figures.frame(rows)[list(columns)],
        hide_index=True,
        column_order=seen,
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
            for name, column in columns.items()
        },
        key=f"{KEY}.table",
        alt="Parameters, passes and times of each network",
    )


@contextmanager
def _turn(device: Device, place: Any, part: float) -> Iterator[None]:
    """Alone on the device; a click ends the waiting."""
    if not device.turn.acquire(timeout=work.LOOK):
        place.progress(part, "Another visitor is measuring: what they find appears here too")
        while not device.turn.acquire(timeout=work.LOOK):
            work.look()
    try:
        yield
    finally:
        device.turn.release()


def _known(name: str, asked: Round, device: Device, every: bool) -> bool:
    """Whether another session has measured, since the click, what this one was to measure."""
    found = device.measured.get(name)
    if found is None or found is asked.before.get(name) or found.comparison.doing is not None:
        return False
    return not (every and found.comparison.costs["naive"].estimated)


def _measure(
    cards: Mapping[str, dict[str, Any]],
    asked: Round,
    device: Device,
    every: bool,
    place: Any,
    word: str,
) -> None:
    """One network."""
    from arviz_models.cards import CheckpointError
    from arviz_models.device import DeviceError
    from arviz_models.sampler import SamplerError

    try:
        with _turn(device, place, asked.part()):
            if not _known(cards[word]["name"], asked, device, every):
                _compare(word, cards[word], asked, device, every, place)
    except (CheckpointError, DeviceError, SamplerError) as error:
        asked.problems[word] = str(error)  # the others still can be


def _compare(
    word: str, card: dict[str, Any], asked: Round, device: Device, every: bool, place: Any
) -> None:
    from arviz_models.analysis.costs import Measured, Row
    from arviz_models.analysis.timing import compare
    from arviz_models.figures.timing import doing

    row, name = Row(word, card), card["name"]
    before = device.measured.get(name)
    fill = before is None or before.comparison.doing is not None
    seconds = None if every else NAIVE_SECONDS
    own = model(name) if row.trained else untrained(word)
    with closing(compare(own, 1, DRAWN_SEED, naive_seconds=seconds)) as comparisons:
        for found in comparisons:
            # What was measured before stays until there is the same again, whole.
            if found.doing is None or (fill and "naive" in found.costs):
                device.measured[name] = Measured(found, time.time())
            # A click on Stop, or anywhere else, ends the script here, and with it the draw.
            place.progress(asked.part(found.part), f"{row.title}: {doing(found)}")


# --- the steps ------------------------------------------------------------------------------------


def _measure_these(which: str) -> str:
    """What to press: the button has another name once one of these networks is measured."""
    cards = of_equal_size() if which == EQUAL else MATCHED.get(which, shipped)()
    if {card["name"] for card in cards.values()} & _device().measured.keys():
        return (
            "The table has times that were measured on the server; "
            f"**{AGAIN}** takes new ones. Compare *Train, ms*."
        )
    return f"Press **{FIRST}** and compare *Train, ms*."


COSTS = Activity(
    slug="costs",
    title="What it costs",
    state=Costs,
    fields=fields,
    picture=picture,
    controls=controls,
    steps=steps(_measure_these),
)
