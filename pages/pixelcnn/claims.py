"""What the PixelCNN lesson's steps claim of the shipped weights, computed from these."""

from __future__ import annotations

from typing import Any

import numpy as np

from arviz_models.analysis.break_the_mask import DATA, pair, train
from arviz_models.analysis.candidates import Wanted, WantedOf
from arviz_models.analysis.conditionals import conditionals
from arviz_models.analysis.flips import drawn
from arviz_models.analysis.pixelcnn_fields import pixelcnn_fields
from arviz_models.analysis.receptive_fields import NEVER
from arviz_models.cards import read_card
from arviz_models.data import load_dataset
from arviz_models.pretrained import load_pretrained
from arviz_models.sampler import Trace
from pages.pixelcnn.draw import EIGHT_SEED, FLIPPED, SCRAP_SEED
from pages.pixelcnn.models import DIAGONAL, GATED, GREY, NARROW, PLAIN
from pages.pixelcnn.softmax import FIVE, READ, UNREAD
from pages.ui.looked_at import Completions, LookedAt, Sample, digests
from pages.ui.query import Flips

SIZE = 11  # side of the image whose fields the steps speak of
LOOKED_AT: LookedAt = {
    "the 8 becomes a 0": (Sample(PLAIN, EIGHT_SEED), Sample(PLAIN, EIGHT_SEED, flip=FLIPPED)),
    "There is a ring in rows 5 to 13, then nothing": (Sample(NARROW, SCRAP_SEED),),
    "no second one begins: a 6": (Sample(DIAGONAL, SCRAP_SEED),),
    "there are 8s and 9s": (Completions(PLAIN, digit=12, rows=14, seed=2),),
    "More of its digits are 8s": (Completions(GATED, digit=12, rows=14, seed=2),),
}
WANTED: WantedOf = {
    "the 8 becomes a 0": Wanted(PLAIN, nats=(40, 120), ink=(40, 160), changes=60, to=1),
}


def sample(name: str, seed: int, flip: tuple[int, int] | None = None) -> Trace:
    """One sample of a shipped model."""
    return drawn(load_pretrained(name, "cpu"), seed, flip)


def of_draw() -> dict[str, Any]:
    """What the steps of "Draw a digit" claim."""
    eight = sample(PLAIN, EIGHT_SEED)
    first = int(np.flatnonzero(eight.values[:, 0])[0])
    flipped = sample(PLAIN, EIGHT_SEED, FLIPPED)
    changed = np.flatnonzero(eight.values[:, 0] != flipped.values[:, 0])
    scrap = sample(NARROW, SCRAP_SEED)
    ink = np.flatnonzero(scrap.x[0, 0].any(1)).tolist()
    return {
        "eight: first ink": list(divmod(first, 28)),
        "eight: p of first ink": float(eight.probs[first, 0, 1]),
        "eight: u of first ink": float(eight.uniforms[first, 0]),
        "eight: log p": float(eight.log_prob[0]),
        "eight: pixels that change": int((changed > FLIPPED[0]).sum()),
        "eight: earlier pixels that change": int((changed < FLIPPED[0]).sum()),
        "scrap: rows with ink": ink,
        "5×5: nats": read_card(PLAIN)["test_nll"],
        "3×3: nats": read_card(NARROW)["test_nll"],
        "scrap: p of (25, 14)": float(scrap.probs[25 * 28 + 14, 0, 1]),
        "scrap: p of (26, 14)": float(scrap.probs[26 * 28 + 14, 0, 1]),
    }


def of_reads() -> dict[str, Any]:
    """What the steps of "What it reads" claim: 11x11 pixels, all kernels 3x3, target (7, 5)."""
    tables = pixelcnn_fields(SIZE, 3, 3, "A").arrays

    def row(network: str, target: tuple[int, int]) -> np.ndarray:
        index = target[0] * SIZE + target[1]
        earlier: np.ndarray = tables[network][index, :index]
        return earlier

    def never(target: tuple[int, int]) -> int:
        return int((row("PixelCNN", target) == NEVER).sum())

    plain, gated = row("PixelCNN", (7, 5)), row("GatedPixelCNN", (7, 5))
    return {
        "reads: earlier": len(plain),
        "reads: PixelCNN": [int((plain <= layer).sum()) for layer in range(9)],
        "reads: gated": [int((gated <= layer).sum()) for layer in range(9)],
        "reads: never": never((7, 5)),
        "reads: never, which": [list(divmod(int(i), SIZE)) for i in np.flatnonzero(plain == NEVER)],
        "reads: never from (7, 2)": never((7, 2)),
        "reads: never from (7, 8)": never((7, 8)),
        "reads: never from (7, 9)": never((7, 9)),
        "reads: layer of (3, 9)": int(plain[3 * SIZE + 9]),
        "reads: layer of (6, 7)": int(plain[6 * SIZE + 7]),
    }


def of_softmax() -> dict[str, Any]:
    """What the steps of "Softmax" claim."""

    def probabilities(name: str, digit: int, pixel: int, paint: Flips = ()) -> list[float]:
        card = read_card(name)
        x = load_dataset(card["data"], card["levels"]).batch("test", [digit])[0, 0].numpy().copy()
        for index, level in paint:
            x.flat[index] = level
        log_p = conditionals(load_pretrained(name, "cpu"), x.astype(np.uint8))["log_p"]
        return [float(p) for p in np.exp(log_p[pixel])]

    five = (FIVE["digit"], FIVE["pixel"])
    grey = probabilities(GREY, 0, 8 * 28 + 20)
    return {
        "softmax: likeliest grey": int(np.argmax(grey)),
        "softmax: its p": max(grey),
        "softmax: p of the five": probabilities(PLAIN, *five)[1],
        "softmax: p, painted where it reads": probabilities(PLAIN, *five, paint=READ)[1],
        "softmax: p, painted where it does not": probabilities(PLAIN, *five, paint=UNREAD)[1],
        "softmax: gated p of the five": probabilities(GATED, *five)[1],
        "softmax: gated p, painted": probabilities(GATED, *five, paint=UNREAD)[1],
    }


def of_leak() -> dict[str, Any]:
    """What the steps of "Break the mask" claim: seed 1, 400 steps."""
    dataset = load_dataset(DATA)
    models = pair(dataset.event_shape, 1)
    losses = np.array([progress.losses for progress in train(models, dataset, 400, 1)])
    return {
        "leak: first losses": [float(loss) for loss in losses[0]],
        "leak: last losses": [float(loss) for loss in losses[-20:].mean(0)],
    }


def compute() -> dict[str, Any]:
    """All claims, by name."""
    return of_draw() | of_reads() | of_softmax() | of_leak() | digests(LOOKED_AT)
