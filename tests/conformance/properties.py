"""What every model must hold: plain functions of a `Case` that raise AssertionError.

`test_conformance.py` runs every property on every case; `test_conformance_catches.py` shows that
broken models fail them. The numbers (1) to (10) are those of docs/ARCHITECTURE.md.
"""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from scipy import stats
from torch import LongTensor, Tensor

from arviz_models import (
    AutoregressiveModel,
    Step,
)
from arviz_models.base import NOT_DRAWN
from arviz_models.image_model import ImageModel
from arviz_models.pretrained import load_pretrained, save_checkpoint
from tests.conformance.cases import Case
from tests.conformance.tools import (
    all_states,
    changed_dependencies,
    gradient_dependencies,
    in_order,
    nll,
    random_x,
    rolled_out,
    some_given,
    train_toy,
)

WEIGHT_DRAWS = 3  # more than one, as a ReLU or a small weight may hide a dependency in one


def check_jacobian_is_zero_from_the_own_step_on(case: Case) -> None:
    """(1) No logit has a gradient at its own input or at a later one: exactly, in float64."""
    for seed in range(WEIGHT_DRAWS):
        model = case.random(seed, torch.float64)
        reads = in_order(model, gradient_dependencies(model, random_x(model, 1, seed)))
        leaks = torch.nonzero(torch.triu(reads)).tolist()
        assert not leaks, f"(step, step it must not read): {leaks[:5]}"


def check_changed_values_change_no_earlier_logit(case: Case) -> None:
    """(1), (7) A change of x_o[s] leaves the logits of o[t], t <= s, as they are, bit for bit."""
    for seed in range(WEIGHT_DRAWS):
        model = case.random(seed)
        reads = in_order(model, changed_dependencies(model, random_x(model, 3, seed)))
        leaks = torch.nonzero(torch.triu(reads)).tolist()
        assert not leaks, f"(step, step it must not read): {leaks[:5]}"


def check_later_values_are_never_read(case: Case) -> None:
    """(7) All values from step t on replaced at once: logits up to step t are the same bits."""
    model = case.random()
    x = random_x(model, 2)
    with torch.no_grad():
        before = model.logits(x).flatten(1, -2)[:, model.order]
        for t in range(model.dimensions):
            other = x.flatten(1).clone()
            later = model.order[t:]
            other[:, later] = model.levels - 1 - other[:, later]
            after = model.logits(other.view_as(x)).flatten(1, -2)[:, model.order]
            assert torch.equal(after[:, : t + 1], before[:, : t + 1]), f"step {t} or earlier"


def check_dependencies_are_those_of_the_jacobian(case: Case) -> None:
    """(2) `dependencies()` is the set of non-zero entries: nothing lost, nothing claimed."""
    expected = case.build().dependencies()
    assert expected.dtype == torch.bool
    assert expected.shape == (case.build().dimensions,) * 2
    found = torch.zeros_like(expected)
    for seed in range(WEIGHT_DRAWS):
        model = case.random(seed, torch.float64)
        for point in range(2):
            found |= gradient_dependencies(model, random_x(model, 1, seed + 10 * point))
    _assert_same_dependencies(found, expected)


def check_dependencies_are_those_of_changed_values(case: Case) -> None:
    """(2) The same through the public `logits`: no way around the one-hot input."""
    expected = case.build().dependencies()
    found = torch.zeros_like(expected)
    for seed in range(WEIGHT_DRAWS):
        model = case.random(seed, torch.float64)
        found |= changed_dependencies(model, random_x(model, 4, seed))
    _assert_same_dependencies(found, expected)


def _assert_same_dependencies(found: Tensor, expected: Tensor) -> None:
    lost = torch.nonzero(expected & ~found).tolist()
    leaks = torch.nonzero(found & ~expected).tolist()
    assert not lost and not leaks, f"lost [i, j]: {lost[:5]}; undeclared [i, j]: {leaks[:5]}"


def check_sequences_of_a_batch_are_independent(case: Case) -> None:
    """Another sequence of the batch changes no logit."""
    model = case.random()
    x = random_x(model, 4)
    for kept in (0, -1):  # neither a later nor an earlier one
        other = model.levels - 1 - x
        other[kept] = x[kept]
        with torch.no_grad():
            assert torch.equal(model.logits(x)[kept], model.logits(other)[kept])


