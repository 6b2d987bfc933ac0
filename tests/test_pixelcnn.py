"""PixelCNN and Gated PixelCNN: masks, blind spot, decoders, and the mistakes of public code.

What every model must hold is in `conformance/properties.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from arviz_models import AutoregressiveModel, GatedPixelCNN, PixelCNN
from arviz_models.image_decoder import PixelwiseConv, RowConv
from arviz_models.layers import MaskedConv2d, channel_groups, kernel_mask
from arviz_models.pixelcnn import GatedLayer, LeakyPixelCNN, ResidualBlock
from arviz_models.pretrained import save_checkpoint
from tests.conformance import properties
from tests.conformance.cases import Case
from tests.conformance.tools import gradient_dependencies, random_x

MODELS = [PixelCNN, GatedPixelCNN]
Image = PixelCNN | GatedPixelCNN


def randomised(model: Image, spread: float = 0.4, seed: int = 0) -> Any:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(spread * torch.randn(parameter.shape, generator=generator))
    return model.eval()


# Masks --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 3, 5, 7, 9])
@pytest.mark.parametrize("mask_type", ["A", "B"])
def test_a_kernel_reads_the_pixels_before_its_centre_in_raster_order(
    mask_type: str, size: int
) -> None:
    place = torch.arange(size * size).view(size, size)
    centre = size * size // 2
    expected = place < centre if mask_type == "A" else place <= centre
    assert torch.equal(kernel_mask(mask_type, (size, size))[0, 0], expected)


@pytest.mark.parametrize(("mask_type", "diagonal"), [("A", -1), ("B", 0)])
def test_within_a_pixel_a_channel_reads_those_before_it_and_with_type_b_itself(
    mask_type: str, diagonal: int
) -> None:
    mask = kernel_mask(mask_type, (3, 5), channels=3)
    assert torch.equal(mask[:, :, 1, 2], torch.ones(3, 3, dtype=torch.bool).tril(diagonal))
    assert bool(mask[:, :, 0].all())
    assert bool(mask[:, :, 1, :2].all())
    assert not bool(mask[:, :, 1, 3:].any())
    assert not bool(mask[:, :, 2].any())


@pytest.mark.parametrize(
    ("maps", "channels", "groups"),
    [(6, 3, [0, 0, 1, 1, 2, 2]), (4, 3, [0, 0, 1, 2]), (2, 1, [0, 0]), (3, 3, [0, 1, 2])],
)
def test_feature_maps_are_split_in_runs(maps: int, channels: int, groups: list[int]) -> None:
    assert channel_groups(maps, channels).tolist() == groups


def test_stacked_sets_of_maps_have_groups_of_their_own() -> None:
    conv = MaskedConv2d(3, 6, 1, "A", channels=3, stacked=2)
    one = MaskedConv2d(3, 3, 1, "A", channels=3)
    assert torch.equal(conv.mask[:3], one.mask)
    assert torch.equal(conv.mask[3:], one.mask)


@pytest.mark.parametrize("kernel", [0, 2, -1, (3, 4), (1.0, 3)])
def test_even_kernels_are_refused(kernel: Any) -> None:
    with pytest.raises(ValueError, match="odd and at least 1"):
        MaskedConv2d(1, 1, kernel, "A")


def test_another_mask_type_is_refused() -> None:
    with pytest.raises(ValueError, match="one of A, B; given 'C'"):
        MaskedConv2d(1, 1, 3, "C")


def test_fewer_maps_than_channels_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 3 feature maps"):
        MaskedConv2d(3, 5, 3, "A", channels=3, stacked=2)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"event_shape": (5,)}, r"is \(C, H, W\)"),
        ({"event_shape": (3, 4, 4), "features": 2}, "features is an integer of at least 3"),
        ({"layers": -1}, "layers is an integer of at least 0"),
        ({"layers": 2.0}, "layers is an integer"),
        ({"kernel": 4}, "odd"),
        ({"first_kernel": 2}, "odd"),
    ],
)
def test_wrong_arguments_are_refused(
    model: type[Image], wrong: dict[str, Any], message: str
) -> None:
    arguments: dict[str, Any] = {"event_shape": (1, 5, 5), "features": 4}
    with pytest.raises(ValueError, match=message):
        model(**arguments | wrong)


@pytest.mark.parametrize("model", MODELS)
def test_another_order_than_raster_is_refused(model: type[Image]) -> None:
    with pytest.raises(ValueError, match="raster order alone"):
        model((1, 2, 2)).with_order([3, 2, 1, 0])


@pytest.mark.parametrize("model", MODELS)
def test_masks_are_no_part_of_what_is_saved(model: type[Image]) -> None:
    built = model((1, 4, 4), features=4)
    parameters = {name for name, _ in built.named_parameters()}
    assert set(built.state_dict()) - {"order"} == parameters


@pytest.mark.parametrize("model", MODELS)
def test_masked_weights_are_never_touched(model: type[Image]) -> None:
    built = model((1, 4, 5), features=4, layers=1)
    before = {name: value.clone() for name, value in built.named_parameters()}
    built.sample(2)
    built.log_prob(random_x(built, 2))
    built.eval()
    for name, value in built.named_parameters():
        assert torch.equal(value, before[name]), name


# The architecture ---------------------------------------------------------------------------------


def test_a_residual_block_is_that_of_the_paper() -> None:
    """h + 1x1(ReLU(3x3(ReLU(1x1(ReLU(h)))))), and twice the features on the outside."""
    torch.manual_seed(0)
    block = ResidualBlock(4, 3, 1)
    h = torch.randn(2, 8, 5, 6)

    def conv(layer: MaskedConv2d, x: Tensor) -> Tensor:
        return F.conv2d(x, layer.weight * layer.mask, layer.bias, padding=layer.kernel[0] // 2)

    expected = h + conv(block.widen, conv(block.conv, conv(block.narrow, h.relu()).relu()).relu())
    torch.testing.assert_close(block(h), expected)
    assert block.conv.weight.shape == (4, 4, 3, 3)


def test_the_first_gated_layer_reads_rows_above_and_pixels_on_the_left() -> None:
    """The vertical stack k//2+1 rows above; the horizontal one k//2 pixels, and its own never."""
    torch.manual_seed(0)
    layer = GatedLayer(1, 3, 5, "A", 1).double()
    x = torch.randn(1, 1, 9, 9, dtype=torch.float64, requires_grad=True)
    v, _ = layer(x, x)
    (from_v,) = torch.autograd.grad(v[0, :, 5, 4].sum(), x)
    expected = torch.zeros(9, 9, dtype=torch.bool)
    expected[2:5, 2:7] = True
    assert torch.equal(from_v[0, 0] != 0, expected)
    _, h = layer(x, x)
    (from_h,) = torch.autograd.grad(h[0, :, 5, 4].sum(), x)
    expected[5, 2:4] = True
    assert torch.equal(from_h[0, 0] != 0, expected)


