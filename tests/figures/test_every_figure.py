"""Every figure that a lesson gives away lies whole inside its canvas: nothing of it is cut off.

The cases of each figure are those with the longest words, and the smallest and the largest that its
page can ask for. A figure to take away is drawn for paper: it is the same on a page that is dark.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import BboxBase, TransformedBbox

from arviz_models import DiagonalBiLSTM, GatedPixelCNN, PixelCNN, RowLSTM, flows
from arviz_models.analysis import chain_rule
from arviz_models.analysis import pixelcnn_fields as pixelcnn
from arviz_models.analysis.contexts import chosen, contexts, trained
from arviz_models.analysis.diagonals import diagonals
from arviz_models.analysis.made_graph import network
from arviz_models.analysis.row_reads import row_reads
from arviz_models.analysis.sensitivity import sensitivity
from arviz_models.base import AutoregressiveModel
from arviz_models.figures import completion, drawn_digit, export, fields
from arviz_models.made import MADE
from arviz_models.nade import NADE
from arviz_models.sampler import Request, Trace, get_sampler
from pages.chain_rule import figures as chain_rule_figures
from pages.contexts import figures as contexts_figures
from pages.diagonal_bilstm import figures as diagonal_bilstm
from pages.flows import figures as flow_figures
from pages.made import figures as made
from pages.nade import figures as nade
from pages.nade import learn_figures, score_figures
from pages.pixelcnn import softmax_figures as pixelcnn_drawing
from pages.row_lstm import figures as row_lstm
from pages.time_series import figures as time_series

ROOT = Path(__file__).resolve().parents[2]
Case = tuple[str, Callable[[], Figure]]
SLACK = 1.0  # pixels: a rounded bounding box
EXPORTS: dict[str, Callable[[], Iterator[Case]]] = {}


def exported(
    function: Callable[..., Figure],
) -> Callable[[Callable[[], Iterator[Case]]], Callable[[], Iterator[Case]]]:
    """The cases below are of this figure."""

    def register(cases: Callable[[], Iterator[Case]]) -> Callable[[], Iterator[Case]]:
        EXPORTS[f"{function.__module__}.{function.__name__}"] = cases
        return cases

    return register


def cut_off(figure: Figure) -> list[str]:
    """What of a figure, as it is saved, reaches beyond its canvas: its name and by how much."""
    options = saving_options()
    figure.set_dpi(options["dpi"])
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw_without_rendering()  # the layout, which is all that is asked for
    canvas: BboxBase = figure.bbox
    if options.get("bbox_inches") == "tight":
        inches = figure.get_tightbbox(renderer).padded(options["pad_inches"])
        canvas = TransformedBbox(inches, figure.dpi_scale_trans)
    left, bottom, right, top = canvas.extents
    found = []
    for artist in drawn(figure):
        box = artist.get_tightbbox(renderer)
        if box is None or not np.isfinite(box.extents).all() or min(box.width, box.height) == 0:
            continue
        beyond = max(left - box.x0, bottom - box.y0, box.x1 - right, box.y1 - top)
        if beyond > SLACK:
            said = artist.get_text() if isinstance(artist, Text) else type(artist).__name__
            found.append(f"{said!r} by {beyond:.0f} px")
    return found


def saving_options() -> dict[str, Any]:
    """How the pages save a figure."""
    options: dict[str, Any] = {}

    class Saved:
        def savefig(self, file: Any, **given: Any) -> None:
            options.update(given)

    export.figure_bytes(Saved(), "png")  # type: ignore[arg-type]
    return options


def drawn(figure: Figure) -> Iterator[Any]:
    """All that is drawn: axes, tick labels and titles, what stands in them, legends, texts."""
    for outside in figure.legends:
        yield from (outside, *outside.get_texts())
    yield from figure.texts
    for axis in figure.axes:
        yield axis
        yield from (part for part in axis.get_default_bbox_extra_artists() if part.get_in_layout())
        yield from (axis.title, axis.xaxis.label, axis.yaxis.label, *axis.texts)
        if (legend := axis.get_legend()) is not None:
            yield from legend.get_texts()


# --- the cases ------------------------------------------------------------------------------------


@exported(chain_rule_figures.summary_figure)
def _() -> Iterator[Case]:
    for name, table in chain_rule.JOINTS.items():
        given = (chain_rule.joint_from(table), (2, 0, 1), 10_000, 0)
        yield name, partial(chain_rule_figures.summary_figure, *given)


@exported(diagonal_bilstm.contexts_figure)
def _() -> Iterator[Case]:
    for size, target, depth, shift in ((11, 82, 1, True), (11, 82, 1, False), (5, 12, 0, True)):
        found = diagonals(size, 3, False, shift)
        yield (
            f"{size}, {target}, {depth}, {shift}",
            partial(diagonal_bilstm.contexts_figure, found, target, depth),
        )


@exported(row_lstm.triangle_figure)
def _() -> Iterator[Case]:
    for first in (None, 7):
        found = row_reads(11, 3, first)
        for target, layers, rows in ((82, 1, 4), (82, 12, 7), (0, 1, 0)):
            yield (
                f"{first}, {target}, {layers}, {rows}",
                partial(row_lstm.triangle_figure, found, target, layers, rows),
            )


@exported(row_lstm.column_figure)
def _() -> Iterator[Case]:
    for height in (3, 28):
        values = np.tile(np.linspace(-20, 20, height), (6, 1))
        title = f"unit 31, column {height - 1}"
        yield str(height), partial(row_lstm.column_figure, values, np.arange(height) % 2, title)


@exported(fields.fields_figure)
def _() -> Iterator[Case]:
    every = contexts(11, 3)
    for name, found, target, depth in (
        ("pixelcnn", pixelcnn.pixelcnn_fields(11, 3, 3, "A"), 82, 40),
        ("leaks", pixelcnn.pixelcnn_fields(11, 3, 3, "B"), 120, 3),
        ("all contexts", every, 82, 40),
        ("two contexts", chosen(every, ("pixelcnn", "full")), 82, 1),
        ("one context", chosen(every, ("gated",)), 82, 1),
    ):
        yield name, partial(fields.fields_figure, found, target, depth)


@exported(contexts_figures.gradients_figure)
def _() -> Iterator[Case]:
    shape = (1, 6, 5)
    models: dict[str, AutoregressiveModel] = {
        "nade": NADE(shape, hidden=4),
        "made": MADE(shape, hidden=(60,)),
        "pixelcnn": PixelCNN(shape, features=2, layers=1),
        "gated": GatedPixelCNN(shape, features=2, layers=1),
        "row": RowLSTM(shape, features=2),
        "diagonal": DiagonalBiLSTM(shape, features=2),
        "full": DiagonalBiLSTM(shape, features=2, full_context=True),
    }
    x = np.random.default_rng(5).integers(0, 2, shape[1:])
    for words in (tuple(models), ("nade", "made"), ("full",)):
        some = {word: models[word] for word in words}
        found = trained(some)
        depths = {word: 0 if word in ("nade", "made") else 1 for word in words}
        sensitivities = {word: sensitivity(model, x, 17) for word, model in some.items()}
        yield (
            " ".join(words),
            partial(contexts_figures.gradients_figure, found, depths, x, 17, sensitivities),
        )


@exported(flow_figures.planes_figure)
def _() -> Iterator[Case]:
    data = flows.dataset("moons")
    model = flows.flow(flows.KINDS[0], transforms=2, order="natural")
    name = "MAF on your own points"
    yield name, partial(flow_figures.planes_figure, model, data, name)


@exported(flow_figures.stretch_figure)
def _() -> Iterator[Case]:
    for alpha, mu in ((0.69, 1.0), (-1.2, -2.0), (1.2, 2.0)):
        yield f"{alpha}, {mu}", partial(flow_figures.stretch_figure, alpha, mu)


@exported(flow_figures.made_figure)
def _() -> Iterator[Case]:
    for variables, order in ((2, "natural"), (8, "random")):
        yield (
            f"{variables}, {order}",
            partial(flow_figures.made_figure, variables, order),
        )


@exported(made.matrices_figure)
def _() -> Iterator[Case]:
    for dimensions, hidden in ((3, (1,)), (5, (8, 8)), (10, (16, 16, 16))):
        model = MADE((dimensions,), hidden=hidden)
        yield f"{dimensions}, {hidden}", partial(made.matrices_figure, model)


@exported(made.network_figure)
def _() -> Iterator[Case]:
    for variables, widths in ((3, (1,)), (5, (8, 8)), (16, (32, 32, 32))):
        for mistake in ("none", "relaxed"):
            order = range(variables)
            model = network(variables, widths, order, "even", direct=True, mistake=mistake)
            yield f"{variables}, {widths}, {mistake}", partial(made.network_figure, model)


def small_trace() -> Trace:
    with get_sampler(torch.device("cpu")).submit(Request(NADE((1, 8, 8), hidden=4), 0)) as job:
        return job.result()


@exported(drawn_digit.filmstrip)
def _() -> Iterator[Case]:
    trace = small_trace()
    for moments in (2, 6):
        yield f"{moments} moments", partial(drawn_digit.filmstrip, trace, moments)


@exported(learn_figures.loss_figure)
def _() -> Iterator[Case]:
    moments = [{"step": 0, "test": 44.5}, {"step": 400, "test": 18.0}]
    samples = np.zeros((8, 64), np.uint8)
    losses = list(np.linspace(44, 18, 400))
    yield "400", partial(learn_figures.loss_figure, losses, moments, samples, (1, 8, 8))


@exported(score_figures.score_figure)
def _() -> Iterator[Case]:
    p = np.linspace(0.001, 0.999, 784).astype(np.float32)
    arrays: dict[str, np.ndarray] = {"x": (p > 0.5).astype(np.uint8), "p": p, "cost": -np.log(p)}
    yield "28", partial(score_figures.score_figure, arrays, (28, 28))


@exported(contexts_figures.same_seed_figure)
def _() -> Iterator[Case]:
    for titles in (["PixelCNN"], ["PixelCNN", "Gated PixelCNN", "Row LSTM", "Diagonal BiLSTM"] * 2):
        values = np.zeros((len(titles), 784), np.uint8)
        yield str(len(titles)), partial(contexts_figures.same_seed_figure, values, titles, 28)


@exported(nade.filmstrip)
def _() -> Iterator[Case]:
    trace = small_trace()
    for moments in (2, 6):
        yield f"{moments} moments", partial(nade.filmstrip, trace, moments)


@exported(pixelcnn_drawing.softmax_figure)
def _() -> Iterator[Case]:
    for levels in (2, 4):
        model = GatedPixelCNN((1, 8, 8), levels, features=2, layers=2)
        x = np.random.default_rng(0).integers(0, levels, (8, 8)).astype(np.uint8)
        yield (
            f"{levels} levels",
            partial(pixelcnn_drawing.softmax_figure, model, x, x, (7, 7)),
        )


@exported(completion.completion_figure)
def _() -> Iterator[Case]:
    numbers = np.random.default_rng(0)
    for n in (1, 8):
        x = numbers.integers(0, 2, (n, 28, 28)).astype(np.uint8)
        nats = numbers.uniform(0, 3, x.shape).astype(np.float32)
        yield (
            f"{n} images",
            partial(completion.completion_figure, x, nats, 14, 2),
        )


@exported(time_series.export_figure)
def _() -> Iterator[Case]:
    from arviz_models.analysis import time_series as models
    from arviz_models.analysis.series import load_series

    for name in ("sunspots", "growth"):  # the shortest and the longest title
        found = models.fit(load_series(name), 1, 0, 0)
        many, paths = models.multi_step(found, 12), models.futures(found, 12, 5, 0)
        given = (found.series, models.one_step(found), many, paths, 12)
        yield name, partial(time_series.export_figure, *given)


# --- the property ---------------------------------------------------------------------------------


def matplotlib_figures() -> set[str]:
    """Every public function of the models and of the lessons that returns a Matplotlib figure."""
    found = set()
    for folder in ("arviz_models", "pages"):
        for file in (ROOT / folder).rglob("*.py"):
            if "-> Figure:" not in file.read_text(encoding="utf-8"):
                continue
            module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
            for name, function in vars(importlib.import_module(module)).items():
                if not isinstance(function, FunctionType) or function.__module__ != module:
                    continue
                if function.__annotations__.get("return") == "Figure" and not name.startswith("_"):
                    found.add(f"{module}.{name}")
    return found


def test_every_figure_has_its_cases() -> None:
    assert matplotlib_figures() == set(EXPORTS)


@pytest.mark.slow
@pytest.mark.filterwarnings("error:constrained_layout not applied")
@pytest.mark.parametrize("name", sorted(EXPORTS))
def test_nothing_of_a_figure_is_cut_off(name: str) -> None:
    wrong = {}
    for case, make in EXPORTS[name]():
        if found := cut_off(make()):
            wrong[case] = found
    assert wrong == {}


def test_what_is_cut_off_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what Matplotlib does not count when it fits the canvas to a figure."""
    figure = Figure(figsize=(2, 2))
    figure.text(1.2, 0.5, "outside").set_in_layout(False)
    [found] = cut_off(figure)
    assert "outside" in found
    monkeypatch.setattr(export, "figure_bytes", lambda figure, form: figure.savefig(None, dpi=100))
    figure = Figure(figsize=(2, 2))
    figure.subplots().set_title("a title that is far too long for a figure of two inches")
    assert any("far too long" in line for line in cut_off(figure))
