"""Layers that several models are built of."""

from __future__ import annotations

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn


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
        self.register_buffer("mask", torch.ones_like(self.weight).detach(), persistent=False)

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