def check_decoder_agrees_with_logits(case: Case) -> None:
    """(3) Step by step what all at once gives: 1e-5 in float32, 1e-10 in float64; also `given`."""
    for dtype, tolerance in ((torch.float32, 1e-5), (torch.float64, 1e-10)):
        model = case.random(0, dtype)
        for n, given in ((3, None), (3, some_given(model, 3)), (1, some_given(model, 1))):
            x, steps = rolled_out(model, n, given)
            with torch.no_grad():
                expected = torch.log_softmax(model.logits(x).flatten(1, -2), -1)  # (n, D, K)
                decoder = model.decoder(n)
                for step in steps:
                    assert (decoder.step, decoder.index) == (step.t, step.index)
                    once, again = decoder.logits(), decoder.logits()
                    assert torch.equal(once, again), "logits() changes the decoder"
                    log_p = torch.log_softmax(once, -1)
                    _assert_close(log_p, expected[:, step.index], tolerance)
                    _assert_close(step.probs, expected[:, step.index].exp(), tolerance)
                    assert not decoder.done
                    decoder.observe(step.value)
                assert decoder.done


def check_decoder_may_be_told_values_without_being_asked(case: Case) -> None:
    """(3) `observe` alone leads to the same state: no logits need be computed on the way."""
    model = case.random()
    x = random_x(model, 2).flatten(1)[:, model.order]
    asked, told = model.decoder(2), model.decoder(2)
    with torch.no_grad():
        for t in range(model.dimensions):
            expected = asked.logits()
            if t % 3 == 2 or t == model.dimensions - 1:
                assert torch.equal(told.logits(), expected), f"step {t}"
            asked.observe(x[:, t])
            told.observe(x[:, t])


def _assert_close(found: Tensor, expected: Tensor, tolerance: float) -> None:
    torch.testing.assert_close(found, expected, atol=tolerance, rtol=tolerance)