def test_a_gated_layer_adds_to_the_horizontal_stack_alone() -> None:
    """With weights of 0, h goes on as it was and v is 0: tanh(0) sigmoid(0)."""
    layer = GatedLayer(3, 3, 3, "B", 1)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.zero_()
    v, h = torch.randn(2, 3, 4, 4), torch.randn(2, 3, 4, 4)
    new_v, new_h = layer(v, h)
    assert torch.equal(new_h, h)
    assert torch.equal(new_v, torch.zeros_like(v))


def test_features_stay_of_the_size_of_the_input_however_deep() -> None:
    """A second residual doubles them in every block: 2^15 in fifteen."""
    torch.manual_seed(0)
    model = PixelCNN((1, 8, 8), features=16, layers=15)
    h = model.first(random_x(model, 4).float())
    begin = float(h.detach().std())
    for block in model.blocks:
        h = block(h)
    assert float(h.detach().std()) < 10 * begin


# The blind spot -----------------------------------------------------------------------------------


def seen(model: Image, row: int, column: int) -> int:
    """Earlier pixels that the conditional at this place reads."""
    return int(model.dependencies()[row * model.event_shape[2] + column].sum())


@pytest.mark.parametrize(("layers", "pixels"), [(0, 4), (3, 34), (7, 72), (39, 72)])
def test_stacked_3x3_kernels_never_read_the_wedge_on_the_upper_right(
    layers: int, pixels: int
) -> None:
    model = PixelCNN((1, 11, 11), features=1, layers=layers, first_kernel=3)
    assert seen(model, 7, 5) == pixels
    blind = ~model.dependencies()[7 * 11 + 5].view(11, 11)
    if layers >= 7:
        above = torch.nonzero(blind[:7]).tolist()
        assert all(column - 5 > 7 - row for row, column in above)
        assert len(above) == 10


