"""Samples from a MADE of many masks, all of them at once.

A step needs the mean of the probabilities that the M masks give. A decoder for each mask would do
the same work M times over: the masks share the weights and the inputs, and all that a mask decides
is at which step a hidden unit is complete.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from arviz_models.base import AutoregressiveModel, Decoder
from arviz_models.layers import MaskedLinear


class EnsembleDecoder(Decoder):
    """Computes each hidden unit once for each mask, when the last input that it may read is drawn.

    As in `MADEDecoder`, what is not known yet is 0, so that no mask is multiplied with. The sums
    W x + b of the first layer run on from input to input and are the same for all masks: a unit of
    degree t takes what its sum is after step t. The units have an axis for the masks.

    The same lines run on torch tensors and on NumPy arrays; on a CPU they get those.

    Args:
        model: the `MADE`.
        n: sequences.
        layers: its layers, whose weights are read and whose masks are not.
        direct: its direct connections, under the mask that all masks of the ensemble share.
        degrees: of each mask, (H_l,) for each hidden layer.
    """

    def __init__(
        self,
        model: AutoregressiveModel,
        n: int,
        layers: Sequence[MaskedLinear],
        direct: MaskedLinear | None,
        degrees: Sequence[Sequence[Tensor]],
    ) -> None:
        super().__init__(model, n)
        D, M = model.dimensions, len(degrees)
        self._arguments = (model, n, layers, direct, degrees)
        self._device, self._levels = model.device, model.levels
        self._numpy = model.device.type == "cpu" and model.dtype in (torch.float32, torch.float64)
        self._masks = self._array(torch.arange(M, device=model.device)[:, None])
        self._units = [
            self._units_by_step(torch.stack(layer)) for layer in zip(*degrees, strict=True)
        ]

        first, *others, last = (layer.weight.detach() for layer in layers)
        biases = [layer.bias.detach() for layer in layers]
        self._input_width, self._output_width = first.shape[1] // D, last.shape[0] // D
        self._W_1 = self._array(first.T.contiguous()).reshape(D, self._input_width, -1)
        self._weights = [self._array(weight) for weight in others]
        self._biases = [self._array(bias)[:, None] for bias in biases[1:-1]]
        self._V = self._array(last).reshape(D, self._output_width, -1)
        self._c = self._array(biases[-1]).reshape(D, self._output_width)
        self._A = None
        if direct is not None:
            self._A = self._array(direct.weight.detach()).reshape(D, self._output_width, -1)

        zeros, ones = first.new_zeros, first.new_ones
        self._x = self._array(zeros(n, D * self._input_width))
        self._entry = self._array(ones(self._input_width, n))  # the input drawn last, and "seen"
        self._sums = self._array(biases[0][:, None].repeat(1, n))  # (H_1, n)
        # One more column, which is never read: see `_units_by_step`.
        self._h = [self._array(zeros(M, n, width + 1)) for width in map(len, degrees[0])]
        self._last_h = self._h[-1].reshape(M * n, -1)[:, :-1]  # (M n, H_L), a view
        self._compute_units(0)

    def logits(self) -> Tensor:
        z = F.pad(torch.as_tensor(self._read(self.index)), (self._levels - self._output_width, 0))
        return torch.logsumexp(torch.log_softmax(z, dim=-1), 0) - math.log(len(z))  # (n, K)

    def draw(
        self, uniforms: Tensor, given: Tensor | None = None, temperature: Tensor | None = None
    ) -> Tensor:
        if not (self._numpy and self._levels == 2 and given is None and temperature is None):
            return super().draw(uniforms, given, temperature)
        # p_0 is the mean over the masks of (1 - tanh(z / 2)) / 2, so that u >= p_0 where the sum of
        # the tanh reaches M (1 - 2 u): that takes half the time of a softmax for each mask.
        M = len(self._masks)
        thresholds = (M * (1 - 2 * uniforms)).unsqueeze(-1).numpy()  # (D, n, 1)
        reached = np.empty_like(thresholds)
        values = np.empty(thresholds.shape, bool)
        half = np.full((), 0.5, thresholds.dtype)
        for t, index in enumerate(self._order):
            np.add.reduce(np.tanh(half * self._read(index)), 0, out=reached[t])
            np.greater_equal(reached[t], thresholds[t], out=values[t])
            self._take_in(t, index, values[t])
        self.step = len(self._order)
        if np.abs(reached - thresholds).min() <= 2e-6 * M:  # u - p_0 within 1e-6: rounding decides
            return Decoder.draw(EnsembleDecoder(*self._arguments), uniforms)
        return torch.from_numpy(values[..., 0].T.astype(np.int64))

    def _update(self, index: int, value: Tensor) -> None:
        value = value.unsqueeze(1) if self._levels == 2 else F.one_hot(value, self._levels)
        self._take_in(self.step, index, self._array(value))

    def _read(self, index: int) -> Any:
        """The output at `index` under every mask, V h (+ A x) + c: (M, n, K')."""
        shared = self._c[index]
        if self._A is not None:
            shared = shared + self._x @ self._A[index].T  # (n, K')
        return (self._last_h @ self._V[index].T).reshape(len(self._masks), self.n, -1) + shared

    def _take_in(self, t: int, index: int, value: Any) -> None:
        """Set input `index`, (n, K'), drawn at step t, and compute the units that it completes."""
        self._entry[: self._output_width] = value.T
        self._sums += self._W_1[index].T @ self._entry
        if self._A is not None:
            begin = index * self._input_width
            self._x[:, begin : begin + self._input_width] = self._entry.T
        self._compute_units(t + 1)

    def _compute_units(self, t: int) -> None:
        """All units of degree t under every mask, lowest layer first: ReLU(W h + b)."""
        for layer, by_step in enumerate(self._units):
            units = by_step[t]  # (M, u)
            if not units.shape[1]:
                continue
            if layer == 0:
                a = self._sums[units]  # (M, u, n)
            else:
                below = self._h[layer - 1][:, :, :-1].swapaxes(1, 2)  # (M, H, n)
                a = self._weights[layer - 1][units] @ below + self._biases[layer - 1][units]
            self._h[layer][self._masks, :, units] = a * (a > 0)

    def _units_by_step(self, degrees: Tensor) -> list[Any]:
        """The units of degree t = 0..D under each mask, (M, u), from degrees (M, H).

        A mask with fewer than u is filled up with -1: the column that is never read.
        """
        M, H = degrees.shape
        degrees, units = torch.sort(degrees, stable=True)
        counts = torch.zeros(M, len(self._order) + 1, dtype=torch.long)
        counts.scatter_add_(1, degrees, torch.ones_like(degrees))
        place = torch.arange(H) - (counts.cumsum(1) - counts).gather(1, degrees)
        most = counts.amax(0)  # (D + 1,)
        table = torch.full((len(most), M, int(most.max())), -1)
        table[degrees, torch.arange(M)[:, None], place] = units
        by_step = self._array(table.to(self._device))
        return [by_step[t, :, :u] for t, u in enumerate(most.tolist())]

    def _array(self, x: Tensor) -> Any:
        return x.numpy() if self._numpy else x
