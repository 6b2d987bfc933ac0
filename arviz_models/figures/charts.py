"""Plotly, for charts with axes."""

from __future__ import annotations

from typing import Any


def graph_objects() -> Any:
    """The module `plotly.graph_objects`.

    Imported when a chart is drawn, because it is slow, and after pandas: Plotly takes a pandas that
    it finds among the imported modules for whole, also while another thread still imports it.
    """
    import pandas  # noqa: F401
    import plotly.graph_objects

    return plotly.graph_objects
