"""What the decoders of the image models share: pixels one by one, finished rows read once.

A feature of a finished row never changes again, so what a convolution reads of the rows above is
computed once a row, and a pixel costs no more than the taps on its left and its own. (The idea of
Ramachandran et al., Fast Generation for Convolutional Autoregressive Models, ICLR 2017 workshop.)

The same lines run on torch tensors and on NumPy arrays, which are several times faster for the few
numbers of one pixel; on a CPU they get those. Features lie with the maps of a pixel side by side:
(n, W, maps).
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from arviz_models.base import Decoder
from arviz_models.image_model import ImageModel, OutputLayers
from arviz_models.layers import MaskedConv2d

Array = Any  # a NumPy array, or on a GPU a tensor

# NumPy takes an array as the other operand in a third of the time it takes a Python number.
_ZERO = np.zeros((), np.float32)
_HALF = np.full((), 0.5, np.float32)


def array(x: Tensor) -> Array:
    """x as the decoders compute with it."""
    x = x.detach()
    return x.numpy() if x.device.type == "cpu" and x.dtype != torch.bfloat16 else x


def relu(a: Array) -> Array:
    """max(a, 0)."""
    return np.maximum(a, _ZERO) if isinstance(a, np.ndarray) else torch.relu(a)


def tanh(a: Array) -> Array:
    """Hyperbolic tangent."""
    return np.tanh(a) if isinstance(a, np.ndarray) else torch.tanh(a)


def sigmoid(a: Array) -> Array:
    """1 / (1 + exp(-a)), by tanh, which does not overflow."""
    half = _HALF if isinstance(a, np.ndarray) else 0.5
    return half * tanh(half * a) + half


def softmax(a: Array) -> Array:
    """exp(a) over its sum, along the last axis; subtracting the largest keeps exp finite."""
    if not isinstance(a, np.ndarray):
        return torch.softmax(a, -1)
    e = np.exp(a - a.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def joined(parts: list[Array]) -> Array:
    """Arrays (..., m) side by side."""
    return np.concatenate(parts, -1) if isinstance(parts[0], np.ndarray) else torch.cat(parts, -1)


def product(a: Array, b: Array) -> Array:
    """(m, k) times (k, l). For the small matrices of one pixel `dot` takes half the time of @."""
    return a.dot(b) if isinstance(a, np.ndarray) else a @ b


def gated(a: Array) -> Array:
    """tanh of the first half of the maps times the sigmoid of the second: (..., 2F) -> (..., F)."""
    f, g = a[..., : a.shape[-1] // 2], a[..., a.shape[-1] // 2 :]
    return tanh(f) * sigmoid(g)


class Pointwise:
    """A 1x1 convolution at single pixels: (n, in) -> (n, out)."""

    def __init__(self, conv: MaskedConv2d) -> None:
        self._weight = array(conv.masked_weight.flatten(1).T.contiguous())
        # (1, out): for one sequence the shape of what it is added to, which NumPy adds faster.
        self._bias = array(conv.bias[None]) if conv.bias is not None else None

    def __call__(self, features: Array) -> Array:
        y = product(features, self._weight)
        return y if self._bias is None else y + self._bias


class RowConv:
    """A convolution of one row of outputs at a time, from the last rows of its input.

    Args:
        weight: (out, in, k_h, k_w), over the last k_h rows; k_w odd.
        bias: (out,) or None.
        n: sequences.
        width: W, pixels in a row.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None, n: int, width: int) -> None:
        weight = weight.detach()
        outputs, inputs, height, columns = weight.shape
        self._taps = array(weight.permute(2, 3, 1, 0).reshape(-1, outputs).contiguous())
        self._bias = array(weight.new_zeros(outputs) if bias is None else bias)
        self._offsets, self._side, self._width = range(columns), columns // 2, width
        nothing = array(weight.new_zeros(n, width + 2 * self._side, inputs))
        self._rows = [nothing] * height

    def __call__(self, row: Array) -> Array:
        """Take in the next row (n, W, in); the row of outputs (n, W, out) that ends with it."""
        padded = 0 * self._rows[0]
        padded[:, self._side : self._side + self._width] = row
        self._rows = [*self._rows[1:], padded]
        return self.read()

    def read(self) -> Array:
        """The row of outputs (n, W, out) from the rows taken in so far."""
        windows = joined(
            [rows[:, i : i + self._width] for rows in self._rows for i in self._offsets]
        )  # (n, W, k_h k_w in)
        flat = windows.reshape(-1, windows.shape[-1])
        return (product(flat, self._taps) + self._bias).reshape(*windows.shape[:2], -1)


