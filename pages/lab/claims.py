"""What the steps of the lab claim of the shipped weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from arviz_models.analysis.conditionals import given_first, given_pixels, surprisal
from arviz_models.analysis.rivals import scores_of
from arviz_models.analysis.scores import nlls, shipped_range, some_test_images
from arviz_models.base import AutoregressiveModel
from arviz_models.cards import list_pretrained, read_card
from arviz_models.data import load_dataset
from arviz_models.pretrained import load_pretrained
from pages.lab import compare_steps, complete_steps
from pages.ui.completing import COMPLETIONS

COUNTED = 200  # test digits
MANY = 100  # images of one pass


def models() -> dict[str, AutoregressiveModel]:
    """The shipped models of 28x28 binary digits, by name."""
    cards = {name: read_card(name) for name in list_pretrained()}
    return {
        name: load_pretrained(name, "cpu")
        for name, card in cards.items()
        if (card["data"], card["levels"]) == (compare_steps.BINARY, 2)
    }


def digit_of(index: int) -> np.ndarray:
    """A test digit, uint8 (28, 28)."""
    found = load_dataset(compare_steps.BINARY).batch("test", [index])[0, 0].numpy()
    return found.astype(np.uint8)


def of_compare(known: dict[str, AutoregressiveModel]) -> dict[str, Any]:
    """What the steps of "Compare" claim."""

    def nats(x: np.ndarray) -> dict[str, float]:
        return {name: scores_of(model, x)["nll"] for name, model in known.items()}

    digit, blank = nats(digit_of(compare_steps.DIGIT)), nats(np.zeros((28, 28), np.uint8))
    some = some_test_images(load_dataset(compare_steps.BINARY), COUNTED)
    each = np.stack([np.concatenate([*nlls(model, some, MANY)]) for model in known.values()])
    first = min(known, key=lambda name: float(read_card(name)["test_nll"]))  # on the mean
    best = list(known).index(first)
    ranges = {name: shipped_range(name) for name in known}
    below = [
        blank[name] < found.quantiles[0] for name, found in ranges.items() if found is not None
    ]
    return {
        "models": len(known),
        "digit, least": min(digit.values()),
        "digit, most": max(digit.values()),
        "best on the digit": min(digit, key=digit.__getitem__),
        "best on the mean": first,
        "digits counted": len(some),
        "best is best at, percent": 100 * float((each.argmin(0) == best).mean()),
        "blank: NADE": blank["nade-mnist"],
        "blank: PixelCNN": blank["pixelcnn-mnist"],
        "blank: full": blank["diagonal-bilstm-mnist-full"],
        "blank, least": min(blank, key=blank.__getitem__),
        "blank, most": max(blank, key=blank.__getitem__),
        "blank below all digits": sum(below),
    }


def of_complete(known: dict[str, AutoregressiveModel]) -> dict[str, Any]:
    """What the steps of "Complete" claim."""
    x = digit_of(complete_steps.DIGIT)
    mask = np.frombuffer(complete_steps.hole()[1], np.uint8).reshape(x.shape) > 0
    first = int(np.flatnonzero(~mask)[0])
    late = mask & (np.arange(x.size).reshape(x.shape) > first)
    given = given_pixels(x, mask)
    one, free = known[complete_steps.ONE], known[complete_steps.ANY]

    def cost(images: np.ndarray) -> float:
        """Of the late pixels under the model of one order, the mean of some images."""
        return float(surprisal(one, images)[:, late].sum(1).mean())

    def drawn(model: AutoregressiveModel) -> np.ndarray:
        generator = torch.Generator().manual_seed(complete_steps.SEED)
        found = model.sample(COMPLETIONS, given=given, generator=generator)
        return found[:, 0].numpy().astype(np.uint8)

    best, upright = known[complete_steps.BEST], digit_of(complete_steps.TURNED)
    turned = upright[::-1, ::-1].copy()
    up, down = scores_of(best, upright)["nll"], scores_of(best, turned)["nll"]
    found = shipped_range(complete_steps.BEST)
    assert found is not None
    return {
        "late": int(late.sum()),
        "late, own": cost(x[None]),
        "late, drawn": cost(drawn(one)),
        "late, any order": cost(drawn(free.with_order(given_first(given)))),
        "upright": up,
        "upright above, percent": 100 * found.share_below(up),
        "upside down": down,
        "upside down above, percent": 100 * found.share_below(down),
        "turned ink": np.flatnonzero(turned).tolist(),
    }


def compute() -> dict[str, Any]:
    """All claims by name."""
    known = models()
    return of_compare(known) | of_complete(known)
