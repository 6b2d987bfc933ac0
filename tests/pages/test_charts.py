"""Charts are drawn larger where they are presented."""

from __future__ import annotations

from arviz_models.figures.charts import graph_objects
from pages.ui.charts import larger


def test_a_presented_chart_has_no_small_text_and_leaves_the_figure_as_it_was() -> None:
    figure = graph_objects().Figure()
    figure.add_scatter(x=[1, 2], y=[1, 2], marker={"size": 10})
    figure.add_annotation(text="a", font={"size": 11})
    figure.update_layout(height=200, margin={"l": 10})
    shown = larger(figure)
    sizes = [
        shown.layout.font.size,
        shown.layout.legend.font.size,
        shown.layout.xaxis.tickfont.size,
        shown.layout.yaxis.title.font.size,
        shown.layout.annotations[0].font.size,
    ]
    assert min(sizes) >= 18
    assert (shown.layout.height, shown.layout.margin.l, shown.data[0].marker.size) == (300, 15, 15)
    assert (figure.layout.height, figure.layout.annotations[0].font.size) == (200, 11)
    assert figure.data[0].marker.size == 10
