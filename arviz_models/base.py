r"""The contract that every model keeps.

An autoregressive model writes a joint distribution as a product of conditionals, one for each
dimension, in some order o:

.. math:: p(x) = \prod_t p(x_{o[t]} \mid x_{o[0]}, \dots, x_{o[t-1]})

Training asks for all conditionals of a given x at once (`logits`). Sampling asks for them one at a
time, since each needs the values drawn before it; a `Decoder` does that without starting over at
every step.

Symbols: N batch (n where sequences are sampled), D dimensions, K levels, o the order.
"""

from __future__ import annotations

import copy
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import LongTensor, Tensor, nn

from arviz_models.ordering import check_order, ranks, raster

# A convolution on an NVIDIA GPU rounds to 10 bits (TF32) unless told not to: what a whole pass says
# of a pixel would then differ from what a decoder says, and from the CPU, in the third digit.
torch.backends.cudnn.allow_tf32 = False

NOT_DRAWN = -1  # what `given` holds where the model is to draw


@dataclass(frozen=True)
class Step:
    """One dimension of n sequences, just drawn.

    Attributes:
        t: step, 0-based.
        index: flat index of the dimension drawn, ``order[t]``.
        probs: (n, K) the conditional it was drawn from.
        value: (n,) long, the level drawn, or the one that was given.
        internals: what a page may draw of the model's state when it made `probs`.
    """

    t: int
    index: int
    probs: Tensor
    value: Tensor
    internals: dict[str, Tensor] = field(default_factory=dict)


