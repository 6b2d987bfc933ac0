r"""MADE, the masked autoencoder for distribution estimation.

An autoencoder becomes autoregressive when the right weights are multiplied by 0. Every input has
its rank d in the order (1 = drawn first), every hidden unit k of layer l a degree m_l(k): it may
depend on the inputs of rank 1..m_l(k). With m_0 = rank, the masks are

.. math::
    M^l_{k,k'} = 1 \text{ where } m_l(k) \ge m_{l-1}(k'), \qquad
    M^V_{d,k} = 1 \text{ where } \mathrm{rank}(d) > m_L(k)

    h_l = \mathrm{ReLU}((W_l \odot M^l)\, h_{l-1} + b_l), \qquad
    \text{logits} = (V \odot M^V)\, h_L + (A \odot M^A)\, x + c

so that a path leads from input j to output i only where j is drawn before i. The second sign is
strict: the output of rank 1 reads nothing, its logits are the biases c. Degrees are 1..D-1, since
degree 0 would read no input and degree D feed no output. A, the direct connections, is optional;
:math:`M^A` is 1 where rank(i) > rank(j).

Source: Germain, Gregor, Murray & Larochelle, MADE: Masked Autoencoder for Distribution Estimation
(ICML 2015); equations 12-13 are the masks, sections 4.2 and 4.3 the training over many of them.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from itertools import pairwise, starmap
from typing import Any, Self

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from arviz_models.base import AutoregressiveModel, Decoder, inverse_cdf
from arviz_models.degrees import checked_degrees, drawn_degrees
from arviz_models.layers import MaskedLinear
from arviz_models.made_ensemble import EnsembleDecoder
from arviz_models.ordering import ranks, training_order

MAX_LAYERS, MAX_MASKS = 3, 1000


class MADE(AutoregressiveModel):
    """Masked autoencoder for distribution estimation.

    With two levels an input is one number and an output one logit, as in the paper. With more,
    an input is one-hot (K columns) and an output has K logits.

    Args:
        event_shape: (D,) or (C, H, W).
        levels: K.
        hidden: units of each hidden layer, one to three layers.
        order: ``order[t]`` = flat index drawn at step t; None for raster order.
        degrees: of the hidden units. "random": uniform from [lowest degree of the layer below,
            D-1], as in the paper; "even": 1, 2, ..., D-1 in turn; or the degrees themselves, one
            sequence for each hidden layer. Layers too narrow for the degrees they need are
            allowed: `lost_dependencies` says what that costs. (With D = 1 there is no degree:
            every unit gets 1 and feeds nothing.)
        direct: connect inputs to outputs directly as well.
        masks: M, how many sets of degrees to train over (connectivity-agnostic): one is drawn for
            each batch. The model is then the ensemble of all M: each conditional is the mean of
            the probabilities that the M masks give it. Under one order that is autoregressive and
            normalised; `joint_log_prob` averages the probabilities of whole x, as the authors'
            code does.
        seed: of the degrees. They are the same on every machine, so no file need hold them.
        order_agnostic: train over random orders too, a new one for each batch, so that
            `with_order` may choose any.

    With several masks or orders, each input comes with a second one that is always 1 and masked
    alike: it tells "0" from "not seen" (the conditioning weights U of section 4.2).

    Raises:
        ValueError: as `AutoregressiveModel`; sizes, degrees, masks or seed out of range.

    Example:
        >>> model = MADE((3,), hidden=(4,), degrees=[[1, 2, 2, 1]], order=[2, 0, 1])
        >>> model.path_counts()  # row i: how many paths lead from each input to output i
        tensor([[0, 0, 2],
                [2, 0, 4],
                [0, 0, 0]])
    """

    layers: Sequence[MaskedLinear]
    direct: MaskedLinear | None
    dropout = 0.0
    """The share of hidden units that `training_loss` sets to 0, others for each image, while the
    model is in training mode. The rest is made larger for it, so that nothing changes afterwards.
    """
    _chances: torch.Generator | None = None  # which they are; None for none

    def __init__(
        self,
        event_shape: Sequence[int],
        levels: int = 2,
        hidden: Sequence[int] = (500,),
        order: Sequence[int] | Tensor | None = None,
        degrees: str | Sequence[Sequence[int]] = "random",
        direct: bool = False,
        masks: int = 1,
        seed: int = 0,
        order_agnostic: bool = False,
    ) -> None:
        super().__init__(event_shape, levels, order)
        self.hidden = _check_hidden(hidden)
        self.degree_rule = checked_degrees(degrees, self.hidden, *self._degree_range)
        for name, value, low, high in (("masks", masks, 1, MAX_MASKS), ("seed", seed, 0, 2**63)):
            if type(value) is not int or not low <= value <= high:
                raise ValueError(f"{name} is an integer from {low} to {high}; given {value!r}")
        if masks > 1 and not isinstance(self.degree_rule, str):
            raise ValueError(f"degrees set by hand make one mask; given masks={masks}")
        self.mask_count, self.seed, self.order_agnostic = masks, seed, bool(order_agnostic)
        self._masks_averaged = range(masks)

        # K' numbers for each input and output, one where two levels need no more, and "seen".
        self.tells_seen = masks > 1 or self.order_agnostic
        self.output_width = 1 if levels == 2 else levels
        self.input_width = self.output_width + self.tells_seen
        inputs, outputs = (self.dimensions * n for n in (self.input_width, self.output_width))
        widths = [inputs, *self.hidden, outputs]
        self.layers = nn.ModuleList(starmap(MaskedLinear, pairwise(widths)))  # type: ignore[assignment]
        self.direct = MaskedLinear(inputs, outputs, bias=False) if direct else None
        # Small outputs, so that every conditional begins close to uniform: NLL near D log K.
        nn.init.normal_(self.layers[-1].weight, std=0.25 / math.sqrt(self.hidden[-1]))
        nn.init.zeros_(self.layers[-1].bias)
        if self.direct is not None:
            nn.init.normal_(self.direct.weight, std=0.25 / math.sqrt(inputs))
        # Only shapes are asked for on "meta": a card is checked before its masks take memory.
        if not self.layers[0].weight.is_meta:
            self._connect(0)

    @property
    def config(self) -> dict[str, Any]:
        return super().config | {
            "hidden": list(self.hidden),
            "degrees": self.degree_rule,
            "direct": self.direct is not None,
            "masks": self.mask_count,
            "seed": self.seed,
            "order_agnostic": self.order_agnostic,
        }

    # --- masks -----------------------------------------------------------------------------

    @property
    def _degree_range(self) -> tuple[int, int]:
        """Lowest and highest degree that a hidden unit may have."""
        return 1, self.dimensions - 1

    @property
    def degrees(self) -> list[Tensor]:
        """Degree of every unit, long (H_l,) for each hidden layer. An ensemble: of its mask 0."""
        return [degree.clone() for degree in self._degrees]

    def masks(self) -> list[Tensor]:
        """bool (H_1, D), (H_2, H_1), ..., (D, H_L): [k, j] is True where unit k reads unit j.

        Inputs and outputs by flat index, not by rank. An ensemble: those of its mask 0.
        """
        m = [self._ranks(), *(degree.to(self.device) for degree in self._degrees)]
        hidden = [above[:, None] >= below for below, above in pairwise(m)]
        return [*hidden, self._output_reads(m[0][:, None], m[-1])]

    def direct_mask(self) -> Tensor | None:
        """bool (D, D): [i, j] is True where output i reads input j; None without connections."""
        rank = self._ranks()
        return None if self.direct is None else self._output_reads(rank[:, None], rank)

    def _ranks(self) -> Tensor:
        """(D,) rank of each dimension, counted from 1 as in the paper."""
        return ranks(self.order) + 1

    def _output_reads(self, rank: Tensor, degree: Tensor) -> Tensor:
        """Where an output of this rank may read a unit of this degree: strictly below it."""
        return rank > degree

    def path_counts(self) -> Tensor:
        """long (D, D): how many paths lead from input j to output i, all masks together.

        The product of the masks, plus the direct connections. Where it is 0, nothing can react.
        """
        total = torch.zeros(self.dimensions, self.dimensions, dtype=torch.long)
        for k in self._masks_averaged:
            view = self.with_mask(k)
            counts, *others = (mask.cpu().double() for mask in view.masks())  # exact to 2^53
            for mask in others:
                counts = mask @ counts
            total += counts.long()
            if (direct := view.direct_mask()) is not None:
                total += direct.cpu().long()
        return total

    def dependencies(self) -> Tensor:
        rank, D = self._ranks(), self.dimensions
        direct = self.direct_mask()
        found = (
            torch.zeros(D, D, dtype=torch.bool, device=self.device) if direct is None else direct
        )
        for k in self._masks_averaged:
            # Of all paths from an input, the one by the lowest degrees leads to the most outputs.
            lowest = rank
            for degree in self._draw_degrees(k):
                degrees = torch.sort(F.pad(degree, (0, 1), value=D + 1)).values.to(self.device)
                lowest = degrees[torch.searchsorted(degrees, lowest)]  # D + 1: no way on
            found = found | self._output_reads(rank[:, None], lowest)
        return found

    def lost_dependencies(self) -> list[tuple[int, int]]:
        """Pairs (i, j): j is drawn before i, but no path leads there. Layers are too narrow."""
        lost = super().dependencies() & ~self.dependencies()
        return [(i, j) for i, j in lost.nonzero().tolist()]

    def with_mask(self, k: int) -> Self:
        """This model with set k of degrees alone, 0 <= k < masks, sharing all parameters."""
        if k not in self._masks_averaged:
            raise ValueError(f"mask k is one of {list(self._masks_averaged)}; given {k!r}")
        return self._view(range(k, k + 1), None)

    def with_order(self, order: Sequence[int] | Tensor) -> Self:
        return self._view(self._masks_averaged, order)

    def _view(self, masks: range, order: Sequence[int] | Tensor | None) -> Self:
        """This model over some of its masks, in another order unless that is None."""
        view = copy.copy(self) if order is None else super().with_order(order)
        view._masks_averaged = masks
        view._connect(masks[0])
        return view

    def _connect(self, k: int) -> None:
        """Put the masks of set k, under the order as it is, on layers of this object's own."""
        self._degrees = self._draw_degrees(k)
        *hidden, output = self.masks()
        hidden[0] = hidden[0].repeat_interleave(self.input_width, 1)
        masks = [*hidden, output.repeat_interleave(self.output_width, 0)]
        layers = [layer.with_mask(mask) for layer, mask in zip(self.layers, masks, strict=True)]
        self._modules = self._modules | {"layers": nn.ModuleList(layers)}
        if self.direct is not None and (mask := self.direct_mask()) is not None:
            mask = mask.repeat_interleave(self.output_width, 0)
            mask = mask.repeat_interleave(self.input_width, 1)
            self._modules["direct"] = self.direct.with_mask(mask)

    def _draw_degrees(self, k: int) -> list[Tensor]:
        """Degrees of set k, (H_l,) for each hidden layer, on the CPU."""
        return drawn_degrees(self.degree_rule, self.hidden, self.dimensions, self.seed, k)

    # --- density -----------------------------------------------------------------------------

    @property
    def output_bias(self) -> nn.Parameter:
        return self.layers[-1].bias

    def forward(self, one_hot: Tensor) -> Tensor:
        if len(self._masks_averaged) > 1:
            return self._mean_over_masks(one_hot)
        x = one_hot.reshape(len(one_hot), self.dimensions, self.levels)
        x = x[..., -self.output_width :]
        if self.tells_seen:
            x = torch.cat([x, torch.ones_like(x[..., :1])], dim=-1)
        x = x.flatten(1)  # (N, D K') or (N, D (K' + 1))
        h = x
        for layer in self.layers[:-1]:
            h = self._thinned(torch.relu(layer(h)))  # (N, H_l)
        z = self.layers[-1](h)  # (N, D K')
        if self.direct is not None:
            z = z + self.direct(x)
        z = z.view(len(z), self.dimensions, self.output_width)
        # With two levels, the logit of level 0 is 0.
        return F.pad(z, (self.levels - self.output_width, 0)).reshape(one_hot.shape)

    def _thinned(self, h: Tensor) -> Tensor:
        """Dropout, where this is the view that `training_loss` takes."""
        if self._chances is None:
            return h
        kept = torch.rand(h.shape, generator=self._chances, device="cpu") >= self.dropout
        return h * kept.to(h) / (1 - self.dropout)

    def _mean_over_masks(self, one_hot: Tensor) -> Tensor:
        """log of the mean probability of every level, which are logits too."""
        total = torch.full_like(one_hot, -math.inf)
        for k in self._masks_averaged:
            total = torch.logaddexp(total, torch.log_softmax(self.with_mask(k)(one_hot), dim=-1))
        return total - math.log(len(self._masks_averaged))

    def joint_log_prob(self, x: Tensor, orders: Sequence[Sequence[int] | Tensor] = ()) -> Tensor:
        r"""(N,) log of the mean of p(x) over all masks, and over orders if given.

        :math:`\log \frac{1}{M} \sum_k p_k(x)`, the authors' ensemble. A mixture of orders is a
        density too, but no single order samples from it.
        """
        views = [self.with_order(order) for order in orders] or [self]
        log_p = [view.with_mask(k).log_prob(x) for view in views for k in self._masks_averaged]
        return torch.logsumexp(torch.stack(log_p), 0) - math.log(len(log_p))

    def training_loss(self, x: Tensor, generator: torch.Generator) -> Tensor:
        masks, order = self._masks_averaged, None
        if self.order_agnostic:
            order = training_order(self.event_shape, generator)
        if len(masks) > 1:
            k = int(torch.randint(len(masks), (), generator=generator, device="cpu"))
            masks = masks[k : k + 1]
        view = self._view(masks, order)
        view._chances = generator if self.training and self.dropout else None
        return -view.log_prob(x).mean()

    # --- sampling ----------------------------------------------------------------------------

    def decoder(self, n: int) -> Decoder:
        if len(self._masks_averaged) == 1:
            return MADEDecoder(self, n)
        degrees = [self._draw_degrees(k) for k in self._masks_averaged]
        return EnsembleDecoder(self, n, self.layers, self.direct, degrees)


