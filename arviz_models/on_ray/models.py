"""How a request names its model: a shipped checkpoint by its name, a student's own by its weights.

The order and the plain options travel with each request, the weights once: Ray's object store keeps
them for as long as the model lives here, and each machine that draws from them fetches them once.
"""

from __future__ import annotations

import copy
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import numpy as np
import ray
import torch
from numpy.typing import NDArray

from arviz_models.base import AutoregressiveModel
from arviz_models.pretrained import load_pretrained, shipped_as, state_of

MOST_MODELS = 16  # that a replica keeps, as many as a server does
PLAIN = (bool, int, float, str)


@dataclass(frozen=True)
class Named:
    """A model as a request names it.

    Attributes:
        key: equal for equal weights of one class.
        checkpoint: its name, where the weights are shipped; "" for own ones.
        weights: [reference to the module in the object store], empty where they are shipped. In a
            list, so that Ray does not fetch what the other side may have already.
        order: (D,) flat indices.
        options: public attributes that are plain, such as NADE's `start`.
    """

    key: str
    checkpoint: str
    weights: list[Any]
    order: NDArray[np.int64]
    options: Mapping[str, Any] = field(default_factory=dict)


def plain_options(model: AutoregressiveModel) -> dict[str, Any]:
    """Public attributes of a model that are numbers or text."""
    return {
        name: value
        for name, value in vars(model).items()
        if not name.startswith("_") and isinstance(value, PLAIN)
    }


class Luggage:
    """The models that this process has sent."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sent: dict[Any, tuple[str, Any]] = {}  # state of the weights -> key, reference

    def named(self, model: AutoregressiveModel) -> Named:
        """The name of a model; sends its weights, where they are not shipped and not sent yet."""
        order, options = model.order.cpu().numpy(), plain_options(model)
        if name := shipped_as(model):
            return Named(name, name, [], order, options)
        state = state_of(model)
        with self._lock:
            if state not in self._sent:
                key = uuid4().hex
                # On the CPU, as the other side may have no GPU.
                self._sent[state] = key, ray.put(copy.deepcopy(model).cpu())
                weakref.finalize(next(model.parameters()), self._forget, state)
            key, reference = self._sent[state]
        return Named(key, "", [reference], order, options)

    def _forget(self, state: Any) -> None:
        self._sent.pop(state, None)


class Models:
    """The models of a replica, by their keys; the one that was used last longest ago goes first.

    Args:
        device: where they are put.
        load: of a shipped checkpoint.
    """

    def __init__(
        self,
        device: torch.device,
        load: Callable[..., AutoregressiveModel] = load_pretrained,
    ) -> None:
        self._device, self._load = device, load
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, AutoregressiveModel] = OrderedDict()

    def get(self, named: Named) -> AutoregressiveModel:
        """The model of that name, in its order and with its options.

        Raises:
            CheckpointError: there is no such checkpoint here.
        """
        with self._lock:
            if named.key not in self._kept:
                if named.checkpoint:
                    found = self._load(named.checkpoint, self._device)
                else:
                    found = ray.get(named.weights[0]).to(self._device)
                self._kept[named.key] = found
            self._kept.move_to_end(named.key)
            while len(self._kept) > MOST_MODELS:
                self._kept.popitem(last=False)
            model = self._kept[named.key]
        order = torch.from_numpy(named.order.copy())
        if not torch.equal(model.order.cpu(), order):  # a PixelCNN takes none, not even its own
            model = model.with_order(order)
        there, asked = vars(model), named.options
        if other := {key: value for key, value in asked.items() if there.get(key) != value}:
            model = copy.copy(model)  # the one that is kept stays as it is
            vars(model).update(other)
        return model
