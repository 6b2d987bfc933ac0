"""Seeds and flips that could take the place of those that a lesson names.

A lesson keeps beside its claims what its steps need of them:

    WANTED = {"the 0 becomes a 2": Wanted(MODEL, nats=(60, 100), ink=(80, 200), changes=60)}

When weights change, this lists the seeds, or the seeds and flips, that meet it now, and saves their
pictures for a person to look at, since no program says which digit they show:

    python -m pages.ui.claims --propose LESSON FOLDER
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image
    from torch import Tensor

    from arviz_models.base import AutoregressiveModel

SEEDS = range(200)
FLIPS = 3  # of a sample, those that change most
SCALE, GAP, ROW = 4, 8, 8  # screen pixels a pixel; between pictures; pictures in a row


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
    import torch

    from arviz_models.pretrained import load_pretrained

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
    import numpy as np

    from arviz_models.analysis.flips import single_flips
    from pages.ui.looked_at import Sample

    trace = Sample(wanted.name, sample.seed).trace()
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
        after = Sample(wanted.name, sample.seed, flip=flip).pixels()
        pictures = np.concatenate([sample.x, after])
        yield Candidate(sample.seed, sample.nats, sample.ink, pictures, flip, best.changed)


def propose(
    lesson: str, folder: Path, seeds: Collection[int] = SEEDS
) -> dict[str, list[Candidate]]:
    """Print and save the candidates of a lesson, a sheet for each of its words.

    A sheet is saved anew with each candidate, so one may stop early.

    Args:
        lesson: its folder's name.
        folder: for the sheets, made where it is not there.
        seeds: that are tried.

    Returns:
        them, by the words.

    Raises:
        LookupError: the lesson says of no step what it needs.
    """
    from importlib import import_module

    every: WantedOf = getattr(import_module(f"pages.{lesson}.claims"), "WANTED", {})
    if not every:
        raise LookupError(f"pages/{lesson}/claims.py has no WANTED")
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, list[Candidate]] = {}
    for number, (words, wanted) in enumerate(every.items(), start=1):
        path = folder / f"{lesson}-{number}.png"
        print(f"{lesson}: {words} ({path})")
        found[words] = []
        for candidate in candidates(wanted, seeds):
            found[words].append(candidate)
            print(f"  {candidate.words}", flush=True)
            sheet(found[words]).save(path)
        if not found[words]:
            print("  none of these seeds")
    return found


def sheet(listed: list[Candidate]) -> Image.Image:
    """The pictures of candidates, ink in black, each above its seed."""
    import numpy as np
    from PIL import Image, ImageDraw

    tiles = []
    for candidate in listed:
        ink = np.hstack([np.pad(1 - x, 1, constant_values=0) for x in candidate.x]) * 255
        tile = Image.fromarray(ink.astype(np.uint8).repeat(SCALE, 0).repeat(SCALE, 1))
        framed = Image.new("L", (tile.width + GAP, tile.height + 16 + GAP), 220)
        framed.paste(tile, (0, 0))
        said = f"seed {candidate.seed}"
        if candidate.flip is not None:
            said += f", flip {candidate.flip[0]}-{candidate.flip[1]}"
        ImageDraw.Draw(framed).text((2, tile.height + 2), said, fill=0)
        tiles.append(framed)
    wide, high = tiles[0].size
    lines = -(-len(tiles) // ROW)
    whole = Image.new("L", (wide * min(ROW, len(tiles)), high * lines), 220)
    for place, tile in enumerate(tiles):
        whole.paste(tile, (place % ROW * wide, place // ROW * high))
    return whole
