"""Layers that several models share: masks of convolutions, and the skewed map."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from arviz_models.layers import MaskedConv2d, channel_groups, kernel_mask, skew, spread, unskew

SHAPES = [(1, 1), (1, 5), (5, 1), (4, 4), (3, 7), (7, 3)]


# Skewing ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
def test_skew_moves_row_r_right_by_r_columns(shape: tuple[int, int]) -> None:
    height, width = shape
    x = torch.randn(2, 3, *shape)
    y = skew(x)
    assert y.shape == (2, 3, height, width + height - 1)
    for row in range(height):
        for column in range(y.shape[3]):
            inside = 0 <= column - row < width
            expected = x[:, :, row, column - row] if inside else torch.zeros(2, 3)
            assert torch.equal(y[:, :, row, column], expected)


@pytest.mark.parametrize("leading", [(), (2,), (2, 3)])
@pytest.mark.parametrize("shape", SHAPES)
def test_unskew_is_the_exact_inverse_of_skew(
    shape: tuple[int, int], leading: tuple[int, ...]
) -> None:
    x = torch.randn(*leading, *shape)
    assert torch.equal(unskew(skew(x)), x)
    whole = torch.arange(shape[0] * shape[1]).view(shape)  # exact for integers as well
    assert torch.equal(unskew(skew(whole)), whole)


@pytest.mark.parametrize("shape", SHAPES)
def test_what_stands_outside_of_the_image_does_not_come_back(shape: tuple[int, int]) -> None:
    x = torch.randn(shape)
    outside = skew(torch.ones(shape)) == 0
    assert torch.equal(unskew(skew(x).masked_fill(outside, torch.nan)), x)


@pytest.mark.parametrize("shape", SHAPES)
def test_gradients_take_the_same_way_back(shape: tuple[int, int]) -> None:
    x = torch.randn(2, *shape, requires_grad=True)
    upstream = torch.randn_like(skew(x))
    (found,) = torch.autograd.grad(skew(x), x, upstream)
    assert torch.equal(found, unskew(upstream))
    (found,) = torch.autograd.grad(unskew(upstream.requires_grad_()), upstream, x.detach())
    assert torch.equal(found, skew(x.detach()))


def test_unskew_refuses_what_no_image_skews_to() -> None:
    with pytest.raises(ValueError, match=r"W \+ H - 1 columns.*given 4 rows and 3 columns"):
        unskew(torch.zeros(4, 3))


# Masked convolutions ------------------------------------------------------------------------------


@pytest.mark.parametrize("kernel", [(1, 1), (3, 3), (7, 7), (1, 5), (5, 3)])
def test_masks_hold_the_pixels_before_the_centre_and_b_the_centre_too(
    kernel: tuple[int, int],
) -> None:
    size, centre = kernel[0] * kernel[1], kernel[0] * kernel[1] // 2  # in raster order
    for mask_type, last in (("A", centre), ("B", centre + 1)):
        expected = torch.arange(size).view(kernel) < last
        assert torch.equal(kernel_mask(mask_type, kernel)[0, 0], expected)


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_at_the_centre_channels_are_read_in_the_order_of_drawing(channels: int) -> None:
    """Elsewhere all channels read all, or none."""
    order = torch.arange(channels)
    before = order.unsqueeze(1) > order.unsqueeze(0)
    masks = {name: kernel_mask(name, (3, 3), channels) for name in ("A", "B")}
    assert torch.equal(masks["A"][:, :, 1, 1], before)
    assert torch.equal(masks["B"][:, :, 1, 1], before | torch.eye(channels, dtype=torch.bool))
    for mask in masks.values():
        elsewhere = mask.flatten(2)[..., [0, 1, 2, 3, 5, 6, 7, 8]]
        assert torch.equal(elsewhere, elsewhere[:1, :1].expand_as(elsewhere))


@pytest.mark.parametrize("maps", [3, 4, 10, 12])
def test_maps_are_split_in_runs_of_nearly_equal_length(maps: int) -> None:
    groups = channel_groups(maps, 3)
    assert torch.equal(groups, groups.sort().values)
    counts = groups.bincount(minlength=3)
    assert int(counts.max() - counts.min()) <= 1
    assert int(counts.min()) >= 1


@pytest.mark.parametrize("stacked", [1, 2, 4])
@pytest.mark.parametrize("mask_type", ["A", "B"])
def test_every_set_of_a_stack_is_split_in_groups_of_its_own(mask_type: str, stacked: int) -> None:
    conv = MaskedConv2d(6, 9 * stacked, 3, mask_type, channels=3, stacked=stacked)
    expected = kernel_mask(mask_type, (3, 3), 3)[channel_groups(9, 3)][:, channel_groups(6, 3)]
    for mask in conv.mask.split(9):
        assert torch.equal(mask.bool(), expected)


def read(conv: MaskedConv2d, x: Tensor) -> Tensor:
    """bool (in, H, W, out, H, W): which output has a gradient at which input."""

    def of_one(x: Tensor) -> Tensor:
        y: Tensor = conv(x.unsqueeze(0))[0]
        return y

    jacobian: Tensor = torch.autograd.functional.jacobian(of_one, x)
    return jacobian.permute(3, 4, 5, 0, 1, 2) != 0


@pytest.mark.parametrize("mask_type", ["A", "B"])
@pytest.mark.parametrize("kernel", [1, 3, (1, 5)])
@pytest.mark.parametrize("channels", [1, 3])
def test_spread_is_where_the_convolution_has_gradients(
    channels: int, kernel: int | tuple[int, int], mask_type: str
) -> None:
    """With one map for each channel: so map and group are the same."""
    conv = MaskedConv2d(channels, channels, kernel, mask_type, channels)
    itself = torch.eye(channels * 12, dtype=torch.bool).view(-1, channels, 3, 4)
    found = read(conv, torch.randn(channels, 3, 4)).flatten(0, 2)
    assert torch.equal(found, conv.spread(itself))
    assert torch.equal(found, spread(itself, conv.group_mask))


def test_the_weights_are_masked_as_they_are_used_and_never_changed() -> None:
    conv = MaskedConv2d(3, 6, 3, "A", 3)
    before = conv.weight.detach().clone()
    x = torch.randn(2, 3, 5, 4)
    expected = F.conv2d(x, before * conv.mask, conv.bias, padding=1)
    torch.testing.assert_close(conv(x), expected)
    conv(x).sum().backward()
    assert torch.equal(conv.weight, before)
    assert conv.weight.grad is not None
    assert not conv.weight.grad[conv.mask == 0].any()
    assert conv.weight.grad[conv.mask == 1].all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, 1, 3, "C"), "mask type is one of A, B; given 'C'"),
        ((1, 1, 4, "A"), r"odd and at least 1; given \(4, 4\)"),
        ((1, 1, (3, 0), "A"), r"odd and at least 1; given \(3, 0\)"),
        ((2, 9, 3, "A", 3), "at least 3 feature maps a set; given 2 in and 9 out"),
        ((3, 8, 3, "A", 3, 4), "3 feature maps a set; given 3 in and 8 out, in 4 sets"),
    ],
)
def test_errors_name_what_was_given_and_what_is_expected(
    arguments: tuple[object, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        MaskedConv2d(*arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("mask_type", ["A", "B"])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("kernel", [1, 3, 7, (1, 3), (1, 7), (5, 3)])
def test_only_what_is_read_of_a_kernel_is_multiplied_and_the_result_is_that_of_all_of_it(
    kernel: int | tuple[int, int], channels: int, mask_type: str
) -> None:
    conv = MaskedConv2d(2 * channels, 4 * channels, kernel, mask_type, channels).double()
    x = torch.randn(2, 2 * channels, 5, 4, dtype=torch.double)
    sides = (conv.kernel[0] // 2, conv.kernel[1] // 2)
    whole = F.conv2d(x, conv.masked_weight, conv.bias, padding=sides)
    assert torch.allclose(conv(x), whole, atol=1e-12, rtol=0)
    assert conv.height == sides[0] + 1
    if conv.kernel[0] == 1 and conv.kernel[1] > 1:
        own = mask_type == "B" or channels > 1
        assert conv.width == sides[1] + own
    elif conv.kernel[1] > 1:
        assert conv.width == conv.kernel[1]
