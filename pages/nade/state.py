"""NADE's state, as its activities share it: which model draws, in which order, from which seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pages.ui import lesson
from pages.ui.models import cards
from pages.ui.query import Choice, Field, FlipList, Integer, Number, Values

NO_MODEL = "none"
ORDERS = ("raster", "reversed", "column-wise", "diagonal", "spiral", "random")


@dataclass(frozen=True)
class Drawing:
    """What decides a sample.

    Attributes:
        model: name of the checkpoint.
        order: of the pixels, by name; a model trained in raster order knows no other.
        start: "bias", or "gaussian" for the lecture's first hidden layer.
        temperature: divides the logits.
        seed: of the random numbers.
        flip: pixels set by hand, (flat index, value).
    """

    model: str
    order: str
    start: str
    temperature: float
    seed: int
    flip: tuple[tuple[int, int], ...]


def names() -> tuple[str, ...]:
    """The shipped models, the smallest first."""
    known = cards("NADE")
    return tuple(sorted(known, key=lambda name: known[name].get("parameters", 0))) or (NO_MODEL,)


def fields() -> Mapping[str, Field]:
    """How the address holds a `Drawing`, and the step of the player."""
    known = cards("NADE")

    def dimensions(values: Values) -> int:
        size = 1
        for side in known.get(values["model"], {}).get("config", {}).get("event_shape", [1]):
            size *= side
        return size

    def orders(values: Values) -> tuple[str, ...]:
        config = known.get(values["model"], {}).get("config", {})
        return ORDERS if config.get("order_agnostic") else ORDERS[:1]

    return {
        "model": Choice(names()),
        "order": Choice(orders),
        "start": Choice(("bias", "gaussian")),
        "temperature": Number(0, 3, 1),
        "seed": Integer(0, lesson.MOST_SEED),
        "flip": FlipList(dimensions),
        "step": Integer(0, dimensions, browser_owned=True),
    }


def title_of(name: str) -> str:
    """A checkpoint as a control shows it."""
    config = cards("NADE").get(name, {}).get("config", {})
    _, height, width = config.get("event_shape", [1, 0, 0])
    return f"{height}×{width} digits" + (", any order" if config.get("order_agnostic") else "")
