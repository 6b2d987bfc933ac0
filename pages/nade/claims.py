"""What NADE's steps claim of the shipped weights, computed from these."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from arviz_models.analysis import nade_training
from arviz_models.analysis.candidates import Wanted, WantedOf
from arviz_models.analysis.conditionals import surprisal
from arviz_models.analysis.flips import drawn
from arviz_models.analysis.scales import independent_pixels
from arviz_models.cards import read_card
from arviz_models.data import load_dataset
from arviz_models.nade import compare_starts
from arviz_models.pretrained import load_pretrained
from arviz_models.sampler import Trace
from pages.nade import complete
from pages.ui.completion_claims import below_the_line
from pages.ui.looked_at import LookedAt, Sample, digests

SEED = 8  # the first activity's digit
TEST_DIGIT = 9
BATCHES = 400
FLIPS = {"digits": ("nade-digits", 38, (10, 1)), "mnist": ("nade-mnist", 20, (39, 1))}
LOOKED_AT: LookedAt = {
    "a digit stands there, a 5": (Sample("nade-digits", SEED),),
    "A 1 becomes a 6": (Sample("nade-digits", 38), Sample("nade-digits", 38, flip=(10, 1))),
    "A 3 becomes a 6": (Sample("nade-mnist", 20), Sample("nade-mnist", 20, flip=(39, 1))),
    "The 8×8 model has one such image too: a 0": (Sample("nade-digits", SEED, temperature=0.0),),
}
WANTED: WantedOf = {
    "a digit stands there, a 5": Wanted("nade-digits", nats=(10, 30), ink=(18, 40)),
    "A 1 becomes a 6": Wanted("nade-digits", nats=(8, 30), ink=(15, 40), changes=10, to=1),
    "A 3 becomes a 6": Wanted("nade-mnist", nats=(50, 120), ink=(60, 160), changes=60, to=1),
}


def sample(name: str, seed: int, flip: tuple[int, int] | None = None) -> Trace:
    """One sample of a shipped model."""
    model = load_pretrained(name, "cpu")
    return drawn(model, seed, flip)


def log_p(trace: Trace) -> float:
    """log p(x) of what was drawn, in nats."""
    p = np.take_along_axis(trace.probs[:, 0].astype(float), trace.values.astype(int), axis=1)
    return float(np.log(p).sum())


def compute() -> dict[str, Any]:
    """All claims, by name."""
    trace = sample("nade-digits", SEED)
    found: dict[str, Any] = {
        "p of pixel 0": float(trace.probs[0, 0, 1]),
        "u of pixel 0": float(trace.uniforms[0, 0]),
        "p of pixel 2": float(trace.probs[2, 0, 1]),
        "u of pixel 2": float(trace.uniforms[2, 0]),
        "pixel 2": int(trace.values[2, 0]),
        "p of pixel 3": float(trace.probs[3, 0, 1]),
        "log p": log_p(trace),
    }
    for words, (name, seed, flip) in FLIPS.items():
        before, after = sample(name, seed), sample(name, seed, flip)
        changed = np.flatnonzero(before.values[:, 0] != after.values[:, 0])
        later = changed[changed > flip[0]]
        first = int(later[0])
        found |= {
            f"{words}: later pixels that change": len(later),
            f"{words}: earlier pixels that change": int((changed < flip[0]).sum()),
            f"{words}: first that changes": first,
            f"{words}: its p before": float(before.probs[first, 0, 1]),
            f"{words}: its p after": float(after.probs[first, 0, 1]),
            f"{words}: its u": float(before.uniforms[first, 0]),
        }
    below = below_the_line(*complete.CLAIMED)
    return found | scored() | learned() | of_chance() | below | digests(LOOKED_AT)


def scored() -> dict[str, Any]:
    """What the 28×28 model says of one test digit, and what that is measured by."""
    model = load_pretrained("nade-mnist", "cpu")
    x = load_dataset("mnist_binary").batch("test", [TEST_DIGIT])
    cost = surprisal(model, x[0].numpy()).astype(float).ravel()
    half = int((np.cumsum(np.sort(cost)[::-1]) < cost.sum() / 2).sum()) + 1
    most = int(cost.argmax())
    return {
        "costliest pixel": most,
        "its cost": float(cost[most]),
        "cost of the digit": float(cost.sum()),
        "bits/dim of the digit": float(cost.sum() / len(cost) / math.log(2)),
        "pixels that hold half": half,
        "costly pixels at an edge": at_an_edge(x.reshape(28, 28).numpy(), np.argsort(-cost)[:half]),
        "coin tosses": len(cost) * math.log(2),
        "independent pixels": independent_pixels("mnist_binary"),
        "this model": float(read_card("nade-mnist")["test_nll"]),
    }


def learned() -> dict[str, Any]:
    """What a test digit costs before and after the training that the page runs."""
    dataset = load_dataset(nade_training.DATA)
    model = nade_training.untrained(dataset, 0)
    before = nade_training.moment(model, dataset, 0, 0).test
    for _ in nade_training.train(model, dataset, BATCHES, 0):
        pass
    return {
        "cost before training": before,
        "cost after training": round(nade_training.moment(model, dataset, BATCHES, 0).test),
    }


def of_chance() -> dict[str, Any]:
    """What a Gaussian start does, and what the likelier value of each pixel makes."""
    small: Any = load_pretrained("nade-digits", "cpu")
    large: Any = load_pretrained("nade-mnist", "cpu")
    comparison = compare_starts(large, 2000, 0)
    gaussian = large.with_start("gaussian")
    dots, without = 0, 0
    changed = {}
    for seed in range(40):
        values = [drawn(model, seed).values[:, 0] for model in (large, gaussian)]
        changed[seed] = int((values[0] != values[1]).sum())
        dots += int(values[1][0])
        without += changed[seed] if not values[1][0] else 0
    x = load_dataset("mnist_binary").batch("test", slice(0, 1000))
    with torch.no_grad():
        empty = float(-large.log_prob(torch.zeros_like(x[:1])))
        cheapest = float((-large.log_prob(x)).min())
    return {
        "p of the first pixel": float(comparison.bias[1]),
        "its mean with a Gaussian": float(comparison.mean[1]),
        "corner dots in 40 seeds": dots,
        "changed by the dot, seed 18": changed[18],
        "changed without a dot": without,
        "cost of the empty image": empty,
        "share of empty images": math.exp(-empty),
        "cheapest of 1,000 test digits": cheapest,
        "pixels on at temperature 0, 28×28": int(drawn(large, 20, temperature=0.0).values.sum()),
        "pixels on at temperature 0, 8×8": int(drawn(small, 0, temperature=0.0).values.sum()),
    }


def at_an_edge(image: np.ndarray, pixels: np.ndarray) -> int:
    """How many of the pixels differ from one of their four neighbours."""
    padded = np.pad(image, 1)
    found = 0
    for row, column in zip(*np.unravel_index(pixels, image.shape), strict=True):
        near = [padded[row + 1 + a, column + 1 + b] for a, b in ((0, 1), (1, 0), (0, -1), (-1, 0))]
        found += any(each != image[row, column] for each in near)
    return found
