"""Trainings that run in the reader's browser: which ones of the lab can, and what it is sent.

What trains there: assets/engine/training.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from arviz_models import flows
from arviz_models.analysis import flow_planes, lab
from arviz_models.analysis.lab_settings import DATA, Settings
from arviz_models.data import Dataset, load_dataset

CLASSES = ("NADE", "MADE", "PixelCNN")
GPU_CLASSES = ("MADE", "PixelCNN")  # NADE computes one pixel after the other
IMAGES = ("digits", "mnist14", "mnist_binary")  # others come with the page
MOST_PARAMETERS = 5_000_000  # 80 MB in the browser, with gradients and Adam's moments


@dataclass(frozen=True)
class Images:
    """The images of a data set, as a browser reads them.

    Attributes:
        bytes: those of training, then the first `lab.VALIDATED` of validation. With two levels each
            as `numpy.packbits` writes it, from a byte of its own on; with more, one byte a pixel.
        train: how many are for training.
        hash: of the bytes.
    """

    bytes: bytes
    train: int
    hash: str


@lru_cache(maxsize=8)
def images(name: str, levels: int = 2) -> Images:
    """The images called `name`, one of `IMAGES`."""
    return packed(load_dataset(name, levels))


def packed(dataset: Dataset) -> Images:
    """The images of a data set."""
    parts = []
    for split, limit in (("train", dataset.size("train")), ("valid", lab.VALIDATED)):
        for begin in range(0, min(limit, dataset.size(split)), 1000):  # type: ignore[arg-type]
            end = min(begin + 1000, limit)
            x = dataset.batch(split, slice(begin, end))  # type: ignore[arg-type]
            pixels = x.flatten(1).numpy().astype(np.uint8)
            parts.append(np.packbits(pixels, axis=1) if dataset.levels == 2 else pixels)
    content = b"".join(part.tobytes() for part in parts)
    return Images(content, dataset.size("train"), hashlib.sha256(content).hexdigest()[:16])


def is_there(name: str, levels: int) -> bool:
    """Whether `images` has them."""
    return name in IMAGES and 2 <= levels <= DATA[name].most_levels


def refusal(settings: Settings, images: np.ndarray | None = None) -> str:
    """Why a browser cannot train these settings, in words; "" where it can.

    Args:
        images: uint8 (n, H, W), where the data are own ones.
    """
    kind = settings.kind
    if kind.name not in CLASSES:
        return f"{kind.title} is trained on the server; a browser trains NADE, MADE and PixelCNN."
    size = lab.check(settings, images)
    if size.parameters > MOST_PARAMETERS:
        return (
            f"{size.parameters:,} parameters are many for a browser, which trains at most "
            f"{MOST_PARAMETERS:,}; the server trains them."
        )
    return ""


def options_of(settings: Settings) -> dict[str, Any]:
    """What the browser trains: `Settings` of assets/engine/training/run.js."""
    asked = lab.options_of(settings)
    return {
        "model": asked["model"],
        "config": asked["config"],
        "seed": asked["seed"],
        "learningRate": asked["learning_rate"],
        "batchSize": asked["batch_size"],
        "epochs": asked["epochs"],
        "seconds": asked["seconds"],
    }


def flow_options(
    kind: str, layers: int, order: str, seed: int, steps: int, goal: int
) -> dict[str, Any]:
    """The training of a flow: `FlowSettings` of assets/engine/training/watched_flow.js.

    Args:
        kind, layers, order, seed, steps, goal: as those of the task "flow", which does the same.
    """
    return {
        "model": "flow",
        "config": {"kind": kind, "layers": layers, "order": order, "hidden": list(flows.HIDDEN)},
        "seed": seed,
        "learningRate": flows.LEARNING_RATE,
        "batchSize": flows.BATCH,
        "steps": steps,
        "goal": goal,
        "moments": [0, *flow_planes.frame_steps(steps)],
        "planes": {
            "window": flow_planes.WINDOW,
            "cells": flow_planes.CELLS,
            "lines": flow_planes.LINES,
            "along": flow_planes.ALONG,
            "shown": flow_planes.SHOWN,
        },
    }
