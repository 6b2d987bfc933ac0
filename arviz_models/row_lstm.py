r"""Row LSTM: an LSTM that runs down the image, all pixels of a row at once.

The input-to-state component is a masked convolution along the rows of x, computed for the whole
image in advance. The recurrence adds the state-to-state component, a convolution of the state of
the row above; that row is finished, so it needs no mask. With row i of x, c and h:

.. math::
    [o_i, f_i, i_i, g_i] &= [\sigma, \sigma, \sigma, \tanh](K^{ss} * h_{i-1} + K^{is} * x_i) \\
    c_i &= f_i \odot c_{i-1} + i_i \odot g_i \\
    h_i &= o_i \odot \tanh(c_i)

The states that reach a pixel form a triangle, wider by one pixel a side with each row above it
(k = 3). The pixels that it reads are those which these states read.

Source: van den Oord, Kalchbrenner & Kavukcuoglu, Pixel Recurrent Neural Networks (ICML 2016),
sections 3.1 and 3.3, figures 4 and 5, table 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    sigmoid,
    tanh,
)
from arviz_models.image_model import ImageModel, OutputLayers
from arviz_models.layers import MaskedConv2d, kernel_mask, maps_last_conv2d, spread

INTERNALS = ("o", "f", "i", "g", "c", "h")  # the gates, the cell, the hidden state


class RowLSTM(ImageModel):
    """Row LSTM.

    In the paper's form a convolution of mask A comes first, and every Row LSTM has mask B. In the
    lecture's bare form the first Row LSTM reads the image itself, with mask A. No state then holds
    the pixel at which it stands, so the triangle of pixels lies one column to the left of that of
    states.

    Args:
        event_shape: (C, H, W).
        levels: K.
        features: F, maps of each gate, cell and hidden state; 2F run between the layers.
        layers: Row LSTMs, at least 1.
        kernel: k, width of the convolutions along a row; odd, at least 3.
        first_kernel: side of the first convolution, odd; None for the bare form.

    Raises:
        ValueError: as `ImageModel`; no layer; a kernel that is even or too small.
    """

    def __init__(
        self,
        event_shape: Sequence[int],
        levels: int = 2,
        features: int = 16,
        layers: int = 1,
        kernel: int = 3,
        first_kernel: int | None = 7,
    ) -> None:
        super().__init__(event_shape, levels, features, layers)
        if layers < 1:
            raise ValueError(f"layers counts the Row LSTMs, at least 1; given {layers}")
        if type(kernel) is not int or kernel < 3 or kernel % 2 == 0:
            raise ValueError(f"kernel is odd and at least 3; given {kernel!r}")
        C, F2 = self.channels, 2 * features
        self.kernel, self.first_kernel = kernel, first_kernel
        self.first = None if first_kernel is None else MaskedConv2d(C, F2, first_kernel, "A", C)
        below, mask_type = (C, "A") if self.first is None else (F2, "B")
        self.lstms: Sequence[RowLSTMLayer] = nn.ModuleList(  # type: ignore[assignment]
            [RowLSTMLayer(below, features, kernel, mask_type, C)]
            + [RowLSTMLayer(F2, features, kernel, "B", C) for _ in range(1, layers)]
        )
        self.head = OutputLayers(F2, F2, levels, C)

    @property
    def config(self) -> dict[str, Any]:
        return super().config | {"kernel": self.kernel, "first_kernel": self.first_kernel}

    def forward(self, one_hot: Tensor) -> Tensor:
        h = self._below(one_hot)
        for lstm in self.lstms:
            h = lstm(h)
        return self.levels_last(self.head(h))

    def _below(self, one_hot: Tensor) -> Tensor:
        """What the first Row LSTM reads: (N, 2F, H, W), in the bare form (N, C, H, W)."""
        x = self.intensities(one_hot)
        return x if self.first is None else self.first(x)

    @torch.no_grad()
    def internals(self, x: Tensor) -> Tensor:
        """Gates, cell and hidden state of every layer at every pixel of one image.

        Args:
            x: long (1, C, H, W).

        Returns:
            float (layers, 6, F, H, W), along the second axis o, f, i, g, c, h.

        Raises:
            ValueError: wrong shape, dtype or levels.
        """
        self._check("x", x, lowest=0, batches=(1,))
        h = self._below(F.one_hot(x, self.levels).to(self.dtype))
        found = []
        for lstm in self.lstms:
            found.append(torch.cat([torch.stack(row) for row in lstm.rows(h)], dim=3)[:, 0])
            h = lstm(h)
        return torch.stack(found)

    def decoder(self, n: int) -> Decoder:
        return RowLSTMDecoder(self, n)

    # --- structure ---------------------------------------------------------------------------

    @property
    def following_layers(self) -> int:
        return self.layers if self.first is not None else self.layers - 1

    def first_reads(self) -> Tensor:
        image = self._every_dimension()
        if self.first is None:
            return layer_reads(image, self.kernel, "A")[None]
        return self.first.spread(image)[None]

    def next_reads(self, reads: Tensor) -> Tensor:
        return layer_reads(reads[0], self.kernel, "B")[None]


class RowLSTMLayer(nn.Module):
    """The LSTM, a 1x1 convolution to 2F maps and, but for mask A, a residual connection.

    Args:
        in_channels: maps read; 2F where the mask is B.
        features: F.
        kernel: k, odd.
        mask_type: of the input-to-state component; "A" where that reads the image.
        channels: C of the image.

    Source: Pixel Recurrent Neural Networks, equation 3 and figure 5 (right).
    """

    def __init__(
        self, in_channels: int, features: int, kernel: int, mask_type: str, channels: int
    ) -> None:
        super().__init__()
        self.features, self.residual = features, mask_type == "B"
        self.input_to_state = MaskedConv2d(
            in_channels, 4 * features, (1, kernel), mask_type, channels, stacked=4
        )
        self.state_to_state = nn.Conv2d(features, 4 * features, (1, kernel), bias=False)
        self.out = MaskedConv2d(features, 2 * features, 1, "B", channels)

    def forward(self, x: Tensor) -> Tensor:
        """x (N, in, H, W) -> (N, 2F, H, W)."""
        y: Tensor = self.out(torch.cat([h for *_, h in self.rows(x)], dim=2))
        return x + y if self.residual else y

    def rows(self, x: Tensor) -> Iterator[tuple[Tensor, ...]]:
        """o, f, i, g, c and h of each row, from the top: each (N, F, 1, W), of x (N, in, H, W)."""
        sides = (0, self.state_to_state.kernel_size[1] // 2)
        c = h = None
        for row in self.input_to_state(x).split(1, dim=2):  # (N, 4F, 1, W)
            if h is not None:  # above the first row, c and h are 0
                row = row + maps_last_conv2d(h, self.state_to_state.weight, None, sides)
            gates, g = row.split([3 * self.features, self.features], dim=1)
            o, f, i = torch.sigmoid(gates).chunk(3, dim=1)
            g = torch.tanh(g)
            c = i * g if c is None else f * c + i * g
            h = o * torch.tanh(c)
            yield o, f, i, g, c, h


def layer_reads(reads: Tensor, kernel: int, mask_type: str) -> Tensor:
    """What a Row LSTM's outputs can read, from what its inputs can: see `layers.spread`.

    Args:
        reads: bool (D, C, H, W).
        kernel: k.
        mask_type: of the input-to-state component; with "B" what was read before is added.

    Returns:
        bool (D, C, H, W).
    """
    channels = reads.shape[1]
    state_to_state = torch.ones(channels, channels, 1, kernel, dtype=torch.bool)
    state, states = torch.zeros_like(reads[:, :, :1]), []
    for row in spread(reads, kernel_mask(mask_type, (1, kernel), channels)).split(1, dim=2):
        state = row | spread(state, state_to_state)
        states.append(state)
    out = spread(torch.cat(states, dim=2), kernel_mask("B", (1, 1), channels))
    return out | reads if mask_type == "B" else out


class RowLSTMDecoder(ImageDecoder):
    """Each layer at the new pixel alone; what it takes from the row above, once a row."""

    def __init__(self, model: RowLSTM, n: int) -> None:
        super().__init__(model, n)
        self._first = None if model.first is None else PixelwiseConv(model.first, n, self._width)
        self._lstms = [RowLSTMState(lstm, n, self._width) for lstm in model.lstms]

    def internals(self) -> dict[str, Tensor]:
        """``layer1.o`` and so on: o, f, i, g, c and h of each layer, each (n, F)."""
        self.logits()  # they may not be computed yet
        return {
            f"layer{number}.{name}": torch.as_tensor(value)
            for number, lstm in enumerate(self._lstms, start=1)
            for name, value in zip(INTERNALS, lstm.internals, strict=True)
        }

    def _features(self, column: int) -> Array:
        h = None if self._first is None else self._first.read(column)  # (n, 2F)
        for lstm in self._lstms:
            y = lstm(column, h)
            h = y if h is None else h + y
        return h

    def _set(self, column: int, channel: int, intensity: Array) -> None:
        reader = self._lstms[0].input_to_state if self._first is None else self._first
        reader.set(column, intensity, channel)

    def _next_row(self) -> None:
        if self._first is not None:
            self._first.next_row()
        for lstm in self._lstms:
            lstm.next_row()


class RowLSTMState:
    """State of one layer: the cells of the row above, cells and hidden states of the current row.

    Args:
        layer: whose parameters are used.
        n: sequences.
        width: W, pixels in a row.
    """

    def __init__(self, layer: RowLSTMLayer, n: int, width: int) -> None:
        self.input_to_state = PixelwiseConv(layer.input_to_state, n, width)
        weight, bias = layer.state_to_state.weight, layer.input_to_state.bias
        self._state_to_state = RowConv(weight, bias, n, width)
        self._out = Pointwise(layer.out)
        self._features = layer.features
        zeros = weight.new_zeros(3, n, width, layer.features)
        self._c_above, self._c, self._h = (array(rows) for rows in zeros)
        self.internals: tuple[Array, ...] = ()

    def __call__(self, column: int, x: Array | None) -> Array:
        """The output (n, 2F) at a pixel, of what the layer reads there, (n, in) if not set yet."""
        if x is not None:
            self.input_to_state.set(column, x)
        z, F = self.input_to_state.read(column), self._features  # (n, 4F)
        gates, g = sigmoid(z[:, : 3 * F]), tanh(z[:, 3 * F :])
        o, f, i = gates[:, :F], gates[:, F : 2 * F], gates[:, 2 * F :]
        c = f * self._c_above[:, column] + i * g
        h = o * tanh(c)
        self._c[:, column], self._h[:, column] = c, h
        self.internals = (o, f, i, g, c, h)
        return self._out(h)

    def next_row(self) -> None:
        """The current row is finished: its state is that of the row above, and is read."""
        self._c_above, self._c = self._c, self._c_above  # every column is written anew
        self.input_to_state.next_row()
        self.input_to_state.from_above = self._state_to_state(self._h)  # with the bias
