"""How a figure is saved, in one place for all lessons."""

from __future__ import annotations

import io
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Text of an SVG stays text: it can be searched, edited and read aloud. Not every machine has DejaVu
# Sans, in which Matplotlib measures it; Verdana is about as wide.
_SVG_TEXT = {
    "svg.fonttype": "none",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial", "sans-serif"],
}
_SAVING = Lock()  # Matplotlib's settings are those of the process; pages save in several threads


def figure_bytes(figure: Figure, form: str) -> bytes:
    """A Matplotlib figure as "png" or "svg", on a canvas that holds all of its words and marks.

    An SVG holds its words as text.
    """
    from matplotlib import rc_context

    file = io.BytesIO()
    with _SAVING, rc_context(_SVG_TEXT):  # type: ignore[arg-type] # its keys are literals
        figure.savefig(file, format=form, dpi=200, bbox_inches="tight", pad_inches=0.08)
    return file.getvalue()
