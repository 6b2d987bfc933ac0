"""MADE: masks, degrees and paths are those of the paper; the mistakes others make are not here."""

from __future__ import annotations

import itertools
import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from arviz_models import pretrained
from arviz_models.base import Decoder
from arviz_models.degrees import degrees_by_entropy
from arviz_models.layers import MaskedLinear
from arviz_models.made import MADE, MADEDecoder
from arviz_models.made_ensemble import EnsembleDecoder
from arviz_models.teaching_made import TeachingMADE
from tests.conformance.tools import (
    all_states,
    gradient_dependencies,
    in_order,
    random_x,
    rolled_out,
)

ORDER = [2, 0, 4, 1, 3]  # is not its own inverse
SHAPES: list[dict[str, Any]] = [
    {"event_shape": (5,), "hidden": (9,), "order": ORDER},
    {"event_shape": (5,), "hidden": (4, 6, 5), "order": ORDER, "direct": True},
    {"event_shape": (1, 2, 3), "hidden": (7, 3), "levels": 3},
    {"event_shape": (6,), "hidden": (2,), "seed": 1},
    {"event_shape": (6,), "hidden": (3,), "masks": 3, "degrees": "even"},
    {"event_shape": (5,), "hidden": (6,), "order_agnostic": True, "order": ORDER},
    {"event_shape": (1, 2, 3), "levels": 3, "hidden": (9, 6), "masks": 4, "direct": True},
]


def random_made(
    *, draw: int = 0, dtype: torch.dtype = torch.float64, build: type[MADE] = MADE, **options: Any
) -> MADE:
    """A MADE with every parameter drawn from N(0, 1)."""
    model = build(**options)
    generator = torch.Generator().manual_seed(draw)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    return model.to(dtype).eval()


def jacobian_support(draws: int = 12, **options: Any) -> Tensor:
    """bool (D, D): where a gradient is not zero, for at least one of several random weights."""
    models = [random_made(draw=draw, **options) for draw in range(draws)]
    return torch.stack(
        [gradient_dependencies(model, random_x(model, 1, i)) for i, model in enumerate(models)]
    ).any(0)


def walked_paths(model: MADE) -> Tensor:
    """Number of paths from every input to every output, each of them walked, mask by mask."""
    counts = torch.zeros(model.dimensions, model.dimensions, dtype=torch.long)

    def walk(start: int, unit: int, masks: list[Tensor]) -> None:
        if not masks:
            counts[unit, start] += 1
            return
        for following in masks[0][:, unit].nonzero().flatten().tolist():
            walk(start, following, masks[1:])

    for k in range(model.mask_count):
        view = model.with_mask(k)
        for j in range(model.dimensions):
            walk(j, j, view.masks())
            if (direct := view.direct_mask()) is not None:
                walk(j, j, [direct])
    return counts


def rank_of(order: list[int], i: int) -> int:
    """1 for the dimension that is drawn first."""
    return order.index(i) + 1


# Masks and degrees -------------------------------------------------------------------------------


def test_masks_are_those_of_the_paper_unit_by_unit() -> None:
    model = MADE((5,), hidden=(6, 4), order=ORDER, direct=True, seed=3)
    first, second = (m.tolist() for m in model.degrees)
    W1, W2, V = model.masks()
    A = model.direct_mask()
    assert A is not None
    for k, j in itertools.product(range(6), range(5)):
        assert bool(W1[k, j]) == (first[k] >= rank_of(ORDER, j))
    for k, j in itertools.product(range(4), range(6)):
        assert bool(W2[k, j]) == (second[k] >= first[j])
    for i, k in itertools.product(range(5), range(4)):
        assert bool(V[i, k]) == (rank_of(ORDER, i) > second[k])
    for i, j in itertools.product(range(5), range(5)):
        assert bool(A[i, j]) == (rank_of(ORDER, i) > rank_of(ORDER, j))


