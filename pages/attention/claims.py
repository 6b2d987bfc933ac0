"""What the attention lesson's steps claim, computed from structure and shipped weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from arviz_models.analysis.candidates import Wanted, WantedOf
from arviz_models.analysis.conditionals import given_rows, surprisal
from arviz_models.analysis.flips import drawn
from arviz_models.cards import list_pretrained, read_card
from arviz_models.data import load_dataset
from arviz_models.pixel_snail import PixelSNAIL
from arviz_models.pretrained import load_pretrained
from pages.attention.complete import DIGIT, HOT, ROWS
from pages.attention.complete import SEED as COMPLETE_SEED
from pages.attention.content import FIVE, FOUR, HEAD, INK_HEADS, STROKE, TARGET, TWO
from pages.attention.draw import FLIP, SEED
from pages.attention.models import BLOCKS, HEADS, LARGE, NAME, SIDE, TEST_DIGITS
from pages.attention.reads import FEATURES, PIXEL, TARGETS, TRUNK, reads_table
from pages.ui.completing import COMPLETIONS
from pages.ui.looked_at import LookedAt, Sample, digests

OTHER_HEAD = 0  # named beside those that favour ink
LOOKED_AT: LookedAt = {
    "the 3 becomes a 5": (Sample(NAME, SEED), Sample(NAME, SEED, flip=FLIP)),
    "with this seed it draws a 2": (Sample(LARGE, SEED),),
}
WANTED: WantedOf = {
    "the 3 becomes a 5": Wanted(NAME, nats=(10, 35), ink=(15, 40), changes=5, to=0),
}


def of_draw() -> dict[str, Any]:
    """What "Draw a digit" claims."""
    model = load_pretrained(NAME, "cpu")
    before, after = drawn(model, SEED), drawn(model, SEED, FLIP)
    changed = np.flatnonzero(before.values[:, 0] != after.values[:, 0])
    first = int(np.flatnonzero(before.values[:, 0])[0])
    cards = {name: read_card(name) for name in list_pretrained()}
    large = cards.pop(LARGE)
    rivals = [card for card in cards.values() if card["data"] == large["data"]]
    return {
        "28×28: test NLL": large["test_nll"],
        "28×28: the next": min(card["test_nll"] for card in rivals),
        "draw: first ink": list(divmod(first, SIDE)),
        "draw: p of first ink": float(before.probs[first, 0, 1]),
        "draw: u of first ink": float(before.uniforms[first, 0]),
        "draw: flipped": list(divmod(FLIP[0], SIDE)),
        "draw: pixels that change": int((changed > FLIP[0]).sum()),
        "draw: earlier pixels that change": int((changed < FLIP[0]).sum()),
    }


def of_complete() -> dict[str, Any]:
    """What "Complete" claims."""
    model = load_pretrained(NAME, "cpu")
    x = load_dataset("digits").batch("test", [DIGIT])[0, 0].numpy()

    def completed(temperature: float) -> tuple[int, float]:
        """How many different pictures, and the mean surprisal of what was drawn, in nats."""
        generator = torch.Generator().manual_seed(COMPLETE_SEED)
        found = model.sample(
            COMPLETIONS, given=given_rows(x, ROWS), temperature=temperature, generator=generator
        )[:, 0].numpy()
        nats = surprisal(model, found)[:, ROWS:].sum((1, 2))
        return len(np.unique(found, axis=0)), float(nats.mean())

    (one, cold), (pictures, nats), (_, hot) = map(completed, (0, 1, HOT))
    return {
        "complete: pictures": pictures,
        "complete: nats": nats,
        "complete: own nats": float(surprisal(model, x[None])[0, ROWS:].sum()),
        "complete: pictures, cold": one,
        "complete: nats, cold": cold,
        "complete: nats, hot": hot,
    }


def of_reads() -> dict[str, Any]:
    """What "What it reads" claims."""
    found: dict[str, Any] = {}
    for side, (row, column) in TARGETS.items():
        index = row * side + column
        earlier = reads_table(side)[index, :index]
        found[f"{side}: earlier"] = index
        for name, bit in (("trunk", TRUNK), ("features", FEATURES), ("pixel", PIXEL)):
            found[f"{side}: {name}"] = int((earlier & bit > 0).sum())
        missing = np.flatnonzero(earlier & FEATURES == 0)
        found[f"{side}: missing"] = [list(divmod(int(pixel), side)) for pixel in missing]
    index = TARGETS[11][0] * 11 + 9
    found["11: missing from column 9"] = int((reads_table(11)[index, :index] & FEATURES == 0).sum())
    return found


def of_content() -> dict[str, Any]:
    """What "Content decides" claims."""
    model = load_pretrained(NAME, "cpu")
    assert isinstance(model, PixelSNAIL)
    x = load_dataset("digits").batch("test", list(range(TEST_DIGITS)))
    ink = x.flatten(1).double().numpy()  # (N, D)
    on_ink, on_pixels = np.zeros((2, BLOCKS * HEADS))
    earlier_ink, earlier = 0.0, 0
    for pixel in range(SIDE**2):
        weights = model.weights(x, divmod(pixel, SIDE)).flatten(1, 3)[..., 1:].double().numpy()
        on_ink += (weights * ink[:, None]).sum((0, 2))  # (heads,)
        on_pixels += weights.sum((0, 2))
        earlier_ink += ink[:, :pixel].sum()
        earlier += len(ink) * pixel
    shares = on_ink / on_pixels
    target = divmod(TARGET, SIDE)

    def of(image: torch.Tensor) -> tuple[np.ndarray, float]:
        weights = model.weights(image, target).flatten(1, 3)[0, HEAD].double().numpy()
        with torch.no_grad():
            logits = model.logits(image).flatten(1, -2)[0, TARGET].double()
        return weights, float(torch.softmax(logits, -1)[1])

    def most(weights: np.ndarray) -> list[int]:
        return list(divmod(int(weights[1:].argmax()), SIDE))

    painted = x[TWO : TWO + 1].clone()
    for pixel, level in STROKE:
        painted.view(-1)[pixel] = level
    (four, _), (five, _), (before, p_before), (after, p_after) = map(
        of, (x[FOUR : FOUR + 1], x[FIVE : FIVE + 1], x[TWO : TWO + 1], painted)
    )
    labels = load_dataset("digits").labels("test")
    assert labels is not None
    return {
        "digits: what they show": [int(labels[index]) for index in (TWO, FOUR, FIVE)],
        "ink: share of pixels": float(earlier_ink / earlier),
        **{f"ink: head {head}": float(shares[head]) for head in (OTHER_HEAD, *INK_HEADS)},
        "digits: 4 reads": most(four),
        "digits: weight in the 4": float(four[1:].max()),
        "digits: 5 reads": most(five),
        "digits: weight in the 5": float(five[1:].max()),
        "paint: moved": float(np.abs(after - before).sum() / 2),
        "paint: reads": most(after),
        "paint: most": float(after[1:].max()),
        "paint: p before": p_before,
        "paint: p after": p_after,
    }


def compute() -> dict[str, Any]:
    """All claims, by name."""
    return of_draw() | of_complete() | of_reads() | of_content() | digests(LOOKED_AT)
