"""Every model there is, by the name the command line uses; a new one is added here."""

from __future__ import annotations

from arviz_models.base import AutoregressiveModel
from arviz_models.diagonal_bilstm import DiagonalBiLSTM
from arviz_models.made import MADE
from arviz_models.nade import NADE
from arviz_models.pixel_snail import PixelSNAIL
from arviz_models.pixelcnn import GatedPixelCNN, PixelCNN
from arviz_models.row_lstm import RowLSTM

MODELS: dict[str, type[AutoregressiveModel]] = {
    "nade": NADE,
    "made": MADE,
    "pixelcnn": PixelCNN,
    "gated-pixelcnn": GatedPixelCNN,
    "row-lstm": RowLSTM,
    "diagonal-bilstm": DiagonalBiLSTM,
    "pixel-snail": PixelSNAIL,
}
CLASSES: dict[str, type[AutoregressiveModel]] = {model.__name__: model for model in MODELS.values()}