def test_layers_use_the_masks_for_every_column_of_an_input_and_logit_of_an_output() -> None:
    model = MADE((4,), levels=3, hidden=(5,), direct=True)
    W, V = model.masks()
    A = model.direct_mask()
    assert A is not None
    assert model.direct is not None
    assert torch.equal(model.layers[0].mask, W.repeat_interleave(3, 1).float())
    assert torch.equal(model.layers[1].mask, V.repeat_interleave(3, 0).float())
    assert torch.equal(model.direct.mask, A.repeat_interleave(3, 0).repeat_interleave(3, 1).float())


def test_direct_connections_are_strictly_lower_triangular_in_the_order() -> None:
    A = MADE((5,), hidden=(2,), order=ORDER, direct=True).direct_mask()
    assert A is not None
    assert torch.equal(A[ORDER][:, ORDER], torch.ones(5, 5).tril(-1).bool())


@pytest.mark.parametrize("seed", range(5))
def test_random_degrees_lie_between_the_lowest_of_the_layer_below_and_d_minus_1(seed: int) -> None:
    low = 1
    for m in MADE((9,), hidden=(4, 50, 50), seed=seed).degrees:
        assert int(m.min()) >= low
        assert int(m.max()) <= 8
        low = int(m.min())


def test_random_degrees_are_uniform() -> None:
    (m,) = MADE((5,), hidden=(40_000,)).degrees
    assert all(abs(count - 10_000) < 400 for count in Counter(m.tolist()).values())
    assert len(set(m.tolist())) == 4


def test_random_degrees_are_the_same_on_every_machine() -> None:
    """They are no part of a checkpoint: other degrees would make other models of its weights."""
    first, second = MADE((10,), hidden=(8, 5), seed=7).degrees
    assert first.tolist() == [6, 9, 7, 3, 3, 8, 1, 8]
    assert second.tolist() == [8, 5, 3, 3, 3]


def test_another_seed_makes_other_degrees_and_the_same_one_the_same() -> None:
    one, same, other = (MADE((10,), hidden=(30,), seed=seed).degrees[0] for seed in (0, 0, 1))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_even_degrees_count_from_1_to_d_minus_1_in_turn() -> None:
    first, second = MADE((5,), hidden=(6, 3), degrees="even").degrees
    assert first.tolist() == [1, 2, 3, 4, 1, 2]
    assert second.tolist() == [1, 2, 3]


def test_masks_of_even_degrees_differ_in_who_has_which() -> None:
    model = MADE((5,), hidden=(8,), degrees="even", masks=3)
    drawn = [model.with_mask(k).degrees[0] for k in range(3)]
    assert all(torch.equal(m.sort().values, drawn[0].sort().values) for m in drawn)
    assert len({tuple(m.tolist()) for m in drawn}) == 3


def test_degrees_set_by_hand_are_kept() -> None:
    model = MADE((4,), hidden=(3, 2), degrees=[[3, 1, 2], [2, 3]])
    assert [m.tolist() for m in model.degrees] == [[3, 1, 2], [2, 3]]


def test_parameters_are_those_of_an_autoencoder() -> None:
    model = MADE((784,), hidden=(500,))
    assert sum(p.numel() for p in model.parameters()) == 784 * 500 + 500 + 500 * 784 + 784


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"degrees": [[0, 1, 2]]}, "is 1..3 .* given 0 for unit 0 of layer 1"),
        ({"degrees": [[1, 2, 4]]}, "is 1..3 .* given 4 for unit 2 of layer 1"),
        ({"degrees": [[1, 2, 1.5]]}, "given 1.5"),
        ({"degrees": [[1, 2, True]]}, "given True"),
        ({"degrees": [[1, 2]]}, r"one integer for each unit of the layers of \[3\]"),
        ({"degrees": [1, 2, 3]}, r"one integer for each unit"),
        ({"degrees": [[1, 2, 3], [1]]}, r"one integer for each unit"),
        ({"degrees": []}, r"one integer for each unit"),
        ({"degrees": "uneven"}, "'random' or 'even'.*given 'uneven'"),
        ({"degrees": [[1, 2, 3]], "masks": 2}, "by hand make one mask"),
        ({"hidden": ()}, "1 to 3 layers"),
        ({"hidden": (3, 3, 3, 3)}, "1 to 3 layers"),
        ({"hidden": (3, 0)}, "each at least 1"),
        ({"hidden": 500}, "given 500"),
        ({"hidden": (2.0,)}, "given"),
        ({"masks": 0}, "masks is an integer from 1"),
        ({"masks": 10**9}, "masks is an integer from 1"),
        ({"seed": -1}, "seed is an integer from 0"),
        ({"order": [0, 1, 2, 2]}, "no permutation"),
        ({"order": [1, 2, 3, 4]}, "no permutation"),
    ],
)
def test_wrong_arguments_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MADE(**({"event_shape": (4,), "hidden": (3,)} | wrong))


