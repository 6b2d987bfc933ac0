"""The student's own images: in the memory of this session alone.

They lie in `st.session_state`, and go to the worker that trains on them. Nothing here is kept for
other sessions: no shared cache, no file. What is computed of them is kept beside them.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from arviz_models.analysis.lab_settings import OWN, SIDES, Conversion, Settings

if TYPE_CHECKING:
    from arviz_models.analysis.lab import Size, Yardstick
    from arviz_models.analysis.own_images import OwnImages

SET, LINES, CHECKED = "lab.own", "lab.own.lines", "lab.own.checked"
PAD = 112  # pixels of a side of a drawing: four for each of the finest grid
MOST_INKS = 4  # conversions that are kept: to go back to one is quick


@dataclass
class OwnSet:
    """Pictures that were uploaded or drawn, and how they become images.

    Attributes:
        greys: uint8 (h, w) each.
        names: of each.
        out: numbers of those that the student has left out.
        refused, notes: name of a file -> why it was left out, or what was done with it.
        conversion: the present one.
        heard: number of the last drawing that came from the pad.
        problem: of the last upload, in words.
    """

    greys: list[np.ndarray] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    out: frozenset[int] = frozenset()
    refused: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    conversion: Conversion = field(default_factory=Conversion)
    heard: int = 0
    problem: str = ""
    _inks: dict[Any, np.ndarray] = field(default_factory=dict)
    _dark: list[bool] = field(default_factory=list)
    _images: tuple[Any, np.ndarray] | None = None

    def read(self, files: Sequence[tuple[str, bytes]]) -> None:
        """Add pictures from files; what cannot be taken is said in `problem` or `refused`."""
        from arviz_models.analysis.own_images import OwnImagesError, read_files

        self.problem = ""
        try:
            self.add(read_files(files))
        except OwnImagesError as error:
            self.problem = f"{error} Nothing was added."

    def add(self, found: OwnImages) -> None:
        """Add pictures.

        Raises:
            OwnImagesError: with those that are there they are too many; none is added.
        """
        from arviz_models.analysis.own_images import MOST_IMAGES, OwnImagesError

        total = len(self.greys) + len(found.greys)
        if total > MOST_IMAGES:
            raise OwnImagesError(
                f"With the {len(self.greys):,} that are here already there would be {total:,} "
                f"pictures; the most is {MOST_IMAGES:,}."
            )
        self.greys += found.greys
        self.names += found.names
        self.refused |= found.refused
        self.notes |= found.notes

    def draw(self, drawings: Sequence[Any]) -> None:
        """Add what was drawn on the pad since: [number, base64 of the bytes] each.

        The pad sends a drawing until it hears that it has come, so that none is lost.
        """
        from arviz_models.analysis.own_images import OwnImages, OwnImagesError

        for number, text in drawings:
            grey = _drawing(text)
            if number <= self.heard or grey is None:
                continue
            self.heard, self.problem = number, ""
            try:
                self.add(OwnImages([grey], [f"drawing {number}"]))
            except OwnImagesError as error:
                self.problem = f"{error} The drawing was not added."

    def standing(self) -> list[str]:
        """Of each: "kept", "repeat", "empty" or "out", with the present conversion."""
        from arviz_models.analysis.own_images import reduced, standing

        kept = [number for number in range(len(self.greys)) if number not in self.out]
        found = ["out"] * len(self.greys)
        made = reduced(self.inks(), self.conversion.levels, self.conversion.threshold)
        for number, word in zip(kept, standing(made[kept]), strict=True):
            found[number] = word
        return found

    def inks(self, side: int = 0) -> np.ndarray:
        """All of them at a size, that of the conversion by default: uint8 (n, side, side)."""
        from arviz_models.analysis.own_images import inks

        now = self.conversion
        shape = (side or now.side,) * 2
        key = (shape, now.fit, now.dark)
        found = self._inks.pop(key, np.zeros((0, *shape), np.uint8))
        if len(found) < len(self.greys):  # only what is new: a picture takes a millisecond
            more = inks(self.greys[len(found) :], shape, fit=now.fit, dark=now.dark)
            found = np.concatenate([found, more])
        self._inks[key] = found  # as the one used last
        for oldest in list(self._inks)[:-MOST_INKS]:
            del self._inks[oldest]
        return found

    def dark(self) -> int:
        """How many of them have dark ink on a light ground, by their borders."""
        from arviz_models.analysis.own_images import is_dark

        self._dark += map(is_dark, self.greys[len(self._dark) :])
        return sum(self._dark)

    def images(self, side: int, levels: int) -> np.ndarray:
        """Those that are not left out by hand, as images: uint8 (n, side, side), levels 0..K-1.

        The same object as long as nothing has changed.
        """
        from arviz_models.analysis.own_images import reduced

        key = (len(self.greys), self.out, replace(self.conversion, side=side, levels=levels))
        if self._images is None or self._images[0] != key:
            chosen = np.delete(self.inks(side), sorted(self.out), axis=0)
            self._images = key, reduced(chosen, levels, self.conversion.threshold)
        return self._images[1]

    @property
    def kept(self) -> list[np.ndarray]:
        """The pictures that are not left out by hand, as they came."""
        return [grey for number, grey in enumerate(self.greys) if number not in self.out]


def _drawing(text: Any) -> np.ndarray | None:
    """What the pad has sent, uint8 (112, 112); None for anything else, and for a blank one."""
    try:
        content = base64.b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error):
        return None
    if len(content) != PAD * PAD:
        return None
    grey = np.frombuffer(content, np.uint8).reshape(PAD, PAD)
    return grey if grey.min() < 128 else None


def mine() -> OwnSet:
    """That of this session."""
    found: OwnSet = st.session_state.setdefault(SET, OwnSet())
    return found


def images_of(settings: Settings) -> np.ndarray | None:
    """The session's own images in the shape and levels of settings; None where there are none."""
    own = mine()
    if settings.data != OWN or not own.greys or settings.side not in SIDES:
        return None
    return own.images(settings.side, settings.levels)


