"""What shipped models draw: the sheets of `arviz_models samples`, in the colours of the page."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from arviz_models.figures.palette import MEANINGS
from pages.lab import rivals
from pages.lab.figures import png_address
from pages.lab.rivals import Rival

COLUMNS = 3
BESIDE = 340  # CSS pixels of the sheet beside a model: all of it can be seen at once
WORDS = "64 samples, seeds 0 to 63 from the top left, none left out"


@st.cache_data(show_spinner=False, max_entries=64, ttl=60)
def address(name: str, ground: str) -> str | None:
    """The sheet of a checkpoint as an address that holds it; None where there is none.

    Args:
        name: of the checkpoint.
        ground: "light" or "dark".
    """
    from PIL import Image

    from arviz_models.figures.sheets import FOLDER

    path = FOLDER / f"{name}.png"
    if not path.exists():
        return None
    paper, ink = (
        [int(getattr(MEANINGS[meaning], ground)[at : at + 2], 16) for at in (1, 3, 5)]
        for meaning in ("paper", "ink")
    )
    with Image.open(path) as picture:
        tones = bytes(picture.getpalette() or [])[::3]  # 255 is paper, 0 is ink
        colours = (
            round((tone * light + (255 - tone) * dark) / 255)
            for tone in tones
            for light, dark in zip(paper, ink, strict=True)
        )
        picture.putpalette(bytes(colours))
        return png_address(picture)


def _show(rival: Rival, width: int | Literal["stretch"] = "stretch") -> bool:
    found = address(rival.name, st.context.theme.type or "light")
    if found is not None:
        st.image(found, width=width, alt=f"{rival.title}: {WORDS}")
    return found is not None


def beside(rival: Rival | None) -> None:
    """A button that opens the sheet of one model, where that is a shipped one."""
    if rival is None or not rival.shipped:
        return
    with st.popover("What it draws", width="stretch"):
        if _show(rival, BESIDE):
            st.caption(f"{WORDS}.")


def of_group(group: str) -> None:
    """The sheets of the shipped models of some images, which `rivals.group_of` names."""
    found = [each for each in rivals.shipped_rivals() if rivals.group_of(each) == group]
    if not found:
        st.caption("No shipped model has learned these images.")
        return
    st.caption(f"{rivals.group_title(found[0])}: {WORDS}.")
    for begin in range(0, len(found), COLUMNS):
        for place, rival in zip(st.columns(COLUMNS), found[begin : begin + COLUMNS], strict=False):
            with place:
                st.markdown(f"**{rival.title}**")
                _show(rival)
