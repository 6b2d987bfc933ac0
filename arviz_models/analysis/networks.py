"""The networks that are set side by side: what each is called, which checkpoints are its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Network:
    """One network of a comparison.

    Attributes:
        title: its name.
        kind: name of its class in arviz_models.
        settings: what sets it apart from others of that class, as in a card's config.
    """

    title: str
    kind: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    def has(self, card: Mapping[str, Any]) -> bool:
        """Whether the checkpoint of this card is one of this network."""
        config = card["config"]
        return bool(
            card["class"] == self.kind
            and all(config.get(name) == value for name, value in self.settings.items())
        )


_RASTER = {"order": None, "order_agnostic": False}

# By the word that stands for each in a link, in the order of the lecture. The last two read every
# earlier pixel at once and have no layers that could reach further: what to compare with.
NETWORKS = {
    "pixelcnn": Network("PixelCNN", "PixelCNN"),
    "gated": Network("Gated PixelCNN", "GatedPixelCNN"),
    "row": Network("Row LSTM", "RowLSTM"),
    "diagonal": Network("Diagonal BiLSTM", "DiagonalBiLSTM", {"full_context": False}),
    "full": Network("Full-context Diagonal", "DiagonalBiLSTM", {"full_context": True}),
    "nade": Network("NADE", "NADE", _RASTER),
    "made": Network("MADE", "MADE", _RASTER),
}
