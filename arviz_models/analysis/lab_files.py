"""A run of the lab as files: its weights, their card and its history in one .zip; and as a script.

A file that is read may come from anyone. It is read as a checkpoint is (`arviz_models.pretrained`):
what it declares is compared with what its card describes before one number is copied, and nothing
in it is ever run. Before that, here, sizes and counts are bounded.
"""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from arviz_models.analysis import lab, lab_history
from arviz_models.analysis.lab_history import History, HistoryError
from arviz_models.analysis.lab_settings import DATA, SIDES, Conversion, Settings
from arviz_models.base import AutoregressiveModel
from arviz_models.cards import CheckpointError
from arviz_models.descent import weights_of
from arviz_models.pretrained import MAX_PARAMETERS, checkpoint_contents, load_pretrained

MOST_FILE_BYTES = 40 * 2**20
MOST_CARD_BYTES = 2**20
MOST_ENTRIES = 16  # of a .zip
MOST_COUNT = 64  # of layers, heads and the like, which take time even where they hold no numbers
MOST_NUMBER = 1_000_000  # of anything else in a config, but for seeds
CARD, WEIGHTS = ".json", ".safetensors"
HISTORY = ".history"  # arrays in the format of .safetensors; see `lab_history`
PICKLES = (".pkl", ".pickle", ".pt", ".pth", ".bin", ".ckpt")
NO_PICKLE = (
    "it is a pickle of Python or PyTorch. Such a file can run code when it is opened, so it is not "
    "opened here. Save the weights as .safetensors"
)


class FileError(ValueError):
    """A file that cannot be read; the message says what it is and what to do."""


@dataclass(frozen=True)
class Loaded:
    """A model that was read from a file.

    Attributes:
        model, config: name of its class, and the arguments of its constructor.
        data, levels: of the images that it has learned, one of the lab's data sets or "own".
        weights: all parameters, as `arviz_models.descent.weights_of` has them.
        card: all that the file says of it.
        history: how the run came to them; None where the file says nothing of it.
    """

    model: str
    config: dict[str, Any]
    data: str
    levels: int
    weights: np.ndarray
    card: dict[str, Any]
    history: History | None = None


def packed(
    name: str,
    model: str,
    config: Mapping[str, Any],
    weights: np.ndarray,
    card: Mapping[str, Any],
    history: History | None = None,
) -> bytes:
    """A .zip of NAME.safetensors and its card NAME.json, in the format of the shipped checkpoints.

    Where there is a history, the card has a part "run", and there is a third file NAME.history. The
    state of a paused run is left out where the file would become too large to be read again.

    Raises:
        ValueError: a model that leaks, or weights that are not finite, are not saved.
    """
    found = lab.built(model, config, 0, weights)
    full = {**card, "parameters": len(weights), "torch": torch.__version__}
    more: dict[str, bytes] = {}
    if history is not None:
        room = MOST_FILE_BYTES - 2 * len(weights) - MOST_CARD_BYTES
        full["run"], more[HISTORY] = lab_history.written(history, room)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for suffix, content in (checkpoint_contents(found, name, full) | more).items():
            archive.writestr(f"{name}{suffix}", content)
    return target.getvalue()


def read(files: Sequence[tuple[str, bytes]]) -> Loaded:
    """A model from one .zip, or from its weights and its card.

    Args:
        files: name and content of each.

    Raises:
        FileError: what is wrong, in words.
    """
    for name, content in files:
        if not content:
            raise FileError(f"{name}: the file is empty")
        if len(content) > MOST_FILE_BYTES:
            raise FileError(
                f"{name}: {lab.in_bytes(len(content))}; the most is {lab.in_bytes(MOST_FILE_BYTES)}"
            )
        if name.lower().endswith(PICKLES) or content[:2] in (b"\x80\x02", b"\x80\x04", b"\x80\x05"):
            raise FileError(f"{name}: {NO_PICKLE}")
    if len(files) == 1 and not files[0][0].lower().endswith((CARD, WEIGHTS)):
        files = _unzipped(*files[0])
    found: dict[str, bytes] = {}
    for suffix, what in ((WEIGHTS, "the weights"), (CARD, "the card")):
        fitting = [content for name, content in files if name.lower().endswith(suffix)]
        if len(fitting) != 1:
            has = "none" if not fitting else f"{len(fitting)} of them"
            raise FileError(
                f"one file {suffix} is needed, {what}, and there is {has}. Give both files, or the "
                ".zip that the lab saves"
            )
        found[suffix] = fitting[0]
    histories = [content for name, content in files if name.lower().endswith(HISTORY)]
    return _model(found[WEIGHTS], found[CARD], histories[0] if histories else None)