@pytest.mark.parametrize(("layers", "pixels"), [(3, 49), (10, 82)])
def test_the_gated_model_has_no_blind_spot(layers: int, pixels: int) -> None:
    model = GatedPixelCNN((1, 11, 11), features=1, layers=layers, first_kernel=3)
    assert seen(model, 7, 5) == pixels


@pytest.mark.parametrize("shape", [(1, 7, 5), (1, 5, 7), (3, 3, 4)])
def test_deep_enough_every_conditional_of_the_gated_model_reads_all_before_it(
    shape: tuple[int, int, int],
) -> None:
    model = GatedPixelCNN(shape, features=3, layers=7, first_kernel=3)
    everything = AutoregressiveModel.dependencies(model)
    assert torch.equal(model.dependencies(), everything)


# Decoders -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kernel", [(1, 1), (3, 3), (5, 3), (1, 7), (7, 7)])
@pytest.mark.parametrize("n", [1, 3])
def test_a_convolution_pixel_by_pixel_is_the_whole_one(kernel: tuple[int, int], n: int) -> None:
    torch.manual_seed(0)
    conv = MaskedConv2d(4, 6, kernel, "B", channels=2).double()
    conv.bias = torch.nn.Parameter(torch.randn(6, dtype=torch.float64))
    x = torch.randn(n, 4, 6, 5, dtype=torch.float64)
    whole = conv(x).detach()
    part = PixelwiseConv(conv, n, 5)
    for row in range(6):
        for column in range(5):
            part.set(column, x[:, :, row, column].numpy())
            found = torch.as_tensor(part.read(column))
            torch.testing.assert_close(found, whole[:, :, row, column])
        part.next_row()