def test_a_layer_refuses_a_mask_of_another_shape() -> None:
    with pytest.raises(ValueError, match=r"given \(2, 3\)"):
        MaskedLinear(2, 3).with_mask(torch.ones(2, 3))


# Paths and dependencies --------------------------------------------------------------------------


@pytest.mark.parametrize("options", SHAPES)
def test_path_counts_are_those_of_walking_every_path(options: dict[str, Any]) -> None:
    model = MADE(**options)
    assert torch.equal(model.path_counts(), walked_paths(model))


@pytest.mark.parametrize("options", SHAPES)
def test_the_jacobian_is_zero_exactly_where_no_path_leads(options: dict[str, Any]) -> None:
    assert torch.equal(jacobian_support(**options), MADE(**options).path_counts() > 0)


@pytest.mark.parametrize("options", SHAPES)
def test_dependencies_are_the_pairs_with_a_path(options: dict[str, Any]) -> None:
    model = MADE(**options)
    assert torch.equal(model.dependencies(), model.path_counts() > 0)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("hidden", [(3,), (12,), (4, 4), (6, 2, 5)])
def test_lost_dependencies_are_the_earlier_inputs_that_no_path_reaches(
    hidden: tuple[int, ...], seed: int
) -> None:
    order = torch.randperm(8, generator=torch.Generator().manual_seed(seed)).tolist()
    model = MADE((8,), hidden=hidden, order=order, seed=seed)
    reached = walked_paths(model) > 0
    expected = [
        (i, j)
        for i, j in itertools.product(range(8), range(8))
        if order.index(j) < order.index(i) and not reached[i, j]
    ]
    assert model.lost_dependencies() == expected


@pytest.mark.parametrize("hidden", [(7,), (20,), (7, 7), (9, 8, 7)])
def test_layers_as_wide_as_there_are_degrees_lose_nothing(hidden: tuple[int, ...]) -> None:
    model = MADE((8,), hidden=hidden, degrees="even", order=[7, 3, 1, 0, 2, 6, 5, 4])
    assert model.lost_dependencies() == []


@pytest.mark.parametrize(("hidden", "least"), [((2,), 0.35), ((3, 3), 0.4), ((8, 8), 0.15)])
def test_random_degrees_in_narrow_layers_lose_many_dependencies(
    hidden: tuple[int, ...], least: float
) -> None:
    """Of 28 allowed pairs among 8 dimensions, on average over seeds."""
    lost = [len(MADE((8,), hidden=hidden, seed=seed).lost_dependencies()) for seed in range(50)]
    assert sum(lost) / 50 / 28 > least


def test_direct_connections_lose_nothing_in_the_narrowest_layers() -> None:
    assert MADE((8,), hidden=(1, 1), direct=True).lost_dependencies() == []


# One dimension, many levels ----------------------------------------------------------------------


