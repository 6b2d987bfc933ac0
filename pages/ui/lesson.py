"""The parts that every lesson has: its head, presenting, the steps of prose, mistakes, papers."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.ui.components import mount
from pages.ui.papers import PAPERS
from pages.ui.state import Link, Values

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_SEED = 999_999
FIGURES = ("png", "svg")
Files = Mapping[str, tuple[Callable[[], str | bytes], str]]

PRESENTING = """<style>
[data-testid="stSidebar"], [data-testid="stSidebarCollapsedControl"], [data-testid="stHeader"],
[data-testid="stExpandSidebarButton"] { display: none; }
[data-testid="stMainBlockContainer"] { max-width: none; padding-top: 1rem; }
</style>"""


@dataclass(frozen=True)
class Card:
    """One short step of prose, and the state of the picture that it speaks of.

    Attributes:
        title: a few words.
        text: two or three sentences, Markdown.
        show: sets the lesson's state; called before the run that shows the card.
    """

    title: str
    text: str
    show: Callable[[], None]


def head(title: str, idea: str, link: Link, *, seeded: bool = True) -> None:
    """Title, idea, and what is done to the lesson as a whole: present, link, reset, reseed."""
    presenting = link.get("present")
    if presenting:
        st.html(PRESENTING)
    row = st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom", key="head"
    )
    row.title(title, anchor=False, width="content")
    with row.container(horizontal=True, gap="medium", width="content", key="actions"):
        if presenting:
            _action("Leave presentation", lambda: link.set(present=False))
        else:
            _action(
                "Present", lambda: link.set(present=True), "Hides the prose, enlarges the picture"
            )
            mount("copy_link", key=f"{link.lesson}.copy", width="content")
        _action("Reset", link.reset, "Everything as at first, with the same seed")
        if seeded:
            _action("Reseed", lambda: reseed(link), "Other random numbers, all else the same")
    if not presenting:
        st.markdown(idea)
    show_notices(link)


def show_notices(link: Link) -> None:
    """What there is to tell the visitor, in one box."""
    if notices := link.notices():
        st.warning("\n".join(f"- {notice}" for notice in notices))


def stage(state: Values) -> tuple[Any, Any]:
    """Where picture and controls go; presenting without controls, the picture has it all."""
    if state["present"] and not state["pin"]:
        return st.container(), st.container()
    picture, controls = st.columns([3.3, 1], gap="medium")
    return picture, controls


def _action(label: str, then: Callable[[], None], help_text: str | None = None) -> None:
    st.button(label, type="tertiary", on_click=then, help=help_text)


def is_ours(error: RuntimeError) -> bool:
    """Whether it is an error of the models, whose words say what to do.

    They are known by their module, since to import their classes is to wait for torch.
    """
    return type(error).__module__.startswith("arviz_models.")


@contextmanager
def guarded() -> Iterator[None]:
    """Errors of the models, shown in words; the page ends there."""
    try:
        yield
    except RuntimeError as error:
        if not is_ours(error):
            raise
        st.error(str(error))
        st.stop()


def reseed(link: Link) -> None:
    """Another seed than the present one."""
    seed = link.get("seed")
    while seed == link.get("seed"):
        seed = random.randint(0, MOST_SEED)
    link.set(seed=seed)


def cards(steps: Sequence[Card], key: str) -> None:
    """The steps of prose, side by side; "Show this" sets the picture to what one speaks of."""
    columns = st.columns(len(steps), gap="large")
    for number, (column, card) in enumerate(zip(columns, steps, strict=True), start=1):
        with column:
            st.markdown(f"**{number}. {card.title}**")
            st.markdown(card.text)
            st.button("Show this", key=f"{key}.{number}", on_click=card.show)


def classroom(link: Link, controls: Sequence[str]) -> None:
    """How to present the lesson, and which controls stay then."""
    st.markdown(
        "**Present**, above, hides the prose and the controls and enlarges the picture. Space "
        "plays, the arrow keys step, Home and End jump. **Copy link** brings back exactly this "
        "state."
    )
    key = f"{link.lesson}.pins"
    st.session_state[key] = list(link.get("pin"))
    st.pills(
        "Controls to keep while presenting",
        controls,
        selection_mode="multi",
        key=key,
        on_change=lambda: link.set(pin=tuple(c for c in controls if c in st.session_state[key])),
    )


def mistakes(items: Sequence[tuple[str, str]]) -> None:
    """What people get wrong: each a claim and what is true."""
    for claim, truth in items:
        st.markdown(f"**“{claim}”** {truth}")


def papers(stem: str) -> None:
    """The papers of a lesson, and what it takes from each."""
    for paper in PAPERS[stem]:
        st.markdown(f"- {paper.authors}: [{paper.title}]({paper.address}). For {paper.used}.")


def papers_tab(link: Link, *_: Any) -> None:
    """A lesson's papers, as one of its tabs."""
    papers(link.lesson)


def downloads(
    stem: str,
    figure: Figure | Callable[[], Figure],
    files: Files,
    name: str = "Figure",
) -> None:
    """Buttons that save a figure, as PNG and as SVG, and other files.

    Args:
        stem: of the files' names.
        figure: of Matplotlib, or what makes it once it is asked for.
        files: what each button is called -> what makes the file, and its suffix.
        name: what the buttons call the figure.
    """
    from arviz_models.figures.nade import figure_bytes

    def saved(suffix: str) -> bytes:
        return figure_bytes(figure() if callable(figure) else figure, suffix)

    pictures: Files = {f"{name}, {each.upper()}": (partial(saved, each), each) for each in FIGURES}
    with st.container(horizontal=True):
        for label, (make, suffix) in {**pictures, **files}.items():
            key = f"{stem}.{label}"
            st.download_button(label, make, f"{stem}.{suffix}", on_click="ignore", key=key)


def tabs(parts: Mapping[str, Callable[..., None]], lesson: str, *given: Any) -> None:
    """What stands below a lesson, as tabs; the open one is filled, by its function of `given`."""
    columns = st.tabs(list(parts), key=f"{lesson}.tabs", on_change="rerun")
    for fill, part in zip(parts.values(), columns, strict=True):
        if part.open:
            with part:
                fill(*given)