class Decoder(ABC):
    """State of an incremental sampler for n sequences: what is known after `step` observations.

    Use: ``while not decoder.done: decoder.observe(choose(decoder.logits()))``.
    """

    def __init__(self, model: AutoregressiveModel, n: int) -> None:
        self.n = n
        self.step = 0
        self._order: list[int] = model.order.tolist()

    @property
    def done(self) -> bool:
        """True once every dimension was observed."""
        return self.step == len(self._order)

    @property
    def index(self) -> int:
        """Flat index of the dimension at the current step."""
        if self.done:
            raise RuntimeError(f"all {len(self._order)} dimensions were observed; none is left")
        return self._order[self.step]

    @abstractmethod
    def logits(self) -> Tensor:
        """(n, K) logits of the dimension at the current step; changes nothing."""

    @abstractmethod
    def _update(self, index: int, value: Tensor) -> None:
        """Take in that dimension `index` has the given levels, (n,) long."""

    def internals(self) -> dict[str, Tensor]:
        """What a page may draw of the state at the current step; each (n, ...)."""
        return {}

    def observe(self, value: Tensor) -> None:
        """Fix the dimension at the current step to levels `value`, (n,) long, and move on."""
        self._update(self.index, value)
        self.step += 1

    def advance(
        self, uniforms: Tensor, given: Tensor | None = None, temperature: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Draw the dimension at the current step and move on.

        Args:
            uniforms: (n,) in [0, 1), one for each sequence.
            given: (n, D), level or -1 where it is to be drawn.
            temperature: (n, 1), None for 1 throughout.

        Returns:
            The conditional (n, K), and the values (n,).
        """
        probs = tempered_probs(self.logits(), temperature)
        value = inverse_cdf(probs, uniforms)
        if given is not None:
            fixed = given[:, self.index]
            value = torch.where(fixed == NOT_DRAWN, value, fixed)
        self.observe(value)
        return probs, value

    def draw(
        self, uniforms: Tensor, given: Tensor | None = None, temperature: Tensor | None = None
    ) -> Tensor:
        """All steps of a decoder at its first: the values (n, D), in the order of drawing.

        Arguments as for `advance`, which is called with each row of uniforms (D, n). A subclass
        may find another way, but not other values.
        """
        values = [self.advance(row, given, temperature)[1] for row in uniforms.unbind()]
        return torch.stack(values, dim=1)


class AutoregressiveModel(nn.Module, ABC):
    """Base of all models: a distribution over integer arrays of shape `event_shape`.

    Args:
        event_shape: (D,) for vectors or (C, H, W) for images.
        levels: K >= 2; every entry of x is one of 0..K-1.
        order: ``order[t]`` = flat index drawn at step t; None for raster order.

    Raises:
        ValueError: sizes below 1, levels below 2, an order that is no permutation.
    """

    order: LongTensor
    leaks = False  # True of a model that reads what it must not, broken on purpose to show that

    def __init__(
        self,
        event_shape: Sequence[int],
        levels: int = 2,
        order: Sequence[int] | Tensor | None = None,
    ) -> None:
        super().__init__()
        shape = tuple(event_shape)
        if len(shape) not in (1, 3) or any(type(size) is not int or size < 1 for size in shape):
            raise ValueError(f"event_shape is (D,) or (C, H, W), each at least 1; given {shape}")
        if type(levels) is not int or levels < 2:
            raise ValueError(f"levels is an integer of at least 2; given {levels!r}")
        self.event_shape: tuple[int, ...] = shape
        self.levels = levels
        checked = raster(shape) if order is None else check_order(order, math.prod(shape))
        self.register_buffer("order", checked.clone())
        self.card: dict[str, Any] = {}

    @property
    def dimensions(self) -> int:
        """D, the number of conditionals."""
        return math.prod(self.event_shape)

    @property
    def device(self) -> torch.device:
        """Where the model computes."""
        return self.order.device

    @property
    def config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON can hold them: enough to build the model again."""
        natural = torch.equal(self.order.cpu(), raster(self.event_shape))
        return {
            "event_shape": list(self.event_shape),
            "levels": self.levels,
            "order": None if natural else self.order.tolist(),
        }

    # --- density: every conditional at once ------------------------------------------------

    @abstractmethod
    def forward(self, one_hot: Tensor) -> Tensor:
        """Logits of every conditional as a differentiable function of the one-hot input.

        Args:
            one_hot: float (N, *event_shape, K). Its gradient says what a conditional reads.

        Returns:
            float (N, *event_shape, K).
        """

    def logits(self, x: Tensor) -> Tensor:
        """Logits of every conditional at once, in one pass.

        Args:
            x: long (N, *event_shape), levels 0..K-1.

        Returns:
            float (N, *event_shape, K); [n, i] are the logits of p(x_i | those drawn before i).

        Raises:
            ValueError: wrong shape, dtype or levels.
        """
        self._check("x", x, lowest=0)
        return self(F.one_hot(x, self.levels).to(self.dtype))

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) of long x (N, *event_shape): (N,) in nats, summed over the dimensions."""
        # In the parameters' precision, also where the passes run in a lower one.
        log_p = torch.log_softmax(self.logits(x).to(self.dtype), dim=-1)  # (N, *event_shape, K)
        return log_p.gather(-1, x.unsqueeze(-1)).flatten(1).sum(1)

    def training_loss(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """Mean negative log-likelihood of a batch in nats: what training brings down.

        Models that train over several orders or masks draw one with `generator` (on the CPU).
        """
        return -self.log_prob(x).mean()

    @property
    def output_bias(self) -> nn.Parameter | None:
        """The biases added to the logits, D K' or C K' numbers; None of a model without any."""
        return None

    @torch.no_grad()
    def start_at_marginals(self, counts: Tensor) -> None:
        """Set the output biases to what the data say of each dimension alone: training starts here.

        An untrained model then gives about the marginals, p(x_i), instead of 1 / K: it need not
        learn first that a corner is always empty, which takes many steps. Where the biases are
        shared by all pixels of a channel, they get the marginal over all of them.

        Args:
            counts: long (*event_shape, K), how often each level stands at each dimension. One
                image more is counted, spread evenly over the levels, so that no log is infinite.
        """
        bias = self.output_bias
        if bias is None:
            return
        width = 1 if self.levels == 2 else self.levels  # K'
        shared = counts.reshape(bias.numel() // width, -1, self.levels).sum(1).double()
        logits = (shared + 1 / self.levels).log()
        logits = logits - (logits[:, :1] if width == 1 else logits.mean(1, keepdim=True))
        bias.copy_(logits[:, -width:].reshape(bias.shape))

    # --- sampling: one conditional at a time ------------------------------------------------

    @abstractmethod
    def decoder(self, n: int) -> Decoder:
        """The incremental sampler's state for n sequences of which nothing is drawn yet."""

    def random_numbers(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """All that chance decides about n samples: (D, n) uniforms in [0, 1), one row a step.

        Drawn on the CPU, one sequence after the other: sequence k takes the k-th run of D numbers
        of the generator, in step order. So sequence k of a seed is the same in every batch and on
        every device, and n sequences are those that n calls for one would give.

        The numbers of ``torch.Generator().manual_seed(seed)`` can be had without torch. MT19937
        starts from the seed's low 32 bits (``init_genrand``). Each of its 32-bit outputs y makes
        one number, ``(y & 0xFFFFFF) / 2**24``: exact in float32, whatever the model's precision.

        Args:
            n: number of sequences.
            generator: on the CPU; None for torch's global one.

        Raises:
            ValueError: a generator of another device.
        """
        check_generator(generator)
        size = (n, self.dimensions)
        runs = torch.rand(size, generator=generator, dtype=torch.float32, device="cpu")
        return runs.T.contiguous().to(self.device)

    def start_decoder(self, random_numbers: Tensor) -> Decoder:
        """A decoder for as many sequences as `random_numbers` has columns."""
        return self.decoder(random_numbers.shape[1])

    def sample(
        self,
        n: int,
        *,
        given: Tensor | None = None,
        temperature: float | Tensor = 1.0,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Draw n samples; arguments and errors as for `sample_steps`.

        Returns:
            long (n, *event_shape).
        """
        _check_count(n)
        return self.draw(self.random_numbers(n, generator), given=given, temperature=temperature)

    def sample_steps(
        self,
        n: int,
        *,
        given: Tensor | None = None,
        temperature: float | Tensor = 1.0,
        generator: torch.Generator | None = None,
    ) -> Iterator[Step]:
        """Draw n samples, one dimension a step, lazily.

        Each dimension takes exactly one uniform number, also where `given` fixes its value, so
        two runs with one seed share their random numbers step by step.

        Args:
            n: number of sequences.
            given: long (1 or n, *event_shape); -1 where the model is to draw, else the level.
            temperature: divides the logits, 1 as learned; 0 takes the most probable level.
                One number, or (n,) for one a sequence.
            generator: on the CPU, wherever the model is (see `random_numbers`): sample k of a
                seed is the same image in every batch and on every device, unless one of its
                uniforms falls into the last bits of a probability. None for torch's global one.

        Raises:
            ValueError: n below 1; `given` of wrong shape, dtype or level; temperature negative
                or not a number; a generator of another device.
        """
        _check_count(n)
        return self.draw_steps(
            self.random_numbers(n, generator), given=given, temperature=temperature
        )

    def draw(
        self,
        random_numbers: Tensor,
        *,
        given: Tensor | None = None,
        temperature: float | Tensor = 1.0,
    ) -> Tensor:
        """`sample` with the random numbers in hand: column j decides sequence j alone.

        Several requests are computed as one batch by joining their columns.
        """
        n = random_numbers.shape[1]
        given, heat = self._check_settings(n, given, temperature)
        with torch.no_grad():
            decoder = self.start_decoder(random_numbers)
            drawn = decoder.draw(random_numbers[: self.dimensions], given, heat)  # (n, D), by step
        return torch.empty_like(drawn).index_copy_(1, self.order, drawn).view(n, *self.event_shape)

    def draw_steps(
        self,
        random_numbers: Tensor,
        *,
        given: Tensor | None = None,
        temperature: float | Tensor = 1.0,
    ) -> Iterator[Step]:
        """`sample_steps` with the random numbers in hand, as for `draw`."""
        settings = self._check_settings(random_numbers.shape[1], given, temperature)
        return self._draw_steps(random_numbers, *settings)

    def _draw_steps(
        self, random_numbers: Tensor, given: Tensor | None, temperature: Tensor | None
    ) -> Iterator[Step]:
        """`draw_steps`, once its arguments are checked."""
        with torch.no_grad():
            decoder = self.start_decoder(random_numbers)
        while not decoder.done:
            with torch.no_grad():
                t, index, internals = decoder.step, decoder.index, decoder.internals()
                probs, value = decoder.advance(random_numbers[t], given, temperature)
            yield Step(t, index, probs, value, internals)

    def _check_settings(
        self, n: int, given: Tensor | None, temperature: float | Tensor
    ) -> tuple[Tensor | None, Tensor | None]:
        """`given` as (n, D), and `temperature` as (n, 1) or, where it is 1 throughout, as None."""
        if given is not None:
            self._check("given", given, lowest=NOT_DRAWN, batches=(1, n))
            given = given.to(self.device).flatten(1).expand(n, -1)
        heat = torch.as_tensor(temperature, dtype=self.dtype, device=self.device)
        if heat.shape not in ((), (n,)) or not bool((heat >= 0).all()):
            raise ValueError(
                f"temperature is a number of at least 0, or one for each of the {n} sequences; "
                f"given {temperature!r}"
            )
        plain = bool((heat == 1).all())
        return given, None if plain else heat.expand(n).unsqueeze(1)

    # --- structure ---------------------------------------------------------------------------

    def dependencies(self) -> Tensor:
        """bool (D, D), from the structure alone: [i, j] where p(x_i | ...) can read x_j.

        Here: every dimension reads all that are drawn before it. Models that cannot override it.
        """
        rank = ranks(self.order)
        return rank.unsqueeze(1) > rank.unsqueeze(0)

    def with_order(self, order: Sequence[int] | Tensor) -> Self:
        """This model drawing its dimensions in another order, sharing all parameters.

        Only a model trained over many orders is any good at an order it was not trained with.
        """
        view = copy.copy(self)
        view._buffers = dict(self._buffers)
        view._buffers["order"] = check_order(order, self.dimensions).to(self.device)
        return view

    # --- shared by all -----------------------------------------------------------------------

    @property
    def dtype(self) -> torch.dtype:
        """Floating-point type of the parameters."""
        return next(self.parameters()).dtype

    def _check(
        self, name: str, x: Tensor, lowest: int, batches: tuple[int, ...] | None = None
    ) -> None:
        """ValueError unless x is long (N, *event_shape) with levels lowest..K-1."""
        count = "N" if batches is None else " or ".join(map(str, dict.fromkeys(batches)))
        expected = f"({', '.join([count, *map(str, self.event_shape)])})"
        if not isinstance(x, Tensor) or x.dtype != torch.long:
            kind = x.dtype if isinstance(x, Tensor) else type(x).__name__
            raise ValueError(f"{name} is a long tensor of shape {expected}; given {kind}")
        wrong_batch = batches is not None and x.shape[:1] and x.shape[0] not in batches
        if tuple(x.shape[1:]) != self.event_shape or x.dim() == 0 or wrong_batch:
            raise ValueError(f"{name} has shape {expected}; given {tuple(x.shape)}")
        if x.is_cuda and torch.cuda.is_current_stream_capturing():
            return  # numbers cannot be read back; the steps before the recorded one were checked
        if x.numel() and not (int(x.min()) >= lowest and int(x.max()) < self.levels):
            raise ValueError(
                f"{name} holds levels {lowest}..{self.levels - 1}; "
                f"given values from {int(x.min())} to {int(x.max())}"
            )


def _check_count(n: int) -> None:
    if type(n) is not int or n < 1:
        raise ValueError(f"n is the number of samples, an integer of at least 1; given {n!r}")


def check_generator(generator: torch.Generator | None) -> None:
    """ValueError unless the generator is one of the CPU, or None."""
    if generator is not None and generator.device.type != "cpu":
        raise ValueError(
            "generator is a torch.Generator of the CPU, wherever the model is, so that a seed "
            f"draws the same on every device; given one of {generator.device}. Make it by "
            "torch.Generator().manual_seed(seed)"
        )


def given_values(event_shape: Sequence[int], fixed: Mapping[int, int]) -> Tensor:
    """`given` for one sequence of which some dimensions are fixed.

    Args:
        event_shape: (D,) or (C, H, W).
        fixed: level by flat index.

    Returns:
        long (1, *event_shape), -1 where the model is to draw.
    """
    given = torch.full((math.prod(event_shape),), NOT_DRAWN)
    for index, level in fixed.items():
        given[index] = level
    return given.view(1, *event_shape)


def tempered_probs(logits: Tensor, temperature: Tensor | None) -> Tensor:
    """softmax(logits / temperature), (n, K); all on the most probable level where it is 0.

    Args:
        logits: (n, K).
        temperature: (n, 1), at least 0; None for 1 throughout.
    """
    if temperature is None:
        return torch.softmax(logits, dim=-1)
    cold = temperature == 0
    greedy = F.one_hot(logits.argmax(-1), logits.shape[-1]).to(logits.dtype)
    # The largest is 0, so that a tiny temperature makes the others -inf and none +inf.
    logits = logits - logits.max(-1, keepdim=True).values
    return torch.where(cold, greedy, torch.softmax(logits / (temperature + cold), dim=-1))


def inverse_cdf(probs: Tensor, uniforms: Tensor) -> Tensor:
    """Levels drawn from probs (n, K) by uniforms (n,): the first whose cumulated sum exceeds u.

    Counting the sums that u has reached, and leaving the last one out, keeps the level below K
    however the sums are rounded.
    """
    if probs.shape[-1] == 2:  # the same in half the time: a step takes microseconds
        return (uniforms >= probs[:, 0]).long()
    sums = probs[:, :-1].cumsum(-1)  # (n, K-1)
    return (uniforms.unsqueeze(1) >= sums).sum(-1)
