"""The models of ARViz and everything computed from them. Knows nothing of the screen.

The names below are imported when they are first asked for: a page that shows no model yet need not
wait for torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from arviz_models.base import AutoregressiveModel, Decoder, Step
    from arviz_models.cards import list_pretrained
    from arviz_models.catalogue import MODELS
    from arviz_models.data import Dataset, load_dataset
    from arviz_models.made import MADE
    from arviz_models.nade import NADE
    from arviz_models.pretrained import load_pretrained

_HOMES = {
    "AutoregressiveModel": "base",
    "Decoder": "base",
    "Step": "base",
    "list_pretrained": "cards",
    "MODELS": "catalogue",
    "Dataset": "data",
    "load_dataset": "data",
    "MADE": "made",
    "NADE": "nade",
    "load_pretrained": "pretrained",
}

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


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
