"""What the home page claims of the network that draws there, computed from its weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from arviz_models.analysis.candidates import Wanted, WantedOf
from arviz_models.analysis.flips import drawn
from arviz_models.base import given_values
from arviz_models.pretrained import load_pretrained
from arviz_models.sampler import Trace
from pages.first_minute.activity import MODEL, NINE, PIXEL, SEED, SEEDS
from pages.ui.looked_at import LookedAt, Sample, digests

LOOKED_AT: LookedAt = {
    "the 0 becomes a 3": (
        Sample(MODEL, SEED),
        Sample(MODEL, SEED, flip=(PIXEL, 0)),
    ),
    f"{SEEDS} draw a 0, 1, 2, 3, 5, 6, 7, 8 and 9": tuple(Sample(MODEL, seed) for seed in NINE),
}
WANTED: WantedOf = {
    "the 0 becomes a 3": Wanted(MODEL, nats=(60, 110), ink=(60, 160), changes=80, to=0),
    f"{SEEDS} draw": Wanted(MODEL, nats=(40, 110), ink=(40, 160)),
}


def sample(flip: dict[int, int] | None = None, temperature: float = 1.0) -> Trace:
    """The digit of the home page, with pixels set by hand."""
    model = load_pretrained(MODEL, "cpu")
    given = given_values(model.event_shape, flip) if flip else None
    return drawn(model, SEED, given=given, temperature=temperature)


def compute() -> dict[str, Any]:
    """All claims, by name."""
    trace = sample()
    other = sample({PIXEL: 0})
    changed = np.flatnonzero(trace.values[:, 0] != other.values[:, 0])
    first = int(np.flatnonzero(trace.values[:, 0])[0])
    p = np.take_along_axis(trace.probs[:, 0].astype(float), trace.values.astype(int), axis=1)
    return {
        "first ink": first,
        "its p": float(trace.probs[first, 0, 1]),
        "log p": float(np.log(p).sum()),
        "the flipped pixel was ink": bool(trace.values[PIXEL, 0]),
        "later pixels that change": int((changed > PIXEL).sum()),
        "earlier pixels that change": int((changed < PIXEL).sum()),
        "ink at temperature 0": int(sample(temperature=0.0).values.sum()),
    } | digests(LOOKED_AT)