def check_conditionals_of_a_prefix_ignore_what_follows(case: Case) -> None:
    """(7) Other values later on: the decoder's conditionals up to there stay, bit for bit."""
    model = case.random()
    x, _ = rolled_out(model, 2)
    for t in {0, model.dimensions // 2, model.dimensions - 1}:
        other = x.flatten(1).clone()
        other[:, model.order[t]] = (other[:, model.order[t]] + 1) % model.levels
        _, before = rolled_out(model, 2, given=x)
        _, after = rolled_out(model, 2, given=other.view_as(x))
        for s in range(t + 1):
            assert torch.equal(before[s].probs, after[s].probs), f"step {s} saw step {t}"


def check_probabilities_of_all_states_sum_to_one(case: Case) -> None:
    """(4) Normalised, by enumeration."""
    for seed in range(WEIGHT_DRAWS):
        model = case.random(seed)
        with torch.no_grad():
            total = float(model.log_prob(all_states(model)).double().exp().sum())
        assert abs(total - 1) <= 1e-5, f"sum {total}"


def check_samples_follow_the_density(case: Case) -> None:
    """(5) 20,000 samples against the enumerated probabilities: chi-square at 1e-4."""
    model = case.random()
    n, D = 20_000, model.dimensions
    with torch.no_grad():
        p = model.log_prob(all_states(model)).double().exp().numpy()
    x = model.sample(n, generator=torch.Generator().manual_seed(1))
    place = model.levels ** torch.arange(D - 1, -1, -1)
    observed = np.bincount((x.flatten(1) * place).sum(1).numpy(), minlength=len(p))
    expected = n * p / p.sum()
    rare = expected < 5
    if rare.any():  # in one cell; too rare even together: into the smallest of the others
        observed = np.append(observed[~rare], observed[rare].sum())
        expected = np.append(expected[~rare], expected[rare].sum())
        if expected[-1] < 5:
            smallest = expected[:-1].argmin()
            observed[smallest] += observed[-1]
            expected[smallest] += expected[-1]
            observed, expected = observed[:-1], expected[:-1]
    assert len(expected) > 1, "weights too extreme for this test"
    probability = stats.chisquare(observed, expected).pvalue
    assert probability > 1e-4, f"chi-square p = {probability:.2g}"


def check_log_prob_is_the_sum_of_the_chosen_logits(case: Case) -> None:
    """log p(x) in nats from `logits`, summed over the dimensions, and training_loss its mean."""
    model = case.random()
    x = random_x(model, 5)
    with torch.no_grad():
        logits = model.logits(x)
        assert logits.shape == (*x.shape, model.levels)
        log_p = torch.log_softmax(logits.double(), -1).flatten(1, -2)
        expected = torch.stack(
            [
                sum((log_p[row, i, int(v)] for i, v in enumerate(values)), torch.tensor(0.0))
                for row, values in enumerate(x.flatten(1))
            ]
        )
        found = model.log_prob(x)
    assert found.shape == (5,)
    torch.testing.assert_close(found.double(), expected.double(), atol=1e-4, rtol=1e-5)


def check_saturated_probabilities_keep_their_log(case: Case) -> None:
    """No probability is rounded to 0 or 1 before its log is taken."""
    model = case.random()
    x = random_x(model, 8)
    with torch.no_grad():
        for _ in range(40):  # until some level is as unlikely as e^-300, less than float32 holds
            logits = model.logits(x)
            spread = float((logits.max(-1).values - logits.min(-1).values).max())
            if spread > 300:
                break
            for parameter in model.parameters():
                parameter.mul_(2)
        assert spread > 300, "logits stay within bounds however large the weights"
        worst = int(
            (logits.max(-1).values - logits.min(-1).values).flatten(1).max(1).values.argmax()
        )
        gaps = logits[worst].flatten(0, -2)
        dimension = int((gaps.max(-1).values - gaps.min(-1).values).argmax())
        unlikely = x[worst : worst + 1].flatten(1).clone()
        unlikely[0, dimension] = int(gaps[dimension].argmin())
        unlikely = unlikely.view(1, *model.event_shape)
        found = float(model.log_prob(unlikely))
        exact = copy.deepcopy(model).double()
        chosen = torch.log_softmax(exact.logits(unlikely), -1)
        expected = float(chosen.gather(-1, unlikely.unsqueeze(-1)).sum())
    assert math.isfinite(found)
    assert expected < -300
    assert abs(found - expected) <= 1e-4 * abs(expected), f"log p = {found}, exactly {expected}"


def check_checkpoint_keeps_log_prob(case: Case, folder: Path) -> None:
    """(6) Saved and loaded: the same log_prob, up to the float16 that checkpoints are kept in."""
    model = case.random()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.half().float())
    save_checkpoint(model, "one", {"note": "kept"}, folder)
    loaded = load_pretrained("one", "cpu", folder)
    assert type(loaded) is type(model)
    assert not loaded.training
    assert loaded.card["note"] == "kept"
    assert loaded.event_shape == model.event_shape
    assert loaded.config == model.config
    assert torch.equal(loaded.order, model.order)
    x = random_x(model, 20)
    with torch.no_grad():
        assert torch.equal(loaded.log_prob(x), model.log_prob(x))


def check_initial_nll_is_that_of_uniform(case: Case) -> None:
    """(8) Before training the NLL of random x is within 5 % of D log K."""
    for seed in range(3):
        model = case.initial(seed)
        uniform = model.dimensions * math.log(model.levels)
        found = nll(model, random_x(model, 1000, seed))
        assert abs(found - uniform) <= 0.05 * uniform, f"{found:.3f} nats, uniform {uniform:.3f}"


def check_training_reaches_the_entropy(case: Case) -> None:
    """(9) Trained on a distribution of known entropy: within 2 % of it, and never below."""
    reached, entropy = train_toy(case)
    assert reached >= entropy - 1e-4, f"{reached:.4f} nats is below the entropy {entropy:.4f}"
    assert reached <= 1.02 * entropy, f"{reached:.4f} nats, entropy {entropy:.4f}"


def check_cpu_and_gpu_agree(case: Case) -> None:
    """(10) The same log_prob, conditionals and given sample on either."""
    model = case.random()
    x = random_x(model, 4)
    elsewhere = copy.deepcopy(model).to("cuda")
    with torch.no_grad():
        _assert_close(elsewhere.log_prob(x.cuda()).cpu(), model.log_prob(x), 1e-4)
        _assert_close(elsewhere.logits(x.cuda()).cpu(), model.logits(x), 1e-4)
    steps = zip(model.sample_steps(4, given=x), elsewhere.sample_steps(4, given=x), strict=True)
    for here, there in steps:
        _assert_close(there.probs.cpu(), here.probs, 1e-4)


