"""What each network costs beside how good it is: what was measured, and what its card says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from arviz_models.analysis.networks import NETWORKS
from arviz_models.analysis.timing import Comparison
from arviz_models.training import TrainingSettings

YARDSTICK = "binarized_mnist"  # the papers' data
# Whose every conditional reads all pixels before its own: none reads more. A test asks the models.
READS_EVERYTHING = ("full", "nade", "made")


@dataclass(frozen=True)
class Measured:
    """What was measured of one checkpoint on this device.

    Attributes:
        comparison: at one image; with its naive draw at least begun.
        when: its end, in seconds since 1970.
    """

    comparison: Comparison
    when: float


@dataclass(frozen=True)
class Row:
    """One network.

    Attributes:
        word: of `NETWORKS`.
        card: of its checkpoint, with the "name".
        measured: None before that.
    """

    word: str
    card: Mapping[str, Any]
    measured: Measured | None = None

    @property
    def title(self) -> str:
        return NETWORKS[self.word].title

    @property
    def test_set(self) -> str:
        """The data whose test NLL is told: the papers' where the card has it."""
        return YARDSTICK if f"{YARDSTICK}_test_nll" in self.card else str(self.card["data"])

    @property
    def trained(self) -> bool:
        """Whether it has weights of a checkpoint, not random ones."""
        return "test_nll" in self.card

    @property
    def test_nll(self) -> float:
        """Nats an image."""
        return float(self.card.get(f"{YARDSTICK}_test_nll", self.card["test_nll"]))


def _option(card: Mapping[str, Any], name: str) -> str | None:
    """What follows ``--name`` in the command that trained a checkpoint."""
    return dict(pairwise(str(card.get("command", "")).split())).get(f"--{name}")


def precision(card: Mapping[str, Any]) -> str:
    """Of the products in training, from the card's command."""
    return _option(card, "precision") or TrainingSettings.precision


def epochs_run(card: Mapping[str, Any]) -> int:
    """Epochs that were trained: "epochs" of the card is the best one, after which some may follow.

    They go on to the number asked for in all cycles, or until patience is at its end.
    """
    cycles = int(_option(card, "cycles") or TrainingSettings.cycles)
    asked = cycles * int(_option(card, "epochs") or TrainingSettings.epochs)
    patience = _option(card, "patience")
    return asked if patience is None else min(asked, card["epochs"] + int(patience))


def waits(row: Row) -> tuple[int, str] | None:
    """How often one training pass waits within each layer, and for what; None for no image network.

    A convolution takes all pixels of a layer at once. A Row LSTM goes from row to row, a Diagonal
    BiLSTM from diagonal to diagonal, each with the states of the one before.
    """
    if "features" not in row.card["config"]:
        return None
    _, height, width = row.card["config"]["event_shape"]
    if row.card["class"] == "RowLSTM":
        return height, "rows"
    if row.card["class"] == "DiagonalBiLSTM":
        return height + width - 1, "diagonals"
    return 1, "whole image"
