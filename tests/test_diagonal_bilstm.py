"""Diagonal BiLSTM: the equations, the shift, the corner never read, the decoder, public mistakes.

What every model must hold is in `conformance/properties.py`.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from arviz_models import (
    DiagonalBiLSTM,
    diagonal_bilstm,
    image_decoder,
    load_pretrained,
    receptive_field,
)
from arviz_models.__main__ import main
from arviz_models.cards import CheckpointError
from arviz_models.diagonal_bilstm import (
    DIRECTIONS,
    INTERNALS,
    DiagonalBiLSTMLayer,
    DiagonalBiLSTMState,
    diagonals,
)
from arviz_models.layers import skew
from arviz_models.ordering import ranks
from arviz_models.pretrained import save_checkpoint
from tests.conformance import properties
from tests.conformance.cases import Case
from tests.conformance.tools import gradient_dependencies, random_x

TARGET, CORNER = (7, 5), (6, 10)  # on the grid; the corner is the far end of the row above
GRID = (1, 11, 11)


def randomised(model: DiagonalBiLSTM, spread: float = 0.4, seed: int = 0) -> DiagonalBiLSTM:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(spread * torch.randn(parameter.shape, generator=generator))
    return model.eval()


# The equations ------------------------------------------------------------------------------------


def recurrence(layer: DiagonalBiLSTMLayer, direction: int, x: Tensor) -> dict[str, Tensor]:
    """One direction, pixel by pixel: each of o, f, i, g, c, h as (N, F, H, W), of x (N, 2F, H, W).

    The mirrored one takes the pixel on the right for the one on the left.
    """
    conv = layer.input_to_state[direction]
    a = F.conv2d(x, conv.weight * conv.mask, conv.bias)  # (N, 4F, H, W)
    above, beside = layer.state_to_state[direction]  # each (F, 4F)
    n, maps, height, width = a.shape
    zero = a.new_zeros(n, maps // 4)
    step = 1 if direction == 0 else -1
    pixels: dict[tuple[int, int], tuple[Tensor, ...]] = {}
    for row in range(height):
        for column in range(width)[::step]:
            *_, c_beside, h_beside = pixels.get((row, column - step), (zero, zero))
            *_, h_above = pixels.get((row - 1, column), (zero,))
            z = a[:, :, row, column] + h_above @ above + h_beside @ beside
            o, f, i = (torch.sigmoid(gate) for gate in z.chunk(4, dim=1)[:3])
            g = torch.tanh(z.chunk(4, dim=1)[3])
            c = f * c_beside + i * g
            pixels[row, column] = (o, f, i, g, c, o * torch.tanh(c))
    return {
        name: torch.stack([pixels[place][k] for place in sorted(pixels)], dim=2).unflatten(
            2, (height, width)
        )
        for k, name in enumerate(INTERNALS)
    }


def first_features(model: DiagonalBiLSTM, x: Tensor) -> tuple[Tensor, Tensor]:
    """What the two directions of the first layer read: (N, 2F, H, W) each."""
    intensities = x.to(model.dtype) / (model.levels - 1)
    found = []
    for conv in (model.first, model.first_mirrored or model.first):
        padding = conv.kernel[0] // 2
        found.append(F.conv2d(intensities, conv.weight * conv.mask, conv.bias, padding=padding))
    return found[0], found[1]


def after_layer(layer: DiagonalBiLSTMLayer, x: Tensor, mirrored: Tensor) -> Tensor:
    """x with what a layer adds, by `recurrence`."""
    direct = recurrence(layer, 0, x)["h"]
    second = recurrence(layer, 1, mirrored)["h"]
    second = torch.cat([torch.zeros_like(second[:, :, :1]), second[:, :, :-1]], dim=2)
    return x + F.conv2d(direct + second, layer.out.weight * layer.out.mask, layer.out.bias)


@pytest.mark.parametrize("event_shape", [(1, 4, 6), (2, 5, 3), (3, 1, 4), (1, 5, 1)])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("full_context", [False, True])
def test_the_logits_are_those_of_the_equations(
    full_context: bool, layers: int, event_shape: tuple[int, int, int]
) -> None:
    model = DiagonalBiLSTM(event_shape, 3, 4, layers, 5, full_context)
    model = randomised(model).double()
    x = random_x(model, 3)
    h, mirrored = first_features(model, x)
    for lstm in model.lstms:
        h = mirrored = after_layer(lstm, h, mirrored)
    for conv in (model.head.hidden, model.head.logits):
        h = F.conv2d(h.relu(), conv.weight * conv.mask, conv.bias)
    expected = h.unflatten(1, (event_shape[0], 3)).movedim(2, -1)
    torch.testing.assert_close(model.logits(x), expected)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1), (3, 3), (3, 6), (6, 3)])
def test_diagonals_are_the_columns_of_the_skewed_map(shape: tuple[int, int]) -> None:
    height, width = shape
    image = torch.arange(1, height * width + 1).view(shape)
    pixels, lengths = diagonals(image)
    assert len(lengths) == height + width - 1
    for column, found in zip(skew(image).T, pixels.split(lengths), strict=True):
        assert torch.equal(found, column[column > 0])
        places = found - 1
        assert len(torch.unique(places // width + places % width)) == 1  # row + column


def test_both_directions_take_one_step_a_diagonal(monkeypatch: pytest.MonkeyPatch) -> None:
    """W + H - 1 products in all, after the one of the input-to-state component."""
    model = DiagonalBiLSTM((1, 4, 7), features=3)
    products, product = [], torch.baddbmm

    def counted(*arguments: Tensor) -> Tensor:
        products.append(arguments[1].shape[0])
        return product(*arguments)

    monkeypatch.setattr(torch, "baddbmm", counted)
    model.logits(random_x(model, 2))
    assert products == [2] * (1 + 4 + 7 - 1)


def test_the_widths_are_those_of_figure_5() -> None:
    """A layer reads 2F maps, makes four gates of F in each direction, and adds 2F."""
    model = DiagonalBiLSTM((3, 4, 4), features=6, layers=2)
    for lstm in model.lstms:
        assert [tuple(conv.weight.shape) for conv in lstm.input_to_state] == [(24, 12, 1, 1)] * 2
        assert lstm.state_to_state.shape == (2, 2, 6, 24)
        assert lstm.out.weight.shape == (12, 6, 1, 1)


def test_with_weights_of_0_a_layer_leaves_what_it_reads() -> None:
    layer = DiagonalBiLSTMLayer((1, 4, 5), 3, shift=True)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.zero_()
    x = torch.randn(20, 2, 6)
    assert torch.equal(layer(x, torch.randn(20, 2, 6)), x)


@pytest.mark.slow
@pytest.mark.parametrize("full_context", [False, True])
def test_twelve_layers_begin_close_to_uniform(full_context: bool) -> None:
    def build() -> DiagonalBiLSTM:
        return DiagonalBiLSTM((1, 6, 7), 3, layers=12, full_context=full_context)

    properties.check_initial_nll_is_that_of_uniform(Case("deep", build))


def test_in_bfloat16_the_training_loss_is_nearly_the_same() -> None:
    """Cells are summed over all diagonals, in eight bits of precision."""
    model = randomised(DiagonalBiLSTM((1, 28, 28), layers=2), spread=0.1)
    x, generator = random_x(model, 4), torch.Generator()
    with torch.no_grad():
        expected = float(model.training_loss(x, generator))
        with torch.autocast("cpu", torch.bfloat16):
            found = float(model.training_loss(x, generator))
    assert abs(found - expected) <= 0.005 * expected
    assert found != expected, "autocast changed nothing"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"layers": 0}, "layers counts the Diagonal BiLSTMs, at least 1; given 0"),
        ({"layers": -1}, "layers is an integer of at least 0; given -1"),
        ({"first_kernel": 4}, "first_kernel is odd and at least 3.*; given 4"),
        ({"first_kernel": 1}, "first_kernel is odd and at least 3.*; given 1"),
        ({"first_kernel": None}, "first_kernel is odd and at least 3.*; given None"),
    ],
)
def test_errors_name_what_was_given_and_what_is_expected(
    arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        DiagonalBiLSTM((1, 4, 4), **arguments)


# What a pixel reads -------------------------------------------------------------------------------


def read_by_structure(model: DiagonalBiLSTM, target: tuple[int, int] = TARGET) -> Tensor:
    _, height, width = model.event_shape
    return model.dependencies()[target[0] * width + target[1]].view(height, width)


def read_by_gradient(model: DiagonalBiLSTM, target: tuple[int, int] = TARGET) -> Tensor:
    """bool (H, W): pixels at which the target's logits have a gradient, in any of three draws."""
    _, height, width = model.event_shape
    found = torch.zeros(height, width, dtype=torch.bool)
    for seed in range(3):
        drawn = randomised(model, spread=0.8, seed=seed).double()
        x = F.one_hot(random_x(drawn, 1, seed), drawn.levels).double().requires_grad_()
        (gradient,) = torch.autograd.grad(drawn(x)[0, :, target[0], target[1], 1].sum(), x)
        found |= (gradient[0] != 0).any(-1).any(0)
    return found


