"""The pictures of the Diagonal BiLSTM hold what its directions and its output really read."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle
from PIL import Image

from arviz_models.analysis.diagonals import MARKS, NOWHERE, bidirectional_reads, diagonals
from arviz_models.analysis.receptive_fields import NEVER, receptive_field
from arviz_models.diagonal_bilstm import DiagonalBiLSTM
from arviz_models.figures.export import figure_bytes
from arviz_models.figures.frames import MARGIN, TEXT
from arviz_models.figures.palette import MEANINGS
from arviz_models.layers import unskew
from pages.diagonal_bilstm import figures

CONFIGURATIONS = [
    (size, kernel, full, shift)
    for size, kernel in ((5, 3), (8, 5), (11, 3), (11, 7))
    for full in (False, True)
    for shift in (True, False)
]
TARGET = 7 * 11 + 5


@pytest.fixture(params=CONFIGURATIONS, ids=lambda found: "-".join(map(str, found)))
def configuration(request: pytest.FixtureRequest) -> tuple[int, int, bool, bool]:
    """Size, first kernel, full context, shift."""
    size, kernel, full, shift = request.param
    return size, kernel, full, shift


def network(
    configuration: tuple[int, int, bool, bool], layers: int, features: int = 1
) -> DiagonalBiLSTM:
    size, kernel, full, shift = configuration
    return DiagonalBiLSTM(
        (1, size, size),
        features=features,
        layers=layers,
        first_kernel=kernel,
        full_context=full,
        shift=shift,
    )


# --- the bidirectional RNN ------------------------------------------------------------------------


def test_the_lectures_states_read_what_the_lecture_says() -> None:
    reads = bidirectional_reads(3)
    np.testing.assert_array_equal(reads["direct"], [[1, 0, 0], [1, 1, 0], [1, 1, 1]])
    np.testing.assert_array_equal(reads["mirrored"], [[1, 1, 1], [0, 1, 1], [0, 0, 1]])


@pytest.mark.parametrize("inputs", [1, 2, 5])
def test_the_states_read_what_a_bidirectional_rnn_reacts_to(inputs: int) -> None:
    rnn = torch.nn.RNN(1, 4, bidirectional=True, dtype=torch.float64)
    x = torch.randn(inputs, 1, dtype=torch.float64)
    jacobian = torch.autograd.functional.jacobian(lambda x: rnn(x)[0], x)  # (t, 8, inputs, 1)
    reads = bidirectional_reads(inputs)
    for way, part in (("direct", jacobian[:, :4]), ("mirrored", jacobian[:, 4:])):
        np.testing.assert_array_equal(reads[way], (part != 0).any(1)[..., 0].numpy())


# --- the skew and the wavefront -------------------------------------------------------------------


@pytest.mark.parametrize("size", [5, 11])
def test_every_pixel_stands_once_in_either_skewed_map(size: int) -> None:
    found = diagonals(size, 3, False, True)
    image = np.arange(size * size).reshape(size, size)
    for way, expected in (("direct", image), ("mirrored", image[:, ::-1])):
        skewed = found.arrays[f"skewed {way}"]
        assert skewed.shape == (size, 2 * size - 1)
        np.testing.assert_array_equal(unskew(torch.from_numpy(skewed)).numpy(), expected)
        assert (skewed != NOWHERE).sum() == size * size


def test_wavefronts_are_the_steps_of_the_network() -> None:
    found = diagonals(11, 3, False, True)
    assert found.wavefronts == network((11, 3, False, True), 1).lstms[0].lengths
    assert len(found.wavefronts) == 21
    assert sum(found.wavefronts) == 121
    assert found.wavefronts[11] == 10  # the 12th


# --- what is read ---------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_marks_are_those_of_the_network(
    configuration: tuple[int, int, bool, bool], depth: int
) -> None:
    found, model = diagonals(*configuration), network(configuration, depth)
    size = configuration[0]
    for target in ((0, 0), (0, size - 1), (size // 2, 1), (size - 1, 0), (size - 1, size - 1)):
        field = receptive_field(model, target)
        marks = found.marks(target[0] * size + target[1], depth)
        np.testing.assert_array_equal(marks == MARKS.index("leak"), field.leaks)
        read = np.isin(
            marks, [MARKS.index(name) for name in ("direct", "mirrored", "both", "leak")]
        )
        np.testing.assert_array_equal(read, field.first_seen <= depth)
        blind = field.classes == field.NAMES.index("blind")
        np.testing.assert_array_equal(marks == MARKS.index("blind"), blind)


def test_the_output_reads_what_either_direction_reads(
    configuration: tuple[int, int, bool, bool],
) -> None:
    arrays = diagonals(*configuration).arrays
    for depth in (1, 2, 7):
        direct, mirrored, output = (
            arrays[name] <= depth for name in ("direct", "mirrored", "output")
        )
        np.testing.assert_array_equal(direct | mirrored, output)


def kept(
    into: list[torch.Tensor], states: Callable[[torch.Tensor], torch.Tensor], a: torch.Tensor
) -> torch.Tensor:
    """What `states` gives, kept as well."""
    into.append(states(a))
    return into[-1]


@pytest.mark.slow
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("shift", [True, False])
@pytest.mark.parametrize("full", [True, False])
def test_each_directions_context_is_where_its_states_have_a_gradient(
    layers: int, shift: bool, full: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At random weights: the states of every layer up to this one, as they are added at a pixel."""
    size = 5
    configuration = (size, 3, full, shift)
    arrays = diagonals(*configuration).arrays
    reads = {way: torch.zeros(size**2, size**2, dtype=torch.bool) for way in ("direct", "mirrored")}
    for seed in range(2):
        torch.manual_seed(seed)
        model = network(configuration, layers, features=3).double()
        caught: list[torch.Tensor] = []
        with monkeypatch.context() as patch:
            for layer in model.lstms:
                patch.setattr(layer, "states", partial(kept, caught, layer.states))
            one_hot = torch.rand(1, 1, size, size, 2, dtype=torch.float64, requires_grad=True)
            model(one_hot)
        for layer, of_both in zip(model.lstms, caught, strict=True):
            for way, of_one, ranks in zip(reads, of_both, layer.ranks, strict=True):
                states = of_one.index_select(0, ranks)[:, 0]  # (H W, F)
                down = size if way == "mirrored" and shift else 0
                for place in range(size**2 - down):
                    (gradient,) = torch.autograd.grad(
                        states[place].sum(), one_hot, retain_graph=True
                    )
                    reads[way][place + down] |= (gradient[0, 0] != 0).any(-1).flatten()
    for way, found in reads.items():
        np.testing.assert_array_equal(found.numpy(), arrays[way] <= layers)


