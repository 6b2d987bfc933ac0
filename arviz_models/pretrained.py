"""Trained weights: one NAME.safetensors with one NAME.json, the card that says where they are from.

A checkpoint is read as untrusted: the file's header is compared with the model that the card names
before one number is copied, so a damaged file, one of another model, or one that declares absurd
sizes ends in a `CheckpointError` and takes no memory. Pickles are never read.
"""

from __future__ import annotations

import json
import math
import os
import weakref
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch.overrides import TorchFunctionMode

from arviz_models import cards
from arviz_models.base import AutoregressiveModel
from arviz_models.cards import CheckpointError, read_card
from arviz_models.catalogue import CLASSES
from arviz_models.device import choose_device

MAX_PARAMETERS = 50_000_000  # more than any shipped model by far; guards against absurd cards
MAX_DIMENSIONS = 1_000_000
MAX_CHANNELS = 16  # a mask of channels by channels is made also where no weight is
FLOATS = {"F16", "BF16", "F32", "F64"}


def load_pretrained(
    name: str, device: str | torch.device | None = None, folder: Path | None = None
) -> AutoregressiveModel:
    """A trained model in eval mode, its card as ``model.card``.

    Args:
        name: one of `list_pretrained()`.
        device: where to put it; None for the best there is, or what ARVIZ_DEVICE says.
        folder: other than the shipped checkpoints.

    Raises:
        CheckpointError: see the class.
        DeviceError: the device asked for is not there.
    """
    target = device if isinstance(device, torch.device) else choose_device(device)
    folder = folder or cards.FOLDER
    card = read_card(name, folder)
    if card["class"] not in CLASSES:
        raise CheckpointError(
            f"{name}.json names the class {card['class']!r}; known are {', '.join(CLASSES)}"
        )
    build, config = CLASSES[card["class"]], card["config"]
    try:
        shape = config.get("event_shape", ())
        if math.prod(shape) > MAX_DIMENSIONS:  # its order takes memory
            raise ValueError(f"an event_shape of more than {MAX_DIMENSIONS:,} dimensions")
        if len(shape) == 3 and shape[0] > MAX_CHANNELS:
            raise ValueError(f"images of more than {MAX_CHANNELS} channels")
        described = without_numbers(build, config)
        if described.leaks:
            raise ValueError("one that reads what it must not is no density")
        expected = dict(described.named_parameters())
        with safe_open(folder / f"{name}.safetensors", "pt") as file:
            declared = {key: file.get_slice(key) for key in file.keys()}  # noqa: SIM118
            problem = _mismatch(
                {key: tuple(value.shape) for key, value in expected.items()},
                {key: tuple(value.get_shape()) for key, value in declared.items()},
                {key: value.get_dtype() for key, value in declared.items()},
            )
            if problem:
                raise CheckpointError(
                    f"{name}.safetensors does not hold the weights of {card['class']} as its card "
                    f"describes it: {problem}. Restore both files, or train it again"
                )
            weights = {key: file.get_tensor(key).float() for key in declared}
    except SafetensorError as error:
        raise CheckpointError(
            f"{name}.safetensors is damaged ({error}). Restore the file, or train it again"
        ) from None
    except CheckpointError:
        raise
    # RuntimeError: sizes whose product is no 64-bit number.
    except (TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise CheckpointError(
            f"{name}.json does not describe a {card['class']}: {error}. Restore the card"
        ) from None
    if not all(bool(torch.isfinite(value).all()) for value in weights.values()):
        raise CheckpointError(f"{name}.safetensors holds numbers that are not finite")
    model = build(**config)
    model.load_state_dict(weights, strict=False)
    model.card = card
    model = model.to(target).eval().requires_grad_(False)
    if folder == cards.FOLDER:
        _note(model, name)
    return model


_loaded: dict[Hashable, str] = {}  # state of shipped weights -> name


def _note(model: AutoregressiveModel, name: str) -> None:
    state = state_of(model)
    _loaded[state] = name
    weakref.finalize(next(model.parameters()), _loaded.pop, state, None)


def shipped_as(model: AutoregressiveModel) -> str | None:
    """The checkpoint whose weights these are, unchanged since they were loaded; None for others."""
    return _loaded.get(state_of(model))


def state_of(model: AutoregressiveModel) -> Hashable:
    """Equal as long as a model, or a view of it in another order, has the same weights.

    To be compared only while the model is in use, as it holds ids.
    """
    buffers = (buffer for name, buffer in model.named_buffers() if name != "order")
    tensors = (
        (id(each), each.data_ptr(), each._version) for each in (*model.parameters(), *buffers)
    )
    return type(model), tuple(tensors)


def without_numbers(
    build: type[AutoregressiveModel], config: Mapping[str, Any]
) -> AutoregressiveModel:
    """The model of these arguments on torch's "meta" device: its shapes, at no cost of memory.

    Raises:
        TypeError, ValueError, AttributeError, RuntimeError: what the constructor says of them.
    """
    with torch.device("meta"), _Uninitialised():
        return build(**config)


class _Uninitialised(TorchFunctionMode):
    """Leaves out torch.nn.init: on "meta" there is nothing to fill, and trying takes a second."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if getattr(func, "__module__", None) == "torch.nn.init":
            return kwargs["tensor"] if "tensor" in kwargs else args[0]
        return func(*args, **kwargs)


def _mismatch(
    expected: Mapping[str, tuple[int, ...]],
    declared: Mapping[str, tuple[int, ...]],
    dtypes: Mapping[str, str],
) -> str:
    """What is wrong with the declared tensors, in words; empty where nothing is."""
    if sum(math.prod(shape) for shape in expected.values()) > MAX_PARAMETERS:
        return f"the card describes more than {MAX_PARAMETERS:,} parameters"
    if missing := sorted(expected.keys() - declared.keys()):
        return f"missing {', '.join(missing)}"
    if extra := sorted(declared.keys() - expected.keys()):
        return f"unknown {', '.join(extra)}"
    for key, shape in expected.items():
        if declared[key] != shape:
            return f"{key} has shape {declared[key]}, expected {shape}"
        if dtypes[key] not in FLOATS:
            return f"{key} is {dtypes[key]}, expected floating point"
    return ""


def save_checkpoint(
    model: AutoregressiveModel, name: str, card: Mapping[str, Any], folder: Path | None = None
) -> None:
    """Write the parameters in float16 (it costs under 0.001 nats), and the card.

    Raises:
        ValueError: the model is not of a class that may be loaded again, or may not be saved.
        OSError: `folder` cannot be written.
    """
    folder = folder or cards.FOLDER
    contents = checkpoint_contents(model, name, card)
    folder.mkdir(parents=True, exist_ok=True)
    for suffix, content in contents.items():
        partial = folder / f".{name}{suffix}.partial"
        try:
            partial.write_bytes(content)
            os.replace(partial, folder / f"{name}{suffix}")
        finally:  # where the disk is full, what is half written goes
            partial.unlink(missing_ok=True)


def checkpoint_contents(
    model: AutoregressiveModel, name: str, card: Mapping[str, Any]
) -> dict[str, bytes]:
    """What `save_checkpoint` writes: the content of each file, by its suffix.

    Raises:
        ValueError: as of `save_checkpoint`.
    """
    if type(model).__name__ not in CLASSES:
        raise ValueError(f"{type(model).__name__} is none of {', '.join(CLASSES)}")
    if model.leaks:
        raise ValueError(
            f"this {type(model).__name__} is broken on purpose: its conditionals read what they "
            "must not, so that it is no density. No checkpoint may hold it; build it unbroken"
        )
    tensors = {key: value.detach().half().cpu() for key, value in model.named_parameters()}
    if not all(bool(torch.isfinite(value).all()) for value in tensors.values()):
        raise ValueError(f"{name} holds weights that are not finite in float16; not saved")
    full = {"class": type(model).__name__, "config": model.config} | dict(card)
    return {".safetensors": save(tensors), ".json": f"{json.dumps(full, indent=2)}\n".encode()}
