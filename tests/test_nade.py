"""NADE is the formula of the paper, computed in O(D H) time and bounded memory."""

from __future__ import annotations

import json
import math
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from arviz_models import NADE
from arviz_models.nade import _RunningSum
from arviz_models.ordering import training_order

ORDER = [2, 0, 4, 1, 3]  # is not its own inverse


def random_nade(*, seed: int = 0, dtype: torch.dtype = torch.float64, **options: Any) -> NADE:
    model = NADE(**options)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    return model.to(dtype)


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def every_x(model: NADE) -> Tensor:
    return torch.cartesian_prod(*[torch.arange(model.levels)] * model.dimensions)


def literal_logits(model: NADE, x: Tensor) -> Tensor:
    """The formula, written as in models.md: one sequence, one step, one level at a time."""
    rows = []
    for sequence in x:
        a: Tensor = model.c
        logits: list[Tensor] = [torch.empty(0)] * model.dimensions
        for i in model.order.tolist():
            h = 1 / (1 + torch.exp(-a))
            level = int(sequence[i])
            if model.levels == 2:
                one = (model.V[i, 0] * h).sum() + model.b[i, 0]
                logits[i] = torch.stack([torch.zeros_like(one), one])
                a = a + model.W[i, 0] * level
            else:
                logits[i] = torch.stack(
                    [(model.V[i, k] * h).sum() + model.b[i, k] for k in range(model.levels)]
                )
                a = a + model.W[i, level]
            if model.U is not None:
                a = a + model.U[i]
        rows.append(torch.stack(logits))
    return torch.stack(rows)


@pytest.mark.parametrize(("D", "H"), [(1, 1), (5, 3), (784, 500)])
def test_two_levels_take_2dh_d_h_parameters(D: int, H: int) -> None:
    model = NADE((D,), hidden=H)
    assert sum(parameter.numel() for parameter in model.parameters()) == 2 * D * H + D + H


def test_more_levels_take_a_column_and_a_row_each_and_any_order_a_column_more() -> None:
    D, H, K = 5, 3, 4
    model = NADE((D,), K, H)
    assert sum(p.numel() for p in model.parameters()) == 2 * D * H * K + D * K + H
    model = NADE((D,), 2, H, order_agnostic=True)
    assert sum(p.numel() for p in model.parameters()) == 2 * D * H + D + H + D * H


VARIANTS = [
    {"event_shape": (5,), "levels": levels, "hidden": 3, "order": order, "order_agnostic": agnostic}
    for levels in (2, 3)
    for order in (None, ORDER)
    for agnostic in (False, True)
]


def variants(function: Callable[..., None]) -> Callable[..., None]:
    return pytest.mark.parametrize(
        "options",
        VARIANTS,
        ids=lambda o: (
            f"k{o['levels']}-{'random' if o['order'] else 'raster'}"
            f"{'-agnostic' if o['order_agnostic'] else ''}"
        ),
    )(function)


@variants
def test_logits_are_those_of_the_formula(options: dict[str, Any]) -> None:
    model = random_nade(**options)
    x = every_x(model)[::7]
    with torch.no_grad():
        torch.testing.assert_close(model.logits(x), literal_logits(model, x))


@variants
def test_gradients_are_those_of_the_formula(options: dict[str, Any]) -> None:
    model = random_nade(**options)
    x = every_x(model)[::13]
    weights = torch.randn(len(x), 5, model.levels, generator=seeded(1), dtype=torch.float64)
    parameters = dict(model.named_parameters())
    ours = torch.autograd.grad((weights * model.logits(x)).sum(), list(parameters.values()))
    theirs = torch.autograd.grad(
        (weights * literal_logits(model, x)).sum(), list(parameters.values())
    )
    torch.testing.assert_close(
        dict(zip(parameters, ours, strict=True)), dict(zip(parameters, theirs, strict=True))
    )


@pytest.mark.parametrize("sizes", [(1, 1, 1, 1, 1), (4, 3, 1, 1, 2), (3, 2, 4, 3, 2)], ids=str)
def test_the_backward_pass_written_by_hand_agrees_with_finite_differences(
    sizes: tuple[int, int, int, int, int],
) -> None:
    D, N, inputs, outputs, H = sizes
    generator = seeded(0)

    def random(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64).requires_grad_()

    arguments = (random(D, N, inputs), random(D, inputs, H), random(D, outputs, H), random(H))
    assert torch.autograd.gradcheck(_RunningSum.apply, arguments)


