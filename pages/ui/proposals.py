"""Seeds and flips that could take the place of those that a lesson names.

A lesson keeps beside its claims what its steps need of them:

    WANTED = {"the 0 becomes a 2": Wanted(MODEL, nats=(60, 100), ink=(80, 200), changes=60)}

When weights change, this lists the seeds, or the seeds and flips, that meet it now, and saves their
pictures for a person to look at, since no program says which digit they show:

    python -m pages.ui.claims --propose LESSON FOLDER
"""

from __future__ import annotations

from collections.abc import Collection
from importlib import import_module
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from arviz_models.analysis.candidates import SEEDS, Candidate, WantedOf, candidates

SCALE, GAP, ROW = 4, 8, 8  # screen pixels a pixel; between pictures; pictures in a row


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
