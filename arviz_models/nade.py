r"""NADE, the neural autoregressive distribution estimator.

One hidden layer, shared by all conditionals. At step t the dimension i = o[t] is predicted from a
running sum a_t of one weight column for each value drawn so far:

.. math::
    a_0 = c, \qquad h_t = \sigma(a_t), \qquad
    p(x_i \mid x_{o[<t]}) = \mathrm{softmax}(V_i h_t + b_i), \qquad
    a_{t+1} = a_t + W_i[x_i]

Since a_{t+1} differs from a_t by one column, all D conditionals together cost O(D H), and so does
a sample.

Sources: Larochelle & Murray, The Neural Autoregressive Distribution Estimator (AISTATS 2011);
Uria, Murray & Larochelle, A Deep and Tractable Density Estimator (ICML 2014), for training over all
orders; Uria, Côté, Gregor, Murray & Larochelle, Neural Autoregressive Distribution Estimation
(JMLR 2016).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx, once_differentiable

from arviz_models.base import AutoregressiveModel, Decoder, check_generator
from arviz_models.ordering import training_order

STARTS = ("bias", "gaussian")


class NADE(AutoregressiveModel):
    """Neural autoregressive distribution estimator with one hidden layer.

    With two levels a conditional has one logit and x = 0 adds nothing to the sum, as in the paper:
    2 D H + D + H parameters. With more levels each has its column of W and its row of V.

    Args:
        event_shape: (D,) or (C, H, W).
        levels: K.
        hidden: number of hidden units, H below.
        order: ``order[t]`` = flat index drawn at step t; None for raster order.
        start: what the first conditional is computed from when sampling. "bias": h = σ(c), a
            constant, as in the paper. "gaussian": h drawn from N(0, 1), as the lecture tells it,
            for the first dimension alone. `logits` and `log_prob` are those of "bias" either way.
        order_agnostic: train over random orders. Each dimension seen adds a second column U_i,
            whatever its value: the mask of Uria et al. (2014), which tells "0" from "not drawn".

    Raises:
        ValueError: as `AutoregressiveModel`; hidden below 1; unknown start.

    Example:
        >>> model = NADE((784,), hidden=500)
        >>> sum(parameter.numel() for parameter in model.parameters())
        785284
    """

    def __init__(
        self,
        event_shape: Sequence[int],
        levels: int = 2,
        hidden: int = 500,
        order: Sequence[int] | Tensor | None = None,
        start: str = "bias",
        order_agnostic: bool = False,
    ) -> None:
        super().__init__(event_shape, levels, order)
        if type(hidden) is not int or hidden < 1:
            raise ValueError(f"hidden is the number of hidden units, at least 1; given {hidden!r}")
        if start not in STARTS:
            raise ValueError(f"start is one of {', '.join(STARTS)}; given {start!r}")
        self.hidden, self.start, self.order_agnostic = hidden, start, bool(order_agnostic)
        columns = 1 if levels == 2 else levels  # K' below
        self.W = nn.Parameter(torch.empty(self.dimensions, columns, hidden))
        self.V = nn.Parameter(torch.empty(self.dimensions, columns, hidden))
        self.b = nn.Parameter(torch.zeros(self.dimensions, columns))
        self.c = nn.Parameter(torch.zeros(hidden))
        self.U = nn.Parameter(torch.empty(self.dimensions, hidden)) if order_agnostic else None
        # Small outputs, so that every conditional begins close to uniform: NLL near D log K.
        nn.init.normal_(self.V, std=0.25 / math.sqrt(hidden))
        for inputs in (self.W, self.U):
            if inputs is not None:
                nn.init.normal_(inputs, std=1 / math.sqrt(self.dimensions))

    @property
    def config(self) -> dict[str, Any]:
        return super().config | {
            "hidden": self.hidden,
            "start": self.start,
            "order_agnostic": self.order_agnostic,
        }

    @property
    def output_bias(self) -> nn.Parameter:
        return self.b

    def forward(self, one_hot: Tensor) -> Tensor:
        columns = self.W.shape[1]
        x = one_hot.reshape(len(one_hot), self.dimensions, self.levels)[..., -columns:]
        x = x.transpose(0, 1)  # (D, N, K')
        W: Tensor = self.W  # (D, K', H)
        if self.U is not None:  # "seen" is one more input, always 1
            x = torch.cat([x, torch.ones_like(x[..., :1])], dim=-1)
            W = torch.cat([W, self.U.unsqueeze(1)], dim=1)
        o = self.order
        Vh = _RunningSum.apply(x[o], W[o], self.V[o], self.c)  # (D, N, K'), one row a step
        z = torch.empty_like(Vh).index_copy(0, o, Vh) + self.b.unsqueeze(1)
        return self._all_levels(z.transpose(0, 1)).reshape(one_hot.shape)

    def training_loss(self, x: Tensor, generator: torch.Generator) -> Tensor:
        if not self.order_agnostic:
            return super().training_loss(x, generator)
        order = training_order(self.event_shape, generator)
        return -self.with_order(order).log_prob(x).mean()

    def random_numbers(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        r"""(D, n) uniforms; with start="gaussian" H more rows: h of the first dimension.

        The run of a sequence is its D uniforms, then H normal numbers. Either start takes both,
        so that both share the uniforms of every sequence.

        The normal numbers are those of `torch.randn`. For H >= 16 it takes H uniforms more of the
        generator, and turns each 16 of them, u_0..u_15, into 16 normal numbers by Box and Muller:
        j and j + 8, for j < 8, are :math:`\sqrt{-2 \ln(1 - u_j)}` times the cosine and the sine
        of :math:`2 \pi u_{j+8}`. Where 16 does not divide H, the last 16 units are then made
        again from 16 uniforms more.
        """
        check_generator(generator)
        float32_on_cpu: Any = {"generator": generator, "dtype": torch.float32, "device": "cpu"}
        runs = []
        for _ in range(n):
            uniforms = torch.rand(self.dimensions, **float32_on_cpu)
            first_h = torch.randn(self.hidden, **float32_on_cpu)
            runs.append(uniforms if self.start == "bias" else torch.cat([uniforms, first_h]))
        return torch.stack(runs, dim=1).to(self.device)

    def start_decoder(self, random_numbers: Tensor) -> NADEDecoder:
        if self.start == "bias":
            return self.decoder(random_numbers.shape[1])
        return NADEDecoder(self, random_numbers.shape[1], random_numbers[self.dimensions :].T)

    def decoder(self, n: int) -> NADEDecoder:
        return NADEDecoder(self, n)

    def column(self, index: int, value: Tensor) -> Tensor:
        """What dimension `index` adds to the running sum: W_i[x_i], (n, H), for value (n,)."""
        if self.levels == 2:
            added = value.unsqueeze(1) * self.W[index]
        else:
            added = self.W[index].index_select(0, value)
        return added if self.U is None else added + self.U[index]

    def with_start(self, start: str) -> NADE:
        """This model with another `start`, sharing all parameters."""
        if start not in STARTS:
            raise ValueError(f"start is one of {', '.join(STARTS)}; given {start!r}")
        view = copy.copy(self)
        view.start = start
        return view

    def _all_levels(self, z: Tensor) -> Tensor:
        """Logits of K levels from K' (..., K'): with two levels, that of level 0 is 0."""
        return F.pad(z, (1, 0)) if self.levels == 2 else z


class NADEDecoder(Decoder):
    """Holds the running sum a (n, H); each observation adds one column of W."""

    def __init__(self, model: NADE, n: int, first_h: Tensor | None = None) -> None:
        super().__init__(model, n)
        self._model = model
        self._a = model.c.expand(n, -1)
        self._h = torch.sigmoid(self._a) if first_h is None else first_h.to(model.dtype)

    def logits(self) -> Tensor:
        i = self.index
        return self._model._all_levels(F.linear(self._h, self._model.V[i], self._model.b[i]))

    def internals(self) -> dict[str, Tensor]:
        """``a`` the running sum and ``h`` the hidden units, each (n, H)."""
        return {"a": self._a, "h": self._h}

    def _update(self, index: int, value: Tensor) -> None:
        self._a = self._a + self._model.column(index, value)
        self._h = torch.sigmoid(self._a)


class _RunningSum(torch.autograd.Function):
    """V_t σ(a_t) for every t, where a_0 = c and a_{t+1} = a_t + x_t W_t.

    Written out, h of all steps is an N·D·H tensor: 1.6 GB for a batch of 1,000 images. Here only
    the last a is kept, and the backward pass takes the columns off it again, one by one, to get
    every earlier one: memory O(N H) on top of inputs and outputs. (JMLR 2016, Algorithm 1.)
    """

    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor, W: Tensor, V: Tensor, c: Tensor) -> Tensor:
        """x (D, N, I), W (D, I, H), V (D, O, H), c (H,), all in the order of drawing: (D, N, O)."""
        a = c.repeat(x.shape[1], 1)  # (N, H)
        out = x.new_empty(len(x), x.shape[1], V.shape[1])
        for t in range(len(x)):
            torch.mm(torch.sigmoid(a), V[t].T, out=out[t])
            a.addmm_(x[t], W[t])
        ctx.save_for_backward(x, W, V, a)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_out: Tensor) -> tuple[Tensor | None, Tensor, Tensor, Tensor]:
        x, W, V, a = ctx.saved_tensors
        a = a.clone()
        grad_x = torch.empty_like(x) if ctx.needs_input_grad[0] else None
        grad_W, grad_V = torch.empty_like(W), torch.empty_like(V)
        grad_a = torch.zeros_like(a)  # of a_{t+1}: exactly zero until a later logit was asked for
        for t in reversed(range(len(x))):
            if grad_x is not None:
                torch.mm(grad_a, W[t].T, out=grad_x[t])
            torch.mm(x[t].T, grad_a, out=grad_W[t])
            a.addmm_(x[t], W[t], alpha=-1)
            h = torch.sigmoid(a)
            torch.mm(grad_out[t].T, h, out=grad_V[t])
            grad_a += torch.mm(grad_out[t], V[t]).mul_(h).mul_(1 - h)
        return grad_x, grad_W, grad_V, grad_a.sum(0)


def first_hidden_units(model: NADE, seed: int) -> np.ndarray | None:
    """(H,) the hidden units that one Gaussian start draws; None with the start of the paper."""
    if model.start == "bias":
        return None
    generator = torch.Generator().manual_seed(seed)
    return model.random_numbers(1, generator)[model.dimensions :, 0].cpu().numpy()


@dataclass(frozen=True)
class StartComparison:
    """The first conditional with either start.

    Attributes:
        bias: (K,) its probabilities from h = σ(c), the same for every sample.
        gaussian: (n, K) its probabilities from n draws of h from N(0, 1).
        mean: (K,) the mean of `gaussian`: how often each level really comes out.
    """

    bias: Tensor
    gaussian: Tensor
    mean: Tensor


@torch.no_grad()
def compare_starts(model: NADE, n: int, seed: int) -> StartComparison:
    """What the lecture's Gaussian h_1 does to the first conditional, over n draws."""
    generator = torch.Generator().manual_seed(seed)
    numbers = model.with_start("gaussian").random_numbers(n, generator)
    gaussian = model.with_start("gaussian").start_decoder(numbers).logits().softmax(-1)  # (n, K)
    bias = model.with_start("bias").decoder(1).logits().softmax(-1)[0]  # (K,)
    return StartComparison(bias, gaussian, gaussian.mean(0))
