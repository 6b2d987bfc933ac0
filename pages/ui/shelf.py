"""What the server keeps for all sessions, to be asked for again: never more than a bound."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any


class Shelf:
    """The entries used last, up to a number of bytes; any thread may use it.

    Args:
        most: bytes.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.size = 0
        self._entries: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Any:
        """The entry, or None."""
        with self._lock:
            if key not in self._entries:
                return None
            self._entries.move_to_end(key)
            return self._entries[key][0]

    def put(self, key: Hashable, entry: Any, size: int) -> None:
        """Keep an entry of so many bytes, and put away those used longest ago."""
        with self._lock:
            self.size += size - self._entries.pop(key, (None, 0))[1]
            self._entries[key] = entry, size
            while self.size > self.most:
                _, (_, freed) = self._entries.popitem(last=False)
                self.size -= freed

    def __len__(self) -> int:
        return len(self._entries)