def test_the_input_s_gradient_is_that_of_the_formula() -> None:
    """By plain autograd through a cumulative sum that is shifted, not subtracted."""
    model = random_nade(event_shape=(5,), levels=3, hidden=4, order=ORDER)
    one_hot = F.one_hot(torch.tensor([[0, 2, 1, 1, 0]]), 3).double().requires_grad_()
    weights = torch.randn(1, 5, 3, generator=seeded(2), dtype=torch.float64)
    (ours,) = torch.autograd.grad((weights * model(one_hot)).sum(), one_hot)
    o = model.order
    added = torch.einsum("ndk,dkh->ndh", one_hot[:, o], model.W[o])
    a = model.c + F.pad(added.cumsum(1), (0, 0, 1, 0))[:, :-1]
    z = torch.einsum("ndh,dkh->ndk", torch.sigmoid(a), model.V[o]) + model.b[o]
    (theirs,) = torch.autograd.grad((weights[:, o] * z).sum(), one_hot)
    torch.testing.assert_close(ours, theirs)


def test_the_sum_taken_back_in_the_backward_pass_stays_exact_enough_over_784_steps() -> None:
    """In float32, as trained: gradients within 0.1 % of those in float64."""
    torch.manual_seed(0)
    model = NADE((784,), hidden=20)
    x = torch.randint(0, 2, (10, 784), generator=seeded(0))
    gradients = []
    for dtype in (torch.float32, torch.float64):
        model = model.to(dtype)
        loss = model.training_loss(x, seeded(0))
        gradients.append(torch.autograd.grad(loss, list(model.parameters())))
    for single, double in zip(*gradients, strict=True):
        error = (single.double() - double).norm() / double.norm()
        assert float(error) < 1e-3


# Memory -----------------------------------------------------------------------------------------


