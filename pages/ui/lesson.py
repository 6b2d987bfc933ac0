"""The parts that every lesson has: its head, presenting, the steps of prose, mistakes, papers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from pages.ui.papers import Paper
from pages.ui.state import Link

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_SEED = 999_999
FIGURES = ("png", "svg")
Files = Mapping[str, tuple[Callable[[], str | bytes], str]]

# The page of a laptop, larger: 1.5 times at 1920 by 1080. All that is measured in rem follows,
# pictures too (screen.js), and no text is smaller than 18 pixels there.
PRESENTING = """<style>
[data-testid="stSidebar"], [data-testid="stSidebarCollapsedControl"], [data-testid="stHeader"],
[data-testid="stExpandSidebarButton"] { display: none; }
[data-testid="stMainBlockContainer"] {
  max-width: none;
  padding-block: 1rem 0 !important;
}
:root {
  --presented: 1;
  --small: 0.8rem;
  font-size: clamp(15px, min(1.1719vw, 2.0834vh), 60px);
}
[data-testid="stMain"] code { font-size: max(var(--small), 0.85em) !important; }
.st-key-stage_picture table :is(th, td) { padding-block: 0.15rem; font-size: 1.125rem; }
.st-key-stage_panel { row-gap: 0.5rem; }
.st-key-stage_next button::after { content: "PgDn"; margin-left: 0.5rem; font-size: var(--small); }
.st-key-stage_question button { min-height: 2rem; padding-block: 0.125rem; }
</style>"""


def show_notices(link: Link) -> None:
    """What there is to tell the visitor, in one box."""
    if notices := link.notices():
        st.warning("\n".join(f"- {notice}" for notice in notices))


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


def mistakes(items: Sequence[tuple[str, str]]) -> None:
    """What people get wrong: each a claim and what is true."""
    for claim, truth in items:
        st.markdown(f"**“{claim}”** {truth}")


def papers(listed: Sequence[Paper]) -> None:
    """Papers, and what a lesson takes from each."""
    for paper in listed:
        st.markdown(f"- {paper.authors}: [{paper.title}]({paper.address}). For {paper.used}.")


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
    from arviz_models.figures.export import figure_bytes

    def saved(suffix: str) -> bytes:
        return figure_bytes(figure() if callable(figure) else figure, suffix)

    pictures: Files = {f"{name}, {each.upper()}": (partial(saved, each), each) for each in FIGURES}
    with st.container(horizontal=True):
        for label, (make, suffix) in {**pictures, **files}.items():
            key = f"{stem}.{label}"
            st.download_button(label, make, f"{stem}.{suffix}", on_click="ignore", key=key)