def _unzipped(name: str, content: bytes) -> list[tuple[str, bytes]]:
    """The weights and the card in a .zip; no more bytes are unpacked than it may have."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if any(entry.filename.lower().endswith(PICKLES) for entry in entries):
                raise FileError(f"{name}: {NO_PICKLE}")
            if len(entries) > MOST_ENTRIES:
                raise FileError(
                    f"{name}: {len(entries):,} files are in it; a saved run has three, the "
                    "weights, the card and the history"
                )
            ends = (CARD, WEIGHTS, HISTORY)
            wanted = [each for each in entries if each.filename.lower().endswith(ends)]
            return [(each.filename, _entry(name, archive, each)) for each in wanted]
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError):
        raise FileError(
            f"{name}: this is no .zip, or it is damaged. Give the .zip that the lab saves, or a "
            ".safetensors with its .json"
        ) from None
    except (RuntimeError, NotImplementedError):  # a password; another compression
        raise FileError(f"{name}: it has a password, or a compression of another kind") from None


def _entry(name: str, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    with archive.open(entry) as file:
        content = file.read(MOST_FILE_BYTES + 1)
    if len(content) > MOST_FILE_BYTES:
        raise FileError(
            f"{name}: {entry.filename} unpacks to more than {lab.in_bytes(MOST_FILE_BYTES)}"
        )
    return content


def _model(weights: bytes, card_text: bytes, history: bytes | None) -> Loaded:
    if len(card_text) > MOST_CARD_BYTES:
        raise FileError(f"the card is larger than {lab.in_bytes(MOST_CARD_BYTES)}")
    try:
        card = json.loads(card_text)
    except (ValueError, RecursionError):
        raise FileError("the card is no JSON text") from None
    if not isinstance(card, dict):
        raise FileError("the card is no JSON object")
    try:
        _check_config(card.get("config"))
    except RecursionError:
        raise FileError("the card's lists are nested too deep") from None
    data, levels = _data(card)
    _check_images(card["config"], data, levels)
    try:
        least = lab.weights_between(card["config"])
    except (KeyError, TypeError, ValueError):
        raise FileError("the card's config does not describe a model") from None
    if least > MAX_PARAMETERS:
        raise FileError(f"the card describes {least:,} weights; the most is {MAX_PARAMETERS:,}")
    model = _loaded(weights, card)
    size = lab.size_of(card["class"], card["config"], 100)
    if size.bytes > lab.most_bytes():
        raise FileError(f"the model is too large to be looked at here: {size}")
    found = None
    if history is not None:
        try:
            found = lab_history.read(card.get("run"), history, model)
        except HistoryError as error:
            raise FileError(f"the history of the run cannot be read: {error}") from None
        if (found.settings.data, found.settings.levels) != (data, levels):
            raise FileError("the history of the run is of other images than its card says")
    return Loaded(card["class"], card["config"], data, levels, weights_of(model), card, found)


def _check_images(config: Mapping[str, Any], data: str, levels: int) -> None:
    """Refuse a model of other images than those of the data, before anything of it is built."""
    shape, has = config.get("event_shape"), config.get("levels", 2)
    if (shape, has) not in [(list(each), levels) for each in _shapes(data)]:
        raise FileError(
            f"the model has images of shape {str(shape)[:40]} with {str(has)[:40]} levels, but its "
            f"card says that it has learned {data} with {levels} levels"
        )


def _loaded(weights: bytes, card: Mapping[str, Any]) -> AutoregressiveModel:
    """The model, through the strict reader of checkpoints, which reads files."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / f"upload{WEIGHTS}").write_bytes(weights)
            (Path(folder) / f"upload{CARD}").write_text(json.dumps(card), encoding="utf-8")
            return load_pretrained("upload", "cpu", Path(folder))
    except CheckpointError as error:
        words = str(error).replace(f"upload{WEIGHTS}", "the file of weights")
        raise FileError(words.replace(f"upload{CARD}", "the card")) from None
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise FileError(
            f"this server cannot put it on its disk for a moment ({why}). Try again later"
        ) from None


def _shapes(data: str) -> list[tuple[int, int, int]]:
    """That its images can have."""
    side = DATA[data].side
    return [(1, each, each) for each in ([side] if side else SIDES)]


def _data(card: Mapping[str, Any]) -> tuple[str, int]:
    """What the model has learned, as its card says."""
    data, levels = card.get("data"), card.get("levels")
    if not isinstance(data, str) or data not in DATA:
        raise FileError(
            f"the card says that the model has learned {str(data)[:40]!r}; the lab has "
            f"{', '.join(DATA)}"
        )
    most = DATA[data].most_levels
    if type(levels) is not int or not 2 <= levels <= most:
        raise FileError(f"the card's levels of {data} are {str(levels)[:40]!r}; from 2 to {most}")
    return data, levels