class Held(TorchDispatchMode):
    """Counts the bytes of all tensors that operations under it have made and that still live."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.peak = 0
        self._seen: weakref.WeakSet[torch.UntypedStorage] = weakref.WeakSet()

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        out = function(*args, **(kwargs or {}))
        for tensor in out if isinstance(out, tuple | list) else (out,):
            if isinstance(tensor, Tensor) and tensor.untyped_storage() not in self._seen:
                storage = tensor.untyped_storage()
                size = storage.nbytes()
                self._seen.add(storage)
                self.now += size
                self.peak = max(self.peak, self.now)
                weakref.finalize(storage, self._freed, size)
        return out

    def _freed(self, size: int) -> None:
        self.now -= size


def peak_bytes(work: Callable[[], object]) -> int:
    """Most memory held at one time by tensors that `work` made."""
    with Held() as held:
        work()
    return held.peak


def test_a_training_pass_never_holds_n_d_h_numbers() -> None:
    """Neither at once nor one by one; the textbook computation is seen to hold them."""
    N, D, H = 64, 60, 64
    model = NADE((D,), hidden=H)
    x = torch.randint(0, 2, (N, D), generator=seeded(0))

    def ours() -> None:
        model.training_loss(x, seeded(0)).backward()

    def textbook() -> None:
        added = x.unsqueeze(2) * model.W.squeeze(1)
        a = model.c + F.pad(added.cumsum(1), (0, 0, 1, 0))[:, :-1]
        z = (torch.sigmoid(a) * model.V.squeeze(1)).sum(2) + model.b.squeeze(1)
        F.binary_cross_entropy_with_logits(z, x.float()).backward()

    whole = 4 * N * D * H
    assert peak_bytes(textbook) > whole
    assert peak_bytes(ours) < whole / 3


def test_twice_the_batch_adds_n_times_d_plus_h_numbers_not_n_d_h() -> None:
    D, H = 60, 128
    model = NADE((D,), hidden=H)
    peaks = []
    for N in (64, 128):
        x = torch.randint(0, 2, (N, D), generator=seeded(0))

        def work(x: Tensor = x) -> None:
            model.training_loss(x, seeded(0)).backward()

        peaks.append(peak_bytes(work))
    # About ten arrays (N, D), some of them of two levels or of 8 bytes, and five (N, H).
    assert peaks[1] - peaks[0] < 4 * 64 * (20 * D + 8 * H)
    assert 20 * D + 8 * H < D * H / 3


# The lecture's first step -------------------------------------------------------------------------


def pair_of_starts(**options: Any) -> tuple[NADE, NADE]:
    bias, gaussian = (
        random_nade(event_shape=(5,), hidden=4, order=ORDER, start=start, **options)
        for start in ("bias", "gaussian")
    )
    return bias, gaussian


def test_both_starts_share_their_uniforms() -> None:
    bias, gaussian = pair_of_starts()
    numbers = gaussian.random_numbers(6, seeded(1))
    assert torch.equal(bias.random_numbers(6, seeded(1)), numbers[:5])
    assert numbers.shape == (5 + 4, 6)


def test_a_gaussian_start_draws_h_from_a_standard_normal() -> None:
    _, gaussian = pair_of_starts()
    h = gaussian.random_numbers(20_000, seeded(0))[5:]
    assert float(h.mean().abs()) < 0.02
    assert abs(float(h.std()) - 1) < 0.02
    step = next(gaussian.sample_steps(6, generator=seeded(1)))
    drawn = gaussian.random_numbers(6, seeded(1))[5:].T.double()
    assert torch.equal(step.internals["h"], drawn)
    expected = torch.softmax(F.pad(drawn @ gaussian.V[2].T + gaussian.b[2], (1, 0)), 1)
    torch.testing.assert_close(step.probs, expected.detach())


@pytest.mark.parametrize("levels", [2, 3])
def test_a_gaussian_start_replaces_h_for_the_first_dimension_alone(levels: int) -> None:
    """Given the same value of the first dimension, all the rest is the same."""
    bias, gaussian = pair_of_starts(levels=levels)
    given = torch.full((1, 5), -1)
    given[0, ORDER[0]] = 1
    plain = list(bias.sample_steps(8, given=given, generator=seeded(3)))
    lecture = list(gaussian.sample_steps(8, given=given, generator=seeded(3)))
    assert not torch.allclose(plain[0].probs, lecture[0].probs)
    assert not torch.allclose(lecture[0].probs[0], lecture[0].probs[1])  # another h for each
    assert torch.equal(plain[0].internals["a"], lecture[0].internals["a"])
    for one, other in zip(plain[1:], lecture[1:], strict=True):
        assert torch.equal(one.probs, other.probs)
        assert torch.equal(one.value, other.value)
        assert torch.equal(one.internals["h"], other.internals["h"])


def test_the_likelihood_is_that_of_the_bias_start_either_way() -> None:
    bias, gaussian = pair_of_starts()
    x = every_x(bias)
    with torch.no_grad():
        assert torch.equal(bias.log_prob(x), gaussian.log_prob(x))


def test_a_gaussian_start_has_the_same_sample_for_the_same_seed() -> None:
    _, gaussian = pair_of_starts()
    first = gaussian.sample(9, generator=seeded(2))
    assert torch.equal(first, gaussian.sample(9, generator=seeded(2)))
    assert not torch.equal(first, gaussian.sample(9, generator=seeded(3)))


# Any order ----------------------------------------------------------------------------------------


def test_an_order_agnostic_model_tells_0_from_not_drawn() -> None:
    """A plain one does not: x_0 = 0 adds nothing to the sum. With U, having seen it does."""
    for agnostic in (False, True):
        model = random_nade(event_shape=(2,), hidden=4, order_agnostic=agnostic)
        x = torch.tensor([[0, 1]])
        with torch.no_grad():
            after_zero = model.logits(x)[0, 1]
            unseen = model.with_order([1, 0]).logits(x)[0, 1]
        assert torch.equal(after_zero, unseen) != agnostic


def test_training_for_any_order_draws_one_a_batch_from_the_generator() -> None:
    model = random_nade(event_shape=(5,), hidden=4, order_agnostic=True)
    x = every_x(model)
    before = model.order.clone()
    with torch.no_grad():
        first, again, other = (float(model.training_loss(x, seeded(s))) for s in (0, 0, 1))
        expected = model.with_order(training_order((5,), seeded(0))).log_prob(x)
    assert first == again != other
    assert first == pytest.approx(-float(expected.mean()))
    assert torch.equal(model.order, before)


def test_a_plain_model_trains_on_its_own_order_and_draws_nothing() -> None:
    model = random_nade(event_shape=(5,), hidden=4, order=ORDER)
    x, generator = every_x(model), seeded(0)
    with torch.no_grad():
        loss = model.training_loss(x, generator)
        assert float(loss) == pytest.approx(-float(model.log_prob(x).mean()))
    assert torch.equal(generator.get_state(), seeded(0).get_state())


@pytest.mark.slow
def test_training_over_orders_makes_them_agree() -> None:
    """On a distribution of two states every order reaches its entropy, log 2."""
    torch.manual_seed(0)
    model = NADE((4,), hidden=16, order_agnostic=True)
    x = torch.tensor([[0, 1, 0, 1], [1, 1, 0, 0]])
    optimizer, generator = torch.optim.Adam(model.parameters(), lr=0.05), seeded(0)
    for _ in range(600):
        optimizer.zero_grad()
        model.training_loss(x, generator).backward()
        optimizer.step()
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]):
        nll = -float(model.with_order(order).log_prob(x).mean().detach())
        assert nll == pytest.approx(math.log(2), rel=0.02)


# What a page draws --------------------------------------------------------------------------------


@variants
def test_columns_sum_to_the_running_sum_that_a_step_shows(options: dict[str, Any]) -> None:
    model = random_nade(**options)
    with torch.no_grad():
        a = model.c.expand(3, -1)
        for step in model.sample_steps(3, generator=seeded(4)):
            torch.testing.assert_close(step.internals["a"], a)
            torch.testing.assert_close(step.internals["h"], torch.sigmoid(a))
            a = a + model.column(step.index, step.value)


def test_a_column_is_that_of_the_value() -> None:
    binary = random_nade(event_shape=(3,), hidden=4)
    grey = random_nade(event_shape=(3,), levels=4, hidden=4)
    values = torch.tensor([1, 0])
    with torch.no_grad():
        expected = torch.stack([binary.W[2, 0], torch.zeros(4)])
        assert torch.equal(binary.column(2, values), expected.to(binary.dtype))
        assert torch.equal(grey.column(2, values), grey.W[2, [1, 0]])


# Construction -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden": 0}, "hidden.*at least 1.*given 0"),
        ({"hidden": -3}, "hidden.*given -3"),
        ({"hidden": 2.5}, "hidden.*given 2.5"),
        ({"hidden": True}, "hidden.*given True"),
        ({"start": "zero"}, "start is one of bias, gaussian; given 'zero'"),
        ({"levels": 1}, "levels.*at least 2; given 1"),
        ({"levels": 2.0}, "levels.*given 2.0"),
        ({"event_shape": ()}, "event_shape"),
        ({"event_shape": (0,)}, "event_shape.*given \\(0,\\)"),
        ({"event_shape": (2, 3)}, "event_shape.*given \\(2, 3\\)"),
        ({"event_shape": (1, 2, -3)}, "event_shape"),
        ({"event_shape": (2.0,)}, "event_shape"),
        ({"order": [0, 0, 1]}, "order"),
        ({"order": [0, 1]}, "order"),
        ({"order": [0.0, 1.0, 2.0]}, "order"),
        ({"order": "spiral"}, "order"),
    ],
    ids=str,
)
def test_wrong_sizes_are_refused_with_what_was_expected(
    options: dict[str, Any], message: str
) -> None:
    arguments: dict[str, Any] = {"event_shape": (3,), "hidden": 4} | options
    with pytest.raises(ValueError, match=message):
        NADE(**arguments)


@variants
def test_config_builds_the_same_model_and_survives_json(options: dict[str, Any]) -> None:
    model = random_nade(**options)
    twin = NADE(**json.loads(json.dumps(model.config))).double()
    twin.load_state_dict(model.state_dict())
    x = every_x(model)[::5]
    with torch.no_grad():
        assert torch.equal(twin.log_prob(x), model.log_prob(x))
    assert twin.config == model.config
