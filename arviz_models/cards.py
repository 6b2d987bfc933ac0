"""Which checkpoints there are, and the card of each. Needs no torch, so a page can ask at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent / "assets" / "checkpoints"


class CheckpointError(RuntimeError):
    """A checkpoint is missing, damaged, or not of the model that its card names."""


def list_pretrained(folder: Path | None = None) -> tuple[str, ...]:
    """Names of the checkpoints with both weights and card, sorted; empty without a folder."""
    folder = folder or FOLDER
    names = (path.stem for path in folder.glob("*.safetensors"))
    return tuple(sorted(name for name in names if (folder / f"{name}.json").exists()))


def read_card(name: str, folder: Path | None = None) -> dict[str, Any]:
    """The card of a checkpoint: class, config, data, seed, command, test NLL and so on.

    Raises:
        CheckpointError: no such checkpoint; the message lists those there are. A card that is no
            JSON object with "class" and "config".
    """
    folder = folder or FOLDER
    names = list_pretrained(folder)
    if name not in names:
        there = ", ".join(names) if names else f"there are none in {folder.name}/"
        raise CheckpointError(f"no checkpoint is called {name!r}; choose one of: {there}")
    try:
        card = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError) as error:
        raise CheckpointError(f"{name}.json cannot be read as a card ({error})") from None
    if not (
        isinstance(card, dict)
        and isinstance(card.get("class"), str)
        and isinstance(card.get("config"), dict)
    ):
        raise CheckpointError(
            f"{name}.json is no card: it needs at least 'class', a name, and 'config', an object"
        )
    return card