# The sampling contract ----------------------------------------------------------------------------


def check_same_seed_same_sample(case: Case) -> None:
    model = case.random()

    def draw(seed: int) -> Tensor:
        return model.sample(50, generator=torch.Generator().manual_seed(seed))

    before = torch.random.get_rng_state()
    first = draw(3)
    assert torch.equal(torch.random.get_rng_state(), before), "the global generator was used"
    torch.rand(7)  # what it holds does not matter ...
    assert torch.equal(first, draw(3))
    assert not torch.equal(first, draw(4))  # ... and the one given does
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        assert torch.equal(model.sample(50), first)  # without one, the global


def check_sample_is_what_the_steps_draw(case: Case) -> None:
    """`sample` may be a faster way, to the same values."""
    model = case.random()
    for n, temperature in itertools.product((1, 5), (1.0, 0.0, 0.7)):
        for given in (None, some_given(model, n), some_given(model, 1)):
            for heat in (temperature, torch.linspace(0, 2, n) * temperature):
                generators = [torch.Generator().manual_seed(n) for _ in range(2)]
                settings: dict[str, Any] = {"given": given, "temperature": heat}
                x = model.sample(n, generator=generators[0], **settings)
                assert x.shape == (n, *model.event_shape)
                assert x.dtype == torch.long
                flat = x.flatten(1)
                for step in model.sample_steps(n, generator=generators[1], **settings):
                    assert torch.equal(flat[:, step.index], step.value), f"step {step.t}"
                assert torch.equal(generators[0].get_state(), generators[1].get_state())


def check_one_uniform_a_dimension_and_sequence_by_inverse_cdf(case: Case) -> None:
    """In step order, also where the value is given; and no number more."""
    model = case.random()
    n = 6
    uniforms = model.random_numbers(n, torch.Generator().manual_seed(8))[: model.dimensions]
    for given in (None, some_given(model, n)):
        generator, reference = (torch.Generator().manual_seed(8) for _ in range(2))
        model.random_numbers(n, reference)
        steps = list(model.sample_steps(n, given=given, generator=generator))
        assert torch.equal(generator.get_state(), reference.get_state())
        for step in steps:
            for row in range(n):
                fixed = NOT_DRAWN if given is None else int(given.flatten(1)[row, step.index])
                cdf = step.probs[row].cumsum(0)[:-1].numpy()
                u = float(uniforms[step.t, row])
                expected = int(np.searchsorted(cdf, u, side="right"))
                assert int(step.value[row]) == (expected if fixed == NOT_DRAWN else fixed)


def check_a_sequence_is_the_same_in_every_batch(case: Case) -> None:
    """Sequence k of a seed has the k-th run of its numbers: D uniforms first, step by step."""
    model = case.random()
    together = model.random_numbers(5, torch.Generator().manual_seed(8))
    generator, reference = (torch.Generator().manual_seed(8) for _ in range(2))
    for k in range(5):
        reference.set_state(generator.get_state())
        alone = model.random_numbers(1, generator)
        assert torch.equal(together[:, k], alone[:, 0])
        uniforms = torch.rand(model.dimensions, generator=reference)
        assert torch.equal(alone[: model.dimensions, 0], uniforms)
    x = model.sample(5, generator=torch.Generator().manual_seed(8))
    for n in range(1, 5):
        assert torch.equal(model.sample(n, generator=torch.Generator().manual_seed(8)), x[:n])


def check_given_is_kept_and_the_rest_is_drawn(case: Case) -> None:
    model = case.random()
    given = some_given(model, 5)
    x = model.sample(5, given=given, generator=torch.Generator().manual_seed(0))
    assert torch.equal(x[given != NOT_DRAWN], given[given != NOT_DRAWN])
    assert int(x.min()) >= 0
    assert int(x.max()) < model.levels
    everything = random_x(model, 5, 9)
    assert torch.equal(model.sample(5, given=everything), everything)
    free = torch.full((1, *model.event_shape), NOT_DRAWN)
    one = given[:1]
    for shared, rows in ((one, one.repeat(5, *[1] * len(model.event_shape))), (free, None)):
        first = model.sample(5, given=shared, generator=torch.Generator().manual_seed(2))
        second = model.sample(5, given=rows, generator=torch.Generator().manual_seed(2))
        assert torch.equal(first, second)


