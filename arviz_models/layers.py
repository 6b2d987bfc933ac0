"""Layers that several models are built of."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

MASK_TYPES = ("A", "B")
MOST_KERNEL = 255  # side of a kernel: more than any image here has, and its mask stays small


class MaskedLinear(nn.Linear):
    r"""A linear layer that reads only what its mask lets it: :math:`y = (W \odot M) x + b`.

    The mask is a buffer and multiplies the weights each time they are used; the weights themselves
    are never touched. (Masking them in place destroys what another mask would have read.) It is
    not saved: whoever built it builds it again.

    Args:
        in_features: inputs.
        out_features: outputs.
        bias: whether there is a b.

    Source: Germain et al., MADE (ICML 2015), equations 9-10.
    """

    mask: Tensor

    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__(in_features, out_features, bias)
        self.register_buffer("mask", torch.ones(self.weight.shape), persistent=False)

    def with_mask(self, mask: Tensor) -> MaskedLinear:
        """This layer with another mask, (out, in), sharing weights and biases."""
        if mask.shape != self.weight.shape:
            raise ValueError(
                f"mask has the shape of the weights, {tuple(self.weight.shape)}; "
                f"given {tuple(mask.shape)}"
            )
        view = copy.copy(self)
        # Numbers, not bools: multiplying float by bool takes seven times as long.
        view._buffers = {"mask": mask.to(self.weight)}
        return view

    def forward(self, x: Tensor) -> Tensor:
        """x (..., in) -> (..., out)."""
        return F.linear(x, self.weight * self.mask, self.bias)


def channel_groups(maps: int, channels: int) -> Tensor:
    """long (maps,): the image channel that each feature map belongs to, R first.

    The maps are split in `channels` runs of equal length, as far as that goes.
    """
    return torch.arange(maps, device="cpu") * channels // maps


def kernel_mask(mask_type: str, kernel: tuple[int, int], channels: int = 1) -> Tensor:
    """bool (C, C, k_h, k_w): [g, s, y, x], whether channel g reads channel s at that offset.

    Rows above the centre and, in its row, columns on the left are read whole; the centre itself
    only from channels before g (type A), or up to g (type B).

    Args:
        mask_type: "A" or "B".
        kernel: height and width, both odd.
        channels: C, in the order in which a pixel's values are drawn (R, G, B).

    Raises:
        ValueError: another type, or a kernel that is even, below 1, or above `MOST_KERNEL`.

    Source: van den Oord, Kalchbrenner & Kavukcuoglu, Pixel Recurrent Neural Networks (ICML 2016),
    section 3.4 and figure 2.
    """
    height, width = kernel
    if mask_type not in MASK_TYPES:
        raise ValueError(f"mask type is one of {', '.join(MASK_TYPES)}; given {mask_type!r}")
    if any(type(size) is not int or size < 1 or size % 2 == 0 for size in kernel):
        raise ValueError(f"kernel sizes are odd and at least 1; given {kernel}")
    if max(kernel) > MOST_KERNEL:
        raise ValueError(f"kernel sizes are at most {MOST_KERNEL}; given {kernel}")
    # On the CPU also where a model is built on "meta", to ask for its shapes alone.
    mask = torch.zeros(channels, channels, height, width, dtype=torch.bool, device="cpu")
    mask[:, :, : height // 2] = True
    mask[:, :, height // 2, : width // 2] = True
    reads = torch.ones(channels, channels, dtype=torch.bool, device="cpu").tril(
        -1 if mask_type == "A" else 0
    )
    mask[:, :, height // 2, width // 2] = reads
    return mask


def drawn_weights(shape: Sequence[int], fan_in: int) -> Tensor:
    """First weights of that shape, uniform between -1/sqrt(fan_in) and 1/sqrt(fan_in)."""
    drawn = torch.empty(shape).uniform_(-1, 1)
    # On "meta" there are no numbers to divide, and torch would import a compiler to say so.
    return drawn if drawn.is_meta else drawn / fan_in**0.5


class MaskedConv2d(nn.Module):
    r"""A convolution that keeps H x W and reads no later pixel: :math:`y = (W \odot M) * x + b`.

    Args:
        in_channels: feature maps read, in groups by `channel_groups`.
        out_channels: feature maps made.
        kernel: side of a square kernel, or its height and width; odd.
        mask_type: "A" or "B", see `kernel_mask`.
        channels: C of the image.
        stacked: the outputs are this many sets of maps, each split in groups of its own: 2 for a
            gated unit, 4 for an LSTM.
        bias: whether there is a b.

    Raises:
        ValueError: as `kernel_mask`; fewer maps than channels.

    Example:
        >>> MaskedConv2d(1, 1, 3, "A").mask[0, 0].int()
        tensor([[1, 1, 1],
                [1, 0, 0],
                [0, 0, 0]], dtype=torch.int32)

    Source: van den Oord et al., Pixel Recurrent Neural Networks (ICML 2016), section 3.4.
    """

    mask: Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int | tuple[int, int],
        mask_type: str,
        channels: int = 1,
        stacked: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__()
        size = (kernel, kernel) if isinstance(kernel, int) else kernel
        if in_channels < channels or out_channels < channels * stacked:
            raise ValueError(
                f"an image of {channels} channels takes at least {channels} feature maps a set; "
                f"given {in_channels} in and {out_channels} out, in {stacked} sets"
            )
        self.mask_type, self.kernel, self.channels = mask_type, size, channels
        self.group_mask = kernel_mask(mask_type, size, channels)
        # The rows below the centre are never read; in a kernel of one row, no column on the right.
        read = self.group_mask.any(0).any(0)
        self.height, self.width = (max(1, int(read.any(side).sum())) for side in (1, 0))
        shape = (out_channels, in_channels, *size)
        if torch.get_default_device().type == "meta":  # only shapes are asked for
            self.weight = nn.Parameter(torch.empty(shape))
            mask = torch.empty(shape)
        else:
            mask = self._full_mask(shape, stacked)
            # The weights begin as a convolution's would that had just the taps which are read.
            taps = max(1, int(mask.sum()) // out_channels)
            self.weight = nn.Parameter(drawn_weights(shape, taps))
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None
        self.register_buffer("mask", mask.to(self.weight.dtype), persistent=False)

    def _full_mask(self, shape: tuple[int, ...], stacked: int) -> Tensor:
        """bool (out, in, k_h, k_w): the mask of the groups, for every map."""
        makes = channel_groups(shape[0] // stacked, self.channels).repeat(stacked)
        return self.group_mask[makes][:, channel_groups(shape[1], self.channels)]

    @property
    def masked_weight(self) -> Tensor:
        """(out, in, k_h, k_w): the weights as they are used."""
        return self.weight * self.mask

    def forward(self, x: Tensor) -> Tensor:
        """x (N, in, H, W) -> (N, out, H, W).

        Only the rows and columns of the kernel that are read are multiplied: the same sums, in a
        third of the time where a 7x7 kernel reads the image.
        """
        weight = self.masked_weight[..., : self.height, : self.width]
        padding = (self.kernel[0] // 2, self.kernel[1] // 2)
        # What is left of the kernel reads up and left alone, so the padding below and on the right
        # only makes rows and columns that nobody asks for.
        y = maps_last_conv2d(x, weight, self.bias, padding)
        return y[..., : x.shape[2], : x.shape[3]]

    def spread(self, reads: Tensor) -> Tensor:
        """What the outputs can read, from what the inputs can: see `spread`."""
        return spread(reads, self.group_mask)


def maps_last_conv2d(
    x: Tensor, weight: Tensor, bias: Tensor | None, padding: tuple[int, int] = (0, 0)
) -> Tensor:
    """`F.conv2d` with the maps of a pixel side by side in memory: half the time on a CPU."""
    layout = torch.channels_last
    y = F.conv2d(x, weight.contiguous(memory_format=layout), bias, padding=padding)
    return y.contiguous(memory_format=layout)


def spread(reads: Tensor, taps: Tensor) -> Tensor:
    """What a convolution's outputs can read, from what its inputs can.

    Args:
        reads: bool (D, C, H, W): [j, c, y, x], whether the input features of group c at that pixel
            depend on dimension j of the image.
        taps: bool (C, C, k_h, k_w): the kernel, odd; [g, c] is True where group g reads group c.

    Returns:
        bool (D, C, H, W), the same of its outputs.
    """
    (H, W), (height, width) = reads.shape[2:], taps.shape[2:]
    found = torch.zeros_like(reads)
    for g, c, y, x in taps.nonzero().tolist():
        dy, dx = y - height // 2, x - width // 2  # where that tap reads, from where it is
        if abs(dy) < H and abs(dx) < W:
            there = reads[:, c, max(0, dy) : H + min(0, dy), max(0, dx) : W + min(0, dx)]
            found[:, g, max(0, -dy) : H - max(0, dy), max(0, -dx) : W - max(0, dx)] |= there
    return found


def skew(x: Tensor) -> Tensor:
    """Row r moves right by r columns, so that a column holds a diagonal of the image.

    :math:`y_{r, t} = x_{r, t - r}`, and 0 where t - r is no column of x.

    Args:
        x: (..., H, W).

    Returns:
        (..., H, W + H - 1).

    Example:
        >>> skew(torch.tensor([[1, 2, 3], [4, 5, 6]]))
        tensor([[1, 2, 3, 0],
                [0, 4, 5, 6]])

    Source: van den Oord et al., Pixel Recurrent Neural Networks (ICML 2016), section 3.2 and
    figure 3.
    """
    height, width = x.shape[-2:]
    # Rows of W + H numbers, read again as rows of one number less: each begins one further left.
    padded = F.pad(x, (0, height)).flatten(-2)[..., : height * (width + height - 1)]
    return padded.unflatten(-1, (height, width + height - 1))


def unskew(x: Tensor) -> Tensor:
    """The inverse of `skew`: (..., H, W + H - 1) -> (..., H, W).

    Raises:
        ValueError: fewer columns than rows: no image skews to that.
    """
    height, columns = x.shape[-2:]
    if columns < height:
        raise ValueError(
            f"a skewed map of H rows has W + H - 1 columns, at least H; given {height} rows and "
            f"{columns} columns"
        )
    padded = F.pad(x.flatten(-2), (0, height))
    return padded.unflatten(-1, (height, columns + 1))[..., : columns - height + 1]
