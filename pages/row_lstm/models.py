"""The trained Row LSTMs that the lesson shows."""

from __future__ import annotations

from typing import Any

from pages.ui.models import cards
from pages.ui.query import Values

ROW, PLAIN = "row-lstm-mnist", "pixelcnn-mnist"
NARROW = "pixelcnn-mnist-3x3"
MODELS = {ROW: "Row LSTM"}
BESIDE = {ROW: "Row LSTM", NARROW: "PixelCNN, 3×3 kernels", PLAIN: "PixelCNN, 5×5 kernels"}
DRAWN_SEED = 45  # a 5
FLIP = (6 * 28 + 19, 1)  # paper to ink: the 5 becomes a 0
NO_MODEL = "none"
MISSING = (
    "No trained RowLSTM was found in `assets/checkpoints`. Restore that folder, or train one: "
    "`python -m arviz_models train-all row-lstm-mnist`"
)


def shipped() -> dict[str, dict[str, Any]]:
    """Cards of the trained models that the lesson can show, by name: binary, one channel."""
    return {
        name: card
        for name, card in cards("RowLSTM").items()
        if card["config"]["levels"] == 2 and card["config"]["event_shape"][0] == 1
    }


def names(values: Values | None = None) -> tuple[str, ...]:
    """The names of these models, for a field of the address."""
    return tuple(shipped()) or (NO_MODEL,)


def config(values: Values) -> dict[str, Any]:
    """How the chosen model is built; of the smallest image where there is none."""
    nothing = {"event_shape": [1, 1, 1], "features": 1, "layers": 1}
    return dict(shipped().get(values["model"], {}).get("config", nothing))


def built_and_reached(card: dict[str, Any]) -> str:
    """How many layers and units a trained model has, and its test NLL."""
    made = card["config"]
    return (
        f"{made['layers']} {'layers' if made['layers'] > 1 else 'layer'} of "
        f"{made['features']} units, kernels of {made['kernel']}. "
        f"Test NLL {card['test_nll']:.2f} nats on {card['data']}."
    )
