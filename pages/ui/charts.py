"""Charts with axes, by Plotly, on the stage."""

from __future__ import annotations

from typing import Any

import streamlit as st

LARGER = 1.5  # as the page is at 1920 by 1080 (lesson.py)
TEXT = 12  # CSS pixels, where a figure names no size
PARTS = ("l", "r", "t", "b")


def show_chart(figure: Any, *, present: bool, **options: Any) -> None:
    """Put a figure on the stage.

    Args:
        figure: of Plotly; it is not changed.
        present: whether it is presented: it is drawn larger then, with its text.
        options: of `st.plotly_chart`.
    """
    shown = larger(figure) if present else figure
    st.plotly_chart(shown, config={"displayModeBar": False}, **options)


def larger(figure: Any) -> Any:
    """The same figure for a projector: its height, margins, marks and text are larger."""
    from arviz_models.figures.charts import graph_objects

    shown = graph_objects().Figure(figure)
    text = round(LARGER * TEXT)

    def grown(size: float | None) -> int:
        return max(text, round(LARGER * (size or TEXT)))

    layout = shown.layout
    margin = {part: LARGER * layout.margin[part] for part in PARTS if layout.margin[part]}
    shown.update_layout(
        height=LARGER * layout.height if layout.height else None,
        margin=margin,
        font={"size": grown(layout.font.size)},
        legend={"font": {"size": grown(layout.legend.font.size)}},
        hoverlabel={"font": {"size": text}},
    )
    for change in (shown.update_xaxes, shown.update_yaxes):
        change(tickfont={"size": text}, title={"font": {"size": text}})
    for each in layout.annotations:
        each.font.size = grown(each.font.size)
        each.xshift = LARGER * each.xshift if each.xshift else None
    shown.for_each_trace(
        lambda trace: trace.update(
            marker={"size": LARGER * (trace.marker.size or 6)}, textfont={"size": text}
        ),
        selector={"type": "scatter"},
    )
    return shown
