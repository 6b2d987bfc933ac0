"""The pictures of the Row LSTM hold what the models really read, and what the trained one holds."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
import torch
from PIL import Image

from arviz_models.analysis.gates import gate_arrays
from arviz_models.analysis.receptive_fields import NAMES, NEVER, receptive_field
from arviz_models.analysis.row_reads import MOST_LAYERS, NOT_YET, row_reads
from arviz_models.figures.export import figure_bytes
from arviz_models.figures.frames import TEXT
from arviz_models.row_lstm import INTERNALS, RowLSTM
from pages.row_lstm import figures

SIZE = 11
TARGET = 7 * SIZE + 5
FORMS = [(3, None), (5, None), (3, 3), (7, 5), (3, 7)]


def seen(first_kernel: int | None, layers: int, rows: int = 7, kernel: int = 3) -> int:
    return row_reads(SIZE, kernel, first_kernel).classes(TARGET, layers, rows).count("seen")


# --- what is read ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("kernel", "first_kernel"), FORMS)
@pytest.mark.parametrize("layers", [1, 2, MOST_LAYERS])
def test_with_all_rows_followed_the_classes_are_those_of_the_model(
    kernel: int, first_kernel: int | None, layers: int
) -> None:
    reads = row_reads(7, kernel, first_kernel)
    model = RowLSTM((1, 7, 7), 2, 1, layers, kernel, first_kernel)
    for target in (0, 3, 13, 24, 42, 48):
        place = divmod(target, 7)
        expected = [NAMES[k] for k in receptive_field(model, place).classes.ravel()]
        assert reads.classes(target, layers, place[0]) == expected


@pytest.mark.parametrize(("kernel", "first_kernel"), FORMS)
def test_a_pixel_is_read_from_some_row_just_where_the_layers_suffice(
    kernel: int, first_kernel: int | None
) -> None:
    reads = row_reads(8, kernel, first_kernel)
    for layers in range(1, MOST_LAYERS + 1):
        np.testing.assert_array_equal(reads.rows[layers - 1] != NEVER, reads.layers <= layers)
    assert reads.last == reads.layers[reads.layers != NEVER].max()


def test_the_numbers_of_the_lesson() -> None:
    assert [seen(None, 1), seen(None, 5), seen(None, MOST_LAYERS)] == [55, 65, 65]
    assert [seen(3, 1), seen(3, MOST_LAYERS)] == [66, 72]
    assert seen(7, 1) == 78
    bare = row_reads(SIZE, 3, None)
    last_column = np.arange(SIZE - 1, SIZE * SIZE, SIZE)
    assert (bare.layers[:, last_column] == NEVER).all()


@pytest.mark.parametrize("kernel", [3, 5])
def test_states_form_a_triangle_that_widens_with_each_row(kernel: int) -> None:
    states = row_reads(SIZE, kernel, None).states[TARGET].reshape(SIZE, SIZE)
    row, column = divmod(TARGET, SIZE)
    for (y, x), up in np.ndenumerate(states):
        inside = y <= row and abs(x - column) <= (row - y) * (kernel // 2)
        assert up == (row - y if inside else NEVER)


def test_in_the_bare_form_the_pixels_stand_one_column_left_of_the_states() -> None:
    reads = row_reads(SIZE, 3, None)
    states = reads.states[TARGET].reshape(SIZE, SIZE)
    pixels = reads.rows[0, TARGET].reshape(SIZE, SIZE)
    np.testing.assert_array_equal(pixels[:, :-1], states[:, 1:])


@pytest.mark.parametrize(("kernel", "first_kernel"), [(3, None), (3, 3)])
def test_following_fewer_rows_is_cutting_the_recurrence_there(
    kernel: int, first_kernel: int | None
) -> None:
    """By gradient: the state of each row but the last `rows` + 1 is held constant."""
    size, target = 6, 4 * 6 + 3
    reads = row_reads(size, kernel, first_kernel)
    for rows in range(5):
        found = torch.zeros(size * size, dtype=torch.bool)
        for seed in range(4):
            torch.manual_seed(seed)
            model = RowLSTM((1, size, size), 2, 4, 1, kernel, first_kernel).double()
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter.copy_(0.5 * torch.randn_like(parameter))
            x = torch.rand(1, 1, size, size, 2, dtype=torch.float64, requires_grad=True)
            inputs = model._below(x)
            lstm = model.lstms[0]
            # Rows above those followed keep their values, and tell the gradient nothing.
            cut = target // size - rows
            constant = torch.cat([inputs[:, :, :cut].detach(), inputs[:, :, cut:]], dim=2)
            *_, h = list(lstm.rows(constant))[target // size]
            (gradient,) = torch.autograd.grad(h[0, :, 0, target % size].sum(), x)
            found |= gradient.abs().sum(-1).flatten() > 0
        classes = reads.classes(target, 1, rows)
        assert [name == "seen" for name in classes] == found.tolist()


def test_what_hangs_on_rows_not_followed_is_not_told() -> None:
    reads = row_reads(SIZE, 3, None)
    for rows in range(8):
        classes = reads.classes(TARGET, 1, rows)
        whole = reads.classes(TARGET, 1, 7)
        for pixel, (name, at_last) in enumerate(zip(classes, whole, strict=True)):
            assert name in (at_last, NOT_YET)
            assert (name == NOT_YET) == (pixel // SIZE < 7 - rows)


# --- to take away ---------------------------------------------------------------------------------


def test_the_figure_says_how_many_pixels_are_read() -> None:
    reads = row_reads(SIZE, 3, None)
    figure = figures.triangle_figure(reads, TARGET, 1, 7)
    assert "reads 55 of 82" in figure.axes[0].get_title()
    circles = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert len(circles) == int((reads.states[TARGET] != NEVER).sum())
    assert figure_bytes(figure, "svg").lstrip().startswith(b"<?xml")


def test_the_animation_has_a_frame_for_each_row_with_words_and_a_legend() -> None:
    reads = row_reads(SIZE, 3, None)
    with Image.open(io.BytesIO(figures.growth(reads, TARGET, 1))) as picture:
        assert getattr(picture, "n_frames", 1) == 8
        assert picture.height > SIZE * 24 + 5 * TEXT  # there is room for words beside the pixels


def test_the_table_says_of_every_earlier_pixel_what_the_tables_say() -> None:
    reads = row_reads(SIZE, 3, 3)
    lines = list(csv.DictReader(io.StringIO(figures.reads_table(reads, TARGET))))
    assert len(lines) == TARGET
    for pixel, line in enumerate(lines):
        assert divmod(pixel, SIZE) == (int(line["row"]), int(line["column"]))
        for name, table in (
            ("fewest_layers", reads.layers),
            ("state_rows_above", reads.states),
            ("read_from_rows_above", reads.rows[0]),
        ):
            number = table[TARGET, pixel]
            assert line[name] == ("" if number == NEVER else str(number))


def test_the_archive_holds_every_table() -> None:
    reads = row_reads(SIZE, 3, None)
    with np.load(io.BytesIO(figures.archive(reads))) as found:
        assert set(found) == {"shape", "states", "rows", "layers"}
        np.testing.assert_array_equal(found["rows"], reads.rows)


# --- the gates of a digit -------------------------------------------------------------------------


@pytest.fixture
def trained() -> RowLSTM:
    torch.manual_seed(1)
    return RowLSTM((1, 6, 5), 2, 4, 2, 3, 3).eval()


@pytest.fixture
def digit() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 2, (6, 5)).astype(np.uint8)


@pytest.mark.parametrize("layer", [1, 2])
def test_gates_are_those_of_the_layer_and_keep_the_equations(
    trained: RowLSTM, digit: np.ndarray, layer: int
) -> None:
    arrays = gate_arrays(trained, digit, layer)
    o, f, i, g, c, h = arrays["internals"].astype(np.float64)
    above = np.concatenate([np.zeros_like(c[:, :1]), c[:, :-1]], axis=1)
    np.testing.assert_allclose(c, f * above + i * g, atol=1e-6)
    np.testing.assert_allclose(h, o * np.tanh(c), atol=1e-6)
    x = torch.from_numpy(digit.astype(np.int64))[None, None]
    np.testing.assert_allclose(
        arrays["internals"], trained.internals(x)[layer - 1].numpy(), rtol=1e-6
    )
    probabilities = torch.softmax(trained.logits(x), -1)[0, 0, :, :, 1]
    np.testing.assert_allclose(arrays["p"], probabilities.detach().numpy(), rtol=1e-6)


def test_the_gates_archive_names_them(trained: RowLSTM, digit: np.ndarray) -> None:
    layers = [gate_arrays(trained, digit, layer)["internals"] for layer in (1, 2)]
    with np.load(io.BytesIO(figures.gates_archive(trained, digit))) as found:
        assert set(found) == {"x", "p", *INTERNALS}
        for name, expected in zip(INTERNALS, zip(*layers, strict=True), strict=True):
            np.testing.assert_array_equal(found[name], expected)


@pytest.mark.parametrize("layer", [0, 3])
def test_a_layer_that_the_model_does_not_have_is_refused(
    trained: RowLSTM, digit: np.ndarray, layer: int
) -> None:
    with pytest.raises(ValueError, match=f"layer is from 1 to 2; given {layer}"):
        gate_arrays(trained, digit, layer)