def before(target: tuple[int, int], event_shape: tuple[int, ...] = GRID) -> Tensor:
    """bool (H, W): the pixels drawn before the target."""
    _, height, width = event_shape
    pixels = torch.arange(height * width).view(height, width)
    return pixels < target[0] * width + target[1]


@pytest.mark.parametrize("layers", [1, 3])
def test_the_corner_alone_of_82_pixels_is_never_read(layers: int) -> None:
    model = DiagonalBiLSTM(GRID, features=4, layers=layers, first_kernel=3)
    expected = before(TARGET)
    assert int(expected.sum()) == 82
    expected[CORNER] = False
    assert torch.equal(read_by_structure(model), expected)
    assert torch.equal(read_by_gradient(model), expected)
    counts = receptive_field(model, TARGET).counts
    assert (counts["seen"], counts["depth-limited"], counts["blind"]) == (81, 0, 1)


@pytest.mark.parametrize("layers", [1, 3])
def test_full_context_reads_the_corner_too(layers: int) -> None:
    model = DiagonalBiLSTM(GRID, features=4, layers=layers, first_kernel=3, full_context=True)
    assert torch.equal(read_by_structure(model), before(TARGET))
    assert torch.equal(read_by_gradient(model), before(TARGET))
    counts = receptive_field(model, TARGET).counts
    assert (counts["seen"], counts["depth-limited"], counts["blind"]) == (82, 0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("layers", [1, 2, 7])
@pytest.mark.parametrize("first_kernel", [3, 5, 7])
def test_the_corner_is_missed_wherever_the_first_kernel_does_not_reach_it(
    first_kernel: int, layers: int
) -> None:
    """And nothing else is, at any target: the far end of the row above, out of the kernel."""
    model = DiagonalBiLSTM(GRID, features=1, layers=layers, first_kernel=first_kernel)
    for row, column in itertools.product(range(11), repeat=2):
        expected = before((row, column))
        if row and column + first_kernel // 2 < 10:
            expected[row - 1, 10] = False
        assert torch.equal(read_by_structure(model, (row, column)), expected), (row, column)


@pytest.mark.parametrize(
    ("event_shape", "layers"),
    [
        ((1, 5, 7), 1),
        ((1, 7, 5), 2),
        ((1, 1, 6), 1),
        ((1, 6, 1), 1),
        ((3, 3, 4), 1),
        ((2, 4, 3), 2),
    ],
)
def test_with_full_context_every_target_reads_all_before_it_and_no_more(
    event_shape: tuple[int, int, int], layers: int
) -> None:
    model = DiagonalBiLSTM(event_shape, 2, 9, layers, 3, full_context=True)
    rank = ranks(model.order)
    expected = rank.unsqueeze(1) > rank.unsqueeze(0)
    assert torch.equal(model.dependencies(), expected)
    found = torch.zeros_like(expected)
    for seed in range(3):
        drawn = randomised(model, seed=seed).double()
        found |= gradient_dependencies(drawn, random_x(drawn, 1, seed))
    assert torch.equal(found, expected)


def test_both_directions_are_needed() -> None:
    """With the states of one direction set to 0, the target misses what only the other brings."""
    for silent, lost in ((0, (7, 1)), (1, (6, 8))):
        model = randomised(DiagonalBiLSTM(GRID, features=4, first_kernel=3)).double()

        class Silent(DiagonalBiLSTMLayer):
            def states(self, a: Tensor, silent: int = silent) -> Tensor:
                return super().states(a).index_fill(0, torch.tensor([silent]), 0.0)

        assert bool(read_by_gradient(model)[lost])
        model.lstms[0].__class__ = Silent
        assert not bool(read_by_gradient(model)[lost])


# Without the shift --------------------------------------------------------------------------------


def without_shift(**options: Any) -> DiagonalBiLSTM:
    return DiagonalBiLSTM((1, 4, 5), 2, 6, 1, 3, shift=False, **options)


@pytest.mark.parametrize(
    "holds",
    [
        properties.check_jacobian_is_zero_from_the_own_step_on,
        properties.check_changed_values_change_no_earlier_logit,
        properties.check_later_values_are_never_read,
    ],
    ids=lambda holds: holds.__name__.removeprefix("check_"),
)
@pytest.mark.parametrize("full_context", [False, True])
def test_without_the_shift_the_conformance_suite_fails(
    full_context: bool, holds: Callable[[Case], None]
) -> None:
    for shift in (True, False):

        def build(shift: bool = shift) -> DiagonalBiLSTM:
            return DiagonalBiLSTM((1, 4, 5), 2, 6, 1, 3, full_context, shift)

        case = Case("shift", build, spread=0.4)
        if shift:
            holds(case)
        else:
            with pytest.raises(AssertionError):
                holds(case)


@pytest.mark.parametrize("full_context", [False, True])
def test_the_structure_tells_what_leaks(full_context: bool) -> None:
    case = Case("leak", lambda: without_shift(full_context=full_context), spread=0.4)
    properties.check_dependencies_are_those_of_the_jacobian(case)


@pytest.mark.parametrize(("full_context", "last"), [(False, 9), (True, 10)])
def test_what_leaks_is_the_target_and_its_row_on_the_right(full_context: bool, last: int) -> None:
    """In the paper's form without the last pixel, which no feature of its row holds."""
    model = DiagonalBiLSTM(GRID, 2, 4, 1, 3, full_context, shift=False)
    row, column = TARGET
    expected = torch.zeros(11, 11, dtype=torch.bool)
    expected[row, column : last + 1] = True
    assert torch.equal(torch.as_tensor(receptive_field(model, TARGET).leaks), expected)
    assert torch.equal(read_by_gradient(model) & ~before(TARGET), expected)
    sound = DiagonalBiLSTM(GRID, 2, 4, 1, 3, full_context)
    assert not receptive_field(sound, TARGET).leaks.any()


def test_a_model_that_leaks_can_neither_be_saved_nor_loaded_nor_sampled(tmp_path: Path) -> None:
    model = without_shift()
    with pytest.raises(ValueError, match=r"broken on purpose.*No checkpoint may hold it"):
        save_checkpoint(model, "leaky", {}, tmp_path)
    assert not list(tmp_path.iterdir())
    with pytest.raises(ValueError, match=r"cannot be sampled.*shift=True"):
        model.sample(1)

    save_checkpoint(DiagonalBiLSTM((1, 4, 5), 2, 6, 1, 3), "edited", {}, tmp_path)
    card = json.loads((tmp_path / "edited.json").read_text())
    card["config"]["shift"] = False
    (tmp_path / "edited.json").write_text(json.dumps(card))
    with pytest.raises(CheckpointError, match=r"does not describe a DiagonalBiLSTM.*no density"):
        load_pretrained("edited", "cpu", tmp_path)


def test_the_command_line_does_not_train_what_could_not_be_saved(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["train", "diagonal-bilstm", "--data", "digits", "--no-shift"])
    assert "--no-shift" in capsys.readouterr().err


# Mistakes of public code --------------------------------------------------------------------------


class NeverFlippedBack(DiagonalBiLSTMLayer):
    """The states of the mirrored image are added where they are."""

    def added(self, h: Tensor) -> Tensor:
        self.ranks = self.ranks[:1].expand(2, -1)
        return super().added(h)


class ZeroRowAtTheWrongEnd(DiagonalBiLSTMLayer):
    """Moved up by a row, not down."""

    def added(self, h: Tensor) -> Tensor:
        direct, mirrored = (
            states.index_select(0, ranks) for states, ranks in zip(h, self.ranks, strict=True)
        )
        return direct + F.pad(mirrored[self.width :], (0, 0, 0, 0, 0, self.width))


class BothMovedDown(DiagonalBiLSTMLayer):
    """The first direction is moved down too."""

    def added(self, h: Tensor) -> Tensor:
        self.shift = False
        return F.pad(super().added(h)[: -self.width], (0, 0, 0, 0, self.width, 0))


def with_layers(layer: type[DiagonalBiLSTMLayer]) -> Callable[[], DiagonalBiLSTM]:
    def build() -> DiagonalBiLSTM:
        model = DiagonalBiLSTM((1, 4, 5), 2, 6, 1, 3)
        for lstm in model.lstms:
            lstm.__class__ = layer
        return model

    build.__name__ = layer.__name__
    return build


def with_an_unmasked_first_convolution() -> DiagonalBiLSTM:
    model = DiagonalBiLSTM((1, 4, 5), 2, 6, 1, 3)
    model.first.mask.fill_(1)
    return model


BROKEN: list[tuple[Callable[[], DiagonalBiLSTM], Callable[[Case], None]]] = [
    (with_layers(NeverFlippedBack), properties.check_dependencies_are_those_of_the_jacobian),
    (with_layers(NeverFlippedBack), properties.check_dependencies_are_those_of_changed_values),
    (with_layers(NeverFlippedBack), properties.check_decoder_agrees_with_logits),
    (with_layers(ZeroRowAtTheWrongEnd), properties.check_jacobian_is_zero_from_the_own_step_on),
    (with_layers(ZeroRowAtTheWrongEnd), properties.check_changed_values_change_no_earlier_logit),
    (with_layers(ZeroRowAtTheWrongEnd), properties.check_decoder_agrees_with_logits),
    (with_layers(BothMovedDown), properties.check_dependencies_are_those_of_the_jacobian),
    (
        with_an_unmasked_first_convolution,
        properties.check_jacobian_is_zero_from_the_own_step_on,
    ),
    (
        with_an_unmasked_first_convolution,
        properties.check_changed_values_change_no_earlier_logit,
    ),
]


@pytest.mark.parametrize(
    ("build", "holds"),
    BROKEN,
    ids=[f"{build.__name__}-{holds.__name__.removeprefix('check_')}" for build, holds in BROKEN],
)
def test_a_broken_model_fails(
    build: Callable[[], DiagonalBiLSTM], holds: Callable[[Case], None]
) -> None:
    with pytest.raises(AssertionError):
        holds(Case("broken", build, spread=0.4))


@pytest.mark.parametrize(
    "holds",
    dict.fromkeys(holds for _, holds in BROKEN),
    ids=lambda holds: holds.__name__.removeprefix("check_"),
)
def test_the_right_model_passes_where_the_broken_ones_fail(holds: Callable[[Case], None]) -> None:
    holds(Case("right", with_layers(DiagonalBiLSTMLayer), spread=0.4))


# Decoder ------------------------------------------------------------------------------------------


def test_the_mirrored_direction_of_a_row_is_computed_once_when_the_row_is_finished(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    height, width, layers = 3, 4, 2
    model = DiagonalBiLSTM((2, height, width), features=4, layers=layers)
    swept: list[int] = []
    next_row = DiagonalBiLSTMState.next_row
    decoder = model.decoder(2)

    def counted(self: DiagonalBiLSTMState) -> None:
        swept.append(decoder.step)
        next_row(self)

    monkeypatch.setattr(DiagonalBiLSTMState, "next_row", counted)
    while not decoder.done:
        decoder.logits()
        decoder.internals()
        decoder.observe(torch.zeros(2, dtype=torch.long))
    last_of_row = [2 * width * (row + 1) - 1 for row in range(height)]
    assert swept == [step for step in last_of_row for _ in range(layers)]


@pytest.mark.parametrize("full_context", [False, True])
def test_the_decoder_on_torch_tensors_agrees_too(
    full_context: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a GPU runs, on the CPU: no NumPy array anywhere."""
    model = randomised(DiagonalBiLSTM((3, 4, 5), 3, 6, 2, 3, full_context))
    expected = model.sample(2, generator=torch.Generator().manual_seed(1))
    for module in (image_decoder, diagonal_bilstm):
        monkeypatch.setattr(module, "array", lambda x: x.detach())
    monkeypatch.setattr(torch.Tensor, "numpy", lambda self: pytest.fail("a NumPy array"))
    found = model.sample(2, generator=torch.Generator().manual_seed(1))
    assert torch.equal(found, expected)


@pytest.mark.parametrize("event_shape", [(1, 4, 5), (2, 3, 3)])
@pytest.mark.parametrize("full_context", [False, True])
def test_internals_are_gates_and_states_at_the_pixel_and_from_the_row_above(
    full_context: bool, event_shape: tuple[int, int, int]
) -> None:
    model = randomised(DiagonalBiLSTM(event_shape, 3, 4, 2, 3, full_context)).double()
    x = random_x(model, 2)
    features = first_features(model, x)
    channels, height, width = event_shape
    expected: dict[str, Tensor] = {}
    for number, lstm in enumerate(model.lstms, start=1):
        for direction, (name, read) in enumerate(zip(DIRECTIONS, features, strict=True)):
            for gate, values in recurrence(lstm, direction, read).items():
                expected[f"layer{number}.{name}.{gate}"] = values
        features = (after_layer(lstm, *features),) * 2

    for step in model.sample_steps(2, given=x):
        channel, row, column = (
            step.index // (height * width),
            step.index // width % height,
            step.index % width,
        )
        assert step.internals.keys() == expected.keys()
        if channel < channels - 1:  # then later channels of the pixel are not drawn yet
            continue
        for name, found in step.internals.items():
            if ".direct." in name:
                of_pixel = expected[name][:, :, row, column]
            elif row:
                of_pixel = expected[name][:, :, row - 1, column]
            else:
                of_pixel = torch.zeros(2, 4, dtype=torch.double)
            torch.testing.assert_close(found, of_pixel)


def test_internals_of_a_step_stay_as_they_were() -> None:
    """A page keeps those of all steps; the decoder goes on and must not write into them."""
    model = randomised(DiagonalBiLSTM((1, 4, 4), features=4, layers=2))
    steps, copies = [], []
    for step in model.sample_steps(1, generator=torch.Generator().manual_seed(0)):
        steps.append(step.internals)
        copies.append({name: value.clone() for name, value in step.internals.items()})
    for kept, copied in zip(steps, copies, strict=True):
        for name, value in kept.items():
            assert torch.equal(value, copied[name]), name
