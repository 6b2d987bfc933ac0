"""Row LSTM: the equations, the triangle, the decoder, and the mistakes of public code.

What every model must hold is in `conformance/properties.py`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from arviz_models import RowLSTM, receptive_field
from arviz_models.image_decoder import sigmoid, tanh
from arviz_models.layers import MaskedConv2d
from arviz_models.row_lstm import INTERNALS, RowLSTMDecoder, RowLSTMLayer, RowLSTMState
from tests.conformance import properties
from tests.conformance.cases import Case
from tests.conformance.tools import random_x

TARGET = (7, 5)
GRID = (1, 11, 11)


def randomised(model: RowLSTM, spread: float = 0.4, seed: int = 0) -> RowLSTM:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(spread * torch.randn(parameter.shape, generator=generator))
    return model.eval()


# The equations ------------------------------------------------------------------------------------


def recurrence(inputs: Tensor, state_to_state: Callable[[Tensor], Tensor]) -> list[Tensor]:
    """Equation 3 of the paper, row by row: h_i, each (N, F, W), of inputs (N, 4F, H, W)."""
    n, maps, height, width = inputs.shape
    h = c = inputs.new_zeros(n, maps // 4, width)
    states = []
    for i in range(height):
        o, f, i_, g = (inputs[:, :, i] + state_to_state(h)).chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i_) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        states.append(h)
    return states


def convolved(layer: RowLSTMLayer, mask: Tensor | None = None) -> Callable[[Tensor], Tensor]:
    """The state-to-state component as an ordinary convolution of a row."""
    weight = layer.state_to_state.weight[:, :, 0]
    weight = weight if mask is None else weight * mask
    return lambda h: F.conv1d(h, weight, padding=weight.shape[2] // 2)


@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("first_kernel", [None, 5])
def test_the_logits_are_those_of_the_equations(
    first_kernel: int | None, kernel: int, layers: int
) -> None:
    model = randomised(RowLSTM((2, 5, 6), 3, 4, layers, kernel, first_kernel)).double()
    x = random_x(model, 3)
    h = x.double() / 2
    if model.first is not None:
        first = model.first
        h = F.conv2d(h, first.weight * first.mask, first.bias, padding=2)
    for number, lstm in enumerate(model.lstms):
        conv = lstm.input_to_state
        inputs = F.conv2d(h, conv.weight * conv.mask, conv.bias, padding=(0, kernel // 2))
        states = torch.stack(recurrence(inputs, convolved(lstm)), dim=2)
        y = F.conv2d(states, lstm.out.weight * lstm.out.mask, lstm.out.bias)
        h = y if first_kernel is None and number == 0 else h + y
    for conv in (model.head.hidden, model.head.logits):
        h = F.conv2d(h.relu(), conv.weight * conv.mask, conv.bias)
    expected = h.unflatten(1, (2, 3)).movedim(2, -1)
    torch.testing.assert_close(model.logits(x), expected)


def test_the_widths_are_those_of_figure_5() -> None:
    """Layers read 2F maps, make four gates of F, and add 2F; the bare form begins at the image."""
    model = RowLSTM((3, 4, 4), features=6, layers=2)
    for lstm in model.lstms:
        assert lstm.input_to_state.weight.shape == (24, 12, 1, 3)
        assert lstm.state_to_state.weight.shape == (24, 6, 1, 3)
        assert lstm.out.weight.shape == (12, 6, 1, 1)
    bare = RowLSTM((3, 4, 4), features=6, layers=2, first_kernel=None)
    assert bare.lstms[0].input_to_state.weight.shape == (24, 3, 1, 3)
    assert bare.lstms[1].input_to_state.weight.shape == (24, 12, 1, 3)


def test_a_layer_is_a_residual_connection_except_on_the_image() -> None:
    """With weights of 0, h = 0: what is read goes on as it was, and the image does not."""
    x = torch.randn(2, 6, 4, 5)
    for mask_type, expected in (("B", x), ("A", torch.zeros(2, 6, 4, 5))):
        layer = RowLSTMLayer(6, 3, 3, mask_type, 1)
        with torch.no_grad():
            for parameter in layer.parameters():
                parameter.zero_()
        assert torch.equal(layer(x), expected)


@pytest.mark.slow
@pytest.mark.parametrize("first_kernel", [None, 7])
def test_twelve_layers_begin_close_to_uniform(first_kernel: int | None) -> None:
    case = Case("deep", lambda: RowLSTM((1, 6, 7), 3, layers=12, first_kernel=first_kernel))
    properties.check_initial_nll_is_that_of_uniform(case)


def test_in_bfloat16_the_training_loss_is_nearly_the_same() -> None:
    """Cells are summed over all rows, in eight bits of precision."""
    model = randomised(RowLSTM((1, 28, 28), layers=2), spread=0.1)
    x, generator = random_x(model, 4), torch.Generator()
    with torch.no_grad():
        expected = float(model.training_loss(x, generator))
        with torch.autocast("cpu", torch.bfloat16):
            found = float(model.training_loss(x, generator))
    assert abs(found - expected) <= 0.005 * expected
    assert found != expected, "autocast changed nothing"


# What a pixel reads -------------------------------------------------------------------------------


def read_by_gradient(model: RowLSTM, target: tuple[int, int] = TARGET) -> Tensor:
    """bool (H, W): pixels at which the target's logits have a gradient, in any of three draws."""
    _, height, width = model.event_shape
    found = torch.zeros(height, width, dtype=torch.bool)
    for seed in range(3):
        drawn = randomised(model, spread=0.8, seed=seed).double()
        x = F.one_hot(random_x(drawn, 1, seed), drawn.levels).double().requires_grad_()
        (gradient,) = torch.autograd.grad(drawn(x)[0, :, target[0], target[1], 1].sum(), x)
        found |= (gradient[0] != 0).any(-1).any(0)
    return found


