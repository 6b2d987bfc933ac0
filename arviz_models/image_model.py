"""What the image models share: pixels in raster order, read as intensities, a head of 1x1 layers.

Symbols: N batch, C channels, H x W pixels, K levels, D = C H W dimensions.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from arviz_models.base import AutoregressiveModel
from arviz_models.layers import MaskedConv2d


class ImageModel(AutoregressiveModel):
    """Base of the models over images: rows from the top, pixels from the left, R before G before B.

    A pixel's level k is read as the intensity k / (K - 1), as in the papers. Besides the contract,
    such a model says what each of its layers can read (`first_reads`, `next_reads`); everything
    that is told of receptive fields is computed from that.

    Args:
        event_shape: (C, H, W).
        levels: K.
        features: F, maps of a hidden layer; at least C.
        layers: how many layers follow the first.

    Raises:
        ValueError: as `AutoregressiveModel`; another shape, features below C, a negative depth.
    """

    head: OutputLayers

    def __init__(self, event_shape: Sequence[int], levels: int, features: int, layers: int) -> None:
        super().__init__(event_shape, levels)
        if len(self.event_shape) != 3:
            raise ValueError(f"event_shape of an image model is (C, H, W); given {event_shape}")
        for name, value, least in (("features", features, self.channels), ("layers", layers, 0)):
            if type(value) is not int or value < least:
                raise ValueError(f"{name} is an integer of at least {least}; given {value!r}")
        self.features, self.layers = features, layers

    @property
    def channels(self) -> int:
        """C."""
        return self.event_shape[0]

    @property
    def following_layers(self) -> int:
        """How many layers follow the first, of which `first_reads` tells."""
        return self.layers

    @property
    def config(self) -> dict[str, Any]:
        settings = super().config | {"features": self.features, "layers": self.layers}
        del settings["order"]  # always raster
        return settings

    def with_order(self, order: Sequence[int] | Tensor) -> Self:
        raise ValueError(
            f"a {type(self).__name__} draws in raster order alone: its masks are made for it. "
            "For a free order take an order-agnostic NADE or MADE"
        )

    @property
    def output_bias(self) -> nn.Parameter | None:
        return self.head.logits.bias

    def intensities(self, one_hot: Tensor) -> Tensor:
        """(N, C, H, W, K) one-hot -> (N, C, H, W) in [0, 1]."""
        scale = torch.linspace(0, 1, self.levels, dtype=one_hot.dtype, device=one_hot.device)
        return one_hot @ scale

    def levels_last(self, z: Tensor) -> Tensor:
        """Outputs of the head (N, C K', H, W) -> logits (N, C, H, W, K).

        With two levels K' = 1, and the logit of level 0 is 0.
        """
        z = z.unflatten(1, (self.channels, -1)).permute(0, 1, 3, 4, 2)  # (N, C, H, W, K')
        return F.pad(z, (self.levels - z.shape[-1], 0))

    # --- structure ---------------------------------------------------------------------------

    @abstractmethod
    def first_reads(self) -> Tensor:
        """What the features after the first layer can read.

        Returns:
            bool (S, D, C, H, W): [s, j, c, y, x], whether the features of channel group c at that
            pixel, in stream s of the network, depend on dimension j. The output reads stream -1.
        """

    @abstractmethod
    def next_reads(self, reads: Tensor) -> Tensor:
        """The same after one more layer of the kind this model has; same shape."""

    def reads_by_layer(self) -> Iterator[Tensor]:
        """What the output could read after each layer, bool (D, C, H, W); it goes on for ever."""
        reads = self.first_reads()
        while True:
            yield reads[-1]
            reads = self.next_reads(reads)

    def dependencies(self) -> Tensor:
        for _, reads in zip(range(self.following_layers + 1), self.reads_by_layer(), strict=False):
            last = reads
        return last.flatten(1).T.to(self.device)

    def _every_dimension(self) -> Tensor:
        """bool (D, C, H, W): every dimension of the image depends on itself."""
        return torch.eye(self.dimensions, dtype=torch.bool).view(-1, *self.event_shape)


class OutputLayers(nn.Module):
    """ReLU, 1x1, ReLU, 1x1: from features to the logits' parameters.

    Args:
        in_channels: maps read.
        hidden: maps between.
        levels: K of the model.
        channels: C of the image.

    Source: van den Oord et al., Pixel Recurrent Neural Networks (ICML 2016), table 1.
    """

    def __init__(self, in_channels: int, hidden: int, levels: int, channels: int) -> None:
        super().__init__()
        width = 1 if levels == 2 else levels
        self.hidden = MaskedConv2d(in_channels, hidden, 1, "B", channels)
        self.logits = MaskedConv2d(hidden, channels * width, 1, "B", channels)
        # Small, so that every conditional begins close to uniform: NLL near D log K.
        nn.init.normal_(self.logits.weight, std=0.25 / math.sqrt(hidden))

    def forward(self, h: Tensor) -> Tensor:
        """h (N, in, H, W) -> (N, C K', H, W), K' = 1 with two levels and else K."""
        out: Tensor = self.logits(torch.relu(self.hidden(torch.relu(h))))
        return out