@pytest.mark.parametrize("levels", [2, 3])
@pytest.mark.parametrize(
    "options",
    [{}, {"direct": True}, {"degrees": "even"}, {"masks": 2}, {"hidden": (2, 3)}],
    ids=str,
)
def test_one_dimension_has_no_degrees_and_its_logits_are_biases(
    levels: int, options: dict[str, Any]
) -> None:
    shape: dict[str, Any] = {"event_shape": (1,), "levels": levels, "hidden": (4,)}
    model = random_made(**(shape | options))
    biases = model.layers[-1].bias
    level_0 = biases.new_zeros(levels - len(biases))
    expected = torch.log_softmax(torch.cat([level_0, biases]), 0)
    for x in range(levels):
        torch.testing.assert_close(model.log_prob(torch.tensor([[x]])), expected[x : x + 1])
    assert not bool(model.dependencies().any())
    assert model.lost_dependencies() == []
    assert model.sample(3).shape == (3, 1)


def test_with_two_levels_the_logit_of_level_0_is_0() -> None:
    model = random_made(event_shape=(5,), hidden=(6,))
    assert not bool(model.logits(random_x(model, 4))[..., 0].any())


# What other implementations get wrong ------------------------------------------------------------


def test_an_order_is_not_a_list_of_ranks() -> None:
    """[2, 0, 4, 1, 3] draws dimension 2 first; as ranks it would draw dimension 1 first."""
    reads = jacobian_support(event_shape=(5,), hidden=(20,), degrees="even", order=ORDER)
    assert not bool(reads[2].any())
    assert torch.equal(reads[ORDER][:, ORDER], torch.ones(5, 5).tril(-1).bool())


def test_no_output_sees_itself() -> None:
    """As it does where the output mask has >= for >."""
    for options in SHAPES:
        assert not bool(jacobian_support(**options).diagonal().any())


def test_masks_prune_no_more_than_they_must() -> None:
    """> in the hidden masks as well is autoregressive too, but loses the input just before."""
    for hidden in ((20,), (20, 20), (20, 20, 20)):
        reads = jacobian_support(event_shape=(5,), hidden=hidden, degrees="even", order=ORDER)
        assert int(reads.sum()) == 10


def test_the_first_dimension_is_a_bias_and_the_second_reads_the_first_alone() -> None:
    model = random_made(event_shape=(5,), hidden=(20,), degrees="even", order=ORDER)
    x = all_states(model)
    logits = model.logits(x)[..., 1]
    assert torch.equal(logits[:, 2], model.layers[-1].bias[2].expand(32))
    torch.testing.assert_close(logits[x[:, 2] == 0, 0], logits[x[:, 2] == 0, 0][:1].expand(16))
    assert bool((logits[x[:, 2] == 0, 0][0] != logits[x[:, 2] == 1, 0][0]).all())


def test_weights_survive_any_number_of_masks() -> None:
    """`weight.data *= mask` leaves nothing of them after 16."""
    model = random_made(event_shape=(5,), hidden=(6,), masks=16, order_agnostic=True)
    before = [parameter.clone() for parameter in model.parameters()]
    generator = torch.Generator().manual_seed(0)
    for _ in range(40):
        model.training_loss(random_x(model, 2), generator)
    for k in range(16):
        model.with_mask(k).with_order(ORDER).sample(1)
    for parameter, old in zip(model.parameters(), before, strict=True):
        assert torch.equal(parameter, old)


def test_a_view_leaves_the_masks_of_the_model_alone() -> None:
    model = random_made(event_shape=(5,), hidden=(6,), masks=4)
    x = random_x(model, 3)
    before = model.log_prob(x)
    model.with_mask(2).with_order(ORDER).log_prob(x)
    assert torch.equal(model.log_prob(x), before)


def test_masked_weights_get_no_gradient() -> None:
    model = random_made(event_shape=(5,), hidden=(6,))
    (-model.log_prob(random_x(model, 50)).mean()).backward()
    for layer in model.layers:
        assert layer.weight.grad is not None
        assert not bool(layer.weight.grad[layer.mask == 0].any())


def test_conditionals_averaged_over_different_orders_are_no_density() -> None:
    """They are what some report as an ensemble: each order sees what another has yet to predict."""
    model = random_made(event_shape=(5,), hidden=(20,), degrees="even")
    x = all_states(model)
    views = [model, model.with_order([4, 3, 2, 1, 0])]
    leaking = torch.stack([view.logits(x).softmax(-1) for view in views]).mean(0)
    total = leaking.gather(-1, x.unsqueeze(-1)).squeeze(-1).prod(1).sum()
    assert abs(float(total.detach()) - 1) > 0.01
    joint = model.joint_log_prob(x, orders=[view.order for view in views])
    assert float(joint.detach().exp().sum()) == pytest.approx(1, abs=1e-9)


