"""A model that tells of each step, to this process or to a test in another one: through files."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from arviz_models import NADE
from arviz_models.nade import NADEDecoder

SHAPE = (1, 4, 5)
D = 20
WAIT = 30.0  # seconds after which a test would rather fail than hang


class Event:
    """A `threading.Event` for several processes: a file that is there once it is set."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def set(self) -> None:
        self.file.touch()

    def wait(self, timeout: float) -> bool:
        end = time.monotonic() + timeout
        while not self.file.exists():
            if time.monotonic() > end:
                return False
            time.sleep(0.002)
        return True


class Log:
    """A watch that records each step in a file, with the name of who took it."""

    def __init__(self, file: Path, name: str = "") -> None:
        self.file, self.name = file, name

    def __call__(self, t: int, n: int) -> None:
        with open(self.file, "a", encoding="utf-8") as file:
            file.write(f"{t} {n} {os.getpid()} {self.name}\n")

    def _lines(self) -> list[list[str]]:
        if not self.file.exists():
            return []
        return [line.split() for line in self.file.read_text("utf-8").splitlines()]

    @property
    def steps(self) -> list[tuple[int, int]]:
        """(t, n) of each step."""
        return [(int(line[0]), int(line[1])) for line in self._lines()]

    @property
    def process(self) -> int:
        """Id of the process that took the last step."""
        return int(self._lines()[-1][2])

    @property
    def names(self) -> str:
        """Who took each step."""
        return "".join(line[3] for line in self._lines())


class Gate(Log):
    """A watch that records and holds the worker at step `at` until it is opened."""

    def __init__(self, folder: Path, at: int = 0) -> None:
        folder.mkdir(exist_ok=True)
        super().__init__(folder / "steps")
        self.at = at
        self.reached, self.opened = Event(folder / "reached"), Event(folder / "opened")

    def __call__(self, t: int, n: int) -> None:
        super().__call__(t, n)
        if t == self.at:
            self.reached.set()
            assert self.opened.wait(WAIT)


class Slow(Log):
    """A watch that records, and takes `seconds` for a step."""

    def __init__(self, file: Path, seconds: float) -> None:
        super().__init__(file)
        self.seconds = seconds

    def __call__(self, t: int, n: int) -> None:
        super().__call__(t, n)
        time.sleep(self.seconds)


class WatchedNADE(NADE):
    """Reports each decoder step to `watch(t, n)` just before it is taken."""

    def __init__(self, watch: Callable[[int, int], None], seed: int = 1) -> None:
        super().__init__(SHAPE, hidden=8)
        self._watch = watch
        randomise(self, seed)

    def decoder(self, n: int) -> NADEDecoder:
        return WatchedDecoder(self, n)


class WatchedDecoder(NADEDecoder):
    def _update(self, index: int, value: Tensor) -> None:
        assert isinstance(self._model, WatchedNADE)
        self._model._watch(self.step, self.n)
        super()._update(index, value)


def randomise(model: NADE, seed: int) -> None:
    """Weights from a seed, ready to draw."""
    generator = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator)
    model.eval().requires_grad_(False)
