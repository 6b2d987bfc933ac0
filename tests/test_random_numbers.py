"""The random numbers of a seed: the documented rule, without torch, gives those of the models."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from arviz_models import MADE, NADE, AutoregressiveModel, PixelCNN, list_pretrained
from arviz_models.sampler import Request, Sampler
from tests import recorded_samples

SEEDS = (0, 1, 32, 2**32 - 1, 2**32 + 5, 2**63 - 1)
D = 12
SHAPE = (1, 3, 4)


class MersenneTwister:
    """MT19937 of Matsumoto and Nishimura, started by their ``init_genrand``."""

    def __init__(self, seed: int) -> None:
        self._state = [seed & 0xFFFFFFFF]
        for i in range(1, 624):
            last = self._state[-1]
            self._state.append((1812433253 * (last ^ (last >> 30)) + i) & 0xFFFFFFFF)
        self._next = 624

    def output(self) -> int:
        """The next 32 bits."""
        if self._next == 624:
            for i in range(624):
                y = (self._state[i] & 0x80000000) | (self._state[(i + 1) % 624] & 0x7FFFFFFF)
                twist = 0x9908B0DF if y & 1 else 0
                self._state[i] = self._state[(i + 397) % 624] ^ (y >> 1) ^ twist
            self._next = 0
        y = self._state[self._next]
        self._next += 1
        y ^= y >> 11
        y ^= (y << 7) & 0x9D2C5680
        y ^= (y << 15) & 0xEFC60000
        return y ^ (y >> 18)

    def uniforms(self, count: int) -> np.ndarray:
        """The documented rule: the low 24 bits of each output."""
        return np.array([(self.output() & 0xFFFFFF) / 2**24 for _ in range(count)])

    def normals(self, count: int) -> np.ndarray:
        """The documented rule for `count` >= 16 normal numbers."""
        u = self.uniforms(count)
        whole = count - count % 16
        h = np.concatenate([*map(box_muller, u[:whole].reshape(-1, 16)), np.empty(count % 16)])
        if count % 16:
            h[-16:] = box_muller(self.uniforms(16))
        return h


def box_muller(u: np.ndarray) -> np.ndarray:
    """16 normal numbers from 16 uniforms."""
    radius, angle = np.sqrt(-2 * np.log(1 - u[:8])), 2 * np.pi * u[8:]
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_documented_rule_gives_the_uniforms_of_every_sequence(
    seed: int, dtype: torch.dtype
) -> None:
    n = 60  # more numbers than the twister makes at once
    stream = MersenneTwister(seed)
    expected = np.stack([stream.uniforms(D) for _ in range(n)], axis=1)
    found = PixelCNN(SHAPE, features=2, layers=0).to(dtype).random_numbers(n, seeded(seed))
    assert found.dtype == torch.float32
    assert np.array_equal(found.numpy(), expected)


@pytest.mark.parametrize("hidden", [16, 32, 500])
def test_the_documented_rule_gives_the_gaussian_start_of_every_sequence(hidden: int) -> None:
    n = 3
    stream = MersenneTwister(32)
    runs = [np.append(stream.uniforms(D), stream.normals(hidden)) for _ in range(n)]
    found = NADE((D,), hidden=hidden, start="gaussian").random_numbers(n, seeded(32))
    np.testing.assert_allclose(found.numpy(), np.stack(runs, axis=1), atol=1e-5)


@pytest.mark.parametrize("start", ["bias", "gaussian"])
def test_either_start_of_nade_goes_on_from_the_same_number(start: str) -> None:
    generator = seeded(4)
    NADE((D,), hidden=5, start=start).random_numbers(3, generator)
    other = seeded(4)
    NADE((D,), hidden=5).random_numbers(3, other)
    assert torch.equal(generator.get_state(), other.get_state())


@pytest.mark.parametrize("build", [lambda: NADE((D,), hidden=3), lambda: MADE((D,), hidden=(3,))])
@pytest.mark.parametrize("method", ["sample", "sample_steps", "random_numbers"])
def test_a_generator_of_another_device_is_refused(build: Any, method: str) -> None:
    generator: Any = SimpleNamespace(device=torch.device("cuda:0"))
    call = getattr(build(), method)
    with pytest.raises(ValueError, match=r"of the CPU.*given one of cuda:0"):
        call(1, generator) if method == "random_numbers" else call(1, generator=generator)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device: CPU against GPU")
def test_another_device_gets_the_same_numbers() -> None:
    for start in ("bias", "gaussian"):
        model = NADE((D,), hidden=20, start=start)
        here = model.random_numbers(5, seeded(2))
        there = model.to("cuda").random_numbers(5, seeded(2))
        assert there.device.type == "cuda"
        assert torch.equal(there.cpu(), here)


def test_a_model_elsewhere_gets_its_numbers_there() -> None:
    model = NADE((D,), hidden=20).to("meta")
    assert model.random_numbers(5, seeded(2)).device == torch.device("meta")


def test_the_sampler_draws_the_same_sequences_however_many_are_asked_for() -> None:
    model = NADE(SHAPE, hidden=4).eval().requires_grad_(False)
    sampler = Sampler(torch.device("cpu"))
    try:
        eight, three = (sampler.submit(Request(model, 7, n)).result(30) for n in (8, 3))
    finally:
        sampler.close()
    assert np.array_equal(eight.uniforms[:, :3], three.uniforms)
    assert np.array_equal(eight.x[:3], three.x)


# What links and lessons rely on -------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", list_pretrained())
def test_a_checkpoint_still_draws_for_a_seed_what_was_recorded(name: str) -> None:
    """Values that a uniform within 1e-6 of a probability decides may differ, and no others."""
    recorded = json.loads(recorded_samples.FILE.read_text("utf-8")).get(name)
    assert recorded and recorded["weights"] == recorded_samples.weights(name), (
        f"{name} has other weights than when its samples were recorded, so its seeds draw other "
        "images: look at the lessons that name them, then run python -m tests.recorded_samples"
    )
    for variant, model in recorded_samples.variants(name):
        for seed, text in recorded["samples"][variant].items():
            assert_draws(model, int(seed), recorded_samples.unpacked(text, model))


def assert_draws(model: AutoregressiveModel, seed: int, expected: torch.Tensor) -> None:
    """Each value is what its uniform decides, given the recorded values before it."""
    numbers = model.random_numbers(1, seeded(seed))
    flat = expected.flatten()
    wrong = []
    for step in model.draw_steps(numbers, given=expected):
        sums = step.probs[0].double().cumsum(0)[:-1].numpy()
        u, value = float(numbers[step.t, 0]), int(flat[step.index])
        if value != np.searchsorted(sums, u, side="right") and np.abs(sums - u).min() > 1e-6:
            wrong.append(step.t)
    assert not wrong
