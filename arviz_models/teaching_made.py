"""A MADE that may make mistakes, for lessons to show what they cost."""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor

from arviz_models.base import AutoregressiveModel, Decoder
from arviz_models.made import MADE


class TeachingMADE(MADE):
    """A MADE that may make the mistakes `MADE` refuses. It is never saved and never loaded.

    - A unit of degree 0 reads no input: it is a constant.
    - A unit of degree D feeds no output, whatever it reads.
    - With `relaxed`, the sign of the output mask (and of the direct connections) is >= where it
      should be >. Each output can then read its own input: the loss falls as it learns to copy,
      and what it assigns to images is no probability. Its samples come from full passes, in which
      an input that is not drawn yet counts as 0.

    Degrees that are all equal, m say, are allowed in `MADE` itself: outputs up to rank m then
    read nothing, and all later ones only the inputs up to rank m.

    Args:
        relaxed: see above; all other arguments are those of `MADE`.
    """

    relaxed = False

    def __init__(self, *arguments: Any, relaxed: bool = False, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.relaxed = bool(relaxed)
        self._connect(0)

    @property
    def config(self) -> dict[str, Any]:
        return super().config | {"relaxed": self.relaxed}

    @property
    def _degree_range(self) -> tuple[int, int]:
        return 0, self.dimensions

    def _output_reads(self, rank: Tensor, degree: Tensor) -> Tensor:
        return rank >= degree if self.relaxed else super()._output_reads(rank, degree)

    def decoder(self, n: int) -> Decoder:
        return FullPassDecoder(self, n) if self.relaxed else super().decoder(n)


class FullPassDecoder(Decoder):
    """A full forward pass at every step, with nothing in the place of what is not drawn yet."""

    def __init__(self, model: AutoregressiveModel, n: int) -> None:
        super().__init__(model, n)
        self._model = model
        self._one_hot = model.order.new_zeros(n, model.dimensions, model.levels).to(model.dtype)

    def logits(self) -> Tensor:
        shape = (self.n, *self._model.event_shape, self._model.levels)
        return self._model(self._one_hot.view(shape)).view_as(self._one_hot)[:, self.index]

    def _update(self, index: int, value: Tensor) -> None:
        self._one_hot[:, index] = F.one_hot(value, self._model.levels).to(self._model.dtype)