class MADEDecoder(Decoder):
    """Computes each hidden unit once, when the last input that it may read is drawn.

    Inputs that are not drawn and units that are not computed are 0, so no mask is needed: at step t
    just the inputs of rank 1..t and the units of degree 1..t are there to be read. All D steps
    together are about the work of one forward pass.

    The same lines run on torch tensors and on NumPy arrays, which are several times faster for
    the few numbers of one step; on a CPU they get those.
    """

    def __init__(self, model: MADE, n: int) -> None:
        super().__init__(model, n)
        D, K, device = model.dimensions, model.levels, model.device
        self._model, self._levels = model, K
        self._numpy = device.type == "cpu" and model.dtype in (torch.float32, torch.float64)
        self._input_width, self._output_width = model.input_width, model.output_width

        # Units are computed by rising degree: weights[l][ends[l][t-1]:ends[l][t]] at step t.
        *hidden, last = model.layers
        self._units, self._weights, self._biases, self._ends = [], [], [], []
        steps = torch.arange(D + 1, device=device)
        for layer, degree in zip(hidden, model.degrees, strict=True):
            degree, unit = torch.sort(degree.to(device), stable=True)
            self._units.append(self._array(unit))
            self._weights.append(self._array(layer.weight.detach().index_select(0, unit)))
            self._biases.append(self._array(layer.bias.detach().index_select(0, unit)))
            self._ends.append([0, *torch.searchsorted(degree, steps, right=True).tolist()])
        self._V = self._array(last.weight.detach()).reshape(D, model.output_width, -1)
        self._c = self._array(last.bias.detach()).reshape(D, model.output_width)
        self._A = None
        if model.direct is not None:
            self._A = self._array(model.direct.weight.detach()).reshape(D, model.output_width, -1)

        zeros = last.weight.detach().new_zeros
        widths = [D * model.input_width, *model.hidden]
        self._h = [self._array(zeros(n, width)) for width in widths]  # h[0] is x
        self._logits = zeros(D, n, K)
        self._z = self._array(self._logits)[..., K - model.output_width :]
        self._compute_units(0)

    def logits(self) -> Tensor:
        self._z[self.step] = self._read(self.index) + self._c[self.index]
        return self._logits[self.step]

    def internals(self) -> dict[str, Tensor]:
        """``h1``, ``h2``, ...: the hidden layers, each (n, H_l); 0 where not computed yet."""
        layers = enumerate(self._h[1:], start=1)
        return {f"h{number}": torch.as_tensor(h).clone() for number, h in layers}

    def draw(
        self, uniforms: Tensor, given: Tensor | None = None, temperature: Tensor | None = None
    ) -> Tensor:
        if not (self._numpy and self._levels == 2 and given is None and temperature is None):
            return super().draw(uniforms, given, temperature)
        # u >= p_0 where z > log((1 - u) / u): by that, a step needs no conversion and no softmax,
        # which take longer than the network. Rounding can tell the two apart, about once in 10^7.
        biases = self._c[self._order][:, None]  # (D, 1, 1)
        thresholds = (torch.log1p(-uniforms) - torch.log(uniforms)).unsqueeze(-1).numpy() - biases
        for t, index in enumerate(self._order):
            z = self._z[t] = self._read(index)
            self._take_in(t, index, z > thresholds[t])
        self.step = len(self._order)
        drawn = self._h[0][:, :: self._input_width].T
        self._z += biases
        levels = inverse_cdf(torch.softmax(self._logits.flatten(0, 1), -1), uniforms.flatten())
        if not np.array_equal(levels.numpy(), drawn[self._order].ravel()):
            return Decoder.draw(MADEDecoder(self._model, self.n), uniforms)
        return levels.view(uniforms.shape).T

    def _update(self, index: int, value: Tensor) -> None:
        value = value.unsqueeze(1) if self._levels == 2 else F.one_hot(value, self._levels)
        self._take_in(self.step, index, self._array(value))

    def _read(self, index: int) -> Any:
        """V h (+ A x) of output `index`, (n, K')."""
        z = self._h[-1] @ self._V[index].T
        return z if self._A is None else z + self._h[0] @ self._A[index].T

    def _take_in(self, t: int, index: int, value: Any) -> None:
        """Set input `index`, (n, K'), drawn at step t, and compute the units that it completes."""
        begin = index * self._input_width
        self._h[0][:, begin : begin + self._output_width] = value
        if self._input_width > self._output_width:
            self._h[0][:, begin + self._output_width] = 1  # "seen"
        self._compute_units(t + 1)

    def _compute_units(self, t: int) -> None:
        """All units of degree t, lowest layer first: ReLU(W h + b)."""
        for layer, ends in enumerate(self._ends):
            begin, end = ends[t], ends[t + 1]
            if begin < end:
                a = self._h[layer] @ self._weights[layer][begin:end].T
                a = a + self._biases[layer][begin:end]
                self._h[layer + 1][:, self._units[layer][begin:end]] = a * (a > 0)

    def _array(self, x: Tensor) -> Any:
        return x.numpy() if self._numpy else x


# --- what the constructor is given ---------------------------------------------------------------


def _check_hidden(hidden: Sequence[int]) -> tuple[int, ...]:
    sizes = tuple(hidden) if isinstance(hidden, Sequence) else ()
    if not 1 <= len(sizes) <= MAX_LAYERS or any(type(H) is not int or H < 1 for H in sizes):
        raise ValueError(
            f"hidden lists the units of 1 to {MAX_LAYERS} layers, each at least 1; given {hidden!r}"
        )
    return sizes