# Many masks, many orders -------------------------------------------------------------------------


def test_an_ensemble_is_the_mean_probability_of_its_masks() -> None:
    model = random_made(event_shape=(5,), levels=3, hidden=(6,), order=ORDER, masks=4)
    x = random_x(model, 7)
    expected = torch.stack([model.with_mask(k).logits(x).softmax(-1) for k in range(4)]).mean(0)
    torch.testing.assert_close(model.logits(x).softmax(-1), expected)
    total = model.log_prob(all_states(model)).exp().sum()
    assert float(total.detach()) == pytest.approx(1, abs=1e-9)


def test_an_ensemble_is_at_least_as_good_as_its_masks_on_average() -> None:
    """For every x, since the logarithm is concave; averaged jointly as well."""
    model = random_made(event_shape=(5,), hidden=(6,), masks=4)
    x = all_states(model)
    alone = torch.stack([model.with_mask(k).log_prob(x) for k in range(4)])
    assert bool((model.log_prob(x) >= alone.mean(0) - 1e-12).all())
    torch.testing.assert_close(model.joint_log_prob(x), alone.exp().mean(0).log())


@pytest.mark.parametrize("k", [-1, 3, 0.5])
def test_a_mask_that_there_is_not_is_refused(k: Any) -> None:
    with pytest.raises(ValueError, match="mask k is one of"):
        MADE((5,), hidden=(6,), masks=3).with_mask(k)


def test_training_draws_masks_and_orders_from_the_generator() -> None:
    model = random_made(event_shape=(5,), hidden=(6,), masks=3, order_agnostic=True)
    x = random_x(model, 4)

    def losses(seed: int) -> list[float]:
        generator = torch.Generator().manual_seed(seed)
        return [model.training_loss(x, generator).item() for _ in range(20)]

    assert losses(0) == losses(0)
    assert len(set(losses(0))) > 3  # more than there are masks, so orders as well
    assert losses(0) != losses(1)


def test_training_over_masks_keeps_the_order_and_uses_every_mask() -> None:
    model = random_made(event_shape=(5,), hidden=(6,), order=ORDER, masks=3)
    x = random_x(model, 4)
    expected = {round(-model.with_mask(k).log_prob(x).mean().item(), 9) for k in range(3)}
    generator = torch.Generator().manual_seed(0)
    seen = {round(model.training_loss(x, generator).item(), 9) for _ in range(40)}
    assert seen == expected


def test_one_mask_and_one_order_draw_nothing() -> None:
    model = random_made(event_shape=(5,), hidden=(6,))
    generator = torch.Generator().manual_seed(0)
    before = generator.get_state()
    model.training_loss(random_x(model, 4), generator)
    assert torch.equal(generator.get_state(), before)


def test_dropout_leaves_out_hidden_units_in_training_alone() -> None:
    model = random_made(event_shape=(5,), hidden=(40, 30), direct=True)
    x = random_x(model, 4)

    def losses(seed: int) -> set[float]:
        generator = torch.Generator().manual_seed(seed)
        return {model.training_loss(x, generator).item() for _ in range(5)}

    whole = -model.log_prob(x).mean().item()
    model.dropout = 0.5
    model.train()
    assert len(losses(0)) == 5
    assert losses(0) == losses(0) != losses(1)
    model.eval()
    assert losses(0) == {whole}
    assert -model.train().log_prob(x).mean().item() == whole  # no pass but that of the loss


def test_what_dropout_leaves_is_made_larger_by_as_much() -> None:
    model = MADE((2,), hidden=(4000,), degrees="even")
    model.dropout = 0.25
    model._chances = torch.Generator().manual_seed(0)
    thinned = model._thinned(torch.ones(3, 4000))
    torch.testing.assert_close(thinned.unique(), torch.tensor([0, 1 / 0.75]))
    torch.testing.assert_close(thinned.mean(1), torch.ones(3), rtol=0, atol=0.03)
    assert not torch.equal(thinned[0], thinned[1])