def check_a_changed_value_leaves_all_before_it(case: Case) -> None:
    """With one seed: the values drawn before the changed one stay, as do all conditionals."""
    model = case.random()
    x, _ = rolled_out(model, 4, seed=5)
    t = model.dimensions // 2
    given = torch.full_like(x, NOT_DRAWN).flatten(1)
    at = int(model.order[t])
    given[:, at] = (x.flatten(1)[:, at] + 1) % model.levels
    other, _ = rolled_out(model, 4, given.view_as(x), seed=5)
    before = model.order[:t]
    assert torch.equal(other.flatten(1)[:, before], x.flatten(1)[:, before])
    same = torch.full_like(x, NOT_DRAWN).flatten(1)
    same[:, at] = x.flatten(1)[:, at]  # what it had drawn anyway: nothing changes at all
    assert torch.equal(rolled_out(model, 4, same.view_as(x), seed=5)[0], x)


def check_steps_have_the_fields_of_the_contract(case: Case) -> None:
    model = case.random()
    n = 3
    steps = list(model.sample_steps(n))
    assert [step.t for step in steps] == list(range(model.dimensions))
    assert [step.index for step in steps] == model.order.tolist()
    for step in steps:
        assert type(step.t) is int
        assert type(step.index) is int
        assert step.probs.shape == (n, model.levels)
        assert step.probs.dtype == model.dtype
        assert not step.probs.requires_grad
        torch.testing.assert_close(step.probs.sum(1), torch.ones(n))
        assert step.value.shape == (n,)
        assert step.value.dtype == torch.long
        assert isinstance(step.internals, dict)
        assert all(value.shape[0] == n for value in step.internals.values())


def check_sampling_is_lazy(case: Case) -> None:
    """A step is computed when it is asked for, and not before."""
    model = case.random()
    seen: list[int] = []
    start = model.start_decoder

    def counted(random_numbers: Tensor) -> Any:
        decoder = start(random_numbers)
        observe = decoder.observe

        def recorded(value: Tensor) -> None:
            seen.append(decoder.step)
            observe(value)

        decoder.observe = recorded  # type: ignore[method-assign]
        return decoder

    model.start_decoder = counted  # type: ignore[method-assign]
    steps = model.sample_steps(2)
    assert seen == []
    for t in range(min(3, model.dimensions)):
        assert next(steps).t == t
        assert seen == list(range(t + 1))


def check_columns_of_random_numbers_decide_alone(case: Case) -> None:
    """Requests joined as one batch give what each gives alone: what a server shares them by."""
    model = case.random()
    parts = [model.random_numbers(n, torch.Generator().manual_seed(n)) for n in (1, 3)]
    together = list(model.draw_steps(torch.cat(parts, dim=1)))
    alone = [list(model.draw_steps(part)) for part in parts]
    for t, step in enumerate(together):
        assert torch.equal(step.value, torch.cat([steps[t].value for steps in alone]))


def check_parameters_are_never_changed(case: Case) -> None:
    """Not by forward, backward, sampling, eval or train; nor are the buffers."""
    model = case.random()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    x = random_x(model, 3)
    model.train()
    model.training_loss(x, torch.Generator().manual_seed(0)).backward()
    model.logits(x)
    model.log_prob(x)
    model.eval()
    model.sample(2, given=some_given(model, 2), temperature=0.5)
    model.with_order(model.order.flip(0)) if _takes_any_order(model) else None
    after = model.state_dict()
    assert before.keys() == after.keys()
    for name, value in before.items():
        assert torch.equal(value, after[name]), name


def check_every_parameter_is_trained(case: Case) -> None:
    """The loss reaches every parameter whose value matters, and no gradient is NaN.

    With one dimension nothing is read, so that the weights of inputs rightly get nothing; nor do
    those of the rows above, or of the pixels on the left, in an image of one row or column.
    """
    model = case.random()
    if model.dimensions == 1 or (isinstance(model, ImageModel) and 1 in model.event_shape[1:]):
        return
    model.training_loss(random_x(model, 16), torch.Generator().manual_seed(0)).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert bool(torch.isfinite(parameter.grad).all()), name
        assert bool((parameter.grad != 0).any()), name


