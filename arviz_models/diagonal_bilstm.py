r"""Diagonal BiLSTM: two LSTMs that cross an image along its diagonals, from both upper corners.

With each row moved right by one column more (`layers.skew`), a diagonal of the image is a column of
the map. The state-to-state convolution, 2 x 1 along the column before it, then reads the pixel on
the left and the one above, and all pixels of a diagonal are computed at once:

.. math::
    [o_t, f_t, i_t, g_t] &= \sigma\sigma\sigma\tanh(K^{ss} * h_{t-1} + K^{is} x_t) \\
    c_t &= f_t \odot c_{t-1} + i_t \odot g_t \\
    h_t &= o_t \odot \tanh(c_t)

So a state holds all of its own row and the rows above, up to its own column. The second direction
does the same on the mirrored image; of its own row it holds what lies on the right, which is not
drawn yet. So its states are moved down by one row before they are added to those of the first.

Source: van den Oord, Kalchbrenner & Kavukcuoglu, Pixel Recurrent Neural Networks (ICML 2016),
section 3.2, figure 3, figure 4 (right) and table 1.
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
    RowConv,
    array,
    joined,
    product,
    sigmoid,
    tanh,
)
from arviz_models.image_model import ImageModel, OutputLayers
from arviz_models.layers import MaskedConv2d, drawn_weights, kernel_mask, skew, spread

DIRECTIONS = ("direct", "mirrored")
INTERNALS = ("o", "f", "i", "g", "c", "h")


class DiagonalBiLSTM(ImageModel):
    """Diagonal BiLSTM.

    The features that the first layer reads are of mask A: those of a pixel do not hold the pixel
    itself. So nothing on the row above holds its last pixel, and a target that the first kernel
    does not join with that corner never reads it, at any depth. With `full_context` it does: the
    mirrored direction of the first layer reads features of mask B. It may, since all that it finds
    is used one row further down.

    Args:
        event_shape: (C, H, W).
        levels: K.
        features: F, maps of each gate and of the state; 2F run between the layers.
        layers: Diagonal BiLSTMs.
        first_kernel: side of the first convolution, of mask A, odd and at least 3.
        full_context: whether a second first convolution, of mask B, closes that gap.
        shift: False leaves out the shift of the second direction by one row, to show what that
            does: pixels read themselves and others on their right. Such a model `leaks`: it is no
            density, cannot be sampled, and no checkpoint may hold it.

    Raises:
        ValueError: as `ImageModel`; no layer; a kernel that is even or too small.
    """

    def __init__(
        self,
        event_shape: Sequence[int],
        levels: int = 2,
        features: int = 16,
        layers: int = 1,
        first_kernel: int = 7,
        full_context: bool = False,
        shift: bool = True,
    ) -> None:
        super().__init__(event_shape, levels, features, layers)
        if layers < 1:
            raise ValueError(f"layers counts the Diagonal BiLSTMs, at least 1; given {layers}")
        if type(first_kernel) is not int or first_kernel < 3 or first_kernel % 2 == 0:
            raise ValueError(
                "first_kernel is odd and at least 3, for with mask A a smaller one reads no other "
                f"pixel; given {first_kernel!r}"
            )
        C, F2 = self.channels, 2 * features
        self.first_kernel, self.full_context, self.shift = first_kernel, full_context, shift
        self.leaks = not shift
        self.first = MaskedConv2d(C, F2, first_kernel, "A", C)
        self.first_mirrored = MaskedConv2d(C, F2, first_kernel, "B", C) if full_context else None
        self.lstms: Sequence[DiagonalBiLSTMLayer] = nn.ModuleList(  # type: ignore[assignment]
            DiagonalBiLSTMLayer(self.event_shape, features, shift) for _ in range(layers)
        )
        self.head = OutputLayers(F2, F2, levels, C)

    @property
    def config(self) -> dict[str, Any]:
        return super().config | {
            "first_kernel": self.first_kernel,
            "full_context": self.full_context,
            "shift": self.shift,
        }

    def forward(self, one_hot: Tensor) -> Tensor:
        x = self.intensities(one_hot)
        h = pixels_first(self.first(x))  # (H W, N, 2F)
        mirrored = h if self.first_mirrored is None else pixels_first(self.first_mirrored(x))
        for lstm in self.lstms:
            h = mirrored = lstm(h, mirrored)
        h = h.unflatten(0, self.event_shape[1:]).permute(2, 3, 0, 1)  # (N, 2F, H, W)
        return self.levels_last(self.head(h.contiguous(memory_format=torch.channels_last)))

    def decoder(self, n: int) -> Decoder:
        if self.leaks:
            raise ValueError(
                "a DiagonalBiLSTM without the shift cannot be sampled: its conditionals read "
                "pixels that are not drawn yet. Build it with shift=True"
            )
        return DiagonalBiLSTMDecoder(self, n)

    # --- structure ---------------------------------------------------------------------------

    def first_reads(self) -> Tensor:
        image = self._every_dimension()
        convs = (self.first,) if self.first_mirrored is None else (self.first_mirrored, self.first)
        return torch.stack([conv.spread(image) for conv in convs])

    def next_reads(self, reads: Tensor) -> Tensor:
        # Stream 0 is what the mirrored direction reads; after a layer both read the same.
        return layer_reads(reads[-1], reads[0], self.shift).expand_as(reads)


class DiagonalBiLSTMLayer(nn.Module):
    """Both directions, a 1x1 convolution from their sum to 2F maps, and a residual connection.

    Args:
        event_shape: (C, H, W).
        features: F.
        shift: see `DiagonalBiLSTM`.

    Source: Pixel Recurrent Neural Networks, section 3.2, equation 3 and figure 5 (right).
    """

    places: Tensor
    ranks: Tensor

    def __init__(self, event_shape: Sequence[int], features: int, shift: bool) -> None:
        super().__init__()
        channels, height, self.width = event_shape
        self.features, self.shift = features, shift
        self.input_to_state: Sequence[MaskedConv2d] = nn.ModuleList(  # type: ignore[assignment]
            MaskedConv2d(2 * features, 4 * features, 1, "B", channels, stacked=4)
            for _ in DIRECTIONS
        )
        # [direction, pixel above or on the left, feature read, feature of a gate]. Not masked:
        # those pixels are finished, so that all of their channels may be read.
        self.state_to_state = nn.Parameter(
            drawn_weights((2, 2, features, 4 * features), 2 * features)
        )
        self.out = MaskedConv2d(features, 2 * features, 1, "B", channels)

        image = torch.arange(height * self.width, device="cpu").view(height, self.width)
        direct, self.lengths = diagonals(image)
        mirrored, _ = diagonals(image.flip(1))
        self.register_buffer("places", torch.stack([direct, mirrored]), persistent=False)
        self.register_buffer("ranks", self.places.argsort(1), persistent=False)

    def forward(self, x: Tensor, mirrored: Tensor) -> Tensor:
        """What the directions read, each (H W, N, 2F) -> (H W, N, 2F); x is added."""
        h = self.added(self.states(self.inputs(x, mirrored)))
        return x + F.linear(h, self.out.masked_weight.flatten(1), self.out.bias)

    def inputs(self, x: Tensor, mirrored: Tensor) -> Tensor:
        """The input-to-state component of both directions for the whole image.

        Returns:
            (2, H W, N, 4F), the pixels in the order in which each direction comes to them.
        """
        read = torch.stack(
            [
                maps.index_select(0, places)
                for maps, places in zip((x, mirrored), self.places, strict=True)
            ]
        )  # (2, H W, N, 2F)
        weight = torch.stack([conv.masked_weight.flatten(1).T for conv in self.input_to_state])
        bias = torch.stack([conv.bias for conv in self.input_to_state])  # type: ignore[misc]
        a = torch.baddbmm(bias.unsqueeze(1), read.flatten(1, 2), weight)
        return a.unflatten(1, read.shape[1:3])

    def states(self, a: Tensor) -> Tensor:
        """Hidden states (2, H W, N, F) of both directions, from their `inputs` (2, H W, N, 4F).

        One step for each column of the skewed map, with the cells alone that lie in the image:
        about half of them.
        """
        weight = self.state_to_state.flatten(1, 2)  # (2, 2F, 4F)
        h = c = a.new_zeros(2, 0, a.shape[2], self.features)  # before the first diagonal
        states = []
        for t, a_t in enumerate(a.split(self.lengths, dim=1)):
            cells = a_t.shape[1:3]  # rows of this diagonal, N
            # The diagonal before, with one row more at either end, where no pixel is. From the
            # image's last column on, a diagonal begins one row lower than the one before it.
            h, c = (F.pad(state, (0, 0, 0, 0, 1, 1)) for state in (h, c))
            begin = 1 if t >= self.width else 0
            above, left = (slice(k, k + cells[0]) for k in (begin, begin + 1))
            read = torch.cat([h[:, above], h[:, left]], dim=3)  # (2, rows, N, 2F)
            a_t = torch.baddbmm(a_t.flatten(1, 2), read.flatten(1, 2), weight).unflatten(1, cells)
            gates, g = a_t.split([3 * self.features, self.features], dim=3)
            o, f, i = torch.sigmoid(gates).chunk(3, dim=3)
            c = torch.addcmul(f * c[:, left], i, torch.tanh(g))
            h = o * torch.tanh(c)
            states.append(h)
        return torch.cat(states, dim=1)

    def added(self, h: Tensor) -> Tensor:
        """(2, H W, N, F), as from `states` -> (H W, N, F): the second moved down, and added."""
        direct, mirrored = (
            states.index_select(0, ranks) for states, ranks in zip(h, self.ranks, strict=True)
        )
        if self.shift:
            mirrored = F.pad(mirrored[: -self.width], (0, 0, 0, 0, self.width, 0))
        return direct + mirrored


def diagonals(image: Tensor) -> tuple[Tensor, list[int]]:
    """The columns of a skewed (H, W) map, one after the other, and how many pixels each holds."""
    inside = skew(torch.ones_like(image, dtype=torch.bool)).T
    return skew(image).T[inside], inside.sum(1).tolist()


def pixels_first(maps: Tensor) -> Tensor:
    """(N, maps, H, W) -> (H W, N, maps), so that pixels can be taken in any order at no cost."""
    return maps.flatten(2).permute(2, 0, 1).contiguous()


def layer_reads(direct: Tensor, mirrored: Tensor, shift: bool) -> Tensor:
    """What a layer's outputs can read, from what the inputs of its directions can: see `spread`.

    Args:
        direct: bool (D, C, H, W); it is also added to the outputs.
        mirrored: the same of what the mirrored direction reads, not mirrored yet.
        shift: see `DiagonalBiLSTM`.

    Returns:
        bool (D, C, H, W).
    """
    second = direction_reads(mirrored.flip(3)).flip(3)
    if shift:
        second = F.pad(second[:, :, :-1], (0, 0, 1, 0))
    pointwise = kernel_mask("B", (1, 1), direct.shape[1])
    return direct | spread(direction_reads(direct) | second, pointwise)


def direction_reads(reads: Tensor) -> Tensor:
    """What the states of the direction from the left can read; shapes as for `layer_reads`."""
    channels = reads.shape[1]
    cells = spread(reads, kernel_mask("B", (1, 1), channels))
    # Through the taps, above and left, again and again: all that lies above and left.
    reached = cells.any(1, keepdim=True).float().cumsum(2).cumsum(3) > 0
    taps = torch.zeros(channels, channels, 3, 3, dtype=torch.bool)
    taps[:, :, 0, 1] = taps[:, :, 1, 0] = True
    return cells | spread(reached.expand_as(reads), taps)


class DiagonalBiLSTMDecoder(ImageDecoder):
    """The direct direction at the new pixel alone; the mirrored one once a row, when it is full."""

    def __init__(self, model: DiagonalBiLSTM, n: int) -> None:
        super().__init__(model, n)
        self._first = PixelwiseConv(model.first, n, self._width)
        self._lstms = [DiagonalBiLSTMState(lstm, n) for lstm in model.lstms]
        self._first_mirrored: RowConv | None = None
        if model.first_mirrored is not None:
            weight, bias = model.first_mirrored.masked_weight, model.first_mirrored.bias
            self._first_mirrored = RowConv(
                weight[:, :, : model.first_kernel // 2 + 1], bias, n, self._width
            )
        self._image = array(model.first.weight.new_zeros(n, self._width, self._channels))
        self._column = 0  # that the features were computed at last

    def internals(self) -> dict[str, Tensor]:
        """Gates, cell and hidden state of each layer and direction, each (n, F).

        ``layer1.direct.o`` and so on: o, f, i, g, c and h at the pixel. ``layer1.mirrored.o``: what
        reaches it from the other direction, found at the pixel above; 0 in the first row.
        """
        self.logits()  # they may not be computed yet
        return {
            f"layer{number}.{direction}.{name}": torch.as_tensor(value)
            for number, lstm in enumerate(self._lstms, start=1)
            for direction, values in zip(DIRECTIONS, lstm.internals(self._column), strict=True)
            for name, value in zip(INTERNALS, values, strict=True)
        }

    def _features(self, column: int) -> Array:
        self._column = column
        h = self._first.read(column)  # (n, 2F)
        for lstm in self._lstms:
            h = h + lstm(column, h)
        return h

    def _set(self, column: int, channel: int, intensity: Array) -> None:
        self._first.set(column, intensity, channel)
        self._image[:, column, channel] = intensity

    def _next_row(self) -> None:
        self._first.next_row()
        if self._first_mirrored is not None:
            self._lstms[0].row = self._first_mirrored(self._image)
        for lstm in self._lstms:
            lstm.next_row()


class DiagonalBiLSTMState:
    """State of one layer: the current row from the left, and the row above it from the right.

    Args:
        layer: whose parameters are used.
        n: sequences.

    Attributes:
        row: (n, W, 2F), what the layer reads in the current row, up to the current pixel.
    """

    def __init__(self, layer: DiagonalBiLSTMLayer, n: int) -> None:
        self._features, self._width = layer.features, layer.width
        conv, conv_mirrored = layer.input_to_state
        # [direction, pixel above or on the left, feature of a gate, feature read, 1, 1]
        taps = layer.state_to_state.detach().transpose(2, 3)[..., None, None]
        (above, left), (above_mirrored, right) = taps

        # From a pixel and the state on its left; and from the states above, with the bias.
        self._here = weight_of(torch.cat([conv.masked_weight, left], 1))  # (3F, 4F)
        self._above = RowConv(above, conv.bias, n, layer.width)
        # The same of the mirrored direction: first all but what it takes from the right.
        both = torch.cat([conv_mirrored.masked_weight, above_mirrored], 1)
        self._row_mirrored = RowConv(both, conv_mirrored.bias, n, layer.width)
        self._right = weight_of(right)  # (F, 4F)
        self._out = weight_of(layer.out.masked_weight)  # (F, 2F)
        self._out_mirrored = RowConv(layer.out.masked_weight, layer.out.bias, n, layer.width)

        zeros = layer.state_to_state.new_zeros
        width, features = layer.width, layer.features
        self.row = array(zeros(n, width, 2 * features))
        # One column more, before the first: no pixel is there.
        self._c, self._h = (array(rows) for rows in zeros(2, n, width + 1, features))
        self._h_mirrored = array(zeros(n, width, features))
        self._direct = self._nothing = (self._h_mirrored[:, 0] * 0,) * len(INTERNALS)
        self._mirrored = [self._nothing] * width
        self._from_above = self._above(self._h[:, 1:])  # (n, W, 4F)
        self._from_mirrored = self._out_mirrored(self._h_mirrored)  # (n, W, 2F)

    def internals(self, column: int) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
        """o, f, i, g, c and h of either direction, as for `DiagonalBiLSTMDecoder.internals`."""
        return self._direct, self._mirrored[column]

    def __call__(self, column: int, x: Array) -> Array:
        """The output (n, 2F) at a pixel of the current row, of what the layer reads there."""
        self.row[:, column] = x
        read = joined([x, self._h[:, column]])  # the state of the pixel on the left
        a = product(read, self._here) + self._from_above[:, column]
        self._direct = self._cell(a, self._c[:, column])
        *_, self._c[:, column + 1], h = self._direct
        self._h[:, column + 1] = h
        return product(h, self._out) + self._from_mirrored[:, column]

    def next_row(self) -> None:
        """The current row is finished: run through it from the right, for the row below."""
        self._from_above = self._above(self._h[:, 1:])
        rows = self._row_mirrored(joined([self.row, self._h_mirrored]))  # (n, W, 4F)
        *_, c, h = self._nothing
        for column in reversed(range(self._width)):
            a = rows[:, column] + product(h, self._right)
            self._mirrored[column] = *_, c, h = self._cell(a, c)
            self._h_mirrored[:, column] = h
        self._from_mirrored = self._out_mirrored(self._h_mirrored)

    def _cell(self, a: Array, c: Array) -> tuple[Array, ...]:
        """o, f, i, g, c and h, each (n, F), from the sum (n, 4F) and the cell before."""
        F = self._features
        gates, g = sigmoid(a[:, : 3 * F]), tanh(a[:, 3 * F :])
        o, f, i = gates[:, :F], gates[:, F : 2 * F], gates[:, 2 * F :]
        c = f * c + i * g
        return o, f, i, g, c, o * tanh(c)


def weight_of(taps: Tensor) -> Array:
    """(out, in, 1, 1) -> (in, out), to multiply by on the right."""
    return array(taps.flatten(1).T.contiguous())