def test_degrees_by_entropy_follow_what_the_data_leave_open() -> None:
    """Of 6 pixels the first is always paper; those of ranks 2 and 4 are the most uncertain."""
    ink = torch.tensor([0, 500, 0, 500, 60, 900])
    counts = torch.stack([1000 - ink, ink], dim=1).view(1, 2, 3, 2)
    raster = torch.arange(6)
    degrees = degrees_by_entropy(counts, raster, 200)
    often = torch.tensor(degrees).bincount(minlength=7)
    assert degrees == sorted(degrees)
    assert often[0] == often[6] == 0
    assert often[1] <= 2
    assert often[3] <= 2
    of_5 = float(torch.special.entr(torch.tensor([0.06, 0.94])).sum())
    assert int(often[2]) == pytest.approx(200 * math.log(2) / (2 * math.log(2) + of_5), rel=0.05)
    assert abs(often[2] - often[4]) <= 1
    assert degrees_by_entropy(counts, torch.tensor([5, 4, 3, 2, 1, 0]), 200) != degrees
    MADE((1, 2, 3), hidden=(200,), degrees=[degrees])  # which it takes


@pytest.mark.parametrize("options", [{"masks": 2}, {"order_agnostic": True}], ids=str)
def test_a_model_of_many_masks_tells_0_from_not_seen(options: dict[str, Any]) -> None:
    model = MADE((2,), hidden=(1,), degrees="even", **options)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.layers[0].weight[0, 1] = 1.0  # the second column of input 0: "seen"
        model.layers[1].weight[1] = 1.0
    nothing = torch.zeros(1, 2).long()
    with torch.no_grad():
        assert float(model.with_mask(0).logits(nothing)[0, 1, 1]) == 1
        assert float(model.with_mask(0).with_order([1, 0]).logits(nothing)[0, 1, 1]) == 0


# The decoder -------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", SHAPES)
def test_the_decoder_ends_with_the_hidden_layers_of_a_full_pass(options: dict[str, Any]) -> None:
    model = random_made(**options).with_mask(0)
    x, _ = rolled_out(model, 3)
    decoder = model.decoder(3)
    for i in model.order.tolist():
        decoder.observe(x.flatten(1)[:, i])
    found: list[Tensor] = []
    for layer in model.layers[1:]:
        layer.register_forward_pre_hook(lambda _, given: found.append(given[0]))
    model.logits(x)
    useful = [m < model.dimensions for m in model.degrees]
    for (name, h), expected, m in zip(decoder.internals().items(), found, useful, strict=True):
        torch.testing.assert_close(h[:, m], expected[:, m].detach(), msg=name)


def test_the_decoder_computes_each_unit_at_the_step_of_its_degree() -> None:
    model = random_made(event_shape=(5,), hidden=(30,), degrees="even", order=ORDER)
    with torch.no_grad():
        model.layers[0].bias.fill_(50.0)  # every unit that is computed is above 0
    decoder = model.decoder(1)
    for t in range(5):
        assert torch.equal(decoder.internals()["h1"][0] > 0, model.degrees[0] <= t)
        decoder.observe(torch.tensor([1]))


@pytest.mark.parametrize("hidden", [(9,), (9, 7)])
@pytest.mark.parametrize("degrees", ["even", "random"])
def test_the_masks_of_an_ensemble_decoded_together_are_the_mean_of_each_decoded_alone(
    hidden: tuple[int, ...], degrees: str
) -> None:
    model = random_made(
        event_shape=(5,), levels=3, hidden=hidden, degrees=degrees, order=ORDER, masks=4
    )
    together = model.decoder(3)
    assert isinstance(together, EnsembleDecoder)
    alone = [model.with_mask(k).decoder(3) for k in range(4)]
    for value in random_x(model, 3).T:
        each = torch.stack([decoder.logits().softmax(-1) for decoder in alone])
        torch.testing.assert_close(together.logits().softmax(-1), each.mean(0))
        for decoder in (together, *alone):
            decoder.observe(value)


