"""What MADE's steps claim: of the lecture's slide, of networks trained here, of shipped weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from arviz_models.analysis.flips import drawn
from arviz_models.analysis.made_graph import graph_arrays, network
from arviz_models.analysis.tiny import (
    distribution,
    entropy,
    learned,
    learned_factors,
    strips_entropy,
)
from arviz_models.cards import read_card
from arviz_models.pretrained import load_pretrained
from arviz_models.sampler import Trace
from pages.made import complete
from pages.ui.completion_claims import below_the_line

SEED = 8  # of the digit that is drawn
WORLD = ("chain", 3)
HIDDEN = 64  # units of the networks that learn the tiny world


def slide(**options: Any) -> Any:
    """The network of the lecture's slide."""
    return network(4, (4, 4), (0, 1, 2, 3), ((1, 3, 2, 1), (2, 1, 3, 2)), **options)


def sample(name: str) -> Trace:
    """One digit of a shipped model."""
    return drawn(load_pretrained(name, "cpu"), SEED)


def compute() -> dict[str, Any]:
    """All claims, by name."""
    return _masks() | _orders() | _mistake() | _trained() | below_the_line(*complete.CLAIMED)


def _masks() -> dict[str, Any]:
    model = slide()
    left = [int(mask.sum()) for mask in model.masks()]
    return {
        "slide: weights": sum(mask.numel() for mask in model.masks()),
        "slide: weights left": left,
        "slide: paths": model.path_counts().tolist(),
    }


def _orders() -> dict[str, Any]:
    five, shuffled = (
        network(5, (8,), order, "even") for order in (tuple(range(5)), (2, 0, 4, 1, 3))
    )
    without, direct = (
        network(5, (4, 4), tuple(range(5)), "random", direct=direct) for direct in (False, True)
    )
    return {
        "five: cells": int((five.path_counts() > 0).sum()),
        "shuffled: cells": int((shuffled.path_counts() > 0).sum()),
        "shuffled: read by each": (shuffled.path_counts() > 0).sum(1).tolist(),
        "narrow: lost": len(without.lost_dependencies()),
        "direct: lost": len(direct.lost_dependencies()),
    }


def _mistake() -> dict[str, Any]:
    found: dict[str, Any] = {"entropy of four pixels": strips_entropy(4)}
    for name, mistake in (("right", "none"), ("relaxed", "relaxed")):
        model = slide(direct=True, mistake=mistake, trained=True)
        found |= {f"{name}: loss": model.strips_nll, f"{name}: sum": float(learned(model).sum())}
    for name, direct in (("direct", True), ("no direct", False)):
        _, arrays = graph_arrays(slide(direct=direct, mistake="relaxed"))
        found[f"relaxed, {name}: own paths"] = np.diag(arrays["counts"].reshape(4, 4)).tolist()
        gradient = np.diag(arrays["gradient"].reshape(4, 4))
        found[f"relaxed, {name}: own gradients"] = [round(float(each), 2) for each in gradient]
    return found


def _trained() -> dict[str, Any]:
    true = distribution(*WORLD)
    bits = tuple(range(WORLD[1]))
    natural, backward = (
        learned_factors(tuple(true), order, HIDDEN, 0)[1] for order in (bits, bits[::-1])
    )
    made, nade = sample("made-digits"), sample("nade-digits")
    many, one = read_card("made-digits-any-order"), read_card("made-digits")
    return {
        "world: entropy": entropy(true),
        "world: natural": round(natural, 3),
        "world: backward": round(backward, 3),
        "digit: log p": float(made.log_prob[0]),
        "digit: pixels that differ from NADE's": int((made.x != nade.x).sum()),
        "made-digits: test NLL": one["test_nll"],
        "any order: masks": many["config"]["masks"],
        "any order: test NLL": many["test_nll"],
        "any order: test NLL, one mask": many["test_nll_one_mask"],
    }