class PixelwiseConv:
    """A masked convolution one pixel at a time; the rows above are read once a row.

    Args:
        conv: reads rows above and, in its own row, columns up to its centre.
        n: sequences.
        width: W, pixels in a row.
    """

    def __init__(self, conv: MaskedConv2d, n: int, width: int) -> None:
        weight = conv.masked_weight.detach()  # (out, in, k_h, k_w)
        outputs, inputs, height, columns = weight.shape
        self._left, self._width, self._n = columns // 2, width, n
        row = weight[:, :, height // 2, : self._left + 1]
        self._taps = array(row.permute(2, 1, 0).reshape(-1, outputs).contiguous())
        self._row = array(weight.new_zeros(n, self._left + width, inputs))
        bias = weight.new_zeros(outputs) if conv.bias is None else conv.bias
        self._above = RowConv(weight[:, :, : height // 2], bias, n, width) if height > 1 else None
        self.from_above = array(bias.detach().expand(n, width, outputs))

    def set(self, column: int, features: Array, channels: Any = slice(None)) -> None:
        """Set input features (n, in), or some of them, of a pixel of the current row."""
        self._row[:, self._left + column, channels] = features

    def read(self, column: int) -> Array:
        """The output (n, out) at a pixel of the current row, from what was set so far."""
        window = self._row[:, column : column + self._left + 1].reshape(self._n, -1)
        return product(window, self._taps) + self.from_above[:, column]

    def next_row(self) -> None:
        """The current row is finished; read the rows above the next one."""
        if self._above is not None:
            self.from_above = self._above(self._row[:, self._left :])
        self._row = 0 * self._row


class ImageDecoder(Decoder):
    """Base of the image models' decoders: a subclass computes the features of one pixel.

    Args:
        model: ends in `OutputLayers`, as ``model.head``.
        n: sequences.
    """

    def __init__(self, model: ImageModel, n: int) -> None:
        super().__init__(model, n)
        _, self._height, self._width = model.event_shape
        self._channels, self._levels = model.channels, model.levels
        head: OutputLayers = model.head
        self._head_hidden, self._head_logits = Pointwise(head.hidden), Pointwise(head.logits)
        self._dtype = model.dtype
        self._h: Array | None = None  # what the head read for them
        self._z: Array | None = None  # outputs at the current pixel, once they are computed

    @abstractmethod
    def _features(self, column: int) -> Array:
        """What the head reads at this pixel of the current row, (n, maps), from all set before."""

    @abstractmethod
    def _set(self, column: int, channel: int, intensity: Array) -> None:
        """Take in the intensity (n,) of one channel of the pixel in this column."""

    @abstractmethod
    def _next_row(self) -> None:
        """All pixels of the current row are drawn."""

    def logits(self) -> Tensor:
        channel, column = self._place(self.index)
        if self._z is None:
            self._h = relu(self._features(column))
            self._z = self._head_logits(relu(self._head_hidden(self._h)))  # (n, C K')
        width = self._z.shape[1] // self._channels
        z = torch.as_tensor(self._z[:, channel * width : (channel + 1) * width])
        return F.pad(z, (self._levels - width, 0))

    def _read_by_head(self) -> dict[str, Tensor]:
        """features: what the head reads at the current pixel, (n, maps)."""
        self.logits()  # it may not be computed yet
        return {"features": torch.as_tensor(self._h)}

    def _update(self, index: int, value: Tensor) -> None:
        channel, column = self._place(index)
        if self._z is None and channel == self._channels - 1:
            self._features(column)  # nobody asked for the logits; later pixels read these
        intensity = value.to(self._dtype) / (self._levels - 1)
        self._set(column, channel, array(intensity))
        self._z = None
        if channel == self._channels - 1 and column == self._width - 1:
            self._next_row()

    def _place(self, index: int) -> tuple[int, int]:
        """Channel and column of a flat index."""
        return index // (self._height * self._width), index % self._width