@pytest.mark.parametrize("masks", [1, 3])
def test_values_where_rounding_decides_are_those_of_the_steps(masks: int) -> None:
    """`draw` compares logits; at a tie it must give what the softmax gives."""
    model = MADE((6,), hidden=(4,), masks=masks).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    uniforms = torch.full((6, 2), 0.5)  # p_0 exactly: the value is 1
    decoder = model.decoder(2)
    assert isinstance(decoder, MADEDecoder if masks == 1 else EnsembleDecoder)
    with torch.no_grad():
        assert torch.equal(decoder.draw(uniforms), Decoder.draw(model.decoder(2), uniforms))
        assert bool(model.draw(uniforms).all())


@pytest.mark.parametrize("masks", [1, 3])
@pytest.mark.parametrize("uniform", [0.0, 1 - 2**-24])
def test_the_ends_of_the_unit_interval_are_drawn_without_nan(uniform: float, masks: int) -> None:
    model = random_made(event_shape=(6,), hidden=(4,), dtype=torch.float32, masks=masks)
    assert model.draw(torch.full((6, 1), uniform)).tolist() == [[int(uniform > 0)] * 6]


@pytest.mark.parametrize("options", SHAPES)
def test_the_decoder_on_torch_tensors_agrees_too(options: dict[str, Any]) -> None:
    """What a GPU runs; on a CPU, bfloat16 does."""
    model = random_made(dtype=torch.bfloat16, **options)
    exact = random_made(dtype=torch.float64, **options)
    with torch.no_grad():
        for parameter, rounded in zip(exact.parameters(), model.parameters(), strict=True):
            parameter.copy_(rounded)
    x, steps = rolled_out(model, 3)
    logits = exact.logits(x).flatten(1, -2).detach()
    for step in steps:
        expected = logits[:, step.index].softmax(-1)
        torch.testing.assert_close(step.probs.double(), expected, atol=0.1, rtol=0.1)


# Configuration and checkpoints -------------------------------------------------------------------


@pytest.mark.parametrize("options", [*SHAPES, {"event_shape": (4,), "degrees": [[3, 1]]}])
def test_the_configuration_builds_the_same_model_again(options: dict[str, Any]) -> None:
    model = MADE(**({"hidden": (2,)} | options))
    again = MADE(**json.loads(json.dumps(model.config)))
    assert again.config == model.config
    for k in range(model.mask_count):
        for one, other in zip(model.with_mask(k).masks(), again.with_mask(k).masks(), strict=True):
            assert torch.equal(one, other)


def test_masks_are_no_part_of_what_is_saved() -> None:
    model = MADE((5,), hidden=(6,), masks=3, direct=True)
    assert set(model.state_dict()) == {"order", *(name for name, _ in model.named_parameters())}


def test_shapes_alone_take_no_memory() -> None:
    """A card is untrusted: its masks are not made before its size was checked."""
    with torch.device("meta"):
        model = MADE((784,), hidden=(10**9, 10**9), masks=1000)
    assert all(parameter.is_meta for parameter in model.parameters())


# Mistakes, to look at ----------------------------------------------------------------------------


def teaching(**options: Any) -> MADE:
    return random_made(build=TeachingMADE, **options)


def test_made_refuses_the_degrees_that_the_lesson_shows() -> None:
    for m in (0, 4):
        with pytest.raises(ValueError, match=f"given {m}"):
            MADE((4,), hidden=(2,), degrees=[[1, m]])
        assert TeachingMADE((4,), hidden=(2,), degrees=[[1, m]]).degrees[0].tolist() == [1, m]
    with pytest.raises(ValueError, match=r"is 0\.\.4 .* given 5"):
        TeachingMADE((4,), hidden=(2,), degrees=[[1, 5]])


