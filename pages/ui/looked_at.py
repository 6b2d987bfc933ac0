"""What words say of pictures that a person has looked at, such as "the 7 becomes a 9".

No program says which digit a picture shows, so the claim is the picture itself: a digest of its
pixels, by the words that speak of it. When weights change, the test of the claims names the words
that are to be read again beside the new picture:

    LOOKED_AT = {"the 7 becomes a 9": (Sample(PLAIN, 10), Sample(PLAIN, 10, flip=(174, 1)))}

    def compute():
        return {...} | digests(LOOKED_AT)

`python -m pages.ui.claims --propose` (proposals.py) finds other pictures for such words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np

    from arviz_models.sampler import Trace

PREFIX = "looked at: "  # of the claims' names


class Picture(Protocol):
    """What can be looked at."""

    def pixels(self) -> np.ndarray:
        """Levels of n images, uint8 (n, H, W)."""


LookedAt = Mapping[str, tuple[Picture, ...]]


@dataclass(frozen=True)
class Sample:
    """One sample of a shipped model, as the pages draw it.

    Attributes:
        name: of the checkpoint.
        seed: of the random numbers.
        flip: a pixel set by hand: its flat index, and its level.
        temperature: divides the logits.
    """

    name: str
    seed: int
    flip: tuple[int, int] | None = None
    temperature: float = 1.0

    def pixels(self) -> np.ndarray:
        """uint8 (1, H, W)."""
        return _levels(self.trace())

    def trace(self) -> Trace:
        """All that happened while it was drawn."""
        from arviz_models.analysis.flips import drawn
        from arviz_models.pretrained import load_pretrained

        model = load_pretrained(self.name, "cpu")
        return drawn(model, self.seed, self.flip, temperature=self.temperature)


@dataclass(frozen=True)
class Completions:
    """The completions of a test digit whose rows above a line are given, as "Complete" draws them.

    Attributes:
        name: of the checkpoint, which draws row by row.
        digit: place in the test split of its data.
        rows: that are given.
        seed: of the random numbers.
    """

    name: str
    digit: int
    rows: int
    seed: int

    def pixels(self) -> np.ndarray:
        """uint8 (n, H, W)."""
        from arviz_models.analysis.conditionals import given_rows
        from arviz_models.analysis.flips import drawn
        from arviz_models.cards import read_card
        from arviz_models.data import load_dataset
        from arviz_models.pretrained import load_pretrained
        from pages.ui.completing import COMPLETIONS

        card = read_card(self.name)
        x = load_dataset(card["data"], card["levels"]).batch("test", [self.digit])[0, 0].numpy()
        given = given_rows(x, self.rows)
        model = load_pretrained(self.name, "cpu")
        return _levels(drawn(model, self.seed, given=given, n=COMPLETIONS, record=False))


def _levels(trace: Trace) -> np.ndarray:
    x: np.ndarray = trace.x[:, 0].astype("uint8")
    return x


def digest(x: np.ndarray) -> str:
    """12 hexadecimal digits that stand for the levels of images, uint8 (n, H, W)."""
    return hashlib.sha256(repr(x.shape).encode() + x.tobytes()).hexdigest()[:12]


def digests(looked_at: LookedAt) -> dict[str, str]:
    """The claims: by the words, the digests of their pictures."""
    return {
        PREFIX + words: " ".join(digest(picture.pixels()) for picture in pictures)
        for words, pictures in looked_at.items()
    }
