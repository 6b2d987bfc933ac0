"""What lessons claim of a digit completed from below, in one order and in any order."""

from __future__ import annotations

import numpy as np
import torch

from arviz_models.analysis.conditionals import given_first, given_rows, surprisal
from arviz_models.base import AutoregressiveModel
from arviz_models.data import load_dataset
from arviz_models.pretrained import load_pretrained
from pages.ui.completing import COMPLETIONS

DATA = "mnist_binary"


def below_the_line(one: str, any_order: str, digit: int, line: int, seed: int) -> dict[str, float]:
    """The rows below the line are given, and each model draws those above it, as the page does.

    Args:
        one: checkpoint of one order, that of the raster; it also scores all pictures.
        any_order: checkpoint of many orders; it takes the given rows first.
        digit: place in the test split.
        line: rows above it.
        seed: of the random numbers.

    Returns:
        surprisal in nats, of the first model: that of the given rows in the digit itself, and their
        mean after what it drew; the mean of whole pictures, of each model.
    """
    x = load_dataset(DATA).batch("test", [digit])[0, 0].numpy()
    given = given_rows(x, line, below=True)
    scorer = load_pretrained(one, "cpu")
    free = load_pretrained(any_order, "cpu").with_order(given_first(given))

    def drawn(model: AutoregressiveModel) -> np.ndarray:
        generator = torch.Generator().manual_seed(seed)
        return model.sample(COMPLETIONS, given=given, generator=generator)[:, 0].numpy()

    nats = surprisal(scorer, drawn(scorer))
    return {
        "below: given, own": float(surprisal(scorer, x[None])[0, line:].sum()),
        "below: given, after these": float(nats[:, line:].sum((1, 2)).mean()),
        "below: whole, one order": float(nats.sum((1, 2)).mean()),
        "below: whole, any order": float(surprisal(scorer, drawn(free)).sum((1, 2)).mean()),
    }
