"""Seeds and flips of a shipped model whose pictures meet what is wanted of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from arviz_models.analysis.flips import drawn, single_flips
from arviz_models.base import AutoregressiveModel
from arviz_models.pretrained import load_pretrained

SEEDS = range(200)
FLIPS = 3  # of a sample, those that change most


@dataclass(frozen=True)
class Wanted:
    """What a step needs of a sample, or of a sample and a flip.

    Attributes:
        name: of a binary checkpoint.
        nats: least and most −log p(x): digits of the data have about the test NLL, an empty image
            far less.
        ink: least and most pixels that are 1.
        changes: how many later pixels a single flip has to change at least; None where the step
            names a seed alone.
        rows: in which the flipped pixel lies, None for any.
        to: the level that it is set to, None for either.
    """

    name: str
    nats: tuple[float, float]
    ink: tuple[int, int]
    changes: int | None = None
    rows: Collection[int] | None = None
    to: int | None = None


WantedOf = Mapping[str, Wanted]


@dataclass(frozen=True, eq=False)
class Candidate:
    """A seed, or a seed and a flip, that meets what is wanted.

    Attributes:
        seed: of the random numbers.
        nats: −log p(x) of the sample without the flip.
        ink: its pixels that are 1.
        x: the pictures, uint8 (1 or 2, H, W): the sample, and the same with the flip.
        flip: flat index and level, None without one.
        changed: later pixels that it changes.
    """

    seed: int
    nats: float
    ink: int
    x: np.ndarray
    flip: tuple[int, int] | None = None
    changed: int = 0

    @property
    def words(self) -> str:
        """One line."""
        said = f"seed {self.seed}: {self.nats:.1f} nats, {self.ink} pixels of ink"
        if self.flip is None:
            return said
        place = divmod(self.flip[0], self.x.shape[-1])
        return f"{said}; flip {self.flip[0]}-{self.flip[1]}, {place}: {self.changed} later pixels"


def candidates(wanted: Wanted, seeds: Collection[int] = SEEDS) -> Iterator[Candidate]:
    """What meets it, seed by seed; of the flips of a sample, the three that change most.

    Args:
        wanted: by a step.
        seeds: that are tried.
    """
    model = load_pretrained(wanted.name, "cpu")
    tried = list(seeds)
    columns = [model.random_numbers(1, torch.Generator().manual_seed(seed)) for seed in tried]
    x = model.draw(torch.cat(columns, dim=1))
    with torch.no_grad():
        nats = (-model.log_prob(x)).tolist()
    ink = x.flatten(1).sum(1).tolist()
    for number, seed in enumerate(tried):
        low, high = wanted.nats
        if not (low <= nats[number] <= high and wanted.ink[0] <= ink[number] <= wanted.ink[1]):
            continue
        found = Candidate(seed, nats[number], ink[number], _pictures(x[number : number + 1]))
        if wanted.changes is None:
            yield found
        else:
            yield from _flipped(model, wanted, found)


def _pictures(x: Tensor) -> np.ndarray:
    found: np.ndarray = x[:, 0].numpy().astype("uint8")
    return found


def _flipped(model: AutoregressiveModel, wanted: Wanted, sample: Candidate) -> Iterator[Candidate]:
    """The sample with each of the single flips that change enough."""
    trace = drawn(model, sample.seed)
    width = sample.x.shape[-1]
    fits = [
        flip
        for flip in single_flips(model, trace)
        if (wanted.rows is None or flip.index // width in wanted.rows)
        and wanted.to in (None, flip.level)
        and flip.changed >= (wanted.changes or 0)
    ]
    for best in sorted(fits, key=lambda flip: -flip.changed)[:FLIPS]:
        flip = (best.index, best.level)
        after = _pictures(torch.from_numpy(drawn(model, sample.seed, flip).x))
        pictures = np.concatenate([sample.x, after])
        yield Candidate(sample.seed, sample.nats, sample.ink, pictures, flip, best.changed)
