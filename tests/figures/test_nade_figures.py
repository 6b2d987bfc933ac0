"""The figures of NADE's sampling hold the numbers of the trace and nothing else."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence

from arviz_models import NADE
from arviz_models.figures import nade as figures
from arviz_models.figures.palette import MEANINGS
from arviz_models.nade import compare_starts
from arviz_models.sampler import Trace

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
    exported = figures.figure_bytes(figures.filmstrip(trace, 2), form)
    assert exported.startswith(begins)
    if form == "png":
        Image.open(io.BytesIO(exported), formats=["PNG"]).verify()


def test_animation_fills_the_image_up(trace: Trace) -> None:
    scale, frames = 4, STEPS + 1
    with Image.open(io.BytesIO(figures.animation(trace, frames, scale))) as gif:
        assert gif.format == "GIF"
        assert gif.size == (COLUMNS * scale, ROWS * scale)
        assert gif.info["loop"] == 0
        pictures, milliseconds = [], 0
        for frame in ImageSequence.Iterator(gif):
            pictures.append(
                np.asarray(frame.convert("RGB"))[scale // 2 :: scale, scale // 2 :: scale]
            )
            milliseconds += frame.info["duration"]
    assert len(pictures) == frames
    assert milliseconds == 60 * (frames - 1) + 1500
    for t, picture in enumerate(pictures):
        expected = [rgb("future")] * STEPS
        for s in range(t):
            expected[trace.order[s]] = rgb("ink" if trace.values[s, 0] else "paper")
        if t < STEPS:
            expected[trace.order[t]] = rgb("target")
        assert [tuple(pixel) for pixel in picture.reshape(-1, 3).tolist()] == expected


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
    arrays = figures.weight_arrays(model)
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
    arrays = figures.trace_arrays(trace, base, first_h)
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
    assert figures.trace_arrays(trace, base)["first_h"].shape == (0,)


def test_batch_arrays_are_those_of_all_samples() -> None:
    trace = made_up_trace(n=3)
    arrays = figures.batch_arrays(trace)
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
    assert line.x0 == line.x1 == pytest.approx(float(comparison.bias[1]))
    assert line.line.color == getattr(MEANINGS["target"], ground)
