"""What the shipped checkpoints draw for some seeds, recorded once: links and lessons name seeds.

    python -m tests.recorded_samples

records anew the samples of checkpoints whose weights changed, and of no others. A lesson that
speaks of a seed of theirs has to be looked at again.
"""

from __future__ import annotations

import hashlib
import json
import string
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from arviz_models import NADE, AutoregressiveModel, list_pretrained, load_pretrained
from arviz_models.cards import FOLDER
from arviz_models.ordering import named_order

FILE = Path(__file__).with_name("recorded_samples.json")
SEEDS = (0, 1, 32)
ORDERS = ("raster", "reversed", "random")  # of a model that is trained for any order
ORDER_SEED = 5
DIGITS = string.digits + string.ascii_lowercase


def weights(name: str) -> str:
    """What tells the weights of a checkpoint from others."""
    return hashlib.sha256((FOLDER / f"{name}.safetensors").read_bytes()).hexdigest()


def variants(name: str) -> Iterator[tuple[str, AutoregressiveModel]]:
    """The ways to sample a checkpoint that are recorded, by name."""
    model = load_pretrained(name, "cpu").requires_grad_(False)
    yield "as trained", model
    if getattr(model, "order_agnostic", False):
        for order in ORDERS[1:]:
            drawn = named_order(order, model.event_shape, ORDER_SEED)
            yield f"{order} order", model.with_order(drawn)
    if isinstance(model, NADE):
        yield "gaussian start", model.with_start("gaussian")


def packed(levels: Sequence[int]) -> str:
    """A sample in the order of drawing; each level is one character, as digits to the base 36."""
    return "".join(DIGITS[level] for level in levels)


def unpacked(text: str, model: AutoregressiveModel) -> Tensor:
    """long (1, *event_shape)."""
    x = torch.empty(model.dimensions, dtype=torch.long)
    x[model.order] = torch.tensor([int(level, len(DIGITS)) for level in text])
    return x.view(1, *model.event_shape)


def drawn(name: str) -> dict[str, Any]:
    """The record of one checkpoint as it is now."""
    samples: dict[str, dict[str, str]] = {}
    for variant, model in variants(name):
        for seed in SEEDS:
            x = model.sample(1, generator=torch.Generator().manual_seed(seed))
            levels = x.flatten()[model.order].tolist()
            samples.setdefault(variant, {})[str(seed)] = packed(levels)
    return {"weights": weights(name), "samples": samples}


def main() -> int:
    """Bring the file up to date."""
    known: dict[str, Any] = json.loads(FILE.read_text("utf-8")) if FILE.exists() else {}
    names = list_pretrained()
    for name in names:
        if known.get(name, {}).get("weights") != weights(name):
            known[name] = drawn(name)
            print(f"recorded {name}")
    kept = {name: known[name] for name in names}
    FILE.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