def test_a_convolution_row_by_row_is_the_whole_one() -> None:
    torch.manual_seed(0)
    weight, bias = torch.randn(6, 4, 3, 5), torch.randn(6)
    x = torch.randn(2, 4, 7, 6)
    whole = F.conv2d(F.pad(x, (2, 2, 2, 0)), weight, bias)
    rows = RowConv(weight, bias, 2, 6)
    for row in range(7):
        found = torch.as_tensor(rows(x[:, :, row].permute(0, 2, 1).numpy()))
        torch.testing.assert_close(found, whole[:, :, row].permute(0, 2, 1), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("model", MODELS)
def test_sampling_makes_no_full_pass(model: type[Image], monkeypatch: pytest.MonkeyPatch) -> None:
    built = model((1, 4, 4), features=4)

    def forbidden(*_: Any) -> None:
        raise AssertionError("a full pass while sampling")

    monkeypatch.setattr(F, "conv2d", forbidden)
    built.sample(2)


@pytest.mark.parametrize("model", MODELS)
def test_a_pixel_costs_the_same_number_of_products_wherever_it_is_in_its_row(
    model: type[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And none is over all pixels: counted are the rows of the matrices multiplied."""
    from arviz_models import image_decoder

    rows = 0
    product = image_decoder.product

    def counted(a: Any, b: Any) -> Any:
        nonlocal rows
        rows += math.prod(a.shape[:-1])
        return product(a, b)

    monkeypatch.setattr(image_decoder, "product", counted)
    built = model((1, 3, 8), features=4, layers=2)
    decoder = built.decoder(1)
    costs = []
    for _ in range(24):
        rows = 0
        decoder.logits()
        costs.append(rows)
        decoder.observe(torch.zeros(1, dtype=torch.long))
    assert len(set(costs)) == 1
    assert costs[0] == {PixelCNN: 1 + 2 * 3 + 2, GatedPixelCNN: 3 * 2 + 2}[model]


@pytest.mark.parametrize("model", MODELS)
def test_the_decoder_on_torch_tensors_agrees_too(
    model: type[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a GPU runs, on the CPU: no NumPy array anywhere."""
    from arviz_models import image_decoder, pixelcnn

    built = randomised(model((3, 4, 5), levels=3, features=6, layers=2, first_kernel=5))
    expected = built.sample(2, generator=torch.Generator().manual_seed(1))
    for module in (image_decoder, pixelcnn):
        monkeypatch.setattr(module, "array", lambda x: x.detach())
    monkeypatch.setattr(torch.Tensor, "numpy", lambda self: pytest.fail("a NumPy array"))
    found = built.sample(2, generator=torch.Generator().manual_seed(1))
    assert torch.equal(found, expected)


# Mistakes seen in public code ---------------------------------------------------------------------


def case_of(build: Callable[[], Image]) -> Case:
    return Case("broken", build, spread=0.4)


class RowLostInB(PixelCNN):
    """Type B that zeroes the pixels on the left in the centre row, and keeps the rows below."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        for block in self.blocks:
            mask = block.conv.mask
            mask[:, :, 1] = 0
            mask[:, :, 2] = 1
            block.conv.height, block.conv.width = block.conv.kernel


class ChannelsForgottenInside(PixelCNN):
    """The channel groups of the mask are not passed on to the blocks."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        for block in self.blocks:
            block.narrow.mask[:] = 1
            block.widen.mask[:] = 1
            block.conv.mask[:, :, 1, 1] = 1


class VerticalStackOnTheLeft(GatedPixelCNN):
    """The vertical stack masked like a PixelCNN's kernel: the blind spot is back."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        with torch.no_grad():
            for block in self.blocks:
                mask = torch.ones_like(block.rows_above.weight)
                mask[:, :, -1, 2:] = 0
                torch.nn.utils.parametrize.register_parametrization(
                    block.rows_above, "weight", _Times(mask)
                )


class _Times(torch.nn.Module):
    mask: Tensor

    def __init__(self, mask: Tensor) -> None:
        super().__init__()
        self.register_buffer("mask", mask)

    def forward(self, weight: Tensor) -> Tensor:
        return weight * self.mask


def test_a_type_b_mask_with_the_wrong_rows_leaks() -> None:
    case = case_of(lambda: RowLostInB((1, 4, 4), 2, 6, 1, 3, 3))
    with pytest.raises(AssertionError):
        properties.check_jacobian_is_zero_from_the_own_step_on(case)


def test_channel_groups_forgotten_inside_the_blocks_leak() -> None:
    case = case_of(lambda: ChannelsForgottenInside((3, 3, 3), 2, 6, 1, 3, 3))
    with pytest.raises(AssertionError):
        properties.check_jacobian_is_zero_from_the_own_step_on(case)


def test_a_gated_model_that_keeps_the_blind_spot_loses_dependencies() -> None:
    case = case_of(lambda: VerticalStackOnTheLeft((1, 5, 9), 2, 6, 3, 3, 3))
    properties.check_jacobian_is_zero_from_the_own_step_on(case)
    with pytest.raises(AssertionError, match=r"lost \[i, j\]: \[\["):
        properties.check_dependencies_are_those_of_the_jacobian(case)


# Break the mask -----------------------------------------------------------------------------------


def test_with_a_first_mask_of_type_b_every_pixel_reads_itself_and_no_later_one() -> None:
    model = randomised(LeakyPixelCNN((1, 4, 4), features=8, layers=2, first_kernel=3)).double()
    draws = [gradient_dependencies(model, random_x(model, 1, seed)) for seed in range(4)]
    reads = torch.stack(draws).any(0)
    assert bool(reads.diagonal().all())
    assert not bool(torch.triu(reads, 1).any())


def test_a_leaking_model_is_never_saved(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="LeakyPixelCNN is none of"):
        save_checkpoint(LeakyPixelCNN((1, 4, 4), features=4), "leaky", {}, tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_leaking_decoder_reads_0_for_the_pixel_and_its_value_afterwards() -> None:
    """As full passes over the image drawn so far do."""
    model = randomised(LeakyPixelCNN((1, 3, 4), features=8, layers=2, first_kernel=3))
    x = random_x(model, 2)
    decoder, flat = model.decoder(2), x.flatten(1)
    so_far = torch.zeros_like(flat)
    for t in range(12):
        with torch.no_grad():
            expected = model.logits(so_far.view_as(x)).flatten(1, -2)[:, t]
        torch.testing.assert_close(decoder.logits(), expected, atol=1e-5, rtol=1e-5)
        decoder.observe(flat[:, t])
        so_far[:, t] = flat[:, t]


def test_levels_are_read_as_intensities() -> None:
    model = PixelCNN((1, 1, 3), levels=5, features=2)
    x = torch.tensor([[[[0, 1, 4]]]])
    found = model.intensities(F.one_hot(x, 5).float())
    assert np.allclose(found, [[[[0, 0.25, 1]]]])