def read_by_structure(model: RowLSTM, target: tuple[int, int] = TARGET) -> Tensor:
    _, height, width = model.event_shape
    return model.dependencies()[target[0] * width + target[1]].view(height, width)


@pytest.mark.parametrize(
    ("first_kernel", "layers", "pixels"),
    [(None, 1, 55), (None, 12, 65), (None, 30, 65), (3, 1, 66), (3, 12, 72), (3, 30, 72)],
)
def test_the_pixels_read_of_82_are_those_of_the_notes(
    first_kernel: int | None, layers: int, pixels: int
) -> None:
    model = RowLSTM(GRID, features=1, layers=layers, first_kernel=first_kernel)
    assert int(read_by_structure(model).sum()) == pixels
    counts = receptive_field(model, TARGET).counts
    most = 65 if first_kernel is None else 72
    assert counts["seen"] == pixels
    assert counts["depth-limited"] == most - pixels
    assert counts["blind"] == 82 - most


@pytest.mark.parametrize("layers", [1, 4])
@pytest.mark.parametrize("first_kernel", [None, 3, 7])
def test_the_gradient_reads_exactly_those_pixels(first_kernel: int | None, layers: int) -> None:
    model = RowLSTM(GRID, features=4, layers=layers, first_kernel=first_kernel)
    assert torch.equal(read_by_gradient(model), read_by_structure(model))


@pytest.mark.parametrize("kernel", [3, 5, 7])
def test_the_bare_triangle_of_pixels_is_that_of_states_without_its_right_edge(kernel: int) -> None:
    """d rows above stand the states up to d s columns away; each reads the s pixels on its left."""
    model = RowLSTM(GRID, features=1, kernel=kernel, first_kernel=None)
    row, column = TARGET
    s = kernel // 2
    expected = torch.zeros(11, 11, dtype=torch.bool)
    for d in range(row + 1):
        first = max(column - d * s, 0) - s
        last = min(column + d * s, 10) - 1
        expected[row - d, max(first, 0) : last + 1] = True
    assert torch.equal(read_by_structure(model), expected)


def test_the_bare_form_reads_three_pixels_of_the_row_above_and_never_the_last_column() -> None:
    one = read_by_structure(RowLSTM(GRID, features=1, first_kernel=None))
    assert torch.nonzero(one[6]).flatten().tolist() == [3, 4, 5]
    deep = RowLSTM(GRID, features=1, layers=30, first_kernel=None).dependencies()
    pixels = torch.arange(121)
    in_last_column = pixels % 11 == 10
    assert not bool(deep[:, in_last_column].any())


@pytest.mark.parametrize(("layers", "first_kernel"), [(1, None), (2, None), (1, 3)])
def test_one_bare_layer_takes_the_edge_of_the_image_for_a_level_of_0(
    layers: int, first_kernel: int | None
) -> None:
    """Two layers, or the first convolution, tell them apart: beyond the edge even biases are 0."""
    model = randomised(RowLSTM((1, 2, 3), layers=layers, first_kernel=first_kernel))
    first, second, _ = model.logits(torch.zeros(1, 1, 2, 3, dtype=torch.long))[0, 0, 0]
    assert torch.equal(first, second) == ((layers, first_kernel) == (1, None))