def _check_config(config: Any) -> None:
    """Refuse what would take long, or much memory, before its shapes are known."""
    if not isinstance(config, dict):
        raise FileError("the card has no 'config', the arguments of the model")
    for key, value in config.items():
        numbers = list(_numbers(value))
        if len(numbers) > MOST_NUMBER:
            raise FileError(f"the card's {str(key)[:40]!r} is too long")
        most = MOST_NUMBER
        if key in ("layers", "trunk", "heads", "kernel", "first_kernel"):
            most = MOST_COUNT
        elif key == "seed":
            most = 2**63
        elif key == "hidden" and isinstance(value, list) and len(value) > MOST_COUNT:
            raise FileError(f"the card's 'hidden' has {len(value):,} layers; the most is 64")
        for number in numbers:
            if abs(number) > most:
                raise FileError(
                    f"the card's {str(key)[:40]!r} has {number:.6g}; the most is {most:,}"
                )


def _numbers(value: Any) -> Sequence[float]:
    """All numbers of a JSON value, however deep."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return []
    if isinstance(value, dict):
        return [each for part in value.values() for each in _numbers(part)]
    if isinstance(value, list):
        return [each for part in value for each in _numbers(part)]
    return [value]


# --- as code --------------------------------------------------------------------------------------


def script(settings: Settings, steps: int, conversion: Conversion | None = None) -> str:
    """A Python script that trains the same model to the same weights, and prints its figures.

    Args:
        settings: of the run.
        steps: how many were taken for the weights that the run has.
        conversion: of own pictures; the script is then given them, as files, a folder or a zip.
    """
    kind = settings.kind
    arguments = lab.config_of(settings)
    arguments["event_shape"] = settings.shape
    random_order = "order" in arguments
    arguments.pop("order", None)
    written = [f"    {name}={value!r}," for name, value in arguments.items()]
    lines = [
        f'"""{settings.said()}: a run of ARViz\'s lab, trained again to the same figures."""',
        "",
        "import math",
        *(["import sys"] if conversion else []),
        "",
        "import torch",
        "",
        *_imports(conversion),
        f"from arviz_models.{kind.home} import {kind.name}",
    ]
    if random_order:
        lines.append("from arviz_models.ordering import named_order")
        order = f"named_order({settings.order!r}, {settings.shape!r}, seed={settings.seed})"
        written.append(f"    order={order},")
    falls = settings.budget == "epochs"
    epochs = settings.epochs if falls else 1
    schedule = "" if falls else ", falls=False"
    lines += [
        "from arviz_models.evaluation import negative_log_likelihood",
        "from arviz_models.training import Run, TrainingSettings",
        "",
        "torch.set_num_threads(1)  # as in the lab: more threads add up in another order",
        *_loads(settings, conversion),
        f"torch.manual_seed({settings.seed})",
        f"model = {kind.name}(",
        *written,
        ")",
        "settings = TrainingSettings(",
        f"    epochs={epochs},"
        + ("" if falls else "  # not used: the learning rate does not fall"),
        f"    batch_size={settings.batch},",
        f"    learning_rate={settings.rate!r},",
        f"    seed={settings.seed},",
        ")",
        f"run = Run(model, dataset, settings{schedule})",
        "run.start()",
        f"for step in range(1, {steps} + 1):",
        "    progress = run.take_step()",
        f"    if step % {max(1, steps // 10)} == 0:",
        '        print(f"step {step}: training loss {progress.batch_loss:.4f} nats")',
        "",
        "model.eval()",
        f'nll = negative_log_likelihood(model, dataset, "valid", {lab.VALIDATED})',
        "bits = nll / math.log(2) / model.dimensions",
        'print(f"validation NLL {nll:.4f} nats an image, {bits:.4f} bits/dim")',
        "",
        "image = model.sample(1, generator=torch.Generator().manual_seed(0))[0, 0]",
        "for row in image.tolist():",
        '    print("".join(" ░▒▓█"[4 * level // (model.levels - 1)] for level in row))',
    ]
    return "\n".join(lines) + "\n"


def _imports(conversion: Conversion | None) -> list[str]:
    if conversion is None:
        return ["from arviz_models import load_dataset"]
    return ["from arviz_models.analysis.own_images import as_levels, data_set, read_paths"]


def _loads(settings: Settings, conversion: Conversion | None) -> list[str]:
    """The lines that make the data set."""
    if conversion is None:
        return [f"dataset = load_dataset({settings.data!r}, levels={settings.levels})"]
    return [
        "found = read_paths(sys.argv[1:])  # the names of pictures, a folder of them, or a zip",
        "images = as_levels(",
        "    found.greys,",
        f"    {settings.shape[1:]!r},",
        f"    {settings.levels},",
        f"    fit={conversion.fit!r},",
        f"    threshold={conversion.threshold!r},",
        f"    dark={conversion.dark!r},",
        ")",
        f"dataset = data_set(images, {settings.levels})",
        'print(*(f"{dataset.size(each)} {each}" for each in ("train", "valid", "test")), sep=", ")',
    ]