def test_a_unit_of_degree_d_reads_all_and_feeds_nothing() -> None:
    model = teaching(event_shape=(4,), hidden=(3,), degrees=[[1, 4, 2]])
    W, V = model.masks()
    assert bool(W[1].all())
    assert not bool(V[:, 1].any())
    model.log_prob(random_x(model, 20)).sum().backward()
    gradient = model.layers[0].weight.grad
    assert gradient is not None
    assert not bool(gradient[1].any())
    assert bool(gradient[0].any())


def test_a_unit_of_degree_0_is_a_constant() -> None:
    model = teaching(event_shape=(4,), hidden=(3,), degrees=[[1, 0, 2]])
    W, V = model.masks()
    assert not bool(W[1].any())
    assert bool(V[:, 1].all())
    hidden = model.layers[0](random_x(model, 20).double())
    assert torch.equal(hidden[:, 1], hidden[:1, 1].expand(20))
    decoder = model.decoder(1)
    constant = model.layers[0].bias[1].item()
    assert decoder.internals()["h1"][0, 1].item() == max(0.0, constant)


@pytest.mark.parametrize("m", [1, 2, 3])
def test_with_equal_degrees_outputs_read_nothing_or_only_the_first_m_inputs(m: int) -> None:
    options: dict[str, Any] = {"event_shape": (4,), "hidden": (9,), "degrees": [[m] * 9]}
    rank = torch.arange(1, 5)
    expected = (rank[:, None] > m) & (rank[None, :] <= m)
    assert torch.equal(MADE(**options).dependencies(), expected)
    assert torch.equal(jacobian_support(**options), expected)
    assert MADE(**options).lost_dependencies() != []


@pytest.mark.parametrize("options", [{}, {"direct": True}, {"hidden": (9, 9)}], ids=str)
def test_a_relaxed_mask_leaks_and_the_jacobian_shows_where(options: dict[str, Any]) -> None:
    options = {"event_shape": (5,), "hidden": (9,), "degrees": "even", "order": ORDER} | options
    leaking = jacobian_support(build=TeachingMADE, relaxed=True, **options)
    model = teaching(relaxed=True, **options)
    assert torch.equal(leaking, model.path_counts() > 0)
    assert torch.equal(leaking, model.dependencies())
    leaks = torch.triu(in_order(model, leaking))
    assert bool(leaks.diagonal()[:4].all())
    assert not bool(torch.triu(leaks, 1).any())
    total = model.log_prob(all_states(model)).exp().sum()
    assert abs(float(total.detach()) - 1) > 1e-3


def test_a_relaxed_model_learns_to_copy_and_samples_noise() -> None:
    """Its loss falls below the entropy of the data, here two states with equal probability."""
    torch.manual_seed(0)
    model = TeachingMADE((4,), hidden=(20,), degrees="even", relaxed=True, direct=True)
    data = torch.tensor([[0, 0, 0, 0], [1, 1, 1, 1]])
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(300):
        optimizer.zero_grad()
        (-model.log_prob(data).mean()).backward()
        optimizer.step()
    assert -float(model.log_prob(data).mean().detach()) < 0.1 * math.log(2)
    x = model.sample(200, generator=torch.Generator().manual_seed(0))
    assert x.shape == (200, 4)
    assert int((x == 1).all(1).sum()) < 20  # of the 100 there should be


def test_without_a_mistake_the_teaching_model_is_made() -> None:
    model = random_made(event_shape=(5,), hidden=(6,), order=ORDER)
    copy = teaching(event_shape=(5,), hidden=(6,), order=ORDER)
    x = random_x(model, 4)
    assert torch.equal(copy.log_prob(x), model.log_prob(x))
    assert isinstance(copy.decoder(1), MADEDecoder)


def test_a_teaching_model_is_never_saved(tmp_path: Path) -> None:
    for relaxed in (False, True):
        with pytest.raises(ValueError, match="TeachingMADE is none of"):
            pretrained.save_checkpoint(
                TeachingMADE((4,), hidden=(2,), relaxed=relaxed), "broken", {}, tmp_path
            )
    assert list(tmp_path.iterdir()) == []
