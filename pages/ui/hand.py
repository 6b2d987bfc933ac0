"""What a hand changes of a sample beside its picture: seed, temperature, pixels set by hand.

The picture (browser/hand.js) draws a change itself where the browser computes, and tells it here
once the hand rests. Each telling has a number, and `meta` says which one Python knows: so the
picture can tell an answer to its last change from one to a change before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.ui.query import MOST_FLIPS

if TYPE_CHECKING:
    from pages.ui.stage import Stage


def meta(stage: Stage, **sample: Any) -> dict[str, Any]:
    """What a picture with a hand is told: the sample, and what Python knows of the hand.

    Args:
        stage: of the picture.
        sample: what decides the sample: seed, temperature, flip.
    """
    flip = sample.pop("flip", ())
    return {
        **sample,
        "flips": [index for index, _ in flip],
        "given": [list(pixel) for pixel in flip],
        "most_flips": MOST_FLIPS,
        "hand": st.session_state.get(stage.key("·hand"), 0),
    }


def sample_of(said: Mapping[str, Any]) -> dict[str, Any]:
    """Seed and temperature, those of the two that a message of a picture names."""
    changed: dict[str, Any] = {}
    if "seed" in said:
        changed["seed"] = int(said["seed"])
    if "temperature" in said:
        changed["temperature"] = float(said["temperature"])
    return changed


def told(stage: Stage, picture: str) -> None:
    """Callback of a picture's trigger "hand": what the hand has changed.

    Args:
        stage: of the picture.
        picture: key of the component.
    """
    said = st.session_state[picture].get("hand") or {}
    st.session_state[stage.key("·hand")] = int(said.get("number", 0))
    changed = sample_of(said)
    if "flips" in said:
        flips = {int(index): int(level) for index, level in said["flips"]}
        if len(flips) > MOST_FLIPS:
            stage.link.note(
                f"At most {MOST_FLIPS} pixels can be flipped; **Reset** takes all back."
            )
        changed["flip"] = tuple(sorted(list(flips.items())[:MOST_FLIPS]))
    stage.set(**changed)
