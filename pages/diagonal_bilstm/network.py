"""Which Diagonal BiLSTM the pictures of structure show, and the tables they look things up in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.ui import fields as reading_fields
from pages.ui.components import pack
from pages.ui.query import Choice, Field, Flag, Integer, Values
from pages.ui.stage import Stage

KERNELS = ("3", "5", "7")
LEAST_SIZE, MOST_SIZE, START_SIZE = 5, 16, 11
MOST_STEPS = 100  # of the player, in any view


@dataclass(frozen=True)
class Network:
    """The image and the network.

    Attributes:
        size: side of the image.
        first: side of the first kernel.
        noshift: whether the second direction is added where it stands, which leaks.
        full: whether the second direction starts from features of mask B.
    """

    size: int
    first: str
    noshift: bool
    full: bool

    @property
    def built(self) -> tuple[int, int, bool, bool]:
        """What `diagonals` takes."""
        return self.size, int(self.first), self.full, not self.noshift


def fields() -> Mapping[str, Field]:
    """How the address holds a `Network`."""
    return {
        "size": Integer(LEAST_SIZE, MOST_SIZE, START_SIZE),
        "first": Choice(KERNELS),
        "noshift": Flag(),
        "full": Flag(),
        "target": Integer(0, _last, browser_owned=True),
    }


def _last(values: Values) -> int:
    return int(values["size"]) ** 2 - 1


def target_of(size: int) -> int:
    """Where the target is at first: row 7, column 5 of 11, and there in any size."""
    return reading_fields.start(size, size, 0).target


@st.cache_data(show_spinner="Following both directions through the image", max_entries=24)
def drawn(size: int, first: int, full: bool, shift: bool) -> tuple[dict[str, Any], bytes]:
    """Meta and packed tables of the pictures."""
    from arviz_models.analysis.diagonals import bidirectional_reads, diagonals
    from pages.diagonal_bilstm.figures import WORDS

    found = diagonals(size, first, full, shift)
    primer = {f"primer {way}": table for way, table in bidirectional_reads().items()}
    meta = {
        "rows": found.shape[0],
        "columns": found.shape[1],
        "shift": shift,
        "full": full,
        "tables": f"diagonal {size} {first} {full} {shift}",
        "words": WORDS,
    }
    return meta, pack({"name": meta["tables"]}, {**found.arrays, **primer})


def start(stage: Stage, usual: Mapping[str, Any]) -> dict[str, Any]:
    """Where the step has the picture; a link that holds no other place begins there."""
    place = stage.goto or {}
    return {name: place.get(name, value) for name, value in usual.items()}


def standing(stage: Stage) -> int:
    """The target, as far as the picture has told."""
    target = target_of(stage.values["size"])
    return int(stage.link.kept(stage.values, start(stage, {"target": target}))["target"])


def saving(stage: Stage) -> bool:
    """Whether what is saved is on screen: then the picture tells where it stands."""
    return st.session_state.get(stage.key("reading")) == "Take away" and not stage.present


def size_control(stage: Stage) -> None:
    """The side of the image."""
    st.number_input("Side of the image, pixels", LEAST_SIZE, MOST_SIZE, key=stage.key("size"))
