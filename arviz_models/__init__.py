"""The models of ARViz and everything computed from them. Knows nothing of the screen."""

from arviz_models.base import AutoregressiveModel, Decoder, Step
from arviz_models.catalogue import MODELS
from arviz_models.data import Dataset, load_dataset
from arviz_models.made import MADE
from arviz_models.nade import NADE
from arviz_models.pretrained import list_pretrained, load_pretrained

__all__ = [
    "MADE",
    "MODELS",
    "NADE",
    "AutoregressiveModel",
    "Dataset",
    "Decoder",
    "Step",
    "list_pretrained",
    "load_dataset",
    "load_pretrained",
]
