"""The conformance suite has teeth: models broken in the ways seen in public code fail it.

Each is the real NADE with one mistake in it, and must fail the property that is there to catch it.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from arviz_models import NADE
from arviz_models.nade import NADEDecoder
from arviz_models.ordering import ranks
from tests.conformance import properties
from tests.conformance.cases import Case

ORDER = [2, 0, 4, 1, 3]  # is not its own inverse


def case_of(model: type[NADE], learns: bool = False) -> Case:
    hidden = 24 if learns else 6
    return Case(model.__name__, lambda: model((5,), hidden=hidden, order=ORDER), learns)


class OwnColumnInTheSum(NADE):
    """a_t includes the column of the dimension that is being predicted."""

    def forward(self, one_hot: Tensor) -> Tensor:
        x = one_hot[..., 1:][:, self.order]  # (N, D, 1)
        a = self.c + (x * self.W[self.order, 0]).cumsum(1)  # where the sum is to be exclusive
        z = (torch.sigmoid(a) * self.V[self.order, 0]).sum(-1)
        out = torch.empty_like(z).index_copy(1, self.order, z) + self.b[:, 0]
        return F.pad(out.unsqueeze(-1), (1, 0))


class ExclusiveSumBySubtraction(NADE):
    """The inclusive cumulative sum less the own column: right, but for its rounding noise."""

    def forward(self, one_hot: Tensor) -> Tensor:
        x = one_hot[..., 1:][:, self.order]
        added = x * self.W[self.order, 0]
        a = self.c + (added.cumsum(1) - added)
        z = (torch.sigmoid(a) * self.V[self.order, 0]).sum(-1)
        out = torch.empty_like(z).index_copy(1, self.order, z) + self.b[:, 0]
        return F.pad(out.unsqueeze(-1), (1, 0))


class OrderForRank(NADE):
    """The logits, computed in the order of drawing, put back by the order, not by its inverse."""

    def forward(self, one_hot: Tensor) -> Tensor:
        right = super().forward(one_hot)
        return right[:, self.order][:, self.order]


class RankForOrder(NADE):
    """Everything in the order of the ranks; consistent in itself, but not the order asked for."""

    def forward(self, one_hot: Tensor) -> Tensor:
        return super(RankForOrder, self.with_order(ranks(self.order))).forward(one_hot)


class FirstValueForgotten(NADE):
    """The first dimension drawn never enters the sum."""

    def forward(self, one_hot: Tensor) -> Tensor:
        kept = torch.ones(5, 1, dtype=one_hot.dtype)
        kept[self.order[0]] = 0
        return super().forward(one_hot * kept)


class GroupsApart(NADE):
    """Loses one dependency alone: the last dimension does not read the first."""

    def forward(self, one_hot: Tensor) -> Tensor:
        first, last = self.order[0], self.order[-1]
        without = one_hot.clone()
        without[:, first] = 0
        logits = super().forward(one_hot).clone()
        logits[:, last] = super().forward(without)[:, last]
        return logits


class AroundTheOneHotInput(NADE):
    """Reads the whole of x outside `forward`, where no gradient shows it."""

    def logits(self, x: Tensor) -> Tensor:
        return super().logits(x) + 1e-3 * x.sum(1).view(-1, 1, 1) * torch.tensor([0.0, 1.0])


class BatchMixed(NADE):
    """Normalises over the batch."""

    def forward(self, one_hot: Tensor) -> Tensor:
        logits = super().forward(one_hot)
        return logits - logits.mean(0, keepdim=True)


class OutOfStep(NADEDecoder):
    """Adds the column of the dimension drawn before."""

    def _update(self, index: int, value: Tensor) -> None:
        super()._update(self._order[max(self.step - 1, 0)], value)


class DecoderOutOfStep(NADE):
    def decoder(self, n: int) -> NADEDecoder:
        return OutOfStep(self, n)


class RunningProbabilities(NADEDecoder):
    """Changes its state whenever it is asked for logits."""

    def logits(self) -> Tensor:
        out = super().logits()
        self._h = self._h * 0.9
        return out


class DecoderChangedByAsking(NADE):
    def decoder(self, n: int) -> NADEDecoder:
        return RunningProbabilities(self, n)


class RoundedProbabilities(NADE):
    """log of a probability that was kept away from 0: still sums to 1."""

    def log_prob(self, x: Tensor) -> Tensor:
        p = torch.softmax(self.logits(x), -1).clamp(1e-6, 1 - 1e-6)
        return p.log().gather(-1, x.unsqueeze(-1)).flatten(1).sum(1)


class BoundedLogits(NADE):
    def forward(self, one_hot: Tensor) -> Tensor:
        return torch.softmax(super().forward(one_hot), -1).clamp(1e-6, 1 - 1e-6).log()


class RoundedLevels(NADE):
    """Conditionals given to two decimals at once, but not step by step."""

    def forward(self, one_hot: Tensor) -> Tensor:
        return torch.softmax(super().forward(one_hot), -1).mul(100).round().clamp(min=1e-9).log()


class Unnormalised(NADE):
    """The chosen logit itself, without its log-sum-exp."""

    def log_prob(self, x: Tensor) -> Tensor:
        return F.logsigmoid(self.logits(x)).gather(-1, x.unsqueeze(-1)).flatten(1).sum(1)


class LossUpsideDown(NADE):
    def training_loss(self, x: Tensor, generator: torch.Generator) -> Tensor:
        return -super().training_loss(x, generator)


class ProbabilitiesTakenForLogits(NADE):
    """The output squashed twice, as by a loss that wants logits and is given probabilities."""

    def forward(self, one_hot: Tensor) -> Tensor:
        return F.pad(torch.sigmoid(super().forward(one_hot)[..., 1:]), (1, 0))

    def decoder(self, n: int) -> NADEDecoder:
        class Squashed(NADEDecoder):
            def logits(self) -> Tensor:
                return F.pad(torch.sigmoid(super().logits()[..., 1:]), (1, 0))

        return Squashed(self, n)


class WeightsMaskedInPlace(NADE):
    def forward(self, one_hot: Tensor) -> Tensor:
        self.W.data *= 0.5
        return super().forward(one_hot)


class LargeInitialWeights(NADE):
    def __init__(self, *arguments: object, **keywords: object) -> None:
        super().__init__(*arguments, **keywords)  # type: ignore[arg-type]
        torch.nn.init.normal_(self.V, std=5.0)


class UnusedParameter(NADE):
    """A parameter that the loss never reaches."""

    def __init__(self, *arguments: object, **keywords: object) -> None:
        super().__init__(*arguments, **keywords)  # type: ignore[arg-type]
        self.unused = torch.nn.Parameter(torch.zeros(3))


class NumbersOfItsOwn(NADE):
    """Ignores the generator."""

    def random_numbers(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        return super().random_numbers(n, None)


class DifferentDraw(NADE):
    """Samples from the flattened conditionals: sampler and density disagree."""

    def decoder(self, n: int) -> NADEDecoder:
        class Flattened(NADEDecoder):
            def logits(self) -> Tensor:
                return super().logits() * 0.8

        return Flattened(self, n)


class SharedColumns(NADE):
    """One random number for all sequences of a batch."""

    def random_numbers(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        return super().random_numbers(1, generator).expand(-1, n)


class NumbersByStep(NADE):
    """A step's numbers for all sequences, then the next step's: those of a batch depend on it."""

    def random_numbers(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        return torch.rand((self.dimensions, n), generator=generator)


class AnotherWayToSample(NADE):
    """`sample` forgets what is given."""

    def sample(self, n: int, **settings: object) -> Tensor:
        return super().sample(n, **(settings | {"given": None}))  # type: ignore[arg-type]


class OriginalReordered(NADE):
    def with_order(self, order: object) -> NADE:  # type: ignore[override]
        self.order = super().with_order(order).order  # type: ignore[arg-type]
        return self


BROKEN: list[tuple[type[NADE], Callable[[Case], None]]] = [
    (OwnColumnInTheSum, properties.check_jacobian_is_zero_from_the_own_step_on),
    (OwnColumnInTheSum, properties.check_changed_values_change_no_earlier_logit),
    (OwnColumnInTheSum, properties.check_later_values_are_never_read),
    (OwnColumnInTheSum, properties.check_decoder_agrees_with_logits),
    (ExclusiveSumBySubtraction, properties.check_changed_values_change_no_earlier_logit),
    (OrderForRank, properties.check_jacobian_is_zero_from_the_own_step_on),
    (OrderForRank, properties.check_dependencies_are_those_of_the_jacobian),
    (RankForOrder, properties.check_jacobian_is_zero_from_the_own_step_on),
    (RankForOrder, properties.check_dependencies_are_those_of_changed_values),
    (FirstValueForgotten, properties.check_dependencies_are_those_of_the_jacobian),
    (FirstValueForgotten, properties.check_dependencies_are_those_of_changed_values),
    (GroupsApart, properties.check_dependencies_are_those_of_the_jacobian),
    (GroupsApart, properties.check_dependencies_are_those_of_changed_values),
    (AroundTheOneHotInput, properties.check_changed_values_change_no_earlier_logit),
    (AroundTheOneHotInput, properties.check_dependencies_are_those_of_changed_values),
    (BatchMixed, properties.check_sequences_of_a_batch_are_independent),
    (DecoderOutOfStep, properties.check_decoder_agrees_with_logits),
    (DecoderOutOfStep, properties.check_samples_follow_the_density),
    (DecoderChangedByAsking, properties.check_decoder_agrees_with_logits),
    (RoundedProbabilities, properties.check_saturated_probabilities_keep_their_log),
    (BoundedLogits, properties.check_saturated_probabilities_keep_their_log),
    (RoundedLevels, properties.check_decoder_agrees_with_logits),
    (Unnormalised, properties.check_probabilities_of_all_states_sum_to_one),
    (Unnormalised, properties.check_log_prob_is_the_sum_of_the_chosen_logits),
    (LossUpsideDown, properties.check_training_reaches_the_entropy),
    (ProbabilitiesTakenForLogits, properties.check_training_reaches_the_entropy),
    (WeightsMaskedInPlace, properties.check_parameters_are_never_changed),
    (LargeInitialWeights, properties.check_initial_nll_is_that_of_uniform),
    (UnusedParameter, properties.check_every_parameter_is_trained),
    (NumbersOfItsOwn, properties.check_same_seed_same_sample),
    (NumbersOfItsOwn, properties.check_one_uniform_a_dimension_and_sequence_by_inverse_cdf),
    (NumbersOfItsOwn, properties.check_a_sequence_is_the_same_in_every_batch),
    (NumbersByStep, properties.check_a_sequence_is_the_same_in_every_batch),
    (SharedColumns, properties.check_a_sequence_is_the_same_in_every_batch),
    (SharedColumns, properties.check_samples_follow_the_density),
    (DifferentDraw, properties.check_samples_follow_the_density),
    (AnotherWayToSample, properties.check_sample_is_what_the_steps_draw),
    (AnotherWayToSample, properties.check_given_is_kept_and_the_rest_is_drawn),
    (OriginalReordered, properties.check_with_order_shares_parameters_and_leaves_the_original),
]


@pytest.mark.parametrize(
    ("model", "holds"),
    BROKEN,
    ids=[f"{model.__name__}-{holds.__name__.removeprefix('check_')}" for model, holds in BROKEN],
)
def test_a_broken_model_fails(model: type[NADE], holds: Callable[[Case], None]) -> None:
    learns = holds is properties.check_training_reaches_the_entropy
    with pytest.raises(AssertionError):
        holds(case_of(model, learns))


@pytest.mark.parametrize(
    "holds",
    dict.fromkeys(holds for _, holds in BROKEN),
    ids=lambda holds: holds.__name__.removeprefix("check_"),
)
def test_the_right_model_passes_where_the_broken_ones_fail(holds: Callable[[Case], None]) -> None:
    learns = holds is properties.check_training_reaches_the_entropy
    holds(case_of(NADE, learns))


def test_two_mistakes_pass_all_that_enumeration_can_see() -> None:
    """Why there are a known entropy and a test at extreme weights: these still sum to 1."""
    for model in (ProbabilitiesTakenForLogits, RoundedProbabilities):
        properties.check_probabilities_of_all_states_sum_to_one(case_of(model))
        properties.check_jacobian_is_zero_from_the_own_step_on(case_of(model))