def test_the_numbers_of_the_lesson() -> None:
    paper = diagonals(11, 3, False, True).counts(TARGET, 1)
    assert paper["direct"] + paper["mirrored"] + paper["both"] == 81
    assert (paper["blind"], paper["leak"]) == (1, 0)
    full = diagonals(11, 3, True, True).counts(TARGET, 1)
    assert full["direct"] + full["mirrored"] + full["both"] == 82
    assert (full["blind"], full["leak"]) == (0, 0)
    assert diagonals(11, 3, False, False).counts(TARGET, 1)["leak"] == 5
    assert diagonals(11, 3, True, False).counts(TARGET, 1)["leak"] == 6


def test_without_the_shift_the_leaks_are_the_row_from_the_target_on_but_for_its_last_pixel() -> (
    None
):
    found = diagonals(11, 3, False, False)
    for row, column in ((0, 0), (7, 5), (10, 9)):
        marks = found.marks(row * 11 + column, 1)
        leaks = {tuple(place) for place in np.argwhere(marks == MARKS.index("leak")).tolist()}
        assert leaks == {(row, other) for other in range(column, 10)}
    assert found.counts(7 * 11 + 10, 1)["leak"] == 0  # in the last column


@pytest.mark.parametrize("kernel", [3, 5, 7])
def test_only_the_end_of_the_row_above_is_ever_missing(kernel: int) -> None:
    found = diagonals(11, kernel, False, True)
    for target in range(121):
        row, column = divmod(target, 11)
        blind = np.argwhere(found.marks(target, 7) == MARKS.index("blind")).tolist()
        reached = column + kernel // 2 >= 10
        assert blind == ([] if row == 0 or reached else [[row - 1, 10]])


