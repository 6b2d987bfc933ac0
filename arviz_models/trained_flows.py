"""Flows that ship trained, so that the lesson never has to show one that has learned nothing.

Each is a file of assets/flows: the weights, and the loss of every step of its training. Such a file
is determined by its name: the data, the settings, seed 0 and the steps of `STEPS`. This trains them
all again, or those named:

    python -m arviz_models.trained_flows [NAME ...]
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from arviz_models.cards import CheckpointError

FOLDER = Path(__file__).resolve().parents[1] / "assets" / "flows"
STEPS = 2000
SEED = 0
SHIPPED = (
    ("maf", "moons", 1, "natural"),
    ("maf", "rings", 1, "natural"),
    ("maf", "rings", 8, "natural"),
    ("maf", "rings", 4, "reversed"),
    ("maf", "moons", 4, "reversed"),
    ("iaf", "moons", 4, "reversed"),
    ("maf", "moons", 8, "reversed"),
    ("maf", "rings", 8, "reversed"),
    ("maf", "pinwheel", 8, "reversed"),
)  # kind, data, transforms, order


@dataclass(frozen=True)
class Trained:
    """What a file holds.

    Attributes:
        weights: float32, all parameters, as `descent.set_weights` takes them.
        losses: float32 (STEPS,), nats a point of a batch.
        seconds: that the training took where it was trained.
    """

    weights: np.ndarray
    losses: np.ndarray
    seconds: float


def name_of(kind: str, data: str, transforms: int, order: str) -> str:
    """The stem of a file.

    Example:
        >>> name_of("maf", "moons", 8, "reversed")
        'maf-moons-8-reversed'
    """
    return f"{kind}-{data}-{transforms}-{order}"


def load(name: str, folder: Path = FOLDER) -> Trained | None:
    """A trained flow, or None where none of that name is there.

    Raises:
        CheckpointError: its file is damaged, or holds the weights of another flow.
    """
    path = folder / f"{name}.safetensors"
    if not path.is_file():
        return None
    try:
        with safe_open(path, "numpy") as file:
            weights, losses = file.get_tensor("weights"), file.get_tensor("losses")
            seconds = float((file.metadata() or {}).get("seconds", 0))
    except (SafetensorError, ValueError) as error:
        raise CheckpointError(
            f"{path.name} is damaged ({error}). Restore the file, or make it again with "
            f"`python -m arviz_models.trained_flows {name}`"
        ) from None
    return Trained(weights, losses, seconds)


def train(name: str, folder: Path = FOLDER) -> Trained:
    """Train the flow of that name and write its file."""
    from arviz_models import flows
    from arviz_models.descent import weights_of

    kind, data, transforms, order = name.split("-")
    model = flows.flow(kind, 2, int(transforms), order, seed=SEED)
    progress = list(flows.train(model, flows.dataset(data), STEPS, seed=SEED))
    losses = np.array([each.loss for each in progress], np.float32)
    found = Trained(weights_of(model), losses, progress[-1].seconds)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(
        {"weights": found.weights, "losses": found.losses},
        folder / f"{name}.safetensors",
        {"seconds": f"{found.seconds:.1f}"},
    )
    return found


def main(names: tuple[str, ...]) -> None:
    """Train these again, all if none is named."""
    for name in names or tuple(name_of(*each) for each in SHIPPED):
        found = train(name)
        print(f"{name}: {found.losses[-20:].mean():.3f} nats, {found.seconds:.1f} s", flush=True)


if __name__ == "__main__":
    main(tuple(sys.argv[1:]))
