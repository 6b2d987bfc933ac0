r"""PixelCNN and Gated PixelCNN: every conditional of an image by masked convolutions.

PixelCNN: a 7x7 convolution of mask A, then residual blocks, each

.. math:: h \leftarrow h + W_3 \, \mathrm{ReLU}(W_2 *_B \mathrm{ReLU}(W_1 \mathrm{ReLU}(h)))

with a k x k convolution of mask B between two of 1x1. Stacked masked convolutions never read a
wedge of earlier pixels on the upper right, however deep the stack: the blind spot.

Gated PixelCNN: two stacks. The vertical one reads the rows above, all of their columns; the
horizontal one reads its own row on the left, and the vertical stack:

.. math:: h' = \tanh(W_f * h + V_f v) \odot \sigma(W_g * h + V_g v)

It has no blind spot.

Source: van den Oord, Kalchbrenner & Kavukcuoglu, Pixel Recurrent Neural Networks (ICML 2016),
sections 3.4, 4 and table 1; van den Oord et al., Conditional Image Generation with PixelCNN
Decoders (NeurIPS 2016), sections 2.1-2.3 and figure 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from arviz_models.base import Decoder
from arviz_models.image_decoder import (
    Array,
    ImageDecoder,
    PixelwiseConv,
    Pointwise,
    RowConv,
    array,
    gated,
    relu,
)
from arviz_models.image_model import ImageModel, OutputLayers
from arviz_models.layers import MaskedConv2d, kernel_mask, maps_last_conv2d, spread


class PixelCNN(ImageModel):
    """PixelCNN.

    Args:
        event_shape: (C, H, W).
        levels: K.
        features: F, maps inside a residual block; 2F run between the blocks.
        layers: residual blocks.
        kernel: side of their convolutions, odd.
        first_kernel: side of the first convolution, of mask A, odd.

    Raises:
        ValueError: as `ImageModel`; a kernel that is even or below 1.
    """

    FIRST_MASK = "A"

    def __init__(
        self,
        event_shape: Sequence[int],
        levels: int = 2,
        features: int = 32,
        layers: int = 7,
        kernel: int = 3,
        first_kernel: int = 7,
    ) -> None:
        super().__init__(event_shape, levels, features, layers)
        C = self.channels
        self.kernel, self.first_kernel = kernel, first_kernel
        self.first = MaskedConv2d(C, 2 * features, first_kernel, self.FIRST_MASK, C)
        self.blocks: Sequence[ResidualBlock] = nn.ModuleList(  # type: ignore[assignment]
            ResidualBlock(features, kernel, C) for _ in range(layers)
        )
        self.head = OutputLayers(2 * features, 2 * features, levels, C)

    @property
    def config(self) -> dict[str, Any]:
        return super().config | {"kernel": self.kernel, "first_kernel": self.first_kernel}

    def forward(self, one_hot: Tensor) -> Tensor:
        h = self.first(self.intensities(one_hot))  # (N, 2F, H, W)
        for block in self.blocks:
            h = block(h)
        return self.levels_last(self.head(h))

    def decoder(self, n: int) -> Decoder:
        return PixelCNNDecoder(self, n)

    def first_reads(self) -> Tensor:
        return self.first.spread(self._every_dimension())[None]

    def next_reads(self, reads: Tensor) -> Tensor:
        return spread(reads[0], kernel_mask("B", (self.kernel, self.kernel), self.channels))[None]


class ResidualBlock(nn.Module):
    """h + 1x1(ReLU(k x k(ReLU(1x1(ReLU(h)))))), all of mask B.

    Source: Pixel Recurrent Neural Networks, figure 5 (left) and section 3.3.
    """

    def __init__(self, features: int, kernel: int, channels: int) -> None:
        super().__init__()
        self.narrow = MaskedConv2d(2 * features, features, 1, "B", channels)
        self.conv = MaskedConv2d(features, features, kernel, "B", channels)
        self.widen = MaskedConv2d(features, 2 * features, 1, "B", channels)

    def forward(self, h: Tensor) -> Tensor:
        """h (N, 2F, H, W) -> (N, 2F, H, W)."""
        z = self.narrow(torch.relu(h))
        z = self.conv(torch.relu(z))
        out: Tensor = h + self.widen(torch.relu(z))
        return out


class LeakyPixelCNN(PixelCNN):
    """A PixelCNN whose first mask is of type B, to show what that does: every pixel reads itself.

    Its loss falls to 0, since it is told each answer. It is no density, its samples are worthless,
    and no checkpoint may hold it (`save_checkpoint` and `load_pretrained` do not know the class).
    """

    FIRST_MASK = "B"


class PixelCNNDecoder(ImageDecoder):
    """Each layer at the new pixel alone."""

    def __init__(self, model: PixelCNN, n: int) -> None:
        super().__init__(model, n)
        self._first = PixelwiseConv(model.first, n, self._width)
        self._leaks = model.first.mask_type == "B"
        self._blocks = [
            (Pointwise(b.narrow), PixelwiseConv(b.conv, n, self._width), Pointwise(b.widen))
            for b in model.blocks
        ]

    def internals(self) -> dict[str, Tensor]:
        """features: (n, 2F), max(h, 0) after the last block, which the head reads."""
        return self._read_by_head()

    def _features(self, column: int) -> Array:
        h = self._first.read(column)  # (n, 2F)
        for narrow, conv, widen in self._blocks:
            conv.set(column, relu(narrow(relu(h))))
            h = h + widen(relu(conv.read(column)))
        return h

    def _set(self, column: int, channel: int, intensity: Array) -> None:
        self._first.set(column, intensity, channel)
        if self._leaks:  # what later pixels read of this one holds its own value
            self._features(column)

    def _next_row(self) -> None:
        self._first.next_row()
        for _, conv, _ in self._blocks:
            conv.next_row()


class GatedPixelCNN(ImageModel):
    """Gated PixelCNN: a vertical and a horizontal stack of gated convolutions.

    Args:
        event_shape: (C, H, W).
        levels: K.
        features: F, maps of each stack.
        layers: gated layers after the first.
        kernel: k, odd: k//2+1 x k in the vertical stack, 1 x k//2+1 in the horizontal one.
        first_kernel: the same for the first layer.

    Raises:
        ValueError: as `PixelCNN`.
    """

    def __init__(
        self,
        event_shape: Sequence[int],
        levels: int = 2,
        features: int = 32,
        layers: int = 7,
        kernel: int = 3,
        first_kernel: int = 7,
    ) -> None:
        super().__init__(event_shape, levels, features, layers)
        C = self.channels
        self.kernel, self.first_kernel = kernel, first_kernel
        self.first = GatedLayer(C, features, first_kernel, "A", C)
        self.blocks: Sequence[GatedLayer] = nn.ModuleList(  # type: ignore[assignment]
            GatedLayer(features, features, kernel, "B", C) for _ in range(layers)
        )
        self.head = OutputLayers(features, 2 * features, levels, C)

    @property
    def config(self) -> dict[str, Any]:
        return super().config | {"kernel": self.kernel, "first_kernel": self.first_kernel}

    def forward(self, one_hot: Tensor) -> Tensor:
        x = self.intensities(one_hot)
        v, h = self.first(x, x)  # each (N, F, H, W)
        for block in self.blocks:
            v, h = block(v, h)
        return self.levels_last(self.head(h))

    def decoder(self, n: int) -> Decoder:
        return GatedPixelCNNDecoder(self, n)

    def first_reads(self) -> Tensor:
        image = self._every_dimension()
        return self.first.spread(torch.stack([image, image]))

    def next_reads(self, reads: Tensor) -> Tensor:
        layer = GatedLayer(self.channels, self.channels, self.kernel, "B", self.channels)
        return layer.spread(reads)


class GatedLayer(nn.Module):
    """One layer of both stacks; the first (mask A) reads the image, in rows above and on the left.

    What reaches the vertical stack once is from the rows above; from then on it may be read at
    its own row, so the shift by one row is made in the first layer and never again.

    Args:
        in_channels: maps of each stack read.
        features: F, maps of each stack made.
        kernel: k, odd.
        mask_type: "A" for the first layer, else "B".
        channels: C of the image.

    Source: Conditional Image Generation with PixelCNN Decoders, figure 2 and equation 2.
    """

    def __init__(
        self, in_channels: int, features: int, kernel: int, mask_type: str, channels: int
    ) -> None:
        super().__init__()
        self.row = MaskedConv2d(
            in_channels, 2 * features, (1, kernel), mask_type, channels, stacked=2
        )
        self.shift = 1 if mask_type == "A" else 0
        self.rows_above = nn.Conv2d(in_channels, 2 * features, (kernel // 2 + 1, kernel))
        self.link = nn.Conv2d(2 * features, 2 * features, 1, bias=False)
        self.out = MaskedConv2d(features, features, 1, "B", channels)

    def forward(self, v: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        """v, h (N, in, H, W) -> v, h (N, F, H, W)."""
        height, width = self.rows_above.kernel_size
        padded = F.pad(v, (width // 2, width // 2, height - 1 + self.shift, -self.shift))
        above = maps_last_conv2d(padded, self.rows_above.weight, self.rows_above.bias)
        linked = maps_last_conv2d(above, self.link.weight, None)  # (N, 2F, H, W), as above
        z = self.out(gate(self.row(h) + linked))
        return gate(above), z if self.shift else h + z

    def vertical_taps(self, channels: int) -> Tensor:
        """bool (C, C, ., k): the rows that the vertical stack reads, centred on its own."""
        height, width = self.rows_above.kernel_size
        reach = height - 1 + self.shift
        taps = torch.zeros(channels, channels, 2 * reach + 1, width, dtype=torch.bool)
        taps[:, :, :height] = True
        return taps

    def spread(self, reads: Tensor) -> Tensor:
        """What v and h of this layer can read, bool (2, D, C, H, W), from what its inputs can."""
        v = spread(reads[0], self.vertical_taps(reads.shape[2]))
        return torch.stack([v, self.row.spread(reads[1]) | v])


def gate(a: Tensor) -> Tensor:
    """tanh of the first half of the maps, times the sigmoid of the second: (N, 2F, ...) -> F."""
    f, g = (half.contiguous(memory_format=torch.channels_last) for half in a.chunk(2, dim=1))
    return torch.tanh(f) * torch.sigmoid(g)


class GatedPixelCNNDecoder(ImageDecoder):
    """The vertical stack, which reads finished rows alone, row by row; the other by pixel."""

    def __init__(self, model: GatedPixelCNN, n: int) -> None:
        super().__init__(model, n)
        self._layers = []
        for layer in (model.first, *model.blocks):
            vertical = RowConv(layer.rows_above.weight, layer.rows_above.bias, n, self._width)
            link = array(layer.link.weight.flatten(1).T.contiguous())
            row = PixelwiseConv(layer.row, n, self._width)
            self._layers.append((vertical, link, row, row.from_above, Pointwise(layer.out)))
        self._image = array(model.first.rows_above.weight.new_zeros(n, self._width, self._channels))
        self._read_rows_above()

    def _read_rows_above(self) -> None:
        v = self._image  # the row above, (n, W, C)
        for vertical, link, row, bias, _ in self._layers:
            above = vertical(v)  # (n, W, 2F)
            row.next_row()
            row.from_above = bias + above @ link
            v = gated(above)

    def internals(self) -> dict[str, Tensor]:
        """features: (n, F), max(h, 0) of the last horizontal stack, which the head reads."""
        return self._read_by_head()

    def _features(self, column: int) -> Array:
        h = None
        for _, _, conv, _, out in self._layers:
            if h is not None:
                conv.set(column, h)
            z = out(gated(conv.read(column)))
            h = z if h is None else h + z
        return h

    def _set(self, column: int, channel: int, intensity: Array) -> None:
        self._layers[0][2].set(column, intensity, channel)
        self._image[:, column, channel] = intensity

    def _next_row(self) -> None:
        self._read_rows_above()


class LeakyGatedPixelCNN(GatedPixelCNN):
    """A Gated PixelCNN whose first layer has mask B in its row, to show what that does.

    Every pixel reads itself. The vertical stack is as it was: it has no mask that could be wrong.
    """

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.first.row = MaskedConv2d(
            self.channels,
            2 * self.features,
            (1, self.first_kernel),
            "B",
            self.channels,
            stacked=2,
        )
