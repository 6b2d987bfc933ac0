"""The figures of NADE's sampling hold the numbers of the trace and nothing else."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence

from arviz_models import NADE
from arviz_models.analysis.weights import weight_arrays
from arviz_models.figures.export import figure_bytes
from arviz_models.figures.numbers import significant
from arviz_models.figures.palette import MEANINGS, PROBABILITY
from arviz_models.figures.traces import batch_arrays, trace_arrays
from arviz_models.nade import compare_starts
from arviz_models.sampler import Trace
from pages.nade import figures

ROWS, COLUMNS = 3, 4
STEPS = ROWS * COLUMNS


def made_up_trace(seed: int = 0, n: int = 1) -> Trace:
    """A trace in a shuffled order, every number known and different from the others."""
    numbers = np.random.default_rng(seed)
    p_one = numbers.uniform(0.01, 0.99, (STEPS, n)).astype(np.float32)
    return Trace(
        order=numbers.permutation(STEPS),
        values=numbers.integers(0, 2, (STEPS, n)).astype(np.uint8),
        probs=np.stack([1 - p_one, p_one], axis=-1),
        uniforms=numbers.uniform(0, 1, (STEPS, n)).astype(np.float32),
        internals={},
        seconds=0.25,
        device="cpu",
        event_shape=(1, ROWS, COLUMNS),
    )


@pytest.fixture(scope="module")
def trace() -> Trace:
    return made_up_trace()


def rgb(name: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(MEANINGS[name].light[1:]))


def test_table_has_a_line_for_each_step(trace: Trace) -> None:
    lines = list(csv.DictReader(io.StringIO(figures.table(trace))))
    assert len(lines) == STEPS
    for t, line in enumerate(lines):
        index = int(trace.order[t])
        value = int(trace.values[t, 0])
        assert (int(line["step"]), int(line["index"])) == (t, index)
        assert (int(line["row"]), int(line["column"])) == divmod(index, COLUMNS)
        assert int(line["value"]) == value
        assert float(line["p_one"]) == pytest.approx(trace.probs[t, 0, 1], rel=1e-5)
        assert float(line["u"]) == pytest.approx(trace.uniforms[t, 0], rel=1e-5)
        log_p = np.log(float(trace.probs[t, 0, value]))
        assert float(line["log_p_nats"]) == pytest.approx(log_p, rel=1e-5)
    total = sum(float(line["log_p_nats"]) for line in lines)
    assert total == pytest.approx(trace.log_prob[0], rel=1e-5)


def test_table_of_a_value_that_was_impossible(trace: Trace) -> None:
    """At temperature 0 the other value has probability 0: a flip to it is -inf, with no warning."""
    probs = np.zeros_like(trace.probs)
    probs[np.arange(STEPS), 0, 1 - trace.values[:, 0]] = 1
    cold = Trace(**{**vars(trace), "probs": probs})
    lines = list(csv.DictReader(io.StringIO(figures.table(cold))))
    assert {float(line["log_p_nats"]) for line in lines} == {-np.inf}


def test_archive_holds_the_arrays_exactly(trace: Trace) -> None:
    with np.load(io.BytesIO(figures.archive(trace)), allow_pickle=False) as file:
        assert set(file) == {"order", "values", "probs", "uniforms"}
        for name in file:
            np.testing.assert_array_equal(file[name], getattr(trace, name))


@pytest.mark.parametrize("moments", [2, 6])
def test_filmstrip_shows_what_is_drawn_at_each_moment(trace: Trace, moments: int) -> None:
    figure = figures.filmstrip(trace, moments)
    pictures = [axis for axis in figure.axes if axis.images and axis.get_label() != "<colorbar>"]
    assert len(pictures) == 2 * moments
    steps = np.linspace(0, STEPS, moments).round().astype(int)
    for column, t in enumerate(steps):
        assert pictures[column].get_title() == f"step {t}"
        for axis, numbers in (
            (pictures[column], trace.values[:, 0]),
            (pictures[moments + column], trace.probs[:, 0, 1]),
        ):
            shown: np.ndarray = np.ma.filled(
                np.ma.asarray(axis.images[0].get_array(), float), np.nan
            )
            expected = np.full(STEPS, np.nan)
            expected[trace.order[:t]] = numbers[:t]
            np.testing.assert_allclose(shown, expected.reshape(ROWS, COLUMNS), rtol=1e-6)
            assert axis.images[0].get_clim() == (0, 1)


@pytest.mark.parametrize(
    ("form", "begins"), [("png", b"\x89PNG\r\n\x1a\n"), ("svg", b"<?xml version")]
)
def test_figure_is_exported(trace: Trace, form: str, begins: bytes) -> None:
    exported = figure_bytes(figures.filmstrip(trace, 2), form)
    assert exported.startswith(begins)
    if form == "png":
        Image.open(io.BytesIO(exported), formats=["PNG"]).verify()


@pytest.mark.parametrize("t", [0, 1, 7, STEPS - 1, STEPS])
def test_a_moment_of_the_animation_shows_what_is_drawn_and_what_was_asked(
    trace: Trace, t: int
) -> None:
    side = 40
    cell = side // COLUMNS
    picture = np.asarray(figures.moment(trace, t, side))
    assert picture.shape == (ROWS * cell, (2 * COLUMNS + 1) * cell, 3)
    middles = picture[cell // 2 :: cell, cell // 2 :: cell]
    ramp = [tuple(bytes.fromhex(colour[1:])) for colour in PROBABILITY]
    x, p = [rgb("future")] * STEPS, [rgb("future")] * STEPS
    for s in range(t):
        x[trace.order[s]] = rgb("ink" if trace.values[s, 0] else "paper")
    for s in range(min(t + 1, STEPS)):
        p[trace.order[s]] = ramp[round(float(trace.probs[s, 0, 1]) * 16)]
    left, right = middles[:, :COLUMNS], middles[:, COLUMNS + 1 :]
    assert [tuple(pixel) for pixel in left.reshape(-1, 3).tolist()] == x
    assert [tuple(pixel) for pixel in right.reshape(-1, 3).tolist()] == p
    # The next pixel is outlined, in both.
    corners = [tuple(pixel) for pixel in picture[::cell, ::cell].reshape(-1, 3).tolist()]
    assert corners.count(rgb("target")) == (2 if t < STEPS else 0)
    if t < STEPS:
        row, column = divmod(int(trace.order[t]), COLUMNS)
        assert corners[row * (2 * COLUMNS + 1) + column] == rgb("target")


def test_the_animation_has_a_size_to_be_read_and_words_in_every_frame(trace: Trace) -> None:
    with Image.open(io.BytesIO(figures.animation(trace))) as gif:
        assert gif.format == "GIF"
        assert gif.info["loop"] == 0
        assert min(gif.size) >= 300
        lines = [np.asarray(frame.convert("RGB"))[:30] for frame in ImageSequence.Iterator(gif)]
    assert len(lines) == STEPS + 1  # so many different moments there are
    assert all((line < 100).any() for line in lines)
    assert len({line.tobytes() for line in lines}) == STEPS + 1  # each says its step


@pytest.mark.slow
def test_the_animations_colours_are_the_palettes(trace: Trace) -> None:
    """A frame of few colours of its own would show other ones than its legend."""
    with Image.open(io.BytesIO(figures.animation(trace, 2))) as gif:
        shown = {tuple(pixel) for pixel in np.asarray(gif.convert("RGB")).reshape(-1, 3).tolist()}
    wanted = {rgb(name) for name in ("ink", "paper", "future", "target")}
    assert shown >= wanted | {tuple(bytes.fromhex(PROBABILITY[at][1:])) for at in (0, -1)}


def test_animation_takes_about_five_seconds_however_many_steps(trace: Trace) -> None:
    with Image.open(io.BytesIO(figures.animation(trace))) as gif:
        durations = [frame.info["duration"] for frame in ImageSequence.Iterator(gif)]
    assert 4000 < sum(durations) < 8000


@pytest.mark.parametrize("order_agnostic", [False, True])
def test_weight_arrays_are_the_models(order_agnostic: bool) -> None:
    torch.manual_seed(0)
    model = NADE((1, 2, 3), hidden=5, order_agnostic=order_agnostic)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_()
    arrays = weight_arrays(model)
    assert arrays.keys() == {"W", "V", "U", "b", "c"}
    for name, dtype in {"W": "float16", "V": "float16", "b": "float32", "c": "float32"}.items():
        weights = getattr(model, name).detach().numpy()
        assert arrays[name].dtype == dtype
        np.testing.assert_array_equal(arrays[name].ravel(), weights.ravel().astype(dtype))
    assert arrays["U"].dtype == np.float16
    seen = np.empty(0) if model.U is None else model.U.detach().half().numpy().ravel()
    np.testing.assert_array_equal(arrays["U"].ravel(), seen)


def test_trace_arrays_are_those_of_trace_and_base(trace: Trace) -> None:
    base = made_up_trace(seed=1)
    first_h = np.linspace(0, 1, 5)
    arrays = trace_arrays(trace, base, first_h)
    expected = {
        "order": (np.int32, trace.order),
        "p": (np.float32, trace.probs[:, 0, 1]),
        "u": (np.float32, trace.uniforms[:, 0]),
        "values": (np.uint8, trace.values[:, 0]),
        "base": (np.uint8, base.values[:, 0]),
        "first_h": (np.float32, first_h.astype(np.float32)),
    }
    assert arrays.keys() == expected.keys()
    for name, (dtype, numbers) in expected.items():
        assert arrays[name].dtype == dtype
        np.testing.assert_array_equal(arrays[name], numbers)
    assert trace_arrays(trace, base)["first_h"].shape == (0,)


def test_batch_arrays_are_those_of_all_samples() -> None:
    trace = made_up_trace(n=3)
    arrays = batch_arrays(trace)
    assert arrays.keys() == {"order", "values", "p"}
    assert [arrays[name].dtype.name for name in arrays] == ["int32", "uint8", "float32"]
    np.testing.assert_array_equal(arrays["order"], trace.order)
    np.testing.assert_array_equal(arrays["values"], trace.values)
    np.testing.assert_array_equal(arrays["p"], trace.probs[:, :, 1])


@pytest.mark.parametrize("ground", ["light", "dark"])
def test_start_figure_counts_the_draws(ground: str) -> None:
    torch.manual_seed(0)
    comparison = compare_starts(NADE((1, 2, 2), hidden=8), 200, seed=0)
    figure = figures.start_figure(comparison, ground)
    [histogram] = figure.data
    np.testing.assert_array_equal(histogram.x, comparison.gaussian[:, 1].numpy())
    [line] = figure.layout.shapes
    [words] = figure.layout.annotations
    assert (words.yref, words.y, words.yanchor) == ("paper", 1, "bottom")  # above every bar
    assert words.xanchor == ("left" if line.x0 < 0.5 else "right")  # and inside the picture
    assert significant(line.x0) in words.text
    assert line.x0 == line.x1 == pytest.approx(float(comparison.bias[1]))
    assert line.line.color == getattr(MEANINGS["target"], ground)


def test_an_svg_holds_its_words_as_text_in_a_font_that_falls_back() -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    axis = figure.subplots()
    axis.set_title("probability that x₁ = 1")
    axis.set_xlabel(r"$\mu_1$ in nats")
    svg = figure_bytes(figure, "svg").decode()
    assert "probability that x₁ = 1</text>" in svg
    assert "in nats" in svg
    assert "'DejaVu Sans', 'Verdana', 'Arial', sans-serif" in svg
    assert 'id="DejaVuSans' not in svg, "no glyphs as outlines"
