"""What the contexts lesson's steps claim of the networks and the shipped weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from arviz_models.analysis.conditionals import conditionals
from arviz_models.analysis.contexts import contexts, reads, trained
from arviz_models.analysis.flips import drawn
from arviz_models.analysis.networks import NETWORKS
from arviz_models.analysis.sensitivity import sensitivity
from arviz_models.cards import read_card
from arviz_models.data import load_dataset
from arviz_models.figures.numbers import listed
from arviz_models.pretrained import load_pretrained
from pages.contexts import pairs
from pages.contexts.seeds import ALIKE, TOGETHER
from pages.contexts.uses import FIVE_TARGET, STROKE
from pages.ui.looked_at import LookedAt, Sample, digests

NAMES = {
    "pixelcnn": "pixelcnn-mnist",
    "gated": "gated-pixelcnn-mnist",
    "row": "row-lstm-mnist",
    "diagonal": "diagonal-bilstm-mnist",
    "full": "diagonal-bilstm-mnist-full",
}
SIZE, COLUMNS = 11, 28
NEAR = 3  # rows and columns
LOOKED_AT: LookedAt = {
    "PixelCNN ends with a 0, Gated PixelCNN with a 6, the Row LSTM and both Diagonal BiLSTMs with "
    "a 5": tuple(Sample(name, TOGETHER) for name in NAMES.values()),
    "all five draw a 5": tuple(Sample(name, ALIKE) for name in NAMES.values()),
}


def digit(index: int) -> np.ndarray:
    """A test digit, uint8 (H, W)."""
    found: np.ndarray = load_dataset("mnist_binary").batch("test", [index])[0, 0].numpy()
    return found.astype(np.uint8)


def of_reads() -> dict[str, Any]:
    """What the steps of "Who reads what" claim: 11x11 pixels, all kernels 3x3."""
    found = contexts(SIZE, 3)

    def counts(target: int, depth: int) -> dict[str, int]:
        seen = reads(found, target, dict.fromkeys(NETWORKS, depth))
        return {word: int(seen[word].sum()) for word in NAMES}

    deep = reads(found, 82, dict.fromkeys(NETWORKS, 15))
    return {
        "1 layer": listed(list(counts(82, 1).values())),
        "3 layers": listed(list(counts(82, 3).values())),
        "15 layers": listed(list(counts(82, 15).values())),
        "PixelCNN, 15 layers": counts(82, 15)["pixelcnn"],
        "15 layers, target (4, 3)": listed(list(counts(47, 15).values())),
        "deep PixelCNN and Row LSTM read the same": bool((deep["pixelcnn"] == deep["row"]).all()),
    }


def of_uses() -> dict[str, Any]:
    """What the steps of "What trained networks use" claim."""
    models = {word: load_pretrained(name, "cpu") for word, name in NAMES.items()}
    x, target = digit(1), 16 * COLUMNS + 12
    depths = {word: read_card(name)["config"]["layers"] for word, name in NAMES.items()}
    read = reads(trained(models), target, depths)
    down, across = np.indices(x.shape)
    distance = np.maximum(abs(down - target // COLUMNS), abs(across - target % COLUMNS))
    near = distance.ravel()[:target] <= NEAR
    shares, exact = [], True
    for word, model in models.items():
        gradient = sensitivity(model, x, target).gradient.ravel()[:target]
        shares.append(gradient[near].sum() / gradient.sum())
        exact &= bool(((gradient > 0) == read[word].ravel()[:target]).all())
    five = digit(45)
    painted = five.copy()
    for index, level in STROKE:
        painted.flat[index] = level
    p = {
        word: [
            float(np.exp(conditionals(model, each)["log_p"][FIVE_TARGET, 1]))
            for each in (five, painted)
        ]
        for word, model in models.items()
    }
    changes = [after - before for before, after in p.values()]
    return {
        "read by each": {word: int(read[word].sum()) for word in NAMES},
        "read": listed([int(read[word].sum()) for word in NAMES]),
        "the gradient is above 0 at what is read": exact,
        "near pixels, percent": round(100 * int(near.sum()) / target),
        "near, percent": f"{round(100 * min(shares))} to {round(100 * max(shares))}",
        "p before and after": {word: [round(each, 3) for each in both] for word, both in p.items()},
        "changes": listed([f"{each:+.3f}".replace("-", "−") if each else "0" for each in changes]),
    }


def of_seeds() -> dict[str, Any]:
    """What the steps of "One seed, five networks" claim."""
    found: dict[str, Any] = {}
    for seed in (TOGETHER, ALIKE):
        traces = []
        for name in NAMES.values():
            traces.append(drawn(load_pretrained(name, "cpu"), seed))
        values = np.array([trace.values[:, 0] for trace in traces])
        split = int(np.flatnonzero((values != values[0]).any(0))[0])
        found[f"{seed}: split"] = list(divmod(split, COLUMNS))
        found[f"{seed}: ink in common"] = int(values[0, :split].sum())
        found[f"{seed}: p at the split"] = [
            round(float(trace.probs[split, 0, 1]), 3) for trace in traces
        ]
        found[f"{seed}: u at the split"] = float(traces[0].uniforms[split, 0])
        found[f"{seed}: ink"] = values.sum(1).tolist()
    return found


def multiplications(word: str) -> int:
    """In convolutions and matrix products of one training pass of a network with one image."""
    model = load_pretrained(NAMES[word], "cpu").requires_grad_(True)
    x = torch.zeros((1, *model.event_shape), dtype=torch.long)
    with FlopCounterMode(display=False) as counted:
        model.log_prob(x).sum().backward()
    return int(counted.get_total_flops()) // 2  # it counts the additions too


def of_costs() -> dict[str, Any]:
    """What the steps of "What it costs" claim of the cards."""
    cards = {word: read_card(name) for word, name in NAMES.items()}
    cards |= {"nade": read_card("nade-mnist")}
    return {
        "PixelCNN multiplies, times": multiplications("pixelcnn") / multiplications("diagonal"),
        "parameters": {word: card["parameters"] for word, card in cards.items()},
        "nats": {word: round(card["binarized_mnist_test_nll"], 2) for word, card in cards.items()},
    }


def of_pairs() -> dict[str, Any]:
    """The networks of equal size, and those that are equally good."""
    found: dict[str, Any] = {}
    for name, pair in (("pair", pairs.EQUAL_SIZE), ("good pair", pairs.EQUALLY_GOOD)):
        cards = {word: read_card(checkpoint) for word, checkpoint in pair.items()}
        found |= {
            f"{name} parameters": {word: card["parameters"] for word, card in cards.items()},
            f"{name} nats": {word: round(card["test_nll"], 2) for word, card in cards.items()},
        }
    convolutions = read_card(pairs.EQUAL_SIZE["pixelcnn"])["config"]
    first, other = convolutions["first_kernel"] // 2, convolutions["kernel"] // 2
    return found | {"pair, rows above": first + convolutions["layers"] * other}


def compute() -> dict[str, Any]:
    """All claims, by name."""
    return of_reads() | of_uses() | of_seeds() | of_costs() | of_pairs() | digests(LOOKED_AT)