def like(config: Mapping[str, Any]) -> np.ndarray | None:
    """Own images of the shape and the levels of a model, where there are enough of them."""
    settings = Settings(data=OWN, side=config["event_shape"][1], levels=config["levels"])
    return ready(settings)


def ready(settings: Settings) -> np.ndarray | None:
    """The own images of settings; None where no data set can be made from them."""
    from arviz_models.analysis.own_images import LEAST_IMAGES, standing

    images = images_of(settings)
    if images is None or standing(images).count("kept") < LEAST_IMAGES:
        return None
    return images


def conversion_of(settings: Settings) -> Conversion:
    """How the session's pictures become the images of settings."""
    return replace(mine().conversion, side=settings.side, levels=settings.levels)


def checked(settings: Settings) -> tuple[Size | None, str]:
    """What a training takes, or None and why it is refused. The last answer is kept."""
    from arviz_models.analysis.lab import NotPossible, check

    images = images_of(settings)
    kept = st.session_state.get(CHECKED)
    if kept is not None and kept[0] is images and kept[1] == settings:
        return kept[2]
    found: tuple[Size | None, str]
    try:
        found = check(settings, images), ""
    except NotPossible as refused:
        found = None, str(refused)
    st.session_state[CHECKED] = images, settings, found
    return found


def training_images(settings: Settings) -> np.ndarray:
    """The first images to learn from: uint8 (8, D), or fewer."""
    from arviz_models.analysis.lab import training_images as first

    return first(OWN, settings.levels, images_of(settings))


def yardsticks(
    dimensions: int, levels: int, model: str, images: np.ndarray | None
) -> list[Yardstick]:
    """The lines of own images; without them, that of guessing. The last ones are kept."""
    from arviz_models.analysis.lab import guessing
    from arviz_models.analysis.lab import yardsticks as lines_of

    if images is None:
        return [guessing(dimensions, levels)]
    kept = st.session_state.get(LINES)
    if kept is not None and kept[0] is images and kept[1:3] == (levels, model):
        return kept[3]
    found = lines_of(OWN, levels, model, images)
    st.session_state[LINES] = images, levels, model, found
    return found