def check_batch_of_one_and_of_none(case: Case) -> None:
    model = case.random()
    x = random_x(model, 3)
    with torch.no_grad():
        torch.testing.assert_close(model.log_prob(x[:1]), model.log_prob(x)[:1])
        assert model.log_prob(x[:0]).shape == (0,)
    assert model.sample(1).shape == (1, *model.event_shape)


def check_temperature(case: Case) -> None:
    """0 takes the most probable level, 1 changes nothing, others divide the logits, one a row."""
    model = case.random()
    D, n = model.dimensions, 4

    def draw(temperature: float | Tensor) -> list[Step]:
        generator = torch.Generator().manual_seed(6)
        return list(model.sample_steps(n, temperature=temperature, generator=generator))

    plain, cold, warm = draw(1.0), draw(0.0), draw(2.0)
    decoder = model.decoder(n)
    with torch.no_grad():
        for step in cold:
            best = decoder.logits().argmax(1)
            assert torch.equal(step.value, best)
            assert torch.equal(step.probs, F.one_hot(best, model.levels).to(model.dtype))
            decoder.observe(step.value)
    decoder = model.decoder(n)
    with torch.no_grad():
        for step in warm:
            torch.testing.assert_close(step.probs, torch.softmax(decoder.logits() / 2, 1))
            decoder.observe(step.value)
    mixed = draw(torch.tensor([0.0, 1.0, 2.0, 1.0]))
    for t in range(D):
        for row, alone in enumerate((cold, plain, warm, plain)):
            assert mixed[t].value[row] == alone[t].value[row], f"step {t}, sequence {row}"
    for tiny in (1e-30, 1e-42):  # logits over it are beyond float32
        for step in draw(tiny):
            assert bool(torch.isfinite(step.probs).all())
            torch.testing.assert_close(step.probs.sum(1), torch.ones(n))


def check_sampling_records_no_gradient(case: Case) -> None:
    """Sampling records no gradient, and leaves gradients switched on for the caller."""
    model = case.random()
    steps = model.sample_steps(2)
    next(steps)
    assert torch.is_grad_enabled()
    assert not model.sample(2).requires_grad
    assert model.log_prob(random_x(model, 2)).requires_grad


def _takes_any_order(model: AutoregressiveModel) -> bool:
    try:
        model.with_order(model.order.flip(0))
    except ValueError:
        return False
    return True


def check_with_order_shares_parameters_and_leaves_the_original(case: Case) -> None:
    """Or refuses: an order that is built into the weights (a raster mask) cannot be changed."""
    model = case.random()
    if not _takes_any_order(model):
        return
    order = torch.randperm(model.dimensions, generator=torch.Generator().manual_seed(2))
    kept, x = model.order.clone(), random_x(model, 3)
    with torch.no_grad():
        before = model.log_prob(x)
        view = model.with_order(order)
        assert torch.equal(view.order, order)
        assert torch.equal(model.order, kept)
        assert torch.equal(model.log_prob(x), before)
        for (name, mine), (_, its) in zip(
            model.named_parameters(), view.named_parameters(), strict=True
        ):
            assert mine is its, name
        next(iter(model.parameters())).add_(1.0)  # seen by both
        next(iter(view.parameters())).sub_(1.0)
        torch.testing.assert_close(model.log_prob(x), before)
    check_view = Case("view", lambda: view)
    reads = in_order(view, gradient_dependencies(check_view.build(), x[:1]))
    assert not bool(torch.triu(reads).any())
    assert [step.index for step in view.sample_steps(1)] == order.tolist()


# Bad input ----------------------------------------------------------------------------------------


def _raises(fragments: Sequence[str], call: Callable[[], object]) -> None:
    try:
        call()
    except ValueError as error:
        missing = [part for part in fragments if part not in str(error)]
        assert not missing, f"the message {str(error)!r} does not name {missing}"
    else:
        raise AssertionError(f"no ValueError; expected one that names {list(fragments)}")


