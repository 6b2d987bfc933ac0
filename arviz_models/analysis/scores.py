"""What models give real images: the NLL of each test image, and where one picture lies among them.

The ranges of the shipped checkpoints are in assets/test_nll.json. This computes them again:

    python -m arviz_models.analysis.scores
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from arviz_models.analysis import lab
from arviz_models.base import AutoregressiveModel
from arviz_models.cards import FOLDER, list_pretrained, read_card
from arviz_models.data import Dataset, load_dataset
from arviz_models.jobs.worker import Step, Task
from arviz_models.pretrained import load_pretrained

TABLE = FOLDER.parent / "test_nll.json"
PERCENT = 101  # quantiles that are kept: 0 %, 1 %, ..., 100 %
SOME = 500  # test images that a run of the lab is measured on
BATCH, MANY = 25, 500  # images of one pass
DIGITS = 2  # after the point, in the table


@dataclass(frozen=True)
class Range:
    """The NLLs of test images under one model, in nats.

    Attributes:
        count: images.
        whole: whether they are all that there are.
        mean: of them.
        quantiles: (101,) ascending, from the smallest to the largest.
    """

    count: int
    whole: bool
    mean: float
    quantiles: Sequence[float]

    def share_below(self, nats: float) -> float:
        """The part of the images, 0..1, that have a smaller NLL, to a hundredth."""
        return float(np.searchsorted(self.quantiles, nats)) / PERCENT


def range_of(nats: np.ndarray, *, whole: bool) -> Range:
    """The range of the NLLs (N,) of some test images."""
    marks = np.quantile(nats, np.linspace(0, 1, PERCENT))
    return Range(len(nats), whole, float(nats.mean()), tuple(map(float, marks)))


def some_test_images(dataset: Dataset, most: int) -> torch.Tensor:
    """At most so many test images, drawn at random, always the same: long (n, *event_shape).

    They are no prefix: the first test images of MNIST are harder than the others.
    """
    size = dataset.size("test")
    if size <= most:
        return dataset.batch("test", slice(None))
    chosen = torch.randperm(size, generator=torch.Generator().manual_seed(0))[:most]
    return dataset.batch("test", chosen)


def nlls(model: AutoregressiveModel, x: torch.Tensor, batch: int = BATCH) -> Iterator[np.ndarray]:
    """NLL of each image of x (N, *event_shape), in nats, float64, one batch after the other."""
    for part in x.split(batch):
        with torch.no_grad():
            yield -model.log_prob(part.to(model.device)).double().cpu().numpy()


# --- the shipped checkpoints ----------------------------------------------------------------------


def weights_hash(name: str) -> str:
    """A hash of the weights that a range was computed from."""
    return hashlib.sha256((FOLDER / f"{name}.safetensors").read_bytes()).hexdigest()[:16]


@cache
def _table(path: Path) -> Mapping[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return found


def shipped_range(name: str) -> Range | None:
    """The range of a checkpoint over all test images of its data; None where it is not known."""
    entry = _table(TABLE).get(name)
    if entry is None:
        return None
    return Range(entry["count"], True, entry["mean"], tuple(entry["quantiles"]))


def measured(name: str) -> dict[str, Any]:
    """The entry of a checkpoint in the table, computed."""
    card = read_card(name)
    x = load_dataset(card["data"], card["levels"]).batch("test", slice(None))
    # A pass of many masks takes about as long for many images as for one.
    batch = MANY if card["config"].get("masks", 1) > 1 else BATCH
    found = range_of(np.concatenate([*nlls(load_pretrained(name, "cpu"), x, batch)]), whole=True)
    return {
        "weights": weights_hash(name),
        "count": found.count,
        "mean": round(found.mean, DIGITS + 2),
        "quantiles": [round(each, DIGITS) for each in found.quantiles],
    }


def main(names: Sequence[str]) -> None:
    """Compute the entries of these checkpoints, of all if none is named, and write the table."""
    table = dict(_table(TABLE))
    for name in names or list_pretrained():
        table[name] = measured(name)
        print(f"{name}: {table[name]['mean']:.2f} nats", flush=True)
    kept = {name: table[name] for name in list_pretrained() if name in table}
    lines = [f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in kept.items()]
    TABLE.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


# --- runs of the lab ------------------------------------------------------------------------------


class RunScores(Task):
    """The NLLs of some test images under a model that is no checkpoint.

    The result: "nll" float64 (n,), in nats, and "whole", whether they are all test images.

    Args:
        model, config: name of the class, and the arguments of its constructor.
        data, levels: of the images.
        weights: of the model, as `arviz_models.descent.weights_of` has them.
        most: images.
        device: where it computes.
    """

    def __init__(
        self,
        model: str,
        config: Mapping[str, Any],
        data: str,
        levels: int,
        weights: np.ndarray,
        most: int = SOME,
        device: str = "cpu",
    ) -> None:
        dataset = load_dataset(data, levels)
        self.model = lab.built(model, config, 0, weights).to(device)
        self.x = some_test_images(dataset, most)
        self.whole = len(self.x) == dataset.size("test")
        self.found: list[np.ndarray] = []

    def steps(self) -> Iterator[Step]:
        done = 0
        for part in nlls(self.model, self.x):
            self.found.append(part)
            done += len(part)
            yield Step(done / len(self.x), {"done": done, "of": len(self.x)})

    def result(self) -> dict[str, Any]:
        return {"nll": np.concatenate(self.found or [np.zeros(0)]), "whole": self.whole}


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(sys.argv[1:])
