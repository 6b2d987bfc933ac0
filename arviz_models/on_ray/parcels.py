"""Plain data for a worker, whose large arrays travel once: a student's weights, for each question.

They are left out of the message and lie in Ray's object store, known by what is in them.
"""

from __future__ import annotations

import hashlib
import io
import pickle
import threading
from collections import OrderedDict
from typing import Any

import numpy as np
import ray

LARGE = 100_000  # bytes; Ray sends smaller ones within the message
MOST_SENT = 32  # arrays that are kept in the store, beyond those of messages on their way


class Sender:
    """The arrays that this process has sent."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sent: OrderedDict[str, Any] = OrderedDict()  # what is in it -> reference

    def pack(self, message: Any) -> tuple[bytes, dict[str, list[Any]]]:
        """The message without its large arrays, and references to these, each in a list."""
        stream, used = io.BytesIO(), {}
        sender = self

        class Pickler(pickle.Pickler):
            def persistent_id(self, found: Any) -> str | None:
                if (
                    not isinstance(found, np.ndarray)
                    or found.nbytes < LARGE
                    or found.dtype.hasobject
                ):
                    return None
                key, reference = sender._reference(found)
                used[key] = [reference]
                return key

        Pickler(stream, pickle.HIGHEST_PROTOCOL).dump(message)
        return stream.getvalue(), used

    def _reference(self, array: np.ndarray[Any, Any]) -> tuple[str, Any]:
        there = np.ascontiguousarray(array)
        digest = hashlib.blake2b(there.data.cast("B"), digest_size=16).hexdigest()
        key = f"{array.dtype.str} {array.shape} {digest}"
        with self._lock:
            if key not in self._sent:
                self._sent[key] = ray.put(there)
            self._sent.move_to_end(key)
            found = self._sent[key]
            while len(self._sent) > MOST_SENT:
                self._sent.popitem(last=False)
        return key, found


def unpack(message: bytes, references: dict[str, list[Any]]) -> Any:
    """What `Sender.pack` was given, with arrays of one's own."""

    class Unpickler(pickle.Unpickler):
        def persistent_load(self, key: str) -> Any:
            return ray.get(references[key][0]).copy()  # in the store they cannot be written to

    return Unpickler(io.BytesIO(message)).load()
