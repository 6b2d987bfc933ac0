"""Models that are compared at one picture: what each gives it, reads of it, and takes for a sample.

Workers compute it (`arviz_models.jobs`), since some models take a second for one pass. A model is
asked for by plain data: {"checkpoint": name}, or {"model", "config", "weights"} as of a run of the
lab (`arviz_models.analysis.lab.built`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from arviz_models.analysis import lab
from arviz_models.analysis.conditionals import surprisal
from arviz_models.base import AutoregressiveModel
from arviz_models.device import describe
from arviz_models.jobs.worker import Step, Task
from arviz_models.pretrained import load_pretrained

MOST_LOADED = 12  # checkpoints that a worker keeps
ENOUGH_SECONDS = 0.3  # of samples: with more, one alone is timed
MOST_SAMPLES = 5

Wanted = Mapping[str, Any]


@lru_cache(maxsize=MOST_LOADED)
def _checkpoint(name: str, device: str) -> AutoregressiveModel:
    return load_pretrained(name, device)


def model_of(wanted: Wanted, device: str = "cpu") -> AutoregressiveModel:
    """The model that is described, in eval mode."""
    if "checkpoint" in wanted:
        return _checkpoint(wanted["checkpoint"], device)
    return lab.built(wanted["model"], wanted["config"], 0, wanted["weights"]).to(device)


class PictureScores(Task):
    """What each model gives one picture.

    The result, a list with an entry for each model: "nll", -log p(x) in nats; "surprisal", float32
    (D,), in nats, of each pixel under the model's own order.

    Args:
        models: as the module says.
        x: uint8 (H, W).
        device: where it computes.
    """

    def __init__(self, models: Sequence[Wanted], x: np.ndarray, device: str = "cpu") -> None:
        self.models, self.x, self.device = models, x, device
        self.found: list[dict[str, Any]] = []

    def steps(self) -> Iterator[Step]:
        for number, wanted in enumerate(self.models, start=1):
            self.found.append(scores_of(model_of(wanted, self.device), self.x))
            yield Step(number / len(self.models), number)

    def result(self) -> list[dict[str, Any]]:
        return self.found


def scores_of(model: AutoregressiveModel, x: np.ndarray) -> dict[str, Any]:
    """-log p(x) of one picture x (H, W), and the surprisal of each of its pixels."""
    images = torch.from_numpy(x[None, None].astype(np.int64)).to(model.device)
    with torch.no_grad():
        nll = -model.log_prob(images).item()
    return {"nll": nll, "surprisal": surprisal(model, x[None])[0].ravel()}


class ModelFacts(Task):
    """What is true of each model, whatever the picture.

    The result, a list with an entry for each model:

    - "reads": uint8 (D, ceil(D / 8)), the rows of `dependencies()` as bits, the first the highest;
    - "order": int32 (D,), the flat index drawn at each step;
    - "seconds": that one sample takes, the median of `samples`; "device": that drew it.

    Args:
        models: as the module says.
        device: where it computes.
    """

    def __init__(self, models: Sequence[Wanted], device: str = "cpu") -> None:
        self.models, self.device = models, device
        self.found: list[dict[str, Any]] = []

    def steps(self) -> Iterator[Step]:
        for number, wanted in enumerate(self.models):
            model = model_of(wanted, self.device)
            reads = np.packbits(model.dependencies().cpu().numpy(), axis=1)
            yield Step((number + 0.5) / len(self.models), number)
            times = sampling_seconds(model)
            self.found.append(
                {
                    "reads": reads,
                    "order": model.order.cpu().numpy().astype(np.int32),
                    "seconds": float(np.median(times)),
                    "samples": len(times),
                    "device": describe(model.device),
                }
            )
            yield Step((number + 1) / len(self.models), number + 1)

    def result(self) -> list[dict[str, Any]]:
        return self.found


def sampling_seconds(model: AutoregressiveModel) -> list[float]:
    """Seconds of some samples of a model, each drawn alone; of a slow model, of one.

    The first, which takes longer, is left out where there are others. On a CPU it is the time of
    the processor, so that what else the machine does is not counted.
    """
    clock = time.thread_time if model.device.type == "cpu" else time.perf_counter
    times: list[float] = []
    while len(times) <= MOST_SAMPLES and sum(times) < ENOUGH_SECONDS:
        generator = torch.Generator().manual_seed(len(times))
        begun = clock()
        model.sample(1, generator=generator).cpu()
        times.append(clock() - begun)
    return times[1:] or times
