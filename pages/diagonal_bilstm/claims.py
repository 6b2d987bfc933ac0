"""What the steps of the Diagonal BiLSTM claim, computed from the real structure."""

from __future__ import annotations

from typing import Any

import numpy as np

from arviz_models.analysis.candidates import Wanted, WantedOf
from arviz_models.analysis.diagonals import diagonals
from arviz_models.analysis.flips import drawn
from arviz_models.analysis.receptive_fields import NEVER
from arviz_models.pretrained import load_pretrained
from pages.diagonal_bilstm.models import DIAGONAL, DRAWN_SEED, FLIP, NARROW
from pages.ui.looked_at import Completions, LookedAt, Sample, digests

LOOKED_AT: LookedAt = {
    "The 0 becomes a 3": (Sample(DIAGONAL, DRAWN_SEED), Sample(DIAGONAL, DRAWN_SEED, flip=FLIP)),
    "seven 9s and a 7": (Completions(DIAGONAL, digit=12, rows=14, seed=2),),
    "Four of its completions are 0s": (Completions(NARROW, digit=12, rows=14, seed=2),),
}
WANTED: WantedOf = {
    "The 0 becomes a 3": Wanted(DIAGONAL, nats=(60, 110), ink=(60, 160), changes=80, to=0),
}
SIZE, TARGET = 11, 7 * 11 + 5


def compute() -> dict[str, Any]:
    """All claims, by name."""
    steps = {
        f"diagonals of {size}": len(diagonals(size, 3, False, True).wavefronts) for size in (11, 28)
    }
    return what_is_read() | steps | what_is_drawn() | digests(LOOKED_AT)


def what_is_drawn() -> dict[str, Any]:
    """One sample, and the same random numbers with one pixel set by hand."""
    model = load_pretrained(DIAGONAL, "cpu")
    before, after = drawn(model, DRAWN_SEED), drawn(model, DRAWN_SEED, FLIP)
    first = int(np.flatnonzero(before.values[:, 0])[0])
    changed = np.flatnonzero(before.values[:, 0] != after.values[:, 0])
    return {
        "draw: first ink": first,
        "draw: p of first ink": float(before.probs[first, 0, 1]),
        "draw: u of first ink": float(before.uniforms[first, 0]),
        "draw: log p": float(before.log_prob[0]),
        "flip: was": int(before.values[FLIP[0], 0]),
        "flip: earlier pixels that change": int((changed < FLIP[0]).sum()),
        "flip: later pixels that change": int((changed > FLIP[0]).sum()),
    }


def what_is_read() -> dict[str, Any]:
    """How many states and pixels arrive at the target, from either side."""
    found = diagonals(SIZE, 3, False, True)
    full = diagonals(SIZE, 3, True, True)
    leaking = diagonals(SIZE, 3, False, False)

    def arrives(table: str) -> np.ndarray:
        there: np.ndarray = found.arrays[table][TARGET] != NEVER
        return there

    left, right = arrives("followed direct"), arrives("followed mirrored")
    everything = left | right
    places = np.flatnonzero(leaking.arrays["followed mirrored"][TARGET] != NEVER)
    return {
        "states left": int(arrives("states direct").sum()) - 1,  # without the target's own
        "pixels left": int(left.sum()),
        "states right": int(arrives("states mirrored").sum()),
        "pixels right": int(right.sum()),
        "pixels twice": int((left & right).sum()),
        "pixels": int(everything.sum()),
        "not read": [int(pixel) for pixel in np.flatnonzero(~everything[:TARGET])],
        "pixels full": int((full.arrays["output"][TARGET] <= 1).sum()),
        "leaks": [int(pixel) for pixel in places if pixel >= TARGET],
    }
