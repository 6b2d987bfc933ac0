"""What each shipped checkpoint gives every test image, recorded once.

All test images under all checkpoints take half an hour, so the tests compute some of them again:

    python -m tests.recorded_nlls

records anew what checkpoints give whose weights changed, and nothing of the others. It needs
ARVIZ_DATA for the published binarization of MNIST, where a card states a figure on it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from arviz_models import AutoregressiveModel, list_pretrained, load_dataset, load_pretrained
from arviz_models.analysis.scores import nlls, weights_hash
from arviz_models.cards import read_card

FILE = Path(__file__).with_name("recorded_nlls.npz")
PUBLISHED = "binarized_mnist"
FIGURES = ("test_nll", f"{PUBLISHED}_test_nll")  # of a card: on its own data, on the published
Record = dict[str, NDArray[np.float32]]


def key(name: str, figure: str) -> str:
    """Where the NLLs behind a figure of a card are found: they belong to its weights."""
    return f"{name}/{figure}/{weights_hash(name)}"


def data_of(name: str, figure: str) -> tuple[str, int]:
    """The data set and its levels that a figure of a card was computed on."""
    card = read_card(name)
    return (card["data"], card["levels"]) if figure == FIGURES[0] else (PUBLISHED, 2)


def test_nlls(
    model: AutoregressiveModel, data: str, levels: int, index: NDArray[np.intp] | None = None
) -> NDArray[np.float32]:
    """NLL of each test image, or of some, in nats: float32 (N,)."""
    dataset = load_dataset(data, levels)
    which = slice(None) if index is None else torch.as_tensor(index)
    return np.concatenate([*nlls(model, dataset.batch("test", which), 100)]).astype(np.float32)


def read() -> Record:
    """The record: float32 (N,) by `key`, nats an image in the order of the test images."""
    if not FILE.exists():
        return {}
    with np.load(FILE, allow_pickle=False) as file:
        return dict(file)


def stated() -> Iterator[tuple[str, str]]:
    """Each figure that a card states: the name of the checkpoint, and that of the figure."""
    for name in list_pretrained():
        yield from ((name, figure) for figure in FIGURES if figure in read_card(name))


def main() -> int:
    """Bring the file up to date."""
    places = {key(name, figure): (name, figure) for name, figure in stated()}
    kept: dict[str, Any] = {place: found for place, found in read().items() if place in places}
    for place, (name, figure) in places.items():
        if place in kept:
            continue
        if data_of(name, figure)[0] == PUBLISHED and not os.environ.get("ARVIZ_DATA"):
            print(f"{name}: ARVIZ_DATA is not set, so {figure} is left out")
            continue
        kept[place] = test_nlls(load_pretrained(name, "cpu"), *data_of(name, figure))
        print(f"{name}: {figure} {kept[place].mean():.4f}", flush=True)
        np.savez_compressed(FILE, **kept)
    return 0


if __name__ == "__main__":
    sys.exit(main())