def check_wrong_x_is_refused(case: Case) -> None:
    """Shape, dtype and level; the message names what was given and what was expected."""
    model = case.random()
    x = random_x(model, 2)
    expected = ", ".join(["N", *map(str, model.event_shape)])
    high, low = x.clone(), x.clone()
    high.view(-1)[0], low.view(-1)[0] = model.levels, -1
    for function in (model.logits, model.log_prob):
        wrong: tuple[tuple[Any, tuple[str, ...]], ...] = (
            (x[0], (expected, str(tuple(x[0].shape)))),
            (x.unsqueeze(1), (expected, str(tuple(x.unsqueeze(1).shape)))),
            (torch.cat([x, x], dim=-1), (expected,)),
            (torch.tensor(0), (expected, "()")),
            (x.float(), (expected, "float32")),
            (x.int(), (expected, "int32")),
            (x.bool(), (expected, "bool")),
            (x.tolist(), (expected, "list")),
            (high, (f"0..{model.levels - 1}", str(model.levels))),
            (low, (f"0..{model.levels - 1}", "-1")),
        )
        for value, fragments in wrong:
            _raises(fragments, lambda value=value, f=function: f(value))  # type: ignore[misc]


def check_wrong_arguments_of_sampling_are_refused(case: Case) -> None:
    """At the call, not at the first step."""
    model = case.random()
    shape = model.event_shape
    free = torch.full((1, *shape), NOT_DRAWN)
    for function in (model.sample, model.sample_steps):
        for n in (0, -1, 2.5, True, "3"):
            _raises(("n is", repr(n)), lambda n=n, f=function: f(n))  # type: ignore[misc]
        for given, fragments in (
            (free.repeat(3, *[1] * len(shape)), ("given", "1 or 4", "(3, ")),
            (free[0], ("given",)),
            (free[:0], ("given", "(0, ")),
            (free.unsqueeze(0), ("given",)),
            (free.float(), ("given", "float32")),
            (free - 1, ("given", f"-1..{model.levels - 1}", "-2")),
            (free + 1 + model.levels, ("given", str(model.levels))),
        ):
            _raises(fragments, lambda g=given, f=function: f(4, given=g))  # type: ignore[misc]
        uneven = torch.tensor([1.0, math.nan, 1.0, 1.0])
        sizes = (torch.ones(2), torch.ones(4, 1))
        for temperature in (-0.1, math.nan, -math.inf, uneven, *sizes):
            _raises(
                ("temperature",),
                lambda t=temperature, f=function: f(4, temperature=t),  # type: ignore[misc]
            )


def check_wrong_order_is_refused(case: Case) -> None:
    model = case.random()
    D = model.dimensions
    twice = [0] * D if D > 1 else [1]
    floats = [float(i) for i in range(D)]
    orders: list[Any] = [twice, list(range(D + 1)), list(range(1, D + 1)), floats, []]
    orders += [[-1, *range(1, D)], LongTensor([list(range(D))]), [[0], [0, 1]], "raster"]
    for order in orders:
        _raises(("order",), lambda order=order: model.with_order(order))  # type: ignore[misc]


PROPERTIES: list[Callable[[Case], None]] = [
    check_jacobian_is_zero_from_the_own_step_on,
    check_changed_values_change_no_earlier_logit,
    check_later_values_are_never_read,
    check_dependencies_are_those_of_the_jacobian,
    check_dependencies_are_those_of_changed_values,
    check_sequences_of_a_batch_are_independent,
    check_decoder_agrees_with_logits,
    check_conditionals_of_a_prefix_ignore_what_follows,
    check_log_prob_is_the_sum_of_the_chosen_logits,
    check_saturated_probabilities_keep_their_log,
    check_initial_nll_is_that_of_uniform,
    check_same_seed_same_sample,
    check_sample_is_what_the_steps_draw,
    check_one_uniform_a_dimension_and_sequence_by_inverse_cdf,
    check_a_sequence_is_the_same_in_every_batch,
    check_given_is_kept_and_the_rest_is_drawn,
    check_a_changed_value_leaves_all_before_it,
    check_steps_have_the_fields_of_the_contract,
    check_sampling_is_lazy,
    check_decoder_may_be_told_values_without_being_asked,
    check_columns_of_random_numbers_decide_alone,
    check_parameters_are_never_changed,
    check_every_parameter_is_trained,
    check_batch_of_one_and_of_none,
    check_temperature,
    check_sampling_records_no_gradient,
    check_with_order_shares_parameters_and_leaves_the_original,
    check_wrong_x_is_refused,
    check_wrong_arguments_of_sampling_are_refused,
    check_wrong_order_is_refused,
]
"""Those that hold for every case. The others want an enumerable, a learning, or a saved model."""
