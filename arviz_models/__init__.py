"""The models of ARViz and everything computed from them. Knows nothing of the screen.

The names below are imported when they are first asked for: a page that shows no model yet need not
wait for torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from arviz_models.analysis.receptive_fields import ReceptiveField, receptive_field
    from arviz_models.base import AutoregressiveModel, Decoder, Step
    from arviz_models.cards import list_pretrained
    from arviz_models.catalogue import MODELS
    from arviz_models.data import Dataset, load_dataset
    from arviz_models.diagonal_bilstm import DiagonalBiLSTM
    from arviz_models.made import MADE
    from arviz_models.nade import NADE
    from arviz_models.pixel_snail import PixelSNAIL
    from arviz_models.pixelcnn import GatedPixelCNN, PixelCNN
    from arviz_models.pretrained import load_pretrained
    from arviz_models.row_lstm import RowLSTM

_HOMES = {
    "AutoregressiveModel": "base",
    "Decoder": "base",
    "Step": "base",
    "list_pretrained": "cards",
    "MODELS": "catalogue",
    "Dataset": "data",
    "load_dataset": "data",
    "DiagonalBiLSTM": "diagonal_bilstm",
    "MADE": "made",
    "NADE": "nade",
    "PixelSNAIL": "pixel_snail",
    "GatedPixelCNN": "pixelcnn",
    "PixelCNN": "pixelcnn",
    "load_pretrained": "pretrained",
    "ReceptiveField": "analysis.receptive_fields",
    "receptive_field": "analysis.receptive_fields",
    "RowLSTM": "row_lstm",
}

__all__ = [
    "MADE",
    "MODELS",
    "NADE",
    "AutoregressiveModel",
    "Dataset",
    "Decoder",
    "DiagonalBiLSTM",
    "GatedPixelCNN",
    "PixelCNN",
    "PixelSNAIL",
    "ReceptiveField",
    "RowLSTM",
    "Step",
    "list_pretrained",
    "load_dataset",
    "load_pretrained",
    "receptive_field",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