def test_one_layer_reads_all_that_any_depth_reads(
    configuration: tuple[int, int, bool, bool],
) -> None:
    """As the page says of two models with the same context."""
    output = diagonals(*configuration).arrays["output"]
    assert output[output != NEVER].max() <= 1


# --- to take away ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shift", [True, False])
def test_the_figure_paints_every_pixel_by_its_mark(shift: bool) -> None:
    found = diagonals(5, 3, False, shift)
    figure = figures.contexts_figure(found, 12, 1)
    [axis] = figure.axes
    patches = [patch for patch in axis.patches if isinstance(patch, Rectangle)]
    assert len(patches) == 26  # and the target's outline
    colours = {"direct": "seen", "both": "seen", "mirrored": "seen-second", "leak": "target"}
    for patch, kind in zip(patches, found.marks(12, 1).ravel(), strict=False):
        name = colours.get(MARKS[kind], MARKS[kind])
        if name in ("seen", "seen-second", "future") or MARKS[kind] == "leak":
            assert to_hex(patch.get_facecolor()).upper() == MEANINGS[name].light
    read = sum(found.counts(12, 1)[name] for name in ("direct", "mirrored", "both"))
    assert f"reads {read} of 12" in axis.get_title()
    assert ("must not read" in axis.get_title()) == (not shift)
    assert figure_bytes(figure, "svg").startswith(b"<?xml")


def test_the_animation_shows_every_diagonal_of_both_directions() -> None:
    found = diagonals(5, 3, False, True)
    cell = 8
    with Image.open(io.BytesIO(figures.sweep_animation(found, cell))) as animation:
        assert animation.n_frames == 18  # type: ignore[attr-defined]
        left, top = (animation.width - 5 * cell) // 2, MARGIN + TEXT + MARGIN
        yellow = tuple(int(MEANINGS["drawn-now"].light[at : at + 2], 16) for at in (1, 3, 5))
        for frame, count in enumerate([*found.wavefronts, *found.wavefronts]):
            animation.seek(frame)
            image = np.asarray(animation.convert("RGB"))[top : top + 5 * cell, left:]
            centres = image[cell // 2 :: cell, cell // 2 : 5 * cell : cell]
            assert (centres == yellow).all(-1).sum() == count, frame


def test_the_table_holds_the_first_layer_of_each_pixel() -> None:
    found = diagonals(11, 3, False, True)
    lines = list(csv.DictReader(io.StringIO(figures.contexts_table(found, TARGET))))
    assert len(lines) == 121
    corner = lines[6 * 11 + 10]
    assert (corner["row"], corner["column"]) == ("6", "10")
    assert corner["output"] == corner["direct"] == corner["mirrored"] == ""
    for pixel, line in enumerate(lines):
        for name in ("output", "direct", "mirrored"):
            first = found.arrays[name][TARGET, pixel]
            assert line[name] == ("" if first == NEVER else str(first))


def test_the_archive_holds_every_array() -> None:
    found = diagonals(5, 3, True, True)
    with np.load(io.BytesIO(figures.archive(found))) as arrays:
        assert set(arrays) == set(found.arrays)
        for name, array in found.arrays.items():
            np.testing.assert_array_equal(arrays[name], array)


def test_settings_that_the_network_refuses_are_refused() -> None:
    with pytest.raises(ValueError, match="first_kernel is odd"):
        diagonals(7, 4, False, True)