@pytest.mark.parametrize("first_kernel", [3, 5, 7, 9])
def test_blind_is_what_lies_on_the_right_of_the_triangle_moved_by_the_first_kernel(
    first_kernel: int,
) -> None:
    """The first convolution reaches r columns to the right, in the row above the last state."""
    row, column = TARGET
    expected = torch.zeros(11, 11, dtype=torch.bool)
    for d in range(1, row + 1):
        expected[row - d, column + d + first_kernel // 2 :] = True
    field = receptive_field(RowLSTM(GRID, features=1, first_kernel=first_kernel), TARGET)
    assert torch.equal(torch.as_tensor(field.classes) == field.NAMES.index("blind"), expected)


def test_each_layer_reads_what_the_one_before_did_and_at_a_depth_no_more() -> None:
    for first_kernel in (None, 3):
        model = RowLSTM((3, 5, 6), features=3, first_kernel=first_kernel)
        layers = list(itertools.islice(model.reads_by_layer(), 20))
        for before, after in itertools.pairwise(layers):
            assert bool((before <= after).all())
        assert torch.equal(layers[-2], layers[-1])


def test_all_channels_read_all_channels_of_the_states_above() -> None:
    """Bare, one layer: the state at the upper right has read the first two channels of its pixel.

    So even red reads them, and never the third, which no state of that pixel holds.
    """
    model = RowLSTM((3, 2, 3), features=3, first_kernel=None)
    reads = model.dependencies().view(3, 2, 3, 3, 2, 3)
    for channel in range(3):
        assert reads[channel, 1, 1, :, 0, 2].tolist() == [True, True, False]
        assert reads[channel, 1, 1, :, 0, 1].tolist() == [True, True, True]
        assert reads[channel, 1, 1, :, 1, 1].tolist() == [c < channel for c in range(3)]


# What the constructor is given --------------------------------------------------------------------


@pytest.mark.parametrize("kernel", [1, 2, 4, -3, 3.0, True])
def test_a_kernel_that_is_even_or_too_small_is_refused(kernel: Any) -> None:
    with pytest.raises(ValueError, match=f"kernel is odd and at least 3; given {kernel}"):
        RowLSTM(GRID, kernel=kernel)


@pytest.mark.parametrize("first_kernel", [0, 2, -1])
def test_an_even_first_kernel_is_refused(first_kernel: int) -> None:
    with pytest.raises(ValueError, match="odd and at least 1"):
        RowLSTM(GRID, first_kernel=first_kernel)


@pytest.mark.parametrize("layers", [0, -1, 1.5])
def test_no_layer_is_refused(layers: Any) -> None:
    with pytest.raises(ValueError, match="layers"):
        RowLSTM(GRID, layers=layers)


# Decoder ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first_kernel", [None, 5])
def test_sampling_makes_no_full_pass(
    first_kernel: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = RowLSTM((1, 4, 4), features=4, first_kernel=first_kernel)

    def forbidden(*_: Any) -> None:
        raise AssertionError("a full pass while sampling")

    monkeypatch.setattr(F, "conv2d", forbidden)
    built.sample(2)


@pytest.mark.parametrize(("first_kernel", "rows"), [(None, 2), (7, 3)])
def test_states_are_read_once_a_row_and_a_pixel_costs_the_same_wherever_it_is(
    first_kernel: int | None, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted: the rows of the matrices multiplied, where W of them are a row of the image."""
    from arviz_models import image_decoder

    multiplied = 0
    product = image_decoder.product

    def counted(a: Any, b: Any) -> Any:
        nonlocal multiplied
        multiplied += math.prod(a.shape[:-1])
        return product(a, b)

    monkeypatch.setattr(image_decoder, "product", counted)
    width = 8
    decoder = RowLSTM((1, 3, width), features=4, layers=2, first_kernel=first_kernel).decoder(1)
    for t in range(3 * width):
        multiplied = 0
        decoder.logits()
        # Of each layer the i-s and the 1x1 convolution, two of the head, the first one.
        assert multiplied == 2 * 2 + 2 + (first_kernel is not None)
        multiplied = 0
        decoder.observe(torch.zeros(1, dtype=torch.long))
        assert multiplied == (rows * width if t % width == width - 1 else 0)


@pytest.mark.parametrize("first_kernel", [None, 5])
def test_the_decoder_on_torch_tensors_agrees_too(
    first_kernel: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a GPU runs, on the CPU: no NumPy array anywhere."""
    from arviz_models import image_decoder, row_lstm

    built = randomised(RowLSTM((3, 4, 5), 3, 6, 2, first_kernel=first_kernel))
    expected = built.sample(2, generator=torch.Generator().manual_seed(1))
    for module in (image_decoder, row_lstm):
        monkeypatch.setattr(module, "array", lambda x: x.detach())
    monkeypatch.setattr(torch.Tensor, "numpy", lambda self: pytest.fail("a NumPy array"))
    found = built.sample(2, generator=torch.Generator().manual_seed(1))
    assert torch.equal(found, expected)


# Gates, cell and hidden state ---------------------------------------------------------------------


@pytest.mark.parametrize("first_kernel", [None, 3])
def test_internals_of_an_image_satisfy_the_equations(first_kernel: int | None) -> None:
    model = randomised(RowLSTM((1, 5, 6), features=4, layers=2, first_kernel=first_kernel)).double()
    x = random_x(model, 1)
    found = model.internals(x)
    assert found.shape == (2, 6, 4, 5, 6)
    assert not found.requires_grad
    o, f, i, g, c, h = found.unbind(1)  # each (layers, F, H, W)
    above = F.pad(c, (0, 0, 1, 0))[:, :, :-1]
    torch.testing.assert_close(c, f * above + i * g)
    torch.testing.assert_close(h, o * torch.tanh(c))
    below = F.one_hot(x, 2)[..., 1].double()
    below = below if model.first is None else model.first(below)
    for lstm, states in zip(model.lstms, h, strict=True):
        expected = recurrence(lstm.input_to_state(below), convolved(lstm))
        torch.testing.assert_close(states, torch.stack(expected, dim=2)[0])
        below = lstm(below)


@pytest.mark.parametrize("event_shape", [(1, 4, 5), (3, 3, 2)])
def test_the_steps_tell_the_internals_of_the_pixel_they_draw(
    event_shape: tuple[int, int, int],
) -> None:
    """Of the first sequence here. With channels: of what is known of the pixel when it is drawn."""
    model = randomised(RowLSTM(event_shape, 3, features=6, layers=2, first_kernel=3))
    channels, height, width = event_shape
    x = random_x(model, 2)
    steps = list(model.sample_steps(2, given=x))
    whole = model.internals(x[:1])
    for step in steps:
        assert list(step.internals) == [f"layer{n}.{name}" for n in (1, 2) for name in INTERNALS]
        pixel = step.index % (height * width)
        if step.index // (height * width) < channels - 1:
            continue  # channels after this one are not drawn, and the whole image shows them
        for (layer, j), value in zip(
            ((layer, j) for layer in range(2) for j in range(6)),
            step.internals.values(),
            strict=True,
        ):
            assert value.shape == (2, 6)
            expected = whole[layer, j, :, pixel // width, pixel % width]
            torch.testing.assert_close(value[0], expected, atol=1e-5, rtol=1e-5)


def test_sampling_does_not_ask_for_internals(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(self: RowLSTMDecoder) -> dict[str, Tensor]:
        raise AssertionError("internals that nobody asked for")

    monkeypatch.setattr(RowLSTMDecoder, "internals", forbidden)
    RowLSTM((1, 3, 3), features=2).sample(1)


def test_asking_for_internals_changes_nothing() -> None:
    model = randomised(RowLSTM((1, 3, 4), features=4, layers=2))
    asked, not_asked = model.decoder(2), model.decoder(2)
    for t in range(12):
        asked.internals()
        assert torch.equal(asked.logits(), not_asked.logits())
        for decoder in (asked, not_asked):
            decoder.observe(torch.tensor([t % 2, 1]))


def test_internals_are_those_of_one_image() -> None:
    model = RowLSTM((1, 3, 4), features=2)
    for wrong in (random_x(model, 2), random_x(model, 1)[0], random_x(model, 1).float()):
        with pytest.raises(ValueError, match=r"x .* \(1, 1, 3, 4\)"):
            model.internals(wrong)


# Mistakes seen in public code ---------------------------------------------------------------------


class Broken(RowLSTM):
    """A Row LSTM with other layers."""

    LAYER: ClassVar[type[RowLSTMLayer]] = RowLSTMLayer

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        for lstm in self.lstms:
            lstm.__class__ = self.LAYER


class PlainLayer(RowLSTMLayer):
    """The same function in other words: what the mistakes are made in."""

    def forward(self, x: Tensor) -> Tensor:
        states = recurrence(self.inputs(x), self.from_above())
        y: Tensor = self.out(torch.stack(states, dim=2))
        return x + y if self.residual else y

    def inputs(self, x: Tensor) -> Tensor:
        a: Tensor = self.input_to_state(x)
        return a

    def from_above(self) -> Callable[[Tensor], Tensor]:
        return convolved(self)


class ChannelAndWidthMixedLayer(PlainLayer):
    """(N, 4F, W) viewed as (N, W, 4F): a `view` where a transposition is meant."""

    def inputs(self, x: Tensor) -> Tensor:
        a = super().inputs(x)  # (N, 4F, H, W)
        n, maps, height, width = a.shape
        rows = a.transpose(1, 2).reshape(n, height, width, maps)
        return rows.permute(0, 3, 1, 2)


class KernelDownTheColumnLayer(PlainLayer):
    """The paper's k x 1 taken for k rows and 1 column."""

    def inputs(self, x: Tensor) -> Tensor:
        conv = self.input_to_state
        weight = conv.masked_weight.transpose(2, 3)
        return F.conv2d(x, weight, conv.bias, padding=(conv.kernel[1] // 2, 0))

    def from_above(self) -> Callable[[Tensor], Tensor]:
        # Over one row, just the centre of such a kernel meets anything.
        return convolved(self, mask=torch.tensor([0.0, 1.0, 0.0]))


class StateOfThePixelAboveAloneLayer(PlainLayer):
    """State-to-state by 1x1: nothing widens."""

    def from_above(self) -> Callable[[Tensor], Tensor]:
        return convolved(self, mask=torch.tensor([0.0, 1.0, 0.0]))


class MaskedStateLayer(PlainLayer):
    """The mask of the row, put on the finished row above as well: half a triangle."""

    def from_above(self) -> Callable[[Tensor], Tensor]:
        return convolved(self, mask=torch.tensor([1.0, 1.0, 0.0]))


class UnmaskedInputLayer(PlainLayer):
    """No mask on the input-to-state component."""

    def inputs(self, x: Tensor) -> Tensor:
        conv = self.input_to_state
        return F.conv2d(x, conv.weight, conv.bias, padding=(0, conv.kernel[1] // 2))


class FromTheBottomLayer(PlainLayer):
    """Sweeps the rows from the last to the first."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.flip(2)).flip(2)


class BatchInOneColumnLayer(PlainLayer):
    """The rows of all images in one sequence: the state runs on into the next image."""

    def forward(self, x: Tensor) -> Tensor:
        column = x.transpose(0, 1).flatten(1, 2)[None]  # (1, in, N H, W)
        y = super().forward(column)[0]
        return y.unflatten(1, (len(x), -1)).transpose(0, 1)


class MixesChannelAndWidth(Broken):
    LAYER = ChannelAndWidthMixedLayer


class KernelDownTheColumn(Broken):
    LAYER = KernelDownTheColumnLayer


class StateOfThePixelAboveAlone(Broken):
    LAYER = StateOfThePixelAboveAloneLayer


class MaskedState(Broken):
    LAYER = MaskedStateLayer


class UnmaskedInput(Broken):
    LAYER = UnmaskedInputLayer


class FromTheBottom(Broken):
    LAYER = FromTheBottomLayer


class BatchInOneColumn(Broken):
    LAYER = BatchInOneColumnLayer


class SameInOtherWords(Broken):
    LAYER = PlainLayer


class MaskBOnTheImage(RowLSTM):
    """The bare form with the mask of the layers that read features."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.lstms[0].input_to_state = MaskedConv2d(
            self.channels, 4 * self.features, (1, self.kernel), "B", self.channels, stacked=4
        )


class ChannelsForgottenInTheGates(RowLSTM):
    """Groups by the 4F maps together, not by those of each gate: o is all red, g all blue."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        for lstm in self.lstms:
            conv = lstm.input_to_state
            whole = type(conv)(
                conv.weight.shape[1], conv.weight.shape[0], conv.kernel, "B", conv.channels
            )
            conv.mask.copy_(whole.mask)


class CellForgotten(RowLSTM):
    """The decoder carries the hidden states of the row above on, but not its cells."""

    def decoder(self, n: int) -> RowLSTMDecoder:
        decoder = RowLSTMDecoder(self, n)
        for state in decoder._lstms:
            state.__class__ = StateWithoutCells
        return decoder


class StateWithoutCells(RowLSTMState):
    def next_row(self) -> None:
        super().next_row()
        self._c_above = 0 * self._c_above


def case_of(
    model: type[RowLSTM], first_kernel: int | None = None, event_shape: tuple[int, ...] = (1, 4, 5)
) -> Case:
    return Case(
        model.__name__,
        lambda: model(event_shape, features=6, layers=2, first_kernel=first_kernel),
        spread=0.5,
    )


leaks = properties.check_jacobian_is_zero_from_the_own_step_on
reads = properties.check_dependencies_are_those_of_the_jacobian
BROKEN: list[tuple[Case, Callable[[Case], None]]] = [
    (case_of(MixesChannelAndWidth), leaks),
    (case_of(MixesChannelAndWidth, first_kernel=3), leaks),
    (case_of(UnmaskedInput), leaks),
    (case_of(UnmaskedInput, first_kernel=3), leaks),
    (case_of(FromTheBottom), leaks),
    (case_of(FromTheBottom, first_kernel=3), leaks),
    (case_of(MaskBOnTheImage), leaks),
    (case_of(ChannelsForgottenInTheGates, 3, (3, 2, 3)), leaks),
    (case_of(KernelDownTheColumn), reads),
    (case_of(KernelDownTheColumn, first_kernel=3), reads),
    (case_of(StateOfThePixelAboveAlone), reads),
    (case_of(StateOfThePixelAboveAlone, first_kernel=3), reads),
    (case_of(MaskedState), reads),
    (case_of(MaskedState, first_kernel=3), reads),
    (case_of(BatchInOneColumn), properties.check_sequences_of_a_batch_are_independent),
    (case_of(CellForgotten), properties.check_decoder_agrees_with_logits),
]


@pytest.mark.parametrize(
    ("case", "holds"),
    BROKEN,
    ids=[f"{case.name}-{n}" for n, (case, _) in enumerate(BROKEN)],
)
def test_a_broken_model_fails(case: Case, holds: Callable[[Case], None]) -> None:
    with pytest.raises(AssertionError):
        holds(case)


@pytest.mark.parametrize("first_kernel", [None, 3])
@pytest.mark.parametrize(
    "holds", dict.fromkeys(holds for _, holds in BROKEN), ids=lambda holds: holds.__name__
)
def test_the_same_layer_without_a_mistake_passes(
    holds: Callable[[Case], None], first_kernel: int | None
) -> None:
    holds(case_of(SameInOtherWords, first_kernel))


def triangle(side: int, left: bool = True, right: bool = True) -> Tensor:
    """The pixels read above TARGET, where the states widen by `side` columns a row."""
    row, column = TARGET
    expected = torch.zeros(11, 11, dtype=torch.bool)
    for d in range(row + 1):
        first = column - (d * side if left else 0) - 1
        last = min(column + (d * side if right else 0), 10) - 1
        expected[row - d, max(first, 0) : last + 1] = True
    return expected


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (SameInOtherWords, triangle(1)),
        (StateOfThePixelAboveAlone, triangle(0)),
        (MaskedState, triangle(1, right=False)),
    ],
)
def test_those_that_read_less_have_no_triangle(model: type[RowLSTM], expected: Tensor) -> None:
    """Bare, one layer; 55 pixels where it is right."""
    found = read_by_gradient(model(GRID, features=4, first_kernel=None))
    assert torch.equal(found, expected)
    assert (int(found.sum()) == 55) == (model is SameInOtherWords)


def test_a_kernel_along_the_wrong_axis_makes_the_columns_independent() -> None:
    found = read_by_gradient(KernelDownTheColumn(GRID, features=4, layers=3, first_kernel=None))
    assert bool(found[:, TARGET[1]].any())
    found[:, TARGET[1]] = False
    assert not bool(found.any())


def test_the_decoders_functions_are_those_of_torch() -> None:
    a = torch.linspace(-100, 100, 41)
    torch.testing.assert_close(torch.as_tensor(sigmoid(a.numpy())), torch.sigmoid(a))
    torch.testing.assert_close(torch.as_tensor(tanh(a.numpy())), torch.tanh(a))
