"""The models that the lab scores pictures by: the shipped ones, and the finished runs of a session.

What workers compute of them lies on the server's shelf of results, by model and picture.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from arviz_models.analysis.lab_settings import DATA, KINDS
from pages.lab.runs import LabRun, runs
from pages.ui import work
from pages.ui.engine import weights_hash
from pages.ui.models import model, shipped

if TYPE_CHECKING:
    from arviz_models.analysis.scores import Range

GREY = "mnist"  # shipped, and not to be trained in the lab
TITLES = {name: images.title for name, images in DATA.items()} | {GREY: "MNIST, 28×28, grey"}
RUN = "run-"  # begins the name of a run, which its token ends
LEAST = 2  # models that can be compared


@dataclass(frozen=True)
class Rival:
    """A model that can score a picture.

    Attributes:
        name: of the checkpoint; of a run `RUN` and its token.
        title, note: what a picture calls it, and what else there is to know.
        data, levels: of the images that it has learned.
        config: arguments of its constructor, with its class as "class".
        parameters: of the model.
        wanted: what a worker makes it from (`arviz_models.analysis.rivals`).
        key: equal for equal models of all sessions, and for these alone.
    """

    name: str
    title: str
    note: str
    data: str
    levels: int
    config: dict[str, Any]
    parameters: int
    wanted: dict[str, Any]
    key: Hashable

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        _, rows, columns = self.config["event_shape"]
        return rows, columns

    @property
    def dimensions(self) -> int:
        """D."""
        return prod(self.config["event_shape"])

    @property
    def any_order(self) -> bool:
        """Whether it was trained to draw in any order."""
        return bool(self.config.get("order_agnostic"))

    @property
    def raster(self) -> bool:
        """Whether its own order is that of the raster."""
        return self.config.get("order") is None

    @property
    def shipped(self) -> bool:
        return not self.name.startswith(RUN)

    def network(self) -> Any:
        """The model itself, on the device that serves all sessions."""
        return model(self.name) if self.shipped else _built(self.key, self.wanted)


@st.cache_resource(show_spinner="Loading the model", max_entries=8)
def _built(key: Hashable, _wanted: dict[str, Any]) -> Any:
    from arviz_models.analysis.rivals import model_of

    return model_of(_wanted)


# --- which there are ------------------------------------------------------------------------------


def title_of(kind: str, config: dict[str, Any]) -> str:
    """A shipped model in a few words, without what its kind is called besides, in brackets."""
    [title] = [each.title.split(" (")[0] for each in KINDS.values() if each.name == kind]
    if config.get("full_context"):
        title += ", full context"
    return title + (", any order" if config.get("order_agnostic") else "")


def note_of(config: dict[str, Any]) -> str:
    """What has to be known of its NLL: in which order, and of what it is a mean; "" for nothing."""
    masks = config.get("masks", 1)
    words = []
    if config.get("order_agnostic"):
        words.append("scored in raster order")
    if masks > 1:
        words.append(f"mean over {masks} masks")
    return ", ".join(words)


def shipped_rivals() -> list[Rival]:
    """The shipped models of images with one channel, in the order of the lecture."""
    from arviz_models.cards import list_pretrained

    found = []
    places = [kind.name for kind in KINDS.values()]
    for name, card in shipped(list_pretrained()).items():
        config = card["config"]
        if card["class"] not in places or card.get("data") not in TITLES:
            continue
        rival = Rival(
            name,
            title_of(card["class"], config),
            note_of(config),
            card["data"],
            card["levels"],
            config | {"class": card["class"]},
            card["parameters"],
            {"checkpoint": name},
            (name, weights_hash(name)),
        )
        place = (places.index(card["class"]), rival.any_order, bool(config.get("full_context")))
        found.append((place, name, rival))
    return told_apart([rival for *_, rival in sorted(found, key=lambda each: each[:2])])


def told_apart(rivals: Sequence[Rival]) -> list[Rival]:
    """The same; networks of one kind that have learned the same images tell where they differ.

    By their kernels, else by their features.
    """
    alike: dict[Any, list[Rival]] = defaultdict(list)
    for each in rivals:
        alike[group_of(each), each.title].append(each)

    def told(rival: Rival) -> Rival:
        others = [each.config for each in alike[group_of(rival), rival.title]]
        kernel, features = rival.config.get("kernel"), rival.config.get("features")
        if len({config.get("kernel") for config in others}) > 1:
            return replace(rival, title=f"{rival.title}, {kernel}×{kernel} kernels")
        if len(others) > 1 and features is not None:
            return replace(rival, title=f"{rival.title}, {features} features")
        return rival

    return [told(each) for each in rivals]


def run_rivals() -> list[Rival]:
    """The finished runs of this session, but for those that leak."""
    return [
        _of_run(number, run)
        for number, run in enumerate(runs().values(), start=1)
        if finished(run) and not leaks(run)
    ]


def finished(run: LabRun) -> bool:
    """Whether it has weights, and does not train on."""
    return run.weights is not None and not run.live and run.options["data"] in DATA


def leaks(run: LabRun) -> bool:
    """Whether it reads what it must not: what it gives is no NLL."""
    return bool(run.options["model"].startswith("Leaky"))


def _of_run(number: int, run: LabRun) -> Rival:
    options = run.options
    config = options["config"]
    wanted = {"model": options["model"], "config": config, "weights": run.weights}
    order = run.settings.order if run.settings is not None else ""
    note = note_of(config) or (f"{order} order" if config.get("order") is not None else "")
    return Rival(
        RUN + run.token,
        f"Run {number}: {title_of(options['model'], config)}",
        note,
        options["data"],
        run.levels,
        config | {"class": options["model"]},
        run.parameters,
        wanted,
        (run.token, run.held),
    )


def all_rivals() -> list[Rival]:
    return [*shipped_rivals(), *run_rivals()]


def rival_of(name: str) -> Rival | None:
    """The model called `name`; None where it is gone."""
    return next((each for each in all_rivals() if each.name == name), None)


def group_name(data: str, levels: int) -> str:
    """The name in an address of the models of the same images with as many levels."""
    return data if levels == 2 else f"{data}-{levels}"


def group_of(rival: Rival) -> str:
    """`group_name` of the images that a model has learned: it can be compared with the others."""
    return group_name(rival.data, rival.levels)


def groups() -> dict[str, list[Rival]]:
    """Models that can be compared, by `group_of`; 28×28 first."""
    found: dict[str, list[Rival]] = {"mnist_binary": []}
    for rival in all_rivals():
        found.setdefault(group_of(rival), []).append(rival)
    return {name: rivals for name, rivals in found.items() if len(rivals) >= LEAST}


def group_title(rival: Rival) -> str:
    """What a control calls the images."""
    title = TITLES[rival.data]
    return title if rival.levels == 2 or rival.data == GREY else f"{title}, K = {rival.levels}"


# --- what workers compute -------------------------------------------------------------------------

_ASKED = {"picture": "Scored by", "facts": "Contexts and one sample of"}


def _key(task: str, rival: Rival, *more: Hashable) -> Hashable:
    return ("lab", task, rival.key, *more)


def _always(words: str) -> Callable[[Any], str]:
    """The words for a job without news."""
    return lambda _: words


def _learned(
    task: str, rivals: Sequence[Rival], more: dict[str, Any], *key: Hashable
) -> dict[str, dict[str, Any]] | None:
    """What the workers find of each model, by name; None where the visitor stopped them."""
    from arviz_models.jobs import Request

    learned = {}
    for rival in rivals:
        request = Request(task, {"models": [rival.wanted], **more})
        key_of, words = _key(task, rival, *key), _always(f"{_ASKED[task]} {rival.title}")
        found = work.result_of(request, key_of, words)
        if found is None:
            return None
        learned[rival.name] = found[0]
    return learned


def _known(task: str, rivals: Sequence[Rival], *key: Hashable) -> dict[str, dict[str, Any]]:
    """The same, of the models of which it is known."""
    found = {each.name: work.known(_key(task, each, *key)) for each in rivals}
    return {name: each[0] for name, each in found.items() if each is not None}


def known_scores(rivals: Sequence[Rival], x: np.ndarray) -> dict[str, dict[str, Any]] | None:
    """What each model gives a picture x (H, W), by name: "nll" and "surprisal" (D,), in nats.

    None where that is not known of all of them.
    """
    found = _known("picture", rivals, x.tobytes())
    return found if len(found) == len(rivals) else None


def learn_scores(rivals: Sequence[Rival], x: np.ndarray) -> bool:
    """Have what `known_scores` gives computed; False where the visitor stopped it."""
    return _learned("picture", rivals, {"x": x}, x.tobytes()) is not None


def known_facts(rivals: Sequence[Rival]) -> dict[str, dict[str, Any]]:
    """Contexts, order and time of a sample, by name, of the models of which they are known."""
    return _known("facts", rivals)


def learn_facts(rivals: Sequence[Rival]) -> bool:
    """Have what `known_facts` gives computed for all; False where the visitor stopped it."""
    return _learned("facts", rivals, {}) is not None


def range_of(rival: Rival) -> Range | None:
    """The NLLs of test images under a model; None where they are not known yet."""
    from arviz_models.analysis import scores as known

    if rival.shipped:
        return known.shipped_range(rival.name)
    found = work.known(_key("test-nll", rival))
    return None if found is None else known.range_of(found["nll"], whole=found["whole"])


def learn_ranges(rivals: Sequence[Rival]) -> bool:
    """Have the ranges of the runs computed; False where the visitor stopped it."""
    from arviz_models.jobs import Request

    for rival in rivals:
        if rival.shipped or range_of(rival) is not None:
            continue
        options = {**rival.wanted, "data": rival.data, "levels": rival.levels}
        key = _key("test-nll", rival)
        if work.result_of(Request("test-nll", options), key, _said(rival)) is None:
            return False
    return True


def _said(rival: Rival) -> Callable[[Any], str]:
    def words(told: Any) -> str:
        part = f", {told['done']} of {told['of']}" if told else ""
        return f"{rival.title} scores test images{part}"

    return words
