"""What a file of the lab holds of a run beside its weights: settings, losses, looks, samples.

Of a paused run it also holds what the training goes on from. All of it is numbers: a part of the
card, and arrays in a second .safetensors. A file that is read may come from anyone, so every number
is checked against the settings, and no text of it is shown.

Symbols: P parameters, L looks, n steps, D dimensions, K levels.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from arviz_models.analysis import lab
from arviz_models.analysis.lab_settings import OWN, Settings, settings_from
from arviz_models.base import AutoregressiveModel

MOST_STEPS = 2_000_000  # whose losses are kept
MOST_LOOKS = 2_000  # that a file holds: of more, some between the first and the last are left out
LOOK = ("step", "epoch", "valid", "seconds", "pace")
COUNTS = ("epoch", "taken", "step", "seen", "high", "moment", "best")  # of a state: whole numbers
TIMES = ("seconds", "total", "looking", "due")


class HistoryError(ValueError):
    """The history in a file is not that of such a run; the message says what is wrong."""


@dataclass(frozen=True)
class History:
    """A run as it came to its weights.

    Attributes:
        settings: of the run.
        losses: of every step, nats.
        kept: what each look found, `LOOK`; valid is None where there were no images to measure by.
        frames: the samples of each look, {"samples": uint8 (8, D)}.
        held: the step that the weights are from.
        part: of the budget, 0..1.
        seconds: of training.
        exploded: whether it has ended because its loss exploded.
        state: that `lab_training.ModelTraining` resumes from; None of a run that has ended.
    """

    settings: Settings
    losses: Sequence[float]
    kept: list[dict[str, Any]]
    frames: list[dict[str, np.ndarray]]
    held: int
    part: float
    seconds: float
    exploded: bool = False
    state: dict[str, Any] | None = field(default=None, repr=False)


# --- written --------------------------------------------------------------------------------------


def written(history: History, most: int) -> tuple[dict[str, Any], bytes]:
    """The part of the card, and the arrays.

    Args:
        most: bytes; the state is left out where it would make more.
    """
    there = _looks_written(history)
    looks = [history.kept[number] for number in there]
    table = [[math.nan if each[name] is None else each[name] for name in LOOK] for each in looks]
    arrays: dict[str, np.ndarray] = {
        "losses": np.array(history.losses, np.float32),
        "looks": np.array(table, np.float64).reshape(-1, len(LOOK)),
        "samples": np.array([history.frames[number]["samples"] for number in there], np.uint8),
    }
    card: dict[str, Any] = {
        "settings": asdict(history.settings),
        "held": history.held,
        "part": history.part,
        "seconds": history.seconds,
        "exploded": history.exploded,
    }
    if history.state is not None and history.state["best"] is not None:
        counts, more = _state_written(history.state)
        if sum(each.nbytes for each in (*arrays.values(), *more.values())) < most:
            card["state"], arrays = counts, arrays | more
    return card, save(arrays)


def _looks_written(history: History) -> list[int]:
    """Numbers of the looks that go into the file."""
    count, state = len(history.kept), history.state or {}
    wanted = set(np.linspace(0, count - 1, min(count, MOST_LOOKS)).round().astype(int).tolist())
    steps = {history.held}
    if state and state["best"] is not None:
        steps |= {state["moment"][0]["step"], state["best"][0][0]["step"]}
    return sorted(wanted | {n for n, each in enumerate(history.kept) if each["step"] in steps})


def _state_written(state: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    [weights], [adam] = state["weights"], state["adam"]
    (best, best_weights), (total, seen) = state["best"], state["epoch_loss"]
    counts = {name: state[name] for name in ("epoch", "taken", "step", "high")}
    counts |= {name: state[name] for name in ("seconds", "looking", "due")}
    counts |= {"total": total, "seen": seen}
    counts |= {"moment": state["moment"][0]["step"], "best": best[0]["step"]}
    arrays: dict[str, np.ndarray] = {"weights": weights, "best": best_weights}
    for name in ("exp_avg", "exp_avg_sq"):
        of_each = [np.ravel(adam[number][name]) for number in sorted(adam)]
        arrays[name] = np.concatenate(of_each) if of_each else np.zeros(0, np.float32)
    return counts, arrays


# --- read -----------------------------------------------------------------------------------------


def read(card: Any, content: bytes, model: AutoregressiveModel) -> History:
    """The history in a stranger's file.

    Args:
        card: the part of the card.
        content: the arrays; no longer than a file may be.
        model: that the file's weights made.

    Raises:
        HistoryError: what is wrong, in words.
    """
    try:
        arrays = load(content)
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError):
        raise HistoryError("its arrays are damaged") from None
    if not isinstance(card, dict):
        raise HistoryError("the card says nothing of it")
    settings = _settings(card.get("settings"), model)
    losses = _floats(arrays, "losses", np.float32, 1)
    if len(losses) > MOST_STEPS:
        raise HistoryError(f"{len(losses):,} steps; the most is {MOST_STEPS:,}")
    kept = _looks(arrays, len(losses))
    samples = arrays.get("samples", np.zeros(0))
    shape = (len(kept), lab.SAMPLES, model.dimensions)
    if samples.dtype != np.uint8 or samples.shape != shape or samples.max() >= model.levels:
        raise HistoryError("the samples are not those of its looks")
    held, part = _whole(card, "held"), _real(card, "part")
    if all(each["step"] != held for each in kept) or not 0 <= part <= 1:
        raise HistoryError("it does not say which step its weights are from")
    frames = [{"samples": each} for each in samples]
    state = None
    if settings.data != OWN and "state" in card:  # own images are in no file
        state = _state(card["state"], arrays, settings, model, len(losses), kept, frames)
    exploded = card.get("exploded") is True
    seconds = _real(card, "seconds")
    return History(settings, losses.tolist(), kept, frames, held, part, seconds, exploded, state)


def _settings(told: Any, model: AutoregressiveModel) -> Settings:
    """The settings, if a model of theirs is this one."""
    try:
        settings = settings_from(told)
        if settings.data != OWN:
            lab.check(settings)
        same = settings.kind.name == type(model).__name__ and (
            lab.built(settings.kind.name, lab.config_of(settings), 0).config == model.config
        )
    except (ValueError, TypeError, OverflowError) as error:
        raise HistoryError(f"its settings cannot be: {str(error)[:200]}") from None
    if not same:
        raise HistoryError("its settings describe another model than the card")
    return settings


def _looks(arrays: Mapping[str, np.ndarray], steps: int) -> list[dict[str, Any]]:
    table = arrays.get("looks", np.zeros(0))
    if table.dtype != np.float64 or table.ndim != 2 or table.shape[1] != len(LOOK):
        raise HistoryError("the looks are missing")
    if not 0 < len(table) <= MOST_LOOKS + 3:
        raise HistoryError(f"{len(table):,} looks; the most is {MOST_LOOKS:,}")
    at, valid = table[:, 0], table[:, 2]
    others = np.delete(table, 2, axis=1)
    fits = np.isfinite(others).all() and (others >= 0).all() and not np.isinf(valid).any()
    if not fits or (at != at.round()).any() or (np.diff(at) <= 0).any() or at[-1] > steps:
        raise HistoryError("the looks are not those of its steps")
    found = []
    for row in table.tolist():
        look = dict(zip(LOOK, row, strict=True))
        look["step"] = int(look["step"])
        look["valid"] = None if math.isnan(look["valid"]) else look["valid"]
        found.append(look)
    return found


def _state(
    told: Any,
    arrays: Mapping[str, np.ndarray],
    settings: Settings,
    model: AutoregressiveModel,
    steps: int,
    kept: list[dict[str, Any]],
    frames: list[dict[str, np.ndarray]],
) -> dict[str, Any]:
    """What `lab_training.ModelTraining.state` says, of a run of these settings."""
    if not isinstance(told, dict):
        raise HistoryError("the state of its training is no JSON object")
    counts = {name: _whole(told, name) for name in COUNTS}
    times = {name: _real(told, name) for name in TIMES}
    images = lab.dataset_of(settings.data, settings.levels).size("train")
    epoch_steps = -(-images // settings.batch)
    taken = counts["taken"]
    if not (
        taken < epoch_steps
        and counts["epoch"] * epoch_steps + taken == counts["step"] == steps
        and counts["seen"] <= images
        and counts["high"] <= 10
    ):
        raise HistoryError("the state of its training is not that of its steps")
    looks = {each["step"]: (each, frame) for each, frame in zip(kept, frames, strict=True)}
    if not {counts["moment"], counts["best"]} <= looks.keys():
        raise HistoryError("the state of its training names looks that are missing")
    sizes = [each.shape for each in model.parameters()]
    P = sum(math.prod(size) for size in sizes)
    vectors = {
        name: _floats(arrays, name, np.float32, 1, P if steps or name in ("weights", "best") else 0)
        for name in ("weights", "best", "exp_avg", "exp_avg_sq")
    }
    if (vectors["exp_avg_sq"] < 0).any():
        raise HistoryError("the state of its training has a negative mean of squares")
    adam: dict[int, dict[str, np.ndarray]] = {}
    begin = 0
    for number, size in enumerate(sizes if steps else []):
        part = slice(begin, begin := begin + math.prod(size))
        adam[number] = {"step": np.array(steps, np.float32)}
        adam[number] |= {
            name: vectors[name][part].reshape(size) for name in ("exp_avg", "exp_avg_sq")
        }
    return {
        "epoch": counts["epoch"],
        "taken": taken,
        "step": steps,
        "seconds": times["seconds"],
        "epoch_loss": (times["total"], counts["seen"]),
        "weights": [vectors["weights"]],
        "adam": [adam],
        "looking": times["looking"],
        "due": times["due"],
        "moment": looks[counts["moment"]],
        "best": (looks[counts["best"]], vectors["best"]),
        "problem": "",
        "high": counts["high"],
    }


def _floats(
    arrays: Mapping[str, np.ndarray], name: str, kind: type, axes: int, size: int | None = None
) -> np.ndarray:
    found = arrays.get(name)
    if found is None or found.dtype != kind or found.ndim != axes:
        raise HistoryError(f"its {name!r} are missing")
    if size is not None and found.size != size:
        raise HistoryError(f"its {name!r} are {found.size:,} numbers, not {size:,}")
    if not np.isfinite(found).all():
        raise HistoryError(f"its {name!r} hold numbers that are not finite")
    return found


def _whole(told: Mapping[str, Any], name: str) -> int:
    found = told.get(name)
    if type(found) is not int or not 0 <= found <= 10**9:
        raise HistoryError(f"its {name!r} is no whole number")
    return found


def _real(told: Mapping[str, Any], name: str) -> float:
    found: Any = told.get(name)
    if type(found) not in (int, float) or not 0 <= found <= 1e15:  # also where it is no number
        raise HistoryError(f"its {name!r} is no number")
    return float(found)
