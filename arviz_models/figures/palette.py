"""The one visual language: the same meaning has the same colour and word on every page.

Colours are those of Okabe & Ito (Color Universal Design, 2008), each in a tone that reads on a
light and one that reads on a dark ground. Nothing is told by colour alone: the mark says it again.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Meaning:
    """What one mark means, everywhere.

    Attributes:
        word: what a legend calls it.
        light, dark: its colour on a light and on a dark ground, hexadecimal RGB.
        mark: how it differs besides its colour.
    """

    word: str
    light: str
    dark: str
    mark: str


MEANINGS: dict[str, Meaning] = {
    "target": Meaning("target", "#D55E00", "#FF8A3D", "solid outline"),
    "seen": Meaning("seen", "#0072B2", "#4BA3DB", "filled"),
    "seen-second": Meaning("seen by the second direction", "#56B4E9", "#2F6FA8", "striped"),
    "depth-limited": Meaning("only with more depth", "#BFDCEC", "#2F5368", "dotted"),
    "blind": Meaning("never, at any depth", "#CC79A7", "#D992BA", "hatched"),
    "gained": Meaning("read here alone", "#009E73", "#2FC79A", "plus sign"),
    "lost": Meaning("read there alone", "#B87A00", "#F0B83C", "minus sign"),
    "future": Meaning("future", "#EEF0F3", "#262B35", "plain"),
    "drawn-now": Meaning("drawn now", "#F0E442", "#F0E442", "ring"),
    "positive": Meaning("raises", "#0072B2", "#56B4E9", "solid line"),
    "negative": Meaning("lowers", "#D55E00", "#FF8A3D", "dashed line"),
    "changed": Meaning("changed by the flip", "#CC79A7", "#D992BA", "corner"),
    "flipped": Meaning("flipped by hand", "#CC79A7", "#D992BA", "double outline"),
    "feeds": Meaning("what it feeds", "#009E73", "#2FC79A", "dashed line"),
    "illegal": Meaning("reads what it must not", "#C00021", "#FF6B6B", "heavy dotted line, slash"),
    "sampled": Meaning("share of the samples", "#0072B2", "#4BA3DB", "striped"),
    "sampled-future": Meaning("sampled future", "#B87A00", "#F0B83C", "thin line"),
    "ink": Meaning("1", "#1F2430", "#F2F4F8", "filled"),
    "paper": Meaning("0", "#FFFFFF", "#12151C", "empty"),
    "quiet": Meaning("grid and labels", "#6B7280", "#9AA3B2", "thin"),
    "line": Meaning("edge of a cell", "#D9DCE1", "#3A404D", "thin"),
}

# Matplotlib's cividis at 17 even stops, from 0 to 1: the sequential ramp for probabilities. Written
# out so that a page need not wait for Matplotlib; a test compares.
PROBABILITY = (
    "#00224E",
    "#002E6A",
    "#1A386F",
    "#32436D",
    "#434E6C",
    "#535A6D",
    "#61656F",
    "#6F7073",
    "#7D7C78",
    "#8C8878",
    "#9B9476",
    "#ABA072",
    "#BCAE6C",
    "#CDBB63",
    "#DEC958",
    "#F0D846",
    "#FEE838",
)


def colours(ground: str) -> dict[str, str]:
    """Colour of every meaning on a ground, "light" or "dark"."""
    return {name: asdict(meaning)[ground] for name, meaning in MEANINGS.items()}
